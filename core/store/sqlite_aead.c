/* What is promised, and by what:
 *
 * - Exactly one claim of a nonce is fresh, over all handles and processes that have the file open: a batch is one
 *   transaction that takes SQLite's write lock before it reads anything (BEGIN IMMEDIATE).
 * - No answer is "fresh" before its transaction has committed. A row that does not unseal was tampered with: it answers
 *   "unavailable" for its nonce, for ever, and is never taken for free.
 * - What was accepted survives the death of the process. Against loss of power it is as good as WAL mode with
 *   synchronous=NORMAL: the file stays whole, but nonces that were accepted shortly before may be forgotten. Who needs
 *   more waits for one window before serving after such a loss.
 * - A clock that goes back reopens nothing: the highest second seen stands in the file, written in the transaction that
 *   acts on it. A clock that was once far ahead therefore makes the store refuse until that time is reached. */
#include "sqlite_aead.h"

#include <stdlib.h>

#include "../src/ct.h"
#include "sqlite_purge.h"

enum {
  PURGE_PER_CLAIM = 3, /* rows looked at for each claim: dead rows settle at one third */
};

struct csn_sqlite_store {
  csn_sqlite_file file;
  int64_t clock; /* the highest second that this handle has seen */
  csn_sqlite_purger purger;
};

/* ---- nonces: all inside a transaction, all with SQLite's result codes ---- */

/* Brings the handle's clock and the file's to the highest of both and `now`. */
static int advance_clock(csn_sqlite_store *store, int64_t now) {
  int64_t kept = 0;
  int rc = csn_sqlite_read_time(&store->file, CSN_SQL_META_GET, &store->file.clock_row, &kept);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
  if (now > store->clock) store->clock = now;
  if (kept < store->clock) {
    return csn_sqlite_write_time(&store->file, CSN_SQL_META_SET, &store->file.clock_row, store->clock);
  }
  store->clock = kept;
  return SQLITE_OK;
}

/* The row is there: a nonce whose time has passed is overwritten, a live one is a replay. */
static int claim_again(csn_sqlite_store *store, const csn_row *row, csn_nonce_claim *claim) {
  int64_t expires = 0;
  int rc = csn_sqlite_read_time(&store->file, CSN_SQL_NONCE_GET, row, &expires);
  if (rc == CSN_ROW_UNREADABLE) {
    claim->answer = CSN_NONCE_UNAVAILABLE;
    return SQLITE_OK; /* the other claims are sound */
  }
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_INTERNAL : rc;
  if (expires >= store->clock) {
    claim->answer = CSN_NONCE_REPLAYED;
    return SQLITE_OK;
  }
  claim->answer = CSN_NONCE_FRESH;
  return csn_sqlite_write_time(&store->file, CSN_SQL_NONCE_SET, row, claim->expires);
}

static int claim_one(csn_sqlite_store *store, csn_nonce_claim *claim) {
  if (claim->expires < store->clock) {
    claim->answer = CSN_NONCE_EXPIRED;
    return SQLITE_OK;
  }
  csn_row row = csn_sealer_row(&store->file.sealer, CSN_TABLE_NONCES, claim->client_id, claim->nonce);
  int rc = csn_sqlite_write_time(&store->file, CSN_SQL_NONCE_ADD, &row, claim->expires);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_changes(store->file.db) == 0) return claim_again(store, &row, claim);
  claim->answer = CSN_NONCE_FRESH;
  return SQLITE_OK;
}

static int claim_all(csn_sqlite_store *store, csn_nonce_claim *claims, size_t count, int64_t now) {
  int rc = csn_sqlite_run(&store->file, CSN_SQL_BEGIN);
  if (rc != SQLITE_OK) return rc;
  rc = advance_clock(store, now);
  /* Purges first, so that a file which may not grow has room again. */
  if (rc == SQLITE_OK) rc = csn_sqlite_purge(&store->file, &store->purger, count * PURGE_PER_CLAIM, store->clock);
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++) rc = claim_one(store, &claims[i]);
  return csn_sqlite_finish(&store->file, rc);
}

static void claim_batch(void *self, csn_nonce_claim *claims, size_t count, int64_t now) {
  if (count == 0) return;
  int rc = claim_all(self, claims, count, now);
  if (rc == SQLITE_OK) return;
  /* Nothing of the batch is known to be in the file, so none of its answers stands. */
  csn_nonce_answer answer = rc == SQLITE_FULL ? CSN_NONCE_FULL : CSN_NONCE_UNAVAILABLE;
  for (size_t i = 0; i < count; i++) claims[i].answer = answer;
}

/* ---- credentials ---- */

static csn_row credential_row(const csn_sqlite_store *store, csn_span client_id) {
  return csn_sealer_row(&store->file.sealer, CSN_TABLE_CREDENTIALS, client_id, csn_span_of(NULL, 0));
}

static csn_lookup lookup(void *self, csn_span client_id, csn_key *out) {
  csn_sqlite_store *store = self;
  uint8_t record[CSN_RECORD_MAX];
  size_t len = 0;
  csn_row row = credential_row(store, client_id);
  csn_lookup answer = CSN_LOOKUP_UNAVAILABLE;
  int rc = csn_sqlite_read(&store->file, CSN_SQL_CREDENTIAL_GET, &row, record, sizeof record, &len);
  if (rc == SQLITE_DONE) answer = CSN_LOOKUP_ABSENT;
  if (rc == SQLITE_ROW && csn_record_decode(csn_span_of(record, len), client_id, out)) answer = CSN_LOOKUP_FOUND;
  csn_wipe(record, sizeof record);
  return answer;
}

static csn_error put_one(csn_sqlite_store *store, const csn_key *key) {
  uint8_t record[CSN_RECORD_MAX];
  size_t len = csn_record_encode(key, record);
  if (len == 0) return CSN_ERROR_INVALID_ARGUMENT;
  csn_row row = credential_row(store, csn_key_client_id(key));
  int rc = csn_sqlite_write(&store->file, CSN_SQL_CREDENTIAL_SET, &row, csn_span_of(record, len));
  csn_wipe(record, sizeof record);
  return csn_sqlite_error(rc);
}

csn_error csn_sqlite_put_all(csn_sqlite_store *store, const csn_key *keys, size_t count) {
  int rc = csn_sqlite_run(&store->file, CSN_SQL_BEGIN);
  if (rc != SQLITE_OK) return csn_sqlite_error(rc);
  csn_error error = CSN_OK;
  for (size_t i = 0; i < count && error == CSN_OK; i++) error = put_one(store, &keys[i]);
  rc = csn_sqlite_finish(&store->file, error == CSN_OK ? SQLITE_OK : SQLITE_ABORT);
  return error == CSN_OK ? csn_sqlite_error(rc) : error;
}

static csn_error put(void *self, const csn_key *key) {
  return csn_sqlite_put_all(self, key, 1);
}

/* ---- the handle ---- */

csn_error csn_sqlite_open(csn_sqlite_store **out, const char *path, const uint8_t key[32]) {
  *out = NULL;
  csn_sqlite_store *store = calloc(1, sizeof *store);
  if (store == NULL) return CSN_ERROR_NO_MEMORY;
  store->clock = INT64_MIN;
  store->purger =
      (csn_sqlite_purger){.table = CSN_TABLE_NONCES, .scan = CSN_SQL_NONCE_SCAN, .delete = CSN_SQL_NONCE_DELETE};
  csn_error error = csn_sqlite_file_open(&store->file, path, key);
  if (error != CSN_OK) {
    free(store);
    return error;
  }
  *out = store;
  return CSN_OK;
}

void csn_sqlite_close(csn_sqlite_store *store) {
  if (store == NULL) return;
  csn_sqlite_file_close(&store->file);
  free(store);
}

csn_nonce_store csn_sqlite_nonces(csn_sqlite_store *store) {
  static const csn_nonce_store_traits traits = {
      .name = "sqlite_aead", .survives_restart = true, .shared_between_processes = true, .shared_between_hosts = false};
  csn_nonce_store nonces = {.claim = claim_batch, .self = store, .traits = &traits};
  return nonces;
}

csn_credential_store csn_sqlite_credentials(csn_sqlite_store *store) {
  csn_credential_store credentials = {.lookup = lookup, .put = put, .self = store};
  return credentials;
}
