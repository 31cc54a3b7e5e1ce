/* Nonce stores: each nonce of a client is claimed once while the request that carries it could be accepted.
 *
 * One interface, several stores: the table in memory (here), and libraries of their own for stores that need a client
 * library (core/store/). */
#ifndef COUNTERSIGN_NONCE_H
#define COUNTERSIGN_NONCE_H

#include <countersign/error.h>
#include <countersign/request.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum csn_nonce_answer {
  CSN_NONCE_UNAVAILABLE, /* the store did not answer, or its answer is not known: treat as not fresh */
  CSN_NONCE_FRESH,       /* claimed by this call, and by no other ever while it is remembered */
  CSN_NONCE_REPLAYED,
  CSN_NONCE_FULL,      /* no room; no live nonce was evicted */
  CSN_NONCE_EXPIRED,   /* the store's clock is past `expires`, or the caller's clock went back further than the store
                          can bear: it may have forgotten this nonce */
  CSN_NONCE_FENCED,    /* expires at or before the store's restart fence: may have been claimed before the restart */
  CSN_NONCE_RETENTION, /* expires further in the future than the store can remember */
} csn_nonce_answer;

/* One claim. A nonce's identity is (client_id, nonce), each 0 to 128 bytes. It is remembered until the clock is past
 * `expires`, the last UNIX second at which the same bytes would pass the time check. */
typedef struct csn_nonce_claim {
  csn_span client_id;
  csn_span nonce;
  int64_t expires;
  csn_nonce_answer answer; /* out */
} csn_nonce_claim;

/* What a store is like; for reports. */
typedef struct csn_nonce_store_traits {
  const char *name;
  bool survives_restart;
  bool shared_between_processes;
  bool shared_between_hosts;
} csn_nonce_store_traits;

/* A store: `claim` answers `count` claims in their order, at UNIX second `now`; of two equal ones in a batch the first
 * wins. Where nothing is known, the answer is CSN_NONCE_UNAVAILABLE. `prefetch` may be NULL and has no effect that can
 * be observed. Thread-safe where the store says so; the memory table is. */
typedef struct csn_nonce_store {
  void (*claim)(void *self, csn_nonce_claim *claims, size_t count, int64_t now);
  void (*prefetch)(void *self, csn_span client_id, csn_span nonce);
  void *self;
  const csn_nonce_store_traits *traits;
} csn_nonce_store;

/* The table in memory: fixed capacity, lock-free, thread-safe; one region without pointers, which may lie in memory
 * that processes share. A claim never waits, never allocates and never evicts. */
typedef struct csn_nonce_table csn_nonce_table;

enum {
  CSN_NONCE_SEED_BYTES = 32,
  CSN_NONCE_TICK_SECONDS = 4,     /* a nonce is remembered up to this much longer than `expires` */
  CSN_NONCE_RETENTION_MAX = 8190, /* seconds that `expires` may lie ahead of the table's clock */
};

typedef struct csn_nonce_table_config {
  uint64_t capacity;                  /* live nonces to hold; 1 to 2^36 */
  uint8_t seed[CSN_NONCE_SEED_BYTES]; /* secret and random: keeps clients from choosing nonces that collide */
  int64_t now;                        /* UNIX second at the start; the clock never goes back behind it */
  int64_t fence;                      /* claims that expire at or before this second are refused; 0: no fence */
} csn_nonce_table_config;

/* Bytes of a region for `capacity` live nonces at the design load; 0 where the capacity is out of range. */
size_t csn_nonce_region_size(uint64_t capacity);

/* A table in memory of its own; a child process of fork() has a copy, not the table. Errors: INVALID_ARGUMENT,
 * NO_MEMORY. */
csn_error csn_nonce_table_new(csn_nonce_table **out,
                              const csn_nonce_table_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* A table in memory of the caller's, aligned to 64 bytes: formats it, by one process before any other uses it. The
 * region outlives the handle and is not freed with it. Errors: INVALID_ARGUMENT, REGION_INVALID (too small or
 * misaligned), NO_MEMORY. */
csn_error csn_nonce_table_format(csn_nonce_table **out, void *region, size_t size,
                                 const csn_nonce_table_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* A handle on a region that was formatted before, in this process or another. REGION_INVALID where it was not. */
csn_error csn_nonce_table_attach(csn_nonce_table **out, void *region, size_t size) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Frees the handle, and the memory where the table is of csn_nonce_table_new(). NULL does nothing. */
void csn_nonce_table_free(csn_nonce_table *table);

/* Claims one nonce. UNAVAILABLE, and nothing changes, where client id or nonce is longer than 128 bytes or `now` is
 * after the year 9999; a `now` before the table's clock counts as the clock. Thread-safe, lock-free. Who moves the
 * clock also clears a share of what has expired: of the whole table after an hour without a claim. Timing depends on
 * the client id, the nonce and what is in their bucket, none of which is secret. */
csn_nonce_answer csn_nonce_table_claim(csn_nonce_table *table, csn_span client_id, csn_span nonce, int64_t expires,
                                       int64_t now) CSN_WARN_UNUSED CSN_NONNULL(1);
void csn_nonce_table_claim_batch(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now)
    CSN_NONNULL(1);
void csn_nonce_table_prefetch(const csn_nonce_table *table, csn_span client_id, csn_span nonce) CSN_NONNULL(1);

typedef struct csn_nonce_table_stats {
  uint64_t slots;
  uint64_t live;    /* slots that are held at the table's clock */
  uint64_t expired; /* slots that are used again when a claim needs them */
  uint64_t region_bytes;
  int64_t clock; /* the highest `now` seen: UNIX seconds */
} csn_nonce_table_stats;

/* Walks the whole table: for tests and reports. Thread-safe; a moving picture while others claim. */
csn_nonce_table_stats csn_nonce_table_measure(const csn_nonce_table *table) CSN_NONNULL_ALL;

/* The region's bytes, for a check that nothing was written. */
csn_span csn_nonce_table_region(const csn_nonce_table *table) CSN_NONNULL_ALL;

/* The table as a store. The table must outlive it. */
csn_nonce_store csn_nonce_table_store(csn_nonce_table *table) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
