/* What a policy may ask of a token: several issuers and audiences, subject, type, scopes, age, claims by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../src/jwt_parts.h"
#include "tokens.h"

#define ACCEPTED CSN_REASON_ACCEPTED

static csn_jwt_policy lax_policy(void) {
  csn_jwt_policy policy = default_policy();
  policy.required = 0;
  return policy;
}

#define LIST(items) \
  { items, sizeof(items) / sizeof((items)[0]) }

static const csn_span other_names[] = {CSN_SPAN_LITERAL("b"), CSN_SPAN_LITERAL("c\"")};
static const csn_span_list others = LIST(other_names);

static void issuer_is_one_of_several(void **state) {
  static const json_row rows[] = {
      {"{\"iss\":\"a\"}", ACCEPTED, NULL},
      {"{\"iss\":\"b\"}", ACCEPTED, NULL},
      {"{\"iss\":\"c\\\"\"}", ACCEPTED, NULL},
      {"{\"iss\":\"B\"}", CSN_REASON_ISSUER_MISMATCH, "\"B"},
      {"{\"iss\":\"c\"}", CSN_REASON_ISSUER_MISMATCH, "\"c"},
      {"{\"iss\":\"ab\"}", CSN_REASON_ISSUER_MISMATCH, "\"ab"},
      {"{\"iss\":\"\"}", CSN_REASON_ISSUER_MISMATCH, "\"\""},
      {"{\"iss\":[\"b\"]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{}", CSN_REASON_CLAIM_MISSING, NULL},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.issuer = csn_span_str("a");
  policy.other_issuers = others;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void audience_is_one_of_several(void **state) {
  static const json_row rows[] = {
      {"{\"aud\":\"a\"}", ACCEPTED, NULL},
      {"{\"aud\":\"b\"}", ACCEPTED, NULL},
      {"{\"aud\":[\"x\",\"c\\u0022\"]}", ACCEPTED, NULL},
      {"{\"aud\":[\"x\",\"c\"]}", CSN_REASON_AUDIENCE_MISMATCH, "["},
      {"{\"aud\":\"bc\"}", CSN_REASON_AUDIENCE_MISMATCH, "\"bc"},
      {"{\"aud\":[\"b\",7]}", CSN_REASON_CLAIM_INVALID, "7"},
      {"{}", CSN_REASON_CLAIM_MISSING, NULL},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.audience = csn_span_str("a");
  policy.other_audiences = others;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void subject_is_the_policys(void **state) {
  static const json_row rows[] = {
      {"{\"sub\":\"client-7\"}", ACCEPTED, NULL},
      {"{\"sub\":\"\\u0063lient-7\"}", ACCEPTED, NULL},
      {"{\"sub\":\"client-8\"}", CSN_REASON_SUBJECT_MISMATCH, "\"client"},
      {"{\"sub\":\"client-\"}", CSN_REASON_SUBJECT_MISMATCH, "\"client"},
      {"{\"sub\":\"\"}", CSN_REASON_SUBJECT_MISMATCH, "\"\""},
      {"{\"sub\":7}", CSN_REASON_CLAIM_INVALID, "7"},
      {"{}", CSN_REASON_CLAIM_MISSING, NULL},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.subject = csn_span_str("client-7");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* RFC 9068 section 4: at+jwt or application/at+jwt, and nothing else. */
static void type_is_the_policys(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"typ\":\"Application/AT+JWT\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"JWT"},
      {"{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"dpop"},
      {"{\"alg\":\"HS256\",\"typ\":\"at+jwt2\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"at+jwt2"},
      {"{\"alg\":\"HS256\",\"typ\":\"application/\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"appl"},
      {"{\"alg\":\"HS256\",\"typ\":\"text/at+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"text"},
      {"{\"alg\":\"HS256\",\"typ\":\"application/application/at+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"appl"},
      {"{\"alg\":\"HS256\",\"typ\":\"\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"\""},
      {"{\"alg\":\"HS256\",\"typ\":7}", CSN_REASON_TYP_NOT_ALLOWED, "7"},
      {"{\"alg\":\"HS256\"}", CSN_REASON_TYP_NOT_ALLOWED, NULL},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  policy.typ = csn_span_str("at+jwt");
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
  policy.typ = csn_span_str("application/at+jwt");
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

static void type_jwt_is_asked_for_by_name(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\",\"typ\":\"jwt\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"typ\":\"application/jwt\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"at"},
      {"{\"alg\":\"HS256\"}", CSN_REASON_TYP_NOT_ALLOWED, NULL},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  policy.typ = csn_span_str("JWT");
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

/* ---- scopes ---- */

static void scopes_must_cover_the_policys(void **state) {
  static const json_row rows[] = {
      {"{\"scope\":\"orders:read orders:write\"}", ACCEPTED, NULL},
      {"{\"scope\":\"x orders:write y orders:read\"}", ACCEPTED, NULL},
      {"{\"scope\":\"orders\\u003aread orders:write\"}", ACCEPTED, NULL},
      {"{\"scope\":\"orders:read\"}", CSN_REASON_SCOPE_MISSING, "\"orders"},
      {"{\"scope\":\"orders:read orders:writes\"}", CSN_REASON_SCOPE_MISSING, "\"orders"},
      {"{\"scope\":\"orders:read ORDERS:WRITE\"}", CSN_REASON_SCOPE_MISSING, "\"orders"},
      {"{\"scope\":\"\"}", CSN_REASON_SCOPE_MISSING, "\"\""},
      {"{}", CSN_REASON_SCOPE_MISSING, NULL},
      {"{\"scp\":\"orders:read orders:write\"}", CSN_REASON_SCOPE_MISSING, NULL},
      {"{\"scope\":\"orders:read  orders:write\"}", CSN_REASON_CLAIM_INVALID, "\"orders"},
      {"{\"scope\":\"orders:read orders:write \"}", CSN_REASON_CLAIM_INVALID, "\"orders"},
      {"{\"scope\":\"orders:read,orders:write\"}", CSN_REASON_SCOPE_MISSING, "\"orders"},
      {"{\"scope\":\"orders:read orders:write \\u00e9\"}", CSN_REASON_CLAIM_INVALID, "\"orders"},
      {"{\"scope\":[\"orders:read\",\"orders:write\"]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{\"scope\":null}", CSN_REASON_CLAIM_INVALID, "null"},
      {"{\"scope\":7}", CSN_REASON_CLAIM_INVALID, "7"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.scopes = csn_span_str("orders:read orders:write");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void scopes_may_have_another_claim(void **state) {
  static const json_row rows[] = {
      {"{\"scp\":[\"orders:read\",\"orders:write\"]}", ACCEPTED, NULL},
      {"{\"scp\":[\"orders:write\",\"x\",\"orders:\\u0072ead\"]}", ACCEPTED, NULL},
      {"{\"scp\":\"orders:read orders:write\"}", ACCEPTED, NULL},
      {"{\"scp\":[\"orders:read\"]}", CSN_REASON_SCOPE_MISSING, "["},
      {"{\"scp\":[]}", CSN_REASON_SCOPE_MISSING, "["},
      {"{\"scope\":\"orders:read orders:write\"}", CSN_REASON_SCOPE_MISSING, NULL},
      {"{\"scp\":[\"orders:read orders:write\"]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{\"scp\":[\"orders:read\",\"orders:write\",\"\"]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{\"scp\":[\"orders:read\",\"orders:write\",7]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{\"scp\":[[\"orders:read\",\"orders:write\"]]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{\"scp\":{\"orders:read\":\"orders:write\"}}", CSN_REASON_CLAIM_INVALID, "{\"orders"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.scopes = csn_span_str("orders:read orders:write");
  policy.scope_claim = csn_span_str("scp");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

typedef struct told_row {
  const char *claims, *scopes;
} told_row;

static void check_told(const csn_jwt_policy *policy, const told_row *rows, size_t count) {
  csn_keyring *ring = ring_of_one();
  for (size_t i = 0; i < count; i++) {
    csn_verdict verdict = verify_at(ring, policy, token_of(HEADER, rows[i].claims), NOW).verdict;
    assert_int_equal(verdict.reason, ACCEPTED);
    assert_true(csn_span_equal(csn_scopes_span(&verdict.scopes), csn_span_str(rows[i].scopes)));
  }
  csn_keyring_free(ring);
}

/* Where the policy asks for none, a claim that is no list is none, and nothing is wrong with the token. */
static void scopes_are_told(void **state) {
  static const told_row rows[] = {{"{\"scope\":\"a b\"}", "a b"}, {"{\"scope\":\"\\u0061\"}", "a"},
                                  {"{\"scope\":\"a  b\"}", ""},   {"{\"scope\":[\"a\"]}", ""},
                                  {"{\"scope\":7}", ""},          {"{}", ""}};
  static const told_row named[] = {
      {"{\"scp\":[\"a\",\"b\"]}", "a b"}, {"{\"scp\":[\"a\",\"b c\"]}", ""}, {"{\"scope\":\"a\"}", ""}};
  csn_jwt_policy policy = lax_policy();
  (void)state;
  check_told(&policy, rows, sizeof rows / sizeof rows[0]);
  policy.scope_claim = csn_span_str("scp");
  check_told(&policy, named, sizeof named / sizeof named[0]);
}

/* {"scp":["xx…"]} or {"scp":["xx…","y"]}: `len` is that of the list. */
static const char *long_scopes(char *out, size_t len, bool two) {
  char *at = stpcpy(out, "{\"scp\":[\"");
  size_t first = two ? len - 2 : len;
  memset(at, 'x', first);
  stpcpy(at + first, two ? "\",\"y\"]}" : "\"]}");
  return out;
}

static void scopes_are_bounded(void **state) {
  char texts[4][CSN_SCOPES_MAX + 64];
  const json_row rows[] = {
      {long_scopes(texts[0], CSN_SCOPES_MAX, false), CSN_REASON_SCOPE_MISSING, "["},
      {long_scopes(texts[1], CSN_SCOPES_MAX, true), ACCEPTED, NULL},
      {long_scopes(texts[2], CSN_SCOPES_MAX + 1, true), CSN_REASON_CLAIM_INVALID, "["},
      {long_scopes(texts[3], CSN_SCOPES_MAX + 2, true), CSN_REASON_CLAIM_INVALID, "["},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.scopes = csn_span_str("y");
  policy.scope_claim = csn_span_str("scp");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void a_rejected_token_tells_no_scopes(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.required = CSN_CLAIM_EXP;
  csn_verdict verdict = verify_at(ring, &policy, token_of(HEADER, "{\"scope\":\"a\"}"), NOW).verdict;
  assert_int_equal(verdict.reason, CSN_REASON_CLAIM_MISSING);
  assert_int_equal(verdict.scopes.len, 0);
  csn_keyring_free(ring);
}

/* ---- age ---- */

typedef struct age_row {
  const char *claims;
  int64_t last; /* the last second at which a token may be used, with max_age 100 and no leeway */
} age_row;

static void age_has_an_exact_boundary(void **state) {
  static const age_row rows[] = {
      {"{\"iat\":1700000000}", 1700000100},
      {"{\"iat\":1700000000.5}", 1700000100},
      {"{\"iat\":1699999999.999999}", 1700000099},
      {"{\"iat\":17e8}", 1700000100},
      {"{\"iat\":0}", 100},
      {"{\"iat\":0.25}", 100},
  };
  static const int64_t leeways[] = {0, 1, 3600};
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.max_age = 100;
  for (size_t i = 0; i < 3 * sizeof rows / sizeof rows[0]; i++) {
    policy.leeway = leeways[i % 3];
    csn_span token = token_of(HEADER, rows[i / 3].claims);
    int64_t last = rows[i / 3].last + policy.leeway;
    assert_int_equal(reason_of(ring, &policy, token, last), ACCEPTED);
    assert_int_equal(reason_of(ring, &policy, token, last + 1), CSN_REASON_TOKEN_TOO_OLD);
    assert_int_equal(reason_of(ring, &policy, token, INT64_MAX), CSN_REASON_TOKEN_TOO_OLD);
  }
  csn_keyring_free(ring);
}

static void age_needs_iat(void **state) {
  static const json_row rows[] = {
      {"{\"iat\":1699999900}", ACCEPTED, NULL},
      {"{\"iat\":1699999899}", CSN_REASON_TOKEN_TOO_OLD, "1699"},
      {"{\"iat\":1700000001}", CSN_REASON_TOKEN_ISSUED_IN_FUTURE, "1700"},
      {"{\"iat\":\"1699999900\"}", CSN_REASON_DATE_INVALID, "\"16"},
      {"{\"nbf\":1699999900}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"iat\":1,\"exp\":1}", CSN_REASON_TOKEN_EXPIRED, "1}"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.max_age = 100;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* ---- claims by name ---- */

static void named_claims_are_present_and_not_null(void **state) {
  static const csn_span names[] = {CSN_SPAN_LITERAL("tenant"), CSN_SPAN_LITERAL("a\"b")};
  static const json_row rows[] = {
      {"{\"tenant\":7,\"a\\\"b\":[]}", ACCEPTED, NULL},
      {"{\"\\u0074enant\":false,\"a\\u0022b\":\"\"}", ACCEPTED, NULL},
      {"{\"tenant\":null,\"a\\\"b\":1}", CSN_REASON_CLAIM_MISSING, "null"},
      {"{\"tenant\":1}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"Tenant\":1,\"a\\\"b\":1}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"x\":{\"tenant\":1},\"a\\\"b\":1}", CSN_REASON_CLAIM_MISSING, NULL},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.claims = (csn_span_list)LIST(names);
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void token_id_is_a_string(void **state) {
  static const json_row rows[] = {
      {"{\"jti\":\"\"}", ACCEPTED, NULL},
      {"{\"jti\":7}", CSN_REASON_CLAIM_INVALID, "7"},
      {"{\"jti\":null}", CSN_REASON_CLAIM_INVALID, "null"},
      {"{\"Jti\":\"x\"}", CSN_REASON_CLAIM_MISSING, NULL},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.required = CSN_CLAIM_JTI;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* ---- the policy itself ---- */

static void policies_out_of_range_are_invalid(void **state) {
  static char text[CSN_SCOPES_MAX + 2];
  static csn_span names[CSN_POLICY_NAMES_MAX + 1];
  csn_jwt_policy p = lax_policy();
  (void)state;
  memset(text, 'x', sizeof text);
  for (size_t i = 0; i <= CSN_POLICY_NAMES_MAX; i++) names[i] = csn_span_str("n");
  p.max_age = CSN_MAX_AGE_MAX;
  p.subject = csn_span_of(text, CSN_SUBJECT_MAX);
  p.typ = csn_span_of(text, CSN_TYP_MAX);
  p.scopes = csn_span_of(text, CSN_SCOPES_MAX);
  p.issuer = p.audience = csn_span_str("x");
  p.other_issuers = p.other_audiences = (csn_span_list){names, CSN_POLICY_NAMES_MAX};
  p.claims = (csn_span_list){names, CSN_POLICY_CLAIMS_MAX};
  assert_true(csn_jwt_policy_valid(&p));
  const csn_jwt_policy good = p;
#define REFUSED(change) \
  p = good;             \
  change;               \
  assert_false(csn_jwt_policy_valid(&p))
  REFUSED(p.max_age++);
  REFUSED(p.max_age = -1);
  REFUSED(p.subject.len++);
  REFUSED(p.typ.len++);
  REFUSED(p.scopes.len++);
  REFUSED(p.scopes = csn_span_str("a  b"));
  REFUSED(p.issuer.len = 0);
  REFUSED(p.audience.len = 0);
  REFUSED(p.other_issuers.count++);
  REFUSED(p.other_audiences.count++);
  REFUSED(p.claims.count++);
  REFUSED(p.claims.items = NULL);
  REFUSED(p.subject.ptr = NULL);
#undef REFUSED
  names[3] = csn_span_str("");
  assert_false(csn_jwt_policy_valid(&good));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(issuer_is_one_of_several),
      cmocka_unit_test(audience_is_one_of_several),
      cmocka_unit_test(subject_is_the_policys),
      cmocka_unit_test(type_is_the_policys),
      cmocka_unit_test(type_jwt_is_asked_for_by_name),
      cmocka_unit_test(scopes_must_cover_the_policys),
      cmocka_unit_test(scopes_may_have_another_claim),
      cmocka_unit_test(scopes_are_told),
      cmocka_unit_test(scopes_are_bounded),
      cmocka_unit_test(a_rejected_token_tells_no_scopes),
      cmocka_unit_test(age_has_an_exact_boundary),
      cmocka_unit_test(age_needs_iat),
      cmocka_unit_test(named_claims_are_present_and_not_null),
      cmocka_unit_test(token_id_is_a_string),
      cmocka_unit_test(policies_out_of_range_are_invalid),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
