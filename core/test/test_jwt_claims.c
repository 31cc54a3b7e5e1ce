/* The claims of a token: dates, issuer, audience, subject, and what the policy requires. */
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

static void claims_are_one_strict_json_object(void **state) {
  static const json_row rows[] = {
      {"{}", ACCEPTED, NULL},
      {" { \"x\" : [ { \"a\" : 1 }, { \"a\" : 1 } ] }\n", ACCEPTED, NULL},
      {"[]", CSN_REASON_JSON_NOT_OBJECT, NULL},
      {" 1", CSN_REASON_JSON_NOT_OBJECT, "1"},
      {"\"{}\"", CSN_REASON_JSON_NOT_OBJECT, NULL},
      {"eyJ", CSN_REASON_JSON_INVALID, NULL},
      {"{", CSN_REASON_JSON_INVALID, AT_END},
      {"{}x", CSN_REASON_JSON_INVALID, "x"},
      {"{\"a\":01}", CSN_REASON_JSON_INVALID, "1"},
      {"{\"a\":\"\\ud800\"}", CSN_REASON_JSON_INVALID, "\\ud"},
      {"{\"a\":\"\\u0000\"}", CSN_REASON_JSON_INVALID, "\\u"},
      {"{\"a\":\"\xc0\xaf\"}", CSN_REASON_JSON_INVALID, "\xc0"},
      {"\xef\xbb\xbf{}", CSN_REASON_JSON_INVALID, NULL},
      {"{\"sub\":\"a\",\"sub\":\"b\"}", CSN_REASON_JSON_DUPLICATE, "\"sub\":\"b"},
      {"{\"sub\":\"a\",\"\\u0073ub\":\"b\"}", CSN_REASON_JSON_DUPLICATE, "\"\\u"},
      {"{\"x\":{\"y\":[{\"z\":1,\"z\":2}]}}", CSN_REASON_JSON_DUPLICATE, "\"z\":2"},
      {"{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", ACCEPTED, NULL},
      {"{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", CSN_REASON_JSON_LIMIT, "[]"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* ---- dates: NOW is 1700000000 ---- */

static void dates_are_numbers_from_1970_to_9999(void **state) {
  static const json_row rows[] = {
      {"{\"exp\":1700000001}", ACCEPTED, NULL},
      {"{\"exp\":1.7000000011e9}", ACCEPTED, NULL},
      {"{\"exp\":1700000000.5}", ACCEPTED, NULL},
      {"{\"exp\":17e8}", CSN_REASON_TOKEN_EXPIRED, "17e8"},
      {"{\"exp\":253402300799}", ACCEPTED, NULL},
      {"{\"exp\":0}", CSN_REASON_TOKEN_EXPIRED, "0}"},
      {"{\"exp\":0.0}", CSN_REASON_TOKEN_EXPIRED, "0.0"},
      {"{\"exp\":1e-5}", CSN_REASON_TOKEN_EXPIRED, "1e-5"},
      {"{\"\\u0065xp\":1}", CSN_REASON_TOKEN_EXPIRED, "1}"},
      {"{\"exp\":253402300800}", CSN_REASON_DATE_INVALID, "2534"},
      {"{\"exp\":1e400}", CSN_REASON_DATE_INVALID, "1e4"},
      {"{\"exp\":9223372036854775807}", CSN_REASON_DATE_INVALID, "9223"},
      {"{\"exp\":18446744073709551615}", CSN_REASON_DATE_INVALID, "1844"},
      {"{\"exp\":-1}", CSN_REASON_DATE_INVALID, "-1"},
      {"{\"exp\":-0}", CSN_REASON_DATE_INVALID, "-0"},
      {"{\"exp\":\"1700000100\"}", CSN_REASON_DATE_INVALID, "\"17"},
      {"{\"exp\":null}", CSN_REASON_DATE_INVALID, "null"},
      {"{\"exp\":true}", CSN_REASON_DATE_INVALID, "true"},
      {"{\"exp\":[1700000100]}", CSN_REASON_DATE_INVALID, "["},
      {"{\"exp\":{}}", CSN_REASON_DATE_INVALID, "{}"},
      {"{\"nbf\":\"1\"}", CSN_REASON_DATE_INVALID, "\"1"},
      {"{\"nbf\":-1}", CSN_REASON_DATE_INVALID, "-1"},
      {"{\"nbf\":null}", CSN_REASON_DATE_INVALID, "null"},
      {"{\"nbf\":1e99}", CSN_REASON_DATE_INVALID, "1e99"},
      {"{\"nbf\":0}", ACCEPTED, NULL},
      {"{\"nbf\":253402300799}", CSN_REASON_TOKEN_NOT_YET_VALID, "2534"},
      {"{\"iat\":\"1\"}", CSN_REASON_DATE_INVALID, "\"1"},
      {"{\"iat\":false}", CSN_REASON_DATE_INVALID, "false"},
      {"{\"iat\":0}", ACCEPTED, NULL},
      {"{\"iat\":253402300799}", CSN_REASON_TOKEN_ISSUED_IN_FUTURE, "2534"},
      {"{\"exp\":1,\"nbf\":9e9,\"iat\":9e9}", CSN_REASON_TOKEN_EXPIRED, "1,"},
      {"{\"iat\":9e9,\"nbf\":8e9}", CSN_REASON_TOKEN_NOT_YET_VALID, "8e9"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

typedef struct boundary {
  const char *claims;
  int64_t first, last; /* the seconds at which the token is good, without a leeway */
  bool opens, closes;  /* at `first`, behind `last` */
  csn_reason before, after;
} boundary;

/* A leeway widens a boundary by that many seconds; the fraction of a date counts. */
static void dates_have_exact_boundaries(void **state) {
  static const boundary rows[] = {
      {"{\"exp\":1700000000}", 0, 1699999999, false, true, 0, CSN_REASON_TOKEN_EXPIRED},
      {"{\"exp\":1700000000.000001}", 0, 1700000000, false, true, 0, CSN_REASON_TOKEN_EXPIRED},
      {"{\"exp\":1699999999.999999}", 0, 1699999999, false, true, 0, CSN_REASON_TOKEN_EXPIRED},
      {"{\"nbf\":1700000000}", 1700000000, 0, true, false, CSN_REASON_TOKEN_NOT_YET_VALID, 0},
      {"{\"nbf\":1700000000.5}", 1700000001, 0, true, false, CSN_REASON_TOKEN_NOT_YET_VALID, 0},
      {"{\"iat\":1700000000}", 1700000000, 0, true, false, CSN_REASON_TOKEN_ISSUED_IN_FUTURE, 0},
      {"{\"iat\":1700000000.5}", 1700000001, 0, true, false, CSN_REASON_TOKEN_ISSUED_IN_FUTURE, 0},
      {"{\"nbf\":1700000000,\"exp\":1700000001}", 1700000000, 1700000000, true, true, CSN_REASON_TOKEN_NOT_YET_VALID,
       CSN_REASON_TOKEN_EXPIRED},
  };
  static const int64_t leeways[] = {0, 1, 60, 3600};
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  for (size_t i = 0; i < 4 * sizeof rows / sizeof rows[0]; i++) {
    const boundary *row = &rows[i / 4];
    csn_span token = token_of(HEADER, row->claims);
    policy.leeway = leeways[i % 4];
    int64_t first = row->first - policy.leeway, last = row->last + policy.leeway;
    if (row->opens) {
      assert_int_equal(reason_of(ring, &policy, token, first - 1), row->before);
      assert_int_equal(reason_of(ring, &policy, token, first), ACCEPTED);
    }
    if (row->closes) {
      assert_int_equal(reason_of(ring, &policy, token, last), ACCEPTED);
      assert_int_equal(reason_of(ring, &policy, token, last + 1), row->after);
    }
  }
  csn_keyring_free(ring);
}

/* The clock is the caller's: its ends overflow nothing. */
static void clocks_at_their_ends_overflow_nothing(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.leeway = 3600;
  csn_span token = token_of(HEADER, "{\"exp\":253402300799}");
  assert_int_equal(reason_of(ring, &policy, token, INT64_MAX), CSN_REASON_TOKEN_EXPIRED);
  assert_int_equal(reason_of(ring, &policy, token, INT64_MIN), ACCEPTED);
  token = token_of(HEADER, "{\"nbf\":0,\"iat\":0}");
  assert_int_equal(reason_of(ring, &policy, token, INT64_MAX), ACCEPTED);
  assert_int_equal(reason_of(ring, &policy, token, INT64_MIN), CSN_REASON_TOKEN_NOT_YET_VALID);
  assert_int_equal(reason_of(ring, &policy, token, -3601), CSN_REASON_TOKEN_NOT_YET_VALID);
  assert_int_equal(reason_of(ring, &policy, token, -3600), ACCEPTED);
  csn_keyring_free(ring);
}

static void expiry_is_given_to_the_caller(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(verify_at(ring, &policy, token_of(HEADER, "{\"exp\":1700000000.25}"), 0).jwt.expires_at, 1700000001);
  assert_int_equal(verify_at(ring, &policy, token_of(HEADER, "{}"), 0).jwt.expires_at, -1);
  csn_keyring_free(ring);
}

/* ---- issuer ---- */

static void issuer_is_the_policys(void **state) {
  static const json_row rows[] = {
      {"{\"iss\":\"https://issuer\"}", ACCEPTED, NULL},
      {"{\"iss\":\"https:\\/\\/issuer\"}", ACCEPTED, NULL},
      {"{\"iss\":\"https://issuer/\"}", CSN_REASON_ISSUER_MISMATCH, "\"https"},
      {"{\"iss\":\"https://issue\"}", CSN_REASON_ISSUER_MISMATCH, "\"https"},
      {"{\"iss\":\"HTTPS://issuer\"}", CSN_REASON_ISSUER_MISMATCH, "\"HTTPS"},
      {"{\"iss\":\"\"}", CSN_REASON_ISSUER_MISMATCH, "\"\""},
      {"{}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"Iss\":\"https://issuer\"}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"iss\":[\"https://issuer\"]}", CSN_REASON_CLAIM_INVALID, "["},
      {"{\"iss\":null}", CSN_REASON_CLAIM_INVALID, "null"},
      {"{\"iss\":1}", CSN_REASON_CLAIM_INVALID, "1"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.issuer = csn_span_str("https://issuer");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void issuer_is_any_string_where_the_policy_names_none(void **state) {
  static const json_row rows[] = {
      {"{\"iss\":\"anyone\"}", ACCEPTED, NULL},
      {"{\"iss\":\"\"}", ACCEPTED, NULL},
      {"{\"iss\":1}", CSN_REASON_CLAIM_INVALID, "1"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* ---- audience ---- */

static void audience_contains_the_policys(void **state) {
  static const json_row rows[] = {
      {"{\"aud\":\"api\"}", ACCEPTED, NULL},
      {"{\"aud\":\"\\u0061pi\"}", ACCEPTED, NULL},
      {"{\"aud\":[\"api\"]}", ACCEPTED, NULL},
      {"{\"aud\":[\"x\",\"y\",\"api\"]}", ACCEPTED, NULL},
      {"{\"aud\":[\"api\",\"x\"]}", ACCEPTED, NULL},
      {"{\"aud\":\"API\"}", CSN_REASON_AUDIENCE_MISMATCH, "\"API"},
      {"{\"aud\":\"api2\"}", CSN_REASON_AUDIENCE_MISMATCH, "\"api2"},
      {"{\"aud\":\"ap\"}", CSN_REASON_AUDIENCE_MISMATCH, "\"ap\""},
      {"{\"aud\":\"\"}", CSN_REASON_AUDIENCE_MISMATCH, "\"\""},
      {"{\"aud\":[]}", CSN_REASON_AUDIENCE_MISMATCH, "["},
      {"{\"aud\":[\"x\",\"y\"]}", CSN_REASON_AUDIENCE_MISMATCH, "["},
      {"{}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"aud\":null}", CSN_REASON_CLAIM_INVALID, "null"},
      {"{\"aud\":1}", CSN_REASON_CLAIM_INVALID, "1"},
      {"{\"aud\":{\"api\":\"api\"}}", CSN_REASON_CLAIM_INVALID, "{\"api\""},
      {"{\"aud\":[[\"api\"]]}", CSN_REASON_CLAIM_INVALID, "[\"api"},
      {"{\"aud\":[\"api\",1]}", CSN_REASON_CLAIM_INVALID, "1"},
      {"{\"aud\":[null,\"api\"]}", CSN_REASON_CLAIM_INVALID, "null"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.audience = csn_span_str("api");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void audience_of_somebody_else_is_unexpected(void **state) {
  static const json_row rows[] = {
      {"{}", ACCEPTED, NULL},
      {"{\"aud\":\"api\"}", CSN_REASON_AUDIENCE_UNEXPECTED, "\"api"},
      {"{\"aud\":\"\"}", CSN_REASON_AUDIENCE_UNEXPECTED, "\"\""},
      {"{\"aud\":[]}", CSN_REASON_AUDIENCE_UNEXPECTED, "["},
      {"{\"aud\":[\"api\"]}", CSN_REASON_AUDIENCE_UNEXPECTED, "["},
      {"{\"aud\":null}", CSN_REASON_CLAIM_INVALID, "null"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* {"aud":["x","x",…,"api"]} */
static const char *many_audiences(char *out, size_t count) {
  char *at = stpcpy(out, "{\"aud\":[");
  for (size_t i = 1; i < count; i++) at = stpcpy(at, "\"x\",");
  stpcpy(at, "\"api\"]}");
  return out;
}

static void audiences_are_bounded(void **state) {
  char claims[1024], more[1024];
  const json_row rows[] = {
      {many_audiences(claims, CSN_AUDIENCES_MAX), ACCEPTED, NULL},
      {many_audiences(more, CSN_AUDIENCES_MAX + 1), CSN_REASON_JSON_LIMIT, "["},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.audience = csn_span_str("api");
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* ---- subject ---- */

static const char *long_subject(char *out, size_t len, const char *letter) {
  char *at = stpcpy(out, "{\"sub\":\"");
  for (size_t i = 0; i < len; i++) at = stpcpy(at, letter);
  stpcpy(at, "\"}");
  return out;
}

static void subject_is_a_string_that_fits_in_a_verdict(void **state) {
  char claims[512], more[512], escapes[2048], more_escapes[2048];
  const json_row rows[] = {
      {"{\"sub\":\"client-7\"}", ACCEPTED, NULL},
      {"{\"sub\":\"\"}", ACCEPTED, NULL},
      {"{\"sub\":null}", CSN_REASON_CLAIM_INVALID, "null"},
      {"{\"sub\":7}", CSN_REASON_CLAIM_INVALID, "7"},
      {"{\"sub\":[\"client-7\"]}", CSN_REASON_CLAIM_INVALID, "["},
      {long_subject(claims, CSN_SUBJECT_MAX, "s"), ACCEPTED, NULL},
      {long_subject(more, CSN_SUBJECT_MAX + 1, "s"), CSN_REASON_CLAIM_INVALID, "\"ss"},
      {long_subject(escapes, CSN_SUBJECT_MAX, "\\u0073"), ACCEPTED, NULL},
      {long_subject(more_escapes, CSN_SUBJECT_MAX + 1, "\\u0073"), CSN_REASON_CLAIM_INVALID, "\"\\u"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

static void subject_names_the_client(void **state) {
  typedef struct subject_row {
    const char *claims, *client;
  } subject_row;
  static const subject_row rows[] = {
      {"{\"sub\":\"client-7\"}", "client-7"},
      {"{\"\\u0073ub\":\"client-7\"}", "client-7"},
      {"{\"sub\":\"a\\\"b\"}", "a\"b"},
      {"{\"sub\":\"zo\\u00eb\\/7\"}", "zo\xc3\xab/7"},
      {"{\"sub\":\"\"}", ""},
      {"{\"x\":{\"sub\":\"client-8\"}}", ""},
      {"{}", ""},
  };
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    outcome out = verify_at(ring, &policy, token_of(HEADER, rows[i].claims), NOW);
    assert_int_equal(out.verdict.reason, ACCEPTED);
    assert_true(csn_span_equal(csn_name_span(&out.verdict.client_id), csn_span_str(rows[i].client)));
  }
  /* Not even the last check leaves a client behind when it rejects. */
  policy.required = CSN_CLAIM_EXP;
  outcome out = verify_at(ring, &policy, token_of(HEADER, rows[0].claims), NOW);
  assert_int_equal(out.verdict.reason, CSN_REASON_CLAIM_MISSING);
  assert_int_equal(out.verdict.client_id.len, 0);
  csn_keyring_free(ring);
}

/* ---- what must be there ---- */

static void required_claims_are_present(void **state) {
  typedef struct claim_row {
    unsigned bit;
    const char *without;
  } claim_row;
  static const char all[] = "{\"exp\":9e9,\"nbf\":1,\"iat\":1,\"iss\":\"i\",\"sub\":\"s\"}";
  static const claim_row rows[] = {
      {CSN_CLAIM_EXP, "{\"nbf\":1,\"iat\":1,\"iss\":\"i\",\"sub\":\"s\",\"Exp\":9e9}"},
      {CSN_CLAIM_NBF, "{\"exp\":9e9,\"iat\":1,\"iss\":\"i\",\"sub\":\"s\"}"},
      {CSN_CLAIM_IAT, "{\"exp\":9e9,\"nbf\":1,\"iss\":\"i\",\"sub\":\"s\"}"},
      {CSN_CLAIM_ISS, "{\"exp\":9e9,\"nbf\":1,\"iat\":1,\"sub\":\"s\"}"},
      {CSN_CLAIM_AUD, all},
      {CSN_CLAIM_SUB, "{\"exp\":9e9,\"nbf\":1,\"iat\":1,\"iss\":\"i\"}"},
      {CSN_CLAIM_SUB, "{\"exp\":9e9,\"nbf\":1,\"iat\":1,\"iss\":\"i\",\"sub\":\"\"}"},
  };
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  policy.required = CSN_CLAIM_EXP | CSN_CLAIM_NBF | CSN_CLAIM_IAT | CSN_CLAIM_ISS | CSN_CLAIM_SUB;
  assert_int_equal(reason_of(ring, &policy, token_of(HEADER, all), NOW), ACCEPTED);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    policy.required = rows[i].bit;
    csn_verdict verdict = verify_at(ring, &policy, token_of(HEADER, rows[i].without), NOW).verdict;
    assert_int_equal(verdict.reason, CSN_REASON_CLAIM_MISSING);
    assert_int_equal(verdict.field, CSN_FIELD_CLAIMS);
    policy.required = 63 & ~rows[i].bit & ~(unsigned)CSN_CLAIM_AUD;
    assert_int_equal(reason_of(ring, &policy, token_of(HEADER, rows[i].without), NOW), ACCEPTED);
  }
  csn_keyring_free(ring);
}

static void default_policy_requires_an_end(void **state) {
  static const json_row rows[] = {
      {CLAIMS, ACCEPTED, NULL},
      {"{\"sub\":\"client-7\"}", CSN_REASON_CLAIM_MISSING, NULL},
      {"{\"x\":{\"exp\":9e9}}", CSN_REASON_CLAIM_MISSING, NULL},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* ---- limits ---- */

/* {"a":[0,0,…]} of so many values: the object, the name, the array and its zeros. */
static const char *many_values(char *out, size_t values) {
  char *at = stpcpy(out, "{\"a\":[0");
  for (size_t i = 4; i < values; i++) at = stpcpy(at, ",0");
  stpcpy(at, "]}");
  return out;
}

static void values_are_bounded(void **state) {
  static char claims[2048], more[2048];
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(reason_of(ring, &policy, token_of(HEADER, many_values(claims, CSN_CLAIMS_NODES)), NOW), ACCEPTED);
  csn_verdict verdict =
      verify_at(ring, &policy, token_of(HEADER, many_values(more, CSN_CLAIMS_NODES + 1)), NOW).verdict;
  assert_int_equal(verdict.reason, CSN_REASON_JSON_LIMIT);
  assert_int_equal(verdict.field, CSN_FIELD_CLAIMS);
  assert_int_equal(verdict.offset, strlen(more) - 3);
  csn_keyring_free(ring);
}

static const char *many_members(char *out, int count) {
  int len = 0;
  for (int i = 0; i < count; i++) len += sprintf(out + len, "%c\"m%d\":0", i == 0 ? '{' : ',', i);
  stpcpy(out + len, "}");
  return out;
}

static void members_are_bounded(void **state) {
  static char claims[2048], more[2048];
  const json_row rows[] = {
      {many_members(claims, CSN_JSON_MEMBERS_MAX), ACCEPTED, NULL},
      {many_members(more, CSN_JSON_MEMBERS_MAX + 1), CSN_REASON_JSON_LIMIT, "\"m64"},
  };
  csn_jwt_policy policy = lax_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, false, &policy), 0);
}

/* Every reason that claims can have was given by a test above. */
static void every_reason_was_reached(void **state) {
  static const csn_reason reasons[] = {
      CSN_REASON_ACCEPTED,
      CSN_REASON_JSON_INVALID,
      CSN_REASON_JSON_LIMIT,
      CSN_REASON_JSON_DUPLICATE,
      CSN_REASON_JSON_NOT_OBJECT,
      CSN_REASON_CLAIM_INVALID,
      CSN_REASON_CLAIM_MISSING,
      CSN_REASON_DATE_INVALID,
      CSN_REASON_TOKEN_EXPIRED,
      CSN_REASON_TOKEN_NOT_YET_VALID,
      CSN_REASON_TOKEN_ISSUED_IN_FUTURE,
      CSN_REASON_ISSUER_MISMATCH,
      CSN_REASON_AUDIENCE_MISMATCH,
      CSN_REASON_AUDIENCE_UNEXPECTED,
  };
  (void)state;
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
    if (!seen_reasons[reasons[i]]) fail_msg("%s", csn_reason_label(reasons[i]));
  }
}

/* Of a token with this member alone, which is asked for as the claim of that bit. */
static csn_reason reason_of_member(const csn_keyring *ring, unsigned bit, const char *name) {
  static const char *const values[] = {"1700000100", "1", "1", "\"x\"", "\"x\"", "\"x\"", "\"x\""};
  char claims[64];
  csn_jwt_policy policy = default_policy();
  policy.required = 1u << bit;
  policy.audience = csn_span_str(policy.required == CSN_CLAIM_AUD ? "x" : "");
  (void)snprintf(claims, sizeof claims, "{\"%s\":%s}", name, values[bit]);
  return reason_of(ring, &policy, token_of(HEADER, claims), NOW);
}

/* Each is there by its very name, escaped or not, and by none that is a letter away from it. */
static void registered_claims_are_known_by_every_letter(void **state) {
  static const char *const names[] = {"exp", "nbf", "iat", "iss", "aud", "sub", "jti"};
  csn_keyring *ring = ring_of_one();
  char name[16];
  (void)state;
  for (unsigned bit = 0; bit < sizeof names / sizeof names[0]; bit++) {
    for (unsigned i = 0; i < 3 * 128; i++) {
      char letter = (char)(i % 128);
      if (letter < ' ' || letter == '"' || letter == '\\') continue;
      (void)snprintf(name, sizeof name, "%s", names[bit]);
      name[i / 128] = letter;
      bool same = strcmp(name, names[bit]) == 0;
      assert_int_equal(reason_of_member(ring, bit, name), same ? ACCEPTED : CSN_REASON_CLAIM_MISSING);
    }
    (void)snprintf(name, sizeof name, "%.2s\\u00%02x", names[bit], (unsigned)names[bit][2]);
    assert_int_equal(reason_of_member(ring, bit, name), ACCEPTED);
    (void)snprintf(name, sizeof name, "%sp", names[bit]);
    assert_int_equal(reason_of_member(ring, bit, name), CSN_REASON_CLAIM_MISSING);
    (void)snprintf(name, sizeof name, "%.2s", names[bit]);
    assert_int_equal(reason_of_member(ring, bit, name), CSN_REASON_CLAIM_MISSING);
  }
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(registered_claims_are_known_by_every_letter),
      cmocka_unit_test(claims_are_one_strict_json_object),
      cmocka_unit_test(dates_are_numbers_from_1970_to_9999),
      cmocka_unit_test(dates_have_exact_boundaries),
      cmocka_unit_test(clocks_at_their_ends_overflow_nothing),
      cmocka_unit_test(expiry_is_given_to_the_caller),
      cmocka_unit_test(issuer_is_the_policys),
      cmocka_unit_test(issuer_is_any_string_where_the_policy_names_none),
      cmocka_unit_test(audience_contains_the_policys),
      cmocka_unit_test(audience_of_somebody_else_is_unexpected),
      cmocka_unit_test(audiences_are_bounded),
      cmocka_unit_test(subject_is_a_string_that_fits_in_a_verdict),
      cmocka_unit_test(subject_names_the_client),
      cmocka_unit_test(required_claims_are_present),
      cmocka_unit_test(default_policy_requires_an_end),
      cmocka_unit_test(values_are_bounded),
      cmocka_unit_test(members_are_bounded),
      cmocka_unit_test(every_reason_was_reached),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
