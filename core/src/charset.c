/* Each set is there twice: for one byte, and for sixteen. What is all of the set, as nearly always, is seen sixteen
 * bytes at a time; otherwise one by one, for the offset. */
#include "charset.h"

#include "bytes16.h"

static bool is_alphanumeric(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_one_of(uint8_t byte, const char *set) {
  return byte != 0 && strchr(set, byte) != NULL;
}

bool csn_is_token_char(uint8_t byte) {
  return is_alphanumeric(byte) || is_one_of(byte, "!#$%&'*+-.^_`|~");
}

bool csn_is_nonce_byte(uint8_t byte) {
  return is_alphanumeric(byte) || is_one_of(byte, "-._~+/=");
}

bool csn_is_client_id_byte(uint8_t byte) {
  return byte > ' ' && byte < 0x7f && !is_one_of(byte, "|&,\"\\");
}

static bool is_target_byte(uint8_t byte) {
  return byte > ' ' && byte != 0x7f;
}
static bool is_value_byte(uint8_t byte) {
  return (byte >= ' ' && byte != 0x7f) || byte == '\t';
}

/* ---- sixteen bytes: not 0 in each lane that is of the set ---- */

static inline csn_bytes16 letters(csn_bytes16 x) {
  return csn_bytes16_in(x | 0x20, 'a', 'z');
}

/* Of a token the usual ones: field names (RFC 9110 section 16.3.1). */
static inline csn_bytes16 plain_bytes(csn_bytes16 x) {
  return letters(x) | csn_bytes16_in(x, '0', '9') | csn_bytes16_is(x, '-') | csn_bytes16_is(x, '_');
}

static inline csn_bytes16 nonce_bytes(csn_bytes16 x) {
  return letters(x) | csn_bytes16_in(x, '-', '9') | csn_bytes16_is(x, '_') | csn_bytes16_is(x, '~') |
         csn_bytes16_is(x, '+') | csn_bytes16_is(x, '=');
}
_Static_assert('.' == '-' + 1 && '/' == '-' + 2 && '0' == '-' + 3, "minus, full stop, slash and the digits in one run");

static inline csn_bytes16 client_id_bytes(csn_bytes16 x) {
  csn_bytes16 excluded = csn_bytes16_is(x, '|') | csn_bytes16_is(x, '&') | csn_bytes16_is(x, ',') |
                         csn_bytes16_is(x, '"') | csn_bytes16_is(x, '\\');
  return csn_bytes16_in(x, '!', '~') & ~excluded;
}

static inline csn_bytes16 target_bytes(csn_bytes16 x) {
  return ~(csn_bytes16_in(x, 0, ' ') | csn_bytes16_is(x, 0x7f));
}

static inline csn_bytes16 value_bytes(csn_bytes16 x) {
  return ~(csn_bytes16_in(x, 0, ' ' - 1) | csn_bytes16_is(x, 0x7f)) | csn_bytes16_is(x, '\t');
}

/* ---- spans ---- */

/* With the set known, this is straight code. */
static inline __attribute__((always_inline)) size_t prefix(csn_span bytes, csn_bytes16 (*of_set)(csn_bytes16),
                                                           bool (*in_set)(uint8_t)) {
  const uint8_t *p = bytes.ptr;
  csn_bytes16 strange;
  if (bytes.len == 0) return 0;
  if (bytes.len < CSN_LANES) {
    strange = ~of_set(csn_bytes16_load_few(p, bytes.len));
  } else {
    const uint8_t *last = p + bytes.len - CSN_LANES;
    strange = ~of_set(csn_bytes16_load(last));
    for (; p < last; p += CSN_LANES) strange |= ~of_set(csn_bytes16_load(p));
  }
  if (__builtin_expect(csn_bytes16_any(strange) == 0, true)) return bytes.len;
  size_t i = 0;
  while (i < bytes.len && in_set(bytes.ptr[i])) i++;
  return i;
}

size_t csn_token_prefix(csn_span bytes) {
  return prefix(bytes, plain_bytes, csn_is_token_char);
}
size_t csn_nonce_prefix(csn_span bytes) {
  return prefix(bytes, nonce_bytes, csn_is_nonce_byte);
}
size_t csn_client_id_prefix(csn_span bytes) {
  return prefix(bytes, client_id_bytes, csn_is_client_id_byte);
}
size_t csn_target_prefix(csn_span bytes) {
  return prefix(bytes, target_bytes, is_target_byte);
}
size_t csn_value_prefix(csn_span bytes) {
  return prefix(bytes, value_bytes, is_value_byte);
}
