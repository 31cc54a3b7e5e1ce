/* What must be reported: each of these tells a secret in a way of its own. Were one not seen, the other checks would
 * show nothing. */
#include "check.h"

#define NOINLINE __attribute__((noinline))

enum { BYTES = 32 };

static volatile uint32_t sink; /* so that nothing is left out */

static void take_pair(uint8_t a[BYTES], uint8_t b[BYTES]) {
  ct_fill(a, BYTES, 1);
  memcpy(b, a, BYTES);
  b[BYTES - 1] ^= 1;
  CSN_CT_SECRET(a, BYTES);
}

/* Called by its address: as it is known to the compiler, its result alone would be looked at. */
static int (*volatile library_compare)(const void *, const void *, size_t) = memcmp;

static void memcmp_in_place_of_the_compare_is_seen(void **state) {
  uint8_t a[BYTES], b[BYTES];
  (void)state;
  take_pair(a, b);
  assert_tells(sink = library_compare(a, b, BYTES) == 0);
}

static NOINLINE uint32_t early_exit_equal(const uint8_t *a, const uint8_t *b, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (a[i] != b[i]) return 0;
  }
  return UINT32_MAX;
}

static void a_compare_that_ends_early_is_seen(void **state) {
  uint8_t a[BYTES], b[BYTES];
  (void)state;
  take_pair(a, b);
  assert_tells(sink = early_exit_equal(a, b, BYTES));
}

static NOINLINE void hex_decode_by_table(csn_span text, uint8_t *out) {
  static volatile uint8_t values[256];
  for (unsigned i = 0; i < 16; i++) values[(uint8_t) "0123456789abcdef"[i]] = (uint8_t)i;
  for (size_t i = 0; i + 1 < text.len; i += 2) {
    out[i / 2] = (uint8_t)(values[text.ptr[i]] << 4 | values[text.ptr[i + 1]]);
  }
}

static void a_hex_decoder_with_a_table_is_seen(void **state) {
  uint8_t text[2 * BYTES], out[BYTES];
  (void)state;
  memset(text, 'a', sizeof text);
  CSN_CT_SECRET(text, sizeof text);
  assert_tells(hex_decode_by_table(csn_span_of(text, sizeof text), out));
}

static NOINLINE uint32_t branch_on(const uint32_t *verdict) {
  return *(const volatile uint32_t *)verdict != 0 ? early_exit_equal((const uint8_t *)verdict, (const uint8_t *)"", 1)
                                                  : 7;
}

/* The right compare, and a branch on what it says before that was made public. */
static void a_verdict_that_is_not_made_public_is_seen(void **state) {
  uint8_t a[BYTES], b[BYTES];
  uint32_t equal = 0;
  (void)state;
  take_pair(a, b);
  assert_tells_nothing(equal = csn_ct_equal(a, b, BYTES));
  assert_tells(sink = branch_on(&equal));
}

int ct_controls(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memcmp_in_place_of_the_compare_is_seen),
      cmocka_unit_test(a_compare_that_ends_early_is_seen),
      cmocka_unit_test(a_hex_decoder_with_a_table_is_seen),
      cmocka_unit_test(a_verdict_that_is_not_made_public_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
