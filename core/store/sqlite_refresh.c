/* A token's row: expires (8 bytes) | 1 where it was used | its family's id, the hash of the family's first token. A
 * family's row: expires of its newest token (8) | 1 where it is revoked | the grant. Both in one table, and both begin
 * with the second through which they count, so that one purge deletes them. */
#include "sqlite_refresh.h"

#include <stdlib.h>

#include "sqlite_purge.h"

enum {
  HEAD_BYTES = 9, /* expires, and the mark */
  TOKEN_BYTES = HEAD_BYTES + CSN_REFRESH_HASH_BYTES,
  PURGE_ROWS = 6, /* looked at for each new token; it adds one row or two, so that dead rows settle at a third */
};

_Static_assert((size_t)HEAD_BYTES + CSN_GRANT_MAX <= CSN_ROW_VALUE_MAX, "a family's row fits");

struct csn_sqlite_refresh {
  csn_sqlite_file file;
  csn_sqlite_purger purger;
};

/* A row as it is unsealed. */
typedef struct record {
  csn_row row;
  int64_t expires;
  bool marked; /* a token: used; a family: revoked */
  size_t len;  /* of `rest` */
  uint8_t rest[CSN_GRANT_MAX];
} record;

/* What a step gives: an answer, or an SQLite result code that is not SQLITE_OK; then nothing has happened. */
typedef struct step {
  csn_sqlite_refresh *store;
  csn_refresh_answer answer;
} step;

/* ---- rows ---- */

static csn_row token_row(const csn_sqlite_refresh *store, const uint8_t *hash) {
  csn_span name = csn_span_of(hash, CSN_REFRESH_HASH_BYTES);
  return csn_sealer_row(&store->file.sealer, CSN_TABLE_REFRESH, csn_span_str("token"), name);
}

static csn_row family_row(const csn_sqlite_refresh *store, const uint8_t *id) {
  csn_span name = csn_span_of(id, CSN_REFRESH_HASH_BYTES);
  return csn_sealer_row(&store->file.sealer, CSN_TABLE_REFRESH, csn_span_str("family"), name);
}

/* SQLITE_ROW, or SQLITE_DONE where there is none. */
static int read_record(csn_sqlite_refresh *store, record *out) {
  uint8_t bytes[CSN_ROW_VALUE_MAX];
  size_t len = 0;
  int rc = csn_sqlite_read(&store->file, CSN_SQL_REFRESH_GET, &out->row, bytes, sizeof bytes, &len);
  if (rc != SQLITE_ROW) return rc;
  if (len < HEAD_BYTES || len - HEAD_BYTES > sizeof out->rest) return CSN_ROW_UNREADABLE;
  out->expires = (int64_t)csn_get_be64(bytes);
  out->marked = bytes[8] != 0;
  out->len = len - HEAD_BYTES;
  memcpy(out->rest, bytes + HEAD_BYTES, out->len);
  return SQLITE_ROW;
}

static int write_record(csn_sqlite_refresh *store, csn_statement which, const record *in) {
  uint8_t bytes[CSN_ROW_VALUE_MAX];
  csn_put_be64(bytes, (uint64_t)in->expires);
  bytes[8] = in->marked;
  memcpy(bytes + HEAD_BYTES, in->rest, in->len);
  return csn_sqlite_write(&store->file, which, &in->row, csn_span_of(bytes, HEAD_BYTES + in->len));
}

/* SQLITE_CONSTRAINT where there is such a row already. */
static int add_record(csn_sqlite_refresh *store, const record *in) {
  int rc = write_record(store, CSN_SQL_REFRESH_ADD, in);
  if (rc != SQLITE_OK) return rc;
  return sqlite3_changes(store->file.db) == 1 ? SQLITE_OK : SQLITE_CONSTRAINT;
}

static int add_token(csn_sqlite_refresh *store, const uint8_t *hash, const uint8_t *family, int64_t expires) {
  record token = {.row = token_row(store, hash), .expires = expires, .len = CSN_REFRESH_HASH_BYTES};
  memcpy(token.rest, family, CSN_REFRESH_HASH_BYTES);
  return add_record(store, &token);
}

/* The token and its family. SQLITE_DONE where the token is forgotten: it is not there, or its time has passed and its
 * family went before it. A live token without a family is unreadable: somebody deleted it. */
static int read_both(csn_sqlite_refresh *store, const uint8_t *hash, int64_t now, record *token, record *family) {
  token->row = token_row(store, hash);
  int rc = read_record(store, token);
  if (rc != SQLITE_ROW) return rc;
  if (token->len != TOKEN_BYTES - HEAD_BYTES) return CSN_ROW_UNREADABLE;
  family->row = family_row(store, token->rest);
  rc = read_record(store, family);
  return rc == SQLITE_DONE && token->expires >= now ? CSN_ROW_UNREADABLE : rc;
}

/* ---- steps, inside a transaction ---- */

static int add_step(step *s, const uint8_t *hash, const csn_grant *grant, int64_t expires) {
  record family = {.row = family_row(s->store, hash), .expires = expires};
  family.len = csn_grant_write(grant, family.rest);
  int rc = add_record(s->store, &family);
  if (rc == SQLITE_OK) rc = add_token(s->store, hash, hash, expires);
  if (rc == SQLITE_OK) s->answer = CSN_REFRESH_ISSUED;
  return rc;
}

static int mark(csn_sqlite_refresh *store, record *of) {
  of->marked = true;
  return write_record(store, CSN_SQL_REFRESH_SET, of);
}

static csn_refresh_answer judge(const record *token, const record *family, int64_t now) {
  if (family->marked) return CSN_REFRESH_REVOKED;
  if (token->expires < now) return CSN_REFRESH_EXPIRED;
  return token->marked ? CSN_REFRESH_REUSED : CSN_REFRESH_ISSUED;
}

/* The grant where the answer is ISSUED. */
static int look_step(step *s, const uint8_t *hash, int64_t now, record *token, record *family, csn_grant *grant) {
  int rc = read_both(s->store, hash, now, token, family);
  if (rc == SQLITE_DONE) s->answer = CSN_REFRESH_UNKNOWN;
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  s->answer = judge(token, family, now);
  if (s->answer != CSN_REFRESH_ISSUED) return SQLITE_OK;
  return csn_grant_read(csn_span_of(family->rest, family->len), grant) ? SQLITE_OK : SQLITE_CORRUPT;
}

static int exchange_step(step *s, const uint8_t *hash, const uint8_t *next, int64_t expires, int64_t now,
                         csn_grant *grant) {
  record token, family;
  int rc = look_step(s, hash, now, &token, &family, grant);
  if (rc != SQLITE_OK) return rc;
  if (s->answer == CSN_REFRESH_REUSED) return mark(s->store, &family);
  if (s->answer != CSN_REFRESH_ISSUED) return SQLITE_OK;
  rc = mark(s->store, &token);
  if (family.expires < expires) family.expires = expires;
  if (rc == SQLITE_OK) rc = write_record(s->store, CSN_SQL_REFRESH_SET, &family);
  if (rc == SQLITE_OK) rc = add_token(s->store, next, token.rest, expires);
  return rc;
}

static int revoke_step(step *s, const uint8_t *hash, int64_t now) {
  record token, family;
  int rc = read_both(s->store, hash, now, &token, &family);
  if (rc == SQLITE_DONE) s->answer = CSN_REFRESH_UNKNOWN;
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  rc = mark(s->store, &family);
  if (rc == SQLITE_OK) s->answer = CSN_REFRESH_REVOKED;
  return rc;
}

/* ---- the store's functions ---- */

/* Takes the write lock before anything is read, and makes room: a file that may not grow has some again. */
static int begin(csn_sqlite_refresh *store, int64_t now) {
  int rc = csn_sqlite_run(&store->file, CSN_SQL_BEGIN);
  if (rc != SQLITE_OK) return rc;
  rc = csn_sqlite_purge(&store->file, &store->purger, PURGE_ROWS, now);
  return rc == SQLITE_OK ? rc : csn_sqlite_finish(&store->file, rc);
}

/* The answer counts only where all of the transaction is in the file. */
static csn_refresh_answer finish(step *s, int rc) {
  rc = csn_sqlite_finish(&s->store->file, rc);
  if (rc == SQLITE_OK) return s->answer;
  return rc == SQLITE_FULL ? CSN_REFRESH_FULL : CSN_REFRESH_UNAVAILABLE;
}

static csn_refresh_answer add(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], const csn_grant *grant,
                              int64_t expires, int64_t now) {
  step s = {self, CSN_REFRESH_UNAVAILABLE};
  if (begin(self, now) != SQLITE_OK) return CSN_REFRESH_UNAVAILABLE;
  return finish(&s, add_step(&s, hash, grant, expires));
}

static csn_refresh_answer look(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], int64_t now, csn_grant *grant) {
  step s = {self, CSN_REFRESH_UNAVAILABLE};
  record token, family;
  if (begin(self, now) != SQLITE_OK) return CSN_REFRESH_UNAVAILABLE;
  return finish(&s, look_step(&s, hash, now, &token, &family, grant));
}

static csn_refresh_answer exchange(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES],
                                   const uint8_t next[CSN_REFRESH_HASH_BYTES], int64_t expires, int64_t now,
                                   csn_grant *grant) {
  step s = {self, CSN_REFRESH_UNAVAILABLE};
  if (begin(self, now) != SQLITE_OK) return CSN_REFRESH_UNAVAILABLE;
  return finish(&s, exchange_step(&s, hash, next, expires, now, grant));
}

static csn_refresh_answer revoke(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], int64_t now) {
  step s = {self, CSN_REFRESH_UNAVAILABLE};
  if (begin(self, now) != SQLITE_OK) return CSN_REFRESH_UNAVAILABLE;
  return finish(&s, revoke_step(&s, hash, now));
}

/* ---- the handle ---- */

csn_error csn_sqlite_refresh_open(csn_sqlite_refresh **out, const char *path, const uint8_t key[32]) {
  *out = NULL;
  csn_sqlite_refresh *store = calloc(1, sizeof *store);
  if (store == NULL) return CSN_ERROR_NO_MEMORY;
  csn_error error = csn_sqlite_file_open(&store->file, path, key);
  if (error != CSN_OK) {
    free(store);
    return error;
  }
  store->purger =
      (csn_sqlite_purger){.table = CSN_TABLE_REFRESH, .scan = CSN_SQL_REFRESH_SCAN, .delete = CSN_SQL_REFRESH_DELETE};
  if (sqlite3_exec(store->file.db, "PRAGMA synchronous = FULL", NULL, NULL, NULL) != SQLITE_OK) {
    csn_sqlite_refresh_close(store);
    return CSN_ERROR_STORE;
  }
  *out = store;
  return CSN_OK;
}

void csn_sqlite_refresh_close(csn_sqlite_refresh *store) {
  if (store == NULL) return;
  csn_sqlite_file_close(&store->file);
  free(store);
}

csn_refresh_store csn_sqlite_refresh_store(csn_sqlite_refresh *store) {
  csn_refresh_store functions = {.add = add, .look = look, .exchange = exchange, .revoke = revoke, .self = store};
  return functions;
}
