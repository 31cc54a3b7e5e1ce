#include "workload.h"

#include <countersign/sign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void csn_workload_bytes(uint64_t seed, uint8_t *out, size_t len) {
  uint64_t base = csn_workload_mix(seed);
  for (size_t i = 0; i < len; i += 8) {
    uint64_t word = csn_workload_mix(base + i);
    memcpy(out + i, &word, len - i < 8 ? len - i : 8);
  }
}

void csn_workload_fatal(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("csn-bench: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(EXIT_FAILURE);
}

void *csn_workload_alloc(size_t size) {
  void *memory = malloc(size);
  if (memory == NULL) csn_workload_fatal("no memory for %zu bytes", size);
  return memory;
}

csn_message_pool csn_message_pool_make(size_t count, size_t len) {
  csn_message_pool pool = {csn_workload_alloc(count * len), count, len};
  csn_workload_bytes(len, pool.bytes, count * len);
  return pool;
}

csn_span csn_workload_secret(void) {
  static const char secret[] = "a benchmark's secret of 32 bytes";
  return csn_span_of(secret, sizeof secret - 1);
}

csn_key csn_workload_key(void) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.key_id = csn_span_str(CSN_WORKLOAD_KEY_ID);
  config.client_id = csn_span_str(CSN_WORKLOAD_CLIENT);
  config.secret = csn_workload_secret();
  config.uses = CSN_USE_TOKEN | CSN_USE_REQUEST;
  csn_key key;
  csn_error error = csn_key_init(&key, &config);
  if (error != CSN_OK) csn_workload_fatal("the workload's key: %s", csn_error_sentence(error));
  return key;
}

void csn_token_pool_make(csn_token_pool *pool, const csn_key *key) {
  csn_token_pool_make_until(pool, key, CSN_WORKLOAD_NOW + 3600);
}

void csn_token_pool_make_until(csn_token_pool *pool, const csn_key *key, int64_t expires) {
  enum { ROOM = 1024 };
  pool->bytes = csn_workload_alloc(CSN_POOL_SIZE * ROOM);
  char *at = pool->bytes;
  for (size_t i = 0; i < CSN_POOL_SIZE; i++) {
    char claims[ROOM];
    int written =
        snprintf(claims, sizeof claims,
                 "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld,"
                 "\"jti\":\"%016llx\",\"scope\":\"read write\"}",
                 CSN_WORKLOAD_ISSUER, CSN_WORKLOAD_CLIENT, CSN_WORKLOAD_AUDIENCE, (long long)CSN_WORKLOAD_NOW - 60,
                 (long long)CSN_WORKLOAD_NOW - 60, (long long)expires, (unsigned long long)csn_workload_mix(i));
    size_t len;
    csn_error error = csn_sign_jwt(key, csn_span_of(claims, (size_t)written), (uint8_t *)at, ROOM - 1, &len);
    if (error != CSN_OK) csn_workload_fatal("signing a token: %s", csn_error_sentence(error));
    at[len] = '\0';
    pool->tokens[i] = csn_span_of(at, len);
    at += len + 1;
  }
}

void csn_nonce_name_make(csn_nonce_name *name, uint64_t index) {
  static const uint64_t SECOND_HALF = UINT64_C(1) << 62;
  uint64_t low = csn_workload_mix(index), high = csn_workload_mix(index + SECOND_HALF);
  memcpy(name->nonce, &low, 8);
  memcpy(name->nonce + 8, &high, 8);
  uint64_t client = high >> 52;
  name->client_len = 8 + client % 9;
  memset(name->client, 'c', sizeof name->client);
  for (size_t i = 0; i < 3; i++) name->client[i] = (uint8_t)("0123456789abcdef"[client >> (4 * i) & 15]);
}

uint64_t csn_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

double csn_clock_cost_ns(void) {
  enum { READINGS = 1000 };
  uint64_t start = csn_clock_ns(), end = start;
  for (int i = 0; i < READINGS; i++) end = csn_clock_ns();
  return (double)(end - start) / READINGS;
}

/* Sums of two registers, as a sum with a constant may take no cycle at all. The barriers keep the compiler from putting
 * them together. The shortest of some times is one without an interruption. */
double csn_clock_gigahertz(void) {
  enum { TIMES = 5, TURNS = 1000, SUMS = 32 };
  uint64_t sum = 1, step = 3, least = UINT64_MAX;
  for (int t = 0; t < TIMES; t++) {
    uint64_t start = csn_clock_ns();
    for (int i = 0; i < TURNS; i++) {
      __asm__ volatile("" : "+r"(step));
#pragma GCC unroll 32
      for (int k = 0; k < SUMS; k++) {
        sum += step;
        __asm__ volatile("" : "+r"(sum));
      }
    }
    uint64_t time = csn_clock_ns() - start;
    if (time < least) least = time;
  }
  return (double)(TURNS * SUMS) / (double)least;
}

/* Below CSN_LATENCY_SUB a bucket for each value; above, CSN_LATENCY_SUB buckets for each power of two. */
static size_t latency_bucket(uint64_t ns) {
  if (ns < CSN_LATENCY_SUB) return ns;
  unsigned shift = (unsigned)(63 - __builtin_clzll(ns)) - 5;
  size_t bucket = (size_t)(shift + 1) * CSN_LATENCY_SUB + (size_t)(ns >> shift) - CSN_LATENCY_SUB;
  return bucket < CSN_LATENCY_BUCKETS ? bucket : CSN_LATENCY_BUCKETS - 1;
}

static double latency_middle(size_t bucket) {
  if (bucket < CSN_LATENCY_SUB) return (double)bucket;
  unsigned shift = (unsigned)(bucket / CSN_LATENCY_SUB) - 1;
  return ((double)(bucket % CSN_LATENCY_SUB + CSN_LATENCY_SUB) + 0.5) * (double)(UINT64_C(1) << shift);
}

void csn_latency_add(csn_latency *latency, uint64_t ns) {
  latency->buckets[latency_bucket(ns)]++;
  latency->count++;
}

double csn_latency_quantile(const csn_latency *latency, double quantile) {
  uint64_t rank = (uint64_t)(quantile * (double)latency->count), seen = 0;
  for (size_t i = 0; i < CSN_LATENCY_BUCKETS; i++) {
    seen += latency->buckets[i];
    if (seen > rank) return latency_middle(i);
  }
  return 0;
}
