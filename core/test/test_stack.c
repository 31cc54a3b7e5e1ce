/* What was computed of secrets is left in the results alone, not on the stack. The sanitizers lay out frames of their
 * own, which are larger, or lie elsewhere: this is not for them. */
#include <openssl/evp.h>

#include "../src/ct.h"
#include "../src/hmac.h"
#include "../src/mac_many.h"
#include "support.h"

enum { BELOW = 65536, WATCHED_MAX = 400 };

/* ---- what is watched ---- */

static uint32_t watched[WATCHED_MAX];
static size_t watched_count;

/* Words that must not be left, each xor `mask`, and with their bytes turned round. */
static void watch(const void *secret, size_t len, uint32_t mask) {
  for (size_t at = 0; at + sizeof(uint32_t) <= len; at += sizeof(uint32_t)) {
    uint32_t word;
    memcpy(&word, (const uint8_t *)secret + at, sizeof word);
    assert_true(watched_count + 2 <= WATCHED_MAX);
    watched[watched_count++] = word ^ mask;
    watched[watched_count++] = __builtin_bswap32(word ^ mask);
  }
}

/* How many of them lie below the caller's frame. */
__attribute__((noinline)) static size_t watched_below(void) {
  uint8_t below[BELOW];
  size_t found = 0;
  __asm__ volatile("" : "=m"(below)); /* whatever is there */
  for (size_t i = 0; i < watched_count; i++) found += memmem(below, sizeof below, &watched[i], 4) != NULL;
  return found;
}

__attribute__((noinline)) static void leave_words(void) {
  uint8_t room[BELOW / 2];
  memcpy(room, watched, 8 * sizeof watched[0]);
  __asm__ volatile("" : "+m"(room));
}

__attribute__((noinline)) static void clean_below(void) {
  uint8_t room[BELOW + 4096];
  csn_wipe(room, sizeof room);
}

/* ---- MACs ---- */

enum { MESSAGE = 500 /* bytes: whole blocks of it are hashed where they lie, the rest is copied */, SECRET = 48 };

static const csn_alg algs[] = {CSN_ALG_HS256, CSN_ALG_HS384, CSN_ALG_HS512};
enum { ALGS = sizeof algs / sizeof algs[0] };

static uint8_t secret[SECRET], bytes[MESSAGE];
static const csn_span message = {bytes, MESSAGE};
static csn_key key;

/* The hash of which the outer one is taken. */
static void watch_inner_hash(const EVP_MD *md) {
  uint8_t text[CSN_SHA512_BLOCK + MESSAGE], hash[EVP_MAX_MD_SIZE];
  size_t block = (size_t)EVP_MD_get_block_size(md);
  unsigned len = 0;
  memset(text, 0x36, block);
  for (size_t i = 0; i < SECRET; i++) text[i] ^= secret[i];
  memcpy(text + block, bytes, MESSAGE);
  assert_int_equal(EVP_Digest(text, block + MESSAGE, hash, &len, md, NULL), 1);
  watch(hash, len, 0);
}

static void watch_states(csn_alg alg) {
  if (alg == CSN_ALG_HS256) {
    watch(key.inner, sizeof key.inner, 0);
    watch(key.outer, sizeof key.outer, 0);
  } else {
    watch(key.inner64, sizeof key.inner64, 0);
    watch(key.outer64, sizeof key.outer64, 0);
  }
}

/* Of a key its secret, its pads and their states; of the message what is always copied of it, its MAC and its hash. */
static void watch_all(csn_alg alg) {
  uint8_t mac[CSN_MAC_MAX];
  for (size_t i = 0; i < SECRET; i++) secret[i] = (uint8_t)(i * 167 + 41);
  for (size_t i = 0; i < MESSAGE; i++) bytes[i] = (uint8_t)(i * i * 7 + i * 89 + (i >> 4) + 3);
  memset(&key, 0, sizeof key);
  csn_hmac_set_key_of(&key, alg, csn_span_of(secret, SECRET));
  csn_hmac_once(&key, message, mac);
  watched_count = 0;
  watch(secret, SECRET, 0);
  watch(secret, SECRET, 0x36363636);
  watch(secret, SECRET, 0x5c5c5c5c);
  watch_states(alg);
  watch_inner_hash(alg == CSN_ALG_HS256 ? EVP_sha256() : alg == CSN_ALG_HS384 ? EVP_sha384() : EVP_sha512());
  watch(bytes + MESSAGE - 32, 32, 0);
  watch(mac, csn_hmac_bytes(&key), 0);
  csn_sha2(csn_hmac_bytes(&key), message, mac);
  watch(mac, csn_hmac_bytes(&key), 0);
}

/* The ways to make one. */
static uint8_t result[CSN_MAC_MAX];
static csn_hmac stream;

static void make_key(void) {
  csn_hmac_set_key_of(&key, key.alg, csn_span_of(secret, SECRET));
}
static void make_whole(void) {
  csn_hmac_once(&key, message, result);
}
static void make_in_pieces(void) {
  csn_hmac_init(&stream, &key);
  csn_hmac_update(&stream, csn_span_of(bytes, 99));
  csn_hmac_update(&stream, csn_span_of(bytes + 99, MESSAGE - 99));
  csn_hmac_final(&stream, result);
}
static void make_sha256(void) {
  if (key.alg == CSN_ALG_HS256) csn_hmac_sha256(&key, message, result);
}
static void make_hash(void) {
  csn_sha2(csn_hmac_bytes(&key), message, result);
}

static void one_mac_leaves_nothing(void **state) {
  static void (*const ways[])(void) = {make_key, make_whole, make_in_pieces, make_sha256, make_hash};
  static const uint8_t zeros[sizeof(csn_sha256_stream)];
  (void)state;
  for (size_t a = 0; a < ALGS; a++) {
    watch_all(algs[a]);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
      for (int k = 0; k < 2; k++) { /* the first call of a function that is bound lazily leaves the registers there */
        clean_below();
        ways[i]();
      }
      size_t left = watched_below();
      if (left > 0) fail_msg("%s, way %zu: %zu words", csn_alg_name(algs[a]), i, left);
    }
    if (algs[a] == CSN_ALG_HS256) assert_memory_equal(&stream, zeros, sizeof zeros);
  }
}

static void many_macs_leave_nothing(void **state) {
  enum { JOBS = CSN_SHA256_LANES_MAX + 4 };
  static csn_mac_job jobs[JOBS];
  (void)state;
  for (size_t a = 0; a < ALGS; a++) {
    watch_all(algs[a]);
    for (size_t count = 1; count <= JOBS; count++) {
      for (size_t i = 0; i < count; i++) {
        jobs[i] = (csn_mac_job){.key = &key, .pieces = &message, .piece_count = 1};
      }
      clean_below();
      csn_mac_many(jobs, count);
      size_t left = watched_below();
      if (left > 0) fail_msg("%s, %zu jobs: %zu words", csn_alg_name(algs[a]), count, left);
    }
  }
}

static void what_is_left_is_found(void **state) {
  (void)state;
  watch_all(CSN_ALG_HS256);
  clean_below();
  leave_words();
  assert_int_equal(watched_below(), 8);
}

/* ---- what was forged ---- */

/* The right MAC of a forged token is all that it lacks. */
static void check_forged_token(csn_alg alg) {
  static csn_jwt jwt;
  csn_key_config config = test_key_config("", "k", CSN_USE_TOKEN);
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  csn_keyring *ring = test_keyring_new();
  csn_verdict verdict;
  uint8_t mac[CSN_MAC_MAX], token[256];
  size_t len = 0;
  config.alg = alg;
  config.secret = csn_span_str("a secret of at least sixty-four bytes, as HS512 wants one to have.");
  policy.algorithms = 1u << alg;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  assert_int_equal(csn_sign_jwt(&key, csn_span_str("{\"exp\":9}"), token, sizeof token, &len), CSN_OK);
  uint8_t *signature = (uint8_t *)memrchr(token, '.', len) + 1;
  csn_hmac_once(&key, csn_span_of(token, (size_t)(signature - token) - 1), mac);
  watched_count = 0;
  watch(mac, csn_hmac_bytes(&key), 0);
  memset(signature, 'A', len - (size_t)(signature - token)); /* not a word of it is the right one's */
  for (int i = 0; i < 2; i++) { /* the first call of a function that is bound lazily leaves the registers there */
    clean_below();
    test_jwt_verify(ring, &policy, csn_span_of(token, len), 0, &jwt, &verdict);
  }
  size_t left = watched_below();
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  assert_int_equal(left, 0);
  csn_key_wipe(&key);
  csn_keyring_free(ring);
}

static void a_forged_token_leaves_nothing_of_its_mac(void **state) {
  (void)state;
  for (size_t a = 0; a < ALGS; a++) check_forged_token(algs[a]);
}

/* The same of a request. */
static void a_forged_request_leaves_nothing_of_its_mac(void **state) {
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str("hmac-timestamp"));
  csn_key_config config = test_key_config("client", "k", CSN_USE_REQUEST);
  csn_verifier_config verifier_config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_keyring *ring = test_keyring_new();
  csn_verifier *verifier;
  csn_verdict verdict;
  uint8_t mac[CSN_SHA256_BYTES];
  csn_signed made;
  char zeros[2 * CSN_SHA256_BYTES];
  (void)state;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  verifier_config.keyring = ring;
  verifier_config.scheme = scheme;
  assert_int_equal(csn_verifier_new(&verifier, &verifier_config), CSN_OK);
  csn_sign_input input = {.scheme = scheme, .key = &key, .request = &request, .timestamp = 1000};
  assert_int_equal(csn_sign_request(&made, &input), CSN_OK);
  csn_hmac_once(&key, csn_span_str("client1000"), mac);
  watched_count = 0;
  watch(mac, sizeof mac, 0);
  memset(zeros, '0', sizeof zeros);
  made.headers[2].value = csn_span_of(zeros, sizeof zeros);
  request.headers = made.headers;
  request.header_count = made.header_count;
  for (int i = 0; i < 2; i++) { /* as above */
    clean_below();
    csn_verify(verifier, &request, 1000, &verdict);
  }
  size_t left = watched_below();
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  assert_int_equal(left, 0);
  csn_verifier_free(verifier);
  csn_keyring_free(ring);
  csn_key_wipe(&key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_left_is_found),
      cmocka_unit_test(one_mac_leaves_nothing),
      cmocka_unit_test(many_macs_leave_nothing),
      cmocka_unit_test(a_forged_token_leaves_nothing_of_its_mac),
      cmocka_unit_test(a_forged_request_leaves_nothing_of_its_mac),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
