/* Runs a fuzz target over files, without libFuzzer: for corpora in tests, and for one input in a debugger. */
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static const char usage[] =
    "usage: %s [-v] FILE|DIRECTORY...\n"
    "Runs the fuzz target over each file, and over every file in each directory and below it, in the order of\n"
    "their names. Prints how many inputs there were. Exit status: 0 when all of them passed, 1 when there was no\n"
    "input or one could not be read, 2 on wrong usage. An input that fails ends the program; its name is printed.\n"
    "  -v, --verbose  print each name before its input runs\n"
    "  -h, --help     print this\n";

typedef struct replay {
  size_t inputs, bytes, failures;
  bool verbose;
} replay;

/* For the message about an input that ends the program. */
static char current[4096];

static void print_current(void) {
  static const char text[] = "replay: failed in ";
  if (current[0] == 0) return;
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0 || write(STDERR_FILENO, current, strlen(current)) < 0 ||
      write(STDERR_FILENO, "\n", 1) < 0) {
    return;
  }
}

static void on_signal(int signal_number) {
  print_current();
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

/* The sanitizers call this before they end the program; absent without them. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* A target's mutator asks libFuzzer for this; here nothing is mutated. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
  (void)data, (void)max_size;
  return size;
}

static void fail(replay *run, const char *path) {
  perror(path);
  run->failures++;
}

/* The input lies in a block of exactly its size: what is read behind it is seen by the address sanitizer. */
static void run_file(replay *run, const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  uint8_t *data = malloc(size == 0 ? 1 : size);
  if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
    fail(run, path);
  } else {
    if (run->verbose) fprintf(stderr, "%s\n", path);
    snprintf(current, sizeof current, "%s", path);
    LLVMFuzzerTestOneInput(size == 0 ? data + 1 : data, size);
    current[0] = 0;
    run->inputs++;
    run->bytes += size;
  }
  free(data);
  if (file != NULL) fclose(file);
}

static int is_not_hidden(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void run_path(replay *run, const char *path) {
  struct stat info;
  struct dirent **entries;
  if (stat(path, &info) != 0) {
    fail(run, path);
    return;
  }
  if (!S_ISDIR(info.st_mode)) {
    run_file(run, path, (size_t)info.st_size);
    return;
  }
  int count = scandir(path, &entries, is_not_hidden, alphasort);
  if (count < 0) fail(run, path);
  for (int i = 0; i < count; i++) {
    char inner[4096];
    int len = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
    if (len > 0 && (size_t)len < sizeof inner) run_path(run, inner);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
}

int main(int argc, char **argv) {
  replay run = {0};
  int first = 1;
  for (; first < argc && argv[first][0] == '-'; first++) {
    bool help = strcmp(argv[first], "-h") == 0 || strcmp(argv[first], "--help") == 0;
    run.verbose = strcmp(argv[first], "-v") == 0 || strcmp(argv[first], "--verbose") == 0;
    if (help || !run.verbose) {
      fprintf(help ? stdout : stderr, usage, argv[0]);
      return help ? 0 : 2;
    }
  }
  if (first == argc) {
    fprintf(stderr, usage, argv[0]);
    return 2;
  }
  signal(SIGABRT, on_signal);
  if (__sanitizer_set_death_callback != NULL) __sanitizer_set_death_callback(print_current);
  for (; first < argc; first++) run_path(&run, argv[first]);
  const char *slash = strrchr(argv[0], '/');
  printf("%s: %zu inputs, %zu bytes\n", slash == NULL ? argv[0] : slash + 1, run.inputs, run.bytes);
  if (run.inputs == 0) fprintf(stderr, "replay: there was no input to run\n");
  return run.inputs == 0 || run.failures > 0 ? 1 : 0;
}
