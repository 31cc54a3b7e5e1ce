/* liburcu's lock-free hash table, in the QSBR flavour: its README names that one's read side as the fastest. A thread
 * is quiescent at the start of each claim, which costs a comparison while nobody waits for a grace period, and offline
 * while it rests: where it waits for another thread, that one may be waiting for a grace period. A thread that waits
 * without rest, or is not scheduled, delays the grace periods of the others, not their claims in between.
 *
 * Tried with the memb flavour, as time per claim with one and two threads against the same with what is here:
 *
 *   - a bucket for each nonce, at 8 million live: 1.03 and 1.13 times, in half the memory. In the cache, at 64,000
 *     live, it is 0.9 times with one thread, and so it is taken there.
 *   - buckets on small pages, and call_rcu() for each block: 1.1 and 1.2 times. With call_rcu() on huge pages 0.9
 *     and 1.2 times; more nodes wait for its thread than are live in a small table.
 *   - buckets from the `order` allocator instead of one array (and on small pages): 1.25 and 1.15 times.
 *   - the memb flavour itself: 0.8 to 1.4 times, which the noise did not tell apart, and 632 instructions a
 *     claim instead of 571. */
#define _LGPL_SOURCE /* inlines the read-side lock: for code whose licence is compatible, as Apache-2.0 is with \
                        version 3 */

/* The flavour comes before the table. */
#include <urcu/urcu-qsbr.h>

#include <urcu/rculfhash.h>

#include "expiry_queue.h"
#include "peer_key.h"

#ifndef CSN_LIBURCU_VERSION
#define CSN_LIBURCU_VERSION "as installed"
#endif

/* A node is the queue's record, too: it is allocated and freed in the order of arrival, so that no memory but the
 * queue's is needed. The low half of the key is the hash, which the table compares before it calls same_key(). */
typedef struct nonce_node {
  struct cds_lfht_node node;
  uint64_t high;
  int64_t expires;
} nonce_node;

typedef struct nonce_table {
  csn_queues queues; /* first: expire() has no more than its address */
  struct cds_lfht *table;
  size_t buckets;
  csn_peer_secret secret;
} nonce_table;

static __thread csn_queue *mine;

/* The library writes its buckets before anybody can ask for huge pages. So they are given back, page by page, and
 * written again. */
static void move_to_huge_pages(void *memory, size_t size) {
  uintptr_t from = ((uintptr_t)memory + CSN_HUGE_PAGE - 1) & ~(uintptr_t)(CSN_HUGE_PAGE - 1);
  uintptr_t to = ((uintptr_t)memory + size) & ~(uintptr_t)(CSN_HUGE_PAGE - 1);
  void *copy = from < to ? malloc(CSN_HUGE_PAGE) : NULL;
  if (copy == NULL || madvise((void *)from, to - from, MADV_HUGEPAGE) != 0) to = from;
  for (uintptr_t page = from; page < to; page += CSN_HUGE_PAGE) {
    memcpy(copy, (void *)page, CSN_HUGE_PAGE);
    if (madvise((void *)page, CSN_HUGE_PAGE, MADV_DONTNEED) == 0) memcpy((void *)page, copy, CSN_HUGE_PAGE);
  }
  free(copy);
}

static size_t buckets_for(size_t capacity) {
  size_t each = capacity < 1000000 || capacity > 32000000 ? 1 : 4; /* not 8 GiB for a table that is large anyway */
  size_t buckets = 64;
  while (buckets < capacity * each) buckets *= 2;
  return buckets;
}

static void *lfht_open(size_t capacity, uint64_t seed) {
  const struct cds_lfht_mm_type *one_array = &cds_lfht_mm_mmap;
  nonce_table *self = aligned_alloc(_Alignof(nonce_table), sizeof *self);
  if (self == NULL) return NULL;
  self->secret = csn_peer_secret_make(seed);
  self->buckets = buckets_for(capacity);
  self->table = NULL;
  if (csn_queues_open(&self->queues, capacity, sizeof(nonce_node), sizeof(nonce_node)))
    self->table = _cds_lfht_new(self->buckets, self->buckets, self->buckets, 0, one_array, &urcu_qsbr_flavor, NULL);
  if (self->table == NULL) {
    csn_queues_close(&self->queues);
    free(self);
    return NULL;
  }
  move_to_huge_pages(one_array->bucket_at(self->table, 0), self->buckets * sizeof(struct cds_lfht_node));
  return self;
}

static void lfht_rest(void *self) {
  (void)self;
  urcu_qsbr_thread_offline();
}

/* The queues' mutex may be held through a grace period: it is taken only by threads that are offline. */
static void lfht_begin(void *self) {
  mine = csn_queues_enter(&((nonce_table *)self)->queues);
  urcu_qsbr_register_thread();
  lfht_rest(self);
}

static void lfht_end(void *self) {
  urcu_qsbr_unregister_thread();
  if (mine != NULL) csn_queues_leave(&((nonce_table *)self)->queues, mine);
  mine = NULL;
}

/* Keeps a block until no thread can read its nodes any more. The microseconds of a grace period are lost among the
 * 16,000 nodes of so many blocks. */
static void retire(csn_queues *queues, csn_queue *queue, csn_block *block) {
  block->next = queue->retired;
  block->retired = queue->retired == NULL ? 1 : queue->retired->retired + 1;
  queue->retired = block;
  if (block->retired < CSN_RETIRED_MAX) return;
  urcu_qsbr_synchronize_rcu();
  for (csn_block *next; block != NULL; block = next) {
    next = block->next;
    csn_block_give(&queues->pool, block);
  }
  queue->retired = NULL;
}

static void expire(csn_queues *queues, csn_queue *queue, int64_t now) {
  nonce_table *self = (nonce_table *)queues;
  for (nonce_node *first; (first = csn_queue_first(queues, queue)) != NULL && first->expires < now;) {
    urcu_qsbr_read_lock();
    cds_lfht_del(self->table, &first->node);
    urcu_qsbr_read_unlock();
    csn_block *block = csn_queue_pop(queues, queue);
    if (block != NULL) retire(queues, queue, block);
  }
}

static int same_key(struct cds_lfht_node *node, const void *high) {
  return caa_container_of(node, nonce_node, node)->high == *(const uint64_t *)high;
}

static csn_nonce_answer insert(nonce_table *self, uint64_t low, nonce_node *new, int64_t now) {
  for (;;) {
    struct cds_lfht_node *found = cds_lfht_add_unique(self->table, low, same_key, &new->high, &new->node);
    if (found == &new->node) return CSN_NONCE_FRESH;
    if (caa_container_of(found, nonce_node, node)->expires >= now) return CSN_NONCE_REPLAYED;
    cds_lfht_del(self->table, found); /* it stays in its queue, whose thread finds it removed */
  }
}

static csn_nonce_answer lfht_claim(void *table, csn_span client_id, csn_span nonce, int64_t expires, int64_t now) {
  nonce_table *self = table;
  csn_queue *queue = mine;
  csn_peer_key key;
  if (queue == NULL || !csn_peer_key_make(&key, &self->secret, client_id, nonce)) return CSN_NONCE_UNAVAILABLE;
  urcu_qsbr_quiescent_state(); /* and online */
  csn_queues_expire(&self->queues, queue, now, expire);
  nonce_node *new = csn_queue_room(&self->queues, queue);
  if (new == NULL) return CSN_NONCE_FULL;
  new->high = key.high;
  new->expires = expires;
  urcu_qsbr_read_lock();
  csn_nonce_answer answer = insert(self, key.low, new, now);
  urcu_qsbr_read_unlock();
  if (answer == CSN_NONCE_FRESH) csn_queue_push(queue);
  return answer;
}

static size_t lfht_bytes(void *table) {
  const nonce_table *self = table;
  return sizeof *self + self->buckets * sizeof(struct cds_lfht_node) + self->queues.pool.used * CSN_BLOCK_BYTES;
}

/* The table wants to be empty before it is destroyed. */
static void lfht_close(void *table) {
  nonce_table *self = table;
  if (self == NULL) return;
  urcu_qsbr_register_thread();
  for (size_t i = 0; i < self->queues.count; i++) expire(&self->queues, &self->queues.all[i], INT64_MAX);
  urcu_qsbr_unregister_thread();
  cds_lfht_destroy(self->table, NULL);
  csn_queues_close(&self->queues);
  free(self);
}

const csn_nonce_peer csn_peer_urcu_lfht = {
    .name = "urcu_lfht",
    .version_and_settings =
        "liburcu " CSN_LIBURCU_VERSION
        ": cds_lfht of the QSBR flavour, one array of buckets on huge pages that is never "
        "resized, four for a nonce (one for fewer than 1 or more than 32 million), nodes that are their own "
        "queue, a grace period for each 16,000 nodes",
    .open = lfht_open,
    .thread_begin = lfht_begin,
    .thread_end = lfht_end,
    .thread_rest = lfht_rest,
    .claim = lfht_claim,
    .bytes = lfht_bytes,
    .close = lfht_close,
};
