#include "ct.h"

/* The C library's: no compiler takes it away, and it is as fast as its memset(). */
void csn_wipe(void *ptr, size_t len) {
  explicit_bzero(ptr, len);
}

#ifdef CSN_CT_VALGRIND
size_t csn_ct_published;

void csn_ct_publish(const void *ptr, size_t len) {
  const char *at = ptr;
  uint8_t secret = 0;
  for (size_t i = 0; i < len; i++) {
    uint8_t bits = 0; /* of this byte, those that are undefined */
    (void)VALGRIND_GET_VBITS(at + i, &bits, 1);
    secret |= bits;
  }
  csn_ct_published += secret != 0;
  (void)VALGRIND_MAKE_MEM_DEFINED(ptr, len);
}
#endif
