/* SHA-256 of many messages at once: a vector holds the same word of each. The including file defines the vector `vec`
 * and, for its instructions, add, rotate, shift, xor3, choose, majority and splat. */
#ifndef CSN_SHA256_WIDE_H
#define CSN_SHA256_WIDE_H

#include <immintrin.h>

#include "sha256.h"

#define WIDE __attribute__((target(WIDE_TARGET)))
#define INLINE static inline __attribute__((always_inline))

/* ---- eight rows of eight words, such as the states of eight messages ---- */

#define AVX2 __attribute__((target("avx2")))

/* Rows become columns. */
AVX2 INLINE void transpose_eight(__m256i rows[8]) {
  __m256i twos[8], fours[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    twos[2 * i] = _mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    twos[2 * i + 1] = _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_unpacklo_epi64(twos[i], twos[i + 2]);
    fours[i + 1] = _mm256_unpackhi_epi64(twos[i], twos[i + 2]);
    fours[i + 2] = _mm256_unpacklo_epi64(twos[i + 1], twos[i + 3]);
    fours[i + 3] = _mm256_unpackhi_epi64(twos[i + 1], twos[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    rows[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
  }
}

/* ---- rounds (FIPS 180-4 sections 4.1.2 and 6.2.2) ---- */

WIDE INLINE vec big_sigma_0(vec x) {
  return xor3(rotate(x, 2), rotate(x, 13), rotate(x, 22));
}
WIDE INLINE vec big_sigma_1(vec x) {
  return xor3(rotate(x, 6), rotate(x, 11), rotate(x, 25));
}
WIDE INLINE vec sigma_0(vec x) {
  return xor3(rotate(x, 7), rotate(x, 18), shift(x, 3));
}
WIDE INLINE vec sigma_1(vec x) {
  return xor3(rotate(x, 17), rotate(x, 19), shift(x, 10));
}

/* Takes a block, whose words are used up. */
WIDE INLINE void take_block(vec state[8], vec words[16]) {
  const uint32_t *constants = csn_sha256_constants;
  __asm__ volatile("" : "+r"(constants)); /* or the compiler keeps 64 vectors of them on the stack */
  vec a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
  for (unsigned i = 0; i < 64; i++) {
    vec *word = &words[i % 16];
    if (i >= 16) {
      vec near = add(*word, words[(i + 9) % 16]); /* W[t - 16] + W[t - 7] */
      *word = add(near, add(sigma_0(words[(i + 1) % 16]), sigma_1(words[(i + 14) % 16])));
    }
    vec one = add(add(h, add(*word, splat(constants[i]))), add(big_sigma_1(e), choose(e, f, g)));
    vec two = add(big_sigma_0(a), majority(a, b, c));
    h = g, g = f, f = e, e = add(d, one);
    d = c, c = b, b = a, a = add(one, two);
  }
  const vec end[8] = {a, b, c, d, e, f, g, h};
#pragma GCC unroll 8
  for (unsigned i = 0; i < 8; i++) state[i] = add(state[i], end[i]);
}

#endif
