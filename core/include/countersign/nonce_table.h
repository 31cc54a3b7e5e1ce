/* The nonce table: the nonce store in memory. Fixed capacity, lock-free, exact: of any number of claims of one nonce,
 * from threads and processes, one is FRESH; a live nonce is never evicted.
 *
 * A table is one region without pointers, in private memory, in memory that processes share, or in a mapped file. Every
 * change is one compare-and-swap of one word, so that a region is a whole table at every instant, whoever dies. */
#ifndef COUNTERSIGN_NONCE_TABLE_H
#define COUNTERSIGN_NONCE_TABLE_H

#include <countersign/nonce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handle on a region. Constant once made but for its statistics: any number of threads use one. */
typedef struct csn_nonce_table csn_nonce_table;

enum {
  CSN_NONCE_SEED_BYTES = 32,
  CSN_NONCE_TICK_SECONDS = 4,     /* a nonce is remembered to the end of the tick of `expires`, see below */
  CSN_NONCE_RETENTION_MAX = 8190, /* seconds that `expires` may lie ahead of the table's clock */
  CSN_NONCE_SHARDS_MAX = 64,
};

typedef struct csn_nonce_table_config {
  uint64_t capacity;                  /* live nonces to hold; 1 to 2^36 */
  uint8_t seed[CSN_NONCE_SEED_BYTES]; /* secret and random, not all zero: keeps clients from choosing nonces that
                                         collide */
  int64_t now;                        /* UNIX second at the start; the clock never goes back behind it */
  int64_t fence;                      /* claims that expire at or before this second are refused. A table that begins
                                         empty knows nothing of what was accepted before: `now` and the longest that a
                                         request is remembered, twice the window. CSN_NONCE_NO_FENCE: none */
} csn_nonce_table_config;
#define CSN_NONCE_NO_FENCE INT64_C(-1) /* for the first start of a service, or where a replay does no harm */

/* ---- size ---- */

/* Live nonces of `claims_per_second` claims, each remembered for `retention` seconds and the rest of a tick: the
 * capacity to ask for. For requests that may be dated ahead, the retention is twice the window. 0 where an argument or
 * the result is out of range. */
uint64_t csn_nonce_capacity(uint64_t claims_per_second, int64_t retention);

/* Bytes of a region for `capacity` live nonces at the design load: less than 11 a nonce from 2^16 nonces on. 0 where
 * the capacity is out of range. */
size_t csn_nonce_region_size(uint64_t capacity);

/* ---- tables ---- */

/* `expires` is part of what is remembered: all who claim in a table use one window. To give requests a longer one,
 * begin with a new table behind a fence; the old one would let in again what it has forgotten and the longer window
 * admits. */

/* A table in private memory, allocated whole and zeroed at once; a child process of fork() has a copy, not the table.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. */
csn_error csn_nonce_table_new(csn_nonce_table **out,
                              const csn_nonce_table_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* A table in memory of the caller's, aligned to 64 bytes: formats it, by one process before any other uses it. The
 * region outlives the handle and is not freed with it. Errors: INVALID_ARGUMENT (of the configuration, or misaligned),
 * REGION_SIZE, NO_MEMORY. */
csn_error csn_nonce_table_format(csn_nonce_table **out, void *region, size_t size,
                                 const csn_nonce_table_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* A handle on a region that was formatted before, in this process or another. Errors: INVALID_ARGUMENT (misaligned),
 * REGION_FOREIGN, REGION_VERSION, REGION_SIZE, REGION_CHECKSUM, NO_MEMORY. */
csn_error csn_nonce_table_attach(csn_nonce_table **out, void *region, size_t size) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The same for what a file descriptor stands for: a memfd, shared memory or a file. format_fd() sets the file's size
 * and allocates its blocks. The descriptor may be closed afterwards; the mapping goes with the handle. For a file that
 * is opened by its name and may be half made, see core/store/nonce_file.h. Errors: as above, STORE (a system call
 * failed: errno). A file that is cut while it is mapped is a signal (SIGBUS) in a claim: seal a memfd with
 * F_SEAL_SHRINK. */
csn_error csn_nonce_table_format_fd(csn_nonce_table **out, int fd, const csn_nonce_table_config *config) CSN_WARN_UNUSED
    CSN_NONNULL(1, 3);
csn_error csn_nonce_table_attach_fd(csn_nonce_table **out, int fd) CSN_WARN_UNUSED CSN_NONNULL(1);

/* Frees the handle, unmaps what the library mapped, and wipes and frees private memory. NULL does nothing. */
void csn_nonce_table_free(csn_nonce_table *table);

/* Whether the kernel took the advice to back the region with huge pages (madvise(2), MADV_HUGEPAGE); it may still not
 * have them, see csn_nonce_table_memory(). Memory of the caller's is not advised. Without them every claim costs a miss
 * of the page table besides the misses of the table. */
typedef enum csn_nonce_huge_pages {
  CSN_NONCE_HUGE_PAGES_NOT_ASKED,
  CSN_NONCE_HUGE_PAGES_ADVISED,
  CSN_NONCE_HUGE_PAGES_REFUSED,
} csn_nonce_huge_pages;
csn_nonce_huge_pages csn_nonce_table_huge_pages(const csn_nonce_table *table) CSN_NONNULL_ALL;

/* What the kernel made of the advice: bytes of the mappings that the region is in. Read from /proc/self/smaps, which
 * takes milliseconds: for a line in the log at the start. Errors: STORE (it cannot be read: errno). */
typedef struct csn_nonce_memory {
  uint64_t resident; /* in memory */
  uint64_t huge;     /* of these, on huge pages */
} csn_nonce_memory;
csn_error csn_nonce_table_memory(const csn_nonce_table *table, csn_nonce_memory *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* ---- claims ---- */

/* Claims one nonce. It is remembered until the clock is past `expires` and past its tick; one in some 20 longer, when
 * its slot bears the mark of another that found no room beside it: until the latest `expires` that was claimed since,
 * and in a table that is overloaded up to 256 seconds more. UNAVAILABLE, and nothing changes, where client id or nonce
 * is longer than 128 bytes or `now` is after the year 9999; a `now` before the table's clock counts as the clock.
 * Thread-safe, lock-free: never waits, never allocates, but for a thread's first claim, which may allocate once
 * (pthread_setspecific(); in a shared library that was loaded later, its thread-local word, too). Who moves the clock
 * by a tick also clears what is old in two 512ths of the table, who moves it by 260 ticks (17 minutes without a claim)
 * in all of it, unless csn_nonce_table_sweep() has been before. Timing depends on the client id, the nonce and what
 * lies beside it, none of which is secret. */
csn_nonce_answer csn_nonce_table_claim(csn_nonce_table *table, csn_span client_id, csn_span nonce, int64_t expires,
                                       int64_t now) CSN_WARN_UNUSED CSN_NONNULL(1);

/* The same for `count` claims, answered in their order: of two equal ones the first wins. The clock moves even where
 * all are UNAVAILABLE for their length. The cache misses of some 20 claims overlap; the first of a batch are waited
 * for, so that one of 64 takes less time a claim than one of 32. */
void csn_nonce_table_claim_batch(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now)
    CSN_NONNULL(1);

/* Asks for the cache lines that a claim of this nonce will read. Without effect that can be observed. */
void csn_nonce_table_prefetch(const csn_nonce_table *table, csn_span client_id, csn_span nonce) CSN_NONNULL(1);

/* Moves the clock to `now` and clears all that is due, for a timer: called once a second, it takes that work from the
 * claims. Thread-safe. */
void csn_nonce_table_sweep(csn_nonce_table *table, int64_t now) CSN_NONNULL_ALL;

/* ---- statistics ---- */

/* One shard: a part of the table that holds its nonces and their overflow by itself. */
typedef struct csn_nonce_shard_stats {
  uint64_t slots;
  double live;     /* estimate from at most 4096 cache lines; exact where the shard has no more */
  double expired;  /* likewise: slots that are used again when a claim needs them, those never used included */
  uint64_t oldest; /* ticks for which the stalest slot that was seen has been past; 0 where none is. At most 3979 */
  /* Counted by this handle since it was made: */
  uint64_t claims; /* all; those that are in none of the following were FRESH */
  uint64_t replayed;
  uint64_t full;
  uint64_t refused; /* EXPIRED, FENCED, RETENTION */
} csn_nonce_shard_stats;

unsigned csn_nonce_table_shards(const csn_nonce_table *table) CSN_NONNULL_ALL; /* 1 to CSN_NONCE_SHARDS_MAX */

/* Statistics of shard 0 .. csn_nonce_table_shards() - 1. Thread-safe; a moving picture while others claim. Counting
 * writes no memory that two threads share, for up to 64 threads of the process at a time. */
csn_nonce_shard_stats csn_nonce_table_shard(const csn_nonce_table *table, unsigned shard) CSN_NONNULL_ALL;

typedef struct csn_nonce_table_stats {
  uint64_t capacity;
  uint64_t slots;
  uint64_t live;    /* slots that are held at the table's clock */
  uint64_t expired; /* slots that have been used, are free again, and were not swept since */
  uint64_t region_bytes;
  int64_t clock; /* the highest `now` seen: UNIX seconds */
  int64_t fence; /* CSN_NONCE_NO_FENCE: none */
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
