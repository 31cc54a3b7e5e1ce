/* The reader: a loop over values, with the containers around the cursor on a stack of fixed size. What the nodes say is
 * in json_value.c. */
#include "json.h"

#include "json_string.h"

static const size_t text_max = (size_t)1 << 31;

/* The functions below return OK, or a reason with the cursor at the first byte that is wrong. */
#define OK CSN_REASON_ACCEPTED

typedef struct reader {
  csn_cursor cursor;
  csn_json_node *nodes;
  size_t room;
  uint32_t count;
  uint32_t open[CSN_JSON_DEPTH_MAX]; /* the containers around the cursor, outermost first */
  size_t depth;
  bool fresh; /* the innermost of them was opened just now */
  bool allow_nul;
} reader;

static inline void skip_space(csn_cursor *cursor) {
  for (int c = csn_cursor_peek(cursor); c <= ' '; c = csn_cursor_peek(cursor)) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    cursor->pos++;
  }
}

/* Lays down a node for the value at the cursor. */
static csn_reason add_node(reader *r, csn_json_type type, csn_json_node **out) {
  if (r->count == r->room) return CSN_REASON_JSON_LIMIT;
  csn_json_node node = {.start = (uint32_t)csn_cursor_offset(&r->cursor), .next = r->count + 1, .type = (uint8_t)type};
  *out = &r->nodes[r->count++];
  **out = node;
  return OK;
}

static csn_reason read_string(reader *r) {
  csn_json_node *node;
  csn_span raw;
  bool escaped;
  csn_reason reason = add_node(r, CSN_JSON_STRING, &node);
  if (reason != OK) return reason;
  if (!csn_json_string_skip(&r->cursor, r->allow_nul, &raw, &escaped)) return CSN_REASON_JSON_INVALID;
  node->start++;
  node->len = (uint32_t)raw.len;
  node->escaped = escaped;
  return OK;
}

/* At least one digit. */
static bool skip_digits(csn_cursor *cursor) {
  const uint8_t *start = cursor->pos;
  for (int c = csn_cursor_peek(cursor); c >= '0' && c <= '9'; c = csn_cursor_peek(cursor)) cursor->pos++;
  return cursor->pos != start;
}

static bool skip_number(csn_cursor *cursor) {
  csn_cursor_skip_byte(cursor, '-');
  if (!csn_cursor_skip_byte(cursor, '0') && !skip_digits(cursor)) return false;
  if (csn_cursor_skip_byte(cursor, '.') && !skip_digits(cursor)) return false;
  if (csn_cursor_skip_byte(cursor, 'e') || csn_cursor_skip_byte(cursor, 'E')) {
    if (!csn_cursor_skip_byte(cursor, '+')) csn_cursor_skip_byte(cursor, '-');
    return skip_digits(cursor);
  }
  return true;
}

static csn_reason read_number(reader *r) {
  csn_json_node *node;
  const uint8_t *start = r->cursor.pos;
  csn_reason reason = add_node(r, CSN_JSON_NUMBER, &node);
  if (reason != OK) return reason;
  if (!skip_number(&r->cursor)) return CSN_REASON_JSON_INVALID;
  node->len = (uint32_t)(r->cursor.pos - start);
  if (node->len <= CSN_JSON_NUMBER_MAX) return OK;
  r->cursor.pos = start + CSN_JSON_NUMBER_MAX;
  return CSN_REASON_JSON_LIMIT;
}

static csn_reason read_literal(reader *r, csn_json_type type, const char *text) {
  csn_json_node *node;
  csn_reason reason = add_node(r, type, &node);
  if (reason != OK) return reason;
  node->len = (uint32_t)strlen(text);
  for (; *text != '\0'; text++) {
    if (!csn_cursor_skip_byte(&r->cursor, (uint8_t)*text)) return CSN_REASON_JSON_INVALID;
  }
  return OK;
}

static csn_reason open_container(reader *r, csn_json_type type) {
  csn_json_node *node;
  if (r->depth == CSN_JSON_DEPTH_MAX) return CSN_REASON_JSON_LIMIT;
  csn_reason reason = add_node(r, type, &node);
  if (reason != OK) return reason;
  r->open[r->depth++] = r->count - 1;
  r->fresh = true;
  r->cursor.pos++;
  return OK;
}

static void close_container(reader *r) {
  csn_json_node *node = &r->nodes[r->open[--r->depth]];
  node->len = (uint32_t)csn_cursor_offset(&r->cursor) - node->start;
  node->next = r->count;
  r->fresh = false;
}

/* A whole scalar, or the opening bracket of a container. */
static csn_reason read_value(reader *r) {
  skip_space(&r->cursor);
  int c = csn_cursor_peek(&r->cursor);
  if (c == '"') return read_string(r);
  if (c == '{') return open_container(r, CSN_JSON_OBJECT);
  if (c == '[') return open_container(r, CSN_JSON_ARRAY);
  if (c == '-' || (c >= '0' && c <= '9')) return read_number(r);
  if (c == 't') return read_literal(r, CSN_JSON_TRUE, "true");
  if (c == 'f') return read_literal(r, CSN_JSON_FALSE, "false");
  if (c == 'n') return read_literal(r, CSN_JSON_NULL, "null");
  return CSN_REASON_JSON_INVALID;
}

static csn_span raw_of(const reader *r, const csn_json_node *node) {
  return csn_span_of(r->cursor.start + node->start, node->len);
}

/* Whether the name that was read last is there already, among the `before` members in front of it. */
static bool is_duplicate(const reader *r, uint32_t object, size_t before) {
  const csn_json_node *name = &r->nodes[r->count - 1];
  uint32_t other = object + 1;
  for (size_t i = 0; i < before; i++, other = r->nodes[other + 1].next) {
    const csn_json_node *seen = &r->nodes[other];
    if (csn_json_string_same(raw_of(r, name), name->escaped, raw_of(r, seen), seen->escaped)) return true;
  }
  return false;
}

/* A member's name and its colon. */
static csn_reason read_name(reader *r, uint32_t object) {
  skip_space(&r->cursor);
  const uint8_t *start = r->cursor.pos;
  if (csn_cursor_peek(&r->cursor) != '"') return CSN_REASON_JSON_INVALID;
  size_t before = r->nodes[object].children;
  if (before == CSN_JSON_MEMBERS_MAX) return CSN_REASON_JSON_LIMIT;
  csn_reason reason = read_string(r);
  if (reason != OK) return reason;
  if (is_duplicate(r, object, before)) {
    r->cursor.pos = start;
    return CSN_REASON_JSON_DUPLICATE;
  }
  r->nodes[object].children++;
  skip_space(&r->cursor);
  return csn_cursor_skip_byte(&r->cursor, ':') ? OK : CSN_REASON_JSON_INVALID;
}

/* What stands between the value that was just read and the next one: closing brackets, a comma, a name. */
static csn_reason read_to_next_value(reader *r) {
  while (r->depth > 0) {
    uint32_t inner = r->open[r->depth - 1];
    csn_json_node *node = &r->nodes[inner];
    bool is_object = node->type == CSN_JSON_OBJECT;
    skip_space(&r->cursor);
    if (csn_cursor_skip_byte(&r->cursor, is_object ? '}' : ']')) {
      close_container(r);
      continue;
    }
    if (!r->fresh && !csn_cursor_skip_byte(&r->cursor, ',')) return CSN_REASON_JSON_INVALID;
    r->fresh = false;
    if (is_object) return read_name(r, inner);
    if (node->children < UINT16_MAX) node->children++;
    return OK;
  }
  return OK;
}

static csn_reason read_text(reader *r) {
  do {
    csn_reason reason = read_value(r);
    if (reason == OK) reason = read_to_next_value(r);
    if (reason != OK) return reason;
  } while (r->depth > 0);
  skip_space(&r->cursor);
  return csn_cursor_done(&r->cursor) ? OK : CSN_REASON_JSON_INVALID;
}

static csn_reason read_whole(csn_span text, bool allow_nul, csn_json_node *nodes, size_t room, csn_json *out,
                             size_t *offset) {
  reader r = {.cursor = csn_cursor_of(text), .nodes = nodes, .room = room, .allow_nul = allow_nul};
  csn_json nothing = {.text = text, .nodes = nodes, .count = 0};
  *out = nothing;
  *offset = text_max;
  if (text.len > text_max) return CSN_REASON_JSON_LIMIT;
  csn_reason reason = read_text(&r);
  *offset = csn_cursor_offset(&r.cursor);
  if (reason == OK) out->count = r.count;
  return reason;
}

csn_reason csn_json_read(csn_span text, csn_json_node *nodes, size_t room, csn_json *out, size_t *offset) {
  return read_whole(text, false, nodes, room, out, offset);
}

csn_reason csn_json_read_with_nul(csn_span text, csn_json_node *nodes, size_t room, csn_json *out, size_t *offset) {
  return read_whole(text, true, nodes, room, out, offset);
}
