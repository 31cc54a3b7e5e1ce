/* What a client with a valid key can do to others by choosing its nonces, measured: without the table's secret, with
 * it, and by numbers alone. Each measurement prints a line. */
#include <math.h>

#include "nonce_words.h"

enum { CAPACITY = 30000, BY_ATTACKER = CAPACITY * 9 / 10, BY_OTHERS = CAPACITY - BY_ATTACKER };

/* ---- nonces of the attacker's choice; each number gives another one ---- */

typedef struct chosen {
  uint8_t bytes[CSN_NONCE_PART_MAX];
  size_t len;
} chosen;

typedef void choice(uint64_t i, chosen *nonce);

static void random_bytes(uint64_t i, chosen *nonce) {
  uint64_t seed = i * UINT64_C(0x9e3779b97f4a7c15) + 12345;
  nonce->len = 16;
  for (size_t b = 0; b < 16; b++) nonce->bytes[b] = (uint8_t)(random_next(&seed) >> 7);
}

static void sequential(uint64_t i, chosen *nonce) {
  nonce->len = sizeof i;
  memcpy(nonce->bytes, &i, sizeof i);
}

static void decimal(uint64_t i, chosen *nonce) {
  nonce->len = (size_t)snprintf((char *)nonce->bytes, sizeof nonce->bytes, "%lu", (unsigned long)i);
}

/* Two bits of 1024: any two nonces differ in four bits at the most. */
static void bits_apart(uint64_t i, chosen *nonce) {
  uint64_t second = 1;
  while (second * (second + 1) / 2 <= i) second++;
  uint64_t first = i - second * (second - 1) / 2;
  nonce->len = CSN_NONCE_PART_MAX;
  memset(nonce->bytes, 0, sizeof nonce->bytes);
  nonce->bytes[first / 8] ^= (uint8_t)(1u << first % 8);
  nonce->bytes[second / 8] ^= (uint8_t)(1u << second % 8);
}

static void lengths_apart(uint64_t i, chosen *nonce) {
  nonce->len = 1 + i % CSN_NONCE_PART_MAX;
  memset(nonce->bytes, (int)(i / CSN_NONCE_PART_MAX), sizeof nonce->bytes);
}

static void common_prefix(uint64_t i, chosen *nonce) {
  nonce->len = CSN_NONCE_PART_MAX;
  memset(nonce->bytes, 'a', sizeof nonce->bytes);
  memcpy(nonce->bytes + CSN_NONCE_PART_MAX - 4, &i, 4);
}

static void common_suffix(uint64_t i, chosen *nonce) {
  common_prefix(0, nonce);
  memcpy(nonce->bytes, &i, 4);
}

/* Five lengths of one repeated pair of bytes: their first 8 bytes and their last are the same. */
static void periodic(uint64_t i, chosen *nonce) {
  nonce->len = 8 + 2 * (i % 5);
  for (size_t b = 0; b < nonce->len; b++) nonce->bytes[b] = (uint8_t)(i / 5 >> b % 2 * 8);
}

/* Three bytes with up to four zeros behind them: equal, once they are padded. */
static void padded(uint64_t i, chosen *nonce) {
  uint64_t first = i / 5;
  nonce->len = 3 + i % 5;
  memset(nonce->bytes, 0, sizeof nonce->bytes);
  memcpy(nonce->bytes, &first, 3);
}

static csn_nonce_key key_of_chosen(const csn_nonce_table *table, choice *choose, uint64_t i) {
  chosen nonce;
  csn_nonce_key key;
  choose(i, &nonce);
  assert_true(csn_nonce_key_of(table, client, csn_span_of(nonce.bytes, nonce.len), &key));
  return key;
}

static csn_nonce_answer claim_chosen(csn_nonce_table *table, choice *choose, uint64_t i, int64_t now) {
  chosen nonce;
  choose(i, &nonce);
  return csn_nonce_table_claim(table, client, csn_span_of(nonce.bytes, nonce.len), now + 300, now);
}

/* Claims of `count` others with random nonces; returns how many were not FRESH. */
static uint64_t others_refused(csn_nonce_table *table, uint64_t first, uint64_t count, int64_t now) {
  uint64_t refused = 0;
  for (uint64_t i = first; i < first + count; i++) {
    chosen nonce;
    random_bytes(i + (UINT64_C(1) << 40), &nonce);
    refused += csn_nonce_table_claim(table, csn_span_str("another client"), csn_span_of(nonce.bytes, nonce.len),
                                     now + 300, now) != CSN_NONCE_FRESH;
  }
  return refused;
}

static uint64_t back_words(const csn_nonce_table *table) {
  return (table->line_count - CSN_NONCE_HOME_LINES * table->geometry.half_lines) * CSN_NONCE_LINE_SLOTS;
}

static uint64_t back_words_live(const csn_nonce_table *table) {
  uint64_t live = 0;
  for (uint64_t line = CSN_NONCE_HOME_LINES * table->geometry.half_lines; line < table->line_count; line++) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++)
      live += !csn_nonce_word_expired(csn_atomic_load_relaxed(&table->lines[line].slots[i]), clock_of(table));
  }
  return live;
}

/* ---- without the secret: structured nonces ---- */

/* How far the nonces' home lines are from evenly spread: chi-square over all lines, in standard deviations. */
typedef struct spread {
  double deviations;
  uint64_t fullest; /* the most nonces that share a line */
} spread;

static spread spread_of(const csn_nonce_table *table, choice *choose, uint64_t count) {
  uint64_t lines = CSN_NONCE_HOME_LINES * table->geometry.half_lines;
  uint64_t *hits = calloc(lines, sizeof *hits);
  assert_non_null(hits);
  for (uint64_t i = 0; i < count; i++) {
    csn_nonce_key key = key_of_chosen(table, choose, i);
    for (unsigned home = 0; home < CSN_NONCE_HOME_LINES; home++) hits[key.lines[home] - table->lines]++;
  }
  double expected = (double)(count * CSN_NONCE_HOME_LINES) / (double)lines, chi_square = 0;
  spread s = {0};
  for (uint64_t i = 0; i < lines; i++) {
    double off = (double)hits[i] - expected;
    chi_square += off * off / expected;
    if (hits[i] > s.fullest) s.fullest = hits[i];
  }
  double freedom = (double)(lines - CSN_NONCE_HOME_LINES); /* the sum of each half is given */
  s.deviations = (chi_square - freedom) / sqrt(2 * freedom);
  free(hits);
  return s;
}

static const struct {
  const char *name;
  choice *choose;
} choices[] = {
    {"random", random_bytes},         {"sequential", sequential},       {"decimal", decimal},
    {"bits apart", bits_apart},       {"lengths apart", lengths_apart}, {"common prefix", common_prefix},
    {"common suffix", common_suffix}, {"periodic", periodic},           {"padded", padded},
};

/* Nine tenths of the capacity by the attacker, one tenth by others: none is refused, and the lines are as full as those
 * of random nonces. */
static void structured_nonces_are_as_good_as_random_ones(void **state) {
  (void)state;
  for (size_t c = 0; c < COUNT(choices); c++) {
    csn_nonce_table *table = new_table(CAPACITY);
    uint64_t own_refused = 0;
    for (uint64_t i = 0; i < BY_ATTACKER; i++)
      own_refused += claim_chosen(table, choices[c].choose, i, START) != CSN_NONCE_FRESH;
    uint64_t refused = others_refused(table, 0, BY_OTHERS, START);
    spread s = spread_of(table, choices[c].choose, BY_ATTACKER);
    print_message(
        "attack: %s nonces, 90 %% of the capacity: chi-square off by %.2f deviations, fullest line shared by "
        "%lu, %lu in the back yard, %lu others refused\n",
        choices[c].name, s.deviations, (unsigned long)s.fullest, (unsigned long)back_words_live(table),
        (unsigned long)refused);
    assert_int_equal(own_refused, 0);
    assert_int_equal(refused, 0);
    /* By chance beyond 6 deviations: less than once in 10^8 runs. A line has 11 nonces on average, 36 and more with a
     * probability of 2e-9. */
    assert_true(fabs(s.deviations) < 6);
    assert_true(s.fullest < 36);
    csn_nonce_table_free(table);
  }
}

/* The measurement finds nonces that share lines: those whose first line is one of half. */
static void a_bad_spread_is_noticed(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(CAPACITY);
  uint64_t lines = table->geometry.half_lines, hits = 0, candidates = 0;
  while (hits < BY_ATTACKER) {
    csn_nonce_key key = key_of_number(table, candidates++);
    uint64_t a = (uint64_t)(key.lines[0] - table->lines), b = (uint64_t)(key.lines[1] - table->lines);
    if (a % lines >= lines / 2 || b % lines >= lines / 2) continue;
    hits++;
    (void)claim_number(table, candidates - 1, START + 300, START);
  }
  assert_true(others_refused(table, 0, BY_OTHERS, START) > 0);
  csn_nonce_table_free(table);
}

/* ---- without the secret: feedback ---- */

static bool home_is_full(const csn_nonce_table *table, const csn_nonce_key *key) {
  for (unsigned i = 0; i < HOME_SLOTS; i++)
    if (csn_nonce_word_expired(word_at(table, key, i), clock_of(table))) return false;
  return true;
}

/* What one second brings: `own` nonces of the attacker's, from those kept in turn, and `others` random ones, in percent
 * of the capacity, each for the retention. */
enum { RETENTION = 300, HELD = RETENTION + CSN_NONCE_TICK_SECONDS, LIFETIMES = 3 };

typedef struct traffic {
  csn_nonce_table *table;
  const uint64_t *kept;
  uint64_t derived; /* the nonces presented are these next to those kept */
  unsigned own, others;
  uint64_t own_claims, other_claims; /* so far */
  uint64_t own_refused, others_refused;
} traffic;

static uint64_t part_of_capacity(unsigned percent) {
  return (uint64_t)CAPACITY / 100 * percent;
}

static void second_of(traffic *t, uint64_t second) {
  int64_t now = START + (int64_t)second;
  uint64_t own_end = part_of_capacity(t->own) * second / HELD, end = part_of_capacity(t->others) * second / HELD;
  for (; t->own_claims < own_end; t->own_claims++) {
    uint64_t number = t->kept[t->own_claims % part_of_capacity(t->own)] ^ t->derived;
    t->own_refused += claim_chosen(t->table, sequential, number, now) != CSN_NONCE_FRESH;
  }
  t->others_refused += others_refused(t->table, t->other_claims, end - t->other_claims, now);
  t->other_claims = end;
}

/* An attacker in a table at `load`, in percent of the capacity, tries nonces, and keeps those that take some
 * nanoseconds longer, as their home lines are full: here it is told without a doubt, and as often as it likes. In
 * earnest each try takes a slot for the retention. The nonces that it keeps share the lines that happen to be full.
 * Returns how many it tried. */
static uint64_t keep_slow_nonces(uint64_t *kept, uint64_t count, unsigned load) {
  traffic t = {.table = new_table(CAPACITY), .others = load};
  uint64_t found = 0, tried = 0;
  for (uint64_t second = 1; second <= LIFETIMES * HELD; second++) second_of(&t, second);
  for (; found < count; tried++) {
    csn_nonce_key key = key_of_chosen(t.table, sequential, tried);
    if (home_is_full(t.table, &key)) kept[found++] = tried;
    assert_true(tried < 10000 * count); /* there are full lines */
  }
  csn_nonce_table_free(t.table);
  return tried;
}

/* When all is forgotten, it presents what it kept, or others derived from that, as a part of the capacity, again and
 * again; others fill the table up to `load`. Returns how many of these were refused, of all in three lifetimes. */
static double refused_beside(const uint64_t *kept, unsigned load, unsigned percent, uint64_t derived) {
  traffic t = {
      .table = new_table(CAPACITY), .kept = kept, .derived = derived, .own = percent, .others = load - percent};
  for (uint64_t second = 1; second <= LIFETIMES * HELD; second++) second_of(&t, second);
  double part = (double)t.others_refused / (double)t.other_claims;
  print_message(
      "attack: load of %u %%, %s, %u %% of the capacity: %.2f %% refused or still held, %.1f %% of the back yard live, "
      "%.3f %% of %lu others refused\n",
      load, derived != 0 ? "next to slow nonces" : "slow nonces", percent,
      100.0 * (double)t.own_refused / (double)t.own_claims,
      100.0 * (double)back_words_live(t.table) / (double)back_words(t.table), 100 * part,
      (unsigned long)t.other_claims);
  csn_nonce_table_free(t.table);
  return part;
}

/* At nine tenths of the design load and at all of it. */
static const struct {
  unsigned load, tries; /* more than so many for a slow nonce */
  double most_refused;  /* part of the others */
} loads[] = {{90, 200, 0.004}, {100, 40, 0.015}};

static void what_feedback_tells_is_worth_little(void **state) {
  (void)state;
  enum { MOST = CAPACITY / 2 };
  uint64_t *kept = calloc(MOST, sizeof *kept);
  assert_non_null(kept);
  for (size_t l = 0; l < COUNT(loads); l++) {
    const unsigned load = loads[l].load;
    uint64_t tried = keep_slow_nonces(kept, MOST, load);
    print_message("attack: at %u %% of the capacity %d slow nonces kept of %lu tried\n", load, MOST,
                  (unsigned long)tried);
    assert_true(tried > (uint64_t)loads[l].tries * MOST);
    double most = 0;
    for (unsigned percent = 10; percent <= 50; percent += 10) {
      double refused = refused_beside(kept, load, percent, 0);
      /* What lies next to a slow nonce is a random one. */
      assert_true(refused_beside(kept, load, percent, UINT64_C(1) << 40) <= 0);
      /* Once the back yard is full, those are refused who have no room at home. */
      assert_true(refused < loads[l].most_refused);
      most = refused > most ? refused : most;
    }
    assert_true(most > 0); /* it is worth something: what is kept must not be mistaken for random nonces */
  }
  free(kept);
}

/* ---- with the secret ---- */

static bool same_home(const csn_nonce_key *a, const csn_nonce_key *b) {
  return a->lines[0] == b->lines[0] && a->lines[1] == b->lines[1];
}

static void one_victim_is_all_that_the_secret_buys(void **state) {
  (void)state;
  enum { SMALL = 1000, VICTIM = 7 };
  csn_nonce_table *table = new_table(SMALL), *trial = new_table(SMALL);
  csn_nonce_key victim = key_of_number(table, VICTIM);
  uint64_t hashed = 0, presented = 0;
  csn_span region = csn_nonce_table_region(table), copy = csn_nonce_table_region(trial);
  /* On a copy, it finds out whether the victim is refused yet; the copy has the same secret. */
  for (;; hashed++) {
    csn_nonce_key key = key_of_number(table, 1000 + hashed);
    if (!same_home(&key, &victim)) continue;
    presented += claim_number(table, 1000 + hashed, START + 300, START) == CSN_NONCE_FRESH;
    memcpy((uint8_t *)(uintptr_t)copy.ptr, region.ptr, region.len);
    if (claim_number(trial, VICTIM, START + 300, START) == CSN_NONCE_FULL) break;
  }
  uint64_t lines = table->line_count, others = SMALL * 9 / 10 - presented;
  assert_int_equal(claim_number(table, VICTIM, START + 300, START), CSN_NONCE_FULL); /* the measurement can fail */
  uint64_t refused = others_refused(table, 0, others, START);
  print_message(
      "attack: with the secret, %lu lines: %lu nonces of %lu hashed refuse one victim's nonce, then %lu of "
      "%lu others refused\n",
      (unsigned long)lines, (unsigned long)presented, (unsigned long)hashed, (unsigned long)refused,
      (unsigned long)others);
  assert_true(presented >= TINY_SLOTS);
  assert_true(refused <= 2);
  csn_nonce_table_free(table);
  csn_nonce_table_free(trial);
}

/* ---- by numbers ---- */

static void more_than_the_capacity_is_full_for_all_and_evicts_none(void **state) {
  (void)state;
  enum { PRESENTED = 3 * CAPACITY };
  csn_nonce_table *table = new_table(CAPACITY);
  bool *fresh = calloc(PRESENTED, sizeof *fresh);
  uint64_t accepted = 0;
  assert_non_null(fresh);
  for (uint64_t i = 0; i < PRESENTED; i++) {
    fresh[i] = claim_chosen(table, random_bytes, i, START) == CSN_NONCE_FRESH;
    accepted += fresh[i];
  }
  uint64_t slots = csn_nonce_table_measure(table).slots, refused = others_refused(table, 0, 1000, START);
  print_message(
      "attack: 3 times the capacity: %.1f %% of it accepted, %.1f %% of the slots; %lu of 1000 others refused\n",
      100.0 * (double)accepted / CAPACITY, 100.0 * (double)accepted / (double)slots, (unsigned long)refused);
  assert_true(accepted >= CAPACITY && accepted <= slots);
  assert_true(refused > 950);
  for (uint64_t i = 0; i < PRESENTED; i++) {
    csn_nonce_answer answer = claim_chosen(table, random_bytes, i, START);
    if (fresh[i]) assert_int_equal(answer, CSN_NONCE_REPLAYED); /* none was evicted */
  }
  /* Nudged words are held a little longer. */
  int64_t later = START + 304 + 64 * CSN_NONCE_TICK_SECONDS;
  assert_int_equal(others_refused(table, 5000, CAPACITY, later), 0);
  free(fresh);
  csn_nonce_table_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(structured_nonces_are_as_good_as_random_ones),
      cmocka_unit_test(a_bad_spread_is_noticed),
      cmocka_unit_test(what_feedback_tells_is_worth_little),
      cmocka_unit_test(one_victim_is_all_that_the_secret_buys),
      cmocka_unit_test(more_than_the_capacity_is_full_for_all_and_evicts_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
