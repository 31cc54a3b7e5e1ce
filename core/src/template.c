/* Canonical templates: compiled once, and for every request the parts of what is signed. */
#include "template.h"

#include "cursor.h"

/* Which bytes a field can hold. A field of fixed length needs no separator. */
typedef struct csn_field_row {
  csn_field field;
  const char *name;
  bool (*can_hold)(uint8_t byte);
  bool fixed_length;
} csn_field_row;

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}
static bool is_hex(uint8_t byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f');
}
static bool is_target(uint8_t byte) {
  return byte > ' ' && byte != 0x7f;
}
static bool is_path(uint8_t byte) {
  return is_target(byte) && byte != '?';
}
static bool is_any(uint8_t byte) {
  (void)byte;
  return true;
}

static const csn_field_row rows[] = {
    {CSN_FIELD_CLIENT_ID, "client_id", csn_is_client_id_byte, false},
    {CSN_FIELD_TIMESTAMP, "timestamp", is_digit, false},
    {CSN_FIELD_NONCE, "nonce", csn_is_nonce_byte, false},
    {CSN_FIELD_METHOD, "method", csn_is_token_char, false},
    {CSN_FIELD_TARGET, "target", is_target, false},
    {CSN_FIELD_PATH, "path", is_path, false},
    {CSN_FIELD_QUERY, "query", is_target, false},
    {CSN_FIELD_BODY, "body", is_any, false},
    {CSN_FIELD_BODY_SHA256, "body_sha256", is_hex, true},
    {CSN_FIELD_SIGNED_HEADERS, "signed_headers", is_any, false},
};

static const csn_field_row *row_of(csn_field field) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].field == field) return &rows[i];
  }
  return NULL;
}

static csn_field field_named(csn_span name) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (csn_span_equal(name, csn_span_str(rows[i].name))) return rows[i].field;
  }
  return CSN_FIELD_NONE;
}

/* ---- ambiguity ----
 *
 * A string is read back unambiguously when at most one piece is free: every piece before it ends where it must, read
 * from the left, and every piece behind it begins where it must, read from the right. A field ends where it must when
 * its length is fixed, when nothing follows, or when a literal follows whose first byte the field cannot hold. */

static bool can_hold(const csn_field_row *row, uint8_t byte, const char *not_in_nonce) {
  bool is_excluded = row->field == CSN_FIELD_NONCE && not_in_nonce != NULL && strchr(not_in_nonce, byte) != NULL;
  return row->can_hold(byte) && !is_excluded;
}

static bool ends_where_it_must(const csn_template *tpl, size_t i, const char *not_in_nonce) {
  const csn_field_row *row = row_of(tpl->pieces[i].field);
  if (row == NULL || row->fixed_length || i + 1 == tpl->count) return true;
  const csn_piece *next = &tpl->pieces[i + 1];
  return next->field == CSN_FIELD_NONE && !can_hold(row, next->literal.ptr[0], not_in_nonce);
}

static bool begins_where_it_must(const csn_template *tpl, size_t i, const char *not_in_nonce) {
  const csn_field_row *row = row_of(tpl->pieces[i].field);
  if (row == NULL || row->fixed_length || i == 0) return true;
  const csn_piece *before = &tpl->pieces[i - 1];
  return before->field == CSN_FIELD_NONE && !can_hold(row, before->literal.ptr[before->literal.len - 1], not_in_nonce);
}

static bool has_piece(const csn_template *tpl, csn_field field) {
  for (size_t i = 0; i < tpl->count; i++) {
    if (tpl->pieces[i].field == field) return true;
  }
  return false;
}

static bool is_ambiguous(const csn_template *tpl, const char *not_in_nonce) {
  size_t left = 0, right = tpl->count;
  /* `/a` and `/a?` have one path and one query. */
  if (has_piece(tpl, CSN_FIELD_QUERY) && !has_piece(tpl, CSN_FIELD_TARGET)) return true;
  while (left < tpl->count && ends_where_it_must(tpl, left, not_in_nonce)) left++;
  while (right > 0 && begins_where_it_must(tpl, right - 1, not_in_nonce)) right--;
  return left + 1 < right;
}

/* ---- compiling ---- */

static bool add_piece(csn_template *tpl, csn_field field, csn_span literal) {
  if (field == CSN_FIELD_NONE && literal.len == 0) return true;
  if (tpl->count == CSN_TEMPLATE_PIECES_MAX) return false;
  tpl->pieces[tpl->count].field = field;
  tpl->pieces[tpl->count].literal = literal;
  tpl->count++;
  return true;
}

/* Takes literal text up to the next field. A doubled brace ends the piece behind its first one. */
static bool take_literal(csn_template *tpl, csn_cursor *in) {
  csn_span literal = csn_span_of(in->pos, 0);
  while (!csn_cursor_done(in)) {
    csn_span byte;
    int next = csn_cursor_peek(in);
    bool doubled = csn_cursor_left(in) >= 2 && in->pos[0] == in->pos[1];
    if ((next == '{' && !doubled)) break;
    if (next == '}' && !doubled) return false;
    if (!csn_cursor_take(in, 1, &byte)) return false;
    literal.len++;
    if (next == '{' || next == '}') {
      if (!add_piece(tpl, CSN_FIELD_NONE, literal)) return false;
      in->pos++;
      literal = csn_span_of(in->pos, 0);
    }
  }
  return add_piece(tpl, CSN_FIELD_NONE, literal);
}

static bool take_field(csn_template *tpl, csn_cursor *in) {
  if (!csn_cursor_skip_byte(in, '{')) return csn_cursor_done(in);
  csn_field field = field_named(csn_cursor_take_until(in, '}'));
  if (field == CSN_FIELD_SIGNED_HEADERS && has_piece(tpl, field)) return false; /* the longest of all, once */
  return field != CSN_FIELD_NONE && csn_cursor_skip_byte(in, '}') && add_piece(tpl, field, csn_span_of(NULL, 0));
}

csn_error csn_template_compile_for(csn_template *out, const char *text, const char *not_in_nonce) {
  csn_cursor in = csn_cursor_of(csn_span_str(text));
  memset(out, 0, sizeof *out);
  if (csn_cursor_left(&in) > CSN_TEMPLATE_TEXT_MAX) return CSN_ERROR_TEMPLATE_INVALID;
  while (!csn_cursor_done(&in)) {
    if (!take_literal(out, &in) || !take_field(out, &in)) return CSN_ERROR_TEMPLATE_INVALID;
  }
  out->ambiguous = is_ambiguous(out, not_in_nonce);
  return out->count > 0 ? CSN_OK : CSN_ERROR_TEMPLATE_INVALID;
}

csn_error csn_template_compile(csn_template *out, const char *text) {
  return csn_template_compile_for(out, text, NULL);
}

bool csn_template_covers(const csn_template *tpl, csn_field field) {
  for (size_t i = 0; i < tpl->count; i++) {
    csn_field signs = tpl->pieces[i].field;
    if (signs == field) return true;
    if (signs == CSN_FIELD_TARGET && (field == CSN_FIELD_PATH || field == CSN_FIELD_QUERY)) return true;
    if (signs == CSN_FIELD_BODY_SHA256 && field == CSN_FIELD_BODY) return true;
    bool of_request_line =
        field == CSN_FIELD_METHOD || field == CSN_FIELD_TARGET || field == CSN_FIELD_PATH || field == CSN_FIELD_QUERY;
    if (signs == CSN_FIELD_SIGNED_HEADERS && of_request_line) return true;
  }
  return false;
}

/* ---- using ---- */

static csn_span *put_text(csn_span *to, const char *text) {
  *to = csn_span_str(text);
  return to + 1;
}

static csn_span *put_line(csn_span *to, const csn_credential *credential, const csn_signed_line *line) {
  bool is_request_line = line->name.len == 0;
  *to++ = is_request_line ? credential->fields[CSN_FIELD_METHOD] : line->name;
  to = put_text(to, is_request_line ? " " : ": ");
  if (is_request_line) *to++ = credential->fields[CSN_FIELD_TARGET];
  *to++ = line->value;
  return to;
}

static csn_span *put_signed_headers(csn_span *to, const csn_credential *credential) {
  for (size_t i = 0; i < credential->line_count; i++) {
    if (i > 0) to = put_text(to, "\n");
    to = put_line(to, credential, &credential->lines[i]);
  }
  return to;
}

size_t csn_template_spans(const csn_template *tpl, const csn_credential *credential,
                          csn_span out[CSN_TEMPLATE_SPANS_MAX]) {
  csn_span *to = out;
  for (size_t i = 0; i < tpl->count; i++) {
    const csn_piece *piece = &tpl->pieces[i];
    if (piece->field == CSN_FIELD_SIGNED_HEADERS) {
      to = put_signed_headers(to, credential);
    } else {
      *to++ = piece->field == CSN_FIELD_NONE ? piece->literal : credential->fields[piece->field];
    }
  }
  return (size_t)(to - out);
}

bool csn_template_write(const csn_template *tpl, const csn_credential *credential, uint8_t *out, size_t size,
                        size_t *len) {
  csn_span spans[CSN_TEMPLATE_SPANS_MAX];
  size_t count = csn_template_spans(tpl, credential, spans);
  *len = 0;
  for (size_t i = 0; i < count; i++) {
    if (spans[i].len > 0 && *len <= size && spans[i].len <= size - *len) memcpy(out + *len, spans[i].ptr, spans[i].len);
    *len += spans[i].len;
  }
  return *len <= size;
}
