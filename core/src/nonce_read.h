/* Reading the lines of a nonce: the part of a claim that touches every word. A reading pre-selects; the claim looks
 * again, word by word, at what a reading says may be there (found, flagged) or is to be replaced (least). */
#ifndef CSN_NONCE_READ_H
#define CSN_NONCE_READ_H

#include "nonce_layout.h"

/* What some lines hold, seen from a clock. */
typedef struct csn_nonce_reading {
  uint32_t least; /* place of the least word */
  bool found;     /* a word of the nonce, live or past */
  bool flagged;   /* a word of the first line, read once more after all words, flags the nonce's class, live or past */
} csn_nonce_reading;

/* ---- places: a word's tick and class, seen from the clock, 16 bits | position 5. Their order is the words'. ---- */

enum {
  CSN_NONCE_POSITION_BITS = 5,
  CSN_NONCE_POSITIONS = 1 << CSN_NONCE_POSITION_BITS,
  CSN_NONCE_PLACE_LIVE = 0x8000 << CSN_NONCE_POSITION_BITS, /* the first place of words that are not past */
  CSN_NONCE_PLACE_TICK = 8 << CSN_NONCE_POSITION_BITS,      /* from a tick to the next */
  CSN_NONCE_QUADS = 4,                                      /* groups of four words in a pair of lines */
  CSN_NONCE_PAIR_WORDS = 16,
};
_Static_assert(2 * CSN_NONCE_LINE_SLOTS <= CSN_NONCE_PAIR_WORDS, "every word of a pair has a position");
_Static_assert((CSN_NONCE_BACK_LINES + 1) / 2 * CSN_NONCE_PAIR_WORDS <= CSN_NONCE_POSITIONS, "every back word has one");
_Static_assert(CSN_NONCE_HOME_LINES == 2, "lines are read in pairs");

static inline uint32_t csn_nonce_place(uint64_t word, uint64_t clock, unsigned position) {
  uint32_t age = (uint32_t)(word >> CSN_NONCE_FINGERPRINT_BITS) - (uint32_t)(clock << 3) + 0x8000;
  return (age & 0xffff) << CSN_NONCE_POSITION_BITS | position;
}

/* Positions break ties, so every reader of a nonce's lines numbers their words in one way. Lines are read in pairs; of
 * a pair's 16 words those with the same number in their four come together, as vectors put them. */
static inline unsigned csn_nonce_position_in_pair(unsigned word) {
  return word % CSN_NONCE_QUADS * CSN_NONCE_QUADS + word / CSN_NONCE_QUADS;
}
/* The other way round, which is the same: the line, and its slot, of a place. */
static inline unsigned csn_nonce_place_word(uint32_t place) {
  return csn_nonce_position_in_pair(place % CSN_NONCE_PAIR_WORDS);
}
static inline unsigned csn_nonce_place_line(uint32_t place) {
  unsigned pair = place % CSN_NONCE_POSITIONS / CSN_NONCE_PAIR_WORDS;
  return 2 * pair + csn_nonce_place_word(place) / CSN_NONCE_LINE_SLOTS;
}
static inline unsigned csn_nonce_place_slot(uint32_t place) {
  return csn_nonce_place_word(place) % CSN_NONCE_LINE_SLOTS;
}

/* ---- reading ---- */

/* Reads a pair of lines of a nonce. The result's places are those of the first pair. */
typedef csn_nonce_reading csn_nonce_read_fn(csn_nonce_line *const lines[2], uint64_t clock, const csn_nonce_key *key);

/* Word by word. Without a branch that depends on the words' order: those would be guessed wrong several times a claim.
 */
csn_nonce_read_fn csn_nonce_read_pair;

/* The same with vectors of four words, on processors that have AVX2: those load 16 aligned bytes at once (Intel SDM
 * volume 3, 9.1.1; AMD APM volume 2, 7.3.2), so that every word is one that was written, and in the order of the
 * program. Without AVX2 never called. */
csn_nonce_read_fn csn_nonce_read_pair_avx2;

/* Whether this processor has it, and the sanitizer at work, if any, sees what it does. */
bool csn_nonce_has_avx2(void);

#endif
