/* The order of the checks of a token. Nothing that it claims is read before its signature has verified. */
#include <countersign/jwt.h>

#include "ct.h"
#include "cursor.h"
#include "encoding.h"
#include "header_cache.h"
#include "hmac.h"
#include "jwt_parts.h"
#include "keyring_parts.h"

#define OK CSN_REASON_ACCEPTED

enum {
  LEEWAY_MAX = 3600,
  ROUND = 32, /* tokens whose MACs are computed together */
};

_Static_assert(CSN_CLAIMS_MAX >= CSN_TOKEN_MAX / 4 * 3, "the claims of every token that is short enough fit");

typedef csn_jwt_check checking;

static csn_reason reject(checking *c, csn_reason reason, csn_field field, size_t offset) {
  return csn_refuse(c->verdict, reason, field, offset);
}

/* Where a segment begins in the token. */
static size_t offset_of(const checking *c, csn_span segment) {
  return (size_t)(segment.ptr - c->token.ptr);
}

static csn_reason check_size(checking *c) {
  size_t limit = c->policy->signature_only ? CSN_JWS_MAX : CSN_TOKEN_MAX;
  return c->token.len <= limit ? OK : reject(c, CSN_REASON_TOKEN_TOO_LONG, CSN_FIELD_TOKEN, limit);
}

/* What is signed is the text as it came, with its padding: signed_text keeps it. Behind this a token with padding is
 * the same token without, also to what is remembered of headers. */
static void drop_padding(checking *c) {
  if (!c->policy->allow_padded) return;
  c->header = csn_base64_unpadded(c->header);
  c->payload = csn_base64_unpadded(c->payload);
  c->signature = csn_base64_unpadded(c->signature);
}

static csn_reason split(checking *c) {
  csn_cursor cursor = csn_cursor_of(c->token);
  c->header = csn_cursor_take_until(&cursor, '.');
  bool dots = csn_cursor_skip_byte(&cursor, '.');
  c->payload = csn_cursor_take_until(&cursor, '.');
  c->signed_text = csn_span_of(c->token.ptr, csn_cursor_offset(&cursor));
  dots = csn_cursor_skip_byte(&cursor, '.') && dots;
  c->signature = csn_cursor_take_until(&cursor, '.');
  bool empty_payload = c->payload.len == 0 && !c->policy->signature_only;
  bool whole = dots && csn_cursor_done(&cursor) && c->signature.len > 0;
  if (c->header.len == 0) return reject(c, CSN_REASON_TOKEN_SHAPE, CSN_FIELD_TOKEN, 0);
  if (dots && empty_payload) return reject(c, CSN_REASON_TOKEN_SHAPE, CSN_FIELD_TOKEN, offset_of(c, c->payload));
  return whole ? OK : reject(c, CSN_REASON_TOKEN_SHAPE, CSN_FIELD_TOKEN, csn_cursor_offset(&cursor));
}

/* `out` may be NULL to check only. */
static csn_reason decode_segment(checking *c, csn_span segment, uint8_t *out) {
  size_t offset;
  if (csn_base64url_decode(segment, out, &offset)) return OK;
  return reject(c, CSN_REASON_BASE64URL_INVALID, CSN_FIELD_TOKEN, offset_of(c, segment) + offset);
}

static bool is_hmac(const checking *c) {
  return c->alg->kind == CSN_KIND_HMAC;
}

/* Whether the same header was read for the like of this policy before. */
static bool recall_header(checking *c) {
  const csn_keyring_state *ring = c->keys->state;
  return csn_header_cache_find(ring->headers, csn_header_hash(c->header), c->header, c->policy->typ, &c->jose) &&
         (c->policy->algorithms >> c->jose.alg & 1) != 0;
}

/* For the tokens to come; of this one the signature has verified. Where only the signature counts more is let pass. A
 * header that names an HMAC key is not remembered: how fast it is read would say that there is such a key. */
static void remember_header(const checking *c) {
  bool is_hidden = c->jose.has_kid && is_hmac(c);
  if (c->recalled || is_hidden || c->policy->signature_only) return;
  csn_header_cache_put(c->keys->state->headers, csn_header_hash(c->header), c->header, c->policy->typ, &c->jose);
}

static csn_reason read_header(checking *c) {
  uint8_t text[CSN_JOSE_HEADER_MAX];
  size_t len = csn_base64url_decoded_len(c->header.len);
  csn_reason reason = OK;
  if ((c->recalled = recall_header(c))) return OK;
  if (len > sizeof text) return reject(c, CSN_REASON_JSON_LIMIT, CSN_FIELD_JOSE_HEADER, sizeof text);
  if ((reason = decode_segment(c, c->header, text)) != OK) return reason;
  return csn_jose_header_read(csn_span_of(text, len), c->policy, &c->jose, c->verdict);
}

/* A signature has from `least` to `most` bytes. What is wrong begins where it ends too early or goes on. */
static csn_reason check_length(checking *c, size_t least, size_t most) {
  size_t start = offset_of(c, c->signature), len = c->signature.len, bytes = csn_base64url_decoded_len(len);
  if (bytes >= least && bytes <= most && len % 4 != 1) return OK;
  size_t shortest = csn_base64url_encoded_len(least), longest = csn_base64url_encoded_len(most);
  if (len >= shortest && len <= longest) return OK;
  return reject(c, CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_TOKEN, start + (len < shortest ? len : longest));
}

/* As long as the algorithm may make it; the key may say more. A MAC stays with the token, to be compared. */
static csn_reason read_signature(checking *c, uint8_t given[CSN_SIGNATURE_MAX]) {
  size_t least, most;
  csn_alg_signature_range(c->alg, &least, &most);
  csn_reason reason = check_length(c, least, most);
  return reason == OK ? decode_segment(c, c->signature, is_hmac(c) ? c->given : given) : reason;
}

/* Decodes the payload, which nobody reads before the signature has verified. */
static csn_reason read_payload(checking *c) {
  return decode_segment(c, c->payload, c->policy->signature_only ? NULL : c->claims);
}

/* The key that the header names, or the one that there is: a missing kid, or a key without an id, is no choice to get
 * wrong only while there is a single key. */
static csn_reason find_key(const checking *c, const csn_key **out) {
  const csn_key *key = NULL;
  *out = NULL;
  if (c->jose.has_kid) key = csn_keyring_find_key_id(c->keys, csn_span_of(c->jose.kid, c->jose.kid_len));
  if (!c->jose.has_kid && csn_keyring_token_key_count(c->keys) > 1) return CSN_REASON_KEY_AMBIGUOUS;
  if (key == NULL) {
    const csn_key *only = csn_keyring_only_token_key(c->keys);
    bool fits = only != NULL && (!c->jose.has_kid || only->key_id_len == 0);
    if (fits) key = only;
  }
  if (key == NULL || key->alg != c->jose.alg || (key->uses & CSN_USE_TOKEN) == 0) return CSN_REASON_KEY_UNKNOWN;
  *out = key;
  if (key->revoked) return CSN_REASON_KEY_REVOKED;
  return csn_key_is_accepted(key, c->now) ? OK : CSN_REASON_KEY_EXPIRED;
}

/* A MAC has the one length of its algorithm, which was known before the key. */
static csn_reason check_length_of_key(checking *c) {
  size_t bytes = csn_key_signature_bytes(c->key);
  return check_length(c, bytes, bytes);
}

static csn_reason check_signature(checking *c) {
  csn_reason reason = OK;
  if (c->key != NULL) csn_name_set(&c->verdict->key_id, csn_key_id(c->key));
  if (c->found != OK) return reject(c, c->found, CSN_FIELD_JOSE_HEADER, c->jose.kid_offset);
  if (!is_hmac(c)) reason = check_length_of_key(c);
  if (reason != OK) return reason;
  if (!c->matches) return reject(c, CSN_REASON_SIGNATURE_MISMATCH, CSN_FIELD_TOKEN, offset_of(c, c->signature));
  c->jwt->key = c->key;
  return OK;
}

static csn_reason check_claims(checking *c) {
  if (c->policy->signature_only) return OK;
  size_t len = csn_base64url_decoded_len(c->payload.len);
  csn_reason reason = csn_claims_check(csn_span_of(c->claims, len), c->policy, c->now, c->jwt, c->verdict);
  if (reason == OK) c->jwt->claims_len = len;
  return reason;
}

/* Everything but the bytes of the claims, of which then none count. */
static void clear(csn_jwt *jwt) {
  jwt->expires_at = jwt->not_before = jwt->issued_at = -1;
  jwt->key = NULL;
  jwt->claims_len = 0;
}

/* ---- the order ---- */

static csn_reason read_token(checking *c, uint8_t given[CSN_SIGNATURE_MAX]) {
  csn_reason reason = OK;
  if ((reason = check_size(c)) != OK) return reason;
  if ((reason = split(c)) != OK) return reason;
  drop_padding(c);
  if ((reason = read_header(c)) != OK) return reason;
  c->alg = csn_alg_find(c->jose.alg);
  if ((reason = read_signature(c, given)) != OK) return reason;
  return read_payload(c);
}

static csn_reason believe_token(checking *c) {
  clear(c->jwt);
  csn_reason reason = check_signature(c);
  if (reason != OK) return reason;
  remember_header(c);
  return check_claims(c);
}

static void decide(checking *c, csn_reason reason) {
  if (reason != OK) {
    clear(c->jwt);
    c->verdict->client_id.len = 0;
    c->verdict->scopes.len = 0;
  }
  c->verdict->reason = reason;
}

/* Where no key fits, a MAC is computed all the same: how long the answer takes does not say which key ids exist. Public
 * keys are published with their ids, so that for the other algorithms there is nothing to hide, and nothing is done. */
static const csn_key *key_or_dummy(const checking *c) {
  static const csn_key dummies[] = {{.alg = CSN_ALG_HS256}, {.alg = CSN_ALG_HS384}, {.alg = CSN_ALG_HS512}};
  return c->key != NULL ? c->key : &dummies[c->jose.alg - CSN_ALG_HS256];
}

bool csn_jwt_begin(csn_jwt_check *c, csn_mac_job *job) {
  uint8_t given[CSN_SIGNATURE_MAX];
  csn_verdict_start(c->verdict);
  csn_reason reason = read_token(c, given);
  if (reason != OK) {
    decide(c, reason);
    return false;
  }
  c->found = find_key(c, &c->key);
  if (is_hmac(c)) {
    job->key = key_or_dummy(c);
    job->pieces = &c->signed_text;
    job->piece_count = 1;
    return true;
  }
  size_t len = csn_base64url_decoded_len(c->signature.len);
  c->matches = c->key != NULL && csn_key_verify(c->key, c->signed_text, csn_span_of(given, len));
  decide(c, believe_token(c));
  return false;
}

void csn_jwt_end(csn_jwt_check *c, csn_mac_job *job) {
  uint32_t equal = csn_ct_equal(job->mac, c->given, csn_hmac_bytes(job->key));
  csn_wipe(job->mac, sizeof job->mac);
  CSN_CT_PUBLIC(&equal, sizeof equal);
  c->matches = equal != 0 && c->key != NULL && c->key->public_key == NULL;
  decide(c, believe_token(c));
}

/* ---- policies ---- */

static bool is_span(csn_span span) {
  return span.ptr != NULL || span.len == 0;
}

static inline bool is_list_of_names(csn_span_list list, size_t most) {
  if (list.count == 0) return true;
  if (list.count > most || list.items == NULL) return false;
  for (size_t i = 0; i < list.count; i++) {
    if (list.items[i].len == 0 || !is_span(list.items[i])) return false;
  }
  return true;
}

/* What the policy says of the claims and of typ. */
static bool names_are_valid(const csn_jwt_policy *policy) {
  if (!is_span(policy->issuer) || !is_span(policy->audience) || !is_span(policy->subject)) return false;
  if (!is_span(policy->typ) || !is_span(policy->scope_claim)) return false;
  if (policy->issuer.len == 0 && policy->other_issuers.count > 0) return false;
  if (policy->audience.len == 0 && policy->other_audiences.count > 0) return false;
  return is_list_of_names(policy->other_issuers, CSN_POLICY_NAMES_MAX) &&
         is_list_of_names(policy->other_audiences, CSN_POLICY_NAMES_MAX) &&
         is_list_of_names(policy->claims, CSN_POLICY_CLAIMS_MAX) && policy->subject.len <= CSN_SUBJECT_MAX &&
         policy->typ.len <= CSN_TYP_MAX && (policy->scopes.len == 0 || csn_scopes_valid(policy->scopes));
}

bool csn_jwt_policy_valid(const csn_jwt_policy *policy) {
  const unsigned claims =
      CSN_CLAIM_EXP | CSN_CLAIM_NBF | CSN_CLAIM_IAT | CSN_CLAIM_ISS | CSN_CLAIM_AUD | CSN_CLAIM_SUB | CSN_CLAIM_JTI;
#define ALG_BIT(name, text, bytes) | 1u << CSN_ALG_##name
  const unsigned algorithms = 0 CSN_ALG_LIST(ALG_BIT);
#undef ALG_BIT
  return policy->leeway >= 0 && policy->leeway <= LEEWAY_MAX && (policy->required & ~claims) == 0 &&
         (policy->algorithms & ~algorithms) == 0 && policy->max_age >= 0 && policy->max_age <= CSN_MAX_AGE_MAX &&
         names_are_valid(policy);
}

/* ---- tokens ---- */

/* Tokens that wait for their MACs. */
typedef struct waiting {
  checking *checks;
  csn_mac_job *jobs;
  size_t count;
} waiting;

static void add_token(waiting *w, const csn_keyring_reading *keys, const csn_jwt_policy *policy, csn_span token,
                      int64_t now, csn_jwt *jwt, csn_verdict *verdict) {
  checking *c = &w->checks[w->count];
  c->keys = keys;
  c->policy = policy;
  c->now = now;
  c->token = token;
  c->jwt = jwt;
  c->claims = jwt->claims;
  c->verdict = verdict;
  w->count += csn_jwt_begin(c, &w->jobs[w->count]);
}

static void end_all(waiting *w) {
  csn_mac_many(w->jobs, w->count);
  for (size_t i = 0; i < w->count; i++) csn_jwt_end(&w->checks[i], &w->jobs[i]);
  w->count = 0;
}

/* With a policy that is not valid nothing is decided. */
static bool has_policy(const csn_jwt_policy *policy, csn_jwt *jwts, csn_verdict *verdicts, size_t count) {
  if (csn_jwt_policy_valid(policy)) return true;
  for (size_t i = 0; i < count; i++) {
    csn_verdict_start(&verdicts[i]);
    clear(&jwts[i]);
  }
  return false;
}

void csn_jwt_verify(const csn_keyring_reading *keys, const csn_jwt_policy *policy, csn_span token, int64_t now,
                    csn_jwt *jwt, csn_verdict *verdict) {
  checking check;
  csn_mac_job job;
  waiting w = {&check, &job, 0};
  if (!has_policy(policy, jwt, verdict, 1)) return;
  add_token(&w, keys, policy, token, now, jwt, verdict);
  end_all(&w);
}

void csn_jwt_verify_batch(const csn_keyring_reading *keys, const csn_jwt_policy *policy, const csn_span *tokens,
                          int64_t now, csn_jwt *jwts, csn_verdict *verdicts, size_t count) {
  checking checks[ROUND];
  csn_mac_job jobs[ROUND];
  waiting w = {checks, jobs, 0};
  if (!has_policy(policy, jwts, verdicts, count)) return;
  for (size_t i = 0; i < count; i++) {
    add_token(&w, keys, policy, tokens[i], now, &jwts[i], &verdicts[i]);
    if (w.count == ROUND) end_all(&w);
  }
  end_all(&w);
}
