/* Peers of tokens: what people use instead, each in the fastest way that its documentation describes. Those of MACs
 * are in mac.h, those of the nonce table in nonce_peer.h. */
#ifndef CSN_BENCH_PEERS_H
#define CSN_BENCH_PEERS_H

#include <countersign/span.h>
#include <openssl/types.h>

/* OpenSSL's EVP_PKEY_verify() of the message's digest, from a context that is made ready once: "it can be called more
 * than once" (EVP_PKEY_verify(3)). `padding`: of RSA; else 0. `hash` NULL: EdDSA, by EVP_DigestVerify() of the message,
 * again with one context. `signature`: as OpenSSL takes it, which of ECDSA is DER, made by csn_peer_signature_der()
 * from r and s. Nothing of a token is read or decoded. One thread. */
void *csn_peer_signature_open(EVP_PKEY *pkey, const char *hash, int padding);
bool csn_peer_signature_verify(void *self, csn_span message, csn_span signature);
csn_span csn_peer_signature_der(csn_span raw);

/* libjwt: jwt_decode() with the key, a secret or PEM, which it reads for each token; then iss, aud, exp, nbf and iat
 * through its getters; it offers no shorter way in this version. `token` has a NUL behind it, and is wanted to be of
 * `alg`. True where the token is valid. */
bool csn_peer_libjwt_verify(csn_span key, const char *alg, csn_span token, const char *issuer, const char *audience,
                            int64_t now);

/* cjose: the key is imported once; then cjose_jws_import() and cjose_jws_verify(). It knows signatures, not claims. */
const void *csn_peer_cjose_open(csn_span jwk);
bool csn_peer_cjose_verify(const void *key, csn_span token);

#endif
