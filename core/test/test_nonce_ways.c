/* The nonce table's ways to the same answer: one by one and in batches, word by word and with vectors, prefetched or
 * not. */
#include "../src/nonce_read.h"
#include "nonce_words.h"

/* ---- batches ---- */

/* Claims of a batch without a key, as bits. */
typedef uint64_t keyless;

/* Two tables in the same state: claims of the one together, of the other one by one. */
static void compare_a_batch(csn_nonce_table *together, csn_nonce_table *single, size_t size, keyless which,
                            int64_t now) {
  static const uint8_t long_part[CSN_NONCE_PART_MAX + 1] = {0};
  csn_nonce_claim claims[64];
  uint64_t numbers[COUNT(claims)];
  for (size_t i = 0; i < size; i++) {
    numbers[i] = (uint64_t)now / 64 * 40 + i * i % 37; /* repeats, some within a group, some of the batch before */
    csn_nonce_claim c = {client, csn_span_of(&numbers[i], sizeof numbers[i]), now, (csn_nonce_answer)77};
    c.expires += i % 7 == 0 ? (int64_t)i * 200 : 30;
    if ((which >> i & 1) != 0) *(i % 2 == 0 ? &c.client_id : &c.nonce) = csn_span_of(long_part, sizeof long_part);
    claims[i] = c;
  }
  csn_nonce_table_claim_batch(together, claims, size, now);
  if (size > 0) (void)csn_nonce_advance(single, now); /* a batch moves the clock, whatever it has, and no batch none */
  for (size_t i = 0; i < size; i++) {
    csn_nonce_answer answer =
        csn_nonce_table_claim(single, claims[i].client_id, claims[i].nonce, claims[i].expires, now);
    if (claims[i].answer != answer) fail_msg("claim %zu of %zu, keyless %lx", i, size, (unsigned long)which);
    assert_int_equal(answer == CSN_NONCE_UNAVAILABLE, which >> i & 1);
  }
  assert_true(csn_span_equal(csn_nonce_table_region(together), csn_nonce_table_region(single)));
}

/* Of every size, with claims without a key at every place: none, one, two, all, and at random. */
static void a_batch_answers_like_its_claims_one_by_one(void **state) {
  (void)state;
  csn_nonce_table *together = new_table(60), *single = new_table(60);
  uint64_t seed = 3;
  int64_t now = START;
  for (size_t size = 0; size <= 60; size++) {
    keyless all = size == 0 ? 0 : ~UINT64_C(0) >> (64 - size);
    compare_a_batch(together, single, size, 0, now += 9);
    compare_a_batch(together, single, size, all, now += 9);
    for (size_t place = 0; place < size; place++) {
      keyless one = UINT64_C(1) << place;
      compare_a_batch(together, single, size, one, now += 9);
      compare_a_batch(together, single, size, (one | one << random_next(&seed) % 8) & all, now += 9);
      compare_a_batch(together, single, size, all ^ one, now += 9);
    }
    for (unsigned i = 0; i < 20; i++) {
      keyless some = random_next(&seed) << 31 ^ random_next(&seed);
      if (i % 2 == 0) some &= random_next(&seed) << 30 ^ random_next(&seed);
      compare_a_batch(together, single, size, some & all, now += 9);
    }
  }
  csn_nonce_shard_stats a = csn_nonce_table_shard(together, 0), b = csn_nonce_table_shard(single, 0);
  assert_true(a.claims == b.claims && a.replayed == b.replayed && a.full == b.full && a.refused == b.refused);
  assert_true(a.replayed > 1000 && a.full > 1000 && a.refused > 1000);
  assert_true(a.claims - a.replayed - a.full - a.refused > 1000);
  csn_nonce_table_free(together);
  csn_nonce_table_free(single);
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

enum { BATCH_MAX = 70 };

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

typedef enum way { ONE_BY_ONE, BATCH, NARROW_BATCH, NARROW, PREFETCHED, STORE, OLD_READINGS, WAYS } claim_way;

/* All lines are read before the first claim, so that nearly all readings are old ones. */
static void claim_with_old_readings(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_group groups[BATCH_MAX / CSN_NONCE_GROUP + 1] = {0};
  (void)csn_nonce_advance(table, now);
  for (size_t i = 0; i < count; i++) {
    csn_nonce_group *g = &groups[i / CSN_NONCE_GROUP];
    if (g->count == 0) g->claims = &claims[i];
    assert_true(csn_nonce_key_of(table, claims[i].client_id, claims[i].nonce, &g->keys[g->count++]));
  }
  for (size_t i = 0; i < COUNT(groups); i++) csn_nonce_read_group(table, &groups[i]);
  for (size_t i = 0; i < COUNT(groups); i++) {
    csn_nonce_claim_group(table, &groups[i], i + 1 < COUNT(groups) ? &groups[i + 1] : NULL);
  }
}

static void claim_in_a_way(claim_way way, csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_store store = csn_nonce_table_store(table);
  if (way == NARROW || way == NARROW_BATCH) table->read = csn_nonce_read_words;
  if (way == BATCH || way == NARROW_BATCH) {
    csn_nonce_table_claim_batch(table, claims, count, now);
    return;
  }
  if (way == STORE) {
    store.claim(store.self, claims, count, now);
    return;
  }
  if (way == OLD_READINGS) {
    claim_with_old_readings(table, claims, count, now);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if (way == PREFETCHED) csn_nonce_table_prefetch(table, claims[i].client_id, claims[i].nonce);
    claims[i].answer = csn_nonce_table_claim(table, claims[i].client_id, claims[i].nonce, claims[i].expires, now);
  }
}

static void all_ways_give_the_same_answers_and_bytes(void **state) {
  (void)state;
  static const uint64_t capacities[] = {TINY, 30, 70};
  unsigned answers[CSN_NONCE_RETENTION + 1] = {0};
  for (size_t c = 0; c < COUNT(capacities); c++) {
    csn_nonce_table *tables[WAYS];
    csn_nonce_claim claims[BATCH_MAX];
    uint64_t numbers[BATCH_MAX], seed = c + 1;
    int64_t now = START;
    for (unsigned way = 0; way < WAYS; way++) tables[way] = new_table(capacities[c]);
    for (unsigned round = 0; round < 2000; round++) {
      csn_nonce_answer first[BATCH_MAX];
      size_t count = make_batch(&seed, now, claims, numbers, BATCH_MAX);
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
      cmocka_unit_test(a_batch_answers_like_its_claims_one_by_one),
      cmocka_unit_test(of_equal_claims_in_a_batch_the_first_wins),
      cmocka_unit_test(all_ways_give_the_same_answers_and_bytes),
      cmocka_unit_test(prefetching_changes_no_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
