/* Finding the fields: which form, which header, which parameter. What is not on the path of the usual request is kept
 * out of line, so that this path saves no registers for it. */
#include "locate.h"

#include "body_field.h"
#include "cursor.h"
#include "refuse.h"

#define UNUSUAL __attribute__((noinline))

csn_reason csn_credential_put(const csn_form *form, csn_field field, csn_span value, csn_credential *out,
                              csn_verdict *verdict) {
  bool is_signature = field == CSN_FIELD_SIGNATURE, is_first = out->fields[field].ptr == NULL;
  if (!is_first && !(is_signature && form->many_signatures)) {
    return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, field, 0);
  }
  if (is_first) out->fields[field] = value;
  if (!is_signature) return CSN_REASON_ACCEPTED;
  if (out->signature_count == CSN_SIGNATURES_MAX) return csn_refuse(verdict, CSN_REASON_SIGNATURE_LIMIT, field, 0);
  out->signatures[out->signature_count++].text = value;
  return CSN_REASON_ACCEPTED;
}

/* ---- preparing ---- */

/* A literal before a value that ends in a space is an auth-scheme: no case, one or more spaces (RFC 9110 section 11.4).
 */
static inline bool is_auth_scheme(csn_span prefix) {
  return prefix.ptr[prefix.len - 1] == ' ';
}

static csn_place place_of(csn_header_names *names, const csn_location *at) {
  csn_place place = {.at = at, .prefix = csn_span_str(at->prefix), .param = csn_span_str(at->param)};
  if (csn_source_is_header(at->source)) place.header = csn_header_names_add(names, at->name);
  return place;
}

static bool is_read_with(const csn_place *before, const csn_place *place) {
  csn_source source = place->at->source;
  if (source == CSN_SOURCE_HEADER || before->at->source != source) return false;
  return source != CSN_SOURCE_HEADER_PARAM || before->header == place->header;
}

static bool is_whole(const csn_form *form, const csn_place *place) {
  csn_field field = place->at->field;
  size_t of_field = 0;
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) of_field += form->locations[i].field == field;
  return of_field == 1 && place->at->source == CSN_SOURCE_HEADER && place->prefix.len <= CSN_LANES;
}

static void add_whole(csn_form_places *out, const csn_place *place) {
  csn_whole *whole = &out->wholes[out->whole_count++];
  csn_span prefix = place->prefix;
  whole->field = place->at->field;
  whole->header = (uint32_t)place->header;
  whole->prefix_len = prefix.len;
  for (size_t i = 0; i < prefix.len; i++) {
    bool is_letter = (prefix.ptr[i] | 0x20) >= 'a' && (prefix.ptr[i] | 0x20) <= 'z';
    whole->lanes[i] = 0xff;
    whole->fold[i] = is_auth_scheme(prefix) && is_letter ? 0x20 : 0;
    whole->prefix[i] = prefix.ptr[i] | whole->fold[i];
  }
  out->whole_names |= csn_header_name_bit(place->header);
}

static void prepare_form(csn_form_places *out, csn_header_names *names, const csn_form *form) {
  out->form = form;
  if (form->select_header != NULL) out->select = csn_header_names_add(names, form->select_header);
  out->select_prefix = csn_span_str(form->select_prefix);
  while (out->count < CSN_FORM_LOCATIONS_MAX && form->locations[out->count].source != CSN_SOURCE_NONE) {
    csn_place *place = &out->places[out->count];
    *place = place_of(names, &form->locations[out->count]);
    place->is_whole = is_whole(form, place);
    if (place->is_whole) add_whole(out, place);
    for (size_t i = 0; i < out->count; i++) place->read_before |= is_read_with(&out->places[i], place);
    out->count++;
  }
}

/* The names in which the form's fields are. */
static uint32_t names_of(const csn_form_places *form) {
  uint32_t names = 0;
  for (size_t i = 0; i < form->count; i++) {
    if (csn_source_is_header(form->places[i].at->source)) names |= csn_header_name_bit(form->places[i].header);
  }
  return names;
}

static bool has_text(const char *text, const char *part) {
  return text != NULL && strstr(text, part) != NULL;
}

void csn_places_prepare(csn_places *out, const csn_scheme *scheme) {
  uint32_t all = 0;
  memset(out, 0, sizeof *out);
  out->scheme = scheme;
  out->splits_target = has_text(scheme->template_text, "path}") || has_text(scheme->template_text, "query}");
  out->form_count = csn_scheme_form_count(scheme);
  out->selects = out->form_count == 0 || scheme->forms[0].select_header != NULL;
  for (size_t i = 0; i < out->form_count; i++) {
    prepare_form(&out->forms[i], &out->names, &scheme->forms[i]);
    all |= names_of(&out->forms[i]);
  }
  for (size_t i = 0; i < out->form_count; i++) out->forms[i].others = all & ~names_of(&out->forms[i]);
}

/* ---- headers ---- */

static bool skip_some_prefix(csn_cursor *value, csn_span prefix) {
  csn_span head;
  if (!is_auth_scheme(prefix)) return csn_cursor_skip_text(value, prefix);
  if (!csn_cursor_take(value, prefix.len, &head) || !csn_span_equal_nocase(head, prefix)) return false;
  while (csn_cursor_skip_byte(value, ' ')) continue;
  return true;
}

static inline bool skip_prefix(csn_cursor *value, csn_span prefix) {
  return prefix.len == 0 || skip_some_prefix(value, prefix);
}

/* Looks for the one header of this name, whose value `*value` gets, and which is `field`. */
static inline csn_reason take_header(const csn_headers_found *found, size_t name, csn_field field, csn_cursor *value,
                                     csn_verdict *verdict) {
  uint32_t bit = csn_header_name_bit(name);
  if ((found->present & bit) == 0) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, field, 0);
  if ((found->repeated & bit) != 0) return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, field, 0);
  *value = csn_cursor_of(found->headers[name]->value);
  return CSN_REASON_ACCEPTED;
}

UNUSUAL static csn_reason select_form(const csn_places *places, const csn_headers_found *found,
                                      const csn_form_places **out, csn_verdict *verdict) {
  for (size_t i = 0; i < places->form_count; i++) {
    csn_cursor value;
    *out = &places->forms[i];
    if ((*out)->form->select_header == NULL) return CSN_REASON_ACCEPTED;
    csn_reason reason = take_header(found, (*out)->select, CSN_FIELD_SIGNATURE, &value, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
    if (skip_prefix(&value, (*out)->select_prefix)) return CSN_REASON_ACCEPTED;
  }
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, 0);
}

/* ---- parameters of a header ---- */

/* The location in the form of parameter `name` of this header, or NULL. */
static const csn_location *find_param(const csn_form_places *form, size_t header, csn_span name) {
  for (size_t i = 0; i < form->count; i++) {
    const csn_place *place = &form->places[i];
    if (place->at->source != CSN_SOURCE_HEADER_PARAM || place->header != header) continue;
    if (csn_span_equal(name, place->param)) return place->at;
  }
  return NULL;
}

static csn_reason put_param(const csn_form_places *form, size_t header, csn_span name, csn_span value, size_t start,
                            csn_credential *out, csn_verdict *verdict) {
  const csn_location *at = find_param(form, header, name);
  if (at != NULL) return csn_credential_put(form->form, at->field, value, out, verdict);
  if (form->form->skips_unknown) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE, start);
}

/* name="value", and nothing in the value that would have to be decoded. */
static bool take_quoted(csn_cursor *in, uint8_t assign, csn_span *name, csn_span *value) {
  *name = csn_cursor_take_until(in, assign);
  if (name->len == 0 || !csn_cursor_skip_byte(in, assign) || !csn_cursor_skip_byte(in, '"')) return false;
  *value = csn_cursor_take_until(in, '"');
  bool is_escaped = value->len > 0 && memchr(value->ptr, '\\', value->len) != NULL;
  return csn_cursor_skip_byte(in, '"') && !is_escaped;
}

static csn_reason read_quoted_params(const csn_form_places *form, size_t header, csn_cursor *in, csn_credential *out,
                                     csn_verdict *verdict) {
  uint8_t assign = (uint8_t)csn_form_assign(form->form), separator = (uint8_t)form->form->separator;
  do {
    while (csn_cursor_skip_byte(in, ' ')) continue;
    size_t start = csn_cursor_offset(in);
    csn_span name, value;
    if (!take_quoted(in, assign, &name, &value)) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, start);
    }
    csn_reason reason = put_param(form, header, name, value, start, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  } while (csn_cursor_skip_byte(in, separator));
  if (csn_cursor_done(in)) return CSN_REASON_ACCEPTED;
  return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, csn_cursor_offset(in));
}

/* Reads one header's name=value parameters into the fields that the form locates there. Offsets count in the value. */
static csn_reason read_params(const csn_form_places *form, size_t header, csn_cursor *in, csn_credential *out,
                              csn_verdict *verdict) {
  uint8_t assign = (uint8_t)csn_form_assign(form->form), separator = (uint8_t)form->form->separator;
  do {
    size_t start = csn_cursor_offset(in);
    csn_cursor item = csn_cursor_of(csn_cursor_take_until(in, separator));
    csn_span name = csn_cursor_take_until(&item, assign);
    if (name.len == 0 || !csn_cursor_skip_byte(&item, assign)) {
      return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE, start);
    }
    csn_reason reason = put_param(form, header, name, csn_cursor_rest(&item), start, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  } while (csn_cursor_skip_byte(in, separator));
  return CSN_REASON_ACCEPTED;
}

/* ---- locations ---- */

static csn_reason read_header(const csn_form_places *form, const csn_place *place, const csn_headers_found *found,
                              csn_credential *out, csn_verdict *verdict) {
  csn_cursor value;
  csn_field field = place->at->field;
  csn_reason reason = take_header(found, place->header, field, &value, verdict);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  if (!skip_prefix(&value, place->prefix)) return csn_refuse(verdict, CSN_REASON_FIELD_MALFORMED, field, 0);
  if (place->at->source == CSN_SOURCE_HEADER_PARAM) {
    return (form->form->quoted ? read_quoted_params : read_params)(form, place->header, &value, out, verdict);
  }
  return csn_credential_put(form->form, field, csn_cursor_rest(&value), out, verdict);
}

static csn_reason read_place(const csn_form_places *form, const csn_place *place, const csn_request *request,
                             const csn_headers_found *found, csn_credential *out, csn_verdict *verdict) {
  csn_source source = place->at->source;
  if (csn_source_is_header(source)) return read_header(form, place, found, out, verdict);
  if (source == CSN_SOURCE_QUERY) return csn_read_query(form->form, request->target, out, verdict);
  if (source == CSN_SOURCE_FORM_BODY) return csn_read_form_body(form->form, request->body, out, verdict);
  return csn_read_json_body(form->form, request->body, out, verdict);
}

/* Skips the prefix of a value of the usual form: it has that of one register, and one space behind an auth-scheme. */
static inline bool skip_usual_prefix(const csn_whole *whole, csn_span *value) {
  if (value->len <= CSN_LANES) return false;
  csn_bytes16 first = csn_bytes16_load(value->ptr);
  if (csn_bytes16_any(((first | whole->fold) ^ whole->prefix) & whole->lanes) != 0) return false;
  *value = csn_span_of(value->ptr + whole->prefix_len, value->len - whole->prefix_len);
  return value->ptr[-1] != ' ' || value->ptr[0] != ' ';
}

/* Of the usual request: all wholes are there, once each. Else false, and what has been taken is to be cleared. */
static inline bool take_wholes(const csn_form_places *form, const csn_headers_found *found, csn_credential *out) {
  if ((form->whole_names & ~(found->present & ~found->repeated)) != 0) return false;
  for (const csn_whole *whole = form->wholes, *end = whole + form->whole_count; whole < end; whole++) {
    csn_span value = found->headers[whole->header]->value;
    if (value.ptr == NULL || (whole->prefix_len > 0 && !skip_usual_prefix(whole, &value))) return false;
    out->fields[whole->field] = value;
    if (whole->field == CSN_FIELD_SIGNATURE) out->signatures[out->signature_count++].text = value;
  }
  return true;
}

/* What is left when the wholes have been taken, or all. Which of two places that are wrong comes first is the same. */
UNUSUAL static csn_reason read_places(const csn_form_places *form, bool has_wholes, const csn_request *request,
                                      const csn_headers_found *found, csn_credential *out, csn_verdict *verdict) {
  for (size_t i = 0; i < form->count; i++) {
    const csn_place *place = &form->places[i];
    if (has_wholes && place->is_whole) continue;
    csn_reason reason =
        place->read_before ? CSN_REASON_ACCEPTED : read_place(form, place, request, found, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
    csn_field field = place->at->field;
    if (out->fields[field].ptr == NULL) return csn_refuse(verdict, CSN_REASON_FIELD_MISSING, field, 0);
  }
  return CSN_REASON_ACCEPTED;
}

/* A field that comes in the chosen form and in a header of another one comes twice: neither wins. */
UNUSUAL static csn_reason check_other_forms(const csn_places *places, uint32_t others, csn_verdict *verdict) {
  for (size_t i = 0; i < places->form_count && others != 0; i++) {
    const csn_form_places *form = &places->forms[i];
    for (size_t j = 0; j < form->count; j++) {
      const csn_location *at = form->places[j].at;
      if (!csn_source_is_header(at->source) || (others & csn_header_name_bit(form->places[j].header)) == 0) continue;
      return csn_refuse(verdict, CSN_REASON_FIELD_REPEATED, at->field, 0);
    }
  }
  return CSN_REASON_ACCEPTED;
}

csn_reason csn_locate_fields(const csn_places *places, const csn_request *request, const csn_headers_found *found,
                             csn_credential *out, const csn_form **chosen, csn_verdict *verdict) {
  const csn_form_places *form = &places->forms[0];
  csn_reason reason = places->selects ? select_form(places, found, &form, verdict) : CSN_REASON_ACCEPTED;
  if (reason != CSN_REASON_ACCEPTED) return reason;
  *chosen = form->form;
  bool has_wholes = take_wholes(form, found, out);
  if (!has_wholes) csn_credential_clear(out);
  if (!has_wholes || form->whole_count < form->count) {
    reason = read_places(form, has_wholes, request, found, out, verdict);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  }
  uint32_t others = found->present & form->others;
  return others == 0 ? CSN_REASON_ACCEPTED : check_other_forms(places, others, verdict);
}
