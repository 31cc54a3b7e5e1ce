/* The cases of corpus/vectors/aws-sigv4: every step from the fields to the signature is the one that is pinned, our
 * signer makes it, too, and no bit of what is signed can change. The verdicts themselves are test_vectors.c's. */
#include "vectors.h"

#include "../src/encoding.h"
#include "../src/sigv4_read.h"
#include "support.h"

enum { PINNED_MIN = 130, SIGNED_MIN = 120, ACCEPTED_MIN = 100, FLIPS_MIN = 100000, TARGET_ROOM = 16384 };

typedef struct tally {
  size_t pinned, signed_alike, accepted, flips, controls, failures;
} tally;

/* The first request of a case, as its steps read it. */
typedef struct subject {
  const csn_vector *vector;
  csn_policy policy;
  csn_request_line line;
  csn_sigv4_reading reading;
  csn_sigv4_text canonical;
  csn_verdict verdict; /* of the steps */
  tally *tally;
} subject;

static void fail_case(const subject *s, const char *what) {
  print_error("%s: %s\n", s->vector->folder, what);
  s->tally->failures++;
}

static const char *stage_of(json_t *verdict) {
  return json_string_value(json_object_get(verdict, "stage"));
}

static const char *reason_of(json_t *verdict) {
  return json_string_value(json_object_get(verdict, "reason"));
}

/* ---- the steps ---- */

static bool read_steps(subject *s) {
  csn_sigv4_reading *r = &s->reading;
  csn_verdict_start(&s->verdict);
  csn_sigv4_reading_start(r, &s->policy.config.sigv4, &s->line.request, &s->verdict);
  if (csn_sigv4_read_request(r) != CSN_REASON_ACCEPTED) return false;
  csn_reason parts = r->presigned ? csn_sigv4_read_parameters(r) : csn_sigv4_read_authorization(r);
  return parts == CSN_REASON_ACCEPTED && csn_sigv4_read_stamp(r) == CSN_REASON_ACCEPTED &&
         csn_sigv4_read_credential(r) == CSN_REASON_ACCEPTED && csn_sigv4_read_signature(r) == CSN_REASON_ACCEPTED &&
         csn_sigv4_names_read(r->signed_headers, r->request, &r->names, r->verdict) == CSN_REASON_ACCEPTED &&
         csn_sigv4_read_payload(r) == CSN_REASON_ACCEPTED &&
         csn_sigv4_canonical(r->policy, r->request, &r->query, &r->names, r->payload, &s->canonical, r->verdict) ==
             CSN_REASON_ACCEPTED;
}

static void check_fields(const subject *s) {
  const csn_sigv4_reading *r = &s->reading;
  const struct {
    const char *name;
    csn_span value;
  } fields[] = {{"key_id", r->key_id},
                {"scope", r->scope},
                {"timestamp", r->stamp},
                {"signed_headers", r->signed_headers},
                {"signature", r->signature}};
  size_t count = sizeof fields / sizeof fields[0];
  for (size_t i = 0; i < count; i++) {
    json_t *value = json_object_get(s->vector->fields, fields[i].name);
    csn_span pinned = csn_span_of(json_string_value(value), json_string_length(value));
    if (value == NULL || !csn_span_equal(pinned, fields[i].value)) fail_case(s, fields[i].name);
  }
  if (json_object_size(s->vector->fields) != count) fail_case(s, "fields.json");
}

/* The algorithm, the time, the scope, and the hash of the canonical request, as the fields and canonical.bin have them.
 */
static void check_string_to_sign(const subject *s) {
  uint8_t hash[CSN_SHA256_BYTES];
  char hex[2 * CSN_SHA256_BYTES], expected[512];
  const csn_sigv4_reading *r = &s->reading;
  csn_file pinned;
  csn_sha256(csn_file_span(&s->vector->canonical), hash);
  csn_hex_encode(csn_span_of(hash, sizeof hash), hex);
  int len = snprintf(expected, sizeof expected, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%.64s", (int)r->stamp.len,
                     (const char *)r->stamp.ptr, (int)r->scope.len, (const char *)r->scope.ptr, hex);
  bool read = vector_file(&pinned, s->vector->folder, "string_to_sign.txt");
  if (!read || !csn_span_equal(csn_file_span(&pinned), csn_span_of(expected, (size_t)len))) {
    fail_case(s, "string_to_sign.txt");
  }
  csn_file_free(&pinned);
}

/* ---- the signing side ---- */

/* The request without its signature: the header, or the parameter, is taken out. */
static void without_signature(const subject *s, csn_request *out, csn_header headers[CSN_HEADERS_MAX], char *target) {
  static const char name[] = "X-Amz-Signature=";
  *out = s->line.request;
  out->headers = headers;
  out->header_count = 0;
  for (size_t i = 0; i < s->line.request.header_count; i++) {
    if (csn_span_equal_nocase(s->line.headers[i].name, csn_span_str("authorization"))) continue;
    headers[out->header_count++] = s->line.headers[i];
  }
  if (!s->reading.presigned) return;
  size_t len = out->target.len;
  memcpy(target, out->target.ptr, len);
  char *at = memmem(target, len, name, sizeof name - 1);
  char *end = at == NULL ? NULL : memchr(at, '&', len - (size_t)(at - target));
  assert_non_null(at);
  if (end == NULL) {
    out->target = csn_span_of(target, (size_t)(at - target) - 1);
    return;
  }
  memmove(at, end + 1, len - (size_t)(end + 1 - target));
  out->target = csn_span_of(target, len - (size_t)(end + 1 - at));
}

static bool signs_alike(const subject *s, const csn_key *key, csn_span digest) {
  static char target[TARGET_ROOM], out[CSN_SIGV4_AUTHORIZATION_MAX];
  csn_header headers[CSN_HEADERS_MAX];
  csn_request request;
  size_t len = CSN_SIGV4_SIGNATURE_CHARS;
  const csn_sigv4_policy *policy = &s->policy.config.sigv4;
  without_signature(s, &request, headers, target);
  csn_error error = s->reading.presigned
                        ? csn_sigv4_presign(policy, key, &request, out)
                        : csn_sigv4_sign(policy, key, &request, s->reading.signed_headers, out, sizeof out, &len);
  return error == CSN_OK && len >= digest.len &&
         csn_span_equal(csn_span_of(out + len - CSN_SIGV4_SIGNATURE_CHARS, CSN_SIGV4_SIGNATURE_CHARS), digest);
}

/* One of the client's keys gives the digest. The signer refuses to sign another body's hash: then it is the wire's. */
static void check_digest(const subject *s, json_t *verdict) {
  csn_span digest = csn_file_span(&s->vector->digest);
  bool right = false, accepted = strcmp(reason_of(verdict), "accepted") == 0;
  if (digest.len != CSN_SIGV4_SIGNATURE_CHARS + 1) {
    fail_case(s, "digest.hex");
    return;
  }
  digest.len--;
  bool on_wire = csn_span_equal_nocase(digest, s->reading.signature);
  if (strcmp(reason_of(verdict), "payload_hash_mismatch") == 0) {
    if (!on_wire) fail_case(s, "digest.hex");
    return;
  }
  for (size_t i = 0; i < s->policy.key_count; i++) right = right || signs_alike(s, &s->policy.keys[i], digest);
  if (!right) fail_case(s, "no key of the policy signs so");
  if (accepted && !on_wire) fail_case(s, "accepted with another signature");
  s->tally->signed_alike++;
}

static void check_pins(subject *s) {
  json_t *verdict = json_loadb((const char *)s->vector->verdicts[0].ptr, s->vector->verdicts[0].len, 0, NULL);
  const char *stage = stage_of(verdict);
  bool early = strcmp(stage, "request") == 0 || strcmp(stage, "credential") == 0;
  bool readable = read_steps(s);
  if (!early && (!readable || s->vector->fields == NULL || s->vector->canonical.bytes == NULL)) {
    fail_case(s, "a step is not pinned, or cannot be made");
  } else if (!early) {
    check_fields(s);
    check_string_to_sign(s);
    csn_span canonical = csn_span_of(s->canonical.bytes, s->canonical.len);
    if (!csn_span_equal(canonical, csn_file_span(&s->vector->canonical))) fail_case(s, "canonical.bin");
    if (strcmp(stage, "key") != 0) check_digest(s, verdict);
    s->tally->pinned++;
  }
  json_decref(verdict);
}

/* ---- every bit ---- */

static csn_reason verify(const subject *s, const csn_request *request) {
  csn_verdict verdict;
  csn_verify(s->policy.verifier, request, s->vector->now, &verdict);
  return verdict.reason;
}

static bool is_letter(uint8_t byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_within(csn_span part, const uint8_t *at) {
  return part.ptr != NULL && at >= part.ptr && at < part.ptr + part.len;
}

/* Flips each bit in place. The case of letters is left alone where `any_case`, and within the signature. */
static void flip_all(const subject *s, csn_span bytes, csn_span signature, bool any_case, const char *what) {
  for (size_t i = 0; i < bytes.len; i++) {
    uint8_t *byte = (uint8_t *)(uintptr_t)&bytes.ptr[i];
    for (unsigned shift = 0; shift < 8; shift++) {
      uint8_t bit = (uint8_t)(1u << shift);
      if (bit == 0x20 && is_letter(*byte) && (any_case || is_within(signature, byte))) continue;
      *byte ^= bit;
      csn_reason reason = verify(s, &s->line.request);
      *byte ^= bit;
      s->tally->flips++;
      if (reason != CSN_REASON_ACCEPTED && reason != CSN_REASON_UNDECIDED) continue;
      print_error("byte %zu, bit %u: %s\n", i, shift, csn_reason_label(reason));
      fail_case(s, what);
    }
  }
}

static bool is_signed_name(const subject *s, csn_span name) {
  for (size_t i = 0; i < s->reading.names.count; i++) {
    if (csn_span_equal_nocase(s->reading.names.names[i], name)) return true;
  }
  return csn_span_equal_nocase(name, csn_span_str("authorization"));
}

/* Where the wire has the signature: a parameter's value is read from a decoded copy. */
static csn_span wire_signature(const subject *s) {
  csn_span target = s->line.request.target;
  if (!s->reading.presigned) return s->reading.signature;
  const uint8_t *at = memmem(target.ptr, target.len, "X-Amz-Signature=", 16);
  return csn_span_of(at + 16, CSN_SIGV4_SIGNATURE_CHARS);
}

/* A path that is normalized has many spellings of what is taken out of it: then only its query is flipped. */
static csn_span target_with_one_spelling(const subject *s) {
  csn_span target = s->line.request.target;
  const uint8_t *mark = memchr(target.ptr, '?', target.len);
  size_t path = mark == NULL ? target.len : (size_t)(mark - target.ptr);
  bool has_more = memmem(target.ptr, path, "//", 2) != NULL || memmem(target.ptr, path, "/.", 2) != NULL;
  if (!has_more || s->policy.config.sigv4.path != CSN_SIGV4_PATH_NORMALIZED) return target;
  return csn_span_of(target.ptr + path, target.len - path);
}

static void flip_request(const subject *s) {
  const csn_request *request = &s->line.request;
  csn_span signature = wire_signature(s);
  flip_all(s, request->method, signature, false, "method");
  flip_all(s, target_with_one_spelling(s), signature, false, "target");
  for (size_t i = 0; i < request->header_count; i++) {
    if (!is_signed_name(s, request->headers[i].name)) continue;
    flip_all(s, request->headers[i].name, signature, true, "a header's name");
    flip_all(s, request->headers[i].value, signature, false, "a header's value");
  }
  if (!csn_span_equal(s->reading.payload, csn_span_str("UNSIGNED-PAYLOAD"))) {
    flip_all(s, request->body, signature, false, "body");
  }
}

/* The negative control: a bit of an unsigned header may change. */
static void check_control(const subject *s) {
  csn_header headers[CSN_HEADERS_MAX];
  uint8_t value[] = "unsigned";
  csn_request request = s->line.request;
  assert_true(request.header_count < CSN_HEADERS_MAX);
  memcpy(headers, request.headers, request.header_count * sizeof headers[0]);
  value[0] ^= 1;
  headers[request.header_count].name = csn_span_str("X-Not-Signed");
  headers[request.header_count++].value = csn_span_of(value, sizeof value - 1);
  request.headers = headers;
  if (verify(s, &request) != CSN_REASON_ACCEPTED) fail_case(s, "an unsigned bit matters");
  s->tally->controls++;
}

static void check_bits(subject *s) {
  if (!vector_line_accepts(s->vector, 0)) return;
  if (!read_steps(s)) {
    fail_case(s, "cannot be read");
    return;
  }
  flip_request(s);
  check_control(s);
  s->tally->accepted++;
}

/* ---- the walk ---- */

static void with_subject(csn_vector *vector, tally *t, void (*check)(subject *)) {
  static subject s; /* large */
  csn_policy_error error;
  const char *reason = NULL;
  size_t offset = 0;
  memset(&s, 0, sizeof s);
  s.vector = vector;
  s.tally = t;
  if (!csn_policy_load(&s.policy, vector->policy, vector->now, &error)) {
    fail_case(&s, error.text);
    return;
  }
  if (csn_request_line_read(&s.line, vector->requests[0], &reason, &offset)) {
    check(&s);
    csn_request_line_free(&s.line);
  } else {
    fail_case(&s, reason);
  }
  csn_policy_free(&s.policy);
}

static void visit_pins(csn_vector *vector, void *context) {
  with_subject(vector, context, check_pins);
}

static void visit_bits(csn_vector *vector, void *context) {
  with_subject(vector, context, check_bits);
}

static void every_step_is_the_one_that_is_pinned(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each_of("aws-sigv4", visit_pins, &t));
  print_message("%zu requests pinned, %zu signed alike\n", t.pinned, t.signed_alike);
  assert_int_equal(t.failures, 0);
  assert_true(t.pinned >= PINNED_MIN && t.signed_alike >= SIGNED_MIN);
}

static void no_request_survives_the_flip_of_a_signed_bit(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each_of("aws-sigv4", visit_bits, &t));
  print_message("%zu requests: %zu bits flipped, none accepted; %zu controls\n", t.accepted, t.flips, t.controls);
  assert_int_equal(t.failures, 0);
  assert_true(t.accepted >= ACCEPTED_MIN && t.controls == t.accepted && t.flips >= FLIPS_MIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_step_is_the_one_that_is_pinned),
      cmocka_unit_test(no_request_survives_the_flip_of_a_signed_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
