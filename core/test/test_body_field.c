/* Fields in the query, in a form and in a JSON body: what is read, what is refused, and what the signer writes there.
 */
#include <countersign/sign.h>
#include <countersign/verifier.h>

#include "../src/template.h"
#include "credential_support.h"
#include "guarded.h"
#include "support.h"

#define NOW INT64_C(1790000000)
#define AT(field, source, name) \
  { CSN_FIELD_##field, CSN_SOURCE_##source, name, NULL, NULL }

static guarded input;

typedef struct row {
  const char *text; /* the target or the body */
  csn_reason reason;
  csn_field field;
  size_t offset;
  const char *value; /* of an accepted one */
} row;

static void check(const char *preset, bool is_target, const row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    csn_span text = guarded_copy(&input, csn_span_str(rows[i].text));
    csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/")};
    csn_credential credential;
    csn_verdict verdict = {0};
    *(is_target ? &request.target : &request.body) = text;
    csn_reason reason = read_credential(csn_scheme_preset(csn_span_str(preset)), &request, &credential, &verdict);
    if (reason != rows[i].reason) fail_msg("%s: %s", rows[i].text, csn_reason_label(reason));
    assert_int_equal(verdict.field, rows[i].field);
    assert_int_equal(verdict.offset, rows[i].offset);
    if (reason == CSN_REASON_ACCEPTED) assert_span(credential.fields[CSN_FIELD_API_KEY], rows[i].value);
  }
}

#define MISSING CSN_REASON_FIELD_MISSING, CSN_FIELD_API_KEY, 0, NULL
#define MALFORMED CSN_REASON_FIELD_MALFORMED, CSN_FIELD_API_KEY, 0, NULL
#define REPEATED CSN_REASON_FIELD_REPEATED, CSN_FIELD_API_KEY, 0, NULL
#define TAKEN(value) CSN_REASON_ACCEPTED, CSN_FIELD_NONE, 0, value

static void a_query_is_read_as_it_stands_on_the_wire(void **state) {
  static const row rows[] = {
      {"/?key=v", TAKEN("v")},
      {"/a?b=c&key=v&d", TAKEN("v")},
      {"/?key=v=w", TAKEN("v=w")},
      {"/?a=%zz&key=v&%", TAKEN("v")},
      {"/?key=", TAKEN("")},
      {"/?keys=v&ke=w&key=x&kkey=y", TAKEN("x")},
      {"/", MISSING},
      {"/?", MISSING},
      {"/key=v", MISSING},
      {"/?Key=v", MISSING},
      {"/?a=key=v", MISSING},
      {"/?b;key=v", MISSING},
      {"/?key", MALFORMED},
      {"/?key=a%41", MALFORMED},
      {"/?key=a+b", MALFORMED},
      {"/?k%65y=v", MALFORMED},
      {"/?key=v&k%65y=w", MALFORMED},
      {"/?%6B%65%79=v&key=w", MALFORMED},
      {"/?key=v&key=v", REPEATED},
      {"/?key=v&a&key=w", REPEATED},
      {"/?key=v&k%6=w&key%=x", TAKEN("v")},
  };
  (void)state;
  check("api-key-query", true, rows, sizeof rows / sizeof rows[0]);
}

static void a_form_is_read_as_it_stands_on_the_wire(void **state) {
  static const row rows[] = {
      {"api_key=v", TAKEN("v")},
      {"a=b&api_key=v", TAKEN("v")},
      {"a=?&api_key=v?w", TAKEN("v?w")},
      {"", MISSING},
      {"a=b", MISSING},
      {"api_key", MALFORMED},
      {"api%5Fkey=v", MALFORMED},
      {"api_key=%76", MALFORMED},
      {"api_key=v&api_key=v", REPEATED},
      {"&&api_key=v&", TAKEN("v")},
  };
  (void)state;
  check("api-key-form", false, rows, sizeof rows / sizeof rows[0]);
}

static void a_json_body_is_read_strictly(void **state) {
  static const row rows[] = {
      {"{\"api_key\":\"v\"}", TAKEN("v")},
      {" {\"a\":{\"api_key\":\"w\"},\"api_key\" : \"v\"} ", TAKEN("v")},
      {"", MISSING},
      {"{}", MISSING},
      {"{\"a\":{\"api_key\":\"v\"}}", MISSING},
      {"{\"API_KEY\":\"v\"}", MISSING},
      {"{\"api_key\":1}", MALFORMED},
      {"{\"api_key\":null}", MALFORMED},
      {"{\"api_key\":[\"v\"]}", MALFORMED},
      {"{\"api_key\":\"\\u0076\"}", MALFORMED},
      {"{\"api_key\":\"v\",\"api_key\":\"v\"}", CSN_REASON_JSON_DUPLICATE, CSN_FIELD_BODY, 15, NULL},
      {"{\"api_key\":\"v\",\"\\u0061pi_key\":\"v\"}", CSN_REASON_JSON_DUPLICATE, CSN_FIELD_BODY, 15, NULL},
      {"{\"api_key\":\"v\"", CSN_REASON_JSON_INVALID, CSN_FIELD_BODY, 14, NULL},
      {"{\"api_key\":\"v\"}x", CSN_REASON_JSON_INVALID, CSN_FIELD_BODY, 15, NULL},
      {"api_key=v", CSN_REASON_JSON_INVALID, CSN_FIELD_BODY, 0, NULL},
      {"[\"api_key\",\"v\"]", CSN_REASON_JSON_NOT_OBJECT, CSN_FIELD_BODY, 0, NULL},
  };
  (void)state;
  check("api-key-json", false, rows, sizeof rows / sizeof rows[0]);
}

/* 512 nodes: the object, the key's name and value, the list's name and the list, and 507 numbers. */
static void a_json_body_has_a_limit_of_values(void **state) {
  (void)state;
  for (size_t numbers = 507; numbers <= 508; numbers++) {
    char text[2048] = "{\"api_key\":\"v\",\"a\":[0";
    for (size_t i = 1; i < numbers; i++) strcat(text, ",0");
    strcat(text, "]}");
    csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/"), .body = csn_span_str(text)};
    csn_credential credential;
    csn_verdict verdict = {0};
    csn_reason reason =
        read_credential(csn_scheme_preset(csn_span_str("api-key-json")), &request, &credential, &verdict);
    assert_int_equal(reason, numbers == 507 ? CSN_REASON_ACCEPTED : CSN_REASON_JSON_LIMIT);
  }
}

/* ---- schemes of one's own: signed requests with fields everywhere ---- */

static csn_scheme scheme_of(csn_source source, csn_source of_signature, const char *template_text) {
  csn_scheme scheme = {
      .name = "own",
      .forms = {{.locations = {AT(CLIENT_ID, NONE, "id"), AT(TIMESTAMP, NONE, "ts"), AT(NONCE, NONE, "n"),
                               AT(SIGNATURE, NONE, "sig")}}},
      .template_text = template_text,
      .signature_encoding = CSN_ENCODING_HEX,
  };
  for (size_t i = 0; i < 3; i++) scheme.forms[0].locations[i].source = source;
  scheme.forms[0].locations[3].source = of_signature;
  return scheme;
}

static void sign_and_verify(const csn_scheme *scheme, const char *target, const char *body, const char *wanted_target,
                            const char *wanted_body) {
  csn_key_config key_config = test_key_config("c", "k", CSN_USE_REQUEST);
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_keyring *ring = test_keyring_new();
  csn_nonce_table *nonces = test_nonces_new(100, NOW - 10000);
  csn_verifier *verifier = NULL;
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str(target), .body = csn_span_str(body)};
  csn_sign_input sign = {.scheme = scheme, .request = &request, .timestamp = NOW, .nonce = csn_span_str("abc")};
  csn_signed made;
  csn_key key;
  csn_verdict verdict;
  assert_int_equal(csn_key_init(&key, &key_config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  config.scheme = scheme;
  config.keyring = ring;
  config.nonces = csn_nonce_table_store(nonces);
  config.allow_unsigned_body = true;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  sign.key = &key;
  assert_int_equal(csn_sign_request(&made, &sign), CSN_OK);
  assert_true(made.target.len >= strlen(wanted_target) && made.body.len >= strlen(wanted_body));
  assert_memory_equal(made.target.ptr, wanted_target, strlen(wanted_target));
  if (made.body.len > 0) assert_memory_equal(made.body.ptr, wanted_body, strlen(wanted_body));
  request.target = made.target, request.body = made.body;
  request.headers = made.headers, request.header_count = made.header_count;
  csn_verify(verifier, &request, NOW, &verdict);
  assert_reason(&verdict, ACCEPTED);
  csn_verify(verifier, &request, NOW, &verdict);
  assert_reason(&verdict, NONCE_REPLAYED);
  csn_verifier_free(verifier);
  csn_nonce_table_free(nonces);
  csn_keyring_free(ring);
  csn_key_wipe(&key);
}

static void what_the_signer_writes_is_accepted(void **state) {
  const char *parts = "{client_id}|{timestamp}|{nonce}",
             *all = "{client_id}|{timestamp}|{nonce}|{target}|{body_sha256}";
  const char *query = "/a?id=c&ts=1790000000&n=abc", *form = "id=c&ts=1790000000&n=abc";
  const char *json = "{\"id\":\"c\",\"ts\":\"1790000000\",\"n\":\"abc\"";
  csn_scheme s;
  (void)state;
  s = scheme_of(CSN_SOURCE_QUERY, CSN_SOURCE_QUERY, parts);
  sign_and_verify(&s, "/a", "", query, "");
  sign_and_verify(&s, "/a?b=c", "", "/a?b=c&id=c&ts=1790000000&n=abc&sig=", "");
  s = scheme_of(CSN_SOURCE_QUERY, CSN_SOURCE_HEADER, all); /* what is signed has the parameters */
  sign_and_verify(&s, "/a", "body", query, "body");
  s = scheme_of(CSN_SOURCE_FORM_BODY, CSN_SOURCE_FORM_BODY, parts);
  sign_and_verify(&s, "/a", "", "/a", form);
  sign_and_verify(&s, "/a", "x=y", "/a", "x=y&id=c&ts=1790000000&n=abc&sig=");
  s = scheme_of(CSN_SOURCE_FORM_BODY, CSN_SOURCE_HEADER, all);
  sign_and_verify(&s, "/a", "", "/a", form);
  s = scheme_of(CSN_SOURCE_JSON_BODY, CSN_SOURCE_JSON_BODY, parts);
  sign_and_verify(&s, "/a", "", "/a", json);
  sign_and_verify(&s, "/a", "{ }", "/a", json);
  sign_and_verify(&s, "/a", "{\"x\":{} }", "/a", "{\"x\":{},\"id\":\"c\",\"ts\":\"1790000000\"");
  s = scheme_of(CSN_SOURCE_JSON_BODY, CSN_SOURCE_QUERY, "{client_id}|{timestamp}|{nonce}|{body}");
  sign_and_verify(&s, "/a", "{}", "/a?sig=", json);
}

static void the_signer_writes_nothing_that_would_have_to_be_encoded(void **state) {
  csn_key_config config = test_key_config("c", "k", CSN_USE_REQUEST);
  csn_scheme query = scheme_of(CSN_SOURCE_QUERY, CSN_SOURCE_HEADER, "{client_id}|{timestamp}|{nonce}");
  csn_scheme json = scheme_of(CSN_SOURCE_JSON_BODY, CSN_SOURCE_HEADER, "{client_id}|{timestamp}|{nonce}");
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/"), .body = csn_span_str("[1]")};
  csn_sign_input sign = {.scheme = &query, .request = &request, .timestamp = NOW, .nonce = csn_span_str("a+b")};
  csn_signed made;
  csn_key key;
  (void)state;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  sign.key = &key;
  assert_int_equal(csn_sign_request(&made, &sign), CSN_ERROR_INVALID_ARGUMENT);
  sign.nonce = csn_span_str("a/b=");
  assert_int_equal(csn_sign_request(&made, &sign), CSN_OK);
  sign.scheme = &json; /* of a body that is no object */
  assert_int_equal(csn_sign_request(&made, &sign), CSN_ERROR_INVALID_ARGUMENT);
  csn_key_wipe(&key);
}

/* A timestamp is a number as well in JSON; nothing else is. */
static void numbers_are_timestamps_alone(void **state) {
  csn_scheme scheme = scheme_of(CSN_SOURCE_JSON_BODY, CSN_SOURCE_HEADER, "{client_id}|{timestamp}|{nonce}");
  const csn_header headers[] = {{CSN_SPAN_LITERAL("sig"), CSN_SPAN_LITERAL("00000000000000000000000000000000"
                                                                           "00000000000000000000000000000000")}};
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/"), .headers = headers};
  csn_credential credential;
  csn_verdict verdict = {0};
  (void)state;
  request.header_count = 1;
  request.body = csn_span_str("{\"id\":\"c\",\"n\":\"abc\",\"ts\":17}");
  assert_int_equal(read_credential(&scheme, &request, &credential, &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(credential.timestamp, 17);
  request.body = csn_span_str("{\"id\":\"c\",\"n\":\"abc\",\"ts\":17.5}");
  assert_int_equal(read_credential(&scheme, &request, &credential, &verdict), CSN_REASON_TIMESTAMP_INVALID);
  request.body = csn_span_str("{\"id\":\"c\",\"n\":12,\"ts\":17}");
  assert_int_equal(read_credential(&scheme, &request, &credential, &verdict), CSN_REASON_FIELD_MALFORMED);
  assert_int_equal(verdict.field, CSN_FIELD_NONCE);
}

/* A signature is no part of what it signs, and a body is a form or JSON. */
static void places_that_do_not_fit_are_refused(void **state) {
  const csn_scheme bad[] = {
      scheme_of(CSN_SOURCE_HEADER, CSN_SOURCE_QUERY, "{client_id}|{timestamp}|{nonce}|{target}"),
      scheme_of(CSN_SOURCE_HEADER, CSN_SOURCE_FORM_BODY, "{client_id}|{timestamp}|{nonce}|{body}"),
      scheme_of(CSN_SOURCE_HEADER, CSN_SOURCE_JSON_BODY, "{client_id}|{timestamp}|{nonce}|{body_sha256}"),
      scheme_of(CSN_SOURCE_JSON_BODY, CSN_SOURCE_FORM_BODY, "{client_id}|{timestamp}|{nonce}"),
  };
  csn_scheme scheme = scheme_of(CSN_SOURCE_HEADER, CSN_SOURCE_QUERY, "{client_id}|{timestamp}|{nonce}");
  csn_template tpl;
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(csn_scheme_compile(&bad[i], &tpl), CSN_ERROR_SCHEME_INVALID);
  }
  assert_int_equal(csn_scheme_compile(&scheme, &tpl), CSN_OK);
  scheme.signature_encoding = CSN_ENCODING_BASE64;
  assert_int_equal(csn_scheme_compile(&scheme, &tpl), CSN_ERROR_SCHEME_INVALID);
  scheme.signature_encoding = CSN_ENCODING_BASE64URL;
  assert_int_equal(csn_scheme_compile(&scheme, &tpl), CSN_OK);
  csn_scheme params = scheme; /* of one header, behind two prefixes */
  for (size_t i = 0; i < 4; i++) {
    params.forms[0].locations[i].source = CSN_SOURCE_HEADER_PARAM;
    params.forms[0].locations[i].param = params.forms[0].locations[i].name;
    params.forms[0].locations[i].name = i % 2 == 0 ? "Sig" : "sig";
    params.forms[0].locations[i].prefix = "HMAC ";
  }
  params.forms[0].separator = ',';
  assert_int_equal(csn_scheme_compile(&params, &tpl), CSN_OK);
  params.forms[0].locations[2].prefix = NULL;
  assert_int_equal(csn_scheme_compile(&params, &tpl), CSN_ERROR_SCHEME_INVALID);
  scheme.forms[0].locations[3].prefix = "v1=";
  assert_int_equal(csn_scheme_compile(&scheme, &tpl), CSN_ERROR_SCHEME_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_query_is_read_as_it_stands_on_the_wire),
      cmocka_unit_test(a_form_is_read_as_it_stands_on_the_wire),
      cmocka_unit_test(a_json_body_is_read_strictly),
      cmocka_unit_test(a_json_body_has_a_limit_of_values),
      cmocka_unit_test(what_the_signer_writes_is_accepted),
      cmocka_unit_test(the_signer_writes_nothing_that_would_have_to_be_encoded),
      cmocka_unit_test(numbers_are_timestamps_alone),
      cmocka_unit_test(places_that_do_not_fit_are_refused),
  };
  input = guarded_new(4096);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&input);
  return failed;
}
