/* The parts of the policy's loader: what reads one object of the file, and what reads its keys. */
#ifndef CSN_TOOLS_POLICY_READER_H
#define CSN_TOOLS_POLICY_READER_H

#include "../core/src/json.h"
#include "policy.h"

/* One load of one file. */
typedef struct csn_policy_reader {
  csn_policy *out;
  const char *path;
  csn_json json;
  csn_policy_error *error;
  const char *section;   /* the object that is being read: "" for the outermost, else "jwt", "nonces", "keys" */
  size_t key_index;      /* in "keys" */
  unsigned uses;         /* those of the preset: CSN_USE_ bits */
  csn_policy_keep *keep; /* is shown every secret; NULL: nobody is */
  void *keep_self;
  int64_t now;
  bool keys_only;           /* no nonce table, no verifier */
  const csn_policy *before; /* whose nonce table is kept; NULL: a new one is made */
} csn_policy_reader;

/* Names, the first and the others, and their bytes. */
typedef struct csn_policy_name_list {
  csn_span items[CSN_POLICY_NAMES_MAX + 1];
  size_t count;
  uint8_t bytes[CSN_POLICY_NAMES_MAX + 1][CSN_POLICY_NAME_MAX];
} csn_policy_name_list;

/* Of the object "jwt". */
typedef struct csn_policy_jwt_memory {
  csn_policy_name_list issuers, audiences, claims;
  uint8_t subject[CSN_SUBJECT_MAX], typ[CSN_TYP_MAX], scopes[CSN_SCOPES_MAX], scope_claim[CSN_POLICY_NAME_MAX];
} csn_policy_jwt_memory;

/* Of the object "http_signature". */
enum { CSN_POLICY_COMPONENT_MAX = 256 /* bytes */ };
typedef struct csn_policy_signature_memory {
  uint8_t label[CSN_ID_MAX], tag[CSN_ID_MAX], scheme[8], authority[256];
  uint8_t component_bytes[CSN_COMPONENTS_MAX][CSN_POLICY_COMPONENT_MAX];
  csn_span components[CSN_COMPONENTS_MAX];
} csn_policy_signature_memory;

/* What the spans of the configuration point into. */
struct csn_policy_memory {
  csn_policy_jwt_memory jwt;
  csn_policy_signature_memory http_signature;
  uint8_t prefix[CSN_API_KEY_PREFIX_MAX], scopes[CSN_API_KEY_SCOPES_MAX];
  uint8_t region[CSN_SIGV4_SCOPE_MAX], service[CSN_SIGV4_SCOPE_MAX];
};

typedef enum csn_policy_type {
  CSN_POLICY_STRING,
  CSN_POLICY_WHOLE,
  CSN_POLICY_BOOL,
  CSN_POLICY_ARRAY,
  CSN_POLICY_OBJECT,
  CSN_POLICY_STRINGS, /* one string, or an array of them */
} csn_policy_type;

typedef struct csn_policy_field {
  const char *name;
  csn_policy_type type;
} csn_policy_field;

/* Fills the error's text with file, line of `node`, section and `field` (NULL: the section itself) and the reason.
 * Always false. */
bool csn_policy_refuse(csn_policy_reader *reader, uint32_t node, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Finds the fields of the object at `node`: `at` gets the node of each value, 0 where absent. Refuses unknown fields
 * and values of another type. */
bool csn_policy_fields(csn_policy_reader *reader, uint32_t node, const csn_policy_field *fields, size_t count,
                       uint32_t *at) CSN_WARN_UNUSED;

/* The value at `node`, or what `out` has where `node` is 0. */
bool csn_policy_whole(csn_policy_reader *reader, uint32_t node, const char *field, int64_t low, int64_t high,
                      int64_t *out) CSN_WARN_UNUSED;
void csn_policy_bool(const csn_policy_reader *reader, uint32_t node, bool *out);

/* Decodes the string at `node`, 1 to `size` bytes, into `buffer`; an empty span where `node` is 0. */
bool csn_policy_string(csn_policy_reader *reader, uint32_t node, const char *field, uint8_t *buffer, size_t size,
                       csn_span *out) CSN_WARN_UNUSED;

/* ORs into `*bits` the bit of each name in the array of strings at `node`: `bit_of` gives 0 for an unknown name. A name
 * that stands there twice is refused. */
bool csn_policy_names(csn_policy_reader *reader, uint32_t node, const char *field, unsigned (*bit_of)(csn_span name),
                      unsigned *bits) CSN_WARN_UNUSED;

/* A file named in the policy, found relative to the policy's folder; NULL where memory is short. To be freed. */
char *csn_policy_path(const csn_policy_reader *reader, csn_span name);

/* Reads the object "jwt" at `node`; 0: there is none. (policy_jwt.c) */
bool csn_policy_read_jwt(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Reads the array "keys" at `node` into the keyring and into out->keys. */
bool csn_policy_read_keys(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Makes `key` of the PEM or JWK file that is named at `node`; `alg` is the node of "alg", 0 where absent. What is
 * private in it r->keep is shown. (policy_key_file.c) */
bool csn_policy_read_key_file(csn_policy_reader *reader, uint32_t node, uint32_t alg, const csn_key_config *config,
                              csn_key *key) CSN_WARN_UNUSED;

/* Shows r->keep the secrets of a JWK Set. False where memory is short. */
bool csn_policy_keep_jwks(csn_policy_reader *reader, csn_span text) CSN_WARN_UNUSED;

/* Reads the object "nonces" at `node` where the preset has a nonce, and makes the table or takes that of the policy
 * before. `window` is the node of window_seconds. (policy_nonces.c) */
bool csn_policy_read_nonces(csn_policy_reader *reader, uint32_t node, uint32_t window) CSN_WARN_UNUSED;

/* Whether a request key, which stands at `node`, or those of the JWK Set, whose client does, belong to the client that
 * they had in the policy before. True where there is none, or requests say themselves whose they are. Of what came and
 * went in between nothing is known. (policy_nonces.c) */
bool csn_policy_key_stays(csn_policy_reader *reader, uint32_t node, const csn_key *key) CSN_WARN_UNUSED;
bool csn_policy_jwks_stays(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Reads the object "scheme" at `node`: what the policy changes of its preset, which out->config.scheme is until then.
 * (policy_scheme.c) */
bool csn_policy_read_scheme(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Reads the object "api_keys" at `node` where the preset has an API key; after the keys, of which one is the pepper.
 * (policy_api_keys.c) */
bool csn_policy_read_api_keys(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Reads the object "aws_sigv4" at `node` where the preset is signed so. (policy_sigv4.c) */
bool csn_policy_read_sigv4(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Reads the object "redact" at `node`; 0: there is none. (policy_redact.c) */
bool csn_policy_read_redact(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

/* Reads the object "http_signature" at `node`; 0 where there is none. (policy_http_signature.c) */
bool csn_policy_read_http_signature(csn_policy_reader *reader, uint32_t node) CSN_WARN_UNUSED;

#endif
