/* JSON Web Key Sets (RFC 7517): two passes, so that a set is added whole or not at all. Loading a set is rare and not
 * on the path of a request: it allocates. */
#include <countersign/keyring.h>
#include <stdlib.h>

#include "jwk.h"
#include "keyring_parts.h"
#include "secret_memory.h"

enum {
  TEXT_MAX = 16 << 20, /* bytes of a set: some 100,000 keys */
  JWK_NODES_MIN = 5,   /* JSON values of a key that is loaded: the object, kty and k with their names */
};

typedef struct loading {
  csn_jwk_reader reader;
  csn_jwks_result *result;
  csn_key *keys;
  size_t *offsets; /* of each key, in the text */
  size_t count;
} loading;

static csn_error fail_at(loading *l, uint32_t node) {
  l->result->offset = csn_jwk_offset(&l->reader, node);
  return CSN_ERROR_JWK_INVALID;
}

static csn_error read_jwk(loading *l, uint32_t jwk) {
  bool ignored = false;
  csn_error error = csn_jwk_read(&l->reader, jwk, &l->keys[l->count], &ignored);
  l->result->offset = l->reader.offset;
  if (error != CSN_OK) return error;
  if (ignored) {
    l->result->ignored++;
  } else {
    l->offsets[l->count++] = csn_jwk_offset(&l->reader, jwk);
  }
  return CSN_OK;
}

/* Every JWK from node `first` to the one before `end`. */
static csn_error read_jwks(loading *l, uint32_t first, uint32_t end) {
  for (uint32_t at = first; at < end; at = l->reader.json.nodes[at].next) {
    csn_error error = read_jwk(l, at);
    if (error != CSN_OK) return error;
  }
  return CSN_OK;
}

/* All of them in one change, so that no reader sees a part, and what one refuses undoes all. */
static csn_error add_all(loading *l, csn_keyring *ring) {
  csn_keyring_change change;
  csn_error error = csn_keyring_change_begin(&change, ring);
  for (size_t i = 0; error == CSN_OK && i < l->count; i++) {
    l->result->offset = l->offsets[i];
    error = csn_keyring_change_add(&change, &l->keys[i]);
  }
  return csn_keyring_change_end(&change, error);
}

/* The keys of the outermost object, which is a set or one key. */
static csn_error read_outermost(loading *l) {
  const csn_json *json = &l->reader.json;
  uint32_t keys = csn_json_member(json, 0, csn_span_str("keys"));
  if (csn_json_type_of(json, 0) != CSN_JSON_OBJECT) return fail_at(l, 0);
  if (keys == 0) return read_jwk(l, 0);
  if (csn_json_type_of(json, keys) != CSN_JSON_ARRAY) return fail_at(l, keys);
  return read_jwks(l, keys + 1, json->nodes[keys].next);
}

static csn_error load(loading *l, csn_keyring *ring) {
  size_t room = l->reader.json.count / JWK_NODES_MIN + 1;
  l->keys = csn_locked_new(room * sizeof *l->keys);
  l->offsets = calloc(room, sizeof *l->offsets);
  csn_error error = l->keys == NULL || l->offsets == NULL ? CSN_ERROR_NO_MEMORY : read_outermost(l);
  if (error == CSN_OK) error = add_all(l, ring);
  for (size_t i = 0; i < l->count; i++) csn_key_wipe(&l->keys[i]);
  csn_locked_free(l->keys);
  free(l->offsets);
  return error;
}

csn_error csn_keyring_add_jwks(csn_keyring *ring, csn_span text, const csn_key_config *defaults,
                               csn_jwks_result *result) {
  csn_jwks_result nothing = {.added = 0};
  loading l = {.reader = {.defaults = defaults}, .result = result};
  *result = nothing;
  if (text.len > TEXT_MAX) {
    result->offset = TEXT_MAX;
    return CSN_ERROR_JSON_INVALID;
  }
  size_t room = text.len / 2 + 2; /* a value and the bracket, comma or colon behind it take two bytes */
  csn_json_node *nodes = calloc(room, sizeof *nodes);
  if (nodes == NULL) return CSN_ERROR_NO_MEMORY;
  csn_reason reason = csn_json_read(text, nodes, room, &l.reader.json, &result->offset);
  csn_error error = reason == CSN_REASON_ACCEPTED ? load(&l, ring) : CSN_ERROR_JSON_INVALID;
  free(nodes);
  if (error == CSN_OK) {
    result->added = l.count;
    result->offset = 0;
  } else {
    result->ignored = 0;
  }
  return error;
}
