/* Byte spans: the only way bytes enter and leave the core.
 *
 * A span points into memory that somebody else owns. Nothing in the core copies what a span names, and nothing
 * expects a NUL behind it. An empty span may have a null pointer. */
#ifndef COUNTERSIGN_SPAN_H
#define COUNTERSIGN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define CSN_WARN_UNUSED __attribute__((warn_unused_result))
#define CSN_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define CSN_NONNULL_ALL __attribute__((nonnull))
#define CSN_EXTENSION __extension__ /* of C++, what is C11; also with -Wpedantic */
#else
#define CSN_WARN_UNUSED
#define CSN_NONNULL(...)
#define CSN_NONNULL_ALL
#define CSN_EXTENSION
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csn_span {
  const uint8_t *ptr;
  size_t len; /* bytes */
} csn_span;

/* A span over a string literal, without its NUL; usable in constant initialisers. */
#define CSN_SPAN_LITERAL(text) \
  { (const uint8_t *)("" text), sizeof(text) - 1 }

static inline csn_span csn_span_of(const void *ptr, size_t len) {
  csn_span span = {(const uint8_t *)ptr, len};
  return span;
}

/* A span over a NUL-terminated string, without its NUL. NULL gives the empty span. */
static inline csn_span csn_span_str(const char *text) {
  return csn_span_of(text, text == NULL ? 0 : strlen(text));
}

/* Spans of somebody else's. An empty list may have a null pointer. */
typedef struct csn_span_list {
  const csn_span *items;
  size_t count;
} csn_span_list;

/* Byte equality of public data. Not constant-time: never for a MAC, a hash of a secret, or a secret. Names of one
 * length mostly differ in their first byte, which costs no call. */
static inline bool csn_span_equal(csn_span a, csn_span b) {
  return a.len == b.len && (a.len == 0 || (a.ptr[0] == b.ptr[0] && memcmp(a.ptr, b.ptr, a.len) == 0));
}

/* Equality that ignores the case of ASCII letters (RFC 9110 section 5.1, field names). Not constant-time. */
static inline bool csn_span_equal_nocase(csn_span a, csn_span b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    uint8_t x = a.ptr[i], y = b.ptr[i];
    if (x == y) continue;
    if ((x ^ y) != 0x20 || (x | 0x20) < 'a' || (x | 0x20) > 'z') return false;
  }
  return true;
}

#ifdef __cplusplus
}
#endif
#endif
