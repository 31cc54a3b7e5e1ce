/* Constant time, all in one place: masks instead of branches, and value barriers so that no compiler turns a mask back
 * into a branch. CSN_CT_SECRET and CSN_CT_PUBLIC mark memory for valgrind, which then reports every branch or address
 * that depends on a secret; they are nothing in an ordinary build. What time may tell is marked public where it is
 * decided, and nowhere else: `make ct` finds the rest. */
#ifndef CSN_CT_H
#define CSN_CT_H

#include <countersign/span.h>

#ifdef CSN_CT_VALGRIND
#include <valgrind/memcheck.h>
#define CSN_CT_SECRET(ptr, len) ((void)VALGRIND_MAKE_MEM_UNDEFINED(ptr, len))
#define CSN_CT_PUBLIC(ptr, len) csn_ct_publish(ptr, len)
extern size_t csn_ct_published; /* how often something that came of a secret was made public */
void csn_ct_publish(const void *ptr, size_t len);
#else
#define CSN_CT_SECRET(ptr, len) ((void)(ptr), (void)(len))
#define CSN_CT_PUBLIC(ptr, len) ((void)(ptr), (void)(len))
#endif

/* Hides a value's origin from the optimiser. */
static inline uint32_t csn_ct_barrier(uint32_t value) {
#if defined(__GNUC__) || defined(__clang__)
  __asm__("" : "+r"(value));
#endif
  return value;
}

static inline uint64_t csn_ct_barrier64(uint64_t value) {
#if defined(__GNUC__) || defined(__clang__)
  __asm__("" : "+r"(value));
#endif
  return value;
}

/* All ones where x == 0, else 0. */
static inline uint32_t csn_ct_is_zero(uint32_t x) {
  x = csn_ct_barrier(x);
  return csn_ct_barrier((uint32_t)0 - ((~x & (x - 1)) >> 31));
}

/* All ones where low <= x <= high, else 0. The three are below 2^31. */
static inline uint32_t csn_ct_in_range(uint32_t x, uint32_t low, uint32_t high) {
  x = csn_ct_barrier(x);
  return csn_ct_barrier(((uint32_t)0 - (((low - 1) - x) >> 31)) & ((uint32_t)0 - ((x - (high + 1)) >> 31)));
}

/* All ones where the `len` bytes are equal, else 0. CT: the contents do not leak; the length does. */
static inline uint32_t csn_ct_equal(const uint8_t *a, const uint8_t *b, size_t len) {
  uint64_t difference = 0;
  size_t i = 0;
  for (; len - i >= sizeof difference; i += sizeof difference) {
    uint64_t x, y;
    memcpy(&x, a + i, sizeof x);
    memcpy(&y, b + i, sizeof y);
    difference |= csn_ct_barrier64(x ^ y);
  }
  for (; i < len; i++) difference |= csn_ct_barrier((uint32_t)(a[i] ^ b[i]));
  return csn_ct_is_zero((uint32_t)(difference | difference >> 32));
}

/* Overwrites memory in a way that is not optimised away. */
void csn_wipe(void *ptr, size_t len);

#endif
