/* The form of the whole request. What has all of it, as nearly every request, is seen in one pass that asks but once
 * whether there was anything wrong; what is wrong, and where, is found part by part. */
#include "charset_wide.h"
#include "credential.h"
#include "refuse.h"

enum { METHOD_MAX = 32 /* bytes; the longest registered method has 17 */ };

/* ---- part by part ---- */

static size_t at_most(size_t offset, size_t limit) {
  return offset < limit ? offset : limit;
}

static csn_reason check_header(const csn_header *header, csn_verdict *verdict) {
  size_t at = csn_token_prefix(header->name);
  if (header->name.len == 0 || header->name.len > CSN_HEADER_NAME_MAX || at < header->name.len) {
    return csn_refuse(verdict, CSN_REASON_HEADER_NAME_INVALID, CSN_FIELD_HEADER, at_most(at, CSN_HEADER_NAME_MAX));
  }
  if (header->value.len > CSN_HEADER_VALUE_MAX) {
    return csn_refuse(verdict, CSN_REASON_HEADER_TOO_LONG, CSN_FIELD_HEADER, CSN_HEADER_VALUE_MAX);
  }
  at = csn_value_prefix(header->value);
  if (at < header->value.len) return csn_refuse(verdict, CSN_REASON_HEADER_VALUE_INVALID, CSN_FIELD_HEADER, at);
  return CSN_REASON_ACCEPTED;
}

static csn_reason check_one_by_one(const csn_request *request, csn_verdict *verdict) {
  size_t at = csn_token_prefix(request->method);
  if (request->method.len == 0 || request->method.len > METHOD_MAX || at < request->method.len) {
    return csn_refuse(verdict, CSN_REASON_METHOD_INVALID, CSN_FIELD_METHOD, at_most(at, METHOD_MAX));
  }
  at = csn_target_prefix(request->target);
  if (request->target.len == 0 || request->target.len > CSN_TARGET_MAX || at < request->target.len) {
    return csn_refuse(verdict, CSN_REASON_TARGET_INVALID, CSN_FIELD_TARGET, at_most(at, CSN_TARGET_MAX));
  }
  if (request->header_count > CSN_HEADERS_MAX) {
    return csn_refuse(verdict, CSN_REASON_HEADER_LIMIT, CSN_FIELD_HEADER, 0);
  }
  for (size_t i = 0; i < request->header_count; i++) {
    csn_reason reason = check_header(&request->headers[i], verdict);
    if (reason == CSN_REASON_ACCEPTED) continue;
    verdict->header_index = i;
    return reason;
  }
  return CSN_REASON_ACCEPTED;
}

/* ---- in one pass ---- */

/* Of no length that it may have. */
static inline bool is_out(csn_span span, size_t max) {
  return span.len == 0 || span.len > max;
}

/* False also of a form that is right but unusual. */
static bool is_usual(const csn_request *request) {
  if (is_out(request->method, METHOD_MAX) || is_out(request->target, CSN_TARGET_MAX)) return false;
  if (request->header_count > CSN_HEADERS_MAX) return false;
  csn_bytes16 strange = csn_wide_strangers(request->method, csn_wide_plain);
  strange |= csn_wide_strangers(request->target, csn_wide_target);
  for (size_t i = 0; i < request->header_count; i++) {
    const csn_header *header = &request->headers[i];
    if (is_out(header->name, CSN_HEADER_NAME_MAX) || header->value.len > CSN_HEADER_VALUE_MAX) return false;
    strange |= csn_wide_strangers(header->name, csn_wide_plain);
    strange |= csn_wide_strangers(header->value, csn_wide_value);
  }
  return csn_bytes16_any(strange) == 0;
}

csn_reason csn_request_check(const csn_request *request, csn_verdict *verdict) {
  return is_usual(request) ? CSN_REASON_ACCEPTED : check_one_by_one(request, verdict);
}
