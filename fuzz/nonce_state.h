/* The nonce table of the targets that verify requests: what is shared by all inputs, and is as it was before each. */
#ifndef CSN_FUZZ_NONCE_STATE_H
#define CSN_FUZZ_NONCE_STATE_H

#include "fuzz.h"

enum { TABLE_CAPACITY = 16 };

/* The nonce table and its bytes as they were when it was made. */
typedef struct table_state {
  csn_nonce_table *table;
  uint8_t *region, *fresh, *before;
  size_t size;
} table_state;

static inline table_state *nonces(void) {
  static table_state state;
  if (state.table != NULL) return &state;
  csn_nonce_table_config config = {
      .capacity = TABLE_CAPACITY, .seed = "a constant seed", .now = FUZZ_NOW - 5000, .fence = CSN_NONCE_NO_FENCE};
  state.size = csn_nonce_region_size(TABLE_CAPACITY);
  state.region = aligned_alloc(64, (state.size + 63) / 64 * 64);
  state.fresh = malloc(state.size);
  state.before = malloc(state.size);
  FUZZ_CHECK(state.region != NULL && state.fresh != NULL && state.before != NULL);
  FUZZ_CHECK(csn_nonce_table_format(&state.table, state.region, state.size, &config) == CSN_OK);
  memcpy(state.fresh, state.region, state.size);
  return &state;
}

static inline void forget_nonces(void) {
  memcpy(nonces()->region, nonces()->fresh, nonces()->size);
}

#endif
