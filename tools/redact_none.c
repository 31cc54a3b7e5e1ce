/* The redactor of a build without Hyperscan: it says so. */
#include <stdio.h>

#include "redact.h"

bool csn_redactor_new(csn_redactor **out, const csn_redact_config *config, csn_redact_error *error) {
  (void)config;
  *out = NULL;
  snprintf(error->text, sizeof error->text,
           "this build is without redaction: it needs Hyperscan or Vectorscan, which this architecture lacks");
  return false;
}

bool csn_redact_regex_valid(const char *regex, csn_redact_error *error) {
  (void)regex, (void)error;
  return true;
}

void csn_redactor_free(csn_redactor *redactor) {
  (void)redactor;
}

csn_redact_stream *csn_redact_stream_new(const csn_redactor *redactor, csn_redact_write *write, void *self) {
  (void)redactor, (void)write, (void)self;
  return NULL;
}

void csn_redact_stream_free(csn_redact_stream *stream) {
  (void)stream;
}

uint8_t *csn_redact_room(csn_redact_stream *stream, size_t *room) {
  (void)stream;
  *room = 0;
  return NULL;
}

bool csn_redact_took(csn_redact_stream *stream, size_t len) {
  (void)stream, (void)len;
  return false;
}

bool csn_redact_feed(csn_redact_stream *stream, csn_span bytes) {
  (void)stream, (void)bytes;
  return false;
}

bool csn_redact_settle(csn_redact_stream *stream) {
  (void)stream;
  return false;
}

bool csn_redact_end(csn_redact_stream *stream) {
  (void)stream;
  return false;
}
