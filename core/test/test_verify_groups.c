/* Batches that do not fit in one round of a group, and what a client's keys make of several signatures. */
#include <countersign/verifier.h>

#include "../src/credential.h"
#include "keyring_support.h"

#define NOW INT64_C(1790000000)

enum { REQUESTS = 40, LINES = CSN_SIGNED_LINES_MAX - 2, FORGED = 29 };

static csn_keyring *ring;

static csn_key key_of(const char *id, csn_alg alg) {
  csn_key key = make_key_of("client", id, CSN_USE_REQUEST, alg);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  return key;
}

static csn_verifier *verifier_of(const csn_scheme *scheme) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  csn_verifier *verifier = NULL;
  config.scheme = scheme;
  config.keyring = ring;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  return verifier;
}

/* ---- as many parts as a canonical string may have ---- */

static char names[LINES][8], list[256];
static csn_header headers[REQUESTS][LINES + CSN_SIGNED_HEADERS_MAX];
static csn_request requests[REQUESTS];
static csn_verdict verdicts[REQUESTS];

static void make_list(void) {
  strcpy(list, "date request-line");
  for (size_t i = 0; i < LINES; i++) {
    (void)snprintf(names[i], sizeof names[i], " x-%zu", i);
    strcat(list, names[i]);
  }
}

static void make_request(size_t at, const csn_scheme *scheme, const csn_key *key) {
  static csn_signed made[REQUESTS];
  csn_request *request = &requests[at];
  for (size_t i = 0; i < LINES; i++) {
    headers[at][i] = (csn_header){csn_span_str(names[i] + 1), csn_span_of(list, at + i)};
  }
  *request = (csn_request){
      .method = csn_span_str("GET"), .target = csn_span_str("/"), .headers = headers[at], .header_count = LINES};
  csn_sign_input input = {
      .scheme = scheme, .key = key, .request = request, .timestamp = NOW, .signed_headers = csn_span_str(list)};
  assert_int_equal(csn_sign_request(&made[at], &input), CSN_OK);
  memcpy(headers[at] + LINES, made[at].headers, made[at].header_count * sizeof headers[at][0]);
  request->header_count += made[at].header_count;
  if (at == FORGED) headers[at][LINES - 1].value.len--;
}

static void a_group_whose_strings_have_the_most_parts_is_verified_in_rounds(void **state) {
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str("kong"));
  (void)state;
  ring = test_keyring_new();
  csn_key key = key_of("1", CSN_ALG_HS256);
  csn_verifier *verifier = verifier_of(scheme);
  make_list();
  for (size_t i = 0; i < REQUESTS; i++) make_request(i, scheme, &key);
  csn_verify_batch(verifier, requests, verdicts, REQUESTS, NOW);
  for (size_t i = 0; i < REQUESTS; i++) {
    csn_reason wanted = i == FORGED ? CSN_REASON_SIGNATURE_MISMATCH : CSN_REASON_ACCEPTED;
    assert_int_equal(verdicts[i].reason, wanted);
  }
  csn_verifier_free(verifier);
  csn_keyring_free(ring);
  csn_key_wipe(&key);
}

/* ---- signatures of several lengths ---- */

static const csn_scheme several = {
    .name = "several",
    .forms = {{.separator = ',',
               .many_signatures = true,
               .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "id", NULL, NULL},
                             {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "time", NULL, NULL},
                             {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "signatures", NULL, "v1"}}}},
    .template_text = "{client_id}\n{timestamp}",
    .signature_encoding = CSN_ENCODING_HEX,
};

static csn_span signature_by(const csn_key *key, csn_signed *made) {
  const csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_sign_input input = {.scheme = &several, .key = key, .request = &request, .timestamp = NOW};
  assert_int_equal(csn_sign_request(made, &input), CSN_OK);
  return made->headers[2].value;
}

static csn_verdict verify_both(const csn_verifier *verifier, csn_signed *made, csn_span first, csn_span second) {
  char text[512];
  int len = snprintf(text, sizeof text, "%.*s,%.*s", (int)first.len, (const char *)first.ptr, (int)second.len,
                     (const char *)second.ptr);
  csn_request request = {.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_verdict verdict;
  made->headers[2].value = csn_span_of(text, (size_t)len);
  request.headers = made->headers;
  request.header_count = made->header_count;
  csn_verify(verifier, &request, NOW, &verdict);
  return verdict;
}

/* The other is of a key that the ring does not have any more. */
static void one_signature_of_a_keys_length_is_enough_wherever_it_stands(void **state) {
  static const csn_alg algs[] = {CSN_ALG_HS256, CSN_ALG_HS384, CSN_ALG_HS512};
  (void)state;
  for (size_t i = 0; i < 9; i++) {
    ring = test_keyring_new();
    csn_key key = key_of("mine", algs[i % 3]), other = key_of("other", algs[i / 3]);
    assert_int_equal(csn_keyring_remove(ring, csn_key_client_id(&other), csn_key_id(&other)), CSN_OK);
    csn_verifier *verifier = verifier_of(&several);
    csn_signed made, by_other;
    csn_span good = signature_by(&key, &made), foreign = signature_by(&other, &by_other);
    csn_verdict first = verify_both(verifier, &made, good, foreign), last = verify_both(verifier, &made, foreign, good);
    assert_reason(&first, ACCEPTED);
    assert_reason(&last, ACCEPTED);
    assert_span(csn_name_span(&last.key_id), "mine");
    csn_verifier_free(verifier);
    csn_keyring_free(ring);
    csn_key_wipe(&key);
    csn_key_wipe(&other);
  }
}

/* A key's MAC with more behind it is no signature, also beside one of the MAC's length. */
static void the_right_mac_with_more_behind_it_is_none(void **state) {
  csn_signed made;
  char longer[128], wrong[64];
  (void)state;
  ring = test_keyring_new();
  csn_key key = key_of("mine", CSN_ALG_HS256);
  csn_verifier *verifier = verifier_of(&several);
  csn_span good = signature_by(&key, &made), digits = csn_span_of(good.ptr + 3, good.len - 3);
  memset(wrong, '0', sizeof wrong);
  memset(longer, '0', sizeof longer);
  assert_int_equal(digits.len, sizeof wrong);
  memcpy(longer, digits.ptr, digits.len);
  char text[2][140];
  (void)snprintf(text[0], sizeof text[0], "v1=%.128s", longer);
  (void)snprintf(text[1], sizeof text[1], "v1=%.64s", wrong);
  csn_verdict verdict = verify_both(verifier, &made, csn_span_str(text[0]), csn_span_str(text[1]));
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  verdict = verify_both(verifier, &made, good, csn_span_str(text[1]));
  assert_reason(&verdict, ACCEPTED);
  csn_verifier_free(verifier);
  csn_keyring_free(ring);
  csn_key_wipe(&key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_group_whose_strings_have_the_most_parts_is_verified_in_rounds),
      cmocka_unit_test(one_signature_of_a_keys_length_is_enough_wherever_it_stands),
      cmocka_unit_test(the_right_mac_with_more_behind_it_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
