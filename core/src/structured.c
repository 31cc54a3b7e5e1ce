/* The readers follow the algorithms of RFC 8941 section 4.2 one by one. */
#include "structured.h"

#include "encoding.h"

/* ---- characters ---- */

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

static bool is_lower(int c) {
  return c >= 'a' && c <= 'z';
}

static bool is_alpha(int c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(int c, const char *characters) {
  return c > 0 && strchr(characters, c) != NULL;
}

static bool is_token_char(int c) {
  return is_digit(c) || is_alpha(c) || is_one_of(c, "!#$%&'*+-.^_`|~:/");
}

static void skip_spaces(csn_cursor *cursor) {
  while (csn_cursor_skip_byte(cursor, ' ')) continue;
}

static void skip_optional_space(csn_cursor *cursor) {
  while (is_one_of(csn_cursor_peek(cursor), " \t")) cursor->pos++;
}

static csn_span since(const csn_cursor *cursor, const uint8_t *start) {
  return csn_span_of(start, (size_t)(cursor->pos - start));
}

/* ---- bare items: RFC 8941 sections 4.2.3.1 to 4.2.8, RFC 9651 section 4.2.9 ---- */

/* Up to `max` digits, at least one, added to `*number`. */
static bool read_digits(csn_cursor *cursor, size_t max, size_t *count, int64_t *number) {
  for (*count = 0; is_digit(csn_cursor_peek(cursor)); cursor->pos++) {
    if (++*count > max) return false;
    *number = *number * 10 + (*cursor->pos - '0');
  }
  return *count > 0;
}

static bool read_number(csn_cursor *cursor, csn_sf_item *out) {
  const uint8_t *start = cursor->pos;
  bool negative = csn_cursor_skip_byte(cursor, '-');
  size_t whole = 0, places = 0;
  out->type = CSN_SF_INTEGER;
  if (!read_digits(cursor, 15, &whole, &out->number)) return false;
  if (csn_cursor_peek(cursor) == '.') {
    if (whole > 12) return false;
    cursor->pos++;
    out->type = CSN_SF_DECIMAL;
    if (!read_digits(cursor, 3, &places, &out->number)) return false;
    for (; places < 3; places++) out->number *= 10;
  }
  if (negative) out->number = -out->number;
  out->text = since(cursor, start);
  return true;
}

static bool read_string(csn_cursor *cursor, csn_sf_item *out) {
  const uint8_t *start = ++cursor->pos;
  out->type = CSN_SF_STRING;
  for (int c = csn_cursor_peek(cursor); c >= 0x20 && c <= 0x7e; c = csn_cursor_peek(cursor)) {
    out->text = since(cursor, start);
    cursor->pos++;
    if (c == '"') return true;
    if (c != '\\') continue;
    if (!is_one_of(csn_cursor_peek(cursor), "\"\\")) return false;
    cursor->pos++;
  }
  return false;
}

static bool read_token(csn_cursor *cursor, csn_sf_item *out) {
  const uint8_t *start = cursor->pos++;
  while (is_token_char(csn_cursor_peek(cursor))) cursor->pos++;
  out->type = CSN_SF_TOKEN;
  out->text = since(cursor, start);
  return true;
}

static bool read_bytes(csn_cursor *cursor, csn_sf_item *out) {
  csn_cursor ahead = *cursor;
  size_t wrong = 0;
  ahead.pos++;
  out->type = CSN_SF_BYTES;
  out->text = csn_cursor_take_until(&ahead, ':');
  if (!csn_sf_bytes(out->text, NULL, &wrong)) {
    cursor->pos += 1 + wrong;
    return false;
  }
  cursor->pos = ahead.pos;
  return csn_cursor_skip_byte(cursor, ':');
}

static bool read_boolean(csn_cursor *cursor, csn_sf_item *out) {
  cursor->pos++;
  out->type = CSN_SF_BOOLEAN;
  out->number = csn_cursor_peek(cursor) == '1';
  return is_one_of(csn_cursor_peek(cursor), "01") && csn_cursor_take(cursor, 1, &out->text);
}

static bool read_date(csn_cursor *cursor, csn_sf_item *out) {
  cursor->pos++;
  if (!read_number(cursor, out) || out->type != CSN_SF_INTEGER) return false;
  out->type = CSN_SF_DATE;
  return true;
}

static bool read_bare_item(csn_cursor *cursor, csn_sf_item *out) {
  static const csn_sf_item nothing;
  int c = csn_cursor_peek(cursor);
  *out = nothing;
  if (c == '-' || is_digit(c)) return read_number(cursor, out);
  if (c == '"') return read_string(cursor, out);
  if (c == '*' || is_alpha(c)) return read_token(cursor, out);
  if (c == ':') return read_bytes(cursor, out);
  if (c == '?') return read_boolean(cursor, out);
  return c == '@' && read_date(cursor, out);
}

/* ---- keys and parameters: sections 4.2.3.2, 4.2.3.3 ---- */

static bool read_key(csn_cursor *cursor, csn_span *out) {
  const uint8_t *start = cursor->pos;
  int c = csn_cursor_peek(cursor);
  if (c != '*' && !is_lower(c)) return false;
  for (; is_lower(c) || is_digit(c) || is_one_of(c, "_-.*"); c = csn_cursor_peek(cursor)) cursor->pos++;
  *out = since(cursor, start);
  return true;
}

/* Adds a key that is not there yet; false, with the cursor at the key, where it is, or where there are too many. */
static bool add_key(csn_sf_keys *keys, csn_span key, csn_cursor *cursor) {
  bool is_new = keys->count < CSN_SF_KEYS_MAX;
  for (size_t i = 0; i < keys->count && is_new; i++) is_new = !csn_span_equal(keys->keys[i], key);
  if (is_new) {
    keys->keys[keys->count++] = key;
  } else {
    cursor->pos = key.ptr;
  }
  return is_new;
}

static void set_true(csn_sf_item *out) {
  csn_sf_item yes = {.type = CSN_SF_BOOLEAN, .number = 1};
  *out = yes;
}

bool csn_sf_next_param(csn_cursor *cursor, csn_sf_member *out) {
  if (!csn_cursor_skip_byte(cursor, ';')) return false;
  skip_spaces(cursor);
  if (!read_key(cursor, &out->key)) return false;
  set_true(&out->value);
  return !csn_cursor_skip_byte(cursor, '=') || read_bare_item(cursor, &out->value);
}

static bool read_params(csn_cursor *cursor, csn_span *out) {
  const uint8_t *start = cursor->pos;
  csn_sf_keys keys;
  keys.count = 0;
  while (csn_cursor_peek(cursor) == ';') {
    csn_sf_member param;
    if (!csn_sf_next_param(cursor, &param) || !add_key(&keys, param.key, cursor)) return false;
  }
  *out = since(cursor, start);
  return true;
}

static bool read_item(csn_cursor *cursor, csn_sf_item *out) {
  return read_bare_item(cursor, out) && read_params(cursor, &out->params);
}

/* ---- inner lists: section 4.2.1.2 ---- */

bool csn_sf_next_inner(csn_cursor *cursor, csn_sf_item *out) {
  if (!read_item(cursor, out)) return false;
  if (!csn_cursor_done(cursor) && !is_one_of(csn_cursor_peek(cursor), " )")) return false;
  skip_spaces(cursor);
  return true;
}

static bool read_inner_list(csn_cursor *cursor, csn_sf_item *out) {
  csn_sf_item list = {.type = CSN_SF_INNER_LIST}, inner;
  const uint8_t *start = ++cursor->pos;
  skip_spaces(cursor);
  while (csn_cursor_peek(cursor) != ')') {
    if (!csn_sf_next_inner(cursor, &inner)) return false;
  }
  list.text = since(cursor, start);
  cursor->pos++;
  *out = list;
  return read_params(cursor, &out->params);
}

static bool read_item_or_list(csn_cursor *cursor, csn_sf_item *out) {
  return csn_cursor_peek(cursor) == '(' ? read_inner_list(cursor, out) : read_item(cursor, out);
}

/* ---- lists and dictionaries: sections 4.2.1, 4.2.2 ---- */

/* Behind a member: the end, or a comma and another member. */
static bool skip_comma(csn_cursor *cursor) {
  csn_cursor ahead = *cursor;
  skip_spaces(&ahead);
  if (!csn_cursor_done(&ahead)) {
    skip_optional_space(&ahead);
    if (!csn_cursor_skip_byte(&ahead, ',')) return false;
    skip_optional_space(&ahead);
    if (csn_cursor_done(&ahead)) return false;
  }
  *cursor = ahead;
  return true;
}

bool csn_sf_next_listed(csn_cursor *cursor, csn_sf_item *out) {
  return read_item_or_list(cursor, out) && skip_comma(cursor);
}

bool csn_sf_next_member(csn_cursor *cursor, csn_sf_member *out) {
  if (!read_key(cursor, &out->key)) return false;
  set_true(&out->value);
  bool read = csn_cursor_skip_byte(cursor, '=') ? read_item_or_list(cursor, &out->value)
                                                : read_params(cursor, &out->value.params);
  return read && skip_comma(cursor);
}

csn_cursor csn_sf_start(csn_span text) {
  csn_cursor cursor = csn_cursor_of(text);
  skip_spaces(&cursor);
  return cursor;
}

/* ---- whole values: section 4.2 ---- */

static bool check_item(csn_cursor *cursor) {
  csn_sf_item item;
  if (!read_item(cursor, &item)) return false;
  skip_spaces(cursor);
  return csn_cursor_done(cursor);
}

static bool check_list(csn_cursor *cursor) {
  csn_sf_item item;
  while (!csn_cursor_done(cursor)) {
    if (!csn_sf_next_listed(cursor, &item)) return false;
  }
  return true;
}

static bool check_dictionary(csn_cursor *cursor, csn_sf_keys *seen) {
  csn_sf_member member;
  while (!csn_cursor_done(cursor)) {
    if (!csn_sf_next_member(cursor, &member) || !add_key(seen, member.key, cursor)) return false;
  }
  return true;
}

bool csn_sf_check(csn_sf_kind kind, csn_span text, csn_sf_keys *seen, size_t *offset) {
  csn_cursor cursor = csn_sf_start(text);
  csn_sf_keys own;
  bool right = false;
  own.count = 0;
  if (kind == CSN_SF_ITEM) right = check_item(&cursor);
  if (kind == CSN_SF_LIST) right = check_list(&cursor);
  if (kind == CSN_SF_DICTIONARY) right = check_dictionary(&cursor, seen == NULL ? &own : seen);
  *offset = csn_cursor_offset(&cursor);
  return right;
}

bool csn_sf_read_item(csn_span text, csn_sf_item *out, size_t *offset) {
  csn_cursor cursor = csn_sf_start(text);
  bool right = read_item_or_list(&cursor, out);
  if (right) skip_spaces(&cursor);
  *offset = csn_cursor_offset(&cursor);
  return right && csn_cursor_done(&cursor);
}

bool csn_sf_find_member(csn_span dictionary, csn_span key, csn_sf_member *out) {
  csn_cursor cursor = csn_sf_start(dictionary);
  while (!csn_cursor_done(&cursor) && csn_sf_next_member(&cursor, out)) {
    if (csn_span_equal(out->key, key)) return true;
  }
  return false;
}

bool csn_sf_find_param(csn_span params, csn_span key, csn_sf_member *out) {
  csn_cursor cursor = csn_cursor_of(params);
  while (!csn_cursor_done(&cursor) && csn_sf_next_param(&cursor, out)) {
    if (csn_span_equal(out->key, key)) return true;
  }
  return false;
}

/* ---- base64 (RFC 4648 section 4): decoded as base64url, whose alphabet differs in two characters ---- */

/* Without the padding. */
static csn_span unpadded(csn_span text) {
  for (size_t pad = 0; pad < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; pad++) text.len--;
  return text;
}

size_t csn_sf_bytes_len(csn_span text) {
  return csn_base64url_decoded_len(unpadded(text).len);
}

/* One block of `text`; `to_url` has room for it. */
static bool decode_block(csn_span text, uint8_t *to_url, uint8_t *out, size_t *offset) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];
    to_url[i] = c == '+' ? '-' : c == '/' ? '_' : c == '-' || c == '_' ? '=' : c;
  }
  return csn_base64url_decode(csn_span_of(to_url, text.len), out, offset);
}

bool csn_sf_bytes(csn_span text, uint8_t *out, size_t *offset) {
  enum { BLOCK = 256 /* characters: whole groups of four */ };
  uint8_t to_url[BLOCK];
  csn_cursor cursor = csn_cursor_of(unpadded(text));
  for (csn_span block; !csn_cursor_done(&cursor); out = out == NULL ? NULL : out + BLOCK / 4 * 3) {
    size_t start = csn_cursor_offset(&cursor), left = csn_cursor_left(&cursor);
    if (!csn_cursor_take(&cursor, left < BLOCK ? left : BLOCK, &block)) return false;
    if (decode_block(block, to_url, out, offset)) continue;
    *offset += start;
    return false;
  }
  *offset = text.len;
  return text.len % 4 == 0;
}
