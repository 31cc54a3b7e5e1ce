/* Signature bases for tests, and the request of RFC 9421 appendix B.2. */
#ifndef CSN_TEST_SIGNATURE_SUPPORT_H
#define CSN_TEST_SIGNATURE_SUPPORT_H

#include <countersign/http_signature.h>

#include "guarded.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define H(name, value) \
  { CSN_SPAN_LITERAL(name), CSN_SPAN_LITERAL(value) }

static guarded input;
static uint8_t base[CSN_SIGNATURE_BASE_MAX + 1];
static size_t base_len, offset;

static const csn_structured_field example_dict = {CSN_SPAN_LITERAL("example-dict"), CSN_SF_DICTIONARY};
static const csn_http_context https = {.scheme = CSN_SPAN_LITERAL("https"), .fields = &example_dict, .field_count = 1};

static inline csn_reason make_base(const csn_request *request, const csn_http_context *context, csn_span covered) {
  csn_byte_buffer buffer = {.bytes = base, .size = sizeof base - 1};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  csn_reason reason = csn_signature_base(request, context, covered, &sink, &offset);
  assert_false(buffer.overflow);
  base_len = buffer.len;
  base[base_len] = 0;
  return reason;
}

static inline void assert_reason_is(csn_reason reason, csn_reason expected, const char *covered) {
  if (reason == expected) return;
  fail_msg("%s: %s, not %s, at %zu", covered, csn_reason_label(reason), csn_reason_label(expected), offset);
}

/* The lines in front of the parameters, each with its line feed. */
static inline void assert_lines(const csn_request *request, const char *covered, const char *lines) {
  csn_reason reason = make_base(request, &https, guarded_copy(&input, csn_span_str(covered)));
  assert_reason_is(reason, CSN_REASON_ACCEPTED, covered);
  char expected[2048];
  (void)snprintf(expected, sizeof expected, "%s\"@signature-params\": %s", lines, covered);
  assert_string_equal((const char *)base, expected);
}

static inline void assert_refused(const csn_request *request, const char *covered, csn_reason expected, size_t at) {
  csn_reason reason = make_base(request, &https, guarded_copy(&input, csn_span_str(covered)));
  assert_reason_is(reason, expected, covered);
  if (offset != at) fail_msg("%s: at %zu, not %zu", covered, offset, at);
}

#define DIGEST "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"

static const csn_header test_headers[] = {
    H("Host", "example.com"),
    H("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    H("Content-Type", "application/json"),
    H("Content-Digest", DIGEST),
    H("Content-Length", "18"),
};

static const csn_request test_request = {
    .method = CSN_SPAN_LITERAL("POST"),
    .target = CSN_SPAN_LITERAL("/foo?param=Value&Pet=dog"),
    .headers = test_headers,
    .header_count = COUNT(test_headers),
    .body = CSN_SPAN_LITERAL("{\"hello\": \"world\"}"),
};

#endif
