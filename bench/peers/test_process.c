/* A peer in a process: what it can do wrong is told, within the time, and ends nothing but the process. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../workload.h"
#include "process.h"

enum { LONG_MS = 10000, SHORT_MS = 200 };

static csn_process process; /* one at a time, so that it is ended even where a test has failed */

static int teardown(void **state) {
  (void)state;
  csn_process_end(&process);
  return 0;
}

static void start_shell(const char *command, int timeout_ms) {
  char *const argv[] = {"sh", "-c", (char *)command, NULL};
  assert_true(csn_process_start(&process, argv, timeout_ms));
  assert_true(process.pid > 0);
}

static void send_text(const char *text) {
  assert_true(csn_process_send(&process, text, strlen(text)));
}

static void expect_line(const char *wanted) {
  const char *line = csn_process_line(&process);
  assert_non_null(line);
  assert_string_equal(line, wanted);
}

/* No line comes, for this reason, and none comes later. */
static void expect_no_line(const char *why) {
  pid_t pid = process.pid;
  assert_null(csn_process_line(&process));
  assert_string_equal(process.why, why);
  assert_int_equal(process.pid, 0);
  assert_int_equal(kill(pid, 0), -1);
  assert_null(csn_process_line(&process));
  assert_false(csn_process_send(&process, "\n", 1));
}

/* ---- lines ---- */

static void lines_are_answered_in_order(void **state) {
  (void)state;
  start_shell("while read -r x; do echo \"$x\" \"$x\"; done", LONG_MS);
  for (int i = 0; i < 200; i++) {
    char text[32], wanted[64];
    snprintf(text, sizeof text, "%d\n", i);
    send_text(text);
    snprintf(wanted, sizeof wanted, "%d %d", i, i);
    expect_line(wanted);
  }
}

static void lines_that_come_at_once_are_lines(void **state) {
  (void)state;
  start_shell("i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i + 1)); done; echo; exec sleep 60", LONG_MS);
  for (int i = 0; i < 300; i++) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, "line %d", i);
    expect_line(wanted);
  }
  expect_line("");
}

/* More than a pipe holds, to one that reads late. */
static void much_is_sent_whole(void **state) {
  (void)state;
  enum { SIZE = 1 << 20 };
  char *text = malloc(SIZE + 1);
  assert_non_null(text);
  memset(text, 'x', SIZE);
  text[SIZE - 1] = '\n';
  start_shell("sleep 0.1; head -n 1 | wc -c", LONG_MS);
  bool sent = csn_process_send(&process, text, SIZE);
  free(text);
  assert_true(sent);
  expect_line("1048576");
}

static void a_line_has_a_longest_length(void **state) {
  (void)state;
  start_shell("head -c 511 /dev/zero | tr '\\0' x; echo; head -c 512 /dev/zero | tr '\\0' x; echo; exec sleep 60",
              LONG_MS);
  const char *line = csn_process_line(&process);
  assert_non_null(line);
  assert_int_equal(strlen(line), CSN_PROCESS_LINE_MAX - 1);
  expect_no_line("sent what is no line");
}

static void a_nul_is_in_no_line(void **state) {
  (void)state;
  start_shell("printf 'a\\000b\\n'; exec sleep 60", LONG_MS);
  expect_no_line("sent what is no line");
}

/* ---- ends ---- */

static void a_program_that_is_not_there_does_not_start(void **state) {
  (void)state;
  char *const argv[] = {"/nowhere/program", NULL};
  assert_false(csn_process_start(&process, argv, LONG_MS));
  assert_string_equal(process.why, "not started: No such file or directory");
  assert_int_equal(process.pid, 0);
  assert_null(csn_process_line(&process));
}

static void an_end_is_told(void **state) {
  (void)state;
  start_shell("exit 3", LONG_MS);
  expect_no_line("ended with status 3");
  start_shell("kill -9 $$", LONG_MS);
  expect_no_line("ended by signal 9");
  start_shell("echo whole; printf half", LONG_MS);
  expect_line("whole");
  expect_no_line("ended with status 0");
}

/* A process that closes its end of the pipe and goes on is no process to talk to. */
static void a_closed_pipe_is_no_signal(void **state) {
  (void)state;
  struct sigaction before, after;
  sigaction(SIGPIPE, NULL, &before);
  assert_true(before.sa_handler == SIG_DFL);
  start_shell("exec <&-; echo closed; exec sleep 60", LONG_MS);
  expect_line("closed");
  assert_false(csn_process_send(&process, "x\n", 2));
  assert_string_equal(process.why, "ended by signal 9");
  sigaction(SIGPIPE, NULL, &after);
  assert_true(after.sa_handler == SIG_DFL);
}

static void silence_is_no_hang(void **state) {
  (void)state;
  uint64_t start = csn_clock_ns();
  start_shell("exec sleep 60", SHORT_MS);
  expect_no_line("has not answered for 0.2 seconds");
  start_shell("printf half; exec sleep 60", SHORT_MS);
  expect_no_line("has not answered for 0.2 seconds");
  uint64_t took = csn_clock_ns() - start;
  assert_in_range(took, 2 * (uint64_t)SHORT_MS * 1000000, UINT64_C(10000000000));
}

static void who_reads_nothing_is_no_hang(void **state) {
  (void)state;
  enum { SIZE = 1 << 20 };
  char *text = calloc(1, SIZE);
  assert_non_null(text);
  start_shell("exec sleep 60", SHORT_MS);
  bool sent = csn_process_send(&process, text, SIZE);
  free(text);
  assert_false(sent);
  assert_string_equal(process.why, "has read nothing for 0.2 seconds");
  assert_int_equal(process.pid, 0);
}

/* Its input ends when we end it, though another was started while it ran; who does not end on that is killed. */
static void an_end_is_seen_and_else_enforced(void **state) {
  (void)state;
  csn_process other;
  char *const argv[] = {"sleep", "60", NULL};
  char marker[] = "/tmp/csn-process-XXXXXX", command[96];
  int fd = mkstemp(marker);
  assert_true(fd >= 0);
  close(fd);
  snprintf(command, sizeof command, "echo up; cat >/dev/null; echo seen >%s", marker);
  start_shell(command, LONG_MS);
  expect_line("up");
  assert_true(csn_process_start(&other, argv, LONG_MS));
  pid_t pid = other.pid;
  csn_process_end(&process);
  csn_process_end(&other);
  struct stat status;
  int found = stat(marker, &status);
  unlink(marker);
  assert_int_equal(found, 0);
  assert_int_equal(status.st_size, strlen("seen\n"));
  assert_int_equal(kill(pid, 0), -1);
  csn_process_end(&other); /* once is enough */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(lines_are_answered_in_order, teardown),
      cmocka_unit_test_teardown(lines_that_come_at_once_are_lines, teardown),
      cmocka_unit_test_teardown(much_is_sent_whole, teardown),
      cmocka_unit_test_teardown(a_line_has_a_longest_length, teardown),
      cmocka_unit_test_teardown(a_nul_is_in_no_line, teardown),
      cmocka_unit_test_teardown(a_program_that_is_not_there_does_not_start, teardown),
      cmocka_unit_test_teardown(an_end_is_told, teardown),
      cmocka_unit_test_teardown(a_closed_pipe_is_no_signal, teardown),
      cmocka_unit_test_teardown(silence_is_no_hang, teardown),
      cmocka_unit_test_teardown(who_reads_nothing_is_no_hang, teardown),
      cmocka_unit_test_teardown(an_end_is_seen_and_else_enforced, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
