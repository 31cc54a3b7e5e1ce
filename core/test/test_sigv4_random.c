/* AWS Signature Version 4 beside a second implementation: random requests, whose canonical form is put together from
 * the same parts as their text, signed with libcrypto's HMAC(). */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "sigv4_support.h"

enum { ROUNDS = 20000, PARTS = 6 };

typedef struct pair {
  char name[64], value[64]; /* encoded */
} pair;

/* xorshift64*: the same requests each time. */
static uint64_t random_state = 88172645463325252u;
static unsigned below(unsigned limit) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (unsigned)((random_state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

static void append(char *out, const char *text) {
  strcpy(out + strlen(out), text);
}

/* One random byte: as it may stand on the wire, and as it is signed. */
static void random_byte(char *wire, char *canonical, bool escape_again) {
  static const char plain[] = "abcXYZ019-._~";
  static const char raw[] = "!$'()*,:@[]\"<>\\^`{|}\xe1\x88\xb4";
  char escape[8], twice[8];
  unsigned kind = below(4);
  char byte = kind == 0 ? (char)below(256) : kind == 1 ? raw[below(sizeof raw - 1)] : plain[below(sizeof plain - 1)];
  (void)snprintf(escape, sizeof escape, "%%%02X", (unsigned)(uint8_t)byte);
  (void)snprintf(twice, sizeof twice, "%%25%02X", (unsigned)(uint8_t)byte);
  char one[2] = {byte, 0};
  append(wire, kind == 0 ? escape : one);
  if (kind == 0 && escape_again) {
    append(canonical, twice);
  } else if (byte != 0 && strchr(plain, byte) != NULL && kind > 1) {
    append(canonical, one);
  } else {
    bool unreserved = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                      byte == '-' || byte == '.' || byte == '_' || byte == '~';
    append(canonical, unreserved ? one : escape);
  }
}

static int by_name_and_value(const void *a, const void *b) {
  const pair *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  return order != 0 ? order : strcmp(x->value, y->value);
}

static void random_path(char *wire, char *canonical, bool s3) {
  unsigned segments = below(4);
  wire[0] = canonical[0] = 0;
  for (unsigned i = 0; i < segments; i++) {
    append(wire, "/s");
    append(canonical, "/s");
    for (unsigned k = below(8); k > 0; k--) random_byte(wire, canonical, !s3);
  }
  if (segments == 0 || below(2) == 0) {
    append(wire, "/");
    append(canonical, "/");
  }
}

static void random_query(char *wire, char *canonical) {
  pair pairs[PARTS] = {0};
  unsigned count = below(PARTS + 1);
  wire[0] = canonical[0] = 0;
  for (unsigned i = 0; i < count; i++) {
    append(wire, i == 0 ? "?" : "&");
    append(wire, "n");
    append(pairs[i].name, "n");
    for (unsigned k = below(4); k > 0; k--) random_byte(wire, pairs[i].name, false);
    if (below(4) == 0) continue; /* no "=" on the wire, but in what is signed */
    append(wire, "=");
    for (unsigned k = below(4); k > 0; k--) random_byte(wire, pairs[i].value, false);
  }
  qsort(pairs, count, sizeof pairs[0], by_name_and_value);
  for (unsigned i = 0; i < count; i++) {
    append(canonical, i == 0 ? "" : "&");
    append(canonical, pairs[i].name);
    append(canonical, "=");
    append(canonical, pairs[i].value);
  }
}

/* A value with runs of spaces in it and around it. */
static void random_value(char *wire, char *canonical) {
  unsigned words = 1 + below(3);
  wire[0] = canonical[0] = 0;
  for (unsigned i = 0; i < words; i++) {
    char word[8];
    (void)snprintf(word, sizeof word, "w%u", below(1000));
    for (unsigned k = i == 0 ? below(3) : 1 + below(3); k > 0; k--) append(wire, " ");
    append(wire, word);
    append(canonical, i == 0 ? "" : " ");
    append(canonical, word);
  }
  for (unsigned k = below(3); k > 0; k--) append(wire, " ");
}

static void hex_of(const uint8_t *bytes, char out[65]) {
  for (size_t i = 0; i < 32; i++) (void)snprintf(out + 2 * i, 3, "%02x", (unsigned)bytes[i]);
}

static void hash_hex(const char *text, char out[65]) {
  uint8_t hash[32];
  assert_int_equal(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL), 1);
  hex_of(hash, out);
}

static void sign_canonical(const char *canonical, const char *service, char out[65]) {
  char to_sign[512], hash[65];
  const char *const steps[] = {"20130524", "us-east-1", service, "aws4_request", to_sign};
  uint8_t key[64] = "AWS4" S3_SECRET;
  int key_len = (int)strlen("AWS4" S3_SECRET);
  hash_hex(canonical, hash);
  (void)snprintf(to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/%s/aws4_request\n%s",
                 service, hash);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    uint8_t mac[32];
    unsigned len = 0;
    assert_non_null(HMAC(EVP_sha256(), key, key_len, (const uint8_t *)steps[i], strlen(steps[i]), mac, &len));
    memcpy(key, mac, sizeof mac);
    key_len = (int)len;
  }
  hex_of(key, out);
}

/* One random request, with the other implementation's signature. */
static void random_request(text_request *t, bool s3) {
  static char text[8192], canonical[8192];
  char path[256], signed_path[256], query[512], signed_query[512], one[64], signed_one[64], two[64], signed_two[64];
  char body[32], hash[65], signature[65];
  const char *service = s3 ? "s3" : "service";
  random_path(path, signed_path, s3);
  random_query(query, signed_query);
  random_value(one, signed_one);
  random_value(two, signed_two);
  (void)snprintf(body, sizeof body, "body %u", below(1000));
  hash_hex(body, hash);
  (void)snprintf(canonical, sizeof canonical,
                 "POST\n%s\n%s\nhost:h\nmy-header:%s,%s\nx-amz-content-sha256:%s\nx-amz-date:20130524T000000Z\n\n"
                 "host;my-header;x-amz-content-sha256;x-amz-date\n%s",
                 signed_path, signed_query, signed_one, signed_two, hash, hash);
  sign_canonical(canonical, service, signature);
  (void)snprintf(text, sizeof text,
                 "POST %s%s\nmy-header:%s\nx-amz-content-sha256:%s\nX-Amz-Date:20130524T000000Z\nMy-Header:%s\nHost:h\n"
                 "authorization:AWS4-HMAC-SHA256 Credential=" S3_ID
                 "/20130524/us-east-1/%s/aws4_request, SignedHeaders=host;my-header;x-amz-content-sha256;x-amz-date, "
                 "Signature=%s\n\n%s",
                 path, query, one, hash, two, service, signature, body);
  set_text(t, text);
}

static void both_make_one_signature(void **state) {
  static text_request t;
  csn_keyring *ring = sigv4_ring(S3_ID, S3_SECRET, 0);
  (void)state;
  for (int i = 0; i < ROUNDS; i++) {
    csn_sigv4_policy policy = s3_policy();
    csn_verdict verdict;
    bool s3 = i % 2 == 0;
    if (!s3) {
      policy.service = csn_span_str("service");
      policy.path = i % 4 == 1 ? CSN_SIGV4_PATH_NORMALIZED : CSN_SIGV4_PATH_ENCODED;
    }
    random_request(&t, s3);
    csn_reason reason = sigv4_verify(ring, &policy, NULL, &t.request, S3_NOW, &verdict);
    if (reason != CSN_REASON_ACCEPTED) fail_msg("%s: %s", csn_reason_label(reason), t.text);
    char *at = strstr(t.text, "\n\nbody ") + 2; /* the negative control */
    *at = 'B';
    assert_int_equal(sigv4_verify(ring, &policy, NULL, &t.request, S3_NOW, &verdict), CSN_REASON_PAYLOAD_HASH_MISMATCH);
  }
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(both_make_one_signature)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
