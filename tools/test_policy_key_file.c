/* key_file: keys of a policy out of PEM and JWK files, public and private; what signs with one verifies with the other.
 */
#include <openssl/pem.h>

#include "test_cli.h"

static const struct {
  const char *alg, *type, *group;
} kinds[] = {
    {"RS256", "RSA", NULL},   {"PS384", "RSA", NULL},     {"ES256", "EC", "P-256"}, {"ES384", "EC", "P-384"},
    {"ES512", "EC", "P-521"}, {"EdDSA", "ED25519", NULL}, {"EdDSA", "ED448", NULL},
};

static void write_pem(const char *name, EVP_PKEY *pkey, bool private) {
  FILE *file = fopen(test_path(name), "w");
  assert_non_null(file);
  if (private) {
    assert_int_equal(PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL), 1);
  } else {
    assert_int_equal(PEM_write_PUBKEY(file, pkey), 1);
  }
  assert_int_equal(fclose(file), 0);
}

/* Writes "private.pem", "public.pem", "private.jwk" and "public.jwk", all of one new key. */
static void make_files(size_t kind) {
  EVP_PKEY *pkey = kinds[kind].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[kind].group)
                                             : EVP_PKEY_Q_keygen(NULL, NULL, kinds[kind].type, (size_t)2048);
  char text[8192];
  csn_key key;
  const csn_key_config config = {
      .alg = csn_alg_from_name(csn_span_str(kinds[kind].alg)), .uses = CSN_USE_TOKEN, .key_id = csn_span_str("jwk-id")};
  size_t len = 0;
  write_pem("private.pem", pkey, true);
  write_pem("public.pem", pkey, false);
  EVP_PKEY_free(pkey);
  slurp("private.pem", text, sizeof text);
  assert_int_equal(csn_key_init_private_pem(&key, &config, csn_span_str(text)), CSN_OK);
  assert_int_equal(csn_jwk_write_private(&key, text, sizeof text, &len), CSN_OK);
  test_write("private.jwk", text, len);
  assert_int_equal(csn_jwk_write(&key, text, sizeof text, &len), CSN_OK);
  test_write("public.jwk", text, len);
  csn_key_wipe(&key);
}

#define POLICY_OF "{\"preset\":\"bearer-jwt\",\"jwt\":{\"algorithms\":[\"%s\"]},\"keys\":[{%s\"key_file\":\"%s\"}]}"

static void write_policy(const char *name, const char *alg, const char *members, const char *file) {
  char text[512];
  snprintf(text, sizeof text, POLICY_OF, alg, members, file);
  test_write_text(name, text);
}

static void what_the_private_file_signs_the_public_one_accepts(void **state) {
  static const char *const files[][2] = {{"private.pem", "public.pem"},
                                         {"private.pem", "public.jwk"},
                                         {"private.jwk", "public.pem"},
                                         {"private.jwk", "public.jwk"},
                                         {"private.jwk", "private.pem"}};
  char members[128], signed_line[8192];
  (void)state;
  for (size_t kind = 0; kind < COUNT(kinds); kind++) {
    make_files(kind);
    snprintf(members, sizeof members, "\"key_id\":\"k\",\"alg\":\"%s\",", kinds[kind].alg);
    for (size_t i = 0; i < COUNT(files); i++) {
      write_policy("s", kinds[kind].alg, members, files[i][0]);
      write_policy("v", kinds[kind].alg, members, files[i][1]);
      must_run("sign --policy @s --client c", GET, 0);
      snprintf(signed_line, sizeof signed_line, "%.8000s", out);
      must_run("verify --policy @v", signed_line, 0);
      assert_non_null(strstr(out, "\"client_id\":\"c\",\"key_id\":\"k\""));
    }
  }
}

static void a_jwk_says_its_id_and_alg(void **state) {
  (void)state;
  make_files(2);
  write_policy("p", "ES256", "", "private.jwk");
  must_run("policy check @p", "", 0);
  assert_non_null(strstr(out, "  key \"jwk-id\", no client, ES256, use token\n"));
  assert_non_null(strstr(out, "  note: 1 of the keys private: who only verifies needs the public ones\n"));
  write_policy("p", "ES256", "", "public.jwk");
  must_run("policy check @p", "", 0);
  assert_null(strstr(out, "private"));
  must_fail("sign --policy @p --client c", GET, "the key that is to sign the token is a public one");
  write_policy("p", "ES256", "\"key_id\":\"mine\",\"alg\":\"ES256\",", "public.jwk");
  must_run("policy check @p", "", 0);
  assert_non_null(strstr(out, "  key \"mine\", "));
}

/* ---- what is refused ---- */

static void must_refuse(const char *alg, const char *members, const char *file, const char *why) {
  write_policy("p", alg, members, file);
  assert_int_equal(run("policy check @p", ""), 1);
  if (strstr(err, why) == NULL) fail_msg("%s and %s: not \"%s\": %s", members, file, why, err);
  assert_null(strstr(err, file)); /* what names a file may be the key by mistake */
}

#define ES256 "\"alg\":\"ES256\","

static void files_that_do_not_fit_are_refused(void **state) {
  (void)state;
  make_files(2);
  test_write_text("twice", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n");
  test_write_text("oct", "{\"kty\":\"oct\",\n\"k\":\"MDEy\"}");
  test_write_text("cut", "{\"kty\":\"EC\",\n\"crv\":\"P-256\",\n\"x\":\"+\"}");
  test_write_text("other", "{\"kty\":\"EC\",\"crv\":\"secp256k1\"}");
  test_write_text("text", SECRET);
  must_refuse("ES256", "", "public.pem", "p:1: keys[0].alg: is missing: a PEM file names none\n");
  must_refuse("ES256", "\"alg\":\"ES384\",", "public.jwk",
              "p:1: keys[0].alg: is not that of the key_file, which is for ES256\n");
  must_refuse("ES256", "\"alg\":\"ES384\",", "public.pem", "p:1: keys[0].key_file: ");
  must_refuse("ES256", "\"alg\":\"HS256\",", "public.pem",
              "keys[0].key_file: line 1 of it: this algorithm is not supported");
  must_refuse("ES256", ES256 "\"use\":[\"request\"],\"client_id\":\"c\",", "public.pem",
              "keys[0].alg: is ES256, with which no request of the preset is signed\n");
  must_refuse("ES256", ES256 "\"use\":[\"api_key\"],", "public.pem",
              "keys[0].key_file: line 1 of it: this algorithm is not supported");
  must_refuse("ES256", ES256, "twice", "keys[0].key_file: ");
  must_refuse("ES256", ES256, "text", "keys[0].key_file: ");
  must_refuse("HS256", "", "oct", "keys[0].key_file: line 1 of it: an HMAC key is shorter than its hash");
  must_refuse("ES256", ES256, "cut", "keys[0].key_file: line 3 of it: a JSON Web Key lacks a member");
  must_refuse("ES256", ES256, "other", "keys[0].key_file: line 1 of it: this algorithm is not supported");
  must_refuse("ES256", ES256, "absent", "keys[0].key_file: No such file or directory\n");
  must_refuse("ES256", ES256 "\"secret_encoding\":\"text\",", "public.pem",
              "keys[0].secret_encoding: goes with a secret, not with a key_file\n");
  must_refuse("ES256", ES256 "\"secret_file\":\"text\",", "public.pem",
              "keys[0]: secret, secret_file, secret_env and key_file exclude each other\n");
}

/* Every line of the private key, in whatever line of a log; the public one is nobody's secret. */
static void private_files_are_redacted(void **state) {
  char pem[4096], jwk[4096], line[8192];
  (void)state;
  make_files(0);
  slurp("private.pem", pem, sizeof pem);
  slurp("private.jwk", jwk, sizeof jwk);
  write_policy("p", "RS256", "\"alg\":\"RS256\",", "private.pem");
  assert_int_equal(run("redact --policy @p", pem), 0);
  for (char *at = strtok(pem, "\n"); at != NULL; at = strtok(NULL, "\n")) {
    if (at[0] != '-' && strlen(at) >= 16) assert_null(strstr(out, at));
  }
  write_policy("p", "RS256", "", "private.jwk");
  const char *d = strstr(jwk, "\"d\":\"") + 5;
  snprintf(line, sizeof line, "x %.*s y\n", (int)strcspn(d, "\""), d);
  assert_int_equal(run("redact --policy @p", line), 0);
  assert_int_equal(strncmp(out, "x [redacted:", 12), 0);
  assert_non_null(strstr(out, "] y\n"));
  slurp("public.pem", pem, sizeof pem);
  write_policy("p", "RS256", "\"alg\":\"RS256\",", "public.pem");
  assert_int_equal(run("redact --policy @p", pem), 0);
  assert_string_equal(out, pem);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_private_file_signs_the_public_one_accepts),
      cmocka_unit_test(a_jwk_says_its_id_and_alg),
      cmocka_unit_test(files_that_do_not_fit_are_refused),
      cmocka_unit_test(private_files_are_redacted),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
