/* One JSON Web Key (RFC 7517, 7518 section 6, 8037), read strictly. */
#ifndef CSN_JWK_H
#define CSN_JWK_H

#include <countersign/key.h>

#include "json.h"

typedef struct csn_jwk_reader {
  csn_json json;
  const csn_key_config *defaults; /* as of csn_keyring_add_jwks(); the key id is the JWK's, or none */
  bool private;                   /* a private part is read, where there is one, and the key is to sign */
  size_t offset;                  /* where reading ended: of an error, the place of it */
} csn_jwk_reader;

/* Makes the key of the object at node `jwk`; `*ignored`: there is none to make, for it is of a type, curve or algorithm
 * that is not supported, or not for these uses, with another "use" than "sig", or without the operation in its
 * "key_ops". On an error, or ignored, `key` has nothing to wipe. Errors: JWK_INVALID and those of csn_key_init(). */
csn_error csn_jwk_read(csn_jwk_reader *reader, uint32_t jwk, csn_key *key, bool *ignored) CSN_WARN_UNUSED;

/* The first byte of a node, its quotation mark included. */
static inline size_t csn_jwk_offset(const csn_jwk_reader *reader, uint32_t node) {
  return reader->json.nodes[node].start - (csn_json_type_of(&reader->json, node) == CSN_JSON_STRING ? 1u : 0u);
}

#endif
