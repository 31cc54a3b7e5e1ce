/* The memory nonce table: what it may be made of, regions that handles share, and regions that are refused. */

#include "nonce_support.h"

static void configurations_out_of_range_are_refused(void **state) {
  (void)state;
  static const struct {
    uint64_t capacity;
    int64_t now, fence;
    bool no_seed;
  } bad[] = {
      {0, 0, 1, false}, {CSN_NONCE_CAPACITY_MAX + 1, 0, 1, false}, {UINT64_MAX, 0, 1, false}, {1, -1, 1, false},
      {1, 0, 0, false}, {1, CSN_NONCE_CLOCK_MAX + 1, 1, false},    {1, 0, -2, false},         {1, 0, INT64_MIN, false},
      {1, 0, 1, true},  {1, START, CSN_NONCE_NO_FENCE, true},
  };
  static _Alignas(64) uint8_t region[4096];
  static const uint8_t zeros[sizeof region];
  csn_nonce_table *table;
  for (size_t i = 0; i < COUNT(bad); i++) {
    csn_nonce_table_config config = config_of(bad[i].capacity);
    config.now = bad[i].now;
    config.fence = bad[i].fence;
    if (bad[i].no_seed) memset(config.seed, 0, sizeof config.seed);
    if (csn_nonce_table_new(&table, &config) != CSN_ERROR_INVALID_ARGUMENT) fail_msg("row %zu", i);
    assert_null(table);
    assert_int_equal(csn_nonce_table_format(&table, region, sizeof region, &config), CSN_ERROR_INVALID_ARGUMENT);
    assert_null(table);
    assert_memory_equal(region, zeros, sizeof region);
  }
  assert_int_equal(csn_nonce_region_size(0), 0);
  assert_int_equal(csn_nonce_region_size(CSN_NONCE_CAPACITY_MAX + 1), 0);
  assert_true(csn_nonce_region_size(CSN_NONCE_CAPACITY_MAX) > CSN_NONCE_CAPACITY_MAX * 8);
  csn_nonce_table_free(NULL);
}

/* A seed of one bit, wherever it is; every fence but 0 that can be one, and none. */
static void all_other_configurations_are_taken(void **state) {
  (void)state;
  static const int64_t fences[] = {CSN_NONCE_NO_FENCE, 1, START, INT64_MAX};
  for (size_t i = 0; i < COUNT(fences) * CSN_NONCE_SEED_BYTES; i++) {
    csn_nonce_table_config config = {.capacity = 1, .now = START, .fence = fences[i % COUNT(fences)]};
    csn_nonce_table *table;
    config.seed[i / COUNT(fences)] = 0x80;
    assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
    assert_int_equal(csn_nonce_table_measure(table).fence, config.fence);
    csn_nonce_answer expected = config.fence < START + 1 ? CSN_NONCE_FRESH : CSN_NONCE_FENCED;
    assert_int_equal(claim(table, "n", START + 1, START), expected);
    csn_nonce_table_free(table);
  }
}

static void a_formatted_region_is_shared_by_its_handles(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  config.fence = START + 10;
  size_t size = csn_nonce_region_size(100);
  uint8_t *region = aligned_alloc(64, size + 64);
  assert_non_null(region);
  memset(region, 0xa5, size + 64); /* what was there before does not matter, and what lies behind is not touched */
  csn_nonce_table *a, *b, *c;
  assert_int_equal(csn_nonce_table_format(&a, region, size + 64, &config), CSN_OK);
  assert_int_equal(claim(a, "n", START + 300, START), CSN_NONCE_FRESH);
  assert_int_equal(csn_nonce_table_attach(&b, region, size), CSN_OK);
  assert_int_equal(claim(b, "n", START + 300, START), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(b, "m", START + 10, START), CSN_NONCE_FENCED);
  assert_int_equal(claim(b, "m", START + 300, START + 7), CSN_NONCE_FRESH);
  csn_nonce_table_free(a);
  assert_int_equal(csn_nonce_table_attach(&c, region, size + 64), CSN_OK);
  assert_int_equal(claim(c, "m", START + 300, START), CSN_NONCE_REPLAYED);
  assert_int_equal(csn_nonce_table_measure(c).live, 2);
  assert_int_equal(csn_nonce_table_measure(c).clock, START + 7);
  for (size_t i = size; i < size + 64; i++) assert_int_equal(region[i], 0xa5);
  csn_nonce_table_free(b);
  csn_nonce_table_free(c);
  free(region);
}

/* The sweep lags by as much as the clock has jumped, twice where two jumps met. */
static void a_region_whose_clock_has_jumped_is_attached(void **state) {
  csn_nonce_table_config config = config_of(100);
  size_t size = csn_nonce_region_size(100);
  (void)state;
  for (unsigned jumps = 1; jumps <= 3; jumps++) {
    uint8_t *region = aligned_alloc(64, size);
    csn_nonce_table *a, *b;
    assert_non_null(region);
    assert_int_equal(csn_nonce_table_format(&a, region, size, &config), CSN_OK);
    int64_t now = START + 9000;
    for (unsigned i = 0; i < jumps; i++, now += 9000) assert_int_equal(claim(a, "n", now + 300, now), CSN_NONCE_FRESH);
    uint64_t clock = csn_atomic_load_relaxed(&a->header->clock) & CSN_NONCE_CLOCK_TICK_MASK;
    assert_true(clock - csn_atomic_load_relaxed(&a->header->swept) > CSN_NONCE_DUE_MAX);
    assert_int_equal(csn_nonce_table_attach(&b, region, size), CSN_OK);
    assert_int_equal(claim(b, "n", now - 9000 + 300, now - 9000), CSN_NONCE_REPLAYED);
    csn_nonce_table_free(a);
    csn_nonce_table_free(b);
    free(region);
  }
}

static void a_region_that_is_not_a_table_is_refused(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  size_t size = csn_nonce_region_size(100);
  uint8_t *region = aligned_alloc(64, size + 64);
  assert_non_null(region);
  memset(region, 0, size + 64);
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_ERROR_REGION_FOREIGN);
  assert_int_equal(csn_nonce_table_format(&table, region, size - 1, &config), CSN_ERROR_REGION_SIZE);
  assert_int_equal(csn_nonce_table_format(&table, region + 8, size, &config), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_ERROR_REGION_FOREIGN); /* nothing was written */
  assert_int_equal(csn_nonce_table_format(&table, region, size, &config), CSN_OK);
  csn_nonce_table_free(table);
  assert_int_equal(csn_nonce_table_attach(&table, region + 8, size), CSN_ERROR_INVALID_ARGUMENT);
  assert_null(table);
  assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_OK);
  csn_nonce_table_free(table);
  free(region);
}

/* Each length below the region's own is refused, whatever lies behind it. */
static void a_region_that_was_cut_is_refused_at_every_length(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(TINY);
  size_t size = csn_nonce_region_size(TINY);
  for (size_t length = 0; length < size; length++) {
    uint8_t *region = aligned_alloc(64, size), *cut;
    csn_nonce_table *table;
    assert_non_null(region);
    assert_int_equal(csn_nonce_table_format(&table, region, size, &config), CSN_OK);
    csn_nonce_table_free(table);
    cut = aligned_alloc(64, (length + 63) / 64 * 64 + 64); /* no longer than it says, so that a sanitizer looks on */
    assert_non_null(cut);
    memcpy(cut, region, length);
    assert_int_equal(csn_nonce_table_attach(&table, cut, length), CSN_ERROR_REGION_SIZE);
    assert_null(table);
    free(cut);
    free(region);
  }
}

/* A bit that flips in what never changes: the error names what does not fit. */
static void a_damaged_header_is_refused_at_every_byte(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  size_t size = csn_nonce_region_size(100);
  uint8_t *region = aligned_alloc(64, size);
  assert_non_null(region);
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_format(&table, region, size, &config), CSN_OK);
  csn_nonce_table_free(table);
  for (size_t i = 0; i < offsetof(csn_nonce_header, unused); i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      csn_error expected = CSN_ERROR_REGION_CHECKSUM;
      if (i < offsetof(csn_nonce_constants, version)) {
        expected = CSN_ERROR_REGION_FOREIGN;
      } else if (i < offsetof(csn_nonce_constants, region_bytes)) {
        expected = CSN_ERROR_REGION_VERSION;
      }
      region[i] ^= (uint8_t)(1u << bit);
      assert_int_equal(csn_nonce_table_attach(&table, region, size), expected);
      assert_null(table);
      region[i] ^= (uint8_t)(1u << bit);
    }
  }
  assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_OK);
  csn_nonce_table_free(table);
  free(region);
}

/* A header whose checksum is right, and which this build would not have written. */
static void a_region_of_another_layout_is_refused(void **state) {
  (void)state;
  static const csn_error expected[] = {
      CSN_OK,
      CSN_ERROR_REGION_FOREIGN, /* magic */
      CSN_ERROR_REGION_VERSION, /* version: the next one, the last one */
      CSN_ERROR_REGION_VERSION,
      CSN_ERROR_REGION_VERSION, /* header_bytes */
      CSN_ERROR_REGION_SIZE,    /* region_bytes less */
      CSN_ERROR_REGION_SIZE,    /* region_bytes more */
      CSN_ERROR_REGION_SIZE,    /* capacity out of range */
      CSN_ERROR_REGION_SIZE,    /* capacity of a larger region */
      CSN_ERROR_REGION_VERSION, /* geometry */
      CSN_ERROR_REGION_VERSION,
      CSN_ERROR_REGION_VERSION,
      CSN_ERROR_REGION_CHECKSUM, /* the clock */
      CSN_ERROR_REGION_CHECKSUM, /* the sweep's progress: out of range, ahead of the clock, too far behind */
      CSN_ERROR_REGION_CHECKSUM,
      CSN_ERROR_REGION_CHECKSUM,
      CSN_ERROR_REGION_SIZE, /* capacities that have no size, with the geometry that they would have */
      CSN_ERROR_REGION_SIZE,
  };
  csn_nonce_table_config config = config_of(100);
  size_t size = csn_nonce_region_size(100);
  csn_nonce_header *header = aligned_alloc(64, size);
  assert_non_null(header);
  csn_nonce_table *table;
  for (size_t field = 0; field < COUNT(expected); field++) {
    assert_int_equal(csn_nonce_table_format(&table, header, size, &config), CSN_OK);
    csn_nonce_table_free(table);
    csn_nonce_constants *constants = &header->constants;
    if (field == 1) constants->magic++;
    if (field == 2) constants->version++;
    if (field == 3) constants->version--;
    if (field == 4) constants->header_bytes += 64;
    if (field == 5) constants->region_bytes -= 64;
    if (field == 6) constants->region_bytes += 64;
    if (field == 7) constants->capacity = CSN_NONCE_CAPACITY_MAX + 1;
    if (field == 8) constants->capacity = 1000;
    if (field == 9) constants->geometry.shards *= 2;
    if (field == 10) constants->geometry.half_lines--;
    if (field == 11) constants->geometry.part_pairs++;
    if (field == 12) csn_atomic_store_relaxed(&header->clock, csn_nonce_clock(CSN_NONCE_CLOCK_MAX + 1, 1));
    if (field == 13) csn_atomic_store_relaxed(&header->swept, CSN_NONCE_CLOCK_TICK_MASK + 1);
    if (field == 14) csn_atomic_store_relaxed(&header->swept, 2);
    if (field == 15) csn_atomic_store_relaxed(&header->clock, csn_nonce_clock(START, 2 + 2 * CSN_NONCE_JUMP_TICKS));
    if (field >= 16) {
      constants->capacity = field == 16 ? 0 : UINT64_C(1) << 48;
      constants->region_bytes = 0;
      constants->geometry = csn_nonce_geometry_of(constants->capacity);
    }
    header->checksum = csn_nonce_checksum(constants);
    csn_error error = csn_nonce_table_attach(&table, header, size);
    if (error != expected[field]) fail_msg("field %zu: %s", field, csn_error_sentence(error));
    assert_int_equal(error == CSN_OK, table != NULL);
    csn_nonce_table_free(table);
  }
  free(header);
}

static void the_store_says_what_it_is_like(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(1);
  size_t size = csn_nonce_region_size(1);
  void *region = aligned_alloc(64, size);
  assert_non_null(region);
  csn_nonce_table *private_one = new_table(1), *shared;
  assert_int_equal(csn_nonce_table_format(&shared, region, size, &config), CSN_OK);
  const csn_nonce_store_traits *a = csn_nonce_table_store(private_one).traits;
  const csn_nonce_store_traits *b = csn_nonce_table_store(shared).traits;
  assert_string_equal(a->name, "memory");
  assert_string_equal(b->name, "memory");
  assert_false(a->shared_between_processes);
  assert_true(b->shared_between_processes);
  assert_false(a->survives_restart || b->survives_restart || a->shared_between_hosts || b->shared_between_hosts);
  csn_nonce_table_free(private_one);
  csn_nonce_table_free(shared);
  free(region);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(configurations_out_of_range_are_refused),
      cmocka_unit_test(all_other_configurations_are_taken),
      cmocka_unit_test(a_formatted_region_is_shared_by_its_handles),
      cmocka_unit_test(a_region_whose_clock_has_jumped_is_attached),
      cmocka_unit_test(a_region_that_is_not_a_table_is_refused),
      cmocka_unit_test(a_region_that_was_cut_is_refused_at_every_length),
      cmocka_unit_test(a_damaged_header_is_refused_at_every_byte),
      cmocka_unit_test(a_region_of_another_layout_is_refused),
      cmocka_unit_test(the_store_says_what_it_is_like),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
