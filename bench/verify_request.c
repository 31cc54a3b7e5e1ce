/* verify_request: one signed request, from its view to the verdict, the nonce's claim included; and verify_batch/N: the
 * same of N requests a call.
 *
 * Requests with a nonce claim it in one table of 8 million live nonces, to which as many come as expire. Each request
 * is presented once: when those of a thread have been, the clock stops while they are signed anew, with other nonces
 * and the time to which the table has come. Threads do that together, so that none verifies alone meanwhile. There are
 * as many requests as fit into a core's cache, as what has just come over the network does; the table does not.
 *
 * The row `hmac` makes the MAC of the strings of the same requests and nothing else; `limit` takes the blocks that all
 * hashes of such a request have: of the string, the body and the token. */
#include <countersign/verifier.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/src/hmac.h"
#include "block_limit.h"
#include "live_nonces.h"
#include "request_pool.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { BATCH = 64, REQUESTS = 1024, THREADS = 2, STRING_MAX = 256 };

enum { LINE_PAIR = 128 /* bytes, which processors may fetch together */ };

/* The requests of one thread, which no other writes near. */
typedef struct request_set {
  _Alignas(LINE_PAIR) csn_request *requests; /* NULL: not there yet */
  size_t next;
  int64_t now;
} request_set;

/* A preset, with what its rows share. */
typedef struct verify_kind {
  const char *variant;
  csn_request_kind kind;
  bool has_nonce;
  csn_keyring *ring;
  csn_verifier *verifier; /* NULL: not there yet */
  request_set sets[THREADS];
} verify_kind;

static verify_kind kinds[] = {
    {.variant = "bearer-jwt", .kind = {"bearer-jwt", 0, false}},
    {.variant = "hmac-nonce", .kind = {"hmac-nonce", 0, true}, .has_nonce = true},
    {.variant = "hmac-full", .kind = {"hmac-full", 0, true}, .has_nonce = true},
    {.variant = "jwt-hmac", .kind = {"jwt-hmac", 1, true}, .has_nonce = true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
static verify_kind *const hmac_nonce = &kinds[1];

typedef struct verify_row {
  verify_kind *kind;
  size_t batch;                        /* requests a call; 0: csn_verify() */
  _Atomic size_t arrived[THREADS + 1]; /* of runs with so many threads: a multiple of them between two runs */
} verify_row;

static void must(csn_error error, const verify_kind *kind, const char *what) {
  if (error != CSN_OK) csn_workload_fatal("verify_request/%s: %s: %s", kind->variant, what, csn_error_sentence(error));
}

/* ---- requests ---- */

/* All of them fresh. */
static void renew(const verify_kind *kind, request_set *set) {
  set->next = 0;
  if (!kind->has_nonce) return;
  uint64_t first = csn_live_nonces_draw(REQUESTS, &set->now);
  for (size_t i = 0; i < REQUESTS; i++) csn_request_renew(&set->requests[i], &kind->kind, first + i, set->now);
}

/* `batch` divides REQUESTS. */
static size_t verify_next(const verify_kind *kind, request_set *set, size_t count, size_t batch) {
  size_t accepted = 0;
  csn_verdict verdicts[BATCH];
  for (size_t done = 0; done < count; done += batch == 0 ? 1 : batch) {
    const csn_request *requests = &set->requests[set->next];
    if (batch == 0) {
      csn_verify(kind->verifier, requests, set->now, &verdicts[0]);
      accepted += csn_accepted(&verdicts[0]);
      set->next++;
      continue;
    }
    csn_verify_batch(kind->verifier, requests, verdicts, batch, set->now);
    for (size_t i = 0; i < batch; i++) accepted += csn_accepted(&verdicts[i]);
    set->next += batch;
  }
  return accepted;
}

/* Every request is accepted once; after that, those with a nonce are not, nor those that come too late. */
static void check(const verify_kind *kind, request_set *set, size_t batch) {
  renew(kind, set);
  size_t once = verify_next(kind, set, REQUESTS, batch);
  set->next = 0;
  size_t twice = verify_next(kind, set, REQUESTS, batch);
  csn_verdict late;
  csn_verify(kind->verifier, &set->requests[0], CSN_REQUEST_TOKENS_EXPIRE + 1, &late);
  if (once != REQUESTS || twice != (kind->has_nonce ? 0 : REQUESTS) || csn_accepted(&late))
    csn_workload_fatal("verify_request/%s: wrong verdicts: %zu of %d accepted at first, %zu again, late ones: %s",
                       kind->variant, once, (int)REQUESTS, twice, csn_reason_label(late.reason));
}

/* ---- fixtures ---- */

static void open_set(const verify_kind *kind, request_set *set) {
  set->requests = csn_request_pool_make(&kind->kind, REQUESTS);
  set->now = CSN_WORKLOAD_NOW;
}

static void open_kind(verify_kind *kind) {
  static const uint8_t seed[16] = {2};
  csn_key key = csn_workload_key();
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  must(csn_keyring_new(&kind->ring, seed), kind, "the keyring");
  must(csn_keyring_add_key(kind->ring, &key), kind, "the key");
  config.scheme = csn_scheme_preset(csn_span_str(kind->kind.preset));
  config.keyring = kind->ring;
  config.jwt.issuer = csn_span_str(CSN_WORKLOAD_ISSUER);
  config.jwt.audience = csn_span_str(CSN_WORKLOAD_AUDIENCE);
  config.allow_unsigned_body = true; /* hmac-nonce does not sign it */
  if (kind->has_nonce) config.nonces = csn_live_nonces(CSN_LIVE_NONCES);
  must(csn_verifier_new(&kind->verifier, &config), kind, "the verifier");
  open_set(kind, &kind->sets[0]);
  check(kind, &kind->sets[0], 0);
  check(kind, &kind->sets[0], BATCH);
}

/* The requests of this thread. One thread comes through first, the others wait for it. */
static request_set *prepare(verify_kind *kind, int thread) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  request_set *set = &kind->sets[thread];
  pthread_mutex_lock(&mutex);
  if (kind->verifier == NULL) open_kind(kind);
  if (set->requests == NULL) open_set(kind, set);
  pthread_mutex_unlock(&mutex);
  renew(kind, set);
  return set;
}

/* ---- rows ---- */

/* Waits until all threads are here. Each comes as often as the others. */
static void meet(verify_row *row, size_t threads) {
  _Atomic size_t *arrived = &row->arrived[threads];
  size_t own = atomic_fetch_add_explicit(arrived, 1, memory_order_acq_rel);
  size_t all = (own / threads + 1) * threads;
  while (atomic_load_explicit(arrived, memory_order_acquire) < all) continue;
}

static void run(csn_bench *bench, const void *arg) {
  verify_row *row = (verify_row *)arg;
  verify_kind *kind = row->kind;
  request_set *set = prepare(kind, csn_bench_thread(bench));
  int64_t accepted = 0;
  while (csn_bench_next(bench, BATCH)) {
    if (set->next == REQUESTS) {
      csn_bench_pause(bench);
      renew(kind, set);
      meet(row, (size_t)csn_bench_threads(bench));
      csn_bench_resume(bench);
    }
    accepted += (int64_t)verify_next(kind, set, BATCH, row->batch);
  }
  if (accepted != csn_bench_iterations(bench))
    csn_workload_fatal("verify_request/%s: a valid request was rejected", kind->variant);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  if (kind->has_nonce && csn_bench_thread(bench) == 0)
    csn_bench_counter(bench, "huge_share", csn_live_nonces_huge_share());
}

typedef struct signed_string {
  size_t len;
  uint8_t bytes[STRING_MAX];
} signed_string;

static bool has_value(const csn_request *request, csn_span value) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (csn_span_equal(request->headers[i].value, value)) return true;
  }
  return false;
}

/* The strings of requests, of which each carries the MAC in one of its headers. */
static const signed_string *prepare_strings(const verify_kind *kind, const csn_key *key) {
  static signed_string strings[REQUESTS];
  if (strings[0].len > 0) return strings;
  for (size_t i = 0; i < REQUESTS; i++) {
    void *block;
    uint8_t mac[CSN_SHA256_BYTES];
    char text[2 * CSN_SHA256_BYTES + 1];
    csn_request request = csn_request_make(&kind->kind, i, &block);
    csn_request_string(&kind->kind, i, CSN_WORKLOAD_NOW, strings[i].bytes, STRING_MAX, &strings[i].len);
    csn_hmac_sha256(key, csn_span_of(strings[i].bytes, strings[i].len), mac);
    for (size_t k = 0; k < sizeof mac; k++) snprintf(text + 2 * k, 3, "%02x", mac[k]);
    if (!has_value(&request, csn_span_str(text))) csn_workload_fatal("%s: not its string", kind->variant);
    free(block);
  }
  return strings;
}

static void run_hmac(csn_bench *bench, const void *arg) {
  static csn_key key;
  key = csn_workload_key();
  const signed_string *strings = prepare_strings(arg, &key);
  size_t at = 0;
  while (csn_bench_next(bench, BATCH)) {
    for (size_t i = 0; i < BATCH; i++) {
      uint8_t mac[CSN_SHA256_BYTES];
      const signed_string *string = &strings[at++ & (REQUESTS - 1)];
      csn_hmac_sha256(&key, csn_span_of(string->bytes, string->len), mac);
      csn_bench_keep(mac);
    }
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

/* The bytes of a token that are signed. */
static size_t signed_len(const csn_request *request) {
  for (size_t i = 0; i < request->header_count; i++) {
    csn_span value = request->headers[i].value;
    const uint8_t *dot = memrchr(value.ptr, '.', value.len);
    if (csn_span_equal(request->headers[i].name, csn_span_str("Authorization")) && dot != NULL)
      return (size_t)(dot - value.ptr) - strlen("Bearer ");
  }
  csn_workload_fatal("a request without its token");
}

static size_t blocks_of(const verify_kind *kind) {
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str(kind->kind.preset));
  void *block;
  csn_request request = csn_request_make(&kind->kind, 0, &block);
  size_t blocks = scheme->has_token ? csn_blocks_of_hmac(signed_len(&request)) : 0;
  if (scheme->template_text != NULL) {
    uint8_t string[2 * STRING_MAX];
    size_t len;
    csn_request_string(&kind->kind, 0, CSN_WORKLOAD_NOW, string, sizeof string, &len);
    blocks += csn_blocks_of_hmac(len);
    if (strstr(scheme->template_text, "{body_sha256}") != NULL) blocks += csn_blocks_of_hash(request.body.len);
  }
  free(block);
  return blocks;
}

static void run_limit(csn_bench *bench, const void *arg) {
  size_t blocks = blocks_of(arg);
  csn_bench_label(bench, csn_block_limit_name());
  while (csn_bench_next(bench, BATCH)) csn_block_limit_take(BATCH * blocks);
  csn_bench_counter(bench, "blocks", (double)blocks);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

static void add_row(const char *name, verify_kind *kind, size_t batch, const csn_bench_options *options) {
  enum { ROWS_MAX = 32 };
  static verify_row rows[ROWS_MAX];
  static size_t count;
  if (count == ROWS_MAX) csn_workload_fatal("more than %d rows", (int)ROWS_MAX);
  rows[count].kind = kind;
  rows[count].batch = batch;
  csn_bench_register(name, run, &rows[count++], options);
}

void csn_bench_verify_request(void) {
  const csn_bench_options two_threads = {.threads = {1, 2}}, short_row = {.seconds = 0.05};
  char name[64];
  for (size_t i = 0; i < KINDS; i++) {
    verify_kind *kind = &kinds[i];
    const csn_bench_options *options = kind == hmac_nonce ? &two_threads : NULL;
    snprintf(name, sizeof name, "verify_request/%s/countersign", kind->variant);
    add_row(name, kind, 0, options);
    snprintf(name, sizeof name, "verify_request/%s/countersign_batch", kind->variant);
    add_row(name, kind, BATCH, options);
    snprintf(name, sizeof name, "verify_request/%s/limit", kind->variant);
    csn_bench_register(name, run_limit, kind, NULL);
  }
  csn_bench_register("verify_request/hmac-nonce/hmac", run_hmac, hmac_nonce, NULL);
  for (size_t batch = 1; batch <= BATCH; batch *= 2) {
    snprintf(name, sizeof name, "verify_batch/%zu/countersign", batch);
    add_row(name, hmac_nonce, batch, &short_row);
  }
}
