/* A ring that changes: rotation, revocation, removal and replacement, to the second, and what readers have of them. */
#include "keyring_support.h"

enum { NOW = 1700000000 };

static void add(csn_keyring *ring, const char *client, const char *key_id, unsigned uses, int64_t accept_until) {
  csn_key key = make_key(client, key_id, uses, accept_until);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
}

/* ---- rotation, as a request meets it ---- */

/* The verdict on a request that the key signs at UNIX second `now`. */
static csn_verdict verdict_of(const csn_keyring *ring, const csn_key *key, int64_t now) {
  csn_nonce_table *nonces = test_nonces_new(64, now);
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_verifier *verifier = NULL;
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_signed made;
  csn_verdict verdict;
  config.scheme = csn_scheme_preset(csn_span_str("hmac-nonce"));
  config.keyring = ring;
  config.nonces = csn_nonce_table_store(nonces);
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  csn_sign_input input = {
      .scheme = config.scheme, .key = key, .request = &request, .timestamp = now, .nonce = csn_span_str("n")};
  assert_int_equal(csn_sign_request(&made, &input), CSN_OK);
  request.headers = made.headers;
  request.header_count = made.header_count;
  csn_verify(verifier, &request, now, &verdict);
  csn_verifier_free(verifier);
  csn_nonce_table_free(nonces);
  return verdict;
}

static void the_old_key_lives_for_its_grace_and_not_a_second_longer(void **state) {
  const int64_t graces[] = {CSN_GRACE_DEFAULT, 0, 1, CSN_GRACE_MAX};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    csn_keyring *ring = test_keyring_new();
    int64_t last = NOW + graces[i];
    csn_key old = make_key("client", "old", CSN_USE_REQUEST, 0), new = make_key("client", "new", CSN_USE_REQUEST, 0);
    assert_int_equal(csn_keyring_add_key(ring, &old), CSN_OK);
    assert_int_equal(csn_keyring_rotate(ring, &new, NOW, graces[i]), CSN_OK);
    csn_verdict verdict = verdict_of(ring, &old, last);
    assert_reason(&verdict, ACCEPTED);
    assert_span(csn_name_span(&verdict.key_id), "old");
    verdict = verdict_of(ring, &old, last + 1);
    assert_reason(&verdict, SIGNATURE_MISMATCH); /* the new key is there, and has not signed this */
    verdict = verdict_of(ring, &new, NOW);
    assert_reason(&verdict, ACCEPTED);
    assert_span(csn_name_span(&verdict.key_id), "new");
    verdict = verdict_of(ring, &new, last + 1);
    assert_reason(&verdict, ACCEPTED);
    assert_int_equal(take_out(ring, "client", "new"), CSN_OK);
    verdict = verdict_of(ring, &old, last);
    assert_reason(&verdict, ACCEPTED);
    verdict = verdict_of(ring, &old, last + 1);
    assert_reason(&verdict, KEY_EXPIRED);
    csn_keyring_free(ring);
  }
  assert_int_equal(CSN_GRACE_DEFAULT, 24 * 60 * 60);
}

static void a_grace_makes_no_life_longer(void **state) {
  csn_keyring *ring = test_keyring_new();
  (void)state;
  add(ring, "client", "sooner", CSN_USE_REQUEST, NOW + 99);
  add(ring, "client", "later", CSN_USE_REQUEST, NOW + 101);
  add(ring, "client", "never", CSN_USE_REQUEST, 0);
  add(ring, "other", "never", CSN_USE_REQUEST, 0);
  assert_int_equal(rotate(ring, "client", "new", CSN_USE_REQUEST, NOW, 100), CSN_OK);
  assert_int_equal(request_key(ring, "client", "sooner")->accept_until, NOW + 99);
  assert_int_equal(request_key(ring, "client", "later")->accept_until, NOW + 100);
  assert_int_equal(request_key(ring, "client", "never")->accept_until, NOW + 100);
  assert_int_equal(request_key(ring, "client", "new")->accept_until, 0);
  assert_int_equal(request_key(ring, "other", "never")->accept_until, 0);
  assert_span(csn_key_id(found[0]), "never");
  assert_int_equal(test_find_client(ring, csn_span_str("client"), found), 4);
  assert_span(csn_key_id(found[0]), "new"); /* the newest comes first */
  csn_keyring_free(ring);
}

static void rotation_makes_room_of_what_is_over(void **state) {
  csn_keyring *ring = test_keyring_new();
  (void)state;
  add(ring, "client", "1", CSN_USE_REQUEST, NOW - 1);
  add(ring, "client", "2", CSN_USE_REQUEST, NOW);
  add(ring, "client", "3", CSN_USE_REQUEST, 0);
  add(ring, "client", "4", CSN_USE_REQUEST, 0);
  assert_int_equal(revoke(ring, "client", "3"), CSN_OK);
  assert_int_equal(rotate(ring, "client", "5", CSN_USE_REQUEST, NOW, 10), CSN_OK);
  assert_null(request_key(ring, "client", "1"));
  assert_non_null(request_key(ring, "client", "2")); /* it is accepted through this second */
  assert_null(request_key(ring, "client", "3"));
  assert_int_equal(rotate(ring, "client", "6", CSN_USE_REQUEST, NOW, 10), CSN_OK);
  assert_int_equal(csn_keyring_count(ring), 4);
  assert_int_equal(rotate(ring, "client", "7", CSN_USE_REQUEST, NOW, 5), CSN_ERROR_KEY_LIMIT);
  assert_int_equal(request_key(ring, "client", "4")->accept_until, NOW + 10); /* nothing has changed */
  assert_int_equal(rotate(ring, "client", "7", CSN_USE_REQUEST, NOW + 1, 5), CSN_OK);
  assert_null(request_key(ring, "client", "2"));
  csn_keyring_free(ring);
}

static void rotation_is_checked(void **state) {
  csn_keyring *ring = test_keyring_new();
  (void)state;
  add(ring, "client", "k", CSN_USE_REQUEST, 0);
  assert_int_equal(rotate(ring, "client", "n", CSN_USE_REQUEST, 0, 10), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(rotate(ring, "client", "n", CSN_USE_REQUEST, -1, 10), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(rotate(ring, "client", "n", CSN_USE_REQUEST, INT64_MAX, 0), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(rotate(ring, "client", "n", CSN_USE_REQUEST, NOW, -1), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(rotate(ring, "client", "n", CSN_USE_REQUEST, NOW, CSN_GRACE_MAX + 1), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(rotate(ring, "client", "k", CSN_USE_REQUEST, NOW, 10), CSN_ERROR_KEY_DUPLICATE);
  assert_int_equal(request_key(ring, "client", "k")->accept_until, 0);
  assert_int_equal(csn_keyring_count(ring), 1);
  assert_int_equal(rotate(ring, "client", "n", CSN_USE_REQUEST, 1, 0), CSN_OK);
  assert_int_equal(request_key(ring, "client", "k")->accept_until, 1); /* 0 would be no end */
  csn_keyring_free(ring);
}

/* Only keys that have a use in common are rotated; those without a client are one client's. */
static void rotation_is_of_one_client_and_use(void **state) {
  csn_keyring *ring = test_keyring_new();
  (void)state;
  add(ring, "client", "request", CSN_USE_REQUEST, 0);
  add(ring, "client", "token", CSN_USE_TOKEN, 0);
  add(ring, "client", "both", CSN_USE_REQUEST | CSN_USE_TOKEN, 0);
  add(ring, "", "issuer 1", CSN_USE_TOKEN, 0);
  add(ring, "", "issuer 2", CSN_USE_TOKEN, 0);
  add(ring, "", "pepper", CSN_USE_API_KEY, 0);
#define UNTIL(id) (test_find_key_id(ring, csn_span_str(id))->accept_until)
  assert_int_equal(rotate(ring, "client", "token 2", CSN_USE_TOKEN, NOW, 10), CSN_OK);
  assert_int_equal(request_key(ring, "client", "request")->accept_until, 0);
  assert_int_equal(UNTIL("token"), NOW + 10);
  assert_int_equal(UNTIL("both"), NOW + 10);
  assert_int_equal(request_key(ring, "client", "both")->accept_until, NOW + 10); /* it is one key */
  assert_int_equal(UNTIL("issuer 1"), 0);
  assert_int_equal(rotate(ring, "", "issuer 3", CSN_USE_TOKEN, NOW, 20), CSN_OK);
  assert_int_equal(UNTIL("issuer 1"), NOW + 20);
  assert_int_equal(UNTIL("issuer 2"), NOW + 20);
  assert_int_equal(UNTIL("issuer 3"), 0);
  assert_int_equal(UNTIL("token 2"), 0);
  assert_int_equal(rotate(ring, "", "pepper 2", CSN_USE_API_KEY, NOW, 30), CSN_OK);
  assert_int_equal(UNTIL("issuer 3"), 0);
  assert_int_equal(csn_keyring_count(ring), 9);
  assert_int_equal(take_out(ring, "", "pepper"), CSN_OK); /* nothing finds it, but it is there */
  assert_int_equal(take_out(ring, "", "issuer 1"), CSN_OK);
  assert_int_equal(csn_keyring_count(ring), 7);
  assert_int_equal(test_token_key_count(ring), 5);
#undef UNTIL
  csn_keyring_free(ring);
}

/* ---- revocation and removal ---- */

static void revoked_means_at_once(void **state) {
  csn_keyring *ring = test_keyring_new();
  csn_key a = make_key("client", "a", CSN_USE_REQUEST, 0), b = make_key("client", "b", CSN_USE_REQUEST, NOW - 1);
  (void)state;
  assert_int_equal(csn_keyring_add_key(ring, &a), CSN_OK);
  add(ring, "other", "a", CSN_USE_REQUEST, 0);
  assert_int_equal(revoke(ring, "client", "A"), CSN_ERROR_KEY_NOT_FOUND);
  assert_int_equal(revoke(ring, "", "a"), CSN_ERROR_KEY_NOT_FOUND);
  assert_int_equal(revoke(ring, "client", ""), CSN_ERROR_KEY_NOT_FOUND);
  csn_verdict verdict = verdict_of(ring, &a, NOW);
  assert_reason(&verdict, ACCEPTED);
  assert_int_equal(revoke(ring, "client", "a"), CSN_OK);
  verdict = verdict_of(ring, &a, NOW);
  assert_reason(&verdict, KEY_REVOKED);
  assert_int_equal(revoke(ring, "client", "a"), CSN_OK); /* again */
  assert_false(request_key(ring, "other", "a")->revoked);
  assert_int_equal(csn_keyring_add_key(ring, &b), CSN_OK);
  verdict = verdict_of(ring, &a, NOW);
  assert_reason(&verdict, KEY_EXPIRED); /* as the other one is */
  verdict = verdict_of(ring, &b, NOW - 1);
  assert_reason(&verdict, ACCEPTED);
  verdict = verdict_of(ring, &a, NOW - 1);
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  csn_keyring_free(ring);
}

static void a_revoked_token_key_says_so(void **state) {
  csn_keyring *ring = test_keyring_new();
  csn_key key = make_key("", "t", CSN_USE_TOKEN, NOW);
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  uint8_t token[256];
  size_t len = 0;
  csn_jwt jwt;
  csn_verdict verdict;
  (void)state;
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  assert_int_equal(csn_sign_jwt(&key, csn_span_str("{\"exp\":1800000000}"), token, sizeof token, &len), CSN_OK);
  test_jwt_verify(ring, &policy, csn_span_of(token, len), NOW, &jwt, &verdict);
  assert_reason(&verdict, ACCEPTED);
  assert_int_equal(revoke(ring, "", "t"), CSN_OK);
  for (int64_t now = NOW; now <= NOW + 1; now++) { /* in its time and behind it */
    test_jwt_verify(ring, &policy, csn_span_of(token, len), now, &jwt, &verdict);
    assert_reason(&verdict, KEY_REVOKED);
    assert_span(csn_name_span(&verdict.key_id), "t");
  }
  assert_int_equal(take_out(ring, "", "t"), CSN_OK);
  test_jwt_verify(ring, &policy, csn_span_of(token, len), NOW, &jwt, &verdict);
  assert_reason(&verdict, KEY_UNKNOWN);
  assert_int_equal(take_out(ring, "", "t"), CSN_ERROR_KEY_NOT_FOUND);
  csn_keyring_free(ring);
}

/* ---- what a reading has ---- */

static void a_reading_keeps_what_it_has_found(void **state) {
  csn_keyring *ring = test_keyring_new(), *other = test_keyring_new();
  csn_keyring_reading outer, inner;
  csn_key expected = make_key("client", "a", CSN_USE_REQUEST, 0);
  const csn_key *later[CSN_KEYS_PER_CLIENT_MAX];
  (void)state;
  assert_int_equal(csn_keyring_add_key(ring, &expected), CSN_OK);
  assert_int_equal(csn_keyring_reclaim(ring).waiting, 0);
  csn_keyring_read_begin(ring, &outer);
  assert_int_equal(csn_keyring_find_client(&outer, csn_span_str("client"), found), 1);
  for (int i = 0; i < 10; i++) {
    assert_int_equal(rotate(ring, "client", "b", CSN_USE_REQUEST, NOW, 0), CSN_OK);
    csn_keyring_read_begin(ring, &inner);
    assert_int_equal(csn_keyring_find_client(&inner, csn_span_str("client"), later), i == 0 ? 2 : 1);
    assert_int_equal(take_out(ring, "client", "b"), CSN_OK);
    if (i == 0) assert_int_equal(take_out(ring, "client", "a"), CSN_OK);
    assert_span(csn_key_id(later[0]), "b");
    csn_keyring_read_end(&inner);
  }
  assert_int_equal(csn_keyring_replace(ring, other), CSN_OK);
  assert_int_equal(csn_keyring_count(ring), 0);
  assert_true(csn_keyring_reclaim(ring).waiting >= 10);
  assert_memory_equal(found[0], &expected, sizeof expected);
  assert_int_equal(csn_keyring_find_client(&outer, csn_span_str("client"), later), 1);
  csn_keyring_read_end(&outer);
  assert_int_equal(csn_keyring_reclaim(ring).waiting, 0);
  csn_keyring_free(ring);
  csn_keyring_free(other);
}

static void replacement_is_whole(void **state) {
  csn_keyring *ring = test_keyring_new(), *with = NULL;
  static const uint8_t seed[16] = {9};
  (void)state;
  assert_int_equal(csn_keyring_new(&with, seed), CSN_OK);
  add(ring, "old-client", "a", CSN_USE_REQUEST, 0);
  add(ring, "client", "a", CSN_USE_REQUEST | CSN_USE_TOKEN, 0);
  add(with, "client", "b", CSN_USE_REQUEST, 5);
  add(with, "client", "c", CSN_USE_REQUEST | CSN_USE_TOKEN, 0);
  add(with, "", "d", CSN_USE_TOKEN, 0);
  assert_int_equal(revoke(with, "client", "c"), CSN_OK);
  for (int i = 0; i < 3; i++) { /* the same again, and with itself */
    assert_int_equal(csn_keyring_replace(ring, i < 2 ? with : ring), CSN_OK);
    assert_int_equal(csn_keyring_count(ring), 3);
    assert_int_equal(test_token_key_count(ring), 2);
    assert_int_equal(test_find_client(ring, csn_span_str("old-client"), found), 0);
    assert_int_equal(test_find_client(ring, csn_span_str("client"), found), 2);
    assert_span(csn_key_id(found[0]), "c");
    assert_true(found[0]->revoked);
    assert_int_equal(found[1]->accept_until, 5);
    assert_ptr_equal(test_find_key_id(ring, csn_span_str("c")), found[0]);
    assert_non_null(test_find_key_id(ring, csn_span_str("d")));
    assert_null(test_find_key_id(ring, csn_span_str("a")));
    assert_int_equal(csn_keyring_reclaim(ring).waiting, 0);
  }
  assert_int_equal(csn_keyring_count(with), 3);
  csn_keyring_free(with);
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_old_key_lives_for_its_grace_and_not_a_second_longer),
      cmocka_unit_test(a_grace_makes_no_life_longer),
      cmocka_unit_test(rotation_makes_room_of_what_is_over),
      cmocka_unit_test(rotation_is_checked),
      cmocka_unit_test(rotation_is_of_one_client_and_use),
      cmocka_unit_test(revoked_means_at_once),
      cmocka_unit_test(a_revoked_token_key_says_so),
      cmocka_unit_test(a_reading_keeps_what_it_has_found),
      cmocka_unit_test(replacement_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
