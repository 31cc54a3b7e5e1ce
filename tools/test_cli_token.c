/* csn token: what it issues the policy accepts, a refresh token works once, and what is inspected cannot be used. */
#include "test_cli.h"

#define PEPPER "the pepper of the tests, of more than 32 bytes"
#define PEPPER_KEY ",{\"key_id\":\"p\",\"use\":[\"api_key\"],\"secret\":\"" PEPPER "\"}"
#define TOKEN_KEY "{\"key_id\":\"t\",\"secret\":\"" SECRET "\"}"
#define POLICY_OF(jwt, keys) "{\"preset\":\"bearer-jwt\",\"jwt\":{" jwt "},\"keys\":[" keys "]}"
#define STRICT                                                                                           \
  POLICY_OF(                                                                                             \
      "\"issuer\":\"https://as.example\",\"audience\":\"orders\",\"typ\":\"at+jwt\",\"scopes\":\"a:b\"," \
      "\"required_claims\":[\"exp\",\"iat\",\"jti\",\"client_id\"]",                                     \
      TOKEN_KEY PEPPER_KEY)
#define ISSUE "token issue --policy @p --subject alice --client app --now 1700000000"

/* The string of a member in the last output. */
static const char *member_of(const char *name) {
  static char values[4][2048];
  static size_t turn;
  char start[64], *value = values[turn++ % 4];
  snprintf(start, sizeof start, "\"%s\":\"", name);
  const char *at = strstr(out, start);
  assert_non_null(at);
  at += strlen(start);
  snprintf(value, sizeof values[0], "%.*s", (int)strcspn(at, "\""), at);
  return value;
}

/* Runs csn token WORDS with one line of input. */
static void token_with(const char *words, const char *line, int expected) {
  char input[4096];
  snprintf(input, sizeof input, "%s\n", line);
  must_run(words, input, expected);
}

static const char *request_with(const char *token) {
  static char line[4096];
  snprintf(line, sizeof line,
           "{\"id\":1,\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"Authorization\",\"Bearer %s\"]]}\n", token);
  return line;
}

static void what_is_issued_is_accepted_for_two_hours(void **state) {
  (void)state;
  test_write_text("p", STRICT);
  must_run(ISSUE, "", 0);
  assert_int_equal(count_lines(out), 1);
  assert_non_null(strstr(out, "\"token_type\":\"Bearer\",\"expires_in\":7200,\"scope\":\"a:b\"}\n"));
  const char *request = request_with(member_of("access_token"));
  must_run("verify --policy @p --now 1700007199", request, 0);
  assert_non_null(strstr(out, "\"client_id\":\"alice\",\"key_id\":\"t\""));
  must_run("verify --policy @p --now 1700007200", request, 1);
  assert_non_null(strstr(out, "token_expired"));
  must_run(ISSUE " --ttl 1 --scopes a:b", "", 0);
  request = request_with(member_of("access_token"));
  must_run("verify --policy @p --now 1700000000", request, 0);
  must_run("verify --policy @p --now 1700000001", request, 1);
  must_fail(ISSUE " --scopes c:d", "", "the policy refuses the token that this would be: a scope that the policy");
}

static void a_refresh_token_works_once(void **state) {
  char first[128], second[128], third[128];
  (void)state;
  test_write_text("p", STRICT);
  must_run(ISSUE " --store @db", "", 0);
  strcpy(first, member_of("refresh_token"));
  assert_int_equal(strncmp(first, "rt_", 3), 0);
  token_with("token refresh --policy @p --store @db --now 1700007200", first, 0);
  strcpy(second, member_of("refresh_token"));
  assert_string_not_equal(first, second);
  must_run("verify --policy @p --now 1700007200", request_with(member_of("access_token")), 0);
  /* The last second of its thirty days, and the one behind it. */
  token_with("token refresh --policy @p --store @db --now 1702599200", second, 0);
  strcpy(third, member_of("refresh_token"));
  token_with("token refresh --policy @p --store @db --now 1702599200", second, 1);
  assert_string_equal(out, "{\"error\":\"invalid_grant\",\"reason\":\"reused\"}\n");
  token_with("token refresh --policy @p --store @db --now 1702599200", third, 1);
  assert_string_equal(out, "{\"error\":\"invalid_grant\",\"reason\":\"revoked\"}\n");
  token_with("token refresh --policy @p --store @db --now 1702599200", "rt_", 1);
  assert_string_equal(out, "{\"error\":\"invalid_grant\",\"reason\":\"malformed\"}\n");
}

static void a_refresh_token_ends_and_is_revoked(void **state) {
  char first[128];
  (void)state;
  test_write_text("p", STRICT);
  must_run(ISSUE " --store @db2 --refresh-ttl 10", "", 0);
  strcpy(first, member_of("refresh_token"));
  token_with("token refresh --policy @p --store @db2 --now 1700000010 --refresh-ttl 5", first, 0);
  strcpy(first, member_of("refresh_token"));
  token_with("token revoke --policy @p --store @db2 --now 1700000010", first, 0);
  assert_string_equal(out, "{\"answer\":\"revoked\"}\n");
  token_with("token refresh --policy @p --store @db2 --now 1700000011", first, 1);
  assert_non_null(strstr(out, "\"revoked\""));
  must_run(ISSUE " --store @db3 --refresh-ttl 10", "", 0);
  strcpy(first, member_of("refresh_token"));
  token_with("token refresh --policy @p --store @db3 --now 1700000011", first, 1);
  assert_non_null(strstr(out, "\"error\":\"invalid_grant\"")); /* expired, or forgotten by now */
  token_with("token revoke --policy @p --store @db3 --now 1700000011", first, 1);
}

static void a_refresh_token_is_its_clients(void **state) {
  char token[128];
  (void)state;
  test_write_text("p", STRICT);
  must_run(ISSUE " --store @db7", "", 0);
  strcpy(token, member_of("refresh_token"));
  token_with("token refresh --policy @p --store @db7 --now 1700000000 --client other", token, 1);
  assert_string_equal(out, "{\"error\":\"invalid_grant\",\"reason\":\"client\"}\n");
  token_with("token refresh --policy @p --store @db7 --now 1700000000 --client app", token, 0);
}

static void a_refresh_may_ask_for_fewer_scopes(void **state) {
  char token[128];
  (void)state;
  test_write_text("p", POLICY_OF("\"issuer\":\"https://as.example\",\"audience\":\"orders\",\"scopes\":\"a:b c:d\"",
                                 TOKEN_KEY PEPPER_KEY));
  must_run(ISSUE " --store @db6", "", 0);
  test_write_text("p", STRICT);
  strcpy(token, member_of("refresh_token"));
  token_with("token refresh --policy @p --store @db6 --now 1700000000 --scopes e:f", token, 1);
  assert_string_equal(out, "{\"error\":\"invalid_scope\",\"reason\":\"scope\"}\n");
  token_with("token refresh --policy @p --store @db6 --now 1700000000 --scopes a:b", token, 0);
  assert_non_null(strstr(out, "\"scope\":\"a:b\","));
  strcpy(token, member_of("refresh_token"));
  must_run("verify --policy @p --now 1700000000", request_with(member_of("access_token")), 0);
  token_with("token refresh --policy @p --store @db6 --now 1700000000", token, 0);
  assert_non_null(strstr(out, "\"scope\":\"a:b c:d\","));
}

/* What its own policy refuses is neither written nor costs a refresh token. */
static void what_the_policy_refuses_is_not_issued(void **state) {
#define REFUSING(jwt, key) \
  POLICY_OF(jwt, "{\"key_id\":\"t\",\"use\":[\"token\"],\"secret\":\"" SECRET "\"" key "}" PEPPER_KEY)
  static const char *const rows[][2] = {
      {REFUSING("", ",\"accept_until\":1699999999"), "past the end of its grace"},
      {REFUSING("\"algorithms\":[\"HS512\"]", ""), "not on the allow-list"},
      {REFUSING("\"subject\":\"bob\"", ""), "sub is not the one"},
      {REFUSING("", ",\"client_id\":\"bob\""), "sub is not the one"},
      {REFUSING("\"required_claims\":[\"groups\"]", ""), "a claim that the policy requires"},
      {REFUSING("\"scopes\":\"c:d\"", ""), "a scope that the policy requires"},
  };
  char first[128];
  (void)state;
  test_write_text("p", POLICY_OF("", TOKEN_KEY PEPPER_KEY));
  must_run(ISSUE " --store @db5 --scopes a:b", "", 0);
  snprintf(first, sizeof first, "%s\n", member_of("refresh_token"));
  for (size_t i = 0; i < COUNT(rows); i++) {
    test_write_text("q", rows[i][0]);
    must_fail("token issue --policy @q --subject alice --scopes a:b --now 1700000000", "", rows[i][1]);
    must_fail("token refresh --policy @q --store @db5 --now 1700000000", first, rows[i][1]);
  }
  must_run("token refresh --policy @p --store @db5 --now 1700000000", first, 0);
#undef REFUSING
}

/* The claim that holds the scopes, and nbf, are the policy's. */
static void claims_are_those_that_the_policy_asks_for(void **state) {
  (void)state;
  test_write_text(
      "p", POLICY_OF("\"scopes\":\"a b\",\"scope_claim\":\"scp\",\"required_claims\":[\"exp\",\"nbf\"]", TOKEN_KEY));
  must_run(ISSUE, "", 0);
  const char *request = request_with(member_of("access_token"));
  must_run("verify --policy @p --now 1700000000", request, 0);
  must_run("verify --policy @p --now 1699999999", request, 1);
  assert_non_null(strstr(out, "token_not_yet_valid"));
}

static void inspection_shows_all_but_the_signature(void **state) {
  char token[2048], *signature;
  (void)state;
  test_write_text("p", STRICT);
  must_run(ISSUE, "", 0);
  strcpy(token, member_of("access_token"));
  signature = strrchr(token, '.') + 1;
  token_with("token inspect --policy @p --now 1700000000", token, 0);
  assert_non_null(
      strstr(out, "{\n  \"header\": {\n    \"alg\": \"HS256\",\n    \"typ\": \"at+jwt\",\n    \"kid\": \"t\"\n  },\n"));
  assert_non_null(strstr(out, "\n    \"sub\": \"alice\",\n"));
  assert_non_null(strstr(out, "\n  \"signature\": \"[redacted:signature]\"\n}\n{\"id\":1,\"verdict\":\"accepted\""));
  assert_null(strstr(out, signature));
  assert_null(strstr(out, ".ey"));
  token_with("token inspect --policy @p --now 1700007200", token, 1);
  assert_non_null(strstr(out, "\n    \"sub\": \"alice\",\n"));
  assert_non_null(strstr(out, "\"token_expired\""));
  /* Nested, escaped, and no JSON at all. */
  token_with("token inspect --policy @p", "eyJhIjpbMSx7ImIiOltdfV0sImMiOiJcdTAwMWIifQ.e30.x", 1);
  assert_non_null(
      strstr(out, "\"a\": [\n      1,\n      {\n        \"b\": []\n      }\n    ],\n    \"c\": \"\\u001b\"\n"));
  assert_non_null(strstr(out, "\"claims\": {},\n"));
  /* Padding is what the policy says of it. */
  token_with("token inspect --policy @p", "e30=.eyJhIjoxfQ==.x", 1);
  assert_non_null(strstr(out, "\"header\": null,\n  \"claims\": null,\n"));
  test_write_text("padded", POLICY_OF("\"allow_padded\":true", TOKEN_KEY));
  token_with("token inspect --policy @padded", "e30=.eyJhIjoxfQ==.x", 1);
  assert_non_null(strstr(out, "\"header\": {},\n  \"claims\": {\n    \"a\": 1\n  },\n"));
  token_with("token inspect --policy @p", "not.a-token", 1);
  assert_non_null(strstr(out, "\"header\": null,\n  \"claims\": null,\n"));
}

static void misuse_is_refused(void **state) {
  static const char *const rows[][2] = {
      {"token", "a command is missing; there is csn token issue, csn token refresh"},
      {"token new", "new is not one of its commands"},
      {"token issue --policy @p", "--subject ID is needed"},
      {"token issue --subject a", "--policy FILE is needed"},
      {"token issue --policy @p --subject a file", "takes no file"},
      {"token issue --policy @p --subject a --ttl 0", "--ttl takes 1 to 31622400 seconds"},
      {"token issue --policy @p --subject a --scopes a\"b", "--scopes takes scope-tokens"},
      {"token issue --policy @p --subject a --key-id x", "--key-id: not one of the policy's keys"},
      {"token issue --policy @two --subject a", "--key-id chooses one"},
      {"token issue --policy @jwks --subject a", "none of its keys signs tokens"},
      {"token issue --policy @plain --subject a --store @x", "exactly one key must have the use \"api_key\""},
      {"token issue --policy @hmac --subject a", "has no token"},
      {"token issue --policy @p --subject a --store @p", "could not be opened, read or written"},
      {"token refresh --policy @p", "--store FILE is needed"},
      {"token refresh --policy @p --store @x --subject a", "--subject is for csn token issue"},
      {"token refresh --policy @p --store @x --client=", "--client is empty"},
      {"token refresh --policy @p --store @x --scopes a\"b", "--scopes takes scope-tokens"},
      {"token refresh --policy @p --store @x --scopes=", "--scopes takes scope-tokens"},
      {"token revoke --policy @p --store @x --scopes a", "--client and --scopes are for csn token issue and refresh"},
      {"token refresh --policy @p --store @x @no", "No such file"},
      {"token inspect", "--policy FILE is needed"},
      {"token inspect --policy @no", "No such file"},
  };
  (void)state;
  test_write_text("p", STRICT);
  test_write_text("plain", BEARER);
  test_write_text(
      "set", "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"t\",\"k\":\"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE\"}]}");
  test_write_text("jwks", "{\"preset\":\"bearer-jwt\",\"jwks_file\":\"set\"}");
  test_write_text("hmac", DELIMITED);
  test_write_text("two", POLICY_OF("", TOKEN_KEY ",{\"key_id\":\"u\",\"secret\":\"" SECRET "u\"}"));
  for (size_t i = 0; i < COUNT(rows); i++) must_fail(rows[i][0], "", rows[i][1]);
}

static void another_pepper_opens_no_store(void **state) {
  (void)state;
  test_write_text("p", STRICT);
  must_run(ISSUE " --store @db4", "", 0);
  test_write_text("q", POLICY_OF("", TOKEN_KEY ",{\"key_id\":\"p\",\"use\":[\"api_key\"],\"secret\":\"" PEPPER "2\"}"));
  must_fail("token refresh --policy @q --store @db4", "x\n", "made with another key");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_issued_is_accepted_for_two_hours),
      cmocka_unit_test(a_refresh_token_works_once),
      cmocka_unit_test(a_refresh_token_ends_and_is_revoked),
      cmocka_unit_test(a_refresh_token_is_its_clients),
      cmocka_unit_test(a_refresh_may_ask_for_fewer_scopes),
      cmocka_unit_test(what_the_policy_refuses_is_not_issued),
      cmocka_unit_test(claims_are_those_that_the_policy_asks_for),
      cmocka_unit_test(inspection_shows_all_but_the_signature),
      cmocka_unit_test(misuse_is_refused),
      cmocka_unit_test(another_pepper_opens_no_store),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
