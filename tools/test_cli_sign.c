/* csn sign: what it writes verifies, and what it cannot sign it refuses. */
#include "test_cli.h"

/* A policy that asks of a token all that its signer knows. */
#define STRICT_BEARER                                                                                          \
  "{\"preset\":\"bearer-jwt\",\"jwt\":{\"issuer\":[\"a\",\"b\"],\"audience\":[\"c\",\"d\"],\"subject\":\"s\"," \
  "\"typ\":\"at+jwt\",\"scopes\":\"x y\",\"scope_claim\":\"scp\",\"max_age_seconds\":1,\"required_claims\":"   \
  "[\"exp\",\"nbf\",\"iat\"]},\"keys\":[{\"key_id\":\"t\",\"secret\":\"" SECRET "\"}]}"
#define HTTP                                                                                                         \
  "{\"preset\":\"http-signature\",\"http_signature\":{\"components\":[\"@method\",\"@path\"]},\"keys\":[{\"key_id\"" \
  ":\"k\",\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}"
#define HTTP_ALL                                                                                                   \
  "{\"preset\":\"http-signature\",\"window_seconds\":60,\"http_signature\":{\"label\":\"app\",\"tag\":\"t\","      \
  "\"components"                                                                                                   \
  "\":[\"@request-target\"],\"required_parameters\":[\"nonce\",\"expires\",\"alg\"]},\"keys\":[{\"key_id\":\"k\"," \
  "\"client"                                                                                                       \
  "_id\":\"c\",\"secret\":\"" SECRET "\"}]}"

typedef struct trip {
  const char *policy;
  const char *options;
} trip;

#define PRESET(name, client, alg)                                                                                    \
  "{\"preset\":\"" name "\",\"keys\":[{\"client_id\":\"" client "\",\"alg\":\"" alg "\",\"secret\":\"" SECRET SECRET \
  "\"}]}"

#define MOVED(fields)                                        \
  "{\"preset\":\"jwt-hmac\",\"scheme\":{\"fields\":{" fields \
  "}},\"keys\":[{\"key_id\":\"t\",\"use\":[\"token\"],"      \
  "\"secret\":\"" SECRET "\"},{\"client_id\":\"c\",\"use\":[\"request\"],\"secret\":\"" SECRET SECRET "\"}]}"
#define TOKEN_MOVED MOVED("\"token\":{\"header\":\"X-Token\"},\"nonce\":{\"query\":\"n\"}")
#define ALL_MOVED                                                                                   \
  MOVED(                                                                                            \
      "\"token\":{\"query\":\"t\"},\"nonce\":{\"json\":\"n\"},\"timestamp\":{\"header\":\"X-At\"}," \
      "\"signature\":{\"header\":\"Authorization\",\"prefix\":\"Mac \"}")

/* Of a preset with several forms, too, every field may stand elsewhere. */
static void fields_of_several_forms_may_be_moved(void **state) {
  static const struct {
    const char *policy, *options, *has, *has_too;
  } rows[] = {
      {TOKEN_MOVED, "--form 0", "/?n=1\"", "[\"X-Request-Signature\",\"sha256="},
      {TOKEN_MOVED, "--form 1", "[\"X-Token\",\"eyJ", "[\"X-Request-Signature\",\"ts=1700000000&sig="},
      {ALL_MOVED, "", "[\"X-At\",\"1700000000\"]", "[\"Authorization\",\"Mac "},
      {ALL_MOVED, "--form 0", "/?t=eyJ", "\\\"n\\\":\\\"1\\\""},
  };
  static char request[sizeof out];
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char words[256];
    test_write_text("moved", rows[i].policy);
    snprintf(words, sizeof words, "sign --policy @moved --client c --now 1700000000 --nonce 1 %s", rows[i].options);
    must_run(words, "{\"id\":1,\"method\":\"POST\",\"target\":\"/\",\"body\":\"{}\"}\n", 0);
    assert_non_null(strstr(out, rows[i].has));
    assert_non_null(strstr(out, rows[i].has_too));
    strcpy(request, out);
    must_run("verify --policy @moved --now 1700000000", request, 0);
    char *body = strstr(request, "\"body\":\"{");
    assert_non_null(body);
    body[strlen("\"body\":\"")] = '[';
    must_run("verify --policy @moved --now 1700000000", request, 1);
  }
  test_write_text("moved", ALL_MOVED);
  must_fail("sign --policy @moved --client c --form 1", GET, "form");
}

static void what_is_signed_verifies_for_every_preset_and_form(void **state) {
  static const trip trips[] = {
      {AMBIGUOUS, ""},
      {DELIMITED, ""},
      {DELIMITED, "--client c"},
      {DELIMITED, "--key-id k --nonce once --form 0"},
      {HTTP, ""},
      {HTTP, "--client c --key-id k --nonce once --form 0"},
      {HTTP_ALL, ""},
      {BEARER, "--client alice"},
      {BEARER, "--client alice --key-id t --ttl 1"},
      {BEARER, "--claims {\"exp\":1700000001,\"sub\":\"x\"}"},
      {STRICT_BEARER, ""},
      {JWT_HMAC, ""},
      {JWT_HMAC, "--form 0 --client c"},
      {JWT_HMAC, "--form 1 --key-id r --token-key-id t"},
      {PRESET("hmac-full-delimited", "c", "HS384"), ""},
      {PRESET("hmac-authorization", "c", "HS256"), ""},
      {PRESET("hmac-authorization", "c", "HS512"), ""}, /* without --form, that of the key's hash */
      {PRESET("hmac-authorization", "c", "HS384"), "--form 1"},
      {PRESET("kong", "c", "HS512"), ""},
      {PRESET("apisix", "c", "HS256"), ""},
      {PRESET("github", "github", "HS256"), ""},
      {PRESET("slack", "slack", "HS256"), ""},
      {PRESET("stripe", "stripe", "HS256"), ""},
      {PRESET("standard-webhooks", "standard-webhooks", "HS256"), "--nonce msg_1"},
  };
  static char request[sizeof out];
  (void)state;
  for (size_t i = 0; i < COUNT(trips); i++) {
    char words[512];
    bool has_body = strcmp(trips[i].policy, JWT_HMAC) == 0;
    test_write_text("p", trips[i].policy);
    snprintf(words, sizeof words, "sign --policy @p --now 1700000000 %s", trips[i].options);
    must_run(words, has_body ? "{\"id\":1,\"method\":\"POST\",\"target\":\"/\",\"body_base64\":\"AP8=\"}\n" : GET, 0);
    assert_int_equal(count_lines(out), 1);
    strcpy(request, out);
    assert_int_equal(run("verify --policy @p --now 1700000000", request), 0);
    assert_non_null(strstr(out, "{\"id\":1,\"verdict\":\"accepted\""));
    /* The control: under another key none of it verifies. */
    char *secret = strstr(strcpy(words, trips[i].policy), SECRET);
    for (; secret != NULL; secret = strstr(secret, SECRET)) secret[0] = 'X';
    test_write_text("p", words);
    assert_int_equal(run("verify --policy @p --now 1700000000", request), 1);
    assert_non_null(strstr(out, "signature_mismatch"));
  }
}

static void signed_requests_keep_what_they_were(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_run(
      "sign --policy @d --now 1700000000 --nonce n1",
      "{\"id\":\"\\u00e9\",\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"Host\",\"h\"]],\"client_ip\":\"::1\"}",
      0);
  assert_string_equal(
      out,
      "{\"id\":\"\\u00e9\",\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"Host\",\"h\"],"
      "[\"x-ClientId\",\"c\"],[\"x-Timestamp\",\"1700000000\"],[\"x-Nonce\",\"n1\"],[\"x-Signature\","
      "\"f7fac6d3974ac8afc3b1fbfd745add0025c0435a54277f00ca0826e10ff30988\"]],\"client_ip\":\"::1\"}\n");
}

static void a_message_signature_has_what_the_policy_asks_for(void **state) {
  (void)state;
  test_write_text("h", HTTP_ALL);
  must_run("sign --policy @h --now 1700000000 --nonce n1",
           "{\"id\":1,\"method\":\"POST\",\"target\":\"/?a\",\"body\":\"x\"}\n", 0);
  assert_non_null(
      strstr(out,
             "[\"Signature-Input\",\"app=(\\\"@request-target\\\" \\\"content-digest\\\");created=1700000000"
             ";expires=1700000060;nonce=\\\"n1\\\";alg=\\\"hmac-sha256\\\";keyid=\\\"k\\\";tag=\\\"t\\\"\"]"));
  assert_non_null(strstr(out, "[\"Content-Digest\",\"sha-256=:LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=:\"]"));
}

static void every_request_gets_a_nonce_of_its_own(void **state) {
  static char requests[sizeof out];
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("sign --policy @d --now 1700000000", GET GET GET "\n", 0);
  strcpy(requests, out);
  must_run("verify --policy @d --now 1700000000", requests, 0);
  assert_int_equal(count_lines(out), 3);
  must_run("sign --policy @d --now 1700000000 --nonce same", GET GET, 0);
  strcpy(requests, out);
  must_run("verify --policy @d --now 1700000000", requests, 1);
  assert_int_equal(count_text(out, "nonce_replayed"), 1);
}

#define OWN                                                                                                           \
  "{\"preset\":\"hmac-nonce-delimited\",\"scheme\":{\"fields\":{\"nonce\":{\"query\":\"n\"},\"timestamp\":{\"json\":" \
  "\"ts\"}}},\"allow_unsigned_body\":true,\"keys\":[{\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}"

/* The target and the body are written with the fields that the policy puts there. */
static void fields_stand_where_the_policy_says(void **state) {
  char requests[4096];
  (void)state;
  test_write_text("own", OWN);
  must_run("sign --policy @own --now 1700000000 --nonce n-1",
           "{\"method\":\"POST\",\"target\":\"/a?b\",\"body\":\"{}\"}\n", 0);
  assert_non_null(strstr(out, "\"target\":\"/a?b&n=n-1\""));
  assert_non_null(strstr(out, "\"body\":\"{\\\"ts\\\":\\\"1700000000\\\"}\""));
  strcpy(requests, out);
  must_run("verify --policy @own --now 1700000000", requests, 0);
}

#define TWO_KEYS                                                                                             \
  "{\"preset\":\"hmac-nonce-delimited\",\"keys\":[{\"key_id\":\"old\",\"client_id\":\"c\",\"accept_until\":" \
  "1700000000,"                                                                                              \
  "\"secret\":\"" SECRET "\"},{\"key_id\":\"new\",\"client_id\":\"c\",\"secret\":\"" SECRET                  \
  "2\"},{\"key_id\":\"d\",\"client_id\":\"d\",\"secret\":\"" SECRET "3\"}]}"
#define TWO_ISSUERS                                                                                      \
  "{\"preset\":\"bearer-jwt\",\"keys\":[{\"key_id\":\"t1\",\"client_id\":\"alice\",\"use\":[\"token\"]," \
  "\"secret\":\"" SECRET "\"},{\"key_id\":\"t2\",\"secret\":\"" SECRET "2\"}]}"

static void which_key_signs_is_never_guessed(void **state) {
  static const char *const rows[][2] = {
      {"sign --policy @two --now 1700000001", "2 keys of the policy fit: --client or --key-id chooses one"},
      {"sign --policy @two --now 1700000000 --client c", "2 keys of the policy fit"},
      {"sign --policy @two --client e", "no key of the policy fits"},
      {"sign --policy @two --client d --key-id new", "no key of the policy fits"},
      {"sign --policy @issuers --client bob", "more than one key of the policy signs tokens: --key-id chooses one"},
      {"sign --policy @issuers --client bob --key-id t3", "has the id \"t3\""},
      {"sign --policy @issuers --client bob --key-id t1", "belongs to another client, and signs for no other"},
      {"sign --policy @issuers --key-id t2", "the token needs a subject: --client or --claims gives it"},
  };
  static const char *const good[] = {
      "sign --policy @two --now 1700000001 --client c", /* the old key is past its end: the new one is meant */
      "sign --policy @two --now 1700000001 --key-id old",
      "sign --policy @two --client d",
      "sign --policy @issuers --client alice", /* the key of that client */
      "sign --policy @issuers --client bob --key-id t2",
      "sign --policy @issuers --key-id t1",
  };
  (void)state;
  test_write_text("two", TWO_KEYS);
  test_write_text("issuers", TWO_ISSUERS);
  for (size_t i = 0; i < COUNT(rows); i++) must_fail(rows[i][0], GET, rows[i][1]);
  for (size_t i = 0; i < COUNT(good); i++) must_run(good[i], GET, 0);
}

static void what_cannot_be_signed_is_refused(void **state) {
  static const char *const rows[][3] = {
      {"sign --policy @d --ttl 5", GET, "has no token: --claims, --claims-file, --ttl and --token-key-id"},
      {"sign --policy @d --form 1", GET, "--form: hmac-nonce-delimited has 1 form, numbered from 0"},
      {"sign --policy @d --form 99", GET, "--form takes the number of a form"},
      {"sign --policy @b --ttl 2147483648", GET, "--ttl takes seconds"},
      {"sign --policy @d --nonce a|b", GET, "--nonce takes 1 to 128 of"},
      {"sign --policy @b --nonce n --client c", GET, "bearer-jwt has no nonce"},
      {"sign --policy @h --form 1", GET, "--form: http-signature has 1 form, numbered from 0"},
      {"sign --policy @h --ttl 5", GET, "http-signature has no token"},
      {"sign --policy @h --nonce a|b", GET, "--nonce takes 1 to 128 of"},
      {"sign --policy @b --claims []", GET, "the claims are not a JSON object"},
      {"sign --policy @b --claims {", GET, "the claims are not strict JSON (byte 1)"},
      {"sign --policy @b --claims {} --ttl 5", GET, "--ttl does not apply to given claims"},
      {"sign --policy @b --claims-file @no", GET, "/no: No such file or directory"},
      {"sign --policy @b --claims-file @empty", GET, "/empty: is empty"},
      {"sign --policy @d", GET "{\n", "<stdin>:2: not strict JSON (RFC 8259) (byte 1)"},
      {"sign --policy @d", SIGNED, "<stdin>:1: the request has a header x-ClientId already"},
  };
  (void)state;
  test_write_text("d", DELIMITED);
  test_write_text("b", BEARER);
  test_write_text("h", HTTP);
  test_write_text("empty", "");
  for (size_t i = 0; i < COUNT(rows); i++) must_fail(rows[i][0], rows[i][1], rows[i][2]);
}

static void claims_come_from_a_file_too(void **state) {
  static char request[sizeof out];
  (void)state;
  test_write_text("b", BEARER);
  test_write_text("claims", "{\"sub\": \"from file\",\n \"exp\": 1700000001}\n");
  must_run("sign --policy @b --claims-file @claims", GET, 0);
  strcpy(request, out);
  must_run("verify --policy @b --now 1700000000", request, 0);
  assert_non_null(strstr(out, "\"client_id\":\"from file\""));
  must_run("verify --policy @b --now 1700000001", request, 1);
  assert_non_null(strstr(out, "token_expired"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_of_several_forms_may_be_moved),
      cmocka_unit_test(what_is_signed_verifies_for_every_preset_and_form),
      cmocka_unit_test(signed_requests_keep_what_they_were),
      cmocka_unit_test(a_message_signature_has_what_the_policy_asks_for),
      cmocka_unit_test(every_request_gets_a_nonce_of_its_own),
      cmocka_unit_test(fields_stand_where_the_policy_says),
      cmocka_unit_test(which_key_signs_is_never_guessed),
      cmocka_unit_test(what_cannot_be_signed_is_refused),
      cmocka_unit_test(claims_come_from_a_file_too),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
