/* Most claims are a plain object (json_plain.h), and all is right with them: then this is all that is done with them,
 * in one pass. It accepts or it does not know; what is wrong, and where, only jwt_claims.c says. */
#include "jwt_claims_plain.h"

#include "json_plain.h"
#include "words.h"

/* The numbers of the CSN_CLAIM_ bits. */
typedef enum claim { EXP, NBF, IAT, DATES, ISS = DATES, AUD, SUB, JTI, CLAIMS } claim;
_Static_assert(1 << JTI == CSN_CLAIM_JTI && 1 << ISS == CSN_CLAIM_ISS, "and jwt_claims.c asserts all");

/* What is plain, no reader with nodes refuses for its size. */
enum { MEMBERS = CSN_PLAIN_MEMBERS_MAX + CLAIMS };
_Static_assert(1 + MEMBERS * (2 + CSN_PLAIN_ITEMS_MAX) <= CSN_CLAIMS_NODES, "nodes");
_Static_assert(MEMBERS <= (int)CSN_JSON_MEMBERS_MAX && CSN_PLAIN_ITEMS_MAX <= (int)CSN_AUDIENCES_MAX,
               "members and audiences");

typedef struct reading {
  const csn_jwt_policy *policy;
  csn_span scope_claim;
  int64_t dates[DATES];
  csn_span strings[CLAIMS], scopes; /* those of dates are not used */
  unsigned present;                 /* CSN_CLAIM_ bits */
  unsigned asked;                   /* of policy->claims: a bit for each that is there */
  bool are_named;                   /* registered claims, too, may be known to the policy by a name of its own */
  bool has_scopes;
  size_t others; /* names that are not registered */
  uint64_t prints[CSN_PLAIN_MEMBERS_MAX];
  csn_plain_items audiences; /* where aud is an array, which then has no string; else none */
} reading;

/* What two equal names have in common, and others hardly ever. A short one is read with what stands behind it, or
 * before. */
static inline uint64_t print_of(csn_span text, csn_span name) {
  if (name.len >= 8) {
    uint64_t first = csn_word_8(name.ptr), last = csn_word_8(name.ptr + name.len - 8);
    return (first * UINT64_C(0x9e3779b97f4a7c15) ^ last) + name.len;
  }
  if (name.len == 0) return 0;
  size_t more = 8 * (8 - name.len);
  bool is_early = text.ptr + text.len - name.ptr >= 8;
  return is_early ? le64toh(csn_word_8(name.ptr)) << more
                  : le64toh(csn_word_8(name.ptr + name.len - 8)) >> more << more;
}

/* False where there may be such a name already. */
static inline bool is_new(reading *r, csn_span text, csn_span name) {
  uint64_t print = print_of(text, name);
  if (r->others == CSN_PLAIN_MEMBERS_MAX) return false;
  for (size_t i = 0; i < r->others; i++) {
    if (r->prints[i] == print) return false;
  }
  r->prints[r->others++] = print;
  return true;
}

/* What the policy knows by a name of its own. `value` is NULL where it is no string. */
static inline bool take_named(reading *r, csn_span name, csn_span value, bool is_null) {
  csn_span_list names = r->policy->claims;
  for (size_t i = 0; i < names.count; i++) {
    if (!is_null && csn_words_equal(names.items[i], name)) r->asked |= 1u << i;
  }
  if (!csn_words_equal(name, r->scope_claim)) return true;
  r->scopes = value;
  r->has_scopes = true;
  return value.ptr != NULL;
}

static inline bool take_other(reading *r, csn_plain *plain) {
  csn_plain_member member;
  csn_plain_items items;
  if (!csn_plain_next(plain, &items, &member)) return false;
  return take_named(r, member.name, member.value, member.type == CSN_JSON_NULL) && is_new(r, plain->text, member.name);
}

static claim registered_claim(uint32_t letters) {
  switch (letters) {
    case CSN_PLAIN_LETTERS('e', 'x', 'p'):
      return EXP;
    case CSN_PLAIN_LETTERS('n', 'b', 'f'):
      return NBF;
    case CSN_PLAIN_LETTERS('i', 'a', 't'):
      return IAT;
    case CSN_PLAIN_LETTERS('i', 's', 's'):
      return ISS;
    case CSN_PLAIN_LETTERS('a', 'u', 'd'):
      return AUD;
    case CSN_PLAIN_LETTERS('s', 'u', 'b'):
      return SUB;
    case CSN_PLAIN_LETTERS('j', 't', 'i'):
      return JTI;
    default:
      return CLAIMS;
  }
}

/* An array of nothing but strings. Returns the place behind it; 0 where it is none. Rare: kept out of the way of the
 * rest. */
__attribute__((noinline)) static size_t take_audiences(csn_span text, const uint64_t *quotes, size_t at,
                                                       csn_plain_items *out) {
  at = csn_plain_array(text, quotes, at, out);
  for (size_t i = 0; at != 0 && i < out->count; i++) {
    if (out->strings[i].ptr == NULL) return 0;
  }
  return at;
}

static inline size_t take_date(csn_span text, size_t at, int64_t *date) {
  uint64_t number;
  at = csn_plain_number(text, at, &number);
  *date = (int64_t)number;
  return number <= (uint64_t)CSN_JSON_DATE_MAX ? at : 0;
}

static inline bool take_registered(reading *r, csn_plain *plain, claim found) {
  csn_span text = plain->text, name = csn_span_of(text.ptr + plain->pos + 1, 3), string = csn_span_of(NULL, 0);
  size_t at = csn_plain_value(plain);
  unsigned bit = 1u << found;
  if ((r->present & bit) != 0) return false;
  r->present |= bit;
  if (found < DATES) {
    at = take_date(text, at, &r->dates[found]);
  } else if (found == AUD && text.ptr[at] == '[') {
    at = take_audiences(text, plain->quotes, at, &r->audiences);
  } else {
    at = csn_plain_string(text, plain->quotes, at, &string);
    r->strings[found] = string;
  }
  if (at == 0 || !csn_plain_step(plain, at)) return false;
  return !r->are_named || take_named(r, name, string, false);
}

static bool read_text(reading *r, csn_span text) {
  csn_plain plain;
  csn_plain_quotes quotes;
  if (!csn_plain_begin(&plain, text, quotes)) return false;
  do {
    claim found = registered_claim(csn_plain_letters(&plain));
    if (!(found != CLAIMS ? take_registered(r, &plain, found) : take_other(r, &plain))) return false;
  } while (!csn_plain_done(&plain));
  return true;
}

static bool dates_are_right(const reading *r, int64_t now) {
  int64_t leeway = r->policy->leeway, max_age = r->policy->max_age;
  bool has_exp = (r->present & CSN_CLAIM_EXP) != 0, has_iat = (r->present & CSN_CLAIM_IAT) != 0;
  if (has_exp && now >= r->dates[EXP] + leeway) return false;
  if (now < r->dates[NBF] - leeway || now < r->dates[IAT] - leeway) return false; /* -1 where absent */
  return max_age == 0 || (has_iat && now <= r->dates[IAT] + max_age + leeway);
}

static bool is_one_of(csn_span text, csn_span first, csn_span_list others) {
  bool found = csn_words_equal(text, first);
  for (size_t i = 0; i < others.count && !found; i++) found = csn_words_equal(text, others.items[i]);
  return found;
}

/* aud, or one of several, is one of the policy's. */
static bool is_for_us(const reading *r) {
  const csn_jwt_policy *policy = r->policy;
  bool found = r->audiences.count == 0 && is_one_of(r->strings[AUD], policy->audience, policy->other_audiences);
  for (size_t i = 0; i < r->audiences.count && !found; i++) {
    found = is_one_of(r->audiences.strings[i], policy->audience, policy->other_audiences);
  }
  return found;
}

static bool names_are_right(reading *r, const csn_key *key) {
  const csn_jwt_policy *policy = r->policy;
  csn_span owner = csn_key_client_id(key);
  bool has_aud = (r->present & CSN_CLAIM_AUD) != 0, has_sub = (r->present & CSN_CLAIM_SUB) != 0;
  if (policy->issuer.len > 0 && !is_one_of(r->strings[ISS], policy->issuer, policy->other_issuers)) return false;
  if (has_aud != (policy->audience.len > 0)) return false;
  if (has_aud && !is_for_us(r)) return false;
  if (r->strings[SUB].len == 0) r->present &= ~(unsigned)CSN_CLAIM_SUB; /* nobody */
  if (policy->subject.len > 0 && !csn_words_equal(policy->subject, r->strings[SUB])) return false;
  if (!has_sub) r->strings[SUB] = owner;
  return r->strings[SUB].len <= CSN_SUBJECT_MAX && (owner.len == 0 || csn_words_equal(owner, r->strings[SUB]));
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
  const csn_span none = {NULL, 0};
  reading r;
  r.policy = policy;
  r.scope_claim = policy->scope_claim.len == 0 ? csn_span_str("scope") : policy->scope_claim;
  r.strings[ISS] = none; /* one by one: in a row, gcc reads back what it has just written in halves */
  r.strings[AUD] = none;
  r.strings[SUB] = none;
  r.scopes = none;
  r.dates[EXP] = r.dates[NBF] = r.dates[IAT] = -1;
  r.audiences.count = 0;
  r.present = r.asked = 0;
  r.are_named = policy->claims.count > 0 || r.scope_claim.len == 3;
  r.has_scopes = false;
  r.others = 0;
  if (!read_text(&r, text) || !dates_are_right(&r, now) || !names_are_right(&r, jwt->key)) return false;
  if (!scopes_are_right(&r) || !all_are_there(&r)) return false;
  jwt->expires_at = r.dates[EXP];
  jwt->not_before = r.dates[NBF];
  jwt->issued_at = r.dates[IAT];
  csn_name_set(&verdict->client_id, r.strings[SUB]);
  csn_scopes_set(&verdict->scopes, r.scopes);
  return true;
}
