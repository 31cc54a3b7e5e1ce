/* Text encodings, strict: one text for one value. */
#ifndef CSN_ENCODING_H
#define CSN_ENCODING_H

#include <countersign/span.h>

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

/* Decodes hex digits of either case; the length must be even. `out` has room for text.len / 2 bytes. CT as above. */
bool csn_hex_decode(csn_span text, uint8_t *out, size_t *offset) CSN_WARN_UNUSED;

/* Writes 2 * bytes.len lower-case digits, no NUL. CT as above. */
void csn_hex_encode(csn_span bytes, char *out);

#endif
