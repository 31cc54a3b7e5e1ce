/* The low-level interface to SHA-2 is deprecated in OpenSSL 3 in favour of EVP, which needs a heap context and a fetch
 * or a dup for every message. The state of the low-level one is a plain struct: that is what makes a precomputed pad
 * state a copy of 32 or 64 bytes. Its code is the same assembly. This is the only file that uses it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hmac.h"

#include "ct.h"

_Static_assert(sizeof(((SHA256_CTX *)0)->h) == sizeof(((csn_key *)0)->inner), "eight words of state");
_Static_assert(sizeof(((SHA512_CTX *)0)->h) == sizeof(((csn_key *)0)->inner64), "eight words of state");

static bool is_wide(csn_alg alg) {
  return alg == CSN_ALG_HS384 || alg == CSN_ALG_HS512;
}

/* ---- hashes ---- */

void csn_sha256(csn_span data, uint8_t out[CSN_SHA256_BYTES]) {
  SHA256_CTX sha;
  SHA256_Init(&sha);
  if (data.len > 0) SHA256_Update(&sha, data.ptr, data.len);
  SHA256_Final(out, &sha);
  csn_wipe(&sha, sizeof sha);
}

/* SHA-384 is SHA-512 from another start, cut off (FIPS 180-4 section 5.3.4). */
static void start_wide(SHA512_CTX *sha, size_t bytes) {
  if (bytes == SHA384_DIGEST_LENGTH) {
    SHA384_Init(sha);
  } else {
    SHA512_Init(sha);
  }
}

void csn_sha2(size_t bytes, csn_span data, uint8_t *out) {
  SHA512_CTX sha;
  if (bytes == CSN_SHA256_BYTES) {
    csn_sha256(data, out);
    return;
  }
  start_wide(&sha, bytes);
  if (data.len > 0) SHA512_Update(&sha, data.ptr, data.len);
  SHA512_Final(out, &sha); /* writes md_len bytes */
  csn_wipe(&sha, sizeof sha);
}

/* ---- pad states ---- */

/* The state after one block. */
static void pad_state(uint32_t state[8], const uint8_t *block, uint8_t pad) {
  uint8_t padded[CSN_SHA256_BLOCK];
  SHA256_CTX sha;
  for (size_t i = 0; i < sizeof padded; i++) padded[i] = (uint8_t)(block[i] ^ pad);
  SHA256_Init(&sha);
  SHA256_Update(&sha, padded, sizeof padded);
  memcpy(state, sha.h, sizeof sha.h);
  csn_wipe(padded, sizeof padded);
  csn_wipe(&sha, sizeof sha);
}

static void pad_state_wide(uint64_t state[8], size_t bytes, const uint8_t *block, uint8_t pad) {
  uint8_t padded[CSN_SHA512_BLOCK];
  SHA512_CTX sha;
  for (size_t i = 0; i < sizeof padded; i++) padded[i] = (uint8_t)(block[i] ^ pad);
  start_wide(&sha, bytes);
  SHA512_Update(&sha, padded, sizeof padded);
  memcpy(state, sha.h, sizeof sha.h);
  csn_wipe(padded, sizeof padded);
  csn_wipe(&sha, sizeof sha);
}

void csn_hmac_set_key_of(csn_key *key, csn_alg alg, csn_span secret) {
  uint8_t block[CSN_SHA512_BLOCK] = {0};
  key->alg = is_wide(alg) ? alg : CSN_ALG_HS256;
  size_t bytes = csn_hmac_bytes(key), room = is_wide(alg) ? CSN_SHA512_BLOCK : CSN_SHA256_BLOCK;
  if (secret.len > room) {
    csn_sha2(bytes, secret, block);
  } else if (secret.len > 0) {
    memcpy(block, secret.ptr, secret.len);
  }
  if (is_wide(alg)) {
    pad_state_wide(key->inner64, bytes, block, 0x36);
    pad_state_wide(key->outer64, bytes, block, 0x5c);
  } else {
    pad_state(key->inner, block, 0x36);
    pad_state(key->outer, block, 0x5c);
  }
  csn_wipe(block, sizeof block);
}

void csn_hmac_set_key(csn_key *key, csn_span secret) {
  csn_hmac_set_key_of(key, CSN_ALG_HS256, secret);
}

/* ---- messages ---- */

/* A context as it is after one block from `state`. */
static void resume(SHA256_CTX *sha, const uint32_t state[8]) {
  memset(sha, 0, sizeof *sha);
  memcpy(sha->h, state, sizeof sha->h);
  sha->Nl = CSN_SHA256_BLOCK * 8;
  sha->md_len = CSN_SHA256_BYTES;
}

static void resume_wide(SHA512_CTX *sha, const uint64_t state[8], size_t bytes) {
  memset(sha, 0, sizeof *sha);
  memcpy(sha->h, state, sizeof sha->h);
  sha->Nl = CSN_SHA512_BLOCK * 8;
  sha->md_len = (unsigned)bytes;
}

void csn_hmac_init(csn_hmac *hmac, const csn_key *key) {
  hmac->key = key;
  if (is_wide(key->alg)) {
    resume_wide(&hmac->sha512, key->inner64, csn_hmac_bytes(key));
  } else {
    resume(&hmac->sha, key->inner);
  }
}

void csn_hmac_update(csn_hmac *hmac, csn_span data) {
  if (data.len == 0) return;
  if (is_wide(hmac->key->alg)) {
    SHA512_Update(&hmac->sha512, data.ptr, data.len);
  } else {
    SHA256_Update(&hmac->sha, data.ptr, data.len);
  }
}

static void final_wide(csn_hmac *hmac, uint8_t *mac) {
  uint8_t inner[SHA512_DIGEST_LENGTH];
  size_t bytes = csn_hmac_bytes(hmac->key);
  SHA512_Final(inner, &hmac->sha512);
  resume_wide(&hmac->sha512, hmac->key->outer64, bytes);
  SHA512_Update(&hmac->sha512, inner, bytes);
  SHA512_Final(mac, &hmac->sha512);
  csn_wipe(inner, sizeof inner);
  csn_wipe(&hmac->sha512, sizeof hmac->sha512);
}

static void final_narrow(csn_hmac *hmac, uint8_t *mac) {
  uint8_t inner[CSN_SHA256_BYTES];
  SHA256_Final(inner, &hmac->sha);
  resume(&hmac->sha, hmac->key->outer);
  SHA256_Update(&hmac->sha, inner, sizeof inner);
  SHA256_Final(mac, &hmac->sha);
  csn_wipe(inner, sizeof inner);
  csn_wipe(&hmac->sha, sizeof hmac->sha);
}

void csn_hmac_final(csn_hmac *hmac, uint8_t *mac) {
  if (is_wide(hmac->key->alg)) {
    final_wide(hmac, mac);
  } else {
    final_narrow(hmac, mac);
  }
}

void csn_hmac_once(const csn_key *key, csn_span data, uint8_t *mac) {
  csn_hmac hmac;
  csn_hmac_init(&hmac, key);
  csn_hmac_update(&hmac, data);
  csn_hmac_final(&hmac, mac);
}

void csn_hmac_sha256(const csn_key *key, csn_span data, uint8_t mac[CSN_SHA256_BYTES]) {
  csn_hmac hmac;
  resume(&hmac.sha, key->inner);
  hmac.key = key;
  if (data.len > 0) SHA256_Update(&hmac.sha, data.ptr, data.len);
  final_narrow(&hmac, mac);
}
