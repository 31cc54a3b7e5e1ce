/* The nonce table where home lines are full: the back yard, its flags and nudges, and the words that any claim writes.
 */
#include "nonce_words.h"

/* ---- every word that is written ---- */

/* Claims of few nonces in a table of 48 slots: `ahead` seconds at most, the clock moving by up to `step` now and then.
 */
static void compare_a_stream(uint64_t seed, uint64_t numbers, uint64_t ahead, uint64_t step, unsigned *seen) {
  csn_nonce_table *table = new_table(TINY);
  if (seed % 2 == 0) table->read_pair = csn_nonce_read_pair; /* both ways of reading */
  picture before = new_picture(table), after = new_picture(table);
  int64_t now = START;
  for (unsigned i = 0; i < 20000; i++) {
    uint64_t number = random_next(&seed) % numbers;
    if (random_next(&seed) % 16 == 0) now += (int64_t)(random_next(&seed) % step);
    int64_t expires = now + (int64_t)(random_next(&seed) % ahead);
    csn_nonce_key key = key_of_number(table, number);
    (void)csn_nonce_advance(table, now);
    take(&before, table);
    csn_nonce_answer answer = claim_number(table, number, expires, now);
    take(&after, table);
    effect done = effect_of(&before, &after, table, &key, expires);
    if (done == EFFECT_WRONG) fail_msg("claim %u of stream %lu", i, (unsigned long)numbers);
    assert_int_equal(answer == CSN_NONCE_FRESH, done != EFFECT_NONE);
    seen[done]++;
    seen[4 + answer]++;
  }
  free_picture(&before);
  free_picture(&after);
  csn_nonce_table_free(table);
}

static void exactly_the_promised_words_change_and_all_increase(void **state) {
  (void)state;
  unsigned seen[4 + CSN_NONCE_RETENTION + 1] = {0};
  compare_a_stream(1, 60, 40, 4, seen);
  compare_a_stream(2, 500, 100, 9, seen);
  compare_a_stream(3, 100000, 8190, 1000, seen);
  compare_a_stream(4, 100000, 200, 20, seen);
  compare_a_stream(5, 100000, 8190, 9000, seen);
  assert_true(seen[EFFECT_HOME] > 1000 && seen[EFFECT_BACK] > 1000);
  assert_true(seen[4 + CSN_NONCE_REPLAYED] > 1000 && seen[4 + CSN_NONCE_FULL] > 1000);
}

/* The comparison finds a claim that did something else. */
static void another_change_is_found(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_key key = key_of_number(table, 7);
  picture before = new_picture(table), after = new_picture(table);
  put_home(table, &key, 10);
  for (unsigned wrong = 0; wrong < 8; wrong++) {
    take(&before, table);
    assert_int_equal(claim_number(table, 7, START + 20, START), CSN_NONCE_FRESH);
    take(&after, table);
    assert_int_equal(effect_of(&before, &after, table, &key, START + 20), EFFECT_BACK);
    unsigned back = changed_slot(&before, &after, table, &key, HOME_SLOTS, TINY_SLOTS), nudged = 0;
    while (*pictured(&before, table, &key, nudged) == *pictured(&after, table, &key, nudged)) nudged++;
    if (wrong == 0) after.words[0] -= 1;                                                          /* a word decreases */
    if (wrong == 1) *pictured(&after, table, &key, 9) += 1;                                       /* another's word */
    if (wrong == 2) *pictured(&after, table, &key, back) += (uint64_t)CSN_NONCE_ONE_TICK;         /* held too long */
    if (wrong == 3) *pictured(&after, table, &key, back) = *pictured(&before, table, &key, back); /* not written */
    if (wrong == 4) memcpy(after.words, before.words, HOME_SLOTS * sizeof *after.words);    /* no flag, no nudge */
    if (wrong == 5) *pictured(&after, table, &key, nudged) += (uint64_t)CSN_NONCE_ONE_TICK; /* nudged twice */
    if (wrong == 6) *pictured(&after, table, &key, 15) += (uint64_t)CSN_NONCE_ONE_TICK;     /* another nudged, too */
    if (wrong == 7) *pictured(&after, table, &key, back ^ 1) = *pictured(&after, table, &key, back); /* written twice */
    assert_int_equal(effect_of(&before, &after, table, &key, START + 20), EFFECT_WRONG);
    for (unsigned i = HOME_SLOTS; i < TINY_SLOTS; i++) put(table, &key, i, -1, 0, 0);
    put_home(table, &key, 10);
  }
  free_picture(&before);
  free_picture(&after);
  csn_nonce_table_free(table);
}

/* ---- flags ---- */

static void the_seventeenth_nonce_goes_to_the_back_yard(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  for (uint64_t i = 0; i < HOME_SLOTS; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  }
  csn_nonce_key key = key_of_number(table, HOME_SLOTS);
  for (unsigned i = 0; i < TINY_SLOTS; i++) {
    assert_int_equal(csn_nonce_word_expired(word_at(table, &key, i), clock_of(table)), i >= HOME_SLOTS);
    assert_int_equal(csn_nonce_word_class(word_at(table, &key, i)), 0);
  }
  assert_int_equal(claim_number(table, HOME_SLOTS, START + 500, START), CSN_NONCE_FRESH);
  assert_int_equal(word_at(table, &key, HOME_SLOTS) & CSN_NONCE_FINGERPRINT_MASK, key.fingerprint);
  for (uint64_t i = 0; i <= HOME_SLOTS; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START + 300), CSN_NONCE_REPLAYED);
  }
  /* Now there is room at home again, but the flag still sends the nonce to the back yard, and no other nonce. */
  assert_int_equal(claim_number(table, HOME_SLOTS, START + 500, START + 500), CSN_NONCE_REPLAYED);
  assert_int_equal(claim_number(table, 0, START + 600, START + 500), CSN_NONCE_FRESH);
  assert_int_equal(claim_number(table, HOME_SLOTS, START + 600, START + 504), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

/* A word in the back yard counts while a live word of home[0] flags its class or any. */
static void only_a_live_flag_of_the_class_leads_to_the_back_yard(void **state) {
  (void)state;
  static const struct {
    unsigned slot, class_after; /* of the nonce's: 6 is the same one again */
    bool any;
    int64_t ticks;
    csn_nonce_answer answer;
  } rows[] = {
      {0, 0, false, 5, CSN_NONCE_REPLAYED}, {7, 0, false, 5, CSN_NONCE_REPLAYED}, {3, 0, true, 5, CSN_NONCE_REPLAYED},
      {3, 0, false, 0, CSN_NONCE_REPLAYED}, {3, 0, false, -1, CSN_NONCE_FRESH},   {3, 0, true, -1, CSN_NONCE_FRESH},
      {3, 1, false, 5, CSN_NONCE_FRESH},    {3, 5, false, 5, CSN_NONCE_FRESH},    {8, 0, false, 5, CSN_NONCE_FRESH},
      {15, 0, true, 5, CSN_NONCE_FRESH},    {3, 6, false, 5, CSN_NONCE_REPLAYED},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_nonce_table *table = new_table(TINY);
    csn_nonce_key key = key_of_number(table, 7);
    unsigned flag_class = 1 + (key.flag_class - 1 + rows[i].class_after) % CSN_NONCE_CLASSES;
    put(table, &key, rows[i].slot, rows[i].ticks, rows[i].any ? CSN_NONCE_CLASS_ANY : flag_class, 1);
    put(table, &key, TINY_SLOTS - 1, 5, 0, key.fingerprint);
    if (claim_number(table, 7, START + 20, START) != rows[i].answer) fail_msg("row %zu", i);
    csn_nonce_table_free(table);
  }
}

/* Home words 0 .. 7 with these classes after the nonce's own (0: its own; 9: none) and held so long; then which is
 * flagged how for 20 ticks. */
static void the_latest_word_that_can_is_flagged(void **state) {
  (void)state;
  static const struct {
    unsigned classes[CSN_NONCE_LINE_SLOTS], ticks[CSN_NONCE_LINE_SLOTS];
    unsigned slot;
    bool any;
    unsigned ticks_after;
  } rows[] = {
      {{9, 9, 9, 9, 9, 9, 9, 9}, {30, 31, 32, 39, 34, 35, 36, 37}, 3, false, 39}, /* the latest */
      {{9, 9, 9, 9, 9, 9, 9, 9}, {10, 11, 12, 13, 14, 15, 16, 11}, 6, false, 20}, /* raised */
      {{1, 2, 3, 9, 4, 5, 1, 2}, {30, 31, 32, 13, 34, 35, 36, 37}, 3, false, 20}, /* none of the others' flags */
      {{1, 2, 3, 1, 0, 5, 1, 2}, {30, 31, 32, 33, 14, 35, 36, 37}, 4, false, 20}, /* its own flag is prolonged */
      {{1, 2, 3, 1, 0, 5, 1, 2}, {30, 31, 32, 33, 34, 35, 36, 37}, 4, false, 34}, /* its own flag does */
      {{1, 2, 3, 1, 5, 5, 1, 2}, {30, 31, 32, 33, 34, 55, 36, 37}, 5, true, 55},  /* the last resort */
      {{1, 2, 3, 1, 5, 5, 1, 2}, {10, 11, 12, 13, 14, 18, 16, 17}, 5, true, 20},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_nonce_table *table = new_table(TINY);
    csn_nonce_key key = key_of_number(table, 7);
    put_home(table, &key, 9); /* one of those behind is nudged */
    for (unsigned slot = 0; slot < CSN_NONCE_LINE_SLOTS; slot++) {
      unsigned after = rows[i].classes[slot];
      unsigned flag_class = after == 9 ? 0 : 1 + (key.flag_class - 1 + after) % CSN_NONCE_CLASSES;
      put(table, &key, slot, rows[i].ticks[slot], flag_class, slot + 1);
    }
    assert_int_equal(claim_number(table, 7, START + 80, START), CSN_NONCE_FRESH);
    for (unsigned slot = 0; slot < CSN_NONCE_LINE_SLOTS; slot++) {
      uint64_t word = word_at(table, &key, slot);
      assert_int_equal(flags_class(word, key.flag_class), slot == rows[i].slot);
      assert_int_equal(word & CSN_NONCE_FINGERPRINT_MASK, slot + 1);
    }
    uint64_t flag = word_at(table, &key, rows[i].slot);
    assert_int_equal(csn_nonce_word_class(flag), rows[i].any ? CSN_NONCE_CLASS_ANY : key.flag_class);
    assert_int_equal(csn_nonce_rank(flag, clock_of(table)) >> CSN_NONCE_TICK_SHIFT, rows[i].ticks_after);
    csn_nonce_table_free(table);
  }
}

/* ---- what a claim that never goes on leaves behind ---- */

static void a_claim_that_died_after_its_flag_costs_nobody_anything(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_key key = key_of_number(table, 7);
  put_home(table, &key, 5);
  put(table, &key, 2, 75, key.flag_class, 99); /* flagged until 300 s on, and no more */
  assert_int_equal(claim_number(table, 7, START + 300, START), CSN_NONCE_FRESH);
  assert_int_equal(claim_number(table, 7, START + 300, START), CSN_NONCE_REPLAYED);
  assert_int_equal(csn_nonce_table_measure(table).live, HOME_SLOTS + 1);
  csn_nonce_table_free(table);
}

static void a_claim_that_died_before_its_nudge_costs_its_own_nonce_only(void **state) {
  (void)state;
  for (unsigned slot = HOME_SLOTS; slot < TINY_SLOTS; slot++) {
    csn_nonce_table *table = new_table(TINY);
    csn_nonce_key key = key_of_number(table, 7);
    put_home(table, &key, 5);
    put(table, &key, 2, 75, key.flag_class, 99);
    put(table, &key, slot, 75, 0, key.fingerprint);
    assert_int_equal(claim_number(table, 7, START + 300, START), CSN_NONCE_REPLAYED);
    for (uint64_t i = 100; i < 100 + TINY_SLOTS - HOME_SLOTS - 1; i++) {
      assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
    }
    assert_int_equal(claim_number(table, 99, START + 300, START), CSN_NONCE_FULL);
    assert_int_equal(claim_number(table, 7, START + 600, START + 303), CSN_NONCE_REPLAYED);
    assert_int_equal(claim_number(table, 7, START + 600, START + 304), CSN_NONCE_FRESH);
    csn_nonce_table_free(table);
  }
}

/* ---- nudges have a bound ---- */

static void a_word_is_nudged_so_far_and_no_further(void **state) {
  (void)state;
  for (int64_t below = 0; below < 3; below++) {
    csn_nonce_table *table = new_table(TINY);
    csn_nonce_key key = key_of_number(table, 7);
    put_home(table, &key, CSN_NONCE_HELD_MAX);
    put(table, &key, 11, CSN_NONCE_HELD_MAX - below, 0, 0); /* no fingerprint: it is its tick or less */
    csn_nonce_answer answer = claim_number(table, 7, START + 20, START);
    assert_int_equal(answer, below == 0 ? CSN_NONCE_FULL : CSN_NONCE_FRESH);
    assert_int_equal(csn_nonce_rank(word_at(table, &key, 11), clock_of(table)),
                     (CSN_NONCE_HELD_MAX - below + (below > 0)) * CSN_NONCE_ONE_TICK);
    assert_int_equal(claim_number(table, 7, START + 20, START), CSN_NONCE_REPLAYED);
    csn_nonce_table_free(table);
  }
}

/* Home words held for as long as may be, and a back yard that short claims pass through all the time. */
static void nudged_for_ever_a_table_is_full_at_times_and_in_order_again(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_key key = key_of_number(table, 0);
  uint64_t number = 0, full = 0, fresh = 0;
  int64_t now = START, end = START + 4 * CSN_NONCE_TICK_SECONDS * CSN_NONCE_AHEAD_MAX;
  for (uint64_t i = 0; i < HOME_SLOTS; i++, number++) {
    assert_int_equal(claim_number(table, number, now + CSN_NONCE_RETENTION_MAX, now), CSN_NONCE_FRESH);
  }
  for (; now < end; now += CSN_NONCE_TICK_SECONDS) {
    for (unsigned i = 0; i < TINY_SLOTS - HOME_SLOTS; i++, number++) {
      csn_nonce_answer answer = claim_number(table, number, now, now);
      full += answer == CSN_NONCE_FULL;
      fresh += answer == CSN_NONCE_FRESH;
      assert_int_equal(claim_number(table, number, now, now), CSN_NONCE_REPLAYED);
    }
    for (unsigned i = 0; i < TINY_SLOTS; i++) {
      int64_t rank = csn_nonce_rank(word_at(table, &key, i), clock_of(table));
      if (rank >= (CSN_NONCE_HELD_MAX + 1) * CSN_NONCE_ONE_TICK) fail_msg("nudged too far");
    }
  }
  assert_true(full > 0 && fresh > full);
  /* In two steps: one, however long, advances the tick no further than any claim asks for. */
  for (unsigned i = 0; i < 2; i++) (void)csn_nonce_advance(table, now += CSN_NONCE_RETENTION_MAX);
  for (uint64_t i = 0; i < TINY_SLOTS; i++, number++) {
    assert_int_equal(claim_number(table, number, now, now), CSN_NONCE_FRESH);
  }
  csn_nonce_table_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exactly_the_promised_words_change_and_all_increase),
      cmocka_unit_test(another_change_is_found),
      cmocka_unit_test(the_seventeenth_nonce_goes_to_the_back_yard),
      cmocka_unit_test(only_a_live_flag_of_the_class_leads_to_the_back_yard),
      cmocka_unit_test(the_latest_word_that_can_is_flagged),
      cmocka_unit_test(a_claim_that_died_after_its_flag_costs_nobody_anything),
      cmocka_unit_test(a_claim_that_died_before_its_nudge_costs_its_own_nonce_only),
      cmocka_unit_test(a_word_is_nudged_so_far_and_no_further),
      cmocka_unit_test(nudged_for_ever_a_table_is_full_at_times_and_in_order_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
