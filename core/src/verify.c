/* The path of a request, in its order:
 *
 *   request -> credential -> time -> key -> canonical string -> signature -> claims -> nonce (last) -> verdict
 *
 * An API key is a whole credential: what is looked up by its hash is the key, and its scopes are the claims.
 * A token walks its own part of it, key, signature and claims, in csn_jwt_verify(); so does a request that is signed
 * as a standard says, from its time to its signature. Where a request carries a token and a signature of its own, the
 * token comes first, since it names the client whose key must have signed.
 *
 * Nothing that is not authenticated writes any state: the nonce is claimed when everything else has passed. (A key that
 * was derived for AWS Signature Version 4 is remembered once a request has verified with it.) */
#include "ct.h"
#include "refuse.h"
#include "verifier_parts.h"

/* What is known of one request on its way. */
typedef struct csn_path {
  const csn_verifier *verifier;
  const csn_keyring_reading *ring; /* one state of the keyring */
  const csn_request *request;
  int64_t now;
  csn_verdict *verdict;
  csn_credential credential;
  csn_jwt jwt;
  int64_t accept_until; /* the last second at which the same bytes would pass the time check */
  const csn_key *keys[CSN_KEYS_PER_CLIENT_MAX];
  size_t key_count;
} csn_path;

static bool signs_requests(const csn_verifier *verifier) {
  return verifier->canonical.count > 0;
}

static bool has_time(const csn_verifier *verifier) {
  return signs_requests(verifier) && !verifier->config.scheme->replayable;
}

/* ---- the steps ---- */

static csn_reason check_request(csn_path *path) {
  return csn_request_check(path->request, path->verdict);
}

static csn_reason read_credential(csn_path *path) {
  const csn_verifier *verifier = path->verifier;
  csn_reason reason = csn_credential_read(verifier->config.scheme, path->request, &path->credential, path->verdict);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  if (signs_requests(verifier) && path->request->body.len > 0 && !verifier->config.allow_unsigned_body &&
      !csn_template_covers(&verifier->canonical, CSN_FIELD_BODY)) {
    return csn_refuse(path->verdict, CSN_REASON_BODY_NOT_SIGNED, CSN_FIELD_BODY, 0);
  }
  return CSN_REASON_ACCEPTED;
}

/* Accepted when |now - timestamp| <= window. No overflow: a timestamp has at most 16 digits, and the time is clamped.
 */
static csn_reason check_time(csn_path *path) {
  if (!has_time(path->verifier)) return CSN_REASON_ACCEPTED;
  int64_t age = path->now - path->credential.timestamp, window = path->verifier->config.window;
  path->accept_until = path->credential.timestamp + window;
  if (age >= -window && age <= window) return CSN_REASON_ACCEPTED;
  csn_reason reason = age > 0 ? CSN_REASON_TIMESTAMP_PAST : CSN_REASON_TIMESTAMP_FUTURE;
  return csn_refuse(path->verdict, reason, CSN_FIELD_TIMESTAMP, 0);
}

/* A token is verified whole, its claims included. It names the client. */
static csn_reason verify_token(csn_path *path) {
  const csn_verifier *verifier = path->verifier;
  csn_verdict *verdict = path->verdict;
  if (!verifier->config.scheme->has_token) return CSN_REASON_ACCEPTED;
  csn_jwt_verify(path->ring, &verifier->config.jwt, path->credential.fields[CSN_FIELD_TOKEN], path->now, &path->jwt,
                 verdict);
  return verdict->reason;
}

/* Which key it is, and whose, is known from its hash alone: who can present it holds it. */
static csn_reason find_api_key(csn_path *path, csn_api_key_record *record) {
  const csn_api_key_policy *policy = &path->verifier->config.api_key;
  csn_span text = path->credential.fields[CSN_FIELD_API_KEY];
  csn_verdict *verdict = path->verdict;
  uint8_t hash[CSN_API_KEY_HASH_BYTES];
  csn_api_key key;
  size_t at = 0;
  csn_reason reason = csn_api_key_parse(text, &key, &at);
  if (reason != CSN_REASON_ACCEPTED) return csn_refuse(verdict, reason, CSN_FIELD_API_KEY, at);
  verdict->field = CSN_FIELD_API_KEY;
  if (policy->prefix.len > 0 && !csn_span_equal(key.prefix, policy->prefix)) return CSN_REASON_API_KEY_PREFIX;
  csn_api_key_hash(policy->pepper, text, hash);
  csn_lookup found = policy->source.find(policy->source.self, hash, record);
  if (found == CSN_LOOKUP_UNAVAILABLE) return CSN_REASON_KEY_STORE_UNAVAILABLE;
  return found == CSN_LOOKUP_FOUND ? CSN_REASON_ACCEPTED : CSN_REASON_KEY_UNKNOWN;
}

static csn_reason verify_api_key(csn_path *path) {
  csn_verdict *verdict = path->verdict;
  csn_api_key_record record;
  if (!path->verifier->config.scheme->has_api_key) return CSN_REASON_ACCEPTED;
  csn_reason reason = find_api_key(path, &record);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  csn_span client_id = path->credential.fields[CSN_FIELD_CLIENT_ID];
  if (client_id.ptr != NULL && !csn_span_equal(client_id, csn_name_span(&record.client_id))) {
    return CSN_REASON_KEY_UNKNOWN; /* of this client */
  }
  csn_name_set(&verdict->client_id, csn_name_span(&record.client_id));
  csn_name_set(&verdict->key_id, csn_name_span(&record.key_id));
  csn_api_key_state state = csn_api_key_state_at(&record, path->now);
  if (state == CSN_API_KEY_REVOKED) return CSN_REASON_KEY_REVOKED;
  if (state == CSN_API_KEY_EXPIRED) return CSN_REASON_KEY_EXPIRED;
  if (!csn_scopes_cover(csn_api_key_record_scopes(&record), path->verifier->config.api_key.scopes)) {
    return CSN_REASON_SCOPE_MISSING;
  }
  csn_scopes_set(&verdict->scopes, csn_api_key_record_scopes(&record));
  verdict->field = CSN_FIELD_NONE;
  return CSN_REASON_ACCEPTED;
}

static csn_reason verify_http_signature(csn_path *path) {
  const csn_verifier_config *config = &path->verifier->config;
  csn_http_signature signature;
  csn_http_signature_verify(path->ring, &config->http_signature, config->window, path->request, path->now, &signature,
                            path->verdict);
  path->credential.fields[CSN_FIELD_NONCE] = signature.params.nonce;
  path->accept_until = signature.accept_until;
  return path->verdict->reason;
}

/* A request that is signed as a standard says is verified whole: its own time, key and signature. */
static csn_reason verify_standard(csn_path *path) {
  const csn_verifier_config *config = &path->verifier->config;
  switch (config->scheme->standard) {
    case CSN_STANDARD_HTTP_SIGNATURES:
      return verify_http_signature(path);
    case CSN_STANDARD_AWS_SIGV4:
      return csn_sigv4_verify(path->ring, &config->sigv4, path->verifier->sigv4_cache, path->request, path->now,
                              path->verdict);
    case CSN_STANDARD_NONE:
      return CSN_REASON_ACCEPTED;
  }
  return CSN_REASON_UNDECIDED;
}

/* The client that a request's own signature must be of: named by a field, by the token's subject, or by the verifier.
 */
static csn_reason find_client(csn_path *path) {
  csn_verdict *verdict = path->verdict;
  csn_span subject = csn_name_span(&verdict->client_id);
  size_t at = 0;
  if (!signs_requests(path->verifier)) return CSN_REASON_ACCEPTED; /* the credential itself has said whose it is */
  if (path->verifier->client_id.len > 0) {
    path->credential.fields[CSN_FIELD_CLIENT_ID] = path->verifier->client_id;
    csn_name_set(&verdict->client_id, path->verifier->client_id);
  }
  if (!path->verifier->config.scheme->has_token) return CSN_REASON_ACCEPTED;
  verdict->field = CSN_FIELD_CLAIMS;
  if (subject.len == 0) return CSN_REASON_CLAIM_MISSING;
  if (!csn_client_id_valid(subject, &at)) return CSN_REASON_CLIENT_ID_INVALID;
  verdict->field = CSN_FIELD_NONE;
  verdict->key_id.len = 0; /* from here on it is the key of the request, not that of the token */
  path->credential.fields[CSN_FIELD_CLIENT_ID] = subject;
  return CSN_REASON_ACCEPTED;
}

/* The nonce's table line comes from memory while the MAC is computed. */
static void prefetch_nonce(const csn_path *path) {
  const csn_nonce_store *nonces = &path->verifier->config.nonces;
  if (!csn_verifier_has_nonce(path->verifier) || nonces->prefetch == NULL) return;
  nonces->prefetch(nonces->self, path->credential.fields[CSN_FIELD_CLIENT_ID],
                   path->credential.fields[CSN_FIELD_NONCE]);
}

/* Whether the key can have made one of the request's signatures, and has the algorithm that the request names. */
static bool key_fits(const csn_credential *credential, const csn_key *key) {
  bool fits = false;
  if (credential->alg != CSN_ALG_NONE && key->alg != credential->alg) return false;
  for (size_t i = 0; i < credential->signature_count; i++) fits |= credential->signatures[i].len == csn_hmac_bytes(key);
  return fits;
}

/* Why none of the client's keys fits: of `count`, so many are revoked, and one may be accepted. */
static csn_reason refuse_keys(csn_path *path, const csn_key *accepted, size_t count, size_t revoked) {
  csn_verdict *verdict = path->verdict;
  const csn_credential *credential = &path->credential;
  if (count == 0) return csn_refuse(verdict, CSN_REASON_KEY_UNKNOWN, CSN_FIELD_CLIENT_ID, 0);
  if (revoked == count) return csn_refuse(verdict, CSN_REASON_KEY_REVOKED, CSN_FIELD_CLIENT_ID, 0);
  if (accepted == NULL) return csn_refuse(verdict, CSN_REASON_KEY_EXPIRED, CSN_FIELD_CLIENT_ID, 0);
  if (credential->alg != CSN_ALG_NONE) return csn_refuse(verdict, CSN_REASON_KEY_ALG_MISMATCH, CSN_FIELD_CLIENT_ID, 0);
  return csn_refuse(verdict, CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE,
                    csn_signature_length_offset(path->verifier->config.scheme, credential, accepted));
}

/* The client's keys that may be used now. Where there is none, a dummy whose MACs are as long as the signature stands
 * in, and the reason says why. */
static csn_reason find_keys(csn_path *path) {
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX], *accepted = NULL;
  size_t count = csn_keyring_find_client(path->ring, path->credential.fields[CSN_FIELD_CLIENT_ID], found);
  size_t fitting = 0, revoked = 0;
  for (size_t i = 0; i < count; i++) {
    if (found[i]->public_key != NULL) continue; /* for signatures of another scheme: its states are zero */
    fitting++;
    revoked += found[i]->revoked;
    if (!csn_key_is_accepted(found[i], path->now)) continue;
    accepted = found[i];
    if (key_fits(&path->credential, found[i])) path->keys[path->key_count++] = found[i];
  }
  if (path->key_count > 0) return CSN_REASON_ACCEPTED;
  for (size_t i = 0; i < CSN_VERIFIER_DUMMIES && path->key_count == 0; i++) {
    const csn_key *dummy = &path->verifier->dummies[i];
    if (csn_hmac_bytes(dummy) == path->credential.signatures[0].len) path->keys[path->key_count++] = dummy;
  }
  return refuse_keys(path, accepted, fitting, revoked);
}

/* Which of the signatures it is does not leak: all are compared. */
static bool key_matches(const csn_path *path, const csn_key *key) {
  csn_span pieces[CSN_TEMPLATE_SPANS_MAX];
  csn_mac_job job = {.key = key, .pieces = pieces};
  uint32_t equal = 0;
  size_t len = csn_hmac_bytes(key);
  job.piece_count = csn_template_spans(&path->verifier->canonical, &path->credential, pieces);
  csn_mac_many(&job, 1);
  for (size_t i = 0; i < path->credential.signature_count; i++) {
    const csn_signature *given = &path->credential.signatures[i];
    if (given->len == len) equal |= csn_ct_equal(job.mac, given->bytes, len);
  }
  csn_wipe(job.mac, sizeof job.mac);
  CSN_CT_PUBLIC(&equal, sizeof equal);
  return equal != 0;
}

static const csn_key *matching_key(const csn_path *path) {
  for (size_t i = 0; i < path->key_count; i++) {
    if (key_matches(path, path->keys[i])) return path->keys[i];
  }
  return NULL;
}

static csn_reason check_signature(csn_path *path) {
  if (!signs_requests(path->verifier)) return CSN_REASON_ACCEPTED;
  if (path->verifier->signs_body_hash) csn_credential_hash_body(&path->credential);
  csn_reason reason = find_keys(path);
  const csn_key *key = matching_key(path);
  if (reason != CSN_REASON_ACCEPTED) return reason; /* a dummy's secret is no secret */
  if (key == NULL) {
    return csn_refuse(path->verdict, CSN_REASON_SIGNATURE_MISMATCH, CSN_FIELD_SIGNATURE, 0);
  }
  csn_name_set(&path->verdict->client_id, csn_key_client_id(key));
  csn_name_set(&path->verdict->key_id, csn_key_id(key));
  return CSN_REASON_ACCEPTED;
}

static csn_reason nonce_reason(csn_nonce_answer answer) {
  switch (answer) {
    case CSN_NONCE_FRESH:
      return CSN_REASON_ACCEPTED;
    case CSN_NONCE_REPLAYED:
      return CSN_REASON_NONCE_REPLAYED;
    case CSN_NONCE_FULL:
      return CSN_REASON_NONCE_STORE_FULL;
    case CSN_NONCE_EXPIRED:
      return CSN_REASON_NONCE_EXPIRED;
    case CSN_NONCE_FENCED:
      return CSN_REASON_NONCE_FENCED;
    case CSN_NONCE_RETENTION:
      return CSN_REASON_NONCE_RETENTION;
    case CSN_NONCE_UNAVAILABLE:
      break;
  }
  return CSN_REASON_NONCE_STORE_UNAVAILABLE;
}

/* Everything but the nonce. */
static csn_reason authenticate(csn_path *path) {
  csn_reason reason = CSN_REASON_UNDECIDED;
  if ((reason = check_request(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = read_credential(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = check_time(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = verify_api_key(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = verify_standard(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = verify_token(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = find_client(path)) != CSN_REASON_ACCEPTED) return reason;
  prefetch_nonce(path);
  return check_signature(path);
}

/* ---- the last step, for a group of requests in one go ---- */

enum { GROUP_MAX = 64 /* claims that a store answers together */ };

typedef struct csn_group {
  csn_nonce_claim claims[GROUP_MAX];
  csn_verdict *verdicts[GROUP_MAX];
  size_t count;
} csn_group;

static void add_claim(csn_group *group, const csn_path *path) {
  csn_nonce_claim *claim = &group->claims[group->count];
  claim->client_id = csn_name_span(&path->verdict->client_id);
  claim->nonce = path->credential.fields[CSN_FIELD_NONCE];
  claim->expires = path->accept_until;
  claim->answer = CSN_NONCE_UNAVAILABLE;
  group->verdicts[group->count++] = path->verdict;
}

static void claim_nonces(const csn_nonce_store *nonces, csn_group *group, int64_t now) {
  if (group->count == 0) return;
  nonces->claim(nonces->self, group->claims, group->count, now);
  for (size_t i = 0; i < group->count; i++) {
    csn_verdict *verdict = group->verdicts[i];
    verdict->reason = nonce_reason(group->claims[i].answer);
    if (verdict->reason != CSN_REASON_ACCEPTED) verdict->field = CSN_FIELD_NONCE;
  }
}

/* Every request of a group meets the same state of the keyring, which is let go before a store may take its time. */
static void verify_group(const csn_verifier *verifier, const csn_request *requests, csn_verdict *verdicts, size_t count,
                         int64_t now) {
  csn_group group;
  csn_keyring_reading ring;
  const csn_keyring *keyring = verifier->config.keyring;
  group.count = 0;
  if (keyring != NULL) csn_keyring_read_begin(keyring, &ring);
  for (size_t i = 0; i < count; i++) {
    csn_path path;
    path.verifier = verifier;
    path.ring = &ring;
    path.request = &requests[i];
    path.now = now;
    path.verdict = &verdicts[i];
    path.key_count = 0;
    csn_verdict_start(&verdicts[i]);
    csn_reason reason = authenticate(&path);
    bool claims = reason == CSN_REASON_ACCEPTED && path.credential.fields[CSN_FIELD_NONCE].ptr != NULL;
    verdicts[i].reason = claims ? CSN_REASON_UNDECIDED : reason;
    if (claims) add_claim(&group, &path);
  }
  if (keyring != NULL) csn_keyring_read_end(&ring);
  claim_nonces(&verifier->config.nonces, &group, now);
}

/* Times before 1970 and behind the year 9999 are read as those: no sum or difference of times overflows. */
static int64_t clamp_time(int64_t now) {
  const int64_t latest = INT64_C(253402300799);
  return now < 0 ? 0 : now > latest ? latest : now;
}

void csn_verify_batch(const csn_verifier *verifier, const csn_request *requests, csn_verdict *verdicts, size_t count,
                      int64_t now) {
  for (size_t done = 0; done < count; done += GROUP_MAX) {
    size_t some = count - done < GROUP_MAX ? count - done : GROUP_MAX;
    verify_group(verifier, requests + done, verdicts + done, some, clamp_time(now));
  }
}

void csn_verify(const csn_verifier *verifier, const csn_request *request, int64_t now, csn_verdict *verdict) {
  verify_group(verifier, request, verdict, 1, clamp_time(now));
}
