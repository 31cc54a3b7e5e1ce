/* The stores in an encrypted SQLite file. */
#include "sqlite_aead.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "seal.h"
#include "test_common.h"

enum { NOW = 1700000000, EXPIRES = NOW + 600 };

/* ---- a folder with one database for each test ---- */

static char folder[64], path[96];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/csn-sqlite-XXXXXX");
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(path, sizeof path, "%s/store.db", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < COUNT(endings); i++) {
    char name[128];
    snprintf(name, sizeof name, "%s%s", path, endings[i]);
    (void)unlink(name);
  }
  return rmdir(folder);
}

static csn_sqlite_store *open_store(void) {
  csn_sqlite_store *store = NULL;
  assert_int_equal(csn_sqlite_open(&store, path, TEST_KEY), CSN_OK);
  assert_non_null(store);
  return store;
}

/* ---- the file from the outside: another connection, with the hashes of the rows ---- */

static sqlite3 *outside(void) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  sqlite3_busy_timeout(db, 1000);
  return db;
}

static void outside_exec(const char *sql) {
  sqlite3 *db = outside();
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
}

static int outside_count(const char *table) {
  char sql[64];
  sqlite3 *db = outside();
  sqlite3_stmt *stmt = NULL;
  snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int count = sqlite3_column_int(stmt, 0);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return count;
}

static csn_row row_of(csn_table table, const char *first, const char *second) {
  csn_sealer sealer;
  assert_int_equal(csn_sealer_init(&sealer, TEST_KEY), CSN_OK);
  csn_row row = csn_sealer_row(&sealer, table, csn_span_str(first), csn_span_str(second));
  csn_sealer_wipe(&sealer);
  return row;
}

/* Runs `sql` with the hashes of two rows as ?1 and ?2 and a blob as ?3, each of which it may leave out. */
static void outside_change(const char *sql, const csn_row *row, const csn_row *other, csn_span blob) {
  sqlite3 *db = outside();
  sqlite3_stmt *stmt = NULL;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  int parameters = sqlite3_bind_parameter_count(stmt);
  if (parameters >= 1) sqlite3_bind_blob(stmt, 1, row->hash, CSN_ROW_HASH_BYTES, SQLITE_STATIC);
  if (parameters >= 2) sqlite3_bind_blob(stmt, 2, other->hash, CSN_ROW_HASH_BYTES, SQLITE_STATIC);
  if (parameters >= 3) sqlite3_bind_blob(stmt, 3, blob.ptr, (int)blob.len, SQLITE_STATIC);
  assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
  assert_true(sqlite3_changes(db) > 0);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
}

static size_t outside_value(const char *table, const csn_row *row, uint8_t *out, size_t room) {
  char sql[64];
  sqlite3 *db = outside();
  sqlite3_stmt *stmt = NULL;
  snprintf(sql, sizeof sql, "SELECT value FROM %s WHERE id = ?1", table);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  sqlite3_bind_blob(stmt, 1, row->hash, CSN_ROW_HASH_BYTES, SQLITE_STATIC);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
  assert_true(len <= room);
  memcpy(out, sqlite3_column_blob(stmt, 0), len);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return len;
}

/* ---- claims ---- */

static void a_nonce_is_fresh_once(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  assert_int_equal(claim1(nonces, "client-7", "n-1", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "client-7", "n-1", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "client-7", "n-1", EXPIRES + 100, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "client-8", "n-1", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "client-7", "n-2", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "client-", "7n-1", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "", "", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "", "", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  csn_sqlite_close(store);
}

static void a_batch_is_answered_in_order(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  csn_nonce_claim claims[] = {
      claim_of("c", "a", EXPIRES), claim_of("c", "b", EXPIRES), claim_of("c", "a", EXPIRES),
      claim_of("c", "d", NOW - 1), claim_of("c", "d", EXPIRES), claim_of("c", "b", EXPIRES),
  };
  static const csn_nonce_answer wanted[] = {CSN_NONCE_FRESH,   CSN_NONCE_FRESH, CSN_NONCE_REPLAYED,
                                            CSN_NONCE_EXPIRED, CSN_NONCE_FRESH, CSN_NONCE_REPLAYED};
  nonces.claim(nonces.self, claims, COUNT(claims), NOW);
  for (size_t i = 0; i < COUNT(claims); i++) assert_int_equal(claims[i].answer, wanted[i]);
  nonces.claim(nonces.self, NULL, 0, NOW);
  csn_sqlite_close(store);
}

static void expiry_is_exact_to_the_second(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  assert_int_equal(claim1(nonces, "c", "now", NOW, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "past", NOW - 1, NOW), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "later", NOW + 10, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "later", NOW + 20, NOW + 10), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "c", "later", NOW + 10, NOW + 11), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "later", NOW + 20, NOW + 11), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "later", NOW + 20, NOW + 20), CSN_NONCE_REPLAYED);
  csn_sqlite_close(store);
}

static void a_clock_that_goes_back_reopens_nothing(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  csn_sqlite_store *second = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", NOW + 10, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "tick", NOW + 20, NOW + 11), CSN_NONCE_FRESH);
  for (int round = 0; round < 3; round++) { /* the handle itself, another handle, one that is opened later */
    csn_nonce_store nonces = csn_sqlite_nonces(round == 0 ? store : second);
    assert_int_equal(claim1(nonces, "c", "n", NOW + 10, NOW), CSN_NONCE_EXPIRED);
    assert_int_equal(claim1(nonces, "c", round == 0 ? "x" : round == 1 ? "y" : "z", NOW + 11, NOW), CSN_NONCE_FRESH);
    if (round == 1) {
      csn_sqlite_close(second);
      second = open_store();
    }
  }
  csn_sqlite_close(store);
  csn_sqlite_close(second);
}

static void what_was_claimed_survives_a_restart(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_sqlite_close(store);
  pid_t child = fork(); /* and the death of a process that has closed nothing */
  assert_true(child >= 0);
  if (child == 0) {
    store = NULL;
    if (csn_sqlite_open(&store, path, TEST_KEY) != CSN_OK) _exit(2);
    _exit(claim1(csn_sqlite_nonces(store), "c", "m", EXPIRES, NOW) == CSN_NONCE_FRESH ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  store = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "m", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "o", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_sqlite_close(store);
}

static int race_worker(race *shared, int process) {
  csn_sqlite_store *store = NULL;
  if (csn_sqlite_open(&store, path, TEST_KEY) != CSN_OK) return 1;
  race_run(shared, csn_sqlite_nonces(store), process, NOW);
  csn_sqlite_close(store);
  return 0;
}

/* They make the file, too: all four at once. */
static void processes_agree_on_one_winner(void **state) {
  (void)state;
  assert_one_winner_each(race_worker);
}

static void expired_rows_are_removed_and_live_ones_are_not(void **state) {
  (void)state;
  enum { OLD = 150, LIVE = 50 };
  char name[32];
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  for (int i = 0; i < OLD + LIVE; i++) {
    snprintf(name, sizeof name, "n-%d", i);
    assert_int_equal(claim1(nonces, "c", name, i < OLD ? NOW + 10 : NOW + 1000, NOW), CSN_NONCE_FRESH);
  }
  assert_int_equal(outside_count("nonces"), OLD + LIVE);
  for (int i = 0; i < OLD; i++) {
    snprintf(name, sizeof name, "later-%d", i);
    assert_int_equal(claim1(nonces, "c", name, NOW + 1000, NOW + 11), CSN_NONCE_FRESH);
  }
  assert_int_equal(outside_count("nonces"), LIVE + OLD);
  for (int i = OLD; i < OLD + LIVE; i++) {
    snprintf(name, sizeof name, "n-%d", i);
    assert_int_equal(claim1(nonces, "c", name, NOW + 1000, NOW + 11), CSN_NONCE_REPLAYED);
  }
  csn_sqlite_close(store);
}

/* ---- what goes wrong ---- */

static int refuse_commit(void *context) {
  (void)context;
  return 1;
}

static sqlite3 *newest;
static int remember_connection(sqlite3 *db, char **message, const struct sqlite3_api_routines *routines) {
  (void)message;
  (void)routines;
  newest = db;
  return SQLITE_OK;
}

static int few_pages(sqlite3 *db, char **message, const struct sqlite3_api_routines *routines) {
  (void)message;
  (void)routines;
  return sqlite3_exec(db, "PRAGMA max_page_count = 16", NULL, NULL, NULL);
}

typedef int (*extension)(sqlite3 *, char **, const struct sqlite3_api_routines *);

/* Opens with a function that SQLite calls on the store's own connection. */
static csn_sqlite_store *open_with(extension run) {
  sqlite3_auto_extension((void (*)(void))run);
  csn_sqlite_store *store = open_store();
  sqlite3_reset_auto_extension();
  return store;
}

static void nothing_is_fresh_before_it_is_committed(void **state) {
  (void)state;
  csn_sqlite_store *store = open_with(remember_connection);
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  csn_key key = make_key("c", "k", "0123456789abcdef0123456789abcdef"), found;
  csn_nonce_claim claims[] = {claim_of("c", "a", EXPIRES), claim_of("c", "a", EXPIRES), claim_of("c", "b", EXPIRES)};
  sqlite3_commit_hook(newest, refuse_commit, NULL);
  nonces.claim(nonces.self, claims, COUNT(claims), NOW);
  for (size_t i = 0; i < COUNT(claims); i++) assert_int_equal(claims[i].answer, CSN_NONCE_UNAVAILABLE);
  assert_int_equal(csn_sqlite_put_all(store, &key, 1), CSN_ERROR_STORE);
  sqlite3_commit_hook(newest, NULL, NULL);
  assert_int_equal(csn_sqlite_credentials(store).lookup(store, csn_span_str("c"), &found), CSN_LOOKUP_ABSENT);
  assert_int_equal(claim1(nonces, "c", "a", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "a", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  csn_sqlite_close(store);
}

static void a_file_without_room_is_full_and_forgets_nothing(void **state) {
  (void)state;
  enum { MOST = 5000 };
  char name[32];
  int held = 0;
  csn_sqlite_store *store = open_with(few_pages);
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  csn_nonce_answer answer = CSN_NONCE_FRESH;
  while (held < MOST && answer == CSN_NONCE_FRESH) {
    snprintf(name, sizeof name, "n-%d", held);
    answer = claim1(nonces, "c", name, EXPIRES, NOW);
    held += answer == CSN_NONCE_FRESH;
  }
  assert_int_equal(answer, CSN_NONCE_FULL);
  assert_in_range(held, 100, MOST - 1);
  for (int i = 0; i < held; i++) {
    snprintf(name, sizeof name, "n-%d", i);
    assert_int_equal(claim1(nonces, "c", name, EXPIRES, NOW), CSN_NONCE_REPLAYED);
  }
  int fresh = 0; /* when they have expired there is room again */
  for (int i = 0; i < held; i++) {
    snprintf(name, sizeof name, "m-%d", i);
    fresh += claim1(nonces, "c", name, EXPIRES + 600, EXPIRES + 1) == CSN_NONCE_FRESH;
  }
  assert_true(fresh > held / 2);
  csn_sqlite_close(store);
}

static void a_locked_file_is_unavailable(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  sqlite3 *db = outside();
  assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_UNAVAILABLE);
  assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_sqlite_close(store);
}

static void a_changed_value_is_never_fresh(void **state) {
  (void)state;
  static const char update[] = "UPDATE nonces SET value = ?3 WHERE id = ?1 OR id = ?2";
  uint8_t value[256];
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  csn_row row = row_of(CSN_TABLE_NONCES, "c", "n");
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW), CSN_NONCE_FRESH);
  size_t len = outside_value("nonces", &row, value, sizeof value);
  assert_int_equal(len, 8 + CSN_SEAL_OVERHEAD);
  for (size_t i = 0; i < len; i++) {
    value[i] ^= 1;
    outside_change(update, &row, &row, csn_span_of(value, len));
    /* At a time when the nonce has expired: what cannot be read must not be taken for that. */
    csn_nonce_claim claims[] = {claim_of("c", "n", EXPIRES), claim_of("c", "other", EXPIRES)};
    nonces.claim(nonces.self, claims, 2, NOW + 2);
    assert_int_equal(claims[0].answer, CSN_NONCE_UNAVAILABLE);
    assert_int_equal(claims[1].answer, i == 0 ? CSN_NONCE_FRESH : CSN_NONCE_REPLAYED);
    value[i] ^= 1;
  }
  outside_change(update, &row, &row, csn_span_of(value, len - 1));
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW + 2), CSN_NONCE_UNAVAILABLE);
  outside_change(update, &row, &row, csn_span_of(value, len));
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW + 2), CSN_NONCE_FRESH);
  csn_sqlite_close(store);
}

static void a_value_of_another_row_is_refused(void **state) {
  (void)state;
  uint8_t value[256];
  csn_sqlite_store *store = open_store();
  csn_nonce_store nonces = csn_sqlite_nonces(store);
  csn_row old = row_of(CSN_TABLE_NONCES, "c", "old"), live = row_of(CSN_TABLE_NONCES, "c", "live");
  assert_int_equal(claim1(nonces, "c", "old", NOW + 1, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "live", EXPIRES, NOW), CSN_NONCE_FRESH);
  size_t len = outside_value("nonces", &old, value, sizeof value);
  outside_change("UPDATE nonces SET value = ?3 WHERE id = ?1 AND ?2 NOT NULL", &live, &live, csn_span_of(value, len));
  assert_int_equal(claim1(nonces, "c", "live", EXPIRES, NOW + 2), CSN_NONCE_UNAVAILABLE);
  csn_sqlite_close(store);
}

static void a_file_without_its_clock_is_unavailable(void **state) {
  (void)state;
  csn_row clock = row_of(CSN_TABLE_META, "clock", "");
  csn_sqlite_store *store = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  outside_change("DELETE FROM meta WHERE id = ?1", &clock, NULL, csn_span_of(NULL, 0));
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "m", EXPIRES, NOW), CSN_NONCE_UNAVAILABLE);
  csn_sqlite_close(store);
}

/* ---- opening ---- */

static void assert_refused(const uint8_t key[32]) {
  csn_sqlite_store *store = (csn_sqlite_store *)folder;
  file_bytes before = read_file(path);
  assert_int_equal(csn_sqlite_open(&store, path, key), CSN_ERROR_STORE);
  assert_null(store);
  file_bytes after = read_file(path);
  assert_int_equal(after.len, before.len);
  if (before.len > 0) assert_memory_equal(after.bytes, before.bytes, before.len);
  free(before.bytes);
  free(after.bytes);
}

static void another_key_is_refused(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_sqlite_close(store);
  assert_refused(OTHER_KEY);
  uint8_t near[32];
  memcpy(near, TEST_KEY, sizeof near);
  near[31] ^= 1;
  assert_refused(near);
  store = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  csn_sqlite_close(store);
}

static void a_file_without_its_check_value_is_refused(void **state) {
  (void)state;
  csn_sqlite_close(open_store());
  outside_exec("DELETE FROM meta");
  assert_refused(TEST_KEY);
}

static void files_of_others_are_refused_and_left_alone(void **state) {
  (void)state;
  static const char text[] =
      "This is not a database, but a text of more than one hundred bytes, which is what the header "
      "of a database is long.\n";
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fwrite(text, 1, sizeof text - 1, file);
  fclose(file);
  assert_refused(TEST_KEY);
  assert_int_equal(unlink(path), 0);

  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "CREATE TABLE meta (id BLOB, value BLOB)", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  assert_refused(TEST_KEY);

  csn_sqlite_store *store = NULL;
  assert_int_equal(csn_sqlite_open(&store, folder, TEST_KEY), CSN_ERROR_STORE);
  assert_int_equal(csn_sqlite_open(&store, "/proc/none/store.db", TEST_KEY), CSN_ERROR_STORE);
  assert_int_equal(csn_sqlite_open(&store, ":memory:", TEST_KEY), CSN_ERROR_STORE);
  assert_int_equal(csn_sqlite_open(&store, "", TEST_KEY), CSN_ERROR_STORE);
  assert_null(store);
  csn_sqlite_close(NULL);
  assert_int_equal(access(":memory:", F_OK), -1);
}

static void a_new_file_is_for_its_owner(void **state) {
  (void)state;
  static const char *const endings[] = {"", "-wal"};
  mode_t mask = umask(0);
  csn_sqlite_store *store = open_store();
  assert_int_equal(claim1(csn_sqlite_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  umask(mask);
  for (size_t i = 0; i < COUNT(endings); i++) {
    char name[128];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", path, endings[i]);
    assert_int_equal(stat(name, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
  }
  csn_sqlite_close(store);
}

/* ---- credentials ---- */

static void credentials_come_back(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  csn_credential_store credentials = csn_sqlite_credentials(store);
  csn_key first = make_key("client-7", "2026-a", "0123456789abcdef0123456789abcdef");
  csn_key second = make_key("client-7", "2026-b", "fedcba9876543210fedcba9876543210"), found;
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-7"), &found), CSN_LOOKUP_ABSENT);
  assert_int_equal(credentials.put(credentials.self, &first), CSN_OK);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-7"), &found), CSN_LOOKUP_FOUND);
  assert_key_equal(&found, &first);
  assert_int_equal(credentials.put(credentials.self, &second), CSN_OK);
  csn_sqlite_close(store);
  store = open_store();
  credentials = csn_sqlite_credentials(store);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-7"), &found), CSN_LOOKUP_FOUND);
  assert_key_equal(&found, &second);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-"), &found), CSN_LOOKUP_ABSENT);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str(""), &found), CSN_LOOKUP_ABSENT);
  csn_sqlite_close(store);
}

static void many_credentials_are_put_or_none(void **state) {
  (void)state;
  enum { KEYS = 300 };
  static csn_key keys[KEYS];
  csn_key found;
  csn_sqlite_store *store = open_store();
  csn_credential_store credentials = csn_sqlite_credentials(store);
  for (int i = 0; i < KEYS; i++) {
    char name[32];
    snprintf(name, sizeof name, "client-%d", i);
    keys[i] = make_key(name, "k", "0123456789abcdef0123456789abcdef");
  }
  keys[200].client_id_len = 0;
  assert_int_equal(csn_sqlite_put_all(store, keys, KEYS), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(outside_count("credentials"), 0);
  keys[200] = make_key("client-200", "k", "0123456789abcdef0123456789abcdef");
  assert_int_equal(csn_sqlite_put_all(store, keys, KEYS), CSN_OK);
  assert_int_equal(outside_count("credentials"), KEYS);
  for (int i = 0; i < KEYS; i++) {
    assert_int_equal(credentials.lookup(credentials.self, csn_key_client_id(&keys[i]), &found), CSN_LOOKUP_FOUND);
    assert_key_equal(&found, &keys[i]);
  }
  assert_int_equal(csn_sqlite_put_all(store, NULL, 0), CSN_OK);
  csn_sqlite_close(store);
}

static void changed_or_exchanged_credentials_are_unavailable(void **state) {
  (void)state;
  static const char update[] = "UPDATE credentials SET value = ?3 WHERE id = ?1 AND ?2 NOT NULL";
  csn_sqlite_store *store = open_store();
  csn_credential_store credentials = csn_sqlite_credentials(store);
  csn_key keys[] = {make_key("victim", "k", "0123456789abcdef0123456789abcdef"),
                    make_key("attack", "k", "the attacker's own secret, 32 b.")};
  csn_key found;
  uint8_t victim_value[512], attack_value[512];
  csn_row victim = row_of(CSN_TABLE_CREDENTIALS, "victim", "");
  csn_row attack = row_of(CSN_TABLE_CREDENTIALS, "attack", "");
  assert_int_equal(csn_sqlite_put_all(store, keys, 2), CSN_OK);
  size_t victim_len = outside_value("credentials", &victim, victim_value, sizeof victim_value);
  size_t attack_len = outside_value("credentials", &attack, attack_value, sizeof attack_value);

  outside_change(update, &victim, &victim, csn_span_of(attack_value, attack_len));
  assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_UNAVAILABLE);
  assert_int_equal(credentials.lookup(store, csn_span_str("attack"), &found), CSN_LOOKUP_FOUND);
  for (size_t i = 0; i < victim_len; i++) {
    victim_value[i] ^= 0x80;
    outside_change(update, &victim, &victim, csn_span_of(victim_value, victim_len));
    assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_UNAVAILABLE);
    victim_value[i] ^= 0x80;
  }
  outside_change(update, &victim, &victim, csn_span_of(victim_value, victim_len));
  assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_FOUND);
  csn_sqlite_close(store);
}

/* ---- what stands in the file ---- */

/* The bytes of a SHA-256 state, as they lie in memory and as they are in a record. */
static void state_bytes(const uint32_t words[8], bool big_endian, uint8_t out[32]) {
  for (size_t i = 0; i < 8; i++) {
    for (size_t n = 0; n < 4; n++) out[4 * i + n] = (uint8_t)(words[i] >> 8 * (big_endian ? 3 - n : n));
  }
}

static void assert_holds_nothing(const file_bytes *file, const csn_key *key, const char *secret) {
  static const char *const texts[] = {"recognisable", "telltale", "2026-obvious", "HS256", "countersign"};
  for (size_t i = 0; i < COUNT(texts); i++) assert_false(file_holds(file, csn_span_str(texts[i])));
  assert_false(file_holds_part(file, csn_span_str(secret), 6));
  assert_false(file_holds_part(file, csn_span_of(TEST_KEY, sizeof TEST_KEY), 6));
  for (int big_endian = 0; big_endian < 2; big_endian++) {
    uint8_t pad[32], time[8];
    state_bytes(key->inner, big_endian, pad);
    assert_false(file_holds_part(file, csn_span_of(pad, sizeof pad), 6));
    state_bytes(key->outer, big_endian, pad);
    assert_false(file_holds_part(file, csn_span_of(pad, sizeof pad), 6));
    for (size_t n = 0; n < 8; n++) time[big_endian ? 7 - n : n] = (uint8_t)((uint64_t)EXPIRES >> 8 * n);
    assert_false(file_holds(file, csn_span_of(time, sizeof time)));
  }
}

static void nothing_readable_stands_in_the_files(void **state) {
  (void)state;
  static const char *const endings[] = {"", "-wal", "-shm"};
  static const char secret[] = "Wq7!pR2zLm9#tXv4Ky8@bNc1Jd6%hGf3";
  csn_sqlite_store *store = open_store();
  csn_key key = make_key("recognisable-client", "2026-obvious", secret);
  csn_row row = row_of(CSN_TABLE_NONCES, "recognisable-client", "telltale-nonce-49");
  bool found_row = false, found_schema = false;
  assert_int_equal(csn_sqlite_put_all(store, &key, 1), CSN_OK);
  for (int i = 0; i < 50; i++) {
    char nonce[32];
    snprintf(nonce, sizeof nonce, "telltale-nonce-%d", i);
    assert_int_equal(claim1(csn_sqlite_nonces(store), "recognisable-client", nonce, EXPIRES, NOW), CSN_NONCE_FRESH);
  }
  for (int closed = 0; closed < 2; closed++) { /* with all in the log, and then with all in the database */
    found_row = found_schema = false;
    for (size_t i = 0; i < COUNT(endings); i++) {
      char name[128];
      snprintf(name, sizeof name, "%s%s", path, endings[i]);
      file_bytes file = read_file(name);
      assert_holds_nothing(&file, &key, secret);
      found_row = found_row || file_holds(&file, csn_span_of(row.hash, sizeof row.hash));
      found_schema = found_schema || file_holds(&file, csn_span_str("CREATE TABLE nonces"));
      free(file.bytes);
    }
    assert_true(found_row); /* the search does find what is there */
    assert_true(found_schema);
    if (closed == 0) csn_sqlite_close(store);
  }
}

static void the_store_says_what_it_is(void **state) {
  (void)state;
  csn_sqlite_store *store = open_store();
  const csn_nonce_store_traits *traits = csn_sqlite_nonces(store).traits;
  assert_string_equal(traits->name, "sqlite_aead");
  assert_true(traits->survives_restart);
  assert_true(traits->shared_between_processes);
  assert_false(traits->shared_between_hosts);
  csn_sqlite_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_nonce_is_fresh_once),
      TEST(a_batch_is_answered_in_order),
      TEST(expiry_is_exact_to_the_second),
      TEST(a_clock_that_goes_back_reopens_nothing),
      TEST(what_was_claimed_survives_a_restart),
      TEST(processes_agree_on_one_winner),
      TEST(expired_rows_are_removed_and_live_ones_are_not),
      TEST(nothing_is_fresh_before_it_is_committed),
      TEST(a_file_without_room_is_full_and_forgets_nothing),
      TEST(a_locked_file_is_unavailable),
      TEST(a_changed_value_is_never_fresh),
      TEST(a_value_of_another_row_is_refused),
      TEST(a_file_without_its_clock_is_unavailable),
      TEST(another_key_is_refused),
      TEST(a_file_without_its_check_value_is_refused),
      TEST(files_of_others_are_refused_and_left_alone),
      TEST(a_new_file_is_for_its_owner),
      TEST(credentials_come_back),
      TEST(many_credentials_are_put_or_none),
      TEST(changed_or_exchanged_credentials_are_unavailable),
      TEST(nothing_readable_stands_in_the_files),
      TEST(the_store_says_what_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
