#include <stdlib.h>
#include <string.h>

#include "results.h"

enum { THREADS_MAX = 1 << 20 };

/* Whether `part` is one that Google Benchmark appends. A trailing colon asks for a value behind it. */
static bool is_suffix(const char *part) {
  static const char *const suffixes[] = {"iterations:",  "repeats:",  "min_time:",   "min_warmup_time:",
                                         "process_time", "real_time", "manual_time", "threads:"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    size_t length = strlen(suffixes[i]);
    bool takes_value = suffixes[i][length - 1] == ':';
    if (takes_value ? strncmp(part, suffixes[i], length) == 0 : strcmp(part, suffixes[i]) == 0) return true;
  }
  return false;
}

static unsigned threads_of(const char *part) {
  static const char prefix[] = "threads:";
  if (strncmp(part, prefix, sizeof prefix - 1) != 0) return 0;
  char *end = NULL;
  unsigned long threads = strtoul(part + sizeof prefix - 1, &end, 10);
  return *end == '\0' && threads >= 1 && threads <= THREADS_MAX ? (unsigned)threads : 0;
}

/* Cuts the suffixes off `name`, the last first. */
static unsigned cut_suffixes(char *name) {
  unsigned threads = 1;
  for (char *slash = strrchr(name, '/'); slash != NULL && is_suffix(slash + 1); slash = strrchr(name, '/')) {
    unsigned found = threads_of(slash + 1);
    if (found != 0) threads = found;
    *slash = '\0';
  }
  return threads;
}

bool report_row_name_parse(report_row_name *out, const char *name) {
  *out = (report_row_name){0};
  char *subject = strdup(name);
  if (subject == NULL) return false;
  out->subject = subject;
  out->threads = cut_suffixes(subject);

  char *first = strchr(subject, '/');
  char *last = strrchr(subject, '/');
  out->implementation = strdup(last == NULL ? "" : last + 1);
  out->variant = first == last ? strdup("") : strndup(first + 1, (size_t)(last - first - 1));
  if (first != NULL) *first = '\0';
  if (out->implementation != NULL && out->variant != NULL) return true;
  report_row_name_free(out);
  return false;
}

void report_row_name_free(report_row_name *name) {
  free(name->subject);
  free(name->variant);
  free(name->implementation);
  *name = (report_row_name){0};
}
