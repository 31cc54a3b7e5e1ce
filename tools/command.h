/* What the subcommands share: their entry points, their messages and their verdict lines. */
#ifndef CSN_TOOLS_COMMAND_H
#define CSN_TOOLS_COMMAND_H

#include <countersign/countersign.h>

#include "json_out.h"
#include "options.h"

/* Exit statuses. */
enum { CSN_EXIT_ACCEPTED = 0, CSN_EXIT_REJECTED = 1, CSN_EXIT_FAILED = 2 };

enum { CSN_JWKS_FILE_MAX = 1 << 24 }; /* bytes of a key set: some 100,000 keys */

typedef int csn_command(int argc, char **argv);
csn_command csn_verify_main, csn_jwt_main, csn_sign_main, csn_apikey_main, csn_key_main, csn_policy_main,
    csn_token_main, csn_redact_main, csn_report_main;

typedef struct csn_subcommand {
  const char *name; /* NULL ends the table */
  csn_command *run; /* its argv begins with the name */
} csn_subcommand;

/* Runs the one that argv[1] names; --help and -h print `help`. An exit status. */
int csn_run_subcommand(const char *command, const char *help, const csn_subcommand *table, int argc, char **argv);

/* Prints "COMMAND: message" as one line on standard error, control bytes replaced, and returns CSN_EXIT_FAILED.
 * csn_misuse() adds where help is found. */
int csn_fail(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
int csn_misuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
void csn_note(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints `help` on standard output: 0, or CSN_EXIT_FAILED where that fails. */
int csn_help(const char *command, const char *help);

/* Sixteen or more random bytes; false where the system has none. */
bool csn_random(uint8_t *out, size_t len) CSN_WARN_UNUSED;

/* A sentence on why a key was refused; `legacy` names the switch that takes short keys. */
const char *csn_key_refusal(csn_error error, const char *legacy, char *text, size_t size);

/* One verdict line. `id` is JSON text, or empty for null. */
void csn_verdict_line(csn_json_out *out, csn_span id, const csn_verdict *verdict);

#endif
