#include "nonce_ways.h"

#include <countersign/nonce_table.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shim.h"

enum { BLOCK = CSN_WAY_BLOCK, BATCH = 64, LIMIT_BATCH = 16, CLIENTS = 64, LINE = 64 };

/* ---- nonces from numbers ---- */

typedef struct name {
  uint64_t nonce[2];
} name;

static csn_span client_of(uint64_t number) {
  static const char clients[CLIENTS + 8] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_abcdefg";
  return csn_span_of(clients + number % CLIENTS, 8);
}

/* As cheaply as it can be: what is timed is claims, and all of them are of hashes. */
static csn_span nonce_of(name *n, uint64_t number) {
  n->nonce[0] = number * UINT64_C(0x9e3779b97f4a7c15);
  n->nonce[1] = number;
  return csn_span_of(n->nonce, sizeof n->nonce);
}

static int64_t expiry(int64_t now) {
  return now + CSN_WAY_RETENTION - 1;
}

static void count(csn_way_tally *t, csn_nonce_answer answer) {
  t->fresh += answer == CSN_NONCE_FRESH;
  t->expired += answer == CSN_NONCE_EXPIRED;
}

/* ---- Countersign ---- */

/* What is claimed in CSN_WAY_RETENTION seconds and the rest of a tick: `capacity` to within a percent. */
static void *table_open(size_t capacity, uint64_t seed) {
  csn_nonce_table_config config = {.capacity = capacity, .now = CSN_WORKLOAD_NOW, .fence = CSN_NONCE_NO_FENCE};
  csn_workload_bytes(seed, config.seed, sizeof config.seed);
  csn_nonce_table *table;
  return csn_nonce_table_new(&table, &config) == CSN_OK ? table : NULL;
}

static csn_nonce_answer table_claim(void *self, csn_span client_id, csn_span nonce, int64_t expires, int64_t now) {
  return csn_nonce_table_claim(self, client_id, nonce, expires, now);
}

/* The region. The counters of a handle are not in it: 137 KB with 64 shards, 0.02 bytes a nonce of 8 million. */
static size_t table_bytes(void *self) {
  return csn_nonce_table_measure(self).region_bytes;
}

static void table_close(void *self) {
  csn_nonce_table_free(self);
}

static const csn_nonce_peer table = {
    .name = "countersign", .open = table_open, .claim = table_claim, .bytes = table_bytes, .close = table_close};

static void table_block(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now, csn_way_tally *t) {
  (void)set;
  for (uint64_t i = first; i < first + BLOCK; i++) {
    name n;
    count(t, csn_nonce_table_claim(self, client_of(i), nonce_of(&n, i), expiry(now), now));
  }
}

static void table_batch_block(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now, csn_way_tally *t) {
  (void)set;
  name names[BATCH];
  csn_nonce_claim claims[BATCH];
  for (uint64_t start = first; start < first + BLOCK; start += BATCH) {
    for (size_t i = 0; i < BATCH; i++) {
      claims[i].client_id = client_of(start + i);
      claims[i].nonce = nonce_of(&names[i], start + i);
      claims[i].expires = expiry(now);
    }
    csn_nonce_table_claim_batch(self, claims, BATCH, now);
    for (size_t i = 0; i < BATCH; i++) count(t, claims[i].answer);
  }
}
_Static_assert(BLOCK % BATCH == 0, "a block is of whole batches");

/* ---- peers ---- */

static void peer_block(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now, csn_way_tally *t) {
  for (uint64_t i = first; i < first + BLOCK; i++) {
    name n;
    count(t, set->claim(self, client_of(i), nonce_of(&n, i), expiry(now), now));
  }
  if (set->thread_rest != NULL) set->thread_rest(self);
}

/* ---- limits ---- */

typedef _Atomic uint64_t word;

typedef struct limit {
  word *words;
  size_t lines;
} limit;

static void *limit_open(size_t capacity, uint64_t seed) {
  (void)seed;
  const size_t huge_page = (size_t)2 << 20;
  size_t size = csn_nonce_region_size(capacity), bytes = (size + huge_page - 1) / huge_page * huge_page;
  limit *self = csn_workload_alloc(sizeof *self);
  *self = (limit){aligned_alloc(huge_page, bytes), size / LINE};
  if (self->words == NULL) {
    free(self);
    return NULL;
  }
  madvise(self->words, bytes, MADV_HUGEPAGE);
  memset(self->words, 0, bytes);
  return self;
}

static void limit_close(void *self) {
  limit *l = self;
  if (l == NULL) return;
  free(l->words);
  free(l);
}

static const csn_nonce_peer memory = {.name = "limit", .open = limit_open, .close = limit_close};

/* The even words of random lines. */
static inline word *random_word(limit l, uint64_t number) {
  uint64_t random = csn_workload_mix(number);
  size_t line = (size_t)((unsigned __int128)random * l.lines >> 64);
  return l.words + line * (LINE / sizeof(word)) + (random & 6);
}

/* Which of two words, by the lowest bit of what was read before; it is always 0. So the lines are known ahead, and the
 * memory is not asked for one before it has answered for the last; of the arithmetic, no more than this waits. */
static inline word *word_behind(word *pair, uint64_t read) {
  __asm__("" : "+r"(pair)); /* complete: the compiler adds nothing behind the bit */
  return pair + (read & 1);
}

static void limit_load_block(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now, csn_way_tally *t) {
  (void)set, (void)now;
  const limit l = *(const limit *)self;
  uint64_t value = 0;
  for (uint64_t i = first; i < first + BLOCK; i++)
    value = atomic_load_explicit(word_behind(random_word(l, i), value), memory_order_relaxed);
  const uint64_t last = value;
  csn_bench_keep(&last);
  t->fresh += BLOCK;
}

static void limit_cas_block(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now, csn_way_tally *t) {
  (void)set, (void)now;
  const limit l = *(const limit *)self;
  uint64_t seen = 0, done = 0;
  for (uint64_t i = first; i < first + BLOCK; i++) {
    word *at = word_behind(random_word(l, i), seen);
    seen = atomic_load_explicit(at, memory_order_relaxed);
    done += atomic_compare_exchange_strong(at, &seen, seen + 2);
  }
  t->fresh += done;
}

static void limit_cas_batch_block(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now,
                                  csn_way_tally *t) {
  (void)set, (void)now;
  const limit l = *(const limit *)self;
  uint64_t done = 0;
  for (uint64_t start = first; start < first + BLOCK; start += LIMIT_BATCH) {
    word *words[LIMIT_BATCH];
    for (size_t i = 0; i < LIMIT_BATCH; i++) {
      words[i] = random_word(l, start + i);
      __builtin_prefetch((const void *)words[i], 1);
    }
    for (size_t i = 0; i < LIMIT_BATCH; i++) {
      uint64_t seen = atomic_load_explicit(words[i], memory_order_relaxed);
      done += atomic_compare_exchange_strong(words[i], &seen, seen + 2);
    }
  }
  t->fresh += done;
}

/* ---- all of them ---- */

csn_way csn_way_at(size_t index) {
  static const csn_way own[CSN_WAYS_OWN] = {{"countersign", &table, table_block, true},
                                            {"countersign_batch", &table, table_batch_block, true}};
  static const csn_way limits[CSN_WAYS_LIMIT] = {{"limit_load", &memory, limit_load_block, false},
                                                 {"limit_cas", &memory, limit_cas_block, false},
                                                 {"limit_cas_batch", &memory, limit_cas_batch_block, false}};
  if (index < CSN_WAYS_OWN) return own[index];
  index -= CSN_WAYS_OWN;
  if (index >= CSN_NONCE_PEERS) return limits[index - CSN_NONCE_PEERS];
  return (csn_way){csn_nonce_peers[index]->name, csn_nonce_peers[index], peer_block, false};
}

csn_nonce_answer csn_way_claim(const csn_way *way, void *self, uint64_t number, int64_t now) {
  name n;
  return way->set->claim(self, client_of(number), nonce_of(&n, number), expiry(now), now);
}
