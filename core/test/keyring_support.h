/* Keys of the tests, and what those of a changing ring share. */
#ifndef CSN_TEST_KEYRING_SUPPORT_H
#define CSN_TEST_KEYRING_SUPPORT_H

#include "support.h"

static const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];

static inline csn_key make_key(const char *client, const char *key_id, unsigned uses, int64_t accept_until) {
  csn_key_config config = test_key_config(client, key_id, uses);
  char secret[64];
  csn_key key;
  (void)snprintf(secret, sizeof secret, "a secret of its own for the key %s", key_id);
  config.secret = csn_span_str(secret);
  config.accept_until = accept_until;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  return key;
}

/* Of any of the HMAC algorithms: the secret is long enough for each. */
static inline csn_key make_key_of(const char *client, const char *key_id, unsigned uses, csn_alg alg) {
  csn_key_config config = test_key_config(client, key_id, uses);
  char secret[96];
  csn_key key;
  (void)snprintf(secret, sizeof secret, "a secret for %s of more than sixty-four bytes, which every algorithm takes",
                 key_id);
  config.alg = alg;
  config.secret = csn_span_str(secret);
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  return key;
}

static inline csn_error rotate(csn_keyring *ring, const char *client, const char *key_id, unsigned uses, int64_t now,
                               int64_t grace) {
  csn_key key = make_key(client, key_id, uses, 0);
  return csn_keyring_rotate(ring, &key, now, grace);
}

static inline csn_error revoke(csn_keyring *ring, const char *client, const char *key_id) {
  return csn_keyring_revoke(ring, csn_span_str(client), csn_span_str(key_id));
}
static inline csn_error take_out(csn_keyring *ring, const char *client, const char *key_id) {
  return csn_keyring_remove(ring, csn_span_str(client), csn_span_str(key_id));
}

/* The client's request key with this id, or NULL. */
static inline const csn_key *request_key(const csn_keyring *ring, const char *client, const char *key_id) {
  size_t count = test_find_client(ring, csn_span_str(client), found);
  for (size_t i = 0; i < count; i++) {
    if (csn_span_equal(csn_key_id(found[i]), csn_span_str(key_id))) return found[i];
  }
  return NULL;
}

#endif
