/* csn and csn verify: the answers, the exit statuses and the one line of complaint. */
#include <elf.h>

#include "test_cli.h"

/* ---- help, version, misuse ---- */

static void help_and_versions_are_printed(void **state) {
  static const char *const commands[] = {"verify", "jwt", "sign", "redact", "report"};
  (void)state;
  must_run("--version", "", 0);
  assert_non_null(strstr(out, "csn " CSN_VERSION "\nOpenSSL 3."));
  assert_non_null(strstr(out, "\nxxHash 0."));
  must_run("--help", "", 0);
  assert_non_null(strstr(out, "usage: csn COMMAND"));
  must_run("help", "", 0);
  for (size_t i = 0; i < COUNT(commands); i++) {
    char words[64], usage[64];
    snprintf(usage, sizeof usage, "usage: csn %s", commands[i]);
    snprintf(words, sizeof words, "help %s", commands[i]);
    must_run(words, "", 0);
    assert_int_equal(strncmp(out, usage, strlen(usage)), 0);
    snprintf(words, sizeof words, "%s --help", commands[i]);
    must_run(words, "", 0);
    assert_int_equal(strncmp(out, usage, strlen(usage)), 0);
  }
  must_run("jwt verify -h", "", 0);
}

static void misuse_is_told_in_one_line(void **state) {
  static const char *const rows[][2] = {
      {"", "csn: a command is missing"},
      {"frobnicate", "there is no command frobnicate"},
      {"help frobnicate", "there is no command frobnicate"},
      {"help verify zzz", "help takes one command"},
      {"help verify --help", "help takes one command"},
      {"--version zzz", "--version stands alone"},
      {"--help verify", "--help stands alone"},
      {"-h -h", "-h stands alone"},
      {"jwt --help zzz", "--help stands alone"},
      {"verify", "--policy FILE is missing"},
      {"verify --policy", "option --policy needs a value"},
      {"verify --polizei x", "option --polizei is not understood"},
      {"verify --policy @d --now -5", "--now takes UNIX seconds"},
      {"verify --policy @d --now 1.5", "--now takes UNIX seconds"},
      {"verify --policy @d --now 253402300800", "--now takes UNIX seconds"},
      {"verify --policy @d --now=", "--now takes UNIX seconds"},
      {"verify --policy @d --audit", "option --audit needs a value"},
      {"verify -x", "option -x is not understood"},
      {"jwt", "there is csn jwt verify"},
      {"jwt sign", "sign is not one of its commands"},
      {"jwt verify", "exactly one of --jwks FILE, --key-file FILE and --secret-file FILE"},
      {"jwt verify --jwks a --secret-file b", "exactly one of --jwks FILE, --key-file FILE and --secret-file FILE"},
      {"jwt verify --jwks a --secret-encoding hex", "--secret-encoding goes with --secret-file"},
      {"jwt verify --secret-file a --secret-encoding HEX", "--secret-encoding takes text, hex, base64url or base64"},
      {"jwt verify --secret-file a --alg none", "\"none\" is not supported"},
      {"jwt verify --secret-file a --alg HS256,", "\"\" is not supported"},
      {"jwt verify --secret-file a --leeway 3601", "--leeway takes 0 to 3600"},
      {"jwt verify --secret-file a --issuer=", "--issuer takes a name that is not empty"},
      {"jwt verify --secret-file a --audience=", "--audience takes a name that is not empty"},
      {"jwt verify --secret-file a --signature-only --leeway 0", "--signature-only reads no claims"},
      {"jwt verify --secret-file a --signature-only --require-exp", "--signature-only reads no claims"},
      {"jwt verify --secret=" SECRET, "option --secret is"},
      {"sign", "--policy FILE is missing"},
      {"sign --policy @d --claims {} --claims-file x", "exclude each other"},
      {"report", "one file of results is needed"},
      {"report a b", "one file of results is needed"},
  };
  (void)state;
  test_write_text("d", DELIMITED);
  for (size_t i = 0; i < COUNT(rows); i++) {
    must_fail(rows[i][0], "", rows[i][1]);
    assert_int_equal(out_len, 0);
  }
}

/* ---- csn verify ---- */

static void verdict_lines_are_exactly_these(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  assert_int_equal(
      run("verify --policy @d --now 1700000300", SIGNED SIGNED GET "{\"method\":\"GET\",\"target\":\"/\"}\n"), 1);
  assert_string_equal(
      out,
      "{\"id\":\"a\",\"verdict\":\"accepted\",\"reason\":\"accepted\",\"stage\":\"none\",\"field\":null,"
      "\"offset\":null,\"client_id\":\"c\",\"key_id\":\"k\"}\n"
      "{\"id\":\"a\",\"verdict\":\"rejected\",\"reason\":\"nonce_replayed\",\"stage\":\"nonce\",\"field\":\"nonce\","
      "\"offset\":0,\"client_id\":\"c\",\"key_id\":\"k\"}\n"
      "{\"id\":1,\"verdict\":\"rejected\",\"reason\":\"field_missing\",\"stage\":\"credential\",\"field\":"
      "\"client_id\",\"offset\":0,\"client_id\":null,\"key_id\":null}\n"
      "{\"id\":null,\"verdict\":\"rejected\",\"reason\":\"field_missing\",\"stage\":\"credential\",\"field\":"
      "\"client_id\",\"offset\":0,\"client_id\":null,\"key_id\":null}\n");
  assert_string_equal(err, "");
}

/* Only where the field is a header there is one to name. */
static void a_header_that_is_wrong_is_named_by_its_index(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("verify --policy @d",
           "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"a\",\"1\"],[\"b\",\"2\"],[\"c\",\"3\\n\"]]}\n"
           "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"a b\",\"1\"],[\"c\",\"3\\n\"]]}\n"
           "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"a\",\"1\"],[\"x-ClientId\",\"c\"]]}\n",
           1);
  assert_string_equal(out,
                      "{\"id\":null,\"verdict\":\"rejected\",\"reason\":\"header_value_invalid\",\"stage\":\"request\","
                      "\"field\":\"header\",\"offset\":1,\"client_id\":null,\"key_id\":null,\"header\":2}\n"
                      "{\"id\":null,\"verdict\":\"rejected\",\"reason\":\"header_name_invalid\",\"stage\":\"request\","
                      "\"field\":\"header\",\"offset\":1,\"client_id\":null,\"key_id\":null,\"header\":0}\n"
                      "{\"id\":null,\"verdict\":\"rejected\",\"reason\":\"field_missing\",\"stage\":\"credential\","
                      "\"field\":\"timestamp\",\"offset\":0,\"client_id\":null,\"key_id\":null}\n");
}

static void the_exit_status_tells_the_worst(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("verify --policy @d --now 1700000000", SIGNED, 0);
  must_run("verify --policy @d --now 1700000301", SIGNED, 1); /* a second behind the window */
  must_run("verify --policy @d --now 1700000000", SIGNED GET, 1);
  must_run("verify --policy @d", SIGNED, 1); /* the clock's time is years later */
  assert_non_null(strstr(out, "timestamp_past"));
  must_run("verify --policy @d", "", 0);
  assert_int_equal(out_len, 0);
}

static void nonces_are_remembered_over_files_and_not_over_runs(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  test_write_text("r1", SIGNED);
  must_run("verify --policy @d --now 1700000000 @r1 @r1", "", 1);
  assert_int_equal(count_text(out, "\"accepted\",\"reason\""), 1);
  assert_int_equal(count_text(out, "nonce_replayed"), 1);
  must_run("verify --policy @d --now 1700000000 @r1 -", "", 0);
  must_run("verify --policy @d --now 1700000000 @r1 -", SIGNED, 1);
}

static void a_malformed_line_ends_the_run_with_its_place(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  test_write_text("r1", SIGNED);
  test_write_text("bad", GET "\n" GET);
  must_fail("verify --policy @d --now 1700000000", SIGNED "{\"method\":7}\n" GET,
            "csn verify: <stdin>:2: method is not a string (byte 10)\n");
  assert_int_equal(count_lines(out), 1); /* what stands before it is answered, what stands behind it is not read */
  must_fail("verify --policy @d --now 1700000000 @r1 @bad", "", "/bad:2: not strict JSON (RFC 8259) (byte 0)\n");
  assert_int_equal(count_lines(out), 2);
  must_fail("verify --policy @d --now 18446744073709551617", "", "--now");
  must_fail("verify --policy @d", "nonsense\n", "<stdin>:1: not strict JSON (RFC 8259) (byte 1)");
  must_fail("verify --policy @d", "{\"id\":1,\"id\":1,\"method\":\"GET\",\"target\":\"/\"}\n",
            "<stdin>:1: a member name occurs twice in one object (byte 8)");
  must_fail("verify --policy @d", "{\"method\":\"GET\",\"target\":\"/\",\"user\":1}\n",
            "<stdin>:1: unknown member (byte 30)");
}

static void an_empty_last_line_is_nothing(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("verify --policy @d --now 1700000000", SIGNED "\n", 0);
  must_run("verify --policy @d --now 1700000000", SIGNED "\r\n", 0);
  must_run("verify --policy @d", "\n", 0);
  must_fail("verify --policy @d", "\r\n\r\n", "<stdin>:1: not strict JSON");
  must_fail("verify --policy @d", "\n\n", "<stdin>:1: not strict JSON");
}

static void a_line_beyond_the_limit_is_unreadable(void **state) {
  enum { LIMIT = (1 << 20) + (64 << 10) };
  static const char before[] = "{\"method\":\"GET\",\"target\":\"/\",\"body\":\"", after[] = "\"}\n";
  static char line[LIMIT + 2];
  (void)state;
  test_write_text("d", DELIMITED);
  memset(line, 'x', sizeof line);
  memcpy(line, before, sizeof before - 1);
  memcpy(line + LIMIT - 2, after, 3);
  assert_int_equal(run_bytes("verify --policy @d", line, LIMIT + 1), 1);
  memcpy(line + LIMIT - 2, "xxx", 3);
  memcpy(line + LIMIT - 1, after, 3);
  assert_int_equal(run_bytes("verify --policy @d", line, LIMIT + 2), 2);
  assert_non_null(strstr(err, "<stdin>:1: the line is longer than the limit (byte 1114112)\n"));
}

static void unreadable_files_are_named(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  test_write_text("r1", SIGNED);
  test_write_text("p", "{\"preset\":\"hmac-nonce-delimited\",\n\"window_second\":1}");
  must_fail("verify --policy @no", "", "/no: No such file or directory\n");
  must_fail("verify --policy @p", "", "/p:2: window_second: unknown field\n");
  must_fail("verify --policy @d --now 1700000000 @r1 @no", "", "/no: No such file or directory\n");
  assert_int_equal(count_lines(out), 1);
  must_fail("verify --policy @d /", "", "csn verify: /: Is a directory\n");
  must_fail("sign --policy @d @no", "", "/no: No such file or directory\n");
  must_fail("jwt verify --jwks @no", "", "/no: No such file or directory\n");
  must_fail("jwt verify --secret-file @no", "", "/no: No such file or directory\n");
  must_fail("report @no", "", "/no");
}

static void output_that_cannot_be_written_is_a_failure(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  assert_int_equal(run_to("/dev/full", "verify --policy @d --now 1700000000", SIGNED, strlen(SIGNED)), 2);
  assert_string_equal(err, "csn verify: standard output: No space left on device\n");
  assert_int_equal(run_to("/dev/full", "--version", "", 0), 2);
}

/* Answers come while the input is still open. */
static void answers_are_not_held_back_while_input_waits(void **state) {
  int in[2], answers[2];
  char answer[1024];
  (void)state;
  const char *policy = test_write_text("d", DELIMITED);
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(answers[1], STDOUT_FILENO);
    alarm(20);
    execl(csn, "csn", "verify", "--policy", policy, NULL);
    _exit(127);
  }
  close(answers[1]);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(write(in[1], GET, strlen(GET)), strlen(GET));
    ssize_t got = read(answers[0], answer, sizeof answer);
    assert_true(got > 0 && answer[got - 1] == '\n');
  }
  close(in[1]);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 1);
  close(in[0]);
  close(answers[0]);
}

/* Bound at the start: a first call that the linker binds leaves registers on the stack, with what they hold of a key.
 */
static void no_function_is_bound_at_its_first_call(void **state) {
  FILE *file = fopen(csn, "rb");
  Elf64_Ehdr head;
  Elf64_Phdr part;
  Elf64_Dyn entry = {.d_tag = DT_NULL};
  (void)state;
  assert_non_null(file);
  assert_int_equal(fread(&head, sizeof head, 1, file), 1);
  assert_memory_equal(head.e_ident, ELFMAG, SELFMAG);
  if (head.e_ident[EI_CLASS] != ELFCLASS64) skip();
  assert_int_equal(fseek(file, (long)head.e_phoff, SEEK_SET), 0);
  do {
    assert_int_equal(fread(&part, sizeof part, 1, file), 1);
  } while (part.p_type != PT_DYNAMIC);
  assert_int_equal(fseek(file, (long)part.p_offset, SEEK_SET), 0);
  do {
    assert_int_equal(fread(&entry, sizeof entry, 1, file), 1);
  } while (entry.d_tag != DT_FLAGS && entry.d_tag != DT_NULL);
  assert_int_equal(entry.d_tag, DT_FLAGS);
  assert_true((entry.d_un.d_val & DF_BIND_NOW) != 0);
  fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(help_and_versions_are_printed),
      cmocka_unit_test(misuse_is_told_in_one_line),
      cmocka_unit_test(verdict_lines_are_exactly_these),
      cmocka_unit_test(a_header_that_is_wrong_is_named_by_its_index),
      cmocka_unit_test(the_exit_status_tells_the_worst),
      cmocka_unit_test(nonces_are_remembered_over_files_and_not_over_runs),
      cmocka_unit_test(a_malformed_line_ends_the_run_with_its_place),
      cmocka_unit_test(an_empty_last_line_is_nothing),
      cmocka_unit_test(a_line_beyond_the_limit_is_unreadable),
      cmocka_unit_test(unreadable_files_are_named),
      cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
      cmocka_unit_test(answers_are_not_held_back_while_input_waits),
      cmocka_unit_test(no_function_is_bound_at_its_first_call),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
