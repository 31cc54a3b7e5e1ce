#include "sqlite_file.h"

#include <stdio.h>
#include <sys/stat.h>

enum {
  BUSY_TIMEOUT_MS = 2000,      /* how long a transaction waits for another's */
  APPLICATION_ID = 0x43534e31, /* "CSN1" in the file's header */
  TIME_BYTES = 8,
};

static const csn_span CHECK_TEXT = CSN_SPAN_LITERAL("countersign store 1");

static const char *const statement_text[CSN_SQL_STATEMENTS] = {
    [CSN_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [CSN_SQL_COMMIT] = "COMMIT",
    [CSN_SQL_ROLLBACK] = "ROLLBACK",
    [CSN_SQL_META_GET] = "SELECT value FROM meta WHERE id = ?1",
    [CSN_SQL_META_SET] = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = ?2",
    [CSN_SQL_NONCE_ADD] = "INSERT OR IGNORE INTO nonces VALUES (?1, ?2)",
    [CSN_SQL_NONCE_GET] = "SELECT value FROM nonces WHERE id = ?1",
    [CSN_SQL_NONCE_SET] = "UPDATE nonces SET value = ?2 WHERE id = ?1",
    [CSN_SQL_NONCE_SCAN] = "SELECT id, value FROM nonces WHERE id > ?1 ORDER BY id LIMIT ?2",
    [CSN_SQL_NONCE_DELETE] = "DELETE FROM nonces WHERE id = ?1",
    [CSN_SQL_REFRESH_ADD] = "INSERT OR IGNORE INTO refresh VALUES (?1, ?2)",
    [CSN_SQL_REFRESH_GET] = "SELECT value FROM refresh WHERE id = ?1",
    [CSN_SQL_REFRESH_SET] = "UPDATE refresh SET value = ?2 WHERE id = ?1",
    [CSN_SQL_REFRESH_SCAN] = "SELECT id, value FROM refresh WHERE id > ?1 ORDER BY id LIMIT ?2",
    [CSN_SQL_REFRESH_DELETE] = "DELETE FROM refresh WHERE id = ?1",
    [CSN_SQL_CREDENTIAL_GET] = "SELECT value FROM credentials WHERE id = ?1",
    [CSN_SQL_CREDENTIAL_SET] = "INSERT INTO credentials VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = ?2",
};

static const char schema[] =
    "CREATE TABLE meta (id BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE nonces (id BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE credentials (id BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";

/* A file that was made before there were refresh tokens gets their table when it is opened. */
static const char refresh_schema[] =
    "CREATE TABLE IF NOT EXISTS refresh (id BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";

/* ---- rows ---- */

int csn_sqlite_run(csn_sqlite_file *file, csn_statement which) {
  int rc = sqlite3_step(file->statements[which]);
  sqlite3_reset(file->statements[which]);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int csn_sqlite_finish(csn_sqlite_file *file, int rc) {
  if (rc == SQLITE_OK) rc = csn_sqlite_run(file, CSN_SQL_COMMIT);
  if (rc != SQLITE_OK && !sqlite3_get_autocommit(file->db)) {
    int undone = csn_sqlite_run(file, CSN_SQL_ROLLBACK);
    (void)undone; /* the transaction's own result is what counts; closing the file rolls back as well */
  }
  return rc;
}

int csn_sqlite_write(csn_sqlite_file *file, csn_statement which, const csn_row *row, csn_span plain) {
  uint8_t sealed[CSN_ROW_VALUE_MAX + CSN_SEAL_OVERHEAD];
  sqlite3_stmt *stmt = file->statements[which];
  if (plain.len > CSN_ROW_VALUE_MAX || !csn_seal(&file->sealer, row, plain, sealed)) return SQLITE_ERROR;
  int rc = sqlite3_bind_blob(stmt, 1, row->hash, CSN_ROW_HASH_BYTES, SQLITE_STATIC);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_blob(stmt, 2, sealed, (int)(plain.len + CSN_SEAL_OVERHEAD), SQLITE_STATIC);
  }
  return rc == SQLITE_OK ? csn_sqlite_run(file, which) : rc;
}

bool csn_sqlite_unseal(csn_sqlite_file *file, sqlite3_stmt *stmt, int column, const csn_row *row, uint8_t *out,
                       size_t room, size_t *len) {
  const void *bytes = sqlite3_column_blob(stmt, column);
  csn_span sealed = csn_span_of(bytes, bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(stmt, column));
  if (sealed.len < CSN_SEAL_OVERHEAD || sealed.len - CSN_SEAL_OVERHEAD > room) return false;
  *len = sealed.len - CSN_SEAL_OVERHEAD;
  return csn_unseal(&file->sealer, row, sealed, out);
}

int csn_sqlite_read(csn_sqlite_file *file, csn_statement which, const csn_row *row, uint8_t *out, size_t room,
                    size_t *len) {
  sqlite3_stmt *stmt = file->statements[which];
  int rc = sqlite3_bind_blob(stmt, 1, row->hash, CSN_ROW_HASH_BYTES, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW && !csn_sqlite_unseal(file, stmt, 0, row, out, room, len)) rc = CSN_ROW_UNREADABLE;
  sqlite3_reset(stmt);
  return rc;
}

int csn_sqlite_write_time(csn_sqlite_file *file, csn_statement which, const csn_row *row, int64_t time) {
  uint8_t bytes[TIME_BYTES];
  csn_put_be64(bytes, (uint64_t)time);
  return csn_sqlite_write(file, which, row, csn_span_of(bytes, sizeof bytes));
}

int csn_sqlite_read_time(csn_sqlite_file *file, csn_statement which, const csn_row *row, int64_t *time) {
  uint8_t bytes[TIME_BYTES];
  size_t len = 0;
  int rc = csn_sqlite_read(file, which, row, bytes, sizeof bytes, &len);
  if (rc != SQLITE_ROW) return rc;
  if (len != sizeof bytes) return CSN_ROW_UNREADABLE;
  *time = (int64_t)csn_get_be64(bytes);
  return SQLITE_ROW;
}

csn_error csn_sqlite_error(int rc) {
  if (rc == SQLITE_OK) return CSN_OK;
  return rc == SQLITE_NOMEM ? CSN_ERROR_NO_MEMORY : CSN_ERROR_STORE;
}

/* ---- opening ---- */

static int exec(csn_sqlite_file *file, const char *sql) {
  return sqlite3_exec(file->db, sql, NULL, NULL, NULL);
}

/* The first column of the first row of a query, as text. False on any error, or where it does not fit. */
static bool query(csn_sqlite_file *file, const char *sql, char *out, int size) {
  sqlite3_stmt *stmt = NULL;
  bool ok = sqlite3_prepare_v2(file->db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW;
  const unsigned char *text = ok ? sqlite3_column_text(stmt, 0) : NULL;
  ok = text != NULL && snprintf(out, (size_t)size, "%s", (const char *)text) < size;
  sqlite3_finalize(stmt);
  return ok;
}

static int prepare(csn_sqlite_file *file) {
  for (size_t i = 0; i < CSN_SQL_STATEMENTS; i++) {
    int rc = sqlite3_prepare_v3(file->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT, &file->statements[i], NULL);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

/* Inside a transaction: the tables, and what shows that the key is right and where the clock stands. */
static int create(csn_sqlite_file *file) {
  char text[64];
  snprintf(text, sizeof text, "PRAGMA application_id = %d", APPLICATION_ID);
  int rc = exec(file, text);
  if (rc == SQLITE_OK) rc = exec(file, schema);
  if (rc == SQLITE_OK) rc = exec(file, refresh_schema);
  if (rc == SQLITE_OK) rc = prepare(file);
  if (rc == SQLITE_OK) rc = csn_sqlite_write(file, CSN_SQL_META_SET, &file->check_row, CHECK_TEXT);
  if (rc == SQLITE_OK) rc = csn_sqlite_write_time(file, CSN_SQL_META_SET, &file->clock_row, INT64_MIN);
  return rc;
}

/* Inside a transaction: refuses a file that is not ours, and one whose check value this key does not unseal. */
static int check(csn_sqlite_file *file) {
  char text[16], wanted[16];
  uint8_t value[64];
  size_t len = 0;
  snprintf(wanted, sizeof wanted, "%d", APPLICATION_ID);
  if (!query(file, "PRAGMA application_id", text, sizeof text) || strcmp(text, wanted) != 0) return SQLITE_NOTADB;
  int rc = exec(file, refresh_schema);
  if (rc == SQLITE_OK) rc = prepare(file);
  if (rc != SQLITE_OK) return rc;
  rc = csn_sqlite_read(file, CSN_SQL_META_GET, &file->check_row, value, sizeof value, &len);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_AUTH : rc;
  return csn_span_equal(csn_span_of(value, len), CHECK_TEXT) ? SQLITE_OK : SQLITE_AUTH;
}

static int create_or_check(csn_sqlite_file *file) {
  char tables[16];
  int rc = exec(file, statement_text[CSN_SQL_BEGIN]);
  if (rc != SQLITE_OK) return rc;
  if (!query(file, "SELECT count(*) FROM sqlite_schema", tables, sizeof tables)) {
    rc = SQLITE_ERROR;
  } else {
    rc = strcmp(tables, "0") == 0 ? create(file) : check(file);
  }
  if (rc == SQLITE_OK) return exec(file, statement_text[CSN_SQL_COMMIT]);
  (void)exec(file, statement_text[CSN_SQL_ROLLBACK]);
  return rc;
}

/* Changing the mode needs the file alone for a moment, and SQLite does not wait for that by itself. */
static bool enter_wal(csn_sqlite_file *file) {
  enum { TRY_EVERY_MS = 10 };
  char mode[16];
  for (int waited = 0; waited <= BUSY_TIMEOUT_MS; waited += TRY_EVERY_MS) {
    if (query(file, "PRAGMA journal_mode = WAL", mode, sizeof mode)) return strcmp(mode, "wal") == 0;
    if (sqlite3_errcode(file->db) != SQLITE_BUSY) return false;
    sqlite3_sleep(TRY_EVERY_MS);
  }
  return false;
}

/* Row hashes are spread evenly, so that each claim touches a page of its own: pages are kept in memory, and the log is
 * longer than by default (1000 pages) before it is copied back and synced, which was faster in every trial. Of what is
 * in the log only, loss of power may take what the kernel has not written yet. */
static const char settings[] =
    "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -16384;" /* KiB */
    "PRAGMA wal_autocheckpoint = 4096";

static csn_error open_database(csn_sqlite_file *file, const char *path) {
  /* What SQLite takes for a database in memory or in a temporary file. */
  if (path[0] == '\0' || path[0] == ':') return CSN_ERROR_STORE;
  /* A new file is for its owner only, and SQLite gives the files beside it the same mode. mknod() and not open(): to
   * close a descriptor would drop the locks of another handle of this process. Where it fails SQLite says why. */
  (void)mknod(path, S_IFREG | S_IRUSR | S_IWUSR, 0);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int rc = sqlite3_open_v2(path, &file->db, flags, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(file->db, BUSY_TIMEOUT_MS);
  if (rc == SQLITE_OK) rc = create_or_check(file);
  if (rc != SQLITE_OK) return csn_sqlite_error(rc);
  if (!enter_wal(file)) return CSN_ERROR_STORE;
  return csn_sqlite_error(exec(file, settings));
}

csn_error csn_sqlite_file_open(csn_sqlite_file *file, const char *path, const uint8_t key[CSN_STORE_KEY_BYTES]) {
  const csn_span none = csn_span_of(NULL, 0);
  memset(file, 0, sizeof *file);
  csn_error error = csn_sealer_init(&file->sealer, key);
  if (error != CSN_OK) return error;
  file->check_row = csn_sealer_row(&file->sealer, CSN_TABLE_META, csn_span_str("check"), none);
  file->clock_row = csn_sealer_row(&file->sealer, CSN_TABLE_META, csn_span_str("clock"), none);
  error = open_database(file, path);
  if (error != CSN_OK) csn_sqlite_file_close(file);
  return error;
}

void csn_sqlite_file_close(csn_sqlite_file *file) {
  for (size_t i = 0; i < CSN_SQL_STATEMENTS; i++) sqlite3_finalize(file->statements[i]);
  sqlite3_close(file->db);
  csn_sealer_wipe(&file->sealer);
  memset(file, 0, sizeof *file);
}
