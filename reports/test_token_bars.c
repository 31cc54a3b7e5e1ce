/* The bars of token verification: met, missed, not measured, and left out where nothing bare was run. */
#include "test_chapters.h"

/* Minutes apart OpenSSL's own row takes half the time, or twice: what counts are the turns. */
static const row all[] = {
    {"/jwt_verify/rs256/countersign", 10400, 0, 1.04}, {"/jwt_verify/rs256/openssl", 5000, 0, 0},
    {"/jwt_verify/ps256/countersign", 10400, 0, 1.04}, {"/jwt_verify/ps256/openssl", 5000, 0, 0},
    {"/jwt_verify/es256/countersign", 50500, 0, 1.01}, {"/jwt_verify/es256/openssl", 99000, 0, 0},
    {"/jwt_verify/es384/countersign", 90000, 0, 1.00}, {"/jwt_verify/es384/openssl", 90000, 0, 0},
    {"/jwt_verify/eddsa/countersign", 70000, 0, 1.01}, {"/jwt_verify/eddsa/openssl", 69000, 0, 0},
};

static void bars_that_are_met(void **state) {
  (void)state;
  put_rows(all, COUNT_OF(all), 9);
  report_document document = build();
  const report_chapter *chapter = &document.chapters[TOKEN_BARS_CHAPTER];
  assert_int_equal(report_table_rows(&chapter->table), 5);
  assert_cell(&chapter->table, "RS256", WANTED, "at most 1.05");
  assert_cell(&chapter->table, "RS256", MEASURED, "1.04");
  assert_cell(&chapter->table, "ES384", MEASURED, "1.00");
  assert_says(&chapter->sentences, "Of 5 bars 5 are met.");
  assert_says(&document.summary, "of 5 bars 5 are met.");
  report_document_free(&document);
}

static void a_bar_that_is_missed_is_named(void **state) {
  (void)state;
  row rows[COUNT_OF(all)];
  memcpy(rows, all, sizeof all);
  rows[2].counter = 1.06;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_cell(&document.chapters[TOKEN_BARS_CHAPTER].table, "PS256", VERDICT, "not met");
  assert_says(&document.summary, "of 5 bars 4 are met, 1 not met. Not met: PS256");
  report_document_free(&document);
}

static void a_bar_within_its_interval_is_not_met_whole(void **state) {
  (void)state;
  row rows[COUNT_OF(all)];
  memcpy(rows, all, sizeof all);
  rows[2].counter = 1.0499;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_cell(&document.chapters[TOKEN_BARS_CHAPTER].table, "PS256", VERDICT,
              "met by the median, but not by the whole interval");
  report_document_free(&document);
}

/* Those that take turns are beside each other whatever the order of the rows. */
static void the_order_of_the_rows_does_not_matter(void **state) {
  (void)state;
  put_results("\"order\": \"one after the other\"", all, COUNT_OF(all), 9);
  report_document document = build();
  assert_cell(&document.chapters[TOKEN_BARS_CHAPTER].table, "RS256", VERDICT, "met");
  report_document_free(&document);
}

static void what_was_not_run_is_not_judged(void **state) {
  (void)state;
  put_rows(all, 2, 9);
  report_document document = build();
  assert_cell(&document.chapters[TOKEN_BARS_CHAPTER].table, "EdDSA", VERDICT, "not measured");
  assert_says(&document.summary, "of 5 bars 1 is met, 4 not judged.");
  report_document_free(&document);
}

static void without_a_ratio_there_are_no_bars(void **state) {
  (void)state;
  put_rows(&all[1], 1, 9);
  report_document document = build();
  assert_int_equal(document.chapters[TOKEN_BARS_CHAPTER].sentences.count, 0);
  assert_int_equal(report_table_rows(&document.chapters[TOKEN_BARS_CHAPTER].table), 0);
  report_document_free(&document);
}

int main(void) {
  counter_name = "times_openssl";
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(bars_that_are_met, clear_folder),
      cmocka_unit_test_teardown(a_bar_that_is_missed_is_named, clear_folder),
      cmocka_unit_test_teardown(a_bar_within_its_interval_is_not_met_whole, clear_folder),
      cmocka_unit_test_teardown(the_order_of_the_rows_does_not_matter, clear_folder),
      cmocka_unit_test_teardown(what_was_not_run_is_not_judged, clear_folder),
      cmocka_unit_test_teardown(without_a_ratio_there_are_no_bars, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
