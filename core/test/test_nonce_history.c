/* Threads and processes claim; what they were answered is one that a single table can give: see nonce_history.h. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nonce_history.h"

/* ---- the check by itself ---- */

#define FRESH CSN_NONCE_FRESH
#define REPLAYED CSN_NONCE_REPLAYED
#define FULL CSN_NONCE_FULL
#define EXPIRED CSN_NONCE_EXPIRED

/* Nonces 1 and 2; a claim of nonce 9 is there to move the clock. */
static const struct {
  const char *what;
  violation expected;
  bool crowded;
  event events[4]; /* invoked, answered, nonce, expires, now, answer; of thread 0; until one that is all zero */
} rows[] = {
    {"one of two", VIOLATION_NONE, false, {{1, 4, 1, 9, 0, FRESH, 0}, {2, 3, 1, 9, 0, REPLAYED, 0}}},
    {"one of two, in another order", VIOLATION_NONE, false, {{1, 3, 1, 9, 0, REPLAYED, 0}, {2, 4, 1, 9, 0, FRESH, 0}}},
    {"two nonces", VIOLATION_NONE, false, {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 2, 9, 0, FRESH, 0}}},
    {"both accepted", VIOLATION_TWO_FRESH, false, {{1, 4, 1, 9, 0, FRESH, 0}, {2, 3, 1, 9, 0, FRESH, 0}}},
    {"accepted twice", VIOLATION_TWO_FRESH, false, {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 1, 9, 0, FRESH, 0}}},
    {"twice, one later", VIOLATION_TWO_FRESH, false, {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 1, 30, 11, FRESH, 0}}},
    {"again when it is past", VIOLATION_NONE, false, {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 1, 30, 12, FRESH, 0}}},
    {"again, another moves the clock",
     VIOLATION_NONE,
     false,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 9, 30, 12, FRESH, 0}, {5, 6, 1, 30, 0, FRESH, 0}}},
    {"again, the clock moves afterwards",
     VIOLATION_TWO_FRESH,
     false,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 1, 30, 0, FRESH, 0}, {5, 6, 9, 30, 12, FRESH, 0}}},
    {"the same bytes again, the clock moves meanwhile",
     VIOLATION_TWO_FRESH,
     false,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 6, 1, 9, 0, FRESH, 0}, {4, 5, 9, 30, 12, FRESH, 0}}},
    {"refused before it was presented",
     VIOLATION_REPLAYED_BEFORE,
     false,
     {{1, 2, 1, 9, 0, REPLAYED, 0}, {3, 4, 1, 9, 0, FRESH, 0}}},
    {"refused before, and crowded",
     VIOLATION_REPLAYED_BEFORE,
     true,
     {{1, 2, 1, 9, 0, REPLAYED, 0}, {3, 4, 1, 9, 0, FRESH, 0}}},
    {"both refused", VIOLATION_REPLAYED_LONG, false, {{1, 4, 1, 9, 0, REPLAYED, 0}, {2, 3, 1, 9, 0, REPLAYED, 0}}},
    {"both refused, and crowded",
     VIOLATION_REPLAYED_LONG,
     true,
     {{1, 4, 1, 9, 0, REPLAYED, 0}, {2, 3, 1, 9, 0, REPLAYED, 0}}},
    {"never forgotten",
     VIOLATION_REPLAYED_LONG,
     false,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 9, 30, 12, FRESH, 0}, {5, 6, 1, 30, 12, REPLAYED, 0}}},
    {"forgotten at the end of its tick",
     VIOLATION_NONE,
     false,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 9, 30, 11, FRESH, 0}, {5, 6, 1, 30, 11, REPLAYED, 0}}},
    {"held longer in a crowd",
     VIOLATION_NONE,
     true,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 9, 30, 12, FRESH, 0}, {5, 6, 1, 30, 12, REPLAYED, 0}}},
    {"accepted when it was past",
     VIOLATION_ADMITTED_LATE,
     false,
     {{1, 2, 9, 30, 10, FRESH, 0}, {3, 4, 1, 9, 0, FRESH, 0}}},
    {"refused as a replay when it was past",
     VIOLATION_ADMITTED_LATE,
     false,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 9, 30, 10, FRESH, 0}, {5, 6, 1, 9, 0, REPLAYED, 0}}},
    {"accepted while the clock moved", VIOLATION_NONE, false, {{1, 4, 9, 30, 10, FRESH, 0}, {2, 3, 1, 9, 0, FRESH, 0}}},
    {"expired", VIOLATION_NONE, false, {{1, 2, 9, 30, 10, FRESH, 0}, {3, 4, 1, 9, 0, EXPIRED, 0}}},
    {"expired too early", VIOLATION_EXPIRED_EARLY, false, {{1, 2, 9, 30, 9, FRESH, 0}, {3, 4, 1, 9, 0, EXPIRED, 0}}},
    {"expired before the clock moved",
     VIOLATION_EXPIRED_EARLY,
     false,
     {{1, 2, 1, 9, 0, EXPIRED, 0}, {3, 4, 9, 30, 10, FRESH, 0}}},
    {"full", VIOLATION_NONE, true, {{1, 2, 1, 9, 0, FULL, 0}, {3, 4, 1, 9, 0, FRESH, 0}}},
    {"full where there is room", VIOLATION_FULL, false, {{1, 2, 1, 9, 0, FULL, 0}}},
    {"full, and refused for its word", VIOLATION_NONE, true, {{1, 2, 1, 9, 0, FULL, 0}, {3, 4, 1, 9, 0, REPLAYED, 0}}},
    {"full, though it is held",
     VIOLATION_FULL_THOUGH_HELD,
     true,
     {{1, 2, 1, 9, 0, FRESH, 0}, {3, 4, 1, 9, 0, FULL, 0}}},
    {"full, and it may not be held yet", VIOLATION_NONE, true, {{1, 3, 1, 9, 0, FRESH, 0}, {2, 4, 1, 9, 0, FULL, 0}}},
    {"no answer", VIOLATION_OTHER, true, {{1, 2, 1, 9, 0, CSN_NONCE_UNAVAILABLE, 0}}},
    {"not asked for", VIOLATION_OTHER, true, {{1, 2, 1, 9, 0, CSN_NONCE_RETENTION, 0}}},
};

static void the_check_tells_right_from_wrong(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    event events[COUNT(rows[0].events)];
    history h = {.events = events, .seconds = 100, .crowded = rows[i].crowded};
    memcpy(events, rows[i].events, sizeof events);
    while (h.count < COUNT(events) && events[h.count].answered > 0) h.count++;
    violation found = check_history(&h);
    if (found != rows[i].expected) fail_msg("%s: violation %d", rows[i].what, (int)found);
  }
}

/* ---- claims that are recorded ---- */

enum { CLAIMANTS_MAX = 8, BATCH_MAX = 30 };
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { CLAIMS = 60000 }; /* of all claimants together */
#else
enum { CLAIMS = 160000 };
#endif

typedef csn_nonce_answer claim_function(csn_nonce_table *table, uint64_t nonce, int64_t expires, int64_t now);

/* What threads or processes of one run share: lies in shared memory. */
typedef struct recording {
  _Alignas(64) atomic_ulong stamp;
  _Alignas(64) atomic_llong clock; /* seconds after START */
  atomic_uint ready;
  size_t each; /* claims of one claimant */
  event events[CLAIMS];
} recording;

typedef struct plan {
  uint64_t capacity;
  unsigned claimants;
  bool crowded;      /* the home lines are full most of the time */
  bool processes;    /* instead of threads */
  size_t batch;      /* claims at a time; 0 or 1: one by one */
  bool any_expires;  /* `expires` is not the nonce's own: one nonce comes with many */
  int64_t window;    /* seconds that a nonce may be presented */
  uint64_t a_second; /* nonces stamped with one second; or all nonces, where any_expires */
  claim_function *claim;
} plan;

typedef struct claimant {
  const plan *plan;
  recording *all;
  csn_nonce_table *table;
  unsigned index;
  uint64_t seed;
  pthread_t thread;
} claimant;

/* The next claim: of a nonce that others claim at the same time, by a clock up to 3 s ahead of theirs or behind. */
static void choose(claimant *self, event *e) {
  const struct plan *p = self->plan;
  int64_t common = atomic_load_explicit(&self->all->clock, memory_order_relaxed);
  if (random_next(&self->seed) % 256 == 0) atomic_fetch_add_explicit(&self->all->clock, 1, memory_order_relaxed);
  int64_t back = (int64_t)(random_next(&self->seed) % (uint64_t)p->window);
  int64_t stamp = common > back ? common - back : 0;
  memset(e, 0, sizeof *e);
  e->thread = self->index;
  e->now = common + (int64_t)(self->index % 4) - 1;
  if (p->any_expires) {
    e->nonce = random_next(&self->seed) % p->a_second;
    e->expires = common + back;
  } else {
    e->nonce = (uint64_t)stamp * p->a_second + random_next(&self->seed) % p->a_second;
    e->expires = stamp + p->window;
  }
}

static uint64_t stamp(recording *all) {
  return atomic_fetch_add(&all->stamp, 1) + 1;
}

static void claim_alone(claimant *self, event *e) {
  choose(self, e);
  uint64_t invoked = stamp(self->all);
  e->answer = self->plan->claim(self->table, e->nonce, START + e->expires, START + e->now);
  e->answered = stamp(self->all);
  e->invoked = invoked;
}

static void claim_together(claimant *self, event *events) {
  csn_nonce_claim claims[BATCH_MAX];
  size_t count = self->plan->batch;
  for (size_t i = 0; i < count; i++) {
    choose(self, &events[i]);
    events[i].now = events[0].now;
    csn_nonce_claim c = {client, csn_span_of(&events[i].nonce, sizeof events[i].nonce), START + events[i].expires,
                         CSN_NONCE_UNAVAILABLE};
    claims[i] = c;
  }
  uint64_t invoked = stamp(self->all);
  csn_nonce_table_claim_batch(self->table, claims, count, START + events[0].now);
  uint64_t answered = stamp(self->all);
  for (size_t i = 0; i < count; i++) {
    events[i].invoked = invoked;
    events[i].answered = answered;
    events[i].answer = claims[i].answer;
  }
}

static void *claim_and_record(void *argument) {
  claimant *self = argument;
  event *events = self->all->events + self->index * self->all->each;
  size_t step = self->plan->batch > 1 ? self->plan->batch : 1;
  atomic_fetch_add(&self->all->ready, 1);
  while (atomic_load(&self->all->ready) < self->plan->claimants) sched_yield();
  for (size_t i = 0; i < self->all->each; i += step) {
    if (self->plan->batch > 1) {
      claim_together(self, &events[i]);
    } else {
      claim_alone(self, &events[i]);
    }
  }
  return NULL;
}

static void run_threads(claimant *claimants, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    assert_int_equal(pthread_create(&claimants[i].thread, NULL, claim_and_record, &claimants[i]), 0);
  for (unsigned i = 0; i < count; i++) assert_int_equal(pthread_join(claimants[i].thread, NULL), 0);
}

/* Each with a mapping of its own. */
static void run_processes(claimant *claimants, unsigned count, int fd) {
  pid_t children[CLAIMANTS_MAX];
  for (unsigned i = 0; i < count; i++) {
    children[i] = fork();
    assert_true(children[i] >= 0);
    if (children[i] > 0) continue;
    if (csn_nonce_table_attach_fd(&claimants[i].table, fd) != CSN_OK) _exit(1);
    (void)claim_and_record(&claimants[i]);
    _exit(0);
  }
  for (unsigned i = 0; i < count; i++) {
    int status;
    assert_int_equal(waitpid(children[i], &status, 0), children[i]);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
}

/* Runs, checks, and adds the answers to `answers`. */
static violation record(const plan *p, size_t answers[]) {
  csn_nonce_table_config config = config_of(p->capacity);
  csn_nonce_table *table;
  claimant claimants[CLAIMANTS_MAX];
  int fd = memfd_create("nonces", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(csn_nonce_table_format_fd(&table, fd, &config), CSN_OK);
  recording *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(all, MAP_FAILED);
  all->each = CLAIMS / p->claimants / BATCH_MAX * BATCH_MAX;
  for (unsigned i = 0; i < p->claimants; i++) {
    claimant c = {.plan = p, .all = all, .table = table, .index = i, .seed = i * 77 + 1};
    claimants[i] = c;
  }
  if (p->processes) {
    run_processes(claimants, p->claimants, fd);
  } else {
    run_threads(claimants, p->claimants);
  }
  history h = {all->events, all->each * p->claimants, atomic_load(&all->clock) + 10, p->crowded};
  for (size_t i = 0; i < h.count; i++) answers[h.events[i].answer]++;
  violation found = check_history(&h);
  munmap(all, sizeof *all);
  csn_nonce_table_free(table);
  assert_int_equal(close(fd), 0);
  return found;
}

static const plan roomy = {.capacity = 20000, .window = 20, .a_second = 12, .claim = claim_number};
/* 48 slots for about 60 nonces. */
static const plan tiny = {.capacity = TINY, .crowded = true, .window = 12, .a_second = 3, .claim = claim_number};

static void runs_are_linearizable(const plan *kind, size_t answers[]) {
  for (unsigned claimants = 2; claimants <= CLAIMANTS_MAX; claimants = claimants == 3 ? 8 : claimants + 1) {
    for (unsigned way = 0; way < 5; way++) {
      plan r = *kind;
      r.claimants = claimants;
      r.batch = way == 1 ? 6 : way == 4 ? BATCH_MAX : 1; /* read together; and more than are on their way */
      r.processes = way == 2;
      r.any_expires = way == 3;
      if (r.any_expires) r.a_second *= 20;
      violation found = record(&r, answers);
      if (found != VIOLATION_NONE) fail_msg("violation %d, %u claimants, way %u", (int)found, claimants, way);
    }
  }
}

static void where_there_is_room_histories_are_linearizable(void **state) {
  (void)state;
  size_t answers[CSN_NONCE_RETENTION + 1] = {0};
  runs_are_linearizable(&roomy, answers);
  assert_true(answers[FRESH] > 1000 && answers[REPLAYED] > 1000 && answers[EXPIRED] > 100);
  assert_int_equal(answers[FULL], 0);
}

static void where_the_back_yard_is_full_histories_are_linearizable(void **state) {
  (void)state;
  size_t answers[CSN_NONCE_RETENTION + 1] = {0};
  runs_are_linearizable(&tiny, answers);
  assert_true(answers[FRESH] > 1000 && answers[REPLAYED] > 1000 && answers[EXPIRED] > 100 && answers[FULL] > 100);
}

/* ---- a table that is wrong ---- */

/* Looks, and then writes; what comes between is not seen. */
static csn_nonce_answer look_then_write(csn_nonce_table *table, uint64_t nonce, int64_t expires, int64_t now) {
  csn_nonce_key key = key_of_number(table, nonce);
  uint64_t clock = csn_nonce_advance(table, now);
  csn_atomic *free_slot = NULL;
  if (expires < csn_nonce_clock_seconds(clock)) return CSN_NONCE_EXPIRED;
  for (unsigned i = 0; i < HOME_SLOTS; i++) {
    csn_atomic *slot = &key.lines[i / CSN_NONCE_LINE_SLOTS]->slots[i % CSN_NONCE_LINE_SLOTS];
    uint64_t word = csn_atomic_load_acquire(slot);
    if (csn_nonce_word_expired(word, clock)) {
      free_slot = slot;
    } else if ((word & CSN_NONCE_FINGERPRINT_MASK) == key.fingerprint) {
      return CSN_NONCE_REPLAYED;
    }
  }
  if (random_next(&nonce) % 4 == 0) sched_yield();
  if (free_slot == NULL) return CSN_NONCE_FULL;
  csn_atomic_store_relaxed(free_slot, csn_nonce_word(csn_nonce_tick_of(clock, expires), key.fingerprint));
  return CSN_NONCE_FRESH;
}

/* Forgets what is presented for the second time. */
static csn_nonce_answer forget(csn_nonce_table *table, uint64_t nonce, int64_t expires, int64_t now) {
  csn_nonce_answer answer = claim_number(table, nonce, expires, now);
  if (answer != CSN_NONCE_REPLAYED) return answer;
  csn_nonce_key key = key_of_number(table, nonce);
  for (unsigned i = 0; i < HOME_SLOTS; i++) {
    csn_atomic *slot = &key.lines[i / CSN_NONCE_LINE_SLOTS]->slots[i % CSN_NONCE_LINE_SLOTS];
    if ((csn_atomic_load_acquire(slot) & CSN_NONCE_FINGERPRINT_MASK) == key.fingerprint)
      csn_atomic_store_relaxed(slot, 0);
  }
  return answer;
}

/* Looks whether a claim is past before it looks for its word, which may have gone meanwhile. */
static csn_nonce_answer admit_by_an_old_clock(csn_nonce_table *table, uint64_t nonce, int64_t expires, int64_t now) {
  if (expires < csn_nonce_clock_seconds(csn_nonce_advance(table, now))) return CSN_NONCE_EXPIRED;
  uint64_t seed = nonce ^ (uint64_t)now;
  if (random_next(&seed) % 4 == 0) sched_yield();
  csn_nonce_answer answer = claim_number(table, nonce, expires, now);
  if (answer != CSN_NONCE_EXPIRED) return answer;
  int64_t seconds = csn_nonce_clock_seconds(csn_atomic_load_acquire(&table->header->clock));
  return seconds / CSN_NONCE_TICK_SECONDS > expires / CSN_NONCE_TICK_SECONDS ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED;
}

static csn_nonce_answer refuse_all(csn_nonce_table *table, uint64_t nonce, int64_t expires, int64_t now) {
  csn_nonce_answer answer = claim_number(table, nonce, expires, now);
  return answer == CSN_NONCE_FRESH ? CSN_NONCE_REPLAYED : answer;
}

/* In one of a few runs: the claims have to meet. */
static bool is_found_out(claim_function *claims, int64_t window, violation expected) {
  size_t answers[CSN_NONCE_RETENTION + 1] = {0};
  plan wrong = roomy;
  wrong.claimants = 4;
  wrong.claim = claims;
  wrong.window = window;
  for (unsigned run = 0; run < 50; run++)
    if (record(&wrong, answers) == expected) return true;
  return false;
}

static void tables_that_are_wrong_are_found_out(void **state) {
  (void)state;
  assert_true(is_found_out(look_then_write, roomy.window, VIOLATION_TWO_FRESH));
  assert_true(is_found_out(forget, roomy.window, VIOLATION_TWO_FRESH));
  assert_true(is_found_out(refuse_all, roomy.window, VIOLATION_REPLAYED_LONG));
  assert_true(is_found_out(admit_by_an_old_clock, 5, VIOLATION_TWO_FRESH)); /* many are in their last second */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_check_tells_right_from_wrong),
      cmocka_unit_test(where_there_is_room_histories_are_linearizable),
      cmocka_unit_test(where_the_back_yard_is_full_histories_are_linearizable),
      cmocka_unit_test(tables_that_are_wrong_are_found_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
