/* csn redact, as it is run. */
#include <sys/socket.h>

#include "test_cli.h"

static void every_secret_of_a_policy_is_hidden(void **state) {
  (void)state;
  test_write_text("set", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"YWxzby1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZi1taW5l\"}]}");
  test_write_text("policy",
                  "{\"preset\":\"jwt-hmac\",\"jwks_file\":\"set\",\"keys\":[{\"key_id\":\"r\",\"client_id\":\"c\","
                  "\"use\":[\"request\"],\"secret\":\"" SECRET "\"}]}");
  must_run("redact --policy @policy",
           "a " SECRET
           "\r\nb also-secret-0123456789abcdef-mine\nc "
           "3031323334353637383961626364656630313233343536373839616263646566",
           0);
  assert_string_equal(out, "a [redacted:secret]\r\nb [redacted:secret]\nc [redacted:secret]");
  must_run("redact", "a " SECRET "\n", 0); /* the control */
  assert_string_equal(out, "a " SECRET "\n");
}

static void prefixes_and_patterns_may_be_many(void **state) {
  (void)state;
  must_run("redact --prefix sk_live_ --prefix pk_ --pattern card=4[0-9]{15} --pattern a=b=c",
           "sk_live_12345678 pk_12345678 4111111111111111 b=c\n", 0);
  assert_string_equal(out, "sk_l[redacted:api-key] pk_[redacted:api-key] [redacted:card] [redacted:a]\n");
}

/* One policy for all commands: its "redact" is joined with the options, and a bad expression is refused by each. */
static void a_policy_has_patterns_and_prefixes_too(void **state) {
  (void)state;
  test_write_text("policy", "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"" SECRET
                            "\"}],\"redact\":{\"patterns\":{\"card\":"
                            "\"\\\\b4[0-9]{15}\\\\b\"},\"prefixes\":[\"sk_live_\"]}}");
  must_run("redact --policy @policy --prefix pk_ --pattern pin=PIN[0-9]{4}",
           "sk_live_12345678 pk_12345678 4111111111111111 PIN1234 " SECRET "\n", 0);
  assert_string_equal(
      out, "sk_l[redacted:api-key] pk_[redacted:api-key] [redacted:card] [redacted:pin] [redacted:secret]\n");
  must_run("redact", "sk_live_12345678 4111111111111111\n", 0); /* the control */
  assert_string_equal(out, "sk_live_12345678 4111111111111111\n");
  test_write_text("bad", "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"" SECRET
                         "\"}],\n\"redact\":{\"patterns\":{\"a\":\"(hunter2\"}}}");
  must_fail("redact --policy @bad", "", "bad:2: redact: pattern a: ");
  assert_null(strstr(err, "hunter2"));
  must_fail("verify --policy @bad", GET, "bad:2: redact: pattern a: ");
  test_write_text("bad", "{\"preset\":\"bearer-jwt\",\"keys\":[{\"secret\":\"" SECRET
                         "\"}],\"redact\":{\"patterns\":{\"a\":\"x*\"}}}");
  must_fail("sign --policy @bad", "", "redact: pattern a: ");
}

#define PEPPER_KEY "{\"key_id\":\"p\",\"use\":[\"api_key\"],\"secret\":\"" SECRET "p\"}"

/* What csn itself issues needs no prefix to be named. */
static void what_is_issued_under_a_policy_is_hidden(void **state) {
  char line[512];
  (void)state;
  test_write_text(
      "keys", "{\"preset\":\"api-key\",\"api_keys\":{\"prefix\":\"acme\",\"records\":[]},\"keys\":[" PEPPER_KEY "]}");
  must_run("apikey new --policy @keys --key-id k", "", 0);
  assert_int_equal(strncmp(out, "{\"api_key\":\"acme_", 17), 0);
  snprintf(line, sizeof line, "X-Client-Key: %.*s;\n", (int)strcspn(out + 12, "\""), out + 12);
  must_run("redact --policy @keys", line, 0);
  assert_string_equal(out, "X-Client-Key: acme[redacted:api-key];\n");
  must_run("redact", line, 0); /* the control */
  assert_string_equal(out, line);
  test_write_text("tokens",
                  "{\"preset\":\"bearer-jwt\",\"keys\":[{\"key_id\":\"t\",\"use\":[\"token\"],\"secret\":\"" SECRET
                  "\"}," PEPPER_KEY "]}");
  must_run("token issue --policy @tokens --subject a --store @refresh", "", 0);
  const char *at = strstr(out, "\"rt_");
  assert_non_null(at);
  snprintf(line, sizeof line, "exchanged %.*s\n", (int)strcspn(at + 1, "\""), at + 1);
  must_run("redact --policy @tokens", line, 0);
  assert_string_equal(out, "exchanged rt_[redacted:api-key]\n");
  must_run("redact --policy @keys", line, 0); /* the control */
  assert_string_equal(out, line);
}

/* A scheme of the policy's own has signatures where nobody else looks for them. */
static void signatures_of_a_policys_own_scheme_are_hidden(void **state) {
  static char line[sizeof out];
  (void)state;
  test_write_text(
      "own",
      "{\"preset\":\"hmac-nonce-delimited\",\"scheme\":{\"fields\":{\"signature\":{\"header\":\"X-Mac\",\"prefix\":"
      "\"mac:\"}}},\"keys\":[{\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}");
  must_run("sign --policy @own --now 1700000000 --nonce n1", GET, 0);
  strcpy(line, out);
  const char *mac = strstr(line, "[\"X-Mac\",\"mac:f7fac6d3974ac8af");
  assert_non_null(mac);
  must_run("redact --policy @own", line, 0);
  assert_int_equal(memcmp(out, line, (size_t)(mac - line)), 0);
  assert_non_null(strstr(out, "[\"X-Mac\",\"mac:[redacted:signature]\"]"));
  must_run("redact", line, 0); /* the control */
  assert_string_equal(out, line);
}

static void files_are_copied_in_their_order(void **state) {
  (void)state;
  test_write_text("one", "sig=1\nend without a line feed");
  test_write_text("two", "sig=2\n");
  must_run("redact @one - @two", "sig=stdin\n", 0);
  assert_string_equal(out,
                      "sig=[redacted:signature]\nend without a line feedsig=[redacted:signature]\nsig=[redacted:"
                      "signature]\n");
}

static void a_large_binary_file_comes_out_as_it_went_in(void **state) {
  static uint8_t bytes[200000];
  (void)state;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * i >> 3);
  assert_int_equal(run_bytes("redact", bytes, sizeof bytes), 0);
  assert_int_equal(out_len, sizeof bytes);
  assert_memory_equal(out, bytes, sizeof bytes);
}

static void misuse_is_refused_without_a_secret(void **state) {
  (void)state;
  test_write_text("short",
                  "{\"preset\":\"bearer-jwt\",\"keys\":[{\"key_id\":\"t\",\"allow_legacy_short\":true,\"secret\":"
                  "\"hunter2\"}]}");
  must_fail("redact --policy @short", "", "secret 1 is shorter than 8 bytes");
  assert_null(strstr(err, "hunter2"));
  must_fail("redact --policy @absent", "", "No such file");
  must_fail("redact --pattern x", "", "--pattern takes NAME=REGEX");
  must_fail("redact --pattern x=(hunter2", "", "pattern x: ");
  assert_null(strstr(err, "hunter2"));
  must_fail("redact --prefix x", "", "API key prefix 1");
  must_fail("redact --secret", "", "see csn redact --help");
  must_fail("redact /absent", "", "/absent: No such file");
  must_run("redact --help", "", 0);
  assert_non_null(strstr(out, "usage: csn redact"));
  assert_int_equal(run_to("/dev/full", "redact", "a\n", 2), 2);
  assert_non_null(strstr(err, "standard output: "));
}

/* A line is answered before the next one is there. */
static void lines_are_not_held_back_while_input_waits(void **state) {
  int pair[2];
  char answer[64] = "";
  (void)state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(pair[1], STDIN_FILENO);
    dup2(pair[1], STDOUT_FILENO);
    close(pair[0]);
    execl(csn, "csn", "redact", (char *)NULL);
    _exit(127);
  }
  close(pair[1]);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(write(pair[0], "sig=abc\n", 8), 8);
    assert_int_equal(recv(pair[0], answer, 25, MSG_WAITALL), 25);
    assert_memory_equal(answer, "sig=[redacted:signature]\n", 25);
  }
  shutdown(pair[0], SHUT_WR);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  close(pair[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_secret_of_a_policy_is_hidden),
      cmocka_unit_test(prefixes_and_patterns_may_be_many),
      cmocka_unit_test(a_policy_has_patterns_and_prefixes_too),
      cmocka_unit_test(what_is_issued_under_a_policy_is_hidden),
      cmocka_unit_test(signatures_of_a_policys_own_scheme_are_hidden),
      cmocka_unit_test(files_are_copied_in_their_order),
      cmocka_unit_test(a_large_binary_file_comes_out_as_it_went_in),
      cmocka_unit_test(misuse_is_refused_without_a_secret),
      cmocka_unit_test(lines_are_not_held_back_while_input_waits),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
