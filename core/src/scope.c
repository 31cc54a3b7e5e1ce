/* Lists of scopes (RFC 6749 section 3.3). */
#include <countersign/scope.h>

#include "ct.h"
#include "cursor.h"

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

bool csn_scopes_valid(csn_span list) {
  csn_cursor cursor = csn_cursor_of(list);
  csn_span scope;
  if (list.len > CSN_SCOPES_MAX) return false;
  while (!csn_cursor_done(&cursor)) {
    if (!take_scope(&cursor, &scope)) return false;
  }
  return true;
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
  if (len > 0) memcpy(scopes->bytes, list.ptr, (size_t)csn_ct_barrier64(len));
}
