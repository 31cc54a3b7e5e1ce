/* The chapter on how full the table can be: the simulation's answer, and what a live nonce takes everywhere. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chapters.h"
#include "number.h"

const char *report_number_share(report_phrase out, double share) {
  report_number digits;
  double scale = share >= 0.01 ? 100 : share >= 1e-6 ? 1e6 : 1e9;
  const char *unit = share >= 0.01 ? " %" : share >= 1e-6 ? " in a million" : " in a billion";
  (void)snprintf(out, REPORT_PHRASE_SIZE, "%s%s", report_number_ratio(digits, share * scale), unit);
  return out;
}

/* ---- the design load ---- */

static bool is_design(const report_load *point) {
  return fabs(point->load - 1) < 1e-9;
}

static const report_load *worst_of(const report_load *points, size_t count) {
  const report_load *worst = NULL;
  for (size_t i = 0; i < count; i++) {
    if (is_design(&points[i]) && (worst == NULL || points[i].upper > worst->upper)) worst = &points[i];
  }
  return worst;
}

const report_load *report_capacity_design(const report_capacity *capacity) {
  return worst_of(capacity->points, capacity->count);
}

const report_load *report_capacity_cold(const report_capacity *capacity) {
  return worst_of(capacity->cold, capacity->cold_count);
}

/* NULL where it is not said, or said to be unknown. */
static const char *known(const char *text) {
  return text == NULL || text[0] == '\0' || strcmp(text, "unknown") == 0 ? NULL : text;
}

static bool same(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What was simulated in the run itself may leave unsaid what the run does not know either. */
const char *report_capacity_doubt(const report_capacity *capacity, const report_results *results) {
  const char *version = known(capacity->version), *commit = known(capacity->commit);
  if (!same(version, known(report_results_context(results, "version")))) return "simulated with another version";
  if (!same(commit, known(report_results_context(results, "commit")))) return "simulated with another commit";
  return capacity->apart && (version == NULL || commit == NULL) ? "simulated apart, with an unknown commit" : NULL;
}

static const char *expiry_of(const report_load *point) {
  return point->spread ? "expiries spread evenly over 0 to 600 s" : "each nonce held for 300 s";
}

static void conclude_design(report_sentences *out, const char *what, const report_load *point, const char *doubt) {
  report_number claims, full, needed;
  report_phrase share, upper;
  const char *verdict = point->upper < REPORT_FULL_SHARE_MAX                ? "the bar of 1 in a billion is met"
                        : report_load_share(point) >= REPORT_FULL_SHARE_MAX ? "the bar of 1 in a billion is not met"
                                                                            : NULL;
  report_text text = {0};
  (void)report_number_words(claims, point->claims);
  if (point->full == 0) {
    report_text_format(&text, "none of %s claims found the table full; with 95 %% confidence fewer than %s do", claims,
                       report_number_share(upper, point->upper));
  } else {
    report_text_format(&text, "%s of %s claims found the table full, %s (with 95 %% confidence at most %s)",
                       report_number_words(full, point->full), claims,
                       report_number_share(share, report_load_share(point)), report_number_share(upper, point->upper));
  }
  if (doubt != NULL) {
    report_text_format(&text, ". It was %s, so it does not show the bar of 1 in a billion.", doubt);
  } else if (verdict != NULL) {
    report_text_format(&text, ": %s.", verdict);
  } else {
    report_text_format(&text, ". That does not show the bar of 1 in a billion, which takes %s claims without one.",
                       report_number_words(needed, 3 / REPORT_FULL_SHARE_MAX));
  }
  report_text lead = {0};
  report_text_format(&lead, "%s, %s", what, expiry_of(point));
  report_sentence_finish(out, report_text_string(&lead), &text);
  report_text_free(&lead);
}

/* ---- beyond ---- */

static void add_share(report_text *text, const report_load *point) {
  report_phrase share;
  report_text_format(text, "%.2f times the design load: %s (%s)", point->load,
                     report_number_share(share, report_load_share(point)), expiry_of(point));
}

/* The least load that had a refusal, and the greatest load. */
static void conclude_overload(report_sentences *out, const report_capacity *capacity) {
  const report_load *first = NULL, *last = NULL;
  for (size_t i = 0; i < capacity->count; i++) {
    const report_load *point = &capacity->points[i];
    if (point->full > 0 && (first == NULL || point->load < first->load)) first = point;
    if (last == NULL || point->load > last->load) last = point;
  }
  if (first == NULL) {
    report_sentence(out, "Beyond it", "no claim was refused at any load that was tried, up to %.2f.", last->load);
    return;
  }
  report_text text = {0};
  report_text_add(&text, "the first refusals are seen at ");
  add_share(&text, first);
  if (last->load > first->load) {
    report_text_add(&text, "; at ");
    add_share(&text, last);
  }
  report_text_add(&text, ".");
  report_sentence_finish(out, "Beyond it", &text);
}

static void conclude_small(report_sentences *out, const report_capacity *capacity) {
  double claims = 0, full = 0, least = capacity->small[0].capacity, most = least;
  for (size_t i = 0; i < capacity->small_count; i++) {
    const report_load *point = &capacity->small[i];
    claims += point->claims;
    full += point->full;
    least = fmin(least, point->capacity);
    most = fmax(most, point->capacity);
  }
  report_number to, all, refused;
  report_sentence(out, "Small tables", "for %.0f to %s nonces, %s of %s claims at the design load found them full.",
                  least, report_number_words(to, most), full == 0 ? "none" : report_number_words(refused, full),
                  report_number_words(all, claims));
}

static void conclude_wrong(report_sentences *out, const report_capacity *capacity) {
  double claims = 0, replayed = 0;
  for (size_t i = 0; i < capacity->count + capacity->cold_count; i++) {
    const report_load *point = i < capacity->count ? &capacity->points[i] : &capacity->cold[i - capacity->count];
    claims += point->claims;
    replayed += point->replayed;
  }
  report_number all, wrong;
  report_sentence(out, "Wrong refusals", "%s of %s claims, each of a nonce never seen before, %s taken for a replay.",
                  replayed == 0 ? "none" : report_number_words(wrong, replayed), report_number_words(all, claims),
                  replayed == 1 ? "was" : "were");
}

static void conclude_apart(report_sentences *out, const report_capacity *capacity) {
  const char *version = known(capacity->version), *commit = known(capacity->commit), *date = known(capacity->date);
  if (!capacity->apart) return;
  report_sentence(out, "Simulated apart", "not in this run, but with version %s, commit %s, on %s.",
                  version == NULL ? "unknown" : version, commit == NULL ? "unknown" : commit,
                  date == NULL ? "an unknown date" : date);
}

static void conclude(report_sentences *out, const report_capacity *capacity, const report_results *results) {
  const char *doubt = report_capacity_doubt(capacity, results);
  conclude_apart(out, capacity);
  for (size_t i = 0; i < capacity->count; i++) {
    if (is_design(&capacity->points[i])) conclude_design(out, "Design load", &capacity->points[i], doubt);
  }
  const report_load *cold = report_capacity_cold(capacity);
  if (cold != NULL) conclude_design(out, "Cold start at the design load", cold, doubt);
  conclude_overload(out, capacity);
  conclude_small(out, capacity);
  conclude_wrong(out, capacity);
}

/* ---- bytes ---- */

static const char *const heads[] = {"", "a live nonce", "relative to Countersign", "measured with"};

/* One line of the table. */
typedef struct weight {
  const char *label, *with;
  double bytes;
} weight;

typedef struct weights {
  weight *items;
  size_t count;
  double own; /* Countersign's; NAN where it was not measured */
} weights;

/* What comes later replaces what is there. */
static void add_weight(weights *out, const char *label, const char *with, double bytes) {
  if (!isfinite(bytes)) return;
  size_t i = 0;
  while (i < out->count && strcmp(out->items[i].label, label) != 0) i++;
  out->items[i] = (weight){label, with, bytes};
  if (i == out->count) out->count++;
}

static void gather_group(weights *out, const report_section *claims, const report_group *group) {
  for (size_t r = 0; r < group->measured; r++) {
    const report_row *row = group->rows[r];
    const char *name = row->name.implementation;
    bool is_baseline = strcmp(name, claims->subject->baseline) == 0;
    if (report_is_limit(name) || (report_is_own(claims->subject, name) && !is_baseline)) continue;
    double bytes = report_row_counter(row, "bytes_per_nonce");
    if (is_baseline && isfinite(bytes)) out->own = bytes;
    add_weight(out, report_implementation_label(name), report_variant_label(claims->name, group->variant), bytes);
  }
}

/* Of several sizes of the set the one that the bars are about, or else the largest. */
static void gather(weights *out, const report_evidence *evidence) {
  const report_section *claims = report_analysis_section(evidence->analysis, "nonce_claim");
  size_t count = claims == NULL ? 0 : claims->group_count;
  for (int preferred = 0; preferred < 2; preferred++) {
    for (size_t g = 0; g < count; g++) {
      if ((strcmp(claims->groups[g].variant, REPORT_VARIANT_LARGE) == 0) == preferred)
        gather_group(out, claims, &claims->groups[g]);
    }
  }
  for (size_t i = 0; i < evidence->storage->count; i++) {
    const report_store *store = &evidence->storage->stores[i];
    if (strcmp(store->implementation, "memory") != 0) add_weight(out, store->label, "nonce stores", store->bytes);
  }
}

static int by_bytes(const void *left, const void *right) {
  const weight *a = left, *b = right;
  if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
  return strcmp(a->label, b->label);
}

static void write_weights(report_chapter *out, const weights *all) {
  out->table.heads = heads;
  out->table.columns = sizeof heads / sizeof *heads;
  for (size_t i = 0; i < all->count; i++) {
    report_number bytes, ratio;
    report_table_add(&out->table, "%s", all->items[i].label);
    report_table_add(&out->table, "%s", report_number_bytes(bytes, all->items[i].bytes));
    report_table_add(&out->table, "%s", report_number_ratio(ratio, all->items[i].bytes / all->own));
    report_table_add(&out->table, "%s", all->items[i].with);
  }
}

/* Once, where the bytes of either are shown. */
static void note_buckets(report_chapter *out, const weights *all) {
  static const char *const fast[] = {"urcu_lfht", "tbb"};
  for (size_t i = 0; i < all->count; i++) {
    for (size_t f = 0; f < sizeof fast / sizeof *fast; f++) {
      if (strcmp(all->items[i].label, report_implementation_label(fast[f])) != 0) continue;
      report_sentence(
          &out->notes, NULL,
          "The buckets of liburcu and TBB are set for speed, up to four for a live nonce: with fewer they take "
          "less memory, and more time.");
      return;
    }
  }
}

static void tabulate(report_chapter *out, const report_evidence *evidence) {
  const report_results *results = evidence->analysis->results;
  weights all = {calloc(results->row_count + 1, sizeof *all.items), 0, NAN};
  if (all.items == NULL) {
    out->failed = true;
    return;
  }
  gather(&all, evidence);
  qsort(all.items, all.count, sizeof *all.items, by_bytes);
  if (all.count != 0) write_weights(out, &all);
  note_buckets(out, &all);
  free(all.items);
}

/* ---- the chapter ---- */

static void describe(report_chapter *out, const report_capacity *capacity) {
  report_text about = {0};
  report_number nonces;
  report_text_format(
      &about,
      "The table itself in simulated time, for %s nonces, with new ones arriving as old ones expire. The "
      "load is the most nonces that are live at any time, in parts of the capacity; 1 is the design "
      "load. A cold start is a table that is empty and gets its load at once: counted are the claims of four lifetimes "
      "of a nonce, in the first of which it fills.%s",
      report_number_words(nonces, capacity->capacity), capacity->quick ? " A quick simulation, of few claims." : "");
  out->failed = about.failed;
  out->about = about.data;
}

void report_chapter_capacity(report_chapter *out, const report_evidence *evidence) {
  const report_capacity *capacity = &evidence->studies->capacity;
  out->id = "capacity";
  out->title = "How full the table can be";
  out->file_name = "nonce-table.capacity.svg"; /* no name of a subject has a dot */
  out->caption =
      "The share of claims that find the table full, against the load. Where none did, < stands at the bound "
      "below which the share is with 95 % confidence.";
  tabulate(out, evidence);
  if (capacity->present) {
    describe(out, capacity);
    conclude(&out->sentences, capacity, evidence->analysis->results);
  } else if (report_table_rows(&out->table) != 0) {
    report_sentence(&out->sentences, NULL,
                    "The table's capacity was not simulated for this report, so nothing is said about how full it can "
                    "be. The bytes were measured with the rows of this run.");
  }
}
