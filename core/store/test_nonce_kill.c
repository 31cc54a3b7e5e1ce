/* SIGKILL at random instants, in the middle of claims in a mapped file, while it is opened and while it is made: the
 * file always opens, and no nonce that was accepted is accepted again.
 *
 * A child claims and writes each answer down in memory that it shares with its parent. The parent kills it, opens the
 * file and presents again all that was accepted and has not expired. What was in flight may be spent or not, but is
 * accepted once. The table is too small for what is claimed, so that the back yard is in use, and the clock moves with
 * the claims, so that the sweep is, and ticks come round. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "../src/nonce_layout.h"
#include "nonce_file.h"
#include "test_common.h"

#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 420, CLAIMING_MIN = 300 }; /* a fork takes ten times as long */
#else
enum { ROUNDS = 1400, CLAIMING_MIN = 1000 }; /* kills in all, and while claiming */
#endif

#define NOW INT64_C(1700000000)
enum {
  CAPACITY = 640,       /* 944 slots */
  CLAIMS_A_SECOND = 40, /* with the retention 860 live nonces, were there room for all in their lines */
  RETENTION = 40,
  BATCH_MAX = 24,
  WINDOW = CLAIMS_A_SECOND * (RETENTION + 1), /* claims behind which all have expired */
  LOG = 4096,                                 /* entries; more than the window and a batch */
  ROUNDS_A_JUMP = 8,                          /* of the clock */
  JUMP_MAX = 10000,                           /* seconds: more than the clock counts tick by tick */
};

/* ---- what the child tells its parent ---- */

typedef enum phase { PHASE_STARTING, PHASE_OPENING, PHASE_OPEN } phase;

typedef struct journal {
  _Atomic phase phase;
  _Atomic uint64_t next; /* numbers below have been presented, or are in flight */
  _Atomic uint64_t done; /* numbers below are answered and written down */
  struct {
    uint64_t number;
    csn_nonce_answer answer;
  } log[LOG]; /* a number's entry is its last digits' */
} journal;

static journal *shared;

static struct {
  unsigned claiming, in_flight, opening, making, before_made; /* rounds in which the child died so */
  uint64_t spent, replayed, expired, controls, back;
} seen;

/* ---- nonces by number: when they come and when they expire ---- */

static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

static uint64_t random_state;

static uint64_t random_below(uint64_t n) {
  random_state += UINT64_C(0x9e3779b97f4a7c15);
  return mix(random_state) % n;
}

static int64_t now_of(uint64_t number) {
  return NOW + (int64_t)(number / CLAIMS_A_SECOND);
}
static int64_t expires_of(uint64_t number) {
  return now_of(number) + (int64_t)(mix(number) % RETENTION);
}

static csn_nonce_answer claim_number(csn_nonce_table *table, const char *client, const uint64_t *number, int64_t now) {
  return csn_nonce_table_claim(table, csn_span_str(client), csn_span_of(number, sizeof *number), expires_of(*number),
                               now);
}

/* ---- files ---- */

static char folder[192], path[208], made[208];

static int make_folder(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/csn-kill-XXXXXX", base != NULL && base[0] == '/' ? base : "/tmp");
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED || mkdtemp(folder) == NULL) return -1;
  snprintf(path, sizeof path, "%s/nonces", folder);
  snprintf(made, sizeof made, "%s/made", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const endings[] = {"", ".making"};
  for (size_t i = 0; i < COUNT(endings); i++) {
    char name[224];
    snprintf(name, sizeof name, "%s%s", path, endings[i]);
    (void)unlink(name);
    snprintf(name, sizeof name, "%s%s", made, endings[i]);
    (void)unlink(name);
  }
  munmap(shared, sizeof *shared);
  return rmdir(folder);
}

static csn_error open_file(csn_nonce_table **table, const char *name) {
  csn_nonce_table_config config = {.capacity = CAPACITY, .now = NOW, .seed = {7}, .fence = CSN_NONCE_NO_FENCE};
  return csn_nonce_file_open(table, name, &config);
}

static csn_nonce_table *must_open(const char *name) {
  csn_nonce_table *table = NULL;
  assert_int_equal(open_file(&table, name), CSN_OK);
  return table;
}

/* ---- the child ---- */

static void claim_some(csn_nonce_table *table) {
  csn_nonce_claim claims[BATCH_MAX];
  uint64_t numbers[BATCH_MAX], first = atomic_load(&shared->next);
  size_t count = mix(first) % 4 == 0 ? 1 : 2 + mix(~first) % (BATCH_MAX - 1);
  for (size_t i = 0; i < count; i++) {
    numbers[i] = first + i;
    claims[i] = (csn_nonce_claim){.client_id = csn_span_str("client"),
                                  .nonce = csn_span_of(&numbers[i], sizeof numbers[i]),
                                  .expires = expires_of(numbers[i])};
  }
  atomic_store(&shared->next, first + count);
  if (count == 1) {
    claims[0].answer = claim_number(table, "client", &numbers[0], now_of(first));
  } else {
    csn_nonce_table_claim_batch(table, claims, count, now_of(first));
  }
  for (size_t i = 0; i < count; i++) {
    shared->log[numbers[i] % LOG].answer = CSN_NONCE_UNAVAILABLE; /* what stood there is another number's */
    atomic_signal_fence(memory_order_seq_cst);
    shared->log[numbers[i] % LOG].number = numbers[i];
    atomic_signal_fence(memory_order_seq_cst);
    shared->log[numbers[i] % LOG].answer = claims[i].answer;
  }
  atomic_store(&shared->done, first + count);
}

/* Runs until it is killed; ends by itself where the file does not open. */
_Noreturn static void run_child(const char *name, bool claims) {
  csn_nonce_table *table = NULL;
  alarm(60); /* its parent is gone */
  atomic_store(&shared->phase, PHASE_OPENING);
  if (open_file(&table, name) != CSN_OK) _exit(1);
  atomic_store(&shared->phase, PHASE_OPEN);
  while (claims) claim_some(table);
  for (;;) pause();
}

/* ---- the parent ---- */

static int64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Up to `2^bits` microseconds, of every order of magnitude alike. */
static void wait_at_random(unsigned bits) {
  int64_t us = (int64_t)((UINT64_C(1) << random_below(bits + 1)) / 2 + random_below(16));
  int64_t end = nanoseconds() + us * 1000;
  if (us > 200) usleep((useconds_t)(us - 100)); /* sleeping is not exact */
  while (nanoseconds() < end) continue;
}

/* Starts a child, and kills it at a random time after it has reached the phase. */
static void start_and_kill(const char *name, bool claims, phase after, unsigned bits) {
  int status = 0;
  atomic_store(&shared->phase, PHASE_STARTING);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) run_child(name, claims);
  while (atomic_load(&shared->phase) < after && waitpid(child, &status, WNOHANG) == 0) sched_yield();
  wait_at_random(bits);
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void check_number(csn_nonce_table *table, uint64_t number, uint64_t done, int64_t now) {
  bool known = shared->log[number % LOG].number == number;
  if (number < done && !known) return; /* the clock has jumped over it */
  bool accepted = known && shared->log[number % LOG].answer == CSN_NONCE_FRESH;
  csn_nonce_answer answer = claim_number(table, "client", &number, now);
  if (accepted) {
    assert_int_equal(answer, expires_of(number) < now ? CSN_NONCE_EXPIRED : CSN_NONCE_REPLAYED);
    seen.replayed += answer == CSN_NONCE_REPLAYED;
    seen.expired += answer == CSN_NONCE_EXPIRED;
  } else if (number >= done) { /* it was in flight */
    seen.spent += answer == CSN_NONCE_REPLAYED;
    shared->log[number % LOG].number = number;
    shared->log[number % LOG].answer = answer;
    assert_int_not_equal(claim_number(table, "client", &number, now), CSN_NONCE_FRESH);
  }
}

/* Live words in back lines. */
static uint64_t count_back(const csn_nonce_table *table) {
  const csn_nonce_geometry *geometry = &table->geometry;
  uint64_t clock = csn_atomic_load_relaxed(&table->header->clock), live = 0;
  assert_int_equal(geometry->shards, 1);
  for (uint64_t i = CSN_NONCE_HOME_LINES * geometry->half_lines; i < table->line_count; i++) {
    for (unsigned slot = 0; slot < CSN_NONCE_LINE_SLOTS; slot++)
      live += !csn_nonce_word_expired(csn_atomic_load_relaxed(&table->lines[i].slots[slot]), clock);
  }
  return live;
}

static void check_file(void) {
  csn_nonce_table *table = must_open(path);
  uint64_t next = atomic_load(&shared->next), done = atomic_load(&shared->done);
  assert_true(next - done <= BATCH_MAX);
  seen.back += count_back(table);
  for (uint64_t n = next > WINDOW + BATCH_MAX ? next - WINDOW - BATCH_MAX : 1; n < next; n++)
    check_number(table, n, done, now_of(next));
  /* A nonce of its own is accepted, where there is room, and once. */
  seen.controls += claim_number(table, "control", &next, now_of(next)) == CSN_NONCE_FRESH;
  assert_int_not_equal(claim_number(table, "control", &next, now_of(next)), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

static void kill_while_claiming(unsigned round) {
  if (round % ROUNDS_A_JUMP == 0) atomic_fetch_add(&shared->next, CLAIMS_A_SECOND * random_below(JUMP_MAX));
  atomic_store(&shared->done, atomic_load(&shared->next));
  bool opening = round % 8 == 2;
  start_and_kill(path, true, opening ? PHASE_OPENING : PHASE_OPEN, opening ? 4 + (unsigned)random_below(6) : 12);
  seen.opening += atomic_load(&shared->phase) == PHASE_OPENING;
  seen.claiming += atomic_load(&shared->phase) == PHASE_OPEN;
  seen.in_flight += atomic_load(&shared->next) != atomic_load(&shared->done);
  check_file();
}

/* As if the machine had been started again since. */
static void make_of_another_boot(const uint64_t *number) {
  csn_nonce_table *table = must_open(made);
  assert_int_equal(claim_number(table, "client", number, NOW), CSN_NONCE_FRESH);
  csn_nonce_header *header = table->header;
  header->constants.boot[0] ^= 1;
  header->checksum = csn_nonce_checksum(&header->constants);
  csn_nonce_table_free(table);
}

static ino_t inode_of(const char *name) {
  struct stat status;
  return stat(name, &status) == 0 ? status.st_ino : 0;
}

/* The table is made, or made anew after a restart of the machine. */
static void kill_while_making(void) {
  uint64_t before = 1, number = 2;
  bool anew = random_below(2) == 0;
  if (anew) make_of_another_boot(&before);
  ino_t inode = inode_of(made);
  start_and_kill(made, false, PHASE_OPENING, 14);
  seen.making += atomic_load(&shared->phase) == PHASE_OPENING;
  seen.before_made += inode_of(made) == inode;
  csn_nonce_table *table = must_open(made);
  assert_int_equal(csn_nonce_table_measure(table).live, 0);
  assert_int_equal(claim_number(table, "client", &before, NOW), anew ? CSN_NONCE_FENCED : CSN_NONCE_FRESH);
  int64_t expires = NOW + CSN_NONCE_RETENTION_MAX + 1;
  csn_span nonce = csn_span_of(&number, sizeof number);
  assert_int_equal(csn_nonce_table_claim(table, csn_span_str("client"), nonce, expires, NOW + 1), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
  table = must_open(made);
  assert_int_equal(csn_nonce_table_claim(table, csn_span_str("client"), nonce, expires, NOW + 1), CSN_NONCE_REPLAYED);
  csn_nonce_table_free(table);
  assert_int_equal(unlink(made), 0);
}

static void no_kill_lets_a_nonce_be_accepted_again(void **state) {
  (void)state;
  assert_int_equal(getrandom(&random_state, sizeof random_state, 0), sizeof random_state);
  print_message("seed %#llx\n", (unsigned long long)random_state);
  atomic_store(&shared->next, WINDOW);
  unsigned makings = 0;
  for (unsigned round = 0; round < ROUNDS; round++) {
    bool making = round % 8 == 5;
    makings += making;
    if (making) {
      kill_while_making();
    } else {
      kill_while_claiming(round);
    }
  }
  print_message("%u kills: %u while claiming (%u with claims in flight), %u while opening, %u while making\n", ROUNDS,
                seen.claiming, seen.in_flight, seen.opening, seen.making);
  print_message("%llu claims, %llu replays refused, %llu nonces spent in flight, %llu s\n",
                (unsigned long long)atomic_load(&shared->next), (unsigned long long)seen.replayed,
                (unsigned long long)seen.spent, (unsigned long long)(now_of(atomic_load(&shared->next)) - NOW));
  /* The kills were where they should be, and the checks had something to check. */
  assert_true(seen.claiming >= CLAIMING_MIN && seen.in_flight >= ROUNDS / 4);
  assert_true(seen.opening >= ROUNDS / 400 && seen.making >= makings / 32 && seen.before_made >= makings / 32);
  assert_true(seen.replayed >= ROUNDS * 100 && seen.expired >= ROUNDS && seen.controls >= ROUNDS / 4);
  assert_true(seen.spent > 0 && seen.back >= ROUNDS);
  assert_true(now_of(atomic_load(&shared->next)) - NOW > CSN_NONCE_TICK_SECONDS << CSN_NONCE_TICK_BITS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_kill_lets_a_nonce_be_accepted_again, make_folder, remove_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
