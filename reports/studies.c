#include "studies.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_file.h"
#include "text.h"

enum { ITEMS_MAX = 1000, FILE_BYTES_MAX = 1 << 20 };

static bool refuse(const report_json_file *in, const char *list, size_t index, const char *key) {
  return report_json_refuse(in, "%s[%zu]: no valid \"%s\"", list, index, key);
}

/* ---- members ---- */

typedef struct member {
  const char *key;
  double *value;
} member;

/* Numbers that must be there; none is negative. NULL where all are, else the first that is not. */
static const char *read_numbers(const json_t *object, const member *members, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const json_t *value = json_object_get(object, members[i].key);
    double number = json_is_number(value) ? json_number_value(value) : -1;
    if (!isfinite(number) || number < 0) return members[i].key;
    *members[i].value = number;
  }
  return NULL;
}

static bool read_header(const report_json_file *in, const json_t *root, const member *members, size_t count) {
  const char *missing = read_numbers(root, members, count);
  return missing == NULL || report_json_refuse(in, "no valid \"%s\"", missing);
}

static char *copy_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text == NULL ? NULL : strdup(text);
}

/* A list of `size` bytes an item, zeroed; NULL with an error where there is none, or too long a one. */
static void *list_of(const report_json_file *in, const json_t *root, const char *key, size_t size, size_t *count) {
  const json_t *list = json_object_get(root, key);
  *count = json_array_size(list);
  if (*count == 0 || *count > ITEMS_MAX) {
    (void)report_json_refuse(in, "no list \"%s\", or too long a one", key);
    *count = 0;
    return NULL;
  }
  void *items = calloc(*count, size);
  if (items == NULL) {
    *count = 0;
    (void)report_json_refuse(in, "out of memory");
  }
  return items;
}

/* ---- capacity ---- */

double report_load_share(const report_load *point) {
  return point->full / point->claims;
}

static const char *read_load(const json_t *object, report_load *out) {
  const member members[] = {{"capacity", &out->capacity}, {"load", &out->load},     {"claims", &out->claims},
                            {"full", &out->full},         {"upper95", &out->upper}, {"bytes_per_nonce", &out->bytes},
                            {"replayed", &out->replayed}};
  const char *missing = read_numbers(object, members, sizeof members / sizeof *members);
  if (missing != NULL) return missing;
  if (out->load == 0) return "load";
  if (out->claims < 1 || out->full > out->claims) return "claims";
  if (out->upper == 0) return "upper95"; /* it has to have a logarithm */
  const char *expiry = json_string_value(json_object_get(object, "expiry"));
  if (expiry == NULL) return "expiry";
  out->spread = strcmp(expiry, "spread") == 0;
  return NULL;
}

static bool read_loads(const report_json_file *in, const json_t *root, const char *key, report_load **loads,
                       size_t *count) {
  *loads = list_of(in, root, key, sizeof **loads, count);
  for (size_t i = 0; i < *count; i++) {
    const char *missing = read_load(json_array_get(json_object_get(root, key), i), &(*loads)[i]);
    if (missing != NULL) return refuse(in, key, i, missing);
  }
  return *loads != NULL;
}

static int by_load(const void *left, const void *right) {
  const report_load *a = left, *b = right;
  if (a->spread != b->spread) return a->spread ? 1 : -1;
  return (a->load > b->load) - (a->load < b->load);
}

static bool read_capacity(const report_json_file *in, const json_t *root, report_studies *out) {
  report_capacity *capacity = &out->capacity;
  const member members[] = {{"capacity", &capacity->capacity}};
  capacity->present = true;
  capacity->quick = json_is_true(json_object_get(root, "quick"));
  capacity->apart = json_is_true(json_object_get(root, "apart"));
  capacity->version = copy_of(root, "version");
  capacity->commit = copy_of(root, "commit");
  capacity->date = copy_of(root, "date");
  bool done =
      read_header(in, root, members, 1) && read_loads(in, root, "points", &capacity->points, &capacity->count) &&
      (json_object_get(root, "cold") == NULL || read_loads(in, root, "cold", &capacity->cold, &capacity->cold_count)) &&
      read_loads(in, root, "small", &capacity->small, &capacity->small_count);
  if (done) qsort(capacity->points, capacity->count, sizeof *capacity->points, by_load);
  return done;
}

/* ---- counts ---- */

static const char *read_figures(const json_t *object, report_count *out) {
  const member members[] = {{"instructions", &out->instructions},
                            {"reads", &out->reads},
                            {"writes", &out->writes},
                            {"first_misses", &out->first_misses},
                            {"last_misses", &out->last_misses}};
  return read_numbers(object, members, sizeof members / sizeof *members);
}

static const char *read_count(const json_t *object, report_count *out) {
  out->implementation = copy_of(object, "implementation");
  return out->implementation == NULL ? "implementation" : read_figures(object, out);
}

static const char *read_step(const json_t *object, report_count *out) {
  const char *preset = json_string_value(json_object_get(object, "preset"));
  const char *step = json_string_value(json_object_get(object, "step"));
  if (preset == NULL) return "preset";
  if (step == NULL || asprintf(&out->implementation, "%s/%s", preset, step) < 0) return "step";
  return read_figures(object, out);
}

static bool read_list(const report_json_file *in, const json_t *root, const char *key, report_count **rows,
                      size_t *count, const char *(*read)(const json_t *, report_count *)) {
  *rows = list_of(in, root, key, sizeof **rows, count);
  for (size_t i = 0; i < *count; i++) {
    const char *missing = read(json_array_get(json_object_get(root, key), i), &(*rows)[i]);
    if (missing != NULL) return refuse(in, key, i, missing);
  }
  return *rows != NULL;
}

static bool read_counts(const report_json_file *in, const json_t *root, report_studies *out) {
  report_counts *counts = &out->counts;
  const member members[] = {{"live", &counts->live},
                            {"claims", &counts->claims},
                            {"first_cache", &counts->first_cache},
                            {"last_cache", &counts->last_cache}};
  counts->present = true;
  counts->skipped = copy_of(root, "skipped");
  if (counts->skipped != NULL) return true;
  counts->tool = copy_of(root, "tool");
  if (!read_header(in, root, members, sizeof members / sizeof *members)) return false;
  return read_list(in, root, "rows", &counts->rows, &counts->count, read_count) &&
         (json_object_get(root, "steps") == NULL ||
          read_list(in, root, "steps", &counts->steps, &counts->step_count, read_step));
}

/* ---- the files ---- */

typedef bool read_fn(const report_json_file *in, const json_t *root, report_studies *out);

static bool read_file(const report_json_file *in, report_studies *out, read_fn *read) {
  json_t *root = report_json_load(in, FILE_BYTES_MAX);
  if (root == NULL) return false;
  bool done = json_is_object(root) ? read(in, root, out) : report_json_refuse(in, "not a study's JSON");
  json_decref(root);
  return done;
}

/* True where there is no such file. */
static bool read_beside(const char *results_path, const char *name, report_studies *out, char *error, size_t error_size,
                        read_fn *read) {
  const char *slash = strrchr(results_path, '/');
  report_text path = {0};
  if (slash != NULL) report_text_add_bytes(&path, results_path, (size_t)(slash + 1 - results_path));
  report_text_add(&path, name);
  report_json_file in = {report_text_string(&path), error, error_size};
  bool done = path.failed ? report_json_refuse(&in, "out of memory")
                          : access(path.data, F_OK) != 0 || read_file(&in, out, read);
  report_text_free(&path);
  return done;
}

bool report_studies_read(report_studies *out, const char *results_path, char *error, size_t error_size) {
  return read_beside(results_path, REPORT_CAPACITY_FILE, out, error, error_size, read_capacity) &&
         read_beside(results_path, REPORT_COUNTS_FILE, out, error, error_size, read_counts);
}

void report_studies_free(report_studies *studies) {
  report_counts *counts = &studies->counts;
  for (size_t i = 0; i < counts->count; i++) free(counts->rows[i].implementation);
  for (size_t i = 0; i < counts->step_count; i++) free(counts->steps[i].implementation);
  free(counts->steps);
  free(counts->rows);
  free(counts->skipped);
  free(counts->tool);
  free(studies->capacity.version);
  free(studies->capacity.commit);
  free(studies->capacity.date);
  free(studies->capacity.points);
  free(studies->capacity.cold);
  free(studies->capacity.small);
  *studies = (report_studies){0};
}
