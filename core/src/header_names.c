#include "header_names.h"

static inline csn_bytes16 first_bytes(csn_span text) {
  if (text.len == 0) return (csn_bytes16){0};
  csn_bytes16 x = text.len < CSN_LANES ? csn_bytes16_load_few(text.ptr, text.len) : csn_bytes16_load(text.ptr);
  return csn_bytes16_lower(x);
}

/* Whether `text`, whose first bytes these are, is the name. */
static inline bool is_name(const csn_header_name *name, csn_span text, csn_bytes16 first) {
  if (name->text.len != text.len || csn_bytes16_any(first ^ name->first) != 0) return false;
  return text.len <= CSN_LANES || csn_span_equal_nocase(csn_span_of(text.ptr + CSN_LANES, text.len - CSN_LANES),
                                                        csn_span_of(name->text.ptr + CSN_LANES, text.len - CSN_LANES));
}

/* names->count where it is none of them. */
static inline size_t index_of(const csn_header_names *names, csn_span text) {
  csn_bytes16 first = first_bytes(text);
  size_t i = 0;
  while (i < names->count && !is_name(&names->names[i], text, first)) i++;
  return i;
}

size_t csn_header_names_add(csn_header_names *names, const char *name) {
  csn_span text = csn_span_str(name);
  size_t index = index_of(names, text);
  if (index < names->count) return index;
  names->names[index] = (csn_header_name){.first = first_bytes(text), .text = text};
  names->lengths |= UINT64_C(1) << text.len % CSN_HEADER_NAMES_WORD;
  names->count++;
  return index;
}

/* Most of a request's headers have a length that none of the names has. */
void csn_headers_find(const csn_header_names *names, const csn_request *request, csn_headers_found *found) {
  found->present = found->repeated = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    const csn_header *header = &request->headers[i];
    if ((names->lengths >> header->name.len % CSN_HEADER_NAMES_WORD & 1) == 0) continue;
    size_t index = index_of(names, header->name);
    if (index == names->count) continue;
    uint32_t bit = csn_header_name_bit(index);
    if ((found->present & bit) == 0) found->headers[index] = header;
    found->repeated |= found->present & bit;
    found->present |= bit;
  }
}
