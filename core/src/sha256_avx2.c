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
typedef __m256i vec;

#include "sha256_wide.h"

enum { LANES = 8 };

bool csn_sha256_avx2_is_here(void) {
  return __builtin_cpu_supports("avx2");
}

/* Half a block of each message: eight words. */
AVX2 INLINE void load_words(vec words[8], const uint8_t *const *data, size_t offset) {
  const __m256i order = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
#pragma GCC unroll 8
  for (unsigned i = 0; i < LANES; i++) {
    words[i] = _mm256_loadu_si256((const __m256i *)(const void *)(data[i] + offset));
    words[i] = _mm256_shuffle_epi8(words[i], order);
  }
  transpose_eight(words);
}

AVX2 void csn_sha256_avx2_lanes(uint32_t *const *states, const uint8_t **data, size_t count, size_t blocks) {
  const uint8_t *at[LANES];
  vec rows[LANES];
  for (size_t i = 0; i < LANES; i++) {
    size_t from = i < count ? i : 0; /* lanes without a message do as the first */
    rows[i] = _mm256_loadu_si256((const __m256i *)(const void *)states[from]);
    at[i] = data[from];
  }
  transpose_eight(rows);
  for (; blocks > 0; blocks--) {
    vec words[16];
    load_words(words, at, 0);
    load_words(words + 8, at, CSN_SHA256_BLOCK / 2);
    take_block(rows, words);
    for (size_t i = 0; i < LANES; i++) at[i] += CSN_SHA256_BLOCK;
  }
  transpose_eight(rows);
  for (size_t i = 0; i < count; i++) {
    _mm256_storeu_si256((__m256i *)(void *)states[i], rows[i]);
    data[i] = at[i];
  }
}

#else

bool csn_sha256_avx2_is_here(void) {
  return false;
}

void csn_sha256_avx2_lanes(uint32_t *const *states, const uint8_t **data, size_t count, size_t blocks) {
  csn_sha256_openssl_lanes(states, data, count, blocks);
}

#endif
