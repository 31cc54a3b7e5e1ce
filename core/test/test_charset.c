/* The sets of bytes against their definitions, written out: every byte at every place of spans that end at a page which
 * may not be touched. */
#include "../src/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guarded.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { SPAN_MAX = 70 };

typedef struct set {
  const char *name;
  const char *members; /* NULL: see `others` */
  const char *others;  /* of the bytes from `first` to `last`, which are not */
  unsigned first, last;
  size_t count;
  size_t (*prefix)(csn_span bytes);
  bool (*is)(uint8_t byte);
} set;

/* RFC 9110 sections 5.6.2, 5.5; RFC 3986 section 2.3. */
static const set sets[] = {
    {"token", DIGITS LETTERS "!#$%&'*+-.^_`|~", NULL, 0, 0, 77, csn_token_prefix, csn_is_token_char},
    {"nonce", DIGITS LETTERS "-._~+/=", NULL, 0, 0, 69, csn_nonce_prefix, csn_is_nonce_byte},
    {"client id", NULL, "|&,\"\\", 0x21, 0x7e, 89, csn_client_id_prefix, csn_is_client_id_byte},
    {"target", NULL, "\x7f", 0x21, 0xff, 222, csn_target_prefix, NULL},
    {"value", NULL, "\x7f", 0x20, 0xff, 224, csn_value_prefix, NULL},
};
enum { SETS = sizeof sets / sizeof sets[0] };

static guarded input;

static bool is_in(const set *s, uint8_t byte) {
  if (byte == '\t' && s->prefix == csn_value_prefix) return true;
  if (s->members != NULL) return byte != 0 && strchr(s->members, byte) != NULL;
  return byte >= s->first && byte <= s->last && strchr(s->others, byte) == NULL;
}

static size_t model_prefix(const set *s, csn_span bytes) {
  size_t i = 0;
  while (i < bytes.len && is_in(s, bytes.ptr[i])) i++;
  return i;
}

static void check(const set *s, const uint8_t *bytes, size_t len) {
  csn_span span = guarded_copy(&input, csn_span_of(bytes, len));
  size_t got = s->prefix(span), wanted = model_prefix(s, span);
  if (got != wanted) fail_msg("%s: %zu of %zu bytes, not %zu", s->name, got, len, wanted);
}

static void each_set_has_its_bytes(void **state) {
  (void)state;
  for (size_t i = 0; i < SETS; i++) {
    size_t count = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
      bool in = is_in(&sets[i], (uint8_t)byte);
      count += in;
      if (sets[i].is != NULL && sets[i].is((uint8_t)byte) != in) fail_msg("%s: %02x", sets[i].name, byte);
    }
    assert_int_equal(count, sets[i].count);
  }
}

static void every_byte_at_every_place_is_as_the_definition_says(void **state) {
  (void)state;
  for (size_t i = 0; i < SETS; i++) {
    for (size_t len = 0; len <= SPAN_MAX; len++) {
      uint8_t bytes[SPAN_MAX];
      memset(bytes, 'a', sizeof bytes);
      check(&sets[i], bytes, len);
      for (size_t at = 0; at < len; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
          bytes[at] = (uint8_t)byte;
          check(&sets[i], bytes, len);
        }
        bytes[at] = 'a';
      }
    }
  }
}

/* xorshift: the same bytes in every run. */
static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  return *seed ^= *seed << 5;
}

/* Any bytes of the set at once, and up to three of any. */
static void random_spans_are_as_the_definition_says(void **state) {
  uint32_t seed = 2463534242;
  size_t whole = 0, cut = 0;
  (void)state;
  for (int round = 0; round < 100000; round++) {
    const set *s = &sets[next_random(&seed) % SETS];
    uint8_t bytes[SPAN_MAX];
    size_t len = 1 + next_random(&seed) % SPAN_MAX;
    for (size_t i = 0; i < len; i++) {
      do bytes[i] = (uint8_t)next_random(&seed);
      while (!is_in(s, bytes[i]));
    }
    for (uint32_t strangers = next_random(&seed) % 4; strangers > 0; strangers--)
      bytes[next_random(&seed) % len] = (uint8_t)next_random(&seed);
    check(s, bytes, len);
    size_t in_set = model_prefix(s, csn_span_of(bytes, len));
    whole += in_set == len;
    cut += in_set < len;
  }
  assert_true(whole > 10000 && cut > 10000);
}

static void an_empty_span_needs_no_memory(void **state) {
  (void)state;
  for (size_t i = 0; i < SETS; i++) assert_int_equal(sets[i].prefix(csn_span_of(NULL, 0)), 0);
}

static int set_up(void **state) {
  (void)state;
  input = guarded_new(SPAN_MAX);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  guarded_free(&input);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_set_has_its_bytes),
      cmocka_unit_test(every_byte_at_every_place_is_as_the_definition_says),
      cmocka_unit_test(random_spans_are_as_the_definition_says),
      cmocka_unit_test(an_empty_span_needs_no_memory),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
