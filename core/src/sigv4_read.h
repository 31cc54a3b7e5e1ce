/* What a request signed by AWS Signature Version 4 says of itself: sigv4_read.c. */
#ifndef CSN_SIGV4_READ_H
#define CSN_SIGV4_READ_H

#include "hmac.h"
#include "sigv4_canonical.h"

enum {
  CSN_SIGV4_STAMP_CHARS = 16,  /* 20150830T123600Z */
  CSN_SIGV4_DECODED_MAX = 4096 /* bytes of the parameters that are read, decoded */
};

/* Filled by the functions below; points into itself and the request. */
typedef struct csn_sigv4_reading {
  const csn_sigv4_policy *policy;
  const csn_request *request;
  csn_verdict *verdict;
  bool presigned;
  csn_span credential, key_id, scope; /* the scope is what stands behind the access key id */
  csn_span stamp, expires_text, signed_headers, signature;
  csn_span payload;           /* what is signed in the place of the body's hash */
  bool payload_given;         /* it is a hash, in `payload_hash`, to be compared with the body's */
  int64_t timestamp, expires; /* UNIX second; seconds */
  uint8_t mac[CSN_SHA256_BYTES];
  uint8_t payload_hash[CSN_SHA256_BYTES];
  char body_hex[2 * CSN_SHA256_BYTES];
  csn_sigv4_query query;
  csn_sigv4_names names;
  uint8_t decoded[CSN_SIGV4_DECODED_MAX];
  size_t decoded_len;
} csn_sigv4_reading;

void csn_sigv4_reading_start(csn_sigv4_reading *r, const csn_sigv4_policy *policy, const csn_request *request,
                             csn_verdict *verdict);

/* The steps, in their order. */
csn_reason csn_sigv4_read_request(csn_sigv4_reading *r) CSN_WARN_UNUSED;       /* its form, its query, no repetition */
csn_reason csn_sigv4_read_authorization(csn_sigv4_reading *r) CSN_WARN_UNUSED; /* the parts, from the header */
csn_reason csn_sigv4_read_parameters(csn_sigv4_reading *r) CSN_WARN_UNUSED;    /* or from the query */
csn_reason csn_sigv4_read_stamp(csn_sigv4_reading *r) CSN_WARN_UNUSED;         /* timestamp, expires */
csn_reason csn_sigv4_read_credential(csn_sigv4_reading *r) CSN_WARN_UNUSED;    /* key id, scope */
csn_reason csn_sigv4_read_signature(csn_sigv4_reading *r) CSN_WARN_UNUSED;
csn_reason csn_sigv4_read_payload(csn_sigv4_reading *r) CSN_WARN_UNUSED;

/* The header of this name, or NULL. */
const csn_header *csn_sigv4_find_header(const csn_request *request, const char *name);

/* "20150830T123600Z": a date and time of the Gregorian calendar from 1970 on, without leap seconds. */
bool csn_sigv4_stamp_parse(csn_span text, int64_t *seconds) CSN_WARN_UNUSED;

#endif
