/* Short spans by whole words: what memcmp() and memcpy() do, and nothing beyond the spans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../src/words.h"
#include "guarded.h"

enum { LEN_MAX = 300 };

static guarded first_pages, second_pages;

static void fill(uint8_t *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(i * 37 + 11);
}

/* Of every length, each byte counts, and the length. */
static void spans_are_equal_where_every_byte_is(void **state) {
  (void)state;
  for (size_t len = 0; len <= LEN_MAX; len++) {
    uint8_t bytes[LEN_MAX + 1];
    fill(bytes, sizeof bytes);
    csn_span a = guarded_copy(&first_pages, csn_span_of(bytes, len));
    assert_true(csn_words_equal(a, guarded_copy(&second_pages, a)));
    assert_false(csn_words_equal(a, csn_span_of(bytes, len + 1)));
    for (size_t at = 0; at < len; at++) {
      bytes[at] ^= (uint8_t)(1u << at % 8);
      csn_span b = guarded_copy(&second_pages, csn_span_of(bytes, len));
      assert_false(csn_words_equal(a, b));
      bytes[at] = a.ptr[at];
    }
  }
  assert_true(csn_words_equal(csn_span_of(NULL, 0), csn_span_of("x", 0)));
}

/* Each byte has bits of its own in the word. */
static void few_bytes_give_a_word_of_their_own(void **state) {
  (void)state;
  assert_int_equal(csn_word_few(NULL, 0), 0);
  for (size_t len = 1; len < 8; len++) {
    uint8_t bytes[8] = {0};
    uint64_t seen = 0;
    for (size_t bit = 0; bit < 8 * len; bit++) {
      memset(bytes, 0, sizeof bytes);
      bytes[bit / 8] = (uint8_t)(1u << bit % 8);
      uint64_t word = csn_word_few(guarded_copy(&first_pages, csn_span_of(bytes, len)).ptr, len);
      assert_true(word != 0 && (word & seen) == 0);
      seen |= word;
    }
  }
}

static void every_byte_is_copied_and_no_other(void **state) {
  (void)state;
  for (size_t len = 0; len <= LEN_MAX; len++) {
    uint8_t bytes[LEN_MAX], to[LEN_MAX + 2], expected[LEN_MAX + 2];
    fill(bytes, sizeof bytes);
    memset(to, 0xa5, sizeof to);
    memset(expected, 0xa5, sizeof expected);
    memcpy(expected + 1, bytes, len);
    csn_words_copy(to + 1, guarded_copy(&first_pages, csn_span_of(bytes, len)).ptr, len);
    assert_memory_equal(to, expected, sizeof to);
  }
  csn_words_copy(NULL, NULL, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spans_are_equal_where_every_byte_is),
      cmocka_unit_test(few_bytes_give_a_word_of_their_own),
      cmocka_unit_test(every_byte_is_copied_and_no_other),
  };
  first_pages = guarded_new(LEN_MAX);
  second_pages = guarded_new(LEN_MAX);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&first_pages);
  guarded_free(&second_pages);
  return failed;
}
