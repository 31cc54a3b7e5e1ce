/* hmac_sha256/{64,256,1024}: the MAC of one message under a key that is there before; of 256 bytes also by each
 * back-end that is forced. hmac_length/N: the same of some lengths more, for the curve over them, from what the cache
 * holds. What makes many at once is given CSN_MAC_BATCH a call.
 *
 * The counter `cycles` is those of the core for one MAC. */
#include <stdio.h>

#include "mac_ways.h"
#include "shim.h"
#include "subjects.h"

enum { BATCH = CSN_MAC_BATCH, ROWS_MAX = 256, CURVE_BYTES = 64 << 10, BACKENDS_LENGTH = 256 };

static const size_t lengths[] = {64, 256, 1024};
static const size_t curve_lengths[] = {0, 64, 128, 256, 512, 1024, 2048, 4096};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], CURVE_LENGTHS = sizeof curve_lengths / sizeof curve_lengths[0] };

/* Messages of one length. */
typedef struct mac_pool {
  size_t length, count; /* a multiple of BATCH */
  csn_span *messages;   /* NULL: not there yet */
} mac_pool;

typedef struct mac_row {
  const csn_mac_way *way;
  mac_pool *pool;
} mac_row;

static void open_pool(mac_pool *pool) {
  if (pool->messages != NULL) return;
  csn_message_pool bytes = csn_message_pool_make(pool->count, pool->length);
  pool->messages = csn_workload_alloc(pool->count * sizeof *pool->messages);
  for (size_t i = 0; i < pool->count; i++) pool->messages[i] = csn_message_at(&bytes, i);
}

static void make_batch(const csn_mac_way *way, void *self, const csn_span *messages) {
  uint8_t mac[CSN_PEER_MAC_BYTES];
  if (way->many != NULL) {
    way->many(self, messages, BATCH);
    csn_bench_keep(self);
    return;
  }
  for (size_t i = 0; i < BATCH; i++) {
    way->mac(self, messages[i], mac);
    csn_bench_keep(mac);
  }
}

static void run(csn_bench *bench, const void *arg) {
  const mac_row *row = arg;
  const char *missing;
  void *self = csn_mac_way_open(row->way, &missing);
  if (self == NULL) {
    csn_bench_skip(bench, missing);
    return;
  }
  if (row->pool->length < row->way->least) {
    csn_bench_skip(bench, "takes no empty message");
    return;
  }
  open_pool(row->pool);
  size_t at = 0;
  uint64_t start = csn_clock_ns();
  while (csn_bench_next(bench, BATCH)) {
    make_batch(row->way, self, &row->pool->messages[at]);
    at = at + BATCH == row->pool->count ? 0 : at + BATCH;
  }
  double ns = (double)(csn_clock_ns() - start) / (double)csn_bench_iterations(bench);
  csn_mac_way_close();
  if (strcmp(row->way->name, "limit") == 0) csn_bench_label(bench, self);
  csn_bench_counter(bench, "cycles", ns * csn_clock_gigahertz());
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

static void add_rows(const char *subject, mac_pool *pool, bool curve) {
  static mac_row rows[ROWS_MAX];
  static size_t count;
  const csn_bench_options short_row = {.seconds = 0.02};
  const csn_mac_way *way;
  for (size_t k = 0; (way = csn_mac_way_at(k)) != NULL; k++) {
    char name[64];
    bool shown = curve ? way->on_curve : way->backend == CSN_SHA256_AUTO || pool->length == BACKENDS_LENGTH;
    if (!shown) continue;
    if (count == ROWS_MAX) csn_workload_fatal("more than %d rows", (int)ROWS_MAX);
    rows[count] = (mac_row){way, pool};
    snprintf(name, sizeof name, "%s/%zu/%s", subject, pool->length, way->name);
    csn_bench_register(name, run, &rows[count++], curve ? &short_row : NULL);
  }
}

void csn_bench_hmac_sha256(void) {
  static mac_pool pools[LENGTHS], curve_pools[CURVE_LENGTHS];
  for (size_t i = 0; i < LENGTHS; i++) {
    pools[i] = (mac_pool){.length = lengths[i], .count = CSN_POOL_SIZE};
    add_rows("hmac_sha256", &pools[i], false);
  }
  for (size_t i = 0; i < CURVE_LENGTHS; i++) {
    size_t length = curve_lengths[i], count = BATCH;
    while (count < CSN_POOL_SIZE && 2 * count * length <= CURVE_BYTES) count *= 2;
    curve_pools[i] = (mac_pool){.length = length, .count = count};
    add_rows("hmac_length", &curve_pools[i], true);
  }
}
