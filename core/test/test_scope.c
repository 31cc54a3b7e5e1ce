/* Which texts are lists of scopes: as RFC 6749 section 3.3 says it, read byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <countersign/scope.h>

#include "guarded.h"
#include "xorshift.h"

static guarded pages;

/* NQCHAR of RFC 6749 appendix A. */
static bool is_of_scope(uint8_t c) {
  return c == 0x21 || (c >= 0x23 && c <= 0x5b) || (c >= 0x5d && c <= 0x7e);
}

/* scope = scope-token *( SP scope-token ), or nothing */
static bool is_list(csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    bool is_space = text.ptr[i] == ' ' && i > 0 && i + 1 < text.len && text.ptr[i + 1] != ' ';
    if (!is_space && !is_of_scope(text.ptr[i])) return false;
  }
  return text.len <= CSN_SCOPES_MAX;
}

static bool check(const uint8_t *bytes, size_t len) {
  csn_span text = guarded_copy(&pages, csn_span_of(bytes, len));
  bool expected = is_list(text);
  if (csn_scopes_valid(text) != expected) fail_msg("of %zu bytes: %.*s", len, (int)len, (const char *)text.ptr);
  return expected;
}

/* Each byte at each place of scopes of every length. */
static void every_byte_counts(void **state) {
  uint8_t bytes[80];
  (void)state;
  assert_true(csn_scopes_valid(csn_span_of(NULL, 0)));
  for (size_t len = 0; len <= sizeof bytes; len++) {
    memset(bytes, 'x', sizeof bytes);
    assert_true(check(bytes, len));
    for (size_t at = 0; at < len; at++) {
      for (unsigned value = 0; value < 256; value++) {
        bytes[at] = (uint8_t)value;
        (void)check(bytes, len);
      }
      bytes[at] = 'x';
    }
  }
}

static void two_spaces_are_found_wherever_they_are(void **state) {
  uint8_t bytes[80];
  (void)state;
  for (size_t len = 2; len <= sizeof bytes; len++) {
    memset(bytes, 'x', sizeof bytes);
    for (size_t at = 0; at + 1 < len; at++) {
      bytes[at] = bytes[at + 1] = ' ';
      assert_false(check(bytes, len));
      bytes[at] = 'x';
    }
  }
}

static void lists_of_any_form_are_read_as_they_are_written(void **state) {
  size_t lists = 0, all = 20000;
  uint8_t bytes[CSN_SCOPES_MAX + 2];
  (void)state;
  for (size_t i = 0; i < all; i++) {
    size_t len = below(i % 16 == 0 ? sizeof bytes : 64), gap = 1;
    for (size_t at = 0; at < len; at++) {
      bytes[at] = (uint8_t)(gap++ % (2 + below(8)) == 0 ? ' ' : "azAZ09!#[]~:/"[below(13)]);
      if (bytes[at] == ' ') gap = 1;
    }
    if (len > 0 && below(4) == 0) bytes[below((uint32_t)len)] = (uint8_t)below(256);
    lists += check(bytes, len);
  }
  assert_true(lists > all / 8 && lists < all / 8 * 7);
}

static void a_list_has_its_most_bytes(void **state) {
  uint8_t bytes[CSN_SCOPES_MAX + 1];
  (void)state;
  memset(bytes, 'x', sizeof bytes);
  assert_true(check(bytes, CSN_SCOPES_MAX));
  assert_false(check(bytes, CSN_SCOPES_MAX + 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_byte_counts),
      cmocka_unit_test(two_spaces_are_found_wherever_they_are),
      cmocka_unit_test(lists_of_any_form_are_read_as_they_are_written),
      cmocka_unit_test(a_list_has_its_most_bytes),
  };
  pages = guarded_new(CSN_SCOPES_MAX + 2);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&pages);
  return failed;
}
