/* The memory nonce table: what it may be made of, and regions that handles share. */

#include "nonce_support.h"

static void configurations_out_of_range_are_refused(void **state) {
  (void)state;
  static const struct {
    uint64_t capacity;
    int64_t now;
  } bad[] = {{0, 0}, {CSN_NONCE_CAPACITY_MAX + 1, 0}, {UINT64_MAX, 0}, {1, -1}, {1, CSN_NONCE_CLOCK_MAX + 1}};
  static _Alignas(64) uint8_t region[1024];
  csn_nonce_table *table;
  for (size_t i = 0; i < COUNT(bad); i++) {
    csn_nonce_table_config config = config_of(bad[i].capacity);
    config.now = bad[i].now;
    assert_int_equal(csn_nonce_table_new(&table, &config), CSN_ERROR_INVALID_ARGUMENT);
    assert_null(table);
    assert_int_equal(csn_nonce_table_format(&table, region, sizeof region, &config), CSN_ERROR_INVALID_ARGUMENT);
  }
  assert_int_equal(csn_nonce_region_size(0), 0);
  assert_int_equal(csn_nonce_region_size(CSN_NONCE_CAPACITY_MAX + 1), 0);
  assert_true(csn_nonce_region_size(CSN_NONCE_CAPACITY_MAX) > CSN_NONCE_CAPACITY_MAX * 8);
  csn_nonce_table_free(NULL);
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

static void a_region_that_is_not_a_table_is_refused(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  size_t size = csn_nonce_region_size(100);
  uint8_t *region = aligned_alloc(64, size + 64);
  assert_non_null(region);
  memset(region, 0, size + 64);
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_ERROR_REGION_INVALID);
  assert_int_equal(csn_nonce_table_format(&table, region, size - 1, &config), CSN_ERROR_REGION_INVALID);
  assert_int_equal(csn_nonce_table_format(&table, region + 8, size, &config), CSN_ERROR_REGION_INVALID);
  assert_int_equal(csn_nonce_table_format(&table, region, size, &config), CSN_OK);
  csn_nonce_table_free(table);
  static const size_t sizes[] = {0, 1, sizeof(csn_nonce_header) - 1, sizeof(csn_nonce_header)};
  for (size_t i = 0; i < COUNT(sizes); i++) {
    assert_int_equal(csn_nonce_table_attach(&table, region, sizes[i]), CSN_ERROR_REGION_INVALID);
  }
  assert_int_equal(csn_nonce_table_attach(&table, region, size - 1), CSN_ERROR_REGION_INVALID);
  assert_int_equal(csn_nonce_table_attach(&table, region + 8, size), CSN_ERROR_REGION_INVALID);
  for (size_t i = 0; i < sizeof(csn_nonce_constants) + 8; i++) {
    region[i] ^= 0x40;
    assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_ERROR_REGION_INVALID);
    assert_null(table);
    region[i] ^= 0x40;
  }
  assert_int_equal(csn_nonce_table_attach(&table, region, size), CSN_OK);
  csn_nonce_table_free(table);
  free(region);
}

/* A header of another version or size is refused even where its checksum is right. */
static void a_region_of_another_layout_is_refused(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  size_t size = csn_nonce_region_size(100);
  csn_nonce_header *header = aligned_alloc(64, size);
  assert_non_null(header);
  csn_nonce_table *table;
  for (int field = 0; field < 7; field++) {
    assert_int_equal(csn_nonce_table_format(&table, header, size, &config), CSN_OK);
    csn_nonce_table_free(table);
    csn_nonce_constants *constants = &header->constants;
    if (field == 1) constants->magic++;
    if (field == 2) constants->version++;
    if (field == 3) constants->header_bytes += 64;
    if (field == 4) constants->region_bytes -= 64;
    if (field == 5) constants->capacity = CSN_NONCE_CAPACITY_MAX + 1;
    if (field == 6) constants->bucket_count++;
    header->checksum = csn_nonce_checksum(constants);
    assert_int_equal(csn_nonce_table_attach(&table, header, size), field == 0 ? CSN_OK : CSN_ERROR_REGION_INVALID);
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
      cmocka_unit_test(a_formatted_region_is_shared_by_its_handles),
      cmocka_unit_test(a_region_that_is_not_a_table_is_refused),
      cmocka_unit_test(a_region_of_another_layout_is_refused),
      cmocka_unit_test(the_store_says_what_it_is_like),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
