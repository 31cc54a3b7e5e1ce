/* HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530). */
#ifndef COUNTERSIGN_HTTP_SIGNATURE_H
#define COUNTERSIGN_HTTP_SIGNATURE_H

#include <countersign/request.h>
#include <countersign/sink.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

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
