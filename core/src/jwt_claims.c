/* The registered claims (RFC 7519 section 4.1). */
#include "jwt_parts.h"

#define OK CSN_REASON_ACCEPTED

_Static_assert(CSN_SUBJECT_MAX <= UINT8_MAX, "a subject fits in a csn_name");

typedef struct reading {
  csn_json json;
  const csn_jwt_policy *policy;
  csn_verdict *verdict;
  unsigned present; /* CSN_CLAIM_ bits */
} reading;

static csn_reason reject(reading *r, csn_reason reason, uint32_t node) {
  return csn_refuse(r->verdict, reason, CSN_FIELD_CLAIMS, csn_jwt_member_offset(&r->json, node));
}

/* The node of a claim, or 0; notes that it is present. */
static uint32_t find_claim(reading *r, const char *name, unsigned bit) {
  uint32_t node = csn_json_member(&r->json, 0, csn_span_str(name));
  if (node != 0) r->present |= bit;
  return node;
}

static csn_reason read_date(reading *r, uint32_t node, int64_t *out) {
  return csn_json_numeric_date(&r->json, node, out) ? OK : reject(r, CSN_REASON_DATE_INVALID, node);
}

/* Dates are whole seconds of at most twelve digits and the leeway is at most an hour: these sums never overflow, as
 * those with `now` could. */
static csn_reason check_exp(reading *r, int64_t now, int64_t *expires_at) {
  uint32_t node = find_claim(r, "exp", CSN_CLAIM_EXP);
  csn_reason reason = OK;
  *expires_at = -1;
  if (node == 0) return OK;
  if ((reason = read_date(r, node, expires_at)) != OK) return reason;
  return now < *expires_at + r->policy->leeway ? OK : reject(r, CSN_REASON_TOKEN_EXPIRED, node);
}

static csn_reason check_not_before(reading *r, int64_t now, const char *name, unsigned bit, csn_reason too_early) {
  uint32_t node = find_claim(r, name, bit);
  int64_t date = 0;
  csn_reason reason = OK;
  if (node == 0) return OK;
  if ((reason = read_date(r, node, &date)) != OK) return reason;
  return now >= date - r->policy->leeway ? OK : reject(r, too_early, node);
}

static csn_reason check_dates(reading *r, int64_t now, int64_t *expires_at) {
  csn_reason reason = OK;
  if ((reason = check_exp(r, now, expires_at)) != OK) return reason;
  if ((reason = check_not_before(r, now, "nbf", CSN_CLAIM_NBF, CSN_REASON_TOKEN_NOT_YET_VALID)) != OK) return reason;
  return check_not_before(r, now, "iat", CSN_CLAIM_IAT, CSN_REASON_TOKEN_ISSUED_IN_FUTURE);
}

/* A claim that is a string where it is present. */
static csn_reason check_string(reading *r, uint32_t node) {
  if (node == 0 || csn_json_type_of(&r->json, node) == CSN_JSON_STRING) return OK;
  return reject(r, CSN_REASON_CLAIM_INVALID, node);
}

static csn_reason check_iss(reading *r) {
  uint32_t node = find_claim(r, "iss", CSN_CLAIM_ISS);
  csn_reason reason = check_string(r, node);
  if (reason != OK || r->policy->issuer.len == 0) return reason;
  if (node == 0) return reject(r, CSN_REASON_CLAIM_MISSING, node);
  return csn_json_string_equals(&r->json, node, r->policy->issuer) ? OK : reject(r, CSN_REASON_ISSUER_MISMATCH, node);
}

/* Looks for the policy's audience among `count` values from `node`, all of which must be strings. */
static csn_reason search_audience(reading *r, uint32_t node, size_t count, bool *found) {
  for (size_t i = 0; i < count; i++, node = r->json.nodes[node].next) {
    if (csn_json_type_of(&r->json, node) != CSN_JSON_STRING) return reject(r, CSN_REASON_CLAIM_INVALID, node);
    if (csn_json_string_equals(&r->json, node, r->policy->audience)) *found = true;
  }
  return OK;
}

static csn_reason check_aud(reading *r) {
  uint32_t node = find_claim(r, "aud", CSN_CLAIM_AUD);
  bool is_array = node != 0 && csn_json_type_of(&r->json, node) == CSN_JSON_ARRAY, found = false;
  size_t count = is_array ? r->json.nodes[node].children : 1;
  bool expected = r->policy->audience.len > 0;
  if (node == 0) return expected ? reject(r, CSN_REASON_CLAIM_MISSING, node) : OK;
  if (count > CSN_AUDIENCES_MAX) return reject(r, CSN_REASON_JSON_LIMIT, node);
  csn_reason reason = search_audience(r, is_array ? node + 1 : node, count, &found);
  if (reason != OK) return reason;
  if (!expected) return reject(r, CSN_REASON_AUDIENCE_UNEXPECTED, node);
  return found ? OK : reject(r, CSN_REASON_AUDIENCE_MISMATCH, node);
}

/* The subject is the verdict's client. One that does not fit would leave an accepted token without a client; OpenID
 * Connect Core section 2 has the same limit. A key that belongs to a client vouches for nobody else. */
static csn_reason check_sub(reading *r, const csn_key *key) {
  uint32_t node = find_claim(r, "sub", CSN_CLAIM_SUB);
  csn_span owner = csn_key_client_id(key);
  csn_name *client = &r->verdict->client_id;
  size_t len;
  csn_reason reason = check_string(r, node);
  if (reason != OK) return reason;
  csn_name_set(client, owner);
  if (node == 0) return OK;
  if (!csn_json_string_copy(&r->json, node, client->bytes, CSN_SUBJECT_MAX, &len)) {
    return reject(r, CSN_REASON_CLAIM_INVALID, node);
  }
  client->len = (uint8_t)len;
  if (len == 0) r->present &= ~(unsigned)CSN_CLAIM_SUB; /* nobody */
  if (owner.len == 0 || csn_span_equal(owner, csn_name_span(client))) return OK;
  return reject(r, CSN_REASON_SUBJECT_MISMATCH, node);
}

csn_reason csn_claims_check(csn_span text, const csn_jwt_policy *policy, int64_t now, csn_jwt *jwt,
                            csn_verdict *verdict) {
  csn_json_node nodes[CSN_CLAIMS_NODES];
  reading r = {.policy = policy, .verdict = verdict};
  csn_reason reason = csn_jwt_read_object(text, CSN_FIELD_CLAIMS, nodes, CSN_CLAIMS_NODES, &r.json, verdict);
  if (reason != OK) return reason;
  if ((reason = check_dates(&r, now, &jwt->expires_at)) != OK) return reason;
  if ((reason = check_iss(&r)) != OK) return reason;
  if ((reason = check_aud(&r)) != OK) return reason;
  if ((reason = check_sub(&r, jwt->key)) != OK) return reason;
  return (r.present & policy->required) == policy->required ? OK : reject(&r, CSN_REASON_CLAIM_MISSING, 0);
}
