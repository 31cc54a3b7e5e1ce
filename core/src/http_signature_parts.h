/* The steps of verifying an HTTP message signature that are files of their own. */
#ifndef CSN_HTTP_SIGNATURE_PARTS_H
#define CSN_HTTP_SIGNATURE_PARTS_H

#include <countersign/http_signature.h>

/* One signature, as the request has it. */
typedef struct csn_signature_found {
  csn_span label, input;
  csn_span text;           /* base64 of the signature */
  size_t header;           /* in which header `input` is */
  size_t offset;           /* of `input` in its value */
  size_t signature_header; /* in which header `text` is */
  size_t signature_offset; /* of `text` in its value */
} csn_signature_found;

/* http_signature_find.c: finds the signature that the policy means, in Signature-Input and Signature (RFC 9421 section
 * 4); several lines of a field are one dictionary. ACCEPTED, or FIELD_MISSING, SIGNATURE_INPUT_INVALID,
 * SIGNATURE_NOT_FOUND, SIGNATURE_AMBIGUOUS, SIGNATURE_ENCODING. */
csn_reason csn_http_signature_find(const csn_http_signature_policy *policy, const csn_request *request,
                                   csn_signature_found *out, csn_verdict *verdict) CSN_WARN_UNUSED;

/* http_signature_cover.c: whether `input`, which is an inner list, covers the component of a policy. */
bool csn_signature_covers(csn_span input, csn_span component) CSN_WARN_UNUSED;
bool csn_policy_component_valid(csn_span component) CSN_WARN_UNUSED;

#endif
