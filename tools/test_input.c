/* Lines and whole files, at the ends of their buffers and limits. */
#include <errno.h>

#include "input.h"
#include "test_support.h"

enum { LIMIT = 8 };

static void check_line(csn_lines *lines, csn_line_status status, const char *text, uint64_t number) {
  csn_span line = {0};
  assert_int_equal(csn_lines_next(lines, &line), status);
  assert_span(line, text);
  assert_int_equal(lines->number, number);
}

static void check_end(csn_lines *lines, csn_line_status status) {
  csn_span line;
  assert_int_equal(csn_lines_next(lines, &line), status);
}

static void lines_of_files_follow_each_other(void **state) {
  char *paths[] = {strdup(test_write_text("a", "one\n\ntwo")), strdup(test_write_text("b", "")),
                   strdup(test_write_text("c", "three\r\n"))};
  csn_lines lines;
  (void)state;
  csn_lines_init(&lines, paths, 3, LIMIT);
  check_line(&lines, CSN_LINE_READ, "one", 1);
  assert_string_equal(lines.name, paths[0]);
  check_line(&lines, CSN_LINE_READ, "", 2);
  check_line(&lines, CSN_LINE_READ, "two", 3);
  check_line(&lines, CSN_LINE_READ, "three\r", 1);
  assert_string_equal(lines.name, paths[2]);
  assert_int_equal(lines.total, 4);
  check_end(&lines, CSN_LINE_END);
  check_end(&lines, CSN_LINE_END);
  csn_lines_free(&lines);
  for (size_t i = 0; i < 3; i++) free(paths[i]);
}

static void a_line_is_as_long_as_the_limit_and_no_longer(void **state) {
  char *paths[] = {
      (char *)(uintptr_t)test_write_text("l", "12345678\n123456789\nnext\n123456789012345678901234567890")};
  csn_lines lines;
  (void)state;
  csn_lines_init(&lines, paths, 1, LIMIT);
  check_line(&lines, CSN_LINE_READ, "12345678", 1);
  check_line(&lines, CSN_LINE_TOO_LONG, "12345678", 2);
  check_line(&lines, CSN_LINE_READ, "next", 3);
  check_line(&lines, CSN_LINE_TOO_LONG, "12345678", 4);
  check_end(&lines, CSN_LINE_END);
  csn_lines_free(&lines);
}

/* Longer than a read, so that the end of the line comes blocks later than its beginning. */
static void a_long_line_is_skipped_or_read_across_blocks(void **state) {
  enum { LONG = 3 * 1000 * 1000 };
  char *text = malloc(LONG + 6);
  memset(text, 'x', LONG);
  strcpy(text + LONG, "\nnext");
  char *paths[] = {(char *)(uintptr_t)test_write("long", text, LONG + 5)};
  const size_t limits[] = {LIMIT, LONG - 1, LONG};
  (void)state;
  for (size_t i = 0; i < COUNT(limits); i++) {
    csn_lines lines;
    csn_span line;
    csn_lines_init(&lines, paths, 1, limits[i]);
    assert_int_equal(csn_lines_next(&lines, &line), limits[i] == LONG ? CSN_LINE_READ : CSN_LINE_TOO_LONG);
    assert_int_equal(line.len, limits[i]);
    assert_memory_equal(line.ptr, text, line.len);
    check_line(&lines, CSN_LINE_READ, "next", 2);
    check_end(&lines, CSN_LINE_END);
    assert_true(lines.size <= 2 * limits[i] + 1024 * 1024);
    csn_lines_free(&lines);
  }
  free(text);
}

static void many_lines_across_blocks_are_whole(void **state) {
  enum { LINES = 60000 };
  const char *path = test_path("many");
  FILE *file = fopen(path, "w");
  for (unsigned i = 0; i < LINES; i++) fprintf(file, "%u:%.*s\n", i, (int)(i % 17), "abcdefghijklmnopq");
  fclose(file);
  char *paths[] = {(char *)(uintptr_t)path};
  csn_lines lines;
  csn_span line;
  (void)state;
  csn_lines_init(&lines, paths, 1, 64);
  for (unsigned i = 0; i < LINES; i++) {
    char expected[64];
    snprintf(expected, sizeof expected, "%u:%.*s", i, (int)(i % 17), "abcdefghijklmnopq");
    assert_int_equal(csn_lines_next(&lines, &line), CSN_LINE_READ);
    assert_span(line, expected);
  }
  check_end(&lines, CSN_LINE_END);
  csn_lines_free(&lines);
}

static void the_end_of_a_file_is_seen_behind_an_empty_line(void **state) {
  char *paths[] = {(char *)(uintptr_t)test_write_text("e", "\n\n")};
  csn_lines lines;
  (void)state;
  csn_lines_init(&lines, paths, 1, LIMIT);
  check_line(&lines, CSN_LINE_READ, "", 1);
  assert_false(csn_lines_at_file_end(&lines));
  check_line(&lines, CSN_LINE_READ, "", 2);
  assert_true(csn_lines_at_file_end(&lines));
  check_end(&lines, CSN_LINE_END);
  csn_lines_free(&lines);
}

static void what_cannot_be_read_is_named(void **state) {
  char *paths[] = {(char *)(uintptr_t)test_path("missing")};
  char *folders[] = {test_folder};
  csn_lines lines;
  (void)state;
  csn_lines_init(&lines, paths, 1, LIMIT);
  check_end(&lines, CSN_LINE_FAILED);
  assert_int_equal(lines.error, ENOENT);
  assert_string_equal(lines.name, paths[0]);
  csn_lines_free(&lines);
  csn_lines_init(&lines, folders, 1, LIMIT);
  check_end(&lines, CSN_LINE_FAILED);
  assert_int_equal(lines.error, EISDIR);
  csn_lines_free(&lines);
}

static void count_wait(void *counter) {
  ++*(int *)counter;
}

/* The lines come through standard input, which a test may exchange for a pipe. */
static void a_wait_is_announced_and_a_ready_read_is_not(void **state) {
  int ends[2], saved = dup(STDIN_FILENO), waits = 0;
  csn_lines lines;
  (void)state;
  assert_int_equal(pipe(ends), 0);
  dup2(ends[0], STDIN_FILENO);
  csn_lines_init(&lines, NULL, 0, LIMIT);
  lines.before_wait = count_wait;
  lines.before_wait_self = &waits;
  assert_int_equal(write(ends[1], "one\ntwo\n", 8), 8);
  check_line(&lines, CSN_LINE_READ, "one", 1);
  check_line(&lines, CSN_LINE_READ, "two", 2);
  assert_string_equal(lines.name, "<stdin>");
  assert_int_equal(waits, 0);
  if (fork() == 0) { /* answers the wait */
    usleep(50 * 1000);
    _exit(write(ends[1], "three\n", 6) == 6 ? 0 : 1);
  }
  check_line(&lines, CSN_LINE_READ, "three", 3);
  assert_int_equal(waits, 1);
  close(ends[1]);
  check_end(&lines, CSN_LINE_END);
  csn_lines_free(&lines);
  dup2(saved, STDIN_FILENO);
  close(saved);
  close(ends[0]);
}

static void a_whole_file_is_read_up_to_its_limit(void **state) {
  const char *path = test_write_text("whole", "0123456789");
  csn_file file;
  (void)state;
  assert_int_equal(csn_file_read(&file, path, 10), 0);
  assert_span(csn_file_span(&file), "0123456789");
  csn_file_free(&file);
  assert_int_equal(csn_file_read(&file, path, 9), EFBIG);
  assert_null(file.bytes);
  assert_int_equal(csn_file_read(&file, test_write_text("empty", ""), 9), 0);
  assert_int_equal(file.len, 0);
  csn_file_free(&file);
  assert_int_equal(csn_file_read(&file, test_path("missing"), 9), ENOENT);
  assert_int_equal(csn_file_read(&file, test_folder, 9), EISDIR);
  assert_int_equal(csn_file_read(&file, "/dev/zero", 100000), EFBIG); /* a size that nothing tells beforehand */
  assert_null(file.bytes);
}

static void a_long_path_keeps_its_end(void **state) {
  char path[CSN_PATH_SHOWN_MAX + 2], shown[CSN_PATH_SHOWN_MAX + 4];
  (void)state;
  assert_string_equal(csn_path_shown("", shown), "");
  assert_string_equal(csn_path_shown("a/b", shown), "a/b");
  memset(path, 'x', sizeof path);
  strcpy(path + CSN_PATH_SHOWN_MAX - 2, "/f");
  assert_string_equal(csn_path_shown(path, shown), path);
  strcpy(path + CSN_PATH_SHOWN_MAX - 1, "/f");
  csn_path_shown(path, shown);
  assert_int_equal(strlen(shown), CSN_PATH_SHOWN_MAX + 3);
  assert_int_equal(strncmp(shown, "...x", 4), 0);
  assert_string_equal(shown + 3, path + 1);
}

static void an_offset_has_a_line(void **state) {
  csn_span text = csn_span_str("a\nbc\n\nd");
  const size_t lines[] = {1, 1, 2, 2, 2, 3, 4, 4};
  (void)state;
  for (size_t i = 0; i < COUNT(lines); i++) assert_int_equal(csn_line_of_offset(text, i), lines[i]);
  assert_int_equal(csn_line_of_offset(text, 1000), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_of_files_follow_each_other),
      cmocka_unit_test(a_line_is_as_long_as_the_limit_and_no_longer),
      cmocka_unit_test(a_long_line_is_skipped_or_read_across_blocks),
      cmocka_unit_test(many_lines_across_blocks_are_whole),
      cmocka_unit_test(the_end_of_a_file_is_seen_behind_an_empty_line),
      cmocka_unit_test(what_cannot_be_read_is_named),
      cmocka_unit_test(a_wait_is_announced_and_a_ready_read_is_not),
      cmocka_unit_test(a_whole_file_is_read_up_to_its_limit),
      cmocka_unit_test(a_long_path_keeps_its_end),
      cmocka_unit_test(an_offset_has_a_line),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
