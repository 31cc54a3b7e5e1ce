/* Signed requests as a gateway sees them: the scheme's own headers among the usual ones. */
#ifndef CSN_BENCH_REQUEST_POOL_H
#define CSN_BENCH_REQUEST_POOL_H

#include <countersign/sign.h>

/* What is signed: `form` is how the credential is written. With a token where the scheme has one, and with a body where
 * `with_body` is set. */
typedef struct csn_request_kind {
  const char *preset;
  size_t form;
  bool with_body;
} csn_request_kind;

/* Signs request number `number` at CSN_WORKLOAD_NOW; its nonce follows from the number. The request's spans point into
 * one block of memory, which the caller frees through `*block`. Stops the program where signing fails. */
csn_request csn_request_make(const csn_request_kind *kind, uint64_t number, void **block);

/* `count` requests, numbered from 0; they stay for the life of the program. */
csn_request *csn_request_pool_make(const csn_request_kind *kind, size_t count);

#endif
