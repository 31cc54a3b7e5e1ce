/* What lies beside the results: read where it is there, refused where it is not whole. */
#include <unistd.h>

#include "studies.h"
#include "test_support.h"

static char folder[] = "/tmp/csn-report-studies-XXXXXX";
static char error[512];

static const char *in_folder(char out[64], const char *name) {
  (void)snprintf(out, 64, "%s/%s", folder, name);
  return out;
}

static void put(const char *name, const char *content) {
  char path[64];
  FILE *file = fopen(in_folder(path, name), "w");
  assert_non_null(file);
  assert_true(fputs(content, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static int clear_folder(void **state) {
  (void)state;
  char path[64];
  (void)unlink(in_folder(path, REPORT_CAPACITY_FILE));
  (void)unlink(in_folder(path, REPORT_COUNTS_FILE));
  return 0;
}

static int remove_folder(void **state) {
  (void)clear_folder(state);
  return rmdir(folder);
}

static bool read_all(report_studies *out) {
  char path[64];
  *out = (report_studies){0};
  error[0] = '\0';
  return report_studies_read(out, in_folder(path, "results.json"), error, sizeof error);
}

#define POINT(expiry, load, full)                                    \
  "{\"expiry\": \"" expiry "\", \"capacity\": 1000, \"load\": " load \
  ", \"bytes_per_nonce\": 10.5, \"claims\": 500, "                   \
  "\"full\": " full ", \"upper95\": 0.006, \"replayed\": 1}"
#define CAPACITY(points) \
  "{\"capacity\": 1000, \"quick\": true, \"points\": [" points "], \"small\": [" POINT("fixed", "1", "0") "]}"
#define WITH_COLD(cold)                                                               \
  "{\"capacity\": 1000, \"points\": [" POINT("fixed", "1", "0") "], \"cold\": [" cold \
                                                                "], \"small\": [" POINT("fixed", "1", "0") "]}"

static void without_files_nothing_is_there(void **state) {
  (void)state;
  report_studies studies;
  assert_true(read_all(&studies));
  assert_false(studies.capacity.present);
  assert_false(studies.counts.present);
  report_studies_free(&studies);
}

static void points_are_sorted_by_expiry_and_load(void **state) {
  (void)state;
  report_studies studies;
  put(REPORT_CAPACITY_FILE,
      CAPACITY(POINT("spread", "0.9", "0") "," POINT("fixed", "1.2", "5") "," POINT("fixed", "1", "0")));
  assert_true(read_all(&studies));
  const report_capacity *capacity = &studies.capacity;
  assert_true(capacity->present && capacity->quick);
  assert_int_equal(capacity->count, 3);
  assert_int_equal(capacity->small_count, 1);
  assert_false(capacity->points[0].spread);
  assert_true(capacity->points[0].load == 1.0);
  assert_true(capacity->points[1].load == 1.2);
  assert_true(capacity->points[2].spread);
  assert_true(report_load_share(&capacity->points[1]) == 0.01);
  assert_true(capacity->points[1].bytes == 10.5 && capacity->points[1].upper == 0.006);
  report_studies_free(&studies);
}

static void cold_starts_are_apart(void **state) {
  (void)state;
  report_studies studies;
  put(REPORT_CAPACITY_FILE, WITH_COLD(POINT("fixed", "1", "7")));
  assert_true(read_all(&studies));
  assert_int_equal(studies.capacity.cold_count, 1);
  assert_true(studies.capacity.cold[0].full == 7);
  assert_int_equal(studies.capacity.count, 1);
  assert_true(studies.capacity.points[0].full == 0);
  report_studies_free(&studies);
  put(REPORT_CAPACITY_FILE, CAPACITY(POINT("fixed", "1", "0")));
  assert_true(read_all(&studies));
  assert_int_equal(studies.capacity.cold_count, 0);
  report_studies_free(&studies);
}

static void of_what_was_simulated_is_read(void **state) {
  (void)state;
  report_studies studies;
  put(REPORT_CAPACITY_FILE,
      "{\"apart\": true, \"version\": \"1.2\", \"commit\": \"abc\", \"date\": \"2026-01-02\", \"capacity\": 1, "
      "\"points\": [" POINT("fixed", "1", "0") "], \"small\": [" POINT("fixed", "1", "0") "]}");
  assert_true(read_all(&studies));
  assert_true(studies.capacity.apart);
  assert_string_equal(studies.capacity.version, "1.2");
  assert_string_equal(studies.capacity.commit, "abc");
  assert_string_equal(studies.capacity.date, "2026-01-02");
  report_studies_free(&studies);
  put(REPORT_CAPACITY_FILE, CAPACITY(POINT("fixed", "1", "0")));
  assert_true(read_all(&studies));
  assert_false(studies.capacity.apart);
  assert_null(studies.capacity.version);
  report_studies_free(&studies);
}

static void counts_are_read(void **state) {
  (void)state;
  report_studies studies;
  put(REPORT_COUNTS_FILE,
      "{\"tool\": \"a tool\", \"live\": 100, \"claims\": 50, \"first_cache\": 1024, \"last_cache\": 4096, \"rows\": "
      "[{\"implementation\": \"countersign\", \"instructions\": 300.5, \"reads\": 30, \"writes\": 4, \"first_misses\": "
      "2.25, \"last_misses\": 2}]}");
  assert_true(read_all(&studies));
  assert_true(studies.counts.present);
  assert_null(studies.counts.skipped);
  assert_int_equal(studies.counts.count, 1);
  assert_string_equal(studies.counts.tool, "a tool");
  assert_string_equal(studies.counts.rows[0].implementation, "countersign");
  assert_true(studies.counts.rows[0].instructions == 300.5 && studies.counts.rows[0].first_misses == 2.25);
  report_studies_free(&studies);
}

static void a_reason_stands_for_counts(void **state) {
  (void)state;
  report_studies studies;
  put(REPORT_COUNTS_FILE, "{\"skipped\": \"not installed\"}");
  assert_true(read_all(&studies));
  assert_true(studies.counts.present);
  assert_string_equal(studies.counts.skipped, "not installed");
  report_studies_free(&studies);
}

static void what_is_not_whole_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *name, *content, *reason;
  } cases[] = {
      {REPORT_CAPACITY_FILE, "{\n\"capacity\": 1,\n", "capacity.json:3: not JSON"},
      {REPORT_CAPACITY_FILE, "[]", "capacity.json: not a study's JSON"},
      {REPORT_CAPACITY_FILE, "{}", "no valid \"capacity\""},
      {REPORT_CAPACITY_FILE, "{\"capacity\": 1}", "no list \"points\""},
      {REPORT_CAPACITY_FILE, "{\"capacity\": 1, \"points\": []}", "no list \"points\""},
      {REPORT_CAPACITY_FILE, "{\"capacity\": 1, \"points\": [" POINT("fixed", "1", "0") "]}", "no list \"small\""},
      {REPORT_CAPACITY_FILE, "{\"capacity\": 1, \"points\": [7]}", "points[0]: no valid \"capacity\""},
      {REPORT_CAPACITY_FILE, CAPACITY(POINT("fixed", "0", "0")), "points[0]: no valid \"load\""},
      {REPORT_CAPACITY_FILE, CAPACITY(POINT("fixed", "1", "0") "," POINT("fixed", "-1", "0")),
       "points[1]: no valid \"load\""},
      {REPORT_CAPACITY_FILE, CAPACITY(POINT("fixed", "\"1\"", "0")), "points[0]: no valid \"load\""},
      {REPORT_CAPACITY_FILE, CAPACITY(POINT("fixed", "1", "501")), "points[0]: no valid \"claims\""},
      {REPORT_CAPACITY_FILE, WITH_COLD(""), "no list \"cold\""},
      {REPORT_CAPACITY_FILE, WITH_COLD(POINT("fixed", "1", "501")), "cold[0]: no valid \"claims\""},
      {REPORT_COUNTS_FILE, "{\"live\": 1, \"claims\": 1, \"first_cache\": 1}", "no valid \"last_cache\""},
      {REPORT_COUNTS_FILE,
       "{\"live\": 1, \"claims\": 1, \"first_cache\": 1, \"last_cache\": 1, \"rows\": [{\"implementation\": \"x\"}]}",
       "rows[0]: no valid \"instructions\""},
      {REPORT_COUNTS_FILE, "{\"live\": 1, \"claims\": 1, \"first_cache\": 1, \"last_cache\": 1, \"rows\": [{}]}",
       "rows[0]: no valid \"implementation\""},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    report_studies studies;
    (void)clear_folder(state);
    put(cases[i].name, cases[i].content);
    assert_false(read_all(&studies));
    assert_contains(error, cases[i].reason);
    assert_contains(error, folder);
    assert_null(strchr(error, '\n'));
    report_studies_free(&studies);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(without_files_nothing_is_there, clear_folder),
      cmocka_unit_test_teardown(points_are_sorted_by_expiry_and_load, clear_folder),
      cmocka_unit_test_teardown(cold_starts_are_apart, clear_folder),
      cmocka_unit_test_teardown(of_what_was_simulated_is_read, clear_folder),
      cmocka_unit_test_teardown(counts_are_read, clear_folder),
      cmocka_unit_test_teardown(a_reason_stands_for_counts, clear_folder),
      cmocka_unit_test_teardown(what_is_not_whole_is_refused, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
