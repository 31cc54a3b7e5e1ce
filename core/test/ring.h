/* A ring for one thread that does not change it meanwhile: what is found stays. */
#ifndef CSN_TEST_RING_H
#define CSN_TEST_RING_H

#include <countersign/http_signature.h>
#include <countersign/jwt.h>

static inline size_t test_find_client(const csn_keyring *ring, csn_span client_id,
                                      const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  size_t count = csn_keyring_find_client(&keys, client_id, out);
  csn_keyring_read_end(&keys);
  return count;
}

static inline const csn_key *test_find_key_id(const csn_keyring *ring, csn_span key_id) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  const csn_key *key = csn_keyring_find_key_id(&keys, key_id);
  csn_keyring_read_end(&keys);
  return key;
}

static inline const csn_key *test_find_request_key(const csn_keyring *ring, csn_span key_id, bool *shared) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  const csn_key *key = csn_keyring_find_request_key(&keys, key_id, shared);
  csn_keyring_read_end(&keys);
  return key;
}

static inline const csn_key *test_only_token_key(const csn_keyring *ring) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  const csn_key *key = csn_keyring_only_token_key(&keys);
  csn_keyring_read_end(&keys);
  return key;
}

static inline size_t test_token_key_count(const csn_keyring *ring) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  size_t count = csn_keyring_token_key_count(&keys);
  csn_keyring_read_end(&keys);
  return count;
}

static inline void test_jwt_verify(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token, int64_t now,
                                   csn_jwt *jwt, csn_verdict *verdict) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  csn_jwt_verify(&keys, policy, token, now, jwt, verdict);
  csn_keyring_read_end(&keys);
}

static inline void test_http_signature_verify(const csn_keyring *ring, const csn_http_signature_policy *policy,
                                              int64_t window, const csn_request *request, int64_t now,
                                              csn_http_signature *out, csn_verdict *verdict) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  csn_http_signature_verify(&keys, policy, window, request, now, out, verdict);
  csn_keyring_read_end(&keys);
}

#endif
