/* SIGHUP: the policy is loaded anew between two lines, whole or not at all, and nonces stay remembered. */
#include "test_cli_open.h"

#define NOW "1700000000"
#define KEY(id, client) "{\"key_id\":\"" id "\",\"client_id\":\"" client "\",\"secret\":\"" SECRET "\"}"
#define POLICY(members) "{\"preset\":\"hmac-nonce-delimited\"," members "}"
/* printf 'c\n1700000000\nn2' | openssl dgst -sha256 -hmac "$SECRET" */
#define SIGNED_2 SIGNED_AT(NOW, "n2", "9744bd792bea0294291bdf1e74699c0222f7d3cf54fa36992030b060deff7106")

/* What the run answers to one line. */
static const char *ask(const open_run *run, const char *line) {
  say(run, line);
  return hear(run->out, 10000);
}

static void must_answer(const open_run *run, const char *line, const char *part) {
  const char *answer = ask(run, line);
  if (strstr(answer, part) == NULL) fail_msg("not %s: %s", part, answer);
}

/* Puts `policy` in the place of the old one, signals, and gives what the run says of it. A signal that comes just
 * before a wait is heeded at the next line, so it is sent again. */
static const char *reload(const open_run *run, const char *policy) {
  const char *said = "";
  test_write_text("new", policy);
  assert_int_equal(rename(test_path("new"), test_path("p")), 0);
  for (int i = 0; i < 100 && said[0] == '\0'; i++) {
    assert_int_equal(kill(run->child, SIGHUP), 0);
    said = hear(run->err, 200);
  }
  return said;
}

static void must_load(const open_run *run, const char *policy) {
  const char *said = reload(run, policy);
  if (strstr(said, "/p: loaded anew\n") == NULL) fail_msg("%s\n%s", policy, said);
}

static void must_refuse(const open_run *run, const char *policy, const char *why) {
  const char *said = reload(run, policy);
  if (strstr(said, why) == NULL || strstr(said, "; the policy before it stays\n") == NULL)
    fail_msg("%s\n%s", policy, said);
  assert_null(strstr(said, SECRET));
}

static open_run start_with(const char *policy) {
  return start(test_write_text("p", policy), NOW);
}

static void keys_come_and_go(void **state) {
  (void)state;
  open_run run = start_with(POLICY("\"keys\":[" KEY("old", "d") "]"));
  must_answer(&run, SIGNED, "\"key_unknown\"");
  must_load(&run, POLICY("\"keys\":[" KEY("new", "c") "]"));
  must_answer(&run, SIGNED, "\"verdict\":\"accepted\"");
  must_load(&run, POLICY("\"keys\":[" KEY("old", "d") "]"));
  must_answer(&run, SIGNED, "\"key_unknown\"");
  assert_int_equal(stop(&run), 1);
}

static void a_replay_before_is_a_replay_after(void **state) {
  (void)state;
  open_run run = start_with(POLICY("\"keys\":[" KEY("k", "c") "]"));
  must_answer(&run, SIGNED, "\"verdict\":\"accepted\"");
  for (int i = 0; i < 3; i++) {
    must_load(&run, POLICY("\"keys\":[" KEY("k2", "c") "]"));
    must_answer(&run, SIGNED, "\"nonce_replayed\"");
  }
  assert_int_equal(stop(&run), 1);
}

static void a_refused_policy_changes_nothing(void **state) {
  static const char *const rows[][2] = {
      {"{", "/p:1: not strict JSON"},
      {POLICY("\n\"keys\":[" KEY("k", "c") "],\"x\":1"), "/p:2: x: unknown field"},
      {POLICY("\"keys\":[]"), "/p:1: keys: is empty"},
      {POLICY("\"keys\":[" KEY("k", "c") "," KEY("k", "c") "]"), "/p:1: keys[1]: a key with this id"},
      {"{\"preset\":\"hmac-nonce\",\"keys\":[" KEY("k", "c") "]}",
       "/p:1: preset: must stay hmac-nonce-delimited while the command runs"},
      {BEARER, "/p:1: preset: must stay hmac-nonce-delimited while the command runs"},
      {POLICY("\"nonces\":{\"capacity\":1000001},\"keys\":[" KEY("k", "c") "]"),
       "/p:1: nonces.capacity: must stay 1000000 while the command runs"},
      {POLICY("\"window_seconds\":301,\"keys\":[" KEY("k", "c") "]"),
       "/p:1: window_seconds: must not grow while the command runs: nonces are remembered for 300 seconds"},
  };
  (void)state;
  open_run run = start_with(POLICY("\"keys\":[" KEY("k", "c") "]"));
  must_answer(&run, SIGNED, "\"verdict\":\"accepted\"");
  for (size_t i = 0; i < COUNT(rows); i++) {
    must_refuse(&run, rows[i][0], rows[i][1]);
    must_answer(&run, SIGNED, "\"nonce_replayed\"");
  }
  assert_int_equal(unlink(test_path("p")), 0);
  must_answer(&run, SIGNED_2, "\"verdict\":\"accepted\"");
  assert_int_equal(stop(&run), 1);
}

/* A window that has shrunk must not grow back: what was remembered for the smaller one is forgotten. */
static void a_window_only_shrinks(void **state) {
  (void)state;
  open_run run = start_with(POLICY("\"keys\":[" KEY("k", "c") "]"));
  must_answer(&run, SIGNED, "\"verdict\":\"accepted\"");
  must_load(&run, POLICY("\"window_seconds\":300,\"keys\":[" KEY("k", "c") "]"));
  must_load(&run, POLICY("\"window_seconds\":60,\"keys\":[" KEY("k", "c") "]"));
  must_refuse(&run, POLICY("\"keys\":[" KEY("k", "c") "]"), "window_seconds: must not grow");
  must_refuse(&run, POLICY("\"window_seconds\":61,\"keys\":[" KEY("k", "c") "]"), "are remembered for 60 seconds");
  must_load(&run, POLICY("\"window_seconds\":1,\"keys\":[" KEY("k", "c") "]"));
  assert_int_equal(stop(&run), 0);
}

#define HTTP(leeway)                                                                                  \
  "{\"preset\":\"http-signature\",\"http_signature\":{\"components\":[],\n\"leeway_seconds\":" leeway \
  "},\"keys\":[" KEY("k", "c") "]}"

/* So does the leeway behind a signature's expires, for the same reason. */
static void a_leeway_only_shrinks(void **state) {
  (void)state;
  open_run run = start_with(HTTP("60"));
  must_answer(&run, GET, "\"field_missing\"");
  must_refuse(&run, HTTP("61"),
              "/p:2: http_signature.leeway_seconds: must not grow while the command runs: nonces are remembered for 60 "
              "seconds of it");
  must_load(&run, HTTP("60"));
  must_load(&run, HTTP("59"));
  must_refuse(&run, HTTP("60"), "are remembered for 59 seconds");
  must_load(&run, "{\"preset\":\"http-signature\",\"keys\":[" KEY("k", "c") "]}");
  must_refuse(&run, HTTP("1"), "are remembered for 0 seconds");
  assert_int_equal(stop(&run), 1);
}

#define OF(members) "{\"preset\":\"http-signature\"," members "}"
#define SET "\"jwks_file\":\"set\",\"jwks_client_id\":"
#define JWKS                                                                                                           \
  "{\"keys\":[{\"kid\":\"s\",\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}" \
  "]}"
#define STAYS "client_id: must stay while the command runs: nonces are remembered under it"

/* What was accepted of one client would be fresh of another. */
static void a_key_stays_its_clients(void **state) {
  (void)state;
  test_write_text("set", JWKS);
  open_run run = start_with(OF("\"keys\":[" KEY("k", "c") "]"));
  must_answer(&run, GET, "\"field_missing\"");
  must_refuse(&run, OF("\"keys\":[" KEY("k2", "d") ",\n" KEY("k", "d") "]"), "/p:2: keys[1]." STAYS);
  must_load(&run, OF("\"keys\":[" KEY("k", "c") "," KEY("s", "c") "]"));
  must_refuse(&run, OF(SET "\"d\""), "/p:1: jwks_" STAYS);
  must_load(&run, OF(SET "\"c\""));
  must_refuse(&run, OF(SET "\"d\""), "/p:1: jwks_" STAYS);
  must_refuse(&run, OF("\"keys\":[" KEY("s", "d") "]"), "/p:1: keys[0]." STAYS);
  must_load(&run, OF("\"keys\":[" KEY("s", "c") "," KEY("new", "d") "]"));
  assert_int_equal(stop(&run), 1);
}

#define WEBHOOK(scheme, client) "{\"preset\":\"standard-webhooks\"," scheme "\"keys\":[" KEY("k", client) "]}"

static void the_client_of_all_requests_stays(void **state) {
  (void)state;
  open_run run = start_with(WEBHOOK("", "standard-webhooks"));
  must_answer(&run, GET, "\"field_missing\"");
  must_refuse(&run, WEBHOOK("\"scheme\":{\"client_id\":\"d\"},", "d"), "/p:1: scheme." STAYS);
  must_load(&run, WEBHOOK("\"scheme\":{\"client_id\":\"standard-webhooks\"},", "standard-webhooks"));
  assert_int_equal(stop(&run), 1);
}

#define STAMPED(members) "{\"preset\":\"hmac-timestamp-delimited\"," members "\"keys\":[" KEY("k", "c") "]}"
#define WITH_NONCE                                                                   \
  STAMPED(                                                                           \
      "\"scheme\":{\"template\":\"{client_id}\\n{method}\\n{timestamp}\\n{nonce}\"," \
      "\"fields\":{\"nonce\":{\"header\":\"X-Nonce\"}}},")
#define ON_OR_WITHOUT "/p:1: preset: must go on with a nonce, or without one, while the command runs"

/* One preset may have a nonce in one policy and none in the next: then there is no table to take over, or nothing would
 * go on remembering what it holds. */
static void a_nonce_neither_comes_nor_goes(void **state) {
  (void)state;
  open_run run = start_with(STAMPED(""));
  must_answer(&run, GET, "\"field_missing\"");
  assert_non_null(strstr(hear(run.err, 10000), "has no nonce")); /* the warning at the start */
  must_refuse(&run, WITH_NONCE, ON_OR_WITHOUT);
  must_load(&run, STAMPED("\"window_seconds\":60,"));
  assert_int_equal(stop(&run), 1);
  run = start_with(WITH_NONCE);
  must_answer(&run, GET, "\"field_missing\"");
  must_refuse(&run, STAMPED(""), ON_OR_WITHOUT);
  must_load(&run, WITH_NONCE);
  assert_int_equal(stop(&run), 1);
}

/* Without a table there is nothing that a limit must be kept for. */
static void tokens_are_judged_by_the_new_policy(void **state) {
  (void)state;
  open_run run = start_with(BEARER);
  must_answer(&run, GET, "\"field_missing\"");
  must_load(&run, "{\"preset\":\"bearer-jwt\",\"jwt\":{\"issuer\":\"i\"},\"keys\":[{\"secret\":\"" SECRET "\"}]}");
  must_answer(&run, GET, "\"field_missing\"");
  must_refuse(&run, DELIMITED, "/p:1: preset: must stay bearer-jwt");
  assert_int_equal(stop(&run), 1);
}

/* The signal and the line behind it, without a pause: the line is judged by the new policy. */
static void the_next_line_is_judged_by_it(void **state) {
  (void)state;
  open_run run = start_with(POLICY("\"keys\":[" KEY("old", "d") "]"));
  must_answer(&run, SIGNED, "\"key_unknown\"");
  test_write_text("p", POLICY("\"keys\":[" KEY("new", "c") "]"));
  assert_int_equal(kill(run.child, SIGHUP), 0);
  must_answer(&run, SIGNED, "\"verdict\":\"accepted\"");
  assert_int_equal(stop(&run), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_come_and_go),
      cmocka_unit_test(a_replay_before_is_a_replay_after),
      cmocka_unit_test(a_refused_policy_changes_nothing),
      cmocka_unit_test(a_window_only_shrinks),
      cmocka_unit_test(a_leeway_only_shrinks),
      cmocka_unit_test(a_key_stays_its_clients),
      cmocka_unit_test(the_client_of_all_requests_stays),
      cmocka_unit_test(a_nonce_neither_comes_nor_goes),
      cmocka_unit_test(tokens_are_judged_by_the_new_policy),
      cmocka_unit_test(the_next_line_is_judged_by_it),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
