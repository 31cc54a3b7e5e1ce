/* A subject whose variants are numbers, as lengths or sizes of batches: one line an implementation, instead of bars and
 * of a table a variant. */
#ifndef CSN_REPORTS_LINES_H
#define CSN_REPORTS_LINES_H

#include "analysis.h"
#include "svg.h"
#include "table.h"

enum { REPORT_LINES_MAX = 15 /* implementations that are shown */ };

/* The headings of the section's table, which point to static text and to the results. */
typedef struct report_line_heads {
  const char *heads[REPORT_LINES_MAX + 1];
} report_line_heads;

/* The medians: a row a variant, a column an implementation, those of the baseline first, then by name. `heads` must
 * outlive `out`, which is zeroed first. */
void report_lines_tabulate(report_table *out, report_line_heads *heads, const report_section *section);

/* The gnuplot script: time for one item on a logarithmic axis, in nanoseconds and, where `hertz` is above 0, in cycles
 * of such a clock; the variants stand side by side. */
void report_lines_script(report_text *out, const report_section *section, double hertz, bool narrow);

/* As report_plot_draw(). */
bool report_lines_draw(report_text *inlined, report_text *standalone, const report_section *section, double hertz,
                       bool narrow, const char **reason);

#endif
