/* Remembered headers of tokens: what is found is what was read of these bytes, whatever other threads do, and no
 * verdict depends on it. Runs under the thread sanitizer, too. */
#include <countersign/sign.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tokens.h"

#include "../src/cursor.h"
#include "../src/header_cache.h"
#include "../src/keyring_parts.h"
#include "../src/public_key.h"

enum { THREADS = 4, HEADERS = 6, FOUND = 100000 /* by each thread */, KID_KEPT = 64, TEXT_KEPT = 176 };

static csn_header_cache cache;

static csn_jose_header header_with_kid(char c, size_t len) {
  csn_jose_header header = {.alg = CSN_ALG_HS256, .has_kid = len > 0, .kid_offset = 900, .kid_len = len};
  memset(header.kid, c, len);
  return header;
}

static bool finds(uint64_t hash, csn_span encoded, csn_span typ, const csn_jose_header *expected) {
  csn_jose_header out;
  memset(&out, 0xa5, sizeof out);
  if (!csn_header_cache_find(&cache, hash, encoded, typ, &out)) return false;
  assert_true(out.alg == expected->alg && out.has_kid == expected->has_kid);
  assert_true(out.kid_offset == expected->kid_offset && out.kid_len == expected->kid_len);
  assert_memory_equal(out.kid, expected->kid, expected->kid_len);
  return true;
}

static void a_header_is_found_by_all_its_bytes_and_the_typ(void **state) {
  const csn_span text = csn_span_str("eyJhbGci"), typ = csn_span_str("JWT"), none = csn_span_of(NULL, 0);
  csn_jose_header header = header_with_kid('k', 3);
  (void)state;
  memset(&cache, 0, sizeof cache);
  assert_false(finds(5, text, none, &header));
  assert_false(finds(5, none, none, &header));
  csn_header_cache_put(&cache, 5, none, none, &header); /* no header is empty */
  assert_false(finds(5, none, none, &header));
  csn_header_cache_put(&cache, 5, text, none, &header);
  assert_true(finds(5, text, none, &header));
  assert_true(finds(5 + CSN_HEADER_SLOTS, text, none, &header));
  assert_false(finds(6, text, none, &header));
  assert_false(finds(5, text, typ, &header));
  assert_false(finds(5, csn_span_str("eyJhbGcj"), none, &header));
  assert_false(finds(5, csn_span_str("eyJhbGc"), none, &header));
  assert_false(finds(5, csn_span_str("eyJhbGciA"), none, &header));
  assert_false(finds(5, csn_span_str("eyJhb"), csn_span_str("Gci"), &header));
  csn_header_cache_put(&cache, 5, text, typ, &header);
  assert_true(finds(5, text, typ, &header));
  assert_false(finds(5, text, none, &header)); /* one slot: who comes last stays */
  assert_false(finds(5, text, csn_span_str("jwt"), &header));
  assert_false(finds(5, csn_span_str("eyJhbGciJWT"), none, &header));
}

static void long_headers_are_not_kept(void **state) {
  char text[TEXT_KEPT + 1];
  (void)state;
  memset(text, 'A', sizeof text);
  for (size_t kid = KID_KEPT - 1; kid <= KID_KEPT + 1; kid++) {
    for (size_t len = TEXT_KEPT - 2; len <= TEXT_KEPT + 1; len++) {
      for (size_t typ = 0; typ <= 2; typ++) {
        csn_jose_header header = header_with_kid('k', kid);
        csn_span encoded = csn_span_of(text, len), type = csn_span_of("at", typ);
        memset(&cache, 0, sizeof cache);
        csn_header_cache_put(&cache, 0, encoded, type, &header);
        assert_int_equal(finds(0, encoded, type, &header), kid <= KID_KEPT && len + typ <= TEXT_KEPT);
      }
    }
  }
}

/* ---- verdicts ---- */

static bool is_remembered(const csn_keyring *ring, csn_span token, csn_span typ) {
  csn_keyring_reading reading;
  csn_jose_header out;
  csn_cursor cursor = csn_cursor_of(token);
  csn_span header = csn_cursor_take_until(&cursor, '.');
  csn_keyring_read_begin(ring, &reading);
  bool found = csn_header_cache_find(reading.state->headers, csn_header_hash(header), header, typ, &out);
  csn_keyring_read_end(&reading);
  return found;
}

static void only_what_has_verified_is_remembered(void **state) {
  static const csn_span none = {NULL, 0};
  csn_jwt_policy policy = default_policy(), jws = default_policy();
  csn_keyring *ring = ring_of_one();
  (void)state;
  jws.signature_only = true;
  csn_span token = make_token(csn_span_str(HEADER), csn_span_str(CLAIMS), SECRET_B);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_SIGNATURE_MISMATCH);
  assert_false(is_remembered(ring, token, none));
  token = token_of(HEADER, CLAIMS);
  assert_int_equal(reason_of(ring, &jws, token, NOW), CSN_REASON_ACCEPTED);
  assert_false(is_remembered(ring, token, none));
  assert_int_equal(reason_of(ring, &policy, token, NOW + 1000), CSN_REASON_TOKEN_EXPIRED);
  assert_true(is_remembered(ring, token, none));
  assert_int_equal(reason_of(ring, &jws, token, NOW), CSN_REASON_ACCEPTED);
  token = make_token(csn_span_str(HEADER), csn_span_str(CLAIMS), SECRET_B);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_SIGNATURE_MISMATCH);
  csn_keyring_free(ring);
}

/* Which ids HMAC keys have must not be told by time; those of public keys are published. */
static void only_ids_of_public_keys_are_remembered(void **state) {
  static const csn_span none = {NULL, 0};
  csn_jwt_policy policy = default_policy();
  csn_keyring *ring = ring_of_one();
  csn_key_config config = key_config("k2", "");
  csn_key key;
  uint8_t text[512];
  size_t len;
  (void)state;
  policy.algorithms |= 1u << CSN_ALG_EdDSA;
  csn_span token = token_of("{\"alg\":\"HS256\",\"kid\":\"k1\"}", CLAIMS);
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_ACCEPTED);
  assert_false(is_remembered(ring, token, none));
  config.alg = CSN_ALG_EdDSA;
  assert_int_equal(csn_key_init_pkey(&key, &config, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), true), CSN_OK);
  assert_int_equal(csn_sign_jwt(&key, csn_span_str(CLAIMS), text, sizeof text, &len), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  token = csn_span_of(text, len);
  assert_false(is_remembered(ring, token, none));
  assert_int_equal(reason_of(ring, &policy, token, NOW), CSN_REASON_ACCEPTED);
  assert_true(is_remembered(ring, token, none));
  csn_key_wipe(&key);
  csn_keyring_free(ring);
}

/* A ring that has seen every header under every policy says what one says that has seen nothing. */
static void no_verdict_depends_on_what_is_remembered(void **state) {
  static const char *const headers[] = {
      HEADER,
      "{\"alg\":\"HS256\"}",
      "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
      "{\"alg\":\"HS256\",\"kid\":\"k2\"}",
      "{\"kid\":\"\\u006b1\",\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
      "{\"alg\":\"HS256\",\"typ\":\"application/at+JWT\"}",
      "{\"alg\":\"HS256\",\"typ\":\"JOSE\"}",
      "{\"alg\":\"HS256\",\"b64\":true}",
      "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
      "{\"alg\":\"HS512\"}",
      "{\"alg\":\"HS256\",\"kid\":\"\"}",
      "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
      "{\"alg\":\"HS256\"",
  };
  enum { COUNT = sizeof headers / sizeof headers[0], POLICIES = 6 };
  csn_jwt_policy policies[POLICIES];
  csn_keyring *warm = ring_of_one();
  size_t accepted = 0;
  (void)state;
  for (size_t i = 0; i < POLICIES; i++) policies[i] = default_policy();
  policies[1].typ = csn_span_str("at+jwt");
  policies[2].typ = csn_span_str("JWT");
  policies[3].algorithms = 1u << CSN_ALG_HS512;
  policies[4].signature_only = true;
  policies[5].algorithms = 0;
  for (size_t i = 0; i < 3 * POLICIES * COUNT; i++) {
    const csn_jwt_policy *policy = &policies[i % POLICIES];
    csn_keyring *cold = ring_of_one();
    outcome expected, got;
    csn_span token = token_of(headers[i / POLICIES % COUNT], CLAIMS);
    memset(&expected, 0xa5, sizeof expected);
    memset(&got, 0xa5, sizeof got);
    test_jwt_verify(cold, policy, token, NOW, &expected.jwt, &expected.verdict);
    test_jwt_verify(warm, policy, token, NOW, &got.jwt, &got.verdict);
    got.jwt.key = expected.jwt.key; /* each ring has its own */
    assert_memory_equal(&got, &expected, sizeof got);
    accepted += csn_accepted(&got.verdict);
    csn_keyring_free(cold);
  }
  assert_int_equal(accepted, 3 * (6 + 2 + 1 + 0 + 7));
  csn_keyring_free(warm);
}

/* ---- threads ---- */

typedef struct work {
  size_t first, found, wrong;
} work;

/* Headers whose every byte is of one kind, in one slot: a mixture of two would be seen. */
static void *run(void *argument) {
  work *w = argument;
  for (size_t turn = 0; w->found < FOUND; turn++) {
    char text[TEXT_KEPT], c = (char)('A' + (w->first + turn / 3) % HEADERS);
    csn_jose_header header = header_with_kid(c, KID_KEPT), out;
    csn_span encoded = csn_span_of(text, sizeof text - 3), typ = csn_span_of(text, 3);
    memset(text, c, sizeof text);
    header.kid_offset = (size_t)c;
    if (csn_header_cache_find(&cache, 0, encoded, typ, &out)) {
      w->found++;
      w->wrong += out.kid_offset != header.kid_offset || memcmp(out.kid, header.kid, KID_KEPT) != 0;
    } else {
      csn_header_cache_put(&cache, 0, encoded, typ, &header);
    }
  }
  return NULL;
}

static void threads_never_find_a_mixture(void **state) {
  pthread_t threads[THREADS];
  work works[THREADS];
  (void)state;
  memset(&cache, 0, sizeof cache);
  for (size_t i = 0; i < THREADS; i++) {
    works[i] = (work){.first = i};
    assert_int_equal(pthread_create(&threads[i], NULL, run, &works[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(works[i].wrong, 0);
    assert_true(works[i].found >= FOUND);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_header_is_found_by_all_its_bytes_and_the_typ),
      cmocka_unit_test(long_headers_are_not_kept),
      cmocka_unit_test(only_what_has_verified_is_remembered),
      cmocka_unit_test(only_ids_of_public_keys_are_remembered),
      cmocka_unit_test(no_verdict_depends_on_what_is_remembered),
      cmocka_unit_test(threads_never_find_a_mixture),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
