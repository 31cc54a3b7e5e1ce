/* The checks for constant time, which valgrind makes: what is marked secret is undefined memory to it, and it reports
 * every branch and every address that comes of that. They mean nothing in a program that it does not run: main() sees
 * to that.
 */
#ifndef CSN_TEST_CT_CHECK_H
#define CSN_TEST_CT_CHECK_H

#include "../../src/ct.h"
#include "../support.h"

#ifndef CSN_CT_VALGRIND
#error "make ct builds this with the marks of ct.h"
#endif

/* What valgrind has reported so far, and how much of that was to be. */
static inline size_t ct_reports(void) {
  return VALGRIND_COUNT_ERRORS;
}
extern size_t ct_wanted_reports;

/* The statement gives valgrind nothing to report. */
#define assert_tells_nothing(...)                      \
  do {                                                 \
    size_t before_ = ct_reports();                     \
    __VA_ARGS__;                                       \
    if (ct_reports() == before_) break;                \
    print_error("tells a secret: %s\n", #__VA_ARGS__); \
    fail();                                            \
  } while (0)

/* A negative control: it does. */
#define assert_tells(...)                                         \
  do {                                                            \
    size_t before_ = ct_reports();                                \
    __VA_ARGS__;                                                  \
    ct_wanted_reports += ct_reports() - before_;                  \
    if (ct_reports() > before_) break;                            \
    print_error("tells a secret, unnoticed: %s\n", #__VA_ARGS__); \
    fail();                                                       \
  } while (0)

/* How many of the bytes have something secret in them. */
static inline size_t ct_secret_bytes(const void *ptr, size_t len) {
  const char *at = ptr;
  size_t count = 0;
  for (size_t i = 0; i < len; i++) {
    uint8_t bits = 0;
    (void)VALGRIND_GET_VBITS(at + i, &bits, 1);
    count += bits != 0;
  }
  return count;
}

/* What came of secrets is secret itself: had it been lost on the way, nothing would be shown. After this it is public,
 * for comparison with what is right. */
#define assert_secret(ptr, len)                       \
  do {                                                \
    assert_int_equal(ct_secret_bytes(ptr, len), len); \
    (void)VALGRIND_MAKE_MEM_DEFINED(ptr, len);        \
  } while (0)

/* Random enough for tests, and the same in each run. */
static inline void ct_fill(uint8_t *out, size_t len, uint64_t seed) {
  for (size_t i = 0; i < len; i++) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    out[i] = (uint8_t)(seed >> 56);
  }
}

/* The groups of tests: how many failed. */
int ct_controls(void);
int ct_text(void);
int ct_mac(void);
int ct_mac_many(void);
int ct_credentials(void);
int ct_requests(void);

/* Without valgrind. */
int ct_steps(void);
int ct_mac_many_steps(void);

/* How many of several seeds' secrets make the work take other steps than those of the first. */
typedef void ct_prepare(void *context, uint64_t seed);
typedef void ct_work(void *context);
size_t ct_other_steps(ct_prepare *prepare, ct_work *work, void *context);

#endif
