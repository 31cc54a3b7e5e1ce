/* The path of a request: the order of its checks, replay, time, rotation, and that single and batch agree. */
#include <countersign/verifier.h>

#include "../src/hmac.h"
#include "support.h"

#define NOW INT64_C(1790000000)

typedef struct fixture {
  csn_keyring *ring;
  csn_nonce_table *nonces;
  csn_verifier *verifier;
  csn_verifier_config config;
  csn_key key; /* signs requests of client "c" */
  csn_key token_key;
} fixture;

/* One signed request, with room for one header more. */
typedef struct signed_request {
  csn_signed made;
  csn_header headers[CSN_SIGNED_HEADERS_MAX + 1];
  csn_request request;
} signed_request;

static void set_up(fixture *f, const char *preset, uint64_t capacity) {
  csn_key_config request_key = test_key_config("c", "request-key", CSN_USE_REQUEST);
  csn_key_config token_key = test_key_config("", "token-key", CSN_USE_TOKEN);
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  f->ring = test_keyring_new();
  assert_int_equal(csn_key_init(&f->key, &request_key), CSN_OK);
  assert_int_equal(csn_key_init(&f->token_key, &token_key), CSN_OK);
  assert_int_equal(csn_keyring_add_key(f->ring, &f->key), CSN_OK);
  assert_int_equal(csn_keyring_add_key(f->ring, &f->token_key), CSN_OK);
  f->nonces = test_nonces_new(capacity, NOW - 10000);
  config.scheme = csn_scheme_preset(csn_span_str(preset));
  config.keyring = f->ring;
  config.nonces = csn_nonce_table_store(f->nonces);
  f->config = config;
  assert_int_equal(csn_verifier_new(&f->verifier, &config), CSN_OK);
}

static void tear_down(fixture *f) {
  csn_verifier_free(f->verifier);
  csn_nonce_table_free(f->nonces);
  csn_keyring_free(f->ring);
}

static void sign(const fixture *f, signed_request *out, size_t form, int64_t timestamp, const char *nonce,
                 const char *body, const char *claims) {
  uint8_t token[1024];
  size_t token_len = 0;
  memset(out, 0, sizeof *out);
  out->request.method = csn_span_str("POST");
  out->request.target = csn_span_str("/orders?x=1");
  out->request.body = csn_span_str(body);
  csn_sign_input input = {.scheme = f->config.scheme,
                          .form = form,
                          .key = &f->key,
                          .request = &out->request,
                          .timestamp = timestamp,
                          .nonce = csn_span_str(nonce)};
  if (claims != NULL) {
    assert_int_equal(csn_sign_jwt(&f->token_key, csn_span_str(claims), token, sizeof token, &token_len), CSN_OK);
    input.token = csn_span_of(token, token_len);
  }
  assert_int_equal(csn_sign_request(&out->made, &input), CSN_OK);
  memcpy(out->headers, out->made.headers, out->made.header_count * sizeof out->headers[0]);
  out->request.headers = out->headers;
  out->request.header_count = out->made.header_count;
}

static csn_verdict verify(const fixture *f, const csn_request *request, int64_t now) {
  csn_verdict verdict;
  memset(&verdict, 0xff, sizeof verdict);
  csn_verify(f->verifier, request, now, &verdict);
  return verdict;
}

static csn_reason verify_signed(const fixture *f, int64_t timestamp, const char *nonce, int64_t now) {
  signed_request signed_now;
  sign(f, &signed_now, 0, timestamp, nonce, "", NULL);
  return verify(f, &signed_now.request, now).reason;
}

/* ---- accepted, and what the verdict then says ---- */

static void signed_requests_are_accepted_once(void **state) {
  const char *const presets[] = {"hmac-nonce", "hmac-nonce-delimited", "jwt-hmac", "jwt-hmac"};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    fixture f;
    signed_request r;
    bool token = i >= 2;
    set_up(&f, presets[i], 100);
    sign(&f, &r, i == 3 ? 1 : 0, NOW, "nonce-1", token ? "{\"a\":1}" : "",
         token ? "{\"sub\":\"c\",\"exp\":1790000060}" : NULL);
    csn_verdict first = verify(&f, &r.request, NOW), second = verify(&f, &r.request, NOW);
    assert_reason(&first, ACCEPTED);
    assert_span(csn_name_span(&first.client_id), "c");
    assert_span(csn_name_span(&first.key_id), "request-key");
    assert_reason(&second, NONCE_REPLAYED);
    assert_int_equal(second.field, CSN_FIELD_NONCE);
    tear_down(&f);
  }
}

static void bearer_tokens_are_accepted_again_and_again(void **state) {
  fixture f;
  signed_request r;
  (void)state;
  set_up(&f, "bearer-jwt", 100);
  sign(&f, &r, 0, NOW, "", "any body", "{\"sub\":\"somebody\",\"exp\":1790000060}");
  for (int i = 0; i < 3; i++) {
    csn_verdict verdict = verify(&f, &r.request, NOW);
    assert_reason(&verdict, ACCEPTED);
    assert_span(csn_name_span(&verdict.client_id), "somebody");
    assert_span(csn_name_span(&verdict.key_id), "token-key");
  }
  tear_down(&f);
}

/* ---- time and replay ---- */

static void window_is_inclusive_on_both_sides(void **state) {
  fixture f;
  (void)state;
  set_up(&f, "hmac-nonce", 100);
  assert_int_equal(verify_signed(&f, NOW, "a", NOW - 301), CSN_REASON_TIMESTAMP_FUTURE);
  assert_int_equal(verify_signed(&f, NOW, "a", NOW - 300), CSN_REASON_ACCEPTED);
  assert_int_equal(verify_signed(&f, NOW, "b", NOW), CSN_REASON_ACCEPTED);
  assert_int_equal(verify_signed(&f, NOW, "c", NOW + 300), CSN_REASON_ACCEPTED);
  assert_int_equal(verify_signed(&f, NOW, "d", NOW + 301), CSN_REASON_TIMESTAMP_PAST);
  tear_down(&f);
}

/* For each second of a request's life in which it is first presented, and each later one: never accepted twice. */
static void replay_is_rejected_to_the_last_second_of_the_window(void **state) {
  const int64_t firsts[] = {-300, -299, -150, 0, 1, 150, 299, 300};
  (void)state;
  for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
    fixture f;
    signed_request r;
    set_up(&f, "hmac-nonce", 100);
    sign(&f, &r, 0, NOW, "nonce", "", NULL);
    csn_verdict verdict = verify(&f, &r.request, NOW + firsts[i]);
    assert_reason(&verdict, ACCEPTED);
    for (int64_t later = firsts[i]; later <= 300; later++) {
      verdict = verify(&f, &r.request, NOW + later);
      assert_reason(&verdict, NONCE_REPLAYED);
    }
    verdict = verify(&f, &r.request, NOW + 301);
    assert_reason(&verdict, TIMESTAMP_PAST);
    /* A clock that is set back does not open it again. */
    verify_signed(&f, NOW + 1000, "another", NOW + 1000);
    verdict = verify(&f, &r.request, NOW + 300);
    assert_false(csn_accepted(&verdict));
    assert_reason(&verdict, NONCE_EXPIRED);
    tear_down(&f);
  }
}

static void nonces_belong_to_their_client(void **state) {
  fixture f;
  csn_key_config other = test_key_config("d", "other-key", CSN_USE_REQUEST);
  signed_request r;
  (void)state;
  set_up(&f, "hmac-nonce-delimited", 100);
  csn_keyring *ring = test_keyring_new();
  assert_int_equal(csn_keyring_add_key(ring, &f.key), CSN_OK);
  assert_int_equal(csn_keyring_add(ring, &other), CSN_OK);
  f.config.keyring = ring;
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  assert_int_equal(verify_signed(&f, NOW, "same", NOW), CSN_REASON_ACCEPTED);
  assert_int_equal(csn_key_init(&f.key, &other), CSN_OK);
  sign(&f, &r, 0, NOW, "same", "", NULL);
  csn_verdict verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, ACCEPTED);
  assert_span(csn_name_span(&verdict.client_id), "d");
  tear_down(&f);
  csn_keyring_free(ring);
}

static void full_store_rejects_and_keeps_what_it_has(void **state) {
  fixture f;
  char nonce[24];
  int accepted = 0, full = 0;
  (void)state;
  set_up(&f, "hmac-nonce", 1);
  for (int i = 0; i < 200; i++) {
    (void)snprintf(nonce, sizeof nonce, "n-%d", i);
    csn_reason reason = verify_signed(&f, NOW, nonce, NOW);
    assert_true(reason == CSN_REASON_ACCEPTED || reason == CSN_REASON_NONCE_STORE_FULL);
    accepted += reason == CSN_REASON_ACCEPTED;
    full += reason == CSN_REASON_NONCE_STORE_FULL;
  }
  assert_true(accepted > 0 && full > 0);
  assert_int_equal(csn_nonce_table_measure(f.nonces).live, accepted);
  assert_int_equal(verify_signed(&f, NOW, "n-0", NOW), CSN_REASON_NONCE_REPLAYED);
  tear_down(&f);
}

/* ---- the order of the checks ---- */

static void break_value(signed_request *r, const char *name, const char *value) {
  for (size_t i = 0; i < r->request.header_count; i++) {
    if (csn_span_equal_nocase(r->headers[i].name, csn_span_str(name))) r->headers[i].value = csn_span_str(value);
  }
}

/* A request with everything wrong is rejected for the first thing on the path; mending one after the other names the
 * next. Through it all the nonce table's bytes do not change. */
static void checks_come_in_the_order_of_the_path(void **state) {
  fixture f;
  signed_request r, good;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  csn_span region = csn_nonce_table_region(f.nonces);
  uint8_t *before = malloc(region.len);
  assert_non_null(before);
  memcpy(before, region.ptr, region.len);

  sign(&f, &good, 0, NOW, "nonce", "", NULL);
  sign(&f, &r, 0, NOW, "nonce", "", NULL);
  r.request.method = csn_span_str("bad method");
  r.request.body = csn_span_str("unsigned");
  break_value(&r, "x-ClientId", "nobody");
  break_value(&r, "x-Timestamp", "1");
  break_value(&r, "x-Nonce", "bad nonce");
  csn_verdict verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, METHOD_INVALID);
  r.request.method = csn_span_str("POST");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, NONCE_INVALID);
  break_value(&r, "x-Nonce", "another");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, BODY_NOT_SIGNED);
  r.request.body.len = 0;
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, TIMESTAMP_PAST);
  break_value(&r, "x-Timestamp", "1790000000");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, KEY_UNKNOWN);
  break_value(&r, "x-ClientId", "c");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  assert_memory_equal(before, region.ptr, region.len);

  /* The control: an accepted request does change the table. */
  verdict = verify(&f, &good.request, NOW);
  assert_reason(&verdict, ACCEPTED);
  assert_memory_not_equal(before, region.ptr, region.len);
  free(before);
  tear_down(&f);
}

/* The key that an unknown client's request is checked against has an empty secret, which everybody knows. */
static void stand_in_key_never_verifies(void **state) {
  fixture f;
  signed_request r;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  const csn_key real = f.key;
  csn_key_config nobody = test_key_config("nobody", "k", CSN_USE_REQUEST);
  assert_int_equal(csn_key_init(&f.key, &nobody), CSN_OK);
  csn_hmac_set_key(&f.key, csn_span_of(NULL, 0));
  sign(&f, &r, 0, NOW, "n", "", NULL);
  csn_verdict verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, KEY_UNKNOWN);

  /* Nor for a client whose only key is past its grace. */
  csn_keyring *ring = test_keyring_new();
  csn_key expired = real;
  expired.accept_until = NOW - 1;
  assert_int_equal(csn_keyring_add_key(ring, &expired), CSN_OK);
  f.config.keyring = ring;
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  f.key = real;
  csn_hmac_set_key(&f.key, csn_span_of(NULL, 0));
  sign(&f, &r, 0, NOW, "n", "", NULL);
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, KEY_EXPIRED);
  tear_down(&f);
  csn_keyring_free(ring);
}

static void request_signature_is_checked_after_the_token(void **state) {
  fixture f;
  signed_request r;
  (void)state;
  set_up(&f, "jwt-hmac", 64);
  csn_nonce_table_stats stats;
  sign(&f, &r, 0, NOW, "n", "{}", "{\"sub\":\"c\",\"exp\":1789999999}");
  csn_verdict verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, TOKEN_EXPIRED);
  sign(&f, &r, 0, NOW, "n", "{}", "{\"exp\":1790000001}");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, CLAIM_MISSING);
  sign(&f, &r, 0, NOW, "n", "{}", "{\"sub\":\"two words\",\"exp\":1790000001}");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, CLIENT_ID_INVALID);
  sign(&f, &r, 0, NOW, "n", "{}", "{\"sub\":\"d\",\"exp\":1790000001}");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, KEY_UNKNOWN);
  sign(&f, &r, 0, NOW, "n", "{}", "{\"sub\":\"c\",\"exp\":1790000001}");
  r.request.body = csn_span_str("{ }");
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  stats = csn_nonce_table_measure(f.nonces);
  assert_int_equal(stats.live, 0);
  tear_down(&f);
}

static void unsigned_body_is_a_policy(void **state) {
  fixture f;
  signed_request r;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  sign(&f, &r, 0, NOW, "n", "body", NULL);
  csn_verdict verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, BODY_NOT_SIGNED);
  f.config.allow_unsigned_body = true;
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  verdict = verify(&f, &r.request, NOW);
  assert_reason(&verdict, ACCEPTED);
  tear_down(&f);
}

/* ---- rotation ---- */

static void old_key_is_accepted_to_the_last_second_of_its_grace(void **state) {
  fixture f;
  signed_request old;
  csn_key_config fresh = test_key_config("c", "new-key", CSN_USE_REQUEST);
  csn_keyring *ring = test_keyring_new();
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  f.key.accept_until = NOW;
  fresh.secret = csn_span_str("the secret that comes after the old one");
  assert_int_equal(csn_keyring_add_key(ring, &f.key), CSN_OK);
  assert_int_equal(csn_keyring_add(ring, &fresh), CSN_OK);
  f.config.keyring = ring;
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);

  sign(&f, &old, 0, NOW, "n1", "", NULL);
  csn_verdict verdict = verify(&f, &old.request, NOW);
  assert_reason(&verdict, ACCEPTED);
  assert_span(csn_name_span(&verdict.key_id), "request-key");
  sign(&f, &old, 0, NOW, "n2", "", NULL);
  verdict = verify(&f, &old.request, NOW + 1);
  assert_reason(&verdict, SIGNATURE_MISMATCH); /* the new key is still there, and is not this one */
  assert_int_equal(csn_key_init(&f.key, &fresh), CSN_OK);
  sign(&f, &old, 0, NOW, "n2", "", NULL);
  verdict = verify(&f, &old.request, NOW + 1);
  assert_reason(&verdict, ACCEPTED);
  assert_span(csn_name_span(&verdict.key_id), "new-key");
  tear_down(&f);
  csn_keyring_free(ring);
}

static void last_key_past_its_grace_says_so(void **state) {
  fixture f;
  csn_keyring *ring = test_keyring_new();
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  f.key.accept_until = NOW - 1;
  assert_int_equal(csn_keyring_add_key(ring, &f.key), CSN_OK);
  f.config.keyring = ring;
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  assert_int_equal(verify_signed(&f, NOW, "n", NOW), CSN_REASON_KEY_EXPIRED);
  assert_int_equal(verify_signed(&f, NOW, "n", NOW - 1), CSN_REASON_ACCEPTED);
  tear_down(&f);
  csn_keyring_free(ring);
}

/* ---- stores in trouble ---- */

static csn_nonce_answer scripted_answer;

static void scripted_claim(void *self, csn_nonce_claim *claims, size_t count, int64_t now) {
  (void)self, (void)now;
  for (size_t i = 0; i < count; i++) claims[i].answer = scripted_answer;
}
static void silent_claim(void *self, csn_nonce_claim *claims, size_t count, int64_t now) {
  (void)self, (void)claims, (void)count, (void)now;
}

static void only_a_fresh_answer_is_accepted(void **state) {
  const csn_reason expected[] = {CSN_REASON_NONCE_STORE_UNAVAILABLE, CSN_REASON_ACCEPTED,
                                 CSN_REASON_NONCE_REPLAYED,          CSN_REASON_NONCE_STORE_FULL,
                                 CSN_REASON_NONCE_EXPIRED,           CSN_REASON_NONCE_FENCED,
                                 CSN_REASON_NONCE_RETENTION,         CSN_REASON_NONCE_STORE_UNAVAILABLE};
  fixture f;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  f.config.nonces = (csn_nonce_store){.claim = scripted_claim};
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    scripted_answer = (csn_nonce_answer)i;
    assert_int_equal(verify_signed(&f, NOW, "n", NOW), expected[i]);
  }
  scripted_answer = CSN_NONCE_FRESH; /* which must not be what the next store's silence is taken for */
  assert_int_equal(verify_signed(&f, NOW, "n", NOW), CSN_REASON_ACCEPTED);
  f.config.nonces = (csn_nonce_store){.claim = silent_claim};
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  assert_int_equal(verify_signed(&f, NOW, "n", NOW), CSN_REASON_NONCE_STORE_UNAVAILABLE);
  tear_down(&f);
}

/* ---- batch ---- */

enum { BATCH = 150 };

static bool same_verdict(const csn_verdict *a, const csn_verdict *b) {
  return a->reason == b->reason && a->field == b->field && a->offset == b->offset &&
         csn_span_equal(csn_name_span(&a->client_id), csn_name_span(&b->client_id)) &&
         csn_span_equal(csn_name_span(&a->key_id), csn_name_span(&b->key_id));
}

/* Good, replayed, broken and late requests mixed, over more than one group, at several sizes of batch. */
static void batch_gives_the_verdicts_of_single_requests(void **state) {
  static signed_request requests[BATCH];
  static csn_request views[BATCH];
  static csn_verdict single[BATCH], batch[BATCH];
  const size_t sizes[] = {1, 2, 7, 63, 64, 65, BATCH};
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    fixture one, many;
    size_t reasons[CSN_REASON_COUNT] = {0};
    set_up(&one, "hmac-nonce", 1000);
    set_up(&many, "hmac-nonce", 1000);
    for (size_t i = 0; i < BATCH; i++) {
      char nonce[24];
      (void)snprintf(nonce, sizeof nonce, "n-%d", (int)(i * 7 % 60)); /* each comes more than once */
      sign(&one, &requests[i], 0, i % 11 == 0 ? NOW - 400 : NOW, nonce, i % 13 == 0 ? "body" : "", NULL);
      if (i % 5 == 0) break_value(&requests[i], "x-Nonce", "changed");
      views[i] = requests[i].request;
      csn_verify(one.verifier, &views[i], NOW, &single[i]);
      reasons[single[i].reason]++;
    }
    for (size_t at = 0; at < BATCH; at += sizes[s]) {
      csn_verify_batch(many.verifier, views + at, batch + at, at + sizes[s] > BATCH ? BATCH - at : sizes[s], NOW);
    }
    for (size_t i = 0; i < BATCH; i++) assert_true(same_verdict(&single[i], &batch[i]));
    assert_true(reasons[CSN_REASON_ACCEPTED] > 10 && reasons[CSN_REASON_NONCE_REPLAYED] > 10);
    assert_true(reasons[CSN_REASON_SIGNATURE_MISMATCH] > 10 && reasons[CSN_REASON_TIMESTAMP_PAST] > 5);
    tear_down(&one);
    tear_down(&many);
  }
}

/* ---- configuration ---- */

static csn_error try_config(const csn_verifier_config *config) {
  csn_verifier *verifier = NULL;
  csn_error error = csn_verifier_new(&verifier, config);
  assert_int_equal(error == CSN_OK, verifier != NULL);
  csn_verifier_free(verifier);
  return error;
}

static void configuration_is_checked_once(void **state) {
  fixture f;
  csn_scheme custom;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  csn_verifier_config config = f.config;
  config.scheme = NULL;
  assert_int_equal(try_config(&config), CSN_ERROR_INVALID_ARGUMENT);
  config = f.config;
  config.keyring = NULL;
  assert_int_equal(try_config(&config), CSN_ERROR_INVALID_ARGUMENT);
  config = f.config;
  config.nonces.claim = NULL;
  assert_int_equal(try_config(&config), CSN_ERROR_INVALID_ARGUMENT);
  const int64_t windows[] = {0, -1, CSN_WINDOW_MAX + 1, 1, CSN_WINDOW_MAX};
  for (size_t i = 0; i < 5; i++) {
    config = f.config;
    config.window = windows[i];
    assert_int_equal(try_config(&config), i < 3 ? CSN_ERROR_INVALID_ARGUMENT : CSN_OK);
  }
  config = f.config;
  config.scheme = csn_scheme_preset(csn_span_str("jwt-hmac"));
  assert_int_equal(try_config(&config), CSN_OK);
  config.jwt.leeway = -1;
  assert_int_equal(try_config(&config), CSN_ERROR_INVALID_ARGUMENT);
  config.jwt.leeway = 0;
  config.jwt.signature_only = true;
  assert_int_equal(try_config(&config), CSN_ERROR_INVALID_ARGUMENT);
  /* The same rows as the preset, but not the preset: ambiguous, so it must be acknowledged. */
  custom = *f.config.scheme;
  config = f.config;
  config.scheme = &custom;
  assert_int_equal(try_config(&config), CSN_ERROR_TEMPLATE_AMBIGUOUS);
  config.allow_ambiguous = true;
  assert_int_equal(try_config(&config), CSN_OK);
  custom.template_text = "{client_id}{timestamp}";
  assert_int_equal(try_config(&config), CSN_ERROR_SCHEME_INVALID);
  custom.template_text = "{client_id}{timestamp}{nonce";
  assert_int_equal(try_config(&config), CSN_ERROR_TEMPLATE_INVALID);
  assert_true(csn_verifier_is_ambiguous(f.verifier));
  tear_down(&f);
}

static void absurd_times_are_rejected_without_overflow(void **state) {
  const int64_t times[] = {INT64_MIN, -1, 0, INT64_MAX};
  fixture f;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  for (size_t i = 0; i < 4; i++) {
    csn_reason reason = verify_signed(&f, NOW, "n", times[i]);
    assert_true(reason == CSN_REASON_TIMESTAMP_PAST || reason == CSN_REASON_TIMESTAMP_FUTURE);
  }
  assert_int_equal(verify_signed(&f, INT64_C(9999999999999999), "n", NOW), CSN_REASON_TIMESTAMP_FUTURE);
  tear_down(&f);
}

/* A scheme of the caller's that signs method, path, query and the body's hash: rows, no code. */
static void a_custom_scheme_signs_what_its_template_names(void **state) {
  fixture f;
  signed_request r;
  csn_scheme custom;
  (void)state;
  set_up(&f, "hmac-nonce", 64);
  custom = *f.config.scheme;
  custom.template_text = "{client_id}\n{method}\n{target}\n{body_sha256}\n{timestamp}\n{nonce}";
  f.config.scheme = &custom;
  csn_verifier_free(f.verifier);
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  sign(&f, &r, 0, NOW, "n", "the body", NULL);
  const csn_request good = r.request;
  csn_verdict verdict;
  const csn_span changed[] = {csn_span_str("PUT"), csn_span_str("/orders?x=2"), csn_span_str("/order?x=1"),
                              csn_span_str("the bodY")};
  for (size_t i = 0; i < 4; i++) {
    csn_request request = good;
    *(i == 0 ? &request.method : i == 3 ? &request.body : &request.target) = changed[i];
    verdict = verify(&f, &request, NOW);
    assert_reason(&verdict, SIGNATURE_MISMATCH);
  }
  verdict = verify(&f, &good, NOW);
  assert_reason(&verdict, ACCEPTED);
  tear_down(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signed_requests_are_accepted_once),
      cmocka_unit_test(bearer_tokens_are_accepted_again_and_again),
      cmocka_unit_test(window_is_inclusive_on_both_sides),
      cmocka_unit_test(replay_is_rejected_to_the_last_second_of_the_window),
      cmocka_unit_test(nonces_belong_to_their_client),
      cmocka_unit_test(full_store_rejects_and_keeps_what_it_has),
      cmocka_unit_test(checks_come_in_the_order_of_the_path),
      cmocka_unit_test(stand_in_key_never_verifies),
      cmocka_unit_test(request_signature_is_checked_after_the_token),
      cmocka_unit_test(unsigned_body_is_a_policy),
      cmocka_unit_test(old_key_is_accepted_to_the_last_second_of_its_grace),
      cmocka_unit_test(last_key_past_its_grace_says_so),
      cmocka_unit_test(only_a_fresh_answer_is_accepted),
      cmocka_unit_test(batch_gives_the_verdicts_of_single_requests),
      cmocka_unit_test(configuration_is_checked_once),
      cmocka_unit_test(absurd_times_are_rejected_without_overflow),
      cmocka_unit_test(a_custom_scheme_signs_what_its_template_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
