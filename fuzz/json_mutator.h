/* Mutations that keep JSON mostly JSON: a value is replaced, removed or repeated as a whole, so that what is changed is
 * still read to its end. Text that is no JSON is changed somehow. */
#ifndef CSN_FUZZ_JSON_MUTATOR_H
#define CSN_FUZZ_JSON_MUTATOR_H

#include "naive.h"

/* A small generator (xorshift) whose state comes from the seed that libFuzzer gives. */
static inline uint32_t json_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static const char *const json_values[] = {
    "null",
    "true",
    "0",
    "-0",
    "1",
    "-1",
    "1.5",
    "1e9",
    "1E+2",
    "1e400",
    "1e-400",
    "01",
    "9223372036854775807",
    "9223372036854775808",
    "253402300799",
    "253402300800",
    "1700000000",
    "1699999999.5",
    "1700000000.0",
    "1700000001",
    "1700000000.000000000000000001",
    "\"\"",
    "\"HS256\"",
    "\"HS\\u003256\"",
    "\"hs256\"",
    "\"none\"",
    "\"RS256\"",
    "\"JWT\"",
    "\"at+jwt\"",
    "\"2026-a\"",
    "\"2026-b\"",
    "\"legacy\"",
    "\"request-only\"",
    "\"client-7\"",
    "\"api\"",
    "\"https://issuer.example\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\u0000\"",
    "\"\xc3\xa9\"",
    "\"\xff\"",
    "[]",
    "{}",
    "[\"api\",\"other\"]",
    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
    "{\"a\":{\"a\":1,\"\\u0061\":2}}",
};

static const char *const json_members[] = {
    "\"alg\":\"HS256\"",
    "\"alg\":\"none\"",
    "\"\\u0061lg\":\"HS256\"",
    "\"kid\":\"2026-a\"",
    "\"kid\":\"2026-b\"",
    "\"typ\":\"JWT\"",
    "\"crit\":[\"exp\"]",
    "\"crit\":[]",
    "\"b64\":false",
    "\"b64\":true",
    "\"exp\":1700000060",
    "\"exp\":1700000000",
    "\"nbf\":1700000000",
    "\"iat\":1700000000",
    "\"iss\":\"https://issuer.example\"",
    "\"aud\":\"api\"",
    "\"aud\":[\"api\"]",
    "\"sub\":\"client-7\"",
    "\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}",
    "\"\":0",
};

/* Puts `value` in the place of the bytes from `start` to `end`; the new length, or the old one where it does not fit.
 */
static inline size_t json_splice(uint8_t *text, size_t len, size_t room, size_t start, size_t end, csn_span value) {
  if (len - (end - start) + value.len > room) return len;
  memmove(text + start + value.len, text + end, len - end);
  if (value.len > 0) memmove(text + start, value.ptr, value.len);
  return len - (end - start) + value.len;
}

/* A place behind a colon, a comma or an opening bracket, not inside a string; `len` where there is none. */
static inline size_t json_choose_place(csn_span text, uint32_t *rng) {
  size_t chosen = text.len, seen = 0;
  for (size_t at = 0; at < text.len; at++) {
    uint8_t byte = text.ptr[at];
    if (byte == '"') at = naive_string_end(text, at) - 1;
    if (byte != ':' && byte != ',' && byte != '[' && byte != '{') continue;
    if (json_random(rng) % ++seen == 0) chosen = at + 1;
  }
  return chosen;
}

static inline size_t json_mutate(uint8_t *text, size_t len, size_t room, uint32_t *rng) {
  static uint8_t copy[FUZZ_TOKEN_MAX];
  size_t start = json_choose_place(csn_span_of(text, len), rng);
  size_t end = start < len ? naive_value_end(csn_span_of(text, len), start) : len;
  const char *value = json_values[json_random(rng) % (sizeof json_values / sizeof json_values[0])];
  const char *member = json_members[json_random(rng) % (sizeof json_members / sizeof json_members[0])];
  switch (json_random(rng) % 5) {
    case 0: /* a member in front of what is there */
      len = json_splice(text, len, room, start, start, csn_span_str(","));
      return json_splice(text, len, room, start, start, csn_span_str(member));
    case 1: /* gone */
      return json_splice(text, len, room, start, end, csn_span_of(NULL, 0));
    case 2: /* twice */
      if (end - start >= sizeof copy) return len;
      memcpy(copy, text + start, end - start);
      copy[end - start] = ',';
      return json_splice(text, len, room, start, start, csn_span_of(copy, end - start + 1));
    case 3: /* a new object */
      return json_splice(text, len, room, 0, len, csn_span_str("{\"alg\":\"HS256\",\"exp\":1700000060}"));
    default:
      return json_splice(text, len, room, start, end, csn_span_str(value));
  }
}

#endif
