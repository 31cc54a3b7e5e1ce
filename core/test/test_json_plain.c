/* Plain JSON objects: what is read in one pass is what csn_json_read() reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../src/json_plain.h"
#include "guarded.h"
#include "xorshift.h"

enum { TEXT_ROOM = 2048, NODES = 128 };

static guarded pages;

static bool are_same_items(const csn_json *json, uint32_t array, const csn_plain_items *items) {
  uint32_t item = array + 1;
  if (csn_json_type_of(json, array) != CSN_JSON_ARRAY || json->nodes[array].children != items->count) return false;
  for (size_t i = 0; i < items->count; i++, item = json->nodes[item].next) {
    csn_span raw = csn_json_raw(json, item), string = items->strings[i];
    bool is_string = csn_json_type_of(json, item) == CSN_JSON_STRING;
    if (is_string ? raw.ptr != string.ptr || raw.len != string.len : string.ptr != NULL) return false;
    if (csn_json_type_of(json, item) > CSN_JSON_STRING || json->nodes[item].escaped) return false;
  }
  return true;
}

static bool is_same_member(const csn_json *json, uint32_t name, const csn_plain_member *member,
                           const csn_plain_items *items) {
  int64_t number = 0;
  csn_json_type type = csn_json_type_of(json, name + 1);
  if (!csn_span_equal(csn_json_raw(json, name), member->name) || json->nodes[name].escaped) return false;
  if (type != member->type) return false;
  if (type == CSN_JSON_ARRAY) return are_same_items(json, name + 1, items);
  if (type == CSN_JSON_STRING) {
    csn_span raw = csn_json_raw(json, name + 1);
    return raw.ptr == member->value.ptr && raw.len == member->value.len && !json->nodes[name + 1].escaped;
  }
  if (type != CSN_JSON_NUMBER) return type <= CSN_JSON_TRUE;
  return csn_json_int64(json, name + 1, &number) && (uint64_t)number == member->number;
}

/* A string or a number that has a name of three letters may be taken without looking for the name's end. */
static bool take_lettered(csn_plain *plain, csn_plain_member *out) {
  csn_span text = plain->text;
  size_t at = csn_plain_value(plain);
  memset(out, 0, sizeof *out);
  out->name = csn_span_of(text.ptr + plain->pos + 1, 3);
  out->type = text.ptr[at] == '"' ? CSN_JSON_STRING : CSN_JSON_NUMBER;
  at = out->type == CSN_JSON_STRING ? csn_plain_string(text, plain->quotes, at, &out->value)
                                    : csn_plain_number(text, at, &out->number);
  return at != 0 && csn_plain_step(plain, at);
}

static bool take_member(csn_plain *plain, csn_plain_items *items, csn_plain_member *out) {
  uint32_t letters = csn_plain_letters(plain);
  bool has_quote = (letters & 0xff) == '"' || (letters >> 8 & 0xff) == '"' || letters >> 16 == '"';
  if (letters != 0) assert_memory_equal(&letters, plain->text.ptr + plain->pos + 1, 3);
  if (letters != 0 && !has_quote && strchr("tfn[", plain->text.ptr[csn_plain_value(plain)]) == NULL && below(4) != 0) {
    return take_lettered(plain, out);
  }
  return csn_plain_next(plain, items, out);
}

/* How many members a walk finds: 0 where the text is not plain. Aborts where csn_json_read() sees another text; of
 * names that occur twice the walk knows nothing. */
static size_t walk(csn_span bytes) {
  csn_json_node nodes[NODES];
  csn_json json;
  csn_plain plain;
  csn_plain_quotes quotes;
  csn_plain_member members[NODES];
  csn_plain_items items[NODES];
  size_t count = 0, offset;
  csn_span text = guarded_copy(&pages, bytes);
  if (!csn_plain_begin(&plain, text, quotes)) return 0;
  do {
    if (count == NODES || !take_member(&plain, &items[count], &members[count])) return 0;
    count++;
  } while (!csn_plain_done(&plain));
  csn_reason reason = csn_json_read(text, nodes, NODES, &json, &offset);
  if (reason == CSN_REASON_JSON_DUPLICATE) return count;
  bool same = reason == CSN_REASON_ACCEPTED && json.nodes[0].children == count;
  uint32_t name = 1;
  for (size_t i = 0; i < count && same; i++, name = json.nodes[name + 1].next)
    same = is_same_member(&json, name, &members[i], &items[i]);
  if (!same) fail_msg("%.*s", (int)text.len, (const char *)text.ptr);
  return count;
}

static size_t walk_str(const char *text) {
  return walk(csn_span_str(text));
}

static void plain_objects_are_walked_over(void **state) {
  (void)state;
  assert_int_equal(walk_str("{\"exp\":1700000100}"), 1);
  assert_int_equal(walk_str("{\"\":\"\",\"a\":0,\"b\":true,\"c\":false,\"d\":null}"), 5);
  assert_int_equal(walk_str("{\"aaaaaaaaaaaaaaaa\":\"~\x7f /\"}"), 1);
  assert_int_equal(walk_str("{\"a\":999999999999999999}"), 1);
  assert_int_equal(walk_str("{\"a\":[1,\"b\",true,false,null,\"\",0,7],\"b\":[\"\"]}"), 2);
  assert_int_equal(walk_str("{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"), 1);
}

/* The quotation marks of a text are found in each way that the processor has, and no text is read over its ends. */
static void quotation_marks_are_found_in_each_way(void **state) {
  size_t plain = 0;
  (void)state;
  for (int i = 0; i < 30000; i++) {
    uint8_t bytes[CSN_PLAIN_MAX];
    csn_plain_quotes expected = {0}, quotes;
    size_t len = CSN_PLAIN_MIN + below(i % 10 == 0 ? CSN_PLAIN_MAX - CSN_PLAIN_MIN + 1 : 150);
    bool all = true;
    for (size_t at = 0; at < len; at++) {
      bytes[at] = below(4) == 0 ? '"' : (uint8_t)(' ' + below(0x60));
      if (bytes[at] == '\\') bytes[at] = 'x';
    }
    if (below(2) == 0) bytes[below((uint32_t)len)] = (uint8_t)below(256);
    for (size_t at = 0; at < len; at++) {
      all = all && (bytes[at] == '"' || csn_json_is_plain(bytes[at]));
      if (bytes[at] == '"') expected[at / 64] |= UINT64_C(1) << at % 64;
    }
    for (size_t at = len; at < (len / 64 + 1) * 64; at++) expected[at / 64] |= UINT64_C(1) << at % 64;
    csn_span text = guarded_copy(&pages, csn_span_of(bytes, len));
    assert_int_equal(csn_plain_find_quotes_any(text, quotes), all);
    assert_memory_equal(quotes, expected, (len / 64 + 1) * sizeof quotes[0]);
    if (csn_plain_has_avx2()) {
      memset(quotes, 0, sizeof quotes);
      assert_int_equal(csn_plain_find_quotes_avx2(text, quotes), all);
      assert_memory_equal(quotes, expected, (len / 64 + 1) * sizeof quotes[0]);
    }
    plain += all;
  }
  assert_true(plain > 15000 && plain < 25000);
}

static void what_is_not_plain_is_left_to_others(void **state) {
  static const char *const texts[] = {
      "",
      "{}",
      "{\"a\":1}", /* short */
      "{                  }",
      "{\"aaaaaaaaaaaaaaa\" :1}",
      "{\"aaaaaaaaaaaaaaa\": 1}",
      "{\"aaaaaaaaaaaaaaa\":1 }",
      "{\"aaaaaaaaaaaaaaa\":1} ",
      "{ \"aaaaaaaaaaaaaa\":1}",
      "{\"aaaaaaaaaaa\":1, \"b\":2}",
      "{\"aaaaaaaaaaaaaaa\":1.0}",
      "{\"aaaaaaaaaaaaaaa\":1e3}",
      "{\"aaaaaaaaaaaaaaa\":-1}",
      "{\"aaaaaaaaaaaaaaa\":01}",
      "{\"aaaaaaaaaaaaaaa\":012345678}",
      "{\"aaaaaaaaaaaaaaa\":1000000000000000000}",
      "{\"aaaaaaaaaaaaaaa\":[]}",
      "{\"aaaaaaaaaaaaaaa\":{}}",
      "{\"aaaaaaaaaaaaaaa\":[[]]}",
      "{\"aaaaaaaaaaaaaaa\":[1,]}",
      "{\"aaaaaaaaaaaaaaa\":[1 ,2]}",
      "{\"aaaaaaaaaaaaaaa\":[,1]}",
      "{\"aaaaaaaaaaaaaaa\":[1}",
      "{\"aaaaaaaaaaaaaaa\":[1,}",
      "{\"aaaaaaaaaaaaaaa\":[}",
      "{\"aaaaaaaaaaaaaaa\":[1]]}",
      "{\"aaaaaaaaaaaaaaa\":[\"b]}",
      "{\"aaaaaaaaaaaaaaa\":[1,2,3,4,5,6,7,8,9]}",
      "{\"aaaaaaaaaaaaaaa\":[01]}",
      "{\"aaaaaaaaaaaaaaa\":\"\\n\"}",
      "{\"aaaaaaaaaaaaa\\n\":\"\"}",
      "{\"aaaaaaaaaaaaaaa\":\"\xc3\xa9\"}",
      "{\"aaaaaaaaaaaaaaa\":\"\x1f\"}",
      "{\"aaaaaaaaaaaaaaa\":\"}",
      "{\"aaaaaaaaaaaaaaa\":tru}",
      "{\"aaaaaaaaaaaaaaa\":truE}",
      "{\"aaaaaaaaaaaaaaa\":nul",
      "{\"aaaaaaaaaaaaaaa\":1",
      "{\"aaaaaaaaaaaaaaa\":1,",
      "{\"aaaaaaaaaaaaaaa\":1,}",
      "{\"aaaaaaaaaaaaaaa\":1}}",
      "{\"aaaaaaaaaaaaaaa\":1]",
      "{\"aaaaaaaaaaaaaaa\":",
      "{\"aaaaaaaaaaaaaaa\"",
      "{\"aaaaaaaaaaaaaaa:1}",
      "[\"aaaaaaaaaaaaaaa\",1]",
  };
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (walk_str(texts[i]) != 0) fail_msg("%s", texts[i]);
  }
}

/* Strings of all lengths, as name and as value, with each byte at each place. */
static void a_string_ends_where_its_quotation_mark_is(void **state) {
  size_t walked = 0, all = 0;
  (void)state;
  for (size_t len = 12; len <= 80; len++) {
    for (size_t at = 0; at < len; at++) {
      for (unsigned value = 0; value < 256; value += 1 + below(32)) {
        char text[TEXT_ROOM], inner[128];
        memset(inner, 'x', sizeof inner);
        inner[at] = (char)value;
        memcpy(text, "{\"a\":\"", 6);
        memcpy(text + 6, inner, len);
        memcpy(text + 6 + len, "\"}", 2);
        bool plain = csn_json_is_plain((uint8_t)value);
        assert_int_equal(walk(csn_span_of(text, len + 8)), plain);
        memcpy(text, "{\"", 2);
        memcpy(text + 2, inner, len);
        memcpy(text + 2 + len, "\":1}", 4);
        assert_int_equal(walk(csn_span_of(text, len + 6)), plain);
        walked += plain, all++;
      }
    }
  }
  assert_true(walked > all / 8 && walked < all / 2);
}

static void numbers_are_what_their_digits_say(void **state) {
  (void)state;
  for (int i = 0; i < 20000; i++) {
    char text[TEXT_ROOM];
    size_t digits = 1 + below(20), len = (size_t)sprintf(text, "{\"aaaaaaaaaaaa\":");
    for (size_t j = 0; j < digits; j++) text[len++] = (char)('0' + below(10));
    bool plain = digits <= CSN_PLAIN_DIGITS_MAX && (digits == 1 || text[len - digits] != '0');
    text[len++] = '}';
    assert_int_equal(walk(csn_span_of(text, len)), plain);
    size_t at = len - 1 - below((uint32_t)digits + 1);
    char other = "/:.e-+ \x80,}"[below(10)];
    if (at == len - 1 && other == '}') continue;
    text[at] = other;
    assert_int_equal(walk(csn_span_of(text, len)), 0);
  }
}

static const char sample[] =
    "{\"iss\":\"https://"
    "issuer.example.com\",\"iat\":1700000000,\"b\":true,\"c\":null,\"jti\":\"01\",\"aud\":[\"a\",2,\"b\"]}";

static void every_byte_of_a_text_counts(void **state) {
  size_t walked = 0;
  (void)state;
  for (size_t at = 0; at < sizeof sample - 1; at++) {
    assert_int_equal(walk(csn_span_of(sample, at)), 0);
    for (unsigned value = 0; value < 256; value++) {
      char text[sizeof sample];
      memcpy(text, sample, sizeof sample);
      text[at] = (char)value;
      walked += walk(csn_span_of(text, sizeof sample - 1)) > 0;
    }
  }
  assert_true(walked > 3000 && walked < 20000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_objects_are_walked_over),
      cmocka_unit_test(quotation_marks_are_found_in_each_way),
      cmocka_unit_test(what_is_not_plain_is_left_to_others),
      cmocka_unit_test(a_string_ends_where_its_quotation_mark_is),
      cmocka_unit_test(numbers_are_what_their_digits_say),
      cmocka_unit_test(every_byte_of_a_text_counts),
  };
  pages = guarded_new(TEXT_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&pages);
  return failed;
}
