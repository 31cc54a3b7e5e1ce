/* Test inputs that end at a page which may not be touched: one byte read beyond them is a crash. */
#ifndef CSN_TEST_GUARDED_H
#define CSN_TEST_GUARDED_H

#include <assert.h>
#include <countersign/span.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guarded {
  uint8_t *map;
  size_t size; /* without the guard page */
  size_t page;
} guarded;

/* Room for inputs of up to `max` bytes. */
static inline guarded guarded_new(size_t max) {
  guarded g = {.page = (size_t)sysconf(_SC_PAGESIZE)};
  g.size = (max + g.page) / g.page * g.page;
  g.map = mmap(NULL, g.size + g.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (g.map == MAP_FAILED || mprotect(g.map + g.size, g.page, PROT_NONE) != 0) abort();
  return g;
}

/* A copy of `bytes` whose last byte is the last one before the guard page. */
static inline csn_span guarded_copy(const guarded *g, csn_span bytes) {
  if (bytes.len > g->size) abort();
  uint8_t *at = g->map + g->size - bytes.len;
  if (bytes.len > 0) memcpy(at, bytes.ptr, bytes.len);
  return csn_span_of(at, bytes.len);
}

static inline void guarded_free(guarded *g) {
  munmap(g->map, g->size + g->page);
}

#endif
