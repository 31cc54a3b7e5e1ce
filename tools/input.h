/* Input: lines out of files or standard input, and whole files, both with a limit. */
#ifndef CSN_TOOLS_INPUT_H
#define CSN_TOOLS_INPUT_H

#include <countersign/span.h>

typedef enum csn_line_status {
  CSN_LINE_READ,
  CSN_LINE_TOO_LONG, /* the span holds its first `limit` bytes; the next call skips the rest */
  CSN_LINE_END,      /* of the last file */
  CSN_LINE_FAILED,   /* `error` is an errno, `name` the file */
} csn_line_status;

/* Lines of several files, one after the other. The buffer is kept from line to line and file to file and grows at most
 * to a little more than `limit`: nothing is allocated for a line. Not thread-safe. */
typedef struct csn_lines {
  const char *name;   /* of the file that is being read */
  uint64_t number;    /* of the last line in its file, from 1 */
  uint64_t total;     /* lines so far, over all files */
  int error;          /* errno of a failure */
  char *const *paths; /* "-" is standard input */
  size_t paths_left;
  size_t limit; /* bytes of a line, without its line feed */
  uint8_t *buffer;
  size_t size, start, end;
  int fd;
  bool may_wait, at_end, skipping;
  void (*before_wait)(void *self); /* called before a read that would wait, so that answers are never held back */
  void *before_wait_self;
} csn_lines;

/* `paths` is not copied; without any, standard input is read. */
void csn_lines_init(csn_lines *lines, char *const *paths, size_t path_count, size_t limit);
void csn_lines_free(csn_lines *lines); /* wipes what was read */

/* The next line, without its line feed; the last of a file may lack one. The span is valid until the next call. */
csn_line_status csn_lines_next(csn_lines *lines, csn_span *line) CSN_WARN_UNUSED;

/* Whether nothing follows the last line in its file. May read, and ends the validity of the last line's span. */
bool csn_lines_at_file_end(csn_lines *lines);

/* A whole file. The bytes may hold secrets: csn_file_free() wipes them. */
typedef struct csn_file {
  uint8_t *bytes;
  size_t len, size;
} csn_file;

/* Reads `path`, which may be a pipe. Returns 0 or an errno: EFBIG where there are more than `limit` bytes. After an
 * error nothing is allocated. */
int csn_file_read(csn_file *out, const char *path, size_t limit) CSN_WARN_UNUSED;
void csn_file_free(csn_file *file);

static inline csn_span csn_file_span(const csn_file *file) {
  return csn_span_of(file->bytes, file->len);
}

/* A path for a message: of a long one only its end, behind "...", since that names the file. The reason behind it
 * always has room. Returns `text`. */
enum { CSN_PATH_SHOWN_MAX = 100 };
const char *csn_path_shown(const char *path, char text[CSN_PATH_SHOWN_MAX + 4]);

/* The line, from 1, in which the byte at `offset` stands. */
size_t csn_line_of_offset(csn_span text, size_t offset);

#endif
