/* The presets: a new provider's format is a row of this table, not a parser. */
#include <countersign/scheme.h>

#include "cursor.h"
#include "template.h"

#define TOKEN_LOCATION \
  { CSN_FIELD_TOKEN, CSN_SOURCE_HEADER, "Authorization", "Bearer ", NULL }

#define CLIENT_HEADERS                                                       \
  {                                                                          \
    {CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "x-ClientId", NULL, NULL},      \
        {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "x-Timestamp", NULL, NULL}, \
        {CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "x-Nonce", NULL, NULL},         \
        {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "x-Signature", NULL, NULL}, \
  }

#define CLIENT_HEADERS_WITHOUT_NONCE                                         \
  {                                                                          \
    {CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "x-ClientId", NULL, NULL},      \
        {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "x-Timestamp", NULL, NULL}, \
        {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "x-Signature", NULL, NULL}, \
  }

/* The hash stands in the auth-scheme's name: a key of another one is not tried. */
#define AUTHORIZATION_FORM(key_alg, auth_scheme)                                                      \
  {                                                                                                   \
    .select_header = "Authorization", .select_prefix = auth_scheme, .alg = key_alg, .separator = '&', \
    .locations = {                                                                                    \
        {CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, "ClientId"},     \
        {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, "Timestamp"},    \
        {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, "Signature"},    \
    },                                                                                                \
  }

/* draft-cavage-http-signatures, as Kong and APISIX have it. */
#define LIST_FORM(auth_scheme, client)                                                              \
  {                                                                                                 \
    .separator = ',', .quoted = true, .locations = {                                                \
      {CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, client},         \
      {CSN_FIELD_ALGORITHM, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, "algorithm"},    \
      {CSN_FIELD_SIGNED_HEADERS, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, "headers"}, \
      {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "Authorization", auth_scheme, "signature"},    \
      {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "Date", NULL, NULL},                                 \
    }                                                                                               \
  }

static const csn_scheme presets[] = {
    {
        .name = "api-key",
        .summary = "an API key in X-Api-Key, known by its keyed hash",
        .forms = {{.locations = {{CSN_FIELD_API_KEY, CSN_SOURCE_HEADER, "X-Api-Key", NULL, NULL}}}},
        .has_api_key = true,
    },
    {
        .name = "api-key-bearer",
        .summary = "an API key in Authorization: Bearer, known by its keyed hash",
        .forms = {{.locations = {{CSN_FIELD_API_KEY, CSN_SOURCE_HEADER, "Authorization", "Bearer ", NULL}}}},
        .has_api_key = true,
    },
    {
        .name = "api-key-form",
        .summary = "an API key in the parameter api_key of a form, known by its keyed hash",
        .forms = {{.locations = {{CSN_FIELD_API_KEY, CSN_SOURCE_FORM_BODY, "api_key", NULL, NULL}}}},
        .has_api_key = true,
    },
    {
        .name = "api-key-json",
        .summary = "an API key in the member api_key of a JSON body, known by its keyed hash",
        .forms = {{.locations = {{CSN_FIELD_API_KEY, CSN_SOURCE_JSON_BODY, "api_key", NULL, NULL}}}},
        .has_api_key = true,
    },
    {
        .name = "api-key-query",
        .summary = "an API key in the query, ?key=, known by its keyed hash; logs hold targets, and so the key",
        .forms = {{.locations = {{CSN_FIELD_API_KEY, CSN_SOURCE_QUERY, "key", NULL, NULL}}}},
        .has_api_key = true,
    },
    {
        .name = "apisix",
        .summary = "APISIX's hmac-auth: Authorization: Signature with a list of the headers that are signed, and Date",
        .forms = {LIST_FORM("Signature ", "keyId")},
        .template_text = "{client_id}\n{signed_headers}\n",
        .signature_encoding = CSN_ENCODING_BASE64,
        .time_unit = CSN_TIME_HTTP_DATE,
        .request_line = "@request-target",
        .signed_headers = "@request-target date",
    },
    {
        .name = "aws-sigv4",
        .summary = "AWS Signature Version 4, in the Authorization header or in the query (presigned)",
        .standard = CSN_STANDARD_AWS_SIGV4,
    },
    {
        .name = "bearer-jwt",
        .summary = "a JSON Web Token in Authorization: Bearer (RFC 6750, RFC 7519)",
        .forms = {{.locations = {TOKEN_LOCATION}}},
        .has_token = true,
    },
    {
        .name = "github",
        .summary = "GitHub's webhooks: X-Hub-Signature-256; no timestamp and no nonce, so no protection against replay",
        .forms = {{.alg = CSN_ALG_HS256,
                   .locations = {{CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "X-Hub-Signature-256", "sha256=", NULL}}}},
        .template_text = "{body}",
        .signature_encoding = CSN_ENCODING_HEX,
        .client = "github",
        .replayable = true,
    },
    {
        .name = "hmac-authorization",
        .summary = "client id, timestamp and signature in Authorization: HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512",
        .forms = {AUTHORIZATION_FORM(CSN_ALG_HS256, "HMAC-SHA256 "), AUTHORIZATION_FORM(CSN_ALG_HS384, "HMAC-SHA384 "),
                  AUTHORIZATION_FORM(CSN_ALG_HS512, "HMAC-SHA512 ")},
        .template_text = "{client_id}\n{method}\n{target}\n{body_sha256}\n{timestamp}",
        .signature_encoding = CSN_ENCODING_HEX,
    },
    {
        .name = "hmac-full",
        .summary = "hmac-nonce, and the whole request is signed",
        .forms = {{.locations = CLIENT_HEADERS}},
        .template_text = "{client_id}{method}{path}{query}{body_sha256}{timestamp}{nonce}",
        .signature_encoding = CSN_ENCODING_HEX,
        .delimited_form = "hmac-full-delimited",
    },
    {
        .name = "hmac-full-delimited",
        .summary = "hmac-full with a line feed between the parts, and the target as one of them",
        .forms = {{.locations = CLIENT_HEADERS}},
        .template_text = "{client_id}\n{method}\n{target}\n{body_sha256}\n{timestamp}\n{nonce}",
        .signature_encoding = CSN_ENCODING_HEX,
    },
    {
        .name = "hmac-nonce",
        .summary = "client id, timestamp, nonce and signature in x- headers",
        .forms = {{.locations = CLIENT_HEADERS}},
        .template_text = "{client_id}{timestamp}{nonce}",
        .signature_encoding = CSN_ENCODING_HEX,
        .delimited_form = "hmac-nonce-delimited",
    },
    {
        .name = "hmac-nonce-delimited",
        .summary = "hmac-nonce with a line feed between the parts of the signed string",
        .forms = {{.locations = CLIENT_HEADERS}},
        .template_text = "{client_id}\n{timestamp}\n{nonce}",
        .signature_encoding = CSN_ENCODING_HEX,
    },
    {
        .name = "hmac-timestamp",
        .summary = "client id, timestamp and signature in x- headers",
        .forms = {{.locations = CLIENT_HEADERS_WITHOUT_NONCE}},
        .template_text = "{client_id}{timestamp}",
        .signature_encoding = CSN_ENCODING_HEX,
        .delimited_form = "hmac-timestamp-delimited",
    },
    {
        .name = "hmac-timestamp-delimited",
        .summary = "hmac-timestamp with a line feed between the parts of the signed string",
        .forms = {{.locations = CLIENT_HEADERS_WITHOUT_NONCE}},
        .template_text = "{client_id}\n{timestamp}",
        .signature_encoding = CSN_ENCODING_HEX,
    },
    {
        .name = "http-signature",
        .summary = "HTTP Message Signatures, with Content-Digest (RFC 9421, RFC 9530)",
        .standard = CSN_STANDARD_HTTP_SIGNATURES,
    },
    {
        .name = "jwt-hmac",
        .summary = "a bearer token, and a signature of the body by the client that the token names",
        .forms =
            {
                {
                    .select_header = "X-Request-Signature",
                    .select_prefix = "sha256=",
                    .locations =
                        {
                            TOKEN_LOCATION,
                            {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "X-Request-Signature", "sha256=", NULL},
                            {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "X-Timestamp", NULL, NULL},
                            {CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "X-Nonce", NULL, NULL},
                        },
                },
                {
                    .select_header = "X-Request-Signature",
                    .separator = '&',
                    .locations =
                        {
                            TOKEN_LOCATION,
                            {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER_PARAM, "X-Request-Signature", NULL, "ts"},
                            {CSN_FIELD_NONCE, CSN_SOURCE_HEADER_PARAM, "X-Request-Signature", NULL, "nonce"},
                            {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "X-Request-Signature", NULL, "sig"},
                        },
                },
            },
        .has_token = true,
        .template_text = "{body}|{timestamp}|{nonce}",
        .signature_encoding = CSN_ENCODING_HEX,
    },
    {
        .name = "kong",
        .summary = "Kong's hmac-auth: Authorization: hmac with a list of the headers that are signed, and Date",
        .forms = {LIST_FORM("hmac ", "username")},
        .template_text = "{signed_headers}",
        .signature_encoding = CSN_ENCODING_BASE64,
        .time_unit = CSN_TIME_HTTP_DATE,
        .request_line = "request-line",
        .request_line_end = " HTTP/1.1",
        .signed_headers = "date request-line",
    },
    {
        .name = "slack",
        .summary = "Slack's requests: X-Slack-Signature and X-Slack-Request-Timestamp",
        .forms = {{.alg = CSN_ALG_HS256,
                   .locations = {{CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "X-Slack-Request-Timestamp", NULL, NULL},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "X-Slack-Signature", "v0=", NULL}}}},
        .template_text = "v0:{timestamp}:{body}",
        .signature_encoding = CSN_ENCODING_HEX,
        .client = "slack",
    },
    {
        .name = "standard-webhooks",
        .summary =
            "Standard Webhooks: webhook-id, webhook-timestamp and one or more v1 signatures in webhook-signature",
        .forms = {{.alg = CSN_ALG_HS256,
                   .separator = ' ',
                   .assign = ',',
                   .skips_unknown = true,
                   .many_signatures = true,
                   .locations = {{CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "webhook-id", NULL, NULL},
                                 {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "webhook-timestamp", NULL, NULL},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "webhook-signature", NULL, "v1"}}}},
        .template_text = "{nonce}.{timestamp}.{body}",
        .signature_encoding = CSN_ENCODING_BASE64,
        .client = "standard-webhooks",
        .not_in_nonce = ".",
    },
    {
        .name = "stripe",
        .summary = "Stripe's webhooks: Stripe-Signature with a timestamp and one or more v1 signatures",
        .forms = {{.alg = CSN_ALG_HS256,
                   .separator = ',',
                   .skips_unknown = true,
                   .many_signatures = true,
                   .locations = {{CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER_PARAM, "Stripe-Signature", NULL, "t"},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "Stripe-Signature", NULL, "v1"}}}},
        .template_text = "{timestamp}.{body}",
        .signature_encoding = CSN_ENCODING_HEX,
        .client = "stripe",
    },
};

const csn_scheme *csn_scheme_preset(csn_span name) {
  for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
    if (csn_span_equal(name, csn_span_str(presets[i].name))) return &presets[i];
  }
  return NULL;
}

const csn_scheme *csn_scheme_preset_at(size_t index) {
  return index < sizeof presets / sizeof presets[0] ? &presets[index] : NULL;
}

/* ---- checks that a scheme's parts fit each other ---- */

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
