/* A request as a fuzz input writes it, readable:
 *
 *   METHOD LF target LF Name: value LF … LF LF body
 *
 * A draft can be added to and spoiled; what is verified is a copy of it in which every span ends where its memory does.
 */
#ifndef CSN_FUZZ_REQUEST_DRAFT_H
#define CSN_FUZZ_REQUEST_DRAFT_H

#include "mutate.h"

enum {
  DRAFT_HEADERS_MAX = CSN_HEADERS_MAX + 12, /* so that there can be too many */
  DRAFT_FIELD_MAX = 20800,                  /* longer than every limit, after it has grown */
  DRAFT_METHOD = 0,
  DRAFT_TARGET = 1,
  DRAFT_BODY = 2,
  DRAFT_HEADERS = 3, /* name, value, name, value, … */
};

typedef struct draft_field {
  size_t len;
  uint8_t bytes[DRAFT_FIELD_MAX];
} draft_field;

typedef struct request_draft {
  size_t header_count;
  draft_field fields[DRAFT_HEADERS + 2 * DRAFT_HEADERS_MAX];
} request_draft;

static inline csn_span draft_span(const request_draft *draft, size_t field) {
  return csn_span_of(draft->fields[field].bytes, draft->fields[field].len);
}
static inline csn_span draft_name(const request_draft *draft, size_t header) {
  return draft_span(draft, DRAFT_HEADERS + 2 * header);
}
static inline csn_span draft_value(const request_draft *draft, size_t header) {
  return draft_span(draft, DRAFT_HEADERS + 2 * header + 1);
}

static inline void draft_set(request_draft *draft, size_t field, csn_span bytes) {
  draft_field *to = &draft->fields[field];
  to->len = bytes.len < sizeof to->bytes ? bytes.len : sizeof to->bytes;
  if (to->len > 0) memmove(to->bytes, bytes.ptr, to->len);
}

static inline void draft_add_header(request_draft *draft, csn_span name, csn_span value) {
  if (draft->header_count == DRAFT_HEADERS_MAX) return;
  size_t at = DRAFT_HEADERS + 2 * draft->header_count++;
  draft_set(draft, at, name);
  draft_set(draft, at + 1, value);
}

static inline void draft_remove_header(request_draft *draft, size_t header) {
  for (draft->header_count--; header < draft->header_count; header++) {
    draft_set(draft, DRAFT_HEADERS + 2 * header, draft_name(draft, header + 1));
    draft_set(draft, DRAFT_HEADERS + 2 * header + 1, draft_value(draft, header + 1));
  }
}

static inline void draft_read(request_draft *draft, csn_span text) {
  draft->header_count = 0;
  draft_set(draft, DRAFT_METHOD, fuzz_take_until(&text, '\n'));
  draft_set(draft, DRAFT_TARGET, fuzz_take_until(&text, '\n'));
  while (text.len > 0) {
    csn_span value = fuzz_take_until(&text, '\n');
    if (value.len == 0) break;
    csn_span name = fuzz_take_until(&value, ':');
    if (value.len > 0 && value.ptr[0] == ' ') value = csn_span_of(value.ptr + 1, value.len - 1);
    draft_add_header(draft, name, value);
  }
  draft_set(draft, DRAFT_BODY, text);
}

/* The field that an instruction means: headers are counted from the end, where those of the signature stand. */
static inline size_t draft_choose(const request_draft *draft, unsigned target) {
  size_t count = 2 * draft->header_count;
  if (target < DRAFT_HEADERS || count == 0) return target % DRAFT_HEADERS;
  return DRAFT_HEADERS + count - 1 - (target - DRAFT_HEADERS) % count;
}

static inline void draft_mutate(request_draft *draft, fuzz_instruction instruction) {
  size_t chosen = draft_choose(draft, instruction.target), value = chosen | 1;
  draft_field *field = &draft->fields[chosen];
  if (instruction.operation < 8) {
    field->len = fuzz_mutate_bytes(instruction, field->bytes, field->len, sizeof field->bytes);
    return;
  }
  if (chosen < DRAFT_HEADERS) return;
  size_t header = (chosen - DRAFT_HEADERS) / 2;
  size_t other = DRAFT_HEADERS + 2 * (instruction.position % draft->header_count) + 1;
  switch (instruction.operation) {
    case 8:
      draft_remove_header(draft, header);
      return;
    case 9: /* twice, the second time with another case or value */
      draft_add_header(draft, draft_name(draft, header), draft_value(draft, header));
      instruction.operation = 6;
      chosen = DRAFT_HEADERS + 2 * (draft->header_count - 1) + (instruction.value & 1);
      fuzz_mutate_bytes(instruction, draft->fields[chosen].bytes, draft->fields[chosen].len, DRAFT_FIELD_MAX);
      return;
    case 10: /* another header's value */
      draft_set(draft, DRAFT_HEADERS + 2 * header + 1, draft_span(draft, other));
      return;
    case 11: /* white space around the value */
      value = DRAFT_HEADERS + 2 * header + 1;
      if (draft->fields[value].len == DRAFT_FIELD_MAX) return;
      memmove(draft->fields[value].bytes + 1, draft->fields[value].bytes, draft->fields[value].len++);
      draft->fields[value].bytes[0] = (instruction.value & 1) != 0 ? ' ' : '\t';
      return;
    case 12: /* more headers: mostly few, seldom about as many as are allowed */
      for (unsigned i = 0; i < (instruction.value <= 192 ? 1 : 2u * (instruction.value - 192u)); i++) {
        draft_add_header(draft, csn_span_str("X-Filler"), csn_span_str("1"));
      }
      return;
    default:
      return;
  }
}

/* ---- the request that is verified ---- */

typedef struct built_request {
  csn_request request;
  csn_header *headers;
} built_request;

static inline void draft_build(const request_draft *draft, built_request *out) {
  size_t bytes = draft->header_count * sizeof *out->headers;
  out->headers = malloc(bytes == 0 ? 1 : bytes);
  FUZZ_CHECK(out->headers != NULL);
  for (size_t i = 0; i < draft->header_count; i++) {
    out->headers[i].name = fuzz_copy(draft_name(draft, i));
    out->headers[i].value = fuzz_copy(draft_value(draft, i));
  }
  out->request.method = fuzz_copy(draft_span(draft, DRAFT_METHOD));
  out->request.target = fuzz_copy(draft_span(draft, DRAFT_TARGET));
  out->request.body = fuzz_copy(draft_span(draft, DRAFT_BODY));
  out->request.headers = out->headers;
  out->request.header_count = draft->header_count;
}

static inline void built_free(built_request *built) {
  for (size_t i = 0; i < built->request.header_count; i++) {
    fuzz_free_copy(built->headers[i].name);
    fuzz_free_copy(built->headers[i].value);
  }
  fuzz_free_copy(built->request.method);
  fuzz_free_copy(built->request.target);
  fuzz_free_copy(built->request.body);
  free(built->headers);
}

/* Whether the request still says what the draft says. */
static inline bool built_is_unchanged(const built_request *built, const request_draft *draft) {
  bool same = csn_span_equal(built->request.method, draft_span(draft, DRAFT_METHOD)) &&
              csn_span_equal(built->request.target, draft_span(draft, DRAFT_TARGET)) &&
              csn_span_equal(built->request.body, draft_span(draft, DRAFT_BODY));
  for (size_t i = 0; i < draft->header_count; i++) {
    same = same && csn_span_equal(built->headers[i].name, draft_name(draft, i));
    same = same && csn_span_equal(built->headers[i].value, draft_value(draft, i));
  }
  return same;
}

#endif
