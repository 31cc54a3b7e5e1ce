/* Issuing tokens, and exchanging refresh tokens. */
#include <countersign/sign.h>
#include <countersign/token.h>

#include "ct.h"
#include "cursor.h"
#include "json.h"
#include "writer.h"

enum { CLAIM_NODES = 32 /* JSON values of the claims below: 17 */ };

/* ---- answers ---- */

static const struct {
  const char *label, *sentence;
} answers[] = {
#define ANSWER_ROW(name, label, sentence) {label, sentence},
    CSN_REFRESH_ANSWER_LIST(ANSWER_ROW)
#undef ANSWER_ROW
};

static size_t answer_index(csn_refresh_answer answer) {
  return (unsigned)answer < CSN_REFRESH_ANSWER_COUNT ? (size_t)answer : 0;
}

const char *csn_refresh_label(csn_refresh_answer answer) {
  return answers[answer_index(answer)].label;
}

const char *csn_refresh_sentence(csn_refresh_answer answer) {
  return answers[answer_index(answer)].sentence;
}

/* ---- grants ---- */

size_t csn_grant_write(const csn_grant *grant, uint8_t out[CSN_GRANT_MAX]) {
  csn_writer writer = {.out = out, .size = CSN_GRANT_MAX};
  const uint8_t scopes_len[2] = {(uint8_t)(grant->scopes.len >> 8), (uint8_t)grant->scopes.len};
  csn_put(&writer, csn_span_of(&grant->subject.len, 1));
  csn_put(&writer, csn_name_span(&grant->subject));
  csn_put(&writer, csn_span_of(&grant->client_id.len, 1));
  csn_put(&writer, csn_name_span(&grant->client_id));
  csn_put(&writer, csn_span_of(scopes_len, sizeof scopes_len));
  csn_put(&writer, csn_scopes_span(&grant->scopes));
  return writer.len;
}

static bool take_name(csn_cursor *cursor, csn_name *out) {
  csn_span len, name;
  if (!csn_cursor_take(cursor, 1, &len) || !csn_cursor_take(cursor, len.ptr[0], &name)) return false;
  csn_name_set(out, name);
  return true;
}

bool csn_grant_read(csn_span bytes, csn_grant *out) {
  csn_cursor cursor = csn_cursor_of(bytes);
  csn_span len, scopes;
  out->subject.len = out->client_id.len = 0;
  out->scopes.len = 0;
  if (!take_name(&cursor, &out->subject) || !take_name(&cursor, &out->client_id)) return false;
  if (!csn_cursor_take(&cursor, 2, &len)) return false;
  size_t scopes_len = (size_t)len.ptr[0] << 8 | len.ptr[1];
  if (!csn_cursor_take(&cursor, scopes_len, &scopes) || !csn_cursor_done(&cursor)) return false;
  csn_scopes_set(&out->scopes, scopes);
  return scopes_len <= CSN_SCOPES_MAX;
}

/* ---- access tokens ---- */

static void put_member(csn_writer *writer, const char *before, csn_span text) {
  if (text.len == 0) return;
  csn_put_text(writer, before);
  csn_put_json_string(writer, text);
}

static void put_scopes(csn_writer *writer, const csn_jwt_policy *policy, csn_span scopes) {
  bool has_name = policy != NULL && policy->scope_claim.len > 0;
  if (scopes.len == 0) return;
  put_member(writer, ",", has_name ? policy->scope_claim : csn_span_str("scope"));
  put_member(writer, ":", scopes);
}

static void put_claims(csn_writer *writer, const csn_token_issuer *issuer, const csn_tokens *tokens,
                       const uint8_t id[CSN_TOKEN_ID_BYTES], int64_t now) {
  put_member(writer, "{\"sub\":", csn_name_span(&tokens->grant.subject));
  put_member(writer, ",\"iss\":", issuer->issuer);
  put_member(writer, ",\"aud\":", issuer->audience);
  put_member(writer, ",\"client_id\":", csn_name_span(&tokens->grant.client_id));
  put_scopes(writer, issuer->policy, csn_scopes_span(&tokens->grant.scopes));
  csn_put_text(writer, ",\"iat\":");
  csn_put_int(writer, now);
  if (issuer->policy != NULL && (issuer->policy->required & CSN_CLAIM_NBF) != 0) {
    csn_put_text(writer, ",\"nbf\":");
    csn_put_int(writer, now);
  }
  csn_put_text(writer, ",\"exp\":");
  csn_put_int(writer, tokens->access_expires);
  csn_put_text(writer, ",\"jti\":\"");
  csn_put_base64url(writer, csn_span_of(id, CSN_TOKEN_ID_BYTES));
  csn_put_text(writer, "\"}");
}

/* What the verifier's reader would refuse, text that is not UTF-8 above all, is not signed. */
static bool is_strict_json(csn_span text) {
  csn_json_node nodes[CLAIM_NODES];
  csn_json json;
  size_t offset;
  return csn_json_read(text, nodes, CLAIM_NODES, &json, &offset) == CSN_REASON_ACCEPTED;
}

/* What the issuer's policy says of the access token. */
static csn_reason judge_access(const csn_token_issuer *issuer, const csn_tokens *tokens, int64_t now) {
  csn_keyring_reading keys;
  csn_verdict verdict;
  csn_jwt jwt;
  if (issuer->policy == NULL) return CSN_REASON_ACCEPTED;
  csn_keyring_read_begin(issuer->keys, &keys);
  csn_jwt_verify(&keys, issuer->policy, csn_span_of(tokens->access, tokens->access_len), now, &jwt, &verdict);
  csn_keyring_read_end(&keys);
  return verdict.reason;
}

/* Signs the access token of out->grant: ISSUED, or REFUSED by the policy. */
static csn_error sign_access(const csn_token_issuer *issuer, const uint8_t id[CSN_TOKEN_ID_BYTES], int64_t now,
                             csn_tokens *out, csn_refresh_answer *answer) {
  uint8_t claims[CSN_CLAIMS_MAX];
  csn_writer writer = {.out = claims, .size = sizeof claims};
  out->access_expires = now + issuer->access_seconds;
  put_claims(&writer, issuer, out, id, now);
  if (writer.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
  csn_span text = csn_span_of(claims, writer.len);
  if (!is_strict_json(text)) return CSN_ERROR_INVALID_ARGUMENT;
  csn_error error =
      csn_sign_jwt_typed(issuer->key, issuer->typ, text, out->access, sizeof out->access, &out->access_len);
  if (error != CSN_OK) return error;
  out->refused = judge_access(issuer, out, now);
  *answer = out->refused == CSN_REASON_ACCEPTED ? CSN_REFRESH_ISSUED : CSN_REFRESH_REFUSED;
  return CSN_OK;
}

/* Of what was not issued nothing stays but the reason. */
static void clear_tokens(csn_tokens *out, csn_refresh_answer answer) {
  csn_reason refused = out->refused;
  csn_wipe(out, sizeof *out);
  if (answer == CSN_REFRESH_REFUSED) out->refused = refused;
}

/* ---- refresh tokens ---- */

static bool has_store(const csn_token_issuer *issuer) {
  const csn_refresh_store *store = &issuer->store;
  return store->add != NULL && store->look != NULL && store->exchange != NULL && store->revoke != NULL;
}

static bool in_range(int64_t seconds) {
  return seconds >= 1 && seconds <= CSN_TOKEN_SECONDS_MAX;
}

static bool issuer_valid(const csn_token_issuer *issuer, int64_t now) {
  const int64_t latest = INT64_C(253402300799) - CSN_TOKEN_SECONDS_MAX; /* no date is behind the year 9999 */
  if (now < 0 || now > latest || issuer->key == NULL || !in_range(issuer->access_seconds)) return false;
  if ((issuer->policy == NULL) != (issuer->keys == NULL)) return false;
  if (!has_store(issuer)) return true;
  return in_range(issuer->refresh_seconds) && issuer->pepper != NULL && issuer->pepper->alg == CSN_ALG_HS256 &&
         (issuer->pepper->uses & CSN_USE_API_KEY) != 0;
}

/* What else could fail only when a refresh token is spent already. */
static bool can_sign(const csn_token_issuer *issuer) {
  return (issuer->key->uses & CSN_USE_TOKEN) != 0 && csn_key_signs(issuer->key) && issuer->typ.len <= CSN_TYP_MAX;
}

static bool grant_valid(const csn_grant *grant) {
  return grant->subject.len > 0 && grant->scopes.len <= CSN_SCOPES_MAX &&
         csn_scopes_valid(csn_scopes_span(&grant->scopes));
}

/* Makes the next refresh token and its hash. */
static csn_error make_refresh(const csn_token_issuer *issuer, const uint8_t *random, int64_t now, csn_tokens *out,
                              uint8_t hash[CSN_REFRESH_HASH_BYTES]) {
  csn_error error = csn_api_key_make(issuer->refresh_prefix, random + CSN_TOKEN_ID_BYTES, &out->refresh);
  if (error != CSN_OK) return error;
  csn_api_key_hash(issuer->pepper, csn_span_of(out->refresh.bytes, out->refresh.len), hash);
  out->refresh_expires = now + issuer->refresh_seconds;
  return CSN_OK;
}

/* The hash of a refresh token that is presented; false where it is none. */
static bool hash_presented(const csn_token_issuer *issuer, csn_span text, uint8_t hash[CSN_REFRESH_HASH_BYTES]) {
  csn_api_key key;
  size_t offset;
  if (csn_api_key_parse(text, &key, &offset) != CSN_REASON_ACCEPTED) return false;
  if (!csn_span_equal(key.prefix, issuer->refresh_prefix)) return false;
  csn_api_key_hash(issuer->pepper, text, hash);
  return true;
}

static csn_error issue(const csn_token_issuer *issuer, const uint8_t *random, int64_t now, csn_tokens *out,
                       csn_refresh_answer *answer) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  csn_error error = sign_access(issuer, random, now, out, answer);
  if (*answer != CSN_REFRESH_ISSUED || !has_store(issuer)) return error;
  error = make_refresh(issuer, random, now, out, hash);
  *answer = CSN_REFRESH_UNDECIDED;
  if (error != CSN_OK) return error;
  *answer = issuer->store.add(issuer->store.self, hash, &out->grant, out->refresh_expires, now);
  return CSN_OK;
}

csn_error csn_token_issue(const csn_token_issuer *issuer, const csn_grant *grant,
                          const uint8_t random[CSN_TOKEN_RANDOM_BYTES], int64_t now, csn_tokens *out,
                          csn_refresh_answer *answer) {
  *answer = CSN_REFRESH_UNDECIDED;
  memset(out, 0, sizeof *out);
  if (!issuer_valid(issuer, now) || !can_sign(issuer) || !grant_valid(grant)) return CSN_ERROR_INVALID_ARGUMENT;
  out->grant = *grant;
  csn_error error = issue(issuer, random, now, out, answer);
  if (*answer != CSN_REFRESH_ISSUED) clear_tokens(out, *answer);
  return error;
}

/* Leaves in the grant what is asked for of it: ISSUED, CLIENT where it is somebody else's, SCOPE where it is less. */
static csn_refresh_answer narrow(csn_grant *grant, const csn_refresh_request *request) {
  bool is_owner = request->client_id.len == 0 || csn_span_equal(request->client_id, csn_name_span(&grant->client_id));
  if (!is_owner) return CSN_REFRESH_CLIENT;
  if (request->scopes.len == 0) return CSN_REFRESH_ISSUED;
  if (!csn_scopes_cover(csn_scopes_span(&grant->scopes), request->scopes)) return CSN_REFRESH_SCOPE;
  csn_scopes_set(&grant->scopes, request->scopes);
  return CSN_REFRESH_ISSUED;
}

/* The exchange comes last: what cannot be signed, or is refused, spends nothing. One that was used twice signs nothing,
 * and the exchange says so. */
static csn_error exchange(const csn_token_issuer *issuer, const csn_refresh_request *request, const uint8_t *random,
                          int64_t now, csn_tokens *out, csn_refresh_answer *answer) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES], next[CSN_REFRESH_HASH_BYTES];
  csn_grant family;
  csn_error error = make_refresh(issuer, random, now, out, next);
  if (error != CSN_OK) return error;
  *answer = CSN_REFRESH_MALFORMED;
  if (!hash_presented(issuer, request->token, hash)) return CSN_OK;
  *answer = issuer->store.look(issuer->store.self, hash, now, &out->grant);
  if (*answer == CSN_REFRESH_ISSUED) {
    *answer = narrow(&out->grant, request);
    if (*answer != CSN_REFRESH_ISSUED) return CSN_OK;
    *answer = CSN_REFRESH_UNDECIDED;
    error = sign_access(issuer, random, now, out, answer);
    if (*answer != CSN_REFRESH_ISSUED) return error;
  }
  *answer = issuer->store.exchange(issuer->store.self, hash, next, out->refresh_expires, now, &family);
  return CSN_OK;
}

csn_error csn_token_refresh(const csn_token_issuer *issuer, const csn_refresh_request *request,
                            const uint8_t random[CSN_TOKEN_RANDOM_BYTES], int64_t now, csn_tokens *out,
                            csn_refresh_answer *answer) {
  *answer = CSN_REFRESH_UNDECIDED;
  memset(out, 0, sizeof *out);
  if (!issuer_valid(issuer, now) || !has_store(issuer) || !can_sign(issuer)) return CSN_ERROR_INVALID_ARGUMENT;
  csn_error error = exchange(issuer, request, random, now, out, answer);
  if (*answer != CSN_REFRESH_ISSUED) clear_tokens(out, *answer);
  return error;
}

csn_refresh_answer csn_token_revoke(const csn_token_issuer *issuer, csn_span refresh, int64_t now) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  if (!issuer_valid(issuer, now) || !has_store(issuer)) return CSN_REFRESH_UNDECIDED;
  if (!hash_presented(issuer, refresh, hash)) return CSN_REFRESH_MALFORMED;
  return issuer->store.revoke(issuer->store.self, hash, now);
}
