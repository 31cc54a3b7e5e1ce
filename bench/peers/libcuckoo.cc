/* libcuckoo's map, which finds a place for a key in one of two buckets under their spinlocks, and moves others out of
 * the way. Tried, as time per claim with one and two threads against what is here (2 million live):
 *
 *   - room for just the capacity, so that 95 % of the slots are taken: 3.7 and 2.8 times. Its time goes into moving
 *     keys. With twice the capacity it is as fast as here, as the size is a power of two.
 *   - 8 slots in a bucket, which its authors name for less memory: 1.2 and 1.3 times; 2 slots: 1.3 and 1.2 times.
 *   - small pages: 1.2 and 1.1 times. Its authors suggest an allocator that aligns. */
#include <libcuckoo/cuckoohash_map.hh>
#include <memory>

#include "cxx_peer.h"

#ifndef CSN_LIBCUCKOO_VERSION
#define CSN_LIBCUCKOO_VERSION "as installed"
#endif

namespace {

struct Record {
  csn_peer_key key;
  int64_t expires;
};

struct PassThrough { /* the key is a hash */
  std::size_t operator()(const csn_peer_key &key) const { return key.low; }
};

using Allocator = HugeAllocator<std::pair<const csn_peer_key, int64_t>>;
using Map = libcuckoo::cuckoohash_map<csn_peer_key, int64_t, PassThrough, std::equal_to<csn_peer_key>, Allocator>;

struct Table : ExpiryQueues {
  std::size_t map_bytes = 0;
  uint64_t seed;
  Map map;

  Table(std::size_t capacity, uint64_t secret)
      : ExpiryQueues(capacity, sizeof(Record), sizeof(Record)),
        seed(secret),
        map(capacity + capacity / 4, PassThrough(), {}, Allocator(&map_bytes)) {}
};

thread_local csn_queue *mine;

void *table_open(std::size_t capacity, uint64_t seed) try {
  return new Table(capacity, seed);
} catch (const std::bad_alloc &) {
  return nullptr;
}

void table_begin(void *self) {
  mine = csn_queues_enter(static_cast<Table *>(self));
}

void table_end(void *self) {
  if (mine != nullptr) csn_queues_leave(static_cast<Table *>(self), mine);
  mine = nullptr;
}

/* Another thread may have claimed the same nonce after it expired: then the map has it with a later expiry. */
void expire(csn_queues *queues, csn_queue *queue, int64_t now) {
  Map &map = static_cast<Table *>(queues)->map;
  for (;;) {
    auto *first = static_cast<const Record *>(csn_queue_first(queues, queue));
    if (first == nullptr || first->expires >= now) return;
    map.erase_fn(first->key, [now](int64_t expires) { return expires < now; });
    csn_block *block = csn_queue_pop(queues, queue);
    if (block != nullptr) csn_block_give(&queues->pool, block);
  }
}

/* What is found may have expired, and its queue may belong to another thread. */
bool insert_or_renew(Map &map, const csn_peer_key &key, int64_t expires, int64_t now) {
  bool renewed = false;
  auto renew = [&renewed, expires, now](int64_t &held) {
    renewed = held < now;
    if (renewed) held = expires;
  };
  return map.upsert(key, renew, expires) || renewed;
}

csn_nonce_answer table_claim(void *self, csn_span client_id, csn_span nonce, int64_t expires, int64_t now) try {
  auto *table = static_cast<Table *>(self);
  csn_queue *queue = mine;
  csn_peer_key key;
  if (queue == nullptr || !csn_peer_key_make(&key, table->seed, client_id, nonce)) return CSN_NONCE_UNAVAILABLE;
  csn_queues_expire(table, queue, now, expire);
  void *record = csn_queue_room(table, queue);
  if (record == nullptr) return CSN_NONCE_FULL;
  if (!insert_or_renew(table->map, key, expires, now)) return CSN_NONCE_REPLAYED;
  new (record) Record{key, expires};
  csn_queue_push(queue);
  return CSN_NONCE_FRESH;
} catch (const std::exception &) { /* a map that could not grow */
  return CSN_NONCE_FULL;
}

csn_nonce_peer_size table_measure(void *self) {
  auto *table = static_cast<Table *>(self);
  return {table->map.size(), sizeof(Table) + table->map_bytes + table->pool.used * CSN_BLOCK_BYTES};
}

void table_close(void *self) {
  delete static_cast<Table *>(self);
}

}  // namespace

const csn_nonce_peer csn_peer_libcuckoo = {
    "libcuckoo",
    "libcuckoo " CSN_LIBCUCKOO_VERSION
    ": cuckoohash_map with the default 4 slots, room for 5/4 of the load, "
    "upsert() and erase_fn(), the keys as their own hashes, an allocator on huge pages",
    table_open,
    table_begin,
    table_end,
    table_claim,
    table_measure,
    table_close,
};
