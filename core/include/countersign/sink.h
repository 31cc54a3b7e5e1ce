/* Where bytes go that are made piece by piece: a hash, a MAC, or a buffer of the caller's. */
#ifndef COUNTERSIGN_SINK_H
#define COUNTERSIGN_SINK_H

#include <countersign/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `write` is called once for each piece, in order; the bytes are valid during the call only. */
typedef struct csn_byte_sink {
  void (*write)(void *self, csn_span bytes);
  void *self;
} csn_byte_sink;

/* A bounded buffer as a sink. What does not fit sets `overflow`, and nothing is written from then on. */
typedef struct csn_byte_buffer {
  uint8_t *bytes;
  size_t size, len;
  bool overflow;
} csn_byte_buffer;

/* A sink that appends to `buffer`, which outlives it. */
csn_byte_sink csn_byte_buffer_sink(csn_byte_buffer *buffer) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
