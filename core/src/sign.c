/* The signing side: fills a scheme's fields, signs, and writes them where the scheme says. */
#include <countersign/sign.h>
#include <inttypes.h>
#include <stdio.h>

#include "encoding.h"
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
  if (input->key != NULL && form->alg != CSN_ALG_NONE && input->key->alg != form->alg)
    return CSN_ERROR_INVALID_ARGUMENT;
  if (input->key == NULL || (input->key->uses & CSN_USE_REQUEST) == 0 || input->key->public_key != NULL ||
      input->timestamp < 0) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  return CSN_OK;
}

/* The fields as they will stand on the wire; `timestamp` is room for the timestamp's digits. */
static csn_error fill_fields(const csn_sign_input *input, csn_template *tpl, csn_credential *out, char timestamp[24]) {
  csn_error error = check_input(input);
  csn_credential_clear(out);
  if (error != CSN_OK || (error = csn_scheme_compile(input->scheme, tpl)) != CSN_OK) return error;
  (void)snprintf(timestamp, 24, "%" PRId64, input->timestamp);
  if (tpl->count > 0 && strlen(timestamp) > CSN_TIMESTAMP_DIGITS_MAX) return CSN_ERROR_INVALID_ARGUMENT;
  csn_credential_set_request(out, input->request);
  if (input->key != NULL) out->fields[CSN_FIELD_CLIENT_ID] = csn_key_client_id(input->key);
  out->fields[CSN_FIELD_TIMESTAMP] = csn_span_str(timestamp);
  out->fields[CSN_FIELD_NONCE] = input->nonce;
  out->fields[CSN_FIELD_TOKEN] = input->token;
  if (csn_template_covers(tpl, CSN_FIELD_BODY_SHA256)) csn_credential_hash_body(out);
  return CSN_OK;
}

csn_error csn_sign_canonical(const csn_sign_input *input, uint8_t *out, size_t size, size_t *len) {
  csn_template tpl;
  csn_credential credential;
  char timestamp[24];
  *len = 0;
  csn_error error = fill_fields(input, &tpl, &credential, timestamp);
  if (error != CSN_OK) return error;
  return csn_template_write(&tpl, &credential, out, out == NULL ? 0 : size, len) ? CSN_OK : CSN_ERROR_BUFFER_TOO_SMALL;
}

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
    csn_put_text(writer, at->param);
    csn_put(writer, csn_span_of(&assign, 1));
    csn_put(writer, fields[at->field]);
  }
}

static bool is_written(const csn_signed *out, const char *name) {
  for (size_t i = 0; i < out->header_count; i++) {
    if (csn_span_equal_nocase(out->headers[i].name, csn_span_str(name))) return true;
  }
  return false;
}

static csn_error write_headers(csn_signed *out, const csn_form *form, const csn_span *fields) {
  csn_writer writer = {.out = out->bytes, .size = sizeof out->bytes};
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    const csn_location *at = &form->locations[i];
    if (is_written(out, at->name)) continue;
    if (out->header_count == CSN_SIGNED_HEADERS_MAX) return CSN_ERROR_BUFFER_TOO_SMALL;
    size_t start = writer.len;
    put_value(&writer, form, at, fields);
    if (writer.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
    csn_header *header = &out->headers[out->header_count++];
    header->name = csn_span_str(at->name);
    header->value = csn_span_of(out->bytes + start, writer.len - start);
  }
  return CSN_OK;
}

csn_error csn_sign_request(csn_signed *out, const csn_sign_input *input) {
  csn_template tpl;
  csn_credential credential;
  char timestamp[24], signature[CSN_SIGNATURE_TEXT_MAX];
  uint8_t mac[CSN_MAC_MAX];
  out->header_count = 0;
  csn_error error = fill_fields(input, &tpl, &credential, timestamp);
  if (error != CSN_OK) return error;
  if (tpl.count > 0) {
    csn_template_mac(&tpl, &credential, input->key, mac);
    credential.fields[CSN_FIELD_SIGNATURE] = csn_signature_encode(
        input->scheme->signature_encoding, csn_span_of(mac, csn_hmac_bytes(input->key)), signature);
  }
  return write_headers(out, &input->scheme->forms[input->form], credential.fields);
}
