/* Lines and whole files. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/src/ct.h"

enum { BLOCK = 256 * 1024 }; /* bytes of one read: large for few system calls, small for the second-level cache */

static char *const standard_input[] = {"-", NULL};

void csn_lines_init(csn_lines *lines, char *const *paths, size_t path_count, size_t limit) {
  memset(lines, 0, sizeof *lines);
  lines->paths = path_count > 0 ? paths : standard_input;
  lines->paths_left = path_count > 0 ? path_count : 1;
  lines->limit = limit;
  lines->fd = -1;
}

static void close_file(csn_lines *lines) {
  if (lines->fd > STDIN_FILENO) close(lines->fd);
  lines->fd = -1;
}

/* Lines and files may hold tokens and keys. */
static void free_wiped(uint8_t *bytes, size_t size) {
  if (bytes != NULL) csn_wipe(bytes, size);
  free(bytes);
}

void csn_lines_free(csn_lines *lines) {
  close_file(lines);
  free_wiped(lines->buffer, lines->size);
  lines->buffer = NULL;
}

static bool open_next(csn_lines *lines) {
  const char *path = *lines->paths++;
  bool is_stdin = strcmp(path, "-") == 0;
  struct stat info;

  lines->paths_left--;
  lines->name = is_stdin ? "<stdin>" : path;
  lines->number = 0;
  lines->start = lines->end = 0;
  lines->at_end = lines->skipping = false;
  lines->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (lines->fd < 0 || fstat(lines->fd, &info) != 0) {
    lines->error = errno;
    return false;
  }
  lines->may_wait = !S_ISREG(info.st_mode);
  return true;
}

/* Makes room behind `end`: what is unread moves to the front, and the buffer grows only where a line fills it. Not by
 * realloc(), which may leave a copy of a secret behind. */
static bool make_room(csn_lines *lines) {
  size_t unread = lines->end - lines->start, size = lines->size == 0 ? BLOCK : lines->size;
  if (lines->start > 0) memmove(lines->buffer, lines->buffer + lines->start, unread);
  lines->start = 0;
  lines->end = unread;
  if (size - unread < BLOCK / 2) size *= 2;
  if (size == lines->size) return true;
  uint8_t *grown = malloc(size);
  if (grown == NULL) return false;
  if (unread > 0) memcpy(grown, lines->buffer, unread);
  free_wiped(lines->buffer, lines->size);
  lines->buffer = grown;
  lines->size = size;
  return true;
}

static void announce_wait(csn_lines *lines) {
  struct pollfd ready = {.fd = lines->fd, .events = POLLIN};
  if (!lines->may_wait || lines->before_wait == NULL) return;
  if (poll(&ready, 1, 0) == 0) lines->before_wait(lines->before_wait_self);
}

static bool refill(csn_lines *lines) {
  ssize_t got;
  if (!make_room(lines)) {
    lines->error = ENOMEM;
    return false;
  }
  do {
    announce_wait(lines); /* again, where a signal has ended the wait */
    got = read(lines->fd, lines->buffer + lines->end, lines->size - lines->end);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    lines->error = errno;
    return false;
  }
  lines->at_end = got == 0;
  lines->end += (size_t)got;
  return true;
}

static csn_line_status give(csn_lines *lines, size_t len, csn_span *line) {
  lines->number++;
  lines->total++;
  *line = csn_span_of(lines->buffer + lines->start, len < lines->limit ? len : lines->limit);
  return len > lines->limit ? CSN_LINE_TOO_LONG : CSN_LINE_READ;
}

/* What is left of a file without a line feed: a part of a line, or its last one. */
static csn_line_status give_unfinished(csn_lines *lines, csn_span *line) {
  size_t len = lines->end - lines->start;
  csn_line_status status = give(lines, len, line);
  lines->skipping = !lines->at_end;
  lines->start = lines->end;
  return status;
}

static csn_line_status next_in_file(csn_lines *lines, csn_span *line) {
  size_t scanned = 0; /* bytes behind `start` that are known to hold no line feed */
  if (lines->buffer == NULL && !refill(lines)) return CSN_LINE_FAILED;
  for (;;) {
    size_t len = lines->end - lines->start;
    const uint8_t *from = lines->buffer + lines->start;
    const uint8_t *feed = len == scanned ? NULL : memchr(from + scanned, '\n', len - scanned);
    if (feed != NULL) {
      size_t line_len = (size_t)(feed - from);
      csn_line_status status = lines->skipping ? CSN_LINE_END : give(lines, line_len, line);
      lines->start += line_len + 1;
      if (!lines->skipping) return status;
      lines->skipping = false;
      scanned = 0;
      continue;
    }
    if (lines->skipping) lines->start = lines->end;
    scanned = lines->end - lines->start;
    if (scanned > lines->limit || (lines->at_end && scanned > 0)) return give_unfinished(lines, line);
    if (lines->at_end) return CSN_LINE_END;
    if (!refill(lines)) return CSN_LINE_FAILED;
  }
}

csn_line_status csn_lines_next(csn_lines *lines, csn_span *line) {
  for (;;) {
    if (lines->fd < 0) {
      if (lines->paths_left == 0) return CSN_LINE_END;
      if (!open_next(lines)) return CSN_LINE_FAILED;
    }
    csn_line_status status = next_in_file(lines, line);
    if (status != CSN_LINE_END) return status;
    close_file(lines);
  }
}

bool csn_lines_at_file_end(csn_lines *lines) {
  while (lines->start == lines->end && !lines->at_end) {
    if (!refill(lines)) return false; /* the next call meets the same error and names it */
  }
  return lines->start == lines->end;
}

/* A larger buffer with the same content, as make_room() makes one. */
static bool grow_file(csn_file *file, size_t size) {
  uint8_t *grown = malloc(size);
  if (grown == NULL) return false;
  if (file->len > 0) memcpy(grown, file->bytes, file->len);
  size_t len = file->len;
  csn_file_free(file);
  *file = (csn_file){grown, len, size};
  return true;
}

static int read_all(csn_file *file, int fd, size_t limit) {
  for (;;) {
    if (file->len == file->size && !grow_file(file, file->size * 2 + 4096)) return ENOMEM;
    ssize_t got = read(fd, file->bytes + file->len, file->size - file->len);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    file->len += (size_t)got;
    if (file->len > limit) return EFBIG;
  }
}

int csn_file_read(csn_file *out, const char *path, size_t limit) {
  struct stat info;
  memset(out, 0, sizeof *out);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return errno;

  int error = fstat(fd, &info) != 0 ? errno : 0;
  size_t expected = error == 0 && S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : 0;
  if (error == 0 && expected > limit) error = EFBIG;
  if (error == 0 && expected > 0 && !grow_file(out, expected + 1)) error = ENOMEM;
  if (error == 0) error = read_all(out, fd, limit);
  close(fd);
  if (error != 0) csn_file_free(out);
  return error;
}

void csn_file_free(csn_file *file) {
  free_wiped(file->bytes, file->size);
  memset(file, 0, sizeof *file);
}

const char *csn_path_shown(const char *path, char text[CSN_PATH_SHOWN_MAX + 4]) {
  size_t len = strlen(path), cut = len > CSN_PATH_SHOWN_MAX ? len - CSN_PATH_SHOWN_MAX : 0;
  strcpy(text, cut > 0 ? "..." : "");
  return strcat(text, path + cut);
}

size_t csn_line_of_offset(csn_span text, size_t offset) {
  size_t line = 1;
  for (size_t i = 0; i < offset && i < text.len; i++) line += text.ptr[i] == '\n';
  return line;
}
