/* AWS Signature Version 4: requests signed in the Authorization header or in the query ("presigned"), as in the Amazon
 * S3 API reference ("Authenticating Requests (AWS Signature Version 4)") and the IAM user guide ("Create a signed AWS
 * API request"). Signing in chunks (STREAMING-…) and with asymmetric keys (AWS4-ECDSA-P256-SHA256) is refused, and so
 * is a request whose time is in Date and not in x-amz-date.
 *
 * A key id is an access key id, and the client is whose it is. Whether a session token is one that was issued is for
 * the caller to say: here it is only made sure that it is signed. */
#ifndef COUNTERSIGN_SIGV4_H
#define COUNTERSIGN_SIGV4_H

#include <countersign/keyring.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_SIGV4_CANONICAL_MAX = 16384,    /* bytes of a canonical request */
  CSN_SIGV4_QUERY_MAX = 8192,         /* bytes of a canonical query */
  CSN_SIGV4_PARAMS_MAX = 128,         /* parameters of a query */
  CSN_SIGV4_HEADERS_MAX = 64,         /* names in SignedHeaders */
  CSN_SIGV4_SCOPE_MAX = 64,           /* bytes of a region's or service's name */
  CSN_SIGV4_AUTHORIZATION_MAX = 4096, /* bytes of an Authorization header */
  CSN_SIGV4_WINDOW = 900,             /* seconds: AWS's fifteen minutes */
  CSN_SIGV4_WINDOW_MAX = 86400,       /* seconds */
  CSN_SIGV4_EXPIRES_MAX = 604800,     /* seconds: seven days */
  CSN_SIGV4_SIGNATURE_CHARS = 64,     /* hex digits */
};

/* How the path is signed.
 *
 * NORMALIZED  every service but S3: empty and dot segments are taken out, then every byte of the wire is encoded, an
 *             escape's "%" too. Targets that differ in such segments have one signature: route by the normalised path,
 *             or use the next.
 * ENCODED     the same with the segments as they are.
 * S3          encoded once: an escape on the wire stays that escape. The payload's hash must be in a header, and a
 *             presigned request that has none leaves its payload unsigned. */
typedef enum csn_sigv4_path {
  CSN_SIGV4_PATH_NORMALIZED,
  CSN_SIGV4_PATH_ENCODED,
  CSN_SIGV4_PATH_S3,
} csn_sigv4_path;

typedef struct csn_sigv4_policy {
  csn_span region;  /* 1 to CSN_SIGV4_SCOPE_MAX visible bytes, no "/": the credential's scope must name it */
  csn_span service; /* likewise */
  csn_sigv4_path path;
  int64_t window;        /* seconds between x-amz-date and now: 1 to CSN_SIGV4_WINDOW_MAX */
  int64_t expires_max;   /* longest X-Amz-Expires, seconds: 1 to CSN_SIGV4_EXPIRES_MAX; 0: presigned requests refused */
  bool unsigned_payload; /* take UNSIGNED-PAYLOAD, with or without a body, which then is anybody's */
} csn_sigv4_policy;
#define CSN_SIGV4_POLICY_DEFAULT \
  { .window = CSN_SIGV4_WINDOW, .expires_max = CSN_SIGV4_EXPIRES_MAX }

bool csn_sigv4_policy_valid(const csn_sigv4_policy *policy) CSN_NONNULL_ALL;

/* Fills `key` with the HMAC states of "AWS4" and the secret access key: for a keyring, by csn_keyring_add_key(). The
 * key id is the access key id, which no other client's key may have. HS256 and CSN_USE_REQUEST, as
 * CSN_KEY_CONFIG_DEFAULT has them, and nothing else. Errors and timing: those of csn_key_init(); ID_INVALID without a
 * key id, too. */
csn_error csn_sigv4_key_init(csn_key *key, const csn_key_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Keys that are derived for a day, the policy's region and service, remembered: a fixed 128 KiB, which any number of
 * threads share without waiting. Only what has verified a request is remembered. Lies where keys lie: out of core
 * dumps, and locked as far as RLIMIT_MEMLOCK goes; free() wipes it. A derived key may outlive the key that it is of,
 * in the ring or as a csn_key: it stays, found by nobody, until another takes its place or the cache is freed. With it
 * requests of that day, region and service could be signed; the secret access key does not come of it. */
typedef struct csn_sigv4_cache csn_sigv4_cache;
csn_error csn_sigv4_cache_new(csn_sigv4_cache **out, const csn_sigv4_policy *policy) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_sigv4_cache_free(csn_sigv4_cache *cache); /* NULL does nothing */

/* Verifies one request at UNIX second `now`; the verdict, which is also returned as its reason, names the access key id
 * and, where there is such a key, its client. Headers that the scheme reads, X-Amz- parameters and host may not be
 * repeated; other repeated headers are joined with commas, as AWS does. A scheme without a nonce: within its window a
 * request can be sent again. With a policy that is not valid the verdict stays undecided. `cache` may be NULL; one that
 * was made for another region or service is not used. Thread-safe; no allocation; about 36 KiB of stack. Does not leak
 * by timing: the secret, the right signature, whether an access key id exists. What is rejected takes as long with a
 * remembered key as without; only what is accepted is faster. */
csn_reason csn_sigv4_verify(const csn_keyring_reading *keys, const csn_sigv4_policy *policy, csn_sigv4_cache *cache,
                            const csn_request *request, int64_t now, csn_verdict *verdict) CSN_WARN_UNUSED
    CSN_NONNULL(1, 2, 4, 6);

/* Writes the value of the Authorization header for a request that has its other headers, host and x-amz-date among
 * them, and no Authorization. `signed_headers` is as it will stand there: lower case, sorted, with semicolons.
 * `key` is from csn_sigv4_key_init(). `out` is not NUL-terminated. Errors: INVALID_ARGUMENT (of the policy, or a
 * request that csn_sigv4_verify() would not take), BUFFER_TOO_SMALL. */
csn_error csn_sigv4_sign(const csn_sigv4_policy *policy, const csn_key *key, const csn_request *request,
                         csn_span signed_headers, char *out, size_t room, size_t *len) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The signature of a request whose target has every X-Amz- parameter but X-Amz-Signature: to be added as that. Errors:
 * INVALID_ARGUMENT, as above. */
csn_error csn_sigv4_presign(const csn_sigv4_policy *policy, const csn_key *key, const csn_request *request,
                            char signature[CSN_SIGV4_SIGNATURE_CHARS]) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
