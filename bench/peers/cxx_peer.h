/* What the adapters to C++ peers share. */
#ifndef CSN_BENCH_CXX_PEER_H
#define CSN_BENCH_CXX_PEER_H

#include <new>

#include "expiry_queue.h"

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

#endif
