/* Reading the credential of AWS Signature Version 4. Nothing here believes anything. */
#include "sigv4_read.h"

#include "credential.h"
#include "cursor.h"
#include "encoding.h"

#define OK CSN_REASON_ACCEPTED

static const csn_span algorithm = CSN_SPAN_LITERAL("AWS4-HMAC-SHA256");
static const csn_span terminator = CSN_SPAN_LITERAL("aws4_request");
static const csn_span unsigned_payload = CSN_SPAN_LITERAL("UNSIGNED-PAYLOAD");
static const csn_span streaming = CSN_SPAN_LITERAL("STREAMING-");

static csn_reason reject(csn_sigv4_reading *r, csn_reason reason, csn_field field, size_t offset) {
  return csn_refuse(r->verdict, reason, field, offset);
}

void csn_sigv4_reading_start(csn_sigv4_reading *r, const csn_sigv4_policy *policy, const csn_request *request,
                             csn_verdict *verdict) {
  const csn_span nothing = {NULL, 0};
  r->policy = policy;
  r->request = request;
  r->verdict = verdict;
  r->presigned = r->payload_given = false;
  r->credential = r->key_id = r->scope = r->stamp = r->expires_text = nothing;
  r->signed_headers = r->signature = r->payload = nothing;
  r->timestamp = r->expires = 0;
  r->decoded_len = 0;
}

/* ---- the request ---- */

const csn_header *csn_sigv4_find_header(const csn_request *request, const char *name) {
  csn_span wanted = csn_span_str(name);
  for (size_t i = 0; i < request->header_count; i++) {
    if (csn_span_equal_nocase(request->headers[i].name, wanted)) return &request->headers[i];
  }
  return NULL;
}

/* What is read must be there once: no first wins, no last wins. */
static csn_reason check_repetition(csn_sigv4_reading *r) {
  static const char *const read[] = {"authorization", "host", "x-amz-date", "x-amz-content-sha256",
                                     "x-amz-security-token"};
  for (size_t i = 0; i < r->request->header_count; i++) {
    const csn_header *header = &r->request->headers[i];
    for (size_t k = 0; k < sizeof read / sizeof read[0]; k++) {
      if (!csn_span_equal_nocase(header->name, csn_span_str(read[k]))) continue;
      if (csn_sigv4_find_header(r->request, read[k]) == header) continue;
      r->verdict->header_index = i;
      return reject(r, CSN_REASON_FIELD_REPEATED, CSN_FIELD_HEADER, 0);
    }
  }
  return OK;
}

csn_reason csn_sigv4_read_request(csn_sigv4_reading *r) {
  csn_span path, query;
  bool repeated;
  csn_reason reason = csn_request_check(r->request, r->verdict);
  if (reason != OK) return reason;
  if ((reason = check_repetition(r)) != OK) return reason;
  if ((reason = csn_sigv4_split_target(r->request->target, &path, &query, r->verdict)) != OK) return reason;
  if ((reason = csn_sigv4_query_read(query, path.len + 1, &r->query, r->verdict)) != OK) return reason;
  r->presigned = csn_sigv4_query_find(&r->query, "X-Amz-Algorithm", &repeated) != NULL ||
                 csn_sigv4_query_find(&r->query, "X-Amz-Signature", &repeated) != NULL;
  return OK;
}

/* ---- Authorization ---- */

/* One `name=value`; the value goes where its name says. */
static csn_reason read_pair(csn_sigv4_reading *r, csn_cursor *cursor) {
  const struct {
    const char *name;
    csn_span *value;
  } known[] = {{"Credential", &r->credential}, {"SignedHeaders", &r->signed_headers}, {"Signature", &r->signature}};
  size_t start = csn_cursor_offset(cursor);
  csn_span name = csn_cursor_take_until(cursor, '=');
  if (!csn_cursor_skip_byte(cursor, '=')) return reject(r, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_HEADER, start);
  csn_span value = csn_cursor_take_until(cursor, ',');
  while (value.len > 0 && value.ptr[value.len - 1] == ' ') value.len--;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (!csn_span_equal(name, csn_span_str(known[i].name))) continue;
    if (known[i].value->ptr != NULL) return reject(r, CSN_REASON_FIELD_REPEATED, CSN_FIELD_HEADER, start);
    *known[i].value = value;
    return OK;
  }
  return reject(r, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_HEADER, start);
}

csn_reason csn_sigv4_read_authorization(csn_sigv4_reading *r) {
  const csn_header *header = csn_sigv4_find_header(r->request, "authorization");
  const csn_header *stamp = csn_sigv4_find_header(r->request, "x-amz-date");
  if (header == NULL) return reject(r, CSN_REASON_FIELD_MISSING, CSN_FIELD_SIGNATURE, 0);
  csn_cursor cursor = csn_cursor_of(header->value);
  r->verdict->header_index = (size_t)(header - r->request->headers);
  if (header->value.len > CSN_SIGV4_AUTHORIZATION_MAX) {
    return reject(r, CSN_REASON_HEADER_TOO_LONG, CSN_FIELD_HEADER, CSN_SIGV4_AUTHORIZATION_MAX);
  }
  if (!csn_cursor_skip_text(&cursor, algorithm) || csn_cursor_peek(&cursor) != ' ') {
    return reject(r, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_HEADER, csn_cursor_offset(&cursor));
  }
  do {
    while (csn_cursor_skip_byte(&cursor, ' ')) continue;
    csn_reason reason = read_pair(r, &cursor);
    if (reason != OK) return reason;
  } while (csn_cursor_skip_byte(&cursor, ','));
  if (r->credential.ptr == NULL || r->signed_headers.ptr == NULL || r->signature.ptr == NULL) {
    return reject(r, CSN_REASON_FIELD_MISSING, CSN_FIELD_HEADER, header->value.len);
  }
  r->verdict->header_index = 0;
  if (stamp == NULL) return reject(r, CSN_REASON_FIELD_MISSING, CSN_FIELD_TIMESTAMP, 0);
  r->stamp = stamp->value;
  return OK;
}

/* ---- the query ---- */

/* Decodes the one parameter of this name. An absent one leaves `out` as it is. */
static csn_reason read_parameter(csn_sigv4_reading *r, const char *name, csn_field field, csn_span *out) {
  bool repeated;
  const csn_span *value = csn_sigv4_query_find(&r->query, name, &repeated);
  if (value == NULL) return OK;
  if (repeated) return reject(r, CSN_REASON_FIELD_REPEATED, field, 0);
  if (!csn_sigv4_decode(*value, r->decoded + r->decoded_len, sizeof r->decoded - r->decoded_len, out)) {
    return reject(r, CSN_REASON_CANONICAL_LIMIT, field, 0);
  }
  r->decoded_len += out->len;
  return OK;
}

/* A header that says what a parameter says, too, or would. */
static csn_reason refuse_header(csn_sigv4_reading *r, const char *name, csn_field field) {
  const csn_header *header = csn_sigv4_find_header(r->request, name);
  return header == NULL ? OK : reject(r, CSN_REASON_FIELD_REPEATED, field, 0);
}

csn_reason csn_sigv4_read_parameters(csn_sigv4_reading *r) {
  csn_span named = {NULL, 0}, token = {NULL, 0};
  const struct {
    const char *name;
    csn_field field;
    csn_span *value;
    bool needed;
  } known[] = {{"X-Amz-Algorithm", CSN_FIELD_SIGNATURE, &named, true},
               {"X-Amz-Credential", CSN_FIELD_KEY_ID, &r->credential, true},
               {"X-Amz-Date", CSN_FIELD_TIMESTAMP, &r->stamp, true},
               {"X-Amz-Expires", CSN_FIELD_TIMESTAMP, &r->expires_text, true},
               {"X-Amz-SignedHeaders", CSN_FIELD_SIGNATURE, &r->signed_headers, true},
               {"X-Amz-Signature", CSN_FIELD_SIGNATURE, &r->signature, false},
               {"X-Amz-Content-Sha256", CSN_FIELD_BODY_SHA256, &r->payload, false},
               {"X-Amz-Security-Token", CSN_FIELD_TOKEN, &token, false}};
  csn_reason reason = OK;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if ((reason = read_parameter(r, known[i].name, known[i].field, known[i].value)) != OK) return reason;
    if (known[i].needed && known[i].value->ptr == NULL) {
      return reject(r, CSN_REASON_FIELD_MISSING, known[i].field, 0);
    }
  }
  if (!csn_span_equal(named, algorithm)) return reject(r, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, 0);
  if ((reason = refuse_header(r, "authorization", CSN_FIELD_SIGNATURE)) != OK) return reason;
  if ((reason = refuse_header(r, "x-amz-date", CSN_FIELD_TIMESTAMP)) != OK) return reason;
  if (token.ptr == NULL) return OK;
  return refuse_header(r, "x-amz-security-token", CSN_FIELD_TOKEN);
}

/* ---- date and time ---- */

/* Reads `count` digits. */
static bool take_number(csn_cursor *cursor, size_t count, int64_t *out) {
  csn_span text;
  if (!csn_cursor_take(cursor, count, &text)) return false;
  *out = 0;
  for (size_t i = 0; i < count; i++) {
    if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    *out = *out * 10 + (text.ptr[i] - '0');
  }
  return true;
}

/* Days since 1970-01-01 of a day that is of the calendar; years are counted from March, so that the leap day is last.
 */
static bool days_of(int64_t year, int64_t month, int64_t day, int64_t *out) {
  static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (year < 1970 || month < 1 || month > 12 || day < 1) return false;
  if (day > lengths[month - 1] + (month == 2 && leap ? 1 : 0)) return false;
  int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
  *out = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
  return true;
}

bool csn_sigv4_stamp_parse(csn_span text, int64_t *seconds) {
  csn_cursor cursor = csn_cursor_of(text);
  int64_t year, month, day, hour, minute, second, days;
  bool form = take_number(&cursor, 4, &year) && take_number(&cursor, 2, &month) && take_number(&cursor, 2, &day) &&
              csn_cursor_skip_byte(&cursor, 'T') && take_number(&cursor, 2, &hour) &&
              take_number(&cursor, 2, &minute) && take_number(&cursor, 2, &second) &&
              csn_cursor_skip_byte(&cursor, 'Z') && csn_cursor_done(&cursor);
  if (!form || hour > 23 || minute > 59 || second > 59 || !days_of(year, month, day, &days)) return false;
  *seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  return true;
}

/* 1 to the policy's limit, in digits without a leading zero. */
static csn_reason read_expires(csn_sigv4_reading *r) {
  csn_cursor cursor = csn_cursor_of(r->expires_text);
  size_t len = r->expires_text.len;
  bool number = len > 0 && len <= 6 && csn_cursor_peek(&cursor) != '0' && take_number(&cursor, len, &r->expires);
  if (number && r->expires <= r->policy->expires_max) return OK;
  return reject(r, CSN_REASON_EXPIRES_INVALID, CSN_FIELD_TIMESTAMP, 0);
}

csn_reason csn_sigv4_read_stamp(csn_sigv4_reading *r) {
  if (!csn_sigv4_stamp_parse(r->stamp, &r->timestamp)) {
    return reject(r, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0);
  }
  return r->presigned ? read_expires(r) : OK;
}

/* ---- credential, signature, payload ---- */

/* id/date/region/service/aws4_request: an id has no slash, and is bytes that are looked up or not. */
csn_reason csn_sigv4_read_credential(csn_sigv4_reading *r) {
  csn_cursor cursor = csn_cursor_of(r->credential);
  csn_span parts[5];
  size_t at = 0;
  for (size_t i = 0; i < 5; i++) {
    parts[i] = csn_cursor_take_until(&cursor, '/');
    if (i < 4 && !csn_cursor_skip_byte(&cursor, '/')) break;
    if (i == 0) r->scope = csn_cursor_rest(&cursor);
    at = i;
  }
  if (at < 4 || !csn_cursor_done(&cursor)) return reject(r, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_KEY_ID, 0);
  if (parts[0].len == 0) return reject(r, CSN_REASON_KID_INVALID, CSN_FIELD_KEY_ID, 0);
  if (parts[0].len > CSN_ID_MAX) return reject(r, CSN_REASON_KID_INVALID, CSN_FIELD_KEY_ID, CSN_ID_MAX);
  r->key_id = parts[0];
  csn_name_set(&r->verdict->key_id, r->key_id);
  bool expected = csn_span_equal(parts[1], csn_span_of(r->stamp.ptr, 8)) &&
                  csn_span_equal(parts[2], r->policy->region) && csn_span_equal(parts[3], r->policy->service) &&
                  csn_span_equal(parts[4], terminator);
  return expected ? OK : reject(r, CSN_REASON_SCOPE_MISMATCH, CSN_FIELD_KEY_ID, parts[0].len + 1);
}

csn_reason csn_sigv4_read_signature(csn_sigv4_reading *r) {
  size_t offset;
  if (r->signature.ptr == NULL) return reject(r, CSN_REASON_FIELD_MISSING, CSN_FIELD_SIGNATURE, 0);
  if (r->signature.len != CSN_SIGV4_SIGNATURE_CHARS) {
    return reject(r, CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE, 0);
  }
  if (csn_hex_decode(r->signature, r->mac, &offset)) return OK;
  return reject(r, CSN_REASON_SIGNATURE_ENCODING, CSN_FIELD_SIGNATURE, offset);
}

/* No hash is given: it is the body's own, or for S3 none. */
static csn_reason default_payload(csn_sigv4_reading *r) {
  uint8_t hash[CSN_SHA256_BYTES];
  if (r->policy->path == CSN_SIGV4_PATH_S3) {
    if (!r->presigned) return reject(r, CSN_REASON_FIELD_MISSING, CSN_FIELD_BODY_SHA256, 0);
    r->payload = unsigned_payload;
    return OK;
  }
  csn_sha256(r->request->body, hash);
  csn_hex_encode(csn_span_of(hash, sizeof hash), r->body_hex);
  r->payload = csn_span_of(r->body_hex, sizeof r->body_hex);
  return OK;
}

csn_reason csn_sigv4_read_payload(csn_sigv4_reading *r) {
  const csn_header *header = csn_sigv4_find_header(r->request, "x-amz-content-sha256");
  size_t offset;
  if (header != NULL) {
    if (r->payload.ptr != NULL) return reject(r, CSN_REASON_FIELD_REPEATED, CSN_FIELD_BODY_SHA256, 0);
    r->payload = header->value;
  }
  csn_cursor cursor = csn_cursor_of(r->payload);
  bool given = header != NULL || r->payload.ptr != NULL;
  csn_reason reason = given ? OK : default_payload(r);
  if (reason != OK) return reason;
  if (csn_span_equal(r->payload, unsigned_payload)) {
    return r->policy->unsigned_payload ? OK : reject(r, CSN_REASON_PAYLOAD_UNSIGNED, CSN_FIELD_BODY_SHA256, 0);
  }
  if (!given) return OK;
  if (csn_cursor_skip_text(&cursor, streaming)) {
    return reject(r, CSN_REASON_PAYLOAD_STREAMING, CSN_FIELD_BODY_SHA256, 0);
  }
  r->payload_given = r->payload.len == sizeof r->body_hex && csn_hex_decode(r->payload, r->payload_hash, &offset);
  return r->payload_given ? OK : reject(r, CSN_REASON_PAYLOAD_HASH_INVALID, CSN_FIELD_BODY_SHA256, 0);
}
