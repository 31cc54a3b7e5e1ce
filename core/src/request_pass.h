/* One pass over a request of the usual form: that it has it, and where the headers are whose names a scheme reads. */
#ifndef CSN_REQUEST_PASS_H
#define CSN_REQUEST_PASS_H

#include "header_names.h"

enum { CSN_METHOD_MAX = 32 /* bytes; the longest registered method has 17 */ };

/* False where the form is not the usual one, though it may be right; then `found` means nothing. */
typedef bool csn_request_pass(const csn_request *request, const csn_header_names *names, csn_headers_found *found);
csn_request_pass csn_request_pass_wide; /* sixteen bytes at a time */
csn_request_pass csn_request_pass_vbmi; /* 64, with AVX-512 VBMI: only where the processor has it */

/* What this processor has. */
bool csn_request_pass_has_vbmi(void);

/* Of no length that it may have. */
static inline bool csn_request_part_is_out(csn_span part, size_t max) {
  return part.len - 1 >= max;
}

#endif
