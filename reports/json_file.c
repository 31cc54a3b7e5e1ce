#include "json_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

bool report_json_refuse(const report_json_file *in, const char *format, ...) {
  char message[256];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  (void)snprintf(in->error, in->error_size, "%s: %s", in->path, message);
  return false;
}

/* The length of a bare NaN or Infinity, with its sign, at `at`; 0 where there is none. */
static size_t non_finite(const char *at) {
  size_t sign = *at == '-' ? 1 : 0;
  if (strncmp(at + sign, "NaN", 3) == 0) return sign + 3;
  if (strncmp(at + sign, "Infinity", 8) == 0) return sign + 8;
  return 0;
}

/* Google Benchmark writes bare NaN and Infinity, which are not JSON: they become null. Strings are left as they are. */
static void replace_non_finite(report_text *out, const report_text *in) {
  bool in_string = false;
  for (size_t i = 0; i < in->length; i++) {
    char c = in->data[i];
    if (in_string && c == '\\' && i + 1 < in->length) {
      report_text_add_bytes(out, in->data + i++, 2);
      continue;
    }
    if (c == '"') in_string = !in_string;
    size_t length = in_string ? 0 : non_finite(in->data + i);
    if (length == 0) {
      report_text_add_bytes(out, &c, 1);
    } else {
      report_text_add(out, "null");
      i += length - 1;
    }
  }
}

/* jansson quotes what it stumbled over. */
static void one_line(char *message) {
  for (; *message != '\0'; message++) {
    if ((unsigned char)*message < 0x20 || *message == 0x7f) *message = ' ';
  }
}

json_t *report_json_load(const report_json_file *in, size_t bytes_max) {
  report_text raw = {0}, text = {0};
  if (!report_text_load(&raw, in->path, bytes_max, in->error, in->error_size)) return NULL;
  replace_non_finite(&text, &raw);
  json_error_t where;
  json_t *root = NULL;
  if (text.failed) {
    (void)report_json_refuse(in, "out of memory");
  } else {
    root = json_loadb(report_text_string(&text), text.length, 0, &where);
    if (root == NULL) {
      (void)snprintf(in->error, in->error_size, "%s:%d: not JSON: %s", in->path, where.line, where.text);
      one_line(in->error);
    }
  }
  report_text_free(&raw);
  report_text_free(&text);
  return root;
}
