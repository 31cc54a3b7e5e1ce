/* The quotation marks of a text are found for all of it at once, whatever stands between: the walk then need not look
 * for an end before it goes on. */
#include "json_plain.h"

#include "fast_path.h"

enum { BLOCK = CSN_PLAIN_BLOCK, HALF = BLOCK / 2 };

/* ---- any processor; with SSE2 sixteen bytes at a time ---- */

#if defined(__SSE2__)
#include <emmintrin.h>

/* Of all bytes so far: the least one, all their bits, and where there is an escape. */
typedef struct seen {
  __m128i least, bits, escapes;
} seen;

static inline seen seen_nothing(void) {
  seen s = {_mm_set1_epi8(-1), _mm_setzero_si128(), _mm_setzero_si128()};
  return s;
}

/* None is a control character, an escape, or not ASCII. */
static inline bool all_are_plain(const seen *s) {
  __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(s->least, _mm_set1_epi8(' ' - 1)), s->least);
  return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, s->escapes), s->bits)) == 0;
}

static inline uint64_t quotes_of_16(const uint8_t *at, seen *s) {
  __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
  s->least = _mm_min_epu8(s->least, x);
  s->bits = _mm_or_si128(s->bits, x);
  s->escapes = _mm_or_si128(s->escapes, _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
  return (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')));
}

/* A bit for each quotation mark of a block, or of what is left of a text of at least 16 bytes. */
static inline uint64_t quotes_of(const uint8_t *at, const uint8_t *end, seen *s) {
  uint64_t quotes = 0;
  if (end - at >= BLOCK) {
    quotes = quotes_of_16(at, s) | quotes_of_16(at + 16, s) << 16;
    return quotes | quotes_of_16(at + 32, s) << 32 | quotes_of_16(at + 48, s) << 48;
  }
  int place = 0;
  for (; end - at >= 16; at += 16, place += 16) quotes |= quotes_of_16(at, s) << place;
  return at == end ? quotes : quotes | quotes_of_16(end - 16, s) >> (16 - (end - at)) << place;
}

#else

typedef struct seen {
  bool others;
} seen;

static inline seen seen_nothing(void) {
  seen s = {false};
  return s;
}

static inline bool all_are_plain(const seen *s) {
  return !s->others;
}

static inline uint64_t quotes_of(const uint8_t *at, const uint8_t *end, seen *s) {
  uint64_t quotes = 0;
  for (int place = 0; place < BLOCK && at != end; at++, place++) {
    if (*at == '"') quotes |= UINT64_C(1) << place;
    s->others = s->others || (*at != '"' && !csn_json_is_plain(*at));
  }
  return quotes;
}

#endif

/* Those that seem to be behind the end. */
static inline void put_more(csn_plain_quotes quotes, size_t len) {
  quotes[len / BLOCK] |= ~UINT64_C(0) << len % BLOCK;
}

bool csn_plain_find_quotes_any(csn_span text, csn_plain_quotes quotes) {
  seen s = seen_nothing();
  quotes[text.len / BLOCK] = 0;
  for (size_t from = 0; from < text.len; from += BLOCK) {
    quotes[from / BLOCK] = quotes_of(text.ptr + from, text.ptr + text.len, &s);
  }
  put_more(quotes, text.len);
  return all_are_plain(&s);
}

/* ---- AVX2: half a block at a time; AVX-512 is no faster here ---- */

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* As signed numbers, control characters and what is not ASCII are below the space. */
AVX2 static inline uint64_t quotes_of_32(const uint8_t *at, __m256i *others) {
  __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)at);
  __m256i escapes = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\'));
  *others = _mm256_or_si256(*others, _mm256_or_si256(escapes, _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), x)));
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('"')));
}

AVX2 bool csn_plain_find_quotes_avx2(csn_span text, csn_plain_quotes quotes) {
  const uint8_t *at = text.ptr, *end = text.ptr + text.len;
  __m256i others = _mm256_setzero_si256();
  if (text.len < HALF) return csn_plain_find_quotes_any(text, quotes);
  for (; end - at >= BLOCK; at += BLOCK) {
    *quotes = quotes_of_32(at, &others);
    *quotes++ |= quotes_of_32(at + HALF, &others) << HALF;
  }
  size_t left = (size_t)(end - at);
  uint64_t more = ~UINT64_C(0) << left, last = quotes_of_32(end - HALF, &others); /* seem to be behind the end */
  *quotes = more | (left > HALF ? last << (left - HALF) | quotes_of_32(at, &others) : last >> (HALF - left));
  return _mm256_testz_si256(others, others) != 0;
}

static inline bool has_avx2(void) {
  return __builtin_cpu_supports("avx2");
}

#else

bool csn_plain_find_quotes_avx2(csn_span text, csn_plain_quotes quotes) {
  return csn_plain_find_quotes_any(text, quotes);
}

static inline bool has_avx2(void) {
  return false;
}

#endif

bool csn_plain_has_avx2(void) {
  return has_avx2();
}

bool csn_plain_find_quotes(csn_span text, csn_plain_quotes quotes) {
  if (!csn_fast_paths()) return false;
  return has_avx2() ? csn_plain_find_quotes_avx2(text, quotes) : csn_plain_find_quotes_any(text, quotes);
}

size_t csn_plain_array(csn_span text, const uint64_t *quotes, size_t at, csn_plain_items *out) {
  for (out->count = 0; out->count < CSN_PLAIN_ITEMS_MAX;) {
    csn_plain_member item = {.type = CSN_JSON_NULL};
    at = csn_plain_scalar(text, quotes, at + 1, &item);
    if (at == 0) return 0;
    out->strings[out->count++] = item.value;
    if (text.ptr[at] == ']') return at + 1;
    if (text.ptr[at] != ',') return 0;
  }
  return 0;
}
