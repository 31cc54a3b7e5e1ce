/* What a policy has csn redact hide besides secrets. Every command checks it. */
#include <errno.h>
#include <stdlib.h>

#include "policy_reader.h"

enum { PATTERNS, PREFIXES, FIELDS };

static const csn_policy_field redact_fields[FIELDS] = {
    [PATTERNS] = {"patterns", CSN_POLICY_OBJECT},
    [PREFIXES] = {"prefixes", CSN_POLICY_ARRAY},
};

/* A string with a NUL behind it: `text` has room for `max` bytes more than that. No string of a policy holds one. */
static bool read_text(csn_policy_reader *r, uint32_t node, const char *field, char *text, size_t max, csn_span *out) {
  if (csn_json_type_of(&r->json, node) != CSN_JSON_STRING) {
    return csn_policy_refuse(r, node, field, "must hold strings only");
  }
  return csn_policy_string(r, node, field, (uint8_t *)text, max, out);
}

static bool read_patterns(csn_policy_reader *r, uint32_t node, csn_policy_redact *out) {
  const csn_json_node *nodes = r->json.nodes;
  for (uint32_t name = node + 1; node != 0 && name < nodes[node].next; name = nodes[name + 1].next) {
    csn_policy_redact_text *text = &out->pattern_text[out->pattern_count];
    csn_redact_pattern *pattern = &out->patterns[out->pattern_count];
    csn_span regex;
    if (out->pattern_count == CSN_POLICY_REDACT_MAX) {
      return csn_policy_refuse(r, name, "patterns", "has more than %d", CSN_POLICY_REDACT_MAX);
    }
    if (!read_text(r, name, "patterns", text->name, CSN_REDACT_NAME_MAX, &pattern->name) ||
        !read_text(r, name + 1, "patterns", text->regex, CSN_POLICY_REGEX_MAX, &regex)) {
      return false;
    }
    pattern->regex = text->regex;
    out->pattern_count++;
  }
  return true;
}

static bool read_prefixes(csn_policy_reader *r, uint32_t node, csn_policy_redact *out) {
  const csn_json_node *nodes = r->json.nodes;
  for (uint32_t item = node + 1; node != 0 && item < nodes[node].next; item = nodes[item].next) {
    csn_span prefix;
    if (out->prefix_count == CSN_POLICY_REDACT_MAX) {
      return csn_policy_refuse(r, item, "prefixes", "has more than %d", CSN_POLICY_REDACT_MAX);
    }
    char *text = out->prefix_text[out->prefix_count];
    if (!read_text(r, item, "prefixes", text, CSN_REDACT_NAME_MAX, &prefix)) return false;
    out->prefixes[out->prefix_count++] = text;
  }
  return true;
}

bool csn_policy_read_redact(csn_policy_reader *r, uint32_t node) {
  csn_redact_error error;
  uint32_t at[FIELDS];
  if (node == 0) return true;
  r->section = "redact";
  csn_policy_redact *redact = r->out->redact = calloc(1, sizeof *redact);
  if (redact == NULL) return csn_policy_refuse(r, node, NULL, "%s", strerror(ENOMEM));
  if (!csn_policy_fields(r, node, redact_fields, FIELDS, at) || !read_patterns(r, at[PATTERNS], redact) ||
      !read_prefixes(r, at[PREFIXES], redact)) {
    return false;
  }
  const csn_redact_config config = {.prefixes = redact->prefixes,
                                    .prefix_count = redact->prefix_count,
                                    .patterns = redact->patterns,
                                    .pattern_count = redact->pattern_count};
  if (!csn_redact_config_valid(&config, &error)) return csn_policy_refuse(r, node, NULL, "%s", error.text);
  r->section = "";
  return true;
}
