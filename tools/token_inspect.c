/* Of each token three members, pretty, and the verdict's line. What is no strict JSON is shown as null: the verdict
 * says what is wrong with it. Nothing of the signature is shown: with it the text would be the token again. */
#include "token_inspect.h"

#include <inttypes.h>
#include <stdio.h>

#include "../core/src/ct.h"
#include "../core/src/cursor.h"
#include "../core/src/encoding.h"
#include "../core/src/jwt_parts.h"
#include "command.h"

/* One text of a token while it is written. Static: it is large. */
typedef struct pretty {
  csn_json json;
  csn_json_out *out;
  csn_json_node nodes[CSN_CLAIMS_NODES];
  uint8_t text[CSN_CLAIMS_MAX], decoded[CSN_CLAIMS_MAX];
} pretty;

static void new_line(csn_json_out *out, size_t depth) {
  csn_json_out_text(out, "\n");
  for (size_t i = 0; i < depth; i++) csn_json_out_text(out, "  ");
}

static void put_string(pretty *p, uint32_t node) {
  size_t len = 0;
  if (csn_json_string_copy(&p->json, node, p->decoded, sizeof p->decoded, &len)) {
    csn_json_out_string(p->out, csn_span_of(p->decoded, len));
  }
}

/* Goes no deeper than CSN_JSON_DEPTH_MAX. */
static void put_value(pretty *p, uint32_t node, size_t depth) {
  const csn_json_node *nodes = p->json.nodes;
  csn_json_type type = csn_json_type_of(&p->json, node);
  bool named = type == CSN_JSON_OBJECT;
  if (type == CSN_JSON_STRING) {
    put_string(p, node);
    return;
  }
  if (!named && type != CSN_JSON_ARRAY) {
    csn_json_out_raw(p->out, csn_json_raw(&p->json, node));
    return;
  }
  csn_json_out_text(p->out, named ? "{" : "[");
  for (uint32_t at = node + 1; at < nodes[node].next; at = nodes[at].next) {
    if (at != node + 1) csn_json_out_text(p->out, ",");
    new_line(p->out, depth + 1);
    if (named) {
      put_string(p, at++);
      csn_json_out_text(p->out, ": ");
    }
    put_value(p, at, depth + 1);
  }
  if (nodes[node].children > 0) new_line(p->out, depth);
  csn_json_out_text(p->out, named ? "}" : "]");
}

/* A segment of the token as JSON, or null. */
static void put_segment(pretty *p, csn_span segment) {
  size_t len = csn_base64url_decoded_len(segment.len), offset = 0;
  bool good =
      len <= sizeof p->text && csn_base64url_decode(segment, p->text, &offset) &&
      csn_json_read(csn_span_of(p->text, len), p->nodes, CSN_CLAIMS_NODES, &p->json, &offset) == CSN_REASON_ACCEPTED;
  if (good) {
    put_value(p, 0, 1);
  } else {
    csn_json_out_text(p->out, "null");
  }
}

static void put_token(pretty *p, csn_span token, bool padded) {
  csn_cursor cursor = csn_cursor_of(token);
  csn_span header = csn_cursor_take_until(&cursor, '.');
  csn_cursor_skip_byte(&cursor, '.');
  csn_span claims = csn_cursor_take_until(&cursor, '.');
  csn_cursor_skip_byte(&cursor, '.');
  csn_json_out_text(p->out, "{\n  \"header\": ");
  put_segment(p, padded ? csn_base64_unpadded(header) : header);
  csn_json_out_text(p->out, ",\n  \"claims\": ");
  put_segment(p, padded ? csn_base64_unpadded(claims) : claims);
  csn_json_out_text(p->out, ",\n  \"signature\": \"[redacted:signature]\"\n}\n");
}

static bool inspect(const csn_policy *policy, csn_line_run *lines, csn_span token) {
  static pretty p;
  static csn_jwt jwt;
  char id[24];
  csn_keyring_reading keys;
  csn_verdict verdict;
  int id_len = snprintf(id, sizeof id, "%" PRIu64, lines->lines.total);
  p.out = &lines->out;
  put_token(&p, token, policy->config.jwt.allow_padded);
  csn_keyring_read_begin(policy->keyring, &keys);
  csn_jwt_verify(&keys, &policy->config.jwt, token, csn_line_run_now(lines), &jwt, &verdict);
  csn_keyring_read_end(&keys);
  csn_verdict_line(&lines->out, csn_span_of(id, (size_t)id_len), &verdict);
  csn_wipe(&p, sizeof p);
  csn_wipe(&jwt, sizeof jwt);
  return csn_accepted(&verdict);
}

int csn_token_inspect(const csn_policy *policy, csn_line_run *lines, int argc, char **argv) {
  csn_line_status status;
  csn_span line;
  bool rejected = false;
  csn_line_run_start(lines, argc, argv, CSN_TOKEN_MAX + 1);
  while ((status = csn_line_run_next(lines, &line)) == CSN_LINE_READ || status == CSN_LINE_TOO_LONG) {
    rejected |= !inspect(policy, lines, line);
  }
  int failed = csn_line_run_finish(lines, status);
  csn_line_run_free(lines);
  if (failed != 0) return failed;
  return rejected ? CSN_EXIT_REJECTED : CSN_EXIT_ACCEPTED;
}
