/* Memory for secrets: kept out of the swap where the limit of locked memory allows, out of core dumps, wiped on free.
 */
#ifndef CSN_SECRET_MEMORY_H
#define CSN_SECRET_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* `size` zeroed bytes, aligned to 64, of pages that hold nothing else; NULL where memory is short. That the pages could
 * not be locked (RLIMIT_MEMLOCK) is no error. Thread-safe. */
void *csn_locked_new(size_t size) __attribute__((malloc, warn_unused_result));
void csn_locked_free(void *memory); /* wipes it; NULL does nothing */

/* Keeps the pages of memory that is somebody else's out of core dumps, and of the swap as far as it goes: of a secret
 * that cannot be moved. It is not undone. Thread-safe. */
void csn_lock_in_place(const void *memory, size_t size);

/* Cells of one size, in pages that hold nothing else. Caller-allocated; for one thread at a time. */
typedef struct csn_locked_pool {
  size_t cell_bytes;
  size_t mapped, unlocked; /* bytes: of all pages, and of those that could not be locked (RLIMIT_MEMLOCK) */
  struct csn_locked_slab *slabs;
  void *unused; /* cells that were given back */
} csn_locked_pool;

void csn_locked_pool_init(csn_locked_pool *pool, size_t cell_bytes);
void csn_locked_pool_close(csn_locked_pool *pool); /* wipes all cells */

/* A cell of zeros, aligned to 16; NULL where memory is short. */
void *csn_locked_pool_take(csn_locked_pool *pool) __attribute__((warn_unused_result));
void csn_locked_pool_give(csn_locked_pool *pool, void *cell); /* wipes it */

#endif
