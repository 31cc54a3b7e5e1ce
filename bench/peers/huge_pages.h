/* Memory on huge pages for the peers. */
#ifndef CSN_BENCH_HUGE_PAGES_H
#define CSN_BENCH_HUGE_PAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum { CSN_HUGE_PAGE = 2 << 20 };

/* Zeroed memory for csn_huge_free(), reserved now and taken from the system as it is touched: on huge pages where the
 * system grants them on request, as otherwise the comparison would be one of page sizes. */
static inline void *csn_huge_alloc(size_t size) {
  size = (size + CSN_HUGE_PAGE - 1) & ~(size_t)(CSN_HUGE_PAGE - 1);
  uint8_t *memory = (uint8_t *)mmap(NULL, size + CSN_HUGE_PAGE, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  size_t before = (size_t)(-(uintptr_t)memory & (CSN_HUGE_PAGE - 1));
  if (before > 0) munmap(memory, before);
  if (before < CSN_HUGE_PAGE) munmap(memory + before + size, CSN_HUGE_PAGE - before);
  madvise(memory + before, size, MADV_HUGEPAGE);
  return memory + before;
}

static inline void csn_huge_free(void *memory, size_t size) {
  if (memory != NULL) munmap(memory, (size + CSN_HUGE_PAGE - 1) & ~(size_t)(CSN_HUGE_PAGE - 1));
}

#endif
