/* Scopes: what a credential may do. A list is as in RFC 6749 section 3.3: scope-tokens, each of one or more of %x21 /
 * %x23-5B / %x5D-7E, with one space between two. The empty list is the empty text, and has no scopes. */
#ifndef COUNTERSIGN_SCOPE_H
#define COUNTERSIGN_SCOPE_H

#include <countersign/span.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CSN_SCOPES_MAX = 1024 /* bytes of a list */ };

/* A list by value, so that a verdict points at nothing. Only the first `len` bytes are set. */
typedef struct csn_scopes {
  uint16_t len;
  uint8_t bytes[CSN_SCOPES_MAX];
} csn_scopes;

static inline csn_span csn_scopes_span(const csn_scopes *scopes) {
  return csn_span_of(scopes->bytes, scopes->len);
}

/* Copies `list`; one that is too long gives the empty list, never a part. */
void csn_scopes_set(csn_scopes *scopes, csn_span list) CSN_NONNULL_ALL;

/* Whether it is a list, of at most CSN_SCOPES_MAX bytes. Thread-safe, as the next. */
bool csn_scopes_valid(csn_span list) CSN_WARN_UNUSED;

/* True where every scope of `required` is, byte for byte, one of `held`. False where either list is not valid. Not
 * constant-time. */
bool csn_scopes_cover(csn_span held, csn_span required) CSN_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
