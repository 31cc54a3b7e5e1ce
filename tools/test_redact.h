/* What the tests of the redactor share: a redactor, and what comes out of it. */
#ifndef CSN_TOOLS_TEST_REDACT_H
#define CSN_TOOLS_TEST_REDACT_H

#include "redact.h"
#include "test_support.h"

#define SECRET "correct-horse-battery-staple"
#define HIDDEN "[redacted:secret]"

enum { OUTPUT_MAX = 4 << 20 };

static char output[OUTPUT_MAX];
static size_t output_len;

static inline bool collect(void *self, csn_span bytes) {
  (void)self;
  assert_true(output_len + bytes.len < sizeof output);
  memcpy(output + output_len, bytes.ptr, bytes.len);
  output_len += bytes.len;
  output[output_len] = '\0';
  return true;
}

static inline csn_redactor *redactor_made(const csn_redact_config *config) {
  csn_redact_error error;
  csn_redactor *redactor;
  if (!csn_redactor_new(&redactor, config, &error)) fail_msg("%s", error.text);
  return redactor;
}

static inline csn_redactor *redactor_of(const csn_span *secrets, size_t count) {
  return redactor_made(&(csn_redact_config){.secrets = secrets, .secret_count = count});
}

static inline void feed(csn_redact_stream *stream, csn_span bytes) {
  size_t room = 0;
  assert_true(csn_redact_feed(stream, bytes));
  csn_redact_room(stream, &room);
  assert_true(room > 0); /* else a read into it would look like the end */
}

/* Feeds the input in two parts, and settles between them. */
static inline void redact_split(const csn_redactor *redactor, csn_span input, size_t at) {
  csn_redact_stream *stream = csn_redact_stream_new(redactor, collect, NULL);
  assert_non_null(stream);
  output_len = 0;
  output[0] = '\0';
  feed(stream, csn_span_of(input.ptr, at));
  assert_true(csn_redact_settle(stream));
  feed(stream, csn_span_of(input.ptr + at, input.len - at));
  assert_true(csn_redact_end(stream));
  csn_redact_stream_free(stream);
}

static inline void must_be(const csn_redactor *redactor, csn_span input, csn_span wanted) {
  for (size_t at = 0; at <= input.len; at++) {
    redact_split(redactor, input, at);
    if (output_len == wanted.len && memcmp(output, wanted.ptr, wanted.len) == 0) continue;
    fail_msg("split at %zu: %.*s became %s", at, (int)input.len, (const char *)input.ptr, output);
  }
}

#endif
