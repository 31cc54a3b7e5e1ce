/* The table of core/RFC8725.md: every point has its functions, tests and vectors, and they exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <string.h>

#include "../../tools/input.h"

#define TABLE "core/RFC8725.md"

enum { POINTS = 12, COLUMNS = 5, TEXT_MAX = 1 << 20 };

/* The file as a string; NULL where it cannot be read. */
static char *text_of(const char *path) {
  csn_file file;
  if (csn_file_read(&file, path, TEXT_MAX) != 0) return NULL;
  char *text = strndup((const char *)file.bytes, file.len);
  csn_file_free(&file);
  return text;
}

/* Whether `name` stands in the text as a whole identifier before an opening bracket. */
static bool defines(const char *text, const char *name) {
  size_t len = strlen(name);
  for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
    if (at[len] == '(' && at > text && strchr(" *\n", at[-1]) != NULL) return true;
  }
  return false;
}

/* FILE:NAME in `folder`. */
static bool exists_in(const char *folder, const char *reference) {
  char path[256], *name;
  snprintf(path, sizeof path, "%s/%s", folder, reference);
  if ((name = strchr(path, ':')) == NULL) return false;
  *name++ = '\0';
  char *text = text_of(path);
  bool found = text != NULL && defines(text, name);
  free(text);
  return found;
}

static bool is_function(const char *reference) {
  return exists_in("core/src", reference);
}

static bool is_test(const char *reference) {
  return exists_in("core/test", reference);
}

static bool is_vector(const char *reference) {
  char path[256];
  struct stat about;
  snprintf(path, sizeof path, "corpus/vectors/%s/case.json", reference);
  return stat(path, &about) == 0;
}

/* Checks what stands between backquotes in one cell, and counts it. */
static size_t check_cell(char *cell, bool (*is_there)(const char *)) {
  size_t count = 0;
  for (char *open = strchr(cell, '`'); open != NULL; count++) {
    char *close = strchr(open + 1, '`');
    assert_non_null(close);
    *close = '\0';
    if (!is_there(open + 1)) fail_msg(TABLE ": %s is not there", open + 1);
    open = strchr(close + 1, '`');
  }
  return count;
}

static void check_row(char *row, unsigned point) {
  char *cells[COLUMNS], start[16];
  size_t count = 0;
  for (char *at = row; count < COLUMNS && (at = strstr(at, "| ")) != NULL; at++) cells[count++] = at + 2;
  assert_int_equal(count, COLUMNS);
  for (size_t i = 1; i < COLUMNS; i++) cells[i][-2] = '\0';
  snprintf(start, sizeof start, "3.%u ", point);
  assert_memory_equal(cells[0], start, strlen(start));
  assert_true(check_cell(cells[2], is_function) > 0);
  assert_true(check_cell(cells[3], is_test) > 0);
  assert_true(check_cell(cells[4], is_vector) > 0);
}

static void every_point_is_enforced_tested_and_pinned(void **state) {
  char *text = text_of(TABLE), *rest = NULL;
  unsigned point = 0;
  (void)state;
  assert_non_null(text);
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    if (strncmp(line, "| 3.", 4) == 0) check_row(line, ++point);
  }
  assert_int_equal(point, POINTS);
  free(text);
}

/* The control: what is not there is not found. */
static void what_does_not_exist_is_missed(void **state) {
  (void)state;
  assert_true(is_function("jwt.c:split") && is_test("test_jwt.c:main") && is_vector("bearer-jwt/accepted"));
  assert_false(is_function("jwt.c:splits") || is_function("jwt.c:spli") || is_function("jwt.c"));
  assert_false(is_function("none.c:split") || is_test("test_jwt.c:split") || is_vector("bearer-jwt/none"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_point_is_enforced_tested_and_pinned),
      cmocka_unit_test(what_does_not_exist_is_missed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
