/* The memory nonce table from the inside: the layout of its region, and the words in it. nonce_region.c makes and
 * checks regions, nonce_table.c claims nonces in them; tests build intermediate states from here. */
#ifndef CSN_NONCE_TABLE_H
#define CSN_NONCE_TABLE_H

#include <countersign/nonce.h>

#include "atomics.h"

#ifndef CSN_NONCE_BUCKET_SLOTS /* a model makes it small */
#define CSN_NONCE_BUCKET_SLOTS 8
#endif

enum {
  CSN_NONCE_POSITIONS = 2 * CSN_NONCE_BUCKET_SLOTS, /* slots in which a nonce may be: those of its two buckets */
  CSN_NONCE_PART_MAX = 128,                         /* bytes of a client id, and of a nonce */
  CSN_NONCE_SECRET_BYTES = 192,                     /* XXH3's usual length of a secret; its least is 136 */
  CSN_NONCE_VERSION = 1,
  CSN_NONCE_TICK_BITS = 14,
  CSN_NONCE_TICK_MASK = (1 << CSN_NONCE_TICK_BITS) - 1,
  CSN_NONCE_STATE_BITS = 2,
  CSN_NONCE_FINGERPRINT_SHIFT = CSN_NONCE_TICK_BITS + CSN_NONCE_STATE_BITS,
  /* Ticks from the clock to the latest `expires` that is let in: floor((s + 8190) / 4) - floor(s / 4) is at most this,
   * for every s. */
  CSN_NONCE_AHEAD_MAX = (CSN_NONCE_RETENTION_MAX + CSN_NONCE_TICK_SECONDS - 1) / CSN_NONCE_TICK_SECONDS,
  CSN_NONCE_JUMP_TICKS = CSN_NONCE_AHEAD_MAX + 1, /* the most by which one step of the clock advances the tick */
  CSN_NONCE_SWEEP_TICKS = 1024,                   /* the table is swept once in so many ticks */
};
#define CSN_NONCE_MAGIC UINT64_C(0x31306e6f6e6e7363) /* "csnnon01" */
#define CSN_NONCE_CLOCK_MAX INT64_C(253402300799)    /* the last second of the year 9999 */
#define CSN_NONCE_CAPACITY_MAX (UINT64_C(1) << 36)

_Static_assert(CSN_NONCE_JUMP_TICKS + CSN_NONCE_AHEAD_MAX < (1 << (CSN_NONCE_TICK_BITS - 1)),
               "what one step of the clock can do is told apart by the sign of a tick difference");
_Static_assert((1 << CSN_NONCE_TICK_BITS) % CSN_NONCE_SWEEP_TICKS == 0, "the sweep goes on where the tick wraps");

/* ---- words: fingerprint 48 | tick 14 | state 2; an empty slot is 0 ---- */

typedef enum csn_nonce_state {
  CSN_NONCE_STATE_EMPTY, /* only in the word 0 */
  CSN_NONCE_STATE_TENTATIVE,
  CSN_NONCE_STATE_CONFIRMED,
  CSN_NONCE_STATE_DEAD,
} csn_nonce_state;

static inline uint64_t csn_nonce_word(uint64_t fingerprint, uint64_t tick, csn_nonce_state state) {
  return fingerprint << CSN_NONCE_FINGERPRINT_SHIFT | (tick & CSN_NONCE_TICK_MASK) << CSN_NONCE_STATE_BITS |
         (uint64_t)state;
}
static inline uint64_t csn_nonce_word_fingerprint(uint64_t word) {
  return word >> CSN_NONCE_FINGERPRINT_SHIFT;
}
static inline csn_nonce_state csn_nonce_word_state(uint64_t word) {
  return (csn_nonce_state)(word & ((1 << CSN_NONCE_STATE_BITS) - 1));
}
static inline uint64_t csn_nonce_word_with_state(uint64_t word, csn_nonce_state state) {
  return (word & ~(uint64_t)((1 << CSN_NONCE_STATE_BITS) - 1)) | (uint64_t)state;
}

/* ---- the clock: UNIX seconds 50 | tick of that second 14 ---- */

static inline uint64_t csn_nonce_clock(int64_t seconds, uint64_t tick) {
  return (uint64_t)seconds << CSN_NONCE_TICK_BITS | (tick & CSN_NONCE_TICK_MASK);
}
static inline int64_t csn_nonce_clock_seconds(uint64_t clock) {
  return (int64_t)(clock >> CSN_NONCE_TICK_BITS);
}

/* The tick of a second that is not before the clock. */
static inline uint64_t csn_nonce_tick_of(uint64_t clock, int64_t seconds) {
  int64_t ahead = seconds / CSN_NONCE_TICK_SECONDS - csn_nonce_clock_seconds(clock) / CSN_NONCE_TICK_SECONDS;
  return (clock + (uint64_t)ahead) & CSN_NONCE_TICK_MASK;
}

/* Whether the clock's tick is past the word's: by 1 to 8191 ticks of 16384, so that what lies up to 8192 ahead counts
 * as live. The word is not 0. */
static inline bool csn_nonce_word_expired(uint64_t word, uint64_t clock) {
  uint64_t behind = (clock - (word >> CSN_NONCE_STATE_BITS)) & CSN_NONCE_TICK_MASK;
  return behind != 0 && behind < (1 << (CSN_NONCE_TICK_BITS - 1));
}

/* ---- the region: header, then buckets; no pointers ---- */

typedef struct csn_nonce_bucket {
  csn_atomic slots[CSN_NONCE_BUCKET_SLOTS];
} csn_nonce_bucket;

/* What never changes once the region is formatted. Every byte is a field's. */
typedef struct csn_nonce_constants {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  uint64_t region_bytes;
  uint64_t capacity;
  uint64_t bucket_count; /* at least 2 */
  int64_t fence;         /* 0: none */
  uint8_t secret[CSN_NONCE_SECRET_BYTES];
} csn_nonce_constants;
_Static_assert(sizeof(csn_nonce_constants) == 48 + CSN_NONCE_SECRET_BYTES, "no padding: its bytes are checksummed");

/* The clock has a line of its own and leaves the next one free, for processors that fetch lines in pairs. */
typedef struct csn_nonce_header {
  csn_nonce_constants constants;
  uint64_t checksum; /* of the constants: against accidents, not against an adversary with access to the memory */
  uint64_t unused;
  csn_atomic clock;
  uint64_t unused_too[15];
} csn_nonce_header;
_Static_assert(offsetof(csn_nonce_header, clock) == 256, "the clock begins a cache line");
_Static_assert(sizeof(csn_nonce_header) == 384, "the buckets begin a cache line");

uint64_t csn_nonce_checksum(const csn_nonce_constants *constants);

/* The handle; constant once made. */
struct csn_nonce_table {
  csn_nonce_header *header;
  csn_nonce_bucket *buckets;
  uint64_t bucket_count;
  size_t region_bytes;
  bool owns_region; /* private memory, unmapped with the handle */
};

/* ---- steps of a claim, apart for tests ---- */

/* Where a nonce may be, and what it looks like there. The order of the buckets is part of it. */
typedef struct csn_nonce_key {
  uint64_t buckets[2]; /* never the same */
  uint64_t fingerprint;
} csn_nonce_key;

/* False where a part is longer than CSN_NONCE_PART_MAX. Thread-safe. */
bool csn_nonce_key_of(const csn_nonce_table *table, csn_span client_id, csn_span nonce,
                      csn_nonce_key *key) CSN_WARN_UNUSED;

/* The slot at a position, 0 to CSN_NONCE_POSITIONS - 1: those of the first bucket, then those of the second. */
static inline csn_atomic *csn_nonce_slot(const csn_nonce_table *table, const csn_nonce_key *key, unsigned position) {
  return &table->buckets[key->buckets[position / CSN_NONCE_BUCKET_SLOTS]].slots[position % CSN_NONCE_BUCKET_SLOTS];
}

/* csn_nonce_table_claim() of a key. */
csn_nonce_answer csn_nonce_claim_key(csn_nonce_table *table, const csn_nonce_key *key, int64_t expires,
                                     int64_t now) CSN_WARN_UNUSED;

#endif
