/* `csn sign` for AWS Signature Version 4. */
#ifndef CSN_TOOLS_SIGN_SIGV4_H
#define CSN_TOOLS_SIGN_SIGV4_H

#include "../core/src/sigv4_canonical.h"
#include "sign_plan.h"

/* What is to be sent in the place of the request's own target, and behind its headers. Points into itself and the
 * request; reusable. */
typedef struct csn_sigv4_signed {
  csn_span target;
  csn_header headers[3];
  size_t header_count;
  csn_sigv4_text text;                                           /* the target of a presigned request */
  char stamp[sizeof "20150830T123600Z"], hash[64];               /* the values of headers and parameters */
  char names[CSN_SIGV4_HEADERS_MAX * (CSN_HEADER_NAME_MAX + 1)]; /* SignedHeaders */
  char authorization[CSN_SIGV4_AUTHORIZATION_MAX];
  csn_header all[CSN_HEADERS_MAX + 3];
} csn_sigv4_signed;

/* Signs at UNIX second `now`, in the form that the plan's choice names. Every header of the request is signed;
 * x-amz-date and, where the request has none, x-amz-content-sha256 are added. NULL, or a sentence on why not (static
 * storage). */
const char *csn_sign_sigv4(csn_sigv4_signed *out, const csn_sign_plan *plan, const csn_request *request,
                           int64_t now) CSN_WARN_UNUSED;

#endif
