/* The low-level SHA-256 interface is deprecated in OpenSSL 3 in favour of EVP, which needs a heap context and a fetch
 * or a dup for every message. The state of the low-level one is a plain struct: that is what makes a precomputed pad
 * state a copy of 32 bytes. Its code is the same assembly. This is the only file that uses it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hmac.h"

#include "ct.h"

_Static_assert(sizeof(((SHA256_CTX *)0)->h) == sizeof(((csn_key *)0)->inner), "eight words of state");

/* The state after one block. */
static void pad_state(uint32_t state[8], const uint8_t block[CSN_SHA256_BLOCK], uint8_t pad) {
  uint8_t padded[CSN_SHA256_BLOCK];
  SHA256_CTX sha;
  for (size_t i = 0; i < sizeof padded; i++) padded[i] = (uint8_t)(block[i] ^ pad);
  SHA256_Init(&sha);
  SHA256_Update(&sha, padded, sizeof padded);
  memcpy(state, sha.h, sizeof sha.h);
  csn_wipe(padded, sizeof padded);
  csn_wipe(&sha, sizeof sha);
}

/* A context as it is after one block from `state`. */
static void resume(SHA256_CTX *sha, const uint32_t state[8]) {
  memset(sha, 0, sizeof *sha);
  memcpy(sha->h, state, sizeof sha->h);
  sha->Nl = CSN_SHA256_BLOCK * 8;
  sha->md_len = CSN_SHA256_BYTES;
}

void csn_hmac_set_key(csn_key *key, csn_span secret) {
  uint8_t block[CSN_SHA256_BLOCK] = {0};
  if (secret.len > sizeof block) {
    csn_sha256(secret, block);
  } else if (secret.len > 0) {
    memcpy(block, secret.ptr, secret.len);
  }
  pad_state(key->inner, block, 0x36);
  pad_state(key->outer, block, 0x5c);
  csn_wipe(block, sizeof block);
}

void csn_hmac_init(csn_hmac *hmac, const csn_key *key) {
  resume(&hmac->sha, key->inner);
  hmac->key = key;
}

void csn_hmac_update(csn_hmac *hmac, csn_span data) {
  if (data.len > 0) SHA256_Update(&hmac->sha, data.ptr, data.len);
}

void csn_hmac_final(csn_hmac *hmac, uint8_t mac[CSN_SHA256_BYTES]) {
  uint8_t inner[CSN_SHA256_BYTES];
  SHA256_Final(inner, &hmac->sha);
  resume(&hmac->sha, hmac->key->outer);
  SHA256_Update(&hmac->sha, inner, sizeof inner);
  SHA256_Final(mac, &hmac->sha);
  csn_wipe(inner, sizeof inner);
  csn_wipe(&hmac->sha, sizeof hmac->sha);
}

void csn_hmac_sha256(const csn_key *key, csn_span data, uint8_t mac[CSN_SHA256_BYTES]) {
  csn_hmac hmac;
  csn_hmac_init(&hmac, key);
  csn_hmac_update(&hmac, data);
  csn_hmac_final(&hmac, mac);
}

void csn_sha256(csn_span data, uint8_t out[CSN_SHA256_BYTES]) {
  SHA256_CTX sha;
  SHA256_Init(&sha);
  if (data.len > 0) SHA256_Update(&sha, data.ptr, data.len);
  SHA256_Final(out, &sha);
  csn_wipe(&sha, sizeof sha);
}
