/* What the figures say. Every sentence is computed from them; where they are missing, the sentence says that. */
#ifndef CSN_REPORTS_CONCLUSIONS_H
#define CSN_REPORTS_CONCLUSIONS_H

#include "analysis.h"
#include "storage.h"
#include "text.h"

/* Repetitions below which a run is called quick, and shows no bar to be met. */
enum { REPORT_REPETITIONS_FULL = 9 };

/* Ranges wider than this part of their median are named. */
#define REPORT_SPREAD_NOTED 0.2

/* Plain text without markup: "JSON Web Tokens:", "Countersign is the fastest; …". */
typedef struct report_statement {
  char *lead; /* what it is about, with its colon, for the eye; NULL where there is none */
  char *text;
} report_statement;

/* Zero it first. */
typedef struct report_sentences {
  report_statement *items;
  size_t count;
  bool failed; /* memory ran out */
} report_sentences;

void report_sentences_free(report_sentences *sentences);

/* Adds a sentence. `lead` is copied, and given a colon; NULL or empty for none. */
void report_sentence(report_sentences *out, const char *lead, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds what was put together in `text`, unless it is empty, and frees it. */
void report_sentence_finish(report_sentences *out, const char *lead, report_text *text);

/* The top of the report: a sentence for each subject. */
void report_conclude_summary(report_sentences *out, const report_analysis *analysis);

/* What one subject's table shows: a sentence for each group, one for each that was not measured, one for threads. */
void report_conclude_section(report_sentences *out, const report_analysis *analysis, const report_section *section);

/* What the rows of one subject say of their implementations, each once: version and settings. Nothing for stores, which
 * have it in their comparison. */
void report_conclude_settings(report_sentences *out, const report_section *section);

/* Which store to pick for what, and what that costs. */
void report_conclude_storage(report_sentences *out, const report_storage *storage);

/* The same in one sentence, for the top of the report. */
void report_conclude_storage_summary(report_sentences *out, const report_storage *storage);

/* What weakens the figures: few repetitions, other load, wide spread, what was not run. */
void report_conclude_caveats(report_sentences *out, const report_analysis *analysis);

/* What stands in the brackets behind a ratio. */
enum { REPORT_PHRASE_SIZE = 160 };
typedef char report_phrase[REPORT_PHRASE_SIZE];

/* "1.79–1.86": its interval or range; "one repetition" where there is neither. */
const char *report_phrase_interval(report_phrase out, const report_summary *ratio);

/* Whether `row` is surely the slower one: at least two repetitions of both, and the interval of their ratio above 1.
 * Neither slower than the other: they cannot be told apart. */
bool report_is_slower(const report_row *row, const report_row *other);

#endif
