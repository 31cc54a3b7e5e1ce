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
  const report_store *first, *second; /* NULL where there is none */
} candidates;

static candidates candidates_of(const report_storage *storage, store_filter fits) {
  candidates found = {0};
  for (size_t i = 0; i < storage->count && found.second == NULL; i++) {
    if (!fits(&storage->stores[i])) continue;
    *(found.first == NULL ? &found.first : &found.second) = &storage->stores[i];
  }
  return found;
}

/* "Redis, the only measured store shared between hosts: 130,000 claims a second one at a time, …" */
static void add_pick(report_text *text, const candidates *from, const char *quality) {
  const report_store *store = from->first;
  report_number single, batch;
  report_text_format(text, "%s, the %s store%s: %s claims a second one at a time", store->label,
                     from->second == NULL ? "only measured" : "fastest", quality,
                     report_number_words(single, report_row_rate(store->single)));
  if (store->batch != NULL) {
    report_text_format(text, ", %s in batches of 64", report_number_words(batch, report_row_rate(store->batch)));
  }
  report_text_add(text, ".");
  if (from->second == NULL) return;
  report_phrase interval;
  report_summary lead = report_ratio(from->second->single, store->single);
  if (report_is_clear(&lead)) return;
  report_text_format(text, " It cannot be told apart from %s (%s%s).", from->second->label,
                     lead.count < 2 ? "" : "ratio ", report_phrase_interval(interval, &lead));
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
    add_pick(&text, &from, quality);
    add_price(&text, from.first, all.first);
    bool region = fits == between_processes && from.first->processes == REPORT_TRAIT_REGION;
    if (region) {
      report_text_add(&text, " It is shared when it lies in a shared region; the rate is that of private memory.");
    }
  }
  report_sentence_finish(out, purpose, &text);
}

/* What one pays for surviving a restart, against the fastest store that forgets. */
static void conclude_restart(report_sentences *out, const report_storage *storage) {
  report_text text = {0};
  candidates keeping = candidates_of(storage, survives), forgetting = candidates_of(storage, forgets);
  if (keeping.first == NULL) {
    report_text_add(&text, "no measured store is known to do so, and its price is not known.");
  } else {
    add_pick(&text, &keeping, " that survives a restart");
    add_price(&text, keeping.first, forgetting.first);
    if (forgetting.first == NULL) {
      report_text_add(&text, " No store that forgets was measured, so the price is not known.");
    }
  }
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

/* "; of those shared between hosts, Redis with 41,200" */
static void add_best(report_text *text, const report_storage *storage, store_filter fits, const char *those,
                     const char *none) {
  report_number rate;
  const report_store *store = candidates_of(storage, fits).first;
  if (store == NULL) {
    report_text_format(text, "; none measured is known to %s", none);
  } else {
    report_text_format(text, "; of those that %s, %s with %s", those, store->label,
                       report_number_words(rate, report_row_rate(store->single)));
  }
}

void report_conclude_storage_summary(report_sentences *out, const report_storage *storage) {
  report_text text = {0};
  report_number rate;
  const report_store *best = candidates_of(storage, any).first;
  if (best == NULL) {
    report_sentence(out, "Nonce stores", "none was measured.");
    return;
  }
  report_text_format(&text, "%s is the fastest with %s claims a second, one at a time", best->label,
                     report_number_words(rate, report_row_rate(best->single)));
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
