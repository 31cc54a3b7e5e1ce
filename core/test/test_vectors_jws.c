/* The cases of corpus/vectors/jws/: the published examples of JSON Web Signatures, whose payloads are any bytes. */
#include <countersign/jwt.h>

#include "../../tools/command.h"
#include "support.h"
#include "vectors.h"

enum { CASES_MIN = 27, ACCEPTED_MIN = 9, VERDICT_LINE_MAX = 2048 };

typedef struct jws_case {
  char folder[VECTOR_PATH_MAX];
  csn_file token_file, canonical, verdict_line, jwks;
  json_t *about;
  csn_keyring *ring;
  csn_jwt_policy policy;
  csn_span token; /* mutable: the file's bytes without the line feed */
} jws_case;

typedef struct tally {
  size_t cases, accepted, flips, failures;
} tally;

static void fail_case(tally *t, const jws_case *c, const char *what) {
  print_error("%s: %s\n", c->folder, what);
  t->failures++;
}

/* A key that names no algorithm has the case's first. */
static bool read_algorithms(jws_case *c, csn_alg *first) {
  json_t *names = json_object_get(c->about, "algorithms"), *name;
  size_t i;
  *first = CSN_ALG_NONE;
  json_array_foreach(names, i, name) {
    csn_alg alg = csn_alg_from_name(csn_span_of(json_string_value(name), json_string_length(name)));
    if (i == 0) *first = alg;
    if (alg == CSN_ALG_NONE) return false;
    c->policy.algorithms |= 1u << alg;
  }
  return *first != CSN_ALG_NONE;
}

static bool read_keys(jws_case *c, csn_alg first) {
  csn_key_config defaults = CSN_KEY_CONFIG_DEFAULT;
  csn_jwks_result result;
  defaults.uses = CSN_USE_TOKEN;
  defaults.alg = first;
  c->ring = test_keyring_new();
  bool good = csn_keyring_add_jwks(c->ring, csn_file_span(&c->jwks), &defaults, &result) == CSN_OK;
  return good && result.added == 1;
}

static bool jws_load(jws_case *c, const char *name) {
  csn_alg first;
  memset(c, 0, sizeof *c);
  c->policy.signature_only = true;
  snprintf(c->folder, sizeof c->folder, VECTORS_ROOT "/" VECTORS_JWS "/%.300s", name);
  bool read =
      vector_file(&c->token_file, c->folder, "token.txt") && vector_file(&c->canonical, c->folder, "canonical.bin") &&
      vector_file(&c->verdict_line, c->folder, "verdict.jsonl") && vector_file(&c->jwks, c->folder, "jwks.json");
  c->about = vector_json(c->folder, "case.json");
  c->token = csn_file_span(&c->token_file);
  if (!read || c->token.len == 0 || c->token.ptr[--c->token.len] != '\n') return false;
  return read_algorithms(c, &first) && read_keys(c, first);
}

static void jws_free(jws_case *c) {
  csn_file *files[] = {&c->token_file, &c->canonical, &c->verdict_line, &c->jwks};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) csn_file_free(files[i]);
  json_decref(c->about);
  csn_keyring_free(c->ring);
}

static csn_verdict verify(const jws_case *c) {
  static csn_jwt jwt;
  csn_verdict verdict;
  memset(&verdict, 0xa5, sizeof verdict);
  test_jwt_verify(c->ring, &c->policy, c->token, 0, &jwt, &verdict);
  return verdict;
}

static void check_verdict(const jws_case *c, const csn_verdict *verdict, tally *t) {
  uint8_t bytes[VERDICT_LINE_MAX];
  csn_json_out out;
  csn_json_out_init(&out, -1, bytes, sizeof bytes);
  csn_verdict_line(&out, csn_span_str("1"), verdict);
  json_t *got = json_loadb((const char *)bytes, out.len, 0, NULL);
  json_t *expected = json_loadb((const char *)c->verdict_line.bytes, c->verdict_line.len, 0, NULL);
  if (got == NULL || expected == NULL || !json_equal(got, expected)) {
    fail_case(t, c, "another verdict than expected");
    print_error("  got %.*s", (int)out.len, (const char *)bytes);
  }
  json_decref(got);
  json_decref(expected);
}

/* Every bit of what is signed, and of the signature. */
static void flip_all(const jws_case *c, tally *t) {
  uint8_t *token = (uint8_t *)(uintptr_t)c->token.ptr;
  for (size_t i = 0; i < c->token.len; i++) {
    for (unsigned shift = 0; shift < 8; shift++) {
      token[i] ^= (uint8_t)(1u << shift);
      csn_reason reason = verify(c).reason;
      token[i] ^= (uint8_t)(1u << shift);
      t->flips++;
      if (reason == CSN_REASON_ACCEPTED || reason == CSN_REASON_UNDECIDED) fail_case(t, c, "a bit does not count");
    }
  }
}

static void check_case(const jws_case *c, tally *t) {
  csn_verdict verdict = verify(c);
  csn_span canonical = csn_file_span(&c->canonical);
  check_verdict(c, &verdict, t);
  bool pinned = c->token.len > canonical.len && c->token.ptr[canonical.len] == '.' &&
                memchr(c->token.ptr + canonical.len + 1, '.', c->token.len - canonical.len - 1) == NULL &&
                csn_span_equal(csn_span_of(c->token.ptr, canonical.len), canonical);
  if (!pinned) fail_case(t, c, "canonical.bin");
  t->cases++;
  if (!csn_accepted(&verdict)) return;
  t->accepted++;
  flip_all(c, t);
  if (verify(c).reason != CSN_REASON_ACCEPTED) fail_case(t, c, "flipped back, it is rejected");
}

static void published_examples_verify_and_no_bit_of_them_may_differ(void **state) {
  struct dirent **cases = NULL;
  tally t = {0};
  (void)state;
  int count = scandir(VECTORS_ROOT "/" VECTORS_JWS, &cases, vector_is_folder, alphasort);
  for (int i = 0; i < count; i++) {
    jws_case c;
    if (jws_load(&c, cases[i]->d_name)) {
      check_case(&c, &t);
    } else {
      fail_case(&t, &c, "not a case");
    }
    jws_free(&c);
    free(cases[i]);
  }
  free(cases);
  print_message("%zu cases, %zu accepted, %zu bits flipped\n", t.cases, t.accepted, t.flips);
  assert_int_equal(t.failures, 0);
  assert_true(t.cases >= CASES_MIN && t.accepted >= ACCEPTED_MIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_examples_verify_and_no_bit_of_them_may_differ),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
