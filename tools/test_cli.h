/* What the tests of the command share: running the real binary on files of the test's. */
#ifndef CSN_TOOLS_TEST_CLI_H
#define CSN_TOOLS_TEST_CLI_H

#include <fcntl.h>
#include <libgen.h>
#include <sys/wait.h>

#include "test_support.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define DELIMITED \
  "{\"preset\":\"hmac-nonce-delimited\",\"keys\":[{\"key_id\":\"k\",\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}"
#define AMBIGUOUS \
  "{\"preset\":\"hmac-nonce\",\"keys\":[{\"key_id\":\"k\",\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}"
#define BEARER "{\"preset\":\"bearer-jwt\",\"keys\":[{\"key_id\":\"t\",\"secret\":\"" SECRET "\"}]}"
#define JWT_HMAC                                                                                                   \
  "{\"preset\":\"jwt-hmac\",\"jwt\":{\"issuer\":\"i\\\"ss\",\"audience\":\"aud\",\"required_claims\":[\"exp\","    \
  "\"nbf\",\"iat\",\"iss\",\"aud\",\"sub\"]},\"keys\":[{\"key_id\":\"t\",\"use\":[\"token\"],\"secret\":\"" SECRET \
  "\"},{\"key_id\":\"r\",\"client_id\":\"c\",\"use\":[\"request\"],\"secret\":\"" SECRET "r\"}]}"
#define GET "{\"id\":1,\"method\":\"GET\",\"target\":\"/\"}\n"

#define SIGNED_AT(timestamp, nonce, signature)                                                              \
  "{\"id\":\"a\",\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"x-ClientId\",\"c\"],[\"x-Timestamp\"," \
  "\"" timestamp "\"],[\"x-Nonce\",\"" nonce "\"],[\"x-Signature\",\"" signature "\"]]}\n"
/* printf 'c\n1700000000\nn1' | openssl dgst -sha256 -hmac "$SECRET" */
#define SIGNED SIGNED_AT("1700000000", "n1", "f7fac6d3974ac8afc3b1fbfd745add0025c0435a54277f00ca0826e10ff30988")

static char csn[TEST_PATH_MAX];
static char out[256 * 1024], err[4096];
static size_t out_len;

static inline size_t slurp(const char *name, char *bytes, size_t size) {
  FILE *file = fopen(test_path(name), "rb");
  assert_non_null(file);
  size_t len = fread(bytes, 1, size - 1, file);
  fclose(file);
  bytes[len] = '\0';
  return len;
}

static inline void become(const char *const *arguments, const char *output) {
  int from = open(test_path("stdin"), O_RDONLY), to = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  int complaints = open(test_path("stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(from, STDIN_FILENO);
  dup2(to, STDOUT_FILENO);
  dup2(complaints, STDERR_FILENO);
  execv(csn, (char *const *)(uintptr_t)arguments);
  _exit(127);
}

/* Runs csn with `input` on its standard input. `words` is split at single spaces; "@name" is a file of the test's. */
static inline int run_to(const char *output, const char *words, const void *input, size_t len) {
  static char copy[4096];
  const char *arguments[40] = {"csn"};
  size_t count = 1;
  int status = 0;
  test_write("stdin", input, len);
  test_path("stdout");
  test_path("stderr");
  snprintf(copy, sizeof copy, "%s", words);
  char paths[8][TEST_PATH_MAX];
  size_t path_count = 0;
  for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
    assert_true(count < COUNT(arguments) - 1);
    if (word[0] == '@') word = strcpy(paths[path_count++], test_path(word + 1));
    arguments[count++] = word;
  }
  pid_t child = fork();
  if (child == 0) become(arguments, output);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  slurp("stderr", err, sizeof err);
  return WEXITSTATUS(status);
}

static inline int run_bytes(const char *words, const void *input, size_t len) {
  int status = run_to(test_path("stdout"), words, input, len);
  out_len = slurp("stdout", out, sizeof out);
  return status;
}

static inline int run(const char *words, const char *input) {
  return run_bytes(words, input, strlen(input));
}

static inline size_t count_lines(const char *text) {
  size_t lines = 0;
  for (; *text != '\0'; text++) lines += *text == '\n';
  return lines;
}

static inline size_t count_text(const char *text, const char *part) {
  size_t found = 0;
  for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part)) found++;
  return found;
}

/* Exit status 2, and exactly one line of complaint, which holds `complaint`. */
static inline void must_fail(const char *words, const char *input, const char *complaint) {
  int status = run(words, input);
  if (status != 2 || count_lines(err) != 1 || strstr(err, complaint) == NULL) {
    fail_msg("csn %s: status %d, not with \"%s\": %s", words, status, complaint, err);
  }
  assert_int_equal(strncmp(err, "csn", 3), 0);
  assert_null(strstr(err, SECRET));
}

static inline void must_run(const char *words, const char *input, int expected) {
  int status = run(words, input);
  if (status != expected || err[0] != '\0') fail_msg("csn %s: status %d: %s%s", words, status, err, out);
}

/* The binary: $CSN_BIN, else two folders above this program's, which is <build>/<flavour>/tests/tools/. */
static inline int find_binary(void **state) {
  const char *given = getenv("CSN_BIN");
  char self[TEST_PATH_MAX - 16] = "";
  if (given == NULL && readlink("/proc/self/exe", self, sizeof self - 1) < 0) return -1;
  if (given == NULL) snprintf(csn, sizeof csn, "%s/../../csn", dirname(self));
  if (given != NULL) snprintf(csn, sizeof csn, "%s", given);
  if (access(csn, X_OK) != 0) {
    fprintf(stderr, "test_cli: %s is not there: build it, or set CSN_BIN\n", csn);
    return -1;
  }
  return test_folder_make(state);
}

#endif
