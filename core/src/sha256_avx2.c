/* SHA-256 of up to eight messages at once. */
#include "sha256.h"

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE_TARGET "avx2"
#define add(a, b) _mm256_add_epi32(a, b)
#define shift(a, bits) _mm256_srli_epi32(a, bits)
#define rotate(a, bits) _mm256_or_si256(_mm256_srli_epi32(a, bits), _mm256_slli_epi32(a, 32 - (bits)))
#define xor3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define choose(a, b, c) _mm256_xor_si256(c, _mm256_and_si256(a, _mm256_xor_si256(b, c)))
#define majority(a, b, c) _mm256_xor_si256(b, _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(b, c)))
#define splat(word) _mm256_set1_epi32((int32_t)(word))
#define swap(a) _mm256_shuffle_epi8(a, _mm256_broadcastsi128_si256(CSN_BYTE_ORDER))
#define interleave_low(a, b) _mm256_unpacklo_epi32(a, b)
#define interleave_high(a, b) _mm256_unpackhi_epi32(a, b)
#define interleave_pairs_low(a, b) _mm256_unpacklo_epi64(a, b)
#define interleave_pairs_high(a, b) _mm256_unpackhi_epi64(a, b)
#define low_halves(a, b) _mm256_permute2x128_si256(a, b, 0x20)
#define high_halves(a, b) _mm256_permute2x128_si256(a, b, 0x31)
typedef __m256i vec;

#include "sha256_wide.h"

enum { LANES = 8 };

bool csn_sha256_avx2_is_here(void) {
  return __builtin_cpu_supports("avx2");
}

/* Half a block of each message: eight words. */
WIDE INLINE void load_words(vec words[8], const uint8_t *const *data, size_t offset) {
#pragma GCC unroll 8
  for (unsigned i = 0; i < LANES; i++) {
    words[i] = swap(_mm256_loadu_si256((const __m256i *)(const void *)(data[i] + offset)));
  }
  transpose(words);
}

/* Lanes without a message do as the first. */
WIDE INLINE void load_states(vec state[8], const uint32_t *const *states, size_t count) {
#pragma GCC unroll 8
  for (size_t i = 0; i < LANES; i++) {
    state[i] = _mm256_loadu_si256((const __m256i *)(const void *)states[i < count ? i : 0]);
  }
  transpose(state);
}

WIDE INLINE void store_states(uint32_t *const *states, vec state[8], size_t count) {
  transpose(state);
#pragma GCC unroll 8
  for (size_t i = 0; i < LANES; i++) {
    if (i < count) _mm256_storeu_si256((__m256i *)(void *)states[i], state[i]);
  }
}

WIDE void csn_sha256_avx2_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
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

WIDE void csn_sha256_avx2_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  vec state[8], words[16];
  load_states(words, (const uint32_t *const *)states, count);
  pad_hash(words);
  load_states(state, outers, count);
  take_block(state, words);
  swap_bytes(state);
  store_states(states, state, count);
}

#else

bool csn_sha256_avx2_is_here(void) {
  return false;
}

void csn_sha256_avx2_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
  csn_sha256_openssl_lanes(states, data, count, blocks);
}

void csn_sha256_avx2_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  csn_sha256_openssl_outer(states, outers, count);
}

#endif
