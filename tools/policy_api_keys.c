/* The API keys of a policy: what is asked of a key, and the records that stand in its place. */
#include <stdlib.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "command.h"
#include "policy_reader.h"

enum { PREFIX, SCOPES, RECORDS, FIELDS };

static const csn_policy_field api_keys_fields[FIELDS] = {
    [PREFIX] = {"prefix", CSN_POLICY_STRING},
    [SCOPES] = {"required_scopes", CSN_POLICY_STRING},
    [RECORDS] = {"records", CSN_POLICY_ARRAY},
};

enum { KEY_ID, CLIENT_ID, HASH, DISPLAY, CREATED, EXPIRES, GRACE_UNTIL, REVOKED, HELD_SCOPES, RECORD_FIELDS };

static const csn_policy_field record_fields[RECORD_FIELDS] = {
    [KEY_ID] = {"key_id", CSN_POLICY_STRING},
    [CLIENT_ID] = {"client_id", CSN_POLICY_STRING},
    [HASH] = {"hash", CSN_POLICY_STRING},
    [DISPLAY] = {"display", CSN_POLICY_STRING},
    [CREATED] = {"created", CSN_POLICY_WHOLE},
    [EXPIRES] = {"expires", CSN_POLICY_WHOLE},
    [GRACE_UNTIL] = {"grace_until", CSN_POLICY_WHOLE},
    [REVOKED] = {"revoked", CSN_POLICY_BOOL},
    [HELD_SCOPES] = {"scopes", CSN_POLICY_STRING},
};

static bool read_name(csn_policy_reader *r, uint32_t node, const char *field, size_t most, csn_name *out) {
  uint8_t text[CSN_ID_MAX];
  csn_span span;
  if (!csn_policy_string(r, node, field, text, most, &span)) return false;
  csn_name_set(out, span);
  return true;
}

static bool read_hash(csn_policy_reader *r, uint32_t record, uint32_t node, uint8_t out[CSN_API_KEY_HASH_BYTES]) {
  uint8_t text[2 * CSN_API_KEY_HASH_BYTES];
  csn_span hex;
  size_t at = 0;
  if (node == 0) return csn_policy_refuse(r, record, "hash", "is missing");
  if (!csn_policy_string(r, node, "hash", text, sizeof text, &hex)) return false;
  if (hex.len == sizeof text && csn_hex_decode(hex, out, &at)) return true;
  return csn_policy_refuse(r, node, "hash", "must be 64 digits of hex, the HMAC-SHA-256 of the key under the pepper");
}

static bool read_scopes(csn_policy_reader *r, uint32_t node, csn_api_key_record *record) {
  csn_span scopes;
  uint8_t text[CSN_API_KEY_SCOPES_MAX];
  if (!csn_policy_string(r, node, "scopes", text, sizeof text, &scopes)) return false;
  if (scopes.len > 0) memcpy(record->scopes, scopes.ptr, scopes.len);
  record->scopes_len = (uint16_t)scopes.len;
  return csn_api_key_scopes_valid(scopes) ||
         csn_policy_refuse(r, node, "scopes", "must be scope-tokens with one space between two (RFC 6749 section 3.3)");
}

static bool read_record(csn_policy_reader *r, uint32_t node, csn_api_key_record *record) {
  uint32_t at[RECORD_FIELDS];
  memset(record, 0, sizeof *record);
  if (csn_json_type_of(&r->json, node) != CSN_JSON_OBJECT)
    return csn_policy_refuse(r, node, "records", "must be objects");
  if (!csn_policy_fields(r, node, record_fields, RECORD_FIELDS, at)) return false;
  if (at[KEY_ID] == 0) return csn_policy_refuse(r, node, "key_id", "is missing");
  if (!read_name(r, at[KEY_ID], "key_id", CSN_ID_MAX, &record->key_id) ||
      !read_name(r, at[CLIENT_ID], "client_id", CSN_ID_MAX, &record->client_id) ||
      !read_name(r, at[DISPLAY], "display", CSN_API_KEY_DISPLAY_MAX, &record->display) ||
      !read_hash(r, node, at[HASH], record->hash) || !read_scopes(r, at[HELD_SCOPES], record) ||
      !csn_policy_whole(r, at[CREATED], "created", 0, CSN_UNIX_SECONDS_MAX, &record->created) ||
      !csn_policy_whole(r, at[EXPIRES], "expires", 1, CSN_UNIX_SECONDS_MAX, &record->expires) ||
      !csn_policy_whole(r, at[GRACE_UNTIL], "grace_until", 1, CSN_UNIX_SECONDS_MAX, &record->grace_until)) {
    return false;
  }
  csn_policy_bool(r, at[REVOKED], &record->revoked);
  csn_error error = csn_api_key_store_add(r->out->api_keys, record);
  if (error != CSN_OK) return csn_policy_refuse(r, node, "records", "%s", csn_error_sentence(error));
  r->out->api_key_count++;
  return true;
}

static bool read_records(csn_policy_reader *r, uint32_t list) {
  const csn_json_node *nodes = r->json.nodes;
  csn_api_key_record record;
  bool good = true;
  for (uint32_t item = list + 1; good && item < nodes[list].next; item = nodes[item].next)
    good = read_record(r, item, &record);
  csn_wipe(&record, sizeof record);
  return good;
}

/* The one key with the use "api_key". */
static bool find_pepper(csn_policy_reader *r, uint32_t node, const csn_key **out) {
  size_t count = 0;
  for (size_t i = 0; i < r->out->key_count; i++) {
    if ((r->out->keys[i].uses & CSN_USE_API_KEY) == 0) continue;
    *out = &r->out->keys[i];
    count++;
  }
  if (count == 1 && (*out)->uses == CSN_USE_API_KEY) return true;
  return csn_policy_refuse(r, node, "keys", "exactly one must have the use \"api_key\", and no other use");
}

bool csn_policy_read_api_keys(csn_policy_reader *r, uint32_t node) {
  csn_api_key_policy *policy = &r->out->config.api_key;
  uint32_t at[FIELDS];
  if (!r->out->config.scheme->has_api_key) return true;
  if (!find_pepper(r, node, &policy->pepper)) return false;
  if (node == 0) return csn_policy_refuse(r, 0, "api_keys", "is missing");
  r->section = "api_keys";
  csn_policy_memory *memory = r->out->memory;
  if (csn_api_key_store_new(&r->out->api_keys) != CSN_OK) {
    return csn_policy_refuse(r, node, NULL, "%s", csn_error_sentence(CSN_ERROR_NO_MEMORY));
  }
  if (!csn_policy_fields(r, node, api_keys_fields, FIELDS, at) ||
      !csn_policy_string(r, at[PREFIX], "prefix", memory->prefix, sizeof memory->prefix, &policy->prefix) ||
      !csn_policy_string(r, at[SCOPES], "required_scopes", memory->scopes, sizeof memory->scopes, &policy->scopes)) {
    return false;
  }
  if (at[PREFIX] != 0 && !csn_api_key_prefix_valid(policy->prefix)) {
    return csn_policy_refuse(r, at[PREFIX], "prefix", "must be 1 to 16 of a-z 0-9: no key has another");
  }
  if (!csn_api_key_scopes_valid(policy->scopes)) {
    return csn_policy_refuse(r, at[SCOPES], "required_scopes", "must be scope-tokens with one space between two");
  }
  if (at[RECORDS] == 0) return csn_policy_refuse(r, node, "records", "is missing");
  if (!read_records(r, at[RECORDS])) return false;
  policy->source = csn_api_key_store_source(r->out->api_keys);
  r->section = "";
  return true;
}
