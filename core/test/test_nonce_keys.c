/* A nonce's key: which lines and which flag it has, and which nonces are equal; and what is read of its lines. */
#include <xxhash.h>

#include "../src/nonce_read.h"
#include "nonce_words.h"

/* ---- keys ---- */

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
    same += x.lines[0] - a->lines == y.lines[0] - b->lines || x.fingerprint == y.fingerprint;
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
    uint64_t shard_lines = csn_nonce_shard_lines(&table->geometry), half = table->geometry.half_lines, shards = 0;
    for (uint64_t i = 0; i < 5000; i++) {
      csn_nonce_key key = key_of_number(table, i);
      uint64_t a = (uint64_t)(key.lines[0] - table->lines), b = (uint64_t)(key.lines[1] - table->lines);
      assert_true(a / shard_lines == key.shard && b / shard_lines == key.shard);
      assert_true(a % shard_lines < half && b % shard_lines >= half && b % shard_lines < 2 * half);
      assert_true(key.fingerprint <= CSN_NONCE_FINGERPRINT_MASK);
      shards |= UINT64_C(1) << key.shard;
    }
    assert_int_equal(shards, ~UINT64_C(0) >> (64 - csn_nonce_table_shards(table)));
    csn_nonce_table_free(table);
  }
}

/* Within six deviations, given that the hash's six bits for them make 22, 21 and 21 of 64. */
static void all_slots_and_bits_of_both_lines_are_flags_evenly(void **state) {
  (void)state;
  enum { KEYS = 64 * 16 * 60 };
  static const double shares[CSN_NONCE_FLAGS] = {22.0 / 64, 21.0 / 64, 21.0 / 64};
  static const uint64_t capacities[] = {TINY, 100000, 500000};
  for (size_t c = 0; c < COUNT(capacities); c++) {
    csn_nonce_table *table = new_table(capacities[c]);
    unsigned seen[HOME_SLOTS][CSN_NONCE_FLAGS] = {{0}};
    for (uint64_t i = 0; i < KEYS; i++) {
      csn_nonce_key key = key_of_number(table, i);
      unsigned flag = 0;
      while (flag < CSN_NONCE_FLAGS && key.flag != UINT64_C(1) << (CSN_NONCE_FINGERPRINT_BITS + flag)) flag++;
      assert_true(flag < CSN_NONCE_FLAGS);
      seen[flag_slot_of(table, &key)][flag]++;
    }
    for (unsigned slot = 0; slot < HOME_SLOTS; slot++) {
      for (unsigned flag = 0; flag < CSN_NONCE_FLAGS; flag++) {
        double away = seen[slot][flag] - KEYS * shares[flag] / HOME_SLOTS;
        assert_true(away * away < 36 * KEYS * shares[flag] / HOME_SLOTS);
      }
    }
    csn_nonce_table_free(table);
  }
}

/* ---- which pairs of client id and nonce are equal ---- */

static int by_fingerprint(const void *left, const void *right) {
  const csn_nonce_key *a = left, *b = right;
  return (a->fingerprint > b->fingerprint) - (a->fingerprint < b->fingerprint);
}

/* Whether two of the keys are those of equal nonces; in a TINY table all lines are equal. Sorts them. */
static bool two_are_equal(csn_nonce_key *keys, size_t count) {
  qsort(keys, count, sizeof *keys, by_fingerprint);
  for (size_t i = 1; i < count; i++)
    if (keys[i].fingerprint == keys[i - 1].fingerprint) return true;
  return false;
}

static csn_nonce_key key_of_bytes(const csn_nonce_table *table, const uint8_t *id, size_t id_len, const uint8_t *nonce,
                                  size_t nonce_len) {
  csn_nonce_key key;
  assert_true(csn_nonce_key_of(table, csn_span_of(id, id_len), csn_span_of(nonce, nonce_len), &key));
  return key;
}

/* What is added to both halves of the hash. */
static uint64_t lengths_hash(size_t id_len, size_t nonce_len) {
  return ((uint64_t)id_len << 32 | nonce_len) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The half hash of the text that an id and a nonce of these lengths are hashed as. */
static uint64_t text_hash(const csn_nonce_key *key, size_t id_len, size_t nonce_len) {
  return key->hash - lengths_hash(id_len, nonce_len);
}

static csn_nonce_table *table_of_secret(unsigned secret) {
  csn_nonce_table_config config = config_of(TINY);
  csn_nonce_table *table;
  memcpy(config.seed, &secret, sizeof secret);
  assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
  return table;
}

/* Lengths on both sides of where ids and nonces are hashed in another way. */
static const size_t lengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 18, 127, 128};

/* The text: of usual ids and nonces the first 8 bytes and the last; else all, and zeros up to 17 bytes at least, as
 * XXH3 hashes less by code that lets nonces be chosen which collide under any secret. */
static size_t text_of(uint8_t text[2 * CSN_NONCE_PART_MAX], const uint8_t *id, size_t id_len, const uint8_t *nonce,
                      size_t nonce_len) {
  memset(text, 0, 2 * CSN_NONCE_PART_MAX);
  if (id_len >= 8 && id_len <= 16 && nonce_len >= 8 && nonce_len <= 16) {
    memcpy(text, id, 8);
    memcpy(text + 8, id + id_len - 8, 8);
    memcpy(text + 16, nonce, 8);
    memcpy(text + 24, nonce + nonce_len - 8, 8);
    return 32;
  }
  memcpy(text, id, id_len);
  memcpy(text + id_len, nonce, nonce_len);
  return id_len + nonce_len < 17 ? 17 : id_len + nonce_len;
}

static void keys_are_hashes_of_texts_that_are_never_short(void **state) {
  (void)state;
  enum { MOST = 40 };
  csn_nonce_table *table = new_table(TINY);
  uint64_t seed = 5;
  for (size_t id_len = 0; id_len <= MOST; id_len++) {
    for (size_t nonce_len = 0; nonce_len <= MOST; nonce_len++) {
      uint8_t id[MOST], nonce[MOST], text[2 * CSN_NONCE_PART_MAX];
      for (unsigned i = 0; i < MOST; i++) id[i] = (uint8_t)random_next(&seed), nonce[i] = (uint8_t)random_next(&seed);
      csn_nonce_key key = key_of_bytes(table, id, id_len, nonce, nonce_len);
      size_t len = text_of(text, id, id_len, nonce, nonce_len);
      XXH128_hash_t hash = XXH3_128bits_withSecret(text, len, table->header->constants.secret, CSN_NONCE_SECRET_BYTES);
      if (text_hash(&key, id_len, nonce_len) != hash.low64) fail_msg("lengths %zu and %zu", id_len, nonce_len);
      uint64_t high = hash.high64 + lengths_hash(id_len, nonce_len);
      assert_int_equal(key.fingerprint, high & CSN_NONCE_FINGERPRINT_MASK);
    }
  }
  csn_nonce_table_free(table);
}

static void every_byte_of_an_id_and_of_a_nonce_counts(void **state) {
  (void)state;
  enum { SIDES = 2 };
  csn_nonce_table *table = new_table(TINY);
  for (size_t i = 0; i < COUNT(lengths) * COUNT(lengths); i++) {
    size_t len[SIDES] = {lengths[i / COUNT(lengths)], lengths[i % COUNT(lengths)]}, count = 1;
    csn_nonce_key keys[1 + SIDES * CSN_NONCE_PART_MAX];
    uint8_t *parts[SIDES] = {calloc(1, len[0]), calloc(1, len[1])}; /* so that the sanitizer sees their ends */
    assert_true(parts[0] != NULL && parts[1] != NULL);
    keys[0] = key_of_bytes(table, parts[0], len[0], parts[1], len[1]);
    for (unsigned side = 0; side < SIDES; side++) {
      for (size_t byte = 0; byte < len[side]; byte++) {
        parts[side][byte] = 1;
        keys[count] = key_of_bytes(table, parts[0], len[0], parts[1], len[1]);
        assert_true(keys[count++].hash != keys[0].hash);
        parts[side][byte] = 0;
      }
    }
    assert_false(two_are_equal(keys, count));
    for (unsigned side = 0; side < SIDES; side++) free(parts[side]);
  }
  csn_nonce_table_free(table);
}

/* Ids and nonces of one repeated byte, of zeros, too: nearly all that are hashed as the same text. Their fingerprints
 * never are equal. */
static void equal_texts_of_other_lengths_are_other_nonces(void **state) {
  (void)state;
  enum { MOST = 40, LONG = 200 };
  static csn_nonce_key keys[(MOST + 1) * (MOST + 1) + LONG];
  for (unsigned secret = 0; secret < 100; secret++) {
    csn_nonce_table *table = table_of_secret(secret);
    uint8_t text[CSN_NONCE_PART_MAX];
    size_t count = 0, same = 0, same_as_usual = 0;
    memset(text, secret % 2 == 0 ? 0 : 'a', sizeof text);
    csn_nonce_key usual = key_of_bytes(table, text, 8, text, 16), whole = key_of_bytes(table, text, 0, text, MOST);
    for (size_t id = 0; id <= MOST; id++) {
      for (size_t nonce = 0; nonce <= MOST; nonce++) {
        keys[count] = key_of_bytes(table, text, id, text, nonce);
        uint64_t hash = text_hash(&keys[count++], id, nonce);
        same += hash == text_hash(&whole, 0, MOST); /* split in all ways */
        same_as_usual += hash == text_hash(&usual, 8, 16);
      }
    }
    for (size_t id = LONG - CSN_NONCE_PART_MAX; id <= CSN_NONCE_PART_MAX; id++)
      keys[count++] = key_of_bytes(table, text, id, text, LONG - id);
    assert_int_equal(same, MOST + 1);
    assert_int_equal(same_as_usual, 9 * 9 + 33 - 1); /* all usual ones; and all of 32 bytes, of which one is usual */
    assert_false(two_are_equal(keys, count));
    csn_nonce_table_free(table);
  }
}

/* "AABB", which is what is hashed for A with B, AA with B, A with BB, and AA with BB; and as it stands where one part
 * is longer than 16 bytes. */
static void texts_that_are_equal_under_both_ways_are_other_nonces(void **state) {
  (void)state;
  enum { TEXT = 32 };
  for (unsigned secret = 0; secret < 1000; secret++) {
    csn_nonce_table *table = table_of_secret(secret);
    csn_nonce_key keys[TEXT + 1 + 3];
    static const size_t usual[][2] = {{8, 8}, {16, 8}, {8, 16}};
    uint8_t text[TEXT];
    uint64_t seed = secret;
    size_t count = 0;
    for (unsigned i = 0; i < TEXT; i++) text[i] = i % 16 < 8 ? (uint8_t)random_next(&seed) : text[i - 8];
    for (size_t id = 0; id <= TEXT; id++) keys[count++] = key_of_bytes(table, text, id, text + id, TEXT - id);
    for (size_t i = 0; i < COUNT(usual); i++)
      keys[count++] = key_of_bytes(table, text, usual[i][0], text + 16, usual[i][1]);
    for (size_t i = 1; i < count; i++) { /* they are equal texts */
      size_t id = i <= TEXT ? i : usual[i - TEXT - 1][0], nonce = i <= TEXT ? TEXT - i : usual[i - TEXT - 1][1];
      assert_int_equal(text_hash(&keys[i], id, nonce), text_hash(&keys[0], 0, TEXT));
    }
    assert_false(two_are_equal(keys, count));
    csn_nonce_table_free(table);
  }
}

/* The table's answers: a nonce of 16 bytes whose halves are equal is another than one half; 128 bytes are taken.
 * Where only the lengths of ids differ, the lower 32 bits of fingerprints are equal: the claim compares the others,
 * too.
 */
static void claims_tell_them_apart(void **state) {
  (void)state;
  csn_nonce_table *table = new_table(1000);
  uint8_t bytes[CSN_NONCE_PART_MAX + 1];
  memset(bytes, 'a', sizeof bytes);
  for (unsigned round = 0; round < 2; round++) {
    for (size_t i = 0; i < COUNT(lengths) * COUNT(lengths); i++) {
      csn_span id = csn_span_of(bytes, lengths[i / COUNT(lengths)]),
               nonce = csn_span_of(bytes, lengths[i % COUNT(lengths)]);
      csn_nonce_answer answer = csn_nonce_table_claim(table, id, nonce, START + 300, START);
      assert_int_equal(answer, round == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
    }
  }
  static const size_t too_long[][2] = {{129, 0}, {129, 8}, {129, 128}, {0, 129}, {8, 129}, {128, 129}, {129, 129}};
  for (size_t i = 0; i < COUNT(too_long); i++) {
    csn_nonce_key key;
    csn_span id = csn_span_of(bytes, too_long[i][0]), nonce = csn_span_of(bytes, too_long[i][1]);
    assert_false(csn_nonce_key_of(table, id, nonce, &key));
    assert_int_equal(csn_nonce_table_claim(table, id, nonce, START + 300, START), CSN_NONCE_UNAVAILABLE);
  }
  csn_nonce_table_free(table);
}

/* Claims where a slot, at home or in the back yard, has a live word, whose fingerprint is the nonce's but for the
 * bits of `other`. In the back yard no word is past at home. */
static void claim_beside(csn_nonce_table *table, unsigned slot, uint64_t other) {
  csn_nonce_key key = key_of_number(table, 7);
  for (unsigned i = 0; i < TINY_SLOTS; i++) put(table, &key, i, -1, 0, 0);
  if (slot >= HOME_SLOTS) put_home(table, &key, 10);
  put(table, &key, slot, 10, 0, key.fingerprint ^ other);
  csn_nonce_answer answer = claim_number(table, 7, START + 20, START);
  if (answer != (other == 0 ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH))
    fail_msg("slot %u, other bits %lx: answer %u", slot, (unsigned long)other, answer);
  assert_int_equal(claim_number(table, 7, START + 20, START), CSN_NONCE_REPLAYED);
}

static void all_bits_of_a_fingerprint_count(void **state) {
  (void)state;
  static const uint64_t lower = UINT32_MAX, upper = CSN_NONCE_FINGERPRINT_MASK & ~(uint64_t)UINT32_MAX;
  for (unsigned reader = 0; reader < 2; reader++) {
    csn_nonce_table *table = new_table(TINY);
    if (reader == 1) table->read = csn_nonce_read_words;
    for (unsigned slot = 0; slot < TINY_SLOTS; slot++) {
      claim_beside(table, slot, 0);
      claim_beside(table, slot, lower);
      claim_beside(table, slot, upper);
      for (unsigned bit = 0; bit < CSN_NONCE_FINGERPRINT_BITS; bit++) claim_beside(table, slot, UINT64_C(1) << bit);
    }
    csn_nonce_table_free(table);
  }
}

/* ---- readings ---- */

/* What nonce_read.h says, in the simplest way. */
static csn_nonce_reading expected_reading(const csn_nonce_key *key, uint64_t clock) {
  uint64_t flag = csn_atomic_load_relaxed(key->flag_slot) & key->flag, found = 0, least = UINT64_MAX;
  for (unsigned position = 0; position < HOME_SLOTS; position++) {
    uint64_t word = csn_atomic_load_relaxed(&key->lines[position % 2]->slots[position / 2]);
    int64_t ticks = csn_nonce_rank(word, clock) >> CSN_NONCE_TICK_SHIFT;
    uint64_t flags = (word & CSN_NONCE_FLAGS_MASK) >> CSN_NONCE_FINGERPRINT_BITS;
    uint64_t place = ((uint64_t)(ticks + 4096) << 3 | flags) << 16 | position;
    if (place < least) least = place;
    if ((uint32_t)word == (uint32_t)key->fingerprint) found = UINT64_C(1) << 32;
  }
  return flag | found | least;
}

/* Words of a few ticks around the clock, or of any; with any flags, or few; and every kind of likeness to the nonce. */
static uint64_t random_word(uint64_t *seed, uint64_t clock, uint64_t fingerprint) {
  uint64_t kind = random_next(seed), any = random_next(seed) << 31 ^ random_next(seed);
  uint64_t tick = kind % 4 == 0 ? any >> 40 : clock - 1 + any % 3, flags = kind / 4 % 4 == 0 ? 0 : any >> 20 & 7;
  uint64_t likeness = kind / 16 % 64, other = any & CSN_NONCE_FINGERPRINT_MASK;
  if (likeness == 0) other = fingerprint;
  if (likeness == 1) other = fingerprint ^ UINT64_C(1) << (32 + any % 16); /* all of its lower half */
  if (likeness == 2) other = fingerprint ^ UINT64_C(1) << any % 32;        /* one bit short of that */
  if (likeness == 3) other ^= (other ^ fingerprint) >> 32 << 32;           /* its upper half only */
  return csn_nonce_word(tick, other) | flags << CSN_NONCE_FINGERPRINT_BITS;
}

static void check_reading(csn_nonce_reading reading, csn_nonce_reading expected) {
  bool write_only = !csn_nonce_found(expected) && !csn_nonce_flagged(expected);
  assert_int_equal(csn_nonce_least(reading), csn_nonce_least(expected));
  assert_int_equal(reading >> CSN_NONCE_FINGERPRINT_BITS, expected >> CSN_NONCE_FINGERPRINT_BITS); /* the very flag */
  assert_int_equal(csn_nonce_found(reading), csn_nonce_found(expected));
  write_only = write_only && csn_nonce_least(expected) < CSN_NONCE_PLACE_LIVE;
  assert_int_equal(reading < CSN_NONCE_PLACE_LIVE, write_only);
}

static void readings_are_what_is_promised_in_both_ways(void **state) {
  (void)state;
  enum { LINES = 6, KEYS = 7, UNTOUCHED = 77 };
  csn_nonce_line *lines = aligned_alloc(sizeof *lines, LINES * sizeof *lines);
  unsigned seen[2][2][2] = {{{0}}}; /* found, flagged, the least live */
  uint64_t seed = 9;
  assert_non_null(lines);
  for (unsigned round = 0; round < 30000; round++) {
    uint64_t clock = csn_nonce_clock(START, random_next(&seed)), fingerprint = random_next(&seed) << 17 ^ round;
    csn_nonce_key keys[KEYS];
    csn_nonce_reading words[KEYS + 1], vectors[KEYS + 1];
    size_t count = random_next(&seed) % (KEYS + 1);
    for (unsigned i = 0; i < LINES * CSN_NONCE_LINE_SLOTS; i++)
      csn_atomic_init(&lines[i / CSN_NONCE_LINE_SLOTS].slots[i % CSN_NONCE_LINE_SLOTS],
                      random_word(&seed, clock, fingerprint));
    for (size_t i = 0; i < count; i++) {
      csn_nonce_key key = {.lines = {&lines[random_next(&seed) % LINES], &lines[random_next(&seed) % LINES]}};
      key.flag_slot = &lines[random_next(&seed) % LINES].slots[random_next(&seed) % CSN_NONCE_LINE_SLOTS];
      key.flag = random_next(&seed) % 8 == 0 ? 0 : UINT64_C(1) << (48 + random_next(&seed) % 3);
      key.fingerprint = i % 2 == 0 ? fingerprint : random_next(&seed);
      keys[i] = key;
    }
    for (size_t i = 0; i <= KEYS; i++) words[i] = vectors[i] = UNTOUCHED;
    csn_nonce_read_words(keys, count, clock, words);
    if (csn_nonce_has_avx2()) csn_nonce_read_avx2(keys, count, clock, vectors);
    for (size_t i = 0; i < count; i++) {
      csn_nonce_reading expected = expected_reading(&keys[i], clock);
      check_reading(words[i], expected);
      if (csn_nonce_has_avx2()) check_reading(vectors[i], expected);
      seen[csn_nonce_found(expected)][csn_nonce_flagged(expected)][csn_nonce_least(expected) >= CSN_NONCE_PLACE_LIVE]++;
    }
    assert_true(words[count] == UNTOUCHED && vectors[count] == UNTOUCHED);
  }
  for (unsigned i = 0; i < 8; i++) assert_true(seen[i / 4][i / 2 % 2][i % 2] > 0);
  free(lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_seed_decides_where_nonces_lie),
      cmocka_unit_test(a_nonce_has_two_home_lines_of_one_shard),
      cmocka_unit_test(all_slots_and_bits_of_both_lines_are_flags_evenly),
      cmocka_unit_test(keys_are_hashes_of_texts_that_are_never_short),
      cmocka_unit_test(every_byte_of_an_id_and_of_a_nonce_counts),
      cmocka_unit_test(equal_texts_of_other_lengths_are_other_nonces),
      cmocka_unit_test(texts_that_are_equal_under_both_ways_are_other_nonces),
      cmocka_unit_test(claims_tell_them_apart),
      cmocka_unit_test(all_bits_of_a_fingerprint_count),
      cmocka_unit_test(readings_are_what_is_promised_in_both_ways),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
