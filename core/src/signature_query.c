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

static void put_encoded(const csn_byte_sink *sink, csn_span text) {
  static const char digits[] = "0123456789ABCDEF";
  csn_cursor cursor = csn_cursor_of(text);
  while (!csn_cursor_done(&cursor)) {
    uint8_t c = decode_byte(&cursor);
    uint8_t escaped[] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
    csn_put(sink, is_left(c) ? csn_span_of(&c, 1) : csn_span_of(escaped, sizeof escaped));
  }
}

/* A sink that compares. */
typedef struct comparison {
  csn_cursor left;
  bool differs;
} comparison;

static void compare(void *self, csn_span bytes) {
  comparison *c = self;
  if (!csn_cursor_skip_text(&c->left, bytes)) c->differs = true;
}

static bool is_named(csn_span text, csn_span name) {
  comparison c = {.left = csn_cursor_of(name)};
  csn_byte_sink sink = {compare, &c};
  put_encoded(&sink, text);
  return !c.differs && csn_cursor_done(&c.left);
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
