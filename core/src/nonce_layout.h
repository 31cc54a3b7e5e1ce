/* The nonce table from the inside: the layout of its region, the words in it,
 * and the steps of a claim.
 *
 *   nonce_table.c   the public calls: keys, batches, statistics
 *   nonce_claim.c   the claim of one key, and the argument why it is right
 *   nonce_read*.c   reading a nonce's lines, word by word or with vectors
 *   nonce_clock.c   the table's clock and the sweep
 *   nonce_region.c  making, checking and mapping regions */
#ifndef CSN_NONCE_LAYOUT_H
#define CSN_NONCE_LAYOUT_H

#include <countersign/nonce_table.h>
#include <stddef.h>

#include "atomics.h"

/* A model makes these small. */
#ifndef CSN_NONCE_LINE_SLOTS
#define CSN_NONCE_LINE_SLOTS 8 /* a cache line */
#define CSN_NONCE_BACK_PAIRS 2
#define CSN_NONCE_PAIR_LINES 2 /* of a pair in the back yard; a model has one line twice */
#endif

enum {
  CSN_NONCE_HOME_LINES = 2,
  CSN_NONCE_PART_MAX = 128,     /* bytes of a client id, and of a nonce */
  CSN_NONCE_SECRET_BYTES = 192, /* XXH3's usual length of a secret; its least is 136 */
  CSN_NONCE_BOOT_BYTES = 16,
  CSN_NONCE_VERSION = 4,
};
#define CSN_NONCE_MAGIC UINT64_C(0x31306e6f6e6e7363) /* "csnnon01", in the byte order of the machine */
#define CSN_NONCE_CLOCK_MAX INT64_C(253402300799)    /* the last second of the year 9999 */
#define CSN_NONCE_CAPACITY_MAX (UINT64_C(1) << 36)

/* ---- the clock: UNIX seconds 38 bits | tick 26 bits ---- */

enum {
  CSN_NONCE_CLOCK_TICK_BITS = 26,
  CSN_NONCE_TICK_BITS = 13, /* that words have of it */
  /* Ticks from the clock to the latest `expires` that is let in: floor((s + 8190) / 4) - floor(s / 4), for any s. */
  CSN_NONCE_AHEAD_MAX = (CSN_NONCE_RETENTION_MAX + CSN_NONCE_TICK_SECONDS - 1) / CSN_NONCE_TICK_SECONDS,
  CSN_NONCE_HELD_MAX = CSN_NONCE_AHEAD_MAX + 64,  /* the most that a word is ahead: see "nudge" in nonce_claim.c */
  CSN_NONCE_JUMP_TICKS = CSN_NONCE_AHEAD_MAX + 1, /* the most by which one step of the clock advances the tick */
  CSN_NONCE_SHARD_SHARES = 8,                     /* a shard is swept in so many shares, at least one a tick */
  CSN_NONCE_SWEEP_SHARES = CSN_NONCE_SHARDS_MAX * CSN_NONCE_SHARD_SHARES,  /* of a round */
  CSN_NONCE_DUE_MAX = CSN_NONCE_SWEEP_SHARES + CSN_NONCE_SHARD_SHARES - 1, /* that are not skipped */
  CSN_NONCE_SWEEP_AGE = 640, /* ticks that a word is older than what sweeping makes of it */
  /* The most that a word is past: see nonce_clock.c. */
  CSN_NONCE_PAST_MAX =
      CSN_NONCE_SWEEP_SHARES + CSN_NONCE_SWEEP_AGE + CSN_NONCE_DUE_MAX + CSN_NONCE_JUMP_TICKS + CSN_NONCE_DUE_MAX / 2,
};
#define CSN_NONCE_CLOCK_TICK_MASK ((UINT64_C(1) << CSN_NONCE_CLOCK_TICK_BITS) - 1)

static inline uint64_t csn_nonce_clock(int64_t seconds, uint64_t tick) {
  return (uint64_t)seconds << CSN_NONCE_CLOCK_TICK_BITS | (tick & CSN_NONCE_CLOCK_TICK_MASK);
}
static inline int64_t csn_nonce_clock_seconds(uint64_t clock) {
  return (int64_t)(clock >> CSN_NONCE_CLOCK_TICK_BITS);
}
static inline bool csn_nonce_same_tick(uint64_t clock, uint64_t other) {
  return ((clock ^ other) & CSN_NONCE_CLOCK_TICK_MASK) == 0;
}

/* ---- words: tick 13 | flags 3 | fingerprint 48 ---- */

enum {
  CSN_NONCE_FINGERPRINT_BITS = 48,
  CSN_NONCE_FLAGS = 3,
  CSN_NONCE_TICK_SHIFT = 51,
};
#define CSN_NONCE_FINGERPRINT_MASK ((UINT64_C(1) << CSN_NONCE_FINGERPRINT_BITS) - 1)
#define CSN_NONCE_FLAGS_MASK (((UINT64_C(1) << CSN_NONCE_FLAGS) - 1) << CSN_NONCE_FINGERPRINT_BITS)
#define CSN_NONCE_TICK_MASK (~UINT64_C(0) << CSN_NONCE_TICK_SHIFT)
#define CSN_NONCE_ONE_TICK (INT64_C(1) << CSN_NONCE_TICK_SHIFT)

/* A word without flags. */
static inline uint64_t csn_nonce_word(uint64_t tick, uint64_t fingerprint) {
  return tick << CSN_NONCE_TICK_SHIFT | fingerprint;
}

/* The order of words, by tick, then flags, then fingerprint, seen from a clock's tick: negative where that is past. */
static inline int64_t csn_nonce_rank(uint64_t word, uint64_t clock) {
  return (int64_t)(word - (clock << CSN_NONCE_TICK_SHIFT));
}
static inline bool csn_nonce_word_expired(uint64_t word, uint64_t clock) {
  return csn_nonce_rank(word, clock) < 0;
}

/* The tick of a second, 0 or later, counted from a clock. */
static inline uint64_t csn_nonce_tick_of(uint64_t clock, int64_t seconds) {
  return clock + (uint64_t)seconds / CSN_NONCE_TICK_SECONDS -
         (uint64_t)csn_nonce_clock_seconds(clock) / CSN_NONCE_TICK_SECONDS;
}

/* ---- the region: header, then shards of home lines and back lines; no pointers ---- */

typedef struct csn_nonce_line {
  csn_atomic slots[CSN_NONCE_LINE_SLOTS];
} csn_nonce_line;

/* What the capacity decides. A shard is two halves of home lines, then CSN_NONCE_BACK_PAIRS parts of pairs of back
 * lines. */
typedef struct csn_nonce_geometry {
  uint64_t shards;     /* a power of two */
  uint64_t half_lines; /* in each half of a shard's home lines */
  uint64_t part_pairs; /* in each part of its back lines */
} csn_nonce_geometry;

static inline uint64_t csn_nonce_shard_lines(const csn_nonce_geometry *geometry) {
  return CSN_NONCE_HOME_LINES * geometry->half_lines +
         CSN_NONCE_BACK_PAIRS * CSN_NONCE_PAIR_LINES * geometry->part_pairs;
}

/* What never changes once the region is formatted. Every byte is a field's. */
typedef struct csn_nonce_constants {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  uint64_t region_bytes;
  uint64_t capacity;
  csn_nonce_geometry geometry;
  int64_t fence;                      /* CSN_NONCE_NO_FENCE, which is before all times: none */
  uint8_t boot[CSN_NONCE_BOOT_BYTES]; /* of a file: in which start of the machine it was made; otherwise zero */
  uint8_t secret[CSN_NONCE_SECRET_BYTES];
} csn_nonce_constants;

/* The clock has a line of its own, and the others of its pair and the next are free for processors that fetch lines in
 * pairs. The sweep's progress changes once a tick, like the clock's. */
typedef struct csn_nonce_header {
  csn_nonce_constants constants;
  uint64_t checksum; /* of the constants: against accidents, not against an adversary with access to the memory */
  uint64_t unused[5];
  csn_atomic clock;
  csn_atomic swept; /* shares swept, as a tick of 26 bits: it follows the clock's */
  uint64_t unused_too[22];
} csn_nonce_header;

struct csn_nonce_key;
typedef uint64_t csn_nonce_reading; /* see nonce_read.h */

/* The handle. Constant once made, but for the counters that lanes point to. */
struct csn_nonce_table {
  csn_nonce_header *header;
  csn_nonce_line *lines;
  csn_nonce_geometry geometry;
  uint64_t line_count;
  uint64_t shard_lines;
  int64_t fence; /* as in the constants */
  size_t region_bytes;
  struct csn_nonce_lanes *lanes;
  size_t mapped_bytes; /* unmapped with the handle; 0: the region is the caller's */
  bool is_private;     /* no other process sees it; wiped before it is unmapped */
  bool is_file;        /* of core/store/nonce_file.h */
  csn_nonce_huge_pages huge_pages;
  /* One of those in nonce_read.h. */
  void (*read)(const struct csn_nonce_key *keys, size_t count, uint64_t clock, csn_nonce_reading *readings);
};

/* ---- steps, apart for tests and for the model ---- */

/* Where a nonce may be, and what it looks like there. */
typedef struct csn_nonce_key {
  csn_nonce_line *lines[2]; /* at home */
  csn_atomic *flag_slot;    /* one of their slots, in which */
  uint64_t flag;            /* this bit is the nonce's flag */
  uint64_t fingerprint;
  uint64_t hash; /* decides the back lines */
  uint64_t shard;
} csn_nonce_key;

/* Maps 64 well-mixed bits to 0 .. n - 1, and leaves what was not used of them, to be mapped next. */
static inline uint64_t csn_nonce_scale(uint64_t *bits, uint64_t n) {
  __extension__ typedef unsigned __int128 u128;
  u128 scaled = (u128)*bits * n;
  *bits = (uint64_t)scaled;
  return (uint64_t)(scaled >> 64);
}

/* The clock, advanced to `now` where that is later; sweeps what is due before the tick moves. (nonce_clock.c) */
uint64_t csn_nonce_advance(csn_nonce_table *table, int64_t now);

/* Sweeps that many shares, or fewer where fewer are due at `clock`. (nonce_clock.c) */
void csn_nonce_sweep(const csn_nonce_table *table, uint64_t clock, uint64_t shares);

/* The claim of a key, at the clock that the table has. (nonce_claim.c) */
csn_nonce_answer csn_nonce_claim_key(const csn_nonce_table *table, const csn_nonce_key *key,
                                     int64_t expires) CSN_WARN_UNUSED;

/* Asks the memory for a key's home lines, or where it is a pair of back lines, for these. */
static inline void csn_nonce_prefetch(const csn_nonce_key *key) {
  for (unsigned i = 0; i < 2; i++) __builtin_prefetch(key->lines[i], 1);
}

/* Claims of a batch that are read together. */
enum { CSN_NONCE_GROUP = 6 }; /* of 3 to 16 the fastest */
typedef struct csn_nonce_group {
  csn_nonce_claim *claims; /* the caller's, one for each key */
  size_t count;
  csn_nonce_key keys[CSN_NONCE_GROUP];
  csn_nonce_reading readings[CSN_NONCE_GROUP];
  uint64_t clock; /* that the readings are seen from */
} csn_nonce_group;

/* The claims of a group in two calls: all lines are read before the first is written, so that the processor works on
 * several at once. The second answers them in their order. Where hours of the table's clock pass between the calls,
 * see ABA. Meanwhile both ask the memory for lines: the first for the back lines of the claims that will look there, so
 * that some time should pass before the second; the second for the home lines of the group `ahead`, unless NULL. */
void csn_nonce_read_group(const csn_nonce_table *table, csn_nonce_group *group);
void csn_nonce_claim_group(const csn_nonce_table *table, const csn_nonce_group *group, const csn_nonce_group *ahead);

/* False where a part is longer than CSN_NONCE_PART_MAX. (nonce_table.c) */
bool csn_nonce_key_of(const csn_nonce_table *table, csn_span client_id, csn_span nonce,
                      csn_nonce_key *key) CSN_WARN_UNUSED;

/* (nonce_region.c) */
csn_nonce_geometry csn_nonce_geometry_of(uint64_t capacity);
uint64_t csn_nonce_checksum(const csn_nonce_constants *constants);
bool csn_nonce_config_valid(const csn_nonce_table_config *config);

#endif
