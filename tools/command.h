/* What the subcommands share: their entry points, their messages and their option values. */
#ifndef CSN_TOOLS_COMMAND_H
#define CSN_TOOLS_COMMAND_H

#include <countersign/countersign.h>

#include "input.h"
#include "json_out.h"

/* Exit statuses. */
enum { CSN_EXIT_ACCEPTED = 0, CSN_EXIT_REJECTED = 1, CSN_EXIT_FAILED = 2 };

/* Bytes of a request's line: the default body limit of nginx, 1 MiB, and room for the rest. */
enum { CSN_REQUEST_LINE_MAX = (1 << 20) + (64 << 10) };

enum { CSN_JWKS_FILE_MAX = 1 << 24 };              /* bytes of a key set: some 100,000 keys */
#define CSN_UNIX_SECONDS_MAX INT64_C(253402300799) /* the end of the year 9999 */

typedef int csn_command(int argc, char **argv);
csn_command csn_verify_main, csn_jwt_main, csn_sign_main, csn_report_main;

/* Prints "COMMAND: message" as one line on standard error, control bytes replaced, and returns CSN_EXIT_FAILED.
 * csn_misuse() adds where help is found. */
int csn_fail(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
int csn_misuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
void csn_note(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The message for what getopt_long() refuses: `option` is its answer, '?' or ':'. */
int csn_bad_option(const char *command, int option, char **argv);

/* Prints `help` on standard output: 0, or CSN_EXIT_FAILED where that fails. */
int csn_help(const char *command, const char *help);

/* A whole number, digits only, from 0 to `high`. */
bool csn_parse_number(const char *text, int64_t high, int64_t *out) CSN_WARN_UNUSED;

/* Sixteen or more random bytes; false where the system has none. */
bool csn_random(uint8_t *out, size_t len) CSN_WARN_UNUSED;

/* A sentence on why a key was refused; `legacy` names the switch that takes short keys. */
const char *csn_key_refusal(csn_error error, const char *legacy, char *text, size_t size);

/* One verdict line. `id` is JSON text, or empty for null. */
void csn_verdict_line(csn_json_out *out, csn_span id, const csn_verdict *verdict);

/* Flushes a csn_json_out before input waits; for csn_lines.before_wait. */
void csn_flush_before_wait(void *json_out);

/* What ends a run over lines: 0, or CSN_EXIT_FAILED after a message where input or output failed. */
int csn_finish_lines(const char *command, const csn_lines *lines, csn_line_status status, csn_json_out *out);

#endif
