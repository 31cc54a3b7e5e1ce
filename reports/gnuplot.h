/* gnuplot as a child process: a script in, what it writes out. */
#ifndef CSN_REPORTS_GNUPLOT_H
#define CSN_REPORTS_GNUPLOT_H

#include "text.h"

/* Runs `gnuplot` from PATH without the user's start-up file, with the script as its standard input, and waits for it.
 * No shell is involved. On false `reason` is a few words in static storage: "gnuplot is not installed", "gnuplot
 * failed", or what the system refused. */
bool report_gnuplot_run(const report_text *script, report_text *out, const char **reason);

#endif
