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
};

/* Which registered claims must be present: bits. */
enum {
  CSN_CLAIM_EXP = 1,
  CSN_CLAIM_NBF = 2,
  CSN_CLAIM_IAT = 4,
  CSN_CLAIM_ISS = 8,
  CSN_CLAIM_AUD = 16,
  CSN_CLAIM_SUB = 32,
};

typedef struct csn_jwt_policy {
  csn_span issuer;     /* iss must be this, and present; empty: iss is not looked at */
  csn_span audience;   /* aud must contain this, and be present; empty: a token with an aud is rejected */
  int64_t leeway;      /* seconds of clock difference allowed for exp, nbf and iat: 0 to 3600 */
  unsigned required;   /* CSN_CLAIM_ bits */
  unsigned algorithms; /* 1 << csn_alg bits: the allow-list; 0 allows none */
  bool signature_only; /* a JWS: the payload is any bytes and is not read */
} csn_jwt_policy;
#define CSN_JWT_POLICY_DEFAULT \
  { .required = CSN_CLAIM_EXP, .algorithms = 1u << CSN_ALG_HS256 }

/* What a verified token says. Caller-allocated, about 6 KiB; points at nothing but the key. */
typedef struct csn_jwt {
  int64_t expires_at; /* exp rounded up to a second; -1 where absent */
  const csn_key *key; /* the key that matched */
  size_t claims_len;
  uint8_t claims[CSN_CLAIMS_MAX]; /* decoded payload */
} csn_jwt;

/* Verifies one token at UNIX second `now`. `verdict` gets the answer, and where that is accepted its client_id is
 * sub, decoded, and `jwt` has the token's content. With a policy that is not valid the verdict stays undecided, which
 * is never accepted. The keyring must be frozen. Thread-safe. HMAC allocates nothing; OpenSSL
 * allocates for the other algorithms. Does not leak by timing: the secret, the right MAC, whether an HMAC key's id
 * exists. Public: everything in the token, and the ids and lengths of public keys. */
void csn_jwt_verify(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span token, int64_t now, csn_jwt *jwt,
                    csn_verdict *verdict) CSN_NONNULL_ALL;

/* True where the policy's fields are in range. */
bool csn_jwt_policy_valid(const csn_jwt_policy *policy) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
