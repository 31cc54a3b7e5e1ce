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
  enum { CAPACITY = 40, PRESENTED = 400 };
  csn_nonce_table *table = new_table(CAPACITY);
  uint64_t slots = csn_nonce_table_measure(table).slots, accepted = 0;
  bool fresh[PRESENTED];
  for (uint64_t i = 0; i < PRESENTED; i++) {
    csn_nonce_answer answer = claim_number(table, i, START + 300, START);
    assert_true(answer == CSN_NONCE_FRESH || answer == CSN_NONCE_FULL);
    fresh[i] = answer == CSN_NONCE_FRESH;
    accepted += fresh[i];
  }
  assert_int_equal(accepted, slots);
  assert_int_equal(csn_nonce_table_measure(table).live, slots);
  for (uint64_t i = 0; i < PRESENTED; i++) {
    csn_nonce_answer answer = claim_number(table, i, START + 300, START + 300);
    assert_int_equal(answer, fresh[i] ? CSN_NONCE_REPLAYED : CSN_NONCE_FULL);
  }
  assert_int_equal(claim_number(table, PRESENTED, START + 600, START + 303), CSN_NONCE_FULL);
  assert_int_equal(claim_number(table, PRESENTED, START + 600, START + 304), CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < CAPACITY / 2; i++) {
    assert_int_equal(claim_number(table, i, START + 600, START + 304), CSN_NONCE_FRESH);
  }
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
    assert_true(stats.slots * 55 >= capacity * 100);
    assert_int_equal(stats.region_bytes, csn_nonce_region_size(capacity));
    for (uint64_t i = 0; i < capacity; i += 1 + capacity / 1000) {
      assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_REPLAYED);
    }
    csn_nonce_table_free(table);
  }
}

/* Filled once, then left to a clock that goes on in steps of `step` seconds, in which few or no claims write. */
static void live_after_days(int64_t step, bool busy) {
  enum { CAPACITY = 2000 };
  csn_nonce_table *table = new_table(CAPACITY);
  for (uint64_t i = 0; i < CAPACITY; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  }
  int64_t end = START + 3 * 65536 + 5000; /* the tick comes round three times */
  if (end < START + 3 * step) end = START + 3 * step;
  for (int64_t now = START + step; now < end; now += step) {
    /* Not busy: only the clock moves. Busy: one claim each step, which lives for a second. */
    csn_nonce_answer answer = claim_number(table, (uint64_t)now, busy ? now + 1 : now - 1, now);
    if (answer != (busy ? CSN_NONCE_FRESH : CSN_NONCE_EXPIRED)) fail_msg("step %ld", (long)step);
    if (now < START + 304) continue;
    if (now % 509 != 0 && step == 1) continue;
    csn_nonce_table_stats stats = csn_nonce_table_measure(table);
    if (stats.live > 5)
      fail_msg("%lu live, step %ld, %ld s on", (unsigned long)stats.live, (long)step, (long)(now - START));
    if (now > START + 304 + 4096 + step && stats.expired > 4200) fail_msg("not swept, step %ld", (long)step);
    if (!busy && now > START + 304 + 4096 + step) assert_int_equal(stats.expired, 0);
  }
  for (uint64_t i = 0; i < CAPACITY; i++) {
    assert_int_equal(claim_number(table, i, end + 300, end), CSN_NONCE_FRESH);
  }
  csn_nonce_table_free(table);
}

static void what_has_expired_never_looks_alive_again(void **state) {
  (void)state;
  static const int64_t steps[] = {1, 100, 5000, 8196, 10000, 65536, 65636, 100000, 10000000};
  for (size_t i = 0; i < COUNT(steps); i++) {
    live_after_days(steps[i], false);
    live_after_days(steps[i], true);
  }
}

/* Every length of one idle time around the wrap and around the longest step of the tick. */
static void after_any_idle_time_the_past_is_forgotten_and_the_present_held(void **state) {
  (void)state;
  static const int64_t around[] = {304, 8190, 8196, 8200, 32764, 32768, 57344, 65536, 131072, 1 << 30};
  for (size_t i = 0; i < COUNT(around); i++) {
    for (int64_t idle = around[i] - 9; idle < around[i] + 10; idle++) {
      csn_nonce_table *table = new_table(10);
      assert_int_equal(claim(table, "short", START + 5, START), CSN_NONCE_FRESH);
      assert_int_equal(claim(table, "long", START + CSN_NONCE_RETENTION_MAX, START), CSN_NONCE_FRESH);
      int64_t now = START + idle;
      bool forgotten = now / 4 > (START + CSN_NONCE_RETENTION_MAX) / 4;
      assert_int_equal(claim(table, "short", now, now), CSN_NONCE_FRESH);
      assert_int_equal(claim(table, "long", now + 10, now), forgotten ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
      assert_int_equal(claim(table, "short", now, now), CSN_NONCE_REPLAYED);
      assert_int_equal(claim(table, "short", now, now - idle), CSN_NONCE_REPLAYED);
      assert_int_equal(claim(table, "long", now + 10, now), CSN_NONCE_REPLAYED);
      int64_t last = now + CSN_NONCE_RETENTION_MAX;
      assert_int_equal(claim(table, "far", last, now), CSN_NONCE_FRESH);
      assert_int_equal(claim(table, "far", last, last), CSN_NONCE_REPLAYED);
      assert_int_equal(claim(table, "far", last + 4, last + 4), CSN_NONCE_FRESH);
      csn_nonce_table_free(table);
    }
  }
}

/* A table that is never idle and always holds its capacity: nobody is refused, and at any second exactly the nonces of
 * the last `lifetime` seconds are held. */
static void a_busy_table_holds_exactly_the_window(void **state) {
  (void)state;
  enum { LIFETIME = 600, SECONDS = 70000 };
  csn_nonce_table *table = new_table(LIFETIME + 4);
  for (int64_t t = 0; t < SECONDS; t++) {
    int64_t now = START + t;
    if (claim_number(table, (uint64_t)t, now + LIFETIME, now) != CSN_NONCE_FRESH) fail_msg("second %ld", (long)t);
    if (t < LIFETIME) continue;
    uint64_t oldest = (uint64_t)(t - LIFETIME);
    if (claim_number(table, oldest, now, now) != CSN_NONCE_REPLAYED) fail_msg("second %ld", (long)t);
    if (claim_number(table, oldest - 1, now - 1, now) != CSN_NONCE_EXPIRED && oldest > 0)
      fail_msg("second %ld", (long)t);
  }
  csn_nonce_table_stats stats = csn_nonce_table_measure(table);
  assert_in_range(stats.live, LIFETIME + 1, LIFETIME + 4);
  csn_nonce_table_free(table);
}

static void a_batch_answers_like_its_claims_one_by_one(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 15, 16, 17, 64, 333};
  static const uint8_t long_part[CSN_NONCE_PART_MAX + 1] = {0};
  for (size_t s = 0; s < COUNT(sizes); s++) {
    csn_nonce_table *one = new_table(60), *many = new_table(60);
    csn_nonce_claim claims[333];
    uint64_t numbers[333];
    for (size_t i = 0; i < sizes[s]; i++) {
      numbers[i] = i * i % 97; /* repeats, some within a group */
      claims[i].client_id = client;
      claims[i].nonce = csn_span_of(&numbers[i], sizeof numbers[i]);
      claims[i].expires = START + (int64_t)(i % 7 == 0 ? i * 50 : 300);
      claims[i].answer = (csn_nonce_answer)77;
      if (i % 31 == 5) claims[i].nonce = csn_span_of(long_part, sizeof long_part);
    }
    csn_nonce_table_claim_batch(many, claims, sizes[s], START + 100);
    for (size_t i = 0; i < sizes[s]; i++) {
      csn_nonce_answer answer =
          csn_nonce_table_claim(one, claims[i].client_id, claims[i].nonce, claims[i].expires, START + 100);
      assert_int_equal(claims[i].answer, answer);
    }
    csn_span a = csn_nonce_table_region(one), b = csn_nonce_table_region(many);
    assert_true(csn_span_equal(a, b));
    csn_nonce_table_free(one);
    csn_nonce_table_free(many);
  }
}

static void of_equal_claims_in_a_batch_the_first_wins(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(10);
  csn_nonce_claim claims[40];
  for (size_t i = 0; i < COUNT(claims); i++) {
    csn_nonce_claim same = {client, CSN_SPAN_LITERAL("n"), START + 300, CSN_NONCE_UNAVAILABLE};
    claims[i] = same;
  }
  csn_nonce_store store = csn_nonce_table_store(table);
  store.prefetch(store.self, client, claims[0].nonce);
  store.claim(store.self, claims, COUNT(claims), START);
  for (size_t i = 0; i < COUNT(claims); i++) {
    assert_int_equal(claims[i].answer, i == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
  }
  csn_nonce_table_free(table);
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

static void refused_claims_leave_the_buckets_untouched(void **state) {
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

static void the_seed_decides_where_nonces_lie(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100000);
  csn_nonce_table *a = new_table(100000), *b;
  config.seed[31] ^= 1;
  assert_int_equal(csn_nonce_table_new(&b, &config), CSN_OK);
  unsigned same = 0;
  for (uint64_t i = 0; i < 1000; i++) {
    csn_nonce_key x, y;
    assert_true(csn_nonce_key_of(a, client, csn_span_of(&i, sizeof i), &x));
    assert_true(csn_nonce_key_of(b, client, csn_span_of(&i, sizeof i), &y));
    assert_true(x.buckets[0] != x.buckets[1]);
    same += x.buckets[0] == y.buckets[0] || x.fingerprint == y.fingerprint;
  }
  assert_true(same < 5);
  csn_nonce_table_free(a);
  csn_nonce_table_free(b);
}

static void the_two_buckets_always_differ(void **state) {
  (void)state;
  for (uint64_t capacity = 1; capacity < 40; capacity += 6) {
    csn_nonce_table *table = new_table(capacity);
    for (uint64_t i = 0; i < 5000; i++) {
      csn_nonce_key key;
      assert_true(csn_nonce_key_of(table, client, csn_span_of(&i, sizeof i), &key));
      assert_true(key.buckets[0] != key.buckets[1]);
      assert_true(key.buckets[0] < table->bucket_count && key.buckets[1] < table->bucket_count);
    }
    csn_nonce_table_free(table);
  }
}

/* ---- states in which a claim that never goes on leaves the table ---- */

static void put(csn_nonce_table *table, const char *nonce, unsigned position, int64_t expires, csn_nonce_state state) {
  csn_nonce_key key;
  assert_true(csn_nonce_key_of(table, client, csn_span_str(nonce), &key));
  uint64_t clock = csn_atomic_load_acquire(&table->header->clock);
  uint64_t word = csn_nonce_word(key.fingerprint, csn_nonce_tick_of(clock, expires), state);
  assert_true(csn_atomic_cas_seq_cst(csn_nonce_slot(table, &key, position), 0, word));
}

static void an_abandoned_claim_costs_its_own_nonce_only(void **state) {
  (void)state;
  for (unsigned position = 0; position < CSN_NONCE_POSITIONS; position++) {
    csn_nonce_table *table = new_table(8); /* two buckets: all nonces have the same ones */
    put(table, "n", position, START + 300, CSN_NONCE_STATE_TENTATIVE);
    assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_REPLAYED);
    for (uint64_t i = 0; i < CSN_NONCE_POSITIONS - 1; i++) {
      assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
    }
    assert_int_equal(claim_number(table, 99, START + 300, START + 300), CSN_NONCE_FULL);
    assert_int_equal(claim(table, "n", START + 600, START + 303), CSN_NONCE_REPLAYED);
    assert_int_equal(claim(table, "n", START + 600, START + 304), CSN_NONCE_FRESH);
    csn_nonce_table_free(table);
  }
}

static void a_killed_claim_holds_its_slot_but_not_its_nonce(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(8);
  put(table, "n", 3, START + 300, CSN_NONCE_STATE_DEAD);
  assert_int_equal(csn_nonce_table_measure(table).live, 1);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_FRESH);
  assert_int_equal(claim(table, "n", START + 300, START), CSN_NONCE_REPLAYED);
  for (uint64_t i = 0; i < CSN_NONCE_POSITIONS - 2; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  }
  assert_int_equal(claim_number(table, 99, START + 300, START), CSN_NONCE_FULL);
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
      cmocka_unit_test(what_has_expired_never_looks_alive_again),
      cmocka_unit_test(after_any_idle_time_the_past_is_forgotten_and_the_present_held),
      cmocka_unit_test(a_busy_table_holds_exactly_the_window),
      cmocka_unit_test(a_batch_answers_like_its_claims_one_by_one),
      cmocka_unit_test(of_equal_claims_in_a_batch_the_first_wins),
      cmocka_unit_test(long_identifiers_are_refused_not_truncated),
      cmocka_unit_test(refused_claims_leave_the_buckets_untouched),
      cmocka_unit_test(the_seed_decides_where_nonces_lie),
      cmocka_unit_test(the_two_buckets_always_differ),
      cmocka_unit_test(an_abandoned_claim_costs_its_own_nonce_only),
      cmocka_unit_test(a_killed_claim_holds_its_slot_but_not_its_nonce),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
