/* Making an HTTP message signature (RFC 9421 section 3.1). */
#include <countersign/sign.h>
#include <inttypes.h>
#include <stdio.h>

#include "alg.h"
#include "hmac.h"
#include "http_signature_parts.h"
#include "signature_parts.h"

enum { HEADERS_MAX = CSN_HEADERS_MAX + 1 };

/* One signature under way. The headers are written one behind the other into out->bytes. */
typedef struct signing {
  const csn_http_sign_input *input;
  csn_signed *out;
  csn_byte_buffer buffer;
  csn_byte_sink sink;
  size_t start; /* of the header that is being written */
  csn_request request;
  csn_header headers[HEADERS_MAX]; /* the request's, and Content-Digest */
  csn_span covered;                /* the inner list with its parameters */
} signing;

/* ---- writing ---- */

static void end_header(signing *s, const char *name) {
  csn_header *header = &s->out->headers[s->out->header_count++];
  header->name = csn_span_str(name);
  header->value = csn_span_of(s->out->bytes + s->start, s->buffer.len - s->start);
  s->start = s->buffer.len;
}

static void put_label(signing *s) {
  csn_sink_put(&s->sink, s->input->label);
  csn_sink_put_text(&s->sink, "=");
}

/* A name in quotation marks, its parameters behind it. */
static void put_component(signing *s, csn_span component) {
  csn_cursor cursor = csn_cursor_of(component);
  csn_sink_put_text(&s->sink, "\"");
  csn_sink_put(&s->sink, csn_cursor_take_until(&cursor, ';'));
  csn_sink_put_text(&s->sink, "\"");
  csn_sink_put(&s->sink, csn_cursor_rest(&cursor));
}

static void put_time(signing *s, const char *name, bool has, int64_t time) {
  char text[40];
  if (!has) return;
  (void)snprintf(text, sizeof text, ";%s=%" PRId64, name, time);
  csn_sink_put_text(&s->sink, text);
}

static void put_string(signing *s, const char *name, csn_span text) {
  if (text.ptr == NULL) return;
  csn_sink_put_text(&s->sink, ";");
  csn_sink_put_text(&s->sink, name);
  csn_sink_put_text(&s->sink, "=\"");
  csn_sink_put(&s->sink, text);
  csn_sink_put_text(&s->sink, "\"");
}

/* ---- the arguments ---- */

static bool is_string(csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
  }
  return true;
}

static bool is_time(bool has, int64_t time) {
  return !has || (time >= 0 && time <= INT64_C(999999999999999)); /* RFC 8941 section 3.3.1 */
}

static bool key_fits(const csn_key *key, csn_span alg) {
  const csn_alg_row *row = csn_alg_find(key->alg);
  if (row == NULL || row->http_name == NULL || (key->uses & CSN_USE_REQUEST) == 0) return false;
  if (key->alg == CSN_ALG_EdDSA && csn_key_signature_bytes(key) != CSN_ED25519_SIGNATURE) return false;
  return alg.ptr == NULL || csn_span_equal(alg, csn_span_str(row->http_name));
}

static bool input_is_valid(const csn_http_sign_input *input) {
  const csn_signature_params *params = &input->params;
  if (input->component_count > CSN_COMPONENTS_MAX || input->request->header_count > CSN_HEADERS_MAX) return false;
  for (size_t i = 0; i < input->component_count; i++) {
    if (!csn_policy_component_valid(input->components[i])) return false;
  }
  return is_time(params->has_created, params->created) && is_time(params->has_expires, params->expires) &&
         is_string(params->nonce) && is_string(params->alg) && is_string(params->keyid) && is_string(params->tag) &&
         key_fits(input->key, params->alg);
}

/* ---- Content-Digest ---- */

static bool wants_digest(const signing *s) {
  static const csn_span name = CSN_SPAN_LITERAL("content-digest");
  const csn_request *request = s->input->request;
  bool wants = false;
  for (size_t i = 0; i < s->input->component_count; i++) {
    csn_cursor cursor = csn_cursor_of(s->input->components[i]);
    wants = wants || csn_span_equal(csn_cursor_take_until(&cursor, ';'), name);
  }
  for (size_t i = 0; i < request->header_count; i++) {
    wants = wants && !csn_span_equal_nocase(request->headers[i].name, name);
  }
  return wants;
}

/* The request as it will be sent, but for the signature. */
static void set_request(signing *s) {
  const csn_request *request = s->input->request;
  uint8_t digest[CSN_SHA256_BYTES];
  s->request = *request;
  s->request.headers = s->headers;
  if (request->header_count > 0) memcpy(s->headers, request->headers, request->header_count * sizeof s->headers[0]);
  if (!wants_digest(s)) return;
  csn_sha256(request->body, digest);
  csn_sink_put_text(&s->sink, "sha-256=");
  csn_sf_write_bytes(csn_span_of(digest, sizeof digest), &s->sink);
  end_header(s, "Content-Digest");
  s->headers[s->request.header_count++] = s->out->headers[0];
}

/* ---- the two fields ---- */

/* Whether the text is one member, under this label. */
static bool is_member(csn_cursor cursor, csn_span label) {
  csn_sf_member member;
  return csn_sf_next_member(&cursor, &member) && csn_cursor_done(&cursor) && csn_span_equal(member.key, label);
}

static csn_error write_input(signing *s) {
  const csn_signature_params *params = &s->input->params;
  put_label(s);
  size_t from = s->buffer.len;
  csn_sink_put_text(&s->sink, "(");
  for (size_t i = 0; i < s->input->component_count; i++) {
    if (i > 0) csn_sink_put_text(&s->sink, " ");
    put_component(s, s->input->components[i]);
  }
  csn_sink_put_text(&s->sink, ")");
  put_time(s, "created", params->has_created, params->created);
  put_time(s, "expires", params->has_expires, params->expires);
  put_string(s, "nonce", params->nonce);
  put_string(s, "alg", params->alg);
  put_string(s, "keyid", params->keyid);
  put_string(s, "tag", params->tag);
  if (s->buffer.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
  s->covered = csn_span_of(s->out->bytes + from, s->buffer.len - from);
  csn_cursor cursor = csn_cursor_of(csn_span_of(s->out->bytes + s->start, s->buffer.len - s->start));
  end_header(s, "Signature-Input");
  return is_member(cursor, s->input->label) ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT;
}

static csn_error write_signature(signing *s) {
  uint8_t bytes[CSN_SIGNATURE_BASE_MAX], signature[CSN_SIGNATURE_MAX];
  csn_byte_buffer base = {.bytes = bytes, .size = sizeof bytes};
  csn_byte_sink sink = csn_byte_buffer_sink(&base);
  size_t offset = 0, len = 0;
  csn_reason reason = csn_signature_base(&s->request, s->input->context, s->covered, &sink, &offset);
  if (reason != CSN_REASON_ACCEPTED) return CSN_ERROR_INVALID_ARGUMENT;
  if (base.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
  csn_error error = csn_key_sign(s->input->key, csn_span_of(bytes, base.len), signature, sizeof signature, &len);
  if (error != CSN_OK) return error;
  put_label(s);
  csn_sf_write_bytes(csn_span_of(signature, len), &s->sink);
  if (s->buffer.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
  end_header(s, "Signature");
  return CSN_OK;
}

csn_error csn_http_sign(csn_signed *out, const csn_http_sign_input *input) {
  signing s;
  s.input = input;
  s.out = out;
  s.buffer = (csn_byte_buffer){.bytes = out->bytes, .size = sizeof out->bytes};
  s.sink = csn_byte_buffer_sink(&s.buffer);
  s.start = out->header_count = 0;
  out->target = input->request->target;
  out->body = input->request->body;
  if (!input_is_valid(input)) return CSN_ERROR_INVALID_ARGUMENT;
  set_request(&s);
  csn_error error = write_input(&s);
  if (error == CSN_OK) error = write_signature(&s);
  if (error != CSN_OK) out->header_count = 0;
  return error;
}
