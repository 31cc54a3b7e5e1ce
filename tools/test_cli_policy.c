/* csn policy check: what it says of a good policy, what of a refused one, and that no secret is in either. */
#include "test_cli.h"

#define SECRET_2 "another secret of the tests, 32 bytes and more"
#define PEPPER "the pepper of the tests, of more than 32 bytes"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Runs it on one policy of its own that only the owner may read. */
static void check(const char *policy, const char *options, const char *expected) {
  char words[256];
  const char *path = test_write_text("p", policy);
  assert_int_equal(chmod(path, 0600), 0);
  snprintf(words, sizeof words, "policy check @p%s", options);
  must_run(words, "", 0);
  char first[TEST_PATH_MAX + 16];
  snprintf(first, sizeof first, "policy \"%s\"\n", path);
  assert_int_equal(strncmp(out, first, strlen(first)), 0);
  assert_string_equal(out + strlen(first), expected);
  assert_null(strstr(out, SECRET));
}

static void a_policy_is_said_in_full(void **state) {
  (void)state;
  check(
      "{\"preset\":\"hmac-nonce-delimited\",\"window_seconds\":60,\"nonces\":{\"capacity\":1000},\"keys\":["
      "{\"key_id\":\"new\",\"client_id\":\"c\",\"secret\":\"" SECRET
      "\"},"
      "{\"key_id\":\"o\\nld\",\"client_id\":\"c\",\"accept_until\":1700000000,\"secret\":\"" SECRET_2 "\"}]}",
      " --now 1700000000",
      "  preset hmac-nonce-delimited: hmac-nonce with a line feed between the parts of the signed string\n"
      "  signed \"{client_id}\\u000a{timestamp}\\u000a{nonce}\"\n"
      "  window 60 seconds\n"
      "  nonces 1000 at a time\n"
      "  key \"new\", client \"c\", HS256, use request\n"
      "  key \"o\\u000ald\", client \"c\", HS256, use request, until 2023-11-14T22:13:20Z\n"
      "  note: 2 of the secrets in the policy itself: secret_file and secret_env keep them out of it\n");
  assert_null(strstr(out, SECRET_2));
  test_write_text("s", SECRET);
  check(
      "{\"preset\":\"jwt-hmac\",\"jwt\":{\"issuer\":\"i\",\"audience\":\"a\",\"required_claims\":[\"exp\",\"sub\"],"
      "\"leeway_seconds\":5,\"allow_padded\":true},\"keys\":[{\"use\":[\"token\"],\"secret_file\":\"s\"},"
      "{\"client_id\":\"c\",\"use\":[\"request\",\"token\"],\"key_id\":\"k\",\"secret_file\":\"s\"}]}",
      "",
      "  preset jwt-hmac: a bearer token, and a signature of the body by the client that the token names\n"
      "  signed \"{body}|{timestamp}|{nonce}\"\n"
      "  window 300 seconds\n"
      "  nonces 1000000 at a time\n"
      "  token issuer \"i\", audience \"a\", requires exp, sub, signed with HS256, padded or not, leeway 5 seconds\n"
      "  key without id, no client, HS256, use token\n"
      "  key \"k\", client \"c\", HS256, use token, request\n");
}

static void what_is_left_open_is_noted(void **state) {
  (void)state;
  test_write_text("s", SECRET);
  check(
      "{\"preset\":\"hmac-nonce\",\"allow_unsigned_body\":true,\"keys\":[{\"client_id\":\"c\",\"secret_file\":\"s\","
      "\"allow_legacy_short\":true,\"accept_until\":1699999999}]}",
      " --now 1700000000",
      "  preset hmac-nonce: client id, timestamp, nonce and signature in x- headers\n"
      "  signed \"{client_id}{timestamp}{nonce}\"\n"
      "  window 300 seconds\n"
      "  nonces 1000000 at a time\n"
      "  key without id, client \"c\", HS256, use request, until 2023-11-14T22:13:19Z, past its end\n"
      "  note: the preset is ambiguous: two different requests can have one signature; use hmac-nonce-delimited\n"
      "  note: a body passes that nobody has signed: allow_unsigned_body\n"
      "  note: 1 of the keys past their end: what they sign is rejected\n"
      "  note: 1 of the keys may be shorter than their hash: allow_legacy_short\n");
  test_write_text("j",
                  "{\"keys\":[{\"kty\":\"AKP\"},{\"kty\":\"oct\",\"kid\":\"j\",\"k\":"
                  "\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}");
  check(
      "{\"preset\":\"bearer-jwt\",\"jwt\":{\"required_claims\":[]},\"jwks_file\":\"j\",\"keys\":[{\"key_id\":\"k\","
      "\"alg\":\"HS384\",\"allow_legacy_short\":true,\"secret_file\":\"s\"}]}",
      "",
      "  preset bearer-jwt: a JSON Web Token in Authorization: Bearer (RFC 6750, RFC 7519)\n"
      "  token any issuer, no audience, requires none, signed with HS256, leeway 0 seconds\n"
      "  key \"k\", no client, HS384, use token\n"
      "  jwks_file 1 keys, use token\n"
      "  note: no replay protection: whoever has the token or key may use it again and again\n"
      "  note: a token without exp is accepted and never ends\n"
      "  note: 1 of the keys for tokens with an alg that jwt.algorithms does not allow\n"
      "  note: 1 keys of the jwks_file ignored: their type, use or algorithm is not supported\n"
      "  note: 1 of the keys may be shorter than their hash: allow_legacy_short\n");
  assert_null(strstr(out, "MDEy"));
}

static void api_keys_are_counted(void **state) {
  (void)state;
  test_write_text("pepper", PEPPER);
  check(
      "{\"preset\":\"api-key\",\"keys\":[{\"key_id\":\"p\",\"use\":[\"api_key\"],\"secret_file\":\"pepper\"}],"
      "\"api_keys\":{\"prefix\":\"acme\",\"required_scopes\":\"a:b\",\"records\":[{\"key_id\":\"1\",\"hash\":\"" HASH
      "\"}]}}",
      "",
      "  preset api-key: an API key in X-Api-Key, known by its keyed hash\n"
      "  api keys 1, prefix \"acme\", required scopes \"a:b\"\n"
      "  key \"p\", no client, HS256, use api_key\n"
      "  note: no replay protection: whoever has the token or key may use it again and again\n");
  assert_null(strstr(out, HASH));
}

#define REQUEST_KEY "\"keys\":[{\"key_id\":\"k\",\"client_id\":\"c\",\"secret_file\":\"s\"}]}"

static void http_signatures_are_said_in_full(void **state) {
  (void)state;
  test_write_text("s", SECRET);
  check(
      "{\"preset\":\"http-signature\"," REQUEST_KEY, "",
      "  preset http-signature: HTTP Message Signatures, with Content-Digest (RFC 9421, RFC 9530)\n"
      "  window 300 seconds\n"
      "  nonces 1000000 at a time\n"
      "  signature the only one, covers \"@method\" \"@authority\" \"@path\" \"@query\", requires nonce, signed with "
      "hmac-sha256, rsa-v1_5-sha256, rsa-pss-sha512, ecdsa-p256-sha256, ecdsa-p384-sha384, ed25519, leeway 0 seconds, "
      "of scheme \"https\" and the Host field's authority\n"
      "  key \"k\", client \"c\", HS256, use request\n");
  check(
      "{\"preset\":\"http-signature\",\"http_signature\":{\"label\":\"l\",\"tag\":\"t\",\"scheme\":\"http\","
      "\"authority\":\"a\",\"components\":[],\"required_parameters\":[\"alg\",\"expires\"],\"algorithms\":"
      "[\"ed25519\"],\"leeway_seconds\":7}," REQUEST_KEY,
      "",
      "  preset http-signature: HTTP Message Signatures, with Content-Digest (RFC 9421, RFC 9530)\n"
      "  window 300 seconds\n"
      "  nonces 1000000 at a time\n"
      "  signature label \"l\", tag \"t\", covers nothing of the request, requires expires, alg, signed with ed25519, "
      "leeway 7 seconds, of scheme \"http\" and authority \"a\"\n"
      "  key \"k\", client \"c\", HS256, use request\n"
      "  note: no replay protection of a request without nonce: it is accepted again until its window is over\n"
      "  note: 1 of the keys with an alg that http_signature.algorithms does not allow\n");
  test_write_text("j",
                  "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"j\",\"k\":"
                  "\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}");
  test_write_text("p", "{\"preset\":\"http-signature\",\"jwks_file\":\"j\",\"jwks_client_id\":\"c\"}");
  must_run("policy check @p", "", 0);
  assert_non_null(strstr(out, "  jwks_file 1 keys, use request\n"));
}

static void aws_sigv4_is_said_in_full(void **state) {
  (void)state;
  test_write_text("s", SECRET);
  check(
      "{\"preset\":\"aws-sigv4\",\"aws_sigv4\":{\"region\":\"r\",\"service\":\"s3\",\"allow_unsigned_payload\":true}"
      "," REQUEST_KEY,
      "",
      "  preset aws-sigv4: AWS Signature Version 4, in the Authorization header or in the query (presigned)\n"
      "  aws_sigv4 region \"r\", service \"s3\", path s3, window 900 seconds, presigned for at most 604800 seconds\n"
      "  key \"k\", client \"c\", HS256, use request\n"
      "  note: no replay protection: a request is accepted again until its window is over or it expires\n"
      "  note: a body passes whose hash nobody has signed: aws_sigv4.allow_unsigned_payload\n");
  check(
      "{\"preset\":\"aws-sigv4\",\"aws_sigv4\":{\"region\":\"r\",\"service\":\"iam\",\"path\":\"encoded\","
      "\"window_seconds\":1,\"presigned_max_seconds\":0}," REQUEST_KEY,
      "",
      "  preset aws-sigv4: AWS Signature Version 4, in the Authorization header or in the query (presigned)\n"
      "  aws_sigv4 region \"r\", service \"iam\", path encoded, window 1 seconds, no presigned requests\n"
      "  key \"k\", client \"c\", HS256, use request\n"
      "  note: no replay protection: a request is accepted again until its window is over or it expires\n");
}

static void a_scheme_of_the_policys_own_is_said_in_full(void **state) {
  (void)state;
  test_write_text("s", SECRET);
  check(
      "{\"preset\":\"hmac-nonce-delimited\",\"scheme\":{\"template\":\"{client_id}|{timestamp}|{nonce}\","
      "\"signature_encoding\":\"base64\",\"time_unit\":\"milliseconds\",\"separator\":\",\",\"fields\":{"
      "\"client_id\":{\"header\":\"X\",\"prefix\":\"p\"},\"timestamp\":{\"json\":\"t\"},\"nonce\":{\"query\":\"n\"},"
      "\"signature\":{\"header\":\"Y\",\"parameter\":\"s\"}}}," REQUEST_KEY,
      "",
      "  preset hmac-nonce-delimited, changed by the policy's own scheme\n"
      "  client_id in header \"X\", prefix \"p\"\n"
      "  timestamp in json \"t\"\n"
      "  nonce in query \"n\"\n"
      "  signature in header \"Y\", parameter \"s\", separator \",\"\n"
      "  signature in base64, timestamp in milliseconds\n"
      "  signed \"{client_id}|{timestamp}|{nonce}\"\n"
      "  window 300 seconds\n"
      "  nonces 1000000 at a time\n"
      "  key \"k\", client \"c\", HS256, use request\n");
  check("{\"preset\":\"hmac-authorization\",\"scheme\":{\"fields\":{\"timestamp\":{\"header\":\"T\"}}}," REQUEST_KEY,
        "",
        "  preset hmac-authorization, changed by the policy's own scheme\n"
        "  client_id in header \"Authorization\", prefix \"HMAC-SHA256 \", parameter \"ClientId\", separator \"&\"\n"
        "  timestamp in header \"T\"\n"
        "  signature in header \"Authorization\", prefix \"HMAC-SHA256 \", parameter \"Signature\", separator \"&\"\n"
        "  or\n"
        "  client_id in header \"Authorization\", prefix \"HMAC-SHA384 \", parameter \"ClientId\", separator \"&\"\n"
        "  timestamp in header \"T\"\n"
        "  signature in header \"Authorization\", prefix \"HMAC-SHA384 \", parameter \"Signature\", separator \"&\"\n"
        "  or\n"
        "  client_id in header \"Authorization\", prefix \"HMAC-SHA512 \", parameter \"ClientId\", separator \"&\"\n"
        "  timestamp in header \"T\"\n"
        "  signature in header \"Authorization\", prefix \"HMAC-SHA512 \", parameter \"Signature\", separator \"&\"\n"
        "  signature in hex, timestamp in seconds\n"
        "  signed \"{client_id}\\u000a{method}\\u000a{target}\\u000a{body_sha256}\\u000a{timestamp}\"\n"
        "  window 300 seconds\n"
        "  key \"k\", client \"c\", HS256, use request\n"
        "  note: no replay protection: a request is accepted again until its window is over\n");
  check(
      "{\"preset\":\"slack\",\"scheme\":{\"client_id\":\"c\",\"fields\":{\"timestamp\":{\"form\":\"t\"}},\"template\":"
      "\"{timestamp}{body}\",\"allow_ambiguous\":true}," REQUEST_KEY,
      "",
      "  preset slack, changed by the policy's own scheme\n"
      "  timestamp in form \"t\"\n"
      "  signature in header \"X-Slack-Signature\", prefix \"v0=\"\n"
      "  signature in hex, timestamp in seconds, all requests of client \"c\"\n"
      "  signed \"{timestamp}{body}\"\n"
      "  window 300 seconds\n"
      "  key \"k\", client \"c\", HS256, use request\n"
      "  note: the preset is ambiguous: two different requests can have one signature\n"
      "  note: no replay protection: a request is accepted again until its window is over\n");
}

/* Without a nonce a request comes again: within its window, or for ever. */
static void what_comes_again_is_noted(void **state) {
  static const char *const rows[][3] = {
      {"hmac-timestamp", "c", ": a request is accepted again until its window is over\n"},
      {"stripe", "stripe", ": a request is accepted again until its window is over\n"},
      {"github", "github", ": a request that was accepted once is accepted for ever\n"},
      {"standard-webhooks", "standard-webhooks", NULL},
  };
  char text[256];
  (void)state;
  test_write_text("s", SECRET);
  for (size_t i = 0; i < COUNT(rows); i++) {
    snprintf(text, sizeof text, "{\"preset\":\"%s\",\"keys\":[{\"client_id\":\"%s\",\"secret_file\":\"s\"}]}",
             rows[i][0], rows[i][1]);
    test_write_text("p", text);
    must_run("policy check @p", "", 0);
    const char *note = strstr(out, "  note: no replay protection");
    assert_int_equal(note != NULL, rows[i][2] != NULL);
    if (note != NULL) assert_string_equal(note + strlen("  note: no replay protection"), rows[i][2]);
  }
}

static void a_secret_that_all_may_read_is_noted(void **state) {
  (void)state;
  assert_int_equal(chmod(test_write_text("p", DELIMITED), 0604), 0);
  must_run("policy check @p", "", 0);
  assert_non_null(strstr(out, "  note: others than the owner may read the file, and secrets stand in it\n"));
}

static void a_refused_policy_does_not_stop_the_others(void **state) {
  (void)state;
  test_write_text("a", DELIMITED);
  test_write_text("b", "{\"preset\":\"hmac-nonce\",\n\"keys\":[{\"client_id\":\"c\",\"secrt\":\"" SECRET "\"}]}");
  assert_int_equal(run("policy check @b @a @no @a", ""), 1);
  assert_int_equal(count_text(out, "  preset hmac-nonce-delimited: "), 2);
  assert_int_equal(count_lines(err), 2);
  assert_non_null(strstr(err, "/b:2: keys[0].secrt: unknown field\n"));
  assert_non_null(strstr(err, "/no: No such file or directory\n"));
  assert_null(strstr(err, SECRET));
}

static void misuse_is_told_from_a_refusal(void **state) {
  (void)state;
  test_write_text("a", DELIMITED);
  must_fail("policy check", "", "csn policy check: a file is missing; see csn policy check --help");
  must_fail("policy check --nwo 1 @a", "", "option --nwo is not understood");
  must_fail("policy check --now x @a", "", "--now takes UNIX seconds");
  must_fail("policy", "", "a command is missing; there is csn policy check");
  must_fail("policy test", "", "test is not one of its commands; there is csn policy check");
  must_fail("policy --help check", "", "--help stands alone");
  assert_int_equal(run_to("/dev/full", "policy check @a", "", 0), 2);
  assert_string_equal(err, "csn policy check: standard output: No space left on device\n");
  must_run("policy --help", "", 0);
  assert_int_equal(strncmp(out, "usage: csn policy check ", 24), 0);
  must_run("policy check -h", "", 0);
  must_run("help policy", "", 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_policy_is_said_in_full),
      cmocka_unit_test(what_is_left_open_is_noted),
      cmocka_unit_test(api_keys_are_counted),
      cmocka_unit_test(http_signatures_are_said_in_full),
      cmocka_unit_test(aws_sigv4_is_said_in_full),
      cmocka_unit_test(a_scheme_of_the_policys_own_is_said_in_full),
      cmocka_unit_test(what_comes_again_is_noted),
      cmocka_unit_test(a_secret_that_all_may_read_is_noted),
      cmocka_unit_test(a_refused_policy_does_not_stop_the_others),
      cmocka_unit_test(misuse_is_told_from_a_refusal),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
