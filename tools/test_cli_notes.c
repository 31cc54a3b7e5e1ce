/* Notes: a run that fails has one line on standard error, and a run that goes well keeps its note. */
#include "test_cli_open.h"

#define BAD "{\"method\":7}\n"
#define WARNING "warning: "

static void a_run_that_goes_well_has_its_note(void **state) {
  (void)state;
  test_write_text("a", AMBIGUOUS);
  test_write_text("d", DELIMITED);
  static const char *const inputs[] = {"", "\n", GET, GET GET};
  for (size_t i = 0; i < COUNT(inputs); i++) {
    assert_int_equal(run("verify --policy @a", inputs[i]), i < 2 ? 0 : 1);
    assert_int_equal(count_lines(err), 1);
    assert_non_null(strstr(err, WARNING));
    assert_non_null(strstr(err, "preset hmac-nonce is ambiguous"));
    assert_non_null(strstr(err, "use hmac-nonce-delimited\n"));
  }
  must_run("verify --policy @d", "", 0);
}

#define KEYS "\"keys\":[{\"key_id\":\"k\",\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}"
#define HTTP(required) \
  "{\"preset\":\"http-signature\",\"http_signature\":{\"required_parameters\":[" required "]}," KEYS

/* A standard without a nonce, or without one that is needed, is as any other preset without one. */
static void what_can_be_sent_again_has_a_note(void **state) {
  static const char *const rows[][2] = {
      {"{\"preset\":\"aws-sigv4\",\"aws_sigv4\":{\"region\":\"r\",\"service\":\"s\"}," KEYS,
       "preset aws-sigv4 has no nonce: a request can be sent again within the window, or until it expires\n"},
      {HTTP("\"expires\""),
       "preset http-signature needs no nonce here: a request without one can be sent again within the window\n"},
      {HTTP("\"nonce\""), NULL},
      {"{\"preset\":\"hmac-timestamp-delimited\"," KEYS,
       "preset hmac-timestamp-delimited has no nonce: a request can be sent again within the window\n"},
      {"{\"preset\":\"hmac-timestamp\"," KEYS,
       "; use hmac-timestamp-delimited; it has no nonce: a request can be sent again within the window\n"},
      {BEARER, NULL},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    test_write_text("p", rows[i][0]);
    assert_int_equal(run("verify --policy @p", ""), 0);
    assert_int_equal(count_lines(err), rows[i][1] != NULL);
    if (rows[i][1] != NULL && strstr(err, rows[i][1]) == NULL) fail_msg("not %s: %s", rows[i][1], err);
  }
}

static void a_run_that_fails_has_one_line(void **state) {
  enum { TOO_LONG = (1 << 20) + (64 << 10) + 1 };
  static char line[TOO_LONG + 1];
  (void)state;
  test_write_text("a", AMBIGUOUS);
  must_fail("verify --policy @a", BAD, "<stdin>:1: method is not a string");
  assert_int_equal(count_lines(out), 0);
  must_fail("verify --policy @a", GET GET BAD GET, "<stdin>:3: method is not a string");
  assert_int_equal(count_lines(out), 2); /* those before it are answered all the same */
  must_fail("verify --policy @a @no", "", "/no: No such file or directory");
  must_fail("verify --policy @a - @no", GET, "/no: No such file or directory");
  assert_int_equal(count_lines(out), 1);
  memset(line, 'x', TOO_LONG);
  must_fail("verify --policy @a", line, "<stdin>:1: the line is longer than the limit (byte 1114112)");
  assert_int_equal(run_to("/dev/full", "verify --policy @a", GET, strlen(GET)), 2);
  assert_string_equal(err, "csn verify: standard output: No space left on device\n");
}

/* More verdicts than the buffer holds, and then a line that cannot be read. */
static void answers_that_are_out_already_have_had_their_note(void **state) {
  enum { LINES = 1000 };
  static char input[LINES * sizeof GET + sizeof BAD];
  (void)state;
  test_write_text("a", AMBIGUOUS);
  for (size_t i = 0; i < LINES; i++) strcpy(input + i * strlen(GET), GET);
  strcat(input, BAD);
  assert_int_equal(run("verify --policy @a", input), 2);
  assert_int_equal(count_lines(out), LINES);
  assert_int_equal(count_lines(err), 2);
  assert_int_equal(count_text(err, WARNING), 1);
  assert_true(strstr(err, WARNING) < strstr(err, "<stdin>:1001: method is not a string"));
  assert_int_equal(run_to("/dev/full", "verify --policy @a", input, strlen(input)), 2);
  assert_string_equal(err, "csn verify: standard output: No space left on device\n");
}

static void ignored_keys_are_a_note_too(void **state) {
  (void)state;
  test_write_text("mixed",
                  "{\"keys\":[{\"kty\":\"AKP\"},{\"kty\":\"oct\",\"k\":"
                  "\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}");
  must_fail("jwt verify --jwks @mixed @no", "", "/no: No such file or directory");
  assert_int_equal(run("jwt verify --jwks @mixed", "x\n"), 1);
  assert_int_equal(count_lines(err), 1);
  assert_non_null(strstr(err, "/mixed: 1 of 2 keys ignored"));
}

/* ---- while the input is still open ---- */

static void the_note_comes_with_the_first_answer(void **state) {
  (void)state;
  open_run run = start(test_write_text("a", AMBIGUOUS), NULL);
  assert_string_equal(hear(run.err, 100), ""); /* nothing has been answered, and the run may yet fail */
  say(&run, GET);
  assert_int_equal(count_lines(hear(run.out, 10000)), 1);
  const char *note = hear(run.err, 10000);
  assert_non_null(strstr(note, WARNING));
  assert_int_equal(count_lines(note), 1);
  say(&run, GET);
  assert_int_equal(count_lines(hear(run.out, 10000)), 1);
  assert_string_equal(hear(run.err, 100), "");
  assert_int_equal(stop(&run), 1);
}

static void waiting_alone_brings_no_note(void **state) {
  (void)state;
  open_run run = start(test_write_text("a", AMBIGUOUS), NULL);
  assert_string_equal(hear(run.err, 100), "");
  say(&run, BAD);
  const char *complaint = hear(run.err, 10000);
  assert_non_null(strstr(complaint, "<stdin>:1: method is not a string"));
  assert_int_equal(count_lines(complaint), 1);
  assert_int_equal(stop(&run), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_run_that_goes_well_has_its_note),
      cmocka_unit_test(what_can_be_sent_again_has_a_note),
      cmocka_unit_test(a_run_that_fails_has_one_line),
      cmocka_unit_test(answers_that_are_out_already_have_had_their_note),
      cmocka_unit_test(ignored_keys_are_a_note_too),
      cmocka_unit_test(the_note_comes_with_the_first_answer),
      cmocka_unit_test(waiting_alone_brings_no_note),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
