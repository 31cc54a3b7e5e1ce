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

/* `rank`: of the lower bound, from 1; 0 where the range has to do. All but the median. */
static void bound_sorted(const double *sorted, size_t count, size_t rank, report_summary *out) {
  size_t offset = rank == 0 ? 0 : rank - 1;
  out->interval = rank != 0;
  out->min = sorted[0];
  out->max = sorted[count - 1];
  out->low = sorted[offset];
  out->high = sorted[count - 1 - offset];
}

static double *scratch_new(size_t count) {
  return calloc(count == 0 ? 1 : count, sizeof(double));
}

/* Copies the values that are finite and above `floor`. */
static size_t take(const report_series *series, double floor, double *out) {
  size_t count = 0;
  for (size_t i = 0; i < series->count && count < VALUES_MAX; i++) {
    if (isfinite(series->values[i]) && series->values[i] > floor) out[count++] = series->values[i];
  }
  return count;
}

static report_summary nothing(void) {
  return (report_summary){.median = NAN, .low = NAN, .high = NAN, .min = NAN, .max = NAN};
}

bool report_summarise(const report_series *series, report_summary *out) {
  double *values = scratch_new(series->count);
  *out = nothing();
  if (values == NULL) return false;
  size_t count = out->count = take(series, -INFINITY, values);
  if (count != 0) {
    qsort(values, count, sizeof *values, by_value);
    bound_sorted(values, count, report_interval_rank(count, &out->confidence), out);
    out->median = (values[(count - 1) / 2] + values[count / 2]) / 2;
  }
  free(values);
  return true;
}

/* ---- ratios ---- */

/* Up to here the numbers of orders, at most C(54, 27) < 2^53, are whole in a double. */
enum { ORDERS_EXACT_MAX = 54, PAIRS_EXACT_MAX = (ORDERS_EXACT_MAX / 2) * (ORDERS_EXACT_MAX / 2) };

/* orders[u]: of the orders in which m values and n values can stand, those where u pairs have the first one below. It
 * is the coefficient of q^u in the product of (1 - q^(n + k)) / (1 - q^k) over k = 1 … m. */
static double count_orders(double *orders, size_t m, size_t n) {
  double total = 0;
  for (size_t u = 0; u <= m * n; u++) orders[u] = u == 0;
  for (size_t k = 1; k <= m; k++) {
    for (size_t u = m * n; u >= n + k; u--) orders[u] -= orders[u - n - k];
    for (size_t u = k; u <= m * n; u++) orders[u] += orders[u - k];
  }
  for (size_t u = 0; u <= m * n; u++) total += orders[u];
  return total;
}

static size_t rank_exact(size_t m, size_t n, double *confidence) {
  double orders[PAIRS_EXACT_MAX + 1], below = 0;
  double total = count_orders(orders, m, n);
  size_t rank = 0;
  *confidence = 1 - 2 * orders[0] / total;
  while (2 * (rank + 1) <= m * n && 1 - 2 * (below + orders[rank]) / total >= CONFIDENCE_WANTED) {
    below += orders[rank++];
    *confidence = 1 - 2 * below / total;
  }
  return rank;
}

/* The normal approximation, rounded to the wider interval. */
static size_t rank_of_many(size_t m, size_t n, double *confidence) {
  const double quantile = 1.959963984540054; /* of (1 + CONFIDENCE_WANTED) / 2 */
  double pairs = (double)m * (double)n, deviation = sqrt(pairs * (double)(m + n + 1) / 12);
  double rank = fmax(floor(pairs / 2 - quantile * deviation), 0);
  *confidence = erf((pairs / 2 - fmax(rank, 1) + 0.5) / deviation / sqrt(2));
  return (size_t)rank;
}

size_t report_ratio_rank(size_t m, size_t n, double *confidence) {
  double covered = 0;
  size_t rank = 0;
  if (m != 0 && n != 0) {
    rank = m + n <= ORDERS_EXACT_MAX ? rank_exact(m, n, &covered) : rank_of_many(m, n, &covered);
  }
  if (confidence != NULL) *confidence = covered;
  return rank;
}

/* What the range of the ratios covers: all orders but the two in which no value of one side is within the other's. */
static double range_confidence(size_t m, size_t n) {
  double orders = 1; /* C(m + n, m) */
  for (size_t k = 1; k <= m; k++) orders *= (double)(n + k) / (double)k;
  return 1 - 2 / orders;
}

static bool summarise_ratios(const double *over, size_t m, const double *under, size_t n, report_summary *out) {
  size_t pairs = m * n, rank = report_ratio_rank(m, n, &out->confidence);
  double *ratios = scratch_new(pairs);
  if (ratios == NULL) return false;
  for (size_t i = 0; i < pairs; i++) ratios[i] = over[i / n] / under[i % n];
  qsort(ratios, pairs, sizeof *ratios, by_value);
  out->count = m < n ? m : n;
  if (out->count < REPORT_INTERVAL_MIN) rank = 0;
  if (rank == 0) out->confidence = range_confidence(m, n);
  bound_sorted(ratios, pairs, rank, out);
  double left = ratios[(pairs - 1) / 2], right = ratios[pairs / 2];
  out->median = left == right ? left : sqrt(left * right);
  free(ratios);
  return true;
}

bool report_summarise_ratio(const report_series *a, const report_series *b, report_summary *out) {
  double *over = scratch_new(a->count), *under = scratch_new(b->count);
  bool done = over != NULL && under != NULL;
  *out = nothing();
  if (done) {
    size_t m = take(a, 0, over), n = take(b, 0, under);
    if (m != 0 && n != 0) done = summarise_ratios(over, m, under, n, out);
  }
  free(over);
  free(under);
  return done;
}
