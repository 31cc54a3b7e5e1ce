/* A request of an unknown client, and a token that names an unknown key, cost the hashing of a known one, alone and in
 * a batch: how long the answer takes does not say who is known. */
#include "count_digests.h"
#include "support.h"

#define ZEROS64 "0000000000000000000000000000000000000000000000000000000000000000"

static csn_keyring *ring_of(const csn_key_config *config) {
  csn_keyring *ring = test_keyring_new();
  assert_int_equal(csn_keyring_add(ring, config), CSN_OK);
  return ring;
}

enum { BATCH = 3 };

static void start_counting(void) {
  digests = wide_digests = 0;
}

/* Since start_counting() a batch was verified, of which each cost as much. */
static void assert_each_cost(size_t each, size_t each_wide) {
  assert_int_equal(digests, BATCH * each);
  assert_int_equal(wide_digests, BATCH * each_wide);
  digests = each;
  wide_digests = each_wide;
}

static void assert_batch_costs(const csn_verifier *verifier, const csn_request *request, csn_reason expected) {
  const csn_request requests[BATCH] = {*request, *request, *request};
  csn_verdict verdicts[BATCH];
  size_t each = digests, each_wide = wide_digests;
  start_counting();
  csn_verify_batch(verifier, requests, verdicts, BATCH, 1000);
  for (size_t i = 0; i < BATCH; i++) assert_int_equal(verdicts[i].reason, expected);
  assert_each_cost(each, each_wide);
}

static size_t digests_of_request(const char *client_id, const char *signature, csn_reason expected) {
  csn_key_config config = test_key_config("known", "k", CSN_USE_REQUEST);
  csn_verifier_config verifier_config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_keyring *ring = ring_of(&config);
  csn_nonce_table *table = test_nonces_new(10, 1000);
  csn_verifier *verifier = NULL;
  csn_verdict verdict;
  verifier_config.scheme = csn_scheme_preset(csn_span_str("hmac-nonce"));
  verifier_config.keyring = ring;
  verifier_config.nonces = csn_nonce_table_store(table);
  assert_int_equal(csn_verifier_new(&verifier, &verifier_config), CSN_OK);
  const csn_header headers[] = {
      {csn_span_str("x-ClientId"), csn_span_str(client_id)},
      {csn_span_str("x-Timestamp"), csn_span_str("1000")},
      {csn_span_str("x-Nonce"), csn_span_str("n")},
      {csn_span_str("x-Signature"), csn_span_str(signature)},
  };
  csn_request request = {
      .method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = headers, .header_count = 4};
  start_counting();
  csn_verify(verifier, &request, 1000, &verdict);
  assert_int_equal(verdict.reason, expected);
  assert_batch_costs(verifier, &request, expected);
  csn_verifier_free(verifier);
  csn_nonce_table_free(table);
  csn_keyring_free(ring);
  return digests;
}

static void unknown_client_costs_a_mac(void **state) {
  size_t known = digests_of_request("known", ZEROS64, CSN_REASON_SIGNATURE_MISMATCH);
  (void)state;
  assert_int_equal(known, 2); /* the inner and the outer hash */
  assert_int_equal(digests_of_request("nobody", ZEROS64, CSN_REASON_KEY_UNKNOWN), known);
}

/* What it costs follows from the signature's length alone: not from whether somebody has the id, with this hash or with
 * another. */
static void a_signature_of_another_hash_costs_its_own_mac(void **state) {
  (void)state;
  assert_int_equal(digests_of_request("known", ZEROS64 ZEROS64, CSN_REASON_SIGNATURE_LENGTH), 0);
  assert_int_equal(wide_digests, 2);
  assert_int_equal(digests_of_request("nobody", ZEROS64 ZEROS64, CSN_REASON_KEY_UNKNOWN), 0);
  assert_int_equal(wide_digests, 2);
}

static void assert_token_batch_costs(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token,
                                     csn_reason expected) {
  static csn_jwt jwts[BATCH];
  const csn_span tokens[BATCH] = {token, token, token};
  csn_verdict verdicts[BATCH];
  csn_keyring_reading keys;
  size_t each = digests, each_wide = wide_digests;
  start_counting();
  csn_keyring_read_begin(ring, &keys);
  csn_jwt_verify_batch(&keys, policy, tokens, 1000, jwts, verdicts, BATCH);
  csn_keyring_read_end(&keys);
  for (size_t i = 0; i < BATCH; i++) assert_int_equal(verdicts[i].reason, expected);
  assert_each_cost(each, each_wide);
}

static size_t digests_of_token(csn_alg alg, const char *key_id, csn_reason expected) {
  csn_key_config config = test_key_config("", "known", CSN_USE_TOKEN);
  csn_key_config other = test_key_config("", key_id, CSN_USE_TOKEN);
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  csn_key key;
  csn_jwt jwt;
  csn_verdict verdict;
  uint8_t token[256];
  size_t len = 0;
  config.alg = other.alg = alg;
  config.secret = csn_span_str("a secret of at least sixty-four bytes, as HS512 wants one to have.");
  other.secret = csn_span_str("another secret of at least sixty-four bytes, as HS512 wants it to be");
  policy.algorithms = 1u << alg;
  csn_keyring *ring = ring_of(&config);
  assert_int_equal(csn_key_init(&key, &other), CSN_OK);
  assert_int_equal(csn_sign_jwt(&key, csn_span_str("{\"exp\":2000}"), token, sizeof token, &len), CSN_OK);
  start_counting();
  test_jwt_verify(ring, &policy, csn_span_of(token, len), 1000, &jwt, &verdict);
  assert_int_equal(verdict.reason, expected);
  assert_token_batch_costs(ring, &policy, csn_span_of(token, len), expected);
  csn_keyring_free(ring);
  return digests;
}

static void unknown_key_id_costs_a_mac(void **state) {
  size_t known = digests_of_token(CSN_ALG_HS256, "known", CSN_REASON_SIGNATURE_MISMATCH);
  (void)state;
  assert_int_equal(known, 2);
  assert_int_equal(digests_of_token(CSN_ALG_HS256, "nobody", CSN_REASON_KEY_UNKNOWN), known);
}

static void unknown_key_id_of_another_hash_costs_its_own_mac(void **state) {
  static const csn_alg algs[] = {CSN_ALG_HS384, CSN_ALG_HS512};
  (void)state;
  for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
    assert_int_equal(digests_of_token(algs[i], "known", CSN_REASON_SIGNATURE_MISMATCH), 0);
    assert_int_equal(wide_digests, 2);
    assert_int_equal(digests_of_token(algs[i], "nobody", CSN_REASON_KEY_UNKNOWN), 0);
    assert_int_equal(wide_digests, 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unknown_client_costs_a_mac),
      cmocka_unit_test(a_signature_of_another_hash_costs_its_own_mac),
      cmocka_unit_test(unknown_key_id_costs_a_mac),
      cmocka_unit_test(unknown_key_id_of_another_hash_costs_its_own_mac),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
