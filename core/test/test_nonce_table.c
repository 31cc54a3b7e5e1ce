/* The memory nonce table, one thread: what is remembered, for how long, and what is refused. */

#include "nonce_support.h"

static void a_nonce_is_fresh_once(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(100);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FRESH);
  for (int i = 0; i < 3; i++) assert_int_equal(claim(table, "n", START + 300, START + i), CSN_NONCE_REPLAYED);
  assert_int_equal(csn_nonce_table_measure(table).live, 1);
  csn_nonce_table_free(table);
}

static void identity_is_client_and_nonce(void **state) {
  (void)state;
  static const struct {
    const char *client, *nonce;
  } different[] = {{"a", "bc"}, {"ab", "c"}, {"abc", ""},  {"", "abc"},
                   {"A", "bc"}, {"a", "bC"}, {"a", "bc "}, {"", ""}};
  csn_nonce_table *table = new_table(100);
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < COUNT(different); i++) {
      csn_nonce_answer answer = csn_nonce_table_claim(table, csn_span_str(different[i].client),
                                                      csn_span_str(different[i].nonce), START + 300, START);
      assert_int_equal(answer, round == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
    }
  }
  csn_span nothing = {NULL, 0};
  assert_int_equal(csn_nonce_table_claim(table, nothing, nothing, START + 300, START), CSN_NONCE_REPLAYED);
  csn_nonce_table_free(table);
}

/* Another timestamp does not make it another nonce, and does not lengthen what is remembered. */
static void the_same_nonce_with_another_expiry_is_a_replay(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(100);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "n", START + 600, START), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(table, "n", START + 100, START), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(table, "n", START + 600, START + 303), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(table, "n", START + 600, START + 304), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "n", START + 600, START + 603), CSN_NONCE_EXPIRED);
  assert_int_equal(claim(table, "n", START + 700, START + 603), CSN_NONCE_REPLAYED);
  csn_nonce_table_free(table);
}

/* Remembered through `expires` and to the end of its tick; forgotten in the next second. */
static void a_nonce_is_remembered_to_the_end_of_its_tick(void **state) {
  (void)state;
  for (int64_t start = START; start < START + 4; start++) {
    for (int64_t expires = START + 8; expires < START + 12; expires++) {
      csn_nonce_table *table = new_table(100);
      assert_int_equal(claim(table, "n", expires, start), CSN_NONCE_FRESH);
      assert_int_equal(claim(table, "n", expires, expires - 1), CSN_NONCE_REPLAYED);
      assert_int_equal(claim(table, "n", expires, expires), CSN_NONCE_REPLAYED);
      for (int64_t now = expires; now < START + 12; now++) {
        assert_int_equal(claim(table, "n", now + 300, now), CSN_NONCE_REPLAYED);
      }
      assert_int_equal(csn_nonce_table_measure(table).live, 1);
      assert_int_equal(claim(table, "m", START + 400, START + 12), CSN_NONCE_FRESH);
      assert_int_equal(csn_nonce_table_measure(table).live, 1);
      assert_int_equal(claim(table, "n", START + 300, START + 12), CSN_NONCE_FRESH);
      csn_nonce_table_free(table);
    }
  }
}

static void a_clock_that_goes_back_reopens_nothing(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(100);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "other", START + 1300, START + 1000), CSN_NONCE_FRESH);
  static const int64_t back[] = {START + 300, START + 299, START, START - 1, 0, -1, INT64_MIN};
  for (size_t i = 0; i < COUNT(back); i++) {
    assert_int_equal(claim(table, "n", START + 300, back[i]), CSN_NONCE_EXPIRED);
    assert_int_equal(claim(table, "never seen", START + 999, back[i]), CSN_NONCE_EXPIRED);
    assert_int_equal(claim(table, "other", START + 1300, back[i]), CSN_NONCE_REPLAYED);
  }
  assert_int_equal(claim(table, "never seen", START + 1000, START), CSN_NONCE_FRESH);
  assert_int_equal(csn_nonce_table_measure(table).clock, START + 1000);
  csn_nonce_table_free(table);
}

static void the_clock_never_goes_behind_the_start(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(100);
  assert_int_equal(claim(table, "n", START - 1, START - 100), CSN_NONCE_EXPIRED);
  assert_int_equal(claim(table, "n", START, INT64_MIN), CSN_NONCE_FRESH);
  assert_int_equal(csn_nonce_table_measure(table).clock, START);
  csn_nonce_table_free(table);
}

static void an_absurd_clock_is_refused_and_changes_nothing(void **state) {
  (void)state;
  static const int64_t absurd[] = {CSN_NONCE_CLOCK_MAX + 1, INT64_MAX / 2, INT64_MAX};
  csn_nonce_table *table = new_table(100);
  for (size_t i = 0; i < COUNT(absurd); i++) {
    assert_int_equal(claim(table, "n", START + 300, absurd[i]), CSN_NONCE_UNAVAILABLE);
    assert_int_equal(claim(table, "n", absurd[i], absurd[i]), CSN_NONCE_UNAVAILABLE);
    csn_nonce_claim one = {client, csn_span_str("n"), START + 300, CSN_NONCE_FRESH};
    csn_nonce_table_claim_batch(table, &one, 1, absurd[i]);
    assert_int_equal(one.answer, CSN_NONCE_UNAVAILABLE);
  }
  assert_int_equal(csn_nonce_table_measure(table).clock, START);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "last", CSN_NONCE_CLOCK_MAX + 300, CSN_NONCE_CLOCK_MAX), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "last", CSN_NONCE_CLOCK_MAX + 300, CSN_NONCE_CLOCK_MAX), CSN_NONCE_REPLAYED);
  assert_int_equal(csn_nonce_table_measure(table).clock, CSN_NONCE_CLOCK_MAX);
  csn_nonce_table_free(table);
}

static void the_fence_refuses_what_expires_at_it_or_before(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  config.fence = START + 300;
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
  assert_int_equal(claim(table, "n", START, START), CSN_NONCE_FENCED);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FENCED);
  assert_int_equal(csn_nonce_table_measure(table).live, 0);
  assert_int_equal(claim(table, "n", START + 301, START), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "n", START + 300, START + 301), CSN_NONCE_EXPIRED);
  csn_nonce_table_free(table);
}

static void retention_has_a_bound(void **state) {
  (void)state;
  for (int64_t shift = 0; shift < 4; shift++) {
    int64_t now = START + shift;
    csn_nonce_table *table = new_table(100);
    assert_int_equal(claim(table, "n", now + CSN_NONCE_RETENTION_MAX + 1, now), CSN_NONCE_RETENTION);
    assert_int_equal(claim(table, "n", INT64_MAX, now), CSN_NONCE_RETENTION);
    assert_int_equal(csn_nonce_table_measure(table).live, 0);
    assert_int_equal(claim(table, "n", INT64_MIN, now), CSN_NONCE_EXPIRED);
    assert_int_equal(claim(table, "n", now + CSN_NONCE_RETENTION_MAX, now), CSN_NONCE_FRESH);
    assert_int_equal(claim(table, "n", now + CSN_NONCE_RETENTION_MAX, now), CSN_NONCE_REPLAYED);
    int64_t last = now + CSN_NONCE_RETENTION_MAX;
    assert_int_equal(claim(table, "n", last, last), CSN_NONCE_REPLAYED);
    assert_int_equal(claim(table, "n", last + 4, last + 4), CSN_NONCE_FRESH);
    csn_nonce_table_free(table);
  }
}

static void a_full_table_refuses_and_evicts_nothing(void **state) {
  (void)state;
  enum { PRESENTED = 400 };
  csn_nonce_table *table = new_table(TINY);
  uint64_t accepted = 0;
  bool fresh[PRESENTED];
  assert_int_equal(csn_nonce_table_measure(table).slots, TINY_SLOTS);
  for (uint64_t i = 0; i < PRESENTED; i++) {
    csn_nonce_answer answer = claim_number(table, i, START + 300, START);
    assert_true(answer == CSN_NONCE_FRESH || answer == CSN_NONCE_FULL);
    fresh[i] = answer == CSN_NONCE_FRESH;
    accepted += fresh[i];
  }
  assert_int_equal(accepted, TINY_SLOTS);
  assert_int_equal(csn_nonce_table_measure(table).live, TINY_SLOTS);
  for (uint64_t i = 0; i < PRESENTED; i++) {
    csn_nonce_answer answer = claim_number(table, i, START + 300, START + 300);
    assert_int_equal(answer, fresh[i] ? CSN_NONCE_REPLAYED : CSN_NONCE_FULL);
  }
  assert_int_equal(claim_number(table, PRESENTED, START + 600, START + 303), CSN_NONCE_FULL);
  assert_int_equal(claim_number(table, PRESENTED, START + 600, START + 304), CSN_NONCE_FRESH);
  /* The 32 claims that went to the back yard have nudged each of the 16 home words twice; the one above has nudged one
   * more, and made another its flag. */
  for (uint64_t i = 0; i < TINY_SLOTS - 2; i++) {
    assert_int_equal(claim_number(table, 1000 + i, START + 600, START + 316), CSN_NONCE_FRESH);
  }
  assert_int_equal(claim_number(table, 2000, START + 600, START + 316), CSN_NONCE_FULL);
  csn_nonce_table_free(table);
}

static void a_table_takes_its_capacity(void **state) {
  (void)state;
  static const uint64_t capacities[] = {1, 2, 8, 9, 1000, 100000, 1000000};
  for (size_t c = 0; c < COUNT(capacities); c++) {
    uint64_t capacity = capacities[c];
    csn_nonce_table *table = new_table(capacity);
    for (uint64_t i = 0; i < capacity; i++) {
      if (claim_number(table, i, START + 300, START) != CSN_NONCE_FRESH) fail_msg("number %lu", (unsigned long)i);
    }
    csn_nonce_table_stats stats = csn_nonce_table_measure(table);
    assert_int_equal(stats.live, capacity);
    assert_int_equal(stats.expired, 0);
    assert_true(stats.slots * 100 >= capacity * 125);
    assert_int_equal(stats.region_bytes, csn_nonce_region_size(capacity));
    for (uint64_t i = 0; i < capacity; i += 1 + capacity / 1000) {
      assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_REPLAYED);
    }
    csn_nonce_table_free(table);
  }
}

static void long_identifiers_are_refused_not_truncated(void **state) {
  (void)state;
  uint8_t bytes[CSN_NONCE_PART_MAX + 1];
  memset(bytes, 'x', sizeof bytes);
  csn_span longest = csn_span_of(bytes, CSN_NONCE_PART_MAX), over = csn_span_of(bytes, sizeof bytes);
  csn_nonce_table *table = new_table(10);
  assert_int_equal(csn_nonce_table_claim(table, client, over, START, START), CSN_NONCE_UNAVAILABLE);
  assert_int_equal(csn_nonce_table_claim(table, over, client, START, START), CSN_NONCE_UNAVAILABLE);
  csn_nonce_table_prefetch(table, over, over);
  assert_int_equal(csn_nonce_table_measure(table).live, 0);
  assert_int_equal(csn_nonce_table_claim(table, longest, longest, START, START), CSN_NONCE_FRESH);
  assert_int_equal(csn_nonce_table_claim(table, longest, longest, START, START), CSN_NONCE_REPLAYED);
  bytes[CSN_NONCE_PART_MAX - 1] = 'y';
  assert_int_equal(csn_nonce_table_claim(table, longest, longest, START, START), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

static void refused_claims_leave_the_region_untouched(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(10);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FRESH);
  csn_span region = csn_nonce_table_region(table);
  uint8_t *before = malloc(region.len);
  assert_non_null(before);
  memcpy(before, region.ptr, region.len);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(table, "m", START - 1, START), CSN_NONCE_EXPIRED);
  assert_int_equal(claim(table, "m", START + 9000, START), CSN_NONCE_RETENTION);
  csn_nonce_table_prefetch(table, client, client);
  assert_memory_equal(before, region.ptr, region.len);
  assert_int_equal(claim(table, "m", START + 300, START), CSN_NONCE_FRESH);
  assert_true(memcmp(before, region.ptr, region.len) != 0);
  free(before);
  csn_nonce_table_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_nonce_is_fresh_once),
      cmocka_unit_test(identity_is_client_and_nonce),
      cmocka_unit_test(the_same_nonce_with_another_expiry_is_a_replay),
      cmocka_unit_test(a_nonce_is_remembered_to_the_end_of_its_tick),
      cmocka_unit_test(a_clock_that_goes_back_reopens_nothing),
      cmocka_unit_test(the_clock_never_goes_behind_the_start),
      cmocka_unit_test(an_absurd_clock_is_refused_and_changes_nothing),
      cmocka_unit_test(the_fence_refuses_what_expires_at_it_or_before),
      cmocka_unit_test(retention_has_a_bound),
      cmocka_unit_test(a_full_table_refuses_and_evicts_nothing),
      cmocka_unit_test(a_table_takes_its_capacity),
      cmocka_unit_test(long_identifiers_are_refused_not_truncated),
      cmocka_unit_test(refused_claims_leave_the_region_untouched),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
