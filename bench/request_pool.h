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

/* The last second at which the requests' tokens are accepted: far behind what a run of benchmarks gets to. */
#define CSN_REQUEST_TOKENS_EXPIRE INT64_C(2000000000)

/* The size of the body. */
enum { CSN_REQUEST_BODY_BYTES = 256 };

/* Signs request number `number` at CSN_WORKLOAD_NOW; its nonce follows from the number. The request's spans point into
 * one block of memory, which the caller frees through `*block`. Stops the program where signing fails. */
csn_request csn_request_make(const csn_request_kind *kind, uint64_t number, void **block);

/* `count` requests, numbered from 0; they stay for the life of the program. */
csn_request *csn_request_pool_make(const csn_request_kind *kind, size_t count);

/* Makes a request of this kind another one: signs it with the nonce of `number` at second `now`, and writes what that
 * changes over what stands there. Thread-safe for requests of different blocks. */
void csn_request_renew(csn_request *request, const csn_request_kind *kind, uint64_t number, int64_t now);

/* The string that is signed of such a request, in `*len` bytes. */
void csn_request_string(const csn_request_kind *kind, uint64_t number, int64_t now, uint8_t *out, size_t size,
                        size_t *len);

#endif
