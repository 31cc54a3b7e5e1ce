/* RFC 9421 appendix B.2: the bases of its requests, and the signatures that it prints, verified by OpenSSL. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "signature_support.h"

#define INPUT_25 "(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\""
#define INPUT_26                                                                        \
  "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")" \
  ";created=1618884473;keyid=\"test-key-ed25519\""

#define INPUT_21 "();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\""
#define INPUT_22                                                                         \
  "(\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\");created=1618884473" \
  ";keyid=\"test-key-rsa-pss\";tag=\"header-example\""
#define INPUT_23                                                                                  \
  "(\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" \"content-type\" \"content-digest\"" \
  " \"content-length\");created=1618884473;keyid=\"test-key-rsa-pss\""

static void bases_of_the_rfcs_test_cases(void **state) {
  (void)state;
  assert_lines(&test_request, INPUT_21, "");
  assert_lines(&test_request, INPUT_22,
               "\"@authority\": example.com\n\"content-digest\": " DIGEST "\n\"@query-param\";name=\"Pet\": dog\n");
  assert_lines(&test_request, INPUT_23,
               "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n"
               "\"@query\": ?param=Value&Pet=dog\n\"@authority\": example.com\n\"content-type\": application/json\n"
               "\"content-digest\": " DIGEST "\n\"content-length\": 18\n");
  assert_lines(&test_request, INPUT_25,
               "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n"
               "\"content-type\": application/json\n");
  assert_lines(&test_request, INPUT_26,
               "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n"
               "\"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n");
}

static size_t unbase64(uint8_t *out, const char *text) {
  size_t len = strlen(text), pad = text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
  assert_int_equal(EVP_DecodeBlock(out, (const uint8_t *)text, (int)len), len / 4 * 3);
  return len / 4 * 3 - pad;
}

/* Appendix B.1.5, B.2.5. */
static bool verifies_hmac(void) {
  uint8_t key[96], claimed[48], mac[EVP_MAX_MD_SIZE];
  unsigned mac_len = 0;
  size_t key_len =
      unbase64(key, "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==");
  assert_int_equal(unbase64(claimed, "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="), 32);
  assert_non_null(HMAC(EVP_sha256(), key, (int)key_len, base, base_len, mac, &mac_len));
  return mac_len == 32 && memcmp(mac, claimed, 32) == 0;
}

/* Appendix B.1.4, B.2.6. */
static bool verifies_ed25519(void) {
  uint8_t public_key[48], signature[96];
  assert_int_equal(unbase64(public_key, "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="), 32);
  assert_int_equal(
      unbase64(signature, "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="),
      64);
  EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key), 1);
  bool right = EVP_DigestVerify(context, signature, 64, base, base_len) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return right;
}

/* Appendix B.1.2, B.2.1 to B.2.3: RSASSA-PSS, SHA-512, 64 bytes of salt. */
static bool verifies_rsa_pss(const char *signature_text) {
  static const char der_text[] =
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+"
      "Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgc"
      "hwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9"
      "v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI2wIDAQAB";
  uint8_t der[400], signature[300];
  const uint8_t *at = der;
  size_t der_len = unbase64(der, der_text);
  assert_int_equal(unbase64(signature, signature_text), 256);
  EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der_len);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_PKEY_CTX *options = NULL;
  assert_int_equal(EVP_DigestVerifyInit(context, &options, EVP_sha512(), NULL, key), 1);
  assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
  assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 64), 1);
  bool right = EVP_DigestVerify(context, signature, 256, base, base_len) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return right;
}

static void the_rfcs_signatures_are_those_of_the_bases(void **state) {
  static const char *const rsa_pss[][2] = {
      {INPUT_21,
       "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA"
       "7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0m"
       "KZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO"
       "5Nyt8C8ssinQ98Xw9Q=="},
      {INPUT_22,
       "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+EC"
       "xCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7C"
       "l+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQ"
       "l3/XaVe4bXTugEjHSw=="},
      {INPUT_23,
       "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38"
       "K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCo"
       "C1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FU"
       "o5fTIztsDZKEgM4cUA=="},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rsa_pss); i++) {
    assert_int_equal(make_base(&test_request, &https, csn_span_str(rsa_pss[i][0])), CSN_REASON_ACCEPTED);
    assert_true(verifies_rsa_pss(rsa_pss[i][1]));
    base[base_len / 2] ^= 1;
    assert_false(verifies_rsa_pss(rsa_pss[i][1]));
  }
  assert_int_equal(make_base(&test_request, &https, csn_span_str(INPUT_25)), CSN_REASON_ACCEPTED);
  assert_true(verifies_hmac());
  assert_int_equal(make_base(&test_request, &https, csn_span_str(INPUT_26)), CSN_REASON_ACCEPTED);
  assert_true(verifies_ed25519());
}

/* The request in memory that may be changed: what B.2.6 covers of it, and its input. */
static char method[] = "POST", target[] = "/foo", host[] = "example.com", date[] = "Tue, 20 Apr 2021 02:07:55 GMT",
            type[] = "application/json", length[] = "18", covered_26[] = INPUT_26;

static bool changed_request_verifies(void) {
  csn_header headers[] = {{csn_span_str("host"), csn_span_of(host, sizeof host - 1)},
                          {csn_span_str("date"), csn_span_of(date, sizeof date - 1)},
                          {csn_span_str("content-type"), csn_span_of(type, sizeof type - 1)},
                          {csn_span_str("content-length"), csn_span_of(length, sizeof length - 1)}};
  csn_request request = {.method = csn_span_of(method, sizeof method - 1),
                         .target = csn_span_of(target, sizeof target - 1),
                         .headers = headers,
                         .header_count = COUNT(headers)};
  csn_span covered = csn_span_of(covered_26, sizeof covered_26 - 1);
  return make_base(&request, &https, covered) == CSN_REASON_ACCEPTED && verifies_ed25519();
}

static void any_flipped_bit_of_what_is_signed_fails(void **state) {
  struct {
    char *bytes;
    size_t len;
  } parts[] = {{method, sizeof method - 1},
               {target, sizeof target - 1},
               {host, sizeof host - 1},
               {date, sizeof date - 1},
               {type, sizeof type - 1},
               {length, sizeof length - 1},
               {covered_26, sizeof covered_26 - 1}};
  (void)state;
  assert_true(changed_request_verifies());
  for (size_t p = 0; p < COUNT(parts); p++) {
    for (size_t bit = 0; bit < 8 * parts[p].len; bit++) {
      char *byte = &parts[p].bytes[bit / 8], was = *byte;
      *byte = (char)(was ^ 1 << bit % 8);
      bool same_host = parts[p].bytes == host && bit % 8 == 5 && was != '.'; /* a letter's case */
      if (changed_request_verifies() != same_host) fail_msg("part %zu, bit %zu", p, bit);
      *byte = was;
    }
  }
  assert_true(changed_request_verifies());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bases_of_the_rfcs_test_cases),
      cmocka_unit_test(the_rfcs_signatures_are_those_of_the_bases),
      cmocka_unit_test(any_flipped_bit_of_what_is_signed_fails),
  };
  input = guarded_new(4096);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
