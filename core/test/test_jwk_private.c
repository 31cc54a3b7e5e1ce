/* Private keys as JWK: the RFCs' sign as the RFCs say, parts that do not belong together are refused. */
#include "support.h"

#include <countersign/keyring.h>
#include <jansson.h>

#include "../src/encoding.h"
#include "../src/public_key.h"
#include "guarded.h"
#include "jose_answers.h"

/* RFC 7515 appendix A.2.1 */
#define A2_D                                                                                                     \
  "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_G" \
  "O-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQl" \
  "BjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0" \
  "QU91p1DhOVRuOopznQ"
#define A2_PRIMES                                                                                                \
  "\"p\":\"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8" \
  "cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc\",\"q\":\"uQPEfgmVtjL0Uyyx88GZFF1fOu" \
  "nH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQ" \
  "kv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc\",\"dp\":\"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCL" \
  "dhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQA" \
  "dYo0\",\"dq\":\"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0aja" \
  "HF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU\",\"qi\":\"IYd7DHOhrWvxkwPQs" \
  "RM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOg" \
  "o1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U\""
#define A2_PRIVATE "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"d\":\"" A2_D "\"," A2_PRIMES "}"
/* RFC 7515 appendix A.3.1, RFC 8037 appendix A.1 */
#define EC_PUBLIC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y "\""
#define A3_PRIVATE "{" EC_PUBLIC ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_PUBLIC "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""
#define ED_D "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\""
#define ED_PRIVATE "{" ED_PUBLIC "," ED_D "}"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static guarded pages;

static csn_error init_with(csn_key *key, const csn_key_config *config, const char *jwk, size_t *offset) {
  return csn_key_init_jwk(key, config, guarded_copy(&pages, csn_span_str(jwk)), offset);
}

static csn_error init(csn_key *key, const char *jwk) {
  const csn_key_config config = {.alg = CSN_ALG_HS256, .uses = CSN_USE_TOKEN};
  size_t offset = 0;
  return init_with(key, &config, jwk, &offset);
}

static void must_init(csn_key *key, const char *jwk) {
  csn_error error = init(key, jwk);
  if (error != CSN_OK) fail_msg("%s: %s", jwk, csn_error_sentence(error));
}

/* A signature of what a token signs, by the key of `jwk`; true where it is the token's. */
static bool signs_as_in(const char *jwk, const char *token) {
  csn_key key;
  uint8_t signature[CSN_SIGNATURE_MAX];
  char text[CSN_SIGNATURE_MAX * 2];
  const char *dot = strrchr(token, '.');
  csn_span message = csn_span_of(token, (size_t)(dot - token));
  size_t len = 0;
  must_init(&key, jwk);
  assert_true(csn_key_signs(&key));
  assert_int_equal(csn_key_sign(&key, message, signature, sizeof signature, &len), CSN_OK);
  assert_true(csn_key_verify(&key, message, csn_span_of(signature, len)));
  csn_base64url_encode(csn_span_of(signature, len), text);
  bool same = csn_span_equal(csn_span_of(text, csn_base64url_encoded_len(len)), csn_span_str(dot + 1));
  csn_key_wipe(&key);
  return same;
}

static void keys_of_the_rfcs_sign_as_the_rfcs_say(void **state) {
  (void)state;
  assert_true(signs_as_in(A2_PRIVATE, A2_TOKEN));
  assert_true(signs_as_in(ED_PRIVATE, ED_TOKEN));
  assert_false(signs_as_in(A3_PRIVATE, A3_TOKEN)); /* ECDSA: another each time */
  assert_true(signs_as_in(A1_JWK, A1_TOKEN));
}

/* ---- what is refused ---- */

/* `text` with the first character of the value of `name` changed, or the member's name, so that it is absent. */
static const char *changed(const char *text, const char *name, bool absent) {
  static char copy[4096];
  char quoted[16];
  snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
  assert_true(strlen(text) < sizeof copy);
  strcpy(copy, text);
  char *at = strstr(copy, quoted);
  assert_non_null(at);
  if (absent) {
    at[1] = '#';
  } else {
    at += strlen(quoted) + 5; /* not the first bytes, so that no number gets a leading zero or another length */
    *at = *at == 'A' ? 'B' : 'A';
  }
  return copy;
}

static void parts_that_do_not_fit_are_refused(void **state) {
  static const struct {
    const char *jwk, *names[9];
  } rows[] = {{A2_PRIVATE, {"n", "e", "d", "p", "q", "dp", "dq", "qi"}},
              {A3_PRIVATE, {"x", "y", "d"}},
              {ED_PRIVATE, {"x", "d"}}};
  csn_key key, zero = {0};
  (void)state;
  for (size_t r = 0; r < COUNT(rows); r++) {
    for (size_t i = 0; rows[r].names[i] != NULL; i++) {
      const char *name = rows[r].names[i];
      assert_int_equal(init(&key, changed(rows[r].jwk, name, true)),
                       strcmp(name, "d") == 0 ? CSN_OK : CSN_ERROR_JWK_INVALID); /* without d it is a public key */
      if (strcmp(name, "d") == 0) assert_false(csn_key_signs(&key));
      csn_key_wipe(&key);
      if (strcmp(name, "e") == 0) continue; /* four characters; below */
      csn_error error = init(&key, changed(rows[r].jwk, name, false));
      if (error != CSN_ERROR_KEY_INVALID) fail_msg("%s: %s", name, csn_error_sentence(error));
      assert_memory_equal(&key, &zero, sizeof key);
    }
  }
  assert_int_equal(init(&key, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"Aw\",\"d\":\"" A2_D "\"," A2_PRIMES "}"),
                   CSN_ERROR_KEY_INVALID);
  assert_int_equal(
      init(&key, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"d\":\"" A2_D "\"," A2_PRIMES ",\"oth\":[]}"),
      CSN_ERROR_JWK_INVALID);
}

static void private_parts_have_their_length(void **state) {
  static const char *const rows[] = {
      "{" EC_PUBLIC ",\"d\":\"\"}",
      "{" EC_PUBLIC ",\"d\":\"mxCecZCYv5gEh98fXXfpyylgbr7SJjtfV8IT34T0sg\"}",   /* a byte less */
      "{" EC_PUBLIC ",\"d\":\"AI6bEJ5xkJi_mASH3x9dd-nLKWBuvtImO19XwhPfhPSy\"}", /* a zero before it */
      "{" EC_PUBLIC ",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
      "{" EC_PUBLIC ",\"d\":\"_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE\"}", /* the order itself */
      "{" ED_PUBLIC ",\"d\":\"\"}",
      "{" ED_PUBLIC ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyufw\"}",
      "{" ED_PUBLIC ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2AA\"}",
  };
  csn_key key;
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_error error = init(&key, rows[i]);
    if (error != CSN_ERROR_KEY_INVALID) fail_msg("%s: %s", rows[i], csn_error_sentence(error));
  }
  assert_int_equal(init(&key, "{" EC_PUBLIC ",\"d\":7}"), CSN_ERROR_JWK_INVALID);
  assert_int_equal(init(&key, "{" ED_PUBLIC ",\"d\":\"n+\"}"), CSN_ERROR_JWK_INVALID);
}

static void errors_have_their_place(void **state) {
  static const struct {
    const char *jwk;
    csn_error error;
    size_t offset;
  } rows[] = {
      {"", CSN_ERROR_JSON_INVALID, 0},
      {"{} ", CSN_ERROR_JWK_INVALID, 0},
      {" []", CSN_ERROR_JWK_INVALID, 1},
      {"{\"kty\":\"oct\",}", CSN_ERROR_JSON_INVALID, 13},
      {"{\"kty\":7}", CSN_ERROR_JWK_INVALID, 7},
      {"{\"keys\":[" ED_PRIVATE "]}", CSN_ERROR_JWK_INVALID, 0},
      {"{\"kty\":\"AKP\"}", CSN_ERROR_ALGORITHM_UNSUPPORTED, 0},
      {"{\"kty\":\"oct\",\"k\":\"AA\"}", CSN_ERROR_KEY_TOO_SHORT, 0},
      {"{" ED_PUBLIC ",\"use\":\"enc\"," ED_D "}", CSN_ERROR_ALGORITHM_UNSUPPORTED, 0},
  };
  const csn_key_config config = {.alg = CSN_ALG_HS256, .uses = CSN_USE_TOKEN};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_key key;
    size_t offset = 12345;
    csn_error error = init_with(&key, &config, rows[i].jwk, &offset);
    if (error != rows[i].error || offset != rows[i].offset) {
      fail_msg("%s: %s, %zu", rows[i].jwk, csn_error_sentence(error), offset);
    }
  }
}

/* ---- what is taken ---- */

static void ids_uses_and_operations_count(void **state) {
  csn_key_config config = {.alg = CSN_ALG_PS384, .uses = CSN_USE_TOKEN};
  csn_key key;
  size_t offset;
  char id[CSN_ID_MAX + 1];
  (void)state;
  must_init(&key, "{" ED_PUBLIC ",\"kid\":\"a\",\"key_ops\":[\"sign\"]," ED_D "}");
  assert_true(csn_span_equal(csn_key_id(&key), csn_span_str("a")));
  csn_key_wipe(&key);
  assert_int_equal(init(&key, "{" ED_PUBLIC ",\"key_ops\":[\"verify\"]," ED_D "}"), CSN_ERROR_ALGORITHM_UNSUPPORTED);
  assert_int_equal(init(&key, "{" ED_PUBLIC ",\"key_ops\":[\"sign\"]}"), CSN_ERROR_ALGORITHM_UNSUPPORTED);
  config.key_id = csn_span_str("mine");
  assert_int_equal(init_with(&key, &config, "{" ED_PUBLIC ",\"kid\":\"a\"," ED_D "}", &offset), CSN_OK);
  assert_true(csn_span_equal(csn_key_id(&key), csn_span_str("mine")));
  csn_key_wipe(&key);
  assert_int_equal(init_with(&key, &config, A2_PRIVATE, &offset), CSN_OK);
  assert_int_equal(key.alg, CSN_ALG_PS384); /* one that fits the key's type, where the JWK names none */
  csn_key_wipe(&key);
  memset(id, 'i', sizeof id);
  config.key_id = csn_span_of(id, CSN_ID_MAX);
  assert_int_equal(init_with(&key, &config, ED_PRIVATE, &offset), CSN_OK);
  assert_int_equal(key.key_id_len, CSN_ID_MAX);
  csn_key_wipe(&key);
  config.key_id = csn_span_of(id, CSN_ID_MAX + 1);
  assert_int_equal(init_with(&key, &config, ED_PRIVATE, &offset), CSN_ERROR_ID_INVALID);
  config = (csn_key_config){.alg = CSN_ALG_EdDSA, .uses = CSN_USE_API_KEY};
  assert_int_equal(init_with(&key, &config, ED_PRIVATE, &offset), CSN_ERROR_ALGORITHM_UNSUPPORTED);
}

static const struct {
  csn_alg alg;
  const char *type, *group;
} kinds[] = {
    {CSN_ALG_RS256, "RSA", NULL},   {CSN_ALG_PS512, "RSA", NULL},   {CSN_ALG_ES256, "EC", "P-256"},
    {CSN_ALG_ES384, "EC", "P-384"}, {CSN_ALG_ES512, "EC", "P-521"}, {CSN_ALG_EdDSA, "ED25519", NULL},
    {CSN_ALG_EdDSA, "ED448", NULL},
};

static void generate(csn_key *key, size_t kind, const char *id) {
  csn_key_config config = {.alg = kinds[kind].alg, .uses = CSN_USE_TOKEN, .key_id = csn_span_str(id)};
  EVP_PKEY *pkey = kinds[kind].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[kind].group)
                                             : EVP_PKEY_Q_keygen(NULL, NULL, kinds[kind].type, (size_t)2048);
  assert_int_equal(csn_key_init_pkey(key, &config, pkey, true), CSN_OK);
}

static void what_is_written_signs_for_the_same_public_key(void **state) {
  static const csn_span message = CSN_SPAN_LITERAL("message");
  (void)state;
  for (size_t i = 0; i < 16 * COUNT(kinds); i++) { /* now and then a number begins with a zero */
    size_t kind = i % COUNT(kinds);
    csn_key key, read;
    char text[8192], again[8192];
    uint8_t signature[CSN_SIGNATURE_MAX];
    size_t len = 0, again_len = 0, signature_len = 0;
    if (kinds[kind].type[0] == 'R' && i > 7) continue;
    generate(&key, kind, "k");
    assert_int_equal(csn_jwk_write_private(&key, text, sizeof text - 1, &len), CSN_OK);
    text[len] = '\0';
    must_init(&read, text);
    assert_int_equal(read.alg, key.alg);
    assert_int_equal(csn_key_sign(&read, message, signature, sizeof signature, &signature_len), CSN_OK);
    assert_true(csn_key_verify(&key, message, csn_span_of(signature, signature_len)));
    assert_int_equal(csn_jwk_write_private(&read, again, sizeof again, &again_len), CSN_OK);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, text, len);
    csn_key_wipe(&read);
    csn_key_wipe(&key);
  }
}

/* As the RFCs' own keys are written, each member in its place; and nothing of it where it does not fit. */
static void the_text_is_exact_and_wiped_where_it_does_not_fit(void **state) {
  static const char expected[] =
      "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" ED_X "\"," ED_D ",\"use\":\"sig\",\"alg\":\"EdDSA\"}";
  char out[512], zero[512] = {0};
  size_t len = 0, whole = sizeof expected - 1;
  csn_key key;
  (void)state;
  must_init(&key, ED_PRIVATE);
  for (size_t size = 0; size < whole; size++) {
    memset(out, 'x', sizeof out);
    assert_int_equal(csn_jwk_write_private(&key, out, size, &len), CSN_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(len, whole);
    assert_memory_equal(out, zero, size);
    assert_int_equal(out[size], 'x');
  }
  assert_int_equal(csn_jwk_write_private(&key, out, whole, &len), CSN_OK);
  assert_int_equal(len, whole);
  assert_memory_equal(out, expected, whole);
  csn_key_wipe(&key);
  must_init(&key, A3_PRIVATE);
  assert_int_equal(csn_jwk_write_private(&key, out, sizeof out - 1, &len), CSN_OK);
  out[len] = '\0';
  assert_non_null(strstr(out, ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\",\"use\""));
  csn_key_wipe(&key);
  char large[4096];
  must_init(&key, A2_PRIVATE);
  assert_int_equal(csn_jwk_write_private(&key, large, sizeof large - 1, &len), CSN_OK);
  large[len] = '\0';
  assert_non_null(strstr(large, ",\"d\":\"" A2_D "\"," A2_PRIMES ",\"use\":\"sig\",\"alg\":\"RS256\"}"));
  csn_key_wipe(&key);
}

static void only_what_signs_is_written_so(void **state) {
  csn_key key, zero = {0};
  char out[512];
  size_t len = 1;
  (void)state;
  must_init(&key, ED_JWK);
  assert_false(csn_key_signs(&key));
  assert_int_equal(csn_jwk_write_private(&key, out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(len, 0);
  csn_key_wipe(&key);
  must_init(&key, A1_JWK);
  assert_true(csn_key_signs(&key));
  assert_int_equal(csn_jwk_write_private(&key, out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
  csn_key_wipe(&key);
  assert_false(csn_key_signs(&zero));
}

static void a_set_holds_the_public_parts(void **state) {
  static const uint8_t seed[16] = {1};
  const csn_key_config defaults = {.alg = CSN_ALG_HS256, .uses = CSN_USE_TOKEN};
  static const char *const ids[COUNT(kinds)] = {"a", "b", "c", "d", "e", "f", "g"};
  csn_key keys[COUNT(kinds)], hmac;
  const csn_key *list[COUNT(kinds) + 1];
  char out[8192];
  size_t len = 0;
  csn_keyring *ring = NULL;
  csn_jwks_result result;
  (void)state;
  for (size_t i = 0; i < COUNT(kinds); i++) generate(&keys[i], i, ids[i]);
  for (size_t i = 0; i < COUNT(kinds); i++) list[i] = &keys[i];
  assert_int_equal(csn_jwks_write(list, COUNT(kinds), out, sizeof out, &len), CSN_OK);
  json_t *json = json_loadb(out, len, JSON_REJECT_DUPLICATES, NULL);
  assert_int_equal(json_array_size(json_object_get(json, "keys")), COUNT(kinds));
  json_t *jwk;
  size_t at;
  json_array_foreach(json_object_get(json, "keys"), at, jwk) assert_null(json_object_get(jwk, "d"));
  json_decref(json);
  assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
  assert_int_equal(csn_keyring_add_jwks(ring, csn_span_of(out, len), &defaults, &result), CSN_OK);
  assert_int_equal(result.added, COUNT(kinds));
  csn_keyring_free(ring);
  assert_int_equal(csn_jwks_write(list, COUNT(kinds), out, len - 1, &len), CSN_ERROR_BUFFER_TOO_SMALL);
  must_init(&hmac, A1_JWK);
  list[COUNT(kinds)] = &hmac;
  assert_int_equal(csn_jwks_write(list, COUNT(list), out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_jwks_write(NULL, 0, out, sizeof out, &len), CSN_OK);
  assert_memory_equal(out, "{\"keys\":[]}", 11);
  csn_key_wipe(&hmac);
  for (size_t i = 0; i < COUNT(kinds); i++) csn_key_wipe(&keys[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_of_the_rfcs_sign_as_the_rfcs_say),
      cmocka_unit_test(parts_that_do_not_fit_are_refused),
      cmocka_unit_test(private_parts_have_their_length),
      cmocka_unit_test(errors_have_their_place),
      cmocka_unit_test(ids_uses_and_operations_count),
      cmocka_unit_test(what_is_written_signs_for_the_same_public_key),
      cmocka_unit_test(the_text_is_exact_and_wiped_where_it_does_not_fit),
      cmocka_unit_test(only_what_signs_is_written_so),
      cmocka_unit_test(a_set_holds_the_public_parts),
  };
  pages = guarded_new(16384);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&pages);
  return failed;
}
