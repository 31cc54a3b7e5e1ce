/* Words that many threads read and now and then one writes, without locks: for what is remembered and can be found out
 * again, so that neither side need try twice.
 *
 * WHAT IS PROMISED. What a read gives is what one write wrote, all of it; never a mixture of two.
 *
 * HOW. Before the words stands a version. It is even, and odd while one thread writes.
 *   write() CAS the version from even v to v + 1 (acq_rel); store the words (release); store v + 2 (release). An odd
 *           version, or a CAS that fails: somebody else writes, and this is left alone.
 *   read()  Load the version v (acquire), even; load the words (acquire); load the version again: still v.
 *   Let P be the write that stored v. What read() has is P's, all of it: its first load acquires what P released last,
 * so it sees P's words or later ones. A later one, by a write Q, was released after Q's CAS to an odd version above v;
 * the load of the word acquires that, so the last load would see that version or a later one, not v. The writes of one
 *   place are ordered by its version, which each CAS acquires, so "later" is one order for all words.
 *   Nobody waits: a thread that stops between its CAS and its last store leaves words that are never read again. A
 *   version would have to be counted past 2^64 to come back. Before the first write the words are zeros. */
#ifndef CSN_VERSIONED_H
#define CSN_VERSIONED_H

#include <stddef.h>

#include "atomics.h"

/* False where the words change meanwhile; then `out` is of no use. */
static inline bool csn_versioned_read(const csn_atomic *version, const csn_atomic *words, size_t count, uint64_t *out) {
  uint64_t before = csn_atomic_load_acquire(version);
  if ((before & 1) != 0) return false;
  for (size_t i = 0; i < count; i++) out[i] = csn_atomic_load_acquire(&words[i]);
  return csn_atomic_load_relaxed(version) == before;
}

/* Does nothing where another thread is just writing. */
static inline void csn_versioned_write(csn_atomic *version, csn_atomic *words, size_t count, const uint64_t *in) {
  uint64_t before = csn_atomic_load_relaxed(version);
  if ((before & 1) != 0 || !csn_atomic_cas_acq_rel(version, before, before + 1)) return;
  for (size_t i = 0; i < count; i++) csn_atomic_store_release(&words[i], in[i]);
  csn_atomic_store_release(version, before + 2);
}

#endif
