/* Requests that carry an API key: what a verifier asks of it, of the store and of its own configuration. */
#include "support.h"

enum { NOW = 1700000000 };

typedef struct issued {
  csn_key pepper;
  csn_api_key_store *store;
  csn_api_key_text text;
  csn_api_key_record record; /* as it was added */
} issued;

static void issue(issued *out, const char *client_id, const char *scopes) {
  csn_key_config config = test_key_config("", "pepper", CSN_USE_API_KEY);
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  memset(out, 0, sizeof *out);
  for (size_t i = 0; i < sizeof random; i++) random[i] = (uint8_t)(i * 7);
  assert_int_equal(csn_key_init(&out->pepper, &config), CSN_OK);
  assert_int_equal(csn_api_key_make(csn_span_str("acme"), random, &out->text), CSN_OK);
  csn_api_key_hash(&out->pepper, csn_span_of(out->text.bytes, out->text.len), out->record.hash);
  csn_name_set(&out->record.key_id, csn_span_str("k-1"));
  csn_name_set(&out->record.client_id, csn_span_str(client_id));
  out->record.scopes_len = (uint16_t)strlen(scopes);
  memcpy(out->record.scopes, scopes, strlen(scopes));
  assert_int_equal(csn_api_key_store_new(&out->store), CSN_OK);
  assert_int_equal(csn_api_key_store_add(out->store, &out->record), CSN_OK);
}

static csn_verifier_config config_of(const issued *key) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str("api-key"));
  config.api_key.pepper = &key->pepper;
  config.api_key.source = csn_api_key_store_source(key->store);
  return config;
}

static csn_verdict verify_at(const csn_verifier_config *config, const csn_header *headers, size_t count, int64_t now) {
  csn_request request = {
      .method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = headers, .header_count = count};
  csn_verifier *verifier = NULL;
  csn_verdict verdict, batch[2];
  assert_int_equal(csn_verifier_new(&verifier, config), CSN_OK);
  csn_verify(verifier, &request, now, &verdict);
  const csn_request twice[] = {request, request};
  csn_verify_batch(verifier, twice, batch, 2, now);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(batch[i].reason, verdict.reason);
    assert_int_equal(batch[i].field, verdict.field);
    assert_true(csn_span_equal(csn_name_span(&batch[i].key_id), csn_name_span(&verdict.key_id)));
  }
  csn_verifier_free(verifier);
  return verdict;
}

static csn_header key_header(const issued *key) {
  return (csn_header){csn_span_str("X-Api-Key"), csn_span_of(key->text.bytes, key->text.len)};
}

static csn_verdict verify(const csn_verifier_config *config, const issued *key) {
  csn_header header = key_header(key);
  return verify_at(config, &header, 1, NOW);
}

static void the_verdict_names_client_and_key(void **state) {
  issued key;
  (void)state;
  issue(&key, "client-7", "a b");
  csn_verifier_config config = config_of(&key);
  config.api_key.prefix = csn_span_str("acme");
  config.api_key.scopes = csn_span_str("b");
  csn_verdict verdict = verify(&config, &key);
  assert_reason(&verdict, ACCEPTED);
  assert_int_equal(verdict.field, CSN_FIELD_NONE);
  assert_span(csn_name_span(&verdict.client_id), "client-7");
  assert_span(csn_name_span(&verdict.key_id), "k-1");
  csn_api_key_store_free(key.store);
}

/* Whoever presents a key whose record refuses it does hold it: the audit says which it was. */
static void a_refused_key_is_named(void **state) {
  issued key;
  (void)state;
  issue(&key, "client-7", "a");
  csn_verifier_config config = config_of(&key);
  config.api_key.scopes = csn_span_str("a b");
  csn_verdict verdict = verify(&config, &key);
  assert_reason(&verdict, SCOPE_MISSING);
  assert_span(csn_name_span(&verdict.key_id), "k-1");
  assert_true(csn_api_key_store_revoke(key.store, csn_span_str("k-1")));
  verdict = verify(&config, &key);
  assert_reason(&verdict, KEY_REVOKED);
  assert_span(csn_name_span(&verdict.client_id), "client-7");
  assert_int_equal(verdict.field, CSN_FIELD_API_KEY);
  csn_api_key_store_free(key.store);
}

static csn_lookup finds_nothing(void *self, const uint8_t hash[CSN_API_KEY_HASH_BYTES], csn_api_key_record *out) {
  (void)hash;
  memset(out, 0, sizeof *out);
  return *(csn_lookup *)self;
}

static void a_store_that_does_not_answer_rejects(void **state) {
  csn_lookup answer = CSN_LOOKUP_UNAVAILABLE;
  issued key;
  (void)state;
  issue(&key, "", "");
  csn_verifier_config config = config_of(&key);
  config.api_key.source = (csn_api_key_source){.find = finds_nothing, .self = &answer};
  csn_verdict verdict = verify(&config, &key);
  assert_reason(&verdict, KEY_STORE_UNAVAILABLE);
  assert_int_equal(verdict.key_id.len, 0);
  answer = CSN_LOOKUP_ABSENT;
  verdict = verify(&config, &key);
  assert_reason(&verdict, KEY_UNKNOWN);
  csn_api_key_store_free(key.store);
}

/* A scheme may ask for the client's id beside the key: then the key must be of that client. */
static void a_client_id_beside_the_key_must_be_the_keys(void **state) {
  static const csn_scheme scheme = {
      .name = "key and client",
      .forms = {{.locations = {{CSN_FIELD_API_KEY, CSN_SOURCE_HEADER, "X-Api-Key", NULL, NULL},
                               {CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-Client", NULL, NULL}}}},
      .has_api_key = true,
  };
  static const struct {
    const char *of, *says;
    csn_reason reason;
  } rows[] = {{"client-7", "client-7", CSN_REASON_ACCEPTED},
              {"client-7", "client-8", CSN_REASON_KEY_UNKNOWN},
              {"client-7", "client-77", CSN_REASON_KEY_UNKNOWN},
              {"client-7", "", CSN_REASON_CLIENT_ID_INVALID},
              {"", "client-7", CSN_REASON_KEY_UNKNOWN}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    issued key;
    issue(&key, rows[i].of, "");
    csn_verifier_config config = config_of(&key);
    config.scheme = &scheme;
    const csn_header headers[] = {key_header(&key), {csn_span_str("X-Client"), csn_span_str(rows[i].says)}};
    csn_verdict verdict = verify_at(&config, headers, 2, NOW);
    assert_string_equal(csn_reason_label(verdict.reason), csn_reason_label(rows[i].reason));
    csn_api_key_store_free(key.store);
  }
}

static void refused(const csn_verifier_config *config, csn_error expected) {
  csn_verifier *verifier = NULL;
  assert_int_equal(csn_verifier_new(&verifier, config), expected);
  assert_null(verifier);
}

static void configurations_that_do_not_fit_are_refused(void **state) {
  issued key;
  (void)state;
  issue(&key, "", "");
  const csn_verifier_config good = config_of(&key);
  csn_key token = key.pepper;
  csn_scheme scheme = *good.scheme;
  csn_verifier_config bad[7];
  for (size_t i = 0; i < 7; i++) bad[i] = good;
  token.uses = CSN_USE_TOKEN;
  bad[0].api_key.pepper = NULL;
  bad[1].api_key.pepper = &token;
  bad[2].api_key.source.find = NULL;
  bad[3].api_key.scopes = csn_span_str("a  b");
  bad[4].api_key.scopes = csn_span_str("\"");
  for (size_t i = 0; i < 5; i++) refused(&bad[i], CSN_ERROR_INVALID_ARGUMENT);
  scheme.has_token = true; /* an API key, and no token is located */
  bad[5].scheme = &scheme;
  refused(&bad[5], CSN_ERROR_SCHEME_INVALID);
  csn_scheme located = *good.scheme;
  located.has_api_key = false;
  bad[6].scheme = &located;
  csn_keyring *ring = test_keyring_new();
  bad[6].keyring = ring;
  refused(&bad[6], CSN_ERROR_SCHEME_INVALID);
  csn_keyring_free(ring);
  csn_api_key_store_free(key.store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_verdict_names_client_and_key),
      cmocka_unit_test(a_refused_key_is_named),
      cmocka_unit_test(a_store_that_does_not_answer_rejects),
      cmocka_unit_test(a_client_id_beside_the_key_must_be_the_keys),
      cmocka_unit_test(configurations_that_do_not_fit_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
