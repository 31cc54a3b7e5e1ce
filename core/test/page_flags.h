/* What tests ask of the pages that hold secrets. */
#ifndef CSN_TEST_PAGE_FLAGS_H
#define CSN_TEST_PAGE_FLAGS_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What /proc says of the pages at `address`; "" where it does not. */
static inline void flags_of(const void *address, char flags[256]) {
  char line[512];
  FILE *smaps = fopen("/proc/self/smaps", "re");
  bool here = false;
  flags[0] = 0;
  assert_non_null(smaps);
  while (fgets(line, sizeof line, smaps) != NULL) {
    uintptr_t from, to;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
      here = from <= (uintptr_t)address && (uintptr_t)address < to;
    } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
      (void)snprintf(flags, 256, "%.254s", line + 8);
    }
  }
  (void)fclose(smaps);
}

#endif
