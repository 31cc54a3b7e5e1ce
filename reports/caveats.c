/* What weakens the figures, computed from them and from the machine's description. */
#include <math.h>
#include <string.h>

#include "conclusions.h"
#include "number.h"
#include "text.h"

/* Work that others do on the machine, in cores, from which on the report says so. */
#define LOAD_NOTED 0.5

static void caveat_repetitions(report_sentences *out, const report_results *results) {
  size_t repetitions = report_results_repetitions(results);
  if (repetitions == 0) {
    report_sentence(out, NULL, "Nothing was measured: no figure below means anything.");
  } else if (repetitions < REPORT_REPETITIONS_FULL) {
    const char *ranges = repetitions < REPORT_INTERVAL_MIN ? " Ranges are the least and the greatest value" : "";
    report_sentence(out, NULL,
                    "A quick run: %zu repetition%s instead of at least %d. Read the figures as a first look.%s%s",
                    repetitions, repetitions == 1 ? "" : "s", REPORT_REPETITIONS_FULL, ranges,
                    ranges[0] == '\0' ? "" : ", not confidence intervals.");
  }
}

static void caveat_machine(report_sentences *out, const report_results *results) {
  const char *scaling = report_results_context(results, "cpu_scaling_enabled");
  double average = report_results_load(results);
  if (average >= LOAD_NOTED) {
    report_sentence(out, NULL, "The load average was %.2f at the start: other work may have run beside the benchmarks.",
                    average);
  }
  if (report_results_one_by_one(results)) {
    report_sentence(out, NULL,
                    "The rows ran one after the other: what changed on the machine meanwhile is in the ratios, and not "
                    "in their intervals.");
  }
  if (scaling != NULL && strcmp(scaling, "true") == 0) {
    report_sentence(out, NULL,
                    "The processor changes its clock rate (frequency scaling is on), which adds to the spread.");
  }
}

static double spread_of(const report_row *row) {
  return row->skipped != NULL ? 0 : (row->summary.max - row->summary.min) / row->summary.median;
}

/* One sentence for all rows that vary much: how many, and the worst. */
static void caveat_spread(report_sentences *out, const report_results *results) {
  const report_row *worst = NULL;
  size_t wide = 0;
  for (size_t i = 0; i < results->row_count; i++) {
    const report_row *row = &results->rows[i];
    if (spread_of(row) <= REPORT_SPREAD_NOTED) continue;
    wide++;
    if (worst == NULL || spread_of(row) > spread_of(worst)) worst = row;
  }
  if (worst == NULL) return;
  report_sentence(out, NULL,
                  "%zu of %zu rows vary by more than %.0f %% of their median between repetitions; the widest is "
                  "%s/%s/%s with %.0f %%.",
                  wide, report_results_measured(results), REPORT_SPREAD_NOTED * 100, worst->name.subject,
                  worst->name.variant, worst->name.implementation, spread_of(worst) * 100);
}

/* One sentence for all rows whose memory is not on huge pages: how many, and the worst. */
static void caveat_pages(report_sentences *out, const report_results *results) {
  const report_row *worst = NULL;
  size_t few = 0, known = 0;
  double least = REPORT_HUGE_MIN;
  for (size_t i = 0; i < results->row_count; i++) {
    const report_row *row = &results->rows[i];
    double share = row->skipped != NULL ? NAN : report_row_counter(row, REPORT_COUNTER_HUGE);
    if (!isfinite(share)) continue;
    known++;
    if (share >= REPORT_HUGE_MIN) continue;
    few++;
    if (worst != NULL && share >= least) continue;
    worst = row;
    least = share;
  }
  if (worst == NULL) return;
  report_sentence(out, NULL,
                  "%zu of the %zu rows that say so had less than %.0f %% of their memory on huge pages, which slows "
                  "them; the least is %s/%s/%s with %.0f %%.",
                  few, known, REPORT_HUGE_MIN * 100, worst->name.subject, worst->name.variant,
                  worst->name.implementation, fmax(least, 0) * 100);
}

static void caveat_absent(report_sentences *out, const report_analysis *analysis) {
  report_text text = {0};
  size_t absent = 0;
  const report_subject *subject;
  for (size_t i = 0; (subject = report_subject_at(i)) != NULL; i++) {
    if (report_analysis_section(analysis, subject->name) != NULL) continue;
    report_text_format(&text, "%s%s", absent++ == 0 ? "Not in this run, so nothing is said about it: " : ", ",
                       subject->title);
  }
  if (absent != 0) report_text_add(&text, ".");
  report_sentence_finish(out, NULL, &text);
}

void report_conclude_caveats(report_sentences *out, const report_analysis *analysis) {
  caveat_repetitions(out, analysis->results);
  caveat_absent(out, analysis);
  caveat_machine(out, analysis->results);
  caveat_spread(out, analysis->results);
  caveat_pages(out, analysis->results);
}
