/* A request as one line of JSON:
 *
 *   {"id":…,"method":"POST","target":"/a?b=c","headers":[["Name","value"],…],"body":"…"|"body_base64":"…",
 *    "client_ip":"…"}
 *
 * All but `method` and `target` may be absent; `id` is any string or number and is given back as it stands. A JSON
 * string cannot hold every byte: `body_base64` is for bodies that are not UTF-8. */
#ifndef CSN_TOOLS_REQUEST_LINE_H
#define CSN_TOOLS_REQUEST_LINE_H

#include <countersign/countersign.h>

#include "json_out.h"

/* Reusable: the buffers grow to the largest line and are kept. Zero it first. */
typedef struct csn_request_line {
  csn_request request; /* points into the line and into `memory` */
  csn_span id;         /* the JSON text of the id, with its quotation marks; empty where absent */
  csn_span client_ip;
  csn_header headers[CSN_HEADERS_MAX + 1]; /* one more than is accepted, so that the core says so */
  void *memory;
  size_t memory_size;
} csn_request_line;

/* Reads one line. On false, `*reason` is a sentence (static storage) and `*offset` the byte where it went wrong. */
bool csn_request_line_read(csn_request_line *out, csn_span line, const char **reason, size_t *offset) CSN_WARN_UNUSED;
void csn_request_line_free(csn_request_line *line);

/* Writes the request as a line, with `count` headers more behind its own. */
void csn_request_line_write(csn_json_out *out, const csn_request_line *line, const csn_header *headers, size_t count);

#endif
