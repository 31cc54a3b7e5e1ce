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

/* Whoever sweeps by a clock that is behind what was swept leaves the count alone. */
static void a_sweep_by_an_old_clock_counts_nothing(void **state) {
  csn_nonce_table *table = new_table(TINY);
  (void)state;
  uint64_t old = clock_of(table);
  csn_nonce_table_sweep(table, START + INT64_C(1000) * CSN_NONCE_TICK_SECONDS);
  uint64_t swept = csn_atomic_load_relaxed(&table->header->swept);
  assert_int_equal(swept, clock_of(table) & CSN_NONCE_CLOCK_TICK_MASK);
  for (uint64_t behind = 0; behind <= 1000; behind += 100) csn_nonce_sweep(table, old + behind, UINT64_MAX);
  assert_int_equal(csn_atomic_load_relaxed(&table->header->swept), swept);
  csn_nonce_table_free(table);
}

/* The ticks of the clock and the count of the shares begin anew after 2^26. */
static void the_sweep_follows_the_clock_when_its_ticks_begin_anew(void **state) {
  csn_nonce_table *table = new_table(TINY);
  int64_t now = START;
  uint64_t tick = CSN_NONCE_CLOCK_TICK_MASK - 700, number = 1;
  (void)state;
  csn_atomic_init(&table->header->clock, csn_nonce_clock(now, tick));
  csn_atomic_init(&table->header->swept, tick);
  for (uint64_t i = 0; i < table->line_count * CSN_NONCE_LINE_SLOTS; i++)
    csn_atomic_init(&table->lines[i / CSN_NONCE_LINE_SLOTS].slots[i % CSN_NONCE_LINE_SLOTS],
                    csn_nonce_word(tick - 1, 0));
  for (unsigned step = 0; step < 1500; step++, now += CSN_NONCE_TICK_SECONDS) {
    assert_int_equal(claim_number(table, number, now + 8, now), CSN_NONCE_FRESH);
    assert_int_equal(claim_number(table, number++, now + 8, now), CSN_NONCE_REPLAYED);
    csn_nonce_table_sweep(table, now);
    uint64_t swept = csn_atomic_load_relaxed(&table->header->swept);
    assert_int_equal(swept, csn_atomic_load_relaxed(&table->header->clock) & CSN_NONCE_CLOCK_TICK_MASK);
  }
  assert_true(csn_atomic_load_relaxed(&table->header->swept) < 1500); /* anew */
  csn_nonce_table_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_sleeper_has_written_meanwhile_is_swept_if_it_is_old),
      cmocka_unit_test(a_sweep_by_an_old_clock_counts_nothing),
      cmocka_unit_test(the_sweep_follows_the_clock_when_its_ticks_begin_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
