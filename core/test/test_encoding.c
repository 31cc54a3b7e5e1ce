/* Base64url and hex against models that are written character by character, base64 against OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "../src/base64url_x86.h"
#include "../src/encoding.h"
#include "../src/fast_path.h"
#include "guarded.h"

static const char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char illegal_sample[] = "+/= \t\r\n.,@[`{~\x80\xff\xc1\xb0";

enum { TEXT_MAX = 512 };

static guarded input;

/* ---- the models ---- */

static int base64url_digit(uint8_t c) {
  const char *at = c == 0 ? NULL : strchr(base64url_alphabet, c);
  return at == NULL ? -1 : (int)(at - base64url_alphabet);
}

/* Bit by bit into `out`. */
static bool model_base64url(csn_span text, uint8_t *out, size_t *len, size_t *wrong) {
  unsigned held = 0, bits = 0;
  *len = 0;
  for (size_t i = 0; i < text.len; i++) {
    int digit = base64url_digit(text.ptr[i]);
    *wrong = i;
    if (digit < 0) return false;
    for (int bit = 5; bit >= 0; bit--) {
      bits = (bits << 1 | ((unsigned)digit >> bit & 1)) & 0xff;
      if (++held == 8) {
        out[(*len)++] = (uint8_t)bits;
        held = bits = 0;
      }
    }
  }
  return held < 6 && bits == 0;
}

static int hex_digit(uint8_t c) {
  static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
  for (int i = 0; i < 16; i++) {
    if (c == lower[i] || c == upper[i]) return i;
  }
  return -1;
}

static bool model_hex(csn_span text, uint8_t *out, size_t *len, size_t *wrong) {
  *len = 0;
  for (size_t i = 0; i < text.len; i++) {
    int digit = hex_digit(text.ptr[i]);
    *wrong = i;
    if (digit < 0) return false;
    if (i % 2 == 0) out[*len] = (uint8_t)(digit << 4);
    if (i % 2 == 1) out[(*len)++] |= (uint8_t)digit;
  }
  return text.len % 2 == 0;
}

/* ---- one text, both ways ---- */

typedef struct codec {
  bool (*decode)(csn_span text, uint8_t *out, size_t *offset);
  bool (*model)(csn_span text, uint8_t *out, size_t *len, size_t *wrong);
} codec;

static const codec base64url = {csn_base64url_decode, model_base64url};
static const codec hex = {csn_hex_decode, model_hex};

/* One of the decoders that are chosen at run time, where the processor has it; what it does not take, and the offset of
 * what is wrong, is the plain one's. */
static bool decode_with(csn_base64url_fn *fn, bool has, csn_span text, uint8_t *out, size_t *offset) {
  if (!has || out == NULL || text.len < CSN_BASE64URL_X86_MIN) return csn_base64url_decode(text, out, offset);
  if (fn(text, out)) return true;
  (void)!csn_base64url_decode(text, NULL, offset);
  return false;
}
static bool decode_avx2(csn_span text, uint8_t *out, size_t *offset) {
  return decode_with(csn_base64url_avx2, csn_base64url_has_avx2(), text, out, offset);
}
static bool decode_vbmi(csn_span text, uint8_t *out, size_t *offset) {
  return decode_with(csn_base64url_vbmi, csn_base64url_has_vbmi(), text, out, offset);
}
static bool decode_plain(csn_span text, uint8_t *out, size_t *offset) {
  csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
  bool ok = csn_base64url_decode(text, out, offset);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
  return ok;
}

static const codec base64url_each[] = {
    {decode_avx2, model_base64url}, {decode_vbmi, model_base64url}, {decode_plain, model_base64url}};
enum { EACH = sizeof base64url_each / sizeof base64url_each[0] };

/* Whether the decoder answers as the model does: by value, by length, by offset, and without output. */
static bool agrees(const codec *c, csn_span bytes) {
  uint8_t got[TEXT_MAX], expected[TEXT_MAX];
  size_t offset = SIZE_MAX, wrong = SIZE_MAX, len = 0;
  csn_span text = guarded_copy(&input, bytes);
  memset(got, 0xa5, sizeof got);
  bool ok = c->model(text, expected, &len, &wrong);
  if (c->decode(text, got, &offset) != ok) return false;
  if (!ok) return offset == wrong && !c->decode(text, NULL, &offset) && offset == wrong;
  for (size_t i = len; i < len + 64 && i < TEXT_MAX; i++) {
    if (got[i] != 0xa5) return false;
  }
  return memcmp(got, expected, len) == 0 && c->decode(text, NULL, &offset);
}

static size_t disagreements, checked;

static void check(const codec *c, const uint8_t *bytes, size_t len) {
  checked++;
  if (agrees(c, csn_span_of(bytes, len))) return;
  if (disagreements++ < 5)
    print_error("length %zu: %02x %02x %02x %02x\n", len, bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* All texts of `len` of these characters, behind the first `from` bytes of `text`. */
static void check_all(const codec *c, csn_span characters, uint8_t *text, size_t from, size_t len) {
  if (from == len) {
    check(c, text, len);
    return;
  }
  for (size_t i = 0; i < characters.len; i++) {
    text[from] = characters.ptr[i];
    check_all(c, characters, text, from + 1, len);
  }
}

static csn_span every_byte(void) {
  static uint8_t bytes[256];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
  return csn_span_of(bytes, sizeof bytes);
}

static void start(void) {
  disagreements = checked = 0;
}

static void base64url_of_up_to_three_characters_is_as_the_model_says(void **state) {
  uint8_t text[4] = {0}, mixed[sizeof base64url_alphabet + sizeof illegal_sample];
  (void)state;
  memcpy(mixed, base64url_alphabet, 64);
  memcpy(mixed + 64, illegal_sample, sizeof illegal_sample); /* its NUL, too */
  start();
  for (size_t len = 0; len <= 2; len++) check_all(&base64url, every_byte(), text, 0, len);
  check_all(&base64url, csn_span_of(mixed, 64 + sizeof illegal_sample), text, 0, 3);
  assert_int_equal(checked, 1 + 256 + 256 * 256 + 83 * 83 * 83);
  assert_int_equal(disagreements, 0);
}

static void base64url_of_four_characters_is_as_the_model_says(void **state) {
  static const char some[] = "AZaz09-_B8/+=.";
  uint8_t text[4];
  (void)state;
  start();
  check_all(&base64url, csn_span_of(some, sizeof some), text, 0, 4);
  assert_int_equal(disagreements, 0);
}

static void hex_of_up_to_three_characters_is_as_the_model_says(void **state) {
  static const char some[] = "0123456789abcdefABCDEF/:@G`g \xb0";
  uint8_t text[4] = {0};
  (void)state;
  start();
  for (size_t len = 0; len <= 2; len++) check_all(&hex, every_byte(), text, 0, len);
  check_all(&hex, csn_span_of(some, sizeof some), text, 0, 3);
  assert_int_equal(disagreements, 0);
}

/* xorshift: the same texts in every run. */
static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  return *seed ^= *seed << 5;
}

/* The same of up to four characters behind whole blocks, where they are a tail. */
static void tails_are_as_the_model_says(void **state) {
  static const char some[] = "AZaz09-_B8/+=.";
  static const size_t places[] = {16, 28, 32, 48, 60, 64, 96};
  uint8_t text[TEXT_MAX];
  (void)state;
  start();
  memset(text, 'z', sizeof text);
  for (size_t i = 0; i < EACH; i++) {
    for (size_t place = 0; place < sizeof places / sizeof places[0]; place++) {
      for (size_t len = 0; len <= 4; len++) {
        check_all(&base64url_each[i], csn_span_of(some, sizeof some), text, places[place], places[place] + len);
      }
    }
  }
  assert_int_equal(checked, EACH * 7 * (1 + 15 + 15 * 15 + 15 * 15 * 15 + 15 * 15 * 15 * 15));
  assert_int_equal(disagreements, 0);
}

/* Every length through several blocks; each text as it is, and with one byte changed to any other. */
static void check_long(const codec *c, const char *alphabet, size_t letters, size_t longest, uint32_t step) {
  uint32_t seed = 2463534242;
  uint8_t text[TEXT_MAX];
  for (size_t len = 4; len <= longest; len++) {
    for (size_t i = 0; i < len; i++) text[i] = (uint8_t)alphabet[next_random(&seed) % letters];
    check(c, text, len);
    for (size_t at = 0; at < len; at++) {
      uint8_t kept = text[at];
      for (unsigned value = 0; value < 256; value += 1 + next_random(&seed) % step) {
        text[at] = (uint8_t)value;
        check(c, text, len);
      }
      text[at] = kept;
    }
  }
}

static void long_texts_are_as_the_model_says(void **state) {
  (void)state;
  start();
  check_long(&base64url, base64url_alphabet, 64, 70, 3);
  for (size_t i = 0; i < EACH; i++) check_long(&base64url_each[i], base64url_alphabet, 64, 134, 40);
  check_long(&hex, "0123456789abcdefABCDEF", 22, 134, 3);
  assert_true(checked > 100000);
  assert_int_equal(disagreements, 0);
}

/* Every value at every place of a block. */
static void every_character_decodes_at_every_place(void **state) {
  (void)state;
  start();
  for (size_t at = 0; at < EACH * 64; at++) {
    for (unsigned value = 0; value < 256; value++) {
      uint8_t text[64];
      memset(text, 'A', sizeof text);
      text[at % 64] = (uint8_t)value;
      check(&base64url_each[at / 64], text, sizeof text);
    }
  }
  for (size_t at = 0; at < 32; at++) {
    for (unsigned value = 0; value < 256; value++) {
      uint8_t text[32], digits[32];
      memset(text, 'A', sizeof text);
      memset(digits, '0', sizeof digits);
      text[at] = digits[at] = (uint8_t)value;
      check(&base64url, text, 16);
      check(&hex, digits, sizeof digits);
    }
  }
  assert_int_equal(disagreements, 0);
}

typedef struct row {
  const char *text;
  bool ok;
  size_t offset;
} row;

static void base64url_is_strict(void **state) {
  static const row rows[] = {
      {"", true, 0},         {"Zg", true, 0},        {"Zm8", true, 0},        {"Zm9v", true, 0},
      {"Zm9vYmFy", true, 0}, {"-_-_", true, 0},      {"Z", false, 0},         {"Zm9vY", false, 4},
      {"Zh", false, 1},      {"Zm9", false, 2},      {"Zm-", false, 2},       {"Zg==", false, 2},
      {"Zm8=", false, 3},    {"Zm9v=", false, 4},    {"Zm9v\n", false, 4},    {" Zm9v", false, 0},
      {"Zm 9v", false, 2},   {"Zm+v", false, 2},     {"Zm/v", false, 2},      {"Zm9vYmFyZm9vYmF=", false, 15},
      {"Zm.v", false, 2},    {"\xc3\xa9", false, 0}, {"Zm9vYmFyZ", false, 8}, {"Zm9vYmFyZh", false, 9},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t out[TEXT_MAX];
    size_t offset = 0;
    csn_span text = guarded_copy(&input, csn_span_str(rows[i].text));
    bool ok = csn_base64url_decode(text, out, &offset);
    if (ok != rows[i].ok || offset != rows[i].offset) fail_msg("%s: %d at %zu", rows[i].text, ok, offset);
  }
}

/* OpenSSL's decoder is lax; what is decoded and encoded again is the same text only where that was strict. */
static bool openssl_base64(csn_span text, uint8_t *out) {
  char again[TEXT_MAX];
  csn_span copy = guarded_copy(&input, text);
  int len = text.len % 4 == 0 ? EVP_DecodeBlock(out, copy.ptr, (int)copy.len) : -1;
  for (size_t i = text.len; len > 0 && i > 0 && text.len - i < 2 && text.ptr[i - 1] == '='; i--) len--;
  if (len < 0 || EVP_EncodeBlock((uint8_t *)again, out, len) != (int)text.len) return false;
  return memcmp(again, text.ptr, text.len) == 0;
}

static void base64_is_what_openssl_encodes_and_nothing_else(void **state) {
  uint32_t seed = 88172645;
  size_t accepted = 0, refused = 0;
  (void)state;
  for (int i = 0; i < 200000; i++) {
    uint8_t bytes[24], text[TEXT_MAX], got[TEXT_MAX], expected[TEXT_MAX];
    size_t raw = next_random(&seed) % 20, offset = 0;
    for (size_t j = 0; j < raw; j++) bytes[j] = (uint8_t)next_random(&seed);
    size_t len = (size_t)EVP_EncodeBlock(text, bytes, (int)raw);
    if (i % 4 != 0 && len > 0) {
      text[next_random(&seed) % len] = (uint8_t)(i % 4 == 1 ? '=' : next_random(&seed));
      if (i % 4 == 3) len -= next_random(&seed) % len;
    }
    csn_span given = csn_span_of(text, len);
    bool wanted = openssl_base64(given, expected), ok = csn_base64_decode(guarded_copy(&input, given), got, &offset);
    assert_int_equal(ok, wanted);
    if (!ok) assert_true(offset <= len && !csn_base64_decode(given, NULL, &offset));
    if (ok && i % 4 == 0) assert_memory_equal(got, bytes, raw);
    if (ok && i % 4 == 0) assert_int_equal(csn_base64_decoded_len(given), raw);
    accepted += ok, refused += !ok;
  }
  assert_true(accepted > 50000 && refused > 100000);
}

static void base64_is_strict(void **state) {
  static const row rows[] = {
      {"", true, 0},        {"Zg==", true, 0},      {"Zm8=", true, 0},    {"Zm9v", true, 0},   {"+/+/", true, 0},
      {"Zg", false, 2},     {"Zg=", false, 2},      {"Zm8", false, 3},    {"Zm8==", false, 3}, {"Zm9v=", false, 4},
      {"Zm9v==", false, 4}, {"Zm9v====", false, 4}, {"====", false, 0},   {"Z===", false, 1},  {"Zh==", false, 1},
      {"Zm9=", false, 2},   {"-_-_", false, 0},     {"Zm9v\n", false, 4}, {"Zm=v", false, 2},  {"Zg==Zg==", false, 2},
      {" Zg=", false, 0},   {"=Zg=", false, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t out[TEXT_MAX];
    size_t offset = 0;
    csn_span text = guarded_copy(&input, csn_span_str(rows[i].text));
    bool ok = csn_base64_decode(text, out, &offset);
    if (ok != rows[i].ok || offset != rows[i].offset) fail_msg("%s: %d at %zu", rows[i].text, ok, offset);
  }
}

static void base64_encodes_as_openssl_does(void **state) {
  uint32_t seed = 1234567;
  (void)state;
  for (size_t len = 0; len < 100; len++) {
    uint8_t bytes[100], expected[TEXT_MAX];
    char text[TEXT_MAX];
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)next_random(&seed);
    memset(text, 'x', sizeof text);
    csn_base64_encode(csn_span_of(bytes, len), text);
    assert_int_equal(csn_base64_encoded_len(len), EVP_EncodeBlock(expected, bytes, (int)len));
    assert_memory_equal(text, expected, csn_base64_encoded_len(len));
    assert_int_equal(text[csn_base64_encoded_len(len)], 'x');
  }
}

static void hex_takes_either_case_and_nothing_else(void **state) {
  static const row rows[] = {
      {"", true, 0},           {"00", true, 0},   {"fF", true, 0},    {"DEADbeef", true, 0},
      {"0", false, 0},         {"000", false, 2}, {"0g", false, 1},   {"0x00", false, 1},
      {" 00", false, 0},       {"00 ", false, 2}, {"00\n", false, 2}, {"0:", false, 1},
      {"/0", false, 0},        {"@0", false, 0},  {"`0", false, 0},   {"deadbeefG0", false, 8},
      {"deadbeef0", false, 8},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t out[TEXT_MAX];
    size_t offset = 0;
    csn_span text = guarded_copy(&input, csn_span_str(rows[i].text));
    bool ok = csn_hex_decode(text, out, &offset);
    if (ok != rows[i].ok || offset != rows[i].offset) fail_msg("%s: %d at %zu", rows[i].text, ok, offset);
  }
}

static void empty_spans_without_memory_are_empty_values(void **state) {
  size_t offset = 0;
  (void)state;
  assert_true(csn_base64url_decode(csn_span_of(NULL, 0), NULL, &offset));
  assert_true(csn_hex_decode(csn_span_of(NULL, 0), NULL, &offset));
}

/* RFC 4648 section 10, without the padding. */
static void encodes_as_the_rfc_does(void **state) {
  static const char *const pairs[][2] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  char text[TEXT_MAX];
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    csn_span bytes = csn_span_str(pairs[i][0]);
    assert_int_equal(csn_base64url_encoded_len(bytes.len), strlen(pairs[i][1]));
    csn_base64url_encode(bytes, text);
    assert_memory_equal(text, pairs[i][1], strlen(pairs[i][1]));
  }
  csn_hex_encode(csn_span_of("\x00\x01\x9a\xbc\xde\xff", 6), text);
  assert_memory_equal(text, "00019abcdeff", 12);
}

static void what_is_encoded_decodes_to_the_same_bytes(void **state) {
  uint32_t seed = 88172645;
  (void)state;
  for (size_t len = 0; len < 100; len++) {
    uint8_t bytes[100], back[100];
    char text[200];
    size_t offset;
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)next_random(&seed);
    csn_base64url_encode(csn_span_of(bytes, len), text);
    size_t chars = csn_base64url_encoded_len(len);
    assert_int_equal(csn_base64url_decoded_len(chars), len);
    assert_true(csn_base64url_decode(csn_span_of(text, chars), back, &offset));
    assert_memory_equal(back, bytes, len);
    csn_hex_encode(csn_span_of(bytes, len), text);
    assert_true(csn_hex_decode(csn_span_of(text, 2 * len), back, &offset));
    assert_memory_equal(back, bytes, len);
  }
}

/* All 64 values, and each byte value: the encoders have a formula, not an alphabet. */
static void hex_is_written_digit_by_digit_at_every_length(void **state) {
  (void)state;
  for (size_t len = 0; len <= 40; len++) {
    for (unsigned value = 0; value < 256; value++) {
      uint8_t bytes[40];
      char text[82], wanted[82];
      for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(value + i * 37);
      memset(text, 'x', sizeof text);
      memset(wanted, 'x', sizeof wanted);
      for (size_t i = 0; i < len; i++) {
        wanted[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        wanted[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
      }
      csn_hex_encode(guarded_copy(&input, csn_span_of(bytes, len)), text);
      assert_memory_equal(text, wanted, sizeof text);
    }
  }
}

static void encoders_know_their_alphabets(void **state) {
  (void)state;
  for (unsigned value = 0; value < 256; value++) {
    uint8_t byte = (uint8_t)value;
    char text[2];
    csn_base64url_encode(csn_span_of(&byte, 1), text);
    assert_int_equal(text[0], base64url_alphabet[value >> 2]);
    assert_int_equal(text[1], base64url_alphabet[value << 4 & 63]);
    csn_hex_encode(csn_span_of(&byte, 1), text);
    assert_int_equal(text[0], "0123456789abcdef"[value >> 4]);
    assert_int_equal(text[1], "0123456789abcdef"[value & 15]);
  }
  for (unsigned value = 0; value < 64; value++) {
    uint8_t bytes[3] = {0, 0, (uint8_t)value};
    char text[4];
    csn_base64url_encode(csn_span_of(bytes, 3), text);
    assert_int_equal(text[3], base64url_alphabet[value]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(base64url_of_up_to_three_characters_is_as_the_model_says),
      cmocka_unit_test(base64url_of_four_characters_is_as_the_model_says),
      cmocka_unit_test(hex_of_up_to_three_characters_is_as_the_model_says),
      cmocka_unit_test(tails_are_as_the_model_says),
      cmocka_unit_test(long_texts_are_as_the_model_says),
      cmocka_unit_test(every_character_decodes_at_every_place),
      cmocka_unit_test(base64url_is_strict),
      cmocka_unit_test(base64_is_what_openssl_encodes_and_nothing_else),
      cmocka_unit_test(base64_is_strict),
      cmocka_unit_test(base64_encodes_as_openssl_does),
      cmocka_unit_test(hex_takes_either_case_and_nothing_else),
      cmocka_unit_test(empty_spans_without_memory_are_empty_values),
      cmocka_unit_test(encodes_as_the_rfc_does),
      cmocka_unit_test(what_is_encoded_decodes_to_the_same_bytes),
      cmocka_unit_test(hex_is_written_digit_by_digit_at_every_length),
      cmocka_unit_test(encoders_know_their_alphabets),
  };
  input = guarded_new(TEXT_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&input);
  return failed;
}
