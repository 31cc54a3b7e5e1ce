/* HMAC-SHA-256 from precomputed pad states, against RFC 4231 and against OpenSSL's HMAC(). */
#include "../src/hmac.h"

#include <openssl/hmac.h>

#include "../src/encoding.h"
#include "support.h"

typedef struct rfc4231_case {
  const char *key_hex, *data_hex, *mac_hex;
} rfc4231_case;

/* Cases 1 to 4, 6 and 7 of RFC 4231 section 4; case 5 is a truncation. */
static const rfc4231_case cases[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206"
     "c"
     "6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f2062652068617368656420626"
     "566"
     "6f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static csn_span from_hex(const char *hex, uint8_t *out) {
  size_t offset = 0;
  assert_true(csn_hex_decode(csn_span_str(hex), out, &offset));
  return csn_span_of(out, strlen(hex) / 2);
}

static void rfc_4231_cases_agree(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t secret[256], data[256], expected[32], mac[32];
    csn_key key;
    csn_hmac_set_key(&key, from_hex(cases[i].key_hex, secret));
    from_hex(cases[i].mac_hex, expected);
    csn_hmac_sha256(&key, from_hex(cases[i].data_hex, data), mac);
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
  memset(data, 0x5a, sizeof data);
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
      cmocka_unit_test(another_key_gives_another_mac),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
