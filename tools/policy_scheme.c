/* The policy's own scheme: a preset with another template, or with fields in other places. */
#include <errno.h>
#include <stdlib.h>

#include "../core/src/template.h"
#include "policy_reader.h"

enum { TEMPLATE, ENCODING, TIME_UNIT, CLIENT, SEPARATOR, AMBIGUOUS, PLACES, FIELDS };

static const csn_policy_field scheme_fields[FIELDS] = {
    [TEMPLATE] = {"template", CSN_POLICY_STRING},   [ENCODING] = {"signature_encoding", CSN_POLICY_STRING},
    [TIME_UNIT] = {"time_unit", CSN_POLICY_STRING}, [CLIENT] = {"client_id", CSN_POLICY_STRING},
    [SEPARATOR] = {"separator", CSN_POLICY_STRING}, [AMBIGUOUS] = {"allow_ambiguous", CSN_POLICY_BOOL},
    [PLACES] = {"fields", CSN_POLICY_OBJECT},
};

enum { PLACE_FIELDS = 6 };

static const csn_policy_field place_fields[PLACE_FIELDS] = {
    {"client_id", CSN_POLICY_OBJECT}, {"timestamp", CSN_POLICY_OBJECT}, {"nonce", CSN_POLICY_OBJECT},
    {"signature", CSN_POLICY_OBJECT}, {"token", CSN_POLICY_OBJECT},     {"api_key", CSN_POLICY_OBJECT},
};
static const csn_field field_of[PLACE_FIELDS] = {CSN_FIELD_CLIENT_ID, CSN_FIELD_TIMESTAMP, CSN_FIELD_NONCE,
                                                 CSN_FIELD_SIGNATURE, CSN_FIELD_TOKEN,     CSN_FIELD_API_KEY};

enum { HEADER, QUERY, FORM, JSON, PREFIX, PARAMETER, PLACE_PARTS, SOURCES = PREFIX };

static const csn_policy_field place_parts[PLACE_PARTS] = {
    [HEADER] = {"header", CSN_POLICY_STRING}, [QUERY] = {"query", CSN_POLICY_STRING},
    [FORM] = {"form", CSN_POLICY_STRING},     [JSON] = {"json", CSN_POLICY_STRING},
    [PREFIX] = {"prefix", CSN_POLICY_STRING}, [PARAMETER] = {"parameter", CSN_POLICY_STRING},
};
static const csn_source source_of[SOURCES] = {CSN_SOURCE_HEADER, CSN_SOURCE_QUERY, CSN_SOURCE_FORM_BODY,
                                              CSN_SOURCE_JSON_BODY};

static const char *const encodings[] = {
    [CSN_ENCODING_HEX] = "hex", [CSN_ENCODING_BASE64URL] = "base64url", [CSN_ENCODING_BASE64] = "base64"};
static const char *const units[] = {
    [CSN_TIME_SECONDS] = "seconds", [CSN_TIME_MILLISECONDS] = "milliseconds", [CSN_TIME_HTTP_DATE] = "http_date"};

const char *csn_policy_encoding_name(csn_encoding encoding) {
  return encodings[encoding];
}

const char *csn_policy_time_unit_name(csn_time_unit unit) {
  return units[unit];
}

const char *csn_policy_source_name(csn_source source) {
  for (size_t i = 0; i < SOURCES; i++) {
    if (source_of[i] == source) return place_parts[i].name;
  }
  return place_parts[HEADER].name; /* of a parameter */
}

typedef struct place_memory {
  char name[CSN_HEADER_NAME_MAX + 1], prefix[64], param[64];
} place_memory;

/* The scheme, and the strings that it points at. */
typedef struct csn_policy_scheme {
  csn_scheme scheme;
  char template_text[CSN_TEMPLATE_TEXT_MAX + 1], client[CSN_ID_MAX + 1];
  place_memory places[PLACE_FIELDS];
} csn_policy_scheme;

/* The string at `node` as one of C, into `*out`, which stays as it is where `node` is 0. */
static bool read_text(csn_policy_reader *r, uint32_t node, const char *field, char *buffer, size_t size,
                      const char **out) {
  csn_span text;
  if (node == 0) return true;
  if (!csn_policy_string(r, node, field, (uint8_t *)buffer, size - 1, &text)) return false;
  buffer[text.len] = '\0';
  *out = buffer;
  return true;
}

/* The place of the name in a list, into `*out`, which stays as it is where `node` is 0. */
static bool read_choice(csn_policy_reader *r, uint32_t node, const char *field, const char *const *names, size_t count,
                        unsigned *out) {
  if (node == 0) return true;
  for (size_t i = 0; i < count; i++) {
    if (names[i] == NULL || !csn_json_string_equals(&r->json, node, csn_span_str(names[i]))) continue;
    *out = (unsigned)i;
    return true;
  }
  return csn_policy_refuse(r, node, field, "is not known");
}

static bool read_encoding_and_unit(csn_policy_reader *r, const uint32_t at[FIELDS], csn_scheme *scheme) {
  unsigned encoding = scheme->signature_encoding, unit = scheme->time_unit;
  if (!read_choice(r, at[ENCODING], "signature_encoding", encodings, sizeof encodings / sizeof encodings[0],
                   &encoding) ||
      !read_choice(r, at[TIME_UNIT], "time_unit", units, sizeof units / sizeof units[0], &unit)) {
    return false;
  }
  scheme->signature_encoding = (csn_encoding)encoding;
  scheme->time_unit = (csn_time_unit)unit;
  return true;
}

/* ---- places ---- */

/* A name that could never be found would reject everything. */
static bool is_name(const char *name, csn_source source) {
  for (; *name != '\0'; name++) {
    uint8_t byte = (uint8_t)*name;
    bool in_param = byte > ' ' && byte < 0x7f && strchr("%+&=#", byte) == NULL;
    if (source == CSN_SOURCE_HEADER && !csn_is_token_char(byte)) return false;
    if ((source == CSN_SOURCE_QUERY || source == CSN_SOURCE_FORM_BODY) && !in_param) return false;
  }
  return true;
}

static bool read_place(csn_policy_reader *r, uint32_t node, const char *field, place_memory *memory,
                       csn_location *out) {
  uint32_t at[PLACE_PARTS];
  size_t sources = 0, source = 0;
  if (!csn_policy_fields(r, node, place_parts, PLACE_PARTS, at)) return false;
  for (size_t i = 0; i < SOURCES; i++) {
    if (at[i] == 0) continue;
    source = i;
    sources++;
  }
  if (sources != 1) return csn_policy_refuse(r, node, field, "must have one of header, query, form and json");
  if (source != HEADER && (at[PREFIX] != 0 || at[PARAMETER] != 0)) {
    return csn_policy_refuse(r, node, field, "prefix and parameter belong to a header");
  }
  *out = (csn_location){.field = out->field, .source = source_of[source]};
  if (!read_text(r, at[source], place_parts[source].name, memory->name, sizeof memory->name, &out->name) ||
      !read_text(r, at[PREFIX], "prefix", memory->prefix, sizeof memory->prefix, &out->prefix) ||
      !read_text(r, at[PARAMETER], "parameter", memory->param, sizeof memory->param, &out->param)) {
    return false;
  }
  if (out->param != NULL) out->source = CSN_SOURCE_HEADER_PARAM;
  return is_name(out->name, source_of[source]) ||
         csn_policy_refuse(r, at[source], place_parts[source].name, "is no name that a request could have");
}

/* The location of a field, or a new one; NULL where there is no more room. */
static csn_location *location_of(csn_form *form, csn_field field) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    csn_location *at = &form->locations[i];
    if (at->source != CSN_SOURCE_NONE && at->field != field) continue;
    at->field = field;
    return at;
  }
  return NULL;
}

/* The place of one field, in every form. */
static bool read_field(csn_policy_reader *r, uint32_t node, size_t i, csn_policy_scheme *own) {
  size_t forms = csn_scheme_form_count(&own->scheme);
  for (size_t f = 0; f < forms; f++) {
    csn_location *out = location_of(&own->scheme.forms[f], field_of[i]);
    if (out == NULL) return csn_policy_refuse(r, node, place_fields[i].name, "is one field too many");
    if (!read_place(r, node, place_fields[i].name, &own->places[i], out)) return false;
  }
  return true;
}

/* The place of the preset's signature says which form it is, and of which hash, as in "sha256="; another says nothing:
 * the first form is then the only one, and the key alone says which hash. */
static void keep_first_form(csn_scheme *scheme) {
  csn_form *first = &scheme->forms[0];
  memset(first + 1, 0, sizeof scheme->forms - sizeof *first);
  first->select_header = first->select_prefix = NULL;
  first->alg = CSN_ALG_NONE;
}

static bool read_places(csn_policy_reader *r, uint32_t node, csn_policy_scheme *own) {
  uint32_t at[PLACE_FIELDS];
  if (node == 0) return true;
  if (!csn_policy_fields(r, node, place_fields, PLACE_FIELDS, at)) return false;
  for (size_t i = 0; i < PLACE_FIELDS; i++) {
    if (at[i] != 0 && field_of[i] == CSN_FIELD_SIGNATURE) keep_first_form(&own->scheme);
  }
  for (size_t i = 0; i < PLACE_FIELDS; i++) {
    if (at[i] != 0 && !read_field(r, at[i], i, own)) return false;
  }
  return true;
}

/* ---- the whole ---- */

static bool read_separator(csn_policy_reader *r, uint32_t node, csn_scheme *scheme) {
  const char *text = NULL;
  char buffer[2];
  if (node != 0 && csn_scheme_form_count(scheme) != 1) {
    return csn_policy_refuse(r, node, "separator", "the preset writes its credential in several forms");
  }
  if (!read_text(r, node, "separator", buffer, sizeof buffer, &text)) return false;
  if (text != NULL) scheme->forms[0].separator = text[0];
  return true;
}

static bool has_parameter(const csn_form *form) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    if (form->locations[i].source == CSN_SOURCE_HEADER_PARAM) return true;
  }
  return false;
}

/* Fields that say something about a thing which the scheme does not have. */
static bool check_scheme_has(csn_policy_reader *r, const uint32_t at[FIELDS], const csn_scheme *scheme) {
  bool has_time = csn_form_find(&scheme->forms[0], CSN_FIELD_TIMESTAMP) != NULL; /* all forms have the same fields */
  const struct {
    int field;
    bool contradicts;
    const char *why;
  } rows[] = {
      {TIME_UNIT, !has_time, "has no timestamp"},
      {SEPARATOR, !has_parameter(&scheme->forms[0]), "has no parameter of a header"},
      {CLIENT, scheme->template_text == NULL, "signs no request"},
      {AMBIGUOUS, scheme->template_text == NULL, "signs no request"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (at[rows[i].field] == 0 || !rows[i].contradicts) continue;
    return csn_policy_refuse(r, at[rows[i].field], scheme_fields[rows[i].field].name, "contradicts the preset: %s %s",
                             scheme->name, rows[i].why);
  }
  return true;
}

static bool check_scheme(csn_policy_reader *r, uint32_t node, const uint32_t at[FIELDS], const csn_scheme *scheme) {
  csn_template tpl;
  csn_error error = csn_scheme_compile(scheme, &tpl);
  csn_policy_bool(r, at[AMBIGUOUS], &r->out->config.allow_ambiguous);
  if (error == CSN_ERROR_TEMPLATE_INVALID) return csn_policy_refuse(r, at[TEMPLATE], "template", "is malformed");
  if (error != CSN_OK) return csn_policy_refuse(r, node, NULL, "%s", csn_error_sentence(error));
  if (!tpl.ambiguous || r->out->config.allow_ambiguous) return true;
  return csn_policy_refuse(r, at[TEMPLATE] != 0 ? at[TEMPLATE] : node, "template",
                           "is ambiguous: two different requests can have one signature; allow_ambiguous takes it");
}

static bool read_scheme(csn_policy_reader *r, uint32_t node, csn_policy_scheme *own) {
  csn_scheme *scheme = &own->scheme;
  uint32_t at[FIELDS];
  if (!csn_policy_fields(r, node, scheme_fields, FIELDS, at) ||
      !read_text(r, at[TEMPLATE], "template", own->template_text, sizeof own->template_text, &scheme->template_text) ||
      !read_text(r, at[CLIENT], "client_id", own->client, sizeof own->client, &scheme->client) ||
      !read_encoding_and_unit(r, at, scheme) || !read_separator(r, at[SEPARATOR], scheme) ||
      !read_places(r, at[PLACES], own) || !check_scheme_has(r, at, scheme)) {
    return false;
  }
  size_t offset = 0;
  if (at[CLIENT] != 0 && !csn_client_id_valid(csn_span_str(scheme->client), &offset)) {
    return csn_policy_refuse(r, at[CLIENT], "client_id", "is not a client id (byte %zu)", offset);
  }
  if (at[TEMPLATE] != 0) scheme->delimited_form = NULL;
  if (csn_form_find(&scheme->forms[0], CSN_FIELD_TIMESTAMP) != NULL) scheme->replayable = false;
  return check_scheme(r, node, at, scheme);
}

bool csn_policy_read_scheme(csn_policy_reader *r, uint32_t node) {
  if (node == 0) return true;
  if (r->out->config.scheme->standard != CSN_STANDARD_NONE) {
    return csn_policy_refuse(r, node, "scheme", "contradicts the preset: %s says itself what is where and signed",
                             r->out->config.scheme->name);
  }
  csn_policy_scheme *own = calloc(1, sizeof *own);
  if (own == NULL) return csn_policy_refuse(r, node, "scheme", "%s", strerror(ENOMEM));
  r->out->scheme_memory = own;
  own->scheme = *r->out->config.scheme;
  r->out->config.scheme = &own->scheme;
  r->section = "scheme";
  bool good = read_scheme(r, node, own);
  r->section = "";
  return good;
}
