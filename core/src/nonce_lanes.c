#include "nonce_lanes.h"

#include <pthread.h>
#include <stdlib.h>

enum { OWN_LANES = 64, LINE_BYTES = 64 };

typedef csn_atomic row[CSN_NONCE_COLUMNS]; /* of one shard */

struct csn_nonce_lanes {
  unsigned rows;              /* of a lane */
  uint8_t unused[LINE_BYTES]; /* so that no counter lies in the line that all threads read */
  row counts[];               /* OWN_LANES lanes, then the shared one */
};

/* ---- the number of a thread: the lowest that is free at its first claim; it has it until it ends ---- */

static csn_atomic taken; /* a bit for each number below OWN_LANES */
_Static_assert(OWN_LANES == 64, "a bit for each");
static pthread_key_t number_key;
static csn_atomic has_number_key;
static _Thread_local uint64_t number_plus_one; /* OWN_LANES + 1: none of its own */

static uint64_t bit_of(uint64_t plus_one) {
  return UINT64_C(1) << (plus_one - 1);
}

/* At the end of a thread. Where destructors of other keys claim after this, they count in the shared lane. A thread
 * whose first claim is in the last round of destructors (PTHREAD_DESTRUCTOR_ITERATIONS) never comes here: its number is
 * lost to the process. */
static void give_back(void *number) {
  uint64_t bit = bit_of((uintptr_t)number), seen;
  number_plus_one = OWN_LANES + 1;
  do seen = csn_atomic_load_relaxed(&taken);
  while (!csn_atomic_cas_release(&taken, seen, seen & ~bit)); /* pairs with the CAS in take_number() */
}

/* In the child of a fork(): of the threads, the calling one is all that is left. */
static void keep_own_number(void) {
  bool own = number_plus_one != 0 && number_plus_one <= OWN_LANES;
  csn_atomic_store_relaxed(&taken, own ? bit_of(number_plus_one) : 0);
}

/* Without memory for the key no number is given back; without memory for the handler, none of the parent's threads in
 * a child. Then more threads share a lane. */
static void prepare_numbers(void) {
  csn_atomic_store_relaxed(&has_number_key, pthread_key_create(&number_key, give_back) == 0);
  (void)pthread_atfork(NULL, NULL, keep_own_number);
}

/* When the code is unloaded with dlclose(), before threads that have claimed end; or the process ends, and threads may
 * still claim. The C library takes the handler of fork() away by itself. */
__attribute__((destructor)) static void delete_number_key(void) {
  if (csn_atomic_load_relaxed(&has_number_key) == 0) return;
  csn_atomic_store_relaxed(&has_number_key, 0);
  (void)pthread_key_delete(number_key);
}

static uint64_t take_number(void) {
  for (;;) {
    uint64_t seen = csn_atomic_load_relaxed(&taken), number = (uint64_t)__builtin_ffsll((long long)~seen);
    if (number == 0) return OWN_LANES + 1;
    /* Acquire: what the one before has counted in this lane is counted. */
    if (!csn_atomic_cas_acq_rel(&taken, seen, seen | bit_of(number))) continue;
    /* Without memory for this the number is not given back. */
    if (csn_atomic_load_relaxed(&has_number_key) != 0) (void)pthread_setspecific(number_key, (void *)(uintptr_t)number);
    return number;
  }
}

static uint64_t thread_number(void) {
  if (__builtin_expect(number_plus_one == 0, false)) number_plus_one = take_number();
  return number_plus_one - 1;
}

/* ---- lanes ---- */

csn_nonce_lanes *csn_nonce_lanes_new(unsigned shards) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare_numbers); /* here, so that no claim waits for it */
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
  uint64_t number = thread_number();
  bool own = number < OWN_LANES;
  csn_nonce_lane lane = {&lanes->counts[(own ? number : OWN_LANES) * lanes->rows], own};
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
