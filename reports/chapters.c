#include "chapters.h"

#include <stdlib.h>

void report_chapter_free(report_chapter *chapter) {
  free(chapter->about);
  report_sentences_free(&chapter->sentences);
  report_table_free(&chapter->table);
  report_sentences_free(&chapter->notes);
  report_text_free(&chapter->wide);
  report_text_free(&chapter->narrow);
  report_text_free(&chapter->file);
  *chapter = (report_chapter){0};
}
