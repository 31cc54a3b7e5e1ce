/* What the nodes of a JSON text say. */
#include "json.h"
#include "json_string.h"

static bool is_string(const csn_json *json, uint32_t node) {
  return node < json->count && csn_json_type_of(json, node) == CSN_JSON_STRING;
}

bool csn_json_string_equals(const csn_json *json, uint32_t node, csn_span text) {
  if (!is_string(json, node)) return false;
  return csn_json_string_same(csn_json_raw(json, node), json->nodes[node].escaped, text, false);
}

void csn_json_members(const csn_json *json, uint32_t object, const csn_span *names, size_t count, uint32_t *values) {
  for (size_t k = 0; k < count; k++) values[k] = 0;
  if (object >= json->count || csn_json_type_of(json, object) != CSN_JSON_OBJECT) return;
  uint32_t at = object + 1;
  for (size_t i = 0; i < json->nodes[object].children; i++, at = json->nodes[at + 1].next) {
    csn_span name = csn_json_raw(json, at);
    bool escaped = json->nodes[at].escaped;
    for (size_t k = 0; k < count; k++) {
      if (csn_json_string_same(name, escaped, names[k], false)) values[k] = at + 1;
    }
  }
}

uint32_t csn_json_member(const csn_json *json, uint32_t object, csn_span name) {
  uint32_t value;
  csn_json_members(json, object, &name, 1, &value);
  return value;
}

bool csn_json_string_copy(const csn_json *json, uint32_t node, uint8_t *out, size_t size, size_t *len) {
  *len = 0;
  if (!is_string(json, node)) return false;
  return csn_json_string_decode(csn_json_raw(json, node), json->nodes[node].escaped, out, size, len);
}

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

static bool is_number(const csn_json *json, uint32_t node) {
  return node < json->count && csn_json_type_of(json, node) == CSN_JSON_NUMBER;
}

bool csn_json_int64(const csn_json *json, uint32_t node, int64_t *out) {
  if (!is_number(json, node)) return false;
  csn_cursor cursor = csn_cursor_of(csn_json_raw(json, node));
  bool minus = csn_cursor_skip_byte(&cursor, '-');
  int64_t value = 0; /* kept negative: that side has one value more */
  for (int c = csn_cursor_peek(&cursor); is_digit(c); c = csn_cursor_peek(&cursor)) {
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, c - '0', &value)) return false;
    cursor.pos++;
  }
  if (!csn_cursor_done(&cursor) || (!minus && value == INT64_MIN)) return false;
  *out = minus ? value : -value;
  return true;
}

/* A number without a minus as 0.DIGITS times ten to the power of `point`; the first digit is not 0, and zero has no
 * digits. */
typedef struct decimal {
  uint8_t digits[CSN_JSON_NUMBER_MAX];
  int count;
  int point;
} decimal;

enum { DATE_DIGITS_MAX = 12, EXPONENT_BOUND = 100000 };

static void take_digits(csn_cursor *cursor, decimal *out, bool fraction) {
  for (int c = csn_cursor_peek(cursor); is_digit(c); c = csn_cursor_peek(cursor)) {
    bool leading = out->count == 0 && c == '0';
    if (!leading) out->digits[out->count++] = (uint8_t)(c - '0');
    if (fraction ? leading : !leading) out->point += fraction ? -1 : 1;
    cursor->pos++;
  }
}

/* The exponent, cut off at a bound that no sum with 64 digits brings back into the range of dates. */
static int take_exponent(csn_cursor *cursor) {
  int exponent = 0;
  cursor->pos++;
  bool minus = csn_cursor_skip_byte(cursor, '-');
  if (!minus) csn_cursor_skip_byte(cursor, '+');
  for (int c = csn_cursor_peek(cursor); is_digit(c); c = csn_cursor_peek(cursor)) {
    exponent = exponent * 10 + (c - '0');
    if (exponent > EXPONENT_BOUND) exponent = EXPONENT_BOUND;
    cursor->pos++;
  }
  return minus ? -exponent : exponent;
}

static decimal decimal_of(csn_span number) {
  csn_cursor cursor = csn_cursor_of(number);
  decimal out = {.count = 0};
  take_digits(&cursor, &out, false);
  if (csn_cursor_skip_byte(&cursor, '.')) take_digits(&cursor, &out, true);
  if (!csn_cursor_done(&cursor)) out.point += take_exponent(&cursor);
  return out;
}

/* The whole number at or below; `point` is at most DATE_DIGITS_MAX. Says whether there is a fraction above it. */
static int64_t round_down(const decimal *d, bool *fraction) {
  int64_t value = 0;
  *fraction = false;
  for (int i = 0; i < d->point; i++) value = value * 10 + (i < d->count ? d->digits[i] : 0);
  for (int i = d->point > 0 ? d->point : 0; i < d->count; i++) *fraction = *fraction || d->digits[i] != 0;
  return value;
}

static bool read_date(const csn_json *json, uint32_t node, bool up, int64_t *out) {
  int64_t whole;
  if (!is_number(json, node)) return false;
  csn_span number = csn_json_raw(json, node);
  if (number.ptr[0] == '-') return false;
  if (csn_json_int64(json, node, &whole)) {
    if (whole <= CSN_JSON_DATE_MAX) *out = whole;
    return whole <= CSN_JSON_DATE_MAX;
  }
  decimal d = decimal_of(number);
  if (d.count > 0 && d.point > DATE_DIGITS_MAX) return false;
  bool fraction = false;
  int64_t value = d.count == 0 ? 0 : round_down(&d, &fraction), above = value + (fraction ? 1 : 0);
  if (above > CSN_JSON_DATE_MAX) return false;
  *out = up ? above : value;
  return true;
}

bool csn_json_numeric_date(const csn_json *json, uint32_t node, int64_t *out) {
  return read_date(json, node, true, out);
}

bool csn_json_numeric_date_down(const csn_json *json, uint32_t node, int64_t *out) {
  return read_date(json, node, false, out);
}
