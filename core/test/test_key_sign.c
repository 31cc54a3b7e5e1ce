/* Signing with a key: what it signs verifies, with this library and with OpenSSL alone. */
#include "support.h"

#include <countersign/jwt.h>
#include <countersign/sign.h>
#include <openssl/pem.h>

#include "../src/encoding.h"
#include "../src/public_key.h"
#include "guarded.h"
#include "jose_answers.h"

static guarded pages;

typedef struct row {
  csn_alg alg;
  const char *type, *group;
} row;

static const row rows[] = {
    {CSN_ALG_RS256, "RSA", NULL},     {CSN_ALG_RS384, "RSA", NULL},   {CSN_ALG_RS512, "RSA", NULL},
    {CSN_ALG_PS256, "RSA", NULL},     {CSN_ALG_PS384, "RSA", NULL},   {CSN_ALG_PS512, "RSA", NULL},
    {CSN_ALG_ES256, "EC", "P-256"},   {CSN_ALG_ES384, "EC", "P-384"}, {CSN_ALG_ES512, "EC", "P-521"},
    {CSN_ALG_EdDSA, "ED25519", NULL}, {CSN_ALG_EdDSA, "ED448", NULL},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static EVP_PKEY *generate(const row *r) {
  if (r->group != NULL) return EVP_PKEY_Q_keygen(NULL, NULL, "EC", r->group);
  return EVP_PKEY_Q_keygen(NULL, NULL, r->type, (size_t)2048);
}

typedef int writer(BIO *bio, EVP_PKEY *pkey);
static int write_public(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PUBKEY(bio, pkey);
}
static int write_private(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
}
static int write_traditional(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
}
static int write_encrypted(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), "password", 8, NULL, NULL);
}
static int write_legacy_encrypted(BIO *bio, EVP_PKEY *pkey) {
  return PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(), (const uint8_t *)"password", 8, NULL, NULL);
}

static csn_error init(csn_key *key, EVP_PKEY *pkey, writer *write, csn_alg alg, bool private) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  csn_key_config config = {.alg = alg, .uses = CSN_USE_TOKEN, .key_id = csn_span_str("k")};
  assert_int_equal(write(bio, pkey), 1);
  long len = BIO_get_mem_data(bio, &text);
  csn_span pem = guarded_copy(&pages, csn_span_of(text, (size_t)len));
  csn_error error = private ? csn_key_init_private_pem(key, &config, pem) : csn_key_init_pem(key, &config, pem);
  BIO_free(bio);
  return error;
}

/* A token by the private key, accepted by a ring that has the public one, and by none that has another. */
static void tokens_verify_with_the_public_key(void **state) {
  static const uint8_t seed[16] = {1};
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  static csn_jwt jwt;
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    EVP_PKEY *pkey = generate(&rows[i]), *other = generate(&rows[i]);
    csn_key signer, keys[2];
    uint8_t token[4096];
    size_t len = 0;
    assert_int_equal(init(&signer, pkey, write_private, rows[i].alg, true), CSN_OK);
    assert_int_equal(init(&keys[0], pkey, write_public, rows[i].alg, false), CSN_OK);
    assert_int_equal(init(&keys[1], other, write_public, rows[i].alg, false), CSN_OK);
    assert_int_equal(csn_sign_jwt(&keys[0], csn_span_str("{}"), token, sizeof token, &len), CSN_ERROR_INVALID_ARGUMENT);
    assert_int_equal(csn_sign_jwt(&signer, csn_span_str("{\"exp\":100}"), token, sizeof token, &len), CSN_OK);
    policy.algorithms = 1u << rows[i].alg;
    for (size_t k = 0; k < 2; k++) {
      csn_keyring *ring = NULL;
      csn_verdict verdict;
      assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
      assert_int_equal(csn_keyring_add_key(ring, &keys[k]), CSN_OK);
      test_jwt_verify(ring, &policy, csn_span_of(token, len), 99, &jwt, &verdict);
      assert_int_equal(verdict.reason, k == 0 ? CSN_REASON_ACCEPTED : CSN_REASON_SIGNATURE_MISMATCH);
      csn_keyring_free(ring);
      csn_key_wipe(&keys[k]);
    }
    csn_key_wipe(&signer);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(other);
  }
}

/* A longer one is of the algorithm, but not of this key, which says so and where. */
static void signature_has_the_length_of_its_key(void **state) {
  static const uint8_t seed[16] = {1};
  static const size_t of_many_lengths[] = {0, 3, 9};
  static csn_jwt jwt;
  (void)state;
  for (size_t i = 0; i < sizeof of_many_lengths / sizeof of_many_lengths[0]; i++) {
    const row *r = &rows[of_many_lengths[i]];
    csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
    EVP_PKEY *pkey = generate(r);
    csn_keyring *ring = NULL;
    csn_verdict verdict;
    csn_key signer, key;
    uint8_t token[4096];
    size_t len = 0;
    assert_int_equal(init(&signer, pkey, write_private, r->alg, true), CSN_OK);
    assert_int_equal(init(&key, pkey, write_public, r->alg, false), CSN_OK);
    assert_int_equal(csn_sign_jwt(&signer, csn_span_str("{\"exp\":100}"), token, sizeof token, &len), CSN_OK);
    memcpy(token + len, "AAAA", 4);
    policy.algorithms = 1u << r->alg;
    assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
    assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
    test_jwt_verify(ring, &policy, csn_span_of(token, len + 4), 99, &jwt, &verdict);
    assert_int_equal(verdict.reason, CSN_REASON_SIGNATURE_LENGTH);
    assert_int_equal(verdict.field, CSN_FIELD_TOKEN);
    assert_int_equal(verdict.offset, len);
    csn_keyring_free(ring);
    csn_key_wipe(&key);
    csn_key_wipe(&signer);
    EVP_PKEY_free(pkey);
  }
}

static void room_is_asked_for_exactly(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    EVP_PKEY *pkey = generate(&rows[i]);
    csn_key key;
    uint8_t out[CSN_SIGNATURE_MAX];
    size_t len = 7;
    assert_int_equal(init(&key, pkey, write_private, rows[i].alg, true), CSN_OK);
    size_t bytes = csn_key_signature_bytes(&key);
    csn_span text = csn_span_str("text");
    assert_int_equal(csn_key_sign(&key, text, out, bytes - 1, &len), CSN_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(len, 0);
    assert_int_equal(csn_key_sign(&key, text, NULL, 0, &len), CSN_ERROR_BUFFER_TOO_SMALL);
    for (int turn = 0; turn < 64; turn++) { /* one r of 256 has a leading zero */
      memset(out, 0xa5, sizeof out);
      assert_int_equal(csn_key_sign(&key, text, out, bytes, &len), CSN_OK);
      assert_int_equal(len, bytes);
      assert_int_equal(out[bytes], 0xa5);
      assert_true(csn_key_verify(&key, text, csn_span_of(out, len)));
      if (rows[i].group == NULL && turn > 1) break;
    }
    assert_int_equal(csn_key_sign(&key, csn_span_of(NULL, 0), out, bytes, &len), CSN_OK);
    assert_true(csn_key_verify(&key, csn_span_of(NULL, 0), csn_span_of(out, len)));
    key.alg = CSN_ALG_HS256;
    assert_int_equal(csn_key_sign(&key, text, out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
    csn_key_wipe(&key);
    assert_int_equal(csn_key_sign(&key, text, out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
    EVP_PKEY_free(pkey);
  }
}

/* RFC 8037 appendix A.1 and A.4: EdDSA gives the same bytes each time. */
static void ed25519_signature_is_that_of_the_rfc(void **state) {
  uint8_t seed[32], signature[CSN_ED25519_SIGNATURE];
  char text[86];
  size_t wrong, len;
  csn_key key;
  csn_key_config config = {.alg = CSN_ALG_EdDSA, .uses = CSN_USE_TOKEN};
  const char *dot = strrchr(ED_TOKEN, '.');
  (void)state;
  assert_true(csn_base64url_decode(csn_span_str("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), seed, &wrong));
  EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
  assert_int_equal(csn_key_init_pkey(&key, &config, pkey, true), CSN_OK);
  csn_span input = csn_span_of(ED_TOKEN, strlen(ED_TOKEN) - strlen(dot));
  assert_int_equal(csn_key_sign(&key, input, signature, sizeof signature, &len), CSN_OK);
  csn_base64url_encode(csn_span_of(signature, len), text);
  assert_memory_equal(text, dot + 1, sizeof text);
  csn_key_wipe(&key);
}

static void hmac_keys_sign_too(void **state) {
  csn_key key;
  csn_key_config config = {.alg = CSN_ALG_HS512, .uses = CSN_USE_TOKEN};
  uint8_t secret[64] = {1}, out[CSN_MAC_MAX];
  size_t len = 0;
  (void)state;
  config.secret = csn_span_of(secret, sizeof secret);
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  assert_int_equal(csn_key_sign(&key, csn_span_str("a"), out, 63, &len), CSN_ERROR_BUFFER_TOO_SMALL);
  assert_int_equal(csn_key_sign(&key, csn_span_str("a"), out, 64, &len), CSN_OK);
  assert_int_equal(len, 64);
  assert_true(csn_key_verify(&key, csn_span_str("a"), csn_span_of(out, 64)));
  csn_key_wipe(&key);
}

static void private_pem_is_strict(void **state) {
  EVP_PKEY *rsa = generate(&rows[0]), *ec = generate(&rows[6]);
  csn_key key;
  (void)state;
  assert_int_equal(init(&key, rsa, write_traditional, CSN_ALG_RS256, true), CSN_OK);
  csn_key_wipe(&key);
  assert_int_equal(init(&key, ec, write_traditional, CSN_ALG_ES256, true), CSN_OK);
  csn_key_wipe(&key);
  assert_int_equal(init(&key, ec, write_private, CSN_ALG_ES384, true), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init(&key, ec, write_private, CSN_ALG_RS256, true), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init(&key, rsa, write_public, CSN_ALG_RS256, true), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init(&key, rsa, write_private, CSN_ALG_RS256, false), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init(&key, rsa, write_encrypted, CSN_ALG_RS256, true), CSN_ERROR_KEY_INVALID);
  assert_int_equal(init(&key, rsa, write_legacy_encrypted, CSN_ALG_RS256, true), CSN_ERROR_KEY_INVALID);
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(ec);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tokens_verify_with_the_public_key),
      cmocka_unit_test(signature_has_the_length_of_its_key),
      cmocka_unit_test(room_is_asked_for_exactly),
      cmocka_unit_test(ed25519_signature_is_that_of_the_rfc),
      cmocka_unit_test(hmac_keys_sign_too),
      cmocka_unit_test(private_pem_is_strict),
  };
  pages = guarded_new(CSN_PEM_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&pages);
  return failed;
}
