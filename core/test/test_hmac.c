/* HMAC-SHA-256 from precomputed pad states, against RFC 4231 and against OpenSSL's HMAC(). */
#include "../src/hmac.h"

#include <openssl/hmac.h>

#include "../src/encoding.h"
#include "rfc4231.h"
#include "support.h"

static csn_span from_hex(const char *hex, uint8_t *out) {
  size_t offset = 0;
  assert_true(csn_hex_decode(csn_span_str(hex), out, &offset));
  return csn_span_of(out, strlen(hex) / 2);
}

static void rfc_4231_cases_agree(void **state) {
  (void)state;
  for (size_t i = 0; i < RFC4231_CASES; i++) {
    uint8_t secret[256], data[256], expected[32], mac[32];
    csn_key key;
    csn_hmac_set_key(&key, from_hex(rfc4231_cases[i].key_hex, secret));
    from_hex(rfc4231_cases[i].mac_hex, expected);
    csn_hmac_sha256(&key, from_hex(rfc4231_cases[i].data_hex, data), mac);
    assert_memory_equal(mac, expected, sizeof mac);
  }
}

/* Every key length through three blocks, every message length through five: all the paddings. */
static void every_length_agrees_with_openssl(void **state) {
  uint8_t secret[192], data[320], ours[32], theirs[EVP_MAX_MD_SIZE];
  (void)state;
  for (size_t i = 0; i < sizeof secret; i++) secret[i] = (uint8_t)(i * 7 + 1);
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 13 + 5);
  for (size_t key_len = 1; key_len <= sizeof secret; key_len += key_len < 60 || key_len > 70 ? 13 : 1) {
    csn_key key;
    csn_hmac_set_key(&key, csn_span_of(secret, key_len));
    for (size_t len = 0; len <= sizeof data; len++) {
      unsigned out_len = 0;
      csn_hmac_sha256(&key, csn_span_of(data, len), ours);
      assert_non_null(HMAC(EVP_sha256(), secret, (int)key_len, data, len, theirs, &out_len));
      assert_memory_equal(ours, theirs, sizeof ours);
    }
  }
}

static void streaming_gives_the_same_for_every_split(void **state) {
  uint8_t data[150], whole[32], split[32];
  csn_key key;
  (void)state;
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 13 + 5);
  csn_hmac_set_key(&key, csn_span_str(TEST_SECRET));
  csn_hmac_sha256(&key, csn_span_of(data, sizeof data), whole);
  for (size_t at = 0; at <= sizeof data; at++) {
    csn_hmac hmac;
    csn_hmac_init(&hmac, &key);
    csn_hmac_update(&hmac, csn_span_of(data, at));
    csn_hmac_update(&hmac, csn_span_of(NULL, 0));
    csn_hmac_update(&hmac, csn_span_of(data + at, sizeof data - at));
    csn_hmac_final(&hmac, split);
    assert_memory_equal(whole, split, sizeof whole);
  }
}

/* Of a word of the block several pieces may have a part, and of a piece several blocks. */
static void pieces_of_any_lengths_agree_with_openssl(void **state) {
  static const size_t longest[] = {3, 9, 30, 70, 200};
  uint8_t data[400], ours[32], theirs[EVP_MAX_MD_SIZE];
  uint32_t random = 1;
  csn_key key;
  (void)state;
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 13 + 5);
  csn_hmac_set_key(&key, csn_span_str(TEST_SECRET));
  for (size_t i = 0; i < 5 * sizeof data; i++) {
    csn_hmac hmac;
    csn_hmac_init(&hmac, &key);
    for (size_t at = 0, len; at < i / 5; at += len) {
      random = random * 1664525 + 1013904223;
      len = (random >> 8) % (longest[i % 5] + 1);
      if (len > i / 5 - at) len = i / 5 - at;
      csn_hmac_update(&hmac, csn_span_of(data + at, len));
    }
    csn_hmac_final(&hmac, ours);
    assert_non_null(HMAC(EVP_sha256(), TEST_SECRET, (int)strlen(TEST_SECRET), data, i / 5, theirs, NULL));
    assert_memory_equal(ours, theirs, sizeof ours);
  }
}

static void another_key_gives_another_mac(void **state) {
  uint8_t one[32], two[32];
  csn_key key;
  (void)state;
  csn_hmac_set_key(&key, csn_span_str(TEST_SECRET));
  csn_hmac_sha256(&key, csn_span_str("message"), one);
  csn_hmac_set_key(&key, csn_span_str(TEST_SECRET "."));
  csn_hmac_sha256(&key, csn_span_str("message"), two);
  assert_memory_not_equal(one, two, sizeof one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_4231_cases_agree),
      cmocka_unit_test(every_length_agrees_with_openssl),
      cmocka_unit_test(streaming_gives_the_same_for_every_split),
      cmocka_unit_test(pieces_of_any_lengths_agree_with_openssl),
      cmocka_unit_test(another_key_gives_another_mac),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
