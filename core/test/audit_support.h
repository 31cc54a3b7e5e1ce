/* What the tests of audit events share: a line that was formatted, and the check of what holds for every line. */
#ifndef CSN_TEST_AUDIT_SUPPORT_H
#define CSN_TEST_AUDIT_SUPPORT_H

#include <jansson.h>

#include "guarded.h"
#include "nonce_support.h"

static char line[CSN_AUDIT_LINE_MAX + 1];
static csn_verdict accepted = {.reason = CSN_REASON_ACCEPTED};

static inline csn_audit_event event_of(csn_span client_ip) {
  csn_audit_event event = {
      .client_ip = client_ip, .method = CSN_SPAN_LITERAL("GET"), .target = CSN_SPAN_LITERAL("/"), .verdict = &accepted};
  return event;
}

/* Formats into `line`; checks what holds for every line: its bounds, and that it is one line of printable ASCII. */
static inline csn_span format(const csn_audit_event *event) {
  size_t len = csn_audit_format(event, line, CSN_AUDIT_LINE_MAX);
  assert_in_range(len, 1, CSN_AUDIT_LINE_MAX);
  assert_int_equal(line[len - 1], '\n');
  for (size_t i = 0; i + 1 < len; i++) {
    if (line[i] < 0x20 || line[i] > 0x7e) fail_msg("byte %zu is 0x%02x", i, (uint8_t)line[i]);
  }
  return csn_span_of(line, len);
}

static inline json_t *parse(csn_span text) {
  json_error_t error;
  json_t *root =
      json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
  if (root == NULL) fail_msg("%s at %d", error.text, error.position);
  return root;
}

static inline json_t *round_trip(const csn_audit_event *event) {
  return parse(format(event));
}

static inline void member_is(const json_t *root, const char *name, const char *expected) {
  const char *value = json_string_value(json_object_get(root, name));
  if (value == NULL) fail_msg("%s is absent or no string", name);
  assert_string_equal(value, expected);
}

#endif
