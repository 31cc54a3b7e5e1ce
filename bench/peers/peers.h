/* Peers: what people use instead, each in the fastest way that its documentation describes. */
#ifndef CSN_BENCH_PEERS_H
#define CSN_BENCH_PEERS_H

#include <countersign/span.h>

/* OpenSSL's EVP_MAC: the algorithm is fetched and the key set once; each message starts again with
 * EVP_MAC_init(ctx, NULL, 0, NULL), which keeps the key (EVP_MAC(3)). One thread. */
const void *csn_peer_evp_mac_open(csn_span secret);
void csn_peer_evp_mac(const void *self, csn_span data, uint8_t mac[32]);

/* OpenSSL's HMAC(): one call, with the key. */
const void *csn_peer_hmac_open(csn_span secret);
void csn_peer_hmac(const void *self, csn_span data, uint8_t mac[32]);

/* libjwt: jwt_decode() with the key, then iss, aud, exp, nbf and iat through its getters; it offers no shorter way in
 * this version. `token` has a NUL behind it. True where the token is valid. */
bool csn_peer_libjwt_verify(csn_span secret, csn_span token, const char *issuer, const char *audience, int64_t now);

#endif
