/* Reading lines word by word. */
#include "nonce_read.h"

static csn_nonce_reading read_pair(const csn_nonce_key *key, uint64_t clock) {
  uint32_t least = UINT32_MAX;
  csn_nonce_reading found = 0;
  for (unsigned line = 0; line < 2; line++) {
#pragma GCC unroll 8
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
      uint64_t word = csn_atomic_load_acquire(&key->lines[line]->slots[i]); /* pairs with every CAS of a word */
      uint32_t place = csn_nonce_place(word, clock, csn_nonce_position(line, i));
      least = place < least ? place : least;
      found |= (csn_nonce_reading)((uint32_t)word == (uint32_t)key->fingerprint) << 32;
    }
  }
  return (csn_atomic_load_acquire(key->flag_slot) & key->flag) | found | least;
}

void csn_nonce_read_words(const csn_nonce_key *keys, size_t count, uint64_t clock, csn_nonce_reading *readings) {
  for (size_t i = 0; i < count; i++) readings[i] = read_pair(&keys[i], clock);
}
