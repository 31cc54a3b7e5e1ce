/* A key pair of each algorithm, in the forms that the implementations take. */
#ifndef CSN_BENCH_TOKEN_KEY_H
#define CSN_BENCH_TOKEN_KEY_H

#include <countersign/key.h>
#include <openssl/evp.h>

enum { CSN_TOKEN_KEY_RSA_BITS = 2048 };

typedef struct csn_token_key {
  csn_key signer;
  csn_span text;  /* the HMAC secret, or the public key in PEM; a NUL behind it */
  csn_span jwk;   /* the same as a JWK */
  EVP_PKEY *pkey; /* NULL: HMAC */
} csn_token_key;

/* Makes a key pair; of HMAC it is the workload's key. Never released. */
void csn_token_key_make(csn_token_key *out, csn_alg alg);

#endif
