/* A strict, bounded JSON reader (RFC 8259) that allocates nothing: one pass checks the whole text and lays its values
 * down as a flat list of nodes in the caller's array.
 *
 * Refused: everything that RFC 8259 refuses; a byte order mark; invalid UTF-8; lone surrogates; U+0000 even where it is
 * escaped (section 9 allows a limit on characters); member names that occur twice in one object, at any depth, compared
 * after their escapes are decoded; depth above CSN_JSON_DEPTH_MAX; more members in one object than
 * CSN_JSON_MEMBERS_MAX; more nodes than the caller has room for. */
#ifndef CSN_JSON_H
#define CSN_JSON_H

#include <countersign/span.h>
#include <countersign/verdict.h>

enum {
  CSN_JSON_DEPTH_MAX = 16,   /* arrays and objects inside each other */
  CSN_JSON_MEMBERS_MAX = 64, /* of one object: comparing the names is quadratic */
  CSN_JSON_NUMBER_MAX = 64,  /* characters of a number */
};

typedef enum csn_json_type {
  CSN_JSON_NULL,
  CSN_JSON_FALSE,
  CSN_JSON_TRUE,
  CSN_JSON_NUMBER,
  CSN_JSON_STRING,
  CSN_JSON_ARRAY,
  CSN_JSON_OBJECT,
} csn_json_type;

/* One value. Children follow their parent: an array's elements, or an object's name and value in turn (the name is a
 * CSN_JSON_STRING). `next` is the index of the first node behind this value and all that is in it. */
typedef struct csn_json_node {
  uint32_t start; /* of a string: behind its quotation mark; of others: the first byte */
  uint32_t len;   /* of a string: without the quotation marks, escapes not decoded */
  uint32_t next;
  uint16_t children; /* elements, or members; saturates at 65535 */
  uint8_t type;      /* csn_json_type */
  uint8_t escaped;   /* a string that holds at least one escape */
} csn_json_node;

typedef struct csn_json {
  csn_span text;
  const csn_json_node *nodes; /* nodes[0] is the outermost value */
  size_t count;
} csn_json;

/* Reads `text`, at most 2^31 bytes. Returns CSN_REASON_ACCEPTED, or CSN_REASON_JSON_INVALID, _JSON_LIMIT or
 * _JSON_DUPLICATE with `*offset` at the first byte that is wrong. */
csn_reason csn_json_read(csn_span text, csn_json_node *nodes, size_t room, csn_json *out,
                         size_t *offset) CSN_WARN_UNUSED;

/* The same, but U+0000 may stand in a string as an escape: for a text that quotes bytes which somebody else judges. */
csn_reason csn_json_read_with_nul(csn_span text, csn_json_node *nodes, size_t room, csn_json *out,
                                  size_t *offset) CSN_WARN_UNUSED;

/* The value of member `name` of the object at index `object`, or 0 where there is none (the outermost value is never a
 * member). `name` is compared with the decoded member name. Not an object: 0. */
uint32_t csn_json_member(const csn_json *json, uint32_t object, csn_span name);

/* The same of several names, in one walk over the object: of `names[i]` in `values[i]`. */
void csn_json_members(const csn_json *json, uint32_t object, const csn_span *names, size_t count, uint32_t *values);

/* The raw bytes of a node; of a string, between the quotation marks. */
static inline csn_span csn_json_raw(const csn_json *json, uint32_t node) {
  return csn_span_of(json->text.ptr + json->nodes[node].start, json->nodes[node].len);
}
static inline csn_json_type csn_json_type_of(const csn_json *json, uint32_t node) {
  return (csn_json_type)json->nodes[node].type;
}

/* Whether the string at `node` is, decoded, `text`; false for other types. */
bool csn_json_string_equals(const csn_json *json, uint32_t node, csn_span text);

/* Decodes the string at `node` as UTF-8 into `out`, which has room for `size` bytes; the raw length is always enough.
 * False where it is not a string or does not fit. */
bool csn_json_string_copy(const csn_json *json, uint32_t node, uint8_t *out, size_t size, size_t *len) CSN_WARN_UNUSED;

/* The whole number at `node`: digits with an optional minus, no fraction or exponent. False for anything else. */
bool csn_json_int64(const csn_json *json, uint32_t node, int64_t *out) CSN_WARN_UNUSED;

#define CSN_JSON_DATE_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* A NumericDate (RFC 7519 section 2), rounded up to a second: `now < exp`, `now >= nbf` are then exact for whole `now`.
 * Fractions and exponents are read exactly. False for another type, a minus, or a date above
 * CSN_JSON_DATE_MAX. */
bool csn_json_numeric_date(const csn_json *json, uint32_t node, int64_t *out) CSN_WARN_UNUSED;

/* The same, rounded down: `now - iat <= age` is then exact. */
bool csn_json_numeric_date_down(const csn_json *json, uint32_t node, int64_t *out) CSN_WARN_UNUSED;

#endif
