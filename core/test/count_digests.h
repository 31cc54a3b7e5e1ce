/* Work is counted, not timed: this program's SHA256_Final() and SHA512_Final() stand
 * before libcrypto's. To be included first. */
#ifndef CSN_TEST_COUNT_DIGESTS_H
#define CSN_TEST_COUNT_DIGESTS_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <dlfcn.h>
#include <openssl/sha.h>
#include <stddef.h>

static size_t digests, wide_digests;

int SHA256_Final(unsigned char *md, SHA256_CTX *c) {
  static int (*real)(unsigned char *, SHA256_CTX *);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "SHA256_Final");
  digests++;
  return real(md, c);
}

int SHA512_Final(unsigned char *md, SHA512_CTX *c) {
  static int (*real)(unsigned char *, SHA512_CTX *);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "SHA512_Final");
  wide_digests++;
  return real(md, c);
}

#endif
