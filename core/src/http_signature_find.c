/* Which of a request's signatures counts (RFC 9421 sections 3.2 and 4). */
#include "http_signature_parts.h"
#include "refuse.h"
#include "structured.h"

#define OK CSN_REASON_ACCEPTED

/* A walk over the members of a dictionary whose lines stand in several headers. */
typedef struct walk {
  const csn_request *request;
  csn_span name;
  csn_verdict *verdict;
  csn_reason malformed; /* what a line is refused for that is no dictionary, or has a key of another line */
  csn_sf_keys keys;
  csn_cursor cursor; /* in the line of header `next` - 1 */
  size_t next;
  bool found; /* a line */
} walk;

static void start(walk *w, const csn_request *request, const char *name, csn_reason malformed, csn_verdict *verdict) {
  w->request = request;
  w->name = csn_span_str(name);
  w->verdict = verdict;
  w->malformed = malformed;
  w->keys.count = w->next = 0;
  w->cursor = csn_cursor_of(csn_span_of(NULL, 0));
  w->found = false;
}

static csn_span line_of(const walk *w, size_t header) {
  return w->request->headers[header].value;
}

static csn_reason refuse_at(walk *w, csn_reason reason, size_t header, size_t offset) {
  w->verdict->header_index = header;
  return csn_refuse(w->verdict, reason, CSN_FIELD_HEADER, offset);
}

static csn_reason start_line(walk *w) {
  size_t offset = 0, header = w->next - 1;
  w->found = true;
  if (!csn_sf_check(CSN_SF_DICTIONARY, line_of(w, header), &w->keys, &offset)) {
    return refuse_at(w, w->malformed, header, offset);
  }
  w->cursor = csn_sf_start(line_of(w, header));
  return OK;
}

/* The next member: ACCEPTED with *more, or without it behind the last one. */
static csn_reason next_member(walk *w, csn_sf_member *member, bool *more) {
  while (csn_cursor_done(&w->cursor) && w->next < w->request->header_count) {
    if (!csn_span_equal_nocase(w->request->headers[w->next++].name, w->name)) continue;
    csn_reason reason = start_line(w);
    if (reason != OK) return reason;
  }
  *more = !csn_cursor_done(&w->cursor) && csn_sf_next_member(&w->cursor, member);
  return OK;
}

static size_t offset_in(const walk *w, const uint8_t *at) {
  return (size_t)(at - line_of(w, w->next - 1).ptr);
}

/* ---- Signature-Input ---- */

/* An inner list with its parameters, from its parenthesis on. */
static csn_span whole(const csn_sf_item *list) {
  const uint8_t *from = list->text.ptr - 1;
  return csn_span_of(from, (size_t)(list->params.ptr + list->params.len - from));
}

static bool has_tag(const csn_sf_item *list, csn_span tag) {
  csn_sf_member param;
  return csn_sf_find_param(list->params, csn_span_str("tag"), &param) && param.value.type == CSN_SF_STRING &&
         csn_span_equal(param.value.text, tag);
}

static bool is_meant(const csn_http_signature_policy *policy, const csn_sf_member *member) {
  if (policy->label.len > 0 && !csn_span_equal(member->key, policy->label)) return false;
  return policy->tag.len == 0 || has_tag(&member->value, policy->tag);
}

static csn_reason find_input(const csn_http_signature_policy *policy, const csn_request *request,
                             csn_signature_found *out, csn_verdict *verdict) {
  csn_sf_member member;
  csn_reason reason;
  walk w;
  bool more = false;
  size_t count = 0;
  start(&w, request, "signature-input", CSN_REASON_SIGNATURE_INPUT_INVALID, verdict);
  while ((reason = next_member(&w, &member, &more)) == OK && more) {
    size_t at = offset_in(&w, member.key.ptr);
    if (member.value.type != CSN_SF_INNER_LIST) return refuse_at(&w, w.malformed, w.next - 1, at);
    if (!is_meant(policy, &member)) continue;
    if (count++ > 0) return refuse_at(&w, CSN_REASON_SIGNATURE_AMBIGUOUS, w.next - 1, at);
    out->label = member.key;
    out->input = whole(&member.value);
    out->header = w.next - 1;
    out->offset = offset_in(&w, out->input.ptr);
  }
  if (reason != OK) return reason;
  if (!w.found) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, CSN_FIELD_SIGNATURE, 0);
  return count == 1 ? OK : csn_refuse(verdict, CSN_REASON_SIGNATURE_NOT_FOUND, CSN_FIELD_SIGNATURE, 0);
}

/* ---- Signature ---- */

/* A byte sequence, and nothing beside it that nobody has signed. */
static csn_reason find_text(const csn_request *request, csn_signature_found *out, csn_verdict *verdict) {
  csn_sf_member member;
  csn_reason reason;
  walk w;
  bool more = false, found = false;
  start(&w, request, "signature", CSN_REASON_SIGNATURE_ENCODING, verdict);
  while ((reason = next_member(&w, &member, &more)) == OK && more) {
    size_t at = offset_in(&w, member.key.ptr);
    if (!csn_span_equal(member.key, out->label)) continue;
    if (member.value.type != CSN_SF_BYTES || member.value.params.len > 0) {
      return refuse_at(&w, w.malformed, w.next - 1, at);
    }
    out->text = member.value.text;
    out->signature_header = w.next - 1;
    out->signature_offset = offset_in(&w, out->text.ptr);
    found = true;
  }
  if (reason != OK) return reason;
  return found ? OK : csn_refuse(verdict, CSN_REASON_FIELD_MISSING, CSN_FIELD_SIGNATURE, 0);
}

csn_reason csn_http_signature_find(const csn_http_signature_policy *policy, const csn_request *request,
                                   csn_signature_found *out, csn_verdict *verdict) {
  csn_reason reason = find_input(policy, request, out, verdict);
  return reason == OK ? find_text(request, out, verdict) : reason;
}
