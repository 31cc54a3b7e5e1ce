/* Constant time. Under valgrind: no branch and no address depends on a secret. Valgrind knows neither SHA-NI nor
 * AVX-512, so that what is chosen at run time where they are does not run there; without it, what runs is stepped
 * through, and no branch depends on a secret. Neither tells of instructions whose own time depends on their operands,
 * nor of processors that run ahead. */
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
  if (RUNNING_ON_VALGRIND == 0) return ct_steps() + ct_mac_many_steps() == 0 ? 0 : 1;
  int failed = ct_controls() + ct_text() + ct_mac() + ct_mac_many() + ct_credentials() + ct_requests();
  return failed + cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
