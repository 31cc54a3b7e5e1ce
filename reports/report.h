/* The report generator: Google Benchmark's results in, one self-contained HTML page, Markdown and plots out. */
#ifndef CSN_REPORTS_REPORT_H
#define CSN_REPORTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct csn_report_options {
  const char *results_path; /* what `csn-bench --benchmark_out=FILE` wrote; beside it, where they were made, the
                               studies of studies.h */
  const char *output_dir;   /* made where it is missing, with its parents */
} csn_report_options;

/* Writes output_dir/report.html, output_dir/report.md and output_dir/plots/SUBJECT.svg. A file is replaced only when
 * the new one is complete. Where gnuplot is not installed there are no plots, and the report says so.
 *
 * On false, `error` is one line without a newline, "FILE:LINE: reason" where a line is to blame. Not thread-safe in one
 * output_dir; starts gnuplot as a child and waits for it. */
bool csn_report_generate(const csn_report_options *options, char *error, size_t error_size);

#endif
