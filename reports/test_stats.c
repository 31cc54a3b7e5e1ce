#include <math.h>

#include "stats.h"
#include "test_support.h"

static report_series series_of(double *values, size_t count) {
  return (report_series){values, count};
}

/* The rank is the largest with 1 - 2 P(Bin(n, 1/2) < rank) >= 0.95: from the tables of the sign test. */
static void interval_rank_is_that_of_the_sign_test(void **state) {
  (void)state;
  static const struct {
    size_t count, rank;
    double confidence;
  } cases[] = {{0, 0, 0},        {1, 0, 0},         {2, 0, 0.5},       {5, 0, 0.9375},    {6, 1, 0.96875},
               {7, 1, 0.984375}, {8, 1, 0.9921875}, {9, 2, 0.9609375}, {11, 2, 0.98828},  {12, 3, 0.96143},
               {15, 4, 0.96484}, {20, 6, 0.95861},  {25, 8, 0.95671},  {100, 40, 0.96480}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    double confidence = -1;
    assert_int_equal(report_interval_rank(cases[i].count, &confidence), cases[i].rank);
    assert_true(fabs(confidence - cases[i].confidence) < 5e-6);
  }
}

static void median_is_the_middle_value_or_the_mean_of_two(void **state) {
  (void)state;
  static const struct {
    double values[4];
    size_t count;
    double median;
  } cases[] = {{{5}, 1, 5}, {{3, 1}, 2, 2}, {{9, 1, 4}, 3, 4}, {{4, 1, 3, 2}, 4, 2.5}, {{2, 2, 2, 9}, 4, 2}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    double values[4];
    memcpy(values, cases[i].values, sizeof values);
    report_series series = series_of(values, cases[i].count);
    report_summary summary;
    assert_true(report_summarise(&series, &summary));
    assert_true(summary.median == cases[i].median);
    assert_memory_equal(values, cases[i].values, sizeof values); /* the series keeps its order */
  }
}

static void few_values_give_a_range_and_enough_an_interval(void **state) {
  (void)state;
  double values[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
  report_series five = series_of(values, 5), six = series_of(values, 6), nine = series_of(values, 9);
  report_summary summary;
  assert_true(report_summarise(&five, &summary));
  assert_false(summary.interval);
  assert_true(summary.low == 5 && summary.high == 9);
  assert_true(report_summarise(&six, &summary));
  assert_true(summary.interval);
  assert_true(summary.low == 4 && summary.high == 9);
  assert_true(report_summarise(&nine, &summary));
  assert_true(summary.interval);
  assert_true(summary.low == 2 && summary.high == 8 && summary.min == 1 && summary.max == 9 && summary.median == 5);
}

static void values_that_are_no_numbers_are_left_out(void **state) {
  (void)state;
  double values[] = {NAN, 3, INFINITY, 1, -INFINITY, 2};
  double nothing[] = {NAN, NAN};
  report_series series = series_of(values, 6), empty = series_of(nothing, 2);
  report_summary summary;
  assert_true(report_summarise(&series, &summary));
  assert_int_equal(summary.count, 3);
  assert_true(summary.median == 2 && summary.low == 1 && summary.high == 3);
  assert_true(report_summarise(&empty, &summary));
  assert_int_equal(summary.count, 0);
  assert_true(isnan(summary.median) && isnan(summary.low));
}

/* ---- ratios ---- */

/* Orders of the lowest `m` of m + n ranks with at most `most` pairs the wrong way round, and
 * of all, by trying every subset. */
static size_t orders_within(size_t m, size_t n, size_t most, size_t *all) {
  size_t within = 0;
  *all = 0;
  for (uint32_t subset = 0; subset < UINT32_C(1) << (m + n); subset++) {
    size_t chosen = 0, pairs = 0;
    for (size_t i = 0; i < m + n; i++) {
      if ((subset >> i & 1) != 0) {
        chosen++;
      } else {
        pairs += chosen;
      }
    }
    if (chosen != m) continue;
    (*all)++;
    within += pairs <= most;
  }
  return within;
}

/* Critical values of U, two-sided 5 %: the rank is one more. From Hollander and Wolfe's and every other table. */
static void ratio_rank_is_that_of_the_mann_whitney_tables(void **state) {
  (void)state;
  static const struct {
    size_t m, n, critical;
  } cases[] = {{2, 8, 0},    {3, 5, 0},    {3, 9, 2},   {4, 4, 0},    {4, 9, 4},     {5, 5, 2},    {5, 9, 7},
               {6, 6, 5},    {7, 7, 8},    {8, 8, 13},  {8, 9, 15},   {9, 9, 17},    {9, 10, 20},  {10, 10, 23},
               {11, 12, 33}, {12, 12, 37}, {9, 20, 48}, {15, 15, 64}, {18, 20, 112}, {20, 20, 127}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    double confidence, other;
    assert_int_equal(report_ratio_rank(cases[i].m, cases[i].n, &confidence), cases[i].critical + 1);
    assert_int_equal(report_ratio_rank(cases[i].n, cases[i].m, &other), cases[i].critical + 1);
    assert_true(confidence >= 0.95 && confidence < 1 && confidence == other);
  }
}

static void ratio_rank_is_that_of_every_order_counted(void **state) {
  (void)state;
  for (size_t m = 1; m <= 8; m++) {
    for (size_t n = 1; n <= 8; n++) {
      double confidence;
      size_t all, rank = report_ratio_rank(m, n, &confidence);
      size_t below = rank == 0 ? orders_within(m, n, 0, &all) : orders_within(m, n, rank - 1, &all);
      assert_true(fabs(confidence - (1 - 2 * (double)below / (double)all)) < 1e-12);
      assert_true(rank == 0 ? confidence < 0.95 : confidence >= 0.95);
      size_t beyond = orders_within(m, n, rank, &all); /* the next rank holds less than 95 % */
      assert_true(1 - 2 * (double)beyond / (double)all < 0.95);
    }
  }
}

static void few_values_have_no_ratio_rank_and_many_are_approximated(void **state) {
  (void)state;
  static const size_t few[][2] = {{0, 0}, {0, 9}, {1, 1}, {1, 9}, {2, 2}, {2, 7}, {3, 3}, {3, 4}};
  double confidence;
  for (size_t i = 0; i < COUNT_OF(few); i++) assert_int_equal(report_ratio_rank(few[i][0], few[i][1], NULL), 0);
  /* Either way of computing gives nearly the same where they meet. */
  size_t exact = report_ratio_rank(27, 27, &confidence), many = report_ratio_rank(27, 28, NULL);
  assert_in_range(exact, 251, 252);
  assert_in_range(many, 260, 262);
  assert_int_equal(report_ratio_rank(100, 100, &confidence), 4197);
  assert_true(confidence >= 0.95 && confidence < 0.951);
}

static report_summary ratio_of(double *a, size_t m, double *b, size_t n) {
  report_series left = series_of(a, m), right = series_of(b, n);
  report_summary ratio;
  assert_true(report_summarise_ratio(&left, &right, &ratio));
  return ratio;
}

/* 1/4, twice 1/2, twice 1, 3/2, 2, 3 and 6. */
static void a_ratio_is_the_median_of_all_ratios(void **state) {
  (void)state;
  double a[] = {60, 10, 20}, b[] = {10, 20, 40};
  report_summary ratio = ratio_of(a, 3, b, 3);
  assert_int_equal(ratio.count, 3);
  assert_true(ratio.median == 1 && ratio.min == 0.25 && ratio.max == 6);
  assert_true(!ratio.interval && ratio.low == ratio.min && ratio.high == ratio.max);
  ratio = ratio_of(a, 2, b, 1); /* of two the geometric mean */
  assert_int_equal(ratio.count, 1);
  assert_true(fabs(ratio.median - sqrt(6)) < 1e-15);
}

/* The powers of two as times: the ratios are, too, and 9 - d of them are 2^d, or 2^-d. The 18th of 81 is 2^-3. */
static void enough_ratios_have_an_interval(void **state) {
  (void)state;
  double a[9];
  for (size_t i = 0; i < COUNT_OF(a); i++) a[i] = ldexp(1, (int)i);
  report_summary ratio = ratio_of(a, 9, a, 9);
  assert_true(ratio.interval && ratio.confidence >= 0.95);
  assert_true(ratio.median == 1 && ratio.low == 0.125 && ratio.high == 8 && ratio.min == ldexp(1, -8));
  assert_false(ratio_of(a, 5, a, 9).interval); /* as with five values themselves */
  assert_true(ratio_of(a, 6, a, 6).interval);
}

/* Of C(m + n, m) orders two have no value of one side within the other's. */
static void a_range_of_ratios_has_its_own_confidence(void **state) {
  (void)state;
  double a[60];
  for (size_t i = 0; i < COUNT_OF(a); i++) a[i] = (double)(i + 1);
  for (size_t m = 1; m < REPORT_INTERVAL_MIN; m++) {
    for (size_t n = 1; n <= 9; n++) {
      size_t all;
      (void)orders_within(m, n, 0, &all);
      report_summary ratio = ratio_of(a, m, a, n), other = ratio_of(a, n, a, m);
      assert_true(!ratio.interval && ratio.low == ratio.min && ratio.high == ratio.max);
      assert_true(fabs(ratio.confidence - (1 - 2 / (double)all)) < 1e-12);
      assert_true(fabs(other.confidence - ratio.confidence) < 1e-12);
    }
  }
  assert_true(fabs(ratio_of(a, 1, a, 60).confidence - (1 - 2 / 61.0)) < 1e-12); /* where ranks are approximated */
  assert_true(ratio_of(a, 6, a, 6).confidence < 0.97);                          /* an interval of the inner rank */
}

static const double some[] = {31.5, 30.1, 39.9, 33, 30.7, 35.2, 34.8, 31.1, 36.4};
static const double others[] = {12.2, 10.9, 14.1, 11.7, 19.3, 12.8, 11.1};
enum { SOME = sizeof some / sizeof *some, OTHERS = sizeof others / sizeof *others };

static void the_order_of_repetitions_decides_nothing(void **state) {
  (void)state;
  double a[SOME], b[OTHERS];
  memcpy(a, some, sizeof a);
  memcpy(b, others, sizeof b);
  report_summary wanted = ratio_of(a, SOME, b, OTHERS);
  uint32_t random = 1;
  for (size_t turn = 0; turn < 200; turn++) {
    double *values = turn % 2 == 0 ? a : b;
    size_t count = turn % 2 == 0 ? SOME : OTHERS;
    for (size_t i = count; i > 1; i--) {
      random = random * 1664525 + 1013904223;
      size_t j = (random >> 8) % i;
      double kept = values[i - 1];
      values[i - 1] = values[j];
      values[j] = kept;
    }
    report_summary ratio = ratio_of(a, SOME, b, OTHERS);
    assert_true(ratio.median == wanted.median && ratio.low == wanted.low && ratio.high == wanted.high);
    assert_true(ratio.min == wanted.min && ratio.max == wanted.max && ratio.count == wanted.count);
  }
}

static void the_ratio_turned_round_is_its_inverse(void **state) {
  (void)state;
  double a[SOME], b[OTHERS];
  memcpy(a, some, sizeof a);
  memcpy(b, others, sizeof b);
  for (size_t m = 1; m <= SOME; m++) {
    report_summary ratio = ratio_of(a, m, b, OTHERS), inverse = ratio_of(b, OTHERS, a, m);
    assert_true(fabs(ratio.median * inverse.median - 1) < 1e-14);
    assert_true(fabs(ratio.low * inverse.high - 1) < 1e-14 && fabs(ratio.high * inverse.low - 1) < 1e-14);
    assert_true(fabs(ratio.min * inverse.max - 1) < 1e-14);
    assert_true(ratio.count == inverse.count && ratio.interval == inverse.interval);
    assert_true(ratio.confidence == inverse.confidence);
  }
}

static void values_without_a_logarithm_are_left_out_of_ratios(void **state) {
  (void)state;
  double a[] = {4, NAN, -8, 8, INFINITY, 0}, b[] = {-2, 2, 0, NAN}, none[] = {NAN, 0, -1};
  report_summary ratio = ratio_of(a, 6, b, 4);
  assert_int_equal(ratio.count, 1);
  assert_true(ratio.min == 2 && ratio.max == 4 && fabs(ratio.median - sqrt(8)) < 1e-15);
  assert_int_equal(ratio_of(a, 6, none, 3).count, 0);
  assert_int_equal(ratio_of(none, 3, a, 6).count, 0);
  assert_int_equal(ratio_of(none, 0, a, 6).count, 0);
  ratio = ratio_of(none, 3, none, 3);
  assert_true(isnan(ratio.median) && isnan(ratio.low) && isnan(ratio.max) && !ratio.interval);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interval_rank_is_that_of_the_sign_test),
      cmocka_unit_test(median_is_the_middle_value_or_the_mean_of_two),
      cmocka_unit_test(few_values_give_a_range_and_enough_an_interval),
      cmocka_unit_test(values_that_are_no_numbers_are_left_out),
      cmocka_unit_test(ratio_rank_is_that_of_the_mann_whitney_tables),
      cmocka_unit_test(ratio_rank_is_that_of_every_order_counted),
      cmocka_unit_test(few_values_have_no_ratio_rank_and_many_are_approximated),
      cmocka_unit_test(a_ratio_is_the_median_of_all_ratios),
      cmocka_unit_test(enough_ratios_have_an_interval),
      cmocka_unit_test(a_range_of_ratios_has_its_own_confidence),
      cmocka_unit_test(the_order_of_repetitions_decides_nothing),
      cmocka_unit_test(the_ratio_turned_round_is_its_inverse),
      cmocka_unit_test(values_without_a_logarithm_are_left_out_of_ratios),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
