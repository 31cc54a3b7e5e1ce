/* xorshift (Marsaglia, 2003): the same numbers in every run. */
#ifndef CSN_TEST_XORSHIFT_H
#define CSN_TEST_XORSHIFT_H

#include <stdint.h>

static uint32_t seed = 2463534242;
static inline uint32_t below(uint32_t count) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % count;
}

#endif
