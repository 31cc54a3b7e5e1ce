/* JSON Web Key Sets: what is loaded, what is ignored, what is an error, and that an error loads nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <countersign/keyring.h>
#include "../src/encoding.h"
#include "../src/hmac.h"
#include "guarded.h"
#include "ring.h"

enum { TEXT_MAX = 1 << 17 };

static guarded input;
static const uint8_t seed[16] = {7};

#define K_A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"    /* 32 times A */
#define K_B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"    /* 32 times B */
#define K_SHORT "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ" /* 31 times A */
#define KEY(id, more) "{\"kty\":\"oct\",\"kid\":\"" id "\",\"k\":\"" K_A "\"" more "}"
#define SET(keys) "{\"keys\":[" keys "]}"

static csn_keyring *ring_new(void) {
  csn_keyring *ring = NULL;
  assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
  return ring;
}

static csn_key_config token_defaults(void) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.uses = CSN_USE_TOKEN;
  return config;
}

static csn_error load(csn_keyring *ring, const char *text, const csn_key_config *defaults, csn_jwks_result *result) {
  memset(result, 0xa5, sizeof *result);
  return csn_keyring_add_jwks(ring, guarded_copy(&input, csn_span_str(text)), defaults, result);
}

/* ---- what is loaded ---- */

typedef struct load_row {
  const char *text;
  size_t added, ignored;
} load_row;

static void keys_that_are_understood_are_loaded(void **state) {
  static const load_row rows[] = {
      {SET(""), 0, 0},
      {SET(KEY("a", "")), 1, 0},
      {SET(KEY("a", "") "," KEY("b", "")), 2, 0},
      {KEY("a", ""), 1, 0},
      {"{\"kty\":\"oct\",\"k\":\"" K_A "\"}", 1, 0},
      {" {\"x\":[],\"keys\": [ " KEY("a", ",\"unknown\":{\"k\":1}") " ] }\n", 1, 0},
      {SET(KEY("a", ",\"alg\":\"HS256\",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"]")), 1, 0},
      {SET(KEY("a", ",\"key_ops\":[\"verify\",\"unheard\",\"unheard\"]")), 1, 0},
      {"{\"\\u006bty\":\"\\u006fct\",\"k\":\"\\u0051"
       "UFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE\"}",
       1, 0},
      {SET("{\"kty\":\"AKP\",\"pub\":\"AQAB\",\"kid\":1}"), 0, 1},
      {SET("{\"kty\":\"EC\",\"crv\":\"secp256k1\"}," KEY("a", "") ",{\"kty\":\"OKP\",\"crv\":\"X25519\"}"), 1, 2},
      {SET("{\"kty\":\"EC\",\"crv\":\"\"},{\"kty\":\"RSA\",\"use\":\"enc\"},{\"kty\":\"RSA\",\"alg\":\"RSA-OAEP\"}"), 0,
       3},
      {SET("{\"kty\":\"\"}"), 0, 1},
      {SET("{\"kty\":\"OCT\",\"k\":\"" K_A "\"}"), 0, 1},
      {SET(KEY("a", ",\"use\":\"enc\"")), 0, 1},
      {SET(KEY("a", ",\"use\":\"\"")), 0, 1},
      {SET(KEY("a", ",\"alg\":\"A256KW\"")), 0, 1},
      {SET(KEY("a", ",\"alg\":\"none\"")), 0, 1},
      {SET(KEY("a", ",\"alg\":\"hs256\"")), 0, 1},
      {SET(KEY("a", ",\"alg\":\"A very long name of an algorithm that does not exist\"")), 0, 1},
      {SET(KEY("a", ",\"key_ops\":[\"sign\"]")), 0, 1},
      {SET(KEY("a", ",\"key_ops\":[]")), 0, 1},
      {SET(KEY("a", ",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]")), 0, 1},
      {SET("{\"kty\":\"rsa\"}," KEY("a", ",\"alg\":\"ML-DSA-44\"")), 0, 2},
      {"{\"kty\":\"AKP\"}", 0, 1},
  };
  csn_key_config defaults = token_defaults();
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_keyring *ring = ring_new();
    csn_jwks_result result;
    csn_error error = load(ring, rows[i].text, &defaults, &result);
    if (error != CSN_OK) fail_msg("%s: %s at %zu", rows[i].text, csn_error_sentence(error), result.offset);
    assert_int_equal(result.added, rows[i].added);
    assert_int_equal(result.ignored, rows[i].ignored);
    assert_int_equal(result.offset, 0);
    assert_int_equal(csn_keyring_count(ring), rows[i].added);
    csn_keyring_free(ring);
  }
}

/* The same key as from its bytes, with what the defaults say. */
static void key_is_that_of_its_bytes(void **state) {
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  csn_key expected;
  (void)state;
  defaults.uses = CSN_USE_TOKEN | CSN_USE_REQUEST;
  defaults.client_id = csn_span_str("client-7");
  defaults.accept_until = 1800000000;
  defaults.key_id = csn_span_str("not this one");
  defaults.secret = csn_span_str("nor this one");
  assert_int_equal(load(ring, SET(KEY("\\u00e9-1", "")), &defaults, &result), CSN_OK);
  csn_key_config config = defaults;
  config.key_id = csn_span_str("\xc3\xa9-1");
  config.secret = csn_span_str("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  assert_int_equal(csn_key_init(&expected, &config), CSN_OK);
  const csn_key *key = test_find_key_id(ring, config.key_id);
  assert_non_null(key);
  assert_memory_equal(key->inner, expected.inner, sizeof key->inner);
  assert_memory_equal(key->outer, expected.outer, sizeof key->outer);
  assert_int_equal(key->accept_until, 1800000000);
  assert_int_equal(key->alg, CSN_ALG_HS256);
  assert_int_equal(key->uses, CSN_USE_TOKEN | CSN_USE_REQUEST);
  assert_true(csn_span_equal(csn_key_client_id(key), csn_span_str("client-7")));
  csn_keyring_free(ring);
}

/* RFC 7515 appendix A.1: the key, and the MAC that it gives. */
static void key_of_the_rfc(void **state) {
  static const char jwk[] =
      "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
      "\"}";
  static const char text[] =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  uint8_t mac[CSN_SHA256_BYTES];
  char encoded[43];
  (void)state;
  assert_int_equal(load(ring, jwk, &defaults, &result), CSN_OK);
  csn_hmac_sha256(test_only_token_key(ring), csn_span_str(text), mac);
  csn_base64url_encode(csn_span_of(mac, sizeof mac), encoded);
  assert_memory_equal(encoded, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 43);
  csn_keyring_free(ring);
}

/* ---- what is an error ---- */

typedef struct error_row {
  const char *text;
  csn_error error;
  const char *at; /* the text at which the offset points; NULL: 0 */
} error_row;

/* Loads into a ring that has a key already, which must be all that it has afterwards. */
static void check_error(const error_row *row) {
  csn_keyring *ring = ring_new();
  csn_key_config config = token_defaults(), defaults = token_defaults();
  csn_jwks_result result;
  config.key_id = csn_span_str("old");
  config.secret = csn_span_str("0123456789abcdef0123456789abcdef");
  assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
  csn_error error = load(ring, row->text, &defaults, &result);
  size_t offset = row->at == NULL ? 0 : (size_t)(strstr(row->text, row->at) - row->text);
  if (error != row->error || result.offset != offset) {
    fail_msg("%s: %s at %zu, not at %zu", row->text, csn_error_sentence(error), result.offset, offset);
  }
  assert_int_equal(result.added, 0);
  assert_int_equal(result.ignored, 0);
  assert_int_equal(csn_keyring_count(ring), 1);
  assert_non_null(test_find_key_id(ring, csn_span_str("old")));
  assert_null(test_find_key_id(ring, csn_span_str("good")));
  csn_keyring_free(ring);
}

#define GOOD KEY("good", "")

static void malformed_keys_are_errors_and_load_nothing(void **state) {
  static const error_row rows[] = {
      {"", CSN_ERROR_JSON_INVALID, NULL},
      {"not json", CSN_ERROR_JSON_INVALID, "ot"},
      {SET(GOOD) "x", CSN_ERROR_JSON_INVALID, "x"},
      {SET(GOOD ","), CSN_ERROR_JSON_INVALID, "]"},
      {"{\"keys\":[],\"keys\":[" GOOD "]}", CSN_ERROR_JSON_INVALID, "\"keys\":[{"},
      {SET("{\"kty\":\"oct\",\"k\":\"" K_A "\",\"\\u006b\":\"" K_B "\"}"), CSN_ERROR_JSON_INVALID, "\"\\u"},
      {"[]", CSN_ERROR_JWK_INVALID, NULL},
      {" null", CSN_ERROR_JWK_INVALID, "null"},
      {"\"keys\"", CSN_ERROR_JWK_INVALID, NULL},
      {"{}", CSN_ERROR_JWK_INVALID, NULL},
      {"{\"Keys\":[]}", CSN_ERROR_JWK_INVALID, NULL},
      {"{\"keys\":{}}", CSN_ERROR_JWK_INVALID, "{}"},
      {"{\"keys\":null}", CSN_ERROR_JWK_INVALID, "null"},
      {SET(GOOD ",7"), CSN_ERROR_JWK_INVALID, "7"},
      {SET(GOOD ",[]"), CSN_ERROR_JWK_INVALID, "[]"},
      {SET(GOOD ",{}"), CSN_ERROR_JWK_INVALID, "{}"},
      {SET(GOOD ",{\"k\":\"" K_A "\"}"), CSN_ERROR_JWK_INVALID, "{\"k\":"},
      {SET(GOOD ",{\"kty\":null}"), CSN_ERROR_JWK_INVALID, "null"},
      {SET(GOOD ",{\"kty\":[\"oct\"]}"), CSN_ERROR_JWK_INVALID, "[\"oct"},
      {SET(GOOD ",{\"kty\": \"oct\"}"), CSN_ERROR_JWK_INVALID, "{\"kty\": "},
      {SET(GOOD ",{\"kty\":\"oct\",\"k\":null}"), CSN_ERROR_JWK_INVALID, "null"},
      {SET(GOOD ",{\"kty\":\"oct\",\"k\":9}"), CSN_ERROR_JWK_INVALID, "9"},
      {SET(GOOD "," KEY("b", ",\"use\":1")), CSN_ERROR_JWK_INVALID, "1"},
      {SET(GOOD "," KEY("b", ",\"use\":[\"sig\"]")), CSN_ERROR_JWK_INVALID, "[\"sig"},
      {SET(GOOD "," KEY("b", ",\"alg\":256")), CSN_ERROR_JWK_INVALID, "256"},
      {SET(GOOD "," KEY("b", ",\"key_ops\":\"verify\"")), CSN_ERROR_JWK_INVALID, "\"verify"},
      {SET(GOOD "," KEY("b", ",\"key_ops\":[\"verify\",7]")), CSN_ERROR_JWK_INVALID, "7"},
      {SET(GOOD "," KEY("b", ",\"key_ops\":[\"sign\",\"verify\", \"sign\"]")), CSN_ERROR_JWK_INVALID, "\"sign\"]"},
      {SET(GOOD "," KEY("", "")), CSN_ERROR_JWK_INVALID, "\"\""},
      {SET(GOOD ",{\"kty\":\"oct\",\"kid\":7,\"k\":\"" K_A "\"}"), CSN_ERROR_JWK_INVALID, "7"},
      {SET(GOOD "," KEY("b", ",\"alg\":\"RS256\"")), CSN_ERROR_JWK_INVALID, "\"RS"},
      {SET(GOOD "," KEY("b", ",\"alg\":\"HS384\"")), CSN_ERROR_KEY_TOO_SHORT, "{\"kty\":\"oct\",\"kid\":\"b"},
      {SET(GOOD ",{\"kty\":\"oct\",\"kid\":null,\"k\":\"" K_A "\"}"), CSN_ERROR_JWK_INVALID, "null"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) check_error(&rows[i]);
}

static void secrets_are_strict_base64url_of_a_good_length(void **state) {
#define K(text) SET(GOOD ",{\"k\":\"" text "\",\"kty\":\"oct\"}")
  static const error_row rows[] = {
      {K(K_A "="), CSN_ERROR_JWK_INVALID, "=\""},
      {K("+" K_A), CSN_ERROR_JWK_INVALID, "+"},
      {K(K_A " "), CSN_ERROR_JWK_INVALID, " "},
      {K(K_A "AA"), CSN_ERROR_JWK_INVALID, "A\",\"kty\":\"oct\"}]}"},
      {K("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF"), CSN_ERROR_JWK_INVALID, "F\",\"kty"},
      {K("\\u0041="), CSN_ERROR_JWK_INVALID, "\"\\u0041="},
      {K(""), CSN_ERROR_KEY_TOO_SHORT, "{\"k\":"},
      {K(K_SHORT), CSN_ERROR_KEY_TOO_SHORT, "{\"k\":"},
      {K("LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KQUFBQUFBQUFB"), CSN_ERROR_KEY_IS_ASYMMETRIC, "{\"k\":"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) check_error(&rows[i]);
}

/* {"kty":"oct","k":"AAA…"} of `bytes` zero bytes. */
static const char *long_key(char *out, size_t bytes) {
  char *at = stpcpy(out, "{\"kty\":\"oct\",\"k\":\"");
  size_t chars = csn_base64url_encoded_len(bytes);
  memset(at, 'A', chars);
  stpcpy(at + chars, "\"}");
  return out;
}

static void lengths_are_bounded(void **state) {
  static char text[8192];
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  (void)state;
  csn_keyring *ring = ring_new();
  assert_int_equal(load(ring, long_key(text, CSN_SECRET_MAX + 1), &defaults, &result), CSN_ERROR_KEY_TOO_LONG);
  assert_int_equal(csn_keyring_count(ring), 0);
  assert_int_equal(load(ring, long_key(text, CSN_SECRET_MAX), &defaults, &result), CSN_OK);
  csn_keyring_free(ring);
  for (size_t len = CSN_ID_MAX; len <= CSN_ID_MAX + 1; len++) {
    ring = ring_new();
    char *at = stpcpy(text, "{\"kty\":\"oct\",\"k\":\"" K_A "\",\"kid\":\"");
    memset(at, 'k', len);
    stpcpy(at + len, "\"}");
    csn_error expected = len <= CSN_ID_MAX ? CSN_OK : CSN_ERROR_JWK_INVALID;
    assert_int_equal(load(ring, text, &defaults, &result), expected);
    csn_keyring_free(ring);
  }
}

static void short_secrets_need_the_switch(void **state) {
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  (void)state;
  static const char text[] = "{\"kty\":\"oct\",\"k\":\"cHVja3dhbmc\"}"; /* puckwang */
  assert_int_equal(load(ring, text, &defaults, &result), CSN_ERROR_KEY_TOO_SHORT);
  defaults.allow_legacy_short = true;
  assert_int_equal(load(ring, text, &defaults, &result), CSN_OK);
  assert_int_equal(result.added, 1);
  csn_keyring_free(ring);
}

/* ---- all or nothing, against what the ring has ---- */

static void ids_that_occur_twice_are_errors(void **state) {
  static const error_row rows[] = {
      {SET(GOOD "," KEY("b", "") ", " KEY("good", "")), CSN_ERROR_KEY_DUPLICATE, " {"},
      {SET(GOOD "," KEY("b", "") ", " KEY("old", "")), CSN_ERROR_KEY_DUPLICATE, " {"},
      {SET(GOOD ", " KEY("\\u0067ood", "")), CSN_ERROR_KEY_DUPLICATE, " {"},
      {SET(GOOD ",{\"kty\":\"oct\",\"k\":\"" K_A "\"}, {\"kty\":\"oct\",\"k\":\"" K_B "\"}"), CSN_ERROR_KEY_DUPLICATE,
       " {"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_keyring *ring = ring_new();
    csn_key_config config = token_defaults();
    csn_jwks_result result;
    config.key_id = csn_span_str("old");
    config.secret = csn_span_str("0123456789abcdef0123456789abcdef");
    assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
    csn_key_config defaults = token_defaults();
    assert_int_equal(load(ring, rows[i].text, &defaults, &result), rows[i].error);
    assert_int_equal(result.offset, strstr(rows[i].text, rows[i].at) - rows[i].text + 1);
    assert_int_equal(csn_keyring_count(ring), 1);
    csn_keyring_free(ring);
  }
}

static void keys_of_one_client_are_counted_with_those_in_the_ring(void **state) {
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  (void)state;
  defaults.uses = CSN_USE_REQUEST;
  defaults.client_id = csn_span_str("client-7");
  assert_int_equal(load(ring, SET(KEY("1", "") "," KEY("2", "")), &defaults, &result), CSN_OK);
  assert_int_equal(load(ring, SET(KEY("3", "") "," KEY("4", "") "," KEY("5", "")), &defaults, &result),
                   CSN_ERROR_KEY_LIMIT);
  assert_int_equal(csn_keyring_count(ring), 2);
  assert_int_equal(load(ring, SET(KEY("3", "") "," KEY("2", "")), &defaults, &result), CSN_ERROR_KEY_DUPLICATE);
  assert_int_equal(csn_keyring_count(ring), 2);
  assert_int_equal(load(ring, SET(KEY("3", "") "," KEY("4", "")), &defaults, &result), CSN_OK);
  assert_int_equal(test_find_client(ring, defaults.client_id, found), 4);
  defaults.client_id = csn_span_str("client-8");
  assert_int_equal(load(ring, SET(KEY("1", "") "," KEY("2", "")), &defaults, &result), CSN_OK);
  csn_keyring_free(ring);
}

static void request_keys_need_a_client(void **state) {
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  (void)state;
  defaults.uses = CSN_USE_REQUEST;
  assert_int_equal(load(ring, SET(GOOD), &defaults, &result), CSN_ERROR_ID_INVALID);
  assert_int_equal(csn_keyring_count(ring), 0);
  csn_keyring_free(ring);
}

static void large_sets_are_loaded(void **state) {
  enum { KEYS = 1000 };
  static char text[TEXT_MAX];
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  csn_jwks_result result;
  char *at = stpcpy(text, "{\"keys\":[");
  (void)state;
  for (int i = 0; i < KEYS; i++)
    at += sprintf(at, "%s{\"kty\":\"oct\",\"kid\":\"%d\",\"k\":\"" K_A "\"}", i == 0 ? "" : ",", i);
  stpcpy(at, "]}");
  assert_int_equal(load(ring, text, &defaults, &result), CSN_OK);
  assert_int_equal(result.added, KEYS);
  assert_non_null(test_find_key_id(ring, csn_span_str("0")));
  assert_non_null(test_find_key_id(ring, csn_span_str("999")));
  assert_null(test_find_key_id(ring, csn_span_str("1000")));
  csn_keyring_free(ring);
}

/* Every prefix is refused, and loads nothing. */
static void no_prefix_is_a_set(void **state) {
  static const char text[] =
      SET(KEY("a", ",\"alg\":\"HS256\",\"use\":\"sig\"") "," KEY("b", ",\"key_ops\":[\"verify\"]"));
  csn_keyring *ring = ring_new();
  csn_key_config defaults = token_defaults();
  (void)state;
  for (size_t len = 0; len < sizeof text - 1; len++) {
    csn_jwks_result result;
    csn_span prefix = guarded_copy(&input, csn_span_of(text, len));
    assert_int_equal(csn_keyring_add_jwks(ring, prefix, &defaults, &result), CSN_ERROR_JSON_INVALID);
    assert_int_equal(result.offset, len);
  }
  assert_int_equal(csn_keyring_count(ring), 0);
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_that_are_understood_are_loaded),
      cmocka_unit_test(key_is_that_of_its_bytes),
      cmocka_unit_test(key_of_the_rfc),
      cmocka_unit_test(malformed_keys_are_errors_and_load_nothing),
      cmocka_unit_test(secrets_are_strict_base64url_of_a_good_length),
      cmocka_unit_test(lengths_are_bounded),
      cmocka_unit_test(short_secrets_need_the_switch),
      cmocka_unit_test(ids_that_occur_twice_are_errors),
      cmocka_unit_test(keys_of_one_client_are_counted_with_those_in_the_ring),
      cmocka_unit_test(request_keys_need_a_client),
      cmocka_unit_test(large_sets_are_loaded),
      cmocka_unit_test(no_prefix_is_a_set),
  };
  input = guarded_new(TEXT_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&input);
  return failed;
}
