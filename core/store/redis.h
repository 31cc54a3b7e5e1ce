/* Nonce and credential stores in Redis, through hiredis: a claim is SET key "" NX PX ms, a batch is one pipeline.
 *
 * Link with libcountersign-redis.a, -lhiredis and libcountersign.a. One handle is used by one thread at a time.
 *
 * The operator's part: a server with `appendfsync always`, or one window of waiting before a verifier that is opened
 * after a crash answers; and clocks that are not stepped back. A handle refuses what the server may have forgotten
 * where it can see it, which is when the server was started anew, or the time went back, while the handle was open:
 * redis.c says how far. */
#ifndef COUNTERSIGN_STORE_REDIS_H
#define COUNTERSIGN_STORE_REDIS_H

#include <countersign/credential.h>
#include <countersign/nonce.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csn_redis_store csn_redis_store;

/* Connects to a unix socket. `key` is 32 secret random bytes, the same for all who share the data: it hashes the names
 * and seals the values. `timeout_ms`, above 0, bounds every wait; after it the answer is "unavailable" and the
 * connection is made anew at the next call. Refused is a server that may evict live nonces (an eviction policy other
 * than "noeviction"), whose run it does not tell (INFO) or whose data belongs to another key. Errors: INVALID_ARGUMENT,
 * STORE, NO_MEMORY, CRYPTO. */
csn_error csn_redis_open_unix(csn_redis_store **out, const char *socket_path, const uint8_t key[32],
                              int timeout_ms) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_redis_close(csn_redis_store *store); /* NULL does nothing */

csn_nonce_store csn_redis_nonces(csn_redis_store *store) CSN_NONNULL_ALL;
csn_credential_store csn_redis_credentials(csn_redis_store *store) CSN_NONNULL_ALL;

/* Puts many credentials in pipelines. On an error some may be stored. */
csn_error csn_redis_put_all(csn_redis_store *store, const csn_key *keys, size_t count) CSN_WARN_UNUSED CSN_NONNULL(1);

#ifdef __cplusplus
}
#endif
#endif
