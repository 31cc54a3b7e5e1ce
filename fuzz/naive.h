/* An independent judge: what a right answer looks like, said in the plainest way, from OpenSSL's own HMAC() and nothing
 * of the library. It is slow, looks only at what was accepted, and trusts that this is well-formed JSON. */
#ifndef CSN_FUZZ_NAIVE_H
#define CSN_FUZZ_NAIVE_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fuzz.h"

static const char NAIVE_BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The number of characters; `out` has room for 4 / 3 of the bytes and three more. */
static inline size_t naive_base64url_encode(csn_span bytes, uint8_t *out) {
  size_t len = 0;
  unsigned bits = 0, held = 0;
  for (size_t i = 0; i < bytes.len; i++) {
    bits = (bits << 8 | bytes.ptr[i]) & 0xffff;
    for (held += 8; held >= 6; held -= 6) out[len++] = (uint8_t)NAIVE_BASE64URL[bits >> (held - 6) & 63];
  }
  if (held > 0) out[len++] = (uint8_t)NAIVE_BASE64URL[bits << (6 - held) & 63];
  return len;
}

/* False for a character that is not of the alphabet. What is decoded must encode to the same text again: that is what
 * makes it strict. */
static inline bool naive_base64url_decode(csn_span text, uint8_t *out, size_t *len) {
  unsigned bits = 0, held = 0;
  *len = 0;
  for (size_t i = 0; i < text.len; i++) {
    const char *at = text.ptr[i] == 0 ? NULL : strchr(NAIVE_BASE64URL, text.ptr[i]);
    if (at == NULL) return false;
    bits = (bits << 6 | (unsigned)(at - NAIVE_BASE64URL)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[(*len)++] = (uint8_t)(bits >> held & 0xff);
    }
  }
  return held < 6 && (bits & ((1u << held) - 1)) == 0;
}

static inline void naive_hmac(size_t key, csn_span message, uint8_t mac[32]) {
  static const uint8_t nothing[1];
  unsigned len = 0;
  const char *secret = FUZZ_KEYS[key].secret;
  const uint8_t *bytes = message.len == 0 ? nothing : message.ptr;
  FUZZ_CHECK(HMAC(EVP_sha256(), secret, (int)strlen(secret), bytes, message.len, mac, &len) != NULL && len == 32);
}

/* Cuts a token at its dots; false where there are not exactly two, or where the header or the signature is empty. */
static inline bool naive_segments(csn_span token, csn_span out[3]) {
  size_t start = 0, count = 0;
  for (size_t i = 0; i <= token.len; i++) {
    if (i < token.len && token.ptr[i] != '.') continue;
    if (count == 3 || (i == start && count != 1)) return false;
    out[count++] = csn_span_of(token.ptr + start, i - start);
    start = i + 1;
  }
  return count == 3;
}

static inline unsigned naive_hex4(const uint8_t *at) {
  char text[5] = {(char)at[0], (char)at[1], (char)at[2], (char)at[3], 0};
  return (unsigned)strtoul(text, NULL, 16);
}

static inline size_t naive_utf8(unsigned code, uint8_t *out) {
  if (code < 0x80) return out[0] = (uint8_t)code, 1;
  if (code < 0x800) return out[0] = (uint8_t)(0xc0 | code >> 6), out[1] = (uint8_t)(0x80 | (code & 63)), 2;
  if (code < 0x10000) {
    out[0] = (uint8_t)(0xe0 | code >> 12), out[1] = (uint8_t)(0x80 | (code >> 6 & 63));
    return out[2] = (uint8_t)(0x80 | (code & 63)), 3;
  }
  out[0] = (uint8_t)(0xf0 | code >> 18), out[1] = (uint8_t)(0x80 | (code >> 12 & 63));
  return out[2] = (uint8_t)(0x80 | (code >> 6 & 63)), out[3] = (uint8_t)(0x80 | (code & 63)), 4;
}

/* Decodes a JSON string without its quotation marks. `out` has room for raw.len bytes. */
static inline size_t naive_unescape(csn_span raw, uint8_t *out) {
  static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
  size_t len = 0;
  for (size_t i = 0; i < raw.len; i++) {
    if (raw.ptr[i] != '\\' || i + 1 == raw.len) {
      out[len++] = raw.ptr[i];
      continue;
    }
    uint8_t escape = raw.ptr[++i];
    const char *at = strchr(from, escape);
    if (escape != 'u' || raw.len - i < 5) {
      out[len++] = escape != 0 && at != NULL ? (uint8_t)to[at - from] : escape;
      continue;
    }
    unsigned code = naive_hex4(raw.ptr + i + 1);
    i += 4;
    if (code >= 0xd800 && code < 0xdc00 && raw.len - i > 6) {
      code = 0x10000 + ((code - 0xd800) << 10) + (naive_hex4(raw.ptr + i + 3) - 0xdc00);
      i += 6;
    }
    len += naive_utf8(code, out + len);
  }
  return len;
}

/* The index behind the string whose opening quotation mark is at `at`. */
static inline size_t naive_string_end(csn_span text, size_t at) {
  for (at++; at < text.len && text.ptr[at] != '"'; at++) {
    if (text.ptr[at] == '\\') at++;
  }
  return at < text.len ? at + 1 : text.len;
}

static inline size_t naive_skip_space(csn_span text, size_t at) {
  while (at < text.len && strchr(" \t\r\n", text.ptr[at]) != NULL && text.ptr[at] != 0) at++;
  return at;
}

/* The index behind the value at `at`: the comma or bracket that ends it. */
static inline size_t naive_value_end(csn_span text, size_t at) {
  for (int depth = 0; at < text.len; at++) {
    uint8_t byte = text.ptr[at];
    if (byte == '"') at = naive_string_end(text, at) - 1;
    if (byte == '{' || byte == '[') depth++;
    if (depth == 0 && (byte == ',' || byte == '}' || byte == ']')) return at;
    if (byte == '}' || byte == ']') depth--;
  }
  return at;
}

static inline bool naive_string_is(csn_span value, csn_span wanted) {
  static uint8_t decoded[FUZZ_TOKEN_MAX];
  if (value.len < 2 || value.len > sizeof decoded || value.ptr[0] != '"') return false;
  size_t len = naive_unescape(csn_span_of(value.ptr + 1, value.len - 2), decoded);
  return csn_span_equal(csn_span_of(decoded, len), wanted);
}

/* How often the outermost object has a member of this name; `value` gets the last one's text. */
static inline size_t naive_member(csn_span text, const char *name, csn_span *value) {
  size_t count = 0, at = naive_skip_space(text, 0);
  if (at >= text.len || text.ptr[at] != '{') return 0;
  while (at < text.len && text.ptr[at] != '}') {
    size_t start = naive_skip_space(text, at + 1);
    if (start >= text.len || text.ptr[start] != '"') return count;
    size_t end = naive_string_end(text, start);
    at = naive_skip_space(text, naive_skip_space(text, end) + 1);
    size_t value_end = naive_value_end(text, at);
    if (naive_string_is(csn_span_of(text.ptr + start, end - start), csn_span_str(name))) {
      size_t trimmed = value_end;
      while (trimmed > at && strchr(" \t\r\n", text.ptr[trimmed - 1]) != NULL) trimmed--;
      *value = csn_span_of(text.ptr + at, trimmed - at);
      count++;
    }
    at = value_end;
  }
  return count;
}

/* The decoded parts of a token. */
typedef struct naive_token {
  csn_span header, claims;
  uint8_t header_bytes[FUZZ_TOKEN_MAX], claims_bytes[FUZZ_TOKEN_MAX], mac[FUZZ_TOKEN_MAX];
} naive_token;

/* Whether the header asks for exactly HS256, has no critical extension and names no other key than this one. */
static inline bool naive_header_fits(csn_span header, size_t key) {
  csn_span value = {0};
  if (naive_member(header, "alg", &value) != 1) return false;
  if (!naive_string_is(value, csn_span_str("HS256"))) return false;
  if (naive_member(header, "crit", &value) != 0) return false;
  if (naive_member(header, "b64", &value) != 0 && !csn_span_equal(value, csn_span_str("true"))) return false;
  if (FUZZ_KEYS[key].key_id[0] == 0 || naive_member(header, "kid", &value) == 0) return true;
  return naive_string_is(value, csn_span_str(FUZZ_KEYS[key].key_id));
}

/* The key of the ring that signed this token, which is valid in every respect but its claims; -1 where none did. */
static inline int naive_token_key(naive_token *out, csn_span token, unsigned ring, int64_t now) {
  csn_span segments[3];
  size_t header_len, claims_len, mac_len;
  if (token.len > FUZZ_TOKEN_MAX || !naive_segments(token, segments)) return -1;
  if (!naive_base64url_decode(segments[0], out->header_bytes, &header_len)) return -1;
  if (!naive_base64url_decode(segments[1], out->claims_bytes, &claims_len)) return -1;
  if (!naive_base64url_decode(segments[2], out->mac, &mac_len) || mac_len != 32) return -1;
  out->header = csn_span_of(out->header_bytes, header_len);
  out->claims = csn_span_of(out->claims_bytes, claims_len);
  csn_span input = csn_span_of(token.ptr, segments[0].len + 1 + segments[1].len);
  for (size_t key = 0; key < FUZZ_KEY_COUNT; key++) {
    uint8_t mac[32];
    if (!fuzz_key_usable(ring, key, CSN_USE_TOKEN, now)) continue;
    naive_hmac(key, input, mac);
    if (memcmp(mac, out->mac, 32) == 0) return naive_header_fits(out->header, key) ? (int)key : -1;
  }
  return -1;
}

/* Adds the third segment to `len` bytes of header and payload; the new length. */
static inline size_t naive_sign(size_t key, uint8_t *token, size_t len) {
  uint8_t mac[32];
  naive_hmac(key, csn_span_of(token, len), mac);
  token[len] = '.';
  return len + 1 + naive_base64url_encode(csn_span_of(mac, sizeof mac), token + len + 1);
}

/* Writes header, payload and signature of the key as a token; its length. */
static inline size_t naive_token_write(size_t key, csn_span header, csn_span payload, uint8_t *token) {
  size_t len = naive_base64url_encode(header, token);
  token[len++] = '.';
  len += naive_base64url_encode(payload, token + len);
  return naive_sign(key, token, len);
}

#endif
