/* Text from outside in audit events, read back with jansson and compared with a model that tries what begins a
 * character. */
#include "audit_support.h"

/* Whether the bytes are well-formed UTF-8: jansson's opinion. */
static bool well_formed(const uint8_t *bytes, size_t len) {
  json_t *string = json_stringn((const char *)bytes, len);
  json_decref(string);
  return string != NULL;
}

/* Whether some bytes behind these make one character of them. */
static bool begins_character(const uint8_t *bytes, size_t len) {
  static const uint8_t next[] = {0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf};
  uint8_t longer[4];
  if (well_formed(bytes, len)) return true;
  if (len == 4) return false;
  memcpy(longer, bytes, len);
  for (size_t i = 0; i < sizeof next; i++) {
    longer[len] = next[i];
    if (begins_character(longer, len + 1)) return true;
  }
  return false;
}

/* The bytes at the start that are one character, or one U+FFFD: the longest that begin a character, at least one. */
static size_t model_next(const uint8_t *bytes, size_t left, bool *good) {
  size_t len = 0;
  for (*good = false; len < 4 && len < left && !*good && begins_character(bytes, len + 1);) {
    *good = well_formed(bytes, ++len);
  }
  return len == 0 ? 1 : len;
}

/* Bytes of a character in a line. */
static size_t model_cost(const uint8_t *bytes, size_t len, bool good) {
  if (!good || len == 2 || len == 3) return 6;
  if (len == 4) return 12;
  if (bytes[0] == '"' || bytes[0] == '\\') return 2;
  return bytes[0] < 0x20 || bytes[0] == 0x7f ? 6 : 1;
}

/* What a member of at most `limit` bytes says of these bytes. */
static size_t model_text(csn_span bytes, size_t limit, uint8_t *out, bool *cut) {
  size_t written = 0, cost = 0;
  *cut = false;
  for (size_t at = 0; at < bytes.len;) {
    bool good;
    size_t len = model_next(bytes.ptr + at, bytes.len - at, &good);
    cost += model_cost(bytes.ptr + at, len, good);
    if (cost > limit) {
      *cut = true;
      break;
    }
    memcpy(out + written, good ? bytes.ptr + at : (const uint8_t *)"\xef\xbf\xbd", good ? len : 3);
    written += good ? len : 3;
    at += len;
  }
  return written;
}

static void scope_reads(csn_span bytes, csn_span expected, bool cut) {
  csn_audit_event event = event_of(csn_span_str("::1"));
  event.token_scope = bytes;
  json_t *root = round_trip(&event);
  const json_t *value = json_object_get(root, "token_scope");
  assert_int_equal(json_string_length(value), expected.len);
  assert_memory_equal(json_string_value(value), expected.ptr, expected.len);
  const json_t *names = json_object_get(root, "cut");
  assert_int_equal(json_array_size(names), cut ? 1 : 0);
  if (cut) assert_string_equal(json_string_value(json_array_get(names, 0)), "token_scope");
  json_decref(root);
}

/* Unicode 15, tables 3-8 to 3-11. */
static void malformed_text_becomes_replacements(void **state) {
  static const struct {
    const char *bytes, *expected;
  } cases[] = {
      {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "????????A"},
      {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "????????A"},
      {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "?????A??B"},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "????A"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    uint8_t expected[64];
    size_t len = 0;
    for (const char *c = cases[i].expected; *c != '\0'; c++) {
      size_t width = *c == '?' ? 3 : 1;
      memcpy(expected + len, *c == '?' ? "\xef\xbf\xbd" : c, width);
      len += width;
    }
    scope_reads(csn_span_str(cases[i].bytes), csn_span_of(expected, len), false);
  }
}

static size_t utf8_of(uint32_t code, uint8_t *out) {
  if (code < 0x80) {
    out[0] = (uint8_t)code;
    return 1;
  }
  size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = len; i-- > 1; code >>= 6) out[i] = (uint8_t)(0x80 | (code & 0x3f));
  out[0] = (uint8_t)(0xf00 >> len | code);
  return len;
}

static void every_character_reads_back(void **state) {
  uint8_t text[26 * 4];
  uint32_t code = 0;
  (void)state;
  while (code < 0x110000) {
    size_t len = 0;
    for (unsigned i = 0; i < 26 && code < 0x110000; i++, code++) {
      if (code == 0xd800) code = 0xe000;
      len += utf8_of(code, text + len);
    }
    scope_reads(csn_span_of(text, len), csn_span_of(text, len), false);
  }
}

static void what_a_terminal_obeys_is_escaped(void **state) {
  csn_audit_event event =
      event_of(csn_span_str("\x1b\x7f\n\"\\\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xf0\x9f\x98\x80"));
  (void)state;
  format(&event);
  assert_non_null(
      strstr(line, "\"client_ip\":\"\\u001b\\u007f\\u000a\\\"\\\\\\u009b\\u2028\\u2029\\u202e\\ud83d\\ude00\""));
}

/* Bytes that are likely to be nearly well-formed. */
static uint8_t random_byte(uint64_t *seed) {
  static const uint8_t likely[] = {0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                   0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0x00, 0x1f, 0x7f, 0x22, 0x5c, 0x41};
  uint64_t random = random_next(seed);
  return random % 4 == 0 ? (uint8_t)(random >> 8) : likely[(random >> 8) % sizeof likely];
}

static void random_bytes_read_as_the_model_says(void **state) {
  uint64_t seed = 42;
  guarded g = guarded_new(400);
  size_t cuts = 0;
  (void)state;
  for (unsigned round = 0; round < 4000; round++) {
    uint8_t bytes[400], expected[3 * sizeof bytes];
    size_t len = random_next(&seed) % (round % 2 == 0 ? 12 : sizeof bytes);
    bool cut;
    for (size_t i = 0; i < len; i++) bytes[i] = random_byte(&seed);
    size_t expected_len = model_text(csn_span_of(bytes, len), 320, expected, &cut);
    scope_reads(guarded_copy(&g, csn_span_of(bytes, len)), csn_span_of(expected, expected_len), cut);
    cuts += cut ? 1 : 0;
  }
  assert_in_range(cuts, 500, 3500);
  guarded_free(&g);
}

static void a_field_is_cut_behind_its_last_byte(void **state) {
  uint8_t text[700];
  (void)state;
  memset(text, 'a', sizeof text);
  scope_reads(csn_span_of(text, 320), csn_span_of(text, 320), false);
  scope_reads(csn_span_of(text, 321), csn_span_of(text, 320), true);
  memcpy(text + 314, "\xe2\x82\xac", 3);
  scope_reads(csn_span_of(text, 317), csn_span_of(text, 317), false);
  scope_reads(csn_span_of(text, 318), csn_span_of(text, 317), true);
  memcpy(text + 314, "a\xe2\x82\xac", 4); /* an escape more than there is room for; what would fit does not follow it */
  scope_reads(csn_span_of(text, 319), csn_span_of(text, 315), true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(malformed_text_becomes_replacements), cmocka_unit_test(every_character_reads_back),
      cmocka_unit_test(what_a_terminal_obeys_is_escaped),    cmocka_unit_test(random_bytes_read_as_the_model_says),
      cmocka_unit_test(a_field_is_cut_behind_its_last_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
