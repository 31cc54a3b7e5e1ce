/* Reading the credential: which form, which fields, and whether each has its form. Nothing here believes anything. */
#include "credential.h"

#include <stddef.h>

#include "charset_wide.h"
#include "cursor.h"
#include "encoding.h"
#include "hmac.h"
#include "http_date.h"
#include "locate.h"
#include "refuse.h"

/* ---- the fields' forms ---- */

/* One to `max` bytes of the set. */
static inline __attribute__((always_inline)) bool is_made_of(csn_span text, size_t max,
                                                             csn_bytes16 (*of_set)(csn_bytes16)) {
  return text.len - 1 < max && csn_bytes16_any(~csn_wide_members(text, of_set)) == 0;
}

/* The offset in a text of which so many bytes are right. */
static bool is_wrong_at(size_t right, size_t max, size_t *offset) {
  *offset = right < max ? right : max;
  return false;
}

bool csn_client_id_valid(csn_span id, size_t *offset) {
  if (is_made_of(id, CSN_ID_MAX, csn_wide_client_id)) return true;
  return is_wrong_at(csn_client_id_prefix(id), CSN_ID_MAX, offset);
}

bool csn_nonce_valid(csn_span nonce, size_t *offset) {
  if (is_made_of(nonce, CSN_NONCE_MAX, csn_wide_nonce)) return true;
  return is_wrong_at(csn_nonce_prefix(nonce), CSN_NONCE_MAX, offset);
}

static bool has_none_of(csn_span nonce, const char *bytes, size_t *offset) {
  for (*offset = 0; *offset < nonce.len; (*offset)++) {
    if (strchr(bytes, nonce.ptr[*offset]) != NULL) return false;
  }
  return true;
}

bool csn_scheme_nonce_valid(const csn_scheme *scheme, csn_span nonce, size_t *offset) {
  const char *excluded = scheme->not_in_nonce;
  if (excluded == NULL) return csn_nonce_valid(nonce, offset);
  return csn_nonce_valid(nonce, offset) && has_none_of(nonce, excluded, offset);
}

/* The value of eight digits, added up two, four and eight at a time; false where one is none. */
static bool read_eight(const uint8_t *p, int64_t *value) {
  const uint64_t zeros = UINT64_C(0x3030303030303030), beyond = UINT64_C(0x4646464646464646); /* '9' + 0x46 is 0x7f */
  uint64_t x = (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
               (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | (uint64_t)p[7];
  if ((((x + beyond) | (x - zeros)) & UINT64_C(0x8080808080808080)) != 0) return false;
  x -= zeros;
  x = (x >> 8 & UINT64_C(0x00ff00ff00ff00ff)) * 10 + (x & UINT64_C(0x00ff00ff00ff00ff));
  x = (x >> 16 & UINT64_C(0x0000ffff0000ffff)) * 100 + (x & UINT64_C(0x0000ffff0000ffff));
  *value = (int64_t)((x >> 32) * 10000 + (x & UINT64_C(0xffffffff)));
  return true;
}

/* One text for one time: a leading zero would let digits move between the timestamp and what stands before it. */
bool csn_timestamp_parse(csn_span text, csn_time_unit unit, int64_t *seconds, size_t *offset) {
  int64_t value = 0;
  if (unit == CSN_TIME_HTTP_DATE) return csn_http_date_read(text, seconds, offset);
  *offset = 0;
  if (text.len == 0 || (text.ptr[0] == '0' && text.len > 1)) return false;
  size_t i = text.len >= 8 && read_eight(text.ptr, &value) ? 8 : 0;
  for (; i < text.len && i < CSN_TIMESTAMP_DIGITS_MAX; i++) {
    unsigned digit = text.ptr[i] - (unsigned)'0';
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  *offset = i;
  if (i < text.len) return false;
  *seconds = unit == CSN_TIME_MILLISECONDS ? value / 1000 : value;
  return true;
}

/* ---- signatures ---- */

static const struct {
  size_t (*encoded_len)(size_t len);
  bool (*decode)(csn_span text, uint8_t *out, size_t *offset);
  void (*encode)(csn_span bytes, char *out);
} encodings[] = {
    [CSN_ENCODING_HEX] = {csn_hex_encoded_len, csn_hex_decode, csn_hex_encode},
    [CSN_ENCODING_BASE64URL] = {csn_base64url_encoded_len, csn_base64url_decode, csn_base64url_encode},
    [CSN_ENCODING_BASE64] = {csn_base64_encoded_len, csn_base64_decode, csn_base64_encode},
};

csn_span csn_signature_encode(csn_encoding encoding, csn_span mac, char text[CSN_SIGNATURE_TEXT_MAX]) {
  encodings[encoding].encode(mac, text);
  return csn_span_of(text, encodings[encoding].encoded_len(mac.len));
}

static const struct {
  csn_alg alg;
  size_t bytes;
  const char *name;
} macs[] = {
    {CSN_ALG_HS256, 32, "hmac-sha256"},
    {CSN_ALG_HS384, 48, "hmac-sha384"},
    {CSN_ALG_HS512, 64, "hmac-sha512"},
};
enum { MACS = sizeof macs / sizeof macs[0] };

csn_alg csn_hmac_named(csn_span name) {
  for (size_t i = 0; i < MACS; i++) {
    if (csn_span_equal(name, csn_span_str(macs[i].name))) return macs[i].alg;
  }
  return CSN_ALG_NONE;
}

const char *csn_hmac_name(csn_alg alg) {
  for (size_t i = 0; i < MACS; i++) {
    if (macs[i].alg == alg) return macs[i].name;
  }
  return NULL;
}

/* The bytes of a MAC that this text is as long as; 0 where there is none, and then `*offset` is where it ends too early
 * or goes on. */
static size_t mac_bytes(const csn_scheme *scheme, csn_alg alg, csn_span text, size_t *offset) {
  *offset = text.len;
  for (size_t i = 0; i < MACS; i++) {
    if (alg != CSN_ALG_NONE && alg != macs[i].alg) continue;
    size_t wanted = encodings[scheme->signature_encoding].encoded_len(macs[i].bytes);
    if (text.len == wanted) return macs[i].bytes;
    if (text.len > wanted) *offset = wanted;
  }
  return 0;
}

/* What the text decodes to: base64 of one length holds more or less, as it is padded. */
static inline size_t bytes_held(csn_encoding encoding, const csn_signature *signature) {
  return encoding == CSN_ENCODING_BASE64 ? csn_base64_decoded_len(signature->text) : signature->len;
}

static csn_reason check_signature(const csn_scheme *scheme, csn_alg alg, csn_signature *signature,
                                  csn_verdict *verdict) {
  size_t at = 0;
  signature->len = mac_bytes(scheme, alg, signature->text, &at);
  if (signature->len == 0) return csn_refuse(verdict, CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE, at);
  size_t holds = bytes_held(scheme->signature_encoding, signature);
  if (holds != signature->len) {
    at = csn_base64url_encoded_len(holds < signature->len ? holds : signature->len);
    return csn_refuse(verdict, CSN_REASON_SIGNATURE_ENCODING, CSN_FIELD_SIGNATURE, at);
  }
  if (encodings[scheme->signature_encoding].decode(signature->text, signature->bytes, &at)) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_SIGNATURE_ENCODING, CSN_FIELD_SIGNATURE, at);
}

static csn_reason check_signatures(const csn_scheme *scheme, csn_credential *out, csn_verdict *verdict) {
  for (size_t i = 0; i < out->signature_count; i++) {
    csn_reason reason = check_signature(scheme, out->alg, &out->signatures[i], verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  }
  return CSN_REASON_ACCEPTED;
}

size_t csn_signature_length_offset(const csn_scheme *scheme, const csn_credential *credential, const csn_key *key) {
  size_t at = 0;
  return mac_bytes(scheme, key->alg, credential->signatures[0].text, &at) == 0 ? at : 0;
}

/* ---- the whole ---- */

/* An algorithm that the request names chooses among the client's keys; a key of another is not tried. */
static csn_reason check_algorithm(csn_credential *out, csn_verdict *verdict) {
  csn_span name = out->fields[CSN_FIELD_ALGORITHM];
  if (name.ptr == NULL) return CSN_REASON_ACCEPTED;
  out->alg = csn_hmac_named(name);
  if (out->alg != CSN_ALG_NONE) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_ALG_NOT_ALLOWED, CSN_FIELD_ALGORITHM, 0);
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
  if (fields[CSN_FIELD_NONCE].ptr != NULL && !csn_scheme_nonce_valid(scheme, fields[CSN_FIELD_NONCE], &at)) {
    return csn_refuse(verdict, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE, at);
  }
  csn_reason reason = check_algorithm(out, verdict);
  return reason == CSN_REASON_ACCEPTED ? check_signatures(scheme, out, verdict) : reason;
}

/* Of the signatures only the first `signature_count` are set. In pieces: of more at once gcc makes a string
 * instruction, which takes longer to begin than all of them. */
void csn_credential_clear(csn_credential *credential) {
  enum { PIECE = 64, ALL = offsetof(csn_credential, signatures), WHOLE = ALL / PIECE * PIECE };
  uint8_t *bytes = (uint8_t *)credential;
  for (size_t i = 0; i < WHOLE; i += PIECE) memset(bytes + i, 0, PIECE);
  memset(bytes + WHOLE, 0, ALL - WHOLE);
}

static void split_target(csn_credential *credential) {
  csn_cursor target = csn_cursor_of(credential->fields[CSN_FIELD_TARGET]);
  credential->fields[CSN_FIELD_PATH] = csn_cursor_take_until(&target, '?');
  (void)csn_cursor_skip_byte(&target, '?');
  credential->fields[CSN_FIELD_QUERY] = csn_cursor_rest(&target);
}

static inline void set_request(csn_credential *credential, const csn_request *request, bool splits_target) {
  credential->fields[CSN_FIELD_METHOD] = request->method;
  credential->fields[CSN_FIELD_TARGET] = request->target;
  credential->fields[CSN_FIELD_BODY] = request->body;
  if (splits_target) split_target(credential);
}

void csn_credential_set_request(csn_credential *credential, const csn_request *request) {
  set_request(credential, request, true);
}

void csn_credential_set_body_hash(csn_credential *credential, const uint8_t *digest) {
  csn_hex_encode(csn_span_of(digest, CSN_SHA256_BYTES), credential->body_sha256);
  credential->fields[CSN_FIELD_BODY_SHA256] = csn_span_of(credential->body_sha256, sizeof credential->body_sha256);
}

void csn_credential_hash_body(csn_credential *credential) {
  uint8_t digest[CSN_SHA256_BYTES];
  csn_sha256(credential->fields[CSN_FIELD_BODY], digest);
  csn_credential_set_body_hash(credential, digest);
}

csn_reason csn_credential_read(const csn_places *places, const csn_request *request, csn_credential *out,
                               csn_verdict *verdict) {
  const csn_scheme *scheme = places->scheme;
  const csn_form *form = NULL;
  csn_headers_found found;
  csn_reason reason = csn_request_read(request, &places->names, &found, verdict);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  csn_credential_clear(out);
  if (scheme->standard != CSN_STANDARD_NONE) return CSN_REASON_ACCEPTED; /* which reads its fields itself */
  if ((reason = csn_locate_fields(places, request, &found, out, &form, verdict)) != CSN_REASON_ACCEPTED) return reason;
  out->alg = form->alg;
  if ((reason = check_fields(scheme, out, verdict)) != CSN_REASON_ACCEPTED) return reason;
  set_request(out, request, places->splits_target);
  if (scheme->signed_headers == NULL) return CSN_REASON_ACCEPTED;
  return csn_signed_headers_find(scheme, form, request, out, verdict);
}
