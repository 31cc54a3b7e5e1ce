/* The request view: spans into the caller's buffer, in the form in which they came over the wire. */
#ifndef COUNTERSIGN_REQUEST_H
#define COUNTERSIGN_REQUEST_H

#include <countersign/span.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csn_header {
  csn_span name;  /* as received; compared without regard to case */
  csn_span value; /* as received, without the optional white space around it (RFC 9110 section 5.5) */
} csn_header;

/* One request. `target` is the request target as it stands on the request line, with its query, never decoded.
 * An absent body is an empty span. */
typedef struct csn_request {
  csn_span method;
  csn_span target;
  const csn_header *headers;
  size_t header_count;
  csn_span body;
} csn_request;

/* Limits on what is looked at. A request beyond one of them is rejected with the reason that names it. */
enum {
  CSN_HEADERS_MAX = 128,         /* header fields; nginx and Node stop near 100 */
  CSN_HEADER_NAME_MAX = 256,     /* bytes */
  CSN_HEADER_VALUE_MAX = 16384,  /* bytes; a token of CSN_TOKEN_MAX fits */
  CSN_TARGET_MAX = 16384,        /* bytes */
  CSN_ID_MAX = 128,              /* bytes of a client id or key id */
  CSN_NONCE_MAX = 128,           /* bytes of a nonce */
  CSN_TIMESTAMP_DIGITS_MAX = 16, /* fits milliseconds beyond the year 9999 and never overflows 64 bits */
};

#ifdef __cplusplus
}
#endif
#endif
