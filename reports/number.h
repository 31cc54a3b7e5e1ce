/* Numbers as a reader wants them: three significant digits, a unit, and no more precision than was measured. */
#ifndef CSN_REPORTS_NUMBER_H
#define CSN_REPORTS_NUMBER_H

#include <stddef.h>

enum { REPORT_NUMBER_SIZE = 48 };
typedef char report_number[REPORT_NUMBER_SIZE];

/* Each writes into `out` and returns it. A value that is not finite, or negative, gives "–". */
const char *report_number_duration(report_number out, double nanoseconds); /* "41.2 ns", "1.43 µs", "12.0 ms" */
const char *report_number_rate(report_number out, double per_second);      /* "890/s", "130 k/s", "2.41 M/s" */
const char *report_number_words(report_number out, double count);          /* "890", "130,000", "2.41 million" */
const char *report_number_ratio(report_number out, double ratio); /* "0.043", "0.98", "1.82", "14.4", "1,230" */
const char *report_number_bytes(report_number out, double bytes); /* "9.60 bytes", "138 bytes" */
const char *report_number_size(report_number out, double bytes);  /* of memory: "32.0 KiB", "260 MiB", "1.38 GiB" */
const char *report_number_short(report_number out, double value); /* an axis: "0", "50 k", "2.5 M" */

#endif
