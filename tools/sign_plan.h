/* What `csn sign` signs with: which keys, which claims. */
#ifndef CSN_TOOLS_SIGN_PLAN_H
#define CSN_TOOLS_SIGN_PLAN_H

#include "json_out.h"
#include "policy.h"

enum { CSN_SIGN_TTL_DEFAULT = 300 }; /* seconds from iat to exp, or of a presigned request */

/* The forms of AWS Signature Version 4, as --form counts them. */
enum { CSN_SIGN_SIGV4_HEADER, CSN_SIGN_SIGV4_PRESIGNED, CSN_SIGN_SIGV4_FORMS };

/* NULL where an option was not given. */
typedef struct csn_sign_choice {
  const char *client, *key_id, *token_key_id, *nonce;
  csn_span claims;   /* empty: minted */
  int64_t form, ttl; /* -1: not given */
} csn_sign_choice;

typedef struct csn_sign_plan {
  const csn_policy *policy;
  const csn_sign_choice *choice;
  const csn_key *request_key; /* NULL where the preset signs no request */
  const csn_key *token_key;   /* NULL where it has no token */
  csn_span client;
  size_t form; /* the chosen one, or the first that the key can sign */
} csn_sign_plan;

/* Chooses keys at UNIX second `now`. On false `why` is one line on what to do. The policy and the choice must outlive
 * the plan. */
bool csn_sign_plan_make(csn_sign_plan *plan, const csn_policy *policy, const csn_sign_choice *choice, int64_t now,
                        char *why, size_t size) CSN_WARN_UNUSED;

/* Seconds that what is signed is good for. */
int64_t csn_sign_plan_ttl(const csn_sign_plan *plan);

/* Writes the claims of a token of `now`: the given ones, or sub, iat, exp and what else the policy asks for. */
void csn_sign_plan_claims(const csn_sign_plan *plan, int64_t now, csn_json_out *out);

/* Signs a request of a policy for HTTP Message Signatures. Errors: those of csn_http_sign(). (sign_http.c) */
csn_error csn_sign_http(const csn_sign_plan *plan, const csn_request *request, int64_t now, csn_span nonce,
                        csn_signed *out) CSN_WARN_UNUSED;

#endif
