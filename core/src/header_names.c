#include "header_names.h"

/* ASCII letters in lower case. */
static uint8_t lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static csn_bytes16 first_bytes(csn_span text) {
  return csn_bytes16_lower(csn_header_name_first(text));
}

size_t csn_header_names_add(csn_header_names *names, const char *name) {
  csn_span text = csn_span_str(name);
  size_t found = csn_header_names_match(names, text, first_bytes(text));
  if (found > 0) return found - 1;
  size_t index = names->count++;
  uint8_t *of_length = &names->of_length[text.len % CSN_HEADER_NAME_WIDE];
  names->names[index] = (csn_header_name){.first = first_bytes(text), .text = text, .next = *of_length};
  for (size_t i = 0; i < text.len && i < CSN_HEADER_NAME_WIDE; i++) names->names[index].lower[i] = lower(text.ptr[i]);
  *of_length = (uint8_t)(index + 1);
  return index;
}

/* Most of a request's headers have a length that none of the names has. */
void csn_headers_find(const csn_header_names *names, const csn_request *request, csn_headers_found *found) {
  csn_header_sets sets = {0, 0};
  for (size_t i = 0; i < request->header_count; i++) {
    const csn_header *header = &request->headers[i];
    if (csn_header_names_of_length(names, header->name.len) == 0) continue;
    size_t match = csn_header_names_match(names, header->name, first_bytes(header->name));
    if (match > 0) csn_headers_found_put(found, &sets, match - 1, header);
  }
  csn_headers_found_end(found, &sets);
}
