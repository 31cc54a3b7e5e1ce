#include "analysis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first number in a variant, with its unit: "live_64k" is 64,000. Returns the length of what is before it. */
static size_t number_in(const char *variant, double *number) {
  size_t before = strcspn(variant, "0123456789");
  char *end;
  *number = strtod(variant + before, &end);
  *number *= *end == 'k' ? 1e3 : *end == 'M' ? 1e6 : 1;
  return before;
}

/* Numbers in their order: 64 before 256, 64k before 8M. */
static int compare_variants(const char *a, const char *b) {
  double number_a, number_b;
  size_t before_a = number_in(a, &number_a), before_b = number_in(b, &number_b);
  bool alike = before_a == before_b && strncmp(a, b, before_a) == 0;
  if (alike && number_a != number_b) return number_a < number_b ? -1 : 1;
  return strverscmp(a, b);
}

static int compare_names(const report_row_name *a, const report_row_name *b) {
  size_t order_a = report_subject_order(a->subject), order_b = report_subject_order(b->subject);
  if (order_a != order_b) return order_a < order_b ? -1 : 1;
  int subject = strcmp(a->subject, b->subject);
  if (subject != 0) return subject;
  int variant = compare_variants(a->variant, b->variant);
  if (variant != 0) return variant;
  return (a->threads > b->threads) - (a->threads < b->threads);
}

static int by_place(const void *left, const void *right) {
  const report_row *a = *(const report_row *const *)left, *b = *(const report_row *const *)right;
  int names = compare_names(&a->name, &b->name);
  if (names != 0) return names;
  if ((a->skipped != NULL) != (b->skipped != NULL)) return a->skipped != NULL ? 1 : -1;
  double time_a = a->skipped != NULL ? 0 : a->summary.median, time_b = b->skipped != NULL ? 0 : b->summary.median;
  if (time_a != time_b) return time_a < time_b ? -1 : 1;
  return strcmp(a->name.implementation, b->name.implementation);
}

/* Fills the group that begins at rows[0]; returns how many rows it has. */
static size_t fill_group(report_group *group, const report_row *const *rows, size_t count) {
  const report_row_name *first = &rows[0]->name;
  const char *baseline = report_subject_find(first->subject) == NULL ? report_subject_unknown.baseline
                                                                     : report_subject_find(first->subject)->baseline;
  *group = (report_group){.variant = first->variant, .threads = first->threads, .rows = rows};
  while (group->row_count < count && compare_names(&rows[group->row_count]->name, first) == 0) {
    const report_row *row = rows[group->row_count++];
    if (row->skipped != NULL) continue;
    group->measured++;
    if (strcmp(row->name.implementation, baseline) == 0) group->baseline = row;
  }
  return group->row_count;
}

/* Puts the group into the last section, or into a new one where its subject is another. */
static void add_to_section(report_analysis *out, const report_group *group) {
  const char *name = group->rows[0]->name.subject;
  report_section *last = out->section_count == 0 ? NULL : &out->sections[out->section_count - 1];
  if (last == NULL || strcmp(last->name, name) != 0) {
    const report_subject *subject = report_subject_find(name);
    last = &out->sections[out->section_count++];
    *last = (report_section){.subject = subject == NULL ? &report_subject_unknown : subject, .name = name};
    last->is_flat = true;
    last->title = subject == NULL ? name : subject->title;
    last->groups = group;
  }
  last->group_count++;
  last->row_count += group->row_count;
  if (group->threads > 1) last->has_threads = true;
  const char *first = last->groups[0].rows[0]->name.implementation;
  if (group->row_count > 1 || strcmp(group->rows[0]->name.implementation, first) != 0) last->is_flat = false;
}

bool report_analyse(report_analysis *out, const report_results *results) {
  size_t count = results->row_count;
  *out = (report_analysis){.results = results};
  out->rows = calloc(count + 1, sizeof *out->rows);
  out->groups = calloc(count + 1, sizeof *out->groups);
  out->sections = calloc(count + 1, sizeof *out->sections);
  if (out->rows == NULL || out->groups == NULL || out->sections == NULL) return false;
  for (size_t i = 0; i < count; i++) out->rows[i] = &results->rows[i];
  qsort(out->rows, count, sizeof(report_row *), by_place);
  size_t group = 0;
  for (size_t i = 0; i < count; group++) {
    i += fill_group(&out->groups[group], out->rows + i, count - i);
    add_to_section(out, &out->groups[group]);
  }
  return true;
}

void report_analysis_free(report_analysis *analysis) {
  free(analysis->rows);
  free(analysis->groups);
  free(analysis->sections);
  *analysis = (report_analysis){0};
}

const report_section *report_analysis_section(const report_analysis *analysis, const char *subject) {
  for (size_t i = 0; i < analysis->section_count; i++) {
    if (strcmp(analysis->sections[i].name, subject) == 0) return &analysis->sections[i];
  }
  return NULL;
}

report_summary report_ratio(const report_row *row, const report_row *baseline) {
  report_summary ratio = {.median = NAN, .low = NAN, .high = NAN, .min = NAN, .max = NAN};
  if (row == NULL || baseline == NULL || row->skipped != NULL || baseline->skipped != NULL) return ratio;
  if (!report_summarise_ratio(&row->time, &baseline->time, &ratio)) ratio.count = 0;
  return ratio;
}

const char *report_group_title(report_title out, const report_section *section, const report_group *group) {
  const char *label = report_variant_label(section->name, group->variant);
  const char *comma = label[0] == '\0' ? "" : ", ";
  if (section->has_threads) {
    (void)snprintf(out, REPORT_TITLE_SIZE, "%s%s%u thread%s", label, comma, group->threads,
                   group->threads == 1 ? "" : "s");
  } else {
    (void)snprintf(out, REPORT_TITLE_SIZE, "%s", label);
  }
  return out;
}

const char *report_row_title(report_title out, const report_section *section, const report_group *group,
                             const report_row *row) {
  if (section->is_flat && report_group_title(out, section, group)[0] != '\0') return out;
  (void)snprintf(out, REPORT_TITLE_SIZE, "%s", report_implementation_label(row->name.implementation));
  return out;
}
