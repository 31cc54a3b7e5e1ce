/* The secrets of a JWK Set, for who must know them to hide them. */
#include <stdlib.h>

#include "../core/src/encoding.h"
#include "../core/src/secret_memory.h"
#include "policy_reader.h"

/* Decodes the base64url of one member (RFC 7518 section 6). What is no base64url is no secret of a key. */
static bool keep_member(csn_policy_reader *r, const csn_json *json, uint32_t node, uint8_t *buffer) {
  size_t len = 0, offset = 0;
  if (node == 0 || csn_json_type_of(json, node) != CSN_JSON_STRING) return true;
  uint8_t *decoded = buffer + 2 * CSN_SECRET_MAX;
  if (!csn_json_string_copy(json, node, buffer, 2 * CSN_SECRET_MAX, &len)) return true;
  if (len == 0 || !csn_base64url_decode(csn_span_of(buffer, len), decoded, &offset)) return true;
  return r->keep(r->keep_self, csn_span_of(decoded, csn_base64url_decoded_len(len)));
}

static bool keep_key(csn_policy_reader *r, const csn_json *json, uint32_t key, uint8_t *buffer) {
  static const char *const members[] = {"k", "d", "p", "q", "dp", "dq", "qi"};
  bool good = true;
  if (csn_json_type_of(json, key) != CSN_JSON_OBJECT) return true;
  for (size_t i = 0; good && i < sizeof members / sizeof members[0]; i++) {
    good = keep_member(r, json, csn_json_member(json, key, csn_span_str(members[i])), buffer);
  }
  return good;
}

static bool keep_all(csn_policy_reader *r, const csn_json *json, uint8_t *buffer) {
  uint32_t keys = csn_json_member(json, 0, csn_span_str("keys"));
  bool good = true;
  if (keys == 0) return keep_key(r, json, 0, buffer); /* a single JWK */
  for (uint32_t at = keys + 1; good && at < json->nodes[keys].next; at = json->nodes[at].next) {
    good = keep_key(r, json, at, buffer);
  }
  return good;
}

bool csn_policy_keep_jwks(csn_policy_reader *r, csn_span text) {
  size_t room = text.len / 2 + 2, offset = 0; /* every value but the outermost takes two bytes or more */
  csn_json_node *nodes = calloc(room, sizeof *nodes);
  uint8_t *buffer = csn_locked_new(4 * CSN_SECRET_MAX);
  csn_json json;
  bool good = nodes != NULL && buffer != NULL;
  if (good && csn_json_read(text, nodes, room, &json, &offset) == CSN_REASON_ACCEPTED)
    good = keep_all(r, &json, buffer);
  csn_locked_free(buffer);
  free(nodes);
  return good;
}
