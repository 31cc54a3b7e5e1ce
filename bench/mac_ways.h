/* What hmac_sha256.c measures: the ways in which HMAC-SHA-256 is made, one message at a time or CSN_MAC_BATCH a call.
 */
#ifndef CSN_BENCH_MAC_WAYS_H
#define CSN_BENCH_MAC_WAYS_H

#include <countersign/sha256_backend.h>

#include "peers/mac.h"
#include "workload.h"

enum { CSN_MAC_BATCH = CSN_PEER_BURST };

/* Either `mac`, or `many` and `mac_of`, which finds the MACs that `many` made last; NULL where it makes none: a limit.
 */
typedef struct csn_mac_way {
  const char *name;
  csn_peer_mac_open *open; /* NULL from it: not there */
  csn_peer_mac *mac;
  void (*many)(void *self, const csn_span *messages, size_t count); /* at most CSN_MAC_BATCH */
  const uint8_t *(*mac_of)(const void *self, size_t index);
  csn_sha256_backend backend; /* of ours: the only one that it may use, which the machine may lack */
  size_t least;               /* bytes of the shortest message that it takes */
  bool on_curve;              /* of its kind the one whose time over the length is drawn */
} csn_mac_way;

/* Ours stands first. NULL behind the last. */
const csn_mac_way *csn_mac_way_at(size_t index);

/* The way's key of csn_workload_secret(), opened at the first call, at which all of them are compared: each makes the
 * MAC that ours makes, of messages of many lengths. NULL: not there, and `*missing` says why. From then on until
 * csn_mac_way_close() the back-end is the way's. One thread. */
void *csn_mac_way_open(const csn_mac_way *way, const char **missing);
void csn_mac_way_close(void);

#endif
