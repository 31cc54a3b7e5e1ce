/* Each set is there twice: for one byte, and for sixteen. What is all of the set, as nearly always, is seen sixteen
 * bytes at a time; otherwise one by one, for the offset. */
#include "charset.h"

#include "charset_wide.h"

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

/* With the set known, this is straight code. */
static inline __attribute__((always_inline)) size_t prefix(csn_span bytes, csn_bytes16 (*of_set)(csn_bytes16),
                                                           bool (*in_set)(uint8_t)) {
  if (__builtin_expect(csn_bytes16_any(~csn_wide_members(bytes, of_set)) == 0, true)) return bytes.len;
  size_t i = 0;
  while (i < bytes.len && in_set(bytes.ptr[i])) i++;
  return i;
}

size_t csn_token_prefix(csn_span bytes) {
  return prefix(bytes, csn_wide_plain, csn_is_token_char);
}
size_t csn_nonce_prefix(csn_span bytes) {
  return prefix(bytes, csn_wide_nonce, csn_is_nonce_byte);
}
size_t csn_client_id_prefix(csn_span bytes) {
  return prefix(bytes, csn_wide_client_id, csn_is_client_id_byte);
}
size_t csn_target_prefix(csn_span bytes) {
  return prefix(bytes, csn_wide_target, is_target_byte);
}
size_t csn_value_prefix(csn_span bytes) {
  return prefix(bytes, csn_wide_value, is_value_byte);
}
