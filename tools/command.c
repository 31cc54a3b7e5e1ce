/* What the subcommands share. */
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { MESSAGE_MAX = 2048 };

static void print_message(const char *command, const char *format, va_list arguments, const char *more) {
  char text[MESSAGE_MAX];
  vsnprintf(text, sizeof text, format, arguments);
  for (char *at = text; *at != '\0'; at++) {
    if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?'; /* a message is one line, whatever a file is called */
  }
  fprintf(stderr, "%s: %s%s\n", command, text, more);
}

int csn_fail(const char *command, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_message(command, format, arguments, "");
  va_end(arguments);
  return CSN_EXIT_FAILED;
}

int csn_misuse(const char *command, const char *format, ...) {
  char more[128];
  va_list arguments;
  snprintf(more, sizeof more, "; see %s --help", command);
  va_start(arguments, format);
  print_message(command, format, arguments, more);
  va_end(arguments);
  return CSN_EXIT_FAILED;
}

void csn_note(const char *command, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_message(command, format, arguments, "");
  va_end(arguments);
}

int csn_help(const char *command, const char *help) {
  if (fputs(help, stdout) < 0 || fflush(stdout) != 0) {
    return csn_fail(command, "standard output: %s", strerror(errno));
  }
  return CSN_EXIT_ACCEPTED;
}

int csn_run_subcommand(const char *command, const char *help, const csn_subcommand *table, int argc, char **argv) {
  char known[256] = "";
  size_t used = 0;
  for (const csn_subcommand *at = table; at->name != NULL; at++) {
    if (argc > 1 && strcmp(argv[1], at->name) == 0) return at->run(argc - 1, argv + 1);
    if (used >= sizeof known) continue;
    used += (size_t)snprintf(known + used, sizeof known - used, "%s%s %s", at == table ? "" : ", ", command, at->name);
  }
  if (argc < 2) return csn_misuse(command, "a command is missing; there is %s", known);
  bool wants_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
  if (!wants_help) return csn_misuse(command, "%s is not one of its commands; there is %s", argv[1], known);
  return argc > 2 ? csn_misuse(command, "%s stands alone", argv[1]) : csn_help(command, help);
}

bool csn_random(uint8_t *out, size_t len) {
  while (len > 0) {
    ssize_t got = getrandom(out, len, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    len -= (size_t)got;
  }
  return true;
}

const char *csn_key_refusal(csn_error error, const char *legacy, char *text, size_t size) {
  bool named = error == CSN_ERROR_KEY_TOO_SHORT;
  snprintf(text, size, "%s%s%s", csn_error_sentence(error), named ? ", " : "", named ? legacy : "");
  return text;
}

static void label(csn_json_out *out, const char *before, const char *text) {
  csn_json_out_text(out, before);
  csn_json_out_text(out, text);
  csn_json_out_text(out, "\"");
}

static void name_or_null(csn_json_out *out, const char *before, const csn_name *name) {
  csn_json_out_text(out, before);
  if (name->len == 0) {
    csn_json_out_text(out, "null");
  } else {
    csn_json_out_string(out, csn_name_span(name));
  }
}

void csn_verdict_line(csn_json_out *out, csn_span id, const csn_verdict *verdict) {
  bool accepted = csn_accepted(verdict);
  csn_json_out_text(out, "{\"id\":");
  csn_json_out_raw(out, id.len > 0 ? id : csn_span_str("null"));
  label(out, ",\"verdict\":\"", accepted ? "accepted" : "rejected");
  label(out, ",\"reason\":\"", csn_reason_label(verdict->reason));
  label(out, ",\"stage\":\"", csn_stage_label(csn_reason_stage(verdict->reason)));
  if (verdict->field == CSN_FIELD_NONE) {
    csn_json_out_text(out, ",\"field\":null");
  } else {
    label(out, ",\"field\":\"", csn_field_label(verdict->field));
  }
  csn_json_out_text(out, ",\"offset\":");
  if (accepted) {
    csn_json_out_text(out, "null");
  } else {
    csn_json_out_int(out, (int64_t)verdict->offset);
  }
  name_or_null(out, ",\"client_id\":", &verdict->client_id);
  name_or_null(out, ",\"key_id\":", &verdict->key_id);
  if (verdict->field == CSN_FIELD_HEADER) {
    csn_json_out_text(out, ",\"header\":");
    csn_json_out_int(out, (int64_t)verdict->header_index);
  }
  csn_json_out_text(out, "}\n");
}
