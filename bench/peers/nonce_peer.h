/* Peers of the nonce table: concurrent maps that people use instead, each made to do the same job. */
#ifndef CSN_BENCH_NONCE_PEER_H
#define CSN_BENCH_NONCE_PEER_H

#include <countersign/nonce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One peer. It keeps the keyed 128-bit XXH3 hash of (client id, nonce) with its expiry, inserts it if it is absent, and
 * removes what has expired in the order of arrival, on the claims that come later. Thread-safe, but for open, bytes
 * and close. */
typedef struct csn_nonce_peer {
  const char *name;                 /* as in the row's name */
  const char *version_and_settings; /* one line for a report */
  /* `capacity`: live nonces to hold. NULL without memory. */
  void *(*open)(size_t capacity, uint64_t seed);
  /* Each thread calls the first before its first claim and the second after its last, where they are not NULL; it is
   * between the two for one open peer of a kind at a time. At most 64 threads at once. */
  void (*thread_begin)(void *self);
  void (*thread_end)(void *self);
  /* Where it is not NULL: after each block of claims, as the thread may then wait for another. */
  void (*thread_rest)(void *self);
  /* FRESH or REPLAYED, where a nonce whose expiry is before `now` counts as absent; FULL without memory; UNAVAILABLE
   * where client id or nonce is too long, or without thread_begin. */
  csn_nonce_answer (*claim)(void *self, csn_span client_id, csn_span nonce, int64_t expires, int64_t now);
  /* Of all memory in use: table, locks, nodes, queues, free lists; not the rest of the last page. */
  size_t (*bytes)(void *self);
  void (*close)(void *self); /* NULL does nothing */
} csn_nonce_peer;

extern const csn_nonce_peer csn_peer_urcu_lfht, csn_peer_libcuckoo, csn_peer_tbb;
extern const csn_nonce_peer csn_peer_mutex_sharded, csn_peer_mutex_global; /* 64 shards, and one */

enum { CSN_NONCE_PEERS = 5 };
extern const csn_nonce_peer *const csn_nonce_peers[CSN_NONCE_PEERS]; /* all of them */

#ifdef __cplusplus
}
#endif
#endif
