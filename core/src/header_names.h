/* The header names that a scheme reads, made ready once: a request's headers are found in one pass over them. */
#ifndef CSN_HEADER_NAMES_H
#define CSN_HEADER_NAMES_H

#include <countersign/request.h>
#include <countersign/scheme.h>

#include "bytes16.h"

enum {
  /* Each form selects by one and locates by others. */
  CSN_HEADER_NAMES_MAX = CSN_SCHEME_FORMS_MAX * (CSN_FORM_LOCATIONS_MAX + 1),
  CSN_HEADER_NAME_WIDE = 64, /* bytes, of the widest register */
};
_Static_assert(CSN_HEADER_NAMES_MAX <= 32, "a bit for each in a set");

typedef struct csn_header_name {
  csn_bytes16 first; /* its first bytes in lower case, as csn_bytes16_load_few() has them where there are fewer */
  csn_span text;
  uint8_t lower[CSN_HEADER_NAME_WIDE]; /* its first bytes in their order, in lower case, and zeros behind them */
  uint8_t next;                        /* another whose length is the same modulo CSN_HEADER_NAME_WIDE, as below */
} csn_header_name;

typedef struct csn_header_names {
  csn_header_name names[CSN_HEADER_NAMES_MAX];
  size_t count;
  /* By length, modulo what it has: 0, or 1 + the index of a name. */
  uint8_t of_length[CSN_HEADER_NAME_WIDE];
} csn_header_names;

/* What a request has of the names: sets with a bit for each, and where they are. */
typedef struct csn_headers_found {
  uint32_t present, repeated;
  const csn_header *headers[CSN_HEADER_NAMES_MAX]; /* of those present, the last */
} csn_headers_found;

static inline uint32_t csn_header_name_bit(size_t index) {
  return UINT32_C(1) << index;
}

/* The index of `name` among the names; it is added where it is new. The text must outlive them. */
size_t csn_header_names_add(csn_header_names *names, const char *name);

/* For who passes over the headers: the name that is met first among those of a length, 0 or 1 + its index, then the
 * next one. */
static inline size_t csn_header_names_of_length(const csn_header_names *names, size_t len) {
  return names->of_length[len % CSN_HEADER_NAME_WIDE];
}

/* The two sets while they are filled: of a variable of their own they stay in registers. */
typedef struct csn_header_sets {
  uint32_t present, repeated;
} csn_header_sets;

/* A header of that name has been met. */
static inline void csn_headers_found_put(csn_headers_found *found, csn_header_sets *sets, size_t index,
                                         const csn_header *header) {
  sets->repeated |= sets->present & csn_header_name_bit(index);
  sets->present |= csn_header_name_bit(index);
  found->headers[index] = header;
}
static inline void csn_headers_found_end(csn_headers_found *found, const csn_header_sets *sets) {
  found->present = sets->present;
  found->repeated = sets->repeated;
}

/* The first bytes of a text, as they stand in csn_header_name, but in the case that they have. */
static inline csn_bytes16 csn_header_name_first(csn_span text) {
  if (text.len == 0) return (csn_bytes16){0};
  return text.len < CSN_LANES ? csn_bytes16_load_few(text.ptr, text.len) : csn_bytes16_load(text.ptr);
}

/* Whether `text`, whose first bytes are these, in lower case, is the name. */
static inline bool csn_header_name_is(const csn_header_name *name, csn_span text, csn_bytes16 first) {
  if (name->text.len != text.len || csn_bytes16_any(first ^ name->first) != 0) return false;
  return text.len <= CSN_LANES || csn_span_equal_nocase(csn_span_of(text.ptr + CSN_LANES, text.len - CSN_LANES),
                                                        csn_span_of(name->text.ptr + CSN_LANES, text.len - CSN_LANES));
}

/* 1 + the index of the name that `text` is, as above; 0 where it is none of them. */
static inline size_t csn_header_names_match(const csn_header_names *names, csn_span text, csn_bytes16 first) {
  size_t i = csn_header_names_of_length(names, text.len);
  while (i > 0 && !csn_header_name_is(&names->names[i - 1], text, first)) i = names->names[i - 1].next;
  return i;
}

/* Of headers of any form. A pass over those of the usual form does it, too: see request_pass.h. */
void csn_headers_find(const csn_header_names *names, const csn_request *request, csn_headers_found *found);

#endif
