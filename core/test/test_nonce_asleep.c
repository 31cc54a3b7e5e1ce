/* Calls that sleep in the middle, for hours of the table's clock. Here nonce_claim.c is compiled with a
 * compare-and-swap, and nonce_region.c with a load, at which others go first. */
#include <stddef.h>

#include "../src/atomics.h"

static void (*others)(void);          /* once, */
static unsigned loads;                /* after so many loads */
static unsigned woken, done_by_woken; /* compare-and-swaps that slept, and those that succeeded all the same */

static bool others_go(void) {
  void (*go)(void) = others;
  others = NULL;
  if (go != NULL) go();
  return go != NULL;
}

static bool cas_after_others(csn_atomic *word, uint64_t expected, uint64_t desired) {
  bool slept = others_go(), done = csn_atomic_cas_acq_rel(word, expected, desired);
  woken += slept;
  done_by_woken += slept && done;
  return done;
}

static uint64_t load_before_others(const csn_atomic *word) {
  uint64_t value = csn_atomic_load_acquire(word);
  if (loads > 0 && --loads == 0) (void)others_go();
  return value;
}

#define csn_atomic_cas_acq_rel cas_after_others
#include "../src/nonce_claim.c"
#undef csn_atomic_cas_acq_rel

#define csn_atomic_load_acquire load_before_others
#include "../src/nonce_region.c"
#undef csn_atomic_load_acquire

#include "nonce_words.h"

enum { TICK = CSN_NONCE_TICK_SECONDS, NUMBER = HOME_SLOTS };

static csn_nonce_table *table;
static csn_nonce_answer other; /* to another's claim meanwhile */
static int64_t slept, step;    /* seconds, all and from one sweep to the next */

static void sweep(int64_t from, int64_t to, int64_t seconds) {
  for (int64_t now = from; now <= to; now += seconds) csn_nonce_table_sweep(table, now);
}

/* A table that has been in service, and idle, so that its words were swept; for so long that words of now will be swept
 * in the same rounds, of which each second one finds them old. */
static void begin(void) {
  csn_nonce_table_config config = config_of(TINY);
  config.now = START - INT64_C(2200) * TICK;
  assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
  sweep(config.now, START, TICK);
  woken = done_by_woken = 0;
}

/* ---- claims at home ---- */

typedef enum way { ALONE, BATCH, LOOKING_TWICE, WAYS } claim_way;

static csn_nonce_answer claim_in_a_way(claim_way way) {
  uint64_t number = NUMBER;
  static const uint8_t long_part[CSN_NONCE_PART_MAX + 1] = {0};
  csn_nonce_claim claims[] = {
      {client, csn_span_of(&number, sizeof number), START + 300, CSN_NONCE_UNAVAILABLE},
      {client, csn_span_of(long_part, sizeof long_part), 0, CSN_NONCE_UNAVAILABLE}, /* no claim, but a batch of two */
  };
  if (way != BATCH) return claim_number(table, NUMBER, START + 300, START);
  csn_nonce_table_claim_batch(table, claims, COUNT(claims), START);
  return claims[0].answer;
}

static void claim_the_same_bytes(void) {
  other = claim_number(table, NUMBER, START + 300, START);
  sweep(START + step, START + slept, step);
}

/* Whether the sleeper found the very word that it expected. */
static bool sleeps_at_home(claim_way way) {
  begin();
  csn_nonce_key key = key_of_number(table, NUMBER);
  if (way == LOOKING_TWICE) put(table, &key, flag_slot_of(table, &key), 50, key.flag, 99);
  others = claim_the_same_bytes;
  csn_nonce_answer answer = claim_in_a_way(way);
  assert_int_equal(woken, 1);
  assert_int_equal(other, CSN_NONCE_FRESH);
  if (answer != CSN_NONCE_EXPIRED)
    fail_msg("way %u, asleep for %ld s in steps of %ld s: answer %u", way, (long)slept, (long)step, answer);
  csn_nonce_table_free(table);
  return done_by_woken > 0;
}

/* After 8192 ticks, nine hours, a word that was swept comes again: by a timer, or after four jumps of the clock. */
static void of_equal_claims_one_that_slept_for_hours_is_not_fresh(void **state) {
  (void)state;
  for (unsigned way = 0; way < WAYS; way++) {
    for (unsigned jumps = 0; jumps < 2; jumps++) {
      unsigned met = 0;
      for (slept = 7 * 3600; slept <= 10 * 3600; slept += 500) {
        step = jumps ? slept / 4 : TICK;
        met += sleeps_at_home((claim_way)way);
      }
      assert_true(met > 0);
    }
  }
}

/* ---- a claim in the back yard, before its nudge ---- */

/* The home lines get the words that they had, 8192 ticks later; but for the last, which is the sleeper's nonce. */
static void fill_home_again(void) {
  int64_t now = START + ((int64_t)TICK << CSN_NONCE_TICK_BITS);
  sweep(START + TICK, now, TICK);
  for (uint64_t i = 0; i < HOME_SLOTS - 1; i++)
    assert_int_equal(claim_number(table, i, now + 300, now), CSN_NONCE_FRESH);
  other = claim_number(table, NUMBER, now + 300, now);
}

static void a_claim_that_slept_before_its_nudge_is_not_fresh(void **state) {
  (void)state;
  begin();
  for (uint64_t i = 0; i < HOME_SLOTS; i++)
    assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  others = fill_home_again;
  assert_int_equal(claim_number(table, NUMBER, START + 300, START), CSN_NONCE_EXPIRED);
  assert_int_equal(other, CSN_NONCE_FRESH);
  assert_true(woken == 1 && done_by_woken == 1);
  csn_nonce_table_free(table);
}

/* ---- attaching, between its looks at the clock and at the sweep ---- */

static void move_the_clock(void) {
  for (unsigned i = 1; i <= 3; i++) (void)csn_nonce_advance(table, START + i * INT64_C(2049) * TICK);
}

static void a_sound_region_is_attached_while_the_clock_moves(void **state) {
  (void)state;
  for (unsigned looks = 0; looks <= 3; looks++) {
    csn_nonce_table *attached;
    table = new_table(TINY);
    csn_span region = csn_nonce_table_region(table);
    others = move_the_clock;
    loads = looks;
    assert_int_equal(csn_nonce_table_attach(&attached, table->header, region.len), CSN_OK);
    assert_true((others == NULL) == (looks == 1 || looks == 2)); /* it has two, and looks again */
    csn_nonce_table_free(attached);
    csn_nonce_table_free(table);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(of_equal_claims_one_that_slept_for_hours_is_not_fresh),
      cmocka_unit_test(a_claim_that_slept_before_its_nudge_is_not_fresh),
      cmocka_unit_test(a_sound_region_is_attached_while_the_clock_moves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
