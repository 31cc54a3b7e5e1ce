/* csn verify --audit: what is in the file, and what ends a run. */
#include <jansson.h>
#include <signal.h>
#include <time.h>

#include "test_cli.h"

#define FROM(ip, target)                               \
  "{\"id\":1,\"method\":\"POST\",\"target\":\"" target \
  "\",\"headers\":[[\"x-ClientId\",\"s3cret\"]],"      \
  "\"body\":\"s3cret\",\"client_ip\":\"" ip "\"}\n"

/* Line `index` of the file, from 0, as an independent reader of JSON has it. */
static json_t *event_at(const char *name, size_t index) {
  static char text[256 * 1024];
  char *line = text;
  slurp(name, text, sizeof text);
  while (index-- > 0) {
    line = strchr(line, '\n');
    assert_non_null(line++);
  }
  char *end = strchr(line, '\n');
  assert_non_null(end);
  *end = '\0';
  json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(event);
  return event;
}

static size_t event_count(const char *name) {
  static char text[256 * 1024];
  slurp(name, text, sizeof text);
  return count_lines(text);
}

static const char *member(const json_t *event, const char *name) {
  const char *value = json_string_value(json_object_get(event, name));
  assert_non_null(value);
  return value;
}

static void has(const json_t *event, const char *const (*rows)[2], size_t count) {
  for (size_t i = 0; i < count; i++) assert_string_equal(member(event, rows[i][0]), rows[i][1]);
}

/* ---- what is in it ---- */

static void every_verdict_has_its_event(void **state) {
  static const char *const accepted[][2] = {
      {"event", "verdict"},    {"client_ip", ""},      {"api_endpoint", "GET /"}, {"preset", "hmac-nonce-delimited"},
      {"verdict", "accepted"}, {"reason", "accepted"}, {"stage", "none"},         {"client_id", "c"},
      {"key_id", "k"},         {"token_scope", ""},
  };
  static const char *const replayed[][2] = {
      {"verdict", "rejected"}, {"reason", "nonce_replayed"}, {"stage", "nonce"}, {"client_id", "c"}, {"key_id", "k"}};
  static const char *const missing[][2] = {{"client_ip", "192.0.2.7"}, {"api_endpoint", "POST /a\n"},
                                           {"verdict", "rejected"},    {"reason", "target_invalid"},
                                           {"stage", "request"},       {"key_id", ""}};
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("verify --policy @d --now 1700000000 --audit @e", SIGNED SIGNED FROM("192.0.2.7", "/a\\n?s3cret"), 1);
  assert_int_equal(count_lines(out), 3);
  assert_int_equal(event_count("e"), 3);
  json_t *events[] = {event_at("e", 0), event_at("e", 1), event_at("e", 2)};
  has(events[0], accepted, COUNT(accepted));
  has(events[1], replayed, COUNT(replayed));
  has(events[2], missing, COUNT(missing));
  assert_string_not_equal(member(events[0], "request_id"), member(events[1], "request_id"));
  for (size_t i = 0; i < COUNT(events); i++) {
    const char *id = member(events[i], "request_id");
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '4'); /* the version */
    assert_non_null(memchr("89ab", id[19], 4));
    assert_int_equal(json_object_size(events[i]), 12);
    json_decref(events[i]);
  }
}

static void scopes_of_an_accepted_token_are_in_it(void **state) {
  static char requests[sizeof out];
  (void)state;
  test_write_text("b", BEARER);
  must_run("sign --policy @b --now 1700000000 --claims {\"exp\":1700000001,\"scope\":\"orders:read\\u0020x\"}", GET, 0);
  strcpy(requests, out);
  must_run("verify --policy @b --now 1700000000 --audit @scopes", requests, 0);
  must_run("verify --policy @b --now 1700000001 --audit @scopes", requests, 1);
  json_t *events[] = {event_at("scopes", 0), event_at("scopes", 1)};
  assert_string_equal(member(events[0], "token_scope"), "orders:read x");
  assert_string_equal(member(events[1], "token_scope"), "");
  for (size_t i = 0; i < COUNT(events); i++) json_decref(events[i]);
}

static void nothing_secret_is_in_it(void **state) {
  static char text[4096];
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("verify --policy @d --now 1700000000 --audit @s", SIGNED FROM("192.0.2.7", "/a?s3cret"), 1);
  slurp("s", text, sizeof text);
  assert_int_equal(count_lines(text), 2);
  assert_non_null(strstr(text, "192.0.2.7"));
  assert_null(strstr(text, "f7fac6d3")); /* the signature */
  assert_null(strstr(text, "\"n1\""));
  assert_null(strstr(text, SECRET));
  assert_null(strstr(text, "?"));
}

/* The clock's time, though the requests are judged at another. */
static void the_timestamp_is_that_of_the_verdict(void **state) {
  char low[32], high[32];
  (void)state;
  test_write_text("d", DELIMITED);
  time_t before = time(NULL);
  must_run("verify --policy @d --now 1700000000 --audit @t", SIGNED, 0);
  time_t after = time(NULL);
  strftime(low, sizeof low, "%Y-%m-%dT%H:%M:%S.000Z", gmtime(&before));
  strftime(high, sizeof high, "%Y-%m-%dT%H:%M:%S.999Z", gmtime(&after));
  json_t *event = event_at("t", 0);
  assert_true(strcmp(low, member(event, "timestamp")) <= 0 && strcmp(member(event, "timestamp"), high) <= 0);
  json_decref(event);
}

static void the_file_is_private_and_appended_to(void **state) {
  struct stat status;
  (void)state;
  test_write_text("d", DELIMITED);
  must_run("verify --policy @d --audit @a", GET, 1);
  must_run("verify --policy @d --audit @a", GET GET, 1);
  assert_int_equal(event_count("a"), 3);
  assert_int_equal(stat(test_path("a"), &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  must_run("verify --policy @d --audit @a", "", 0);
  assert_int_equal(event_count("a"), 3);
}

/* Many times as many as the queue holds. */
static void no_event_is_dropped(void **state) {
  enum { LINES = 10000 };
  static char input[LINES * sizeof GET], text[LINES * 512];
  (void)state;
  test_write_text("d", DELIMITED);
  for (size_t i = 0; i < LINES; i++) memcpy(input + i * strlen(GET), GET, sizeof GET);
  assert_int_equal(run("verify --policy @d --audit @many", input), 1);
  slurp("many", text, sizeof text);
  assert_int_equal(count_lines(text), LINES);
  assert_int_equal(count_text(text, "\"event\":\"verdict\""), LINES);
}

/* ---- what ends a run ---- */

static void a_file_that_cannot_be_opened_ends_the_run_before_it_starts(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_fail("verify --policy @d --audit /nowhere/e", GET, "csn verify: /nowhere/e: No such file or directory\n");
  assert_int_equal(out_len, 0);
  must_fail("verify --policy @d --audit /", GET, "csn verify: /: Is a directory\n");
  assert_int_equal(out_len, 0);
}

static void a_full_disk_ends_the_run(void **state) {
  enum { LINES = 5000 };
  static char input[LINES * sizeof GET];
  (void)state;
  test_write_text("d", DELIMITED);
  must_fail("verify --policy @d --now 1700000000 --audit /dev/full", SIGNED,
            "csn verify: /dev/full: No space left on device; audit events not written: 1\n");
  assert_int_equal(count_lines(out), 1);
  for (size_t i = 0; i < LINES; i++) memcpy(input + i * strlen(GET), GET, sizeof GET);
  must_fail("verify --policy @d --audit /dev/full", input, "csn verify: /dev/full: No space left on device");
  assert_in_range(count_lines(out), 1, 1024); /* no verdict without room for its event */
}

static void a_line_that_cannot_be_read_has_the_only_complaint(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_fail("verify --policy @d --audit @bad", GET "{}\n" GET, "<stdin>:2: ");
  assert_int_equal(event_count("bad"), 1); /* what was answered is there */
  must_fail("verify --policy @d --audit /dev/full", GET "{}\n", "<stdin>:2: ");
}

/* ---- drops ---- */

static void what_audit_full_takes(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_fail("verify --policy @d --audit @x --audit-full wait", GET, "--audit-full takes block or drop");
  must_fail("verify --policy @d --audit-full drop", GET, "--audit-full goes with --audit FILE");
  must_run("verify --policy @d --audit @x --audit-full block", GET, 1);
  must_run("verify --policy @d --audit @x --audit-full drop", GET, 1);
  assert_int_equal(event_count("x"), 2);
}

enum { DROP_LINES = 1800 }; /* more than queue and pipe hold, and no more than `out` does */

static const char *many_lines(void) {
  static char input[DROP_LINES * sizeof GET];
  for (size_t i = 0; i < DROP_LINES; i++) memcpy(input + i * strlen(GET), GET, sizeof GET);
  return input;
}

/* A file that takes nothing: the verdicts are out all the same, and the run says what was lost. */
static void drops_do_not_end_the_run(void **state) {
  (void)state;
  test_write_text("d", DELIMITED);
  must_fail("verify --policy @d --audit /dev/full --audit-full drop", many_lines(), "No space left on device");
  assert_int_equal(count_lines(out), DROP_LINES);
}

/* Reads all of a pipe, but nothing before all verdicts are out. */
static void read_late(int from) {
  static char bytes[65536];
  for (int i = 0; i < 4000; i++, usleep(5000)) {
    slurp("stdout", out, sizeof out);
    if (count_lines(out) == DROP_LINES) break;
  }
  FILE *copy = fopen(test_path("copy"), "wb");
  for (ssize_t got; (got = read(from, bytes, sizeof bytes)) != 0; usleep(got < 0 ? 1000 : 0)) {
    if (got > 0) fwrite(bytes, 1, (size_t)got, copy);
  }
  fclose(copy);
  _exit(0);
}

/* Nobody reads the file until all verdicts are out: what was dropped, and what was not, is all of them. */
static void a_slow_file_slows_no_verdict(void **state) {
  static char text[DROP_LINES * 512];
  const char *path = test_path("fifo");
  int status = 0;
  (void)state;
  test_write_text("d", DELIMITED);
  test_write_text("stdout", "");
  test_path("copy"); /* is removed by this process, not by the reader */
  assert_int_equal(mkfifo(path, 0600), 0);
  int from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  assert_true(from >= 0);
  pid_t reader = fork();
  if (reader == 0) read_late(from);
  close(from);
  assert_int_equal(run("verify --policy @d --audit @fifo --audit-full drop", many_lines()), 1);
  assert_int_equal(count_lines(out), DROP_LINES);
  assert_int_equal(waitpid(reader, &status, 0), reader);
  slurp("copy", text, sizeof text);
  char *last = NULL;
  for (char *at = text; (at = strstr(at, "\"dropped_total\":")) != NULL; at++) last = at;
  assert_non_null(last);
  size_t dropped = strtoul(last + strlen("\"dropped_total\":"), NULL, 10);
  assert_true(dropped > 0);
  assert_int_equal(count_text(text, "\"event\":\"verdict\"") + dropped, DROP_LINES);
}

/* ---- rotation ---- */

static void converse(int in, int answers) {
  char answer[1024];
  assert_int_equal(write(in, GET, strlen(GET)), strlen(GET));
  assert_true(read(answers, answer, sizeof answer) > 0);
}

static void wait_for_file(const char *name) {
  for (int i = 0; i < 2000 && access(test_path(name), F_OK) != 0; i++) usleep(5000);
  assert_int_equal(access(test_path(name), F_OK), 0);
}

static void a_signal_opens_the_file_anew(void **state) {
  int in[2], answers[2], status = 0;
  (void)state;
  const char *policy = test_write_text("d", DELIMITED), *path = test_path("rot");
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(answers[1], STDOUT_FILENO);
    alarm(20);
    execl(csn, "csn", "verify", "--policy", policy, "--audit", path, NULL);
    _exit(127);
  }
  close(answers[1]);
  converse(in[1], answers[0]);
  assert_int_equal(rename(test_path("rot"), test_path("rot.1")), 0);
  assert_int_equal(kill(child, SIGUSR1), 0);
  wait_for_file("rot");
  converse(in[1], answers[0]); /* the read that the signal interrupted goes on */
  close(in[1]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 1);
  close(in[0]);
  close(answers[0]);
  assert_int_equal(event_count("rot.1") + event_count("rot"), 2);
  assert_int_equal(event_count("rot") >= 1, 1);
}

/* While the policy is being loaded no file is open yet. */
static void the_signal_may_come_before_the_file_is_opened(void **state) {
  int status = 0;
  (void)state;
  const char *policy = test_path("slow"), *path = test_path("early"), *lines = test_write_text("lines", GET);
  assert_int_equal(mkfifo(policy, 0600), 0);
  pid_t child = fork();
  if (child == 0) {
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    alarm(20);
    execl(csn, "csn", "verify", "--policy", policy, "--audit", path, lines, NULL);
    _exit(127);
  }
  int to = open(policy, O_WRONLY | O_CLOEXEC); /* waits until it is read */
  assert_int_equal(kill(child, SIGUSR1), 0);
  assert_int_equal(write(to, DELIMITED, strlen(DELIMITED)), strlen(DELIMITED));
  close(to);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 1);
  assert_int_equal(event_count("early"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_verdict_has_its_event),
      cmocka_unit_test(scopes_of_an_accepted_token_are_in_it),
      cmocka_unit_test(nothing_secret_is_in_it),
      cmocka_unit_test(the_timestamp_is_that_of_the_verdict),
      cmocka_unit_test(the_file_is_private_and_appended_to),
      cmocka_unit_test(no_event_is_dropped),
      cmocka_unit_test(a_file_that_cannot_be_opened_ends_the_run_before_it_starts),
      cmocka_unit_test(a_full_disk_ends_the_run),
      cmocka_unit_test(a_line_that_cannot_be_read_has_the_only_complaint),
      cmocka_unit_test(what_audit_full_takes),
      cmocka_unit_test(drops_do_not_end_the_run),
      cmocka_unit_test(a_slow_file_slows_no_verdict),
      cmocka_unit_test(a_signal_opens_the_file_anew),
      cmocka_unit_test(the_signal_may_come_before_the_file_is_opened),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
