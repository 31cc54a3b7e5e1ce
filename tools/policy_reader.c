/* Reading one object of the policy, strictly. */
#include "policy_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "input.h"

enum { SHOWN_NAME_MAX = 48 }; /* bytes of a name out of the file that go into a message */

/* The names that files choose are shown without control bytes and never whole where they are long. */
static const char *shown(const csn_json *json, uint32_t node, char text[SHOWN_NAME_MAX + 4]) {
  csn_span raw = csn_json_raw(json, node);
  size_t len = raw.len < SHOWN_NAME_MAX ? raw.len : SHOWN_NAME_MAX;
  for (size_t i = 0; i < len; i++) text[i] = (char)(raw.ptr[i] < 0x20 || raw.ptr[i] > 0x7e ? '?' : raw.ptr[i]);
  strcpy(text + len, len < raw.len ? "..." : "");
  return text;
}

bool csn_policy_refuse(csn_policy_reader *r, uint32_t node, const char *field, const char *format, ...) {
  char reason[512], where[128] = "", path[CSN_PATH_SHOWN_MAX + 4];
  va_list arguments;
  size_t line = csn_line_of_offset(r->json.text, r->json.nodes[node].start);
  bool in_key = strcmp(r->section, "keys") == 0;

  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  if (in_key) snprintf(where, sizeof where, "keys[%zu]", r->key_index);
  if (!in_key) snprintf(where, sizeof where, "%s", r->section);
  size_t used = strlen(where);
  if (field != NULL) snprintf(where + used, sizeof where - used, "%s%s", used > 0 ? "." : "", field);
  snprintf(r->error->text, sizeof r->error->text, "%s:%zu: %s%s%s", csn_path_shown(r->path, path), line, where,
           where[0] == '\0' ? "" : ": ", reason);
  return false;
}

static bool has_type(const csn_policy_reader *r, uint32_t node, csn_policy_type type) {
  int64_t whole = 0;
  switch (type) {
    case CSN_POLICY_WHOLE:
      return csn_json_int64(&r->json, node, &whole);
    case CSN_POLICY_BOOL:
      return csn_json_type_of(&r->json, node) == CSN_JSON_TRUE || csn_json_type_of(&r->json, node) == CSN_JSON_FALSE;
    case CSN_POLICY_ARRAY:
      return csn_json_type_of(&r->json, node) == CSN_JSON_ARRAY;
    case CSN_POLICY_OBJECT:
      return csn_json_type_of(&r->json, node) == CSN_JSON_OBJECT;
    case CSN_POLICY_STRINGS:
      return csn_json_type_of(&r->json, node) == CSN_JSON_STRING || csn_json_type_of(&r->json, node) == CSN_JSON_ARRAY;
    default:
      return csn_json_type_of(&r->json, node) == CSN_JSON_STRING;
  }
}

static const char *type_name(csn_policy_type type) {
  static const char *const names[] = {"a string", "a whole number", "true or false",
                                      "an array", "an object",      "a string or an array of strings"};
  return names[type];
}

bool csn_policy_fields(csn_policy_reader *r, uint32_t node, const csn_policy_field *fields, size_t count,
                       uint32_t *at) {
  const csn_json_node *nodes = r->json.nodes;
  memset(at, 0, count * sizeof *at);
  for (uint32_t name = node + 1; name < nodes[node].next; name = nodes[name + 1].next) {
    char text[SHOWN_NAME_MAX + 4];
    size_t i = 0;
    while (i < count && !csn_json_string_equals(&r->json, name, csn_span_str(fields[i].name))) i++;
    if (i == count) return csn_policy_refuse(r, name, shown(&r->json, name, text), "unknown field");
    if (!has_type(r, name + 1, fields[i].type)) {
      return csn_policy_refuse(r, name + 1, fields[i].name, "must be %s", type_name(fields[i].type));
    }
    at[i] = name + 1;
  }
  return true;
}

bool csn_policy_whole(csn_policy_reader *r, uint32_t node, const char *field, int64_t low, int64_t high, int64_t *out) {
  int64_t value = 0;
  if (node == 0) return true;
  if (!csn_json_int64(&r->json, node, &value) || value < low || value > high) {
    return csn_policy_refuse(r, node, field, "must be %lld to %lld", (long long)low, (long long)high);
  }
  *out = value;
  return true;
}

void csn_policy_bool(const csn_policy_reader *r, uint32_t node, bool *out) {
  if (node != 0) *out = csn_json_type_of(&r->json, node) == CSN_JSON_TRUE;
}

bool csn_policy_string(csn_policy_reader *r, uint32_t node, const char *field, uint8_t *buffer, size_t size,
                       csn_span *out) {
  size_t len = 0;
  *out = csn_span_of(NULL, 0);
  if (node == 0) return true;
  if (!csn_json_string_copy(&r->json, node, buffer, size, &len)) {
    return csn_policy_refuse(r, node, field, "is longer than %zu bytes", size);
  }
  if (len == 0) return csn_policy_refuse(r, node, field, "is empty");
  *out = csn_span_of(buffer, len);
  return true;
}

bool csn_policy_names(csn_policy_reader *r, uint32_t node, const char *field, unsigned (*bit_of)(csn_span name),
                      unsigned *bits) {
  const csn_json_node *nodes = r->json.nodes;
  for (uint32_t item = node + 1; item < nodes[node].next; item = nodes[item].next) {
    char text[SHOWN_NAME_MAX + 4];
    if (nodes[item].type != CSN_JSON_STRING) return csn_policy_refuse(r, item, field, "must be an array of strings");
    unsigned bit = bit_of(csn_json_raw(&r->json, item));
    if (bit == 0) return csn_policy_refuse(r, item, field, "\"%s\" is not known", shown(&r->json, item, text));
    if ((*bits & bit) != 0)
      return csn_policy_refuse(r, item, field, "\"%s\" is there twice", shown(&r->json, item, text));
    *bits |= bit;
  }
  return true;
}

char *csn_policy_path(const csn_policy_reader *r, csn_span name) {
  const char *slash = strrchr(r->path, '/');
  bool is_absolute = name.len > 0 && name.ptr[0] == '/';
  int folder = slash == NULL || is_absolute ? 0 : (int)(slash + 1 - r->path);
  char *path = NULL;
  if (asprintf(&path, "%.*s%.*s", folder, r->path, (int)name.len, (const char *)name.ptr) < 0) return NULL;
  return path;
}
