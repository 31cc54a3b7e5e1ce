/* nonce_claim/live_N: one claim of a fresh nonce, while about N are live and as many expire as arrive.
 *
 * Every claim has a number, and its time follows from the number: the simulated clock goes on by a second every
 * live / RETENTION claims. Threads draw the numbers in blocks, so that drawing them costs nothing and their clocks
 * agree to the second. Making the nonce's bytes from its number, some 1 ns, is in the time of all implementations.
 *
 * The rows limit_* are what the memory takes for that: accesses to random cache lines of as many bytes as the table
 * has, on pages of the same size. They claim nothing: a line is found from a number that is mixed as cheaply as leaves
 * it random, where a claim makes its nonce's bytes and their keyed hash.
 *
 * After filling a set, and after each run, what it holds is looked at outside the time: see check(). */
#include <countersign/nonce_table.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"
#include "nonce_ways.h"
#include "shim.h"
#include "subjects.h"

enum { RETENTION = CSN_WAY_RETENTION, BLOCK = CSN_WAY_BLOCK, LATE_SHARE = 100, REPLAYS = 10000, RENEWALS = 64 };
#define SEED UINT64_C(0x243f6a8885a308d3)

typedef struct size_row {
  const char *name;
  uint64_t live;
  bool on_request;  /* takes minutes */
  double gigabytes; /* that must be free: what all implementations, or on request the largest, take */
} size_row;

static const size_row sizes[] = {
    {"live_64k", 1 << 16, false, 0.5}, {"live_8M", 1 << 23, false, 4.5}, {"live_128M", 1 << 27, true, 18}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

typedef struct fixture {
  char row[64];
  csn_way way;
  const size_row *size;
  void *self; /* NULL: closed */
  uint64_t claims_a_second;
  double huge_share;
  uint64_t renewed; /* numbers before this one are not claimed again */
  /* What all threads write, away from what all read, and from its neighbour line, which the processor may fetch with
   * it. */
  _Alignas(128) _Atomic uint64_t next;
} fixture;

typedef struct row { /* what Google Benchmark keeps */
  fixture *fixture;
} row;

static bool claims(const fixture *f) {
  return f->way.set->claim != NULL;
}

/* The second at which a number is claimed: that of its block. */
static int64_t now_of(const fixture *f, uint64_t number) {
  return CSN_WORKLOAD_NOW + (int64_t)(number / BLOCK * BLOCK / f->claims_a_second);
}

/* The first number that is claimed `seconds` or less before `now`. */
static uint64_t first_since(const fixture *f, int64_t seconds, int64_t now) {
  int64_t since = now - seconds - CSN_WORKLOAD_NOW;
  return since <= 0 ? 0 : ((uint64_t)since * f->claims_a_second + BLOCK - 1) / BLOCK * BLOCK;
}

static void thread_begin(const fixture *f) {
  if (f->way.set->thread_begin != NULL) f->way.set->thread_begin(f->self);
}

static void thread_end(const fixture *f) {
  if (f->way.set->thread_end != NULL) f->way.set->thread_end(f->self);
}

/* ---- checks: each number up to f->next has been claimed, and nobody claims now ---- */

/* Some of those that are live, from the oldest to the newest, must be replays. */
static void check_live(const fixture *f, uint64_t next, int64_t now) {
  uint64_t oldest = first_since(f, RETENTION - 1, now), step = (next - oldest) / REPLAYS + 1;
  for (uint64_t number = oldest; number < next; number += step) {
    if (csn_way_claim(&f->way, f->self, number, now) != CSN_NONCE_REPLAYED)
      csn_workload_fatal("%s: a replay was not refused: %llu claims old, of %llu that live", f->row,
                         (unsigned long long)(next - number), (unsigned long long)(next - oldest));
  }
}

/* The last that have expired must be fresh; they are live again then. All of them, or where a tick's rest and one in
 * some 20 may be remembered for longer, most. */
static void check_expired(fixture *f, int64_t now) {
  int64_t tick = f->way.by_ticks ? CSN_NONCE_TICK_SECONDS - 1 : 0;
  uint64_t end = first_since(f, RETENTION - 1 + tick, now), first = end > RENEWALS ? end - RENEWALS : 0, fresh = 0;
  if (first < f->renewed) return;
  for (uint64_t number = first; number < end; number++)
    fresh += csn_way_claim(&f->way, f->self, number, now) == CSN_NONCE_FRESH;
  f->renewed = end;
  if (fresh < (f->way.by_ticks ? (end - first) / 2 : end - first))
    csn_workload_fatal("%s: of %llu nonces that have expired %llu are fresh", f->row, (unsigned long long)(end - first),
                       (unsigned long long)fresh);
}

static void check(fixture *f) {
  uint64_t next = f->next;
  int64_t now = now_of(f, next - 1);
  check_live(f, next, now);
  check_expired(f, now);
}

/* ---- fixtures ---- */

/* Fills until as many expire as arrive. */
static void fill(fixture *f) {
  uint64_t warm_up = (f->size->live + f->size->live / 8) / BLOCK * BLOCK;
  csn_way_tally t = {0, 0};
  thread_begin(f);
  for (uint64_t first = 0; first < warm_up; first += BLOCK)
    f->way.block(f->way.set, f->self, first, now_of(f, first), &t);
  if (t.fresh != warm_up)
    csn_workload_fatal("%s: %llu fresh nonces were refused", f->row, (unsigned long long)(warm_up - t.fresh));
  f->next = warm_up;
  check(f);
  thread_end(f);
}

/* Opens the set and measures how much of what that took is on huge pages. */
static void open_set(fixture *f) {
  csn_memory_use before = csn_machine_memory();
  f->self = f->way.set->open(f->size->live, SEED);
  if (f->self == NULL) csn_workload_fatal("%s: no memory", f->row);
  if (claims(f)) fill(f);
  csn_memory_use after = csn_machine_memory();
  double taken = after.anonymous - before.anonymous;
  f->huge_share = taken > 0 ? (after.huge - before.huge) / taken : 0;
}

static void close_set(fixture *f) {
  f->way.set->close(f->self);
  f->self = NULL;
}

/* Whether the sets of a size fit into the memory that is available before the first is opened. */
static bool size_fits(const size_row *size) {
  static enum { UNKNOWN, FITS, TOO_LARGE } known[SIZES];
  size_t index = (size_t)(size - sizes);
  if (known[index] == UNKNOWN) {
    double available = csn_machine_memory().available;
    known[index] = available == 0 || available >= size->gigabytes * 1e9 ? FITS : TOO_LARGE;
  }
  return known[index] == FITS;
}

/* Of the sizes on request one set is open at a time. */
static void make_room(fixture *next) {
  static fixture *open;
  if (!next->size->on_request) return;
  if (open != NULL) close_set(open);
  open = next;
}

/* The set of a row that several threads run: one comes through first, the others wait for it. False: too little
 * memory. */
static bool prepare(fixture *f) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  bool fits = size_fits(f->size);
  if (fits && f->self == NULL) {
    make_room(f);
    open_set(f);
  }
  pthread_mutex_unlock(&mutex);
  return fits;
}

/* ---- rows ---- */

static void check_tally(const fixture *f, const csn_way_tally *t, uint64_t done) {
  if (t->fresh + t->expired != done)
    csn_workload_fatal("%s: %llu fresh nonces were refused", f->row,
                       (unsigned long long)(done - t->fresh - t->expired));
  /* A pause of a thread costs as many as it had drawn. */
  if (t->expired > done / LATE_SHARE + 4 * (uint64_t)BLOCK)
    csn_workload_fatal("%s: %llu claims came too late", f->row, (unsigned long long)t->expired);
}

/* For each nonce that is live by its expiry: what is held longer than that takes bytes and is no nonce more. */
static double bytes_per_nonce(const fixture *f) {
  uint64_t next = f->next;
  return (double)f->way.set->bytes(f->self) / (double)(next - first_since(f, RETENTION - 1, now_of(f, next - 1)));
}

static void run(csn_bench *bench, const void *arg) {
  fixture *f = ((const row *)arg)->fixture;
  if (!prepare(f)) {
    csn_bench_skip(bench, "too little memory");
    return;
  }
  bool first_thread = csn_bench_thread(bench) == 0;
  thread_begin(f);
  csn_way_tally t = {0, 0};
  while (csn_bench_next(bench, BLOCK)) {
    uint64_t first = atomic_fetch_add_explicit(&f->next, BLOCK, memory_order_relaxed);
    f->way.block(f->way.set, f->self, first, now_of(f, first), &t);
  }
  /* No thread comes here before all have claimed. */
  if (claims(f) && first_thread) check(f);
  thread_end(f);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  if (first_thread) csn_bench_counter(bench, "huge_share", f->huge_share);
  if (!claims(f)) return;
  if (first_thread && f->way.set->version_and_settings != NULL)
    csn_bench_label(bench, f->way.set->version_and_settings);
  check_tally(f, &t, (uint64_t)csn_bench_iterations(bench));
  csn_bench_counter(bench, "late", (double)t.expired);
  if (first_thread) csn_bench_counter(bench, "bytes_per_nonce", bytes_per_nonce(f));
}

void csn_bench_nonce_claim(void) {
  static fixture fixtures[SIZES][CSN_WAYS];
  static row rows[SIZES][CSN_WAYS];
  const csn_bench_options options = {.threads = {1, 2}};
  bool long_run = getenv("CSN_BENCH_LONG") != NULL;
  for (size_t s = 0; s < SIZES; s++) {
    for (size_t i = 0; i < CSN_WAYS && (long_run || !sizes[s].on_request); i++) {
      fixture *f = &fixtures[s][i];
      f->way = csn_way_at(i);
      f->size = &sizes[s];
      f->claims_a_second = f->size->live / (RETENTION + 2) + 1;
      snprintf(f->row, sizeof f->row, "nonce_claim/%s/%s", f->size->name, f->way.name);
      rows[s][i].fixture = f;
      csn_bench_register(f->row, run, &rows[s][i], &options);
    }
  }
}
