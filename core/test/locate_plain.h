/* Where a credential's fields are, looked for name by name in all headers: what core/src/locate.c has to agree with. Of
 * sources that are no header it has nothing. */
#ifndef CSN_TEST_LOCATE_PLAIN_H
#define CSN_TEST_LOCATE_PLAIN_H

#include "../src/cursor.h"
#include "../src/locate.h"
#include "../src/refuse.h"

static const csn_header *plain_find(const csn_request *request, const char *name, size_t *count) {
  const csn_header *found = NULL;
  *count = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, csn_span_str(name))) continue;
    found = &request->headers[i];
    (*count)++;
  }
  return found;
}

static csn_reason plain_header(const csn_request *request, const char *name, const char *prefix, csn_field field,
                               csn_cursor *value, bool *fits, csn_verdict *verdict) {
  size_t count;
  csn_span text = csn_span_str(prefix), head;
  const csn_header *header = plain_find(request, name, &count);
  if (count == 0) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, field, 0);
  if (count > 1) return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, field, 0);
  *value = csn_cursor_of(header->value);
  *fits = true;
  if (text.len > 0 && text.ptr[text.len - 1] == ' ') {
    *fits = csn_cursor_take(value, text.len, &head) && csn_span_equal_nocase(head, text);
    while (*fits && csn_cursor_skip_byte(value, ' ')) continue;
  } else {
    *fits = csn_cursor_skip_text(value, text);
  }
  return CSN_REASON_ACCEPTED;
}

static csn_reason plain_select(const csn_scheme *scheme, const csn_request *request, const csn_form **out,
                               csn_verdict *verdict) {
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    const csn_form *form = *out = &scheme->forms[i];
    csn_cursor value;
    bool fits = false;
    if (form->select_header == NULL) return CSN_REASON_ACCEPTED;
    csn_reason reason =
        plain_header(request, form->select_header, form->select_prefix, CSN_FIELD_SIGNATURE, &value, &fits, verdict);
    if (reason != CSN_REASON_ACCEPTED || fits) return reason;
  }
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, 0);
}

static size_t plain_count(const csn_form *form) {
  size_t count = 0;
  while (count < CSN_FORM_LOCATIONS_MAX && form->locations[count].source != CSN_SOURCE_NONE) count++;
  return count;
}

static csn_reason plain_put_param(const csn_form *form, const char *header, csn_span name, csn_span value, size_t start,
                                  csn_credential *out, csn_verdict *verdict) {
  for (size_t i = 0; i < plain_count(form); i++) {
    const csn_location *at = &form->locations[i];
    if (at->source != CSN_SOURCE_HEADER_PARAM || !csn_span_equal(name, csn_span_str(at->param))) continue;
    if (!csn_span_equal_nocase(csn_span_str(at->name), csn_span_str(header))) continue;
    return csn_credential_put(form, at->field, value, out, verdict);
  }
  if (form->skips_unknown) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE, start);
}

static bool plain_take_param(const csn_form *form, csn_cursor *in, csn_span *name, csn_span *value) {
  uint8_t assign = (uint8_t)(form->assign == 0 ? '=' : form->assign);
  if (form->quoted) {
    *name = csn_cursor_take_until(in, assign);
    if (name->len == 0 || !csn_cursor_skip_byte(in, assign) || !csn_cursor_skip_byte(in, '"')) return false;
    *value = csn_cursor_take_until(in, '"');
    return csn_cursor_skip_byte(in, '"') && (value->len == 0 || memchr(value->ptr, '\\', value->len) == NULL);
  }
  csn_cursor item = csn_cursor_of(csn_cursor_take_until(in, (uint8_t)form->separator));
  *name = csn_cursor_take_until(&item, assign);
  bool assigned = name->len > 0 && csn_cursor_skip_byte(&item, assign);
  *value = csn_cursor_rest(&item);
  return assigned;
}

static csn_reason plain_params(const csn_form *form, const char *header, csn_cursor *in, csn_credential *out,
                               csn_verdict *verdict) {
  do {
    while (form->quoted && csn_cursor_skip_byte(in, ' ')) continue;
    size_t start = csn_cursor_offset(in);
    csn_span name, value;
    if (!plain_take_param(form, in, &name, &value)) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, start);
    }
    csn_reason reason = plain_put_param(form, header, name, value, start, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  } while (csn_cursor_skip_byte(in, (uint8_t)form->separator));
  if (csn_cursor_done(in)) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, csn_cursor_offset(in));
}

static bool plain_was_read(const csn_form *form, size_t i) {
  const csn_location *at = &form->locations[i];
  for (size_t j = 0; j < i && at->source == CSN_SOURCE_HEADER_PARAM; j++) {
    const csn_location *before = &form->locations[j];
    if (before->source != CSN_SOURCE_HEADER_PARAM) continue;
    if (csn_span_equal_nocase(csn_span_str(before->name), csn_span_str(at->name))) return true;
  }
  return false;
}

static csn_reason plain_read(const csn_form *form, size_t i, const csn_request *request, csn_credential *out,
                             csn_verdict *verdict) {
  const csn_location *at = &form->locations[i];
  csn_cursor value;
  bool fits = false;
  csn_reason reason = plain_header(request, at->name, at->prefix, at->field, &value, &fits, verdict);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  if (!fits) return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, at->field, 0);
  if (at->source == CSN_SOURCE_HEADER_PARAM) return plain_params(form, at->name, &value, out, verdict);
  return csn_credential_put(form, at->field, csn_cursor_rest(&value), out, verdict);
}

static bool plain_reads(const csn_form *form, const char *header) {
  for (size_t i = 0; i < plain_count(form); i++) {
    if (csn_span_equal_nocase(csn_span_str(form->locations[i].name), csn_span_str(header))) return true;
  }
  return false;
}

static csn_reason plain_locate(const csn_scheme *scheme, const csn_request *request, csn_credential *out,
                               const csn_form **chosen, csn_verdict *verdict) {
  csn_reason reason = plain_select(scheme, request, chosen, verdict);
  for (size_t i = 0; reason == CSN_REASON_ACCEPTED && i < plain_count(*chosen); i++) {
    csn_field field = (*chosen)->locations[i].field;
    if (!plain_was_read(*chosen, i)) reason = plain_read(*chosen, i, request, out, verdict);
    if (reason == CSN_REASON_ACCEPTED && out->fields[field].ptr == NULL) {
      reason = csn_refuse(verdict, CSN_REASON_FIELD_MISSING, field, 0);
    }
  }
  for (size_t i = 0; reason == CSN_REASON_ACCEPTED && i < csn_scheme_form_count(scheme); i++) {
    for (size_t j = 0; reason == CSN_REASON_ACCEPTED && j < plain_count(&scheme->forms[i]); j++) {
      const csn_location *at = &scheme->forms[i].locations[j];
      size_t count;
      if (plain_reads(*chosen, at->name) || plain_find(request, at->name, &count) == NULL) continue;
      reason = csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, at->field, 0);
    }
  }
  return reason;
}

#endif
