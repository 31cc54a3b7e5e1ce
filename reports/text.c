#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_FIRST = 256, TEXT_BLOCK = 1 << 16 };

static bool reserve(report_text *text, size_t more) {
  if (text->failed) return false;
  size_t wanted = text->length + more + 1;
  if (wanted <= text->capacity) return true;
  size_t capacity = text->capacity < TEXT_FIRST ? TEXT_FIRST : text->capacity * 2;
  if (capacity < wanted) capacity = wanted;
  char *data = realloc(text->data, capacity);
  if (data == NULL) {
    text->failed = true;
    return false;
  }
  text->data = data;
  text->capacity = capacity;
  return true;
}

void report_text_add_bytes(report_text *text, const char *bytes, size_t length) {
  if (!reserve(text, length)) return;
  if (length != 0) memcpy(text->data + text->length, bytes, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void report_text_add(report_text *text, const char *string) {
  report_text_add_bytes(text, string, strlen(string));
}

void report_text_format_list(report_text *text, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (length < 0) text->failed = true;
  if (length >= 0 && reserve(text, (size_t)length)) {
    (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
}

void report_text_format(report_text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  report_text_format_list(text, format, arguments);
  va_end(arguments);
}

static bool is_control(char c) {
  return (unsigned char)c < 0x20 || c == 0x7f;
}

static const char *html_entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return NULL;
  }
}

void report_text_html(report_text *text, const char *string) {
  for (const char *s = string; *s != '\0'; s++) {
    const char *entity = html_entity(*s);
    char plain = is_control(*s) ? ' ' : *s;
    if (entity != NULL) {
      report_text_add(text, entity);
    } else {
      report_text_add_bytes(text, &plain, 1);
    }
  }
}

void report_text_markdown(report_text *text, const char *string) {
  for (const char *s = string; *s != '\0'; s++) {
    char plain = is_control(*s) ? ' ' : *s;
    if (*s == '<' || *s == '>' || *s == '&') {
      report_text_add(text, html_entity(*s));
      continue;
    }
    if (strchr("\\`*_{}[]|#~$", plain) != NULL) report_text_add(text, "\\");
    report_text_add_bytes(text, &plain, 1);
  }
}

void report_text_truncate(report_text *text, size_t length) {
  if (length >= text->length) return;
  text->length = length;
  text->data[length] = '\0';
}

const char *report_text_string(const report_text *text) {
  return text->data == NULL ? "" : text->data;
}

void report_text_free(report_text *text) {
  free(text->data);
  *text = (report_text){0};
}

static bool write_all(const report_text *text, const char *path) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) return false;
  bool written = fwrite(report_text_string(text), 1, text->length, file) == text->length;
  int write_errno = errno;
  bool closed = fclose(file) == 0;
  if (!written) errno = write_errno;
  return written && closed;
}

bool report_text_save(const report_text *text, const char *path, char *error, size_t error_size) {
  report_text temporary = {0};
  report_text_format(&temporary, "%s.tmp", path);
  if (text->failed || temporary.failed) {
    (void)snprintf(error, error_size, "%s: out of memory", path);
    report_text_free(&temporary);
    return false;
  }
  bool saved = write_all(text, temporary.data) && rename(temporary.data, path) == 0;
  if (!saved) {
    (void)snprintf(error, error_size, "%s: %s", path, strerror(errno));
    (void)unlink(temporary.data);
  }
  report_text_free(&temporary);
  return saved;
}

/* Reads to the end, or until there are more than `limit` bytes. */
static bool read_all(report_text *text, FILE *file, size_t limit) {
  while (reserve(text, TEXT_BLOCK)) {
    size_t got = fread(text->data + text->length, 1, TEXT_BLOCK, file);
    text->length += got;
    text->data[text->length] = '\0';
    if (text->length > limit || got == 0) break;
  }
  return !text->failed && !ferror(file);
}

bool report_text_load(report_text *text, const char *path, size_t limit, char *error, size_t error_size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    (void)snprintf(error, error_size, "%s: %s", path, strerror(errno));
    return false;
  }
  errno = 0;
  bool read = read_all(text, file, limit);
  if (!read) (void)snprintf(error, error_size, "%s: %s", path, errno == 0 ? "cannot be read" : strerror(errno));
  if (read && text->length > limit) {
    (void)snprintf(error, error_size, "%s: larger than %zu bytes", path, limit);
    read = false;
  }
  (void)fclose(file);
  if (!read) report_text_free(text);
  return read;
}
