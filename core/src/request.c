/* The form of the whole request, and where in it the headers are that a scheme reads. Nearly every request shows both
 * in one pass (request_pass.c); what is wrong with another, and where, is found part by part. */
#include "fast_path.h"
#include "locate.h"
#include "refuse.h"
#include "request_pass.h"

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
  if (request->method.len == 0 || request->method.len > CSN_METHOD_MAX || at < request->method.len) {
    return csn_refuse(verdict, CSN_REASON_METHOD_INVALID, CSN_FIELD_METHOD, at_most(at, CSN_METHOD_MAX));
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

static bool pass(const csn_request *request, const csn_header_names *names, csn_headers_found *found) {
  if (!csn_fast_paths()) return false;
  return (csn_request_pass_has_vbmi() ? csn_request_pass_vbmi : csn_request_pass_wide)(request, names, found);
}

csn_reason csn_request_read(const csn_request *request, const csn_header_names *names, csn_headers_found *found,
                            csn_verdict *verdict) {
  if (pass(request, names, found)) return CSN_REASON_ACCEPTED;
  csn_reason reason = check_one_by_one(request, verdict);
  if (reason == CSN_REASON_ACCEPTED) csn_headers_find(names, request, found);
  return reason;
}

csn_reason csn_request_check(const csn_request *request, csn_verdict *verdict) {
  static const csn_header_names none;
  csn_headers_found found;
  return csn_request_read(request, &none, &found, verdict);
}
