/* The chapters about the nonce table: their sentences, tables and picture from rows and studies made for each test. */
#include <unistd.h>

#include "document.h"
#include "test_support.h"

static char folder[] = "/tmp/csn-report-chapters-XXXXXX";
static char error[512];

enum { BARS_CHAPTER, CAPACITY_CHAPTER, COSTS_CHAPTER };

/* ---- input ---- */

typedef struct row {
  const char *name; /* as in nonce_claim/NAME; with a slash before it, the whole */
  double time;      /* nanoseconds of a claim */
  double bytes;     /* 0: not said */
} row;

static FILE *open_in_folder(const char *name) {
  char path[64];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  return file;
}

static void put(const char *name, const char *content) {
  FILE *file = open_in_folder(name);
  assert_true(fputs(content, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* The repetitions vary in the same way for all rows, so that their ratios do not. */
static void put_rows(const row *rows, size_t count, size_t repetitions) {
  FILE *file = open_in_folder("results.json");
  assert_true(fprintf(file, "{\"context\": {}, \"benchmarks\": [\n") > 0);
  for (size_t i = 0; i < count; i++) {
    for (size_t r = 0; r < repetitions; r++) {
      double time = rows[i].time * (1 + 0.01 * ((double)r - 4));
      bool whole = rows[i].name[0] == '/';
      assert_true(fprintf(file, "%s{\"name\": \"%s%s\", \"repetition_index\": %zu, \"items_per_second\": %.6f",
                          i + r == 0 ? "" : ",\n", whole ? "" : "nonce_claim/", rows[i].name + whole, r,
                          1e9 / time) > 0);
      if (rows[i].bytes > 0) assert_true(fprintf(file, ", \"bytes_per_nonce\": %.3f", rows[i].bytes) > 0);
      assert_true(fputs("}", file) >= 0);
    }
  }
  assert_true(fputs("]}\n", file) >= 0);
  assert_int_equal(fclose(file), 0);
}

typedef struct point {
  const char *expiry;
  double load, claims, full, upper;
} point;

static void put_points(const point *points, size_t count) {
  FILE *file = open_in_folder(REPORT_CAPACITY_FILE);
  assert_true(fprintf(file, "{\"capacity\": 1048576, \"points\": [") > 0);
  for (size_t i = 0; i <= count; i++) {
    const point *p = &points[i < count ? i : 0];
    if (i == count) assert_true(fputs("], \"small\": [", file) >= 0);
    assert_true(fprintf(file,
                        "%s{\"expiry\": \"%s\", \"capacity\": 1000, \"load\": %.3f, \"bytes_per_nonce\": 10.7, "
                        "\"claims\": %.0f, \"full\": %.0f, \"upper95\": %g, \"replayed\": 0}",
                        i == 0 || i == count ? "" : ",", p->expiry, p->load, p->claims, p->full, p->upper) > 0);
  }
  assert_true(fputs("]}\n", file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static report_document build(void) {
  char path[64];
  report_document document = {0};
  (void)snprintf(path, sizeof path, "%s/results.json", folder);
  if (!report_document_build(&document, path, error, sizeof error)) fail_msg("%s", error);
  return document;
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static int clear_folder(void **state) {
  (void)state;
  static const char *const names[] = {"results.json", REPORT_CAPACITY_FILE, REPORT_COUNTS_FILE};
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    (void)unlink(path);
  }
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

/* ---- what is said ---- */

static void assert_says(const report_sentences *sentences, const char *text) {
  for (size_t i = 0; i < sentences->count; i++) {
    if (strstr(sentences->items[i].text, text) != NULL) return;
  }
  fail_msg("not said: %s", text);
}

/* The row of the table whose first cell begins so. */
static size_t row_of(const report_table *table, const char *name) {
  for (size_t r = 0; r < report_table_rows(table); r++) {
    if (strncmp(report_table_cell(table, r, 0), name, strlen(name)) == 0) return r;
  }
  fail_msg("no row: %s", name);
  return 0;
}

static void assert_cell(const report_table *table, const char *name, size_t column, const char *wanted) {
  assert_string_equal(report_table_cell(table, row_of(table, name), column), wanted);
}

/* ---- bars ---- */

enum { WANTED = 1, MEASURED, INTERVAL, VERDICT };

/* Times with which each bar is met, by little. */
static const row met[] = {
    {"live_8M/countersign/threads:1", 125, 10.8},
    {"live_8M/countersign/threads:2", 60, 10.8},
    {"live_8M/countersign_batch/threads:1", 50, 10.8},
    {"live_8M/countersign_batch/threads:2", 26, 10.8},
    {"live_8M/tbb/threads:1", 300, 90},
    {"live_8M/libcuckoo/threads:1", 205, 40},
    {"live_8M/tbb/threads:2", 210, 90},
    {"live_8M/libcuckoo/threads:2", 400, 40},
    {"live_8M/limit_load/threads:1", 100, 0},
    {"live_8M/limit_cas_batch/threads:1", 25, 0},
};

static void bars_that_are_met(void **state) {
  (void)state;
  static const point points[] = {{"fixed", 1, 4e9, 0, 7.5e-10}};
  put_rows(met, COUNT_OF(met), 9);
  put_points(points, 1);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_int_equal(report_table_rows(table), 9); /* the one about 128 M is left out */
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
  assert_cell(table, "Claims that find it full", INTERVAL, "below 0.75 in a billion");
  assert_says(&document.chapters[BARS_CHAPTER].sentences, "Of 9 bars 9 are met.");
  assert_says(&document.summary, "of 9 bars 9 are met.");
  report_document_free(&document);
}

/* One row is made worse at a time. */
static void bars_that_are_missed(void **state) {
  (void)state;
  static const struct {
    row worse;
    const char *bar, *measured;
  } cases[] = {
      {{"live_8M/libcuckoo/threads:1", 199, 40}, "Batches against the fastest peer, one", "3.98, libcuckoo"},
      {{"live_8M/tbb/threads:2", 207, 90}, "Batches against the fastest peer, two", "7.96, TBB"},
      {{"live_8M/limit_cas_batch/threads:1", 19.9, 0}, "Time in batches against compare", "2.51"},
      {{"live_8M/limit_load/threads:1", 96, 0}, "Time of a single claim", "1.30"},
      {{"live_8M/countersign/threads:2", 70, 10.8}, "Two threads against one, single", "1.79"},
      {{"live_8M/countersign/threads:1", 125, 11.1}, "Bytes", "11.1"},
      {{"live_128M/countersign_batch/threads:1", 76, 10.8}, "Time in batches with 128 M", "1.52"},
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
    assert_says(&document.summary, "1 not met, 1 not measured.");
    report_document_free(&document);
  }
}

/* Equally fast is not faster. */
static void a_peer_that_is_as_fast_is_not_beaten(void **state) {
  (void)state;
  static const row rows[] = {{"live_8M/countersign/threads:1", 100, 0}, {"live_8M/tbb/threads:1", 100, 0}};
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  const report_table *table = &document.chapters[BARS_CHAPTER].table;
  assert_cell(table, "Single claims against the fastest peer", VERDICT, "not met");
  assert_cell(table, "Batches against the fastest peer, one", VERDICT, "not measured");
  assert_cell(table, "Bytes", VERDICT, "not measured");
  assert_says(&document.summary, "of 9 bars 0 are met, 1 not met, 8 not measured.");
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
  static const row rows[] = {{"live_64k/countersign/threads:1", 100, 10.8}, {"live_8M/tbb/threads:1", 300, 90}};
  put_rows(rows, COUNT_OF(rows), 9);
  report_document document = build();
  assert_int_equal(document.chapters[BARS_CHAPTER].sentences.count, 0);
  for (size_t i = 0; i < document.summary.count; i++) assert_lacks(document.summary.items[i].text, "bars");
  report_document_free(&document);
}

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
    assert_cell(&document.chapters[BARS_CHAPTER].table, "Claims that find it full", VERDICT, cases[i].verdict);
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
  assert_says(sentences, "none of 11.0 million claims, each of a nonce never seen before, were taken for a replay");
  report_document_free(&document);
}

/* Each implementation once, with the size that the bars are about; bounds hold no nonces; the lightest first. */
static void bytes_are_listed_for_everything_that_holds_nonces(void **state) {
  (void)state;
  static const row rows[] = {
      {"live_64k/countersign/threads:1", 50, 10.9}, {"live_128M/countersign/threads:1", 150, 10.1},
      {"live_8M/countersign/threads:1", 100, 10.8}, {"live_8M/countersign_batch/threads:1", 50, 10.8},
      {"live_8M/tbb/threads:1", 300, 108},          {"live_8M/limit_load/threads:1", 100, 8},
      {"/nonce_store/depth_1/memory", 100, 13},     {"/nonce_store/depth_1/redis", 9000, 138},
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
  assert_int_equal(count_of(script.data, "set label '<' at"), 3);
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
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) {
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
      cmocka_unit_test_teardown(bars_that_are_met, clear_folder),
      cmocka_unit_test_teardown(bars_that_are_missed, clear_folder),
      cmocka_unit_test_teardown(a_peer_that_is_as_fast_is_not_beaten, clear_folder),
      cmocka_unit_test_teardown(one_repetition_shows_no_bar, clear_folder),
      cmocka_unit_test_teardown(without_the_large_set_there_are_no_bars, clear_folder),
      cmocka_unit_test_teardown(the_design_load_is_judged, clear_folder),
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
