#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_file.h"
#include "number.h"

enum {
  FILE_BYTES_MAX = 64 << 20, /* a full run is some hundred kilobytes */
  ROWS_MAX = 20000,
  REPETITIONS_MAX = 1000,
};

/* ---- series ---- */

static bool series_set(report_series *series, size_t index, double value) {
  if (index >= series->count) {
    double *values = realloc(series->values, (index + 1) * sizeof *values);
    if (values == NULL) return false;
    for (size_t i = series->count; i <= index; i++) values[i] = NAN;
    series->values = values;
    series->count = index + 1;
  }
  series->values[index] = value;
  return true;
}

/* ---- rows ---- */

static bool same_name(const report_row_name *a, const report_row_name *b) {
  return a->threads == b->threads && strcmp(a->subject, b->subject) == 0 && strcmp(a->variant, b->variant) == 0 &&
         strcmp(a->implementation, b->implementation) == 0;
}

/* The row of this benchmark, made where it is the first of it. NULL when memory runs out. */
static report_row *row_of(report_results *results, const char *benchmark) {
  report_row_name name;
  if (!report_row_name_parse(&name, benchmark)) return NULL;
  for (size_t i = 0; i < results->row_count; i++) {
    if (!same_name(&results->rows[i].name, &name)) continue;
    report_row_name_free(&name);
    return &results->rows[i];
  }
  report_row *rows = realloc(results->rows, (results->row_count + 1) * sizeof *rows);
  if (rows == NULL) {
    report_row_name_free(&name);
    return NULL;
  }
  results->rows = rows;
  rows[results->row_count] = (report_row){.name = name, .per_item = true};
  return &rows[results->row_count++];
}

static bool counter_set(report_row *row, const char *name, size_t repetition, double value) {
  report_counter *counter = NULL;
  for (size_t i = 0; i < row->counter_count && counter == NULL; i++) {
    if (strcmp(row->counters[i].name, name) == 0) counter = &row->counters[i];
  }
  if (counter == NULL) {
    report_counter *counters = realloc(row->counters, (row->counter_count + 1) * sizeof *counters);
    if (counters == NULL) return false;
    row->counters = counters;
    counter = &counters[row->counter_count];
    *counter = (report_counter){.name = strdup(name)};
    if (counter->name == NULL) return false;
    row->counter_count++;
  }
  return series_set(&counter->series, repetition, value);
}

/* ---- one repetition ---- */

static const char *string_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static double number_of(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_number(value) ? json_number_value(value) : NAN;
}

static double unit_nanoseconds(const char *unit) {
  static const struct {
    const char *name;
    double factor;
  } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  for (size_t i = 0; unit != NULL && i < sizeof units / sizeof *units; i++) {
    if (strcmp(unit, units[i].name) == 0) return units[i].factor;
  }
  return NAN;
}

/* Google Benchmark computes items_per_second over the clock that the benchmark asked for and over all its threads. */
static double item_time(const json_t *entry, bool *per_item) {
  double rate = number_of(entry, "items_per_second");
  *per_item = json_object_get(entry, "items_per_second") != NULL;
  if (*per_item) return rate > 0 ? 1e9 / rate : NAN;
  double time = number_of(entry, "real_time") * unit_nanoseconds(string_of(entry, "time_unit"));
  return time > 0 ? time : NAN;
}

static bool is_builtin(const char *key) {
  static const char *const builtin[] = {"family_index",    "per_family_instance_index",
                                        "repetitions",     "repetition_index",
                                        "threads",         "iterations",
                                        "real_time",       "cpu_time",
                                        "items_per_second"};
  for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++) {
    if (strcmp(key, builtin[i]) == 0) return true;
  }
  return false;
}

static bool read_counters(report_row *row, json_t *entry, size_t repetition) {
  const char *key;
  json_t *value;
  json_object_foreach(entry, key, value) {
    if (!json_is_number(value) || is_builtin(key)) continue;
    if (!counter_set(row, key, repetition, json_number_value(value))) return false;
  }
  return true;
}

static bool set_once(char **where, const char *string) {
  if (*where == NULL && string != NULL) *where = strdup(string);
  return *where != NULL || string == NULL;
}

/* One error voids the whole row: what the other repetitions measured may not be what was meant. */
static bool read_error(report_row *row, const json_t *entry, bool *is_error) {
  *is_error = json_is_true(json_object_get(entry, "error_occurred")) ||
              json_is_true(json_object_get(entry, "skipped")) || string_of(entry, "skip_message") != NULL;
  if (!*is_error) return true;
  const char *message = string_of(entry, "error_message");
  if (message == NULL) message = string_of(entry, "skip_message");
  return set_once(&row->skipped, message == NULL || message[0] == '\0' ? "no reason was given" : message);
}

static bool refuse(const report_json_file *in, size_t index, const char *reason) {
  return report_json_refuse(in, "benchmarks[%zu]: %s", index, reason);
}

static bool read_repetition(const report_json_file *in, report_results *out, json_t *entry, size_t index) {
  if (!json_is_object(entry)) return refuse(in, index, "not an object");
  const char *type = string_of(entry, "run_type");
  if (type != NULL && strcmp(type, "iteration") != 0) return true;
  const char *name = string_of(entry, "run_name");
  if (name == NULL) name = string_of(entry, "name");
  if (name == NULL || name[0] == '\0') return refuse(in, index, "has no name");

  report_row *row = row_of(out, name);
  if (row == NULL) return report_json_refuse(in, "out of memory");
  double wanted = number_of(entry, "repetition_index");
  size_t repetition = wanted >= 0 && wanted < REPETITIONS_MAX ? (size_t)wanted : row->time.count;
  if (repetition >= REPETITIONS_MAX) return refuse(in, index, "more repetitions than can be read");

  bool is_error = false;
  if (!read_error(row, entry, &is_error)) return report_json_refuse(in, "out of memory");
  if (is_error) return true;
  double time = item_time(entry, &row->per_item);
  if (!series_set(&row->time, repetition, time) || !read_counters(row, entry, repetition) ||
      !set_once(&row->label, string_of(entry, "label"))) {
    return report_json_refuse(in, "out of memory");
  }
  return true;
}

static bool finish_row(report_row *row) {
  if (!report_summarise(&row->time, &row->summary)) return false;
  for (size_t i = 0; i < row->counter_count; i++) {
    report_summary summary;
    if (!report_summarise(&row->counters[i].series, &summary)) return false;
    row->counters[i].value = summary.median;
  }
  bool voided = row->skipped != NULL || row->summary.count == 0;
  return !voided || set_once(&row->skipped, "no time was measured");
}

static bool read_benchmarks(const report_json_file *in, report_results *out, const json_t *root) {
  const json_t *list = json_object_get(root, "benchmarks");
  if (!json_is_array(list)) return report_json_refuse(in, "no list \"benchmarks\": not a result of Google Benchmark");
  size_t count = json_array_size(list);
  if (count > ROWS_MAX) return refuse(in, ROWS_MAX, "more entries than can be read");
  for (size_t i = 0; i < count; i++) {
    if (!read_repetition(in, out, json_array_get(list, i), i)) return false;
  }
  for (size_t i = 0; i < out->row_count; i++) {
    if (!finish_row(&out->rows[i])) return report_json_refuse(in, "out of memory");
  }
  return out->row_count != 0 || report_json_refuse(in, "holds no benchmark");
}

/* ---- context ---- */

static bool context_add(report_results *results, const char *key, const char *value) {
  report_fact *context = realloc(results->context, (results->context_count + 1) * sizeof *context);
  if (context == NULL) return false;
  results->context = context;
  report_fact *fact = &context[results->context_count];
  *fact = (report_fact){strdup(key), strdup(value)};
  results->context_count++;
  return fact->key != NULL && fact->value != NULL;
}

/* Bytes of the cache of the highest level. Two of one level: the one for data, or for all. NAN where none is given. */
static double last_cache_of(const json_t *caches) {
  double size = NAN, highest = 0;
  for (size_t i = 0; i < json_array_size(caches); i++) {
    const json_t *cache = json_array_get(caches, i);
    const char *type = string_of(cache, "type");
    double level = number_of(cache, "level"), bytes = number_of(cache, "size");
    if (!(bytes > 0) || !(level > highest) || (type != NULL && strcmp(type, "Instruction") == 0)) continue;
    highest = level;
    size = bytes;
  }
  return size;
}

static bool read_caches(report_results *out, const json_t *context) {
  report_number size;
  out->last_cache = last_cache_of(json_object_get(context, "caches"));
  return !isfinite(out->last_cache) || context_add(out, REPORT_FACT_CACHE, report_number_size(size, out->last_cache));
}

static bool read_context(const report_json_file *in, report_results *out, const json_t *root) {
  json_t *context = json_object_get(root, "context");
  const char *key;
  json_t *value;
  json_object_foreach(context, key, value) {
    if (json_is_array(value)) value = json_array_get(value, 0);
    char number[64];
    const char *text = json_string_value(value);
    if (json_is_number(value)) {
      (void)snprintf(number, sizeof number, "%.15g", json_number_value(value));
      text = number;
    } else if (json_is_boolean(value)) {
      text = json_is_true(value) ? "true" : "false";
    }
    if (text != NULL && !context_add(out, key, text)) return report_json_refuse(in, "out of memory");
  }
  return read_caches(out, context) || report_json_refuse(in, "out of memory");
}

const char *report_results_context(const report_results *results, const char *key) {
  for (size_t i = 0; i < results->context_count; i++) {
    if (strcmp(results->context[i].key, key) == 0) return results->context[i].value;
  }
  return NULL;
}

double report_results_load(const report_results *results) {
  const char *load = report_results_context(results, "load_avg");
  if (load == NULL) return NAN;
  char *end;
  double average = strtod(load, &end);
  return end == load ? NAN : average;
}

double report_results_hertz(const report_results *results) {
  const char *megahertz = report_results_context(results, "mhz_per_cpu");
  double value = megahertz == NULL ? 0 : strtod(megahertz, NULL) * 1e6;
  return isfinite(value) && value > 0 ? value : 0;
}

bool report_results_one_by_one(const report_results *results) {
  const char *order = report_results_context(results, "order");
  return order != NULL && strcmp(order, "random") != 0;
}

/* ---- the file ---- */

bool report_results_read(report_results *out, const char *path, char *error, size_t error_size) {
  *out = (report_results){0};
  report_json_file in = {path, error, error_size};
  json_t *root = report_json_load(&in, FILE_BYTES_MAX);
  if (root == NULL) return false;
  bool read = read_benchmarks(&in, out, root) && read_context(&in, out, root);
  json_decref(root);
  if (!read) report_results_free(out);
  return read;
}

static void row_free(report_row *row) {
  report_row_name_free(&row->name);
  free(row->label);
  free(row->skipped);
  free(row->time.values);
  for (size_t i = 0; i < row->counter_count; i++) {
    free(row->counters[i].name);
    free(row->counters[i].series.values);
  }
  free(row->counters);
}

void report_results_free(report_results *results) {
  for (size_t i = 0; i < results->row_count; i++) row_free(&results->rows[i]);
  for (size_t i = 0; i < results->context_count; i++) {
    free(results->context[i].key);
    free(results->context[i].value);
  }
  free(results->rows);
  free(results->context);
  *results = (report_results){0};
}

static const report_counter *find_counter(const report_row *row, const char *name) {
  for (size_t i = 0; row != NULL && i < row->counter_count; i++) {
    if (strcmp(row->counters[i].name, name) == 0) return &row->counters[i];
  }
  return NULL;
}

const report_series *report_row_series(const report_row *row, const char *name) {
  const report_counter *counter = find_counter(row, name);
  return counter == NULL ? NULL : &counter->series;
}

double report_row_counter(const report_row *row, const char *name) {
  const report_counter *counter = find_counter(row, name);
  return counter == NULL ? NAN : counter->value;
}

size_t report_results_repetitions(const report_results *results) {
  size_t fewest = 0;
  for (size_t i = 0; i < results->row_count; i++) {
    const report_row *row = &results->rows[i];
    if (row->skipped == NULL && (fewest == 0 || row->summary.count < fewest)) fewest = row->summary.count;
  }
  return fewest;
}

size_t report_results_measured(const report_results *results) {
  size_t measured = 0;
  for (size_t i = 0; i < results->row_count; i++) measured += results->rows[i].skipped == NULL;
  return measured;
}
