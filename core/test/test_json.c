/* The strict JSON reader, by classes in the way of the JSONTestSuite: what RFC 8259 wants read, what it wants refused,
 * and what it leaves open and is refused here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../src/json.h"
#include "../src/json_string.h"
#include "guarded.h"

enum { NODES = 4096, TEXT_MAX = 1 << 17 };

#define Y CSN_REASON_ACCEPTED
#define INVALID CSN_REASON_JSON_INVALID
#define LIMIT CSN_REASON_JSON_LIMIT
#define DUPLICATE CSN_REASON_JSON_DUPLICATE
#define T(text) CSN_SPAN_LITERAL(text)

static guarded input;
static csn_json_node nodes[NODES];

typedef struct row {
  csn_span text;
  csn_reason reason;
  size_t offset;
} row;

static csn_reason read_text(csn_span text, csn_json *json, size_t *offset) {
  return csn_json_read(guarded_copy(&input, text), nodes, NODES, json, offset);
}

static void check_rows(const row *rows, size_t count) {
  size_t wrong = 0;
  for (size_t i = 0; i < count; i++) {
    csn_json json;
    size_t offset = SIZE_MAX;
    csn_reason reason = read_text(rows[i].text, &json, &offset);
    if (reason == rows[i].reason && (reason == Y || offset == rows[i].offset) && (json.count > 0) == (reason == Y)) {
      continue;
    }
    wrong++;
    print_error("%.*s: %s at %zu, not %s at %zu\n", (int)rows[i].text.len, (const char *)rows[i].text.ptr,
                csn_reason_label(reason), offset, csn_reason_label(rows[i].reason), rows[i].offset);
  }
  assert_int_equal(wrong, 0);
}
#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void structure(void **state) {
  static const row rows[] = {
      {T("[]"), Y, 0},
      {T("{}"), Y, 0},
      {T("[[]   ]"), Y, 0},
      {T("[\"\"]"), Y, 0},
      {T("[1,2,3]"), Y, 0},
      {T("[null, 1, \"1\", {}]"), Y, 0},
      {T(" [1]"), Y, 0},
      {T("[1] "), Y, 0},
      {T(" \t\r\n{ \"a\"\t:\r1\n, \"b\" : [ ] } \n"), Y, 0},
      {T("{\"a\":{\"a\":{\"a\":1}}}"), Y, 0},
      {T("{\"a\":[{\"a\":1},{\"a\":2}]}"), Y, 0},
      {T("{\"\":0}"), Y, 0},
      {T("null"), Y, 0},
      {T("true"), Y, 0},
      {T("false"), Y, 0},
      {T("42"), Y, 0},
      {T("\"text\""), Y, 0},
      {T(""), INVALID, 0},
      {T(" "), INVALID, 1},
      {T("["), INVALID, 1},
      {T("]"), INVALID, 0},
      {T("[["), INVALID, 2},
      {T("[]]"), INVALID, 2},
      {T("[1"), INVALID, 2},
      {T("[1,"), INVALID, 3},
      {T("[1,]"), INVALID, 3},
      {T("[,1]"), INVALID, 1},
      {T("[,]"), INVALID, 1},
      {T("[1,,2]"), INVALID, 3},
      {T("[1 2]"), INVALID, 3},
      {T("[1:2]"), INVALID, 2},
      {T("[\"a\":1]"), INVALID, 4},
      {T("[1}"), INVALID, 2},
      {T("[}"), INVALID, 1},
      {T("{]"), INVALID, 1},
      {T("{"), INVALID, 1},
      {T("}"), INVALID, 0},
      {T("{\"a\""), INVALID, 4},
      {T("{\"a\":"), INVALID, 5},
      {T("{\"a\":1"), INVALID, 6},
      {T("{\"a\":1,"), INVALID, 7},
      {T("{\"a\":1,}"), INVALID, 7},
      {T("{,\"a\":1}"), INVALID, 1},
      {T("{\"a\":1,,\"b\":2}"), INVALID, 7},
      {T("{\"a\" 1}"), INVALID, 5},
      {T("{\"a\"}"), INVALID, 4},
      {T("{\"a\":}"), INVALID, 5},
      {T("{\"a\"::1}"), INVALID, 5},
      {T("{\"a\",1}"), INVALID, 4},
      {T("{\"a\"=1}"), INVALID, 4},
      {T("{a:1}"), INVALID, 1},
      {T("{'a':1}"), INVALID, 1},
      {T("{1:1}"), INVALID, 1},
      {T("{null:1}"), INVALID, 1},
      {T("{[]:1}"), INVALID, 1},
      {T("{:1}"), INVALID, 1},
      {T("{\"a\":1]"), INVALID, 6},
      {T("{\"a\":1 \"b\":2}"), INVALID, 7},
      {T("{}{}"), INVALID, 2},
      {T("{} x"), INVALID, 3},
      {T("[]\n,"), INVALID, 3},
      {T("1 2"), INVALID, 2},
      {T("[] //"), INVALID, 3},
      {T("[/**/]"), INVALID, 1},
      {T("# []"), INVALID, 0},
      {T("[\f]"), INVALID, 1},
      {T("[\v]"), INVALID, 1},
      {T("[\xc2\xa0]"), INVALID, 1},
      {T("[\xe2\x81\xa0]"), INVALID, 1},
      {T("\xef\xbb\xbf{}"), INVALID, 0},
      {T("\xef\xbb\xbf"), INVALID, 0},
      {T("{}\xef\xbb\xbf"), INVALID, 2},
      {T("\xff\xfe[\0]\0"), INVALID, 0},
      {T("[\0]"), INVALID, 1},
      {T("[]\0"), INVALID, 2},
      {T("\0"), INVALID, 0},
  };
  (void)state;
  CHECK(rows);
}

static void literals(void **state) {
  static const row rows[] = {
      {T("[true,false,null]"), Y, 0},  {T("tru"), INVALID, 3},         {T("nul"), INVALID, 3},
      {T("fals"), INVALID, 4},         {T("truth"), INVALID, 3},       {T("nulll"), INVALID, 4},
      {T("True"), INVALID, 0},         {T("TRUE"), INVALID, 0},        {T("[nil]"), INVALID, 2},
      {T("undefined"), INVALID, 0},    {T("NaN"), INVALID, 0},         {T("[nan]"), INVALID, 2},
      {T("Infinity"), INVALID, 0},     {T("-Infinity"), INVALID, 1},   {T("truefalse"), INVALID, 4},
      {T("[true false]"), INVALID, 6}, {T("n\xc3\xbcll"), INVALID, 1}, {T("t"), INVALID, 1},
  };
  (void)state;
  CHECK(rows);
}

static void numbers(void **state) {
  static const row rows[] = {
      {T("0"), Y, 0},
      {T("-0"), Y, 0},
      {T("-1"), Y, 0},
      {T("10"), Y, 0},
      {T("0.0"), Y, 0},
      {T("0e1"), Y, 0},
      {T("0E+1"), Y, 0},
      {T("1e-2"), Y, 0},
      {T("1E22"), Y, 0},
      {T("123.456e78"), Y, 0},
      {T("1e0001"), Y, 0},
      {T("-0.0"), Y, 0},
      {T("1e400"), Y, 0},
      {T("123456789012345678901234567890"), Y, 0},
      {T("[-1.5E-10 ]"), Y, 0},
      {T("01"), INVALID, 1},
      {T("-01"), INVALID, 2},
      {T("00"), INVALID, 1},
      {T("+1"), INVALID, 0},
      {T("++1"), INVALID, 0},
      {T("-"), INVALID, 1},
      {T("--1"), INVALID, 1},
      {T("- 1"), INVALID, 1},
      {T("-a"), INVALID, 1},
      {T(".5"), INVALID, 0},
      {T("-.5"), INVALID, 1},
      {T("1."), INVALID, 2},
      {T("1.e1"), INVALID, 2},
      {T("1.2.3"), INVALID, 3},
      {T("1e"), INVALID, 2},
      {T("1e+"), INVALID, 3},
      {T("1e-"), INVALID, 3},
      {T("1e+-1"), INVALID, 3},
      {T("1e-+1"), INVALID, 3},
      {T("1ea"), INVALID, 2},
      {T("1e1.5"), INVALID, 3},
      {T("1e1e1"), INVALID, 3},
      {T("0e"), INVALID, 2},
      {T("0x42"), INVALID, 1},
      {T("1_000"), INVALID, 1},
      {T("1 000"), INVALID, 2},
      {T("1a"), INVALID, 1},
      {T("[1eE2]"), INVALID, 3},
      {T("[-]"), INVALID, 2},
      {T("0.3e+"), INVALID, 5},
      {T("\xef\xbc\x91"), INVALID, 0},
      {T("[1\0]"), INVALID, 2},
      {T("1234567890123456789012345678901234567890123456789012345678901234"), Y, 0},
      {T("12345678901234567890123456789012345678901234567890123456789012345"), LIMIT, 64},
      {T("[0.23456789012345678901234567890123456789012345678901234567890123456]"), LIMIT, 65},
      {T("-1234567890123456789012345678901234567890123456789012345678901234"), LIMIT, 64},
  };
  (void)state;
  CHECK(rows);
}

static void strings(void **state) {
  static const row rows[] = {
      {T("\"\""), Y, 0},
      {T("\" \""), Y, 0},
      {T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), Y, 0},
      {T("\"\\u0060\\u012a\\u12AB\\uabcd\""), Y, 0},
      {T("\"\\u0001\""), Y, 0},
      {T("\"\\\\u0000\""), Y, 0},
      {T("\"\x7f\""), Y, 0},
      {T("\"/* */ // #\""), Y, 0},
      {T("\""), INVALID, 1},
      {T("\"a"), INVALID, 2},
      {T("\"\\\""), INVALID, 3},
      {T("\"\\"), INVALID, 2},
      {T("[\"a]"), INVALID, 4},
      {T("'a'"), INVALID, 0},
      {T("\"a\"b"), INVALID, 3},
      {T("\"\n\""), INVALID, 1},
      {T("\"a\tb\""), INVALID, 2},
      {T("\"\x1f\""), INVALID, 1},
      {T("\"\x01\""), INVALID, 1},
      {T("\"a\0b\""), INVALID, 2},
      {T("\"\\x00\""), INVALID, 2},
      {T("\"\\a\""), INVALID, 2},
      {T("\"\\'\""), INVALID, 2},
      {T("\"\\0\""), INVALID, 2},
      {T("\"\\U0041\""), INVALID, 2},
      {T("\"\\\n\""), INVALID, 2},
      {T("\"\\\0\""), INVALID, 2},
      {T("\"\\\xc3\xa9\""), INVALID, 2},
      {T("\"\\u\""), INVALID, 3},
      {T("\"\\u1\""), INVALID, 4},
      {T("\"\\u12\""), INVALID, 5},
      {T("\"\\u123\""), INVALID, 6},
      {T("\"\\u123g\""), INVALID, 6},
      {T("\"\\u-123\""), INVALID, 3},
      {T("\"\\u00 1\""), INVALID, 5},
      {T("\"\\u12"), INVALID, 5},
      {T("\"\\u0000\""), INVALID, 1},
      {T("\"ab\\u0000\""), INVALID, 3},
      {T("{\"\\u0000\":1}"), INVALID, 2},
  };
  (void)state;
  CHECK(rows);
}

static void surrogates(void **state) {
  static const row rows[] = {
      {T("\"\\ud83d\\ude00\""), Y, 0},
      {T("\"\\uD800\\uDC00\""), Y, 0},
      {T("\"\\uDBFF\\uDFFF\""), Y, 0},
      {T("\"\\ud7ff\\ue000\""), Y, 0},
      {T("\"\\ud800\""), INVALID, 1},
      {T("\"a\\udbff\""), INVALID, 2},
      {T("\"\\udc00\""), INVALID, 1},
      {T("\"\\udfff\""), INVALID, 1},
      {T("\"\\ud800a\""), INVALID, 1},
      {T("\"\\ud800\\n\""), INVALID, 1},
      {T("\"\\ud800\\u0041\""), INVALID, 1},
      {T("\"\\ud800\\ud800\""), INVALID, 1},
      {T("\"\\ud800\\ud800\\udc00\""), INVALID, 1},
      {T("\"\\udc00\\ud800\""), INVALID, 1},
      {T("\"\\ud800\\udbff\""), INVALID, 1},
      {T("\"\\ud800\\ue000\""), INVALID, 1},
      {T("\"\\ud800\\u\""), INVALID, 1},
      {T("\"\\ud800\\udc0\""), INVALID, 1},
      {T("\"\\ud800\\"), INVALID, 1},
      {T("\"\\ud800"), INVALID, 1},
      {T("{\"\\ud800\":1}"), INVALID, 2},
  };
  (void)state;
  CHECK(rows);
}

/* Each boundary of well-formed UTF-8 from both sides. */
static void utf8(void **state) {
  static const row rows[] = {
      {T("\"\xc2\x80\""), Y, 0},
      {T("\"\xdf\xbf\""), Y, 0},
      {T("\"\xe0\xa0\x80\""), Y, 0},
      {T("\"\xe1\x80\x80\""), Y, 0},
      {T("\"\xec\xbf\xbf\""), Y, 0},
      {T("\"\xed\x9f\xbf\""), Y, 0},
      {T("\"\xee\x80\x80\""), Y, 0},
      {T("\"\xef\xbf\xbf\""), Y, 0},
      {T("\"\xef\xbb\xbf\""), Y, 0},
      {T("\"\xf0\x90\x80\x80\""), Y, 0},
      {T("\"\xf3\xbf\xbf\xbf\""), Y, 0},
      {T("\"\xf4\x8f\xbf\xbf\""), Y, 0},
      {T("{\"\xc3\xa9\":\"\xe2\x82\xac\"}"), Y, 0},
      {T("\"\x80\""), INVALID, 1},
      {T("\"\xbf\""), INVALID, 1},
      {T("\"\xc0\x80\""), INVALID, 1},
      {T("\"\xc1\xbf\""), INVALID, 1},
      {T("\"\xc2\""), INVALID, 1},
      {T("\"\xc2\x7f\""), INVALID, 1},
      {T("\"\xc2\xc0\""), INVALID, 1},
      {T("\"\xe0\x9f\xbf\""), INVALID, 1},
      {T("\"\xe0\x80\x80\""), INVALID, 1},
      {T("\"\xe1\x80\""), INVALID, 1},
      {T("\"\xe1\x80\xc0\""), INVALID, 1},
      {T("\"\xed\xa0\x80\""), INVALID, 1},
      {T("\"\xed\xbf\xbf\""), INVALID, 1},
      {T("\"\xf0\x8f\xbf\xbf\""), INVALID, 1},
      {T("\"\xf0\x90\x80\""), INVALID, 1},
      {T("\"\xf1\x80\x80\x7f\""), INVALID, 1},
      {T("\"\xf4\x90\x80\x80\""), INVALID, 1},
      {T("\"\xf5\x80\x80\x80\""), INVALID, 1},
      {T("\"\xfe\""), INVALID, 1},
      {T("\"\xff\""), INVALID, 1},
      {T("\"ab\xfc\x80\x80\x80\x80\x80\""), INVALID, 3},
      {T("\"\xe2\x82"), INVALID, 1},
      {T("\"\xf0\x9f\x98"), INVALID, 1},
      {T("{\"\xff\":1}"), INVALID, 2},
      {T("\xc3\xa9"), INVALID, 0},
  };
  (void)state;
  CHECK(rows);
}

/* Where the string at the start of `text` ends, byte by byte: behind its quotation mark, or at the first byte that is
 * wrong. No more than two bytes in a row are not 'z'. */
static size_t naive_string_end(csn_span text, bool *good) {
  size_t i = 1;
  *good = false;
  while (i < text.len && text.ptr[i] >= 0x20 && text.ptr[i] != '"') {
    uint8_t c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : 0;
    bool escape = c == '\\', pair = c >= 0xc2 && c <= 0xdf && next >= 0x80 && next <= 0xbf;
    if (escape && (next == 0 || strchr("\"\\/bfnrt", next) == NULL)) return next == 'u' ? i + 2 : i + 1;
    if (c >= 0x80 && !pair) return i;
    i += escape || pair ? 2 : 1;
  }
  *good = i < text.len && text.ptr[i] == '"';
  return *good ? i + 1 : i;
}

/* Strings are read by words: every two bytes at every place of a word, in a text that ends with it or does not. */
static void strings_end_where_they_do_byte_by_byte(void **state) {
  enum { WORDS = 19 };
  uint8_t text[WORDS];
  (void)state;
  for (size_t len = 9; len <= WORDS; len += 5) {
    for (size_t i = 0; i < 9 * 65536; i++) {
      size_t at = 1 + i / 65536 % (len - 2);
      csn_span raw = {0};
      bool escaped, good;
      memset(text, 'z', sizeof text);
      text[0] = '"';
      text[at] = (uint8_t)i;
      text[at + 1] = (uint8_t)(i >> 8);
      size_t expected = naive_string_end(csn_span_of(text, len), &good);
      csn_cursor cursor = csn_cursor_of(guarded_copy(&input, csn_span_of(text, len)));
      bool read = csn_json_string_skip(&cursor, false, &raw, &escaped);
      if (read != good || csn_cursor_offset(&cursor) != expected || (good && raw.len != expected - 2)) {
        fail_msg("%02x %02x at %zu of %zu: %d at %zu", text[at], text[at + 1], at, len, read,
                 csn_cursor_offset(&cursor));
      }
    }
  }
}

/* Allowed on request only; nothing else is looser then. */
static void nul_is_read_where_it_is_asked_for(void **state) {
  const csn_span text = T("[\"a\\u0000b\",\"\\ud800\"]");
  uint8_t out[8];
  csn_json json;
  size_t offset = 0, len = 0;
  (void)state;
  assert_int_equal(csn_json_read_with_nul(text, nodes, NODES, &json, &offset), INVALID);
  assert_int_equal(offset, 13);
  assert_int_equal(csn_json_read_with_nul(csn_span_str("[\"a\\u0000b\"]"), nodes, NODES, &json, &offset), Y);
  assert_true(csn_json_string_copy(&json, 1, out, sizeof out, &len));
  assert_int_equal(len, 3);
  assert_memory_equal(out, "a\0b", 3);
}

static void names_that_occur_twice(void **state) {
  static const row rows[] = {
      {T("{\"a\":1,\"b\":1}"), Y, 0},
      {T("{\"a\":1,\"A\":1}"), Y, 0},
      {T("{\"a\":1,\"a \":1}"), Y, 0},
      {T("{\"a\":1,\"b\":{\"a\":1}}"), Y, 0},
      {T("{\"a\":\"b\",\"b\":\"a\"}"), Y, 0},
      {T("[{\"a\":1},{\"a\":1}]"), Y, 0},
      {T("{\"\\u0061\":1,\"b\":1}"), Y, 0},
      {T("{\"\\\\u0061\":1,\"a\":1}"), Y, 0},
      {T("{\"\xc3\xa9\":1,\"e\xcc\x81\":1}"), Y, 0},
      {T("{\"a\":1,\"a\":2}"), DUPLICATE, 7},
      {T("{\"a\":1,\"b\":2, \"a\":1}"), DUPLICATE, 14},
      {T("{\"a\":1,\"\\u0061\":2}"), DUPLICATE, 7},
      {T("{\"\\u0061\":1,\"a\":2}"), DUPLICATE, 12},
      {T("{\"alg\":1,\"\\u0061lg\":2}"), DUPLICATE, 9},
      {T("{\"\\u0061lg\":1,\"a\\u006Cg\":2}"), DUPLICATE, 14},
      {T("{\"\":1,\"\":2}"), DUPLICATE, 6},
      {T("{\"/\":1,\"\\/\":2}"), DUPLICATE, 7},
      {T("{\"\\n\":1,\"\\u000a\":2}"), DUPLICATE, 8},
      {T("{\"\xc3\xa9\":1,\"\\u00e9\":2}"), DUPLICATE, 8},
      {T("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"), DUPLICATE, 10},
      {T("{\"\\uD83D\\uDE00\":1,\"\\ud83d\\ude00\":2}"), DUPLICATE, 18},
      {T("{\"x\":{\"a\":1,\"a\":2}}"), DUPLICATE, 12},
      {T("[[{\"a\":[{}],\"a\":2}]]"), DUPLICATE, 12},
      {T("{\"a\":{\"b\":[1,{\"c\":1}]},\"d\":[2],\"a\":0}"), DUPLICATE, 31},
      {T("{\"a\":1,\"a\""), DUPLICATE, 7},
  };
  (void)state;
  CHECK(rows);
}

/* ---- limits ---- */

static csn_span repeat(uint8_t *out, const char *open, size_t count, const char *middle, const char *close) {
  size_t len = 0;
  for (size_t i = 0; i < count; i++, len += strlen(open)) memcpy(out + len, open, strlen(open));
  memcpy(out + len, middle, strlen(middle));
  len += strlen(middle);
  for (size_t i = 0; i < count; i++, len += strlen(close)) memcpy(out + len, close, strlen(close));
  return csn_span_of(out, len);
}

static void depth_is_bounded(void **state) {
  static uint8_t text[TEXT_MAX];
  row rows[] = {
      {repeat(text, "[", CSN_JSON_DEPTH_MAX, "", "]"), Y, 0},
      {repeat(text + 1000, "[", CSN_JSON_DEPTH_MAX + 1, "", "]"), LIMIT, CSN_JSON_DEPTH_MAX},
      {repeat(text + 2000, "{\"a\":", CSN_JSON_DEPTH_MAX, "1", "}"), Y, 0},
      {repeat(text + 4000, "{\"a\":", CSN_JSON_DEPTH_MAX + 1, "1", "}"), LIMIT, 5 * CSN_JSON_DEPTH_MAX},
      {repeat(text + 6000, "[{\"a\":", CSN_JSON_DEPTH_MAX / 2, "[]", "}]"), LIMIT, 3 * CSN_JSON_DEPTH_MAX},
      {repeat(text + 8000, "[", 100000, "", ""), LIMIT, CSN_JSON_DEPTH_MAX},
  };
  (void)state;
  CHECK(rows);
}

/* `[[]]` many times over is wide and not deep: closing gives the depth back. */
static void depth_is_given_back(void **state) {
  static uint8_t text[TEXT_MAX];
  size_t len = 0;
  csn_json json;
  (void)state;
  text[len++] = '[';
  for (size_t i = 0; i < 500; i++, len += 6) memcpy(text + len, "[[]], ", 6);
  text[len++] = '1';
  text[len++] = ']';
  size_t offset;
  assert_int_equal(read_text(csn_span_of(text, len), &json, &offset), Y);
  assert_int_equal(json.nodes[0].children, 501);
  assert_int_equal(json.count, 1 + 2 * 500 + 1);
}

/* {"00":0,"01":0,…} */
static csn_span members(uint8_t *out, size_t count) {
  size_t len = 0;
  out[len++] = '{';
  for (size_t i = 0; i < count; i++) {
    const char member[] = {'"', (char)('0' + i / 10), (char)('0' + i % 10), '"', ':', '0', ','};
    memcpy(out + len, member, sizeof member);
    len += sizeof member;
  }
  out[len - 1] = '}';
  return csn_span_of(out, len);
}

static void members_of_an_object_are_bounded(void **state) {
  static uint8_t text[TEXT_MAX];
  row rows[] = {
      {members(text, CSN_JSON_MEMBERS_MAX), Y, 0},
      {members(text + 2000, CSN_JSON_MEMBERS_MAX + 1), LIMIT, 1 + 7 * CSN_JSON_MEMBERS_MAX},
  };
  (void)state;
  CHECK(rows);
}

static void values_are_bounded_by_the_room_for_them(void **state) {
  csn_span text = guarded_copy(&input, csn_span_str("{\"a\":[1,{}],\"b\":\"\"}"));
  static const size_t offsets[] = {0, 1, 5, 6, 8, 12, 16};
  csn_json json;
  size_t offset;
  (void)state;
  for (size_t room = 0; room < 7; room++) {
    /* On the heap, so that a node too many is found. */
    csn_json_node *exact = calloc(room + 1, sizeof *exact);
    exact[room].start = 0xabcdef;
    assert_int_equal(csn_json_read(text, exact, room, &json, &offset), LIMIT);
    assert_int_equal(offset, offsets[room]);
    assert_int_equal(exact[room].start, 0xabcdef);
    free(exact);
  }
  assert_int_equal(csn_json_read(text, nodes, 7, &json, &offset), Y);
  assert_int_equal(json.count, 7);
}

static void many_elements_are_counted_up_to_the_counters_end(void **state) {
  size_t count = 70000;
  csn_json_node *many = calloc(count + 1, sizeof *many);
  uint8_t *text = malloc(2 * count + 1);
  csn_json json;
  size_t offset;
  (void)state;
  for (size_t i = 0; i < count; i++) memcpy(text + 2 * i, ",1", 2);
  text[0] = '[';
  text[2 * count] = ']';
  assert_int_equal(csn_json_read(csn_span_of(text, 2 * count + 1), many, count + 1, &json, &offset), Y);
  assert_int_equal(json.count, count + 1);
  assert_int_equal(json.nodes[0].children, UINT16_MAX);
  assert_int_equal(json.nodes[0].next, count + 1);
  free(text);
  free(many);
}

/* The length alone decides: the text is not touched. */
static void length_is_bounded(void **state) {
  csn_json json;
  size_t offset;
  (void)state;
  assert_int_equal(csn_json_read(csn_span_of("1", ((size_t)1 << 31) + 1), nodes, NODES, &json, &offset), LIMIT);
  assert_int_equal(offset, (size_t)1 << 31);
}

/* Every prefix of a text that has everything is refused, and so is each of them with a stray byte behind it. */
static void no_prefix_is_a_text(void **state) {
  static const char text[] =
      "{\"a\":[1.5e-3,\"\\u20ac\\ud83d\\ude00\xe2\x82\xac\",{\"b\":null}],\"c\":{\"d\":true,\"e\":false}}";
  csn_json json;
  size_t offset;
  (void)state;
  for (size_t len = 0; len < sizeof text - 1; len++) {
    assert_int_equal(read_text(csn_span_of(text, len), &json, &offset), INVALID);
    assert_true(offset <= len);
  }
  assert_int_equal(read_text(csn_span_of(text, sizeof text - 1), &json, &offset), Y);
  assert_int_equal(read_text(csn_span_of(text, sizeof text), &json, &offset), INVALID);
  assert_int_equal(offset, sizeof text - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(structure),
      cmocka_unit_test(literals),
      cmocka_unit_test(numbers),
      cmocka_unit_test(strings),
      cmocka_unit_test(strings_end_where_they_do_byte_by_byte),
      cmocka_unit_test(surrogates),
      cmocka_unit_test(utf8),
      cmocka_unit_test(nul_is_read_where_it_is_asked_for),
      cmocka_unit_test(names_that_occur_twice),
      cmocka_unit_test(depth_is_bounded),
      cmocka_unit_test(depth_is_given_back),
      cmocka_unit_test(members_of_an_object_are_bounded),
      cmocka_unit_test(values_are_bounded_by_the_room_for_them),
      cmocka_unit_test(many_elements_are_counted_up_to_the_counters_end),
      cmocka_unit_test(length_is_bounded),
      cmocka_unit_test(no_prefix_is_a_text),
  };
  input = guarded_new(TEXT_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&input);
  return failed;
}
