/* Refresh tokens in memory: beside a naive model, full, and presented by several threads at one time. */
#include "refresh_store_checks.h"

static void answers_are_those_of_the_model(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 50; seed++) {
    csn_refresh_memory *memory;
    assert_int_equal(csn_refresh_memory_new(&memory, 600), CSN_OK);
    check_against_model(csn_refresh_memory_store(memory), seed, MODEL_TOKENS - 1);
    csn_refresh_memory_free(memory);
  }
}

static void presentations_at_one_time_have_one_winner(void **state) {
  csn_refresh_memory *memory;
  (void)state;
  assert_int_equal(csn_refresh_memory_new(&memory, 2 * ROUNDS), CSN_OK);
  csn_refresh_store store = csn_refresh_memory_store(memory);
  const csn_refresh_store handles[PRESENTERS] = {store, store, store, store};
  check_presentations(handles, ROUNDS);
  csn_refresh_memory_free(memory);
}

/* A full store refuses, keeps every live token as it is, and has room again when one has expired. */
static void live_tokens_are_never_evicted(void **state) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES], next[CSN_REFRESH_HASH_BYTES];
  csn_refresh_memory *memory;
  csn_grant grant = model_grant(1), read;
  (void)state;
  assert_int_equal(csn_refresh_memory_new(&memory, 3), CSN_OK);
  csn_refresh_store store = csn_refresh_memory_store(memory);
  for (unsigned i = 0; i < 3; i++) {
    model_hash(i, hash);
    assert_int_equal(store.add(store.self, hash, &grant, 1010 + i, 1000), CSN_REFRESH_ISSUED);
  }
  model_hash(3, next);
  assert_int_equal(store.add(store.self, next, &grant, 2000, 1010), CSN_REFRESH_FULL);
  model_hash(2, hash);
  assert_int_equal(store.exchange(store.self, hash, next, 2000, 1010, &read), CSN_REFRESH_FULL);
  /* Token 0 expired at 1010; at 1011 its place is free, and token 2 was not spent by the refusal. */
  assert_int_equal(store.exchange(store.self, hash, next, 2000, 1011, &read), CSN_REFRESH_ISSUED);
  model_hash(0, hash);
  assert_int_equal(store.exchange(store.self, hash, next, 2000, 1011, &read), CSN_REFRESH_UNKNOWN);
  csn_refresh_memory_free(memory);
}

static void capacity_has_its_bounds(void **state) {
  csn_refresh_memory *memory;
  (void)state;
  assert_int_equal(csn_refresh_memory_new(&memory, 0), CSN_ERROR_INVALID_ARGUMENT);
  assert_null(memory);
  assert_int_equal(csn_refresh_memory_new(&memory, ((size_t)1 << 30) + 1), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_refresh_memory_new(&memory, 1), CSN_OK);
  csn_refresh_memory_free(memory);
  csn_refresh_memory_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_are_those_of_the_model),
      cmocka_unit_test(presentations_at_one_time_have_one_winner),
      cmocka_unit_test(live_tokens_are_never_evicted),
      cmocka_unit_test(capacity_has_its_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
