/* The path of a request, in its order:
 *
 *   request -> credential -> time -> key -> canonical string -> signature -> claims -> nonce (last) -> verdict
 *
 * An API key is a whole credential: what is looked up by its hash is the key, and its scopes are the claims.
 * A token walks its own part of it, key, signature and claims, in jwt.c; so does a request that is signed
 * as a standard says, from its time to its signature. Where a request carries a token and a signature of its own, the
 * token comes first, since it names the client whose key must have signed.
 *
 * One request is walked alone, many in groups, each step for all of a group: in verify_macs.c that makes them faster.
 *
 * Nothing that is not authenticated writes any state: the nonce is claimed when everything else has passed. (A key that
 * was derived for AWS Signature Version 4 is remembered once a request has verified with it.) */
#include "refuse.h"
#include "verify_parts.h"

static bool has_time(const csn_verifier *verifier) {
  return csn_signs_requests(verifier) && !verifier->config.scheme->replayable;
}

/* ---- the steps ---- */

static csn_reason read_credential(csn_path *path) {
  const csn_verifier *verifier = path->verifier;
  csn_reason reason = csn_credential_read(&verifier->places, path->request, &path->credential, path->verdict);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  if (csn_signs_requests(verifier) && path->request->body.len > 0 && !verifier->config.allow_unsigned_body &&
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
  if (!csn_signs_requests(path->verifier)) return CSN_REASON_ACCEPTED; /* the credential itself has said whose it is */
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

/* The nonces' table lines come from memory while the MACs are computed. Of so many claims that come at once, a store
 * asks for the lines of the later ones while it looks at the first: then this only costs. */
enum { ASKED_BY_THE_STORE = 8 };

static void prefetch_nonce(const csn_path *path) {
  const csn_nonce_store *nonces = &path->verifier->config.nonces;
  if (!csn_verifier_has_nonce(path->verifier) || nonces->prefetch == NULL) return;
  nonces->prefetch(nonces->self, path->credential.fields[CSN_FIELD_CLIENT_ID],
                   path->credential.fields[CSN_FIELD_NONCE]);
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

/* ---- the last step ---- */

static bool has_nonce(const csn_path *path) {
  return path->reason == CSN_REASON_ACCEPTED && path->credential.fields[CSN_FIELD_NONCE].ptr != NULL;
}

static bool is_same_store(const csn_nonce_store *a, const csn_nonce_store *b) {
  return a->claim == b->claim && a->self == b->self;
}

static void set_claim(csn_nonce_claim *claim, csn_path *path) {
  csn_span *nonce = &path->credential.fields[CSN_FIELD_NONCE];
  path->verdict->reason = CSN_REASON_UNDECIDED; /* what has verified it whole may have said more */
  path->claim = claim;
  claim->client_id = csn_name_span(&path->verdict->client_id);
  claim->nonce = *nonce;
  claim->expires = path->accept_until;
  claim->answer = CSN_NONCE_UNAVAILABLE;
  nonce->ptr = NULL; /* once */
}

static csn_reason take_answer(csn_path *path, csn_nonce_answer answer) {
  csn_reason reason = nonce_reason(answer);
  if (reason != CSN_REASON_ACCEPTED) path->verdict->field = CSN_FIELD_NONCE;
  return reason;
}

/* Claims in one go, and in their order, the nonces of the request `first` and of those behind it with the same store.
 */
static void claim_together(const csn_group *group, csn_path *first) {
  const csn_nonce_store *store = &first->verifier->config.nonces;
  size_t count = 0;
  for (csn_path *path = first; path < group->end; path++) {
    path->claim = NULL;
    if (has_nonce(path) && is_same_store(&path->verifier->config.nonces, store)) {
      set_claim(&group->claims[count++], path);
    }
  }
  store->claim(store->self, group->claims, count, first->now);
  for (csn_path *path = first; path < group->end; path++) {
    if (path->claim != NULL) path->reason = take_answer(path, path->claim->answer);
  }
}

static void claim_nonces(const csn_group *group) {
  for (csn_path *path = group->paths; path < group->end; path++) {
    if (has_nonce(path)) claim_together(group, path);
  }
}

/* ---- the path ---- */

static csn_reason before_the_token(csn_path *path) {
  csn_reason reason = CSN_REASON_UNDECIDED;
  if ((reason = read_credential(path)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = check_time(path)) != CSN_REASON_ACCEPTED) return reason;
  if (path->verifier->config.scheme->has_api_key) return verify_api_key(path);
  return verify_standard(path);
}

/* Some steps of every request that has come so far. */
static inline void each(const csn_group *group, csn_reason (*steps)(csn_path *path)) {
  for (csn_path *path = group->paths; path < group->end; path++) {
    if (path->reason == CSN_REASON_ACCEPTED) path->reason = steps(path);
  }
}

static void prefetch_nonces(const csn_group *group) {
  if (group->end - group->paths >= ASKED_BY_THE_STORE) return;
  for (const csn_path *path = group->paths; path < group->end; path++) {
    if (path->reason == CSN_REASON_ACCEPTED) prefetch_nonce(path);
  }
}

/* Everything but the nonce. */
static void authenticate(csn_group *group) {
  each(group, before_the_token);
  csn_group_verify_tokens(group);
  each(group, find_client);
  prefetch_nonces(group);
  csn_group_hash_bodies(group);
  csn_group_find_keys(group);
  csn_group_check_signatures(group);
}

/* The keyrings are let go before a store may take its time. */
static void verify_group(csn_group *group) {
  authenticate(group);
  for (csn_group_ring *ring = group->rings; ring < group->rings_end; ring++) csn_keyring_read_end(&ring->reading);
  claim_nonces(group);
  for (csn_path *path = group->paths; path < group->end; path++) path->verdict->reason = path->reason;
}

/* ---- groups ---- */

static inline const csn_keyring_reading *read_keyring(csn_group *group, const csn_keyring *keyring) {
  if (keyring == NULL) return NULL;
  csn_group_ring *ring = group->rings;
  while (ring < group->rings_end && ring->keyring != keyring) ring++;
  if (ring < group->rings_end) return &ring->reading;
  group->rings_end++;
  ring->keyring = keyring;
  csn_keyring_read_begin(keyring, &ring->reading);
  return &ring->reading;
}

/* Times before 1970 and behind the year 9999 are read as those: no sum or difference of times overflows. */
static int64_t clamp_time(int64_t now) {
  const int64_t latest = INT64_C(253402300799);
  return now < 0 ? 0 : now > latest ? latest : now;
}

static inline void add_request(csn_group *group, const csn_verifier *verifier, const csn_request *request, int64_t now,
                               csn_verdict *verdict) {
  csn_path *path = group->end++;
  path->verifier = verifier;
  path->ring = read_keyring(group, verifier->config.keyring);
  path->request = request;
  path->now = clamp_time(now);
  path->verdict = verdict;
  path->reason = CSN_REASON_ACCEPTED;
  group->has_tokens |= verifier->config.scheme->has_token;
  group->signs_body_hashes |= verifier->signs_body_hash;
  group->signs_requests |= csn_signs_requests(verifier);
  csn_verdict_start(verdict);
}

void csn_verify(const csn_verifier *verifier, const csn_request *request, int64_t now, csn_verdict *verdict) {
  csn_path path;
  csn_group_ring ring;
  csn_mac_job job;
  csn_jwt_check token;
  csn_nonce_claim claim;
  csn_span spans[CSN_TEMPLATE_SPANS_MAX];
  csn_jwt jwt;
  csn_group group = {.paths = &path,
                     .end = &path,
                     .rings = &ring,
                     .rings_end = &ring,
                     .jobs = &job,
                     .tokens = &token,
                     .claims = &claim,
                     .spans = spans,
                     .span_room = CSN_TEMPLATE_SPANS_MAX,
                     .jwt = &jwt};
  add_request(&group, verifier, request, now, verdict);
  verify_group(&group);
}

/* `each_own`: there is a verifier for each request; else one for all. */
static void verify_all(const csn_verifier *const *verifiers, bool each_own, const csn_request *requests,
                       csn_verdict *verdicts, size_t count, int64_t now) {
  csn_path paths[CSN_GROUP_MAX];
  csn_group_ring rings[CSN_GROUP_MAX];
  csn_mac_job jobs[CSN_GROUP_MAX];
  csn_jwt_check tokens[CSN_GROUP_MAX];
  csn_nonce_claim claims[CSN_GROUP_MAX];
  csn_span spans[CSN_GROUP_SPANS];
  csn_jwt jwt;
  csn_group group = {.paths = paths,
                     .end = paths,
                     .rings = rings,
                     .rings_end = rings,
                     .jobs = jobs,
                     .tokens = tokens,
                     .claims = claims,
                     .spans = spans,
                     .span_room = CSN_GROUP_SPANS,
                     .jwt = &jwt};
  for (size_t i = 0; i < count; i++) {
    add_request(&group, verifiers[each_own ? i : 0], &requests[i], now, &verdicts[i]);
    if (group.end < paths + CSN_GROUP_MAX && i + 1 < count) continue;
    verify_group(&group);
    group.end = paths;
    group.rings_end = rings;
  }
}

void csn_verify_batch(const csn_verifier *verifier, const csn_request *requests, csn_verdict *verdicts, size_t count,
                      int64_t now) {
  verify_all(&verifier, false, requests, verdicts, count, now);
}

void csn_verify_mixed(const csn_verifier *const *verifiers, const csn_request *requests, csn_verdict *verdicts,
                      size_t count, int64_t now) {
  verify_all(verifiers, true, requests, verdicts, count, now);
}
