/* A database file of sealed rows: opening it, and reading and writing one row. Four tables of (id, value), and a fixed
 * list of statements on them that are prepared once. One thread at a time. */
#ifndef CSN_SQLITE_FILE_H
#define CSN_SQLITE_FILE_H

#include <sqlite3.h>

#include "record.h"
#include "seal.h"

/* Those on one row take its hash as ?1 and its sealed value as ?2. */
typedef enum csn_statement {
  CSN_SQL_BEGIN,
  CSN_SQL_COMMIT,
  CSN_SQL_ROLLBACK,
  CSN_SQL_META_GET,
  CSN_SQL_META_SET,
  CSN_SQL_NONCE_ADD,
  CSN_SQL_NONCE_GET,
  CSN_SQL_NONCE_SET,
  CSN_SQL_NONCE_SCAN,
  CSN_SQL_NONCE_DELETE,
  CSN_SQL_REFRESH_ADD,
  CSN_SQL_REFRESH_GET,
  CSN_SQL_REFRESH_SET,
  CSN_SQL_REFRESH_SCAN,
  CSN_SQL_REFRESH_DELETE,
  CSN_SQL_CREDENTIAL_GET,
  CSN_SQL_CREDENTIAL_SET,
  CSN_SQL_STATEMENTS
} csn_statement;

enum {
  CSN_ROW_VALUE_MAX = 1600, /* bytes before they are sealed: of a family of refresh tokens, the longest */
  CSN_ROW_UNREADABLE = -1,  /* beside SQLite's result codes: the row is there and does not unseal */
};

_Static_assert((size_t)CSN_RECORD_MAX <= CSN_ROW_VALUE_MAX, "a credential fits in a row");

typedef struct csn_sqlite_file {
  sqlite3 *db;
  sqlite3_stmt *statements[CSN_SQL_STATEMENTS];
  csn_sealer sealer;
  csn_row check_row, clock_row;
} csn_sqlite_file;

/* Opens or makes the file. A file of another application, or of another key, is left as it is. On an error the struct
 * is closed. */
csn_error csn_sqlite_file_open(csn_sqlite_file *file, const char *path,
                               const uint8_t key[CSN_STORE_KEY_BYTES]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_sqlite_file_close(csn_sqlite_file *file) CSN_NONNULL_ALL;

/* What follows gives an SQLite result code. */

/* Runs a statement that gives no row; SQLITE_OK where it did. */
int csn_sqlite_run(csn_sqlite_file *file, csn_statement which) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Ends a transaction that began: commits where `rc` is SQLITE_OK, else takes everything back. SQLITE_OK only where all
 * of it is in the file. */
int csn_sqlite_finish(csn_sqlite_file *file, int rc) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Seals `plain` for `row` and runs `which`. */
int csn_sqlite_write(csn_sqlite_file *file, csn_statement which, const csn_row *row,
                     csn_span plain) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* SQLITE_ROW with the value in `out`; SQLITE_DONE where there is no row; CSN_ROW_UNREADABLE where it is not a value of
 * `row` or not of `room` bytes at most. */
int csn_sqlite_read(csn_sqlite_file *file, csn_statement which, const csn_row *row, uint8_t *out, size_t room,
                    size_t *len) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Unseals a column of the row on which `stmt` stands. False where csn_sqlite_read() would say unreadable. */
bool csn_sqlite_unseal(csn_sqlite_file *file, sqlite3_stmt *stmt, int column, const csn_row *row, uint8_t *out,
                       size_t room, size_t *len) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The same for a value that is a UNIX second. */
int csn_sqlite_write_time(csn_sqlite_file *file, csn_statement which, const csn_row *row,
                          int64_t time) CSN_WARN_UNUSED CSN_NONNULL_ALL;
int csn_sqlite_read_time(csn_sqlite_file *file, csn_statement which, const csn_row *row,
                         int64_t *time) CSN_WARN_UNUSED CSN_NONNULL_ALL;

csn_error csn_sqlite_error(int rc) CSN_WARN_UNUSED;

#endif
