/* A nonce table in the steady state of a busy service: as many nonces expire as arrive. */
#ifndef CSN_BENCH_LIVE_NONCES_H
#define CSN_BENCH_LIVE_NONCES_H

#include <countersign/nonce.h>

enum { CSN_LIVE_NONCES = 8 << 20 }; /* of the benchmarks */

/* The table of all that ask, filled with `live` nonces at the first call. Not thread-safe: called before the threads
 * meet. */
csn_nonce_store csn_live_nonces(size_t live);

/* The share of its memory that is on huge pages; 0 where that cannot be told. */
double csn_live_nonces_huge_share(void);

/* Draws `count` numbers, which nobody else gets, and returns the first; `*now` gets the second at which requests with
 * these numbers are made and presented. Seconds follow from the numbers, so that the table stays as full as it is.
 * Thread-safe. */
uint64_t csn_live_nonces_draw(uint64_t count, int64_t *now);

#endif
