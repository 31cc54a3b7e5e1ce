/* The independent judge of requests: each preset once more, by hand, for requests that were accepted. */
#ifndef CSN_FUZZ_REQUEST_JUDGE_H
#define CSN_FUZZ_REQUEST_JUDGE_H

#include <ctype.h>

#include "naive.h"

typedef enum preset {
  PRESET_BEARER_JWT,
  PRESET_HMAC_NONCE,
  PRESET_HMAC_NONCE_DELIMITED,
  PRESET_JWT_HMAC,
  PRESET_COUNT
} preset;

static const char *const preset_names[PRESET_COUNT] = {"bearer-jwt", "hmac-nonce", "hmac-nonce-delimited", "jwt-hmac"};

typedef struct judged {
  csn_span client_id, timestamp, nonce, signature, token;
  int key;                  /* index in FUZZ_KEYS of the key that signed, the request or else the token */
  uint8_t decoded_id[2048]; /* what the client id of a token points into */
} judged;

/* The value of the one header of this name; false where there is not exactly one. */
static inline bool judge_header(const csn_request *request, const char *name, csn_span *value) {
  size_t count = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    csn_span at = request->headers[i].name;
    if (at.len != strlen(name) || strncasecmp((const char *)at.ptr, name, at.len) != 0) continue;
    *value = request->headers[i].value;
    count++;
  }
  return count == 1;
}

static inline bool judge_text(csn_span text, size_t max, const char *punctuation) {
  if (text.len == 0 || text.len > max) return false;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte = text.ptr[i];
    if (byte >= 0x80 || byte == 0 || (!isalnum(byte) && strchr(punctuation, byte) == NULL)) return false;
  }
  return true;
}

/* Whether a client id, a timestamp within the window and a nonce are what they should be. */
static inline bool judge_fields(const judged *fields, int64_t now, int64_t window) {
  char digits[17] = {0};
  if (!judge_text(fields->nonce, 128, "-._~+/=")) return false;
  if (!judge_text(fields->client_id, 128, "!#$%'()*+-./:;<=>?@[]^_`{}~")) return false;
  if (!judge_text(fields->timestamp, 16, "")) return false;
  memcpy(digits, fields->timestamp.ptr, fields->timestamp.len);
  if (strspn(digits, "0123456789") != fields->timestamp.len || (digits[0] == '0' && digits[1] != 0)) return false;
  int64_t age = now - strtoll(digits, NULL, 10);
  return age >= -window && age <= window;
}

/* Finds the client's key under which the hex signature of the parts, in order, is right. */
static inline bool judge_signature(judged *fields, const csn_span *parts, size_t count, unsigned ring, int64_t now) {
  static uint8_t text[FUZZ_TOKEN_MAX];
  char hex[65] = {0};
  size_t len = 0;
  if (fields->signature.len != 64) return false;
  for (size_t i = 0; i < 64; i++) hex[i] = (char)tolower(fields->signature.ptr[i]);
  for (size_t i = 0; i < count; i++) {
    if (parts[i].len > 0) memcpy(text + len, parts[i].ptr, parts[i].len);
    len += parts[i].len;
  }
  for (size_t key = 0; key < FUZZ_KEY_COUNT; key++) {
    uint8_t mac[32];
    char right[65];
    if (!fuzz_key_usable(ring, key, CSN_USE_REQUEST, now)) continue;
    if (!csn_span_equal(fields->client_id, csn_span_str(FUZZ_KEYS[key].client_id))) continue;
    naive_hmac(key, csn_span_of(text, len), mac);
    for (size_t i = 0; i < sizeof mac; i++) snprintf(right + 2 * i, 3, "%02x", mac[i]);
    if (strcmp(right, hex) != 0) continue;
    fields->key = (int)key;
    return true;
  }
  return false;
}

static inline bool judge_token(judged *fields, const csn_request *request, unsigned ring, int64_t now) {
  static naive_token decoded;
  csn_span value = {0}, expiry = {0};
  char digits[80] = {0};
  if (!judge_header(request, "authorization", &value)) return false;
  if (value.len < 7 || strncasecmp((const char *)value.ptr, "bearer ", 7) != 0) return false;
  size_t start = 7;
  while (start < value.len && value.ptr[start] == ' ') start++;
  fields->token = csn_span_of(value.ptr + start, value.len - start);
  fields->key = naive_token_key(&decoded, fields->token, ring, now);
  if (fields->key < 0 || naive_member(decoded.claims, "exp", &expiry) != 1 || expiry.len >= sizeof digits) return false;
  memcpy(digits, expiry.ptr, expiry.len);
  if (strtold(digits, NULL) < (long double)now) return false;
  csn_span owner = csn_span_str(FUZZ_KEYS[fields->key].client_id);
  fields->client_id = owner;
  if (naive_member(decoded.claims, "sub", &value) != 1) return true;
  if (value.len < 2 || value.len > sizeof fields->decoded_id) return false;
  size_t len = naive_unescape(csn_span_of(value.ptr + 1, value.len - 2), fields->decoded_id);
  fields->client_id = csn_span_of(fields->decoded_id, len);
  return owner.len == 0 || csn_span_equal(fields->client_id, owner);
}

static inline bool judge_hmac(judged *fields, const csn_request *request, bool delimited, unsigned ring, int64_t now,
                              int64_t window) {
  csn_span line_feed = csn_span_str(delimited ? "\n" : "");
  if (!judge_header(request, "x-clientid", &fields->client_id)) return false;
  if (!judge_header(request, "x-timestamp", &fields->timestamp)) return false;
  if (!judge_header(request, "x-nonce", &fields->nonce)) return false;
  if (!judge_header(request, "x-signature", &fields->signature)) return false;
  csn_span parts[] = {fields->client_id, line_feed, fields->timestamp, line_feed, fields->nonce};
  return judge_fields(fields, now, window) && judge_signature(fields, parts, 5, ring, now);
}

/* Reads ts=…&nonce=…&sig=… in any order; false where one is missing, unknown or there twice. */
static inline bool judge_parameters(judged *fields, csn_span value) {
  static const char *const names[] = {"ts=", "nonce=", "sig="};
  csn_span *const targets[] = {&fields->timestamp, &fields->nonce, &fields->signature};
  unsigned seen = 0, count = 0;
  while (value.len > 0) {
    csn_span item = fuzz_take_until(&value, '&');
    count++;
    for (unsigned i = 0; i < 3; i++) {
      size_t len = strlen(names[i]);
      if (item.len < len || memcmp(item.ptr, names[i], len) != 0) continue;
      *targets[i] = csn_span_of(item.ptr + len, item.len - len);
      seen |= 1u << i;
    }
  }
  return seen == 7 && count == 3;
}

static inline bool judge_jwt_hmac(judged *fields, const csn_request *request, unsigned ring, int64_t now,
                                  int64_t window) {
  csn_span value = {0}, bar = csn_span_str("|");
  if (!judge_token(fields, request, ring, now)) return false;
  if (!judge_header(request, "x-request-signature", &value)) return false;
  if (value.len >= 7 && memcmp(value.ptr, "sha256=", 7) == 0) {
    fields->signature = csn_span_of(value.ptr + 7, value.len - 7);
    if (!judge_header(request, "x-timestamp", &fields->timestamp)) return false;
    if (!judge_header(request, "x-nonce", &fields->nonce)) return false;
  } else if (!judge_parameters(fields, value)) {
    return false;
  }
  csn_span parts[] = {request->body, bar, fields->timestamp, bar, fields->nonce};
  return judge_fields(fields, now, window) && judge_signature(fields, parts, 5, ring, now);
}

/* Whether the request may be accepted at `now`, its nonce aside. */
static inline bool judge_request(judged *out, preset scheme, const csn_request *request, unsigned ring, int64_t now,
                                 int64_t window) {
  memset(out, 0, sizeof *out);
  switch (scheme) {
    case PRESET_BEARER_JWT:
      return judge_token(out, request, ring, now);
    case PRESET_HMAC_NONCE:
    case PRESET_HMAC_NONCE_DELIMITED:
      return judge_hmac(out, request, scheme == PRESET_HMAC_NONCE_DELIMITED, ring, now, window);
    case PRESET_JWT_HMAC:
      return judge_jwt_hmac(out, request, ring, now, window);
    case PRESET_COUNT:
      break;
  }
  return false;
}

#endif
