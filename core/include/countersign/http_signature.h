/* HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530). */
#ifndef COUNTERSIGN_HTTP_SIGNATURE_H
#define COUNTERSIGN_HTTP_SIGNATURE_H

#include <countersign/request.h>
#include <countersign/sink.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_COMPONENTS_MAX = 32,        /* covered by one signature: they are compared in pairs */
  CSN_SIGNATURE_BASE_MAX = 16384, /* bytes: a request's longest header value, or a usual set of them */
};

/* The three kinds of structured field (RFC 8941 section 3). */
typedef enum csn_sf_kind { CSN_SF_ITEM, CSN_SF_LIST, CSN_SF_DICTIONARY } csn_sf_kind;

/* A field that the parameter `sf` may stand at, beside those that RFCs define as structured. */
typedef struct csn_structured_field {
  csn_span name; /* in lower case */
  csn_sf_kind kind;
} csn_structured_field;

/* What a request view does not say of the message. */
typedef struct csn_http_context {
  csn_span scheme;    /* "https" or "http" */
  csn_span authority; /* host, or host:port; where it is empty the Host field is used */
  const csn_structured_field *fields;
  size_t field_count;
} csn_http_context;

/* The parameters of a signature (RFC 9421 section 2.3). A string that is absent has a null pointer. */
typedef struct csn_signature_params {
  bool has_created, has_expires;
  int64_t created, expires; /* seconds since 1970 */
  csn_span nonce, alg, keyid, tag;
} csn_signature_params;

/* Reads the parameters of `input`, a member's value in Signature-Input: `("@method" ...);created=...`. ACCEPTED, or
 * SIGNATURE_INPUT_INVALID with `*offset` from the start of `input`: a parameter of another type than the RFC's, a
 * negative time, a string with an escape (which would have to be copied to be compared). Parameters that the RFC does
 * not know are let by; they are signed as they stand. Thread-safe. */
csn_reason csn_signature_params_read(csn_span input, csn_signature_params *out,
                                     size_t *offset) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Writes the signature base of `input` (RFC 9421 section 2.5) for a request that has passed csn_verify()'s checks of
 * its form, or whose bytes are the caller's own. Where it is refused the sink may have got a part.
 *
 * ACCEPTED, or, with `*offset` of the component from the start of `input`: SIGNATURE_INPUT_INVALID;
 * COMPONENT_UNSUPPORTED (`req`, `tr`, `@status`, unknown names and parameters, `sf` at a field that is not known to be
 * structured, more than CSN_COMPONENTS_MAX); COMPONENT_REPEATED; COMPONENT_MISSING (fields, dictionary keys, query
 * parameters that are not there); COMPONENT_INVALID (a value with a line break or another byte that is not printable
 * ASCII, a query parameter that is there twice, several Host fields, a target that contradicts the context).
 *
 * Paths and queries are signed as the wire bytes. Several lines of a field are joined by ", " (section 2.1). No
 * allocation. Thread-safe. */
csn_reason csn_signature_base(const csn_request *request, const csn_http_context *context, csn_span input,
                              const csn_byte_sink *sink, size_t *offset) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Compares the request's body with its Content-Digest (RFC 9530 section 2), an absent body as an empty one.
 *
 * ACCEPTED: the field is there once and every sha-256 and sha-512 in it is the body's; other algorithms are ignored
 * where one of the two stands beside them. Else FIELD_MISSING, FIELD_REPEATED, DIGEST_INVALID, DIGEST_UNSUPPORTED
 * or DIGEST_MISMATCH, with `verdict`'s field, header index and offset set. Not constant-time: a digest is no
 * secret. It says nothing of who made the field: that it is signed is for the signature to show. Thread-safe. */
csn_reason csn_content_digest_check(const csn_request *request, csn_verdict *verdict) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
