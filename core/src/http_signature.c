/* The order of the checks of an HTTP message signature (RFC 9421 section 3.2). */
#include "alg.h"
#include "credential.h"
#include "http_signature_parts.h"
#include "refuse.h"
#include "structured.h"

#define OK CSN_REASON_ACCEPTED

/* One verification under way. */
typedef struct checking {
  const csn_keyring_reading *keys;
  const csn_http_signature_policy *policy;
  const csn_request *request;
  int64_t window, now;
  csn_http_signature *out;
  csn_verdict *verdict;
  csn_signature_found found;
  csn_alg alg; /* that `alg` names; NONE where it is not there */
  csn_span base, signature;
} checking;

static const csn_span content_digest = CSN_SPAN_LITERAL("content-digest");

/* `offset` counts in the signature's input. */
static csn_reason reject(checking *c, csn_reason reason, size_t offset) {
  c->verdict->header_index = c->found.header;
  return csn_refuse(c->verdict, reason, CSN_FIELD_HEADER, c->found.offset + offset);
}

/* Of a parameter: where its value stands. */
static csn_reason reject_param(checking *c, csn_reason reason, csn_span param, size_t offset) {
  return reject(c, reason, (size_t)(param.ptr - c->found.input.ptr) + offset);
}

static csn_reason reject_signature(checking *c, csn_reason reason) {
  c->verdict->header_index = c->found.signature_header;
  return csn_refuse(c->verdict, reason, CSN_FIELD_HEADER, c->found.signature_offset);
}

/* ---- what the signature says of itself ---- */

static csn_reason read_params(checking *c) {
  size_t offset = 0;
  csn_reason reason = csn_signature_params_read(c->found.input, &c->out->params, &offset);
  if (reason != OK) return reject(c, reason, offset);
  c->out->label = c->found.label;
  c->out->input = c->found.input;
  return OK;
}

static csn_reason check_required(checking *c) {
  const csn_signature_params *params = &c->out->params;
  unsigned required = c->policy->required;
  bool missing = !params->has_created || params->keyid.ptr == NULL ||
                 ((required & CSN_SIGNATURE_EXPIRES) != 0 && !params->has_expires) ||
                 ((required & CSN_SIGNATURE_NONCE) != 0 && params->nonce.ptr == NULL) ||
                 ((required & CSN_SIGNATURE_ALG) != 0 && params->alg.ptr == NULL);
  return missing ? reject(c, CSN_REASON_PARAMETER_MISSING, 0) : OK;
}

static bool allows(const csn_http_signature_policy *policy, csn_alg alg) {
  return (policy->algorithms >> alg & 1) != 0;
}

static csn_reason check_params(checking *c) {
  const csn_signature_params *params = &c->out->params;
  size_t at = 0;
  if (params->keyid.len == 0 || params->keyid.len > CSN_ID_MAX) {
    return reject_param(c, CSN_REASON_KID_INVALID, params->keyid, 0);
  }
  if (params->nonce.ptr != NULL && !csn_nonce_valid(params->nonce, &at)) {
    return reject_param(c, CSN_REASON_NONCE_INVALID, params->nonce, at);
  }
  c->alg = csn_alg_from_http_name(params->alg);
  if (params->alg.ptr != NULL && !allows(c->policy, c->alg)) {
    return reject_param(c, CSN_REASON_ALG_NOT_ALLOWED, params->alg, 0);
  }
  return OK;
}

static csn_reason check_covered(checking *c) {
  const csn_http_signature_policy *policy = c->policy;
  for (size_t i = 0; i < policy->component_count; i++) {
    if (!csn_signature_covers(c->found.input, policy->components[i])) {
      return reject(c, CSN_REASON_COMPONENT_NOT_SIGNED, 0);
    }
  }
  bool body_counts = c->request->body.len > 0 && !policy->allow_unsigned_body;
  if (!body_counts || csn_signature_covers(c->found.input, content_digest)) return OK;
  return csn_refuse(c->verdict, CSN_REASON_BODY_NOT_SIGNED, CSN_FIELD_BODY, 0);
}

/* No overflow, whatever `now` is: the request's times have at most 15 digits. */
static csn_reason check_time(checking *c) {
  const csn_signature_params *params = &c->out->params;
  int64_t last = params->created + c->window;
  if (c->now > last) return reject(c, CSN_REASON_TIMESTAMP_PAST, 0);
  if (c->now < params->created - c->window) return reject(c, CSN_REASON_TIMESTAMP_FUTURE, 0);
  int64_t end = params->expires + c->policy->leeway;
  if (params->has_expires && c->now > end) return reject(c, CSN_REASON_SIGNATURE_EXPIRED, 0);
  c->out->accept_until = params->has_expires && end < last ? end : last;
  return OK;
}

/* ---- what is signed ---- */

/* A digest that is signed, as a whole or one of its members, must be that of the body. */
static csn_reason check_digest(checking *c) {
  static const csn_span sha256 = CSN_SPAN_LITERAL("content-digest;key=\"sha-256\""),
                        sha512 = CSN_SPAN_LITERAL("content-digest;key=\"sha-512\"");
  bool covered = csn_signature_covers(c->found.input, content_digest) || csn_signature_covers(c->found.input, sha256) ||
                 csn_signature_covers(c->found.input, sha512);
  return covered ? csn_content_digest_check(c->request, c->verdict) : OK;
}

static csn_reason make_base(checking *c, csn_byte_buffer *buffer) {
  csn_byte_sink sink = csn_byte_buffer_sink(buffer);
  size_t offset = 0;
  csn_reason reason = csn_signature_base(c->request, &c->policy->context, c->found.input, &sink, &offset);
  if (reason != OK) return reject(c, reason, offset);
  if (buffer->overflow) return reject(c, CSN_REASON_SIGNATURE_BASE_TOO_LONG, 0);
  c->base = csn_span_of(buffer->bytes, buffer->len);
  return OK;
}

static csn_reason decode(checking *c, uint8_t out[CSN_SIGNATURE_MAX]) {
  size_t len = csn_sf_bytes_len(c->found.text), wrong = 0;
  if (len == 0 || len > CSN_SIGNATURE_MAX) return reject_signature(c, CSN_REASON_SIGNATURE_LENGTH);
  if (!csn_sf_bytes(c->found.text, out, &wrong)) return reject_signature(c, CSN_REASON_SIGNATURE_ENCODING);
  c->signature = csn_span_of(out, len);
  return OK;
}

/* ---- the key ---- */

/* ed25519 is the only EdDSA that the RFC has; HMAC and the others have one row a name. */
static bool fits(const checking *c, const csn_key *key) {
  bool named = c->alg == CSN_ALG_NONE || key->alg == c->alg;
  bool curve = key->alg != CSN_ALG_EdDSA || csn_key_signature_bytes(key) == CSN_ED25519_SIGNATURE;
  return named && curve && allows(c->policy, key->alg);
}

static csn_reason find_key(const checking *c, const csn_key **out) {
  bool shared = false;
  const csn_key *key = csn_keyring_find_request_key(c->keys, c->out->params.keyid, &shared);
  *out = NULL;
  if (shared) return CSN_REASON_KEY_AMBIGUOUS;
  if (key == NULL || !fits(c, key)) return CSN_REASON_KEY_UNKNOWN;
  *out = key;
  if (key->revoked) return CSN_REASON_KEY_REVOKED;
  return csn_key_is_accepted(key, c->now) ? OK : CSN_REASON_KEY_EXPIRED;
}

/* Where no key fits, a MAC is computed all the same, as for tokens: see jwt.c. */
static void spend_mac(const checking *c) {
  static const csn_key dummy = {.alg = CSN_ALG_HS256};
  if (c->alg == CSN_ALG_NONE || c->alg == CSN_ALG_HS256) (void)!csn_key_verify(&dummy, c->base, c->signature);
}

static csn_reason check_signature(checking *c) {
  const csn_key *key;
  csn_reason found = find_key(c, &key);
  bool matches = false;
  if (key == NULL) {
    spend_mac(c);
  } else {
    matches = csn_key_verify(key, c->base, c->signature);
    csn_name_set(&c->verdict->client_id, csn_key_client_id(key));
    csn_name_set(&c->verdict->key_id, csn_key_id(key));
  }
  if (found != OK) return reject_param(c, found, c->out->params.keyid, 0);
  if (c->signature.len != csn_key_signature_bytes(key)) return reject_signature(c, CSN_REASON_SIGNATURE_LENGTH);
  return matches ? OK : reject_signature(c, CSN_REASON_SIGNATURE_MISMATCH);
}

/* ---- the order ---- */

static csn_reason check(checking *c) {
  uint8_t bytes[CSN_SIGNATURE_BASE_MAX], signature[CSN_SIGNATURE_MAX];
  csn_byte_buffer base = {.bytes = bytes, .size = sizeof bytes};
  csn_reason reason = OK;
  if ((reason = csn_http_signature_find(c->policy, c->request, &c->found, c->verdict)) != OK) return reason;
  if ((reason = read_params(c)) != OK) return reason;
  if ((reason = check_required(c)) != OK) return reason;
  if ((reason = check_params(c)) != OK) return reason;
  if ((reason = check_covered(c)) != OK) return reason;
  if ((reason = check_time(c)) != OK) return reason;
  if ((reason = decode(c, signature)) != OK) return reason;
  if ((reason = make_base(c, &base)) != OK) return reason;
  if ((reason = check_digest(c)) != OK) return reason;
  return check_signature(c);
}

bool csn_http_signature_policy_valid(const csn_http_signature_policy *policy) {
  const unsigned required = CSN_SIGNATURE_EXPIRES | CSN_SIGNATURE_NONCE | CSN_SIGNATURE_ALG;
  if (policy->component_count > CSN_COMPONENTS_MAX) return false;
  for (size_t i = 0; i < policy->component_count; i++) {
    if (!csn_policy_component_valid(policy->components[i])) return false;
  }
  return (policy->required & ~required) == 0 && (policy->algorithms & ~CSN_HTTP_ALGORITHMS) == 0 &&
         policy->leeway >= 0 && policy->leeway <= CSN_SIGNATURE_LEEWAY_MAX;
}

void csn_http_signature_verify(const csn_keyring_reading *keys, const csn_http_signature_policy *policy, int64_t window,
                               const csn_request *request, int64_t now, csn_http_signature *out, csn_verdict *verdict) {
  checking c = {.keys = keys, .policy = policy, .request = request, .window = window, .now = now};
  c.out = out;
  c.verdict = verdict;
  csn_verdict_start(verdict);
  memset(out, 0, sizeof *out);
  if (window < 0 || window > CSN_SIGNATURE_LEEWAY_MAX) return;
  verdict->reason = check(&c);
}
