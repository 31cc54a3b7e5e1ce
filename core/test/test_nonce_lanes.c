/* Counting without a word that two threads write: lanes of threads that are there at the same time. */
#include <pthread.h>

#include "../src/nonce_lanes.h"
#include "nonce_support.h"

enum { OWN = 64, THREADS = OWN + 16, SHARDS = 5, LINE_BYTES = 64 };

typedef struct counting {
  csn_nonce_lanes *lanes;
  pthread_barrier_t *all_there;
  csn_nonce_lane lane;
  pthread_t thread;
} counting;

static void *count(void *argument) {
  counting *self = argument;
  self->lane = csn_nonce_lane_of_thread(self->lanes);
  pthread_barrier_wait(self->all_there);
  for (unsigned shard = 0; shard < SHARDS; shard++) {
    for (unsigned i = 0; i < 1000; i++)
      csn_nonce_count(&self->lane, shard, i % 4 == 0 ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH);
  }
  csn_nonce_lane again = csn_nonce_lane_of_thread(self->lanes);
  bool same = again.rows == self->lane.rows && again.own == self->lane.own;
  return same ? self : NULL;
}

/* The first and the last of the cache lines that a lane is in. */
static uintptr_t first_line(const csn_nonce_lane *lane) {
  return (uintptr_t)lane->rows / LINE_BYTES;
}
static uintptr_t last_line(const csn_nonce_lane *lane) {
  return ((uintptr_t)(lane->rows + SHARDS) - 1) / LINE_BYTES;
}

/* Each of the first 64 threads, of which a process makes its claims in few, has a lane for itself alone. */
static void the_first_threads_write_no_cache_line_of_another(void **state) {
  (void)state;
  counting all[THREADS];
  pthread_barrier_t all_there;
  csn_nonce_lanes *lanes = csn_nonce_lanes_new(SHARDS);
  assert_non_null(lanes);
  assert_int_equal(pthread_barrier_init(&all_there, NULL, THREADS), 0);
  for (unsigned i = 0; i < THREADS; i++) {
    all[i] = (counting){.lanes = lanes, .all_there = &all_there};
    assert_int_equal(pthread_create(&all[i].thread, NULL, count, &all[i]), 0);
  }
  unsigned own = 0;
  for (unsigned i = 0; i < THREADS; i++) {
    void *same;
    assert_int_equal(pthread_join(all[i].thread, &same), 0);
    assert_non_null(same);
    own += all[i].lane.own;
  }
  assert_int_equal(own, OWN);
  for (unsigned i = 0; i < THREADS; i++) {
    for (unsigned j = 0; j < i; j++) {
      const csn_nonce_lane *a = &all[i].lane, *b = &all[j].lane;
      if (a->own || b->own) {
        assert_true(last_line(a) < first_line(b) || last_line(b) < first_line(a));
      } else {
        assert_ptr_equal(a->rows, b->rows);
      }
    }
  }
  for (unsigned shard = 0; shard < SHARDS; shard++) {
    csn_nonce_shard_stats stats;
    csn_nonce_counted(lanes, shard, &stats);
    assert_true(stats.claims == THREADS * 1000 && stats.replayed == THREADS * 250);
  }
  pthread_barrier_destroy(&all_there);
  csn_nonce_lanes_free(lanes);
}

typedef struct visit {
  csn_nonce_lanes *lanes;
  unsigned own;
} visit;

static void *visit_once(void *argument) {
  visit *self = argument;
  csn_nonce_lane lane = csn_nonce_lane_of_thread(self->lanes);
  csn_nonce_count(&lane, 0, CSN_NONCE_FULL);
  self->own += lane.own;
  return NULL;
}

/* A server that makes a thread for each connection counts as cheaply after a thousand of them as at first; nothing of
 * what they have counted is lost. */
static void a_thread_that_ends_gives_its_lane_back(void **state) {
  enum { VISITS = 20 * OWN };
  visit all = {.lanes = csn_nonce_lanes_new(SHARDS)};
  csn_nonce_shard_stats stats;
  (void)state;
  assert_non_null(all.lanes);
  for (unsigned i = 0; i < VISITS; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, visit_once, &all), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
  }
  assert_int_equal(all.own, VISITS);
  csn_nonce_counted(all.lanes, 0, &stats);
  assert_int_equal(stats.claims, VISITS);
  assert_int_equal(stats.full, VISITS);
  csn_nonce_lanes_free(all.lanes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_threads_write_no_cache_line_of_another),
      cmocka_unit_test(a_thread_that_ends_gives_its_lane_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
