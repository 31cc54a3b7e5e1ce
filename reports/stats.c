#include "stats.h"

#include <math.h>
#include <stdlib.h>

#define CONFIDENCE_WANTED 0.95

/* Above this many values 0.5^n would leave the range of a double; nobody repeats a benchmark so often. */
enum { VALUES_MAX = 1000 };

size_t report_interval_rank(size_t count, double *confidence) {
  double term = pow(0.5, (double)count); /* P(Bin(count, 1/2) = rank - 1) */
  double below = 0;
  double covered = count == 0 ? 0 : 1 - 2 * term;
  size_t rank = 0;
  for (size_t r = 1; 2 * r <= count; r++) {
    below += term;
    if (1 - 2 * below < CONFIDENCE_WANTED) break;
    rank = r;
    covered = 1 - 2 * below;
    term = term * (double)(count - r + 1) / (double)r;
  }
  if (confidence != NULL) *confidence = covered;
  return rank;
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static void summarise_sorted(const double *sorted, size_t count, report_summary *out) {
  *out = (report_summary){.count = count, .median = NAN, .low = NAN, .high = NAN, .min = NAN, .max = NAN};
  if (count == 0) return;
  size_t rank = report_interval_rank(count, &out->confidence);
  size_t offset = rank == 0 ? 0 : rank - 1;
  out->interval = rank != 0;
  out->min = sorted[0];
  out->max = sorted[count - 1];
  out->low = sorted[offset];
  out->high = sorted[count - 1 - offset];
  out->median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* Sorts `values` in place. */
static void summarise_in_place(double *values, size_t count, report_summary *out) {
  qsort(values, count, sizeof *values, by_value);
  summarise_sorted(values, count, out);
}

static double *scratch_new(size_t count) {
  return calloc(count == 0 ? 1 : count, sizeof(double));
}

bool report_summarise(const report_series *series, report_summary *out) {
  size_t limit = series->count < VALUES_MAX ? series->count : VALUES_MAX;
  double *values = scratch_new(limit);
  if (values == NULL) return false;
  size_t count = 0;
  for (size_t i = 0; i < limit; i++) {
    if (isfinite(series->values[i])) values[count++] = series->values[i];
  }
  summarise_in_place(values, count, out);
  free(values);
  return true;
}

bool report_summarise_ratio(const report_series *a, const report_series *b, report_summary *out) {
  size_t limit = a->count < b->count ? a->count : b->count;
  report_series ratios = {scratch_new(limit), limit};
  if (ratios.values == NULL) return false;
  for (size_t i = 0; i < limit; i++) {
    ratios.values[i] = b->values[i] > 0 ? a->values[i] / b->values[i] : NAN;
  }
  bool done = report_summarise(&ratios, out);
  free(ratios.values);
  return done;
}
