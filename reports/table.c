#include "table.h"

#include <stdlib.h>

#include "text.h"

void report_table_add(report_table *table, const char *format, ...) {
  report_text text = {0};
  va_list arguments;
  va_start(arguments, format);
  report_text_format_list(&text, format, arguments);
  va_end(arguments);
  report_text_add(&text, ""); /* an empty cell is one, too */
  char **cells = text.failed ? NULL : realloc(table->cells, (table->count + 1) * sizeof *cells);
  if (cells == NULL) {
    table->failed = true;
    report_text_free(&text);
    return;
  }
  table->cells = cells;
  table->cells[table->count++] = text.data;
}

void report_table_free(report_table *table) {
  for (size_t i = 0; i < table->count; i++) free(table->cells[i]);
  free(table->cells);
  *table = (report_table){0};
}

size_t report_table_rows(const report_table *table) {
  return table->columns == 0 ? 0 : table->count / table->columns;
}

const char *report_table_cell(const report_table *table, size_t row, size_t column) {
  const char *cell = table->cells[row * table->columns + column];
  return cell == NULL ? "" : cell;
}
