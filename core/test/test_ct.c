/* The constant-time helpers give the right answers. (That they take constant time, a later check shows.) */
#include "../src/ct.h"

#include "support.h"

static void is_zero_is_all_ones_for_zero_alone(void **state) {
  const uint32_t others[] = {1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  (void)state;
  assert_int_equal(csn_ct_is_zero(0), 0xffffffff);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) assert_int_equal(csn_ct_is_zero(others[i]), 0);
}

static void in_range_holds_for_every_byte(void **state) {
  const uint32_t ranges[][2] = {{'0', '9'}, {'a', 'f'}, {'A', 'Z'}, {1, 1}, {1, 255}, {200, 255}};
  (void)state;
  for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
    for (uint32_t x = 0; x < 256; x++) {
      uint32_t expected = x >= ranges[r][0] && x <= ranges[r][1] ? 0xffffffff : 0;
      assert_int_equal(csn_ct_in_range(x, ranges[r][0], ranges[r][1]), expected);
    }
  }
}

static void equal_sees_every_single_bit_and_nothing_behind(void **state) {
  enum { LEN_MAX = 70 };
  uint8_t a[LEN_MAX + 1], b[LEN_MAX + 1];
  (void)state;
  for (size_t i = 0; i < sizeof a; i++) a[i] = b[i] = (uint8_t)(i * 31);
  for (size_t len = 0; len <= LEN_MAX; len++) {
    assert_int_equal(csn_ct_equal(a, b, len), 0xffffffff);
    for (size_t bit = 0; bit < 8 * (len + 1); bit++) {
      b[bit / 8] = (uint8_t)(b[bit / 8] ^ 1u << bit % 8);
      assert_int_equal(csn_ct_equal(a, b, len), bit < 8 * len ? 0 : 0xffffffff);
      b[bit / 8] = (uint8_t)(b[bit / 8] ^ 1u << bit % 8);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_zero_is_all_ones_for_zero_alone),
      cmocka_unit_test(in_range_holds_for_every_byte),
      cmocka_unit_test(equal_sees_every_single_bit_and_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
