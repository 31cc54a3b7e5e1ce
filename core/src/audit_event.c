/* Audit events as lines of JSON. Whatever comes from outside goes through put_escaped(), and nothing else does.
 *
 * The time is broken down here because gmtime_r(3) takes the C library's lock of time zones. */
#include <countersign/audit.h>

#include "encoding.h"
#include "utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct field_row {
  const char *name;
  size_t limit; /* bytes in the line */
} field_row;

static const field_row fields[] = {
#define ROW(name, text, bytes) {text, bytes},
    CSN_AUDIT_FIELD_LIST(ROW)
#undef ROW
};

/* As large as the longest label of a reason, and of a stage, with its NUL. */
union longest_reason {
#define MEMBER(name, stage, label, sentence) char name[sizeof(label)];
  CSN_REASON_LIST(MEMBER)
#undef MEMBER
};
union longest_stage {
#define MEMBER(name, label) char name[sizeof(label)];
  CSN_STAGE_LIST(MEMBER)
#undef MEMBER
};

/* What is in every line, and what each field adds with its name, its most bytes, and its name in "cut". */
#define FIELD_BYTES(name, text, bytes) +(sizeof(",\"" text "\":\"\"") - 1) + (bytes) + (sizeof(",\"" text "\"") - 1)
#define FIXED_TEXT                                                                                              \
  "{\"timestamp\":\"1677-09-21T00:12:43.145Z\",\"event\":\"verdict\",\"request_id\":\"01234567-0123-0123-0123-" \
  "0123456789ab\",\"verdict\":\"unavailable\",\"reason\":\"\",\"stage\":\"\",\"cut\":[]}\n"
_Static_assert(sizeof(FIXED_TEXT) + sizeof(union longest_reason) +
                       sizeof(union longest_stage) CSN_AUDIT_FIELD_LIST(FIELD_BYTES) <=
                   CSN_AUDIT_LINE_MAX,
               "every event fits in a line");

/* ---- the line ---- */

typedef struct audit_line {
  char *out;
  size_t len, size;
  unsigned cut; /* a bit for each csn_audit_field */
  bool full;    /* something did not fit: the line is void */
} audit_line;

static inline void put(audit_line *line, const char *bytes, size_t len) {
  if (line->full || len > line->size - line->len) {
    line->full = true;
    return;
  }
  memcpy(line->out + line->len, bytes, len);
  line->len += len;
}

/* Text of this file: its length is known when it is compiled. */
#define PUT_LITERAL(line, text) put(line, "" text, sizeof(text) - 1)

static void put_text(audit_line *line, const char *text) {
  put(line, text, strlen(text));
}

/* The last `width` decimal digits. */
static void put_digits(audit_line *line, uint64_t value, size_t width) {
  char digits[20];
  for (size_t i = width; i-- > 0; value /= 10) digits[i] = (char)('0' + value % 10);
  put(line, digits, width);
}

static void put_number(audit_line *line, uint64_t value) {
  size_t width = 1;
  for (uint64_t rest = value / 10; rest > 0; rest /= 10) width++;
  put_digits(line, value, width);
}

static size_t line_end(audit_line *line) {
  PUT_LITERAL(line, "}\n");
  return line->full ? 0 : line->len;
}

/* ---- text from outside ---- */

/* The bytes, 1 to 4, of the character at the start of `bytes`, which is not empty; where it is malformed those of its
 * maximal subpart, and U+FFFD. */
static size_t next_character(csn_span bytes, uint32_t *code) {
  uint8_t first = bytes.ptr[0];
  const csn_utf8_row *row = csn_utf8_row_of(first);
  *code = first < 0x80 ? first : 0xfffd;
  if (row == NULL) return 1;
  uint32_t value = first & (0x7fU >> row->len);
  for (size_t i = 1; i < row->len; i++) {
    uint8_t low = i == 1 ? row->second_low : 0x80, high = i == 1 ? row->second_high : 0xbf;
    if (i == bytes.len || bytes.ptr[i] < low || bytes.ptr[i] > high) return i;
    value = value << 6 | (bytes.ptr[i] & 0x3f);
  }
  *code = value;
  return row->len;
}

/* Writes `\uXXXX`. */
static size_t escape_unit(uint32_t unit, char *out) {
  static const char digits[] = "0123456789abcdef";
  out[0] = '\\';
  out[1] = 'u';
  for (unsigned i = 0; i < 4; i++) out[2 + i] = digits[unit >> (12 - 4 * i) & 0xf];
  return 6;
}

/* A character as it stands in a JSON string: 1 to 12 bytes. */
static size_t escape(uint32_t code, char out[12]) {
  if (code == '"' || code == '\\') {
    out[0] = '\\';
    out[1] = (char)code;
    return 2;
  }
  if (code >= 0x20 && code < 0x7f) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x10000) return escape_unit(code, out);
  size_t len = escape_unit(0xd800 + ((code - 0x10000) >> 10), out);
  return len + escape_unit(0xdc00 + ((code - 0x10000) & 0x3ff), out + len);
}

/* How many bytes at the start, at most `most`, stand in a JSON string as they are. */
static size_t plain_bytes(csn_span bytes, size_t most) {
  size_t count = 0;
  if (most > bytes.len) most = bytes.len;
  for (; count < most; count++) {
    uint8_t byte = bytes.ptr[count];
    if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') break;
  }
  return count;
}

/* Whole characters until one does not fit in `*left` bytes, which it counts down: then nothing more fits, and the field
 * is cut. */
static void put_escaped(audit_line *line, csn_audit_field field, csn_span bytes, size_t *left) {
  while (bytes.len > 0 && (line->cut >> field & 1) == 0) {
    char text[12];
    uint32_t code;
    size_t plain = plain_bytes(bytes, *left);
    put(line, (const char *)bytes.ptr, plain);
    *left -= plain;
    bytes = csn_span_of(bytes.ptr + plain, bytes.len - plain);
    if (bytes.len == 0) return;
    size_t taken = next_character(bytes, &code), len = escape(code, text);
    if (len > *left) {
      line->cut |= 1U << field;
      return;
    }
    put(line, text, len);
    *left -= len;
    bytes = csn_span_of(bytes.ptr + taken, bytes.len - taken);
  }
}

/* ---- members ---- */

static void open_member(audit_line *line, const char *name) {
  PUT_LITERAL(line, ",\"");
  put_text(line, name);
  PUT_LITERAL(line, "\":\"");
}

/* Of ours: needs no escapes. */
static void put_member(audit_line *line, const char *name, const char *value) {
  open_member(line, name);
  put_text(line, value);
  PUT_LITERAL(line, "\"");
}

static void put_field(audit_line *line, csn_audit_field field, csn_span value) {
  size_t left = fields[field].limit;
  open_member(line, fields[field].name);
  put_escaped(line, field, value, &left);
  PUT_LITERAL(line, "\"");
}

/* The first byte at or behind `from` that is one of `set`, or the length. */
static size_t find_byte(csn_span bytes, size_t from, const char *set, size_t set_len) {
  while (from < bytes.len && memchr(set, bytes.ptr[from], set_len) == NULL) from++;
  return from;
}

static csn_span from_byte(csn_span bytes, size_t at) {
  return at == 0 ? bytes : csn_span_of(bytes.ptr + at, bytes.len - at);
}

/* The path of a request target, without what may hold a credential. */
static csn_span path_of(csn_span target) {
  csn_span path = csn_span_of(target.ptr, find_byte(target, 0, "?#", 2));
  if (path.len == 0 || path.ptr[0] == '/') return path;
  for (size_t i = 0; i + 3 <= path.len; i++) {
    if (memcmp(path.ptr + i, "://", 3) == 0) return from_byte(path, find_byte(path, i + 3, "/", 1));
  }
  size_t start = path.len;
  while (start > 0 && path.ptr[start - 1] != '@') start--;
  return from_byte(path, start);
}

static void put_endpoint(audit_line *line, csn_span method, csn_span target) {
  static const csn_span space = CSN_SPAN_LITERAL(" ");
  const csn_audit_field field = CSN_AUDIT_FIELD_API_ENDPOINT;
  size_t left = fields[field].limit;
  open_member(line, fields[field].name);
  put_escaped(line, field, method, &left);
  put_escaped(line, field, space, &left);
  put_escaped(line, field, path_of(target), &left);
  PUT_LITERAL(line, "\"");
}

static void put_cut(audit_line *line) {
  const char *before = ",\"cut\":[\"";
  if (line->cut == 0) return;
  for (size_t i = 0; i < COUNT(fields); i++) {
    if ((line->cut >> i & 1) == 0) continue;
    put_text(line, before);
    put_text(line, fields[i].name);
    before = "\",\"";
  }
  PUT_LITERAL(line, "\"]");
}

void csn_audit_request_id(uint8_t id[CSN_AUDIT_ID_BYTES]) {
  id[6] = (uint8_t)(0x40 | (id[6] & 0x0f));
  id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

static void put_request_id(audit_line *line, const uint8_t id[CSN_AUDIT_ID_BYTES]) {
  static const uint8_t groups[] = {8, 4, 4, 4, 12};
  char digits[2 * CSN_AUDIT_ID_BYTES];
  size_t at = 0;
  csn_hex_encode(csn_span_of(id, CSN_AUDIT_ID_BYTES), digits);
  open_member(line, "request_id");
  for (size_t i = 0; i < COUNT(groups); at += groups[i++]) {
    if (i > 0) PUT_LITERAL(line, "-");
    put(line, digits + at, groups[i]);
  }
  PUT_LITERAL(line, "\"");
}

/* ---- time ---- */

/* The date of a day of the Gregorian calendar, counted from 1 March of the year 0. Years begin in March here, so that
 * the leap day is the last of its year; the days of the months from March on are those of (153 m + 2) / 5. Every 400
 * years have 146097 days. */
static void put_date(audit_line *line, uint64_t day) {
  uint64_t era = day / 146097, of_era = day % 146097;
  uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  uint64_t month = (5 * of_year + 2) / 153; /* 0: March */
  put_digits(line, era * 400 + year + (month >= 10 ? 1 : 0), 4);
  PUT_LITERAL(line, "-");
  put_digits(line, month < 10 ? month + 3 : month - 9, 2);
  PUT_LITERAL(line, "-");
  put_digits(line, of_year - (153 * month + 2) / 5 + 1, 2);
}

/* Opens the line. */
static void put_time(audit_line *line, int64_t time) {
  const int64_t nanoseconds = 1000000, day = 86400000, epoch = 719468; /* days from 0000-03-01 to 1970-01-01 */
  int64_t milliseconds = time / nanoseconds - (time % nanoseconds < 0 ? 1 : 0);
  uint64_t since = (uint64_t)(milliseconds + epoch * day), of_day = since % (uint64_t)day;
  PUT_LITERAL(line, "{\"timestamp\":\"");
  put_date(line, since / (uint64_t)day);
  PUT_LITERAL(line, "T");
  put_digits(line, of_day / 3600000, 2);
  PUT_LITERAL(line, ":");
  put_digits(line, of_day / 60000 % 60, 2);
  PUT_LITERAL(line, ":");
  put_digits(line, of_day / 1000 % 60, 2);
  PUT_LITERAL(line, ".");
  put_digits(line, of_day % 1000, 3);
  PUT_LITERAL(line, "Z\"");
}

/* ---- events ---- */

size_t csn_audit_format(const csn_audit_event *event, char *out, size_t size) {
  audit_line line = {.out = out, .size = size};
  const csn_verdict *verdict = event->verdict;
  put_time(&line, event->time);
  put_member(&line, "event", "verdict");
  put_request_id(&line, event->request_id);
  put_field(&line, CSN_AUDIT_FIELD_CLIENT_IP, event->client_ip);
  put_endpoint(&line, event->method, event->target);
  put_field(&line, CSN_AUDIT_FIELD_PRESET, event->preset);
  put_member(&line, "verdict", csn_verdict_public_word(verdict));
  put_member(&line, "reason", csn_reason_label(verdict->reason));
  put_member(&line, "stage", csn_stage_label(csn_reason_stage(verdict->reason)));
  put_field(&line, CSN_AUDIT_FIELD_CLIENT_ID, csn_name_span(&verdict->client_id));
  put_field(&line, CSN_AUDIT_FIELD_KEY_ID, csn_name_span(&verdict->key_id));
  put_field(&line, CSN_AUDIT_FIELD_TOKEN_SCOPE, event->token_scope);
  put_cut(&line);
  return line_end(&line);
}

size_t csn_audit_format_drops(int64_t time, const csn_audit_drops *drops, char *out, size_t size) {
  audit_line line = {.out = out, .size = size};
  put_time(&line, time);
  put_member(&line, "event", "dropped");
  PUT_LITERAL(&line, ",\"dropped\":");
  put_number(&line, drops->recent);
  PUT_LITERAL(&line, ",\"dropped_total\":");
  put_number(&line, drops->total);
  return line_end(&line);
}
