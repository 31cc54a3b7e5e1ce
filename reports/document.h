/* All that a report says, before it is Markdown or HTML. */
#ifndef CSN_REPORTS_DOCUMENT_H
#define CSN_REPORTS_DOCUMENT_H

#include "analysis.h"
#include "chapters.h"
#include "conclusions.h"
#include "lines.h"
#include "storage.h"
#include "text.h"
#include "waterfall.h"

/* What belongs to one section of the analysis. The plots are empty where there is none. */
typedef struct report_page {
  report_sentences sentences, notes; /* above the tables, and below */
  report_table table;                /* instead of the tables of the groups: of lines, and of a waterfall */
  report_line_heads heads;           /* of it */
  report_text wide, narrow;          /* for HTML */
  report_text file;                  /* for a file beside the Markdown */
  report_text file_name;             /* "hmac_sha256.svg" */
} report_page;

/* A line of the machine's description. */
typedef struct report_machine_line {
  const char *label;
  char *value;
} report_machine_line;

typedef struct report_document {
  report_results results;
  report_analysis analysis;
  report_storage storage;
  report_studies studies;
  report_sentences summary, picks, caveats;
  report_page *pages; /* one a section */
  report_chapter chapters[REPORT_CHAPTERS];
  report_machine_line *machine;
  size_t machine_count;
  const char *no_plots; /* why there are none; NULL where there are */
} report_document;

/* Reads the results, and what lies beside them (studies.h), and computes all but the file's form. Zero it first, free
 * it in either case. */
bool report_document_build(report_document *out, const char *results_path, char *error, size_t error_size);
void report_document_free(report_document *document);

/* What the machine is, from the results' context; what is not recorded is said to be so. */
bool report_machine_describe(report_document *document);

/* The two forms. */
void report_markdown(report_text *out, const report_document *document);
void report_html(report_text *out, const report_document *document);
extern const char report_style[]; /* CSS */

/* ---- what both forms share ---- */

/* "Countersign 0.1.0, commit 3de86d4", and "Processor, 2 cores, 2026-01-02 03:04, 9 repetitions". */
void report_subtitle_version(report_text *out, const report_document *document);
void report_subtitle_machine(report_text *out, const report_document *document);

/* The cells of a row: "320 ns", "316–325 ns", "3.12 M/s", "1.82", "1.79–1.86". Empty where there is nothing to say. */
enum { REPORT_CELL_SIZE = 112 };
typedef char report_cell[REPORT_CELL_SIZE];

typedef struct report_cells {
  report_cell time, time_interval, rate, ratio, ratio_interval;
} report_cells;

void report_row_cells(report_cells *out, const report_row *row, const report_group *group);

/* What the section's picture shows: "MACs a second", "time a MAC". */
const char *report_picture_measure(report_cell out, const report_section *section);

/* "95 % interval" or "range": what the intervals of this run are. */
const char *report_interval_name(const report_document *document);

/* "the 95 % interval of the median" or "the least and the greatest value": the same in words. */
const char *report_interval_phrase(const report_document *document);

/* What the figures in brackets are: a sentence. */
const char *report_interval_note(const report_document *document);

/* How to read the report: paragraphs, ended by NULL. */
extern const char *const report_method[];

#endif
