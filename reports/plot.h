/* A section's plot: horizontal bars, the longer the faster, with whiskers for the interval of the median. */
#ifndef CSN_REPORTS_PLOT_H
#define CSN_REPORTS_PLOT_H

#include "analysis.h"
#include "svg.h"

/* Bars would hide the small ones beyond this: then marks on a logarithmic axis, without a bar from a zero that a
 * logarithm does not have. */
#define REPORT_PLOT_LOG_FROM 20.0

typedef enum report_plot_width { REPORT_PLOT_WIDE, REPORT_PLOT_NARROW } report_plot_width;

/* Whether the section has a measured row to draw. */
bool report_plot_possible(const report_section *section);
bool report_plot_is_log(const report_section *section);

/* The gnuplot script for the section; its height in pixels is given back. Foreign names in it hold no character that
 * gnuplot gives a meaning. */
int report_plot_script(report_text *out, const report_section *section, report_plot_width width);

/* Draws into `inlined`, and into `standalone` unless it is NULL. On false `reason` says why in a few words (gnuplot not
 * installed, gnuplot failed). Starts gnuplot and waits for it. */
bool report_plot_draw(report_text *inlined, report_text *standalone, const report_section *section,
                      report_plot_width width, const char **reason);

/* Pixels: of the picture, and of what its axes leave free on each side. */
typedef struct report_plot_frame {
  int width, height, left, right, top, bottom, font;
} report_plot_frame;

/* What every script begins with. */
void report_plot_begin(report_text *out, const report_plot_frame *frame);

/* Adds foreign text as a string of gnuplot's, with '?' for what could be more than text. */
void report_plot_quote(report_text *out, const char *string);

/* Runs a script of any kind, and cleans what comes back into `inlined`, and into `standalone` unless it is NULL; of
 * `options` the use does not count. On false `reason` is as above. */
bool report_plot_render(report_text *inlined, report_text *standalone, const report_text *script,
                        const report_svg_options *options, const char **reason);

#endif
