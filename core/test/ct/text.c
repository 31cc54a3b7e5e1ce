/* The compare, and the encodings in which signatures come: of a text that is accepted nothing is told, of one that is
 * refused where it is wrong. */
#include "../../src/encoding.h"
#include "check.h"

enum { BYTES_MAX = 100, TEXT_MAX = 2 * BYTES_MAX };

static void the_compare_tells_only_its_verdict(void **state) {
  (void)state;
  for (size_t len = 0; len <= 64; len++) {
    for (size_t wrong = 0; wrong <= len; wrong++) {
      uint8_t a[64], b[64];
      uint32_t equal = 0;
      ct_fill(a, len, len);
      memcpy(b, a, len);
      if (wrong < len) b[wrong] ^= (uint8_t)(1u << wrong % 8);
      CSN_CT_SECRET(a, len);
      assert_tells_nothing(equal = csn_ct_equal(a, b, len));
      if (len > 0) assert_secret(&equal, sizeof equal);
      assert_int_equal(equal, wrong == len ? UINT32_MAX : 0);
    }
  }
}

typedef struct encoding {
  size_t (*encoded_len)(size_t len);
  void (*encode)(csn_span bytes, char *out);
  bool (*decode)(csn_span text, uint8_t *out, size_t *offset);
} encoding;

static const encoding hex = {csn_hex_encoded_len, csn_hex_encode, csn_hex_decode};
static const encoding base64url = {csn_base64url_encoded_len, csn_base64url_encode, csn_base64url_decode};
static const encoding base64 = {csn_base64_encoded_len, csn_base64_encode, csn_base64_decode};
static const encoding *const encodings[] = {&hex, &base64url, &base64};
enum { ENCODINGS = sizeof encodings / sizeof encodings[0] };

/* There and back: secret bytes, secret text, secret bytes. */
static void round_trip(const encoding *e, size_t len) {
  uint8_t bytes[BYTES_MAX], secret[BYTES_MAX], decoded[BYTES_MAX + 2];
  char text[TEXT_MAX];
  size_t text_len = e->encoded_len(len), offset = 0;
  bool good = false;
  ct_fill(bytes, len, len);
  memcpy(secret, bytes, len);
  CSN_CT_SECRET(secret, len);
  assert_tells_nothing(e->encode(csn_span_of(secret, len), text));
  size_t padding = e == &base64 ? (3 - len % 3) % 3 : 0;
  assert_int_equal(ct_secret_bytes(text, text_len), text_len - padding);
  CSN_CT_SECRET(text, text_len);
  assert_tells_nothing(good = e->decode(csn_span_of(text, text_len), decoded, &offset));
  assert_true(good);
  assert_secret(decoded, len);
  assert_memory_equal(decoded, bytes, len);
  assert_tells_nothing(good = e->decode(csn_span_of(text, text_len), NULL, &offset));
  assert_true(good);
}

static void encodings_tell_nothing_of_what_they_carry(void **state) {
  (void)state;
  for (size_t i = 0; i < ENCODINGS; i++) {
    for (size_t len = 0; len <= BYTES_MAX; len++) round_trip(encodings[i], len);
  }
}

/* One wrong character at each place of the text of a MAC. */
static void wrong_character(const encoding *e, size_t len, char wrong) {
  uint8_t bytes[BYTES_MAX], decoded[BYTES_MAX + 2];
  char text[TEXT_MAX];
  size_t text_len = e->encoded_len(len);
  ct_fill(bytes, len, len);
  for (size_t at = 0; at < text_len; at++) {
    size_t offset = SIZE_MAX;
    bool good = true;
    e->encode(csn_span_of(bytes, len), text);
    if (text[at] == '=') break;
    text[at] = wrong;
    CSN_CT_SECRET(text, text_len);
    assert_tells_nothing(good = e->decode(csn_span_of(text, text_len), decoded, &offset));
    assert_false(good);
    assert_int_equal(offset, at);
  }
}

static void a_refused_text_tells_where_it_is_wrong(void **state) {
  static const char wrong[] = {' ', '\0', '~', '\x80', '\xff', '.', '@', '`'};
  (void)state;
  for (size_t i = 0; i < ENCODINGS; i++) {
    for (size_t w = 0; w < sizeof wrong; w++) {
      wrong_character(encodings[i], 32, wrong[w]);
      wrong_character(encodings[i], 7, wrong[w]);
    }
  }
}

static void refused(const encoding *e, const char *text, size_t where) {
  uint8_t decoded[BYTES_MAX];
  char secret[TEXT_MAX];
  size_t offset = SIZE_MAX, len = strlen(text);
  bool good = true;
  memcpy(secret, text, len);
  CSN_CT_SECRET(secret, len);
  assert_tells_nothing(good = e->decode(csn_span_of(secret, len), decoded, &offset));
  assert_false(good);
  assert_int_equal(offset, where);
}

/* Wrong as a whole, with no character that is not of the alphabet: trailing bits, lengths. */
static void a_refused_length_and_trailing_bits_tell_no_more(void **state) {
  (void)state;
  refused(&hex, "abc", 2);
  refused(&hex, "0123456789abcdef0", 16);
  refused(&base64url, "AAAAA", 4);
  refused(&base64url, "AB", 1);
  refused(&base64url, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", 42);
  refused(&base64, "AB==", 1);
  refused(&base64, "AAA", 3);
  refused(&base64, "AAAAAAAA=", 8);
}

int ct_text(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_compare_tells_only_its_verdict),
      cmocka_unit_test(encodings_tell_nothing_of_what_they_carry),
      cmocka_unit_test(a_refused_text_tells_where_it_is_wrong),
      cmocka_unit_test(a_refused_length_and_trailing_bits_tell_no_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
