/* Keys, hashes and MACs: nothing is told of a secret, of the states that are made of it, of a message or of a MAC, but
 * their lengths. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../../src/hmac.h"
#include "check.h"

enum { MESSAGE_MAX = 600, SECRET_MAX = 200 };

typedef const EVP_MD *digest(void);

static const struct {
  csn_alg alg;
  size_t bytes, state_bytes;
  digest *md;
} algs[] = {
    {CSN_ALG_HS256, 32, 64, EVP_sha256}, {CSN_ALG_HS384, 48, 128, EVP_sha384}, {CSN_ALG_HS512, 64, 128, EVP_sha512}};
enum { ALGS = sizeof algs / sizeof algs[0] };

/* OpenSSL's own of the same, before anything is secret. */
static void expected_mac(size_t alg, csn_span secret, csn_span message, uint8_t mac[CSN_MAC_MAX]) {
  static const uint8_t nothing[1];
  unsigned len = 0;
  assert_non_null(HMAC(algs[alg].md(), secret.len > 0 ? secret.ptr : nothing, (int)secret.len,
                       message.len > 0 ? message.ptr : nothing, message.len, mac, &len));
  assert_int_equal(len, algs[alg].bytes);
}

/* The key of a secret secret: its states are secret, too. */
static void secret_key(size_t alg, csn_span secret, csn_key *key) {
  uint8_t hidden[SECRET_MAX];
  memset(key, 0, sizeof *key);
  memcpy(hidden, secret.ptr, secret.len);
  CSN_CT_SECRET(hidden, secret.len);
  assert_tells_nothing(csn_hmac_set_key_of(key, algs[alg].alg, csn_span_of(hidden, secret.len)));
  assert_int_equal(ct_secret_bytes(key->inner64, algs[alg].state_bytes), secret.len > 0 ? algs[alg].state_bytes : 0);
}

static void a_secret_becomes_a_key_that_tells_nothing(void **state) {
  static const size_t lengths[] = {0, 1, 32, 63, 64, 65, 127, 128, 129, SECRET_MAX};
  (void)state;
  for (size_t alg = 0; alg < ALGS; alg++) {
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
      uint8_t secret[SECRET_MAX], expected[CSN_MAC_MAX], mac[CSN_MAC_MAX];
      csn_key key;
      ct_fill(secret, sizeof secret, i);
      expected_mac(alg, csn_span_of(secret, lengths[i]), csn_span_str("message"), expected);
      secret_key(alg, csn_span_of(secret, lengths[i]), &key);
      assert_tells_nothing(csn_hmac_once(&key, csn_span_str("message"), mac));
      if (lengths[i] > 0) assert_secret(mac, algs[alg].bytes);
      assert_memory_equal(mac, expected, algs[alg].bytes);
      assert_tells_nothing(csn_key_wipe(&key));
      assert_int_equal(ct_secret_bytes(&key, sizeof key), 0);
    }
  }
}

/* In three pieces. */
static void mac_of_pieces(const csn_key *key, csn_span message, uint8_t *mac) {
  csn_hmac hmac;
  size_t first = message.len / 3, second = message.len / 2;
  csn_hmac_init(&hmac, key);
  csn_hmac_update(&hmac, csn_span_of(message.ptr, first));
  csn_hmac_update(&hmac, csn_span_of(message.ptr + first, second - first));
  csn_hmac_update(&hmac, csn_span_of(message.ptr + second, message.len - second));
  csn_hmac_final(&hmac, mac);
}

static void a_mac_tells_nothing_of_key_and_message(void **state) {
  static const uint8_t secret[40] = "forty bytes, of which nothing is told";
  (void)state;
  for (size_t alg = 0; alg < ALGS; alg++) {
    for (size_t len = 0; len <= MESSAGE_MAX; len += len < 150 ? 1 : 37) {
      uint8_t message[MESSAGE_MAX], expected[CSN_MAC_MAX], mac[CSN_MAC_MAX];
      csn_key key;
      ct_fill(message, len, len);
      expected_mac(alg, csn_span_of(secret, sizeof secret), csn_span_of(message, len), expected);
      secret_key(alg, csn_span_of(secret, sizeof secret), &key);
      CSN_CT_SECRET(message, len);
      assert_tells_nothing(csn_hmac_once(&key, csn_span_of(message, len), mac));
      assert_secret(mac, algs[alg].bytes);
      assert_memory_equal(mac, expected, algs[alg].bytes);
      assert_tells_nothing(mac_of_pieces(&key, csn_span_of(message, len), mac));
      assert_secret(mac, algs[alg].bytes);
      assert_memory_equal(mac, expected, algs[alg].bytes);
      if (algs[alg].alg != CSN_ALG_HS256) continue;
      assert_tells_nothing(csn_hmac_sha256(&key, csn_span_of(message, len), mac));
      assert_secret(mac, CSN_SHA256_BYTES);
      assert_memory_equal(mac, expected, CSN_SHA256_BYTES);
    }
  }
}

static void a_hash_tells_nothing_of_its_message(void **state) {
  (void)state;
  for (size_t alg = 0; alg < ALGS; alg++) {
    for (size_t len = 1; len <= 300; len += 7) {
      uint8_t message[300], expected[CSN_MAC_MAX], hash[CSN_MAC_MAX];
      ct_fill(message, len, len);
      assert_int_equal(EVP_Digest(message, len, expected, NULL, algs[alg].md(), NULL), 1);
      CSN_CT_SECRET(message, len);
      assert_tells_nothing(csn_sha2(algs[alg].bytes, csn_span_of(message, len), hash));
      assert_secret(hash, algs[alg].bytes);
      assert_memory_equal(hash, expected, algs[alg].bytes);
    }
  }
}

/* Of the right MAC nothing is told but whether the one that was given is it, wherever that is wrong. */
static void verifying_tells_only_its_verdict(void **state) {
  (void)state;
  for (size_t alg = 0; alg < ALGS; alg++) {
    uint8_t given[CSN_MAC_MAX], secret[64];
    csn_key key;
    size_t len = algs[alg].bytes;
    ct_fill(secret, sizeof secret, alg);
    expected_mac(alg, csn_span_of(secret, sizeof secret), csn_span_str("message"), given);
    secret_key(alg, csn_span_of(secret, sizeof secret), &key);
    for (size_t wrong = 0; wrong <= len; wrong++) {
      bool good = false;
      uint8_t change = wrong < len ? (uint8_t)(1u << wrong % 8) : 0;
      size_t published = csn_ct_published;
      given[wrong % len] ^= change;
      assert_tells_nothing(good = csn_key_verify(&key, csn_span_str("message"), csn_span_of(given, len)));
      given[wrong % len] ^= change;
      assert_int_equal(good, wrong == len);
      assert_int_equal(csn_ct_published, published + 1);
    }
  }
}

int ct_mac(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_secret_becomes_a_key_that_tells_nothing),
      cmocka_unit_test(a_mac_tells_nothing_of_key_and_message),
      cmocka_unit_test(a_hash_tells_nothing_of_its_message),
      cmocka_unit_test(verifying_tells_only_its_verdict),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
