#include "stores.h"

#include <hiredis/hiredis.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "workload.h"

static const uint8_t store_key[32] = {3, 1, 4, 1, 5};

static void must(csn_error error, const char *what) {
  if (error != CSN_OK) csn_workload_fatal("%s: %s", what, csn_error_sentence(error));
}

/* ---- memory ---- */

static bool always_installed(void) {
  return true;
}

static csn_nonce_table_config table_config(void) {
  csn_nonce_table_config config = {
      .capacity = CSN_STORE_CAPACITY, .now = CSN_WORKLOAD_NOW, .fence = CSN_NONCE_NO_FENCE};
  csn_workload_bytes(4, config.seed, sizeof config.seed);
  return config;
}

static void memory_make(csn_place *place, const char *name) {
  (void)name;
  csn_nonce_table_config config = table_config();
  must(csn_nonce_table_new(&place->table, &config), "the nonce table");
}

static void memory_open(csn_place *place, csn_handle *handle) {
  *handle = (csn_handle){.nonces = csn_nonce_table_store(place->table)};
}

static void memory_close(csn_handle *handle) {
  (void)handle;
}

static void memory_destroy(csn_place *place) {
  csn_nonce_table_free(place->table);
  place->table = NULL;
}

static double memory_bytes(csn_place *place) {
  return (double)csn_nonce_table_measure(place->table).region_bytes;
}

/* ---- mapped_file ---- */

static void file_make(csn_place *place, const char *name) {
  char file[32];
  snprintf(file, sizeof file, "%s.table", name);
  csn_scratch_path(place->path, file);
}

static csn_nonce_table *file_table(const csn_place *place) {
  csn_nonce_table_config config = table_config();
  csn_nonce_table *table;
  must(csn_nonce_file_open(&table, place->path, &config), "mapped_file");
  return table;
}

static void file_open(csn_place *place, csn_handle *handle) {
  csn_nonce_table *table = file_table(place);
  *handle = (csn_handle){.nonces = csn_nonce_table_store(table), .table = table};
}

static void file_close(csn_handle *handle) {
  csn_nonce_table_free(handle->table);
}

static void file_destroy(csn_place *place) {
  remove(place->path);
}

static double file_bytes(csn_place *place) {
  struct stat status;
  if (stat(place->path, &status) != 0) csn_workload_fatal("mapped_file: its file is gone");
  return (double)status.st_size;
}

/* ---- sqlite_aead ---- */

static void sqlite_make(csn_place *place, const char *name) {
  char file[32];
  snprintf(file, sizeof file, "%s.db", name);
  csn_scratch_path(place->path, file);
}

/* Copies the log back into the file and empties it: how long it is says when that was done last, not how much data
 * there is. Through a plain connection, because the store offers no such thing; it finds out by reading that there is
 * a log. */
static void sqlite_empty_log(csn_place *place) {
  sqlite3 *db = NULL;
  int left = -1;
  if (sqlite3_open_v2(place->path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
      sqlite3_exec(db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK ||
      sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &left, NULL) != SQLITE_OK || left != 0)
    csn_workload_fatal("sqlite_aead: the log was not emptied: %s", sqlite3_errmsg(db));
  sqlite3_close(db);
}

static double sqlite_file_bytes(csn_place *place) {
  static const char *const suffixes[] = {"", "-wal", "-shm"};
  double sum = 0;
  sqlite_empty_log(place);
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
    char path[CSN_SCRATCH_PATH_MAX + 8];
    struct stat status;
    snprintf(path, sizeof path, "%s%s", place->path, suffixes[i]);
    if (stat(path, &status) == 0) sum += (double)status.st_size;
  }
  return sum;
}

static void sqlite_open(csn_place *place, csn_handle *handle) {
  csn_sqlite_store *store;
  must(csn_sqlite_open(&store, place->path, store_key), "sqlite_aead");
  *handle =
      (csn_handle){.nonces = csn_sqlite_nonces(store), .credentials = csn_sqlite_credentials(store), .sqlite = store};
  if (place->empty_bytes == 0) place->empty_bytes = sqlite_file_bytes(place);
}

static void sqlite_close(csn_handle *handle) {
  csn_sqlite_close(handle->sqlite);
}

static double sqlite_bytes(csn_place *place) {
  return sqlite_file_bytes(place) - place->empty_bytes;
}

static bool sqlite_put_all(csn_handle *handle, const csn_key *keys, size_t count) {
  return csn_sqlite_put_all(handle->sqlite, keys, count) == CSN_OK;
}

/* ---- redis ---- */

enum { REDIS_TIMEOUT_MS = 5000, SERVERS_MAX = 4 };
static csn_redis_server *servers[SERVERS_MAX];

static void redis_stop_all(void) {
  for (size_t i = 0; i < SERVERS_MAX; i++) {
    csn_redis_server_stop(servers[i]);
    servers[i] = NULL;
  }
}

static void redis_remember(csn_redis_server *server) {
  static bool at_end;
  if (!at_end) csn_scratch_at_end(redis_stop_all);
  at_end = true;
  for (size_t i = 0; i < SERVERS_MAX; i++) {
    if (servers[i] != NULL) continue;
    servers[i] = server;
    return;
  }
  csn_workload_fatal("too many redis servers");
}

static bool redis_installed(void) {
  return csn_redis_server_program() != NULL;
}

/* One command on a connection of its own; the number in the reply, or the one behind `field` in its text. */
static double redis_ask(csn_place *place, const char *command, const char *field) {
  redisContext *context = redisConnectUnix(csn_redis_server_socket(place->server));
  redisReply *reply = context == NULL || context->err != 0 ? NULL : redisCommand(context, command);
  double number = 0;
  if (reply == NULL || reply->type == REDIS_REPLY_ERROR) csn_workload_fatal("redis: no answer to %s", command);
  if (reply->type == REDIS_REPLY_INTEGER) number = (double)reply->integer;
  const char *at = field == NULL || reply->str == NULL ? NULL : strstr(reply->str, field);
  if (at != NULL) number = strtod(at + strlen(field), NULL);
  freeReplyObject(reply);
  redisFree(context);
  return number;
}

static double redis_memory(csn_place *place) {
  return redis_ask(place, "INFO memory", "used_memory:");
}

static void redis_make(csn_place *place, const char *name) {
  static const char *const options[] = {"--save", "", "--appendonly", "no", NULL};
  (void)name;
  must(csn_redis_server_start(&place->server, options), "redis");
  redis_remember(place->server);
}

static void redis_open(csn_place *place, csn_handle *handle) {
  csn_redis_store *store;
  must(csn_redis_open_unix(&store, csn_redis_server_socket(place->server), store_key, REDIS_TIMEOUT_MS), "redis");
  *handle =
      (csn_handle){.nonces = csn_redis_nonces(store), .credentials = csn_redis_credentials(store), .redis = store};
  if (place->empty_bytes == 0) place->empty_bytes = redis_memory(place);
}

static void redis_close(csn_handle *handle) {
  csn_redis_close(handle->redis);
}

static void redis_restart(csn_place *place) {
  must(csn_redis_server_restart(place->server), "redis, started again");
}

static void redis_destroy(csn_place *place) {
  for (size_t i = 0; i < SERVERS_MAX; i++) {
    if (servers[i] == place->server) servers[i] = NULL;
  }
  csn_redis_server_stop(place->server);
  place->server = NULL;
}

static double redis_bytes(csn_place *place) {
  return redis_memory(place) - place->empty_bytes;
}

static uint64_t redis_live(csn_place *place) {
  return (uint64_t)redis_ask(place, "DBSIZE", NULL);
}

static void redis_clear(csn_place *place) {
  (void)redis_ask(place, "FLUSHALL SYNC", NULL);
}

static bool redis_put_all(csn_handle *handle, const csn_key *keys, size_t count) {
  return csn_redis_put_all(handle->redis, keys, count) == CSN_OK;
}

/* ---- all ---- */

const csn_store_kind csn_store_kinds[CSN_STORE_KINDS] = {
    {
        .name = "memory",
        .configuration = "private table",
        .installed = always_installed,
        .make = memory_make,
        .open = memory_open,
        .close = memory_close,
        .destroy = memory_destroy,
        .bytes = memory_bytes,
        .keyring = true,
        .in_memory = true,
    },
    {
        .name = "mapped_file",
        .configuration = "no msync; a restart of the machine puts up a fence",
        .installed = always_installed,
        .make = file_make,
        .open = file_open,
        .close = file_close,
        .destroy = file_destroy,
        .bytes = file_bytes,
        .in_memory = true,
    },
    {
        .name = "sqlite_aead",
        .configuration = "WAL, synchronous=NORMAL",
        .installed = always_installed, /* linked */
        .make = sqlite_make,
        .open = sqlite_open,
        .close = sqlite_close,
        .destroy = file_destroy,
        .bytes = sqlite_bytes,
        .put_all = sqlite_put_all,
    },
    {
        .name = "redis",
        .configuration = "no persistence: save \"\", appendonly no",
        .installed = redis_installed,
        .make = redis_make,
        .open = redis_open,
        .close = redis_close,
        .restart = redis_restart,
        .destroy = redis_destroy,
        .bytes = redis_bytes,
        .live = redis_live,
        .clear = redis_clear,
        .put_all = redis_put_all,
    },
};
