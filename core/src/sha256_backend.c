/* The back-ends, and which of them is in use. */
#include <countersign/sha256_backend.h>

#include "atomics.h"
#include "sha256.h"

static bool is_everywhere(void) {
  return true;
}

/* From how many lanes on the wider code is faster than the narrower one: eight lanes of AVX2 take as long as two to
 * three single ones of OpenSSL without the SHA extensions, sixteen of AVX-512 as long as nine with these. */
enum { AVX2_LEAST = 3, AVX512_LEAST = 10 };

static const csn_sha256_engine engines[CSN_SHA256_BACKENDS] = {
    [CSN_SHA256_OPENSSL] = {is_everywhere,
                            csn_sha256_openssl_one,
                            {{1, 1, csn_sha256_openssl_lanes, csn_sha256_openssl_outer}}},
    [CSN_SHA256_AVX2] = {csn_sha256_avx2_is_here,
                         csn_sha256_openssl_one,
                         {{AVX2_LEAST, 8, csn_sha256_avx2_lanes, csn_sha256_avx2_outer},
                          {1, 1, csn_sha256_openssl_lanes, csn_sha256_openssl_outer}}},
    [CSN_SHA256_SHA_NI] = {csn_sha256_ni_is_here,
                           csn_sha256_ni_one,
                           {{1, 4, csn_sha256_ni_lanes, csn_sha256_ni_outer}}},
    [CSN_SHA256_AVX512] = {csn_sha256_avx512_is_here,
                           csn_sha256_ni_one,
                           {{AVX512_LEAST, 16, csn_sha256_avx512_lanes, csn_sha256_avx512_outer},
                            {1, 4, csn_sha256_ni_lanes, csn_sha256_ni_outer}}},
};

static csn_atomic chosen = CSN_SHA256_OPENSSL; /* before a program's constructors have run */

/* Four lanes of the SHA extensions are faster than sixteen of AVX-512 on processors of AMD, where the one starts twice
 * as often and the other half as often as on those of Intel. */
static csn_sha256_backend best(void) {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_is("intel") && csn_sha256_avx512_is_here()) return CSN_SHA256_AVX512;
#endif
  if (csn_sha256_ni_is_here()) return CSN_SHA256_SHA_NI;
  return csn_sha256_avx2_is_here() ? CSN_SHA256_AVX2 : CSN_SHA256_OPENSSL;
}

/* The first priority that is free: before the constructors of who uses the library. */
__attribute__((constructor(101))) static void choose_best(void) {
  csn_atomic_store_relaxed(&chosen, best());
}

const csn_sha256_engine *csn_sha256_engine_of(csn_sha256_backend backend) {
  return &engines[backend];
}

/* Nothing but a constant is found by the index: there is no order to keep. */
const csn_sha256_engine *csn_sha256_engine_now(void) {
  return &engines[csn_atomic_load_relaxed(&chosen)];
}

bool csn_sha256_backend_has(csn_sha256_backend backend) {
  if (backend == CSN_SHA256_AUTO) return true;
  return (unsigned)backend < CSN_SHA256_BACKENDS && engines[backend].is_here();
}

csn_error csn_sha256_backend_set(csn_sha256_backend backend) {
  if ((unsigned)backend >= CSN_SHA256_BACKENDS) return CSN_ERROR_INVALID_ARGUMENT;
  if (!csn_sha256_backend_has(backend)) return CSN_ERROR_BACKEND_UNSUPPORTED;
  csn_atomic_store_relaxed(&chosen, backend == CSN_SHA256_AUTO ? best() : backend);
  return CSN_OK;
}

csn_sha256_backend csn_sha256_backend_get(void) {
  return (csn_sha256_backend)csn_atomic_load_relaxed(&chosen);
}

/* ---- names ---- */

static const char *const names[CSN_SHA256_BACKENDS] = {[CSN_SHA256_AUTO] = "auto",
#define NAME(name, text) [CSN_SHA256_##name] = text,
                                                       CSN_SHA256_BACKEND_LIST(NAME)
#undef NAME
};

const char *csn_sha256_backend_name(csn_sha256_backend backend) {
  return (unsigned)backend < CSN_SHA256_BACKENDS ? names[backend] : "none";
}

csn_sha256_backend csn_sha256_backend_from_name(csn_span name) {
  unsigned i = 0;
  while (i < CSN_SHA256_BACKENDS && !csn_span_equal(name, csn_span_str(names[i]))) i++;
  return (csn_sha256_backend)i;
}
