/* The signing side of the same schemes, for clients, tools, benchmarks and fuzz targets. */
#ifndef COUNTERSIGN_SIGN_H
#define COUNTERSIGN_SIGN_H

#include <countersign/http_signature.h>
#include <countersign/keyring.h>
#include <countersign/request.h>
#include <countersign/scheme.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_SIGNED_HEADERS_MAX = 8,
  CSN_SIGNED_BYTES = 12288, /* room for a token of CSN_TOKEN_MAX and the other fields */
};

typedef struct csn_sign_input {
  const csn_scheme *scheme;
  size_t form;                /* index in scheme->forms: how the credential is written */
  const csn_key *key;         /* signs the request; may be NULL where the scheme has no template */
  const csn_request *request; /* method, target and body are signed where the scheme says so; of its headers only those
                                 of signed_headers are read */
  int64_t timestamp;          /* in the scheme's unit; of a date, seconds */
  csn_span nonce;
  csn_span signed_headers; /* of schemes with {signed_headers}; empty: the scheme's own list */
  csn_span token;          /* compact JWT for schemes that carry one: see csn_sign_jwt() */
} csn_sign_input;

/* The headers to add to the request, and its target and body, which have more parameters or members where the scheme
 * puts fields there, and else are those of the input. Caller-allocated; the spans point into it, into the scheme and
 * into the input. */
typedef struct csn_signed {
  csn_span target, body;
  csn_header headers[CSN_SIGNED_HEADERS_MAX];
  size_t header_count;
  uint8_t bytes[CSN_SIGNED_BYTES];
} csn_signed;

/* Signs a request. Errors: INVALID_ARGUMENT (a field that the scheme needs is missing or malformed), TEMPLATE_INVALID,
 * SCHEME_INVALID, BUFFER_TOO_SMALL. Thread-safe. */
csn_error csn_sign_request(csn_signed *out, const csn_sign_input *input) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Writes the canonical string that csn_sign_request() would sign; `*len` gets its length, also where it does not fit
 * (BUFFER_TOO_SMALL). For the integrator whose signature does not match. */
csn_error csn_sign_canonical(const csn_sign_input *input, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED
    CSN_NONNULL(1, 4);

/* An HTTP Message Signature to be made (RFC 9421 section 3.1). Strings are printable ASCII without quotation marks and
 * backslashes; absent ones have a null pointer. */
typedef struct csn_http_sign_input {
  const csn_key *key;         /* a request key; of other algorithms than HMAC a private one */
  const csn_request *request; /* its headers are signed where a component says so */
  const csn_http_context *context;
  csn_span label;
  const csn_span *components; /* as those of csn_http_signature_policy, in the order in which they are signed */
  size_t component_count;
  csn_signature_params params; /* `alg`, where it is there, is the key's */
} csn_http_sign_input;

/* Signs a request: Signature-Input and Signature, and before them Content-Digest (sha-256), where `content-digest` is a
 * component and the request has none. Errors: INVALID_ARGUMENT (a component that the request does not have, or that no
 * signature can cover, a malformed string, a key that does not fit), BUFFER_TOO_SMALL (also for a base longer than
 * CSN_SIGNATURE_BASE_MAX), CRYPTO. About 24 KiB of stack. Thread-safe. */
csn_error csn_http_sign(csn_signed *out, const csn_http_sign_input *input) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Writes a compact JWS of `claims` (JSON text, not looked at) with the header {"alg":…,"typ":"JWT","kid":…}; no kid
 * where the key has no id. `*len` gets its length. Errors:
 * BUFFER_TOO_SMALL, INVALID_ARGUMENT. Thread-safe. */
csn_error csn_sign_jwt(const csn_key *key, csn_span claims, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED
    CSN_NONNULL(1, 5);

/* The same with another typ, of at most CSN_TYP_MAX bytes, such as "at+jwt" (RFC 9068). */
csn_error csn_sign_jwt_typed(const csn_key *key, csn_span typ, csn_span claims, uint8_t *out, size_t size,
                             size_t *len) CSN_WARN_UNUSED CSN_NONNULL(1, 6);

#ifdef __cplusplus
}
#endif
#endif
