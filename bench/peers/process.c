#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { END_MS = 1000, PAUSE_MS = 2 };

extern char **environ;

/* ---- start ---- */

/* Pipes of which the child has only the ends that become its standard input and output: who holds another's end would
 * keep it from seeing that we have closed ours. */
static int spawn(csn_process *self, char *const argv[], const int input[2], const int output[2]) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  if (error == 0) error = posix_spawnp(&self->pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

static bool make_pipes(int input[2], int output[2]) {
  if (pipe2(input, O_CLOEXEC) != 0) return false;
  if (pipe2(output, O_CLOEXEC) == 0) {
    if (fcntl(input[1], F_SETFL, O_NONBLOCK) == 0) return true;
    close(output[0]);
    close(output[1]);
  }
  close(input[0]);
  close(input[1]);
  return false;
}

bool csn_process_start(csn_process *self, char *const argv[], int timeout_ms) {
  int input[2], output[2];
  *self = (csn_process){.timeout_ms = timeout_ms};
  if (!make_pipes(input, output)) {
    snprintf(self->why, sizeof self->why, "no pipe: %s", strerror(errno));
    return false;
  }
  int error = spawn(self, argv, input, output);
  close(input[0]);
  close(output[1]);
  if (error != 0) {
    close(input[1]);
    close(output[0]);
    self->pid = 0;
    snprintf(self->why, sizeof self->why, "not started: %s", strerror(error));
    return false;
  }
  self->to = input[1];
  self->from = output[0];
  return true;
}

/* ---- end ---- */

static void pause_briefly(void) {
  struct timespec time = {.tv_nsec = PAUSE_MS * 1000000L};
  nanosleep(&time, NULL);
}

/* Its status as waitpid() has it; killed where it has not ended within the time. */
static int reap(pid_t pid) {
  int status = 0;
  for (int waited = 0; waited < END_MS; waited += PAUSE_MS) {
    if (waitpid(pid, &status, WNOHANG) != 0) return status;
    pause_briefly();
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return status;
}

static int close_and_reap(csn_process *self) {
  if (self->pid == 0) return 0;
  close(self->to);
  close(self->from);
  int status = reap(self->pid);
  self->pid = 0;
  return status;
}

void csn_process_end(csn_process *self) {
  close_and_reap(self);
}

/* Its pipe is closed, or has an error: it has ended, or is about to. */
static void explain_end(csn_process *self) {
  int status = close_and_reap(self);
  if (WIFSIGNALED(status))
    snprintf(self->why, sizeof self->why, "ended by signal %d", WTERMSIG(status));
  else
    snprintf(self->why, sizeof self->why, "ended with status %d", WEXITSTATUS(status));
}

static void explain_silence(csn_process *self, const char *what) {
  kill(self->pid, SIGKILL);
  close_and_reap(self);
  snprintf(self->why, sizeof self->why, "%s for %g seconds", what, self->timeout_ms / 1000.0);
}

/* ---- lines ---- */

static int64_t clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until `fd` can be read or written, or has lost its other end. False where the time is over. */
static bool wait_for(int fd, short events, int64_t deadline) {
  struct pollfd one = {.fd = fd, .events = events};
  for (;;) {
    int64_t left = deadline - clock_ms();
    int ready = poll(&one, 1, left > 0 ? (int)left : 0);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/* Writes, where the other end is closed, without a signal that would end this program. */
static ssize_t write_quietly(int fd, const char *text, size_t len) {
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  sigaction(SIGPIPE, &ignore, &before);
  ssize_t written = write(fd, text, len);
  int error = errno;
  sigaction(SIGPIPE, &before, NULL);
  errno = error;
  return written;
}

bool csn_process_send(csn_process *self, const char *text, size_t len) {
  if (self->pid == 0) return false;
  int64_t deadline = clock_ms() + self->timeout_ms;
  while (len > 0) {
    if (!wait_for(self->to, POLLOUT, deadline)) {
      explain_silence(self, "has read nothing");
      return false;
    }
    ssize_t written = write_quietly(self->to, text, len);
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) {
      explain_end(self);
      return false;
    }
    text += written;
    len -= (size_t)written;
  }
  return true;
}

/* The line that is complete in the buffer, or NULL. */
static const char *complete_line(csn_process *self) {
  char *start = self->buffer + self->taken, *end = memchr(start, '\n', self->filled - self->taken);
  if (end == NULL) return NULL;
  *end = '\0';
  self->taken = (size_t)(end + 1 - self->buffer);
  return start;
}

/* Makes room behind what is not yet a line. False where there is none. */
static bool make_room(csn_process *self) {
  self->filled -= self->taken;
  memmove(self->buffer, self->buffer + self->taken, self->filled);
  self->taken = 0;
  return self->filled < sizeof self->buffer;
}

static bool refuse_line(csn_process *self) {
  csn_process_end(self);
  snprintf(self->why, sizeof self->why, "sent what is no line");
  return false;
}

/* Reads what is there. False: the process is ended. */
static bool read_more(csn_process *self, int64_t deadline) {
  if (!make_room(self)) return refuse_line(self);
  if (!wait_for(self->from, POLLIN, deadline)) {
    explain_silence(self, "has not answered");
    return false;
  }
  ssize_t got = read(self->from, self->buffer + self->filled, sizeof self->buffer - self->filled);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {
    explain_end(self);
    return false;
  }
  if (memchr(self->buffer + self->filled, '\0', (size_t)got) != NULL) return refuse_line(self);
  self->filled += (size_t)got;
  return true;
}

const char *csn_process_line(csn_process *self) {
  if (self->pid == 0) return NULL;
  int64_t deadline = clock_ms() + self->timeout_ms;
  for (;;) {
    const char *line = complete_line(self);
    if (line != NULL) return line;
    if (!read_more(self, deadline)) return NULL;
  }
}
