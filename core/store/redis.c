/* What is promised, and by what:
 *
 * - Exactly one claim of a nonce is fresh, over all who use the server: SET with NX is atomic there.
 * - An answer that did not arrive, or that is an error, is "unavailable". The nonce may then have been taken; it is not
 *   asked again, and the request that carries it is lost.
 * - A nonce outlives the last second at which its bytes pass the time check. The server counts by its own clock from
 *   when the command arrives; MARGIN_SECONDS stands for a step of that clock, and for verifiers whose clocks differ.
 * - A handle's own clock does not go back: what it has seen expire stays expired.
 * - A live nonce is not evicted: redis_link.h. A server without room answers "full".
 * - A server that comes back without its data has forgotten what it accepted. A handle that was open before refuses, as
 *   "fenced", every claim that expires no later than the latest one it has sent; a handle that is opened afterwards
 *   knows nothing of it, and its operator waits for one window, or has the server write an append-only file (a snapshot
 *   is not enough: it comes back older than it was). The same holds for FLUSHALL and for a failover to a replica. */
#include "redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../src/ct.h"
#include "record.h"
#include "redis_link.h"

enum {
  PIPELINE_MAX = 512,   /* commands sent before their replies are read */
  MARGIN_SECONDS = 60,  /* remembered longer than needed, see above */
  PREFIX_BYTES = 6,     /* "csn:n:" and the like, before a row's hash */
  MILLISECONDS_MAX = 24 /* characters */
};

static const int64_t RETENTION_MAX = INT64_C(1) << 40; /* seconds: in milliseconds far below what Redis can count */

typedef struct redis_name {
  uint8_t bytes[PREFIX_BYTES + CSN_ROW_HASH_BYTES];
} redis_name;

struct csn_redis_store {
  csn_redis_link link;
  int64_t clock;          /* the highest second seen */
  int64_t latest_expires; /* of all claims sent */
  int64_t fence;          /* claims that expire at or before it may have been accepted and forgotten */
};

static redis_name name_of(const csn_row *row) {
  redis_name name = {.bytes = {'c', 's', 'n', ':', row->table, ':'}};
  memcpy(name.bytes + PREFIX_BYTES, row->hash, CSN_ROW_HASH_BYTES);
  return name;
}

static csn_error ready(csn_redis_store *store) {
  csn_error error = csn_redis_link_ready(&store->link);
  if (store->link.data_lost) {
    store->fence = store->latest_expires;
    store->link.data_lost = false;
  }
  return error;
}

/* ---- nonces ---- */

/* What needs no server. UNAVAILABLE: the claim is to be sent. */
static csn_nonce_answer answer_here(const csn_redis_store *store, const csn_nonce_claim *claim, int64_t now) {
  int64_t lifetime = 0;
  if (claim->expires < store->clock) return CSN_NONCE_EXPIRED;
  if (claim->expires <= store->fence) return CSN_NONCE_FENCED;
  if (__builtin_sub_overflow(claim->expires, now, &lifetime) || lifetime > RETENTION_MAX) return CSN_NONCE_RETENTION;
  return CSN_NONCE_UNAVAILABLE;
}

/* From `now` and not from the clock that never goes back: where the time was set back, the bytes pass for longer. The
 * second `expires` counts until its end. */
static bool queue_claim(csn_redis_store *store, const csn_nonce_claim *claim, int64_t now) {
  char milliseconds[MILLISECONDS_MAX];
  snprintf(milliseconds, sizeof milliseconds, "%" PRId64, (claim->expires - now + 1 + MARGIN_SECONDS) * 1000);
  csn_row row = csn_sealer_row(&store->link.sealer, CSN_TABLE_NONCES, claim->client_id, claim->nonce);
  redis_name name = name_of(&row);
  const csn_span args[] = {csn_span_str("SET"), csn_span_of(name.bytes, sizeof name.bytes),
                           csn_span_str(""),    csn_span_str("NX"),
                           csn_span_str("PX"),  csn_span_str(milliseconds)};
  if (claim->expires > store->latest_expires) store->latest_expires = claim->expires;
  return csn_redis_queue(&store->link, args, 6);
}

static csn_nonce_answer answer_of(const redisReply *reply) {
  static const char oom[] = "OOM ";
  if (csn_redis_is_ok(reply)) return CSN_NONCE_FRESH;
  if (reply->type == REDIS_REPLY_NIL) return CSN_NONCE_REPLAYED;
  if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, oom, sizeof oom - 1) == 0) return CSN_NONCE_FULL;
  return CSN_NONCE_UNAVAILABLE;
}

/* Reads the answer of every claim that was sent. False where the connection was lost on the way. */
static bool read_answers(csn_redis_store *store, csn_nonce_claim *claims, size_t count) {
  bool understood = true;
  for (size_t i = 0; i < count; i++) {
    if (claims[i].answer != CSN_NONCE_UNAVAILABLE) continue;
    redisReply *reply = csn_redis_reply(&store->link);
    if (reply == NULL) return false;
    claims[i].answer = answer_of(reply);
    understood = understood && claims[i].answer != CSN_NONCE_UNAVAILABLE;
    freeReplyObject(reply);
  }
  if (!understood) csn_redis_link_drop(&store->link); /* may be another kind of server by now: look at it again */
  return true;
}

/* One pipeline. Claims that are not answered here or by the server keep CSN_NONCE_UNAVAILABLE. */
static bool claim_pipeline(csn_redis_store *store, csn_nonce_claim *claims, size_t count, int64_t now) {
  if (ready(store) != CSN_OK) return false;
  bool queued = false;
  for (size_t i = 0; i < count; i++) {
    claims[i].answer = answer_here(store, &claims[i], now);
    if (claims[i].answer != CSN_NONCE_UNAVAILABLE) continue;
    if (!queue_claim(store, &claims[i], now)) return false;
    queued = true;
  }
  return !queued || (csn_redis_send(&store->link) && read_answers(store, claims, count));
}

static void claim_batch(void *self, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_redis_store *store = self;
  if (now > store->clock) store->clock = now;
  for (size_t i = 0; i < count; i++) claims[i].answer = CSN_NONCE_UNAVAILABLE;
  for (size_t done = 0; done < count; done += PIPELINE_MAX) {
    size_t part = count - done < PIPELINE_MAX ? count - done : PIPELINE_MAX;
    /* After a failure the rest is not tried: each would wait for its own timeout. */
    if (!claim_pipeline(store, claims + done, part, now)) return;
  }
}

/* ---- credentials ---- */

static csn_row credential_row(const csn_redis_store *store, csn_span client_id) {
  return csn_sealer_row(&store->link.sealer, CSN_TABLE_CREDENTIALS, client_id, csn_span_of(NULL, 0));
}

static bool unseal_key(csn_redis_store *store, const csn_row *row, csn_span sealed, csn_span client_id, csn_key *out) {
  uint8_t record[CSN_RECORD_MAX];
  if (sealed.len < CSN_SEAL_OVERHEAD || sealed.len - CSN_SEAL_OVERHEAD > sizeof record) return false;
  bool ok = csn_unseal(&store->link.sealer, row, sealed, record) &&
            csn_record_decode(csn_span_of(record, sealed.len - CSN_SEAL_OVERHEAD), client_id, out);
  csn_wipe(record, sizeof record);
  return ok;
}

static csn_lookup lookup(void *self, csn_span client_id, csn_key *out) {
  csn_redis_store *store = self;
  if (ready(store) != CSN_OK) return CSN_LOOKUP_UNAVAILABLE;
  csn_row row = credential_row(store, client_id);
  redis_name name = name_of(&row);
  const csn_span args[] = {csn_span_str("GET"), csn_span_of(name.bytes, sizeof name.bytes)};
  redisReply *reply = csn_redis_call(&store->link, args, 2);
  if (reply == NULL) return CSN_LOOKUP_UNAVAILABLE;
  csn_lookup answer = CSN_LOOKUP_UNAVAILABLE;
  if (reply->type == REDIS_REPLY_NIL) answer = CSN_LOOKUP_ABSENT;
  if (reply->type == REDIS_REPLY_STRING && unseal_key(store, &row, csn_span_of(reply->str, reply->len), client_id, out))
    answer = CSN_LOOKUP_FOUND;
  freeReplyObject(reply);
  return answer;
}

static csn_error queue_key(csn_redis_store *store, const csn_key *key) {
  uint8_t record[CSN_RECORD_MAX], sealed[CSN_RECORD_MAX + CSN_SEAL_OVERHEAD];
  size_t len = csn_record_encode(key, record);
  if (len == 0) return CSN_ERROR_INVALID_ARGUMENT;
  csn_row row = credential_row(store, csn_key_client_id(key));
  bool ok = csn_seal(&store->link.sealer, &row, csn_span_of(record, len), sealed);
  csn_wipe(record, sizeof record);
  if (!ok) return CSN_ERROR_CRYPTO;
  redis_name name = name_of(&row);
  const csn_span args[] = {csn_span_str("SET"), csn_span_of(name.bytes, sizeof name.bytes),
                           csn_span_of(sealed, len + CSN_SEAL_OVERHEAD)};
  return csn_redis_queue(&store->link, args, 3) ? CSN_OK : CSN_ERROR_STORE;
}

static csn_error put_pipeline(csn_redis_store *store, const csn_key *keys, size_t count) {
  csn_error error = ready(store);
  for (size_t i = 0; i < count && error == CSN_OK; i++) error = queue_key(store, &keys[i]);
  if (error != CSN_OK) {
    csn_redis_link_drop(&store->link); /* with what is queued and not sent */
    return error;
  }
  if (!csn_redis_send(&store->link)) return CSN_ERROR_STORE;
  for (size_t i = 0; i < count; i++) {
    redisReply *reply = csn_redis_reply(&store->link);
    if (reply == NULL) return CSN_ERROR_STORE;
    if (!csn_redis_is_ok(reply)) error = CSN_ERROR_STORE;
    freeReplyObject(reply);
  }
  return error;
}

csn_error csn_redis_put_all(csn_redis_store *store, const csn_key *keys, size_t count) {
  csn_error error = CSN_OK;
  for (size_t done = 0; done < count && error == CSN_OK; done += PIPELINE_MAX) {
    size_t part = count - done < PIPELINE_MAX ? count - done : PIPELINE_MAX;
    error = put_pipeline(store, keys + done, part);
  }
  return error;
}

static csn_error put(void *self, const csn_key *key) {
  return csn_redis_put_all(self, key, 1);
}

/* ---- the handle ---- */

csn_error csn_redis_open_unix(csn_redis_store **out, const char *socket_path, const uint8_t key[32], int timeout_ms) {
  *out = NULL;
  csn_redis_store *store = calloc(1, sizeof *store);
  if (store == NULL) return CSN_ERROR_NO_MEMORY;
  store->clock = store->latest_expires = store->fence = INT64_MIN;
  csn_error error = csn_redis_link_open(&store->link, socket_path, timeout_ms, key);
  if (error != CSN_OK) {
    free(store);
    return error;
  }
  *out = store;
  return CSN_OK;
}

void csn_redis_close(csn_redis_store *store) {
  if (store == NULL) return;
  csn_redis_link_close(&store->link);
  free(store);
}

csn_nonce_store csn_redis_nonces(csn_redis_store *store) {
  /* Whether it survives a restart is the server's configuration, which may change without us. */
  static const csn_nonce_store_traits traits = {
      .name = "redis", .survives_restart = false, .shared_between_processes = true, .shared_between_hosts = true};
  csn_nonce_store nonces = {.claim = claim_batch, .self = store, .traits = &traits};
  return nonces;
}

csn_credential_store csn_redis_credentials(csn_redis_store *store) {
  csn_credential_store credentials = {.lookup = lookup, .put = put, .self = store};
  return credentials;
}
