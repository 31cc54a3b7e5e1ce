/* jwt_verify/hs256: one token of about 300 bytes, from its text to the answer whether it is valid now. */
#include <countersign/jwt.h>

#include "peers/peers.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { BATCH = 64 };

static csn_token_pool pool;
static csn_keyring *ring;
static csn_jwt_policy policy = {
    .issuer = CSN_SPAN_LITERAL(CSN_WORKLOAD_ISSUER),
    .audience = CSN_SPAN_LITERAL(CSN_WORKLOAD_AUDIENCE),
    .required = CSN_CLAIM_EXP,
    .algorithms = 1u << CSN_ALG_HS256,
};

static bool countersign_verify(csn_span token, int64_t now) {
  csn_jwt jwt;
  csn_verdict verdict;
  csn_jwt_verify(ring, &policy, token, now, &jwt, &verdict);
  return csn_accepted(&verdict);
}

static bool libjwt_verify(csn_span token, int64_t now) {
  return csn_peer_libjwt_verify(csn_workload_secret(), token, CSN_WORKLOAD_ISSUER, CSN_WORKLOAD_AUDIENCE, now);
}

typedef struct jwt_implementation {
  const char *name;
  bool (*verify)(csn_span token, int64_t now);
} jwt_implementation;

static const jwt_implementation implementations[] = {
    {"jwt_verify/hs256/countersign", countersign_verify},
    {"jwt_verify/hs256/libjwt", libjwt_verify},
};
enum { IMPLEMENTATIONS = sizeof implementations / sizeof implementations[0] };

static void open_ring(void) {
  static const uint8_t seed[16] = {1};
  csn_key key = csn_workload_key();
  csn_error error = csn_keyring_new(&ring, seed);
  if (error == CSN_OK) error = csn_keyring_add_key(ring, &key);
  if (error != CSN_OK) csn_workload_fatal("the keyring: %s", csn_error_sentence(error));
  csn_keyring_freeze(ring);
}

/* All must accept every token, and reject it where it has expired and where its signature is not right. */
static void check(const jwt_implementation *implementation) {
  for (size_t i = 0; i < CSN_POOL_SIZE; i++) {
    csn_span token = pool.tokens[i];
    char *signature = (char *)token.ptr + token.len - 40;
    char right = *signature;
    bool accepts = implementation->verify(token, CSN_WORKLOAD_NOW);
    bool accepts_expired = implementation->verify(token, CSN_WORKLOAD_NOW + 3600);
    *signature = right == 'A' ? 'B' : 'A';
    bool accepts_forged = implementation->verify(token, CSN_WORKLOAD_NOW);
    *signature = right;
    if (!accepts || accepts_expired || accepts_forged)
      csn_workload_fatal("%s: wrong answer for a token that is %s", implementation->name,
                         !accepts          ? "valid"
                         : accepts_expired ? "expired"
                                           : "forged");
  }
}

static void prepare(void) {
  if (ring != NULL) return;
  csn_token_pool_make(&pool);
  open_ring();
  for (size_t i = 0; i < IMPLEMENTATIONS; i++) check(&implementations[i]);
}

static void run(csn_bench *bench, const void *arg) {
  const jwt_implementation *implementation = arg;
  prepare();
  size_t at = 0, accepted = 0;
  while (csn_bench_next(bench, BATCH)) {
    for (size_t i = 0; i < BATCH; i++)
      accepted += implementation->verify(pool.tokens[at++ & (CSN_POOL_SIZE - 1)], CSN_WORKLOAD_NOW);
  }
  if (accepted != at) csn_workload_fatal("%s: a valid token was rejected", implementation->name);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  csn_bench_counter(bench, "token_bytes", (double)pool.tokens[0].len);
}

void csn_bench_jwt_verify(void) {
  for (size_t i = 0; i < IMPLEMENTATIONS; i++)
    csn_bench_register(implementations[i].name, run, &implementations[i], NULL);
}
