/* Refresh tokens in an encrypted embedded database, as sqlite_aead.h has nonces: SQLite, every value sealed, row ids
 * keyed hashes of what they name. The same file may hold both.
 *
 * Link with libcountersign-sqlite.a, -lsqlite3 and libcountersign.a. One handle is used by one thread at a time;
 * several handles, in one process or more, may have one file open: an exchange is one transaction, so that of several
 * at one time exactly one wins. An answer is given when its transaction is on the disk (synchronous = FULL). */
#ifndef COUNTERSIGN_STORE_SQLITE_REFRESH_H
#define COUNTERSIGN_STORE_SQLITE_REFRESH_H

#include <countersign/token.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csn_sqlite_refresh csn_sqlite_refresh;

/* Opens or makes the database `path`, as csn_sqlite_open() does. Errors: STORE (also where the file was made with
 * another key), NO_MEMORY, CRYPTO. */
csn_error csn_sqlite_refresh_open(csn_sqlite_refresh **out, const char *path,
                                  const uint8_t key[32]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_sqlite_refresh_close(csn_sqlite_refresh *store); /* NULL does nothing */

/* UNAVAILABLE, too, where a row of the token or of its family does not unseal: it was tampered with. */
csn_refresh_store csn_sqlite_refresh_store(csn_sqlite_refresh *store) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
