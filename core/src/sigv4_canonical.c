/* The canonical request of AWS Signature Version 4, and the reading of what goes into it.
 *
 * Two requests with one canonical form are one request to who verifies, so that what is read here has one meaning: an
 * escape is %XX with upper-case digits, a query has no bare "+" or ";", which some readers take for a space or an "&".
 */
#include "sigv4_canonical.h"

#include "credential.h"
#include "cursor.h"

#define OK CSN_REASON_ACCEPTED

static const char digits[] = "0123456789ABCDEF";

/* RFC 3986 section 2.3. */
static bool is_unreserved(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '-' ||
         byte == '.' || byte == '_' || byte == '~';
}

static int digit_value(int byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* ---- text ---- */

void csn_sigv4_put(csn_sigv4_text *text, csn_span bytes) {
  if (text->full || bytes.len > sizeof text->bytes - text->len) {
    text->full = true;
    return;
  }
  if (bytes.len > 0) memcpy(text->bytes + text->len, bytes.ptr, bytes.len);
  text->len += bytes.len;
}

static void put_byte(csn_sigv4_text *text, uint8_t byte) {
  csn_sigv4_put(text, csn_span_of(&byte, 1));
}

/* AWS's UriEncode of one byte: unreserved ones stand for themselves. Returns how many bytes of `out` it takes. */
static size_t encode_byte(uint8_t byte, uint8_t out[3]) {
  out[0] = byte;
  if (is_unreserved(byte)) return 1;
  out[0] = '%';
  out[1] = (uint8_t)digits[byte >> 4];
  out[2] = (uint8_t)digits[byte & 15];
  return 3;
}

/* Takes a byte, or an escape for one: `*escaped` says which. False at a malformed escape. */
static bool take_byte(csn_cursor *cursor, uint8_t *byte, bool *escaped) {
  *escaped = *cursor->pos == '%';
  if (!*escaped) {
    *byte = *cursor->pos++;
    return true;
  }
  if (csn_cursor_left(cursor) < 3) return false;
  int high = digit_value(cursor->pos[1]), low = digit_value(cursor->pos[2]);
  if (high < 0 || low < 0) return false;
  *byte = (uint8_t)(high << 4 | low);
  cursor->pos += 3;
  return true;
}

/* ---- target and query ---- */

csn_reason csn_sigv4_split_target(csn_span target, csn_span *path, csn_span *query, csn_verdict *verdict) {
  csn_cursor cursor = csn_cursor_of(target);
  const uint8_t *fragment = memchr(target.ptr, '#', target.len);
  if (csn_cursor_peek(&cursor) != '/') return csn_refuse(verdict, CSN_REASON_TARGET_INVALID, CSN_FIELD_TARGET, 0);
  if (fragment != NULL) {
    return csn_refuse(verdict, CSN_REASON_TARGET_INVALID, CSN_FIELD_TARGET, (size_t)(fragment - target.ptr));
  }
  *path = csn_cursor_take_until(&cursor, '?');
  if (csn_cursor_skip_byte(&cursor, '?')) {
    *query = csn_cursor_rest(&cursor);
  } else {
    *query = csn_span_of(NULL, 0);
  }
  return OK;
}

/* Encodes up to the end of `cursor` into the query's text; the reason leaves the cursor where it is wrong. */
static csn_reason encode_part(csn_cursor *cursor, csn_sigv4_query *query, csn_span *out) {
  size_t start = query->used;
  while (!csn_cursor_done(cursor)) {
    uint8_t byte, text[3];
    bool escaped;
    if (csn_cursor_peek(cursor) == '+' || csn_cursor_peek(cursor) == ';') return CSN_REASON_QUERY_INVALID;
    if (!take_byte(cursor, &byte, &escaped)) return CSN_REASON_QUERY_INVALID;
    size_t len = encode_byte(byte, text);
    if (len > sizeof query->text - query->used) return CSN_REASON_CANONICAL_LIMIT;
    memcpy(query->text + query->used, text, len);
    query->used += len;
  }
  *out = csn_span_of(query->text + start, query->used - start);
  return OK;
}

static int compare(csn_span a, csn_span b) {
  size_t shorter = a.len < b.len ? a.len : b.len;
  int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
  return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Puts the parameter in its place among those before it: at most CSN_SIGV4_PARAMS_MAX comparisons of its text. */
static void insert_param(csn_sigv4_query *query, csn_span name, csn_span value) {
  size_t at = query->count++;
  for (; at > 0; at--) {
    int order = compare(query->params[at - 1].name, name);
    if (order == 0) order = compare(query->params[at - 1].value, value);
    if (order <= 0) break;
    query->params[at] = query->params[at - 1];
  }
  query->params[at].name = name;
  query->params[at].value = value;
}

/* One name and value, which stands at `offset` of the target. */
static csn_reason read_param(csn_span text, size_t offset, csn_sigv4_query *query, csn_verdict *verdict) {
  csn_cursor all = csn_cursor_of(text);
  csn_cursor name_at = csn_cursor_of(csn_cursor_take_until(&all, '='));
  csn_span name, value;
  if (text.len == 0) return csn_refuse(verdict, CSN_REASON_QUERY_INVALID, CSN_FIELD_TARGET, offset);
  if (query->count == CSN_SIGV4_PARAMS_MAX) {
    return csn_refuse(verdict, CSN_REASON_CANONICAL_LIMIT, CSN_FIELD_TARGET, offset);
  }
  csn_reason reason = encode_part(&name_at, query, &name);
  if (reason != OK) return csn_refuse(verdict, reason, CSN_FIELD_TARGET, offset + csn_cursor_offset(&name_at));
  (void)csn_cursor_skip_byte(&all, '=');
  reason = encode_part(&all, query, &value);
  if (reason != OK) return csn_refuse(verdict, reason, CSN_FIELD_TARGET, offset + csn_cursor_offset(&all));
  insert_param(query, name, value);
  return OK;
}

csn_reason csn_sigv4_query_read(csn_span query, size_t start, csn_sigv4_query *out, csn_verdict *verdict) {
  csn_cursor cursor = csn_cursor_of(query);
  out->count = out->used = 0;
  if (query.len == 0) return OK;
  do {
    size_t offset = start + csn_cursor_offset(&cursor);
    csn_reason reason = read_param(csn_cursor_take_until(&cursor, '&'), offset, out, verdict);
    if (reason != OK) return reason;
  } while (csn_cursor_skip_byte(&cursor, '&'));
  return OK;
}

const csn_span *csn_sigv4_query_find(const csn_sigv4_query *query, const char *name, bool *repeated) {
  const csn_span *found = NULL;
  csn_span wanted = csn_span_str(name);
  *repeated = false;
  for (size_t i = 0; i < query->count; i++) {
    if (!csn_span_equal(query->params[i].name, wanted)) continue;
    if (found != NULL) *repeated = true;
    found = &query->params[i].value;
  }
  return found;
}

bool csn_sigv4_decode(csn_span value, uint8_t *out, size_t room, csn_span *decoded) {
  csn_cursor cursor = csn_cursor_of(value);
  size_t len = 0;
  bool escaped;
  for (; !csn_cursor_done(&cursor); len++) {
    if (len == room || !take_byte(&cursor, &out[len], &escaped)) return false;
  }
  *decoded = csn_span_of(out, len);
  return true;
}

static void put_query(csn_sigv4_text *out, const csn_sigv4_query *query) {
  static const csn_span signature = CSN_SPAN_LITERAL("X-Amz-Signature");
  bool first = true;
  for (size_t i = 0; i < query->count; i++) {
    if (csn_span_equal(query->params[i].name, signature)) continue;
    if (!first) put_byte(out, '&');
    csn_sigv4_put(out, query->params[i].name);
    put_byte(out, '=');
    csn_sigv4_put(out, query->params[i].value);
    first = false;
  }
}

/* ---- path ---- */

void csn_sigv4_put_encoded(csn_sigv4_text *out, csn_span bytes) {
  for (size_t i = 0; i < bytes.len; i++) {
    uint8_t text[3];
    size_t len = bytes.ptr[i] == '/' ? 1 : encode_byte(bytes.ptr[i], text);
    csn_sigv4_put(out, bytes.ptr[i] == '/' ? csn_span_of(&bytes.ptr[i], 1) : csn_span_of(text, len));
  }
}

/* RFC 3986 section 5.2.4, and empty segments fall away; the last slash stays. Segments go straight to `out`: ".." takes
 * the last one back, which is as far as the slash before it, since no encoded segment has one. */
static void put_normalized(csn_sigv4_text *out, csn_span path) {
  csn_cursor cursor = csn_cursor_of(path);
  size_t root = out->len;
  while (csn_cursor_skip_byte(&cursor, '/')) {
    csn_span segment = csn_cursor_take_until(&cursor, '/');
    if (segment.len == 0 || (segment.len == 1 && segment.ptr[0] == '.')) continue;
    if (segment.len == 2 && segment.ptr[0] == '.' && segment.ptr[1] == '.') {
      while (out->len > root && out->bytes[--out->len] != '/') continue;
      continue;
    }
    put_byte(out, '/');
    csn_sigv4_put_encoded(out, segment);
  }
  if (out->len == root || path.ptr[path.len - 1] == '/') put_byte(out, '/');
}

/* Once: escapes are kept, and bytes that should have been escaped are. */
static csn_reason put_path_once(csn_sigv4_text *out, csn_span path, csn_verdict *verdict) {
  csn_cursor cursor = csn_cursor_of(path);
  while (!csn_cursor_done(&cursor)) {
    uint8_t byte, text[3];
    bool escaped;
    if (!take_byte(&cursor, &byte, &escaped)) {
      return csn_refuse(verdict, CSN_REASON_TARGET_INVALID, CSN_FIELD_TARGET, csn_cursor_offset(&cursor));
    }
    if (byte == '/' && !escaped) {
      put_byte(out, '/');
    } else {
      csn_sigv4_put(out, csn_span_of(text, encode_byte(byte, text)));
    }
  }
  return OK;
}

static csn_reason put_path(csn_sigv4_text *out, csn_sigv4_path form, csn_span path, csn_verdict *verdict) {
  if (form == CSN_SIGV4_PATH_S3) return put_path_once(out, path, verdict);
  if (form == CSN_SIGV4_PATH_ENCODED) {
    csn_sigv4_put_encoded(out, path);
  } else {
    put_normalized(out, path);
  }
  return OK;
}

/* ---- headers ---- */

static bool is_signed_name(csn_span name) {
  for (size_t i = 0; i < name.len; i++) {
    uint8_t byte = name.ptr[i];
    if (!csn_is_token_char(byte) || (byte >= 'A' && byte <= 'Z')) return false;
  }
  return name.len > 0;
}

static bool is_among(const csn_sigv4_names *names, csn_span name) {
  for (size_t i = 0; i < names->count; i++) {
    if (csn_span_equal_nocase(names->names[i], name)) return true;
  }
  return false;
}

/* host, and what begins with x-amz-. */
static bool must_be_signed(csn_span name) {
  static const csn_span host = CSN_SPAN_LITERAL("host"), amz = CSN_SPAN_LITERAL("x-amz-");
  if (csn_span_equal_nocase(name, host)) return true;
  return name.len >= amz.len && csn_span_equal_nocase(csn_span_of(name.ptr, amz.len), amz);
}

csn_reason csn_sigv4_names_read(csn_span text, const csn_request *request, csn_sigv4_names *out, csn_verdict *verdict) {
  csn_cursor cursor = csn_cursor_of(text);
  out->text = text;
  out->count = 0;
  do {
    csn_span name = csn_cursor_take_until(&cursor, ';');
    bool sorted = out->count == 0 || compare(out->names[out->count - 1], name) < 0;
    if (out->count == CSN_SIGV4_HEADERS_MAX || !is_signed_name(name) || !sorted) {
      return csn_refuse(verdict, CSN_REASON_SIGNED_HEADERS_INVALID, CSN_FIELD_SIGNATURE, 0);
    }
    out->names[out->count++] = name;
  } while (csn_cursor_skip_byte(&cursor, ';'));
  if (!is_among(out, csn_span_str("host"))) {
    return csn_refuse(verdict, CSN_REASON_HEADER_NOT_SIGNED, CSN_FIELD_SIGNATURE, 0);
  }
  for (size_t i = 0; i < request->header_count; i++) {
    if (!must_be_signed(request->headers[i].name) || is_among(out, request->headers[i].name)) continue;
    verdict->header_index = i;
    return csn_refuse(verdict, CSN_REASON_HEADER_NOT_SIGNED, CSN_FIELD_HEADER, 0);
  }
  return OK;
}

static bool is_blank(uint8_t byte) {
  return byte == ' ' || byte == '\t';
}

/* Without white space at its ends, and one space for each run inside it. */
static void put_value(csn_sigv4_text *out, csn_span value) {
  while (value.len > 0 && is_blank(value.ptr[value.len - 1])) value.len--;
  bool gap = false, begun = false;
  for (size_t i = 0; i < value.len; i++) {
    if (is_blank(value.ptr[i])) {
      gap = begun;
      continue;
    }
    if (gap) put_byte(out, ' ');
    put_byte(out, value.ptr[i]);
    gap = false;
    begun = true;
  }
}

/* A signed name that the request does not have: the offset is that of the name, where it stands in a header. */
static csn_reason refuse_missing(const csn_request *request, csn_span name, csn_verdict *verdict) {
  for (size_t i = 0; i < request->header_count; i++) {
    csn_span value = request->headers[i].value;
    size_t offset = (size_t)((uintptr_t)name.ptr - (uintptr_t)value.ptr);
    if (offset >= value.len) continue;
    verdict->header_index = i;
    return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, CSN_FIELD_HEADER, offset);
  }
  return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, CSN_FIELD_TARGET, 0);
}

/* One line: the values of all headers of this name, in their order. */
static csn_reason put_header(csn_sigv4_text *out, const csn_request *request, csn_span name, csn_verdict *verdict) {
  size_t found = 0;
  csn_sigv4_put(out, name);
  put_byte(out, ':');
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, name)) continue;
    if (found++ > 0) put_byte(out, ',');
    put_value(out, request->headers[i].value);
  }
  put_byte(out, '\n');
  return found > 0 ? OK : refuse_missing(request, name, verdict);
}

csn_reason csn_sigv4_canonical(const csn_sigv4_policy *policy, const csn_request *request, const csn_sigv4_query *query,
                               const csn_sigv4_names *names, csn_span payload_hash, csn_sigv4_text *out,
                               csn_verdict *verdict) {
  csn_span path, query_text;
  csn_reason reason = csn_sigv4_split_target(request->target, &path, &query_text, verdict);
  if (reason != OK) return reason;
  out->len = 0;
  out->full = false;
  csn_sigv4_put(out, request->method);
  put_byte(out, '\n');
  if ((reason = put_path(out, policy->path, path, verdict)) != OK) return reason;
  put_byte(out, '\n');
  put_query(out, query);
  put_byte(out, '\n');
  for (size_t i = 0; i < names->count; i++) {
    if ((reason = put_header(out, request, names->names[i], verdict)) != OK) return reason;
  }
  put_byte(out, '\n');
  csn_sigv4_put(out, names->text);
  put_byte(out, '\n');
  csn_sigv4_put(out, payload_hash);
  return out->full ? csn_refuse(verdict, CSN_REASON_CANONICAL_LIMIT, CSN_FIELD_NONE, 0) : OK;
}
