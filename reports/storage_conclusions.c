/* Which store to pick, computed from the comparison of stores. */
#include <math.h>
#include <string.h>

#include "conclusions.h"
#include "number.h"
#include "text.h"

typedef bool (*store_filter)(const report_store *store);

static bool any(const report_store *store) {
  return store->single != NULL;
}

static bool between_processes(const report_store *store) {
  return any(store) && (store->processes == REPORT_TRAIT_YES || store->processes == REPORT_TRAIT_REGION);
}

static bool between_hosts(const report_store *store) {
  return any(store) && store->hosts == REPORT_TRAIT_YES;
}

static bool survives(const report_store *store) {
  return any(store) && store->survives_restart == REPORT_TRAIT_YES;
}

static bool forgets(const report_store *store) {
  return any(store) && store->survives_restart == REPORT_TRAIT_NO;
}

/* The stores come with the fastest first. */
typedef struct candidates {
  const report_store *first; /* NULL where there is none */
  size_t count, tied;        /* `tied`: those that cannot be told apart from the first */
} candidates;

static bool is_tied(const report_store *store, const report_store *first) {
  return store != first && !report_is_slower(store->single, first->single);
}

static candidates candidates_of(const report_storage *storage, store_filter fits) {
  candidates found = {0};
  for (size_t i = 0; i < storage->count; i++) {
    const report_store *store = &storage->stores[i];
    if (!fits(store)) continue;
    if (found.first == NULL) found.first = store;
    found.tied += is_tied(store, found.first);
    found.count++;
  }
  return found;
}

/* "Redis (no persistence)": what a store does holds for how it was set up. */
static void add_store(report_text *text, const report_store *store) {
  report_text_add(text, store->label);
  if (store->configuration != NULL) report_text_format(text, " (%s)", store->configuration);
}

/* "from X (ratio 0.89–1.20) or Y (…)" */
static void add_ties(report_text *text, const report_storage *storage, store_filter fits, const report_store *first) {
  const char *before = "from";
  for (size_t i = 0; i < storage->count; i++) {
    const report_store *store = &storage->stores[i];
    if (!fits(store) || !is_tied(store, first)) continue;
    report_phrase interval;
    report_summary ratio = report_ratio(store->single, first->single);
    report_text_format(text, "%s %s (%s%s)", before, store->label, ratio.count < 2 ? "" : "ratio ",
                       report_phrase_interval(interval, &ratio));
    before = " or";
  }
}

/* "Redis (…), the only measured store shared between hosts: 130,000 claims a second one at a time, …" */
static void add_pick(report_text *text, const report_storage *storage, store_filter fits, const char *quality) {
  candidates from = candidates_of(storage, fits);
  const report_store *store = from.first;
  report_number single, batch;
  add_store(text, store);
  report_text_format(text, ", the %sstore%s%s: %s claims a second one at a time",
                     from.count == 1  ? "only measured "
                     : from.tied == 0 ? "fastest "
                                      : "",
                     quality, from.count > 1 && from.tied > 0 ? " with the highest median" : "",
                     report_number_words(single, report_row_rate(store->single)));
  if (store->batch != NULL) {
    report_text_format(text, ", %s in batches of 64", report_number_words(batch, report_row_rate(store->batch)));
  }
  report_text_add(text, ".");
  if (from.tied == 0) return;
  report_text_add(text, " It cannot be told apart ");
  add_ties(text, storage, fits, store);
  report_text_add(text, ".");
}

/* " A claim takes 8 times as long as in X (…), in batches of 64 3 times (…)." */
static void add_price(report_text *text, const report_store *store, const report_store *reference) {
  if (reference == NULL || reference == store) return;
  report_number times;
  report_phrase interval;
  report_summary ratio = report_ratio(store->single, reference->single);
  report_text_format(text, " A claim takes %s times as long as in %s (%s)", report_number_ratio(times, ratio.median),
                     reference->label, report_phrase_interval(interval, &ratio));
  ratio = report_ratio(store->batch, reference->batch);
  if (ratio.count != 0) {
    report_text_format(text, ", in batches %s times as long (%s)", report_number_ratio(times, ratio.median),
                       report_phrase_interval(interval, &ratio));
  }
  report_text_add(text, ".");
}

static void pick(report_sentences *out, const report_storage *storage, store_filter fits, const char *purpose,
                 const char *quality) {
  report_text text = {0};
  candidates from = candidates_of(storage, fits), all = candidates_of(storage, any);
  if (from.first == NULL) {
    const char *known = quality[0] == '\0' ? "no store was measured" : "no measured store is known to be";
    report_text_format(&text, "%s%s, so none can be named.", known, quality);
  } else {
    add_pick(&text, storage, fits, quality);
    add_price(&text, from.first, all.first);
    bool region = fits == between_processes && from.first->processes == REPORT_TRAIT_REGION;
    if (region) {
      report_text_add(&text, " It is shared when it lies in a shared region; the rate is that of private memory.");
    }
  }
  report_sentence_finish(out, purpose, &text);
}

/* " Those that forget, as they were set up: memory (private table), Redis (no persistence)." */
static void add_forgetful(report_text *text, const report_storage *storage) {
  const char *before = " These forget, as they were set up: ";
  for (size_t i = 0; i < storage->count; i++) {
    if (!forgets(&storage->stores[i])) continue;
    report_text_add(text, before);
    add_store(text, &storage->stores[i]);
    before = ", ";
  }
  if (before[1] == ' ') report_text_add(text, ".");
}

/* What one pays for surviving a restart, against the fastest store that forgets. */
static void conclude_restart(report_sentences *out, const report_storage *storage) {
  report_text text = {0};
  candidates keeping = candidates_of(storage, survives), forgetting = candidates_of(storage, forgets);
  if (keeping.first == NULL) {
    report_text_add(&text, "no measured store is known to do so, and its price is not known.");
  } else {
    add_pick(&text, storage, survives, " that survives a restart");
    add_price(&text, keeping.first, forgetting.first);
    if (forgetting.first == NULL) {
      report_text_add(&text, " No store that forgets was measured, so the price is not known.");
    }
  }
  add_forgetful(&text, storage);
  report_sentence_finish(out, "Surviving a restart", &text);
}

static void conclude_batches(report_sentences *out, const report_storage *storage) {
  report_text text = {0};
  size_t said = 0;
  for (size_t i = 0; i < storage->count; i++) {
    const report_store *store = &storage->stores[i];
    report_summary gain = report_ratio(store->single, store->batch);
    if (gain.count == 0) continue;
    report_number times;
    report_phrase interval;
    report_text_format(&text, "%s%s %s%s (%s)", said == 0 ? "" : ", ", store->label,
                       report_number_ratio(times, gain.median), said == 0 ? " times as many claims a second" : "",
                       report_phrase_interval(interval, &gain));
    said++;
  }
  report_text_add(&text, said == 0 ? "no store was measured both ways, so their gain is not known." : ".");
  report_sentence_finish(out, "Batches of 64", &text);
}

/* Lists a figure of each store that has it. */
static void conclude_list(report_sentences *out, const report_storage *storage, const char *lead, const char *missing,
                          double (*value)(const report_store *), const char *(*number)(report_number, double)) {
  report_text text = {0};
  for (size_t i = 0; i < storage->count; i++) {
    double figure = value(&storage->stores[i]);
    report_number digits;
    if (!isfinite(figure)) continue;
    report_text_format(&text, "%s%s in %s", text.length == 0 ? "" : ", ", number(digits, figure),
                       storage->stores[i].label);
  }
  report_text_add(&text, text.length == 0 ? missing : ".");
  report_sentence_finish(out, lead, &text);
}

static double bytes_of(const report_store *store) {
  return store->bytes;
}
static double p99_of(const report_store *store) {
  return store->p99;
}
static double lookups_of(const report_store *store) {
  return report_row_rate(store->lookup);
}

static void conclude_missing(report_sentences *out, const report_storage *storage) {
  for (size_t i = 0; i < storage->count; i++) {
    const report_store *store = &storage->stores[i];
    if (store->skipped != NULL) {
      report_sentence(out, NULL, "%s was not measured (%s), so nothing is said about it.", store->label,
                      store->skipped);
    }
  }
}

/* ", not to be told apart from X (…)" */
static void add_tied(report_text *text, const report_storage *storage, store_filter fits, const candidates *from) {
  if (from->tied == 0) return;
  report_text_add(text, ", not to be told apart ");
  add_ties(text, storage, fits, from->first);
}

/* "; of those that hosts share, Redis (no persistence) with 41,200" */
static void add_best(report_text *text, const report_storage *storage, store_filter fits, const char *those,
                     const char *none) {
  report_number rate;
  candidates from = candidates_of(storage, fits);
  if (from.first == NULL) {
    report_text_format(text, "; none measured is known to %s", none);
    return;
  }
  report_text_format(text, "; of those that %s, ", those);
  add_store(text, from.first);
  report_text_format(text, " with %s", report_number_words(rate, report_row_rate(from.first->single)));
  add_tied(text, storage, fits, &from);
}

void report_conclude_storage_summary(report_sentences *out, const report_storage *storage) {
  report_text text = {0};
  report_number rate;
  candidates all = candidates_of(storage, any);
  if (all.first == NULL) {
    report_sentence(out, "Nonce stores", "none was measured.");
    return;
  }
  add_store(&text, all.first);
  report_text_format(&text, " %s with %s claims a second, one at a time",
                     all.count == 1  ? "is the only one measured,"
                     : all.tied == 0 ? "is the fastest"
                                     : "has the highest median",
                     report_number_words(rate, report_row_rate(all.first->single)));
  add_tied(&text, storage, any, &all);
  add_best(&text, storage, between_hosts, "hosts share", "be shared between hosts");
  add_best(&text, storage, survives, "survive a restart", "survive a restart");
  report_text_add(&text, ".");
  report_sentence_finish(out, "Nonce stores", &text);
}

void report_conclude_storage(report_sentences *out, const report_storage *storage) {
  if (storage->count == 0) {
    report_sentence(out, NULL, "No store was measured, so none can be recommended.");
    return;
  }
  pick(out, storage, any, "One process", "");
  pick(out, storage, between_processes, "Several processes on one host", " shared between processes");
  pick(out, storage, between_hosts, "Several hosts", " shared between hosts");
  conclude_restart(out, storage);
  conclude_batches(out, storage);
  conclude_list(out, storage, "99 of 100 single claims are answered within", "not measured.", p99_of,
                report_number_duration);
  conclude_list(out, storage, "A live nonce takes", "not measured.", bytes_of, report_number_bytes);
  conclude_list(out, storage, "Credential look-ups a second", "not measured.", lookups_of, report_number_words);
  conclude_missing(out, storage);
}
