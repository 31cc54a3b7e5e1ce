/* What the benchmarks work on: deterministic, so that two runs and two implementations get the same bytes. */
#ifndef CSN_BENCH_WORKLOAD_H
#define CSN_BENCH_WORKLOAD_H

#include <countersign/keyring.h>

/* The UNIX second at which everything is signed and verified; nothing here reads the clock for a date. */
#define CSN_WORKLOAD_NOW INT64_C(1790000000)
#define CSN_WORKLOAD_ISSUER "https://id.example"
#define CSN_WORKLOAD_AUDIENCE "orders"
#define CSN_WORKLOAD_CLIENT "client-7"
#define CSN_WORKLOAD_KEY_ID "2026-a"

/* The output of splitmix64 at position `index`: distinct for distinct indices. */
static inline uint64_t csn_workload_mix(uint64_t index) {
  uint64_t z = (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Fills `out` with bytes that `seed` decides. */
void csn_workload_bytes(uint64_t seed, uint8_t *out, size_t len);

/* Stops the program with one line: a fixture could not be made, or two implementations disagree. */
_Noreturn void csn_workload_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* malloc() or csn_workload_fatal(). */
void *csn_workload_alloc(size_t size) __attribute__((malloc));

/* Messages of one length, one behind the other. */
typedef struct csn_message_pool {
  uint8_t *bytes;
  size_t count;
  size_t len; /* of each */
} csn_message_pool;

enum { CSN_POOL_SIZE = 1024 }; /* a power of two: more than any branch history or cache of results remembers */

csn_message_pool csn_message_pool_make(size_t count, size_t len);
static inline csn_span csn_message_at(const csn_message_pool *pool, size_t index) {
  return csn_span_of(pool->bytes + (index & (pool->count - 1)) * pool->len, pool->len);
}

/* The key of the workload: 32 bytes, for requests and for tokens. csn_workload_secret() is what it was made from. */
csn_span csn_workload_secret(void);
csn_key csn_workload_key(void);

/* Tokens of about 250 bytes and the signature, each with iss, sub, aud, iat, nbf, exp, jti and scope; the jti differs.
 * NUL-terminated for the peers that want it; the spans do not count the NUL. */
typedef struct csn_token_pool {
  char *bytes;
  csn_span tokens[CSN_POOL_SIZE];
} csn_token_pool;

void csn_token_pool_make(csn_token_pool *pool, const csn_key *key); /* they expire in an hour */
void csn_token_pool_make_until(csn_token_pool *pool, const csn_key *key, int64_t expires);

/* The unique name of nonce number `index`: 16 bytes, and a client of 8 to 16 bytes, one of 4096. */
enum { CSN_NONCE_BYTES = 16, CSN_CLIENT_BYTES_MAX = 16 };
typedef struct csn_nonce_name {
  uint8_t nonce[CSN_NONCE_BYTES];
  uint8_t client[CSN_CLIENT_BYTES_MAX];
  size_t client_len;
} csn_nonce_name;

void csn_nonce_name_make(csn_nonce_name *name, uint64_t index);

/* Nanoseconds of the monotonic clock. */
uint64_t csn_clock_ns(void);

/* What reading it adds to a time that is measured with it. */
double csn_clock_cost_ns(void);

/* Cycles of this core in a nanosecond, as it runs now: a chain of additions takes one for each. Some 50 us. */
double csn_clock_gigahertz(void);

/* Latencies in nanoseconds, to about 3 % of their value; 0 to 2^40 ns. */
enum { CSN_LATENCY_SUB = 32, CSN_LATENCY_BUCKETS = CSN_LATENCY_SUB * 36 };
typedef struct csn_latency {
  uint64_t count;
  uint32_t buckets[CSN_LATENCY_BUCKETS];
} csn_latency;

void csn_latency_add(csn_latency *latency, uint64_t ns);
/* The middle of the bucket that holds the quantile (0 to 1); 0 where nothing was added. */
double csn_latency_quantile(const csn_latency *latency, double quantile);

#endif
