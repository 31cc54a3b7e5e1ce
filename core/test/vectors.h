/* The cases of corpus/vectors/, for the tests that run them: see the README there. */
#ifndef CSN_TEST_VECTORS_H
#define CSN_TEST_VECTORS_H

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../../tools/input.h"
#include "../../tools/policy.h"
#include "../../tools/request_line.h"

#define VECTORS_ROOT "corpus/vectors"
#define VECTORS_REFUSED "policy-refused" /* policies, not requests */
#define VECTORS_JWS "jws"                /* signatures, not requests */

enum { VECTOR_PATH_MAX = 512, VECTOR_FILE_MAX = 1 << 20, VECTOR_LINES_MAX = 4 };

typedef struct csn_vector {
  char folder[VECTOR_PATH_MAX]; /* corpus/vectors/SCHEME/CASE */
  char policy[VECTOR_PATH_MAX]; /* the policy's file: the case's own or the scheme's */
  const char *signer;
  int64_t now;
  size_t count; /* requests */
  csn_span requests[VECTOR_LINES_MAX], verdicts[VECTOR_LINES_MAX];
  csn_file request_file, verdict_file, canonical, digest; /* bytes NULL where absent; mutable */
  json_t *about, *fields;                                 /* case.json; fields.json or NULL */
} csn_vector;

static inline bool vector_file(csn_file *out, const char *folder, const char *name) {
  char path[2 * VECTOR_PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  memset(out, 0, sizeof *out);
  return csn_file_read(out, path, VECTOR_FILE_MAX) == 0;
}

static inline json_t *vector_json(const char *folder, const char *name) {
  csn_file file;
  if (!vector_file(&file, folder, name)) return NULL;
  json_t *json = json_loadb((const char *)file.bytes, file.len, JSON_REJECT_DUPLICATES, NULL);
  csn_file_free(&file);
  return json;
}

/* Cuts a file into lines, each of which ends in a line feed. Returns how many, or 0 where that is not so. */
static inline size_t vector_lines(csn_span text, csn_span lines[VECTOR_LINES_MAX]) {
  size_t count = 0;
  while (text.len > 0 && count < VECTOR_LINES_MAX) {
    const uint8_t *end = memchr(text.ptr, '\n', text.len);
    if (end == NULL) return 0;
    lines[count++] = csn_span_of(text.ptr, (size_t)(end - text.ptr));
    text = csn_span_of(end + 1, text.len - lines[count - 1].len - 1);
  }
  return text.len == 0 ? count : 0;
}

static inline void vector_free(csn_vector *vector) {
  csn_file *files[] = {&vector->request_file, &vector->verdict_file, &vector->canonical, &vector->digest};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) csn_file_free(files[i]);
  json_decref(vector->about);
  json_decref(vector->fields);
}

/* False where a file that every case has is missing or malformed. */
static inline bool vector_load(csn_vector *out, const char *scheme, const char *name) {
  struct stat own;
  memset(out, 0, sizeof *out);
  snprintf(out->folder, sizeof out->folder, VECTORS_ROOT "/%.100s/%.300s", scheme, name);
  snprintf(out->policy, sizeof out->policy, "%.450s/policy.json", out->folder);
  if (stat(out->policy, &own) != 0) {
    snprintf(out->policy, sizeof out->policy, VECTORS_ROOT "/%.100s/policy.json", scheme);
  }
  bool read = vector_file(&out->request_file, out->folder, "request.jsonl") &&
              vector_file(&out->verdict_file, out->folder, "verdict.jsonl");
  (void)(vector_file(&out->canonical, out->folder, "canonical.bin"));
  (void)(vector_file(&out->digest, out->folder, "digest.hex"));
  out->about = vector_json(out->folder, "case.json");
  out->fields = vector_json(out->folder, "fields.json");
  out->signer = json_string_value(json_object_get(out->about, "signer"));
  out->now = json_integer_value(json_object_get(out->about, "now"));
  if (!read || out->signer == NULL || out->now <= 0) return false;
  out->count = vector_lines(csn_file_span(&out->request_file), out->requests);
  return out->count > 0 && vector_lines(csn_file_span(&out->verdict_file), out->verdicts) == out->count;
}

static inline bool vector_line_accepts(const csn_vector *vector, size_t line) {
  static const char text[] = "\"verdict\":\"accepted\"";
  return memmem(vector->verdicts[line].ptr, vector->verdicts[line].len, text, sizeof text - 1) != NULL;
}

/* Folders of schemes and cases have no full stop in their names; files have one. */
static inline int vector_is_folder(const struct dirent *entry) {
  return strchr(entry->d_name, '.') == NULL;
}

typedef void csn_vector_visit(csn_vector *vector, void *context);

static inline bool vectors_each_of(const char *scheme, csn_vector_visit *visit, void *context) {
  struct dirent **cases = NULL;
  char folder[VECTOR_PATH_MAX];
  bool good = true;
  snprintf(folder, sizeof folder, VECTORS_ROOT "/%.100s", scheme);
  int count = scandir(folder, &cases, vector_is_folder, alphasort);
  for (int i = 0; i < count; i++) {
    csn_vector vector;
    bool loaded = vector_load(&vector, scheme, cases[i]->d_name);
    if (loaded) visit(&vector, context);
    if (!loaded) fprintf(stderr, "%s: not a case\n", vector.folder);
    good = good && loaded;
    vector_free(&vector);
    free(cases[i]);
  }
  free(cases);
  return good && count > 0;
}

/* Calls `visit` for each case of each scheme, in the order of their names; false where one cannot be read. */
static inline bool vectors_each(csn_vector_visit *visit, void *context) {
  struct dirent **schemes = NULL;
  bool good = true;
  int count = scandir(VECTORS_ROOT, &schemes, vector_is_folder, alphasort);
  for (int i = 0; i < count; i++) {
    const char *name = schemes[i]->d_name;
    bool requests = strcmp(name, VECTORS_REFUSED) != 0 && strcmp(name, VECTORS_JWS) != 0;
    if (requests && !vectors_each_of(name, visit, context)) good = false;
    free(schemes[i]);
  }
  free(schemes);
  return good && count > 0;
}

#endif
