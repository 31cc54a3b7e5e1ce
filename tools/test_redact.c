/* Redaction: every kind, wherever it stands and however its bytes arrive. */
#include "redact.h"

#include <time.h>

#include "../core/src/encoding.h"
#include "test_support.h"

#define SECRET "correct-horse-battery-staple"
#define HIDDEN "[redacted:secret]"

enum { OUTPUT_MAX = 4 << 20 };

static char output[OUTPUT_MAX];
static size_t output_len;

static bool collect(void *self, csn_span bytes) {
  (void)self;
  assert_true(output_len + bytes.len < sizeof output);
  memcpy(output + output_len, bytes.ptr, bytes.len);
  output_len += bytes.len;
  output[output_len] = '\0';
  return true;
}

static csn_redactor *redactor_of(const csn_span *secrets, size_t count) {
  static const char *const prefixes[] = {"sk_live_", "pk"};
  const csn_redact_pattern patterns[] = {{csn_span_str("card"), "\\b4[0-9]{15}\\b"},
                                         {csn_span_str("line-start"), "^PIN [0-9]+$"}};
  csn_redact_config config = {secrets, count, prefixes, COUNT(prefixes), patterns, COUNT(patterns)};
  csn_redact_error error;
  csn_redactor *redactor;
  if (!csn_redactor_new(&redactor, &config, &error)) fail_msg("%s", error.text);
  return redactor;
}

static void feed(csn_redact_stream *stream, csn_span bytes) {
  size_t room = 0;
  assert_true(csn_redact_feed(stream, bytes));
  csn_redact_room(stream, &room);
  assert_true(room > 0); /* else a read into it would look like the end */
}

/* Feeds the input in two parts, and settles between them. */
static void redact_split(const csn_redactor *redactor, csn_span input, size_t at) {
  csn_redact_stream *stream = csn_redact_stream_new(redactor, collect, NULL);
  assert_non_null(stream);
  output_len = 0;
  output[0] = '\0';
  feed(stream, csn_span_of(input.ptr, at));
  assert_true(csn_redact_settle(stream));
  feed(stream, csn_span_of(input.ptr + at, input.len - at));
  assert_true(csn_redact_end(stream));
  csn_redact_stream_free(stream);
}

static void must_be(const csn_redactor *redactor, csn_span input, csn_span wanted) {
  for (size_t at = 0; at <= input.len; at++) {
    redact_split(redactor, input, at);
    if (output_len == wanted.len && memcmp(output, wanted.ptr, wanted.len) == 0) continue;
    fail_msg("split at %zu: %.*s became %s", at, (int)input.len, (const char *)input.ptr, output);
  }
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
  csn_redactor *redactor = redactor_of(&secret, 1);
  for (size_t i = 0; i < COUNT(rows); i++) {
    must_be(redactor, csn_span_str(rows[i].input), csn_span_str(rows[i].wanted));
  }
  csn_redactor_free(redactor);
}

static void one_secret_may_be_the_beginning_of_another(void **state) {
  (void)state;
  const csn_span secrets[] = {csn_span_str("abcdefgh"), csn_span_str("abcdefghijkl"), csn_span_str("ghijklmn")};
  csn_redactor *redactor = redactor_of(secrets, COUNT(secrets));
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
  csn_redactor *redactor = redactor_of(&secret, 1);
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
  csn_redactor *redactor = redactor_of(&secret, 1);
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
  csn_redactor *redactor = redactor_of(&secret, 1);
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
  csn_redactor *redactor = redactor_of(NULL, 0);
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
  csn_redactor *redactor = redactor_of(NULL, 0);
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

/* ---- against another way ---- */

static uint64_t random_state = 1;

static size_t random_below(size_t limit) {
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(random_state >> 33) % limit;
}

typedef struct form {
  uint8_t bytes[80];
  size_t len;
  bool any_case;
} form;

static size_t add_forms(form *forms, csn_span secret) {
  form *raw = forms, *hex = forms + 1, *url = forms + 2, *plain = forms + 3, *padded = forms + 4;
  memset(forms, 0, 5 * sizeof *forms);
  memcpy(raw->bytes, secret.ptr, raw->len = secret.len);
  csn_hex_encode(secret, (char *)hex->bytes);
  hex->len = 2 * secret.len;
  hex->any_case = true;
  csn_base64url_encode(secret, (char *)url->bytes);
  url->len = csn_base64url_encoded_len(secret.len);
  *plain = *url;
  for (size_t i = 0; i < plain->len; i++) {
    if (plain->bytes[i] == '-') plain->bytes[i] = '+';
    if (plain->bytes[i] == '_') plain->bytes[i] = '/';
  }
  *padded = *plain;
  while (padded->len % 4 != 0) padded->bytes[padded->len++] = '=';
  return 5;
}

static bool stands_at(const form *one, const uint8_t *at, size_t left) {
  if (left < one->len) return false;
  if (one->any_case) return strncasecmp((const char *)one->bytes, (const char *)at, one->len) == 0;
  return memcmp(one->bytes, at, one->len) == 0;
}

/* The longest form at each place; what overlaps is one. */
static size_t redact_naively(const form *forms, size_t count, csn_span input, char *out) {
  size_t len = 0, end = 0;
  for (size_t at = 0; at < input.len; at++) {
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
      if (forms[i].len > longest && stands_at(&forms[i], input.ptr + at, input.len - at)) longest = forms[i].len;
    }
    if (longest > 0 && at >= end) len += (size_t)sprintf(out + len, HIDDEN);
    if (longest > 0 && at + longest > end) end = at + longest;
    if (at >= end) out[len++] = (char)input.ptr[at];
  }
  return len;
}

static size_t random_input(uint8_t *out, size_t size, const form *forms, size_t count) {
  static const char letters[] = "ab01\n\rAB=";
  size_t len = 0;
  while (len < size - 80) {
    const form *one = &forms[random_below(count)];
    size_t from = random_below(4) == 0 ? random_below(one->len) : 0, part = one->len - from;
    if (random_below(4) == 0) part = random_below(part + 1);
    memcpy(out + len, one->bytes + from, part);
    len += part;
    for (size_t i = random_below(4); i > 0; i--) out[len++] = (uint8_t)letters[random_below(sizeof letters - 1)];
  }
  return len;
}

static void random_input_comes_out_as_from_a_plain_search(void **state) {
  enum { SECRETS = 6, ROUNDS = 60, INPUTS = 20, SIZE = 2000 };
  static char wanted[SIZE * 4];
  (void)state;
  for (size_t round = 0; round < ROUNDS; round++) {
    uint8_t bytes[SECRETS][32], input[SIZE];
    csn_span secrets[SECRETS];
    form forms[SECRETS * 5];
    size_t count = 0;
    for (size_t i = 0; i < SECRETS; i++) {
      size_t len = 8 + random_below(6);
      for (size_t k = 0; k < len; k++) bytes[i][k] = (uint8_t) "ab\n0"[random_below(round % 2 == 0 ? 2 : 4)];
      if (round % 3 == 0) bytes[i][random_below(len)] = (uint8_t)(128 + random_below(128));
      if (i % 2 == 1) memcpy(bytes[i], bytes[i - 1], 7);
      secrets[i] = csn_span_of(bytes[i], len);
      count += add_forms(forms + count, secrets[i]);
    }
    csn_redactor *redactor = redactor_of(secrets, SECRETS);
    for (size_t i = 0; i < INPUTS; i++) {
      size_t len = random_input(input, sizeof input, forms, count);
      size_t wanted_len = redact_naively(forms, count, csn_span_of(input, len), wanted);
      for (size_t k = 0; k < 4; k++) {
        redact_split(redactor, csn_span_of(input, len), random_below(len + 1));
        if (output_len == wanted_len && memcmp(output, wanted, wanted_len) == 0) continue;
        size_t differs = 0;
        while (differs < output_len && output[differs] == wanted[differs]) differs++;
        fail_msg("round %zu, input %zu, byte %zu: %.200s\nnot %.200s", round, i, differs, output + differs,
                 wanted + differs);
      }
    }
    csn_redactor_free(redactor);
  }
}

static void a_thousand_secrets_are_found_at_once(void **state) {
  enum { SECRETS = 1000, LEN = 32 };
  static uint8_t bytes[SECRETS][LEN];
  static csn_span secrets[SECRETS];
  (void)state;
  for (size_t i = 0; i < SECRETS; i++) {
    for (size_t k = 0; k < LEN; k++) bytes[i][k] = (uint8_t)random_below(256);
    secrets[i] = csn_span_of(bytes[i], LEN);
  }
  csn_redactor *redactor = redactor_of(secrets, SECRETS);
  for (size_t i = 0; i < SECRETS; i++) {
    form forms[5];
    add_forms(forms, secrets[i]);
    for (size_t k = 0; k < 5; k++) {
      redact_split(redactor, csn_span_of(forms[k].bytes, forms[k].len), forms[k].len / 2);
      assert_string_equal(output, HIDDEN);
    }
    bytes[i][LEN / 2] ^= 1; /* the control */
    redact_split(redactor, secrets[i], LEN / 2);
    assert_int_equal(output_len, LEN);
    assert_memory_equal(output, bytes[i], LEN);
  }
  csn_redactor_free(redactor);
}

static void the_longest_secret_is_hidden_as_one(void **state) {
  static uint8_t bytes[CSN_REDACT_SECRET_MAX], text[2 * CSN_REDACT_SECRET_MAX + 1];
  static const size_t lens[] = {1023, 1024, 1025, 2047, 2048, CSN_REDACT_SECRET_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)random_below(256);
  for (size_t i = 0; i < COUNT(lens); i++) {
    csn_span secret = csn_span_of(bytes, lens[i]);
    csn_redactor *redactor = redactor_of(&secret, 1);
    redact_split(redactor, secret, lens[i] / 2);
    assert_string_equal(output, HIDDEN);
    csn_hex_encode(secret, (char *)text);
    redact_split(redactor, csn_span_of(text, 2 * lens[i]), lens[i]);
    assert_string_equal(output, HIDDEN);
    csn_base64url_encode(secret, (char *)text);
    redact_split(redactor, csn_span_of(text, csn_base64url_encoded_len(lens[i])), lens[i]);
    assert_string_equal(output, HIDDEN);
    csn_redactor_free(redactor);
  }
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
  csn_redactor_free(redactor_of(secrets, 2));
  secrets[1] = csn_span_str("hunter22");
  csn_redactor_free(redactor_of(secrets, 2));

  const char *const prefixes[] = {"ok", "x"};
  must_refuse(&(csn_redact_config){.prefixes = prefixes, .prefix_count = 2}, "API key prefix 2");
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

static void an_output_that_fails_ends_the_run(void **state) {
  (void)state;
  bool takes = false;
  csn_redactor *redactor = redactor_of(NULL, 0);
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
      cmocka_unit_test(random_input_comes_out_as_from_a_plain_search),
      cmocka_unit_test(a_thousand_secrets_are_found_at_once),
      cmocka_unit_test(the_longest_secret_is_hidden_as_one),
      cmocka_unit_test(a_configuration_is_refused_with_a_reason_that_holds_no_secret),
      cmocka_unit_test(an_output_that_fails_ends_the_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
