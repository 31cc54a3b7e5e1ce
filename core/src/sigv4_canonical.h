/* The canonical request of AWS Signature Version 4: sigv4_canonical.c. */
#ifndef CSN_SIGV4_CANONICAL_H
#define CSN_SIGV4_CANONICAL_H

#include <countersign/request.h>
#include <countersign/sigv4.h>

#include "refuse.h"

/* A query, its names and values encoded as AWS says and sorted by both. Points into itself: not to be copied. */
typedef struct csn_sigv4_query {
  struct {
    csn_span name, value; /* encoded */
  } params[CSN_SIGV4_PARAMS_MAX];
  size_t count;
  size_t used;
  uint8_t text[CSN_SIGV4_QUERY_MAX];
} csn_sigv4_query;

typedef struct csn_sigv4_names {
  csn_span text; /* as in SignedHeaders */
  csn_span names[CSN_SIGV4_HEADERS_MAX];
  size_t count;
} csn_sigv4_names;

/* Text that grows up to a limit; what does not fit is dropped and `full` set. */
typedef struct csn_sigv4_text {
  size_t len;
  bool full;
  uint8_t bytes[CSN_SIGV4_CANONICAL_MAX];
} csn_sigv4_text;

void csn_sigv4_put(csn_sigv4_text *text, csn_span bytes);

/* The same, every byte but the slash encoded where it has to be. */
void csn_sigv4_put_encoded(csn_sigv4_text *text, csn_span bytes);

/* Splits a request target, which must be a path with or without a query. */
csn_reason csn_sigv4_split_target(csn_span target, csn_span *path, csn_span *query,
                                  csn_verdict *verdict) CSN_WARN_UNUSED;

/* `start` is where the query begins in the target. */
csn_reason csn_sigv4_query_read(csn_span query, size_t start, csn_sigv4_query *out,
                                csn_verdict *verdict) CSN_WARN_UNUSED;

/* The value of the one parameter of this name, NULL where there is none; `*repeated` where there is more than one. */
const csn_span *csn_sigv4_query_find(const csn_sigv4_query *query, const char *name, bool *repeated);

/* Undoes the encoding of a parameter's value; false where it does not fit into `room` bytes. */
bool csn_sigv4_decode(csn_span value, uint8_t *out, size_t room, csn_span *decoded) CSN_WARN_UNUSED;

/* Reads SignedHeaders: lower case, sorted, none twice, host and every x-amz- header of the request among them. Which of
 * the names the request does not have is found when it is written. */
csn_reason csn_sigv4_names_read(csn_span text, const csn_request *request, csn_sigv4_names *out,
                                csn_verdict *verdict) CSN_WARN_UNUSED;

/* Puts the canonical request together. The query's X-Amz-Signature is left out. */
csn_reason csn_sigv4_canonical(const csn_sigv4_policy *policy, const csn_request *request, const csn_sigv4_query *query,
                               const csn_sigv4_names *names, csn_span payload_hash, csn_sigv4_text *out,
                               csn_verdict *verdict) CSN_WARN_UNUSED;

#endif
