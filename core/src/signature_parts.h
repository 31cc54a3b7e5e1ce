/* What the signature base is put together from. */
#ifndef CSN_SIGNATURE_PARTS_H
#define CSN_SIGNATURE_PARTS_H

#include <countersign/http_signature.h>

#include "structured.h"

/* A component identifier (RFC 9421 section 2): a name and its parameters. Absent strings have null pointers. */
typedef struct csn_component {
  csn_span name;
  csn_span key;         /* of `key` (section 2.1.2) */
  csn_span query_param; /* of `name` (section 2.2.8) */
  bool sf, bs;          /* sections 2.1.1, 2.1.3 */
} csn_component;

/* A request and the parts of its target; `query` starts with its question mark, and is empty where there is none. */
typedef struct csn_message {
  const csn_request *request;
  const csn_http_context *context;
  bool has_path;              /* origin-form or absolute-form (RFC 9112 section 3.2) */
  csn_span scheme, authority; /* absolute-form only */
  csn_span path, query;
} csn_message;

/* Reads an identifier: ACCEPTED, SIGNATURE_INPUT_INVALID or COMPONENT_UNSUPPORTED. */
csn_reason csn_component_read(const csn_sf_item *item, csn_component *out) CSN_WARN_UNUSED;

/* Whether it is the name of a derived component of requests. */
bool csn_component_is_derived(csn_span name) CSN_WARN_UNUSED;

csn_message csn_message_of(const csn_request *request, const csn_http_context *context);

/* Writes the component's value; ACCEPTED, or the reason why it has none. */
csn_reason csn_component_derived(const csn_message *message, const csn_component *component, const csn_byte_sink *sink);
csn_reason csn_component_field(const csn_message *message, const csn_component *component, const csn_byte_sink *sink);
csn_reason csn_component_query_param(const csn_message *message, const csn_component *component,
                                     const csn_byte_sink *sink);

/* Printable ASCII and tabs: no other byte may stand in a line of the signature base. */
static inline bool csn_is_line(csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];
    if ((c < 0x20 && c != '\t') || c > 0x7e) return false;
  }
  return true;
}

static inline void csn_sink_put(const csn_byte_sink *sink, csn_span bytes) {
  sink->write(sink->self, bytes);
}
static inline void csn_sink_put_text(const csn_byte_sink *sink, const char *text) {
  csn_sink_put(sink, csn_span_str(text));
}

/* Writes a line's value, if it can be one. */
static inline csn_reason csn_sink_put_line(const csn_byte_sink *sink, csn_span text) {
  if (!csn_is_line(text)) return CSN_REASON_COMPONENT_INVALID;
  csn_sink_put(sink, text);
  return CSN_REASON_ACCEPTED;
}

#endif
