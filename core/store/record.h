/* A credential as bytes, for the stores that seal it. The pad states in it are as good as the secret for signing: the
 * bytes are never written anywhere unsealed. */
#ifndef CSN_RECORD_H
#define CSN_RECORD_H

#include <countersign/keyring.h>

enum {
  CSN_RECORD_ALG_MAX = 16, /* bytes of an algorithm's name */
  /* version, uses and whether it was revoked, accept_until, both pad states, then three texts with a length byte each
   */
  CSN_RECORD_MAX = 1 + 1 + 8 + 64 + (1 + CSN_RECORD_ALG_MAX) + 2 * (1 + CSN_ID_MAX),
};

/* Writes the record of `key` and returns its length; 0 where the key has no client id, an id that is too long, or
 * another algorithm than HS256, the one that signs requests. */
size_t csn_record_encode(const csn_key *key, uint8_t out[CSN_RECORD_MAX]) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* False, and `key` wiped, where the bytes are not exactly one record of this version for `client_id`. */
bool csn_record_decode(csn_span record, csn_span client_id, csn_key *key) CSN_WARN_UNUSED CSN_NONNULL(3);

#endif
