/* HMAC-SHA-256, -384 and -512 (RFC 2104, FIPS 180-4) from precomputed pad states: a key costs two hash blocks once, and
 * a message then two less than with the key itself. Nothing is allocated, nothing is locked. */
#ifndef CSN_HMAC_H
#define CSN_HMAC_H

#include <countersign/keyring.h>
#include <openssl/sha.h>

#include "sha256.h"

enum { CSN_SHA512_BLOCK = 128 };

typedef struct csn_hmac {
  union {
    csn_sha256_stream sha;
    SHA512_CTX sha512;
  };
  const csn_key *key;
} csn_hmac;

/* Makes `key` one of HS256 and fills its pad states. CT: the secret's bytes do not leak; its length does. */
void csn_hmac_set_key(csn_key *key, csn_span secret);

/* The same of HS256, HS384 or HS512; any other algorithm is taken for HS256. */
void csn_hmac_set_key_of(csn_key *key, csn_alg alg, csn_span secret);

/* Bytes of the key's MACs: 48 of HS384, 64 of HS512, else 32. */
static inline size_t csn_hmac_bytes(const csn_key *key) {
  return key->alg == CSN_ALG_HS512 ? 64 : key->alg == CSN_ALG_HS384 ? 48 : CSN_SHA256_BYTES;
}

/* Streaming: the message is never put together. csn_hmac_final() writes csn_hmac_bytes() and wipes the context. */
void csn_hmac_init(csn_hmac *hmac, const csn_key *key);
void csn_hmac_update(csn_hmac *hmac, csn_span data);
void csn_hmac_final(csn_hmac *hmac, uint8_t *mac);

/* One message. csn_hmac_sha256() is for a key of HS256 only. */
void csn_hmac_once(const csn_key *key, csn_span data, uint8_t *mac);
void csn_hmac_sha256(const csn_key *key, csn_span data, uint8_t mac[CSN_SHA256_BYTES]);

/* The hash of 32, 48 or 64 bytes. */
void csn_sha2(size_t bytes, csn_span data, uint8_t *out);

#endif
