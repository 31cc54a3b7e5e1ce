/* Fast paths give, byte for byte, what the plain code behind them gives: they take the usual input, and leave all other
 * to it. Tests turn them off to compare. */
#ifndef CSN_FAST_PATH_H
#define CSN_FAST_PATH_H

#include "atomics.h"

extern csn_atomic csn_fast_paths_off; /* 0, but in tests; stored at any time */

static inline bool csn_fast_paths(void) {
  return csn_atomic_load_relaxed(&csn_fast_paths_off) == 0;
}

#endif
