/* Writing text into a caller's buffer: what does not fit is noticed once, at the end. */
#ifndef CSN_WRITER_H
#define CSN_WRITER_H

#include <countersign/span.h>
#include <inttypes.h>
#include <stdio.h>

#include "encoding.h"

typedef struct csn_writer {
  uint8_t *out;
  size_t size, len; /* `len` counts on when there is no room left */
  bool overflow;    /* from then on nothing is written */
} csn_writer;

/* Where `len` bytes are to be written; NULL where they do not fit. */
static inline uint8_t *csn_put_room(csn_writer *writer, size_t len) {
  size_t at = writer->len;
  writer->overflow = writer->overflow || len > writer->size - at;
  writer->len += len;
  return writer->overflow ? NULL : writer->out + at;
}

static inline void csn_put(csn_writer *writer, csn_span bytes) {
  uint8_t *out = bytes.len > 0 ? csn_put_room(writer, bytes.len) : NULL;
  if (out != NULL) memcpy(out, bytes.ptr, bytes.len);
}

static inline void csn_put_text(csn_writer *writer, const char *text) {
  csn_put(writer, csn_span_str(text));
}

static inline void csn_put_int(csn_writer *writer, int64_t number) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%" PRId64, number);
  csn_put(writer, csn_span_of(digits, (size_t)len));
}

static inline void csn_put_base64url(csn_writer *writer, csn_span bytes) {
  uint8_t *out = bytes.len > 0 ? csn_put_room(writer, csn_base64url_encoded_len(bytes.len)) : NULL;
  if (out != NULL) csn_base64url_encode(bytes, (char *)out);
}

/* A JSON string (RFC 8259 section 7); whether it is UTF-8 is not looked at. */
static inline void csn_put_json_string(csn_writer *writer, csn_span text) {
  csn_put_text(writer, "\"");
  for (size_t i = 0; i < text.len; i++) {
    char escaped[7];
    if (text.ptr[i] < 0x20 || text.ptr[i] == '"' || text.ptr[i] == '\\') {
      (void)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)text.ptr[i]);
      csn_put_text(writer, escaped);
    } else {
      csn_put(writer, csn_span_of(text.ptr + i, 1));
    }
  }
  csn_put_text(writer, "\"");
}

#endif
