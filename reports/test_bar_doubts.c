/* What speaks against a ratio of the nonce table: where there is no verdict, and what is said below the bars. */
#include "test_chapters.h"

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
      if (strcmp(rows[r].name, cases[c].row) == 0) rows[r].counter = share;
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
  static const char noisy[] = "the machine was not quiet at the start, or not known to be";
  static const char twice[] = "more than twice: the row with one thread is slow for some other reason";
  static const struct {
    const char *context;
    double single; /* with two threads; with one 125 */
    const char *verdict, *batches;
  } cases[] = {
      {QUIET, 62.5, "met", "met"},
      {QUIET, 62.499, twice, "met"},
      {", \"load_avg\": [0.999, 3, 3]", 65, "met", "met"},
      {", \"load_avg\": [1, 0, 0]", 65, noisy, noisy},
      {", \"load_avg\": [1, 0, 0]", 60, twice, noisy},
      {"", 65, noisy, noisy},
      {", \"load_avg\": []", 65, noisy, noisy},
      {", \"load_avg\": \"unknown\"", 65, noisy, noisy},
  };
  varying = 0;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    row rows[COUNT_OF(met)];
    memcpy(rows, met, sizeof met);
    rows[1].time = cases[i].single;
    char context[256];
    (void)snprintf(context, sizeof context, SMALL_CACHE "%s", cases[i].context);
    put_results(context, rows, COUNT_OF(rows), 9);
    report_document document = build();
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, "Two threads against one, single", VERDICT, cases[i].verdict);
    assert_cell(table, "Two threads against one, in", VERDICT, cases[i].batches);
    assert_cell(table, "Single claims", VERDICT, "met");
    report_document_free(&document);
  }
}

static const char in_cache[] = "met, in the cache";

/* The table takes 86.4 MiB, the peers 240 to 720 MiB. Two threads against one: the table against itself. */
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
      {"\"num_cpus\": 2", "The peers have no batches: they are called one claim at a time.", "several times"},
      {"\"num_cpus\": 2", "the size of the table or that of the last-level cache is not known: what is met", NULL},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    char context[256];
    (void)snprintf(context, sizeof context, "%s" QUIET, cases[i].context);
    put_results(context, met, COUNT_OF(met), 9);
    report_document document = build();
    const report_chapter *bars = &document.chapters[BARS_CHAPTER];
    assert_int_equal(bars->notes.count, i == 0 ? 1 : 2); /* none of live_128M, which was not run */
    if (cases[i].said != NULL) assert_says(&bars->notes, cases[i].said);
    for (size_t n = 0; cases[i].lacks != NULL && n < bars->notes.count; n++)
      assert_lacks(bars->notes.items[n].text, cases[i].lacks);
    for (size_t r = 0; r < 7; r++)
      assert_string_equal(report_table_cell(&bars->table, r, VERDICT), i == 0 || r >= 5 ? "met" : in_cache);
    assert_says(&document.summary,
                i == 0 ? "of 10 bars 8 are met, 2 not" : "of 10 bars 3 are met, 5 in the cache, 2 not");
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

/* What its own row says of the table counts, for a peer as for a limit. */
static void a_table_of_unknown_size_is_taken_to_be_in_the_cache(void **state) {
  (void)state;
  row rows[COUNT_OF(met)];
  memcpy(rows, met, sizeof met);
  rows[2].bytes = 0; /* batches, one thread */
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, PEER_BATCH_1, VERDICT, in_cache);
  assert_cell(table, "Time in batches against CAS", VERDICT, in_cache);
  assert_says(&document.summary, "of 10 bars 6 are met, 2 in the cache, 2 not judged.");
  report_document_free(&document);
}

/* What too few repetitions meet, or none, stays that. */
static void in_the_cache_only_what_is_met_is_told_apart(void **state) {
  (void)state;
  row rows[COUNT_OF(met)];
  memcpy(rows, met, sizeof met);
  rows[5].time = 199; /* libcuckoo, one thread */
  short_row = "live_8M/limit_load/threads:1";
  put_results(CACHES("800000000") QUIET, rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, PEER_BATCH_1, VERDICT, "not met");
  assert_cell(table, "Time of a single claim", VERDICT, "met by the median of too few repetitions");
  assert_cell(table, PEER_BATCH_2, VERDICT, in_cache);
  report_document_free(&document);
}

/* In every ratio, that of the table to itself, too; not in bytes. What is in the cache, too, is told as that. */
static void rows_in_order_are_told_apart(void **state) {
  (void)state;
  static const char in_order[] = "met, one after the other";
#define IN_ORDER ", \"order\": \"one after the other\"" QUIET
  static const struct {
    const char *context, *compared, *scaling, *summary;
  } cases[] = {
      {SMALL_CACHE IN_ORDER, in_order, in_order,
       "of 10 bars 1 is met, 7 by rows that ran one after the other, 2 not judged."},
      {CACHES("800000000") IN_ORDER, in_cache, in_order,
       "of 10 bars 1 is met, 5 in the cache, 2 by rows that ran one after the other, 2 not judged."},
      {SMALL_CACHE ", \"order\": \"random\"" QUIET, "met", "met", "of 10 bars 8 are met, 2 not judged."},
      {SMALL_CACHE QUIET, "met", "met", "of 10 bars 8 are met, 2 not judged."},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    put_results(cases[i].context, met, COUNT_OF(met), 9);
    report_document document = build();
    const report_chapter *bars = &document.chapters[BARS_CHAPTER];
    for (size_t r = 0; r < 7; r++)
      assert_string_equal(report_table_cell(&bars->table, r, VERDICT), r < 5 ? cases[i].compared : cases[i].scaling);
    assert_cell(&bars->table, "Bytes", VERDICT, "met");
    assert_says(&document.summary, cases[i].summary);
    if (i < 2) assert_says(&bars->notes, "how the machine drifted between two rows is in their ratio, but not in its");
    for (size_t n = 0; i >= 2 && n < bars->notes.count; n++) assert_lacks(bars->notes.items[n].text, "drift");
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
  rows[0].counter = 0; /* not said */
  rows[1].counter = 0.9;
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_false(has_caveat(&document, "huge pages"));
  report_document_free(&document);
  rows[4].counter = 0.25;                   /* a peer */
  rows[COUNT_OF(rows) - 1].counter = 0.899; /* a limit */
  put_rows(rows, COUNT_OF(rows), 9);
  document = build();
  assert_true(has_caveat(&document,
                         "2 of the 15 rows that say so had less than 90 % of their memory on huge pages, which slows "
                         "them; the least is nonce_claim/live_8M/tbb with 25 %."));
  report_document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(without_all_peers_the_fastest_is_not_known, clear_folder),
      cmocka_unit_test_teardown(ratios_are_judged_on_huge_pages_only, clear_folder),
      cmocka_unit_test_teardown(scaling_is_judged_on_a_quiet_machine_and_up_to_twice, clear_folder),
      cmocka_unit_test_teardown(sets_that_the_cache_holds_are_named_below_the_bars, clear_folder),
      cmocka_unit_test_teardown(a_table_of_unknown_size_is_taken_to_be_in_the_cache, clear_folder),
      cmocka_unit_test_teardown(in_the_cache_only_what_is_met_is_told_apart, clear_folder),
      cmocka_unit_test_teardown(rows_in_order_are_told_apart, clear_folder),
      cmocka_unit_test_teardown(rows_without_huge_pages_are_a_caveat, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
