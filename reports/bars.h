/* What is to be known of the ratios that the bars of the nonce table are about. */
#ifndef CSN_REPORTS_BARS_H
#define CSN_REPORTS_BARS_H

#include "bar_tally.h"

/* Why the ratio shows nothing; NULL where it does. `ratio`: what was measured. */
const char *report_bar_doubt(const report_results *results, const report_section *section, const report_bar *bar,
                             const report_summary *ratio);

/* The verdict of a ratio that reaches what is wanted: another than REPORT_MET where the bar compares the table with a
 * peer or a limit, and it is in the last-level cache or not known to be larger; else, where the rows did not run in
 * random order. */
report_bar_verdict report_bar_met(const report_results *results, const report_section *section, const report_bar *bar);

/* What has to be known to read the ratios, but voids none of them. */
void report_bar_notes(report_sentences *out, const report_results *results, const report_section *section);

#endif
