/* Queues that say what expires next, for the adapters in C and C++. They are made to cost the peers next to nothing: a
 * thread has one of its own, records lie one behind the other, and a lock is taken once for each block of a thousand
 * records.
 *
 * A queue that no thread has (its thread ended, and fewer came after it) is drained by the others as they pass. */
#ifndef CSN_BENCH_EXPIRY_QUEUE_H
#define CSN_BENCH_EXPIRY_QUEUE_H

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "huge_pages.h"
#include "nonce_peer.h"

/* ---- blocks ---- */

/* Memory in blocks of one size, each on cache lines of its own. */
typedef struct csn_block {
  struct csn_block *next;
  uint32_t begin, end; /* the records of a queue that it holds */
  uint32_t retired;    /* urcu_lfht: how many blocks wait for a grace period, from this one on */
} __attribute__((aligned(64))) csn_block;

enum { CSN_BLOCK_BYTES = 32 << 10 };
static_assert(sizeof(csn_block) == 64, "what is in a block begins on a cache line");

typedef struct csn_block_pool {
  pthread_mutex_t mutex;
  csn_block *free;
  uint8_t *memory;
  size_t used, max; /* blocks; those that are free again count as used */
} csn_block_pool;

static inline bool csn_block_pool_open(csn_block_pool *pool, size_t blocks) {
  pthread_mutex_init(&pool->mutex, NULL);
  pool->free = NULL;
  pool->used = 0;
  pool->max = blocks;
  pool->memory = (uint8_t *)csn_huge_alloc(blocks * CSN_BLOCK_BYTES);
  return pool->memory != NULL;
}

static inline void csn_block_pool_close(csn_block_pool *pool) {
  csn_huge_free(pool->memory, pool->max * CSN_BLOCK_BYTES);
  pthread_mutex_destroy(&pool->mutex);
}

/* An empty block; NULL where there is no more. */
static inline csn_block *csn_block_take(csn_block_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  csn_block *block = pool->free;
  if (block != NULL) {
    pool->free = block->next;
  } else if (pool->used < pool->max) {
    block = (csn_block *)(void *)(pool->memory + pool->used++ * CSN_BLOCK_BYTES);
  }
  pthread_mutex_unlock(&pool->mutex);
  if (block == NULL) return NULL;
  block->next = NULL;
  block->begin = block->end = 0;
  return block;
}

static inline void csn_block_give(csn_block_pool *pool, csn_block *block) {
  pthread_mutex_lock(&pool->mutex);
  block->next = pool->free;
  pool->free = block;
  pthread_mutex_unlock(&pool->mutex);
}

/* ---- queues ---- */

/* First in, first out; one thread at a time. */
typedef struct csn_queue {
  csn_block *head, *tail;
  size_t records;
  struct csn_queue *next_idle;
  csn_block *retired; /* urcu_lfht: wait for a grace period; whoever has the queue next waits for it */
  uint32_t claims;
} __attribute__((aligned(128))) csn_queue; /* two lines: the processor fetches them in pairs */

enum {
  CSN_QUEUES_MAX = 64,
  CSN_RETIRED_MAX = 16, /* blocks that wait for one grace period */
};

typedef struct csn_queues {
  csn_block_pool pool;
  size_t record_bytes;
  uint32_t records_a_block;
  pthread_mutex_t mutex; /* of what follows, and of the idle queues */
  csn_queue *idle;
  size_t idle_records; /* also read without the mutex, as a hint */
  size_t count;
  csn_queue all[CSN_QUEUES_MAX];
} csn_queues;

/* `bytes_each`: of the pool's memory, for each of `capacity` records. */
static inline bool csn_queues_open(csn_queues *queues, size_t capacity, size_t record_bytes, size_t bytes_each) {
  const size_t room = CSN_BLOCK_BYTES - sizeof(csn_block);
  const size_t load = capacity / (room / bytes_each) + 1;
  const size_t each_thread = CSN_RETIRED_MAX + 4; /* lists and queues that are begun, or used up but for the rest */
  const size_t blocks = 2 * load + each_thread * CSN_QUEUES_MAX; /* only reserved: twice what the load takes */
  memset(queues, 0, sizeof *queues);
  queues->record_bytes = record_bytes;
  queues->records_a_block = (uint32_t)(room / record_bytes);
  pthread_mutex_init(&queues->mutex, NULL);
  return csn_block_pool_open(&queues->pool, blocks);
}

static inline void csn_queues_close(csn_queues *queues) {
  csn_block_pool_close(&queues->pool);
  pthread_mutex_destroy(&queues->mutex);
}

/* A queue for the calling thread: the fullest that nobody has, or a new one; NULL where there are too many threads. */
static inline csn_queue *csn_queues_enter(csn_queues *queues) {
  pthread_mutex_lock(&queues->mutex);
  csn_queue *queue = NULL, **best = &queues->idle;
  for (csn_queue **at = &queues->idle; *at != NULL; at = &(*at)->next_idle)
    if ((*at)->records > (*best)->records) best = at;
  if (*best != NULL) {
    queue = *best;
    *best = queue->next_idle;
    __atomic_store_n(&queues->idle_records, queues->idle_records - queue->records, __ATOMIC_RELAXED);
  } else if (queues->count < CSN_QUEUES_MAX) {
    queue = &queues->all[queues->count++];
  }
  pthread_mutex_unlock(&queues->mutex);
  return queue;
}

static inline void csn_queues_leave(csn_queues *queues, csn_queue *queue) {
  pthread_mutex_lock(&queues->mutex);
  queue->next_idle = queues->idle;
  queues->idle = queue;
  __atomic_store_n(&queues->idle_records, queues->idle_records + queue->records, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&queues->mutex);
}

static inline void *csn_block_record(const csn_queues *queues, csn_block *block, uint32_t index) {
  return (uint8_t *)(block + 1) + index * queues->record_bytes;
}

/* The oldest record; NULL where there is none. */
static inline void *csn_queue_first(const csn_queues *queues, const csn_queue *queue) {
  return queue->records == 0 ? NULL : csn_block_record(queues, queue->head, queue->head->begin);
}

/* Where the next record goes, which csn_queue_push() adds; NULL without memory. */
static inline void *csn_queue_room(csn_queues *queues, csn_queue *queue) {
  if (queue->tail == NULL || queue->tail->end == queues->records_a_block) {
    csn_block *block = csn_block_take(&queues->pool);
    if (block == NULL) return NULL;
    if (queue->tail == NULL) {
      queue->head = block;
    } else {
      queue->tail->next = block;
    }
    queue->tail = block;
  }
  return csn_block_record(queues, queue->tail, queue->tail->end);
}

static inline void csn_queue_push(csn_queue *queue) {
  queue->tail->end++;
  queue->records++;
}

/* Removes the oldest record. Returns its block where that is used up, for csn_block_give(); else NULL. */
static inline csn_block *csn_queue_pop(const csn_queues *queues, csn_queue *queue) {
  csn_block *block = queue->head;
  queue->records--;
  if (++block->begin != queues->records_a_block) return NULL;
  queue->head = block->next;
  if (queue->head == NULL) queue->tail = NULL;
  return block;
}

/* For each claim: calls `expire` for the thread's own queue and, now and then, for those that nobody has. */
static inline void csn_queues_expire(csn_queues *queues, csn_queue *own, int64_t now,
                                     void (*expire)(csn_queues *queues, csn_queue *queue, int64_t now)) {
  expire(queues, own, now);
  if (++own->claims % 64 != 0 || __atomic_load_n(&queues->idle_records, __ATOMIC_RELAXED) == 0) return;
  if (pthread_mutex_trylock(&queues->mutex) != 0) return; /* somebody is at it */
  size_t records = 0;
  for (csn_queue *queue = queues->idle; queue != NULL; queue = queue->next_idle) {
    expire(queues, queue, now);
    records += queue->records;
  }
  __atomic_store_n(&queues->idle_records, records, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&queues->mutex);
}

#endif
