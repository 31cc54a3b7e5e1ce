/* HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530). */
#ifndef COUNTERSIGN_HTTP_SIGNATURE_H
#define COUNTERSIGN_HTTP_SIGNATURE_H

#include <countersign/keyring.h>
#include <countersign/sink.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_COMPONENTS_MAX = 32,         /* covered by one signature: they are compared in pairs */
  CSN_SIGNATURE_LEEWAY_MAX = 4095, /* seconds: CSN_WINDOW_MAX */
  CSN_SIGNATURE_BASE_MAX = 16384,  /* bytes: a request's longest header value, or a usual set of them */
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

/* Parameters that a policy may require, beside created and keyid, without which no request is accepted: bits. */
enum {
  CSN_SIGNATURE_EXPIRES = 1,
  CSN_SIGNATURE_NONCE = 2,
  CSN_SIGNATURE_ALG = 4,
};

/* The algorithms of RFC 9421 section 3.3 as an allow-list. */
#define CSN_HTTP_ALGORITHMS                                                                                      \
  (1u << CSN_ALG_PS512 | 1u << CSN_ALG_RS256 | 1u << CSN_ALG_HS256 | 1u << CSN_ALG_ES256 | 1u << CSN_ALG_ES384 | \
   1u << CSN_ALG_EdDSA)

/* Which signature of a request counts, and what it has to say. The one with the label, where `label` is not empty, and
 * with the tag, where `tag` is not empty; else the only one. Signatures beside it, such as a proxy's, are not verified.
 *
 * A component is a name with its parameters, as they stand behind the quotation mark: `@method`, `content-type`,
 * `@query-param;name="id"`. One without parameters is covered as `sf` and `bs` have it, too; @path and @query by
 * @target-uri or @request-target, @scheme and @authority by @target-uri. */
typedef struct csn_http_signature_policy {
  csn_http_context context;
  csn_span label, tag;
  const csn_span *components; /* that must be covered; at most CSN_COMPONENTS_MAX */
  size_t component_count;
  unsigned required;   /* CSN_SIGNATURE_ bits */
  unsigned algorithms; /* 1 << csn_alg bits: the allow-list, some of CSN_HTTP_ALGORITHMS */
  int64_t leeway; /* seconds for which a signature is accepted behind its `expires`: 0 to CSN_SIGNATURE_LEEWAY_MAX */
  bool allow_unsigned_body; /* let a body pass without a Content-Digest that is covered */
} csn_http_signature_policy;

/* @method, @authority, @path and @query over https, and a nonce. */
extern const csn_span csn_http_components_default[4];
#define CSN_HTTP_SIGNATURE_POLICY_DEFAULT                                                                              \
  {                                                                                                                    \
    .context = {.scheme = CSN_SPAN_LITERAL("https")}, .components = csn_http_components_default, .component_count = 4, \
    .required = CSN_SIGNATURE_NONCE, .algorithms = CSN_HTTP_ALGORITHMS                                                 \
  }

/* True where the policy's fields are in range and its components can be covered. */
bool csn_http_signature_policy_valid(const csn_http_signature_policy *policy) CSN_NONNULL_ALL;

/* The signature that has verified; its spans point into the request. */
typedef struct csn_http_signature {
  csn_span label, input; /* `input` as csn_signature_base() takes it */
  csn_signature_params params;
  int64_t accept_until; /* the last UNIX second at which the same bytes are accepted */
} csn_http_signature;

/* Verifies a request's signature at UNIX second `now` (RFC 9421 section 3.2), of a request whose form csn_verify() has
 * checked. Accepted where |now - created| <= `window` and now <= expires + leeway; the key is the request key that
 * `keyid` names, and has exactly the algorithm of `alg`, where that is there. Where Content-Digest is covered it is
 * that of the body. `verdict` gets the answer and the names of the key and its client; offsets count in the value of
 * the header that it names. Whether params.nonce is new is for the caller to find out; its form is right. With a policy
 * that is not valid the verdict stays undecided.
 *
 * About 24 KiB of stack. HMAC allocates nothing; OpenSSL allocates for the other
 * algorithms. Thread-safe. Does not leak by timing: an HMAC key, the right MAC, whether the id of an HMAC key exists.
 */
void csn_http_signature_verify(const csn_keyring_reading *keys, const csn_http_signature_policy *policy, int64_t window,
                               const csn_request *request, int64_t now, csn_http_signature *out,
                               csn_verdict *verdict) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
