/* Parameters and members are taken as they stand on the wire. What would have to be decoded first is refused: the
 * server behind might decode it in another way. */
#include "body_field.h"

#include "cursor.h"
#include "json.h"
#include "locate.h"
#include "refuse.h"

enum { BODY_NODES = 512 /* JSON values and names of a body that a field is read from */ };

/* ---- name=value parameters ---- */

static int hex_value(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of a name as a server would decode it; a malformed escape is itself. */
static int next_decoded(csn_cursor *in) {
  int c = csn_cursor_peek(in);
  if (c < 0) return c;
  in->pos++;
  if (c == '+') return ' ';
  if (c != '%' || csn_cursor_left(in) < 2) return c;
  int high = hex_value(in->pos[0]), low = hex_value(in->pos[1]);
  if (high < 0 || low < 0) return c;
  in->pos += 2;
  return high << 4 | low;
}

/* Whether the name is `wanted` once it is decoded: an encoded one is no way around the check for a second. */
static bool is_name(csn_span name, const char *wanted) {
  csn_cursor in = csn_cursor_of(name);
  for (; *wanted != '\0'; wanted++) {
    if (next_decoded(&in) != (uint8_t)*wanted) return false;
  }
  return csn_cursor_done(&in);
}

static const csn_location *find_named(const csn_form *form, csn_source source, csn_span name) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    if (at->source == source && is_name(name, at->name)) return at;
  }
  return NULL;
}

static bool needs_decoding(csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '%' || text.ptr[i] == '+') return true;
  }
  return false;
}

static csn_reason read_params(const csn_form *form, csn_source source, csn_cursor in, csn_credential *out,
                              csn_verdict *verdict) {
  do {
    csn_cursor item = csn_cursor_of(csn_cursor_take_until(&in, '&'));
    csn_span name = csn_cursor_take_until(&item, '=');
    const csn_location *at = find_named(form, source, name);
    if (at == NULL) continue;
    if (!csn_cursor_skip_byte(&item, '=') || needs_decoding(name) || needs_decoding(csn_cursor_rest(&item))) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, at->field, 0);
    }
    csn_reason reason = csn_credential_put(form, at->field, csn_cursor_rest(&item), out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  } while (csn_cursor_skip_byte(&in, '&'));
  return CSN_REASON_ACCEPTED;
}

csn_reason csn_read_query(const csn_form *form, csn_span target, csn_credential *out, csn_verdict *verdict) {
  csn_cursor in = csn_cursor_of(target);
  (void)csn_cursor_take_until(&in, '?');
  if (!csn_cursor_skip_byte(&in, '?')) return CSN_REASON_ACCEPTED;
  return read_params(form, CSN_SOURCE_QUERY, csn_cursor_of(csn_cursor_rest(&in)), out, verdict);
}

csn_reason csn_read_form_body(const csn_form *form, csn_span body, csn_credential *out, csn_verdict *verdict) {
  return read_params(form, CSN_SOURCE_FORM_BODY, csn_cursor_of(body), out, verdict);
}

/* ---- members of a JSON body ---- */

/* A string without escapes; a timestamp may be a number, too. */
static csn_reason read_member(const csn_form *form, const csn_location *at, const csn_json *json, csn_credential *out,
                              csn_verdict *verdict) {
  uint32_t node = csn_json_member(json, 0, csn_span_str(at->name));
  if (node == 0) return CSN_REASON_ACCEPTED;
  csn_json_type type = csn_json_type_of(json, node);
  bool is_number = type == CSN_JSON_NUMBER && at->field == CSN_FIELD_TIMESTAMP;
  bool is_plain = type == CSN_JSON_STRING && !json->nodes[node].escaped;
  if (!is_number && !is_plain) return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, at->field, 0);
  return csn_credential_put(form, at->field, csn_json_raw(json, node), out, verdict);
}

csn_reason csn_read_json_body(const csn_form *form, csn_span body, csn_credential *out, csn_verdict *verdict) {
  csn_json_node nodes[BODY_NODES];
  csn_json json;
  size_t offset = 0;
  if (body.len == 0) return CSN_REASON_ACCEPTED;
  csn_reason reason = csn_json_read(body, nodes, BODY_NODES, &json, &offset);
  if (reason != CSN_REASON_ACCEPTED) return csn_refuse(verdict, reason, CSN_FIELD_BODY, offset);
  if (csn_json_type_of(&json, 0) != CSN_JSON_OBJECT) {
    return csn_refuse(verdict, CSN_REASON_JSON_NOT_OBJECT, CSN_FIELD_BODY, 0);
  }
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    if (at->source == CSN_SOURCE_JSON_BODY) reason = read_member(form, at, &json, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  }
  return CSN_REASON_ACCEPTED;
}
