/* corpus/behaviour.json says of each class of bad input what gives it its reason, and what shows that: tests and
 * vectors. Here all of them must exist, and every reason must have its class; corpus/behaviour.md is the table made of
 * it. CSN_WRITE=1 writes that anew. */
#include <glob.h>
#include <jansson.h>

#include "../../tools/input.h"
#include "support.h"

#define TABLE "corpus/behaviour.json"
#define DOCUMENT "corpus/behaviour.md"

enum { CLASSES_MIN = 29, TEXT_MAX = 1 << 17, PATH_BYTES = 300 };

static const char title[] =
    "# What bad input gets\n\n"
    "Every row is a class of vulnerabilities that other verifiers have had: what is right, the reason of the verdict "
    "(in\n"
    "capitals: the error with which a key or a policy is refused before there is any request), and what shows it. A "
    "`*`\n"
    "stands for several vectors of `vectors/`, whose number follows.\n\n"
    "`core/test/test_behaviour.c` makes this table of `behaviour.json`, and fails where a test or a vector is missing, "
    "no\n"
    "vector of a row has one of its reasons, or a reason has no row.\n";
static const char heading[] =
    "\n| class | right behaviour | seen in | reasons | tests | vectors |\n| --- | --- | --- | --- | --- | --- |\n";

static unsigned failures;
static bool has_row[CSN_REASON_COUNT];

static void fail_row(json_t *row, const char *what, const char *which) {
  print_error("%s: %s: %s\n", json_string_value(json_object_get(row, "class")), what, which);
  failures++;
}

/* ---- what exists ---- */

static bool is_error_name(const char *name) {
  static const char *const names[] = {
#define ERROR_NAME(name, sentence) #name,
      CSN_ERROR_LIST(ERROR_NAME)
#undef ERROR_NAME
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) == 0) return true;
  }
  return false;
}

/* CSN_REASON_UNDECIDED where there is none of that label. */
static csn_reason reason_of(const char *label) {
  for (csn_reason reason = CSN_REASON_ACCEPTED; reason < CSN_REASON_COUNT; reason++) {
    if (strcmp(label, csn_reason_label(reason)) == 0) return reason;
  }
  return CSN_REASON_UNDECIDED;
}

/* Reasons that a request alone cannot cause. */
static bool needs_a_store(csn_reason reason) {
  return reason == CSN_REASON_KEY_STORE_UNAVAILABLE ||
         (csn_reason_stage(reason) == CSN_STAGE_NONCE && reason != CSN_REASON_NONCE_REPLAYED);
}

static bool file_holds(const char *path, const char *text) {
  csn_file file = {0};
  if (csn_file_read(&file, path, TEXT_MAX) != 0) return false;
  bool holds = memmem(file.bytes, file.len, text, strlen(text)) != NULL;
  csn_file_free(&file);
  return holds;
}

static void check_test(json_t *row, json_t *test) {
  char entry[PATH_BYTES];
  const char *name = json_string_value(json_object_get(test, "test"));
  const char *file = json_string_value(json_object_get(test, "file"));
  snprintf(entry, sizeof entry, "static void %s(", name);
  if (!file_holds(file, entry)) fail_row(row, "no such test", name);
}

/* ---- vectors ---- */

/* Notes the reasons of the verdicts in a vector's folder. A policy that is refused has none. */
static void note_reasons(const char *folder, bool reasons[CSN_REASON_COUNT]) {
  char path[PATH_BYTES], label[64];
  snprintf(path, sizeof path, "%s/verdict.jsonl", folder);
  for (csn_reason reason = CSN_REASON_ACCEPTED; reason < CSN_REASON_COUNT; reason++) {
    snprintf(label, sizeof label, "\"reason\":\"%s\"", csn_reason_label(reason));
    if (!reasons[reason]) reasons[reason] = file_holds(path, label);
  }
}

/* How many vectors a pattern has. */
static size_t vectors_of(json_t *row, const char *pattern, bool reasons[CSN_REASON_COUNT]) {
  char path[PATH_BYTES];
  glob_t found;
  size_t count = 0;
  snprintf(path, sizeof path, "corpus/vectors/%s/", pattern);
  if (glob(path, 0, NULL, &found) == 0) {
    count = found.gl_pathc;
    for (size_t i = 0; i < count; i++) note_reasons(found.gl_pathv[i], reasons);
    globfree(&found);
  }
  if (count == 0) fail_row(row, "no such vector", pattern);
  return count;
}

static void check_reasons(json_t *row, const bool by_vectors[CSN_REASON_COUNT]) {
  json_t *label;
  size_t i;
  json_array_foreach(json_object_get(row, "reasons"), i, label) {
    const char *text = json_string_value(label);
    csn_reason reason = reason_of(text);
    if (reason == CSN_REASON_UNDECIDED) {
      if (!is_error_name(text)) fail_row(row, "no such reason", text);
      continue;
    }
    has_row[reason] = true;
    if (!by_vectors[reason] && !needs_a_store(reason)) fail_row(row, "no vector of the row is rejected for", text);
  }
}

/* ---- the document ---- */

static void print_tests(FILE *out, json_t *row) {
  json_t *test;
  size_t i;
  const char *before = "";
  json_array_foreach(json_object_get(row, "tests"), i, test) {
    const char *path = json_string_value(json_object_get(test, "file"));
    bool same = strcmp(path, before) == 0;
    fprintf(out, "%s", i == 0 ? "" : same ? ", " : "; ");
    if (!same) fprintf(out, "[%s](../%s): ", strrchr(path, '/') + 1, path);
    fprintf(out, "%s", json_string_value(json_object_get(test, "test")));
    check_test(row, test);
    before = path;
  }
  if (json_array_size(json_object_get(row, "tests")) == 0) fail_row(row, "no test", "");
}

static void print_row(FILE *out, json_t *row) {
  bool by_vectors[CSN_REASON_COUNT] = {false};
  json_t *text, *note = json_object_get(row, "note");
  size_t i;
  fprintf(out, "| %s | %s", json_string_value(json_object_get(row, "class")),
          json_string_value(json_object_get(row, "behaviour")));
  if (note != NULL) fprintf(out, ". %s", json_string_value(note));
  fprintf(out, " | %s |", json_string_value(json_object_get(row, "seen_in")));
  json_array_foreach(json_object_get(row, "reasons"), i, text) fprintf(out, " `%s`", json_string_value(text));
  fprintf(out, " | ");
  print_tests(out, row);
  fprintf(out, " |");
  json_array_foreach(json_object_get(row, "vectors"), i, text) {
    const char *pattern = json_string_value(text);
    size_t count = vectors_of(row, pattern, by_vectors);
    fprintf(out, " `%s`", pattern);
    if (strchr(pattern, '*') != NULL) fprintf(out, " %zu", count);
  }
  fprintf(out, " |\n");
  if (i == 0 && note == NULL) fail_row(row, "no vector", "");
  check_reasons(row, by_vectors);
}

static void print_rows(FILE *out, json_t *rows) {
  json_t *row;
  size_t i;
  fputs(heading, out);
  json_array_foreach(rows, i, row) print_row(out, row);
}

static void write_document(const char *text, size_t len) {
  FILE *file = fopen(DOCUMENT, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

static void every_class_has_its_reason_tests_and_vectors_and_the_table_says_so(void **state) {
  char *text = NULL;
  size_t len = 0;
  (void)state;
  json_t *table = json_load_file(TABLE, JSON_REJECT_DUPLICATES, NULL);
  FILE *out = open_memstream(&text, &len);
  assert_true(table != NULL && out != NULL);
  assert_true(json_array_size(json_object_get(table, "classes")) >= CLASSES_MIN);
  fputs(title, out);
  print_rows(out, json_object_get(table, "classes"));
  fputs("\nBesides:\n", out);
  print_rows(out, json_object_get(table, "besides"));
  assert_int_equal(fclose(out), 0);
  json_decref(table);
  for (csn_reason reason = CSN_REASON_ACCEPTED + 1; reason < CSN_REASON_COUNT; reason++) {
    if (has_row[reason]) continue;
    print_error("%s: in no row of " TABLE "\n", csn_reason_label(reason));
    failures++;
  }
  assert_int_equal(failures, 0);
  if (getenv("CSN_WRITE") != NULL) write_document(text, len);
  csn_file document = {0};
  assert_int_equal(csn_file_read(&document, DOCUMENT, TEXT_MAX), 0);
  bool same = csn_span_equal(csn_file_span(&document), csn_span_of(text, len));
  csn_file_free(&document);
  free(text);
  if (!same) fail_msg(DOCUMENT " is not the table of today: CSN_WRITE=1 core/test/test_behaviour writes it");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_class_has_its_reason_tests_and_vectors_and_the_table_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
