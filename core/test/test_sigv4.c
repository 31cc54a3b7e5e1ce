/* AWS Signature Version 4: no changed bit of a request verifies, structure and all, and its times. What AWS publishes
 * is in corpus/vectors/aws-sigv4 (test_vectors_sigv4.c); what else is refused in test_sigv4_refused.c. */
#include "sigv4_support.h"

#include "../src/sigv4_read.h"

static csn_reason verify_s3(text_request *t, int64_t now) {
  csn_keyring *ring = sigv4_ring(S3_ID, S3_SECRET, 0);
  csn_sigv4_policy policy = s3_policy();
  csn_verdict verdict;
  csn_reason reason = sigv4_verify(ring, &policy, NULL, &t->request, now, &verdict);
  csn_keyring_free(ring);
  return reason;
}

/* S3 encodes what the client did not. */
static void bytes_that_are_not_escaped_are_signed_as_escapes(void **state) {
  static text_request t;
  (void)state;
  set_text(&t, S3_PUT);
  edit_text(&t, "%24", "$");
  assert_string_equal(csn_reason_label(verify_s3(&t, S3_NOW)), "accepted");
}

/* ---- every bit ---- */

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A header's name and the signature's digits are of either case; nothing else may change. */
static bool may_change(const text_request *t, size_t at, int bit, size_t signature) {
  if (bit != 5 || !is_letter(t->text[at])) return false;
  if (at >= signature && at < signature + CSN_SIGV4_SIGNATURE_CHARS) return true;
  for (size_t i = 0; i < t->request.header_count; i++) {
    const char *name = (const char *)t->headers[i].name.ptr;
    if (t->text + at >= name && t->text + at < name + t->headers[i].name.len) return true;
  }
  return false;
}

static void flip_every_bit(const char *text) {
  static text_request t, original;
  csn_keyring *ring = sigv4_ring(S3_ID, S3_SECRET, 0);
  csn_sigv4_policy policy = s3_policy();
  set_text(&original, text);
  size_t signature = (size_t)(strstr(original.text, "Signature=") - original.text) + strlen("Signature=");
  for (size_t at = 0; at < original.len; at++) {
    for (int bit = 0; bit < 8; bit++) {
      csn_verdict verdict = {.reason = CSN_REASON_UNDECIDED};
      memcpy(t.text, original.text, original.len + 1);
      t.len = original.len;
      t.text[at] = (char)(t.text[at] ^ (1 << bit));
      if (parse_text(&t)) {
        csn_reason reason = sigv4_verify(ring, &policy, NULL, &t.request, S3_NOW, &verdict);
        assert_int_equal(reason, verdict.reason);
      }
      if (csn_accepted(&verdict) != may_change(&original, at, bit, signature)) {
        fail_msg("bit %d of byte %zu (%c): %s", bit, at, original.text[at], csn_reason_label(verdict.reason));
      }
    }
  }
  csn_keyring_free(ring);
}

static void no_bit_of_a_signed_request_can_change(void **state) {
  (void)state;
  flip_every_bit(S3_PUT);
}

static void no_bit_of_a_presigned_request_can_change(void **state) {
  (void)state;
  flip_every_bit(S3_PRESIGNED);
}

/* ---- time ---- */

static void times_are_accepted_through_their_last_second(void **state) {
  static text_request t;
  static const struct {
    const char *text;
    int64_t after;
    csn_reason reason;
  } rows[] = {
      {S3_PUT, 900, CSN_REASON_ACCEPTED},
      {S3_PUT, 901, CSN_REASON_TIMESTAMP_PAST},
      {S3_PUT, -900, CSN_REASON_ACCEPTED},
      {S3_PUT, -901, CSN_REASON_TIMESTAMP_FUTURE},
      {S3_PUT, INT64_MAX - S3_NOW, CSN_REASON_TIMESTAMP_PAST},
      {S3_PUT, INT64_MIN, CSN_REASON_TIMESTAMP_FUTURE},
      {S3_PRESIGNED, 86400, CSN_REASON_ACCEPTED},
      {S3_PRESIGNED, 86401, CSN_REASON_PRESIGNED_EXPIRED},
      {S3_PRESIGNED, -900, CSN_REASON_ACCEPTED},
      {S3_PRESIGNED, -901, CSN_REASON_TIMESTAMP_FUTURE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    set_text(&t, rows[i].text);
    assert_string_equal(csn_reason_label(verify_s3(&t, S3_NOW + rows[i].after)), csn_reason_label(rows[i].reason));
  }
}

static void stamps_are_of_the_calendar(void **state) {
  static const struct {
    const char *text;
    int64_t seconds; /* -1: refused */
  } rows[] = {
      {"19700101T000000Z", 0},      {"20000229T235959Z", 951868799},
      {"20130524T000000Z", S3_NOW}, {"99991231T235959Z", INT64_C(253402300799)},
      {"19691231T235959Z", -1},     {"19000229T000000Z", -1},
      {"21000229T000000Z", -1},     {"20130431T000000Z", -1},
      {"20130501T240000Z", -1},     {"20130501T006000Z", -1},
      {"20130501T000060Z", -1},     {"20131301T000000Z", -1},
      {"20130001T000000Z", -1},     {"20130500T000000Z", -1},
      {"20130501t000000Z", -1},     {"20130501T000000z", -1},
      {"20130501T000000", -1},      {"2013051T000000Z", -1},
      {" 0130501T000000Z", -1},     {"+0130501T000000Z", -1},
      {"20130501T000000Z ", -1},    {"20130501T00000:Z", -1},
      {"20130501T00000/Z", -1},     {"", -1},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int64_t seconds = -1;
    bool good = csn_sigv4_stamp_parse(csn_span_str(rows[i].text), &seconds);
    assert_int_equal(good, rows[i].seconds >= 0);
    if (good) assert_int_equal(seconds, rows[i].seconds);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_that_are_not_escaped_are_signed_as_escapes),
      cmocka_unit_test(no_bit_of_a_signed_request_can_change),
      cmocka_unit_test(no_bit_of_a_presigned_request_can_change),
      cmocka_unit_test(times_are_accepted_through_their_last_second),
      cmocka_unit_test(stamps_are_of_the_calendar),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
