/* Signatures: what others published verifies, what OpenSSL signs verifies, and nothing near it does. */
#include "support.h"

#include <countersign/jwt.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "../src/alg.h"
#include "../src/encoding.h"
#include "../src/public_key.h"
#include "guarded.h"
#include "jose_answers.h"

static guarded pages;

static const csn_alg all_algs[] = {
#define ALG(name, text, bytes) CSN_ALG_##name,
    CSN_ALG_LIST(ALG)
#undef ALG
};
enum { ALGS = sizeof all_algs / sizeof all_algs[0] };

static csn_keyring *ring_of(const char *jwks) {
  static const uint8_t seed[16] = {3};
  csn_keyring *ring = NULL;
  csn_key_config defaults = CSN_KEY_CONFIG_DEFAULT;
  csn_jwks_result result;
  defaults.uses = CSN_USE_TOKEN;
  assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
  csn_error error = csn_keyring_add_jwks(ring, csn_span_str(jwks), &defaults, &result);
  if (error != CSN_OK) fail_msg("%s: %s", jwks, csn_error_sentence(error));
  return ring;
}

static csn_verdict verdict_of(const csn_keyring *ring, csn_span token, unsigned algorithms) {
  csn_jwt_policy policy = {.algorithms = algorithms, .signature_only = true};
  static csn_jwt jwt;
  csn_verdict verdict;
  test_jwt_verify(ring, &policy, guarded_copy(&pages, token), 1300000000, &jwt, &verdict);
  return verdict;
}

/* ---- known answers ---- */

typedef struct answer {
  csn_alg alg;
  const char *jwk, *token;
} answer;

static const answer answers[] = {
    {CSN_ALG_HS256, A1_JWK, A1_TOKEN},        {CSN_ALG_RS256, A2_JWK, A2_TOKEN},
    {CSN_ALG_ES256, A3_JWK, A3_TOKEN},        {CSN_ALG_ES512, A4_JWK, A4_TOKEN},
    {CSN_ALG_RS256, "{" C_RSA "}", C1_TOKEN}, {CSN_ALG_PS384, "{" C_RSA ",\"alg\":\"PS384\"}", C2_TOKEN},
    {CSN_ALG_ES512, C3_JWK, C3_TOKEN},        {CSN_ALG_HS256, C4_JWK, C4_TOKEN},
    {CSN_ALG_EdDSA, ED_JWK, ED_TOKEN},
};
enum { ANSWERS = sizeof answers / sizeof answers[0] };

static void published_tokens_verify(void **state) {
  (void)state;
  for (size_t i = 0; i < ANSWERS; i++) {
    csn_keyring *ring = ring_of(answers[i].jwk);
    csn_span token = csn_span_str(answers[i].token);
    assert_int_equal(test_only_token_key(ring)->alg, answers[i].alg);
    assert_int_equal(verdict_of(ring, token, 1u << answers[i].alg).reason, CSN_REASON_ACCEPTED);
    assert_int_equal(verdict_of(ring, token, ~(1u << answers[i].alg) & 0x3ffe).reason, CSN_REASON_ALG_NOT_ALLOWED);
    csn_keyring_free(ring);
  }
}

/* No published token verifies with the key of another, whatever the allow-list. */
static void keys_verify_only_their_own(void **state) {
  size_t accepted = 0;
  (void)state;
  for (size_t k = 0; k < ANSWERS; k++) {
    csn_keyring *ring = ring_of(answers[k].jwk);
    for (size_t t = 0; t < ANSWERS; t++) {
      csn_verdict verdict = verdict_of(ring, csn_span_str(answers[t].token), 0x3ffe);
      bool same_key = strcmp(answers[k].jwk, answers[t].jwk) == 0;
      assert_int_equal(verdict.reason == CSN_REASON_ACCEPTED, same_key);
      accepted += same_key;
    }
    csn_keyring_free(ring);
  }
  assert_int_equal(accepted, ANSWERS);
}

static void every_bit_of_a_signature_counts(void **state) {
  char text[2048];
  (void)state;
  for (size_t i = 0; i < ANSWERS; i++) {
    csn_keyring *ring = ring_of(answers[i].jwk);
    size_t len = strlen(answers[i].token), start = (size_t)(strrchr(answers[i].token, '.') + 1 - answers[i].token);
    for (size_t at = start; at < len; at++) {
      memcpy(text, answers[i].token, len);
      text[at] = text[at] == 'A' ? 'B' : 'A';
      csn_reason reason = verdict_of(ring, csn_span_of(text, len), 0x3ffe).reason;
      bool last = at == len - 1; /* may have bits that must be zero */
      if (!last) assert_int_equal(reason, CSN_REASON_SIGNATURE_MISMATCH);
      assert_true(reason == CSN_REASON_SIGNATURE_MISMATCH || reason == CSN_REASON_BASE64URL_INVALID);
    }
    csn_keyring_free(ring);
  }
}

/* Too short by a character or by many, too long by as many: never read as another length. */
static void lengths_are_exact(void **state) {
  char text[4096];
  (void)state;
  for (size_t i = 0; i < ANSWERS; i++) {
    csn_keyring *ring = ring_of(answers[i].jwk);
    size_t len = strlen(answers[i].token), start = (size_t)(strrchr(answers[i].token, '.') + 1 - answers[i].token);
    memcpy(text, answers[i].token, len);
    memset(text + len, 'A', 400);
    for (size_t cut = start + 1; cut < len + 400; cut++) {
      if (cut == len) continue;
      csn_verdict verdict = verdict_of(ring, csn_span_of(text, cut), 0x3ffe);
      if (verdict.reason == CSN_REASON_BASE64URL_INVALID) continue; /* no whole number of bytes */
      assert_int_equal(verdict.reason, CSN_REASON_SIGNATURE_LENGTH);
      size_t end = answers[i].alg == CSN_ALG_EdDSA && cut > start + 152 ? start + 152 : len; /* 152: of Ed448 */
      assert_int_equal(verdict.offset, cut < len ? cut : end);
    }
    csn_keyring_free(ring);
  }
}

/* RFC 8032 section 7.4, "Blank" */
static void ed448_of_the_rfc(void **state) {
  static const char jwk_x[] =
      "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd"
      "1fa1abeafe8256180";
  static const char hex[] =
      "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c5"
      "9bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f0"
      "5a7363268c71d95808ff2e652600";
  uint8_t x[57], signature[CSN_ED448_SIGNATURE];
  size_t len = 0;
  csn_key key;
  csn_key_config config = {.alg = CSN_ALG_EdDSA, .uses = CSN_USE_TOKEN};
  (void)state;
  assert_int_equal(OPENSSL_hexstr2buf_ex(x, sizeof x, &len, jwk_x, 0), 1);
  assert_int_equal(OPENSSL_hexstr2buf_ex(signature, sizeof signature, &len, hex, 0), 1);
  assert_int_equal(csn_key_init_pkey(&key, &config, csn_pkey_from_okp("Ed448", csn_span_of(x, sizeof x)), false),
                   CSN_OK);
  assert_int_equal(csn_key_signature_bytes(&key), CSN_ED448_SIGNATURE);
  assert_true(csn_key_verify(&key, csn_span_of(NULL, 0), csn_span_of(signature, sizeof signature)));
  assert_false(csn_key_verify(&key, csn_span_str("x"), csn_span_of(signature, sizeof signature)));
  assert_false(csn_key_verify(&key, csn_span_of(NULL, 0), csn_span_of(signature, CSN_ED25519_SIGNATURE)));
  csn_key_wipe(&key);
}

/* ---- what OpenSSL signs ---- */

static EVP_PKEY *generate(const csn_alg_row *alg, bool other_curve) {
  if (alg->kind == CSN_KIND_ECDSA) return EVP_PKEY_Q_keygen(NULL, NULL, "EC", alg->group);
  if (alg->kind == CSN_KIND_EDDSA) return EVP_PKEY_Q_keygen(NULL, NULL, other_curve ? "ED448" : "ED25519");
  return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)(other_curve ? 2056 : 2048));
}

static size_t fixed_of_der(const uint8_t *der, size_t len, size_t half, uint8_t *out) {
  const uint8_t *at = der;
  ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
  assert_non_null(sig);
  assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)half), (int)half);
  assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, (int)half), (int)half);
  ECDSA_SIG_free(sig);
  return 2 * half;
}

static size_t sign_with_openssl(EVP_PKEY *pkey, const csn_alg_row *alg, csn_span message, int salt, uint8_t *out) {
  uint8_t der[CSN_SIGNATURE_MAX];
  size_t len = sizeof der;
  EVP_PKEY_CTX *context = NULL;
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestSignInit_ex(md, &context, alg->hash, NULL, NULL, pkey, NULL), 1);
  if (alg->kind == CSN_KIND_RSA_PSS) {
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt), 1);
  }
  assert_int_equal(EVP_DigestSign(md, der, &len, message.ptr, message.len), 1);
  EVP_MD_CTX_free(md);
  if (alg->kind == CSN_KIND_ECDSA) return fixed_of_der(der, len, alg->signature_bytes / 2, out);
  memcpy(out, der, len);
  return len;
}

static void check_against_openssl(const csn_alg_row *alg, bool other_curve) {
  uint8_t message[300], signature[CSN_SIGNATURE_MAX];
  csn_key_config config = {.alg = alg->alg, .uses = CSN_USE_TOKEN};
  EVP_PKEY *pkey = generate(alg, other_curve);
  csn_key key;
  assert_non_null(pkey);
  assert_int_equal(EVP_PKEY_up_ref(pkey), 1);
  assert_int_equal(csn_key_init_pkey(&key, &config, pkey, false), CSN_OK);
  for (size_t i = 0; i < 32; i++) {
    size_t message_len = 1 + (i * 37) % sizeof message;
    for (size_t at = 0; at < message_len; at++) message[at] = (uint8_t)(at * 7 + i);
    csn_span text = guarded_copy(&pages, csn_span_of(message, message_len));
    size_t len = sign_with_openssl(pkey, alg, text, RSA_PSS_SALTLEN_DIGEST, signature);
    csn_span given = csn_span_of(signature, len);
    assert_int_equal(len, csn_key_signature_bytes(&key));
    assert_true(csn_key_verify(&key, text, given));
    assert_false(csn_key_verify(&key, csn_span_of(text.ptr, text.len - 1), given));
    assert_false(csn_key_verify(&key, text, csn_span_of(signature, len - 1)));
    signature[i % len] ^= (uint8_t)(1 << i % 8);
    assert_false(csn_key_verify(&key, text, given));
  }
  csn_key_wipe(&key);
  EVP_PKEY_free(pkey);
}

static void what_openssl_signs_verifies(void **state) {
  (void)state;
  for (size_t i = 0; i < ALGS; i++) {
    const csn_alg_row *alg = csn_alg_find(all_algs[i]);
    if (alg->kind == CSN_KIND_HMAC) continue;
    check_against_openssl(alg, false);
    if (alg->kind != CSN_KIND_ECDSA) check_against_openssl(alg, true);
  }
}

/* RFC 7518 section 3.5: the salt is as long as the hash. */
static void pss_salt_has_one_length(void **state) {
  const csn_alg_row *alg = csn_alg_find(CSN_ALG_PS256);
  const csn_span text = csn_span_str("text");
  uint8_t signature[CSN_SIGNATURE_MAX];
  csn_key_config config = {.alg = CSN_ALG_PS256, .uses = CSN_USE_TOKEN};
  EVP_PKEY *pkey = generate(alg, false);
  csn_key key;
  (void)state;
  assert_int_equal(EVP_PKEY_up_ref(pkey), 1);
  assert_int_equal(csn_key_init_pkey(&key, &config, pkey, false), CSN_OK);
  for (int salt = 30; salt <= 34; salt++) {
    size_t len = sign_with_openssl(pkey, alg, text, salt, signature);
    assert_int_equal(csn_key_verify(&key, text, csn_span_of(signature, len)), salt == 32);
  }
  csn_key_wipe(&key);
  EVP_PKEY_free(pkey);
}

/* ---- r and s of ECDSA ---- */

static bool verifies(const csn_key *key, const uint8_t *r, const uint8_t *s, size_t half) {
  uint8_t signature[2 * CSN_ECDSA_HALF_MAX];
  memcpy(signature, r, half);
  memcpy(signature + half, s, half);
  return csn_key_verify(key, csn_span_str("text"), csn_span_of(signature, 2 * half));
}

/* Of each of these numbers in the place of r, s or both: 0, the order, above it, and what is right plus the order. */
static void ecdsa_numbers_are_in_range(void **state) {
  (void)state;
  for (csn_alg name = CSN_ALG_ES256; name <= CSN_ALG_ES512; name++) {
    const csn_alg_row *alg = csn_alg_find(name);
    size_t half = alg->signature_bytes / 2;
    uint8_t signature[2 * CSN_ECDSA_HALF_MAX], bad[4][CSN_ECDSA_HALF_MAX];
    const uint8_t *r = signature, *s = signature + half;
    csn_key_config config = {.alg = name, .uses = CSN_USE_TOKEN};
    EVP_PKEY *pkey = generate(alg, false);
    csn_key key;
    memset(bad[0], 0, half);
    memcpy(bad[1], alg->order, half);
    memcpy(bad[2], alg->order, half);
    bad[2][half - 1]++;
    memset(bad[3], 0xff, half);
    assert_int_equal(EVP_PKEY_up_ref(pkey), 1);
    assert_int_equal(csn_key_init_pkey(&key, &config, pkey, false), CSN_OK);
    sign_with_openssl(pkey, alg, csn_span_str("text"), 0, signature);
    assert_true(verifies(&key, r, s, half));
    assert_false(verifies(&key, s, r, half));
    for (size_t i = 0; i < 4; i++) {
      assert_false(verifies(&key, bad[i], s, half));
      assert_false(verifies(&key, r, bad[i], half));
      for (size_t j = 0; j < 4; j++) assert_false(verifies(&key, bad[i], bad[j], half));
    }
    csn_key_wipe(&key);
    EVP_PKEY_free(pkey);
  }
}

/* The orders are those of OpenSSL's curves, so that the check above is at the right place. */
static void orders_are_those_of_the_curves(void **state) {
  (void)state;
  for (csn_alg name = CSN_ALG_ES256; name <= CSN_ALG_ES512; name++) {
    const csn_alg_row *alg = csn_alg_find(name);
    EVP_PKEY *pkey = generate(alg, false);
    BIGNUM *order = NULL;
    uint8_t bytes[CSN_ECDSA_HALF_MAX];
    int half = (int)alg->signature_bytes / 2;
    assert_int_equal(EVP_PKEY_get_bn_param(pkey, "order", &order), 1);
    assert_int_equal(BN_bn2binpad(order, bytes, half), half);
    assert_memory_equal(bytes, alg->order, (size_t)half);
    BN_free(order);
    EVP_PKEY_free(pkey);
  }
}

/* ---- confusion ---- */

/* The public key's text as an HMAC secret (CVE-2015-9235): the attacker's token names HS256. */
static void public_key_is_no_secret(void **state) {
  char text[1024];
  const char *input = "eyJhbGciOiJIUzI1NiJ9." A_CLAIMS; /* {"alg":"HS256"} */
  uint8_t mac[32];
  unsigned mac_len = 0;
  csn_keyring *ring = ring_of(A2_JWK);
  (void)state;
  HMAC(EVP_sha256(), A2_JWK, (int)strlen(A2_JWK), (const uint8_t *)input, strlen(input), mac, &mac_len);
  char *at = stpcpy(stpcpy(text, input), ".");
  csn_base64url_encode(csn_span_of(mac, sizeof mac), at);
  csn_span token = csn_span_of(text, (size_t)(at - text) + 43);
  assert_int_equal(verdict_of(ring, token, 0x3ffe).reason, CSN_REASON_KEY_UNKNOWN);
  csn_keyring_free(ring);
}

/* A key whose name of the algorithm was changed by hand verifies nothing. */
static void key_of_another_algorithm_verifies_nothing(void **state) {
  csn_keyring *ring = ring_of(A3_JWK);
  csn_key key;
  uint8_t signature[64];
  size_t wrong;
  const char *dot = strrchr(A3_TOKEN, '.');
  csn_span text = csn_span_of(A3_TOKEN, (size_t)(strlen(A3_TOKEN) - strlen(dot))), given = csn_span_of(signature, 64);
  (void)state;
  csn_key_copy(&key, test_only_token_key(ring));
  csn_keyring_free(ring); /* the copy lives on */
  assert_true(csn_base64url_decode(csn_span_str(A3_SIGNATURE), signature, &wrong));
  assert_true(csn_key_verify(&key, text, given));
  for (csn_alg alg = CSN_ALG_NONE; alg <= CSN_ALG_EdDSA + 1; alg++) {
    key.alg = alg;
    assert_int_equal(csn_key_verify(&key, text, given), alg == CSN_ALG_ES256);
  }
  csn_key_wipe(&key);
  assert_false(csn_key_verify(&key, text, given));
  key.alg = CSN_ALG_ES256;
  assert_false(csn_key_verify(&key, text, given));
}

/* ---- HMAC of the three hashes ---- */

static void macs_are_those_of_openssl(void **state) {
  static const struct {
    csn_alg alg;
    const char *hash;
    size_t bytes;
  } rows[] = {{CSN_ALG_HS256, "SHA256", 32}, {CSN_ALG_HS384, "SHA384", 48}, {CSN_ALG_HS512, "SHA512", 64}};
  uint8_t secret[300], expected[64];
  (void)state;
  for (size_t i = 0; i < sizeof secret; i++) secret[i] = (uint8_t)(i * 11 + 5);
  for (size_t i = 0; i < 3; i++) {
    for (size_t len = rows[i].bytes; len <= sizeof secret; len++) {
      csn_key key;
      csn_key_config config = {.alg = rows[i].alg, .uses = CSN_USE_TOKEN, .secret = csn_span_of(secret, len)};
      csn_span text = guarded_copy(&pages, csn_span_of(secret, len * 7 % sizeof secret));
      unsigned mac_len = 0;
      HMAC(EVP_get_digestbyname(rows[i].hash), secret, (int)len, text.ptr, text.len, expected, &mac_len);
      assert_int_equal(mac_len, rows[i].bytes);
      assert_int_equal(csn_key_init(&key, &config), CSN_OK);
      assert_true(csn_key_verify(&key, text, csn_span_of(expected, mac_len)));
      assert_false(csn_key_verify(&key, text, csn_span_of(expected, mac_len - 1)));
      assert_false(csn_key_verify(&key, text, csn_span_of(expected, 0)));
      expected[len % mac_len] ^= 0x80;
      assert_false(csn_key_verify(&key, text, csn_span_of(expected, mac_len)));
      csn_key_wipe(&key);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_tokens_verify),
      cmocka_unit_test(keys_verify_only_their_own),
      cmocka_unit_test(every_bit_of_a_signature_counts),
      cmocka_unit_test(lengths_are_exact),
      cmocka_unit_test(ed448_of_the_rfc),
      cmocka_unit_test(what_openssl_signs_verifies),
      cmocka_unit_test(pss_salt_has_one_length),
      cmocka_unit_test(ecdsa_numbers_are_in_range),
      cmocka_unit_test(orders_are_those_of_the_curves),
      cmocka_unit_test(public_key_is_no_secret),
      cmocka_unit_test(key_of_another_algorithm_verifies_nothing),
      cmocka_unit_test(macs_are_those_of_openssl),
  };
  pages = guarded_new(1 << 14);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&pages);
  return failed;
}
