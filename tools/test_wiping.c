/* What was read holds tokens and keys: of no buffer does anything stay when it is freed. Replaces the C library's
 * free(), so it is not run under the sanitizers, which do so, too. */
#include <malloc.h>
#include <unistd.h>

#include "command.h"
#include "input.h"
#include "line_run.h"
#include "policy.h"
#include "test_support.h"

#define MARK "a-mark-that-is-as-secret-as-a-key"

extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *ptr);

static bool watching;
static size_t freed, found; /* blocks while watching, and those of them with the mark */

static void look(const void *block) {
  if (!watching || block == NULL) return;
  freed++;
  found += memmem(block, malloc_usable_size((void *)(uintptr_t)block), MARK, strlen(MARK)) != NULL;
}

void free(void *ptr) {
  look(ptr);
  __libc_free(ptr);
}

void *realloc(void *old, size_t size) {
  look(old); /* it may move, and leave what it held */
  return __libc_realloc(old, size);
}

static void start(void) {
  freed = found = 0;
  watching = true;
}

/* At least `least` blocks were freed since start(), all of them clean. */
static void must_be_clean(size_t least) {
  watching = false;
  assert_true(freed >= least);
  assert_int_equal(found, 0);
}

static void the_mark_is_found(void **state) {
  (void)state;
  void (*volatile release)(void *) = free; /* before a plain call the compiler may leave the copy out */
  char *block = malloc(64);
  assert_non_null(block);
  strcpy(block, MARK);
  start();
  release(block);
  watching = false;
  assert_int_equal(found, 1);
}

/* A line of a megabyte, which the buffer grows for, between two short ones; the last stays in the buffer. */
static char *long_lines(void) {
  const size_t len = 1 << 20;
  char *text = malloc(len + 128);
  assert_non_null(text);
  strcpy(text, MARK "\n");
  memset(text + strlen(text), 'x', len);
  strcpy(text + len, MARK "\n" MARK "\n");
  return text;
}

static void lines_are_wiped(void **state) {
  csn_lines lines;
  csn_span line;
  char *text = long_lines(), *paths[] = {(char *)(uintptr_t)test_write_text("l", text)};
  (void)state;
  start();
  csn_lines_init(&lines, paths, 1, 2 << 20);
  size_t count = 0;
  while (csn_lines_next(&lines, &line) == CSN_LINE_READ) count++;
  csn_lines_free(&lines);
  must_be_clean(2);
  assert_int_equal(count, 3);
  free(text);
}

static void requests_are_wiped(void **state) {
  static csn_request_line request;
  static char text[4096];
  const char *reason;
  size_t offset;
  (void)state;
  const int pads[] = {1, 2000, 10};
  start();
  for (size_t i = 0; i < COUNT(pads); i++) {
    /* The escapes make copies of the values. */
    int len = snprintf(text, sizeof text,
                       "{\"method\":\"GET\",\"target\":\"\\u002f%*s\",\"headers\":[[\"A\",\"\\u0042 " MARK
                       "\"]],\"body\":\"\\u0020" MARK "\"}",
                       pads[i], "x");
    assert_true(csn_request_line_read(&request, csn_span_of(text, (size_t)len), &reason, &offset));
  }
  csn_request_line_free(&request);
  must_be_clean(2);
}

static void what_was_written_is_wiped(void **state) {
  static csn_line_run run;
  char *words[] = {(char *)(uintptr_t)test_write_text("o", MARK "\n")};
  csn_span line;
  (void)state;
  optind = 0;
  start();
  csn_line_run_start(&run, 1, words, 64);
  assert_int_equal(csn_line_run_next(&run, &line), CSN_LINE_READ);
  csn_json_out_string(&run.out, line);
  csn_line_run_free(&run);
  must_be_clean(1);
  assert_null(memmem(run.out_bytes, sizeof run.out_bytes, MARK, strlen(MARK)));
}

static void a_policys_file_is_wiped(void **state) {
  static const char *const files[] = {
      "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"" MARK "\"}]}",
      "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"" MARK "\"}],\"x\":1}",
      "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret_file\":\"s\"}]}",
  };
  (void)state;
  test_write_text("s", MARK "\n");
  for (size_t i = 0; i < COUNT(files); i++) {
    const char *path = test_write_text("p", files[i]);
    csn_policy policy;
    csn_policy_error error;
    start();
    bool loaded = csn_policy_load(&policy, path, 0, &error);
    if (loaded) csn_policy_free(&policy);
    must_be_clean(2);
    assert_true(loaded == (i != 1));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_mark_is_found),       cmocka_unit_test(lines_are_wiped),
      cmocka_unit_test(requests_are_wiped),      cmocka_unit_test(what_was_written_is_wiped),
      cmocka_unit_test(a_policys_file_is_wiped),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
