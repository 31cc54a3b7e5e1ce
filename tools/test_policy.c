/* The policy file: what is taken, what is refused, and that a refusal names file, line and field. */
#include "policy.h"

#include "../core/test/ring.h"
#include "test_support.h"

#include "../core/test/page_flags.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define KEY "{\"client_id\":\"c\",\"secret\":\"" SECRET "\"}"
#define TOKEN_KEY "{\"use\":[\"token\"],\"secret\":\"" SECRET "\"}"
#define NONCE "\"preset\":\"hmac-nonce-delimited\""
#define BEARER "\"preset\":\"bearer-jwt\""
#define JWT_HMAC "\"preset\":\"jwt-hmac\""
#define REQUEST_KEY "{\"client_id\":\"c\",\"use\":[\"request\"],\"secret\":\"" SECRET "\"}"

static csn_policy policy;
static csn_policy_error refusal;

static void must_load(const char *text) {
  if (!csn_policy_load(&policy, test_write_text("policy.json", text), 1700000000, &refusal)) {
    fail_msg("%s\nis refused: %s", text, refusal.text);
  }
}

/* The refusal without the folder's path. */
static const char *refused(const char *text) {
  csn_policy empty = {0};
  if (csn_policy_load(&policy, test_write_text("policy.json", text), 1700000000, &refusal)) {
    fail_msg("taken: %s", text);
  }
  assert_memory_equal(&policy, &empty, sizeof policy);
  const char *name = strstr(refusal.text, "policy.json");
  assert_non_null(name);
  assert_null(strchr(refusal.text, '\n'));
  assert_null(strstr(refusal.text, SECRET));
  return name;
}

static void what_is_not_said_has_its_default(void **state) {
  (void)state;
  must_load("{" NONCE ",\"keys\":[" KEY "]}");
  assert_string_equal(policy.config.scheme->name, "hmac-nonce-delimited");
  assert_int_equal(policy.config.window, 300);
  assert_false(policy.config.allow_unsigned_body);
  assert_int_equal(policy.key_count, 1);
  assert_int_equal(policy.keys[0].uses, CSN_USE_REQUEST);
  assert_int_equal(policy.keys[0].alg, CSN_ALG_HS256);
  assert_int_equal(policy.keys[0].accept_until, 0);
  assert_non_null(policy.nonces);
  assert_true(csn_nonce_table_measure(policy.nonces).slots >= CSN_POLICY_NONCES_DEFAULT);
  csn_policy_free(&policy);
  must_load("{" BEARER ",\"keys\":[{\"secret\":\"" SECRET "\"}]}");
  assert_int_equal(policy.keys[0].uses, CSN_USE_TOKEN);
  assert_int_equal(policy.config.jwt.required, CSN_CLAIM_EXP);
  assert_int_equal(policy.config.jwt.algorithms, 1u << CSN_ALG_HS256);
  assert_null(policy.nonces);
  csn_policy_free(&policy);
}

static void everything_that_is_said_is_read(void **state) {
  (void)state;
  must_load(
      "{" JWT_HMAC
      ",\"window_seconds\":60,\"allow_unsigned_body\":false,\"jwt\":{\"issuer\":\"https://i\\u0073s\","
      "\"audience\":\"orders\",\"leeway_seconds\":5,\"required_claims\":[\"exp\",\"nbf\",\"iat\",\"iss\",\"aud\","
      "\"sub\"],\"algorithms\":[\"HS256\"]},\"nonces\":{\"capacity\":10},\"keys\":[{\"key_id\":\"k\",\"client_id\":"
      "\"c\",\"use\":[\"request\",\"token\"],\"alg\":\"HS256\",\"secret\":\"short\",\"secret_encoding\":\"text\","
      "\"accept_until\":1790000000,\"allow_legacy_short\":true}]}");
  assert_int_equal(policy.config.window, 60);
  assert_span(policy.config.jwt.issuer, "https://iss");
  assert_span(policy.config.jwt.audience, "orders");
  assert_int_equal(policy.config.jwt.leeway, 5);
  assert_int_equal(policy.config.jwt.required, 63);
  assert_false(policy.config.jwt.allow_padded);
  assert_span(csn_key_id(&policy.keys[0]), "k");
  assert_span(csn_key_client_id(&policy.keys[0]), "c");
  assert_int_equal(policy.keys[0].uses, CSN_USE_REQUEST | CSN_USE_TOKEN);
  assert_int_equal(policy.keys[0].accept_until, 1790000000);
  assert_int_equal(csn_keyring_count(policy.keyring), 1);
  csn_policy_free(&policy);
  must_load("{" BEARER
            ",\"jwt\":{\"issuer\":[\"a\",\"b\"],\"audience\":[\"c\",\"d\",\"e\"],\"subject\":\"s\",\"typ\":\"at+jwt\","
            "\"scopes\":\"x y\",\"scope_claim\":\"scp\",\"max_age_seconds\":60,\"required_claims\":[\"jti\",\"tenant\","
            "\"t\\u0032\"],\"allow_padded\":true},\"keys\":[" TOKEN_KEY "]}");
  const csn_jwt_policy *jwt = &policy.config.jwt;
  assert_span(jwt->issuer, "a");
  assert_int_equal(jwt->other_issuers.count, 1);
  assert_span(jwt->other_issuers.items[0], "b");
  assert_span(jwt->audience, "c");
  assert_int_equal(jwt->other_audiences.count, 2);
  assert_span(jwt->other_audiences.items[1], "e");
  assert_span(jwt->subject, "s");
  assert_span(jwt->typ, "at+jwt");
  assert_span(jwt->scopes, "x y");
  assert_span(jwt->scope_claim, "scp");
  assert_int_equal(jwt->max_age, 60);
  assert_true(jwt->allow_padded);
  assert_int_equal(jwt->required, CSN_CLAIM_JTI);
  assert_int_equal(jwt->claims.count, 2);
  assert_span(jwt->claims.items[0], "tenant");
  assert_span(jwt->claims.items[1], "t2");
  csn_policy_free(&policy);
  must_load("{\"preset\":\"hmac-nonce\",\"allow_unsigned_body\":true,\"keys\":[" KEY "]}");
  assert_true(policy.config.allow_unsigned_body);
  csn_policy_free(&policy);
  must_load("{" BEARER ",\"jwt\":{\"required_claims\":[]},\"keys\":[{\"secret\":\"" SECRET "\"}]}");
  assert_int_equal(policy.config.jwt.required, 0);
  csn_policy_free(&policy);
}

typedef struct refusal_row {
  const char *text;
  const char *reason;
} refusal_row;

static void check_refusals(const refusal_row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *given = refused(rows[i].text);
    if (strcmp(given, rows[i].reason) != 0) fail_msg("%s\ngives %s\nand not %s", rows[i].text, given, rows[i].reason);
  }
}

/* All that there are. */
static void another_preset_is_refused_with_the_names_of_those_there_are(void **state) {
  char expected[1024] = "policy.json:1: preset: must be one of ";
  const csn_scheme *scheme;
  (void)state;
  for (size_t i = 0; (scheme = csn_scheme_preset_at(i)) != NULL; i++) {
    size_t used = strlen(expected);
    snprintf(expected + used, sizeof expected - used, "%s%s", i == 0 ? "" : ", ", scheme->name);
  }
  assert_string_equal(refused("{\"preset\":\"hmac\"}"), expected);
}

static void text_that_is_not_a_policy_is_refused(void **state) {
  static const refusal_row rows[] = {
      {"", "policy.json:1: not strict JSON (RFC 8259) (byte 0)"},
      {"[]", "policy.json:1: a policy is a JSON object"},
      {"{\n" NONCE ",\n}", "policy.json:3: not strict JSON (RFC 8259) (byte 35)"},
      {"{" NONCE ",\n\"keys\":[],\n\"keys\":[]}", "policy.json:3: a member name occurs twice in one object (byte 45)"},
      {"{}", "policy.json:1: preset: is missing"},
      {"{" NONCE "}", "policy.json:1: keys: is missing, and so is jwks_file"},
      {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
       "policy.json:1: the JSON is deeper or has more members than the limit (byte 16)"},
  };
  (void)state;
  check_refusals(rows, COUNT(rows));
}

static void unknown_fields_are_refused_by_name(void **state) {
  static const refusal_row rows[] = {
      {"{" NONCE ",\n\"windows\":1,\"keys\":[" KEY "]}", "policy.json:2: windows: unknown field"},
      {"{" NONCE ",\"Keys\":[" KEY "]}", "policy.json:1: Keys: unknown field"},
      {"{" NONCE ",\"nonces\":{\"size\":1},\"keys\":[" KEY "]}", "policy.json:1: nonces.size: unknown field"},
      {"{" BEARER ",\"jwt\":{\n\"iss\":\"x\"},\"keys\":[" TOKEN_KEY "]}", "policy.json:2: jwt.iss: unknown field"},
      {"{" NONCE ",\"keys\":[\n" KEY ",\n{\"client_id\":\"d\",\n\"secrt\":\"" SECRET "\"}]}",
       "policy.json:4: keys[1].secrt: unknown field"},
      {"{" NONCE ",\"a\xc3\xa9\\n\":1}", "policy.json:1: a??\\n: unknown field"},
      {"{" NONCE ",\"1234567890123456789012345678901234567890123456789\":1}",
       "policy.json:1: 123456789012345678901234567890123456789012345678...: unknown field"},
  };
  (void)state;
  check_refusals(rows, COUNT(rows));
}

static void wrong_types_are_refused(void **state) {
  static const refusal_row rows[] = {
      {"{\"preset\":1}", "policy.json:1: preset: must be a string"},
      {"{" NONCE ",\"window_seconds\":\"300\"}", "policy.json:1: window_seconds: must be a whole number"},
      {"{" NONCE ",\"window_seconds\":300.0}", "policy.json:1: window_seconds: must be a whole number"},
      {"{" NONCE ",\"window_seconds\":null}", "policy.json:1: window_seconds: must be a whole number"},
      {"{" NONCE ",\"allow_unsigned_body\":1}", "policy.json:1: allow_unsigned_body: must be true or false"},
      {"{" NONCE ",\"keys\":{}}", "policy.json:1: keys: must be an array"},
      {"{" NONCE ",\"keys\":[1]}", "policy.json:1: keys[0]: must be an object"},
      {"{" NONCE ",\"nonces\":[]}", "policy.json:1: nonces: must be an object"},
      {"{" NONCE ",\"nonces\":{\"capacity\":true},\"keys\":[" KEY "]}",
       "policy.json:1: nonces.capacity: must be a whole number"},
      {"{" BEARER ",\"jwt\":\"\"}", "policy.json:1: jwt: must be an object"},
      {"{" BEARER ",\"jwks_file\":[]}", "policy.json:1: jwks_file: must be a string"},
      {"{" BEARER ",\"jwt\":{\"issuer\":[]},\"keys\":[" TOKEN_KEY "]}", "policy.json:1: jwt.issuer: is empty"},
      {"{" BEARER ",\"jwt\":{\"issuer\":7},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.issuer: must be a string or an array of strings"},
      {"{" BEARER ",\"jwt\":{\"audience\":[\"a\",\n7]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:2: jwt.audience: must be an array of strings"},
      {"{" BEARER ",\"jwt\":{\"scopes\":[\"a\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.scopes: must be a string"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[1]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: must be an array of strings"},
      {"{" NONCE ",\"keys\":[{\"client_id\":7}]}", "policy.json:1: keys[0].client_id: must be a string"},
      {"{" NONCE ",\"keys\":[{\"use\":\"request\"}]}", "policy.json:1: keys[0].use: must be an array"},
      {"{" NONCE ",\"keys\":[{\"accept_until\":\"1\"}]}",
       "policy.json:1: keys[0].accept_until: must be a whole number"},
      {"{" NONCE ",\"keys\":[{\"secret\":123}]}", "policy.json:1: keys[0].secret: must be a string"},
      {"{" NONCE ",\"keys\":[{\"allow_legacy_short\":0}]}",
       "policy.json:1: keys[0].allow_legacy_short: must be true or false"},
  };
  (void)state;
  check_refusals(rows, COUNT(rows));
}

static void values_out_of_range_are_refused(void **state) {
  static const refusal_row rows[] = {
      {"{" NONCE ",\"window_seconds\":0}", "policy.json:1: window_seconds: must be 1 to 4095"},
      {"{" NONCE ",\"window_seconds\":4096}", "policy.json:1: window_seconds: must be 1 to 4095"},
      {"{" NONCE ",\"window_seconds\":-300}", "policy.json:1: window_seconds: must be 1 to 4095"},
      {"{" NONCE ",\"nonces\":{\"capacity\":0},\"keys\":[" KEY "]}",
       "policy.json:1: nonces.capacity: must be 1 to 68719476736"},
      {"{" NONCE ",\"nonces\":{\"capacity\":68719476737},\"keys\":[" KEY "]}",
       "policy.json:1: nonces.capacity: must be 1 to 68719476736"},
      {"{" BEARER ",\"jwt\":{\"leeway_seconds\":3601},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.leeway_seconds: must be 0 to 3600"},
      {"{" BEARER ",\"jwt\":{\"issuer\":\"\"},\"keys\":[" TOKEN_KEY "]}", "policy.json:1: jwt.issuer: is empty"},
      {"{" BEARER ",\"jwt\":{\"algorithms\":[]},\"keys\":[" TOKEN_KEY "]}", "policy.json:1: jwt.algorithms: is empty"},
      {"{" BEARER ",\"jwt\":{\"algorithms\":[\"none\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.algorithms: \"none\" is not known"},
      {"{" BEARER ",\"jwt\":{\"algorithms\":[\"HS256\",\"HS256\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.algorithms: \"HS256\" is there twice"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[\"EXP\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: registered claims have small letters"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[\"exp\",\"a\",\"exp\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: has a name twice"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[\"a\",\"\\u0061\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: has a name twice"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[\"\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: is empty"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]},"
       "\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: has more than 8 names"},
      {"{" BEARER ",\"jwt\":{\"max_age_seconds\":0},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.max_age_seconds: must be 1 to 3153600000"},
      {"{" BEARER ",\"jwt\":{\"scopes\":\"a  b\"},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.scopes: must be scope-tokens with one space between two"},
      {"{" BEARER ",\"jwt\":{\"audience\":[\"a\",\"b\",\"a\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.audience: has a name twice"},
      {"{" NONCE ",\"keys\":[]}", "policy.json:1: keys: is empty"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"accept_until\":0,\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0].accept_until: must be 1 to 253402300799"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"alg\":\"hs256\",\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0].alg: is not a supported algorithm"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"\",\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0].client_id: is empty"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"a|b\",\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0]: an identifier is empty, too long, or has a byte outside its character set"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"use\":[],\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0].use: is empty"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"use\":[\"sign\"],\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0].use: \"sign\" is not known"},
  };
  (void)state;
  check_refusals(rows, COUNT(rows));
}

static void contradictions_are_refused(void **state) {
  static const refusal_row rows[] = {
      {"{" NONCE ",\"jwt\":{},\"keys\":[" KEY "]}",
       "policy.json:1: jwt: contradicts the preset: hmac-nonce-delimited has no token"},
      {"{" NONCE ",\"jwks_file\":\"x\",\"keys\":[" KEY "]}",
       "policy.json:1: jwks_file: contradicts the preset: hmac-nonce-delimited has no token"},
      {"{" BEARER ",\"window_seconds\":300,\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: window_seconds: contradicts the preset: bearer-jwt has no timestamp"},
      {"{" BEARER ",\"nonces\":{},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: nonces: contradicts the preset: bearer-jwt has no nonce"},
      {"{" BEARER ",\"allow_unsigned_body\":false,\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: allow_unsigned_body: contradicts the preset: bearer-jwt signs nothing of a request but its "
       "token"},
      {"{" JWT_HMAC ",\"allow_unsigned_body\":true,\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: allow_unsigned_body: contradicts the preset: jwt-hmac signs the body"},
      {"{" BEARER ",\"jwt\":{\"required_claims\":[\"aud\"]},\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: jwt.required_claims: aud needs an audience: without one a token with an aud is rejected"},
      {"{" NONCE ",\"keys\":[{\"secret\":\"" SECRET "\"}]}",
       "policy.json:1: keys[0].client_id: is missing: a key that signs requests needs one"},
      {"{" JWT_HMAC ",\"keys\":[" TOKEN_KEY "," KEY "]}",
       "policy.json:1: keys[1].use: is missing: this preset has keys for requests and keys for tokens"},
      {"{" JWT_HMAC ",\"keys\":[" TOKEN_KEY "]}",
       "policy.json:1: keys: none has the use \"request\", which the preset needs"},
      {"{" JWT_HMAC ",\"keys\":[" REQUEST_KEY "]}",
       "policy.json:1: keys: none has the use \"token\", which the preset needs"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\"}]}",
       "policy.json:1: keys[0].secret: is missing, and so are secret_file, secret_env and key_file"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_encoding\":\"hex\"}]}",
       "policy.json:1: keys[0].secret: is missing, and so are secret_file, secret_env and key_file"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret\":\"" SECRET "\",\"secret_env\":\"X\"}]}",
       "policy.json:1: keys[0]: secret, secret_file, secret_env and key_file exclude each other"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_file\":\"f\",\"secret_env\":\"X\"}]}",
       "policy.json:1: keys[0]: secret, secret_file, secret_env and key_file exclude each other"},
  };
  (void)state;
  check_refusals(rows, COUNT(rows));
}

static void a_prefix_that_no_key_has_is_refused(void **state) {
#define OF_PREFIX(prefix)                                                                             \
  "{\"preset\":\"api-key\",\"keys\":[{\"secret\":\"" SECRET "\"}],\"api_keys\":{\"prefix\":\"" prefix \
  "\",\"records\":[]}}"
  static const char why[] = "policy.json:1: api_keys.prefix: must be 1 to 16 of a-z 0-9: no key has another";
  static const refusal_row rows[] = {{OF_PREFIX("A"), why}, {OF_PREFIX("a_"), why}, {OF_PREFIX("a b"), why}};
  (void)state;
  check_refusals(rows, COUNT(rows));
  must_load(OF_PREFIX("abcdefghij012345"));
  assert_span(policy.config.api_key.prefix, "abcdefghij012345");
  csn_policy_free(&policy);
}

static void unfit_secrets_are_refused(void **state) {
  static const refusal_row rows[] = {
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret\":\"0123456789abcdef0123456789abcde\"}]}",
       "policy.json:1: keys[0]: an HMAC key is shorter than its hash (RFC 7518 section 3.2); see the switch for legacy "
       "keys, allow_legacy_short"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret\":\"\",\"allow_legacy_short\":true}]}",
       "policy.json:1: keys[0].secret: is empty"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret\":\"-----BEGIN PUBLIC KEY-----abcdefgh\"}]}",
       "policy.json:1: keys[0]: the bytes are an asymmetric key (PEM, DER, JWK or SSH); refused as an HMAC secret"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_encoding\":\"hex\",\"secret\":\"0g\"}]}",
       "policy.json:1: keys[0].secret: the secret is not an even number of hex digits"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_encoding\":\"base64url\",\"secret\":\"a+b=\"}]}",
       "policy.json:1: keys[0].secret: the secret is not strict unpadded base64url"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_encoding\":\"base64\",\"secret\":\"whsec_YWI\"}]}",
       "policy.json:1: keys[0].secret: the secret is not strict padded base64"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_encoding\":\"HEX\",\"secret\":\"00\"}]}",
       "policy.json:1: keys[0].secret_encoding: must be text, hex, base64url or base64"},
      {"{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_env\":\"CSN_TEST_UNSET\"}]}",
       "policy.json:1: keys[0].secret_env: the variable is not set in the environment"},
      {"{" NONCE ",\"keys\":[\n{\"key_id\":\"a\",\"client_id\":\"c\",\"secret\":\"" SECRET
       "\"},\n{\"key_id\":\"a\",\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}",
       "policy.json:3: keys[1]: a key with this id, or this client and id, is there already"},
  };
  (void)state;
  unsetenv("CSN_TEST_UNSET");
  check_refusals(rows, COUNT(rows));
}

static void boundaries_are_accepted(void **state) {
  static const char *const rows[] = {
      "{" NONCE ",\"window_seconds\":1,\"keys\":[" KEY "]}",
      "{" NONCE ",\"window_seconds\":4095,\"keys\":[" KEY "]}",
      "{" NONCE ",\"nonces\":{\"capacity\":1},\"keys\":[" KEY "]}",
      "{" NONCE ",\"nonces\":{},\"keys\":[" KEY "]}",
      "{" BEARER ",\"jwt\":{\"leeway_seconds\":3600},\"keys\":[" TOKEN_KEY "]}",
      "{" BEARER ",\"jwt\":{},\"keys\":[" TOKEN_KEY "]}",
      "{" JWT_HMAC ",\"allow_unsigned_body\":false,\"keys\":[" TOKEN_KEY "," REQUEST_KEY "]}",
      "{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"accept_until\":253402300799,\"secret\":\"" SECRET "\"}]}",
      "{" NONCE ",\"keys\":[" KEY "," TOKEN_KEY "]}", /* a key that the preset has no use for is never used */
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    must_load(rows[i]);
    csn_policy_free(&policy);
  }
}

/* Whether the one key of the policy is that of `secret`, by the states that are made of it. */
static void check_secret(const char *key_members, const void *secret, size_t len) {
  char text[512];
  csn_key expected;
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  snprintf(text, sizeof text, "{" NONCE ",\"keys\":[{\"client_id\":\"c\",%s}]}", key_members);
  must_load(text);
  config.client_id = csn_span_str("c");
  config.secret = csn_span_of(secret, len);
  assert_int_equal(csn_key_init(&expected, &config), CSN_OK);
  assert_memory_equal(policy.keys[0].inner, expected.inner, sizeof expected.inner);
  assert_memory_equal(policy.keys[0].outer, expected.outer, sizeof expected.outer);
  csn_policy_free(&policy);
}

static void secrets_come_from_files_variables_and_encodings(void **state) {
  static const uint8_t bytes[32] = {0, 1, 0xff, '\n'};
  (void)state;
  check_secret("\"secret\":\"" SECRET "\"", SECRET, 32);
  check_secret(
      "\"secret_encoding\":\"hex\",\"secret\":\"0001fF0A"
      "00000000000000000000000000000000000000000000000000000000\"",
      bytes, 32);
  check_secret("\"secret_encoding\":\"base64url\",\"secret\":\"AAH_CgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", bytes,
               32);
  check_secret("\"secret_encoding\":\"base64\",\"secret\":\"AAH/CgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", bytes, 32);
  check_secret("\"secret_encoding\":\"base64\",\"secret\":\"whsec_AAH/CgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
               bytes, 32);
  test_write_text("plain", SECRET);
  test_write_text("lf", SECRET "\n");
  test_write_text("crlf", SECRET "\r\n");
  test_write_text("two", SECRET "\n\n");
  test_write_text("cr", SECRET "\r");
  test_write("binary", bytes, sizeof bytes);
  check_secret("\"secret_file\":\"plain\"", SECRET, 32); /* relative to the policy, not to where the test runs */
  check_secret("\"secret_file\":\"./lf\"", SECRET, 32);
  check_secret("\"secret_file\":\"crlf\"", SECRET, 32);
  check_secret("\"secret_file\":\"two\"", SECRET "\n", 33); /* one line end is dropped, not more */
  check_secret("\"secret_file\":\"cr\"", SECRET "\r", 33);
  check_secret("\"secret_file\":\"binary\"", bytes, sizeof bytes);
  char absolute[TEST_PATH_MAX + 32];
  snprintf(absolute, sizeof absolute, "\"secret_file\":\"%s\"", test_path("plain"));
  check_secret(absolute, SECRET, 32);
  setenv("CSN_TEST_SECRET", SECRET, 1);
  check_secret("\"secret_env\":\"CSN_TEST_SECRET\"", SECRET, 32);
  char flags[256];
  flags_of(getenv("CSN_TEST_SECRET"), flags);
  assert_non_null(strstr(flags, " dd")); /* the variable stays, and is in no core dump */
  unsetenv("CSN_TEST_SECRET");
}

/* What should name a file or a variable may be the secret itself: refused() looks for it in what is said. */
static void secrets_in_the_wrong_field_are_not_shown(void **state) {
  static const refusal_row rows[] = {
      {"{" NONCE ",\n\"keys\":[{\"client_id\":\"c\",\"secret_file\":\"" SECRET "\"}]}",
       "policy.json:2: keys[0].secret_file: No such file or directory"},
      {"{" NONCE ",\n\"keys\":[{\"client_id\":\"c\",\"secret_file\":\".\"}]}",
       "policy.json:2: keys[0].secret_file: Is a directory"},
      {"{" NONCE ",\n\"keys\":[{\"client_id\":\"c\",\"secret_file\":\"plain\",\"secret_encoding\":\"hex\"}]}",
       "policy.json:2: keys[0].secret_file: the secret is not an even number of hex digits"},
      {"{" NONCE ",\n\"keys\":[{\"client_id\":\"c\",\"secret_env\":\"" SECRET "\"}]}",
       "policy.json:2: keys[0].secret_env: the variable is not set in the environment"},
      {"{" NONCE ",\n\"keys\":[{\"client_id\":\"c\",\"secret_env\":\"CSN_TEST_SECRET\",\"secret_encoding\":\"hex\"}]}",
       "policy.json:2: keys[0].secret_env: the secret is not an even number of hex digits"},
      {"{" NONCE ",\n\"keys\":[{\"client_id\":\"c\",\"secret_env\":\"" SECRET SECRET SECRET SECRET "\"}]}",
       "policy.json:2: keys[0].secret_env: is longer than 127 bytes"},
  };
  (void)state;
  test_write_text("plain", "not hex");
  setenv("CSN_TEST_SECRET", SECRET "x", 1);
  check_refusals(rows, COUNT(rows));
  unsetenv("CSN_TEST_SECRET");
}

static void secrets_are_taken_up_to_their_limit(void **state) {
  char secret[2 * CSN_SECRET_MAX + 3];
  (void)state;
  memset(secret, 'a', sizeof secret);
  test_write("max", secret, CSN_SECRET_MAX);
  check_secret("\"secret_file\":\"max\"", secret, CSN_SECRET_MAX);
  const size_t lengths[] = {CSN_SECRET_MAX + 1, sizeof secret};
  for (size_t i = 0; i < COUNT(lengths); i++) {
    test_write("over", secret, lengths[i]);
    const char *given = refused("{" NONCE ",\"keys\":[{\"client_id\":\"c\",\"secret_file\":\"over\"}]}");
    assert_non_null(strstr(given, "the key is longer than the limit"));
  }
}

#define JWK "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}"

static void key_sets_are_read_and_their_faults_named(void **state) {
  (void)state;
  test_write_text("good.jwks", "{\"keys\":[" JWK "]}");
  must_load("{" BEARER ",\"jwks_file\":\"good.jwks\"}");
  assert_int_equal(test_token_key_count(policy.keyring), 1);
  assert_int_equal(policy.key_count, 0);
  csn_policy_free(&policy);
  must_load("{" JWT_HMAC ",\"jwks_file\":\"good.jwks\",\"keys\":[" REQUEST_KEY "]}");
  csn_policy_free(&policy);

  test_write_text("bad.jwks", "{\"keys\":[\n{\"kty\":\"oct\"}]}");
  const char *given = refused("{" BEARER ",\n\"jwks_file\":\"bad.jwks\"}");
  assert_non_null(strstr(given, "policy.json:2: jwks_file: "));
  assert_non_null(strstr(given, "/bad.jwks:2: a JSON Web Key lacks a member"));
  test_write_text("other.jwks", "{\"keys\":[{\"kty\":\"AKP\"}]}");
  assert_non_null(
      strstr(refused("{" BEARER ",\"jwks_file\":\"other.jwks\"}"), "/other.jwks: holds no key that can be"));
  assert_non_null(strstr(refused("{" BEARER ",\"jwks_file\":\"no.jwks\"}"), "/no.jwks: No such file or directory"));
}

static void unreadable_policies_are_named(void **state) {
  (void)state;
  assert_false(csn_policy_load(&policy, "/nonexistent/policy.json", 0, &refusal));
  assert_string_equal(refusal.text, "/nonexistent/policy.json: No such file or directory");
  assert_false(csn_policy_load(&policy, test_folder, 0, &refusal));
  assert_non_null(strstr(refusal.text, ": Is a directory"));
}

static void a_long_path_pushes_out_neither_its_file_nor_the_reason(void **state) {
  static const char *const rows[][2] = {
      {"{\"x\":1}", "/policy.json:1: x: unknown field"},
      {"{\n", "/policy.json:2: not strict JSON (RFC 8259) (byte 2)"},
      {"{" BEARER ",\"jwks_file\":\"no.jwks\"}", "/./no.jwks: No such file or directory"},
      {"{" BEARER ",\"jwks_file\":\"empty.jwks\"}", "/./empty.jwks: holds no key that can be used"},
      {"{" BEARER ",\"jwks_file\":\"short.jwks\"}",
       "/./short.jwks:2: an HMAC key is shorter than its hash (RFC 7518 section 3.2); see the switch for legacy "
       "keys, "
       "which is only for a key that stands in the policy"},
  };
  char path[TEST_PATH_MAX + 600] = "";
  (void)state;
  test_write_text("empty.jwks", "{\"keys\":[]}");
  test_write_text("short.jwks", "{\"keys\":[\n{\"kty\":\"oct\",\"k\":\"cHVja3dhbmc\"}]}");
  strcpy(path, test_folder);
  for (size_t i = 0; i < 250; i++) strcat(path, "/.");
  strcat(path, "/policy.json");
  for (size_t i = 0; i < COUNT(rows); i++) {
    test_write_text("policy.json", rows[i][0]);
    assert_false(csn_policy_load(&policy, path, 0, &refusal));
    const char *at = strstr(refusal.text, rows[i][1]);
    if (at == NULL || strcmp(at, rows[i][1]) != 0) fail_msg("%s\nand not %s", refusal.text, rows[i][1]);
    assert_int_equal(strncmp(refusal.text, "...", 3), 0);
    assert_in_range(strlen(refusal.text), 100, 400);
  }
  strcat(path, ".no");
  assert_false(csn_policy_load(&policy, path, 0, &refusal));
  assert_non_null(strstr(refusal.text, "/policy.json.no: No such file or directory"));
  assert_in_range(strlen(refusal.text), 100, 150);
}

/* As many as the limit of one file is made for; seconds only under a sanitizer. */
static void a_hundred_thousand_keys_load(void **state) {
  enum { KEYS = 100000 };
  FILE *file = fopen(test_path("policy.json"), "w");
  (void)state;
  fputs("{" NONCE ",\"keys\":[", file);
  for (unsigned i = 0; i < KEYS; i++) {
    fprintf(file, "%s\n{\"key_id\":\"k%u\",\"client_id\":\"c%u\",\"secret\":\"%032u\"}", i > 0 ? "," : "", i, i, i);
  }
  fputs("]}", file);
  fclose(file);
  assert_true(csn_policy_load(&policy, test_path("policy.json"), 0, &refusal));
  assert_int_equal(policy.key_count, KEYS);
  assert_span(csn_key_id(&policy.keys[KEYS - 1]), "k99999");
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  assert_int_equal(test_find_client(policy.keyring, csn_span_str("c70000"), found), 1);
  csn_policy_free(&policy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_not_said_has_its_default),
      cmocka_unit_test(everything_that_is_said_is_read),
      cmocka_unit_test(text_that_is_not_a_policy_is_refused),
      cmocka_unit_test(another_preset_is_refused_with_the_names_of_those_there_are),
      cmocka_unit_test(unknown_fields_are_refused_by_name),
      cmocka_unit_test(wrong_types_are_refused),
      cmocka_unit_test(values_out_of_range_are_refused),
      cmocka_unit_test(contradictions_are_refused),
      cmocka_unit_test(a_prefix_that_no_key_has_is_refused),
      cmocka_unit_test(unfit_secrets_are_refused),
      cmocka_unit_test(boundaries_are_accepted),
      cmocka_unit_test(secrets_come_from_files_variables_and_encodings),
      cmocka_unit_test(secrets_in_the_wrong_field_are_not_shown),
      cmocka_unit_test(secrets_are_taken_up_to_their_limit),
      cmocka_unit_test(key_sets_are_read_and_their_faults_named),
      cmocka_unit_test(unreadable_policies_are_named),
      cmocka_unit_test(a_long_path_pushes_out_neither_its_file_nor_the_reason),
      cmocka_unit_test(a_hundred_thousand_keys_load),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
