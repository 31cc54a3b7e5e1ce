/* Remembered keys of AWS Signature Version 4: what is found is what was derived of this key, day and scope, whatever
 * other threads do. Runs under the thread sanitizer, too. */
#include <pthread.h>

#include "sigv4_support.h"

#include "../src/sigv4_cache.h"

enum { THREADS = 4, KEYS = 6, FOUND = 50000 /* by each thread */ };

static const uint8_t day[] = "20130524", next_day[] = "20130525";

static csn_sigv4_cache *new_cache(const csn_sigv4_policy *policy) {
  csn_sigv4_cache *cache = NULL;
  assert_int_equal(csn_sigv4_cache_new(&cache, policy), CSN_OK);
  return cache;
}

/* All keys of one id: they share a slot. */
static void make_key(csn_key *key, unsigned number) {
  char secret[64];
  (void)snprintf(secret, sizeof secret, "only for tests: secret access key %u", number);
  assert_int_equal(sigv4_key(key, csn_span_str(S3_ID), csn_span_str(secret), 0), CSN_OK);
}

/* Stands for the derived key: any states that are the key's alone. */
static void make_derived(csn_key *derived, const csn_key *key) {
  memset(derived, 0, sizeof *derived);
  for (size_t i = 0; i < 8; i++) {
    derived->inner[i] = ~key->inner[i];
    derived->outer[i] = ~key->outer[i];
  }
}

static bool finds(const csn_sigv4_cache *cache, const csn_sigv4_policy *policy, const csn_key *key, const uint8_t *on) {
  csn_key derived, out;
  if (!csn_sigv4_cache_find(cache, policy, key, on, &out)) return false;
  make_derived(&derived, key);
  assert_int_equal(out.alg, CSN_ALG_HS256);
  assert_memory_equal(out.inner, derived.inner, sizeof out.inner);
  assert_memory_equal(out.outer, derived.outer, sizeof out.outer);
  return true;
}

static void put(csn_sigv4_cache *cache, const csn_sigv4_policy *policy, const csn_key *key, const uint8_t *on) {
  csn_key derived;
  make_derived(&derived, key);
  csn_sigv4_cache_put(cache, policy, key, on, &derived);
}

static void a_key_is_found_for_its_day_and_scope_alone(void **state) {
  csn_sigv4_policy policy = s3_policy(), other = s3_policy();
  csn_sigv4_cache *cache = new_cache(&policy);
  csn_key key;
  (void)state;
  make_key(&key, 0);
  assert_false(finds(cache, &policy, &key, day));
  put(cache, &policy, &key, day);
  assert_true(finds(cache, &policy, &key, day));
  assert_false(finds(cache, &policy, &key, next_day));
  put(cache, &policy, &key, next_day);
  assert_true(finds(cache, &policy, &key, next_day));
  other.region = csn_span_str("us-east-2");
  assert_false(finds(cache, &other, &key, next_day));
  other = policy;
  other.service = csn_span_str("s3x");
  assert_false(finds(cache, &other, &key, next_day));
  put(cache, &other, &key, day); /* not this cache's */
  assert_false(finds(cache, &other, &key, day));
  assert_false(finds(NULL, &policy, &key, day));
  put(NULL, &policy, &key, day);
  csn_sigv4_cache_free(cache);
  csn_sigv4_cache_free(NULL);
}

/* In the same memory, with the same ids: it is the secret that counts. */
static void a_key_in_the_place_of_another_is_not_taken_for_it(void **state) {
  csn_sigv4_policy policy = s3_policy();
  csn_sigv4_cache *cache = new_cache(&policy);
  csn_key key;
  (void)state;
  make_key(&key, 0);
  put(cache, &policy, &key, day);
  make_key(&key, 1);
  assert_false(finds(cache, &policy, &key, day));
  put(cache, &policy, &key, day);
  assert_true(finds(cache, &policy, &key, day));
  make_key(&key, 0);
  assert_false(finds(cache, &policy, &key, day)); /* one slot: who comes last stays */
  csn_sigv4_cache_free(cache);
}

/* Whether the 128 KiB of the slots have these bytes in them. */
static bool holds(const csn_sigv4_cache *cache, const void *bytes, size_t len) {
  return memmem(cache, 128 << 10, bytes, len) != NULL;
}

/* A key that has gone leaves what was derived of it, and no state of its own. */
static void a_keys_own_states_are_not_kept(void **state) {
  csn_sigv4_policy policy = s3_policy();
  csn_sigv4_cache *cache = new_cache(&policy);
  csn_key key, derived;
  (void)state;
  make_key(&key, 0);
  make_derived(&derived, &key);
  put(cache, &policy, &key, day);
  assert_true(finds(cache, &policy, &key, day));
  assert_true(holds(cache, derived.inner, sizeof derived.inner));
  assert_true(holds(cache, derived.outer, sizeof derived.outer));
  assert_false(holds(cache, key.inner, 8));
  assert_false(holds(cache, key.outer, 8));
  csn_sigv4_cache_free(cache);
}

static void a_policy_out_of_range_has_no_cache(void **state) {
  csn_sigv4_policy policy = s3_policy();
  csn_sigv4_cache *cache = NULL;
  (void)state;
  policy.region.len = 0;
  assert_int_equal(csn_sigv4_cache_new(&cache, &policy), CSN_ERROR_INVALID_ARGUMENT);
  assert_null(cache);
}

static void only_what_has_verified_is_remembered(void **state) {
  static text_request t;
  csn_keyring *ring = sigv4_ring(S3_ID, S3_SECRET, 0);
  csn_sigv4_policy policy = s3_policy();
  csn_sigv4_cache *cache = new_cache(&policy);
  csn_verdict verdict;
  csn_key key, out;
  (void)state;
  assert_int_equal(sigv4_key(&key, csn_span_str(S3_ID), csn_span_str(S3_SECRET), 0), CSN_OK);
  set_text(&t, S3_PUT);
  edit_text(&t, "PUT", "PET");
  assert_int_equal(sigv4_verify(ring, &policy, cache, &t.request, S3_NOW, &verdict), CSN_REASON_SIGNATURE_MISMATCH);
  assert_false(csn_sigv4_cache_find(cache, &policy, &key, day, &out));
  edit_text(&t, "PET", "PUT");
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(sigv4_verify(ring, &policy, cache, &t.request, S3_NOW, &verdict), CSN_REASON_ACCEPTED);
    assert_true(csn_sigv4_cache_find(cache, &policy, &key, day, &out));
  }
  edit_text(&t, "PUT", "PET");
  assert_int_equal(sigv4_verify(ring, &policy, cache, &t.request, S3_NOW, &verdict), CSN_REASON_SIGNATURE_MISMATCH);
  csn_sigv4_cache_free(cache);
  csn_keyring_free(ring);
}

/* ---- threads ---- */

typedef struct work {
  csn_sigv4_cache *cache;
  unsigned first;
  size_t found, wrong;
} work;

static void *run(void *argument) {
  work *w = argument;
  csn_sigv4_policy policy = s3_policy();
  csn_key keys[KEYS], derived[KEYS], out;
  for (unsigned i = 0; i < KEYS; i++) {
    make_key(&keys[i], i);
    make_derived(&derived[i], &keys[i]);
  }
  for (unsigned turn = 0; w->found < FOUND; turn++) {
    unsigned i = (w->first + turn / 3) % KEYS;
    if (csn_sigv4_cache_find(w->cache, &policy, &keys[i], day, &out)) {
      w->found++;
      w->wrong += memcmp(out.inner, derived[i].inner, sizeof out.inner) != 0;
      w->wrong += memcmp(out.outer, derived[i].outer, sizeof out.outer) != 0;
    } else {
      csn_sigv4_cache_put(w->cache, &policy, &keys[i], day, &derived[i]);
    }
  }
  return NULL;
}

static void threads_that_share_a_slot_never_find_a_mixture(void **state) {
  csn_sigv4_policy policy = s3_policy();
  csn_sigv4_cache *cache = new_cache(&policy);
  static work works[THREADS];
  pthread_t threads[THREADS];
  (void)state;
  for (unsigned i = 0; i < THREADS; i++) works[i] = (work){.cache = cache, .first = i};
  for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, run, &works[i]), 0);
  for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(works[i].found, FOUND);
    assert_int_equal(works[i].wrong, 0);
  }
  csn_sigv4_cache_free(cache);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_is_found_for_its_day_and_scope_alone),
      cmocka_unit_test(a_key_in_the_place_of_another_is_not_taken_for_it),
      cmocka_unit_test(a_keys_own_states_are_not_kept),
      cmocka_unit_test(a_policy_out_of_range_has_no_cache),
      cmocka_unit_test(only_what_has_verified_is_remembered),
      cmocka_unit_test(threads_that_share_a_slot_never_find_a_mixture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
