/* Keys and their algorithms. */
#ifndef COUNTERSIGN_KEY_H
#define COUNTERSIGN_KEY_H

#include <countersign/error.h>
#include <countersign/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Algorithms by their names in RFC 7518 and RFC 8037. A key has exactly one; of EdDSA the key says whether its curve is
 * Ed25519 or Ed448. X(NAME, "name", hash bytes; 0: not the caller's to choose) */
#define CSN_ALG_LIST(X) \
  X(HS256, "HS256", 32) \
  X(HS384, "HS384", 48) \
  X(HS512, "HS512", 64) \
  X(RS256, "RS256", 32) \
  X(RS384, "RS384", 48) \
  X(RS512, "RS512", 64) \
  X(PS256, "PS256", 32) \
  X(PS384, "PS384", 48) \
  X(PS512, "PS512", 64) \
  X(ES256, "ES256", 32) \
  X(ES384, "ES384", 48) \
  X(ES512, "ES512", 64) \
  X(EdDSA, "EdDSA", 0)

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
  CSN_USE_REQUEST = 2, /* signs requests: HS256, HS384, HS512, or for HTTP Message Signatures what RFC 9421 names */
  CSN_USE_API_KEY = 4, /* is the pepper under which API keys, or refresh tokens, are hashed, HS256 only */
};

enum {
  CSN_SECRET_MAX = 4096,       /* bytes of an HMAC secret */
  CSN_PEM_MAX = 16384,         /* bytes of a key's PEM text */
  CSN_JWK_MAX = 65536,         /* bytes of a single JWK's text: a certificate chain may be in it */
  CSN_KEYS_PER_CLIENT_MAX = 4, /* keys of one client for one use: each costs one MAC when a request names none */
  CSN_MAC_MAX = 64,            /* bytes */
  CSN_RSA_BITS_MIN = 2048,     /* RFC 7518 section 3.3 */
  CSN_RSA_BITS_MAX = 16384,    /* what OpenSSL verifies with */
  CSN_ED25519_SIGNATURE = 64,  /* bytes */
  CSN_ED448_SIGNATURE = 114,
  CSN_THUMBPRINT_BYTES = 32, /* SHA-256 */
  CSN_SIGNATURE_MAX = CSN_RSA_BITS_MAX / 8,
};

typedef struct csn_key_config {
  csn_span key_id; /* 0 to CSN_ID_MAX bytes; a key without an id fits any token as long as it is the only token key */
  csn_span client_id; /* 0 to CSN_ID_MAX bytes; a key that signs requests needs one. A token key that has one signs for
                         no other: sub must be this client, or absent */
  csn_span secret;    /* read during the call only; of an HMAC key */
  csn_alg alg;
  unsigned uses;           /* CSN_USE_ bits */
  int64_t accept_until;    /* last UNIX second at which the key is accepted; 0: no end */
  bool allow_legacy_short; /* take an HMAC secret shorter than the hash; never an empty one */
} csn_key_config;
#define CSN_KEY_CONFIG_DEFAULT \
  { .alg = CSN_ALG_HS256, .uses = CSN_USE_REQUEST }

/* A key ready for use. Caller-allocated. Holds the HMAC pad states, never the secret itself, or a public or private
 * key. The states are as good as the secret for signing: wipe it. Copied by csn_key_copy(), not by assignment: a public
 * or private key is counted by its holders. Not to be changed by hand. */
typedef struct csn_key {
  CSN_EXTENSION union {
    struct {             /* HS256 */
      uint32_t inner[8]; /* SHA-256 state after the block key ^ ipad */
      uint32_t outer[8]; /* SHA-256 state after the block key ^ opad */
    };
    struct { /* HS384 and HS512, the same */
      uint64_t inner64[8];
      uint64_t outer64[8];
    };
  };
  struct csn_public_key *public_key; /* of the other algorithms; else NULL */
  int64_t accept_until;
  csn_alg alg;
  uint8_t uses;
  uint8_t key_id_len;
  uint8_t client_id_len;
  bool revoked; /* by csn_keyring_revoke(): never accepted */
  uint8_t key_id[CSN_ID_MAX];
  uint8_t client_id[CSN_ID_MAX];
} csn_key;

/* Fills `key` from an HMAC secret; what it held before is not released. On an error `key` is all zeros. Errors:
 * INVALID_ARGUMENT, ID_INVALID, KEY_TOO_SHORT, KEY_TOO_LONG, KEY_IS_ASYMMETRIC, ALGORITHM_UNSUPPORTED (no HMAC, or not
 * for these uses). For load time: the search for asymmetric keys takes a time that depends on the secret's bytes.
 * Thread-safe. */
csn_error csn_key_init(csn_key *key, const csn_key_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The same from one PEM block, "PUBLIC KEY" (SubjectPublicKeyInfo, RFC 5280) or "RSA PUBLIC KEY" (PKCS #1, RFC 8017),
 * with nothing but white space around it; config->secret is not read. Certificates, private and encrypted keys are
 * refused; nobody is asked for a passphrase. RSA of CSN_RSA_BITS_MIN to CSN_RSA_BITS_MAX with an odd exponent from 3
 * below 2^64; EC on the algorithm's own curve, named, not by its parameters; Ed25519 and Ed448, no point of small
 * order. Errors: INVALID_ARGUMENT, ID_INVALID, KEY_INVALID, KEY_TOO_LONG, ALGORITHM_UNSUPPORTED, CRYPTO, NO_MEMORY.
 * Thread-safe. */
csn_error csn_key_init_pem(csn_key *key, const csn_key_config *config, csn_span pem) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The same from a private key: "PRIVATE KEY" (PKCS #8, RFC 5958), "RSA PRIVATE KEY" (RFC 8017) or "EC PRIVATE KEY" (RFC
 * 5915), not encrypted; its parts must belong together. The key signs and verifies. Checking RSA takes some 100 ms. */
csn_error csn_key_init_private_pem(csn_key *key, const csn_key_config *config,
                                   csn_span pem) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The same from the text of one JWK (RFC 7517, 7518 section 6, 8037): `oct`, `RSA`, `EC` or `OKP`. Where it has a
 * private part the key signs; then RSA needs p, q, dp, dq and qi, too, and the parts must belong together. config->alg
 * is for a JWK that names none, as in csn_keyring_add_jwks(); the key's id is the config's, or else the JWK's kid. What
 * a set would ignore is ALGORITHM_UNSUPPORTED. `*offset` gets the byte where an error is. Errors besides: JSON_INVALID,
 * JWK_INVALID, KEY_TOO_SHORT, KEY_IS_ASYMMETRIC. */
csn_error csn_key_init_jwk(csn_key *key, const csn_key_config *config, csn_span jwk, size_t *offset) CSN_WARN_UNUSED
    CSN_NONNULL(1, 2, 4);

/* Whether csn_key_sign() can sign with it: an HMAC key, or a private one. */
bool csn_key_signs(const csn_key *key) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Makes `out`, which is uninitialised or wiped, a second holder of the same key. Thread-safe. */
void csn_key_copy(csn_key *out, const csn_key *key) CSN_NONNULL_ALL;
void csn_key_wipe(csn_key *key) CSN_NONNULL_ALL; /* an all-zero key may be wiped, too */

/* Bytes of the key's signatures: of its MAC, twice its curve's order, its RSA modulus, 64 or 114; 0 of no key. */
size_t csn_key_signature_bytes(const csn_key *key) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Whether `signature` is this key's for `message`: the raw bytes as in RFC 7518 section 3 and RFC 8037, of exactly
 * csn_key_signature_bytes(); r and s of ECDSA from 1 to the order less 1. Does not leak by timing: an HMAC key and the
 * right MAC. HMAC allocates nothing. For the others OpenSSL 3.0 allocates up to 228 blocks, frees
 * them, and locks up to 23 times. Thread-safe. */
bool csn_key_verify(const csn_key *key, csn_span message, csn_span signature) CSN_WARN_UNUSED CSN_NONNULL(1);

/* Signs `message`: writes csn_key_signature_bytes() to `out`, and how many to `*len`. ECDSA and PSS give other bytes
 * each time. Errors: INVALID_ARGUMENT (a public key), BUFFER_TOO_SMALL, CRYPTO. Thread-safe. */
csn_error csn_key_sign(const csn_key *key, csn_span message, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED
    CSN_NONNULL(1, 5);

/* Writes the public part of a key as a JWK (RFC 7517, 8037): the members that RFC 7638 takes, in its order, then use,
 * alg and, where the key has an id, kid; no NUL behind it. `*len` gets its length, also where it does not fit. Errors:
 * INVALID_ARGUMENT (an HMAC key: its secret is not kept), BUFFER_TOO_SMALL, CRYPTO. Thread-safe. */
csn_error csn_jwk_write(const csn_key *key, char *out, size_t size, size_t *len) CSN_WARN_UNUSED CSN_NONNULL(1, 4);

/* The same with the private part (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2): wipe it. Where it does not
 * fit `out` is wiped. Errors: those, and INVALID_ARGUMENT for a public key. Thread-safe. */
csn_error csn_jwk_write_private(const csn_key *key, char *out, size_t size, size_t *len) CSN_WARN_UNUSED
    CSN_NONNULL(1, 4);

/* Writes a JWK Set of the public parts of `count` keys, for others to verify with. As csn_jwk_write(). */
csn_error csn_jwks_write(const csn_key *const *keys, size_t count, char *out, size_t size, size_t *len) CSN_WARN_UNUSED
    CSN_NONNULL(5);

/* The key's thumbprint (RFC 7638 with SHA-256); in base64url it is a good key id. Errors: INVALID_ARGUMENT (an HMAC
 * key), CRYPTO. Thread-safe. */
csn_error csn_key_thumbprint(const csn_key *key, uint8_t out[CSN_THUMBPRINT_BYTES]) CSN_WARN_UNUSED CSN_NONNULL_ALL;

static inline csn_span csn_key_id(const csn_key *key) {
  return csn_span_of(key->key_id, key->key_id_len);
}
static inline csn_span csn_key_client_id(const csn_key *key) {
  return csn_span_of(key->client_id, key->client_id_len);
}

/* Whether the key is still accepted at UNIX second `now`: through `accept_until`, not a second longer, and not at all
 * where it was revoked. */
static inline bool csn_key_is_accepted(const csn_key *key, int64_t now) {
  return !key->revoked && (key->accept_until == 0 || now <= key->accept_until);
}

#ifdef __cplusplus
}
#endif
#endif
