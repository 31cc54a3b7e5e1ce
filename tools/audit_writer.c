/* The thread that writes audit lines.
 *
 * It sleeps on an event counter that a rotation, a stop and a producer that waits for room add to; one that pushes does
 * not, since that would be a system call for each verdict: an empty queue is looked at every few milliseconds. */
#include "audit_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../core/src/atomics.h"

enum {
  BATCH = 64, /* lines of one write */
  ROOM_WAIT_NS = 100000,
  NS_PER_MS = 1000000,
};

struct csn_audit_writer {
  csn_audit_queue *queue;
  void *memory; /* the queue's */
  char *path;
  pthread_t thread;
  int wake;           /* eventfd(2) */
  csn_atomic rotate;  /* how often it was asked for */
  csn_atomic stop;    /* 1: the deadline is set, and what was pushed before is to be written */
  int64_t timeout_ms; /* of the stop */
  uint64_t deadline;  /* on the monotonic clock */
  csn_atomic lines, rotations, failures, disk_full, error;
  /* The thread's own. */
  int fd;
  uint64_t rotated;               /* what `rotate` was when the file was opened */
  size_t done;                    /* bytes of the first line that are written */
  size_t drops_len;               /* 0: there are none to report */
  char drops[CSN_AUDIT_LINE_MAX]; /* a report, which goes before what is in the queue */
};

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void wake(const csn_audit_writer *writer) {
  ssize_t written = write(writer->wake, &(uint64_t){1}, sizeof(uint64_t));
  (void)written; /* a counter that is full wakes as well */
}

/* ---- the file ---- */

/* Whether it is a file whose last byte is not a line feed. One that may not be read is taken as whole. */
static bool ends_within_a_line(const char *path, int fd) {
  struct stat status;
  char last = '\n';
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return false;
  int readable = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (readable < 0) return false;
  bool torn = pread(readable, &last, 1, status.st_size - 1) == 1 && last != '\n';
  close(readable);
  return torn;
}

/* A descriptor, or -1 with errno. */
static int open_file(const char *path) {
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  if (fd < 0) return -1;
  if (!ends_within_a_line(path, fd) || write(fd, "\n", 1) == 1) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* Not everything can be synced: a pipe cannot. */
static int sync_file(int fd) {
  return fdatasync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

/* ---- one step ---- */

typedef enum outcome { WROTE, EMPTY, BLOCKED, FAILED } outcome;

static void count_failure(csn_audit_writer *writer, int error) {
  csn_atomic_add_relaxed(&writer->failures, 1);
  if (error == ENOSPC || error == EDQUOT) csn_atomic_add_relaxed(&writer->disk_full, 1);
}

static outcome fail(csn_audit_writer *writer, int error) {
  count_failure(writer, error);
  csn_atomic_store_relaxed(&writer->error, (uint64_t)error);
  return FAILED;
}

/* A report never gets into a line that is half written. */
static void take_drops(csn_audit_writer *writer) {
  if (writer->done > 0 || writer->drops_len > 0) return;
  csn_audit_drops drops = csn_audit_take_drops(writer->queue);
  if (drops.recent == 0) return;
  int64_t now = (int64_t)clock_ns(CLOCK_REALTIME);
  writer->drops_len = csn_audit_format_drops(now, &drops, writer->drops, sizeof writer->drops);
}

/* `bytes` more of `lines` are written, of which the first is the report where there is one. */
static void advance(csn_audit_writer *writer, const csn_span *lines, size_t count, size_t bytes) {
  size_t whole = 0, report = writer->drops_len > 0 ? 1 : 0;
  for (bytes += writer->done; whole < count && bytes >= lines[whole].len; whole++) bytes -= lines[whole].len;
  writer->done = bytes;
  csn_atomic_add_relaxed(&writer->lines, whole);
  csn_atomic_store_relaxed(&writer->error, 0);
  if (whole == 0) return;
  writer->drops_len = 0;
  csn_audit_release(writer->queue, whole - report);
}

static outcome write_batch(csn_audit_writer *writer) {
  csn_span lines[BATCH];
  struct iovec parts[BATCH];
  size_t count = 0;
  take_drops(writer);
  if (writer->drops_len > 0) lines[count++] = csn_span_of((uint8_t *)writer->drops, writer->drops_len);
  count += csn_audit_peek(writer->queue, lines + count, BATCH - count);
  if (count == 0) return EMPTY;

  for (size_t i = 0; i < count; i++) {
    size_t done = i == 0 ? writer->done : 0;
    parts[i] = (struct iovec){(void *)(uintptr_t)(lines[i].ptr + done), lines[i].len - done};
  }
  ssize_t written = writev(writer->fd, parts, (int)count);
  if (written < 0 && (errno == EAGAIN || errno == EINTR)) return BLOCKED;
  if (written <= 0) return fail(writer, written == 0 ? EIO : errno);
  advance(writer, lines, count, (size_t)written);
  return WROTE;
}

/* A line that is half written is ended in its file, but where that file takes no more. */
static void rotate_where_asked(csn_audit_writer *writer, outcome last) {
  uint64_t asked = csn_atomic_load_relaxed(&writer->rotate);
  if (asked == writer->rotated || (writer->done > 0 && last != FAILED)) return;
  int fd = open_file(writer->path), error = errno;
  if (fd < 0) {
    count_failure(writer, error);
    return;
  }
  error = sync_file(writer->fd);
  if (error != 0) count_failure(writer, error);
  close(writer->fd);
  writer->fd = fd;
  writer->done = 0;
  writer->rotated = asked;
  csn_atomic_add_relaxed(&writer->rotations, 1);
}

/* ---- the thread ---- */

static void wait_for_work(csn_audit_writer *writer, outcome last) {
  uint64_t counted;
  struct pollfd ready[] = {{.fd = writer->wake, .events = POLLIN}, {.fd = writer->fd, .events = POLLOUT}};
  poll(ready, last == BLOCKED ? 2 : 1, last == EMPTY ? CSN_AUDIT_WRITER_PERIOD_MS : CSN_AUDIT_WRITER_RETRY_MS);
  if (ready[0].revents == 0) return;
  ssize_t got = read(writer->wake, &counted, sizeof counted);
  (void)got; /* nobody else reads it */
}

static bool is_over(const csn_audit_writer *writer, outcome last) {
  if (last == EMPTY) return true;
  if (writer->timeout_ms < 0) return last == FAILED;
  return clock_ns(CLOCK_MONOTONIC) >= writer->deadline;
}

static void *write_lines(void *self) {
  csn_audit_writer *writer = self;
  outcome last = EMPTY;
  for (;;) {
    bool stopping = csn_atomic_load_acquire(&writer->stop) != 0; /* pairs with csn_audit_writer_stop() */
    rotate_where_asked(writer, last);
    last = write_batch(writer);
    if (stopping && is_over(writer, last)) return NULL;
    if (last != WROTE) wait_for_work(writer, last);
  }
}

/* Signals are for the other threads: a handler may do what a writer must not wait for, and SIGPIPE is an errno here. */
static int start_thread(csn_audit_writer *writer) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&writer->thread, NULL, write_lines, writer);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

/* ---- its life ---- */

static void free_writer(csn_audit_writer *writer) {
  if (writer->fd >= 0) close(writer->fd);
  if (writer->wake >= 0) close(writer->wake);
  free(writer->path);
  free(writer->memory);
  free(writer);
}

static int make_queue(csn_audit_writer *writer, const csn_audit_writer_config *config) {
  size_t size = csn_audit_queue_size(config->slots);
  if (size == 0) return EINVAL;
  writer->memory = aligned_alloc(CSN_AUDIT_QUEUE_ALIGN, size);
  if (writer->memory == NULL) return ENOMEM;
  csn_error error = csn_audit_queue_init(&writer->queue, writer->memory, size, config->slots, config->policy);
  return error == CSN_OK ? 0 : EINVAL;
}

static int make(csn_audit_writer *writer, const csn_audit_writer_config *config) {
  int error = make_queue(writer, config);
  if (error != 0) return error;
  writer->path = strdup(config->path);
  if (writer->path == NULL) return ENOMEM;
  writer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (writer->wake < 0) return errno;
  writer->fd = open_file(writer->path);
  if (writer->fd < 0) return errno;
  return start_thread(writer);
}

int csn_audit_writer_start(csn_audit_writer **out, const csn_audit_writer_config *config) {
  csn_audit_writer *writer = calloc(1, sizeof *writer);
  *out = NULL;
  if (writer == NULL) return ENOMEM;
  writer->fd = writer->wake = -1;
  int error = make(writer, config);
  if (error != 0) {
    free_writer(writer);
    return error;
  }
  *out = writer;
  return 0;
}

csn_audit_queue *csn_audit_writer_queue(csn_audit_writer *writer) {
  return writer->queue;
}

csn_audit_push_answer csn_audit_writer_push(csn_audit_writer *writer, csn_span line) {
  const struct timespec pause = {.tv_nsec = ROOM_WAIT_NS};
  csn_audit_push_answer answer;
  while ((answer = csn_audit_push(writer->queue, line)) == CSN_AUDIT_BUSY) {
    if (csn_atomic_load_relaxed(&writer->error) != 0) break;
    wake(writer);
    nanosleep(&pause, NULL);
  }
  return answer;
}

void csn_audit_writer_rotate(csn_audit_writer *writer) {
  int error = errno; /* of what the signal interrupted */
  csn_atomic_add_relaxed(&writer->rotate, 1);
  wake(writer);
  errno = error;
}

csn_audit_writer_counts csn_audit_writer_counts_of(const csn_audit_writer *writer) {
  return (csn_audit_writer_counts){
      .lines = csn_atomic_load_relaxed(&writer->lines),
      .rotations = csn_atomic_load_relaxed(&writer->rotations),
      .failures = csn_atomic_load_relaxed(&writer->failures),
      .disk_full = csn_atomic_load_relaxed(&writer->disk_full),
      .error = (int)csn_atomic_load_relaxed(&writer->error),
  };
}

int csn_audit_writer_stop(csn_audit_writer *writer, int64_t timeout_ms, size_t *left) {
  writer->timeout_ms = timeout_ms;
  if (timeout_ms >= 0) writer->deadline = clock_ns(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * NS_PER_MS;
  csn_atomic_store_release(&writer->stop, 1); /* pairs with write_lines() */
  wake(writer);
  pthread_join(writer->thread, NULL);
  *left = csn_audit_pending(writer->queue) + (writer->drops_len > 0 ? 1 : 0);
  int failed = (int)csn_atomic_load_relaxed(&writer->error), error = sync_file(writer->fd);
  if (*left > 0) error = failed != 0 ? failed : ETIMEDOUT;
  free_writer(writer);
  return error;
}
