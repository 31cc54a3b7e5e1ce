/* csn verify: one request a line in, one verdict a line out. */
#include "command.h"
#include "line_run.h"
#include "policy.h"

static const char command[] = "csn verify";

static const char help[] =
    "usage: csn verify --policy FILE [--now UNIX] [FILE...]\n"
    "\n"
    "Reads one JSON request a line from the files, or from standard input, and writes one JSON verdict a line.\n"
    "Nonces are remembered through the run.\n"
    "\n"
    "  --policy FILE  the scheme, its keys and its limits\n"
    "  --now UNIX     the time of every request, in UNIX seconds; without it, the clock's\n"
    "  -h, --help     this text\n"
    "\n"
    "exit status: 0 all accepted, 1 some rejected, 2 misuse or unreadable input (then nothing behind it is read)\n"
    "See csn-verify(1).\n";

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct verify_run {
  csn_policy policy;
  csn_line_run lines;
  csn_request_line request;
} verify_run;

static int verify_lines(verify_run *run) {
  bool rejected = false;
  int status = 0;
  while (csn_line_run_next_request(&run->lines, &run->request, &status)) {
    csn_verdict verdict;
    csn_verify(run->policy.verifier, &run->request.request, csn_line_run_now(&run->lines), &verdict);
    csn_verdict_line(&run->lines.out, run->request.id, &verdict);
    rejected |= !csn_accepted(&verdict);
  }
  if (status != 0) return status;
  return rejected ? CSN_EXIT_REJECTED : CSN_EXIT_ACCEPTED;
}

static void warn_of_ambiguity(verify_run *run, const char *path) {
  const csn_scheme *scheme = run->policy.config.scheme;
  char shown[CSN_PATH_SHOWN_MAX + 4];
  if (!csn_verifier_is_ambiguous(run->policy.verifier)) return;
  csn_line_run_note(&run->lines,
                    "warning: %s: preset %s is ambiguous: two different requests can have one signature%s%s",
                    csn_path_shown(path, shown), scheme->name, scheme->delimited_form == NULL ? "" : "; use ",
                    scheme->delimited_form == NULL ? "" : scheme->delimited_form);
}

int csn_verify_main(int argc, char **argv) {
  static verify_run run;
  const char *policy = NULL;
  csn_policy_error error;
  const csn_option options[] = {
      {"policy", .text = &policy},
      {"now", .number = &run.lines.now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {0},
  };
  run.lines.command = command;
  run.lines.now = -1;
  int status = csn_read_options(command, help, options, argc, argv);
  if (status >= 0) return status;
  if (policy == NULL) return csn_misuse(command, "--policy FILE is missing");
  if (!csn_policy_load(&run.policy, policy, csn_line_run_now(&run.lines), &error)) {
    return csn_fail(command, "%s", error.text);
  }
  warn_of_ambiguity(&run, policy);
  csn_line_run_start(&run.lines, argc, argv, CSN_REQUEST_LINE_MAX);
  status = verify_lines(&run);
  csn_line_run_free(&run.lines);
  csn_request_line_free(&run.request);
  csn_policy_free(&run.policy);
  return status;
}
