/* One pass over an object as issuers write it: {"name":value,...}, without white space, its members strings without
 * escapes and of ASCII, whole numbers without a sign, true, false or null. What else it may be, right or wrong, is left
 * to csn_json_read(): whoever reads here finds a reason nowhere. Nothing is read beyond the text. */
#ifndef CSN_JSON_PLAIN_H
#define CSN_JSON_PLAIN_H

#include "json.h"
#include "json_string.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
  CSN_PLAIN_MIN = 16,         /* bytes of a text */
  CSN_PLAIN_MEMBERS_MAX = 32, /* of an object: at most CSN_JSON_MEMBERS_MAX */
  CSN_PLAIN_DIGITS_MAX = 18,  /* of a number: it fits in 63 bits */
};

typedef struct csn_plain {
  const uint8_t *pos, *end; /* `pos` is at a name's quotation mark, or at the end */
} csn_plain;

typedef struct csn_plain_member {
  csn_span name;   /* behind it stands a quotation mark */
  csn_span text;   /* of a string: between its quotation marks; of others NULL */
  uint64_t number; /* of others than numbers 0 */
  csn_json_type type;
} csn_plain_member;

/* False where it is no such object. */
static inline bool csn_plain_begin(csn_plain *plain, csn_span text) {
  if (text.len < CSN_PLAIN_MIN || text.ptr[0] != '{') return false;
  plain->pos = text.ptr + 1;
  plain->end = text.ptr + text.len;
  return true;
}

static inline bool csn_plain_done(const csn_plain *plain) {
  return plain->pos == plain->end;
}

#if defined(__SSE2__)

/* A bit for each of the 16 bytes at `at` that is not plain. As signed numbers those below ' ' are control characters
 * and all that is not ASCII. */
static inline unsigned csn_plain_others(const uint8_t *at) {
  __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
  __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), escape = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
  __m128i other = _mm_or_si128(_mm_or_si128(quote, escape), _mm_cmplt_epi8(x, _mm_set1_epi8(' ')));
  return (unsigned)_mm_movemask_epi8(other);
}

/* The first byte from `at` on that is not plain, or the end, in front of which there are at least 16 bytes. */
static inline const uint8_t *csn_plain_end(const uint8_t *at, const uint8_t *end) {
  for (; end - at >= 16; at += 16) {
    unsigned others = csn_plain_others(at);
    if (others != 0) return at + __builtin_ctz(others);
  }
  unsigned others = csn_plain_others(end - 16) >> (16 - (end - at));
  return others == 0 ? end : at + __builtin_ctz(others);
}

#else

static inline const uint8_t *csn_plain_end(const uint8_t *at, const uint8_t *end) {
  return csn_json_plain_end(at, end);
}

#endif

/* Eight digits, the first one lowest; false where one is none. */
static inline bool csn_plain_eight_digits(uint64_t word, uint64_t *value) {
  uint64_t v = word - CSN_JSON_LANES_OF('0'); /* a borrow comes from a lane that is then above 9 itself */
  if (((v | (v + CSN_JSON_LANES_OF(0x7f - 9))) & CSN_JSON_LANES_OF(0x80)) != 0) return false;
  v = v * 10 + (v >> 8); /* two digits in each other lane */
  const uint64_t lanes = UINT64_C(0x000000ff000000ff);
  *value = ((v & lanes) * UINT64_C(0x000f424000000064) + (v >> 16 & lanes) * UINT64_C(0x0000271000000001)) >> 32;
  return true;
}

/* At a digit. */
static inline bool csn_plain_number(const uint8_t **at, const uint8_t *end, csn_plain_member *out) {
  const uint8_t *start = *at, *p = start;
  uint64_t value = 0, word;
  if (end - p >= 8) {
    memcpy(&word, p, sizeof word);
    if (csn_plain_eight_digits(le64toh(word), &value)) p += 8;
  }
  for (; p != end && (uint8_t)(*p - '0') <= 9; p++) {
    if (p - start == CSN_PLAIN_DIGITS_MAX) return false;
    value = value * 10 + (uint8_t)(*p - '0');
  }
  if (*start == '0' && p - start > 1) return false;
  out->type = CSN_JSON_NUMBER;
  out->number = value;
  *at = p;
  return true;
}

static inline bool csn_plain_literal(const uint8_t **at, const uint8_t *end, csn_plain_member *out) {
  static const csn_span texts[] = {
      [CSN_JSON_NULL] = CSN_SPAN_LITERAL("null"),
      [CSN_JSON_FALSE] = CSN_SPAN_LITERAL("false"),
      [CSN_JSON_TRUE] = CSN_SPAN_LITERAL("true"),
  };
  csn_json_type type = **at == 't' ? CSN_JSON_TRUE : **at == 'f' ? CSN_JSON_FALSE : CSN_JSON_NULL;
  if ((size_t)(end - *at) < texts[type].len || memcmp(*at, texts[type].ptr, texts[type].len) != 0) return false;
  out->type = type;
  *at += texts[type].len;
  return true;
}

/* The value at `*at`, which is not the end. */
static inline bool csn_plain_value(const uint8_t **at, const uint8_t *end, csn_plain_member *out) {
  if (**at != '"') {
    return (uint8_t)(**at - '0') <= 9 ? csn_plain_number(at, end, out) : csn_plain_literal(at, end, out);
  }
  const uint8_t *start = *at + 1, *quote = csn_plain_end(start, end);
  if (quote == end || *quote != '"') return false;
  out->type = CSN_JSON_STRING;
  out->text = csn_span_of(start, (size_t)(quote - start));
  *at = quote + 1;
  return true;
}

/* The next member, where the walk is not done. False where what stands there is not plain. */
static inline bool csn_plain_next(csn_plain *plain, csn_plain_member *out) {
  const uint8_t *end = plain->end, *start = plain->pos + 1;
  if (*plain->pos != '"') return false;
  const uint8_t *at = csn_plain_end(start, end);
  if (end - at < 3 || at[0] != '"' || at[1] != ':') return false;
  out->name = csn_span_of(start, (size_t)(at - start));
  out->text = csn_span_of(NULL, 0);
  out->number = 0;
  at += 2;
  if (!csn_plain_value(&at, end, out) || at == end) return false;
  bool last = *at == '}';
  plain->pos = at + 1;
  return last ? plain->pos == end : *at == ',' && plain->pos != end;
}

/* Three letters and the quotation mark behind them, as csn_plain_name() gives them of a name of three letters. */
#define CSN_PLAIN_NAME(a, b, c) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)'"' << 24)

/* A number for a name of three letters; 0 for all others. */
static inline uint32_t csn_plain_name(csn_span name) {
  uint32_t word;
  if (name.len != 3) return 0;
  memcpy(&word, name.ptr, sizeof word); /* with the quotation mark */
  return le32toh(word);
}

#endif
