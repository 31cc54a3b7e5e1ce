/* One run of a command over lines: what csn verify, csn jwt verify and csn sign share.
 *
 * Answers are written when their buffer is full, at the end, and before input has to be waited for. A run that fails
 * says so in one line on standard error: a note is held back until answers have been written, or the run has ended
 * well. */
#ifndef CSN_TOOLS_LINE_RUN_H
#define CSN_TOOLS_LINE_RUN_H

#include "input.h"
#include "json_out.h"
#include "request_line.h"

/* Bytes of a request's line: the default body limit of nginx, 1 MiB, and room for the rest. */
enum { CSN_REQUEST_LINE_MAX = (1 << 20) + (64 << 10) };

/* Large, and one in a process: make it static. Zero it, and set the first two members and `idle`. */
typedef struct csn_line_run {
  const char *command;
  int64_t now; /* of every line; -1: the clock's */
  csn_lines lines;
  csn_json_out out;
  char note[1024];          /* not said yet; "" without one */
  void (*idle)(void *self); /* called before input is waited for, and when a signal has ended the wait; NULL: nothing */
  void *idle_self;
  uint8_t out_bytes[64 * 1024];
} csn_line_run;

/* `argv` has `argc` words, of which the files are those from `optind`. `limit` is that of csn_lines_init(). */
void csn_line_run_start(csn_line_run *run, int argc, char **argv, size_t limit);
void csn_line_run_free(csn_line_run *run);

/* The time of the line that is read: --now, or the clock's. */
int64_t csn_line_run_now(const csn_line_run *run);

/* Keeps a note until it may be said. One a run; it may be set before the start. */
void csn_line_run_note(csn_line_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next line as csn_lines_next() has it; CSN_LINE_END, too, once output has failed. */
csn_line_status csn_line_run_next(csn_line_run *run, csn_span *line) CSN_WARN_UNUSED;

/* The next line as a request; an empty last line of a file is none. False at the end, and then `*status` is 0, or
 * CSN_EXIT_FAILED after a message. */
bool csn_line_run_next_request(csn_line_run *run, csn_request_line *request, int *status) CSN_WARN_UNUSED;

/* Writes the answers to the lines before this one, and complains of this one: CSN_EXIT_FAILED. */
int csn_line_run_refuse(csn_line_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What ends a run: 0, or CSN_EXIT_FAILED after a message where input (`status`) or output failed. */
int csn_line_run_finish(csn_line_run *run, csn_line_status status);

#endif
