/* The nonce table's words, for tests that put them, or look at what a claim has written. */
#ifndef CSN_TEST_NONCE_WORDS_H
#define CSN_TEST_NONCE_WORDS_H

#include "nonce_support.h"

static inline uint64_t clock_of(const csn_nonce_table *table) {
  return csn_atomic_load_acquire(&table->header->clock);
}

/* ---- a nonce's slots in a TINY table: 0 .. 15 at home, from lines[0] on; from 16 on in the back lines ---- */

static inline csn_atomic *slot_of(const csn_nonce_table *table, const csn_nonce_key *key, unsigned i) {
  csn_nonce_line *line =
      i < HOME_SLOTS ? key->lines[i / CSN_NONCE_LINE_SLOTS] : &table->lines[i / CSN_NONCE_LINE_SLOTS];
  return &line->slots[i % CSN_NONCE_LINE_SLOTS];
}

/* Which of them bears the nonce's flag. */
static inline unsigned flag_slot_of(const csn_nonce_table *table, const csn_nonce_key *key) {
  unsigned i = 0;
  while (i < HOME_SLOTS && slot_of(table, key, i) != key->flag_slot) i++;
  assert_true(i < HOME_SLOTS);
  return i;
}

/* The first number from `number` on whose nonce has this slot, and this flag of the three, for its flag. */
static inline uint64_t number_flagged_in(const csn_nonce_table *table, uint64_t number, unsigned slot, unsigned flag) {
  for (uint64_t end = number + 100000; number < end; number++) {
    csn_nonce_key key = key_of_number(table, number);
    if (flag_slot_of(table, &key) == slot && key.flag == UINT64_C(1) << (CSN_NONCE_FINGERPRINT_BITS + flag))
      return number;
  }
  fail_msg("no nonce has flag %u of slot %u", flag, slot);
  return 0;
}

static inline uint64_t word_at(const csn_nonce_table *table, const csn_nonce_key *key, unsigned i) {
  return csn_atomic_load_relaxed(slot_of(table, key, i));
}

/* Puts a word that is held for so many ticks from the clock on; negative: that is past. The flags are the word's bits.
 */
static inline void put(const csn_nonce_table *table, const csn_nonce_key *key, unsigned i, int64_t ticks,
                       uint64_t flags, uint64_t fingerprint) {
  uint64_t tick = clock_of(table) + (uint64_t)ticks;
  csn_atomic_store_relaxed(slot_of(table, key, i), csn_nonce_word(tick, fingerprint) | flags);
}

/* Fills the home lines with other nonces, held for `ticks`. */
static inline void put_home(const csn_nonce_table *table, const csn_nonce_key *key, int64_t ticks) {
  for (unsigned i = 0; i < HOME_SLOTS; i++) put(table, key, i, ticks, 0, key->fingerprint ^ (i + 1));
}

/* ---- what a claim may change ---- */

/* A copy of all words; `clock` is the table's. */
typedef struct picture {
  uint64_t *words;
  uint64_t count;
  uint64_t clock;
} picture;

static inline picture new_picture(const csn_nonce_table *table) {
  uint64_t count = table->line_count * CSN_NONCE_LINE_SLOTS;
  picture p = {calloc(count, sizeof *p.words), count, 0};
  assert_non_null(p.words);
  return p;
}

static inline void take(picture *p, const csn_nonce_table *table) {
  const csn_atomic *slots = table->lines->slots;
  for (uint64_t i = 0; i < p->count; i++) p->words[i] = csn_atomic_load_relaxed(&slots[i]);
  p->clock = clock_of(table);
}

static inline void free_picture(picture *p) {
  free(p->words);
}

/* The word that a picture has at a key's slot. */
static inline uint64_t *pictured(const picture *p, const csn_nonce_table *table, const csn_nonce_key *key, unsigned i) {
  return &p->words[slot_of(table, key, i) - table->lines->slots];
}

/* The slot of the least word among slots from .. end - 1, which are whole pairs of lines: by tick, then flags; of equal
 * ones the first, where the slots of a pair's lines alternate. */
static inline unsigned least_slot(const picture *p, const csn_nonce_table *table, const csn_nonce_key *key,
                                  unsigned from, unsigned end) {
  unsigned least = end;
  int64_t least_rank = INT64_MAX;
  for (unsigned place = from; place < end; place++) {
    unsigned in_pair = place % HOME_SLOTS;
    unsigned slot = place - in_pair + in_pair % 2 * CSN_NONCE_LINE_SLOTS + in_pair / 2;
    int64_t rank = csn_nonce_rank(*pictured(p, table, key, slot), p->clock) >> CSN_NONCE_FINGERPRINT_BITS;
    if (rank >= least_rank) continue;
    least_rank = rank;
    least = slot;
  }
  return least;
}

/* Whether the home words are those of before, with the nonce's flag raised and the least then nudged, for a claim that
 * writes `own`. Makes `before` that. */
static inline bool home_is_flagged_and_nudged(picture *before, const picture *after, const csn_nonce_table *table,
                                              const csn_nonce_key *key, uint64_t own) {
  uint64_t *flag = pictured(before, table, key, flag_slot_of(table, key));
  uint64_t rest = *flag & (CSN_NONCE_FLAGS_MASK | CSN_NONCE_FINGERPRINT_MASK);
  int64_t held = csn_nonce_rank(*flag, before->clock) >> CSN_NONCE_TICK_SHIFT;
  int64_t asked = csn_nonce_rank(own, before->clock) >> CSN_NONCE_TICK_SHIFT;
  *flag = csn_nonce_word(before->clock + (uint64_t)(held > asked ? held : asked), rest) | key->flag;
  *pictured(before, table, key, least_slot(before, table, key, 0, HOME_SLOTS)) += (uint64_t)CSN_NONCE_ONE_TICK;
  for (unsigned i = 0; i < HOME_SLOTS; i++)
    if (*pictured(before, table, key, i) != *pictured(after, table, key, i)) return false;
  return true;
}

/* What a claim did to a TINY table, whose clock it did not move. */
typedef enum effect { EFFECT_WRONG, EFFECT_NONE, EFFECT_HOME, EFFECT_BACK } effect;

/* The one slot among from .. end - 1 of a key that has changed; `end` where none or more have. */
static inline unsigned changed_slot(const picture *before, const picture *after, const csn_nonce_table *table,
                                    const csn_nonce_key *key, unsigned from, unsigned end) {
  unsigned changed = end, changes = 0;
  for (unsigned i = from; i < end; i++) {
    if (*pictured(before, table, key, i) == *pictured(after, table, key, i)) continue;
    changed = i;
    changes++;
  }
  return changes == 1 ? changed : end;
}

/* Whether a claim has replaced one word among those slots, the least, which was past, by its own. */
static inline bool is_written(const picture *before, const picture *after, const csn_nonce_table *table,
                              const csn_nonce_key *key, uint64_t own, unsigned from, unsigned end) {
  unsigned slot = changed_slot(before, after, table, key, from, end);
  return slot < end && slot == least_slot(before, table, key, from, end) && *pictured(after, table, key, slot) == own &&
         csn_nonce_word_expired(*pictured(before, table, key, slot), before->clock);
}

/* EFFECT_WRONG unless (grow) holds and exactly the words that nonce_claim.c promises have changed. Spoils `before`. */
static inline effect effect_of(picture *before, const picture *after, const csn_nonce_table *table,
                               const csn_nonce_key *key, int64_t expires) {
  uint64_t own = csn_nonce_word(csn_nonce_tick_of(before->clock, expires), key->fingerprint);
  unsigned changes = 0;
  bool home_past = false;
  for (uint64_t i = 0; i < before->count; i++) {
    if (before->words[i] == after->words[i]) continue;
    if (csn_nonce_rank(after->words[i], after->clock) <= csn_nonce_rank(before->words[i], after->clock))
      return EFFECT_WRONG;
    changes++;
  }
  if (changes == 0) return EFFECT_NONE;
  for (unsigned i = 0; i < HOME_SLOTS; i++)
    home_past |= csn_nonce_word_expired(*pictured(before, table, key, i), before->clock);
  if (home_past)
    return changes == 1 && is_written(before, after, table, key, own, 0, HOME_SLOTS) ? EFFECT_HOME : EFFECT_WRONG;
  return is_written(before, after, table, key, own, HOME_SLOTS, TINY_SLOTS) &&
                 home_is_flagged_and_nudged(before, after, table, key, own)
             ? EFFECT_BACK
             : EFFECT_WRONG;
}

#endif
