#include "mac_ways.h"

#include "../core/src/hmac.h"
#include "../core/src/mac_many.h"
#include "block_limit.h"

static void *countersign_open(csn_span secret) {
  csn_key *key = csn_workload_alloc(sizeof *key);
  csn_hmac_set_key(key, secret);
  return key;
}

static void countersign_mac(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  csn_hmac_sha256(self, message, mac);
}

typedef struct job_batch {
  csn_key key;
  csn_mac_job jobs[CSN_MAC_BATCH];
} job_batch;

static void *batch_open(csn_span secret) {
  job_batch *batch = csn_workload_alloc(sizeof *batch);
  csn_hmac_set_key(&batch->key, secret);
  for (size_t i = 0; i < CSN_MAC_BATCH; i++) batch->jobs[i] = (csn_mac_job){.key = &batch->key, .piece_count = 1};
  return batch;
}

static void batch_macs(void *self, const csn_span *messages, size_t count) {
  job_batch *batch = self;
  for (size_t i = 0; i < count; i++) batch->jobs[i].pieces = &messages[i];
  csn_mac_many(batch->jobs, count);
}

static const uint8_t *batch_mac(const void *self, size_t index) {
  return ((const job_batch *)self)->jobs[index].mac;
}

static void *limit_open(csn_span secret) {
  (void)secret;
  return (void *)csn_block_limit_name(); /* chosen now, and not while the time runs */
}

/* Of messages of one length. */
static void limit_take(void *self, const csn_span *messages, size_t count) {
  (void)self;
  csn_block_limit_take(count * csn_blocks_of_hmac(messages[0].len));
}

#define OURS(text) .name = text, .on_curve = true, .open = batch_open, .many = batch_macs, .mac_of = batch_mac
static const csn_mac_way ways[] = {
    {.name = "countersign", .on_curve = true, .open = countersign_open, .mac = countersign_mac},
    {OURS("countersign_batch")},
    {OURS("countersign_batch_openssl"), .backend = CSN_SHA256_OPENSSL},
    {OURS("countersign_batch_avx2"), .backend = CSN_SHA256_AVX2},
    {OURS("countersign_batch_sha_ni"), .backend = CSN_SHA256_SHA_NI},
    {OURS("countersign_batch_avx512"), .backend = CSN_SHA256_AVX512},
    {.name = "limit", .on_curve = true, .open = limit_open, .many = limit_take},
    {.name = "openssl_hmac", .on_curve = true, .open = csn_peer_hmac_open, .mac = csn_peer_hmac},
    {.name = "openssl_evp_mac_fetch", .open = csn_peer_evp_mac_fetch_open, .mac = csn_peer_evp_mac_fetch},
    {.name = "openssl_evp_mac_dup", .open = csn_peer_evp_mac_open, .mac = csn_peer_evp_mac_dup},
    {.name = "openssl_evp_mac_reused", .on_curve = true, .open = csn_peer_evp_mac_open, .mac = csn_peer_evp_mac_reused},
    {.name = "openssl_lowlevel", .on_curve = true, .open = csn_peer_lowlevel_open, .mac = csn_peer_lowlevel},
    {.name = "libsodium", .on_curve = true, .open = csn_peer_sodium_open, .mac = csn_peer_sodium},
    {.name = "libipsec_mb",
     .on_curve = true,
     .open = csn_peer_ipsec_mb_open,
     .least = 1,
     .many = csn_peer_ipsec_mb,
     .mac_of = csn_peer_ipsec_mb_mac},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

const csn_mac_way *csn_mac_way_at(size_t index) {
  return index < WAYS ? &ways[index] : NULL;
}

/* ---- the comparison: messages of 1 to LENGTHS bytes ---- */

enum { LENGTHS = 4 * CSN_MAC_BATCH };

typedef uint8_t mac_bytes[CSN_PEER_MAC_BYTES];

static void make_macs(const csn_mac_way *way, void *self, const csn_span messages[LENGTHS], mac_bytes macs[LENGTHS]) {
  for (size_t i = 0; i < LENGTHS && way->many == NULL; i++) way->mac(self, messages[i], macs[i]);
  for (size_t i = 0; i < LENGTHS && way->many != NULL; i += CSN_MAC_BATCH) {
    way->many(self, &messages[i], CSN_MAC_BATCH);
    for (size_t k = 0; k < CSN_MAC_BATCH; k++) memcpy(macs[i + k], way->mac_of(self, k), CSN_PEER_MAC_BYTES);
  }
}

/* False where the machine does not have it. */
static bool choose_backend(csn_sha256_backend backend) {
  return csn_sha256_backend_has(backend) && csn_sha256_backend_set(backend) == CSN_OK;
}

static void compare(void *const opened[WAYS]) {
  static uint8_t bytes[2 * LENGTHS];
  static mac_bytes ours[LENGTHS], theirs[LENGTHS];
  csn_span messages[LENGTHS];
  csn_workload_bytes(7, bytes, sizeof bytes);
  for (size_t i = 0; i < LENGTHS; i++) messages[i] = csn_span_of(bytes + i, i + 1);
  make_macs(&ways[0], opened[0], messages, ours);
  for (size_t k = 1; k < WAYS; k++) {
    bool is_limit = ways[k].many != NULL && ways[k].mac_of == NULL;
    if (opened[k] == NULL || is_limit || !choose_backend(ways[k].backend)) continue;
    memset(theirs, 0, sizeof theirs);
    make_macs(&ways[k], opened[k], messages, theirs);
    if (memcmp(theirs, ours, sizeof ours) != 0)
      csn_workload_fatal("HMAC-SHA-256: %s and %s disagree", ways[0].name, ways[k].name);
  }
}

void *csn_mac_way_open(const csn_mac_way *way, const char **missing) {
  static void *opened[WAYS];
  if (opened[0] == NULL) {
    for (size_t k = 0; k < WAYS; k++) opened[k] = ways[k].open(csn_workload_secret());
    compare(opened);
  }
  *missing = opened[way - ways] == NULL ? "not installed" : "not on this processor";
  return choose_backend(way->backend) ? opened[way - ways] : NULL;
}

void csn_mac_way_close(void) {
  (void)choose_backend(CSN_SHA256_AUTO);
}
