/* nonce_claim/live_N: one claim of a fresh nonce, while about N are live and as many expire as arrive.
 *
 * Every claim has a number, and its time follows from the number: the simulated clock goes on by a second every
 * live / RETENTION claims. Threads draw the numbers in blocks, so that drawing them costs nothing and their clocks
 * agree to the second. Making the nonce's bytes from its number, about 3 ns, is in the time of all implementations.
 *
 * The rows limit_* are what the memory takes for that: accesses to random cache lines of as many bytes as the table
 * has, on pages of the same size, found from numbers in the same way. They claim nothing. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine.h"
#include "peers/nonce_peer.h"
#include "shim.h"
#include "stores.h"
#include "subjects.h"
#include "workload.h"

enum { RETENTION = 601, BLOCK = 256, BATCH = 64, LIMIT_BATCH = 16, CLIENTS = 64, LINE = 64, EXPIRED_MOST = 100 };
#define SEED UINT64_C(0x243f6a8885a308d3)

typedef struct size_row {
  const char *name;
  uint64_t live;
  bool on_request;  /* takes minutes */
  double gigabytes; /* that must be free: what all implementations, or on request the largest, take */
} size_row;

static const size_row sizes[] = {
    {"live_64k", 1 << 16, false, 0.5}, {"live_8M", 1 << 23, false, 4.5}, {"live_128M", 1 << 27, true, 18}};

typedef struct fixture fixture;
typedef struct tally tally;

/* How an implementation is opened, and how it claims the block of numbers that begins with `first`. */
typedef struct implementation {
  const char *name;
  const csn_nonce_peer *peer; /* or NULL */
  void (*open)(fixture *f);
  void (*close)(fixture *f);
  void (*block)(fixture *f, uint64_t first, tally *t);
} implementation;

struct fixture {
  char row[64];
  const implementation *kind;
  const size_row *size;
  void *self; /* NULL: closed */
  uint64_t claims_a_second;
  size_t lines; /* limit rows */
  double huge_share;
  _Atomic uint64_t next;
};

/* ---- nonces from numbers ---- */

typedef struct name {
  uint64_t nonce[2];
} name;

static csn_span client_of(uint64_t number) {
  static const char clients[CLIENTS + 8] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_abcdefg";
  return csn_span_of(clients + number % CLIENTS, 8);
}

static csn_span nonce_of(name *n, uint64_t number) {
  n->nonce[0] = csn_workload_mix(number);
  n->nonce[1] = number;
  return csn_span_of(n->nonce, sizeof n->nonce);
}

static int64_t now_of(const fixture *f, uint64_t number) {
  return CSN_WORKLOAD_NOW + (int64_t)(number / f->claims_a_second);
}

/* How claims were answered. A thread that does not run for some milliseconds comes back with numbers whose time is
 * over: of 64 k nonces, all expire in that while. With too many of these answers the row would time refusals. */
struct tally {
  uint64_t fresh, expired;
};

static void count(tally *t, csn_nonce_answer answer) {
  t->fresh += answer == CSN_NONCE_FRESH;
  t->expired += answer == CSN_NONCE_EXPIRED;
}

/* ---- Countersign ---- */

static void table_open(fixture *f) {
  /* What is claimed in RETENTION seconds and the rest of a tick: `live` to within a percent. */
  csn_nonce_table_config config = {.capacity = f->size->live, .now = CSN_WORKLOAD_NOW};
  csn_workload_bytes(SEED, config.seed, sizeof config.seed);
  csn_nonce_table *table;
  csn_error error = csn_nonce_table_new(&table, &config);
  if (error != CSN_OK) csn_workload_fatal("%s: the table: %s", f->row, csn_error_sentence(error));
  f->self = table;
}

static void table_close(fixture *f) {
  csn_nonce_table_free(f->self);
}

static void table_block(fixture *f, uint64_t first, tally *t) {
  int64_t now = now_of(f, first);
  for (uint64_t i = first; i < first + BLOCK; i++) {
    name n;
    count(t, csn_nonce_table_claim(f->self, client_of(i), nonce_of(&n, i), now + RETENTION - 1, now));
  }
}

static void table_batch_block(fixture *f, uint64_t first, tally *t) {
  int64_t now = now_of(f, first);
  name names[BATCH];
  csn_nonce_claim claims[BATCH];
  for (uint64_t start = first; start < first + BLOCK; start += BATCH) {
    for (size_t i = 0; i < BATCH; i++) {
      claims[i].client_id = client_of(start + i);
      claims[i].nonce = nonce_of(&names[i], start + i);
      claims[i].expires = now + RETENTION - 1;
    }
    csn_nonce_table_claim_batch(f->self, claims, BATCH, now);
    for (size_t i = 0; i < BATCH; i++) count(t, claims[i].answer);
  }
}

/* ---- peers ---- */

static void peer_open(fixture *f) {
  f->self = f->kind->peer->open(f->size->live, SEED);
  if (f->self == NULL) csn_workload_fatal("%s: no memory", f->row);
}

static void peer_close(fixture *f) {
  f->kind->peer->close(f->self);
}

static void peer_block(fixture *f, uint64_t first, tally *t) {
  int64_t now = now_of(f, first);
  for (uint64_t i = first; i < first + BLOCK; i++) {
    name n;
    count(t, f->kind->peer->claim(f->self, client_of(i), nonce_of(&n, i), now + RETENTION - 1, now));
  }
}

/* ---- limits ---- */

static void limit_open(fixture *f) {
  const size_t huge_page = (size_t)2 << 20;
  size_t bytes = (csn_nonce_region_size(f->size->live) + huge_page - 1) / huge_page * huge_page;
  f->lines = csn_nonce_region_size(f->size->live) / LINE;
  f->self = aligned_alloc(huge_page, bytes);
  if (f->self == NULL) csn_workload_fatal("%s: no memory", f->row);
  madvise(f->self, bytes, MADV_HUGEPAGE);
  memset(f->self, 0, bytes);
}

static void limit_close(fixture *f) {
  free(f->self);
}

static _Atomic uint64_t *random_word(const fixture *f, uint64_t random) {
  size_t line = (size_t)((unsigned __int128)random * f->lines >> 64);
  return (_Atomic uint64_t *)((uint8_t *)f->self + line * LINE) + (random & 7);
}

static void limit_load_block(fixture *f, uint64_t first, tally *t) {
  uint64_t value = 0;
  for (uint64_t i = first; i < first + BLOCK; i++)
    value = atomic_load_explicit(random_word(f, csn_workload_mix(i + value)), memory_order_relaxed) & 1;
  csn_bench_keep(&value);
  t->fresh += BLOCK;
}

static void limit_cas_block(fixture *f, uint64_t first, tally *t) {
  uint64_t seen = 0;
  for (uint64_t i = first; i < first + BLOCK; i++) {
    _Atomic uint64_t *word = random_word(f, csn_workload_mix(i + (seen & 1))); /* the next after this one */
    seen = atomic_load_explicit(word, memory_order_relaxed);
    t->fresh += atomic_compare_exchange_strong(word, &seen, seen + 2);
  }
}

static void limit_cas_batch_block(fixture *f, uint64_t first, tally *t) {
  for (uint64_t start = first; start < first + BLOCK; start += LIMIT_BATCH) {
    _Atomic uint64_t *words[LIMIT_BATCH];
    for (size_t i = 0; i < LIMIT_BATCH; i++) {
      words[i] = random_word(f, csn_workload_mix(start + i));
      __builtin_prefetch((const void *)words[i], 1);
    }
    for (size_t i = 0; i < LIMIT_BATCH; i++) {
      uint64_t seen = atomic_load_explicit(words[i], memory_order_relaxed);
      t->fresh += atomic_compare_exchange_strong(words[i], &seen, seen + 2);
    }
  }
}

static const implementation implementations[] = {
    {"countersign", NULL, table_open, table_close, table_block},
    {"countersign_batch", NULL, table_open, table_close, table_batch_block},
    {"urcu_lfht", &csn_peer_urcu_lfht, peer_open, peer_close, peer_block},
    {"libcuckoo", &csn_peer_libcuckoo, peer_open, peer_close, peer_block},
    {"tbb", &csn_peer_tbb, peer_open, peer_close, peer_block},
    {"mutex_sharded", &csn_peer_mutex_sharded, peer_open, peer_close, peer_block},
    {"mutex_global", &csn_peer_mutex_global, peer_open, peer_close, peer_block},
    {"limit_load", NULL, limit_open, limit_close, limit_load_block},
    {"limit_cas", NULL, limit_open, limit_close, limit_cas_block},
    {"limit_cas_batch", NULL, limit_open, limit_close, limit_cas_batch_block},
};

enum {
  SIZES = sizeof sizes / sizeof sizes[0],
  IMPLEMENTATIONS = sizeof implementations / sizeof implementations[0],
};

static bool claims(const implementation *kind) {
  return kind->open != limit_open;
}

/* ---- fixtures ---- */

static void thread_begin(const fixture *f) {
  if (f->kind->peer != NULL && f->kind->peer->thread_begin != NULL) f->kind->peer->thread_begin(f->self);
}

static void thread_end(const fixture *f) {
  if (f->kind->peer != NULL && f->kind->peer->thread_end != NULL) f->kind->peer->thread_end(f->self);
}

/* For each nonce that the set is made for, and that is live by its expiry: what is held longer than that takes bytes
 * and is no nonce more. */
static double bytes_per_nonce(const fixture *f) {
  size_t bytes = f->kind->peer != NULL ? f->kind->peer->bytes(f->self) : csn_nonce_table_measure(f->self).region_bytes;
  return (double)bytes / (double)f->size->live;
}

static csn_nonce_answer claim_again(fixture *f, uint64_t number, int64_t now) {
  name n;
  if (f->kind->peer != NULL)
    return f->kind->peer->claim(f->self, client_of(number), nonce_of(&n, number), now + RETENTION - 1, now);
  return csn_nonce_table_claim(f->self, client_of(number), nonce_of(&n, number), now + RETENTION - 1, now);
}

/* Fills until as many expire as arrive, and checks the answers: fresh once, then replayed. */
static void fill(fixture *f) {
  uint64_t warm_up = (f->size->live + f->size->live / 8) / BLOCK * BLOCK;
  tally t = {0, 0};
  thread_begin(f);
  for (uint64_t first = 0; first < warm_up; first += BLOCK) f->kind->block(f, first, &t);
  if (t.fresh != warm_up)
    csn_workload_fatal("%s: %llu fresh nonces were refused", f->row, (unsigned long long)(warm_up - t.fresh));
  for (uint64_t number = warm_up - 1000; number < warm_up; number++) {
    if (claim_again(f, number, now_of(f, warm_up - 1)) != CSN_NONCE_REPLAYED)
      csn_workload_fatal("%s: a replayed nonce was not refused", f->row);
  }
  thread_end(f);
  f->next = warm_up;
}

/* Opens the set and measures how much of what that took is on huge pages. */
static void open_set(fixture *f) {
  csn_memory_use before = csn_machine_memory();
  f->kind->open(f);
  if (claims(f->kind)) fill(f);
  csn_memory_use after = csn_machine_memory();
  double taken = after.anonymous - before.anonymous;
  f->huge_share = taken > 0 ? (after.huge - before.huge) / taken : 0;
}

/* The fixture of a row that several threads run: one comes through first, the others wait for it. Of the sizes on
 * request one is open at a time. False: too little memory. */
static bool prepare(fixture *f) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static fixture *largest;
  static bool checked[SIZES], fits[SIZES];
  size_t size = (size_t)(f->size - sizes);
  pthread_mutex_lock(&mutex);
  if (!checked[size]) {
    double available = csn_machine_memory().available;
    fits[size] = available == 0 || available >= f->size->gigabytes * 1e9;
    checked[size] = true;
  }
  if (fits[size] && f->self == NULL) {
    if (f->size->on_request && largest != NULL) {
      largest->kind->close(largest);
      largest->self = NULL;
    }
    if (f->size->on_request) largest = f;
    open_set(f);
  }
  pthread_mutex_unlock(&mutex);
  return fits[size];
}

static void run(csn_bench *bench, const void *arg) {
  fixture *f = (fixture *)arg;
  if (!prepare(f)) {
    csn_bench_skip(bench, "too little memory");
    return;
  }
  thread_begin(f);
  tally t = {0, 0};
  while (csn_bench_next(bench, BLOCK)) {
    uint64_t first = atomic_fetch_add_explicit(&f->next, BLOCK, memory_order_relaxed);
    f->kind->block(f, first, &t);
  }
  thread_end(f);
  uint64_t done = (uint64_t)csn_bench_iterations(bench);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  if (csn_bench_thread(bench) == 0) csn_bench_counter(bench, "huge_share", f->huge_share);
  if (!claims(f->kind)) return;
  if (t.fresh + t.expired != done)
    csn_workload_fatal("%s: %llu fresh nonces were refused", f->row, (unsigned long long)(done - t.fresh - t.expired));
  /* A pause of a thread costs as many as it had drawn. */
  if (t.expired > done / EXPIRED_MOST + 4 * (uint64_t)BLOCK)
    csn_workload_fatal("%s: %llu claims came too late", f->row, (unsigned long long)t.expired);
  csn_bench_counter(bench, "late", (double)t.expired);
  if (csn_bench_thread(bench) == 0) csn_bench_counter(bench, "bytes_per_nonce", bytes_per_nonce(f));
}

void csn_bench_nonce_claim(void) {
  static fixture fixtures[SIZES][IMPLEMENTATIONS];
  const csn_bench_options options = {.threads = {1, 2}};
  bool long_run = getenv("CSN_BENCH_LONG") != NULL;
  for (size_t s = 0; s < SIZES; s++) {
    for (size_t i = 0; i < IMPLEMENTATIONS && (long_run || !sizes[s].on_request); i++) {
      fixture *f = &fixtures[s][i];
      f->kind = &implementations[i];
      f->size = &sizes[s];
      f->claims_a_second = f->size->live / (RETENTION + 2) + 1;
      snprintf(f->row, sizeof f->row, "nonce_claim/%s/%s", f->size->name, f->kind->name);
      csn_bench_register(f->row, run, f, &options);
    }
  }
}
