#include "jwt_peers.h"

#include <stdio.h>
#include <stdlib.h>

#include "peers/jwt_process.h"
#include "shim.h"

enum { CHECK_STEP = 16, FIRST_BATCH = 64 };

/* Of one message to the process: beside it the message is nothing, and so is what the process finds no longer cached.
 */
static const uint64_t batch_ns = 10000000;

/* A just-in-time compiler is not done with what it has not seen run for a while: their times stand still after a fifth
 * of a second. */
static const uint64_t warm_up_ns = 500000000;

typedef struct peer_row {
  csn_jwt_work work;
  const csn_jwt_peer *peer;
  csn_process process;
  bool opened;
  size_t batch;
  char absent[CSN_PROCESS_WHY_MAX]; /* why there are no figures */
} peer_row;

static peer_row rows[CSN_JWT_WORKS * CSN_JWT_PEERS];
static size_t row_count;

_Noreturn static void fail(const peer_row *row, const char *why) {
  csn_workload_fatal("%s/%s: its process %s", row->work.variant, row->peer->name, why);
}

static void end_all(void) {
  for (size_t i = 0; i < row_count; i++) csn_process_end(&rows[i].process);
}

static void expect(peer_row *row, csn_span token, int64_t now, csn_jwt_answer wanted, const char *what) {
  csn_jwt_answer answer = csn_jwt_process_judge(&row->process, token, now);
  if (answer == CSN_JWT_FAILED) fail(row, row->process.why);
  if (answer != wanted)
    csn_workload_fatal("%s/%s: wrong answer for a token that is %s", row->work.variant, row->peer->name, what);
}

/* Tokens are accepted, and rejected where they have expired and where a byte of their claims is another. fast-jwt
 * accepts them in the very second of their expiry. */
static void check(peer_row *row) {
  for (size_t i = 0; i < CSN_POOL_SIZE; i += CHECK_STEP) {
    csn_span token = row->work.pool->tokens[i];
    char *signed_byte = (char *)memchr(token.ptr, '.', token.len) + 40;
    char right = *signed_byte;
    expect(row, token, CSN_WORKLOAD_NOW, CSN_JWT_ACCEPTED, "valid");
    expect(row, token, CSN_WORKLOAD_NOW + 3601, CSN_JWT_REJECTED, "expired");
    *signed_byte = right == 'A' ? 'B' : 'A';
    expect(row, token, CSN_WORKLOAD_NOW, CSN_JWT_REJECTED, "forged");
    *signed_byte = right;
  }
}

static uint64_t run_batch(peer_row *row) {
  uint64_t ns;
  if (!csn_jwt_process_run(&row->process, row->batch, &ns)) fail(row, row->process.why);
  return ns;
}

/* Has each token verified at least once, and finds the size of a batch. */
static void warm_up(peer_row *row) {
  row->batch = FIRST_BATCH;
  for (size_t i = 0; i < CSN_POOL_SIZE; i += FIRST_BATCH) run_batch(row);
  for (uint64_t warm = 0; warm < warm_up_ns;) {
    uint64_t ns = run_batch(row);
    if (ns < batch_ns) row->batch *= 2;
    warm += ns;
  }
}

/* True where the peer is installed. */
static bool start(peer_row *row) {
  char folder[CSN_JWT_FOLDER_MAX];
  csn_jwt_terms terms = {row->work.alg, row->work.key->text, CSN_WORKLOAD_ISSUER, CSN_WORKLOAD_AUDIENCE,
                         CSN_WORKLOAD_NOW};
  if (!csn_jwt_peer_folder(folder)) {
    snprintf(row->absent, sizeof row->absent, "not installed: 'make peers' installs it");
    return false;
  }
  if (!csn_jwt_process_open(&row->process, row->peer, folder, &terms)) {
    snprintf(row->absent, sizeof row->absent, "%.*s ('make peers' installs it)", (int)sizeof row->absent - 32,
             row->process.why);
    return false;
  }
  return true;
}

static void open_row(peer_row *row) {
  row->opened = true;
  row->work.prepare(row->work.arg);
  if (!start(row)) return;
  if (!csn_jwt_process_add(&row->process, row->work.pool->tokens, CSN_POOL_SIZE)) fail(row, row->process.why);
  check(row);
  warm_up(row);
}

static void run(csn_bench *bench, const void *arg) {
  peer_row *row = &rows[(const peer_row *)arg - rows];
  if (row->peer->lacks & 1u << row->work.alg) {
    csn_bench_skip(bench, "does not have the algorithm in this version");
    return;
  }
  if (!row->opened) open_row(row);
  if (row->absent[0] != '\0') {
    csn_bench_skip(bench, row->absent);
    return;
  }
  while (csn_bench_next(bench, (int64_t)row->batch)) csn_bench_iteration_time(bench, (double)run_batch(row) * 1e-9);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  csn_bench_counter(bench, "token_bytes", (double)row->work.pool->tokens[0].len);
  if (row->peer->label != NULL) csn_bench_label(bench, row->peer->label);
}

void csn_bench_jwt_peers(const csn_jwt_work *work) {
  static const csn_bench_options options = {.manual_time = true};
  if (row_count == 0) atexit(end_all);
  for (size_t i = 0; i < CSN_JWT_PEERS; i++) {
    char name[64];
    peer_row *row = &rows[row_count++];
    *row = (peer_row){.work = *work, .peer = &csn_jwt_peers[i]};
    snprintf(name, sizeof name, "jwt_verify/%s/%s", work->variant, row->peer->name);
    csn_bench_register(name, run, row, &options);
  }
}
