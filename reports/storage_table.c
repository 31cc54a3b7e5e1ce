/* The table of the comparison of stores: its lines are data. */
#include <math.h>

#include "number.h"
#include "storage.h"

typedef struct line {
  const char *title;
  const char *(*words)(const report_store *); /* NULL: a figure */
  double (*value)(const report_store *);
  const char *(*number)(report_number, double);
  bool more_is_better;
} line;

static const char *configuration(const report_store *store) {
  return store->configuration == NULL ? "not recorded" : store->configuration;
}

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
static const char *restart(const report_store *store) {
  return report_trait_text(store->survives_restart);
}
static const char *processes(const report_store *store) {
  return report_trait_text(store->processes);
}
static const char *hosts(const report_store *store) {
  return report_trait_text(store->hosts);
}

static const line lines[] = {
    {"Configuration", configuration, NULL, NULL, false},
    {"Claims, one a call", NULL, single_rate, report_number_rate, true},
    {"Claims, 64 a call", NULL, batch_rate, report_number_rate, true},
    {"Latency of one claim, p50", NULL, p50, report_number_duration, false},
    {"Latency of one claim, p99", NULL, p99, report_number_duration, false},
    {"A live nonce", NULL, bytes, report_number_bytes, false},
    {"Credential look-ups", NULL, lookup_rate, report_number_rate, true},
    {"Survives a restart", restart, NULL, NULL, false},
    {"Shared between processes", processes, NULL, NULL, false},
    {"Shared between hosts", hosts, NULL, NULL, false},
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
  if (l->words != NULL) {
    report_text_add(out, l->words(&storage->stores[store]));
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
