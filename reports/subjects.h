/* What the benchmarks' names mean to a reader. A new benchmark needs a row here, and is shown without one as well. */
#ifndef CSN_REPORTS_SUBJECTS_H
#define CSN_REPORTS_SUBJECTS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct report_subject {
  const char *name;
  const char *title;
  const char *about;    /* one sentence */
  const char *unit;     /* one item; its plural has an s */
  const char *baseline; /* the implementation that the others are compared with */
  double goal;          /* items a second that are to be reached; 0: none */
  const char *goal_text;
  const char
      *axis; /* what the variants are, where they are numbers that the rows are drawn against as lines; or NULL */
} report_subject;

/* The subject's row, or NULL. Static storage. */
const report_subject *report_subject_find(const char *name);

/* All rows, in the order of the report. */
const report_subject *report_subject_at(size_t index); /* NULL behind the last */

/* Where the subject stands in the report; behind all others where it is not known. */
size_t report_subject_order(const char *name);

/* For a subject that is not known. */
extern const report_subject report_subject_unknown;

/* A variant or an implementation as a reader wants it; its own name where it is not known. */
const char *report_variant_label(const char *subject, const char *variant);
const char *report_implementation_label(const char *implementation);

/* The implementation is the baseline, or a way of using it (`countersign_batch`). */
bool report_is_own(const report_subject *subject, const char *implementation);

/* Bare work that is a part of what is measured (`limit`, `limit_load`, `hmac`), or a memory of answers in its place
 * (`fast_jwt_cache`): shown, never a competitor. */
bool report_is_limit(const char *implementation);

/* The subjects whose rows the comparison of stores is made of. */
#define REPORT_SUBJECT_STORES "nonce_store"
#define REPORT_SUBJECT_LOOKUPS "credential_lookup"
#define REPORT_VARIANT_SINGLE "depth_1"
#define REPORT_VARIANT_BATCH "depth_64"

/* The subject that is drawn as a waterfall. */
#define REPORT_SUBJECT_STEPS "stage"

/* The size of the set that the bars of the nonce table are about, and the one beyond. */
#define REPORT_VARIANT_LARGE "live_8M"
#define REPORT_VARIANT_HUGE "live_128M"

/* A counter of its rows: the share of the memory on huge pages; and below what share a row is doubted. */
#define REPORT_COUNTER_HUGE "huge_share"
#define REPORT_HUGE_MIN 0.9

#endif
