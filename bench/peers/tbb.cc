/* oneTBB's map: chains of nodes with a reader-writer spinlock for each bucket and each node. Tried, as time per claim
 * with one and two threads against what is here (2 to 8 million live):
 *
 *   - its own allocator, which the documentation recommends and which takes libtbbmalloc: 1.1 and 1.0 times. It takes
 *     huge pages only from a pool that the administrator set aside, or where all memory has them.
 *   - buckets for the load and an eighth, 256 MiB less at 8 million: 1.1 and 1.0 times. For twice the load they are as
 *     many. In the cache, at 64,000 live, it is 0.9 times with one thread, and so it is taken there.
 *   - nodes of 64 bytes, each on a cache line of its own: as here, and more memory.
 *   - without the padding before the map: 1.05 and 1.35 times. */
#include <oneapi/tbb/concurrent_hash_map.h>
#include <oneapi/tbb/version.h>

#include <mutex>
#include <utility>

#include "cxx_peer.h"

namespace {

/* The map's keys are records: the expiry, no part of the key's identity, is there for erase(Expired). The other way to
 * erase on a condition is an accessor, which takes a lock more and searches twice. An Expired is equal to the key where
 * that has expired. */
struct Expired {
  csn_peer_key key;
  int64_t now;
};

struct Nothing {};

struct Compare {
  using is_transparent = void;
  template <class K>
  std::size_t hash(const K &key) const {
    return key.key.low;
  }
  bool equal(const Record &a, const Record &b) const { return a.key == b.key; }
  bool equal(const Expired &a, const Record &b) const { return a.key == b.key && b.expires < a.now; }
};

/* A node that is free. The first of a full list names the next such list. */
struct FreeNode {
  FreeNode *next, *next_list;
};

/* Free nodes of one thread, in two lists of at most LIST_NODES, so that a thread that removes what others inserted
 * gives on what it has too many of. */
struct FreeNodes {
  FreeNode *some, *full;
  std::size_t count; /* of `some` */
};

constexpr std::size_t NODE_BYTES = 48, LIST_NODES = (CSN_BLOCK_BYTES - sizeof(csn_block)) / NODE_BYTES;

struct NodePool {
  csn_block_pool *blocks;
  std::mutex mutex;
  FreeNode *lists = nullptr;
  FreeNodes free[CSN_QUEUES_MAX] = {};

  explicit NodePool(csn_block_pool *pool) : blocks(pool) {}

  FreeNode *take_list() {
    std::lock_guard<std::mutex> lock(mutex);
    FreeNode *list = lists;
    if (list != nullptr) lists = list->next_list;
    return list;
  }

  void give_list(FreeNode *list) {
    std::lock_guard<std::mutex> lock(mutex);
    list->next_list = lists;
    lists = list;
  }

  FreeNode *new_list() {
    csn_block *block = csn_block_take(blocks);
    if (block == nullptr) throw std::bad_alloc();
    FreeNode *list = nullptr;
    for (std::size_t i = LIST_NODES; i-- > 0;)
      list = new (reinterpret_cast<uint8_t *>(block + 1) + i * NODE_BYTES) FreeNode{list, nullptr};
    return list;
  }

  void *take(FreeNodes &own) {
    if (own.count == 0) {
      own.some = own.full != nullptr ? std::exchange(own.full, nullptr) : take_list();
      if (own.some == nullptr) own.some = new_list();
      own.count = LIST_NODES;
    }
    own.count--;
    return std::exchange(own.some, own.some->next);
  }

  void give(FreeNodes &own, void *memory) {
    if (own.count == LIST_NODES) {
      if (own.full != nullptr) give_list(own.full);
      own.full = std::exchange(own.some, nullptr);
      own.count = 0;
    }
    own.some = new (memory) FreeNode{own.some, nullptr};
    own.count++;
  }
};

/* The map makes a power of two of them, and grows when it is full. */
std::size_t buckets_for(std::size_t capacity) {
  if (capacity < 1000000 || capacity > 32000000) return capacity + capacity / 8; /* large tables: not 8 GiB for them */
  return 4 * capacity;
}

thread_local FreeNodes *my_nodes;

/* Nodes come one at a time, buckets as arrays. */
template <class T>
struct NodeAllocator : HugeAllocator<T> {
  NodePool *pool;

  NodeAllocator(std::size_t *counter, NodePool *nodes) : HugeAllocator<T>(counter), pool(nodes) {}
  template <class U>
  NodeAllocator(const NodeAllocator<U> &other) : HugeAllocator<T>(other), pool(other.pool) {}

  T *allocate(std::size_t count) {
    static_assert(sizeof(T) <= NODE_BYTES);
    return count == 1 ? static_cast<T *>(pool->take(*my_nodes)) : HugeAllocator<T>::allocate(count);
  }
  void deallocate(T *memory, std::size_t count) noexcept {
    if (count > 1) {
      HugeAllocator<T>::deallocate(memory, count);
    } else if (my_nodes != nullptr) { /* else the map is destroyed, and the pool after it */
      pool->give(*my_nodes, memory);
    }
  }
};

using Allocator = NodeAllocator<std::pair<const Record, Nothing>>;
using Map = tbb::concurrent_hash_map<Record, Nothing, Compare, Allocator>;

/* The map begins with its allocator, a mask that each claim reads and a count that each claim writes. It wants these
 * two on different cache lines and does not see to it. */
struct Table : ExpiryQueues {
  std::size_t map_bytes = 0;
  csn_peer_secret secret;
  NodePool nodes;
  alignas(64) char padding[64 - sizeof(Allocator) - sizeof(std::size_t)];
  Map map;

  Table(std::size_t capacity, uint64_t seed)
      : ExpiryQueues(capacity, sizeof(Record), sizeof(Record) + NODE_BYTES),
        secret(csn_peer_secret_make(seed)),
        nodes(&pool),
        map(buckets_for(capacity), Compare(), Allocator(&map_bytes, &nodes)) {}

  void erase_expired(const csn_peer_key &key, int64_t now) { map.erase(Expired{key, now}); }

  bool insert(const Record &own, int64_t now) {
    while (!map.insert({own, Nothing()})) {
      if (!map.erase(Expired{own.key, now}) && map.count(own) > 0) return false;
    }
    return true;
  }
};

struct Peer : CxxPeer<Table> {
  static void begin(void *self) {
    CxxPeer<Table>::begin(self);
    auto *table = static_cast<Table *>(self);
    my_nodes = mine == nullptr ? nullptr : &table->nodes.free[mine - table->all];
  }

  static void end(void *self) {
    CxxPeer<Table>::end(self);
    my_nodes = nullptr;
  }
};

}  // namespace

const csn_nonce_peer csn_peer_tbb = {
    "tbb",
    "oneTBB " TBB_VERSION_STRING
    ": concurrent_hash_map, buckets for four times the load from the start (for the load itself below 1 and "
    "above 32 million), insert() and erase() without accessors, the keys as their own hashes, nodes from lists "
    "of each thread, "
    "huge pages",
    Peer::open,
    Peer::begin,
    Peer::end,
    nullptr,
    Peer::claim,
    Peer::bytes,
    Peer::close,
};
