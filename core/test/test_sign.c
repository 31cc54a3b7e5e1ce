/* The signing side. */
#include <countersign/sign.h>

#include "support.h"

static csn_key make_key(unsigned uses, const char *key_id) {
  csn_key key;
  csn_key_config config = test_key_config("client-7", key_id, uses);
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  return key;
}

static csn_sign_input make_input(const char *preset, const csn_key *key, const csn_request *request) {
  csn_sign_input input = {.scheme = csn_scheme_preset(csn_span_str(preset)),
                          .key = key,
                          .request = request,
                          .timestamp = 1790000000,
                          .nonce = csn_span_str("abc")};
  return input;
}

static void headers_stand_where_the_scheme_says(void **state) {
  csn_key key = make_key(CSN_USE_REQUEST, "k");
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_sign_input input = make_input("hmac-nonce", &key, &request);
  csn_signed out;
  (void)state;
  assert_int_equal(csn_sign_request(&out, &input), CSN_OK);
  assert_int_equal(out.header_count, 4);
  assert_span(out.headers[0].name, "x-ClientId");
  assert_span(out.headers[0].value, "client-7");
  assert_span(out.headers[1].value, "1790000000");
  assert_span(out.headers[2].value, "abc");
  assert_int_equal(out.headers[3].value.len, 64);
}

static void both_forms_of_jwt_hmac_carry_the_same_signature(void **state) {
  csn_key key = make_key(CSN_USE_REQUEST, "k");
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/"), .body = csn_span_str("{}")};
  csn_sign_input input = make_input("jwt-hmac", &key, &request);
  csn_signed headers, params;
  char expected[256];
  (void)state;
  input.token = csn_span_str("a.b.c");
  assert_int_equal(csn_sign_request(&headers, &input), CSN_OK);
  input.form = 1;
  assert_int_equal(csn_sign_request(&params, &input), CSN_OK);
  assert_int_equal(headers.header_count, 4);
  assert_int_equal(params.header_count, 2);
  assert_span(headers.headers[0].value, "Bearer a.b.c");
  assert_int_equal(headers.headers[1].value.len, strlen("sha256=") + 64);
  (void)snprintf(expected, sizeof expected, "ts=1790000000&nonce=abc&sig=%.64s",
                 (const char *)headers.headers[1].value.ptr + strlen("sha256="));
  assert_span(params.headers[1].value, expected);
}

static void algorithm_stands_where_the_scheme_says(void **state) {
  const csn_scheme scheme = {
      .name = "own",
      .template_text = "{client_id}|{timestamp}|{nonce}",
      .signature_encoding = CSN_ENCODING_HEX,
      .forms = {{.locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-Client", NULL, NULL},
                               {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "X-Time", NULL, NULL},
                               {CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "X-Once", NULL, NULL},
                               {CSN_FIELD_ALGORITHM, CSN_SOURCE_HEADER, "X-Algorithm", NULL, NULL},
                               {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "X-Signature", NULL, NULL}}}},
  };
  csn_key key = make_key(CSN_USE_REQUEST, "k");
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_sign_input input = make_input("hmac-nonce", &key, &request);
  csn_signed out;
  (void)state;
  input.scheme = &scheme;
  assert_int_equal(csn_sign_request(&out, &input), CSN_OK);
  assert_int_equal(out.header_count, 5);
  assert_span(out.headers[3].name, "X-Algorithm");
  assert_span(out.headers[3].value, "hmac-sha256");
}

static void canonical_string_is_shown(void **state) {
  csn_key key = make_key(CSN_USE_REQUEST, "k");
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/"), .body = csn_span_str("{}")};
  csn_sign_input input = make_input("jwt-hmac", &key, &request);
  const char *expected = "{}|1790000000|abc";
  size_t len = 0;
  (void)state;
  input.token = csn_span_str("a.b.c");
  for (size_t size = 0; size <= strlen(expected) + 1; size++) {
    uint8_t *out = malloc(size + 1); /* with a byte behind it that must stay */
    assert_non_null(out);
    out[size] = 0xa5;
    csn_error error = csn_sign_canonical(&input, out, size, &len);
    assert_int_equal(error, size >= strlen(expected) ? CSN_OK : CSN_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(len, strlen(expected));
    assert_int_equal(out[size], 0xa5);
    if (error == CSN_OK) assert_span(csn_span_of(out, len), expected);
    free(out);
  }
  assert_int_equal(csn_sign_canonical(&input, NULL, 0, &len), CSN_ERROR_BUFFER_TOO_SMALL);
}

static void incomplete_input_is_refused(void **state) {
  csn_key key = make_key(CSN_USE_REQUEST, "k"), token_key = make_key(CSN_USE_TOKEN, "k");
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  const csn_sign_input good = make_input("hmac-nonce", &key, &request);
  csn_sign_input bad[8];
  csn_signed out;
  (void)state;
  for (size_t i = 0; i < 8; i++) bad[i] = good;
  bad[0].key = NULL;
  bad[1].key = &token_key;
  bad[2].nonce = csn_span_str("");
  bad[3].nonce = csn_span_str("a b");
  bad[4].timestamp = -1;
  bad[5].form = 1;
  bad[6].scheme = csn_scheme_preset(csn_span_str("jwt-hmac")); /* and no token */
  bad[7] = bad[6];
  bad[7].token = csn_span_str("a.b.c\r\nX-Evil: 1");
  assert_int_equal(csn_sign_request(&out, &good), CSN_OK);
  for (size_t i = 0; i < 8; i++) assert_int_equal(csn_sign_request(&out, &bad[i]), CSN_ERROR_INVALID_ARGUMENT);
}

/* Made with Python: base64url of {"alg":"HS256","typ":"JWT","kid":"k"} and of {}. */
static void tokens_have_header_claims_and_signature(void **state) {
  csn_key key = make_key(CSN_USE_TOKEN, "k"), request_key = make_key(CSN_USE_REQUEST, "k");
  const char *start = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsifQ.e30.";
  uint8_t out[128];
  size_t len = 0;
  (void)state;
  assert_int_equal(csn_sign_jwt(&key, csn_span_str("{}"), out, sizeof out, &len), CSN_OK);
  assert_int_equal(len, strlen(start) + 43);
  assert_memory_equal(out, start, strlen(start));
  assert_int_equal(csn_sign_jwt(&key, csn_span_str("{}"), out, len, &len), CSN_OK);
  assert_int_equal(csn_sign_jwt(&key, csn_span_str("{}"), out, len - 1, &len), CSN_ERROR_BUFFER_TOO_SMALL);
  assert_int_equal(csn_sign_jwt(&request_key, csn_span_str("{}"), out, sizeof out, &len), CSN_ERROR_INVALID_ARGUMENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(headers_stand_where_the_scheme_says),
      cmocka_unit_test(both_forms_of_jwt_hmac_carry_the_same_signature),
      cmocka_unit_test(algorithm_stands_where_the_scheme_says),
      cmocka_unit_test(canonical_string_is_shown),
      cmocka_unit_test(incomplete_input_is_refused),
      cmocka_unit_test(tokens_have_header_claims_and_signature),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
