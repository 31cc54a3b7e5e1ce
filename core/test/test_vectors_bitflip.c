/* Every bit of every signed byte: of each request in corpus/vectors/ that is accepted, any one bit that its signature
 * covers is flipped, where it stands in the request, and the request is rejected. */
#include "vectors.h"

#include "../src/template.h"
#include "credential_support.h"
#include "support.h"

enum { FLIPS_MIN = 10000, REQUESTS_MIN = 40 };

typedef struct tally {
  size_t requests, signed_flips, signature_flips, controls, failures;
} tally;

/* One accepted request, with a verifier that has never seen it. */
typedef struct subject {
  const csn_vector *vector;
  csn_policy policy;
  csn_request_line line;
  csn_credential credential; /* its fields point into the request */
  csn_template tpl;
  tally *tally;
} subject;

static void fail_case(const subject *s, const char *what) {
  print_error("%s: %s\n", s->vector->folder, what);
  s->tally->failures++;
}

static csn_reason verify(const subject *s, const csn_request *request) {
  csn_verdict verdict;
  csn_verify(s->policy.verifier, request, s->vector->now, &verdict);
  return verdict.reason;
}

/* A hex digit means the same in either case, and that is one bit. */
static bool is_case_bit(const subject *s, uint8_t byte, uint8_t bit) {
  uint8_t lower = byte | 0x20;
  bool is_hex = s->policy.config.scheme->signature_encoding == CSN_ENCODING_HEX;
  return s->tpl.count > 0 && is_hex && bit == 0x20 && lower >= 'a' && lower <= 'f';
}

/* Flips each bit of `bytes` in place, which are the request's own memory, one after the other. A nonce that is claimed
 * by mistake would hide the next mistake as a replay: the test has failed by then. */
static size_t flip_all(const subject *s, csn_span bytes, bool is_signature, const char *what) {
  uint8_t *mutable = (uint8_t *)(uintptr_t)bytes.ptr;
  size_t flips = 0;
  for (size_t i = 0; i < bytes.len; i++) {
    for (unsigned shift = 0; shift < 8; shift++) {
      uint8_t bit = (uint8_t)(1u << shift);
      if (is_signature && is_case_bit(s, mutable[i], bit)) continue;
      mutable[i] ^= bit;
      csn_reason reason = verify(s, &s->line.request);
      mutable[i] ^= bit;
      flips++;
      if (reason != CSN_REASON_ACCEPTED && reason != CSN_REASON_UNDECIDED) continue;
      print_error("byte %zu, bit %u: %s\n", i, shift, csn_reason_label(reason));
      fail_case(s, what);
    }
  }
  return flips;
}

static void flip_request(const subject *s) {
  static const csn_field signed_fields[] = {CSN_FIELD_METHOD,    CSN_FIELD_TARGET,    CSN_FIELD_PATH,  CSN_FIELD_QUERY,
                                            CSN_FIELD_CLIENT_ID, CSN_FIELD_TIMESTAMP, CSN_FIELD_NONCE, CSN_FIELD_BODY};
  for (size_t i = 0; i < sizeof signed_fields / sizeof signed_fields[0]; i++) {
    if (!csn_template_covers(&s->tpl, signed_fields[i])) continue;
    csn_span bytes = s->credential.fields[signed_fields[i]];
    s->tally->signed_flips += flip_all(s, bytes, false, csn_field_label(signed_fields[i]));
  }
  for (size_t i = 0; i < s->credential.line_count; i++) {
    csn_span value = s->credential.lines[i].value;
    if (s->credential.lines[i].name.len > 0) s->tally->signed_flips += flip_all(s, value, false, "a signed header");
  }
  if (s->credential.line_count > 0) {
    csn_span list = s->credential.fields[CSN_FIELD_SIGNED_HEADERS];
    s->tally->signed_flips += flip_all(s, list, false, "the list of signed headers");
  }
  if (s->credential.signature_count > 1) return; /* another of them may be right, too */
  s->tally->signature_flips += flip_all(s, s->credential.fields[CSN_FIELD_SIGNATURE], true, "signature");
}

/* A token's signature covers all before the last dot; the dot is structure, the rest the signature. */
static void flip_token(const subject *s) {
  csn_span token = s->credential.fields[CSN_FIELD_TOKEN];
  size_t dot = token.len;
  while (dot > 0 && token.ptr[dot - 1] != '.') dot--;
  s->tally->signed_flips += flip_all(s, csn_span_of(token.ptr, dot), false, "token");
  csn_span signature = csn_span_of(token.ptr + dot, token.len - dot);
  s->tally->signature_flips += flip_all(s, signature, false, "the token's signature");
}

/* Of an API key every byte counts. */
static void flip_api_key(const subject *s) {
  s->tally->signed_flips += flip_all(s, s->credential.fields[CSN_FIELD_API_KEY], false, "api_key");
}

/* The negative control, last: with one more header, a bit of which is flipped, the request is accepted. So it was no
 * mistake of this test that it was rejected before. */
static void check_control(const subject *s) {
  csn_header headers[CSN_HEADERS_MAX];
  uint8_t value[] = "unsigned";
  csn_request request = s->line.request;
  if (request.header_count < CSN_HEADERS_MAX) {
    value[0] ^= 1;
    memcpy(headers, request.headers, request.header_count * sizeof headers[0]);
    headers[request.header_count].name = csn_span_str("X-Not-Signed");
    headers[request.header_count++].value = csn_span_of(value, sizeof value - 1);
    request.headers = headers;
    s->tally->controls++;
  }
  if (verify(s, &request) != CSN_REASON_ACCEPTED)
    fail_case(s, "an unsigned bit matters, or a rejected request claimed the nonce");
}

static void flip_subject(subject *s) {
  csn_verdict verdict;
  if (s->policy.config.scheme->standard != CSN_STANDARD_NONE) return; /* test_vectors_sigv4.c, _http_signature.c */
  if (read_credential(s->policy.config.scheme, &s->line.request, &s->credential, &verdict) != CSN_REASON_ACCEPTED) {
    fail_case(s, "cannot be read");
    return;
  }
  if (s->tpl.count > 0) flip_request(s);
  if (s->policy.config.scheme->has_token) flip_token(s);
  if (s->policy.config.scheme->has_api_key) flip_api_key(s);
  check_control(s);
  s->tally->requests++;
}

static void flip_line(const csn_vector *vector, size_t i, tally *t) {
  subject s = {.vector = vector, .tally = t};
  csn_policy_error error;
  const char *reason = NULL;
  size_t offset = 0;
  if (!csn_policy_load(&s.policy, vector->policy, vector->now, &error)) {
    fail_case(&s, error.text);
    return;
  }
  if (csn_scheme_compile(s.policy.config.scheme, &s.tpl) != CSN_OK) fail_case(&s, "template");
  if (csn_request_line_read(&s.line, vector->requests[i], &reason, &offset)) {
    flip_subject(&s);
    csn_request_line_free(&s.line);
  } else {
    fail_case(&s, reason);
  }
  csn_policy_free(&s.policy);
}

static void flip_vector(csn_vector *vector, void *context) {
  for (size_t i = 0; i < vector->count; i++) {
    if (vector_line_accepts(vector, i)) flip_line(vector, i, context);
  }
}

static void no_request_survives_the_flip_of_a_signed_bit(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each(flip_vector, &t));
  print_message("%zu requests: %zu bits of signed bytes and %zu of signatures flipped, none accepted; %zu controls\n",
                t.requests, t.signed_flips, t.signature_flips, t.controls);
  assert_int_equal(t.failures, 0);
  assert_true(t.requests >= REQUESTS_MIN && t.controls >= REQUESTS_MIN);
  assert_true(t.signed_flips > FLIPS_MIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_request_survives_the_flip_of_a_signed_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
