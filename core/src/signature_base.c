/* The signature base (RFC 9421 section 2.5): a line for each covered component, then the parameters. */
#include "signature_parts.h"

/* ---- component identifiers ---- */

static bool is_true(const csn_sf_item *value) {
  return value->type == CSN_SF_BOOLEAN && value->number == 1;
}

static bool has_escape(csn_span text) {
  return text.len > 0 && memchr(text.ptr, '\\', text.len) != NULL;
}

static bool is_plain_string(const csn_sf_item *value) {
  return value->type == CSN_SF_STRING && !has_escape(value->text);
}

static csn_reason read_param(const csn_sf_member *param, csn_component *out) {
  static const csn_span sf = CSN_SPAN_LITERAL("sf"), bs = CSN_SPAN_LITERAL("bs"), key = CSN_SPAN_LITERAL("key"),
                        name = CSN_SPAN_LITERAL("name");
  bool is_flag = csn_span_equal(param->key, sf) || csn_span_equal(param->key, bs);
  bool is_key = csn_span_equal(param->key, key);
  if (!is_flag && !is_key && !csn_span_equal(param->key, name)) return CSN_REASON_COMPONENT_UNSUPPORTED;
  if (is_flag ? !is_true(&param->value) : !is_plain_string(&param->value)) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  if (is_flag) {
    *(csn_span_equal(param->key, sf) ? &out->sf : &out->bs) = true;
  } else {
    *(is_key ? &out->key : &out->query_param) = param->value.text;
  }
  return CSN_REASON_ACCEPTED;
}

/* Whether the parameters fit the name and each other. */
static bool params_fit(const csn_component *component) {
  bool derived = component->name.ptr[0] == '@', keyed = component->key.ptr != NULL;
  bool is_query_param = csn_span_equal(component->name, csn_span_str("@query-param"));
  if (is_query_param != (component->query_param.ptr != NULL)) return false;
  if (derived) return !component->sf && !component->bs && !keyed;
  return !component->bs || (!component->sf && !keyed);
}

csn_reason csn_component_read(const csn_sf_item *item, csn_component *out) {
  static const csn_component nothing;
  csn_cursor cursor = csn_cursor_of(item->params);
  csn_reason reason = CSN_REASON_ACCEPTED;
  *out = nothing;
  out->name = item->text;
  if (!is_plain_string(item) || item->text.len == 0) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  for (csn_sf_member param; !csn_cursor_done(&cursor) && csn_sf_next_param(&cursor, &param);) {
    if ((reason = read_param(&param, out)) != CSN_REASON_ACCEPTED) return reason;
  }
  return params_fit(out) ? reason : CSN_REASON_COMPONENT_UNSUPPORTED;
}

static bool is_same(const csn_component *a, const csn_component *b) {
  return csn_span_equal(a->name, b->name) && a->sf == b->sf && a->bs == b->bs &&
         (a->key.ptr == NULL) == (b->key.ptr == NULL) && csn_span_equal(a->key, b->key) &&
         csn_span_equal(a->query_param, b->query_param);
}

/* ---- lines ---- */

typedef struct covered {
  csn_component components[CSN_COMPONENTS_MAX];
  size_t count;
} covered;

static csn_reason add_component(covered *all, const csn_sf_item *item) {
  if (all->count == CSN_COMPONENTS_MAX) return CSN_REASON_COMPONENT_UNSUPPORTED;
  csn_component *component = &all->components[all->count];
  csn_reason reason = csn_component_read(item, component);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  for (size_t i = 0; i < all->count; i++) {
    if (is_same(&all->components[i], component)) return CSN_REASON_COMPONENT_REPEATED;
  }
  all->count++;
  return CSN_REASON_ACCEPTED;
}

static csn_reason put_component(const csn_message *message, const csn_component *component, const csn_sf_item *item,
                                const csn_byte_sink *sink) {
  csn_sf_write_item(item, sink);
  csn_sink_put_text(sink, ": ");
  bool derived = component->name.ptr[0] == '@';
  csn_reason reason =
      derived ? csn_component_derived(message, component, sink) : csn_component_field(message, component, sink);
  csn_sink_put_text(sink, "\n");
  return reason;
}

csn_reason csn_signature_base(const csn_request *request, const csn_http_context *context, csn_span input,
                              const csn_byte_sink *sink, size_t *offset) {
  csn_message message = csn_message_of(request, context);
  csn_sf_item list, item;
  covered all;
  all.count = 0;
  if (!csn_sf_read_item(input, &list, offset)) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  *offset = 0;
  if (list.type != CSN_SF_INNER_LIST) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  csn_cursor cursor = csn_sf_start(list.text);
  while (!csn_cursor_done(&cursor)) {
    *offset = (size_t)(cursor.pos - input.ptr);
    if (!csn_sf_next_inner(&cursor, &item)) return CSN_REASON_SIGNATURE_INPUT_INVALID;
    csn_reason reason = add_component(&all, &item);
    if (reason == CSN_REASON_ACCEPTED) reason = put_component(&message, &all.components[all.count - 1], &item, sink);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  }
  csn_sink_put_text(sink, "\"@signature-params\": ");
  csn_sf_write_item(&list, sink);
  return CSN_REASON_ACCEPTED;
}

/* ---- the signature's parameters (section 2.3) ---- */

static bool read_time(const csn_sf_item *value, bool *has, int64_t *out) {
  *has = true;
  *out = value->number;
  return value->type == CSN_SF_INTEGER && value->number >= 0;
}

static bool read_text(const csn_sf_item *value, csn_span *out) {
  *out = value->text;
  return is_plain_string(value);
}

static bool read_signature_param(const csn_sf_member *param, csn_signature_params *out) {
  if (csn_span_equal(param->key, csn_span_str("created"))) {
    return read_time(&param->value, &out->has_created, &out->created);
  }
  if (csn_span_equal(param->key, csn_span_str("expires"))) {
    return read_time(&param->value, &out->has_expires, &out->expires);
  }
  if (csn_span_equal(param->key, csn_span_str("nonce"))) return read_text(&param->value, &out->nonce);
  if (csn_span_equal(param->key, csn_span_str("alg"))) return read_text(&param->value, &out->alg);
  if (csn_span_equal(param->key, csn_span_str("keyid"))) return read_text(&param->value, &out->keyid);
  if (csn_span_equal(param->key, csn_span_str("tag"))) return read_text(&param->value, &out->tag);
  return true;
}

csn_reason csn_signature_params_read(csn_span input, csn_signature_params *out, size_t *offset) {
  csn_sf_item list;
  memset(out, 0, sizeof *out);
  if (!csn_sf_read_item(input, &list, offset)) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  *offset = 0;
  if (list.type != CSN_SF_INNER_LIST) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  csn_cursor cursor = csn_cursor_of(list.params);
  for (csn_sf_member param; !csn_cursor_done(&cursor) && csn_sf_next_param(&cursor, &param);) {
    *offset = (size_t)(param.key.ptr - input.ptr);
    if (!read_signature_param(&param, out)) return CSN_REASON_SIGNATURE_INPUT_INVALID;
  }
  return CSN_REASON_ACCEPTED;
}
