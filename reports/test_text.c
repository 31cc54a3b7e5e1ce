#include <sys/stat.h>
#include <unistd.h>

#include "test_support.h"
#include "text.h"

typedef void (*escape_fn)(report_text *, const char *);

static void check(escape_fn escape, const char *in, const char *out) {
  report_text text = {0};
  escape(&text, in);
  assert_string_equal(report_text_string(&text), out);
  report_text_free(&text);
}

static void html_escapes_all_that_has_a_meaning(void **state) {
  (void)state;
  check(report_text_html, "", "");
  check(report_text_html, "plain µ – text", "plain µ – text");
  check(report_text_html, "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
  check(report_text_html, "\" onload=\"x' y='", "&quot; onload=&quot;x&#39; y=&#39;");
  check(report_text_html, "&lt;", "&amp;lt;");
  check(report_text_html,
        "a\x01\n\t\x7f"
        "b",
        "a    b");
}

static void markdown_escapes_all_that_has_a_meaning(void **state) {
  (void)state;
  check(report_text_markdown, "a|b", "a\\|b");
  check(report_text_markdown, "a\nb\rc", "a b c");
  check(report_text_markdown, "*_`[x](y)~#{}$\\", "\\*\\_\\`\\[x\\](y)\\~\\#\\{\\}\\$\\\\");
  check(report_text_markdown, "<b>&amp;", "&lt;b&gt;&amp;amp;");
  check(report_text_markdown, "1.5-2 (x), y!", "1.5-2 (x), y!");
}

static void text_grows_and_shrinks(void **state) {
  (void)state;
  report_text text = {0};
  size_t length = 0;
  assert_string_equal(report_text_string(&text), "");
  for (int i = 0; i < 5000; i++) report_text_format(&text, "%d,", i);
  for (int i = 0; i < 5000; i++) length += (size_t)snprintf(NULL, 0, "%d,", i);
  assert_int_equal(text.length, length);
  assert_int_equal(strlen(text.data), length);
  report_text_truncate(&text, 6);
  assert_string_equal(text.data, "0,1,2,");
  report_text_truncate(&text, 100);
  assert_int_equal(text.length, 6);
  report_text_free(&text);
}

static char folder[] = "/tmp/csn-report-text-XXXXXX";

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

static void saved_text_is_loaded_again(void **state) {
  (void)state;
  char path[128], error[256] = "";
  report_text text = {0}, again = {0};
  (void)snprintf(path, sizeof path, "%s/file", folder);
  report_text_add(&text, "first");
  assert_true(report_text_save(&text, path, error, sizeof error));
  report_text_add(&text, " and second");
  assert_true(report_text_save(&text, path, error, sizeof error));
  assert_true(report_text_load(&again, path, text.length, error, sizeof error));
  assert_string_equal(again.data, "first and second");
  report_text_free(&again);

  assert_false(report_text_load(&again, path, text.length - 1, error, sizeof error)); /* one byte over the limit */
  assert_contains(error, "larger than 15 bytes");
  assert_null(again.data);
  report_text_free(&text);
  assert_int_equal(unlink(path), 0);
}

static void what_cannot_be_saved_or_loaded_is_said(void **state) {
  (void)state;
  char path[128], error[256] = "";
  report_text text = {0};
  (void)snprintf(path, sizeof path, "%s/missing/file", folder);
  assert_false(report_text_save(&text, path, error, sizeof error));
  assert_contains(error, "missing/file: No such file or directory");
  assert_false(report_text_load(&text, path, 100, error, sizeof error));
  assert_contains(error, "missing/file: No such file or directory");
  assert_false(report_text_load(&text, folder, 100, error, sizeof error));
  assert_contains(error, "directory");
  /* A folder stands where the file is to go: the temporary file does not stay behind. */
  (void)snprintf(path, sizeof path, "%s/taken", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_false(report_text_save(&text, path, error, sizeof error));
  assert_int_equal(rmdir(path), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(html_escapes_all_that_has_a_meaning),
      cmocka_unit_test(markdown_escapes_all_that_has_a_meaning),
      cmocka_unit_test(text_grows_and_shrinks),
      cmocka_unit_test(saved_text_is_loaded_again),
      cmocka_unit_test(what_cannot_be_saved_or_loaded_is_said),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
