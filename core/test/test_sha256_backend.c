/* The choice of a back-end of SHA-256: that each is right, test_mac_many says. */
#include <countersign/sha256_backend.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "../src/mac_many.h"
#include "support.h"

static void backends_have_names(void **state) {
  (void)state;
  for (unsigned i = 0; i < CSN_SHA256_BACKENDS; i++) {
    const char *name = csn_sha256_backend_name((csn_sha256_backend)i);
    assert_int_equal(csn_sha256_backend_from_name(csn_span_str(name)), i);
  }
  assert_string_equal(csn_sha256_backend_name(CSN_SHA256_AUTO), "auto");
  assert_string_equal(csn_sha256_backend_name(CSN_SHA256_SHA_NI), "sha_ni");
  assert_string_equal(csn_sha256_backend_name(CSN_SHA256_BACKENDS), "none");
  assert_int_equal(csn_sha256_backend_from_name(csn_span_str("none")), CSN_SHA256_BACKENDS);
  assert_int_equal(csn_sha256_backend_from_name(csn_span_str("sha_n")), CSN_SHA256_BACKENDS);
}

static void what_the_machine_lacks_is_refused(void **state) {
  csn_sha256_backend before = csn_sha256_backend_get();
  (void)state;
  assert_true(csn_sha256_backend_has(CSN_SHA256_OPENSSL) && csn_sha256_backend_has(CSN_SHA256_AUTO));
  for (unsigned i = 0; i < CSN_SHA256_BACKENDS; i++) {
    csn_sha256_backend backend = (csn_sha256_backend)i;
    if (csn_sha256_backend_has(backend)) continue;
    assert_int_equal(csn_sha256_backend_set(backend), CSN_ERROR_BACKEND_UNSUPPORTED);
    assert_int_equal(csn_sha256_backend_get(), before);
  }
  assert_false(csn_sha256_backend_has(CSN_SHA256_BACKENDS));
  assert_int_equal(csn_sha256_backend_set(CSN_SHA256_BACKENDS), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_sha256_backend_get(), before);
  assert_int_equal(csn_sha256_backend_set(CSN_SHA256_AUTO), CSN_OK);
  assert_true(csn_sha256_backend_get() != CSN_SHA256_AUTO && csn_sha256_backend_has(csn_sha256_backend_get()));
  assert_int_equal(csn_sha256_backend_set(before), CSN_OK);
}

/* Of three blocks. */
#define MESSAGE TEST_SECRET TEST_SECRET TEST_SECRET TEST_SECRET

typedef struct hasher {
  pthread_t thread;
  _Atomic bool *over;
  size_t batches, wrong;
} hasher;

static void *hash_on(void *argument) {
  hasher *self = argument;
  const csn_span piece = csn_span_str(MESSAGE);
  csn_mac_job jobs[CSN_SHA256_LANES_MAX + 3];
  uint8_t expected[EVP_MAX_MD_SIZE];
  csn_key key;
  csn_hmac_set_key(&key, csn_span_str(TEST_SECRET));
  self->wrong = HMAC(EVP_sha256(), TEST_SECRET, strlen(TEST_SECRET), piece.ptr, piece.len, expected, NULL) == NULL;
  for (; !atomic_load(self->over); self->batches++) {
    for (size_t i = 0; i < CSN_SHA256_LANES_MAX + 3; i++) {
      jobs[i] = (csn_mac_job){.key = &key, .pieces = &piece, .piece_count = 1};
    }
    csn_mac_many(jobs, self->batches % (CSN_SHA256_LANES_MAX + 4));
    for (size_t i = 0; i < self->batches % (CSN_SHA256_LANES_MAX + 4); i++) {
      self->wrong += memcmp(jobs[i].mac, expected, CSN_SHA256_BYTES) != 0;
    }
  }
  return NULL;
}

/* Whatever back-end a thread meets half-way, its MACs are right. */
static void the_choice_may_change_while_others_hash(void **state) {
  csn_sha256_backend before = csn_sha256_backend_get();
  _Atomic bool over = false;
  hasher hashers[2] = {{.over = &over}, {.over = &over}};
  (void)state;
  for (size_t i = 0; i < 2; i++) assert_int_equal(pthread_create(&hashers[i].thread, NULL, hash_on, &hashers[i]), 0);
  for (unsigned turn = 0; turn < 2000; turn++) {
    csn_sha256_backend next = (csn_sha256_backend)(turn % CSN_SHA256_BACKENDS);
    csn_error error = csn_sha256_backend_set(next);
    if (error != (csn_sha256_backend_has(next) ? CSN_OK : CSN_ERROR_BACKEND_UNSUPPORTED)) hashers[0].wrong++;
    sched_yield();
  }
  atomic_store(&over, true);
  for (size_t i = 0; i < 2; i++) assert_int_equal(pthread_join(hashers[i].thread, NULL), 0);
  assert_int_equal(hashers[0].wrong + hashers[1].wrong, 0);
  assert_true(hashers[0].batches + hashers[1].batches > CSN_SHA256_LANES_MAX + 4);
  assert_int_equal(csn_sha256_backend_set(before), CSN_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(backends_have_names),
      cmocka_unit_test(what_the_machine_lacks_is_refused),
      cmocka_unit_test(the_choice_may_change_while_others_hash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
