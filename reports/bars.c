/* The bars of the nonce table: what it is wanted to reach, and whether this run shows that it does. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chapters.h"
#include "number.h"

#define SINGLE "countersign"
#define BATCH "countersign_batch"
#define LARGE REPORT_VARIANT_LARGE

/* A set of rows. */
typedef struct side {
  const char *variant, *implementation; /* NULL: every peer, of which the fastest counts */
  unsigned threads;
} side;

/* A ratio of times: `over` to `under`. */
typedef struct bar {
  const char *what, *wanted;
  side over, under;
  double bound;
  bool at_least; /* false: at most */
  bool optional; /* left out where it was not run */
} bar;

static const bar bars[] = {
    {"Batches against the fastest peer, one thread", "at least 4", {LARGE, NULL, 1}, {LARGE, BATCH, 1}, 4, true, false},
    {"Batches against the fastest peer, two threads each",
     "at least 8",
     {LARGE, NULL, 2},
     {LARGE, BATCH, 2},
     8,
     true,
     false},
    {"Time in batches against compare-and-swap in batches on the same bytes",
     "at most 2.5",
     {LARGE, BATCH, 1},
     {LARGE, "limit_cas_batch", 1},
     2.5,
     false,
     false},
    {"Single claims against the fastest peer, one thread",
     "more than 1",
     {LARGE, NULL, 1},
     {LARGE, SINGLE, 1},
     1,
     true,
     false},
    {"Time of a single claim against a random load from the same bytes",
     "at most 1.3",
     {LARGE, SINGLE, 1},
     {LARGE, "limit_load", 1},
     1.3,
     false,
     false},
    {"Two threads against one, in batches", "at least 1.8", {LARGE, BATCH, 1}, {LARGE, BATCH, 2}, 1.8, true, false},
    {"Two threads against one, single claims",
     "at least 1.8",
     {LARGE, SINGLE, 1},
     {LARGE, SINGLE, 2},
     1.8,
     true,
     false},
    {"Time in batches with 128 M live nonces against 8 M",
     "at most 1.5",
     {REPORT_VARIANT_HUGE, BATCH, 1},
     {LARGE, BATCH, 1},
     1.5,
     false,
     true},
};
enum { BARS = sizeof bars / sizeof *bars };

#define BYTES_MAX 11.0

/* All of them are to be beaten: the fastest of some is not the fastest peer. */
static const char *const peers[] = {"urcu_lfht", "libcuckoo", "tbb", "mutex_sharded", "mutex_global"};
enum { PEERS = sizeof peers / sizeof *peers };

/* ---- one ratio ---- */

static bool fits(const report_section *section, const side *s, const report_row *row) {
  const char *name = row->name.implementation;
  if (s->implementation != NULL) return strcmp(name, s->implementation) == 0;
  return !report_is_limit(name) && !report_is_own(section->subject, name);
}

static bool has_all_peers(const report_group *group) {
  size_t found = 0;
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    for (size_t p = 0; p < PEERS; p++) found += strcmp(group->rows[r]->name.implementation, peers[p]) == 0;
  }
  return found == PEERS;
}

static const report_group *group_of(const report_section *section, const side *s) {
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    if (group->threads == s->threads && strcmp(group->variant, s->variant) == 0) return group;
  }
  return NULL;
}

static const report_row *row_of(const report_section *section, const side *s) {
  const report_group *group = group_of(section, s);
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    if (fits(section, s, group->rows[r])) return group->rows[r];
  }
  return NULL;
}

/* Both rows' memory is to be on huge pages: without them a large set is slowed by page tables, not by its size. */
static bool on_huge_pages(const report_section *section, const bar *b) {
  return report_row_counter(row_of(section, &b->over), REPORT_COUNTER_HUGE) >= REPORT_HUGE_MIN &&
         report_row_counter(row_of(section, &b->under), REPORT_COUNTER_HUGE) >= REPORT_HUGE_MIN;
}

/* Why this ratio shows nothing; NULL where it does. */
static const char *ratio_doubt(const report_section *section, const bar *b) {
  if (b->over.implementation == NULL && !has_all_peers(group_of(section, &b->over))) return "not all peers measured";
  bool huge = strcmp(b->over.variant, REPORT_VARIANT_HUGE) == 0;
  return huge && !on_huge_pages(section, b) ? "not on huge pages, or not known to be" : NULL;
}

/* Of several peers each figure is the least of theirs: all of them have to be beaten. `count` 0: not measured. */
static report_summary ratio_of(const report_section *section, const bar *b, const char **fastest) {
  const report_group *group = group_of(section, &b->over);
  const report_row *under = row_of(section, &b->under);
  report_summary least = {.count = 0};
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    if (!fits(section, &b->over, group->rows[r])) continue;
    report_summary ratio = report_ratio(group->rows[r], under);
    if (ratio.count == 0) continue;
    if (least.count == 0 || ratio.median < least.median) {
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

typedef enum verdict { MET, MET_BY_MEDIAN, MISSED_BY_MEDIAN, MISSED, NOT_SHOWN, UNKNOWN, VERDICTS } verdict;

static const char *const verdicts[VERDICTS] = {
    [MET] = "met",
    [MET_BY_MEDIAN] = "met by the median, but not by the whole interval",
    [MISSED_BY_MEDIAN] = "not met by the median, though it is within the interval",
    [MISSED] = "not met",
    [NOT_SHOWN] = "not shown by so few claims",
    [UNKNOWN] = "not measured",
};

/* Where more than the bound is wanted, a bound of 1 itself is not enough: such a ratio is no difference. */
static bool reaches(const bar *b, double ratio) {
  if (!b->at_least) return ratio <= b->bound;
  return b->bound == 1 ? ratio > 1 : ratio >= b->bound;
}

static verdict judge(const bar *b, const report_summary *ratio) {
  if (ratio->count == 0) return UNKNOWN;
  if (reaches(b, ratio->median)) {
    bool surely = ratio->count >= 2 && reaches(b, b->at_least ? ratio->low : ratio->high);
    return surely ? MET : MET_BY_MEDIAN;
  }
  return reaches(b, b->at_least ? ratio->high : ratio->low) ? MISSED_BY_MEDIAN : MISSED;
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

static void tell_ratio(tally *all, const report_section *section, const bar *b) {
  const char *fastest = "";
  report_summary ratio = ratio_of(section, b, &fastest);
  report_phrase measured, interval = "";
  report_number digits;
  if (ratio.count == 0) {
    if (!b->optional) tell(all, b->what, b->wanted, "–", "", UNKNOWN, NULL);
    return;
  }
  const char *doubt = ratio_doubt(section, b);
  bool named = b->over.implementation == NULL;
  (void)snprintf(measured, sizeof measured, "%s%s%s", report_number_ratio(digits, ratio.median), named ? ", " : "",
                 named ? fastest : "");
  tell(all, b->what, b->wanted, measured, report_phrase_interval(interval, &ratio),
       doubt == NULL ? judge(b, &ratio) : UNKNOWN, doubt);
}

static void tell_bytes(tally *all, const report_section *section) {
  const side single = {LARGE, SINGLE, 1};
  double bytes = report_row_counter(row_of(section, &single), "bytes_per_nonce");
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
  const side single = {LARGE, SINGLE, 1}, batch = {LARGE, BATCH, 1};
  if (section == NULL || (row_of(section, &single) == NULL && row_of(section, &batch) == NULL)) return false;
  for (size_t i = 0; i < BARS; i++) tell_ratio(all, section, &bars[i]);
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
  for (size_t v = 0; v < VERDICTS; v++) count += all->of[v];
  report_text_format(&text, "%s %zu bars %zu %s met", lead == NULL ? "Of" : "of", count, all->of[MET],
                     all->of[MET] == 1 ? "is" : "are");
  if (all->of[MET_BY_MEDIAN] != 0)
    report_text_format(&text, ", %zu by the median but not by the whole interval", all->of[MET_BY_MEDIAN]);
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
  if (tell_all(&all, evidence)) conclude(&out->sentences, NULL, &all);
  report_text_free(&all.missed);
}
