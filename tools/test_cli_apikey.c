/* csn apikey new: what it issues is accepted, and what it cannot issue it refuses. */
#include "test_cli.h"

#define PEPPER "the pepper of the tests, of more than 32 bytes"
#define POLICY_OF(api_keys)                                                                        \
  "{\"preset\":\"api-key\",\"keys\":[{\"key_id\":\"p\",\"use\":[\"api_key\"],\"secret\":\"" PEPPER \
  "\"}],\"api_keys\":{" api_keys "}}"
#define EMPTY POLICY_OF("\"prefix\":\"acme\",\"required_scopes\":\"a:b\",\"records\":[]")

/* The part of the last output between two texts. */
static const char *between(const char *before, const char *after) {
  static char part[2][1024];
  static size_t turn;
  char *into = part[turn++ % 2];
  const char *start = strstr(out, before);
  assert_non_null(start);
  start += strlen(before);
  const char *end = strstr(start, after);
  assert_non_null(end);
  snprintf(into, sizeof part[0], "%.*s", (int)(end - start), start);
  return into;
}

static const char *request_with(const char *key) {
  static char line[512];
  snprintf(line, sizeof line, "{\"id\":1,\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"X-Api-Key\",\"%s\"]]}\n",
           key);
  return line;
}

static void an_issued_key_is_accepted_with_its_record(void **state) {
  char policy[2048], key[256];
  (void)state;
  test_write_text("p", EMPTY);
  must_run("apikey new --policy @p --key-id k-1 --client c --scopes a:b --expires 1800000000 --now 1700000000", "", 0);
  assert_int_equal(count_lines(out), 1);
  assert_int_equal(count_text(out, "acme_"), 2); /* the key, and what is shown of it */
  assert_non_null(strstr(out, "\"created\":1700000000,\"expires\":1800000000,\"scopes\":\"a:b\"}}\n"));
  snprintf(key, sizeof key, "%s", between("\"api_key\":\"", "\""));
  assert_int_equal(strlen(key), 4 + 1 + 43 + 6);
  snprintf(policy, sizeof policy, POLICY_OF("\"required_scopes\":\"a:b\",\"records\":[%s]"),
           between("\"record\":", "}\n"));
  test_write_text("q", policy);
  assert_null(strstr(policy, key)); /* the record does not hold it */
  must_run("verify --policy @q --now 1800000000", request_with(key), 0);
  assert_non_null(strstr(out, "\"client_id\":\"c\",\"key_id\":\"k-1\""));
  must_run("verify --policy @q --now 1800000001", request_with(key), 1);
  assert_non_null(strstr(out, "\"key_expired\""));
  must_run("verify --policy @p --now 1700000000", request_with(key), 1);
  assert_non_null(strstr(out, "\"key_unknown\""));
}

static void no_two_keys_are_alike(void **state) {
  char first[256];
  (void)state;
  test_write_text("p", EMPTY);
  must_run("apikey new --policy @p --key-id k", "", 0);
  snprintf(first, sizeof first, "%s", between("\"api_key\":\"", "\""));
  must_run("apikey new --policy @p --key-id k", "", 0);
  const char *second = between("\"api_key\":\"", "\"");
  assert_string_not_equal(first, second);
  assert_int_not_equal(strncmp(first + 5, second + 5, 8), 0);
  assert_null(strstr(out, "client_id"));
  assert_null(strstr(out, "expires"));
  assert_null(strstr(out, "scopes"));
}

static void the_policy_decides_the_prefix(void **state) {
  (void)state;
  test_write_text("p", EMPTY);
  must_run("apikey new --policy @p --key-id k --prefix acme", "", 0);
  must_fail("apikey new --policy @p --key-id k --prefix other", "", "--prefix is not the one that the policy names");
  test_write_text("p", POLICY_OF("\"records\":[]"));
  must_run("apikey new --policy @p --key-id k --prefix a1", "", 0);
  assert_int_equal(strncmp(out, "{\"api_key\":\"a1_", 15), 0);
  must_fail("apikey new --policy @p --key-id k", "", "the prefix must be 1 to 16 of a-z 0-9");
  must_fail("apikey new --policy @p --key-id k --prefix A", "", "the prefix must be 1 to 16 of a-z 0-9");
  must_fail("apikey new --policy @p --key-id k --prefix abcdefghij0123456", "", "the prefix must be 1 to 16");
}

static void what_no_record_can_have_is_refused(void **state) {
  (void)state;
  test_write_text("p", EMPTY);
  must_fail("apikey new --policy @p", "", "--key-id ID is needed");
  must_fail("apikey new --key-id k", "", "--policy FILE is needed");
  must_fail("apikey new --policy @p --key-id k file", "", "takes no file");
  must_fail("apikey new --policy @p --key-id k --scopes a,\"b", "", "--scopes takes scope-tokens");
  must_fail("apikey new --policy @p --key-id k --client a|b", "", "csn apikey new: ");
  must_fail("apikey old", "", "there is csn apikey new");
  must_fail("apikey", "", "a command is missing");
  test_write_text("b", BEARER);
  must_fail("apikey new --policy @b --key-id k", "", "the preset bearer-jwt has no API key");
  must_fail("sign --policy @p", GET, "api-key signs nothing");
  must_run("apikey --help", "", 0);
  must_run("help apikey", "", 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_issued_key_is_accepted_with_its_record),
      cmocka_unit_test(no_two_keys_are_alike),
      cmocka_unit_test(the_policy_decides_the_prefix),
      cmocka_unit_test(what_no_record_can_have_is_refused),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
