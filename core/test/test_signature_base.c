/* Signature bases: the answers of RFC 9421 section 2, and what has no signature base. */
#include "signature_support.h"

/* ---- section 2.1: fields ---- */

static const csn_header field_headers[] = {
    H("Host", "www.example.com"),
    H("Date", "Tue, 20 Apr 2021 02:07:56 GMT"),
    H("X-OWS-Header", "   Leading and trailing whitespace.\t "),
    H("Cache-Control", "max-age=60"),
    H("Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
    H("CACHE-CONTROL", "   must-revalidate"),
    H("X-Empty-Header", ""),
    H("Example-Header", "value, with, lots"),
    H("Example-Header", "of, commas"),
    H("X-Latin", "caf\xe9"),
    H("X-Fold", "a\r\n b"),
    H("X-Broken", "a=1, b=\""),
    H("Priority", "u=1"),
    H("Priority", "i"),
    H("Want-Content-Digest", "a=1"),
    H("Want-Content-Digest", "a=2"),
};

static const csn_request field_request = {.method = CSN_SPAN_LITERAL("GET"),
                                          .target = CSN_SPAN_LITERAL("/"),
                                          .headers = field_headers,
                                          .header_count = COUNT(field_headers)};

static void fields_are_trimmed_and_joined(void **state) {
  (void)state;
  assert_lines(&field_request,
               "(\"host\" \"date\" \"x-ows-header\" \"cache-control\" \"example-dict\" \"x-empty-header\")",
               "\"host\": www.example.com\n\"date\": Tue, 20 Apr 2021 02:07:56 GMT\n"
               "\"x-ows-header\": Leading and trailing whitespace.\n\"cache-control\": max-age=60, must-revalidate\n"
               "\"example-dict\": a=1,    b=2;x=1;y=2,   c=(a   b   c), d\n\"x-empty-header\": \n");
}

static void structured_fields_are_written_strictly(void **state) {
  (void)state;
  assert_lines(&field_request, "(\"example-dict\";sf)", "\"example-dict\";sf: a=1, b=2;x=1;y=2, c=(a b c), d\n");
  assert_lines(&field_request,
               "(\"example-dict\";key=\"a\" \"example-dict\";key=\"d\" \"example-dict\";key=\"b\" "
               "\"example-dict\";key=\"c\" \"example-dict\";sf;key=\"b\")",
               "\"example-dict\";key=\"a\": 1\n\"example-dict\";key=\"d\": ?1\n"
               "\"example-dict\";key=\"b\": 2;x=1;y=2\n\"example-dict\";key=\"c\": (a b c)\n"
               "\"example-dict\";sf;key=\"b\": 2;x=1;y=2\n");
  assert_lines(&field_request, "(\"priority\";sf \"priority\";key=\"i\")",
               "\"priority\";sf: u=1, i\n\"priority\";key=\"i\": ?1\n");
}

static void byte_sequences_keep_lines_apart(void **state) {
  csn_header one[] = {H("Example-Header", "value, with, lots, of, commas")};
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = one, .header_count = 1};
  (void)state;
  assert_lines(&field_request, "(\"example-header\" \"example-header\";bs \"x-latin\";bs)",
               "\"example-header\": value, with, lots, of, commas\n"
               "\"example-header\";bs: :dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:\n\"x-latin\";bs: :Y2Fm6Q==:\n");
  assert_lines(&request, "(\"example-header\" \"example-header\";bs)",
               "\"example-header\": value, with, lots, of, commas\n"
               "\"example-header\";bs: :dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:\n");
}

typedef struct refusal {
  const char *covered;
  csn_reason reason;
  size_t offset;
} refusal;

static void fields_without_a_value_are_refused(void **state) {
  static const refusal refusals[] = {
      {"(\"date\" \"x-none\")", CSN_REASON_COMPONENT_MISSING, 8},
      {"(\"Date\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"da te\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(date)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(1)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"x-latin\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"x-fold\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"x-ows-header\";sf)", CSN_REASON_COMPONENT_UNSUPPORTED, 1}, /* not known to be structured */
      {"(\"x-broken\";key=\"a\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"example-dict\";key=\"e\")", CSN_REASON_COMPONENT_MISSING, 1},
      {"(\"want-content-digest\";sf)", CSN_REASON_COMPONENT_INVALID, 1}, /* a key in two lines */
      {"(\"want-content-digest\";key=\"a\")", CSN_REASON_COMPONENT_INVALID, 1},
      {"(\"example-dict\";key=e)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"example-dict\";key=\"\\\"\")", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"example-dict\";sf=?0)", CSN_REASON_SIGNATURE_INPUT_INVALID, 1},
      {"(\"example-dict\";sf;bs)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"example-dict\";key=\"a\";bs)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";name=\"a\")", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";req)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";tr)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\";x)", CSN_REASON_COMPONENT_UNSUPPORTED, 1},
      {"(\"date\" \"host\" \"date\")", CSN_REASON_COMPONENT_REPEATED, 15},
      {"(\"example-dict\";sf;key=\"a\" \"example-dict\";key=\"a\";sf)", CSN_REASON_COMPONENT_REPEATED, 27},
      {"\"date\"", CSN_REASON_SIGNATURE_INPUT_INVALID, 0},
      {"(\"date\"", CSN_REASON_SIGNATURE_INPUT_INVALID, 7},
      {"(\"date\"),", CSN_REASON_SIGNATURE_INPUT_INVALID, 8},
      {"(\"date\");created=1;created=2", CSN_REASON_SIGNATURE_INPUT_INVALID, 19},
      {"", CSN_REASON_SIGNATURE_INPUT_INVALID, 0},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(refusals); i++) {
    assert_refused(&field_request, refusals[i].covered, refusals[i].reason, refusals[i].offset);
  }
}

/* ---- section 2.2: derived components ---- */

static csn_request request_for(const char *request_method, const char *request_target, csn_header *host_header) {
  csn_request request = {.method = csn_span_str(request_method),
                         .target = csn_span_str(request_target),
                         .headers = host_header,
                         .header_count = host_header == NULL ? 0 : 1};
  return request;
}

static void derived_components_of_the_rfc(void **state) {
  csn_header www = H("Host", "www.example.com"), shouted = H("Host", "WWW.Example.COM:443");
  csn_request request = request_for("POST", "/path?param=value&foo=bar&baz=bat%2Dman", &www);
  (void)state;
  assert_lines(&request,
               "(\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" \"@path\" \"@query\")",
               "\"@method\": POST\n\"@target-uri\": https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman\n"
               "\"@authority\": www.example.com\n\"@scheme\": https\n"
               "\"@request-target\": /path?param=value&foo=bar&baz=bat%2Dman\n\"@path\": /path\n"
               "\"@query\": ?param=value&foo=bar&baz=bat%2Dman\n");
  request = request_for("GET", "/path", &shouted);
  assert_lines(&request, "(\"@authority\" \"@query\" \"@target-uri\")",
               "\"@authority\": www.example.com\n\"@query\": ?\n\"@target-uri\": https://www.example.com/path\n");
  request = request_for("GET", "https://WWW.example.com?q", NULL);
  assert_lines(&request, "(\"@request-target\" \"@path\" \"@query\" \"@target-uri\" \"@authority\")",
               "\"@request-target\": https://WWW.example.com?q\n\"@path\": /\n\"@query\": ?q\n"
               "\"@target-uri\": https://www.example.com/?q\n\"@authority\": www.example.com\n");
  request = request_for("CONNECT", "www.example.com:80", &www);
  assert_lines(&request, "(\"@request-target\" \"@method\")",
               "\"@request-target\": www.example.com:80\n\"@method\": CONNECT\n");
  request = request_for("OPTIONS", "*", &www);
  assert_lines(&request, "(\"@request-target\" \"@authority\")",
               "\"@request-target\": *\n\"@authority\": www.example.com\n");
}

static void ports_are_dropped_only_where_they_are_the_schemes(void **state) {
  static const struct {
    const char *scheme, *host, *expected;
  } rows[] = {
      {"https", "a:443", "a"},       {"https", "a:80", "a:80"},       {"http", "a:80", "a"},
      {"http", "a:443", "a:443"},    {"HTTPS", "a:443", "a"},         {"https", "a:", "a"},
      {"https", "a:8443", "a:8443"}, {"https", "[::1]:443", "[::1]"}, {"https", "[A::443]", "[a::443]"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_header header = {csn_span_str("host"), csn_span_str(rows[i].host)};
    csn_request request = request_for("GET", "/", &header);
    csn_http_context context = {.scheme = csn_span_str(rows[i].scheme)};
    char expected[128];
    for (int from_context = 0; from_context < 2; from_context++) {
      if (from_context == 1) {
        context.authority = header.value;
        request.header_count = 0;
      }
      assert_int_equal(make_base(&request, &context, csn_span_str("(\"@authority\")")), CSN_REASON_ACCEPTED);
      (void)snprintf(expected, sizeof expected, "\"@authority\": %s\n\"@signature-params\": (\"@authority\")",
                     rows[i].expected);
      assert_string_equal((const char *)base, expected);
    }
  }
}

static csn_reason derive(const csn_request *request, const csn_http_context *context, const char *covered) {
  return make_base(request, context, csn_span_str(covered));
}

static void targets_and_contexts_do_not_contradict(void **state) {
  csn_http_context context = {.scheme = csn_span_str("https"), .authority = csn_span_str("example.com:443")};
  csn_http_context nothing = {.scheme = csn_span_of(NULL, 0)};
  csn_header hosts[] = {H("Host", "a"), H("host", "a")}, bad = H("Host", "a/b"), user = H("Host", "u@a");
  csn_request request = request_for("GET", "https://Example.com/", NULL);
  (void)state;
  assert_int_equal(derive(&request, &context, "(\"@target-uri\")"), CSN_REASON_ACCEPTED);
  request = request_for("GET", "https://example.org/", NULL);
  assert_int_equal(derive(&request, &context, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("GET", "http://example.com/", NULL);
  assert_int_equal(derive(&request, &context, "(\"@scheme\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("GET", "/", hosts);
  assert_int_equal(derive(&request, &nothing, "(\"@scheme\")"), CSN_REASON_COMPONENT_MISSING);
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_ACCEPTED);
  request.header_count = 2;
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request.header_count = 0;
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_MISSING);
  request = request_for("GET", "/", &bad);
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("GET", "/", &user);
  assert_int_equal(derive(&request, &https, "(\"@authority\")"), CSN_REASON_COMPONENT_INVALID);
  request = request_for("OPTIONS", "*", hosts);
  assert_int_equal(derive(&request, &https, "(\"@path\")"), CSN_REASON_COMPONENT_MISSING);
  assert_int_equal(derive(&request, &https, "(\"@target-uri\")"), CSN_REASON_COMPONENT_MISSING);
  request = request_for("CONNECT", "a://b", hosts);
  assert_int_equal(derive(&request, &https, "(\"@query\")"), CSN_REASON_COMPONENT_MISSING);
  request = request_for("GET", "/a\nb", hosts);
  assert_int_equal(derive(&request, &https, "(\"@path\")"), CSN_REASON_COMPONENT_INVALID);
}

static void query_parameters_are_encoded_anew(void **state) {
  csn_request request = request_for(
      "GET",
      "/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something",
      NULL);
  (void)state;
  assert_lines(&request,
               "(\"@query-param\";name=\"var\" \"@query-param\";name=\"bar\" "
               "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\")",
               "\"@query-param\";name=\"var\": this%20is%20a%20big%0Amultiline%20value\n"
               "\"@query-param\";name=\"bar\": with%20plus%20whitespace\n"
               "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\": something\n");
  request = request_for("GET", "/path?param=value&foo=bar&baz=batman&qux=&&%61=%2g%&b=c=d&e&~=*-._~&f=%ff", NULL);
  assert_lines(&request,
               "(\"@query-param\";name=\"baz\" \"@query-param\";name=\"qux\" \"@query-param\";name=\"param\" "
               "\"@query-param\";name=\"a\" \"@query-param\";name=\"b\" \"@query-param\";name=\"e\" "
               "\"@query-param\";name=\"%7E\" \"@query-param\";name=\"f\")",
               "\"@query-param\";name=\"baz\": batman\n\"@query-param\";name=\"qux\": \n"
               "\"@query-param\";name=\"param\": value\n\"@query-param\";name=\"a\": %252g%25\n"
               "\"@query-param\";name=\"b\": c%3Dd\n\"@query-param\";name=\"e\": \n"
               "\"@query-param\";name=\"%7E\": *-._%7E\n\"@query-param\";name=\"f\": %FF\n");
  request = request_for("GET", "/?a=1&%61=2&b=3&B=4", NULL);
  assert_lines(&request, "(\"@query-param\";name=\"b\")", "\"@query-param\";name=\"b\": 3\n");
  assert_refused(&request, "(\"@query-param\";name=\"a\")", CSN_REASON_COMPONENT_INVALID, 1);
  assert_refused(&request, "(\"@query-param\";name=\"%61\")", CSN_REASON_COMPONENT_MISSING, 1);
  assert_refused(&request, "(\"@query-param\";name=\"c\")", CSN_REASON_COMPONENT_MISSING, 1);
  assert_refused(&request, "(\"@query-param\")", CSN_REASON_COMPONENT_UNSUPPORTED, 1);
}

static void queries_are_read_to_their_end_and_no_further(void **state) {
  static const char *const rows[][2] = {{"/?a=%", "%25"}, {"/?a=%4", "%254"}, {"/?a=%41", "A"},
                                        {"/?a=", ""},     {"/?a", ""},        {"/?b&a", ""}};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_request request = {.method = csn_span_str("GET"), .target = guarded_copy(&input, csn_span_str(rows[i][0]))};
    char expected[128];
    assert_int_equal(make_base(&request, &https, csn_span_str("(\"@query-param\";name=\"a\")")), CSN_REASON_ACCEPTED);
    (void)snprintf(expected, sizeof expected, "\"@query-param\";name=\"a\": %s\n\"@signature-params\": %s", rows[i][1],
                   "(\"@query-param\";name=\"a\")");
    assert_string_equal((const char *)base, expected);
  }
}

static void derived_components_of_others_are_refused(void **state) {
  static const char *const unsupported[] = {"(\"@status\")",    "(\"@signature-params\")", "(\"@\")",
                                            "(\"@METHOD\")",    "(\"@method\";req)",       "(\"@method\";sf)",
                                            "(\"@method\";bs)", "(\"@path\";key=\"a\")",   "(\"@path\";name=\"a\")"};
  (void)state;
  for (size_t i = 0; i < COUNT(unsupported); i++) {
    assert_refused(&test_request, unsupported[i], CSN_REASON_COMPONENT_UNSUPPORTED, 1);
  }
}

static void components_are_counted(void **state) {
  csn_header headers[CSN_COMPONENTS_MAX + 1];
  char names[CSN_COMPONENTS_MAX + 1][8], covered[1024] = "(";
  (void)state;
  for (size_t i = 0; i <= CSN_COMPONENTS_MAX; i++) {
    (void)snprintf(names[i], sizeof names[i], "h%zu", i);
    headers[i].name = csn_span_str(names[i]);
    headers[i].value = csn_span_str("v");
  }
  csn_request request = {.method = csn_span_str("GET"), .headers = headers, .header_count = CSN_COMPONENTS_MAX + 1};
  for (size_t i = 0; i <= CSN_COMPONENTS_MAX; i++) {
    size_t len = strlen(covered);
    (void)snprintf(covered + len, sizeof covered - len, "\"%s\")", names[i]);
    csn_reason expected = i < CSN_COMPONENTS_MAX ? CSN_REASON_ACCEPTED : CSN_REASON_COMPONENT_UNSUPPORTED;
    assert_int_equal(make_base(&request, &https, csn_span_str(covered)), expected);
    covered[strlen(covered) - 1] = ' ';
  }
}

/* ---- section 2.3: parameters ---- */

static void parameters_are_serialised_canonically(void **state) {
  (void)state;
  assert_int_equal(make_base(&test_request, &https, csn_span_str("(  \"@method\"  ); created=007;x=?1;  y=1.50 ")),
                   CSN_REASON_ACCEPTED);
  assert_string_equal((const char *)base, "\"@method\": POST\n\"@signature-params\": (\"@method\");created=7;x;y=1.5");
}

static void parameters_are_typed(void **state) {
  csn_signature_params params;
  csn_span all = csn_span_str("(\"date\");created=1;expires=0;nonce=\"n\";alg=\"a\";keyid=\"k\";tag=\"\";other=1.5");
  (void)state;
  assert_int_equal(csn_signature_params_read(all, &params, &offset), CSN_REASON_ACCEPTED);
  assert_true(params.has_created && params.has_expires && params.created == 1 && params.expires == 0);
  assert_span(params.nonce, "n");
  assert_span(params.alg, "a");
  assert_span(params.keyid, "k");
  assert_true(params.tag.ptr != NULL && params.tag.len == 0);
  assert_int_equal(csn_signature_params_read(csn_span_str("()"), &params, &offset), CSN_REASON_ACCEPTED);
  assert_false(params.has_created || params.has_expires);
  assert_true(params.nonce.ptr == NULL && params.alg.ptr == NULL && params.keyid.ptr == NULL && params.tag.ptr == NULL);
}

static void parameters_of_other_types_are_refused(void **state) {
  static const char *const wrong[] = {
      "();created=\"1\"", "();created=1.0", "();created=-1",      "();created",        "();created=@1",
      "();expires=-1",    "();expires=tok", "();nonce=tok",       "();alg=:AA==:",     "();keyid=1",
      "();tag",           "();tag=?0",      "();keyid=\"a\\\"\"", "();nonce=\"\\\\\"",
  };
  csn_signature_params params;
  (void)state;
  for (size_t i = 0; i < COUNT(wrong); i++) {
    csn_reason reason = csn_signature_params_read(csn_span_str(wrong[i]), &params, &offset);
    if (reason != CSN_REASON_SIGNATURE_INPUT_INVALID || offset != 3) fail_msg("%s: %zu", wrong[i], offset);
  }
  assert_int_equal(csn_signature_params_read(csn_span_str("a;created=1"), &params, &offset),
                   CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_int_equal(csn_signature_params_read(csn_span_str("();created="), &params, &offset),
                   CSN_REASON_SIGNATURE_INPUT_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_are_trimmed_and_joined),
      cmocka_unit_test(structured_fields_are_written_strictly),
      cmocka_unit_test(byte_sequences_keep_lines_apart),
      cmocka_unit_test(fields_without_a_value_are_refused),
      cmocka_unit_test(derived_components_of_the_rfc),
      cmocka_unit_test(ports_are_dropped_only_where_they_are_the_schemes),
      cmocka_unit_test(targets_and_contexts_do_not_contradict),
      cmocka_unit_test(query_parameters_are_encoded_anew),
      cmocka_unit_test(queries_are_read_to_their_end_and_no_further),
      cmocka_unit_test(derived_components_of_others_are_refused),
      cmocka_unit_test(components_are_counted),
      cmocka_unit_test(parameters_are_serialised_canonically),
      cmocka_unit_test(parameters_are_typed),
      cmocka_unit_test(parameters_of_other_types_are_refused),
  };
  input = guarded_new(4096);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
