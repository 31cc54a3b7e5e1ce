/* Subjects drawn as lines: the table, the script, and what the documents do with them. */
#include "lines.h"

#include "test_chapters.h"

static const row rows[] = {
    {"/hmac_length/64/countersign", 150, 0, 0},   {"/hmac_length/64/openssl_hmac", 1500, 0, 0},
    {"/hmac_length/1024/countersign", 900, 0, 0}, {"/hmac_length/1024/openssl_hmac", 2400, 0, 0},
    {"/hmac_length/0/countersign", 100, 0, 0},    {"/hmac_length/1024/countersign_batch", 500, 0, 0},
    {"/hmac_length/1024/zz'`top", 905, 0, 0},
};

static report_document document_of(const char *context) {
  put_results(context, rows, COUNT_OF(rows), 9);
  return build();
}

static void rows_are_variants_in_their_order(void **state) {
  (void)state;
  report_document document = document_of(SMALL_CACHE QUIET);
  assert_int_equal(document.analysis.section_count, 1);
  const report_table *table = &document.pages[0].table;
  assert_int_equal(table->columns, 5);
  assert_string_equal(table->heads[1], "Countersign");
  assert_string_equal(table->heads[2], "Countersign, batches");
  assert_string_equal(table->heads[3], "OpenSSL HMAC()");
  assert_int_equal(report_table_rows(table), 3);
  assert_string_equal(report_table_cell(table, 0, 0), "0 bytes");
  assert_string_equal(report_table_cell(table, 0, 1), "100 ns");
  assert_string_equal(report_table_cell(table, 0, 3), "–");
  assert_string_equal(report_table_cell(table, 1, 3), "1.50 µs");
  assert_string_equal(report_table_cell(table, 2, 0), "1,024 bytes");
  assert_string_equal(report_table_cell(table, 2, 2), "500 ns");
  report_document_free(&document);
}

static void the_documents_have_one_table_and_the_last_comparison(void **state) {
  (void)state;
  report_document document = document_of(SMALL_CACHE QUIET);
  report_text markdown = {0}, html = {0};
  report_markdown(&markdown, &document);
  report_html(&html, &document);
  assert_non_null(strstr(markdown.data, "| 64 bytes | 150 ns |"));
  assert_null(strstr(markdown.data, "| relative time |"));
  assert_non_null(strstr(markdown.data, "is the fastest at 500 ns"));
  assert_null(strstr(markdown.data, "is the fastest at 150 ns"));
  assert_non_null(strstr(html.data, "<th scope=\"row\">64 bytes</th><td>150 ns</td>"));
  if (document.no_plots == NULL) {
    assert_non_null(strstr(markdown.data, ": time a MAC](plots/hmac_length.svg)"));
    assert_non_null(strstr(html.data, "Lower is faster: time a MAC"));
  }
  report_text_free(&markdown);
  report_text_free(&html);
  report_document_free(&document);
}

static size_t count_of(const char *text, const char *what) {
  size_t count = 0;
  for (; (text = strstr(text, what)) != NULL; text += strlen(what)) count++;
  return count;
}

static void the_script_has_a_line_each_and_no_foreign_command(void **state) {
  (void)state;
  report_document document = document_of(SMALL_CACHE QUIET ", \"mhz_per_cpu\": 2000");
  report_text script = {0};
  report_lines_script(&script, &document.analysis.sections[0], report_results_hertz(&document.results), false);
  assert_int_equal(count_of(script.data, "with lines"), 4);
  assert_non_null(strstr(script.data, "'200 ns, 400 c' "));
  assert_non_null(strstr(script.data, "'zz??top'"));
  assert_null(strstr(script.data, "`"));
  report_text_free(&script);
  report_lines_script(&script, &document.analysis.sections[0], 0, false);
  assert_non_null(strstr(script.data, "'200 ns' "));
  report_text_free(&script);
  report_document_free(&document);
}

static void names_at_the_ends_do_not_cover_one_another(void **state) {
  (void)state;
  report_document document = document_of(SMALL_CACHE QUIET);
  report_text script = {0};
  double heights[8], low, high;
  size_t count = 0;
  report_lines_script(&script, &document.analysis.sections[0], 0, false);
  assert_int_equal(sscanf(strstr(script.data, "set yrange ["), "set yrange [%lf:%lf]", &low, &high), 2);
  for (const char *at = script.data; (at = strstr(at, "set label ")) != NULL; at++) {
    const char *place = strstr(at, " at first ");
    double x;
    if (strstr(place, " left") < strstr(place, "\n") && strstr(place, " left") != NULL)
      assert_int_equal(sscanf(place, " at first %lf, first %lf", &x, &heights[count++]), 2);
  }
  assert_int_equal(count, 4);
  double label = 14 * (high - low) / 340; /* pixels of the frame's height */
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < i; k++) assert_true(heights[i] - heights[k] > label || heights[k] - heights[i] > label);
    assert_true(heights[i] <= high);
  }
  report_text_free(&script);
  report_document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(rows_are_variants_in_their_order, clear_folder),
      cmocka_unit_test_teardown(the_documents_have_one_table_and_the_last_comparison, clear_folder),
      cmocka_unit_test_teardown(the_script_has_a_line_each_and_no_foreign_command, clear_folder),
      cmocka_unit_test_teardown(names_at_the_ends_do_not_cover_one_another, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
