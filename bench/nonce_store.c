/* nonce_store/{depth_1,depth_64}: claims through the interface that the verifier uses, one or 64 in a call.
 *
 * Each store holds about 100,000 live nonces: memory, mapped_file and sqlite_aead drop what has expired by the
 * simulated clock, which goes on with the claims. Redis goes by its own clock and keeps everything; it is emptied and
 * filled again, outside the time, when it holds four times as much.
 *
 * p50_ns and p99_ns are of a call, not of a claim. Reading the clock costs as much as a claim in memory, so for memory
 * and mapped_file they come from a pass of its own behind the timed one; clock_ns is what the clock itself adds to
 * them. */
#include <stdio.h>
#include <string.h>

#include "shim.h"
#include "store_probe.h"
#include "stores.h"
#include "subjects.h"
#include "workload.h"

enum {
  DEPTH_MAX = 64,
  LIVE = CSN_STORE_CAPACITY,
  RETENTION = 601,                                                   /* seconds */
  CLAIMS_A_SECOND = LIVE / (RETENTION - 1 + CSN_NONCE_TICK_SECONDS), /* the table holds them for the rest of a tick */
  FILL_EXPIRING = 2,      /* times LIVE, so that there are expired nonces, too, as in service */
  CLAIMS_A_BATCH = 64,    /* of the timed loop, at either depth */
  LATENCY_CALLS = 1 << 14 /* of the pass for those in memory */
};

/* A store, its data and how far the numbers of its nonces have come; shared by the rows of both depths. */
typedef struct nonce_fixture {
  csn_place place;
  csn_handle handle;
  csn_store_facts facts;
  double bytes_per_nonce;
  uint64_t next;
  bool ready;
} nonce_fixture;

static nonce_fixture fixtures[CSN_STORE_KINDS];

typedef struct nonce_row {
  size_t kind;
  size_t depth;
} nonce_row;

/* Claims the next `depth` nonces in one call; returns how many were fresh. Their time is that of the first. */
static size_t claim_next(nonce_fixture *fixture, size_t depth) {
  csn_nonce_name names[DEPTH_MAX];
  csn_nonce_claim claims[DEPTH_MAX];
  int64_t now = CSN_WORKLOAD_NOW + (int64_t)(fixture->next / CLAIMS_A_SECOND);
  for (size_t i = 0; i < depth; i++) {
    csn_nonce_name_make(&names[i], fixture->next++);
    claims[i] = (csn_nonce_claim){.client_id = csn_span_of(names[i].client, names[i].client_len),
                                  .nonce = csn_span_of(names[i].nonce, CSN_NONCE_BYTES),
                                  .expires = now + RETENTION - 1};
  }
  fixture->handle.nonces.claim(fixture->handle.nonces.self, claims, depth, now);
  size_t fresh = 0;
  for (size_t i = 0; i < depth; i++) fresh += claims[i].answer == CSN_NONCE_FRESH;
  return fresh;
}

/* None should be. A row of many would time refusals. */
static void check_refused(const csn_store_kind *kind, size_t refused, size_t claims) {
  if (refused > claims / 100000 + 1)
    csn_workload_fatal("nonce_store: %s refused %zu of %zu fresh nonces", kind->name, refused, claims);
}

static void fill(const csn_store_kind *kind, nonce_fixture *fixture, size_t count) {
  size_t fresh = 0, claimed = 0;
  for (; claimed < count; claimed += DEPTH_MAX) fresh += claim_next(fixture, DEPTH_MAX);
  check_refused(kind, claimed - fresh, claimed);
}

static void check_replay(const csn_store_kind *kind, nonce_fixture *fixture) {
  fixture->next -= DEPTH_MAX;
  if (claim_next(fixture, DEPTH_MAX) != 0) csn_workload_fatal("nonce_store: %s accepted a replayed nonce", kind->name);
}

/* Those claimed in the retention of the last second; no claim but the fixture's changes them. */
static uint64_t live_by_clock(const nonce_fixture *fixture) {
  uint64_t second = fixture->next / CLAIMS_A_SECOND;
  return second < RETENTION ? fixture->next : fixture->next - (second - RETENTION + 1) * CLAIMS_A_SECOND;
}

static double bytes_per_nonce(const csn_store_kind *kind, nonce_fixture *fixture) {
  uint64_t live = kind->live == NULL ? live_by_clock(fixture) : kind->live(&fixture->place);
  return kind->bytes(&fixture->place) / (double)live;
}

static void prepare(const csn_store_kind *kind, nonce_fixture *fixture) {
  if (!fixture->ready) {
    fixture->facts = csn_store_probe(kind);
    kind->make(&fixture->place, "nonces");
    kind->open(&fixture->place, &fixture->handle);
    fill(kind, fixture, kind->clear == NULL ? FILL_EXPIRING * LIVE : LIVE);
    check_replay(kind, fixture);
    /* Once, and before anything is timed: to weigh a file is to change the state that its next claims meet. */
    fixture->bytes_per_nonce = bytes_per_nonce(kind, fixture);
    fixture->ready = true;
  }
  if (kind->clear != NULL && kind->live(&fixture->place) > 4 * LIVE) {
    kind->clear(&fixture->place);
    fill(kind, fixture, LIVE);
  }
}

static size_t timed_claim(nonce_fixture *fixture, size_t depth, csn_latency *latency) {
  uint64_t start = csn_clock_ns();
  size_t fresh = claim_next(fixture, depth);
  csn_latency_add(latency, csn_clock_ns() - start);
  return fresh;
}

static void report(csn_bench *bench, const csn_store_kind *kind, const nonce_fixture *fixture,
                   const csn_latency *latency) {
  csn_bench_label(bench, kind->configuration);
  csn_bench_counter(bench, "p50_ns", csn_latency_quantile(latency, 0.50));
  csn_bench_counter(bench, "p99_ns", csn_latency_quantile(latency, 0.99));
  csn_bench_counter(bench, "clock_ns", csn_clock_cost_ns());
  csn_bench_counter(bench, "bytes_per_nonce", fixture->bytes_per_nonce);
  csn_bench_counter(bench, "survives_restart", fixture->facts.survives_restart);
  csn_bench_counter(bench, "shared_between_processes", fixture->facts.shared_between_processes);
  csn_bench_counter(bench, "shared_between_hosts", fixture->facts.shared_between_hosts);
  if (fixture->place.table != NULL) csn_bench_counter(bench, "shared_region", fixture->facts.shared_region);
}

static void run(csn_bench *bench, const void *arg) {
  const nonce_row *row = arg;
  const csn_store_kind *kind = &csn_store_kinds[row->kind];
  nonce_fixture *fixture = &fixtures[row->kind];
  if (!kind->installed()) {
    csn_bench_skip(bench, "not installed");
    return;
  }
  prepare(kind, fixture);
  static csn_latency latency;
  memset(&latency, 0, sizeof latency);
  bool in_memory = kind->in_memory;
  size_t fresh = 0, depth = row->depth;
  while (csn_bench_next(bench, CLAIMS_A_BATCH)) {
    for (size_t i = 0; i < CLAIMS_A_BATCH; i += depth)
      fresh += in_memory ? claim_next(fixture, depth) : timed_claim(fixture, depth, &latency);
  }
  size_t claims = (size_t)csn_bench_iterations(bench);
  check_refused(kind, claims - fresh, claims);
  csn_bench_counter(bench, "refused", (double)(claims - fresh));
  for (size_t i = 0; in_memory && i < LATENCY_CALLS; i++) (void)timed_claim(fixture, depth, &latency);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  report(bench, kind, fixture, &latency);
}

void csn_bench_nonce_store(void) {
  static nonce_row rows[2][CSN_STORE_KINDS];
  static const size_t depths[2] = {1, DEPTH_MAX};
  for (size_t i = 0; i < 2; i++) {
    for (size_t k = 0; k < CSN_STORE_KINDS; k++) {
      char name[64];
      rows[i][k] = (nonce_row){k, depths[i]};
      snprintf(name, sizeof name, "nonce_store/depth_%zu/%s", depths[i], csn_store_kinds[k].name);
      csn_bench_register(name, run, &rows[i][k], NULL);
    }
  }
}
