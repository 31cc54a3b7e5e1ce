/* The expressions, and what their matches hide. */
#include "redact_rules.h"

#include <ctype.h>
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/src/secret_memory.h"
#include "redact_forms.h"

#define BIT(name) (1u << CSN_REDACT_##name)
#define ALNUM (BIT(TOKEN) | BIT(PARAMETER) | BIT(VISIBLE) | BIT(BASE64) | BIT(DOTTED))
#define VISIBLE_ONLY BIT(VISIBLE)
#define PLAIN (BIT(VISIBLE) | BIT(PARAMETER))

const uint8_t csn_redact_classes[256] = {
    ['0' ... '9'] = ALNUM,
    ['A' ... 'Z'] = ALNUM,
    ['a' ... 'z'] = ALNUM,
    ['-'] = ALNUM,
    ['_'] = ALNUM,
    ['.'] = PLAIN | BIT(TOKEN) | BIT(DOTTED),
    ['~'] = PLAIN | BIT(TOKEN),
    ['+'] = PLAIN | BIT(TOKEN) | BIT(BASE64),
    ['/'] = PLAIN | BIT(TOKEN) | BIT(BASE64),
    ['='] = PLAIN | BIT(TOKEN) | BIT(BASE64) | BIT(DOTTED),
    ['!'] = PLAIN,
    ['#'] = PLAIN,
    ['$'] = PLAIN,
    ['%'] = PLAIN,
    ['('] = PLAIN,
    [')'] = PLAIN,
    ['*'] = PLAIN,
    [':'] = PLAIN,
    ['?'] = PLAIN,
    ['@'] = PLAIN,
    ['['] = PLAIN,
    [']'] = PLAIN,
    ['^'] = PLAIN,
    ['`'] = PLAIN,
    ['{'] = PLAIN,
    ['|'] = PLAIN,
    ['}'] = PLAIN,
    ['<'] = PLAIN,
    ['>'] = PLAIN,
    ['&'] = VISIBLE_ONLY,
    [','] = VISIBLE_ONLY,
    [';'] = VISIBLE_ONLY,
};

/* Between a name and its value, in a header, a parameter, or either in JSON: quotes, escaped or not, and the brackets
 * of a list of values. With the name no longer than the context that a window keeps. */
#define QUOTES "[\\x22' \\t\\x5c]{0,8}"
#define OPENING "[\\x22' \\t\\x5c\\x5b]{0,8}"
#define SEPARATOR QUOTES "(?:[:=,]|%3[ad])" OPENING
#define ASSIGNMENT QUOTES "(?:[:=]|%3[ad])" OPENING
#define SPACES "(?:[ \\t+]|%20){1,8}"
/* The first character of a value. */
#define TOKEN "[A-Za-z0-9._~+/=-]"
#define BASE64 "[A-Za-z0-9+/_-]"
#define VISIBLE "[!#-&(-Z\\x5d-~]"
#define PARAMETER "[!#-%(-+\\x2d-:<-Z\\x5d-~]"

static const struct {
  csn_redact_rule rule;
  const char *expression;
} known[] = {
    {{"bearer", CSN_REDACT_VALUE, CSN_REDACT_TOKEN, 0, 8}, "bearer" SPACES TOKEN},
    {{"bearer", CSN_REDACT_VALUE, CSN_REDACT_VISIBLE, 0, 1}, "authorization" SEPARATOR "bearer" SPACES VISIBLE},
    {{"bearer", CSN_REDACT_VALUE, CSN_REDACT_PARAMETER, 0, 8},
     "(?:access_|refresh_|x-amz-security-)token" ASSIGNMENT PARAMETER},
    {{"basic", CSN_REDACT_VALUE, CSN_REDACT_VISIBLE, 0, 1}, "authorization" SEPARATOR "basic" SPACES VISIBLE},
    {{"authorization", CSN_REDACT_VALUE, CSN_REDACT_VISIBLE, 0, 1},
     "authorization" SEPARATOR "(?:aws4-)?hmac[a-z0-9-]{0,16}" SPACES VISIBLE},
    {{"signature", CSN_REDACT_VALUE, CSN_REDACT_VISIBLE, 0, 1},
     "(?:x-|x-hub-|x-request-|x-slack-|stripe-|webhook-)signature(?:-256)?" SEPARATOR VISIBLE},
    {{"signature", CSN_REDACT_VALUE, CSN_REDACT_PARAMETER, 0, 1}, "signature" ASSIGNMENT PARAMETER},
    {{"signature", CSN_REDACT_VALUE, CSN_REDACT_PARAMETER, 0, 1}, "sig(?:=|%3d)\\x22?" PARAMETER},
    {{"signature", CSN_REDACT_VALUE, CSN_REDACT_BASE64, 0, 16}, "\\bv[0-9][=,]" BASE64},
    {{"signature", CSN_REDACT_VALUE, CSN_REDACT_BASE64, 0, 16}, "sha(?:1|256|384|512)=" BASE64},
    {{"signature", CSN_REDACT_VALUE, CSN_REDACT_BASE64, 0, 16}, "=:" BASE64}, /* RFC 8941: a byte sequence */
    {{"api-key", CSN_REDACT_VALUE, CSN_REDACT_VISIBLE, 0, 1}, "x-api-key" SEPARATOR VISIBLE},
    {{"api-key", CSN_REDACT_VALUE, CSN_REDACT_PARAMETER, 0, 1}, "(?:api[_-]?|[?&])key" ASSIGNMENT PARAMETER},
};
enum { KNOWN = sizeof known / sizeof known[0], KEY_VALUE_MIN = 8, FIELD_MIN = 16 };
enum { PATTERN_FLAGS = HS_FLAG_SOM_LEFTMOST | HS_FLAG_MULTILINE };

static const csn_redact_rule jwt_rule = {"jwt", CSN_REDACT_JWT, CSN_REDACT_DOTTED, 3, 16};
static const csn_redact_rule secret_rule = {"secret", CSN_REDACT_LITERAL, CSN_REDACT_TOKEN, 0, 0};

/* ---- one expression more; the room was counted before ---- */

static void add(csn_redact_rules *out, const csn_redact_rule *rule, const char *expression, unsigned flags) {
  out->rules[out->count] = *rule;
  out->expressions[out->count] = expression;
  out->flags[out->count] = flags;
  out->ids[out->count] = (unsigned)out->count;
  out->count++;
}

/* The bytes as an expression: each as \xHH. */
static char *spell(csn_redact_rules *out, csn_span bytes) {
  static const char digits[] = "0123456789abcdef";
  char *text = out->text + out->text_len, *at = text;
  for (size_t i = 0; i < bytes.len; i++) {
    *at++ = '\\';
    *at++ = 'x';
    *at++ = digits[bytes.ptr[i] >> 4];
    *at++ = digits[bytes.ptr[i] & 15];
  }
  out->text_len += (size_t)(at - text); /* a NUL follows: the memory is zeroed */
  return text;
}

/* Hyperscan takes expressions of some 16,000 characters. A longer literal is several, each beginning with the last byte
 * of the one before, so that together they are hidden as one; so is a piece that stands alone. */
enum { PIECE_MAX = 1024 }; /* bytes */

static size_t pieces_of(size_t len) {
  return len <= PIECE_MAX ? 1 : (len - 2) / (PIECE_MAX - 1) + 1;
}

static void add_literal(csn_redact_rules *out, csn_span bytes, unsigned flags) {
  csn_redact_rule rule = secret_rule;
  rule.len = bytes.len < PIECE_MAX ? (uint32_t)bytes.len : PIECE_MAX;
  for (size_t i = 0, left = pieces_of(bytes.len); left > 0; left--, i += PIECE_MAX - 1) {
    size_t at = i + rule.len <= bytes.len ? i : bytes.len - rule.len;
    char *text = spell(out, csn_span_of(bytes.ptr + at, rule.len));
    out->text_len++;
    add(out, &rule, text, flags);
  }
}

/* ---- secrets ---- */

/* Counts the expressions of a form, and the bytes of them with their NULs. */
static void count_form(csn_redact_rules *out, const csn_redact_form *form) {
  size_t pieces = pieces_of(form->text.len), piece = form->text.len < PIECE_MAX ? form->text.len : PIECE_MAX;
  out->room += pieces;
  out->text_room += pieces * (4 * piece + 1);
}

static void add_form(csn_redact_rules *out, const csn_redact_form *form) {
  add_literal(out, form->text, form->any_case ? HS_FLAG_CASELESS : 0);
}

static bool each_form(csn_redact_rules *out, const csn_redact_config *config,
                      void (*take)(csn_redact_rules *out, const csn_redact_form *form)) {
  csn_redact_form forms[CSN_REDACT_FORMS_MAX];
  uint8_t *room = csn_locked_new(CSN_REDACT_FORMS_ROOM);
  if (room == NULL) return false;
  for (size_t i = 0; i < config->secret_count; i++) {
    size_t count = csn_redact_forms_make(config->secrets[i], forms, room);
    for (size_t k = 0; k < count; k++) take(out, &forms[k]);
  }
  csn_locked_free(room);
  return true;
}

/* ---- what stands in every configuration, prefixes and patterns ---- */

static void add_known(csn_redact_rules *out) {
  for (size_t i = 0; i < KNOWN; i++) add(out, &known[i].rule, known[i].expression, HS_FLAG_CASELESS);
  add(out, &jwt_rule, "eyJ", 0);
}

/* The first characters of the prefix stay, the rest of it is hidden with the value. */
static void add_prefix(csn_redact_rules *out, const char *prefix) {
  csn_redact_rule rule = {"api-key", CSN_REDACT_VALUE, CSN_REDACT_TOKEN, 0, KEY_VALUE_MIN};
  csn_span bytes = csn_span_str(prefix);
  rule.len = bytes.len > CSN_REDACT_DISPLAY_MAX ? (uint32_t)bytes.len - CSN_REDACT_DISPLAY_MAX : 0;
  char *text = spell(out, bytes);
  memcpy(out->text + out->text_len, TOKEN, sizeof TOKEN);
  out->text_len += sizeof TOKEN;
  add(out, &rule, text, 0);
}

static void add_text(csn_redact_rules *out, const char *text) {
  size_t len = strlen(text);
  memcpy(out->text + out->text_len, text, len);
  out->text_len += len;
}

/* Not behind another word, so that a short name is no end of a longer one. */
static const char field_begin[] = "\\b", field_end[] = "\\B";
static const char header_value[] = SEPARATOR, other_value[] = ASSIGNMENT, prefix_end[] = "\\x20{0,8}";

static size_t field_room(const csn_redact_field *field) {
  size_t prefix = field->prefix == NULL ? 0 : 4 * strlen(field->prefix) + sizeof prefix_end;
  return sizeof field_begin + 4 * strlen(field->name) + sizeof header_value + prefix + sizeof VISIBLE +
         sizeof PARAMETER;
}

static void add_field(csn_redact_rules *out, const csn_redact_field *field) {
  csn_redact_rule rule = {"", CSN_REDACT_VALUE, field->is_header ? CSN_REDACT_VISIBLE : CSN_REDACT_PARAMETER, 0,
                          FIELD_MIN};
  const char *expression = out->text + out->text_len;
  memcpy(rule.kind, field->kind, strlen(field->kind));
  bool is_word = isalnum((unsigned char)field->name[0]) || field->name[0] == '_';
  add_text(out, is_word ? field_begin : field_end);
  (void)spell(out, csn_span_str(field->name));
  add_text(out, field->is_header ? header_value : other_value);
  if (field->prefix != NULL) {
    (void)spell(out, csn_span_str(field->prefix));
    add_text(out, prefix_end);
  }
  add_text(out, field->is_header ? VISIBLE : PARAMETER);
  out->text_len++;
  add(out, &rule, expression, HS_FLAG_CASELESS);
}

static void add_pattern(csn_redact_rules *out, const csn_redact_pattern *pattern) {
  csn_redact_rule rule = {"", CSN_REDACT_SPAN, CSN_REDACT_TOKEN, 0, 0};
  memcpy(rule.kind, pattern->name.ptr, pattern->name.len);
  add(out, &rule, pattern->regex, PATTERN_FLAGS);
}

/* ---- the configuration ---- */

bool csn_redact_regex_valid(const char *regex, csn_redact_error *error) {
  hs_expr_info_t *info = NULL;
  hs_compile_error_t *why = NULL;
  hs_error_t got = hs_expression_info(regex, PATTERN_FLAGS, &info, &why);
  bool good = got == HS_SUCCESS && info->min_width > 0;
  if (got == HS_SUCCESS && !good) snprintf(error->text, sizeof error->text, "it matches where nothing is");
  if (got != HS_SUCCESS) snprintf(error->text, sizeof error->text, "%s", why == NULL ? "out of memory" : why->message);
  hs_free_compile_error(why);
  free(info);
  return good;
}

static bool make_room(csn_redact_rules *out, const csn_redact_config *config) {
  out->room = KNOWN + 1 + config->prefix_count + config->field_count + config->pattern_count;
  out->text_room = 1;
  if (!each_form(out, config, count_form)) return false;
  for (size_t i = 0; i < config->prefix_count; i++) out->text_room += 4 * strlen(config->prefixes[i]) + sizeof TOKEN;
  for (size_t i = 0; i < config->field_count; i++) out->text_room += field_room(&config->fields[i]);
  out->rules = calloc(out->room, sizeof *out->rules);
  out->expressions = calloc(out->room, sizeof *out->expressions);
  out->flags = calloc(out->room, sizeof *out->flags);
  out->ids = calloc(out->room, sizeof *out->ids);
  out->text = csn_locked_new(out->text_room);
  return out->rules != NULL && out->expressions != NULL && out->flags != NULL && out->ids != NULL && out->text != NULL;
}

bool csn_redact_rules_make(csn_redact_rules *out, const csn_redact_config *config, csn_redact_error *error) {
  memset(out, 0, sizeof *out);
  if (!csn_redact_config_valid(config, error)) return false;
  if (!make_room(out, config) || !each_form(out, config, add_form)) {
    csn_redact_rules_free(out);
    snprintf(error->text, sizeof error->text, "not enough memory");
    return false;
  }
  add_known(out);
  for (size_t i = 0; i < config->prefix_count; i++) add_prefix(out, config->prefixes[i]);
  for (size_t i = 0; i < config->field_count; i++) add_field(out, &config->fields[i]);
  for (size_t i = 0; i < config->pattern_count; i++) add_pattern(out, &config->patterns[i]);
  return true;
}

void csn_redact_rules_free(csn_redact_rules *rules) {
  free(rules->rules);
  free(rules->expressions);
  free(rules->flags);
  free(rules->ids);
  csn_locked_free(rules->text);
  memset(rules, 0, sizeof *rules);
}
