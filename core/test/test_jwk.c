/* Public keys as JWK: what is written is read again as the same key; thumbprints are those of the RFCs. */
#include "support.h"

#include <countersign/keyring.h>
#include <jansson.h>

#include "../src/encoding.h"
#include "../src/public_key.h"
#include "jose_answers.h"

static csn_keyring *ring_of(csn_span jwk) {
  static const uint8_t seed[16] = {3};
  csn_keyring *ring = NULL;
  csn_key_config defaults = {.alg = CSN_ALG_HS256, .uses = CSN_USE_TOKEN};
  csn_jwks_result result;
  assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
  assert_int_equal(csn_keyring_add_jwks(ring, jwk, &defaults, &result), CSN_OK);
  return ring;
}

static void check_thumbprint(const char *jwk, const char *expected) {
  csn_keyring *ring = ring_of(csn_span_str(jwk));
  uint8_t thumbprint[CSN_THUMBPRINT_BYTES];
  char text[43];
  assert_int_equal(csn_key_thumbprint(test_only_token_key(ring), thumbprint), CSN_OK);
  csn_base64url_encode(csn_span_of(thumbprint, sizeof thumbprint), text);
  assert_memory_equal(text, expected, sizeof text);
  csn_keyring_free(ring);
}

/* RFC 7638 section 3.1, RFC 8037 appendix A.3 */
static void thumbprints_are_those_of_the_rfcs(void **state) {
  (void)state;
  check_thumbprint(
      "{\"kty\":\"RSA\",\"n\":"
      "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
      "BJECPebWKRXjBZCiFV4n3oknjhMs"
      "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
      "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn"
      "1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\","
      "\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  check_thumbprint(ED_JWK, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

static void text_is_exact(void **state) {
  static const char expected[] = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y
                                 "\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"a\\u0022\\u005cb\"}";
  csn_keyring *ring = ring_of(
      csn_span_str("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y "\",\"kid\":\"a\\\"\\\\b\"}"));
  const csn_key *key = test_only_token_key(ring);
  char out[512];
  size_t len = 0, whole = sizeof expected - 1;
  (void)state;
  for (size_t size = 0; size < whole; size++) {
    memset(out, 'x', sizeof out);
    assert_int_equal(csn_jwk_write(key, out, size, &len), CSN_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(len, whole);
    assert_int_equal(out[size], 'x');
  }
  assert_int_equal(csn_jwk_write(key, NULL, 0, &len), CSN_ERROR_BUFFER_TOO_SMALL);
  assert_int_equal(csn_jwk_write(key, out, whole, &len), CSN_OK);
  assert_int_equal(len, whole);
  assert_memory_equal(out, expected, whole);
  csn_keyring_free(ring);
}

static void what_is_written_is_read_as_the_same_key(void **state) {
  static const struct {
    csn_alg alg;
    const char *type, *group;
    size_t bits;
  } rows[] = {
      {CSN_ALG_RS256, "RSA", NULL, 2048}, {CSN_ALG_PS512, "RSA", NULL, 3072}, {CSN_ALG_ES256, "EC", "P-256", 0},
      {CSN_ALG_ES384, "EC", "P-384", 0},  {CSN_ALG_ES512, "EC", "P-521", 0},  {CSN_ALG_EdDSA, "ED25519", NULL, 0},
      {CSN_ALG_EdDSA, "ED448", NULL, 0},
  };
  (void)state;
  for (size_t i = 0; i < 16 * sizeof rows / sizeof rows[0]; i++) { /* now and then a coordinate begins with a zero */
    size_t r = i % (sizeof rows / sizeof rows[0]);
    if (rows[r].bits != 0 && i > 7) continue;
    csn_key_config config = {.alg = rows[r].alg, .uses = CSN_USE_TOKEN, .key_id = csn_span_str("k")};
    EVP_PKEY *pkey = rows[r].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[r].group)
                                           : EVP_PKEY_Q_keygen(NULL, NULL, rows[r].type, rows[r].bits);
    csn_key key;
    char text[4096];
    size_t len = 0;
    assert_int_equal(csn_key_init_pkey(&key, &config, pkey, true), CSN_OK);
    assert_int_equal(csn_jwk_write(&key, text, sizeof text, &len), CSN_OK);
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_null(json_object_get(json, "d")); /* the key signs, but its private part stays inside */
    json_decref(json);
    csn_keyring *ring = ring_of(csn_span_of(text, len));
    const csn_key *read = test_only_token_key(ring);
    assert_int_equal(read->alg, key.alg);
    assert_true(csn_span_equal(csn_key_id(read), csn_key_id(&key)));
    assert_int_equal(EVP_PKEY_eq(read->public_key->pkey, key.public_key->pkey), 1);
    csn_keyring_free(ring);
    csn_key_wipe(&key);
  }
}

static void hmac_keys_are_not_written(void **state) {
  csn_keyring *ring = ring_of(csn_span_str(A1_JWK));
  char out[512];
  uint8_t thumbprint[CSN_THUMBPRINT_BYTES];
  size_t len = 7;
  (void)state;
  assert_int_equal(csn_jwk_write(test_only_token_key(ring), out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(len, 0);
  assert_int_equal(csn_key_thumbprint(test_only_token_key(ring), thumbprint), CSN_ERROR_INVALID_ARGUMENT);
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(thumbprints_are_those_of_the_rfcs),
      cmocka_unit_test(text_is_exact),
      cmocka_unit_test(what_is_written_is_read_as_the_same_key),
      cmocka_unit_test(hmac_keys_are_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
