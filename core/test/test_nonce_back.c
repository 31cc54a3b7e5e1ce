/* The nonce table where home lines are full: the back yard, its flags and nudges, and the words that any claim writes.
 */
#include "nonce_words.h"

/* ---- every word that is written ---- */

/* Claims of few nonces in a table of 48 slots: `ahead` seconds at most, the clock moving by up to `step` now and then.
 */
static void compare_a_stream(uint64_t seed, uint64_t numbers, uint64_t ahead, uint64_t step, unsigned *seen) {
  csn_nonce_table *table = new_table(TINY);
  if (seed % 2 == 0) table->read = csn_nonce_read_words; /* both ways of reading */
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

/* Changes what a claim of `key` has done in the back yard, and says whether there is such a change. */
static bool spoil(unsigned wrong, const csn_nonce_table *table, const csn_nonce_key *key, const picture *before,
                  picture *after) {
  unsigned back = least_slot(before, table, key, HOME_SLOTS, TINY_SLOTS), flag = flag_slot_of(table, key);
  unsigned least = least_slot(before, table, key, 0, HOME_SLOTS), other = (flag + 1) % HOME_SLOTS;
  uint64_t *back_word = pictured(after, table, key, back), *flag_word = pictured(after, table, key, flag);
  uint64_t *least_word = pictured(after, table, key, least), *other_word = pictured(after, table, key, other);
  const uint64_t tick = (uint64_t)CSN_NONCE_ONE_TICK, other_flag = CSN_NONCE_FLAGS_MASK & ~key->flag;
  switch (wrong) {
    case 0:
      return *other_word -= 1, true; /* a word decreases */
    case 1:
      return *other_word += 1, true; /* another's word */
    case 2:
      return *back_word += tick, true; /* held too long */
    case 3:
      return *back_word = *pictured(before, table, key, back), true; /* not written */
    case 4:
      return *pictured(after, table, key, back ^ 1) = *back_word, true; /* written twice */
    case 5:
      return *flag_word = *pictured(before, table, key, flag), true; /* not flagged */
    case 6:
      return *flag_word |= other_flag, true; /* flagged for others, too */
    case 7:
      return *flag_word ^= key->flag | (other_flag & -other_flag), true; /* flagged for others only */
    case 8:
      return *flag_word += tick, true; /* raised, though it was later */
    case 9:
      return *other_word |= key->flag, true; /* flagged twice */
    case 10:
      return *least_word = *pictured(before, table, key, least), true; /* not nudged */
    case 11:
      return *least_word += tick, true; /* nudged twice */
    case 12:
      return *pictured(after, table, key, least ^ 9) += tick, true; /* another nudged, too */
    case 13:                                                        /* another nudged instead */
      return *least_word -= tick, *pictured(after, table, key, least ^ 9) += tick, true;
    default:
      return false;
  }
}

/* The comparison finds a claim that did something else. */
static void another_change_is_found(void **state) {
  (void)state;
  bool more = true;
  for (unsigned wrong = 0; more; wrong++) {
    csn_nonce_table *table = new_table(TINY);
    uint64_t number = number_flagged_in(table, 7, 5, wrong % CSN_NONCE_FLAGS);
    csn_nonce_key key = key_of_number(table, number);
    picture before = new_picture(table), copy = new_picture(table), after = new_picture(table);
    put_home(table, &key, 10);
    take(&before, table);
    take(&copy, table);
    assert_int_equal(claim_number(table, number, START + 20, START), CSN_NONCE_FRESH);
    take(&after, table);
    assert_int_equal(effect_of(&copy, &after, table, &key, START + 20), EFFECT_BACK);
    more = spoil(wrong, table, &key, &before, &after);
    effect found = effect_of(&before, &after, table, &key, START + 20);
    if (found != (more ? EFFECT_WRONG : EFFECT_BACK)) fail_msg("change %u", wrong);
    free_picture(&before);
    free_picture(&copy);
    free_picture(&after);
    csn_nonce_table_free(table);
  }
}

/* Of equal words the one in the first position is replaced, and the comparison asks for it. */
static void another_slot_at_home_is_found(void **state) {
  (void)state;
  for (unsigned slot = 0; slot < HOME_SLOTS; slot++) {
    csn_nonce_table *table = new_table(TINY);
    csn_nonce_key key = key_of_number(table, 7);
    picture before = new_picture(table), after = new_picture(table);
    take(&before, table);
    assert_int_equal(claim_number(table, 7, START + 20, START), CSN_NONCE_FRESH);
    take(&after, table);
    uint64_t written = *pictured(&after, table, &key, 0);
    *pictured(&after, table, &key, 0) = 0;
    *pictured(&after, table, &key, slot) = written;
    assert_int_equal(effect_of(&before, &after, table, &key, START + 20), slot == 0 ? EFFECT_HOME : EFFECT_WRONG);
    free_picture(&before);
    free_picture(&after);
    csn_nonce_table_free(table);
  }
}

/* ---- flags ---- */

static void the_seventeenth_nonce_goes_to_the_back_yard(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_key key = key_of_number(table, HOME_SLOTS);
  uint64_t marked = HOME_SLOTS;
  for (uint64_t i = 0; i < HOME_SLOTS; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
    if (!csn_nonce_word_expired(csn_atomic_load_relaxed(key.flag_slot), clock_of(table)) && marked == HOME_SLOTS)
      marked = i; /* the nonce whose word will bear the flag */
  }
  for (unsigned i = 0; i < TINY_SLOTS; i++) {
    assert_int_equal(csn_nonce_word_expired(word_at(table, &key, i), clock_of(table)), i >= HOME_SLOTS);
    assert_int_equal(word_at(table, &key, i) & CSN_NONCE_FLAGS_MASK, 0);
  }
  assert_int_equal(claim_number(table, HOME_SLOTS, START + 500, START), CSN_NONCE_FRESH);
  assert_int_equal(word_at(table, &key, HOME_SLOTS) & CSN_NONCE_FINGERPRINT_MASK, key.fingerprint);
  for (uint64_t i = 0; i <= HOME_SLOTS; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START + 300), CSN_NONCE_REPLAYED);
  }
  /* Now there is room at home again, but the flag still sends the nonce to the back yard. It holds one other nonce
   * longer than that asked for. */
  for (uint64_t i = 0; i < HOME_SLOTS; i++) {
    csn_nonce_answer answer = claim_number(table, i, START + 600, START + 500);
    assert_int_equal(answer, i == marked ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH);
    assert_int_equal(claim_number(table, HOME_SLOTS, START + 500, START + 500), CSN_NONCE_REPLAYED);
  }
  assert_int_equal(claim_number(table, HOME_SLOTS, START + 600, START + 504), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

/* What the home words bear while a nonce's word is in the back yard. */
typedef struct marks {
  unsigned own;    /* the flags in the nonce's own slot, as bits from its own flag on */
  unsigned others; /* and in all others */
  int64_t own_ticks, other_ticks;
  csn_nonce_answer answer;
} marks;

static csn_nonce_answer claim_marked(const marks *m, unsigned slot, unsigned flag) {
  csn_nonce_table *table = new_table(TINY);
  uint64_t number = number_flagged_in(table, 7, slot, flag), own = 0, others = 0;
  csn_nonce_key key = key_of_number(table, number);
  for (unsigned i = 0; i < CSN_NONCE_FLAGS; i++) {
    uint64_t bit = UINT64_C(1) << (CSN_NONCE_FINGERPRINT_BITS + (flag + i) % CSN_NONCE_FLAGS);
    if (m->own >> i & 1) own |= bit;
    if (m->others >> i & 1) others |= bit;
  }
  for (unsigned i = 0; i < HOME_SLOTS; i++)
    put(table, &key, i, i == slot ? m->own_ticks : m->other_ticks, i == slot ? own : others, i + 1);
  put(table, &key, TINY_SLOTS - 1, 5, 0, key.fingerprint);
  csn_nonce_answer answer = claim_number(table, number, START + 20, START);
  csn_nonce_table_free(table);
  return answer;
}

/* A word in the back yard counts while the word in the nonce's own slot is live and has its own bit; or while all home
 * words are live. */
static void only_the_live_flag_of_the_nonce_leads_to_the_back_yard(void **state) {
  (void)state;
  static const marks rows[] = {
      {1, 0, 5, -1, CSN_NONCE_REPLAYED}, {7, 0, 5, -1, CSN_NONCE_REPLAYED}, {3, 6, 5, -1, CSN_NONCE_REPLAYED},
      {1, 0, 0, -1, CSN_NONCE_REPLAYED}, {1, 0, -1, -1, CSN_NONCE_FRESH},   {7, 7, -1, -1, CSN_NONCE_FRESH},
      {0, 0, 5, -1, CSN_NONCE_FRESH},    {2, 0, 5, -1, CSN_NONCE_FRESH},    {4, 0, 5, -1, CSN_NONCE_FRESH},
      {6, 7, 5, -1, CSN_NONCE_FRESH},    {6, 7, -1, 5, CSN_NONCE_FRESH},    {1, 1, -1, 5, CSN_NONCE_FRESH},
      {1, 0, 5, 5, CSN_NONCE_REPLAYED},  {0, 0, 5, 5, CSN_NONCE_REPLAYED},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    for (unsigned slot = 0; slot < HOME_SLOTS; slot++) { /* of both lines */
      for (unsigned flag = 0; flag < CSN_NONCE_FLAGS; flag++) {
        if (claim_marked(&rows[i], slot, flag) != rows[i].answer) fail_msg("row %zu, slot %u, flag %u", i, slot, flag);
      }
    }
  }
}

/* A claim for 20 ticks, where the flag's word is held for `held` ticks and bears `flags`, and all other home words are
 * held for `others`: that word keeps what it has, is raised where it is earlier, and may be the least before and after.
 */
static void flag_one(unsigned slot, unsigned flag, int64_t held, uint64_t flags, int64_t others) {
  csn_nonce_table *table = new_table(TINY);
  uint64_t number = number_flagged_in(table, 7, slot, flag);
  csn_nonce_key key = key_of_number(table, number);
  picture before = new_picture(table), after = new_picture(table);
  put_home(table, &key, others);
  put(table, &key, slot, held, flags, 99);
  take(&before, table);
  assert_int_equal(claim_number(table, number, START + 80, START), CSN_NONCE_FRESH);
  take(&after, table);
  assert_int_equal(effect_of(&before, &after, table, &key, START + 80), EFFECT_BACK);

  int64_t raised = held > 20 ? held : 20;
  bool nudged = raised < others;
  uint64_t word = word_at(table, &key, slot);
  assert_int_equal(csn_nonce_rank(word, clock_of(table)) >> CSN_NONCE_TICK_SHIFT, raised + nudged);
  assert_int_equal(word & CSN_NONCE_FLAGS_MASK, flags | key.flag);
  assert_int_equal(word & CSN_NONCE_FINGERPRINT_MASK, 99);
  assert_int_equal(claim_number(table, number, START + 200, START), CSN_NONCE_REPLAYED);
  assert_int_equal(claim_number(table, number, START + 200, START + 80), CSN_NONCE_REPLAYED);
  assert_int_equal(claim_number(table, number, START + 200, START + 84), CSN_NONCE_FRESH);
  free_picture(&before);
  free_picture(&after);
  csn_nonce_table_free(table);
}

static void the_word_in_its_slot_is_flagged_and_raised(void **state) {
  (void)state;
  static const int64_t held[] = {0, 3, 9, 10, 19, 20, 21, 39}, others[] = {0, 9, 20, 21, 30};
  for (unsigned slot = 0; slot < HOME_SLOTS; slot++) {
    for (unsigned flag = 0; flag < CSN_NONCE_FLAGS; flag++) {
      for (size_t h = 0; h < COUNT(held); h++) {
        for (size_t o = 0; o < COUNT(others); o++) {
          for (uint64_t flags = 0; flags <= CSN_NONCE_FLAGS_MASK; flags += UINT64_C(1) << CSN_NONCE_FINGERPRINT_BITS)
            flag_one(slot, flag, held[h], flags, others[o]);
        }
      }
    }
  }
}

/* ---- what a claim that never goes on leaves behind ---- */

static void a_claim_that_died_after_its_flag_costs_nobody_anything(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_key key = key_of_number(table, 7);
  put_home(table, &key, 5);
  put(table, &key, flag_slot_of(table, &key), 75, key.flag, 99); /* flagged until 300 s on, and no more */
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
    put(table, &key, flag_slot_of(table, &key), 75, key.flag, 99);
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
    uint64_t number = number_flagged_in(table, 7, 2, 0);
    csn_nonce_key key = key_of_number(table, number);
    put_home(table, &key, CSN_NONCE_HELD_MAX);
    put(table, &key, 11, CSN_NONCE_HELD_MAX - below, 0, 0); /* no fingerprint: it is its tick or less */
    csn_nonce_answer answer = claim_number(table, number, START + 20, START);
    assert_int_equal(answer, below == 0 ? CSN_NONCE_FULL : CSN_NONCE_FRESH);
    assert_int_equal(csn_nonce_rank(word_at(table, &key, 11), clock_of(table)),
                     (CSN_NONCE_HELD_MAX - below + (below > 0)) * CSN_NONCE_ONE_TICK);
    assert_int_equal(claim_number(table, number, START + 20, START), CSN_NONCE_REPLAYED);
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
      cmocka_unit_test(another_slot_at_home_is_found),
      cmocka_unit_test(the_seventeenth_nonce_goes_to_the_back_yard),
      cmocka_unit_test(only_the_live_flag_of_the_nonce_leads_to_the_back_yard),
      cmocka_unit_test(the_word_in_its_slot_is_flagged_and_raised),
      cmocka_unit_test(a_claim_that_died_after_its_flag_costs_nobody_anything),
      cmocka_unit_test(a_claim_that_died_before_its_nudge_costs_its_own_nonce_only),
      cmocka_unit_test(a_word_is_nudged_so_far_and_no_further),
      cmocka_unit_test(nudged_for_ever_a_table_is_full_at_times_and_in_order_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
