/* JSON Web Tokens and JSON Web Signatures in compact serialization (RFC 7515, 7519; hardened as in RFC 8725). */
#ifndef COUNTERSIGN_JWT_H
#define COUNTERSIGN_JWT_H

#include <countersign/keyring.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_TOKEN_MAX = 8192,       /* bytes of a token whose claims are read */
  CSN_JWS_MAX = 1 << 20,      /* bytes of a JWS of which only header and signature count */
  CSN_JOSE_HEADER_MAX = 1024, /* bytes of the decoded header */
  CSN_CLAIMS_MAX = 6144,      /* bytes of the decoded claims: 3/4 of CSN_TOKEN_MAX */
  CSN_AUDIENCES_MAX = 64,     /* entries of an aud array */
  CSN_SUBJECT_MAX = 255,      /* bytes of sub, decoded: fits in a verdict's client_id */
  CSN_TYP_MAX = 128,          /* bytes of a decoded typ: a media type name is at most 127 (RFC 6838 section 4.2) */
  CSN_POLICY_NAMES_MAX = 16,  /* issuers, or audiences, beside the first */
  CSN_POLICY_CLAIMS_MAX = 8,  /* claims that a policy asks for by name */
};

/* Which registered claims must be present: bits. An empty sub is none. */
enum {
  CSN_CLAIM_EXP = 1,
  CSN_CLAIM_NBF = 2,
  CSN_CLAIM_IAT = 4,
  CSN_CLAIM_ISS = 8,
  CSN_CLAIM_AUD = 16,
  CSN_CLAIM_SUB = 32,
  CSN_CLAIM_JTI = 64,
};

#define CSN_MAX_AGE_MAX INT64_C(3153600000) /* seconds: a hundred years */

/* No extension can be asked for: what crit names is never understood, and b64 false never taken: no JWT may have it
 * (RFC 7797 section 7), and it lets the token choose what its signature is of. */
typedef struct csn_jwt_policy {
  csn_span issuer;   /* iss must be this or one of other_issuers, and present; empty: iss is not looked at */
  csn_span audience; /* aud must contain this or one of other_audiences, and be present; empty: a token with an aud is
                        rejected */
  csn_span_list other_issuers, other_audiences; /* at most CSN_POLICY_NAMES_MAX, only where there is a first */
  csn_span subject;                             /* sub must be this, and present; empty: any */
  csn_span typ; /* the header's typ must be this media type, and present, such as "at+jwt" (RFC 9068 section 4): without
                   regard to case, with or without "application/". Empty: JWT, at+jwt, or absent */
  csn_span scopes;      /* a list (scope.h) of which all must be the token's; empty: none */
  csn_span scope_claim; /* holds them; empty: "scope", a string (RFC 8693 section 4.2). Under another name, such as
                           "scp", an array of strings is taken, too */
  csn_span_list claims; /* these, by name, must be present and not null: at most CSN_POLICY_CLAIMS_MAX */
  int64_t leeway;       /* seconds of clock difference allowed for exp, nbf, iat and max_age: 0 to 3600 */
  int64_t max_age;      /* seconds since iat, which then must be present: 1 to CSN_MAX_AGE_MAX; 0: any age */
  unsigned required;    /* CSN_CLAIM_ bits */
  unsigned algorithms;  /* 1 << csn_alg bits: the allow-list; 0 allows none */
  bool signature_only;  /* a JWS: the payload is any bytes and is not read */
  bool allow_padded;    /* for issuers that pad: each segment may end in the one or two '=' that make its length a
                           multiple of four (RFC 4648 section 3.2). False: '=' is refused (RFC 7515 section 2) */
} csn_jwt_policy;
#define CSN_JWT_POLICY_DEFAULT \
  { .required = CSN_CLAIM_EXP, .algorithms = 1u << CSN_ALG_HS256 }

/* What a verified token says: claims.h reads it. Caller-allocated, about 6 KiB; points at nothing but the key, which
 * stays as long as the reading in which it was found. Dates are UNIX seconds, rounded up; -1 where absent. */
typedef struct csn_jwt {
  int64_t expires_at; /* exp */
  int64_t not_before; /* nbf */
  int64_t issued_at;  /* iat */
  const csn_key *key; /* the key that matched */
  size_t claims_len;
  uint8_t claims[CSN_CLAIMS_MAX]; /* decoded payload */
} csn_jwt;

/* Verifies one token at UNIX second `now`. `verdict` gets the answer, and where that is accepted its client_id is
 * sub, decoded, its scopes are the token's, and `jwt` has the token's content. With a policy that is not valid the
 * verdict stays undecided, which is never accepted. The keys are those of `keys`. Thread-safe. HMAC allocates nothing;
 * OpenSSL allocates for the other algorithms. The ring remembers what the headers of tokens say whose signature
 * has verified, but for those that name an HMAC key: it saves reading them again, and changes no verdict. Does not leak
 * by timing: the secret, the right MAC, whether an HMAC key's id exists. Public: everything in the token, and the ids
 * and lengths of public keys. */
void csn_jwt_verify(const csn_keyring_reading *keys, const csn_jwt_policy *policy, csn_span token, int64_t now,
                    csn_jwt *jwt, csn_verdict *verdict) CSN_NONNULL_ALL;

/* Verifies `count` tokens: the same verdicts, in order, as csn_jwt_verify() one after the other. Faster for the
 * HMAC algorithms, since their MACs are computed side by side. About 24 KiB of stack. */
void csn_jwt_verify_batch(const csn_keyring_reading *keys, const csn_jwt_policy *policy, const csn_span *tokens,
                          int64_t now, csn_jwt *jwts, csn_verdict *verdicts, size_t count) CSN_NONNULL(1, 2);

/* True where the policy's fields are in range. */
bool csn_jwt_policy_valid(const csn_jwt_policy *policy) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
