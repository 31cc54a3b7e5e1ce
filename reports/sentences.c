#include <stdio.h>
#include <stdlib.h>

#include "conclusions.h"
#include "number.h"
#include "text.h"

/* Takes `text` over. */
static void add(report_sentences *out, const char *lead, char *text) {
  report_text colon = {0};
  if (lead != NULL && lead[0] != '\0') report_text_format(&colon, "%s:", lead);
  report_statement *items = colon.failed ? NULL : realloc(out->items, (out->count + 1) * sizeof *items);
  if (items == NULL) {
    out->failed = true;
    report_text_free(&colon);
    free(text);
    return;
  }
  out->items = items;
  out->items[out->count++] = (report_statement){colon.data, text};
}

void report_sentence_finish(report_sentences *out, const char *lead, report_text *text) {
  if (text->failed) out->failed = true;
  if (text->failed || text->length == 0) {
    report_text_free(text);
  } else {
    add(out, lead, text->data);
    *text = (report_text){0};
  }
}

void report_sentence(report_sentences *out, const char *lead, const char *format, ...) {
  report_text text = {0};
  va_list arguments;
  va_start(arguments, format);
  report_text_format_list(&text, format, arguments);
  va_end(arguments);
  report_sentence_finish(out, lead, &text);
}

void report_sentences_free(report_sentences *sentences) {
  for (size_t i = 0; i < sentences->count; i++) {
    free(sentences->items[i].lead);
    free(sentences->items[i].text);
  }
  free(sentences->items);
  *sentences = (report_sentences){0};
}

const char *report_phrase_interval(report_phrase out, const report_summary *ratio) {
  report_number low, high;
  report_number_ratio(low, ratio->low);
  report_number_ratio(high, ratio->high);
  if (ratio->count < 2) {
    (void)snprintf(out, REPORT_PHRASE_SIZE, "one repetition");
  } else {
    (void)snprintf(out, REPORT_PHRASE_SIZE, "%s–%s", low, high);
  }
  return out;
}

bool report_is_slower(const report_row *row, const report_row *other) {
  report_summary ratio = report_ratio(row, other);
  return ratio.count >= 2 && ratio.low > 1;
}
