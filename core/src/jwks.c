/* JSON Web Key Sets (RFC 7517): two passes, so that a set is added whole or not at all. Loading a set is rare and not
 * on the path of a request: it allocates. */
#include <countersign/keyring.h>
#include <stdlib.h>

#include "jwk.h"
#include "keyring_parts.h"
#include "secret_memory.h"

enum { TEXT_MAX = 16 << 20 /* bytes of a set: some 100,000 keys */ };

/* A key that was made, and where it stands in the text. */
typedef struct made_key {
  csn_key key;
  size_t offset;
  struct made_key *next;
} made_key;

typedef struct loading {
  csn_jwk_reader reader;
  csn_jwks_result *result;
  csn_locked_pool pool; /* of the keys */
  made_key *first, **end;
  size_t count;
} loading;

static csn_error fail_at(loading *l, uint32_t node) {
  l->result->offset = csn_jwk_offset(&l->reader, node);
  return CSN_ERROR_JWK_INVALID;
}

static csn_error read_jwk(loading *l, uint32_t jwk) {
  bool ignored = false;
  made_key *made = csn_locked_pool_take(&l->pool);
  if (made == NULL) return CSN_ERROR_NO_MEMORY;
  csn_error error = csn_jwk_read(&l->reader, jwk, &made->key, &ignored);
  l->result->offset = l->reader.offset;
  if (error != CSN_OK) return error;
  if (ignored) {
    csn_locked_pool_give(&l->pool, made);
    l->result->ignored++;
    return CSN_OK;
  }
  made->offset = csn_jwk_offset(&l->reader, jwk);
  *l->end = made;
  l->end = &made->next;
  l->count++;
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
  for (const made_key *made = l->first; error == CSN_OK && made != NULL; made = made->next) {
    l->result->offset = made->offset;
    error = csn_keyring_change_add(&change, &made->key);
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
  csn_locked_pool_init(&l->pool, sizeof(made_key));
  l->end = &l->first;
  csn_error error = read_outermost(l);
  if (error == CSN_OK) error = add_all(l, ring);
  for (made_key *made = l->first; made != NULL; made = made->next) csn_key_wipe(&made->key);
  csn_locked_pool_close(&l->pool);
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
