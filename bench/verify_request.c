/* verify_request: one signed request, from its view to the verdict, the nonce's claim included.
 *
 * The requests were signed before. Where they carry a nonce, each is presented once; when all have been, the clock
 * stops while the nonce table is formatted anew. The table has room for a million, so that its lines are not in the
 * cache. */
#include <countersign/nonce_table.h>
#include <countersign/verifier.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "request_pool.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { BATCH = 64, REQUESTS = 16384, CAPACITY = 1000000 };

typedef struct verify_row {
  const char *name;
  csn_request_kind kind;
  bool has_nonce;
  csn_request *requests;
  csn_keyring *ring;
  csn_nonce_table *nonces;
  csn_verifier *verifier;
  void *region;
  size_t next; /* request; REQUESTS: the nonces are used up */
} verify_row;

static verify_row rows[] = {
    {.name = "verify_request/bearer-jwt/countersign", .kind = {"bearer-jwt", 0, false}},
    {.name = "verify_request/hmac-nonce/countersign", .kind = {"hmac-nonce", 0, false}, .has_nonce = true},
    {.name = "verify_request/jwt-hmac/countersign", .kind = {"jwt-hmac", 1, true}, .has_nonce = true},
};

static void must(csn_error error, const verify_row *row, const char *what) {
  if (error != CSN_OK) csn_workload_fatal("%s: %s: %s", row->name, what, csn_error_sentence(error));
}

static void format_nonces(verify_row *row) {
  size_t size = csn_nonce_region_size(CAPACITY);
  if (row->region == NULL) {
    const size_t huge_page = (size_t)2 << 20;
    size_t rounded = (size + huge_page - 1) & ~(huge_page - 1);
    row->region = aligned_alloc(huge_page, rounded);
    if (row->region == NULL) csn_workload_fatal("%s: no memory for the nonce table", row->name);
    madvise(row->region, rounded, MADV_HUGEPAGE);
  }
  csn_nonce_table_config config = {.capacity = CAPACITY, .now = CSN_WORKLOAD_NOW, .fence = CSN_NONCE_NO_FENCE};
  csn_workload_bytes(1, config.seed, sizeof config.seed);
  csn_nonce_table_free(row->nonces);
  must(csn_nonce_table_format(&row->nonces, row->region, size, &config), row, "the nonce table");
}

/* Makes the nonce table and the verifier anew: every request is fresh again. */
static void start_over(verify_row *row) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str(row->kind.preset));
  config.keyring = row->ring;
  config.jwt.issuer = csn_span_str(CSN_WORKLOAD_ISSUER);
  config.jwt.audience = csn_span_str(CSN_WORKLOAD_AUDIENCE);
  csn_verifier_free(row->verifier);
  if (row->has_nonce) {
    format_nonces(row);
    config.nonces = csn_nonce_table_store(row->nonces);
  }
  must(csn_verifier_new(&row->verifier, &config), row, "the verifier");
  row->next = 0;
}

static size_t verify_next(verify_row *row, size_t count) {
  size_t accepted = 0;
  for (size_t i = 0; i < count; i++) {
    csn_verdict verdict;
    csn_verify(row->verifier, &row->requests[row->next++ & (REQUESTS - 1)], CSN_WORKLOAD_NOW, &verdict);
    accepted += csn_accepted(&verdict);
  }
  return accepted;
}

/* Every request is accepted once; after that, those with a nonce are not, nor those that come too late. */
static void check(verify_row *row) {
  size_t once = verify_next(row, REQUESTS), twice = verify_next(row, REQUESTS);
  csn_verdict late;
  csn_verify(row->verifier, &row->requests[0], CSN_WORKLOAD_NOW + 3600, &late);
  if (once != REQUESTS || twice != (row->has_nonce ? 0 : REQUESTS) || csn_accepted(&late))
    csn_workload_fatal("%s: wrong verdicts: %zu of %d accepted at first, %zu again, late ones: %s", row->name, once,
                       (int)REQUESTS, twice, csn_reason_label(late.reason));
}

static void prepare(verify_row *row) {
  if (row->ring != NULL) return;
  static const uint8_t seed[16] = {2};
  csn_key key = csn_workload_key();
  must(csn_keyring_new(&row->ring, seed), row, "the keyring");
  must(csn_keyring_add_key(row->ring, &key), row, "the key");
  row->requests = csn_request_pool_make(&row->kind, REQUESTS);
  start_over(row);
  check(row);
}

static void run(csn_bench *bench, const void *arg) {
  verify_row *row = (verify_row *)arg;
  prepare(row);
  start_over(row);
  int64_t accepted = 0;
  while (csn_bench_next(bench, BATCH)) {
    if (row->has_nonce && row->next == REQUESTS) {
      csn_bench_pause(bench);
      start_over(row);
      csn_bench_resume(bench);
    }
    accepted += (int64_t)verify_next(row, BATCH);
  }
  if (accepted != csn_bench_iterations(bench)) csn_workload_fatal("%s: a valid request was rejected", row->name);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

void csn_bench_verify_request(void) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) csn_bench_register(rows[i].name, run, &rows[i], NULL);
}
