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
#define swap(a) _mm512_shuffle_epi8(a, _mm512_broadcast_i32x4(CSN_BYTE_ORDER))
#define interleave_low(a, b) _mm512_unpacklo_epi32(a, b)
#define interleave_high(a, b) _mm512_unpackhi_epi32(a, b)
#define interleave_pairs_low(a, b) _mm512_unpacklo_epi64(a, b)
#define interleave_pairs_high(a, b) _mm512_unpackhi_epi64(a, b)
#define low_halves(a, b) _mm512_permutex2var_epi64(a, _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), b)
#define high_halves(a, b) _mm512_permutex2var_epi64(a, _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2), b)
typedef __m512i vec;

#include "sha256_wide.h"

enum { LANES = 16 };

/* What is left over goes to the SHA extensions: they must be there, too. */
bool csn_sha256_avx512_is_here(void) {
  return csn_sha256_ni_is_here() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

/* Eight words of each of two messages. */
WIDE INLINE vec load_two(const void *low, const void *high) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(low)), _mm256_loadu_si256(high), 1);
}

/* Half a block of each message: eight words. */
WIDE INLINE void load_words(vec words[8], const uint8_t *const *data, size_t offset) {
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) words[i] = swap(load_two(data[i] + offset, data[8 + i] + offset));
  transpose(words);
}

/* Lanes without a message do as the first. */
WIDE INLINE void load_states(vec state[8], const uint32_t *const *states, size_t count) {
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; i++) state[i] = load_two(states[i < count ? i : 0], states[8 + i < count ? 8 + i : 0]);
  transpose(state);
}

WIDE INLINE void store_states(uint32_t *const *states, vec state[8], size_t count) {
  transpose(state);
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; i++) {
    if (i < count) _mm256_storeu_si256((void *)states[i], _mm512_castsi512_si256(state[i]));
    if (i + 8 < count) _mm256_storeu_si256((void *)states[i + 8], _mm512_extracti64x4_epi64(state[i], 1));
  }
}

WIDE void csn_sha256_avx512_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
  const uint8_t *at[LANES];
  vec state[8];
  for (size_t i = 0; i < LANES; i++) at[i] = data[i < count ? i : 0];
  load_states(state, (const uint32_t *const *)states, count);
  for (size_t offset = 0; blocks > 0; blocks--, offset += CSN_SHA256_BLOCK) {
    vec words[16];
    load_words(words, at, offset);
    load_words(words + 8, at, offset + CSN_SHA256_BLOCK / 2);
    take_block(state, words);
  }
  store_states(states, state, count);
}

WIDE void csn_sha256_avx512_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  vec state[8], words[16];
  load_states(words, (const uint32_t *const *)states, count);
  pad_hash(words);
  load_states(state, outers, count);
  take_block(state, words);
  swap_bytes(state);
  store_states(states, state, count);
}

#else

bool csn_sha256_avx512_is_here(void) {
  return false;
}

void csn_sha256_avx512_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
  csn_sha256_openssl_lanes(states, data, count, blocks);
}

void csn_sha256_avx512_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  csn_sha256_openssl_outer(states, outers, count);
}

#endif
