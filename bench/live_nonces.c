#include "live_nonces.h"

#include <countersign/nonce_table.h>
#include <countersign/verifier.h>
#include <stdatomic.h>

#include "workload.h"

enum { BATCH = 64, RETENTION = CSN_WINDOW_DEFAULT, LIFE = RETENTION + CSN_NONCE_TICK_SECONDS };

static csn_nonce_table *table; /* NULL: not there yet */
static uint64_t claims_a_second;
static _Atomic uint64_t next;

static int64_t second_of(uint64_t number) {
  return CSN_WORKLOAD_NOW + (int64_t)(number / claims_a_second);
}

static void claim_batch(uint64_t first) {
  csn_nonce_name names[BATCH];
  csn_nonce_claim claims[BATCH];
  int64_t now = second_of(first);
  for (size_t i = 0; i < BATCH; i++) {
    csn_nonce_name_make(&names[i], first + i);
    claims[i] = (csn_nonce_claim){.client_id = csn_span_of(names[i].client, names[i].client_len),
                                  .nonce = csn_span_of(names[i].nonce, CSN_NONCE_BYTES),
                                  .expires = now + RETENTION};
  }
  csn_nonce_table_claim_batch(table, claims, BATCH, now);
  for (size_t i = 0; i < BATCH; i++) {
    if (claims[i].answer != CSN_NONCE_FRESH) csn_workload_fatal("the nonce table refuses what is to fill it");
  }
}

/* A little more than one life of a nonce: from then on as many expire as arrive. */
static void open_table(size_t live) {
  claims_a_second = live / LIFE + 1;
  csn_nonce_table_config config = {.capacity = live, .now = CSN_WORKLOAD_NOW, .fence = CSN_NONCE_NO_FENCE};
  csn_workload_bytes(11, config.seed, sizeof config.seed);
  csn_error error = csn_nonce_table_new(&table, &config);
  if (error != CSN_OK) csn_workload_fatal("the nonce table: %s", csn_error_sentence(error));
  while (next < live + live / 8) {
    claim_batch(next);
    next += BATCH;
  }
}

csn_nonce_store csn_live_nonces(size_t live) {
  if (table == NULL) open_table(live);
  return csn_nonce_table_store(table);
}

double csn_live_nonces_huge_share(void) {
  csn_nonce_memory memory;
  if (table == NULL || csn_nonce_table_memory(table, &memory) != CSN_OK || memory.resident == 0) return 0;
  return (double)memory.huge / (double)memory.resident;
}

uint64_t csn_live_nonces_draw(uint64_t count, int64_t *now) {
  uint64_t first = atomic_fetch_add_explicit(&next, count, memory_order_relaxed);
  *now = second_of(first);
  return first;
}
