/* A request as one line of JSON. */
#include "request_line.h"

#include <stdlib.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "../core/src/json.h"

typedef enum member { ID, METHOD, TARGET, HEADERS, BODY, BODY_BASE64, CLIENT_IP, MEMBER_COUNT } member;

static const struct member_row {
  csn_span name;
  csn_json_type type;
  const char *wrong_type;
} members[MEMBER_COUNT] = {
    [ID] = {CSN_SPAN_LITERAL("id"), CSN_JSON_STRING, "id is not a string or a number"},
    [METHOD] = {CSN_SPAN_LITERAL("method"), CSN_JSON_STRING, "method is not a string"},
    [TARGET] = {CSN_SPAN_LITERAL("target"), CSN_JSON_STRING, "target is not a string"},
    [HEADERS] = {CSN_SPAN_LITERAL("headers"), CSN_JSON_ARRAY, "headers is not an array"},
    [BODY] = {CSN_SPAN_LITERAL("body"), CSN_JSON_STRING, "body is not a string"},
    [BODY_BASE64] = {CSN_SPAN_LITERAL("body_base64"), CSN_JSON_STRING, "body_base64 is not a string"},
    [CLIENT_IP] = {CSN_SPAN_LITERAL("client_ip"), CSN_JSON_STRING, "client_ip is not a string"},
};

/* One read of one line. */
typedef struct reader {
  csn_json json;
  uint8_t *decoded; /* where the next decoded string goes; the raw lengths of all strings fit */
  uint32_t at[MEMBER_COUNT];
  const char *reason;
  size_t offset;
} reader;

static bool refuse(reader *r, uint32_t node, const char *reason) {
  r->reason = reason;
  r->offset = r->json.nodes[node].start;
  return false;
}

/* Decoded strings may be tokens and API keys. */
static void free_wiped(csn_request_line *line) {
  if (line->memory != NULL) csn_wipe(line->memory, line->memory_size);
  free(line->memory);
}

/* Room for the nodes of `line`, since no value takes less than two bytes, a separator included; and for its strings
 * decoded, which never get longer: base64 takes two steps from JSON text to bytes. */
static bool reserve(csn_request_line *out, size_t line_len, size_t *node_room) {
  *node_room = line_len / 2 + 2;
  size_t size = *node_room * sizeof(csn_json_node) + 2 * line_len;
  if (size <= out->memory_size) return true;
  free_wiped(out); /* nothing in it is needed any more */
  out->memory = malloc(size);
  out->memory_size = out->memory == NULL ? 0 : size;
  return out->memory != NULL;
}

static bool read_json(reader *r, csn_span line, csn_json_node *nodes, size_t room) {
  r->reason = NULL;
  switch (csn_json_read_with_nul(line, nodes, room, &r->json, &r->offset)) {
    case CSN_REASON_ACCEPTED:
      return true;
    case CSN_REASON_JSON_DUPLICATE:
      r->reason = "a member name occurs twice in one object";
      return false;
    case CSN_REASON_JSON_LIMIT:
      r->reason = "the JSON is deeper or has more members than the limit";
      return false;
    default:
      r->reason = "not strict JSON (RFC 8259)";
      return false;
  }
}

/* Which member a name is; MEMBER_COUNT for none. */
static member find_member(const reader *r, uint32_t name) {
  csn_span raw = csn_json_raw(&r->json, name);
  for (int i = 0; i < MEMBER_COUNT; i++) {
    if (csn_span_equal(raw, members[i].name)) return (member)i;
    if (r->json.nodes[name].escaped != 0 && csn_json_string_equals(&r->json, name, members[i].name)) return (member)i;
  }
  return MEMBER_COUNT;
}

static bool find_members(reader *r) {
  const csn_json_node *nodes = r->json.nodes;
  if (csn_json_type_of(&r->json, 0) != CSN_JSON_OBJECT) return refuse(r, 0, "a request is a JSON object");
  for (uint32_t name = 1; name < nodes[0].next; name = nodes[name + 1].next) {
    member which = find_member(r, name);
    if (which == MEMBER_COUNT) return refuse(r, name, "unknown member");
    csn_json_type type = csn_json_type_of(&r->json, name + 1);
    bool fits = type == members[which].type || (which == ID && type == CSN_JSON_NUMBER);
    if (!fits) return refuse(r, name + 1, members[which].wrong_type);
    r->at[which] = name + 1;
  }
  if (r->at[METHOD] == 0) return refuse(r, 0, "method is missing");
  if (r->at[TARGET] == 0) return refuse(r, 0, "target is missing");
  if (r->at[BODY] != 0 && r->at[BODY_BASE64] != 0) {
    return refuse(r, r->at[BODY_BASE64], "body and body_base64 exclude each other");
  }
  return true;
}

/* The bytes of a string: in the line itself, or decoded where it has escapes. */
static csn_span string_at(reader *r, uint32_t node) {
  size_t len = 0;
  if (node == 0) return csn_span_of(NULL, 0);
  if (r->json.nodes[node].escaped == 0) return csn_json_raw(&r->json, node);
  if (!csn_json_string_copy(&r->json, node, r->decoded, r->json.nodes[node].len, &len)) len = 0;
  csn_span decoded = csn_span_of(r->decoded, len);
  r->decoded += len;
  return decoded;
}

static bool read_headers(reader *r, csn_request_line *out) {
  const csn_json_node *nodes = r->json.nodes;
  uint32_t list = r->at[HEADERS];
  size_t count = 0;
  if (list == 0) return true;
  for (uint32_t pair = list + 1; pair < nodes[list].next; pair = nodes[pair].next) {
    bool is_pair = nodes[pair].type == CSN_JSON_ARRAY && nodes[pair].children == 2 &&
                   nodes[pair + 1].type == CSN_JSON_STRING && nodes[pair + 2].type == CSN_JSON_STRING;
    if (!is_pair) return refuse(r, pair, "a header is not an array of two strings");
    if (count > CSN_HEADERS_MAX) continue;
    out->headers[count].name = string_at(r, pair + 1);
    out->headers[count].value = string_at(r, pair + 2);
    count++;
  }
  out->request.header_count = count;
  return true;
}

static bool decode_base64(reader *r, uint32_t node, csn_span *out) {
  csn_span text = string_at(r, node);
  size_t offset = 0;
  *out = csn_span_of(r->decoded, csn_base64_decoded_len(text));
  r->decoded += out->len;
  return csn_base64_decode(text, r->decoded - out->len, &offset);
}

static bool read_body(reader *r, csn_span *body) {
  uint32_t node = r->at[BODY_BASE64];
  if (node == 0) {
    *body = string_at(r, r->at[BODY]);
    return true;
  }
  return decode_base64(r, node, body) || refuse(r, node, "body_base64 is not base64 with padding (RFC 4648 section 4)");
}

static bool read_line(reader *r, csn_request_line *out, csn_span line) {
  size_t room = 0;
  if (!reserve(out, line.len, &room)) {
    r->reason = csn_error_sentence(CSN_ERROR_NO_MEMORY);
    return false;
  }
  csn_json_node *nodes = out->memory;
  r->decoded = (uint8_t *)(nodes + room);
  if (!read_json(r, line, nodes, room) || !find_members(r)) return false;
  if (!read_headers(r, out) || !read_body(r, &out->request.body)) return false;
  out->request.method = string_at(r, r->at[METHOD]);
  out->request.target = string_at(r, r->at[TARGET]);
  out->request.headers = out->headers;
  out->client_ip = string_at(r, r->at[CLIENT_IP]);

  uint32_t id = r->at[ID];
  bool quoted = id != 0 && csn_json_type_of(&r->json, id) == CSN_JSON_STRING;
  if (id != 0) out->id = csn_json_raw(&r->json, id);
  if (quoted) out->id = csn_span_of(out->id.ptr - 1, out->id.len + 2);
  return true;
}

bool csn_request_line_read(csn_request_line *out, csn_span line, const char **reason, size_t *offset) {
  reader r = {.reason = NULL};
  memset(&out->request, 0, sizeof out->request);
  out->id = out->client_ip = csn_span_of(NULL, 0);
  if (read_line(&r, out, line)) return true;
  *reason = r.reason;
  *offset = r.offset;
  return false;
}

void csn_request_line_free(csn_request_line *line) {
  free_wiped(line);
  memset(line, 0, sizeof *line);
}

/* ---- writing ---- */

static void write_string(csn_json_out *out, const char *before, csn_span bytes) {
  csn_json_out_text(out, before);
  csn_json_out_string(out, bytes);
}

static void write_headers(csn_json_out *out, const csn_header *headers, size_t count, bool first) {
  for (size_t i = 0; i < count; i++) {
    write_string(out, first && i == 0 ? "[" : ",[", headers[i].name);
    write_string(out, ",", headers[i].value);
    csn_json_out_text(out, "]");
  }
}

void csn_request_line_write(csn_json_out *out, const csn_request_line *line, const csn_header *headers, size_t count) {
  const csn_request *request = &line->request;
  csn_json_out_text(out, "{");
  if (line->id.len > 0) {
    csn_json_out_text(out, "\"id\":");
    csn_json_out_raw(out, line->id);
    csn_json_out_text(out, ",");
  }
  write_string(out, "\"method\":", request->method);
  write_string(out, ",\"target\":", request->target);
  csn_json_out_text(out, ",\"headers\":[");
  write_headers(out, request->headers, request->header_count, true);
  write_headers(out, headers, count, request->header_count == 0);
  csn_json_out_text(out, "]");
  if (request->body.len > 0 && csn_json_out_fits_string(request->body)) {
    write_string(out, ",\"body\":", request->body);
  } else if (request->body.len > 0) {
    csn_json_out_text(out, ",\"body_base64\":");
    csn_json_out_base64(out, request->body);
  }
  if (line->client_ip.len > 0) write_string(out, ",\"client_ip\":", line->client_ip);
  csn_json_out_text(out, "}\n");
}
