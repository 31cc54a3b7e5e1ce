/* Reading the lines of nonces: the part of a claim that touches every word. A reading pre-selects; the claim looks
 * again, word by word, at what a reading says may be there (found, flagged) or is to be replaced (least). */
#ifndef CSN_NONCE_READ_H
#define CSN_NONCE_READ_H

#include "nonce_layout.h"

/* ---- places: a word's tick and flags, seen from the clock, 16 bits | position 16. Their order is the words'. ---- */

enum {
  CSN_NONCE_PAIR_WORDS = 16,
  CSN_NONCE_POSITIONS = 1 << 16,
};
#define CSN_NONCE_PLACE_LIVE UINT32_C(0x80000000)                   /* the first place of words that are not past */
#define CSN_NONCE_PLACE_TICK (UINT32_C(1) << 16 << CSN_NONCE_FLAGS) /* from a tick to the next */
_Static_assert(2 * CSN_NONCE_LINE_SLOTS <= CSN_NONCE_PAIR_WORDS, "every word of a pair has a position");

/* What is added to a word's upper 16 bits so that ticks count from the clock, which is in the middle. */
static inline uint16_t csn_nonce_age_offset(uint64_t clock) {
  return (uint16_t)(0x8000 - (clock << CSN_NONCE_FLAGS));
}
static inline uint16_t csn_nonce_age(uint64_t word, uint64_t clock) {
  return (uint16_t)((word >> CSN_NONCE_FINGERPRINT_BITS) + csn_nonce_age_offset(clock));
}
static inline uint32_t csn_nonce_place(uint64_t word, uint64_t clock, unsigned position) {
  return (uint32_t)csn_nonce_age(word, clock) << 16 | position;
}

/* Positions break ties, so every reader of a nonce's lines numbers their words in one way: the slots of a pair's lines
 * alternate. */
static inline unsigned csn_nonce_position(unsigned line, unsigned slot) {
  return slot * 2 + line;
}
static inline csn_atomic *csn_nonce_slot(const csn_nonce_key *key, uint32_t place) {
  return &key->lines[place % 2]->slots[place % CSN_NONCE_PAIR_WORDS / 2];
}

/* ---- readings: what a nonce's pair of lines holds, as one number
 *
 *   bits 48 - 50   its flag, live or past: set in its slot, which is read once more after all words
 *   bits 32 - 47   not 0: there is a word of the nonce, live or past (or one with half its fingerprint)
 *   bits  0 - 31   the place of the least word
 *
 * so that it is less than CSN_NONCE_PLACE_LIVE exactly where nothing but writing is left to do. ---- */

static inline uint32_t csn_nonce_least(csn_nonce_reading reading) {
  return (uint32_t)reading;
}
static inline bool csn_nonce_found(csn_nonce_reading reading) {
  return (reading >> 32 & 0xffff) != 0;
}
static inline bool csn_nonce_flagged(csn_nonce_reading reading) {
  return (reading & CSN_NONCE_FLAGS_MASK) != 0;
}

/* Reads the lines of `count` keys. */
typedef void csn_nonce_read_fn(const csn_nonce_key *keys, size_t count, uint64_t clock, csn_nonce_reading *readings);

/* Word by word. Without a branch that depends on the words' order: those would be guessed wrong several times a claim.
 */
csn_nonce_read_fn csn_nonce_read_words;

/* The same with vectors of four words, on processors that have AVX2: those load 16 aligned bytes at once (Intel SDM
 * volume 3, 9.1.1; AMD APM volume 2, 7.3.2), so that every word is one that was written, and in the order of the
 * program. Without AVX2 never called. */
csn_nonce_read_fn csn_nonce_read_avx2;

/* Whether this processor has it, and the sanitizer at work, if any, sees what it does. */
bool csn_nonce_has_avx2(void);

#endif
