#include "steps.h"

#include <countersign/audit.h>
#include <countersign/verifier.h>
#include <stdlib.h>
#include <strings.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "../core/src/hmac.h"
#include "../core/src/jwt_parts.h"
#include "../core/src/locate.h"
#include "live_nonces.h"
#include "request_pool.h"
#include "shim.h"
#include "workload.h"

enum { STRING_MAX = 512, SEGMENTS = 3 };

/* What the steps before would have found in one request. */
typedef struct parts {
  csn_span client_id, timestamp, nonce, signature;
  csn_headers_found found;
  csn_span segments[SEGMENTS]; /* of a token */
  size_t string_len;           /* what is signed */
  uint8_t string[STRING_MAX];
  csn_jwt jwt; /* its claims are decoded */
} parts;

struct csn_step_set {
  csn_request_kind kind;
  bool has_token, is_open;
  const csn_scheme *scheme;
  csn_places places;
  csn_key key;
  csn_keyring *ring;
  csn_jwt_policy policy;
  csn_nonce_store nonces;
  csn_verifier *verifier;
  csn_request requests[CSN_STEP_REQUESTS];
  parts parts[CSN_STEP_REQUESTS];
  csn_verdict accepted; /* of a request, for its line */
  int64_t now;
  size_t refused;
};

/* ---- the steps ---- */

static void check_requests(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    csn_verdict verdict;
    csn_headers_found found;
    csn_reason reason = csn_request_read(&set->requests[i], &set->places.names, &found, &verdict);
    set->refused += reason != CSN_REASON_ACCEPTED;
    csn_bench_keep(&found);
  }
}

static void locate_fields(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    csn_credential credential;
    csn_verdict verdict;
    const csn_form *form;
    csn_credential_clear(&credential);
    csn_reason reason =
        csn_locate_fields(&set->places, &set->requests[i], &set->parts[i].found, &credential, &form, &verdict);
    set->refused += reason != CSN_REASON_ACCEPTED;
    csn_bench_keep(&credential);
  }
}

static void read_timestamps(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    int64_t seconds;
    size_t offset;
    bool valid = csn_timestamp_parse(set->parts[i].timestamp, set->scheme->time_unit, &seconds, &offset);
    set->refused += !valid || seconds != set->now;
  }
}

static void decode_hex(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    uint8_t mac[CSN_SHA256_BYTES];
    size_t offset;
    set->refused += !csn_hex_decode(set->parts[i].signature, mac, &offset);
    csn_bench_keep(mac);
  }
}

/* Claims and signature; the header's text is remembered, and not decoded. */
static void decode_token(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    parts *p = &set->parts[i];
    uint8_t mac[CSN_SHA256_BYTES];
    size_t offset;
    set->refused += !csn_base64url_decode(p->segments[1], p->jwt.claims, &offset);
    set->refused += !csn_base64url_decode(p->segments[2], mac, &offset);
    csn_bench_keep(mac);
  }
}

static void check_claims(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    csn_jwt *jwt = &set->parts[i].jwt;
    csn_verdict verdict = {.reason = CSN_REASON_UNDECIDED};
    csn_span text = csn_span_of(jwt->claims, csn_base64url_decoded_len(set->parts[i].segments[1].len));
    set->refused += csn_claims_check(text, &set->policy, set->now, jwt, &verdict) != CSN_REASON_ACCEPTED;
  }
}

static void find_keys(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
    csn_keyring_reading reading;
    csn_keyring_read_begin(set->ring, &reading);
    set->refused += csn_keyring_find_client(&reading, set->parts[i].client_id, found) != 1;
    csn_keyring_read_end(&reading);
  }
}

static void find_token_keys(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    csn_keyring_reading reading;
    csn_keyring_read_begin(set->ring, &reading);
    set->refused += csn_keyring_find_key_id(&reading, csn_span_str(CSN_WORKLOAD_KEY_ID)) == NULL;
    csn_keyring_read_end(&reading);
  }
}

static void make_macs(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    uint8_t mac[CSN_SHA256_BYTES];
    csn_hmac_sha256(&set->key, csn_span_of(set->parts[i].string, set->parts[i].string_len), mac);
    csn_bench_keep(mac);
  }
}

static void claim_nonces(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    csn_nonce_claim claim = {
        .client_id = set->parts[i].client_id, .nonce = set->parts[i].nonce, .expires = set->now + CSN_WINDOW_DEFAULT};
    set->nonces.claim(set->nonces.self, &claim, 1, set->now);
    set->refused += claim.answer != CSN_NONCE_FRESH;
  }
}

static void format_events(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    char line[CSN_AUDIT_LINE_MAX];
    csn_audit_event event = {.time = set->now * 1000000000,
                             .client_ip = CSN_SPAN_LITERAL("192.0.2.7"),
                             .method = set->requests[i].method,
                             .target = set->requests[i].target,
                             .preset = csn_span_str(set->kind.preset),
                             .verdict = &set->accepted};
    memcpy(event.request_id, &i, sizeof i);
    set->refused += csn_audit_format(&event, line, sizeof line) == 0;
    csn_bench_keep(line);
  }
}

static void verify_whole(csn_step_set *set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    csn_verdict verdict;
    csn_verify(set->verifier, &set->requests[i], set->now, &verdict);
    set->refused += !csn_accepted(&verdict);
  }
}

#define SIGNED "hmac-nonce"
#define TOKEN "bearer-jwt"
static const csn_step steps[] = {
    {SIGNED, "request_check", check_requests, false},
    {SIGNED, "headers", locate_fields, false},
    {SIGNED, "timestamp", read_timestamps, false},
    {SIGNED, "hex", decode_hex, false},
    {SIGNED, "key", find_keys, false},
    {SIGNED, "mac", make_macs, false},
    {SIGNED, "nonce", claim_nonces, true},
    {SIGNED, "whole", verify_whole, true},
    {SIGNED, "audit", format_events, false},
    {TOKEN, "request_check", check_requests, false},
    {TOKEN, "headers", locate_fields, false},
    {TOKEN, "base64url", decode_token, false},
    {TOKEN, "key", find_token_keys, false},
    {TOKEN, "mac", make_macs, false},
    {TOKEN, "json", check_claims, false},
    {TOKEN, "whole", verify_whole, false},
    {TOKEN, "audit", format_events, false},
};
enum { STEPS = sizeof steps / sizeof steps[0] };

const csn_step *csn_step_at(size_t index) {
  return index < STEPS ? &steps[index] : NULL;
}

/* ---- fixtures ---- */

static csn_span value_of(const csn_request *request, const char *name) {
  size_t len = strlen(name);
  for (size_t i = 0; i < request->header_count; i++) {
    csn_span found = request->headers[i].name;
    if (found.len == len && strncasecmp((const char *)found.ptr, name, len) == 0) return request->headers[i].value;
  }
  csn_workload_fatal("a request without %s", name);
}

static void take_token_apart(parts *p, const csn_request *request) {
  csn_span rest = value_of(request, "Authorization");
  size_t scheme = strlen("Bearer "), offset;
  rest = csn_span_of(rest.ptr + scheme, rest.len - scheme);
  p->string_len = 0;
  for (size_t i = 0; i < SEGMENTS; i++) {
    const uint8_t *dot = memchr(rest.ptr, '.', rest.len);
    size_t len = dot == NULL ? rest.len : (size_t)(dot - rest.ptr);
    p->segments[i] = csn_span_of(rest.ptr, len);
    if (dot != NULL) rest = csn_span_of(dot + 1, rest.len - len - 1);
  }
  p->string_len = p->segments[0].len + 1 + p->segments[1].len;
  if (p->string_len > STRING_MAX) csn_workload_fatal("a token of %zu bytes", p->string_len);
  memcpy(p->string, p->segments[0].ptr, p->string_len);
  if (!csn_base64url_decode(p->segments[1], p->jwt.claims, &offset)) csn_workload_fatal("a token that is none");
}

/* The spans stay where they are when a request is renewed. */
static void take_apart(csn_step_set *set, size_t i) {
  parts *p = &set->parts[i];
  const csn_request *request = &set->requests[i];
  csn_headers_find(&set->places.names, request, &p->found);
  if (set->has_token) {
    take_token_apart(p, request);
    p->jwt.key = &set->key;
    return;
  }
  p->client_id = value_of(request, "x-ClientId");
  p->timestamp = value_of(request, "x-Timestamp");
  p->nonce = value_of(request, "x-Nonce");
  p->signature = value_of(request, "x-Signature");
  csn_request_string(&set->kind, i, CSN_WORKLOAD_NOW, p->string, STRING_MAX, &p->string_len);
}

static void open_verifier(csn_step_set *set) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  static const uint8_t seed[16] = {3};
  csn_error error = csn_keyring_new(&set->ring, seed);
  if (error == CSN_OK) error = csn_keyring_add_key(set->ring, &set->key);
  config.scheme = set->scheme;
  config.keyring = set->ring;
  config.jwt.issuer = csn_span_str(CSN_WORKLOAD_ISSUER);
  config.jwt.audience = csn_span_str(CSN_WORKLOAD_AUDIENCE);
  config.nonces = set->nonces;
  set->policy = config.jwt;
  if (error == CSN_OK) error = csn_verifier_new(&set->verifier, &config);
  if (error != CSN_OK) csn_workload_fatal("the verifier of %s: %s", set->kind.preset, csn_error_sentence(error));
}

static void open_set(csn_step_set *set, const char *preset, size_t live) {
  set->kind = (csn_request_kind){preset, 0, false};
  set->scheme = csn_scheme_preset(csn_span_str(preset));
  csn_places_prepare(&set->places, set->scheme);
  set->has_token = set->scheme->has_token;
  set->key = csn_workload_key();
  if (!set->has_token) set->nonces = csn_live_nonces(live);
  set->now = CSN_WORKLOAD_NOW;
  open_verifier(set);
  for (size_t i = 0; i < CSN_STEP_REQUESTS; i++) {
    void *block;
    set->requests[i] = csn_request_make(&set->kind, i, &block);
    take_apart(set, i);
  }
  csn_step_renew(set);
  csn_verify(set->verifier, &set->requests[0], set->now, &set->accepted);
  if (!csn_accepted(&set->accepted)) csn_workload_fatal("a valid %s request is refused", preset);
  set->is_open = true;
}

csn_step_set *csn_step_open(const csn_step *step, size_t live) {
  static csn_step_set sets[2];
  csn_step_set *set = &sets[strcmp(step->preset, TOKEN) == 0];
  if (!set->is_open) open_set(set, step->preset, live);
  csn_step_renew(set);
  return set;
}

void csn_step_renew(csn_step_set *set) {
  if (set->has_token) return;
  uint64_t first = csn_live_nonces_draw(CSN_STEP_REQUESTS, &set->now);
  for (size_t i = 0; i < CSN_STEP_REQUESTS; i++) csn_request_renew(&set->requests[i], &set->kind, first + i, set->now);
}

void csn_step_check(const csn_step_set *set) {
  if (set->refused != 0) csn_workload_fatal("%s: a step refused %zu valid requests", set->kind.preset, set->refused);
}
