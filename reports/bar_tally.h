/* What the lists of bars share: a bar is a ratio of rows that is wanted to be so large or so small. */
#ifndef CSN_REPORTS_BAR_TALLY_H
#define CSN_REPORTS_BAR_TALLY_H

#include "chapters.h"

/* A set of rows. */
typedef struct report_side {
  const char *variant, *implementation; /* NULL: every peer, of which the fastest counts */
  unsigned threads;
} report_side;

typedef enum report_want { REPORT_MORE_THAN, REPORT_AT_LEAST, REPORT_AT_MOST, REPORT_SHOWN } report_want;

/* A ratio of times: `over` to `under`. */
typedef struct report_bar {
  const char *what;
  report_want want; /* REPORT_SHOWN: no bar, only printed */
  double bound;
  report_side over, under;
} report_bar;

/* A side's rows are those measured rows of its group that fit. NULL where there is no group, or no such row. */
const report_group *report_side_group(const report_section *section, const report_side *side);
bool report_side_fits(const report_section *section, const report_side *side, const report_row *row);
const report_row *report_side_row(const report_section *section, const report_side *side);

/* The time of `over` divided by that of `under`. Of several peers each figure is the least of theirs: all of them have
 * to be beaten, and `*fastest` is set to the label of the one that decides. `count` 0: not measured. */
report_summary report_bar_ratio(const report_section *section, const report_bar *bar, const char **fastest);

typedef enum report_bar_verdict {
  REPORT_MET,
  REPORT_MET_IN_CACHE,
  REPORT_MET_ONE_BY_ONE,
  REPORT_MET_BY_MEDIAN,
  REPORT_MET_BY_FEW,
  REPORT_MISSED_BY_MEDIAN,
  REPORT_MISSED,
  REPORT_NOT_SHOWN,
  REPORT_UNKNOWN,
  REPORT_NO_BAR,
  REPORT_VERDICTS
} report_bar_verdict;

/* What each bar is told: a line of the table, or a part of the summary. */
typedef struct report_tally {
  report_table *table; /* NULL: only counted */
  size_t of[REPORT_VERDICTS];
  report_text missed; /* "what (3.20, wanted at least 4); …"; the owner frees it */
} report_tally;

/* The columns of the table. */
void report_tally_heads(report_table *table);

/* One bar. `met`: its verdict where the whole interval reaches what is wanted. `doubt`: why it has none though
 * something was measured; NULL where it has. */
void report_tally_ratio(report_tally *all, const report_bar *bar, const report_summary *ratio, const char *fastest,
                        report_bar_verdict met, const char *doubt);
void report_tally_tell(report_tally *all, const char *what, const char *wanted, const char *measured,
                       const char *interval, report_bar_verdict verdict, const char *doubt);

/* How many of them are met, and which are not. */
void report_tally_conclude(report_sentences *out, const char *lead, report_tally *all);

#endif
