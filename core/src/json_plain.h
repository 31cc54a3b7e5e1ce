/* One pass over an object as issuers write it: {"name":value,...}, without white space, its members strings without
 * escapes and of ASCII, whole numbers without a sign, true, false, null, or short arrays of these. What else it may be,
 * right or wrong, is left to csn_json_read(): whoever reads here finds a reason nowhere. Nothing is read beyond the
 * text. */
#ifndef CSN_JSON_PLAIN_H
#define CSN_JSON_PLAIN_H

#include "json.h"
#include "json_string.h"

enum {
  CSN_PLAIN_MIN = 16,   /* bytes of a text */
  CSN_PLAIN_MAX = 1024, /* bytes of it: bounds the stack, a bit for each */
  CSN_PLAIN_MEMBERS_MAX =
      32,                    /* whose names are compared: with those that are registered at most CSN_JSON_MEMBERS_MAX */
  CSN_PLAIN_ITEMS_MAX = 8,   /* of an array */
  CSN_PLAIN_DIGITS_MAX = 18, /* of a number: it fits in 63 bits */
  CSN_PLAIN_BLOCK = 64,      /* bytes, of which the quotation marks are the bits of a word */
};

/* Where a text's quotation marks are; behind its end there seem to be more, so that none is looked for in vain. */
typedef uint64_t csn_plain_quotes[CSN_PLAIN_MAX / CSN_PLAIN_BLOCK + 1];

/* Finds them; `text` is of CSN_PLAIN_MIN to CSN_PLAIN_MAX bytes. False where one of its bytes is a control character,
 * an escape or not ASCII. One way for all processors, and one for those that have AVX2; csn_plain_find_quotes()
 * takes the best. */
bool csn_plain_find_quotes(csn_span text, csn_plain_quotes quotes) CSN_WARN_UNUSED;
bool csn_plain_find_quotes_any(csn_span text, csn_plain_quotes quotes) CSN_WARN_UNUSED;
bool csn_plain_find_quotes_avx2(csn_span text, csn_plain_quotes quotes) CSN_WARN_UNUSED;
bool csn_plain_has_avx2(void);

/* A walk. All places are offsets in the text, which ends in a brace. */
typedef struct csn_plain {
  csn_span text;
  const uint64_t *quotes;
  size_t pos; /* of the next name's quotation mark; at the end of the text when the walk is done */
} csn_plain;

typedef struct csn_plain_member {
  csn_span name;
  csn_span value;  /* of a string: between its quotation marks; of others NULL */
  uint64_t number; /* of others than numbers 0 */
  csn_json_type type;
} csn_plain_member;

/* Those of the array that was read last. */
typedef struct csn_plain_items {
  size_t count;
  csn_span strings[CSN_PLAIN_ITEMS_MAX]; /* of others than strings NULL */
} csn_plain_items;

/* False where it is no such object, or one that is longer. */
static inline CSN_WARN_UNUSED bool csn_plain_begin(csn_plain *plain, csn_span text, csn_plain_quotes quotes) {
  if (text.len < CSN_PLAIN_MIN || text.len > CSN_PLAIN_MAX) return false;
  if (text.ptr[0] != '{' || text.ptr[text.len - 1] != '}' || !csn_plain_find_quotes(text, quotes)) return false;
  plain->text = text;
  plain->quotes = quotes;
  plain->pos = 1;
  return true;
}

static inline bool csn_plain_done(const csn_plain *plain) {
  return plain->pos == plain->text.len;
}

/* The first quotation mark from `from` on, which is no later than the end; or a place that is. */
static inline size_t csn_plain_quote(const uint64_t *quotes, size_t from) {
  size_t i = from / CSN_PLAIN_BLOCK;
  uint64_t bits = quotes[i] >> from % CSN_PLAIN_BLOCK;
  if (bits != 0) return from + (size_t)__builtin_ctzll(bits);
  do bits = quotes[++i];
  while (bits == 0);
  return i * CSN_PLAIN_BLOCK + (size_t)__builtin_ctzll(bits);
}

/* Three letters, as csn_plain_letters() gives them. */
#define CSN_PLAIN_LETTERS(a, b, c) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16)

/* The next name, where that is of three letters; of other names 0, or what are no letters. */
static inline uint32_t csn_plain_letters(const csn_plain *plain) {
  const uint64_t others = UINT64_C(0x0000ffff000000ff), quotes_and_colon = UINT64_C(0x00003a2200000022);
  uint64_t word;
  if (plain->text.len - plain->pos < sizeof word) return 0;
  memcpy(&word, plain->text.ptr + plain->pos, sizeof word);
  word = le64toh(word);
  return (word & others) == quotes_and_colon ? (uint32_t)(word >> 8) & 0xffffff : 0;
}

/* Eight digits, the first one lowest; false where one is none. */
static inline bool csn_plain_eight_digits(uint64_t word, uint64_t *value) {
  uint64_t v = word - CSN_JSON_LANES_OF('0'); /* a borrow comes from a lane that is then above 9 itself */
  if (((v | (v + CSN_JSON_LANES_OF(0x7f - 9))) & CSN_JSON_LANES_OF(0x80)) != 0) return false;
  v = v * 10 + (v >> 8); /* two digits in each other lane */
  const uint64_t lanes = UINT64_C(0x000000ff000000ff);
  *value = ((v & lanes) * UINT64_C(0x000f424000000064) + (v >> 16 & lanes) * UINT64_C(0x0000271000000001)) >> 32;
  return true;
}

/* A string's quotation mark is at `at`: what stands between it and the next. Returns the place behind the string, which
 * is no later than the brace at the end; 0 where there is none. */
static inline size_t csn_plain_string(csn_span text, const uint64_t *quotes, size_t at, csn_span *out) {
  size_t last = csn_plain_quote(quotes, at + 1);
  *out = csn_span_of(text.ptr + at + 1, last - at - 1);
  return text.ptr[at] == '"' && last < text.len ? last + 1 : 0;
}

/* The same of a number. */
static inline size_t csn_plain_number(csn_span text, size_t at, uint64_t *number) {
  size_t start = at;
  uint64_t value = 0, word;
  if (text.len - at >= sizeof word) {
    memcpy(&word, text.ptr + at, sizeof word);
    if (csn_plain_eight_digits(le64toh(word), &value)) at += sizeof word;
  }
  for (uint8_t c; (c = (uint8_t)(text.ptr[at] - '0')) <= 9; at++) value = value * 10 + c;
  *number = value; /* of too many digits it is any */
  size_t digits = at - start;
  bool is_number = digits - 1 < CSN_PLAIN_DIGITS_MAX && (text.ptr[start] != '0' || digits == 1);
  return is_number ? at : 0;
}

/* The same of true, false and null. */
static inline size_t csn_plain_literal(csn_span text, size_t at, csn_json_type *type) {
  static const csn_span literals[] = {
      [CSN_JSON_NULL] = CSN_SPAN_LITERAL("null"),
      [CSN_JSON_FALSE] = CSN_SPAN_LITERAL("false"),
      [CSN_JSON_TRUE] = CSN_SPAN_LITERAL("true"),
  };
  *type = text.ptr[at] == 't' ? CSN_JSON_TRUE : text.ptr[at] == 'f' ? CSN_JSON_FALSE : CSN_JSON_NULL;
  size_t len = literals[*type].len;
  bool is_literal = text.len - at > len && memcmp(text.ptr + at, literals[*type].ptr, len) == 0;
  return is_literal ? at + len : 0;
}

/* The value at `at`, which is no array. Returns the place behind it; 0 where it is not plain. */
static inline size_t csn_plain_scalar(csn_span text, const uint64_t *quotes, size_t at, csn_plain_member *out) {
  if (text.ptr[at] == '"') {
    out->type = CSN_JSON_STRING;
    return csn_plain_string(text, quotes, at, &out->value);
  }
  bool is_number = (uint8_t)(text.ptr[at] - '0') <= 9;
  if (is_number) out->type = CSN_JSON_NUMBER;
  return is_number ? csn_plain_number(text, at, &out->number) : csn_plain_literal(text, at, &out->type);
}

/* The same of an array, at its bracket. */
size_t csn_plain_array(csn_span text, const uint64_t *quotes, size_t at, csn_plain_items *out) CSN_WARN_UNUSED;

/* Goes on behind a value, to the next member or to the end. False where neither is there. */
static inline CSN_WARN_UNUSED bool csn_plain_step(csn_plain *plain, size_t behind) {
  uint8_t c = plain->text.ptr[behind];
  plain->pos = behind + 1;
  return c == ',' || (c == '}' && csn_plain_done(plain));
}

/* Where the value stands of a member for which csn_plain_letters() gave letters. */
static inline size_t csn_plain_value(const csn_plain *plain) {
  return plain->pos + 6;
}

/* The next member, where the walk is not done. False where what stands there is not plain. */
static inline CSN_WARN_UNUSED bool csn_plain_next(csn_plain *plain, csn_plain_items *items, csn_plain_member *out) {
  csn_span text = plain->text;
  size_t value = csn_plain_string(text, plain->quotes, plain->pos, &out->name) + 1;
  if (value == 1 || value == text.len || text.ptr[value - 1] != ':') return false;
  out->value = csn_span_of(NULL, 0);
  out->number = 0;
  size_t at = csn_plain_scalar(text, plain->quotes, value, out);
  if (at == 0 && text.ptr[value] == '[') {
    out->type = CSN_JSON_ARRAY;
    at = csn_plain_array(text, plain->quotes, value, items);
  }
  return at != 0 && csn_plain_step(plain, at);
}

#endif
