/* Counting without a word that two threads write: lanes of threads that are there at the same time. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* ---- threads that hold a lane each until they are let go ---- */

typedef struct crew crew;

typedef struct holder {
  crew *crew;
  csn_nonce_lane lane;
  pthread_t thread;
} holder;

struct crew {
  csn_nonce_lanes *lanes;
  unsigned count;
  pthread_barrier_t there, leave;
  holder holders[OWN];
};

static void *hold(void *argument) {
  holder *self = argument;
  self->lane = csn_nonce_lane_of_thread(self->crew->lanes);
  pthread_barrier_wait(&self->crew->there);
  pthread_barrier_wait(&self->crew->leave);
  return NULL;
}

/* Without assertions, as it runs in a child process, too. */
static bool crew_begin(crew *c, csn_nonce_lanes *lanes, unsigned count) {
  c->lanes = lanes;
  c->count = count;
  if (pthread_barrier_init(&c->there, NULL, count + 1) != 0) return false;
  if (pthread_barrier_init(&c->leave, NULL, count + 1) != 0) return false;
  for (unsigned i = 0; i < count; i++) {
    c->holders[i].crew = c;
    if (pthread_create(&c->holders[i].thread, NULL, hold, &c->holders[i]) != 0) return false;
  }
  pthread_barrier_wait(&c->there);
  return true;
}

static void crew_end(crew *c) {
  pthread_barrier_wait(&c->leave);
  for (unsigned i = 0; i < c->count; i++) pthread_join(c->holders[i].thread, NULL);
  pthread_barrier_destroy(&c->there);
  pthread_barrier_destroy(&c->leave);
}

static bool holds(const crew *c, const csn_nonce_lane *lane) {
  for (unsigned i = 0; i < c->count; i++)
    if (c->holders[i].lane.rows == lane->rows) return true;
  return false;
}

static unsigned with_own(const crew *c) {
  unsigned own = 0;
  for (unsigned i = 0; i < c->count; i++) own += c->holders[i].lane.own;
  return own;
}

/* ---- ends of threads ---- */

static void a_thread_that_ends_gives_back_no_lane_but_its_own(void **state) {
  (void)state;
  enum { STAY = 20, GO = 20 };
  csn_nonce_lanes *lanes = csn_nonce_lanes_new(SHARDS);
  crew stay, go, late;
  visit one_more = {.lanes = lanes};
  pthread_t thread;
  assert_non_null(lanes);
  assert_true(crew_begin(&go, lanes, GO));
  assert_true(crew_begin(&stay, lanes, STAY));
  crew_end(&go);
  assert_true(crew_begin(&late, lanes, OWN - STAY));
  assert_int_equal(with_own(&stay), STAY);
  assert_int_equal(with_own(&late), OWN - STAY);
  for (unsigned i = 0; i < late.count; i++) assert_false(holds(&stay, &late.holders[i].lane));
  assert_int_equal(pthread_create(&thread, NULL, visit_once, &one_more), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(one_more.own, 0); /* all are held */
  crew_end(&stay);
  crew_end(&late);
  csn_nonce_lanes_free(lanes);
}

/* Two rounds of destructors: the lane's number is given back in the first, in whatever order the keys come. */
typedef struct ending {
  csn_nonce_lanes *lanes;
  pthread_key_t key;
  bool second_round;
  csn_nonce_lane before, after;
} ending;

static void count_at_the_end(void *argument) {
  ending *self = argument;
  if (!self->second_round) {
    self->second_round = true;
    (void)pthread_setspecific(self->key, self);
    return;
  }
  self->after = csn_nonce_lane_of_thread(self->lanes);
  csn_nonce_count(&self->after, 0, CSN_NONCE_FULL);
}

static void *count_and_end(void *argument) {
  ending *self = argument;
  self->before = csn_nonce_lane_of_thread(self->lanes);
  csn_nonce_count(&self->before, 0, CSN_NONCE_FULL);
  return pthread_setspecific(self->key, self) == 0 ? self : NULL;
}

/* By then the lane may be another thread's. */
static void who_has_given_its_lane_back_counts_in_the_shared_one(void **state) {
  (void)state;
  ending e = {.lanes = csn_nonce_lanes_new(SHARDS)};
  csn_nonce_shard_stats stats;
  pthread_t thread;
  void *set;
  assert_non_null(e.lanes);
  assert_int_equal(pthread_key_create(&e.key, count_at_the_end), 0);
  assert_int_equal(pthread_create(&thread, NULL, count_and_end, &e), 0);
  assert_int_equal(pthread_join(thread, &set), 0);
  assert_non_null(set);
  assert_true(e.second_round);
  assert_true(e.before.own);
  assert_false(e.after.own);
  assert_ptr_not_equal(e.after.rows, e.before.rows);
  csn_nonce_counted(e.lanes, 0, &stats);
  assert_int_equal(stats.full, 2);
  assert_int_equal(pthread_key_delete(e.key), 0);
  csn_nonce_lanes_free(e.lanes);
}

/* ---- children ---- */

typedef struct forking {
  csn_nonce_lanes *lanes;
  bool claims; /* before it forks */
} forking;

/* In the child: every lane but the thread's own is free. */
static bool child_has_all_lanes(const forking *self) {
  crew all;
  csn_nonce_lane own = {NULL, false};
  if (self->claims) own = csn_nonce_lane_of_thread(self->lanes);
  if (!crew_begin(&all, self->lanes, self->claims ? OWN - 1 : OWN)) return false;
  bool good = with_own(&all) == all.count && own.own == self->claims && !holds(&all, &own);
  crew_end(&all);
  return good;
}

static void *fork_and_wait(void *argument) {
  forking *self = argument;
  int status = -1;
  if (self->claims) (void)csn_nonce_lane_of_thread(self->lanes);
  pid_t child = fork();
  if (child == 0) _exit(child_has_all_lanes(self) ? 0 : 1);
  if (child < 0 || waitpid(child, &status, 0) != child) return NULL;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? self : NULL;
}

static __attribute__((unused)) void in_a_child_process_the_lanes_of_absent_threads_are_free(void **state) {
  (void)state;
  for (unsigned claims = 0; claims <= 1; claims++) {
    forking f = {.lanes = csn_nonce_lanes_new(SHARDS), .claims = claims != 0};
    crew others, late;
    pthread_t thread;
    void *good;
    assert_non_null(f.lanes);
    assert_true(crew_begin(&others, f.lanes, OWN / 2)); /* so that the thread's own is not the first */
    assert_int_equal(pthread_create(&thread, NULL, fork_and_wait, &f), 0);
    assert_int_equal(pthread_join(thread, &good), 0);
    assert_non_null(good);
    assert_true(crew_begin(&late, f.lanes, OWN / 2)); /* in the parent they are as they were */
    for (unsigned i = 0; i < late.count; i++) assert_false(holds(&others, &late.holders[i].lane));
    crew_end(&late);
    crew_end(&others);
    csn_nonce_lanes_free(f.lanes);
  }
}

/* ---- the shared lane ---- */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { BATCHES = 2000 };
#else
enum { BATCHES = 25000 }; /* were counts lost, some would be in nearly every run */
#endif
enum { SHARERS = 4, BATCH = 64 };

typedef struct sharer {
  csn_nonce_table *table;
  pthread_barrier_t *all_there;
} sharer;

static void *claim_batches(void *argument) {
  const sharer *self = argument;
  csn_nonce_claim claims[BATCH];
  for (size_t i = 0; i < BATCH; i++)
    claims[i] = (csn_nonce_claim){.client_id = client, .nonce = csn_span_str("nonce-12"), .expires = START + 300};
  pthread_barrier_wait(self->all_there);
  for (unsigned i = 0; i < BATCHES; i++) csn_nonce_table_claim_batch(self->table, claims, BATCH, START);
  return NULL;
}

static void batches_of_more_than_64_threads_are_counted_exactly(void **state) {
  (void)state;
  csn_nonce_lanes *lanes = csn_nonce_lanes_new(SHARDS);
  crew first;
  pthread_barrier_t all_there;
  sharer s = {new_table(TINY), &all_there};
  pthread_t threads[SHARERS];
  assert_non_null(lanes);
  assert_true(crew_begin(&first, lanes, OWN));
  assert_int_equal(with_own(&first), OWN);
  assert_int_equal(pthread_barrier_init(&all_there, NULL, SHARERS), 0);
  for (unsigned i = 0; i < SHARERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, claim_batches, &s), 0);
  for (unsigned i = 0; i < SHARERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_int_equal(csn_nonce_table_shards(s.table), 1);
  csn_nonce_shard_stats stats = csn_nonce_table_shard(s.table, 0);
  assert_int_equal(stats.claims, SHARERS * BATCHES * BATCH);
  assert_int_equal(stats.replayed, SHARERS * BATCHES * BATCH - 1);
  crew_end(&first);
  pthread_barrier_destroy(&all_there);
  csn_nonce_table_free(s.table);
  csn_nonce_lanes_free(lanes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_threads_write_no_cache_line_of_another),
      cmocka_unit_test(a_thread_that_ends_gives_its_lane_back),
      cmocka_unit_test(a_thread_that_ends_gives_back_no_lane_but_its_own),
      cmocka_unit_test(who_has_given_its_lane_back_counts_in_the_shared_one),
#ifndef __SANITIZE_THREAD__ /* it allows no threads in the child of a process that has threads */
      cmocka_unit_test(in_a_child_process_the_lanes_of_absent_threads_are_free),
#endif
      cmocka_unit_test(batches_of_more_than_64_threads_are_counted_exactly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
