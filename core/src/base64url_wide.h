/* Base64url, sixteen characters at a time, in the vectors of GNU C: comparisons give masks, and no compiler makes
 * branches of them. Where the first character is not in the lowest byte nothing is decoded here. */
#ifndef CSN_BASE64URL_WIDE_H
#define CSN_BASE64URL_WIDE_H

#include <countersign/span.h>

enum { CSN_WIDE_CHARS = 16, CSN_WIDE_BYTES = 12 };

typedef uint8_t csn_wide_8 __attribute__((vector_size(16)));
typedef uint16_t csn_wide_16 __attribute__((vector_size(16)));
typedef uint32_t csn_wide_32 __attribute__((vector_size(16)));
typedef uint64_t csn_wide_64 __attribute__((vector_size(16)));

static inline csn_wide_8 csn_wide_in(csn_wide_8 x, uint8_t low, uint8_t high) {
  return (csn_wide_8)(x - low <= (csn_wide_8){0} + (uint8_t)(high - low));
}

/* Six bits in each lane; in `bad` a lane becomes non-zero where its character is none of the alphabet. */
static inline csn_wide_8 csn_wide_values(csn_wide_8 x, csn_wide_8 *bad) {
  csn_wide_8 upper = csn_wide_in(x, 'A', 'Z'), lower = csn_wide_in(x, 'a', 'z'), digit = csn_wide_in(x, '0', '9');
  csn_wide_8 dash = csn_wide_in(x, '-', '-'), underscore = csn_wide_in(x, '_', '_');
  *bad |= ~(upper | lower | digit | dash | underscore);
  return (upper & (x - 'A')) | (lower & (x - ('a' - 26))) | (digit & (x + (52 - '0'))) | (dash & 62) |
         (underscore & 63);
}

/* The whole blocks at the start of `text`; returns how many characters they are. `out` may be NULL to check only. */
static inline size_t csn_base64url_blocks(csn_span text, uint8_t *out, uint64_t *bad) {
  size_t done = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  csn_wide_8 wrong = {0};
  for (; text.len - done >= CSN_WIDE_CHARS; done += CSN_WIDE_CHARS) {
    csn_wide_8 x;
    memcpy(&x, text.ptr + done, sizeof x);
    csn_wide_16 pairs = (csn_wide_16)csn_wide_values(x, &wrong);
    csn_wide_32 fours = (csn_wide_32)((pairs & 0xff) << 6 | pairs >> 8);
    csn_wide_64 eights = (csn_wide_64)((fours & 0xffff) << 12 | fours >> 16);
    eights = (eights & 0xffffffff) << 40 | eights >> 32 << 16;
    for (size_t half = 0; out != NULL && half < 2; half++, out += CSN_WIDE_BYTES / 2) {
      uint64_t bytes = __builtin_bswap64(eights[half]);
      memcpy(out, &bytes, CSN_WIDE_BYTES / 2);
    }
  }
  csn_wide_64 lanes = (csn_wide_64)wrong;
  *bad |= lanes[0] | lanes[1];
#else
  (void)text, (void)out, (void)bad;
#endif
  return done;
}

#endif
