/* AWS Signature Version 4: what AWS publishes verifies and can be signed again, and no changed bit of it verifies. What
 * else is refused is in test_sigv4_refused.c. */
#include "sigv4_support.h"
#include "sigv4_vectors.h"

#include "../src/encoding.h"
#include "../src/hmac.h"
#include "../src/sigv4_read.h"

#define SUITE_NOW INT64_C(1440938160) /* 2015-08-30T12:36:00Z */
#define SUITE_SCOPE "20150830/us-east-1/service/aws4_request"
#define SUITE_SCOPE_ENCODED "20150830%%2Fus-east-1%%2Fservice%%2Faws4_request"

static csn_sigv4_policy suite_policy(csn_sigv4_path path) {
  csn_sigv4_policy policy = CSN_SIGV4_POLICY_DEFAULT;
  policy.region = csn_span_str("us-east-1");
  policy.service = csn_span_str("service");
  policy.path = path;
  return policy;
}

/* SignedHeaders as a parameter: ";" is %3B. */
static void encode_names(const char *names, char *out) {
  for (; *names != 0; names++) {
    if (*names == ';') {
      memcpy(out, "%3B", 3);
      out += 3;
    } else {
      *out++ = *names;
    }
  }
  *out = 0;
}

/* The vector as it goes over the wire; `signature` NULL leaves out what the signer adds. */
static void build(const sigv4_vector *v, const char *signature, text_request *t) {
  static char text[TEXT_ROOM], names[1024], auth[1024];
  encode_names(v->signed_headers, names);
  if (v->presigned) {
    (void)snprintf(text, sizeof text,
                   "%s %s%sX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%%2F" SUITE_SCOPE_ENCODED
                   "&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=%s&X-Amz-Expires=3600%s%s\n"
                   "Host:example.amazonaws.com\n%s\n%s",
                   v->method, v->target, strchr(v->target, '?') == NULL ? "?" : "&", names,
                   signature == NULL ? "" : "&X-Amz-Signature=", signature == NULL ? "" : signature, v->headers,
                   v->body);
  } else {
    auth[0] = 0;
    if (signature != NULL) {
      (void)snprintf(auth, sizeof auth,
                     "Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" SUITE_SCOPE
                     ", SignedHeaders=%s, Signature=%s\n",
                     v->signed_headers, signature);
    }
    (void)snprintf(text, sizeof text, "%s %s\nHost:example.amazonaws.com\n%sX-Amz-Date:20150830T123600Z\n%s\n%s",
                   v->method, v->target, v->headers, auth, v->body);
  }
  set_text(t, text);
}

/* The hash of the canonical request, by the steps themselves. */
static void check_canonical(const sigv4_vector *v, const csn_sigv4_policy *policy, const csn_request *request) {
  static csn_sigv4_reading r;
  static csn_sigv4_text text;
  csn_verdict verdict;
  uint8_t hash[CSN_SHA256_BYTES];
  char hex[2 * CSN_SHA256_BYTES + 1] = {0};
  csn_sigv4_reading_start(&r, policy, request, &verdict);
  assert_int_equal(csn_sigv4_read_request(&r), CSN_REASON_ACCEPTED);
  assert_int_equal(r.presigned, v->presigned);
  assert_int_equal(csn_sigv4_names_read(csn_span_str(v->signed_headers), request, &r.names, &verdict),
                   CSN_REASON_ACCEPTED);
  assert_int_equal(csn_sigv4_read_payload(&r), CSN_REASON_ACCEPTED);
  assert_int_equal(csn_sigv4_canonical(policy, request, &r.query, &r.names, r.payload, &text, &verdict),
                   CSN_REASON_ACCEPTED);
  csn_sha256(csn_span_of(text.bytes, text.len), hash);
  csn_hex_encode(csn_span_of(hash, sizeof hash), hex);
  if (strcmp(hex, v->hash) != 0) fail_msg("%s: %.*s", v->name, (int)text.len, (const char *)text.bytes);
}

/* aws-c-auth, tests/aws-signing-test-suite/v4. */
static void suite_of_aws_verifies(void **state) {
  static text_request t;
  csn_keyring *ring = sigv4_ring("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 0);
  size_t count = sizeof sigv4_vectors / sizeof sigv4_vectors[0];
  (void)state;
  assert_int_equal(count, 70);
  for (size_t i = 0; i < count; i++) {
    const sigv4_vector *v = &sigv4_vectors[i];
    csn_sigv4_policy policy = suite_policy(v->path);
    csn_verdict verdict;
    build(v, v->signature, &t);
    check_canonical(v, &policy, &t.request);
    csn_reason reason = csn_sigv4_verify(ring, &policy, &t.request, SUITE_NOW, &verdict);
    if (reason != CSN_REASON_ACCEPTED) fail_msg("%s: %s", v->name, csn_reason_label(reason));
    assert_true(csn_accepted(&verdict));
    assert_span(csn_name_span(&verdict.client_id), "AKIDEXAMPLE");
  }
  csn_keyring_free(ring);
}

/* The signer makes AWS's signatures from what it is given. */
static void suite_of_aws_is_signed_alike(void **state) {
  static text_request t;
  csn_key key;
  (void)state;
  assert_int_equal(
      sigv4_key(&key, csn_span_str("AKIDEXAMPLE"), csn_span_str("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), 0),
      CSN_OK);
  for (size_t i = 0; i < sizeof sigv4_vectors / sizeof sigv4_vectors[0]; i++) {
    const sigv4_vector *v = &sigv4_vectors[i];
    csn_sigv4_policy policy = suite_policy(v->path);
    char out[CSN_SIGV4_AUTHORIZATION_MAX + 1] = {0};
    size_t len = CSN_SIGV4_SIGNATURE_CHARS;
    build(v, NULL, &t);
    csn_error error = v->presigned ? csn_sigv4_presign(&policy, &key, &t.request, out)
                                   : csn_sigv4_sign(&policy, &key, &t.request, csn_span_str(v->signed_headers), out,
                                                    sizeof out, &len);
    assert_int_equal(error, CSN_OK);
    assert_string_equal(out + len - CSN_SIGV4_SIGNATURE_CHARS, v->signature);
  }
}

/* ---- the examples of the Amazon S3 API reference, API_SigV4-header-based-auth and -query-string-auth ---- */

static csn_reason verify_s3(text_request *t, int64_t now) {
  csn_keyring *ring = sigv4_ring(S3_ID, S3_SECRET, 0);
  csn_sigv4_policy policy = s3_policy();
  csn_verdict verdict;
  csn_reason reason = csn_sigv4_verify(ring, &policy, &t->request, now, &verdict);
  csn_keyring_free(ring);
  return reason;
}

#define S3_BASIC(signature) \
  S3_HEAD "x-amz-content-sha256:" EMPTY_SHA256 "\n" S3_AUTH("host;x-amz-content-sha256;x-amz-date", signature) "\n"

static void examples_of_s3_verify(void **state) {
  static text_request t;
  static const char *const examples[] = {
      "GET /test.txt\nRange:bytes=0-9\n" S3_HEAD "x-amz-content-sha256:" EMPTY_SHA256
      "\n" S3_AUTH("host;range;x-amz-content-sha256;x-amz-date",
                   "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") "\n",
      S3_PUT,
      "GET /?lifecycle\n" S3_BASIC("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
      "GET /?max-keys=2&prefix=J\n" S3_BASIC("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
      S3_PRESIGNED,
  };
  (void)state;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    set_text(&t, examples[i]);
    assert_string_equal(csn_reason_label(verify_s3(&t, S3_NOW)), "accepted");
  }
  set_text(&t, S3_PUT);
  edit_text(&t, "%24", "$"); /* S3 encodes what the client did not */
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
        csn_reason reason = csn_sigv4_verify(ring, &policy, &t.request, S3_NOW, &verdict);
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
      cmocka_unit_test(suite_of_aws_verifies),
      cmocka_unit_test(suite_of_aws_is_signed_alike),
      cmocka_unit_test(examples_of_s3_verify),
      cmocka_unit_test(no_bit_of_a_signed_request_can_change),
      cmocka_unit_test(no_bit_of_a_presigned_request_can_change),
      cmocka_unit_test(times_are_accepted_through_their_last_second),
      cmocka_unit_test(stamps_are_of_the_calendar),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
