/* Tokens: their shape and their signature. The header and the key are in test_jwt_header.c, the claims in
 * test_jwt_claims.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tokens.h"

#define ACCEPTED CSN_REASON_ACCEPTED

/* ---- tokens that others signed ---- */

/* RFC 7515 appendix A.1. */
static const char rfc_token[] =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char rfc_k[] = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

static csn_keyring *rfc_ring(void) {
  uint8_t secret[64];
  size_t offset;
  csn_keyring *ring = ring_new();
  csn_key_config config = key_config("", "");
  assert_true(csn_base64url_decode(csn_span_str(rfc_k), secret, &offset));
  config.secret = csn_span_of(secret, sizeof secret);
  ring_add(ring, &config);
  return ring;
}

static void example_of_the_rfc(void **state) {
  csn_keyring *ring = rfc_ring();
  csn_jwt_policy policy = default_policy();
  csn_span token = csn_span_str(rfc_token);
  (void)state;
  outcome out = verify_at(ring, &policy, token, 1300819379);
  assert_int_equal(out.verdict.reason, ACCEPTED);
  assert_int_equal(out.jwt.expires_at, 1300819380);
  assert_int_equal(reason_of(ring, &policy, token, 1300819380), CSN_REASON_TOKEN_EXPIRED);
  csn_keyring_free(ring);
}

static void public_token_with_a_short_secret(void **state) {
  static const char token[] =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
      ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IlB1Y2sgV2FuZyIsImFkbWluIjp0cnVlfQ"
      ".KcGicYB-emFBnUrXIViwDzCML6FB8W8QfD1lttRV0t4";
  csn_keyring *ring = ring_new();
  csn_key_config config = key_config("", "puckwang");
  csn_jwt_policy policy = {.algorithms = 1u << CSN_ALG_HS256};
  (void)state;
  assert_int_equal(csn_keyring_add(ring, &config), CSN_ERROR_KEY_TOO_SHORT);
  config.allow_legacy_short = true;
  ring_add(ring, &config);
  outcome out = verify_at(ring, &policy, csn_span_str(token), NOW);
  assert_int_equal(out.verdict.reason, ACCEPTED);
  assert_true(csn_span_equal(csn_name_span(&out.verdict.client_id), csn_span_str("1234567890")));
  csn_keyring_free(ring);
}

/* ---- what is accepted ---- */

static void accepted_token_gives_its_content(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  static const char claims[] = "{\"sub\":\"a\\u0062c\",\"iss\":\"i\",\"exp\":1700000099.5}";
  (void)state;
  outcome out = verify_at(ring, &policy, token_of(HEADER, claims), NOW);
  assert_int_equal(out.verdict.reason, ACCEPTED);
  assert_true(csn_span_equal(csn_name_span(&out.verdict.key_id), csn_span_str("k1")));
  assert_true(csn_span_equal(csn_key_id(out.jwt.key), csn_span_str("k1")));
  assert_true(csn_span_equal(csn_span_of(out.jwt.claims, out.jwt.claims_len), csn_span_str(claims)));
  assert_true(csn_span_equal(csn_name_span(&out.verdict.client_id), csn_span_str("abc")));
  assert_int_equal(out.jwt.expires_at, 1700000100);
  csn_keyring_free(ring);
}

/* Of a rejected token nothing is left, wherever it was rejected; only the key that was found has its name. */
static void rejected_token_gives_nothing_but_the_key(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  (void)state;
  outcome out = verify_at(ring, &policy, token_of(HEADER, "{\"exp\":1,\"sub\":\"a\",\"iss\":\"b\"}"), NOW);
  assert_int_equal(out.verdict.reason, CSN_REASON_TOKEN_EXPIRED);
  assert_true(csn_span_equal(csn_name_span(&out.verdict.key_id), csn_span_str("k1")));
  out = verify_at(ring, &policy, token_of("{\"alg\":\"HS256\",\"kid\":\"k2\"}", CLAIMS), NOW);
  assert_int_equal(out.verdict.reason, CSN_REASON_KEY_UNKNOWN);
  assert_int_equal(out.verdict.key_id.len, 0);
  csn_keyring_free(ring);
}

/* ---- shape ---- */

typedef struct token_row {
  const char *token;
  csn_reason reason;
  size_t offset;
} token_row;

static void check_tokens(const token_row *rows, size_t count, const csn_jwt_policy *policy) {
  csn_keyring *ring = ring_of_one();
  for (size_t i = 0; i < count; i++) {
    csn_verdict verdict = verify_at(ring, policy, csn_span_str(rows[i].token), NOW).verdict;
    if (verdict.reason != rows[i].reason || verdict.offset != rows[i].offset || verdict.field != CSN_FIELD_TOKEN) {
      fail_msg("%s: %s at %zu", rows[i].token, csn_reason_label(verdict.reason), verdict.offset);
    }
  }
  csn_keyring_free(ring);
}

#define H "eyJhbGciOiJIUzI1NiJ9"                          /* {"alg":"HS256"} */
#define S43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 zero bytes */

static void token_is_three_segments(void **state) {
  static const token_row rows[] = {
      {"", CSN_REASON_TOKEN_SHAPE, 0},
      {".", CSN_REASON_TOKEN_SHAPE, 0},
      {"..", CSN_REASON_TOKEN_SHAPE, 0},
      {"...", CSN_REASON_TOKEN_SHAPE, 0},
      {".e30." S43, CSN_REASON_TOKEN_SHAPE, 0},
      {H, CSN_REASON_TOKEN_SHAPE, 20},
      {H ".", CSN_REASON_TOKEN_SHAPE, 21},
      {H ".e30", CSN_REASON_TOKEN_SHAPE, 24},
      {H ".e30.", CSN_REASON_TOKEN_SHAPE, 25},
      {H "..", CSN_REASON_TOKEN_SHAPE, 21},
      {H ".." S43, CSN_REASON_TOKEN_SHAPE, 21},
      {H ".e30." S43 ".", CSN_REASON_TOKEN_SHAPE, 68},
      {H ".e30." S43 ".AA", CSN_REASON_TOKEN_SHAPE, 68},
      {H ".e30." S43 ".AA.AA", CSN_REASON_TOKEN_SHAPE, 68},
      {H ".e30.." S43, CSN_REASON_TOKEN_SHAPE, 25},
      {H ".e30." S43, CSN_REASON_SIGNATURE_MISMATCH, 25},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  check_tokens(rows, sizeof rows / sizeof rows[0], &policy);
}

static void segments_are_strict_base64url(void **state) {
  static const token_row rows[] = {
      {"+" H ".e30." S43, CSN_REASON_BASE64URL_INVALID, 0},
      {H "=.e30." S43, CSN_REASON_BASE64URL_INVALID, 20},
      {"eyJhbGciOiJIUzI1NiIgfQ==.e30." S43, CSN_REASON_BASE64URL_INVALID, 22},
      {"eyJhbGciOiJIUzI1NiIgfR.e30." S43, CSN_REASON_BASE64URL_INVALID, 21},
      {"eyJhbGciOiJIUzI1NiIgfQ.e30." S43, CSN_REASON_SIGNATURE_MISMATCH, 27},
      {H " .e30." S43, CSN_REASON_BASE64URL_INVALID, 20},
      {" " H ".e30." S43, CSN_REASON_BASE64URL_INVALID, 0},
      {H ".e3=." S43, CSN_REASON_BASE64URL_INVALID, 23},
      {H ".e30=." S43, CSN_REASON_BASE64URL_INVALID, 24},
      {H ".e30/." S43, CSN_REASON_BASE64URL_INVALID, 24},
      {H ".e30\n." S43, CSN_REASON_BASE64URL_INVALID, 24},
      {H ".e31." S43, CSN_REASON_BASE64URL_INVALID, 23},
      {H ".e." S43, CSN_REASON_BASE64URL_INVALID, 21},
      {H ".e3." S43, CSN_REASON_BASE64URL_INVALID, 22},
      {H ".ew." S43, CSN_REASON_SIGNATURE_MISMATCH, 24},
      {H ".e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", CSN_REASON_BASE64URL_INVALID, 67},
      {H ".e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", CSN_REASON_BASE64URL_INVALID, 67},
      {H ".e30.+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", CSN_REASON_BASE64URL_INVALID, 25},
      {H ".e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", CSN_REASON_BASE64URL_INVALID, 67},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  check_tokens(rows, sizeof rows / sizeof rows[0], &policy);
}

static void signature_has_the_macs_length(void **state) {
  static const token_row rows[] = {
      {H ".e30.A", CSN_REASON_SIGNATURE_LENGTH, 26},
      {H ".e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", CSN_REASON_SIGNATURE_LENGTH, 67},
      {H ".e30." S43 "A", CSN_REASON_SIGNATURE_LENGTH, 68},
      {H ".e30." S43 "=", CSN_REASON_SIGNATURE_LENGTH, 68},
      {H ".e30." S43 "\n", CSN_REASON_SIGNATURE_LENGTH, 68},
      {H ".e30." S43 S43, CSN_REASON_SIGNATURE_LENGTH, 68},
      {H ".e30.====", CSN_REASON_SIGNATURE_LENGTH, 29},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  check_tokens(rows, sizeof rows / sizeof rows[0], &policy);
}

/* Of several faults the first in the order of the checks is named. */
static void checks_have_an_order(void **state) {
  static const token_row rows[] = {
      {H ".e3." S43 "A", CSN_REASON_SIGNATURE_LENGTH, 67},
      {H ".e3.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", CSN_REASON_BASE64URL_INVALID, 66},
      {H "=..", CSN_REASON_TOKEN_SHAPE, 22},
      {H "=.e3." S43, CSN_REASON_BASE64URL_INVALID, 20},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  check_tokens(rows, sizeof rows / sizeof rows[0], &policy);
}

/* A token of exactly `len` characters: the header or the claims are filled with spaces. */
static csn_span token_of_length(size_t len) {
  static char claims[CSN_CLAIMS_MAX + 8];
  size_t header_chars = csn_base64url_encoded_len(strlen(HEADER)), payload_chars = len - header_chars - 45;
  size_t claims_len = csn_base64url_decoded_len(payload_chars);
  memset(claims, ' ', sizeof claims);
  memcpy(claims, CLAIMS, strlen(CLAIMS));
  return make_token(csn_span_str(HEADER), csn_span_of(claims, claims_len), SECRET_A);
}

static void length_is_bounded_before_any_work(void **state) {
  static char text[CSN_TOKEN_MAX + 2];
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  (void)state;
  csn_span token = token_of_length(CSN_TOKEN_MAX);
  assert_int_equal(token.len, CSN_TOKEN_MAX);
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  token = token_of_length(CSN_TOKEN_MAX + 1);
  assert_int_equal(token.len, CSN_TOKEN_MAX + 1);
  csn_verdict verdict = verify_at(ring, &policy, token, NOW).verdict;
  assert_int_equal(verdict.reason, CSN_REASON_TOKEN_TOO_LONG);
  assert_int_equal(verdict.field, CSN_FIELD_TOKEN);
  assert_int_equal(verdict.offset, CSN_TOKEN_MAX);
  memset(text, '.', sizeof text);
  assert_int_equal(reason_of(ring, &policy, csn_span_of(text, CSN_TOKEN_MAX + 1), NOW), CSN_REASON_TOKEN_TOO_LONG);
  assert_int_equal(reason_of(ring, &policy, csn_span_of(text, CSN_TOKEN_MAX), NOW), CSN_REASON_TOKEN_SHAPE);
  csn_keyring_free(ring);
}

static void header_is_bounded(void **state) {
  char header[CSN_JOSE_HEADER_MAX + 2];
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  (void)state;
  memset(header, ' ', sizeof header);
  memcpy(header, HEADER, strlen(HEADER));
  csn_span token = make_token(csn_span_of(header, CSN_JOSE_HEADER_MAX), csn_span_str(CLAIMS), SECRET_A);
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  token = make_token(csn_span_of(header, CSN_JOSE_HEADER_MAX + 1), csn_span_str(CLAIMS), SECRET_A);
  csn_verdict verdict = verify_at(ring, &policy, token, NOW).verdict;
  assert_int_equal(verdict.reason, CSN_REASON_JSON_LIMIT);
  assert_int_equal(verdict.field, CSN_FIELD_JOSE_HEADER);
  assert_int_equal(verdict.offset, CSN_JOSE_HEADER_MAX);
  csn_keyring_free(ring);
}

/* ---- changed tokens ---- */

static size_t accepted_flips(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token, int64_t now) {
  static uint8_t text[2048];
  size_t accepted = 0;
  memcpy(text, token.ptr, token.len);
  for (size_t bit = 0; bit < 8 * token.len; bit++) {
    text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    accepted += reason_of(ring, policy, csn_span_of(text, token.len), now) == ACCEPTED;
    text[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  return accepted;
}

static void no_flipped_bit_is_accepted(void **state) {
  csn_keyring *ring = ring_of_one(), *rfc = rfc_ring();
  csn_jwt_policy policy = default_policy(), jws = policy;
  (void)state;
  jws.signature_only = true;
  csn_span token = token_of("{\"alg\":\"HS256\",\"kid\":\"k1\"}", CLAIMS);
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  assert_int_equal(accepted_flips(ring, &policy, token, NOW), 0);
  assert_int_equal(accepted_flips(ring, &jws, token, NOW), 0);
  assert_int_equal(accepted_flips(rfc, &policy, csn_span_str(rfc_token), 1300819379), 0);
  csn_keyring_free(ring);
  csn_keyring_free(rfc);
}

static void no_byte_more_or_less_is_accepted(void **state) {
  static const char stray[] = ".=A\n \t%\xff"; /* and its NUL */
  static uint8_t text[1024];
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  csn_span token = token_of(HEADER, CLAIMS);
  size_t accepted = 0;
  (void)state;
  for (size_t len = 0; len < token.len; len++) {
    accepted += reason_of(ring, &policy, csn_span_of(token.ptr, len), NOW) == ACCEPTED;
    memcpy(text, token.ptr, len);
    memcpy(text + len, token.ptr + len + 1, token.len - len - 1);
    accepted += reason_of(ring, &policy, csn_span_of(text, token.len - 1), NOW) == ACCEPTED;
  }
  for (size_t at = 0; at <= token.len; at++) {
    memcpy(text, token.ptr, at);
    memcpy(text + at + 1, token.ptr + at, token.len - at);
    for (size_t i = 0; i < sizeof stray; i++) {
      text[at] = (uint8_t)stray[i];
      accepted += reason_of(ring, &policy, csn_span_of(text, token.len + 1), NOW) == ACCEPTED;
    }
  }
  assert_int_equal(accepted, 0);
  csn_keyring_free(ring);
}

static void another_secret_is_a_mismatch(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  (void)state;
  csn_span token = make_token(csn_span_str(HEADER), csn_span_str(CLAIMS), SECRET_B);
  csn_verdict verdict = verify_at(ring, &policy, token, NOW).verdict;
  assert_int_equal(verdict.reason, CSN_REASON_SIGNATURE_MISMATCH);
  assert_int_equal(verdict.field, CSN_FIELD_TOKEN);
  assert_int_equal(verdict.offset, token.len - 43);
  /* A broken signature hides what is wrong with the claims. */
  token = make_token(csn_span_str(HEADER), csn_span_str("not json"), SECRET_B);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_SIGNATURE_MISMATCH);
  csn_keyring_free(ring);
}

/* ---- a JWS whose payload is any bytes ---- */

static void payload_of_a_jws_is_not_read(void **state) {
  static const csn_span payloads[] = {
      {NULL, 0},
      CSN_SPAN_LITERAL("{"),
      CSN_SPAN_LITERAL("\0\xff\xfe"),
      CSN_SPAN_LITERAL("{\"exp\":1,\"sub\":\"a\"}"),
      CSN_SPAN_LITERAL(CLAIMS),
  };
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  (void)state;
  policy.signature_only = true;
  for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
    outcome out = verify_at(ring, &policy, make_token(csn_span_str(HEADER), payloads[i], SECRET_A), NOW);
    assert_int_equal(out.verdict.reason, ACCEPTED);
    assert_int_equal(out.verdict.client_id.len, 0);
    assert_int_equal(out.jwt.claims_len, 0);
    assert_int_equal(out.jwt.expires_at, -1);
    csn_span token = make_token(csn_span_str(HEADER), payloads[i], SECRET_B);
    assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_SIGNATURE_MISMATCH);
  }
  csn_keyring_free(ring);
}

static void payload_of_a_jws_is_still_base64url(void **state) {
  static const token_row rows[] = {
      {H ".e3." S43, CSN_REASON_BASE64URL_INVALID, 22},
      {H ".e." S43, CSN_REASON_BASE64URL_INVALID, 21},
      {H ".=." S43, CSN_REASON_BASE64URL_INVALID, 21},
      {H ".." S43, CSN_REASON_SIGNATURE_MISMATCH, 22},
      {H "..", CSN_REASON_TOKEN_SHAPE, 22},
      {".." S43, CSN_REASON_TOKEN_SHAPE, 0},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  policy.signature_only = true;
  check_tokens(rows, sizeof rows / sizeof rows[0], &policy);
}

static void jws_has_a_limit_of_its_own(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  size_t header_chars = csn_base64url_encoded_len(strlen(HEADER));
  (void)state;
  policy.signature_only = true;
  for (size_t extra = 0; extra < 2; extra++) {
    size_t len = put_base64url(token_text, csn_span_str(HEADER)), payload = CSN_JWS_MAX - header_chars - 45 + extra;
    while (payload % 4 == 1) payload--; /* not a length of base64url */
    token_text[len++] = '.';
    memset(token_text + len, 'A', payload);
    csn_span token = finish_token(len + payload, SECRET_A);
    csn_reason expected = token.len <= CSN_JWS_MAX ? ACCEPTED : CSN_REASON_TOKEN_TOO_LONG;
    assert_int_equal(token.len, CSN_JWS_MAX + extra);
    assert_int_equal(reason_of(ring, &policy, token, NOW), expected);
  }
  csn_keyring_free(ring);
}

/* ---- the policy ---- */

static void policy_out_of_range_decides_nothing(void **state) {
  csn_jwt_policy good = default_policy(), policies[7];
  csn_keyring *ring = ring_of_one();
  (void)state;
  for (size_t i = 0; i < 7; i++) policies[i] = good;
  policies[0].leeway = -1;
  policies[1].leeway = 3601;
  policies[2].leeway = INT64_MAX;
  policies[3].required = 128;
  policies[4].algorithms |= 1u << CSN_ALG_NONE;
  policies[5].algorithms |= 1u << 31;
  policies[6].issuer.len = 1;
  csn_span token = token_of(HEADER, CLAIMS);
  for (size_t i = 0; i < 7; i++) {
    assert_false(csn_jwt_policy_valid(&policies[i]));
    assert_int_equal(reason_of(ring, &policies[i], token, NOW), CSN_REASON_UNDECIDED);
  }
  good.leeway = 3600;
  good.required = 127;
  assert_true(csn_jwt_policy_valid(&good));
  csn_keyring_free(ring);
}

/* Every reason that a token's shape and signature can have was given by a test above. */
static void every_reason_was_reached(void **state) {
  static const csn_reason reasons[] = {
      CSN_REASON_ACCEPTED,          CSN_REASON_UNDECIDED,        CSN_REASON_TOKEN_TOO_LONG,     CSN_REASON_TOKEN_SHAPE,
      CSN_REASON_BASE64URL_INVALID, CSN_REASON_SIGNATURE_LENGTH, CSN_REASON_SIGNATURE_MISMATCH, CSN_REASON_JSON_LIMIT,
      CSN_REASON_TOKEN_EXPIRED,     CSN_REASON_KEY_UNKNOWN,
  };
  (void)state;
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
    if (!seen_reasons[reasons[i]]) fail_msg("%s", csn_reason_label(reasons[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(example_of_the_rfc),
      cmocka_unit_test(public_token_with_a_short_secret),
      cmocka_unit_test(accepted_token_gives_its_content),
      cmocka_unit_test(rejected_token_gives_nothing_but_the_key),
      cmocka_unit_test(token_is_three_segments),
      cmocka_unit_test(segments_are_strict_base64url),
      cmocka_unit_test(signature_has_the_macs_length),
      cmocka_unit_test(checks_have_an_order),
      cmocka_unit_test(length_is_bounded_before_any_work),
      cmocka_unit_test(header_is_bounded),
      cmocka_unit_test(no_flipped_bit_is_accepted),
      cmocka_unit_test(no_byte_more_or_less_is_accepted),
      cmocka_unit_test(another_secret_is_a_mismatch),
      cmocka_unit_test(payload_of_a_jws_is_not_read),
      cmocka_unit_test(payload_of_a_jws_is_still_base64url),
      cmocka_unit_test(jws_has_a_limit_of_its_own),
      cmocka_unit_test(policy_out_of_range_decides_nothing),
      cmocka_unit_test(every_reason_was_reached),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
