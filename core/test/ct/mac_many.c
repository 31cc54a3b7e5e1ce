/* Many MACs at once, on every back-end: under valgrind those that it has, without it those of the machine. Nothing is
 * told of keys and messages but the lengths of the pieces. */
#include "../../src/mac_many.h"

#include <countersign/sha256_backend.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../../src/hmac.h"
#include "check.h"

enum { JOBS = 37, PIECES = 3, MESSAGE_MAX = 300, SECRET_BYTES = 40 };

typedef struct many {
  csn_key key; /* of the jobs' algorithm; of plain hashes none */
  uint8_t messages[JOBS][MESSAGE_MAX];
  csn_span pieces[JOBS][PIECES];
  csn_mac_job jobs[JOBS];
  uint8_t expected[JOBS][CSN_MAC_MAX];
} many;

static size_t length_of(size_t job) {
  return job * 29 % MESSAGE_MAX;
}

/* OpenSSL's own of the same, before anything is secret. */
static void expect(many *m, size_t job, csn_alg alg, const uint8_t *secret) {
  const EVP_MD *md = alg == CSN_ALG_HS512 ? EVP_sha512() : alg == CSN_ALG_HS384 ? EVP_sha384() : EVP_sha256();
  const uint8_t *message = m->messages[job];
  if (alg == CSN_ALG_NONE) assert_int_equal(EVP_Digest(message, length_of(job), m->expected[job], NULL, md, NULL), 1);
  if (alg == CSN_ALG_NONE) return;
  assert_non_null(HMAC(md, secret, SECRET_BYTES, message, length_of(job), m->expected[job], NULL));
}

/* CSN_ALG_NONE: plain hashes. */
static void make_jobs(many *m, csn_alg alg) {
  uint8_t secret[SECRET_BYTES];
  ct_fill(secret, sizeof secret, alg);
  for (size_t i = 0; i < JOBS; i++) {
    ct_fill(m->messages[i], MESSAGE_MAX, i);
    expect(m, i, alg, secret);
  }
  CSN_CT_SECRET(secret, sizeof secret);
  CSN_CT_SECRET(m->messages, sizeof m->messages);
  memset(&m->key, 0, sizeof m->key);
  assert_tells_nothing(csn_hmac_set_key_of(&m->key, alg, csn_span_of(secret, sizeof secret)));
  for (size_t i = 0; i < JOBS; i++) {
    size_t len = length_of(i), first = len / 5, second = len / 2;
    const uint8_t *message = m->messages[i];
    m->pieces[i][0] = csn_span_of(message, first);
    m->pieces[i][1] = csn_span_of(message + first, second - first);
    m->pieces[i][2] = csn_span_of(message + second, len - second);
    m->jobs[i] =
        (csn_mac_job){.key = alg == CSN_ALG_NONE ? NULL : &m->key, .pieces = m->pieces[i], .piece_count = PIECES};
  }
}

static void check_jobs(many *m, csn_alg alg, size_t count) {
  assert_tells_nothing(csn_mac_many(m->jobs, count));
  for (size_t i = 0; i < count; i++) {
    size_t len = alg == CSN_ALG_NONE ? CSN_SHA256_BYTES : csn_hmac_bytes(&m->key);
    if (alg != CSN_ALG_NONE || length_of(i) > 0) assert_secret(m->jobs[i].mac, len);
    assert_memory_equal(m->jobs[i].mac, m->expected[i], len);
  }
}

static void many_macs_tell_nothing_on_any_back_end(void **state) {
  static const csn_alg algs[] = {CSN_ALG_NONE, CSN_ALG_HS256, CSN_ALG_HS384, CSN_ALG_HS512};
  static many m;
  (void)state;
  for (csn_sha256_backend backend = CSN_SHA256_AUTO; backend < CSN_SHA256_BACKENDS; backend++) {
    if (csn_sha256_backend_set(backend) != CSN_OK) {
      print_message("%s: not under valgrind, or not on this machine\n", csn_sha256_backend_name(backend));
      continue;
    }
    print_message("%s: %s\n", csn_sha256_backend_name(backend), csn_sha256_backend_name(csn_sha256_backend_get()));
    for (size_t a = 0; a < sizeof algs / sizeof algs[0]; a++) {
      make_jobs(&m, algs[a]);
      for (size_t count = 0; count <= JOBS; count += count < 9 ? 1 : 7) check_jobs(&m, algs[a], count);
    }
  }
  assert_int_equal(csn_sha256_backend_set(CSN_SHA256_AUTO), CSN_OK);
}

/* ---- without valgrind ---- */

typedef struct work {
  many m;
  size_t count;
} work;

static void prepare(void *context, uint64_t seed) {
  work *w = context;
  uint8_t secret[SECRET_BYTES];
  ct_fill(secret, sizeof secret, seed);
  csn_hmac_set_key(&w->m.key, csn_span_of(secret, sizeof secret));
  for (size_t i = 0; i < JOBS; i++) {
    ct_fill(w->m.messages[i], MESSAGE_MAX, seed + i);
    w->m.pieces[i][0] = csn_span_of(w->m.messages[i], length_of(i));
    w->m.jobs[i] = (csn_mac_job){.key = i % 3 == 0 ? NULL : &w->m.key, .pieces = w->m.pieces[i], .piece_count = 1};
  }
}

static void compute(void *context) {
  work *w = context;
  csn_mac_many(w->m.jobs, w->count);
}

static void secrets_do_not_choose_instructions_of_any_back_end(void **state) {
  static const size_t counts[] = {1, 2, 4, JOBS};
  static work w;
  (void)state;
  for (csn_sha256_backend backend = CSN_SHA256_AUTO; backend < CSN_SHA256_BACKENDS; backend++) {
    if (csn_sha256_backend_set(backend) != CSN_OK) continue;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
      w.count = counts[i];
      size_t other = ct_other_steps(prepare, compute, &w);
      if (other > 0) fail_msg("%s, %zu jobs: other steps", csn_sha256_backend_name(backend), w.count);
    }
    print_message("%s: stepped through\n", csn_sha256_backend_name(backend));
  }
  assert_int_equal(csn_sha256_backend_set(CSN_SHA256_AUTO), CSN_OK);
}

int ct_mac_many_steps(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(secrets_do_not_choose_instructions_of_any_back_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

int ct_mac_many(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(many_macs_tell_nothing_on_any_back_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
