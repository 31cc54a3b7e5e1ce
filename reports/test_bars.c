/* The bars of the nonce table: met, missed, and not judged where what was measured does not show them. */
#include "test_chapters.h"

#define PEER_BATCH_1 "Batches against the fastest peer's single claims, one"
#define PEER_BATCH_2 "Batches against the fastest peer's single claims, two"

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
  assert_cell(table, "Single claims against the fastest peer", VERDICT,
              "not met by the median, though it is within the interval");
  assert_cell(table, PEER_BATCH_1, VERDICT, "not measured");
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
    assert_cell(table, PEER_BATCH_1, VERDICT, one ? "not all peers measured" : "met");
    assert_cell(table, "Single claims against the fastest peer", VERDICT, one ? "not all peers measured" : "met");
    assert_cell(table, PEER_BATCH_2, VERDICT, one ? "met" : "not all peers measured");
    assert_says(&document.summary, one ? "of 10 bars 6 are met, 4 not judged." : "of 10 bars 7 are met, 3 not judged.");
    report_document_free(&document);
    left_out++;
  }
  assert_int_equal(left_out, 10);
}

/* With all peers at 128 M there are two bars more, and with their limits and two threads a line without a bar. */
static void the_largest_set_has_bars_where_it_was_run(void **state) {
  (void)state;
  row rows[2 * COUNT_OF(met) + 1];
  char names[COUNT_OF(met)][64];
  memcpy(rows, met, sizeof met);
  for (size_t i = 0; i < COUNT_OF(met); i++) {
    (void)snprintf(names[i], sizeof names[i], "live_128M%s", met[i].name + strlen("live_8M"));
    rows[COUNT_OF(met) + i] = (row){names[i], met[i].time * 1.2, met[i].bytes, met[i].huge};
  }
  rows[2 * COUNT_OF(met)] = (row){"live_8M/limit_cas_batch/threads:2", 10, 0, 1};
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_int_equal(report_table_rows(table), 14);
  assert_cell(table, "Time in batches with 128 M", MEASURED, "1.20");
  assert_cell(table, "128 M live: batches against the fastest peer, one", MEASURED, "4.10, libcuckoo");
  assert_cell(table, "128 M live: batches against the fastest peer, one", VERDICT, "met");
  assert_cell(table, "128 M live: batches against the fastest peer, two", MEASURED, "8.08, TBB");
  assert_cell(table, "128 M live: batches against the fastest peer, two", VERDICT, "met");
  assert_cell(table, "Time in batches against CAS in batches of 16, two", MEASURED, "2.60");
  assert_cell(table, "Time in batches against CAS in batches of 16, two", WANTED, "–");
  assert_cell(table, "Time in batches against CAS in batches of 16, two", VERDICT, "no bar");
  assert_says(&document.summary, "of 13 bars 11 are met, 2 not judged."); /* nothing was simulated */
  report_document_free(&document);
  memmove(&rows[COUNT_OF(met) + 4], &rows[COUNT_OF(met) + 5], sizeof(row) * (COUNT_OF(met) - 4)); /* TBB, one thread */
  put_rows(rows, COUNT_OF(rows) - 1, 9);
  document = build();
  table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, "128 M live: batches against the fastest peer, one", VERDICT, "not all peers measured");
  report_document_free(&document);
}

/* One row at a time, be it of Countersign, of a peer or a limit. */
static void ratios_are_judged_on_huge_pages_only(void **state) {
  (void)state;
  static const char doubt[] = "not on huge pages, or not known to be";
  static const struct {
    const char *row;
    const char *const bars[5]; /* the others are met */
  } cases[] = {
      {"live_8M/countersign/threads:1", {"Single", "Time of a single", "Two threads against one, single"}},
      {"live_8M/countersign_batch/threads:2", {PEER_BATCH_2, "Two threads against one, in"}},
      {"live_8M/mutex_global/threads:1", {"Single", PEER_BATCH_1}},
      {"live_8M/urcu_lfht/threads:2", {PEER_BATCH_2}},
      {"live_8M/limit_load/threads:1", {"Time of a single"}},
      {"live_8M/limit_cas_batch/threads:1", {"Time in batches against CAS"}},
      {"live_128M/countersign_batch/threads:1", {"Time in batches with 128 M"}},
  };
  static const double shares[] = {0.9, 0.89, 0}; /* 0: not said */
  for (size_t i = 0; i < COUNT_OF(cases) * COUNT_OF(shares); i++) {
    row rows[COUNT_OF(met) + 1];
    double share = shares[i % COUNT_OF(shares)];
    size_t c = i / COUNT_OF(shares), doubted = 0;
    memcpy(rows, met, sizeof met);
    rows[COUNT_OF(met)] = (row){"live_128M/countersign_batch/threads:1", 70, 10.1, 1};
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
      if (strcmp(rows[r].name, cases[c].row) == 0) rows[r].huge = share;
    }
    put_rows(rows, COUNT_OF(rows), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    for (size_t b = 0; cases[c].bars[b] != NULL; b++)
      assert_cell(table, cases[c].bars[b], VERDICT, share < 0.9 ? doubt : "met");
    for (size_t r = 0; r < report_table_rows(table); r++)
      doubted += strcmp(report_table_cell(table, r, VERDICT), doubt) == 0;
    size_t wanted = 0;
    while (cases[c].bars[wanted] != NULL) wanted++;
    assert_int_equal(doubted, share < 0.9 ? wanted : 0);
    report_document_free(&document);
  }
}

/* Two cores cannot do more than twice the work of one, but for chance (here the rows do not vary), and do less where
 * others use them. */
static void scaling_is_judged_on_a_quiet_machine_and_up_to_twice(void **state) {
  (void)state;
  static const char noisy[] = "the machine was not quiet at the start";
  static const char twice[] = "more than twice: the row with one thread is slow for some other reason";
  static const struct {
    const char *context;
    double single; /* with two threads; with one 125 */
    const char *verdict, *batches;
  } cases[] = {
      {"", 62.5, "met", "met"},
      {"", 62.4, twice, "met"},
      {"\"load_avg\": [0.99, 3, 3]", 65, "met", "met"},
      {"\"load_avg\": [1, 0, 0]", 65, noisy, noisy},
      {"\"load_avg\": [1, 0, 0]", 60, twice, noisy},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    row rows[COUNT_OF(met)];
    memcpy(rows, met, sizeof met);
    rows[1].time = cases[i].single;
    put_results(cases[i].context, rows, COUNT_OF(rows), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, "Two threads against one, single", VERDICT, cases[i].verdict);
    assert_cell(table, "Two threads against one, in", VERDICT, cases[i].batches);
    assert_cell(table, "Single claims", VERDICT, "met");
    report_document_free(&document);
  }
}

#define CACHES(bytes) "\"caches\": [{\"type\": \"Unified\", \"level\": 3, \"size\": " bytes "}]"

/* The table takes 86.4 MiB, the peers 240 to 720 MiB. */
static void sets_that_the_cache_holds_are_named_below_the_bars(void **state) {
  (void)state;
  static const struct {
    const char *context, *said, *lacks;
  } cases[] = {
      {CACHES("30198988"), NULL, "several times"}, /* a third of the table's size */
      {CACHES("30198989"), "the table (86.4 MiB) is not several times the last-level cache (28.8 MiB)", "nor are"},
      {CACHES("272629760"), "nor are the sets of libcuckoo (320 MiB), TBB (720 MiB), ", NULL},
      {CACHES("272629760"), "one mutex (240 MiB), ", NULL},
      {CACHES("272629760"), "sharded mutex (240 MiB), liburcu lfht (480 MiB). ", NULL},
      {CACHES("272629760"), "has the rows that are larger than the cache.", "limit"},
      {CACHES("800000000"), "the last-level cache (763 MiB)", "has the rows that are larger"},
      {"", "The peers have no batches: they are called one claim at a time.", "several times"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    put_results(cases[i].context, met, COUNT_OF(met), 9);
    report_document document = build();
    const report_chapter *bars = &document.chapters[BARS_CHAPTER];
    if (cases[i].said != NULL) assert_says(&bars->notes, cases[i].said);
    for (size_t n = 0; cases[i].lacks != NULL && n < bars->notes.count; n++)
      assert_lacks(bars->notes.items[n].text, cases[i].lacks);
    for (size_t r = 0; r < 7; r++) assert_string_equal(report_table_cell(&bars->table, r, VERDICT), "met");
    report_text page = {0};
    report_markdown(&page, &document);
    const char *cache = report_results_context(&document.results, REPORT_FACT_CACHE);
    char line[64];
    (void)snprintf(line, sizeof line, "| Last-level cache | %s |", cache == NULL ? "not recorded" : cache);
    assert_contains(page.data, line);
    assert_contains(page.data, " |\n\n- Batches are of 64 claims.");
    report_text_free(&page);
    report_html(&page, &document);
    assert_contains(page.data, "</table>\n</div>\n<ul>\n<li>Batches are of 64 claims.");
    report_text_free(&page);
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
      cmocka_unit_test_teardown(the_largest_set_has_bars_where_it_was_run, clear_folder),
      cmocka_unit_test_teardown(ratios_are_judged_on_huge_pages_only, clear_folder),
      cmocka_unit_test_teardown(scaling_is_judged_on_a_quiet_machine_and_up_to_twice, clear_folder),
      cmocka_unit_test_teardown(sets_that_the_cache_holds_are_named_below_the_bars, clear_folder),
      cmocka_unit_test_teardown(rows_without_huge_pages_are_a_caveat, clear_folder),
      cmocka_unit_test_teardown(another_commit_judges_no_full_table, clear_folder),
      cmocka_unit_test_teardown(a_simulation_apart_says_of_what_it_was, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
