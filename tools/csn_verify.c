/* csn verify: one request a line in, one verdict a line out. */
#include <getopt.h>
#include <time.h>

#include "command.h"
#include "policy.h"
#include "request_line.h"

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

typedef struct verify_options {
  const char *policy;
  int64_t now; /* -1: the clock's */
  char **files;
  size_t file_count;
} verify_options;

/* Returns -1 to go on, or an exit status. */
static int read_options(verify_options *options, int argc, char **argv) {
  static const struct option known[] = {{"policy", required_argument, NULL, 'p'},
                                        {"now", required_argument, NULL, 'n'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};
  int option;
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
    if (option == 'h') return csn_help(command, help);
    if (option == 'p') {
      options->policy = optarg;
    } else if (option == 'n') {
      if (!csn_parse_number(optarg, CSN_UNIX_SECONDS_MAX, &options->now)) {
        return csn_misuse(command, "--now takes UNIX seconds");
      }
    } else {
      return csn_bad_option(command, option, argv);
    }
  }
  if (options->policy == NULL) return csn_misuse(command, "--policy FILE is missing");
  options->files = argv + optind;
  options->file_count = (size_t)(argc - optind);
  return -1;
}

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct verify_run {
  const csn_policy *policy;
  int64_t now;
  csn_lines lines;
  csn_json_out out;
  csn_request_line request;
  bool rejected;
  uint8_t out_bytes[64 * 1024];
} verify_run;

/* 0, or an exit status. */
static int verify_line(verify_run *run, csn_span line) {
  const char *reason = NULL;
  size_t offset = 0;
  csn_verdict verdict;
  if (!csn_request_line_read(&run->request, line, &reason, &offset)) {
    csn_json_out_flush(&run->out);
    return csn_fail(command, "%s:%llu: %s (byte %zu)", run->lines.name, (unsigned long long)run->lines.number, reason,
                    offset);
  }
  csn_verify(run->policy->verifier, &run->request.request, run->now >= 0 ? run->now : (int64_t)time(NULL), &verdict);
  csn_verdict_line(&run->out, run->request.id, &verdict);
  run->rejected |= !csn_accepted(&verdict);
  return 0;
}

static int verify_lines(verify_run *run) {
  csn_line_status status;
  csn_span line;
  while ((status = csn_lines_next(&run->lines, &line)) == CSN_LINE_READ && run->out.error == 0) {
    if (line.len == 0 && csn_lines_at_file_end(&run->lines)) continue; /* an empty last line says nothing */
    int failed = verify_line(run, line);
    if (failed != 0) return failed;
  }
  int failed = csn_finish_lines(command, &run->lines, status, &run->out);
  if (failed != 0) return failed;
  if (status == CSN_LINE_TOO_LONG) {
    return csn_fail(command, "%s:%llu: the line is longer than the limit (byte %d)", run->lines.name,
                    (unsigned long long)run->lines.number, CSN_REQUEST_LINE_MAX);
  }
  return run->rejected ? CSN_EXIT_REJECTED : CSN_EXIT_ACCEPTED;
}

static void warn_of_ambiguity(const csn_policy *policy, const char *path) {
  const csn_scheme *scheme = policy->config.scheme;
  if (!csn_verifier_is_ambiguous(policy->verifier)) return;
  csn_note(command, "warning: %s: preset %s is ambiguous: two different requests can have one signature%s%s", path,
           scheme->name, scheme->delimited_form == NULL ? "" : "; use ",
           scheme->delimited_form == NULL ? "" : scheme->delimited_form);
}

int csn_verify_main(int argc, char **argv) {
  static verify_run run;
  verify_options options = {.now = -1};
  csn_policy policy;
  csn_policy_error error;
  int status = read_options(&options, argc, argv);
  if (status >= 0) return status;
  if (!csn_policy_load(&policy, options.policy, options.now >= 0 ? options.now : (int64_t)time(NULL), &error)) {
    return csn_fail(command, "%s", error.text);
  }
  warn_of_ambiguity(&policy, options.policy);

  run.policy = &policy;
  run.now = options.now;
  csn_json_out_init(&run.out, 1, run.out_bytes, sizeof run.out_bytes);
  csn_lines_init(&run.lines, options.files, options.file_count, CSN_REQUEST_LINE_MAX);
  run.lines.before_wait = csn_flush_before_wait;
  run.lines.before_wait_self = &run.out;
  status = verify_lines(&run);
  csn_lines_free(&run.lines);
  csn_request_line_free(&run.request);
  csn_policy_free(&policy);
  return status;
}
