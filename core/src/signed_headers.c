/* Signatures over a list of headers that the request itself names. The string has a line for each: it says which they
 * are, and a header's line is no request line, since no name holds a space. */
#include "credential.h"
#include "cursor.h"
#include "refuse.h"

csn_span csn_signed_header_of(const csn_scheme *scheme, const csn_form *form, csn_field field) {
  const csn_location *at = csn_form_find(form, field);
  csn_cursor in = csn_cursor_of(csn_span_str(scheme->signed_headers));
  if (at == NULL || at->source != CSN_SOURCE_HEADER) return csn_span_of(NULL, 0);
  do {
    csn_span name = csn_cursor_take_until(&in, ' ');
    if (csn_span_equal_nocase(name, csn_span_str(at->name))) return name;
  } while (csn_cursor_skip_byte(&in, ' '));
  return csn_span_of(NULL, 0);
}

/* A name in lower case: one text for one name. */
static bool is_name(csn_span name) {
  for (size_t i = 0; i < name.len; i++) {
    if (!csn_is_token_char(name.ptr[i]) || (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')) return false;
  }
  return name.len > 0;
}

static bool has_line(const csn_scheme *scheme, const csn_credential *credential, csn_span name) {
  for (size_t i = 0; i < credential->line_count; i++) {
    csn_span other = credential->lines[i].name;
    if (csn_span_equal(other.len > 0 ? other : csn_span_str(scheme->request_line), name)) return true;
  }
  return false;
}

/* The value of the one header of this name. */
static csn_reason find_value(const csn_request *request, csn_span name, csn_span *value) {
  size_t count = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, name)) continue;
    *value = request->headers[i].value;
    count++;
  }
  return count == 1 ? CSN_REASON_ACCEPTED : count == 0 ? CSN_REASON_FIELD_MISSING : CSN_REASON_FIELD_REPEATED;
}

static csn_reason find_line(const csn_scheme *scheme, const csn_request *request, csn_span name,
                            csn_span timestamp_name, csn_credential *credential) {
  bool is_request_line = csn_span_equal(name, csn_span_str(scheme->request_line));
  if (credential->line_count == CSN_SIGNED_LINES_MAX) return CSN_REASON_FIELD_MALFORMED;
  if (!is_request_line && !is_name(name)) return CSN_REASON_FIELD_MALFORMED;
  if (has_line(scheme, credential, name)) return CSN_REASON_FIELD_REPEATED;
  csn_signed_line *line = &credential->lines[credential->line_count++];
  *line = (csn_signed_line){.name = name, .value = credential->fields[CSN_FIELD_TIMESTAMP]};
  if (is_request_line) *line = (csn_signed_line){.value = csn_span_str(scheme->request_line_end)};
  if (is_request_line || csn_span_equal(name, timestamp_name)) return CSN_REASON_ACCEPTED;
  return find_value(request, name, &line->value);
}

static bool has_all(const csn_scheme *scheme, const csn_credential *credential) {
  csn_cursor in = csn_cursor_of(csn_span_str(scheme->signed_headers));
  do {
    if (!has_line(scheme, credential, csn_cursor_take_until(&in, ' '))) return false;
  } while (csn_cursor_skip_byte(&in, ' '));
  return true;
}

csn_reason csn_signed_headers_find(const csn_scheme *scheme, const csn_form *form, const csn_request *request,
                                   csn_credential *credential, csn_verdict *verdict) {
  csn_cursor in = csn_cursor_of(credential->fields[CSN_FIELD_SIGNED_HEADERS]);
  csn_span timestamp_name = csn_signed_header_of(scheme, form, CSN_FIELD_TIMESTAMP);
  credential->line_count = 0;
  do {
    size_t start = csn_cursor_offset(&in);
    csn_reason reason = find_line(scheme, request, csn_cursor_take_until(&in, ' '), timestamp_name, credential);
    if (reason != CSN_REASON_ACCEPTED) return csn_refuse(verdict, reason, CSN_FIELD_SIGNED_HEADERS, start);
  } while (csn_cursor_skip_byte(&in, ' '));
  if (has_all(scheme, credential)) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_HEADER_NOT_SIGNED, CSN_FIELD_SIGNED_HEADERS, 0);
}
