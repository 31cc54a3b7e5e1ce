#include "secret_memory.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ct.h"

/* In front of what the caller of csn_locked_new() has. */
typedef struct header {
  _Alignas(64) size_t mapped;
} header;

enum { ALIGNMENT = 16, SLAB_MIN = 16 << 10, SLAB_MAX = 2 << 20 };

/* The pages of a pool: each slab is twice as large as the one before, up to SLAB_MAX. */
typedef struct csn_locked_slab {
  struct csn_locked_slab *next;
  size_t mapped, used; /* bytes, this header included */
} csn_locked_slab;

enum { SLAB_HEAD = (sizeof(csn_locked_slab) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT };

/* NULL where memory is short. */
static void *map_pages(size_t bytes, bool *locked) {
  void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  *locked = mlock(pages, bytes) == 0;
  (void)madvise(pages, bytes, MADV_DONTDUMP);
  return pages;
}

static void unmap_pages(void *pages, size_t bytes) {
  csn_wipe(pages, bytes);
  munmap(pages, bytes);
}

void *csn_locked_new(size_t size) {
  bool locked;
  if (size > SIZE_MAX / 2) return NULL;
  header *at = map_pages(size + sizeof *at, &locked);
  if (at == NULL) return NULL;
  at->mapped = size + sizeof *at;
  return at + 1;
}

void csn_locked_free(void *memory) {
  if (memory == NULL) return;
  header *at = (header *)memory - 1;
  unmap_pages(at, at->mapped);
}

void csn_lock_in_place(const void *memory, size_t size) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)memory / page * page;
  size_t bytes = (uintptr_t)memory + size - from;
  (void)mlock((void *)from, bytes);
  (void)madvise((void *)from, bytes, MADV_DONTDUMP);
}

void csn_locked_pool_init(csn_locked_pool *pool, size_t cell_bytes) {
  *pool = (csn_locked_pool){.cell_bytes = (cell_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT};
}

void csn_locked_pool_close(csn_locked_pool *pool) {
  while (pool->slabs != NULL) {
    csn_locked_slab *slab = pool->slabs;
    pool->slabs = slab->next;
    unmap_pages(slab, slab->mapped);
  }
  pool->unused = NULL;
}

static csn_locked_slab *add_slab(csn_locked_pool *pool) {
  size_t bytes = pool->slabs == NULL ? SLAB_MIN : pool->slabs->mapped * 2;
  bool locked = false;
  if (bytes > SLAB_MAX) bytes = SLAB_MAX;
  csn_locked_slab *slab = map_pages(bytes, &locked);
  if (slab == NULL) return NULL;
  *slab = (csn_locked_slab){.next = pool->slabs, .mapped = bytes, .used = SLAB_HEAD};
  pool->slabs = slab;
  pool->mapped += bytes;
  if (!locked) pool->unlocked += bytes;
  return slab;
}

void *csn_locked_pool_take(csn_locked_pool *pool) {
  void *cell = pool->unused;
  if (cell != NULL) {
    memcpy(&pool->unused, cell, sizeof pool->unused);
    memset(cell, 0, sizeof pool->unused);
    return cell;
  }
  csn_locked_slab *slab = pool->slabs;
  if (slab == NULL || slab->mapped - slab->used < pool->cell_bytes) slab = add_slab(pool);
  if (slab == NULL) return NULL;
  cell = (uint8_t *)slab + slab->used;
  slab->used += pool->cell_bytes;
  return cell;
}

void csn_locked_pool_give(csn_locked_pool *pool, void *cell) {
  csn_wipe(cell, pool->cell_bytes);
  memcpy(cell, &pool->unused, sizeof pool->unused);
  pool->unused = cell;
}
