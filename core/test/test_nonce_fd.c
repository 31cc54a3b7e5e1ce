/* Nonce tables in memory that a file descriptor stands for: several mappings of it, in one process and in more. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nonce_support.h"

static int new_memfd(void) {
  int fd = memfd_create("nonces", MFD_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

static csn_nonce_table *format_fd(int fd, uint64_t capacity) {
  csn_nonce_table_config config = config_of(capacity);
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_format_fd(&table, fd, &config), CSN_OK);
  return table;
}

static csn_nonce_table *attach_fd(int fd) {
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_attach_fd(&table, fd), CSN_OK);
  return table;
}

static void two_mappings_are_one_table(void **state) {
  (void)state;
  int fd = new_memfd();
  csn_nonce_table *a = format_fd(fd, 100), *b = attach_fd(fd);
  assert_ptr_not_equal(csn_nonce_table_region(a).ptr, csn_nonce_table_region(b).ptr);
  assert_int_equal(csn_nonce_table_region(a).len, csn_nonce_region_size(100));
  assert_int_equal(close(fd), 0); /* no longer needed */
  for (uint64_t i = 0; i < 100; i++) {
    assert_int_equal(claim_number(i % 2 == 0 ? a : b, i, START + 300, START), CSN_NONCE_FRESH);
    assert_int_equal(claim_number(i % 2 == 0 ? b : a, i, START + 300, START), CSN_NONCE_REPLAYED);
  }
  assert_int_equal(claim(a, "later", START + 300, START + 200), CSN_NONCE_FRESH);
  assert_int_equal(claim(b, "in time for b", START + 199, START), CSN_NONCE_EXPIRED);
  csn_nonce_table_free(a);
  assert_int_equal(claim_number(b, 0, START + 300, START), CSN_NONCE_REPLAYED);
  assert_int_equal(csn_nonce_table_measure(b).live, 101);
  csn_nonce_table_free(b);
}

static void a_descriptors_table_says_what_it_is_like(void **state) {
  (void)state;
  int fd = new_memfd();
  csn_nonce_table *table = format_fd(fd, 100);
  struct stat status;
  assert_true(csn_nonce_table_store(table).traits->shared_between_processes);
  assert_int_not_equal(csn_nonce_table_huge_pages(table), CSN_NONCE_HUGE_PAGES_NOT_ASKED);
  assert_int_equal(fstat(fd, &status), 0);
  assert_int_equal(status.st_size, csn_nonce_region_size(100));
  assert_true((uint64_t)status.st_blocks * 512 >= csn_nonce_region_size(100)); /* no page is left to be found missing */
  csn_nonce_table_free(table);
  assert_int_equal(close(fd), 0);
}

/* What was in the descriptor before is gone, also where it was longer. */
static void formatting_makes_an_empty_table_of_any_descriptor(void **state) {
  (void)state;
  int fd = new_memfd();
  csn_nonce_table *table = format_fd(fd, 5000);
  for (uint64_t i = 0; i < 100; i++) assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
  static const uint64_t capacities[] = {5000, 100, 9000};
  for (size_t c = 0; c < COUNT(capacities); c++) {
    table = format_fd(fd, capacities[c]);
    assert_int_equal(csn_nonce_table_measure(table).live, 0);
    for (uint64_t i = 0; i < 100; i++) assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_FRESH);
    csn_nonce_table_free(table);
  }
  assert_int_equal(close(fd), 0);
}

static void each_thing_that_does_not_fit_has_its_error(void **state) {
  (void)state;
  static const struct {
    off_t at; /* of a byte that is changed; negative: none */
    off_t size_change;
    csn_error error;
  } rows[] = {
      {-1, 0, CSN_OK},
      {-1, 4096, CSN_OK}, /* longer than it need be; and than can be mapped */
      {-1, (off_t)1 << 40, CSN_OK},
      {-1, (off_t)1 << 62, CSN_OK},
      {-1, -1, CSN_ERROR_REGION_SIZE},
      {-1, -64, CSN_ERROR_REGION_SIZE},
      {-1, -(off_t)sizeof(csn_nonce_header), CSN_ERROR_REGION_SIZE},
      {offsetof(csn_nonce_constants, magic), 0, CSN_ERROR_REGION_FOREIGN},
      {offsetof(csn_nonce_constants, version), 0, CSN_ERROR_REGION_VERSION},
      {offsetof(csn_nonce_constants, header_bytes), 0, CSN_ERROR_REGION_VERSION},
      {offsetof(csn_nonce_constants, region_bytes), 0, CSN_ERROR_REGION_CHECKSUM},
      {offsetof(csn_nonce_constants, fence), 0, CSN_ERROR_REGION_CHECKSUM},
      {offsetof(csn_nonce_constants, secret) + CSN_NONCE_SECRET_BYTES - 1, 0, CSN_ERROR_REGION_CHECKSUM},
      {offsetof(csn_nonce_header, checksum), 0, CSN_ERROR_REGION_CHECKSUM},
      {offsetof(csn_nonce_constants, magic), (off_t)1 << 62, CSN_ERROR_REGION_FOREIGN},
      {offsetof(csn_nonce_constants, version), (off_t)1 << 62, CSN_ERROR_REGION_VERSION},
      {offsetof(csn_nonce_header, checksum), (off_t)1 << 62, CSN_ERROR_REGION_CHECKSUM},
      {sizeof(csn_nonce_header), 0, CSN_OK}, /* a word */
  };
  off_t size = (off_t)csn_nonce_region_size(100);
  for (size_t i = 0; i < COUNT(rows); i++) {
    int fd = new_memfd();
    csn_nonce_table_free(format_fd(fd, 100));
    uint8_t byte;
    if (rows[i].at >= 0) {
      assert_int_equal(pread(fd, &byte, 1, rows[i].at), 1);
      byte ^= 1;
      assert_int_equal(pwrite(fd, &byte, 1, rows[i].at), 1);
    }
    assert_int_equal(ftruncate(fd, size + rows[i].size_change), 0);
    csn_nonce_table *table;
    csn_error error = csn_nonce_table_attach_fd(&table, fd);
    if (error != rows[i].error) fail_msg("row %zu: %s", i, csn_error_sentence(error));
    assert_int_equal(error == CSN_OK, table != NULL);
    if (table != NULL) assert_int_equal(table->mapped_bytes, size);
    csn_nonce_table_free(table);
    assert_int_equal(close(fd), 0);
  }
}

/* A header that adds up, and says that the table is larger than what there is. */
static void a_descriptor_that_is_too_short_for_its_header_is_refused(void **state) {
  (void)state;
  int fd = new_memfd();
  csn_nonce_table *table;
  csn_nonce_header header;
  csn_nonce_table_free(format_fd(fd, 100));
  assert_int_equal(pread(fd, &header, sizeof header, 0), sizeof header);
  header.constants.capacity = CSN_NONCE_CAPACITY_MAX;
  header.constants.region_bytes = csn_nonce_region_size(CSN_NONCE_CAPACITY_MAX);
  header.constants.geometry = csn_nonce_geometry_of(CSN_NONCE_CAPACITY_MAX);
  header.checksum = csn_nonce_checksum(&header.constants);
  assert_int_equal(pwrite(fd, &header, sizeof header, 0), sizeof header);
  assert_int_equal(csn_nonce_table_attach_fd(&table, fd), CSN_ERROR_REGION_SIZE);
  assert_null(table);
  assert_int_equal(close(fd), 0);
}

static void a_descriptor_that_was_cut_is_refused_at_every_length(void **state) {
  (void)state;
  int fd = new_memfd();
  csn_nonce_table *table = format_fd(fd, TINY);
  csn_nonce_table_free(table);
  for (off_t length = (off_t)csn_nonce_region_size(TINY) - 1; length >= 0; length--) {
    assert_int_equal(ftruncate(fd, length), 0);
    assert_int_equal(csn_nonce_table_attach_fd(&table, fd), CSN_ERROR_REGION_SIZE);
    assert_null(table);
  }
  assert_int_equal(close(fd), 0);
}

static void a_descriptor_that_bears_no_table_is_an_error_of_the_store(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(100);
  csn_nonce_table *table;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const int bad[] = {-1, ends[1]};
  for (size_t i = 0; i < COUNT(bad); i++) {
    errno = 0;
    assert_int_equal(csn_nonce_table_format_fd(&table, bad[i], &config), CSN_ERROR_STORE);
    assert_null(table);
    assert_int_not_equal(errno, 0);
  }
  errno = 0;
  assert_int_equal(csn_nonce_table_attach_fd(&table, -1), CSN_ERROR_STORE);
  assert_int_equal(errno, EBADF);
  assert_int_not_equal(csn_nonce_table_attach_fd(&table, ends[0]), CSN_OK);
  config.capacity = 0;
  assert_int_equal(csn_nonce_table_format_fd(&table, ends[1], &config), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(close(ends[0]), 0);
  assert_int_equal(close(ends[1]), 0);
}

static void configurations_out_of_range_leave_the_descriptor_as_it_is(void **state) {
  (void)state;
  int fd = new_memfd();
  struct stat status;
  for (unsigned bad = 0; bad < 5; bad++) {
    csn_nonce_table_config config = config_of(bad == 0 ? 0 : 100);
    if (bad == 1) config.now = -1;
    if (bad == 2) config.fence = 0;
    if (bad == 3) config.fence = -2;
    if (bad == 4) memset(config.seed, 0, sizeof config.seed);
    csn_nonce_table *table;
    assert_int_equal(csn_nonce_table_format_fd(&table, fd, &config), CSN_ERROR_INVALID_ARGUMENT);
    assert_null(table);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, 0);
  }
  assert_int_equal(close(fd), 0);
}

/* A descriptor that may only be read cannot be a table's. */
static void a_descriptor_that_may_not_be_written_is_refused(void **state) {
  (void)state;
  int fd = new_memfd();
  csn_nonce_table_free(format_fd(fd, 100));
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int readable = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(readable >= 0);
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_attach_fd(&table, readable), CSN_ERROR_STORE);
  assert_int_equal(errno, EACCES);
  assert_null(table);
  assert_int_equal(close(readable), 0);
  assert_int_equal(close(fd), 0);
}

/* ---- processes ---- */

/* Runs a child that exits with 0 where `body` is content. */
static void in_another_process(int fd, bool (*body)(int fd)) {
  int status;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(body(fd) ? 0 : 1);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool formats_and_claims(int fd) {
  csn_nonce_table_config config = config_of(100);
  csn_nonce_table *table;
  if (csn_nonce_table_format_fd(&table, fd, &config) != CSN_OK) return false;
  for (uint64_t i = 0; i < 50; i++)
    if (claim_number(table, i, START + 300, START + 3) != CSN_NONCE_FRESH) return false;
  return true; /* and exits with the table open */
}

static bool finds_them_and_claims_more(int fd) {
  csn_nonce_table *table;
  if (csn_nonce_table_attach_fd(&table, fd) != CSN_OK) return false;
  for (uint64_t i = 0; i < 100; i++)
    if (claim_number(table, i, START + 300, START) != (i < 50 ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH)) return false;
  csn_nonce_table_free(table);
  return true;
}

static void a_table_outlives_the_process_that_made_it(void **state) {
  (void)state;
  int fd = new_memfd();
  in_another_process(fd, formats_and_claims);
  in_another_process(fd, finds_them_and_claims_more);
  csn_nonce_table *table = attach_fd(fd);
  assert_int_equal(csn_nonce_table_measure(table).live, 100);
  assert_int_equal(csn_nonce_table_measure(table).clock, START + 3);
  for (uint64_t i = 0; i < 100; i++) assert_int_equal(claim_number(table, i, START + 300, START), CSN_NONCE_REPLAYED);
  csn_nonce_table_free(table);
  assert_int_equal(close(fd), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_mappings_are_one_table),
      cmocka_unit_test(a_descriptors_table_says_what_it_is_like),
      cmocka_unit_test(formatting_makes_an_empty_table_of_any_descriptor),
      cmocka_unit_test(each_thing_that_does_not_fit_has_its_error),
      cmocka_unit_test(a_descriptor_that_is_too_short_for_its_header_is_refused),
      cmocka_unit_test(a_descriptor_that_was_cut_is_refused_at_every_length),
      cmocka_unit_test(a_descriptor_that_bears_no_table_is_an_error_of_the_store),
      cmocka_unit_test(configurations_out_of_range_leave_the_descriptor_as_it_is),
      cmocka_unit_test(a_descriptor_that_may_not_be_written_is_refused),
      cmocka_unit_test(a_table_outlives_the_process_that_made_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
