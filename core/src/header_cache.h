/* Headers of tokens, remembered: header_cache.c. */
#ifndef CSN_HEADER_CACHE_H
#define CSN_HEADER_CACHE_H

#include "atomics.h"
#include "jwt_parts.h"

enum { CSN_HEADER_SLOTS = 64, CSN_HEADER_WORDS = 31 };

typedef struct csn_header_slot {
  csn_atomic version; /* see versioned.h */
  csn_atomic words[CSN_HEADER_WORDS];
} csn_header_slot;

/* Belongs to a ring; zeros are an empty one. 16 KiB: headers differ by algorithm and key id, of which a ring has few.
 */
typedef struct csn_header_cache {
  csn_header_slot slots[CSN_HEADER_SLOTS];
} csn_header_cache;

/* The slot of a text, of a few of its bytes: what only those come to whose signature has verified need not hide from
 * anybody who chooses texts. */
static inline uint64_t csn_header_hash(csn_span encoded) {
  uint64_t last = 0;
  if (encoded.len >= sizeof last) memcpy(&last, encoded.ptr + encoded.len - sizeof last, sizeof last);
  return (last + encoded.len) * UINT64_C(0x9e3779b97f4a7c15) >> 56;
}

/* Fills `out` with what csn_jose_header_read() made of this text, still encoded, for a policy with this typ. False
 * where that is not known. `hash` is the text's. Wait-free. Texts of another length cost next to nothing. */
bool csn_header_cache_find(const csn_header_cache *cache, uint64_t hash, csn_span encoded, csn_span typ,
                           csn_jose_header *out) CSN_WARN_UNUSED;

/* Remembers it in the place of what stood in its slot, where it is short enough. Only headers that were accepted come
 * here, only of tokens whose signature has verified, and none that names an HMAC key. Wait-free. */
void csn_header_cache_put(csn_header_cache *cache, uint64_t hash, csn_span encoded, csn_span typ,
                          const csn_jose_header *header);

#endif
