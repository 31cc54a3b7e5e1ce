/* The verifier: may this caller do this, now, once? */
#ifndef COUNTERSIGN_VERIFIER_H
#define COUNTERSIGN_VERIFIER_H

#include <countersign/api_key.h>
#include <countersign/http_signature.h>
#include <countersign/jwt.h>
#include <countersign/keyring.h>
#include <countersign/nonce.h>
#include <countersign/request.h>
#include <countersign/scheme.h>
#include <countersign/sigv4.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_WINDOW_DEFAULT = 300, /* seconds */
  CSN_WINDOW_MAX = 4095,    /* seconds: twice the window must fit in CSN_NONCE_RETENTION_MAX */
};

typedef struct csn_verifier_config {
  const csn_scheme *scheme;   /* a preset, or one of the caller's; must outlive the verifier */
  const csn_keyring *keyring; /* must outlive the verifier; may change; NULL where the scheme has an API key */
  csn_nonce_store nonces;     /* needed where the scheme has a nonce, as HTTP Message Signatures may have */
  int64_t window;             /* seconds: accepted when |now - timestamp| <= window; 1 to CSN_WINDOW_MAX */
  csn_jwt_policy jwt;         /* for schemes with a token; its spans must outlive the verifier */
  csn_api_key_policy api_key; /* for schemes with an API key */
  csn_sigv4_policy sigv4;     /* for AWS Signature Version 4, which has a window of its own; its spans likewise */
  csn_http_signature_policy http_signature; /* for HTTP Message Signatures; its spans likewise */
  csn_span client_id;       /* whose keys sign, where the scheme has a client of its own; empty: that one. Must outlive
                               the verifier */
  bool allow_unsigned_body; /* let a body pass that a request-signing scheme does not sign */
  bool allow_ambiguous;     /* acknowledge a template that is ambiguous; presets need no acknowledgement */
} csn_verifier_config;
#define CSN_VERIFIER_CONFIG_DEFAULT                                                                 \
  {                                                                                                 \
    .window = CSN_WINDOW_DEFAULT, .jwt = CSN_JWT_POLICY_DEFAULT, .sigv4 = CSN_SIGV4_POLICY_DEFAULT, \
    .http_signature = CSN_HTTP_SIGNATURE_POLICY_DEFAULT                                             \
  }

/* Opaque; constant once made. Any number of threads may verify with one verifier. */
typedef struct csn_verifier csn_verifier;

/* Errors: INVALID_ARGUMENT, SCHEME_INVALID, TEMPLATE_INVALID, TEMPLATE_AMBIGUOUS, NO_MEMORY. */
csn_error csn_verifier_new(csn_verifier **out, const csn_verifier_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_verifier_free(csn_verifier *verifier); /* NULL does nothing */

/* True where two different requests can give the scheme's template one string: csn_scheme.delimited_form is better. */
bool csn_verifier_is_ambiguous(const csn_verifier *verifier) CSN_NONNULL_ALL;

/* Verifies one request at UNIX second `now`, with one state of the keyring. No allocation, no lock, no system call with
 * the memory table; about 20 KiB of stack, also with a token, 8 KiB more where a field is in a JSON body, 39 KiB for
 * HTTP Message Signatures, 49 KiB for AWS Signature Version 4. Writes to no state but the nonce store, and to that only
 * when all else has passed; and, where a signature was right, to the memory of derived keys (sigv4.h). For a signature
 * by a public key OpenSSL allocates and locks: csn_key_verify(). */
void csn_verify(const csn_verifier *verifier, const csn_request *request, int64_t now,
                csn_verdict *verdict) CSN_NONNULL_ALL;

/* Verifies `count` requests: the same verdicts, in order, as csn_verify() one after the other; of two with one nonce
 * the first wins. Groups of 32 are verified together, with one state of the keyring each: their keys are searched in
 * turns, their MACs, and what else is hashed, are computed side by side, and their nonces claimed in one go. HTTP
 * Message Signatures and AWS Signature Version 4 are computed one by one. 80 KiB of stack more than csn_verify(). */
void csn_verify_batch(const csn_verifier *verifier, const csn_request *requests, csn_verdict *verdicts, size_t count,
                      int64_t now) CSN_NONNULL(1);

/* The same with a verifier for each request, whose schemes, keyrings and stores may differ. */
void csn_verify_mixed(const csn_verifier *const *verifiers, const csn_request *requests, csn_verdict *verdicts,
                      size_t count, int64_t now);

#ifdef __cplusplus
}
#endif
#endif
