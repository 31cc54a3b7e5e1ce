/* What the tools' tests share: cmocka with what it needs, and files in a temporary folder. */
#ifndef CSN_TOOLS_TEST_SUPPORT_H
#define CSN_TOOLS_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <countersign/countersign.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define assert_span(span, text) assert_true(csn_span_equal(span, csn_span_str(text)))

enum { TEST_PATH_MAX = 512 };

/* The folder of this test program; made by test_folder_make(), removed with its files by test_folder_remove(). */
static char test_folder[64];
static char test_names[32][64];
static size_t test_name_count;

static inline int test_folder_make(void **state) {
  (void)state;
  strcpy(test_folder, "/tmp/csn-test-XXXXXX");
  return mkdtemp(test_folder) == NULL ? -1 : 0;
}

/* The path of `name` in the folder, in one of a few buffers used in turn; the file is removed at the end. */
static inline const char *test_path(const char *name) {
  static char paths[16][TEST_PATH_MAX];
  static size_t turn;
  char *path = paths[turn++ % COUNT(paths)];
  size_t i = 0;
  snprintf(path, TEST_PATH_MAX, "%s/%.60s", test_folder, name);
  while (i < test_name_count && strcmp(test_names[i], name) != 0) i++;
  if (i == test_name_count) {
    assert_true(test_name_count < COUNT(test_names));
    snprintf(test_names[test_name_count++], sizeof test_names[0], "%.60s", name);
  }
  return path;
}

static inline int test_folder_remove(void **state) {
  char path[TEST_PATH_MAX];
  (void)state;
  for (size_t i = 0; i < test_name_count; i++) {
    snprintf(path, sizeof path, "%s/%.60s", test_folder, test_names[i]);
    unlink(path);
  }
  return rmdir(test_folder);
}

static inline const char *test_write(const char *name, const void *bytes, size_t len) {
  const char *path = test_path(name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
  return path;
}

static inline const char *test_write_text(const char *name, const char *text) {
  return test_write(name, text, strlen(text));
}

#endif
