/* The physical bound of what hashes: the blocks that are needed, through the best kernel that the machine has, with all
 * of its lanes in use and nothing to be scheduled, padded or moved. */
#ifndef CSN_BENCH_BLOCK_LIMIT_H
#define CSN_BENCH_BLOCK_LIMIT_H

#include <stddef.h>

enum { CSN_BLOCK_LIMIT_STEP = 64 };

/* Blocks of SHA-256 for a message of `len` bytes: its own, with its padding; and of HMAC under a key whose pads have
 * been taken before, the outer hash's besides. */
static inline size_t csn_blocks_of_hash(size_t len) {
  return (len + 1 + 8 + 63) / 64;
}
static inline size_t csn_blocks_of_hmac(size_t len) {
  return csn_blocks_of_hash(len) + 1;
}

/* Takes so many blocks, a multiple of CSN_BLOCK_LIMIT_STEP and at most as many of 4 KiB messages. The first call tries
 * which kernel, with how many lanes, is the fastest. One thread. */
void csn_block_limit_take(size_t blocks);

/* That one: "avx512, 16 lanes". */
const char *csn_block_limit_name(void);

#endif
