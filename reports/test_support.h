/* What the tests of the report generator share. */
#ifndef CSN_REPORTS_TEST_SUPPORT_H
#define CSN_REPORTS_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE(name) "reports/testdata/" name
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static inline void assert_contains(const char *text, const char *part) {
  if (strstr(text, part) == NULL) fail_msg("missing: %s\nin: %.2000s", part, text);
}

static inline void assert_lacks(const char *text, const char *part) {
  const char *at = strstr(text, part);
  if (at != NULL) fail_msg("unwanted: %s\nat: %.200s", part, at);
}

#endif
