/* JSON strings (RFC 8259 section 7): checking them, and comparing and copying what they say once their escapes are
 * decoded. A "raw" string is what stands between the quotation marks of a string that was checked. */
#ifndef CSN_JSON_STRING_H
#define CSN_JSON_STRING_H

#include <endian.h>

#include "cursor.h"

/* What a string may hold that is a character by itself. */
static inline bool csn_json_is_plain(uint8_t c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

enum { CSN_JSON_LANES = 8 }; /* bytes of a word */

#define CSN_JSON_LANES_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Marks bytes below `low` by their high bit. Where none of the lower ones is marked, a byte is marked if and only if it
 * is below: a subtraction takes from the byte above only where a byte is too small. So the lowest mark is right. */
static inline uint64_t csn_json_lanes_below(uint64_t word, uint8_t low) {
  return (word - CSN_JSON_LANES_OF(low)) & ~word & CSN_JSON_LANES_OF(0x80);
}

/* How many of a word's bytes, the first one lowest, come before the first that is not plain. */
static inline size_t csn_json_plain_lanes(uint64_t word) {
  uint64_t other = (word & CSN_JSON_LANES_OF(0x80)) | csn_json_lanes_below(word, 0x20) |
                   csn_json_lanes_below(word ^ CSN_JSON_LANES_OF('"'), 1) |
                   csn_json_lanes_below(word ^ CSN_JSON_LANES_OF('\\'), 1);
  return other == 0 ? CSN_JSON_LANES : (size_t)__builtin_ctzll(other) / 8;
}

/* The first byte from `pos` on that is not plain, or the end. */
static inline const uint8_t *csn_json_plain_end(const uint8_t *pos, const uint8_t *end) {
  for (; end - pos >= CSN_JSON_LANES; pos += CSN_JSON_LANES) {
    uint64_t word;
    memcpy(&word, pos, sizeof word);
    size_t plain = csn_json_plain_lanes(le64toh(word));
    if (plain < CSN_JSON_LANES) return pos + plain;
  }
  while (pos != end && csn_json_is_plain(*pos)) pos++;
  return pos;
}

/* From a byte that is not plain, or the end, to the quotation mark. */
bool csn_json_string_skip_rest(csn_cursor *cursor, bool allow_nul, bool *escaped) CSN_WARN_UNUSED;

/* Moves the cursor, which stands at a quotation mark, behind the string. On false the cursor is at the first byte that
 * is wrong: of a malformed UTF-8 sequence, a lone surrogate or an escaped U+0000 that is not allowed, where it begins.
 */
static inline CSN_WARN_UNUSED bool csn_json_string_skip(csn_cursor *cursor, bool allow_nul, csn_span *raw,
                                                        bool *escaped) {
  *escaped = false;
  if (!csn_cursor_skip_byte(cursor, '"')) return false;
  const uint8_t *start = cursor->pos;
  cursor->pos = csn_json_plain_end(start, cursor->end);
  if (csn_cursor_peek(cursor) != '"' && !csn_json_string_skip_rest(cursor, allow_nul, escaped)) return false;
  *raw = csn_span_of(start, (size_t)(cursor->pos - start));
  cursor->pos++;
  return true;
}

/* Whether two raw strings are the same once decoded. */
bool csn_json_string_same_decoded(csn_span a, bool a_escaped, csn_span b, bool b_escaped) CSN_WARN_UNUSED;
static inline bool csn_json_string_same(csn_span a, bool a_escaped, csn_span b, bool b_escaped) {
  return a_escaped || b_escaped ? csn_json_string_same_decoded(a, a_escaped, b, b_escaped) : csn_span_equal(a, b);
}

/* Decodes a raw string as UTF-8 into `out`, which has room for `size` bytes. False where it does not fit. */
bool csn_json_string_decode(csn_span raw, bool escaped, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED;

#endif
