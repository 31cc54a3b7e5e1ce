/* Counters of a nonce table's handle, kept apart so that counting costs a claim next to nothing: up to 64 threads
 * of the process at a time have a lane of their own each, which they alone write, and give it back when they end; those
 * above share one. */
#ifndef CSN_NONCE_LANES_H
#define CSN_NONCE_LANES_H

#include <countersign/nonce_table.h>

#include "atomics.h"

typedef struct csn_nonce_lanes csn_nonce_lanes;

csn_nonce_lanes *csn_nonce_lanes_new(unsigned shards); /* NULL without memory */
void csn_nonce_lanes_free(csn_nonce_lanes *lanes);

typedef enum csn_nonce_column { /* of a shard's row of counters */
                                CSN_NONCE_COUNT_CLAIMS,
                                CSN_NONCE_COUNT_REPLAYED,
                                CSN_NONCE_COUNT_FULL,
                                CSN_NONCE_COUNT_REFUSED,
                                CSN_NONCE_COLUMNS,
} csn_nonce_column;

/* The calling thread's lane: a row of counters for each shard. */
typedef struct csn_nonce_lane {
  csn_atomic (*rows)[CSN_NONCE_COLUMNS];
  bool own; /* nobody else writes it */
} csn_nonce_lane;

csn_nonce_lane csn_nonce_lane_of_thread(csn_nonce_lanes *lanes);

static inline void csn_nonce_add_one(const csn_nonce_lane *lane, csn_atomic *counter) {
  if (lane->own) {
    csn_atomic_store_relaxed(counter, csn_atomic_load_relaxed(counter) + 1);
  } else {
    (void)csn_atomic_add_relaxed(counter, 1);
  }
}

/* Counts one answer. */
static inline void csn_nonce_count(const csn_nonce_lane *lane, uint64_t shard, csn_nonce_answer answer) {
  csn_atomic *row = lane->rows[shard];
  csn_nonce_add_one(lane, &row[CSN_NONCE_COUNT_CLAIMS]);
  if (__builtin_expect(answer == CSN_NONCE_FRESH, true)) return;
  csn_nonce_column reason = answer == CSN_NONCE_REPLAYED ? CSN_NONCE_COUNT_REPLAYED
                            : answer == CSN_NONCE_FULL   ? CSN_NONCE_COUNT_FULL
                                                         : CSN_NONCE_COUNT_REFUSED;
  csn_nonce_add_one(lane, &row[reason]);
}

/* Fills the counted part of `stats`. Thread-safe; a count in progress may be missing. */
void csn_nonce_counted(const csn_nonce_lanes *lanes, unsigned shard, csn_nonce_shard_stats *stats);

#endif
