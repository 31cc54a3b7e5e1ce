/* Hex digits, sixteen at a time. Where the first character is not in the lowest byte nothing is decoded here. */
#ifndef CSN_HEX_WIDE_H
#define CSN_HEX_WIDE_H

#include "bytes16.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

typedef uint16_t csn_hex_pairs __attribute__((vector_size(CSN_LANES)));
typedef uint8_t csn_hex_bytes __attribute__((vector_size(CSN_LANES / 2)));

/* Eight bytes, each behind one that has no meaning; in `digits` a lane loses its ones where there is no digit. */
static inline csn_bytes16 csn_hex_eight(const uint8_t *text, csn_bytes16 *digits) {
  csn_bytes16 x = csn_bytes16_load(text), letter = csn_bytes16_in(x | 0x20, 'a', 'f');
  *digits &= letter | csn_bytes16_in(x, '0', '9');
  csn_hex_pairs pairs = (csn_hex_pairs)((x & 0x0f) + (letter & 9));
  return (csn_bytes16)(pairs << 12 | pairs);
}

/* Decodes the first characters of `text`, all but the last 31 at most, and returns how many; in `bad` a bit is set
 * where one of them is no digit. CT: the characters do not leak; their number does. */
static inline size_t csn_hex_wide(csn_span text, uint8_t *out, uint64_t *bad) {
  csn_bytes16 digits = ~(csn_bytes16){0};
  size_t done = 0;
  for (; text.len - done >= 2 * CSN_LANES; done += 2 * CSN_LANES) {
    csn_bytes16 first = csn_hex_eight(text.ptr + done, &digits);
    csn_bytes16 second = csn_hex_eight(text.ptr + done + CSN_LANES, &digits);
    csn_bytes16 bytes =
        __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    memcpy(out + done / 2, &bytes, sizeof bytes);
  }
  *bad |= csn_bytes16_any(~digits);
  return done;
}

/* Encodes the first bytes, all but the last seven at most, and returns how many. CT as above. */
static inline size_t csn_hex_wide_encode(csn_span bytes, char *out) {
  size_t done = 0;
  for (; bytes.len - done >= CSN_LANES / 2; done += CSN_LANES / 2) {
    csn_hex_bytes x;
    memcpy(&x, bytes.ptr + done, sizeof x);
    csn_hex_pairs pairs = __builtin_convertvector(x, csn_hex_pairs);
    csn_bytes16 digits = (csn_bytes16)(pairs >> 4 | (pairs & 0x0f) << 8);
    digits += '0' + ((csn_bytes16)(digits > 9) & ('a' - '0' - 10));
    memcpy(out + 2 * done, &digits, sizeof digits);
  }
  return done;
}

#else

static inline size_t csn_hex_wide_encode(csn_span bytes, char *out) {
  (void)bytes, (void)out;
  return 0;
}

static inline size_t csn_hex_wide(csn_span text, uint8_t *out, uint64_t *bad) {
  (void)text, (void)out, (void)bad;
  return 0;
}

#endif

#endif
