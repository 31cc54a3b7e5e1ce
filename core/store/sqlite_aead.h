/* Nonce and credential stores in an encrypted embedded database: SQLite, every value sealed with AES-256-GCM (NIST SP
 * 800-38D) through OpenSSL, row ids HMAC-SHA-256 of what they name, so that nothing readable stands in the file.
 *
 * Link with libcountersign-sqlite.a, -lsqlite3 and libcountersign.a. One handle is used by one thread at a time;
 * several handles, in one process or more, may have one file open. */
#ifndef COUNTERSIGN_STORE_SQLITE_AEAD_H
#define COUNTERSIGN_STORE_SQLITE_AEAD_H

#include <countersign/credential.h>
#include <countersign/nonce.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csn_sqlite_store csn_sqlite_store;

/* Opens or makes the database `path`. `key` is 32 secret random bytes, the same for the life of the file; it is copied,
 * and wiped on close. Errors: STORE (also where the file was made with another key), NO_MEMORY, CRYPTO. */
csn_error csn_sqlite_open(csn_sqlite_store **out, const char *path,
                          const uint8_t key[32]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_sqlite_close(csn_sqlite_store *store); /* NULL does nothing */

csn_nonce_store csn_sqlite_nonces(csn_sqlite_store *store) CSN_NONNULL_ALL;
csn_credential_store csn_sqlite_credentials(csn_sqlite_store *store) CSN_NONNULL_ALL;

/* Puts many credentials in one transaction; on an error none. */
csn_error csn_sqlite_put_all(csn_sqlite_store *store, const csn_key *keys, size_t count) CSN_WARN_UNUSED CSN_NONNULL(1);

#ifdef __cplusplus
}
#endif
#endif
