/* Fuzzes AWS Signature Version 4: csn_sigv4_verify(), csn_sigv4_sign(), csn_sigv4_presign() and the remembered keys.
 *
 * An input is six control bytes (see fuzz.h) and a request as text (see request_draft.h):
 *
 *   mode path payload now expires LF
 *   METHOD LF target LF Name: value LF … LF LF body [0x1e instructions]
 *
 * Mode 0 verifies the request as it stands. Modes 1 and 2 sign it first, in a header or in its query, and then spoil it
 * by the instructions: it is accepted then only where what is signed of it is still the same. */
#include "../core/src/sigv4_read.h"
#include "request_draft.h"

#define NAMES "host;x-amz-content-sha256;x-amz-date"
#define STAMP "20231114T221320Z" /* FUZZ_NOW */
#define SCOPE "AKIDEXAMPLE/20231114/us-east-1/service/aws4_request"
#define UNSIGNED "UNSIGNED-PAYLOAD"

typedef enum sign_mode { AS_IT_STANDS, SIGN_HEADER, SIGN_QUERY, MODES } sign_mode;

typedef struct sigv4_case {
  sign_mode mode;
  csn_sigv4_policy policy;
  int64_t now;
  const char *expires;
  bool unsigned_payload; /* of the request */
  bool is_signed, is_spoiled;
  csn_sigv4_text canonical; /* of what was signed */
} sigv4_case;

/* ---- what all inputs share ---- */

static const csn_key *signing_key(void) {
  static csn_key key;
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.key_id = csn_span_str("AKIDEXAMPLE");
  config.client_id = csn_span_str("reports");
  config.secret = csn_span_str("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  if (key.alg == CSN_ALG_NONE) FUZZ_CHECK(csn_sigv4_key_init(&key, &config) == CSN_OK);
  return &key;
}

static const csn_keyring *ring(void) {
  static csn_keyring *made;
  static const uint8_t seed[16] = "a constant seed";
  if (made != NULL) return made;
  FUZZ_CHECK(csn_keyring_new(&made, seed) == CSN_OK);
  FUZZ_CHECK(csn_keyring_add_key(made, signing_key()) == CSN_OK);
  return made;
}

static csn_sigv4_cache *cache(const csn_sigv4_policy *policy) {
  static csn_sigv4_cache *made;
  if (made == NULL) FUZZ_CHECK(csn_sigv4_cache_new(&made, policy) == CSN_OK);
  return made;
}

/* ---- reading the input ---- */

static void take_case(sigv4_case *out, csn_span *input) {
  static const int64_t clocks[16] = {FUZZ_NOW,
                                     FUZZ_NOW + 900,
                                     FUZZ_NOW + 901,
                                     FUZZ_NOW - 900,
                                     FUZZ_NOW - 901,
                                     FUZZ_NOW + 60,
                                     FUZZ_NOW + 61,
                                     FUZZ_NOW + 604800,
                                     0,
                                     -1,
                                     INT64_MAX,
                                     INT64_MIN,
                                     FUZZ_NOW + 3600,
                                     FUZZ_NOW + 1,
                                     FUZZ_NOW - 1,
                                     INT64_C(1440938160)};
  static const char *const expires[8] = {"60", "1", "604800", "0", "604801", "060", "-1", "3600"};
  const csn_sigv4_policy defaults = CSN_SIGV4_POLICY_DEFAULT;
  out->mode = (sign_mode)(fuzz_take_control(input) % MODES);
  out->policy = defaults;
  out->policy.region = csn_span_str("us-east-1");
  out->policy.service = csn_span_str("service");
  out->policy.path = (csn_sigv4_path)(fuzz_take_control(input) % 3);
  unsigned payload = fuzz_take_control(input);
  out->policy.unsigned_payload = (payload & 1) != 0;
  out->unsigned_payload = (payload & 2) != 0;
  out->now = clocks[fuzz_take_control(input)];
  out->expires = expires[fuzz_take_control(input) & 7];
  (void)fuzz_take_control(input); /* a line feed, so that a seed can be read */
  out->is_signed = out->is_spoiled = false;
}

/* ---- signing ---- */

static void add_text(request_draft *draft, const char *name, const char *value) {
  draft_add_header(draft, csn_span_str(name), csn_span_str(value));
}

static bool has_header(const request_draft *draft, const char *name) {
  for (size_t i = 0; i < draft->header_count; i++) {
    if (csn_span_equal_nocase(draft_name(draft, i), csn_span_str(name))) return true;
  }
  return false;
}

static void add_payload_hash(const sigv4_case *test, request_draft *draft) {
  uint8_t hash[CSN_SHA256_BYTES];
  char hex[2 * CSN_SHA256_BYTES + 1] = {0};
  csn_sha256(draft_span(draft, DRAFT_BODY), hash);
  for (size_t i = 0; i < sizeof hash; i++) snprintf(hex + 2 * i, 3, "%02x", hash[i]);
  add_text(draft, "X-Amz-Content-Sha256", test->unsigned_payload ? UNSIGNED : hex);
}

static void append(request_draft *draft, size_t field, const char *text, size_t len) {
  draft_field *to = &draft->fields[field];
  size_t some = len < sizeof to->bytes - to->len ? len : sizeof to->bytes - to->len;
  memcpy(to->bytes + to->len, text, some);
  to->len += some;
}

static void append_text(request_draft *draft, size_t field, const char *text) {
  append(draft, field, text, strlen(text));
}

/* What is signed of a request, or false where it cannot be read. */
static bool canonical_of(const sigv4_case *test, const csn_request *request, csn_sigv4_text *out) {
  static csn_sigv4_reading r;
  csn_verdict verdict;
  csn_sigv4_reading_start(&r, &test->policy, request, &verdict);
  if (csn_sigv4_read_request(&r) != CSN_REASON_ACCEPTED) return false;
  csn_reason parts = r.presigned ? csn_sigv4_read_parameters(&r) : csn_sigv4_read_authorization(&r);
  if (parts != CSN_REASON_ACCEPTED) return false;
  return csn_sigv4_names_read(r.signed_headers, request, &r.names, &verdict) == CSN_REASON_ACCEPTED &&
         csn_sigv4_read_payload(&r) == CSN_REASON_ACCEPTED &&
         csn_sigv4_canonical(&test->policy, request, &r.query, &r.names, r.payload, out, &verdict) ==
             CSN_REASON_ACCEPTED;
}

static bool sign_header(const sigv4_case *test, request_draft *draft, const built_request *built) {
  char value[CSN_SIGV4_AUTHORIZATION_MAX];
  size_t len;
  csn_error error =
      csn_sigv4_sign(&test->policy, signing_key(), &built->request, csn_span_str(NAMES), value, sizeof value, &len);
  FUZZ_CHECK(error == CSN_OK || error == CSN_ERROR_INVALID_ARGUMENT);
  if (error == CSN_OK) draft_add_header(draft, csn_span_str("Authorization"), csn_span_of(value, len));
  return error == CSN_OK;
}

static bool sign_query(const sigv4_case *test, request_draft *draft, const built_request *built) {
  char signature[CSN_SIGV4_SIGNATURE_CHARS];
  csn_error error = csn_sigv4_presign(&test->policy, signing_key(), &built->request, signature);
  FUZZ_CHECK(error == CSN_OK || error == CSN_ERROR_INVALID_ARGUMENT);
  if (error != CSN_OK) return false;
  append_text(draft, DRAFT_TARGET, "&X-Amz-Signature=");
  append(draft, DRAFT_TARGET, signature, sizeof signature);
  return true;
}

/* Adds what a client adds. Where the signer refuses, the request stays unsigned. */
static void sign_draft(sigv4_case *test, request_draft *draft) {
  built_request built;
  if (!has_header(draft, "host")) add_text(draft, "Host", "a.example");
  add_payload_hash(test, draft);
  if (test->mode == SIGN_HEADER) {
    add_text(draft, "X-Amz-Date", STAMP);
  } else {
    csn_span target = draft_span(draft, DRAFT_TARGET);
    append_text(draft, DRAFT_TARGET, target.len > 0 && memchr(target.ptr, '?', target.len) != NULL ? "&" : "?");
    append_text(draft, DRAFT_TARGET,
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" SCOPE "&X-Amz-Date=" STAMP
                "&X-Amz-SignedHeaders=host%3Bx-amz-content-sha256&X-Amz-Expires=");
    append_text(draft, DRAFT_TARGET, test->expires);
  }
  draft_build(draft, &built);
  test->is_signed = test->mode == SIGN_HEADER ? sign_header(test, draft, &built) : sign_query(test, draft, &built);
  built_free(&built);
  if (!test->is_signed) return;
  draft_build(draft, &built);
  bool fits = built.request.target.len <= CSN_TARGET_MAX && built.request.header_count <= CSN_HEADERS_MAX;
  test->is_signed = fits && canonical_of(test, &built.request, &test->canonical);
  built_free(&built);
}

static void make_request(sigv4_case *test, request_draft *draft, csn_span input) {
  fuzz_instruction instruction;
  csn_span text = fuzz_take_until(&input, FUZZ_SEPARATOR);
  draft_read(draft, text);
  if (test->mode == AS_IT_STANDS) return;
  sign_draft(test, draft);
  for (size_t i = 0; i < FUZZ_MUTATIONS_MAX && fuzz_take_instruction(&input, &instruction); i++) {
    draft_mutate(draft, instruction);
    test->is_spoiled = true;
  }
}

/* ---- what every verdict keeps ---- */

static bool is_in_time(const sigv4_case *test) {
  if (test->now < FUZZ_NOW - CSN_SIGV4_WINDOW || test->now < 0) return false;
  return test->now <= FUZZ_NOW + (test->mode == SIGN_HEADER ? CSN_SIGV4_WINDOW : strtoll(test->expires, NULL, 10));
}

/* Nobody but the signer has the key: what is accepted is what was signed, to the byte of what is signed of it. */
static void check_accepted(const sigv4_case *test, const csn_request *request, const csn_verdict *verdict) {
  static csn_sigv4_text now_signed;
  FUZZ_CHECK(test->is_signed && is_in_time(test));
  FUZZ_CHECK(canonical_of(test, request, &now_signed));
  FUZZ_CHECK(csn_span_equal(csn_span_of(now_signed.bytes, now_signed.len),
                            csn_span_of(test->canonical.bytes, test->canonical.len)));
  FUZZ_CHECK(verdict->field == CSN_FIELD_NONE && verdict->offset == 0);
  FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->key_id), csn_span_str("AKIDEXAMPLE")));
  FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->client_id), csn_span_str("reports")));
  FUZZ_CHECK(test->policy.unsigned_payload || !test->unsigned_payload);
}

static void check_rejected(const csn_request *request, const csn_verdict *verdict) {
  FUZZ_CHECK(verdict->reason > CSN_REASON_ACCEPTED && verdict->reason < CSN_REASON_COUNT);
  FUZZ_CHECK(verdict->field < CSN_FIELD_COUNT && csn_reason_stage(verdict->reason) < CSN_STAGE_CLAIMS);
  if (verdict->field == CSN_FIELD_TARGET) FUZZ_CHECK(verdict->offset <= request->target.len);
  if (verdict->field != CSN_FIELD_HEADER) return;
  FUZZ_CHECK(verdict->header_index < request->header_count);
  const csn_header *header = &request->headers[verdict->header_index];
  FUZZ_CHECK(verdict->offset <= (header->name.len > header->value.len ? header->name.len : header->value.len));
}

static csn_reason verify(const sigv4_case *test, csn_sigv4_cache *keys, const csn_request *request,
                         csn_verdict *verdict) {
  csn_keyring_reading reading;
  csn_keyring_read_begin(ring(), &reading);
  csn_reason reason = csn_sigv4_verify(&reading, &test->policy, keys, request, test->now, verdict);
  csn_keyring_read_end(&reading);
  return reason;
}

static void run(const sigv4_case *test, const request_draft *draft) {
  built_request built;
  csn_verdict first, again;
  draft_build(draft, &built);
  memset(&first, 0x55, sizeof first);
  csn_reason reason = verify(test, NULL, &built.request, &first);
  FUZZ_CHECK(reason == first.reason);
  for (size_t i = 0; i < 2; i++) { /* the second time the key is remembered */
    memset(&again, 0xaa, sizeof again);
    reason = verify(test, cache(&test->policy), &built.request, &again);
    FUZZ_CHECK(reason == first.reason && fuzz_same_verdict(&first, &again));
  }
  if (test->is_signed && !test->is_spoiled) FUZZ_CHECK(csn_accepted(&first) == is_in_time(test));
  if (csn_accepted(&first)) {
    check_accepted(test, &built.request, &first);
  } else {
    check_rejected(&built.request, &first);
  }
  FUZZ_CHECK(built_is_unchanged(&built, draft));
  built_free(&built);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static sigv4_case test;
  static request_draft draft;
  csn_span input = csn_span_of(data, size < FUZZ_INPUT_MAX ? size : FUZZ_INPUT_MAX);
  take_case(&test, &input);
  make_request(&test, &draft, input);
  run(&test, &draft);
  return 0;
}
