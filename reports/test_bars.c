/* The bars of the nonce table: met, missed, and not judged where what was measured does not show them. */
#include "test_chapters.h"

static void bars_that_are_met(void **state) {
  (void)state;
  static const point points[] = {{"fixed", 1, 4e9, 0, 7.5e-10}};
  put_rows(met, COUNT_OF(met), 9);
  put_points(points, 1);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_int_equal(report_table_rows(table), 10); /* the one about 128 M is left out */
  for (size_t r = 0; r < report_table_rows(table); r++)
    assert_string_equal(report_table_cell(table, r, VERDICT), "met");
  assert_cell(table, "Batches against the fastest peer, one thread", MEASURED, "4.10, libcuckoo");
  assert_cell(table, "Batches against the fastest peer, two", MEASURED, "8.08, TBB");
  assert_cell(table, "Time in batches against compare", MEASURED, "2.00");
  assert_cell(table, "Single claims against the fastest peer", MEASURED, "1.64, libcuckoo");
  assert_cell(table, "Time of a single claim", MEASURED, "1.25");
  assert_cell(table, "Two threads against one, in batches", MEASURED, "1.92");
  assert_cell(table, "Two threads against one, single", INTERVAL, "2.08–2.08");
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
      {{"live_8M/libcuckoo/threads:1", 199, 40, 1}, "Batches against the fastest peer, one", "3.98, libcuckoo"},
      {{"live_8M/tbb/threads:2", 207, 90, 1}, "Batches against the fastest peer, two", "7.96, TBB"},
      {{"live_8M/limit_cas_batch/threads:1", 19.9, 0, 1}, "Time in batches against compare", "2.51"},
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
  assert_cell(table, "Single claims against the fastest peer", VERDICT, "not met");
  assert_cell(table, "Batches against the fastest peer, one", VERDICT, "not measured");
  assert_cell(table, "Bytes", VERDICT, "not measured");
  assert_says(&document.summary, "of 10 bars 0 are met, 1 not met, 9 not judged.");
  report_document_free(&document);
}

/* A single repetition has no interval that could be above the bar. */
static void one_repetition_shows_no_bar(void **state) {
  (void)state;
  put_rows(met, COUNT_OF(met), 1);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, "Single claims", VERDICT, "met by the median, but not by the whole interval");
  assert_cell(table, "Single claims", INTERVAL, "one repetition");
  report_document_free(&document);
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

/* Every peer is left out once. */
static void without_all_peers_the_fastest_is_not_known(void **state) {
  (void)state;
  size_t left_out = 0;
  for (size_t i = 0; i < COUNT_OF(met); i++) {
    bool one = strstr(met[i].name, "threads:1") != NULL;
    if (strstr(met[i].name, "countersign") != NULL || strstr(met[i].name, "limit") != NULL) continue;
    row rows[COUNT_OF(met)];
    memcpy(rows, met, sizeof met);
    rows[i] = met[COUNT_OF(met) - 1];
    put_rows(rows, COUNT_OF(met) - (i == COUNT_OF(met) - 1), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, "Batches against the fastest peer, one", VERDICT, one ? "not all peers measured" : "met");
    assert_cell(table, "Single claims against the fastest peer", VERDICT, one ? "not all peers measured" : "met");
    assert_cell(table, "Batches against the fastest peer, two", VERDICT, one ? "met" : "not all peers measured");
    assert_says(&document.summary, one ? "of 10 bars 6 are met, 4 not judged." : "of 10 bars 7 are met, 3 not judged.");
    report_document_free(&document);
    left_out++;
  }
  assert_int_equal(left_out, 10);
}

static void the_largest_set_is_judged_on_huge_pages_only(void **state) {
  (void)state;
  static const char doubt[] = "not on huge pages, or not known to be";
  static const struct {
    double large, largest; /* shares; 0: not said */
    const char *verdict;
  } cases[] = {{1, 1, "met"}, {0.9, 0.9, "met"}, {1, 0.89, doubt}, {0.89, 1, doubt}, {1, 0, doubt}, {0, 1, doubt}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    row rows[COUNT_OF(met) + 1];
    memcpy(rows, met, sizeof met);
    for (size_t r = 0; r < COUNT_OF(met); r++) {
      if (strcmp(rows[r].name, "live_8M/countersign_batch/threads:1") == 0) rows[r].huge = cases[i].large;
    }
    rows[COUNT_OF(met)] = (row){"live_128M/countersign_batch/threads:1", 70, 10.1, cases[i].largest};
    put_rows(rows, COUNT_OF(rows), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, "Time in batches with 128 M", VERDICT, cases[i].verdict);
    assert_cell(table, "Time in batches with 128 M", MEASURED, "1.40");
    assert_cell(table, "Two threads against one, in batches", VERDICT, "met"); /* of the other bars none asks for it */
    report_document_free(&document);
  }
}

static bool has_caveat(const report_document *document, const char *text) {
  for (size_t i = 0; i < document->caveats.count; i++) {
    if (strstr(document->caveats.items[i].text, text) != NULL) return true;
  }
  return false;
}

static void rows_without_huge_pages_are_a_caveat(void **state) {
  (void)state;
  row rows[COUNT_OF(met)];
  memcpy(rows, met, sizeof met);
  rows[0].huge = 0; /* not said */
  rows[1].huge = 0.9;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_false(has_caveat(&document, "huge pages"));
  report_document_free(&document);
  rows[4].huge = 0.25;                   /* a peer */
  rows[COUNT_OF(rows) - 1].huge = 0.899; /* a limit */
  put_rows(rows, COUNT_OF(rows), 9);
  document = build();
  assert_true(has_caveat(&document,
                         "2 of the 15 rows that say so had less than 90 % of their memory on huge pages, which slows "
                         "them; the least is nonce_claim/live_8M/tbb with 25 %."));
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
      cmocka_unit_test_teardown(a_peer_that_is_as_fast_is_not_beaten, clear_folder),
      cmocka_unit_test_teardown(one_repetition_shows_no_bar, clear_folder),
      cmocka_unit_test_teardown(without_the_large_set_there_are_no_bars, clear_folder),
      cmocka_unit_test_teardown(without_all_peers_the_fastest_is_not_known, clear_folder),
      cmocka_unit_test_teardown(the_largest_set_is_judged_on_huge_pages_only, clear_folder),
      cmocka_unit_test_teardown(rows_without_huge_pages_are_a_caveat, clear_folder),
      cmocka_unit_test_teardown(another_commit_judges_no_full_table, clear_folder),
      cmocka_unit_test_teardown(a_simulation_apart_says_of_what_it_was, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
