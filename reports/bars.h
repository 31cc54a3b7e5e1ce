/* The ratios of rows that the bars of the nonce table are about. */
#ifndef CSN_REPORTS_BARS_H
#define CSN_REPORTS_BARS_H

#include "conclusions.h"

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

/* Why the ratio shows nothing; NULL where it does. `ratio`: what was measured. */
const char *report_bar_doubt(const report_results *results, const report_section *section, const report_bar *bar,
                             const report_summary *ratio);

/* What has to be known to read the ratios, but voids none of them. */
void report_bar_notes(report_sentences *out, const report_results *results, const report_section *section);

#endif
