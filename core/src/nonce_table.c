/* The nonce table's public calls: which lines a nonce may be in, batches, and statistics. */
#include "nonce_layout.h"

#define XXH_INLINE_ALL /* a call of the library costs as much again as hashing 32 bytes */
#include <xxhash.h>

#include "nonce_lanes.h"

enum {
  GROUP = 16,    /* claims of a batch whose cache lines are on their way together */
  TEXT_MIN = 17, /* bytes that are hashed */
};

/* ---- keys ---- */

/* memcpy(), without a call for the usual lengths of ids and nonces. */
static inline void copy(uint8_t *to, const uint8_t *from, size_t len) {
  if (len - 8 <= 8) {
    uint64_t head, tail;
    memcpy(&head, from, 8);
    memcpy(&tail, from + len - 8, 8);
    memcpy(to, &head, 8);
    memcpy(to + len - 8, &tail, 8);
  } else if (len > 0) {
    memcpy(to, from, len);
  }
}

bool csn_nonce_key_of(const csn_nonce_table *table, csn_span client_id, csn_span nonce, csn_nonce_key *key) {
  /* The lengths, so that no two pairs give one text, and 17 bytes at least: what XXH3 does with 16 would let nonces be
   * chosen that collide under any secret. */
  uint8_t text[8 + 2 * CSN_NONCE_PART_MAX];
  if (client_id.len > CSN_NONCE_PART_MAX || nonce.len > CSN_NONCE_PART_MAX) return false;
  size_t len = 8 + client_id.len + nonce.len;
  if (len < TEXT_MIN) {
    memset(text, 0, TEXT_MIN);
    len = TEXT_MIN;
  }
  uint64_t lengths = (uint64_t)client_id.len << 32 | (uint64_t)nonce.len;
  memcpy(text, &lengths, 8); /* in the order of the machine's bytes */
  copy(text + 8, client_id.ptr, client_id.len);
  copy(text + 8 + client_id.len, nonce.ptr, nonce.len);
  XXH128_hash_t hash = XXH3_128bits_withSecret(text, len, table->header->constants.secret, CSN_NONCE_SECRET_BYTES);
  /* The high half: fingerprint 48 bits, which half's line bears the flags 1, shard 6, class 9. The low half decides the
   * lines; multiplied, all of its bits reach the top ones that scale() uses. */
  uint64_t half = table->geometry.half_lines;
  unsigned rest = (unsigned)(hash.high64 >> CSN_NONCE_FINGERPRINT_BITS);
  key->hash = hash.low64;
  key->fingerprint = hash.high64 & CSN_NONCE_FINGERPRINT_MASK;
  key->shard = rest >> 1 & ((unsigned)table->geometry.shards - 1);
  key->flag_class = 1 + ((rest >> 7) * CSN_NONCE_CLASSES >> 9);
  csn_nonce_line *shard = table->lines + key->shard * table->shard_lines;
  /* Not key->home[rest & 1]: who loads it next would wait until the address of the store is known. */
  csn_nonce_line *one = shard + csn_nonce_scale(hash.low64, half);
  csn_nonce_line *other = shard + half + csn_nonce_scale(hash.low64 * UINT64_C(0x9e3779b97f4a7c15), half);
  key->home[0] = (rest & 1) != 0 ? other : one;
  key->home[1] = (rest & 1) != 0 ? one : other;
  return true;
}

static void prefetch_key(const csn_nonce_key *key) {
  for (unsigned i = 0; i < CSN_NONCE_HOME_LINES; i++) __builtin_prefetch(key->home[i], 1);
}

/* ---- claims ---- */

csn_nonce_answer csn_nonce_table_claim(csn_nonce_table *table, csn_span client_id, csn_span nonce, int64_t expires,
                                       int64_t now) {
  csn_nonce_key key;
  if (!csn_nonce_key_of(table, client_id, nonce, &key)) return CSN_NONCE_UNAVAILABLE;
  prefetch_key(&key); /* both lines at once: the first's words are looked at before the second's are asked for */
  csn_nonce_answer answer = csn_nonce_claim_key(table, &key, expires, now);
  if (answer == CSN_NONCE_UNAVAILABLE) return answer;
  csn_nonce_lane lane = csn_nonce_lane_of_thread(table->lanes);
  csn_nonce_count(&lane, key.shard, answer);
  return answer;
}

/* Claims whose misses overlap: in each step they wait for nothing of each other, so that the processor works on several
 * at once. */
typedef struct group {
  csn_nonce_key keys[GROUP];
  csn_nonce_view views[GROUP];
  bool valid[GROUP];
  size_t count;
} group;

static void ask(const csn_nonce_table *table, const csn_nonce_claim *claims, size_t count, group *g) {
  g->count = count < GROUP ? count : GROUP;
  for (size_t i = 0; i < g->count; i++) {
    g->valid[i] = csn_nonce_key_of(table, claims[i].client_id, claims[i].nonce, &g->keys[i]);
    if (g->valid[i]) prefetch_key(&g->keys[i]);
  }
}

/* The views are taken before the first of the group is written. That equal nonces in one group are told apart all the
 * same is the theorem's: one of two claims sees what the other wrote, or fails to write and looks again. */
static void answer(csn_nonce_table *table, csn_nonce_claim *claims, group *g, const csn_nonce_lane *lane) {
  for (size_t i = 0; i < g->count; i++) {
    if (g->valid[i]) csn_nonce_view_home(table, &g->keys[i], &g->views[i]);
  }
  for (size_t i = 0; i < g->count; i++) {
    claims[i].answer = CSN_NONCE_UNAVAILABLE;
    if (!g->valid[i]) continue;
    claims[i].answer = csn_nonce_claim_viewed(table, &g->keys[i], &g->views[i], claims[i].expires);
    csn_nonce_count(lane, g->keys[i].shard, claims[i].answer);
  }
}

void csn_nonce_table_claim_batch(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  if (now > CSN_NONCE_CLOCK_MAX) { /* as in csn_nonce_claim_key() */
    for (size_t i = 0; i < count; i++) claims[i].answer = CSN_NONCE_UNAVAILABLE;
    return;
  }
  csn_nonce_advance(table, now);
  csn_nonce_lane lane = csn_nonce_lane_of_thread(table->lanes);
  group groups[2];
  ask(table, claims, count, &groups[0]);
  for (size_t i = 0; i < count; i += GROUP) {
    group *this = &groups[i / GROUP % 2], *next = &groups[(i / GROUP + 1) % 2];
    if (count - i > GROUP) ask(table, claims + i + GROUP, count - i - GROUP, next);
    answer(table, claims + i, this, &lane);
  }
}

void csn_nonce_table_prefetch(const csn_nonce_table *table, csn_span client_id, csn_span nonce) {
  csn_nonce_key key;
  if (csn_nonce_key_of(table, client_id, nonce, &key)) prefetch_key(&key);
}

void csn_nonce_table_sweep(csn_nonce_table *table, int64_t now) {
  if (now > CSN_NONCE_CLOCK_MAX) return;
  csn_nonce_sweep(table, csn_nonce_advance(table, now), UINT64_MAX);
}

/* ---- statistics ---- */

unsigned csn_nonce_table_shards(const csn_nonce_table *table) {
  return (unsigned)table->geometry.shards;
}

csn_nonce_shard_stats csn_nonce_table_shard(const csn_nonce_table *table, unsigned shard) {
  enum { LINES_MAX = 4096 };
  uint64_t lines = csn_nonce_shard_lines(&table->geometry);
  uint64_t step = (lines + LINES_MAX - 1) / LINES_MAX, seen = 0, live = 0;
  uint64_t clock = csn_atomic_load_relaxed(&table->header->clock);
  csn_nonce_shard_stats stats = {.slots = lines * CSN_NONCE_LINE_SLOTS};
  for (uint64_t i = 0; i < lines; i += step) {
    const csn_nonce_line *line = &table->lines[shard * lines + i];
    for (unsigned slot = 0; slot < CSN_NONCE_LINE_SLOTS; slot++, seen++) {
      int64_t rank = csn_nonce_rank(csn_atomic_load_relaxed(&line->slots[slot]), clock);
      live += rank >= 0;
      uint64_t past = rank < 0 ? (uint64_t) - (rank >> CSN_NONCE_TICK_SHIFT) : 0;
      if (past > stats.oldest) stats.oldest = past;
    }
  }
  stats.live = (double)live * (double)stats.slots / (double)seen;
  stats.expired = (double)stats.slots - stats.live;
  csn_nonce_counted(table->lanes, shard, &stats);
  return stats;
}

csn_nonce_table_stats csn_nonce_table_measure(const csn_nonce_table *table) {
  uint64_t clock = csn_atomic_load_relaxed(&table->header->clock);
  csn_nonce_table_stats stats = {
      .capacity = table->header->constants.capacity,
      .slots = table->line_count * CSN_NONCE_LINE_SLOTS,
      .region_bytes = table->region_bytes,
      .clock = csn_nonce_clock_seconds(clock),
      .fence = table->header->constants.fence,
  };
  for (uint64_t i = 0; i < stats.slots; i++) {
    const csn_nonce_line *line = &table->lines[i / CSN_NONCE_LINE_SLOTS];
    uint64_t word = csn_atomic_load_relaxed(&line->slots[i % CSN_NONCE_LINE_SLOTS]);
    if (!csn_nonce_word_expired(word, clock)) {
      stats.live++;
    } else if ((word & CSN_NONCE_FINGERPRINT_MASK) != 0) { /* not swept, nor never used */
      stats.expired++;
    }
  }
  return stats;
}

/* ---- the table as a store ---- */

static void store_claim(void *self, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_table_claim_batch(self, claims, count, now);
}

static void store_prefetch(void *self, csn_span client_id, csn_span nonce) {
  csn_nonce_table_prefetch(self, client_id, nonce);
}

csn_nonce_store csn_nonce_table_store(csn_nonce_table *table) {
  static const csn_nonce_store_traits private_memory = {.name = "memory"};
  static const csn_nonce_store_traits shared_memory = {.name = "memory", .shared_between_processes = true};
  static const csn_nonce_store_traits mapped_file = {
      .name = "mapped_file", .survives_restart = true, .shared_between_processes = true};
  const csn_nonce_store_traits *memory = table->is_private ? &private_memory : &shared_memory;
  csn_nonce_store store = {
      .claim = store_claim,
      .prefetch = store_prefetch,
      .self = table,
      .traits = table->is_file ? &mapped_file : memory,
  };
  return store;
}
