/* Tokens for clients: a short access token, and a refresh token that is exchanged for the next two.
 *
 * The access token is a JWT as RFC 9068 has it: iss, sub, aud, client_id, scope, iat, exp and jti, with the typ at+jwt.
 * The refresh token is opaque: an API key's text (api_key.h), of which the store keeps a keyed hash and no more. It
 * works once. Who presents it gets the next one of its family; a token that is presented a second time was copied, and
 * then the whole family is revoked (RFC 9700 section 4.14.2), since nobody can say whether the thief or the owner came
 * first. Of two presentations at one time, too, exactly one wins and the other revokes.
 *
 * Randomness and time are arguments. */
#ifndef COUNTERSIGN_TOKEN_H
#define COUNTERSIGN_TOKEN_H

#include <countersign/api_key.h>
#include <countersign/jwt.h>
#include <countersign/scope.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_ACCESS_SECONDS = 7200,           /* the default: two hours */
  CSN_REFRESH_SECONDS = 30 * 86400,    /* the default: thirty days */
  CSN_TOKEN_SECONDS_MAX = 366 * 86400, /* of either */
  CSN_REFRESH_HASH_BYTES = CSN_API_KEY_HASH_BYTES,
  CSN_TOKEN_ID_BYTES = 16, /* of jti, before base64url */
  CSN_TOKEN_RANDOM_BYTES = CSN_TOKEN_ID_BYTES + CSN_API_KEY_RANDOM_BYTES,
  CSN_GRANT_MAX = 2 * 256 + 2 + CSN_SCOPES_MAX, /* bytes of a grant, written */
};

/* What was granted to whom, for all of a family. */
typedef struct csn_grant {
  csn_name subject;   /* not empty */
  csn_name client_id; /* the application that acts for the subject; empty: none is named */
  csn_scopes scopes;
} csn_grant;

/* What becomes of a refresh token. X(NAME, "label", "sentence") */
#define CSN_REFRESH_ANSWER_LIST(X)                                                         \
  X(UNDECIDED, "undecided", "no decision was made")                                        \
  X(ISSUED, "issued", "tokens were issued")                                                \
  X(MALFORMED, "malformed", "it does not have a refresh token's form, prefix or checksum") \
  X(UNKNOWN, "unknown", "no such refresh token is remembered")                             \
  X(EXPIRED, "expired", "it has expired")                                                  \
  X(REVOKED, "revoked", "its family has been revoked")                                     \
  X(REUSED, "reused", "it has been used before: its family is revoked now")                \
  X(REFUSED, "refused", "the policy refuses what would be issued: nothing has changed")    \
  X(CLIENT, "client", "it was issued to another client: nothing has changed")              \
  X(SCOPE, "scope", "a scope that is asked for was not granted: nothing has changed")      \
  X(FULL, "full", "the store is full of live tokens; nothing has changed")                 \
  X(UNAVAILABLE, "unavailable", "the store did not answer: whether anything has changed is unknown")

typedef enum csn_refresh_answer {
#define CSN_REFRESH_ENUM(name, label, sentence) CSN_REFRESH_##name,
  CSN_REFRESH_ANSWER_LIST(CSN_REFRESH_ENUM)
#undef CSN_REFRESH_ENUM
      CSN_REFRESH_ANSWER_COUNT
} csn_refresh_answer;

/* Static storage, never NULL; a value out of range gives "undecided". Thread-safe. */
const char *csn_refresh_label(csn_refresh_answer answer);
const char *csn_refresh_sentence(csn_refresh_answer answer);

/* A store of refresh tokens. A token is remembered through its second `expires`, used or not, and may be forgotten
 * afterwards; a live one is never evicted. Each call is one step: of any number of exchanges of one hash, from threads
 * or processes, exactly one answers ISSUED. */
typedef struct csn_refresh_store {
  /* The first token of a family. ISSUED, FULL or UNAVAILABLE (so, too, where the hash is there already). */
  csn_refresh_answer (*add)(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], const csn_grant *grant,
                            int64_t expires, int64_t now);
  /* What exchange() would answer, but for the room, and where that is ISSUED the grant. Nothing changes. */
  csn_refresh_answer (*look)(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], int64_t now, csn_grant *grant);
  /* Marks `hash` as used, adds `next` to its family and fills `grant`: ISSUED. Marks the family as revoked where `hash`
   * was used before: REUSED. Otherwise UNKNOWN, REVOKED, EXPIRED, FULL or UNAVAILABLE, and nothing has changed. */
  csn_refresh_answer (*exchange)(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES],
                                 const uint8_t next[CSN_REFRESH_HASH_BYTES], int64_t expires, int64_t now,
                                 csn_grant *grant);
  /* Revokes the family of `hash`: REVOKED, UNKNOWN or UNAVAILABLE. */
  csn_refresh_answer (*revoke)(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], int64_t now);
  void *self;
} csn_refresh_store;

/* Who issues tokens. What it points at must outlive it; constant, and shared by threads where the store may be. */
typedef struct csn_token_issuer {
  const csn_key *key;      /* signs access tokens: with the use CSN_USE_TOKEN, and a private part where it needs one */
  const csn_key *pepper;   /* hashes refresh tokens: HS256, with the use CSN_USE_API_KEY, kept apart from the store */
  csn_refresh_store store; /* without functions: no refresh tokens are issued, and no pepper is needed */
  csn_span refresh_prefix; /* 1 to CSN_API_KEY_PREFIX_MAX of [a-z0-9] */
  csn_span issuer;         /* iss; empty: none */
  csn_span audience;       /* aud; empty: none */
  csn_span typ;            /* at most CSN_TYP_MAX bytes */
  /* Both or neither. An access token that this policy would not accept now under these keys is not issued: REFUSED. Its
   * scope_claim holds the scopes, and nbf is written where it is required. */
  const csn_jwt_policy *policy;
  const csn_keyring *keys;
  int64_t access_seconds;  /* 1 to CSN_TOKEN_SECONDS_MAX */
  int64_t refresh_seconds; /* likewise, of each refresh token */
} csn_token_issuer;
#define CSN_TOKEN_ISSUER_DEFAULT                                                                                       \
  {                                                                                                                    \
    .refresh_prefix = CSN_SPAN_LITERAL("rt"), .typ = CSN_SPAN_LITERAL("at+jwt"), .access_seconds = CSN_ACCESS_SECONDS, \
    .refresh_seconds = CSN_REFRESH_SECONDS                                                                             \
  }

/* What was issued. Caller-allocated, about 10 KiB; wipe it: it is as good as the client. */
typedef struct csn_tokens {
  csn_grant grant;          /* with the scopes of the access token, which may be fewer than the family's */
  int64_t access_expires;   /* exp: the first second at which the access token is no longer accepted */
  int64_t refresh_expires;  /* the last second at which the refresh token is */
  csn_api_key_text refresh; /* no characters where none is issued */
  csn_reason refused;       /* the policy's reason where the answer is REFUSED, then the only thing that is held */
  size_t access_len;
  uint8_t access[CSN_TOKEN_MAX];
} csn_tokens;

/* Issues the first tokens of a family at UNIX second `now`. `random` is secret, fresh and from the system's generator;
 * the caller wipes it. Only where `*answer` is ISSUED does `out` hold tokens. Errors, with UNDECIDED:
 * INVALID_ARGUMENT (the issuer, the grant or the time), BUFFER_TOO_SMALL (the access token would be longer than
 * CSN_TOKEN_MAX), CRYPTO. Thread-safe where the store is. */
csn_error csn_token_issue(const csn_token_issuer *issuer, const csn_grant *grant,
                          const uint8_t random[CSN_TOKEN_RANDOM_BYTES], int64_t now, csn_tokens *out,
                          csn_refresh_answer *answer) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Who wants what for a refresh token (RFC 6749 section 6). */
typedef struct csn_refresh_request {
  csn_span token;
  csn_span client_id; /* who presents it, and was authenticated: the grant's, else CLIENT. Empty: not compared */
  csn_span scopes;    /* that the access token shall have. Each must have been granted, else SCOPE (so, too, where they
                         are no list); the family, and with it the next refresh token, keeps all. Empty: all */
} csn_refresh_request;

/* Exchanges a refresh token for the next tokens of its family. It is spent only when the access token is signed and not
 * refused. CT: the presented text does not leak; its length and form do. */
csn_error csn_token_refresh(const csn_token_issuer *issuer, const csn_refresh_request *request,
                            const uint8_t random[CSN_TOKEN_RANDOM_BYTES], int64_t now, csn_tokens *out,
                            csn_refresh_answer *answer) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Revokes the family of a refresh token, used or not (RFC 7009): MALFORMED, UNKNOWN, REVOKED or UNAVAILABLE. Access
 * tokens that are out live on until their exp. UNDECIDED where the issuer has no store. */
csn_refresh_answer csn_token_revoke(const csn_token_issuer *issuer, csn_span refresh, int64_t now) CSN_WARN_UNUSED
    CSN_NONNULL(1);

/* A grant as bytes, for stores; returns how many. Reading is strict: false where the bytes are not one grant. */
size_t csn_grant_write(const csn_grant *grant, uint8_t out[CSN_GRANT_MAX]) CSN_NONNULL_ALL;
bool csn_grant_read(csn_span bytes, csn_grant *out) CSN_WARN_UNUSED CSN_NONNULL(2);

/* Refresh tokens in this process's memory, for any number of threads; a mutex serialises them. Room for `capacity`
 * tokens that have not expired, used ones among them: about 70 bytes each, and the grant of each family. Errors:
 * INVALID_ARGUMENT (0, or above 2^30), NO_MEMORY. */
typedef struct csn_refresh_memory csn_refresh_memory;
csn_error csn_refresh_memory_new(csn_refresh_memory **out, size_t capacity) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_refresh_memory_free(csn_refresh_memory *memory); /* NULL does nothing */
csn_refresh_store csn_refresh_memory_store(csn_refresh_memory *memory) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
