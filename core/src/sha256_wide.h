/* SHA-256 of many messages at once: a vector holds the same word of each. The including file defines the vector `vec`
 * and, for its instructions, add, rotate, shift, xor3, choose, majority, splat and swap; interleave_low and _high of
 * words and of pairs; low_halves and high_halves, of 256 bits. */
#ifndef CSN_SHA256_WIDE_H
#define CSN_SHA256_WIDE_H

#include <immintrin.h>

#include "sha256.h"

#define WIDE __attribute__((target(WIDE_TARGET)))
#define INLINE static inline __attribute__((always_inline))

/* For the shuffle that turns the bytes of words round. */
#define CSN_BYTE_ORDER _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)

/* ---- eight words of each message ---- */

/* Rows, each 256 bits of which are eight words of a message, become columns, which are a word of each; and back. */
WIDE INLINE void transpose(vec rows[8]) {
  vec twos[8], fours[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    twos[i] = interleave_low(rows[i], rows[i + 1]);
    twos[i + 1] = interleave_high(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    fours[i] = interleave_pairs_low(twos[i], twos[i + 2]);
    fours[i + 1] = interleave_pairs_high(twos[i], twos[i + 2]);
    fours[i + 2] = interleave_pairs_low(twos[i + 1], twos[i + 3]);
    fours[i + 3] = interleave_pairs_high(twos[i + 1], twos[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    rows[i] = low_halves(fours[i], fours[i + 4]);
    rows[i + 4] = high_halves(fours[i], fours[i + 4]);
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

/* Behind the eight words of a hash, what makes them the block of the outer hash of an HMAC. */
WIDE INLINE void pad_hash(vec words[16]) {
  words[8] = splat(0x80000000);
#pragma GCC unroll 6
  for (unsigned i = 9; i < 15; i++) words[i] = splat(0);
  words[15] = splat((CSN_SHA256_BLOCK + CSN_SHA256_BYTES) * 8);
}

WIDE INLINE void swap_bytes(vec state[8]) {
#pragma GCC unroll 8
  for (unsigned i = 0; i < 8; i++) state[i] = swap(state[i]);
}

#endif
