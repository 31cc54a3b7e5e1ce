/* hmac_sha256/{64,256,1024}: the MAC of one message under a key that is there before. What makes many at once is given
 * CSN_MAC_BATCH a call. */
#include <stdio.h>

#include "mac_ways.h"
#include "shim.h"
#include "subjects.h"

enum { BATCH = CSN_MAC_BATCH, WAYS_MAX = 32 };

static const size_t lengths[] = {64, 256, 1024};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

/* Messages of one length. */
typedef struct mac_pool {
  csn_message_pool bytes;
  csn_span messages[CSN_POOL_SIZE];
} mac_pool;

typedef struct mac_row {
  const csn_mac_way *way;
  size_t length;
  mac_pool *pool;
} mac_row;

static void prepare(const mac_row *row) {
  mac_pool *pool = row->pool;
  if (pool->bytes.bytes != NULL) return;
  pool->bytes = csn_message_pool_make(CSN_POOL_SIZE, row->length);
  for (size_t i = 0; i < CSN_POOL_SIZE; i++) pool->messages[i] = csn_message_at(&pool->bytes, i);
}

static void make_batch(const csn_mac_way *way, void *self, const csn_span *messages) {
  uint8_t mac[CSN_PEER_MAC_BYTES];
  if (way->many != NULL) {
    way->many(self, messages, BATCH);
    csn_bench_keep(way->mac_of(self, 0));
    return;
  }
  for (size_t i = 0; i < BATCH; i++) {
    way->mac(self, messages[i], mac);
    csn_bench_keep(mac);
  }
}

static void run(csn_bench *bench, const void *arg) {
  const mac_row *row = arg;
  void *self = csn_mac_way_open(row->way);
  if (self == NULL) {
    csn_bench_skip(bench, "not installed");
    return;
  }
  prepare(row);
  size_t at = 0;
  while (csn_bench_next(bench, BATCH)) {
    make_batch(row->way, self, &row->pool->messages[at]);
    at = (at + BATCH) & (CSN_POOL_SIZE - 1);
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

void csn_bench_hmac_sha256(void) {
  static mac_pool pools[LENGTHS];
  static mac_row rows[LENGTHS][WAYS_MAX];
  for (size_t i = 0; i < LENGTHS; i++) {
    const csn_mac_way *way;
    for (size_t k = 0; (way = csn_mac_way_at(k)) != NULL; k++) {
      char name[64];
      rows[i][k] = (mac_row){way, lengths[i], &pools[i]};
      snprintf(name, sizeof name, "hmac_sha256/%zu/%s", lengths[i], way->name);
      csn_bench_register(name, run, &rows[i][k], NULL);
    }
  }
}
