#include "redis_server.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_SECONDS = 10, STOP_SECONDS = 5, POLL_MS = 5, OPTIONS_MAX = 32 };

struct csn_redis_server {
  pid_t pid;
  char folder[64];
  char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
  char log[96];
  char *options[OPTIONS_MAX + 1]; /* copies; ends with NULL */
};

/* ---- the program ---- */

static bool find_on_path(const char *name, char out[PATH_MAX]) {
  const char *path = getenv("PATH");
  if (path == NULL) path = "/usr/local/bin:/usr/bin:/bin";
  while (*path != '\0') {
    size_t len = strcspn(path, ":");
    int written = snprintf(out, PATH_MAX, "%.*s/%s", (int)len, path, name);
    if (len > 0 && written < PATH_MAX && access(out, X_OK) == 0) return true;
    path += len + (path[len] == ':');
  }
  return false;
}

const char *csn_redis_server_program(void) {
  static char found[PATH_MAX];
  if (find_on_path("redis-server", found) || find_on_path("redis-check-rdb", found)) return found;
  return NULL;
}

/* In the child, between fork and exec: nothing that takes a lock. What the program is called decides what it does. */
static void become(const char *program, char *const *arguments, const char *log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127); /* it died before it was asked for */
  int in = open("/dev/null", O_RDONLY);
  int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(127);
  execv(program, arguments);
  _exit(127);
}

static bool launch(csn_redis_server *server) {
  char *fixed[] = {"redis-server",
                   "--port",
                   "0",
                   "--unixsocket",
                   server->socket,
                   "--unixsocketperm",
                   "700",
                   "--dir",
                   server->folder,
                   "--daemonize",
                   "no",
                   "--save",
                   "",
                   "--appendonly",
                   "no"};
  enum { FIXED = sizeof fixed / sizeof fixed[0] };
  char *arguments[FIXED + OPTIONS_MAX + 1];
  memcpy(arguments, fixed, sizeof fixed);
  memcpy(arguments + FIXED, server->options, sizeof server->options); /* the last setting of an option counts */
  const char *program = csn_redis_server_program();
  if (program == NULL) return false;
  pid_t parent = getpid();
  server->pid = fork();
  if (server->pid == 0) become(program, arguments, server->log, parent);
  if (server->pid < 0) server->pid = 0;
  return server->pid > 0;
}

/* ---- waiting ---- */

static void pause_ms(long milliseconds) {
  struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
  nanosleep(&time, NULL);
}

/* Whether the program ends within the time; 0 asks and does not wait. */
static bool ends_within(csn_redis_server *server, int seconds) {
  for (int waited = 0; waited <= seconds * 1000; waited += POLL_MS) {
    pid_t pid = waitpid(server->pid, NULL, WNOHANG);
    if (pid == server->pid || (pid < 0 && errno == ECHILD)) {
      server->pid = 0;
      return true;
    }
    if (seconds > 0) pause_ms(POLL_MS);
  }
  return false;
}

/* PING, in the form without lengths. Only a server that has loaded its data says +PONG. */
static bool answers(const csn_redis_server *server) {
  static const char ping[] = "PING\r\n", pong[] = "+PONG\r\n";
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char reply[sizeof pong];
  memcpy(address.sun_path, server->socket, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  bool ok = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
            send(fd, ping, sizeof ping - 1, MSG_NOSIGNAL) == (ssize_t)sizeof ping - 1 &&
            poll(&readable, 1, 1000) == 1 && recv(fd, reply, sizeof reply, 0) == (ssize_t)sizeof pong - 1 &&
            memcmp(reply, pong, sizeof pong - 1) == 0;
  close(fd);
  return ok;
}

static csn_error launch_and_wait(csn_redis_server *server) {
  if (!launch(server)) return CSN_ERROR_STORE;
  for (int waited = 0; waited < START_SECONDS * 1000; waited += POLL_MS) {
    if (ends_within(server, 0)) return CSN_ERROR_STORE;
    if (answers(server)) return CSN_OK;
    pause_ms(POLL_MS);
  }
  csn_redis_server_kill(server);
  return CSN_ERROR_STORE;
}

/* ---- the folder ---- */

static bool make_folder(csn_redis_server *server) {
  const char *base = getenv("TMPDIR");
  /* A socket's path is short. */
  if (base == NULL || strlen(base) > sizeof server->folder - sizeof "/csn-redis-XXXXXX") base = "/tmp";
  snprintf(server->folder, sizeof server->folder, "%s/csn-redis-XXXXXX", base);
  if (mkdtemp(server->folder) == NULL) return false;
  snprintf(server->socket, sizeof server->socket, "%s/socket", server->folder);
  snprintf(server->log, sizeof server->log, "%s/log", server->folder);
  return true;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  (void)type;
  (void)where;
  return remove(path);
}

static bool copy_options(csn_redis_server *server, const char *const *options) {
  for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
    if (i == OPTIONS_MAX) return false;
    server->options[i] = strdup(options[i]);
    if (server->options[i] == NULL) return false;
  }
  return true;
}

/* ---- public ---- */

csn_error csn_redis_server_start(csn_redis_server **out, const char *const *options) {
  *out = NULL;
  csn_redis_server *server = calloc(1, sizeof *server);
  if (server == NULL) return CSN_ERROR_NO_MEMORY;
  csn_error error = CSN_ERROR_NO_MEMORY;
  if (copy_options(server, options)) error = make_folder(server) ? launch_and_wait(server) : CSN_ERROR_STORE;
  if (error != CSN_OK) {
    csn_redis_server_stop(server);
    return error;
  }
  *out = server;
  return CSN_OK;
}

const char *csn_redis_server_socket(const csn_redis_server *server) {
  return server->socket;
}
pid_t csn_redis_server_pid(const csn_redis_server *server) {
  return server->pid;
}

void csn_redis_server_kill(csn_redis_server *server) {
  if (server->pid == 0) return;
  kill(server->pid, SIGKILL);
  while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) continue;
  server->pid = 0;
}

csn_error csn_redis_server_restart(csn_redis_server *server) {
  csn_redis_server_kill(server);
  return launch_and_wait(server);
}

void csn_redis_server_stop(csn_redis_server *server) {
  if (server == NULL) return;
  if (server->pid != 0) {
    kill(server->pid, SIGTERM);
    if (!ends_within(server, STOP_SECONDS)) csn_redis_server_kill(server);
  }
  if (server->folder[0] != '\0') (void)nftw(server->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  for (size_t i = 0; i < OPTIONS_MAX; i++) free(server->options[i]);
  free(server);
}
