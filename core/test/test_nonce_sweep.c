/* The sweep against a claim that slept: what that writes, between the sweep's look at a slot and its write, may itself
 * have been past for long. Here nonce_clock.c is compiled with a compare-and-swap that lets the sleeper go first. */
#include "../src/atomics.h"

static csn_atomic *slept_at;
static uint64_t slept_word; /* 0: written, or none */
static unsigned failed;

static bool cas_after_the_sleeper(csn_atomic *word, uint64_t expected, uint64_t desired) {
  if (word == slept_at && slept_word != 0) {
    (void)csn_atomic_cas_release(word, expected, slept_word);
    slept_word = 0;
  }
  bool done = csn_atomic_cas_release(word, expected, desired);
  failed += !done;
  return done;
}

#define csn_atomic_cas_release cas_after_the_sleeper
#include "../src/nonce_clock.c"
#undef csn_atomic_cas_release

#include "nonce_words.h"

/* Sweeps a whole round; the sleeper's word has been past for `ticks` at its end. */
static int64_t age_after_the_sweep(unsigned slot, int64_t ticks) {
  csn_nonce_table *table = new_table(TINY);
  int64_t now = START + INT64_C(2500) * CSN_NONCE_TICK_SECONDS;
  csn_nonce_key key = key_of_number(table, 7);
  for (int64_t at = START; at <= now; at += CSN_NONCE_TICK_SECONDS) csn_nonce_table_sweep(table, at);
  slept_at = slot_of(table, &key, slot);
  put(table, &key, slot, -2000, 0, 1);
  slept_word = csn_nonce_word(clock_of(table) - (uint64_t)ticks, 2);
  failed = 0;
  for (unsigned i = 0; i < CSN_NONCE_SWEEP_SHARES; i++) csn_nonce_table_sweep(table, now += CSN_NONCE_TICK_SECONDS);
  assert_int_equal(slept_word, 0); /* it was written */
  assert_int_equal(failed, 1);
  int64_t age = -(csn_nonce_rank(word_at(table, &key, slot), clock_of(table)) >> CSN_NONCE_TICK_SHIFT);
  csn_nonce_table_free(table);
  return age;
}

static void what_a_sleeper_has_written_meanwhile_is_swept_if_it_is_old(void **state) {
  (void)state;
  for (unsigned slot = 0; slot < TINY_SLOTS; slot++) {
    assert_in_range(age_after_the_sweep(slot, 1999), 1, CSN_NONCE_SWEEP_SHARES);
    assert_in_range(age_after_the_sweep(slot, CSN_NONCE_SWEEP_AGE + 1), 1, CSN_NONCE_SWEEP_SHARES);
    assert_int_equal(age_after_the_sweep(slot, 100), 100 + CSN_NONCE_SWEEP_SHARES); /* in use */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_sleeper_has_written_meanwhile_is_swept_if_it_is_old),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
