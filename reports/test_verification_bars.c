/* The bars of verification: met, missed, not measured, and left out where nothing of them was run. */
#include "test_chapters.h"

/* Minutes apart OpenSSL's own row takes half the time, or twice: what counts are the turns. */
static const row all[] = {
    {"/jwt_verify/rs256/countersign", 10400, 0, 1.04},
    {"/jwt_verify/rs256/openssl", 5000, 0, 0},
    {"/jwt_verify/ps256/countersign", 10400, 0, 1.04},
    {"/jwt_verify/ps256/openssl", 5000, 0, 0},
    {"/jwt_verify/es256/countersign", 50500, 0, 1.01},
    {"/jwt_verify/es256/openssl", 99000, 0, 0},
    {"/jwt_verify/es384/countersign", 90000, 0, 1.00},
    {"/jwt_verify/eddsa/countersign", 70000, 0, 1.01},
    {"/hmac_sha256/256/countersign", 300, 0, 0},
    {"/hmac_sha256/256/countersign_batch", 70, 0, 0},
    {"/hmac_sha256/256/openssl_evp_mac_reused", 430, 0, 0},
    {"/hmac_sha256/256/openssl_lowlevel", 310, 0, 0},
    {"/hmac_sha256/256/limit", 60, 0, 0},
    {"/jwt_verify/hs256/countersign", 500, 0, 0},
    {"/jwt_verify/hs256/countersign_batch", 200, 0, 0},
    {"/jwt_verify/hs256/libjwt", 10500, 0, 0},
    {"/jwt_verify/hs256/fast_jwt_cache", 2500, 0, 0},
    {"/jwt_verify/hs256/limit", 60, 0, 0},
    {"/verify_request/hmac-nonce/countersign", 380, 0, 0},
    {"/verify_request/hmac-nonce/countersign/threads:2", 195, 0, 0},
    {"/verify_request/hmac-nonce/countersign_batch", 340, 0, 0},
    {"/verify_request/hmac-nonce/countersign_batch/threads:2", 175, 0, 0},
    {"/verify_request/hmac-nonce/hmac", 300, 0, 0},
    {"/verify_request/hmac-nonce/limit", 140, 0, 0},
};
enum { BARS = 17, PS256 = 2, REQUEST_BATCH = 20, REQUEST_LIMIT = 23 };

/* The table's cell of a row that differs from `all` in one time. */
static void assert_of(unsigned repetitions, size_t changed, double time, const char *what, size_t column,
                      const char *expected) {
  row rows[COUNT_OF(all)];
  memcpy(rows, all, sizeof all);
  rows[changed].time = time;
  put_rows(rows, COUNT_OF(rows), repetitions);
  report_document document = build();
  assert_cell(&document.chapters[VERIFICATION_BARS_CHAPTER].table, what, column, expected);
  report_document_free(&document);
}

static void assert_with(size_t changed, double time, const char *what, size_t column, const char *expected) {
  assert_of(9, changed, time, what, column, expected);
}

static void bars_that_are_met(void **state) {
  (void)state;
  put_rows(all, COUNT_OF(all), 9);
  report_document document = build();
  const report_chapter *chapter = &document.chapters[VERIFICATION_BARS_CHAPTER];
  assert_int_equal(report_table_rows(&chapter->table), BARS);
  assert_cell(&chapter->table, "RS256", WANTED, "at most 1.05");
  assert_cell(&chapter->table, "RS256", MEASURED, "1.04");
  assert_cell(&chapter->table, "ES384", MEASURED, "1.00");
  assert_cell(&chapter->table, "HMAC of 256 bytes: in batches against EVP_MAC", MEASURED, "6.14");
  assert_cell(&chapter->table, "HMAC of 256 bytes: time in batches", MEASURED, "1.17");
  assert_cell(&chapter->table, "HMAC of 256 bytes: single", MEASURED, "1.03");
  assert_cell(&chapter->table, "HS256: in batches against fast-jwt", MEASURED, "12.5");
  assert_cell(&chapter->table, "hmac-nonce: time of a request", MEASURED, "1.27");
  assert_cell(&chapter->table, "hmac-nonce: two threads against one", MEASURED, "1.95");
  assert_says(&chapter->sentences, "Of 17 bars 17 are met.");
  assert_says(&document.summary, "of 17 bars 17 are met.");
  report_document_free(&document);
}

static void a_bar_that_is_missed_is_named(void **state) {
  (void)state;
  row rows[COUNT_OF(all)];
  memcpy(rows, all, sizeof all);
  rows[PS256].counter = 1.06;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_cell(&document.chapters[VERIFICATION_BARS_CHAPTER].table, "PS256", VERDICT, "not met");
  assert_says(&document.summary, "of 17 bars 16 are met, 1 not met. Not met: PS256");
  report_document_free(&document);
}

static void a_bar_within_its_interval_is_not_met_whole(void **state) {
  (void)state;
  row rows[COUNT_OF(all)];
  memcpy(rows, all, sizeof all);
  rows[PS256].counter = 1.0499;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_cell(&document.chapters[VERIFICATION_BARS_CHAPTER].table, "PS256", VERDICT,
              "met by the median, but not by the whole interval");
  report_document_free(&document);
}

/* Those that take turns are beside each other whatever the order of the rows. */
static void the_order_of_the_rows_does_not_matter(void **state) {
  (void)state;
  put_results("\"order\": \"one after the other\"", all, COUNT_OF(all), 9);
  report_document document = build();
  const report_table *table = &document.chapters[VERIFICATION_BARS_CHAPTER].table;
  assert_cell(table, "RS256", VERDICT, "met");
  assert_cell(table, "HS256: single", VERDICT, "met, one after the other");
  report_document_free(&document);
}

static void many_requests_a_second_are_enough(void **state) {
  static const char what[] = "hmac-nonce: time in batches";
  (void)state;
  assert_with(REQUEST_BATCH, 340, what, MEASURED, "2.43");
  assert_with(REQUEST_BATCH, 360, what, VERDICT, "not met");
  assert_with(REQUEST_LIMIT, 100, what, VERDICT, "not met");
  assert_with(REQUEST_BATCH, 332, what, MEASURED, "3.01 M/s");
  assert_with(REQUEST_BATCH, 332, what, WANTED, "at most 2.5, or 3.00 M/s");
  assert_with(REQUEST_BATCH, 332, what, VERDICT, "met");
  assert_with(REQUEST_BATCH, 333.3, what, VERDICT, "met by the median, but not by the whole interval");
}

static void many_requests_of_few_repetitions_say_so(void **state) {
  (void)state;
  assert_of(3, REQUEST_BATCH, 300, "hmac-nonce: time in batches", VERDICT, "met by the median of too few repetitions");
}

static void what_was_not_run_is_not_judged(void **state) {
  (void)state;
  put_rows(all, 2, 9);
  report_document document = build();
  assert_cell(&document.chapters[VERIFICATION_BARS_CHAPTER].table, "EdDSA", VERDICT, "not measured");
  assert_says(&document.summary, "of 17 bars 1 is met, 16 not judged.");
  report_document_free(&document);
}

static void without_a_ratio_there_are_no_bars(void **state) {
  (void)state;
  put_rows(&all[1], 1, 9);
  report_document document = build();
  assert_int_equal(document.chapters[VERIFICATION_BARS_CHAPTER].sentences.count, 0);
  assert_int_equal(report_table_rows(&document.chapters[VERIFICATION_BARS_CHAPTER].table), 0);
  report_document_free(&document);
}

int main(void) {
  counter_name = "times_openssl";
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(bars_that_are_met, clear_folder),
      cmocka_unit_test_teardown(a_bar_that_is_missed_is_named, clear_folder),
      cmocka_unit_test_teardown(a_bar_within_its_interval_is_not_met_whole, clear_folder),
      cmocka_unit_test_teardown(the_order_of_the_rows_does_not_matter, clear_folder),
      cmocka_unit_test_teardown(many_requests_a_second_are_enough, clear_folder),
      cmocka_unit_test_teardown(many_requests_of_few_repetitions_say_so, clear_folder),
      cmocka_unit_test_teardown(what_was_not_run_is_not_judged, clear_folder),
      cmocka_unit_test_teardown(without_a_ratio_there_are_no_bars, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
