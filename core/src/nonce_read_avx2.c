/* Reading lines four words at a time. */
#include "nonce_read.h"

/* The thread sanitizer does not see these loads. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

bool csn_nonce_has_avx2(void) {
  return __builtin_cpu_supports("avx2");
}

/* One load, which stays where it is: the compiler may neither repeat nor move it. */
AVX2 static inline __m128i load_two(const csn_atomic *words) {
  __m128i two;
  __asm__ volatile("vmovdqa %1, %0" : "=x"(two) : "m"(*(const __m128i *)(const void *)words) : "memory");
  return two;
}

AVX2 static inline __m256i load_four(const csn_atomic *low, const csn_atomic *high) {
  __m128i two = load_two(low);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(two), load_two(high), 1);
}

/* The lower, or the upper, 32 bits of eight words: 0 .. 3 in order, then 4 .. 7. */
typedef struct halves {
  __m256i lower, upper;
} halves;

AVX2 static inline halves load_line(const csn_nonce_line *line) {
  __m256 a = _mm256_castsi256_ps(load_four(&line->slots[0], &line->slots[4]));
  __m256 b = _mm256_castsi256_ps(load_four(&line->slots[2], &line->slots[6]));
  halves h = {_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)), _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd))};
  return h;
}

/* The least of eight 16-bit numbers and its index, as a place among these eight. */
AVX2 static inline uint32_t least_of_eight(__m128i numbers) {
  uint32_t found = (uint32_t)_mm_cvtsi128_si32(_mm_minpos_epu16(numbers)); /* index | number; the first of equals */
  return found << 16 | found >> 16;
}

AVX2 static inline csn_nonce_reading read_pair(const csn_nonce_key *key, __m256i age_offset) {
  halves first = load_line(key->lines[0]), second = load_line(key->lines[1]);
  csn_nonce_reading flag = csn_atomic_load_acquire(key->flag_slot) & key->flag;

  /* Ticks and flags of 16 words, 16 bits each, in the order of positions. */
  __m256i upper = _mm256_blend_epi16(_mm256_srli_epi32(first.upper, 16), second.upper, 0xaa);
  __m256i ages = _mm256_add_epi16(upper, age_offset);
  uint32_t low = least_of_eight(_mm256_castsi256_si128(ages));
  uint32_t high = least_of_eight(_mm256_extracti128_si256(ages, 1)) + CSN_NONCE_PAIR_WORDS / 2;

  __m256i wanted = _mm256_set1_epi32((int32_t)(uint32_t)key->fingerprint);
  __m256i same = _mm256_or_si256(_mm256_cmpeq_epi32(first.lower, wanted), _mm256_cmpeq_epi32(second.lower, wanted));
  csn_nonce_reading found = (csn_nonce_reading)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(same)) << 32;
  return flag | found | (low < high ? low : high);
}

AVX2 void csn_nonce_read_avx2(const csn_nonce_key *keys, size_t count, uint64_t clock, csn_nonce_reading *readings) {
  const __m256i age_offset = _mm256_set1_epi16((short)csn_nonce_age_offset(clock));
  for (size_t i = 0; i < count; i++) readings[i] = read_pair(&keys[i], age_offset);
}
_Static_assert(CSN_NONCE_LINE_SLOTS == 8, "a line is four loads");

#else

bool csn_nonce_has_avx2(void) {
  return false;
}

void csn_nonce_read_avx2(const csn_nonce_key *keys, size_t count, uint64_t clock, csn_nonce_reading *readings) {
  csn_nonce_read_words(keys, count, clock, readings);
}

#endif
