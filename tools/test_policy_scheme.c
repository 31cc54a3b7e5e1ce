/* The policy's own schemes: what they change of a preset, and what is refused. */
#include "../core/src/template.h"
#include "policy.h"
#include "test_support.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define POLICY(preset, scheme, client)                                                                              \
  "{\"preset\":\"" preset "\",\"scheme\":{" scheme "},\"keys\":[{\"client_id\":\"" client "\",\"secret\":\"" SECRET \
  "\"}]}"
#define NOW 1700000000

static csn_policy policy;
static csn_policy_error refusal;

static void must_load(const char *text) {
  if (!csn_policy_load(&policy, test_write_text("policy.json", text), NOW, &refusal)) {
    fail_msg("%s\nis refused: %s", text, refusal.text);
  }
}

typedef struct own {
  const char *text;
  const char *canonical, *target, *body; /* of a request for "/a" by client "c" with nonce "n-1" and body {} */
  const char *header, *value;            /* the start of its first header's; NULL: it has none */
} own;

/* Signed as the policy says and verified by it, once. */
static void sign_and_verify(const own *row) {
  uint8_t canonical[512];
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/a"), .body = csn_span_str("{}")};
  csn_signed made;
  csn_verdict verdict;
  size_t len = 0;
  must_load(row->text);
  csn_sign_input input = {.scheme = policy.config.scheme, .key = &policy.keys[0], .request = &request};
  input.timestamp = policy.config.scheme->time_unit == CSN_TIME_MILLISECONDS ? NOW * INT64_C(1000) : NOW;
  input.nonce = csn_span_str("n-1");
  assert_int_equal(csn_sign_canonical(&input, canonical, sizeof canonical, &len), CSN_OK);
  assert_span(csn_span_of(canonical, len), row->canonical);
  assert_int_equal(csn_sign_request(&made, &input), CSN_OK);
  assert_memory_equal(made.target.ptr, row->target, strlen(row->target));
  assert_memory_equal(made.body.ptr, row->body, strlen(row->body));
  assert_int_equal(made.header_count > 0, row->header != NULL);
  if (row->header != NULL) assert_span(made.headers[0].name, row->header);
  if (row->header != NULL) assert_memory_equal(made.headers[0].value.ptr, row->value, strlen(row->value));
  request.target = made.target, request.body = made.body;
  request.headers = made.headers, request.header_count = made.header_count;
  csn_verify(policy.verifier, &request, NOW, &verdict);
  assert_string_equal(csn_reason_label(verdict.reason), "accepted");
  request.method = csn_span_str("PUT");
  csn_verify(policy.verifier, &request, NOW + 301, &verdict);
  assert_string_equal(csn_reason_label(verdict.reason), "timestamp_past");
  csn_policy_free(&policy);
}

static void each_part_of_a_preset_may_be_another(void **state) {
  static const own rows[] = {
      {POLICY("hmac-full-delimited",
              "\"template\":\"v2:{method}:{target}:{body_sha256}:{timestamp}:{nonce}:{client_id}\","
              "\"allow_ambiguous\":true",
              "c"),
       "v2:POST:/a:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a:1700000000:n-1:c", "/a", "{}",
       "x-ClientId", "c"},
      {POLICY("hmac-full-delimited",
              "\"time_unit\":\"milliseconds\",\"signature_encoding\":\"base64\","
              "\"fields\":{\"client_id\":{\"header\":\"X-App\",\"prefix\":\"app:\"}}",
              "c"),
       "c\nPOST\n/a\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n1700000000000\nn-1", "/a", "{}",
       "X-App", "app:c"},
      {POLICY("hmac-full-delimited", "\"fields\":{\"client_id\":{\"query\":\"id\"},\"timestamp\":{\"json\":\"ts\"}}",
              "c"),
       "c\nPOST\n/a?id=c\n3b402c8d7a41b2279e695a4eba19168051abe9467c0040578e39ddab3b161cca\n1700000000\nn-1", "/a?id=c",
       "{\"ts\":\"1700000000\"}", "x-Nonce", "n-1"},
      {POLICY("hmac-nonce-delimited",
              "\"template\":\"{client_id}\\n{timestamp}\\n{nonce}\\n{method}\\n{target}\\n{body}\",\"separator\":\",\","
              "\"fields\":{\"client_id\":{\"header\":\"Sig\",\"parameter\":\"id\"},\"timestamp\":{\"header\":\"Sig\","
              "\"parameter\":\"t\"},\"signature\":{\"header\":\"Sig\",\"parameter\":\"s\"}}",
              "c"),
       "c\n1700000000\nn-1\nPOST\n/a\n{}", "/a", "{}", "Sig", "id=c,t=1700000000,s="},
      {POLICY("slack", "\"client_id\":\"c\"", "c"), "v0:1700000000:{}", "/a", "{}", "X-Slack-Request-Timestamp",
       "1700000000"},
      {POLICY("github",
              "\"template\":\"{timestamp}.{body}\",\"client_id\":\"c\",\"fields\":{\"timestamp\":{\"header\":\"X-T\"}}",
              "c"),
       "1700000000.{}", "/a", "{}", "X-Hub-Signature-256", "sha256="},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) sign_and_verify(&rows[i]);
}

static void an_api_key_may_stand_anywhere(void **state) {
  (void)state;
  must_load(
      "{\"preset\":\"api-key\",\"scheme\":{\"fields\":{\"api_key\":{\"header\":\"Authorization\",\"prefix\":\"Token "
      "\"}}},"
      "\"keys\":[{\"use\":[\"api_key\"],\"secret\":\"" SECRET "\"}],\"api_keys\":{\"records\":[]}}");
  assert_string_equal(policy.config.scheme->forms[0].locations[0].name, "Authorization");
  assert_string_equal(policy.config.scheme->forms[0].locations[0].prefix, "Token ");
  csn_policy_free(&policy);
}

/* The reason of a request of the client "c", whose key is of HS512, with a signature of 64 zero bytes or their half. */
static const char *reason_of_wide_key(const char *place, const char *header, const char *value) {
  char text[512];
  csn_verdict verdict;
  snprintf(text, sizeof text,
           "{\"preset\":\"github\",\"scheme\":{\"client_id\":\"c\"%s},\"keys\":[{\"client_id\":\"c\",\"alg\":\"HS512\","
           "\"secret\":\"" SECRET SECRET "\"}]}",
           place);
  must_load(text);
  csn_header headers[] = {{csn_span_str(header), csn_span_str(value)}};
  csn_request request = {
      .method = csn_span_str("POST"), .target = csn_span_str("/a"), .headers = headers, .header_count = 1};
  csn_verify(policy.verifier, &request, NOW, &verdict);
  csn_policy_free(&policy);
  return csn_reason_label(verdict.reason);
}

#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"

static void a_signature_in_another_place_may_be_of_any_hash(void **state) {
  (void)state;
  assert_string_equal(reason_of_wide_key("", "X-Hub-Signature-256", "sha256=" ZEROS_32), "key_alg_mismatch");
  const char *place = ",\"fields\":{\"signature\":{\"header\":\"X-Mac\"}}";
  assert_string_equal(reason_of_wide_key(place, "X-Mac", ZEROS_32 ZEROS_32), "signature_mismatch");
  assert_string_equal(reason_of_wide_key(place, "X-Mac", ZEROS_32), "signature_length");
}

typedef struct refusal_row {
  const char *text, *reason;
} refusal_row;

#define DELIMITED(scheme) POLICY("hmac-nonce-delimited", scheme, "c")

static void what_does_not_fit_is_refused(void **state) {
  static const refusal_row rows[] = {
      {DELIMITED("\"templat\":\"{body}\""), "scheme.templat: unknown field"},
      {DELIMITED("\"template\":\"{client}\""), "scheme.template: is malformed"},
      {DELIMITED("\"template\":\"{client_id}{timestamp}{nonce}\""),
       "scheme.template: is ambiguous: two different requests can have one signature; allow_ambiguous takes it"},
      {POLICY("hmac-nonce", "\"time_unit\":\"milliseconds\"", "c"),
       "scheme.template: is ambiguous: two different requests can have one signature; allow_ambiguous takes it"},
      {DELIMITED("\"template\":\"{client_id}|{timestamp}\""),
       "scheme: the scheme asks for a field that it does not locate, or the reverse"},
      {DELIMITED("\"client_id\":\"d\""), "scheme: the scheme asks for a field that it does not locate, or the reverse"},
      {POLICY("slack", "\"client_id\":\"a b\"", "c"), "scheme.client_id: is not a client id (byte 1)"},
      {POLICY("slack", "\"client_id\":\"d\"", "c"), "keys: none is of the client \"d\", of whom all requests are"},
      {POLICY("github", "", "c"), "keys: none is of the client \"github\", of whom all requests are"},
      {DELIMITED("\"signature_encoding\":\"Hex\""), "scheme.signature_encoding: is not known"},
      {DELIMITED("\"time_unit\":\"days\""), "scheme.time_unit: is not known"},
      {DELIMITED("\"separator\":\"::\""), "scheme.separator: is longer than 1 bytes"},
      {DELIMITED("\"fields\":{\"body\":{\"json\":\"x\"}}"), "scheme.body: unknown field"},
      {DELIMITED("\"fields\":{\"nonce\":{}}"), "scheme.nonce: must have one of header, query, form and json"},
      {DELIMITED("\"fields\":{\"nonce\":{\"query\":\"n\",\"json\":\"n\"}}"),
       "scheme.nonce: must have one of header, query, form and json"},
      {DELIMITED("\"fields\":{\"nonce\":{\"query\":\"n\",\"prefix\":\"v0=\"}}"),
       "scheme.nonce: prefix and parameter belong to a header"},
      {DELIMITED("\"fields\":{\"nonce\":{\"header\":\"X Nonce\"}}"),
       "scheme.header: is no name that a request could have"},
      {DELIMITED("\"fields\":{\"nonce\":{\"query\":\"n%20\"}}"), "scheme.query: is no name that a request could have"},
      {DELIMITED("\"fields\":{\"nonce\":{\"form\":\"n\"},\"timestamp\":{\"json\":\"t\"}}"),
       "scheme: the scheme asks for a field that it does not locate, or the reverse"},
      {DELIMITED("\"fields\":{\"token\":{\"header\":\"T\"}}"),
       "scheme: the scheme asks for a field that it does not locate, or the reverse"},
      {POLICY("bearer-jwt", "\"fields\":{\"client_id\":{\"header\":\"X\"}}", "c"),
       "scheme: the scheme asks for a field that it does not locate, or the reverse"},
      {POLICY("hmac-authorization", "\"fields\":{\"nonce\":{\"header\":\"N\"}}", "c"),
       "scheme: the scheme asks for a field that it does not locate, or the reverse"},
      {POLICY("http-signature", "", "c"),
       "scheme: contradicts the preset: http-signature says itself what is where and signed"},
      {POLICY("aws-sigv4", "\"time_unit\":\"seconds\"", "c"),
       "scheme: contradicts the preset: aws-sigv4 says itself what is where and signed"},
      {POLICY("github", "\"time_unit\":\"seconds\"", "github"),
       "scheme.time_unit: contradicts the preset: github has no timestamp"},
      {POLICY("bearer-jwt", "\"time_unit\":\"seconds\"", "c"),
       "scheme.time_unit: contradicts the preset: bearer-jwt has no timestamp"},
      {DELIMITED("\"separator\":\",\""),
       "scheme.separator: contradicts the preset: hmac-nonce-delimited has no parameter of a header"},
      {POLICY("hmac-authorization", "\"separator\":\",\"", "c"),
       "scheme.separator: the preset writes its credential in several forms"},
      {POLICY("bearer-jwt", "\"client_id\":\"c\"", "c"),
       "scheme.client_id: contradicts the preset: bearer-jwt signs no request"},
      {POLICY("api-key", "\"client_id\":\"c\"", "c"),
       "scheme.client_id: contradicts the preset: api-key signs no request"},
      {POLICY("api-key", "\"allow_ambiguous\":false", "c"),
       "scheme.allow_ambiguous: contradicts the preset: api-key signs no request"},
      {POLICY("bearer-jwt",
              "\"template\":\"{timestamp}|{nonce}|{body}\",\"signature_encoding\":\"hex\",\"allow_ambiguous\":true,"
              "\"fields\":{\"timestamp\":{\"header\":\"X\"},\"nonce\":{\"header\":\"N\"},\"signature\":{\"header\":"
              "\"S\"}}",
              "c"),
       "keys[0].use: is missing: this preset has keys for requests and keys for tokens"},
  };
  csn_policy empty = {0};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (csn_policy_load(&policy, test_write_text("policy.json", rows[i].text), NOW, &refusal)) {
      fail_msg("taken: %s", rows[i].text);
    }
    assert_memory_equal(&policy, &empty, sizeof policy);
    const char *given = strstr(refusal.text, "policy.json:1: ");
    assert_non_null(given);
    if (strcmp(given + strlen("policy.json:1: "), rows[i].reason) != 0) fail_msg("%s\ngives %s", rows[i].text, given);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_part_of_a_preset_may_be_another),
      cmocka_unit_test(an_api_key_may_stand_anywhere),
      cmocka_unit_test(a_signature_in_another_place_may_be_of_any_hash),
      cmocka_unit_test(what_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
