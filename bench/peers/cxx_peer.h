/* What the adapters to C++ peers share. */
#ifndef CSN_BENCH_CXX_PEER_H
#define CSN_BENCH_CXX_PEER_H

#include <exception>
#include <new>

#include "expiry_queue.h"
#include "peer_key.h"

/* An allocator on huge pages, which counts the bytes that are in use. */
template <class T>
struct HugeAllocator {
  using value_type = T;

  std::size_t *bytes;

  explicit HugeAllocator(std::size_t *counter) : bytes(counter) {}
  template <class U>
  HugeAllocator(const HugeAllocator<U> &other) : bytes(other.bytes) {}

  T *allocate(std::size_t count) {
    std::size_t size = count * sizeof(T);
    void *memory = is_small(size) ? ::operator new(size, std::align_val_t(64)) : csn_huge_alloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    __atomic_add_fetch(bytes, size, __ATOMIC_RELAXED);
    return static_cast<T *>(memory);
  }

  void deallocate(T *memory, std::size_t count) noexcept {
    std::size_t size = count * sizeof(T);
    __atomic_sub_fetch(bytes, size, __ATOMIC_RELAXED);
    if (is_small(size)) {
      ::operator delete(memory, std::align_val_t(64));
    } else {
      csn_huge_free(memory, size);
    }
  }

  bool operator==(const HugeAllocator &other) const { return bytes == other.bytes; }
  bool operator!=(const HugeAllocator &other) const { return bytes != other.bytes; }

 private:
  static bool is_small(std::size_t size) { return size < 4096; } /* and would waste most of a page */
};

/* The base of a peer's table: there before the map, and after it. */
struct ExpiryQueues : csn_queues {
  ExpiryQueues(std::size_t capacity, std::size_t record_size, std::size_t bytes_each) {
    if (!csn_queues_open(this, capacity, record_size, bytes_each)) throw std::bad_alloc();
  }
  ~ExpiryQueues() { csn_queues_close(this); }
  ExpiryQueues(const ExpiryQueues &) = delete;
  ExpiryQueues &operator=(const ExpiryQueues &) = delete;
};

static inline bool operator==(const csn_peer_key &a, const csn_peer_key &b) {
  return a.low == b.low && a.high == b.high;
}

struct Record {
  csn_peer_key key;
  int64_t expires;
};

/* The calls of a peer, from a Table, which is an ExpiryQueues with a secret, a map, the map's bytes and two calls of
 * its own: insert() is false where the key is held and has not expired, and erase_expired() leaves what has not. In
 * either the same nonce may have been claimed by another thread after it expired: what is found may be in that one's
 * queue. */
template <class Table>
struct CxxPeer {
  static inline thread_local csn_queue *mine = nullptr;

  static void *open(std::size_t capacity, uint64_t seed) try {
    return new Table(capacity, seed);
  } catch (const std::bad_alloc &) {
    return nullptr;
  }

  static void begin(void *self) { mine = csn_queues_enter(static_cast<Table *>(self)); }

  static void end(void *self) {
    if (mine != nullptr) csn_queues_leave(static_cast<Table *>(self), mine);
    mine = nullptr;
  }

  static void expire(csn_queues *queues, csn_queue *queue, int64_t now) {
    for (;;) {
      auto *first = static_cast<const Record *>(csn_queue_first(queues, queue));
      if (first == nullptr || first->expires >= now) return;
      static_cast<Table *>(queues)->erase_expired(first->key, now);
      csn_block *block = csn_queue_pop(queues, queue);
      if (block != nullptr) csn_block_give(&queues->pool, block);
    }
  }

  static csn_nonce_answer claim(void *self, csn_span client_id, csn_span nonce, int64_t expires, int64_t now) try {
    auto *table = static_cast<Table *>(self);
    csn_queue *queue = mine;
    Record own{{}, expires};
    if (queue == nullptr || !csn_peer_key_make(&own.key, &table->secret, client_id, nonce))
      return CSN_NONCE_UNAVAILABLE;
    csn_queues_expire(table, queue, now, expire);
    void *room = csn_queue_room(table, queue);
    if (room == nullptr) return CSN_NONCE_FULL;
    if (!table->insert(own, now)) return CSN_NONCE_REPLAYED;
    new (room) Record(own);
    csn_queue_push(queue);
    return CSN_NONCE_FRESH;
  } catch (const std::exception &) { /* a map that could not grow */
    return CSN_NONCE_FULL;
  }

  static std::size_t bytes(void *self) {
    auto *table = static_cast<Table *>(self);
    return sizeof(Table) + table->map_bytes + table->pool.used * CSN_BLOCK_BYTES;
  }

  static void close(void *self) { delete static_cast<Table *>(self); }
};

#endif
