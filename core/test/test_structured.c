/* Structured fields: RFC 8941's own examples, both sides of each limit, and the canonical form. */
#include <openssl/evp.h>

#include "../src/structured.h"
#include "guarded.h"
#include "support.h"

enum { TEXT_MAX = 4096 };

static guarded input;

/* Whether the guarded text is right, and where it is not. */
static bool check(csn_sf_kind kind, const char *text, size_t *offset) {
  return csn_sf_check(kind, guarded_copy(&input, csn_span_str(text)), NULL, offset);
}

static const char *canonical(csn_sf_kind kind, const char *text) {
  static uint8_t out[TEXT_MAX];
  csn_byte_buffer buffer = {.bytes = out, .size = sizeof out - 1};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  csn_sf_write_value(kind, guarded_copy(&input, csn_span_str(text)), &sink);
  assert_false(buffer.overflow);
  out[buffer.len] = 0;
  return (const char *)out;
}

typedef struct example {
  csn_sf_kind kind;
  const char *text, *canonical; /* NULL: as the text */
} example;

/* RFC 8941 sections 3.1 to 3.3, RFC 9651 section 3.3.7, and where a text has more than one form. */
static const example right[] = {
    {CSN_SF_LIST, "sugar, tea, rum", NULL},
    {CSN_SF_LIST, "sugar ,\ttea,rum  ", "sugar, tea, rum"},
    {CSN_SF_LIST, "", ""},
    {CSN_SF_LIST, "   ", ""},
    {CSN_SF_LIST, "(\"foo\" \"bar\"), (\"baz\"), (\"bat\" \"one\"), ()", NULL},
    {CSN_SF_LIST, "(\"foo\"; a=1;b=2);lvl=5, (\"bar\" \"baz\");lvl=1",
     "(\"foo\";a=1;b=2);lvl=5, (\"bar\" \"baz\");lvl=1"},
    {CSN_SF_LIST, "(  a   b  )", "(a b)"},
    {CSN_SF_LIST, "(  )", "()"},
    {CSN_SF_LIST, "abc;a=1;b=2; cde_456, (ghi;jk=4 l);q=\"9\";r=w", "abc;a=1;b=2;cde_456, (ghi;jk=4 l);q=\"9\";r=w"},
    {CSN_SF_LIST, "a;b=?1;c=?0", "a;b;c=?0"},
    {CSN_SF_DICTIONARY, "en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:", NULL},
    {CSN_SF_DICTIONARY, "a=?0, b, c; foo=bar", "a=?0, b, c;foo=bar"},
    {CSN_SF_DICTIONARY, "a=?1;x", "a;x"},
    {CSN_SF_DICTIONARY, "rating=1.5, feelings=(joy sadness)", NULL},
    {CSN_SF_DICTIONARY, "a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid", NULL},
    {CSN_SF_DICTIONARY, "", ""},
    {CSN_SF_DICTIONARY, "*a_-.*9=1", NULL},
    {CSN_SF_ITEM, "5; foo=bar", "5;foo=bar"},
    {CSN_SF_ITEM, "  42  ", "42"},
    {CSN_SF_ITEM, "-0", "0"},
    {CSN_SF_ITEM, "-007", "-7"},
    {CSN_SF_ITEM, "999999999999999", NULL},
    {CSN_SF_ITEM, "-999999999999999", NULL},
    {CSN_SF_ITEM, "4.5", NULL},
    {CSN_SF_ITEM, "4.500", "4.5"},
    {CSN_SF_ITEM, "-0.050", "-0.05"},
    {CSN_SF_ITEM, "1.000", "1.0"},
    {CSN_SF_ITEM, "999999999999.999", NULL},
    {CSN_SF_ITEM, "\"hello world\"", NULL},
    {CSN_SF_ITEM, "\"a\\\"b\\\\c\"", NULL},
    {CSN_SF_ITEM, "\"\"", NULL},
    {CSN_SF_ITEM, "foo123/456", NULL},
    {CSN_SF_ITEM, "*!#$%&'*+-.^_`|~:/", NULL},
    {CSN_SF_ITEM, ":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:", NULL},
    {CSN_SF_ITEM, "::", NULL},
    {CSN_SF_ITEM, ":+/+/:", NULL},
    {CSN_SF_ITEM, "?1", NULL},
    {CSN_SF_ITEM, "?0", NULL},
    {CSN_SF_ITEM, "@1659578233", NULL},
    {CSN_SF_ITEM, "@-1", NULL},
};

typedef struct refused {
  csn_sf_kind kind;
  const char *text;
  size_t offset;
} refused;

static const refused wrong[] = {
    {CSN_SF_LIST, "a,", 1},
    {CSN_SF_LIST, "a, ", 1},
    {CSN_SF_LIST, ",a", 0},
    {CSN_SF_LIST, "a,,b", 2},
    {CSN_SF_LIST, "a b", 1},
    {CSN_SF_LIST, "\ta", 0},
    {CSN_SF_LIST, "a\t", 1},
    {CSN_SF_LIST, "(a", 2},
    {CSN_SF_LIST, "(", 1},
    {CSN_SF_LIST, "(a,b)", 2},
    {CSN_SF_LIST, "(a\tb)", 2},
    {CSN_SF_LIST, "(\"a\"\"b\")", 4},
    {CSN_SF_LIST, "((a))", 1},
    {CSN_SF_LIST, "a;b;b", 4},
    {CSN_SF_LIST, "a;", 2},
    {CSN_SF_LIST, "a;B", 2},
    {CSN_SF_LIST, "a;b=", 4},
    {CSN_SF_LIST, "a;b=(c)", 4},
    {CSN_SF_LIST, "a ;b", 1},
    {CSN_SF_DICTIONARY, "a=1,", 3},
    {CSN_SF_DICTIONARY, "a=", 2},
    {CSN_SF_DICTIONARY, "a =1", 1},
    {CSN_SF_DICTIONARY, "A=1", 0},
    {CSN_SF_DICTIONARY, "1a=1", 0},
    {CSN_SF_DICTIONARY, "a=1, b=2, a=3", 10},
    {CSN_SF_DICTIONARY, "a=1;", 4},
    {CSN_SF_DICTIONARY, "a=1 b=2", 3},
    {CSN_SF_ITEM, "", 0},
    {CSN_SF_ITEM, " ", 1},
    {CSN_SF_ITEM, "a, b", 1},
    {CSN_SF_ITEM, "(a)", 0},
    {CSN_SF_ITEM, "-", 1},
    {CSN_SF_ITEM, "--1", 1},
    {CSN_SF_ITEM, "+1", 0},
    {CSN_SF_ITEM, "1000000000000000", 15},
    {CSN_SF_ITEM, "1.", 2},
    {CSN_SF_ITEM, ".1", 0},
    {CSN_SF_ITEM, "1.2345", 5},
    {CSN_SF_ITEM, "1.2.3", 3},
    {CSN_SF_ITEM, "1000000000000.1", 13},
    {CSN_SF_ITEM, "1e3", 1},
    {CSN_SF_ITEM, "\"a", 2},
    {CSN_SF_ITEM, "\"a\\", 3},
    {CSN_SF_ITEM, "\"\\n\"", 2},
    {CSN_SF_ITEM, "\"a\tb\"", 2},
    {CSN_SF_ITEM, "\"a\x7f\"", 2},
    {CSN_SF_ITEM, "\"\xc3\xa4\"", 1},
    {CSN_SF_ITEM, "a\"b", 1},
    {CSN_SF_ITEM, ":YQ:", 3},    /* padding missing */
    {CSN_SF_ITEM, ":YQ=:", 4},   /* half of it */
    {CSN_SF_ITEM, ":YR==:", 2},  /* trailing bits */
    {CSN_SF_ITEM, ":YQ===:", 3}, /* too much of it */
    {CSN_SF_ITEM, ":Y Q=:", 2},
    {CSN_SF_ITEM, ":-_-_:", 1}, /* the other alphabet */
    {CSN_SF_ITEM, ":YQ==", 5},
    {CSN_SF_ITEM, ":", 1},
    {CSN_SF_ITEM, "?2", 1},
    {CSN_SF_ITEM, "?", 1},
    {CSN_SF_ITEM, "?01", 2},
    {CSN_SF_ITEM, "@", 1},
    {CSN_SF_ITEM, "@1.0", 4},
    {CSN_SF_ITEM, "%\"display\"", 0},
};

static void examples_are_right_and_have_one_canonical_form(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
    size_t offset = 0;
    const char *expected = right[i].canonical == NULL ? right[i].text : right[i].canonical;
    if (!check(right[i].kind, right[i].text, &offset)) fail_msg("%s: wrong at %zu", right[i].text, offset);
    assert_int_equal(offset, strlen(right[i].text));
    assert_string_equal(canonical(right[i].kind, right[i].text), expected);
    assert_true(check(right[i].kind, expected, &offset));
    assert_string_equal(canonical(right[i].kind, expected), expected);
  }
}

static void wrong_texts_are_refused_where_they_are_wrong(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    size_t offset = SIZE_MAX;
    if (check(wrong[i].kind, wrong[i].text, &offset)) fail_msg("%s is accepted", wrong[i].text);
    if (offset != wrong[i].offset) fail_msg("%s: %zu, not %zu", wrong[i].text, offset, wrong[i].offset);
  }
}

static bool is_string_char(unsigned c) {
  return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

static bool is_letter_or_digit(unsigned c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Every byte in a string, and as the second character of a token and of a key. */
static void every_byte_is_let_in_where_its_grammar_has_it(void **state) {
  (void)state;
  for (unsigned c = 0; c < 256; c++) {
    uint8_t string[] = {'"', (uint8_t)c, '"'}, token[] = {'a', (uint8_t)c, 'a'}, key[] = {'a', (uint8_t)c, 'a'};
    bool in_token = is_letter_or_digit(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~:/", (int)c) != NULL);
    bool in_key = (is_letter_or_digit(c) && !(c >= 'A' && c <= 'Z')) || (c != 0 && strchr("_-.*", (int)c) != NULL);
    bool joins = c == '=' || c == ','; /* a=a and a,a are dictionaries, the latter with a key twice */
    size_t offset;
    assert_int_equal(csn_sf_check(CSN_SF_ITEM, csn_span_of(string, 3), NULL, &offset), is_string_char(c));
    assert_int_equal(csn_sf_check(CSN_SF_ITEM, csn_span_of(token, 3), NULL, &offset), in_token || c == ';');
    if (!joins && c != ';') {
      assert_int_equal(csn_sf_check(CSN_SF_DICTIONARY, csn_span_of(key, 3), NULL, &offset), in_key);
    }
  }
}

static size_t write_keys(char *text, size_t count, const char *separator) {
  size_t len = 0;
  for (size_t i = 0; i < count; i++) len += (size_t)sprintf(text + len, "%sk%zu", i == 0 ? "" : separator, i);
  return len;
}

static void keys_are_counted(void **state) {
  char text[TEXT_MAX] = "a;";
  size_t offset;
  (void)state;
  write_keys(text, CSN_SF_KEYS_MAX, ",");
  assert_true(check(CSN_SF_DICTIONARY, text, &offset));
  size_t len = write_keys(text, CSN_SF_KEYS_MAX + 1, ",");
  assert_false(check(CSN_SF_DICTIONARY, text, &offset));
  assert_int_equal(offset, len - strlen("k64"));
  memcpy(text, "a;", 3);
  write_keys(text + 2, CSN_SF_KEYS_MAX, ";");
  assert_true(check(CSN_SF_ITEM, text, &offset));
  write_keys(text + 2, CSN_SF_KEYS_MAX + 1, ";");
  assert_false(check(CSN_SF_ITEM, text, &offset));
}

static void keys_of_two_lines_are_one_dictionary(void **state) {
  csn_sf_keys seen = {.count = 0};
  size_t offset = SIZE_MAX;
  (void)state;
  assert_true(csn_sf_check(CSN_SF_DICTIONARY, csn_span_str("a=1, b"), &seen, &offset));
  assert_true(csn_sf_check(CSN_SF_DICTIONARY, csn_span_str("c, aa"), &seen, &offset));
  assert_false(csn_sf_check(CSN_SF_DICTIONARY, csn_span_str("d, b=2"), &seen, &offset));
  assert_int_equal(offset, 3);
}

static void values_are_typed(void **state) {
  csn_span text = csn_span_str("i=-42;p=1.25;q=\"x;y\", l=(\"a\";k=tok :AQI=:);t=@7, b;z=?0");
  csn_sf_member member, param;
  csn_sf_item inner;
  uint8_t bytes[2];
  size_t offset;
  (void)state;
  assert_true(csn_sf_check(CSN_SF_DICTIONARY, text, NULL, &offset));
  assert_true(csn_sf_find_member(text, csn_span_str("i"), &member));
  assert_int_equal(member.value.type, CSN_SF_INTEGER);
  assert_int_equal(member.value.number, -42);
  assert_true(csn_sf_find_param(member.value.params, csn_span_str("p"), &param));
  assert_int_equal(param.value.type, CSN_SF_DECIMAL);
  assert_int_equal(param.value.number, 1250);
  assert_true(csn_sf_find_param(member.value.params, csn_span_str("q"), &param));
  assert_int_equal(param.value.type, CSN_SF_STRING);
  assert_span(param.value.text, "x;y");
  assert_false(csn_sf_find_param(member.value.params, csn_span_str("y"), &param));
  assert_true(csn_sf_find_member(text, csn_span_str("l"), &member));
  assert_int_equal(member.value.type, CSN_SF_INNER_LIST);
  assert_span(member.value.params, ";t=@7");
  csn_cursor cursor = csn_sf_start(member.value.text);
  assert_true(csn_sf_next_inner(&cursor, &inner));
  assert_span(inner.text, "a");
  assert_span(inner.params, ";k=tok");
  assert_true(csn_sf_next_inner(&cursor, &inner));
  assert_int_equal(inner.type, CSN_SF_BYTES);
  assert_int_equal(csn_sf_bytes_len(inner.text), 2);
  assert_true(csn_sf_bytes(inner.text, bytes, &offset));
  assert_memory_equal(bytes, "\x01\x02", 2);
  assert_true(csn_cursor_done(&cursor));
  assert_true(csn_sf_find_member(text, csn_span_str("b"), &member));
  assert_int_equal(member.value.type, CSN_SF_BOOLEAN);
  assert_int_equal(member.value.number, 1);
  assert_span(member.value.params, ";z=?0");
  assert_false(csn_sf_find_member(text, csn_span_str("z"), &member));
}

/* Bytes of every length up to three blocks, against OpenSSL's base64. */
static void bytes_are_what_openssl_encodes(void **state) {
  uint8_t bytes[600], text[TEXT_MAX], encoded[900], decoded[600];
  (void)state;
  for (size_t len = 0; len <= sizeof bytes; len++) {
    csn_byte_buffer buffer = {.bytes = text, .size = sizeof text};
    csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
    size_t offset;
    if (len > 0) bytes[len - 1] = (uint8_t)(len * 167 + (len >> 3));
    size_t wanted = (size_t)EVP_EncodeBlock(encoded, bytes, (int)len);
    csn_sf_write_bytes(csn_span_of(bytes, len), &sink);
    assert_int_equal(buffer.len, wanted + 2);
    assert_memory_equal(text + 1, encoded, wanted);
    assert_true(text[0] == ':' && text[wanted + 1] == ':');
    csn_span inner = guarded_copy(&input, csn_span_of(text + 1, wanted));
    assert_int_equal(csn_sf_bytes_len(inner), len);
    assert_true(csn_sf_bytes(inner, decoded, &offset));
    assert_memory_equal(decoded, bytes, len);
    if (wanted <= 300) continue;
    text[1 + 280] = '*';
    assert_false(csn_sf_bytes(csn_span_of(text + 1, wanted), NULL, &offset));
    assert_int_equal(offset, 280);
  }
}

static void a_buffer_takes_whole_pieces_up_to_its_size(void **state) {
  uint8_t room[4];
  csn_byte_buffer buffer = {.bytes = room, .size = sizeof room};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  (void)state;
  sink.write(sink.self, csn_span_str("abc"));
  sink.write(sink.self, csn_span_str("d"));
  assert_false(buffer.overflow);
  sink.write(sink.self, csn_span_of(NULL, 0));
  assert_false(buffer.overflow);
  sink.write(sink.self, csn_span_str("e"));
  assert_true(buffer.overflow);
  assert_int_equal(buffer.len, 4);
  assert_memory_equal(room, "abcd", 4);
}

/* Random texts of the grammar's characters: what is accepted has a canonical form that is accepted and is its own. */
static void canonical_forms_are_stable(void **state) {
  static const char alphabet[] = "aa1;;==,,  ()\"\"::?@.-b0A\\\t*";
  uint32_t seed = 1;
  size_t accepted = 0;
  (void)state;
  for (size_t round = 0; round < 300000; round++) {
    char text[16] = {0}, first[TEXT_MAX];
    csn_sf_kind kind = (csn_sf_kind)(round % 3);
    size_t offset;
    seed = seed * 1664525 + 1013904223;
    for (size_t left = 1 + (seed >> 16) % 15; left > 0; left--) {
      seed = seed * 1664525 + 1013904223;
      text[left - 1] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
    }
    if (!check(kind, text, &offset)) continue;
    accepted++;
    strcpy(first, canonical(kind, text));
    if (!check(kind, first, &offset)) fail_msg("'%s' becomes '%s'", text, first);
    assert_string_equal(canonical(kind, first), first);
  }
  assert_true(accepted > 5000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(examples_are_right_and_have_one_canonical_form),
      cmocka_unit_test(wrong_texts_are_refused_where_they_are_wrong),
      cmocka_unit_test(every_byte_is_let_in_where_its_grammar_has_it),
      cmocka_unit_test(keys_are_counted),
      cmocka_unit_test(keys_of_two_lines_are_one_dictionary),
      cmocka_unit_test(values_are_typed),
      cmocka_unit_test(bytes_are_what_openssl_encodes),
      cmocka_unit_test(a_buffer_takes_whole_pieces_up_to_its_size),
      cmocka_unit_test(canonical_forms_are_stable),
  };
  input = guarded_new(TEXT_MAX);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
