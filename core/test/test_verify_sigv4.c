/* AWS Signature Version 4 in the path of a request: what a verifier asks of its configuration and of the ring. */
#include "sigv4_support.h"

#define S3_NEXT_ID "AKIAIOSFODNN7EXAMPL2"
#define S3_NEXT_SECRET "another secret access key, to rotate to"

static void add_key(csn_keyring *ring, const char *key_id, const char *secret, int64_t accept_until) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  csn_key key;
  config.client_id = csn_span_str(S3_CLIENT);
  config.key_id = csn_span_str(key_id);
  config.secret = csn_span_str(secret);
  config.accept_until = accept_until;
  assert_int_equal(csn_sigv4_key_init(&key, &config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  csn_key_wipe(&key);
}

/* The key of AWS's examples is accepted through the time of the examples and ten seconds more. */
static csn_keyring *rotated_ring(void) {
  csn_keyring *ring = test_keyring_new();
  add_key(ring, S3_ID, S3_SECRET, S3_NOW + 10);
  add_key(ring, S3_NEXT_ID, S3_NEXT_SECRET, 0);
  return ring;
}

static csn_verifier_config config_of(const csn_keyring *ring) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str("aws-sigv4"));
  config.keyring = ring;
  config.sigv4 = s3_policy();
  return config;
}

static csn_verdict verify_at(const csn_keyring *ring, const csn_request *request, int64_t now) {
  csn_verifier_config config = config_of(ring);
  csn_verifier *verifier = NULL;
  csn_verdict verdict, batch[2];
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  csn_verify(verifier, request, now, &verdict);
  const csn_request twice[] = {*request, *request};
  csn_verify_batch(verifier, twice, batch, 2, now);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(batch[i].reason, verdict.reason);
    assert_int_equal(batch[i].field, verdict.field);
    assert_int_equal(batch[i].offset, verdict.offset);
    assert_true(csn_span_equal(csn_name_span(&batch[i].key_id), csn_name_span(&verdict.key_id)));
  }
  csn_verifier_free(verifier);
  return verdict;
}

static void both_forms_are_verified_by_one_preset(void **state) {
  static text_request t;
  static const char *const texts[] = {S3_PUT, S3_PRESIGNED};
  csn_keyring *ring = rotated_ring();
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    set_text(&t, texts[i]);
    csn_verdict verdict = verify_at(ring, &t.request, S3_NOW);
    assert_reason(&verdict, ACCEPTED);
    assert_span(csn_name_span(&verdict.client_id), S3_CLIENT);
    assert_span(csn_name_span(&verdict.key_id), S3_ID);
    edit_text(&t, "amazonaws", "amazonaxs");
    verdict = verify_at(ring, &t.request, S3_NOW);
    assert_reason(&verdict, SIGNATURE_MISMATCH);
    assert_span(csn_name_span(&verdict.key_id), S3_ID);
  }
  csn_keyring_free(ring);
}

/* Signed by the key that replaces the other, whose grace ends. */
static void each_key_of_a_rotation_verifies_in_its_time(void **state) {
  static text_request t;
  static char line[CSN_SIGV4_AUTHORIZATION_MAX];
  csn_keyring *ring = rotated_ring();
  csn_sigv4_policy policy = s3_policy();
  csn_key key;
  size_t len;
  (void)state;
  set_text(&t, S3_PUT);
  csn_verdict verdict = verify_at(ring, &t.request, S3_NOW + 10);
  assert_reason(&verdict, ACCEPTED);
  verdict = verify_at(ring, &t.request, S3_NOW + 11);
  assert_reason(&verdict, KEY_EXPIRED);
  set_text(&t, "GET /\n" S3_HEAD "x-amz-content-sha256:" EMPTY_SHA256 "\nauthorization:\n\n");
  assert_int_equal(sigv4_key(&key, csn_span_str(S3_NEXT_ID), csn_span_str(S3_NEXT_SECRET), 0), CSN_OK);
  csn_request bare = t.request;
  bare.header_count--;
  assert_int_equal(csn_sigv4_sign(&policy, &key, &bare, csn_span_str("host;x-amz-content-sha256;x-amz-date"), line,
                                  sizeof line, &len),
                   CSN_OK);
  t.headers[bare.header_count].value = csn_span_of(line, len);
  for (int64_t now = S3_NOW + 10; now <= S3_NOW + 11; now++) {
    verdict = verify_at(ring, &t.request, now);
    assert_reason(&verdict, ACCEPTED);
    assert_span(csn_name_span(&verdict.key_id), S3_NEXT_ID);
  }
  csn_key_wipe(&key);
  csn_keyring_free(ring);
}

static void a_revoked_key_is_refused_at_once(void **state) {
  static text_request t;
  csn_keyring *ring = rotated_ring();
  csn_verifier_config config = config_of(ring);
  csn_verifier *verifier = NULL;
  csn_verdict verdict;
  (void)state;
  set_text(&t, S3_PUT);
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  csn_verify(verifier, &t.request, S3_NOW, &verdict);
  assert_reason(&verdict, ACCEPTED);
  assert_int_equal(csn_keyring_revoke(ring, csn_span_str(S3_CLIENT), csn_span_str(S3_ID)), CSN_OK);
  csn_verify(verifier, &t.request, S3_NOW, &verdict); /* though its derived key is remembered */
  assert_reason(&verdict, KEY_REVOKED);
  csn_verifier_free(verifier);
  csn_keyring_free(ring);
}

/* An id that keys of two clients have names none of them. */
static void an_access_key_id_of_two_clients_is_nobodys(void **state) {
  static text_request t;
  csn_keyring *ring = rotated_ring();
  csn_key_config other = test_key_config("another", S3_ID, CSN_USE_REQUEST);
  (void)state;
  set_text(&t, S3_PUT);
  assert_int_equal(csn_keyring_add(ring, &other), CSN_OK);
  csn_verdict verdict = verify_at(ring, &t.request, S3_NOW);
  assert_reason(&verdict, KEY_AMBIGUOUS);
  csn_keyring_free(ring);
}

static csn_error make(const csn_verifier_config *config) {
  csn_verifier *verifier = NULL;
  csn_error error = csn_verifier_new(&verifier, config);
  csn_verifier_free(verifier);
  return error;
}

static void policies_that_do_not_fit_are_refused(void **state) {
  csn_keyring *ring = rotated_ring();
  csn_verifier_config good = config_of(ring), bad[6];
  (void)state;
  assert_int_equal(make(&good), CSN_OK);
  for (size_t i = 0; i < 6; i++) bad[i] = good;
  bad[0].keyring = NULL;
  bad[1].sigv4.region = csn_span_of(NULL, 0);
  bad[2].sigv4.service = csn_span_str("s/3");
  bad[3].sigv4.window = 0;
  bad[4].sigv4.window = CSN_SIGV4_WINDOW_MAX + 1;
  bad[5].sigv4.expires_max = CSN_SIGV4_EXPIRES_MAX + 1;
  for (size_t i = 0; i < 6; i++) assert_int_equal(make(&bad[i]), CSN_ERROR_INVALID_ARGUMENT);
  csn_keyring_free(ring);
}

/* A standard says itself what is signed, and one that is not known accepts nothing. */
static void schemes_of_a_standard_have_nothing_else(void **state) {
  csn_keyring *ring = rotated_ring();
  csn_verifier_config config = config_of(ring);
  const csn_scheme good = {.name = "mine", .standard = CSN_STANDARD_AWS_SIGV4};
  const csn_form form = {.locations = {{CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "N", NULL, NULL}}};
  csn_scheme bad[5];
  (void)state;
  config.scheme = &good;
  assert_int_equal(make(&config), CSN_OK);
  for (size_t i = 0; i < 5; i++) bad[i] = good;
  bad[0].template_text = "{timestamp}";
  bad[1].has_token = true;
  bad[2].signature_encoding = CSN_ENCODING_HEX;
  bad[3].forms[0] = form;
  bad[4].standard = (csn_standard)99;
  for (size_t i = 0; i < 5; i++) {
    config.scheme = &bad[i];
    assert_int_equal(make(&config), i < 4 ? CSN_ERROR_SCHEME_INVALID : CSN_ERROR_INVALID_ARGUMENT);
  }
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_forms_are_verified_by_one_preset),
      cmocka_unit_test(each_key_of_a_rotation_verifies_in_its_time),
      cmocka_unit_test(a_revoked_key_is_refused_at_once),
      cmocka_unit_test(an_access_key_id_of_two_clients_is_nobodys),
      cmocka_unit_test(policies_that_do_not_fit_are_refused),
      cmocka_unit_test(schemes_of_a_standard_have_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
