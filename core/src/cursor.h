/* A bounds-checked cursor: the only way in which the parsers read. Every function leaves the cursor where it was when
 * it returns false, so that `csn_cursor_offset()` names the first byte that is wrong. */
#ifndef CSN_CURSOR_H
#define CSN_CURSOR_H

#include <countersign/span.h>

typedef struct csn_cursor {
  const uint8_t *start, *pos, *end;
} csn_cursor;

static inline csn_cursor csn_cursor_of(csn_span span) {
  static const uint8_t nothing[1];
  const uint8_t *start = span.ptr == NULL ? nothing : span.ptr;
  csn_cursor cursor = {start, start, start + span.len};
  return cursor;
}

static inline size_t csn_cursor_left(const csn_cursor *cursor) {
  return (size_t)(cursor->end - cursor->pos);
}
static inline size_t csn_cursor_offset(const csn_cursor *cursor) {
  return (size_t)(cursor->pos - cursor->start);
}
static inline bool csn_cursor_done(const csn_cursor *cursor) {
  return cursor->pos == cursor->end;
}

/* The next byte, or -1 at the end. */
static inline int csn_cursor_peek(const csn_cursor *cursor) {
  return csn_cursor_done(cursor) ? -1 : *cursor->pos;
}

static inline bool csn_cursor_take(csn_cursor *cursor, size_t len, csn_span *out) {
  if (csn_cursor_left(cursor) < len) return false;
  *out = csn_span_of(cursor->pos, len);
  cursor->pos += len;
  return true;
}

static inline bool csn_cursor_skip_byte(csn_cursor *cursor, uint8_t byte) {
  if (csn_cursor_peek(cursor) != byte) return false;
  cursor->pos++;
  return true;
}

static inline bool csn_cursor_skip_text(csn_cursor *cursor, csn_span text) {
  if (text.len == 0) return true;
  if (csn_cursor_left(cursor) < text.len || memcmp(cursor->pos, text.ptr, text.len) != 0) return false;
  cursor->pos += text.len;
  return true;
}

/* Takes everything before the next `byte`, or everything there is; the byte itself is not taken. */
static inline csn_span csn_cursor_take_until(csn_cursor *cursor, uint8_t byte) {
  const uint8_t *at = memchr(cursor->pos, byte, csn_cursor_left(cursor));
  csn_span span = csn_span_of(cursor->pos, (size_t)((at == NULL ? cursor->end : at) - cursor->pos));
  cursor->pos += span.len;
  return span;
}

static inline csn_span csn_cursor_rest(const csn_cursor *cursor) {
  return csn_span_of(cursor->pos, csn_cursor_left(cursor));
}

#endif
