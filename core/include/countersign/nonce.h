/* Nonce stores: each nonce of a client is claimed once while the request that carries it could be accepted.
 *
 * One interface, several stores: the table in memory (nonce_table.h), which may also be a mapped file, and libraries of
 * their own for stores that need a client library (core/store/). */
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

#ifdef __cplusplus
}
#endif
#endif
