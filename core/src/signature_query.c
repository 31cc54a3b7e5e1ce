/* One query parameter (RFC 9421 section 2.2.8): read as a form is (URL Standard, section 5.1), and percent-encoded
 * anew, so that every way to write it gives one text. */
#include "signature_parts.h"

static int hex_value(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte that the text stands for. A percent sign without two digits behind it stands for itself. */
static uint8_t decode_byte(csn_cursor *cursor) {
  uint8_t c = *cursor->pos++;
  if (c == '+') return ' ';
  if (c != '%' || csn_cursor_left(cursor) < 2) return c;
  int high = hex_value(cursor->pos[0]), low = hex_value(cursor->pos[1]);
  if (high < 0 || low < 0) return c;
  cursor->pos += 2;
  return (uint8_t)(high << 4 | low);
}

/* The application/x-www-form-urlencoded percent-encode set leaves these; a space is %20 in the RFC's examples. Bytes
 * that are no UTF-8 stay what they are, where the URL Standard would make them all U+FFFD. */
static bool is_left(uint8_t c) {
  bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || c == '*' || c == '-' || c == '.' || c == '_';
}

/* The next byte as it stands in the signature base, in `out`. */
static csn_span encode_next(csn_cursor *cursor, uint8_t out[3]) {
  static const char digits[] = "0123456789ABCDEF";
  uint8_t c = decode_byte(cursor);
  out[0] = is_left(c) ? c : '%';
  out[1] = (uint8_t)digits[c >> 4];
  out[2] = (uint8_t)digits[c & 15];
  return csn_span_of(out, is_left(c) ? 1 : 3);
}

static void put_encoded(const csn_byte_sink *sink, csn_span text) {
  csn_cursor cursor = csn_cursor_of(text);
  uint8_t bytes[3];
  while (!csn_cursor_done(&cursor)) csn_sink_put(sink, encode_next(&cursor, bytes));
}

static bool is_named(csn_span text, csn_span name) {
  csn_cursor cursor = csn_cursor_of(text), left = csn_cursor_of(name);
  uint8_t bytes[3];
  while (!csn_cursor_done(&cursor)) {
    if (!csn_cursor_skip_text(&left, encode_next(&cursor, bytes))) return false;
  }
  return csn_cursor_done(&left);
}

/* A name that is there twice must not be covered: which one the application reads is not known. */
csn_reason csn_component_query_param(const csn_message *message, const csn_component *component,
                                     const csn_byte_sink *sink) {
  csn_cursor cursor = csn_cursor_of(message->query);
  csn_span value = {NULL, 0};
  size_t found = 0;
  while (!csn_cursor_done(&cursor)) {
    cursor.pos++; /* the question mark, an ampersand */
    csn_cursor pair = csn_cursor_of(csn_cursor_take_until(&cursor, '&'));
    if (csn_cursor_done(&pair)) continue;
    csn_span name = csn_cursor_take_until(&pair, '=');
    (void)csn_cursor_skip_byte(&pair, '=');
    if (!is_named(name, component->query_param)) continue;
    value = csn_cursor_rest(&pair);
    found++;
  }
  if (found != 1) return found == 0 ? CSN_REASON_COMPONENT_MISSING : CSN_REASON_COMPONENT_INVALID;
  put_encoded(sink, value);
  return CSN_REASON_ACCEPTED;
}
