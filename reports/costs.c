/* The chapter on what one claim costs: counted, not timed. */
#include <stdio.h>
#include <string.h>

#include "chapters.h"
#include "number.h"

static const char *const heads[] = {"",      "instructions", "cache lines", "of these beyond the last cache",
                                    "reads", "writes"};

static const report_count *find(const report_counts *counts, const char *implementation) {
  for (size_t i = 0; i < counts->count; i++) {
    if (strcmp(counts->rows[i].implementation, implementation) == 0) return &counts->rows[i];
  }
  return NULL;
}

static void tabulate(report_table *table, const report_counts *counts) {
  table->heads = heads;
  table->columns = sizeof heads / sizeof *heads;
  for (size_t i = 0; i < counts->count; i++) {
    const report_count *row = &counts->rows[i];
    const double values[] = {row->instructions, row->first_misses, row->last_misses, row->reads, row->writes};
    report_table_add(table, "%s", report_implementation_label(row->implementation));
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      report_number digits;
      report_table_add(table, "%s", report_number_ratio(digits, values[v]));
    }
  }
}

static void conclude_own(report_sentences *out, const report_counts *counts, const char *implementation) {
  const report_count *row = find(counts, implementation);
  report_number instructions, lines;
  if (row == NULL) return;
  report_sentence(out, report_implementation_label(implementation), "a claim takes %s instructions and %s cache lines.",
                  report_number_ratio(instructions, row->instructions), report_number_ratio(lines, row->first_misses));
}

/* The least of each figure among the others. */
static void conclude_others(report_sentences *out, const report_counts *counts) {
  const report_count *instructions = NULL, *lines = NULL;
  const report_subject *subject = report_subject_find("nonce_claim");
  for (size_t i = 0; i < counts->count; i++) {
    const report_count *row = &counts->rows[i];
    if (report_is_own(subject, row->implementation)) continue;
    if (instructions == NULL || row->instructions < instructions->instructions) instructions = row;
    if (lines == NULL || row->first_misses < lines->first_misses) lines = row;
  }
  if (lines == NULL) return;
  report_number least_instructions, least_lines;
  report_sentence(out, "The others", "the fewest instructions are %s, of %s; the fewest cache lines %s, of %s.",
                  report_number_ratio(least_instructions, instructions->instructions),
                  report_implementation_label(instructions->implementation),
                  report_number_ratio(least_lines, lines->first_misses),
                  report_implementation_label(lines->implementation));
}

static void describe(report_chapter *out, const report_counts *counts) {
  report_text about = {0};
  report_number claims, live;
  report_text_format(&about,
                     "Counted by %s, not timed: %s claims while %s nonces are live, with the removal of what has "
                     "expired. What making the nonces costs is taken off. A cache line counts where it is not in a "
                     "first cache of %.0f KiB (prefetches are not seen by the counting), so it is one that the claim "
                     "touches and that was not touched just before; the last cache holds %.0f KiB. Waiting for one "
                     "another is not in the figures: one thread claims.",
                     counts->tool == NULL ? "an unknown tool" : counts->tool,
                     report_number_words(claims, counts->claims), report_number_words(live, counts->live),
                     counts->first_cache / 1024, counts->last_cache / 1024);
  out->failed = about.failed;
  out->about = about.data;
}

void report_chapter_costs(report_chapter *out, const report_evidence *evidence) {
  const report_counts *counts = &evidence->studies->counts;
  out->id = "costs";
  out->title = "What one claim costs";
  if (!counts->present) return;
  if (counts->skipped != NULL) {
    report_sentence(&out->sentences, NULL,
                    "Instructions and cache lines were not counted (%s), so nothing is said about them.",
                    counts->skipped);
    return;
  }
  describe(out, counts);
  conclude_own(&out->sentences, counts, "countersign");
  conclude_own(&out->sentences, counts, "countersign_batch");
  conclude_others(&out->sentences, counts);
  tabulate(&out->table, counts);
}
