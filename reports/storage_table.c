/* The table of the comparison of stores: its lines are data. */
#include <math.h>

#include "number.h"
#include "storage.h"

typedef struct line {
  const char *title;
  double (*value)(const report_store *); /* NULL: a trait */
  const char *(*number)(report_number, double);
  bool more_is_better;
  report_trait (*trait)(const report_store *);
} line;

static double single_rate(const report_store *store) {
  return report_row_rate(store->single);
}
static double batch_rate(const report_store *store) {
  return report_row_rate(store->batch);
}
static double lookup_rate(const report_store *store) {
  return report_row_rate(store->lookup);
}
static double p50(const report_store *store) {
  return store->p50;
}
static double p99(const report_store *store) {
  return store->p99;
}
static double bytes(const report_store *store) {
  return store->bytes;
}
static report_trait restart(const report_store *store) {
  return store->survives_restart;
}
static report_trait processes(const report_store *store) {
  return store->processes;
}
static report_trait hosts(const report_store *store) {
  return store->hosts;
}

static const line lines[] = {
    {"Claims, one a call", single_rate, report_number_rate, true, NULL},
    {"Claims, 64 a call", batch_rate, report_number_rate, true, NULL},
    {"Latency of one claim, p50", p50, report_number_duration, false, NULL},
    {"Latency of one claim, p99", p99, report_number_duration, false, NULL},
    {"A live nonce", bytes, report_number_bytes, false, NULL},
    {"Credential look-ups", lookup_rate, report_number_rate, true, NULL},
    {"Survives a restart", NULL, NULL, false, restart},
    {"Shared between processes", NULL, NULL, false, processes},
    {"Shared between hosts", NULL, NULL, false, hosts},
};

size_t report_storage_lines(void) {
  return sizeof lines / sizeof *lines;
}

void report_storage_line_title(report_text *out, const report_storage *storage, size_t index) {
  report_text_add(out, lines[index].title);
  if (lines[index].value == lookup_rate && storage->lookup_variant != NULL) {
    report_text_format(out, ", %s", storage->lookup_variant);
  }
}

static bool is_best(const report_storage *storage, const line *l, double value) {
  bool worse = false;
  for (size_t i = 0; i < storage->count; i++) {
    double other = l->value(&storage->stores[i]);
    if (!isfinite(other) || other == value) continue;
    if (l->more_is_better == (other > value)) return false;
    worse = true;
  }
  return worse;
}

void report_storage_cell(report_text *out, const report_storage *storage, size_t index, size_t store, bool *best) {
  const line *l = &lines[index];
  *best = false;
  if (l->value == NULL) {
    report_text_add(out, report_trait_text(l->trait(&storage->stores[store])));
    return;
  }
  report_number digits;
  double value = l->value(&storage->stores[store]);
  if (!isfinite(value)) {
    report_text_add(out, "not measured");
    return;
  }
  report_text_add(out, l->number(digits, value));
  *best = is_best(storage, l, value);
}
