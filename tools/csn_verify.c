/* csn verify: one request a line in, one verdict a line out. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "../core/src/credential.h"
#include "audit_writer.h"
#include "command.h"
#include "line_run.h"
#include "policy.h"

static const char command[] = "csn verify";

static const char help[] =
    "usage: csn verify --policy FILE [--now UNIX] [--audit FILE [--audit-full block|drop]] [FILE...]\n"
    "\n"
    "Reads one JSON request a line from the files, or from standard input, and writes one JSON verdict a line.\n"
    "Nonces are remembered through the run.\n"
    "\n"
    "  --policy FILE      the scheme, its keys and its limits\n"
    "  --now UNIX         the time of every request, in UNIX seconds; without it, the clock's\n"
    "  --audit FILE       append one JSON event a verdict to this file; SIGUSR1 opens it anew\n"
    "  --audit-full WHAT  where events come faster than the file takes them: block (without it) or drop\n"
    "  -h, --help         this text\n"
    "\n"
    "SIGHUP loads the policy anew between two lines, and nonces stay remembered. One that is refused changes nothing.\n"
    "\n"
    "exit status: 0 all accepted, 1 some rejected, 2 misuse, unreadable input (then nothing behind it is read)\n"
    "             or an audit file that cannot be written\n"
    "See csn-verify(1).\n";

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct verify_run {
  const char *policy_path;
  const char *audit_path; /* NULL: no audit events */
  const char *audit_full; /* NULL: "block" */
  csn_audit_policy audit_policy;
  csn_audit_writer *audit;
  csn_policy policy;
  csn_line_run lines;
  csn_request_line request;
} verify_run;

/* ---- audit events ---- */

enum { AUDIT_SLOTS = 1024 };

static csn_audit_writer *rotated; /* of the run that the signal finds */

static void rotate(int number) {
  (void)number;
  csn_audit_writer_rotate(rotated);
}

/* 0, or CSN_EXIT_FAILED after a message. */
static int start_audit(verify_run *run) {
  const csn_audit_writer_config config = {run->audit_path, AUDIT_SLOTS, run->audit_policy};
  const struct sigaction action = {.sa_handler = rotate, .sa_flags = SA_RESTART};
  char shown[CSN_PATH_SHOWN_MAX + 4];
  if (run->audit_path == NULL) return 0;
  int error = csn_audit_writer_start(&run->audit, &config);
  if (error != 0) return csn_fail(command, "%s: %s", csn_path_shown(run->audit_path, shown), strerror(error));
  rotated = run->audit;
  sigaction(SIGUSR1, &action, NULL);
  return 0;
}

/* Writes the events that are left. `status` is the run's so far, and what is returned; CSN_EXIT_FAILED where they
 * cannot be written, after a message where there was none before. */
static int stop_audit(verify_run *run, int status) {
  char shown[CSN_PATH_SHOWN_MAX + 4];
  size_t left;
  if (run->audit == NULL) return status;
  signal(SIGUSR1, SIG_IGN);
  int error = csn_audit_writer_stop(run->audit, -1, &left);
  run->audit = NULL;
  if (error == 0 || status == CSN_EXIT_FAILED) return status;
  return csn_fail(command, "%s: %s; audit events not written: %zu", csn_path_shown(run->audit_path, shown),
                  strerror(error), left);
}

/* The time is that of the verdict, whatever time the request was given. Returns the line's bytes; 0 where the system
 * has no random ones for the id. */
static size_t format_event(const verify_run *run, const csn_verdict *verdict, char line[CSN_AUDIT_LINE_MAX]) {
  const csn_request *request = &run->request.request;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  csn_audit_event event = {
      .time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
      .client_ip = run->request.client_ip,
      .method = request->method,
      .target = request->target,
      .token_scope = csn_scopes_span(&verdict->scopes),
      .preset = csn_span_str(run->policy.config.scheme->name),
      .verdict = verdict,
  };
  if (!csn_random(event.request_id, sizeof event.request_id)) return 0;
  csn_audit_request_id(event.request_id);
  return csn_audit_format(&event, line, CSN_AUDIT_LINE_MAX);
}

/* What --audit-full says: -1 to go on, or an exit status. */
static int read_audit_policy(verify_run *run) {
  bool drops = run->audit_full != NULL && strcmp(run->audit_full, "drop") == 0;
  run->audit_policy = drops ? CSN_AUDIT_DROP : CSN_AUDIT_BLOCK;
  if (run->audit_full == NULL) return -1;
  if (!drops && strcmp(run->audit_full, "block") != 0) return csn_misuse(command, "--audit-full takes block or drop");
  return run->audit_path != NULL ? -1 : csn_misuse(command, "--audit-full goes with --audit FILE");
}

/* 0, or CSN_EXIT_FAILED after a message. A failure that has passed by now is no failure: the line is pushed again. One
 * that is dropped is counted, and the file says how many were. */
static int audit(verify_run *run, const csn_verdict *verdict) {
  char line[CSN_AUDIT_LINE_MAX], shown[CSN_PATH_SHOWN_MAX + 4];
  if (run->audit == NULL) return 0;
  size_t len = format_event(run, verdict, line);
  if (len == 0) return csn_line_run_refuse(&run->lines, "the system has no random bytes");
  while (csn_audit_writer_push(run->audit, csn_span_of(line, len)) == CSN_AUDIT_BUSY) {
    int error = csn_audit_writer_counts_of(run->audit).error;
    if (error == 0) continue;
    csn_json_out_flush(&run->lines.out);
    return csn_fail(command, "%s: %s", csn_path_shown(run->audit_path, shown), strerror(error));
  }
  return 0;
}

/* ---- the policy, anew ---- */

static volatile sig_atomic_t reload_wanted;

static void want_reload(int number) {
  (void)number;
  reload_wanted = 1;
}

/* Without SA_RESTART: a wait for input ends, so that the policy is loaded, or complained of, when it is asked for. */
static void start_reload(void) {
  const struct sigaction action = {.sa_handler = want_reload};
  sigaction(SIGHUP, &action, NULL);
}

/* Between two lines, when nothing points into the policy. */
static void reload(void *self) {
  verify_run *run = self;
  csn_policy_error error;
  char shown[CSN_PATH_SHOWN_MAX + 4];
  if (!reload_wanted) return;
  reload_wanted = 0; /* before the file is read: a signal meanwhile has it read again */
  if (csn_policy_reload(&run->policy, run->policy_path, csn_line_run_now(&run->lines), &error)) {
    csn_note(command, "note: %s: loaded anew", csn_path_shown(run->policy_path, shown));
  } else {
    csn_note(command, "%s; the policy before it stays", error.text);
  }
}

/* ---- the run ---- */

/* A verdict is not written where its event cannot be queued. */
static int verify_lines(verify_run *run) {
  bool rejected = false;
  int status = 0;
  while (csn_line_run_next_request(&run->lines, &run->request, &status)) {
    csn_verdict verdict;
    reload(run);
    csn_verify(run->policy.verifier, &run->request.request, csn_line_run_now(&run->lines), &verdict);
    status = audit(run, &verdict);
    if (status != 0) return status;
    csn_verdict_line(&run->lines.out, run->request.id, &verdict);
    rejected |= !csn_accepted(&verdict);
  }
  if (status != 0) return status;
  return rejected ? CSN_EXIT_REJECTED : CSN_EXIT_ACCEPTED;
}

/* Why a signed request can be sent again; NULL where it cannot. One that is not signed says so for itself. */
static const char *replay_note(const csn_policy *policy) {
  const csn_scheme *scheme = policy->config.scheme;
  switch (scheme->standard) {
    case CSN_STANDARD_AWS_SIGV4:
      return "has no nonce: a request can be sent again within the window, or until it expires";
    case CSN_STANDARD_HTTP_SIGNATURES:
      if ((policy->config.http_signature.required & CSN_SIGNATURE_NONCE) != 0) return NULL;
      return "needs no nonce here: a request without one can be sent again within the window";
    case CSN_STANDARD_NONE:
      break;
  }
  if (scheme->template_text == NULL || csn_policy_has(policy, CSN_FIELD_NONCE)) return NULL;
  if (scheme->replayable) return "has no nonce and no timestamp: a request can be sent again, for ever";
  return "has no nonce: a request can be sent again within the window";
}

/* What the operator of such a preset should know. */
static void warn_of_preset(verify_run *run) {
  const csn_scheme *scheme = run->policy.config.scheme;
  const char *replay = replay_note(&run->policy);
  char shown[CSN_PATH_SHOWN_MAX + 4], ambiguous[160] = "";
  if (csn_verifier_is_ambiguous(run->policy.verifier)) {
    snprintf(ambiguous, sizeof ambiguous, " is ambiguous: two different requests can have one signature%s%s",
             scheme->delimited_form == NULL ? "" : "; use ",
             scheme->delimited_form == NULL ? "" : scheme->delimited_form);
  }
  if (ambiguous[0] == '\0' && replay == NULL) return;
  csn_line_run_note(&run->lines, "warning: %s: preset %s%s%s%s", csn_path_shown(run->policy_path, shown), scheme->name,
                    ambiguous,
                    replay == NULL         ? ""
                    : ambiguous[0] == '\0' ? " "
                                           : "; it ",
                    replay == NULL ? "" : replay);
}

int csn_verify_main(int argc, char **argv) {
  static verify_run run;
  csn_policy_error error;
  const csn_option options[] = {
      {"policy", .text = &run.policy_path},
      {"audit", .text = &run.audit_path},
      {"audit-full", .text = &run.audit_full},
      {"now", .number = &run.lines.now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {0},
  };
  run.lines.command = command;
  run.lines.now = -1;
  run.lines.idle = reload;
  run.lines.idle_self = &run;
  int status = csn_read_options(command, help, options, argc, argv);
  if (status >= 0) return status;
  if (run.policy_path == NULL) return csn_misuse(command, "--policy FILE is missing");
  if ((status = read_audit_policy(&run)) >= 0) return status;
  start_reload();                                       /* a signal while the policy is loaded has it loaded again */
  if (run.audit_path != NULL) signal(SIGUSR1, SIG_IGN); /* until the file is opened there is none to open anew */
  if (!csn_policy_load(&run.policy, run.policy_path, csn_line_run_now(&run.lines), &error)) {
    return csn_fail(command, "%s", error.text);
  }
  warn_of_preset(&run);
  csn_line_run_start(&run.lines, argc, argv, CSN_REQUEST_LINE_MAX);
  status = start_audit(&run);
  if (status == 0) status = stop_audit(&run, verify_lines(&run));
  csn_line_run_free(&run.lines);
  csn_request_line_free(&run.request);
  csn_policy_free(&run.policy);
  return status;
}
