/* Many MACs, or hashes, at once: as many messages side by side as the back-end has lanes (sha256_backend.h). */
#ifndef CSN_MAC_MANY_H
#define CSN_MAC_MANY_H

#include "hmac.h"

/* One MAC, or one hash, of many. The message is its pieces one after the other; they are never put together. */
typedef struct csn_mac_job {
  const csn_key *key;     /* of HS256, HS384 or HS512; NULL: the plain SHA-256 of the message */
  const csn_span *pieces; /* must outlive the call */
  size_t piece_count;     /* 0: the empty message */
  union {
    uint8_t mac[CSN_MAC_MAX]; /* out: csn_hmac_bytes(key), or 32 */
    uint32_t state[8];        /* during the call: of the message's hash */
  };
} csn_mac_job;

/* Any count, of messages of any lengths: where one ends the next takes its lane. The jobs of HS384 and HS512 are done
 * one by one. No allocation, lock or system call; about 10 KiB of stack, which is wiped. CT: nothing of the keys and
 * the messages leaks but the lengths of the pieces. Thread-safe. */
void csn_mac_many(csn_mac_job *jobs, size_t count);

#endif
