#include <string.h>

#include "document.h"
#include "plot.h"

static void add_element(report_text *out, const char *open, const char *text, const char *close) {
  report_text_add(out, open);
  report_text_html(out, text);
  report_text_add(out, close);
}

static void add_list(report_text *out, const report_sentences *sentences) {
  if (sentences->count == 0) return;
  report_text_add(out, "<ul>\n");
  for (size_t i = 0; i < sentences->count; i++) {
    const report_statement *item = &sentences->items[i];
    report_text_add(out, "<li>");
    if (item->lead != NULL) add_element(out, "<b>", item->lead, "</b> ");
    add_element(out, "", item->text, "</li>\n");
  }
  report_text_add(out, "</ul>\n");
}

static void add_subtitle(report_text *out, const report_document *document, const char *class_name,
                         void (*write)(report_text *, const report_document *)) {
  report_text line = {0};
  write(&line, document);
  report_text_format(out, "<p class=\"%s\">", class_name);
  add_element(out, "", report_text_string(&line), "</p>\n");
  report_text_free(&line);
}

static void add_head(report_text *out, const report_document *document) {
  report_text_add(out,
                  "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n<title>Countersign: benchmark report</title>\n<style>\n");
  report_text_add(out, report_style);
  report_text_add(out, "</style>\n</head>\n<body>\n<header>\n");
  add_subtitle(out, document, "kicker", report_subtitle_version);
  report_text_add(out, "<h1>Benchmark report</h1>\n");
  add_subtitle(out, document, "lede", report_subtitle_machine);
  report_text_add(out, "</header>\n");
}

static void add_navigation(report_text *out, const report_document *document) {
  report_text_add(out, "<nav aria-label=\"Contents\">\n<a href=\"#stores\">Stores</a>\n");
  for (size_t i = 0; i < document->analysis.section_count; i++) {
    report_text_format(out, "<a href=\"#subject-%zu\">", i + 1);
    add_element(out, "", document->analysis.sections[i].title, "</a>\n");
  }
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) {
    const report_chapter *chapter = &document->chapters[i];
    if (chapter->sentences.count == 0) continue;
    report_text_format(out, "<a href=\"#%s\">", chapter->id);
    add_element(out, "", chapter->title, "</a>\n");
  }
  report_text_add(out, "<a href=\"#machine\">Machine</a>\n</nav>\n");
}

static void add_summary(report_text *out, const report_document *document) {
  report_text_add(out, "<section id=\"summary\">\n<h2>Summary</h2>\n");
  add_list(out, &document->summary);
  add_element(out, "<p class=\"note\">", report_interval_note(document), "</p>\n");
  if (document->caveats.count != 0) {
    report_text_add(out, "<aside>\n<h3>Read with care</h3>\n");
    add_list(out, &document->caveats);
    report_text_add(out, "</aside>\n");
  }
  report_text_add(out, "</section>\n");
}

static void add_store_cells(report_text *out, const report_storage *storage, size_t line) {
  for (size_t s = 0; s < storage->count; s++) {
    report_text cell = {0};
    bool best = false;
    report_storage_cell(&cell, storage, line, s, &best);
    bool is_figure = strcspn(report_text_string(&cell), "0123456789") == 0;
    add_element(out,
                best        ? "<td class=\"best\">"
                : is_figure ? "<td>"
                            : "<td class=\"words\">",
                report_text_string(&cell), "</td>");
    report_text_free(&cell);
  }
}

static void add_storage(report_text *out, const report_document *document) {
  const report_storage *storage = &document->storage;
  report_text_add(out, "<section id=\"stores\">\n<h2>Which store to pick</h2>\n");
  add_list(out, &document->picks);
  if (storage->count != 0) {
    report_text_add(out, "<div class=\"scroll\" tabindex=\"0\">\n<table class=\"stores\">\n<thead><tr><td></td>");
    for (size_t s = 0; s < storage->count; s++) {
      add_element(out, "<th scope=\"col\">", storage->stores[s].label, "</th>");
    }
    report_text_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t line = 0; line < report_storage_lines(); line++) {
      report_text title = {0};
      report_storage_line_title(&title, storage, line);
      add_element(out, "<tr><th scope=\"row\">", report_text_string(&title), "</th>");
      add_store_cells(out, storage, line);
      report_text_add(out, "</tr>\n");
      report_text_free(&title);
    }
    report_text_add(out, "</tbody>\n</table>\n</div>\n");
  }
  report_text_add(out, "</section>\n");
}

static void add_value(report_text *out, const char *value, const char *interval) {
  add_element(out, "<td>", value, "");
  add_element(out, "<small>", interval, "</small></td>");
}

static void add_row(report_text *out, const report_section *section, const report_group *group, const report_row *row) {
  report_cells cells;
  report_title title;
  report_row_cells(&cells, row, group);
  bool own = !section->is_flat && report_is_own(section->subject, row->name.implementation);
  add_element(out, own ? "<tr class=\"own\"><th scope=\"row\">" : "<tr><th scope=\"row\">",
              report_row_title(title, section, group, row), "</th>");
  if (row->skipped != NULL) {
    add_element(out, "<td class=\"skipped\" colspan=\"3\">", row->skipped, "</td></tr>\n");
    return;
  }
  add_value(out, cells.time, cells.time_interval);
  add_element(out, "<td>", cells.rate, "</td>");
  if (!section->is_flat) add_value(out, cells.ratio, cells.ratio_interval);
  report_text_add(out, "</tr>\n");
}

/* With only one group its name stands in the table's corner. */
static void add_table_head(report_text *out, const report_document *document, const report_section *section) {
  report_title title = "";
  const char *interval = report_interval_name(document);
  if (section->group_count == 1 && !section->is_flat) (void)report_group_title(title, section, &section->groups[0]);
  add_element(out, "<thead><tr><td>", title, "</td><th scope=\"col\">");
  report_text_format(out, "Time a %s<small>%s</small></th><th scope=\"col\">Rate</th>", section->subject->unit,
                     interval);
  if (!section->is_flat) {
    report_text_format(out, "<th scope=\"col\">Relative time<small>%s</small></th>", interval);
  }
  report_text_add(out, "</tr></thead>\n");
}

static void add_table(report_text *out, const report_document *document, const report_section *section) {
  report_text_add(out, "<div class=\"scroll\" tabindex=\"0\">\n<table class=\"rows\">\n");
  add_table_head(out, document, section);
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    report_title title;
    bool named = section->group_count > 1 && !section->is_flat && report_group_title(title, section, group)[0] != '\0';
    if (g == 0 || !section->is_flat) report_text_add(out, g == 0 ? "<tbody>\n" : "</tbody>\n<tbody>\n");
    if (named) add_element(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"4\">", title, "</th></tr>\n");
    for (size_t r = 0; r < group->row_count; r++) add_row(out, section, group, group->rows[r]);
  }
  report_text_add(out, "</tbody>\n</table>\n</div>\n");
}

static void add_caption(report_text *out, const report_document *document, const report_section *section) {
  if (report_waterfall_is(section)) {
    report_text_add(out, "Each step begins where the one above ends: medians.");
  } else if (section->subject->axis != NULL) {
    report_text_format(
        out, "Lower is faster: time a %s, medians, on a logarithmic axis%s.", section->subject->unit,
        report_results_hertz(&document->results) > 0 ? "; c: cycles of the processor's nominal clock" : "");
  } else {
    report_text_format(out, "Longer is faster: %ss a second. Whiskers: %s.", section->subject->unit,
                       report_interval_phrase(document));
    if (report_plot_is_log(section))
      report_text_add(out, " The axis is logarithmic, so marks stand where bars would end.");
  }
}

static void add_figure(report_text *out, const report_document *document, const report_section *section,
                       const report_page *page) {
  if (page->wide.length == 0) return;
  report_text_format(out, "<figure>\n%s%s<figcaption>", page->wide.data, page->narrow.data);
  add_caption(out, document, section);
  report_text_add(out, "</figcaption>\n</figure>\n");
}

static void add_plain_table(report_text *out, const report_table *table) {
  if (report_table_rows(table) == 0) return;
  report_text_add(out, "<div class=\"scroll\" tabindex=\"0\">\n<table class=\"stores\">\n<thead><tr><td></td>");
  for (size_t c = 1; c < table->columns; c++) add_element(out, "<th scope=\"col\">", table->heads[c], "</th>");
  report_text_add(out, "</tr></thead>\n<tbody>\n");
  for (size_t r = 0; r < report_table_rows(table); r++) {
    add_element(out, "<tr><th scope=\"row\">", report_table_cell(table, r, 0), "</th>");
    for (size_t c = 1; c < table->columns; c++) {
      const char *cell = report_table_cell(table, r, c);
      add_element(out, strcspn(cell, "0123456789") == 0 ? "<td>" : "<td class=\"words\">", cell, "</td>");
    }
    report_text_add(out, "</tr>\n");
  }
  report_text_add(out, "</tbody>\n</table>\n</div>\n");
}

static void add_section(report_text *out, const report_document *document, size_t index) {
  const report_section *section = &document->analysis.sections[index];
  const report_page *page = &document->pages[index];
  report_text_format(out, "<section id=\"subject-%zu\">\n", index + 1);
  add_element(out, "<h2>", section->title, "</h2>\n");
  if (section->subject->about[0] != '\0') add_element(out, "<p>", section->subject->about, "</p>\n");
  add_figure(out, document, section, page);
  add_list(out, &page->sentences);
  add_plain_table(out, &page->table);
  if (report_table_rows(&page->table) == 0) add_table(out, document, section);
  add_list(out, &page->notes);
  report_text_add(out, "</section>\n");
}

static void add_chapter(report_text *out, const report_chapter *chapter) {
  if (chapter->sentences.count == 0) return;
  report_text_format(out, "<section id=\"%s\">\n", chapter->id);
  add_element(out, "<h2>", chapter->title, "</h2>\n");
  if (chapter->about != NULL) add_element(out, "<p>", chapter->about, "</p>\n");
  if (chapter->wide.length != 0) {
    report_text_format(out, "<figure>\n%s%s", chapter->wide.data, chapter->narrow.data);
    add_element(out, "<figcaption>", chapter->caption, "</figcaption>\n</figure>\n");
  }
  add_list(out, &chapter->sentences);
  add_plain_table(out, &chapter->table);
  add_list(out, &chapter->notes);
  report_text_add(out, "</section>\n");
}

static void add_machine(report_text *out, const report_document *document) {
  report_text_add(out, "<section id=\"machine\">\n<h2>Machine</h2>\n<dl>\n");
  for (size_t i = 0; i < document->machine_count; i++) {
    add_element(out, "<div><dt>", document->machine[i].label, "</dt>");
    add_element(out, "<dd>", document->machine[i].value, "</dd></div>\n");
  }
  report_text_add(out, "</dl>\n</section>\n");
}

void report_html(report_text *out, const report_document *document) {
  add_head(out, document);
  add_navigation(out, document);
  report_text_add(out, "<main>\n");
  add_summary(out, document);
  add_storage(out, document);
  for (size_t i = 0; i < document->analysis.section_count; i++) add_section(out, document, i);
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) add_chapter(out, &document->chapters[i]);
  add_machine(out, document);
  report_text_add(out, "<section id=\"method\">\n<h2>How to read it</h2>\n");
  for (size_t i = 0; report_method[i] != NULL; i++) add_element(out, "<p>", report_method[i], "</p>\n");
  report_text_add(out, "</section>\n</main>\n</body>\n</html>\n");
}
