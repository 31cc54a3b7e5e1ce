#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

static bool out_of_memory(const char *path, char *error, size_t error_size) {
  (void)snprintf(error, error_size, "%s: out of memory", path);
  return false;
}

/* A name that is safe as a file's: the subject's where it has nothing but letters, digits, '_' and '-'. */
static void name_file(report_page *page, const char *subject, size_t index) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  enum { NAME_LENGTH_MAX = 64 };
  bool safe = subject[0] != '\0' && subject[strspn(subject, plain)] == '\0' && strlen(subject) <= NAME_LENGTH_MAX;
  if (safe) {
    report_text_format(&page->file_name, "%s.svg", subject);
  } else {
    report_text_format(&page->file_name, "subject-%zu.svg", index);
  }
}

/* The wide form is also that of the file beside the Markdown. */
static bool draw_one(const report_document *document, report_page *page, const report_section *section, bool narrow,
                     const char **reason) {
  report_text *inlined = narrow ? &page->narrow : &page->wide, *standalone = narrow ? NULL : &page->file;
  if (report_waterfall_is(section)) return report_waterfall_draw(inlined, standalone, section, narrow, reason);
  if (section->subject->axis != NULL)
    return report_lines_draw(inlined, standalone, section, report_results_hertz(&document->results), narrow, reason);
  return report_plot_draw(inlined, standalone, section, narrow ? REPORT_PLOT_NARROW : REPORT_PLOT_WIDE, reason);
}

static void draw(report_document *document, report_page *page, const report_section *section) {
  if (document->no_plots != NULL || !report_plot_possible(section)) return;
  const char *reason = NULL;
  if (!draw_one(document, page, section, false, &reason) || !draw_one(document, page, section, true, &reason))
    document->no_plots = reason;
}

static void drop_plots(report_page *page) {
  report_text_free(&page->wide);
  report_text_free(&page->narrow);
  report_text_free(&page->file);
}

static void drop_capacity(report_chapter *chapter) {
  report_text_free(&chapter->wide);
  report_text_free(&chapter->narrow);
  report_text_free(&chapter->file);
}

static void draw_capacity(report_document *document, report_chapter *chapter) {
  const report_capacity *capacity = &document->studies.capacity;
  if (document->no_plots != NULL || !capacity->present) return;
  const char *reason = NULL;
  bool drawn = report_curve_draw(&chapter->wide, &chapter->file, capacity, false, &reason) &&
               report_curve_draw(&chapter->narrow, NULL, capacity, true, &reason);
  if (drawn) return;
  document->no_plots = reason;
  drop_capacity(chapter);
}

/* Before the pages: where this plot fails, they have none either. */
static bool build_chapters(report_document *document) {
  const report_evidence evidence = {&document->analysis, &document->storage, &document->studies};
  report_chapter *chapters = document->chapters;
  report_chapter_bars(&chapters[0], &evidence);
  report_chapter_capacity(&chapters[1], &evidence);
  report_chapter_costs(&chapters[2], &evidence);
  report_chapter_verification_bars(&chapters[3], &evidence);
  draw_capacity(document, &chapters[1]);
  bool failed = false;
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) {
    failed = failed || chapters[i].failed || chapters[i].sentences.failed || chapters[i].table.failed ||
             chapters[i].notes.failed;
  }
  return !failed;
}

/* All plots or none: a report with some would look as if the others had nothing to show. */
static bool build_pages(report_document *document) {
  const report_analysis *analysis = &document->analysis;
  document->pages = calloc(analysis->section_count + 1, sizeof *document->pages);
  if (document->pages == NULL) return false;
  bool failed = false;
  for (size_t i = 0; i < analysis->section_count; i++) {
    report_page *page = &document->pages[i];
    name_file(page, analysis->sections[i].name, i + 1);
    if (report_waterfall_is(&analysis->sections[i])) {
      report_waterfall_conclude(&page->sentences, &analysis->sections[i]);
      report_waterfall_tabulate(&page->table, &analysis->sections[i], &document->studies.counts);
    } else {
      report_conclude_section(&page->sentences, analysis, &analysis->sections[i]);
    }
    report_conclude_settings(&page->notes, &analysis->sections[i]);
    if (analysis->sections[i].subject->axis != NULL)
      report_lines_tabulate(&page->table, &page->heads, &analysis->sections[i]);
    draw(document, page, &analysis->sections[i]);
    failed = failed || page->table.failed || page->sentences.failed || page->notes.failed || page->file_name.failed;
  }
  for (size_t i = 0; document->no_plots != NULL && i < analysis->section_count; i++) drop_plots(&document->pages[i]);
  if (document->no_plots != NULL) drop_capacity(&document->chapters[1]);
  return !failed;
}

static bool build_sentences(report_document *document) {
  report_conclude_summary(&document->summary, &document->analysis);
  report_conclude_storage_summary(&document->summary, &document->storage);
  const report_evidence evidence = {&document->analysis, &document->storage, &document->studies};
  report_conclude_bars(&document->summary, &evidence);
  report_conclude_verification_bars(&document->summary, &evidence);
  report_conclude_storage(&document->picks, &document->storage);
  report_conclude_caveats(&document->caveats, &document->analysis);
  if (document->no_plots != NULL)
    report_sentence(&document->caveats, NULL, "There are no plots: %s.", document->no_plots);
  return !document->summary.failed && !document->picks.failed && !document->caveats.failed;
}

bool report_document_build(report_document *out, const char *results_path, char *error, size_t error_size) {
  if (!report_results_read(&out->results, results_path, error, error_size)) return false;
  if (!report_studies_read(&out->studies, results_path, error, error_size)) return false;
  bool built = report_analyse(&out->analysis, &out->results) && report_storage_gather(&out->storage, &out->analysis) &&
               report_machine_describe(out) && build_chapters(out) && build_pages(out) && build_sentences(out);
  return built || out_of_memory(results_path, error, error_size);
}

void report_document_free(report_document *document) {
  for (size_t i = 0; document->pages != NULL && i < document->analysis.section_count; i++) {
    report_sentences_free(&document->pages[i].sentences);
    report_sentences_free(&document->pages[i].notes);
    report_table_free(&document->pages[i].table);
    drop_plots(&document->pages[i]);
    report_text_free(&document->pages[i].file_name);
  }
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) report_chapter_free(&document->chapters[i]);
  for (size_t i = 0; i < document->machine_count; i++) free(document->machine[i].value);
  free(document->machine);
  free(document->pages);
  report_sentences_free(&document->summary);
  report_sentences_free(&document->picks);
  report_sentences_free(&document->caveats);
  report_studies_free(&document->studies);
  report_storage_free(&document->storage);
  report_analysis_free(&document->analysis);
  report_results_free(&document->results);
  *document = (report_document){0};
}
