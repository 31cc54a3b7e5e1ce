/* Medians and what can be said about them, without any assumption on the distribution. */
#ifndef CSN_REPORTS_STATS_H
#define CSN_REPORTS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* Values by repetition index. NAN where a repetition has no value. */
typedef struct report_series {
  double *values;
  size_t count;
} report_series;

/* The fewest values whose range holds the true median with 95 % confidence: 1 - 2 * 0.5^6 = 96.9 %. */
enum { REPORT_INTERVAL_MIN = 6 };

typedef struct report_summary {
  size_t count;  /* values that are numbers, of a ratio those of the side with fewer; when 0 the rest is NAN */
  double median; /* the mean of the middle two when their number is even, of ratios the geometric mean */
  double low;    /* with `interval`: the bounds of the interval below, else the least and the greatest value */
  double high;
  bool interval;     /* [low, high] is a confidence interval of the median of at least 95 % */
  double confidence; /* the chance that [low, high], interval or range, holds the true value */
  double min, max;   /* of a ratio: of all ratios */
} report_summary;

/* Summarises the values that are finite. The interval has order statistics as bounds: the innermost pair, equally far
 * from both ends, that keeps 95 % (Conover, Practical Nonparametric Statistics, section 3.2). Returns false when memory
 * runs out. */
bool report_summarise(const report_series *series, report_summary *out);

/* How many times as large the values of `a` are as those of `b`: the Hodges-Lehmann estimate on logarithms, which is
 * the median of all ratios a[i] / b[j], and the interval that belongs to the Mann-Whitney test, which has order
 * statistics of these ratios as bounds (Hollander and Wolfe, Nonparametric Statistical Methods, chapter 4). No a[i]
 * belongs to a b[j]: Google Benchmark shuffles the repetitions of all rows among each other. The interval takes the
 * two to differ by a factor, whatever the distribution. Values that are not finite or not above 0 are left out; with
 * fewer than REPORT_INTERVAL_MIN on either side there is a range, as of the values themselves. */
bool report_summarise_ratio(const report_series *a, const report_series *b, report_summary *out);

/* The rank, from 1, of the lower bound of the interval for `count` values; 0 where there is none. `confidence`, unless
 * NULL, receives what [rank, count + 1 - rank] covers, 1 - 2 P(Bin(count, 1/2) < rank), and with rank 0 what the range
 * covers. */
size_t report_interval_rank(size_t count, double *confidence);

/* The same among the m * n ratios of m values to n: 1 - 2 P(U < rank) of Mann and Whitney's U, exact for m + n <= 54.
 */
size_t report_ratio_rank(size_t m, size_t n, double *confidence);

#endif
