/* The chapters about the nonce table: their sentences, tables and picture from rows and studies made for each test. */
#include "test_chapters.h"

/* ---- capacity ---- */

static void the_design_load_is_judged(void **state) {
  (void)state;
  static const struct {
    point design;
    const char *said, *verdict;
  } cases[] = {
      {{"fixed", 1, 4e9, 0, 7.5e-10}, "fewer than 0.75 in a billion do: the bar of 1 in a billion is met.", "met"},
      {{"fixed", 1, 4e8, 0, 7.5e-9},
       "does not show the bar of 1 in a billion, which takes 3.00 billion",
       "not shown by so few claims"},
      {{"spread", 1, 4e9, 8, 3.6e-9}, "8.00 of 4.00 billion claims found the table full, 2.00 in a billion", "not met"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    const point points[] = {{"fixed", 0.9, 1e6, 0, 3e-6}, cases[i].design, {"fixed", 1.2, 1000, 40, 0.05}};
    put_rows(met, COUNT_OF(met), 9);
    put_points(points, COUNT_OF(points));
    report_document document = build();
    assert_says(&document.chapters[CAPACITY_CHAPTER].sentences, cases[i].said);
    assert_cell(&document.chapters[BARS_CHAPTER].table, "Claims that find it full at", VERDICT, cases[i].verdict);
    report_document_free(&document);
  }
}

/* By itself: the steady state is met whatever a cold start does. Without one nothing is said, and the bar is open. */
static void a_cold_start_is_judged(void **state) {
  (void)state;
  static const struct {
    point cold;
    const char *said, *verdict;
  } cases[] = {
      {{"fixed", 1, 4e9, 0, 7.5e-10}, "none of 4.00 billion claims found the table full; with 95 % confidence", "met"},
      {{"fixed", 1, 3e9, 0, 9.99e-10}, "fewer than 1.00 in a billion do: the bar of 1 in a billion is met.", "met"},
      {{"fixed", 1, 2.99e9, 0, 1e-9}, "does not show the bar", "not shown by so few claims"},
      {{"fixed", 1, 4e9, 4, 2.3e-9}, "4.00 of 4.00 billion claims found the table full, 1.00 in a billion", "not met"},
      {{"fixed", 0.9, 4e9, 0, 7.5e-10}, NULL, "not measured"},
  };
  static const point points[] = {{"fixed", 1, 6e9, 0, 5e-10}};
  for (size_t i = 0; i <= COUNT_OF(cases); i++) {
    bool none = i == COUNT_OF(cases);
    put_rows(met, COUNT_OF(met), 9);
    put_capacity("", points, 1, none ? NULL : &cases[i].cold);
    report_document document = build();
    const report_sentences *sentences = &document.chapters[CAPACITY_CHAPTER].sentences;
    const report_table *table = &document.chapters[BARS_CHAPTER].table;
    assert_cell(table, "Claims that find it full at", VERDICT, "met");
    assert_cell(table, "Claims that find it full in", VERDICT, none ? "not measured" : cases[i].verdict);
    size_t told = 0;
    for (size_t s = 0; s < sentences->count; s++) {
      if (strcmp(sentences->items[s].lead, "Cold start at the design load, each nonce held for 300 s:") != 0) continue;
      told++;
      assert_contains(sentences->items[s].text, cases[i].said);
    }
    assert_int_equal(told, !none && cases[i].said != NULL);
    report_document_free(&document);
  }
}

/* Of several simulations of the design load the worst counts. */
static void the_worst_design_load_counts(void **state) {
  (void)state;
  static const point points[] = {{"fixed", 1, 4e9, 0, 7.5e-10}, {"spread", 1, 1e9, 0, 3e-9}};
  put_rows(met, COUNT_OF(met), 9);
  put_points(points, COUNT_OF(points));
  report_document document = build();
  const report_load *design = report_capacity_design(&document.studies.capacity);
  assert_non_null(design);
  assert_true(design->spread);
  report_document_free(&document);
}

static void refusals_beyond_the_design_load_are_named(void **state) {
  (void)state;
  static const point points[] = {
      {"fixed", 1, 1e6, 0, 3e-6}, {"fixed", 1.06, 1e7, 1, 4.7e-7}, {"fixed", 1.35, 1000, 118, 0.14}};
  put_rows(met, COUNT_OF(met), 9);
  put_points(points, COUNT_OF(points));
  report_document document = build();
  const report_sentences *sentences = &document.chapters[CAPACITY_CHAPTER].sentences;
  assert_says(sentences, "seen at 1.06 times the design load: 100 in a billion (");
  assert_says(sentences, "; at 1.35 times the design load: 11.8 % (");
  assert_says(sentences, "none of 5.01 billion claims, each of a nonce never seen before, were taken for a replay");
  report_document_free(&document);
}

/* Each implementation once, with the size that the bars are about; bounds hold no nonces; the lightest first. */
static void bytes_are_listed_for_everything_that_holds_nonces(void **state) {
  (void)state;
  static const row rows[] = {
      {"live_64k/countersign/threads:1", 50, 10.9, 1}, {"live_128M/countersign/threads:1", 150, 10.1, 1},
      {"live_8M/countersign/threads:1", 100, 10.8, 1}, {"live_8M/countersign_batch/threads:1", 50, 10.8, 1},
      {"live_8M/tbb/threads:1", 300, 108, 1},          {"live_8M/limit_load/threads:1", 100, 8, 1},
      {"/nonce_store/depth_1/memory", 100, 13, 1},     {"/nonce_store/depth_1/redis", 9000, 138, 1},
  };
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_chapter *chapter = &document.chapters[CAPACITY_CHAPTER];
  assert_int_equal(report_table_rows(&chapter->table), 3);
  assert_string_equal(report_table_cell(&chapter->table, 0, 0), "Countersign");
  assert_string_equal(report_table_cell(&chapter->table, 0, 1), "10.8 bytes");
  assert_string_equal(report_table_cell(&chapter->table, 0, 3), "8 M live nonces");
  assert_cell(&chapter->table, "TBB", 2, "10.0");
  assert_cell(&chapter->table, "Redis", 1, "138 bytes");
  assert_says(&chapter->sentences, "was not simulated for this report");
  assert_int_equal(chapter->wide.length, 0);
  assert_int_equal(chapter->notes.count, 1);
  assert_says(&chapter->notes, "The buckets of liburcu and TBB are set for speed");
  report_document_free(&document);
  put_rows(rows, 4, 9); /* of neither */
  document = build();
  assert_int_equal(document.chapters[CAPACITY_CHAPTER].notes.count, 0);
  report_document_free(&document);
  put_rows(met, COUNT_OF(met), 9); /* of both */
  document = build();
  assert_int_equal(document.chapters[CAPACITY_CHAPTER].notes.count, 1);
  report_document_free(&document);
}

static void shares_are_in_words(void **state) {
  (void)state;
  static const struct {
    double share;
    const char *words;
  } cases[] = {{0, "0 in a billion"},
               {7.5e-10, "0.75 in a billion"},
               {9.99e-7, "999 in a billion"},
               {1e-6, "1.00 in a million"},
               {0.00034, "340 in a million"},
               {0.01, "1.00 %"},
               {0.118, "11.8 %"}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    report_phrase words;
    assert_string_equal(report_number_share(words, cases[i].share), cases[i].words);
  }
}

/* ---- the picture ---- */

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) count++;
  return count;
}

static const point curve[] = {{"fixed", 0.9, 1e6, 0, 3e-6},
                              {"fixed", 1, 4e9, 0, 7.5e-10},
                              {"fixed", 1.1, 1e6, 100, 1.2e-4},
                              {"fixed", 1.2, 1e6, 10000, 0.0102},
                              {"spread", 1, 1e9, 0, 3e-9}};

/* What was seen is on the curve, what was not is a mark at its bound; the exponents are the ordinates. */
static void the_curve_has_points_and_bounds(void **state) {
  (void)state;
  put_rows(met, COUNT_OF(met), 9);
  put_points(curve, COUNT_OF(curve));
  report_document document = build();
  report_text script = {0};
  report_curve_script(&script, &document.studies.capacity, false);
  assert_false(script.failed);
  assert_int_equal(count_of(script.data, "set label '<' at"), 3); /* of a cold start there is none */
  assert_contains(script.data, "$fixed << EOD\n1.1 -4 ");
  assert_contains(script.data, "\n1.2 -2 ");
  assert_lacks(script.data, "$spread");
  assert_contains(script.data, "set yrange [-10:0]");
  report_text_free(&script);
  report_document_free(&document);
}

static void the_chapters_are_in_both_forms(void **state) {
  (void)state;
  put_rows(met, COUNT_OF(met), 9);
  put_points(curve, COUNT_OF(curve));
  put(REPORT_COUNTS_FILE, "{\"skipped\": \"valgrind is not <installed>\"}");
  report_document document = build();
  report_text html = {0}, markdown = {0};
  report_html(&html, &document);
  report_markdown(&markdown, &document);
  static const char *const ids[] = {"bars", "capacity", "costs"};
  for (size_t i = 0; i < COUNT_OF(ids); i++) {
    char anchor[64];
    (void)snprintf(anchor, sizeof anchor, "<section id=\"%s\">", ids[i]);
    assert_int_equal(count_of(html.data, anchor), 1);
    (void)snprintf(anchor, sizeof anchor, "<a href=\"#%s\">", ids[i]);
    assert_int_equal(count_of(html.data, anchor), 1);
    (void)snprintf(anchor, sizeof anchor, "\n## %s\n", document.chapters[i].title);
    assert_int_equal(count_of(markdown.data, anchor), 1);
  }
  assert_contains(html.data, "were not counted (valgrind is not &lt;installed&gt;)");
  assert_contains(markdown.data, "| Bytes of region for a live nonce | at most 11 | 10.8 |  | met |");
  assert_contains(html.data, "<th scope=\"row\">Bytes of region for a live nonce</th>");
  bool has_plot = document.no_plots == NULL;
  assert_int_equal(count_of(markdown.data, "](plots/nonce-table.capacity.svg)"), has_plot);
  assert_int_equal(count_of(html.data, "stands at the bound"), has_plot);
  report_text_free(&html);
  report_text_free(&markdown);
  report_document_free(&document);
}

/* ---- costs ---- */

#define COUNT(name, instructions, lines)                               \
  "{\"implementation\": \"" name "\", \"instructions\": " instructions \
  ", \"reads\": 1, \"writes\": 2, \"first_misses\": " lines ", \"last_misses\": 2}"

static void costs_name_the_least_of_the_others(void **state) {
  (void)state;
  put_rows(met, COUNT_OF(met), 9);
  put(REPORT_COUNTS_FILE,
      "{\"tool\": \"cachegrind\", \"live\": 65536, \"claims\": 3440, \"first_cache\": 32768, "
      "\"last_cache\": 65536, \"rows\": [" COUNT("countersign", "310.4", "2.26") "," COUNT(
          "tbb", "500", "5.5") "," COUNT("libcuckoo", "700", "4.5") "]}");
  report_document document = build();
  const report_chapter *chapter = &document.chapters[COSTS_CHAPTER];
  assert_says(&chapter->sentences, "a claim takes 310 instructions and 2.26 cache lines.");
  assert_says(&chapter->sentences,
              "the fewest instructions are 500, of TBB; the fewest cache lines 4.50, of libcuckoo.");
  assert_contains(chapter->about, "3,440 claims");
  assert_contains(chapter->about, "first cache of 32 KiB");
  assert_int_equal(report_table_rows(&chapter->table), 3);
  assert_cell(&chapter->table, "libcuckoo", 2, "4.50");
  report_document_free(&document);
}

static void without_counts_there_is_no_such_chapter(void **state) {
  (void)state;
  put_rows(met, COUNT_OF(met), 9);
  report_document document = build();
  assert_int_equal(document.chapters[COSTS_CHAPTER].sentences.count, 0);
  report_text html = {0};
  report_html(&html, &document);
  assert_lacks(html.data, "id=\"costs\"");
  report_text_free(&html);
  report_document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(the_design_load_is_judged, clear_folder),
      cmocka_unit_test_teardown(a_cold_start_is_judged, clear_folder),
      cmocka_unit_test_teardown(the_worst_design_load_counts, clear_folder),
      cmocka_unit_test_teardown(refusals_beyond_the_design_load_are_named, clear_folder),
      cmocka_unit_test_teardown(bytes_are_listed_for_everything_that_holds_nonces, clear_folder),
      cmocka_unit_test(shares_are_in_words),
      cmocka_unit_test_teardown(the_curve_has_points_and_bounds, clear_folder),
      cmocka_unit_test_teardown(the_chapters_are_in_both_forms, clear_folder),
      cmocka_unit_test_teardown(costs_name_the_least_of_the_others, clear_folder),
      cmocka_unit_test_teardown(without_counts_there_is_no_such_chapter, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
