/* The bars of the nonce table: met and missed, by how much, and where they are judged. */
#include "test_chapters.h"

static void bars_that_are_met(void **state) {
  (void)state;
  static const point points[] = {{"fixed", 1, 4e9, 0, 7.5e-10}};
  put_rows(met, COUNT_OF(met), 9);
  put_points(points, 1);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_int_equal(report_table_rows(table), 10); /* those about 128 M are left out */
  for (size_t r = 0; r < report_table_rows(table); r++)
    assert_string_equal(report_table_cell(table, r, VERDICT), "met");
  assert_int_equal(row_of(table, "Single claims against the fastest peer, one thread"), 0);
  assert_cell(table, "Single claims against the fastest peer", MEASURED, "1.64, libcuckoo");
  assert_cell(table, "Single claims against the fastest peer", WANTED, "more than 1");
  assert_cell(table, PEER_BATCH_1, MEASURED, "4.10, libcuckoo");
  assert_cell(table, PEER_BATCH_1, WANTED, "at least 4");
  assert_cell(table, PEER_BATCH_2, MEASURED, "8.08, TBB");
  assert_cell(table, "Time in batches against CAS", MEASURED, "2.00");
  assert_cell(table, "Time in batches against CAS", WANTED, "at most 2.5");
  assert_cell(table, "Time of a single claim", MEASURED, "1.25");
  assert_cell(table, "Two threads against one, in batches", MEASURED, "1.92");
  assert_cell(table, "Two threads against one, single", INTERVAL, "1.92–1.93");
  assert_cell(table, "Bytes", MEASURED, "10.8");
  assert_cell(table, "Claims that find it full at", INTERVAL, "below 0.75 in a billion");
  assert_cell(table, "Claims that find it full in a cold start", INTERVAL, "below 0.60 in a billion");
  assert_says(&document.chapters[BARS_CHAPTER].sentences, "Of 10 bars 10 are met.");
  assert_says(&document.summary, "of 10 bars 10 are met.");
  report_document_free(&document);
}

/* One row is made worse at a time. */
static void bars_that_are_missed(void **state) {
  (void)state;
  static const struct {
    row worse;
    const char *bar, *measured;
  } cases[] = {
      {{"live_8M/libcuckoo/threads:1", 199, 40, 1}, PEER_BATCH_1, "3.98, libcuckoo"},
      {{"live_8M/tbb/threads:2", 207, 90, 1}, PEER_BATCH_2, "7.96, TBB"},
      {{"live_8M/limit_cas_batch/threads:1", 19.9, 0, 1}, "Time in batches against CAS", "2.51"},
      {{"live_8M/limit_load/threads:1", 96, 0, 1}, "Time of a single claim", "1.30"},
      {{"live_8M/countersign/threads:2", 70, 10.8, 1}, "Two threads against one, single", "1.79"},
      {{"live_8M/countersign/threads:1", 125, 11.1, 1}, "Bytes", "11.1"},
      {{"live_128M/countersign_batch/threads:1", 76, 10.8, 0.9}, "Time in batches with 128 M", "1.52"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    row rows[COUNT_OF(met) + 1];
    size_t at = 0;
    memcpy(rows, met, sizeof met);
    while (at < COUNT_OF(met) && strcmp(rows[at].name, cases[i].worse.name) != 0) at++;
    rows[at] = cases[i].worse;
    put_rows(rows, at == COUNT_OF(met) ? at + 1 : COUNT_OF(met), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, cases[i].bar, VERDICT, "not met");
    assert_cell(table, cases[i].bar, MEASURED, cases[i].measured);
    assert_says(&document.summary, cases[i].measured);
    assert_says(&document.summary, "1 not met, 2 not judged.");
    report_document_free(&document);
  }
}

static const char by_median[] = "met by the median, but not by the whole interval";
static const char missed_by_median[] = "not met by the median, though it is within the interval";

/* By so little that a part of the interval, which is 0.4 % wide, is on the other side. */
static void an_interval_across_the_bar_decides_nothing(void **state) {
  (void)state;
  static const struct {
    const char *row;
    double time;
    const char *bar, *verdict;
  } cases[] = {
      {"live_8M/libcuckoo/threads:1", 200.002, PEER_BATCH_1, by_median},
      {"live_8M/libcuckoo/threads:1", 199.998, PEER_BATCH_1, missed_by_median},
      {"live_8M/limit_cas_batch/threads:1", 20.0002, "Time in batches against CAS", by_median},
      {"live_8M/limit_cas_batch/threads:1", 19.9998, "Time in batches against CAS", missed_by_median},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    row rows[COUNT_OF(met)];
    memcpy(rows, met, sizeof met);
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
      if (strcmp(rows[r].name, cases[i].row) == 0) rows[r].time = cases[i].time;
    }
    put_rows(rows, COUNT_OF(rows), 9);
    report_document document = build();
    assert_cell(&document.chapters[BARS_CHAPTER].table, cases[i].bar, VERDICT, cases[i].verdict);
    report_document_free(&document);
  }
}

/* The bar of batches with these times of libcuckoo and TBB. */
static void assert_two_peers(double libcuckoo, double tbb, const char *measured, const char *verdict) {
  row rows[COUNT_OF(met)];
  memcpy(rows, met, sizeof met);
  rows[4].time = tbb;
  rows[5].time = libcuckoo;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, PEER_BATCH_1, MEASURED, measured);
  assert_cell(table, PEER_BATCH_1, VERDICT, verdict);
  report_document_free(&document);
}

static void the_interval_of_each_peer_counts(void **state) {
  (void)state;
  wide_row = "live_8M/tbb/threads:1"; /* slower by the median, and may be faster */
  assert_two_peers(205, 210, "4.10, libcuckoo", by_median);
  wide_row = "live_8M/libcuckoo/threads:1"; /* faster by the median; alone it may not miss the bar, TBB surely does */
  assert_two_peers(195, 198, "3.90, libcuckoo", "not met");
  assert_two_peers(195, 205, "3.90, libcuckoo", missed_by_median);
}

static void the_repetitions_of_each_peer_count(void **state) {
  (void)state;
  static const char few[] = "met by the median of too few repetitions";
  static const struct {
    const char *row, *verdict;
  } cases[] = {{"live_8M/libcuckoo/threads:1", few}, /* the fastest */
               {"live_8M/urcu_lfht/threads:1", few}, /* the slowest */
               {"live_8M/countersign_batch/threads:1", few},
               {"live_8M/urcu_lfht/threads:2", "met"}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    short_row = cases[i].row;
    assert_two_peers(205, 300, "4.10, libcuckoo", cases[i].verdict);
  }
}

/* Exactly what is wanted is enough, where it is "at least" or "at most". */
static void a_bar_is_met_at_its_bound(void **state) {
  (void)state;
  static const struct {
    row exact;
    const char *bar, *measured, *verdict;
  } cases[] = {
      {{"live_8M/libcuckoo/threads:1", 200, 40, 1}, PEER_BATCH_1, "4.00, libcuckoo", "met"},
      {{"live_8M/limit_cas_batch/threads:1", 20, 0, 1}, "Time in batches against CAS", "2.50", "met"},
      {{"live_8M/libcuckoo/threads:1", 125, 40, 1}, "Single claims", "1.00, libcuckoo", "not met"},
      {{"live_8M/countersign/threads:1", 125, 11, 1}, "Bytes", "11.0", "met"},
      {{"live_8M/countersign/threads:1", 125, 11.01, 1}, "Bytes", "11.0", "not met"},
  };
  varying = 0;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    row rows[COUNT_OF(met)];
    memcpy(rows, met, sizeof met);
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
      if (strcmp(rows[r].name, cases[i].exact.name) == 0) rows[r] = cases[i].exact;
    }
    put_rows(rows, COUNT_OF(rows), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, cases[i].bar, MEASURED, cases[i].measured);
    assert_cell(table, cases[i].bar, VERDICT, cases[i].verdict);
    report_document_free(&document);
  }
}

/* Equally fast is not faster. */
static void a_peer_that_is_as_fast_is_not_beaten(void **state) {
  (void)state;
  static const row rows[] = {
      {"live_8M/countersign/threads:1", 100, 0, 1},   {"live_8M/tbb/threads:1", 100, 0, 1},
      {"live_8M/libcuckoo/threads:1", 100, 0, 1},     {"live_8M/urcu_lfht/threads:1", 200, 0, 1},
      {"live_8M/mutex_sharded/threads:1", 200, 0, 1}, {"live_8M/mutex_global/threads:1", 200, 0, 1},
  };
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, "Single claims against the fastest peer", VERDICT, missed_by_median);
  assert_cell(table, PEER_BATCH_1, VERDICT, "not measured");
  assert_cell(table, "Bytes", VERDICT, "not measured");
  assert_says(&document.summary, "of 10 bars 0 are met, 1 not met, 9 not judged.");
  report_document_free(&document);
}

/* A quick run, which has five, shows none. */
static void few_repetitions_show_no_bar(void **state) {
  (void)state;
  static const char few[] = "met by the median of too few repetitions";
  static const size_t counts[] = {1, 2, 5, 8, 9};
  for (size_t i = 0; i < COUNT_OF(counts); i++) {
    size_t repetitions = counts[i];
    bool enough = repetitions == 9;
    put_rows(met, COUNT_OF(met), repetitions);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    for (size_t r = 0; r < 7; r++) assert_string_equal(report_table_cell(table, r, VERDICT), enough ? "met" : few);
    if (repetitions == 1) assert_cell(table, "Single claims", INTERVAL, "one repetition");
    assert_says(&document.summary, enough
                                       ? "of 10 bars 8 are met, 2 not judged."
                                       : "of 10 bars 1 is met, 7 by the median of too few repetitions, 2 not judged.");
    report_document_free(&document);
  }
}

static void without_the_large_set_there_are_no_bars(void **state) {
  (void)state;
  static const row rows[] = {{"live_64k/countersign/threads:1", 100, 10.8, 1}, {"live_8M/tbb/threads:1", 300, 90, 1}};
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_int_equal(document.chapters[BARS_CHAPTER].sentences.count, 0);
  for (size_t i = 0; i < document.summary.count; i++) assert_lacks(document.summary.items[i].text, "bars");
  report_document_free(&document);
}

/* What each bar asks for, and what it is measured with where each time at 128 M is 1.2 times that at 8 M. */
static void the_largest_set_has_the_same_bars_where_it_was_run(void **state) {
  (void)state;
  static const struct {
    const char *bar, *wanted, *measured;
  } bars[] = {
      {"Single claims against the fastest peer, one", "more than 1", "1.64, libcuckoo"},
      {PEER_BATCH_1, "at least 4", "4.10, libcuckoo"},
      {PEER_BATCH_2, "at least 8", "8.08, TBB"},
      {"Time of a single claim against one dependent", "at most 1.3", "1.25"},
      {"Time in batches against CAS in batches of 16, one", "at most 2.5", "2.00"},
      {"Time in batches against CAS in batches of 16, two", "–", "2.60"},
      {"Two threads against one, single", "at least 1.8", "1.92"},
      {"Two threads against one, in batches", "at least 1.8", "1.92"},
      {"Time in batches with 128 M", "at most 1.5", "1.20"},
      {"128 M live: single against the fastest peer, one", "more than 1", "1.64, libcuckoo"},
      {"128 M live: batches against the fastest peer, one", "at least 4", "4.10, libcuckoo"},
      {"128 M live: batches against the fastest peer, two", "at least 8", "8.08, TBB"},
      {"128 M live: single claim against one dependent", "at most 1.3", "1.25"},
      {"128 M live: batches against CAS in batches of 16, one", "at most 2.5", "2.00"},
      {"128 M live: two threads against one, single", "at least 1.8", "1.92"},
      {"128 M live: two threads against one, in batches", "at least 1.8", "1.92"},
  };
  row rows[2 * COUNT_OF(met) + 1];
  char names[COUNT_OF(met)][64];
  memcpy(rows, met, sizeof met);
  for (size_t i = 0; i < COUNT_OF(met); i++) {
    (void)snprintf(names[i], sizeof names[i], "live_128M%s", met[i].name + strlen("live_8M"));
    rows[COUNT_OF(met) + i] = (row){names[i], met[i].time * 1.2, met[i].bytes, met[i].counter};
  }
  rows[2 * COUNT_OF(met)] = (row){"live_8M/limit_cas_batch/threads:2", 10, 0, 1};
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_int_equal(report_table_rows(table), COUNT_OF(bars) + 3);
  for (size_t i = 0; i < COUNT_OF(bars); i++) {
    bool is_bar = strcmp(bars[i].wanted, "–") != 0;
    assert_int_equal(row_of(table, bars[i].bar), i);
    assert_cell(table, bars[i].bar, WANTED, bars[i].wanted);
    assert_cell(table, bars[i].bar, MEASURED, bars[i].measured);
    assert_cell(table, bars[i].bar, VERDICT, is_bar ? "met" : "no bar");
  }
  assert_says(&document.summary, "of 18 bars 16 are met, 2 not judged."); /* nothing was simulated */
  report_document_free(&document);
  memmove(&rows[COUNT_OF(met) + 4], &rows[COUNT_OF(met) + 5], sizeof(row) * (COUNT_OF(met) - 4)); /* TBB, one thread */
  put_rows(rows, COUNT_OF(rows) - 1, 9);
  document = build();
  table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, "128 M live: batches against the fastest peer, one", VERDICT, "not all peers measured");
  assert_cell(table, "128 M live: single against the fastest peer, one", VERDICT, "not all peers measured");
  report_document_free(&document);
}

/* The results are of version 1.2 and commit abc, or of what is not known. */
static void another_commit_judges_no_full_table(void **state) {
  (void)state;
  static const char run[] = "\"version\": \"1.2\", \"commit\": \"abc\"", lost[] = "\"version\": \"1.2\"";
  static const struct {
    const char *context, *members, *verdict;
  } cases[] = {
      {run, "\"apart\": true, \"version\": \"1.2\", \"commit\": \"abc\",", "met"},
      {run, "\"version\": \"1.2\", \"commit\": \"abc\",", "met"},
      {run, "\"apart\": true, \"version\": \"1.2\", \"commit\": \"abd\",", "simulated with another commit"},
      {run, "\"apart\": true, \"version\": \"1.3\", \"commit\": \"abc\",", "simulated with another version"},
      {run, "\"version\": \"1.2\", \"commit\": \"abd\",", "simulated with another commit"},
      {run, "\"apart\": true, \"version\": \"1.2\",", "simulated with another commit"},
      {run, "\"apart\": true,", "simulated with another version"},
      {lost, "\"apart\": true, \"version\": \"1.2\", \"commit\": \"unknown\",",
       "simulated apart, with an unknown commit"},
      {lost, "\"version\": \"1.2\", \"commit\": \"unknown\",", "met"},
  };
  static const point points[] = {{"fixed", 1, 4e9, 0, 7.5e-10}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    put_results(cases[i].context, met, COUNT_OF(met), 9);
    put_capacity(cases[i].members, points, 1, &met_cold);
    report_document document = build();
    bool is_met = strcmp(cases[i].verdict, "met") == 0;
    assert_cell(&document.chapters[BARS_CHAPTER].table, "Claims that find it full at", VERDICT, cases[i].verdict);
    assert_cell(&document.chapters[BARS_CHAPTER].table, "Claims that find it full in", VERDICT, cases[i].verdict);
    assert_says(&document.chapters[CAPACITY_CHAPTER].sentences,
                is_met ? ": the bar of 1 in a billion is met." : "so it does not show the bar of 1 in a billion.");
    report_document_free(&document);
  }
}

static void a_simulation_apart_says_of_what_it_was(void **state) {
  (void)state;
  static const point points[] = {{"fixed", 1, 4e9, 0, 7.5e-10}};
  put_rows(met, COUNT_OF(met), 9);
  put_capacity("\"apart\": true, \"version\": \"1.2\", \"commit\": \"abc\", \"date\": \"2026-01-02T03:04:05Z\",",
               points, 1, NULL);
  report_document document = build();
  const report_sentences *sentences = &document.chapters[CAPACITY_CHAPTER].sentences;
  assert_string_equal(sentences->items[0].lead, "Simulated apart:");
  assert_string_equal(sentences->items[0].text,
                      "not in this run, but with version 1.2, commit abc, on 2026-01-02T03:04:05Z.");
  report_document_free(&document);
  put_points(points, 1);
  document = build();
  assert_string_not_equal(document.chapters[CAPACITY_CHAPTER].sentences.items[0].lead, "Simulated apart:");
  report_document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(bars_that_are_met, clear_folder),
      cmocka_unit_test_teardown(bars_that_are_missed, clear_folder),
      cmocka_unit_test_teardown(an_interval_across_the_bar_decides_nothing, clear_folder),
      cmocka_unit_test_teardown(the_interval_of_each_peer_counts, clear_folder),
      cmocka_unit_test_teardown(the_repetitions_of_each_peer_count, clear_folder),
      cmocka_unit_test_teardown(a_bar_is_met_at_its_bound, clear_folder),
      cmocka_unit_test_teardown(a_peer_that_is_as_fast_is_not_beaten, clear_folder),
      cmocka_unit_test_teardown(few_repetitions_show_no_bar, clear_folder),
      cmocka_unit_test_teardown(without_the_large_set_there_are_no_bars, clear_folder),
      cmocka_unit_test_teardown(the_largest_set_has_the_same_bars_where_it_was_run, clear_folder),
      cmocka_unit_test_teardown(another_commit_judges_no_full_table, clear_folder),
      cmocka_unit_test_teardown(a_simulation_apart_says_of_what_it_was, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
