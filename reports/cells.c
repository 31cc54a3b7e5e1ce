/* What both forms of the report share: the cells of a row, the lines below the title, how to read it all. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "number.h"

const char *const report_method[] = {
    "A figure is the median over the repetitions of one row. Its interval has order statistics as bounds and holds the "
    "true median with at least 95 % confidence, whatever the distribution; it takes six repetitions. With fewer, the "
    "least and the greatest value are given and called a range.",
    "A ratio is the median of all ratios of a time of the one row to a time of the other (the estimate of Hodges and "
    "Lehmann on logarithms), both of one run and one process. Nothing is paired: the repetitions of all rows run in "
    "random order. Its interval is the one of the Mann-Whitney test, at least 95 %, exact for two rows whose times "
    "differ by a factor. Two rows are told apart only where it does not include 1. Such a median need not be the ratio "
    "of the medians to the last digit.",
    "A store survives a restart where it knows a nonce that a process claimed which was then killed, by SIGKILL and "
    "without closing anything, and where its server, if it has one, was killed likewise and started again. The machine "
    "itself stayed up: what a loss of power takes was not tried. It depends on the configuration in the table.",
    "Times are real time for one item. With more than one thread it is the time between two items of all threads "
    "together. Figures of other machines or runs are never compared.",
    NULL,
};

/* "316–325 ns": the unit once where it is the same. */
static void write_range(report_cell out, const char *low, const char *high) {
  const char *low_unit = strrchr(low, ' '), *high_unit = strrchr(high, ' ');
  int length = (int)strlen(low);
  if (low_unit != NULL && high_unit != NULL && strcmp(low_unit, high_unit) == 0) length = (int)(low_unit - low);
  (void)snprintf(out, REPORT_CELL_SIZE, "%.*s–%s", length, low, high);
}

void report_row_cells(report_cells *out, const report_row *row, const report_group *group) {
  *out = (report_cells){0};
  if (row->skipped != NULL) return;
  report_number a, b;
  (void)snprintf(out->time, sizeof out->time, "%s", report_number_duration(a, row->summary.median));
  (void)snprintf(out->rate, sizeof out->rate, "%s", report_number_rate(a, 1e9 / row->summary.median));
  if (row->summary.count > 1) {
    write_range(out->time_interval, report_number_duration(a, row->summary.low),
                report_number_duration(b, row->summary.high));
  }
  report_summary ratio = report_ratio(row, group->baseline);
  if (ratio.count == 0) return;
  if (row == group->baseline) {
    (void)snprintf(out->ratio, sizeof out->ratio, "1");
    return;
  }
  (void)snprintf(out->ratio, sizeof out->ratio, "%s", report_number_ratio(a, ratio.median));
  if (ratio.count > 1) {
    write_range(out->ratio_interval, report_number_ratio(a, ratio.low), report_number_ratio(b, ratio.high));
  }
}

const char *report_picture_measure(report_cell out, const report_section *section) {
  if (report_waterfall_is(section)) return "step after step";
  (void)snprintf(out, REPORT_CELL_SIZE, section->subject->axis != NULL ? "time a %s" : "%ss a second",
                 section->subject->unit);
  return out;
}

static bool has_intervals(const report_document *document) {
  return report_results_repetitions(&document->results) >= REPORT_INTERVAL_MIN;
}

const char *report_interval_name(const report_document *document) {
  return has_intervals(document) ? "95 % interval" : "range";
}

const char *report_interval_phrase(const report_document *document) {
  return has_intervals(document) ? "the 95 % interval of the median" : "the least and the greatest value";
}

const char *report_interval_note(const report_document *document) {
  if (has_intervals(document)) {
    return "In brackets: the 95 % interval. Compared is what ran in this run, on this machine.";
  }
  return "In brackets: the least and the greatest value. Compared is what ran in this run, on this machine.";
}

static const char *context(const report_document *document, const char *key) {
  const char *value = report_results_context(&document->results, key);
  return value == NULL || value[0] == '\0' ? "unknown" : value;
}

enum { COMMIT_LENGTH_SHOWN = 12 };

void report_subtitle_version(report_text *out, const report_document *document) {
  const char *commit = context(document, "commit"), *dirty = strstr(commit, "-dirty");
  report_text_format(out, "Countersign %s, commit %.*s", context(document, "version"), COMMIT_LENGTH_SHOWN, commit);
  if (dirty != NULL) report_text_add(out, " with changes");
}

void report_subtitle_machine(report_text *out, const report_document *document) {
  size_t repetitions = report_results_repetitions(&document->results);
  const char *date = context(document, "date"), *cores = context(document, "num_cpus");
  int day = (int)strcspn(date, "T");
  report_text_format(out, "%s, %s core%s; %.*s; ", context(document, "processor"), cores,
                     strcmp(cores, "1") == 0 ? "" : "s", day, date);
  report_text_format(out, "%zu repetition%s of each row", repetitions, repetitions == 1 ? "" : "s");
}
