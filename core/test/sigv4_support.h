/* Requests as text, for the tests of AWS Signature Version 4: "METHOD target", a line for each header, an empty line,
 * the body. */
#ifndef CSN_TEST_SIGV4_SUPPORT_H
#define CSN_TEST_SIGV4_SUPPORT_H

#include "support.h"

enum { TEXT_ROOM = 32768, HEADERS_ROOM = CSN_HEADERS_MAX + 2 };

typedef struct text_request {
  char text[TEXT_ROOM];
  size_t len;
  csn_header headers[HEADERS_ROOM];
  csn_request request;
} text_request;

/* Points `request` into the text; false where the text is no request. */
static inline bool parse_text(text_request *t) {
  char *line = t->text, *end = t->text + t->len, *stop;
  size_t count = 0;
  for (bool first = true;; first = false, line = stop + 1) {
    stop = memchr(line, '\n', (size_t)(end - line));
    if (stop == NULL) return false;
    if (stop == line) break;
    char *mark = memchr(line, first ? ' ' : ':', (size_t)(stop - line));
    if (mark == NULL || count == HEADERS_ROOM) return false;
    csn_span head = csn_span_of(line, (size_t)(mark - line)), rest = csn_span_of(mark + 1, (size_t)(stop - mark) - 1);
    if (first) {
      t->request.method = head;
      t->request.target = rest;
    } else {
      t->headers[count++] = (csn_header){head, rest};
    }
  }
  t->request.headers = t->headers;
  t->request.header_count = count;
  t->request.body = csn_span_of(stop + 1, (size_t)(end - stop) - 1);
  return true;
}

static inline void set_text(text_request *t, const char *text) {
  t->len = strlen(text);
  assert_true(t->len < sizeof t->text);
  memcpy(t->text, text, t->len + 1);
  assert_true(parse_text(t));
}

/* Puts `with` in the place of the first `what`, which must be there. */
static inline void edit_text(text_request *t, const char *what, const char *with) {
  char *at = strstr(t->text, what);
  assert_non_null(at);
  size_t tail = strlen(at + strlen(what)) + 1;
  assert_true(t->len + strlen(with) < sizeof t->text);
  memmove(at + strlen(with), at + strlen(what), tail);
  memcpy(at, with, strlen(with));
  t->len = strlen(t->text);
  assert_true(parse_text(t));
}

#define S3_CLIENT "reports" /* whose the access key is */

static inline csn_error sigv4_key(csn_key *key, csn_span id, csn_span secret, int64_t accept_until) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.client_id = csn_span_str(S3_CLIENT);
  config.key_id = id;
  config.secret = secret;
  config.accept_until = accept_until;
  return csn_sigv4_key_init(key, &config);
}

static inline csn_keyring *sigv4_ring(const char *id, const char *secret, int64_t accept_until) {
  csn_key key;
  csn_keyring *ring = test_keyring_new();
  assert_int_equal(sigv4_key(&key, csn_span_str(id), csn_span_str(secret), accept_until), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  csn_key_wipe(&key);
  return ring;
}

/* csn_sigv4_verify() with one state of the ring. */
static inline csn_reason sigv4_verify(const csn_keyring *ring, const csn_sigv4_policy *policy, csn_sigv4_cache *cache,
                                      const csn_request *request, int64_t now, csn_verdict *verdict) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(ring, &keys);
  csn_reason reason = csn_sigv4_verify(&keys, policy, cache, request, now, verdict);
  csn_keyring_read_end(&keys);
  return reason;
}

/* The examples of the Amazon S3 API reference. */
#define S3_ID "AKIAIOSFODNN7EXAMPLE"
#define S3_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define S3_NOW INT64_C(1369353600) /* 2013-05-24T00:00:00Z */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_AUTH(signed_headers, signature)           \
  "Authorization:AWS4-HMAC-SHA256 Credential=" S3_ID \
  "/20130524/us-east-1/s3/aws4_request,SignedHeaders=" signed_headers ",Signature=" signature "\n"
#define S3_HEAD "host:examplebucket.s3.amazonaws.com\nx-amz-date:20130524T000000Z\n"

#define S3_PUT                                                                                       \
  "PUT /test%24file.text\nDate:Fri, 24 May 2013 00:00:00 GMT\n" S3_HEAD                              \
  "x-amz-storage-class:REDUCED_REDUNDANCY\n"                                                         \
  "x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n" S3_AUTH( \
      "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",                               \
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd") "\nWelcome to Amazon S3."
#define S3_PRESIGNED                                                                                           \
  "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" S3_ID                                     \
  "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"                \
  "&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404" \
  "\nhost:examplebucket.s3.amazonaws.com\n\n"

static inline csn_sigv4_policy s3_policy(void) {
  csn_sigv4_policy policy = CSN_SIGV4_POLICY_DEFAULT;
  policy.region = csn_span_str("us-east-1");
  policy.service = csn_span_str("s3");
  policy.path = CSN_SIGV4_PATH_S3;
  policy.unsigned_payload = true;
  return policy;
}

#endif
