/* A small table: headings, and cells row by row, the first of each row its name. */
#ifndef CSN_REPORTS_TABLE_H
#define CSN_REPORTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Zero it but for the headings, which are static. When memory runs out `failed` stays true and cells are missing. */
typedef struct report_table {
  const char *const *heads;
  size_t columns;
  char **cells;
  size_t count; /* of cells */
  bool failed;
} report_table;

void report_table_add(report_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_table_free(report_table *table);

/* Whole rows. */
size_t report_table_rows(const report_table *table);
const char *report_table_cell(const report_table *table, size_t row, size_t column);

#endif
