/* The policy file as a whole. */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/src/credential.h"
#include "../core/src/ct.h"
#include "../core/src/secret_memory.h"
#include "command.h"
#include "input.h"
#include "policy_reader.h"

enum {
  PRESET,
  WINDOW,
  UNSIGNED_BODY,
  JWT,
  NONCES,
  JWKS_FILE,
  JWKS_CLIENT,
  KEYS,
  API_KEYS,
  AWS_SIGV4,
  HTTP_SIGNATURE,
  SCHEME,
  REDACT,
  FIELDS
};

static const csn_policy_field policy_fields[FIELDS] = {
    [PRESET] = {"preset", CSN_POLICY_STRING},
    [WINDOW] = {"window_seconds", CSN_POLICY_WHOLE},
    [UNSIGNED_BODY] = {"allow_unsigned_body", CSN_POLICY_BOOL},
    [JWT] = {"jwt", CSN_POLICY_OBJECT},
    [NONCES] = {"nonces", CSN_POLICY_OBJECT},
    [JWKS_FILE] = {"jwks_file", CSN_POLICY_STRING},
    [JWKS_CLIENT] = {"jwks_client_id", CSN_POLICY_STRING},
    [KEYS] = {"keys", CSN_POLICY_ARRAY},
    [API_KEYS] = {"api_keys", CSN_POLICY_OBJECT},
    [AWS_SIGV4] = {"aws_sigv4", CSN_POLICY_OBJECT},
    [HTTP_SIGNATURE] = {"http_signature", CSN_POLICY_OBJECT},
    [SCHEME] = {"scheme", CSN_POLICY_OBJECT},
    [REDACT] = {"redact", CSN_POLICY_OBJECT},
};

/* ---- the preset, and what it has ---- */

static bool is_http_signature(const csn_scheme *scheme) {
  return scheme->standard == CSN_STANDARD_HTTP_SIGNATURES;
}

bool csn_policy_has(const csn_policy *policy, csn_field field) {
  const csn_scheme *scheme = policy->config.scheme;
  if (is_http_signature(scheme)) return field == CSN_FIELD_TIMESTAMP || field == CSN_FIELD_NONCE;
  return csn_form_find(&scheme->forms[0], field) != NULL; /* all forms have the same fields */
}

static bool signs_body(const csn_scheme *scheme) {
  csn_template compiled;
  return csn_template_compile(&compiled, scheme->template_text) == CSN_OK &&
         csn_template_covers(&compiled, CSN_FIELD_BODY);
}

static void name_presets(char *text, size_t size) {
  const csn_scheme *scheme;
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; (scheme = csn_scheme_preset_at(i)) != NULL && used < size; i++) {
    used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", scheme->name);
  }
}

static bool read_preset(csn_policy_reader *r, uint32_t node) {
  char known[600];
  if (node == 0) return csn_policy_refuse(r, 0, "preset", "is missing");
  const csn_scheme *scheme = csn_scheme_preset(csn_json_raw(&r->json, node));
  if (scheme == NULL) {
    name_presets(known, sizeof known);
    return csn_policy_refuse(r, node, "preset", "must be one of %s", known);
  }
  const char *before = r->before == NULL ? scheme->name : r->before->config.scheme->name;
  if (strcmp(scheme->name, before) != 0) {
    return csn_policy_refuse(r, node, "preset", "must stay %s while the command runs", before);
  }
  r->out->config.scheme = scheme;
  return true;
}

/* The preset, or the policy's own scheme in its place, and what keys it needs. */
static bool read_scheme(csn_policy_reader *r, const uint32_t at[FIELDS]) {
  if (!read_preset(r, at[PRESET]) || !csn_policy_read_scheme(r, at[SCHEME])) return false;
  const csn_scheme *scheme = r->out->config.scheme;
  if (scheme->has_token) r->uses |= CSN_USE_TOKEN;
  if (scheme->template_text != NULL || scheme->standard != CSN_STANDARD_NONE) r->uses |= CSN_USE_REQUEST;
  if (scheme->has_api_key) r->uses |= CSN_USE_API_KEY;
  return true;
}

/* Fields that say something about a thing which the preset does not have. */
static bool check_preset_has(csn_policy_reader *r, const uint32_t at[FIELDS]) {
  const csn_scheme *scheme = r->out->config.scheme;
  bool allow = at[UNSIGNED_BODY] != 0 && csn_json_type_of(&r->json, at[UNSIGNED_BODY]) == CSN_JSON_TRUE;
  bool has_public_keys = scheme->has_token || is_http_signature(scheme);
  const struct {
    int field;
    bool contradicts;
    const char *why;
  } rows[] = {
      {WINDOW, scheme->standard == CSN_STANDARD_AWS_SIGV4, "has aws_sigv4.window_seconds in its place"},
      {UNSIGNED_BODY, scheme->standard == CSN_STANDARD_AWS_SIGV4, "has aws_sigv4.allow_unsigned_payload in its place"},
      {AWS_SIGV4, scheme->standard != CSN_STANDARD_AWS_SIGV4, "is not signed by AWS Signature Version 4"},
      {WINDOW, !csn_policy_has(r->out, CSN_FIELD_TIMESTAMP), "has no timestamp"},
      {NONCES, !csn_policy_has(r->out, CSN_FIELD_NONCE), "has no nonce"},
      {JWT, !scheme->has_token, "has no token"},
      {JWKS_FILE, !has_public_keys, "has no token"},
      {JWKS_CLIENT, !has_public_keys, "has no token"},
      {API_KEYS, !scheme->has_api_key, "has no API key"},
      {HTTP_SIGNATURE, !is_http_signature(scheme), "has another kind of signature"},
      {UNSIGNED_BODY, scheme->template_text == NULL && !is_http_signature(scheme),
       scheme->has_token ? "signs nothing of a request but its token" : "signs nothing"},
      {UNSIGNED_BODY, allow && scheme->template_text != NULL && signs_body(scheme), "signs the body"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (at[rows[i].field] == 0 || !rows[i].contradicts) continue;
    return csn_policy_refuse(r, at[rows[i].field], policy_fields[rows[i].field].name, "contradicts the preset: %s %s",
                             scheme->name, rows[i].why);
  }
  return true;
}

/* ---- keys ---- */

static bool refuse_jwks(csn_policy_reader *r, uint32_t node, const char *path, csn_span text, csn_error error,
                        const csn_jwks_result *result) {
  char why[256], shown[CSN_PATH_SHOWN_MAX + 4];
  csn_path_shown(path, shown);
  if (error == CSN_OK) return csn_policy_refuse(r, node, "jwks_file", "%s: holds no key that can be used", shown);
  csn_key_refusal(error, "which is only for a key that stands in the policy", why, sizeof why);
  return csn_policy_refuse(r, node, "jwks_file", "%s:%zu: %s", shown, csn_line_of_offset(text, result->offset), why);
}

static bool read_jwks_at(csn_policy_reader *r, uint32_t node, const char *path, csn_span client_id) {
  csn_key_config defaults = CSN_KEY_CONFIG_DEFAULT;
  csn_jwks_result result = {0};
  csn_file file;
  int failed = csn_file_read(&file, path, CSN_JWKS_FILE_MAX);
  if (failed != 0) {
    char shown[CSN_PATH_SHOWN_MAX + 4];
    return csn_policy_refuse(r, node, "jwks_file", "%s: %s", csn_path_shown(path, shown), strerror(failed));
  }
  defaults.uses = is_http_signature(r->out->config.scheme) ? CSN_USE_REQUEST : CSN_USE_TOKEN;
  defaults.client_id = client_id;
  csn_error error = csn_keyring_add_jwks(r->out->keyring, csn_file_span(&file), &defaults, &result);
  bool good = error == CSN_OK && result.added > 0;
  r->out->jwks = result;
  if (!good) refuse_jwks(r, node, path, csn_file_span(&file), error, &result);
  if (good && r->keep != NULL && !csn_policy_keep_jwks(r, csn_file_span(&file))) {
    good = csn_policy_refuse(r, node, "jwks_file", "%s", strerror(ENOMEM));
  }
  csn_file_free(&file);
  return good;
}

/* Whose keys the set holds. Of keys that sign tokens that may be left open. */
static bool read_jwks_client(csn_policy_reader *r, uint32_t jwks, uint32_t node, uint8_t id[CSN_ID_MAX],
                             csn_span *out) {
  size_t at;
  if (jwks == 0 && node != 0) return csn_policy_refuse(r, node, "jwks_client_id", "needs a jwks_file");
  if (jwks != 0 && node == 0 && is_http_signature(r->out->config.scheme)) {
    return csn_policy_refuse(r, jwks, "jwks_client_id", "is missing: keys that sign requests need one");
  }
  if (!csn_policy_string(r, node, "jwks_client_id", id, CSN_ID_MAX, out)) return false;
  return node == 0 || csn_client_id_valid(*out, &at) ||
         csn_policy_refuse(r, node, "jwks_client_id", "%s", csn_error_sentence(CSN_ERROR_ID_INVALID));
}

static bool read_jwks(csn_policy_reader *r, uint32_t node, uint32_t client) {
  uint8_t buffer[4096], client_id[CSN_ID_MAX];
  csn_span name, owner;
  if (!read_jwks_client(r, node, client, client_id, &owner)) return false;
  if (node == 0) return true;
  if (!csn_policy_string(r, node, "jwks_file", buffer, sizeof buffer, &name)) return false;
  char *path = csn_policy_path(r, name);
  if (path == NULL) return csn_policy_refuse(r, node, "jwks_file", "%s", strerror(ENOMEM));
  bool good = read_jwks_at(r, node, path, owner);
  free(path);
  csn_name_set(&r->out->jwks_client_id, owner);
  return good && csn_policy_jwks_stays(r, client);
}

static bool has_token_key(const csn_keyring *ring) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  bool has = csn_keyring_token_key_count(&keys) > 0;
  csn_keyring_read_end(&keys);
  return has;
}

/* A preset whose key kind is missing would reject everything. */
static bool check_uses(csn_policy_reader *r, uint32_t keys, uint32_t jwks) {
  const char *client = r->out->config.scheme->client;
  bool has_request = jwks != 0 && is_http_signature(r->out->config.scheme), has_client = client == NULL;
  for (size_t i = 0; i < r->out->key_count; i++) {
    bool is_request = (r->out->keys[i].uses & CSN_USE_REQUEST) != 0;
    has_request |= is_request;
    has_client |= is_request && csn_span_equal(csn_key_client_id(&r->out->keys[i]), csn_span_str(client));
  }
  if ((r->uses & CSN_USE_REQUEST) != 0 && !has_request) {
    return csn_policy_refuse(r, keys, "keys", "none has the use \"request\", which the preset needs");
  }
  if (!has_client) {
    return csn_policy_refuse(r, keys, "keys", "none is of the client \"%s\", of whom all requests are", client);
  }
  if ((r->uses & CSN_USE_TOKEN) != 0 && !has_token_key(r->out->keyring)) {
    return csn_policy_refuse(r, keys, "keys", "none has the use \"token\", which the preset needs");
  }
  return true;
}

static bool read_keys(csn_policy_reader *r, const uint32_t at[FIELDS]) {
  uint8_t seed[16];
  if (at[KEYS] == 0 && at[JWKS_FILE] == 0) return csn_policy_refuse(r, 0, "keys", "is missing, and so is jwks_file");
  csn_error error = csn_random(seed, sizeof seed) ? csn_keyring_new(&r->out->keyring, seed) : CSN_ERROR_CRYPTO;
  csn_wipe(seed, sizeof seed);
  if (error != CSN_OK) return csn_policy_refuse(r, at[KEYS], "keys", "%s", csn_error_sentence(error));
  if (at[KEYS] != 0 && !csn_policy_read_keys(r, at[KEYS])) return false;
  return read_jwks(r, at[JWKS_FILE], at[JWKS_CLIENT]) && check_uses(r, at[KEYS], at[JWKS_FILE]);
}

/* ---- the verifier ---- */

static bool make_verifier(csn_policy_reader *r) {
  if (r->keys_only) return true;
  r->out->config.keyring = r->out->keyring;
  csn_error error = csn_verifier_new(&r->out->verifier, &r->out->config);
  return error == CSN_OK || csn_policy_refuse(r, 0, NULL, "%s", csn_error_sentence(error));
}

static bool read_policy(csn_policy_reader *r) {
  csn_verifier_config *config = &r->out->config;
  uint32_t at[FIELDS];
  if (csn_json_type_of(&r->json, 0) != CSN_JSON_OBJECT) {
    return csn_policy_refuse(r, 0, NULL, "a policy is a JSON object");
  }
  if (!csn_policy_fields(r, 0, policy_fields, FIELDS, at) || !read_scheme(r, at) || !check_preset_has(r, at) ||
      !csn_policy_whole(r, at[WINDOW], "window_seconds", 1, CSN_WINDOW_MAX, &config->window)) {
    return false;
  }
  csn_policy_bool(r, at[UNSIGNED_BODY], &config->allow_unsigned_body);
  return csn_policy_read_jwt(r, at[JWT]) && csn_policy_read_sigv4(r, at[AWS_SIGV4]) &&
         csn_policy_read_http_signature(r, at[HTTP_SIGNATURE]) && read_keys(r, at) &&
         csn_policy_read_api_keys(r, at[API_KEYS]) && csn_policy_read_nonces(r, at[NONCES], at[WINDOW]) &&
         csn_policy_read_redact(r, at[REDACT]) && make_verifier(r);
}

/* ---- the file ---- */

/* Every value but the outermost stands behind one of four characters. */
static size_t count_nodes(csn_span text) {
  size_t count = 1;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte = text.ptr[i];
    count += byte == ',' || byte == ':' || byte == '[' || byte == '{';
  }
  return count;
}

static const char *json_sentence(csn_reason reason) {
  if (reason == CSN_REASON_JSON_DUPLICATE) return "a member name occurs twice in one object";
  if (reason == CSN_REASON_JSON_LIMIT) return "the JSON is deeper or has more members than the limit";
  return "not strict JSON (RFC 8259)";
}

/* A refusal of the whole file. */
static void refuse_file(csn_policy_reader *r, int error) {
  char shown[CSN_PATH_SHOWN_MAX + 4];
  snprintf(r->error->text, sizeof r->error->text, "%s: %s", csn_path_shown(r->path, shown), strerror(error));
}

static void refuse_text(csn_policy_reader *r, csn_span text, csn_reason reason, size_t offset) {
  char shown[CSN_PATH_SHOWN_MAX + 4];
  snprintf(r->error->text, sizeof r->error->text, "%s:%zu: %s (byte %zu)", csn_path_shown(r->path, shown),
           csn_line_of_offset(text, offset), json_sentence(reason), offset);
}

static bool load_text(csn_policy_reader *r, csn_span text) {
  size_t room = count_nodes(text), offset = 0;
  csn_json_node *nodes = malloc(room * sizeof *nodes);
  r->out->memory = calloc(1, sizeof *r->out->memory);
  bool good = false;
  if (nodes == NULL || r->out->memory == NULL) {
    refuse_file(r, ENOMEM);
  } else {
    csn_reason reason = csn_json_read(text, nodes, room, &r->json, &offset);
    if (reason == CSN_REASON_ACCEPTED) {
      good = read_policy(r);
    } else {
      refuse_text(r, text, reason, offset);
    }
  }
  free(nodes);
  return good;
}

static bool load(csn_policy_reader *r) {
  csn_file file;
  memset(r->out, 0, sizeof *r->out);
  r->out->config = (csn_verifier_config)CSN_VERIFIER_CONFIG_DEFAULT;
  r->section = "";
  int failed = csn_file_read(&file, r->path, CSN_POLICY_FILE_MAX);
  if (failed != 0) {
    refuse_file(r, failed);
    return false;
  }
  bool good = load_text(r, csn_file_span(&file));
  csn_file_free(&file);
  if (!good) csn_policy_free(r->out);
  return good;
}

bool csn_policy_load(csn_policy *out, const char *path, int64_t now, csn_policy_error *error) {
  csn_policy_reader reader = {.out = out, .path = path, .error = error, .now = now};
  return load(&reader);
}

bool csn_policy_load_keys(csn_policy *out, const char *path, csn_policy_keep *keep, void *self,
                          csn_policy_error *error) {
  csn_policy_reader reader = {
      .out = out, .path = path, .error = error, .keep = keep, .keep_self = self, .keys_only = true};
  return load(&reader);
}

bool csn_policy_reload(csn_policy *policy, const char *path, int64_t now, csn_policy_error *error) {
  csn_policy after;
  csn_policy_reader reader = {.out = &after, .path = path, .error = error, .now = now, .before = policy};
  if (!load(&reader)) return false;
  after.nonces = policy->nonces;
  policy->nonces = NULL;
  csn_policy_free(policy);
  *policy = after;
  return true;
}

void csn_policy_free(csn_policy *policy) {
  csn_verifier_free(policy->verifier);
  csn_nonce_table_free(policy->nonces);
  csn_keyring_free(policy->keyring);
  csn_api_key_store_free(policy->api_keys);
  for (size_t i = 0; i < policy->key_count; i++) csn_key_wipe(&policy->keys[i]);
  csn_locked_free(policy->keys);
  free(policy->memory);
  free(policy->scheme_memory);
  free(policy->redact);
  memset(policy, 0, sizeof *policy);
}
