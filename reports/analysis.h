/* The rows in the order of the report: sections (a subject), groups (a variant and a number of threads), rows. */
#ifndef CSN_REPORTS_ANALYSIS_H
#define CSN_REPORTS_ANALYSIS_H

#include "results.h"
#include "subjects.h"

typedef struct report_group {
  const char *variant;
  unsigned threads;
  const report_row *const *rows; /* the fastest first; then those without a measurement */
  size_t row_count;
  size_t measured;
  const report_row *baseline; /* measured; NULL where it was not */
} report_group;

typedef struct report_section {
  const report_subject *subject; /* report_subject_unknown where it is not known */
  const char *name;
  const char *title;
  const report_group *groups; /* by variant (numbers in their order), then threads */
  size_t group_count;
  size_t row_count;
  bool has_threads; /* some group has more than one thread, so that the others say that they have one */
  bool is_flat;     /* each group is one row of the same implementation: rows are told apart by their group */
} report_section;

typedef struct report_analysis {
  const report_results *results; /* must outlive this */
  report_section *sections;
  size_t section_count;
  report_group *groups;
  const report_row **rows;
} report_analysis;

/* Returns false when memory runs out. Free it in either case. */
bool report_analyse(report_analysis *out, const report_results *results);
void report_analysis_free(report_analysis *analysis);

/* NULL where the run has none of it. */
const report_section *report_analysis_section(const report_analysis *analysis, const char *subject);

/* time(row) / time(baseline), as report_summarise_ratio() says. `count` 0 where either was not measured. */
report_summary report_ratio(const report_row *row, const report_row *baseline);

/* The group's name for a reader: "64 bytes", "1 M live nonces, 2 threads". Empty where its variant has no name. */
enum { REPORT_TITLE_SIZE = 256 };
typedef char report_title[REPORT_TITLE_SIZE];
const char *report_group_title(report_title out, const report_section *section, const report_group *group);

/* What tells a row from the others of its table: its implementation, or its group's name in a flat section. */
const char *report_row_title(report_title out, const report_section *section, const report_group *group,
                             const report_row *row);

#endif
