/* JSON output: buffered, escaped, ASCII only. Whatever bytes go in, what comes out is valid JSON and safe to show on a
 * terminal: everything outside printable ASCII is escaped, and a byte that is not part of UTF-8 becomes \ufffd. */
#ifndef CSN_TOOLS_JSON_OUT_H
#define CSN_TOOLS_JSON_OUT_H

#include <countersign/span.h>

typedef struct csn_json_out {
  uint8_t *bytes;
  size_t len, room;
  int fd;           /* where a full buffer is written; -1: nowhere, and a full buffer is the error ENOBUFS */
  int error;        /* the first errno of a write; nothing is written after it */
  bool has_written; /* something has been flushed */
} csn_json_out;

/* Writes through `bytes`, which the caller owns, to `fd`. */
void csn_json_out_init(csn_json_out *out, int fd, uint8_t *bytes, size_t room);

void csn_json_out_raw(csn_json_out *out, csn_span bytes);
void csn_json_out_text(csn_json_out *out, const char *text); /* raw as well */
void csn_json_out_string(csn_json_out *out, csn_span bytes); /* with its quotation marks */
void csn_json_out_int(csn_json_out *out, int64_t number);

/* Standard base64 with padding (RFC 4648 section 4), as a JSON string. */
void csn_json_out_base64(csn_json_out *out, csn_span bytes);

/* Writes what is buffered. False where this or an earlier write failed; `error` says why. */
bool csn_json_out_flush(csn_json_out *out);

/* Whether the bytes are UTF-8 without U+0000, so that a JSON string can hold them. */
bool csn_json_out_fits_string(csn_span bytes);

#endif
