/* Text that grows, and the two ways to put foreign text into it: escaped for HTML, escaped for Markdown. */
#ifndef CSN_REPORTS_TEXT_H
#define CSN_REPORTS_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Zero it first. `data` is NUL-terminated, or NULL while nothing was added. When memory runs out `failed` stays true
 * and every later call does nothing, so that one check at the end is enough. */
typedef struct report_text {
  char *data;
  size_t length;
  size_t capacity;
  bool failed;
} report_text;

void report_text_add(report_text *text, const char *string);
void report_text_add_bytes(report_text *text, const char *bytes, size_t length);
void report_text_format(report_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_text_format_list(report_text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Text and double-quoted attribute values. Control characters become spaces: they are not allowed in HTML. */
void report_text_html(report_text *text, const char *string);

/* Text inside a paragraph or a table's cell: no character keeps a meaning in Markdown or HTML. */
void report_text_markdown(report_text *text, const char *string);

/* Drops what follows the first `length` bytes. */
void report_text_truncate(report_text *text, size_t length);

/* The text, never NULL. */
const char *report_text_string(const report_text *text);
void report_text_free(report_text *text);

/* Replaces `path` by the text, through a temporary file beside it, so that a reader never sees half a file. On false
 * `error` says why. */
bool report_text_save(const report_text *text, const char *path, char *error, size_t error_size);

/* Reads a whole file of at most `limit` bytes. On false `error` says why and nothing is left allocated. */
bool report_text_load(report_text *text, const char *path, size_t limit, char *error, size_t error_size);

#endif
