/* The policy's object "redact": what is taken, and that what is refused is refused with its field. */
#include "policy.h"
#include "test_support.h"

#define POLICY(redact)                                                                         \
  "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"0123456789abcdef0123456789abcdef\"}],\n" \
  "\"redact\":" redact "}"

static csn_policy policy;
static csn_policy_error refusal;

static bool load(const char *text) {
  return csn_policy_load(&policy, test_write_text("policy.json", text), 1700000000, &refusal);
}

static void must_refuse(const char *text, const char *why) {
  if (load(text)) fail_msg("taken: %s", text);
  if (strstr(refusal.text, why) == NULL) fail_msg("%s\nnot: %s", refusal.text, why);
}

static void patterns_and_prefixes_are_read_in_their_order(void **state) {
  (void)state;
  assert_true(load(POLICY("{\"patterns\":{\"b\":\"B\\\\d+\",\"a\":\"\\u0041\"},\"prefixes\":[\"zz\",\"sk_\"]}")));
  assert_int_equal(policy.redact->pattern_count, 2);
  assert_span(policy.redact->patterns[0].name, "b");
  assert_string_equal(policy.redact->patterns[0].regex, "B\\d+");
  assert_span(policy.redact->patterns[1].name, "a");
  assert_string_equal(policy.redact->patterns[1].regex, "A");
  assert_int_equal(policy.redact->prefix_count, 2);
  assert_string_equal(policy.redact->prefixes[0], "zz");
  assert_string_equal(policy.redact->prefixes[1], "sk_");
  csn_policy_free(&policy);
  assert_true(load(POLICY("{}")));
  assert_int_equal(policy.redact->pattern_count + policy.redact->prefix_count, 0);
  csn_policy_free(&policy);
  assert_true(load("{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"0123456789abcdef0123456789abcdef\"}]}"));
  assert_null(policy.redact);
  csn_policy_free(&policy);
}

static void what_is_wrong_is_refused_with_its_field(void **state) {
  (void)state;
  must_refuse(POLICY("[]"), "policy.json:2: redact: must be an object");
  must_refuse(POLICY("{\"pattern\":{}}"), "redact.pattern: unknown field");
  must_refuse(POLICY("{\"patterns\":[]}"), "redact.patterns: must be an object");
  must_refuse(POLICY("{\"patterns\":{\"a\":1}}"), "redact.patterns: must hold strings only");
  must_refuse(POLICY("{\"patterns\":{\"a\":\"\"}}"), "redact.patterns: is empty");
  must_refuse(POLICY("{\"patterns\":{\"\":\"a\"}}"), "redact.patterns: is empty");
  must_refuse(POLICY("{\"patterns\":{\"a\":\"b\",\"c d\":\"e\"}}"), "redact: pattern 2 has a name that is not");
  must_refuse(POLICY("{\"patterns\":{\"a\":\"b\",\"\\u0061\":\"e\"}}"), "occurs twice");
  must_refuse(POLICY("{\"prefixes\":\"sk_\"}"), "redact.prefixes: must be an array");
  must_refuse(POLICY("{\"prefixes\":[\"sk_\",null]}"), "redact.prefixes: must hold strings only");
  must_refuse(POLICY("{\"prefixes\":[\"sk_\",\"a\"]}"), "redact: API key prefix 2 is not 2 to 32");
  must_refuse(POLICY("{\"prefixes\":[\"a b\"]}"), "redact: API key prefix 1 is not");
}

/* A pattern, or prefix, of `len` characters. */
static bool takes_length(const char *before, size_t len, const char *behind) {
  char filler[2048], text[4096];
  memset(filler, 'x', len);
  snprintf(text, sizeof text, POLICY("%s%.*s%s"), before, (int)len, filler, behind);
  if (!load(text)) return false;
  csn_policy_free(&policy);
  return true;
}

static bool takes_count(const char *before, const char *format, size_t count, const char *behind) {
  char text[4096] = "";
  size_t len = (size_t)snprintf(text, sizeof text, POLICY("%s"), before) - 1; /* without the last brace */
  for (size_t i = 0; i < count; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, format, i == 0 ? "" : ",", i);
  snprintf(text + len, sizeof text - len, "%s}", behind);
  if (!load(text)) return false;
  csn_policy_free(&policy);
  return true;
}

static void the_limits_are_as_they_are_said(void **state) {
  (void)state;
  assert_true(takes_length("{\"patterns\":{\"", CSN_REDACT_NAME_MAX, "\":\"a\"}}"));
  assert_false(takes_length("{\"patterns\":{\"", CSN_REDACT_NAME_MAX + 1, "\":\"a\"}}"));
  assert_true(takes_length("{\"patterns\":{\"a\":\"", CSN_POLICY_REGEX_MAX, "\"}}"));
  assert_false(takes_length("{\"patterns\":{\"a\":\"", CSN_POLICY_REGEX_MAX + 1, "\"}}"));
  assert_true(takes_length("{\"prefixes\":[\"", CSN_REDACT_NAME_MAX, "\"]}"));
  assert_false(takes_length("{\"prefixes\":[\"", CSN_REDACT_NAME_MAX + 1, "\"]}"));
  assert_true(takes_count("{\"patterns\":{", "%s\"n%zu\":\"a\"", CSN_POLICY_REDACT_MAX, "}}"));
  assert_false(takes_count("{\"patterns\":{", "%s\"n%zu\":\"a\"", CSN_POLICY_REDACT_MAX + 1, "}}"));
  assert_true(takes_count("{\"prefixes\":[", "%s\"p%zu\"", CSN_POLICY_REDACT_MAX, "]}"));
  assert_false(takes_count("{\"prefixes\":[", "%s\"p%zu\"", CSN_POLICY_REDACT_MAX + 1, "]}"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(patterns_and_prefixes_are_read_in_their_order),
      cmocka_unit_test(what_is_wrong_is_refused_with_its_field),
      cmocka_unit_test(the_limits_are_as_they_are_said),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
