/* Keys and the ring. */
#include <countersign/keyring.h>

#include "../src/keyring_parts.h"
#include "support.h"

static csn_error init(const void *secret, size_t len, bool legacy) {
  csn_key key;
  csn_key_config config = test_key_config("client", "key", CSN_USE_REQUEST);
  config.secret = csn_span_of(secret, len);
  config.allow_legacy_short = legacy;
  return csn_key_init(&key, &config);
}

static void secret_length_has_its_boundary(void **state) {
  static uint8_t secret[CSN_SECRET_MAX + 1];
  (void)state;
  memset(secret, 'k', sizeof secret);
  assert_int_equal(init(secret, 32, false), CSN_OK);
  assert_int_equal(init(secret, 31, false), CSN_ERROR_KEY_TOO_SHORT);
  assert_int_equal(init(secret, 31, true), CSN_OK);
  assert_int_equal(init(secret, 1, true), CSN_OK);
  assert_int_equal(init(secret, 0, true), CSN_ERROR_KEY_TOO_SHORT);
  assert_int_equal(init(secret, CSN_SECRET_MAX, false), CSN_OK);
  assert_int_equal(init(secret, CSN_SECRET_MAX + 1, false), CSN_ERROR_KEY_TOO_LONG);
}

static void asymmetric_keys_are_no_secrets(void **state) {
  const char *const refused[] = {
      "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----\n",
      " \r\n\t-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n",
      "a comment first\n-----BEGIN RSA PRIVATE KEY-----\nMIIBIjANBgkqhkiG9w0B\n",
      "\xef\xbb\xbf{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiA\"}",
      "\n {\"alg\":\"HS256\",\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ",
      "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY",
      "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t",
      "sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAy",
      "---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EAAAADAQABAAABgQ",
      "\xef\xbb\xbf \n{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiA\"}",
      "[{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiA\"}]",
      "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=", /* RFC 8410 section 10.1, without its lines */
      " MCowBQYDK2VwAyEAGb9ECWmEzf6F\r\nQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE\n",
  };
  const char *const taken[] = {
      "----BEGIN is not the start of a PEM block----",
      "{\"kt\":\"only looks a little like a JSON Web Key\"}",
      "sshhhh, this is a passphrase of forty bytes",
      "ssh-hmac-secret-for-client-abcdefghijklmnopqrstuvwxyz",
      "ACowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
  };
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_int_equal(init(refused[i], strlen(refused[i]), false), CSN_ERROR_KEY_IS_ASYMMETRIC);
    assert_int_equal(init(refused[i], strlen(refused[i]), true), CSN_ERROR_KEY_IS_ASYMMETRIC);
  }
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
    assert_int_equal(init(taken[i], strlen(taken[i]), false), CSN_OK);
  }
}

/* Loads `len` bytes of `der` with `before` in front of them and `after` behind. */
static csn_error init_der(const char *before, const uint8_t *der, size_t len, const char *after) {
  uint8_t secret[512];
  size_t start = strlen(before), end = strlen(after);
  assert_true(start + len + end <= sizeof secret);
  memcpy(secret, before, start);
  memcpy(secret + start, der, len);
  memcpy(secret + start + len, after, end);
  return init(secret, start + len + end, false);
}

/* An Ed25519 SubjectPublicKeyInfo of RFC 8410 and an RSA-like key with a long length. White space around them does not
 * hide them, nor the loss of a line end that was part of the key; with three bytes less they are just bytes. */
static void der_keys_are_no_secrets(void **state) {
  const uint8_t ed25519[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  const uint8_t rsa[4 + 270] = {0x30, 0x82, 0x01, 0x0e, 0x02, 0x82, 0x01, 0x01};
  const uint8_t *const keys[] = {ed25519, rsa};
  const size_t lens[] = {sizeof ed25519, sizeof rsa};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    for (size_t less = 0; less <= 2; less++) {
      assert_int_equal(init_der("", keys[i], lens[i] - less, ""), CSN_ERROR_KEY_IS_ASYMMETRIC);
    }
    assert_int_equal(init_der("", keys[i], lens[i] - 3, ""), CSN_OK);
    assert_int_equal(init_der("\n", keys[i], lens[i], ""), CSN_ERROR_KEY_IS_ASYMMETRIC);
    assert_int_equal(init_der("", keys[i], lens[i], "\r\n\n"), CSN_ERROR_KEY_IS_ASYMMETRIC);
    assert_int_equal(init_der("", keys[i], lens[i], "x"), CSN_OK);
  }
  /* A SEQUENCE of something else is just bytes. */
  uint8_t other[64] = {0x30, 62, 0x04};
  assert_int_equal(init(other, sizeof other, false), CSN_OK);
  other[2] = 0x02;
  assert_int_equal(init(other, sizeof other, false), CSN_ERROR_KEY_IS_ASYMMETRIC);
  /* What begins so and is too short for a key is a secret. */
  uint8_t secret[32] = {0x30, 30, 0x30};
  assert_int_equal(init(secret, sizeof secret, false), CSN_OK);
}

static void config_is_checked(void **state) {
  char long_id[CSN_ID_MAX + 2];
  csn_key key;
  (void)state;
  memset(long_id, 'i', sizeof long_id);
  long_id[CSN_ID_MAX + 1] = 0;

  csn_key_config config = test_key_config("client", "key", 0);
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_INVALID_ARGUMENT);
  config = test_key_config("client", "key", 8);
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_INVALID_ARGUMENT);
  config = test_key_config("client", "key", CSN_USE_REQUEST);
  config.alg = CSN_ALG_NONE;
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_ALGORITHM_UNSUPPORTED);
  config = test_key_config("", "key", CSN_USE_REQUEST);
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_ID_INVALID);
  config = test_key_config("", "key", CSN_USE_TOKEN);
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  config = test_key_config("", "key", CSN_USE_API_KEY); /* a pepper is HS256 */
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  config.alg = CSN_ALG_HS512;
  config.allow_legacy_short = true;
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_ALGORITHM_UNSUPPORTED);
  config = test_key_config("two words", "key", CSN_USE_REQUEST);
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_ID_INVALID);
  config = test_key_config(long_id, "key", CSN_USE_REQUEST);
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_ID_INVALID);
  config.client_id.len = CSN_ID_MAX;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  config.key_id = csn_span_of(long_id, CSN_ID_MAX + 1);
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_ID_INVALID);
  config.key_id.len = CSN_ID_MAX;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  config.accept_until = -1;
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_INVALID_ARGUMENT);
}

static void refused_key_is_wiped(void **state) {
  static const csn_key zero;
  csn_key key;
  csn_key_config config = test_key_config("client", "key", CSN_USE_REQUEST);
  (void)state;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  config.secret.len = 5;
  assert_int_equal(csn_key_init(&key, &config), CSN_ERROR_KEY_TOO_SHORT);
  assert_memory_equal(&key, &zero, sizeof key);
}

static void keys_are_found_by_client_and_by_id(void **state) {
  csn_keyring *ring = test_keyring_new();
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  (void)state;
  assert_int_equal(test_find_client(ring, csn_span_str("a"), found), 0);
  assert_null(test_find_key_id(ring, csn_span_str("a")));
  for (int i = 0; i < 5000; i++) {
    char client[24], key_id[24];
    (void)snprintf(client, sizeof client, "client-%d", i / 2);
    (void)snprintf(key_id, sizeof key_id, "key-%d", i);
    csn_key_config config = test_key_config(client, key_id, i % 2 == 0 ? CSN_USE_REQUEST : CSN_USE_TOKEN);
    assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
  }
  assert_int_equal(csn_keyring_count(ring), 5000);
  assert_int_equal(test_token_key_count(ring), 2500);
  for (int i = 0; i < 5000; i++) {
    char client[24], key_id[24];
    (void)snprintf(client, sizeof client, "client-%d", i / 2);
    (void)snprintf(key_id, sizeof key_id, "key-%d", i);
    assert_int_equal(test_find_client(ring, csn_span_str(client), found), 1);
    assert_span(csn_key_client_id(found[0]), client);
    const csn_key *by_id = test_find_key_id(ring, csn_span_str(key_id));
    assert_int_equal(by_id != NULL, i % 2 == 1); /* request keys are not found by id */
  }
  assert_int_equal(test_find_client(ring, csn_span_str("client-2500"), found), 0);
  assert_null(test_only_token_key(ring));
  csn_keyring_free(ring);
}

/* Each step of one between the steps of the others: every client that there is has its one key, and nobody else any. */
static void searches_take_turns(void **state) {
  enum { CLIENTS = 3000, TOGETHER = 50 };
  csn_keyring *ring = test_keyring_new();
  csn_keyring_reading reading;
  (void)state;
  for (int i = 0; i < CLIENTS; i++) {
    char id[24];
    snprintf(id, sizeof id, "client-%d", i);
    csn_key_config config = test_key_config(id, id, CSN_USE_REQUEST);
    assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
  }
  csn_keyring_read_begin(ring, &reading);
  for (int from = 0; from < CLIENTS * 2; from += TOGETHER) {
    csn_client_search searches[TOGETHER];
    char ids[TOGETHER][24];
    size_t steps = 0;
    for (int i = 0; i < TOGETHER; i++) {
      snprintf(ids[i], sizeof ids[i], "client-%d", from + i * 7);
      csn_keyring_search_begin(&reading, csn_span_str(ids[i]), &searches[i]);
    }
    for (bool more = true; more; steps++) {
      more = false;
      for (int i = 0; i < TOGETHER; i++) more |= csn_keyring_search_on(&searches[i]);
    }
    assert_in_range(steps, 2, 11 + 1);
    for (int i = 0; i < TOGETHER; i++) {
      const csn_key *keys[CSN_KEYS_PER_CLIENT_MAX];
      size_t count = csn_keyring_search_end(&searches[i], csn_span_str(ids[i]), keys);
      assert_int_equal(count, from + i * 7 < CLIENTS);
      if (count == 1) assert_span(csn_key_client_id(keys[0]), ids[i]);
    }
  }
  csn_keyring_read_end(&reading);
  csn_keyring_free(ring);
}

static void request_keys_are_found_by_an_id_that_one_client_has(void **state) {
  csn_keyring *ring = test_keyring_new();
  bool shared = true;
  (void)state;
  for (int i = 0; i < 300; i++) { /* the index grows while some ids are shared */
    char client[24], key_id[24];
    (void)snprintf(client, sizeof client, "client-%d", i);
    (void)snprintf(key_id, sizeof key_id, "key-%d", i < 200 ? i : i - 200);
    csn_key_config config = test_key_config(client, i == 7 ? "" : key_id, CSN_USE_REQUEST);
    assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
  }
  csn_key_config token = test_key_config("", "token", CSN_USE_TOKEN);
  assert_int_equal(csn_keyring_add(ring, &token), CSN_OK);
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  for (int i = 0; i < 200; i++) {
    char key_id[24];
    (void)snprintf(key_id, sizeof key_id, "key-%d", i);
    const csn_key *key = csn_keyring_find_request_key(&keys, csn_span_str(key_id), &shared);
    assert_int_equal(shared, i < 100 && i != 7);
    assert_int_equal(key != NULL, !shared);
    if (key != NULL) assert_span(csn_key_id(key), key_id);
  }
  assert_null(csn_keyring_find_request_key(&keys, csn_span_str("token"), &shared));
  assert_null(csn_keyring_find_request_key(&keys, csn_span_str(""), &shared));
  assert_null(csn_keyring_find_request_key(&keys, csn_span_str("key-200"), &shared));
  assert_false(shared);
  csn_keyring_read_end(&keys);
  /* What is taken out leaves the others; the last of two names a key again. */
  for (int i = 0; i < 100; i++) {
    char client[24], key_id[24];
    (void)snprintf(client, sizeof client, "client-%d", i);
    (void)snprintf(key_id, sizeof key_id, "key-%d", i);
    if (i != 7) assert_int_equal(csn_keyring_remove(ring, csn_span_str(client), csn_span_str(key_id)), CSN_OK);
  }
  csn_keyring_read_begin(ring, &keys);
  for (int i = 0; i < 100; i++) {
    char client[24], key_id[24];
    (void)snprintf(client, sizeof client, "client-%d", i + 200);
    (void)snprintf(key_id, sizeof key_id, "key-%d", i);
    const csn_key *key = csn_keyring_find_request_key(&keys, csn_span_str(key_id), &shared);
    assert_non_null(key);
    assert_span(csn_key_client_id(key), client);
  }
  csn_keyring_read_end(&keys);
  csn_keyring_free(ring);
}

static void duplicates_and_too_many_are_refused(void **state) {
  csn_keyring *ring = test_keyring_new();
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  (void)state;
  for (int i = 0; i < CSN_KEYS_PER_CLIENT_MAX; i++) {
    char key_id[24];
    (void)snprintf(key_id, sizeof key_id, "key-%d", i);
    csn_key_config config = test_key_config("client", key_id, CSN_USE_REQUEST);
    assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
    assert_int_equal(csn_keyring_add(ring, &config), CSN_ERROR_KEY_DUPLICATE);
  }
  csn_key_config more = test_key_config("client", "one more", CSN_USE_REQUEST);
  assert_int_equal(csn_keyring_add(ring, &more), CSN_ERROR_KEY_LIMIT);
  assert_int_equal(test_find_client(ring, csn_span_str("client"), found), CSN_KEYS_PER_CLIENT_MAX);

  csn_key_config token = test_key_config("", "t", CSN_USE_TOKEN);
  assert_int_equal(csn_keyring_add(ring, &token), CSN_OK);
  assert_int_equal(csn_keyring_add(ring, &token), CSN_ERROR_KEY_DUPLICATE);
  assert_ptr_equal(test_only_token_key(ring), test_find_key_id(ring, csn_span_str("t")));
  csn_keyring_free(ring);
}

static void algorithm_names_are_exact(void **state) {
  const char *const others[] = {"",     "none",   "None",   "NONE",  "hs256", "HS256 ",
                                "HS25", "HS2567", "ES256K", "EDDSA", "RS1"};
  (void)state;
  assert_int_equal(csn_alg_from_name(csn_span_str("HS256")), CSN_ALG_HS256);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_int_equal(csn_alg_from_name(csn_span_str(others[i])), CSN_ALG_NONE);
  }
  assert_int_equal(csn_alg_from_name(csn_span_of("HS256\0", 6)), CSN_ALG_NONE);
  assert_string_equal(csn_alg_name(CSN_ALG_HS256), "HS256");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(secret_length_has_its_boundary),
      cmocka_unit_test(asymmetric_keys_are_no_secrets),
      cmocka_unit_test(der_keys_are_no_secrets),
      cmocka_unit_test(config_is_checked),
      cmocka_unit_test(refused_key_is_wiped),
      cmocka_unit_test(keys_are_found_by_client_and_by_id),
      cmocka_unit_test(searches_take_turns),
      cmocka_unit_test(request_keys_are_found_by_an_id_that_one_client_has),
      cmocka_unit_test(duplicates_and_too_many_are_refused),
      cmocka_unit_test(algorithm_names_are_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
