#include "nonce_lanes.h"

#include <stdlib.h>

#include "thread_number.h"

enum { OWN_LANES = CSN_THREAD_NUMBERS, LINE_BYTES = 64 };

typedef csn_atomic row[CSN_NONCE_COLUMNS]; /* of one shard */

struct csn_nonce_lanes {
  unsigned rows;              /* of a lane */
  uint8_t unused[LINE_BYTES]; /* so that no counter lies in the line that all threads read */
  row counts[];               /* OWN_LANES lanes, then the shared one */
};

csn_nonce_lanes *csn_nonce_lanes_new(unsigned shards) {
  csn_thread_numbers_prepare(); /* here, so that no claim waits for it */
  /* Whole cache lines, two rows each, and one more as the array need not begin one: no two threads write one line. */
  unsigned rows = (shards + 1) / 2 * 2 + 2;
  csn_nonce_lanes *lanes = calloc(1, sizeof *lanes + (OWN_LANES + 1) * rows * sizeof(row));
  if (lanes != NULL) lanes->rows = rows;
  return lanes;
}
_Static_assert(2 * sizeof(row) == LINE_BYTES, "two rows are a cache line");

void csn_nonce_lanes_free(csn_nonce_lanes *lanes) {
  free(lanes);
}

csn_nonce_lane csn_nonce_lane_of_thread(csn_nonce_lanes *lanes) {
  unsigned number = csn_thread_number();
  csn_nonce_lane lane = {&lanes->counts[number * lanes->rows], number < OWN_LANES};
  return lane;
}

void csn_nonce_counted(const csn_nonce_lanes *lanes, unsigned shard, csn_nonce_shard_stats *stats) {
  uint64_t sums[CSN_NONCE_COLUMNS] = {0};
  for (unsigned lane = 0; lane <= OWN_LANES; lane++) {
    const csn_atomic *counts = lanes->counts[lane * lanes->rows + shard];
    for (unsigned i = 0; i < CSN_NONCE_COLUMNS; i++) sums[i] += csn_atomic_load_relaxed(&counts[i]);
  }
  stats->claims = sums[CSN_NONCE_COUNT_CLAIMS];
  stats->replayed = sums[CSN_NONCE_COUNT_REPLAYED];
  stats->full = sums[CSN_NONCE_COUNT_FULL];
  stats->refused = sums[CSN_NONCE_COUNT_REFUSED];
}
