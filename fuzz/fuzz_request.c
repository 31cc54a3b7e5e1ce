/* Fuzzes csn_verify(), csn_verify_batch() and the signing side of every preset.
 *
 * An input is ten control bytes (see fuzz.h) and a request as text (see request_draft.h):
 *
 *   preset mode form key time policy nonce now token LF
 *   METHOD LF target LF Name: value LF … LF LF body [0x1e instructions]
 *
 * Mode 0 verifies the request as it stands. Mode 1 signs it with the library first, with the key, time, nonce and token
 * that the control bytes choose, and then spoils it by the instructions. Modes 14 and 15
 * are the same with a batch larger than what the library handles in one go, where the token choice is 0. */
#include "nonce_state.h"
#include "request_draft.h"
#include "request_judge.h"

enum {
  BATCH_LARGE = 66,  /* more than the library hands to a nonce store at once */
  BATCH_BYTES = 512, /* of a request that is verified so often: speed */
  TOKEN_EXPIRES = 60,
};

typedef enum expectation { EXPECT_ANYTHING, EXPECT_ACCEPTED, EXPECT_REJECTED } expectation;

typedef struct request_case {
  preset scheme;
  bool sign, large_batch, allow_unsigned_body;
  size_t form, key, window_index;
  int64_t now, timestamp;
  unsigned nonce_choice, token_choice;
  uint8_t token[CSN_TOKEN_MAX];
  size_t token_len;
  uint8_t nonce[CSN_NONCE_MAX + 1];
  size_t nonce_len;
  expectation expected;
} request_case;

static const int64_t windows[3] = {CSN_WINDOW_DEFAULT, 1, CSN_WINDOW_MAX};

static const int64_t clocks[16] = {FUZZ_NOW,
                                   FUZZ_NOW + 1,
                                   FUZZ_NOW + 10,
                                   FUZZ_NOW + 11,
                                   FUZZ_NOW - 1,
                                   FUZZ_NOW + 59,
                                   FUZZ_NOW + 60,
                                   FUZZ_NOW + 8191,
                                   0,
                                   1,
                                   -1,
                                   INT64_C(253402300799),
                                   INT64_MAX - 1,
                                   INT64_MAX,
                                   INT64_MIN,
                                   FUZZ_NOW + 300};

/* ---- the verifiers ---- */

static const csn_verifier *verifier_of(const request_case *test) {
  static csn_verifier *made[PRESET_COUNT][2][3];
  csn_verifier **verifier = &made[test->scheme][test->allow_unsigned_body][test->window_index];
  if (*verifier != NULL) return *verifier;
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str(preset_names[test->scheme]));
  config.keyring = fuzz_ring(FUZZ_REQUEST_RING);
  config.nonces = csn_nonce_table_store(nonces()->table);
  config.window = windows[test->window_index];
  config.allow_unsigned_body = test->allow_unsigned_body;
  FUZZ_CHECK(csn_verifier_new(verifier, &config) == CSN_OK);
  return *verifier;
}

/* ---- reading the input ---- */

static void take_case(request_case *out, csn_span *input) {
  out->scheme = (preset)(fuzz_take_control(input) % PRESET_COUNT);
  unsigned mode = fuzz_take_control(input);
  out->sign = (mode & 1) != 0;
  out->form = fuzz_take_control(input) & 1;
  out->key = fuzz_take_control(input) % FUZZ_KEY_COUNT;
  unsigned time = fuzz_take_control(input), policy = fuzz_take_control(input);
  out->allow_unsigned_body = (policy & 1) != 0;
  out->window_index = (policy >> 1) % 3;
  out->nonce_choice = fuzz_take_control(input);
  out->now = clocks[fuzz_take_control(input)];
  out->token_choice = fuzz_take_control(input) & 7;
  out->large_batch = mode >= 14 && out->token_choice == 0; /* seldom: speed */
  (void)fuzz_take_control(input);                          /* a line feed, so that a seed can be read */
  int64_t window = windows[out->window_index];
  int64_t choices[16] = {0,
                         1,
                         -1,
                         window,
                         -window,
                         window + 1,
                         -window - 1,
                         window - 1,
                         1 - window,
                         FUZZ_NOW,
                         -FUZZ_NOW,
                         INT64_C(9999999999999999) - FUZZ_NOW,
                         INT64_C(10000000000000000) - FUZZ_NOW,
                         5,
                         -5,
                         11};
  out->timestamp = FUZZ_NOW + choices[time];
}

static void choose_nonce(request_case *test, csn_span target) {
  static const char *const given[8] = {"n-0001", "a", NULL, NULL, "two words", "", "a|b", "A-Za-z0-9-._~+/="};
  if (test->nonce_choice >= 8) {
    test->nonce_len = target.len < sizeof test->nonce ? target.len : sizeof test->nonce;
    if (test->nonce_len > 0) memcpy(test->nonce, target.ptr, test->nonce_len);
  } else if (given[test->nonce_choice] == NULL) {
    test->nonce_len = CSN_NONCE_MAX + (test->nonce_choice == 3 ? 1 : 0);
    memset(test->nonce, 'Z', test->nonce_len);
  } else {
    test->nonce_len = strlen(given[test->nonce_choice]);
    memcpy(test->nonce, given[test->nonce_choice], test->nonce_len);
  }
}

/* The key that signs the token, which may be another than the request's. */
static size_t token_key(const request_case *test) {
  bool other = test->token_choice == 6 || (FUZZ_KEYS[test->key].uses & CSN_USE_TOKEN) == 0;
  return other ? 1 : test->key;
}

static int64_t token_expiry(const request_case *test) {
  return FUZZ_NOW + (test->token_choice == 3 ? 0 : TOKEN_EXPIRES);
}

/* A token for the schemes that carry one: right, or wrong in one way. */
static void make_token(request_case *test) {
  const char *client = FUZZ_KEYS[test->key].client_id;
  char claims[512], subject[400];
  snprintf(subject, sizeof subject, ",\"sub\":\"%s\"", test->token_choice == 1 ? "client-7" : client);
  if (test->token_choice == 2) subject[0] = 0;
  if (test->token_choice == 4) snprintf(subject, sizeof subject, ",\"sub\":\"c\\u006cient-7\"");
  if (test->token_choice == 5) snprintf(subject, sizeof subject, ",\"sub\":\"%0300d\"", 7);
  if (test->token_choice == 7) snprintf(subject, sizeof subject, ",\"sub\":7");
  int len = snprintf(claims, sizeof claims, "{\"exp\":%lld%s}", (long long)token_expiry(test), subject);
  FUZZ_CHECK(csn_sign_jwt(fuzz_signing_key(token_key(test)), csn_span_of(claims, (size_t)len), test->token,
                          sizeof test->token, &test->token_len) == CSN_OK);
}

/* ---- what is known beforehand ---- */

static bool is_plain(csn_span text, size_t max, uint8_t lowest) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < lowest || text.ptr[i] > 0x7e) return false;
  }
  return text.len > 0 && text.len <= max;
}

/* Whether method, target and the headers that came with the text can surely not be what a request fails at. */
static bool is_plain_request(const request_draft *draft) {
  if (!judge_text(draft_span(draft, DRAFT_METHOD), 16, "-")) return false;
  if (!is_plain(draft_span(draft, DRAFT_TARGET), CSN_TARGET_MAX, 0x21)) return false;
  if (draft->header_count > CSN_HEADERS_MAX - 8) return false;
  for (size_t i = 0; i < draft->header_count; i++) {
    csn_span name = draft_name(draft, i), value = draft_value(draft, i);
    if (!judge_text(name, 64, "-") || (name.ptr[0] | 0x20) == 'x' || (name.ptr[0] | 0x20) == 'a') return false;
    if (value.len > 0 && !is_plain(value, CSN_HEADER_VALUE_MAX, 0x20)) return false;
  }
  return true;
}

/* The client that the token names, by its subject or by its key; NULL where it is not accepted. */
static const char *token_client(const request_case *test) {
  const char *client = FUZZ_KEYS[test->key].client_id, *owner = FUZZ_KEYS[token_key(test)].client_id;
  const char *subject = test->token_choice == 1 || test->token_choice == 4 ? "client-7" : client;
  if (!fuzz_key_usable(FUZZ_RINGS[FUZZ_REQUEST_RING], token_key(test), CSN_USE_TOKEN, test->now)) return NULL;
  if (test->now >= token_expiry(test) || test->token_choice == 5 || test->token_choice == 7) return NULL;
  if (test->token_choice == 2) return owner;
  return owner[0] == 0 || strcmp(owner, subject) == 0 ? subject : NULL;
}

static bool token_is_right(const request_case *test) {
  const char *client = token_client(test);
  if (client == NULL || test->scheme == PRESET_BEARER_JWT) return client != NULL;
  return strcmp(client, FUZZ_KEYS[test->key].client_id) == 0;
}

/* What the signed request must get before it is spoiled. The clocks of the far past and future are left aside. */
static expectation expect(const request_case *test, const request_draft *draft) {
  bool has_body = draft->fields[DRAFT_BODY].len > 0, has_token = test->scheme == PRESET_JWT_HMAC;
  int64_t window = windows[test->window_index];
  if (!is_plain_request(draft) || test->now < FUZZ_NOW - 100 || test->now > FUZZ_NOW + 500) return EXPECT_ANYTHING;
  if (test->scheme == PRESET_BEARER_JWT) return token_is_right(test) ? EXPECT_ACCEPTED : EXPECT_REJECTED;
  if (has_token && !token_is_right(test)) return EXPECT_REJECTED;
  if (!fuzz_key_usable(FUZZ_RINGS[FUZZ_REQUEST_RING], test->key, CSN_USE_REQUEST, test->now)) return EXPECT_REJECTED;
  int64_t age = test->now - test->timestamp;
  if (age > window || age < -window) return EXPECT_REJECTED;
  if (has_body && !has_token && !test->allow_unsigned_body) return EXPECT_REJECTED;
  return EXPECT_ACCEPTED;
}

/* ---- signing ---- */

/* What the signer refuses must be wrong; where it refuses, the request stays unsigned. */
static bool sign_draft(request_case *test, request_draft *draft) {
  static csn_signed output;
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str(preset_names[test->scheme]));
  built_request built;
  draft_build(draft, &built);
  choose_nonce(test, built.request.target);
  make_token(test);
  csn_sign_input input = {.scheme = scheme,
                          .form = test->scheme == PRESET_JWT_HMAC ? test->form : 0,
                          .key = fuzz_signing_key(test->key),
                          .request = &built.request,
                          .timestamp = test->timestamp,
                          .nonce = csn_span_of(test->nonce, test->nonce_len),
                          .token = csn_span_of(test->token, test->token_len)};
  csn_error error = csn_sign_request(&output, &input);
  bool bad_nonce = !judge_text(input.nonce, CSN_NONCE_MAX, "-._~+/=");
  bool bad_key = (FUZZ_KEYS[test->key].uses & CSN_USE_REQUEST) == 0;
  bool bad_time = test->timestamp < 0 || test->timestamp > INT64_C(9999999999999999);
  bool bad = test->scheme != PRESET_BEARER_JWT && (bad_nonce || bad_key || bad_time);
  FUZZ_CHECK(error == (bad ? CSN_ERROR_INVALID_ARGUMENT : CSN_OK));
  FUZZ_CHECK(built_is_unchanged(&built, draft));
  built_free(&built);
  for (size_t i = 0; error == CSN_OK && i < output.header_count; i++) {
    draft_add_header(draft, output.headers[i].name, output.headers[i].value);
  }
  return error == CSN_OK;
}

static void make_request(request_case *test, request_draft *draft, csn_span input) {
  csn_span text = input, instructions = csn_span_of(NULL, 0);
  fuzz_instruction instruction;
  test->expected = EXPECT_ANYTHING;
  if (!test->sign) {
    draft_read(draft, input);
    return;
  }
  instructions = input;
  text = fuzz_take_until(&instructions, FUZZ_SEPARATOR);
  draft_read(draft, text);
  expectation expected = expect(test, draft);
  if (sign_draft(test, draft)) test->expected = expected;
  for (size_t i = 0; i < FUZZ_MUTATIONS_MAX && fuzz_take_instruction(&instructions, &instruction); i++) {
    draft_mutate(draft, instruction);
    test->expected = EXPECT_ANYTHING;
  }
}

/* ---- what every verdict keeps ---- */

/* What a check of these targets must notice; for a build that is broken on purpose. */
static void spoil(const csn_request *request, csn_verdict *verdict) {
#ifdef CSN_FUZZ_CONTROL
  if (verdict->reason == CSN_REASON_SIGNATURE_MISMATCH && request->target.len % 7 == 3) {
    verdict->reason = CSN_REASON_ACCEPTED;
  }
#else
  (void)request, (void)verdict;
#endif
}

/* Verifies, and sees that a request that is not authenticated has written nothing. */
static void verify(const csn_verifier *verifier, const csn_request *request, int64_t now, csn_verdict *verdict) {
  table_state *state = nonces();
  memcpy(state->before, state->region, state->size);
  memset(verdict, 0x55, sizeof *verdict);
  csn_verify(verifier, request, now, verdict);
  spoil(request, verdict);
  FUZZ_CHECK(verdict->reason > CSN_REASON_UNDECIDED && verdict->reason < CSN_REASON_COUNT);
  if (csn_accepted(verdict) || csn_reason_stage(verdict->reason) == CSN_STAGE_NONCE) return;
  FUZZ_CHECK(memcmp(state->before, state->region, state->size) == 0);
}

static size_t longest_value(const csn_request *request) {
  size_t longest = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    if (request->headers[i].value.len > longest) longest = request->headers[i].value.len;
  }
  return longest;
}

static void check_rejected(const csn_verdict *verdict, const csn_request *request) {
  size_t limit = longest_value(request);
  FUZZ_CHECK(verdict->field < CSN_FIELD_COUNT);
  if (verdict->field == CSN_FIELD_NONE) limit = 0;
  if (verdict->field == CSN_FIELD_METHOD) limit = request->method.len;
  if (verdict->field == CSN_FIELD_TARGET) limit = request->target.len;
  if (verdict->field == CSN_FIELD_BODY) limit = request->body.len;
  if (verdict->field == CSN_FIELD_HEADER) {
    FUZZ_CHECK(verdict->header_index < request->header_count);
    const csn_header *header = &request->headers[verdict->header_index];
    limit = header->name.len > header->value.len ? header->name.len : header->value.len;
  }
  FUZZ_CHECK(verdict->offset <= limit);
  FUZZ_CHECK(strcmp(csn_verdict_public_word(verdict), "accepted") != 0);
}

static void check_accepted(const request_case *test, const csn_verdict *verdict, const csn_request *request,
                           judged *fields) {
  int64_t window = windows[test->window_index];
  int64_t now = test->now < 0 ? 0 : test->now > INT64_C(253402300799) ? INT64_C(253402300799) : test->now;
  FUZZ_CHECK(judge_request(fields, test->scheme, request, FUZZ_RINGS[FUZZ_REQUEST_RING], now, window));
  FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->key_id), csn_span_str(FUZZ_KEYS[fields->key].key_id)));
  FUZZ_CHECK(verdict->field == CSN_FIELD_NONE && verdict->offset == 0);
  FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->client_id), fields->client_id));
  if (test->scheme == PRESET_HMAC_NONCE || test->scheme == PRESET_HMAC_NONCE_DELIMITED) {
    FUZZ_CHECK(request->body.len == 0 || test->allow_unsigned_body);
  }
}

/* Presented again the same bytes are a replay, now and until the last second at which the time check lets them pass. */
static void check_replay(const request_case *test, const csn_request *request, const judged *fields) {
  const csn_verifier *verifier = verifier_of(test);
  bool has_token = test->scheme == PRESET_JWT_HMAC;
  char digits[CSN_TIMESTAMP_DIGITS_MAX + 1] = {0};
  csn_verdict again;
  verify(verifier, request, test->now, &again);
  if (test->scheme == PRESET_BEARER_JWT) {
    FUZZ_CHECK(csn_accepted(&again));
    return;
  }
  FUZZ_CHECK(again.reason == CSN_REASON_NONCE_REPLAYED);
  memcpy(digits, fields->timestamp.ptr, fields->timestamp.len);
  int64_t last = strtoll(digits, NULL, 10) + windows[test->window_index];
  verify(verifier, request, last, &again);
  FUZZ_CHECK(!csn_accepted(&again));
  if (!has_token && FUZZ_KEYS[fields->key].accept_until == 0) FUZZ_CHECK(again.reason == CSN_REASON_NONCE_REPLAYED);
  verify(verifier, request, last + 1, &again);
  FUZZ_CHECK(csn_reason_stage(again.reason) == CSN_STAGE_TIME || last >= INT64_C(253402300799));
}

/* With fresh nonces a batch gives the verdicts that single calls give one after the other, whatever stands beside the
 * request; the first of them was made when `first` was. */
static void check_batch(const request_case *test, const csn_request *request, const csn_verdict *first) {
  static csn_request requests[BATCH_LARGE];
  static csn_verdict single[BATCH_LARGE], batch[BATCH_LARGE];
  bool small = request->body.len + request->target.len + longest_value(request) <= BATCH_BYTES;
  size_t count = test->large_batch && small ? BATCH_LARGE : csn_accepted(first) ? 3 : 2;
  for (size_t i = 0; i < count; i++) {
    requests[i] = *request;
    if (i % 3 == 1 && request->header_count > 0) requests[i].header_count--;
  }
  single[0] = *first;
  for (size_t i = 1; i < count; i++) verify(verifier_of(test), &requests[i], test->now, &single[i]);
  forget_nonces();
  memset(batch, 0xaa, sizeof batch[0] * count);
  csn_verify_batch(verifier_of(test), requests, batch, count, test->now);
  for (size_t i = 0; i < count; i++) {
    spoil(&requests[i], &batch[i]);
    FUZZ_CHECK(fuzz_same_verdict(&single[i], &batch[i]));
  }
}

static void run(const request_case *test, const request_draft *draft) {
  built_request built;
  csn_verdict first;
  static judged fields;
  draft_build(draft, &built);
  forget_nonces();
  verify(verifier_of(test), &built.request, test->now, &first);
  if (test->expected == EXPECT_ACCEPTED) FUZZ_CHECK(csn_accepted(&first));
  if (test->expected == EXPECT_REJECTED) FUZZ_CHECK(!csn_accepted(&first));
  check_batch(test, &built.request, &first);
  if (csn_accepted(&first)) {
    check_accepted(test, &first, &built.request, &fields);
    check_replay(test, &built.request, &fields);
  } else {
    check_rejected(&first, &built.request);
  }
  FUZZ_CHECK(built_is_unchanged(&built, draft));
  built_free(&built);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static request_case test;
  static request_draft draft;
  csn_span input = csn_span_of(data, size < FUZZ_INPUT_MAX ? size : FUZZ_INPUT_MAX);
  take_case(&test, &input);
  make_request(&test, &draft, input);
  run(&test, &draft);
  return 0;
}
