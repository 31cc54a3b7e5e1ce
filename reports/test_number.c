#include <math.h>

#include "number.h"
#include "test_support.h"

typedef const char *(*number_fn)(report_number, double);

typedef struct number_case {
  double value;
  const char *text;
} number_case;

static void check(number_fn write, const number_case *cases, size_t count) {
  static const double none[] = {NAN, INFINITY, -INFINITY, -1};
  report_number out;
  for (size_t i = 0; i < count; i++) assert_string_equal(write(out, cases[i].value), cases[i].text);
  for (size_t i = 0; i < COUNT_OF(none); i++) assert_string_equal(write(out, none[i]), "–");
}

static void durations_have_three_digits_and_a_unit(void **state) {
  (void)state;
  static const number_case cases[] = {
      {0, "0 ns"},         {0.4567, "0.457 ns"}, {9.994, "9.99 ns"}, {9.996, "10.0 ns"},    {41.24, "41.2 ns"},
      {320.4, "320 ns"},   {999.4, "999 ns"},    {999.6, "1.00 µs"}, {1432, "1.43 µs"},     {12345, "12.3 µs"},
      {999500, "1.00 ms"}, {12e6, "12.0 ms"},    {1.5e9, "1.50 s"},  {1.2345e12, "1230 s"},
  };
  check(report_number_duration, cases, COUNT_OF(cases));
}

static void rates_have_three_digits_and_a_unit(void **state) {
  (void)state;
  static const number_case cases[] = {{0, "0/s"},          {890.4, "890/s"},      {999.6, "1.00 k/s"},
                                      {130250, "130 k/s"}, {2412345, "2.41 M/s"}, {1.7e9, "1.70 G/s"}};
  check(report_number_rate, cases, COUNT_OF(cases));
}

static void words_group_digits_by_three(void **state) {
  (void)state;
  static const number_case cases[] = {
      {12.34, "12.3"},      {999.4, "999"},      {999.6, "1,000"},         {41234, "41,200"},
      {130250, "130,000"},  {999400, "999,000"}, {999500, "1.00 million"}, {2.412e6, "2.41 million"},
      {3e9, "3.00 billion"}};
  check(report_number_words, cases, COUNT_OF(cases));
}

static void ratios_have_three_digits_above_one(void **state) {
  (void)state;
  static const number_case cases[] = {{0, "0"},        {0.0432, "0.043"}, {0.1, "0.10"},   {0.984, "0.98"},
                                      {0.996, "1.00"}, {1, "1.00"},       {1.824, "1.82"}, {9.996, "10.0"},
                                      {14.44, "14.4"}, {238.4, "238"},    {1234, "1,230"}, {1234567, "1,230,000"}};
  check(report_number_ratio, cases, COUNT_OF(cases));
}

static void bytes_and_axes_are_short(void **state) {
  (void)state;
  static const number_case bytes[] = {{9.6, "9.60 bytes"}, {138, "138 bytes"}, {2048, "2,050 bytes"}};
  static const number_case axis[] = {{0, "0"}, {50, "50"}, {50000, "50 k"}, {2.5e6, "2.5 M"}, {1e9, "1 G"}};
  check(report_number_bytes, bytes, COUNT_OF(bytes));
  check(report_number_short, axis, COUNT_OF(axis));
}

static void sizes_of_memory_are_binary(void **state) {
  (void)state;
  static const number_case cases[] = {{0, "0 bytes"},         {1023, "1020 bytes"},     {1024, "1.00 KiB"},
                                      {49152, "48.0 KiB"},    {2097152, "2.00 MiB"},    {91.99e6, "87.7 MiB"},
                                      {272629760, "260 MiB"}, {1073741824, "1.00 GiB"}, {1.5e12, "1400 GiB"}};
  check(report_number_size, cases, COUNT_OF(cases));
}

/* The largest doubles stay inside the buffer. */
static void huge_values_fit(void **state) {
  (void)state;
  static const number_fn writers[] = {report_number_duration, report_number_rate,  report_number_words,
                                      report_number_ratio,    report_number_bytes, report_number_short,
                                      report_number_size};
  for (size_t i = 0; i < COUNT_OF(writers); i++) {
    report_number out;
    memset(out, 'x', sizeof out);
    assert_true(strlen(writers[i](out, 1.7e308)) < sizeof out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(durations_have_three_digits_and_a_unit),
      cmocka_unit_test(rates_have_three_digits_and_a_unit),
      cmocka_unit_test(words_group_digits_by_three),
      cmocka_unit_test(ratios_have_three_digits_above_one),
      cmocka_unit_test(bytes_and_axes_are_short),
      cmocka_unit_test(sizes_of_memory_are_binary),
      cmocka_unit_test(huge_values_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
