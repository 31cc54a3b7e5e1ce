/* What the nonce table says about itself: sizes, shards, counts, the age of its slots, huge pages. */
#include <pthread.h>

#include <sys/prctl.h>

#include "nonce_support.h"

/* ---- sizes ---- */

static void capacity_is_the_claims_within_the_retention_and_a_tick(void **state) {
  (void)state;
  assert_int_equal(csn_nonce_capacity(1, 0), CSN_NONCE_TICK_SECONDS);
  assert_int_equal(csn_nonce_capacity(1000, 600), 604000);
  assert_int_equal(csn_nonce_capacity(1, CSN_NONCE_RETENTION_MAX), CSN_NONCE_RETENTION_MAX + CSN_NONCE_TICK_SECONDS);
  assert_int_equal(csn_nonce_capacity(CSN_NONCE_CAPACITY_MAX / 4, 0), CSN_NONCE_CAPACITY_MAX);
  assert_int_equal(csn_nonce_capacity(CSN_NONCE_CAPACITY_MAX / 4 + 1, 0), 0);
  assert_int_equal(csn_nonce_capacity(0, 600), 0);
  assert_int_equal(csn_nonce_capacity(1, -1), 0);
  assert_int_equal(csn_nonce_capacity(1, CSN_NONCE_RETENTION_MAX + 1), 0);
  assert_int_equal(csn_nonce_capacity(1, INT64_MAX), 0);
  assert_int_equal(csn_nonce_capacity(UINT64_MAX, 600), 0);
  assert_int_equal(csn_nonce_capacity(UINT64_C(1) << 55, 508), 0); /* 2^64 and wraps */
}

/* That rate, for that long, in a table of that capacity: nobody is refused. */
static void a_table_of_that_capacity_bears_the_rate(void **state) {
  (void)state;
  enum { RATE = 50, RETENTION = 40 };
  uint64_t capacity = csn_nonce_capacity(RATE, RETENTION), number = 0, live = 0;
  csn_nonce_table *table = new_table(capacity);
  for (int64_t now = START; now < START + 1000; now++) {
    for (unsigned i = 0; i < RATE; i++, number++)
      assert_int_equal(claim_number(table, number, now + RETENTION, now), CSN_NONCE_FRESH);
    uint64_t held = csn_nonce_table_measure(table).live;
    if (held > live) live = held;
  }
  assert_in_range(live, capacity - RATE, capacity + capacity / 50); /* the most, and those nudged */
  csn_nonce_table_free(table);
}

static void a_region_takes_less_than_eleven_bytes_a_nonce(void **state) {
  (void)state;
  for (uint64_t capacity = 1 << 16; capacity <= CSN_NONCE_CAPACITY_MAX; capacity += 1 + capacity / 3) {
    size_t size = csn_nonce_region_size(capacity);
    if (size >= 11 * capacity || size < 8 * capacity) fail_msg("%zu bytes for %lu", size, (unsigned long)capacity);
  }
  size_t before = 0;
  for (uint64_t capacity = 1; capacity < 70000; capacity++) {
    size_t size = csn_nonce_region_size(capacity);
    assert_true(size > 8 * capacity && size >= before && size % 64 == 0);
    before = size;
  }
}

/* ---- shards ---- */

static void shards_are_a_power_of_two_of_at_least_64k_nonces(void **state) {
  (void)state;
  static const struct {
    uint64_t capacity;
    unsigned shards;
  } rows[] = {{1, 1}, {1 << 16, 1}, {(1 << 17) - 1, 1}, {1 << 17, 2}, {1 << 18, 4}, {1000000, 8}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_nonce_table *table = new_table(rows[i].capacity);
    assert_int_equal(csn_nonce_table_shards(table), rows[i].shards);
    uint64_t slots = 0;
    for (unsigned shard = 0; shard < rows[i].shards; shard++) slots += csn_nonce_table_shard(table, shard).slots;
    assert_int_equal(slots, csn_nonce_table_measure(table).slots);
    csn_nonce_table_free(table);
  }
}

typedef struct sums {
  uint64_t claims, replayed, full, refused;
  double live, expired;
} sums;

static sums sum_of(const csn_nonce_table *table) {
  sums s = {0};
  for (unsigned shard = 0; shard < csn_nonce_table_shards(table); shard++) {
    csn_nonce_shard_stats stats = csn_nonce_table_shard(table, shard);
    s.claims += stats.claims;
    s.replayed += stats.replayed;
    s.full += stats.full;
    s.refused += stats.refused;
    s.live += stats.live;
    s.expired += stats.expired;
  }
  return s;
}

/* ---- counts ---- */

static void every_answer_is_counted_under_its_name(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(TINY);
  config.fence = START + 9;
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
  csn_nonce_shard_stats zero = csn_nonce_table_shard(table, 0);
  assert_true(zero.claims == 0 && zero.replayed == 0 && zero.full == 0 && zero.refused == 0);
  for (uint64_t i = 0; i < TINY_SLOTS; i++)
    assert_int_equal(claim_number(table, i, START + 50, START), CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < 5; i++) assert_int_equal(claim_number(table, i, START + 50, START), CSN_NONCE_REPLAYED);
  for (uint64_t i = 0; i < 4; i++) assert_int_equal(claim_number(table, 100 + i, START + 50, START), CSN_NONCE_FULL);
  assert_int_equal(claim_number(table, 1, START - 1, START), CSN_NONCE_EXPIRED);
  assert_int_equal(claim_number(table, 1, START + 9, START), CSN_NONCE_FENCED);
  assert_int_equal(claim_number(table, 1, START + 9000, START), CSN_NONCE_RETENTION);
  csn_nonce_claim batch[3] = {{client, CSN_SPAN_LITERAL("x"), START + 50, CSN_NONCE_UNAVAILABLE},
                              {client, CSN_SPAN_LITERAL("y"), START - 50, CSN_NONCE_UNAVAILABLE},
                              {client, CSN_SPAN_LITERAL("z"), START + 50, CSN_NONCE_UNAVAILABLE}};
  csn_nonce_table_claim_batch(table, batch, 3, START);
  csn_nonce_shard_stats stats = csn_nonce_table_shard(table, 0);
  assert_int_equal(stats.claims, TINY_SLOTS + 5 + 4 + 3 + 3);
  assert_int_equal(stats.replayed, 5);
  assert_int_equal(stats.full, 4 + 2);
  assert_int_equal(stats.refused, 3 + 1);
  assert_true(stats.live >= TINY_SLOTS && stats.live <= TINY_SLOTS && stats.expired <= 0);
  csn_nonce_table_free(table);
}

static void each_handle_counts_for_itself(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(TINY);
  size_t size = csn_nonce_region_size(TINY);
  void *region = aligned_alloc(64, size);
  assert_non_null(region);
  csn_nonce_table *a, *b;
  assert_int_equal(csn_nonce_table_format(&a, region, size, &config), CSN_OK);
  assert_int_equal(csn_nonce_table_attach(&b, region, size), CSN_OK);
  assert_int_equal(claim(a, "n", START + 50, START), CSN_NONCE_FRESH);
  assert_int_equal(claim(b, "n", START + 50, START), CSN_NONCE_REPLAYED);
  assert_int_equal(csn_nonce_table_shard(a, 0).claims, 1);
  assert_int_equal(csn_nonce_table_shard(b, 0).claims, 1);
  assert_int_equal(csn_nonce_table_shard(a, 0).replayed, 0);
  assert_int_equal(csn_nonce_table_shard(b, 0).replayed, 1);
  csn_nonce_table_free(a);
  csn_nonce_table_free(b);
  free(region);
}

enum { THREADS = 100, EACH = 600 }; /* more threads than have counters of their own */

typedef struct counting {
  csn_nonce_table *table;
  uint64_t first;
  sums sums; /* of this thread's answers */
  pthread_t thread;
} counting;

static void *count_own(void *argument) {
  counting *self = argument;
  for (uint64_t i = 0; i < EACH; i++) {
    int64_t expires = START + (i % 7 == 0 ? -1 : 300);
    csn_nonce_answer answer = claim_number(self->table, self->first + i, expires, START);
    self->sums.claims++;
    self->sums.replayed += answer == CSN_NONCE_REPLAYED;
    self->sums.full += answer == CSN_NONCE_FULL;
    self->sums.refused += answer == CSN_NONCE_EXPIRED;
  }
  return NULL;
}

static void the_counts_of_many_threads_are_exact(void **state) {
  (void)state;
  counting *all = calloc(THREADS, sizeof *all);
  csn_nonce_table *table = new_table(20000);
  assert_non_null(all);
  for (unsigned i = 0; i < THREADS; i++) {
    all[i].table = table;
    all[i].first = i * EACH / 2; /* half of them are presented by another thread, too */
    assert_int_equal(pthread_create(&all[i].thread, NULL, count_own, &all[i]), 0);
  }
  sums want = {0};
  for (unsigned i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(all[i].thread, NULL), 0);
    want.claims += all[i].sums.claims;
    want.replayed += all[i].sums.replayed;
    want.full += all[i].sums.full;
    want.refused += all[i].sums.refused;
  }
  sums have = sum_of(table);
  assert_int_equal(have.claims, THREADS * EACH);
  assert_int_equal(have.claims, want.claims);
  assert_int_equal(have.replayed, want.replayed);
  assert_int_equal(have.full, want.full);
  assert_int_equal(have.refused, want.refused);
  assert_true(have.replayed > 0 && have.full > 0 && have.refused > 0);
  assert_int_equal(csn_nonce_table_measure(table).live, have.claims - have.replayed - have.full - have.refused);
  free(all);
  csn_nonce_table_free(table);
}

/* ---- estimates ---- */

static void the_estimate_of_what_is_live_is_near(void **state) {
  (void)state;
  enum { CAPACITY = 400000 };
  csn_nonce_table *table = new_table(CAPACITY);
  uint64_t number = 0;
  for (unsigned percent = 10; percent <= 100; percent += 30) {
    for (; number < CAPACITY / 100 * percent; number++)
      assert_int_equal(claim_number(table, number, START + (number % 2 == 0 ? 8 : 80), START), CSN_NONCE_FRESH);
    sums s = sum_of(table);
    csn_nonce_table_stats exact = csn_nonce_table_measure(table);
    /* 4096 lines of each shard, at most 8 words in each, that differ by 2 or so: 2 % is more than six deviations. */
    assert_true(s.live > 0.98 * (double)exact.live && s.live < 1.02 * (double)exact.live);
    assert_true(s.live + s.expired > (double)exact.slots - 1 && s.live + s.expired < (double)exact.slots + 1);
  }
  assert_int_equal(claim(table, "later", START + 40, START + 40), CSN_NONCE_FRESH);
  sums later = sum_of(table);
  uint64_t live = csn_nonce_table_measure(table).live;
  assert_true(live < CAPACITY * 6 / 10);
  assert_true(later.live > 0.98 * (double)live && later.live < 1.02 * (double)live);
  csn_nonce_table_free(table);
}

static void the_oldest_slot_is_counted_in_ticks(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  assert_int_equal(csn_nonce_table_shard(table, 0).oldest, 1); /* never used: of the tick before the first */
  for (int64_t tick = 1; tick < 100; tick++) {
    (void)csn_nonce_advance(table, START + tick * CSN_NONCE_TICK_SECONDS);
    assert_in_range(csn_nonce_table_shard(table, 0).oldest, 1, (uint64_t)tick + 1);
  }
  int64_t now = START + 100 * CSN_NONCE_TICK_SECONDS;
  for (uint64_t i = 0; i < TINY_SLOTS; i++) assert_int_equal(claim_number(table, i, now, now), CSN_NONCE_FRESH);
  assert_int_equal(csn_nonce_table_shard(table, 0).oldest, 0);
  now += 20 * CSN_NONCE_TICK_SECONDS; /* long enough ago for all, those nudged included */
  assert_int_equal(claim(table, "one", now, now), CSN_NONCE_FRESH);
  assert_in_range(csn_nonce_table_shard(table, 0).oldest, 2, 20);
  /* Each line's turn comes once in so many shares; 10 ticks are the step. */
  uint64_t oldest = 0;
  for (int64_t end = now + 9 * 4 * (CSN_NONCE_SWEEP_AGE + CSN_NONCE_SWEEP_SHARES); now < end; now += 37) {
    csn_nonce_table_sweep(table, now);
    uint64_t ticks = csn_nonce_table_shard(table, 0).oldest;
    if (ticks > oldest) oldest = ticks;
  }
  assert_in_range(oldest, CSN_NONCE_SWEEP_AGE + 1, CSN_NONCE_SWEEP_AGE + CSN_NONCE_SWEEP_SHARES + 10);
  csn_nonce_table_free(table);
}

/* ---- huge pages ---- */

/* What the kernel granted is no more than what is there; where the advice was switched off there is nothing. */
static void the_memory_says_what_was_granted(void **state) {
  (void)state;
  csn_nonce_memory memory;
  csn_nonce_table *table = new_table(1000000);
  size_t size = csn_nonce_table_region(table).len;
  assert_int_equal(csn_nonce_table_memory(table, &memory), CSN_OK);
  assert_in_range(memory.resident, size, 2 * size);
  assert_true(memory.huge <= memory.resident);
  assert_int_equal(memory.huge % ((uint64_t)2 << 20), 0);
  csn_nonce_table_free(table);
  assert_int_equal(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
  table = new_table(1000000);
  assert_int_equal(csn_nonce_table_memory(table, &memory), CSN_OK);
  assert_in_range(memory.resident, size, 2 * size);
  assert_int_equal(memory.huge, 0);
  csn_nonce_table_free(table);
  assert_int_equal(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
}

static void huge_pages_are_asked_for_where_the_memory_is_the_tables_own(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(TINY);
  size_t size = csn_nonce_region_size(TINY);
  void *region = aligned_alloc(64, size);
  assert_non_null(region);
  csn_nonce_table *own = new_table(1000000), *callers;
  csn_nonce_huge_pages answer = csn_nonce_table_huge_pages(own);
  assert_true(answer == CSN_NONCE_HUGE_PAGES_ADVISED || answer == CSN_NONCE_HUGE_PAGES_REFUSED);
  assert_int_equal(csn_nonce_table_format(&callers, region, size, &config), CSN_OK);
  assert_int_equal(csn_nonce_table_huge_pages(callers), CSN_NONCE_HUGE_PAGES_NOT_ASKED);
  csn_nonce_table_free(own);
  csn_nonce_table_free(callers);
  free(region);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(capacity_is_the_claims_within_the_retention_and_a_tick),
      cmocka_unit_test(a_table_of_that_capacity_bears_the_rate),
      cmocka_unit_test(a_region_takes_less_than_eleven_bytes_a_nonce),
      cmocka_unit_test(shards_are_a_power_of_two_of_at_least_64k_nonces),
      cmocka_unit_test(every_answer_is_counted_under_its_name),
      cmocka_unit_test(each_handle_counts_for_itself),
      cmocka_unit_test(the_counts_of_many_threads_are_exact),
      cmocka_unit_test(the_estimate_of_what_is_live_is_near),
      cmocka_unit_test(the_oldest_slot_is_counted_in_ticks),
      cmocka_unit_test(the_memory_says_what_was_granted),
      cmocka_unit_test(huge_pages_are_asked_for_where_the_memory_is_the_tables_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
