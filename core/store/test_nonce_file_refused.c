/* Every file that is refused as a mapped nonce table, and the error that says why. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "nonce_file_support.h"

/* Returns errno. */
static int assert_refused(csn_error expected) {
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table = (csn_nonce_table *)&config;
  csn_error error = csn_nonce_file_open(&table, path, &config);
  int reason = errno;
  assert_string_equal(csn_error_sentence(error), csn_error_sentence(expected));
  assert_null(table);
  assert_int_equal(access(making, F_OK), -1);
  return reason;
}

static void assert_system_refuses(int expected) {
  assert_int_equal(assert_refused(CSN_ERROR_STORE), expected);
}

static void configurations_out_of_range_are_refused(void **state) {
  (void)state;
  static const struct {
    uint64_t capacity;
    int64_t now;
  } bad[] = {{0, 0}, {CSN_NONCE_CAPACITY_MAX + 1, 0}, {1, -1}, {1, CSN_NONCE_CLOCK_MAX + 1}};
  for (int there = 0; there < 2; there++) {
    for (size_t i = 0; i < COUNT(bad); i++) {
      csn_nonce_table_config config = {.capacity = bad[i].capacity, .now = bad[i].now, .fence = CSN_NONCE_NO_FENCE};
      csn_nonce_table *table = (csn_nonce_table *)&config;
      assert_int_equal(csn_nonce_file_open(&table, path, &config), CSN_ERROR_INVALID_ARGUMENT);
      assert_null(table);
      assert_int_equal(access(path, F_OK), there - 1);
    }
    if (!there) make_file();
  }
}

/* Of a table that is to be made. */
static void a_table_without_a_seed_or_a_choice_of_fence_is_not_made(void **state) {
  (void)state;
  static const int64_t fences[] = {0, -2, INT64_MIN, CSN_NONCE_NO_FENCE, NOW + 300};
  for (size_t i = 0; i < COUNT(fences); i++) {
    csn_nonce_table_config config = config_of(CAPACITY);
    csn_nonce_table *table = (csn_nonce_table *)&config;
    config.fence = fences[i];
    if (i >= 3) memset(config.seed, 0, sizeof config.seed);
    assert_int_equal(csn_nonce_file_open(&table, path, &config), CSN_ERROR_INVALID_ARGUMENT);
    assert_null(table);
    assert_true(access(path, F_OK) == -1 && access(making, F_OK) == -1);
  }
}

static void another_capacity_is_refused(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(CAPACITY + 1);
  csn_nonce_table_free(open_with(&config));
  assert_refused(CSN_ERROR_REGION_SIZE);
  csn_nonce_table_free(open_with(&config));
}

static void what_is_no_regular_file_is_refused(void **state) {
  (void)state;
  char target[224];
  snprintf(target, sizeof target, "%s/target", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_system_refuses(EISDIR);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_system_refuses(EINVAL);
  assert_int_equal(unlink(path), 0);
  make_file();
  assert_int_equal(rename(path, target), 0);
  assert_int_equal(symlink(target, path), 0);
  assert_system_refuses(ELOOP);
  assert_int_equal(unlink(target), 0);
  assert_system_refuses(ELOOP); /* dangling: nothing is made behind it */
  assert_int_equal(access(target, F_OK), -1);
}

static void a_missing_directory_is_refused(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table;
  char missing[240];
  snprintf(missing, sizeof missing, "%s/missing/nonces", folder);
  assert_int_equal(csn_nonce_file_open(&table, missing, &config), CSN_ERROR_STORE);
  assert_int_equal(errno, ENOENT);
}

/* Other bytes in the file. */
static void write_file(const void *bytes, size_t len) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, len), len);
  close(fd);
}

/* So that a large file cannot be mapped; the address sanitizer needs more. */
static void limit_memory(rlim_t bytes) {
#ifndef __SANITIZE_ADDRESS__
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
  limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
#else
  (void)bytes;
#endif
}

static void files_of_another_size_are_refused(void **state) {
  (void)state;
  make_file();
  file_bytes whole = read_file(path);
  assert_int_equal(whole.len, csn_nonce_region_size(CAPACITY));
  for (size_t len = 0; len < sizeof(csn_nonce_header); len++) {
    write_file(whole.bytes, len);
    assert_refused(CSN_ERROR_REGION_SIZE);
  }
  const size_t lens[] = {sizeof(csn_nonce_header), whole.len / 2, whole.len - 64, whole.len - 1};
  for (size_t i = 0; i < COUNT(lens); i++) {
    write_file(whole.bytes, lens[i]);
    assert_refused(CSN_ERROR_REGION_SIZE);
  }
  limit_memory((rlim_t)1 << 34);
  for (size_t more = 1; more <= (size_t)1 << 42; more = more * 8) {
    write_file(whole.bytes, whole.len);
    assert_int_equal(truncate(path, (off_t)(whole.len + more)), 0);
    assert_refused(CSN_ERROR_REGION_SIZE);
  }
  limit_memory(RLIM_INFINITY);
  write_file(whole.bytes, whole.len);
  csn_nonce_table_free(open_table());
  free(whole.bytes);
}

static void a_file_that_is_no_table_is_refused(void **state) {
  (void)state;
  static uint8_t zeros[65536];
  write_file(zeros, sizeof zeros);
  assert_refused(CSN_ERROR_REGION_FOREIGN);
}

/* A damaged byte anywhere in what never changes. */
static void every_flipped_byte_of_the_header_is_refused(void **state) {
  (void)state;
  make_file();
  file_bytes whole = read_file(path);
  for (size_t i = 0; i < offsetof(csn_nonce_header, checksum) + 8; i++) {
    csn_error expected = CSN_ERROR_REGION_CHECKSUM;
    if (i < offsetof(csn_nonce_constants, region_bytes)) expected = CSN_ERROR_REGION_VERSION;
    if (i < offsetof(csn_nonce_constants, version)) expected = CSN_ERROR_REGION_FOREIGN;
    whole.bytes[i] ^= 0x10;
    write_file(whole.bytes, whole.len);
    assert_refused(expected);
    whole.bytes[i] ^= 0x10;
  }
  write_file(whole.bytes, whole.len);
  csn_nonce_table_free(open_table());
  free(whole.bytes);
}

static void no_boot(csn_nonce_header *header) {
  memset(header->constants.boot, 0, CSN_NONCE_BOOT_BYTES);
}
static void higher_capacity(csn_nonce_header *header) {
  header->constants.capacity *= 2;
}
static void more_bytes(csn_nonce_header *header) {
  header->constants.region_bytes += 64;
}
static void more_shards(csn_nonce_header *header) {
  header->constants.geometry.shards = 2;
}
static void later_version(csn_nonce_header *header) {
  header->constants.version++;
}
static void clock_out_of_range(csn_nonce_header *header) {
  csn_atomic_init(&header->clock, UINT64_MAX);
}

static void headers_that_add_up_but_do_not_fit_are_refused(void **state) {
  (void)state;
  static const struct {
    void (*change)(csn_nonce_header *);
    csn_error error;
  } cases[] = {
      {no_boot, CSN_ERROR_REGION_FOREIGN},       {higher_capacity, CSN_ERROR_REGION_SIZE},
      {more_bytes, CSN_ERROR_REGION_SIZE},       {more_shards, CSN_ERROR_REGION_VERSION},
      {later_version, CSN_ERROR_REGION_VERSION}, {clock_out_of_range, CSN_ERROR_REGION_CHECKSUM},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    make_file();
    change_header(cases[i].change);
    assert_refused(cases[i].error);
    assert_int_equal(unlink(path), 0);
  }
}

static void a_file_of_others_is_refused(void **state) {
  (void)state;
  static const mode_t modes[] = {0640, 0620, 0604, 0602, 0610};
  make_file();
  for (size_t i = 0; i < COUNT(modes); i++) {
    assert_int_equal(chmod(path, modes[i]), 0);
    assert_system_refuses(EPERM);
  }
  assert_int_equal(chmod(path, 0600), 0);
  csn_nonce_table_free(open_table());
  if (geteuid() != 0) return;
  assert_int_equal(chown(path, 1, (gid_t)-1), 0);
  assert_system_refuses(EPERM);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(configurations_out_of_range_are_refused),
      TEST(a_table_without_a_seed_or_a_choice_of_fence_is_not_made),
      TEST(another_capacity_is_refused),
      TEST(what_is_no_regular_file_is_refused),
      TEST(a_missing_directory_is_refused),
      TEST(files_of_another_size_are_refused),
      TEST(a_file_that_is_no_table_is_refused),
      TEST(every_flipped_byte_of_the_header_is_refused),
      TEST(headers_that_add_up_but_do_not_fit_are_refused),
      TEST(a_file_of_others_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
