/* The signer of HTTP Message Signatures: the RFC's own signatures, and that what it makes is accepted. */
#include <countersign/sign.h>
#include <countersign/verifier.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "signature_support.h"

#define NOW INT64_C(1790000000)

static csn_span spans[CSN_COMPONENTS_MAX + 1];

static size_t spans_of(const char *const *texts, size_t count) {
  for (size_t i = 0; i < count; i++) spans[i] = csn_span_str(texts[i]);
  return count;
}

static csn_http_sign_input input_of(const csn_key *key, const csn_request *request, const char *const *texts,
                                    size_t count) {
  csn_http_sign_input made = {.key = key, .request = request, .context = &https, .components = spans};
  made.component_count = spans_of(texts, count);
  made.label = csn_span_str("sig1");
  made.params.has_created = true;
  made.params.created = NOW;
  made.params.keyid = csn_key_id(key);
  return made;
}

static csn_key hmac_key(void) {
  csn_key_config config = test_key_config("client", "k", CSN_USE_REQUEST);
  csn_key key;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  return key;
}

static const char *const usual[] = {"@method", "@authority", "@path", "@query", "content-digest"};

/* Appendix B.2.5 and B.2.6, whose signatures are not random. */
static void the_rfcs_signatures_are_made(void **state) {
  static const char *const covered_25[] = {"date", "@authority", "content-type"};
  static const char *const covered_26[] = {"date", "@method", "@path", "@authority", "content-type", "content-length"};
  uint8_t secret[96];
  csn_key_config config = test_key_config("client", "test-shared-secret", CSN_USE_REQUEST);
  csn_key key;
  csn_signed out;
  (void)state;
  int len = EVP_DecodeBlock(
      secret,
      (const uint8_t *)"uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==", 88);
  config.secret = csn_span_of(secret, (size_t)len - 2);
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  csn_http_sign_input made = input_of(&key, &test_request, covered_25, COUNT(covered_25));
  made.label = csn_span_str("sig-b25");
  made.params.created = 1618884473;
  assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
  assert_int_equal(out.header_count, 2);
  assert_true(csn_span_equal(out.target, test_request.target) && csn_span_equal(out.body, test_request.body));
  assert_span(out.headers[0].name, "Signature-Input");
  assert_span(out.headers[0].value,
              "sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"");
  assert_span(out.headers[1].name, "Signature");
  assert_span(out.headers[1].value, "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:");

  static const char pem[] =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
      "-----END PRIVATE KEY-----\n"; /* appendix B.1.4 */
  config.key_id = csn_span_str("test-key-ed25519");
  config.alg = CSN_ALG_EdDSA;
  assert_int_equal(csn_key_init_private_pem(&key, &config, csn_span_str(pem)), CSN_OK);
  made = input_of(&key, &test_request, covered_26, COUNT(covered_26));
  made.label = csn_span_str("sig-b26");
  made.params.created = 1618884473;
  assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
  assert_span(out.headers[1].value,
              "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:");
  csn_key_wipe(&key);
}

/* ---- what is made is accepted ---- */

static csn_reason verify_until(const csn_key *key, const csn_request *request, const csn_signed *made, csn_alg alg,
                               int64_t until) {
  csn_header headers[COUNT(test_headers) + 3];
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  csn_request sent = *request;
  csn_http_signature signature;
  csn_keyring *ring = test_keyring_new();
  csn_verdict verdict;
  memcpy(headers, request->headers, request->header_count * sizeof headers[0]);
  for (size_t i = 0; i < made->header_count; i++) headers[sent.header_count++] = made->headers[i];
  sent.headers = headers;
  policy.algorithms = 1u << alg;
  policy.required = 0;
  assert_int_equal(csn_keyring_add_key(ring, key), CSN_OK);
  test_http_signature_verify(ring, &policy, 300, &sent, NOW, &signature, &verdict);
  if (csn_accepted(&verdict)) assert_int_equal(signature.accept_until, until);
  csn_keyring_free(ring);
  return verdict.reason;
}

static csn_reason verify(const csn_key *key, const csn_request *request, const csn_signed *made, csn_alg alg) {
  return verify_until(key, request, made, alg, NOW + 300);
}

static csn_key private_key(csn_alg alg, EVP_PKEY *pkey) {
  csn_key_config config = test_key_config("client", "k", CSN_USE_REQUEST);
  BIO *bio = BIO_new(BIO_s_mem());
  csn_key key;
  char *pem;
  config.alg = alg;
  assert_non_null(pkey);
  assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
  long len = BIO_get_mem_data(bio, &pem);
  assert_int_equal(csn_key_init_private_pem(&key, &config, csn_span_of(pem, (size_t)len)), CSN_OK);
  BIO_free(bio);
  EVP_PKEY_free(pkey);
  return key;
}

static void every_algorithm_signs_and_verifies(void **state) {
  csn_key keys[] = {
      hmac_key(),
      private_key(CSN_ALG_RS256, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)),
      private_key(CSN_ALG_PS512, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)),
      private_key(CSN_ALG_ES256, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")),
      private_key(CSN_ALG_ES384, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384")),
      private_key(CSN_ALG_EdDSA, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")),
  };
  static const char *const names[] = {"hmac-sha256",       "rsa-v1_5-sha256",   "rsa-pss-sha512",
                                      "ecdsa-p256-sha256", "ecdsa-p384-sha384", "ed25519"};
  (void)state;
  for (size_t i = 0; i < COUNT(keys); i++) {
    csn_signed out;
    csn_http_sign_input made = input_of(&keys[i], &test_request, usual, COUNT(usual));
    assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
    assert_int_equal(verify(&keys[i], &test_request, &out, keys[i].alg), CSN_REASON_ACCEPTED);
    made.params.alg = csn_span_str(names[i]);
    assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
    assert_int_equal(verify(&keys[i], &test_request, &out, keys[i].alg), CSN_REASON_ACCEPTED);
    assert_int_equal(verify(&keys[(i + 1) % COUNT(keys)], &test_request, &out, keys[i].alg), CSN_REASON_KEY_UNKNOWN);
    made.params.alg = csn_span_str(names[(i + 1) % COUNT(names)]);
    assert_int_equal(csn_http_sign(&out, &made), CSN_ERROR_INVALID_ARGUMENT);
  }
  for (size_t i = 0; i < COUNT(keys); i++) csn_key_wipe(&keys[i]);
}

/* The nonce is remembered until the window or `expires` ends, whichever comes first. */
static void what_ends_first_is_the_end(void **state) {
  static const int64_t rows[][2] = {{0, 0}, {299, 299}, {300, 300}, {301, 300}, {86400, 300}};
  csn_key key = hmac_key();
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_http_sign_input made = input_of(&key, &test_request, usual, COUNT(usual));
    csn_signed out;
    made.params.has_expires = true;
    made.params.expires = NOW + rows[i][0];
    assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
    assert_int_equal(verify_until(&key, &test_request, &out, CSN_ALG_HS256, NOW + rows[i][1]), CSN_REASON_ACCEPTED);
  }
}

/* Ed448 has no name in RFC 9421: it signs nothing, and verifies nothing. */
static void ed448_is_no_algorithm_of_the_rfc(void **state) {
  csn_key key = private_key(CSN_ALG_EdDSA, EVP_PKEY_Q_keygen(NULL, NULL, "ED448")), hmac = hmac_key();
  csn_http_sign_input made = input_of(&key, &test_request, usual, COUNT(usual));
  csn_signed out;
  (void)state;
  assert_int_equal(csn_http_sign(&out, &made), CSN_ERROR_INVALID_ARGUMENT);
  made.key = &hmac;
  assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
  assert_int_equal(verify(&key, &test_request, &out, CSN_ALG_EdDSA), CSN_REASON_KEY_UNKNOWN);
  csn_key_wipe(&key);
}

static void a_digest_is_added_where_there_is_none(void **state) {
  csn_request request = test_request;
  csn_header headers[] = {test_headers[0], test_headers[1]};
  csn_key key = hmac_key();
  csn_signed out;
  (void)state;
  request.headers = headers;
  request.header_count = COUNT(headers);
  csn_http_sign_input made = input_of(&key, &request, usual, COUNT(usual));
  assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
  assert_int_equal(out.header_count, 3);
  assert_span(out.headers[0].name, "Content-Digest");
  assert_span(out.headers[0].value, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"); /* RFC 9530 appendix D */
  assert_int_equal(verify(&key, &request, &out, CSN_ALG_HS256), CSN_REASON_ACCEPTED);
}

static void every_parameter_is_written(void **state) {
  csn_key key = hmac_key();
  csn_signed out;
  (void)state;
  csn_http_sign_input made = input_of(&key, &test_request, usual, 1);
  made.params.has_expires = true;
  made.params.expires = INT64_C(999999999999999);
  made.params.nonce = csn_span_str("n");
  made.params.alg = csn_span_str("hmac-sha256");
  made.params.tag = csn_span_str("");
  assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
  assert_span(out.headers[0].value,
              "sig1=(\"@method\");created=1790000000;expires=999999999999999;nonce=\"n\";alg=\"hmac-sha256\""
              ";keyid=\"k\";tag=\"\"");
  made.component_count = 0;
  assert_int_equal(csn_http_sign(&out, &made), CSN_OK);
}

/* ---- what is refused ---- */

static void assert_sign_refused(const csn_http_sign_input *made, csn_error expected) {
  csn_signed out;
  assert_int_equal(csn_http_sign(&out, made), expected);
  assert_int_equal(out.header_count, 0);
}

static void what_cannot_be_signed_is_refused(void **state) {
  static const char *const components[] = {"x-none", "@status", "Date", "", "@method;sf", "@query-param;name=\"none\""};
  static const char *const labels[] = {"", "A", "a b", "a=1, b", "a;b", "a,"};
  static const char *const strings[] = {"a\"", "a\\", "a\n", "\x7f", "\xc3\xa9"};
  static char value[CSN_SIGNATURE_BASE_MAX];
  csn_key key = hmac_key(), token = key;
  csn_http_sign_input good = input_of(&key, &test_request, usual, COUNT(usual)), made = good;
  (void)state;
  for (size_t i = 0; i < COUNT(components); i++) {
    made = input_of(&key, &test_request, &components[i], 1);
    assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
  }
  good = made = input_of(&key, &test_request, usual, COUNT(usual));
  for (size_t i = 0; i < COUNT(labels); i++) {
    made.label = csn_span_str(labels[i]);
    assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
  }
  for (size_t i = 0; i < COUNT(strings); i++) {
    made = good;
    made.params.nonce = csn_span_str(strings[i]);
    assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
    made = good;
    made.params.keyid = csn_span_str(strings[i]);
    assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
  }
  made = good;
  made.params.created = -1;
  assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
  made.params.created = INT64_C(1000000000000000);
  assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
  made = good;
  token.uses = CSN_USE_TOKEN;
  made.key = &token;
  assert_sign_refused(&made, CSN_ERROR_INVALID_ARGUMENT);
  made = good;
  memset(value, 'n', sizeof value);
  made.params.tag = csn_span_of(value, CSN_SIGNED_BYTES);
  assert_sign_refused(&made, CSN_ERROR_BUFFER_TOO_SMALL);
  csn_header long_one = {csn_span_str("date"), csn_span_of(value, sizeof value)};
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = &long_one};
  static const char *const date[] = {"date"};
  request.header_count = 1;
  made = input_of(&key, &request, date, 1);
  assert_sign_refused(&made, CSN_ERROR_BUFFER_TOO_SMALL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rfcs_signatures_are_made),
      cmocka_unit_test(every_algorithm_signs_and_verifies),
      cmocka_unit_test(what_ends_first_is_the_end),
      cmocka_unit_test(ed448_is_no_algorithm_of_the_rfc),
      cmocka_unit_test(a_digest_is_added_where_there_is_none),
      cmocka_unit_test(every_parameter_is_written),
      cmocka_unit_test(what_cannot_be_signed_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
