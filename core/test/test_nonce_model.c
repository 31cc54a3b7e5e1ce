/* What the nonce table promises, in every interleaving: see nonce_model.h. */
#include "nonce_model.h"

/* ---- the real claim ---- */

#define HELD(nonce, expires) \
  { nonce, expires, CSN_NONCE_STATE_CONFIRMED }

static void two_claims_of_one_nonce(void **unused) {
  (void)unused;
  static const scenario two = {csn_nonce_claim_key, .scripts = {{{1, T + 300, T}}, {{1, T + 300, T}}},
                               .one_wins = true};
  holds(&two);
}

static void three_claims_of_one_nonce(void **unused) {
  (void)unused;
  static const scenario three = {
      csn_nonce_claim_key, .scripts = {{{1, T + 300, T}}, {{1, T + 300, T}}, {{1, T + 600, T + 1}}}, .one_wins = true};
  holds(&three);
}

/* The clocks disagree whether a slot is free: the claims publish in different slots. */
static void claims_that_see_different_slots_free(void **unused) {
  (void)unused;
  static const scenario first_expires = {csn_nonce_claim_key, .slots = {HELD(9, T + 3)},
                                         .scripts = {{{1, T + 300, T}}, {{1, T + 300, T + 4}}}, .one_wins = true};
  static const scenario both_expire = {csn_nonce_claim_key, .slots = {HELD(9, T + 7), HELD(8, T + 7), HELD(7, T + 3)},
                                       .scripts = {{{1, T + 300, T}}, {{1, T + 300, T + 4}}, {{1, T + 300, T + 8}}},
                                       .one_wins = true};
  /* Two see one slot free, the third another: it kills the first, and the second comes into the first one's slot. */
  static const scenario after_a_kill = {csn_nonce_claim_key, .slots = {HELD(9, T + 3)},
                                        .scripts = {{{1, T + 300, T}}, {{1, T + 300, T}}, {{1, T + 300, T + 4}}},
                                        .one_wins = true};
  holds(&first_expires);
  assert_true(seen.rivals > 0);
  holds(&after_a_kill);
  assert_true(seen.rivals > 0);
  assert_true(seen.killed > 0);
  holds(&both_expire);
  assert_true(seen.rivals > 0);
  assert_true(seen.killed > 0);
}

/* Other nonces come and go beside two claims of one: slots are taken and given back between their scans. */
static void claims_beside_other_traffic(void **unused) {
  (void)unused;
  static const scenario beside = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 3), HELD(8, T + 300)},
      .scripts = {{{1, T + 300, T}}, {{1, T + 300, T}}, {{2, T + 3, T}, {3, T + 300, T + 4}}},
      .whole = {false, false, COARSE},
  };
  static const scenario crossed = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 3), HELD(8, T + 300)},
      .scripts = {{{1, T + 300, T}, {2, T + 300, T + 4}}, {{2, T + 300, T}, {1, T + 300, T}}},
  };
  holds(&beside);
  assert_true(seen.rivals > 0);
  holds(&crossed);
  assert_true(seen.rivals > 0);
}

/* A fast clock recycles the slot of an accepted nonce while a slow one presents the same bytes again. */
static void a_recycled_slot_between_two_claims_of_the_same_bytes(void **unused) {
  (void)unused;
  static const scenario full = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 300), HELD(8, T + 300), HELD(7, T + 300)},
      .scripts = {{{1, T + 3, T}}, {{1, T + 3, T}}, {{2, T + 300, T + 4}}},
  };
  static const scenario roomy = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 300), HELD(8, T + 300)},
      .scripts = {{{1, T + 3, T}}, {{1, T + 3, T + 2}}, {{2, T + 300, T + 4}, {3, T + 300, T}}},
      .whole = {false, false, true},
  };
  holds(&full);
  assert_true(seen.answers[CSN_NONCE_EXPIRED] > 0 && seen.answers[CSN_NONCE_FRESH] > 0);
  holds(&roomy);
  assert_true(seen.answers[CSN_NONCE_EXPIRED] > 0 && seen.answers[CSN_NONCE_FRESH] > 0);
}

/* One nonce under two timestamps: the second may be accepted when the first is past, and not before. */
static void one_nonce_with_two_expiries(void **unused) {
  (void)unused;
  static const scenario two_ticks = {
      csn_nonce_claim_key,
      .scripts = {{{1, T + 3, T}}, {{1, T + 300, T + 4}}, {{1, T + 300, T}}},
  };
  static const scenario one_tick = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 3)},
      .scripts = {{{1, T + 5, T}}, {{1, T + 6, T + 4}}, {{1, T + 300, T + 6}}},
  };
  holds(&two_ticks);
  assert_true(seen.answers[CSN_NONCE_FRESH] > 0);
  holds(&one_tick);
  assert_true(seen.answers[CSN_NONCE_FRESH] > 0);
}

/* Three nonces, two free slots: some are refused, none is evicted. */
static void a_full_table_under_contention(void **unused) {
  (void)unused;
  static const scenario full = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 300), HELD(8, T + 3), HELD(7, T + 300)},
      .scripts = {{{1, T + 300, T}}, {{2, T + 300, T + 4}}, {{3, T + 300, T}, {8, T + 3, T}}},
  };
  holds(&full);
  assert_true(seen.answers[CSN_NONCE_FULL] > 0);
}

/* A claim that sleeps between any two of its accesses while the clock runs on by half a turn of the tick, or jumps. */
static void a_claim_that_sleeps_for_hours(void **unused) {
  (void)unused;
  static const scenario hours = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 3), HELD(8, T + 8000)},
      .scripts = {{{1, T + 300, T}},
                  {{2, T + 8000, T + 8000},
                   {3, T + 16000, T + 16000},
                   {2, T + 24000, T + 24000},
                   {3, T + 32000, T + 32000},
                   {2, T + 48000, T + 40000},
                   {1, T + 48100, T + 40000},
                   {1, T + 48100, T + 40000}}},
      .whole = {false, true, true},
  };
  static const scenario jumps = {
      csn_nonce_claim_key,
      .slots = {HELD(9, T + 3), HELD(8, T + 8000)},
      .scripts = {{{1, T + 300, T}, {1, T + 8000, T}},
                  {{1, T + 65836, T + 65536}, {2, T + 65836, T + 65536}, {8, T + 73536, T + 65536}},
                  {{1, T + 8190, T + 4}}},
      .whole = {false, true, false},
  };
  holds(&hours);
  holds(&jumps);
}

static void an_abandoned_claim_blocks_its_nonce_only(void **unused) {
  (void)unused;
  static const scenario abandoned = {
      csn_nonce_claim_key,
      .slots = {{0, 0, CSN_NONCE_STATE_EMPTY}, {1, T + 300, CSN_NONCE_STATE_TENTATIVE}},
      .scripts = {{{1, T + 300, T}}, {{1, T + 300, T}}, {{2, T + 300, T}}},
  };
  holds(&abandoned);
  assert_int_equal(seen.answers[CSN_NONCE_FRESH], seen.ends); /* nonce 2, always */
}

/* ---- negative controls: the exploration finds what is wrong with simpler claims ---- */

/* Scan and take a slot: the second of two slots is never looked at again. */
static csn_nonce_answer claim_without_rescan(csn_nonce_table *t, const csn_nonce_key *key, int64_t expires,
                                             int64_t now) {
  uint64_t clock = advance(t, now);
  uint64_t own = csn_nonce_word(key->fingerprint, csn_nonce_tick_of(clock, expires), CSN_NONCE_STATE_CONFIRMED);
  unsigned position;
  return publish(t, key, own, &position);
}

/* Re-scan, and give way to any rival: both may. */
static csn_nonce_answer claim_without_tie_break(csn_nonce_table *t, const csn_nonce_key *key, int64_t expires,
                                                int64_t now) {
  uint64_t clock = advance(t, now);
  uint64_t own = csn_nonce_word(key->fingerprint, csn_nonce_tick_of(clock, expires), CSN_NONCE_STATE_CONFIRMED);
  unsigned position;
  csn_nonce_answer answer = publish(t, key, own, &position);
  if (answer != CSN_NONCE_FRESH) return answer;
  for (unsigned i = 0; i < CSN_NONCE_POSITIONS; i++) {
    uint64_t other = csn_atomic_load_seq_cst(csn_nonce_slot(t, key, i));
    if (i == position || csn_nonce_word_fingerprint(other) != key->fingerprint) continue;
    (void)csn_atomic_cas_seq_cst(csn_nonce_slot(t, key, position), own, 0);
    return CSN_NONCE_REPLAYED;
  }
  return CSN_NONCE_FRESH;
}

static void simpler_claims_are_found_out(void **unused) {
  (void)unused;
  static const scenario no_rescan = {claim_without_rescan, .slots = {HELD(9, T + 3)},
                                     .scripts = {{{1, T + 300, T}}, {{1, T + 300, T + 4}}}};
  static const scenario no_tie_break = {claim_without_tie_break, .slots = {HELD(9, T + 3)},
                                        .scripts = {{{1, T + 300, T}}, {{1, T + 300, T + 4}}}, .one_wins = true};
  explore_scenario(&no_rescan);
  assert_true(seen.violations > 0);
  explore_scenario(&no_tie_break);
  assert_true(seen.violations > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_claims_of_one_nonce),
      cmocka_unit_test(three_claims_of_one_nonce),
      cmocka_unit_test(claims_that_see_different_slots_free),
      cmocka_unit_test(claims_beside_other_traffic),
      cmocka_unit_test(a_recycled_slot_between_two_claims_of_the_same_bytes),
      cmocka_unit_test(one_nonce_with_two_expiries),
      cmocka_unit_test(a_full_table_under_contention),
      cmocka_unit_test(a_claim_that_sleeps_for_hours),
      cmocka_unit_test(an_abandoned_claim_blocks_its_nonce_only),
      cmocka_unit_test(simpler_claims_are_found_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
