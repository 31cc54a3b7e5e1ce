/* What is computed for a group of requests: the MACs of their tokens, the hashes of their bodies, the MACs of the
 * requests. Each is one call for the whole group, so that the messages keep each other company in the processor; of one
 * request it is a call for one. A request whose key is not known is computed with a dummy, among the others. */
#include "ct.h"
#include "encoding.h"
#include "hmac.h"
#include "refuse.h"
#include "verify_parts.h"

/* ---- tokens ---- */

/* Whether a token is to be verified for this request. */
static bool has_token(const csn_path *path) {
  return path->reason == CSN_REASON_ACCEPTED && path->verifier->config.scheme->has_token;
}

/* Bytes of room that a token's claims need at most; they are decoded only where the token is not too long. */
static size_t claims_room(csn_span token) {
  return csn_base64url_decoded_len(token.len < CSN_TOKEN_MAX ? token.len : CSN_TOKEN_MAX);
}

static bool begin_token(const csn_group *group, const csn_path *path, size_t at, uint8_t *claims) {
  csn_jwt_check *check = &group->tokens[at];
  check->keys = path->ring;
  check->policy = &path->verifier->config.jwt;
  check->now = path->now;
  check->token = path->credential.fields[CSN_FIELD_TOKEN];
  check->jwt = group->jwt;
  check->claims = claims;
  check->verdict = path->verdict;
  return csn_jwt_begin(check, &group->jobs[at]);
}

static void end_tokens(const csn_group *group, size_t count) {
  csn_mac_many(group->jobs, count);
  for (size_t i = 0; i < count; i++) csn_jwt_end(&group->tokens[i], &group->jobs[i]);
}

/* A token is verified whole, its claims included. It names the client. */
void csn_group_verify_tokens(csn_group *group) {
  size_t waiting = 0, used = 0;
  if (!group->has_tokens) return;
  for (const csn_path *path = group->paths; path < group->end; path++) {
    if (!has_token(path)) continue;
    if (used + claims_room(path->credential.fields[CSN_FIELD_TOKEN]) > sizeof group->jwt->claims) {
      end_tokens(group, waiting);
      waiting = used = 0;
    }
    if (!begin_token(group, path, waiting, group->jwt->claims + used)) continue;
    used += csn_base64url_decoded_len(group->tokens[waiting++].payload.len);
  }
  end_tokens(group, waiting);
  for (csn_path *path = group->paths; path < group->end; path++) {
    if (has_token(path)) path->reason = path->verdict->reason;
  }
}

/* ---- bodies ---- */

void csn_group_hash_bodies(csn_group *group) {
  size_t count = 0;
  if (!group->signs_body_hashes) return;
  for (csn_path *path = group->paths; path < group->end; path++) {
    path->job = NULL;
    if (path->reason != CSN_REASON_ACCEPTED || !path->verifier->signs_body_hash) continue;
    path->job = &group->jobs[count++];
    path->job->key = NULL;
    path->job->pieces = &path->credential.fields[CSN_FIELD_BODY];
    path->job->piece_count = 1;
  }
  csn_mac_many(group->jobs, count);
  for (csn_path *path = group->paths; path < group->end; path++) {
    if (path->job != NULL) csn_credential_set_body_hash(&path->credential, path->job->mac);
  }
}

/* ---- keys ---- */

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

/* Whether there is a signature of the request itself to be checked. */
static bool has_signature(const csn_path *path) {
  return path->reason == CSN_REASON_ACCEPTED && csn_signs_requests(path->verifier);
}

void csn_group_find_keys(csn_group *group) {
  bool more = group->signs_requests;
  for (csn_path *path = group->paths; more && path < group->end; path++) {
    if (!has_signature(path)) continue;
    csn_keyring_search_begin(path->ring, path->credential.fields[CSN_FIELD_CLIENT_ID], &path->search);
  }
  while (more) {
    more = false;
    for (csn_path *path = group->paths; path < group->end; path++) {
      if (has_signature(path)) more |= csn_keyring_search_on(&path->search);
    }
  }
}

/* The client's keys that may be used now, one at least. Where there is none, a dummy whose MACs are as long as the
 * signature, which has some MAC's length, stands in, and the reason says why. */
static csn_reason choose_keys(csn_path *path) {
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX], *accepted = NULL;
  size_t count = csn_keyring_search_end(&path->search, path->credential.fields[CSN_FIELD_CLIENT_ID], found);
  size_t fitting = 0, revoked = 0;
  path->key_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (found[i]->public_key != NULL) continue; /* for signatures of another scheme: its states are zero */
    fitting++;
    revoked += found[i]->revoked;
    if (!csn_key_is_accepted(found[i], path->now)) continue;
    accepted = found[i];
    if (key_fits(&path->credential, found[i])) path->keys[path->key_count++] = found[i];
  }
  if (path->key_count > 0) return CSN_REASON_ACCEPTED;
  path->keys[path->key_count++] = &path->verifier->dummies[0];
  for (size_t i = 1; i < CSN_VERIFIER_DUMMIES; i++) {
    const csn_key *dummy = &path->verifier->dummies[i];
    if (csn_hmac_bytes(dummy) == path->credential.signatures[0].len) path->keys[0] = dummy;
  }
  return refuse_keys(path, accepted, fitting, revoked);
}

/* ---- signatures ---- */

/* Which of the signatures it is does not leak: all are compared. */
static bool mac_matches(const csn_path *path) {
  uint32_t equal = 0;
  size_t len = csn_hmac_bytes(path->job->key);
  for (size_t i = 0; i < path->credential.signature_count; i++) {
    const csn_signature *given = &path->credential.signatures[i];
    if (given->len == len) equal |= csn_ct_equal(path->job->mac, given->bytes, len);
  }
  CSN_CT_PUBLIC(&equal, sizeof equal);
  return equal != 0;
}

/* The first key's MAC has been computed; where it is not the one, a client that rotates its keys has others. */
static const csn_key *matching_key(const csn_path *path) {
  csn_mac_job *job = path->job;
  size_t tried = 1;
  bool matches;
  while (!(matches = mac_matches(path)) && tried < path->key_count) {
    job->key = path->keys[tried++];
    csn_mac_many(job, 1);
  }
  csn_wipe(job->mac, sizeof job->mac);
  return matches ? job->key : NULL;
}

static csn_reason check_signature(csn_path *path) {
  const csn_key *key = matching_key(path);
  if (path->key_reason != CSN_REASON_ACCEPTED) return path->key_reason; /* a dummy's secret is no secret */
  if (key == NULL) return csn_refuse(path->verdict, CSN_REASON_SIGNATURE_MISMATCH, CSN_FIELD_SIGNATURE, 0);
  csn_name_set(&path->verdict->client_id, csn_key_client_id(key));
  csn_name_set(&path->verdict->key_id, csn_key_id(key));
  return CSN_REASON_ACCEPTED;
}

static void begin_signature(csn_path *path, csn_mac_job *job, csn_span *spans) {
  path->key_reason = choose_keys(path);
  job->key = path->keys[0];
  job->pieces = spans;
  job->piece_count = csn_template_spans(&path->verifier->canonical, &path->credential, spans);
  path->job = job;
}

/* Fills the jobs of the requests from `path` on, as long as there is room for the parts of their canonical strings.
 * Returns where the next requests begin. */
static csn_path *begin_signatures(const csn_group *group, csn_path *path, size_t *jobs) {
  size_t used = 0;
  for (*jobs = 0; path < group->end && group->span_room - used >= CSN_TEMPLATE_SPANS_MAX; path++) {
    path->job = NULL;
    if (!has_signature(path)) continue;
    begin_signature(path, &group->jobs[(*jobs)++], group->spans + used);
    used += path->job->piece_count;
  }
  return path;
}

void csn_group_check_signatures(csn_group *group) {
  if (!group->signs_requests) return;
  for (csn_path *path = group->paths; path < group->end;) {
    size_t jobs;
    const csn_path *end = begin_signatures(group, path, &jobs);
    csn_mac_many(group->jobs, jobs);
    for (; path < end; path++) {
      if (path->job != NULL) path->reason = check_signature(path);
    }
  }
}
