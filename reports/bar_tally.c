/* Bars: ratios of rows, whether they reach what is wanted, and the list of them. */
#include "bar_tally.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

/* ---- one ratio ---- */

const report_group *report_side_group(const report_section *section, const report_side *side) {
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    if (group->threads == side->threads && strcmp(group->variant, side->variant) == 0) return group;
  }
  return NULL;
}

bool report_side_fits(const report_section *section, const report_side *side, const report_row *row) {
  const char *name = row->name.implementation;
  if (side->implementation != NULL) return strcmp(name, side->implementation) == 0;
  return !report_is_limit(name) && !report_is_own(section->subject, name);
}

const report_row *report_side_row(const report_section *section, const report_side *side) {
  const report_group *group = report_side_group(section, side);
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    if (report_side_fits(section, side, group->rows[r])) return group->rows[r];
  }
  return NULL;
}

/* Of several peers each figure is the least of theirs: all of them have to be beaten. `count` 0: not measured. */
report_summary report_bar_ratio(const report_section *section, const report_bar *b, const char **fastest) {
  const report_group *group = report_side_group(section, &b->over);
  const report_row *under = report_side_row(section, &b->under);
  report_summary least = {.count = 0};
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    if (!report_side_fits(section, &b->over, group->rows[r])) continue;
    report_summary ratio = report_ratio(group->rows[r], under);
    if (ratio.count == 0) continue;
    if (b->over.implementation == NULL && (least.count == 0 || ratio.median < least.median)) {
      *fastest = report_implementation_label(group->rows[r]->name.implementation);
    }
    if (least.count == 0) {
      least = ratio;
      continue;
    }
    least.median = fmin(least.median, ratio.median);
    least.low = fmin(least.low, ratio.low);
    least.high = fmin(least.high, ratio.high);
    if (ratio.count < least.count) least.count = ratio.count;
  }
  return least;
}

/* ---- verdicts ---- */

static const char *const verdicts[REPORT_VERDICTS] = {
    [REPORT_MET] = "met",
    [REPORT_MET_IN_CACHE] = "met, in the cache",
    [REPORT_MET_ONE_BY_ONE] = "met, one after the other",
    [REPORT_MET_BY_MEDIAN] = "met by the median, but not by the whole interval",
    [REPORT_MET_BY_FEW] = "met by the median of too few repetitions",
    [REPORT_MISSED_BY_MEDIAN] = "not met by the median, though it is within the interval",
    [REPORT_MISSED] = "not met",
    [REPORT_NOT_SHOWN] = "not shown by so few claims",
    [REPORT_UNKNOWN] = "not measured",
    [REPORT_NO_BAR] = "no bar",
};

/* The words of the summary. NULL: not counted, or counted with another. */
static const char *const counted[REPORT_VERDICTS] = {
    [REPORT_MET_IN_CACHE] = "in the cache",
    [REPORT_MET_ONE_BY_ONE] = "by rows that ran one after the other",
    [REPORT_MET_BY_MEDIAN] = "by the median but not by the whole interval",
    [REPORT_MET_BY_FEW] = "by the median of too few repetitions",
    [REPORT_MISSED] = "not met",
    [REPORT_NOT_SHOWN] = "not shown by so few claims",
    [REPORT_UNKNOWN] = "not judged",
};

static bool reaches(const report_bar *b, double ratio) {
  switch (b->want) {
    case REPORT_MORE_THAN:
      return ratio > b->bound;
    case REPORT_AT_LEAST:
      return ratio >= b->bound;
    default:
      return ratio <= b->bound;
  }
}

static const char *wanted_of(report_phrase out, const report_bar *b) {
  static const char *const words[] = {
      [REPORT_MORE_THAN] = "more than", [REPORT_AT_LEAST] = "at least", [REPORT_AT_MOST] = "at most"};
  if (b->want == REPORT_SHOWN) return strcpy(out, "–");
  (void)snprintf(out, sizeof(report_phrase), "%s %g", words[b->want], b->bound);
  return out;
}

static report_bar_verdict judge(const report_bar *b, const report_summary *ratio, report_bar_verdict met) {
  if (b->want == REPORT_SHOWN) return REPORT_NO_BAR;
  if (ratio->count == 0) return REPORT_UNKNOWN;
  bool most = b->want == REPORT_AT_MOST;
  if (reaches(b, ratio->median)) {
    if (ratio->count < REPORT_REPETITIONS_FULL) return REPORT_MET_BY_FEW;
    return reaches(b, most ? ratio->high : ratio->low) ? met : REPORT_MET_BY_MEDIAN;
  }
  return reaches(b, most ? ratio->low : ratio->high) ? REPORT_MISSED_BY_MEDIAN : REPORT_MISSED;
}

/* ---- the list ---- */

static const char *const heads[] = {"", "wanted", "measured", "interval or range", "verdict"};

void report_tally_tell(report_tally *all, const char *what, const char *wanted, const char *measured,
                       const char *interval, report_bar_verdict v, const char *doubt) {
  all->of[v]++;
  if (v == REPORT_MISSED || v == REPORT_MISSED_BY_MEDIAN)
    report_text_format(&all->missed, "%s%s (%s, wanted %s)", all->missed.length == 0 ? "" : "; ", what, measured,
                       wanted);
  if (all->table == NULL) return;
  const char *const cells[] = {what, wanted, measured, interval, doubt == NULL ? verdicts[v] : doubt};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) report_table_add(all->table, "%s", cells[i]);
}

void report_tally_ratio(report_tally *all, const report_bar *b, const report_summary *ratio, const char *fastest,
                        report_bar_verdict met, const char *doubt) {
  report_phrase wanted, measured, interval = "";
  report_number digits;
  (void)wanted_of(wanted, b);
  if (ratio->count == 0) {
    report_tally_tell(all, b->what, wanted, "–", "", REPORT_UNKNOWN, NULL);
    return;
  }
  report_bar_verdict v = doubt != NULL && b->want != REPORT_SHOWN ? REPORT_UNKNOWN : judge(b, ratio, met);
  (void)snprintf(measured, sizeof measured, "%s%s%s", report_number_ratio(digits, ratio->median),
                 fastest == NULL ? "" : ", ", fastest == NULL ? "" : fastest);
  report_tally_tell(all, b->what, wanted, measured, report_phrase_interval(interval, ratio), v, doubt);
}

void report_tally_heads(report_table *table) {
  table->heads = heads;
  table->columns = sizeof heads / sizeof *heads;
}

void report_tally_conclude(report_sentences *out, const char *lead, report_tally *all) {
  report_text text = {0};
  size_t missed = all->of[REPORT_MISSED] + all->of[REPORT_MISSED_BY_MEDIAN], count = 0;
  for (size_t v = 0; v < REPORT_NO_BAR; v++) count += all->of[v];
  report_text_format(&text, "%s %zu bars %zu %s met", lead == NULL ? "Of" : "of", count, all->of[REPORT_MET],
                     all->of[REPORT_MET] == 1 ? "is" : "are");
  for (size_t v = 0; v < REPORT_VERDICTS; v++) {
    size_t of = v == REPORT_MISSED ? missed : all->of[v];
    if (counted[v] != NULL && of != 0) report_text_format(&text, ", %zu %s", of, counted[v]);
  }
  report_text_add(&text, ".");
  if (missed != 0) report_text_format(&text, " Not met: %s.", report_text_string(&all->missed));
  if (all->missed.failed) text.failed = true;
  report_sentence_finish(out, lead, &text);
}
