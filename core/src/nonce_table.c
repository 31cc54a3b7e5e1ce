/* The nonce table's public calls: which lines a nonce may be in, batches, and statistics. */
#include "nonce_layout.h"

#define XXH_INLINE_ALL /* a call of the library costs as much again as hashing 32 bytes */
#include <xxhash.h>

#include "nonce_lanes.h"

enum {
  TEXT_MIN = 17, /* bytes that are hashed */
  RING = 4,      /* groups of a batch that are on their way: of what was tried, the fastest by a few percent */
};

/* ---- keys ---- */

/* Ids and nonces of 8 to 16 bytes, the usual ones: their first 8 bytes and their last are all of them. */
static inline bool is_usual(csn_span part) {
  return part.len >= 8 && part.len <= 16;
}
static inline uint64_t first_bytes(csn_span part) {
  uint64_t bytes;
  memcpy(&bytes, part.ptr, sizeof bytes);
  return bytes;
}
static inline uint64_t last_bytes(csn_span part) {
  uint64_t bytes;
  memcpy(&bytes, part.ptr + part.len - sizeof bytes, sizeof bytes);
  return bytes;
}

static inline XXH128_hash_t hash_text(const csn_nonce_table *table, const void *text, size_t len) {
  return XXH3_128bits_withSecret(text, len, table->header->constants.secret, CSN_NONCE_SECRET_BYTES);
}

/* At least 17 bytes: what XXH3 does with 16 would let nonces be chosen that collide under any secret. */
static __attribute__((noinline)) XXH128_hash_t hash_unusual(const csn_nonce_table *table, csn_span client_id,
                                                            csn_span nonce) {
  uint8_t text[2 * CSN_NONCE_PART_MAX];
  size_t len = client_id.len + nonce.len;
  memset(text, 0, TEXT_MIN);
  if (client_id.len > 0) memcpy(text, client_id.ptr, client_id.len);
  if (nonce.len > 0) memcpy(text + client_id.len, nonce.ptr, nonce.len);
  return hash_text(table, text, len < TEXT_MIN ? TEXT_MIN : len);
}

/* Of given lengths, each pair has a text of its own. Pairs of other lengths may have the same; to these the lengths,
 * added to both halves of the hash, give other fingerprints and other lines. */
static inline __attribute__((always_inline)) bool hash_of(const csn_nonce_table *table, csn_span client_id,
                                                          csn_span nonce, XXH128_hash_t *hash) {
  if (__builtin_expect(is_usual(client_id) && is_usual(nonce), true)) {
    uint64_t text[] = {first_bytes(client_id), last_bytes(client_id), first_bytes(nonce), last_bytes(nonce)};
    *hash = hash_text(table, text, sizeof text);
  } else {
    if (client_id.len > CSN_NONCE_PART_MAX || nonce.len > CSN_NONCE_PART_MAX) return false;
    *hash = hash_unusual(table, client_id, nonce);
  }
  uint64_t lengths = ((uint64_t)client_id.len << 32 | (uint64_t)nonce.len) * UINT64_C(0x9e3779b97f4a7c15);
  hash->low64 += lengths;
  hash->high64 += lengths;
  return true;
}

static inline __attribute__((always_inline)) bool key_of(const csn_nonce_table *table, csn_span client_id,
                                                         csn_span nonce, csn_nonce_key *key) {
  XXH128_hash_t hash;
  if (!hash_of(table, client_id, nonce, &hash)) return false;
  /* The high half: fingerprint 48 bits, shard 6, flag slot 4, flag 6. The low half decides the lines. */
  uint64_t rest = hash.high64 >> CSN_NONCE_FINGERPRINT_BITS, bits = hash.low64;
  key->shard = rest & (table->geometry.shards - 1);
  csn_nonce_line *half = table->lines + key->shard * table->shard_lines;
  key->lines[0] = half + csn_nonce_scale(&bits, table->geometry.half_lines);
  half += table->geometry.half_lines;
  key->lines[1] = half + csn_nonce_scale(&bits, table->geometry.half_lines);
  csn_nonce_line *flag_line = (rest >> 6 & 1) != 0 ? key->lines[1] : key->lines[0];
  key->flag_slot = &flag_line->slots[rest >> 7 & (CSN_NONCE_LINE_SLOTS - 1)];
  key->flag = UINT64_C(1) << CSN_NONCE_FINGERPRINT_BITS << ((rest >> 10) * CSN_NONCE_FLAGS >> 6);
  key->fingerprint = hash.high64 & CSN_NONCE_FINGERPRINT_MASK;
  key->hash = hash.low64;
  return true;
}

bool csn_nonce_key_of(const csn_nonce_table *table, csn_span client_id, csn_span nonce, csn_nonce_key *key) {
  return key_of(table, client_id, nonce, key);
}

/* ---- claims ---- */

csn_nonce_answer csn_nonce_table_claim(csn_nonce_table *table, csn_span client_id, csn_span nonce, int64_t expires,
                                       int64_t now) {
  csn_nonce_key key;
  if (now > CSN_NONCE_CLOCK_MAX) return CSN_NONCE_UNAVAILABLE; /* no clock: it would end the table's for good */
  if (!key_of(table, client_id, nonce, &key)) return CSN_NONCE_UNAVAILABLE;
  csn_nonce_prefetch(&key); /* both lines at once: the first's words are looked at before the second's are asked for */
  csn_nonce_advance(table, now);
  csn_nonce_answer answer = csn_nonce_claim_key(table, &key, expires);
  csn_nonce_lane lane = csn_nonce_lane_of_thread(table->lanes);
  csn_nonce_count(&lane, key.shard, answer);
  return answer;
}

/* A batch on its way: while the lines of the claims ahead arrive, those before them are read and written. */
typedef struct batch {
  const csn_nonce_table *table;
  csn_nonce_lane lane;
  csn_nonce_claim *claims, *end; /* that have no group yet */
} batch;

/* The keys of the next claims. A group ends where it is full, or with a claim that has no key. */
static inline __attribute__((always_inline)) void begin_group(batch *b, csn_nonce_group *g, bool ask) {
  size_t left = (size_t)(b->end - b->claims), most = left < CSN_NONCE_GROUP ? left : CSN_NONCE_GROUP, i = 0;
  g->claims = b->claims;
  for (; i < most && key_of(b->table, g->claims[i].client_id, g->claims[i].nonce, &g->keys[i]); i++) {
    if (ask) csn_nonce_prefetch(&g->keys[i]);
  }
  g->count = i;
  if (i < most) g->claims[i++].answer = CSN_NONCE_UNAVAILABLE;
  b->claims += i;
}

static inline void count_group(csn_nonce_lane lane, const csn_nonce_group *g) {
  for (size_t i = 0; i < g->count; i++) csn_nonce_count(&lane, g->keys[i].shard, g->claims[i].answer);
}

static void end_group(const batch *b, const csn_nonce_group *g, const csn_nonce_group *ahead) {
  csn_nonce_claim_group(b->table, g, ahead);
  if (b->lane.own) { /* asked once a group */
    count_group((csn_nonce_lane){b->lane.rows, true}, g);
  } else {
    count_group((csn_nonce_lane){b->lane.rows, false}, g);
  }
}

void csn_nonce_table_claim_batch(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  if (count == 0) return;
  if (now > CSN_NONCE_CLOCK_MAX) { /* as above */
    for (size_t i = 0; i < count; i++) claims[i].answer = CSN_NONCE_UNAVAILABLE;
    return;
  }
  csn_nonce_advance(table, now);
  if (count == 1) { /* nothing to be done meanwhile */
    claims->answer = csn_nonce_table_claim(table, claims->client_id, claims->nonce, claims->expires, now);
    return;
  }
  batch b = {table, csn_nonce_lane_of_thread(table->lanes), claims, claims + count};
  csn_nonce_group ring[RING];
  for (size_t i = 0; i < RING - 1; i++) begin_group(&b, &ring[i], true);
  for (size_t i = 0, last = RING - 1; ring[i].claims < b.end; last = i, i = (i + 1) % RING) {
    csn_nonce_read_group(table, &ring[i]);
    begin_group(&b, &ring[last], false);
    end_group(&b, &ring[i], &ring[last]);
  }
}

void csn_nonce_table_prefetch(const csn_nonce_table *table, csn_span client_id, csn_span nonce) {
  csn_nonce_key key;
  if (csn_nonce_key_of(table, client_id, nonce, &key)) csn_nonce_prefetch(&key);
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
