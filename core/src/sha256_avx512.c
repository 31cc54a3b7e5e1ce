/* SHA-256 of up to sixteen messages at once. */
#include "sha256.h"

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE_TARGET "avx512f,avx512bw,avx512vl"
#define add(a, b) _mm512_add_epi32(a, b)
#define shift(a, bits) _mm512_srli_epi32(a, bits)
#define rotate(a, bits) _mm512_ror_epi32(a, bits)
#define xor3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define choose(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xca)
#define majority(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xe8)
#define splat(word) _mm512_set1_epi32((int32_t)(word))
typedef __m512i vec;

#include "sha256_wide.h"

enum { LANES = 16 };

/* What is left over goes to the SHA extensions: they must be there, too. */
bool csn_sha256_avx512_is_here(void) {
  return csn_sha256_ni_is_here() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

/* A block of each message: sixteen words. */
WIDE INLINE void load_words(vec words[16], const uint8_t *const *data) {
  const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  __m512i twos[16], rows[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) rows[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(data[i]), order);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    twos[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    twos[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(twos[i], twos[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(twos[i], twos[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(twos[i + 1], twos[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(twos[i + 1], twos[i + 3]);
  }
  /* Now each 128 bits of a row are one word of four messages. */
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    __m512i even_low = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0x88);
    __m512i odd_low = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0xdd);
    __m512i even_high = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0x88);
    __m512i odd_high = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0xdd);
    words[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    words[i + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    words[i + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xdd);
    words[i + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd);
  }
}

WIDE void csn_sha256_avx512_lanes(uint32_t *const *states, const uint8_t **data, size_t count, size_t blocks) {
  const uint8_t *at[LANES];
  __m256i rows[LANES];
  vec state[8];
  for (size_t i = 0; i < LANES; i++) {
    size_t from = i < count ? i : 0; /* lanes without a message do as the first */
    rows[i] = _mm256_loadu_si256((const __m256i *)(const void *)states[from]);
    at[i] = data[from];
  }
  transpose_eight(rows);
  transpose_eight(rows + 8);
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) state[i] = _mm512_inserti64x4(_mm512_castsi256_si512(rows[i]), rows[8 + i], 1);
  for (; blocks > 0; blocks--) {
    vec words[16];
    load_words(words, at);
    take_block(state, words);
    for (size_t i = 0; i < LANES; i++) at[i] += CSN_SHA256_BLOCK;
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) {
    rows[i] = _mm512_castsi512_si256(state[i]);
    rows[8 + i] = _mm512_extracti64x4_epi64(state[i], 1);
  }
  transpose_eight(rows);
  transpose_eight(rows + 8);
  for (size_t i = 0; i < count; i++) {
    _mm256_storeu_si256((__m256i *)(void *)states[i], rows[i]);
    data[i] = at[i];
  }
}

#else

bool csn_sha256_avx512_is_here(void) {
  return false;
}

void csn_sha256_avx512_lanes(uint32_t *const *states, const uint8_t **data, size_t count, size_t blocks) {
  csn_sha256_openssl_lanes(states, data, count, blocks);
}

#endif
