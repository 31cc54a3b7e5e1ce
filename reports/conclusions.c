#include "conclusions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "text.h"

static const char *label_of(const report_row *row) {
  return report_implementation_label(row->name.implementation);
}

static const char *time_of(report_number out, const report_row *row) {
  return report_number_duration(out, row->summary.median);
}

/* What a sentence about the group begins with; empty where there is only one group. */
static const char *lead_of(report_title out, const report_section *section, const report_group *group) {
  out[0] = '\0';
  return section->group_count == 1 ? out : report_group_title(out, section, group);
}

/* ---- one group ---- */

/* Measured rows but for limits, the fastest first. Returns how many; at most `max`. */
static size_t competitors(const report_group *group, const report_row **out, size_t max) {
  size_t count = 0;
  for (size_t i = 0; i < group->measured && count < max; i++) {
    if (!report_is_limit(group->rows[i]->name.implementation)) out[count++] = group->rows[i];
  }
  return count;
}

/* " cannot be told apart from X (22.0 ns; ratio 0.89–1.20) or Y (…)" for those of rows[1..] that are not slower for
 * sure. Returns how many; says nothing where there are none. */
static size_t add_ties(report_text *text, const report_row **rows, size_t count) {
  size_t said = 0;
  for (size_t i = 1; i < count; i++) {
    if (report_is_slower(rows[i], rows[0])) continue;
    report_number time;
    report_phrase interval;
    report_summary ratio = report_ratio(rows[i], rows[0]);
    report_text_format(text, "%s %s (%s; %s%s)", said == 0 ? " cannot be told apart from" : " or", label_of(rows[i]),
                       time_of(time, rows[i]), ratio.count < 2 ? "" : "ratio ",
                       report_phrase_interval(interval, &ratio));
    said++;
  }
  return said;
}

/* "; X takes 2.1 times as long (…), Y 3.4 (…)" for the others. */
static void add_slower(report_text *text, const report_row **rows, size_t count) {
  size_t said = 0;
  for (size_t i = 1; i < count; i++) {
    if (!report_is_slower(rows[i], rows[0])) continue;
    report_number times;
    report_phrase interval;
    report_summary ratio = report_ratio(rows[i], rows[0]);
    report_text_format(text, said++ == 0 ? "; %s takes %s times as long (%s)" : ", %s %s (%s)", label_of(rows[i]),
                       report_number_ratio(times, ratio.median), report_phrase_interval(interval, &ratio));
  }
}

/* The fastest is called so only where every other row is slower for sure. */
static void compare(report_text *text, const report_section *section, const report_row **rows, size_t count) {
  report_number time;
  report_text ties = {0};
  (void)time_of(time, rows[0]);
  if (add_ties(&ties, rows, count) == 0) {
    report_text_format(text, "%s is the fastest at %s a %s", label_of(rows[0]), time, section->subject->unit);
  } else {
    report_text_format(text, "%s (%s)%s", label_of(rows[0]), time, report_text_string(&ties));
  }
  if (ties.failed) text->failed = true;
  report_text_free(&ties);
  add_slower(text, rows, count);
  report_text_add(text, ".");
}

enum { COMPETITORS_MAX = 64 };

static void conclude_group(report_sentences *out, const report_section *section, const report_group *group) {
  const report_row *rows[COMPETITORS_MAX];
  size_t count = competitors(group, rows, COMPETITORS_MAX);
  report_text text = {0};
  report_title lead;
  if (count == 0) return;
  if (count > 1) {
    compare(&text, section, rows, count);
  } else {
    report_number time, rate;
    report_text_format(&text, "%s takes %s a %s, which is %s a second.", label_of(rows[0]), time_of(time, rows[0]),
                       section->subject->unit, report_number_words(rate, report_row_rate(rows[0])));
  }
  report_sentence_finish(out, lead_of(lead, section, group), &text);
}

static bool is_missing_alike(const report_row *row, const report_row *other) {
  return row->skipped != NULL && other->skipped != NULL && strcmp(row->skipped, other->skipped) == 0;
}

/* "X, Y and Z", of rows[first..] those that were skipped for the reason of the first. Returns how many; says nothing,
 * and returns 0, where one before has that reason. */
static size_t add_missing_alike(report_text *text, const report_group *group, size_t first) {
  const report_row *reason = group->rows[first], *last = NULL;
  size_t said = 0;
  for (size_t i = 0; i < first; i++) {
    if (is_missing_alike(group->rows[i], reason)) return 0;
  }
  for (size_t i = first; i < group->row_count; i++) {
    if (!is_missing_alike(group->rows[i], reason)) continue;
    if (last != NULL) report_text_format(text, "%s%s", said++ == 0 ? "" : ", ", label_of(last));
    last = group->rows[i];
  }
  if (last != NULL) report_text_format(text, "%s%s", said++ == 0 ? "" : " and ", label_of(last));
  return said;
}

static void conclude_missing(report_sentences *out, const report_section *section, const report_group *group) {
  for (size_t i = 0; i < group->row_count; i++) {
    report_title lead;
    report_text text = {0};
    size_t count = add_missing_alike(&text, group, i);
    if (count == 0) continue;
    report_text_format(&text, " %s not measured (%s), so nothing is said about %s.", count == 1 ? "was" : "were",
                       group->rows[i]->skipped, count == 1 ? "it" : "them");
    report_sentence_finish(out, lead_of(lead, section, group), &text);
  }
}

/* ---- threads ---- */

static const report_row *find_row(const report_section *section, const report_row *like, unsigned threads) {
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    if (group->threads != threads || strcmp(group->variant, like->name.variant) != 0) continue;
    for (size_t r = 0; r < group->measured; r++) {
      if (strcmp(group->rows[r]->name.implementation, like->name.implementation) == 0) return group->rows[r];
    }
  }
  return NULL;
}

static double cores_of(const report_results *results) {
  const char *cores = report_results_context(results, "num_cpus");
  return cores == NULL ? 0 : strtod(cores, NULL);
}

/* "X makes 1.7 times the claims (…), Y 0.6 (…)": against one thread. */
static size_t add_growth(report_text *text, const report_section *section, const report_group *group) {
  size_t said = 0;
  for (size_t i = 0; i < group->measured; i++) {
    const report_row *row = group->rows[i], *alone = find_row(section, row, 1);
    report_summary growth = report_ratio(alone, row);
    if (growth.count == 0) continue;
    report_number times;
    report_phrase interval;
    report_text_format(text, "%s%s %s%s", said == 0 ? "" : ", ", label_of(row), said == 0 ? "makes " : "",
                       report_number_ratio(times, growth.median));
    if (said++ == 0) report_text_format(text, " times the %ss", section->subject->unit);
    report_text_format(text, " (%s)", report_phrase_interval(interval, &growth));
  }
  return said;
}

static void conclude_threads(report_sentences *out, const report_section *section, const report_group *group,
                             double cores) {
  report_text text = {0}, lead = {0};
  const char *variant = report_variant_label(section->name, group->variant);
  report_text_format(&lead, "%s%s1 to %u threads", variant, variant[0] == '\0' ? "" : ", ", group->threads);
  if (add_growth(&text, section, group) != 0) {
    report_text_format(&text, ". This machine has %.0f cores, so nothing is said about more threads.", cores);
  }
  report_sentence_finish(out, report_text_string(&lead), &text);
  report_text_free(&lead);
}

static const report_row *first_measured(const report_section *section) {
  for (size_t g = 0; section != NULL && g < section->group_count; g++) {
    const report_row *rows[1];
    if (competitors(&section->groups[g], rows, 1) != 0) return rows[0];
  }
  return NULL;
}

static const char *goal_verdict(double goal, double rate, double slowest, double fastest) {
  if (slowest >= goal) return "reached";
  if (rate >= goal) return "reached by the median, but not by the whole interval";
  if (fastest >= goal) return "not reached by the median, though it is within the interval";
  return "not reached";
}

static const char *goal_verdict_of(const report_subject *subject, const report_row *row) {
  return goal_verdict(subject->goal, report_row_rate(row), 1e9 / row->summary.high, 1e9 / row->summary.low);
}

static void conclude_goal(report_sentences *out, const report_section *section) {
  const report_row *row = first_measured(section);
  if (row == NULL || section->subject->goal <= 0) return;
  report_sentence(out, NULL, "The goal of %s %ss a second is %s.", section->subject->goal_text, section->subject->unit,
                  goal_verdict_of(section->subject, row));
}

void report_conclude_section(report_sentences *out, const report_analysis *analysis, const report_section *section) {
  bool lines = section->subject->axis != NULL; /* the picture says it of the others */
  for (size_t g = lines ? section->group_count - 1 : 0; g < section->group_count; g++) {
    conclude_group(out, section, &section->groups[g]);
  }
  conclude_goal(out, section);
  double cores = cores_of(analysis->results);
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    if (group->threads > 1 && group->threads <= cores) conclude_threads(out, section, group, cores);
    if (group->threads > cores && group->threads > 1) {
      report_sentence(out, NULL,
                      cores == 0 ? "The number of cores is not recorded, so %u threads say nothing about scaling."
                                 : "%u threads are more than this machine's cores and say nothing about scaling.",
                      group->threads);
    }
  }
  for (size_t g = 0; g < section->group_count; g++) conclude_missing(out, section, &section->groups[g]);
}

/* ---- the summary ---- */

/* How the best own row fares against the others, over the groups where both were measured. */
typedef struct standing {
  size_t compared;
  size_t faster;          /* than every other */
  size_t slower;          /* than the best other */
  double least, greatest; /* time of the best other / time of the best own, medians */
  const char *other;      /* the best other; NULL where it is not the same in all groups */
  const char *tied;       /* the one that cannot be told apart; NULL where there is none, or where `several` */
  bool several;
} standing;

static const report_row *best(const report_section *section, const report_group *group, bool own) {
  for (size_t i = 0; i < group->measured; i++) {
    const char *name = group->rows[i]->name.implementation;
    if (!report_is_limit(name) && report_is_own(section->subject, name) == own) return group->rows[i];
  }
  return NULL;
}

static void add_tied(standing *all, const char *name) {
  if (all->tied != NULL && strcmp(all->tied, name) != 0) all->several = true;
  all->tied = all->several ? NULL : name;
}

/* Judges one group: any other row that is not slower for sure may be as fast. */
static void judge(standing *all, const report_section *section, const report_group *group, const report_row *own,
                  const report_row *other) {
  if (report_is_slower(own, other)) {
    all->slower++;
    return;
  }
  size_t ties = 0;
  for (size_t i = 0; i < group->measured; i++) {
    const char *name = group->rows[i]->name.implementation;
    if (report_is_limit(name) || report_is_own(section->subject, name) || report_is_slower(group->rows[i], own))
      continue;
    add_tied(all, label_of(group->rows[i]));
    ties++;
  }
  all->faster += ties == 0;
}

static standing standing_of(const report_section *section) {
  standing all = {.least = INFINITY};
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    const report_row *own = best(section, group, true), *other = best(section, group, false);
    report_summary ratio = report_ratio(other, own);
    if (ratio.count == 0) continue;
    const char *name = label_of(other);
    if (all.compared == 0) all.other = name;
    if (all.other != NULL && strcmp(all.other, name) != 0) all.other = NULL;
    all.compared++;
    judge(&all, section, group, own, other);
    all.least = fmin(all.least, ratio.median);
    all.greatest = fmax(all.greatest, ratio.median);
  }
  return all;
}

static void add_range(report_text *text, double least, double greatest) {
  report_number low, high;
  report_number_ratio(low, least);
  report_number_ratio(high, greatest);
  report_text_add(text, low);
  if (strcmp(low, high) != 0) report_text_format(text, "–%s", high);
}

static void add_extent(report_text *text, size_t comparisons) {
  if (comparisons == 2) report_text_add(text, " in both comparisons");
  if (comparisons > 2) report_text_format(text, " in all %zu comparisons", comparisons);
}

static void summarise_compared(report_text *text, const report_section *section, const standing *s) {
  const char *own = report_implementation_label(section->subject->baseline);
  const char *other = s->other == NULL ? "the fastest other" : s->other;
  size_t unclear = s->compared - s->faster - s->slower;
  if (s->faster == s->compared) {
    report_text_format(text, "%s is the fastest", own);
    add_extent(text, s->compared);
  } else if (s->slower == s->compared) {
    report_text_format(text, "%s is slower than the fastest other", own);
    add_extent(text, s->compared);
  } else if (unclear == s->compared) {
    report_text_format(text, "%s and %s cannot be told apart", own, s->tied == NULL ? "at least one other" : s->tied);
    report_text_add(text, s->compared == 1 ? "." : s->compared == 2 ? " in either comparison." : " in any comparison.");
    return;
  } else {
    report_text_format(text,
                       "of %zu comparisons, %s is the fastest in %zu, slower in %zu and not to be told apart in %zu",
                       s->compared, own, s->faster, s->slower, unclear);
  }
  report_text_format(text, "; %s takes ", other);
  add_range(text, s->least, s->greatest);
  report_text_add(text, " times as long.");
}

static void add_rates(report_text *text, const report_section *section) {
  size_t said = 0;
  for (size_t g = 0; g < section->group_count; g++) {
    const report_row *rows[1];
    if (competitors(&section->groups[g], rows, 1) == 0) continue;
    report_title title;
    report_number rate;
    (void)report_group_title(title, section, &section->groups[g]);
    report_text_format(text, "%s%s", said == 0 ? "" : ", ", report_number_words(rate, report_row_rate(rows[0])));
    if (said++ == 0) report_text_format(text, " %ss a second", section->subject->unit);
    if (title[0] != '\0') report_text_format(text, " for %s", title);
  }
  report_text_add(text, ".");
}

static const char *first_reason(const report_section *section) {
  for (size_t g = 0; g < section->group_count; g++) {
    for (size_t r = 0; r < section->groups[g].row_count; r++) {
      if (section->groups[g].rows[r]->skipped != NULL) return section->groups[g].rows[r]->skipped;
    }
  }
  return "it was not run";
}

static void summarise_goal(report_text *text, const report_subject *subject, const report_row *row) {
  report_number median, low, high;
  report_text_format(
      text, "%s %ss a second (%s–%s); the goal of %s is %s.", report_number_words(median, report_row_rate(row)),
      subject->unit, report_number_words(low, 1e9 / row->summary.high),
      report_number_words(high, 1e9 / row->summary.low), subject->goal_text, goal_verdict_of(subject, row));
}

static void summarise_section(report_sentences *out, const report_section *section) {
  report_text text = {0};
  standing s = standing_of(section);
  const report_row *row = first_measured(section);
  if (row == NULL) {
    report_text_format(&text, "not measured (%s)", first_reason(section));
    if (section->subject->goal > 0) {
      report_text_format(&text, ", so whether the goal of %s %ss a second is reached is not known",
                         section->subject->goal_text, section->subject->unit);
    }
    report_text_add(&text, ".");
  } else if (section->subject->goal > 0) {
    summarise_goal(&text, section->subject, row);
  } else if (s.compared > 0) {
    summarise_compared(&text, section, &s);
  } else {
    add_rates(&text, section);
  }
  report_sentence_finish(out, section->title, &text);
}

void report_conclude_summary(report_sentences *out, const report_analysis *analysis) {
  for (size_t i = 0; i < analysis->section_count; i++) {
    const char *name = analysis->sections[i].name;
    bool is_storage = strcmp(name, REPORT_SUBJECT_STORES) == 0 || strcmp(name, REPORT_SUBJECT_LOOKUPS) == 0;
    if (!is_storage && strcmp(name, REPORT_SUBJECT_STEPS) != 0) summarise_section(out, &analysis->sections[i]);
  }
}
