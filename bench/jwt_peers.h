/* jwt_verify by libraries of other languages, in processes that measure themselves. */
#ifndef CSN_BENCH_JWT_PEERS_H
#define CSN_BENCH_JWT_PEERS_H

#include "token_key.h"
#include "workload.h"

/* The tokens of one algorithm, and the key that the others verify them with. */
typedef struct csn_jwt_work {
  const char *variant;
  csn_alg alg;
  const csn_token_key *key;
  const csn_token_pool *pool;
  void (*prepare)(const void *arg); /* makes both; called before their first use */
  const void *arg;
} csn_jwt_work;

/* Adds a row for each of them. `work` is copied, up to CSN_JWT_WORKS times. */
enum { CSN_JWT_WORKS = 8 };
void csn_bench_jwt_peers(const csn_jwt_work *work);

#endif
