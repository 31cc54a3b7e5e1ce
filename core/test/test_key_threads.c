/* One key, many threads: they verify, sign, copy and let go at once. */
#include "support.h"

#include <countersign/key.h>
#include <pthread.h>

#include "../src/public_key.h"

enum { THREADS = 4, TURNS = 50 };

typedef struct work {
  csn_key key; /* a holder of its own */
  size_t good, bad;
} work;

static void *run(void *argument) {
  work *w = argument;
  uint8_t signature[CSN_SIGNATURE_MAX];
  for (size_t i = 0; i < TURNS; i++) {
    csn_key copy;
    size_t len = 0;
    csn_span text = csn_span_of((const uint8_t *)&i, sizeof i), other = csn_span_of(text.ptr, text.len - 1);
    csn_key_copy(&copy, &w->key);
    if (csn_key_sign(&copy, text, signature, sizeof signature, &len) != CSN_OK) break;
    w->good += csn_key_verify(&w->key, text, csn_span_of(signature, len));
    w->bad += csn_key_verify(&w->key, other, csn_span_of(signature, len));
    csn_key_wipe(&copy);
  }
  csn_key_wipe(&w->key);
  return NULL;
}

static void threads_share_a_key(void **state) {
  static const struct {
    csn_alg alg;
    const char *type, *group;
  } rows[] = {{CSN_ALG_PS256, "RSA", NULL}, {CSN_ALG_ES256, "EC", "P-256"}, {CSN_ALG_EdDSA, "ED25519", NULL}};
  (void)state;
  for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
    EVP_PKEY *pkey = rows[r].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[r].group)
                                           : EVP_PKEY_Q_keygen(NULL, NULL, rows[r].type, (size_t)2048);
    csn_key_config config = {.alg = rows[r].alg, .uses = CSN_USE_TOKEN};
    static work works[THREADS];
    pthread_t threads[THREADS];
    csn_key key;
    assert_int_equal(csn_key_init_pkey(&key, &config, pkey, true), CSN_OK);
    for (size_t i = 0; i < THREADS; i++) {
      works[i].good = works[i].bad = 0;
      csn_key_copy(&works[i].key, &key);
    }
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, run, &works[i]), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
      assert_int_equal(works[i].good, TURNS);
      assert_int_equal(works[i].bad, 0);
    }
    assert_int_equal(atomic_load(&key.public_key->holders), 1);
    csn_key_wipe(&key);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_a_key)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
