/* Two claims of one nonce while the words of its home lines expire: one finds them live and goes to the back yard, the
 * other finds room. Round after round, both meet within nanoseconds. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "nonce_words.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 12000 };
#else
enum { ROUNDS = 200000 };
#endif
enum {
  RIVALS = 2,
  ROUNDS_MIN = 2000, /* of a match that has no more time */
  MATCH_SECONDS = 5, /* where others use the processors, each meeting takes a scheduler's slice */
};

typedef struct match {
  csn_nonce_table *table;
  bool live;           /* the home words outlast the round; or they end with the tick */
  unsigned past_words; /* at home, so many are past from the start */
  csn_nonce_answer answers[RIVALS];
  uint64_t fresh[RIVALS];   /* rounds that each has won */
  uint64_t two, none, back; /* rounds with so many winners; with a winner in the back yard */
  atomic_uint arrived, turn;
  unsigned played; /* rounds */
  bool over;
  int64_t deadline;
} match;

typedef struct rival {
  match *match;
  unsigned index;
  pthread_t thread;
} rival;

/* Until both are here; whoever comes last does `last` before both go on. */
static void meet(match *m, void (*last)(match *m, unsigned round), unsigned round) {
  unsigned turn = atomic_load(&m->turn);
  if (atomic_fetch_add(&m->arrived, 1) + 1 == RIVALS) {
    atomic_store(&m->arrived, 0);
    if (last != NULL) last(m, round);
    atomic_fetch_add(&m->turn, 1);
    return;
  }
  for (unsigned spins = 0; atomic_load(&m->turn) == turn; spins++)
    if (spins > 2000) sched_yield();
}

static int64_t second_of(unsigned round) {
  return START + (int64_t)round * 2 * CSN_NONCE_TICK_SECONDS;
}

/* Home words of other nonces, and an empty back yard. */
static void prepare(match *m, unsigned round) {
  csn_nonce_key key = key_of_number(m->table, round);
  (void)csn_nonce_advance(m->table, second_of(round));
  for (unsigned i = 0; i < TINY_SLOTS; i++) {
    bool held = i < HOME_SLOTS && i >= m->past_words;
    put(m->table, &key, i, held ? m->live ? 9 : 0 : -1, 0, held ? key.fingerprint ^ (i + 1) : 0);
  }
}

static int64_t monotonic_seconds(void) {
  struct timespec t;
  assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
  return t.tv_sec;
}

/* And says whether that was the last round: the other reads it before the two meet again. */
static void judge(match *m, unsigned round) {
  csn_nonce_key key = key_of_number(m->table, round);
  unsigned winners = 0;
  for (unsigned i = 0; i < RIVALS; i++) {
    winners += m->answers[i] == CSN_NONCE_FRESH;
    m->fresh[i] += m->answers[i] == CSN_NONCE_FRESH;
  }
  m->two += winners > 1;
  m->none += winners == 0;
  bool at_home = false;
  for (unsigned i = 0; i < HOME_SLOTS; i++)
    at_home |= (word_at(m->table, &key, i) & CSN_NONCE_FINGERPRINT_MASK) == key.fingerprint;
  m->back += !at_home;
  m->played = round + 1;
  m->over = m->played == ROUNDS || (m->played >= ROUNDS_MIN && monotonic_seconds() >= m->deadline);
}

/* One of the two begins later, in turn: by so little that any step can meet any other, and now and then when the other
 * is done, so that each has won some rounds whatever the scheduler does. */
static void hold_back(match *m, unsigned index, unsigned round, uint64_t *seed) {
  uint64_t delay = random_next(seed) % 96;
  if (round / 2 % 2 != index) return;
  while (round % 64 < 4 && atomic_load(&m->arrived) == 0) sched_yield();
  for (atomic_uint spins = 0; spins < delay;) atomic_fetch_add(&spins, 1);
}

/* The second rival's clock is a tick ahead. */
static void *contend(void *argument) {
  rival *self = argument;
  match *m = self->match;
  uint64_t seed = self->index + 3;
  for (unsigned round = 0; !m->over; round++) {
    int64_t now = second_of(round) + self->index * CSN_NONCE_TICK_SECONDS;
    meet(m, prepare, round);
    hold_back(m, self->index, round, &seed);
    m->answers[self->index] = claim_number(m->table, round, second_of(round) + 80, now);
    meet(m, judge, round);
  }
  return NULL;
}

static void run_match(match *m) {
  rival rivals[RIVALS];
  m->table = new_table(TINY);
  m->deadline = monotonic_seconds() + MATCH_SECONDS;
  for (unsigned i = 0; i < RIVALS; i++) {
    rivals[i].match = m;
    rivals[i].index = i;
    assert_int_equal(pthread_create(&rivals[i].thread, NULL, contend, &rivals[i]), 0);
  }
  for (unsigned i = 0; i < RIVALS; i++) assert_int_equal(pthread_join(rivals[i].thread, NULL), 0);
  csn_nonce_table_free(m->table);
  assert_true(m->played >= ROUNDS_MIN);
  assert_int_equal(m->two, 0);
  assert_int_equal(m->none, 0);
  assert_true(m->fresh[0] > 0 && m->fresh[1] > 0);
}

static void one_goes_to_the_back_yard_while_the_other_finds_room(void **state) {
  (void)state;
  match m = {0};
  run_match(&m);
  assert_true(m.back > 0 && m.back < m.played);
}

static void both_go_to_the_back_yard(void **state) {
  (void)state;
  match m = {.live = true};
  run_match(&m);
  assert_int_equal(m.back, m.played);
}

static void both_find_the_same_room(void **state) {
  (void)state;
  match m = {.live = true, .past_words = 1};
  run_match(&m);
  assert_int_equal(m.back, 0);
}

static void one_finds_more_room_than_the_other(void **state) {
  (void)state;
  match m = {.past_words = 1};
  run_match(&m);
  assert_int_equal(m.back, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_goes_to_the_back_yard_while_the_other_finds_room),
      cmocka_unit_test(both_go_to_the_back_yard),
      cmocka_unit_test(both_find_the_same_room),
      cmocka_unit_test(one_finds_more_room_than_the_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
