/* Sixteen bytes at a time, in the vectors of GNU C: comparisons give masks, and no compiler makes branches of them. No
 * load leaves the span that it reads: the last bytes are loaded together with some that were loaded before. */
#ifndef CSN_BYTES16_H
#define CSN_BYTES16_H

#include <countersign/span.h>

enum { CSN_LANES = 16 };

typedef uint8_t csn_bytes16 __attribute__((vector_size(CSN_LANES)));
typedef uint64_t csn_words2 __attribute__((vector_size(CSN_LANES)));

static inline csn_bytes16 csn_bytes16_load(const uint8_t *p) {
  csn_bytes16 x;
  memcpy(&x, p, sizeof x);
  return x;
}

/* One to fifteen bytes, in no order, each of them once or more. */
static inline csn_bytes16 csn_bytes16_load_few(const uint8_t *p, size_t len) {
  uint64_t first, last;
  if (len >= 8) {
    memcpy(&first, p, 8);
    memcpy(&last, p + len - 8, 8);
    return (csn_bytes16)(csn_words2){first, last};
  }
  uint32_t low, high;
  if (len >= 4) {
    memcpy(&low, p, 4);
    memcpy(&high, p + len - 4, 4);
  } else {
    low = high = (uint32_t)p[0] << 24 | (uint32_t)p[0] << 16 | (uint32_t)p[len / 2] << 8 | p[len - 1];
  }
  first = (uint64_t)high << 32 | low;
  return (csn_bytes16)(csn_words2){first, first};
}

/* All ones in each lane that holds low to high. */
static inline csn_bytes16 csn_bytes16_in(csn_bytes16 x, uint8_t low, uint8_t high) {
  return (csn_bytes16)(x - low <= (csn_bytes16){0} + (uint8_t)(high - low));
}
static inline csn_bytes16 csn_bytes16_is(csn_bytes16 x, uint8_t byte) {
  return (csn_bytes16)(x == byte);
}

/* ASCII letters in lower case. */
static inline csn_bytes16 csn_bytes16_lower(csn_bytes16 x) {
  return x | (csn_bytes16_in(x, 'A', 'Z') & 0x20);
}

/* Not 0 where a lane is not. */
static inline uint64_t csn_bytes16_any(csn_bytes16 x) {
  csn_words2 words = (csn_words2)x;
  return words[0] | words[1];
}

#endif
