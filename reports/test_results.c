#include <math.h>
#include <unistd.h>

#include "results.h"
#include "test_support.h"
#include "text.h"

static char path[] = "/tmp/csn-report-results-XXXXXX";
static char error[512];

static int make_file(void **state) {
  (void)state;
  int descriptor = mkstemp(path);
  return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

static bool read_text(report_results *results, const char *json) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(json, file) >= 0);
  assert_int_equal(fclose(file), 0);
  error[0] = '\0';
  return report_results_read(results, path, error, sizeof error);
}

static const report_row *row_of(const report_results *results, const char *subject, const char *variant,
                                const char *implementation, unsigned threads) {
  for (size_t i = 0; i < results->row_count; i++) {
    const report_row_name *name = &results->rows[i].name;
    if (strcmp(name->subject, subject) == 0 && strcmp(name->variant, variant) == 0 &&
        strcmp(name->implementation, implementation) == 0 && name->threads == threads) {
      return &results->rows[i];
    }
  }
  fail_msg("no row %s/%s/%s with %u threads", subject, variant, implementation, threads);
  return NULL;
}

static void names_are_split_and_suffixes_cut(void **state) {
  (void)state;
  static const struct {
    const char *name, *subject, *variant, *implementation;
    unsigned threads;
  } cases[] = {
      {"hmac_sha256/256/countersign", "hmac_sha256", "256", "countersign", 1},
      {"hmac_sha256/256/countersign/real_time", "hmac_sha256", "256", "countersign", 1},
      {"nonce_claim/live_1M/x/real_time/threads:2", "nonce_claim", "live_1M", "x", 2},
      {"csn_verify/file/countersign/iterations:1/manual_time", "csn_verify", "file", "countersign", 1},
      {"a/b/c/min_time:0.5/repeats:9/process_time/real_time/threads:16", "a", "b", "c", 16},
      {"a/b/c/min_warmup_time:0.1/manual_time", "a", "b", "c", 1},
      {"a/b/c/d/e", "a", "b/c/d", "e", 1},
      {"a/b", "a", "", "b", 1},
      {"a", "a", "", "", 1},
      {"", "", "", "", 1},
      {"real_time", "real_time", "", "", 1},         /* a name of its own, not a suffix */
      {"a/real_times/b", "a", "real_times", "b", 1}, /* only the whole word is one */
      {"a/threads:2/b", "a", "threads:2", "b", 1},   /* only at the end */
      {"a/b/c/threads:0", "a", "b", "c", 1},         /* no number of threads */
      {"a/b/c/threads:99999999999999999999", "a", "b", "c", 1},
      {"a//b", "a", "", "b", 1},
      {"/", "", "", "", 1},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    report_row_name name;
    assert_true(report_row_name_parse(&name, cases[i].name));
    assert_string_equal(name.subject, cases[i].subject);
    assert_string_equal(name.variant, cases[i].variant);
    assert_string_equal(name.implementation, cases[i].implementation);
    assert_int_equal(name.threads, cases[i].threads);
    report_row_name_free(&name);
  }
}

static void a_normal_run_is_read(void **state) {
  (void)state;
  report_results results;
  assert_true(report_results_read(&results, FIXTURE("normal.json"), error, sizeof error));
  assert_int_equal(results.row_count, 18);
  assert_int_equal(report_results_measured(&results), 18);
  assert_int_equal(report_results_repetitions(&results), 9);
  const report_row *row = row_of(&results, "nonce_claim", "live_1M", "mutex_global", 2);
  assert_null(row->skipped);
  assert_true(row->per_item);
  assert_int_equal(row->summary.count, 9);
  assert_true(row->summary.median > 200 && row->summary.median < 500);
  const report_row *store = row_of(&results, "nonce_store", "depth_1", "redis", 1);
  assert_true(report_row_counter(store, "bytes_per_nonce") == 138);
  assert_true(report_row_counter(store, "shared_between_hosts") == 1);
  assert_true(isnan(report_row_counter(store, "real_time"))); /* no counter, but of Google Benchmark */
  assert_true(isnan(report_row_counter(store, "absent")));
  assert_true(isnan(report_row_counter(NULL, "absent")));
  assert_string_equal(report_results_context(&results, "processor"), "Example CPU 9000");
  assert_string_equal(report_results_context(&results, "num_cpus"), "2");
  assert_string_equal(report_results_context(&results, "load_avg"), "0.12");
  assert_string_equal(report_results_context(&results, "cpu_scaling_enabled"), "false");
  assert_null(report_results_context(&results, "absent"));
  report_results_free(&results);
}

/* The file's own median of this row is 1 item a second: had it been read, the time would be 1e9. */
static void aggregates_in_the_file_are_not_believed(void **state) {
  (void)state;
  report_results results;
  assert_true(report_results_read(&results, FIXTURE("normal.json"), error, sizeof error));
  const report_row *row = row_of(&results, "hmac_sha256", "256", "countersign", 1);
  assert_int_equal(row->time.count, 9);
  assert_true(row->summary.max < 1000);
  report_results_free(&results);
}

static void rows_that_were_not_measured_say_why(void **state) {
  (void)state;
  report_results results;
  assert_true(report_results_read(&results, FIXTURE("skipped.json"), error, sizeof error));
  assert_string_equal(row_of(&results, "nonce_store", "depth_1", "redis", 1)->skipped, "not installed");
  assert_null(row_of(&results, "nonce_store", "depth_1", "memory", 1)->skipped);
  assert_int_equal(report_results_repetitions(&results), 3);
  assert_int_equal(report_results_measured(&results), 5);
  report_results_free(&results);
}

static void one_error_voids_a_row(void **state) {
  (void)state;
  report_results results;
  assert_true(
      read_text(&results,
                "{\"benchmarks\":[{\"name\":\"a/b/c\",\"repetition_index\":0,\"items_per_second\":5},"
                "{\"name\":\"a/b/c\",\"repetition_index\":1,\"error_occurred\":true,\"error_message\":\"gone\"},"
                "{\"name\":\"a/b/d\",\"skipped\":true,\"skip_message\":\"not here\"},"
                "{\"name\":\"a/b/e\",\"error_occurred\":true}]}"));
  assert_string_equal(row_of(&results, "a", "b", "c", 1)->skipped, "gone");
  assert_string_equal(row_of(&results, "a", "b", "d", 1)->skipped, "not here");
  assert_string_equal(row_of(&results, "a", "b", "e", 1)->skipped, "no reason was given");
  report_results_free(&results);
}

static void times_come_from_items_or_from_iterations(void **state) {
  (void)state;
  report_results results;
  assert_true(read_text(
      &results,
      "{\"benchmarks\":[{\"name\":\"a/b/items\",\"real_time\":7,\"time_unit\":\"ms\",\"items_per_second\":4e6},"
      "{\"name\":\"a/b/ms\",\"real_time\":7,\"time_unit\":\"ms\"},"
      "{\"name\":\"a/b/s\",\"real_time\":2,\"time_unit\":\"s\"},"
      "{\"name\":\"a/b/unit\",\"real_time\":2,\"time_unit\":\"h\"},"
      "{\"name\":\"a/b/zero\",\"real_time\":0,\"time_unit\":\"ns\"},"
      "{\"name\":\"a/b/text\",\"real_time\":\"7\",\"time_unit\":\"ns\"}]}"));
  assert_true(row_of(&results, "a", "b", "items", 1)->summary.median == 250);
  assert_true(row_of(&results, "a", "b", "ms", 1)->summary.median == 7e6);
  assert_false(row_of(&results, "a", "b", "ms", 1)->per_item);
  assert_true(row_of(&results, "a", "b", "s", 1)->summary.median == 2e9);
  assert_string_equal(row_of(&results, "a", "b", "unit", 1)->skipped, "no time was measured");
  assert_string_equal(row_of(&results, "a", "b", "zero", 1)->skipped, "no time was measured");
  assert_string_equal(row_of(&results, "a", "b", "text", 1)->skipped, "no time was measured");
  report_results_free(&results);
}

/* Google Benchmark writes them bare; in a string they are text. */
static void bare_nan_and_infinity_are_no_values(void **state) {
  (void)state;
  report_results results;
  assert_true(read_text(&results,
                        "{\"context\":{\"a\\\"NaN\":\"NaN -Infinity \\\\\",\"b\":NaN},\"benchmarks\":["
                        "{\"name\":\"a/b/c\",\"items_per_second\":Infinity,\"x\":-NaN,\"y\":2},"
                        "{\"name\":\"a/b/d\",\"items_per_second\":2,\"x\":-Infinity}]}"));
  assert_string_equal(report_results_context(&results, "a\"NaN"), "NaN -Infinity \\");
  assert_null(report_results_context(&results, "b"));
  assert_non_null(row_of(&results, "a", "b", "c", 1)->skipped);
  assert_true(report_row_counter(row_of(&results, "a", "b", "c", 1), "y") == 2);
  assert_true(isnan(report_row_counter(row_of(&results, "a", "b", "c", 1), "x")));
  assert_true(row_of(&results, "a", "b", "d", 1)->summary.median == 5e8);
  report_results_free(&results);
}

static void repetitions_stand_at_their_index(void **state) {
  (void)state;
  report_results results;
  assert_true(
      read_text(&results,
                "{\"benchmarks\":[{\"name\":\"a/b/c\",\"repetition_index\":2,\"items_per_second\":1e9},"
                "{\"name\":\"a/b/c\",\"repetition_index\":0,\"items_per_second\":5e8},"
                "{\"name\":\"a/b/d\",\"items_per_second\":1e9},{\"name\":\"a/b/d\",\"items_per_second\":5e8}]}"));
  const report_row *row = row_of(&results, "a", "b", "c", 1);
  assert_int_equal(row->time.count, 3);
  assert_true(row->time.values[0] == 2 && isnan(row->time.values[1]) && row->time.values[2] == 1);
  assert_int_equal(row->summary.count, 2);
  row = row_of(&results, "a", "b", "d", 1); /* without an index, in their order */
  assert_true(row->time.values[0] == 1 && row->time.values[1] == 2);
  report_results_free(&results);
}

static void the_last_cache_is_the_one_of_the_highest_level(void **state) {
  (void)state;
  static const struct {
    const char *caches, *words;
    double bytes;
  } cases[] = {
      {"[{\"type\":\"Data\",\"level\":1,\"size\":49152},{\"type\":\"Unified\",\"level\":3,\"size\":272629760},"
       "{\"type\":\"Unified\",\"level\":2,\"size\":2097152}]",
       "260 MiB", 272629760},
      {"[{\"type\":\"Instruction\",\"level\":1,\"size\":65536},{\"type\":\"Data\",\"level\":1,\"size\":32768}]",
       "32.0 KiB", 32768},
      {"[{\"level\":2,\"size\":1048576},{\"level\":3,\"size\":0},{\"level\":4},{\"size\":5}]", "1.00 MiB", 1048576},
      {"[]", NULL, NAN},
      {"[3, null, {}]", NULL, NAN},
      {"\"none\"", NULL, NAN},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    char text[512];
    report_results results;
    (void)snprintf(text, sizeof text,
                   "{\"context\":{\"load_avg\":[1.5,9],\"caches\":%s},\"benchmarks\":[{\"name\":\"a\",\"real_time\":1,"
                   "\"time_unit\":\"ns\"}]}",
                   cases[i].caches);
    assert_true(read_text(&results, text));
    const char *words = report_results_context(&results, REPORT_FACT_CACHE);
    if (cases[i].words == NULL) {
      assert_true(words == NULL && isnan(results.last_cache));
    } else {
      assert_string_equal(words, cases[i].words);
      assert_true(results.last_cache == cases[i].bytes);
    }
    assert_true(report_results_load(&results) == 1.5);
    report_results_free(&results);
  }
}

static void what_is_not_a_result_is_refused_with_its_place(void **state) {
  (void)state;
  static const struct {
    const char *json, *reason;
  } cases[] = {
      {"", ":1: not JSON:"},
      {"{\n\"benchmarks\": [\n{]}", ":3: not JSON:"},
      {"{\"benchmarks\":[]} x", ":1: not JSON:"},
      {"{\"benchmarks\":[Nan]}", ":1: not JSON:"},
      {"[]", ": no list \"benchmarks\""},
      {"{}", ": no list \"benchmarks\""},
      {"{\"benchmarks\":{}}", ": no list \"benchmarks\""},
      {"{\"benchmarks\":[]}", ": holds no benchmark"},
      {"{\"benchmarks\":[{\"name\":\"a\",\"run_type\":\"aggregate\"}]}", ": holds no benchmark"},
      {"{\"benchmarks\":[{\"name\":\"a/b/c\"},7]}", ": benchmarks[1]: not an object"},
      {"{\"benchmarks\":[{}]}", ": benchmarks[0]: has no name"},
      {"{\"benchmarks\":[{\"name\":\"\"}]}", ": benchmarks[0]: has no name"},
      {"{\"benchmarks\":[{\"name\":5}]}", ": benchmarks[0]: has no name"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    report_results results;
    assert_false(read_text(&results, cases[i].json));
    assert_contains(error, cases[i].reason);
    assert_int_equal(strncmp(error, path, strlen(path)), 0);
    assert_null(strchr(error, '\n'));
    assert_null(results.rows);
  }
}

static void files_that_are_cut_or_missing_are_refused(void **state) {
  (void)state;
  report_results results;
  assert_false(report_results_read(&results, FIXTURE("malformed.json"), error, sizeof error));
  assert_contains(error, "reports/testdata/malformed.json:6: not JSON:");
  assert_false(report_results_read(&results, FIXTURE("absent.json"), error, sizeof error));
  assert_contains(error, "reports/testdata/absent.json: No such file or directory");
}

/* Every cut of a good file is refused, in one line, and leaks nothing. */
static void every_truncation_is_refused(void **state) {
  (void)state;
  report_text whole = {0};
  report_results results;
  assert_true(report_text_load(&whole, FIXTURE("skipped.json"), 1 << 20, error, sizeof error));
  for (size_t length = 0; length + 2 < whole.length; length += 61) {
    char *cut = strndup(whole.data, length);
    assert_non_null(cut);
    assert_false(read_text(&results, cut));
    assert_null(strchr(error, '\n'));
    free(cut);
  }
  assert_true(read_text(&results, whole.data));
  report_results_free(&results);
  report_text_free(&whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_split_and_suffixes_cut),
      cmocka_unit_test(a_normal_run_is_read),
      cmocka_unit_test(aggregates_in_the_file_are_not_believed),
      cmocka_unit_test(rows_that_were_not_measured_say_why),
      cmocka_unit_test(one_error_voids_a_row),
      cmocka_unit_test(times_come_from_items_or_from_iterations),
      cmocka_unit_test(bare_nan_and_infinity_are_no_values),
      cmocka_unit_test(repetitions_stand_at_their_index),
      cmocka_unit_test(the_last_cache_is_the_one_of_the_highest_level),
      cmocka_unit_test(what_is_not_a_result_is_refused_with_its_place),
      cmocka_unit_test(files_that_are_cut_or_missing_are_refused),
      cmocka_unit_test(every_truncation_is_refused),
  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
