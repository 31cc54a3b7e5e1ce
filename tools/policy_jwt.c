/* What a policy says of tokens: the object "jwt". */
#include "policy_reader.h"

enum { ISSUER, AUDIENCE, SUBJECT, TYP, SCOPES, SCOPE_CLAIM, LEEWAY, MAX_AGE, REQUIRED, ALGORITHMS, PADDED, FIELDS };

static const csn_policy_field jwt_fields[FIELDS] = {
    [ISSUER] = {"issuer", CSN_POLICY_STRINGS},          [AUDIENCE] = {"audience", CSN_POLICY_STRINGS},
    [SUBJECT] = {"subject", CSN_POLICY_STRING},         [TYP] = {"typ", CSN_POLICY_STRING},
    [SCOPES] = {"scopes", CSN_POLICY_STRING},           [SCOPE_CLAIM] = {"scope_claim", CSN_POLICY_STRING},
    [LEEWAY] = {"leeway_seconds", CSN_POLICY_WHOLE},    [MAX_AGE] = {"max_age_seconds", CSN_POLICY_WHOLE},
    [REQUIRED] = {"required_claims", CSN_POLICY_ARRAY}, [ALGORITHMS] = {"algorithms", CSN_POLICY_ARRAY},
    [PADDED] = {"allow_padded", CSN_POLICY_BOOL},
};

static const struct {
  const char *name;
  unsigned bit;
} registered[] = {{"exp", CSN_CLAIM_EXP}, {"nbf", CSN_CLAIM_NBF}, {"iat", CSN_CLAIM_IAT}, {"iss", CSN_CLAIM_ISS},
                  {"aud", CSN_CLAIM_AUD}, {"sub", CSN_CLAIM_SUB}, {"jti", CSN_CLAIM_JTI}};

/* The bit of a registered claim; 0 of any other. `*misspelt`: it is the name of one but for the case of its letters. */
static unsigned claim_bit(csn_span name, bool *misspelt) {
  *misspelt = false;
  for (size_t i = 0; i < sizeof registered / sizeof registered[0]; i++) {
    csn_span known = csn_span_str(registered[i].name);
    if (csn_span_equal(name, known)) return registered[i].bit;
    if (csn_span_equal_nocase(name, known)) *misspelt = true;
  }
  return 0;
}

static unsigned alg_bit(csn_span name) {
  csn_alg alg = csn_alg_from_name(name);
  return alg == CSN_ALG_NONE ? 0 : 1u << alg;
}

/* ---- lists of names ---- */

/* Puts the string at `node` at the end of the list; `most` is how many fit. */
static bool add_name(csn_policy_reader *r, uint32_t node, const char *field, size_t most, csn_policy_name_list *list) {
  csn_span name;
  if (csn_json_type_of(&r->json, node) != CSN_JSON_STRING)
    return csn_policy_refuse(r, node, field, "must be an array of strings");
  if (list->count == most) return csn_policy_refuse(r, node, field, "has more than %zu names", most);
  uint8_t *bytes = list->bytes[list->count];
  if (!csn_policy_string(r, node, field, bytes, CSN_POLICY_NAME_MAX, &name)) return false;
  for (size_t i = 0; i < list->count; i++) {
    if (csn_span_equal(list->items[i], name)) return csn_policy_refuse(r, node, field, "has a name twice");
  }
  list->items[list->count++] = name;
  return true;
}

/* One name, or an array of them that is not empty: the first, and the others. */
static bool read_names(csn_policy_reader *r, uint32_t node, const char *field, csn_policy_name_list *list,
                       csn_span *first, csn_span_list *others) {
  const csn_json_node *nodes = r->json.nodes;
  const size_t most = CSN_POLICY_NAMES_MAX + 1;
  if (node == 0) return true;
  if (csn_json_type_of(&r->json, node) == CSN_JSON_STRING) {
    if (!add_name(r, node, field, most, list)) return false;
  } else {
    for (uint32_t item = node + 1; item < nodes[node].next; item = nodes[item].next) {
      if (!add_name(r, item, field, most, list)) return false;
    }
  }
  if (list->count == 0) return csn_policy_refuse(r, node, field, "is empty");
  *first = list->items[0];
  *others = (csn_span_list){list->items + 1, list->count - 1};
  return true;
}

/* Registered claims by their bits, others by their names. */
static bool read_required(csn_policy_reader *r, uint32_t node, csn_policy_name_list *list, csn_jwt_policy *jwt) {
  const csn_json_node *nodes = r->json.nodes;
  if (node == 0) return true;
  jwt->required = 0;
  for (uint32_t item = node + 1; item < nodes[node].next; item = nodes[item].next) {
    bool misspelt;
    unsigned bit = claim_bit(csn_json_raw(&r->json, item), &misspelt);
    if (misspelt) return csn_policy_refuse(r, item, "required_claims", "registered claims have small letters");
    if ((jwt->required & bit) != 0) return csn_policy_refuse(r, item, "required_claims", "has a name twice");
    jwt->required |= bit;
    if (bit == 0 && !add_name(r, item, "required_claims", CSN_POLICY_CLAIMS_MAX, list)) return false;
  }
  jwt->claims = (csn_span_list){list->items, list->count};
  if ((jwt->required & CSN_CLAIM_AUD) == 0 || jwt->audience.len > 0) return true;
  return csn_policy_refuse(r, node, "required_claims",
                           "aud needs an audience: without one a token with an aud is rejected");
}

/* ---- the object ---- */

static bool read_algorithms(csn_policy_reader *r, uint32_t node, csn_jwt_policy *jwt) {
  if (node == 0) return true;
  jwt->algorithms = 0;
  if (!csn_policy_names(r, node, "algorithms", alg_bit, &jwt->algorithms)) return false;
  return jwt->algorithms != 0 || csn_policy_refuse(r, node, "algorithms", "is empty");
}

static bool read_scopes(csn_policy_reader *r, const uint32_t *at, csn_policy_jwt_memory *memory, csn_jwt_policy *jwt) {
  if (!csn_policy_string(r, at[SCOPES], "scopes", memory->scopes, sizeof memory->scopes, &jwt->scopes) ||
      !csn_policy_string(r, at[SCOPE_CLAIM], "scope_claim", memory->scope_claim, sizeof memory->scope_claim,
                         &jwt->scope_claim)) {
    return false;
  }
  return csn_scopes_valid(jwt->scopes) ||
         csn_policy_refuse(r, at[SCOPES], "scopes", "must be scope-tokens with one space between two");
}

static bool read_fields(csn_policy_reader *r, const uint32_t *at, csn_policy_jwt_memory *memory, csn_jwt_policy *jwt) {
  csn_policy_bool(r, at[PADDED], &jwt->allow_padded);
  return read_names(r, at[ISSUER], "issuer", &memory->issuers, &jwt->issuer, &jwt->other_issuers) &&
         read_names(r, at[AUDIENCE], "audience", &memory->audiences, &jwt->audience, &jwt->other_audiences) &&
         csn_policy_string(r, at[SUBJECT], "subject", memory->subject, sizeof memory->subject, &jwt->subject) &&
         csn_policy_string(r, at[TYP], "typ", memory->typ, sizeof memory->typ, &jwt->typ) &&
         read_scopes(r, at, memory, jwt) && csn_policy_whole(r, at[LEEWAY], "leeway_seconds", 0, 3600, &jwt->leeway) &&
         csn_policy_whole(r, at[MAX_AGE], "max_age_seconds", 1, CSN_MAX_AGE_MAX, &jwt->max_age) &&
         read_required(r, at[REQUIRED], &memory->claims, jwt) && read_algorithms(r, at[ALGORITHMS], jwt);
}

bool csn_policy_read_jwt(csn_policy_reader *r, uint32_t node) {
  uint32_t at[FIELDS];
  if (node == 0) return true;
  r->section = "jwt";
  bool good = csn_policy_fields(r, node, jwt_fields, FIELDS, at) &&
              read_fields(r, at, &r->out->memory->jwt, &r->out->config.jwt);
  r->section = "";
  return good;
}
