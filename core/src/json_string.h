/* JSON strings (RFC 8259 section 7): checking them, and comparing and copying what they say once their escapes are
 * decoded. A "raw" string is what stands between the quotation marks of a string that was checked. */
#ifndef CSN_JSON_STRING_H
#define CSN_JSON_STRING_H

#include "cursor.h"

/* Moves the cursor, which stands at a quotation mark, behind the string. On false the cursor is at the first byte that
 * is wrong: of a malformed UTF-8 sequence, a lone surrogate or an escaped U+0000 that is not allowed, where it begins.
 */
bool csn_json_string_skip(csn_cursor *cursor, bool allow_nul, csn_span *raw, bool *escaped) CSN_WARN_UNUSED;

/* Whether two raw strings are the same once decoded. */
bool csn_json_string_same_decoded(csn_span a, bool a_escaped, csn_span b, bool b_escaped) CSN_WARN_UNUSED;
static inline bool csn_json_string_same(csn_span a, bool a_escaped, csn_span b, bool b_escaped) {
  return a_escaped || b_escaped ? csn_json_string_same_decoded(a, a_escaped, b, b_escaped) : csn_span_equal(a, b);
}

/* Decodes a raw string as UTF-8 into `out`, which has room for `size` bytes. False where it does not fit. */
bool csn_json_string_decode(csn_span raw, bool escaped, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED;

#endif
