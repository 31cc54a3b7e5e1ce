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

/* A ratio of medians would be 3: the pairs decide. */
static void ratios_pair_by_repetition(void **state) {
  (void)state;
  double a[] = {10, 30, 60}, b[] = {10, 10, 30, 99};
  report_series left = series_of(a, 3), right = series_of(b, 4);
  report_summary ratio;
  assert_true(report_summarise_ratio(&left, &right, &ratio));
  assert_int_equal(ratio.count, 3);
  assert_true(ratio.median == 2 && ratio.low == 1 && ratio.high == 3);
}

static void pairs_without_both_values_are_left_out(void **state) {
  (void)state;
  double a[] = {4, NAN, 6, 8}, b[] = {2, 2, 0, NAN};
  report_series left = series_of(a, 4), right = series_of(b, 4);
  report_summary ratio;
  assert_true(report_summarise_ratio(&left, &right, &ratio));
  assert_int_equal(ratio.count, 1);
  assert_true(ratio.median == 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interval_rank_is_that_of_the_sign_test),
      cmocka_unit_test(median_is_the_middle_value_or_the_mean_of_two),
      cmocka_unit_test(few_values_give_a_range_and_enough_an_interval),
      cmocka_unit_test(values_that_are_no_numbers_are_left_out),
      cmocka_unit_test(ratios_pair_by_repetition),
      cmocka_unit_test(pairs_without_both_values_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
