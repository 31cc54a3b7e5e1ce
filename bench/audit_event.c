/* audit/event: one verdict's event, from its parts to the file, which is /dev/null.
 *
 * Countersign: csn_audit_format(), csn_audit_push(), and what the thread that writes does for the line: it is done by
 * whoever finds the queue's reading end free after a batch, so that its cost is in the row. fprintf_mutex: what
 * programs do without a queue, the same line by one fprintf() under a mutex, into a buffer of as many bytes; it
 * escapes nothing, cuts nothing, and would write whatever a caller sends. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <countersign/countersign.h>

#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { BATCH = 64, SLOTS = 1024, IDS = 1024, FILE_BUFFER = BATCH * 328 };

static const char method[] = "POST", target[] = "/v1/orders?expand=lines", path[] = "/v1/orders", ip[] = "192.0.2.7",
                  scope[] = "orders:write", preset[] = "hmac-nonce-delimited";

/* Of event number `index`: 1.000001 ms after the one before. */
static int64_t time_of(uint64_t index) {
  return CSN_WORKLOAD_NOW * 1000000000 + (int64_t)(index & (IDS - 1)) * 1000001;
}

static uint8_t ids[IDS][CSN_AUDIT_ID_BYTES];
static csn_verdict verdict;

static const uint8_t *id_of(uint64_t index) {
  return ids[index & (IDS - 1)];
}

/* ---- countersign ---- */

static csn_audit_queue *queue;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static int null_fd;

static size_t format_line(uint64_t index, char line[CSN_AUDIT_LINE_MAX]) {
  csn_audit_event event = {
      .time = time_of(index),
      .client_ip = csn_span_str(ip),
      .method = csn_span_str(method),
      .target = csn_span_str(target),
      .token_scope = csn_span_str(scope),
      .preset = csn_span_str(preset),
      .verdict = &verdict,
  };
  memcpy(event.request_id, id_of(index), sizeof event.request_id);
  return csn_audit_format(&event, line, CSN_AUDIT_LINE_MAX);
}

/* All that is there; nothing where another thread is at it. */
static void drain(void) {
  csn_span lines[BATCH];
  struct iovec parts[BATCH];
  size_t count;
  if (pthread_mutex_trylock(&reading) != 0) return;
  while ((count = csn_audit_peek(queue, lines, BATCH)) > 0) {
    for (size_t i = 0; i < count; i++) parts[i] = (struct iovec){(void *)(uintptr_t)lines[i].ptr, lines[i].len};
    if (writev(null_fd, parts, (int)count) <= 0) csn_workload_fatal("audit: /dev/null takes nothing");
    csn_audit_release(queue, count);
  }
  pthread_mutex_unlock(&reading);
}

static void run_countersign(uint64_t first) {
  char line[CSN_AUDIT_LINE_MAX];
  for (uint64_t i = first; i < first + BATCH; i++) {
    size_t len = format_line(i, line);
    while (csn_audit_push(queue, csn_span_of(line, len)) != CSN_AUDIT_PUSHED) {
      drain();
      sched_yield();
    }
  }
  drain();
}

/* ---- fprintf under a mutex ---- */

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static FILE *null_file;
static char null_buffer[FILE_BUFFER]; /* setvbuf() makes none of a size that it is told */

/* The time as people write it: gmtime_r() and strftime(). */
static int print_line(FILE *file, uint64_t index) {
  int64_t now = time_of(index);
  time_t seconds = (time_t)(now / 1000000000);
  struct tm parts;
  char date[32];
  const uint8_t *u = id_of(index);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &parts));
  return fprintf(
      file,
      "{\"timestamp\":\"%s.%03dZ\",\"event\":\"verdict\",\"request_id\":\"%02x%02x%02x%02x-%02x%02x-%02x%02x-"
      "%02x%02x-%02x%02x%02x%02x%02x%02x\",\"client_ip\":\"%s\",\"api_endpoint\":\"%s %s\",\"preset\":\"%s\","
      "\"verdict\":\"%s\",\"reason\":\"%s\",\"stage\":\"%s\",\"client_id\":\"%.*s\",\"key_id\":\"%.*s\","
      "\"token_scope\":\"%s\"}\n",
      date, (int)(now / 1000000 % 1000), u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
      u[12], u[13], u[14], u[15], ip, method, path, preset, csn_verdict_public_word(&verdict),
      csn_reason_label(verdict.reason), csn_stage_label(csn_reason_stage(verdict.reason)), (int)verdict.client_id.len,
      (const char *)verdict.client_id.bytes, (int)verdict.key_id.len, (const char *)verdict.key_id.bytes, scope);
}

static void run_fprintf_mutex(uint64_t first) {
  for (uint64_t i = first; i < first + BATCH; i++) {
    pthread_mutex_lock(&writing);
    if (print_line(null_file, i) <= 0) csn_workload_fatal("audit: /dev/null takes nothing");
    pthread_mutex_unlock(&writing);
  }
}

/* ---- rows ---- */

/* Both must write every event in the same bytes before any of them is timed. */
static void check_lines(void) {
  for (uint64_t i = 0; i < IDS; i++) {
    char ours[CSN_AUDIT_LINE_MAX], *printed = NULL;
    size_t len = format_line(i, ours), printed_len = 0;
    FILE *memory = open_memstream(&printed, &printed_len);
    if (memory == NULL || print_line(memory, i) <= 0 || fclose(memory) != 0) csn_workload_fatal("audit: no memory");
    if (len == 0 || len != printed_len || memcmp(ours, printed, len) != 0) {
      csn_workload_fatal("audit: countersign and fprintf_mutex disagree");
    }
    free(printed);
  }
}

static void prepare(void) {
  size_t size = csn_audit_queue_size(SLOTS);
  verdict.reason = CSN_REASON_ACCEPTED;
  csn_name_set(&verdict.client_id, csn_span_str(CSN_WORKLOAD_CLIENT));
  csn_name_set(&verdict.key_id, csn_span_str(CSN_WORKLOAD_KEY_ID));
  for (size_t i = 0; i < IDS; i++) {
    csn_workload_bytes(i, ids[i], sizeof ids[i]);
    csn_audit_request_id(ids[i]);
  }
  check_lines();
  void *memory = aligned_alloc(CSN_AUDIT_QUEUE_ALIGN, size);
  if (memory == NULL || csn_audit_queue_init(&queue, memory, size, SLOTS, CSN_AUDIT_BLOCK) != CSN_OK) {
    csn_workload_fatal("audit: no queue");
  }
  null_fd = open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC);
  null_file = fopen("/dev/null", "ae");
  if (null_fd < 0 || null_file == NULL) csn_workload_fatal("audit: no /dev/null");
  if (setvbuf(null_file, null_buffer, _IOFBF, sizeof null_buffer) != 0) csn_workload_fatal("audit: no buffer");
}

typedef struct audit_row {
  const char *name;
  void (*run)(uint64_t first); /* BATCH events */
} audit_row;

static void run(csn_bench *bench, const void *arg) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const audit_row *row = arg;
  pthread_once(&once, prepare);
  uint64_t at = 0;
  while (csn_bench_next(bench, BATCH)) {
    row->run(at);
    at += BATCH;
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

void csn_bench_audit_event(void) {
  static const audit_row rows[] = {{"audit/event/countersign", run_countersign},
                                   {"audit/event/fprintf_mutex", run_fprintf_mutex}};
  const csn_bench_options options = {.threads = {1, 2}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    csn_bench_register(rows[i].name, run, &rows[i], &options);
  }
}
