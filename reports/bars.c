/* The bars of the nonce table: what it is wanted to reach, and whether this run shows that it does. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bars.h"
#include "chapters.h"
#include "number.h"

#define SINGLE "countersign"
#define BATCH "countersign_batch"
#define LOAD "limit_load"
#define CAS "limit_cas_batch"
#define LARGE REPORT_VARIANT_LARGE
#define HUGE REPORT_VARIANT_HUGE

#define MORE_THAN REPORT_MORE_THAN
#define AT_LEAST REPORT_AT_LEAST
#define AT_MOST REPORT_AT_MOST
#define SHOWN REPORT_SHOWN

/* What is measured, what is wanted of it, and the rows: the time of the first divided by that of the second. */
static const report_bar bars[] = {
    {"Single claims against the fastest peer, one thread", MORE_THAN, 1, {LARGE, NULL, 1}, {LARGE, SINGLE, 1}},
    {"Batches against the fastest peer's single claims, one thread", AT_LEAST, 4, {LARGE, NULL, 1}, {LARGE, BATCH, 1}},
    {"Batches against the fastest peer's single claims, two threads", AT_LEAST, 8, {LARGE, NULL, 2}, {LARGE, BATCH, 2}},
    {"Time of a single claim against one dependent random load", AT_MOST, 1.3, {LARGE, SINGLE, 1}, {LARGE, LOAD, 1}},
    {"Time in batches against CAS in batches of 16, one thread", AT_MOST, 2.5, {LARGE, BATCH, 1}, {LARGE, CAS, 1}},
    {"Time in batches against CAS in batches of 16, two threads", SHOWN, 0, {LARGE, BATCH, 2}, {LARGE, CAS, 2}},
    {"Two threads against one, single claims", AT_LEAST, 1.8, {LARGE, SINGLE, 1}, {LARGE, SINGLE, 2}},
    {"Two threads against one, in batches", AT_LEAST, 1.8, {LARGE, BATCH, 1}, {LARGE, BATCH, 2}},
    {"Time in batches with 128 M live nonces against 8 M", AT_MOST, 1.5, {HUGE, BATCH, 1}, {LARGE, BATCH, 1}},
    {"128 M live: single against the fastest peer, one thread", MORE_THAN, 1, {HUGE, NULL, 1}, {HUGE, SINGLE, 1}},
    {"128 M live: batches against the fastest peer, one thread", AT_LEAST, 4, {HUGE, NULL, 1}, {HUGE, BATCH, 1}},
    {"128 M live: batches against the fastest peer, two threads", AT_LEAST, 8, {HUGE, NULL, 2}, {HUGE, BATCH, 2}},
    {"128 M live: single claim against one dependent random load", AT_MOST, 1.3, {HUGE, SINGLE, 1}, {HUGE, LOAD, 1}},
    {"128 M live: batches against CAS in batches of 16, one thread", AT_MOST, 2.5, {HUGE, BATCH, 1}, {HUGE, CAS, 1}},
    {"128 M live: two threads against one, single claims", AT_LEAST, 1.8, {HUGE, SINGLE, 1}, {HUGE, SINGLE, 2}},
    {"128 M live: two threads against one, in batches", AT_LEAST, 1.8, {HUGE, BATCH, 1}, {HUGE, BATCH, 2}},
};
enum { BARS = sizeof bars / sizeof *bars };

#define BYTES_MAX 11.0

/* Left out where it was not run: what takes minutes, and what no bar asks for. */
static bool is_optional(const report_bar *b) {
  return b->want == REPORT_SHOWN || strcmp(b->over.variant, HUGE) == 0;
}

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
static report_summary ratio_of(const report_section *section, const report_bar *b, const char **fastest) {
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

/* The range of the ratios of 4 repetitions to 4 holds the true one with 97 % confidence, that of 3 to 3 with 90 %. */
enum { REPETITIONS_MIN = 4 };

typedef enum verdict {
  MET,
  MET_BY_MEDIAN,
  MET_BY_FEW,
  MISSED_BY_MEDIAN,
  MISSED,
  NOT_SHOWN,
  UNKNOWN,
  NO_BAR,
  VERDICTS
} verdict;

static const char *const verdicts[VERDICTS] = {
    [MET] = "met",
    [MET_BY_MEDIAN] = "met by the median, but not by the whole interval",
    [MET_BY_FEW] = "met by the median of too few repetitions",
    [MISSED_BY_MEDIAN] = "not met by the median, though it is within the interval",
    [MISSED] = "not met",
    [NOT_SHOWN] = "not shown by so few claims",
    [UNKNOWN] = "not measured",
    [NO_BAR] = "no bar",
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

static verdict judge(const report_bar *b, const report_summary *ratio) {
  if (b->want == REPORT_SHOWN) return NO_BAR;
  if (ratio->count == 0) return UNKNOWN;
  bool most = b->want == REPORT_AT_MOST;
  if (reaches(b, ratio->median)) {
    if (ratio->count < REPETITIONS_MIN) return MET_BY_FEW;
    return reaches(b, most ? ratio->high : ratio->low) ? MET : MET_BY_MEDIAN;
  }
  return reaches(b, most ? ratio->low : ratio->high) ? MISSED_BY_MEDIAN : MISSED;
}

/* ---- the list ---- */

static const char *const heads[] = {"", "wanted", "measured", "interval or range", "verdict"};

/* What each bar is told: a line of the table, or a part of the summary. */
typedef struct tally {
  report_table *table; /* NULL: only counted */
  size_t of[VERDICTS];
  report_text missed; /* "what (3.20, wanted at least 4); …" */
} tally;

/* `doubt`: why there is no verdict though something was measured; NULL where there is none. */
static void tell(tally *all, const char *what, const char *wanted, const char *measured, const char *interval,
                 verdict v, const char *doubt) {
  all->of[v]++;
  if (v == MISSED || v == MISSED_BY_MEDIAN)
    report_text_format(&all->missed, "%s%s (%s, wanted %s)", all->missed.length == 0 ? "" : "; ", what, measured,
                       wanted);
  if (all->table == NULL) return;
  const char *const cells[] = {what, wanted, measured, interval, doubt == NULL ? verdicts[v] : doubt};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) report_table_add(all->table, "%s", cells[i]);
}

static void tell_ratio(tally *all, const report_results *results, const report_section *section, const report_bar *b) {
  const char *fastest = NULL;
  report_summary ratio = ratio_of(section, b, &fastest);
  report_phrase wanted, measured, interval = "";
  report_number digits;
  (void)wanted_of(wanted, b);
  if (ratio.count == 0) {
    if (!is_optional(b)) tell(all, b->what, wanted, "–", "", UNKNOWN, NULL);
    return;
  }
  const char *doubt = report_bar_doubt(results, section, b, &ratio);
  verdict v = doubt != NULL && b->want != REPORT_SHOWN ? UNKNOWN : judge(b, &ratio);
  (void)snprintf(measured, sizeof measured, "%s%s%s", report_number_ratio(digits, ratio.median),
                 fastest == NULL ? "" : ", ", fastest == NULL ? "" : fastest);
  tell(all, b->what, wanted, measured, report_phrase_interval(interval, &ratio), v, doubt);
}

static void tell_bytes(tally *all, const report_section *section) {
  const report_side single = {LARGE, SINGLE, 1};
  double bytes = report_row_counter(report_side_row(section, &single), "bytes_per_nonce");
  report_number digits;
  verdict v = !isfinite(bytes) ? UNKNOWN : bytes <= BYTES_MAX ? MET : MISSED;
  tell(all, "Bytes of region for a live nonce", "at most 11", report_number_ratio(digits, bytes), "", v, NULL);
}

/* The interval is a bound, as the share itself is nearly always 0. `point`: NULL where it was not simulated. */
static void tell_full(tally *all, const report_evidence *evidence, const char *what, const report_load *point) {
  if (point == NULL) {
    tell(all, what, "below 1 in a billion", "–", "", UNKNOWN, NULL);
    return;
  }
  double share = report_load_share(point);
  report_phrase upper, measured, interval;
  (void)snprintf(interval, sizeof interval, "below %s", report_number_share(upper, point->upper));
  (void)report_number_share(measured, share);
  verdict v = point->upper < REPORT_FULL_SHARE_MAX ? MET : share < REPORT_FULL_SHARE_MAX ? NOT_SHOWN : MISSED;
  const char *doubt = report_capacity_doubt(&evidence->studies->capacity, evidence->analysis->results);
  tell(all, what, "below 1 in a billion", measured, interval, doubt == NULL ? v : UNKNOWN, doubt);
}

/* Nothing where the large set was not run: nearly all bars are about it. */
static bool tell_all(tally *all, const report_evidence *evidence) {
  const report_section *section = report_analysis_section(evidence->analysis, "nonce_claim");
  const report_side single = {LARGE, SINGLE, 1}, batch = {LARGE, BATCH, 1};
  if (section == NULL || (report_side_row(section, &single) == NULL && report_side_row(section, &batch) == NULL))
    return false;
  for (size_t i = 0; i < BARS; i++) tell_ratio(all, evidence->analysis->results, section, &bars[i]);
  tell_bytes(all, section);
  const report_capacity *capacity = &evidence->studies->capacity;
  tell_full(all, evidence, "Claims that find it full at the design load", report_capacity_design(capacity));
  tell_full(all, evidence, "Claims that find it full in a cold start at the design load",
            report_capacity_cold(capacity));
  return true;
}

static void conclude(report_sentences *out, const char *lead, tally *all) {
  report_text text = {0};
  size_t missed = all->of[MISSED] + all->of[MISSED_BY_MEDIAN], count = 0;
  for (size_t v = 0; v < NO_BAR; v++) count += all->of[v];
  report_text_format(&text, "%s %zu bars %zu %s met", lead == NULL ? "Of" : "of", count, all->of[MET],
                     all->of[MET] == 1 ? "is" : "are");
  if (all->of[MET_BY_MEDIAN] != 0)
    report_text_format(&text, ", %zu by the median but not by the whole interval", all->of[MET_BY_MEDIAN]);
  if (all->of[MET_BY_FEW] != 0)
    report_text_format(&text, ", %zu by the median of too few repetitions", all->of[MET_BY_FEW]);
  if (missed != 0) report_text_format(&text, ", %zu not met", missed);
  if (all->of[NOT_SHOWN] != 0) report_text_format(&text, ", %zu not shown by so few claims", all->of[NOT_SHOWN]);
  if (all->of[UNKNOWN] != 0) report_text_format(&text, ", %zu not judged", all->of[UNKNOWN]);
  report_text_add(&text, ".");
  if (missed != 0) report_text_format(&text, " Not met: %s.", report_text_string(&all->missed));
  if (all->missed.failed) text.failed = true;
  report_sentence_finish(out, lead, &text);
}

void report_conclude_bars(report_sentences *out, const report_evidence *evidence) {
  tally all = {0};
  if (tell_all(&all, evidence)) conclude(out, "Bars of the nonce table", &all);
  report_text_free(&all.missed);
}

void report_chapter_bars(report_chapter *out, const report_evidence *evidence) {
  tally all = {.table = &out->table};
  out->id = "bars";
  out->title = "Bars of the nonce table";
  out->table.heads = heads;
  out->table.columns = sizeof heads / sizeof *heads;
  if (tell_all(&all, evidence)) {
    const report_section *section = report_analysis_section(evidence->analysis, "nonce_claim");
    conclude(&out->sentences, NULL, &all);
    report_bar_notes(&out->notes, evidence->analysis->results, section);
  }
  report_text_free(&all.missed);
}
