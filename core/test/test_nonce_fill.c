/* Nonce tables that fill, at the design load, in simulated time: from empty, after idling, from a small load. While a
 * table fills its slots are of several ages, and as claims prefer the oldest, ages that are unevenly spread over the
 * lines spread the claims unevenly. No claim may find a table full, and its back yard has to keep room. */
#include "nonce_support.h"

/* The most of a shard's back slots that may be live. Measured: 39 % from empty, 40 % after idling, 20 % where no timer
 * ran meanwhile, 42 % where a tenth of the load went before. From 65 % on there are claims that find their own 32 all
 * live. The simulation is the same every time. */
#define FULLEST 0.5

enum {
  BATCH = 64,
  FIRST_SWEPT = 2 * CSN_NONCE_SWEEP_SHARES, /* ticks after which a new table's words are swept for the first time */
  SWEPT_SHARES = 1024,                      /* of the control's sweep */
};

/* A table and what was claimed in it. */
typedef struct filling {
  csn_nonce_table *table;
  int64_t retention, now;
  double rate;     /* nonces a second at the design load */
  uint64_t number; /* of the next nonce */
  uint64_t full;   /* answers */
  double fullest;  /* the largest part of a shard's back slots that were live at a time */
  bool unswept;    /* no timer sweeps: the claims do */
  bool eager;      /* the control */
} filling;

static filling new_filling(uint64_t capacity, int64_t retention) {
  return (filling){
      .table = new_table(capacity),
      .retention = retention,
      .now = START,
      .rate = (double)capacity / (double)(retention + CSN_NONCE_TICK_SECONDS),
  };
}

/* ---- the back yard ---- */

static double back_of_shard(const csn_nonce_table *table, uint64_t shard) {
  uint64_t home = CSN_NONCE_HOME_LINES * table->geometry.half_lines, live = 0,
           clock = csn_atomic_load_relaxed(&table->header->clock);
  const csn_nonce_line *lines = table->lines + shard * table->shard_lines;
  for (uint64_t line = home; line < table->shard_lines; line++) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++)
      live += !csn_nonce_word_expired(csn_atomic_load_relaxed(&lines[line].slots[i]), clock);
  }
  return (double)live / (double)((table->shard_lines - home) * CSN_NONCE_LINE_SLOTS);
}

static void look(filling *f) {
  for (uint64_t shard = 0; shard < f->table->geometry.shards; shard++) {
    double part = back_of_shard(f->table, shard);
    if (part > f->fullest) f->fullest = part;
  }
}

/* ---- a second ---- */

/* For the control: a tick's share, of 1024, in which every past word becomes the youngest of those that are past. */
static void sweep_eagerly(const csn_nonce_table *table) {
  uint64_t clock = csn_atomic_load_relaxed(&table->header->clock), share = clock % SWEPT_SHARES, n = table->line_count;
  for (uint64_t i = n * share / SWEPT_SHARES; i < n * (share + 1) / SWEPT_SHARES; i++) {
    for (unsigned slot = 0; slot < CSN_NONCE_LINE_SLOTS; slot++) {
      csn_atomic *word = &table->lines[i].slots[slot];
      if (csn_nonce_word_expired(csn_atomic_load_relaxed(word), clock))
        csn_atomic_store_relaxed(word, csn_nonce_word(clock - 1, 0));
    }
  }
}

static void claim_up_to(filling *f, uint64_t end) {
  uint64_t names[BATCH];
  csn_nonce_claim claims[BATCH];
  while (f->number < end) {
    size_t n = end - f->number < BATCH ? (size_t)(end - f->number) : BATCH;
    for (size_t i = 0; i < n; i++) {
      names[i] = f->number++;
      claims[i] = (csn_nonce_claim){
          .client_id = client, .nonce = csn_span_of(&names[i], sizeof names[i]), .expires = f->now + f->retention};
    }
    csn_nonce_table_claim_batch(f->table, claims, n, f->now);
    for (size_t i = 0; i < n; i++) {
      assert_true(claims[i].answer == CSN_NONCE_FRESH || claims[i].answer == CSN_NONCE_FULL);
      f->full += claims[i].answer == CSN_NONCE_FULL;
    }
  }
}

/* So many seconds at that part of the design load; at 0 the table is at most swept. */
static void run_for(filling *f, int64_t seconds, double load) {
  uint64_t before = f->number;
  for (int64_t second = 1; second <= seconds; second++) {
    f->now++;
    if (!f->unswept) csn_nonce_table_sweep(f->table, f->now);
    if (f->eager && f->now % CSN_NONCE_TICK_SECONDS == 0) sweep_eagerly(f->table);
    claim_up_to(f, before + (uint64_t)((double)second * f->rate * load));
    if (load >= 1 && second % (1 + f->retention / 75) == 0) look(f);
  }
}

static void ends_well(filling *f) {
  csn_nonce_table_stats stats = csn_nonce_table_measure(f->table);
  double all = (double)stats.capacity - f->rate * CSN_NONCE_TICK_SECONDS; /* but for a tick's */
  assert_true((double)stats.live > 0.98 * all);
  if (f->full > 0 || f->fullest <= 0 || f->fullest >= FULLEST)
    fail_msg("capacity %lu, retention %ld, after %ld s: %lu claims FULL, a back yard %.1f %% full",
             (unsigned long)stats.capacity, (long)f->retention, (long)(f->now - START), (unsigned long)f->full,
             100 * f->fullest);
  csn_nonce_table_free(f->table);
}

/* ---- tables that fill ---- */

static const uint64_t capacities[] = {30000, 300000}; /* in one shard, in four */

static int64_t lifetimes(const filling *f, int64_t count) {
  return count * (f->retention + CSN_NONCE_TICK_SECONDS);
}

static void a_new_table_fills(void **state) {
  (void)state;
  static const int64_t retentions[] = {60, 300};
  for (size_t i = 0; i < COUNT(capacities) * COUNT(retentions); i++) {
    filling f = new_filling(capacities[i / 2], retentions[i % 2]);
    run_for(&f, lifetimes(&f, 4), 1);
    ends_well(&f);
  }
}

/* The sweep goes round four times meanwhile. */
static void a_new_table_fills_slowly(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(capacities); i++) {
    filling f = new_filling(capacities[i], CSN_NONCE_RETENTION_MAX);
    assert_true(f.retention > 4 * CSN_NONCE_SWEEP_SHARES * (CSN_NONCE_TICK_SECONDS - 1));
    run_for(&f, lifetimes(&f, 4), 1);
    ends_well(&f);
  }
}

/* Idles for so many ticks, with a claim now and then or without, and fills at once. */
static void idle_and_fill(uint64_t capacity, int64_t retention, int64_t ticks, double idle_load) {
  filling f = new_filling(capacity, retention);
  run_for(&f, ticks * CSN_NONCE_TICK_SECONDS, idle_load);
  run_for(&f, lifetimes(&f, 3), 1);
  ends_well(&f);
}

/* The load comes wherever the sweep is in its round, after one hour to seven. */
static void an_idle_table_fills(void **state) {
  (void)state;
  enum { PHASES = 16 };
  static const int64_t retentions[] = {60, 300};
  for (size_t i = 0; i < COUNT(capacities) * COUNT(retentions) * PHASES; i++) {
    int64_t phase = (int64_t)(i % PHASES);
    int64_t ticks = (1 + phase % 6) * FIRST_SWEPT + (2 * phase + 1) * FIRST_SWEPT / (2 * PHASES);
    idle_and_fill(capacities[i / PHASES / 2], retentions[i / PHASES % 2], ticks, phase / 2 % 2 == 0 ? 0 : 0.001);
  }
}

/* The load comes just before, while or after the sweep passes through the shards for the first time that their words
 * are old. */
static void an_idle_table_fills_while_it_is_swept(void **state) {
  (void)state;
  static const int64_t retentions[] = {16, 60};
  for (int64_t tick = -8; tick < 40; tick++) {
    int64_t ticks = FIRST_SWEPT + tick;
    if (tick < 16) idle_and_fill(capacities[0], retentions[tick & 1], ticks, tick % 4 < 2 ? 0 : 0.001);
    idle_and_fill(capacities[1], retentions[tick & 1], ticks, tick % 4 < 2 ? 0 : 0.001);
  }
}

/* Nearly the whole capacity comes within a second, in the order of its expiries, and stays as much. */
static void burst_of(filling *f, int64_t lifetime, double load) {
  uint64_t total = (uint64_t)((double)csn_nonce_table_measure(f->table).capacity * load), first = f->number;
  while (f->number < first + total) {
    uint64_t name = f->number++;
    int64_t expires = f->now + 1 + (int64_t)((name - first) * (uint64_t)lifetime / total);
    csn_nonce_answer answer = csn_nonce_table_claim(f->table, client, csn_span_of(&name, sizeof name), expires, f->now);
    assert_true(answer == CSN_NONCE_FRESH || answer == CSN_NONCE_FULL);
    f->full += answer == CSN_NONCE_FULL;
  }
}

/* The known limit (nonce_clock.c): while the sweep is in a shard its slots are of two ages, and a burst fills them
 * unevenly. At 98 % of the capacity one claim in 700 is FULL then; before and after, and at 90 %, none. The rate that
 * the capacity is made for has its nonces come in a lifetime, not in a second. */
static void a_burst_fills_unevenly_while_its_shard_is_swept(void **state) {
  enum { CAPACITY = 65536, LIFETIME = 60 };
  static const struct {
    int64_t idle; /* seconds; the shard is swept from 4096 to 4127 */
    double load;
    uint64_t most;
  } rows[] = {{4088, 0.98, 0}, {4104, 0.98, 1000}, {4104, 0.90, 0}, {4132, 0.98, 0}};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    filling f = new_filling(CAPACITY, LIFETIME);
    run_for(&f, rows[i].idle, 0);
    burst_of(&f, LIFETIME, rows[i].load);
    run_for(&f, lifetimes(&f, 4), rows[i].load);
    print_message("fill: a burst of %.0f %% after %ld s: %lu of %lu claims FULL\n", 100 * rows[i].load,
                  (long)rows[i].idle, (unsigned long)f.full, (unsigned long)f.number);
    assert_in_range(f.full, 0, rows[i].most);
    csn_nonce_table_free(f.table);
  }
}

/* Nobody has come for so many ticks, no timer either, when the load does. */
static void leave_and_fill(uint64_t capacity, int64_t ticks, bool timer) {
  filling f = new_filling(capacity, 300);
  assert_in_range(ticks, 1, CSN_NONCE_JUMP_TICKS);
  f.unswept = !timer;
  f.now += ticks * CSN_NONCE_TICK_SECONDS;
  run_for(&f, lifetimes(&f, 2), 1);
  ends_well(&f);
}

/* Just before a round of the sweep ended, just after, and while it passed through the shards. */
static void a_table_that_was_left_alone_fills(void **state) {
  (void)state;
  static const int64_t ticks[] = {1020, 1028, 1529, 1538, 1540, 1564, 2040, 2049};
  for (size_t i = 0; i < COUNT(capacities) * COUNT(ticks); i++) {
    leave_and_fill(capacities[i % COUNT(capacities)], ticks[i / COUNT(capacities)], false);
    leave_and_fill(capacities[i % COUNT(capacities)], ticks[i / COUNT(capacities)], true);
  }
}

/* The sweep always is in some shard. */
static void a_table_of_all_shards_that_was_left_alone_fills(void **state) {
  (void)state;
  enum { CAPACITY = CSN_NONCE_SHARDS_MAX << 16 };
  leave_and_fill(CAPACITY, 1020, false);
  leave_and_fill(CAPACITY, 1538, true);
  leave_and_fill(CAPACITY, 1700, false);
}

static void a_table_at_a_tenth_of_its_load_fills(void **state) {
  (void)state;
  static const int64_t retentions[] = {60, 300, CSN_NONCE_RETENTION_MAX};
  for (size_t i = 0; i < COUNT(capacities) * COUNT(retentions); i++) {
    filling f = new_filling(capacities[i / 3], retentions[i % 3]);
    run_for(&f, 3 * FIRST_SWEPT * CSN_NONCE_TICK_SECONDS, 0.1);
    run_for(&f, lifetimes(&f, 3), 1);
    ends_well(&f);
  }
}

/* ---- a control: a sweep that makes of every past word the youngest ---- */

static void a_sweep_that_goes_by_no_age_is_noticed(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(capacities); i++) {
    filling new = new_filling(capacities[i], CSN_NONCE_RETENTION_MAX), idle = new_filling(capacities[i], 60);
    new.eager = idle.eager = true;
    run_for(&new, lifetimes(&new, 2), 1);
    assert_true(new.fullest > FULLEST);
    run_for(&idle, 11 * SWEPT_SHARES / 8 * CSN_NONCE_TICK_SECONDS, 0);
    run_for(&idle, lifetimes(&idle, 2), 1);
    assert_true(idle.fullest > FULLEST);
    assert_true(idle.full > 0);
    csn_nonce_table_free(new.table);
    csn_nonce_table_free(idle.table);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_table_fills),
      cmocka_unit_test(a_new_table_fills_slowly),
      cmocka_unit_test(an_idle_table_fills),
      cmocka_unit_test(an_idle_table_fills_while_it_is_swept),
      cmocka_unit_test(a_burst_fills_unevenly_while_its_shard_is_swept),
      cmocka_unit_test(a_table_that_was_left_alone_fills),
      cmocka_unit_test(a_table_of_all_shards_that_was_left_alone_fills),
      cmocka_unit_test(a_table_at_a_tenth_of_its_load_fills),
      cmocka_unit_test(a_sweep_that_goes_by_no_age_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
