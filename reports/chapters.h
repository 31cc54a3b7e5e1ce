/* Chapters of the report that are not a table of one subject's rows: what the nonce table holds, what a claim costs,
 * and which of the bars are met. Each is a list of sentences, a table, and perhaps a picture. */
#ifndef CSN_REPORTS_CHAPTERS_H
#define CSN_REPORTS_CHAPTERS_H

#include "conclusions.h"
#include "studies.h"
#include "table.h"

/* Zero it first. Without sentences it has nothing to say, and is left out. */
typedef struct report_chapter {
  const char *id, *title;
  char *about; /* how it was measured; NULL where there is nothing to say */
  report_sentences sentences;
  report_table table;
  report_sentences notes; /* below the table */
  const char *caption;
  const char *file_name;          /* of the picture beside the Markdown */
  report_text wide, narrow, file; /* empty where there is no picture */
  bool failed;                    /* memory ran out */
} report_chapter;

enum { REPORT_CHAPTERS = 4 };

/* What the chapters are made from. */
typedef struct report_evidence {
  const report_analysis *analysis;
  const report_storage *storage;
  const report_studies *studies;
} report_evidence;

void report_chapter_bars(report_chapter *out, const report_evidence *evidence);
void report_chapter_capacity(report_chapter *out, const report_evidence *evidence);
void report_chapter_costs(report_chapter *out, const report_evidence *evidence);
void report_chapter_verification_bars(report_chapter *out, const report_evidence *evidence);
void report_chapter_free(report_chapter *chapter);

/* Which bars are met, in one sentence each, for the top of the report. */
void report_conclude_bars(report_sentences *out, const report_evidence *evidence);
void report_conclude_verification_bars(report_sentences *out, const report_evidence *evidence);

/* The worst of the points at the design load; NULL where none was simulated. The second of cold starts. */
const report_load *report_capacity_design(const report_capacity *capacity);
const report_load *report_capacity_cold(const report_capacity *capacity);

/* Why the simulation may be of other code than the results are, so that it judges nothing; NULL where it is not. */
const char *report_capacity_doubt(const report_capacity *capacity, const report_results *results);

/* Shares above this do not count as never full. */
#define REPORT_FULL_SHARE_MAX 1e-9

/* Draws the share of refused claims against the load, into `inlined` and, unless it is NULL, `standalone`. On false
 * `reason` says why in a few words. */
bool report_curve_draw(report_text *inlined, report_text *standalone, const report_capacity *capacity, bool narrow,
                       const char **reason);

/* The gnuplot script for it. */
void report_curve_script(report_text *out, const report_capacity *capacity, bool narrow);

/* "11.8 %", "343 in a million", "12.0 in a billion". */
const char *report_number_share(report_phrase out, double share);

#endif
