/* The nonce table's memory: its size, its header, and the handles on it. */
#include <stdlib.h>
#include <sys/mman.h>

#include <xxhash.h>

#include "ct.h"
#include "hmac.h"
#include "nonce_table.h"

enum {
  BUCKET_ALIGNMENT = 64, /* bytes: a cache line */
  /* Filled once, two choices of 8 slots overflow at about 90 %. Where nonces come and go all the time the buckets are
   * less even: 1 claim in 900 was FULL at 70 %, 1 in 400,000 at 60 %, none in 30 million at 55 %, where the mean field
   * of the process says 1 in 20 million. */
  DESIGN_LOAD_PERCENT = 55,
};
_Static_assert(sizeof(csn_nonce_bucket) == BUCKET_ALIGNMENT, "a bucket is a cache line");
_Static_assert(sizeof(size_t) == sizeof(uint64_t), "a region of any capacity has a size");

static bool capacity_valid(uint64_t capacity) {
  return capacity >= 1 && capacity <= CSN_NONCE_CAPACITY_MAX;
}

/* At least two, as a nonce has two different ones. */
static uint64_t bucket_count_of(uint64_t capacity) {
  uint64_t per_bucket = DESIGN_LOAD_PERCENT * CSN_NONCE_BUCKET_SLOTS; /* hundredths */
  uint64_t count = (capacity * 100 + per_bucket - 1) / per_bucket;
  return count < 2 ? 2 : count;
}

size_t csn_nonce_region_size(uint64_t capacity) {
  if (!capacity_valid(capacity)) return 0;
  return sizeof(csn_nonce_header) + bucket_count_of(capacity) * sizeof(csn_nonce_bucket);
}

/* SHA-256 in counter mode: block i is the hash of seed and i. */
static void expand_secret(uint8_t secret[CSN_NONCE_SECRET_BYTES], const uint8_t seed[CSN_NONCE_SEED_BYTES]) {
  uint8_t block[CSN_NONCE_SEED_BYTES + 1];
  memcpy(block, seed, CSN_NONCE_SEED_BYTES);
  for (uint8_t i = 0; i < CSN_NONCE_SECRET_BYTES / CSN_SHA256_BYTES; i++) {
    block[CSN_NONCE_SEED_BYTES] = i;
    csn_sha256(csn_span_of(block, sizeof block), secret + i * CSN_SHA256_BYTES);
  }
  csn_wipe(block, sizeof block);
}
_Static_assert(CSN_NONCE_SECRET_BYTES % CSN_SHA256_BYTES == 0, "whole blocks");

uint64_t csn_nonce_checksum(const csn_nonce_constants *constants) {
  return XXH3_64bits(constants, sizeof *constants);
}

static csn_error make_handle(csn_nonce_table **out, void *region, bool owns_region) {
  csn_nonce_table *table = malloc(sizeof *table);
  if (table == NULL) return CSN_ERROR_NO_MEMORY;
  table->header = region;
  table->buckets = (csn_nonce_bucket *)((uint8_t *)region + sizeof(csn_nonce_header));
  table->bucket_count = table->header->constants.bucket_count;
  table->region_bytes = table->header->constants.region_bytes;
  table->owns_region = owns_region;
  *out = table;
  return CSN_OK;
}

/* Fills the header of a region whose buckets are zero. */
static void write_header(void *region, const csn_nonce_table_config *config) {
  csn_nonce_header *header = region;
  memset(header, 0, sizeof *header);
  csn_nonce_constants *constants = &header->constants;
  constants->magic = CSN_NONCE_MAGIC;
  constants->version = CSN_NONCE_VERSION;
  constants->header_bytes = sizeof *header;
  constants->region_bytes = csn_nonce_region_size(config->capacity);
  constants->capacity = config->capacity;
  constants->bucket_count = bucket_count_of(config->capacity);
  constants->fence = config->fence;
  expand_secret(constants->secret, config->seed);
  uint64_t clock = csn_nonce_clock(config->now, (uint64_t)(config->now / CSN_NONCE_TICK_SECONDS));
  csn_atomic_init(&header->clock, clock);
  header->checksum = csn_nonce_checksum(constants);
}

static bool config_valid(const csn_nonce_table_config *config) {
  return capacity_valid(config->capacity) && config->now >= 0 && config->now <= CSN_NONCE_CLOCK_MAX;
}

csn_error csn_nonce_table_new(csn_nonce_table **out, const csn_nonce_table_config *config) {
  *out = NULL;
  if (!config_valid(config)) return CSN_ERROR_INVALID_ARGUMENT;
  size_t size = csn_nonce_region_size(config->capacity);
  void *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return CSN_ERROR_NO_MEMORY;
  (void)madvise(region, size, MADV_HUGEPAGE); /* faster where granted, right without */
  write_header(region, config);
  csn_error error = make_handle(out, region, true);
  if (error != CSN_OK) {
    csn_wipe(region, sizeof(csn_nonce_header));
    munmap(region, size);
  }
  return error;
}

csn_error csn_nonce_table_format(csn_nonce_table **out, void *region, size_t size,
                                 const csn_nonce_table_config *config) {
  *out = NULL;
  if (!config_valid(config)) return CSN_ERROR_INVALID_ARGUMENT;
  size_t needed = csn_nonce_region_size(config->capacity);
  if (size < needed || (uintptr_t)region % BUCKET_ALIGNMENT != 0) return CSN_ERROR_REGION_INVALID;
  memset(region, 0, needed); /* the header first: a region half formatted is none */
  write_header(region, config);
  return make_handle(out, region, false);
}

/* Every constant is either compared with what this build would write or, as fence and secret, free. */
static bool header_valid(const csn_nonce_header *header, size_t size) {
  const csn_nonce_constants *constants = &header->constants;
  return constants->magic == CSN_NONCE_MAGIC && constants->version == CSN_NONCE_VERSION &&
         constants->header_bytes == sizeof *header && header->checksum == csn_nonce_checksum(constants) &&
         capacity_valid(constants->capacity) && constants->bucket_count == bucket_count_of(constants->capacity) &&
         constants->region_bytes == csn_nonce_region_size(constants->capacity) && constants->region_bytes <= size;
}

csn_error csn_nonce_table_attach(csn_nonce_table **out, void *region, size_t size) {
  *out = NULL;
  if (size < sizeof(csn_nonce_header) || (uintptr_t)region % BUCKET_ALIGNMENT != 0) return CSN_ERROR_REGION_INVALID;
  if (!header_valid(region, size)) return CSN_ERROR_REGION_INVALID;
  return make_handle(out, region, false);
}

void csn_nonce_table_free(csn_nonce_table *table) {
  if (table == NULL) return;
  if (table->owns_region) {
    csn_wipe(table->header, sizeof *table->header);
    munmap(table->header, table->region_bytes);
  }
  free(table);
}

csn_span csn_nonce_table_region(const csn_nonce_table *table) {
  return csn_span_of(table->header, table->region_bytes);
}
