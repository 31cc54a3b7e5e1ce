/* AWS Signature Version 4: the order of the checks, the signing key, and the signing side. */
#include <countersign/sigv4.h>

#include "credential.h"
#include "ct.h"
#include "encoding.h"
#include "sigv4_cache.h"
#include "sigv4_read.h"

#define OK CSN_REASON_ACCEPTED

enum { SECRET_ROOM = CSN_SECRET_MAX + 4 };

static const csn_span algorithm = CSN_SPAN_LITERAL("AWS4-HMAC-SHA256");
static const csn_span terminator = CSN_SPAN_LITERAL("aws4_request");

static csn_reason reject(csn_sigv4_reading *r, csn_reason reason, csn_field field, size_t offset) {
  return csn_refuse(r->verdict, reason, field, offset);
}

/* ---- policy and key ---- */

static bool is_scope_part(csn_span part) {
  if (part.ptr == NULL || part.len == 0 || part.len > CSN_SIGV4_SCOPE_MAX) return false;
  for (size_t i = 0; i < part.len; i++) {
    if (part.ptr[i] == '/' || !csn_is_client_id_byte(part.ptr[i])) return false;
  }
  return true;
}

bool csn_sigv4_policy_valid(const csn_sigv4_policy *policy) {
  return is_scope_part(policy->region) && is_scope_part(policy->service) &&
         (unsigned)policy->path <= CSN_SIGV4_PATH_S3 && policy->window >= 1 && policy->window <= CSN_SIGV4_WINDOW_MAX &&
         policy->expires_max >= 0 && policy->expires_max <= CSN_SIGV4_EXPIRES_MAX;
}

/* The secret itself is what is checked; then "AWS4" goes before it. */
csn_error csn_sigv4_key_init(csn_key *key, const csn_key_config *config) {
  uint8_t text[SECRET_ROOM] = "AWS4";
  csn_error error = csn_key_init(key, config);
  if (error != CSN_OK) return error;
  if (key->key_id_len == 0) {
    csn_key_wipe(key);
    return CSN_ERROR_ID_INVALID;
  }
  if (key->alg != CSN_ALG_HS256 || key->uses != CSN_USE_REQUEST) {
    csn_key_wipe(key);
    return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  }
  memcpy(text + 4, config->secret.ptr, config->secret.len);
  csn_hmac_set_key(key, csn_span_of(text, 4 + config->secret.len));
  csn_wipe(text, sizeof text);
  return CSN_OK;
}

/* ---- the signature ---- */

/* HMAC(HMAC(HMAC(HMAC(key, date), region), service), "aws4_request"), as the pad states of `out`; the rest of which is
 * not set. */
static void derive(const csn_key *key, const csn_sigv4_reading *r, csn_key *out) {
  const csn_span steps[] = {r->policy->region, r->policy->service, terminator};
  uint8_t mac[CSN_SHA256_BYTES];
  csn_hmac_sha256(key, csn_span_of(r->stamp.ptr, CSN_SIGV4_DAY_CHARS), mac);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    csn_hmac_set_key(out, csn_span_of(mac, sizeof mac));
    csn_hmac_sha256(out, steps[i], mac);
  }
  csn_hmac_set_key(out, csn_span_of(mac, sizeof mac));
  csn_wipe(mac, sizeof mac);
}

/* The MAC, under the derived key, of the string to sign: the algorithm, the time, the scope and the canonical request's
 * hash, a line each. */
static void sign(const csn_key *signing, const csn_sigv4_reading *r, const char hash[2 * CSN_SHA256_BYTES],
                 uint8_t mac[CSN_SHA256_BYTES]) {
  const csn_span lines[] = {algorithm, r->stamp, r->scope, csn_span_of(hash, 2 * CSN_SHA256_BYTES)};
  csn_hmac hmac;
  csn_hmac_init(&hmac, signing);
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (i > 0) csn_hmac_update(&hmac, csn_span_str("\n"));
    csn_hmac_update(&hmac, lines[i]);
  }
  csn_hmac_final(&hmac, mac);
}

/* The hash of the canonical request, in hex. */
static csn_reason hash_request(csn_sigv4_reading *r, char hex[2 * CSN_SHA256_BYTES]) {
  csn_sigv4_text text;
  uint8_t hash[CSN_SHA256_BYTES];
  csn_reason reason = csn_sigv4_canonical(r->policy, r->request, &r->query, &r->names, r->payload, &text, r->verdict);
  if (reason != OK) return reason;
  csn_sha256(csn_span_of(text.bytes, text.len), hash);
  csn_hex_encode(csn_span_of(hash, sizeof hash), hex);
  return OK;
}

/* ---- verifying ---- */

static csn_reason read_all(csn_sigv4_reading *r) {
  csn_reason reason = csn_sigv4_read_request(r);
  if (reason != OK) return reason;
  if ((reason = r->presigned ? csn_sigv4_read_parameters(r) : csn_sigv4_read_authorization(r)) != OK) return reason;
  if ((reason = csn_sigv4_read_stamp(r)) != OK) return reason;
  if ((reason = csn_sigv4_read_credential(r)) != OK) return reason;
  if ((reason = csn_sigv4_read_signature(r)) != OK) return reason;
  return csn_sigv4_names_read(r->signed_headers, r->request, &r->names, r->verdict);
}

/* A presigned request is good for as long as it says; its time may be as far ahead as any other's. No overflow: the
 * time is clamped, and a stamp has a year of four digits. */
static csn_reason check_time(csn_sigv4_reading *r, int64_t now) {
  const int64_t latest = INT64_C(253402300799);
  int64_t time = now < 0 ? 0 : now > latest ? latest : now;
  int64_t age = time - r->timestamp, window = r->policy->window;
  if (age < -window) return reject(r, CSN_REASON_TIMESTAMP_FUTURE, CSN_FIELD_TIMESTAMP, 0);
  if (r->presigned && age > r->expires) return reject(r, CSN_REASON_PRESIGNED_EXPIRED, CSN_FIELD_TIMESTAMP, 0);
  if (!r->presigned && age > window) return reject(r, CSN_REASON_TIMESTAMP_PAST, CSN_FIELD_TIMESTAMP, 0);
  return OK;
}

static const csn_key dummy; /* whose secret is no secret */

/* Whether the request's signature is the key's. A wrong one is not told sooner because its key was remembered, or the
 * time would say that its access key id exists. */
static bool is_signed_by(const csn_key *key, csn_sigv4_cache *cache, const csn_sigv4_reading *r,
                         const char hash[2 * CSN_SHA256_BYTES]) {
  csn_key signing;
  uint8_t mac[CSN_SHA256_BYTES];
  bool remembered = csn_sigv4_cache_find(cache, r->policy, key, r->stamp.ptr, &signing);
  if (!remembered) derive(key, r, &signing);
  sign(&signing, r, hash, mac);
  uint32_t equal = csn_ct_equal(mac, r->mac, sizeof mac);
  CSN_CT_PUBLIC(&equal, sizeof equal);
  bool right = equal != 0 && key != &dummy;
  if (right && !remembered) csn_sigv4_cache_put(cache, r->policy, key, r->stamp.ptr, &signing);
  if (!right && remembered) derive(key, r, &signing);
  csn_wipe(mac, sizeof mac);
  csn_wipe(&signing, sizeof signing); /* which holds states and nothing else */
  return right;
}

/* The key that is named; the dummy where it cannot be used, so that an answer takes as long. */
static csn_reason find_key(const csn_sigv4_reading *r, const csn_keyring_reading *ring, int64_t now,
                           const csn_key **out) {
  bool shared;
  const csn_key *key = csn_keyring_find_request_key(ring, r->key_id, &shared);
  *out = &dummy;
  if (shared) return CSN_REASON_KEY_AMBIGUOUS;
  if (key == NULL || key->alg != CSN_ALG_HS256) return CSN_REASON_KEY_UNKNOWN; /* another kind's state is no HMAC's */
  csn_name_set(&r->verdict->client_id, csn_key_client_id(key));
  if (key->revoked) return CSN_REASON_KEY_REVOKED;
  if (!csn_key_is_accepted(key, now)) return CSN_REASON_KEY_EXPIRED;
  *out = key;
  return OK;
}

static csn_reason check_signature(csn_sigv4_reading *r, const csn_keyring_reading *ring, csn_sigv4_cache *cache,
                                  int64_t now) {
  const csn_key *key;
  char hash[2 * CSN_SHA256_BYTES];
  csn_reason reason = hash_request(r, hash);
  if (reason != OK) return reason;
  reason = find_key(r, ring, now, &key);
  bool right = is_signed_by(key, cache, r, hash);
  if (reason != OK) return reject(r, reason, CSN_FIELD_KEY_ID, 0);
  return right ? OK : reject(r, CSN_REASON_SIGNATURE_MISMATCH, CSN_FIELD_SIGNATURE, 0);
}

/* After the signature, so that nobody without a key has a long body hashed: the signed hash is then the signer's. */
static csn_reason check_payload(csn_sigv4_reading *r) {
  uint8_t hash[CSN_SHA256_BYTES];
  if (!r->payload_given) return OK;
  csn_sha256(r->request->body, hash);
  if (csn_ct_equal(hash, r->payload_hash, sizeof hash) != 0) return OK;
  return reject(r, CSN_REASON_PAYLOAD_HASH_MISMATCH, CSN_FIELD_BODY, 0);
}

static csn_reason verify(csn_sigv4_reading *r, const csn_keyring_reading *ring, csn_sigv4_cache *cache, int64_t now) {
  csn_reason reason = read_all(r);
  if (reason != OK) return reason;
  if ((reason = check_time(r, now)) != OK) return reason;
  if ((reason = csn_sigv4_read_payload(r)) != OK) return reason;
  if ((reason = check_signature(r, ring, cache, now)) != OK) return reason;
  return check_payload(r);
}

csn_reason csn_sigv4_verify(const csn_keyring_reading *keys, const csn_sigv4_policy *policy, csn_sigv4_cache *cache,
                            const csn_request *request, int64_t now, csn_verdict *verdict) {
  csn_sigv4_reading r;
  csn_verdict_start(verdict);
  if (!csn_sigv4_policy_valid(policy)) return verdict->reason;
  csn_sigv4_reading_start(&r, policy, request, verdict);
  verdict->reason = verify(&r, keys, cache, now);
  return verdict->reason;
}

/* ---- signing ---- */

/* What signing and verifying read alike, once the parts are there. */
static bool sign_reading(csn_sigv4_reading *r, const csn_key *key, char signature[CSN_SIGV4_SIGNATURE_CHARS]) {
  char hash[2 * CSN_SHA256_BYTES];
  uint8_t mac[CSN_SHA256_BYTES];
  csn_key signing;
  if (csn_sigv4_read_stamp(r) != OK || csn_sigv4_read_credential(r) != OK) return false;
  if (!csn_span_equal(r->key_id, csn_key_id(key))) return false;
  if (csn_sigv4_names_read(r->signed_headers, r->request, &r->names, r->verdict) != OK) return false;
  if (csn_sigv4_read_payload(r) != OK || hash_request(r, hash) != OK) return false;
  derive(key, r, &signing);
  sign(&signing, r, hash, mac);
  csn_wipe(&signing, sizeof signing);
  csn_hex_encode(csn_span_of(mac, sizeof mac), signature);
  csn_wipe(mac, sizeof mac);
  return check_payload(r) == OK;
}

/* id/date/region/service/aws4_request */
static void put_credential(csn_sigv4_text *text, const csn_sigv4_policy *policy, csn_span id, csn_span stamp) {
  const csn_span parts[] = {id, csn_span_of(stamp.ptr, CSN_SIGV4_DAY_CHARS), policy->region, policy->service,
                            terminator};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (i > 0) csn_sigv4_put(text, csn_span_str("/"));
    csn_sigv4_put(text, parts[i]);
  }
}

csn_error csn_sigv4_sign(const csn_sigv4_policy *policy, const csn_key *key, const csn_request *request,
                         csn_span signed_headers, char *out, size_t room, size_t *len) {
  csn_verdict verdict;
  csn_sigv4_reading r;
  csn_sigv4_text text = {.len = 0};
  char signature[CSN_SIGV4_SIGNATURE_CHARS];
  const csn_header *stamp = csn_sigv4_find_header(request, "x-amz-date");
  *len = 0;
  csn_verdict_start(&verdict);
  csn_sigv4_reading_start(&r, policy, request, &verdict);
  if (!csn_sigv4_policy_valid(policy) || csn_sigv4_read_request(&r) != OK || r.presigned || stamp == NULL ||
      stamp->value.len != CSN_SIGV4_STAMP_CHARS || csn_sigv4_find_header(request, "authorization") != NULL) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  csn_sigv4_put(&text, algorithm);
  csn_sigv4_put(&text, csn_span_str(" Credential="));
  size_t start = text.len;
  put_credential(&text, policy, csn_key_id(key), stamp->value);
  r.credential = csn_span_of(text.bytes + start, text.len - start);
  r.signed_headers = signed_headers;
  r.stamp = stamp->value;
  if (!sign_reading(&r, key, signature)) return CSN_ERROR_INVALID_ARGUMENT;
  csn_sigv4_put(&text, csn_span_str(", SignedHeaders="));
  csn_sigv4_put(&text, signed_headers);
  csn_sigv4_put(&text, csn_span_str(", Signature="));
  csn_sigv4_put(&text, csn_span_of(signature, sizeof signature));
  if (text.full || text.len > room || text.len > CSN_SIGV4_AUTHORIZATION_MAX) return CSN_ERROR_BUFFER_TOO_SMALL;
  memcpy(out, text.bytes, text.len);
  *len = text.len;
  return CSN_OK;
}

csn_error csn_sigv4_presign(const csn_sigv4_policy *policy, const csn_key *key, const csn_request *request,
                            char signature[CSN_SIGV4_SIGNATURE_CHARS]) {
  csn_verdict verdict;
  csn_sigv4_reading r;
  csn_verdict_start(&verdict);
  csn_sigv4_reading_start(&r, policy, request, &verdict);
  bool read = csn_sigv4_policy_valid(policy) && csn_sigv4_read_request(&r) == OK && r.presigned &&
              csn_sigv4_read_parameters(&r) == OK && r.signature.ptr == NULL;
  return read && sign_reading(&r, key, signature) ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT;
}
