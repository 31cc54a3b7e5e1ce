/* The signing side: fills a scheme's fields, signs, and writes them where the scheme says. */
#include <countersign/sign.h>
#include <inttypes.h>
#include <stdio.h>

#include "encoding.h"
#include "hmac.h"
#include "http_date.h"
#include "mac_many.h"
#include "template.h"
#include "writer.h"

static bool is_compact_token(csn_span token) {
  for (size_t i = 0; i < token.len; i++) {
    uint8_t c = token.ptr[i];
    bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!alphanumeric && c != '-' && c != '_' && c != '.') return false;
  }
  return token.len > 0;
}

static csn_error check_input(const csn_sign_input *input) {
  const csn_form *form = NULL;
  size_t at = 0;
  if (input->scheme == NULL || input->request == NULL || input->form >= csn_scheme_form_count(input->scheme)) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  form = &input->scheme->forms[input->form];
  if (csn_form_find(form, CSN_FIELD_NONCE) != NULL && !csn_scheme_nonce_valid(input->scheme, input->nonce, &at)) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  if (input->scheme->has_token && !is_compact_token(input->token)) return CSN_ERROR_INVALID_ARGUMENT;
  if (input->scheme->template_text == NULL) return CSN_OK;
  if (input->key == NULL || (input->key->uses & CSN_USE_REQUEST) == 0 || input->key->public_key != NULL ||
      input->timestamp < 0) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  return form->alg == CSN_ALG_NONE || form->alg == input->key->alg ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT;
}

enum { TIMESTAMP_TEXT = CSN_HTTP_DATE_LEN + 1 };

static bool write_timestamp(const csn_sign_input *input, bool is_signed, char text[TIMESTAMP_TEXT]) {
  if (input->scheme->time_unit == CSN_TIME_HTTP_DATE) {
    if (input->timestamp < 0 || input->timestamp > INT64_C(253402300799)) return false;
    csn_http_date_write(input->timestamp, text);
    text[CSN_HTTP_DATE_LEN] = '\0';
    return true;
  }
  (void)snprintf(text, TIMESTAMP_TEXT, "%" PRId64, input->timestamp);
  return !is_signed || strlen(text) <= CSN_TIMESTAMP_DIGITS_MAX;
}

/* The fields as they will stand on the wire; `timestamp` is room for the timestamp's text. */
static csn_error fill_fields(const csn_sign_input *input, csn_template *tpl, csn_credential *out,
                             char timestamp[TIMESTAMP_TEXT]) {
  csn_error error = check_input(input);
  csn_credential_clear(out);
  if (error != CSN_OK || (error = csn_scheme_compile(input->scheme, tpl)) != CSN_OK) return error;
  if (!write_timestamp(input, tpl->count > 0, timestamp)) return CSN_ERROR_INVALID_ARGUMENT;
  if (input->key != NULL) out->fields[CSN_FIELD_CLIENT_ID] = csn_key_client_id(input->key);
  out->fields[CSN_FIELD_TIMESTAMP] = csn_span_str(timestamp);
  out->fields[CSN_FIELD_NONCE] = input->nonce;
  out->fields[CSN_FIELD_TOKEN] = input->token;
  if (tpl->count > 0) out->fields[CSN_FIELD_ALGORITHM] = csn_span_str(csn_hmac_name(input->key->alg));
  if (input->scheme->signed_headers == NULL) return CSN_OK;
  csn_span list = input->signed_headers;
  out->fields[CSN_FIELD_SIGNED_HEADERS] = list.len > 0 ? list : csn_span_str(input->scheme->signed_headers);
  return CSN_OK;
}

/* ---- the query and the body ---- */

/* What has to be encoded in a parameter is not written: nobody would decode it. */
static bool fits_param(csn_span value) {
  for (size_t i = 0; i < value.len; i++) {
    if (strchr("%+&#", value.ptr[i]) != NULL) return false;
  }
  return true;
}

/* Writes `base` with the fields of this source behind it: the signature, or all others. `*base` gets the new text; it
 * stays as it is where there is nothing to add. */
static csn_error add_params(csn_writer *writer, const csn_form *form, csn_source source, bool is_signature,
                            const csn_span *fields, csn_span *base) {
  size_t start = writer->len, added = 0;
  bool has_query = base->len > 0 && memchr(base->ptr, '?', base->len) != NULL;
  char separator = source == CSN_SOURCE_QUERY && !has_query ? '?' : '&';
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    const csn_location *at = &form->locations[i];
    if (at->source != source || (at->field == CSN_FIELD_SIGNATURE) != is_signature) continue;
    if (!fits_param(fields[at->field])) return CSN_ERROR_INVALID_ARGUMENT;
    if (added++ == 0) csn_put(writer, *base);
    if (writer->len > start) csn_put(writer, csn_span_of(&separator, 1));
    separator = '&';
    csn_put_text(writer, at->name);
    csn_put_text(writer, "=");
    csn_put(writer, fields[at->field]);
  }
  if (added > 0) *base = csn_span_of(writer->out + start, writer->len - start);
  return writer->overflow ? CSN_ERROR_BUFFER_TOO_SMALL : CSN_OK;
}

/* What stands before the closing brace of a JSON body; an empty body is an empty object. False where it is none. */
static bool open_object(csn_span body, csn_span *head) {
  *head = csn_span_str("{");
  if (body.len == 0) return true;
  if (body.len < 2 || body.ptr[0] != '{' || body.ptr[body.len - 1] != '}') return false;
  *head = csn_span_of(body.ptr, body.len - 1);
  while (memchr(" \t\r\n", head->ptr[head->len - 1], 4) != NULL) head->len--;
  return true;
}

/* The same for the members of a JSON body. */
static csn_error add_members(csn_writer *writer, const csn_form *form, bool is_signature, const csn_span *fields,
                             csn_span *body) {
  size_t start = writer->len, added = 0;
  csn_span head;
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    const csn_location *at = &form->locations[i];
    if (at->source != CSN_SOURCE_JSON_BODY || (at->field == CSN_FIELD_SIGNATURE) != is_signature) continue;
    if (!open_object(*body, &head)) return CSN_ERROR_INVALID_ARGUMENT;
    if (added == 0) csn_put(writer, head);
    if (added++ > 0 || head.len > 1) csn_put_text(writer, ",");
    csn_put_json_string(writer, csn_span_str(at->name));
    csn_put_text(writer, ":");
    csn_put_json_string(writer, fields[at->field]);
  }
  if (added > 0) csn_put_text(writer, "}");
  if (added > 0) *body = csn_span_of(writer->out + start, writer->len - start);
  return writer->overflow ? CSN_ERROR_BUFFER_TOO_SMALL : CSN_OK;
}

/* Puts the signature, or all other fields, into the query and the body of `out`. */
static csn_error add_fields(csn_signed *out, csn_writer *writer, const csn_form *form, bool is_signature,
                            const csn_span *fields) {
  csn_error error = add_params(writer, form, CSN_SOURCE_QUERY, is_signature, fields, &out->target);
  if (error == CSN_OK) error = add_params(writer, form, CSN_SOURCE_FORM_BODY, is_signature, fields, &out->body);
  if (error == CSN_OK) error = add_members(writer, form, is_signature, fields, &out->body);
  return error;
}

/* ---- headers ---- */

/* Writes the value of one header: a single field, or all the parameters that the form puts there. */
static void put_value(csn_writer *writer, const csn_form *form, const csn_location *first, const csn_span *fields) {
  if (first->prefix != NULL) csn_put_text(writer, first->prefix);
  if (first->source == CSN_SOURCE_HEADER) {
    csn_put(writer, fields[first->field]);
    return;
  }
  const char assign = csn_form_assign(form);
  for (const csn_location *at = first; at < form->locations + CSN_FORM_LOCATIONS_MAX; at++) {
    if (at->source != CSN_SOURCE_HEADER_PARAM) continue;
    if (!csn_span_equal_nocase(csn_span_str(at->name), csn_span_str(first->name))) continue;
    if (at != first) csn_put(writer, csn_span_of(&form->separator, 1));
    if (at != first && form->quoted) csn_put_text(writer, " ");
    csn_put_text(writer, at->param);
    csn_put(writer, csn_span_of(&assign, 1));
    if (form->quoted) csn_put_text(writer, "\"");
    csn_put(writer, fields[at->field]);
    if (form->quoted) csn_put_text(writer, "\"");
  }
}

static bool is_written(const csn_signed *out, const char *name) {
  for (size_t i = 0; i < out->header_count; i++) {
    if (csn_span_equal_nocase(out->headers[i].name, csn_span_str(name))) return true;
  }
  return false;
}

static csn_error write_headers(csn_signed *out, csn_writer *writer, const csn_form *form, const csn_span *fields) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    if (!csn_source_is_header(at->source) || is_written(out, at->name)) continue;
    if (out->header_count == CSN_SIGNED_HEADERS_MAX) return CSN_ERROR_BUFFER_TOO_SMALL;
    size_t start = writer->len;
    put_value(writer, form, at, fields);
    if (writer->overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
    csn_header *header = &out->headers[out->header_count++];
    header->name = csn_span_str(at->name);
    header->value = csn_span_of(out->bytes + start, writer->len - start);
  }
  return CSN_OK;
}

/* ---- the whole ---- */

static csn_error find_signed_headers(const csn_sign_input *input, csn_credential *credential) {
  const csn_scheme *scheme = input->scheme;
  csn_verdict verdict;
  if (scheme->signed_headers == NULL) return CSN_OK;
  csn_reason reason =
      csn_signed_headers_find(scheme, &scheme->forms[input->form], input->request, credential, &verdict);
  return reason == CSN_REASON_ACCEPTED ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT;
}

/* Fills the fields and puts all but the signature into the request, of which then may be signed what is to be signed.
 */
static csn_error prepare(csn_signed *out, csn_writer *writer, const csn_sign_input *input, csn_template *tpl,
                         csn_credential *credential, char timestamp[TIMESTAMP_TEXT]) {
  out->header_count = 0;
  csn_error error = fill_fields(input, tpl, credential, timestamp);
  if (error != CSN_OK) return error;
  out->target = input->request->target;
  out->body = input->request->body;
  error = add_fields(out, writer, &input->scheme->forms[input->form], false, credential->fields);
  if (error != CSN_OK) return error;
  csn_request request = {.method = input->request->method, .target = out->target, .body = out->body};
  csn_credential_set_request(credential, &request);
  if (csn_template_covers(tpl, CSN_FIELD_BODY_SHA256)) csn_credential_hash_body(credential);
  return find_signed_headers(input, credential);
}

csn_error csn_sign_canonical(const csn_sign_input *input, uint8_t *out, size_t size, size_t *len) {
  csn_template tpl;
  csn_credential credential;
  csn_signed made;
  csn_writer writer = {.out = made.bytes, .size = sizeof made.bytes};
  char timestamp[TIMESTAMP_TEXT];
  *len = 0;
  csn_error error = prepare(&made, &writer, input, &tpl, &credential, timestamp);
  if (error != CSN_OK) return error;
  return csn_template_write(&tpl, &credential, out, out == NULL ? 0 : size, len) ? CSN_OK : CSN_ERROR_BUFFER_TOO_SMALL;
}

csn_error csn_sign_request(csn_signed *out, const csn_sign_input *input) {
  csn_template tpl;
  csn_credential credential;
  csn_writer writer = {.out = out->bytes, .size = sizeof out->bytes};
  char timestamp[TIMESTAMP_TEXT], signature[CSN_SIGNATURE_TEXT_MAX];
  csn_error error = prepare(out, &writer, input, &tpl, &credential, timestamp);
  if (error != CSN_OK) return error;
  const csn_form *form = &input->scheme->forms[input->form];
  if (tpl.count > 0) {
    csn_span pieces[CSN_TEMPLATE_SPANS_MAX];
    csn_mac_job job = {.key = input->key, .pieces = pieces};
    job.piece_count = csn_template_spans(&tpl, &credential, pieces);
    csn_mac_many(&job, 1);
    credential.fields[CSN_FIELD_SIGNATURE] = csn_signature_encode(
        input->scheme->signature_encoding, csn_span_of(job.mac, csn_hmac_bytes(input->key)), signature);
    error = add_fields(out, &writer, form, true, credential.fields);
    if (error != CSN_OK) return error;
  }
  return write_headers(out, &writer, form, credential.fields);
}
