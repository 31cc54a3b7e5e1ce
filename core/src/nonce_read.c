/* Reading a pair of lines word by word. */
#include "nonce_read.h"

static inline void read_line(csn_nonce_reading *reading, const csn_nonce_line *line, unsigned first_word,
                             uint64_t clock, uint64_t fingerprint) {
  uint32_t least = reading->least;
#pragma GCC unroll 8
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
    uint64_t word = csn_atomic_load_acquire(&line->slots[i]); /* pairs with every CAS of a word */
    uint32_t place = csn_nonce_place(word, clock, csn_nonce_position_in_pair(first_word + i));
    least = place < least ? place : least;
    if (__builtin_expect((word ^ fingerprint) << (64 - CSN_NONCE_FINGERPRINT_BITS) == 0, false)) reading->found = true;
  }
  reading->least = least;
}

static inline bool read_flags(const csn_nonce_line *line, unsigned flag_class) {
  unsigned seen = 0; /* classes, as a set */
#pragma GCC unroll 8
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++)
    seen |= 1u << csn_nonce_word_class(csn_atomic_load_acquire(&line->slots[i]));
  return (seen & (1u << flag_class | 1u << CSN_NONCE_CLASS_ANY)) != 0;
}

csn_nonce_reading csn_nonce_read_pair(csn_nonce_line *const lines[2], uint64_t clock, const csn_nonce_key *key) {
  csn_nonce_reading reading = {UINT32_MAX, false, false};
  read_line(&reading, lines[0], 0, clock, key->fingerprint);
  read_line(&reading, lines[1], CSN_NONCE_LINE_SLOTS, clock, key->fingerprint);
  reading.flagged = read_flags(lines[0], key->flag_class);
  return reading;
}
