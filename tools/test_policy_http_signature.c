/* The object "http_signature" of a policy, and public keys that sign requests. */
#include "../core/test/ring.h"
#include "policy.h"
#include "test_support.h"

#define KEY "{\"key_id\":\"k\",\"client_id\":\"c\",\"secret\":\"0123456789abcdef0123456789abcdef\"}"
#define POLICY(more) "{\"preset\":\"http-signature\"," more "\"keys\":[" KEY "]}"
#define OBJECT(text) POLICY("\"http_signature\":{" text "},")
#define ED25519                                                                                                      \
  "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\",\"x\":\"JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0" \
  "bs\"}]}" /* RFC 9421 appendix B.1.4 */

static csn_policy policy;
static csn_policy_error refusal;

static bool load(const char *text) {
  return csn_policy_load(&policy, test_write_text("policy.json", text), 1700000000, &refusal);
}

static void must_load(const char *text) {
  if (!load(text)) fail_msg("%s\nis refused: %s", text, refusal.text);
}

static void what_is_not_said_has_its_default(void **state) {
  (void)state;
  must_load(POLICY(""));
  const csn_http_signature_policy *http = &policy.config.http_signature;
  assert_int_equal(http->component_count, 4);
  assert_int_equal(http->required, CSN_SIGNATURE_NONCE);
  assert_int_equal(http->algorithms, CSN_HTTP_ALGORITHMS);
  assert_span(http->context.scheme, "https");
  assert_int_equal(http->context.authority.len + http->label.len + http->tag.len, 0);
  assert_int_equal(policy.keys[0].uses, CSN_USE_REQUEST);
  assert_non_null(policy.nonces);
  csn_policy_free(&policy);
}

static void everything_that_is_said_is_read(void **state) {
  (void)state;
  must_load(POLICY(
      "\"window_seconds\":60,\"allow_unsigned_body\":true,\"nonces\":{\"capacity\":10},\"http_signature\":{"
      "\"label\":\"sig1\",\"tag\":\"\\u006frders\",\"scheme\":\"http\",\"authority\":\"example.com:8080\","
      "\"components\":[\"@method\",\"@query-param;name=\\\"id\\\"\"],\"required_parameters\":[\"expires\",\"alg\"],"
      "\"algorithms\":[\"ed25519\",\"rsa-pss-sha512\"],\"leeway_seconds\":7},"));
  const csn_http_signature_policy *http = &policy.config.http_signature;
  assert_int_equal(policy.config.window, 60);
  assert_true(policy.config.allow_unsigned_body);
  assert_span(http->label, "sig1");
  assert_span(http->tag, "orders");
  assert_span(http->context.scheme, "http");
  assert_span(http->context.authority, "example.com:8080");
  assert_int_equal(http->component_count, 2);
  assert_span(http->components[0], "@method");
  assert_span(http->components[1], "@query-param;name=\"id\"");
  assert_int_equal(http->required, CSN_SIGNATURE_EXPIRES | CSN_SIGNATURE_ALG);
  assert_int_equal(http->algorithms, 1u << CSN_ALG_EdDSA | 1u << CSN_ALG_PS512);
  assert_int_equal(http->leeway, 7);
  csn_policy_free(&policy);
  must_load(OBJECT("\"components\":[],\"required_parameters\":[]"));
  assert_int_equal(policy.config.http_signature.component_count + policy.config.http_signature.required, 0);
  csn_policy_free(&policy);
}

static void what_cannot_be_right_is_refused(void **state) {
  static const char *const rows[][2] = {
      {OBJECT("\"labels\":1"), "http_signature.labels: unknown field"},
      {OBJECT("\"label\":1"), "http_signature.label: must be a string"},
      {OBJECT("\"tag\":\"\""), "http_signature.tag: is empty"},
      {OBJECT("\"scheme\":\"HTTPS\""), "http_signature.scheme: must be https or http"},
      {OBJECT("\"components\":[1]"), "http_signature.components: must be an array of strings"},
      {OBJECT("\"components\":[\"@status\"]"), "http_signature.components: no signature of a request can cover this"},
      {OBJECT("\"components\":[\"Date\"]"), "http_signature.components: no signature of a request can cover this"},
      {OBJECT("\"components\":[\"\"]"), "http_signature.components: is empty"},
      {OBJECT("\"required_parameters\":[\"tag\"]"), "http_signature.required_parameters: \"tag\" is not known"},
      {OBJECT("\"algorithms\":[]"), "http_signature.algorithms: is empty"},
      {OBJECT("\"algorithms\":[\"HS256\"]"), "http_signature.algorithms: \"HS256\" is not known"},
      {OBJECT("\"leeway_seconds\":4096"), "http_signature.leeway_seconds: must be 0 to 4095"},
      {"{\"preset\":\"bearer-jwt\",\"http_signature\":{},\"keys\":[" KEY "]}",
       "http_signature: contradicts the preset: bearer-jwt has another kind of signature"},
      {POLICY("\"jwt\":{},"), "jwt: contradicts the preset: http-signature has no token"},
      {POLICY("\"jwks_client_id\":\"c\","), "jwks_client_id: needs a jwks_file"},
      {"{\"preset\":\"http-signature\",\"jwks_file\":\"keys.json\"}", "jwks_client_id: is missing"},
      {"{\"preset\":\"http-signature\",\"jwks_file\":\"keys.json\",\"jwks_client_id\":\"a b\"}", "jwks_client_id: "},
      {"{\"preset\":\"http-signature\",\"keys\":[{\"client_id\":\"c\",\"secret\":\"0123456789abcdef0123456789abcdef\"}]"
       "}",
       "keys[0].key_id: is missing: it is the keyid"},
      {"{\"preset\":\"hmac-nonce\",\"jwks_client_id\":\"c\",\"keys\":[" KEY "]}",
       "jwks_client_id: contradicts the preset"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (load(rows[i][0])) fail_msg("taken: %s", rows[i][0]);
    if (strstr(refusal.text, rows[i][1]) == NULL) fail_msg("%s\ngives %s", rows[i][0], refusal.text);
  }
}

static void public_keys_of_a_client_sign_requests(void **state) {
  bool shared = false;
  (void)state;
  test_write_text("keys.json", ED25519);
  must_load("{\"preset\":\"http-signature\",\"jwks_file\":\"keys.json\",\"jwks_client_id\":\"partner\"}");
  const csn_key *key = test_find_request_key(policy.keyring, csn_span_str("ed"), &shared);
  assert_non_null(key);
  assert_span(csn_key_client_id(key), "partner");
  assert_int_equal(key->alg, CSN_ALG_EdDSA);
  csn_policy_free(&policy);
  must_load("{\"preset\":\"bearer-jwt\",\"jwks_file\":\"keys.json\",\"jwks_client_id\":\"partner\"}");
  assert_span(csn_key_client_id(test_only_token_key(policy.keyring)), "partner");
  csn_policy_free(&policy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_not_said_has_its_default),
      cmocka_unit_test(everything_that_is_said_is_read),
      cmocka_unit_test(what_cannot_be_right_is_refused),
      cmocka_unit_test(public_keys_of_a_client_sign_requests),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
