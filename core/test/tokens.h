/* Tokens for the tests: any header and any payload, signed by hand. */
#ifndef CSN_TEST_TOKENS_H
#define CSN_TEST_TOKENS_H

#include <countersign/jwt.h>

#include "../src/encoding.h"
#include "../src/hmac.h"
#include "guarded.h"
#include "ring.h"

#define NOW INT64_C(1700000000)
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define CLAIMS "{\"exp\":1700000100,\"sub\":\"client-7\"}"

enum { TOKEN_ROOM = CSN_JWS_MAX + 64 };

static const uint8_t ring_seed[16] = {1, 2, 3};
static char token_text[TOKEN_ROOM];
static guarded token_pages;

/* The reasons that were given so far. */
static bool seen_reasons[CSN_REASON_COUNT];

/* A ring under construction; its secrets are 32 times one character. */
static inline csn_keyring *ring_new(void) {
  csn_keyring *ring = NULL;
  if (csn_keyring_new(&ring, ring_seed) != CSN_OK) abort();
  return ring;
}

static inline csn_key_config key_config(const char *key_id, const char *secret) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.key_id = csn_span_str(key_id);
  config.secret = csn_span_str(secret);
  config.uses = CSN_USE_TOKEN;
  return config;
}

static inline void ring_add(csn_keyring *ring, const csn_key_config *config) {
  if (csn_keyring_add(ring, config) != CSN_OK) abort();
}

#define SECRET_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SECRET_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

/* A ring of one key with id "k1" and SECRET_A. */
static inline csn_keyring *ring_of_one(void) {
  csn_keyring *ring = ring_new();
  csn_key_config config = key_config("k1", SECRET_A);
  ring_add(ring, &config);
  return ring;
}

static inline size_t put_base64url(char *out, csn_span bytes) {
  csn_base64url_encode(bytes, out);
  return csn_base64url_encoded_len(bytes.len);
}

/* Signs `len` characters of token_text with `secret` and gives the whole token. */
static inline csn_span finish_token(size_t len, const char *secret) {
  csn_key key;
  uint8_t mac[CSN_SHA256_BYTES];
  memset(&key, 0, sizeof key);
  csn_hmac_set_key(&key, csn_span_str(secret));
  csn_hmac_sha256(&key, csn_span_of(token_text, len), mac);
  token_text[len++] = '.';
  len += put_base64url(token_text + len, csn_span_of(mac, sizeof mac));
  return csn_span_of(token_text, len);
}

/* A token of any header and payload, rightly signed; valid until the next one. */
static inline csn_span make_token(csn_span header, csn_span payload, const char *secret) {
  size_t len = put_base64url(token_text, header);
  token_text[len++] = '.';
  len += put_base64url(token_text + len, payload);
  return finish_token(len, secret);
}

static inline csn_span token_of(const char *header, const char *claims) {
  return make_token(csn_span_str(header), csn_span_str(claims), SECRET_A);
}

static inline csn_jwt_policy default_policy(void) {
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  return policy;
}

/* What one verification gave. */
typedef struct outcome {
  csn_verdict verdict;
  csn_jwt jwt;
} outcome;

/* Verifies at the end of a page, twice into different rubbish; aborts where what must always hold does not. */
static inline outcome verify_at(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token, int64_t now) {
  outcome out, again;
  csn_span text = guarded_copy(&token_pages, token);
  memset(&out, 0xa5, sizeof out);
  memset(&again, 0x5a, sizeof again);
  test_jwt_verify(ring, policy, text, now, &out.jwt, &out.verdict);
  test_jwt_verify(ring, policy, text, now, &again.jwt, &again.verdict);
  const csn_verdict *a = &out.verdict, *b = &again.verdict;
  bool same = a->reason == b->reason && a->field == b->field && a->offset == b->offset &&
              csn_span_equal(csn_name_span(&a->client_id), csn_name_span(&b->client_id)) &&
              csn_span_equal(csn_name_span(&a->key_id), csn_name_span(&b->key_id));
  bool empty = out.jwt.claims_len == 0 && out.jwt.expires_at == -1 && out.jwt.not_before == -1 &&
               out.jwt.issued_at == -1 && out.jwt.key == NULL && a->client_id.len == 0;
  bool placed = a->reason == CSN_REASON_UNDECIDED || a->field != CSN_FIELD_NONE;
  if (!same || (!csn_accepted(a) && (!empty || !placed))) abort();
  if (csn_accepted(a) && (a->field != CSN_FIELD_NONE || a->offset != 0 || out.jwt.key == NULL)) abort();
  seen_reasons[a->reason] = true;
  return out;
}

static inline csn_reason reason_of(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token, int64_t now) {
  return verify_at(ring, policy, token, now).verdict.reason;
}

/* A table's row: what a header or a set of claims gets, and the text at which the offset points (NULL: 0; AT_END). */
typedef struct json_row {
  const char *json;
  csn_reason reason;
  const char *at;
} json_row;
#define AT_END "\x01" /* stands in no JSON text */

static inline size_t offset_of_row(const json_row *row) {
  if (row->at == NULL) return 0;
  return strcmp(row->at, AT_END) == 0 ? strlen(row->json) : (size_t)(strstr(row->json, row->at) - row->json);
}

/* Prints every row that is wrong, and counts them. `in_header` says which of the two the rows are. */
static inline size_t wrong_rows(const json_row *rows, size_t count, bool in_header, const csn_jwt_policy *policy) {
  csn_keyring *ring = ring_of_one();
  size_t wrong = 0;
  for (size_t i = 0; i < count; i++) {
    const json_row *row = &rows[i];
    csn_span token = in_header ? token_of(row->json, CLAIMS) : token_of(HEADER, row->json);
    csn_verdict verdict = verify_at(ring, policy, token, NOW).verdict;
    bool ok = row->reason == CSN_REASON_ACCEPTED;
    csn_field field = ok ? CSN_FIELD_NONE : in_header ? CSN_FIELD_JOSE_HEADER : CSN_FIELD_CLAIMS;
    size_t offset = ok ? 0 : offset_of_row(row);
    if (verdict.reason == row->reason && verdict.field == field && verdict.offset == offset) continue;
    wrong++;
    print_error("%s: %s in %s at %zu, not %s at %zu\n", row->json, csn_reason_label(verdict.reason),
                csn_field_label(verdict.field), verdict.offset, csn_reason_label(row->reason), offset);
  }
  csn_keyring_free(ring);
  return wrong;
}
#define WRONG_ROWS(rows, in_header, policy) wrong_rows(rows, sizeof(rows) / sizeof((rows)[0]), in_header, policy)

#endif
