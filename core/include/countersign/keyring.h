/* The ring in which keys are found. */
#ifndef COUNTERSIGN_KEYRING_H
#define COUNTERSIGN_KEYRING_H

#include <countersign/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set of keys. Built by one thread; after csn_keyring_freeze() it never changes and any number of threads may read
 * it. `seed` is 16 secret random bytes that keep a caller from choosing client ids which collide. */
typedef struct csn_keyring csn_keyring;

csn_error csn_keyring_new(csn_keyring **out, const uint8_t seed[16]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_keyring_free(csn_keyring *ring); /* wipes the keys; NULL does nothing */

/* Adds a copy of a key. On an error the ring is as before. Errors: those of csn_key_init(), KEY_DUPLICATE, KEY_LIMIT,
 * KEYRING_FROZEN, NO_MEMORY. */
csn_error csn_keyring_add(csn_keyring *ring, const csn_key_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;
csn_error csn_keyring_add_key(csn_keyring *ring, const csn_key *key) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Makes room for `extra` more keys, so that adding them does not fail half-way. Errors: NO_MEMORY, KEY_LIMIT,
 * KEYRING_FROZEN; the ring is then as before. */
csn_error csn_keyring_reserve(csn_keyring *ring, size_t extra) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* What csn_keyring_add_jwks() did, for a message to the operator. */
typedef struct csn_jwks_result {
  size_t added;
  size_t ignored; /* keys of a type, use or algorithm that is not understood (RFC 7517 section 5) */
  size_t offset;  /* on an error: byte offset in the text */
} csn_jwks_result;

/* Adds the keys of a JWK Set, or of a single JWK (RFC 7517, 7518 section 6, 8037): `oct`, and the public part of `RSA`,
 * `EC` and `OKP`; a private part is not looked at. `defaults` gives the uses, the client id, the end of acceptance and
 * the switch for legacy keys of every key, and the algorithm of those that name none; where that is not one of the
 * key's type, it is HS256, RS256, or that of the curve. A key of a type, curve or algorithm that is not supported, or
 * not for these uses, with another "use" than "sig", or without "verify" in its "key_ops" is ignored. A key with a
 * malformed member, or with an "alg" that is not for its type or curve, is an error, and then the ring is as before.
 * Errors: JSON_INVALID, JWK_INVALID, KEY_INVALID and those of csn_keyring_add(). The text is read during the call only.
 */
csn_error csn_keyring_add_jwks(csn_keyring *ring, csn_span text, const csn_key_config *defaults,
                               csn_jwks_result *result) CSN_WARN_UNUSED CSN_NONNULL_ALL;

void csn_keyring_freeze(csn_keyring *ring) CSN_NONNULL_ALL;
bool csn_keyring_is_frozen(const csn_keyring *ring) CSN_NONNULL_ALL;
size_t csn_keyring_count(const csn_keyring *ring) CSN_NONNULL_ALL;

/* The request keys of a client: fills `out` and returns how many. Not constant-time in the client id, which is
 * public. Thread-safe once frozen. */
size_t csn_keyring_find_client(const csn_keyring *ring, csn_span client_id,
                               const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) CSN_WARN_UNUSED CSN_NONNULL(1, 3);

/* The request key with this id, or NULL. Where keys of several clients have it, it names none: NULL, and `*shared`.
 * Thread-safe once frozen. */
const csn_key *csn_keyring_find_request_key(const csn_keyring *ring, csn_span key_id, bool *shared) CSN_WARN_UNUSED
    CSN_NONNULL(1, 3);

/* The token key with this id, or NULL. Thread-safe once frozen. */
const csn_key *csn_keyring_find_key_id(const csn_keyring *ring, csn_span key_id) CSN_WARN_UNUSED CSN_NONNULL(1);

/* The one token key there is; NULL where there is none or more than one. Thread-safe once frozen. */
const csn_key *csn_keyring_only_token_key(const csn_keyring *ring) CSN_WARN_UNUSED CSN_NONNULL_ALL;
size_t csn_keyring_token_key_count(const csn_keyring *ring) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
