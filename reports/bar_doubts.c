/* What speaks against a ratio of the nonce table: doubts, which leave no verdict, what makes "met" less than that, and
 * notes below the table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "number.h"

/* Runnable threads of others from which on two threads had no two cores to themselves. */
#define LOAD_DOUBTED 1.0

/* Sets below so many times the last-level cache are in it for a good part. */
#define CACHE_TIMES 3

/* All of them are to be beaten: the fastest of some is not the fastest peer. */
static const char *const peers[] = {"urcu_lfht", "libcuckoo", "tbb", "mutex_sharded", "mutex_global"};
enum { PEERS = sizeof peers / sizeof *peers };

/* ---- doubts ---- */

static bool has_all_peers(const report_group *group) {
  size_t found = 0;
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    for (size_t p = 0; p < PEERS; p++) found += strcmp(group->rows[r]->name.implementation, peers[p]) == 0;
  }
  return found == PEERS;
}

/* All rows of a side: without huge pages a large set is slowed by page tables, not by its size. */
static bool on_huge_pages(const report_section *section, const report_side *side) {
  const report_group *group = report_side_group(section, side);
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    const report_row *row = group->rows[r];
    if (!report_side_fits(section, side, row)) continue;
    if (!(report_row_counter(row, REPORT_COUNTER_HUGE) >= REPORT_HUGE_MIN)) return false;
  }
  return true;
}

static bool is_scaling(const report_bar *bar) {
  return bar->over.threads == 1 && bar->under.threads == 2;
}

const char *report_bar_doubt(const report_results *results, const report_section *section, const report_bar *bar,
                             const report_summary *ratio) {
  if (bar->over.implementation == NULL && !has_all_peers(report_side_group(section, &bar->over)))
    return "not all peers measured";
  if (!on_huge_pages(section, &bar->over) || !on_huge_pages(section, &bar->under))
    return "not on huge pages, or not known to be";
  if (is_scaling(bar) && ratio->low > 2)
    return "more than twice: the row with one thread is slow for some other reason";
  if (is_scaling(bar) && !(report_results_load(results) < LOAD_DOUBTED))
    return "the machine was not quiet at the start, or not known to be";
  return NULL;
}

/* ---- sizes ---- */

/* "live_8M": 8 * 2^20. */
static double live_of(const char *variant) {
  char *unit;
  double live = strtod(variant + strcspn(variant, "0123456789"), &unit);
  return live * (*unit == 'k' ? 0x1p10 : *unit == 'M' ? 0x1p20 : 1);
}

static double region_of(const report_row *row, const char *variant) {
  return report_row_counter(row, "bytes_per_nonce") * live_of(variant);
}

static bool is_own(const report_section *section, const report_side *side) {
  return side->implementation != NULL && report_is_own(section->subject, side->implementation);
}

report_bar_verdict report_bar_met(const report_results *results, const report_section *section, const report_bar *bar) {
  const report_side *own = is_own(section, &bar->over) ? &bar->over : &bar->under;
  bool compared = !is_own(section, &bar->over) || !is_own(section, &bar->under);
  double table = region_of(report_side_row(section, own), own->variant);
  if (compared && !(table >= CACHE_TIMES * results->last_cache)) return REPORT_MET_IN_CACHE;
  return report_results_one_by_one(results) ? REPORT_MET_ONE_BY_ONE : REPORT_MET;
}

/* ---- notes ---- */

/* "; nor are the sets of X (460 MiB), Y (612 MiB)". */
static void add_small_peers(report_text *text, const report_section *section, const char *variant, double limit) {
  const report_side side = {variant, NULL, 1};
  const report_group *group = report_side_group(section, &side);
  size_t said = 0;
  for (size_t r = 0; group != NULL && r < group->measured; r++) {
    const report_row *row = group->rows[r];
    report_number size;
    if (!report_side_fits(section, &side, row) || !(region_of(row, variant) < limit)) continue;
    report_text_format(text, "%s%s (%s)", said++ == 0 ? "; nor are the sets of " : ", ",
                       report_implementation_label(row->name.implementation),
                       report_number_size(size, region_of(row, variant)));
  }
}

static void note_cache(report_sentences *out, const report_results *results, const report_section *section,
                       const char *variant) {
  const report_side single = {variant, section->subject->baseline, 1};
  double limit = CACHE_TIMES * results->last_cache, table = region_of(report_side_row(section, &single), variant);
  report_number table_size, cache_size;
  report_text text = {0};
  if (table >= limit || report_side_group(section, &single) == NULL) return;
  if (!(table < limit)) {
    report_sentence(out, report_variant_label(section->name, variant),
                    "the size of the table or that of the last-level cache is not known: what is met counts as met in "
                    "the cache.");
    return;
  }
  report_text_format(&text,
                     "the table (%s) is not several times the last-level cache (%s), which answers a part of the "
                     "accesses, or all, in the rows Countersign and Countersign, batches, and in those of CAS and "
                     "loads",
                     report_number_size(table_size, table), report_number_size(cache_size, results->last_cache));
  add_small_peers(&text, section, variant, limit);
  report_text_add(&text, ".");
  if (table / live_of(variant) * live_of(REPORT_VARIANT_HUGE) >= limit)
    report_text_add(&text, " " REPORT_VARIANT_HUGE " has the rows that are larger than the cache.");
  report_sentence_finish(out, report_variant_label(section->name, variant), &text);
}

void report_bar_notes(report_sentences *out, const report_results *results, const report_section *section) {
  report_sentence(out, NULL,
                  "Batches are of 64 claims. The peers have no batches: they are called one claim at a time. CAS and "
                  "loads claim nothing; they go to as many bytes as the table has.");
  if (report_results_one_by_one(results))
    report_sentence(out, NULL,
                    "The rows ran one after the other: how the machine drifted between two rows is in their ratio, but "
                    "not in its interval. So what is met counts apart.");
  note_cache(out, results, section, REPORT_VARIANT_LARGE);
  note_cache(out, results, section, REPORT_VARIANT_HUGE);
}
