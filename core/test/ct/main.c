/* Constant time, as far as valgrind can tell: branches and addresses that depend on secrets. It does not tell of
 * instructions whose own time depends on their operands, nor of processors that run ahead; and it knows neither SHA-NI
 * nor AVX-512, so that what is chosen at run time where they are is not what runs here. */
#include "check.h"

size_t ct_wanted_reports;

/* Nothing was reported between the checks either, and all controls were. */
static void valgrind_has_reported_the_controls_and_nothing_else(void **state) {
  (void)state;
  assert_true(ct_wanted_reports > 0);
  assert_int_equal(ct_reports(), ct_wanted_reports);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(valgrind_has_reported_the_controls_and_nothing_else)};
  if (RUNNING_ON_VALGRIND == 0) {
    (void)fprintf(stderr, "run under valgrind: make ct\n");
    return 2;
  }
  int failed = ct_controls() + ct_text() + ct_mac() + ct_credentials() + ct_requests();
  return failed + cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
