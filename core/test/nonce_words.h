/* The nonce table's words, for tests that put them, or look at what a claim has written. */
#ifndef CSN_TEST_NONCE_WORDS_H
#define CSN_TEST_NONCE_WORDS_H

#include "nonce_support.h"

static inline uint64_t clock_of(const csn_nonce_table *table) {
  return csn_atomic_load_acquire(&table->header->clock);
}

/* ---- a nonce's slots in a TINY table: 0 .. 15 at home, from home[0] on; from 16 on in the back lines ---- */

static inline csn_atomic *slot_of(const csn_nonce_table *table, const csn_nonce_key *key, unsigned i) {
  csn_nonce_line *line = i < HOME_SLOTS ? key->home[i / CSN_NONCE_LINE_SLOTS] : &table->lines[i / CSN_NONCE_LINE_SLOTS];
  return &line->slots[i % CSN_NONCE_LINE_SLOTS];
}

static inline uint64_t word_at(const csn_nonce_table *table, const csn_nonce_key *key, unsigned i) {
  return csn_atomic_load_relaxed(slot_of(table, key, i));
}

/* Puts a word that is held for so many ticks from the clock on; negative: that is past. */
static inline void put(const csn_nonce_table *table, const csn_nonce_key *key, unsigned i, int64_t ticks,
                       unsigned word_class, uint64_t fingerprint) {
  uint64_t tick = clock_of(table) + (uint64_t)ticks;
  csn_atomic_store_relaxed(slot_of(table, key, i), csn_nonce_word(tick, word_class, fingerprint));
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

/* Whether no word among slots from .. end - 1 of a key is less than that of slot i, by tick and class. */
static inline bool is_least(const picture *p, const csn_nonce_table *table, const csn_nonce_key *key, unsigned i,
                            unsigned from, unsigned end) {
  int64_t rank = csn_nonce_rank(*pictured(p, table, key, i), p->clock) >> CSN_NONCE_FINGERPRINT_BITS;
  for (; from < end; from++) {
    uint64_t word = *pictured(p, table, key, from);
    if (csn_nonce_rank(word, p->clock) >> CSN_NONCE_FINGERPRINT_BITS < rank) return false;
  }
  return true;
}

static inline bool flags_class(uint64_t word, unsigned flag_class) {
  return csn_nonce_word_class(word) == flag_class || csn_nonce_word_class(word) == CSN_NONCE_CLASS_ANY;
}

/* Whether a flag may turn the word `from` of home[0] into `to`, for a claim that writes `own`. */
static inline bool is_flagging(const picture *before, const csn_nonce_table *table, const csn_nonce_key *key,
                               uint64_t from, uint64_t to, uint64_t own) {
  int64_t held = csn_nonce_rank(from, before->clock) >> CSN_NONCE_TICK_SHIFT;
  int64_t asked = csn_nonce_rank(own, before->clock) >> CSN_NONCE_TICK_SHIFT;
  int64_t flagged = csn_nonce_rank(to, before->clock) >> CSN_NONCE_TICK_SHIFT;
  if (((from ^ to) & CSN_NONCE_FINGERPRINT_MASK) != 0 || held < 0) return false;
  if (flagged != (held > asked ? held : asked) || !flags_class(to, key->flag_class)) return false;
  if (csn_nonce_word_class(to) == CSN_NONCE_CLASS_ANY && csn_nonce_word_class(from) != CSN_NONCE_CLASS_ANY) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) { /* the last resort: no word flags none or this class */
      uint64_t word = *pictured(before, table, key, i);
      if (csn_nonce_word_class(word) == 0 || csn_nonce_word_class(word) == key->flag_class) return false;
    }
  }
  return true;
}

/* Whether the home words are those of before, one flagged for the claim unless one was, and the least then nudged. */
static inline bool home_is_flagged_and_nudged(const picture *before, const picture *after, const csn_nonce_table *table,
                                              const csn_nonce_key *key, uint64_t own) {
  uint64_t own_tick = own >> CSN_NONCE_TICK_SHIFT << CSN_NONCE_TICK_SHIFT;
  unsigned explanations = 0, flags = 0;
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
    uint64_t word = *pictured(after, table, key, i);
    flags += flags_class(word, key->flag_class) &&
             csn_nonce_rank(word, after->clock) >= csn_nonce_rank(own_tick, after->clock);
  }
  for (unsigned nudged = 0; nudged < HOME_SLOTS; nudged++) {
    uint64_t *word = pictured(after, table, key, nudged);
    *word -= (uint64_t)CSN_NONCE_ONE_TICK;
    unsigned changes = 0, allowed = 0;
    for (unsigned i = 0; i < HOME_SLOTS; i++) {
      uint64_t from = *pictured(before, table, key, i), to = *pictured(after, table, key, i);
      changes += from != to;
      allowed += from != to && i < CSN_NONCE_LINE_SLOTS && is_flagging(before, table, key, from, to, own);
    }
    explanations += changes <= 1 && changes == allowed && is_least(after, table, key, nudged, 0, HOME_SLOTS);
    *word += (uint64_t)CSN_NONCE_ONE_TICK;
  }
  return flags > 0 && explanations > 0; /* two where a flag raises a tick by one */
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
  return slot < end && *pictured(after, table, key, slot) == own &&
         csn_nonce_word_expired(*pictured(before, table, key, slot), before->clock) &&
         is_least(before, table, key, slot, from, end);
}

/* EFFECT_WRONG unless (grow) holds and exactly the words that nonce_claim.c promises have changed. */
static inline effect effect_of(const picture *before, const picture *after, const csn_nonce_table *table,
                               const csn_nonce_key *key, int64_t expires) {
  uint64_t own = csn_nonce_word(csn_nonce_tick_of(before->clock, expires), 0, key->fingerprint);
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
