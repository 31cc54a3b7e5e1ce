#include "document.h"

static void add_list(report_text *out, const report_sentences *sentences) {
  for (size_t i = 0; i < sentences->count; i++) {
    const report_statement *item = &sentences->items[i];
    report_text_add(out, "- ");
    if (item->lead != NULL) {
      report_text_add(out, "**");
      report_text_markdown(out, item->lead);
      report_text_add(out, "** ");
    }
    report_text_markdown(out, item->text);
    report_text_add(out, "\n");
  }
  if (sentences->count != 0) report_text_add(out, "\n");
}

static void add_cell(report_text *out, const char *text) {
  report_text_add(out, " ");
  report_text_markdown(out, text);
  report_text_add(out, " |");
}

static void add_heading(report_text *out, const char *title) {
  report_text_add(out, "## ");
  report_text_markdown(out, title);
  report_text_add(out, "\n\n");
}

static void add_storage(report_text *out, const report_document *document) {
  const report_storage *storage = &document->storage;
  add_heading(out, "Which store to pick");
  add_list(out, &document->picks);
  if (storage->count == 0) return;
  report_text_add(out, "| |");
  for (size_t s = 0; s < storage->count; s++) add_cell(out, storage->stores[s].label);
  report_text_add(out, "\n| --- |");
  for (size_t s = 0; s < storage->count; s++) report_text_add(out, " ---: |");
  for (size_t line = 0; line < report_storage_lines(); line++) {
    report_text title = {0};
    report_storage_line_title(&title, storage, line);
    report_text_add(out, "\n|");
    add_cell(out, report_text_string(&title));
    report_text_free(&title);
    for (size_t s = 0; s < storage->count; s++) {
      report_text cell = {0};
      bool best = false;
      report_storage_cell(&cell, storage, line, s, &best);
      report_text_add(out, best ? " **" : " ");
      report_text_markdown(out, report_text_string(&cell));
      report_text_add(out, best ? "** |" : " |");
      report_text_free(&cell);
    }
  }
  report_text_add(out, "\n\n");
}

static void add_row(report_text *out, const report_section *section, const report_group *group, const report_row *row) {
  report_cells cells;
  report_title title;
  report_row_cells(&cells, row, group);
  report_text_add(out, "|");
  add_cell(out, report_row_title(title, section, group, row));
  add_cell(out, row->skipped == NULL ? cells.time : row->skipped);
  add_cell(out, cells.time_interval);
  add_cell(out, cells.rate);
  if (!section->is_flat) {
    add_cell(out, cells.ratio);
    add_cell(out, cells.ratio_interval);
  }
  report_text_add(out, "\n");
}

static void add_table_head(report_text *out, const report_document *document, const report_section *section,
                           const report_group *group) {
  report_title title;
  const char *interval = report_interval_name(document);
  report_text_add(out, "|");
  add_cell(out, section->is_flat ? "" : report_group_title(title, section, group));
  report_text_format(out, " time a %s | %s | rate |", section->subject->unit, interval);
  if (!section->is_flat) {
    report_text_format(out, " relative time | %s |", interval);
  }
  report_text_format(out, "\n| --- | ---: | ---: | ---: |%s\n", section->is_flat ? "" : " ---: | ---: |");
}

/* A table for each group; of a flat section, one for all. */
static void add_tables(report_text *out, const report_document *document, const report_section *section) {
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    if (g == 0 || !section->is_flat) add_table_head(out, document, section, group);
    for (size_t r = 0; r < group->row_count; r++) add_row(out, section, group, group->rows[r]);
    if (g + 1 == section->group_count || !section->is_flat) report_text_add(out, "\n");
  }
}

static void add_table(report_text *out, const report_table *table) {
  if (report_table_rows(table) == 0) return;
  report_text_add(out, "|");
  for (size_t c = 0; c < table->columns; c++) add_cell(out, table->heads[c]);
  report_text_add(out, "\n| --- |");
  for (size_t c = 1; c < table->columns; c++) report_text_add(out, " ---: |");
  for (size_t r = 0; r < report_table_rows(table); r++) {
    report_text_add(out, "\n|");
    for (size_t c = 0; c < table->columns; c++) add_cell(out, report_table_cell(table, r, c));
  }
  report_text_add(out, "\n\n");
}

static void add_section(report_text *out, const report_document *document, size_t index) {
  const report_section *section = &document->analysis.sections[index];
  const report_page *page = &document->pages[index];
  report_cell measure;
  add_heading(out, section->title);
  if (section->subject->about[0] != '\0') report_text_format(out, "%s\n\n", section->subject->about);
  add_list(out, &page->sentences);
  if (page->file.length != 0) {
    report_text_add(out, "![");
    report_text_markdown(out, section->title);
    report_text_format(out, ": %s](plots/%s)\n\n", report_picture_measure(measure, section), page->file_name.data);
  }
  add_table(out, &page->table);
  if (report_table_rows(&page->table) == 0) add_tables(out, document, section);
  add_list(out, &page->notes);
}

static void add_chapter(report_text *out, const report_chapter *chapter) {
  if (chapter->sentences.count == 0) return;
  add_heading(out, chapter->title);
  if (chapter->about != NULL) {
    report_text_markdown(out, chapter->about);
    report_text_add(out, "\n\n");
  }
  add_list(out, &chapter->sentences);
  if (chapter->file.length != 0) {
    report_text_format(out, "![%s](plots/%s)\n\n", chapter->title, chapter->file_name);
    report_text_markdown(out, chapter->caption);
    report_text_add(out, "\n\n");
  }
  add_table(out, &chapter->table);
  add_list(out, &chapter->notes);
}

static void add_machine(report_text *out, const report_document *document) {
  report_text_add(out, "## Machine\n\n| | |\n| --- | --- |\n");
  for (size_t i = 0; i < document->machine_count; i++) {
    report_text_add(out, "|");
    add_cell(out, document->machine[i].label);
    add_cell(out, document->machine[i].value);
    report_text_add(out, "\n");
  }
  report_text_add(out, "\n");
}

static void add_subtitle(report_text *out, const report_document *document,
                         void (*write)(report_text *, const report_document *)) {
  report_text line = {0};
  write(&line, document);
  report_text_markdown(out, report_text_string(&line));
  report_text_add(out, "  \n");
  report_text_free(&line);
}

void report_markdown(report_text *out, const report_document *document) {
  report_text_add(out, "# Benchmark report\n\n");
  add_subtitle(out, document, report_subtitle_version);
  add_subtitle(out, document, report_subtitle_machine);
  report_text_add(out, "\n");
  add_heading(out, "Summary");
  add_list(out, &document->summary);
  report_text_format(out, "%s\n\n", report_interval_note(document));
  if (document->caveats.count != 0) report_text_add(out, "Read with care:\n\n");
  add_list(out, &document->caveats);
  add_storage(out, document);
  for (size_t i = 0; i < document->analysis.section_count; i++) add_section(out, document, i);
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) add_chapter(out, &document->chapters[i]);
  add_machine(out, document);
  add_heading(out, "How to read it");
  for (size_t i = 0; report_method[i] != NULL; i++) report_text_format(out, "%s\n\n", report_method[i]);
}
