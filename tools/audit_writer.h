/* The thread that writes audit lines: it takes them from their queue to a file, many with one system call, so that a
 * slow disk or a slow reader never holds up a thread that pushes. */
#ifndef CSN_TOOLS_AUDIT_WRITER_H
#define CSN_TOOLS_AUDIT_WRITER_H

#include <countersign/audit.h>

typedef struct csn_audit_writer csn_audit_writer;

enum {
  CSN_AUDIT_WRITER_PERIOD_MS = 10, /* between two looks at an empty queue: nobody who pushes pays for waking anybody */
  CSN_AUDIT_WRITER_RETRY_MS = 100, /* between two attempts at what failed */
};

typedef struct csn_audit_writer_config {
  const char *path; /* made with mode 0600 where it is not there, and appended to; copied */
  size_t slots;     /* of the queue: see csn_audit_queue_size() */
  csn_audit_policy policy;
} csn_audit_writer_config;

/* Opens the file, makes the queue and starts the thread, in which all signals are blocked. A file that ends within a
 * line, as a process that was killed leaves it, gets a line feed first. A FIFO needs a reader. Returns 0, or an errno:
 * EINVAL for `slots` or `policy`, else why the file cannot be opened, or the thread not be started. */
int csn_audit_writer_start(csn_audit_writer **out,
                           const csn_audit_writer_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Where to push: csn_audit_push() on it never waits. The writer is its only consumer. */
csn_audit_queue *csn_audit_writer_queue(csn_audit_writer *writer) CSN_NONNULL_ALL;

/* Pushes, and under CSN_AUDIT_BLOCK waits for room. BUSY only where there is none because the file cannot be written:
 * the line is not in the queue, and csn_audit_writer_counts_of() says what is wrong. Any thread. */
csn_audit_push_answer csn_audit_writer_push(csn_audit_writer *writer, csn_span line) CSN_WARN_UNUSED CSN_NONNULL(1);

/* Asks for the path to be opened anew, since the file has been renamed, and returns at once. Lines are whole in one
 * file or the other; one that the old file took a part of and no more stands whole in the new one, too. Where the path
 * cannot be opened the old file is written to, and the path tried again. Any thread, and a signal handler. */
void csn_audit_writer_rotate(csn_audit_writer *writer) CSN_NONNULL_ALL;

/* What has happened since the start. A write that fails is tried again, from the byte that it had come to: no line is
 * lost while the writer runs, but those for which the queue had no room; these are reported in the file. */
typedef struct csn_audit_writer_counts {
  uint64_t lines;     /* written, reports of drops included */
  uint64_t rotations; /* that have been done */
  uint64_t failures;  /* of writes, of opening the path anew, and of syncing the file that was left */
  uint64_t disk_full; /* those of them that were ENOSPC or EDQUOT */
  int error;          /* errno of the last write, 0 where it went well */
} csn_audit_writer_counts;

/* Any thread; a moving picture. */
csn_audit_writer_counts csn_audit_writer_counts_of(const csn_audit_writer *writer) CSN_NONNULL_ALL;

/* Writes what is in the queue, syncs the file, ends the thread and frees the writer with its queue: nobody may push, or
 * ask for a rotation, any more. `timeout_ms` is how long that may take, failed writes and a reader that does not read
 * included; -1: as long as it takes, but a write that fails is not tried again. A disk that does not answer is waited
 * for in any case. Returns 0 where all is written, else an errno (ETIMEDOUT where nothing failed), and in `*left` the
 * lines that were not written. */
int csn_audit_writer_stop(csn_audit_writer *writer, int64_t timeout_ms, size_t *left) CSN_NONNULL_ALL;

#endif
