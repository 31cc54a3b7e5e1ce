/* The claims of a token as typed values, against what another reader of JSON makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <countersign/claims.h>
#include <jansson.h>

#include "tokens.h"

static csn_jwt jwt;

/* Verifies a token with these claims into `jwt`, as a caller would. */
static void take_claims(const char *claims) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  policy.required = 0;
  policy.audience = strstr(claims, "\"aud\"") != NULL ? csn_span_str("api") : policy.audience;
  csn_verdict verdict;
  test_jwt_verify(ring, &policy, token_of(HEADER, claims), NOW, &jwt, &verdict);
  if (!csn_accepted(&verdict)) fail_msg("%s: %s", claims, csn_reason_label(verdict.reason));
  csn_keyring_free(ring);
}

static void assert_text(csn_span got, const char *expected) {
  if (csn_span_equal(got, csn_span_str(expected))) return;
  fail_msg("\"%.*s\" is not \"%s\"", (int)got.len, (const char *)got.ptr, expected);
}

typedef struct typed_row {
  const char *value;
  csn_value_type type;
  int64_t integer;
  const char *text; /* of a string, decoded; else NULL */
} typed_row;

static const typed_row typed_rows[] = {
    {"null", CSN_VALUE_NULL, 0, NULL},
    {"true", CSN_VALUE_BOOL, 0, NULL},
    {"false", CSN_VALUE_BOOL, 0, NULL},
    {"0", CSN_VALUE_INTEGER, 0, NULL},
    {"-0", CSN_VALUE_INTEGER, 0, NULL},
    {"-7", CSN_VALUE_INTEGER, -7, NULL},
    {"9223372036854775807", CSN_VALUE_INTEGER, INT64_MAX, NULL},
    {"-9223372036854775808", CSN_VALUE_INTEGER, INT64_MIN, NULL},
    {"9223372036854775808", CSN_VALUE_NUMBER, 0, NULL},
    {"-9223372036854775809", CSN_VALUE_NUMBER, 0, NULL},
    {"1.0", CSN_VALUE_NUMBER, 0, NULL},
    {"1e3", CSN_VALUE_NUMBER, 0, NULL},
    {"\"\"", CSN_VALUE_STRING, 0, ""},
    {"\"text\"", CSN_VALUE_STRING, 0, "text"},
    {"\"a\\\"b\\\\\"", CSN_VALUE_STRING, 0, "a\"b\\"},
    {"\"\\u00e9\\ud83d\\ude00\\/\"", CSN_VALUE_STRING, 0, "\xc3\xa9\xf0\x9f\x98\x80/"},
    {"\"}],{[\"", CSN_VALUE_STRING, 0, "}],{["},
    {"[]", CSN_VALUE_ARRAY, 0, NULL},
    {"{ }", CSN_VALUE_OBJECT, 0, NULL},
    {"[ \"]\" , {\"}\":\"\\\"]\"} ]", CSN_VALUE_ARRAY, 0, NULL},
    {"{\"a\":[{\"b\":[1,2]}],\"c\":\"\\\\\"}", CSN_VALUE_OBJECT, 0, NULL},
};

static void check_typed(const csn_claim *claim, const typed_row *row) {
  uint8_t out[64];
  size_t len = 0;
  assert_int_equal(claim->type, row->type);
  if (row->type != CSN_VALUE_STRING) assert_text(claim->text, row->value);
  if (row->type == CSN_VALUE_BOOL) assert_int_equal(claim->boolean, row->value[0] == 't');
  if (row->type == CSN_VALUE_INTEGER) assert_int_equal(claim->integer, row->integer);
  bool copied = csn_claim_copy(claim, out, sizeof out, &len);
  assert_int_equal(copied, row->text != NULL);
  if (!copied) return;
  assert_text(csn_span_of(out, len), row->text);
  assert_true(csn_claim_is(claim, csn_span_str(row->text)));
  assert_false(csn_claim_is(claim, csn_span_str("another")));
  if (len > 0) assert_false(csn_claim_copy(claim, out, len - 1, &len));
}

/* Each alone, and between others. */
static void values_have_their_types(void **state) {
  static const char *const frames[] = {"{\"x\":%s}", " { \"y\" : [ 1 ] ,\n\"x\"\t: %s , \"z\" : {\"x\":1} } ",
                                       "{\"y\":\"x\",\"\\u0078\":%s,\"z\":\"}\"}"};
  char claims[512];
  (void)state;
  for (size_t i = 0; i < 3 * sizeof typed_rows / sizeof typed_rows[0]; i++) {
    csn_claim claim;
    snprintf(claims, sizeof claims, "%s", frames[i % 3]);
    char *at = strstr(claims, "%s");
    char rest[256];
    strcpy(rest, at + 2);
    strcpy(stpcpy(at, typed_rows[i / 3].value), rest);
    take_claims(claims);
    assert_true(csn_claims_find(&jwt, csn_span_str("x"), &claim));
    check_typed(&claim, &typed_rows[i / 3]);
  }
}

static void claims_that_are_not_there_are_absent(void **state) {
  csn_claim claim;
  (void)state;
  take_claims("{\"ab\":1,\"n\":{\"x\":2}}");
  static const char *const names[] = {"", "a", "abc", "AB", "x", "\"ab\""};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    memset(&claim, 0xa5, sizeof claim);
    assert_false(csn_claims_find(&jwt, csn_span_str(names[i]), &claim));
    assert_int_equal(claim.type, CSN_VALUE_ABSENT);
  }
  take_claims("{}");
  csn_claims walk = csn_claims_of(&jwt);
  assert_false(csn_claims_next(&walk, &claim));
  assert_false(csn_claims_next(&walk, &claim));
}

static void walks_go_inside(void **state) {
  csn_claim claim, inner;
  (void)state;
  take_claims("{\"roles\":[ \"a\" , {\"b\":[true]} , 3 ],\"s\":\"[1]\"}");
  assert_true(csn_claims_find(&jwt, csn_span_str("roles"), &claim));
  csn_claims walk = csn_claims_inside(&claim);
  assert_true(csn_claims_next(&walk, &claim) && csn_claim_is(&claim, csn_span_str("a")) && claim.name.len == 0);
  assert_true(csn_claims_next(&walk, &claim) && claim.type == CSN_VALUE_OBJECT);
  csn_claims deeper = csn_claims_inside(&claim);
  assert_true(csn_claims_next(&deeper, &inner) && inner.type == CSN_VALUE_ARRAY);
  assert_text(inner.name, "b");
  assert_false(csn_claims_next(&deeper, &inner));
  assert_true(csn_claims_next(&walk, &claim) && claim.integer == 3);
  assert_false(csn_claims_next(&walk, &claim));
  /* A string that looks like an array is none. */
  assert_true(csn_claims_find(&jwt, csn_span_str("s"), &claim));
  walk = csn_claims_inside(&claim);
  assert_false(csn_claims_next(&walk, &claim));
}

static void registered_claims_are_given_at_once(void **state) {
  csn_registered_claims all;
  (void)state;
  take_claims(
      "{\"iss\":\"i\",\"sub\":\"s\\u0073\",\"aud\":[\"x\",\"api\"],\"jti\":\"j\",\"scope\":\"a "
      "b\",\"exp\":1700000100.5,"
      "\"nbf\":1699999999.5,\"iat\":1600000000,\"more\":{\"iss\":\"other\"}}");
  csn_claims_registered(&jwt, &all);
  assert_true(csn_claim_is(&all.iss, csn_span_str("i")));
  assert_true(csn_claim_is(&all.sub, csn_span_str("ss")));
  assert_int_equal(all.aud.type, CSN_VALUE_ARRAY);
  assert_true(csn_claim_is(&all.jti, csn_span_str("j")));
  assert_true(csn_claim_is(&all.scope, csn_span_str("a b")));
  assert_int_equal(all.exp, 1700000101);
  assert_int_equal(all.nbf, 1700000000);
  assert_int_equal(all.iat, 1600000000);
  take_claims("{}");
  memset(&all, 0xa5, sizeof all);
  csn_claims_registered(&jwt, &all);
  assert_int_equal(all.iss.type | all.sub.type | all.aud.type | all.jti.type | all.scope.type, CSN_VALUE_ABSENT);
  assert_true(all.exp == -1 && all.nbf == -1 && all.iat == -1);
}

static void a_rejected_token_has_no_claims(void **state) {
  csn_keyring *ring = ring_of_one();
  csn_jwt_policy policy = default_policy();
  csn_verdict verdict;
  csn_claim claim;
  (void)state;
  test_jwt_verify(ring, &policy, token_of(HEADER, "{\"sub\":\"s\",\"exp\":1}"), NOW, &jwt, &verdict);
  assert_int_equal(verdict.reason, CSN_REASON_TOKEN_EXPIRED);
  assert_false(csn_claims_find(&jwt, csn_span_str("sub"), &claim));
  assert_int_equal(jwt.expires_at, -1);
  csn_keyring_free(ring);
}

/* ---- against jansson ---- */

typedef struct maker {
  char text[4096];
  size_t len;
  uint64_t random;
} maker;

static unsigned draw(maker *m, unsigned below) {
  m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)(m->random >> 33) % below;
}

static void put(maker *m, const char *text) {
  size_t len = strlen(text);
  memcpy(m->text + m->len, text, len);
  m->len += len;
}

static void put_space(maker *m) {
  static const char *const spaces[] = {"", "", "", " ", "\n", "\t \r\n"};
  put(m, spaces[draw(m, 6)]);
}

static void put_string(maker *m, unsigned unique) {
  static const char *const parts[] = {"a", "\\\"", "\\\\",         "\\u00e9",        "{", "]",
                                      ",", ":",    "\xe6\x9d\xb1", "\\ud83d\\ude00", " "};
  char number[16];
  put(m, "\"");
  for (unsigned n = draw(m, 5); n > 0; n--) put(m, parts[draw(m, 11)]);
  snprintf(number, sizeof number, "%u", unique);
  put(m, unique == 0 ? "" : number);
  put(m, "\"");
}

static void put_value(maker *m, unsigned depth) {
  static const char *const plain[] = {"null", "true", "false", "0", "-12", "1.5e3", "1700000000", "\"x\""};
  unsigned kind = depth < 4 ? draw(m, 12) : draw(m, 9);
  if (kind < 8) put(m, plain[kind]);
  if (kind == 8) put_string(m, 0);
  if (kind < 9) return;
  bool object = kind > 9;
  put(m, object ? "{" : "[");
  for (unsigned n = draw(m, 4), i = 1; i <= n; i++) {
    if (i > 1) put(m, ",");
    put_space(m);
    if (object) put_string(m, i);
    if (object) put_space(m), put(m, ":");
    put_space(m);
    put_value(m, depth + 1);
    put_space(m);
  }
  put(m, object ? "}" : "]");
}

static size_t compared;
static void compare(const csn_claim *claim, const json_t *value);

static void compare_inside(csn_claims walk, const json_t *value) {
  csn_claim claim;
  size_t count = 0, len = 0;
  while (csn_claims_next(&walk, &claim)) {
    uint8_t name[512];
    const json_t *inner = json_array_get(value, count++);
    if (json_is_object(value)) {
      assert_true(csn_claim_copy_name(&claim, name, sizeof name - 1, &len));
      name[len] = '\0';
      inner = json_object_get(value, (const char *)name);
    }
    assert_non_null(inner);
    compare(&claim, inner);
  }
  assert_int_equal(count, json_is_object(value) ? json_object_size(value) : json_array_size(value));
}

static void compare(const csn_claim *claim, const json_t *value) {
  static const csn_value_type types[] = {
      [JSON_OBJECT] = CSN_VALUE_OBJECT,   [JSON_ARRAY] = CSN_VALUE_ARRAY, [JSON_STRING] = CSN_VALUE_STRING,
      [JSON_INTEGER] = CSN_VALUE_INTEGER, [JSON_REAL] = CSN_VALUE_NUMBER, [JSON_TRUE] = CSN_VALUE_BOOL,
      [JSON_FALSE] = CSN_VALUE_BOOL,      [JSON_NULL] = CSN_VALUE_NULL};
  compared++;
  assert_int_equal(claim->type, types[json_typeof(value)]);
  if (json_is_integer(value)) assert_int_equal(claim->integer, json_integer_value(value));
  if (json_is_boolean(value)) assert_int_equal(claim->boolean, json_is_true(value));
  if (json_is_string(value)) {
    assert_true(csn_claim_is(claim, csn_span_of(json_string_value(value), json_string_length(value))));
  }
  compare_inside(csn_claims_inside(claim), value);
}

static void claims_are_what_jansson_reads(void **state) {
  static maker m;
  (void)state;
  m.random = 1;
  while (compared < 100000) {
    m.len = 0;
    do {
      m.len = 0;
      put_space(&m);
      put_value(&m, 0);
    } while (m.text[strspn(m.text, " \n\t\r")] != '{');
    json_error_t error;
    json_t *expected = json_loadb(m.text, m.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(expected);
    memcpy(jwt.claims, m.text, m.len);
    jwt.claims_len = m.len;
    compare_inside(csn_claims_of(&jwt), expected);
    json_decref(expected);
  }
}

/* Whatever the bytes are, no walk leaves them or goes on for ever. */
static void walks_stay_inside_of_any_bytes(void **state) {
  static maker m;
  guarded pages = guarded_new(sizeof m.text);
  (void)state;
  m.random = 2;
  for (int i = 0; i < 20000; i++) {
    csn_claim claim, value = {.type = CSN_VALUE_OBJECT};
    m.len = 0;
    put_value(&m, 0);
    for (unsigned n = draw(&m, 4); n > 0; n--) m.text[draw(&m, (unsigned)m.len)] ^= (char)(1u << draw(&m, 7));
    value.text = guarded_copy(&pages, csn_span_of(m.text, draw(&m, (unsigned)m.len + 1)));
    csn_claims walk = csn_claims_inside(&value);
    size_t count = 0;
    while (csn_claims_next(&walk, &claim)) assert_true(++count <= m.len);
  }
  guarded_free(&pages);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_have_their_types),
      cmocka_unit_test(claims_that_are_not_there_are_absent),
      cmocka_unit_test(walks_go_inside),
      cmocka_unit_test(registered_claims_are_given_at_once),
      cmocka_unit_test(a_rejected_token_has_no_claims),
      cmocka_unit_test(claims_are_what_jansson_reads),
      cmocka_unit_test(walks_stay_inside_of_any_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
