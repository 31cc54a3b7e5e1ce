/* The header names that a scheme reads, made ready once: a request's headers are found in one pass over them. */
#ifndef CSN_HEADER_NAMES_H
#define CSN_HEADER_NAMES_H

#include <countersign/request.h>
#include <countersign/scheme.h>

#include "bytes16.h"

enum {
  /* Each form selects by one and locates by others. */
  CSN_HEADER_NAMES_MAX = CSN_SCHEME_FORMS_MAX * (CSN_FORM_LOCATIONS_MAX + 1),
  CSN_HEADER_NAMES_WORD = 64, /* bits */
};
_Static_assert(CSN_HEADER_NAMES_MAX <= 32, "a bit for each in a set");

typedef struct csn_header_name {
  csn_bytes16 first; /* its first bytes in lower case, as csn_bytes16_load_few() has them where there are fewer */
  csn_span text;
} csn_header_name;

typedef struct csn_header_names {
  csn_header_name names[CSN_HEADER_NAMES_MAX];
  size_t count;
  uint64_t lengths; /* a bit for each length that a name has, modulo the word's bits */
} csn_header_names;

/* What a request has of the names: sets with a bit for each, and where they are. */
typedef struct csn_headers_found {
  uint32_t present, repeated;
  const csn_header *headers[CSN_HEADER_NAMES_MAX]; /* of those present, the first */
} csn_headers_found;

static inline uint32_t csn_header_name_bit(size_t index) {
  return UINT32_C(1) << index;
}

/* The index of `name` among the names; it is added where it is new. The text must outlive them. */
size_t csn_header_names_add(csn_header_names *names, const char *name);

void csn_headers_find(const csn_header_names *names, const csn_request *request, csn_headers_found *found);

#endif
