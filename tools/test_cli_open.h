/* csn verify while its input is still open. */
#ifndef CSN_TOOLS_TEST_CLI_OPEN_H
#define CSN_TOOLS_TEST_CLI_OPEN_H

#include <poll.h>
#include <signal.h>

#include "test_cli.h"

typedef struct open_run {
  pid_t child;
  int in, out, err;
} open_run;

/* `now` NULL: the clock. */
static inline open_run start(const char *policy, const char *now) {
  int in[2], answers[2], complaints[2];
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
  assert_int_equal(pipe2(complaints, O_CLOEXEC), 0);
  open_run run = {fork(), in[1], answers[0], complaints[0]};
  if (run.child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(answers[1], STDOUT_FILENO);
    dup2(complaints[1], STDERR_FILENO);
    alarm(20);
    execl(csn, "csn", "verify", "--policy", policy, now == NULL ? NULL : "--now", now, NULL);
    _exit(127);
  }
  close(in[0]);
  close(answers[1]);
  close(complaints[1]);
  return run;
}

static inline void say(const open_run *run, const char *line) {
  assert_int_equal(write(run->in, line, strlen(line)), strlen(line));
}

/* What comes within a wait that ends at the first bytes; "" where nothing comes. */
static inline const char *hear(int fd, int milliseconds) {
  static char text[2048];
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  ssize_t got = poll(&ready, 1, milliseconds) == 1 ? read(fd, text, sizeof text - 1) : 0;
  text[got > 0 ? got : 0] = '\0';
  return text;
}

static inline int stop(const open_run *run) {
  int status = 0;
  close(run->in);
  assert_int_equal(waitpid(run->child, &status, 0), run->child);
  close(run->out);
  close(run->err);
  return WEXITSTATUS(status);
}

#endif
