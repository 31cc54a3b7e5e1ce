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

/* ---- the list ---- */

static void tell_ratio(report_tally *all, const report_results *results, const report_section *section,
                       const report_bar *b) {
  const char *fastest = NULL;
  report_summary ratio = report_bar_ratio(section, b, &fastest);
  if (ratio.count == 0 && is_optional(b)) return;
  const char *doubt = ratio.count == 0 ? NULL : report_bar_doubt(results, section, b, &ratio);
  report_tally_ratio(all, b, &ratio, fastest, report_bar_met(results, section, b), doubt);
}

static void tell_bytes(report_tally *all, const report_section *section) {
  const report_side single = {LARGE, SINGLE, 1};
  double bytes = report_row_counter(report_side_row(section, &single), "bytes_per_nonce");
  report_number digits;
  report_bar_verdict v = !isfinite(bytes) ? REPORT_UNKNOWN : bytes <= BYTES_MAX ? REPORT_MET : REPORT_MISSED;
  report_tally_tell(all, "Bytes of region for a live nonce", "at most 11", report_number_ratio(digits, bytes), "", v,
                    NULL);
}

/* The interval is a bound, as the share itself is nearly always 0. `point`: NULL where it was not simulated. */
static void tell_full(report_tally *all, const report_evidence *evidence, const char *what, const report_load *point) {
  if (point == NULL) {
    report_tally_tell(all, what, "below 1 in a billion", "–", "", REPORT_UNKNOWN, NULL);
    return;
  }
  double share = report_load_share(point);
  report_phrase upper, measured, interval;
  (void)snprintf(interval, sizeof interval, "below %s", report_number_share(upper, point->upper));
  (void)report_number_share(measured, share);
  report_bar_verdict v = point->upper < REPORT_FULL_SHARE_MAX ? REPORT_MET
                         : share < REPORT_FULL_SHARE_MAX      ? REPORT_NOT_SHOWN
                                                              : REPORT_MISSED;
  const char *doubt = report_capacity_doubt(&evidence->studies->capacity, evidence->analysis->results);
  report_tally_tell(all, what, "below 1 in a billion", measured, interval, doubt == NULL ? v : REPORT_UNKNOWN, doubt);
}

/* Nothing where the large set was not run: nearly all bars are about it. */
static bool tell_all(report_tally *all, const report_evidence *evidence) {
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

void report_conclude_bars(report_sentences *out, const report_evidence *evidence) {
  report_tally all = {0};
  if (tell_all(&all, evidence)) report_tally_conclude(out, "Bars of the nonce table", &all);
  report_text_free(&all.missed);
}

void report_chapter_bars(report_chapter *out, const report_evidence *evidence) {
  report_tally all = {.table = &out->table};
  out->id = "bars";
  out->title = "Bars of the nonce table";
  report_tally_heads(&out->table);
  if (tell_all(&all, evidence)) {
    const report_section *section = report_analysis_section(evidence->analysis, "nonce_claim");
    report_tally_conclude(&out->sentences, NULL, &all);
    report_bar_notes(&out->notes, evidence->analysis->results, section);
  }
  report_text_free(&all.missed);
}
