/* Content-Digest: RFC 9530's own values, and what is refused. */
#include <countersign/http_signature.h>
#include <openssl/evp.h>

#include "support.h"

/* RFC 9530 appendix B.1: `{"hello": "world"}` and a line feed; RFC 9421 appendix B.2: the same without it. */
#define HELLO_LF "{\"hello\": \"world\"}\n"
#define HELLO "{\"hello\": \"world\"}"
#define LF_256 "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
#define HELLO_256 "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
#define HELLO_512 "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
#define EMPTY_256 "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"

static csn_verdict verdict;

static csn_reason check_body(const char *value, csn_span body) {
  csn_header headers[] = {{csn_span_str("Host"), csn_span_str("example.com")},
                          {csn_span_str("CONTENT-Digest"), csn_span_str(value)}};
  csn_request request = {.headers = headers, .header_count = 2, .body = body};
  memset(&verdict, 0, sizeof verdict);
  verdict.reason = csn_content_digest_check(&request, &verdict);
  return verdict.reason;
}

typedef struct example {
  const char *value, *body;
  csn_reason reason;
  size_t offset;
} example;

static const example examples[] = {
    {LF_256, HELLO_LF, CSN_REASON_ACCEPTED, 0},
    {HELLO_256, HELLO, CSN_REASON_ACCEPTED, 0},
    {HELLO_512, HELLO, CSN_REASON_ACCEPTED, 0},
    {HELLO_256 ", " HELLO_512, HELLO, CSN_REASON_ACCEPTED, 0},
    {"md5=:AA==:, " HELLO_256 ", x=::", HELLO, CSN_REASON_ACCEPTED, 0},
    {HELLO_256 ";p=1", HELLO, CSN_REASON_ACCEPTED, 0},
    {EMPTY_256, "", CSN_REASON_ACCEPTED, 0},
    {LF_256, HELLO, CSN_REASON_DIGEST_MISMATCH, 0},
    {EMPTY_256, "a", CSN_REASON_DIGEST_MISMATCH, 0},
    {HELLO_512, HELLO_LF, CSN_REASON_DIGEST_MISMATCH, 0},
    {"a=::, " LF_256 ", " HELLO_512, HELLO, CSN_REASON_DIGEST_MISMATCH, 6}, /* every one must match */
    {HELLO_512 ", " LF_256, HELLO, CSN_REASON_DIGEST_MISMATCH, sizeof HELLO_512 + 1},
    {"", HELLO, CSN_REASON_DIGEST_UNSUPPORTED, 0},
    {"md5=:AA==:", HELLO, CSN_REASON_DIGEST_UNSUPPORTED, 0},
    {"SHA-256=:AA==:", HELLO, CSN_REASON_DIGEST_INVALID, 0},
    {"sha-25=:AA==:", HELLO, CSN_REASON_DIGEST_UNSUPPORTED, 0},
    {"sha-256", HELLO, CSN_REASON_DIGEST_INVALID, 0},
    {"sha-256=::", HELLO, CSN_REASON_DIGEST_INVALID, 0},
    {"sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\"", HELLO, CSN_REASON_DIGEST_INVALID, 0},
    {"sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", HELLO, CSN_REASON_DIGEST_INVALID, 51},
    {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:", HELLO, CSN_REASON_DIGEST_INVALID, 52},
    {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBA==:", HELLO, CSN_REASON_DIGEST_INVALID, 0}, /* 31 bytes */
    {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPEA:", HELLO, CSN_REASON_DIGEST_INVALID, 0}, /* 33 bytes */
    {HELLO_256 ", a=1", HELLO, CSN_REASON_DIGEST_INVALID, sizeof HELLO_256 + 1},
    {HELLO_256 ", " HELLO_256, HELLO, CSN_REASON_DIGEST_INVALID, sizeof HELLO_256 + 1},
    {HELLO_256 ",", HELLO, CSN_REASON_DIGEST_INVALID, sizeof HELLO_256 - 1},
};

static void every_known_digest_must_be_the_bodys(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    const example *e = &examples[i];
    csn_reason reason = check_body(e->value, csn_span_str(e->body));
    if (reason != e->reason || verdict.offset != e->offset) {
      fail_msg("%s: %s at %zu", e->value, csn_reason_label(reason), verdict.offset);
    }
    assert_int_equal(verdict.header_index, reason == CSN_REASON_ACCEPTED ? 0 : 1);
    assert_int_equal(verdict.field, reason == CSN_REASON_ACCEPTED ? CSN_FIELD_NONE : CSN_FIELD_HEADER);
  }
}

static void an_absent_body_is_an_empty_one(void **state) {
  (void)state;
  assert_int_equal(check_body(EMPTY_256, csn_span_of(NULL, 0)), CSN_REASON_ACCEPTED);
}

static void the_field_is_there_once(void **state) {
  csn_header headers[] = {{csn_span_str("content-digest"), csn_span_str(HELLO_256)},
                          {csn_span_str("content-digest"), csn_span_str(HELLO_512)}};
  csn_request request = {.headers = headers, .header_count = 2, .body = csn_span_str(HELLO)};
  (void)state;
  memset(&verdict, 0, sizeof verdict);
  assert_int_equal(csn_content_digest_check(&request, &verdict), CSN_REASON_FIELD_REPEATED);
  assert_int_equal(verdict.header_index, 1);
  request.header_count = 1;
  assert_int_equal(csn_content_digest_check(&request, &verdict), CSN_REASON_ACCEPTED);
  request.header_count = 0;
  assert_int_equal(csn_content_digest_check(&request, &verdict), CSN_REASON_FIELD_MISSING);
  assert_int_equal(verdict.field, CSN_FIELD_HEADER);
}

static void any_flipped_bit_of_the_body_is_a_mismatch(void **state) {
  uint8_t body[sizeof HELLO - 1];
  (void)state;
  memcpy(body, HELLO, sizeof body);
  for (size_t bit = 0; bit < 8 * sizeof body; bit++) {
    body[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_equal(check_body(HELLO_256, csn_span_of(body, sizeof body)), CSN_REASON_DIGEST_MISMATCH);
    assert_int_equal(check_body(HELLO_512, csn_span_of(body, sizeof body)), CSN_REASON_DIGEST_MISMATCH);
    body[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  assert_int_equal(check_body(HELLO_512, csn_span_of(body, sizeof body)), CSN_REASON_ACCEPTED);
}

/* A flipped bit of the field never leaves it accepted, but in a letter that nothing reads. */
static void any_flipped_bit_of_the_digest_is_refused(void **state) {
  char value[] = HELLO_512;
  (void)state;
  for (size_t bit = 0; bit < 8 * (sizeof value - 1); bit++) {
    value[bit / 8] = (char)(value[bit / 8] ^ 1 << bit % 8);
    if (value[bit / 8] != 0) assert_int_not_equal(check_body(value, csn_span_str(HELLO)), CSN_REASON_ACCEPTED);
    value[bit / 8] = (char)(value[bit / 8] ^ 1 << bit % 8);
  }
  assert_int_equal(check_body(value, csn_span_str(HELLO)), CSN_REASON_ACCEPTED);
}

/* Bodies of each length up to two blocks, against OpenSSL's other interface. */
static void digests_are_those_of_another_interface(void **state) {
  uint8_t body[260], hash[EVP_MAX_MD_SIZE];
  (void)state;
  for (size_t len = 0; len < sizeof body; len++) {
    char value[160] = "sha-256=:";
    unsigned hash_len = 0;
    body[len] = (uint8_t)(len * 151 + 3);
    assert_int_equal(EVP_Digest(body, len, hash, &hash_len, len % 2 == 0 ? EVP_sha256() : EVP_sha512(), NULL), 1);
    if (len % 2 == 1) memcpy(value, "sha-512=:", 9);
    int encoded = EVP_EncodeBlock((uint8_t *)value + 9, hash, (int)hash_len);
    strcpy(value + 9 + encoded, ":");
    assert_int_equal(check_body(value, csn_span_of(body, len)), CSN_REASON_ACCEPTED);
    assert_int_equal(check_body(value, csn_span_of(body, len + 1)), CSN_REASON_DIGEST_MISMATCH);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_known_digest_must_be_the_bodys),
      cmocka_unit_test(an_absent_body_is_an_empty_one),
      cmocka_unit_test(the_field_is_there_once),
      cmocka_unit_test(any_flipped_bit_of_the_body_is_a_mismatch),
      cmocka_unit_test(any_flipped_bit_of_the_digest_is_refused),
      cmocka_unit_test(digests_are_those_of_another_interface),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
