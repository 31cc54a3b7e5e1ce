/* HTTP fields as components (RFC 9421 section 2.1): as they stand, or as `sf`, `key` or `bs` say. */
#include "signature_parts.h"

/* Fields that an RFC defines as structured. */
static const csn_structured_field known_fields[] = {
    {CSN_SPAN_LITERAL("accept-ch"), CSN_SF_LIST},
    {CSN_SPAN_LITERAL("accept-signature"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("cache-status"), CSN_SF_LIST},
    {CSN_SPAN_LITERAL("cdn-cache-control"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("client-cert"), CSN_SF_ITEM},
    {CSN_SPAN_LITERAL("client-cert-chain"), CSN_SF_LIST},
    {CSN_SPAN_LITERAL("content-digest"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("priority"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("proxy-status"), CSN_SF_LIST},
    {CSN_SPAN_LITERAL("repr-digest"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("signature"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("signature-input"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("want-content-digest"), CSN_SF_DICTIONARY},
    {CSN_SPAN_LITERAL("want-repr-digest"), CSN_SF_DICTIONARY},
};

static const csn_structured_field *find_in(const csn_structured_field *fields, size_t count, csn_span name) {
  for (size_t i = 0; i < count; i++) {
    if (csn_span_equal(fields[i].name, name)) return &fields[i];
  }
  return NULL;
}

static const csn_structured_field *find_structured(const csn_http_context *context, csn_span name) {
  const csn_structured_field *own = find_in(context->fields, context->field_count, name);
  return own != NULL ? own : find_in(known_fields, sizeof known_fields / sizeof known_fields[0], name);
}

/* A field's name in an identifier is in lower case (section 2.1). */
static bool is_lower_token(csn_span name) {
  for (size_t i = 0; i < name.len; i++) {
    uint8_t c = name.ptr[i];
    bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    if (!alphanumeric && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL)) return false;
  }
  return true;
}

static bool is_space(uint8_t c) {
  return c == ' ' || c == '\t';
}

static csn_span trimmed(csn_span text) {
  while (text.len > 0 && is_space(text.ptr[text.len - 1])) text.len--;
  while (text.len > 0 && is_space(text.ptr[0])) text = csn_span_of(text.ptr + 1, text.len - 1);
  return text;
}

/* ---- one line of the field ---- */

typedef struct lines {
  const csn_component *component;
  const csn_structured_field *structured; /* where `sf` is there */
  const csn_byte_sink *sink;
  csn_sf_keys keys; /* of a dictionary, over all the lines */
  size_t count;     /* lines before this one */
  bool found;       /* the key */
} lines;

static csn_reason put_structured(lines *all, csn_span text) {
  size_t offset;
  csn_sf_kind kind = all->structured->kind;
  if (kind == CSN_SF_ITEM && all->count > 0) return CSN_REASON_COMPONENT_INVALID;
  if (!csn_sf_check(kind, text, &all->keys, &offset)) return CSN_REASON_COMPONENT_INVALID;
  csn_sf_write_value(kind, text, all->sink);
  return CSN_REASON_ACCEPTED;
}

static csn_reason put_member(lines *all, csn_span text) {
  csn_sf_member member;
  size_t offset;
  if (!csn_sf_check(CSN_SF_DICTIONARY, text, &all->keys, &offset)) return CSN_REASON_COMPONENT_INVALID;
  if (!csn_sf_find_member(text, all->component->key, &member)) return CSN_REASON_ACCEPTED;
  csn_sf_write_item(&member.value, all->sink);
  all->found = true;
  return CSN_REASON_ACCEPTED;
}

static csn_reason put_field_line(lines *all, csn_span text) {
  if (all->component->key.ptr != NULL) return put_member(all, text);
  if (all->count > 0) csn_sink_put_text(all->sink, ", ");
  if (all->structured != NULL) return put_structured(all, text);
  if (!all->component->bs) return csn_sink_put_line(all->sink, text);
  csn_sf_write_bytes(text, all->sink);
  return CSN_REASON_ACCEPTED;
}

/* ---- all of them ---- */

static csn_reason put_lines(lines *all, const csn_request *request) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, all->component->name)) continue;
    csn_reason reason = put_field_line(all, trimmed(request->headers[i].value));
    if (reason != CSN_REASON_ACCEPTED) return reason;
    all->count++;
  }
  bool missing = all->count == 0 || (all->component->key.ptr != NULL && !all->found);
  return missing ? CSN_REASON_COMPONENT_MISSING : CSN_REASON_ACCEPTED;
}

csn_reason csn_component_field(const csn_message *message, const csn_component *component, const csn_byte_sink *sink) {
  lines all;
  all.component = component;
  all.structured = component->sf ? find_structured(message->context, component->name) : NULL;
  all.sink = sink;
  all.keys.count = all.count = 0;
  all.found = false;
  if (!is_lower_token(component->name)) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  if (component->sf && component->key.ptr == NULL && all.structured == NULL) return CSN_REASON_COMPONENT_UNSUPPORTED;
  return put_lines(&all, message->request);
}
