/* What nonce_claim.c measures: the ways in which a block of nonces is claimed, and the limits that they are held
 * against. */
#ifndef CSN_BENCH_NONCE_WAYS_H
#define CSN_BENCH_NONCE_WAYS_H

#include <stdbool.h>

#include "peers/nonce_peer.h"
#include "workload.h"

enum { CSN_WAY_RETENTION = 601, CSN_WAY_BLOCK = 256 };

/* How claims were answered. A thread that does not run for some milliseconds comes back with numbers whose time is
 * over: of 64 k nonces, all expire in that while. With too many of these answers the row would time refusals. */
typedef struct csn_way_tally {
  uint64_t fresh, expired;
} csn_way_tally;

/* Claims the block of numbers that begins with `first` at second `now`, and adds the answers to `tally`. */
typedef void (*csn_way_block)(const csn_nonce_peer *set, void *self, uint64_t first, int64_t now, csn_way_tally *tally);

typedef struct csn_way {
  const char *name;          /* as in the row's */
  const csn_nonce_peer *set; /* what is claimed from; its claim() is NULL for a limit, which claims nothing */
  csn_way_block block;
  bool by_ticks; /* remembers to the end of an expiry's tick, and one nonce in some 20 for longer */
} csn_way;

enum { CSN_WAYS_OWN = 2, CSN_WAYS_LIMIT = 3, CSN_WAYS = CSN_WAYS_OWN + CSN_NONCE_PEERS + CSN_WAYS_LIMIT };

csn_way csn_way_at(size_t index);

/* One claim outside the blocks of what has claims. */
csn_nonce_answer csn_way_claim(const csn_way *way, void *self, uint64_t number, int64_t now);

#endif
