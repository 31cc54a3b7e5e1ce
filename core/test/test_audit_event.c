/* Audit events: whole lines, endpoints, times and ids. */
#include <time.h>

#include "audit_support.h"

/* ---- the whole line ---- */

static void the_members_are_these(void **state) {
  csn_verdict verdict = {.reason = CSN_REASON_NONCE_REPLAYED};
  csn_audit_event event = {.time = INT64_C(482196050520999999), /* RFC 3339 section 5.8 */
                           .request_id = {0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1, 0x43, 0x20, 0x9b, 0xac, 0xf8, 0x47, 0xdb,
                                          0x41, 0x48, 0xa8}, /* RFC 9562 appendix A.3 */
                           .client_ip = CSN_SPAN_LITERAL("2001:db8::7"),
                           .method = CSN_SPAN_LITERAL("POST"),
                           .target = CSN_SPAN_LITERAL("/v1/pay?key=1"),
                           .token_scope = CSN_SPAN_LITERAL("read write"),
                           .preset = CSN_SPAN_LITERAL("hmac-nonce"),
                           .verdict = &verdict};
  (void)state;
  csn_name_set(&verdict.client_id, csn_span_str("client-7"));
  csn_name_set(&verdict.key_id, csn_span_str("k1"));
  assert_span(format(&event),
              "{\"timestamp\":\"1985-04-12T23:20:50.520Z\",\"event\":\"verdict\","
              "\"request_id\":\"919108f7-52d1-4320-9bac-f847db4148a8\",\"client_ip\":\"2001:db8::7\","
              "\"api_endpoint\":\"POST /v1/pay\",\"preset\":\"hmac-nonce\",\"verdict\":\"rejected\","
              "\"reason\":\"nonce_replayed\",\"stage\":\"nonce\",\"client_id\":\"client-7\",\"key_id\":\"k1\","
              "\"token_scope\":\"read write\"}\n");
}

static void every_reason_fits_with_every_field_cut(void **state) {
  static uint8_t longest[4096];
  csn_verdict verdict;
  csn_audit_event event = {.time = INT64_MIN,
                           .client_ip = csn_span_of(longest, sizeof longest),
                           .method = csn_span_of(longest, sizeof longest),
                           .token_scope = csn_span_of(longest, sizeof longest),
                           .preset = csn_span_of(longest, sizeof longest),
                           .verdict = &verdict};
  size_t most = 0;
  (void)state;
  memset(longest, 'x', sizeof longest);
  memset(&verdict, 0, sizeof verdict);
  csn_name_set(&verdict.client_id, csn_span_of(longest, 255));
  csn_name_set(&verdict.key_id, csn_span_of(longest, 255));
  for (csn_reason reason = CSN_REASON_UNDECIDED; reason < CSN_REASON_COUNT; reason++) {
    verdict.reason = reason;
    csn_span text = format(&event);
    json_t *root = parse(text);
    member_is(root, "reason", csn_reason_label(reason));
    member_is(root, "stage", csn_stage_label(csn_reason_stage(reason)));
    member_is(root, "verdict", csn_verdict_public_word(&verdict));
    assert_int_equal(json_array_size(json_object_get(root, "cut")), CSN_AUDIT_FIELD_COUNT);
    json_decref(root);
    if (text.len > most) most = text.len;
  }
  assert_true(most > 1800); /* the fields were as long as they get */
}

static void a_line_is_written_whole_or_not_at_all(void **state) {
  guarded g = guarded_new(CSN_AUDIT_LINE_MAX);
  csn_audit_event event = event_of(csn_span_str("a\x1f\xc3\xa9"));
  size_t len = format(&event).len;
  (void)state;
  for (size_t size = 0; size <= CSN_AUDIT_LINE_MAX; size++) {
    char *out = (char *)g.map + g.size - size; /* ends at the guard page */
    assert_int_equal(csn_audit_format(&event, out, size), size < len ? 0 : len);
    if (size >= len) assert_memory_equal(out, line, len);
  }
  guarded_free(&g);
}

/* ---- endpoints ---- */

static void endpoint_is(const char *method, const char *target, const char *expected) {
  csn_audit_event event = event_of(csn_span_str("::1"));
  event.method = csn_span_str(method);
  event.target = csn_span_str(target);
  json_t *root = round_trip(&event);
  member_is(root, "api_endpoint", expected);
  assert_null(json_object_get(root, "cut"));
  json_decref(root);
}

static void an_endpoint_has_no_query_and_no_user(void **state) {
  (void)state;
  endpoint_is("GET", "/a/b", "GET /a/b");
  endpoint_is("GET", "/a?key=secret", "GET /a");
  endpoint_is("GET", "/a#access_token=secret", "GET /a");
  endpoint_is("GET", "/a#b?secret", "GET /a");
  endpoint_is("GET", "?secret", "GET ");
  endpoint_is("GET", "", "GET ");
  endpoint_is("", "/", " /");
  endpoint_is("GET", "/users/@me", "GET /users/@me");
  endpoint_is("GET", "//u:secret@h/a", "GET //u:secret@h/a"); /* a path, as a server reads it */
  endpoint_is("GET", "https://u:secret@h/a/@b?c", "GET /a/@b");
  endpoint_is("GET", "https://u:secret@h", "GET ");
  endpoint_is("GET", "://", "GET ");
  endpoint_is("GET", ":/", "GET :/");
  endpoint_is("CONNECT", "u:secret@h:443", "CONNECT h:443");
  endpoint_is("CONNECT", "u:secret@", "CONNECT ");
  endpoint_is("OPTIONS", "*", "OPTIONS *");
}

static void method_and_path_share_their_room(void **state) {
  uint8_t method[640], path[640];
  csn_audit_event event = event_of(csn_span_str("::1"));
  (void)state;
  memset(method, 'M', sizeof method);
  memset(path, '/', sizeof path);
  event.target = csn_span_of(path, sizeof path);
  for (size_t len = 1; len <= 640; len++) {
    event.method = csn_span_of(method, len);
    json_t *root = round_trip(&event);
    assert_int_equal(json_string_length(json_object_get(root, "api_endpoint")), 640);
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "cut"), 0)), "api_endpoint");
    json_decref(root);
  }
}

/* ---- time and ids ---- */

static void time_is(int64_t time, const char *expected) {
  csn_audit_event event = event_of(csn_span_str("::1"));
  event.time = time;
  json_t *root = round_trip(&event);
  member_is(root, "timestamp", expected);
  json_decref(root);
}

static void times_read_as_rfc_3339_has_them(void **state) {
  const int64_t second = 1000000000;
  (void)state;
  time_is(0, "1970-01-01T00:00:00.000Z");
  time_is(999999, "1970-01-01T00:00:00.000Z");
  time_is(1000000, "1970-01-01T00:00:00.001Z");
  time_is(-1, "1969-12-31T23:59:59.999Z");
  time_is(-1000000, "1969-12-31T23:59:59.999Z");
  time_is(-1000001, "1969-12-31T23:59:59.998Z");
  time_is(951782399 * second, "2000-02-28T23:59:59.000Z");
  time_is(951782400 * second, "2000-02-29T00:00:00.000Z");
  time_is(951868800 * second, "2000-03-01T00:00:00.000Z");
  time_is(INT64_C(4107542400) * second, "2100-03-01T00:00:00.000Z"); /* no leap year */
  time_is(INT64_C(4107542399) * second, "2100-02-28T23:59:59.000Z");
  time_is(INT64_MAX, "2262-04-11T23:47:16.854Z");
  time_is(INT64_MIN, "1677-09-21T00:12:43.145Z");
}

static void random_times_read_as_gmtime_says(void **state) {
  uint64_t seed = 42;
  (void)state;
  for (unsigned round = 0; round < 100000; round++) {
    int64_t time = (int64_t)(random_next(&seed) << 33 ^ random_next(&seed));
    if (round % 2 == 0)
      time = (time / INT64_C(86400000000000)) * INT64_C(86400000000000) - round % 4 / 2; /* midnight */
    int64_t nanoseconds = time % 1000000000;
    time_t seconds = (time_t)(time / 1000000000);
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1000000000;
    }
    struct tm parts;
    char text[64], expected[128];
    assert_non_null(gmtime_r(&seconds, &parts));
    assert_int_not_equal(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts), 0);
    (void)snprintf(expected, sizeof expected, "{\"timestamp\":\"%s.%03dZ\",", text, (int)(nanoseconds / 1000000));
    csn_audit_event event = event_of(csn_span_str("::1"));
    event.time = time;
    format(&event);
    assert_memory_equal(line, expected, strlen(expected));
  }
}

static void an_id_is_of_version_four(void **state) {
  static const uint8_t low[16] = {0}, low_id[16] = {[6] = 0x40, [8] = 0x80};
  uint8_t id[16], high_id[16];
  (void)state;
  memcpy(id, low, 16);
  csn_audit_request_id(id);
  assert_memory_equal(id, low_id, 16);
  memset(id, 0xff, 16);
  memset(high_id, 0xff, 16);
  high_id[6] = 0x4f;
  high_id[8] = 0xbf;
  csn_audit_request_id(id);
  assert_memory_equal(id, high_id, 16);
}

/* ---- drops ---- */

static void drops_have_a_line_of_their_own(void **state) {
  csn_audit_drops drops = {.recent = 0, .total = UINT64_MAX};
  static const char expected[] =
      "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"event\":\"dropped\",\"dropped\":0,"
      "\"dropped_total\":18446744073709551615}\n";
  (void)state;
  for (size_t size = 0; size < sizeof expected - 1; size++) {
    assert_int_equal(csn_audit_format_drops(0, &drops, line, size), 0);
  }
  assert_int_equal(csn_audit_format_drops(0, &drops, line, sizeof expected - 1), sizeof expected - 1);
  assert_memory_equal(line, expected, sizeof expected - 1);
  drops = (csn_audit_drops){.recent = 9, .total = 10};
  json_t *root = parse(csn_span_of(line, csn_audit_format_drops(0, &drops, line, sizeof line)));
  assert_int_equal(json_integer_value(json_object_get(root, "dropped")), 9);
  assert_int_equal(json_integer_value(json_object_get(root, "dropped_total")), 10);
  json_decref(root);
}

/* ---- no secrets ---- */

static bool line_has(csn_span bytes) {
  return memmem(line, strlen(line), bytes.ptr, bytes.len) != NULL;
}

/* An event made from a verified request says who and where, and nothing of the credential. */
static void a_verified_request_leaves_no_credential_in_its_line(void **state) {
  csn_key key;
  csn_key_config config = test_key_config("client-7", "k1", CSN_USE_REQUEST);
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/v1/pay?token=query-secret")};
  csn_sign_input input = {.scheme = csn_scheme_preset(csn_span_str("hmac-nonce")),
                          .key = &key,
                          .request = &request,
                          .timestamp = START,
                          .nonce = csn_span_str("nonce-in-header")};
  csn_signed out;
  csn_keyring *ring = test_keyring_new();
  csn_nonce_table *nonces = test_nonces_new(1000, START);
  csn_verifier_config verifier_config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_verifier *verifier;
  csn_verdict verdict;
  (void)state;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  verifier_config.scheme = input.scheme;
  verifier_config.keyring = ring;
  verifier_config.nonces = csn_nonce_table_store(nonces);
  assert_int_equal(csn_verifier_new(&verifier, &verifier_config), CSN_OK);
  assert_int_equal(csn_sign_request(&out, &input), CSN_OK);
  request.headers = out.headers;
  request.header_count = out.header_count;
  csn_verify(verifier, &request, START, &verdict);
  assert_reason(&verdict, ACCEPTED);
  csn_audit_event event = {.method = request.method,
                           .target = request.target,
                           .preset = csn_span_str(input.scheme->name),
                           .verdict = &verdict};
  line[format(&event).len] = '\0';
  assert_true(line_has(csn_span_str("\"client-7\"")) && line_has(csn_span_str("\"k1\"")));
  assert_true(line_has(csn_span_str("GET /v1/pay\"")) && line_has(csn_span_str("\"accepted\"")));
  assert_false(line_has(csn_span_str("query-secret")) || line_has(csn_span_str("nonce-in-header")));
  assert_int_equal(out.headers[3].value.len, 64);
  assert_false(line_has(csn_span_of(out.headers[3].value.ptr, 8)) || line_has(csn_span_of(TEST_SECRET, 8)));
  csn_verifier_free(verifier);
  csn_nonce_table_free(nonces);
  csn_keyring_free(ring);
  csn_key_wipe(&key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_members_are_these),
      cmocka_unit_test(every_reason_fits_with_every_field_cut),
      cmocka_unit_test(a_line_is_written_whole_or_not_at_all),
      cmocka_unit_test(an_endpoint_has_no_query_and_no_user),
      cmocka_unit_test(method_and_path_share_their_room),
      cmocka_unit_test(times_read_as_rfc_3339_has_them),
      cmocka_unit_test(random_times_read_as_gmtime_says),
      cmocka_unit_test(an_id_is_of_version_four),
      cmocka_unit_test(drops_have_a_line_of_their_own),
      cmocka_unit_test(a_verified_request_leaves_no_credential_in_its_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
