/* The cases of http-signature in corpus/vectors/: the signature base of each is the one that is pinned, and of what is
 * accepted no bit that is signed may be flipped. That each gets its verdict is test_vectors.c. */
#include "vectors.h"

#include "../src/http_signature_parts.h"
#include "support.h"

#define SCHEME "http-signature"

enum { BASES_MIN = 60, REQUESTS_MIN = 50, FLIPS_MIN = 100000, CONTROLS_MIN = 50 };

typedef struct tally {
  size_t bases, requests, flips, controls, failures;
} tally;

/* The first request of a case, with a verifier that has never seen it. */
typedef struct subject {
  const csn_vector *vector;
  csn_policy policy;
  csn_request_line line;
  csn_signature_found found;
  tally *tally;
} subject;

static void fail_case(const subject *s, const char *what) {
  print_error("%s: %s\n", s->vector->folder, what);
  s->tally->failures++;
}

static bool load(subject *s) {
  csn_policy_error error;
  csn_verdict verdict;
  const char *reason = NULL;
  size_t offset = 0;
  if (!csn_policy_load(&s->policy, s->vector->policy, s->vector->now, &error)) {
    fail_case(s, error.text);
    return false;
  }
  bool good = csn_request_line_read(&s->line, s->vector->requests[0], &reason, &offset) &&
              csn_http_signature_find(&s->policy.config.http_signature, &s->line.request, &s->found, &verdict) ==
                  CSN_REASON_ACCEPTED;
  if (!good) fail_case(s, "cannot be read");
  return good;
}

static void drop(subject *s) {
  csn_request_line_free(&s->line);
  csn_policy_free(&s->policy);
}

/* ---- the base ---- */

static void check_base(csn_vector *vector, void *context) {
  static uint8_t bytes[CSN_SIGNATURE_BASE_MAX];
  csn_byte_buffer buffer = {.bytes = bytes, .size = sizeof bytes};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  subject s = {.vector = vector, .tally = context};
  size_t offset = 0;
  if (vector->canonical.bytes == NULL) {
    static const char early[] = "\"stage\":\"credential\"";
    if (memmem(vector->verdicts[0].ptr, vector->verdicts[0].len, early, sizeof early - 1) == NULL) {
      fail_case(&s, "canonical.bin is missing");
    }
    return;
  }
  if (load(&s)) {
    const csn_http_context *http = &s.policy.config.http_signature.context;
    csn_reason reason = csn_signature_base(&s.line.request, http, s.found.input, &sink, &offset);
    bool same = csn_span_equal(csn_span_of(bytes, buffer.len), csn_file_span(&vector->canonical));
    if (reason != CSN_REASON_ACCEPTED || buffer.overflow || !same) fail_case(&s, "canonical.bin");
    s.tally->bases++;
  }
  drop(&s);
}

static void each_base_is_the_one_that_is_pinned(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each_of(SCHEME, check_base, &t));
  assert_int_equal(t.failures, 0);
  assert_true(t.bases >= BASES_MIN);
}

/* ---- flipped bits ---- */

static bool accepts(const subject *s) {
  csn_verdict verdict;
  csn_verify(s->policy.verifier, &s->line.request, s->vector->now, &verdict);
  return csn_accepted(&verdict);
}

/* Flips each bit in place. A host's letters mean the same in either case, which is one bit. */
static void flip_all(const subject *s, csn_span bytes, bool is_host, const char *what) {
  uint8_t *mutable = (uint8_t *)(uintptr_t)bytes.ptr;
  for (size_t i = 0; i < bytes.len; i++) {
    for (unsigned shift = 0; shift < 8; shift++) {
      uint8_t was = mutable[i], lower = was | 0x20;
      if (is_host && shift == 5 && lower >= 'a' && lower <= 'z') continue;
      mutable[i] = (uint8_t)(was ^ 1u << shift);
      if (accepts(s)) fail_case(s, what);
      mutable[i] = was;
      s->tally->flips++;
    }
  }
}

static bool covers(const subject *s, const char *component) {
  return csn_signature_covers(s->found.input, csn_span_str(component));
}

static void flip_header(const subject *s, const csn_header *header) {
  char name[CSN_HEADER_NAME_MAX + 1];
  size_t len = header->name.len;
  for (size_t i = 0; i < len; i++) name[i] = (char)(header->name.ptr[i] | (header->name.ptr[i] >= 'A' ? 0x20 : 0));
  name[len] = 0;
  bool is_host = strcmp(name, "host") == 0;
  bool counts = is_host && covers(s, "@authority") && s->policy.config.http_signature.context.authority.len == 0;
  if (counts || covers(s, name)) flip_all(s, header->value, is_host, name);
}

static void flip_subject(const subject *s) {
  const csn_request *request = &s->line.request;
  csn_span target = request->target;
  const uint8_t *mark = memchr(target.ptr, '?', target.len);
  size_t path = mark == NULL ? target.len : (size_t)(mark - target.ptr);
  if (covers(s, "@method")) flip_all(s, request->method, false, "method");
  if (covers(s, "@path")) flip_all(s, csn_span_of(target.ptr, path), false, "path");
  if (covers(s, "@query")) flip_all(s, csn_span_of(target.ptr + path, target.len - path), false, "query");
  if (covers(s, "content-digest")) flip_all(s, request->body, false, "body");
  for (size_t i = 0; i < request->header_count; i++) flip_header(s, &request->headers[i]);
  flip_all(s, s->found.input, false, "input");
  flip_all(s, s->found.text, false, "signature");
}

/* The negative control, last: with one more header the request is accepted, whatever its bits are. */
static void check_control(subject *s) {
  static csn_header headers[CSN_HEADERS_MAX];
  csn_request *request = &s->line.request;
  if (request->header_count < CSN_HEADERS_MAX) {
    memcpy(headers, request->headers, request->header_count * sizeof headers[0]);
    headers[request->header_count].name = csn_span_str("X-Not-Signed");
    headers[request->header_count++].value = csn_span_str("unsigned");
    request->headers = headers;
    s->tally->controls++;
  }
  if (!accepts(s)) fail_case(s, "an unsigned header matters, or a rejected request claimed the nonce");
}

static void flip_vector(csn_vector *vector, void *context) {
  subject s = {.vector = vector, .tally = context};
  if (!vector_line_accepts(vector, 0)) return;
  if (load(&s)) {
    const csn_header *own = s.line.request.headers;
    flip_subject(&s);
    check_control(&s);
    s.line.request.headers = own;
    s.tally->requests++;
  }
  drop(&s);
}

static void no_request_survives_the_flip_of_a_signed_bit(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each_of(SCHEME, flip_vector, &t));
  print_message("%zu requests: %zu bits flipped, none accepted; %zu controls\n", t.requests, t.flips, t.controls);
  assert_int_equal(t.failures, 0);
  assert_true(t.requests >= REQUESTS_MIN && t.controls >= CONTROLS_MIN && t.flips >= FLIPS_MIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_base_is_the_one_that_is_pinned),
      cmocka_unit_test(no_request_survives_the_flip_of_a_signed_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
