/* Batches in several threads, while keys come and go and the back-end is another every moment. */
#include <countersign/verifier.h>
#include <pthread.h>
#include <stdatomic.h>

#include "keyring_support.h"

#define NOW INT64_C(1790000000)

enum { THREADS = 3, TURNS = 30, REQUESTS = 40, SCHEMES = 2 };

/* All threads present all requests, which are of the two schemes in turns. Every fifth has another body than was
 * signed. */
typedef struct item {
  char nonce[24];
  uint8_t token[512];
  csn_signed made;
} item;

static item items[TURNS][REQUESTS];
static csn_request requests[TURNS][REQUESTS];
static const csn_verifier *verifier_of[REQUESTS];
static atomic_size_t accepted[TURNS][REQUESTS], working;

static bool is_forged(size_t i) {
  return i % 5 == 0;
}

static void make_request(size_t turn, size_t i, const csn_scheme *scheme, const csn_key *key,
                         const csn_key *token_key) {
  static const csn_span claims = CSN_SPAN_LITERAL("{\"sub\":\"client\",\"exp\":1790000060}");
  item *it = &items[turn][i];
  csn_request *request = &requests[turn][i];
  size_t len = 0;
  (void)snprintf(it->nonce, sizeof it->nonce, "%zu-%zu", turn, i);
  *request = (csn_request){.method = csn_span_str("PUT"), .target = csn_span_str("/"), .body = csn_span_str("body")};
  assert_int_equal(csn_sign_jwt(token_key, claims, it->token, sizeof it->token, &len), CSN_OK);
  csn_sign_input input = {.scheme = scheme,
                          .key = key,
                          .request = request,
                          .timestamp = NOW,
                          .nonce = csn_span_str(it->nonce),
                          .token = csn_span_of(it->token, len)};
  assert_int_equal(csn_sign_request(&it->made, &input), CSN_OK);
  request->headers = it->made.headers;
  request->header_count = it->made.header_count;
  if (is_forged(i)) request->body.len--;
}

static void *verify(void *unexpected) {
  csn_verdict verdicts[REQUESTS];
  size_t *count = unexpected;
  for (size_t turn = 0; turn < TURNS; turn++) {
    csn_verify_mixed(verifier_of, requests[turn], verdicts, REQUESTS, NOW);
    for (size_t i = 0; i < REQUESTS; i++) {
      csn_reason reason = verdicts[i].reason;
      bool is_right = reason == CSN_REASON_ACCEPTED || reason == CSN_REASON_NONCE_REPLAYED;
      if (is_forged(i)) is_right = reason == CSN_REASON_SIGNATURE_MISMATCH;
      if (reason == CSN_REASON_ACCEPTED) atomic_fetch_add(&accepted[turn][i], 1);
      *count += !is_right;
    }
  }
  atomic_fetch_sub(&working, 1);
  return NULL;
}

/* Another key of the client comes and goes: where it is there, it is the first to be tried. */
static void change_all(csn_keyring *ring, const csn_key *other) {
  for (unsigned turn = 0; atomic_load(&working) > 0; turn++) {
    csn_sha256_backend backend = (csn_sha256_backend)(turn % CSN_SHA256_BACKENDS);
    csn_error error = csn_sha256_backend_set(backend);
    assert_int_equal(error, csn_sha256_backend_has(backend) ? CSN_OK : CSN_ERROR_BACKEND_UNSUPPORTED);
    assert_int_equal(csn_keyring_add_key(ring, other), CSN_OK);
    assert_int_equal(csn_keyring_remove(ring, csn_key_client_id(other), csn_key_id(other)), CSN_OK);
  }
}

static void threads_verify_while_keys_and_the_back_end_change(void **state) {
  static const char *const presets[SCHEMES] = {"hmac-full-delimited", "jwt-hmac"};
  csn_key key = make_key_of("client", "first", CSN_USE_REQUEST, CSN_ALG_HS256);
  csn_key other = make_key_of("client", "other", CSN_USE_REQUEST, CSN_ALG_HS256);
  csn_key token_key = make_key_of("", "token", CSN_USE_TOKEN, CSN_ALG_HS512);
  csn_keyring *ring = test_keyring_new();
  csn_nonce_table *nonces = test_nonces_new(10000, NOW - 1000);
  csn_verifier *verifiers[SCHEMES];
  csn_sha256_backend before = csn_sha256_backend_get();
  size_t unexpected[THREADS] = {0};
  pthread_t threads[THREADS];
  (void)state;
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &token_key), CSN_OK);
  for (size_t s = 0; s < SCHEMES; s++) {
    csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
    config.scheme = csn_scheme_preset(csn_span_str(presets[s]));
    config.keyring = ring;
    config.nonces = csn_nonce_table_store(nonces);
    config.jwt.algorithms = 1u << CSN_ALG_HS512;
    assert_int_equal(csn_verifier_new(&verifiers[s], &config), CSN_OK);
    for (size_t i = s; i < REQUESTS; i += SCHEMES) {
      verifier_of[i] = verifiers[s];
      for (size_t turn = 0; turn < TURNS; turn++) make_request(turn, i, config.scheme, &key, &token_key);
    }
  }
  atomic_store(&working, THREADS);
  for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, verify, &unexpected[i]), 0);
  change_all(ring, &other);
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(unexpected[i], 0);
  }
  for (size_t turn = 0; turn < TURNS; turn++) {
    for (size_t i = 0; i < REQUESTS; i++) assert_int_equal(accepted[turn][i], is_forged(i) ? 0 : 1);
  }
  assert_int_equal(csn_sha256_backend_set(before), CSN_OK);
  for (size_t s = 0; s < SCHEMES; s++) csn_verifier_free(verifiers[s]);
  csn_nonce_table_free(nonces);
  csn_keyring_free(ring);
  csn_key_wipe(&key);
  csn_key_wipe(&other);
  csn_key_wipe(&token_key);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(threads_verify_while_keys_and_the_back_end_change)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
