/* Text encodings, strict: one text for one value. */
#ifndef CSN_ENCODING_H
#define CSN_ENCODING_H

#include <countersign/span.h>

#include "ct.h"

/* Bytes that `len` characters of unpadded base64url decode to, and the reverse. */
static inline size_t csn_base64url_decoded_len(size_t len) {
  return len / 4 * 3 + len % 4 * 3 / 4;
}
static inline size_t csn_base64url_encoded_len(size_t len) {
  return len / 3 * 4 + (len % 3 * 4 + 2) / 3;
}

/* Decodes unpadded base64url (RFC 4648 section 5, RFC 7515 appendix C). Illegal characters, padding, white space, an
 * impossible length and trailing bits that are not zero are refused; then `*offset` is the first character that is
 * wrong. `out` has room for csn_base64url_decoded_len(text.len) bytes and may be NULL to check only. CT: the characters
 * of a text that is accepted do not leak; its length does, and so does where a refused text is wrong. */
bool csn_base64url_decode(csn_span text, uint8_t *out, size_t *offset) CSN_WARN_UNUSED;

/* Writes csn_base64url_encoded_len(bytes.len) characters, no NUL. CT: the bytes do not leak; their number does. */
void csn_base64url_encode(csn_span bytes, char *out);

/* The same for padded base64 (RFC 4648 section 4): '+', '/', and as many '=' as make the length a multiple of four.
 * `out` has room for text.len / 4 * 3 bytes. */
bool csn_base64_decode(csn_span text, uint8_t *out, size_t *offset) CSN_WARN_UNUSED;

/* Whether it ends in padding, which is public: it says no more than the length of what was encoded. */
static inline bool csn_base64_is_padded(csn_span text) {
  bool padded = text.len > 0 && csn_ct_is_zero(text.ptr[text.len - 1] ^ (uint32_t)'=') != 0;
  CSN_CT_PUBLIC(&padded, sizeof padded);
  return padded;
}

/* Without the one or two '=' that make its length a multiple of four; of another length, as it is. */
static inline csn_span csn_base64_unpadded(csn_span text) {
  if (text.len % 4 != 0) return text;
  for (size_t i = 0; i < 2 && csn_base64_is_padded(text); i++) text.len--;
  return text;
}

/* The bytes that such a text decodes to. */
static inline size_t csn_base64_decoded_len(csn_span text) {
  size_t len = text.len / 4 * 3;
  for (size_t i = 1; i <= 2 && i <= len && csn_base64_is_padded(text); i++, text.len--) len--;
  return len;
}

/* Characters that `len` bytes of it take, and writing them, no NUL. CT as above. */
static inline size_t csn_base64_encoded_len(size_t len) {
  return (len + 2) / 3 * 4;
}
void csn_base64_encode(csn_span bytes, char *out);

/* Decodes hex digits of either case; the length must be even. `out` has room for text.len / 2 bytes. CT as above. */
bool csn_hex_decode(csn_span text, uint8_t *out, size_t *offset) CSN_WARN_UNUSED;

static inline size_t csn_hex_encoded_len(size_t len) {
  return 2 * len;
}

/* Writes 2 * bytes.len lower-case digits, no NUL. CT as above. */
void csn_hex_encode(csn_span bytes, char *out);

#endif
