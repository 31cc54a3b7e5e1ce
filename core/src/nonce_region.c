/* The nonce table's memory: its size, its header, and the handles on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "ct.h"
#include "hmac.h"
#include "nonce_lanes.h"
#include "nonce_layout.h"
#include "nonce_read.h"

_Static_assert(sizeof(csn_nonce_line) == 64, "a line is a cache line");
_Static_assert(sizeof(size_t) == sizeof(uint64_t), "a region of any capacity has a size");
_Static_assert(sizeof(csn_nonce_constants) == 64 + CSN_NONCE_BOOT_BYTES + CSN_NONCE_SECRET_BYTES,
               "no padding: its bytes are checksummed");
_Static_assert(offsetof(csn_nonce_header, clock) == 320, "the clock begins a cache line");
_Static_assert(sizeof(csn_nonce_header) == 512, "the lines begin a pair of cache lines");

/* ---- size ---- */

enum {
  LINE_BYTES = 64,
  /* 6.16 nonces for a home line of 8 words: 76 % of them are live, and one nonce in 40 finds its home lines full. With
     6.1 it is one in 44: the back yard grows faster than the home lines shrink. */
  NONCES_PER_HUNDRED_HOME_LINES = 616,
  /* A back line for 24 home lines: 44 % of their words are live. */
  HOME_LINES_PER_BACK_LINE = 24,
  SHARD_CAPACITY = 1 << 16, /* at least: chance fills the shards within 2.3 % of each other (six deviations) */
};

static bool capacity_valid(uint64_t capacity) {
  return capacity >= 1 && capacity <= CSN_NONCE_CAPACITY_MAX;
}

static uint64_t divide_up(uint64_t a, uint64_t b) {
  return (a + b - 1) / b;
}

static uint64_t square_root(uint64_t n) {
  uint64_t root = 0;
  for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit /= 2) {
    if ((root + bit) * (root + bit) <= n) root += bit;
  }
  return root;
}

csn_nonce_geometry csn_nonce_geometry_of(uint64_t capacity) {
  csn_nonce_geometry geometry = {.shards = 1};
  while (geometry.shards < CSN_NONCE_SHARDS_MAX && capacity / (2 * geometry.shards) >= SHARD_CAPACITY)
    geometry.shards *= 2;
  uint64_t home = divide_up(divide_up(capacity, geometry.shards) * 100, NONCES_PER_HUNDRED_HOME_LINES);
  /* Chance weighs more in small shards. */
  uint64_t back = divide_up(home, HOME_LINES_PER_BACK_LINE) + square_root(home) / 2;
  geometry.half_lines = divide_up(home, CSN_NONCE_HOME_LINES);
  geometry.part_pairs = divide_up(back, CSN_NONCE_BACK_PAIRS * CSN_NONCE_PAIR_LINES);
  return geometry;
}

static uint64_t line_count_of(const csn_nonce_geometry *geometry) {
  return geometry->shards * csn_nonce_shard_lines(geometry);
}

size_t csn_nonce_region_size(uint64_t capacity) {
  if (!capacity_valid(capacity)) return 0;
  csn_nonce_geometry geometry = csn_nonce_geometry_of(capacity);
  return sizeof(csn_nonce_header) + line_count_of(&geometry) * sizeof(csn_nonce_line);
}

uint64_t csn_nonce_capacity(uint64_t claims_per_second, int64_t retention) {
  uint64_t capacity;
  if (retention < 0 || retention > CSN_NONCE_RETENTION_MAX) return 0;
  /* The second of `expires` itself, and the rest of its tick. */
  uint64_t seconds = (uint64_t)retention + CSN_NONCE_TICK_SECONDS;
  if (__builtin_mul_overflow(claims_per_second, seconds, &capacity)) return 0;
  return capacity_valid(capacity) ? capacity : 0;
}

/* ---- header ---- */

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

bool csn_nonce_config_valid(const csn_nonce_table_config *config) {
  static const uint8_t no_seed[CSN_NONCE_SEED_BYTES];
  return capacity_valid(config->capacity) && memcmp(config->seed, no_seed, sizeof no_seed) != 0 && config->now >= 0 &&
         config->now <= CSN_NONCE_CLOCK_MAX && (config->fence > 0 || config->fence == CSN_NONCE_NO_FENCE);
}

/* Fills the header of a region whose lines are zero: words of tick 0, which are past at tick 1. The checksum comes
 * last, so that a header half written is none. */
static void write_header(void *region, const csn_nonce_table_config *config) {
  csn_nonce_header *header = region;
  csn_nonce_constants *constants = &header->constants;
  constants->magic = CSN_NONCE_MAGIC;
  constants->version = CSN_NONCE_VERSION;
  constants->header_bytes = sizeof *header;
  constants->region_bytes = csn_nonce_region_size(config->capacity);
  constants->capacity = config->capacity;
  constants->geometry = csn_nonce_geometry_of(config->capacity);
  constants->fence = config->fence;
  expand_secret(constants->secret, config->seed);
  csn_atomic_init(&header->clock, csn_nonce_clock(config->now, 1));
  csn_atomic_init(&header->swept, 1);
  atomic_signal_fence(memory_order_seq_cst);
  header->checksum = csn_nonce_checksum(constants);
}

/* Every constant is either compared with what this build would write or, as fence, boot and secret, free. */
static csn_error check_header(const csn_nonce_header *header, size_t size) {
  const csn_nonce_constants *constants = &header->constants;
  if (size < sizeof *header) return CSN_ERROR_REGION_SIZE;
  if (constants->magic != CSN_NONCE_MAGIC) return CSN_ERROR_REGION_FOREIGN;
  if (constants->version != CSN_NONCE_VERSION || constants->header_bytes != sizeof *header)
    return CSN_ERROR_REGION_VERSION;
  if (header->checksum != csn_nonce_checksum(constants)) return CSN_ERROR_REGION_CHECKSUM;
  if (!capacity_valid(constants->capacity) || constants->region_bytes != csn_nonce_region_size(constants->capacity) ||
      constants->region_bytes > size)
    return CSN_ERROR_REGION_SIZE;
  csn_nonce_geometry geometry = csn_nonce_geometry_of(constants->capacity);
  if (memcmp(&geometry, &constants->geometry, sizeof geometry) != 0) return CSN_ERROR_REGION_VERSION;
  /* What changes has no checksum, but a range: the sweep follows the clock. Both as they were at one time: others may
     move them meanwhile. */
  uint64_t swept, clock;
  do {
    swept = csn_atomic_load_acquire(&header->swept);
    clock = csn_atomic_load_acquire(&header->clock);
  } while (csn_atomic_load_relaxed(&header->swept) != swept);
  uint64_t behind = (clock - swept) & CSN_NONCE_CLOCK_TICK_MASK;
  bool sound = csn_nonce_clock_seconds(clock) <= CSN_NONCE_CLOCK_MAX && swept <= CSN_NONCE_CLOCK_TICK_MASK &&
               behind <= 2 * CSN_NONCE_JUMP_TICKS;
  return sound ? CSN_OK : CSN_ERROR_REGION_CHECKSUM;
}

/* ---- handles ---- */

static csn_error make_handle(csn_nonce_table **out, void *region) {
  const csn_nonce_constants *constants = &((csn_nonce_header *)region)->constants;
  csn_nonce_table *table = calloc(1, sizeof *table);
  csn_nonce_lanes *lanes = csn_nonce_lanes_new((unsigned)constants->geometry.shards);
  if (table == NULL || lanes == NULL) {
    free(table);
    csn_nonce_lanes_free(lanes);
    return CSN_ERROR_NO_MEMORY;
  }
  table->header = region;
  table->lines = (csn_nonce_line *)((uint8_t *)region + sizeof(csn_nonce_header));
  table->geometry = constants->geometry;
  table->line_count = line_count_of(&constants->geometry);
  table->shard_lines = csn_nonce_shard_lines(&constants->geometry);
  table->fence = constants->fence;
  table->read = csn_nonce_has_avx2() ? csn_nonce_read_avx2 : csn_nonce_read_words;
  table->region_bytes = constants->region_bytes;
  table->lanes = lanes;
  *out = table;
  return CSN_OK;
}

static bool aligned(const void *region) {
  return (uintptr_t)region % LINE_BYTES == 0;
}

csn_error csn_nonce_table_format(csn_nonce_table **out, void *region, size_t size,
                                 const csn_nonce_table_config *config) {
  *out = NULL;
  if (!csn_nonce_config_valid(config) || !aligned(region)) return CSN_ERROR_INVALID_ARGUMENT;
  size_t needed = csn_nonce_region_size(config->capacity);
  if (size < needed) return CSN_ERROR_REGION_SIZE;
  memset(region, 0, sizeof(csn_nonce_header)); /* a region half formatted is none */
  atomic_signal_fence(memory_order_seq_cst);
  memset((uint8_t *)region + sizeof(csn_nonce_header), 0, needed - sizeof(csn_nonce_header));
  write_header(region, config);
  return make_handle(out, region);
}

csn_error csn_nonce_table_attach(csn_nonce_table **out, void *region, size_t size) {
  *out = NULL;
  if (!aligned(region)) return CSN_ERROR_INVALID_ARGUMENT;
  csn_error error = check_header(region, size);
  return error == CSN_OK ? make_handle(out, region) : error;
}

void csn_nonce_table_free(csn_nonce_table *table) {
  if (table == NULL) return;
  if (table->is_private) csn_wipe(table->header, sizeof *table->header);
  if (table->mapped_bytes > 0) munmap(table->header, table->mapped_bytes);
  csn_nonce_lanes_free(table->lanes);
  free(table);
}

/* ---- mappings ---- */

static csn_nonce_huge_pages advise(void *region, size_t size) {
  return madvise(region, size, MADV_HUGEPAGE) == 0 ? CSN_NONCE_HUGE_PAGES_ADVISED : CSN_NONCE_HUGE_PAGES_REFUSED;
}

/* Private zeroed memory that begins a huge page, as the kernel gives huge pages only to whole ones. */
static void *map_private(size_t size) {
  const size_t huge_page = (size_t)2 << 20;
  uint8_t *memory = mmap(NULL, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  size_t before = (huge_page - (uintptr_t)memory % huge_page) % huge_page;
  if (before > 0) munmap(memory, before);
  munmap(memory + before + size, huge_page - before);
  return memory + before;
}

static size_t whole_pages(size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (size + page - 1) / page * page;
}

csn_error csn_nonce_table_new(csn_nonce_table **out, const csn_nonce_table_config *config) {
  *out = NULL;
  if (!csn_nonce_config_valid(config)) return CSN_ERROR_INVALID_ARGUMENT;
  size_t size = whole_pages(csn_nonce_region_size(config->capacity));
  void *region = map_private(size);
  if (region == NULL) return CSN_ERROR_NO_MEMORY;
  csn_nonce_huge_pages huge_pages = advise(region, size);
  /* All of it now, not in the first claims. What does not know the advice (before Linux 5.14) does it then. */
  if (madvise(region, size, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
    munmap(region, size);
    return CSN_ERROR_NO_MEMORY;
  }
  write_header(region, config);
  csn_error error = make_handle(out, region);
  if (error != CSN_OK) {
    csn_wipe(region, sizeof(csn_nonce_header));
    munmap(region, size);
    return error;
  }
  (*out)->mapped_bytes = size;
  (*out)->is_private = true;
  (*out)->huge_pages = huge_pages;
  return CSN_OK;
}

/* Maps `size` bytes of the descriptor and makes a handle: formats with `config`, or attaches without. */
static csn_error map_fd(csn_nonce_table **out, int fd, size_t size, const csn_nonce_table_config *config) {
  void *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (region == MAP_FAILED) return CSN_ERROR_STORE;
  csn_nonce_huge_pages huge_pages = advise(region, size);
  csn_error error =
      config != NULL ? csn_nonce_table_format(out, region, size, config) : csn_nonce_table_attach(out, region, size);
  if (error != CSN_OK) {
    munmap(region, size);
    return error;
  }
  (*out)->mapped_bytes = size;
  (*out)->huge_pages = huge_pages;
  return CSN_OK;
}

csn_error csn_nonce_table_format_fd(csn_nonce_table **out, int fd, const csn_nonce_table_config *config) {
  *out = NULL;
  if (!csn_nonce_config_valid(config)) return CSN_ERROR_INVALID_ARGUMENT;
  size_t size = csn_nonce_region_size(config->capacity);
  if (ftruncate(fd, (off_t)size) != 0) return CSN_ERROR_STORE;
  /* Its blocks now: a page that a full disk cannot hold would be a signal in a claim. */
  errno = posix_fallocate(fd, 0, (off_t)size);
  if (errno != 0) return CSN_ERROR_STORE;
  return map_fd(out, fd, size, config);
}

/* The header says how much there is to map, before anything of a size that somebody else chose is mapped. */
csn_error csn_nonce_table_attach_fd(csn_nonce_table **out, int fd) {
  struct stat status;
  csn_nonce_header header;
  *out = NULL;
  if (fstat(fd, &status) != 0) return CSN_ERROR_STORE;
  if (status.st_size < (off_t)sizeof header) return CSN_ERROR_REGION_SIZE;
  if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header) return CSN_ERROR_STORE;
  csn_error error = check_header(&header, (size_t)status.st_size);
  size_t size = header.constants.region_bytes;
  csn_wipe(&header, sizeof header);
  return error == CSN_OK ? map_fd(out, fd, size, NULL) : error;
}

csn_nonce_huge_pages csn_nonce_table_huge_pages(const csn_nonce_table *table) {
  return table->huge_pages;
}

csn_span csn_nonce_table_region(const csn_nonce_table *table) {
  return csn_span_of(table->header, table->region_bytes);
}
