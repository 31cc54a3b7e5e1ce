/* Reading the credential: which form, which fields, and whether each has its form. Nothing here believes anything. */
#include "credential.h"

#include "cursor.h"
#include "encoding.h"
#include "hmac.h"
#include "refuse.h"

enum { METHOD_MAX = 32 /* bytes; the longest registered method has 17 */ };

/* ---- character sets ---- */

static bool is_alphanumeric(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_one_of(uint8_t byte, const char *set) {
  return byte != 0 && strchr(set, byte) != NULL;
}

bool csn_is_token_char(uint8_t byte) {
  return is_alphanumeric(byte) || is_one_of(byte, "!#$%&'*+-.^_`|~");
}

/* RFC 3986's unreserved, and what base64 adds to it. */
bool csn_is_nonce_byte(uint8_t byte) {
  return is_alphanumeric(byte) || is_one_of(byte, "-._~+/=");
}

/* Visible, without what separates parameters and parts of signed strings. */
bool csn_is_client_id_byte(uint8_t byte) {
  return byte > ' ' && byte < 0x7f && !is_one_of(byte, "|&,\"\\");
}

/* Offset of the first byte that is not in the set; bytes.len where all are. */
static size_t span_of_set(csn_span bytes, bool (*in_set)(uint8_t)) {
  size_t i = 0;
  while (i < bytes.len && in_set(bytes.ptr[i])) i++;
  return i;
}

/* ---- the request's own form ---- */

static size_t at_most(size_t offset, size_t limit) {
  return offset < limit ? offset : limit;
}

static bool is_target_byte(uint8_t byte) {
  return byte > ' ' && byte != 0x7f;
}
static bool is_value_byte(uint8_t byte) {
  return (byte >= ' ' && byte != 0x7f) || byte == '\t';
}

static csn_reason check_header(const csn_header *header, csn_verdict *verdict) {
  size_t at = span_of_set(header->name, csn_is_token_char);
  if (header->name.len == 0 || header->name.len > CSN_HEADER_NAME_MAX || at < header->name.len) {
    return csn_refuse(verdict, CSN_REASON_HEADER_NAME_INVALID, CSN_FIELD_HEADER, at_most(at, CSN_HEADER_NAME_MAX));
  }
  if (header->value.len > CSN_HEADER_VALUE_MAX) {
    return csn_refuse(verdict, CSN_REASON_HEADER_TOO_LONG, CSN_FIELD_HEADER, CSN_HEADER_VALUE_MAX);
  }
  at = span_of_set(header->value, is_value_byte);
  if (at < header->value.len) return csn_refuse(verdict, CSN_REASON_HEADER_VALUE_INVALID, CSN_FIELD_HEADER, at);
  return CSN_REASON_ACCEPTED;
}

csn_reason csn_request_check(const csn_request *request, csn_verdict *verdict) {
  size_t at = span_of_set(request->method, csn_is_token_char);
  if (request->method.len == 0 || request->method.len > METHOD_MAX || at < request->method.len) {
    return csn_refuse(verdict, CSN_REASON_METHOD_INVALID, CSN_FIELD_METHOD, at_most(at, METHOD_MAX));
  }
  at = span_of_set(request->target, is_target_byte);
  if (request->target.len == 0 || request->target.len > CSN_TARGET_MAX || at < request->target.len) {
    return csn_refuse(verdict, CSN_REASON_TARGET_INVALID, CSN_FIELD_TARGET, at_most(at, CSN_TARGET_MAX));
  }
  if (request->header_count > CSN_HEADERS_MAX) {
    return csn_refuse(verdict, CSN_REASON_HEADER_LIMIT, CSN_FIELD_HEADER, 0);
  }
  for (size_t i = 0; i < request->header_count; i++) {
    csn_reason reason = check_header(&request->headers[i], verdict);
    if (reason == CSN_REASON_ACCEPTED) continue;
    verdict->header_index = i;
    return reason;
  }
  return CSN_REASON_ACCEPTED;
}

/* ---- finding the fields ---- */

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
    if (csn_cursor_skip_text(&value, csn_span_str(form->select_prefix))) return CSN_REASON_ACCEPTED;
  }
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, 0);
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

/* The location in the form of parameter `name` of this header, or NULL. */
static const csn_location *find_param(const csn_form *form, const char *header_name, csn_span name) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    if (at->source != CSN_SOURCE_HEADER_PARAM || !csn_span_equal(name, csn_span_str(at->param))) continue;
    if (csn_span_equal_nocase(csn_span_str(at->name), csn_span_str(header_name))) return at;
  }
  return NULL;
}

/* Reads one header's name=value parameters into the fields that the form locates there. Offsets count in the value. */
static csn_reason read_params(const csn_form *form, const char *header_name, csn_cursor *in, csn_credential *out,
                              csn_verdict *verdict) {
  do {
    size_t start = csn_cursor_offset(in);
    csn_cursor item = csn_cursor_of(csn_cursor_take_until(in, (uint8_t)form->separator));
    csn_span name = csn_cursor_take_until(&item, '=');
    if (!csn_cursor_skip_byte(&item, '=')) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, start);
    }
    const csn_location *at = find_param(form, header_name, name);
    if (at == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE, start);
    if (out->fields[at->field].ptr != NULL) return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, at->field, 0);
    out->fields[at->field] = csn_cursor_rest(&item);
  } while (csn_cursor_skip_byte(in, (uint8_t)form->separator));
  return CSN_REASON_ACCEPTED;
}

static csn_reason read_location(const csn_form *form, const csn_location *at, const csn_request *request,
                                csn_credential *out, csn_verdict *verdict) {
  bool repeated = false;
  const csn_header *header = find_header(request, at->name, &repeated);
  if (header == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, at->field, 0);
  if (repeated) return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, at->field, 0);
  csn_cursor value = csn_cursor_of(header->value);
  if (!skip_prefix(&value, at->prefix)) return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, at->field, 0);
  if (at->source == CSN_SOURCE_HEADER_PARAM) return read_params(form, at->name, &value, out, verdict);
  out->fields[at->field] = csn_cursor_rest(&value);
  return CSN_REASON_ACCEPTED;
}

/* Whether the parameters of this location's header have been read, with those of a location before it. */
static bool params_were_read(const csn_form *form, size_t i) {
  const csn_location *at = &form->locations[i];
  for (size_t j = 0; j < i; j++) {
    const csn_location *before = &form->locations[j];
    if (before->source != CSN_SOURCE_HEADER_PARAM || at->source != CSN_SOURCE_HEADER_PARAM) continue;
    if (csn_span_equal_nocase(csn_span_str(before->name), csn_span_str(at->name))) return true;
  }
  return false;
}

static bool form_reads(const csn_form *form, const char *header_name) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
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
    csn_reason reason =
        params_were_read(form, i) ? CSN_REASON_ACCEPTED : read_location(form, at, request, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
    if (out->fields[at->field].ptr == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, at->field, 0);
  }
  return CSN_REASON_ACCEPTED;
}

/* ---- the fields' forms ---- */

bool csn_client_id_valid(csn_span id, size_t *offset) {
  *offset = span_of_set(id, csn_is_client_id_byte);
  if (*offset > CSN_ID_MAX) *offset = CSN_ID_MAX;
  return id.len > 0 && *offset == id.len;
}

bool csn_nonce_valid(csn_span nonce, size_t *offset) {
  *offset = span_of_set(nonce, csn_is_nonce_byte);
  if (*offset > CSN_NONCE_MAX) *offset = CSN_NONCE_MAX;
  return nonce.len > 0 && *offset == nonce.len;
}

/* One text for one time: a leading zero would let digits move between the timestamp and what stands before it. */
bool csn_timestamp_parse(csn_span text, csn_time_unit unit, int64_t *seconds, size_t *offset) {
  int64_t value = 0;
  *offset = 0;
  if (text.len == 0 || (text.ptr[0] == '0' && text.len > 1)) return false;
  for (; *offset < text.len; (*offset)++) {
    uint8_t byte = text.ptr[*offset];
    if (byte < '0' || byte > '9' || *offset == CSN_TIMESTAMP_DIGITS_MAX) return false;
    value = value * 10 + (byte - '0');
  }
  *seconds = unit == CSN_TIME_MILLISECONDS ? value / 1000 : value;
  return true;
}

static csn_reason check_signature(const csn_scheme *scheme, csn_credential *out, csn_verdict *verdict) {
  csn_span text = out->fields[CSN_FIELD_SIGNATURE];
  size_t at = 0, wanted = scheme->signature_encoding == CSN_ENCODING_HEX ? 2 * CSN_SHA256_BYTES
                                                                         : csn_base64url_encoded_len(CSN_SHA256_BYTES);
  if (text.len != wanted) {
    return csn_refuse(verdict, CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE, text.len < wanted ? text.len : wanted);
  }
  bool decoded = scheme->signature_encoding == CSN_ENCODING_HEX ? csn_hex_decode(text, out->signature, &at)
                                                                : csn_base64url_decode(text, out->signature, &at);
  return decoded ? CSN_REASON_ACCEPTED : csn_refuse(verdict, CSN_REASON_SIGNATURE_ENCODING, CSN_FIELD_SIGNATURE, at);
}

static csn_reason check_fields(const csn_scheme *scheme, csn_credential *out, csn_verdict *verdict) {
  const csn_span *fields = out->fields;
  size_t at = 0;
  if (fields[CSN_FIELD_CLIENT_ID].ptr != NULL) {
    if (!csn_client_id_valid(fields[CSN_FIELD_CLIENT_ID], &at)) {
      return csn_refuse(verdict, CSN_REASON_CLIENT_ID_INVALID, CSN_FIELD_CLIENT_ID, at);
    }
    csn_name_set(&verdict->client_id, fields[CSN_FIELD_CLIENT_ID]);
  }
  if (fields[CSN_FIELD_TIMESTAMP].ptr != NULL &&
      !csn_timestamp_parse(fields[CSN_FIELD_TIMESTAMP], scheme->time_unit, &out->timestamp, &at)) {
    return csn_refuse(verdict, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, at);
  }
  if (fields[CSN_FIELD_NONCE].ptr != NULL && !csn_nonce_valid(fields[CSN_FIELD_NONCE], &at)) {
    return csn_refuse(verdict, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE, at);
  }
  return fields[CSN_FIELD_SIGNATURE].ptr == NULL ? CSN_REASON_ACCEPTED : check_signature(scheme, out, verdict);
}

/* ---- the whole ---- */

void csn_credential_set_request(csn_credential *credential, const csn_request *request) {
  csn_cursor target = csn_cursor_of(request->target);
  credential->fields[CSN_FIELD_METHOD] = request->method;
  credential->fields[CSN_FIELD_TARGET] = request->target;
  credential->fields[CSN_FIELD_PATH] = csn_cursor_take_until(&target, '?');
  (void)csn_cursor_skip_byte(&target, '?');
  credential->fields[CSN_FIELD_QUERY] = csn_cursor_rest(&target);
  credential->fields[CSN_FIELD_BODY] = request->body;
}

void csn_credential_hash_body(csn_credential *credential) {
  uint8_t digest[CSN_SHA256_BYTES];
  csn_sha256(credential->fields[CSN_FIELD_BODY], digest);
  csn_hex_encode(csn_span_of(digest, sizeof digest), credential->body_sha256);
  credential->fields[CSN_FIELD_BODY_SHA256] = csn_span_of(credential->body_sha256, sizeof credential->body_sha256);
}

csn_reason csn_credential_read(const csn_scheme *scheme, const csn_request *request, csn_credential *out,
                               csn_verdict *verdict) {
  const csn_form *form = NULL;
  csn_reason reason = CSN_REASON_ACCEPTED;
  memset(out, 0, sizeof *out);
  if (scheme->standard != CSN_STANDARD_NONE) return CSN_REASON_ACCEPTED; /* which reads its fields itself */
  if ((reason = select_form(scheme, request, &form, verdict)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = read_fields(form, request, out, verdict)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = check_other_forms(scheme, form, request, verdict)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = check_fields(scheme, out, verdict)) != CSN_REASON_ACCEPTED) return reason;
  csn_credential_set_request(out, request);
  return CSN_REASON_ACCEPTED;
}
