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
    for (unsigned home = 0; home < CSN_NONCE_HOME_LINES; home++) hits[key.home[home] - table->lines]++;
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
    {"common suffix", common_suffix},
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
    /* By chance beyond 6 deviations: less than once in 10^8 runs. A line has 11.5 nonces on average, 36 and more with a
     * probability of 6e-9. */
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
    uint64_t a = (uint64_t)(key.home[0] - table->lines), b = (uint64_t)(key.home[1] - table->lines);
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

/* An attacker who holds nine tenths of a table with nonces that it presents again and again, tries others, and keeps
 * those that take some nanoseconds longer, as their home lines are full: here it is told without a doubt, and as often
 * as it likes. In earnest each try takes a slot for the retention, and one in 500 is kept. The nonces that it keeps
 * share the lines that happen to be full. When all is forgotten, it presents what it kept. Returns how many it tried.
 */
static uint64_t keep_slow_nonces(uint64_t *kept, uint64_t count, unsigned percent) {
  csn_nonce_table *table = new_table(CAPACITY);
  uint64_t found = 0, tried = 0;
  for (uint64_t i = 0; i < CAPACITY / 100 * percent; i++)
    assert_int_equal(claim_chosen(table, sequential, (UINT64_C(1) << 50) + i, START), CSN_NONCE_FRESH);
  for (; found < count; tried++) {
    csn_nonce_key key = key_of_chosen(table, sequential, tried);
    if (home_is_full(table, &key)) kept[found++] = tried;
  }
  csn_nonce_table_free(table);
  return tried;
}

/* Presents a part of the capacity, kept nonces or others derived from them, then others up to nine tenths. */
static uint64_t refused_beside(const uint64_t *kept, unsigned percent, uint64_t derived) {
  csn_nonce_table *table = new_table(CAPACITY);
  uint64_t own = CAPACITY / 100 * percent, own_refused = 0;
  for (uint64_t i = 0; i < own; i++)
    own_refused += claim_chosen(table, sequential, kept[i] ^ derived, START) != CSN_NONCE_FRESH;
  uint64_t refused = others_refused(table, 0, BY_ATTACKER - own, START);
  print_message(
      "attack: %s, %u %% of the capacity: %lu refused, %lu in the back yard, then %lu of %lu others refused\n",
      derived != 0 ? "next to slow nonces" : "slow nonces", percent, (unsigned long)own_refused,
      (unsigned long)back_words_live(table), (unsigned long)refused, (unsigned long)(BY_ATTACKER - own));
  csn_nonce_table_free(table);
  return refused;
}

static void what_feedback_tells_is_worth_little(void **state) {
  (void)state;
  enum { MOST = CAPACITY / 2 };
  uint64_t *kept = calloc(MOST, sizeof *kept);
  assert_non_null(kept);
  uint64_t tried = keep_slow_nonces(kept, MOST, 90);
  print_message("attack: %d slow nonces kept of %lu tried\n", MOST, (unsigned long)tried);
  uint64_t most = 0;
  for (unsigned percent = 10; percent <= 50; percent += 10) {
    uint64_t refused = refused_beside(kept, percent, 0);
    uint64_t derived = refused_beside(kept, percent, UINT64_C(1) << 40);
    assert_int_equal(derived, 0); /* what lies next to a slow nonce is a random one */
    /* Once the back yard is full, those are refused who have no room at home: less than a hundredth of the others. */
    assert_true(refused * 100 <= BY_ATTACKER - CAPACITY / 100 * percent);
    most = refused > most ? refused : most;
  }
  assert_true(most > 0); /* it is worth something: what is kept must not be mistaken for random nonces */
  free(kept);
}

/* ---- with the secret ---- */

static bool same_home(const csn_nonce_key *a, const csn_nonce_key *b) {
  return (a->home[0] == b->home[0] && a->home[1] == b->home[1]) ||
         (a->home[0] == b->home[1] && a->home[1] == b->home[0]);
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
