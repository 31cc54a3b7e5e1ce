/* The steps of a request: their order, what is between them, and the picture. */
#include "waterfall.h"

#include "test_chapters.h"

static const row rows[] = {
    {"/stage/hmac-nonce/nonce/countersign", 50, 0, 0},   {"/stage/hmac-nonce/mac/countersign", 200, 0, 0},
    {"/stage/hmac-nonce/headers/countersign", 80, 0, 0}, {"/stage/hmac-nonce/whole/countersign", 400, 0, 0},
    {"/stage/hmac-nonce/audit/countersign", 500, 0, 0},  {"/stage/bearer-jwt/json/countersign", 120, 0, 0},
    {"/stage/bearer-jwt/mac/countersign", 300, 0, 0},    {"/stage/bearer-jwt/whole/countersign", 380, 0, 0},
    {"/stage/hmac-nonce/zz'`new/countersign", 10, 0, 0},
};

static const char counts[] =
    "{\"tool\": \"a tool\", \"live\": 100, \"claims\": 50, \"first_cache\": 1024, \"last_cache\": 4096, \"rows\": "
    "[{\"implementation\": \"countersign\", \"instructions\": 300.5, \"reads\": 30, \"writes\": 4, \"first_misses\": "
    "2.25, \"last_misses\": 2}], \"steps\": [{\"preset\": \"hmac-nonce\", \"step\": \"mac\", \"instructions\": 812, "
    "\"reads\": 1, \"writes\": 1, \"first_misses\": 0, \"last_misses\": 0}]}";

static report_document document_of_steps(void) {
  put_rows(rows, COUNT_OF(rows), 9);
  return build();
}

static void steps_stand_in_the_order_of_a_request(void **state) {
  static const char *const expected[][4] = {
      {"bearer-jwt: MAC and comparison", "300 ns", "79 %", "–"},
      {"bearer-jwt: header and claims", "120 ns", "32 %", "–"},
      {"bearer-jwt: whole", "380 ns", "100 %", "–"},
      {"hmac-nonce: fields", "80.0 ns", "20 %", "–"},
      {"hmac-nonce: MAC and comparison", "200 ns", "50 %", "812"},
      {"hmac-nonce: nonce", "50.0 ns", "12 %", "–"},
      {"hmac-nonce: zz'`new", "10.0 ns", "2 %", "–"},
      {"hmac-nonce: between the steps", "60.0 ns", "15 %", "–"},
      {"hmac-nonce: whole", "400 ns", "100 %", "–"},
      {"hmac-nonce: audit", "500 ns", "–", "–"},
  };
  (void)state;
  put(REPORT_COUNTS_FILE, counts);
  report_document document = document_of_steps();
  const report_table *table = &document.pages[0].table;
  assert_int_equal(report_table_rows(table), COUNT_OF(expected));
  for (size_t r = 0; r < COUNT_OF(expected); r++) {
    for (size_t c = 0; c < 4; c++) assert_string_equal(report_table_cell(table, r, c), expected[r][c]);
  }
  report_document_free(&document);
}

static void the_largest_steps_are_named(void **state) {
  (void)state;
  report_document document = document_of_steps();
  assert_says(&document.pages[0].sentences,
              "a request takes 400 ns; on its own MAC and comparison 200 ns (50 %), fields 80.0 ns (20 %), nonce 50.0 "
              "ns (12 %).");
  assert_says(&document.pages[0].sentences, "The steps take 40.0 ns longer, one by one");
  report_text markdown = {0}, html = {0};
  report_markdown(&markdown, &document);
  report_html(&html, &document);
  assert_non_null(strstr(markdown.data, "| hmac-nonce: fields | 80.0 ns | 20 % | – |"));
  assert_null(strstr(markdown.data, "is the fastest"));
  assert_non_null(strstr(html.data, "<th scope=\"row\">hmac-nonce: fields</th>"));
  if (document.no_plots == NULL) assert_non_null(strstr(markdown.data, ": step after step](plots/stage.svg)"));
  report_text_free(&markdown);
  report_text_free(&html);
  report_document_free(&document);
}

/* The bars of the block named `block`: where each begins and ends. */
static size_t bars_of(const char *script, const char *block, double from[], double to[]) {
  size_t count = 0;
  const char *at = strstr(script, block);
  assert_non_null(at);
  while ((at = strchr(at, '\n')) != NULL && strncmp(at + 1, "EOD", 3) != 0 && strncmp(at + 1, "-1", 2) != 0) {
    double x, y;
    assert_int_equal(sscanf(++at, "%lf %lf %lf %lf", &x, &y, &from[count], &to[count]), 4);
    count++;
  }
  return count;
}

static void bars_begin_where_the_one_above_ends(void **state) {
  (void)state;
  double from[16], to[16];
  report_document document = document_of_steps();
  report_text script = {0};
  int height = report_waterfall_script(&script, &document.analysis.sections[0], false);
  assert_int_equal(bars_of(script.data, "$own <<", from, to), 6);
  assert_true(from[0] == 0 && to[0] == 300 && from[1] == 300 && to[1] == 420);
  assert_true(from[2] == 0 && to[2] == 80 && from[3] == 80 && to[3] == 280 && from[4] == 280 && to[5] == 340);
  assert_int_equal(bars_of(script.data, "$other <<", from, to), 3);
  assert_true(from[0] == 0 && to[0] == 380 && to[1] == 400 && to[2] == 500);
  assert_non_null(strstr(script.data, "'zz??new'"));
  assert_null(strstr(script.data, "`"));
  assert_true(height > 9 * 20 && height < 400);
  report_text_free(&script);
  report_document_free(&document);
}

static void counts_of_steps_are_read_whole(void **state) {
  static const struct {
    const char *step, *reason;
  } cases[] = {{"{\"step\": \"mac\"}", "steps[0]: no valid \"preset\""},
               {"{\"preset\": \"x\"}", "steps[0]: no valid \"step\""},
               {"{\"preset\": \"x\", \"step\": \"mac\"}", "steps[0]: no valid \"instructions\""}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    char content[512], path[64];
    report_document document = {0};
    (void)clear_folder(state);
    put_rows(rows, COUNT_OF(rows), 9);
    (void)snprintf(
        content, sizeof content,
        "{\"live\": 1, \"claims\": 1, \"first_cache\": 1, \"last_cache\": 1, \"rows\": [{\"implementation\": "
        "\"x\", \"instructions\": 1, \"reads\": 1, \"writes\": 1, \"first_misses\": 1, \"last_misses\": 1}], "
        "\"steps\": [%s]}",
        cases[i].step);
    put(REPORT_COUNTS_FILE, content);
    (void)snprintf(path, sizeof path, "%s/results.json", folder);
    assert_false(report_document_build(&document, path, error, sizeof error));
    assert_contains(error, cases[i].reason);
    report_document_free(&document);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(steps_stand_in_the_order_of_a_request, clear_folder),
      cmocka_unit_test_teardown(the_largest_steps_are_named, clear_folder),
      cmocka_unit_test_teardown(bars_begin_where_the_one_above_ends, clear_folder),
      cmocka_unit_test_teardown(counts_of_steps_are_read_whole, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
