/* Many MACs and hashes in one call, so that they can be computed side by side. */
#ifndef CSN_MAC_MANY_H
#define CSN_MAC_MANY_H

#include "hmac.h"

/* One message, in pieces. */
typedef struct csn_mac_job {
  const csn_key *key;     /* HS256, HS384 or HS512; NULL: the plain SHA-256 of the message */
  const csn_span *pieces; /* must outlive the call */
  size_t piece_count;
  uint8_t mac[CSN_MAC_MAX]; /* out: csn_hmac_bytes(key), or 32 */
} csn_mac_job;

/* Any count; no allocation, lock or system call. Thread-safe. CT: neither the messages nor the keys leak; their lengths
 * do. */
void csn_mac_many(csn_mac_job *jobs, size_t count);

#endif
