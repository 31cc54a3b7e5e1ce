/* hmac_sha256/{64,256,1024}: the MAC of one message under a key that is there before. */
#include <stdio.h>

#include "../core/src/hmac.h"
#include "peers/peers.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { BATCH = 128 };

static void countersign_mac(const void *key, csn_span data, uint8_t mac[CSN_SHA256_BYTES]) {
  csn_hmac_sha256(key, data, mac);
}

static const void *countersign_open(csn_span secret) {
  csn_key *key = csn_workload_alloc(sizeof *key);
  csn_hmac_set_key(key, secret);
  return key;
}

typedef struct hmac_implementation {
  const char *name;
  const void *(*open)(csn_span secret);
  void (*mac)(const void *self, csn_span data, uint8_t mac[CSN_SHA256_BYTES]);
} hmac_implementation;

static const hmac_implementation implementations[] = {
    {"countersign", countersign_open, countersign_mac},
    {"openssl_evp_mac", csn_peer_evp_mac_open, csn_peer_evp_mac},
    {"openssl_hmac", csn_peer_hmac_open, csn_peer_hmac},
};
enum { IMPLEMENTATIONS = sizeof implementations / sizeof implementations[0] };

static const size_t lengths[] = {64, 256, 1024};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

typedef struct hmac_row {
  size_t implementation;
  size_t length; /* index */
} hmac_row;

static csn_message_pool pools[LENGTHS];
static const void *opened[IMPLEMENTATIONS];

/* All implementations must give every message the same MAC before any of them is timed. */
static void check_pool(const csn_message_pool *pool) {
  for (size_t i = 0; i < pool->count; i++) {
    uint8_t macs[IMPLEMENTATIONS][CSN_SHA256_BYTES] = {{0}};
    for (size_t k = 0; k < IMPLEMENTATIONS; k++) {
      implementations[k].mac(opened[k], csn_message_at(pool, i), macs[k]);
      if (memcmp(macs[k], macs[0], CSN_SHA256_BYTES) != 0)
        csn_workload_fatal("hmac_sha256: %s and %s disagree", implementations[0].name, implementations[k].name);
    }
  }
}

static void prepare(void) {
  if (opened[0] != NULL) return;
  for (size_t k = 0; k < IMPLEMENTATIONS; k++) opened[k] = implementations[k].open(csn_workload_secret());
  for (size_t i = 0; i < LENGTHS; i++) {
    pools[i] = csn_message_pool_make(CSN_POOL_SIZE, lengths[i]);
    check_pool(&pools[i]);
  }
}

static void run(csn_bench *bench, const void *arg) {
  const hmac_row *row = arg;
  prepare();
  const csn_message_pool *pool = &pools[row->length];
  const void *self = opened[row->implementation];
  void (*mac_of)(const void *, csn_span, uint8_t *) = implementations[row->implementation].mac;
  uint8_t mac[CSN_SHA256_BYTES];
  size_t at = 0;
  while (csn_bench_next(bench, BATCH)) {
    for (size_t i = 0; i < BATCH; i++) {
      mac_of(self, csn_message_at(pool, at++), mac);
      csn_bench_keep(mac);
    }
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

void csn_bench_hmac_sha256(void) {
  static hmac_row rows[LENGTHS][IMPLEMENTATIONS];
  for (size_t i = 0; i < LENGTHS; i++) {
    for (size_t k = 0; k < IMPLEMENTATIONS; k++) {
      char name[64];
      rows[i][k] = (hmac_row){k, i};
      snprintf(name, sizeof name, "hmac_sha256/%zu/%s", lengths[i], implementations[k].name);
      csn_bench_register(name, run, &rows[i][k], NULL);
    }
  }
}
