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
  size_t count;  /* values that are numbers; when 0 the rest is NAN */
  double median; /* the mean of the middle two when `count` is even */
  double low;    /* with `interval`: the bounds of the interval below, else the least and the greatest value */
  double high;
  bool interval;     /* [low, high] is a confidence interval of the median of at least 95 % */
  double confidence; /* the chance that such an interval holds the true median: 1 - 2 P(Bin(count, 1/2) < rank) */
  double min, max;
} report_summary;

/* Summarises the values that are finite. The interval has order statistics as bounds: the innermost pair, equally far
 * from both ends, that keeps 95 % (Conover, Practical Nonparametric Statistics, section 3.2). Returns false when memory
 * runs out. */
bool report_summarise(const report_series *series, report_summary *out);

/* Summarises a[i] / b[i] over the repetitions that both have, with b[i] > 0. */
bool report_summarise_ratio(const report_series *a, const report_series *b, report_summary *out);

/* The rank, from 1, of the lower bound of the interval for `count` values; 0 where there is none. `confidence`, unless
 * NULL, receives what [rank, count + 1 - rank] covers, and with rank 0 what the range covers. */
size_t report_interval_rank(size_t count, double *confidence);

#endif
