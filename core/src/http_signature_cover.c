/* Whether a signature covers what a policy asks for (RFC 9421 section 3.2.1). */
#include "http_signature_parts.h"
#include "signature_parts.h"

enum { PARAMS_MAX = 512 /* bytes of a component's parameters in a policy */ };

const csn_span csn_http_components_default[4] = {
    CSN_SPAN_LITERAL("@method"),
    CSN_SPAN_LITERAL("@authority"),
    CSN_SPAN_LITERAL("@path"),
    CSN_SPAN_LITERAL("@query"),
};

/* What one component says of another. */
static const struct {
  const char *covered, *also;
} implied[] = {
    {"@target-uri", "@scheme"}, {"@target-uri", "@authority"}, {"@target-uri", "@path"},
    {"@target-uri", "@query"},  {"@request-target", "@path"},  {"@request-target", "@query"},
};

static csn_span split(csn_span component, csn_span *params) {
  csn_cursor cursor = csn_cursor_of(component);
  csn_span name = csn_cursor_take_until(&cursor, ';');
  *params = csn_cursor_rest(&cursor);
  return name;
}

static bool has_params(const csn_sf_item *item, csn_span params) {
  uint8_t bytes[PARAMS_MAX];
  csn_byte_buffer buffer = {.bytes = bytes, .size = sizeof bytes};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  csn_sf_write_params(item->params, &sink);
  return !buffer.overflow && csn_span_equal(csn_span_of(bytes, buffer.len), params);
}

/* `key` makes a part of a field out of it; `sf` and `bs` leave it whole. */
static bool is_whole(const csn_sf_item *item) {
  csn_sf_member key;
  return !csn_sf_find_param(item->params, csn_span_str("key"), &key);
}

static bool is_implied(csn_span covered, csn_span name) {
  for (size_t i = 0; i < sizeof implied / sizeof implied[0]; i++) {
    if (csn_span_equal(covered, csn_span_str(implied[i].covered)) &&
        csn_span_equal(name, csn_span_str(implied[i].also))) {
      return true;
    }
  }
  return false;
}

static bool covers(const csn_sf_item *item, csn_span component) {
  csn_span params, name = split(component, &params);
  if (item->type != CSN_SF_STRING) return false;
  if (!csn_span_equal(item->text, name)) return is_implied(item->text, name);
  return params.len == 0 ? is_whole(item) : has_params(item, params);
}

bool csn_signature_covers(csn_span input, csn_span component) {
  csn_sf_item list, item;
  size_t offset;
  if (!csn_sf_read_item(input, &list, &offset) || list.type != CSN_SF_INNER_LIST) return false;
  csn_cursor cursor = csn_sf_start(list.text);
  while (!csn_cursor_done(&cursor) && csn_sf_next_inner(&cursor, &item)) {
    if (covers(&item, component)) return true;
  }
  return false;
}

/* ---- the policy's side ---- */

static bool is_name(csn_span name) {
  for (size_t i = 0; i < name.len; i++) {
    uint8_t c = name.ptr[i];
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || (c >= 'A' && c <= 'Z')) return false;
  }
  return name.len > 0;
}

/* A component that no signature can cover would reject everything. */
bool csn_policy_component_valid(csn_span component) {
  csn_span params, name = split(component, &params);
  csn_cursor cursor = csn_cursor_of(params);
  csn_sf_item item = {.type = CSN_SF_STRING, .text = name, .params = params};
  csn_component read;
  if (!is_name(name) || params.len > PARAMS_MAX) return false;
  for (csn_sf_member param; !csn_cursor_done(&cursor);) {
    if (!csn_sf_next_param(&cursor, &param)) return false;
  }
  if (!has_params(&item, params) || csn_component_read(&item, &read) != CSN_REASON_ACCEPTED) return false;
  return name.ptr[0] != '@' || csn_component_is_derived(name);
}
