/* AWS Signature Version 4: what is refused, each for its own reason, beside its accepted neighbour. */
#include "sigv4_support.h"

#include "guarded.h"

#define ACCEPTED CSN_REASON_ACCEPTED

typedef struct edit_row {
  const char *what, *with;
  csn_reason reason;
} edit_row;

static csn_reason verify_with(const csn_sigv4_policy *policy, const csn_request *request, csn_verdict *verdict) {
  csn_keyring *ring = sigv4_ring(S3_ID, S3_SECRET, 0);
  csn_reason reason = sigv4_verify(ring, policy, NULL, request, S3_NOW, verdict);
  csn_keyring_free(ring);
  assert_int_equal(reason, verdict->reason);
  return reason;
}

static csn_reason reason_of(const csn_sigv4_policy *policy, const csn_request *request) {
  csn_verdict verdict;
  return verify_with(policy, request, &verdict);
}

/* Each edit of `text`, which itself is accepted. */
static void check_edits(const char *text, const edit_row *rows, size_t count) {
  static text_request t;
  csn_sigv4_policy policy = s3_policy();
  set_text(&t, text);
  assert_int_equal(reason_of(&policy, &t.request), ACCEPTED);
  for (size_t i = 0; i < count; i++) {
    set_text(&t, text);
    edit_text(&t, rows[i].what, rows[i].with);
    csn_reason reason = reason_of(&policy, &t.request);
    if (reason != rows[i].reason) fail_msg("%s -> %s: %s", rows[i].what, rows[i].with, csn_reason_label(reason));
  }
}
#define CHECK_EDITS(text, rows) check_edits(text, rows, sizeof(rows) / sizeof((rows)[0]))

static void authorization_header(void **state) {
  static const edit_row rows[] = {
      {",SignedHeaders", ", SignedHeaders", ACCEPTED},
      {",SignedHeaders", "  ,   SignedHeaders", ACCEPTED},
      {"AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256  ", ACCEPTED},
      {"AWS4-HMAC-SHA256 ", "aws4-hmac-sha256 ", CSN_REASON_FIELD_MALFORMED},
      {"AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA2560 ", CSN_REASON_FIELD_MALFORMED},
      {"AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", CSN_REASON_FIELD_MALFORMED},
      {"AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256", CSN_REASON_FIELD_MALFORMED},
      {"Credential=", "Credential", CSN_REASON_FIELD_UNKNOWN},
      {"Credential=", "credential=", CSN_REASON_FIELD_UNKNOWN},
      {"Credential=", "Credential =", CSN_REASON_FIELD_UNKNOWN},
      {"Credential=", "X=1,Credential=", CSN_REASON_FIELD_UNKNOWN},
      {",Signature=", ",Signature=0,Signature=", CSN_REASON_FIELD_REPEATED},
      {",Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", "", CSN_REASON_FIELD_MISSING},
      {"971af0ece108bd", "971af0ece108bd,", CSN_REASON_FIELD_MALFORMED},
      {"971af0ece108bd", "971af0ece108b", CSN_REASON_SIGNATURE_LENGTH},
      {"971af0ece108bd", "971af0ece108bd0", CSN_REASON_SIGNATURE_LENGTH},
      {"971af0ece108bd", "971af0ece108bg", CSN_REASON_SIGNATURE_ENCODING},
      {"971af0ece108bd", "971af0ece108be", CSN_REASON_SIGNATURE_MISMATCH},
      {"971af0ece108bd", "971AF0ECE108BD", ACCEPTED},
      {"Authorization:", "Other:", CSN_REASON_FIELD_MISSING},
      {"Authorization:", "Authorization:x\nAuthorization:", CSN_REASON_FIELD_REPEATED},
      {"text\n", "text?X-Amz-Algorithm=AWS4-HMAC-SHA256\n", CSN_REASON_FIELD_MISSING},
      {"text\n", "text?X-Amz-Signature=0\n", CSN_REASON_FIELD_MISSING},
  };
  (void)state;
  CHECK_EDITS(S3_PUT, rows);
}

static void credential_and_scope(void **state) {
  static const edit_row rows[] = {
      {S3_ID, "", CSN_REASON_KID_INVALID},
      {S3_ID, "AKIA\"", CSN_REASON_KEY_UNKNOWN},
      {S3_ID, S3_ID "X", CSN_REASON_KEY_UNKNOWN},
      {"/20130524/", "/20130525/", CSN_REASON_SCOPE_MISMATCH},
      {"/20130524/", "/2013052/", CSN_REASON_SCOPE_MISMATCH},
      {"/us-east-1/", "/us-east-2/", CSN_REASON_SCOPE_MISMATCH},
      {"/us-east-1/", "//", CSN_REASON_SCOPE_MISMATCH},
      {"/s3/", "/s4/", CSN_REASON_SCOPE_MISMATCH},
      {"/aws4_request", "/aws4_reques", CSN_REASON_SCOPE_MISMATCH},
      {"/aws4_request", "/aws4_request/", CSN_REASON_FIELD_MALFORMED},
      {"/aws4_request", "", CSN_REASON_FIELD_MALFORMED},
      {"/us-east-1/", "/us-east-1/x/", CSN_REASON_FIELD_MALFORMED},
  };
  (void)state;
  CHECK_EDITS(S3_PUT, rows);
}

static void headers_and_their_names(void **state) {
  static const edit_row rows[] = {
      {"=date;host;", "=host;date;", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"=date;host;", "=date;date;host;", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"=date;host;", "=Date;host;", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"=date;host;", "=;date;host;", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"=date;host;", "=date;;host;", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"=date;host;", "=date ;host;", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"x-amz-storage-class,", "x-amz-storage-class;,", CSN_REASON_SIGNED_HEADERS_INVALID},
      {"=date;host;", "=date;", CSN_REASON_HEADER_NOT_SIGNED},
      {";x-amz-storage-class,", ",", CSN_REASON_HEADER_NOT_SIGNED},
      {"x-amz-storage-class:", "X-AMZ-New:1\nx-amz-storage-class:", CSN_REASON_HEADER_NOT_SIGNED},
      {"x-amz-storage-class:", "X-Amzn-New:1\nx-amz-storage-class:", ACCEPTED},
      {"=date;host;", "=date;expect;host;", CSN_REASON_FIELD_MISSING},
      {"host:examplebucket.s3.amazonaws.com\n", "", CSN_REASON_FIELD_MISSING},
      {"host:e", "host:a\nhost:e", CSN_REASON_FIELD_REPEATED},
      {"x-amz-date:", "X-Amz-Date:20130524T000000Z\nx-amz-date:", CSN_REASON_FIELD_REPEATED},
      {"x-amz-content", "X-Amz-Content-Sha256:x\nx-amz-content", CSN_REASON_FIELD_REPEATED},
      {"host:e", "x-amz-security-token:1\nx-amz-security-token:1\nhost:e", CSN_REASON_FIELD_REPEATED},
      {"x-amz-storage-class:", "x-amz-storage-class:A\nx-amz-storage-class:", CSN_REASON_SIGNATURE_MISMATCH},
      {"Fri, 24 May", "Fri,  24 \t May", ACCEPTED}, /* one space for each run */
      {"Fri, 24 May", "Fri,24 May", CSN_REASON_SIGNATURE_MISMATCH},
      {"REDUCED_REDUNDANCY", "  REDUCED_REDUNDANCY \t", ACCEPTED},
      {"REDUCED_REDUNDANCY", "REDUCED_REDUNDANCY\r", CSN_REASON_HEADER_VALUE_INVALID},
  };
  (void)state;
  CHECK_EDITS(S3_PUT, rows);
}

static void date_payload_and_target(void **state) {
  static const edit_row rows[] = {
      {"x-amz-date:20130524T000000Z\n", "", CSN_REASON_FIELD_MISSING},
      {"x-amz-date:20130524T", "x-amz-date:20130524t", CSN_REASON_TIMESTAMP_INVALID},
      {"x-amz-date:20130524T000000Z", "x-amz-date:1369353600", CSN_REASON_TIMESTAMP_INVALID},
      {"Welcome", "welcome", CSN_REASON_PAYLOAD_HASH_MISMATCH},
      {"Welcome to Amazon S3.", "", CSN_REASON_PAYLOAD_HASH_MISMATCH},
      {"b072\n", "b07\n", CSN_REASON_PAYLOAD_HASH_INVALID},
      {"b072\n", "b0720\n", CSN_REASON_PAYLOAD_HASH_INVALID},
      {"b072\n", "b07g\n", CSN_REASON_PAYLOAD_HASH_INVALID},
      {"b072\n", "b073\n", CSN_REASON_SIGNATURE_MISMATCH},
      {"x-amz-content-sha256:", "x:", CSN_REASON_FIELD_MISSING},
      {"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
       CSN_REASON_PAYLOAD_STREAMING},
      {"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
       CSN_REASON_PAYLOAD_STREAMING},
      {"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "UNSIGNED-PAYLOAD",
       CSN_REASON_SIGNATURE_MISMATCH},
      {"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "", CSN_REASON_PAYLOAD_HASH_INVALID},
      {"%24", "%2", CSN_REASON_TARGET_INVALID}, /* an "f" follows, which is not upper-case */
      {"/test", "test", CSN_REASON_TARGET_INVALID},
      {"/test", "http://h/test", CSN_REASON_TARGET_INVALID},
      {"/test", "/#test", CSN_REASON_TARGET_INVALID},
      {"/test", "/%2ftest", CSN_REASON_TARGET_INVALID},
      {"/test", "/%", CSN_REASON_TARGET_INVALID},
      {"/test", "/%2Ftest", CSN_REASON_SIGNATURE_MISMATCH},
      {"/test", "//test", CSN_REASON_SIGNATURE_MISMATCH},
      {"/test", "/./test", CSN_REASON_SIGNATURE_MISMATCH},
      {"text\n", "text?\n", ACCEPTED}, /* an empty query is none */
      {"text\n", "text?a\n", CSN_REASON_SIGNATURE_MISMATCH},
      {"text\n", "text?a+b\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a;b\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a%\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a%4\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a=%4g\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a=%2f\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?&a\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a&&b\n", CSN_REASON_QUERY_INVALID},
      {"text\n", "text?a&\n", CSN_REASON_QUERY_INVALID},
      {"PUT", "PUT\t", CSN_REASON_METHOD_INVALID},
  };
  (void)state;
  CHECK_EDITS(S3_PUT, rows);
}

static void presigned_parameters(void **state) {
  static const edit_row rows[] = {
      {"X-Amz-Algorithm=AWS4-HMAC-SHA256&", "", CSN_REASON_FIELD_MISSING},
      {"=AWS4-HMAC-SHA256", "=aws4-HMAC-SHA256", CSN_REASON_FIELD_MALFORMED},
      {"&X-Amz-Date=20130524T000000Z", "", CSN_REASON_FIELD_MISSING},
      {"&X-Amz-Expires=86400", "", CSN_REASON_FIELD_MISSING},
      {"&X-Amz-SignedHeaders=host", "", CSN_REASON_FIELD_MISSING},
      {"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", "",
       CSN_REASON_FIELD_MISSING},
      {"&X-Amz-Date=", "&X-Amz-Date=20130524T000000Z&X-Amz-Date=", CSN_REASON_FIELD_REPEATED},
      {"&X-Amz-Date=", "&X%2DAmz-Date=20130524T000000Z&X-Amz-Date=", CSN_REASON_FIELD_REPEATED},
      {"&X-Amz-Signature=", "&X-Amz-Signature=0&X-Amz-Signature=", CSN_REASON_FIELD_REPEATED},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=604800", CSN_REASON_SIGNATURE_MISMATCH},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=604801", CSN_REASON_EXPIRES_INVALID},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=1", CSN_REASON_SIGNATURE_MISMATCH},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=0", CSN_REASON_EXPIRES_INVALID},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=-1", CSN_REASON_EXPIRES_INVALID},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=086400", CSN_REASON_EXPIRES_INVALID},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=", CSN_REASON_EXPIRES_INVALID},
      {"&X-Amz-Expires=86400", "&X-Amz-Expires=1e3", CSN_REASON_EXPIRES_INVALID},
      {"%2Faws4_request", "", CSN_REASON_FIELD_MALFORMED},
      {"%2F20130524", "/20130524", ACCEPTED}, /* a slash is one byte either way */
      {"%2F20130524", "%2F20130525", CSN_REASON_SCOPE_MISMATCH},
      {"?X-Amz", "?a=1&X-Amz", CSN_REASON_SIGNATURE_MISMATCH},
      {"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential", "?X-Amz-Credential", CSN_REASON_FIELD_MISSING},
      {"\nhost", "\nAuthorization:x\nhost", CSN_REASON_FIELD_REPEATED},
      {"\nhost", "\nX-Amz-Date:20130524T000000Z\nhost", CSN_REASON_FIELD_REPEATED},
      {"\nhost", "\nx-amz-meta:1\nhost", CSN_REASON_HEADER_NOT_SIGNED},
      {"&X-Amz-Expires", "&X-Amz-Security-Token=1&X-Amz-Expires", CSN_REASON_SIGNATURE_MISMATCH},
      {"&X-Amz-Expires", "&X-Amz-Content-Sha256=1&X-Amz-Expires", CSN_REASON_PAYLOAD_HASH_INVALID},
  };
  (void)state;
  CHECK_EDITS(S3_PRESIGNED, rows);
}

static void the_order_of_parameters_does_not_count(void **state) {
  static text_request t;
  csn_sigv4_policy policy = s3_policy();
  (void)state;
  set_text(&t, S3_PRESIGNED);
  edit_text(&t, "&X-Amz-Expires=86400", "");
  edit_text(&t, "?", "?X-Amz-Expires=86400&");
  assert_int_equal(reason_of(&policy, &t.request), ACCEPTED);
}

/* A header that is signed, too, takes nothing from a parameter of its name. */
static void header_and_parameter_of_one_name(void **state) {
  static text_request t;
  csn_sigv4_policy policy = s3_policy();
  static const struct {
    const char *parameter, *header, *names;
  } rows[] = {
      {"&X-Amz-Security-Token=1&X-Amz-Date=", "\nx-amz-security-token:1\nhost:", "=host%3Bx-amz-security-token&"},
      {"&X-Amz-Content-Sha256=" EMPTY_SHA256 "&X-Amz-Date=", "\nx-amz-content-sha256:" EMPTY_SHA256 "\nhost:",
       "=host%3Bx-amz-content-sha256&"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    set_text(&t, S3_PRESIGNED);
    edit_text(&t, "=host&", rows[i].names);
    edit_text(&t, "\nhost:", rows[i].header);
    assert_int_equal(reason_of(&policy, &t.request), CSN_REASON_SIGNATURE_MISMATCH);
    edit_text(&t, "&X-Amz-Date=", rows[i].parameter);
    assert_int_equal(reason_of(&policy, &t.request), CSN_REASON_FIELD_REPEATED);
  }
}

/* ---- policy and keys ---- */

static void policy_decides(void **state) {
  static text_request t;
  csn_sigv4_policy policy = s3_policy();
  (void)state;
  set_text(&t, S3_PRESIGNED);
  policy.unsigned_payload = false;
  assert_int_equal(reason_of(&policy, &t.request), CSN_REASON_PAYLOAD_UNSIGNED);
  policy = s3_policy();
  policy.expires_max = 86400;
  assert_int_equal(reason_of(&policy, &t.request), ACCEPTED);
  policy.expires_max = 86399;
  assert_int_equal(reason_of(&policy, &t.request), CSN_REASON_EXPIRES_INVALID);
  policy.expires_max = 0;
  assert_int_equal(reason_of(&policy, &t.request), CSN_REASON_EXPIRES_INVALID);
}

static void policy_out_of_range_decides_nothing(void **state) {
  static text_request t;
  static char long_name[CSN_SIGV4_SCOPE_MAX + 1];
  csn_sigv4_policy good = s3_policy(), bad[11];
  (void)state;
  memset(long_name, 'a', sizeof long_name);
  for (size_t i = 0; i < 11; i++) bad[i] = good;
  bad[0].region.len = 0;
  bad[1].service = csn_span_of(NULL, 0);
  bad[2].region = csn_span_of(long_name, sizeof long_name);
  bad[3].service = csn_span_str("s/3");
  bad[4].path = (csn_sigv4_path)3;
  bad[5].window = 0;
  bad[6].window = CSN_SIGV4_WINDOW_MAX + 1;
  bad[7].expires_max = -1;
  bad[8].expires_max = CSN_SIGV4_EXPIRES_MAX + 1;
  bad[9].region = csn_span_str("us east");
  bad[10].path = (csn_sigv4_path)-1;
  set_text(&t, S3_PUT);
  for (size_t i = 0; i < 11; i++) {
    assert_false(csn_sigv4_policy_valid(&bad[i]));
    assert_int_equal(reason_of(&bad[i], &t.request), CSN_REASON_UNDECIDED);
  }
  good.window = CSN_SIGV4_WINDOW_MAX;
  good.region = csn_span_of(long_name, CSN_SIGV4_SCOPE_MAX);
  assert_true(csn_sigv4_policy_valid(&good));
}

static void keys_and_their_end(void **state) {
  static text_request t;
  csn_sigv4_policy policy = s3_policy();
  csn_verdict verdict;
  static const struct {
    const char *secret;
    int64_t until;
    csn_reason reason;
  } rows[] = {{S3_SECRET, S3_NOW, ACCEPTED},
              {S3_SECRET, S3_NOW - 1, CSN_REASON_KEY_EXPIRED},
              {"AWS4" S3_SECRET, 0, CSN_REASON_SIGNATURE_MISMATCH}};
  (void)state;
  set_text(&t, S3_PUT);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_keyring *ring = sigv4_ring(S3_ID, rows[i].secret, rows[i].until);
    assert_int_equal(sigv4_verify(ring, &policy, NULL, &t.request, S3_NOW, &verdict), rows[i].reason);
    assert_span(csn_name_span(&verdict.key_id), S3_ID);
    assert_span(csn_name_span(&verdict.client_id), S3_CLIENT);
    csn_keyring_free(ring);
  }
}

/* "AWS4" makes no short secret long, and hides no public key. */
static void secrets_are_checked_without_their_prefix(void **state) {
  csn_key key;
  csn_span id = csn_span_str(S3_ID);
  (void)state;
  assert_int_equal(sigv4_key(&key, id, csn_span_of(S3_SECRET, 31), 0), CSN_ERROR_KEY_TOO_SHORT);
  assert_int_equal(sigv4_key(&key, id, csn_span_of(S3_SECRET, 32), 0), CSN_OK);
  assert_int_equal(sigv4_key(&key, id, csn_span_of(NULL, 0), 0), CSN_ERROR_KEY_TOO_SHORT);
  assert_int_equal(sigv4_key(&key, id, csn_span_str("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"), 0),
                   CSN_ERROR_KEY_IS_ASYMMETRIC);
  assert_int_equal(sigv4_key(&key, csn_span_of(NULL, 0), csn_span_str(S3_SECRET), 0), CSN_ERROR_ID_INVALID);
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.client_id = csn_span_str(S3_CLIENT);
  config.key_id = id;
  config.secret = csn_span_str(S3_SECRET);
  assert_int_equal(csn_sigv4_key_init(&key, &config), CSN_OK);
  assert_span(csn_key_id(&key), S3_ID);
  config.uses = CSN_USE_REQUEST | CSN_USE_TOKEN;
  assert_int_equal(csn_sigv4_key_init(&key, &config), CSN_ERROR_ALGORITHM_UNSUPPORTED);
  config.uses = CSN_USE_TOKEN;
  config.alg = CSN_ALG_HS384;
  config.allow_legacy_short = true;
  assert_int_equal(csn_sigv4_key_init(&key, &config), CSN_ERROR_ALGORITHM_UNSUPPORTED);
}

/* ---- limits ---- */

/* Signs what stands in `t`, which has no body, and adds the header. */
static csn_error sign_text(text_request *t, const char *signed_headers) {
  static char line[CSN_SIGV4_AUTHORIZATION_MAX + 32];
  csn_sigv4_policy policy = s3_policy();
  csn_key key;
  size_t len;
  const char *start = "Authorization:";
  assert_int_equal(sigv4_key(&key, csn_span_str(S3_ID), csn_span_str(S3_SECRET), 0), CSN_OK);
  memcpy(line, start, strlen(start));
  csn_error error = csn_sigv4_sign(&policy, &key, &t->request, csn_span_str(signed_headers), line + strlen(start),
                                   CSN_SIGV4_AUTHORIZATION_MAX, &len);
  if (error != CSN_OK) return error;
  memcpy(line + strlen(start) + len, "\n\n", 3);
  t->len--; /* the empty line; there is no body */
  memcpy(t->text + t->len, line, strlen(line) + 1);
  t->len += strlen(line);
  assert_true(parse_text(t));
  return CSN_OK;
}

#define BASE_SIGNED "host;x-amz-content-sha256;x-amz-date"
#define BASE_TAIL "\n" S3_HEAD "x-amz-content-sha256:" EMPTY_SHA256 "\n\n"

/* `count` parameters, of which the last one is `len` bytes. */
static csn_reason reason_of_query(size_t count, size_t len) {
  static text_request t;
  static char text[TEXT_ROOM];
  csn_sigv4_policy policy = s3_policy();
  size_t at = (size_t)snprintf(text, sizeof text, "GET /?");
  for (size_t i = 1; i < count; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%zu&", i % 10);
  memset(text + at, 'a', len);
  memcpy(text + at + len, BASE_TAIL, sizeof BASE_TAIL);
  set_text(&t, text);
  csn_error error = sign_text(&t, BASE_SIGNED);
  csn_reason reason = CSN_REASON_UNDECIDED;
  if (error == CSN_OK) return reason_of(&policy, &t.request);
  edit_text(&t, "\n\n", "\n" S3_AUTH(BASE_SIGNED, EMPTY_SHA256) "\n");
  reason = reason_of(&policy, &t.request);
  assert_int_not_equal(reason, CSN_REASON_SIGNATURE_MISMATCH);
  return reason;
}

static void sizes_are_bounded(void **state) {
  (void)state;
  assert_int_equal(reason_of_query(CSN_SIGV4_PARAMS_MAX, 1), ACCEPTED);
  assert_int_equal(reason_of_query(CSN_SIGV4_PARAMS_MAX + 1, 1), CSN_REASON_CANONICAL_LIMIT);
  assert_int_equal(reason_of_query(1, CSN_SIGV4_QUERY_MAX), ACCEPTED);
  assert_int_equal(reason_of_query(1, CSN_SIGV4_QUERY_MAX + 1), CSN_REASON_CANONICAL_LIMIT);
}

static void canonical_request_is_bounded(void **state) {
  static text_request t;
  static char text[TEXT_ROOM];
  (void)state;
  for (size_t extra = 0; extra < 2; extra++) {
    static const char fixed[] =
        "GET\n/\n\n" S3_HEAD "x-amz-content-sha256:" EMPTY_SHA256 "\n\n" BASE_SIGNED "\n" EMPTY_SHA256;
    size_t len = CSN_SIGV4_CANONICAL_MAX - (sizeof fixed - 1) + extra;
    memcpy(text, "GET /", 5);
    memset(text + 5, 'a', len);
    memcpy(text + 5 + len, BASE_TAIL, sizeof BASE_TAIL);
    set_text(&t, text);
    assert_int_equal(sign_text(&t, BASE_SIGNED), extra == 0 ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT);
  }
}

/* Nothing is read beyond the request: cut anywhere, with a page behind it that may not be touched. */
static void no_byte_beyond_the_request_is_read(void **state) {
  static text_request t;
  static const char *const texts[] = {S3_PUT, S3_PRESIGNED};
  guarded page = guarded_new(CSN_TARGET_MAX);
  csn_sigv4_policy policy = s3_policy();
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    set_text(&t, texts[i]);
    csn_span *cut = i == 0 ? &t.headers[t.request.header_count - 1].value : &t.request.target;
    csn_span whole = *cut;
    for (size_t len = 0; len <= whole.len; len++) {
      *cut = guarded_copy(&page, csn_span_of(whole.ptr, len));
      assert_int_equal(reason_of(&policy, &t.request) == ACCEPTED, len == whole.len);
    }
  }
  guarded_free(&page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(authorization_header),
      cmocka_unit_test(credential_and_scope),
      cmocka_unit_test(headers_and_their_names),
      cmocka_unit_test(date_payload_and_target),
      cmocka_unit_test(presigned_parameters),
      cmocka_unit_test(the_order_of_parameters_does_not_count),
      cmocka_unit_test(header_and_parameter_of_one_name),
      cmocka_unit_test(policy_decides),
      cmocka_unit_test(policy_out_of_range_decides_nothing),
      cmocka_unit_test(keys_and_their_end),
      cmocka_unit_test(secrets_are_checked_without_their_prefix),
      cmocka_unit_test(sizes_are_bounded),
      cmocka_unit_test(canonical_request_is_bounded),
      cmocka_unit_test(no_byte_beyond_the_request_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
