/* A token gets the same verdict, to the last byte, with the fast paths and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tokens.h"

#include "../src/fast_path.h"
#include "../src/json_plain.h"
#include "../src/jwt_claims_plain.h"
#include "xorshift.h"

enum { TEXT_ROOM = 2048 };

typedef struct tally {
  size_t plain, accepted, rejected;
  bool reasons[CSN_REASON_COUNT];
} tally;

/* The same token with the fast paths and without. */
static void compare(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token, int64_t now, tally *t) {
  static outcome fast, plain;
  csn_span text = guarded_copy(&token_pages, token);
  memset(&fast, 0xa5, sizeof fast);
  memset(&plain, 0xa5, sizeof plain);
  test_jwt_verify(ring, policy, text, now, &fast.jwt, &fast.verdict);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
  test_jwt_verify(ring, policy, text, now, &plain.jwt, &plain.verdict);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
  if (!csn_accepted(&plain.verdict)) { /* bytes that do not count */
    memset(fast.jwt.claims, 0, sizeof fast.jwt.claims);
    memset(plain.jwt.claims, 0, sizeof plain.jwt.claims);
    memset(fast.verdict.client_id.bytes, 0, sizeof fast.verdict.client_id.bytes);
    memset(plain.verdict.client_id.bytes, 0, sizeof plain.verdict.client_id.bytes);
    memset(fast.verdict.scopes.bytes, 0, sizeof fast.verdict.scopes.bytes);
    memset(plain.verdict.scopes.bytes, 0, sizeof plain.verdict.scopes.bytes);
  }
  if (memcmp(&fast, &plain, sizeof fast) != 0) {
    fail_msg("%s at %zu, %s at %zu: %.*s", csn_reason_label(fast.verdict.reason), fast.verdict.offset,
             csn_reason_label(plain.verdict.reason), plain.verdict.offset, (int)token.len, (const char *)token.ptr);
  }
  csn_accepted(&plain.verdict) ? t->accepted++ : t->rejected++;
  t->reasons[plain.verdict.reason] = true;
}

static const char *pick(const char *const *list, size_t count) {
  return list[below((uint32_t)count)];
}
#define PICK(list) pick(list, sizeof(list) / sizeof((list)[0]))

/* Changes a few bytes, now and then. */
static size_t mutate(char *text, size_t len) {
  static const char bytes[] = "{}[]\",:\\ 019.-etfnaz\x80\xc3\x1f\x7f";
  for (uint32_t turns = below(4) == 0 ? 1 + below(2) : 0; turns > 0 && len > 1; turns--) {
    size_t at = below((uint32_t)len);
    switch (below(3)) {
      case 0:
        text[at] = bytes[below(sizeof bytes - 1)];
        break;
      case 1:
        memmove(text + at, text + at + 1, --len - at);
        break;
      default:
        memmove(text + at + 1, text + at, len++ - at);
        text[at] = bytes[below(sizeof bytes - 1)];
    }
  }
  return len;
}

/* Most of the first `usual` members; now and then fewer, and some of all `count`. */
static size_t make_object(char *text, const char *const *members, size_t usual, size_t count) {
  bool is_odd = below(3) == 0;
  size_t len = 0, odd = is_odd ? 1 + below(2) : 0;
  text[len++] = '{';
  for (size_t i = 0; i < usual + odd; i++) {
    if (i < usual && (is_odd ? below(2) : below(6)) == 0) continue;
    size_t from = i < usual ? i : below((uint32_t)count);
    len += (size_t)sprintf(text + len, "%s%s", len == 1 ? "" : ",", members[from]);
  }
  text[len++] = '}';
  return mutate(text, len);
}

static const char *const some_claims[] = {
    "\"exp\":1700000100",
    "\"nbf\":1699999999",
    "\"iat\":1699999950",
    "\"iss\":\"https://issuer.example\"",
    "\"aud\":\"api\"",
    "\"sub\":\"client-7\"",
    "\"jti\":\"0123456789\"",
    "\"scope\":\"read write\"",
    "\"scp\":\"read\"",
    "\"name\":\"Somebody\"",
    "\"a-long-name-of-a-claim\":12345678901234",
    "\"a-long-name-of-a-clai2\":true",
    "\"nothing\":null",
    "\"exp\":1700000000",
    "\"exp\":1699999999",
    "\"exp\":0",
    "\"exp\":253402300799",
    "\"exp\":253402300800",
    "\"exp\":1700000100.5",
    "\"exp\":17e8",
    "\"exp\":\"1700000100\"",
    "\"nbf\":1700000000",
    "\"nbf\":1700000001",
    "\"nbf\":1700000060",
    "\"iat\":1700000060",
    "\"iat\":1700000061",
    "\"iat\":1699999900",
    "\"iat\":1699999899",
    "\"iat\":1699999960",
    "\"iat\":1699999959",
    "\"iat\":null",
    "\"iss\":\"other\"",
    "\"iss\":\"\"",
    "\"iss\":7",
    "\"aud\":[\"api\"]",
    "\"aud\":[\"x\",\"api2\"]",
    "\"aud\":\"api2\"",
    "\"aud\":[\"x\"]",
    "\"aud\":[\"api\",1]",
    "\"aud\":[\"api\",null]",
    "\"aud\":[]",
    "\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"api\"]",
    "\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"api\"]",
    "\"roles\":[\"a\",\"b\",3,true]",
    "\"sub\":[\"a\"]",
    "\"exp\":[1700000100]",
    "\"aud\":\"x\"",
    "\"sub\":\"\"",
    "\"sub\":\"k\\u0065y\"",
    "\"sub\":\"owner\"",
    "\"sub\":1",
    "\"jti\":1",
    "\"scope\":\"\"",
    "\"scope\":\"read  write\"",
    "\"scope\":\"write\"",
    "\"scope\":3",
    "\"scp\":[\"read\",\"write\"]",
    "\"\\u0065xp\":1700000100",
    "\"name\":\"\xc3\xa9\"",
    "\"nested\":{\"a\":[1,{\"b\":null}]}",
    "\"\":\"\"",
};

static csn_jwt_policy some_policy(void) {
  static const csn_span others[] = {CSN_SPAN_LITERAL("other"), CSN_SPAN_LITERAL("api2")};
  static const csn_span asked[] = {CSN_SPAN_LITERAL("name"), CSN_SPAN_LITERAL("nothing"), CSN_SPAN_LITERAL("sub")};
  csn_jwt_policy policy = default_policy();
  policy.required = below(2) == 0 ? CSN_CLAIM_EXP : below(2) == 0 ? CSN_CLAIM_SUB : below(128);
  policy.leeway = below(3) == 0 ? 60 : 0;
  if (below(2) == 0) policy.issuer = csn_span_str("https://issuer.example");
  if (policy.issuer.len > 0 && below(2) == 0) policy.other_issuers = (csn_span_list){others, 1};
  if (below(8) != 0) policy.audience = csn_span_str("api");
  if (policy.audience.len > 0 && below(2) == 0) policy.other_audiences = (csn_span_list){others + 1, 1};
  if (below(16) == 0) policy.subject = csn_span_str("client-7");
  if (below(4) == 0) policy.max_age = 40;
  if (below(8) == 0) policy.scopes = csn_span_str("read");
  if (below(8) == 0) policy.scope_claim = csn_span_str(below(4) == 0 ? "sub" : "scp");
  if (below(8) == 0) policy.claims = (csn_span_list){asked + below(2), 1 + below(2)};
  return policy;
}

static void claims_get_one_verdict_with_and_without(void **state) {
  enum { COUNT = sizeof some_claims / sizeof some_claims[0] };
  static const char *const owners[] = {"", "", "owner"};
  static const int64_t others[] = {NOW + 1, NOW - 1, 39, 0, -1, INT64_MIN, INT64_MAX};
  tally t = {0};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    csn_keyring *ring = ring_new();
    csn_key_config config = key_config("k1", SECRET_A);
    config.client_id = csn_span_str(owners[i]);
    ring_add(ring, &config);
    for (int turn = 0; turn < 15000; turn++) {
      char text[TEXT_ROOM];
      csn_jwt_policy policy = some_policy();
      size_t len = make_object(text, some_claims, 13, COUNT);
      csn_span claims = csn_span_of(text, len);
      static csn_jwt jwt;
      static csn_verdict verdict;
      csn_key key = {.alg = CSN_ALG_HS256};
      jwt.key = &key;
      t.plain += csn_claims_accept_plain(claims, &policy, NOW, &jwt, &verdict);
      int64_t now = below(8) == 0 ? others[below(7)] : NOW;
      compare(ring, &policy, make_token(csn_span_str(HEADER), claims, SECRET_A), now, &t);
    }
    csn_keyring_free(ring);
  }
  print_message("%zu plain, %zu accepted, %zu rejected\n", t.plain, t.accepted, t.rejected);
  assert_true(t.plain > 3000 && t.accepted > 3000 && t.rejected > 10000);
  assert_true(t.reasons[CSN_REASON_JSON_INVALID] && t.reasons[CSN_REASON_JSON_DUPLICATE]);
  assert_true(t.reasons[CSN_REASON_CLAIM_INVALID] && t.reasons[CSN_REASON_CLAIM_MISSING]);
  assert_true(t.reasons[CSN_REASON_DATE_INVALID] && t.reasons[CSN_REASON_TOKEN_EXPIRED]);
  assert_true(t.reasons[CSN_REASON_TOKEN_NOT_YET_VALID] && t.reasons[CSN_REASON_TOKEN_ISSUED_IN_FUTURE]);
  assert_true(t.reasons[CSN_REASON_TOKEN_TOO_OLD] && t.reasons[CSN_REASON_ISSUER_MISMATCH]);
  assert_true(t.reasons[CSN_REASON_SUBJECT_MISMATCH] && t.reasons[CSN_REASON_AUDIENCE_MISMATCH]);
  assert_true(t.reasons[CSN_REASON_AUDIENCE_UNEXPECTED] && t.reasons[CSN_REASON_SCOPE_MISSING]);
}

/* A header alone: a ring would remember it, and not read it again. */
static void compare_header(csn_span header, const csn_jwt_policy *policy) {
  csn_jose_header fast, plain;
  csn_verdict verdicts[2];
  csn_span text = guarded_copy(&token_pages, header);
  memset(&fast, 0xa5, sizeof fast);
  memset(&plain, 0xa5, sizeof plain);
  memset(verdicts, 0xa5, sizeof verdicts);
  csn_reason got = csn_jose_header_read(text, policy, &fast, &verdicts[0]);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
  csn_reason expected = csn_jose_header_read(text, policy, &plain, &verdicts[1]);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
  assert_int_equal(got, expected);
  assert_memory_equal(&verdicts[0], &verdicts[1], sizeof verdicts[0]);
  if (expected != CSN_REASON_ACCEPTED) return;
  assert_true(fast.alg == plain.alg && fast.has_kid == plain.has_kid);
  assert_true(fast.kid_len == plain.kid_len && fast.kid_offset == plain.kid_offset);
  assert_memory_equal(fast.kid, plain.kid, plain.kid_len);
}

static void headers_get_one_verdict_with_and_without(void **state) {
  static const char *const members[] = {
      "\"alg\":\"HS256\"",    "\"typ\":\"JWT\"",
      "\"kid\":\"k1\"",       "\"alg\":\"HS512\"",
      "\"alg\":\"none\"",     "\"alg\":1",
      "\"typ\":\"at+jwt\"",   "\"typ\":\"application/jwt\"",
      "\"typ\":\"JOSE\"",     "\"typ\":\"\"",
      "\"kid\":\"k2\"",       "\"kid\":\"\"",
      "\"kid\":\"\\u006b1\"", "\"kid\":1",
      "\"cty\":\"JWT\"",      "\"crit\":[\"b64\"]",
      "\"b64\":true",         "\"jku\":\"https://attacker.example\"",
  };
  enum { COUNT = sizeof members / sizeof members[0] };
  static const char *const types[] = {"", "", "JWT", "at+jwt"};
  csn_keyring *ring = ring_of_one();
  tally t = {0};
  (void)state;
  for (int turn = 0; turn < 20000; turn++) {
    char text[TEXT_ROOM];
    csn_jwt_policy policy = default_policy();
    if (below(8) == 0) policy.algorithms = 1u << below(4);
    policy.typ = csn_span_str(PICK(types));
    policy.signature_only = below(8) == 0;
    size_t len = make_object(text, members, 3, COUNT);
    compare_header(csn_span_of(text, len), &policy);
    compare(ring, &policy, make_token(csn_span_of(text, len), csn_span_str(CLAIMS), SECRET_A), NOW, &t);
  }
  print_message("%zu accepted, %zu rejected\n", t.accepted, t.rejected);
  assert_true(t.accepted > 3000 && t.rejected > 3000);
  assert_true(t.reasons[CSN_REASON_ALG_MISSING] && t.reasons[CSN_REASON_ALG_NOT_ALLOWED]);
  assert_true(t.reasons[CSN_REASON_TYP_NOT_ALLOWED] && t.reasons[CSN_REASON_KID_INVALID]);
  assert_true(t.reasons[CSN_REASON_KEY_UNKNOWN] && t.reasons[CSN_REASON_CRIT_UNSUPPORTED]);
  assert_true(t.reasons[CSN_REASON_JSON_DUPLICATE] && t.reasons[CSN_REASON_JSON_INVALID]);
  csn_keyring_free(ring);
}

/* As many names as are taken, and one more; and a name that comes twice among them. */
static void many_names_are_compared_with_each_other(void **state) {
  csn_jwt_policy policy = default_policy();
  csn_keyring *ring = ring_of_one();
  tally t = {0};
  (void)state;
  for (size_t count = 1; count <= CSN_PLAIN_MEMBERS_MAX + 2; count++) {
    for (size_t twice = 0; twice <= count; twice++) {
      char text[TEXT_ROOM];
      int len = sprintf(text, "{\"exp\":1700000100");
      for (size_t i = 0; i < count; i++) len += sprintf(text + len, ",\"name-of-claim-%zu\":1", i);
      if (twice < count) len += sprintf(text + len, ",\"name-of-claim-%zu\":1", twice);
      text[len++] = '}';
      compare(ring, &policy, make_token(csn_span_str(HEADER), csn_span_of(text, (size_t)len), SECRET_A), NOW, &t);
    }
  }
  assert_int_equal(t.accepted, CSN_PLAIN_MEMBERS_MAX + 2);
  assert_true(t.reasons[CSN_REASON_JSON_DUPLICATE]);
  csn_keyring_free(ring);
}

/* Two names of few letters, at the beginning, in the middle and at the end: each letter keeps them apart. */
static void short_names_are_told_from_each_other(void **state) {
  static const char *const forms[] = {
      "{\"%s\":1,\"%s\":1,\"exp\":1700000100}",
      "{\"exp\":1700000100,\"%s\":1,\"another-claim\":\"of some length\",\"%s\":\"\"}",
      "{\"%s\":true,\"exp\":1700000100,\"%s\":1}",
  };
  csn_jwt_policy policy = default_policy();
  csn_key key = {.alg = CSN_ALG_HS256};
  csn_verdict verdict;
  static csn_jwt jwt;
  (void)state;
  jwt.key = &key;
  for (size_t len = 0; len <= 16; len++) { /* the middle of longer ones is not looked at here */
    for (size_t at = 0; at <= len; at++) { /* at len: the same name twice */
      char first[32] = {0}, second[32], text[TEXT_ROOM];
      memset(first, 'x', len);
      memcpy(second, first, sizeof second);
      if (at < len) second[at] = 'y';
      for (size_t form = 0; form < 3; form++) {
        int written = sprintf(text, forms[form], first, second);
        csn_span claims = guarded_copy(&token_pages, csn_span_of(text, (size_t)written));
        assert_int_equal(csn_claims_accept_plain(claims, &policy, NOW, &jwt, &verdict), at < len);
      }
    }
  }
}

/* Which claims need no other reader: else all else here would hold of none, too. */
static void the_usual_claims_are_taken_at_once(void **state) {
  static const struct {
    const char *claims;
    bool taken;
  } rows[] = {
      {"{\"iss\":\"i\",\"aud\":\"api\",\"iat\":1699999999,\"exp\":1700000100,\"scope\":\"read write\"}", true},
      {"{\"exp\":1700000100,\"aud\":[\"other\",\"api\"],\"email_verified\":true,\"roles\":[\"a\",1]}", true},
      {"{\"exp\":1700000100,\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"api\"]}", true},
      {"{\"exp\":1700000100,\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"api\"]}", false},
      {"{\"exp\":1700000100,\"aud\":[\"other\"]}", false},
      {"{\"exp\":1700000100,\"aud\":[\"api\",1]}", false},
      {"{\"exp\":1700000000,\"aud\":\"api\"}", false},
      {"{\"exp\":18446744075409551716,\"aud\":\"api\"}", false}, /* 2^64 more than 1700000100 */
      {"{\"exp\":1700000100,\"aud\":\"api\",\"exp\":1700000100}", false},
      {"{\"exp\":1700000100,\"aud\":\"api\",\"a\":1,\"a\":1}", false},
      {"{\"exp\":1700000100,\"aud\":\"api\",\"a\":\"\\n\"}", false},
  };
  csn_jwt_policy policy = default_policy();
  csn_key key = {.alg = CSN_ALG_HS256};
  csn_verdict verdict;
  static csn_jwt jwt;
  (void)state;
  policy.audience = csn_span_str("api");
  jwt.key = &key;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_span claims = guarded_copy(&token_pages, csn_span_str(rows[i].claims));
    bool taken = csn_claims_accept_plain(claims, &policy, NOW, &jwt, &verdict);
    if (taken != rows[i].taken) fail_msg("%s", rows[i].claims);
    csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
    assert_false(csn_claims_accept_plain(claims, &policy, NOW, &jwt, &verdict));
    csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_usual_claims_are_taken_at_once),
      cmocka_unit_test(claims_get_one_verdict_with_and_without),
      cmocka_unit_test(headers_get_one_verdict_with_and_without),
      cmocka_unit_test(short_names_are_told_from_each_other),
      cmocka_unit_test(many_names_are_compared_with_each_other),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
