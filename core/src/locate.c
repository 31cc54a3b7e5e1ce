/* Finding the fields: which form, which header, which parameter. */
#include "locate.h"

#include "body_field.h"
#include "cursor.h"
#include "refuse.h"

csn_reason csn_credential_put(const csn_form *form, csn_field field, csn_span value, csn_credential *out,
                              csn_verdict *verdict) {
  bool is_signature = field == CSN_FIELD_SIGNATURE, is_first = out->fields[field].ptr == NULL;
  if (!is_first && !(is_signature && form->many_signatures)) {
    return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, field, 0);
  }
  if (is_first) out->fields[field] = value;
  if (!is_signature) return CSN_REASON_ACCEPTED;
  if (out->signature_count == CSN_SIGNATURES_MAX) return csn_refuse(verdict, CSN_REASON_SIGNATURE_LIMIT, field, 0);
  out->signatures[out->signature_count++].text = value;
  return CSN_REASON_ACCEPTED;
}

/* ---- headers ---- */

/* The one header of this name: NULL where there is none, and `*repeated` where there is more than one. */
static const csn_header *find_header(const csn_request *request, const char *name, bool *repeated) {
  const csn_header *found = NULL;
  csn_span wanted = csn_span_str(name);
  *repeated = false;
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, wanted)) continue;
    if (found != NULL) *repeated = true;
    found = &request->headers[i];
  }
  return found;
}

/* Skips the literal before a value. One that ends in a space is an auth-scheme: no case, one or more spaces (RFC 9110
 * section 11.4). */
static bool skip_prefix(csn_cursor *value, const char *text) {
  csn_span prefix = csn_span_str(text), head;
  if (prefix.len == 0) return true;
  if (prefix.ptr[prefix.len - 1] != ' ') return csn_cursor_skip_text(value, prefix);
  if (!csn_cursor_take(value, prefix.len, &head) || !csn_span_equal_nocase(head, prefix)) return false;
  while (csn_cursor_skip_byte(value, ' ')) continue;
  return true;
}

static csn_reason select_form(const csn_scheme *scheme, const csn_request *request, const csn_form **out,
                              csn_verdict *verdict) {
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    const csn_form *form = &scheme->forms[i];
    bool repeated = false;
    *out = form;
    if (form->select_header == NULL) return CSN_REASON_ACCEPTED;
    const csn_header *header = find_header(request, form->select_header, &repeated);
    if (header == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, CSN_FIELD_SIGNATURE, 0);
    if (repeated) return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, CSN_FIELD_SIGNATURE, 0);
    csn_cursor value = csn_cursor_of(header->value);
    if (skip_prefix(&value, form->select_prefix)) return CSN_REASON_ACCEPTED;
  }
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, 0);
}

/* ---- parameters of a header ---- */

/* The location in the form of parameter `name` of this header, or NULL. */
static const csn_location *find_param(const csn_form *form, const char *header_name, csn_span name) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    if (at->source != CSN_SOURCE_HEADER_PARAM || !csn_span_equal(name, csn_span_str(at->param))) continue;
    if (csn_span_equal_nocase(csn_span_str(at->name), csn_span_str(header_name))) return at;
  }
  return NULL;
}

static csn_reason put_param(const csn_form *form, const char *header_name, csn_span name, csn_span value, size_t start,
                            csn_credential *out, csn_verdict *verdict) {
  const csn_location *at = find_param(form, header_name, name);
  if (at != NULL) return csn_credential_put(form, at->field, value, out, verdict);
  if (form->skips_unknown) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE, start);
}

/* name="value", and nothing in the value that would have to be decoded. */
static bool take_quoted(csn_cursor *in, uint8_t assign, csn_span *name, csn_span *value) {
  *name = csn_cursor_take_until(in, assign);
  if (name->len == 0 || !csn_cursor_skip_byte(in, assign) || !csn_cursor_skip_byte(in, '"')) return false;
  *value = csn_cursor_take_until(in, '"');
  bool is_escaped = value->len > 0 && memchr(value->ptr, '\\', value->len) != NULL;
  return csn_cursor_skip_byte(in, '"') && !is_escaped;
}

static csn_reason read_quoted_params(const csn_form *form, const char *header_name, csn_cursor *in, csn_credential *out,
                                     csn_verdict *verdict) {
  do {
    while (csn_cursor_skip_byte(in, ' ')) continue;
    size_t start = csn_cursor_offset(in);
    csn_span name, value;
    if (!take_quoted(in, (uint8_t)csn_form_assign(form), &name, &value)) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, start);
    }
    csn_reason reason = put_param(form, header_name, name, value, start, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  } while (csn_cursor_skip_byte(in, (uint8_t)form->separator));
  if (csn_cursor_done(in)) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, csn_cursor_offset(in));
}

/* Reads one header's name=value parameters into the fields that the form locates there. Offsets count in the value. */
static csn_reason read_params(const csn_form *form, const char *header_name, csn_cursor *in, csn_credential *out,
                              csn_verdict *verdict) {
  uint8_t assign = (uint8_t)csn_form_assign(form);
  do {
    size_t start = csn_cursor_offset(in);
    csn_cursor item = csn_cursor_of(csn_cursor_take_until(in, (uint8_t)form->separator));
    csn_span name = csn_cursor_take_until(&item, assign);
    if (name.len == 0 || !csn_cursor_skip_byte(&item, assign)) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, start);
    }
    csn_reason reason = put_param(form, header_name, name, csn_cursor_rest(&item), start, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  } while (csn_cursor_skip_byte(in, (uint8_t)form->separator));
  return CSN_REASON_ACCEPTED;
}

/* ---- locations ---- */

static csn_reason read_header(const csn_form *form, const csn_location *at, const csn_request *request,
                              csn_credential *out, csn_verdict *verdict) {
  bool repeated = false;
  const csn_header *header = find_header(request, at->name, &repeated);
  if (header == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, at->field, 0);
  if (repeated) return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, at->field, 0);
  csn_cursor value = csn_cursor_of(header->value);
  if (!skip_prefix(&value, at->prefix)) return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, at->field, 0);
  if (at->source == CSN_SOURCE_HEADER_PARAM) {
    return (form->quoted ? read_quoted_params : read_params)(form, at->name, &value, out, verdict);
  }
  return csn_credential_put(form, at->field, csn_cursor_rest(&value), out, verdict);
}

static csn_reason read_location(const csn_form *form, const csn_location *at, const csn_request *request,
                                csn_credential *out, csn_verdict *verdict) {
  switch (at->source) {
    case CSN_SOURCE_QUERY:
      return csn_read_query(form, request->target, out, verdict);
    case CSN_SOURCE_FORM_BODY:
      return csn_read_form_body(form, request->body, out, verdict);
    case CSN_SOURCE_JSON_BODY:
      return csn_read_json_body(form, request->body, out, verdict);
    default:
      return read_header(form, at, request, out, verdict);
  }
}

/* Whether what stands at this location has been read, with a location before it: all parameters of a header, of the
 * query and of the body are read at once. */
static bool was_read(const csn_form *form, size_t i) {
  const csn_location *at = &form->locations[i];
  for (size_t j = 0; j < i && at->source != CSN_SOURCE_HEADER; j++) {
    const csn_location *before = &form->locations[j];
    if (before->source != at->source) continue;
    if (at->source != CSN_SOURCE_HEADER_PARAM) return true;
    if (csn_span_equal_nocase(csn_span_str(before->name), csn_span_str(at->name))) return true;
  }
  return false;
}

static bool form_reads(const csn_form *form, const char *header_name) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    if (!csn_source_is_header(form->locations[i].source)) continue;
    if (csn_span_equal_nocase(csn_span_str(form->locations[i].name), csn_span_str(header_name))) return true;
  }
  return false;
}

/* A field that comes in the chosen form and in a header of another one comes twice: neither wins. */
static csn_reason check_other_forms(const csn_scheme *scheme, const csn_form *chosen, const csn_request *request,
                                    csn_verdict *verdict) {
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    const csn_location *at = scheme->forms[i].locations;
    for (size_t j = 0; j < CSN_FORM_LOCATIONS_MAX && at[j].source != CSN_SOURCE_NONE; j++) {
      bool repeated = false;
      if (!csn_source_is_header(at[j].source)) continue;
      if (form_reads(chosen, at[j].name) || find_header(request, at[j].name, &repeated) == NULL) continue;
      return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, at[j].field, 0);
    }
  }
  return CSN_REASON_ACCEPTED;
}

static csn_reason read_fields(const csn_form *form, const csn_request *request, csn_credential *out,
                              csn_verdict *verdict) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    csn_reason reason = was_read(form, i) ? CSN_REASON_ACCEPTED : read_location(form, at, request, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
    if (out->fields[at->field].ptr == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, at->field, 0);
  }
  return CSN_REASON_ACCEPTED;
}

csn_reason csn_locate_fields(const csn_scheme *scheme, const csn_request *request, csn_credential *out,
                             const csn_form **chosen, csn_verdict *verdict) {
  csn_reason reason = CSN_REASON_ACCEPTED;
  if ((reason = select_form(scheme, request, chosen, verdict)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = read_fields(*chosen, request, out, verdict)) != CSN_REASON_ACCEPTED) return reason;
  return check_other_forms(scheme, *chosen, request, verdict);
}
