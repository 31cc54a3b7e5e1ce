/* The table was written for this comparison, and to be hard to beat: the packaged hash tables were slower at this job
 * (a million live keys, one in, the oldest out). Of khash, uthash, GLib's, stb_ds and Concurrency Kit's ck_ht, khash
 * came closest. It probes linearly at a load of at most 5/8; the keys are hashes already and lie in the slots; removal
 * shifts the run back, so that nothing is ever rebuilt for tombstones; nothing grows, as the capacity is known. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "peers.h"

typedef struct key128 {
  uint64_t low, high; /* both 0: an empty slot */
} key128;

typedef struct entry {
  key128 key;
  int64_t expires;
} entry;

typedef struct shard {
  pthread_mutex_t mutex;
  key128 *slots;
  entry *queue; /* a ring in the order of arrival, which is that of expiry to within the threads' clocks */
  size_t slot_mask, queue_size;
  size_t head, live; /* of the queue: its first entry, and how many there are */
} __attribute__((aligned(64))) shard;

struct csn_mutex_map {
  uint64_t seed;
  size_t shard_mask;
  size_t bytes; /* of all memory */
  void *memory; /* slots and queues of all shards */
  shard shards[];
};

/* Zeroed memory for free(), on huge pages where the system grants them on request: otherwise the comparison would be
 * one of page sizes. */
static void *big_zeroed(size_t size) {
  const size_t huge_page = (size_t)2 << 20;
  size = (size + huge_page - 1) & ~(huge_page - 1);
  void *memory = aligned_alloc(huge_page, size);
  if (memory == NULL) return NULL;
  madvise(memory, size, MADV_HUGEPAGE);
  return memset(memory, 0, size);
}

csn_mutex_map *csn_mutex_map_new(size_t shards, size_t capacity, uint64_t seed) {
  size_t each = capacity / shards, slots = 64;
  size_t queue = each + each / 16 + 64; /* chance does not fill the shards evenly */
  while (slots < queue / 5 * 8) slots *= 2;
  size_t shard_bytes = slots * sizeof(key128) + queue * sizeof(entry);
  size_t head_bytes = sizeof(csn_mutex_map) + shards * sizeof(shard);
  csn_mutex_map *map = aligned_alloc(64, (head_bytes + 63) & ~(size_t)63);
  if (map == NULL) return NULL;
  *map = (csn_mutex_map){.seed = seed, .shard_mask = shards - 1, .bytes = head_bytes + shards * shard_bytes};
  map->memory = big_zeroed(shards * shard_bytes);
  if (map->memory == NULL) {
    free(map);
    return NULL;
  }
  for (size_t i = 0; i < shards; i++) {
    key128 *first = (key128 *)((uint8_t *)map->memory + i * slots * sizeof(key128));
    entry *queues = (entry *)((uint8_t *)map->memory + shards * slots * sizeof(key128));
    map->shards[i] = (shard){.slots = first, .queue = queues + i * queue, .slot_mask = slots - 1, .queue_size = queue};
    pthread_mutex_init(&map->shards[i].mutex, NULL);
  }
  return map;
}

void csn_mutex_map_free(csn_mutex_map *map) {
  if (map == NULL) return;
  free(map->memory);
  free(map);
}

static bool is_empty(key128 key) {
  return key.low == 0 && key.high == 0;
}

/* The slot that holds `key`, or the empty one where it would go. */
static size_t find(const shard *s, key128 key) {
  size_t at = key.low & s->slot_mask;
  while (!is_empty(s->slots[at]) && (s->slots[at].low != key.low || s->slots[at].high != key.high))
    at = (at + 1) & s->slot_mask;
  return at;
}

/* Empties the key's slot and moves back what was pushed behind it. */
static void forget(shard *s, key128 key) {
  size_t hole = find(s, key);
  if (is_empty(s->slots[hole])) return;
  for (size_t at = (hole + 1) & s->slot_mask; !is_empty(s->slots[at]); at = (at + 1) & s->slot_mask) {
    size_t home = s->slots[at].low & s->slot_mask;
    if (((at - home) & s->slot_mask) < ((at - hole) & s->slot_mask)) continue;
    s->slots[hole] = s->slots[at];
    hole = at;
  }
  s->slots[hole] = (key128){0, 0};
}

static void forget_expired(shard *s, int64_t now) {
  while (s->live > 0 && s->queue[s->head].expires < now) {
    forget(s, s->queue[s->head].key);
    s->head = s->head + 1 == s->queue_size ? 0 : s->head + 1;
    s->live--;
  }
}

static csn_nonce_answer shard_claim(shard *s, key128 key, int64_t expires, int64_t now) {
  forget_expired(s, now);
  size_t at = find(s, key);
  if (!is_empty(s->slots[at])) return CSN_NONCE_REPLAYED;
  if (s->live == s->queue_size) return CSN_NONCE_FULL;
  s->slots[at] = key;
  size_t tail = s->head + s->live++;
  s->queue[tail < s->queue_size ? tail : tail - s->queue_size] = (entry){key, expires};
  return CSN_NONCE_FRESH;
}

static key128 hash(uint64_t seed, csn_span client_id, csn_span nonce) {
  uint8_t name[1 + CSN_ID_MAX + CSN_NONCE_MAX];
  name[0] = (uint8_t)client_id.len; /* so that no two pairs give one name */
  memcpy(name + 1, client_id.ptr, client_id.len);
  memcpy(name + 1 + client_id.len, nonce.ptr, nonce.len);
  XXH128_hash_t h = XXH3_128bits_withSeed(name, 1 + client_id.len + nonce.len, seed);
  return (key128){h.low64, h.high64 | (h.low64 == 0)};
}

csn_nonce_answer csn_mutex_map_claim(csn_mutex_map *map, csn_span client_id, csn_span nonce, int64_t expires,
                                     int64_t now) {
  if (client_id.len > CSN_ID_MAX || nonce.len > CSN_NONCE_MAX) return CSN_NONCE_UNAVAILABLE;
  key128 key = hash(map->seed, client_id, nonce);
  shard *s = &map->shards[(key.high >> 32) & map->shard_mask];
  pthread_mutex_lock(&s->mutex);
  csn_nonce_answer answer = shard_claim(s, key, expires, now);
  pthread_mutex_unlock(&s->mutex);
  return answer;
}

csn_mutex_map_stats csn_mutex_map_measure(csn_mutex_map *map) {
  csn_mutex_map_stats stats = {0, map->bytes};
  for (size_t i = 0; i <= map->shard_mask; i++) {
    pthread_mutex_lock(&map->shards[i].mutex);
    stats.live += map->shards[i].live;
    pthread_mutex_unlock(&map->shards[i].mutex);
  }
  return stats;
}
