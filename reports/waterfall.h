/* Where the time of a request goes: its steps, each measured on its own, beside the whole. The rows are
 * `stage/PRESET/STEP/countersign`; the step `whole` is all of them, `audit` stands beside it. */
#ifndef CSN_REPORTS_WATERFALL_H
#define CSN_REPORTS_WATERFALL_H

#include "conclusions.h"
#include "studies.h"
#include "svg.h"
#include "table.h"

/* True of the section that is drawn as a waterfall. */
bool report_waterfall_is(const report_section *section);

/* A preset after the other, its steps in the order of a request. */
void report_waterfall_tabulate(report_table *out, const report_section *section, const report_counts *counts);

/* Which steps take most. */
void report_waterfall_conclude(report_sentences *out, const report_section *section);

/* The gnuplot script: each bar begins where the one above ends. Returns the height in pixels. */
int report_waterfall_script(report_text *out, const report_section *section, bool narrow);

/* As report_plot_draw(). */
bool report_waterfall_draw(report_text *inlined, report_text *standalone, const report_section *section, bool narrow,
                           const char **reason);

#endif
