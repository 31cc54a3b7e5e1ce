/* Deleting rows whose time has passed, a few in each transaction, so that no call is ever long. */
#ifndef CSN_SQLITE_PURGE_H
#define CSN_SQLITE_PURGE_H

#include "sqlite_file.h"

/* Walks over a table whose sealed values begin with the UNIX second through which the row counts. */
typedef struct csn_sqlite_purger {
  csn_table table;
  csn_statement scan; /* gives id and value of the ?2 rows behind ?1 */
  csn_statement delete;
  uint8_t after[CSN_ROW_HASH_BYTES];
  int after_len; /* 0: from the first row */
} csn_sqlite_purger;

/* Inside a transaction: looks at the next `rows` rows, and deletes those that do not count at `now`; each call goes on
 * where the last one ended. A row that does not unseal stays: it may count. An SQLite result code. */
int csn_sqlite_purge(csn_sqlite_file *file, csn_sqlite_purger *purger, size_t rows,
                     int64_t now) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#endif
