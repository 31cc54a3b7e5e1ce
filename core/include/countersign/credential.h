/* Credential stores: where the key of a client comes from. The keyring is the store in memory; others are libraries of
 * their own (core/store/). What is stored is a csn_key, the precomputed HMAC states, and never a secret in the clear.
 */
#ifndef COUNTERSIGN_CREDENTIAL_H
#define COUNTERSIGN_CREDENTIAL_H

#include <countersign/keyring.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum csn_lookup { CSN_LOOKUP_UNAVAILABLE, CSN_LOOKUP_FOUND, CSN_LOOKUP_ABSENT } csn_lookup;

/* `lookup` fills `out` for the client and says whether it did; `put` stores the key under key->client_id, in the place
 * of one that is there. One thread at a time for each store handle, unless the store says otherwise. */
typedef struct csn_credential_store {
  csn_lookup (*lookup)(void *self, csn_span client_id, csn_key *out);
  csn_error (*put)(void *self, const csn_key *key);
  void *self;
} csn_credential_store;

#ifdef __cplusplus
}
#endif
#endif
