/* The nonce table and time: ticks that come round, idle times of every length, and the sweep. */
#include "../src/nonce_lanes.h"
#include "nonce_words.h"

/* Ticks that a word can be past until it is swept, where the clock does not jump. */
enum { SWEPT_BY = CSN_NONCE_SWEEP_AGE + 2 * CSN_NONCE_SWEEP_SHARES + CSN_NONCE_SWEEP_SHARES / 2 };

/* Filled once, then left to a clock that goes on in steps of `step` seconds, in which few or no claims write. */
static void live_after_days(int64_t step, bool busy) {
  enum { CAPACITY = 2000 };
  csn_nonce_table *table = new_table(CAPACITY);
  for (uint64_t i = 0; i < CAPACITY; i++) {
    assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  }
  int64_t swept_by = SWEPT_BY * CSN_NONCE_TICK_SECONDS, all_swept = START + 320 + swept_by + 2 * step;
  uint64_t not_yet = busy ? (uint64_t)(swept_by / step) + 4 : 0; /* claims of late, and those nudged */
  int64_t end = START + 3 * 32768 + 5000;                        /* the tick comes round three times */
  if (end < START + 3 * step) end = START + 3 * step;
  for (int64_t now = START + step; now < end; now += step) {
    /* Not busy: only the clock moves. Busy: one claim each step, which lives for a second. */
    csn_nonce_answer answer = claim_number(table, (uint64_t)now, busy ? now + 1 : now - 1, now);
    if (answer != (busy ? CSN_NONCE_FRESH : CSN_NONCE_EXPIRED)) fail_msg("step %ld", (long)step);
    if (now < START + 320) continue; /* some were nudged: held for a few ticks longer */
    if (now % 509 != 0 && step == 1) continue;
    csn_nonce_table_stats stats = csn_nonce_table_measure(table);
    if (stats.live > 5)
      fail_msg("%lu live, step %ld, %ld s on", (unsigned long)stats.live, (long)step, (long)(now - START));
    if (now > all_swept && stats.expired > not_yet) fail_msg("not swept, step %ld", (long)step);
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
  assert_in_range(stats.live, LIFETIME + 1, LIFETIME + 4 + 8); /* some were nudged */
  csn_nonce_table_free(table);
}

/* ---- the sweep ---- */

/* The true age of every word, counted without wrapping: a word's tick is told from the clock when the word appears. */
typedef struct ages {
  picture now;
  int64_t *ticks; /* of each word, counted like `clock` */
  int64_t clock;
  int64_t oldest, latest; /* seen so far, in ticks past and ahead */
} ages;

static ages new_ages(const csn_nonce_table *table) {
  ages a = {.now = new_picture(table)};
  a.ticks = calloc(a.now.count, sizeof *a.ticks);
  assert_non_null(a.ticks);
  a.now.clock = clock_of(table) - 1; /* words are zero: of the tick before the first */
  return a;
}

static void free_ages(ages *a) {
  free_picture(&a->now);
  free(a->ticks);
}

static void update_ages(ages *a, const csn_nonce_table *table) {
  const csn_atomic *slots = table->lines->slots;
  uint64_t clock = clock_of(table);
  a->clock += (int64_t)((clock - a->now.clock) & CSN_NONCE_CLOCK_TICK_MASK);
  a->now.clock = clock;
  for (uint64_t i = 0; i < a->now.count; i++) {
    uint64_t word = csn_atomic_load_relaxed(&slots[i]);
    if (word != a->now.words[i]) a->ticks[i] = a->clock + (csn_nonce_rank(word, clock) >> CSN_NONCE_TICK_SHIFT);
    a->now.words[i] = word;
    int64_t past = a->clock - a->ticks[i];
    if (past > a->oldest) a->oldest = past;
    if (-past > a->latest) a->latest = -past;
  }
}

enum { WAITED_MAX = CSN_NONCE_PAST_MAX };
_Static_assert(WAITED_MAX == 3979, "640 and a round of 512, a round of 519, a jump of 2049, half a round");

/* How the clock moves: in seconds, one after the other, round and round. */
typedef struct pace {
  int64_t steps[4];
  bool timer;          /* csn_nonce_table_sweep() moves the clock, not the claims */
  unsigned claims;     /* after each step */
  unsigned jump_every; /* steps there is one as long as the tick knows; 0: none */
} pace;

/* A small table in as many shards as there can be: every share of a round has lines. */
static csn_nonce_table *new_table_of_all_shards(void) {
  csn_nonce_table *table = new_table(7000);
  table->geometry = (csn_nonce_geometry){.shards = CSN_NONCE_SHARDS_MAX, .half_lines = 6, .part_pairs = 1};
  table->shard_lines = csn_nonce_shard_lines(&table->geometry);
  assert_true(CSN_NONCE_SHARDS_MAX * table->shard_lines <= table->line_count);
  table->line_count = CSN_NONCE_SHARDS_MAX * table->shard_lines;
  csn_nonce_lanes_free(table->lanes);
  table->lanes = csn_nonce_lanes_new(CSN_NONCE_SHARDS_MAX);
  assert_non_null(table->lanes);
  return table;
}

/* How old the oldest word was, in ticks. Takes the table. */
static int64_t keep_pace(const pace *p, csn_nonce_table *table, unsigned rounds) {
  ages a = new_ages(table);
  uint64_t seed = 5;
  int64_t now = START;
  for (unsigned i = 0; i < rounds; i++) {
    now += p->steps[i % COUNT(p->steps)];
    if (p->jump_every > 0 && i % p->jump_every == 0) now += CSN_NONCE_JUMP_TICKS * CSN_NONCE_TICK_SECONDS;
    if (p->timer) csn_nonce_table_sweep(table, now);
    for (unsigned c = 0; c < p->claims; c++) {
      int64_t ahead = (int64_t)(random_next(&seed) % (CSN_NONCE_RETENTION_MAX + 1));
      (void)claim_number(table, random_next(&seed), now + (c % 2 == 0 ? CSN_NONCE_RETENTION_MAX : ahead), now);
    }
    if (p->claims == 0 && !p->timer) assert_int_equal(claim_number(table, 0, now - 1, now), CSN_NONCE_EXPIRED);
    update_ages(&a, table);
    if (a.oldest > WAITED_MAX || a.latest > CSN_NONCE_HELD_MAX)
      fail_msg("round %u of step %ld: %ld past, %ld ahead", i, (long)p->steps[0], (long)a.oldest, (long)a.latest);
  }
  free_ages(&a);
  csn_nonce_table_free(table);
  return a.oldest;
}

static void no_word_is_older_or_newer_than_ticks_can_tell(void **state) {
  (void)state;
  enum { TICK = CSN_NONCE_TICK_SECONDS, JUMP = CSN_NONCE_JUMP_TICKS * TICK, DAY = 86400 };
  static const pace paces[] = {
      {{1, 1, 1, 1}, false, 1, 0},
      {{4, 4, 4, 4}, false, 0, 0},
      {{4, 4, 4, 4}, false, 3, 0},
      {{4, 4, 4, 4}, true, 2, 0},
      {{1, 9, 0, 30}, false, 2, 0},
      {{511 * TICK, 511 * TICK, 513 * TICK, 4}, false, 1, 0},
      {{1023 * TICK, 1025 * TICK, 1, 7}, false, 1, 0},
      {{255 * TICK, 257 * TICK, 256 * TICK, 4}, false, 2, 0},
      {{JUMP - 4, JUMP, JUMP + 4, JUMP}, false, 20, 0},
      {{JUMP, 4, 4, 4}, false, 1, 0},
      {{JUMP, 4, 4, 4}, true, 1, 0},
      {{DAY, DAY, 400 * (int64_t)DAY, DAY}, false, 5, 0},
      {{DAY, 256 * TICK, 256 * TICK, 4}, false, 0, 0},
      {{300 * TICK, 300 * TICK, 300 * TICK, JUMP}, false, 30, 0},
  };
  int64_t oldest = 0;
  for (size_t i = 0; i < COUNT(paces); i++) {
    (void)keep_pace(&paces[i], new_table(TINY), 3000);
    int64_t reached = keep_pace(&paces[i], new_table_of_all_shards(), 2000);
    if (reached > oldest) oldest = reached;
  }
  /* The worst that the argument in nonce_clock.c knows: not yet swept a whole round ago, a jump, half a round. */
  pace jumps = {{TICK, TICK, TICK, TICK}, false, 1, 0};
  for (jumps.jump_every = 1 << 10; jumps.jump_every <= 2048; jumps.jump_every += 37) {
    int64_t reached = keep_pace(&jumps, new_table_of_all_shards(), 4 * jumps.jump_every);
    if (reached > oldest) oldest = reached;
  }
  print_message("the oldest word: %ld ticks of at most %d\n", (long)oldest, WAITED_MAX);
  assert_true(oldest > WAITED_MAX - CSN_NONCE_SWEEP_SHARES / 2); /* the bound is put to the test */
}

/* Time steps of every kind, at random. */
static void at_no_pace_does_a_word_get_too_old(void **state) {
  (void)state;
  uint64_t seed = 77;
  for (unsigned i = 0; i < 60; i++) {
    pace p = {.timer = i % 3 == 0, .claims = i % 5};
    for (unsigned s = 0; s < COUNT(p.steps); s++) {
      p.steps[s] = (int64_t)(random_next(&seed) % (UINT64_C(4) << random_next(&seed) % 13));
    }
    (void)keep_pace(&p, new_table(300), 1000);
  }
}

/* The check above finds what happens where nobody sweeps. */
static void without_the_sweep_words_get_too_old(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(TINY);
  ages a = new_ages(table);
  for (int64_t i = 1; i <= WAITED_MAX; i++) {
    assert_true(a.oldest <= WAITED_MAX);
    csn_atomic_store_relaxed(&table->header->clock,
                             csn_nonce_clock(START + i * CSN_NONCE_TICK_SECONDS, 1 + (uint64_t)i));
    update_ages(&a, table);
  }
  assert_true(a.oldest > WAITED_MAX);
  free_ages(&a);
  csn_nonce_table_free(table);
}

/* Ticks since the round began in which a line of the first shard was swept, where all that was due is swept. */
static int64_t ticks_since_round(const csn_nonce_table *table, uint64_t line) {
  uint64_t in_round = clock_of(table) % CSN_NONCE_SWEEP_SHARES, share = 0;
  while (line >= table->shard_lines * (share + 1) / CSN_NONCE_SHARD_SHARES) share++;
  return (int64_t)(share < in_round ? in_round : in_round + CSN_NONCE_SWEEP_SHARES);
}

/* A whole round of the sweep, due at once, over words that are `age` ticks past at every slot. */
static void sweep_a_round(csn_nonce_table *table, int64_t now, int64_t age) {
  csn_nonce_key key = key_of_number(table, 1);
  /* The round's last share is due now: the lines were swept before, when these words were not there. */
  csn_nonce_table_sweep(table, now);
  for (unsigned i = 0; i < TINY_SLOTS; i++)
    put(table, &key, i, -age, (uint64_t)(i % 8) << CSN_NONCE_FINGERPRINT_BITS, i + 1);
  picture before = new_picture(table), after = new_picture(table);
  take(&before, table);
  uint64_t swept = csn_atomic_load_relaxed(&table->header->swept);
  csn_atomic_store_relaxed(&table->header->swept, (swept - CSN_NONCE_SWEEP_SHARES) & CSN_NONCE_CLOCK_TICK_MASK);
  csn_nonce_table_sweep(table, now);
  take(&after, table);
  for (uint64_t i = 0; i < before.count; i++) {
    int64_t past = ticks_since_round(table, i / CSN_NONCE_LINE_SLOTS) + 1; /* of what sweeping writes */
    uint64_t cleared = csn_nonce_word(clock_of(table) - (uint64_t)past, 0);
    assert_int_equal(after.words[i], age - past > CSN_NONCE_SWEEP_AGE ? cleared : before.words[i]);
  }
  free_picture(&before);
  free_picture(&after);
}

/* Words of every age: those more than 640 ticks older than their round are replaced, all others stay. The clock is at
 * any place in a round. */
static void a_round_of_the_sweep_replaces_what_is_long_past_and_nothing_else(void **state) {
  (void)state;
  static const int64_t near[] = {-CSN_NONCE_HELD_MAX + 5, 0, CSN_NONCE_SWEEP_AGE, 2000, WAITED_MAX - 520};
  csn_nonce_table *table = new_table(TINY);
  int64_t now = START;
  for (size_t i = 0; i < COUNT(near); i++) {
    for (int64_t age = near[i] - 5; age <= near[i] + 5; age++) {
      now += (CSN_NONCE_SWEEP_SHARES + 1) * CSN_NONCE_TICK_SECONDS;
      sweep_a_round(table, now, age);
      csn_nonce_table_sweep(table, now + CSN_NONCE_SWEEP_SHARES * CSN_NONCE_TICK_SECONDS);
      sweep_a_round(table, now += CSN_NONCE_SWEEP_SHARES * CSN_NONCE_TICK_SECONDS,
                    age + ticks_since_round(table, 0) + 1);
    }
  }
  for (int64_t age = -CSN_NONCE_HELD_MAX; age <= WAITED_MAX; age += 61)
    sweep_a_round(table, now += (CSN_NONCE_SWEEP_SHARES + 61) * CSN_NONCE_TICK_SECONDS, age);
  csn_nonce_table_free(table);
}

/* One sweep each tick: words are swept in time, and not before. */
static void swept_words_are_not_counted_as_used(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(1000);
  for (uint64_t i = 0; i < 1000; i++) assert_int_equal(claim_number(table, i, START, START), CSN_NONCE_FRESH);
  csn_nonce_table_sweep(table, START + 100 * CSN_NONCE_TICK_SECONDS); /* some were nudged */
  uint64_t used = csn_nonce_table_measure(table).expired, left = used;
  assert_int_equal(used, 1000);
  for (int64_t tick = 101; tick <= 3 * CSN_NONCE_SWEEP_SHARES; tick++) {
    csn_nonce_table_sweep(table, START + tick * CSN_NONCE_TICK_SECONDS);
    uint64_t now_left = csn_nonce_table_measure(table).expired;
    assert_true(now_left <= left);
    left = now_left;
    /* The only shard is swept as a round begins; in the first one none was old enough. */
    if (tick == 2 * CSN_NONCE_SWEEP_SHARES - 1) assert_int_equal(left, used);
    if (tick == 2 * CSN_NONCE_SWEEP_SHARES + CSN_NONCE_SHARD_SHARES / 2) assert_in_range(left, used / 8, used * 7 / 8);
    if (tick == 2 * CSN_NONCE_SWEEP_SHARES + CSN_NONCE_SHARD_SHARES) assert_int_equal(left, 0);
  }
  assert_int_equal(left, 0);
  csn_nonce_table_free(table);
}

/* ---- a claim that sleeps between its reading and its write ---- */

static void go_to(csn_nonce_table *table, int64_t *now, int64_t then) {
  while (*now < then) {
    int64_t step = then - *now;
    if (step > CSN_NONCE_JUMP_TICKS * CSN_NONCE_TICK_SECONDS) step = CSN_NONCE_JUMP_TICKS * CSN_NONCE_TICK_SECONDS;
    *now += step;
    (void)csn_nonce_advance(table, *now);
  }
}

/* The words that are least in the reading are `past` ticks past. It goes on when words that look the same by the clock
 * of the reading, fingerprints apart, are live in their slots: 8192 ticks after these. */
static void a_sleeper_writes_over_no_live_word(int64_t past) {
  csn_nonce_table *table = new_table(1);
  int64_t now = START;
  go_to(table, &now, START + past * CSN_NONCE_TICK_SECONDS);
  csn_nonce_key other;
  csn_nonce_claim asleep = {.expires = now + CSN_NONCE_RETENTION_MAX};
  csn_nonce_group sleeper = {.claims = &asleep, .count = 1};
  assert_true(csn_nonce_key_of(table, client, csn_span_str("sleeper"), &sleeper.keys[0]));
  csn_nonce_read_group(table, &sleeper);
  uint64_t clock = sleeper.clock;
  uint32_t least = csn_nonce_least(sleeper.readings[0]);
  csn_atomic *slot = csn_nonce_slot(&sleeper.keys[0], least);
  int64_t age = csn_nonce_rank(csn_atomic_load_relaxed(slot), clock) / CSN_NONCE_ONE_TICK; /* negative */
  int64_t alike = now + (age + 8192) * CSN_NONCE_TICK_SECONDS;
  go_to(table, &now, alike - CSN_NONCE_RETENTION_MAX + 6);
  for (unsigned round = 0; round < 2; round++) {
    for (uint64_t i = 0; i < HOME_SLOTS; i++) {
      assert_true(csn_nonce_key_of(table, client, csn_span_of(&i, sizeof i), &other));
      csn_nonce_answer answer = csn_nonce_claim_key(table, &other, alike);
      if (answer != (round == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED)) fail_msg("%ld ticks past", (long)past);
    }
    if (round > 0) continue;
    assert_int_equal(csn_nonce_age(csn_atomic_load_relaxed(slot), clock), least >> 16); /* alike */
    csn_nonce_claim_group(table, &sleeper, NULL);
    assert_int_equal(asleep.answer, CSN_NONCE_EXPIRED);
  }
  csn_nonce_table_free(table);
}

/* Claims of nonces 1 and 2 for `ahead` seconds, and of 3 for as long as the clock of their end lets in. 2 is written
 * while they sleep. */
static void sleepers_go_by_the_clock_of_their_end(int64_t slept, int64_t ahead) {
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_claim claims[3];
  csn_nonce_group group = {.claims = claims, .count = COUNT(claims)};
  for (size_t i = 0; i < COUNT(claims); i++) {
    group.keys[i] = key_of_number(table, i + 1);
    claims[i].expires = i < 2 ? START + ahead : START + slept + CSN_NONCE_RETENTION_MAX;
  }
  csn_nonce_read_group(table, &group);
  assert_int_equal(claim_number(table, 2, START + ahead, START), CSN_NONCE_FRESH);
  (void)csn_nonce_advance(table, START + slept);
  csn_nonce_claim_group(table, &group, NULL);
  assert_int_equal(claims[0].answer, slept <= ahead ? CSN_NONCE_FRESH : CSN_NONCE_EXPIRED);
  assert_int_equal(claims[1].answer, slept <= ahead ? CSN_NONCE_REPLAYED : CSN_NONCE_EXPIRED);
  assert_int_equal(claims[2].answer, CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

/* Nothing but the clock changes: the nonce's word was live when it was read, and is past with the next tick. */
static void a_sleeper_finds_no_word_that_is_past(int64_t slept) {
  csn_nonce_table *table = new_table(TINY);
  csn_nonce_claim again = {.expires = START + slept + 9};
  csn_nonce_group group = {.claims = &again, .count = 1, .keys = {key_of_number(table, 1)}};
  assert_int_equal(claim_number(table, 1, START, START), CSN_NONCE_FRESH);
  csn_nonce_read_group(table, &group);
  (void)csn_nonce_advance(table, START + slept);
  csn_nonce_claim_group(table, &group, NULL);
  assert_int_equal(again.answer, slept < CSN_NONCE_TICK_SECONDS ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

static void a_claim_that_slept_for_seconds_goes_by_the_clock_of_its_end(void **state) {
  (void)state;
  for (int64_t slept = 0; slept < 3 * CSN_NONCE_TICK_SECONDS; slept++) {
    a_sleeper_finds_no_word_that_is_past(slept);
    for (int64_t ahead = 0; ahead < 3 * CSN_NONCE_TICK_SECONDS; ahead++)
      sleepers_go_by_the_clock_of_their_end(slept, ahead);
  }
}

static void a_claim_that_slept_for_hours_writes_over_no_live_word(void **state) {
  (void)state;
  static const int64_t past[] = {0, 1, 100, 1000, 2048, 2100, 3000, 3400};
  for (size_t i = 0; i < COUNT(past); i++) a_sleeper_writes_over_no_live_word(past[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_claim_that_slept_for_hours_writes_over_no_live_word),
      cmocka_unit_test(a_claim_that_slept_for_seconds_goes_by_the_clock_of_its_end),
      cmocka_unit_test(what_has_expired_never_looks_alive_again),
      cmocka_unit_test(after_any_idle_time_the_past_is_forgotten_and_the_present_held),
      cmocka_unit_test(a_busy_table_holds_exactly_the_window),
      cmocka_unit_test(no_word_is_older_or_newer_than_ticks_can_tell),
      cmocka_unit_test(at_no_pace_does_a_word_get_too_old),
      cmocka_unit_test(without_the_sweep_words_get_too_old),
      cmocka_unit_test(a_round_of_the_sweep_replaces_what_is_long_past_and_nothing_else),
      cmocka_unit_test(swept_words_are_not_counted_as_used),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
