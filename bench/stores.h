/* The stores that are compared, behind one table: where each keeps its data, and how to open it, restart it and ask
 * what it weighs. A place is private to this run and removed with it. Everything here is for the main thread, and stops
 * the program where a store that is installed does not work. */
#ifndef CSN_BENCH_STORES_H
#define CSN_BENCH_STORES_H

#include <countersign/credential.h>
#include <countersign/nonce_table.h>

#include "../core/store/nonce_file.h"
#include "../core/store/redis.h"
#include "../core/store/redis_server.h"
#include "../core/store/sqlite_aead.h"
#include "scratch.h"

/* Where one store keeps its data. Zeroed: nowhere yet. */
typedef struct csn_place {
  char path[CSN_SCRATCH_PATH_MAX]; /* mapped_file, sqlite_aead: the file */
  csn_redis_server *server;        /* redis */
  double empty_bytes;              /* redis, sqlite_aead: what it took before there was data */
  csn_nonce_table *table;          /* memory */
} csn_place;

/* A store that is open: what a process that serves requests would hold. */
typedef struct csn_handle {
  csn_nonce_store nonces;
  csn_credential_store credentials; /* of those that put_all() fills */
  csn_nonce_table *table;           /* mapped_file */
  csn_sqlite_store *sqlite;
  csn_redis_store *redis;
} csn_handle;

typedef struct csn_store_kind {
  const char *name;
  const char *configuration; /* for a reader: what the figures and the answers of the probe hold for */
  bool (*installed)(void);
  void (*make)(csn_place *place, const char *name); /* `name`: one for each place of a kind */
  void (*open)(csn_place *place, csn_handle *handle);
  void (*close)(csn_handle *handle);
  void (*restart)(csn_place *place); /* kills the server and starts it again, handles are closed; NULL: no server */
  void (*destroy)(csn_place *place); /* handles are closed */
  /* What the data takes now. Writes back what a log holds, so not between timed runs. */
  double (*bytes)(csn_place *place);
  uint64_t (*live)(csn_place *place); /* nonces that are live; NULL where only the simulated clock tells */
  void (*clear)(csn_place *place);    /* NULL where expired ones go by the simulated clock */
  /* Credentials; NULL: it keeps none. */
  bool (*put_all)(csn_handle *handle, const csn_key *keys, size_t count);
  bool keyring;   /* it keeps no credentials, the keyring stands for it */
  bool in_memory; /* a claim costs about as much as reading the clock */
} csn_store_kind;

enum { CSN_STORE_KINDS = 4, CSN_STORE_CAPACITY = 100000 };
extern const csn_store_kind csn_store_kinds[CSN_STORE_KINDS]; /* memory, mapped_file, sqlite_aead, redis */

#endif
