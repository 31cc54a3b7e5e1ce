/* Locked memory. */
#include "locked.h"

#include <stdint.h>
#include <sys/mman.h>

#include "../core/src/ct.h"

/* In front of what the caller has: how long the mapping is. */
typedef struct header {
  _Alignas(64) size_t mapped;
} header;

void *csn_locked_new(size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  size_t mapped = size + sizeof(header);
  header *at = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return NULL;
  (void)mlock(at, mapped);
  (void)madvise(at, mapped, MADV_DONTDUMP);
  at->mapped = mapped;
  return at + 1;
}

void csn_locked_free(void *memory) {
  if (memory == NULL) return;
  header *at = (header *)memory - 1;
  size_t mapped = at->mapped;
  csn_wipe(at, mapped);
  munmap(at, mapped);
}
