/* What the tests of the chapters share: rows and studies made for each test, and what the chapters say of them. */
#ifndef CSN_REPORTS_TEST_CHAPTERS_H
#define CSN_REPORTS_TEST_CHAPTERS_H

#include <unistd.h>

#include "document.h"
#include "test_support.h"

static char folder[] = "/tmp/csn-report-chapters-XXXXXX";
static char error[512];

enum { BARS_CHAPTER, CAPACITY_CHAPTER, COSTS_CHAPTER, VERIFICATION_BARS_CHAPTER };

/* ---- input ---- */

typedef struct row {
  const char *name; /* as in nonce_claim/NAME; with a slash before it, the whole */
  double time;      /* nanoseconds of a claim */
  double bytes;     /* 0: not said */
  double counter;   /* of the name below; 0: not said */
} row;

static const char *counter_name = "huge_share";

static inline FILE *open_in_folder(const char *name) {
  char path[64];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  return file;
}

static inline void put(const char *name, const char *content) {
  FILE *file = open_in_folder(name);
  assert_true(fputs(content, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* How far apart a row's repetitions are, in parts of its time: so little that each bar is met, or missed, by the whole
 * interval, or not at all; of the wide row a hundred times as far. */
static double varying = 0.0005;
static const char *wide_row;  /* NULL: none */
static const char *short_row; /* has one repetition less; NULL: none */

static inline void put_results(const char *context, const row *rows, size_t count, size_t repetitions) {
  FILE *file = open_in_folder("results.json");
  assert_true(fprintf(file, "{\"context\": {%s}, \"benchmarks\": [\n", context) > 0);
  for (size_t i = 0; i < count; i++) {
    double step = varying * (wide_row != NULL && strcmp(rows[i].name, wide_row) == 0 ? 100 : 1);
    size_t last = repetitions - (short_row != NULL && strcmp(rows[i].name, short_row) == 0);
    for (size_t r = 0; r < last; r++) {
      double time = rows[i].time * (1 + step * ((double)r - 4));
      bool whole = rows[i].name[0] == '/';
      assert_true(fprintf(file, "%s{\"name\": \"%s%s\", \"repetition_index\": %zu, \"items_per_second\": %.6f",
                          i + r == 0 ? "" : ",\n", whole ? "" : "nonce_claim/", rows[i].name + whole, r,
                          1e9 / time) > 0);
      if (rows[i].counter > 0)
        assert_true(fprintf(file, ", \"%s\": %.6f", counter_name, rows[i].counter * time / rows[i].time) > 0);
      if (rows[i].bytes > 0) assert_true(fprintf(file, ", \"bytes_per_nonce\": %.3f", rows[i].bytes) > 0);
      assert_true(fputs("}", file) >= 0);
    }
  }
  assert_true(fputs("]}\n", file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* What the context says where nothing speaks against the rows. */
#define CACHES(bytes) "\"caches\": [{\"type\": \"Unified\", \"level\": 3, \"size\": " bytes "}]"
#define SMALL_CACHE CACHES("1048576")
#define QUIET ", \"load_avg\": [0.1, 0, 0]"

static inline void put_rows(const row *rows, size_t count, size_t repetitions) {
  put_results(SMALL_CACHE QUIET, rows, count, repetitions);
}

typedef struct point {
  const char *expiry;
  double load, claims, full, upper;
} point;

static inline void put_point_list(FILE *file, const char *name, const point *points, size_t count) {
  assert_true(fprintf(file, ", \"%s\": [", name) > 0);
  for (size_t i = 0; i < count; i++) {
    const point *p = &points[i];
    assert_true(fprintf(file,
                        "%s{\"expiry\": \"%s\", \"capacity\": 1000, \"load\": %.3f, \"bytes_per_nonce\": 10.7, "
                        "\"claims\": %.0f, \"full\": %.0f, \"upper95\": %g, \"replayed\": 0}",
                        i == 0 ? "" : ",", p->expiry, p->load, p->claims, p->full, p->upper) > 0);
  }
  assert_true(fputs("]", file) >= 0);
}

/* `members`: more of them, each with a comma behind it. `cold`: NULL where there was none. */
static inline void put_capacity(const char *members, const point *points, size_t count, const point *cold) {
  FILE *file = open_in_folder(REPORT_CAPACITY_FILE);
  assert_true(fprintf(file, "{%s\"capacity\": 1048576", members) > 0);
  put_point_list(file, "points", points, count);
  if (cold != NULL) put_point_list(file, "cold", cold, 1);
  put_point_list(file, "small", points, 1);
  assert_true(fputs("}\n", file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static const point met_cold = {"fixed", 1, 5e9, 0, 6e-10};

static inline void put_points(const point *points, size_t count) {
  put_capacity("", points, count, &met_cold);
}

static inline report_document build(void) {
  char path[64];
  report_document document = {0};
  (void)snprintf(path, sizeof path, "%s/results.json", folder);
  if (!report_document_build(&document, path, error, sizeof error)) fail_msg("%s", error);
  return document;
}

static inline int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int clear_folder(void **state) {
  (void)state;
  varying = 0.0005;
  wide_row = NULL;
  short_row = NULL;
  static const char *const names[] = {"results.json", REPORT_CAPACITY_FILE, REPORT_COUNTS_FILE};
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    (void)unlink(path);
  }
  return 0;
}

static inline int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

/* ---- what is said ---- */

static inline void assert_says(const report_sentences *sentences, const char *text) {
  for (size_t i = 0; i < sentences->count; i++) {
    if (strstr(sentences->items[i].text, text) != NULL) return;
  }
  fail_msg("not said: %s", text);
}

/* The row of the table whose first cell begins so. */
static inline size_t row_of(const report_table *table, const char *name) {
  for (size_t r = 0; r < report_table_rows(table); r++) {
    if (strncmp(report_table_cell(table, r, 0), name, strlen(name)) == 0) return r;
  }
  fail_msg("no row: %s", name);
  return 0;
}

static inline void assert_cell(const report_table *table, const char *name, size_t column, const char *wanted) {
  assert_string_equal(report_table_cell(table, row_of(table, name), column), wanted);
}

/* ---- bars ---- */

enum { WANTED = 1, MEASURED, INTERVAL, VERDICT };

#define PEER_BATCH_1 "Batches against the fastest peer's single claims, one"
#define PEER_BATCH_2 "Batches against the fastest peer's single claims, two"

/* Times with which each bar is met, by little. */
static const row met[] = {
    {"live_8M/countersign/threads:1", 125, 10.8, 1},
    {"live_8M/countersign/threads:2", 65, 10.8, 1},
    {"live_8M/countersign_batch/threads:1", 50, 10.8, 1},
    {"live_8M/countersign_batch/threads:2", 26, 10.8, 1},
    {"live_8M/tbb/threads:1", 300, 90, 1},
    {"live_8M/libcuckoo/threads:1", 205, 40, 1},
    {"live_8M/urcu_lfht/threads:1", 900, 60, 1},
    {"live_8M/mutex_sharded/threads:1", 500, 30, 1},
    {"live_8M/mutex_global/threads:1", 400, 30, 1},
    {"live_8M/tbb/threads:2", 210, 90, 1},
    {"live_8M/libcuckoo/threads:2", 400, 40, 1},
    {"live_8M/urcu_lfht/threads:2", 700, 60, 1},
    {"live_8M/mutex_sharded/threads:2", 300, 30, 1},
    {"live_8M/mutex_global/threads:2", 800, 30, 1},
    {"live_8M/limit_load/threads:1", 100, 0, 1},
    {"live_8M/limit_cas_batch/threads:1", 25, 0, 1},
};

#endif
