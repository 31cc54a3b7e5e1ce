/* The ring in which keys are found. */
#ifndef COUNTERSIGN_KEYRING_H
#define COUNTERSIGN_KEYRING_H

#include <countersign/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set of keys that changes while it is read. Any number of threads may verify, and any may change the ring, at any
 * time, but for csn_keyring_new() and csn_keyring_free(). Who reads never waits: no lock, no retry. Changes take a lock
 * among themselves, never wait for readers, and are whole: a reader has all of a change or nothing, and on an error
 * the ring is as before. A request that begins when a change has returned is verified with it.
 *
 * A key is named by its client id and its key id. A change copies some 2 KiB, whatever the number of keys, and the
 * list of its client's keys; see csn_keyring_rotate() and csn_keyring_replace() for what is more. Beside its keys a
 * ring has 16 KiB for the headers of their tokens. What a change takes out is wiped when the last reader that may have
 * it is done: by that change, or by one of the next. A key for AWS Signature Version 4 may leave the keys that were
 * derived of it in a verifier's memory (csn_sigv4_cache). */
typedef struct csn_keyring csn_keyring;

enum { CSN_GRACE_DEFAULT = 86400, CSN_GRACE_MAX = 366 * 86400 }; /* seconds */

/* `seed` is 16 secret random bytes that keep who chooses ids from choosing some that collide. Errors: NO_MEMORY. */
csn_error csn_keyring_new(csn_keyring **out, const uint8_t seed[16]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_keyring_free(csn_keyring *ring); /* when nobody uses it any more; wipes the keys; NULL does nothing */

/* Adds a copy of a key. Errors: those of csn_key_init(), KEY_DUPLICATE, KEY_LIMIT (request keys of one client),
 * NO_MEMORY. */
csn_error csn_keyring_add(csn_keyring *ring, const csn_key_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;
csn_error csn_keyring_add_key(csn_keyring *ring, const csn_key *key) CSN_WARN_UNUSED CSN_NONNULL_ALL;

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

/* Adds a copy of `key`, and lets its client's other keys that share a use with it live on for a grace: they are
 * accepted through second `now + grace`, not a second longer, and not longer than they were. Those that are over at
 * `now`, expired or revoked, are taken out. `now`: UNIX second, from 1; `grace`: 0 to CSN_GRACE_MAX seconds. Keys
 * without a client are one client's; to rotate these looks at all keys for tokens. Errors: INVALID_ARGUMENT,
 * KEY_DUPLICATE, KEY_LIMIT (more request keys in grace than CSN_KEYS_PER_CLIENT_MAX leaves room for), NO_MEMORY. */
csn_error csn_keyring_rotate(csn_keyring *ring, const csn_key *key, int64_t now,
                             int64_t grace) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* From now on the client's keys with this id are refused as revoked; or they are not there at all. Errors:
 * KEY_NOT_FOUND, NO_MEMORY: then the key is accepted as before. */
csn_error csn_keyring_revoke(csn_keyring *ring, csn_span client_id, csn_span key_id) CSN_WARN_UNUSED CSN_NONNULL(1);
csn_error csn_keyring_remove(csn_keyring *ring, csn_span client_id, csn_span key_id) CSN_WARN_UNUSED CSN_NONNULL(1);

/* Takes out all keys and adds copies of all those of `with`, in one change: a policy that is loaded anew. Needs memory
 * for both, and a second or two for a million keys. Errors: NO_MEMORY. */
csn_error csn_keyring_replace(csn_keyring *ring, const csn_keyring *with) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Where the keys are kept: out of core dumps, and locked as far as RLIMIT_MEMLOCK goes. */
typedef struct csn_keyring_memory {
  size_t key_bytes, unlocked_bytes; /* all pages of keys, and those that could not be locked */
  size_t waiting;                   /* what was taken out and may still be read: keys and parts of the index */
} csn_keyring_memory;

/* Wipes what was taken out and nobody reads any more, as each change does, and says what there is. */
csn_keyring_memory csn_keyring_reclaim(csn_keyring *ring) CSN_NONNULL_ALL;

size_t csn_keyring_count(const csn_keyring *ring) CSN_NONNULL_ALL; /* keys, in grace and revoked ones included */

/* ---- reading ---- */

/* One state of the ring: what is found in it, and the keys that are found, stay as they are until the end. Begin and
 * end in one thread, and soon: what changes take out meanwhile is kept until then. Caller-allocated. Wait-free: one
 * atomic addition to begin, and one to end, but for a thread's first. */
typedef struct csn_keyring_reading {
  const struct csn_keyring_state *state;
  struct csn_epoch_lane *lane;
  unsigned side;
} csn_keyring_reading;
void csn_keyring_read_begin(const csn_keyring *ring, csn_keyring_reading *reading) CSN_NONNULL_ALL;
void csn_keyring_read_end(csn_keyring_reading *reading) CSN_NONNULL_ALL;

/* The request keys of a client, newest first: fills `out` and returns how many. Not constant-time in the client id,
 * which is public; nor are the others. */
size_t csn_keyring_find_client(const csn_keyring_reading *reading, csn_span client_id,
                               const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) CSN_WARN_UNUSED CSN_NONNULL(1, 3);

/* The request key with this id, or NULL. Where keys of several clients have it, it names none: NULL, and `*shared`. */
const csn_key *csn_keyring_find_request_key(const csn_keyring_reading *reading, csn_span key_id,
                                            bool *shared) CSN_WARN_UNUSED CSN_NONNULL(1, 3);

/* The token key with this id, or NULL. */
const csn_key *csn_keyring_find_key_id(const csn_keyring_reading *reading, csn_span key_id) CSN_WARN_UNUSED
    CSN_NONNULL(1);

/* The one token key there is; NULL where there is none or more than one. */
const csn_key *csn_keyring_only_token_key(const csn_keyring_reading *reading) CSN_WARN_UNUSED CSN_NONNULL_ALL;
size_t csn_keyring_token_key_count(const csn_keyring_reading *reading) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
