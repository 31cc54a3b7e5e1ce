/* What was found out beside the benchmarks: files in the folder of the results, each of which may be missing. */
#ifndef CSN_REPORTS_STUDIES_H
#define CSN_REPORTS_STUDIES_H

#include <stdbool.h>
#include <stddef.h>

#define REPORT_CAPACITY_FILE "capacity.json" /* csn-capacity's output */
#define REPORT_COUNTS_FILE "counts.json"     /* reports/counts' output */

/* One offered load on the nonce table. */
typedef struct report_load {
  bool spread; /* expiries are spread; false: all equally far ahead */
  double capacity;
  double load;  /* live nonces in parts of the capacity */
  double bytes; /* of region for each of them */
  double claims, full, replayed;
  double upper; /* the share of claims that find it full is below this with 95 % confidence */
} report_load;

typedef struct report_capacity {
  bool present, quick;
  bool apart;                    /* simulated beforehand, not in this run */
  char *version, *commit, *date; /* of what simulated it, and when; NULL where that is not said */
  double capacity;
  report_load *points; /* of the steady state, by expiry, then by load */
  size_t count;
  report_load *cold; /* cold starts: an empty table that gets its load at once; NULL where there were none */
  size_t cold_count;
  report_load *small; /* small tables at load 1, in either way */
  size_t small_count;
} report_capacity;

/* What one claim of one implementation costs, or one step of a request. */
typedef struct report_count {
  char *implementation; /* of a step "PRESET/STEP" */
  double instructions, reads, writes, first_misses, last_misses;
} report_count;

typedef struct report_counts {
  bool present;
  char *skipped; /* why there are none; NULL where there are */
  char *tool;
  double live, claims, first_cache, last_cache; /* bytes of the caches */
  report_count *rows;
  size_t count;
  report_count *steps; /* NULL where they were not counted */
  size_t step_count;
} report_counts;

typedef struct report_studies {
  report_capacity capacity;
  report_counts counts;
} report_studies;

/* Reads the studies that lie beside `results_path`. Zero it first, free it in either case. A study that is there but
 * cannot be read is an error: one line in `error`. */
bool report_studies_read(report_studies *out, const char *results_path, char *error, size_t error_size);
void report_studies_free(report_studies *studies);

/* The share of refused claims. */
double report_load_share(const report_load *point);

#endif
