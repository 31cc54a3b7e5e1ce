/* Fuzzes HTTP Message Signatures: the reader of structured fields, the signature base, csn_verify() and
 * csn_http_sign().
 *
 * An input is eight control bytes (see fuzz.h), a line of components, and a request as text (see request_draft.h):
 *
 *   mode policy key time nonce parameters now LF component component … LF
 *   METHOD LF target LF Name: value LF … LF LF body [0x1e instructions]
 *
 * Mode 0 verifies the request as it stands. Mode 1 signs it with the library first, with the components of the line and
 * what the control bytes choose, and then spoils it by the instructions. */
#include "nonce_state.h"
#include "request_draft.h"

enum { POLICIES = 3, WINDOW = 60, LEEWAY = 10 };

typedef struct signature_case {
  bool sign;
  size_t policy, key, component_count;
  csn_span components[CSN_COMPONENTS_MAX];
  csn_signature_params params;
  int64_t now;
  bool must_accept;                     /* as it was signed */
  size_t base_len;                      /* 0: nothing was signed */
  uint8_t base[CSN_SIGNATURE_BASE_MAX]; /* what was signed */
} signature_case;

/* ---- the policies and their verifiers ---- */

/* One that lets everything pass that is signed, the default, and one that asks for all that can be asked for. */
static csn_http_signature_policy policy_of(size_t index) {
  static const csn_structured_field field = {CSN_SPAN_LITERAL("x-dict"), CSN_SF_DICTIONARY};
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  policy.context.fields = &field;
  policy.context.field_count = 1;
  if (index == 1) return policy;
  policy.component_count = 0;
  policy.allow_unsigned_body = true;
  policy.required = index == 0 ? 0 : CSN_SIGNATURE_EXPIRES | CSN_SIGNATURE_NONCE | CSN_SIGNATURE_ALG;
  if (index == 0) return policy;
  policy.label = csn_span_str("s");
  policy.tag = csn_span_str("t");
  policy.leeway = LEEWAY;
  policy.context.authority = csn_span_str("Example.com:443");
  policy.algorithms = 1u << CSN_ALG_HS256;
  return policy;
}

static const csn_verifier *verifier_of(const signature_case *test) {
  static csn_verifier *made[POLICIES];
  csn_verifier **verifier = &made[test->policy];
  if (*verifier != NULL) return *verifier;
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str("http-signature"));
  config.keyring = fuzz_ring(FUZZ_REQUEST_RING);
  config.nonces = csn_nonce_table_store(nonces()->table);
  config.window = WINDOW;
  config.http_signature = policy_of(test->policy);
  FUZZ_CHECK(csn_verifier_new(verifier, &config) == CSN_OK);
  return *verifier;
}

/* ---- reading the input ---- */

static void take_params(signature_case *out, unsigned time, unsigned nonce, unsigned parameters) {
  static const int64_t times[16] = {0,   1, -1, WINDOW,   -WINDOW,   WINDOW + 1,    -WINDOW - 1,      30,
                                    -30, 2, -2, FUZZ_NOW, -FUZZ_NOW, -FUZZ_NOW - 1, INT64_C(1) << 50, -5};
  static const char *const given[8] = {"n-1", "a", NULL, "two words", "", "a|b", "A-Za-z0-9-._~+/=", "n\""};
  csn_signature_params *params = &out->params;
  memset(params, 0, sizeof *params);
  params->has_created = parameters != 15;
  params->created = FUZZ_NOW + times[time];
  if (given[nonce & 7] != NULL) params->nonce = csn_span_str(given[nonce & 7]);
  params->has_expires = (parameters & 1) != 0;
  params->expires = params->created + (nonce >= 8 ? WINDOW : 5);
  if ((parameters & 2) != 0) params->alg = csn_span_str("hmac-sha256");
  if ((parameters & 4) != 0) params->tag = csn_span_str((parameters & 8) != 0 ? "u" : "t");
}

static void take_case(signature_case *out, csn_span *input) {
  static const int64_t clocks[16] = {
      FUZZ_NOW,      FUZZ_NOW + 1, FUZZ_NOW + 10, FUZZ_NOW + 11, FUZZ_NOW - 1,  FUZZ_NOW + 59, FUZZ_NOW + 60,
      FUZZ_NOW + 61, FUZZ_NOW + 5, FUZZ_NOW + 15, FUZZ_NOW + 16, FUZZ_NOW - 60, FUZZ_NOW - 61, 0,
      INT64_MAX,     INT64_MIN};
  out->sign = (fuzz_take_control(input) & 1) != 0;
  out->policy = fuzz_take_control(input) % POLICIES;
  out->key = fuzz_take_control(input) % FUZZ_KEY_COUNT;
  unsigned time = fuzz_take_control(input), nonce = fuzz_take_control(input), parameters = fuzz_take_control(input);
  out->now = clocks[fuzz_take_control(input)];
  (void)fuzz_take_control(input); /* a line feed, so that a seed can be read */
  take_params(out, time, nonce, parameters);
  out->params.keyid = csn_span_str(FUZZ_KEYS[out->key].key_id);
  csn_span line = fuzz_take_until(input, '\n');
  out->component_count = 0;
  while (line.len > 0 && out->component_count < CSN_COMPONENTS_MAX) {
    out->components[out->component_count++] = fuzz_take_until(&line, ' ');
  }
}

/* ---- signing ---- */

static bool has_header(const request_draft *draft, const char *name) {
  for (size_t i = 0; i < draft->header_count; i++) {
    if (csn_span_equal_nocase(draft_name(draft, i), csn_span_str(name))) return true;
  }
  return false;
}

static bool is_within(csn_span text, uint8_t lowest, size_t most) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < lowest || text.ptr[i] > '~') return false;
  }
  return text.len <= most;
}

static bool is_plain_name(csn_span name) {
  for (size_t i = 0; i < name.len; i++) {
    uint8_t lower = name.ptr[i] | 0x20;
    if ((lower < 'a' || lower > 'z') && name.ptr[i] != '-') return false;
  }
  return name.len > 0 && name.len <= 64;
}

/* Whether nothing but what was chosen decides: the request's form is right beyond doubt, and it has no fields of a
 * signature yet. */
static bool is_plain_request(const request_draft *draft) {
  csn_span target = draft_span(draft, DRAFT_TARGET), method = draft_span(draft, DRAFT_METHOD);
  if (!csn_span_equal(method, csn_span_str("GET")) && !csn_span_equal(method, csn_span_str("POST"))) return false;
  for (size_t i = 0; i < draft->header_count; i++) {
    if (!is_plain_name(draft_name(draft, i)) || !is_within(draft_value(draft, i), ' ', CSN_HEADER_VALUE_MAX))
      return false;
  }
  return target.len > 0 && is_within(target, '!', CSN_TARGET_MAX) && draft->header_count <= CSN_HEADERS_MAX - 4 &&
         !has_header(draft, "content-digest") && !has_header(draft, "signature") &&
         !has_header(draft, "signature-input");
}

/* By the policy that lets everything pass: the names of a nonce, the times and the key's end decide. */
static bool is_right(const signature_case *test) {
  const csn_signature_params *params = &test->params;
  size_t key = test->key;
  bool good_nonce = params->nonce.ptr == NULL || csn_span_equal(params->nonce, csn_span_str("n-1")) ||
                    csn_span_equal(params->nonce, csn_span_str("a"));
  if (test->policy != 0 || !good_nonce || !params->has_created) return false;
  if (!fuzz_key_usable(FUZZ_RINGS[FUZZ_REQUEST_RING], key, CSN_USE_REQUEST, test->now)) return false;
  if (test->now < params->created - WINDOW || test->now > params->created + WINDOW) return false;
  return !params->has_expires || test->now <= params->expires;
}

/* csn_verify() reads times before 1970 and behind the year 9999 as those. */
static int64_t clamped(int64_t now) {
  const int64_t latest = INT64_C(253402300799);
  return now < 0 ? 0 : now > latest ? latest : now;
}

/* The base of the only signature, or of that with the policy's label; false where there is none. */
static bool base_of(const signature_case *test, const csn_request *request, uint8_t *out, size_t *len) {
  csn_http_signature_policy policy = policy_of(test->policy);
  csn_byte_buffer buffer = {.bytes = out, .size = CSN_SIGNATURE_BASE_MAX};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  csn_http_signature found;
  csn_verdict verdict;
  size_t offset;
  csn_http_signature_verify(fuzz_keys(FUZZ_REQUEST_RING), &policy, WINDOW, request, clamped(test->now), &found,
                            &verdict);
  if (!csn_accepted(&verdict)) return false;
  bool good = csn_signature_base(request, &policy.context, found.input, &sink, &offset) == CSN_REASON_ACCEPTED &&
              !buffer.overflow;
  *len = buffer.len;
  return good;
}

static void sign_draft(signature_case *test, request_draft *draft) {
  static csn_signed output;
  csn_http_signature_policy policy = policy_of(test->policy);
  bool plain = is_plain_request(draft);
  built_request built;
  draft_build(draft, &built);
  csn_http_sign_input input = {.key = fuzz_signing_key(test->key),
                               .request = &built.request,
                               .context = &policy.context,
                               .label = csn_span_str("s"),
                               .components = test->components,
                               .component_count = test->component_count,
                               .params = test->params};
  csn_error error = csn_http_sign(&output, &input);
  FUZZ_CHECK(built_is_unchanged(&built, draft));
  built_free(&built);
  for (size_t i = 0; error == CSN_OK && i < output.header_count; i++) {
    draft_add_header(draft, output.headers[i].name, output.headers[i].value);
  }
  test->must_accept = error == CSN_OK && plain && is_right(test);
  draft_build(draft, &built);
  if (error == CSN_OK && !base_of(test, &built.request, test->base, &test->base_len)) test->base_len = 0;
  built_free(&built);
}

static void make_request(signature_case *test, request_draft *draft, csn_span input) {
  fuzz_instruction instruction;
  test->must_accept = false;
  test->base_len = 0;
  csn_span text = fuzz_take_until(&input, FUZZ_SEPARATOR);
  draft_read(draft, text);
  if (test->sign) sign_draft(test, draft);
  for (size_t i = 0; i < FUZZ_MUTATIONS_MAX && fuzz_take_instruction(&input, &instruction); i++) {
    draft_mutate(draft, instruction);
    test->must_accept = false;
  }
}

/* ---- what every verdict keeps ---- */

/* What a check of this target must notice; for a build that is broken on purpose. */
static void spoil(csn_verdict *verdict) {
#ifdef CSN_FUZZ_CONTROL
  if (verdict->reason == CSN_REASON_SIGNATURE_MISMATCH) verdict->reason = CSN_REASON_ACCEPTED;
#else
  (void)verdict;
#endif
}

static void verify(const signature_case *test, const csn_request *request, int64_t now, csn_verdict *verdict) {
  table_state *state = nonces();
  memcpy(state->before, state->region, state->size);
  memset(verdict, 0x55, sizeof *verdict);
  csn_verify(verifier_of(test), request, now, verdict);
  spoil(verdict);
  FUZZ_CHECK(verdict->reason > CSN_REASON_UNDECIDED && verdict->reason < CSN_REASON_COUNT);
  if (csn_accepted(verdict) || csn_reason_stage(verdict->reason) == CSN_STAGE_NONCE) return;
  FUZZ_CHECK(memcmp(state->before, state->region, state->size) == 0);
  if (verdict->field != CSN_FIELD_HEADER || verdict->reason == CSN_REASON_HEADER_LIMIT) return;
  FUZZ_CHECK(verdict->header_index < request->header_count || request->header_count == 0);
}

/* A request is accepted only where its signature is is that of the base, and the base is what
 * was signed before it was spoiled. */
static void check_accepted(const signature_case *test, const csn_request *request, const csn_verdict *verdict) {
  static uint8_t base[CSN_SIGNATURE_BASE_MAX];
  csn_http_signature_policy policy = policy_of(test->policy);
  csn_http_signature found;
  csn_verdict alone;
  size_t len = 0;
  FUZZ_CHECK(base_of(test, request, base, &len));
  csn_http_signature_verify(fuzz_keys(FUZZ_REQUEST_RING), &policy, WINDOW, request, clamped(test->now), &found, &alone);
  FUZZ_CHECK(fuzz_same_verdict(&alone, verdict));
  FUZZ_CHECK(verdict->field == CSN_FIELD_NONE && verdict->offset == 0 && verdict->client_id.len > 0);
  if (!test->sign || test->base_len == 0) return;
  FUZZ_CHECK(len == test->base_len && memcmp(base, test->base, len) == 0);
  verify(test, request, found.accept_until + 1, &alone);
  FUZZ_CHECK(csn_reason_stage(alone.reason) == CSN_STAGE_TIME || alone.reason == CSN_REASON_KEY_EXPIRED);
  verify(test, request, test->now, &alone);
  FUZZ_CHECK(alone.reason == (found.params.nonce.ptr == NULL ? CSN_REASON_ACCEPTED : CSN_REASON_NONCE_REPLAYED));
}

static void check_batch(const signature_case *test, const csn_request *request, const csn_verdict *first) {
  const csn_request requests[2] = {*request, *request};
  csn_verdict single, batch[2];
  verify(test, request, test->now, &single);
  forget_nonces();
  memset(batch, 0xaa, sizeof batch);
  csn_verify_batch(verifier_of(test), requests, batch, 2, test->now);
  for (size_t i = 0; i < 2; i++) spoil(&batch[i]);
  FUZZ_CHECK(fuzz_same_verdict(first, &batch[0]) && fuzz_same_verdict(&single, &batch[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static signature_case test;
  static request_draft draft;
  csn_span input = csn_span_of(data, size < FUZZ_INPUT_MAX ? size : FUZZ_INPUT_MAX);
  built_request built;
  csn_verdict first;
  take_case(&test, &input);
  make_request(&test, &draft, input);
  draft_build(&draft, &built);
  forget_nonces();
  verify(&test, &built.request, test.now, &first);
  if (test.must_accept) FUZZ_CHECK(csn_accepted(&first));
  check_batch(&test, &built.request, &first);
  if (csn_accepted(&first)) check_accepted(&test, &built.request, &first);
  FUZZ_CHECK(built_is_unchanged(&built, &draft));
  built_free(&built);
  return 0;
}
