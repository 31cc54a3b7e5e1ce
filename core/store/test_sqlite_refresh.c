/* Refresh tokens in an encrypted SQLite file. */
#include "sqlite_refresh.h"

#include <sqlite3.h>

#include "../test/refresh_store_checks.h"
#include "sqlite_aead.h"
#include "test_common.h"

static char folder[64], path[96];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/csn-refresh-XXXXXX");
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(path, sizeof path, "%s/store.db", folder);
  return 0;
}

static int remove_folder(void **state) {
  static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
  (void)state;
  for (size_t i = 0; i < COUNT(endings); i++) {
    char name[128];
    snprintf(name, sizeof name, "%s%s", path, endings[i]);
    (void)unlink(name);
  }
  return rmdir(folder);
}

static csn_sqlite_refresh *open_store(void) {
  csn_sqlite_refresh *store = NULL;
  assert_int_equal(csn_sqlite_refresh_open(&store, path, TEST_KEY), CSN_OK);
  return store;
}

/* Runs SQL on the file from outside; gives the first number of its answer, or 0. */
static int outside(const char *sql) {
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  int number = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
  assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
  sqlite3_close(db);
  return number;
}

static csn_refresh_answer add_token(csn_refresh_store store, unsigned number, int64_t expires, int64_t now) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  csn_grant grant = model_grant(number);
  model_hash(number, hash);
  return store.add(store.self, hash, &grant, expires, now);
}

static csn_refresh_answer exchange_token(csn_refresh_store store, unsigned number, unsigned next, int64_t now) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES], next_hash[CSN_REFRESH_HASH_BYTES];
  csn_grant grant;
  model_hash(number, hash);
  model_hash(next, next_hash);
  return store.exchange(store.self, hash, next_hash, now + 1000, now, &grant);
}

static void answers_are_those_of_the_model(void **state) {
  csn_sqlite_refresh *store = open_store();
  (void)state;
  check_against_model(csn_sqlite_refresh_store(store), 7, 300);
  csn_sqlite_refresh_close(store);
}

static void presentations_at_one_time_have_one_winner(void **state) {
  csn_sqlite_refresh *stores[PRESENTERS];
  csn_refresh_store handles[PRESENTERS];
  (void)state;
  for (size_t i = 0; i < PRESENTERS; i++) {
    stores[i] = open_store();
    handles[i] = csn_sqlite_refresh_store(stores[i]);
  }
  check_presentations(handles, 20);
  for (size_t i = 0; i < PRESENTERS; i++) csn_sqlite_refresh_close(stores[i]);
}

static void tokens_outlive_the_handle(void **state) {
  csn_sqlite_refresh *store = open_store();
  (void)state;
  assert_int_equal(add_token(csn_sqlite_refresh_store(store), 1, 2000, 1000), CSN_REFRESH_ISSUED);
  assert_int_equal(exchange_token(csn_sqlite_refresh_store(store), 1, 2, 1000), CSN_REFRESH_ISSUED);
  csn_sqlite_refresh_close(store);
  store = open_store();
  assert_int_equal(exchange_token(csn_sqlite_refresh_store(store), 2, 3, 1000), CSN_REFRESH_ISSUED);
  assert_int_equal(exchange_token(csn_sqlite_refresh_store(store), 1, 4, 1000), CSN_REFRESH_REUSED);
  csn_sqlite_refresh_close(store);
  store = open_store();
  assert_int_equal(exchange_token(csn_sqlite_refresh_store(store), 3, 5, 1000), CSN_REFRESH_REVOKED);
  csn_sqlite_refresh_close(store);
}

static void another_key_opens_nothing(void **state) {
  csn_sqlite_refresh *store = open_store();
  (void)state;
  csn_sqlite_refresh_close(store);
  assert_int_equal(csn_sqlite_refresh_open(&store, path, OTHER_KEY), CSN_ERROR_STORE);
  assert_null(store);
}

/* No hash, subject or scope stands in the file. */
static void nothing_readable_is_in_the_file(void **state) {
  static char bytes[1 << 20];
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  csn_sqlite_refresh *store = open_store();
  csn_grant grant = model_grant(1);
  (void)state;
  csn_name_set(&grant.subject, csn_span_str("a subject to be looked for"));
  memset(hash, 0x5a, sizeof hash);
  csn_refresh_store functions = csn_sqlite_refresh_store(store);
  assert_int_equal(functions.add(functions.self, hash, &grant, 2000, 1000), CSN_REFRESH_ISSUED);
  csn_sqlite_refresh_close(store);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t len = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  assert_non_null(memmem(bytes, len, "CREATE TABLE refresh", 20)); /* the search works */
  assert_null(memmem(bytes, len, "a subject to be", 15));
  assert_null(memmem(bytes, len, hash, 8));
}

/* Rows that somebody has changed, swapped or deleted are no tokens. */
static void tampering_is_noticed(void **state) {
  csn_sqlite_refresh *store = open_store();
  csn_refresh_store functions = csn_sqlite_refresh_store(store);
  (void)state;
  assert_int_equal(add_token(functions, 1, 2000, 1000), CSN_REFRESH_ISSUED);
  assert_int_equal(add_token(functions, 2, 2000, 1000), CSN_REFRESH_ISSUED);
  assert_int_equal(outside("SELECT count(*) FROM refresh"), 4);
  (void)outside("UPDATE refresh SET value = (SELECT value FROM refresh ORDER BY id LIMIT 1)");
  unsigned taken = 0;
  for (unsigned i = 1; i <= 2; i++) taken += exchange_token(functions, i, 10 + i, 1000) == CSN_REFRESH_ISSUED;
  assert_int_equal(taken, 0);
  assert_int_equal(outside("SELECT count(*) FROM refresh"), 4);
  (void)outside("DELETE FROM refresh");
  assert_int_equal(exchange_token(functions, 1, 20, 1000), CSN_REFRESH_UNKNOWN);
  csn_sqlite_refresh_close(store);
}

static void rows_that_have_expired_go(void **state) {
  csn_sqlite_refresh *store = open_store();
  csn_refresh_store functions = csn_sqlite_refresh_store(store);
  (void)state;
  for (unsigned i = 0; i < 40; i++) assert_int_equal(add_token(functions, i, 1010, 1000), CSN_REFRESH_ISSUED);
  assert_int_equal(outside("SELECT count(*) FROM refresh"), 80);
  for (unsigned i = 40; i < 80; i++) assert_int_equal(add_token(functions, i, 5000, 1011), CSN_REFRESH_ISSUED);
  assert_int_equal(outside("SELECT count(*) FROM refresh"), 80);
  for (unsigned i = 40; i < 80; i++) {
    assert_int_equal(exchange_token(functions, i, 1000 + i, 1012), CSN_REFRESH_ISSUED);
  }
  csn_sqlite_refresh_close(store);
}

/* A file that was made when there was no such table. */
static void files_of_before_get_the_table(void **state) {
  csn_sqlite_store *nonces;
  (void)state;
  assert_int_equal(csn_sqlite_open(&nonces, path, TEST_KEY), CSN_OK);
  csn_sqlite_close(nonces);
  (void)outside("DROP TABLE refresh");
  csn_sqlite_refresh *store = open_store();
  assert_int_equal(add_token(csn_sqlite_refresh_store(store), 1, 2000, 1000), CSN_REFRESH_ISSUED);
  csn_sqlite_refresh_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(answers_are_those_of_the_model),  TEST(presentations_at_one_time_have_one_winner),
      TEST(tokens_outlive_the_handle),       TEST(another_key_opens_nothing),
      TEST(nothing_readable_is_in_the_file), TEST(tampering_is_noticed),
      TEST(rows_that_have_expired_go),       TEST(files_of_before_get_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
