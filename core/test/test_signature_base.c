/* Signature bases: the answers of RFC 9421 section 2 and appendix B, with the signatures that they carry there, and
 * what has no signature base. */
#include <countersign/http_signature.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "guarded.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define H(name, value) \
  { CSN_SPAN_LITERAL(name), CSN_SPAN_LITERAL(value) }

static guarded input;
static uint8_t base[CSN_SIGNATURE_BASE_MAX + 1];
static size_t base_len, offset;

static const csn_structured_field example_dict = {CSN_SPAN_LITERAL("example-dict"), CSN_SF_DICTIONARY};
static csn_http_context https = {.scheme = CSN_SPAN_LITERAL("https"), .fields = &example_dict, .field_count = 1};

static csn_reason make_base(const csn_request *request, const csn_http_context *context, csn_span covered) {
  csn_byte_buffer buffer = {.bytes = base, .size = sizeof base - 1};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  csn_reason reason = csn_signature_base(request, context, covered, &sink, &offset);
  assert_false(buffer.overflow);
  base_len = buffer.len;
  base[base_len] = 0;
  return reason;
}

static void assert_reason_is(csn_reason reason, csn_reason expected, const char *covered) {
  if (reason == expected) return;
  fail_msg("%s: %s, not %s, at %zu", covered, csn_reason_label(reason), csn_reason_label(expected), offset);
}

/* The lines in front of the parameters, each with its line feed. */
static void assert_lines(const csn_request *request, const char *covered, const char *lines) {
  csn_reason reason = make_base(request, &https, guarded_copy(&input, csn_span_str(covered)));
  assert_reason_is(reason, CSN_REASON_ACCEPTED, covered);
  char expected[2048];
  (void)snprintf(expected, sizeof expected, "%s\"@signature-params\": %s", lines, covered);
  assert_string_equal((const char *)base, expected);
}

static void assert_refused(const csn_request *request, const char *covered, csn_reason expected, size_t at) {
  csn_reason reason = make_base(request, &https, guarded_copy(&input, csn_span_str(covered)));
  assert_reason_is(reason, expected, covered);
  if (offset != at) fail_msg("%s: at %zu, not %zu", covered, offset, at);
}

/* ---- appendix B.2: the request, the bases, their signatures ---- */

#define DIGEST "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"

static const csn_header test_headers[] = {
    H("Host", "example.com"),
    H("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    H("Content-Type", "application/json"),
    H("Content-Digest", DIGEST),
    H("Content-Length", "18"),
};

static const csn_request test_request = {
    .method = CSN_SPAN_LITERAL("POST"),
    .target = CSN_SPAN_LITERAL("/foo?param=Value&Pet=dog"),
    .headers = test_headers,
    .header_count = COUNT(test_headers),
    .body = CSN_SPAN_LITERAL("{\"hello\": \"world\"}"),
};

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

/* ---- section 2.1: fields ---- */

static const csn_header field_headers[] = {
    H("Host", "www.example.com"),
    H("Date", "Tue, 20 Apr 2021 02:07:56 GMT"),
    H("X-OWS-Header", "   Leading and trailing whitespace.\t "),
    H("Cache-Control", "max-age=60"),
    H("Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
    H("CACHE-CONTROL", "   must-revalidate"),
    H("X-Empty-Header", ""),
    H("Example-Header", "value, with, lots"),
    H("Example-Header", "of, commas"),
    H("X-Latin", "caf\xe9"),
    H("X-Fold", "a\r\n b"),
    H("X-Broken", "a=1, b=\""),
    H("Priority", "u=1"),
    H("Priority", "i"),
    H("Want-Content-Digest", "a=1"),
    H("Want-Content-Digest", "a=2"),
};

static const csn_request field_request = {.method = CSN_SPAN_LITERAL("GET"),
                                          .target = CSN_SPAN_LITERAL("/"),
                                          .headers = field_headers,
                                          .header_count = COUNT(field_headers)};

static void fields_are_trimmed_and_joined(void **state) {
  (void)state;
  assert_lines(&field_request,
               "(\"host\" \"date\" \"x-ows-header\" \"cache-control\" \"example-dict\" \"x-empty-header\")",
               "\"host\": www.example.com\n\"date\": Tue, 20 Apr 2021 02:07:56 GMT\n"
               "\"x-ows-header\": Leading and trailing whitespace.\n\"cache-control\": max-age=60, must-revalidate\n"
               "\"example-dict\": a=1,    b=2;x=1;y=2,   c=(a   b   c), d\n\"x-empty-header\": \n");
}

static void structured_fields_are_written_strictly(void **state) {
  (void)state;
  assert_lines(&field_request, "(\"example-dict\";sf)", "\"example-dict\";sf: a=1, b=2;x=1;y=2, c=(a b c), d\n");
  assert_lines(&field_request,
               "(\"example-dict\";key=\"a\" \"example-dict\";key=\"d\" \"example-dict\";key=\"b\" "
               "\"example-dict\";key=\"c\" \"example-dict\";sf;key=\"b\")",
               "\"example-dict\";key=\"a\": 1\n\"example-dict\";key=\"d\": ?1\n"
               "\"example-dict\";key=\"b\": 2;x=1;y=2\n\"example-dict\";key=\"c\": (a b c)\n"
               "\"example-dict\";sf;key=\"b\": 2;x=1;y=2\n");
  assert_lines(&field_request, "(\"priority\";sf \"priority\";key=\"i\")",
               "\"priority\";sf: u=1, i\n\"priority\";key=\"i\": ?1\n");
}

static void byte_sequences_keep_lines_apart(void **state) {
  csn_header one[] = {H("Example-Header", "value, with, lots, of, commas")};
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = one, .header_count = 1};
  (void)state;
  assert_lines(&field_request, "(\"example-header\" \"example-header\";bs \"x-latin\";bs)",
               "\"example-header\": value, with, lots, of, commas\n"
               "\"example-header\";bs: :dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:\n\"x-latin\";bs: :Y2Fm6Q==:\n");
  assert_lines(&request, "(\"example-header\" \"example-header\";bs)",
               "\"example-header\": value, with, lots, of, commas\n"
               "\"example-header\";bs: :dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:\n");
}

typedef struct refusal {
  const char *covered;
  csn_reason reason;
  size_t offset;
} refusal;

static void fields_without_a_value_are_refused(void **state) {
  static const refusal refusals[] = {
      {"(\"date\" \"x-none\")", CSN_REASON_COMPONENT_MISSING, 8},
      {"(\"Date\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"da te\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(date)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(1)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"x-latin\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"x-fold\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"x-ows-header\";sf)", CSN_REASON_COMPONENT_UNSUPPORTED, 1}, /* not known to be structured */
      {"(\"x-broken\";key=\"a\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"example-dict\";key=\"e\")", CSN_REASON_COMPONENT_MISSING, 1},
      {"(\"want-content-digest\";sf)", CSN_REASON_COMPONENT_INVALID, 1}, /* a key in two lines */
      {"(\"want-content-digest\";key=\"a\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"example-dict\";key=e)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"example-dict\";key=\"\\\"\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"example-dict\";sf=?0)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"example-dict\";sf;bs)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"example-dict\";key=\"a\";bs)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";name=\"a\")", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";req)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";tr)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";x)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\" \"host\" \"date\")", CSN_REASON_COMPONENT_REPEATED, 15},
      {"(\"example-dict\";sf;key=\"a\" \"example-dict\";key=\"a\";sf)", CSN_REASON_COMPONENT_REPEATED, 27},
      {"\"date\"", CSN_REASON_SIGNATURE_INPUT_INVALID, 0},
      {"(\"date\"", CSN_REASON_SIGNATURE_INPUT_INVALID, 7},
      {"(\"date\"),", CSN_REASON_SIGNATURE_INPUT_INVALID, 8},
      {"(\"date\");created=1;created=2", CSN_REASON_SIGNATURE_INPUT_INVALID, 19},
      {"", CSN_REASON_SIGNATURE_INPUT_INVALID, 0},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(refusals); i++) {
    assert_refused(&field_request, refusals[i].covered, refusals[i].reason, refusals[i].offset);
  }
}

/* ---- section 2.2: derived components ---- */

static csn_request request_for(const char *request_method, const char *request_target, csn_header *host_header) {
  csn_request request = {.method = csn_span_str(request_method),
                         .target = csn_span_str(request_target),
                         .headers = host_header,
                         .header_count = host_header == NULL ? 0 : 1};
  return request;
}

static void derived_components_of_the_rfc(void **state) {
  csn_header www = H("Host", "www.example.com"), shouted = H("Host", "WWW.Example.COM:443");
  csn_request request = request_for("POST", "/path?param=value&foo=bar&baz=bat%2Dman", &www);
  (void)state;
  assert_lines(&request,
               "(\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" \"@path\" \"@query\")",
               "\"@method\": POST\n\"@target-uri\": https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman\n"
               "\"@authority\": www.example.com\n\"@scheme\": https\n"
               "\"@request-target\": /path?param=value&foo=bar&baz=bat%2Dman\n\"@path\": /path\n"
               "\"@query\": ?param=value&foo=bar&baz=bat%2Dman\n");
  request = request_for("GET", "/path", &shouted);
  assert_lines(&request, "(\"@authority\" \"@query\" \"@target-uri\")",
               "\"@authority\": www.example.com\n\"@query\": ?\n\"@target-uri\": https://www.example.com/path\n");
  request = request_for("GET", "https://WWW.example.com?q", NULL);
  assert_lines(&request, "(\"@request-target\" \"@path\" \"@query\" \"@target-uri\" \"@authority\")",
               "\"@request-target\": https://WWW.example.com?q\n\"@path\": /\n\"@query\": ?q\n"
               "\"@target-uri\": https://www.example.com/?q\n\"@authority\": www.example.com\n");
  request = request_for("CONNECT", "www.example.com:80", &www);
  assert_lines(&request, "(\"@request-target\" \"@method\")",
               "\"@request-target\": www.example.com:80\n\"@method\": CONNECT\n");
  request = request_for("OPTIONS", "*", &www);
  assert_lines(&request, "(\"@request-target\" \"@authority\")",
               "\"@request-target\": *\n\"@authority\": www.example.com\n");
}

static void ports_are_dropped_only_where_they_are_the_schemes(void **state) {
  static const struct {
    const char *scheme, *host, *expected;
  } rows[] = {
      {"https", "a:443", "a"},       {"https", "a:80", "a:80"},       {"http", "a:80", "a"},
      {"http", "a:443", "a:443"},    {"HTTPS", "a:443", "a"},         {"https", "a:", "a"},
      {"https", "a:8443", "a:8443"}, {"https", "[::1]:443", "[::1]"}, {"https", "[A::443]", "[a::443]"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_header header = {csn_span_str("host"), csn_span_str(rows[i].host)};
    csn_request request = request_for("GET", "/", &header);
    csn_http_context context = {.scheme = csn_span_str(rows[i].scheme)};
    char expected[128];
    for (int from_context = 0; from_context < 2; from_context++) {
      if (from_context == 1) {
        context.authority = header.value;
        request.header_count = 0;
      }
      assert_int_equal(make_base(&request, &context, csn_span_str("(\"@authority\")")), CSN_REASON_ACCEPTED);
      (void)snprintf(expected, sizeof expected, "\"@authority\": %s\n\"@signature-params\": (\"@authority\")",
                     rows[i].expected);
      assert_string_equal((const char *)base, expected);
    }
  }
}

static csn_reason derive(const csn_request *request, const csn_http_context *context, const char *covered) {
  return make_base(request, context, csn_span_str(covered));
}

static void targets_and_contexts_do_not_contradict(void **state) {
  csn_http_context context = {.scheme = csn_span_str("https"), .authority = csn_span_str("example.com:443")};
  csn_http_context nothing = {.scheme = csn_span_of(NULL, 0)};
  csn_header hosts[] = {H("Host", "a"), H("host", "a")}, bad = H("Host", "a/b"), user = H("Host", "u@a");
  csn_request request = request_for("GET", "https://Example.com/", NULL);
  (void)state;
  assert_int_equal(derive(&request, &context, "(\"@target-uri\")"), CSN_REASON_ACCEPTED);
  request = request_for("GET", "https://example.org/", NULL);
  assert_int_equal(derive(&request, &context, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("GET", "http://example.com/", NULL);
  assert_int_equal(derive(&request, &context, "(\"@scheme\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("GET", "/", hosts);
  assert_int_equal(derive(&request, &nothing, "(\"@scheme\")"), CSN_REASON_COMPONENT_MISSING);
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_ACCEPTED);
  request.header_count = 2;
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request.header_count = 0;
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_MISSING);
  request = request_for("GET", "/", &bad);
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("GET", "/", &user);
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("OPTIONS", "*", hosts);
  assert_int_equal(derive(&request, &https, "(\"@path\")"), CSN_REASON_COMPONENT_MISSING);
  assert_int_equal(derive(&request, &https, "(\"@target-uri\")"), CSN_REASON_COMPONENT_MISSING);
  request = request_for("CONNECT", "a://b", hosts);
  assert_int_equal(derive(&request, &https, "(\"@query\")"), CSN_REASON_COMPONENT_MISSING);
  request = request_for("GET", "/a\nb", hosts);
  assert_int_equal(derive(&request, &https, "(\"@path\")"), CSN_REASON_COMPONENT_INVALID);
}

static void query_parameters_are_encoded_anew(void **state) {
  csn_request request = request_for(
      "GET",
      "/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something",
      NULL);
  (void)state;
  assert_lines(&request,
               "(\"@query-param\";name=\"var\" \"@query-param\";name=\"bar\" "
               "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\")",
               "\"@query-param\";name=\"var\": this%20is%20a%20big%0Amultiline%20value\n"
               "\"@query-param\";name=\"bar\": with%20plus%20whitespace\n"
               "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\": something\n");
  request = request_for("GET", "/path?param=value&foo=bar&baz=batman&qux=&&%61=%2g%&b=c=d&e&~=*-._~&f=%ff", NULL);
  assert_lines(&request,
               "(\"@query-param\";name=\"baz\" \"@query-param\";name=\"qux\" \"@query-param\";name=\"param\" "
               "\"@query-param\";name=\"a\" \"@query-param\";name=\"b\" \"@query-param\";name=\"e\" "
               "\"@query-param\";name=\"%7E\" \"@query-param\";name=\"f\")",
               "\"@query-param\";name=\"baz\": batman\n\"@query-param\";name=\"qux\": \n"
               "\"@query-param\";name=\"param\": value\n\"@query-param\";name=\"a\": %252g%25\n"
               "\"@query-param\";name=\"b\": c%3Dd\n\"@query-param\";name=\"e\": \n"
               "\"@query-param\";name=\"%7E\": *-._%7E\n\"@query-param\";name=\"f\": %FF\n");
  request = request_for("GET", "/?a=1&%61=2&b=3&B=4", NULL);
  assert_lines(&request, "(\"@query-param\";name=\"b\")", "\"@query-param\";name=\"b\": 3\n");
  assert_refused(&request, "(\"@query-param\";name=\"a\")", CSN_REASON_COMPONENT_INVALID, 1);
  assert_refused(&request, "(\"@query-param\";name=\"%61\")", CSN_REASON_COMPONENT_MISSING, 1);
  assert_refused(&request, "(\"@query-param\";name=\"c\")", CSN_REASON_COMPONENT_MISSING, 1);
  assert_refused(&request, "(\"@query-param\")", CSN_REASON_COMPONENT_UNSUPPORTED, 1);
}

static void derived_components_of_others_are_refused(void **state) {
  static const char *const unsupported[] = {"(\"@status\")",    "(\"@signature-params\")", "(\"@\")",
                                            "(\"@METHOD\")",    "(\"@method\";req)",       "(\"@method\";sf)",
                                            "(\"@method\";bs)", "(\"@path\";key=\"a\")",   "(\"@path\";name=\"a\")"};
  (void)state;
  for (size_t i = 0; i < COUNT(unsupported); i++) {
    assert_refused(&test_request, unsupported[i], CSN_REASON_COMPONENT_UNSUPPORTED, 1);
  }
}

static void components_are_counted(void **state) {
  csn_header headers[CSN_COMPONENTS_MAX + 1];
  char names[CSN_COMPONENTS_MAX + 1][8], covered[1024] = "(";
  (void)state;
  for (size_t i = 0; i <= CSN_COMPONENTS_MAX; i++) {
    (void)snprintf(names[i], sizeof names[i], "h%zu", i);
    headers[i].name = csn_span_str(names[i]);
    headers[i].value = csn_span_str("v");
  }
  csn_request request = {.method = csn_span_str("GET"), .headers = headers, .header_count = CSN_COMPONENTS_MAX + 1};
  for (size_t i = 0; i <= CSN_COMPONENTS_MAX; i++) {
    size_t len = strlen(covered);
    (void)snprintf(covered + len, sizeof covered - len, "\"%s\")", names[i]);
    csn_reason expected = i < CSN_COMPONENTS_MAX ? CSN_REASON_ACCEPTED : CSN_REASON_COMPONENT_UNSUPPORTED;
    assert_int_equal(make_base(&request, &https, csn_span_str(covered)), expected);
    covered[strlen(covered) - 1] = ' ';
  }
}

/* ---- section 2.3: parameters ---- */

static void parameters_are_serialised_canonically(void **state) {
  (void)state;
  assert_int_equal(make_base(&test_request, &https, csn_span_str("(  \"@method\"  ); created=007;x=?1;  y=1.50 ")),
                   CSN_REASON_ACCEPTED);
  assert_string_equal((const char *)base, "\"@method\": POST\n\"@signature-params\": (\"@method\");created=7;x;y=1.5");
}

static void parameters_are_typed(void **state) {
  csn_signature_params params;
  csn_span all = csn_span_str("(\"date\");created=1;expires=0;nonce=\"n\";alg=\"a\";keyid=\"k\";tag=\"\";other=1.5");
  (void)state;
  assert_int_equal(csn_signature_params_read(all, &params, &offset), CSN_REASON_ACCEPTED);
  assert_true(params.has_created && params.has_expires && params.created == 1 && params.expires == 0);
  assert_span(params.nonce, "n");
  assert_span(params.alg, "a");
  assert_span(params.keyid, "k");
  assert_true(params.tag.ptr != NULL && params.tag.len == 0);
  assert_int_equal(csn_signature_params_read(csn_span_str("()"), &params, &offset), CSN_REASON_ACCEPTED);
  assert_false(params.has_created || params.has_expires);
  assert_true(params.nonce.ptr == NULL && params.alg.ptr == NULL && params.keyid.ptr == NULL && params.tag.ptr == NULL);
}

static void parameters_of_other_types_are_refused(void **state) {
  static const char *const wrong[] = {
      "();created=\"1\"", "();created=1.0", "();created=-1",      "();created",        "();created=@1",
      "();expires=-1",    "();expires=tok", "();nonce=tok",       "();alg=:AA==:",     "();keyid=1",
      "();tag",           "();tag=?0",      "();keyid=\"a\\\"\"", "();nonce=\"\\\\\"",
  };
  csn_signature_params params;
  (void)state;
  for (size_t i = 0; i < COUNT(wrong); i++) {
    csn_reason reason = csn_signature_params_read(csn_span_str(wrong[i]), &params, &offset);
    if (reason != CSN_REASON_SIGNATURE_INPUT_INVALID || offset != 3) fail_msg("%s: %zu", wrong[i], offset);
  }
  assert_int_equal(csn_signature_params_read(csn_span_str("a;created=1"), &params, &offset),
                   CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_int_equal(csn_signature_params_read(csn_span_str("();created="), &params, &offset),
                   CSN_REASON_SIGNATURE_INPUT_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bases_of_the_rfcs_test_cases),
      cmocka_unit_test(the_rfcs_signatures_are_those_of_the_bases),
      cmocka_unit_test(any_flipped_bit_of_what_is_signed_fails),
      cmocka_unit_test(fields_are_trimmed_and_joined),
      cmocka_unit_test(structured_fields_are_written_strictly),
      cmocka_unit_test(byte_sequences_keep_lines_apart),
      cmocka_unit_test(fields_without_a_value_are_refused),
      cmocka_unit_test(derived_components_of_the_rfc),
      cmocka_unit_test(ports_are_dropped_only_where_they_are_the_schemes),
      cmocka_unit_test(targets_and_contexts_do_not_contradict),
      cmocka_unit_test(query_parameters_are_encoded_anew),
      cmocka_unit_test(derived_components_of_others_are_refused),
      cmocka_unit_test(components_are_counted),
      cmocka_unit_test(parameters_are_serialised_canonically),
      cmocka_unit_test(parameters_are_typed),
      cmocka_unit_test(parameters_of_other_types_are_refused),
  };
  input = guarded_new(4096);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
