/* The thread that writes audit lines: order, drops, slow readers, rotation, and disks that take no more. */
#include "audit_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#include "test_support.h"

static char text[4 << 20];
static size_t text_len;

static void rest(long milliseconds) {
  nanosleep(&(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000}, NULL);
}

/* Waits up to ten seconds. */
#define wait_until(condition)                                           \
  do {                                                                  \
    for (int tries = 0; !(condition) && tries < 2000; tries++) rest(5); \
    assert_true(condition);                                             \
  } while (0)

static csn_audit_writer *start(const char *path, size_t slots, csn_audit_policy policy) {
  csn_audit_writer *writer;
  csn_audit_writer_config config = {path, slots, policy};
  assert_int_equal(csn_audit_writer_start(&writer, &config), 0);
  assert_non_null(writer);
  return writer;
}

static void stop(csn_audit_writer *writer) {
  size_t left = 7;
  assert_int_equal(csn_audit_writer_stop(writer, 20000, &left), 0);
  assert_int_equal(left, 0);
}

static csn_audit_push_answer push(csn_audit_writer *writer, const char *line) {
  return csn_audit_writer_push(writer, csn_span_str(line));
}

/* A file of the test's, behind what `text` holds already. */
static void append_file(const char *name) {
  FILE *file = fopen(test_path(name), "rb");
  assert_non_null(file);
  text_len += fread(text + text_len, 1, sizeof text - 1 - text_len, file);
  text[text_len] = '\0';
  fclose(file);
}

static const char *file_text(const char *name) {
  text_len = 0;
  append_file(name);
  return text;
}

static csn_audit_writer_counts counts(const csn_audit_writer *writer) {
  return csn_audit_writer_counts_of(writer);
}

/* ---- producers ---- */

enum { PRODUCERS = 4, NUMBER_WIDTH = 8 };

typedef struct producer {
  pthread_t thread;
  csn_audit_writer *writer;
  char name;    /* 'a' to 'd' */
  size_t count; /* of lines: NAME, number, padding to `len` with the line feed */
  size_t len;
  size_t pushed, dropped;
  atomic_int finished;
} producer;

static size_t make_line(char name, size_t number, size_t len, char *line) {
  memset(line, '.', len);
  snprintf(line, len, "%c%0*zu", name, NUMBER_WIDTH, number);
  line[1 + NUMBER_WIDTH] = '.';
  line[len - 1] = '\n';
  return len;
}

static void *produce(void *self) {
  producer *p = self;
  char line[CSN_AUDIT_LINE_MAX];
  for (size_t i = 0; i < p->count; i++) {
    csn_span span = csn_span_of((uint8_t *)line, make_line(p->name, i, p->len, line));
    csn_audit_push_answer answer = csn_audit_writer_push(p->writer, span);
    if (answer == CSN_AUDIT_PUSHED) p->pushed++;
    if (answer == CSN_AUDIT_DROPPED) p->dropped++;
  }
  atomic_store(&p->finished, 1);
  return NULL;
}

static void start_producer(producer *p) {
  assert_int_equal(pthread_create(&p->thread, NULL, produce, p), 0);
}

/* What `text` says: whole lines only, each producer's in its order, none twice. */
typedef struct census {
  size_t lines[PRODUCERS], next[PRODUCERS];
  uint64_t dropped, reports;
} census;

static census take_census(size_t len) {
  census seen = {.dropped = 0};
  char wanted[CSN_AUDIT_LINE_MAX];
  for (const char *at = text; at < text + text_len;) {
    const char *end = memchr(at, '\n', (size_t)(text + text_len - at));
    assert_non_null(end);
    if (at[0] == '{') {
      const char *number = strstr(at, "\"dropped\":");
      assert_true(number != NULL && number < end);
      seen.dropped += strtoull(number + strlen("\"dropped\":"), NULL, 10);
      seen.reports++;
    } else {
      size_t who = (size_t)(at[0] - 'a'), number = strtoul(at + 1, NULL, 10);
      assert_true(who < PRODUCERS && number >= seen.next[who]);
      make_line(at[0], number, len, wanted);
      assert_int_equal(end + 1 - at, len);
      assert_memory_equal(at, wanted, len);
      seen.next[who] = number + 1;
      seen.lines[who]++;
    }
    at = end + 1;
  }
  return seen;
}

static void who_waits_for_room_loses_nothing(void **state) {
  enum { LINES = 3000, LEN = 100 };
  (void)state;
  producer producers[PRODUCERS];
  csn_audit_writer *writer = start(test_path("order"), 8, CSN_AUDIT_BLOCK);
  for (size_t i = 0; i < PRODUCERS; i++) {
    producers[i] = (producer){.writer = writer, .name = (char)('a' + i), .count = LINES, .len = LEN};
    start_producer(&producers[i]);
  }
  for (size_t i = 0; i < PRODUCERS; i++) pthread_join(producers[i].thread, NULL);
  stop(writer);
  file_text("order");
  census seen = take_census(LEN);
  assert_int_equal(seen.reports, 0);
  for (size_t i = 0; i < PRODUCERS; i++) {
    assert_int_equal(producers[i].pushed, LINES);
    assert_int_equal(seen.lines[i], LINES);
  }
}

/* ---- the file ---- */

static void the_file_is_private_and_appended_to(void **state) {
  struct stat status;
  (void)state;
  for (int i = 0; i < 2; i++) {
    csn_audit_writer *writer = start(test_path("file"), 2, CSN_AUDIT_BLOCK);
    assert_int_equal(push(writer, i == 0 ? "one\n" : "two\n"), CSN_AUDIT_PUSHED);
    wait_until(counts(writer).lines == 1); /* without a stop */
    stop(writer);
  }
  assert_string_equal(file_text("file"), "one\ntwo\n");
  assert_int_equal(stat(test_path("file"), &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_line_that_was_cut_by_a_crash_is_ended(void **state) {
  (void)state;
  test_write_text("torn", "whole\nto");
  csn_audit_writer *writer = start(test_path("torn"), 2, CSN_AUDIT_BLOCK);
  assert_int_equal(push(writer, "next\n"), CSN_AUDIT_PUSHED);
  stop(writer);
  assert_string_equal(file_text("torn"), "whole\nto\nnext\n");
}

static void what_cannot_be_started_says_why(void **state) {
  (void)state;
  assert_int_equal(mkfifo(test_path("unread"), 0600), 0);
  const struct {
    csn_audit_writer_config config;
    int error;
  } rows[] = {
      {{test_path("file"), 3, CSN_AUDIT_DROP}, EINVAL},  {{test_path("file"), 4, (csn_audit_policy)2}, EINVAL},
      {{"/nowhere/at/all", 4, CSN_AUDIT_DROP}, ENOENT},  {{"/", 4, CSN_AUDIT_DROP}, EISDIR},
      {{test_path("unread"), 4, CSN_AUDIT_DROP}, ENXIO},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_audit_writer *writer = (csn_audit_writer *)(uintptr_t)1;
    assert_int_equal(csn_audit_writer_start(&writer, &rows[i].config), rows[i].error);
    assert_null(writer);
  }
}

/* ---- slow readers ---- */

/* The reading end of a FIFO that holds a page. */
static int open_fifo(const char *name) {
  assert_int_equal(mkfifo(test_path(name), 0600), 0);
  int reader = open(test_path(name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  assert_true(reader >= 0);
  assert_true(fcntl(reader, F_SETPIPE_SZ, 4096) == 4096);
  return reader;
}

/* What there is to read now, to the end of `text`. */
static void read_some(int reader, size_t most) {
  ssize_t got = read(reader, text + text_len, most);
  if (got > 0) text_len += (size_t)got;
}

typedef struct stopping {
  csn_audit_writer *writer;
  atomic_int done;
} stopping;

static void *stop_in_thread(void *self) {
  stopping *s = self;
  size_t left = 1;
  int error = csn_audit_writer_stop(s->writer, -1, &left);
  atomic_store(&s->done, error == 0 && left == 0 ? 1 : 2);
  return NULL;
}

/* Ends the writer while somebody reads: all that was pushed comes. */
static void stop_and_read(csn_audit_writer *writer, int reader) {
  stopping end = {.writer = writer};
  pthread_t stopper;
  assert_int_equal(pthread_create(&stopper, NULL, stop_in_thread, &end), 0);
  rest(50);
  while (atomic_load(&end.done) == 0) read_some(reader, 1777);
  assert_int_equal(atomic_load(&end.done), 1);
  pthread_join(stopper, NULL);
  read_some(reader, sizeof text - text_len);
  close(reader);
}

/* The pipe takes parts of lines, since four of them are longer than what it takes at once or not at all (PIPE_BUF). It
 * is opened anew between lines only. */
static void a_slow_reader_gets_whole_lines(void **state) {
  enum { LINES = 200, LEN = 1501 };
  (void)state;
  int reader = open_fifo("slow");
  producer p = {.writer = start(test_path("slow"), 4, CSN_AUDIT_BLOCK), .name = 'a', .count = LINES, .len = LEN};
  text_len = 0;
  start_producer(&p);
  while (atomic_load(&p.finished) == 0) {
    read_some(reader, 1777);
    csn_audit_writer_rotate(p.writer);
  }
  pthread_join(p.thread, NULL);
  assert_true(counts(p.writer).rotations > 0);
  assert_int_equal(p.pushed, LINES);
  stop_and_read(p.writer, reader);
  assert_int_equal(take_census(LEN).lines[0], LINES);
}

/* Its pipe is full, and there are lines in the queue. */
static csn_audit_writer *start_stuck(const char *name) {
  producer p = {.writer = start(test_path(name), 4, CSN_AUDIT_DROP), .name = 'a', .count = 100, .len = 1501};
  produce(&p);
  wait_until(counts(p.writer).lines >= 2);
  produce(&p);
  return p.writer;
}

static void drops_are_reported_in_the_file(void **state) {
  (void)state;
  int reader = open_fifo("drops");
  producer p = {.writer = start(test_path("drops"), 4, CSN_AUDIT_DROP), .name = 'a', .count = 500, .len = 1501};
  text_len = 0;
  produce(&p); /* nobody reads: who pushes does not wait */
  assert_int_equal(p.pushed + p.dropped, p.count);
  assert_in_range(p.pushed, 4, 20);
  for (int i = 0; i < 40; i++, rest(5)) read_some(reader, 4096);
  stop_and_read(p.writer, reader);
  census seen = take_census(p.len);
  assert_int_equal(seen.lines[0], p.pushed);
  assert_int_equal(seen.dropped, p.dropped);
  assert_in_range(seen.reports, 1, p.pushed + 1);
}

static void a_stop_waits_for_a_reader_as_long_as_it_was_told(void **state) {
  size_t left = 0;
  (void)state;
  int reader = open_fifo("stuck");
  csn_audit_writer *writer = start_stuck("stuck");
  assert_int_equal(csn_audit_writer_stop(writer, 50, &left), ETIMEDOUT);
  assert_in_range(left, 1, 5);
  close(reader);
  reader = open_fifo("waited");
  stopping end = {.writer = start_stuck("waited")};
  pthread_t stopper;
  assert_int_equal(pthread_create(&stopper, NULL, stop_in_thread, &end), 0);
  rest(300);
  assert_int_equal(atomic_load(&end.done), 0);
  for (text_len = 0; atomic_load(&end.done) == 0;) read_some(reader, 1777);
  assert_int_equal(atomic_load(&end.done), 1);
  pthread_join(stopper, NULL);
  close(reader);
}

static void a_reader_that_is_gone_is_an_error_and_no_signal(void **state) {
  (void)state;
  int reader = open_fifo("gone");
  size_t left = 0;
  csn_audit_writer *writer = start(test_path("gone"), 2, CSN_AUDIT_BLOCK);
  close(reader);
  assert_int_equal(push(writer, "a\n"), CSN_AUDIT_PUSHED);
  wait_until(counts(writer).error == EPIPE);
  assert_int_equal(counts(writer).disk_full, 0);
  assert_int_equal(csn_audit_writer_stop(writer, -1, &left), EPIPE);
  assert_int_equal(left, 1);
}

/* ---- rotation ---- */

static void rotation_while_writing_loses_no_line(void **state) {
  enum { LINES = 20000, LEN = 120, TIMES = 8 };
  char names[TIMES][16];
  (void)state;
  producer p = {.writer = start(test_path("log"), 16, CSN_AUDIT_BLOCK), .name = 'a', .count = LINES, .len = LEN};
  start_producer(&p);
  for (uint64_t i = 0; i < TIMES; i++) {
    snprintf(names[i], sizeof names[i], "log.%u", (unsigned)i);
    assert_int_equal(rename(test_path("log"), test_path(names[i])), 0);
    csn_audit_writer_rotate(p.writer);
    wait_until(counts(p.writer).rotations == i + 1);
  }
  pthread_join(p.thread, NULL);
  stop(p.writer);
  text_len = 0;
  for (size_t i = 0; i < TIMES; i++) {
    append_file(names[i]);
    assert_true(text_len == 0 || text[text_len - 1] == '\n');
  }
  append_file("log");
  assert_int_equal(p.pushed, LINES);
  assert_int_equal(take_census(LEN).lines[0], LINES);
}

static csn_audit_writer *signalled;

static void on_signal(int number) {
  (void)number;
  csn_audit_writer_rotate(signalled);
}

static void a_signal_rotates(void **state) {
  struct sigaction action = {.sa_handler = on_signal}, before;
  (void)state;
  signalled = start(test_path("sig"), 2, CSN_AUDIT_BLOCK);
  assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
  assert_int_equal(push(signalled, "old\n"), CSN_AUDIT_PUSHED);
  wait_until(counts(signalled).lines == 1);
  assert_int_equal(rename(test_path("sig"), test_path("sig.1")), 0);
  assert_int_equal(kill(getpid(), SIGUSR1), 0);
  wait_until(counts(signalled).rotations == 1);
  assert_int_equal(push(signalled, "new\n"), CSN_AUDIT_PUSHED);
  stop(signalled);
  assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
  assert_string_equal(file_text("sig.1"), "old\n");
  assert_string_equal(file_text("sig"), "new\n");
}

static void a_path_that_cannot_be_opened_is_tried_again(void **state) {
  (void)state;
  csn_audit_writer *writer = start(test_path("kept"), 2, CSN_AUDIT_BLOCK);
  assert_int_equal(rename(test_path("kept"), test_path("kept.1")), 0);
  assert_int_equal(mkdir(test_path("kept"), 0700), 0);
  csn_audit_writer_rotate(writer);
  wait_until(counts(writer).failures > 1);
  assert_int_equal(push(writer, "old\n"), CSN_AUDIT_PUSHED);
  wait_until(counts(writer).lines == 1);
  assert_int_equal(counts(writer).rotations, 0);
  assert_int_equal(rmdir(test_path("kept")), 0);
  wait_until(counts(writer).rotations == 1);
  assert_int_equal(push(writer, "new\n"), CSN_AUDIT_PUSHED);
  stop(writer);
  assert_string_equal(file_text("kept.1"), "old\n");
  assert_string_equal(file_text("kept"), "new\n");
}

/* ---- disks that take no more ---- */

static void a_full_disk_is_counted_and_loses_no_line_in_the_queue(void **state) {
  (void)state;
  assert_int_equal(symlink("/dev/full", test_path("full")), 0);
  csn_audit_writer *writer = start(test_path("full"), 2, CSN_AUDIT_BLOCK);
  assert_int_equal(push(writer, "a\n"), CSN_AUDIT_PUSHED);
  assert_int_equal(push(writer, "b\n"), CSN_AUDIT_PUSHED);
  wait_until(counts(writer).disk_full >= 2); /* it is tried again */
  assert_int_equal(counts(writer).error, ENOSPC);
  assert_int_equal(counts(writer).failures >= 2, 1);
  assert_int_equal(push(writer, "c\n"), CSN_AUDIT_BUSY); /* and does not wait for a disk that is full */
  assert_int_equal(counts(writer).lines, 0);
  assert_int_equal(unlink(test_path("full")), 0);
  csn_audit_writer_rotate(writer);
  wait_until(counts(writer).lines == 2);
  assert_int_equal(counts(writer).error, 0);
  stop(writer);
  assert_string_equal(file_text("full"), "a\nb\n");
}

static void a_stop_says_what_is_left(void **state) {
  static const int64_t timeouts[] = {-1, 0, 50};
  (void)state;
  for (size_t i = 0; i < COUNT(timeouts); i++) {
    size_t left = 0;
    csn_audit_writer *writer = start("/dev/full", 4, CSN_AUDIT_BLOCK);
    assert_int_equal(push(writer, "a\n"), CSN_AUDIT_PUSHED);
    assert_int_equal(push(writer, "b\n"), CSN_AUDIT_PUSHED);
    assert_int_equal(csn_audit_writer_stop(writer, timeouts[i], &left), ENOSPC);
    assert_int_equal(left, 2);
  }
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The limit lets half of the second line through. */
static csn_audit_writer *start_with_half_a_line(const char *name, size_t len) {
  char line[CSN_AUDIT_LINE_MAX];
  csn_audit_writer *writer = start(test_path(name), 4, CSN_AUDIT_BLOCK);
  limit_files(len + len / 2);
  for (size_t i = 0; i < 3; i++) {
    csn_span span = csn_span_of((uint8_t *)line, make_line('a', i, len, line));
    assert_int_equal(csn_audit_writer_push(writer, span), CSN_AUDIT_PUSHED);
  }
  wait_until(counts(writer).error == EFBIG);
  assert_int_equal(counts(writer).lines, 1);
  return writer;
}

static void half_a_line_is_ended_when_there_is_room(void **state) {
  enum { LEN = 1000 };
  (void)state;
  csn_audit_writer *writer = start_with_half_a_line("half", LEN);
  file_text("half");
  assert_int_equal(text_len, LEN + LEN / 2);
  limit_files(RLIM_INFINITY);
  stop(writer);
  file_text("half");
  assert_int_equal(text_len, 3 * LEN);
  assert_int_equal(take_census(LEN).lines[0], 3);
}

static void half_a_line_stands_whole_in_the_next_file(void **state) {
  enum { LEN = 1000 };
  (void)state;
  csn_audit_writer *writer = start_with_half_a_line("next", LEN);
  assert_int_equal(rename(test_path("next"), test_path("next.1")), 0);
  csn_audit_writer_rotate(writer);
  wait_until(counts(writer).rotations == 1);
  limit_files(RLIM_INFINITY);
  stop(writer);
  file_text("next.1");
  assert_int_equal(text_len, LEN + LEN / 2);
  file_text("next");
  census seen = take_census(LEN);
  assert_int_equal(seen.lines[0], 2);
  assert_int_equal(seen.next[0], 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_waits_for_room_loses_nothing),
      cmocka_unit_test(the_file_is_private_and_appended_to),
      cmocka_unit_test(a_line_that_was_cut_by_a_crash_is_ended),
      cmocka_unit_test(what_cannot_be_started_says_why),
      cmocka_unit_test(a_slow_reader_gets_whole_lines),
      cmocka_unit_test(drops_are_reported_in_the_file),
      cmocka_unit_test(a_stop_waits_for_a_reader_as_long_as_it_was_told),
      cmocka_unit_test(a_reader_that_is_gone_is_an_error_and_no_signal),
      cmocka_unit_test(rotation_while_writing_loses_no_line),
      cmocka_unit_test(a_signal_rotates),
      cmocka_unit_test(a_path_that_cannot_be_opened_is_tried_again),
      cmocka_unit_test(a_full_disk_is_counted_and_loses_no_line_in_the_queue),
      cmocka_unit_test(a_stop_says_what_is_left),
      cmocka_unit_test(half_a_line_is_ended_when_there_is_room),
      cmocka_unit_test(half_a_line_stands_whole_in_the_next_file),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
