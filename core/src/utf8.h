/* UTF-8 as it must be. */
#ifndef CSN_UTF8_H
#define CSN_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Well-formed UTF-8 by the first byte (Unicode table 3-7): `second` bounds the byte in which overlong forms, surrogates
 * and what is above U+10FFFF differ from the rest; the bytes behind it are 80 to bf. */
typedef struct csn_utf8_row {
  uint8_t first_low, first_high, second_low, second_high, len;
} csn_utf8_row;

static const csn_utf8_row csn_utf8_rows[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* NULL for a byte that begins no character beyond ASCII. */
static inline const csn_utf8_row *csn_utf8_row_of(uint8_t first) {
  for (size_t i = 0; i < sizeof csn_utf8_rows / sizeof csn_utf8_rows[0]; i++) {
    if (first >= csn_utf8_rows[i].first_low && first <= csn_utf8_rows[i].first_high) return &csn_utf8_rows[i];
  }
  return NULL;
}

#endif
