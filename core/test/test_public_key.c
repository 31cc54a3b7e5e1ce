/* Public keys in: what is taken from a JWK and from PEM, and what is refused. */
#include "support.h"

#include <countersign/keyring.h>
#include <openssl/pem.h>

#include "../src/public_key.h"
#include "guarded.h"
#include "jose_answers.h"

static guarded pages;

/* ---- JWK ---- */

typedef struct jwk_row {
  const char *text;
  csn_error error;
  const char *at; /* where the offset points; NULL: 0 */
} jwk_row;

static csn_error load(const char *text, csn_alg alg, unsigned uses, csn_keyring **ring, csn_jwks_result *result) {
  static const uint8_t seed[16] = {9};
  csn_key_config defaults = {.alg = alg, .uses = uses, .client_id = csn_span_str("c")};
  assert_int_equal(csn_keyring_new(ring, seed), CSN_OK);
  return csn_keyring_add_jwks(*ring, guarded_copy(&pages, csn_span_str(text)), &defaults, result);
}

#define RSA(n, e, more) "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\"" more "}"
#define EC(crv, x, y, more) "{\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\"" more "}"
#define OKP(crv, x, more) "{\"kty\":\"OKP\",\"crv\":\"" crv "\",\"x\":\"" x "\"" more "}"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define N_512 "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzPQ"

static void malformed_keys_are_refused(void **state) {
  static const jwk_row rows[] = {
      {RSA(A2_N, "AQAB", ""), CSN_OK, NULL},
      {RSA(A2_N, "Aw", ""), CSN_OK, NULL},                               /* 3 */
      {RSA(A2_N, "AQ", ""), CSN_ERROR_KEY_INVALID, NULL},                /* 1 */
      {RSA(A2_N, "Ag", ""), CSN_ERROR_KEY_INVALID, NULL},                /* 2 */
      {RSA(A2_N, "AQAC", ""), CSN_ERROR_KEY_INVALID, NULL},              /* even */
      {RSA(A2_N, "", ""), CSN_ERROR_KEY_INVALID, NULL},                  /* nothing */
      {RSA(A2_N, "AA", ""), CSN_ERROR_KEY_INVALID, NULL},                /* 0 */
      {RSA(A2_N, "AAEAAQ", ""), CSN_ERROR_KEY_INVALID, NULL},            /* a leading zero */
      {RSA(A2_N, "__________8", ""), CSN_OK, NULL},                      /* 64 bits */
      {RSA(A2_N, "AQAAAAAAAAAB", ""), CSN_ERROR_KEY_INVALID, NULL},      /* 65 bits */
      {RSA("AKH4", "AQAB", ""), CSN_ERROR_KEY_INVALID, NULL},            /* a leading zero */
      {RSA(N_512, "AQAB", ""), CSN_ERROR_KEY_INVALID, NULL},             /* 512 bits */
      {"{\"kty\":\"RSA\",\"e\":\"AQAB\"}", CSN_ERROR_JWK_INVALID, NULL}, /* no n */
      {"{\"kty\":\"RSA\",\"n\":\"AQAB\"}", CSN_ERROR_JWK_INVALID, NULL}, /* no e */
      {"{\"kty\":\"RSA\",\"n\":7,\"e\":\"AQAB\"}", CSN_ERROR_JWK_INVALID, "7"},
      {RSA("AQAB=", "AQAB", ""), CSN_ERROR_JWK_INVALID, "="},
      {RSA(A2_N, "AQAB", ",\"alg\":\"RS512\""), CSN_OK, NULL},
      {RSA(A2_N, "AQAB", ",\"alg\":\"HS256\""), CSN_ERROR_JWK_INVALID, "\"HS"},
      {RSA(A2_N, "AQAB", ",\"alg\":\"ES256\""), CSN_ERROR_JWK_INVALID, "\"ES"},
      {EC("P-256", A3_X, A3_Y, ""), CSN_OK, NULL},
      {EC("P-256", A3_X, A3_Y, ",\"alg\":\"ES256\""), CSN_OK, NULL},
      {EC("P-256", A3_X, A3_Y, ",\"alg\":\"ES384\""), CSN_ERROR_JWK_INVALID, "\"ES384"},
      {EC("P-256", A3_X, A3_Y, ",\"alg\":\"EdDSA\""), CSN_ERROR_JWK_INVALID, "\"EdDSA"},
      {EC("P-256", A3_Y, A3_X, ""), CSN_ERROR_KEY_INVALID, NULL}, /* not on the curve */
      {EC("P-256", A3_X, A3_X, ""), CSN_ERROR_KEY_INVALID, NULL},
      {EC("P-384", A3_X, A3_Y, ""), CSN_ERROR_KEY_INVALID, NULL}, /* too short */
      {EC("P-256", "AA" A3_X "A", A3_Y, ""), CSN_ERROR_KEY_INVALID, NULL},
      {EC("P-256", "", "", ""), CSN_ERROR_KEY_INVALID, NULL},
      {EC("P-256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""),
       CSN_ERROR_KEY_INVALID, NULL},
      {"{\"kty\":\"EC\",\"x\":\"AQAB\",\"y\":\"AQAB\"}", CSN_ERROR_JWK_INVALID, NULL}, /* no crv */
      {"{\"kty\":\"EC\",\"crv\":256}", CSN_ERROR_JWK_INVALID, "256"},
      {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\"}", CSN_ERROR_JWK_INVALID, NULL},
      {OKP("Ed25519", ED_X, ""), CSN_OK, NULL},
      {OKP("Ed25519", ED_X, ",\"alg\":\"EdDSA\""), CSN_OK, NULL},
      {OKP("Ed25519", ED_X, ",\"alg\":\"RS256\""), CSN_ERROR_JWK_INVALID, "\"RS"},
      {OKP("Ed448", ED_X, ""), CSN_ERROR_KEY_INVALID, NULL},
      {OKP("Ed25519", "AQAB", ""), CSN_ERROR_KEY_INVALID, NULL},
      {OKP("Ed25519", "AA" ED_X "A", ""), CSN_ERROR_KEY_INVALID, NULL},
      {OKP("Ed25519", "", ""), CSN_ERROR_KEY_INVALID, NULL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_keyring *ring = NULL;
    csn_jwks_result result;
    csn_error error = load(rows[i].text, CSN_ALG_HS256, CSN_USE_TOKEN, &ring, &result);
    size_t offset = rows[i].at == NULL ? 0 : (size_t)(strstr(rows[i].text, rows[i].at) - rows[i].text);
    if (error != rows[i].error || result.offset != offset) {
      fail_msg("row %zu: %s: %s at %zu", i, rows[i].text, csn_error_sentence(error), result.offset);
    }
    assert_int_equal(csn_keyring_count(ring), error == CSN_OK);
    csn_keyring_free(ring);
  }
}

/* The default is taken where it is one for the key's type; else the type's, or the curve's. */
static void algorithm_is_the_keys_or_the_default(void **state) {
  static const struct {
    const char *text;
    csn_alg given, expected;
  } rows[] = {
      {A2_JWK, CSN_ALG_HS256, CSN_ALG_RS256},
      {A2_JWK, CSN_ALG_PS512, CSN_ALG_PS512},
      {A2_JWK, CSN_ALG_ES256, CSN_ALG_RS256},
      {A3_JWK, CSN_ALG_ES512, CSN_ALG_ES256},
      {A4_JWK, CSN_ALG_ES256, CSN_ALG_ES512},
      {ED_JWK, CSN_ALG_HS256, CSN_ALG_EdDSA},
      {A1_JWK, CSN_ALG_RS256, CSN_ALG_HS256},
      {A1_JWK, CSN_ALG_HS512, CSN_ALG_HS512},
      {RSA(A2_N, "AQAB", ",\"alg\":\"PS256\""), CSN_ALG_RS256, CSN_ALG_PS256},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_keyring *ring = NULL;
    csn_jwks_result result;
    assert_int_equal(load(rows[i].text, rows[i].given, CSN_USE_TOKEN, &ring, &result), CSN_OK);
    assert_int_equal(test_only_token_key(ring)->alg, rows[i].expected);
    csn_keyring_free(ring);
  }
}

/* Requests are signed with the algorithms of RFC 9421: other keys are ignored in a set, and refused one by one. */
static void requests_have_the_public_keys_of_rfc_9421(void **state) {
  static const unsigned uses[] = {CSN_USE_REQUEST, CSN_USE_REQUEST | CSN_USE_TOKEN};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    csn_keyring *ring = NULL;
    csn_jwks_result result;
    csn_key key;
    csn_key_config config = {.alg = CSN_ALG_PS256, .uses = uses[i], .client_id = csn_span_str("c")};
    assert_int_equal(load("{\"keys\":[" A2_JWK "," A4_JWK "," RSA(A2_N, "AQAB", ",\"alg\":\"PS256\"") "]}",
                          CSN_ALG_HS256, uses[i], &ring, &result),
                     CSN_OK);
    assert_int_equal(result.added, 1);
    assert_int_equal(result.ignored, 2);
    csn_keyring_free(ring);
    assert_int_equal(load(A1_JWK, CSN_ALG_HS512, uses[i], &ring, &result), CSN_OK);
    assert_int_equal(result.added, 1);
    csn_keyring_free(ring);
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    assert_int_equal(csn_key_init_pkey(&key, &config, pkey, false), CSN_ERROR_ALGORITHM_UNSUPPORTED);
  }
}

/* ---- PEM ---- */

typedef int writer(BIO *bio, EVP_PKEY *pkey);

static int write_spki(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PUBKEY(bio, pkey);
}
static int write_pkcs1(BIO *bio, EVP_PKEY *pkey) {
  uint8_t *der = NULL;
  int len = i2d_PublicKey(pkey, &der);
  int written = PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, len);
  OPENSSL_free(der);
  return written > 0;
}
/* With bytes behind the key, inside the base64. */
static int write_spki_and_more(BIO *bio, EVP_PKEY *pkey) {
  uint8_t der[CSN_PEM_MAX] = {0}, *end = der;
  int len = i2d_PUBKEY(pkey, &end);
  return PEM_write_bio(bio, "PUBLIC KEY", "", der, len + 1) > 0;
}
static int write_private(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
}
static int write_encrypted(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), "password", 8, NULL, NULL);
}
static int write_legacy_encrypted(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(), (const uint8_t *)"password", 8, NULL, NULL);
}

/* The text of a key, and what comes of it for an algorithm. `before` and `after` stand around it. */
static csn_error init_pem(EVP_PKEY *pkey, writer *write, csn_alg alg, const char *before, const char *after) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  csn_key key;
  csn_key_config config = {.alg = alg, .uses = CSN_USE_TOKEN};
  BIO_puts(bio, before);
  assert_int_equal(write(bio, pkey), 1);
  BIO_puts(bio, after);
  long len = BIO_get_mem_data(bio, &text);
  csn_error error = csn_key_init_pem(&key, &config, guarded_copy(&pages, csn_span_of(text, (size_t)len)));
  static const csn_key zero;
  if (error != CSN_OK) assert_memory_equal(&key, &zero, sizeof key);
  if (error == CSN_OK) assert_int_equal(key.alg, alg);
  csn_key_wipe(&key);
  BIO_free(bio);
  return error;
}

static void public_keys_are_read_from_pem(void **state) {
  static const struct {
    const char *type, *group;
    csn_alg right, wrong;
  } rows[] = {
      {"RSA", NULL, CSN_ALG_PS256, CSN_ALG_ES256},     {"EC", "P-256", CSN_ALG_ES256, CSN_ALG_ES384},
      {"EC", "P-384", CSN_ALG_ES384, CSN_ALG_ES256},   {"EC", "P-521", CSN_ALG_ES512, CSN_ALG_RS512},
      {"ED25519", NULL, CSN_ALG_EdDSA, CSN_ALG_ES256}, {"ED448", NULL, CSN_ALG_EdDSA, CSN_ALG_RS256},
      {"X25519", NULL, CSN_ALG_NONE, CSN_ALG_EdDSA},   {"EC", "secp256k1", CSN_ALG_NONE, CSN_ALG_ES256},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    EVP_PKEY *pkey = rows[i].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[i].group)
                                           : EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type, (size_t)2048);
    assert_non_null(pkey);
    if (rows[i].right != CSN_ALG_NONE) {
      assert_int_equal(init_pem(pkey, write_spki, rows[i].right, "", ""), CSN_OK);
      assert_int_equal(init_pem(pkey, write_spki, rows[i].right, " \r\n", "\r\n \t\n"), CSN_OK);
    }
    assert_int_equal(init_pem(pkey, write_spki, rows[i].wrong, "", ""), CSN_ERROR_KEY_INVALID);
    assert_int_equal(init_pem(pkey, write_spki, CSN_ALG_HS256, "", ""), CSN_ERROR_ALGORITHM_UNSUPPORTED);
    assert_int_equal(init_pem(pkey, write_spki, CSN_ALG_NONE, "", ""), CSN_ERROR_ALGORITHM_UNSUPPORTED);
    EVP_PKEY_free(pkey);
  }
}

static void other_pem_is_refused(void **state) {
  EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
  EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2040);
  const csn_alg alg = CSN_ALG_RS256;
  csn_key key;
  csn_key_config config = {.alg = alg, .uses = CSN_USE_TOKEN};
  (void)state;
  assert_int_equal(init_pem(rsa, write_pkcs1, alg, "", ""), CSN_OK);
  assert_int_equal(init_pem(small, write_spki, alg, "", ""), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_spki_and_more, alg, "", ""), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_private, alg, "", ""), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_encrypted, alg, "", ""), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_legacy_encrypted, alg, "", ""), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_spki, alg, "x", ""), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_spki, alg, "", "x"), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init_pem(rsa, write_spki, alg, "", "-----BEGIN PUBLIC KEY-----\n"), CSN_ERROR_KEY_INVALID);
  assert_int_equal(csn_key_init_pem(&key, &config, csn_span_of(NULL, 0)), CSN_ERROR_KEY_INVALID);
  assert_int_equal(csn_key_init_pem(&key, &config, csn_span_str(A2_JWK)), CSN_ERROR_KEY_INVALID);
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(small);
}

/* Every prefix of a PEM text is refused, but for a line end. */
static void no_prefix_is_a_key(void **state) {
  EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  csn_key key;
  csn_key_config config = {.alg = CSN_ALG_EdDSA, .uses = CSN_USE_TOKEN};
  (void)state;
  assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
  size_t whole = (size_t)BIO_get_mem_data(bio, &text);
  for (size_t len = 0; len + 1 < whole; len++) { /* the last byte is a line end, and may be missing */
    assert_int_equal(csn_key_init_pem(&key, &config, guarded_copy(&pages, csn_span_of(text, len))),
                     CSN_ERROR_KEY_INVALID);
  }
  assert_int_equal(csn_key_init_pem(&key, &config, guarded_copy(&pages, csn_span_of(text, whole - 1))), CSN_OK);
  csn_key_wipe(&key);
  BIO_free(bio);
  EVP_PKEY_free(pkey);
}

/* A curve spelled out in parameters is not that curve (CVE-2020-0601). */
static void explicit_curves_are_refused(void **state) {
  EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
  (void)state;
  assert_int_equal(init_pem(pkey, write_spki, CSN_ALG_ES256, "", ""), CSN_OK);
  assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
  assert_int_equal(init_pem(pkey, write_spki, CSN_ALG_ES256, "", ""), CSN_ERROR_KEY_INVALID);
  EVP_PKEY_free(pkey);
}

/* ---- keys of small order ---- */

static csn_error init_okp(const char *curve, const uint8_t *x, size_t len) {
  csn_key key;
  csn_key_config config = {.alg = CSN_ALG_EdDSA, .uses = CSN_USE_TOKEN};
  csn_error error = csn_key_init_pkey(&key, &config, csn_pkey_from_okp(curve, csn_span_of(x, len)), false);
  csn_key_wipe(&key);
  return error;
}

/* OpenSSL takes the neutral element for a key, and then everybody's signature of everything: R the neutral element, s
 * 0. */
static void keys_of_small_order_are_refused(void **state) {
  static const struct {
    const char *curve, *hex; /* the rest is zeros */
    csn_error error;
  } table[] = {
      {"Ed25519", "00", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "01", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "03", CSN_OK},
      {"Ed25519", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", CSN_ERROR_KEY_INVALID},
      {"Ed25519", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", CSN_ERROR_KEY_INVALID},
      {"Ed448", "00", CSN_ERROR_KEY_INVALID},
      {"Ed448", "01", CSN_ERROR_KEY_INVALID},
      {"Ed448", "03", CSN_OK},
  };
  uint8_t neutral[32] = {1}, signature[64] = {1};
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    uint8_t x[57] = {0};
    size_t len = 0, whole = strcmp(table[i].curve, "Ed448") == 0 ? 57 : 32;
    assert_int_equal(OPENSSL_hexstr2buf_ex(x, sizeof x, &len, table[i].hex, 0), 1);
    assert_int_equal(init_okp(table[i].curve, x, whole), table[i].error);
  }
  EVP_PKEY *pkey = csn_pkey_from_okp("Ed25519", csn_span_of(neutral, sizeof neutral));
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL), 1);
  assert_int_equal(EVP_DigestVerify(context, signature, sizeof signature, (const uint8_t *)"any", 3), 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(pkey);
}

/* ---- holders ---- */

static void keys_are_counted(void **state) {
  csn_key first, second, third;
  csn_key_config config = {.alg = CSN_ALG_EdDSA, .uses = CSN_USE_TOKEN, .key_id = csn_span_str("k")};
  (void)state;
  assert_int_equal(csn_key_init_pkey(&first, &config, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false), CSN_OK);
  csn_key_copy(&second, &first);
  csn_key_copy(&third, &second);
  assert_ptr_equal(first.public_key, third.public_key);
  assert_int_equal(atomic_load(&first.public_key->holders), 3);
  csn_key_wipe(&first);
  csn_key_wipe(&second);
  assert_int_equal(atomic_load(&third.public_key->holders), 1);
  assert_true(csn_span_equal(csn_key_id(&third), csn_span_str("k")));
  csn_key_wipe(&third);
  assert_null(third.public_key);
  csn_key_wipe(&third);
}

/* A ring holds its keys while it grows, and lets them go; the sanitizers watch. */
static void ring_holds_keys_while_it_grows(void **state) {
  static const uint8_t seed[16] = {4};
  csn_keyring *ring = NULL;
  csn_key key;
  char id[8];
  (void)state;
  csn_key_config config = {.alg = CSN_ALG_EdDSA, .uses = CSN_USE_TOKEN};
  assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
  for (int i = 0; i < 40; i++) {
    config.key_id = csn_span_of(id, (size_t)snprintf(id, sizeof id, "%d", i));
    assert_int_equal(csn_key_init_pkey(&key, &config, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false), CSN_OK);
    assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
    assert_int_equal(csn_keyring_add_key(ring, &key), CSN_ERROR_KEY_DUPLICATE);
    assert_int_equal(atomic_load(&key.public_key->holders), 2);
    csn_key_wipe(&key);
  }
  const csn_key *found = test_find_key_id(ring, csn_span_str("0"));
  assert_int_equal(atomic_load(&found->public_key->holders), 1);
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(malformed_keys_are_refused),
      cmocka_unit_test(algorithm_is_the_keys_or_the_default),
      cmocka_unit_test(requests_have_the_public_keys_of_rfc_9421),
      cmocka_unit_test(public_keys_are_read_from_pem),
      cmocka_unit_test(other_pem_is_refused),
      cmocka_unit_test(no_prefix_is_a_key),
      cmocka_unit_test(explicit_curves_are_refused),
      cmocka_unit_test(keys_of_small_order_are_refused),
      cmocka_unit_test(keys_are_counted),
      cmocka_unit_test(ring_holds_keys_while_it_grows),
  };
  pages = guarded_new(CSN_PEM_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&pages);
  return failed;
}
