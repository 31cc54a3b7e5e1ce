#include "block_limit.h"

#include <stdio.h>

#include "../core/src/sha256.h"
#include "shim.h"
#include "workload.h"

enum { BLOCKS_MAX = CSN_BLOCK_LIMIT_STEP * 66, TRIAL_BLOCKS = 6 * CSN_BLOCK_LIMIT_STEP, TRIALS = 200 };

typedef struct interleaving {
  csn_sha256_backend backend;
  csn_sha256_lanes_fn *run; /* NULL: not chosen yet */
  size_t lanes;             /* divides CSN_BLOCK_LIMIT_STEP */
} interleaving;

static interleaving best;
static uint8_t *blocks_there;

typedef uint32_t state_words[8];

/* Each lane takes its part of them. */
static void take(const interleaving *way, size_t blocks, state_words states[CSN_SHA256_LANES_MAX]) {
  uint32_t *at[CSN_SHA256_LANES_MAX];
  const uint8_t *data[CSN_SHA256_LANES_MAX];
  size_t each = blocks / way->lanes;
  for (size_t i = 0; i < way->lanes; i++) {
    memcpy(states[i], csn_sha256_start, sizeof(state_words));
    at[i] = states[i];
    data[i] = blocks_there + i * each * CSN_SHA256_BLOCK;
  }
  way->run(at, data, way->lanes, each);
  csn_bench_keep(states);
}

/* A limit that leaves out a block would be none. */
static void check(const interleaving *way, const state_words states[CSN_SHA256_LANES_MAX]) {
  size_t each = TRIAL_BLOCKS / way->lanes;
  for (size_t i = 0; i < way->lanes; i++) {
    state_words wanted;
    memcpy(wanted, csn_sha256_start, sizeof wanted);
    csn_sha256_openssl_one(wanted, blocks_there + i * each * CSN_SHA256_BLOCK, each);
    if (memcmp(states[i], wanted, sizeof wanted) != 0)
      csn_workload_fatal("%s does not hash %zu lanes", csn_sha256_backend_name(way->backend), way->lanes);
  }
}

/* The shortest of some. */
static uint64_t time_of(const interleaving *way) {
  uint64_t least = UINT64_MAX;
  state_words states[CSN_SHA256_LANES_MAX];
  for (int i = 0; i < TRIALS; i++) {
    uint64_t start = csn_clock_ns();
    take(way, TRIAL_BLOCKS, states);
    uint64_t time = csn_clock_ns() - start;
    if (time < least) least = time;
  }
  check(way, states);
  return least;
}

static void choose(void) {
  uint64_t least = UINT64_MAX;
  blocks_there = csn_workload_alloc(BLOCKS_MAX * CSN_SHA256_BLOCK);
  csn_workload_bytes(5, blocks_there, BLOCKS_MAX * CSN_SHA256_BLOCK);
  for (csn_sha256_backend b = CSN_SHA256_AUTO + 1; b < CSN_SHA256_BACKENDS; b++) {
    for (size_t k = 0; csn_sha256_backend_has(b) && k < CSN_SHA256_KERNELS; k++) {
      const csn_sha256_kernel *kernel = &csn_sha256_engine_of(b)->kernels[k];
      for (size_t lanes = 1; kernel->run != NULL && lanes <= kernel->lanes; lanes *= 2) {
        const interleaving way = {b, kernel->run, lanes};
        uint64_t time = lanes < kernel->least ? UINT64_MAX : time_of(&way);
        if (time >= least) continue;
        least = time;
        best = way;
      }
    }
  }
}

void csn_block_limit_take(size_t blocks) {
  if (best.run == NULL) choose();
  if (blocks > BLOCKS_MAX || blocks % CSN_BLOCK_LIMIT_STEP != 0) csn_workload_fatal("a limit of %zu blocks", blocks);
  state_words states[CSN_SHA256_LANES_MAX];
  take(&best, blocks, states);
}

const char *csn_block_limit_name(void) {
  static char name[32];
  if (best.run == NULL) choose();
  snprintf(name, sizeof name, "%s, %zu lane%s", csn_sha256_backend_name(best.backend), best.lanes,
           best.lanes == 1 ? "" : "s");
  return name;
}
