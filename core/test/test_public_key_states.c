/* A public key has no HMAC states: they are zero, as everybody knows. Where it lies in a ring beside keys of HMAC, and
 * has their client and the key id that a request names, it must never be taken for one of them. */
#include <countersign/sigv4.h>

#include "support.h"

#define NOW INT64_C(1440938160) /* 20150830T123600Z */

/* The public key of RFC 8410 section 10.1. */
static const char pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";

static void add_public_key(csn_keyring *ring, const char *client_id) {
  csn_key_config config = test_key_config(client_id, "AKID", CSN_USE_REQUEST);
  csn_key key;
  config.alg = CSN_ALG_EdDSA;
  config.secret = csn_span_of(NULL, 0);
  assert_int_equal(csn_key_init_pem(&key, &config, csn_span_str(pem)), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  csn_key_wipe(&key);
}

/* What anybody can make: the ids of the public key, and its states. */
static csn_key forger(const char *client_id) {
  csn_key key = {.alg = CSN_ALG_HS256, .uses = CSN_USE_REQUEST};
  memcpy(key.key_id, "AKID", key.key_id_len = 4);
  memcpy(key.client_id, client_id, key.client_id_len = (uint8_t)strlen(client_id));
  return key;
}

static csn_verdict verify(const char *preset, const csn_keyring *ring, const csn_request *request) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_verifier *verifier = NULL;
  csn_verdict verdict;
  config.scheme = csn_scheme_preset(csn_span_str(preset));
  config.keyring = ring;
  config.sigv4.region = csn_span_str("r");
  config.sigv4.service = csn_span_str("s");
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  csn_verify(verifier, request, NOW, &verdict);
  csn_verifier_free(verifier);
  return verdict;
}

static csn_verdict signed_with_a_template(const csn_keyring *ring, const csn_key *key) {
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_sign_input input = {.key = key, .request = &request, .timestamp = NOW};
  csn_signed made;
  input.scheme = csn_scheme_preset(csn_span_str("hmac-timestamp"));
  assert_int_equal(csn_sign_request(&made, &input), CSN_OK);
  request.headers = made.headers;
  request.header_count = made.header_count;
  return verify("hmac-timestamp", ring, &request);
}

static csn_verdict signed_for_aws(const csn_keyring *ring, const csn_key *key) {
  csn_sigv4_policy policy = CSN_SIGV4_POLICY_DEFAULT;
  char text[1000];
  csn_header headers[3] = {{csn_span_str("host"), csn_span_str("x")},
                           {csn_span_str("x-amz-date"), csn_span_str("20150830T123600Z")}};
  csn_request request = {
      .method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = headers, .header_count = 2};
  size_t len;
  policy.region = csn_span_str("r");
  policy.service = csn_span_str("s");
  assert_int_equal(csn_sigv4_sign(&policy, key, &request, csn_span_str("host;x-amz-date"), text, sizeof text, &len),
                   CSN_OK);
  headers[2] = (csn_header){csn_span_str("authorization"), csn_span_of(text, len)};
  request.header_count = 3;
  return verify("aws-sigv4", ring, &request);
}

static void nobody_signs_with_a_public_keys_states(void **state) {
  csn_keyring *ring = test_keyring_new();
  csn_key_config config = test_key_config("both", "hmac", CSN_USE_REQUEST);
  csn_key right, zero;
  (void)state;
  add_public_key(ring, "public");
  add_public_key(ring, "both");
  assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);

  zero = forger("public");
  csn_verdict verdict = signed_with_a_template(ring, &zero);
  assert_reason(&verdict, KEY_UNKNOWN);
  zero = forger("both");
  verdict = signed_with_a_template(ring, &zero);
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  assert_int_equal(csn_key_init(&right, &config), CSN_OK);
  verdict = signed_with_a_template(ring, &right);
  assert_reason(&verdict, ACCEPTED);

  /* The public key is none of those of which one is revoked, or the reason would be another. */
  assert_int_equal(csn_keyring_revoke(ring, csn_span_str("both"), csn_span_str("hmac")), CSN_OK);
  verdict = signed_with_a_template(ring, &right);
  assert_reason(&verdict, KEY_REVOKED);
  csn_keyring_free(ring);
}

static void nor_for_aws(void **state) {
  csn_keyring *ring = test_keyring_new();
  csn_key_config config = test_key_config("other", "AKID2", CSN_USE_REQUEST);
  csn_key right, zero = forger("public");
  (void)state;
  add_public_key(ring, "public");
  assert_int_equal(csn_sigv4_key_init(&right, &config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &right), CSN_OK);
  csn_verdict verdict = signed_for_aws(ring, &zero);
  assert_reason(&verdict, KEY_UNKNOWN);
  assert_int_equal(verdict.client_id.len, 0);
  verdict = signed_for_aws(ring, &right);
  assert_reason(&verdict, ACCEPTED);
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_signs_with_a_public_keys_states),
      cmocka_unit_test(nor_for_aws),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
