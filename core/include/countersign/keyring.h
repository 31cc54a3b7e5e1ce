/* Keys, and the ring in which they are found. */
#ifndef COUNTERSIGN_KEYRING_H
#define COUNTERSIGN_KEYRING_H

#include <countersign/error.h>
#include <countersign/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Algorithms by their names in RFC 7518. A key has exactly one. X(NAME, "name", hash bytes) */
#define CSN_ALG_LIST(X) X(HS256, "HS256", 32)

typedef enum csn_alg {
  CSN_ALG_NONE, /* never accepted by anything */
#define CSN_ALG_ENUM(name, text, bytes) CSN_ALG_##name,
  CSN_ALG_LIST(CSN_ALG_ENUM)
#undef CSN_ALG_ENUM
} csn_alg;

/* CSN_ALG_NONE for a name that is not, byte for byte, one of the list. */
csn_alg csn_alg_from_name(csn_span name);
const char *csn_alg_name(csn_alg alg);

/* What a key may be used for: bits. */
enum {
  CSN_USE_TOKEN = 1,   /* signs JSON Web Tokens */
  CSN_USE_REQUEST = 2, /* signs requests */
};

enum {
  CSN_SECRET_MAX = 4096,       /* bytes of an HMAC secret */
  CSN_KEYS_PER_CLIENT_MAX = 4, /* keys of one client for one use: each costs one MAC when a request names none */
  CSN_MAC_MAX = 32,            /* bytes */
};

typedef struct csn_key_config {
  csn_span key_id; /* 0 to CSN_ID_MAX bytes; a key without an id fits any token as long as it is the only token key */
  csn_span client_id; /* 0 to CSN_ID_MAX bytes; a key that signs requests needs one. A token key that has one signs for
                         no other: sub must be this client, or absent */
  csn_span secret;    /* read during the call only */
  csn_alg alg;
  unsigned uses;           /* CSN_USE_TOKEN | CSN_USE_REQUEST */
  int64_t accept_until;    /* last UNIX second at which the key is accepted; 0: no end */
  bool allow_legacy_short; /* take an HMAC secret shorter than the hash; never an empty one */
} csn_key_config;
#define CSN_KEY_CONFIG_DEFAULT \
  { .alg = CSN_ALG_HS256, .uses = CSN_USE_REQUEST }

/* A key ready for use. Caller-allocated, copyable; holds the HMAC pad states, never the secret itself. They are as good
 * as the secret for signing: wipe it. Not to be changed by hand. */
typedef struct csn_key {
  uint32_t inner[8]; /* SHA-256 state after the block key ^ ipad */
  uint32_t outer[8]; /* SHA-256 state after the block key ^ opad */
  int64_t accept_until;
  csn_alg alg;
  uint8_t uses;
  uint8_t key_id_len;
  uint8_t client_id_len;
  uint8_t key_id[CSN_ID_MAX];
  uint8_t client_id[CSN_ID_MAX];
} csn_key;

/* Fills `key`. On an error `key` is wiped. Errors: INVALID_ARGUMENT, ID_INVALID, KEY_TOO_SHORT, KEY_TOO_LONG,
 * KEY_IS_ASYMMETRIC, ALGORITHM_UNSUPPORTED. For load
 * time: the search for asymmetric keys takes a time that depends on the secret's bytes. Thread-safe. */
csn_error csn_key_init(csn_key *key, const csn_key_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_key_wipe(csn_key *key) CSN_NONNULL_ALL;

static inline csn_span csn_key_id(const csn_key *key) {
  return csn_span_of(key->key_id, key->key_id_len);
}
static inline csn_span csn_key_client_id(const csn_key *key) {
  return csn_span_of(key->client_id, key->client_id_len);
}

/* Whether the key is still accepted at UNIX second `now`: through `accept_until`, not a second longer. */
static inline bool csn_key_is_accepted(const csn_key *key, int64_t now) {
  return key->accept_until == 0 || now <= key->accept_until;
}

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

/* Adds the `oct` keys of a JWK Set, or of a single JWK (RFC 7517). `defaults` gives the uses, the client id, the end of
 * acceptance and the switch for legacy keys of every key, and the algorithm of those that name none. A key of a type or
 * algorithm that is not supported, with another "use" than "sig", or without "verify" in its "key_ops" is ignored. A
 * key with a malformed member is an error, and then the ring is as before. Errors: JSON_INVALID, JWK_INVALID and those
 * of csn_keyring_add(). The text is read during the call only. */
csn_error csn_keyring_add_jwks(csn_keyring *ring, csn_span text, const csn_key_config *defaults,
                               csn_jwks_result *result) CSN_WARN_UNUSED CSN_NONNULL_ALL;

void csn_keyring_freeze(csn_keyring *ring) CSN_NONNULL_ALL;
bool csn_keyring_is_frozen(const csn_keyring *ring) CSN_NONNULL_ALL;
size_t csn_keyring_count(const csn_keyring *ring) CSN_NONNULL_ALL;

/* The request keys of a client: fills `out` and returns how many. Not constant-time in the client id, which is
 * public. Thread-safe once frozen. */
size_t csn_keyring_find_client(const csn_keyring *ring, csn_span client_id,
                               const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) CSN_WARN_UNUSED CSN_NONNULL(1, 3);

/* The token key with this id, or NULL. Thread-safe once frozen. */
const csn_key *csn_keyring_find_key_id(const csn_keyring *ring, csn_span key_id) CSN_WARN_UNUSED CSN_NONNULL(1);

/* The one token key there is; NULL where there is none or more than one. Thread-safe once frozen. */
const csn_key *csn_keyring_only_token_key(const csn_keyring *ring) CSN_WARN_UNUSED CSN_NONNULL_ALL;
size_t csn_keyring_token_key_count(const csn_keyring *ring) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
