#include "json_string.h"

#include "utf8.h"

/* Skips one character that is not ASCII. */
static bool skip_utf8(csn_cursor *cursor) {
  const csn_utf8_row *row = csn_utf8_row_of(*cursor->pos);
  if (row == NULL || csn_cursor_left(cursor) < row->len) return false;
  if (cursor->pos[1] < row->second_low || cursor->pos[1] > row->second_high) return false;
  for (size_t i = 2; i < row->len; i++) {
    if ((cursor->pos[i] & 0xc0) != 0x80) return false;
  }
  cursor->pos += row->len;
  return true;
}

static int hex_value(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/* Takes the four digits of an escape. On false the cursor is at the one that is wrong. */
static bool take_unit(csn_cursor *cursor, uint32_t *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    int value = hex_value(csn_cursor_peek(cursor));
    if (value < 0) return false;
    *unit = *unit << 4 | (uint32_t)value;
    cursor->pos++;
  }
  return true;
}

static bool is_high_surrogate(uint32_t unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}
static bool is_low_surrogate(uint32_t unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Takes `\uXXXX` with a low surrogate. */
static bool take_low_surrogate(csn_cursor *cursor, uint32_t *unit) {
  static const csn_span introducer = CSN_SPAN_LITERAL("\\u");
  return csn_cursor_skip_text(cursor, introducer) && take_unit(cursor, unit) && is_low_surrogate(*unit);
}

/* Takes the digits behind `\u`, and the second escape of a surrogate pair. On false `*lone` says whether the escapes
 * themselves are wrong, and not one of the first one's digits, at which the cursor then is. */
static bool take_code_point(csn_cursor *cursor, uint32_t *code, bool *lone) {
  uint32_t low;
  *lone = false;
  if (!take_unit(cursor, code)) return false;
  *lone = true;
  if (is_low_surrogate(*code)) return false;
  if (!is_high_surrogate(*code)) return true;
  if (!take_low_surrogate(cursor, &low)) return false;
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

/* The escapes of one character, and what they stand for. */
static const char short_escapes[] = "\"\\/bfnrt";
static const uint8_t short_meanings[] = {'"', '\\', '/', '\b', '\f', '\n', '\r', '\t'};

/* The byte that a one-character escape stands for, or -1. */
static int short_escape(int c) {
  const char *at = c <= 0 ? NULL : strchr(short_escapes, c);
  return at == NULL ? -1 : short_meanings[at - short_escapes];
}

static bool skip_escape(csn_cursor *cursor, bool allow_nul) {
  csn_cursor start = *cursor;
  uint32_t code;
  bool lone;
  cursor->pos++;
  if (csn_cursor_peek(cursor) != 'u') {
    if (short_escape(csn_cursor_peek(cursor)) < 0) return false;
    cursor->pos++;
    return true;
  }
  cursor->pos++;
  bool whole = take_code_point(cursor, &code, &lone);
  if (whole && (code != 0 || allow_nul)) return true;
  if (whole || lone) *cursor = start;
  return false;
}

bool csn_json_string_skip_rest(csn_cursor *cursor, bool allow_nul, bool *escaped) {
  while (csn_cursor_peek(cursor) != '"') {
    int c = csn_cursor_peek(cursor);
    if (c < 0x20) return false;
    if (c == '\\') *escaped = true;
    if (!(c == '\\' ? skip_escape(cursor, allow_nul) : skip_utf8(cursor))) return false;
    cursor->pos = csn_json_plain_end(cursor->pos, cursor->end);
  }
  return true;
}

/* Reads a raw string byte by byte as it is once decoded. */
typedef struct decoder {
  csn_cursor cursor;
  uint8_t bytes[4]; /* of the escape that was decoded last */
  size_t len, used;
} decoder;

static decoder decoder_of(csn_span raw) {
  decoder d = {.cursor = csn_cursor_of(raw)};
  return d;
}

static void put_utf8(decoder *d, uint32_t code) {
  static const uint8_t marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
  d->used = 0;
  d->len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = d->len; i-- > 1; code >>= 6) d->bytes[i] = (uint8_t)(0x80 | (code & 0x3f));
  d->bytes[0] = (uint8_t)(marks[d->len] | code);
}

static void decode_escape(decoder *d) {
  uint32_t code = 0;
  bool lone;
  d->cursor.pos++;
  int meaning = short_escape(csn_cursor_peek(&d->cursor));
  d->cursor.pos++;
  /* The string was checked: the escape is whole. */
  if (meaning >= 0) {
    code = (uint32_t)meaning;
  } else if (!take_code_point(&d->cursor, &code, &lone)) {
    code = 0;
  }
  put_utf8(d, code);
}

/* The next byte, or -1 at the end. */
static int next_byte(decoder *d) {
  if (d->used == d->len) {
    int c = csn_cursor_peek(&d->cursor);
    if (c != '\\') {
      if (c >= 0) d->cursor.pos++;
      return c;
    }
    decode_escape(d);
  }
  return d->bytes[d->used++];
}

bool csn_json_string_same_decoded(csn_span a, bool a_escaped, csn_span b, bool b_escaped) {
  decoder left = decoder_of(a), right = decoder_of(b);
  for (;;) {
    int x = a_escaped ? next_byte(&left) : csn_cursor_peek(&left.cursor);
    int y = b_escaped ? next_byte(&right) : csn_cursor_peek(&right.cursor);
    if (x != y) return false;
    if (x < 0) return true;
    if (!a_escaped) left.cursor.pos++;
    if (!b_escaped) right.cursor.pos++;
  }
}

bool csn_json_string_decode(csn_span raw, bool escaped, uint8_t *out, size_t size, size_t *len) {
  if (!escaped) {
    if (raw.len > size) return false;
    if (raw.len > 0) memcpy(out, raw.ptr, raw.len);
    *len = raw.len;
    return true;
  }
  decoder d = decoder_of(raw);
  size_t used = 0;
  for (int c = next_byte(&d); c >= 0; c = next_byte(&d)) {
    if (used == size) return false;
    out[used++] = (uint8_t)c;
  }
  *len = used;
  return true;
}
