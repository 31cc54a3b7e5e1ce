/* The nonce table's ways to the same answer: one by one and in batches, line by line and with vectors, prefetched or
 * not. */
#include "../src/nonce_read.h"
#include "nonce_words.h"

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
    same += x.home[0] - a->lines == y.home[0] - b->lines || x.fingerprint == y.fingerprint;
  }
  assert_true(same < 5);
  csn_nonce_table_free(a);
  csn_nonce_table_free(b);
}

static void a_nonce_has_two_home_lines_of_one_shard(void **state) {
  (void)state;
  static const uint64_t capacities[] = {1, 13, 100, 1000, 131072, 500000};
  for (size_t c = 0; c < COUNT(capacities); c++) {
    csn_nonce_table *table = new_table(capacities[c]);
    uint64_t shard_lines = csn_nonce_shard_lines(&table->geometry), half = table->geometry.half_lines;
    unsigned classes = 0, first_half = 0;
    uint64_t shards = 0;
    for (uint64_t i = 0; i < 5000; i++) {
      csn_nonce_key key = key_of_number(table, i);
      uint64_t a = (uint64_t)(key.home[0] - table->lines), b = (uint64_t)(key.home[1] - table->lines);
      assert_true(a / shard_lines == key.shard && b / shard_lines == key.shard);
      assert_true(a % shard_lines < 2 * half && b % shard_lines < 2 * half);
      assert_true((a % shard_lines < half) != (b % shard_lines < half));
      assert_in_range(key.flag_class, 1, CSN_NONCE_CLASSES);
      classes |= 1u << key.flag_class;
      shards |= UINT64_C(1) << key.shard;
      first_half += a % shard_lines < half;
    }
    assert_int_equal(classes, (2u << CSN_NONCE_CLASSES) - 2);
    assert_int_equal(shards, ~UINT64_C(0) >> (64 - csn_nonce_table_shards(table)));
    assert_in_range(first_half, 2300, 2700); /* flags are spread over both halves: 2500 and six deviations */
    csn_nonce_table_free(table);
  }
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
    if (sizes[s] > 0) assert_true(csn_span_equal(a, b)); /* no claim moves no clock, an empty batch may */
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

/* ---- random streams ---- */

/* Claims of few nonces, so that many are equal within a batch, by a clock that moves between batches. */
static size_t make_batch(uint64_t *seed, int64_t now, csn_nonce_claim *claims, uint64_t *numbers, size_t most) {
  size_t count = 1 + random_next(seed) % most;
  for (size_t i = 0; i < count; i++) {
    numbers[i] = random_next(seed) % 70;
    csn_nonce_claim c = {client, csn_span_of(&numbers[i], sizeof numbers[i]), 0, (csn_nonce_answer)77};
    c.expires = now - 2 + (int64_t)(random_next(seed) % 40);
    if (random_next(seed) % 64 == 0) c.expires = now + CSN_NONCE_RETENTION_MAX + 1;
    claims[i] = c;
  }
  return count;
}

typedef enum way { ONE_BY_ONE, BATCH, NARROW_BATCH, NARROW, PREFETCHED, STORE, WAYS } claim_way;

static void claim_in_a_way(claim_way way, csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_store store = csn_nonce_table_store(table);
  if (way == NARROW || way == NARROW_BATCH) table->read_pair = csn_nonce_read_pair;
  if (way == BATCH || way == NARROW_BATCH) {
    csn_nonce_table_claim_batch(table, claims, count, now);
    return;
  }
  if (way == STORE) {
    store.claim(store.self, claims, count, now);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if (way == PREFETCHED) csn_nonce_table_prefetch(table, claims[i].client_id, claims[i].nonce);
    claims[i].answer = csn_nonce_table_claim(table, claims[i].client_id, claims[i].nonce, claims[i].expires, now);
  }
}

static void all_ways_give_the_same_answers_and_bytes(void **state) {
  (void)state;
  enum { MOST = 70 };
  static const uint64_t capacities[] = {TINY, 30, 70};
  unsigned answers[CSN_NONCE_RETENTION + 1] = {0};
  for (size_t c = 0; c < COUNT(capacities); c++) {
    csn_nonce_table *tables[WAYS];
    csn_nonce_claim claims[MOST];
    uint64_t numbers[MOST], seed = c + 1;
    int64_t now = START;
    for (unsigned way = 0; way < WAYS; way++) tables[way] = new_table(capacities[c]);
    for (unsigned round = 0; round < 2000; round++) {
      csn_nonce_answer first[MOST];
      size_t count = make_batch(&seed, now, claims, numbers, MOST);
      for (unsigned way = 0; way < WAYS; way++) {
        claim_in_a_way((claim_way)way, tables[way], claims, count, now);
        for (size_t i = 0; i < count; i++) {
          if (way == 0) first[i] = claims[i].answer;
          if (claims[i].answer != first[i]) fail_msg("way %u, claim %zu of round %u", way, i, round);
          answers[first[i]]++;
        }
        assert_true(csn_span_equal(csn_nonce_table_region(tables[0]), csn_nonce_table_region(tables[way])));
      }
      now += (int64_t)(random_next(&seed) % 8);
    }
    for (unsigned way = 0; way < WAYS; way++) csn_nonce_table_free(tables[way]);
  }
  for (unsigned answer = CSN_NONCE_FRESH; answer <= CSN_NONCE_RETENTION; answer++)
    if (answer != CSN_NONCE_FENCED) assert_true(answers[answer] > 500);
}

static void prefetching_changes_no_byte(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(1000);
  for (uint64_t i = 0; i < 1000; i++) assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  csn_span region = csn_nonce_table_region(table);
  uint8_t *before = malloc(region.len);
  assert_non_null(before);
  memcpy(before, region.ptr, region.len);
  for (uint64_t i = 0; i < 3000; i++) csn_nonce_table_prefetch(table, client, csn_span_of(&i, sizeof i));
  csn_nonce_table_prefetch(table, csn_span_str(""), csn_span_str(""));
  assert_memory_equal(before, region.ptr, region.len);
  free(before);
  csn_nonce_table_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_seed_decides_where_nonces_lie),
      cmocka_unit_test(a_nonce_has_two_home_lines_of_one_shard),
      cmocka_unit_test(a_batch_answers_like_its_claims_one_by_one),
      cmocka_unit_test(of_equal_claims_in_a_batch_the_first_wins),
      cmocka_unit_test(all_ways_give_the_same_answers_and_bytes),
      cmocka_unit_test(prefetching_changes_no_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
