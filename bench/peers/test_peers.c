/* The nonce table's peers do its job: what is live is refused, to the last second; what has expired is fresh; of claims
 * at once one wins. Each for all of them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nonce_peer.h"

#define START INT64_C(1700000000)
#define SEED UINT64_C(0x243f6a8885a308d3)

/* The set that a test works on: one at a time, so that it is closed even where the test has failed. */
static struct set {
  const csn_nonce_peer *peer;
  void *self; /* NULL: closed */
  bool begun; /* by the test's own thread */
} set;

static void begin(void) {
  if (set.peer->thread_begin != NULL) set.peer->thread_begin(set.self);
}

static void rest(void) {
  if (set.peer->thread_rest != NULL) set.peer->thread_rest(set.self);
}

static void end(void) {
  if (set.peer->thread_end != NULL) set.peer->thread_end(set.self);
}

static void begin_own(void) {
  begin();
  set.begun = true;
}

static void open_set(const csn_nonce_peer *peer, size_t capacity) {
  set.peer = peer;
  set.self = peer->open(capacity, SEED);
  assert_non_null(set.self);
}

static void close_set(void) {
  if (set.begun) end();
  if (set.self != NULL) set.peer->close(set.self);
  memset(&set, 0, sizeof set);
}

static int teardown(void **state) {
  (void)state;
  close_set();
  return 0;
}

static csn_nonce_answer claim(uint64_t number, int64_t expires, int64_t now) {
  uint64_t nonce[2] = {number * UINT64_C(0x9e3779b97f4a7c15), number};
  return set.peer->claim(set.self, csn_span_str("client-7"), csn_span_of(nonce, sizeof nonce), expires, now);
}

static void expect(uint64_t number, int64_t expires, int64_t now, csn_nonce_answer expected) {
  csn_nonce_answer answer = claim(number, expires, now);
  if (answer != expected)
    fail_msg("%s: number %llu at second %lld: %d, not %d", set.peer->name, (unsigned long long)number,
             (long long)(now - START), (int)answer, (int)expected);
}

/* ---- one thread ---- */

enum { RATE = 500, LIFE = 60, LIVE = RATE * LIFE };

static int64_t second_of(uint64_t number) {
  return START + (int64_t)(number / RATE);
}

/* Through five lifetimes, with all that is live claimed again in many of the seconds, the first of each included: then
 * what expired before has not been removed yet. */
static void live_is_refused_and_expired_is_fresh(const csn_nonce_peer *peer) {
  open_set(peer, LIVE + RATE);
  begin_own();
  for (uint64_t number = 0; number < 5 * LIVE; number++) {
    int64_t now = second_of(number);
    expect(number, now + LIFE - 1, now, CSN_NONCE_FRESH);
    if (number % (7 * RATE) != 0 && number % (11 * RATE) != RATE - 1) continue;
    uint64_t oldest = now - START < LIFE ? 0 : (uint64_t)(now - START - LIFE + 1) * RATE;
    for (uint64_t old = oldest; old <= number; old++) expect(old, now + LIFE - 1, now, CSN_NONCE_REPLAYED);
  }
  close_set();
}

/* At `expires` a replay, in the next second fresh, and then remembered by the new expiry. */
static void an_expiry_is_exact(const csn_nonce_peer *peer) {
  open_set(peer, LIVE);
  begin_own();
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 10, START, CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 99, START + 10, CSN_NONCE_REPLAYED);
  for (uint64_t i = 1000; i-- > 0;) expect(i, START + 20, START + 11, CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 99, START + 20, CSN_NONCE_REPLAYED);
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 99, START + 21, CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 99, START + 21, CSN_NONCE_REPLAYED);
  close_set();
}

/* What arrives later may expire earlier, as threads' clocks differ: it is fresh all the same, and only it. */
static void an_expiry_out_of_order_is_exact(const csn_nonce_peer *peer) {
  open_set(peer, LIVE);
  begin_own();
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 20 - (int64_t)(i % 2) * 10, START, CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < 1000; i++)
    expect(i, START + 30, START + 11, i % 2 == 0 ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH);
  for (uint64_t i = 0; i < 1000; i++)
    expect(i, START + 40, START + 21, i % 2 == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
  for (uint64_t i = 0; i < 1000; i++) expect(i, START + 40, START + 30, CSN_NONCE_REPLAYED);
  close_set();
}

/* Usual lengths take another path than others; no two pairs are one. */
static void identity_is_client_and_nonce(const csn_nonce_peer *peer) {
  static const char text[] = "abcdefghijklmnopqrstuvwxyz";
  open_set(peer, LIVE);
  begin_own();
  for (int round = 0; round < 2; round++) {
    for (size_t client = 0; client <= 20; client++) {
      for (size_t nonce = 0; nonce <= 20; nonce++) {
        csn_span id = csn_span_of(text, client), other = csn_span_of(text, nonce);
        csn_nonce_answer answer = peer->claim(set.self, id, other, START + 10, START);
        assert_int_equal(answer, round == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
      }
    }
  }
  uint8_t bytes[16] = {0}; /* each byte counts */
  for (size_t i = 0; i < 32; i++) {
    bytes[i / 2] ^= (uint8_t)(i % 2 + 1);
    csn_span name = csn_span_of(bytes, sizeof bytes);
    assert_int_equal(peer->claim(set.self, name, csn_span_str("a nonce"), START + 10, START), CSN_NONCE_FRESH);
    assert_int_equal(peer->claim(set.self, name, csn_span_str("a usual nonce"), START + 10, START), CSN_NONCE_FRESH);
    assert_int_equal(peer->claim(set.self, csn_span_str("client-7"), name, START + 10, START), CSN_NONCE_FRESH);
  }
  close_set();
}

static void too_long_is_unavailable(const csn_nonce_peer *peer) {
  static const uint8_t bytes[CSN_ID_MAX + CSN_NONCE_MAX] = {1};
  csn_span longest_id = csn_span_of(bytes, CSN_ID_MAX), longest = csn_span_of(bytes, CSN_NONCE_MAX);
  csn_span long_id = csn_span_of(bytes, CSN_ID_MAX + 1), long_nonce = csn_span_of(bytes, CSN_NONCE_MAX + 1);
  open_set(peer, LIVE);
  begin_own();
  for (int round = 0; round < 2; round++) {
    assert_int_equal(peer->claim(set.self, long_id, longest, START + 10, START), CSN_NONCE_UNAVAILABLE);
    assert_int_equal(peer->claim(set.self, longest_id, long_nonce, START + 10, START), CSN_NONCE_UNAVAILABLE);
    assert_int_equal(peer->claim(set.self, csn_span_str("id"), long_nonce, START + 10, START), CSN_NONCE_UNAVAILABLE);
  }
  assert_int_equal(peer->claim(set.self, longest_id, longest, START + 10, START), CSN_NONCE_FRESH);
  close_set();
}

/* A key and an expiry in a queue, a key or a bucket in the table, and not ten times that; no more as others expire. */
static void bytes_are_those_of_the_load(const csn_nonce_peer *peer) {
  size_t before = 0;
  for (size_t capacity = 1 << 16; capacity <= 1 << 18; capacity *= 2) {
    open_set(peer, capacity);
    begin_own();
    size_t empty = peer->bytes(set.self);
    for (uint64_t i = 0; i < capacity; i++) expect(i, START + 10, START, CSN_NONCE_FRESH);
    size_t full = peer->bytes(set.self);
    assert_in_range(full, capacity * 40, capacity * 400);
    assert_in_range(full, empty, SIZE_MAX);
    assert_in_range(full, before + before / 2, SIZE_MAX);
    for (uint64_t i = 0; i < capacity; i++) expect(capacity + i, START + 30, START + 11, CSN_NONCE_FRESH);
    assert_in_range(peer->bytes(set.self), full, full + full / 4);
    before = full;
    close_set();
  }
}

/* Claims beyond the room are refused, and none of the others is forgotten for them; what expires makes room again. Maps
 * that grow have room for all of these. */
static void a_full_set_forgets_nothing(const csn_nonce_peer *peer) {
  enum { CAPACITY = 10000, CLAIMS = 4 * CAPACITY };
  static csn_nonce_answer answers[CLAIMS];
  open_set(peer, CAPACITY);
  begin_own();
  size_t fresh = 0;
  for (uint64_t i = 0; i < CLAIMS; i++) {
    answers[i] = claim(i, START + 10, START);
    fresh += answers[i] == CSN_NONCE_FRESH;
  }
  bool grows = peer->thread_begin != NULL;
  assert_in_range(fresh, grows ? CLAIMS : CAPACITY, grows ? CLAIMS : CLAIMS - 1);
  for (uint64_t i = 0; i < CLAIMS; i++)
    expect(i, START + 10, START + 10, answers[i] == CSN_NONCE_FRESH ? CSN_NONCE_REPLAYED : CSN_NONCE_FULL);
  for (uint64_t i = 0; i < CAPACITY; i++) expect(CLAIMS + i, START + 20, START + 11, CSN_NONCE_FRESH);
  close_set();
}

/* ---- two threads ---- */

enum { THREADS = 2, SHARED = 50000, ROUNDS = 6, BLOCK = 250 };

typedef struct contest {
  pthread_barrier_t start;
  uint8_t fresh[THREADS][ROUNDS][SHARED];
  uint64_t others; /* neither fresh nor a replay */
} contest;

typedef struct contestant {
  contest *contest;
  size_t index;
} contestant;

/* All at one second, in the same order in even rounds. Each round is one in which all of the last have expired. */
static void *present_all(void *arg) {
  const contestant *own = arg;
  contest *c = own->contest;
  begin();
  for (size_t round = 0; round < ROUNDS; round++) {
    int64_t now = START + 10 * (int64_t)round;
    pthread_barrier_wait(&c->start);
    for (size_t i = 0; i < SHARED; i++) {
      size_t number = round % 2 == 1 && own->index == 1 ? SHARED - 1 - i : i;
      csn_nonce_answer answer = claim(number, now + 9, now);
      c->fresh[own->index][round][number] = answer == CSN_NONCE_FRESH;
      if (answer != CSN_NONCE_FRESH && answer != CSN_NONCE_REPLAYED)
        __atomic_add_fetch(&c->others, 1, __ATOMIC_RELAXED);
      if (i % BLOCK == BLOCK - 1) rest();
    }
  }
  end();
  return NULL;
}

static void of_claims_at_once_one_is_fresh(const csn_nonce_peer *peer) {
  static contest all; /* large, and not leaked where the test fails */
  contest *c = memset(&all, 0, sizeof all);
  open_set(peer, 2 * SHARED);
  pthread_barrier_init(&c->start, NULL, THREADS);
  contestant own[THREADS];
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    own[i] = (contestant){c, i};
    assert_int_equal(pthread_create(&threads[i], NULL, present_all, &own[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&c->start);
  size_t wrong = 0;
  for (size_t round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < SHARED; i++) wrong += c->fresh[0][round][i] + c->fresh[1][round][i] != 1;
  }
  if (wrong != 0) fail_msg("%s: %zu nonces were fresh twice, or never", peer->name, wrong);
  assert_int_equal(c->others, 0);
  begin_own(); /* what ended threads left expires, too */
  for (uint64_t i = 0; i < SHARED; i++) expect(i, START + 1000, START + 10 * ROUNDS, CSN_NONCE_FRESH);
  close_set();
}

/* ---- threads that end, and threads that wait ---- */

enum { EACH = 100000, LIVES = 4, SLACK_BLOCKS = 2 * 20, BLOCK_BYTES = 32 << 10 };

/* Both have a queue of their own, as they begin before either ends. */
static void *claim_own_share(void *arg) {
  const contestant *own = arg;
  begin();
  pthread_barrier_wait(&own->contest->start);
  for (uint64_t i = 0; i < EACH; i++) {
    csn_nonce_answer answer = claim(own->index * EACH + i, START + 10, START);
    if (answer != CSN_NONCE_FRESH) __atomic_add_fetch(&own->contest->others, 1, __ATOMIC_RELAXED);
    if (i % BLOCK == BLOCK - 1) rest();
  }
  end();
  return NULL;
}

/* What two threads left, of which a third takes up one queue, makes room for as much again, and again. Beyond that are
 * blocks that wait for a grace period, or are begun. */
static void what_ended_threads_left_makes_room(const csn_nonce_peer *peer) {
  contest c = {.others = 0};
  open_set(peer, THREADS * EACH);
  pthread_barrier_init(&c.start, NULL, THREADS);
  contestant own[THREADS];
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    own[i] = (contestant){&c, i};
    assert_int_equal(pthread_create(&threads[i], NULL, claim_own_share, &own[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&c.start);
  assert_int_equal(c.others, 0);
  size_t left = peer->bytes(set.self);
  begin_own();
  for (uint64_t i = THREADS * EACH; i < LIVES * THREADS * EACH; i++) {
    int64_t now = START + 11 * (int64_t)(i / (THREADS * EACH));
    expect(i, now + 10, now, CSN_NONCE_FRESH);
  }
  assert_in_range(peer->bytes(set.self), 0, left + SLACK_BLOCKS * BLOCK_BYTES);
  close_set();
}

typedef struct waiting {
  uint64_t others;
  bool done;
} waiting;

/* Enough blocks of nodes for a grace period, which the last claim takes out of the table. */
static void *claim_and_expire(void *arg) {
  waiting *w = arg;
  begin();
  for (uint64_t i = 1; i <= LIVE; i++) w->others += claim(i, START + 10, START) != CSN_NONCE_FRESH;
  w->others += claim(LIVE + 1, START + 30, START + 11) != CSN_NONCE_FRESH;
  __atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
  end();
  return NULL;
}

/* Where threads have to rest: nodes are not used again while one that has claimed does not, as it might read them. */
static void nodes_wait_for_a_thread_that_does_not_rest(const csn_nonce_peer *peer) {
  if (peer->thread_rest == NULL) return;
  waiting w = {0};
  pthread_t thread;
  open_set(peer, LIVE);
  begin_own();
  expect(0, START + 10, START, CSN_NONCE_FRESH);
  assert_int_equal(pthread_create(&thread, NULL, claim_and_expire, &w), 0);
  for (int turn = 0; turn < 50 && !__atomic_load_n(&w.done, __ATOMIC_ACQUIRE); turn++) usleep(10000);
  bool waited = !__atomic_load_n(&w.done, __ATOMIC_ACQUIRE);
  rest();
  pthread_join(thread, NULL);
  assert_true(waited);
  assert_int_equal(w.others, 0);
  close_set();
}

/* ---- each for all peers ---- */

#define FOR_ALL(name)                                                                  \
  static void name##_for_all(void **state) {                                           \
    (void)state;                                                                       \
    for (size_t peer = 0; peer < CSN_NONCE_PEERS; peer++) name(csn_nonce_peers[peer]); \
  }

#define TEST(name) cmocka_unit_test_teardown(name##_for_all, teardown)

FOR_ALL(live_is_refused_and_expired_is_fresh)
FOR_ALL(an_expiry_is_exact)
FOR_ALL(an_expiry_out_of_order_is_exact)
FOR_ALL(identity_is_client_and_nonce)
FOR_ALL(too_long_is_unavailable)
FOR_ALL(bytes_are_those_of_the_load)
FOR_ALL(a_full_set_forgets_nothing)
FOR_ALL(of_claims_at_once_one_is_fresh)
FOR_ALL(what_ended_threads_left_makes_room)
FOR_ALL(nodes_wait_for_a_thread_that_does_not_rest)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(live_is_refused_and_expired_is_fresh),
      TEST(an_expiry_is_exact),
      TEST(an_expiry_out_of_order_is_exact),
      TEST(identity_is_client_and_nonce),
      TEST(too_long_is_unavailable),
      TEST(bytes_are_those_of_the_load),
      TEST(a_full_set_forgets_nothing),
      TEST(of_claims_at_once_one_is_fresh),
      TEST(what_ended_threads_left_makes_room),
      TEST(nodes_wait_for_a_thread_that_does_not_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
