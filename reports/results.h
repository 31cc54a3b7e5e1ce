/* Google Benchmark's JSON (1.7.1, --benchmark_out) as rows: one for each benchmark, with a value for each repetition.
 */
#ifndef CSN_REPORTS_RESULTS_H
#define CSN_REPORTS_RESULTS_H

#include "stats.h"

/* `subject/variant/implementation`, and what Google Benchmark appends to it. */
typedef struct report_row_name {
  char *subject;
  char *variant;        /* all between the first and the last part; empty where there are only one or two parts */
  char *implementation; /* empty where there is only one part */
  unsigned threads;     /* 1 unless the name says so */
} report_row_name;

/* Splits `name`. Parts that are Google Benchmark's (`iterations:N`, `repeats:N`, `min_time:X`, `min_warmup_time:X`,
 * `process_time`, `real_time`, `manual_time`, `threads:N`) are taken from the end only. Never fails but for memory. */
bool report_row_name_parse(report_row_name *out, const char *name);
void report_row_name_free(report_row_name *name);

typedef struct report_counter {
  char *name;
  report_series series;
  double value; /* the median; NAN where there is none */
} report_counter;

typedef struct report_row {
  report_row_name name;
  char *label;        /* NULL where there is none */
  char *skipped;      /* why there is no measurement; NULL where there is one */
  report_series time; /* nanoseconds for one item, in real time unless the benchmark asked for another clock */
  report_summary summary;
  bool per_item; /* false: the benchmark did not say how many items it did, and `time` is that of an iteration */
  report_counter *counters;
  size_t counter_count;
} report_row;

typedef struct report_fact {
  char *key;
  char *value;
} report_fact;

#define REPORT_FACT_CACHE "last_level_cache"

typedef struct report_results {
  report_row *rows; /* in the order of their first repetition in the file */
  size_t row_count;
  report_fact *context; /* members of "context" that are text, numbers or truth values; of "load_avg" the first number;
                         * of "caches" REPORT_FACT_CACHE, the size of the one of the highest level in words */
  size_t context_count;
  double last_cache; /* bytes of the cache of the highest level; NAN where it is not recorded */
} report_results;

/* Reads a file. Zero it first. Aggregates in the file are left alone: they are computed here. On false `error` is one
 * line, "FILE:LINE: reason" where a line is to blame, and nothing is left allocated. */
bool report_results_read(report_results *out, const char *path, char *error, size_t error_size);
void report_results_free(report_results *results);

/* The value of a context member, or NULL. */
const char *report_results_context(const report_results *results, const char *key);

/* The load average at the start; NAN where it is not recorded. */
double report_results_load(const report_results *results);

/* The processor's nominal clock in Hz, as Google Benchmark has it; 0 where it is not recorded. */
double report_results_hertz(const report_results *results);

/* The rows ran one after the other, not in random order; false where it is not recorded. */
bool report_results_one_by_one(const report_results *results);

/* The counter's values by repetition; NULL where the row, which may be NULL, has none. */
const report_series *report_row_series(const report_row *row, const char *name);

/* The counter's median, or NAN. */
double report_row_counter(const report_row *row, const char *name);

/* The fewest repetitions that any measured row has; 0 where nothing was measured. */
size_t report_results_repetitions(const report_results *results);

/* Rows that were measured. */
size_t report_results_measured(const report_results *results);

#endif
