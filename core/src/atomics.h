/* Atomics by name: the order of each access is part of the name, so that an algorithm's source says what it relies on
 * and can be compiled against other definitions (a model that schedules every access, an exhaustive checker of weak
 * memory). A file that defines CSN_ATOMICS_H and these names before it includes such a source takes this one's place.
 *
 * The words may lie in memory that processes share: they must be lock-free. */
#ifndef CSN_ATOMICS_H
#define CSN_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic uint64_t csn_atomic;

_Static_assert(sizeof(csn_atomic) == 8, "an atomic word is the word itself");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(long long) == 8, "64-bit atomics take no lock");

/* Before any other thread can see the word. */
static inline void csn_atomic_init(csn_atomic *word, uint64_t value) {
  atomic_init(word, value);
}

/* For numbers that nothing is decided by. */
static inline uint64_t csn_atomic_load_relaxed(const csn_atomic *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

/* Whatever the writer of the value did before it wrote is visible after this load. */
static inline uint64_t csn_atomic_load_acquire(const csn_atomic *word) {
  return atomic_load_explicit(word, memory_order_acquire);
}

/* Also in the one total order of all seq_cst accesses. */
static inline uint64_t csn_atomic_load_seq_cst(const csn_atomic *word) {
  return atomic_load_explicit(word, memory_order_seq_cst);
}

/* Writes `desired` where `expected` stands; false where something else does, never spuriously. On failure nothing is
 * ordered but what an acquire load orders. */
static inline bool csn_atomic_cas_seq_cst(csn_atomic *word, uint64_t expected, uint64_t desired) {
  return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_seq_cst, memory_order_acquire);
}

#endif
