/* The bars of token verification: met, missed, not measured, and left out where nothing bare was run. */
#include "test_chapters.h"

static const row all[] = {
    {"/jwt_verify/rs256/countersign", 10400, 0, 0}, {"/jwt_verify/rs256/openssl", 10000, 0, 0},
    {"/jwt_verify/ps256/countersign", 10400, 0, 0}, {"/jwt_verify/ps256/openssl", 10000, 0, 0},
    {"/jwt_verify/es256/countersign", 50500, 0, 0}, {"/jwt_verify/es256/openssl", 50000, 0, 0},
    {"/jwt_verify/es384/countersign", 90000, 0, 0}, {"/jwt_verify/es384/openssl", 90000, 0, 0},
    {"/jwt_verify/eddsa/countersign", 70000, 0, 0}, {"/jwt_verify/eddsa/openssl", 69000, 0, 0},
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
  rows[2].time = 10600;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_cell(&document.chapters[TOKEN_BARS_CHAPTER].table, "PS256", VERDICT, "not met");
  assert_says(&document.summary, "of 5 bars 4 are met, 1 not met. Not met: PS256");
  report_document_free(&document);
}

static void rows_in_order_are_told_apart(void **state) {
  (void)state;
  put_results("\"order\": \"one after the other\"", all, COUNT_OF(all), 9);
  report_document document = build();
  assert_cell(&document.chapters[TOKEN_BARS_CHAPTER].table, "RS256", VERDICT, "met, one after the other");
  assert_says(&document.summary, "of 5 bars 0 are met, 5 by rows that ran one after the other.");
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

static void without_bare_verification_there_are_no_bars(void **state) {
  (void)state;
  put_rows(all, 1, 9);
  report_document document = build();
  assert_int_equal(document.chapters[TOKEN_BARS_CHAPTER].sentences.count, 0);
  assert_int_equal(report_table_rows(&document.chapters[TOKEN_BARS_CHAPTER].table), 0);
  report_document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(bars_that_are_met, clear_folder),
      cmocka_unit_test_teardown(a_bar_that_is_missed_is_named, clear_folder),
      cmocka_unit_test_teardown(rows_in_order_are_told_apart, clear_folder),
      cmocka_unit_test_teardown(what_was_not_run_is_not_judged, clear_folder),
      cmocka_unit_test_teardown(without_bare_verification_there_are_no_bars, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
