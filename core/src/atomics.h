/* Atomics by name: the order of each access is part of the name, so that an algorithm's source says what it relies on
 * and can be compiled against other definitions. A file that defines CSN_ATOMICS_H and these names before it includes
 * such a source takes this one's place; `make model` does.
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

/* Nothing but the word's own order of changes: what was read once is never older when it is read again. */
static inline uint64_t csn_atomic_load_relaxed(const csn_atomic *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

/* What the writer of the value did, and what it had seen, before it wrote is visible after this load. */
static inline uint64_t csn_atomic_load_acquire(const csn_atomic *word) {
  return atomic_load_explicit(word, memory_order_acquire);
}

/* Writes `desired` where `expected` stands; false where something else does, never spuriously. What was done before is
 * visible to who acquires `desired`. On failure nothing is ordered. */
static inline bool csn_atomic_cas_release(csn_atomic *word, uint64_t expected, uint64_t desired) {
  return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_release, memory_order_relaxed);
}

/* The same; and where it succeeds, what the writer of `expected` had seen is visible, too. */
static inline bool csn_atomic_cas_acq_rel(csn_atomic *word, uint64_t expected, uint64_t desired) {
  return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_acq_rel, memory_order_relaxed);
}

/* The same without any order: for a word of which only the order of its own changes matters. */
static inline bool csn_atomic_cas_relaxed(csn_atomic *word, uint64_t expected, uint64_t desired) {
  return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_relaxed, memory_order_relaxed);
}

/* Of all accesses in this group there is one order, in which all threads agree and each thread's are in its own order:
 * of two threads that each write a word and then load the other's, one sees what the other has written. They acquire
 * and release, too. */
static inline uint64_t csn_atomic_load_seq_cst(const csn_atomic *word) {
  return atomic_load_explicit(word, memory_order_seq_cst);
}
static inline void csn_atomic_store_seq_cst(csn_atomic *word, uint64_t value) {
  atomic_store_explicit(word, value, memory_order_seq_cst);
}
static inline uint64_t csn_atomic_add_seq_cst(csn_atomic *word, uint64_t value) {
  return atomic_fetch_add_explicit(word, value, memory_order_seq_cst);
}

/* Counts; what was done before is visible to who acquires this sum, or a later one. */
static inline uint64_t csn_atomic_add_release(csn_atomic *word, uint64_t value) {
  return atomic_fetch_add_explicit(word, value, memory_order_release);
}

/* What was done before is visible to who acquires `value`. For a word that only its holder may write. */
static inline void csn_atomic_store_release(csn_atomic *word, uint64_t value) {
  atomic_store_explicit(word, value, memory_order_release);
}

/* Counters: their sum is all that matters. The store is for a word that one thread writes. */
static inline void csn_atomic_store_relaxed(csn_atomic *word, uint64_t value) {
  atomic_store_explicit(word, value, memory_order_relaxed);
}
static inline uint64_t csn_atomic_add_relaxed(csn_atomic *word, uint64_t value) {
  return atomic_fetch_add_explicit(word, value, memory_order_relaxed);
}

#endif
