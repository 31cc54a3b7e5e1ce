/* A secret as each writer has it. */
#include "redact_forms.h"

#include "../core/src/utf8.h"
#include "../core/src/writer.h"

/* A writer of JSON. All write \" and \\, and control characters as escapes. */
typedef struct json_writer {
  const char *units;  /* ASCII that is written as \u00XX besides */
  bool ascii;         /* what is not is written as \uXXXX, beyond U+FFFF as a surrogate pair */
  bool slash;         /* written as \/ */
  bool long_controls; /* \u000a in the place of \n */
} json_writer;

static const json_writer json_writers[] = {
    {"", false, false, false},        /* ECMAScript's JSON.stringify() and most */
    {"", true, false, false},         /* Python's json.dumps() */
    {"", false, true, false},         /* Foundation's NSJSONSerialization */
    {"", true, true, false},          /* PHP's json_encode() */
    {"<>&", false, false, false},     /* Go's encoding/json, Rails */
    {"<>&", true, false, false},      /* Django's json_script */
    {"<>&='", false, false, false},   /* Gson */
    {"\"&'+<>`", true, false, false}, /* .NET's System.Text.Json */
    {"", true, false, true},          /* csn's */
};

/* A writer of percent-encoding. All leave letters and digits as they are. */
typedef struct percent_writer {
  const char *stays; /* punctuation */
  bool plus;         /* a space is a plus */
} percent_writer;

static const percent_writer percent_writers[] = {
    {"-._~", false},                 /* RFC 3986 section 2.3 */
    {"-._~/", false},                /* a path; Python's quote() */
    {"-._!~*'()", false},            /* encodeURIComponent() */
    {"-._!~*'();/?:@&=+$,#", false}, /* encodeURI() */
    {"-._~", true},                  /* Python's quote_plus(), Go's QueryEscape() */
    {"*-._", true},                  /* the URL standard's form serializer, Java's URLEncoder */
    {"-._", true},                   /* PHP's urlencode() */
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
/* Of base64's characters writers differ in + and / alone: there are four ways, as below. */
_Static_assert(5 + COUNT(json_writers) + COUNT(percent_writers) + 4 == CSN_REDACT_FORMS_MAX, "all rows have room");

typedef struct form_list {
  csn_redact_form *forms;
  size_t count;
  csn_writer text;
} form_list;

static void add(form_list *list, csn_span text, bool any_case) {
  for (size_t i = 0; i < list->count; i++) {
    if (csn_span_equal(list->forms[i].text, text)) return;
  }
  list->forms[list->count++] = (csn_redact_form){text, any_case};
}

/* What was written from `start` on. */
static csn_span since(const form_list *list, size_t start) {
  return csn_span_of(list->text.out + start, list->text.len - start);
}

/* ---- JSON ---- */

/* The character's bytes, or 0 where it is not UTF-8. */
static size_t decode(const uint8_t *at, size_t left, uint32_t *code) {
  *code = at[0];
  if (at[0] < 0x80) return 1;
  const csn_utf8_row *row = csn_utf8_row_of(at[0]);
  if (row == NULL || left < row->len || at[1] < row->second_low || at[1] > row->second_high) return 0;
  *code &= 0x7fu >> row->len;
  for (size_t i = 1; i < row->len; i++) {
    if (at[i] >> 6 != 2) return 0;
    *code = *code << 6 | (at[i] & 0x3fu);
  }
  return row->len;
}

static void put_unit(csn_writer *out, uint32_t unit) {
  char escape[8];
  int len = snprintf(escape, sizeof escape, "\\u%04x", (unsigned)unit);
  csn_put(out, csn_span_of(escape, (size_t)len));
}

static bool is_in(const char *set, uint32_t code) {
  return code > 0 && code < 0x80 && strchr(set, (int)code) != NULL;
}

/* What stands behind the backslash of a short escape; 0 where there is none. */
static char short_of(const json_writer *writer, uint32_t code) {
  static const char controls[] = "\b\f\n\r\t", letters[] = "bfnrt";
  if (is_in(writer->slash ? "\"\\/" : "\"\\", code)) return (char)code;
  return !writer->long_controls && is_in(controls, code) ? letters[strchr(controls, (int)code) - controls] : '\0';
}

/* Whether \uXXXX was written. */
static bool put_json_character(csn_writer *out, const json_writer *writer, uint32_t code, csn_span bytes) {
  bool is_unit = is_in(writer->units, code);
  char letter = is_unit ? '\0' : short_of(writer, code);
  if (letter != '\0') {
    csn_put(out, csn_span_of((const char[]){'\\', letter}, 2));
  } else if (!is_unit && code >= 0x20 && (code < 0x7f || !writer->ascii)) {
    csn_put(out, bytes);
  } else {
    is_unit = true;
    if (code > 0xffff) put_unit(out, 0xd800 + ((code - 0x10000) >> 10));
    put_unit(out, code > 0xffff ? 0xdc00 + (code & 0x3ff) : code);
  }
  return is_unit;
}

static void add_json(form_list *list, const json_writer *writer, csn_span secret) {
  size_t start = list->text.len;
  bool any_case = false;
  uint32_t code;
  for (size_t at = 0, len; at < secret.len; at += len) {
    len = decode(secret.ptr + at, secret.len - at, &code);
    if (len == 0) return;
    any_case |= put_json_character(&list->text, writer, code, csn_span_of(secret.ptr + at, len));
  }
  add(list, since(list, start), any_case);
}

/* ---- percent-encoding ---- */

static bool is_letter_or_digit(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static void add_percent(form_list *list, const percent_writer *writer, csn_span secret) {
  size_t start = list->text.len;
  for (size_t i = 0; i < secret.len; i++) {
    uint8_t byte = secret.ptr[i];
    char escape[4];
    int len = 1;
    if (byte == ' ' && writer->plus) {
      escape[0] = '+';
    } else if (is_letter_or_digit(byte) || is_in(writer->stays, byte)) {
      escape[0] = (char)byte;
    } else {
      len = snprintf(escape, sizeof escape, "%%%02X", byte);
    }
    csn_put(&list->text, csn_span_of(escape, (size_t)len));
  }
  add(list, since(list, start), true);
}

static void add_written(form_list *list, csn_span text) {
  for (size_t i = 0; i < COUNT(json_writers); i++) add_json(list, &json_writers[i], text);
  for (size_t i = 0; i < COUNT(percent_writers); i++) add_percent(list, &percent_writers[i], text);
}

/* ---- hex and base64 ---- */

static char *put_space(form_list *list, size_t len) {
  char *at = (char *)list->text.out + list->text.len;
  list->text.len += len;
  return at;
}

static void add_hex(form_list *list, csn_span secret) {
  size_t start = list->text.len;
  csn_hex_encode(secret, put_space(list, csn_hex_encoded_len(secret.len)));
  add(list, since(list, start), true);
}

/* Returns base64 without padding, which is a form as the writers have it that escape nothing of it. */
static csn_span add_base64(form_list *list, csn_span secret) {
  size_t start = list->text.len;
  csn_put_base64url(&list->text, secret);
  add(list, since(list, start), false);
  start = list->text.len;
  csn_base64_encode(secret, put_space(list, csn_base64_encoded_len(secret.len)));
  csn_span padded = since(list, start), plain = csn_span_of(padded.ptr, csn_base64url_encoded_len(secret.len));
  add(list, padded, false);
  return plain;
}

size_t csn_redact_forms_make(csn_span secret, csn_redact_form forms[CSN_REDACT_FORMS_MAX], uint8_t *room) {
  form_list list = {.forms = forms, .text = {.out = room, .size = CSN_REDACT_FORMS_ROOM}};
  add(&list, secret, false);
  add_hex(&list, secret);
  add_written(&list, secret);
  add_written(&list, add_base64(&list, secret));
  return list.count;
}
