/* jwt_verify/ALGORITHM: one token of 300 to 600 bytes, from its text to the answer whether it is valid now. cjose and
 * bare OpenSSL answer only whether the signature is right, OpenSSL of bytes that are decoded before.
 *
 * What is wanted of a token beside its bare signature is a few parts in a hundred, less than what two rows of a shared
 * machine differ by when they run minutes apart. So the rows of Countersign that have bare OpenSSL beside them take
 * turns with it, some tens of microseconds each, and have the ratio of the two as a counter. */
#include <countersign/jwt.h>
#include <math.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/src/encoding.h"
#include "block_limit.h"
#include "jwt_peers.h"
#include "peers/peers.h"
#include "shim.h"
#include "subjects.h"
#include "token_key.h"
#include "workload.h"

enum { BATCH = 64, BATCH_SLOW = 4, PAIRS_MAX = 4096 /* of a repetition, that its ratio is the median of */ };

/* One algorithm, and what there is to verify its tokens with. */
typedef struct fixture {
  csn_token_key key;
  csn_token_pool pool;
  csn_keyring *ring;
  csn_jwt_policy policy;
  const void *cjose;
  void *openssl;
  csn_span signed_texts[CSN_POOL_SIZE], signatures[CSN_POOL_SIZE]; /* of each token, as OpenSSL takes them */
} fixture;

typedef struct jwt_algorithm {
  const char *variant;
  csn_alg alg;
  const char *hash; /* what OpenSSL is told; NULL: nothing */
  int padding;
  bool libjwt, cjose, openssl;
  fixture *fixture;
} jwt_algorithm;

static fixture fixtures[6];

/* OpenSSL's HMAC has a subject of its own. */
static const jwt_algorithm algorithms[] = {
    {"hs256", CSN_ALG_HS256, NULL, 0, true, false, false, &fixtures[0]},
    {"rs256", CSN_ALG_RS256, "SHA256", RSA_PKCS1_PADDING, true, true, true, &fixtures[1]},
    {"ps256", CSN_ALG_PS256, "SHA256", RSA_PKCS1_PSS_PADDING, false, true, true, &fixtures[2]},
    {"es256", CSN_ALG_ES256, "SHA256", 0, true, true, true, &fixtures[3]},
    {"es384", CSN_ALG_ES384, "SHA384", 0, true, true, true, &fixtures[4]},
    {"eddsa", CSN_ALG_EdDSA, NULL, 0, false, false, true, &fixtures[5]},
};
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };
_Static_assert(ALGORITHMS == sizeof fixtures / sizeof fixtures[0], "a fixture for each");

/* ---- implementations: whether token number `i` is valid ---- */

typedef bool verify_fn(const jwt_algorithm *algorithm, size_t i, int64_t now);

static bool countersign_verify(const jwt_algorithm *algorithm, size_t i, int64_t now) {
  const fixture *f = algorithm->fixture;
  csn_jwt jwt;
  csn_verdict verdict;
  csn_keyring_reading keys;
  csn_keyring_read_begin(f->ring, &keys);
  csn_jwt_verify(&keys, &f->policy, f->pool.tokens[i], now, &jwt, &verdict);
  csn_keyring_read_end(&keys);
  return csn_accepted(&verdict);
}

static bool libjwt_verify(const jwt_algorithm *algorithm, size_t i, int64_t now) {
  const fixture *f = algorithm->fixture;
  return csn_peer_libjwt_verify(f->key.text, csn_alg_name(algorithm->alg), f->pool.tokens[i], CSN_WORKLOAD_ISSUER,
                                CSN_WORKLOAD_AUDIENCE, now);
}

static bool cjose_verify(const jwt_algorithm *algorithm, size_t i, int64_t now) {
  const fixture *f = algorithm->fixture;
  (void)now;
  return csn_peer_cjose_verify(f->cjose, f->pool.tokens[i]);
}

static bool openssl_verify(const jwt_algorithm *algorithm, size_t i, int64_t now) {
  const fixture *f = algorithm->fixture;
  (void)now;
  return csn_peer_signature_verify(f->openssl, f->signed_texts[i], f->signatures[i]);
}

static bool always(const jwt_algorithm *algorithm) {
  (void)algorithm;
  return true;
}
static bool libjwt_has(const jwt_algorithm *algorithm) {
  return algorithm->libjwt;
}
static bool cjose_has(const jwt_algorithm *algorithm) {
  return algorithm->cjose;
}
static bool openssl_has(const jwt_algorithm *algorithm) {
  return algorithm->openssl;
}

typedef struct jwt_implementation {
  const char *name;
  verify_fn *verify;
  bool (*has)(const jwt_algorithm *algorithm);
  bool reads_claims;
} jwt_implementation;

enum { COUNTERSIGN, LIBJWT, CJOSE, OPENSSL, IMPLEMENTATIONS };
static const jwt_implementation implementations[IMPLEMENTATIONS] = {
    [COUNTERSIGN] = {"countersign", countersign_verify, always, true},
    [LIBJWT] = {"libjwt", libjwt_verify, libjwt_has, true},
    [CJOSE] = {"cjose", cjose_verify, cjose_has, false},
    [OPENSSL] = {"openssl", openssl_verify, openssl_has, false},
};

typedef struct jwt_row {
  const jwt_algorithm *algorithm;
  const jwt_implementation *implementation;
} jwt_row;

static jwt_row rows[ALGORITHMS * IMPLEMENTATIONS];

/* ---- fixtures ---- */

static void open_ring(fixture *f) {
  static const uint8_t seed[16] = {1};
  csn_error error = csn_keyring_new(&f->ring, seed);
  if (error == CSN_OK) error = csn_keyring_add_key(f->ring, &f->key.signer);
  if (error != CSN_OK) csn_workload_fatal("the keyring: %s", csn_error_sentence(error));
}

static bool is_ecdsa(csn_alg alg) {
  return alg == CSN_ALG_ES256 || alg == CSN_ALG_ES384;
}

/* Cuts a token where its signature begins, and decodes that. */
static void prepare_signature(const jwt_algorithm *algorithm, size_t i) {
  fixture *f = algorithm->fixture;
  csn_span token = f->pool.tokens[i];
  const uint8_t *dot = memrchr(token.ptr, '.', token.len);
  csn_span text = csn_span_of(dot + 1, token.len - (size_t)(dot + 1 - token.ptr));
  uint8_t *raw = csn_workload_alloc(csn_base64url_decoded_len(text.len));
  size_t wrong;
  if (!csn_base64url_decode(text, raw, &wrong)) csn_workload_fatal("a token's signature is not base64url");
  csn_span signature = csn_span_of(raw, csn_base64url_decoded_len(text.len));
  f->signed_texts[i] = csn_span_of(token.ptr, (size_t)(dot - token.ptr));
  f->signatures[i] = is_ecdsa(algorithm->alg) ? csn_peer_signature_der(signature) : signature;
}

/* Every token is accepted, and rejected where it has expired and where a byte of its claims is another. */
static void check(const jwt_algorithm *algorithm, const jwt_implementation *implementation) {
  for (size_t i = 0; i < CSN_POOL_SIZE; i += implementation->verify == countersign_verify ? 1 : 16) {
    csn_span token = algorithm->fixture->pool.tokens[i];
    char *signed_byte = (char *)memchr(token.ptr, '.', token.len) + 40;
    char right = *signed_byte;
    bool accepts = implementation->verify(algorithm, i, CSN_WORKLOAD_NOW);
    bool accepts_expired =
        implementation->reads_claims && implementation->verify(algorithm, i, CSN_WORKLOAD_NOW + 3600);
    *signed_byte = right == 'A' ? 'B' : 'A';
    bool accepts_forged = implementation->verify(algorithm, i, CSN_WORKLOAD_NOW);
    *signed_byte = right;
    if (!accepts || accepts_expired || accepts_forged)
      csn_workload_fatal("%s/%s: wrong answer for a token that is %s", algorithm->variant, implementation->name,
                         !accepts          ? "valid"
                         : accepts_expired ? "expired"
                                           : "forged");
  }
}

static void prepare(const jwt_algorithm *algorithm) {
  fixture *f = algorithm->fixture;
  if (f->ring != NULL) return;
  csn_token_key_make(&f->key, algorithm->alg);
  csn_token_pool_make(&f->pool, &f->key.signer);
  f->policy = (csn_jwt_policy){
      .issuer = csn_span_str(CSN_WORKLOAD_ISSUER),
      .audience = csn_span_str(CSN_WORKLOAD_AUDIENCE),
      .required = CSN_CLAIM_EXP,
      .algorithms = 1u << algorithm->alg,
  };
  open_ring(f);
  if (algorithm->cjose) f->cjose = csn_peer_cjose_open(f->key.jwk);
  if (algorithm->openssl) {
    f->openssl = csn_peer_signature_open(f->key.pkey, algorithm->hash, algorithm->padding);
    for (size_t i = 0; i < CSN_POOL_SIZE; i++) prepare_signature(algorithm, i);
  }
  for (size_t i = 0; i < IMPLEMENTATIONS; i++) {
    if (implementations[i].has(algorithm)) check(algorithm, &implementations[i]);
  }
}

/* Verifies the tokens from number `at` on. */
static void verify_batch(const jwt_row *row, size_t at, size_t batch) {
  size_t accepted = 0;
  for (size_t i = 0; i < batch; i++)
    accepted += row->implementation->verify(row->algorithm, (at + i) & (CSN_POOL_SIZE - 1), CSN_WORKLOAD_NOW);
  if (accepted != batch) csn_workload_fatal("%s: a valid token was rejected", row->implementation->name);
}

static void finish(csn_bench *bench, const jwt_row *row, int64_t items) {
  csn_bench_set_items(bench, items);
  csn_bench_counter(bench, "token_bytes", (double)row->algorithm->fixture->pool.tokens[0].len);
  if (!row->implementation->reads_claims) csn_bench_label(bench, "the signature only");
}

static void run(csn_bench *bench, const void *arg) {
  const jwt_row *row = arg;
  if (!row->implementation->has(row->algorithm)) {
    csn_bench_skip(bench, "does not have the algorithm in this version");
    return;
  }
  prepare(row->algorithm);
  size_t batch = row->algorithm->alg == CSN_ALG_HS256 ? BATCH : BATCH_SLOW;
  for (size_t at = 0; csn_bench_next(bench, (int64_t)batch); at += batch) verify_batch(row, at, batch);
  finish(bench, row, csn_bench_iterations(bench));
}

/* ---- side by side with bare OpenSSL ---- */

static double seconds_of(const jwt_row *row, size_t at) {
  uint64_t start = csn_clock_ns();
  verify_batch(row, at, BATCH_SLOW);
  return (double)(csn_clock_ns() - start) * 1e-9;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
  qsort(values, count, sizeof *values, ascending);
  return count == 0 ? NAN : values[count / 2];
}

/* Who begins a pair changes. The row's time is Countersign's alone. */
static void run_beside(csn_bench *bench, const void *arg) {
  static double ratios[PAIRS_MAX];
  const jwt_row *own = arg;
  prepare(own->algorithm);
  const jwt_row bare = {own->algorithm, &implementations[OPENSSL]};
  size_t pairs = 0;
  for (; csn_bench_next(bench, 1); pairs++) {
    size_t at = pairs * BATCH_SLOW;
    double bare_first = pairs % 2 == 0 ? seconds_of(&bare, at) : 0;
    double seconds = seconds_of(own, at);
    double bare_seconds = pairs % 2 == 0 ? bare_first : seconds_of(&bare, at);
    csn_bench_iteration_time(bench, seconds);
    ratios[pairs % PAIRS_MAX] = seconds / bare_seconds;
  }
  finish(bench, own, csn_bench_iterations(bench) * BATCH_SLOW);
  csn_bench_counter(bench, "times_openssl", median(ratios, pairs < PAIRS_MAX ? pairs : PAIRS_MAX));
}

/* ---- HS256, many a call ---- */

static csn_verdict verdicts[BATCH];

/* How many of the tokens from number `at` on are accepted. */
static size_t verify_together(const fixture *f, size_t at, int64_t now) {
  static csn_jwt jwts[BATCH];
  size_t accepted = 0;
  csn_keyring_reading keys;
  csn_keyring_read_begin(f->ring, &keys);
  csn_jwt_verify_batch(&keys, &f->policy, &f->pool.tokens[at], now, jwts, verdicts, BATCH);
  csn_keyring_read_end(&keys);
  for (size_t i = 0; i < BATCH; i++) accepted += csn_accepted(&verdicts[i]);
  return accepted;
}

/* All are accepted, none when they have expired; where one is forged, all but that. */
static void check_together(const fixture *f) {
  for (size_t at = 0; at < CSN_POOL_SIZE; at += BATCH) {
    size_t forged = at / BATCH * 7 % BATCH;
    csn_span token = f->pool.tokens[at + forged];
    char *signed_byte = (char *)memchr(token.ptr, '.', token.len) + 40;
    char right = *signed_byte;
    size_t accepted = verify_together(f, at, CSN_WORKLOAD_NOW);
    size_t accepted_expired = verify_together(f, at, CSN_WORKLOAD_NOW + 3600);
    *signed_byte = right == 'A' ? 'B' : 'A';
    size_t accepted_others = verify_together(f, at, CSN_WORKLOAD_NOW);
    *signed_byte = right;
    if (accepted != BATCH || accepted_expired != 0 || accepted_others != BATCH - 1 || csn_accepted(&verdicts[forged]))
      csn_workload_fatal("hs256/countersign_batch: wrong answers: %zu valid, %zu expired, %zu beside a forged one",
                         accepted, accepted_expired, accepted_others);
  }
}

static void run_together(csn_bench *bench, const void *arg) {
  const jwt_algorithm *algorithm = arg;
  const fixture *f = algorithm->fixture;
  prepare(algorithm);
  check_together(f);
  size_t at = 0;
  while (csn_bench_next(bench, BATCH)) {
    if (verify_together(f, at, CSN_WORKLOAD_NOW) != BATCH) csn_workload_fatal("a valid token was rejected");
    at = (at + BATCH) & (CSN_POOL_SIZE - 1);
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  csn_bench_counter(bench, "token_bytes", (double)f->pool.tokens[0].len);
}

/* The blocks of a token's MAC, and nothing else. */
static void run_limit(csn_bench *bench, const void *arg) {
  const jwt_algorithm *algorithm = arg;
  prepare(algorithm);
  csn_span token = algorithm->fixture->pool.tokens[0];
  const uint8_t *dot = memrchr(token.ptr, '.', token.len);
  size_t blocks = csn_blocks_of_hmac((size_t)(dot - token.ptr));
  csn_bench_label(bench, csn_block_limit_name());
  while (csn_bench_next(bench, BATCH)) csn_block_limit_take(BATCH * blocks);
  csn_bench_counter(bench, "blocks", (double)blocks);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

/* HS256 has the rows of those that take its secret; of the others who lacks the algorithm says so. */
static bool has_row(const jwt_algorithm *algorithm, const jwt_implementation *implementation) {
  return algorithm->alg != CSN_ALG_HS256 || implementation->has(algorithm);
}

static void prepare_for_peers(const void *algorithm) {
  prepare(algorithm);
}

void csn_bench_jwt_verify(void) {
  static const csn_bench_options manual = {.manual_time = true};
  size_t count = 0;
  for (size_t a = 0; a < ALGORITHMS; a++) {
    for (size_t i = 0; i < IMPLEMENTATIONS; i++) {
      char name[64];
      if (!has_row(&algorithms[a], &implementations[i])) continue;
      rows[count] = (jwt_row){&algorithms[a], &implementations[i]};
      snprintf(name, sizeof name, "jwt_verify/%s/%s", algorithms[a].variant, implementations[i].name);
      bool beside = i == COUNTERSIGN && algorithms[a].openssl;
      csn_bench_register(name, beside ? run_beside : run, &rows[count++], beside ? &manual : NULL);
    }
    fixture *f = algorithms[a].fixture;
    csn_bench_jwt_peers(&(csn_jwt_work){.variant = algorithms[a].variant,
                                        .alg = algorithms[a].alg,
                                        .key = &f->key,
                                        .pool = &f->pool,
                                        .prepare = prepare_for_peers,
                                        .arg = &algorithms[a]});
  }
  csn_bench_register("jwt_verify/hs256/countersign_batch", run_together, &algorithms[0], NULL);
  csn_bench_register("jwt_verify/hs256/limit", run_limit, &algorithms[0], NULL);
}
