/* The text of an API key: its form, its checksum, its hash; scopes and states. */
#include <countersign/api_key.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "guarded.h"
#include "support.h"

#define ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
enum { BASE = 62, RANDOM_AND_CHECKSUM = 49 };

static csn_key pepper_of(const char *secret) {
  csn_key pepper;
  csn_key_config config = test_key_config("", "pepper", CSN_USE_TOKEN);
  config.secret = csn_span_str(secret);
  assert_int_equal(csn_key_init(&pepper, &config), CSN_OK);
  return pepper;
}

static csn_span span_of(const csn_api_key_text *text) {
  return csn_span_of(text->bytes, text->len);
}

static csn_reason parse(csn_span text, size_t *offset) {
  csn_api_key key;
  memset(&key, 0xa5, sizeof key);
  *offset = SIZE_MAX;
  csn_reason reason = csn_api_key_parse(text, &key, offset);
  if (reason != CSN_REASON_ACCEPTED) {
    static const csn_api_key nothing;
    assert_memory_equal(&key, &nothing, sizeof key);
  }
  return reason;
}

static void assert_refused(csn_span text, csn_reason expected, size_t at) {
  size_t offset;
  assert_string_equal(csn_reason_label(parse(text, &offset)), csn_reason_label(expected));
  assert_int_equal(offset, at);
}

/* A stream of bytes that is the same in every run: SHA-512 of a counter. */
static void fill(uint64_t counter, uint8_t random[CSN_API_KEY_RANDOM_BYTES]) {
  assert_int_equal(EVP_Digest(&counter, sizeof counter, random, NULL, EVP_sha512(), NULL), 1);
}

static csn_api_key_text make(const char *prefix, uint64_t counter) {
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  csn_api_key_text text;
  fill(counter, random);
  assert_int_equal(csn_api_key_make(csn_span_str(prefix), random, &text), CSN_OK);
  return text;
}

/* ---- known answers ---- */

/* Computed with Python 3.11: zlib.crc32(), and hmac with the secret of support.h as the pepper. */
static const struct known {
  const char *prefix, *text, *hash;
} known[] = {
    {"csn", "csn_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg4B4GYz",
     "6931c60d21387a8263044874ef3dc82ca3a7e0d4ac3b5e2bce8ec9e0678fec4b"},
    {"k", "k_00000000000000000000000000000000000000000004G7Hpu",
     "075e6e0c8d9361aed667c5a7a98b1a81ccd8c4e6317ff02a7fd1628bd28664f7"},
    {"abcdefghij012345", "abcdefghij012345_DEZ0meZnTF1hYgWbQNSB5VDvVeCOopx9GwqEUXoQvwk4ZsDv1",
     "8bf761cd3f4b68eeb681c6bb5d823a57c8ee171f8ca99909a71b888f28925360"},
    {"0", "0_zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJ3mJvK7",
     "ba6f2c33dab1ed89095a920c8f52a5eab05df4140746448e33752ee014c36610"},
    {"csn", "csn_RlTYNPpjSJRphkLU8IuFYCybsR8bpuqEyFA0TwH0FPa0001yq", /* a checksum with leading zeros */
     "696aa8ca0be1283654eb3100c2a8de92feb445dbe50b7e47992a3d1951652816"},
};

/* Bytes from which the random part of `text` is drawn; the bytes' high bits do not count. */
static void random_of(csn_span part, uint8_t random[CSN_API_KEY_RANDOM_BYTES]) {
  memset(random, 0xff, CSN_API_KEY_RANDOM_BYTES);
  for (size_t i = 0; i < part.len; i++) {
    random[i + 21] = (uint8_t)((size_t)(strchr(ALPHABET, part.ptr[i]) - ALPHABET) | (i % 4 << 6));
  }
}

static void known_keys_are_made_read_and_hashed(void **state) {
  csn_key pepper = pepper_of(TEST_SECRET);
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    csn_span text = csn_span_str(known[i].text);
    csn_api_key key;
    csn_api_key_text made;
    uint8_t random[CSN_API_KEY_RANDOM_BYTES], hash[CSN_API_KEY_HASH_BYTES];
    size_t offset = 9;
    char hex[2 * CSN_API_KEY_HASH_BYTES + 1];
    assert_int_equal(csn_api_key_parse(text, &key, &offset), CSN_REASON_ACCEPTED);
    assert_int_equal(offset, 0);
    assert_span(key.prefix, known[i].prefix);
    assert_int_equal(key.random.len, 43);
    assert_int_equal(key.checksum.len, 6);
    assert_ptr_equal(key.display.ptr, text.ptr);
    assert_int_equal(key.display.len, strlen(known[i].prefix) + 5);

    random_of(key.random, random);
    assert_int_equal(csn_api_key_make(key.prefix, random, &made), CSN_OK);
    assert_true(csn_span_equal(span_of(&made), text));

    csn_api_key_hash(&pepper, text, hash);
    for (size_t b = 0; b < sizeof hash; b++) (void)snprintf(hex + 2 * b, 3, "%02x", hash[b]);
    assert_string_equal(hex, known[i].hash);
  }
}

/* The bit-by-bit definition, as the checksum's independent implementation. */
static uint32_t crc_by_bits(csn_span bytes) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < bytes.len * 8; i++) {
    uint32_t bit = (crc ^ (uint32_t)bytes.ptr[i / 8] >> i % 8) & 1;
    crc = bit != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

static void ten_thousand_keys_agree_with_other_implementations(void **state) {
  csn_key pepper = pepper_of(TEST_SECRET);
  (void)state;
  assert_int_equal(crc_by_bits(csn_span_str("123456789")), 0xcbf43926); /* the check value of CRC-32/ISO-HDLC */
  for (uint64_t i = 0; i < 10000; i++) {
    static const char *const prefixes[] = {"csn", "a", "0123456789abcdef", "live9"};
    csn_api_key_text made = make(prefixes[i % 4], i);
    csn_span text = span_of(&made);
    uint8_t ours[32], theirs[32];
    uint64_t value = 0;
    size_t offset;
    assert_int_equal(parse(text, &offset), CSN_REASON_ACCEPTED);
    for (size_t c = text.len - 6; c < text.len; c++)
      value = value * BASE + (uint64_t)(strchr(ALPHABET, text.ptr[c]) - ALPHABET);
    assert_int_equal(value, crc_by_bits(csn_span_of(text.ptr, text.len - 6)));
    csn_api_key_hash(&pepper, text, ours);
    assert_non_null(HMAC(EVP_sha256(), TEST_SECRET, (int)strlen(TEST_SECRET), text.ptr, text.len, theirs, NULL));
    assert_memory_equal(ours, theirs, sizeof ours);
  }
}

/* ---- making ---- */

/* Chi-square over the 62 characters, 61 degrees of freedom: above 120.6 once in 100,000 generators that are uniform.
 * The control folds a byte instead of passing over what is too large: its bias must be found. */
static double chi_square(const size_t counts[BASE], size_t total) {
  double expected = (double)total / BASE, sum = 0;
  for (size_t i = 0; i < BASE; i++) sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
  return sum;
}

static void characters_are_uniform(void **state) {
  size_t counts[BASE] = {0}, folded[BASE] = {0}, keys = 5000;
  (void)state;
  for (uint64_t i = 0; i < keys; i++) {
    csn_api_key_text text = make("k", i);
    uint8_t random[CSN_API_KEY_RANDOM_BYTES];
    fill(i, random);
    for (size_t c = 0; c < 43; c++) {
      counts[strchr(ALPHABET, text.bytes[2 + c]) - ALPHABET]++;
      folded[random[c] % BASE]++;
    }
  }
  assert_true(chi_square(counts, keys * 43) < 120.6);
  assert_true(chi_square(folded, keys * 43) > 120.6);
}

static void keys_need_enough_usable_bytes(void **state) {
  static const csn_api_key_text wiped;
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  csn_api_key_text text;
  (void)state;
  memset(random, 62, sizeof random); /* 62 and 63 are passed over, whatever the two bits above them */
  memset(random, 63 | 0x40, 10);
  memset(random + 21, 61 | 0x80, 43);
  assert_int_equal(csn_api_key_make(csn_span_str("k"), random, &text), CSN_OK);
  for (size_t i = 2; i < 2 + 43; i++) assert_int_equal(text.bytes[i], 'z');
  random[40] = 62;
  assert_int_equal(csn_api_key_make(csn_span_str("k"), random, &text), CSN_ERROR_INVALID_ARGUMENT);
  assert_memory_equal(&text, &wiped, sizeof text);
}

static void prefix_has_its_form(void **state) {
  const char *const refused[] = {"",  "0123456789abcdefg", "Key", "a_b", "a-b", "a ", "\xc3\xa9", "a/", "a:", "a`",
                                 "a{"};
  static const csn_api_key_text wiped;
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  csn_api_key_text text;
  (void)state;
  fill(1, random);
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    memset(&text, 0xa5, sizeof text);
    assert_int_equal(csn_api_key_make(csn_span_str(refused[i]), random, &text), CSN_ERROR_INVALID_ARGUMENT);
    assert_memory_equal(&text, &wiped, sizeof text);
  }
  assert_int_equal(make("a", 1).len, 51);
  assert_int_equal(make("0az9456789abcdef", 1).len, CSN_API_KEY_MAX);
}

/* ---- reading ---- */

/* Every prefix of a key, and every key with a byte more, ends at a page that may not be read. */
static void length_is_exact(void **state) {
  guarded page = guarded_new(CSN_API_KEY_MAX + 1);
  char longer[CSN_API_KEY_MAX + 2];
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    size_t len = strlen(known[i].text), offset;
    for (size_t cut = 0; cut < len; cut++) {
      assert_refused(guarded_copy(&page, csn_span_of(known[i].text, cut)), CSN_REASON_API_KEY_MALFORMED, cut);
    }
    assert_int_equal(parse(guarded_copy(&page, csn_span_str(known[i].text)), &offset), CSN_REASON_ACCEPTED);
    (void)snprintf(longer, sizeof longer, "%s0", known[i].text);
    assert_refused(guarded_copy(&page, csn_span_str(longer)), CSN_REASON_API_KEY_MALFORMED, len);
    csn_span with_nul = csn_span_of(known[i].text, len + 1);
    assert_refused(guarded_copy(&page, with_nul), CSN_REASON_API_KEY_MALFORMED, len);
  }
  assert_refused(csn_span_of(NULL, 0), CSN_REASON_API_KEY_MALFORMED, 0);
  guarded_free(&page);
}

static void form_is_exact(void **state) {
#define PART "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg4B4GYz"
  static const struct {
    const char *text;
    size_t at;
  } refused[] = {
      {"_" PART, 0},
      {" csn_" PART, 0},
      {"csn__" PART, 4},
      {"csn-" PART, 3},
      {"Csn_" PART, 0},
      {"csn" PART, 13},
      {"csn_" PART " ", 53},
      {"csn_" PART "\n", 53},
      {"cs n_" PART, 2},
      {"csn_ " PART, 4},
      {"0123456789abcdefg_" PART, 16},
      {"Bearer csn_" PART, 0},
      {"\"csn_" PART "\"", 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_refused(csn_span_str(refused[i].text), CSN_REASON_API_KEY_MALFORMED, refused[i].at);
  }
  assert_refused(csn_span_of("csn\0_" PART, 5 + RANDOM_AND_CHECKSUM), CSN_REASON_API_KEY_MALFORMED, 3);
}

static bool is_one_of(char c, const char *set) {
  return c != 0 && strchr(set, c) != NULL;
}

/* What a key with one changed character is refused for, and where. A CRC-32 finds every error within 32 bits, so what
 * still has the form is refused for its checksum. */
static csn_reason refusal_of(csn_span text, size_t prefix, size_t at, size_t *offset) {
  const char *const prefix_set = "0123456789abcdefghijklmnopqrstuvwxyz";
  char c = (char)text.ptr[at];
  *offset = text.len - 6;
  if (at < prefix ? is_one_of(c, prefix_set) : at > prefix && is_one_of(c, ALPHABET)) {
    return CSN_REASON_API_KEY_CHECKSUM;
  }
  *offset = at;
  if (at > 0 && at < prefix && c == '_') *offset = prefix; /* the prefix ends early; a second '_' is one too many */
  if (at == prefix) {                                      /* it goes on into the random part */
    while (*offset < CSN_API_KEY_PREFIX_MAX && is_one_of((char)text.ptr[*offset], prefix_set)) ++*offset;
  }
  return CSN_REASON_API_KEY_MALFORMED;
}

/* Each byte in turn becomes each of the 255 others. */
static void every_changed_character_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char bytes[CSN_API_KEY_MAX];
    csn_span text = csn_span_of(bytes, strlen(known[i].text));
    size_t prefix = strlen(known[i].prefix), checksum = 0, offset;
    memcpy(bytes, known[i].text, text.len);
    for (size_t at = 0; at < text.len; at++) {
      for (int change = 1; change < 256; change++) {
        bytes[at] = (char)(known[i].text[at] ^ change);
        csn_reason expected = refusal_of(text, prefix, at, &offset);
        assert_refused(text, expected, offset);
        checksum += expected == CSN_REASON_API_KEY_CHECKSUM;
      }
      bytes[at] = known[i].text[at];
    }
    assert_int_equal(checksum, prefix * 35 + RANDOM_AND_CHECKSUM * 61);
  }
}

/* Who changes the checksum, too, has another key: its hash is another. */
static void other_texts_and_other_peppers_have_other_hashes(void **state) {
  csn_key pepper = pepper_of(TEST_SECRET), other = pepper_of("another pepper of more than thirty-two bytes");
  csn_api_key_text a = make("csn", 1), b = make("csn", 2), c = make("csm", 1);
  uint8_t hashes[4][CSN_API_KEY_HASH_BYTES];
  (void)state;
  csn_api_key_hash(&pepper, span_of(&a), hashes[0]);
  csn_api_key_hash(&pepper, span_of(&b), hashes[1]);
  csn_api_key_hash(&pepper, span_of(&c), hashes[2]);
  csn_api_key_hash(&other, span_of(&a), hashes[3]);
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < i; j++) assert_memory_not_equal(hashes[i], hashes[j], sizeof hashes[i]);
  }
}

/* ---- scopes and states ---- */

static void scopes_are_a_list_of_tokens(void **state) {
  const char *const valid[] = {"", "a", "read write", "!", "~", "#$%[]^`{|}", "a a", "https://example.org/x"};
  const char *const refused[] = {" ", " a", "a ", "a  b", "a\tb", "a\"b", "a\\b", "a\x7f", "\xc3\xa9", "a\n", "\x1f"};
  char text[CSN_API_KEY_SCOPES_MAX + 1];
  (void)state;
  for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
    assert_true(csn_api_key_scopes_valid(csn_span_str(valid[i])));
  }
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_false(csn_api_key_scopes_valid(csn_span_str(refused[i])));
  }
  assert_false(csn_api_key_scopes_valid(csn_span_of("a\0b", 3)));
  memset(text, 's', sizeof text);
  assert_true(csn_api_key_scopes_valid(csn_span_of(text, CSN_API_KEY_SCOPES_MAX)));
  assert_false(csn_api_key_scopes_valid(csn_span_of(text, CSN_API_KEY_SCOPES_MAX + 1)));
}

static bool cover(const char *held, const char *required) {
  return csn_scopes_cover(csn_span_str(held), csn_span_str(required));
}

static void all_required_scopes_must_be_held(void **state) {
  (void)state;
  assert_true(cover("", ""));
  assert_true(cover("read", ""));
  assert_false(cover("", "read"));
  assert_true(cover("read write", "write read"));
  assert_true(cover("read write", "write"));
  assert_true(cover("read", "read read"));
  assert_false(cover("read write", "read write admin"));
  assert_false(cover("read write", "admin read"));
  assert_false(cover("reader", "read"));
  assert_false(cover("read", "reader"));
  assert_false(cover("Read", "read"));
  assert_false(cover("read ", "read")); /* not a list: covers nothing, not even nothing */
  assert_false(cover("read ", ""));
  assert_false(cover("read", "read "));
}

static void state_has_its_boundaries(void **state) {
  csn_api_key_record record = {.created = 50};
  (void)state;
  assert_int_equal(csn_api_key_state_at(&record, 0), CSN_API_KEY_ACTIVE);
  assert_int_equal(csn_api_key_state_at(&record, INT64_MAX), CSN_API_KEY_ACTIVE);
  record.expires = 100;
  assert_int_equal(csn_api_key_state_at(&record, 100), CSN_API_KEY_ACTIVE);
  assert_int_equal(csn_api_key_state_at(&record, 101), CSN_API_KEY_EXPIRED);
  record.grace_until = 90;
  assert_int_equal(csn_api_key_state_at(&record, 90), CSN_API_KEY_GRACE);
  assert_int_equal(csn_api_key_state_at(&record, 91), CSN_API_KEY_EXPIRED);
  record.grace_until = 110; /* a grace does not lengthen a life */
  assert_int_equal(csn_api_key_state_at(&record, 100), CSN_API_KEY_GRACE);
  assert_int_equal(csn_api_key_state_at(&record, 101), CSN_API_KEY_EXPIRED);
  record.expires = 0;
  assert_int_equal(csn_api_key_state_at(&record, 110), CSN_API_KEY_GRACE);
  assert_int_equal(csn_api_key_state_at(&record, 111), CSN_API_KEY_EXPIRED);
  record.revoked = true;
  assert_int_equal(csn_api_key_state_at(&record, 60), CSN_API_KEY_REVOKED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_keys_are_made_read_and_hashed),
      cmocka_unit_test(ten_thousand_keys_agree_with_other_implementations),
      cmocka_unit_test(characters_are_uniform),
      cmocka_unit_test(keys_need_enough_usable_bytes),
      cmocka_unit_test(prefix_has_its_form),
      cmocka_unit_test(length_is_exact),
      cmocka_unit_test(form_is_exact),
      cmocka_unit_test(every_changed_character_is_found),
      cmocka_unit_test(other_texts_and_other_peppers_have_other_hashes),
      cmocka_unit_test(scopes_are_a_list_of_tokens),
      cmocka_unit_test(all_required_scopes_must_be_held),
      cmocka_unit_test(state_has_its_boundaries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
