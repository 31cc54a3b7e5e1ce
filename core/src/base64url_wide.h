/* Base64url, sixteen characters at a time, in the vectors of GNU C: comparisons give masks, and no compiler makes
 * branches of them. Where the first character is not in the lowest byte nothing is decoded here. */
#ifndef CSN_BASE64URL_WIDE_H
#define CSN_BASE64URL_WIDE_H

#include "ct.h"

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
  return x + ((upper & (uint8_t)(0 - 'A')) | (lower & (uint8_t)(26 - 'a')) | (digit & (uint8_t)(52 - '0')) |
              (dash & (uint8_t)(62 - '-')) | (underscore & (uint8_t)(63 - '_')));
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* Decodes sixteen characters to twelve bytes. */
static inline void csn_wide_decode(const uint8_t *text, uint8_t *out, csn_wide_8 *wrong) {
  csn_wide_8 x;
  memcpy(&x, text, sizeof x);
  csn_wide_16 pairs = (csn_wide_16)csn_wide_values(x, wrong);
  csn_wide_32 fours = (csn_wide_32)((pairs & 0xff) << 6 | pairs >> 8);
  csn_wide_64 eights = (csn_wide_64)((fours & 0xffff) << 12 | fours >> 16);
  eights = (eights & 0xffffffff) << 40 | eights >> 32 << 16;
  uint64_t first = __builtin_bswap64(eights[0]), second = __builtin_bswap64(eights[1]); /* six bytes in each */
  first |= second << 48;
  second >>= 16;
  memcpy(out, &first, 8);
  memcpy(out + 8, &second, 4);
}

/* Decodes all of `text`; in `bad` a bit is set where a character is none of the alphabet, or a trailing bit is not
 * zero. The last characters, fewer than sixteen, are filled up with zeros: what then lies behind their whole bytes must
 * be zero. Returns how many characters that were. `out` may be NULL to check only. */
static inline size_t csn_base64url_wide(csn_span text, uint8_t *out, uint64_t *bad) {
  uint8_t bytes[CSN_WIDE_BYTES], *at = out == NULL ? bytes : out;
  size_t done = 0, step = out == NULL ? 0 : CSN_WIDE_BYTES;
  csn_wide_8 wrong = {0};
  for (; text.len - done >= CSN_WIDE_CHARS; done += CSN_WIDE_CHARS, at += step) {
    csn_wide_decode(text.ptr + done, at, &wrong);
  }
  if (done < text.len) {
    uint8_t block[CSN_WIDE_CHARS];
    size_t left = text.len - done, whole = left * 6 / 8;
    memset(block, 'A', sizeof block);
    memcpy(block, text.ptr + done, left);
    csn_wide_decode(block, bytes, &wrong);
    for (size_t i = whole; i < sizeof bytes; i++) *bad |= bytes[i];
    if (out != NULL) memcpy(at, bytes, whole);
    csn_wipe(block, sizeof block);
    csn_wipe(bytes, sizeof bytes);
  }
  csn_wide_64 lanes = (csn_wide_64)wrong;
  *bad |= lanes[0] | lanes[1];
  return text.len;
}

#else

static inline size_t csn_base64url_wide(csn_span text, uint8_t *out, uint64_t *bad) {
  (void)text, (void)out, (void)bad;
  return 0;
}

#endif

#endif
