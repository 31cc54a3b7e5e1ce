/* reports/run, with scripts in place of the benchmarks and of csn. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_support.h"
#include "text.h"

static char folder[] = "/tmp/csn-report-run-XXXXXX";

/* Lists three rows; run, it says what it was given, and writes a file of results as far as RESULT goes. */
static const char bench[] =
    "#!/bin/sh\n"
    "case $* in *--benchmark_list_tests*) echo a; echo b; echo c; exit 0 ;; esac\n"
    "echo \"progress=$CSN_BENCH_PROGRESS\" \"$@\" >&2\n"
    "for word; do case $word in --benchmark_out=*) echo written >\"${word#*=}\" ;; esac; done\n"
    "[ \"$RESULT\" = 0 ] || echo 'csn-bench: redis: no answer' >&2\n"
    "exit \"$RESULT\"\n";
static const char none[] = "#!/bin/sh\nexit 0\n";
static const char csn[] = "#!/bin/sh\necho \"csn $*\" >&2\n";

static void write_script(const char *name, const char *content) {
  char path[64];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(content, file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(path, 0700), 0);
}

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  write_script("bench", bench);
  write_script("none", none);
  write_script("csn", csn);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  char command[64];
  (void)snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

/* Runs it with `settings` before it; what it printed, on either stream. Returns its exit status. */
static int run(report_text *said, const char *settings, const char *program) {
  char command[512], path[64], error[256];
  (void)snprintf(command, sizeof command, "%s sh reports/run %s/%s %s/csn %s/out >%s/said 2>&1", settings, folder,
                 program, folder, folder, folder);
  int status = system(command);
  (void)snprintf(path, sizeof path, "%s/said", folder);
  *said = (report_text){0};
  if (!report_text_load(said, path, 1 << 16, error, sizeof error)) fail_msg("%s", error);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static bool exists(const char *name) {
  char path[64];
  (void)snprintf(path, sizeof path, "%s/out/%s", folder, name);
  return access(path, F_OK) == 0;
}

static void the_benchmarks_are_told_how_many_rows_there_are(void **state) {
  (void)state;
  report_text said;
  assert_int_equal(run(&said, "RESULT=0 QUICK=0", "bench"), 0);
  assert_contains(said.data, "3 benchmarks, 9 repetitions each, in random order\n");
  assert_contains(said.data, "progress=3 --benchmark_filter=. ");
  assert_contains(said.data, "--benchmark_repetitions=9 --benchmark_min_time=0.3\n");
  assert_contains(said.data, "--benchmark_enable_random_interleaving=true");
  assert_contains(said.data, "measured in 0:0");
  assert_contains(said.data, "/out/results.json\n");
  assert_true(exists("results.json"));
  assert_false(exists("results.json.part"));
  report_text_free(&said);
}

static void a_quick_run_and_a_filter_are_passed_on(void **state) {
  (void)state;
  report_text said;
  assert_int_equal(run(&said, "RESULT=0 QUICK=1 FILTER='jwt|nonce x'", "bench"), 0);
  assert_contains(said.data, "--benchmark_filter=jwt|nonce x ");
  assert_contains(said.data, "--benchmark_repetitions=5 --benchmark_min_time=0.05\n");
  report_text_free(&said);
}

static void failed_benchmarks_make_no_report(void **state) {
  (void)state;
  report_text said;
  assert_int_equal(run(&said, "RESULT=3", "bench"), 1);
  assert_contains(said.data, "csn-bench: redis: no answer\nreports/run: the benchmarks ended with status 3\n");
  assert_lacks(said.data, "csn report");
  assert_false(exists("results.json.part"));
  report_text_free(&said);
}

static void a_filter_that_matches_nothing_is_refused(void **state) {
  (void)state;
  report_text said;
  assert_int_equal(run(&said, "FILTER=nothing", "none"), 2);
  assert_contains(said.data, "reports/run: no benchmark matches 'nothing'\n");
  report_text_free(&said);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_benchmarks_are_told_how_many_rows_there_are),
      cmocka_unit_test(a_quick_run_and_a_filter_are_passed_on),
      cmocka_unit_test(failed_benchmarks_make_no_report),
      cmocka_unit_test(a_filter_that_matches_nothing_is_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
