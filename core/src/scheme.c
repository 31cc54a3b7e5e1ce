/* The presets: a new provider's format is a row of this table, not a parser. */
#include <countersign/scheme.h>

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
