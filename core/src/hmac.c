/* SHA-384 and SHA-512 are OpenSSL's, by its low-level interface: why, sha256.c says. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hmac.h"

#include "ct.h"

_Static_assert(sizeof(((SHA512_CTX *)0)->h) == sizeof(((csn_key *)0)->inner64), "eight words of state");

static bool is_wide(csn_alg alg) {
  return alg == CSN_ALG_HS384 || alg == CSN_ALG_HS512;
}

/* ---- hashes ---- */

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
  for (size_t i = 0; i < sizeof padded; i++) padded[i] = (uint8_t)(block[i] ^ pad);
  memcpy(state, csn_sha256_start, sizeof csn_sha256_start);
  csn_sha256_engine_now()->one(state, padded, 1);
  csn_wipe(padded, sizeof padded);
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
    csn_sha256_resume(&hmac->sha, key->inner, CSN_SHA256_BLOCK);
  }
}

void csn_hmac_update(csn_hmac *hmac, csn_span data) {
  if (!is_wide(hmac->key->alg)) {
    csn_sha256_update(&hmac->sha, data);
  } else if (data.len > 0) {
    SHA512_Update(&hmac->sha512, data.ptr, data.len);
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

static void final_narrow(csn_sha256_stream *sha, const csn_key *key, uint8_t *mac) {
  uint32_t *state = sha->state;
  const uint32_t *outer = key->outer;
  csn_sha256_finish(sha);
  csn_sha256_kernel_for(csn_sha256_engine_now(), 1)->outer(&state, &outer, 1);
  memcpy(mac, state, CSN_SHA256_BYTES);
  csn_wipe(sha, sizeof *sha);
}

void csn_hmac_final(csn_hmac *hmac, uint8_t *mac) {
  if (is_wide(hmac->key->alg)) {
    final_wide(hmac, mac);
  } else {
    final_narrow(&hmac->sha, hmac->key, mac);
  }
}

void csn_hmac_once(const csn_key *key, csn_span data, uint8_t *mac) {
  csn_hmac hmac;
  csn_hmac_init(&hmac, key);
  csn_hmac_update(&hmac, data);
  csn_hmac_final(&hmac, mac);
}

void csn_hmac_sha256(const csn_key *key, csn_span data, uint8_t mac[CSN_SHA256_BYTES]) {
  csn_sha256_stream sha;
  csn_sha256_resume(&sha, key->inner, CSN_SHA256_BLOCK);
  csn_sha256_update(&sha, data);
  final_narrow(&sha, key, mac);
}
