#include "number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct scale {
  double factor;
  const char *unit;
} scale;

static const scale durations[] = {{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}};
static const scale rates[] = {{1e9, " G/s"}, {1e6, " M/s"}, {1e3, " k/s"}, {1, "/s"}};
static const scale sizes[] = {{0x1p30, " GiB"}, {0x1p20, " MiB"}, {0x1p10, " KiB"}, {1, " bytes"}};
static const scale shorts[] = {{1e9, " G"}, {1e6, " M"}, {1e3, " k"}, {1, ""}};
static const scale words[] = {{1e9, " billion"}, {1e6, " million"}};

/* Rounds to three significant digits first, so that 999.6 becomes 1000 and takes the next unit. */
static double round_to_three(double value) {
  if (value <= 0) return 0;
  double step = pow(10, floor(log10(value)) - 2);
  return round(value / step) * step;
}

/* Three significant digits; `value` is rounded already and below 1000 wherever a unit was chosen. */
static void write_digits(char *out, size_t size, double value) {
  int decimals = value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  (void)snprintf(out, size, "%.*f", decimals, value);
}

static const char *nothing(report_number out) {
  return strcpy(out, "–");
}

static const char *write_scaled(report_number out, double value, const scale *scales, size_t count) {
  if (!isfinite(value) || value < 0) return nothing(out);
  double rounded = round_to_three(value);
  size_t i = 0;
  while (i + 1 < count && rounded < scales[i].factor) i++;
  char digits[REPORT_NUMBER_SIZE / 2];
  write_digits(digits, sizeof digits, rounded / scales[i].factor);
  (void)snprintf(out, REPORT_NUMBER_SIZE, "%s%s", digits, scales[i].unit);
  return out;
}

/* A whole number with commas. */
static const char *write_grouped(report_number out, double value) {
  char digits[REPORT_NUMBER_SIZE / 2];
  int length = snprintf(digits, sizeof digits, "%.0f", value);
  if (length < 0 || (size_t)length >= sizeof digits) return nothing(out);
  size_t used = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) out[used++] = ',';
    out[used++] = digits[i];
  }
  out[used] = '\0';
  return out;
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

const char *report_number_duration(report_number out, double nanoseconds) {
  return write_scaled(out, nanoseconds, durations, COUNT_OF(durations));
}

const char *report_number_rate(report_number out, double per_second) {
  return write_scaled(out, per_second, rates, COUNT_OF(rates));
}

const char *report_number_words(report_number out, double count) {
  if (!isfinite(count) || count < 0) return nothing(out);
  double rounded = round_to_three(count);
  if (rounded >= words[1].factor) return write_scaled(out, count, words, COUNT_OF(words));
  if (rounded >= 1000) return write_grouped(out, rounded);
  write_digits(out, REPORT_NUMBER_SIZE, rounded);
  return out;
}

const char *report_number_ratio(report_number out, double ratio) {
  if (!isfinite(ratio) || ratio < 0) return nothing(out);
  double rounded = round_to_three(ratio);
  if (rounded >= 1000) return write_grouped(out, rounded);
  if (rounded >= 0.1 && rounded < 1) {
    (void)snprintf(out, REPORT_NUMBER_SIZE, "%.2f", ratio);
  } else if (rounded > 0 && rounded < 0.1) {
    (void)snprintf(out, REPORT_NUMBER_SIZE, "%.2g", ratio);
  } else {
    write_digits(out, REPORT_NUMBER_SIZE, rounded);
  }
  return out;
}

const char *report_number_bytes(report_number out, double bytes) {
  report_number digits;
  if (!isfinite(bytes) || bytes < 0) return nothing(out);
  (void)snprintf(out, REPORT_NUMBER_SIZE, "%.*s bytes", REPORT_NUMBER_SIZE / 2, report_number_ratio(digits, bytes));
  return out;
}

const char *report_number_size(report_number out, double bytes) {
  if (!isfinite(bytes) || bytes < 0) return nothing(out);
  size_t i = 0;
  while (i + 1 < COUNT_OF(sizes) && bytes < sizes[i].factor) i++;
  char digits[REPORT_NUMBER_SIZE / 2];
  write_digits(digits, sizeof digits, round_to_three(bytes / sizes[i].factor));
  (void)snprintf(out, REPORT_NUMBER_SIZE, "%s%s", digits, sizes[i].unit);
  return out;
}

const char *report_number_short(report_number out, double value) {
  if (!isfinite(value) || value < 0) return nothing(out);
  double rounded = round_to_three(value);
  size_t i = 0;
  while (i + 1 < COUNT_OF(shorts) && rounded < shorts[i].factor) i++;
  (void)snprintf(out, REPORT_NUMBER_SIZE, "%.3g%s", rounded / shorts[i].factor, shorts[i].unit);
  return out;
}
