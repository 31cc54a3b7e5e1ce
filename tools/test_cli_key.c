/* csn key: what it makes signs, its public part verifies, and thumbprints are the RFCs'. */
#include "test_cli.h"

#define ED_JWK "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static void copy_output(const char *name) {
  test_write(name, out, out_len);
}

/* A policy that signs with the private file, and one that verifies with the set. */
static void check_pair(const char *alg) {
  char policy[512], line[8192];
  snprintf(policy, sizeof policy,
           "{\"preset\":\"bearer-jwt\",\"jwt\":{\"algorithms\":[\"%s\"]},\"keys\":[{\"key_file\":\"s.jwk\"}]}", alg);
  test_write_text("s", policy);
  snprintf(policy, sizeof policy,
           "{\"preset\":\"bearer-jwt\",\"jwt\":{\"algorithms\":[\"%s\"]},\"jwks_file\":\"v.jwks\"}", alg);
  test_write_text("v", policy);
  must_run("sign --policy @s --client c", GET, 0);
  snprintf(line, sizeof line, "%.8000s", out);
  must_run("verify --policy @v", line, 0);
}

static void a_new_key_signs_and_its_public_part_verifies(void **state) {
  static const char *const rows[][2] = {
      {"RS256", "--bits 2048"},
      {"PS512", "--bits 2049"},
      {"ES256", ""},
      {"ES384", ""},
      {"ES512", "--key-id k"},
      {"EdDSA", ""},
      {"EdDSA", "--curve Ed448"},
      {"EdDSA", "--curve Ed25519"},
  };
  char words[128], first[8192];
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    snprintf(words, sizeof words, "key new --alg %s %s", rows[i][0], rows[i][1]);
    must_run(words, "", 0);
    assert_int_equal(count_lines(out), 1);
    assert_int_equal(count_text(out, "\"d\":\""), 1);
    snprintf(first, sizeof first, "%.8000s", out);
    copy_output("s.jwk");
    must_run("key public @s.jwk", "", 0);
    assert_int_equal(strncmp(out, "{\"keys\":[{", 10), 0);
    assert_null(strstr(out, "\"d\":"));
    assert_null(strstr(out, "\"p\":"));
    copy_output("v.jwks");
    check_pair(rows[i][0]);
    must_run(words, "", 0);
    assert_string_not_equal(out, first);
  }
}

static void a_new_secret_is_as_long_as_its_hash(void **state) {
  static const struct {
    const char *alg;
    size_t chars;
  } rows[] = {{"HS256", 43}, {"HS384", 64}, {"HS512", 86}};
  char words[64];
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    snprintf(words, sizeof words, "key new --alg %s", rows[i].alg);
    must_run(words, "", 0);
    const char *k = strstr(out, "\"k\":\"");
    assert_non_null(k);
    assert_int_equal(strcspn(k + 5, "\""), rows[i].chars);
    copy_output("s.jwk");
    copy_output("v.jwks");
    check_pair(rows[i].alg);
  }
  must_fail("key public @s.jwk", "", "s.jwk: an HMAC key has no public part");
  must_fail("key thumbprint @s.jwk", "", "s.jwk: an HMAC key has no public part");
}

/* RFC 8037 appendix A.3; the id of a key that has none. */
static void thumbprints_are_those_of_the_rfc(void **state) {
  (void)state;
  test_write_text("ed", ED_JWK);
  must_run("key thumbprint @ed", "", 0);
  assert_string_equal(out, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\n");
  must_run("key thumbprint @ed @ed", "", 0);
  assert_int_equal(count_lines(out), 2);
  must_run("key public @ed", "", 0);
  assert_string_equal(
      out,
      "{\"keys\":[{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
      "\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\"}]}\n");
}

/* The public key of RFC 8037 appendix A.1 as SubjectPublicKeyInfo (RFC 8410) */
#define ED_PEM                   \
  "-----BEGIN PUBLIC KEY-----\n" \
  "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"

static void of_pem_the_first_algorithm_that_fits_is_taken(void **state) {
  (void)state;
  test_write_text("pem", ED_PEM);
  must_run("key thumbprint @pem", "", 0);
  assert_string_equal(out, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\n");
  must_run("key public --alg EdDSA @pem", "", 0);
  assert_int_equal(count_text(out, "\"alg\":\"EdDSA\""), 1);
  must_fail("key public --alg ES256 @pem", "", "pem:1: an asymmetric key is malformed");
}

static void what_is_no_key_is_refused(void **state) {
  (void)state;
  test_write_text("ed", ED_JWK);
  test_write_text("text", SECRET);
  test_write_text("bad", "{\"kty\":\"OKP\",\n\"crv\":\"Ed25519\",\n\"x\":7}");
  must_fail("key public @text", "", "text:1: an asymmetric key is malformed");
  must_fail("key public @ed @bad", "", "bad:3: a JSON Web Key lacks a member");
  assert_int_equal(out_len, 0); /* all or nothing */
  must_fail("key public @no", "", "no: No such file or directory");
  must_fail("key public", "", "csn key public: a file is missing");
  must_fail("key thumbprint", "", "csn key thumbprint: a file is missing");
  must_fail("key new", "", "--alg NAME is missing");
  must_fail("key new --alg none", "", "--alg: none is not supported");
  must_fail("key new --alg es256", "", "--alg: es256 is not supported");
  must_fail("key new --alg RS256 --bits 2047", "", "--bits takes 2048 to 16384");
  must_fail("key new --alg RS256 --bits 16385", "", "--bits takes 2048 to 16384");
  must_fail("key new --alg ES256 --bits 2048", "", "--bits goes with an algorithm of RSA");
  must_fail("key new --alg ES256 --curve Ed448", "", "--curve goes with EdDSA");
  must_fail("key new --alg EdDSA --curve P-256", "", "--curve takes Ed25519 or Ed448");
  must_fail("key new --alg ES256 @ed", "", "takes no file");
  must_fail("key", "", "a command is missing; there is csn key new, csn key public, csn key thumbprint");
  char words[256] = "key new --alg HS256 --key-id ";
  memset(words + strlen(words), 'i', 129);
  must_fail(words, "", "--key-id takes at most 128 bytes");
  words[strlen(words) - 1] = '\0';
  must_run(words, "", 0);
  assert_int_equal(run_to("/dev/full", "key new --alg ES256", "", 0), 2);
  assert_string_equal(err, "csn key new: standard output: No space left on device\n");
  must_run("key --help", "", 0);
  must_run("help key", "", 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_key_signs_and_its_public_part_verifies),
      cmocka_unit_test(a_new_secret_is_as_long_as_its_hash),
      cmocka_unit_test(thumbprints_are_those_of_the_rfc),
      cmocka_unit_test(of_pem_the_first_algorithm_that_fits_is_taken),
      cmocka_unit_test(what_is_no_key_is_refused),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
