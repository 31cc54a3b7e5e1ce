/* The nonce table under threads and processes that race for the same nonces. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nonce_support.h"

#if defined(__SANITIZE_THREAD__)
enum { SCALE = 1 };
#else
enum { SCALE = 8 }; /* more rounds where they are cheap */
#endif
enum { THREADS_MAX = 64, ANSWERS = CSN_NONCE_RETENTION + 1 };

/* What the threads of one test share. */
typedef struct shared {
  csn_nonce_table *table;
  atomic_uint *accepted; /* for each nonce, how often it was FRESH */
  atomic_size_t answers[ANSWERS];
  atomic_llong clock; /* seconds after START */
  unsigned threads, rounds;
  int64_t lifetime; /* of what a race leaves, in ticks */
  bool skewed;      /* every other thread's clock is a tick ahead */
  atomic_uint arrived, round;
  pthread_barrier_t barrier;
} shared;

typedef struct worker {
  shared *all;
  unsigned index;
  pthread_t thread;
} worker;

static void note(shared *all, uint64_t nonce, csn_nonce_answer answer) {
  atomic_fetch_add_explicit(&all->answers[answer], 1, memory_order_relaxed);
  if (answer == CSN_NONCE_FRESH) atomic_fetch_add_explicit(&all->accepted[nonce], 1, memory_order_relaxed);
}

static void run_threads(shared *all, unsigned threads, void *(*body)(void *)) {
  worker workers[THREADS_MAX];
  all->threads = threads;
  assert_int_equal(pthread_barrier_init(&all->barrier, NULL, threads), 0);
  for (unsigned i = 0; i < threads; i++) {
    workers[i].all = all;
    workers[i].index = i;
    assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
  }
  for (unsigned i = 0; i < threads; i++) assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
  pthread_barrier_destroy(&all->barrier);
}

static atomic_uint *new_counters(size_t count) {
  atomic_uint *counters =
      mmap(NULL, count * sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(counters, MAP_FAILED);
  return counters;
}

static void free_counters(atomic_uint *counters, size_t count) {
  munmap(counters, count * sizeof *counters);
}

/* ---- many claimants, the same nonces, each in an order of its own ---- */

enum { PRESENTED = 10000 };

static void present_all(csn_nonce_table *table, atomic_uint *accepted, unsigned index) {
  uint64_t stride = 1 + 2 * (uint64_t)(index * 7 % 50); /* odd */
  if (stride % 5 == 0) stride += 2;                     /* and without a factor of PRESENTED */
  for (uint64_t i = 0; i < PRESENTED; i++) {
    uint64_t nonce = (i * stride + index / 2 * 313) % PRESENTED;
    csn_nonce_answer answer = claim_number(table, nonce, START + 300, START + (int64_t)(index % 3));
    if (answer == CSN_NONCE_FRESH) atomic_fetch_add(&accepted[nonce], 1);
    if (answer != CSN_NONCE_FRESH && answer != CSN_NONCE_REPLAYED) atomic_fetch_add(&accepted[PRESENTED], 1);
  }
}

static void *present_all_thread(void *argument) {
  worker *self = argument;
  pthread_barrier_wait(&self->all->barrier);
  present_all(self->all->table, self->all->accepted, self->index);
  return NULL;
}

static void each_was_accepted_once(const atomic_uint *accepted) {
  size_t total = 0;
  for (size_t i = 0; i < PRESENTED; i++) {
    if (accepted[i] != 1) fail_msg("nonce %zu was accepted %u times", i, accepted[i]);
    total += accepted[i];
  }
  assert_int_equal(total, PRESENTED);
  assert_int_equal(accepted[PRESENTED], 0); /* all others were replays */
}

static void sixty_four_threads_get_ten_thousand_acceptances(void **state) {
  (void)state;
  shared all = {.table = new_table(PRESENTED), .accepted = new_counters(PRESENTED + 1)};
  run_threads(&all, 64, present_all_thread);
  each_was_accepted_once(all.accepted);
  assert_int_equal(csn_nonce_table_measure(all.table).live, PRESENTED);
  free_counters(all.accepted, PRESENTED + 1);
  csn_nonce_table_free(all.table);
}

/* ---- processes on one region ---- */

static void *new_shared_region(uint64_t capacity, csn_nonce_table **table) {
  csn_nonce_table_config config = config_of(capacity);
  size_t size = csn_nonce_region_size(capacity);
  void *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(region, MAP_FAILED);
  assert_int_equal(csn_nonce_table_format(table, region, size, &config), CSN_OK);
  return region;
}

static void eight_processes_get_ten_thousand_acceptances(void **state) {
  (void)state;
  enum { PROCESSES = 8 };
  csn_nonce_table *table;
  void *region = new_shared_region(PRESENTED, &table);
  size_t size = csn_nonce_region_size(PRESENTED);
  atomic_uint *accepted = new_counters(PRESENTED + 2);
  pid_t children[PROCESSES];
  for (unsigned i = 0; i < PROCESSES; i++) {
    children[i] = fork();
    assert_true(children[i] >= 0);
    if (children[i] > 0) continue;
    csn_nonce_table *own;
    if (csn_nonce_table_attach(&own, region, size) != CSN_OK) _exit(1);
    atomic_fetch_add(&accepted[PRESENTED + 1], 1);
    while (atomic_load(&accepted[PRESENTED + 1]) < PROCESSES) sched_yield();
    present_all(own, accepted, i);
    csn_nonce_table_free(own);
    _exit(0);
  }
  for (unsigned i = 0; i < PROCESSES; i++) {
    int status;
    assert_int_equal(waitpid(children[i], &status, 0), children[i]);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  each_was_accepted_once(accepted);
  free_counters(accepted, PRESENTED + 2);
  csn_nonce_table_free(table);
  munmap(region, size);
}

enum { KILLS = 20 * SCALE, EACH = 1 << 12 };

/* Claims the nonces from `first` again and again, until it is killed. */
static void claim_for_ever(csn_nonce_table *table, unsigned first, atomic_uint *accepted, atomic_uint *claims) {
  for (unsigned i = 0;; i++) {
    unsigned nonce = first + i % EACH;
    if (claim_number(table, nonce, START + 300, START) == CSN_NONCE_FRESH) atomic_fetch_add(&accepted[nonce], 1);
    atomic_fetch_add(claims, 1);
  }
}

/* Processes that are killed at any moment: each can take one nonce with it, the table goes on. */
static void killed_processes_take_at_most_one_nonce_each(void **state) {
  (void)state;
  csn_nonce_table *table;
  void *region = new_shared_region(KILLS * EACH, &table);
  atomic_uint *accepted = new_counters(KILLS * EACH), *claims = new_counters(KILLS);
  for (unsigned i = 0; i < KILLS; i++) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) claim_for_ever(table, i * EACH, accepted, &claims[i]);
    while (atomic_load(&claims[i]) == 0) sched_yield(); /* killed at work, however late it started */
    usleep(i * 37 % 900);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
  }
  unsigned taken_along = 0, spent = 0;
  for (unsigned i = 0; i < KILLS * EACH; i++) {
    csn_nonce_answer answer = claim_number(table, i, START + 300, START);
    assert_true(accepted[i] <= 1 && (answer == CSN_NONCE_REPLAYED || answer == CSN_NONCE_FRESH));
    if (accepted[i] == 1) assert_int_equal(answer, CSN_NONCE_REPLAYED);
    spent += accepted[i];
    taken_along += answer == CSN_NONCE_REPLAYED && accepted[i] == 0;
  }
  assert_true(spent >= KILLS);
  assert_true(taken_along <= KILLS);
  assert_int_equal(claim_number(table, KILLS * EACH, START + 300, START), CSN_NONCE_FRESH);
  free_counters(accepted, KILLS * EACH);
  free_counters(claims, KILLS);
  csn_nonce_table_free(table);
  munmap(region, csn_nonce_region_size(KILLS * EACH));
}

/* ---- clocks that disagree ---- */

enum {
  WINDOW = 30,   /* seconds */
  SECONDS = 600, /* that the clocks run through */
  A_SECOND = 8,  /* nonces stamped with one second */
  STAMPED = SECONDS * A_SECOND,
};

/* Presents what passes the time check by its own clock, which is up to a window early or late and wanders. */
static void *present_by_own_clock(void *argument) {
  worker *self = argument;
  shared *all = self->all;
  uint64_t seed = self->index + 1;
  pthread_barrier_wait(&all->barrier);
  for (;;) {
    int64_t common = atomic_load_explicit(&all->clock, memory_order_relaxed);
    if (common >= SECONDS) return NULL;
    int64_t now = common + (int64_t)(random_next(&seed) % (2 * WINDOW + 1)) - WINDOW;
    uint64_t nonce = ((uint64_t)common * A_SECOND + random_next(&seed) % (WINDOW * A_SECOND)) % STAMPED;
    if (random_next(&seed) % 2 == 0) nonce = (nonce + STAMPED - WINDOW * A_SECOND) % STAMPED;
    int64_t stamp = (int64_t)(nonce / A_SECOND);
    if (now - stamp <= WINDOW && stamp - now <= WINDOW) {
      note(all, nonce, claim_number(all->table, nonce, START + stamp + WINDOW, START + now));
    }
    if (random_next(&seed) % 1000 == 0) atomic_fetch_add_explicit(&all->clock, 1, memory_order_relaxed);
  }
}

static void none_was_accepted_twice(const shared *all, size_t nonces) {
  for (size_t i = 0; i < nonces; i++) {
    if (all->accepted[i] > 1) fail_msg("nonce %zu was accepted %u times", i, all->accepted[i]);
  }
  assert_int_equal(all->answers[CSN_NONCE_UNAVAILABLE], 0);
  assert_true(all->answers[CSN_NONCE_FRESH] > nonces / 10);
  assert_true(all->answers[CSN_NONCE_REPLAYED] > 0);
  assert_true(all->answers[CSN_NONCE_EXPIRED] > 0);
}

static void clocks_that_disagree_accept_none_twice(void **state) {
  (void)state;
  shared all = {.table = new_table(STAMPED), .accepted = new_counters(STAMPED)};
  run_threads(&all, 8, present_by_own_clock);
  none_was_accepted_twice(&all, STAMPED);
  assert_int_equal(all.answers[CSN_NONCE_FULL], 0);
  free_counters(all.accepted, STAMPED);
  csn_nonce_table_free(all.table);
}

/* ---- 48 slots, which expire and are taken again all the time, most of them in the back yard ---- */

enum { CROWD = 1 << 16, A_STAMP = 8 };

static void *present_in_a_crowd(void *argument) {
  worker *self = argument;
  shared *all = self->all;
  uint64_t seed = self->index + 99;
  pthread_barrier_wait(&all->barrier);
  for (unsigned i = 0; i < all->rounds; i++) {
    int64_t now = atomic_load_explicit(&all->clock, memory_order_relaxed) - (int64_t)(random_next(&seed) % 5);
    int64_t stamp = now - (int64_t)(random_next(&seed) % 3);
    if (stamp < 0) stamp = 0;
    uint64_t nonce = ((uint64_t)stamp * A_STAMP + random_next(&seed) % A_STAMP) % CROWD;
    /* 8 bytes for one stamp: a nonce that comes round in the counter is another one. */
    uint64_t number = (uint64_t)stamp * A_STAMP + nonce % A_STAMP;
    if (number >= CROWD) return NULL;
    note(all, number, claim_number(all->table, number, START + stamp + 4, START + now));
    if (random_next(&seed) % 64 == 0) atomic_fetch_add_explicit(&all->clock, 1, memory_order_relaxed);
  }
  return NULL;
}

static void a_crowded_table_accepts_none_twice(void **state) {
  (void)state;
  for (unsigned threads = 2; threads <= 16; threads *= 2) {
    shared all = {.table = new_table(TINY), .accepted = new_counters(CROWD), .rounds = SCALE * 400000 / 8 / threads};
    run_threads(&all, threads, present_in_a_crowd);
    none_was_accepted_twice(&all, (size_t)(all.clock < CROWD / A_STAMP ? all.clock * A_STAMP : CROWD));
    free_counters(all.accepted, CROWD);
    csn_nonce_table_free(all.table);
  }
}

/* ---- rounds: all start at once, on one nonce ---- */

/* Two threads spin, so that they come within nanoseconds of each other; more would wait for a processor. */
static void meet(shared *all) {
  if (all->threads > 2) {
    pthread_barrier_wait(&all->barrier);
    return;
  }
  unsigned round = atomic_load(&all->round);
  if (atomic_fetch_add(&all->arrived, 1) + 1 == all->threads) {
    atomic_store(&all->arrived, 0);
    atomic_fetch_add(&all->round, 1);
    return;
  }
  for (unsigned spins = 0; atomic_load(&all->round) == round; spins++) {
    if (spins > 2000) sched_yield();
  }
}

/* Every round leaves its words behind, which expire some rounds later: clocks that are a tick apart see other slots
 * free than each other. With about as many live words as the home lines have slots, one claim finds room there and its
 * rival does not. */
static void *race(void *argument) {
  worker *self = argument;
  shared *all = self->all;
  uint64_t seed = self->index + 7;
  for (unsigned round = 0; round < all->rounds; round++) {
    int64_t now = START + (int64_t)round * 4 + (all->skewed ? (int64_t)(self->index % 2) * 4 : 0);
    int64_t expires = START + ((int64_t)round + all->lifetime) * 4 + 3;
    uint64_t delay = random_next(&seed) % 64;
    meet(all);
    for (atomic_uint spins = 0; spins < delay;) atomic_fetch_add(&spins, 1); /* so that any step can meet any other */
    /* One of two that differ: the other leaves more or fewer free slots in the home lines. */
    if (self->index % 4 == 3) (void)claim_number(all->table, UINT64_C(1) << 40 | round, expires, now);
    note(all, round, claim_number(all->table, round, expires, now));
  }
  return NULL;
}

static void race_for(unsigned threads, unsigned rounds, bool skewed, int64_t lifetime) {
  shared all = {.table = new_table(TINY),
                .accepted = new_counters(rounds),
                .rounds = rounds,
                .lifetime = lifetime,
                .skewed = skewed};
  run_threads(&all, threads, race);
  for (unsigned i = 0; i < rounds; i++) {
    if (all.accepted[i] != 1) fail_msg("%u threads, round %u: %u winners", threads, i, all.accepted[i]);
  }
  assert_int_equal(all.answers[CSN_NONCE_FRESH], rounds);
  assert_int_equal(all.answers[CSN_NONCE_REPLAYED], (size_t)rounds * (threads - 1));
  if (lifetime * (threads > 3 ? 2 : 1) > HOME_SLOTS) assert_true(csn_nonce_table_measure(all.table).live > HOME_SLOTS);
  free_counters(all.accepted, rounds);
  csn_nonce_table_free(all.table);
}

static void races_have_one_winner(void **state) {
  (void)state;
  static const int64_t lifetimes[] = {1, 14, 16, 24}; /* ticks: all at home, at the brink, all in the back yard */
  for (unsigned threads = 2; threads <= 8; threads++) {
    for (size_t i = 0; i < COUNT(lifetimes); i++) {
      unsigned rounds = (threads == 2 ? 12000 : 60) * SCALE;
      int64_t lifetime = threads > 3 ? (lifetimes[i] + 1) / 2 : lifetimes[i]; /* two nonces a round */
      race_for(threads, rounds, false, lifetime);
      race_for(threads, rounds, true, lifetime);
    }
  }
}

/* ---- nothing is evicted ---- */

enum { MANY = 20000 };

static void *fill(void *argument) {
  worker *self = argument;
  shared *all = self->all;
  pthread_barrier_wait(&all->barrier);
  for (uint64_t i = self->index; i < MANY; i += all->threads) {
    note(all, i, claim_number(all->table, i, START + 300, START));
  }
  return NULL;
}

static void a_table_filled_by_threads_evicts_nothing(void **state) {
  (void)state;
  shared all = {.table = new_table(MANY / 4), .accepted = new_counters(MANY)};
  run_threads(&all, 8, fill);
  csn_nonce_table_stats stats = csn_nonce_table_measure(all.table);
  assert_int_equal(stats.live, all.answers[CSN_NONCE_FRESH]);
  assert_int_equal(all.answers[CSN_NONCE_FRESH] + all.answers[CSN_NONCE_FULL], MANY);
  assert_true(stats.live * 100 > stats.slots * 95);
  for (uint64_t i = 0; i < MANY; i++) {
    csn_nonce_answer answer = claim_number(all.table, i, START + 300, START + 300);
    if (all.accepted[i] == 1) assert_int_equal(answer, CSN_NONCE_REPLAYED);
  }
  free_counters(all.accepted, MANY);
  csn_nonce_table_free(all.table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sixty_four_threads_get_ten_thousand_acceptances),
      cmocka_unit_test(eight_processes_get_ten_thousand_acceptances),
      cmocka_unit_test(killed_processes_take_at_most_one_nonce_each),
      cmocka_unit_test(clocks_that_disagree_accept_none_twice),
      cmocka_unit_test(a_crowded_table_accepts_none_twice),
      cmocka_unit_test(races_have_one_winner),
      cmocka_unit_test(a_table_filled_by_threads_evicts_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
