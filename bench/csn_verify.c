/* csn_verify/file: `csn verify` as a process of its own, pinned to one core, over a file of signed hmac-nonce requests.
 * The time is the wall time of the whole process: start, policy, reading, verdicts, writing them to a file. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "request_pool.h"
#include "scratch.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum { REQUESTS = 200000 };

static char requests_path[CSN_SCRATCH_PATH_MAX], policy_path[CSN_SCRATCH_PATH_MAX], verdicts_path[CSN_SCRATCH_PATH_MAX],
    log_path[CSN_SCRATCH_PATH_MAX];
static long file_bytes;

/* build/<flavour>/csn, beside the folder of this program. */
static bool find_csn(char *out, size_t size) {
  ssize_t len = readlink("/proc/self/exe", out, size - 1);
  if (len < 0) return false;
  out[len] = '\0';
  for (int i = 0; i < 2; i++) {
    char *slash = strrchr(out, '/');
    if (slash == NULL) return false;
    *slash = '\0';
  }
  size_t folder = strlen(out);
  return (size_t)snprintf(out + folder, size - folder, "/csn") < size - folder && access(out, X_OK) == 0;
}

static FILE *create(char path[CSN_SCRATCH_PATH_MAX], const char *name) {
  csn_scratch_path(path, name);
  FILE *file = fopen(path, "w");
  if (file == NULL) csn_workload_fatal("cannot write %s", path);
  return file;
}

static void close_written(FILE *file, const char *path) {
  bool failed = ferror(file) != 0;
  if (fclose(file) != 0 || failed) csn_workload_fatal("cannot write %s", path);
}

static void print_span(FILE *file, csn_span span) {
  fwrite(span.ptr, 1, span.len, file);
}

/* The workload's bytes need no escapes. */
static void write_request(FILE *file, size_t number) {
  static const csn_request_kind kind = {"hmac-nonce", 0, false};
  void *block;
  csn_request request = csn_request_make(&kind, number, &block);
  fprintf(file, "{\"id\":%zu,\"method\":\"", number);
  print_span(file, request.method);
  fputs("\",\"target\":\"", file);
  print_span(file, request.target);
  fputs("\",\"headers\":[", file);
  for (size_t i = 0; i < request.header_count; i++) {
    fputs(i == 0 ? "[\"" : ",[\"", file);
    print_span(file, request.headers[i].name);
    fputs("\",\"", file);
    print_span(file, request.headers[i].value);
    fputs("\"]", file);
  }
  fputs("]}\n", file);
  free(block);
}

static void write_files(void) {
  FILE *policy = create(policy_path, "policy.json");
  csn_span secret = csn_workload_secret();
  fprintf(policy,
          "{\"preset\":\"hmac-nonce\",\"keys\":[{\"key_id\":\"%s\",\"client_id\":\"%s\",\"use\":[\"request\"],"
          "\"alg\":\"HS256\",\"secret\":\"%.*s\"}]}\n",
          CSN_WORKLOAD_KEY_ID, CSN_WORKLOAD_CLIENT, (int)secret.len, (const char *)secret.ptr);
  close_written(policy, policy_path);
  FILE *requests = create(requests_path, "requests.jsonl");
  for (size_t i = 0; i < REQUESTS; i++) write_request(requests, i);
  file_bytes = ftell(requests);
  close_written(requests, requests_path);
  csn_scratch_path(verdicts_path, "verdicts.jsonl");
  csn_scratch_path(log_path, "csn.log");
}

/* In the child: pins itself to the last processor that it may use, and becomes csn. */
_Noreturn static void become_csn(const char *csn, const char *now) {
  cpu_set_t allowed, last;
  CPU_ZERO(&last);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (size_t i = CPU_SETSIZE; i > 0 && CPU_COUNT(&last) == 0; i--)
      if (CPU_ISSET(i - 1, &allowed)) CPU_SET(i - 1, &last);
    sched_setaffinity(0, sizeof last, &last);
  }
  int out = open(verdicts_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0 || log < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) _exit(126);
  execl(csn, csn, "verify", "--policy", policy_path, "--now", now, requests_path, (char *)NULL);
  _exit(127);
}

/* The exit status of csn, or -1. */
static int run_csn(const char *csn) {
  char now[32];
  snprintf(now, sizeof now, "%lld", (long long)CSN_WORKLOAD_NOW);
  pid_t child = fork();
  if (child == 0) become_csn(csn, now);
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

static size_t count_accepted(void) {
  FILE *file = fopen(verdicts_path, "r");
  if (file == NULL) return 0;
  char line[1024];
  size_t accepted = 0;
  while (fgets(line, sizeof line, file) != NULL) accepted += strstr(line, "\"verdict\":\"accepted\"") != NULL;
  fclose(file);
  return accepted;
}

_Noreturn static void fail(int status, size_t accepted) {
  char text[512] = "";
  FILE *log = fopen(log_path, "r");
  if (log != NULL) {
    text[fread(text, 1, sizeof text - 1, log)] = '\0';
    fclose(log);
  }
  csn_workload_fatal("csn verify: exit status %d, %zu of %d requests accepted\n%s", status, accepted, (int)REQUESTS,
                     text);
}

static void run(csn_bench *bench, const void *arg) {
  (void)arg;
  char csn[4096];
  if (!find_csn(csn, sizeof csn)) {
    csn_bench_skip(bench, "not installed: csn is not built beside the benchmarks");
    return;
  }
  if (file_bytes == 0) write_files();
  while (csn_bench_next(bench, 1)) {
    uint64_t start = csn_clock_ns();
    int status = run_csn(csn);
    csn_bench_iteration_time(bench, (double)(csn_clock_ns() - start) * 1e-9);
    size_t accepted = count_accepted();
    if (status != 0 || accepted != REQUESTS) fail(status, accepted);
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench) * REQUESTS);
  csn_bench_counter(bench, "line_bytes", (double)file_bytes / REQUESTS);
}

void csn_bench_csn_verify(void) {
  const csn_bench_options options = {.manual_time = true, .iterations = 1};
  csn_bench_register("csn_verify/file/countersign", run, NULL, &options);
}
