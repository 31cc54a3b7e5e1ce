/* Most claims are a plain object (json_plain.h), and all is right with them: then this is all that is done with them,
 * in one pass. It accepts or it does not know; what is wrong, and where, only jwt_claims.c says. */
#include "jwt_claims_plain.h"

#include "fast_path.h"
#include "json_plain.h"

enum { DATES = 3 /* exp, nbf, iat: the lowest of the CSN_CLAIM_ bits */ };

typedef struct reading {
  const csn_jwt_policy *policy;
  csn_span scope_claim;
  csn_span iss, aud, sub, scopes;
  int64_t dates[DATES];
  unsigned present; /* CSN_CLAIM_ bits */
  unsigned asked;   /* of policy->claims: a bit for each that is there */
  bool has_scopes;
  size_t others; /* names that are not registered */
  uint64_t prints[CSN_PLAIN_MEMBERS_MAX];
} reading;

/* What two equal names have in common, and others hardly ever. */
static uint64_t print_of(csn_span name) {
  uint64_t first = 0, last = 0;
  if (name.len >= 8) {
    memcpy(&first, name.ptr, 8);
    memcpy(&last, name.ptr + name.len - 8, 8);
  } else {
    for (size_t i = 0; i < name.len; i++) first = first << 8 | name.ptr[i];
  }
  return (first * UINT64_C(0x9e3779b97f4a7c15) ^ last) + name.len;
}

/* False where there may be such a name already. */
static bool is_new(reading *r, csn_span name) {
  uint64_t print = print_of(name);
  if (r->others == CSN_PLAIN_MEMBERS_MAX) return false;
  for (size_t i = 0; i < r->others; i++) {
    if (r->prints[i] == print) return false;
  }
  r->prints[r->others++] = print;
  return true;
}

/* What the policy knows by a name of its own. */
static bool take_named(reading *r, const csn_plain_member *member) {
  csn_span_list names = r->policy->claims;
  for (size_t i = 0; i < names.count; i++) {
    if (member->type != CSN_JSON_NULL && csn_span_equal(names.items[i], member->name)) r->asked |= 1u << i;
  }
  if (!csn_span_equal(member->name, r->scope_claim)) return true;
  r->scopes = member->text;
  r->has_scopes = true;
  return member->type == CSN_JSON_STRING;
}

static bool take_date(reading *r, const csn_plain_member *member, unsigned bit, int64_t *date) {
  if ((r->present & bit) != 0 || member->type != CSN_JSON_NUMBER || member->number > (uint64_t)CSN_JSON_DATE_MAX)
    return false;
  r->present |= bit;
  *date = (int64_t)member->number;
  return true;
}

static bool take_string(reading *r, const csn_plain_member *member, unsigned bit, csn_span *text) {
  if ((r->present & bit) != 0 || member->type != CSN_JSON_STRING) return false;
  r->present |= bit;
  *text = member->text;
  return true;
}

static bool take_member(reading *r, const csn_plain_member *member) {
  csn_span jti;
  if (!take_named(r, member)) return false;
  switch (csn_plain_name(member->name)) {
    case CSN_PLAIN_NAME('e', 'x', 'p'):
      return take_date(r, member, CSN_CLAIM_EXP, &r->dates[0]);
    case CSN_PLAIN_NAME('n', 'b', 'f'):
      return take_date(r, member, CSN_CLAIM_NBF, &r->dates[1]);
    case CSN_PLAIN_NAME('i', 'a', 't'):
      return take_date(r, member, CSN_CLAIM_IAT, &r->dates[2]);
    case CSN_PLAIN_NAME('i', 's', 's'):
      return take_string(r, member, CSN_CLAIM_ISS, &r->iss);
    case CSN_PLAIN_NAME('a', 'u', 'd'):
      return take_string(r, member, CSN_CLAIM_AUD, &r->aud);
    case CSN_PLAIN_NAME('s', 'u', 'b'):
      return take_string(r, member, CSN_CLAIM_SUB, &r->sub);
    case CSN_PLAIN_NAME('j', 't', 'i'):
      return take_string(r, member, CSN_CLAIM_JTI, &jti);
    default:
      return is_new(r, member->name);
  }
}

static bool read_text(reading *r, csn_span text) {
  csn_plain plain;
  csn_plain_member member;
  if (!csn_plain_begin(&plain, text)) return false;
  do {
    if (!csn_plain_next(&plain, &member) || !take_member(r, &member)) return false;
  } while (!csn_plain_done(&plain));
  return true;
}

static bool dates_are_right(const reading *r, int64_t now) {
  int64_t leeway = r->policy->leeway, max_age = r->policy->max_age;
  bool has_exp = (r->present & CSN_CLAIM_EXP) != 0, has_iat = (r->present & CSN_CLAIM_IAT) != 0;
  if (has_exp && now >= r->dates[0] + leeway) return false;
  if (now < r->dates[1] - leeway || now < r->dates[2] - leeway) return false; /* -1 where absent */
  return max_age == 0 || (has_iat && now <= r->dates[2] + max_age + leeway);
}

static bool is_one_of(csn_span text, csn_span first, csn_span_list others) {
  bool found = csn_span_equal(text, first);
  for (size_t i = 0; i < others.count && !found; i++) found = csn_span_equal(text, others.items[i]);
  return found;
}

static bool names_are_right(reading *r, const csn_key *key) {
  const csn_jwt_policy *policy = r->policy;
  csn_span owner = csn_key_client_id(key);
  bool has_aud = (r->present & CSN_CLAIM_AUD) != 0, has_sub = (r->present & CSN_CLAIM_SUB) != 0;
  if (policy->issuer.len > 0 && !is_one_of(r->iss, policy->issuer, policy->other_issuers)) return false;
  if (has_aud != (policy->audience.len > 0)) return false;
  if (has_aud && !is_one_of(r->aud, policy->audience, policy->other_audiences)) return false;
  if (r->sub.len == 0) r->present &= ~(unsigned)CSN_CLAIM_SUB; /* nobody */
  if (policy->subject.len > 0 && !csn_span_equal(policy->subject, r->sub)) return false;
  if (!has_sub) r->sub = owner;
  return r->sub.len <= CSN_SUBJECT_MAX && (owner.len == 0 || csn_span_equal(owner, r->sub));
}

static bool scopes_are_right(const reading *r) {
  if (r->has_scopes && !csn_scopes_valid(r->scopes)) return false;
  return r->policy->scopes.len == 0 || csn_scopes_cover(r->scopes, r->policy->scopes);
}

static bool all_are_there(const reading *r) {
  unsigned bits = r->policy->required, asked = (1u << r->policy->claims.count) - 1;
  return (r->present & bits) == bits && r->asked == asked;
}

bool csn_claims_accept_plain(csn_span text, const csn_jwt_policy *policy, int64_t now, csn_jwt *jwt,
                             csn_verdict *verdict) {
  reading r;
  if (!csn_fast_paths()) return false;
  r.policy = policy;
  r.scope_claim = policy->scope_claim.len == 0 ? csn_span_str("scope") : policy->scope_claim;
  r.iss = r.aud = r.sub = r.scopes = csn_span_of(NULL, 0);
  r.dates[0] = r.dates[1] = r.dates[2] = -1;
  r.present = r.asked = 0;
  r.has_scopes = false;
  r.others = 0;
  if (!read_text(&r, text) || !dates_are_right(&r, now) || !names_are_right(&r, jwt->key)) return false;
  if (!scopes_are_right(&r) || !all_are_there(&r)) return false;
  jwt->expires_at = r.dates[0];
  jwt->not_before = r.dates[1];
  jwt->issued_at = r.dates[2];
  csn_name_set(&verdict->client_id, r.sub);
  csn_scopes_set(&verdict->scopes, r.scopes);
  return true;
}
