/* From a file of results to the files of a report. */
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.h"
#include "plot.h"
#include "report.h"
#include "test_support.h"

static char folder[] = "/tmp/csn-report-XXXXXX";
static char error[512];

typedef char name_buffer[PATH_MAX];

static const char *in_folder(name_buffer out, const char *name) {
  (void)snprintf(out, sizeof(name_buffer), "%s/%s", folder, name);
  return out;
}

static void remove_tree(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) {
    (void)unlink(path);
    return;
  }
  const struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    name_buffer child;
    if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) < (int)sizeof child) remove_tree(child);
  }
  (void)closedir(directory);
  (void)rmdir(path);
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
  (void)state;
  remove_tree(folder);
  return 0;
}

static report_text load(const char *directory, const char *name) {
  name_buffer path;
  report_text text = {0};
  (void)snprintf(path, sizeof path, "%s/%s/%s", folder, directory, name);
  if (!report_text_load(&text, path, 1 << 24, error, sizeof error)) fail_msg("%s", error);
  return text;
}

static bool exists(const char *directory, const char *name) {
  name_buffer path;
  (void)snprintf(path, sizeof path, "%s/%s/%s", folder, directory, name);
  return access(path, F_OK) == 0;
}

static void generate(const char *results, const char *directory) {
  name_buffer path;
  csn_report_options options = {results, in_folder(path, directory)};
  if (!csn_report_generate(&options, error, sizeof error)) fail_msg("%s", error);
}

static bool has_gnuplot(void) {
  return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) count++;
  return count;
}

/* ---- the page ---- */

static bool is_void(const char *name) {
  return strcmp(name, "meta") == 0 || strcmp(name, "path") == 0 || strcmp(name, "polygon") == 0;
}

/* Every element is closed, in its order; the style's text is left out. */
static void assert_well_formed(const char *html) {
  enum { DEPTH_MAX = 32, NAME_MAX_LENGTH = 15 };
  char open[DEPTH_MAX][NAME_MAX_LENGTH + 1];
  size_t depth = 0, elements = 0;
  for (const char *at = strchr(html, '<'); at != NULL; at = strchr(at + 1, '<')) {
    char name[NAME_MAX_LENGTH + 1] = "";
    bool closing = at[1] == '/';
    if (at[1] == '!') continue;
    assert_int_equal(sscanf(at + 1 + closing, "%15[a-z0-9]", name), 1);
    const char *end = strchr(at, '>');
    assert_non_null(end);
    elements++;
    if (closing) {
      assert_true(depth > 0);
      assert_string_equal(open[--depth], name);
    } else if (end[-1] != '/' && !is_void(name)) {
      assert_true(depth < DEPTH_MAX);
      memcpy(open[depth++], name, sizeof name);
    }
  }
  assert_int_equal(depth, 0);
  assert_true(elements > 100);
}

static void assert_self_contained(const char *html) {
  static const char *const unwanted[] = {"<script", "<link",    "<img",   "<iframe", "<object",     " src=\"", "url(",
                                         "@import", "https://", "onload", "onclick", "javascript:", "<use",    "xlink"};
  for (size_t i = 0; i < COUNT_OF(unwanted); i++) assert_lacks(html, unwanted[i]);
  assert_int_equal(count_of(html, "http://"), count_of(html, "xmlns=\"http://www.w3.org/2000/svg\""));
  assert_int_equal(count_of(html, "href="), count_of(html, "href=\"#"));
  assert_contains(html, "default-src 'none'");
}

/* Each id is there once, and each link leads to one. */
static void assert_ids_are_unique(const char *html) {
  for (const char *at = strstr(html, " id=\""); at != NULL; at = strstr(at + 1, " id=\"")) {
    char id[80];
    (void)snprintf(id, sizeof id, "%.*s\"", (int)strcspn(at + 5, "\"") + 5, at);
    assert_int_equal(count_of(html, id), 1);
  }
  for (const char *at = strstr(html, "href=\"#"); at != NULL; at = strstr(at + 1, "href=\"#")) {
    char id[80];
    (void)snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(at + 7, "\""), at + 7);
    assert_int_equal(count_of(html, id), 1);
  }
}

static void the_page_is_whole_and_self_contained(void **state) {
  (void)state;
  generate(FIXTURE("normal.json"), "normal");
  report_text html = load("normal", "report.html");
  assert_int_equal(strncmp(html.data, "<!doctype html>", 15), 0);
  assert_well_formed(html.data);
  assert_self_contained(html.data);
  assert_ids_are_unique(html.data);
  assert_contains(html.data, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
  assert_contains(html.data, "@media (prefers-color-scheme:dark)");
  assert_int_equal(count_of(html.data, "<table"), count_of(html.data, "<div class=\"scroll\" tabindex=\"0\">\n<table"));
  assert_int_equal(count_of(html.data, "<table"), 7); /* the stores, five subjects, the bytes of a nonce */
  assert_contains(html.data, "<dt>Processor</dt><dd>Example CPU 9000</dd>");
  assert_contains(html.data, "<dt>Commit</dt><dd>0123456789abcdef0123456789abcdef01234567</dd>");
  assert_contains(html.data, "<dt>SHA-256 by OpenSSL</dt><dd>SHA-NI, OpenSSL&#39;s choice</dd>");
  assert_contains(html.data, "<dt>Repetitions</dt><dd>9 of each row</dd>");
  assert_lacks(html.data, "nan");
  report_text_free(&html);
}

static void plots_are_in_the_page_and_beside_the_markdown(void **state) {
  (void)state;
  generate(FIXTURE("normal.json"), "plots");
  report_text html = load("plots", "report.html"), markdown = load("plots", "report.md");
  size_t plots = has_gnuplot() ? 5 : 0;
  assert_int_equal(count_of(html.data, "class=\"plot wide\""), plots);
  assert_int_equal(count_of(html.data, "class=\"plot narrow\""), plots);
  assert_int_equal(count_of(markdown.data, "](plots/"), plots);
  assert_int_equal(exists("plots", "plots/hmac_sha256.svg"), plots != 0);
  if (plots != 0) {
    report_text svg = load("plots", "plots/nonce_store.svg");
    assert_contains(markdown.data, "![Nonce stores: claims a second](plots/nonce_store.svg)");
    assert_int_equal(strncmp(svg.data, "<svg xmlns", 10), 0);
    assert_contains(svg.data, "encrypted SQLite");
    assert_lacks(svg.data, "var(");
    report_text_free(&svg);
  } else {
    assert_contains(html.data, "There are no plots: gnuplot is not installed.");
  }
  report_text_free(&html);
  report_text_free(&markdown);
}

/* With too few repetitions there is no interval, and the caption must not speak of one. */
static void captions_say_what_the_whiskers_are(void **state) {
  (void)state;
  static const struct {
    const char *results, *said, *unsaid;
  } cases[] = {
      {FIXTURE("normal.json"), "Whiskers: the 95 % interval of the median.", "the least and the greatest value."},
      {FIXTURE("skipped.json"), "Whiskers: the least and the greatest value.", "the 95 % interval"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    generate(cases[i].results, "captions");
    report_text html = load("captions", "report.html");
    size_t captions = count_of(html.data, "<figcaption>");
    assert_int_equal(captions > 0, has_gnuplot());
    assert_int_equal(count_of(html.data, cases[i].said), captions);
    assert_lacks(html.data, cases[i].unsaid);
    report_text_free(&html);
  }
}

/* ---- what an earlier run left ---- */

static void put(const char *directory, const char *name, const char *content) {
  name_buffer path;
  (void)snprintf(path, sizeof path, "%s/%s/%s", folder, directory, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(content, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void plots_of_an_earlier_run_are_removed(void **state) {
  (void)state;
  name_buffer link;
  generate(FIXTURE("normal.json"), "stale");
  assert_int_equal(exists("stale", "plots/nonce_claim.svg"), has_gnuplot());
  put("stale", "plots/drawing.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><text> role=\"img\"</text></svg>\n");
  put("stale", "plots/empty.svg", "");
  put("stale", "plots/notes.txt", "notes");
  assert_int_equal(symlink("nowhere", in_folder(link, "stale/plots/link.svg")), 0);
  generate(FIXTURE("skipped.json"), "stale");
  assert_false(exists("stale", "plots/nonce_claim.svg"));
  assert_int_equal(exists("stale", "plots/nonce_store.svg"), has_gnuplot());
  assert_true(exists("stale", "plots/drawing.svg"));
  assert_true(exists("stale", "plots/empty.svg"));
  assert_true(exists("stale", "plots/notes.txt"));
  assert_int_equal(unlink(link), 0);
}

/* Markdown and HTML are two forms of one document: each sentence and each cell is in both. */
static void both_forms_say_the_same(void **state) {
  (void)state;
  report_document document = {0};
  generate(FIXTURE("normal.json"), "both");
  report_text html = load("both", "report.html"), markdown = load("both", "report.md");
  assert_true(report_document_build(&document, FIXTURE("normal.json"), error, sizeof error));
  size_t sentences = 0;
  for (size_t i = 0; i < document.analysis.section_count; i++) {
    for (size_t s = 0; s < document.pages[i].sentences.count; s++, sentences++) {
      report_text in_html = {0}, in_markdown = {0};
      report_text_html(&in_html, document.pages[i].sentences.items[s].text);
      report_text_markdown(&in_markdown, document.pages[i].sentences.items[s].text);
      assert_contains(html.data, in_html.data);
      assert_contains(markdown.data, in_markdown.data);
      report_text_free(&in_html);
      report_text_free(&in_markdown);
    }
  }
  assert_true(sentences >= 9);
  report_cells cells;
  const report_section *section = report_analysis_section(&document.analysis, "hmac_sha256");
  const report_group *group = &section->groups[1];
  report_row_cells(&cells, group->rows[1], group);
  char row[1024];
  (void)snprintf(row, sizeof row, "<td>%s<small>%s</small></td><td>%s</td><td>%s<small>%s</small></td>", cells.time,
                 cells.time_interval, cells.rate, cells.ratio, cells.ratio_interval);
  assert_contains(html.data, row);
  (void)snprintf(row, sizeof row, "| %s | %s | %s | %s | %s |", cells.time, cells.time_interval, cells.rate,
                 cells.ratio, cells.ratio_interval);
  assert_contains(markdown.data, row);
  report_document_free(&document);
  report_text_free(&html);
  report_text_free(&markdown);
}

static void variants_stand_in_the_order_of_their_numbers(void **state) {
  (void)state;
  generate(FIXTURE("normal.json"), "order");
  report_text markdown = load("order", "report.md");
  const char *small = strstr(markdown.data, "\n| 64 bytes |"), *large = strstr(markdown.data, "\n| 256 bytes |");
  assert_non_null(small);
  assert_non_null(large);
  assert_true(small < large);
  report_text_free(&markdown);
}

/* The fastest store first; the best figure of a line in bold, whether more or less is better. */
static void the_table_of_stores_marks_the_best(void **state) {
  (void)state;
  generate(FIXTURE("normal.json"), "stores");
  report_text markdown = load("stores", "report.md"), html = load("stores", "report.html");
  static const char *const lines[] = {
      "| | memory | Redis | encrypted SQLite |\n",
      "| Latency of one claim, p50 | **92.0 ns** | 22.1 µs | 29.8 µs |\n",
      "| Latency of one claim, p99 | **310 ns** | 49.0 µs | 61.0 µs |\n",
      "| A live nonce | **13.1 bytes** | 138 bytes | 214 bytes |\n",
      "| Configuration | private table | no persistence: save \"\", appendonly no | WAL, synchronous=NORMAL |\n",
      "| Survives a restart | no | no | yes |\n",
      "| Shared between processes | in a shared region | yes | yes |\n",
      "| Shared between hosts | no | yes | no |\n",
      "| Claims, one a call | **",
      "| Credential look-ups, 100 k clients | **",
  };
  for (size_t i = 0; i < COUNT_OF(lines); i++) assert_contains(markdown.data, lines[i]);
  assert_int_equal(count_of(html.data, "<td class=\"best\">"), 6);
  report_text_free(&markdown);
  report_text_free(&html);
}

/* ---- hostile input ---- */

static void hostile_names_stay_text(void **state) {
  (void)state;
  (void)unlink("gnuplot-was-here"); /* left by a run that failed */
  generate(FIXTURE("skipped.json"), "hostile");
  report_text html = load("hostile", "report.html"), markdown = load("hostile", "report.md");
  assert_well_formed(html.data);
  assert_self_contained(html.data);
  assert_contains(html.data, "&lt;img src=x onerror=alert(1)&gt;");
  assert_contains(html.data, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot; &#39;x&#39; | `id` NaN");
  assert_contains(html.data, "<dt>new_key</dt><dd>&lt;b&gt;new&lt;/b&gt;</dd>");
  assert_contains(html.data, "<td class=\"skipped\" colspan=\"3\">not installed</td>");
  assert_contains(html.data, "<dt>Kernel</dt><dd>not recorded</dd>");
  assert_lacks(markdown.data, "<img");
  assert_lacks(markdown.data, "<script");
  assert_lacks(markdown.data, "](plots/<");
  assert_int_not_equal(access("gnuplot-was-here", F_OK), 0);
  report_text_free(&html);
  report_text_free(&markdown);
}

/* gnuplot runs what stands between backticks, but not between single quotes; and nothing ends the quotes. */
static void plot_scripts_hold_no_foreign_command(void **state) {
  (void)state;
  report_document document = {0};
  assert_true(report_document_build(&document, FIXTURE("skipped.json"), error, sizeof error));
  size_t labels = 0;
  for (size_t i = 0; i < document.analysis.section_count; i++) {
    report_text script = {0};
    if (!report_plot_possible(&document.analysis.sections[i])) continue;
    assert_true(report_plot_script(&script, &document.analysis.sections[i], REPORT_PLOT_NARROW) > 0);
    assert_null(strpbrk(script.data, "`\\"));
    for (char *line = strtok(script.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
      if (strncmp(line, "set label ", 10) != 0) continue;
      assert_int_equal(count_of(line, "'"), 2);
      labels++;
    }
    report_text_free(&script);
  }
  assert_true(labels > 8);
  report_document_free(&document);
}

/* ---- what can go wrong ---- */

static void set_path(const char *directory) {
  assert_int_equal(setenv("PATH", directory, 1), 0);
}

static void without_gnuplot_the_report_says_so(void **state) {
  (void)state;
  name_buffer path;
  char *before = strdup(getenv("PATH"));
  assert_int_equal(mkdir(in_folder(path, "empty"), 0700), 0);
  set_path(path);
  generate(FIXTURE("normal.json"), "no-gnuplot");
  set_path(before);
  free(before);
  report_text html = load("no-gnuplot", "report.html");
  assert_contains(html.data, "There are no plots: gnuplot is not installed.");
  assert_lacks(html.data, "<svg");
  assert_false(exists("no-gnuplot", "plots/hmac_sha256.svg"));
  report_text_free(&html);
}

static void a_failing_gnuplot_leaves_no_half_plots(void **state) {
  (void)state;
  name_buffer path, program;
  char *before = strdup(getenv("PATH"));
  assert_int_equal(mkdir(in_folder(path, "failing"), 0700), 0);
  (void)snprintf(program, sizeof program, "%.*s/gnuplot", PATH_MAX - 16, path);
  FILE *file = fopen(program, "w");
  assert_non_null(file);
  assert_true(fputs("#!/bin/sh\necho '<path d=\"M0,0\"/>'\nexit 1\n", file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(program, 0700), 0);
  set_path(path);
  generate(FIXTURE("normal.json"), "failed-gnuplot");
  set_path(before);
  free(before);
  report_text html = load("failed-gnuplot", "report.html");
  assert_contains(html.data, "There are no plots: gnuplot failed.");
  assert_lacks(html.data, "<svg");
  report_text_free(&html);
}

static void refuse(const char *results, const char *directory, const char *reason) {
  csn_report_options options = {results, directory};
  error[0] = '\0';
  assert_false(csn_report_generate(&options, error, sizeof error));
  assert_contains(error, reason);
  assert_null(strchr(error, '\n'));
}

static void unreadable_results_write_nothing(void **state) {
  (void)state;
  name_buffer path;
  refuse(FIXTURE("malformed.json"), in_folder(path, "nothing"), "malformed.json:6: not JSON:");
  assert_int_not_equal(access(path, F_OK), 0);
  refuse(FIXTURE("absent.json"), path, "absent.json: No such file or directory");
  assert_int_not_equal(access(path, F_OK), 0);
}

static void a_folder_that_cannot_be_made_is_named(void **state) {
  (void)state;
  name_buffer path;
  FILE *file = fopen(in_folder(path, "file"), "w");
  assert_non_null(file);
  assert_int_equal(fclose(file), 0);
  refuse(FIXTURE("normal.json"), path, "file: not a directory");
  refuse(FIXTURE("normal.json"), in_folder(path, "file/below"), "file/below: not a directory");
  refuse(FIXTURE("normal.json"), "", "No such file or directory");
}

static void folders_are_made_with_their_parents_and_used_again(void **state) {
  (void)state;
  generate(FIXTURE("skipped.json"), "a/b//c/");
  assert_true(exists("a/b/c", "report.html"));
  generate(FIXTURE("normal.json"), "a/b/c");
  report_text html = load("a/b/c", "report.html");
  assert_contains(html.data, "Example CPU 9000");
  assert_false(exists("a/b/c", "report.html.tmp"));
  report_text_free(&html);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_page_is_whole_and_self_contained),
      cmocka_unit_test(plots_are_in_the_page_and_beside_the_markdown),
      cmocka_unit_test(captions_say_what_the_whiskers_are),
      cmocka_unit_test(plots_of_an_earlier_run_are_removed),
      cmocka_unit_test(both_forms_say_the_same),
      cmocka_unit_test(variants_stand_in_the_order_of_their_numbers),
      cmocka_unit_test(the_table_of_stores_marks_the_best),
      cmocka_unit_test(hostile_names_stay_text),
      cmocka_unit_test(plot_scripts_hold_no_foreign_command),
      cmocka_unit_test(without_gnuplot_the_report_says_so),
      cmocka_unit_test(a_failing_gnuplot_leaves_no_half_plots),
      cmocka_unit_test(unreadable_results_write_nothing),
      cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
      cmocka_unit_test(folders_are_made_with_their_parents_and_used_again),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
