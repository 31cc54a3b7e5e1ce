#include "mac_ways.h"

#include "../core/src/hmac.h"

static void *countersign_open(csn_span secret) {
  csn_key *key = csn_workload_alloc(sizeof *key);
  csn_hmac_set_key(key, secret);
  return key;
}

static void countersign_mac(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  csn_hmac_sha256(self, message, mac);
}

static const csn_mac_way ways[] = {
    {.name = "countersign", .on_curve = true, .open = countersign_open, .mac = countersign_mac},
    {.name = "openssl_hmac", .on_curve = true, .open = csn_peer_hmac_open, .mac = csn_peer_hmac},
    {.name = "openssl_evp_mac_fetch", .open = csn_peer_evp_mac_fetch_open, .mac = csn_peer_evp_mac_fetch},
    {.name = "openssl_evp_mac_dup", .open = csn_peer_evp_mac_open, .mac = csn_peer_evp_mac_dup},
    {.name = "openssl_evp_mac_reused", .on_curve = true, .open = csn_peer_evp_mac_open, .mac = csn_peer_evp_mac_reused},
    {.name = "openssl_lowlevel", .on_curve = true, .open = csn_peer_lowlevel_open, .mac = csn_peer_lowlevel},
    {.name = "libsodium", .on_curve = true, .open = csn_peer_sodium_open, .mac = csn_peer_sodium},
    {.name = "libipsec_mb",
     .on_curve = true,
     .open = csn_peer_ipsec_mb_open,
     .least = 1,
     .many = csn_peer_ipsec_mb,
     .mac_of = csn_peer_ipsec_mb_mac},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

const csn_mac_way *csn_mac_way_at(size_t index) {
  return index < WAYS ? &ways[index] : NULL;
}

/* ---- the comparison: messages of 1 to LENGTHS bytes ---- */

enum { LENGTHS = 4 * CSN_MAC_BATCH };

typedef uint8_t mac_bytes[CSN_PEER_MAC_BYTES];

static void make_macs(const csn_mac_way *way, void *self, const csn_span messages[LENGTHS], mac_bytes macs[LENGTHS]) {
  for (size_t i = 0; i < LENGTHS && way->many == NULL; i++) way->mac(self, messages[i], macs[i]);
  for (size_t i = 0; i < LENGTHS && way->many != NULL; i += CSN_MAC_BATCH) {
    way->many(self, &messages[i], CSN_MAC_BATCH);
    for (size_t k = 0; k < CSN_MAC_BATCH; k++) memcpy(macs[i + k], way->mac_of(self, k), CSN_PEER_MAC_BYTES);
  }
}

static void compare(void *const opened[WAYS]) {
  static uint8_t bytes[2 * LENGTHS];
  static mac_bytes ours[LENGTHS], theirs[LENGTHS];
  csn_span messages[LENGTHS];
  csn_workload_bytes(7, bytes, sizeof bytes);
  for (size_t i = 0; i < LENGTHS; i++) messages[i] = csn_span_of(bytes + i, i + 1);
  make_macs(&ways[0], opened[0], messages, ours);
  for (size_t k = 1; k < WAYS; k++) {
    if (opened[k] == NULL) continue;
    memset(theirs, 0, sizeof theirs);
    make_macs(&ways[k], opened[k], messages, theirs);
    if (memcmp(theirs, ours, sizeof ours) != 0)
      csn_workload_fatal("HMAC-SHA-256: %s and %s disagree", ways[0].name, ways[k].name);
  }
}

void *csn_mac_way_open(const csn_mac_way *way) {
  static void *opened[WAYS];
  if (opened[0] == NULL) {
    for (size_t k = 0; k < WAYS; k++) opened[k] = ways[k].open(csn_workload_secret());
    compare(opened);
  }
  return opened[way - ways];
}
