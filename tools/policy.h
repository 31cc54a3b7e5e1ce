/* The policy file: strict JSON in, a verifier and all that it needs out. Nothing is half-loaded. */
#ifndef CSN_TOOLS_POLICY_H
#define CSN_TOOLS_POLICY_H

#include <countersign/countersign.h>

#include "redact.h"

enum {
  CSN_POLICY_FILE_MAX = 256 << 20,     /* bytes: more than a million keys */
  CSN_POLICY_NAME_MAX = 1024,          /* bytes of an issuer or audience */
  CSN_POLICY_NONCES_DEFAULT = 1000000, /* live nonces: 1,600 requests a second at the default window */
};

typedef struct csn_policy_memory csn_policy_memory;

/* The object "redact": what csn redact hides besides secrets. */
enum { CSN_POLICY_REDACT_MAX = 64 /* patterns, and prefixes */, CSN_POLICY_REGEX_MAX = 1024 /* bytes */ };
typedef struct csn_policy_redact_text {
  char name[CSN_REDACT_NAME_MAX + 1], regex[CSN_POLICY_REGEX_MAX + 1];
} csn_policy_redact_text;
typedef struct csn_policy_redact {
  csn_redact_pattern patterns[CSN_POLICY_REDACT_MAX];
  const char *prefixes[CSN_POLICY_REDACT_MAX];
  size_t pattern_count, prefix_count;
  csn_policy_redact_text pattern_text[CSN_POLICY_REDACT_MAX]; /* what they point into */
  char prefix_text[CSN_POLICY_REDACT_MAX][CSN_REDACT_NAME_MAX + 1];
} csn_policy_redact;

typedef struct csn_policy {
  csn_verifier_config config;
  csn_keyring *keyring;
  csn_nonce_table *nonces; /* NULL where the scheme has no nonce */
  csn_verifier *verifier;
  csn_key *keys; /* in the order of the file, for signing */
  size_t key_count;
  csn_api_key_store *api_keys; /* NULL where the scheme has no API key */
  csn_policy_memory *memory;   /* what the spans of `config` point into */
  void *scheme_memory;         /* the policy's own scheme; NULL where it is a preset */
  csn_policy_redact *redact;   /* NULL where there is none */
  /* For who is told what the policy means: */
  int64_t nonce_capacity;  /* live nonces that were asked for; 0 where the scheme has no nonce */
  size_t api_key_count;    /* records */
  csn_name jwks_client_id; /* empty where none is named */
  csn_jwks_result jwks;    /* what came of the key set */
  size_t inline_count;     /* keys whose secret stands in the policy itself */
  size_t short_count;      /* keys with allow_legacy_short */
} csn_policy;

/* Where and why a file was refused: one line without a newline, "FILE:LINE: field: reason". Holds no secret. */
typedef struct csn_policy_error {
  char text[896];
} csn_policy_error;

/* Loads `path`. Files that it names are found relative to its folder. `now` starts the nonce table's clock. On false
 * `error` says why and nothing is left allocated. The file's text and the secrets in it are wiped either way. */
bool csn_policy_load(csn_policy *out, const char *path, int64_t now, csn_policy_error *error) CSN_WARN_UNUSED;

/* Is shown the bytes of every secret as it is read: of the keys, and of the JWK Set's (k, and what is private of other
 * key types). They are wiped behind it. False where memory is short; then the load fails. */
typedef bool csn_policy_keep(void *self, csn_span secret);

/* The same for who verifies nothing: no nonce table and no verifier is made. `keep` may be NULL. */
bool csn_policy_load_keys(csn_policy *out, const char *path, csn_policy_keep *keep, void *self,
                          csn_policy_error *error) CSN_WARN_UNUSED;

/* Loads `path` again in the place of `policy`, which keeps its nonce table: what was accepted before is a replay after.
 * On false `error` says why and `policy` is as before. What the table depends on must not change: the preset and, where
 * it has a nonce, the capacity and scheme.client_id; a key of HTTP Message Signatures must not become another client's,
 * nor the JWK Set; the window and http_signature's leeway must not grow, since older nonces are forgotten when their
 * own end. No other thread may use the policy meanwhile. */
bool csn_policy_reload(csn_policy *policy, const char *path, int64_t now, csn_policy_error *error) CSN_WARN_UNUSED;

/* Whether requests of the policy's preset have this field. */
bool csn_policy_has(const csn_policy *policy, csn_field field) CSN_WARN_UNUSED;

/* The names that a policy's scheme has for these, of which CSN_ENCODING_NONE and CSN_SOURCE_NONE have none.
 * (policy_scheme.c) */
const char *csn_policy_encoding_name(csn_encoding encoding);
const char *csn_policy_time_unit_name(csn_time_unit unit);
const char *csn_policy_source_name(csn_source source);

/* Likewise of aws_sigv4.path. (policy_sigv4.c) */
const char *csn_policy_sigv4_path_name(csn_sigv4_path path);

void csn_policy_free(csn_policy *policy); /* wipes the keys */

#endif
