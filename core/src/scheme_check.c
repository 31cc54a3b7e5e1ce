/* Whether the parts of a scheme fit each other. */
#include <countersign/scheme.h>

#include "cursor.h"
#include "template.h"

size_t csn_scheme_form_count(const csn_scheme *scheme) {
  size_t count = 0;
  while (count < CSN_SCHEME_FORMS_MAX && scheme->forms[count].locations[0].source != CSN_SOURCE_NONE) count++;
  return count;
}

size_t csn_scheme_form_of(const csn_scheme *scheme, csn_alg alg) {
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    if (scheme->forms[i].alg == CSN_ALG_NONE || scheme->forms[i].alg == alg) return i;
  }
  return 0;
}

const csn_location *csn_form_find(const csn_form *form, csn_field field) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    if (form->locations[i].field == field) return &form->locations[i];
  }
  return NULL;
}

static bool is_located(csn_field field) {
  return field == CSN_FIELD_CLIENT_ID || field == CSN_FIELD_TIMESTAMP || field == CSN_FIELD_NONCE;
}

/* The parameters of one header stand behind one prefix. */
static bool prefix_is_valid(const csn_form *form, const csn_location *location) {
  for (const csn_location *at = form->locations; at < location; at++) {
    if (at->source != CSN_SOURCE_HEADER_PARAM) continue;
    if (!csn_span_equal_nocase(csn_span_str(at->name), csn_span_str(location->name))) continue;
    if (!csn_span_equal(csn_span_str(at->prefix), csn_span_str(location->prefix))) return false;
  }
  return true;
}

static bool location_is_valid(const csn_form *form, const csn_location *location) {
  if (!is_located(location->field) && location->field != CSN_FIELD_SIGNATURE && location->field != CSN_FIELD_TOKEN &&
      location->field != CSN_FIELD_API_KEY && location->field != CSN_FIELD_ALGORITHM &&
      location->field != CSN_FIELD_SIGNED_HEADERS) {
    return false;
  }
  if (csn_form_find(form, location->field) != location || location->name == NULL) return false;
  if (!csn_source_is_header(location->source)) return location->prefix == NULL && location->param == NULL;
  if (location->source == CSN_SOURCE_HEADER) return true;
  return location->param != NULL && form->separator != 0 && prefix_is_valid(form, location);
}

static bool form_has_source(const csn_form *form, csn_source source) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    if (form->locations[i].source == source) return true;
  }
  return false;
}

/* A body is of one kind, and no signature is part of what it signs. */
static bool places_are_valid(const csn_form *form, const csn_template *tpl, csn_encoding encoding) {
  const csn_location *signature = csn_form_find(form, CSN_FIELD_SIGNATURE);
  if (form_has_source(form, CSN_SOURCE_FORM_BODY) && form_has_source(form, CSN_SOURCE_JSON_BODY)) return false;
  if (signature == NULL || csn_source_is_header(signature->source)) return true;
  /* '+' would have to be encoded in a parameter */
  if (signature->source != CSN_SOURCE_JSON_BODY && encoding == CSN_ENCODING_BASE64) return false;
  return !csn_template_covers(tpl, signature->source == CSN_SOURCE_QUERY ? CSN_FIELD_QUERY : CSN_FIELD_BODY);
}

static bool covers(const csn_scheme *scheme, const csn_form *form, const csn_template *tpl, csn_field field) {
  return csn_template_covers(tpl, field) || csn_signed_header_of(scheme, form, field).len > 0;
}

/* A list of headers is signed by what it names: the request line is always one of them. */
static bool list_is_valid(const csn_scheme *scheme, const csn_form *form, const csn_template *tpl) {
  bool located = csn_form_find(form, CSN_FIELD_SIGNED_HEADERS) != NULL;
  bool signs = csn_template_covers(tpl, CSN_FIELD_SIGNED_HEADERS);
  if (scheme->signed_headers == NULL) return !located && !signs;
  if (scheme->request_line == NULL) return false;
  csn_cursor in = csn_cursor_of(csn_span_str(scheme->signed_headers));
  bool has_request_line = false;
  do {
    has_request_line |= csn_span_equal(csn_cursor_take_until(&in, ' '), csn_span_str(scheme->request_line));
  } while (csn_cursor_skip_byte(&in, ' '));
  return located && signs && has_request_line;
}

/* Whose the signature is, is said once. Where nothing is signed, the token or the key says whose it is, and a name
 * beside a token would be compared with nothing. */
static bool client_is_valid(const csn_scheme *scheme, const csn_form *form, bool signs) {
  bool has_client = csn_form_find(form, CSN_FIELD_CLIENT_ID) != NULL;
  if (signs) return has_client + scheme->has_token + (scheme->client != NULL) == 1;
  return scheme->client == NULL && !(has_client && scheme->has_token);
}

/* Whatever steers the verdict must be signed: an unsigned timestamp or nonce protects nothing. */
static bool form_is_valid(const csn_scheme *scheme, const csn_form *form, const csn_template *tpl) {
  bool signs = tpl->count > 0;
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX && form->locations[i].source != CSN_SOURCE_NONE; i++) {
    if (!location_is_valid(form, &form->locations[i])) return false;
  }
  if (!list_is_valid(scheme, form, tpl)) return false;
  if (!places_are_valid(form, tpl, scheme->signature_encoding)) return false;
  for (csn_field field = CSN_FIELD_NONE; field < CSN_FIELD_COUNT; field++) {
    bool located = csn_form_find(form, field) != NULL, covered = covers(scheme, form, tpl, field);
    if (is_located(field) && covered && !located) return false;
    if ((field == CSN_FIELD_TIMESTAMP || field == CSN_FIELD_NONCE) && located && !covered) return false;
  }
  bool has_time = csn_form_find(form, CSN_FIELD_TIMESTAMP) != NULL,
       has_nonce = csn_form_find(form, CSN_FIELD_NONCE) != NULL;
  return (csn_form_find(form, CSN_FIELD_TOKEN) != NULL) == scheme->has_token &&
         (csn_form_find(form, CSN_FIELD_API_KEY) != NULL) == scheme->has_api_key &&
         (csn_form_find(form, CSN_FIELD_SIGNATURE) != NULL) == signs && (!has_nonce || has_time) &&
         (!signs || has_time != scheme->replayable) && client_is_valid(scheme, form, signs);
}

/* A standard says itself where its fields are and what is signed. */
static bool standard_is_alone(const csn_scheme *scheme) {
  return csn_scheme_form_count(scheme) == 0 && scheme->template_text == NULL && !scheme->has_token &&
         !scheme->has_api_key && scheme->signature_encoding == CSN_ENCODING_NONE && scheme->client == NULL &&
         scheme->signed_headers == NULL && scheme->not_in_nonce == NULL && !scheme->replayable;
}

csn_error csn_scheme_compile(const csn_scheme *scheme, csn_template *out) {
  memset(out, 0, sizeof *out);
  if (scheme->standard != CSN_STANDARD_NONE) return standard_is_alone(scheme) ? CSN_OK : CSN_ERROR_SCHEME_INVALID;
  if (scheme->template_text != NULL) {
    csn_error error = csn_template_compile_for(out, scheme->template_text, scheme->not_in_nonce);
    if (error != CSN_OK) return error;
  }
  size_t forms = csn_scheme_form_count(scheme);
  if (forms == 0 || (out->count == 0) != (scheme->signature_encoding == CSN_ENCODING_NONE)) {
    return CSN_ERROR_SCHEME_INVALID;
  }
  /* One of the three; a token and a signature go together, an API key with neither. */
  if (scheme->has_api_key ? out->count > 0 || scheme->has_token : out->count == 0 && !scheme->has_token) {
    return CSN_ERROR_SCHEME_INVALID;
  }
  bool has_nonce = csn_form_find(&scheme->forms[0], CSN_FIELD_NONCE) != NULL;
  for (size_t i = 0; i < forms; i++) {
    if (!form_is_valid(scheme, &scheme->forms[i], out)) return CSN_ERROR_SCHEME_INVALID;
    /* else the form that a request chooses would say whether it may come again */
    if ((csn_form_find(&scheme->forms[i], CSN_FIELD_NONCE) != NULL) != has_nonce) return CSN_ERROR_SCHEME_INVALID;
  }
  return CSN_OK;
}
