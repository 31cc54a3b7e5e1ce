#include "storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static report_trait trait_of(double counter) {
  if (!isfinite(counter)) return REPORT_TRAIT_UNKNOWN;
  return counter >= 0.5 ? REPORT_TRAIT_YES : REPORT_TRAIT_NO;
}

/* The counter of either row: which of them the benchmark measured it with is its own choice. */
static double counter_of(const report_store *store, const char *name) {
  double value = report_row_counter(store->single, name);
  return isfinite(value) ? value : report_row_counter(store->batch, name);
}

/* Claims before look-ups: of memory the one is a table, the other a keyring. */
static const char *configuration_of(const report_store *store) {
  const report_row *const rows[] = {store->single, store->batch, store->lookup};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (rows[i] != NULL && rows[i]->label != NULL && rows[i]->label[0] != '\0') return rows[i]->label;
  }
  return NULL;
}

static report_store *store_of(report_storage *storage, const char *implementation) {
  for (size_t i = 0; i < storage->count; i++) {
    if (strcmp(storage->stores[i].implementation, implementation) == 0) return &storage->stores[i];
  }
  report_store *store = &storage->stores[storage->count++];
  *store = (report_store){.implementation = implementation, .label = report_implementation_label(implementation)};
  return store;
}

static void add_claims(report_storage *storage, const report_section *section) {
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    bool is_single = strcmp(group->variant, REPORT_VARIANT_SINGLE) == 0;
    if (group->threads != 1 || (!is_single && strcmp(group->variant, REPORT_VARIANT_BATCH) != 0)) continue;
    for (size_t r = 0; r < group->row_count; r++) {
      const report_row *row = group->rows[r];
      if (report_is_limit(row->name.implementation)) continue;
      report_store *store = store_of(storage, row->name.implementation);
      if (row->skipped != NULL) {
        store->skipped = row->skipped;
      } else if (is_single) {
        store->single = row;
      } else {
        store->batch = row;
      }
    }
  }
}

/* The first group has the fewest clients. */
static void add_lookups(report_storage *storage, const report_section *section) {
  const report_group *group = &section->groups[0];
  storage->lookup_variant = report_variant_label(section->name, group->variant);
  for (size_t r = 0; r < group->row_count; r++) {
    const report_row *row = group->rows[r];
    if (report_is_limit(row->name.implementation)) continue;
    report_store *store = store_of(storage, row->name.implementation);
    if (row->skipped == NULL) store->lookup = row;
    if (row->skipped != NULL && store->skipped == NULL) store->skipped = row->skipped;
  }
}

static void finish(report_store *store) {
  if (store->single != NULL || store->batch != NULL) store->skipped = NULL;
  store->configuration = configuration_of(store);
  store->p50 = report_row_counter(store->single, "p50_ns");
  store->p99 = report_row_counter(store->single, "p99_ns");
  store->bytes = counter_of(store, "bytes_per_nonce");
  store->survives_restart = trait_of(counter_of(store, "survives_restart"));
  store->processes = trait_of(counter_of(store, "shared_between_processes"));
  store->hosts = trait_of(counter_of(store, "shared_between_hosts"));
  bool region = trait_of(counter_of(store, "shared_region")) == REPORT_TRAIT_YES;
  if (store->processes != REPORT_TRAIT_YES && region) store->processes = REPORT_TRAIT_REGION;
}

static int by_speed(const void *left, const void *right) {
  const report_store *a = left, *b = right;
  double rate_a = report_row_rate(a->single), rate_b = report_row_rate(b->single);
  if (!isfinite(rate_a)) rate_a = -1;
  if (!isfinite(rate_b)) rate_b = -1;
  if (rate_a != rate_b) return rate_a > rate_b ? -1 : 1;
  return strcmp(a->implementation, b->implementation);
}

bool report_storage_gather(report_storage *out, const report_analysis *analysis) {
  const report_section *claims = report_analysis_section(analysis, REPORT_SUBJECT_STORES);
  const report_section *lookups = report_analysis_section(analysis, REPORT_SUBJECT_LOOKUPS);
  size_t most = (claims == NULL ? 0 : claims->row_count) + (lookups == NULL ? 0 : lookups->row_count);
  *out = (report_storage){.stores = calloc(most + 1, sizeof *out->stores)};
  if (out->stores == NULL) return false;
  if (claims != NULL) add_claims(out, claims);
  if (lookups != NULL) add_lookups(out, lookups);
  for (size_t i = 0; i < out->count; i++) finish(&out->stores[i]);
  qsort(out->stores, out->count, sizeof *out->stores, by_speed);
  return true;
}

void report_storage_free(report_storage *storage) {
  free(storage->stores);
  *storage = (report_storage){0};
}

const char *report_trait_text(report_trait trait) {
  switch (trait) {
    case REPORT_TRAIT_NO:
      return "no";
    case REPORT_TRAIT_YES:
      return "yes";
    case REPORT_TRAIT_REGION:
      return "in a shared region";
    case REPORT_TRAIT_UNKNOWN:
      break;
  }
  return "not measured";
}

double report_row_rate(const report_row *row) {
  return row == NULL ? NAN : 1e9 / row->summary.median;
}
