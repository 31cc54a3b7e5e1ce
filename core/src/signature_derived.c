/* Derived components (RFC 9421 section 2.2): what a request's control data gives. */
#include "signature_parts.h"

/* ---- the target's parts ---- */

static void split_path(csn_message *message, csn_cursor *cursor) {
  message->has_path = true;
  message->path = csn_cursor_take_until(cursor, '?');
  message->query = csn_cursor_rest(cursor);
}

/* What stands before the path of an absolute-form: `scheme://authority`. */
static void split_absolute(csn_message *message, csn_cursor *cursor) {
  csn_span scheme = csn_cursor_take_until(cursor, ':');
  if (scheme.len == 0 || !csn_cursor_skip_text(cursor, csn_span_str("://"))) return;
  const uint8_t *start = cursor->pos;
  for (int c = csn_cursor_peek(cursor); c >= 0 && c != '/' && c != '?'; c = csn_cursor_peek(cursor)) cursor->pos++;
  message->scheme = scheme;
  message->authority = csn_span_of(start, (size_t)(cursor->pos - start));
  split_path(message, cursor);
}

csn_message csn_message_of(const csn_request *request, const csn_http_context *context) {
  csn_message message = {.request = request, .context = context};
  csn_cursor cursor = csn_cursor_of(request->target);
  if (csn_cursor_peek(&cursor) == '/') {
    split_path(&message, &cursor);
  } else if (!csn_span_equal(request->method, csn_span_str("CONNECT"))) {
    split_absolute(&message, &cursor);
  }
  return message;
}

/* ---- scheme and authority (sections 2.2.3, 2.2.4; RFC 9110 section 4.2.3) ---- */

static void put_lower(const csn_byte_sink *sink, csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];
    if (c >= 'A' && c <= 'Z') c = (uint8_t)(c | 0x20);
    csn_sink_put(sink, csn_span_of(&c, 1));
  }
}

static csn_reason find_scheme(const csn_message *message, csn_span *out) {
  csn_span expected = message->context->scheme;
  *out = message->scheme.len > 0 ? message->scheme : expected;
  if (out->len == 0) return CSN_REASON_COMPONENT_MISSING;
  bool agree = expected.len == 0 || csn_span_equal_nocase(expected, *out);
  return agree ? CSN_REASON_ACCEPTED : CSN_REASON_COMPONENT_INVALID;
}

static csn_reason find_host(const csn_request *request, csn_span *out) {
  csn_reason reason = CSN_REASON_COMPONENT_MISSING;
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, csn_span_str("host"))) continue;
    if (reason == CSN_REASON_ACCEPTED) return CSN_REASON_COMPONENT_INVALID;
    *out = request->headers[i].value;
    reason = CSN_REASON_ACCEPTED;
  }
  return reason;
}

static bool ends_with(csn_span text, csn_span end) {
  return text.len >= end.len && memcmp(text.ptr + (text.len - end.len), end.ptr, end.len) == 0;
}

/* Without a port that is empty or the scheme's own. */
static csn_span without_default_port(csn_span authority, csn_span scheme) {
  csn_span port = csn_span_str(":");
  if (csn_span_equal_nocase(scheme, csn_span_str("https")) && ends_with(authority, csn_span_str(":443"))) {
    port = csn_span_str(":443");
  }
  if (csn_span_equal_nocase(scheme, csn_span_str("http")) && ends_with(authority, csn_span_str(":80"))) {
    port = csn_span_str(":80");
  }
  if (authority.len > 0 && ends_with(authority, port)) authority.len -= port.len;
  return authority;
}

static bool is_authority(csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];
    if (c <= 0x20 || c > 0x7e || strchr("/?#@\\\"<>,;", c) != NULL) return false;
  }
  return text.len > 0;
}

static csn_reason find_authority(const csn_message *message, csn_span *out) {
  csn_span scheme, expected = message->context->authority;
  csn_reason reason = find_scheme(message, &scheme);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  *out = message->scheme.len > 0 ? message->authority : expected;
  if (message->scheme.len == 0 && expected.len == 0) reason = find_host(message->request, out);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  *out = without_default_port(*out, scheme);
  if (!is_authority(*out)) return CSN_REASON_COMPONENT_INVALID;
  bool agree = expected.len == 0 || csn_span_equal_nocase(without_default_port(expected, scheme), *out);
  return agree ? CSN_REASON_ACCEPTED : CSN_REASON_COMPONENT_INVALID;
}

/* ---- the components ---- */

static csn_reason put_method(const csn_message *message, const csn_component *component, const csn_byte_sink *sink) {
  (void)component;
  return csn_sink_put_line(sink, message->request->method);
}

static csn_reason put_request_target(const csn_message *message, const csn_component *component,
                                     const csn_byte_sink *sink) {
  (void)component;
  return csn_sink_put_line(sink, message->request->target);
}

static csn_reason put_scheme(const csn_message *message, const csn_component *component, const csn_byte_sink *sink) {
  csn_span scheme;
  csn_reason reason = find_scheme(message, &scheme);
  (void)component;
  if (reason == CSN_REASON_ACCEPTED && !csn_is_line(scheme)) reason = CSN_REASON_COMPONENT_INVALID;
  if (reason == CSN_REASON_ACCEPTED) put_lower(sink, scheme);
  return reason;
}

static csn_reason put_authority(const csn_message *message, const csn_component *component, const csn_byte_sink *sink) {
  csn_span authority;
  csn_reason reason = find_authority(message, &authority);
  (void)component;
  if (reason == CSN_REASON_ACCEPTED) put_lower(sink, authority);
  return reason;
}

/* An empty path is a slash (section 2.2.6). */
static csn_reason put_path(const csn_message *message, const csn_component *component, const csn_byte_sink *sink) {
  (void)component;
  if (!message->has_path) return CSN_REASON_COMPONENT_MISSING;
  return csn_sink_put_line(sink, message->path.len == 0 ? csn_span_str("/") : message->path);
}

/* An absent query is a question mark (section 2.2.7). */
static csn_reason put_query(const csn_message *message, const csn_component *component, const csn_byte_sink *sink) {
  (void)component;
  if (!message->has_path) return CSN_REASON_COMPONENT_MISSING;
  return csn_sink_put_line(sink, message->query.len == 0 ? csn_span_str("?") : message->query);
}

static csn_reason put_target_uri(const csn_message *message, const csn_component *component,
                                 const csn_byte_sink *sink) {
  csn_reason reason = put_scheme(message, component, sink);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  csn_sink_put_text(sink, "://");
  if ((reason = put_authority(message, component, sink)) != CSN_REASON_ACCEPTED) return reason;
  if ((reason = put_path(message, component, sink)) != CSN_REASON_ACCEPTED) return reason;
  return csn_sink_put_line(sink, message->query);
}

typedef struct derived {
  const char *name;
  csn_reason (*put)(const csn_message *message, const csn_component *component, const csn_byte_sink *sink);
} derived;

/* Those of a request; @status is a response's. */
static const derived derivations[] = {
    {"@method", put_method},       {"@target-uri", put_target_uri},
    {"@authority", put_authority}, {"@scheme", put_scheme},
    {"@path", put_path},           {"@request-target", put_request_target},
    {"@query", put_query},         {"@query-param", csn_component_query_param},
};

static const derived *find_derived(csn_span name) {
  for (size_t i = 0; i < sizeof derivations / sizeof derivations[0]; i++) {
    if (csn_span_equal(name, csn_span_str(derivations[i].name))) return &derivations[i];
  }
  return NULL;
}

bool csn_component_is_derived(csn_span name) {
  return find_derived(name) != NULL;
}

csn_reason csn_component_derived(const csn_message *message, const csn_component *component,
                                 const csn_byte_sink *sink) {
  const derived *found = find_derived(component->name);
  return found == NULL ? CSN_REASON_COMPONENT_UNSUPPORTED : found->put(message, component, sink);
}
