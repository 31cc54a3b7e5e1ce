/* Verdicts: accepted, or rejected and why. A zeroed verdict is neither, and is never "accepted". */
#ifndef COUNTERSIGN_VERDICT_H
#define COUNTERSIGN_VERDICT_H

#include <countersign/scope.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The stages of the path of a request, in their order. X(NAME, "label") */
#define CSN_STAGE_LIST(X)     \
  X(NONE, "none")             \
  X(REQUEST, "request")       \
  X(CREDENTIAL, "credential") \
  X(TIME, "time")             \
  X(KEY, "key")               \
  X(SIGNATURE, "signature")   \
  X(CLAIMS, "claims")         \
  X(NONCE, "nonce")

typedef enum csn_stage {
#define CSN_STAGE_ENUM(name, label) CSN_STAGE_##name,
  CSN_STAGE_LIST(CSN_STAGE_ENUM)
#undef CSN_STAGE_ENUM
} csn_stage;

/* What a verdict's offset counts in. X(NAME, "label") */
#define CSN_FIELD_LIST(X)       \
  X(NONE, "none")               \
  X(METHOD, "method")           \
  X(TARGET, "target")           \
  X(HEADER, "header")           \
  X(BODY, "body")               \
  X(CLIENT_ID, "client_id")     \
  X(KEY_ID, "key_id")           \
  X(TIMESTAMP, "timestamp")     \
  X(NONCE, "nonce")             \
  X(SIGNATURE, "signature")     \
  X(TOKEN, "token")             \
  X(API_KEY, "api_key")         \
  X(JOSE_HEADER, "jose_header") \
  X(CLAIMS, "claims")           \
  X(PATH, "path")               \
  X(QUERY, "query")             \
  X(BODY_SHA256, "body_sha256") \
  X(ALGORITHM, "algorithm")     \
  X(SIGNED_HEADERS, "signed_headers")

typedef enum csn_field {
#define CSN_FIELD_ENUM(name, label) CSN_FIELD_##name,
  CSN_FIELD_LIST(CSN_FIELD_ENUM)
#undef CSN_FIELD_ENUM
      CSN_FIELD_COUNT
} csn_field;

/* Every answer that the core gives. X(NAME, STAGE, "label", "sentence for the operator") */
#define CSN_REASON_LIST(X)                                                                                           \
  X(UNDECIDED, NONE, "undecided", "no decision was made")                                                            \
  X(ACCEPTED, NONE, "accepted", "every check passed")                                                                \
  X(METHOD_INVALID, REQUEST, "method_invalid", "the method is not a token (RFC 9110 section 9.1)")                   \
  X(TARGET_INVALID, REQUEST, "target_invalid", "the request target is empty, too long, or has a control or space")   \
  X(HEADER_LIMIT, REQUEST, "header_limit", "there are too many header fields")                                       \
  X(HEADER_NAME_INVALID, REQUEST, "header_name_invalid", "a header name is empty, too long or not a token")          \
  X(HEADER_VALUE_INVALID, REQUEST, "header_value_invalid", "a header value has a control byte, NUL or line folding") \
  X(HEADER_TOO_LONG, REQUEST, "header_too_long", "a header value is longer than the limit")                          \
  X(FIELD_REPEATED, CREDENTIAL, "field_repeated", "a field that the scheme reads is there more than once")           \
  X(FIELD_MISSING, CREDENTIAL, "field_missing", "a field that the scheme needs is absent")                           \
  X(FIELD_UNKNOWN, CREDENTIAL, "field_unknown", "a parameter in the credential is not one of the scheme's")          \
  X(FIELD_MALFORMED, CREDENTIAL, "field_malformed", "the credential does not have the scheme's form")                \
  X(CLIENT_ID_INVALID, CREDENTIAL, "client_id_invalid", "the client id is empty, too long or has an illegal byte")   \
  X(TIMESTAMP_INVALID, CREDENTIAL, "timestamp_invalid", "the timestamp is not plain decimal digits in range")        \
  X(NONCE_INVALID, CREDENTIAL, "nonce_invalid", "the nonce is empty, too long or has an illegal byte")               \
  X(SIGNATURE_LENGTH, CREDENTIAL, "signature_length", "the signature does not have its algorithm's length")          \
  X(SIGNATURE_LIMIT, CREDENTIAL, "signature_limit", "there are more signatures than the limit")                      \
  X(SIGNATURE_ENCODING, CREDENTIAL, "signature_encoding", "the signature has a byte outside its encoding")           \
  X(HEADER_NOT_SIGNED, CREDENTIAL, "header_not_signed", "what the scheme wants signed is not among the signed")      \
  X(BODY_NOT_SIGNED, CREDENTIAL, "body_not_signed", "there is a body that the scheme does not sign")                 \
  X(DIGEST_INVALID, CREDENTIAL, "digest_invalid", "Content-Digest is malformed or of a wrong length (RFC 9530)")     \
  X(DIGEST_UNSUPPORTED, CREDENTIAL, "digest_unsupported", "Content-Digest names neither sha-256 nor sha-512")        \
  X(DIGEST_MISMATCH, CREDENTIAL, "digest_mismatch", "Content-Digest is not that of the body")                        \
  X(SIGNATURE_INPUT_INVALID, CREDENTIAL, "signature_input_invalid",                                                  \
    "the signature's input or a parameter is malformed")                                                             \
  X(COMPONENT_UNSUPPORTED, CREDENTIAL, "component_unsupported", "a covered component or parameter is not supported") \
  X(COMPONENT_REPEATED, CREDENTIAL, "component_repeated", "a component is covered more than once")                   \
  X(COMPONENT_MISSING, CREDENTIAL, "component_missing", "a covered component is not in the request")                 \
  X(COMPONENT_INVALID, CREDENTIAL, "component_invalid", "a covered component has a value that cannot be signed")     \
  X(SIGNATURE_NOT_FOUND, CREDENTIAL, "signature_not_found", "no signature has the label and tag that count")         \
  X(SIGNATURE_AMBIGUOUS, CREDENTIAL, "signature_ambiguous", "several signatures could be the one that counts")       \
  X(PARAMETER_MISSING, CREDENTIAL, "parameter_missing", "the signature lacks a parameter that it needs")             \
  X(COMPONENT_NOT_SIGNED, CREDENTIAL, "component_not_signed", "the signature does not cover all that it has to")     \
  X(SIGNATURE_BASE_TOO_LONG, CREDENTIAL, "signature_base_too_long", "what is signed is longer than the limit")       \
  X(TOKEN_TOO_LONG, CREDENTIAL, "token_too_long", "the token is longer than the limit")                              \
  X(TOKEN_SHAPE, CREDENTIAL, "token_shape", "the token is not three segments, or one of them is empty")              \
  X(BASE64URL_INVALID, CREDENTIAL, "base64url_invalid", "a segment is not strict unpadded base64url (RFC 7515)")     \
  X(JSON_INVALID, CREDENTIAL, "json_invalid", "the JOSE header, claims or body are not strict JSON (RFC 8259)")      \
  X(JSON_LIMIT, CREDENTIAL, "json_limit", "the JSON is deeper, longer or has more members than the limit")           \
  X(JSON_DUPLICATE, CREDENTIAL, "json_duplicate", "a member name occurs twice in one object")                        \
  X(JSON_NOT_OBJECT, CREDENTIAL, "json_not_object", "the JOSE header, the claims or the body are no JSON object")    \
  X(ALG_MISSING, CREDENTIAL, "alg_missing", "the JOSE header has no alg, or it is not a string")                     \
  X(ALG_NOT_ALLOWED, CREDENTIAL, "alg_not_allowed", "the alg is none, unknown or not on the allow-list")             \
  X(CRIT_UNSUPPORTED, CREDENTIAL, "crit_unsupported", "crit is malformed or names an extension not understood")      \
  X(B64_UNSUPPORTED, CREDENTIAL, "b64_unsupported", "the unencoded payload option (RFC 7797) is not enabled")        \
  X(KID_INVALID, CREDENTIAL, "kid_invalid", "the key id is not a string, or is empty or too long")                   \
  X(TYP_NOT_ALLOWED, CREDENTIAL, "typ_not_allowed", "the token's typ is absent, no string or not the one expected")  \
  X(API_KEY_MALFORMED, CREDENTIAL, "api_key_malformed", "the API key is not prefix, '_', 49 base62 characters")      \
  X(API_KEY_CHECKSUM, CREDENTIAL, "api_key_checksum", "the API key's checksum is not that of what is before it")     \
  X(API_KEY_PREFIX, CREDENTIAL, "api_key_prefix", "the API key's prefix is not the one that the policy names")       \
  X(SCOPE_MISMATCH, CREDENTIAL, "scope_mismatch", "the credential's date, region or service is not as expected")     \
  X(SIGNED_HEADERS_INVALID, CREDENTIAL, "signed_headers_invalid",                                                    \
    "the signed headers are not distinct, sorted, lower-case names")                                                 \
  X(QUERY_INVALID, CREDENTIAL, "query_invalid",                                                                      \
    "the query has a malformed escape, a bare + or ;, or an empty parameter")                                        \
  X(CANONICAL_LIMIT, CREDENTIAL, "canonical_limit",                                                                  \
    "the canonical request is longer or has more parts than the limit")                                              \
  X(PAYLOAD_HASH_INVALID, CREDENTIAL, "payload_hash_invalid", "the payload's hash is not 64 hex digits")             \
  X(PAYLOAD_UNSIGNED, CREDENTIAL, "payload_unsigned", "the payload is not signed, which the policy does not allow")  \
  X(PAYLOAD_STREAMING, CREDENTIAL, "payload_streaming", "the payload is signed in chunks, which is not supported")   \
  X(EXPIRES_INVALID, CREDENTIAL, "expires_invalid", "X-Amz-Expires is no number of seconds that the policy allows")  \
  X(TIMESTAMP_PAST, TIME, "timestamp_past", "the timestamp is further in the past than the window")                  \
  X(TIMESTAMP_FUTURE, TIME, "timestamp_future", "the timestamp is further in the future than the window")            \
  X(PRESIGNED_EXPIRED, TIME, "presigned_expired", "the time is behind the end of the presigned request")             \
  X(SIGNATURE_EXPIRED, TIME, "signature_expired", "the time is past the signature's expires")                        \
  X(KEY_UNKNOWN, KEY, "key_unknown", "no key fits the client, the key id and the algorithm")                         \
  X(KEY_ALG_MISMATCH, KEY, "key_alg_mismatch", "no key of the client has the algorithm that the request names")      \
  X(KEY_EXPIRED, KEY, "key_expired", "every key that fits is past the end of its grace")                             \
  X(KEY_AMBIGUOUS, KEY, "key_ambiguous", "more than one key fits")                                                   \
  X(KEY_REVOKED, KEY, "key_revoked", "the key has been revoked")                                                     \
  X(KEY_STORE_UNAVAILABLE, KEY, "key_store_unavailable", "the store of keys did not answer")                         \
  X(SIGNATURE_MISMATCH, SIGNATURE, "signature_mismatch", "the signature is not that of any key that fits")           \
  X(PAYLOAD_HASH_MISMATCH, SIGNATURE, "payload_hash_mismatch",                                                       \
    "the body does not have the hash that is signed for it")                                                         \
  X(CLAIM_INVALID, CLAIMS, "claim_invalid", "a registered claim has the wrong type")                                 \
  X(CLAIM_MISSING, CLAIMS, "claim_missing", "a claim that the policy requires is absent")                            \
  X(DATE_INVALID, CLAIMS, "date_invalid", "a NumericDate is negative, out of range or not a number")                 \
  X(TOKEN_EXPIRED, CLAIMS, "token_expired", "the time is at or after exp")                                           \
  X(TOKEN_NOT_YET_VALID, CLAIMS, "token_not_yet_valid", "the time is before nbf")                                    \
  X(TOKEN_ISSUED_IN_FUTURE, CLAIMS, "token_issued_in_future", "the time is before iat")                              \
  X(TOKEN_TOO_OLD, CLAIMS, "token_too_old", "the token was issued longer ago than the policy allows")                \
  X(ISSUER_MISMATCH, CLAIMS, "issuer_mismatch", "iss is not the issuer that the policy names")                       \
  X(SUBJECT_MISMATCH, CLAIMS, "subject_mismatch", "sub is not the one that the policy or the token's key names")     \
  X(AUDIENCE_MISMATCH, CLAIMS, "audience_mismatch", "aud does not contain the audience that the policy names")       \
  X(AUDIENCE_UNEXPECTED, CLAIMS, "audience_unexpected", "aud is present and the policy names no audience")           \
  X(SCOPE_MISSING, CLAIMS, "scope_missing", "a scope that the policy requires is not the token's or the key's")      \
  X(NONCE_REPLAYED, NONCE, "nonce_replayed", "this client's nonce has been accepted before")                         \
  X(NONCE_STORE_FULL, NONCE, "nonce_store_full", "the nonce store is full of live nonces")                           \
  X(NONCE_STORE_UNAVAILABLE, NONCE, "nonce_store_unavailable", "the nonce store did not answer")                     \
  X(NONCE_EXPIRED, NONCE, "nonce_expired", "the nonce may be forgotten: it has expired, or the time was set back")   \
  X(NONCE_FENCED, NONCE, "nonce_fenced", "the request may have been accepted before the store's restart")            \
  X(NONCE_RETENTION, NONCE, "nonce_retention", "the nonce would have to be remembered longer than the store can")

typedef enum csn_reason {
#define CSN_REASON_ENUM(name, stage, label, sentence) CSN_REASON_##name,
  CSN_REASON_LIST(CSN_REASON_ENUM)
#undef CSN_REASON_ENUM
      CSN_REASON_COUNT
} csn_reason;

/* A short name by value, so that a verdict points at nothing and outlives the request. */
typedef struct csn_name {
  uint8_t len;
  uint8_t bytes[255];
} csn_name;

static inline csn_span csn_name_span(const csn_name *name) {
  return csn_span_of(name->bytes, name->len);
}

/* Copies `span`; a span that is too long gives the empty name, never a part. */
void csn_name_set(csn_name *name, csn_span span) CSN_NONNULL_ALL;

/* The answer to one request. `client_id` is what the caller claims until the verdict is accepted, and what the key
 * proves from then: attacker's bytes, to be escaped in logs. Of a name only the first `len` bytes are set. */
typedef struct csn_verdict {
  csn_reason reason;
  csn_field field;     /* what `offset` counts in, or the field that is missing */
  size_t offset;       /* bytes from the field's start to the first byte that is wrong; 0 where none can be named */
  size_t header_index; /* which header, where `field` is CSN_FIELD_HEADER */
  csn_name client_id;
  csn_name key_id;   /* the key that matched, or the one that would have to match; empty where none is known */
  csn_scopes scopes; /* those of the token or API key that was accepted; empty where they have no valid form */
} csn_verdict;

/* True only for CSN_REASON_ACCEPTED. */
static inline bool csn_accepted(const csn_verdict *verdict) {
  return verdict->reason == CSN_REASON_ACCEPTED;
}

/* Names of the values above: static storage, never NULL; a value out of range gives "undecided" or "none".
 * csn_verdict_public_word() is all that a remote caller may be told: "accepted", "rejected", or "unavailable" where
 * the same request may be sent again. Thread-safe. */
const char *csn_reason_label(csn_reason reason);
const char *csn_reason_sentence(csn_reason reason);
csn_stage csn_reason_stage(csn_reason reason);
const char *csn_stage_label(csn_stage stage);
const char *csn_field_label(csn_field field);
const char *csn_verdict_public_word(const csn_verdict *verdict) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
