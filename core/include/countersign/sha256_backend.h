/* Which of the processor's instructions hash: SHA-256 and HMAC-SHA-256 of everything in this library. The results are
 * the same; the speed is not. SHA-384 and SHA-512 are OpenSSL's in all cases. */
#ifndef COUNTERSIGN_SHA256_BACKEND_H
#define COUNTERSIGN_SHA256_BACKEND_H

#include <countersign/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, "name") */
#define CSN_SHA256_BACKEND_LIST(X)                                               \
  X(OPENSSL, "openssl") /* one message at a time, by what OpenSSL finds best */  \
  X(AVX2, "avx2")       /* up to eight messages at once; few, or one: OpenSSL */ \
  X(SHA_NI, "sha_ni")   /* the SHA extensions, up to four messages at once */    \
  X(AVX512, "avx512")   /* up to sixteen messages at once; few, or one: as sha_ni */

typedef enum csn_sha256_backend {
  CSN_SHA256_AUTO, /* avx512 on processors of Intel that have it, else sha_ni, else avx2, else openssl */
#define CSN_SHA256_BACKEND_ENUM(name, text) CSN_SHA256_##name,
  CSN_SHA256_BACKEND_LIST(CSN_SHA256_BACKEND_ENUM)
#undef CSN_SHA256_BACKEND_ENUM
      CSN_SHA256_BACKENDS, /* how many there are, AUTO among them */
} csn_sha256_backend;

/* Whether this machine can use it; true of AUTO. False of what is none. Thread-safe. */
bool csn_sha256_backend_has(csn_sha256_backend backend) CSN_WARN_UNUSED;

/* Chooses for the whole process; without a call it is AUTO. At any time, also while other threads hash: what they are
 * at may be finished by the one or the other. Errors, which change nothing: INVALID_ARGUMENT, BACKEND_UNSUPPORTED. */
csn_error csn_sha256_backend_set(csn_sha256_backend backend) CSN_WARN_UNUSED;

/* The one in use, never AUTO. Thread-safe. */
csn_sha256_backend csn_sha256_backend_get(void) CSN_WARN_UNUSED;

/* Its name as in the list, or "auto"; never NULL. */
const char *csn_sha256_backend_name(csn_sha256_backend backend) CSN_WARN_UNUSED;

/* The one with this name, byte for byte; CSN_SHA256_BACKENDS where there is none. */
csn_sha256_backend csn_sha256_backend_from_name(csn_span name) CSN_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
