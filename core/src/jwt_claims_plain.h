/* Claims that are as most are: jwt_claims_plain.c. */
#ifndef CSN_JWT_CLAIMS_PLAIN_H
#define CSN_JWT_CLAIMS_PLAIN_H

#include "jwt_parts.h"

/* Does what csn_claims_check() does with claims that it accepts. False, and nothing done, where it would not, or where
 * that is not known. */
bool csn_claims_accept_plain(csn_span text, const csn_jwt_policy *policy, int64_t now, csn_jwt *jwt,
                             csn_verdict *verdict) CSN_WARN_UNUSED;

#endif
