#include "sqlite_purge.h"

enum { CHUNK = 64 /* rows remembered between looking and deleting */ };

typedef struct dead_rows {
  uint8_t hashes[CHUNK][CSN_ROW_HASH_BYTES];
  int count;
} dead_rows;

/* The row on which `stmt` stands. */
static void look_at(csn_sqlite_file *file, csn_sqlite_purger *purger, sqlite3_stmt *stmt, int64_t now,
                    dead_rows *dead) {
  csn_row row = {.table = (uint8_t)purger->table};
  uint8_t value[CSN_ROW_VALUE_MAX];
  size_t len = 0;
  if (sqlite3_column_bytes(stmt, 0) != CSN_ROW_HASH_BYTES) return;
  memcpy(row.hash, sqlite3_column_blob(stmt, 0), sizeof row.hash);
  memcpy(purger->after, row.hash, sizeof row.hash);
  purger->after_len = CSN_ROW_HASH_BYTES;
  if (!csn_sqlite_unseal(file, stmt, 1, &row, value, sizeof value, &len) || len < 8) return;
  if ((int64_t)csn_get_be64(value) >= now) return;
  memcpy(dead->hashes[dead->count++], row.hash, sizeof row.hash);
}

/* Looks at the next `limit` rows, at most CHUNK. SQLITE_DONE where there are no more. */
static int find_dead(csn_sqlite_file *file, csn_sqlite_purger *purger, int limit, int64_t now, dead_rows *dead) {
  sqlite3_stmt *stmt = file->statements[purger->scan];
  int seen = 0;
  dead->count = 0;
  int rc = sqlite3_bind_blob(stmt, 1, purger->after, purger->after_len, SQLITE_TRANSIENT);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(stmt, 2, limit);
  if (rc != SQLITE_OK) return rc;
  for (; (rc = sqlite3_step(stmt)) == SQLITE_ROW; seen++) look_at(file, purger, stmt, now, dead);
  sqlite3_reset(stmt);
  return rc == SQLITE_DONE && seen == limit ? SQLITE_OK : rc;
}

static int delete_dead(csn_sqlite_file *file, const csn_sqlite_purger *purger, const dead_rows *dead) {
  sqlite3_stmt *stmt = file->statements[purger->delete];
  int rc = SQLITE_OK;
  for (int i = 0; i < dead->count && rc == SQLITE_OK; i++) {
    rc = sqlite3_bind_blob(stmt, 1, dead->hashes[i], CSN_ROW_HASH_BYTES, SQLITE_STATIC);
    if (rc == SQLITE_OK) rc = csn_sqlite_run(file, purger->delete);
  }
  return rc;
}

int csn_sqlite_purge(csn_sqlite_file *file, csn_sqlite_purger *purger, size_t rows, int64_t now) {
  dead_rows dead;
  while (rows > 0) {
    int limit = rows < CHUNK ? (int)rows : CHUNK;
    int found = find_dead(file, purger, limit, now, &dead);
    if (found != SQLITE_OK && found != SQLITE_DONE) return found;
    int rc = delete_dead(file, purger, &dead);
    if (rc != SQLITE_OK) return rc;
    if (found == SQLITE_DONE) {
      purger->after_len = 0;
      return SQLITE_OK;
    }
    rows -= (size_t)limit;
  }
  return SQLITE_OK;
}
