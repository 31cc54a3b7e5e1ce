/* Reading requests and credentials: each bad form has its reason, its field and its offset. */
#include "credential_support.h"
#include "guarded.h"
#include "support.h"

#define SIG "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static csn_header header(const char *name, const char *value) {
  csn_header made = {csn_span_str(name), csn_span_str(value)};
  return made;
}

static csn_request request_with(const csn_header *headers, size_t count) {
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/a?b=c")};
  request.headers = headers;
  request.header_count = count;
  return request;
}

/* ---- the request's own form ---- */

static csn_reason check_line(const char *method, csn_span target, csn_verdict *verdict) {
  csn_request request = {.method = csn_span_str(method), .target = target};
  memset(verdict, 0, sizeof *verdict);
  return csn_request_check(&request, verdict);
}

static void method_and_target_have_their_forms(void **state) {
  static char long_target[CSN_TARGET_MAX + 2];
  csn_verdict verdict;
  csn_span slash = csn_span_str("/");
  (void)state;
  memset(long_target, 'a', sizeof long_target);
  assert_int_equal(check_line("GET", slash, &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(check_line("M-SEARCH", slash, &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(check_line("", slash, &verdict), CSN_REASON_METHOD_INVALID);
  assert_int_equal(check_line("GE T", slash, &verdict), CSN_REASON_METHOD_INVALID);
  assert_int_equal(verdict.offset, 2);
  assert_int_equal(check_line("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", slash, &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(check_line("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", slash, &verdict), CSN_REASON_METHOD_INVALID);
  assert_int_equal(check_line("GET", csn_span_of("", 0), &verdict), CSN_REASON_TARGET_INVALID);
  assert_int_equal(check_line("GET", csn_span_str("/a b"), &verdict), CSN_REASON_TARGET_INVALID);
  assert_int_equal(verdict.field, CSN_FIELD_TARGET);
  assert_int_equal(verdict.offset, 2);
  assert_int_equal(check_line("GET", csn_span_of("/a\0b", 4), &verdict), CSN_REASON_TARGET_INVALID);
  assert_int_equal(check_line("GET", csn_span_str("/a\x7f"), &verdict), CSN_REASON_TARGET_INVALID);
  assert_int_equal(check_line("GET", csn_span_of(long_target, CSN_TARGET_MAX), &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(check_line("GET", csn_span_of(long_target, CSN_TARGET_MAX + 1), &verdict),
                   CSN_REASON_TARGET_INVALID);
}

typedef struct header_case {
  const char *name;
  size_t name_len;
  const char *value;
  size_t value_len;
  csn_reason reason;
  size_t offset;
} header_case;

static void headers_have_their_form(void **state) {
  static char long_text[CSN_HEADER_VALUE_MAX + 1];
  const header_case cases[] = {
      {"X-A", 3, "b c\td", 5, CSN_REASON_ACCEPTED, 0},
      {"X-A", 3, "caf\xc3\xa9", 5, CSN_REASON_ACCEPTED, 0},
      {"X-A", 3, "", 0, CSN_REASON_ACCEPTED, 0},
      {"", 0, "b", 1, CSN_REASON_HEADER_NAME_INVALID, 0},
      {"X A", 3, "b", 1, CSN_REASON_HEADER_NAME_INVALID, 1},
      {"X-A:", 4, "b", 1, CSN_REASON_HEADER_NAME_INVALID, 3},
      {"X\0A", 3, "b", 1, CSN_REASON_HEADER_NAME_INVALID, 1},
      {"X-A", 3, "b\r\n c", 5, CSN_REASON_HEADER_VALUE_INVALID, 1},
      {"X-A", 3, "b\0c", 3, CSN_REASON_HEADER_VALUE_INVALID, 1},
      {"X-A", 3, "\x01", 1, CSN_REASON_HEADER_VALUE_INVALID, 0},
      {"X-A", 3, "b\x7f", 2, CSN_REASON_HEADER_VALUE_INVALID, 1},
      {"X-A", 3, long_text, CSN_HEADER_VALUE_MAX, CSN_REASON_ACCEPTED, 0},
      {"X-A", 3, long_text, CSN_HEADER_VALUE_MAX + 1, CSN_REASON_HEADER_TOO_LONG, CSN_HEADER_VALUE_MAX},
      {long_text, CSN_HEADER_NAME_MAX, "b", 1, CSN_REASON_ACCEPTED, 0},
      {long_text, CSN_HEADER_NAME_MAX + 1, "b", 1, CSN_REASON_HEADER_NAME_INVALID, CSN_HEADER_NAME_MAX},
  };
  (void)state;
  memset(long_text, 'a', sizeof long_text);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    csn_header headers[2] = {
        header("Host", "example.org"),
        {csn_span_of(cases[i].name, cases[i].name_len), csn_span_of(cases[i].value, cases[i].value_len)}};
    csn_request request = request_with(headers, 2);
    csn_verdict verdict = {0};
    assert_int_equal(csn_request_check(&request, &verdict), cases[i].reason);
    assert_int_equal(verdict.offset, cases[i].offset);
    assert_int_equal(verdict.header_index, cases[i].reason == CSN_REASON_ACCEPTED ? 0 : 1);
  }
}

static void too_many_headers_are_refused(void **state) {
  csn_header headers[CSN_HEADERS_MAX + 1];
  csn_verdict verdict = {0};
  (void)state;
  for (size_t i = 0; i <= CSN_HEADERS_MAX; i++) headers[i] = header("X-A", "b");
  csn_request request = request_with(headers, CSN_HEADERS_MAX);
  assert_int_equal(csn_request_check(&request, &verdict), CSN_REASON_ACCEPTED);
  request.header_count++;
  assert_int_equal(csn_request_check(&request, &verdict), CSN_REASON_HEADER_LIMIT);
}

/* ---- credentials in headers of their own ---- */

typedef struct field_case {
  const char *client, *timestamp, *nonce, *signature;
  csn_reason reason;
  csn_field field;
  size_t offset;
} field_case;

#define ID32 "0123456789abcdef0123456789abcdef"
#define ID128 ID32 ID32 ID32 ID32

static const field_case field_cases[] = {
    {"c", "1700000000", "n", SIG, CSN_REASON_ACCEPTED, CSN_FIELD_NONE, 0},
    {ID128, "0", ID128, SIG, CSN_REASON_ACCEPTED, CSN_FIELD_NONE, 0},
    {"c", "1234567890123456", "Az09-._~+/=", SIG, CSN_REASON_ACCEPTED, CSN_FIELD_NONE, 0},
    {"", "1", "n", SIG, CSN_REASON_CLIENT_ID_INVALID, CSN_FIELD_CLIENT_ID, 0},
    {"a b", "1", "n", SIG, CSN_REASON_CLIENT_ID_INVALID, CSN_FIELD_CLIENT_ID, 1},
    {"ab|", "1", "n", SIG, CSN_REASON_CLIENT_ID_INVALID, CSN_FIELD_CLIENT_ID, 2},
    {"caf\xc3\xa9", "1", "n", SIG, CSN_REASON_CLIENT_ID_INVALID, CSN_FIELD_CLIENT_ID, 3},
    {ID128 "x", "1", "n", SIG, CSN_REASON_CLIENT_ID_INVALID, CSN_FIELD_CLIENT_ID, 128},
    {"c", "", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0},
    {"c", "+1", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0},
    {"c", "-1", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0},
    {"c", "01", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0},
    {"c", " 1", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0},
    {"c", "1 ", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 1},
    {"c", "1.0", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 1},
    {"c", "1e9", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 1},
    {"c", "NaN", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 0},
    {"c", "12345678901234567", "n", SIG, CSN_REASON_TIMESTAMP_INVALID, CSN_FIELD_TIMESTAMP, 16},
    {"c", "1", "", SIG, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE, 0},
    {"c", "1", "a b", SIG, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE, 1},
    {"c", "1", "a|", SIG, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE, 1},
    {"c", "1", ID128 "x", SIG, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE, 128},
    {"c", "1", "n", "", CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE, 0},
    {"c", "1", "n", "00", CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE, 2},
    {"c", "1", "n", SIG "00", CSN_REASON_SIGNATURE_LENGTH, CSN_FIELD_SIGNATURE, 64},
    {"c", "1", "n", "g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF", CSN_REASON_SIGNATURE_ENCODING,
     CSN_FIELD_SIGNATURE, 0},
    {"c", "1", "n", "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEE F", CSN_REASON_SIGNATURE_ENCODING,
     CSN_FIELD_SIGNATURE, 62},
};

static void fields_have_their_forms(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof field_cases / sizeof field_cases[0]; i++) {
    const field_case *row = &field_cases[i];
    csn_header headers[] = {header("X-CLIENTID", row->client), header("x-timestamp", row->timestamp),
                            header("X-Nonce", row->nonce), header("x-Signature", row->signature)};
    csn_request request = request_with(headers, 4);
    csn_credential credential;
    csn_verdict verdict = {0};
    csn_reason reason = read_credential(csn_scheme_preset(csn_span_str("hmac-nonce")), &request, &credential, &verdict);
    assert_string_equal(csn_reason_label(reason), csn_reason_label(row->reason));
    assert_int_equal(verdict.field, row->field);
    assert_int_equal(verdict.offset, row->offset);
  }
}

static void every_field_is_needed_once(void **state) {
  const csn_header all[] = {header("x-ClientId", "c"), header("x-Timestamp", "1"), header("x-Nonce", "n"),
                            header("x-Signature", SIG)};
  const csn_field fields[] = {CSN_FIELD_CLIENT_ID, CSN_FIELD_TIMESTAMP, CSN_FIELD_NONCE, CSN_FIELD_SIGNATURE};
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str("hmac-nonce"));
  csn_credential credential;
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    csn_header headers[5];
    csn_verdict verdict = {0};
    size_t count = 0;
    for (size_t j = 0; j < 4; j++) {
      if (j != i) headers[count++] = all[j];
    }
    csn_request request = request_with(headers, count);
    assert_int_equal(read_credential(scheme, &request, &credential, &verdict), CSN_REASON_FIELD_MISSING);
    assert_int_equal(verdict.field, fields[i]);

    memcpy(headers, all, sizeof all);
    headers[4] = all[i];
    request = request_with(headers, 5);
    assert_int_equal(read_credential(scheme, &request, &credential, &verdict), CSN_REASON_FIELD_REPEATED);
    assert_int_equal(verdict.field, fields[i]);
  }
}

/* ---- parameters inside one header ---- */

typedef struct param_case {
  const char *authorization, *signature;
  csn_reason reason;
  csn_field field;
} param_case;

static const param_case param_cases[] = {
    {"Bearer t", "ts=1&nonce=n&sig=" SIG, CSN_REASON_ACCEPTED, CSN_FIELD_NONE},
    {"bearer   t", "sig=" SIG "&ts=1&nonce=n=", CSN_REASON_ACCEPTED, CSN_FIELD_NONE},
    {"Bearer t", "", CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE},
    {"Bearer t", "ts=1&nonce=n", CSN_REASON_FIELD_MISSING, CSN_FIELD_SIGNATURE},
    {"Bearer t", "ts=1&sig=" SIG, CSN_REASON_FIELD_MISSING, CSN_FIELD_NONCE},
    {"Bearer t", "nonce=n&sig=" SIG, CSN_REASON_FIELD_MISSING, CSN_FIELD_TIMESTAMP},
    {"Bearer t", "ts=1&ts=1&nonce=n&sig=" SIG, CSN_REASON_FIELD_REPEATED, CSN_FIELD_TIMESTAMP},
    {"Bearer t", "ts=1&nonce=n&sig=" SIG "&sig=" SIG, CSN_REASON_FIELD_REPEATED, CSN_FIELD_SIGNATURE},
    {"Bearer t", "ts=1&nonce=n&sig=" SIG "&x=1", CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE},
    {"Bearer t", "TS=1&nonce=n&sig=" SIG, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE},
    {"Bearer t", "ts=1&nonce=n&sig=" SIG "&", CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE},
    {"Bearer t", "&ts=1&nonce=n&sig=" SIG, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE},
    {"Bearer t", "ts=1&nonce&sig=" SIG, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_SIGNATURE},
    {"Bearer t", "ts=1&nonce=&sig=" SIG, CSN_REASON_NONCE_INVALID, CSN_FIELD_NONCE},
    {"Bearer t", "ts=1, nonce=n&sig=" SIG, CSN_REASON_FIELD_MISSING, CSN_FIELD_NONCE},
    {"Basic t", "ts=1&nonce=n&sig=" SIG, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_TOKEN},
    {"Bearer", "ts=1&nonce=n&sig=" SIG, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_TOKEN},
    {"t", "ts=1&nonce=n&sig=" SIG, CSN_REASON_FIELD_MALFORMED, CSN_FIELD_TOKEN},
    {"Bearer t", "SHA256=" SIG, CSN_REASON_FIELD_UNKNOWN, CSN_FIELD_SIGNATURE},
    {"Bearer t", "sha256=" SIG, CSN_REASON_FIELD_MISSING, CSN_FIELD_TIMESTAMP}, /* the other form */
};

static void parameters_have_their_form(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof param_cases / sizeof param_cases[0]; i++) {
    const param_case *row = &param_cases[i];
    csn_header headers[] = {header("Authorization", row->authorization), header("X-Request-Signature", row->signature)};
    csn_request request = request_with(headers, 2);
    csn_credential credential;
    csn_verdict verdict = {0};
    csn_reason reason = read_credential(csn_scheme_preset(csn_span_str("jwt-hmac")), &request, &credential, &verdict);
    assert_string_equal(csn_reason_label(reason), csn_reason_label(row->reason));
    assert_int_equal(verdict.field, row->field);
    if (reason == CSN_REASON_ACCEPTED) assert_span(credential.fields[CSN_FIELD_TOKEN], "t");
  }
}

/* In the form with parameters, the other form's headers are a second timestamp and a second nonce. */
static void fields_of_the_other_form_are_a_repetition(void **state) {
  const char *const names[] = {"X-Timestamp", "x-nonce", "X-Other"};
  const csn_field fields[] = {CSN_FIELD_TIMESTAMP, CSN_FIELD_NONCE, CSN_FIELD_NONE};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    csn_header headers[] = {header("Authorization", "Bearer t"), header("X-Request-Signature", "ts=1&nonce=n&sig=" SIG),
                            header(names[i], "1")};
    csn_request request = request_with(headers, 3);
    csn_credential credential;
    csn_verdict verdict = {0};
    csn_reason reason = read_credential(csn_scheme_preset(csn_span_str("jwt-hmac")), &request, &credential, &verdict);
    assert_int_equal(reason, i < 2 ? CSN_REASON_FIELD_REPEATED : CSN_REASON_ACCEPTED);
    assert_int_equal(verdict.field, fields[i]);
  }
}

static void target_is_split_at_the_first_question_mark(void **state) {
  csn_credential credential = {0};
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/a%20b?c=d?e")};
  (void)state;
  csn_credential_set_request(&credential, &request);
  assert_span(credential.fields[CSN_FIELD_PATH], "/a%20b");
  assert_span(credential.fields[CSN_FIELD_QUERY], "c=d?e");
  request.target = csn_span_str("/a");
  csn_credential_set_request(&credential, &request);
  assert_span(credential.fields[CSN_FIELD_PATH], "/a");
  assert_int_equal(credential.fields[CSN_FIELD_QUERY].len, 0);
}

/* The parts of the target are looked for only where the template signs one of them. */
static void a_template_that_signs_a_part_of_the_target_gets_it(void **state) {
  static const char *const templates[] = {"{path}", "{query}", "{path}{query}", "{target}"};
  (void)state;
  for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
    const csn_scheme scheme = {
        .forms = {{.locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-Id", NULL, NULL}}}},
        .template_text = templates[i],
    };
    const csn_header header = {CSN_SPAN_LITERAL("X-Id"), CSN_SPAN_LITERAL("one")};
    const csn_request request = {
        .method = csn_span_str("GET"), .target = csn_span_str("/a?b"), .headers = &header, .header_count = 1};
    csn_credential credential;
    csn_verdict verdict = {0};
    assert_int_equal(read_credential(&scheme, &request, &credential, &verdict), CSN_REASON_ACCEPTED);
    assert_span(credential.fields[CSN_FIELD_TARGET], "/a?b");
    if (strcmp(templates[i], "{target}") == 0) continue;
    assert_span(credential.fields[CSN_FIELD_PATH], "/a");
    assert_span(credential.fields[CSN_FIELD_QUERY], "b");
  }
}

/* Digit by digit; false with the offset of the first byte that is wrong. */
static bool model_timestamp(csn_span text, int64_t *seconds, size_t *offset) {
  int64_t value = 0;
  *offset = 0;
  if (text.len == 0 || (text.ptr[0] == '0' && text.len > 1)) return false;
  for (; *offset < text.len; (*offset)++) {
    uint8_t byte = text.ptr[*offset];
    if (byte < '0' || byte > '9' || *offset == CSN_TIMESTAMP_DIGITS_MAX) return false;
    value = value * 10 + (byte - '0');
  }
  *seconds = value;
  return true;
}

static void check_timestamp(const guarded *pages, const uint8_t *bytes, size_t len) {
  csn_span text = guarded_copy(pages, csn_span_of(bytes, len));
  int64_t got = -1, wanted = -1;
  size_t offset = 0, wrong = 0;
  bool good = csn_timestamp_parse(text, CSN_TIME_SECONDS, &got, &offset);
  if (good != model_timestamp(text, &wanted, &wrong) || got != wanted || (!good && offset != wrong)) {
    fail_msg("%.*s: %d, %lld at %zu, not at %zu", (int)len, (const char *)bytes, good, (long long)got, offset, wrong);
  }
}

/* Of every length, digits of all kinds, and every byte at every place of them. */
static void timestamps_are_read_as_digit_by_digit(void **state) {
  guarded pages = guarded_new(32);
  uint64_t random = 1;
  (void)state;
  for (size_t len = 0; len <= CSN_TIMESTAMP_DIGITS_MAX + 2; len++) {
    for (int round = 0; round < 40; round++) {
      uint8_t text[CSN_TIMESTAMP_DIGITS_MAX + 2] = {0};
      for (size_t i = 0; i < len; i++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        text[i] = (uint8_t)(round == 0 ? '0' : round == 1 ? '9' : '0' + (random >> 33) % 10);
      }
      check_timestamp(&pages, text, len);
      for (size_t at = 0; at < len; at++) {
        uint8_t kept = text[at];
        for (unsigned byte = 0; byte < 256; byte++) {
          text[at] = (uint8_t)byte;
          check_timestamp(&pages, text, len);
        }
        text[at] = kept;
      }
    }
  }
  guarded_free(&pages);
}

static void milliseconds_round_down(void **state) {
  int64_t seconds = 0;
  size_t offset = 0;
  (void)state;
  assert_true(csn_timestamp_parse(csn_span_str("1700000000999"), CSN_TIME_MILLISECONDS, &seconds, &offset));
  assert_int_equal(seconds, 1700000000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(method_and_target_have_their_forms),
      cmocka_unit_test(headers_have_their_form),
      cmocka_unit_test(too_many_headers_are_refused),
      cmocka_unit_test(fields_have_their_forms),
      cmocka_unit_test(every_field_is_needed_once),
      cmocka_unit_test(parameters_have_their_form),
      cmocka_unit_test(fields_of_the_other_form_are_a_repetition),
      cmocka_unit_test(target_is_split_at_the_first_question_mark),
      cmocka_unit_test(a_template_that_signs_a_part_of_the_target_gets_it),
      cmocka_unit_test(timestamps_are_read_as_digit_by_digit),
      cmocka_unit_test(milliseconds_round_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
