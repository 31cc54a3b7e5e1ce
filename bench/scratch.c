#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "workload.h"

enum { STOPS_MAX = 8 };

static char folder[CSN_SCRATCH_PATH_MAX - 32];
static void (*stops[STOPS_MAX])(void);
static size_t stop_count;
static int signal_pipe[2];
static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

/* Held for good: whoever comes second, exit() or a signal, must not find things half-stopped. */
static void end(void) {
  pthread_mutex_lock(&ending);
  while (stop_count > 0) stops[--stop_count]();
  if (folder[0] != '\0') nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  folder[0] = '\0';
}

static void on_signal(int number) {
  unsigned char byte = (unsigned char)number;
  ssize_t written = write(signal_pipe[1], &byte, 1);
  (void)written;
}

/* A thread and not the handler does the work, because stopping a server and walking a folder are not
 * async-signal-safe. */
static void *watch(void *unused) {
  (void)unused;
  unsigned char byte = 0;
  while (read(signal_pipe[0], &byte, 1) != 1) continue;
  end();
  _exit(128 + byte);
}

static void watch_signals(void) {
  pthread_t thread;
  if (pipe2(signal_pipe, O_CLOEXEC) != 0 || pthread_create(&thread, NULL, watch, NULL) != 0)
    csn_workload_fatal("no thread to watch for signals");
  pthread_detach(thread);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
}

static void start(void) {
  const char *parent = getenv("TMPDIR");
  if (parent == NULL || parent[0] != '/') parent = "/tmp";
  int len = snprintf(folder, sizeof folder, "%s/csn-bench-XXXXXX", parent);
  if (len < 0 || (size_t)len >= sizeof folder) {
    folder[0] = '\0';
    csn_workload_fatal("TMPDIR is longer than a unix socket's path allows: %s", parent);
  }
  if (mkdtemp(folder) == NULL) {
    folder[0] = '\0';
    csn_workload_fatal("no temporary folder can be made in %s", parent);
  }
  watch_signals();
  atexit(end);
}

void csn_scratch_path(char out[CSN_SCRATCH_PATH_MAX], const char *name) {
  if (folder[0] == '\0') start();
  int len = snprintf(out, CSN_SCRATCH_PATH_MAX, "%s/%s", folder, name);
  if (len < 0 || len >= CSN_SCRATCH_PATH_MAX) csn_workload_fatal("a path is too long: %s/%s", folder, name);
}

void csn_scratch_at_end(void (*stop)(void)) {
  if (folder[0] == '\0') start(); /* it is what looks out for the end */
  if (stop_count == STOPS_MAX) csn_workload_fatal("too many things to stop at the end");
  stops[stop_count++] = stop;
}

const char *csn_scratch_file_system(void) {
  static const struct {
    unsigned long magic;
    const char *name;
  } kinds[] = {
      {0x01021994, "tmpfs (in memory)"}, {0xef53, "ext4"},    {0x58465342, "xfs"}, {0x9123683e, "btrfs"},
      {0x794c7630, "overlayfs"},         {0x2fc12fc1, "zfs"}, {0x6969, "nfs"},
  };
  const char *parent = getenv("TMPDIR");
  struct statfs status;
  if (statfs(parent != NULL && parent[0] == '/' ? parent : "/tmp", &status) != 0) return "unknown";
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if ((unsigned long)status.f_type == kinds[i].magic) return kinds[i].name;
  return "other";
}
