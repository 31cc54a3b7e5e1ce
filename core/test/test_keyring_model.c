/* Random changes of a ring against an array that is changed likewise; and a million keys. */
#include "keyring_support.h"

enum { CLIENTS = 5, IDS = 6 };

/* What the ring should have of each client and id: one key for requests or tokens, or both. */
typedef struct model_key {
  bool there, revoked;
  unsigned uses;
  int64_t accept_until;
} model_key;
static model_key model[CLIENTS][IDS];
static const char *const clients[CLIENTS] = {"", "a", "b", "a-client-with-a-name-of-more-than-16-bytes", "aa"};
static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n) {
  random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (uint32_t)(random_state >> 33) % n;
}

/* Key ids are told apart by client, since those of token keys must be. */
static void name_key(char name[16], uint32_t client, uint32_t id) {
  (void)snprintf(name, 16, "%u-%u", client, id);
}

static size_t model_requests(uint32_t client) {
  size_t count = 0;
  for (uint32_t id = 0; id < IDS; id++)
    count += model[client][id].there && (model[client][id].uses & CSN_USE_REQUEST) != 0;
  return count;
}

static csn_error model_add(uint32_t client, uint32_t id, unsigned uses) {
  model_key *key = &model[client][id];
  bool shares = key->there && (key->uses & uses & CSN_USE_TOKEN) != 0;
  shares |= key->there && (key->uses & uses & CSN_USE_REQUEST) != 0;
  if (shares) return CSN_ERROR_KEY_DUPLICATE;
  if ((uses & CSN_USE_REQUEST) != 0 && model_requests(client) >= CSN_KEYS_PER_CLIENT_MAX) return CSN_ERROR_KEY_LIMIT;
  *key = (model_key){.there = true, .uses = uses};
  return CSN_OK;
}

static void model_rotate(uint32_t client, unsigned uses, int64_t now, int64_t grace) {
  for (uint32_t id = 0; id < IDS; id++) {
    model_key *key = &model[client][id];
    if (!key->there || (key->uses & uses) == 0) continue;
    if (key->revoked || (key->accept_until != 0 && key->accept_until < now)) *key = (model_key){.there = false};
    if (key->there && (key->accept_until == 0 || key->accept_until > now + grace)) key->accept_until = now + grace;
  }
}

static void compare_with_model(const csn_keyring *ring) {
  size_t count = 0;
  bool shared = false;
  for (uint32_t client = 0; client < CLIENTS; client++) {
    assert_int_equal(test_find_client(ring, csn_span_str(clients[client]), found), model_requests(client));
    for (uint32_t id = 0; id < IDS; id++) {
      const model_key *expected = &model[client][id];
      char name[16];
      name_key(name, client, id);
      const csn_key *by_client = request_key(ring, clients[client], name);
      const csn_key *by_id = test_find_key_id(ring, csn_span_str(name));
      assert_int_equal(by_client != NULL, expected->there && (expected->uses & CSN_USE_REQUEST) != 0);
      assert_int_equal(by_id != NULL, expected->there && (expected->uses & CSN_USE_TOKEN) != 0);
      const csn_key *key = by_client != NULL ? by_client : by_id;
      if (by_client != NULL && by_id != NULL) assert_ptr_equal(by_client, by_id);
      assert_ptr_equal(test_find_request_key(ring, csn_span_str(name), &shared), by_client);
      assert_false(shared);
      if (key != NULL) assert_true(key->revoked == expected->revoked && key->accept_until == expected->accept_until);
      if (key != NULL) assert_span(csn_key_client_id(key), clients[client]);
      count += expected->there;
    }
  }
  assert_int_equal(csn_keyring_count(ring), count);
}

static void change_both(csn_keyring *ring, int64_t now) {
  uint32_t client = random_below(CLIENTS), id = random_below(IDS), what = random_below(6);
  unsigned uses = client == 0 ? CSN_USE_TOKEN : 1 + random_below(3);
  model_key *key = &model[client][id], before[CLIENTS][IDS];
  char name[16];
  name_key(name, client, id);
  /* The model has one key of a name: none that is there gets a second. */
  if (key->there) uses = key->uses;
  if (what < 2) {
    csn_key made = make_key(clients[client], name, uses, 0);
    assert_int_equal(csn_keyring_add_key(ring, &made), model_add(client, id, uses));
  } else if (what < 4) {
    int64_t grace = random_below(3);
    memcpy(before, model, sizeof model);
    model_rotate(client, uses, now, grace);
    csn_error expected = model_add(client, id, uses);
    if (expected != CSN_OK) memcpy(model, before, sizeof model);
    assert_int_equal(rotate(ring, clients[client], name, uses, now, grace), expected);
  } else if (what < 5) {
    assert_int_equal(revoke(ring, clients[client], name), key->there ? CSN_OK : CSN_ERROR_KEY_NOT_FOUND);
    key->revoked = key->there;
  } else {
    assert_int_equal(take_out(ring, clients[client], name), key->there ? CSN_OK : CSN_ERROR_KEY_NOT_FOUND);
    *key = (model_key){.there = false};
  }
}

static void random_changes_are_those_of_an_array(void **state) {
  csn_keyring *ring = test_keyring_new();
  (void)state;
  for (int i = 0; i < 20000; i++) {
    change_both(ring, 1000 + i / 8);
    compare_with_model(ring);
    if (i % 1000 == 0) assert_int_equal(csn_keyring_replace(ring, ring), CSN_OK);
  }
  assert_int_equal(csn_keyring_reclaim(ring).waiting, 0);
  csn_keyring_free(ring);
}

/* ---- a million ---- */

static void a_million_keys_are_found(void **state) {
  enum { MILLION = 1000000 };
  csn_keyring *ring = test_keyring_new();
  csn_key key = make_key("client", "k", CSN_USE_REQUEST, 0);
  (void)state;
  for (unsigned i = 0; i < MILLION; i++) {
    key.client_id_len = (uint8_t)snprintf((char *)key.client_id, sizeof key.client_id, "c%u", i);
    assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  }
  assert_int_equal(csn_keyring_count(ring), MILLION);
  for (unsigned i = 0; i < MILLION + 1000; i += 7) {
    char name[16];
    (void)snprintf(name, sizeof name, "c%u", i);
    assert_int_equal(test_find_client(ring, csn_span_str(name), found), i < MILLION);
    if (i < MILLION) assert_span(csn_key_client_id(found[0]), name);
  }
  bool shared = false;
  assert_null(test_find_request_key(ring, csn_span_str("k"), &shared)); /* a million have it */
  assert_true(shared);
  assert_int_equal(revoke(ring, "c999999", "k"), CSN_OK);
  assert_true(request_key(ring, "c999999", "k")->revoked);
  assert_false(request_key(ring, "c999998", "k")->revoked);
  csn_keyring_free(ring);
  csn_keyring_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_changes_are_those_of_an_array),
      cmocka_unit_test(a_million_keys_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
