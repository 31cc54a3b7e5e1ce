/* The registered claims (RFC 7519 section 4.1), the scopes (RFC 8693 section 4.2), and what else the policy asks for.
 */
#include "jwt_claims_plain.h"

#define OK CSN_REASON_ACCEPTED

_Static_assert(CSN_SUBJECT_MAX <= UINT8_MAX, "a subject fits in a csn_name");

/* The claims that are looked at; of the registered ones each is the number of its CSN_CLAIM_ bit. */
typedef enum claim { EXP, NBF, IAT, ISS, AUD, SUB, JTI, SCOPES, CLAIMS } claim;

typedef struct reading {
  csn_json json;
  const csn_jwt_policy *policy;
  csn_verdict *verdict;
  unsigned present;      /* CSN_CLAIM_ bits */
  uint32_t node[CLAIMS]; /* the claims' values, or 0 */
} reading;

#define IS_BIT(name) _Static_assert(CSN_CLAIM_##name == 1 << name, "the bit has the claim's number")
IS_BIT(EXP);
IS_BIT(NBF);
IS_BIT(IAT);
IS_BIT(ISS);
IS_BIT(AUD);
IS_BIT(SUB);
IS_BIT(JTI);
#undef IS_BIT

static csn_reason reject(reading *r, csn_reason reason, uint32_t node) {
  return csn_refuse(r->verdict, reason, CSN_FIELD_CLAIMS, csn_jwt_member_offset(&r->json, node));
}

/* Of three letters each, which are compared as one. */
enum { NAME_LETTERS = 3 };
static const char registered[SCOPES][NAME_LETTERS + 1] = {
    [EXP] = "exp", [NBF] = "nbf", [IAT] = "iat", [ISS] = "iss", [AUD] = "aud", [SUB] = "sub", [JTI] = "jti",
};

/* The registered claim of that name, or CLAIMS. */
static claim registered_claim(csn_span name) {
  for (claim c = EXP; c < SCOPES && name.len == NAME_LETTERS; c++) {
    if (memcmp(name.ptr, registered[c], NAME_LETTERS) == 0) return c;
  }
  return CLAIMS;
}

/* The same of the name at `node`, which may be escaped. */
static claim claim_at(const csn_json *json, uint32_t node) {
  uint8_t decoded[NAME_LETTERS];
  size_t len;
  if (!json->nodes[node].escaped) return registered_claim(csn_json_raw(json, node));
  if (!csn_json_string_copy(json, node, decoded, sizeof decoded, &len)) return CLAIMS;
  return registered_claim(csn_span_of(decoded, len));
}

static void find_claims(reading *r) {
  const csn_json_node *nodes = r->json.nodes;
  csn_span scopes = r->policy->scope_claim;
  if (scopes.len == 0) scopes = csn_span_str("scope");
  for (uint32_t name = 1; name < nodes[0].next; name = nodes[name + 1].next) {
    claim found = claim_at(&r->json, name);
    if (csn_json_string_equals(&r->json, name, scopes)) r->node[SCOPES] = name + 1;
    if (found == CLAIMS) continue;
    r->node[found] = name + 1;
    r->present |= 1u << found;
  }
}

static csn_reason read_date(reading *r, uint32_t node, int64_t *out) {
  return csn_json_numeric_date(&r->json, node, out) ? OK : reject(r, CSN_REASON_DATE_INVALID, node);
}

/* Dates are whole seconds of at most twelve digits and the leeway is at most an hour: these sums never overflow, as
 * those with `now` could. */
static csn_reason check_exp(reading *r, int64_t now, int64_t *expires_at) {
  uint32_t node = r->node[EXP];
  csn_reason reason = OK;
  *expires_at = -1;
  if (node == 0) return OK;
  if ((reason = read_date(r, node, expires_at)) != OK) return reason;
  return now < *expires_at + r->policy->leeway ? OK : reject(r, CSN_REASON_TOKEN_EXPIRED, node);
}

static csn_reason check_not_before(reading *r, int64_t now, uint32_t node, int64_t *date, csn_reason too_early) {
  csn_reason reason = OK;
  *date = -1;
  if (node == 0) return OK;
  if ((reason = read_date(r, node, date)) != OK) return reason;
  return now >= *date - r->policy->leeway ? OK : reject(r, too_early, node);
}

/* Accepted through the second at which the token is exactly so old. A fraction of iat is cut off: rounded up, it would
 * make the token younger than it is. */
static csn_reason check_age(reading *r, int64_t now, uint32_t node) {
  int64_t issued = 0;
  if (r->policy->max_age == 0) return OK;
  if (node == 0) return reject(r, CSN_REASON_CLAIM_MISSING, node);
  if (!csn_json_numeric_date_down(&r->json, node, &issued)) return reject(r, CSN_REASON_DATE_INVALID, node);
  return now <= issued + r->policy->max_age + r->policy->leeway ? OK : reject(r, CSN_REASON_TOKEN_TOO_OLD, node);
}

static csn_reason check_dates(reading *r, int64_t now, csn_jwt *jwt) {
  csn_reason reason = OK;
  if ((reason = check_exp(r, now, &jwt->expires_at)) != OK) return reason;
  uint32_t nbf = r->node[NBF], iat = r->node[IAT];
  reason = check_not_before(r, now, nbf, &jwt->not_before, CSN_REASON_TOKEN_NOT_YET_VALID);
  if (reason != OK) return reason;
  reason = check_not_before(r, now, iat, &jwt->issued_at, CSN_REASON_TOKEN_ISSUED_IN_FUTURE);
  return reason == OK ? check_age(r, now, iat) : reason;
}

/* A claim that is a string where it is present. */
static csn_reason check_string(reading *r, uint32_t node) {
  if (node == 0 || csn_json_type_of(&r->json, node) == CSN_JSON_STRING) return OK;
  return reject(r, CSN_REASON_CLAIM_INVALID, node);
}

static bool is_one_of(const reading *r, uint32_t node, csn_span first, csn_span_list others) {
  bool found = csn_json_string_equals(&r->json, node, first);
  for (size_t i = 0; i < others.count && !found; i++) found = csn_json_string_equals(&r->json, node, others.items[i]);
  return found;
}

static csn_reason check_iss(reading *r) {
  uint32_t node = r->node[ISS];
  csn_reason reason = check_string(r, node);
  if (reason != OK || r->policy->issuer.len == 0) return reason;
  if (node == 0) return reject(r, CSN_REASON_CLAIM_MISSING, node);
  bool known = is_one_of(r, node, r->policy->issuer, r->policy->other_issuers);
  return known ? OK : reject(r, CSN_REASON_ISSUER_MISMATCH, node);
}

/* Looks for one of the policy's audiences among `count` values from `node`, all of which must be strings. */
static csn_reason search_audience(reading *r, uint32_t node, size_t count, bool *found) {
  for (size_t i = 0; i < count; i++, node = r->json.nodes[node].next) {
    if (csn_json_type_of(&r->json, node) != CSN_JSON_STRING) return reject(r, CSN_REASON_CLAIM_INVALID, node);
    if (is_one_of(r, node, r->policy->audience, r->policy->other_audiences)) *found = true;
  }
  return OK;
}

static csn_reason check_aud(reading *r) {
  uint32_t node = r->node[AUD];
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
  uint32_t node = r->node[SUB];
  csn_span owner = csn_key_client_id(key), expected = r->policy->subject;
  csn_name *client = &r->verdict->client_id;
  size_t len;
  csn_reason reason = check_string(r, node);
  if (reason != OK) return reason;
  csn_name_set(client, owner);
  if (node == 0) return expected.len == 0 ? OK : reject(r, CSN_REASON_CLAIM_MISSING, node);
  if (!csn_json_string_copy(&r->json, node, client->bytes, CSN_SUBJECT_MAX, &len)) {
    return reject(r, CSN_REASON_CLAIM_INVALID, node);
  }
  client->len = (uint8_t)len;
  if (len == 0) r->present &= ~(unsigned)CSN_CLAIM_SUB; /* nobody */
  bool is_expected = expected.len == 0 || csn_span_equal(expected, csn_name_span(client));
  bool is_owner = owner.len == 0 || csn_span_equal(owner, csn_name_span(client));
  return is_expected && is_owner ? OK : reject(r, CSN_REASON_SUBJECT_MISMATCH, node);
}

/* ---- scopes ---- */

/* Puts one more string behind those that are there; `joined` strings must be single scopes. */
static bool add_scopes(const reading *r, uint32_t node, bool joined, csn_scopes *out) {
  size_t len = 0, used = out->len;
  if (joined && used > 0 && used < sizeof out->bytes) out->bytes[used++] = ' ';
  uint8_t *at = out->bytes + used;
  if (!csn_json_string_copy(&r->json, node, at, sizeof out->bytes - used, &len)) return false;
  if (joined && (len == 0 || memchr(at, ' ', len) != NULL)) return false;
  out->len = (uint16_t)(used + len);
  return csn_scopes_valid(csn_scopes_span(out));
}

static bool read_scopes(const reading *r, uint32_t node, csn_scopes *out) {
  const csn_json_node *nodes = r->json.nodes;
  bool is_array = r->policy->scope_claim.len > 0 && csn_json_type_of(&r->json, node) == CSN_JSON_ARRAY;
  if (!is_array) return add_scopes(r, node, false, out);
  for (uint32_t item = node + 1; item < nodes[node].next; item = nodes[item].next) {
    if (!add_scopes(r, item, true, out)) return false;
  }
  return true;
}

/* Scopes that nobody asks for are only told, and a claim that is no list has none. */
static csn_reason check_scopes(reading *r) {
  csn_span required = r->policy->scopes;
  csn_scopes *held = &r->verdict->scopes;
  uint32_t node = r->node[SCOPES];
  bool is_list = node != 0 && read_scopes(r, node, held);
  if (!is_list) held->len = 0;
  if (required.len == 0) return OK;
  if (node != 0 && !is_list) return reject(r, CSN_REASON_CLAIM_INVALID, node);
  return csn_scopes_cover(csn_scopes_span(held), required) ? OK : reject(r, CSN_REASON_SCOPE_MISSING, node);
}

/* ---- what must be there ---- */

static csn_reason check_required(reading *r) {
  csn_span_list names = r->policy->claims;
  unsigned bits = r->policy->required;
  csn_reason reason = check_string(r, r->node[JTI]);
  if (reason != OK) return reason;
  if ((r->present & bits) != bits) return reject(r, CSN_REASON_CLAIM_MISSING, 0);
  for (size_t i = 0; i < names.count; i++) {
    uint32_t node = csn_json_member(&r->json, 0, names.items[i]);
    bool is_there = node != 0 && csn_json_type_of(&r->json, node) != CSN_JSON_NULL;
    if (!is_there) return reject(r, CSN_REASON_CLAIM_MISSING, node);
  }
  return OK;
}

static csn_reason check_nodes(csn_span text, const csn_jwt_policy *policy, int64_t now, csn_jwt *jwt,
                              csn_verdict *verdict) {
  csn_json_node nodes[CSN_CLAIMS_NODES];
  reading r = {.policy = policy, .verdict = verdict};
  csn_reason reason = csn_jwt_read_object(text, CSN_FIELD_CLAIMS, nodes, CSN_CLAIMS_NODES, &r.json, verdict);
  if (reason != OK) return reason;
  find_claims(&r);
  if ((reason = check_dates(&r, now, jwt)) != OK) return reason;
  if ((reason = check_iss(&r)) != OK) return reason;
  if ((reason = check_aud(&r)) != OK) return reason;
  if ((reason = check_sub(&r, jwt->key)) != OK) return reason;
  if ((reason = check_scopes(&r)) != OK) return reason;
  return check_required(&r);
}

csn_reason csn_claims_check(csn_span text, const csn_jwt_policy *policy, int64_t now, csn_jwt *jwt,
                            csn_verdict *verdict) {
  if (csn_claims_accept_plain(text, policy, now, jwt, verdict)) return OK;
  return check_nodes(text, policy, now, jwt, verdict);
}
