/* The key of a nonce for the peers: what Countersign's own table does, at the same cost (core/src/nonce_table.c). */
#ifndef CSN_BENCH_PEER_KEY_H
#define CSN_BENCH_PEER_KEY_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "nonce_peer.h"

typedef struct csn_peer_key {
  uint64_t low, high;
} csn_peer_key;

/* With a secret, XXH3 takes 10 instructions less than with a seed; one of them is a multiplication. */
typedef struct csn_peer_secret {
  uint8_t bytes[XXH_SECRET_DEFAULT_SIZE];
} csn_peer_secret;

static inline csn_peer_secret csn_peer_secret_make(uint64_t seed) {
  csn_peer_secret secret;
  XXH3_generateSecret_fromSeed(secret.bytes, seed);
  return secret;
}

/* Ids and nonces of 8 to 16 bytes, the usual ones: their first 8 bytes and their last are all of them. */
static inline bool csn_peer_is_usual(csn_span part) {
  return part.len >= 8 && part.len <= 16;
}
static inline uint64_t csn_peer_word(const uint8_t *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static __attribute__((noinline)) XXH128_hash_t csn_peer_hash_unusual(const csn_peer_secret *secret, csn_span client_id,
                                                                     csn_span nonce) {
  const size_t text_min = 17; /* as in Countersign's table */
  uint8_t text[CSN_ID_MAX + CSN_NONCE_MAX] = {0};
  size_t len = client_id.len + nonce.len;
  if (client_id.len > 0) memcpy(text, client_id.ptr, client_id.len);
  if (nonce.len > 0) memcpy(text + client_id.len, nonce.ptr, nonce.len);
  return XXH3_128bits_withSecret(text, len < text_min ? text_min : len, secret->bytes, sizeof secret->bytes);
}

/* False where client id or nonce is too long. Pairs of other lengths that have one text get other keys from these. */
static inline __attribute__((always_inline)) bool csn_peer_key_make(csn_peer_key *key, const csn_peer_secret *secret,
                                                                    csn_span client_id, csn_span nonce) {
  XXH128_hash_t hash;
  if (__builtin_expect(csn_peer_is_usual(client_id) && csn_peer_is_usual(nonce), true)) {
    uint64_t text[] = {csn_peer_word(client_id.ptr), csn_peer_word(client_id.ptr + client_id.len - 8),
                       csn_peer_word(nonce.ptr), csn_peer_word(nonce.ptr + nonce.len - 8)};
    hash = XXH3_128bits_withSecret(text, sizeof text, secret->bytes, sizeof secret->bytes);
  } else {
    if (client_id.len > CSN_ID_MAX || nonce.len > CSN_NONCE_MAX) return false;
    hash = csn_peer_hash_unusual(secret, client_id, nonce);
  }
  uint64_t lengths = ((uint64_t)client_id.len << 32 | (uint64_t)nonce.len) * UINT64_C(0x9e3779b97f4a7c15);
  key->low = hash.low64 + lengths;
  key->high = hash.high64 + lengths;
  return true;
}

#endif
