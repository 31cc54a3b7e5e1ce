/* Peers: what people use instead, each in the fastest way that its documentation describes. */
#ifndef CSN_BENCH_PEERS_H
#define CSN_BENCH_PEERS_H

#include <countersign/nonce.h>

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

/* A set of live nonces behind mutexes: `shards` open-addressing tables of 128-bit keyed XXH3 hashes, each with a mutex
 * and a queue from which what has expired is removed. Fixed capacity, allocated once. Thread-safe. */
typedef struct csn_mutex_map csn_mutex_map;

/* `shards` is a power of two; `capacity` is in live nonces. NULL without memory. */
csn_mutex_map *csn_mutex_map_new(size_t shards, size_t capacity, uint64_t seed);
void csn_mutex_map_free(csn_mutex_map *map);
csn_nonce_answer csn_mutex_map_claim(csn_mutex_map *map, csn_span client_id, csn_span nonce, int64_t expires,
                                     int64_t now);

typedef struct csn_mutex_map_stats {
  size_t live;
  size_t bytes;
} csn_mutex_map_stats;
csn_mutex_map_stats csn_mutex_map_measure(csn_mutex_map *map);

#endif
