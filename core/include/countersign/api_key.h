/* API keys as people issue them: PREFIX '_' RANDOM CHECKSUM, of which a verifier keeps a keyed hash and no more.
 *
 * PREFIX is 1 to 16 of [a-z0-9] and says whose key it is; RANDOM is 43 base62 characters, 256 bits; CHECKSUM is six
 * base62 characters, most significant first, of the CRC-32 of all that stands before it. So a scanner of leaked text
 * recognises a key without asking anybody, and a mistyped one is refused without a look-up. The form is GitHub's
 * (https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/) with a longer random part. The
 * checksum is no proof of anything: whoever knows the form can make one. */
#ifndef COUNTERSIGN_API_KEY_H
#define COUNTERSIGN_API_KEY_H

#include <countersign/credential.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_API_KEY_PREFIX_MAX = 16,       /* characters */
  CSN_API_KEY_RANDOM_CHARS = 43,     /* log2(62^43) is 256.03 */
  CSN_API_KEY_CHECKSUM_CHARS = 6,    /* 62^5 < 2^32 < 62^6 */
  CSN_API_KEY_SHOWN_CHARS = 4,       /* of the random part, for display: 232 bits stay unknown */
  CSN_API_KEY_RANDOM_BYTES = 64,     /* what 43 characters are drawn from */
  CSN_API_KEY_HASH_BYTES = 32,       /* HMAC-SHA-256 */
  CSN_API_KEY_SCOPES_MAX = 256,      /* bytes of a list of scopes */
  CSN_API_KEY_MAX = 16 + 1 + 43 + 6, /* characters of a key */
  CSN_API_KEY_DISPLAY_MAX = 16 + 1 + 4,
};

/* A key's text. Wipe it: it is the secret itself. */
typedef struct csn_api_key_text {
  uint8_t len;
  char bytes[CSN_API_KEY_MAX]; /* no NUL */
} csn_api_key_text;

/* The parts of a key's text, as spans into it. */
typedef struct csn_api_key {
  csn_span prefix;
  csn_span random;
  csn_span checksum;
  csn_span display; /* prefix, '_' and four characters: all of a key that may be stored, logged or shown */
} csn_api_key;

/* Whether some key has this prefix: 1 to CSN_API_KEY_PREFIX_MAX of [a-z0-9]. Thread-safe. */
bool csn_api_key_prefix_valid(csn_span prefix) CSN_WARN_UNUSED;

/* Makes a key of `random`, which is secret, fresh and from the system's generator; the caller wipes it. Each character
 * is a byte's low six bits, where they are below 62. Errors: INVALID_ARGUMENT for the prefix, or for bytes of which
 * fewer than 43 can be used, which chance does once in 10^17; `out` is then wiped. CT: the random part does not leak;
 * which bytes were passed over does. Thread-safe. */
csn_error csn_api_key_make(csn_span prefix, const uint8_t random[CSN_API_KEY_RANDOM_BYTES],
                           csn_api_key_text *out) CSN_WARN_UNUSED CSN_NONNULL(2, 3);

/* Reads a key of any prefix: the caller compares out->prefix with what the policy names. CSN_REASON_ACCEPTED where the
 * text has the form and its checksum fits, API_KEY_MALFORMED, or API_KEY_CHECKSUM; `*offset` is then the first
 * character that is wrong, the text's length where one is missing, or the start of the checksum, and `out` is zeroed.
 * CT: the random part and the checksum do not leak; the prefix does, the length, and where a refused text is wrong.
 * Thread-safe. */
csn_reason csn_api_key_parse(csn_span text, csn_api_key *out, size_t *offset) CSN_WARN_UNUSED CSN_NONNULL(2, 3);

/* What is stored in a key's place: HMAC-SHA-256 of the whole text under `pepper`, an HS256 key that is used for nothing
 * else and is kept apart from the records. CT: the text does not leak; its length does. Thread-safe. */
void csn_api_key_hash(const csn_key *pepper, csn_span text, uint8_t out[CSN_API_KEY_HASH_BYTES]) CSN_NONNULL(1, 3);

/* Whether it is a list of scopes (scope.h), of at most CSN_API_KEY_SCOPES_MAX bytes. */
bool csn_api_key_scopes_valid(csn_span scopes) CSN_WARN_UNUSED;

/* What is known of an issued key. Caller-allocated, copyable; holds nothing from which the key could be found. Times
 * are UNIX seconds. */
typedef struct csn_api_key_record {
  uint8_t hash[CSN_API_KEY_HASH_BYTES];
  int64_t created;     /* for display: 0 or more, nothing is decided by it */
  int64_t expires;     /* the last second at which the key is accepted; 0: no end */
  int64_t grace_until; /* of a key that another has replaced, likewise; 0: it has not been replaced */
  bool revoked;        /* at once and for good, whatever the times say */
  csn_name client_id;  /* 0 to CSN_ID_MAX bytes; a key without one is for any client */
  csn_name key_id;     /* 1 to CSN_ID_MAX bytes, printable ASCII: unique, and the name by which the key is revoked */
  csn_name display;    /* 0 to CSN_API_KEY_DISPLAY_MAX bytes, of [a-zA-Z0-9_] */
  uint16_t scopes_len;
  char scopes[CSN_API_KEY_SCOPES_MAX];
} csn_api_key_record;

static inline csn_span csn_api_key_record_scopes(const csn_api_key_record *record) {
  return csn_span_of(record->scopes, record->scopes_len);
}

/* Zero is no state in which a key is accepted; the last two are. */
typedef enum csn_api_key_state {
  CSN_API_KEY_REVOKED,
  CSN_API_KEY_EXPIRED, /* past `expires`, or past the end of its grace */
  CSN_API_KEY_GRACE,   /* replaced, and still accepted */
  CSN_API_KEY_ACTIVE,
} csn_api_key_state;

/* The state of a key at UNIX second `now`. Thread-safe. */
csn_api_key_state csn_api_key_state_at(const csn_api_key_record *record, int64_t now) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Where records come from: the store in memory is one; a database may be another. `find` fills `out` for the hash and
 * says whether it did; what it does not find leaves `out` zeroed. `put` adds a record: KEY_DUPLICATE where its hash or
 * its key id is there. One thread at a time for each handle, unless the source says otherwise. */
typedef struct csn_api_key_source {
  csn_lookup (*find)(void *self, const uint8_t hash[CSN_API_KEY_HASH_BYTES], csn_api_key_record *out);
  csn_error (*put)(void *self, const csn_api_key_record *record);
  void *self;
} csn_api_key_source;

/* What a verifier asks of an API key. The spans must outlive the verifier. */
typedef struct csn_api_key_policy {
  const csn_key *pepper; /* with the use CSN_USE_API_KEY; must outlive the verifier */
  csn_api_key_source source;
  csn_span prefix; /* empty: any */
  csn_span scopes; /* that the key must have, all of them */
} csn_api_key_policy;

/* Records in memory. One thread adds, and nobody else uses the store meanwhile; between additions any number of threads
 * may find, revoke and retire. Takes 104 to 208 bytes a record, and its texts up to twice besides. */
typedef struct csn_api_key_store csn_api_key_store;

/* Errors: NO_MEMORY, and `*out` is NULL. */
csn_error csn_api_key_store_new(csn_api_key_store **out) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_api_key_store_free(csn_api_key_store *store); /* wipes the records; NULL does nothing */

/* Adds a copy. On an error the store is as before. Errors: ID_INVALID for the client id and the key id,
 * INVALID_ARGUMENT for the rest of the record, KEY_DUPLICATE, KEY_LIMIT (2^30 records), NO_MEMORY. */
csn_error csn_api_key_store_add(csn_api_key_store *store,
                                const csn_api_key_record *record) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The record with this hash, or false and `out` zeroed. Says nothing about the key's state. The index is by the hash's
 * first bytes, which nobody without the pepper can choose; the whole is compared in constant time, once for a hash that
 * is there and once for one that is not. CT: how much of a stored hash agrees does not leak; which place of the index
 * was looked at may. */
bool csn_api_key_store_find(const csn_api_key_store *store, const uint8_t hash[CSN_API_KEY_HASH_BYTES],
                            csn_api_key_record *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Revokes the key with this id: every find that begins after the call has returned says so. False where there is none.
 * There is no way back. */
bool csn_api_key_store_revoke(csn_api_key_store *store, csn_span key_id) CSN_WARN_UNUSED CSN_NONNULL(1);

/* Gives the key a grace: `grace_until`, above 0, is the last second at which it is accepted. An earlier end stays, and
 * so does a revocation. False where there is no such key, or the time is not above 0. */
bool csn_api_key_store_retire(csn_api_key_store *store, csn_span key_id, int64_t grace_until) CSN_WARN_UNUSED
    CSN_NONNULL(1);

size_t csn_api_key_store_count(const csn_api_key_store *store) CSN_NONNULL_ALL;

/* The store as a source; `find` may be called by many threads, as above. */
csn_api_key_source csn_api_key_store_source(csn_api_key_store *store) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
