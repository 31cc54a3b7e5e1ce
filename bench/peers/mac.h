/* Peers that make HMAC-SHA-256: what people use instead, each in the fastest way that its documentation describes. For
 * one thread each. */
#ifndef CSN_BENCH_PEERS_MAC_H
#define CSN_BENCH_PEERS_MAC_H

#include <countersign/span.h>

enum { CSN_PEER_MAC_BYTES = 32, CSN_PEER_BURST = 64 };

/* What opens a key. It lives as long as the program. NULL: the library is not there. */
typedef void *csn_peer_mac_open(csn_span secret);
typedef void csn_peer_mac(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]);

/* OpenSSL in its usual manners. HMAC(), one call with the key. EVP_MAC, fetched for each message; EVP_MAC with a
 * context that has the key and is duplicated for each message; and with one that each message starts again by
 * EVP_MAC_init(ctx, NULL, 0, NULL), which keeps the key (EVP_MAC(3)). And the deprecated SHA256_Update(): the states
 * after the two pads are kept and copied. */
csn_peer_mac_open csn_peer_hmac_open, csn_peer_evp_mac_fetch_open, csn_peer_evp_mac_open, csn_peer_lowlevel_open;
csn_peer_mac csn_peer_hmac, csn_peer_evp_mac_fetch, csn_peer_evp_mac_dup, csn_peer_evp_mac_reused, csn_peer_lowlevel;

/* libsodium's crypto_auth_hmacsha256(), whose keys have 32 bytes. Its documentation has no way to keep the state of a
 * key for another message. */
csn_peer_mac_open csn_peer_sodium_open;
csn_peer_mac csn_peer_sodium;

/* libipsec-mb: IMB_SUBMIT_HASH_BURST of at most CSN_PEER_BURST messages, which it checks, with hashes of the pads that
 * are made before, through the manager for this processor. The MACs stay in `self` until the next burst. */
csn_peer_mac_open csn_peer_ipsec_mb_open;
void csn_peer_ipsec_mb(void *self, const csn_span *messages, size_t count);
const uint8_t *csn_peer_ipsec_mb_mac(const void *self, size_t index);

/* Versions; "not installed" where it is not. */
const char *csn_peer_sodium_version(void);
const char *csn_peer_ipsec_mb_version(void);

#endif
