/* csn report: the benchmarks' results in, a page in HTML and Markdown out. */
#include <getopt.h>
#include <stdio.h>

#include "../reports/report.h"
#include "command.h"

static const char command[] = "csn report";

static const char help[] =
    "usage: csn report [--out DIR] RESULTS\n"
    "\n"
    "Reads RESULTS, which csn-bench --benchmark_out=RESULTS wrote, and writes report.html, report.md and the plots.\n"
    "\n"
    "  --out DIR   the folder to write to, made where it is missing; reports/out without it\n"
    "  -h, --help  this text\n"
    "\n"
    "exit status: 0 written, 2 misuse or unreadable results\n"
    "See csn-report(1).\n";

int csn_report_main(int argc, char **argv) {
  csn_report_options report = {.output_dir = "reports/out"};
  const csn_option options[] = {{"out", .text = &report.output_dir}, {0}};
  char error[512] = "";
  int status = csn_read_options(command, help, options, argc, argv);
  if (status >= 0) return status;
  if (argc - optind != 1) return csn_misuse(command, "one file of results is needed");
  report.results_path = argv[optind];
  if (!csn_report_generate(&report, error, sizeof error)) return csn_fail(command, "%s", error);
  printf("%s/report.html\n%s/report.md\n", report.output_dir, report.output_dir);
  return fflush(stdout) == 0 ? CSN_EXIT_ACCEPTED : csn_fail(command, "standard output could not be written");
}
