/* Redaction: every kind, wherever it stands and however its bytes arrive. */
#include "test_redact.h"

#include <hs/hs.h>
#include <time.h>

static csn_redactor *redactor_of_all(const csn_span *secrets, size_t count) {
  static const char *const prefixes[] = {"sk_live_", "pk"};
  const csn_redact_pattern patterns[] = {{csn_span_str("card"), "\\b4[0-9]{15}\\b"},
                                         {csn_span_str("line-start"), "^PIN [0-9]+$"}};
  return redactor_made(&(csn_redact_config){.secrets = secrets,
                                            .secret_count = count,
                                            .prefixes = prefixes,
                                            .prefix_count = COUNT(prefixes),
                                            .patterns = patterns,
                                            .pattern_count = COUNT(patterns)});
}

static void each_kind_is_hidden_wherever_it_is_split(void **state) {
  static const struct {
    const char *input, *wanted;
  } rows[] = {
      {"", ""},
      {"nothing here\n", "nothing here\n"},
      {SECRET, HIDDEN},
      {SECRET "\n", HIDDEN "\n"},
      {"a\r\nb " SECRET "\r\nc", "a\r\nb " HIDDEN "\r\nc"},
      {SECRET SECRET, HIDDEN HIDDEN},
      {"correct-horse-battery-stapl", "correct-horse-battery-stapl"},
      {"x636f72726563742d686f7273652d626174746572792d737461706c65y", "x" HIDDEN "y"},
      {"636F72726563742D686F7273652D626174746572792D737461706C65", HIDDEN},
      {"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ==.", HIDDEN "."},
      {"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ.", HIDDEN "."},
      {"Authorization: Bearer abc", "Authorization: Bearer [redacted:bearer]"},
      {"\"authorization\":\"Bearer abc\",", "\"authorization\":\"Bearer [redacted:bearer]\","},
      {"got bearer 0123456789abcdef ok", "got bearer [redacted:bearer] ok"},
      {"the bearer of news", "the bearer of news"},
      {"Authorization: Basic dXNlcjpwYXNz\r\n", "Authorization: Basic [redacted:basic]\r\n"},
      {"Authorization: HMAC-SHA256 ClientId=c&Timestamp=1&Signature=ab x",
       "Authorization: HMAC-SHA256 [redacted:authorization] x"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln end", "[redacted:jwt] end"},
      {"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0. end", "[redacted:jwt] end"},
      {"eyJhbGciOiJIUzI1NiIgfQ==.eyJzdWIiOiJhIn0=.c2ln end", "[redacted:jwt] end"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0 end", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0 end"},
      {"x-signature: abcd1234\n", "x-signature: [redacted:signature]\n"},
      {"[\"x-Signature\",\"abcd1234\"]", "[\"x-Signature\",\"[redacted:signature]\"]"},
      {"X-Hub-Signature-256: sha256=ab12\n", "X-Hub-Signature-256: [redacted:signature]\n"},
      {"Stripe-Signature: t=1,v1=ab,v1=cd\n", "Stripe-Signature: [redacted:signature]\n"},
      {"t=1,v1=0123456789abcdef0,x", "t=1,v1=[redacted:signature],x"},
      {"/a?sig=ab%2Bc&b=1", "/a?sig=[redacted:signature]&b=1"},
      {"/a?X-Amz-Signature=abc&b=1", "/a?X-Amz-Signature=[redacted:signature]&b=1"},
      {"{\"signature\":\"ab\\/cd\\u002b=\"}", "{\"signature\":\"[redacted:signature]\"}"},
      {"{\\\"signature\\\":\\\"ab\\\"}", "{\\\"signature\\\":\\\"[redacted:signature]\\\"}"},
      {"Signature: sig1=:YWJj:", "Signature: [redacted:signature]"},
      {"Signature: a=:AAAABBBBCCCCDDDD:, b=:AAAABBBBCCCCDDDD:",
       "Signature: [redacted:signature], b=:[redacted:signature]:"},
      {"{\"Authorization\":[\"Bearer abc\"],\"X-Signature\":[\"ab\"]}",
       "{\"Authorization\":[\"Bearer [redacted:bearer]\"],\"X-Signature\":[\"[redacted:signature]\"]}"},
      {"?u=%2Fa%3Fsig%3Dabcd&authorization=Bearer%20abc",
       "?u=%2Fa%3Fsig%3D[redacted:signature]&authorization=Bearer%20[redacted:bearer]"},
      {"/a?access_token=0123456789&b=1", "/a?access_token=[redacted:bearer]&b=1"},
      {"x-amz-security-token: IQoJb3JpZ2lu/+==", "x-amz-security-token: [redacted:bearer]"},
      {"?X-Amz-Security-Token=IQoJb3JpZ2lu%2F&X-Amz-Date=1", "?X-Amz-Security-Token=[redacted:bearer]&X-Amz-Date=1"},
      {"{\"refresh_token\": \"0123456789\"}", "{\"refresh_token\": \"[redacted:bearer]\"}"},
      {"/a?b=1&key=abc&c=2", "/a?b=1&key=[redacted:api-key]&c=2"},
      {"monkey=abc&api_key=abc", "monkey=abc&api_key=[redacted:api-key]"},
      {"design=blue signature", "design=blue signature"},
      {"key sk_live_0123456789 end", "key sk_l[redacted:api-key] end"},
      {"key sk_live_0123456 end", "key sk_live_0123456 end"},
      {"key pk01234567", "key pk[redacted:api-key]"},
      {"X-Api-Key: k", "X-Api-Key: [redacted:api-key]"},
      {"card 4111111111111111.", "card [redacted:card]."},
      {"PIN 1\nPIN 23\n PIN 4\n", "[redacted:line-start]\n[redacted:line-start]\n PIN 4\n"},
      {"Authorization: Bearer " SECRET, "Authorization: Bearer [redacted:bearer]"},
  };
  (void)state;
  csn_span secret = csn_span_str(SECRET);
  csn_redactor *redactor = redactor_of_all(&secret, 1);
  for (size_t i = 0; i < COUNT(rows); i++) {
    must_be(redactor, csn_span_str(rows[i].input), csn_span_str(rows[i].wanted));
  }
  csn_redactor_free(redactor);
}

static void one_secret_may_be_the_beginning_of_another(void **state) {
  (void)state;
  const csn_span secrets[] = {csn_span_str("abcdefgh"), csn_span_str("abcdefghijkl"), csn_span_str("ghijklmn")};
  csn_redactor *redactor = redactor_of_all(secrets, COUNT(secrets));
  must_be(redactor, csn_span_str(".abcdefgh."), csn_span_str("." HIDDEN "."));
  must_be(redactor, csn_span_str(".abcdefghijkl."), csn_span_str("." HIDDEN "."));
  must_be(redactor, csn_span_str(".abcdefghijklmn."), csn_span_str("." HIDDEN "."));
  must_be(redactor, csn_span_str(".abcdefghijk."), csn_span_str("." HIDDEN "ijk."));
  csn_redactor_free(redactor);
}

static void bytes_of_any_value_pass_and_are_found(void **state) {
  (void)state;
  uint8_t input[256 + 12 + 256], wanted[600];
  const uint8_t secret_bytes[] = {0, '\n', 0xff, '\n', 0x80, '\r', 0, '\n', 1, 2, '\n', '\n'};
  csn_span secret = csn_span_of(secret_bytes, sizeof secret_bytes);
  csn_redactor *redactor = redactor_of_all(&secret, 1);
  for (size_t i = 0; i < 256; i++) input[i] = input[256 + 12 + i] = (uint8_t)i;
  memcpy(input + 256, secret_bytes, sizeof secret_bytes);
  memcpy(wanted, input, 256);
  memcpy(wanted + 256, HIDDEN, strlen(HIDDEN));
  memcpy(wanted + 256 + strlen(HIDDEN), input, 256);
  must_be(redactor, csn_span_of(input, sizeof input), csn_span_of(wanted, 512 + strlen(HIDDEN)));
  csn_redactor_free(redactor);
}

static void lines_are_written_when_settled_and_not_before_they_are_whole(void **state) {
  (void)state;
  csn_span secret = csn_span_str(SECRET);
  csn_redactor *redactor = redactor_of_all(&secret, 1);
  csn_redact_stream *stream = csn_redact_stream_new(redactor, collect, NULL);
  output_len = 0;
  assert_true(csn_redact_feed(stream, csn_span_str("one\ntwo")));
  assert_int_equal(output_len, 0);
  assert_true(csn_redact_settle(stream));
  assert_string_equal(output, "one\n");
  assert_true(csn_redact_feed(stream, csn_span_str(" more\n")));
  assert_true(csn_redact_settle(stream));
  assert_string_equal(output, "one\ntwo more\n");
  csn_redact_stream_free(stream);
  csn_redactor_free(redactor);
}

/* ---- long lines ---- */

static char large[2 << 20];

static void in_a_long_line_all_is_found_wherever_the_windows_are_cut(void **state) {
  static const char *const parts[] = {SECRET, "Authorization: Bearer 0123456789", "eyJhbGciOiJIUzI1NiJ9.eyJzdWI.c2ln",
                                      "4111111111111111"};
  static const char *const wanted[] = {HIDDEN, "Authorization: Bearer [redacted:bearer]", "[redacted:jwt]",
                                       "[redacted:card]"};
  (void)state;
  csn_span secret = csn_span_str(SECRET);
  csn_redactor *redactor = redactor_of_all(&secret, 1);
  const size_t edges[] = {CSN_REDACT_WINDOW - CSN_REDACT_MATCH_MAX, CSN_REDACT_WINDOW,
                          2 * CSN_REDACT_WINDOW - 2 * CSN_REDACT_MATCH_MAX - 256};
  for (size_t p = 0; p < COUNT(parts); p++) {
    for (size_t i = 0; i < COUNT(edges) * 48; i++) {
      size_t at = edges[i / 48] - i % 48, part = strlen(parts[p]), shown = strlen(wanted[p]);
      memset(large, ' ', sizeof large);
      memcpy(large + at, parts[p], part);
      redact_split(redactor, csn_span_of(large, sizeof large / 2), 0);
      assert_int_equal(output_len, sizeof large / 2 - part + shown);
      assert_memory_equal(output + at, wanted[p], shown);
      assert_int_equal(output[at - 1], ' ');
      assert_int_equal(output[at + shown], ' ');
    }
  }
  csn_redactor_free(redactor);
}

static void what_is_longer_than_a_window_hides_the_rest_of_its_line(void **state) {
  static const char *const heads[] = {"Bearer ", "eyJ", "eyJa.b."};
  static const char *const wanted[] = {"..Bearer [redacted:bearer]\nnext\n", "..[redacted:jwt]\nnext\n",
                                       "..[redacted:jwt]\nnext\n"};
  (void)state;
  csn_redactor *redactor = redactor_of_all(NULL, 0);
  for (size_t i = 0; i < COUNT(heads); i++) {
    memset(large, 'a', sizeof large);
    memcpy(large, "..", 2);
    memcpy(large + 2, heads[i], strlen(heads[i]));
    memcpy(large + sizeof large - 6, "\nnext\n", 6);
    if (i == 1) memset(large, ' ', 2);
    redact_split(redactor, csn_span_of(large, sizeof large), CSN_REDACT_WINDOW);
    if (i == 1) memset(output, '.', 2);
    assert_string_equal(output, wanted[i]);
  }
  csn_redactor_free(redactor);
}

/* Each head begins anew in the value of the one before: one run over the value is enough for all. Linear time is a
 * second at most, with sanitizers; quadratic time 10^11 steps. */
static void hostile_lines_take_linear_time(void **state) {
  enum { LINE = 200 * 1024, SECONDS = 20 };
  static const char *const parts[] = {"eyJ",  "sig=", "signature=", "sk_live_0", "v1=v1,",
                                      "eyJ.", "4",    "PIN 1",      "bearer ",   "=:"};
  (void)state;
  csn_redactor *redactor = redactor_of_all(NULL, 0);
  for (size_t p = 0; p < COUNT(parts); p++) {
    size_t len = strlen(parts[p]);
    clock_t start = clock();
    for (size_t i = 0; i + len <= sizeof large; i += len) memcpy(large + i, parts[p], len);
    for (size_t i = LINE; i < sizeof large; i += LINE) large[i] = '\n';
    redact_split(redactor, csn_span_of(large, sizeof large), 0);
    assert_true(output_len <= sizeof large);
    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS); /* of the processor, not of the wall */
  }
  csn_redactor_free(redactor);
}

/* ---- fields ---- */

static void fields_of_the_callers_own_are_hidden(void **state) {
  static const csn_redact_field fields[] = {
      {"X-Mac", NULL, "signature", true}, {"Authorization", "Mac ", "signature", true}, {"k", NULL, "api-key", false}};
  static const char *const rows[][2] = {
      {"x-mac: 0123456789abcdef,&;x y\n", "x-mac: [redacted:signature] y\n"},
      {"X-Mac: 0123456789abcde\n", "X-Mac: 0123456789abcde\n"}, /* a character too few */
      {"[\"X-Mac\",\"0123456789abcdef\"]\n", "[\"X-Mac\",\"[redacted:signature]\"]\n"},
      {"Authorization: Mac  0123456789abcdef\n", "Authorization: Mac  [redacted:signature]\n"},
      {"Authorization: Mac:0123456789abcdef\n", "Authorization: Mac:0123456789abcdef\n"},
      {"/?k=0123456789abcdef&b=c\n", "/?k=[redacted:api-key]&b=c\n"},
      {"{\"k\":\"0123456789abcdef\"}\n", "{\"k\":\"[redacted:api-key]\"}\n"},
      {"/?ak=0123456789abcdef\n", "/?ak=0123456789abcdef\n"},
      {"k 0123456789abcdef\n", "k 0123456789abcdef\n"},
  };
  (void)state;
  csn_redactor *redactor = redactor_made(&(csn_redact_config){.fields = fields, .field_count = COUNT(fields)});
  for (size_t i = 0; i < COUNT(rows); i++) must_be(redactor, csn_span_str(rows[i][0]), csn_span_str(rows[i][1]));
  csn_redactor_free(redactor);
}

/* ---- refusals ---- */

static void must_refuse(const csn_redact_config *config, const char *why) {
  csn_redact_error error;
  csn_redactor *redactor;
  assert_false(csn_redactor_new(&redactor, config, &error));
  assert_null(redactor);
  if (strstr(error.text, why) == NULL) fail_msg("not \"%s\": %s", why, error.text);
}

static void a_configuration_is_refused_with_a_reason_that_holds_no_secret(void **state) {
  static char long_secret[CSN_REDACT_SECRET_MAX + 1];
  (void)state;
  memset(long_secret, 'x', sizeof long_secret);
  csn_span secrets[] = {csn_span_str(SECRET), csn_span_str("hunter2")};
  csn_redact_error error;
  csn_redactor *redactor;
  csn_redact_config config = {.secrets = secrets, .secret_count = 2};
  must_refuse(&config, "secret 2 is shorter than 8 bytes");
  assert_false(csn_redactor_new(&redactor, &config, &error));
  assert_null(strstr(error.text, "hunter2"));
  secrets[1] = csn_span_of(long_secret, sizeof long_secret);
  must_refuse(&config, "secret 2 is longer than 4096 bytes");
  secrets[1] = csn_span_of(long_secret, sizeof long_secret - 1); /* the neighbour */
  csn_redactor_free(redactor_of_all(secrets, 2));
  secrets[1] = csn_span_str("hunter22");
  csn_redactor_free(redactor_of_all(secrets, 2));

  const char *const prefixes[] = {"ok", "x"};
  must_refuse(&(csn_redact_config){.prefixes = prefixes, .prefix_count = 2}, "API key prefix 2");
  const csn_redact_field unnamed[] = {{"ok", NULL, "k", true}, {"", NULL, "k", true}};
  must_refuse(&(csn_redact_config){.fields = unnamed, .field_count = 2}, "field 2 has a name");
  const csn_redact_field spaced[] = {{"a b", NULL, "k", true}};
  must_refuse(&(csn_redact_config){.fields = spaced, .field_count = 1}, "field 1 has a name");
  const csn_redact_pattern names[] = {{csn_span_str("a b"), "x"}};
  must_refuse(&(csn_redact_config){.patterns = names, .pattern_count = 1}, "pattern 1 has a name");
  const csn_redact_pattern bad[] = {{csn_span_str("good"), "x"}, {csn_span_str("bad"), "(hunter2"}};
  must_refuse(&(csn_redact_config){.patterns = bad, .pattern_count = 2}, "pattern bad: ");
  const csn_redact_pattern empty[] = {{csn_span_str("empty"), "x*"}};
  must_refuse(&(csn_redact_config){.patterns = empty, .pattern_count = 1}, "pattern empty: ");
  assert_false(csn_redactor_new(&redactor, &(csn_redact_config){.patterns = bad, .pattern_count = 2}, &error));
  assert_null(strstr(error.text, "hunter2"));
}

static bool refuse_bytes(void *self, csn_span bytes) {
  (void)bytes;
  return *(bool *)self;
}

/* Of a program that has Hyperscan databases of its own: they are malloc()'s before and after. */
static void databases_of_others_are_left_alone(void **state) {
  hs_database_t *before = NULL, *after = NULL;
  hs_compile_error_t *why = NULL;
  (void)state;
  assert_int_equal(hs_compile("a", 0, HS_MODE_BLOCK, NULL, &before, &why), HS_SUCCESS);
  csn_redactor *redactor = redactor_of(NULL, 0);
  assert_int_equal(hs_free_database(before), HS_SUCCESS);
  assert_int_equal(hs_compile("a", 0, HS_MODE_BLOCK, NULL, &after, &why), HS_SUCCESS);
  csn_redactor_free(redactor);
  free(after); /* which AddressSanitizer refuses of memory that is not malloc()'s */
}

static void an_output_that_fails_ends_the_run(void **state) {
  (void)state;
  bool takes = false;
  csn_redactor *redactor = redactor_of_all(NULL, 0);
  csn_redact_stream *stream = csn_redact_stream_new(redactor, refuse_bytes, &takes);
  assert_true(csn_redact_feed(stream, csn_span_str("a\n")));
  assert_false(csn_redact_settle(stream));
  csn_redact_stream_free(stream);
  csn_redactor_free(redactor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_kind_is_hidden_wherever_it_is_split),
      cmocka_unit_test(one_secret_may_be_the_beginning_of_another),
      cmocka_unit_test(bytes_of_any_value_pass_and_are_found),
      cmocka_unit_test(lines_are_written_when_settled_and_not_before_they_are_whole),
      cmocka_unit_test(in_a_long_line_all_is_found_wherever_the_windows_are_cut),
      cmocka_unit_test(what_is_longer_than_a_window_hides_the_rest_of_its_line),
      cmocka_unit_test(hostile_lines_take_linear_time),
      cmocka_unit_test(fields_of_the_callers_own_are_hidden),
      cmocka_unit_test(a_configuration_is_refused_with_a_reason_that_holds_no_secret),
      cmocka_unit_test(databases_of_others_are_left_alone),
      cmocka_unit_test(an_output_that_fails_ends_the_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
