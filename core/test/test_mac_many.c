/* Many MACs at once, on every back-end that the machine has: the same as OpenSSL's, one by one. */
#include "../src/mac_many.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../src/encoding.h"
#include "../src/hmac.h"
#include "../src/sha256.h"
#include "guarded.h"
#include "rfc4231.h"
#include "support.h"

enum { JOBS_MAX = 70, LEN_MAX = 4096, PIECES_MAX = 7, MAC_UNTOUCHED = 0xa5 };

/* ---- every back-end ---- */

/* Runs `check` on each; the one that was in use is in use again. */
static size_t on_each_backend(void (*check)(void)) {
  csn_sha256_backend before = csn_sha256_backend_get();
  size_t had = 0;
  for (unsigned i = CSN_SHA256_AUTO + 1; i < CSN_SHA256_BACKENDS; i++) {
    csn_sha256_backend backend = (csn_sha256_backend)i;
    if (!csn_sha256_backend_has(backend)) continue;
    assert_int_equal(csn_sha256_backend_set(backend), CSN_OK);
    assert_int_equal(csn_sha256_backend_get(), backend);
    check();
    had++;
  }
  assert_int_equal(csn_sha256_backend_set(before), CSN_OK);
  return had;
}

static uint64_t random_state = 1;

/* SplitMix64. */
static uint64_t random_word(void) {
  uint64_t z = random_state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
static size_t random_below(size_t limit) {
  return (size_t)(random_word() % limit);
}

/* ---- known answers ---- */

typedef struct hash_case {
  const char *message, *hash;
} hash_case;

/* FIPS 180-2 appendix B.1 and B.2 (NIST's examples of SHA-256), and of the empty message (NIST CAVS, SHA256ShortMsg,
 * Len = 0). */
static const hash_case hash_cases[] = {
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
};
enum { HASH_CASES = sizeof hash_cases / sizeof hash_cases[0] };

static void check_hex(const uint8_t *bytes, const char *expected) {
  uint8_t decoded[64];
  size_t offset = 0;
  assert_true(csn_hex_decode(csn_span_str(expected), decoded, &offset));
  assert_memory_equal(bytes, decoded, strlen(expected) / 2);
}

static void check_known_hashes(void) {
  csn_span messages[HASH_CASES];
  csn_mac_job jobs[HASH_CASES * 6];
  for (size_t i = 0; i < HASH_CASES * 6; i++) {
    messages[i % HASH_CASES] = csn_span_str(hash_cases[i % HASH_CASES].message);
    jobs[i] = (csn_mac_job){.pieces = &messages[i % HASH_CASES], .piece_count = 1};
  }
  csn_mac_many(jobs, HASH_CASES * 6);
  for (size_t i = 0; i < HASH_CASES * 6; i++) check_hex(jobs[i].mac, hash_cases[i % HASH_CASES].hash);
  for (size_t i = 0; i < HASH_CASES; i++) {
    uint8_t hash[CSN_SHA256_BYTES];
    csn_sha256(messages[i], hash);
    check_hex(hash, hash_cases[i].hash);
  }
}

/* FIPS 180-2 appendix B.3: a million times "a", in a few pieces of unequal length. */
static void check_a_million(void) {
  static uint8_t text[1000000];
  memset(text, 'a', sizeof text);
  const csn_span pieces[] = {{text, 1}, {text, 300063}, {text, 64}, {text, 0}, {text, 699872}};
  csn_mac_job jobs[3] = {{.pieces = pieces, .piece_count = 5}, {.pieces = pieces, .piece_count = 1}, {0}};
  jobs[2] = jobs[0];
  csn_mac_many(jobs, 3);
  for (int i = 0; i < 3; i += 2) {
    check_hex(jobs[i].mac, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

static void check_known_macs(void) {
  uint8_t secrets[RFC4231_CASES][256], data[RFC4231_CASES][256];
  csn_span spans[RFC4231_CASES];
  csn_key keys[RFC4231_CASES];
  csn_mac_job jobs[RFC4231_CASES];
  size_t offset = 0;
  for (size_t i = 0; i < RFC4231_CASES; i++) {
    csn_span secret_hex = csn_span_str(rfc4231_cases[i].key_hex), data_hex = csn_span_str(rfc4231_cases[i].data_hex);
    assert_true(csn_hex_decode(secret_hex, secrets[i], &offset) && csn_hex_decode(data_hex, data[i], &offset));
    csn_hmac_set_key(&keys[i], csn_span_of(secrets[i], secret_hex.len / 2));
    spans[i] = csn_span_of(data[i], data_hex.len / 2);
    jobs[i] = (csn_mac_job){.key = &keys[i], .pieces = &spans[i], .piece_count = 1};
  }
  csn_mac_many(jobs, RFC4231_CASES);
  for (size_t i = 0; i < RFC4231_CASES; i++) check_hex(jobs[i].mac, rfc4231_cases[i].mac_hex);
}

static void check_known_answers(void) {
  check_known_hashes();
  check_a_million();
  check_known_macs();
}

static void known_answers_are_found(void **state) {
  (void)state;
  assert_true(on_each_backend(check_known_answers) >= 1);
}

/* ---- random messages ---- */

static uint8_t bytes[LEN_MAX * 2];

typedef struct random_job {
  csn_span pieces[PIECES_MAX];
  uint8_t expected[CSN_MAC_MAX];
} random_job;

typedef struct random_key {
  csn_key key;
  uint8_t secret[150];
  size_t secret_len;
  const EVP_MD *md;
} random_key;

enum { KEYS = 9 };
static random_key keys[KEYS];

static void make_keys(void) {
  static const csn_alg algs[] = {CSN_ALG_HS256, CSN_ALG_HS384, CSN_ALG_HS512};
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)random_word();
  for (size_t i = 0; i < KEYS; i++) {
    random_key *key = &keys[i];
    csn_alg alg = algs[i >= 5 ? i % 3 : 0];
    key->md = alg == CSN_ALG_HS256 ? EVP_sha256() : alg == CSN_ALG_HS384 ? EVP_sha384() : EVP_sha512();
    key->secret_len = 1 + random_below(sizeof key->secret);
    for (size_t k = 0; k < sizeof key->secret; k++) key->secret[k] = (uint8_t)random_word();
    csn_hmac_set_key_of(&key->key, alg, csn_span_of(key->secret, key->secret_len));
  }
}

/* Cuts a message in up to PIECES_MAX, of which some are empty, at random places. */
static void cut(csn_mac_job *job, csn_span *pieces, csn_span message) {
  size_t at = 0, count = message.len == 0 && random_below(2) == 0 ? 0 : 1 + random_below(PIECES_MAX);
  for (size_t i = 0; i < count; i++) {
    size_t left = message.len - at, len = i + 1 == count ? left : random_below(random_below(3) == 0 ? 1 : left + 1);
    pieces[i] = len == 0 && random_below(2) == 0 ? csn_span_of(NULL, 0) : csn_span_of(message.ptr + at, len);
    at += len;
  }
  job->pieces = pieces;
  job->piece_count = count;
}

static void make_job(csn_mac_job *job, random_job *known, size_t max) {
  csn_span message = {bytes + random_below(LEN_MAX), random_below(max + 1)};
  size_t at = random_below(KEYS + 3);
  random_key *key = at < KEYS ? &keys[at] : NULL;
  unsigned len = 0;
  cut(job, known->pieces, message);
  job->key = key == NULL ? NULL : &key->key;
  memset(job->mac, MAC_UNTOUCHED, sizeof job->mac);
  memset(known->expected, MAC_UNTOUCHED, sizeof known->expected);
  if (key == NULL) {
    assert_int_equal(EVP_Digest(message.ptr, message.len, known->expected, &len, EVP_sha256(), NULL), 1);
  } else {
    assert_non_null(HMAC(key->md, key->secret, (int)key->secret_len, message.ptr, message.len, known->expected, &len));
  }
}

static void check_batch(size_t count, size_t max) {
  static csn_mac_job jobs[JOBS_MAX];
  static random_job known[JOBS_MAX];
  for (size_t i = 0; i < count; i++) make_job(&jobs[i], &known[i], max);
  csn_mac_many(jobs, count);
  for (size_t i = 0; i < count; i++) assert_memory_equal(jobs[i].mac, known[i].expected, CSN_MAC_MAX);
}

static void check_random(void) {
  static const size_t longest[] = {0, 70, 300, LEN_MAX};
  for (size_t count = 0; count <= JOBS_MAX; count++) {
    for (size_t i = 0; i < sizeof longest / sizeof longest[0]; i++) check_batch(count, longest[i]);
  }
}

static void random_messages_agree_with_openssl(void **state) {
  (void)state;
  make_keys();
  assert_true(on_each_backend(check_random) >= 1);
}

/* Every length through five blocks, side by side with its neighbours: all the paddings, in all the lanes. */
static void check_lengths(void) {
  enum { LENGTHS = 5 * CSN_SHA256_BLOCK };
  static csn_mac_job jobs[LENGTHS];
  static csn_span pieces[LENGTHS];
  for (size_t i = 0; i < LENGTHS; i++) {
    pieces[i] = csn_span_of(bytes + i % 7, i);
    jobs[i] = (csn_mac_job){.key = &keys[0].key, .pieces = &pieces[i], .piece_count = 1};
  }
  csn_mac_many(jobs, LENGTHS);
  for (size_t i = 0; i < LENGTHS; i++) {
    uint8_t mac[EVP_MAX_MD_SIZE];
    assert_non_null(HMAC(EVP_sha256(), keys[0].secret, (int)keys[0].secret_len, pieces[i].ptr, i, mac, NULL));
    assert_memory_equal(jobs[i].mac, mac, CSN_SHA256_BYTES);
  }
}

static void every_length_agrees_with_openssl(void **state) {
  (void)state;
  make_keys();
  assert_true(on_each_backend(check_lengths) >= 1);
}

/* ---- kernels ---- */

/* `count` lanes take `blocks` blocks each as OpenSSL's code does; what lies behind the lanes stays as it is. */
static void check_kernel(csn_sha256_lanes_fn *run, size_t count, size_t blocks) {
  uint32_t ours[CSN_SHA256_LANES_MAX + 1][8], theirs[CSN_SHA256_LANES_MAX + 1][8];
  uint32_t *states[CSN_SHA256_LANES_MAX + 1];
  const uint8_t *data[CSN_SHA256_LANES_MAX + 1];
  for (size_t i = 0; i <= count; i++) {
    for (size_t k = 0; k < 8; k++) ours[i][k] = theirs[i][k] = (uint32_t)random_word();
    states[i] = ours[i];
    data[i] = bytes + random_below(LEN_MAX);
    if (i < count) csn_sha256_openssl_one(theirs[i], data[i], blocks);
  }
  run(states, data, count, blocks);
  for (size_t i = 0; i <= count; i++) assert_memory_equal(ours[i], theirs[i], sizeof ours[i]);
}

/* `count` hashes become MACs as by OpenSSL's code; what lies behind them stays as it is. */
static void check_outer(csn_sha256_outer_fn *outer, size_t count) {
  uint32_t ours[CSN_SHA256_LANES_MAX + 1][8], theirs[CSN_SHA256_LANES_MAX + 1][8], starts[CSN_SHA256_LANES_MAX + 1][8];
  uint32_t *states[CSN_SHA256_LANES_MAX + 1];
  const uint32_t *outers[CSN_SHA256_LANES_MAX + 1];
  for (size_t i = 0; i <= count; i++) {
    uint8_t block[CSN_SHA256_BLOCK];
    for (size_t k = 0; k < 8; k++) ours[i][k] = theirs[i][k] = (uint32_t)random_word();
    for (size_t k = 0; k < 8; k++) starts[i][k] = (uint32_t)random_word();
    states[i] = ours[i];
    outers[i] = starts[i];
    if (i == count) continue;
    csn_sha256_pad_hash(ours[i], block);
    memcpy(theirs[i], starts[i], sizeof theirs[i]);
    csn_sha256_openssl_one(theirs[i], block, 1);
    for (size_t k = 0; k < 8; k++) theirs[i][k] = __builtin_bswap32(theirs[i][k]);
  }
  outer(states, outers, count);
  for (size_t i = 0; i <= count; i++) assert_memory_equal(ours[i], theirs[i], sizeof ours[i]);
}

/* What single messages take: blocks. */
static void check_single(const csn_sha256_engine *engine) {
  for (size_t blocks = 1; blocks <= 5; blocks++) {
    uint32_t ours[8], theirs[8];
    const uint8_t *data = bytes + random_below(LEN_MAX);
    for (size_t i = 0; i < 8; i++) ours[i] = theirs[i] = (uint32_t)random_word();
    engine->one(ours, data, blocks);
    csn_sha256_openssl_one(theirs, data, blocks);
    assert_memory_equal(ours, theirs, sizeof ours);
  }
}

static void check_kernels(void) {
  const csn_sha256_engine *engine = csn_sha256_engine_now();
  size_t single = 0;
  check_single(engine);
  for (size_t i = 0; i < CSN_SHA256_KERNELS && engine->kernels[i].run != NULL; i++) {
    const csn_sha256_kernel *kernel = &engine->kernels[i];
    assert_in_range(kernel->lanes, kernel->least, CSN_SHA256_LANES_MAX);
    for (size_t count = 1; count <= kernel->lanes; count++) {
      for (size_t blocks = 1; blocks <= 5; blocks++) check_kernel(kernel->run, count, blocks);
      check_outer(kernel->outer, count);
    }
    single += kernel->least == 1;
  }
  assert_int_equal(single, 1);
}

static void every_count_of_lanes_agrees_with_openssl(void **state) {
  (void)state;
  make_keys();
  assert_true(on_each_backend(check_kernels) >= 1);
}

/* ---- memory ---- */

/* Messages end where memory ends, at every alignment; so do their pieces. */
static void check_page_end(void) {
  guarded area = guarded_new(300);
  for (size_t len = 0; len <= 200; len++) {
    csn_span message = guarded_copy(&area, csn_span_of(bytes, len));
    csn_span pieces[2] = {{bytes, random_below(len + 1)}, {0}};
    csn_mac_job jobs[CSN_SHA256_LANES_MAX + 1];
    uint8_t expected[EVP_MAX_MD_SIZE], hash[CSN_SHA256_BYTES];
    pieces[1] = csn_span_of(message.ptr + pieces[0].len, len - pieces[0].len);
    for (size_t i = 0; i <= CSN_SHA256_LANES_MAX; i++) {
      jobs[i] = (csn_mac_job){.pieces = i % 2 == 0 ? &message : pieces, .piece_count = i % 2 == 0 ? 1 : 2};
    }
    csn_mac_many(jobs, CSN_SHA256_LANES_MAX + 1);
    csn_sha256(message, hash);
    assert_int_equal(EVP_Digest(bytes, len, expected, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i <= CSN_SHA256_LANES_MAX; i++) assert_memory_equal(jobs[i].mac, expected, CSN_SHA256_BYTES);
    assert_memory_equal(hash, expected, sizeof hash);
  }
  guarded_free(&area);
}

static void nothing_is_read_behind_a_message(void **state) {
  (void)state;
  assert_true(on_each_backend(check_page_end) >= 1);
}

/* Side by side, not one after the other: no answer tells the two apart. */
static void each_backend_has_its_lanes(void **state) {
  static const size_t lanes[CSN_SHA256_BACKENDS] = {
      [CSN_SHA256_OPENSSL] = 1, [CSN_SHA256_AVX2] = 8, [CSN_SHA256_SHA_NI] = 4, [CSN_SHA256_AVX512] = 16};
  (void)state;
  for (unsigned i = CSN_SHA256_AUTO + 1; i < CSN_SHA256_BACKENDS; i++) {
    assert_int_equal(csn_sha256_engine_of((csn_sha256_backend)i)->kernels[0].lanes, lanes[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answers_are_found),          cmocka_unit_test(random_messages_agree_with_openssl),
      cmocka_unit_test(every_length_agrees_with_openssl), cmocka_unit_test(every_count_of_lanes_agrees_with_openssl),
      cmocka_unit_test(nothing_is_read_behind_a_message), cmocka_unit_test(each_backend_has_its_lanes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
