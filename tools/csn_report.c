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
  static const struct option known[] = {{"out", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
  csn_report_options options = {.output_dir = "reports/out"};
  char error[512] = "";
  int option;
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
    if (option == 'h') return csn_help(command, help);
    if (option != 'o') return csn_bad_option(command, option, argv);
    options.output_dir = optarg;
  }
  if (argc - optind != 1) return csn_misuse(command, "one file of results is needed");
  options.results_path = argv[optind];
  if (!csn_report_generate(&options, error, sizeof error)) return csn_fail(command, "%s", error);
  printf("%s/report.html\n%s/report.md\n", options.output_dir, options.output_dir);
  return fflush(stdout) == 0 ? CSN_EXIT_ACCEPTED : csn_fail(command, "standard output could not be written");
}
