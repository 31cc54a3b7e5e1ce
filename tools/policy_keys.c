/* The keys of a policy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/src/alg.h"
#include "../core/src/ct.h"
#include "../core/src/secret_memory.h"
#include "command.h"
#include "policy_reader.h"
#include "secret.h"

enum {
  KEY_ID,
  CLIENT_ID,
  USE,
  ALG,
  SECRET,
  SECRET_FILE,
  SECRET_ENV,
  SECRET_ENCODING,
  KEY_FILE,
  ACCEPT_UNTIL,
  ALLOW_SHORT,
  FIELDS
};

static const csn_policy_field key_fields[FIELDS] = {
    [KEY_ID] = {"key_id", CSN_POLICY_STRING},
    [CLIENT_ID] = {"client_id", CSN_POLICY_STRING},
    [USE] = {"use", CSN_POLICY_ARRAY},
    [ALG] = {"alg", CSN_POLICY_STRING},
    [SECRET] = {"secret", CSN_POLICY_STRING},
    [SECRET_FILE] = {"secret_file", CSN_POLICY_STRING},
    [SECRET_ENV] = {"secret_env", CSN_POLICY_STRING},
    [SECRET_ENCODING] = {"secret_encoding", CSN_POLICY_STRING},
    [KEY_FILE] = {"key_file", CSN_POLICY_STRING},
    [ACCEPT_UNTIL] = {"accept_until", CSN_POLICY_WHOLE},
    [ALLOW_SHORT] = {"allow_legacy_short", CSN_POLICY_BOOL},
};

/* What the spans of one key's configuration point into. Wiped after each key. */
typedef struct key_memory {
  uint8_t key_id[CSN_ID_MAX], client_id[CSN_ID_MAX];
  uint8_t text[CSN_SECRET_TEXT_MAX];
  csn_secret secret;
} key_memory;

static unsigned use_bit(csn_span name) {
  if (csn_span_equal(name, csn_span_str("request"))) return CSN_USE_REQUEST;
  if (csn_span_equal(name, csn_span_str("token"))) return CSN_USE_TOKEN;
  if (csn_span_equal(name, csn_span_str("api_key"))) return CSN_USE_API_KEY;
  return 0;
}

static bool read_uses(csn_policy_reader *r, uint32_t key, const uint32_t *at, csn_key_config *config) {
  config->uses = 0;
  if (at[USE] != 0 && !csn_policy_names(r, at[USE], "use", use_bit, &config->uses)) return false;
  if (at[USE] != 0 && config->uses == 0) return csn_policy_refuse(r, at[USE], "use", "is empty");
  if (at[USE] == 0) config->uses = r->uses;
  if (config->uses == (CSN_USE_REQUEST | CSN_USE_TOKEN) && at[USE] == 0) {
    return csn_policy_refuse(r, key, "use", "is missing: this preset has keys for requests and keys for tokens");
  }
  if ((config->uses & CSN_USE_REQUEST) != 0 && at[CLIENT_ID] == 0) {
    return csn_policy_refuse(r, key, "client_id", "is missing: a key that signs requests needs one");
  }
  return true;
}

static bool read_alg(csn_policy_reader *r, uint32_t node, csn_key_config *config) {
  if (node == 0) return true;
  config->alg = csn_alg_from_name(csn_json_raw(&r->json, node));
  if (config->alg == CSN_ALG_NONE) return csn_policy_refuse(r, node, "alg", "is not a supported algorithm");
  return true;
}

/* The values of secret_file and secret_env are never shown: by mistake they may be the secret itself. */
static bool read_secret_file(csn_policy_reader *r, uint32_t node, csn_secret_encoding encoding, key_memory *memory) {
  csn_span name;
  if (!csn_policy_string(r, node, "secret_file", memory->text, sizeof memory->text, &name)) return false;
  char *path = csn_policy_path(r, name);
  const char *refusal = path == NULL ? strerror(ENOMEM) : csn_secret_read(&memory->secret, path, encoding);
  if (refusal != NULL) csn_policy_refuse(r, node, "secret_file", "%s", refusal);
  free(path);
  return refusal == NULL;
}

static bool read_secret_env(csn_policy_reader *r, uint32_t node, csn_secret_encoding encoding, key_memory *memory) {
  csn_span name;
  char variable[128];
  if (!csn_policy_string(r, node, "secret_env", memory->text, sizeof variable - 1, &name)) return false;
  snprintf(variable, sizeof variable, "%.*s", (int)name.len, (const char *)name.ptr);
  const char *value = getenv(variable);
  csn_wipe(variable, sizeof variable);
  if (value == NULL) return csn_policy_refuse(r, node, "secret_env", "the variable is not set in the environment");
  csn_lock_in_place(value, strlen(value)); /* it is read again when the policy is */
  const char *refusal = csn_secret_decode(&memory->secret, csn_span_str(value), encoding);
  return refusal == NULL || csn_policy_refuse(r, node, "secret_env", "%s", refusal);
}

static bool read_secret_text(csn_policy_reader *r, uint32_t node, csn_secret_encoding encoding, key_memory *memory) {
  csn_span text;
  if (!csn_policy_string(r, node, "secret", memory->text, sizeof memory->text, &text)) return false;
  const char *refusal = csn_secret_decode(&memory->secret, text, encoding);
  return refusal == NULL || csn_policy_refuse(r, node, "secret", "%s", refusal);
}

static bool read_secret(csn_policy_reader *r, uint32_t key, const uint32_t *at, key_memory *memory) {
  csn_secret_encoding encoding = CSN_SECRET_TEXT;
  int ways = (at[SECRET] != 0) + (at[SECRET_FILE] != 0) + (at[SECRET_ENV] != 0) + (at[KEY_FILE] != 0);
  if (ways > 1)
    return csn_policy_refuse(r, key, NULL, "secret, secret_file, secret_env and key_file exclude each other");
  if (ways == 0)
    return csn_policy_refuse(r, key, "secret", "is missing, and so are secret_file, secret_env and key_file");
  if (at[KEY_FILE] != 0) {
    return at[SECRET_ENCODING] == 0 ||
           csn_policy_refuse(r, at[SECRET_ENCODING], "secret_encoding", "goes with a secret, not with a key_file");
  }
  if (at[SECRET_ENCODING] != 0 && !csn_secret_encoding_named(csn_json_raw(&r->json, at[SECRET_ENCODING]), &encoding)) {
    return csn_policy_refuse(r, at[SECRET_ENCODING], "secret_encoding", "must be text, hex, base64url or base64");
  }
  if (at[SECRET_FILE] != 0) return read_secret_file(r, at[SECRET_FILE], encoding, memory);
  if (at[SECRET_ENV] != 0) return read_secret_env(r, at[SECRET_ENV], encoding, memory);
  return read_secret_text(r, at[SECRET], encoding, memory);
}

static bool read_config(csn_policy_reader *r, uint32_t node, uint32_t at[FIELDS], csn_key_config *config,
                        key_memory *memory) {
  if (!csn_policy_fields(r, node, key_fields, FIELDS, at) || !read_uses(r, node, at, config) ||
      !read_alg(r, at[ALG], config) ||
      !csn_policy_string(r, at[KEY_ID], "key_id", memory->key_id, sizeof memory->key_id, &config->key_id) ||
      !csn_policy_string(r, at[CLIENT_ID], "client_id", memory->client_id, sizeof memory->client_id,
                         &config->client_id) ||
      !csn_policy_whole(r, at[ACCEPT_UNTIL], "accept_until", 1, CSN_UNIX_SECONDS_MAX, &config->accept_until) ||
      !read_secret(r, node, at, memory)) {
    return false;
  }
  csn_policy_bool(r, at[ALLOW_SHORT], &config->allow_legacy_short);
  r->out->short_count += config->allow_legacy_short;
  r->out->inline_count += at[SECRET] != 0;
  config->secret = csn_secret_span(&memory->secret);
  return true;
}

static bool is_aws(const csn_policy_reader *r) {
  return r->out->config.scheme->standard == CSN_STANDARD_AWS_SIGV4;
}

/* The key of a secret, which r->keep is shown. */
static bool make_secret_key(csn_policy_reader *r, uint32_t node, const csn_key_config *config, csn_key *key) {
  char text[256];
  if (r->keep != NULL && !r->keep(r->keep_self, config->secret)) {
    return csn_policy_refuse(r, node, NULL, "%s", strerror(ENOMEM));
  }
  csn_error error = is_aws(r) ? csn_sigv4_key_init(key, config) : csn_key_init(key, config);
  return error == CSN_OK ||
         csn_policy_refuse(r, node, NULL, "%s", csn_key_refusal(error, "allow_legacy_short", text, sizeof text));
}

/* Whether requests of the preset can be signed with the key: HTTP Message Signatures name their keys and algorithms,
 * all others are HMACs. */
static bool check_request_key(csn_policy_reader *r, uint32_t node, const csn_key *key) {
  bool is_http = r->out->config.scheme->standard == CSN_STANDARD_HTTP_SIGNATURES;
  const csn_alg_row *alg = csn_alg_find(key->alg);
  if ((key->uses & CSN_USE_REQUEST) == 0) return true;
  if (is_http && key->key_id_len == 0) return csn_policy_refuse(r, node, "key_id", "is missing: it is the keyid");
  if (is_http ? alg->http_name != NULL : alg->kind == CSN_KIND_HMAC) return true;
  return csn_policy_refuse(r, node, "alg", "is %s, with which no request of the preset is signed",
                           csn_alg_name(key->alg));
}

/* A key for AWS Signature Version 4 is one for nothing else. */
static bool check_aws_key(csn_policy_reader *r, uint32_t node, const uint32_t at[FIELDS],
                          const csn_key_config *config) {
  if (at[KEY_FILE] != 0) {
    return csn_policy_refuse(r, at[KEY_FILE], "key_file", "is for other presets: a secret access key is a secret");
  }
  if (config->key_id.len == 0) return csn_policy_refuse(r, node, "key_id", "is missing: it is the access key id");
  return config->uses == CSN_USE_REQUEST ||
         csn_policy_refuse(r, node, "use",
                           "must be \"request\" alone: keys of this preset sign requests in a way of their own");
}

static bool read_key(csn_policy_reader *r, uint32_t node, csn_key *key, key_memory *memory) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  uint32_t at[FIELDS];
  if (csn_json_type_of(&r->json, node) != CSN_JSON_OBJECT) {
    return csn_policy_refuse(r, node, NULL, "must be an object");
  }
  if (!read_config(r, node, at, &config, memory)) return false;
  if (is_aws(r) && !check_aws_key(r, node, at, &config)) return false;
  if (at[KEY_FILE] != 0 ? !csn_policy_read_key_file(r, at[KEY_FILE], at[ALG], &config, key)
                        : !make_secret_key(r, node, &config, key)) {
    return false;
  }
  bool fits = check_request_key(r, node, key) && csn_policy_key_stays(r, at[CLIENT_ID], key);
  csn_error error = fits ? csn_keyring_add_key(r->out->keyring, key) : CSN_OK;
  if (fits && error == CSN_OK) return true;
  csn_key_wipe(key);
  return fits && csn_policy_refuse(r, node, NULL, "%s", csn_error_sentence(error));
}

static size_t count_items(const csn_json *json, uint32_t list) {
  size_t count = 0;
  for (uint32_t item = list + 1; item < json->nodes[list].next; item = json->nodes[item].next) count++;
  return count;
}

bool csn_policy_read_keys(csn_policy_reader *r, uint32_t node) {
  const csn_json_node *nodes = r->json.nodes;
  key_memory memory;
  bool good = true;
  size_t count = count_items(&r->json, node);

  if (count == 0) return csn_policy_refuse(r, node, "keys", "is empty");
  r->out->keys = csn_locked_new(count * sizeof *r->out->keys);
  if (r->out->keys == NULL) return csn_policy_refuse(r, node, "keys", "%s", strerror(ENOMEM));
  r->section = "keys";
  for (uint32_t item = node + 1; good && item < nodes[node].next; item = nodes[item].next) {
    r->key_index = r->out->key_count;
    good = read_key(r, item, &r->out->keys[r->out->key_count], &memory);
    if (good) r->out->key_count++;
    csn_wipe(&memory, sizeof memory);
  }
  r->section = "";
  return good;
}
