#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT_BYTES_MAX = 16 << 20, READ_BYTES = 1 << 16 };

/* The script goes through a file that has no name: a pipe could fill up in both directions at once. */
static FILE *script_file(const report_text *script) {
  FILE *file = tmpfile();
  if (file == NULL) return NULL;
  bool written = fwrite(report_text_string(script), 1, script->length, file) == script->length && fflush(file) == 0;
  if (written && lseek(fileno(file), 0, SEEK_SET) == 0) return file;
  (void)fclose(file);
  return NULL;
}

/* gnuplot's messages are dropped: it may warn about fonts. */
static int start(pid_t *child, int input, int output) {
  char program[] = "gnuplot", defaults[] = "-d";
  char *const arguments[] = {program, defaults, NULL};
  posix_spawn_file_actions_t actions;
  int status = posix_spawn_file_actions_init(&actions);
  if (status != 0) return status;
  status = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (status == 0) status = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (status == 0) status = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (status == 0) status = posix_spawnp(child, program, &actions, NULL, arguments, environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  return status;
}

static bool read_output(int from, report_text *out) {
  char buffer[READ_BYTES];
  for (;;) {
    ssize_t got = read(from, buffer, sizeof buffer);
    if (got == 0) return !out->failed;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || out->length > OUTPUT_BYTES_MAX) return false;
    report_text_add_bytes(out, buffer, (size_t)got);
  }
}

static bool wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool report_gnuplot_run(const report_text *script, report_text *out, const char **reason) {
  int ends[2];
  *reason = "gnuplot could not be started";
  FILE *input = script_file(script);
  if (input == NULL) return false;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    (void)fclose(input);
    return false;
  }
  pid_t child = 0;
  int status = start(&child, fileno(input), ends[1]);
  (void)close(ends[1]);
  bool read = false;
  if (status == 0) {
    read = read_output(ends[0], out);
    (void)close(ends[0]);
    read = wait_for(child) && read && out->length != 0;
    *reason = "gnuplot failed";
  } else {
    (void)close(ends[0]);
    if (status == ENOENT) *reason = "gnuplot is not installed";
  }
  (void)fclose(input);
  return read;
}
