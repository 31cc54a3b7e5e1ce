/* Lists of scopes (RFC 6749 section 3.3). */
#include <countersign/scope.h>

#include "charset_wide.h"
#include "cursor.h"
#include "words.h"

static bool is_scope_char(int c) {
  return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

/* The next scope of a list and the space behind it; false where there is none. */
static bool take_scope(csn_cursor *cursor, csn_span *out) {
  const uint8_t *start = cursor->pos;
  while (is_scope_char(csn_cursor_peek(cursor))) cursor->pos++;
  *out = csn_span_of(start, (size_t)(cursor->pos - start));
  if (out->len == 0) return false;
  return csn_cursor_done(cursor) || (csn_cursor_skip_byte(cursor, ' ') && !csn_cursor_done(cursor));
}

static inline csn_bytes16 of_list(csn_bytes16 x) {
  return csn_bytes16_in(x, ' ', '~') & ~(csn_bytes16_is(x, '"') | csn_bytes16_is(x, '\\'));
}

/* Not 0 where one of the pairs of neighbours is of spaces. */
static uint64_t double_spaces(csn_span list) {
  const uint8_t *p = list.ptr;
  size_t pairs = list.len - 1;
  if (pairs == 0) return 0;
  if (pairs < CSN_LANES) {
    csn_bytes16 first = csn_bytes16_load_few(p, pairs), second = csn_bytes16_load_few(p + 1, pairs);
    return csn_bytes16_any(csn_bytes16_is(first, ' ') & csn_bytes16_is(second, ' '));
  }
  csn_bytes16 found = {0};
  for (size_t at = 0; at < pairs; at += CSN_LANES) {
    if (at > pairs - CSN_LANES) at = pairs - CSN_LANES;
    found |= csn_bytes16_is(csn_bytes16_load(p + at), ' ') & csn_bytes16_is(csn_bytes16_load(p + at + 1), ' ');
  }
  return csn_bytes16_any(found);
}

bool csn_scopes_valid(csn_span list) {
  if (list.len == 0) return true;
  if (list.len > CSN_SCOPES_MAX || list.ptr[0] == ' ' || list.ptr[list.len - 1] == ' ') return false;
  return (csn_bytes16_any(~csn_wide_members(list, of_list)) | double_spaces(list)) == 0;
}

static bool has_scope(csn_span held, csn_span wanted) {
  csn_cursor cursor = csn_cursor_of(held);
  csn_span scope;
  while (take_scope(&cursor, &scope)) {
    if (csn_span_equal(scope, wanted)) return true;
  }
  return false;
}

bool csn_scopes_cover(csn_span held, csn_span required) {
  csn_cursor cursor = csn_cursor_of(required);
  csn_span scope;
  if (!csn_scopes_valid(held) || !csn_scopes_valid(required)) return false;
  while (take_scope(&cursor, &scope)) {
    if (!has_scope(held, scope)) return false;
  }
  return true;
}

/* As csn_name_set(). */
void csn_scopes_set(csn_scopes *scopes, csn_span list) {
  size_t len = list.len <= sizeof scopes->bytes ? list.len : 0;
  scopes->len = (uint16_t)len;
  csn_words_copy(scopes->bytes, list.ptr, len);
}
