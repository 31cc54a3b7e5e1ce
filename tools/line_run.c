/* One run over lines. */
#include "line_run.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "../core/src/ct.h"
#include "command.h"

static void say_note(csn_line_run *run) {
  if (run->note[0] != '\0') csn_note(run->command, "%s", run->note);
  run->note[0] = '\0';
}

/* The note follows the first answers at once: said before them, it would stand beside the complaint of an output that
 * takes none. */
static void flush_before_wait(void *self) {
  csn_line_run *run = self;
  csn_json_out_flush(&run->out);
  if (run->out.has_written) say_note(run);
  if (run->idle != NULL) run->idle(run->idle_self);
}

void csn_line_run_start(csn_line_run *run, int argc, char **argv, size_t limit) {
  csn_json_out_init(&run->out, 1, run->out_bytes, sizeof run->out_bytes);
  csn_lines_init(&run->lines, argv + optind, (size_t)(argc - optind), limit);
  run->lines.before_wait = flush_before_wait;
  run->lines.before_wait_self = run;
}

void csn_line_run_free(csn_line_run *run) {
  csn_lines_free(&run->lines);
  csn_wipe(run->out_bytes, sizeof run->out_bytes); /* what was signed or issued */
}

int64_t csn_line_run_now(const csn_line_run *run) {
  return run->now >= 0 ? run->now : (int64_t)time(NULL);
}

void csn_line_run_note(csn_line_run *run, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(run->note, sizeof run->note, format, arguments);
  va_end(arguments);
}

csn_line_status csn_line_run_next(csn_line_run *run, csn_span *line) {
  if (run->out.error != 0) return CSN_LINE_END;
  if (run->out.has_written) say_note(run);
  return csn_lines_next(&run->lines, line);
}

/* Nothing but its line end, be it LF or CRLF. */
static bool is_blank(csn_span line) {
  return line.len == 0 || (line.len == 1 && line.ptr[0] == '\r');
}

bool csn_line_run_next_request(csn_line_run *run, csn_request_line *request, int *status) {
  const char *reason = "the line is longer than the limit";
  size_t offset = CSN_REQUEST_LINE_MAX;
  csn_span line;
  csn_line_status got;
  do {
    got = csn_line_run_next(run, &line);
  } while (got == CSN_LINE_READ && is_blank(line) && csn_lines_at_file_end(&run->lines));

  if (got == CSN_LINE_READ && csn_request_line_read(request, line, &reason, &offset)) return true;
  if (got == CSN_LINE_READ || got == CSN_LINE_TOO_LONG) {
    *status = csn_line_run_refuse(run, "%s (byte %zu)", reason, offset);
  } else {
    *status = csn_line_run_finish(run, got);
  }
  return false;
}

int csn_line_run_refuse(csn_line_run *run, const char *format, ...) {
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  csn_json_out_flush(&run->out);
  return csn_fail(run->command, "%s:%llu: %s", run->lines.name, (unsigned long long)run->lines.number, reason);
}

int csn_line_run_finish(csn_line_run *run, csn_line_status status) {
  if (!csn_json_out_flush(&run->out)) {
    return csn_fail(run->command, "standard output: %s", strerror(run->out.error));
  }
  if (status == CSN_LINE_FAILED) return csn_fail(run->command, "%s: %s", run->lines.name, strerror(run->lines.error));
  say_note(run);
  return 0;
}
