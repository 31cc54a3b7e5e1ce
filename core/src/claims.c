/* Walking over the values of a JSON text that csn_json_read() has taken: what it refuses does not come here, and if it
 * did, a walk would end early, since the cursor goes over no end. */
#include <countersign/claims.h>

#include "json.h"
#include "json_string.h"

static void skip_space(csn_cursor *cursor) {
  int c;
  while ((c = csn_cursor_peek(cursor)) == ' ' || c == '\t' || c == '\n' || c == '\r') cursor->pos++;
}

/* ---- one value ---- */

static bool ends_scalar(int c) {
  return c < 0 || c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Skips an array or object, with all that is in it. */
static bool skip_container(csn_cursor *cursor) {
  size_t depth = 0;
  do {
    csn_span text;
    bool escaped;
    int c = csn_cursor_peek(cursor);
    if (c < 0) return false;
    if (c == '"') {
      if (!csn_json_string_skip(cursor, false, &text, &escaped)) return false;
      continue;
    }
    if (c == '[' || c == '{') depth++;
    if (c == ']' || c == '}') depth--;
    cursor->pos++;
  } while (depth > 0);
  return true;
}

static void read_number(csn_claim *out) {
  const csn_json_node node = {.len = (uint32_t)out->text.len, .type = CSN_JSON_NUMBER};
  const csn_json json = {.text = out->text, .nodes = &node, .count = 1};
  out->type = csn_json_int64(&json, 0, &out->integer) ? CSN_VALUE_INTEGER : CSN_VALUE_NUMBER;
}

static bool take_scalar(csn_cursor *cursor, csn_claim *out) {
  const uint8_t *start = cursor->pos;
  while (!ends_scalar(csn_cursor_peek(cursor))) cursor->pos++;
  out->text = csn_span_of(start, (size_t)(cursor->pos - start));
  if (out->text.len == 0) return false;
  out->boolean = start[0] == 't';
  if (start[0] == 't' || start[0] == 'f') {
    out->type = CSN_VALUE_BOOL;
  } else if (start[0] == 'n') {
    out->type = CSN_VALUE_NULL;
  } else {
    read_number(out);
  }
  return true;
}

static bool take_value(csn_cursor *cursor, csn_claim *out) {
  const uint8_t *start = cursor->pos;
  int c = csn_cursor_peek(cursor);
  if (c == '"') {
    out->type = CSN_VALUE_STRING;
    return csn_json_string_skip(cursor, false, &out->text, &out->escaped);
  }
  if (c != '[' && c != '{') return take_scalar(cursor, out);
  out->type = c == '[' ? CSN_VALUE_ARRAY : CSN_VALUE_OBJECT;
  if (!skip_container(cursor)) return false;
  out->text = csn_span_of(start, (size_t)(cursor->pos - start));
  return true;
}

/* ---- walks ---- */

static csn_claims walk_over(csn_span text) {
  csn_cursor cursor = csn_cursor_of(text);
  skip_space(&cursor);
  int c = csn_cursor_peek(&cursor);
  csn_claims walk = {.named = c == '{'};
  if (c != '{' && c != '[') return walk;
  cursor.pos++;
  walk.rest = csn_cursor_rest(&cursor);
  return walk;
}

csn_claims csn_claims_of(const csn_jwt *jwt) {
  return walk_over(csn_span_of(jwt->claims, jwt->claims_len));
}

csn_claims csn_claims_inside(const csn_claim *value) {
  bool holds = value->type == CSN_VALUE_ARRAY || value->type == CSN_VALUE_OBJECT;
  return walk_over(holds ? value->text : csn_span_of(NULL, 0));
}

static bool take_name(csn_cursor *cursor, csn_claim *out) {
  if (!csn_json_string_skip(cursor, false, &out->name, &out->name_escaped)) return false;
  skip_space(cursor);
  if (!csn_cursor_skip_byte(cursor, ':')) return false;
  skip_space(cursor);
  return true;
}

bool csn_claims_next(csn_claims *walk, csn_claim *out) {
  static const csn_claim absent = {.type = CSN_VALUE_ABSENT};
  csn_cursor cursor = csn_cursor_of(walk->rest);
  *out = absent;
  skip_space(&cursor);
  csn_cursor_skip_byte(&cursor, ',');
  skip_space(&cursor);
  bool taken = (!walk->named || take_name(&cursor, out)) && take_value(&cursor, out);
  if (!taken) *out = absent;
  walk->rest = taken ? csn_cursor_rest(&cursor) : csn_span_of(NULL, 0);
  return taken;
}

/* ---- claims by name ---- */

static bool is_named(const csn_claim *claim, csn_span name) {
  return csn_json_string_same(claim->name, claim->name_escaped, name, false);
}

bool csn_claims_find(const csn_jwt *jwt, csn_span name, csn_claim *out) {
  csn_claims walk = csn_claims_of(jwt);
  while (csn_claims_next(&walk, out)) {
    if (is_named(out, name)) return true;
  }
  return false;
}

void csn_claims_registered(const csn_jwt *jwt, csn_registered_claims *out) {
  struct {
    csn_span name;
    csn_claim *out;
  } const rows[] = {{CSN_SPAN_LITERAL("iss"), &out->iss},
                    {CSN_SPAN_LITERAL("sub"), &out->sub},
                    {CSN_SPAN_LITERAL("aud"), &out->aud},
                    {CSN_SPAN_LITERAL("jti"), &out->jti},
                    {CSN_SPAN_LITERAL("scope"), &out->scope}};
  csn_claims walk = csn_claims_of(jwt);
  csn_claim claim;
  memset(out, 0, sizeof *out);
  out->exp = jwt->expires_at;
  out->nbf = jwt->not_before;
  out->iat = jwt->issued_at;
  while (csn_claims_next(&walk, &claim)) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
      if (is_named(&claim, rows[i].name)) *rows[i].out = claim;
    }
  }
}

/* ---- text ---- */

bool csn_claim_copy(const csn_claim *claim, uint8_t *out, size_t size, size_t *len) {
  *len = 0;
  return claim->type == CSN_VALUE_STRING && csn_json_string_decode(claim->text, claim->escaped, out, size, len);
}

bool csn_claim_copy_name(const csn_claim *claim, uint8_t *out, size_t size, size_t *len) {
  *len = 0;
  return claim->name.ptr != NULL && csn_json_string_decode(claim->name, claim->name_escaped, out, size, len);
}

bool csn_claim_is(const csn_claim *claim, csn_span text) {
  return claim->type == CSN_VALUE_STRING && csn_json_string_same(claim->text, claim->escaped, text, false);
}
