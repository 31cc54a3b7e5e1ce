/* reports/run, with scripts in place of the benchmarks and of csn; and reports/quote. */
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
/* What lies beside it: each says what it was given, and writes something. */
static const char capacity[] = "#!/bin/sh\necho \"capacity given:$*\" >&2\necho simulated\n";
static const char broken[] = "#!/bin/sh\necho half\nexit 1\n";
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
  char command[768], path[64], error[256];
  (void)snprintf(command, sizeof command, "export WAIT=0; %s sh reports/run %s/%s %s/csn %s/out >%s/said 2>&1",
                 settings, folder, program, folder, folder, folder);
  int status = system(command);
  (void)snprintf(path, sizeof path, "%s/said", folder);
  *said = (report_text){0};
  if (!report_text_load(said, path, 1 << 16, error, sizeof error)) fail_msg("%s", error);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* A file that is there only in some tests. */
static void drop(const char *name) {
  char path[64];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  (void)unlink(path);
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
  assert_int_equal(run(&said, "RESULT=0 CSN_BENCH_LONG=1", "bench"), 0);
  assert_contains(said.data, "9 repetitions each, one row after the other\n");
  assert_contains(said.data, "--benchmark_filter=nonce_claim/live_(8M|128M)/ ");
  assert_contains(said.data, "--benchmark_enable_random_interleaving=false");
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

/* ---- what is found out beside the benchmarks ---- */

static void assert_holds(const char *name, const char *content) {
  char path[64], error[256];
  report_text text = {0};
  (void)snprintf(path, sizeof path, "%s/out/%s", folder, name);
  if (!report_text_load(&text, path, 1 << 16, error, sizeof error)) fail_msg("%s", error);
  assert_string_equal(text.data, content);
  report_text_free(&text);
}

static void the_capacity_is_simulated(void **state) {
  (void)state;
  report_text said;
  write_script("csn-capacity", capacity);
  assert_int_equal(run(&said, "RESULT=0 QUICK=0", "bench"), 0);
  assert_contains(said.data, "capacity given:\n");
  assert_holds("capacity.json", "simulated\n");
  report_text_free(&said);
  assert_int_equal(run(&said, "RESULT=0 QUICK=1", "bench"), 0);
  assert_contains(said.data, "capacity given:--quick\n");
  report_text_free(&said);
  drop("csn-capacity");
}

/* Its figures would be taken for this run's. */
static void a_study_of_an_earlier_run_is_removed(void **state) {
  (void)state;
  report_text said;
  write_script("out/capacity.json", "old");
  write_script("out/counts.json", "old");
  assert_int_equal(run(&said, "RESULT=0", "bench"), 0);
  assert_false(exists("capacity.json"));
  assert_false(exists("counts.json"));
  report_text_free(&said);
}

static void with_a_filter_nothing_else_runs(void **state) {
  (void)state;
  report_text said;
  write_script("csn-capacity", capacity);
  assert_int_equal(run(&said, "RESULT=0 FILTER=jwt", "bench"), 0);
  assert_lacks(said.data, "capacity given:");
  assert_false(exists("capacity.json"));
  report_text_free(&said);
  drop("csn-capacity");
}

static void a_longer_simulation_can_be_handed_in(void **state) {
  (void)state;
  report_text said;
  char settings[96];
  write_script("csn-capacity", capacity);
  write_script("longer", "{\n  \"seconds\": 9\n}\n");
  (void)snprintf(settings, sizeof settings, "RESULT=0 CAPACITY=%s/longer", folder);
  assert_int_equal(run(&said, settings, "bench"), 0);
  assert_lacks(said.data, "capacity given:");
  assert_holds("capacity.json", "{\"apart\": true,\n  \"seconds\": 9\n}\n");
  assert_false(exists("capacity.json.part"));
  report_text_free(&said);
  drop("csn-capacity");
}

/* Before the benchmarks have run for minutes. */
static void what_is_no_simulation_is_refused_at_once(void **state) {
  (void)state;
  static const char *const files[] = {"csn", "missing"};
  for (size_t i = 0; i < COUNT_OF(files); i++) {
    report_text said;
    char settings[96];
    (void)snprintf(settings, sizeof settings, "RESULT=0 CAPACITY=%s/%s", folder, files[i]);
    assert_int_equal(run(&said, settings, "bench"), 2);
    assert_contains(said.data, "is not csn-capacity's\n");
    assert_lacks(said.data, "progress=");
    report_text_free(&said);
  }
}

static void a_simulation_that_fails_leaves_nothing(void **state) {
  (void)state;
  report_text said;
  write_script("csn-capacity", broken);
  assert_int_not_equal(run(&said, "RESULT=0", "bench"), 0);
  assert_lacks(said.data, "csn report");
  assert_false(exists("capacity.json"));
  assert_false(exists("capacity.json.part"));
  report_text_free(&said);
  drop("csn-capacity");
}

/* PATH without valgrind: only what the scripts need. */
static void without_valgrind_the_counts_say_so(void **state) {
  (void)state;
  report_text said;
  char settings[256];
  write_script("csn-footprint", none);
  (void)snprintf(settings, sizeof settings,
                 "mkdir -p %s/few && for p in sh cat mv rm mkdir mktemp date wc cp; do ln -sf \"$(command -v $p)\" "
                 "%s/few/; done; RESULT=0 PATH=%s/few",
                 folder, folder, folder);
  assert_int_equal(run(&said, settings, "bench"), 0);
  assert_holds("counts.json", "{\"study\": \"counts\", \"skipped\": \"valgrind is not installed\"}\n");
  report_text_free(&said);
  drop("csn-footprint");
}

/* A stand-in for valgrind whose totals follow from the ticks, the last argument: 10 * ticks + 5 instructions for
 * "none", 1000 * ticks + 7 for the others; 20 claims a tick. */
static void counts_are_differences_of_two_runs(void **state) {
  (void)state;
  static const char valgrind[] =
      "#!/bin/sh\n"
      "[ \"$1\" != --version ] || { echo valgrind-0; exit 0; }\n"
      "for word; do case $word in --cachegrind-out-file=*) out=${word#*=} ;; esac; ticks=$word; done\n"
      "case $* in *' none '*) n=$((10 * ticks + 5)) ;; *) n=$((1000 * ticks + 7)) ;; esac\n"
      "echo 'events: Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw' >\"$out\"\n"
      "echo \"summary: $n 1 1 0 $((40 * ticks)) $((20 * ticks)) 0 $((20 * ticks)) $((20 * ticks))\" >>\"$out\"\n"
      "echo 20\n";
  report_text said;
  char settings[96], path[64], error[256];
  write_script("csn-footprint", none);
  write_script("valgrind", valgrind);
  (void)snprintf(settings, sizeof settings, "RESULT=0 QUICK=1 PATH=%s:$PATH", folder);
  assert_int_equal(run(&said, settings, "bench"), 0);
  report_text_free(&said);
  (void)snprintf(path, sizeof path, "%s/out/counts.json", folder);
  if (!report_text_load(&said, path, 1 << 16, error, sizeof error)) fail_msg("%s", error);
  assert_contains(said.data, "\"tool\": \"valgrind-0 cachegrind\"");
  assert_contains(said.data, "\"claims\": 80,");
  /* (1000 - 10) / 20 instructions a claim; the misses are those of the nonces alone, so none. */
  assert_contains(said.data, "{\"implementation\": \"countersign\", \"instructions\": 49.5, ");
  assert_contains(said.data, "{\"implementation\": \"mutex_global\", \"instructions\": 49.5, ");
  assert_contains(said.data, "\"first_misses\": 0.000, \"last_misses\": 0.000}");
  report_text_free(&said);
  drop("csn-footprint");
  drop("valgrind");
}

/* ---- reports/quote ---- */

static const char bars_report[] =
    "## A\n\n| a |\n\n## Bars of the nonce table\n\n- Of 2 bars 1 is met.\n\n| x |\n| 2.00, TBB & \\_ |\n\n"
    "- Note.\n\n## B\n\n| b |\n";
#define QUOTED "before\n<!-- bars -->\n\n| x |\n| 2.00, TBB & \\_ |\n\n- Note.\n\n<!-- end of bars -->\nbehind\n"

static int quote(const char *option, const char *report) {
  char command[256];
  (void)snprintf(command, sizeof command, "sh reports/quote %s %s/%s %s/page >%s/said 2>&1", option, folder, report,
                 folder, folder);
  int status = system(command);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void assert_page(const char *wanted) {
  char path[64], error[256];
  report_text page = {0};
  (void)snprintf(path, sizeof path, "%s/page", folder);
  if (!report_text_load(&page, path, 1 << 16, error, sizeof error)) fail_msg("%s", error);
  assert_string_equal(page.data, wanted);
  report_text_free(&page);
}

static void bars_are_quoted_word_by_word(void **state) {
  (void)state;
  static const char empty[] = "before\n<!-- bars -->\n<!-- end of bars -->\nbehind\n";
  write_script("report", bars_report);
  write_script("page", empty);
  assert_int_equal(quote("--check", "report"), 1);
  assert_page(empty);
  for (int i = 0; i < 2; i++) { /* the second time over the first */
    assert_int_equal(quote("", "report"), 0);
    assert_page(QUOTED);
    assert_int_equal(quote("--check", "report"), 0);
  }
}

static void a_page_or_report_without_bars_is_left_alone(void **state) {
  (void)state;
  static const char *const pages[] = {"plain\n", "<!-- bars -->\n", "<!-- end of bars -->\n<!-- bars -->\n",
                                      "<!-- bars -->\n<!-- bars -->\n<!-- end of bars -->\n"};
  write_script("report", bars_report);
  write_script("other", "## A\n\n| a |\n");
  for (size_t i = 0; i < COUNT_OF(pages); i++) {
    write_script("page", pages[i]);
    assert_int_equal(quote("", "report"), 2);
    assert_page(pages[i]);
  }
  write_script("page", QUOTED);
  assert_int_equal(quote("", "other"), 2);
  assert_page(QUOTED);
}

static void the_readme_quotes_the_sample(void **state) {
  (void)state;
  assert_int_equal(system("sh reports/quote --check reports/sample/report.md README.md"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_benchmarks_are_told_how_many_rows_there_are),
      cmocka_unit_test(a_quick_run_and_a_filter_are_passed_on),
      cmocka_unit_test(failed_benchmarks_make_no_report),
      cmocka_unit_test(a_filter_that_matches_nothing_is_refused),
      cmocka_unit_test(the_capacity_is_simulated),
      cmocka_unit_test(a_study_of_an_earlier_run_is_removed),
      cmocka_unit_test(with_a_filter_nothing_else_runs),
      cmocka_unit_test(a_longer_simulation_can_be_handed_in),
      cmocka_unit_test(what_is_no_simulation_is_refused_at_once),
      cmocka_unit_test(a_simulation_that_fails_leaves_nothing),
      cmocka_unit_test(without_valgrind_the_counts_say_so),
      cmocka_unit_test(counts_are_differences_of_two_runs),
      cmocka_unit_test(bars_are_quoted_word_by_word),
      cmocka_unit_test(a_page_or_report_without_bars_is_left_alone),
      cmocka_unit_test(the_readme_quotes_the_sample),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
