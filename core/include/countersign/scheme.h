/* Schemes are data: where each field is found, how it is encoded, and the string that is signed. */
#ifndef COUNTERSIGN_SCHEME_H
#define COUNTERSIGN_SCHEME_H

#include <countersign/error.h>
#include <countersign/key.h>
#include <countersign/request.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a field's bytes are. */
typedef enum csn_source {
  CSN_SOURCE_NONE,         /* ends a list of locations */
  CSN_SOURCE_HEADER,       /* the value of header `name`, after `prefix` */
  CSN_SOURCE_HEADER_PARAM, /* parameter `param` of that value: name=value, separated by the form's separator */
  CSN_SOURCE_QUERY,        /* parameter `name` of the target's query, as it stands on the wire */
  CSN_SOURCE_FORM_BODY,    /* parameter `name` of a body in application/x-www-form-urlencoded, the same */
  CSN_SOURCE_JSON_BODY, /* member `name` of the object that a JSON body is: a string without escapes; of a timestamp a
                           number, too */
} csn_source;

typedef struct csn_location {
  csn_field field;
  csn_source source;
  const char *name;   /* of the header, parameter or member */
  const char *prefix; /* literal before the value or the first parameter; NULL for none. An auth-scheme such as
                         "Bearer " is compared without regard to case (RFC 9110 section 11.1) */
  const char *param;
} csn_location;

enum { CSN_FORM_LOCATIONS_MAX = 6, CSN_SCHEME_FORMS_MAX = 3 };

/* One way in which a credential of the scheme is written. The first form whose selecting prefix matches is used. */
typedef struct csn_form {
  const char *select_header; /* NULL: always */
  const char *select_prefix;
  csn_alg alg;          /* of the client's keys only those of this one; CSN_ALG_NONE: any HMAC */
  char separator;       /* between parameters */
  char assign;          /* between a parameter's name and its value; 0: '=' */
  bool quoted;          /* values are in quotation marks, spaces may stand before a name (RFC 9110 section 11.2) */
  bool skips_unknown;   /* parameters that have no location are skipped, not refused */
  bool many_signatures; /* the signature may be there several times; one that is right is enough */
  csn_location locations[CSN_FORM_LOCATIONS_MAX];
} csn_form;

typedef enum csn_encoding {
  CSN_ENCODING_NONE,
  CSN_ENCODING_HEX,       /* either case */
  CSN_ENCODING_BASE64URL, /* no padding (RFC 4648 section 5) */
  CSN_ENCODING_BASE64,    /* with padding (RFC 4648 section 4) */
} csn_encoding;
typedef enum csn_time_unit { CSN_TIME_SECONDS, CSN_TIME_MILLISECONDS, CSN_TIME_HTTP_DATE } csn_time_unit;

/* Signatures of requests that are a standard of their own. */
typedef enum csn_standard { CSN_STANDARD_NONE, CSN_STANDARD_HTTP_SIGNATURES, CSN_STANDARD_AWS_SIGV4 } csn_standard;

/* A scheme. The presets are rows of one constant table; a new provider's format is a row. */
typedef struct csn_scheme {
  const char *name;
  const char *summary;
  csn_form forms[CSN_SCHEME_FORMS_MAX];
  bool has_token;            /* a JSON Web Token comes with the request */
  bool has_api_key;          /* an API key does, and nothing is signed */
  const char *template_text; /* the string that is signed, such as "{client_id}{timestamp}"; NULL: none */
  csn_encoding signature_encoding;
  csn_time_unit time_unit;
  const char *client;       /* whose keys sign where the request does not say; a verifier may name another. Else NULL */
  const char *request_line; /* the name in the list of the request line: method, space, target */
  const char *request_line_end; /* what stands behind the target in its line, such as " HTTP/1.1"; NULL: nothing */
  const char *signed_headers;   /* for {signed_headers}: what must be in the list, and what a signer puts there: names
                                   in lower case with spaces between, the timestamp's header and the request line */
  const char *not_in_nonce;     /* bytes of a nonce's set that this scheme's have not: what delimits them; else NULL */
  bool replayable;              /* has neither timestamp nor nonce: what was accepted once is accepted for ever */
  const char *delimited_form;   /* preset to use instead where the template is ambiguous; else NULL */
  csn_standard standard;        /* requests are signed as this standard says; then no template, no forms */
} csn_scheme;

enum { CSN_TEMPLATE_PIECES_MAX = 24, CSN_TEMPLATE_TEXT_MAX = 512 };

typedef struct csn_piece {
  csn_field field;  /* CSN_FIELD_NONE: the literal */
  csn_span literal; /* points into the template's text, which must outlive the compiled template */
} csn_piece;

typedef struct csn_template {
  csn_piece pieces[CSN_TEMPLATE_PIECES_MAX];
  size_t count;
  bool ambiguous; /* two requests that differ in what is signed can give one string */
} csn_template;

/* Compiles `{field}` and literal text; `{{` is a literal brace. Fields: client_id, timestamp, nonce, method, target,
 * path, query, body, body_sha256, and, once, signed_headers: a line for each in the list that the request has in that
 * field, "name: value" or the request line. Never fails for a preset. CSN_ERROR_TEMPLATE_INVALID otherwise.
 * Thread-safe. */
csn_error csn_template_compile(csn_template *out, const char *text) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Whether the template signs `field`: {target} covers the path and the query, {body_sha256} the body. */
bool csn_template_covers(const csn_template *tpl, csn_field field) CSN_NONNULL_ALL;

/* Looks a preset up by name; NULL where there is none. csn_scheme_preset_at() walks the table; NULL behind the end. */
const csn_scheme *csn_scheme_preset(csn_span name);
const csn_scheme *csn_scheme_preset_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
