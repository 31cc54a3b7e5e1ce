/* What is promised, and by what:
 *
 * - Exactly one claim of a nonce is fresh, over all who use the server: SET with NX is atomic there.
 * - An answer that did not arrive, or that is an error, is "unavailable". The nonce may then have been taken; it is not
 *   asked again, and the request that carries it is lost.
 * - A nonce outlives the last second at which its bytes pass the time check. The server counts real time from when the
 *   command arrives: what was left of the bytes' time by the caller's clock, and MARGIN_SECONDS. Until the caller's
 *   clock is past `expires`, real time goes by as much as was left and as much as that clock is set back meanwhile. So
 *   the key outlives the bytes as long as all steps back within its life add up to no more than the margin; a server's
 *   clock that steps forward and verifiers whose clocks differ take their part of the same margin.
 * - A step back of more than the margin may bring bytes to life again whose key is gone. A handle sees it by the
 *   highest second it was ever given. It answers "expired" to everything while the time is more than the margin
 *   behind that second, and from then on to every claim within its reach, see below. It does not see what came
 *   before it was opened, several small steps that add up, or as much of a step as the handle had gone without a
 *   claim: a clock that is not stepped back is the operator's part.
 * - A handle's own clock does not go back: what it has seen expire stays expired.
 * - A live nonce is not evicted: redis_link.h. A server without room answers "full".
 * - A server that was started anew, or whose data is other data, may have forgotten what it accepted. A handle that was
 *   open before sees it when it connects again (redis_link.h), and refuses every claim within its reach as "fenced",
 *   also where nothing was lost: an append-only file that is written once a second lacks the last seconds before a
 *   crash, a snapshot more, and neither can be told from whole data. Only `appendfsync always` makes a claim durable
 *   over a crash. A handle that is opened afterwards knows nothing of it: without `always` its operator waits for one
 *   window.
 * - Not noticed: FLUSHALL and a failover to a replica, for as long as the connection lasts (a proxy may keep it).
 *
 * A handle's reach is its clock and the longest time ahead at which any claim that it has sent expired. None of its own
 * expires later. For other handles it is an estimate: what one of them has claimed beyond it, with a longer window or
 * by a clock that is ahead, is not fenced here. */
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
  int64_t clock;   /* the highest second seen */
  int64_t longest; /* seconds ahead at which a claim sent expired, at most */
  int64_t fence;   /* claims that expire at or before it may have been forgotten when the server restarted */
  int64_t stepped; /* and these, since the clock went back */
};

static redis_name name_of(const csn_row *row) {
  redis_name name = {.bytes = {'c', 's', 'n', ':', row->table, ':'}};
  memcpy(name.bytes + PREFIX_BYTES, row->hash, CSN_ROW_HASH_BYTES);
  return name;
}

/* ---- nonces ---- */

/* See above. It never becomes less. */
static int64_t reach_of(const csn_redis_store *store) {
  int64_t reach = 0;
  return __builtin_add_overflow(store->clock, store->longest, &reach) ? INT64_MAX : reach;
}

/* Only a claim takes note of a doubt, whoever connected: it brings the time, without which the reach is an old one. */
static csn_error ready_to_claim(csn_redis_store *store) {
  csn_error error = csn_redis_link_ready(&store->link);
  if (store->link.data_in_doubt) store->fence = reach_of(store);
  store->link.data_in_doubt = false;
  return error;
}

static bool is_set_back(const csn_redis_store *store, int64_t now) {
  int64_t behind = 0;
  return __builtin_sub_overflow(store->clock, now, &behind) || behind > MARGIN_SECONDS;
}

static void take_time(csn_redis_store *store, int64_t now) {
  if (now > store->clock) store->clock = now;
  if (is_set_back(store, now)) store->stepped = reach_of(store);
}

/* What needs no server. UNAVAILABLE: the claim is to be sent. */
static csn_nonce_answer answer_here(const csn_redis_store *store, const csn_nonce_claim *claim, int64_t now) {
  int64_t lifetime = 0;
  if (claim->expires < store->clock || claim->expires <= store->stepped) return CSN_NONCE_EXPIRED;
  if (is_set_back(store, now)) return CSN_NONCE_EXPIRED;
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
  if (claim->expires - now > store->longest) store->longest = claim->expires - now;
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
  if (ready_to_claim(store) != CSN_OK) return false;
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
  take_time(store, now);
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
  if (csn_redis_link_ready(&store->link) != CSN_OK) return CSN_LOOKUP_UNAVAILABLE;
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
  csn_error error = csn_redis_link_ready(&store->link);
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
  store->clock = store->fence = store->stepped = INT64_MIN;
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
