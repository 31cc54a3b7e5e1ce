/* The passes over a request of the usual form, each that this processor has: what one says is what the plain code says.
 */
#ifndef CSN_TEST_REQUEST_PASSES_H
#define CSN_TEST_REQUEST_PASSES_H

#include "../src/request_pass.h"
#include "support.h"

static const struct {
  csn_request_pass *pass;
  const char *name;
} request_passes[] = {{csn_request_pass_wide, "wide"}, {csn_request_pass_vbmi, "vbmi"}};
enum { REQUEST_PASSES = sizeof request_passes / sizeof request_passes[0] };

static inline bool has_request_pass(size_t i) {
  return request_passes[i].pass != csn_request_pass_vbmi || csn_request_pass_has_vbmi();
}

static inline bool same_headers(const csn_headers_found *a, const csn_headers_found *b) {
  bool same = a->present == b->present && a->repeated == b->repeated;
  for (size_t i = 0; same && i < CSN_HEADER_NAMES_MAX; i++) {
    same = (a->present & csn_header_name_bit(i)) == 0 || a->headers[i] == b->headers[i];
  }
  return same;
}

/* `right`: the request's form is. A pass may say no to it, but not to one that is `usual`. */
static inline void check_request_passes(const csn_request *request, const csn_header_names *names, bool right,
                                        bool usual) {
  csn_headers_found wanted, found;
  csn_headers_find(names, request, &wanted);
  for (size_t i = 0; i < REQUEST_PASSES; i++) {
    if (!has_request_pass(i)) continue;
    bool passes = request_passes[i].pass(request, names, &found);
    if (passes && !right) fail_msg("%s: a request of a wrong form passes", request_passes[i].name);
    if (!passes && right && usual) fail_msg("%s: a request of the usual form does not pass", request_passes[i].name);
    if (passes && !same_headers(&found, &wanted)) fail_msg("%s: other headers are found", request_passes[i].name);
  }
}

#endif
