/* HMAC-SHA-256 (RFC 2104, FIPS 180-4) from precomputed pad states: a key costs two hash blocks once, and a message then
 * two less than with the key itself. Nothing is allocated, nothing is locked. */
#ifndef CSN_HMAC_H
#define CSN_HMAC_H

#include <countersign/keyring.h>
#include <openssl/sha.h>

enum { CSN_SHA256_BYTES = 32, CSN_SHA256_BLOCK = 64 };

typedef struct csn_hmac {
  SHA256_CTX sha;
  const csn_key *key;
} csn_hmac;

/* Fills the pad states of `key` from its secret. CT: the secret's bytes do not leak; its length does. */
void csn_hmac_set_key(csn_key *key, csn_span secret);

/* Streaming: the message is never put together. csn_hmac_final() wipes the context. */
void csn_hmac_init(csn_hmac *hmac, const csn_key *key);
void csn_hmac_update(csn_hmac *hmac, csn_span data);
void csn_hmac_final(csn_hmac *hmac, uint8_t mac[CSN_SHA256_BYTES]);

/* One message. */
void csn_hmac_sha256(const csn_key *key, csn_span data, uint8_t mac[CSN_SHA256_BYTES]);

void csn_sha256(csn_span data, uint8_t out[CSN_SHA256_BYTES]);

#endif
