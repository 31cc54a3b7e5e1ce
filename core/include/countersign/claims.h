/* What a verified token says: its claims as typed values, read where they stand. Nothing is allocated or copied, and
 * every span points into the csn_jwt, which must stay where it is. A token that was rejected has no claims.
 * Thread-safe.
 */
#ifndef COUNTERSIGN_CLAIMS_H
#define COUNTERSIGN_CLAIMS_H

#include <countersign/jwt.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum csn_value_type {
  CSN_VALUE_ABSENT,
  CSN_VALUE_NULL,
  CSN_VALUE_BOOL,
  CSN_VALUE_INTEGER, /* digits with an optional minus, within int64_t */
  CSN_VALUE_NUMBER,  /* any other number */
  CSN_VALUE_STRING,
  CSN_VALUE_ARRAY,
  CSN_VALUE_OBJECT,
} csn_value_type;

/* A claim; or a member of an object, or an element of an array, inside one. */
typedef struct csn_claim {
  csn_value_type type;
  csn_span name; /* without its quotation marks, escapes not decoded; empty of an element */
  csn_span text; /* a string: likewise; any other value: its JSON text */
  int64_t integer;
  bool boolean;
  bool name_escaped, escaped; /* whether `name`, and the string `text`, hold an escape: where not, they are decoded */
} csn_claim;

/* A walk over values, in their order. */
typedef struct csn_claims {
  csn_span rest;
  bool named; /* members, not elements */
} csn_claims;

csn_claims csn_claims_of(const csn_jwt *jwt) CSN_NONNULL_ALL;
/* Over what is in an array or object; of another value, over nothing. */
csn_claims csn_claims_inside(const csn_claim *value) CSN_NONNULL_ALL;
/* The next value; false behind the last one, and then `out` is ABSENT. */
bool csn_claims_next(csn_claims *walk, csn_claim *out) CSN_NONNULL_ALL;

/* The claim whose name is, decoded, `name`; names are unique. False and ABSENT where there is none. */
bool csn_claims_find(const csn_jwt *jwt, csn_span name, csn_claim *out) CSN_NONNULL(1, 3);

/* The registered claims (RFC 7519 section 4.1) and scope (RFC 8693 section 4.2). Absent ones are ABSENT; `aud` is a
 * STRING, or an ARRAY to be walked. The dates are as csn_jwt has them. */
typedef struct csn_registered_claims {
  csn_claim iss, sub, aud, jti, scope;
  int64_t exp, nbf, iat;
} csn_registered_claims;
void csn_claims_registered(const csn_jwt *jwt, csn_registered_claims *out) CSN_NONNULL_ALL;

/* Decodes a string, or a name, as UTF-8 into `out`; the raw length is always enough. False where it is no string, or
 * does not fit. */
bool csn_claim_copy(const csn_claim *claim, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED CSN_NONNULL_ALL;
bool csn_claim_copy_name(const csn_claim *claim, uint8_t *out, size_t size,
                         size_t *len) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Whether the claim is a string and, decoded, `text`. Not constant-time. */
bool csn_claim_is(const csn_claim *claim, csn_span text) CSN_WARN_UNUSED CSN_NONNULL(1);

#ifdef __cplusplus
}
#endif
#endif
