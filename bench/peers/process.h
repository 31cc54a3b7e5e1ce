/* A peer in another language: a process that answers lines with lines, over two pipes. What it takes for its work it
 * measures itself, so that the pipes are in no time. */
#ifndef CSN_BENCH_PROCESS_H
#define CSN_BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CSN_PROCESS_LINE_MAX = 512, CSN_PROCESS_WHY_MAX = 128 };

/* Zeroed before its first use. One thread at a time, and while it writes, SIGPIPE is ignored in all of them. */
typedef struct csn_process {
  pid_t pid; /* 0: there is none */
  int to, from;
  int timeout_ms; /* for each line and for each text that is sent */
  size_t filled, taken;
  char buffer[CSN_PROCESS_LINE_MAX];
  char why[CSN_PROCESS_WHY_MAX]; /* of the last that failed: what a message says behind the program's name */
} csn_process;

/* Starts `argv[0]`, looked for along PATH, with its standard input and output in our hands and our standard error.
 * False where there is no such program. */
bool csn_process_start(csn_process *self, char *const argv[], int timeout_ms);

/* Sends `len` bytes. False, and the process ended, where it does not read them all within the time. */
bool csn_process_send(csn_process *self, const char *text, size_t len);

/* The next line, without its line feed, valid until the next call. NULL, and the process ended, where it ends, does not
 * answer within the time, or sends a line of CSN_PROCESS_LINE_MAX bytes or more, or a NUL. */
const char *csn_process_line(csn_process *self);

/* Closes the pipes, on which it has to end; kills it where it has not within a second. Nothing where there is none. */
void csn_process_end(csn_process *self);

#endif
