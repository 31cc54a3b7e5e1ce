/* What the tests of the mapped file share: a folder with one file for each test. */
#ifndef CSN_STORE_NONCE_FILE_SUPPORT_H
#define CSN_STORE_NONCE_FILE_SUPPORT_H

#include <fcntl.h>

#include "../src/nonce_layout.h"
#include "nonce_file.h"
#include "test_common.h"

#define NOW INT64_C(1700000000)
enum { CAPACITY = 500 };

static char folder[192], path[208], making[224];

static inline int make_folder(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/csn-nonces-XXXXXX", base != NULL && base[0] == '/' ? base : "/tmp");
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(path, sizeof path, "%s/nonces", folder);
  snprintf(making, sizeof making, "%s.making", path);
  return 0;
}

/* What a test leaves behind but the file makes this fail. */
static inline int remove_folder(void **state) {
  (void)state;
  (void)remove(path);
  return rmdir(folder);
}

static inline csn_nonce_table_config config_of(uint64_t capacity) {
  csn_nonce_table_config config = {.capacity = capacity, .now = NOW, .seed = {3, 1, 4}, .fence = CSN_NONCE_NO_FENCE};
  return config;
}

static inline csn_nonce_table *open_with(const csn_nonce_table_config *config) {
  csn_nonce_table *table = NULL;
  assert_int_equal(csn_nonce_file_open(&table, path, config), CSN_OK);
  assert_non_null(table);
  return table;
}

static inline csn_nonce_table *open_table(void) {
  csn_nonce_table_config config = config_of(CAPACITY);
  return open_with(&config);
}

static inline void make_file(void) {
  csn_nonce_table_free(open_table());
}

/* Changes the header in the file, and its checksum to what fits. */
static inline void change_header(void (*change)(csn_nonce_header *)) {
  csn_nonce_header header;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pread(fd, &header, sizeof header, 0), sizeof header);
  change(&header);
  header.checksum = csn_nonce_checksum(&header.constants);
  assert_int_equal(pwrite(fd, &header, sizeof header, 0), sizeof header);
  close(fd);
}

static inline void other_boot(csn_nonce_header *header) {
  header->constants.boot[5] ^= 1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

#endif
