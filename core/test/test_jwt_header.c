/* The header of a token, and the key that it leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tokens.h"

#define ACCEPTED CSN_REASON_ACCEPTED

/* ---- the header ---- */

static void algorithm_is_one_of_the_allow_list_byte_for_byte(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\"}", ACCEPTED, NULL},
      {"{\"\\u0061lg\":\"HS256\"}", ACCEPTED, NULL},
      {"{\"alg\":\"\\u0048S256\"}", ACCEPTED, NULL},
      {"{}", CSN_REASON_ALG_MISSING, NULL},
      {"{\"typ\":\"JWT\"}", CSN_REASON_ALG_MISSING, NULL},
      {"{\"Alg\":\"HS256\"}", CSN_REASON_ALG_MISSING, NULL},
      {"{\"alg\":null}", CSN_REASON_ALG_MISSING, "null"},
      {"{\"alg\":256}", CSN_REASON_ALG_MISSING, "256"},
      {"{\"alg\":true}", CSN_REASON_ALG_MISSING, "true"},
      {"{\"alg\":[\"HS256\"]}", CSN_REASON_ALG_MISSING, "["},
      {"{\"alg\":{\"alg\":\"HS256\"}}", CSN_REASON_ALG_MISSING, "{\"alg\":\"HS256"},
      {"{\"alg\":\"none\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"none"},
      {"{\"alg\":\"None\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"None"},
      {"{\"alg\":\"NONE\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"NONE"},
      {"{\"alg\":\"nOnE\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"nOnE"},
      {"{\"alg\":\"n\\u006fne\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"n\\"},
      {"{\"alg\":\"\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"\""},
      {"{\"alg\":\"hs256\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"hs"},
      {"{\"alg\":\"HS256 \"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\" HS256\"}", CSN_REASON_ALG_NOT_ALLOWED, "\" HS"},
      {"{\"alg\":\"HS25\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\"HS2567\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\"HS384\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\"HS512\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\"RS256\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"RS"},
      {"{\"alg\":\"ES256\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"ES"},
      {"{\"alg\":\"HS256HS256HS256HS256HS256\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\"HS256\\u0001\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

static void empty_allow_list_allows_nothing(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"HS"},
      {"{\"alg\":\"none\"}", CSN_REASON_ALG_NOT_ALLOWED, "\"none"},
  };
  csn_jwt_policy policy = {.required = CSN_CLAIM_EXP};
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

static void header_is_one_strict_json_object(void **state) {
  static const json_row rows[] = {
      {" {\"alg\" : \"HS256\"}\r\n", ACCEPTED, NULL},
      {"{\"x\":[{\"a\":1},{\"a\":1}],\"alg\":\"HS256\"}", ACCEPTED, NULL},
      {"[]", CSN_REASON_JSON_NOT_OBJECT, NULL},
      {" \"alg\"", CSN_REASON_JSON_NOT_OBJECT, "\"alg"},
      {"null", CSN_REASON_JSON_NOT_OBJECT, NULL},
      {"{\"alg\":\"HS256\"", CSN_REASON_JSON_INVALID, AT_END},
      {"{\"alg\":\"HS256\"}x", CSN_REASON_JSON_INVALID, "x"},
      {"\xef\xbb\xbf{\"alg\":\"HS256\"}", CSN_REASON_JSON_INVALID, "\xef"},
      {"{\"alg\":\"HS256\",}", CSN_REASON_JSON_INVALID, "}"},
      {"{\"alg\":\"HS256\",\"x\":\"\xff\"}", CSN_REASON_JSON_INVALID, "\xff"},
      {"{\"alg\":\"HS256\",\"x\":\"\\ud800\"}", CSN_REASON_JSON_INVALID, "\\ud"},
      {"{\"alg\":\"HS256\",\"alg\":\"none\"}", CSN_REASON_JSON_DUPLICATE, "\"alg\":\"none"},
      {"{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}", CSN_REASON_JSON_DUPLICATE, "\"\\u"},
      {"{\"alg\":\"HS256\",\"x\":{\"y\":1,\"\\u0079\":1}}", CSN_REASON_JSON_DUPLICATE, "\"\\u"},
      {"{\"alg\":\"HS256\",\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", CSN_REASON_JSON_LIMIT, "[]"},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

static void extensions_are_not_understood(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":true}", CSN_REASON_CRIT_UNSUPPORTED, "["},
      {"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", CSN_REASON_CRIT_UNSUPPORTED, "["},
      {"{\"alg\":\"HS256\",\"crit\":[]}", CSN_REASON_CRIT_UNSUPPORTED, "["},
      {"{\"alg\":\"HS256\",\"crit\":\"\"}", CSN_REASON_CRIT_UNSUPPORTED, "\"\""},
      {"{\"alg\":\"HS256\",\"crit\":null}", CSN_REASON_CRIT_UNSUPPORTED, "null"},
      {"{\"alg\":\"HS256\",\"crit\":false}", CSN_REASON_CRIT_UNSUPPORTED, "false"},
      {"{\"alg\":\"HS256\",\"\\u0063rit\":[1]}", CSN_REASON_CRIT_UNSUPPORTED, "["},
      {"{\"crit\":[]}", CSN_REASON_CRIT_UNSUPPORTED, "["},
      {"{\"alg\":\"none\",\"crit\":[],\"b64\":false}", CSN_REASON_CRIT_UNSUPPORTED, "["},
      {"{\"alg\":\"HS256\",\"Crit\":[]}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"b64\":true}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"b64\":false}", CSN_REASON_B64_UNSUPPORTED, "false"},
      {"{\"alg\":\"HS256\",\"b64\":null}", CSN_REASON_B64_UNSUPPORTED, "null"},
      {"{\"alg\":\"HS256\",\"b64\":\"true\"}", CSN_REASON_B64_UNSUPPORTED, "\"true"},
      {"{\"alg\":\"HS256\",\"b64\":1}", CSN_REASON_B64_UNSUPPORTED, "1}"},
      {"{\"alg\":\"none\",\"b64\":false}", CSN_REASON_B64_UNSUPPORTED, "false"},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

static const json_row typ_rows[] = {
    {"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"jwt\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"\\u004aWT\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"application/jwt\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"application\\/at+jwt\"}", ACCEPTED, NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"secevent+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"secevent"},
    {"{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"dpop"},
    {"{\"alg\":\"HS256\",\"typ\":\"application\\/logout+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"appl"},
    {"{\"alg\":\"HS256\",\"typ\":\"xat+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"xat"},
    {"{\"alg\":\"HS256\",\"typ\":\"t+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"t+"},
    {"{\"alg\":\"HS256\",\"typ\":\"\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"\""},
    {"{\"alg\":\"HS256\",\"typ\":\"JOSE\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"JOSE"},
    {"{\"alg\":\"HS256\",\"typ\":\"JWTX\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"JWTX"},
    {"{\"alg\":\"HS256\",\"typ\":\"+jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"+jwt"},
    {"{\"alg\":\"HS256\",\"typ\":\"at-jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"at-jwt"},
    {"{\"alg\":\"HS256\",\"typ\":\"at+jwt+x\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"at+jwt"},
    {"{\"alg\":\"HS256\",\"typ\":\"application/\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"appl"},
    {"{\"alg\":\"HS256\",\"typ\":\"application/json\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"appl"},
    {"{\"alg\":\"HS256\",\"typ\":\"text/jwt\"}", CSN_REASON_TYP_NOT_ALLOWED, "\"text"},
};
static const json_row typ_type_rows[] = {
    {"{\"alg\":\"HS256\",\"typ\":null}", CSN_REASON_TYP_NOT_ALLOWED, "null"},
    {"{\"alg\":\"HS256\",\"typ\":1}", CSN_REASON_TYP_NOT_ALLOWED, "1}"},
    {"{\"alg\":\"HS256\",\"typ\":[\"JWT\"]}", CSN_REASON_TYP_NOT_ALLOWED, "["},
};

static void typ_says_jwt_where_it_says_anything(void **state) {
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(typ_rows, true, &policy), 0);
  assert_int_equal(WRONG_ROWS(typ_type_rows, true, &policy), 0);
}

static void typ_of_a_jws_is_any_string(void **state) {
  json_row rows[sizeof typ_rows / sizeof typ_rows[0]];
  csn_jwt_policy policy = {.algorithms = 1u << CSN_ALG_HS256, .signature_only = true};
  (void)state;
  memcpy(rows, typ_rows, sizeof rows);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) rows[i].reason = ACCEPTED;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
  assert_int_equal(WRONG_ROWS(typ_type_rows, true, &policy), 0);
}

static void embedded_keys_are_ignored(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI\"}}", ACCEPTED,
       NULL},
      {"{\"alg\":\"HS256\",\"jku\":\"https://example.com/jwks\",\"x5u\":1,\"x5c\":null,\"x5t\":\"\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"cty\":\"JWT\",\"unknown\":[{}]}", ACCEPTED, NULL},
  };
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
  /* Signed by the embedded key, which is SECRET_B. */
  csn_span token = make_token(csn_span_str(rows[0].json), csn_span_str(CLAIMS), SECRET_B);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_SIGNATURE_MISMATCH);
  csn_keyring_free(ring);
}

static void key_id_is_bounded_bytes(void **state) {
  static const json_row rows[] = {
      {"{\"alg\":\"HS256\",\"kid\":\"k1\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"kid\":\"\\u006b1\"}", ACCEPTED, NULL},
      {"{\"alg\":\"HS256\",\"kid\":\"K1\"}", CSN_REASON_KEY_UNKNOWN, "\"K1"},
      {"{\"alg\":\"HS256\",\"kid\":\"k1 \"}", CSN_REASON_KEY_UNKNOWN, "\"k1"},
      {"{\"alg\":\"HS256\",\"kid\":\"k\"}", CSN_REASON_KEY_UNKNOWN, "\"k\""},
      {"{\"alg\":\"HS256\",\"kid\":\"../../etc/passwd\"}", CSN_REASON_KEY_UNKNOWN, "\".."},
      {"{\"alg\":\"HS256\",\"kid\":\"' OR 1=1 --\"}", CSN_REASON_KEY_UNKNOWN, "\"'"},
      {"{\"alg\":\"HS256\",\"kid\":\"\"}", CSN_REASON_KID_INVALID, "\"\""},
      {"{\"alg\":\"HS256\",\"kid\":null}", CSN_REASON_KID_INVALID, "null"},
      {"{\"alg\":\"HS256\",\"kid\":1}", CSN_REASON_KID_INVALID, "1}"},
      {"{\"alg\":\"HS256\",\"kid\":[\"k1\"]}", CSN_REASON_KID_INVALID, "["},
      {"{\"alg\":\"HS256\",\"kid\":\"k1\\u0000\"}", CSN_REASON_JSON_INVALID, "\\u"},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  assert_int_equal(WRONG_ROWS(rows, true, &policy), 0);
}

/* {"alg":"HS256","kid":"kkk…"} with `len` letters, each an escape or not. */
static csn_span header_with_long_kid(char *out, size_t len, const char *letter) {
  char *at = stpcpy(out, "{\"alg\":\"HS256\",\"kid\":\"");
  for (size_t i = 0; i < len; i++) at = stpcpy(at, letter);
  at = stpcpy(at, "\"}");
  return csn_span_of(out, (size_t)(at - out));
}

static void key_id_is_measured_decoded(void **state) {
  char header[1200], id[CSN_ID_MAX + 1] = {0};
  csn_keyring *ring = ring_new();
  csn_jwt_policy policy = default_policy();
  (void)state;
  memset(id, 'k', CSN_ID_MAX);
  csn_key_config config = key_config(id, SECRET_A);
  ring_add(ring, &config);
  csn_span claims = csn_span_str(CLAIMS);
  csn_span token = make_token(header_with_long_kid(header, CSN_ID_MAX, "k"), claims, SECRET_A);
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  token = make_token(header_with_long_kid(header, CSN_ID_MAX, "\\u006b"), claims, SECRET_A);
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  token = make_token(header_with_long_kid(header, CSN_ID_MAX + 1, "k"), claims, SECRET_A);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_KID_INVALID);
  token = make_token(header_with_long_kid(header, CSN_ID_MAX + 1, "\\u006b"), claims, SECRET_A);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_KID_INVALID);
  csn_keyring_free(ring);
}

/* ---- keys ---- */

typedef struct ring_row {
  const char *ids[3]; /* of the token keys: the first has SECRET_A, the others SECRET_B */
  const char *header;
  csn_reason reason;
} ring_row;

static csn_keyring *ring_of_row(const ring_row *row) {
  csn_keyring *ring = ring_new();
  csn_key_config other = key_config("request-key", SECRET_B);
  other.uses = CSN_USE_REQUEST; /* never a choice for a token */
  other.client_id = csn_span_str("client");
  ring_add(ring, &other);
  for (size_t i = 0; i < 3 && row->ids[i] != NULL; i++) {
    csn_key_config config = key_config(row->ids[i], i == 0 ? SECRET_A : SECRET_B);
    ring_add(ring, &config);
  }
  return ring;
}

static void key_is_the_one_that_is_named_or_the_only_one(void **state) {
#define KID(id) "{\"alg\":\"HS256\",\"kid\":\"" id "\"}"
  static const ring_row rows[] = {
      {{NULL}, HEADER, CSN_REASON_KEY_UNKNOWN},
      {{NULL}, KID("k1"), CSN_REASON_KEY_UNKNOWN},
      {{NULL}, KID("request-key"), CSN_REASON_KEY_UNKNOWN},
      {{"k1"}, HEADER, ACCEPTED},
      {{"k1"}, KID("k1"), ACCEPTED},
      {{"k1"}, KID("k2"), CSN_REASON_KEY_UNKNOWN},
      {{"k1"}, KID("request-key"), CSN_REASON_KEY_UNKNOWN},
      {{""}, HEADER, ACCEPTED},
      {{""}, KID("anything"), ACCEPTED},
      {{"k1", "k2"}, HEADER, CSN_REASON_KEY_AMBIGUOUS},
      {{"k1", "k2"}, KID("k1"), ACCEPTED},
      {{"k1", "k2"}, KID("k2"), CSN_REASON_SIGNATURE_MISMATCH},
      {{"k1", "k2"}, KID("k3"), CSN_REASON_KEY_UNKNOWN},
      {{"", "k2"}, HEADER, CSN_REASON_KEY_AMBIGUOUS},
      {{"", "k2"}, KID("k1"), CSN_REASON_KEY_UNKNOWN},
      {{"", "k2"}, KID("k2"), CSN_REASON_SIGNATURE_MISMATCH},
      {{"k1", "k2", "k3"}, KID("k1"), ACCEPTED},
  };
  csn_jwt_policy policy = default_policy();
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_keyring *ring = ring_of_row(&rows[i]);
    outcome out = verify_at(ring, &policy, token_of(rows[i].header, CLAIMS), NOW);
    if (out.verdict.reason != rows[i].reason) fail_msg("row %zu: %s", i, csn_reason_label(out.verdict.reason));
    bool has_name = out.jwt.key != NULL && out.jwt.key->key_id_len > 0;
    if (has_name) assert_int_equal(out.verdict.key_id.len, out.jwt.key->key_id_len);
    csn_keyring_free(ring);
  }
}

static void key_is_good_through_its_last_second(void **state) {
  csn_keyring *ring = ring_new();
  csn_key_config config = key_config("k1", SECRET_A);
  csn_jwt_policy policy = default_policy();
  (void)state;
  config.accept_until = NOW;
  ring_add(ring, &config);
  csn_span token = token_of(HEADER, CLAIMS);
  assert_int_equal(reason_of(ring, &policy, token, NOW - 1), ACCEPTED);
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  outcome out = verify_at(ring, &policy, token, NOW + 1);
  assert_int_equal(out.verdict.reason, CSN_REASON_KEY_EXPIRED);
  assert_true(csn_span_equal(csn_name_span(&out.verdict.key_id), csn_span_str("k1")));
  csn_keyring_free(ring);
}

/* A key in the ring whose algorithm is another one than the token's never verifies it. There is one algorithm so far:
 * the key's is changed by hand, which the ring cannot see. */
static void algorithm_is_the_keys(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  csn_key *key = (csn_key *)(uintptr_t)test_only_token_key(ring);
  csn_span token = token_of(HEADER, CLAIMS);
  (void)state;
  assert_int_equal(reason_of(ring, &policy, token, NOW), ACCEPTED);
  key->alg = CSN_ALG_NONE;
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_KEY_UNKNOWN);
  token = token_of("{\"alg\":\"HS256\",\"kid\":\"k1\"}", CLAIMS);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_KEY_UNKNOWN);
  token = token_of("{\"alg\":\"none\"}", CLAIMS);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_ALG_NOT_ALLOWED);
  csn_keyring_free(ring);
}

/* Where no key fits, the stand-in's MAC must not be a way in: its pad states are public. */
static void stand_in_key_never_verifies(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  csn_key zero;
  uint8_t mac[CSN_SHA256_BYTES];
  (void)state;
  memset(&zero, 0, sizeof zero);
  csn_span token = token_of("{\"alg\":\"HS256\",\"kid\":\"unknown\"}", CLAIMS);
  size_t signed_len = token.len - 44;
  csn_hmac_sha256(&zero, csn_span_of(token_text, signed_len), mac);
  put_base64url(token_text + signed_len + 1, csn_span_of(mac, sizeof mac));
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_KEY_UNKNOWN);
  csn_keyring_free(ring);
}

/* Every reason that a header can have was given by a test above. */
static void every_reason_was_reached(void **state) {
  static const csn_reason reasons[] = {
      CSN_REASON_ALG_MISSING,    CSN_REASON_ALG_NOT_ALLOWED,    CSN_REASON_CRIT_UNSUPPORTED, CSN_REASON_B64_UNSUPPORTED,
      CSN_REASON_KID_INVALID,    CSN_REASON_TYP_NOT_ALLOWED,    CSN_REASON_JSON_INVALID,     CSN_REASON_JSON_LIMIT,
      CSN_REASON_JSON_DUPLICATE, CSN_REASON_JSON_NOT_OBJECT,    CSN_REASON_KEY_UNKNOWN,      CSN_REASON_KEY_EXPIRED,
      CSN_REASON_KEY_AMBIGUOUS,  CSN_REASON_SIGNATURE_MISMATCH, CSN_REASON_ACCEPTED,
  };
  (void)state;
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
    if (!seen_reasons[reasons[i]]) fail_msg("%s", csn_reason_label(reasons[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(algorithm_is_one_of_the_allow_list_byte_for_byte),
      cmocka_unit_test(empty_allow_list_allows_nothing),
      cmocka_unit_test(header_is_one_strict_json_object),
      cmocka_unit_test(extensions_are_not_understood),
      cmocka_unit_test(typ_says_jwt_where_it_says_anything),
      cmocka_unit_test(typ_of_a_jws_is_any_string),
      cmocka_unit_test(embedded_keys_are_ignored),
      cmocka_unit_test(key_id_is_bounded_bytes),
      cmocka_unit_test(key_id_is_measured_decoded),
      cmocka_unit_test(key_is_the_one_that_is_named_or_the_only_one),
      cmocka_unit_test(key_is_good_through_its_last_second),
      cmocka_unit_test(algorithm_is_the_keys),
      cmocka_unit_test(stand_in_key_never_verifies),
      cmocka_unit_test(every_reason_was_reached),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
