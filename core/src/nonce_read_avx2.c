/* Reading a pair of lines four words at a time. */
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

AVX2 static inline __m256i load_four(const csn_atomic *words) {
  __m128i low = load_two(words);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), load_two(words + 2), 1);
}

/* Ticks and classes of 16 words, 16 bits each: word 4 k + e is number 4 e + k, which is its position. */
AVX2 static inline __m256i ticks_and_classes(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i ab = _mm256_blend_epi16(_mm256_srli_epi64(a, 48), _mm256_srli_epi64(b, 32), 0x22);
  __m256i cd = _mm256_blend_epi16(_mm256_srli_epi64(c, 16), d, 0x88);
  return _mm256_blend_epi16(ab, cd, 0xcc);
}

/* The least of eight 16-bit numbers and its index, as a place among these eight. */
AVX2 static inline uint32_t least_of_eight(__m128i numbers) {
  uint32_t found =
      (uint32_t)_mm_cvtsi128_si32(_mm_minpos_epu16(numbers)); /* index 16 | number 16; the first of equals */
  return (found & 0xffff) << CSN_NONCE_POSITION_BITS | found >> 16;
}

AVX2 static inline __m256i same_fingerprint(__m256i words, __m256i wanted) {
  return _mm256_cmpeq_epi64(_mm256_slli_epi64(words, 64 - CSN_NONCE_FINGERPRINT_BITS), wanted);
}

AVX2 csn_nonce_reading csn_nonce_read_pair_avx2(csn_nonce_line *const lines[2], uint64_t clock,
                                                const csn_nonce_key *key) {
  __m256i a = load_four(&lines[0]->slots[0]), b = load_four(&lines[0]->slots[4]);
  __m256i c = load_four(&lines[1]->slots[0]), d = load_four(&lines[1]->slots[4]);
  __m256i flags_a = load_four(&lines[0]->slots[0]), flags_b = load_four(&lines[0]->slots[4]);

  const __m256i base = _mm256_set1_epi16((short)((clock << 3) - 0x8000));
  __m256i ages = _mm256_sub_epi16(ticks_and_classes(a, b, c, d), base);
  uint32_t low = least_of_eight(_mm256_castsi256_si128(ages));
  uint32_t high = least_of_eight(_mm256_extracti128_si256(ages, 1)) + 8;

  const __m256i wanted =
      _mm256_slli_epi64(_mm256_set1_epi64x((int64_t)key->fingerprint), 64 - CSN_NONCE_FINGERPRINT_BITS);
  __m256i found = _mm256_or_si256(_mm256_or_si256(same_fingerprint(a, wanted), same_fingerprint(b, wanted)),
                                  _mm256_or_si256(same_fingerprint(c, wanted), same_fingerprint(d, wanted)));

  const __m256i any = _mm256_set1_epi16(CSN_NONCE_CLASS_ANY);
  __m256i classes = _mm256_and_si256(ticks_and_classes(flags_a, flags_b, flags_a, flags_b), any);
  __m256i flagged = _mm256_or_si256(_mm256_cmpeq_epi16(classes, any),
                                    _mm256_cmpeq_epi16(classes, _mm256_set1_epi16((short)key->flag_class)));
  csn_nonce_reading reading = {
      .least = low < high ? low : high,
      .found = !_mm256_testz_si256(found, found),
      .flagged = !_mm256_testz_si256(flagged, flagged),
  };
  return reading;
}
_Static_assert(CSN_NONCE_LINE_SLOTS == 8, "the words of a pair are four vectors");
_Static_assert(CSN_NONCE_CLASS_ANY == 7, "the class that flags all is all bits of a class");

#else

bool csn_nonce_has_avx2(void) {
  return false;
}

csn_nonce_reading csn_nonce_read_pair_avx2(csn_nonce_line *const lines[2], uint64_t clock, const csn_nonce_key *key) {
  return csn_nonce_read_pair(lines, clock, key);
}

#endif
