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

struct PassThrough { /* the key is a hash */
  std::size_t operator()(const csn_peer_key &key) const { return key.low; }
};

using Allocator = HugeAllocator<std::pair<const csn_peer_key, int64_t>>;
using Map = libcuckoo::cuckoohash_map<csn_peer_key, int64_t, PassThrough, std::equal_to<csn_peer_key>, Allocator>;

struct Table : ExpiryQueues {
  std::size_t map_bytes = 0;
  csn_peer_secret secret;
  Map map;

  Table(std::size_t capacity, uint64_t seed)
      : ExpiryQueues(capacity, sizeof(Record), sizeof(Record)),
        secret(csn_peer_secret_make(seed)),
        map(capacity + capacity / 4, PassThrough(), {}, Allocator(&map_bytes)) {}

  void erase_expired(const csn_peer_key &key, int64_t now) {
    map.erase_fn(key, [now](int64_t expires) { return expires < now; });
  }

  bool insert(const Record &own, int64_t now) {
    bool renewed = false;
    auto renew = [&renewed, &own, now](int64_t &held) {
      renewed = held < now;
      if (renewed) held = own.expires;
    };
    return map.upsert(own.key, renew, own.expires) || renewed;
  }
};

}  // namespace

const csn_nonce_peer csn_peer_libcuckoo = {
    "libcuckoo",
    "libcuckoo " CSN_LIBCUCKOO_VERSION
    ": cuckoohash_map with the default 4 slots, room for 5/4 of the load, "
    "upsert() and erase_fn(), the keys as their own hashes, an allocator on huge pages",
    CxxPeer<Table>::open,
    CxxPeer<Table>::begin,
    CxxPeer<Table>::end,
    nullptr,
    CxxPeer<Table>::claim,
    CxxPeer<Table>::bytes,
    CxxPeer<Table>::close,
};
