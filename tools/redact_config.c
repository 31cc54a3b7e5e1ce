/* What a redactor's configuration may hold. */
#include <ctype.h>
#include <stdio.h>

#include "redact.h"

static bool is_name(csn_span name) {
  if (name.len == 0 || name.len > CSN_REDACT_NAME_MAX) return false;
  for (size_t i = 0; i < name.len; i++) {
    uint8_t c = name.ptr[i];
    if (!(c < 0x80 && isalnum(c)) && c != '-' && c != '_') return false;
  }
  return true;
}

static bool is_prefix(const char *prefix) {
  size_t len = strlen(prefix);
  for (size_t i = 0; i < len; i++) {
    if (prefix[i] <= ' ' || prefix[i] > '~') return false;
  }
  return len >= 2 && len <= CSN_REDACT_NAME_MAX;
}

static bool refuse(csn_redact_error *error, const char *what, size_t index, const char *why) {
  snprintf(error->text, sizeof error->text, "%s %zu %s", what, index + 1, why);
  return false;
}

static bool check_secrets(const csn_redact_config *config, csn_redact_error *error) {
  if (config->secret_count > CSN_REDACT_SECRETS_MAX) {
    return refuse(error, "secret", CSN_REDACT_SECRETS_MAX, "is beyond the limit");
  }
  for (size_t i = 0; i < config->secret_count; i++) {
    size_t len = config->secrets[i].len;
    if (len < CSN_REDACT_SECRET_MIN) {
      return refuse(error, "secret", i, "is shorter than 8 bytes: what is so short stands in many lines by chance");
    }
    if (len > CSN_REDACT_SECRET_MAX) return refuse(error, "secret", i, "is longer than 4096 bytes");
  }
  return true;
}

static bool is_visible(const char *text, bool spaces) {
  size_t len = strlen(text);
  for (size_t i = 0; i < len; i++) {
    if (text[i] < (spaces ? ' ' : '!') || text[i] > '~') return false;
  }
  return len >= 1 && len <= CSN_REDACT_FIELD_MAX;
}

static bool check_field(const csn_redact_field *field, size_t index, csn_redact_error *error) {
  bool is_prefix_good = field->prefix == NULL || is_visible(field->prefix, true);
  if (is_visible(field->name, false) && is_prefix_good && is_name(csn_span_str(field->kind))) return true;
  return refuse(error, "field", index, "has a name or prefix that is not 1 to 128 characters of visible ASCII");
}

static bool check_pattern(const csn_redact_pattern *pattern, size_t index, csn_redact_error *error) {
  csn_redact_error why;
  if (!is_name(pattern->name)) {
    return refuse(error, "pattern", index, "has a name that is not 1 to 32 letters, digits, hyphens and underscores");
  }
  if (csn_redact_regex_valid(pattern->regex, &why)) return true;
  snprintf(error->text, sizeof error->text, "pattern %.*s: %.200s", (int)pattern->name.len,
           (const char *)pattern->name.ptr, why.text);
  return false;
}

bool csn_redact_config_valid(const csn_redact_config *config, csn_redact_error *error) {
  if (!check_secrets(config, error)) return false;
  for (size_t i = 0; i < config->prefix_count; i++) {
    if (!is_prefix(config->prefixes[i])) {
      return refuse(error, "API key prefix", i, "is not 2 to 32 characters of visible ASCII");
    }
  }
  for (size_t i = 0; i < config->field_count; i++) {
    if (!check_field(&config->fields[i], i, error)) return false;
  }
  for (size_t i = 0; i < config->pattern_count; i++) {
    if (!check_pattern(&config->patterns[i], i, error)) return false;
  }
  return true;
}
