/* A request as one line of JSON: what is taken, what is refused and where. */
#include "../core/src/credential.h"
#include "../core/test/guarded.h"
#include "request_line.h"
#include "test_support.h"

static csn_request_line request;
static guarded page;

/* Reads `text` at the end of a guarded page. */
static bool read_text(const char *text, const char **reason, size_t *offset) {
  return csn_request_line_read(&request, guarded_copy(&page, csn_span_str(text)), reason, offset);
}

static void must_read(const char *text) {
  const char *reason = NULL;
  size_t offset = 0;
  if (!read_text(text, &reason, &offset)) fail_msg("%s: %s at %zu", text, reason, offset);
}

static void every_member_is_read(void **state) {
  (void)state;
  must_read(
      "{\"id\":\"r1\",\"method\":\"POST\",\"target\":\"/a?b=c%20d\",\"headers\":[[\"Host\",\"h\"],[\"X\",\"\"]],"
      "\"body\":\"{\\\"a\\\":1}\",\"client_ip\":\"192.0.2.7\"}");
  assert_span(request.id, "\"r1\"");
  assert_span(request.request.method, "POST");
  assert_span(request.request.target, "/a?b=c%20d");
  assert_int_equal(request.request.header_count, 2);
  assert_span(request.request.headers[0].name, "Host");
  assert_span(request.request.headers[0].value, "h");
  assert_span(request.request.headers[1].name, "X");
  assert_span(request.request.headers[1].value, "");
  assert_span(request.request.body, "{\"a\":1}");
  assert_span(request.client_ip, "192.0.2.7");
}

static void all_but_method_and_target_may_be_absent(void **state) {
  (void)state;
  must_read(" { \"target\" : \"/\" , \"method\" : \"GET\" } \r");
  assert_int_equal(request.id.len, 0);
  assert_int_equal(request.request.header_count, 0);
  assert_int_equal(request.request.body.len, 0);
  assert_int_equal(request.client_ip.len, 0);
}

static void an_id_stays_as_it_is(void **state) {
  static const char *const ids[] = {
      "1", "-0.5e+10", "\"\"", "\"a\\u00e9\\n\"", "\"\xc3\xa9\"", "12345678901234567890123"};
  (void)state;
  for (size_t i = 0; i < COUNT(ids); i++) {
    char text[128];
    snprintf(text, sizeof text, "{\"id\":%s,\"method\":\"GET\",\"target\":\"/\"}", ids[i]);
    must_read(text);
    assert_span(request.id, ids[i]);
  }
}

static void escapes_are_decoded_in_names_and_values(void **state) {
  (void)state;
  must_read(
      "{\"\\u006dethod\":\"G\\u0045T\",\"target\":\"\\/a\",\"headers\":[[\"\\u0058-A\",\"\\u00e9\\ud83d\\udd11\"]],"
      "\"body\":\"\\r\\n\\t\\\"\"}");
  assert_span(request.request.method, "GET");
  assert_span(request.request.target, "/a");
  assert_span(request.request.headers[0].name, "X-A");
  assert_span(request.request.headers[0].value, "\xc3\xa9\xf0\x9f\x94\x91");
  assert_span(request.request.body, "\r\n\t\"");
}

/* The core must see what an attacker sent, to reject it by its name. */
static void nul_is_left_for_the_core_to_reject(void **state) {
  csn_verdict verdict = {0};
  (void)state;
  must_read("{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"X\",\"a\\u0000b\"]],\"body\":\"\\u0000\"}");
  assert_int_equal(request.request.body.len, 1);
  assert_int_equal(request.request.headers[0].value.len, 3);
  assert_int_equal(csn_request_check(&request.request, &verdict), CSN_REASON_HEADER_VALUE_INVALID);
  assert_int_equal(verdict.offset, 1);
}

static void base64_bodies_are_decoded(void **state) {
  static const struct {
    const char *text;
    const char *bytes;
    size_t len;
  } rows[] = {
      {"", "", 0}, {"AA==", "\0", 1}, {"AP8=", "\0\xff", 2}, {"Zm9v", "foo", 3}, {"\\/\\/79", "\xff\xfe\xfd", 3},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[128];
    /* Members with escapes on both sides: what is decoded must not overlap. */
    snprintf(text, sizeof text, "{\"target\":\"\\/t\",\"body_base64\":\"%s\",\"method\":\"\\u0047ET\"}", rows[i].text);
    must_read(text);
    assert_int_equal(request.request.body.len, rows[i].len);
    if (rows[i].len > 0) assert_memory_equal(request.request.body.ptr, rows[i].bytes, rows[i].len);
    assert_span(request.request.method, "GET");
    assert_span(request.request.target, "/t");
  }
}

#define M "\"method\":\"GET\",\"target\":\"/\""

static void what_is_wrong_is_refused_with_its_place(void **state) {
  static const struct {
    const char *text;
    const char *reason;
    size_t offset;
  } rows[] = {
      {"", "not strict JSON (RFC 8259)", 0},
      {"[]", "a request is a JSON object", 0},
      {"\"x\"", "a request is a JSON object", 1},
      {"{}", "method is missing", 0},
      {"{\"method\":\"GET\"}", "target is missing", 0},
      {"{\"target\":\"/\"}", "method is missing", 0},
      {"{" M "} x", "not strict JSON (RFC 8259)", 30},
      {"{" M ",}", "not strict JSON (RFC 8259)", 29},
      {"{" M, "not strict JSON (RFC 8259)", 28},
      {"{" M ",\"body\":\"\xff\"}", "not strict JSON (RFC 8259)", 37},
      {"{" M ",\"method\":\"GET\"}", "a member name occurs twice in one object", 29},
      {"{" M ",\"bodyy\":\"\"}", "unknown member", 30},
      {"{" M ",\"Body\":\"\"}", "unknown member", 30},
      {"{\"method\":1,\"target\":\"/\"}", "method is not a string", 10},
      {"{\"method\":\"GET\",\"target\":null}", "target is not a string", 25},
      {"{" M ",\"id\":null}", "id is not a string or a number", 34},
      {"{" M ",\"id\":true}", "id is not a string or a number", 34},
      {"{" M ",\"id\":[1]}", "id is not a string or a number", 34},
      {"{" M ",\"body\":{}}", "body is not a string", 36},
      {"{" M ",\"client_ip\":4}", "client_ip is not a string", 41},
      {"{" M ",\"headers\":{}}", "headers is not an array", 39},
      {"{" M ",\"headers\":[\"a\"]}", "a header is not an array of two strings", 41},
      {"{" M ",\"headers\":[[\"a\"]]}", "a header is not an array of two strings", 40},
      {"{" M ",\"headers\":[[\"a\",\"b\",\"c\"]]}", "a header is not an array of two strings", 40},
      {"{" M ",\"headers\":[[\"a\",\"b\"],[\"a\",1]]}", "a header is not an array of two strings", 50},
      {"{" M ",\"headers\":[[[\"a\"],\"b\"]]}", "a header is not an array of two strings", 40},
      {"{" M ",\"body\":\"\",\"body_base64\":\"\"}", "body and body_base64 exclude each other", 54},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *reason = NULL;
    size_t offset = SIZE_MAX;
    if (read_text(rows[i].text, &reason, &offset)) fail_msg("taken: %s", rows[i].text);
    if (strcmp(reason, rows[i].reason) != 0 || offset != rows[i].offset) {
      fail_msg("%s: %s at %zu, not %s at %zu", rows[i].text, reason, offset, rows[i].reason, rows[i].offset);
    }
  }
}

static void base64_that_is_not_strict_is_refused(void **state) {
  static const char *const rows[] = {
      "A",    "AA",   "AAA",  "AA=",  "AA===", "AA==AA==", "A-==", "A_==", "AB==" /* trailing bits */,
      "AAB=", "====", "=AAA", "AA A", "AAA\\n"};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[128];
    const char *reason = NULL;
    size_t offset = 0;
    snprintf(text, sizeof text, "{" M ",\"body_base64\":\"%s\"}", rows[i]);
    if (read_text(text, &reason, &offset)) fail_msg("taken: %s", rows[i]);
    assert_string_equal(reason, "body_base64 is not base64 with padding (RFC 4648 section 4)");
    assert_int_equal(offset, 44);
  }
}

/* The number of headers that the core is shown, for `count` in the line. */
static size_t shown_headers(size_t count) {
  char *text = malloc(64 + count * 16);
  size_t used = (size_t)sprintf(text, "{" M ",\"headers\":[");
  for (size_t i = 0; i < count; i++) used += (size_t)sprintf(text + used, "%s[\"a\",\"%zu\"]", i > 0 ? "," : "", i);
  strcpy(text + used, "]}");
  must_read(text);
  free(text);
  return request.request.header_count;
}

static void one_header_beyond_the_limit_is_left_for_the_core_to_reject(void **state) {
  (void)state;
  assert_int_equal(shown_headers(CSN_HEADERS_MAX), CSN_HEADERS_MAX);
  assert_span(request.request.headers[CSN_HEADERS_MAX - 1].value, "127");
  assert_int_equal(shown_headers(CSN_HEADERS_MAX + 1), CSN_HEADERS_MAX + 1);
  assert_int_equal(shown_headers(500), CSN_HEADERS_MAX + 1);
}

/* Densest lines there are: each element takes two bytes. */
static void a_line_of_many_small_values_has_room(void **state) {
  char text[4096] = "{" M ",\"id\":[";
  const char *reason = NULL;
  size_t offset = 0;
  (void)state;
  while (strlen(text) < 4000) strcat(text, "1,");
  strcat(text, "1]}");
  assert_false(read_text(text, &reason, &offset));
  assert_string_equal(reason, "id is not a string or a number");
}

static void buffers_are_kept_from_line_to_line(void **state) {
  (void)state;
  must_read("{" M ",\"body\":\"a long body \\n that has escapes and makes the buffer grow\"}");
  void *memory = request.memory;
  must_read("{" M ",\"body\":\"\\n\"}");
  assert_ptr_equal(request.memory, memory);
  assert_span(request.request.body, "\n");
}

static void check_round_trip(const char *text, const csn_header *added, size_t count, const char *expected) {
  uint8_t room[1024];
  csn_json_out out;
  must_read(text);
  csn_json_out_init(&out, -1, room, sizeof room);
  csn_request_line_write(&out, &request, added, count);
  assert_span(csn_span_of(room, out.len), expected);
}

static void a_request_is_written_with_the_headers_added(void **state) {
  const csn_header added[] = {{CSN_SPAN_LITERAL("X-A"), CSN_SPAN_LITERAL("1")},
                              {CSN_SPAN_LITERAL("X-B"), CSN_SPAN_LITERAL("\"")}};
  (void)state;
  check_round_trip("{" M "}", NULL, 0, "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[]}\n");
  check_round_trip("{" M ",\"id\":7}", added, 2,
                   "{\"id\":7,\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"X-A\",\"1\"],[\"X-B\",\"\\\"\"]]}\n");
  check_round_trip("{" M ",\"headers\":[[\"Host\",\"h\"]],\"body\":\"\xc3\xa9\",\"client_ip\":\"::1\"}", added, 1,
                   "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"Host\",\"h\"],[\"X-A\",\"1\"]],"
                   "\"body\":\"\\u00e9\",\"client_ip\":\"::1\"}\n");
  check_round_trip("{" M ",\"body_base64\":\"AP8=\"}", NULL, 0,
                   "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[],\"body_base64\":\"AP8=\"}\n");
  check_round_trip("{" M ",\"body_base64\":\"Zm9v\"}", NULL, 0,
                   "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[],\"body\":\"foo\"}\n");
}

static int start(void **state) {
  (void)state;
  page = guarded_new(64 * 1024);
  return 0;
}

static int finish(void **state) {
  (void)state;
  csn_request_line_free(&request);
  guarded_free(&page);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_member_is_read),
      cmocka_unit_test(all_but_method_and_target_may_be_absent),
      cmocka_unit_test(an_id_stays_as_it_is),
      cmocka_unit_test(escapes_are_decoded_in_names_and_values),
      cmocka_unit_test(nul_is_left_for_the_core_to_reject),
      cmocka_unit_test(base64_bodies_are_decoded),
      cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
      cmocka_unit_test(base64_that_is_not_strict_is_refused),
      cmocka_unit_test(one_header_beyond_the_limit_is_left_for_the_core_to_reject),
      cmocka_unit_test(a_line_of_many_small_values_has_room),
      cmocka_unit_test(buffers_are_kept_from_line_to_line),
      cmocka_unit_test(a_request_is_written_with_the_headers_added),
  };
  return cmocka_run_group_tests(tests, start, finish);
}
