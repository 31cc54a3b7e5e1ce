/* The machine section: what the run recorded about where it ran. */
#include <stdlib.h>
#include <string.h>

#include "document.h"

typedef struct line {
  const char *label;
  const char *key; /* of the results' context */
} line;

static const line lines[] = {
    {"Processor", "processor"},
    {"Features that it has", "features"},
    {"SHA-256 by OpenSSL", "sha256_implementation"},
    {"SHA-256 by Countersign", "sha256_backend"},
    {"Cores", "num_cpus"},
    {"Last-level cache", REPORT_FACT_CACHE},
    {"Huge pages", "huge_pages"},
    {"Kernel", "kernel"},
    {"Compiler", "compiler"},
    {"Countersign", "version"},
    {"Commit", "commit"},
    {"OpenSSL", "openssl"},
    {"OpenSSL may use", "openssl_cpu"},
    {"xxHash", "xxhash"},
    {"SQLite", "sqlite"},
    {"hiredis", "hiredis"},
    {"Redis", "redis"},
    {"libjwt", "libjwt"},
    {"jsonwebtoken", "jsonwebtoken"},
    {"jose", "jose"},
    {"fast-jwt", "fast-jwt"},
    {"Node.js", "node"},
    {"PyJWT", "pyjwt"},
    {"Python", "python"},
    {"libsodium", "libsodium"},
    {"libipsec-mb", "libipsec_mb"},
    {"Google Benchmark", "google_benchmark"},
    {"File system of the stores", "scratch_file_system"},
    {"Date", "date"},
    {"Load average at the start", "load_avg"},
    {"Order of the rows", "order"},
};

enum { LINE_COUNT = sizeof lines / sizeof *lines };

/* Of the context, but of no use to a reader, or none of a reader's business. */
static const char *const unwanted[] = {"host_name",           "executable",         "mhz_per_cpu",
                                       "cpu_scaling_enabled", "library_build_type", "cores"};

static bool is_known(const char *key) {
  for (size_t i = 0; i < LINE_COUNT; i++) {
    if (strcmp(lines[i].key, key) == 0) return true;
  }
  for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
    if (strcmp(unwanted[i], key) == 0) return true;
  }
  return false;
}

static bool add(report_document *document, const char *label, const char *value) {
  char *copy = strdup(value);
  if (copy == NULL) return false;
  document->machine[document->machine_count++] = (report_machine_line){label, copy};
  return true;
}

static bool add_repetitions(report_document *document) {
  report_text text = {0};
  size_t repetitions = report_results_repetitions(&document->results);
  report_text_format(&text, "%zu of each row%s", repetitions,
                     repetitions < REPORT_REPETITIONS_FULL ? ", a quick run" : "");
  bool added = !text.failed && add(document, "Repetitions", text.data);
  report_text_free(&text);
  return added;
}

bool report_machine_describe(report_document *document) {
  const report_results *results = &document->results;
  document->machine = calloc(LINE_COUNT + results->context_count + 1, sizeof *document->machine);
  if (document->machine == NULL) return false;
  for (size_t i = 0; i < LINE_COUNT; i++) {
    const char *value = report_results_context(results, lines[i].key);
    if (!add(document, lines[i].label, value == NULL || value[0] == '\0' ? "not recorded" : value)) return false;
  }
  for (size_t i = 0; i < results->context_count; i++) {
    const report_fact *fact = &results->context[i];
    if (!is_known(fact->key) && !add(document, fact->key, fact->value)) return false;
  }
  return add_repetitions(document);
}
