/* The comparison of storage strategies: one store, what it was measured to do, and what it is. */
#ifndef CSN_REPORTS_STORAGE_H
#define CSN_REPORTS_STORAGE_H

#include "analysis.h"
#include "text.h"

typedef enum report_trait { REPORT_TRAIT_UNKNOWN, REPORT_TRAIT_NO, REPORT_TRAIT_YES, REPORT_TRAIT_REGION } report_trait;

typedef struct report_store {
  const char *implementation;
  const char *label;
  const char *configuration; /* how it was set up: what it survives depends on it; NULL where it is not recorded */
  const report_row *single;  /* one claim a call; measured, or NULL. So the next two. */
  const report_row *batch;
  const report_row *lookup;
  const char *skipped; /* why no claim was measured; NULL where one was */
  double p50, p99;     /* nanoseconds for one claim a call; NAN where not measured. So the next. */
  double bytes;        /* a live nonce */
  report_trait survives_restart;
  report_trait processes; /* REPORT_TRAIT_REGION: not as measured, but when it lies in memory that they share */
  report_trait hosts;
} report_store;

typedef struct report_storage {
  report_store *stores; /* the fastest first, by one claim a call */
  size_t count;
  const char *lookup_variant; /* for a reader: how many clients; NULL where no look-up was measured */
} report_storage;

/* Gathers what the analysis has of stores; `count` is 0 where it has nothing. Returns false when memory runs out. The
 * analysis must outlive `out`. */
bool report_storage_gather(report_storage *out, const report_analysis *analysis);
void report_storage_free(report_storage *storage);

/* "yes", "no", "in a shared region", "not measured". */
const char *report_trait_text(report_trait trait);

/* The table of the comparison: a line a quality, a cell a store. */
size_t report_storage_lines(void);
void report_storage_line_title(report_text *out, const report_storage *storage, size_t line);

/* The cell's text. `best`: no store has a better figure, and another has a worse one. */
void report_storage_cell(report_text *out, const report_storage *storage, size_t line, size_t store, bool *best);

/* Items a second; NAN for NULL. */
double report_row_rate(const report_row *row);

#endif
