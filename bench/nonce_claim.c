/* nonce_claim/live_1M: one claim of a fresh nonce, while about a million are live and as many expire as arrive.
 *
 * Every claim has a number, and its time follows from the number: the simulated clock goes on by a second every
 * LIVE / RETENTION claims. Threads draw the numbers in blocks, so that drawing them costs nothing and their clocks
 * agree to the second. Making the nonce's bytes from its number, about 10 ns, is in the time of all implementations. */
#include <pthread.h>
#include <stdatomic.h>

#include "peers/peers.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { LIVE = 1000000, RETENTION = 601, CLAIMS_A_SECOND = LIVE / RETENTION + 1, BLOCK = 256, SHARDS = 64 };
#define SEED UINT64_C(0x243f6a8885a308d3)

typedef csn_nonce_answer (*claim_fn)(void *self, csn_span client, csn_span nonce, int64_t expires, int64_t now);

typedef struct nonce_set {
  const char *name;
  void *(*open)(void);
  claim_fn claim;
  double (*bytes_per_nonce)(void *self);
  void *self;
  _Atomic uint64_t next;
} nonce_set;

static void *table_open(void) {
  csn_nonce_table_config config = {.capacity = LIVE, .now = CSN_WORKLOAD_NOW};
  csn_workload_bytes(SEED, config.seed, sizeof config.seed);
  csn_nonce_table *table;
  csn_error error = csn_nonce_table_new(&table, &config);
  if (error != CSN_OK) csn_workload_fatal("nonce_claim: the table: %s", csn_error_sentence(error));
  return table;
}

static csn_nonce_answer table_claim(void *self, csn_span client, csn_span nonce, int64_t expires, int64_t now) {
  return csn_nonce_table_claim(self, client, nonce, expires, now);
}

static double table_bytes(void *self) {
  csn_nonce_table_stats stats = csn_nonce_table_measure(self);
  return (double)stats.region_bytes / (double)stats.live;
}

static void *map_open(size_t shards) {
  csn_mutex_map *map = csn_mutex_map_new(shards, LIVE, SEED);
  if (map == NULL) csn_workload_fatal("nonce_claim: no memory for the map");
  return map;
}

static void *global_open(void) {
  return map_open(1);
}

static void *sharded_open(void) {
  return map_open(SHARDS);
}

static csn_nonce_answer map_claim(void *self, csn_span client, csn_span nonce, int64_t expires, int64_t now) {
  return csn_mutex_map_claim(self, client, nonce, expires, now);
}

static double map_bytes(void *self) {
  csn_mutex_map_stats stats = csn_mutex_map_measure(self);
  return (double)stats.bytes / (double)stats.live;
}

static nonce_set sets[] = {
    {.name = "nonce_claim/live_1M/countersign",
     .open = table_open,
     .claim = table_claim,
     .bytes_per_nonce = table_bytes},
    {.name = "nonce_claim/live_1M/mutex_global", .open = global_open, .claim = map_claim, .bytes_per_nonce = map_bytes},
    {.name = "nonce_claim/live_1M/mutex_sharded",
     .open = sharded_open,
     .claim = map_claim,
     .bytes_per_nonce = map_bytes},
};

static csn_nonce_answer claim_number(claim_fn claim, void *self, uint64_t number) {
  csn_nonce_name name;
  csn_nonce_name_make(&name, number);
  int64_t now = CSN_WORKLOAD_NOW + (int64_t)(number / CLAIMS_A_SECOND);
  return claim(self, csn_span_of(name.client, name.client_len), csn_span_of(name.nonce, CSN_NONCE_BYTES),
               now + RETENTION - 1, now);
}

/* A table of buckets may be full a little before its capacity: one claim in millions. That is counted, and more than
 * one in 100,000 is an error. */
static void check_refused(const nonce_set *set, uint64_t refused, uint64_t claims) {
  if (refused > claims / 100000 + 1)
    csn_workload_fatal("%s: %llu of %llu fresh nonces were refused", set->name, (unsigned long long)refused,
                       (unsigned long long)claims);
}

/* Claims `count` numbers from `first` on; returns how many were fresh. */
static size_t claim_block(claim_fn claim, void *self, uint64_t first, size_t count) {
  size_t fresh = 0;
  for (size_t i = 0; i < count; i++) fresh += claim_number(claim, self, first + i) == CSN_NONCE_FRESH;
  return fresh;
}

/* Fills until as many expire as arrive, and checks the answers: fresh once, then replayed. */
static void prepare(nonce_set *set) {
  if (set->self != NULL) return;
  set->self = set->open();
  size_t warm_up = LIVE + LIVE / 2;
  check_refused(set, warm_up - claim_block(set->claim, set->self, 0, warm_up), warm_up);
  for (uint64_t number = warm_up - 1000; number < warm_up; number++) {
    if (claim_number(set->claim, set->self, number) != CSN_NONCE_REPLAYED)
      csn_workload_fatal("%s: a replayed nonce was not refused", set->name);
  }
  set->next = warm_up;
}

/* The fixture of a row that several threads run: thread 0 comes through first or the others wait for it. */
static void prepare_once(nonce_set *set) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  prepare(set);
  pthread_mutex_unlock(&mutex);
}

static void run(csn_bench *bench, const void *arg) {
  nonce_set *set = (nonce_set *)arg;
  prepare_once(set);
  claim_fn claim = set->claim;
  void *self = set->self;
  uint64_t fresh = 0;
  while (csn_bench_next(bench, BLOCK)) {
    uint64_t first = atomic_fetch_add_explicit(&set->next, BLOCK, memory_order_relaxed);
    fresh += claim_block(claim, self, first, BLOCK);
  }
  uint64_t claims = (uint64_t)csn_bench_iterations(bench);
  check_refused(set, claims - fresh, claims);
  csn_bench_counter(bench, "refused", (double)(claims - fresh));
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  if (csn_bench_thread(bench) == 0) csn_bench_counter(bench, "bytes_per_nonce", set->bytes_per_nonce(self));
}

void csn_bench_nonce_claim(void) {
  const csn_bench_options options = {.threads = {1, 2}};
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) csn_bench_register(sets[i].name, run, &sets[i], &options);
}
