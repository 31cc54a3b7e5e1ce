/* The sets of charset.h, sixteen bytes at a time: for who looks at many spans at once. */
#ifndef CSN_CHARSET_WIDE_H
#define CSN_CHARSET_WIDE_H

#include "bytes16.h"

/* ---- not 0 in each lane that is of the set ---- */

static inline csn_bytes16 csn_wide_letters(csn_bytes16 x) {
  return csn_bytes16_in(x | 0x20, 'a', 'z');
}

/* Of a token the usual ones: field names (RFC 9110 section 16.3.1). */
static inline csn_bytes16 csn_wide_plain(csn_bytes16 x) {
  return csn_wide_letters(x) | csn_bytes16_in(x, '0', '9') | csn_bytes16_is(x, '-') | csn_bytes16_is(x, '_');
}

static inline csn_bytes16 csn_wide_nonce(csn_bytes16 x) {
  return csn_wide_letters(x) | csn_bytes16_in(x, '-', '9') | csn_bytes16_is(x, '_') | csn_bytes16_is(x, '~') |
         csn_bytes16_is(x, '+') | csn_bytes16_is(x, '=');
}
_Static_assert('.' == '-' + 1 && '/' == '-' + 2 && '0' == '-' + 3, "minus, full stop, slash and the digits in one run");

static inline csn_bytes16 csn_wide_client_id(csn_bytes16 x) {
  csn_bytes16 excluded = csn_bytes16_is(x, '|') | csn_bytes16_is(x, '&') | csn_bytes16_is(x, ',') |
                         csn_bytes16_is(x, '"') | csn_bytes16_is(x, '\\');
  return csn_bytes16_in(x, '!', '~') & ~excluded;
}

/* Of a target, and of a value, the usual ones: those of ASCII, and no tab. */
static inline csn_bytes16 csn_wide_visible(csn_bytes16 x) {
  return csn_bytes16_in(x, '!', '~');
}
static inline csn_bytes16 csn_wide_printable(csn_bytes16 x) {
  return csn_bytes16_in(x, ' ', '~');
}

static inline csn_bytes16 csn_wide_target(csn_bytes16 x) {
  return ~(csn_bytes16_in(x, 0, ' ') | csn_bytes16_is(x, 0x7f));
}

static inline csn_bytes16 csn_wide_value(csn_bytes16 x) {
  return ~(csn_bytes16_in(x, 0, ' ' - 1) | csn_bytes16_is(x, 0x7f)) | csn_bytes16_is(x, '\t');
}

/* ---- spans ---- */

/* All ones in a lane where every byte is of the set. With the set known, this is straight code. */
static inline __attribute__((always_inline)) csn_bytes16 csn_wide_members(csn_span bytes,
                                                                          csn_bytes16 (*of_set)(csn_bytes16)) {
  const uint8_t *p = bytes.ptr;
  if (bytes.len == 0) return ~(csn_bytes16){0};
  if (bytes.len < CSN_LANES) return of_set(csn_bytes16_load_few(p, bytes.len));
  const uint8_t *last = p + bytes.len - CSN_LANES;
  csn_bytes16 members = of_set(csn_bytes16_load(last));
  for (; p < last; p += CSN_LANES) members &= of_set(csn_bytes16_load(p));
  return members;
}

#endif
