/* What a nonce store is like, found out by trying it. */
#ifndef CSN_BENCH_STORE_PROBE_H
#define CSN_BENCH_STORE_PROBE_H

#include "stores.h"

typedef struct csn_store_facts {
  bool survives_restart;         /* a nonce is known after SIGKILL of who claimed it, and of the server */
  bool shared_between_processes; /* a nonce claimed by another process is known here */
  bool shared_region;            /* memory: the same, with the table in memory that processes share */
  bool shared_between_hosts;     /* what the store says of itself: there is one host */
} csn_store_facts;

csn_store_facts csn_store_probe(const csn_store_kind *kind);

#endif
