/* csn jwt verify: one token a line. */
#include "test_cli.h"

/* A public token whose secret is shorter than its hash, and that secret. */
#define PUBLIC_TOKEN                                                                                             \
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IlB1Y2sgV2FuZyIsImFkbWluIjp0cnVlfQ." \
  "KcGicYB-emFBnUrXIViwDzCML6FB8W8QfD1lttRV0t4"
#define PUBLIC_SECRET "puckwang"

/* A token of `claims`, made by csn sign. */
static const char *token_of(const char *claims) {
  static char token[4096];
  test_write_text("b", BEARER);
  test_write_text("claims", claims);
  must_run("sign --policy @b --claims-file @claims", GET, 0);
  char *start = strstr(out, "Bearer ") + strlen("Bearer ");
  *strchr(start, '"') = '\0';
  return strcpy(token, start);
}

static void the_public_token_needs_the_switch_for_its_short_key(void **state) {
  (void)state;
  test_write_text("s", PUBLIC_SECRET "\n");
  must_fail("jwt verify --secret-file @s", PUBLIC_TOKEN "\n", "--allow-legacy-short-keys");
  assert_null(strstr(err, PUBLIC_SECRET));
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys", PUBLIC_TOKEN "\n", 0);
  assert_string_equal(out,
                      "{\"id\":1,\"verdict\":\"accepted\",\"reason\":\"accepted\",\"stage\":\"none\",\"field\":null,"
                      "\"offset\":null,\"client_id\":\"1234567890\",\"key_id\":null}\n");
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys --require-exp", PUBLIC_TOKEN "\n", 1);
  assert_non_null(strstr(out, "\"claim_missing\""));
  test_write_text("s", PUBLIC_SECRET "X");
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys", PUBLIC_TOKEN "\n", 1);
  assert_non_null(strstr(out, "\"signature_mismatch\""));
}

static void token_lines_are_answered_one_by_one(void **state) {
  static const char input[] = PUBLIC_TOKEN "\r\n\nx.\"\xff\x1b[31m.z\n" PUBLIC_TOKEN;
  static const char *const reasons[] = {"", "token_shape", "base64url_invalid", "accepted"};
  char id[16];
  (void)state;
  test_write_text("s", PUBLIC_SECRET);
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys", input, 1);
  assert_int_equal(count_lines(out), 4);
  char *line = out;
  for (size_t i = 0; i < 4; i++) {
    char *end = strchr(line, '\n');
    *end = '\0';
    snprintf(id, sizeof id, "{\"id\":%zu,", i + 1);
    assert_int_equal(strncmp(line, id, strlen(id)), 0);
    assert_non_null(strstr(line, reasons[i]));
    assert_non_null(
        strstr(line, i == 3 ? "\"accepted\"" : "\"rejected\"")); /* a carriage return is no part of a token */
    for (char *at = line; *at != '\0'; at++) assert_in_range(*at, 0x20, 0x7e);
    line = end + 1;
  }
}

/* A subject is the one thing in a verdict that a token chooses freely. */
static void foreign_bytes_in_a_subject_are_escaped(void **state) {
  (void)state;
  char token[4096];
  test_write_text("s", SECRET);
  strcpy(token, token_of("{\"sub\":\"a\\\"\\u001b[31m\xc3\xa9\\ud83d\\udd11\"}"));
  must_run("jwt verify --secret-file @s", token, 0);
  assert_non_null(strstr(out, "\"client_id\":\"a\\\"\\u001b[31m\\u00e9\\ud83d\\udd11\",\"key_id\":null}\n"));
}

static void a_token_beyond_the_limit_is_rejected_and_the_next_is_read(void **state) {
  enum { LIMIT = 8192 };
  static char input[4 * LIMIT];
  (void)state;
  test_write_text("s", PUBLIC_SECRET);
  memset(input, 'a', sizeof input);
  strcpy(input + LIMIT, "\n");
  strcpy(input + LIMIT + 1, "x\n");
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys", input, 1);
  assert_null(strstr(out, "token_too_long"));
  memset(input, 'a', sizeof input);
  strcpy(input + 3 * LIMIT, "\n" PUBLIC_TOKEN "\n");
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys", input, 1);
  assert_non_null(strstr(out, "\"token_too_long\",\"stage\":\"credential\",\"field\":\"token\",\"offset\":8192"));
  assert_non_null(strstr(out, "{\"id\":2,\"verdict\":\"accepted\""));
  strcpy(input + LIMIT + 1, "\n");
  must_run("jwt verify --secret-file @s --allow-legacy-short-keys", input, 1);
  assert_non_null(strstr(out, "\"token_too_long\""));
}

static void with_signature_only_the_payload_is_any_bytes(void **state) {
  (void)state;
  char token[4096];
  test_write_text("s", SECRET);
  strcpy(token, token_of("{\"exp\":1}"));
  must_run("jwt verify --secret-file @s --now 1700000000", token, 1);
  assert_non_null(strstr(out, "token_expired"));
  must_run("jwt verify --secret-file @s --now 1700000000 --signature-only", token, 0);
  *strrchr(token, '.') = '\0'; /* the control: the signature still counts */
  strcat(token, ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  must_run("jwt verify --secret-file @s --signature-only", token, 1);
  assert_non_null(strstr(out, "signature_mismatch"));
}

static void padding_needs_the_switch(void **state) {
  (void)state;
  char token[4096];
  test_write_text("s", SECRET);
  strcpy(token, token_of("{\"exp\":1}"));
  strcat(token, "=");
  must_run("jwt verify --secret-file @s --now 0", token, 1);
  assert_non_null(strstr(out, "signature_length"));
  must_run("jwt verify --secret-file @s --now 0 --allow-padded", token, 0);
  must_run("jwt verify --secret-file @s --now 0 --allow-padded --signature-only", token, 0);
  strcat(token, "=");
  must_run("jwt verify --secret-file @s --now 0 --allow-padded", token, 1);
  assert_non_null(strstr(out, "signature_length"));
}

static void claims_are_checked_as_the_options_say(void **state) {
  static const struct {
    const char *claims;
    const char *options;
    const char *reason;
  } rows[] = {
      {"{\"exp\":101}", "--now 100", "accepted"},
      {"{\"exp\":100}", "--now 100", "token_expired"},
      {"{\"exp\":100}", "--now 100 --leeway 1", "accepted"},
      {"{\"nbf\":101}", "--now 100", "token_not_yet_valid"},
      {"{}", "--now 100", "accepted"},
      {"{}", "--now 100 --require-exp", "claim_missing"},
      {"{\"iss\":\"a\"}", "--issuer a", "accepted"},
      {"{\"iss\":\"a\"}", "--issuer b", "issuer_mismatch"},
      {"{\"aud\":\"a\"}", "--audience a", "accepted"},
      {"{\"aud\":\"a\"}", "--audience b", "audience_mismatch"},
      {"{\"aud\":\"a\"}", "", "audience_unexpected"},
      {"{}", "--alg HS256", "accepted"},
  };
  (void)state;
  test_write_text("s", SECRET);
  for (size_t i = 0; i < COUNT(rows); i++) {
    char words[256], token[4096], wanted[64];
    strcpy(token, token_of(rows[i].claims));
    snprintf(words, sizeof words, "jwt verify --secret-file @s %s", rows[i].options);
    snprintf(wanted, sizeof wanted, "\"reason\":\"%s\"", rows[i].reason);
    int status = run(words, token);
    if (strstr(out, wanted) == NULL) fail_msg("%s %s: %s", rows[i].claims, rows[i].options, out);
    assert_int_equal(status, strcmp(rows[i].reason, "accepted") == 0 ? 0 : 1);
  }
}

static void secrets_have_the_encoding_that_is_said(void **state) {
  (void)state;
  char token[4096];
  strcpy(token, token_of("{}"));
  test_write_text("hex", "3031323334353637383961626364656630313233343536373839616263646566\r\n");
  test_write_text("b64", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\n");
  must_run("jwt verify --secret-file @hex --secret-encoding hex", token, 0);
  must_run("jwt verify --secret-file @b64 --secret-encoding base64url", token, 0);
  must_run("jwt verify --secret-file @hex --secret-encoding text", token, 1);
  must_fail("jwt verify --secret-file @b64 --secret-encoding hex", token, "the secret is not an even number of hex");
}

#define JWK "{\"kty\":\"oct\",\"kid\":\"t\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}"

static void key_sets_are_read_and_ignored_keys_named(void **state) {
  (void)state;
  char token[4096];
  strcpy(token, token_of("{}"));
  test_write_text("good", "{\"keys\":[" JWK "]}");
  must_run("jwt verify --jwks @good", token, 0);
  assert_non_null(strstr(out, "\"key_id\":\"t\""));
  test_write_text("mixed", "{\"keys\":[{\"kty\":\"AKP\"}," JWK "]}");
  assert_int_equal(run("jwt verify --jwks @mixed", token), 0);
  assert_int_equal(count_lines(err), 1);
  assert_non_null(strstr(err, "note: "));
  assert_non_null(strstr(err, "/mixed: 1 of 2 keys ignored"));
  test_write_text("none", "{\"keys\":[{\"kty\":\"AKP\"}]}");
  must_fail("jwt verify --jwks @none", token, "/none: holds no key that can be used");
  test_write_text("bad", "{\"keys\":[\n" JWK ",\n{\"kty\":\"oct\",\"k\":\"*\"}]}");
  must_fail("jwt verify --jwks @bad", token, "/bad:3: a JSON Web Key lacks a member");
  test_write_text("short", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"cHVja3dhbmc\"}]}");
  must_fail("jwt verify --jwks @short", token, "--allow-legacy-short-keys");
  must_run("jwt verify --jwks @short --allow-legacy-short-keys", PUBLIC_TOKEN, 0);
}

/* RFC 8037 appendix A.1 and A.4, and the key as SubjectPublicKeyInfo (RFC 8410) */
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_JWK(members) "{\"kty\":\"OKP\",\n\"crv\":\"Ed25519\"," members "\"x\":\"" ED_X "\"}"
#define ED_PEM                   \
  "-----BEGIN PUBLIC KEY-----\n" \
  "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
#define ED_TOKEN                                              \
  "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." \
  "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

static void one_key_comes_out_of_pem_or_a_jwk(void **state) {
  (void)state;
  test_write_text("pem", ED_PEM);
  test_write_text("jwk", ED_JWK(""));
  test_write_text("private", ED_JWK("\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","));
  test_write_text("torn", ED_JWK("\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B\","));
  test_write_text("enc", ED_JWK("\"use\":\"enc\","));
  must_run("jwt verify --alg EdDSA --signature-only --key-file @pem", ED_TOKEN, 0);
  must_run("jwt verify --alg EdDSA --signature-only --key-file @jwk", ED_TOKEN, 0);
  must_run("jwt verify --alg ES256,EdDSA --signature-only --key-file @private", ED_TOKEN, 0);
  must_run("jwt verify --alg ES256 --signature-only --key-file @jwk", ED_TOKEN, 1); /* --alg is the allow-list */
  must_fail("jwt verify --alg ES256,EdDSA --key-file @pem", ED_TOKEN, "a --key-file of PEM takes one --alg");
  must_fail("jwt verify --alg ES256 --key-file @pem", ED_TOKEN, "/pem:1: an asymmetric key is malformed");
  must_fail("jwt verify --key-file @pem", ED_TOKEN, "/pem:1: this algorithm is not supported");
  must_fail("jwt verify --alg EdDSA --key-file @torn", ED_TOKEN, "/torn:2: ");
  must_fail("jwt verify --alg EdDSA --key-file @enc", ED_TOKEN, "/enc:1: this algorithm is not supported");
  must_fail("jwt verify --alg EdDSA --key-file @no", ED_TOKEN, "/no: No such file or directory");
  must_fail("jwt verify --key-file @pem --jwks @jwk", ED_TOKEN, "exactly one of --jwks FILE, --key-file FILE");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_public_token_needs_the_switch_for_its_short_key),
      cmocka_unit_test(token_lines_are_answered_one_by_one),
      cmocka_unit_test(foreign_bytes_in_a_subject_are_escaped),
      cmocka_unit_test(a_token_beyond_the_limit_is_rejected_and_the_next_is_read),
      cmocka_unit_test(with_signature_only_the_payload_is_any_bytes),
      cmocka_unit_test(padding_needs_the_switch),
      cmocka_unit_test(claims_are_checked_as_the_options_say),
      cmocka_unit_test(secrets_have_the_encoding_that_is_said),
      cmocka_unit_test(key_sets_are_read_and_ignored_keys_named),
      cmocka_unit_test(one_key_comes_out_of_pem_or_a_jwk),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
