/* What must hold of the JSON reader whatever it reads: the same twice, nodes that lie inside the text and inside each
 * other, and a value that is written back without white space and read again is the same value. */
#ifndef CSN_FUZZ_JSON_CHECK_H
#define CSN_FUZZ_JSON_CHECK_H

#include "../core/src/json.h"
#include "fuzz.h"

enum { JSON_CHECK_NODES = 1024 };

typedef struct json_writer {
  uint8_t *out;
  size_t len;
} json_writer;

static inline void json_put(json_writer *writer, const void *bytes, size_t len) {
  if (len > 0) memcpy(writer->out + writer->len, bytes, len);
  writer->len += len;
}

static inline void json_put_scalar(json_writer *writer, const csn_json *json, uint32_t node) {
  bool quoted = csn_json_type_of(json, node) == CSN_JSON_STRING;
  if (quoted) json_put(writer, "\"", 1);
  json_put(writer, csn_json_raw(json, node).ptr, json->nodes[node].len);
  if (quoted) json_put(writer, "\"", 1);
}

/* Writes the value at `node` without white space, and checks that the children fill it exactly. */
static inline void json_write(json_writer *writer, const csn_json *json, uint32_t node) {
  csn_json_type type = csn_json_type_of(json, node);
  FUZZ_CHECK(json->nodes[node].next > node && json->nodes[node].next <= json->count);
  FUZZ_CHECK((size_t)json->nodes[node].start + json->nodes[node].len <= json->text.len);
  if (type != CSN_JSON_ARRAY && type != CSN_JSON_OBJECT) {
    FUZZ_CHECK(json->nodes[node].next == node + 1);
    json_put_scalar(writer, json, node);
    return;
  }
  json_put(writer, type == CSN_JSON_ARRAY ? "[" : "{", 1);
  uint32_t child = node + 1;
  for (size_t i = 0; i < json->nodes[node].children; i++) {
    if (i > 0) json_put(writer, ",", 1);
    if (type == CSN_JSON_OBJECT) {
      FUZZ_CHECK(csn_json_type_of(json, child) == CSN_JSON_STRING);
      json_put_scalar(writer, json, child);
      json_put(writer, ":", 1);
      child = json->nodes[child].next;
    }
    json_write(writer, json, child);
    child = json->nodes[child].next;
  }
  FUZZ_CHECK(child == json->nodes[node].next);
  json_put(writer, type == CSN_JSON_ARRAY ? "]" : "}", 1);
}

/* Every member is found again by its own decoded name. */
static inline void json_check_members(const csn_json *json) {
  static uint8_t name[FUZZ_TOKEN_MAX];
  size_t len = 0;
  if (csn_json_type_of(json, 0) != CSN_JSON_OBJECT) return;
  for (uint32_t node = 1; node < json->nodes[0].next; node = json->nodes[node + 1].next) {
    FUZZ_CHECK(csn_json_string_copy(json, node, name, json->nodes[node].len, &len));
    FUZZ_CHECK(csn_json_string_equals(json, node, csn_span_of(name, len)));
    FUZZ_CHECK(csn_json_member(json, 0, csn_span_of(name, len)) == node + 1);
  }
}

/* Numbers: what is a whole number that is not negative is a date, too, unless it is beyond the year 9999. */
static inline void json_check_numbers(const csn_json *json) {
  for (uint32_t node = 0; node < json->count; node++) {
    int64_t whole = -1, date = -1;
    bool is_whole = csn_json_int64(json, node, &whole), is_date = csn_json_numeric_date(json, node, &date);
    FUZZ_CHECK(csn_json_type_of(json, node) == CSN_JSON_NUMBER || (!is_whole && !is_date));
    FUZZ_CHECK(!is_date || date >= 0);
    if (!is_whole || whole <= 0) continue;
    FUZZ_CHECK(is_date == (whole <= INT64_C(253402300799)));
    FUZZ_CHECK(!is_date || whole == date);
  }
}

static inline void json_check_same_shape(const csn_json *a, const csn_json *b) {
  FUZZ_CHECK(a->count == b->count);
  for (uint32_t i = 0; i < a->count; i++) {
    const csn_json_node *x = &a->nodes[i], *y = &b->nodes[i];
    FUZZ_CHECK(x->type == y->type && x->next == y->next && x->children == y->children && x->escaped == y->escaped);
    if (x->type == CSN_JSON_ARRAY || x->type == CSN_JSON_OBJECT) continue;
    FUZZ_CHECK(csn_span_equal(csn_json_raw(a, i), csn_json_raw(b, i)));
  }
}

static inline void json_check(csn_span bytes) {
  static csn_json_node first_nodes[JSON_CHECK_NODES], second_nodes[JSON_CHECK_NODES];
  static uint8_t written[2 * FUZZ_TOKEN_MAX];
  csn_json first, second;
  size_t first_at = 0, second_at = 0;
  csn_span text = fuzz_copy(bytes);
  csn_reason reason = csn_json_read(text, first_nodes, JSON_CHECK_NODES, &first, &first_at);
  FUZZ_CHECK(reason == csn_json_read(text, second_nodes, JSON_CHECK_NODES, &second, &second_at));
  if (reason != CSN_REASON_ACCEPTED) {
    FUZZ_CHECK(reason == CSN_REASON_JSON_INVALID || reason == CSN_REASON_JSON_LIMIT ||
               reason == CSN_REASON_JSON_DUPLICATE);
    FUZZ_CHECK(first_at == second_at && first_at <= text.len);
  } else {
    json_writer writer = {written, 0};
    FUZZ_CHECK(first.count >= 1 && first.nodes[0].next == first.count);
    json_check_same_shape(&first, &second);
    json_check_members(&first);
    json_check_numbers(&first);
    json_write(&writer, &first, 0);
    csn_span again = csn_span_of(written, writer.len);
    FUZZ_CHECK(again.len <= text.len);
    FUZZ_CHECK(csn_json_read(again, second_nodes, first.count, &second, &second_at) == CSN_REASON_ACCEPTED);
    json_check_same_shape(&first, &second);
    FUZZ_CHECK(csn_json_read(again, second_nodes, first.count - 1, &second, &second_at) == CSN_REASON_JSON_LIMIT);
  }
  fuzz_free_copy(text);
}

#endif
