/* A character's class and value are looked up, and its bits are put in place, in registers: neither a branch nor an
 * address depends on it (W. Mula, D. Lemire: Faster Base64 Encoding and Decoding Using AVX2 Instructions, 2018, and
 * Base64 encoding and decoding at almost the speed of a memory copy, 2019). Chosen at run time. */
#include "base64url_x86.h"

#include "fast_path.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* ---- AVX2: 32 characters to 24 bytes ---- */

#define AVX2 __attribute__((target("avx2")))

typedef struct tables {
  __m256i highs_by_low; /* by the low half of a character: a bit for each high half that goes with it */
  __m256i bit_by_high;  /* that bit */
  __m256i offsets;      /* by the high half: from the character to its value; 13 is for '_' */
} tables;

AVX2 static inline tables tables_of(void) {
  const __m128i highs_by_low =
      _mm_setr_epi8((char)0xa8, (char)0xf8, (char)0xf8, (char)0xf8, (char)0xf8, (char)0xf8, (char)0xf8, (char)0xf8,
                    (char)0xf8, (char)0xf8, (char)0xf0, 0x50, 0x50, 0x54, 0x50, 0x70);
  const __m128i bit_by_high = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i offsets =
      _mm_setr_epi8(0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 63 - '_', 0, 0);
  tables t = {_mm256_broadcastsi128_si256(highs_by_low), _mm256_broadcastsi128_si256(bit_by_high),
              _mm256_broadcastsi128_si256(offsets)};
  return t;
}

/* The bytes, and eight zeros. A lane of `right` becomes 0 where a character is none of the alphabet. */
AVX2 static inline __m256i decode_32(const tables *t, __m256i x, __m256i *right) {
  __m256i high = _mm256_and_si256(_mm256_srli_epi32(x, 4), _mm256_set1_epi8(0x0f));
  __m256i highs = _mm256_shuffle_epi8(t->highs_by_low, x), bit = _mm256_shuffle_epi8(t->bit_by_high, high);
  *right = _mm256_min_epu8(*right, _mm256_and_si256(highs, bit));
  __m256i underscore = _mm256_and_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('_')), _mm256_set1_epi8(8));
  __m256i values = _mm256_add_epi8(x, _mm256_shuffle_epi8(t->offsets, _mm256_or_si256(high, underscore)));
  __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  __m256i twelves = _mm256_shuffle_epi8(fours, _mm256_broadcastsi128_si256(order));
  return _mm256_permutevar8x32_epi32(twelves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

/* The last `left` characters of a text, fewer than 16, behind them 'A', which is zero. `end` is the end of at least 16.
 */
AVX2 static inline __m128i load_last(const uint8_t *end, size_t left) {
  static const uint8_t places[32] = {0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,
                                     128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128};
  __m128i from = _mm_loadu_si128((const __m128i *)(const void *)(places + 16 - left));
  __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(end - 16));
  return _mm_blendv_epi8(_mm_shuffle_epi8(x, from), _mm_set1_epi8('A'), from);
}

/* Writes the first `count` bytes, fewer than 24. */
AVX2 static inline void store_last(uint8_t *out, __m256i bytes, size_t count) {
  __m128i x = _mm256_castsi256_si128(bytes);
  if ((count & 16) != 0) {
    _mm_storeu_si128((__m128i *)(void *)out, x);
    x = _mm256_extracti128_si256(bytes, 1);
    out += 16;
  }
  uint64_t word = (uint64_t)_mm_cvtsi128_si64(x);
  if ((count & 8) != 0) {
    memcpy(out, &word, 8);
    word = (uint64_t)_mm_extract_epi64(x, 1);
    out += 8;
  }
  if ((count & 4) != 0) {
    memcpy(out, &word, 4);
    word >>= 32;
    out += 4;
  }
  if ((count & 2) != 0) {
    memcpy(out, &word, 2);
    word >>= 16;
    out += 2;
  }
  if ((count & 1) != 0) *out = (uint8_t)word;
}

/* The characters that are left over, fewer than 32. What lies behind their whole bytes must be zero. */
AVX2 static inline bool decode_last(const tables *t, csn_span text, size_t left, uint8_t *out, __m256i *right) {
  static const uint8_t behind[64] = {[32] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                     255,        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  const uint8_t *end = text.ptr + text.len;
  __m128i last = load_last(end, left & 15);
  __m256i x = _mm256_set_m128i(_mm_set1_epi8('A'), last);
  if (left >= 16) {
    x = _mm256_set_m128i(last, _mm_loadu_si128((const __m128i *)(const void *)(end - left)));
  }
  __m256i bytes = decode_32(t, x, right);
  size_t whole = left * 6 / 8;
  store_last(out, bytes, whole);
  return _mm256_testz_si256(bytes, _mm256_loadu_si256((const __m256i *)(const void *)(behind + 32 - whole))) != 0;
}

AVX2 bool csn_base64url_avx2(csn_span text, uint8_t *out) {
  const tables t = tables_of();
  const uint8_t *at = text.ptr, *end = text.ptr + text.len;
  __m256i right = _mm256_set1_epi8(-1);
  bool wrong = text.len % 4 == 1;
  for (; end - at >= 32; at += 32, out += 24) {
    __m256i bytes = decode_32(&t, _mm256_loadu_si256((const __m256i *)(const void *)at), &right);
    _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((__m128i *)(void *)(out + 16), _mm256_extracti128_si256(bytes, 1));
  }
  if (at != end) wrong |= !decode_last(&t, text, (size_t)(end - at), out, &right);
  wrong |= _mm256_movemask_epi8(_mm256_cmpeq_epi8(right, _mm256_setzero_si256())) != 0;
  return !wrong;
}

/* ---- AVX-512 VBMI: 64 characters to 48 bytes; the last ones under a mask ---- */

#define VBMI __attribute__((target("avx512bw,avx512vbmi,bmi2")))

/* The values of the characters 0 to 127; 128: none of the alphabet. */
static const uint8_t values[128] = {
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    128, 62,  128, 128, 52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  128, 128, 128, 128, 128, 128, 128, 0,
    1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,
    23,  24,  25,  128, 128, 128, 128, 63,  128, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,
    39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51,  128, 128, 128, 128, 128};

static const uint8_t order[64] = {2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22,
                                  21, 20, 26, 25, 24, 30, 29, 28, 34, 33, 32, 38, 37, 36, 42, 41,
                                  40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60};

VBMI static inline __m512i load_64(const uint8_t *p) {
  return _mm512_loadu_si512(p);
}

/* The bytes, and behind them 16 of no meaning. In `wrong` the high bit of a lane is set where a character is none of
 * the alphabet. */
VBMI static inline __m512i decode_64(__m512i x, __m512i *wrong) {
  __m512i v = _mm512_permutex2var_epi8(load_64(values), x, load_64(values + 64));
  *wrong = _mm512_or_si512(*wrong, _mm512_or_si512(v, x));
  __m512i pairs = _mm512_maddubs_epi16(v, _mm512_set1_epi32(0x01400140));
  return _mm512_permutexvar_epi8(load_64(order), _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000)));
}

VBMI bool csn_base64url_vbmi(csn_span text, uint8_t *out) {
  const uint8_t *at = text.ptr, *end = text.ptr + text.len;
  __m512i wrong = _mm512_setzero_si512();
  uint64_t behind = 0; /* the whole bytes */
  for (; end - at >= 64; at += 64, out += 48) {
    __m512i bytes = decode_64(load_64(at), &wrong);
    _mm256_storeu_si256((__m256i *)(void *)out, _mm512_castsi512_si256(bytes));
    _mm_storeu_si128((__m128i *)(void *)(out + 32), _mm512_extracti32x4_epi32(bytes, 2));
  }
  if (at != end) {
    size_t left = (size_t)(end - at);
    const __mmask64 all = (UINT64_C(1) << 48) - 1, whole = (UINT64_C(1) << left * 6 / 8) - 1;
    __m512i x = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), (UINT64_C(1) << left) - 1, at);
    __m512i bytes = decode_64(x, &wrong);
    _mm512_mask_storeu_epi8(out, whole, bytes);
    behind = _mm512_mask_test_epi8_mask(all & ~whole, bytes, bytes); /* must be zero */
  }
  return (behind | _mm512_movepi8_mask(wrong) | (text.len % 4 == 1)) == 0;
}

/* ---- which ---- */

static inline bool has_avx2(void) {
  return __builtin_cpu_supports("avx2");
}
static inline bool has_vbmi(void) {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2");
}

bool csn_base64url_has_avx2(void) {
  return has_avx2();
}
bool csn_base64url_has_vbmi(void) {
  return has_vbmi();
}

bool csn_base64url_x86(csn_span text, uint8_t *out) {
  if (text.len < CSN_BASE64URL_X86_MIN || out == NULL || !csn_fast_paths()) return false;
  if (has_vbmi()) return csn_base64url_vbmi(text, out);
  return has_avx2() && csn_base64url_avx2(text, out);
}

#else

bool csn_base64url_avx2(csn_span text, uint8_t *out) {
  (void)text, (void)out;
  return false;
}
bool csn_base64url_vbmi(csn_span text, uint8_t *out) {
  (void)text, (void)out;
  return false;
}
bool csn_base64url_has_avx2(void) {
  return false;
}
bool csn_base64url_has_vbmi(void) {
  return false;
}
bool csn_base64url_x86(csn_span text, uint8_t *out) {
  (void)text, (void)out;
  return false;
}

#endif
