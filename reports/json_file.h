/* A JSON file that somebody else wrote, and what to say where it is not what it should be. */
#ifndef CSN_REPORTS_JSON_FILE_H
#define CSN_REPORTS_JSON_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Which file is read, and where the one line about it goes. */
typedef struct report_json_file {
  const char *path;
  char *error;
  size_t error_size;
} report_json_file;

/* What it holds. NULL: `error` says why, with the line where one is to blame. */
json_t *report_json_load(const report_json_file *in, size_t bytes_max);

/* Writes "PATH: " and the message. Always false. */
__attribute__((format(printf, 2, 3))) bool report_json_refuse(const report_json_file *in, const char *format, ...);

#endif
