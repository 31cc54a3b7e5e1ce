/* The presets that sign requests: what vendors publish, what each form's signer writes, and what a fixed client means.
 */
#include <countersign/verifier.h>

#include "../src/credential.h"
#include "../src/template.h"
#include "support.h"

#define NOW INT64_C(1790000000)

enum { HEADERS_MAX = 4 };

typedef struct fixture {
  csn_keyring *ring;
  csn_nonce_table *nonces;
  csn_verifier *verifier;
  csn_key key;
} fixture;

/* A verifier at `now` with one key. */
static void set_up(fixture *f, const csn_scheme *scheme, const csn_key_config *key, int64_t now) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  f->ring = test_keyring_new();
  assert_int_equal(csn_key_init(&f->key, key), CSN_OK);
  assert_int_equal(csn_keyring_add_key(f->ring, &f->key), CSN_OK);
  f->nonces = test_nonces_new(100, now - 10000);
  config.scheme = scheme;
  config.keyring = f->ring;
  config.nonces = csn_nonce_table_store(f->nonces);
  assert_int_equal(csn_verifier_new(&f->verifier, &config), CSN_OK);
}

static void tear_down(fixture *f) {
  csn_verifier_free(f->verifier);
  csn_nonce_table_free(f->nonces);
  csn_keyring_free(f->ring);
  csn_key_wipe(&f->key);
}

static csn_verdict verify(const fixture *f, const csn_request *request, int64_t now) {
  csn_verdict verdict;
  memset(&verdict, 0xa5, sizeof verdict);
  csn_verify(f->verifier, request, now, &verdict);
  return verdict;
}

/* ---- what vendors publish ---- */

typedef struct published {
  const char *preset, *client, *target;
  csn_span secret;
  int64_t now;
  const char *headers[HEADERS_MAX][2];
  const char *body;
} published;

static const uint8_t svix_secret[] = {0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4,
                                      0x3c, 0x3f, 0x08, 0x2c, 0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0};

static const published examples[] = {
    /* docs.github.com, "Validating webhook deliveries" */
    {"github",
     "github",
     "/",
     CSN_SPAN_LITERAL("It's a Secret to Everybody"),
     NOW,
     {{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}},
     "Hello, World!"},
    /* docs.konghq.com, hmac-auth */
    {"kong",
     "alice123",
     "/requests",
     CSN_SPAN_LITERAL("secret"),
     1498151721,
     {{"Host", "hmac.com"},
      {"Date", "Thu, 22 Jun 2017 17:15:21 GMT"},
      {"Authorization",
       "hmac username=\"alice123\", algorithm=\"hmac-sha256\", headers=\"date request-line\", "
       "signature=\"ujWCGHeec9Xd6UD2zlyxiNMCiXnDOWeVFMu5VeRUxtw=\""}},
     ""},
    /* docs.slack.dev, "Verifying requests from Slack" */
    {"slack",
     "slack",
     "/",
     CSN_SPAN_LITERAL("8f742231b10e8888abcd99yyyzzz85a5"),
     1531420618,
     {{"X-Slack-Request-Timestamp", "1531420618"},
      {"X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}},
     "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
     "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack."
     "com"
     "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
     "803a0bc887a14"
     "d10d2c447fce8b6703c"},
    /* docs.svix.com, "Verifying webhooks manually"; whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw */
    {"standard-webhooks",
     "standard-webhooks",
     "/",
     {svix_secret, sizeof svix_secret},
     1614265330,
     {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
      {"webhook-timestamp", "1614265330"},
      {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}},
     "{\"test\": 2432232314}"},
};

static csn_request request_of(const published *row, csn_header headers[HEADERS_MAX]) {
  csn_request request = {.method = csn_span_str(row->body[0] == '\0' ? "GET" : "POST"),
                         .target = csn_span_str(row->target),
                         .headers = headers};
  request.body = csn_span_str(row->body);
  for (size_t i = 0; i < HEADERS_MAX && row->headers[i][0] != NULL; i++) {
    headers[request.header_count].name = csn_span_str(row->headers[i][0]);
    headers[request.header_count++].value = csn_span_str(row->headers[i][1]);
  }
  return request;
}

static void published_examples_are_accepted_and_with_a_byte_less_are_not(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    const published *row = &examples[i];
    csn_key_config key = test_key_config(row->client, "published", CSN_USE_REQUEST);
    csn_header headers[HEADERS_MAX];
    csn_request request = request_of(row, headers), other = request;
    fixture f;
    key.secret = row->secret;
    key.allow_legacy_short = true;
    set_up(&f, csn_scheme_preset(csn_span_str(row->preset)), &key, row->now);
    if (other.body.len > 0) {
      other.body.len--;
    } else {
      other.target.len--;
    }
    csn_verdict changed = verify(&f, &other, row->now), verdict = verify(&f, &request, row->now);
    assert_reason(&changed, SIGNATURE_MISMATCH);
    assert_reason(&verdict, ACCEPTED);
    assert_span(csn_name_span(&verdict.client_id), row->client);
    assert_span(csn_name_span(&verdict.key_id), "published");
    tear_down(&f);
  }
}

/* ---- every form of every preset, with every hash ---- */

typedef struct tally {
  size_t signed_requests, refused_keys;
} tally;

static void round_trip(const csn_scheme *scheme, size_t form, csn_alg alg, tally *t) {
  csn_key_config config = test_key_config(scheme->client == NULL ? "c" : scheme->client, "k", CSN_USE_REQUEST);
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/a?b=c")};
  csn_template tpl;
  csn_signed made;
  fixture f;
  config.alg = alg;
  config.secret = csn_span_str("a secret of more than sixty-four bytes, which is as long as that of HS512 must be");
  assert_int_equal(csn_scheme_compile(scheme, &tpl), CSN_OK);
  if (csn_template_covers(&tpl, CSN_FIELD_BODY)) request.body = csn_span_str("{\"a\":1}");
  set_up(&f, scheme, &config, NOW);
  csn_sign_input input = {.scheme = scheme, .form = form, .key = &f.key, .request = &request, .timestamp = NOW};
  input.nonce = csn_span_str("nonce-1");
  csn_error error = csn_sign_request(&made, &input);
  bool fits = scheme->forms[form].alg == CSN_ALG_NONE || scheme->forms[form].alg == alg;
  assert_int_equal(error, fits ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT);
  if (fits) {
    request.headers = made.headers;
    request.header_count = made.header_count;
    csn_verdict verdict = verify(&f, &request, NOW);
    assert_reason(&verdict, ACCEPTED);
    request.target = csn_span_str("/a?b=d");
    request.method = csn_span_str("PUT");
    csn_verdict other = verify(&f, &request, NOW + 1000000);
    assert_true(scheme->replayable ? csn_accepted(&other) : other.reason == CSN_REASON_TIMESTAMP_PAST);
  }
  t->signed_requests += fits;
  t->refused_keys += !fits;
  tear_down(&f);
}

static void each_form_is_signed_with_each_hash_and_verified(void **state) {
  const csn_alg algs[] = {CSN_ALG_HS256, CSN_ALG_HS384, CSN_ALG_HS512};
  const csn_scheme *scheme;
  tally t = {0};
  (void)state;
  for (size_t i = 0; (scheme = csn_scheme_preset_at(i)) != NULL; i++) {
    if (scheme->template_text == NULL || scheme->has_token) continue;
    for (size_t form = 0; form < csn_scheme_form_count(scheme); form++) {
      for (size_t j = 0; j < 3; j++) round_trip(scheme, form, algs[j], &t);
    }
  }
  /* Of at least six presets all three, of hmac-authorization's forms one each, of four vendors one. */
  assert_true(t.signed_requests >= 6 * 3 + 3 + 4 && t.refused_keys >= 3 * 2 + 4 * 2);
}

static void a_key_signs_the_form_of_its_hash(void **state) {
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str("hmac-authorization"));
  (void)state;
  assert_int_equal(csn_scheme_form_of(scheme, CSN_ALG_HS256), 0);
  assert_int_equal(csn_scheme_form_of(scheme, CSN_ALG_HS384), 1);
  assert_int_equal(csn_scheme_form_of(scheme, CSN_ALG_HS512), 2);
}

/* ---- a scheme with a client of its own ---- */

static csn_error new_verifier(const fixture *f, const char *preset, const char *client, csn_verifier **out) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str(preset));
  config.keyring = f->ring;
  config.nonces = csn_nonce_table_store(f->nonces);
  config.client_id = csn_span_str(client);
  return csn_verifier_new(out, &config);
}

static void a_verifier_may_name_another_client(void **state) {
  const published *row = &examples[0];
  csn_key_config key = test_key_config("repository-7", "k", CSN_USE_REQUEST);
  csn_header headers[HEADERS_MAX];
  csn_request request = request_of(row, headers);
  fixture f;
  (void)state;
  key.secret = row->secret;
  key.allow_legacy_short = true;
  set_up(&f, csn_scheme_preset(csn_span_str(row->preset)), &key, NOW);
  csn_verdict verdict = verify(&f, &request, NOW);
  assert_reason(&verdict, KEY_UNKNOWN); /* of client "github" */
  assert_span(csn_name_span(&verdict.client_id), "github");
  csn_verifier_free(f.verifier);
  assert_int_equal(new_verifier(&f, "github", "repository-7", &f.verifier), CSN_OK);
  verdict = verify(&f, &request, NOW);
  assert_reason(&verdict, ACCEPTED);
  assert_span(csn_name_span(&verdict.client_id), "repository-7");
  csn_verifier *none = NULL;
  assert_int_equal(new_verifier(&f, "github", "a b", &none), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(new_verifier(&f, "hmac-nonce", "repository-7", &none), CSN_ERROR_INVALID_ARGUMENT);
  assert_null(none);
  tear_down(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_examples_are_accepted_and_with_a_byte_less_are_not),
      cmocka_unit_test(each_form_is_signed_with_each_hash_and_verified),
      cmocka_unit_test(a_key_signs_the_form_of_its_hash),
      cmocka_unit_test(a_verifier_may_name_another_client),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
