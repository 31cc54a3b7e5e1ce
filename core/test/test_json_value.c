/* What the nodes of a JSON text say: members, strings, numbers, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../src/json.h"
#include "guarded.h"

enum { NODES = 64, TEXT_MAX = 1 << 12 };

#define T(text) CSN_SPAN_LITERAL(text)

static guarded input;
static csn_json_node nodes[NODES];

static csn_json must_read(const char *text) {
  csn_json json;
  size_t offset;
  assert_int_equal(csn_json_read(guarded_copy(&input, csn_span_str(text)), nodes, NODES, &json, &offset),
                   CSN_REASON_ACCEPTED);
  return json;
}

static void nodes_lie_as_the_text_does(void **state) {
  typedef struct expected {
    csn_json_type type;
    const char *raw;
    uint32_t next;
    uint16_t children;
    uint8_t escaped;
  } expected;
  static const expected rows[] = {
      {CSN_JSON_OBJECT, "{\"a\": [ 1.5e2 , true,null ], \"b\\n\":{}, \"\":\"x\\ty\",\"c\":false}", 13, 4, 0},
      {CSN_JSON_STRING, "a", 2, 0, 0},
      {CSN_JSON_ARRAY, "[ 1.5e2 , true,null ]", 6, 3, 0},
      {CSN_JSON_NUMBER, "1.5e2", 4, 0, 0},
      {CSN_JSON_TRUE, "true", 5, 0, 0},
      {CSN_JSON_NULL, "null", 6, 0, 0},
      {CSN_JSON_STRING, "b\\n", 7, 0, 1},
      {CSN_JSON_OBJECT, "{}", 8, 0, 0},
      {CSN_JSON_STRING, "", 9, 0, 0},
      {CSN_JSON_STRING, "x\\ty", 10, 0, 1},
      {CSN_JSON_STRING, "c", 11, 0, 0},
      {CSN_JSON_FALSE, "false", 12, 0, 0},
  };
  csn_json json = must_read(" {\"a\": [ 1.5e2 , true,null ], \"b\\n\":{}, \"\":\"x\\ty\",\"c\":false} ");
  (void)state;
  assert_int_equal(json.count, sizeof rows / sizeof rows[0]);
  for (uint32_t i = 0; i < json.count; i++) {
    assert_int_equal(csn_json_type_of(&json, i), rows[i].type);
    assert_true(csn_span_equal(csn_json_raw(&json, i), csn_span_str(rows[i].raw)));
    assert_int_equal(json.nodes[i].next, i == 0 ? json.count : rows[i].next);
    assert_int_equal(json.nodes[i].children, rows[i].children);
    assert_int_equal(json.nodes[i].escaped, rows[i].escaped);
  }
}

static void members_are_found_by_their_decoded_name(void **state) {
  csn_json json =
      must_read("{\"x\":{\"alg\":0},\"\\u0061l\\u0067\":1,\"al\":2,\"typ\":\"alg\",\"\\ud83d\\ude00\":3,\"\":4}");
  (void)state;
  uint32_t alg = csn_json_member(&json, 0, csn_span_str("alg"));
  assert_true(csn_span_equal(csn_json_raw(&json, alg), csn_span_str("1")));
  assert_true(csn_span_equal(csn_json_raw(&json, csn_json_member(&json, 0, csn_span_str("al"))), csn_span_str("2")));
  assert_true(csn_span_equal(csn_json_raw(&json, csn_json_member(&json, 0, csn_span_str("\xf0\x9f\x98\x80"))),
                             csn_span_str("3")));
  assert_true(csn_span_equal(csn_json_raw(&json, csn_json_member(&json, 0, csn_span_of(NULL, 0))), csn_span_str("4")));
  uint32_t x = csn_json_member(&json, 0, csn_span_str("x"));
  assert_true(csn_span_equal(csn_json_raw(&json, csn_json_member(&json, x, csn_span_str("alg"))), csn_span_str("0")));
  assert_int_equal(csn_json_member(&json, 0, csn_span_str("algo")), 0);
  assert_int_equal(csn_json_member(&json, 0, csn_span_str("Alg")), 0);
  assert_int_equal(csn_json_member(&json, x, csn_span_str("typ")), 0);
  assert_int_equal(csn_json_member(&json, alg, csn_span_str("alg")), 0);
  assert_int_equal(csn_json_member(&json, 10000, csn_span_str("alg")), 0);
}

typedef struct decoded_row {
  const char *json;
  csn_span decoded;
} decoded_row;

static const decoded_row decoded_rows[] = {
    {"\"\"", T("")},
    {"\"plain\"", T("plain")},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", T("\"\\/\b\f\n\r\t")},
    {"\"\\u0041\\u007f\\u0080\\u07ff\\u0800\\uffff\"", T("A\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
    {"\"\\ud800\\udc00\\uDBFF\\uDFFF!\"", T("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf!")},
    {"\"\xe2\x82\xac\\u20AC\"", T("\xe2\x82\xac\xe2\x82\xac")},
    {"\"a\\u0001b\"", T("a\x01"
                        "b")},
};

static void members_are_found_at_once_as_they_are_one_by_one(void **state) {
  static const csn_span names[] = {CSN_SPAN_LITERAL("d"),  CSN_SPAN_LITERAL("bb"),  CSN_SPAN_LITERAL("absent"),
                                   CSN_SPAN_LITERAL(""),   CSN_SPAN_LITERAL("bc"),  CSN_SPAN_LITERAL("a"),
                                   CSN_SPAN_LITERAL("bb"), CSN_SPAN_LITERAL("A\n"), {NULL, 0}};
  enum { COUNT = sizeof names / sizeof names[0] };
  static const char *const texts[] = {
      "{\"a\":1,\"bb\":[2,{\"d\":0}],\"bc\":{\"a\":0,\"d\":0},\"\":\"a\",\"d\":null,\"e\":\"absent\"}",
      "{\"\\u0041\\n\":1,\"\\u0062b\":2,\"b\\u0063\":3,\"\\u0061\":4}", "{}", "[\"a\",1]", "\"a\""};
  size_t found = 0;
  (void)state;
  for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
    csn_json json = must_read(texts[t]);
    for (uint32_t object = 0; object <= json.count; object++) {
      uint32_t values[COUNT + 1];
      memset(values, 0xff, sizeof values);
      csn_json_members(&json, object, names, COUNT, values);
      for (size_t i = 0; i < COUNT; i++) assert_int_equal(values[i], csn_json_member(&json, object, names[i]));
      for (size_t i = 0; i < COUNT; i++) found += values[i] != 0;
      assert_int_equal(values[COUNT], UINT32_MAX);
    }
  }
  assert_int_equal(found, 7 + 3 + 5);
}

static void strings_are_decoded(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof decoded_rows / sizeof decoded_rows[0]; i++) {
    csn_span expected = decoded_rows[i].decoded;
    csn_json json = must_read(decoded_rows[i].json);
    uint8_t out[64];
    size_t len = 0;
    assert_true(csn_json_string_copy(&json, 0, out, expected.len, &len));
    assert_true(csn_span_equal(csn_span_of(out, len), expected));
    assert_true(csn_json_string_equals(&json, 0, expected));
    assert_false(csn_json_string_equals(&json, 0, csn_span_str("something else")));
    if (expected.len == 0) continue;
    assert_false(csn_json_string_copy(&json, 0, out, expected.len - 1, &len));
    assert_false(csn_json_string_equals(&json, 0, csn_span_of(expected.ptr, expected.len - 1)));
    assert_true(expected.len <= nodes[0].len);
  }
}

static void only_strings_are_strings(void **state) {
  csn_json json = must_read("[1,null,[\"a\"],\"a\"]");
  uint8_t out[8];
  size_t len;
  (void)state;
  for (uint32_t node = 0; node < 4; node++) {
    assert_false(csn_json_string_equals(&json, node, csn_span_str("a")));
    assert_false(csn_json_string_copy(&json, node, out, sizeof out, &len));
  }
  assert_true(csn_json_string_equals(&json, 4, csn_span_str("a")));
  assert_false(csn_json_string_equals(&json, (uint32_t)json.count, csn_span_str("a")));
}

/* ---- numbers ---- */

typedef struct number_row {
  const char *text;
  bool ok;
  int64_t value;
} number_row;

static void whole_numbers(void **state) {
  static const number_row rows[] = {
      {"0", true, 0},
      {"-0", true, 0},
      {"1", true, 1},
      {"-1", true, -1},
      {"9223372036854775807", true, INT64_MAX},
      {"-9223372036854775808", true, INT64_MIN},
      {"9223372036854775808", false, 0},
      {"-9223372036854775809", false, 0},
      {"99999999999999999999999999", false, 0},
      {"1.0", false, 0},
      {"1e3", false, 0},
      {"\"1\"", false, 0},
      {"null", false, 0},
      {"[1]", false, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_json json = must_read(rows[i].text);
    int64_t value = 4711;
    bool ok = csn_json_int64(&json, 0, &value);
    if (ok != rows[i].ok || (ok && value != rows[i].value)) fail_msg("%s: %d %lld", rows[i].text, ok, (long long)value);
  }
}

static void numeric_dates_are_exact_and_rounded_up(void **state) {
  static const number_row rows[] = {
      {"0", true, 0},
      {"0.0", true, 0},
      {"0e400", true, 0},
      {"0.000e-99", true, 0},
      {"1", true, 1},
      {"1000000000", true, 1000000000},
      {"1e9", true, 1000000000},
      {"1E9", true, 1000000000},
      {"1E+9", true, 1000000000},
      {"1.0e9", true, 1000000000},
      {"1.000e009", true, 1000000000},
      {"10000000000e-1", true, 1000000000},
      {"0.0001e13", true, 1000000000},
      {"1000000000.0", true, 1000000000},
      {"1000000000.5", true, 1000000001},
      {"1000000000.000000000000000000000000000000000000000000000000001", true, 1000000001},
      {"999999999.999999999999999999999999999999999999999999999999999", true, 1000000000},
      {"1.5", true, 2},
      {"15e-1", true, 2},
      {"20e-1", true, 2},
      {"0.5", true, 1},
      {"1e-5", true, 1},
      {"1e-999999999999", true, 1},
      {"0.00000000000000000000000000000000000000001", true, 1},
      {"0.10e1", true, 1},
      {"0.01e2", true, 1},
      {"0.011e2", true, 2},
      {"253402300799", true, INT64_C(253402300799)},
      {"253402300798.5", true, INT64_C(253402300799)},
      {"2.53402300799e11", true, INT64_C(253402300799)},
      {"253402300799.5", false, 0},
      {"253402300800", false, 0},
      {"999999999999", false, 0},
      {"1e12", false, 0},
      {"1e400", false, 0},
      {"1e99999999999999999999", false, 0},
      {"0.1e100001", false, 0},
      {"9223372036854775807", false, 0},
      {"9223372036854775808", false, 0},
      {"18446744073709551617", false, 0},
      {"123456789012345678901234567890123456789012345678901234567890", false, 0},
      {"-0", false, 0},
      {"-0.0", false, 0},
      {"-1", false, 0},
      {"-1e9", false, 0},
      {"\"1000000000\"", false, 0},
      {"null", false, 0},
      {"true", false, 0},
      {"[1]", false, 0},
      {"{}", false, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_json json = must_read(rows[i].text);
    int64_t value = 4711;
    bool ok = csn_json_numeric_date(&json, 0, &value);
    if (ok != rows[i].ok || (ok && value != rows[i].value)) fail_msg("%s: %d %lld", rows[i].text, ok, (long long)value);
  }
}

/* A whole number is read in a way of its own: it is the date that it is with a fraction or an exponent that say
 * nothing, which are read in the long way. Each number of digits, from its least to its greatest. */
static void whole_dates_are_the_same_dates_with_a_point(void **state) {
  static const char *const tails[] = {".0", "e0", ".00e+0"};
  uint64_t random = 1;
  (void)state;
  for (size_t i = 0; i < 100000; i++) {
    char text[48];
    size_t digits = 1 + i % 20;
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    (void)snprintf(text, sizeof text, "%09u%011llu", (unsigned)(random >> 35), (unsigned long long)random >> 28);
    if (i < 40) memset(text, i < 20 ? '0' : '9', digits);
    if (digits > 1 && text[0] == '0') text[0] = '1';
    text[digits] = '\0';
    for (size_t tail = 0; tail < 3; tail++) {
      char longer[48];
      int64_t whole = -1, same = -1, down = -1;
      (void)snprintf(longer, sizeof longer, "%s%s", text, tails[tail]);
      csn_json json = must_read(text);
      bool is_date = csn_json_numeric_date(&json, 0, &whole), is_down = csn_json_numeric_date_down(&json, 0, &down);
      json = must_read(longer);
      bool is_same = csn_json_numeric_date(&json, 0, &same);
      if (is_date != is_same || is_down != is_date || whole != same || down != whole) fail_msg("%s, %s", text, longer);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_lie_as_the_text_does),
      cmocka_unit_test(members_are_found_by_their_decoded_name),
      cmocka_unit_test(members_are_found_at_once_as_they_are_one_by_one),
      cmocka_unit_test(strings_are_decoded),
      cmocka_unit_test(only_strings_are_strings),
      cmocka_unit_test(whole_numbers),
      cmocka_unit_test(numeric_dates_are_exact_and_rounded_up),
      cmocka_unit_test(whole_dates_are_the_same_dates_with_a_point),
  };
  input = guarded_new(TEXT_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&input);
  return failed;
}
