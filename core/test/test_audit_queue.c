/* The queue of audit lines: its boundaries, a producer that stops half-way, and threads that race. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nonce_support.h"

enum { MOST = 64 /* lines in one peek */ };

typedef struct fixture {
  csn_audit_queue *queue;
  void *memory;
} fixture;

static fixture new_queue(size_t slots, csn_audit_policy policy) {
  size_t size = csn_audit_queue_size(slots);
  fixture f = {.memory = aligned_alloc(CSN_AUDIT_QUEUE_ALIGN, size)};
  assert_non_null(f.memory);
  memset(f.memory, 0xa5, size); /* it need not be zero */
  assert_int_equal(csn_audit_queue_init(&f.queue, f.memory, size, slots, policy), CSN_OK);
  return f;
}

static csn_audit_push_answer push(csn_audit_queue *queue, const char *text) {
  return csn_audit_push(queue, csn_span_str(text));
}

/* The lines are these characters, one each. */
static void holds(const csn_audit_queue *queue, const char *expected) {
  csn_span lines[MOST];
  size_t count = csn_audit_peek(queue, lines, MOST);
  assert_int_equal(count, strlen(expected));
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(lines[i].len, 1);
    assert_int_equal(lines[i].ptr[0], expected[i]);
  }
}

/* ---- one thread ---- */

static void slots_are_a_power_of_two_in_range(void **state) {
  (void)state;
  for (size_t slots = 0; slots <= 1025; slots++) {
    bool good = slots == 2 || slots == 4 || slots == 8 || slots == 16 || slots == 32 || slots == 64 || slots == 128 ||
                slots == 256 || slots == 512 || slots == 1024;
    assert_int_equal(csn_audit_queue_size(slots) != 0, good);
  }
  assert_int_not_equal(csn_audit_queue_size(CSN_AUDIT_SLOTS_MAX), 0);
  assert_int_equal(csn_audit_queue_size((size_t)CSN_AUDIT_SLOTS_MAX * 2), 0);
  assert_int_equal(csn_audit_queue_size(CSN_AUDIT_SLOTS_MAX - 1), 0);
  assert_int_equal(csn_audit_queue_size(SIZE_MAX), 0);
  assert_true(csn_audit_queue_size(1024) <= 1025 * 2048);
}

static void memory_that_does_not_fit_is_refused(void **state) {
  size_t size = csn_audit_queue_size(4);
  char *memory = aligned_alloc(CSN_AUDIT_QUEUE_ALIGN, size + CSN_AUDIT_QUEUE_ALIGN);
  csn_audit_queue *queue;
  (void)state;
  assert_non_null(memory);
  assert_int_equal(csn_audit_queue_init(&queue, memory, size - 1, 4, CSN_AUDIT_DROP), CSN_ERROR_INVALID_ARGUMENT);
  assert_null(queue);
  assert_int_equal(csn_audit_queue_init(&queue, memory + 8, size, 4, CSN_AUDIT_DROP), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_audit_queue_init(&queue, memory, size, 3, CSN_AUDIT_DROP), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_audit_queue_init(&queue, memory, size, 1, CSN_AUDIT_DROP), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_audit_queue_init(&queue, memory, size, 4, (csn_audit_policy)2), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_audit_queue_init(&queue, memory, size, 4, CSN_AUDIT_BLOCK), CSN_OK);
  assert_non_null(queue);
  free(memory);
}

static void a_full_queue_drops_and_counts(void **state) {
  fixture f = new_queue(4, CSN_AUDIT_DROP);
  (void)state;
  holds(f.queue, "");
  for (const char *c = "abcd"; *c != '\0'; c++) {
    assert_int_equal(csn_audit_push(f.queue, csn_span_of(c, 1)), CSN_AUDIT_PUSHED);
  }
  assert_int_equal(csn_audit_take_drops(f.queue).total, 0);
  assert_int_equal(push(f.queue, "e"), CSN_AUDIT_DROPPED);
  assert_int_equal(push(f.queue, "f"), CSN_AUDIT_DROPPED);
  holds(f.queue, "abcd");
  assert_int_equal(csn_audit_pending(f.queue), 4);
  csn_audit_release(f.queue, 1);
  assert_int_equal(push(f.queue, "g"), CSN_AUDIT_PUSHED);
  assert_int_equal(push(f.queue, "h"), CSN_AUDIT_DROPPED);
  holds(f.queue, "bcdg");
  csn_audit_drops drops = csn_audit_take_drops(f.queue);
  assert_int_equal(drops.recent, 3);
  assert_int_equal(drops.total, 3);
  csn_audit_drop(f.queue);
  drops = csn_audit_take_drops(f.queue);
  assert_int_equal(drops.recent, 1);
  assert_int_equal(drops.total, 4);
  assert_int_equal(csn_audit_take_drops(f.queue).recent, 0);
  free(f.memory);
}

static void a_full_queue_that_blocks_is_busy_and_counts_nothing(void **state) {
  fixture f = new_queue(2, CSN_AUDIT_BLOCK);
  (void)state;
  assert_int_equal(push(f.queue, "a"), CSN_AUDIT_PUSHED);
  assert_int_equal(push(f.queue, "b"), CSN_AUDIT_PUSHED);
  assert_int_equal(push(f.queue, "c"), CSN_AUDIT_BUSY);
  assert_int_equal(push(f.queue, "c"), CSN_AUDIT_BUSY);
  holds(f.queue, "ab");
  csn_audit_release(f.queue, 1);
  assert_int_equal(push(f.queue, "c"), CSN_AUDIT_PUSHED);
  assert_int_equal(csn_audit_take_drops(f.queue).total, 0);
  holds(f.queue, "bc");
  free(f.memory);
}

static void lines_stay_until_they_are_released(void **state) {
  fixture f = new_queue(4, CSN_AUDIT_DROP);
  csn_span before[2], after[4];
  (void)state;
  (void)push(f.queue, "a");
  (void)push(f.queue, "b");
  assert_int_equal(csn_audit_peek(f.queue, before, 1), 1);
  assert_int_equal(csn_audit_peek(f.queue, before, 0), 0);
  assert_int_equal(csn_audit_peek(f.queue, before, 2), 2);
  (void)push(f.queue, "c");
  assert_int_equal(csn_audit_peek(f.queue, after, 4), 3);
  assert_ptr_equal(before[0].ptr, after[0].ptr);
  assert_ptr_equal(before[1].ptr, after[1].ptr);
  csn_audit_release(f.queue, 0);
  holds(f.queue, "abc");
  csn_audit_release(f.queue, 100); /* more than there are */
  holds(f.queue, "");
  assert_int_equal(csn_audit_pending(f.queue), 0);
  (void)push(f.queue, "d");
  holds(f.queue, "d");
  free(f.memory);
}

static void lines_have_a_least_and_a_greatest_length(void **state) {
  static uint8_t text[CSN_AUDIT_LINE_MAX + 1];
  fixture f = new_queue(2, CSN_AUDIT_BLOCK);
  csn_span lines[2];
  (void)state;
  for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 7);
  assert_int_equal(csn_audit_push(f.queue, csn_span_of(text, sizeof text)), CSN_AUDIT_DROPPED);
  assert_int_equal(csn_audit_push(f.queue, csn_span_of(NULL, 0)), CSN_AUDIT_DROPPED);
  assert_int_equal(csn_audit_take_drops(f.queue).total, 2);
  assert_int_equal(csn_audit_push(f.queue, csn_span_of(text, CSN_AUDIT_LINE_MAX)), CSN_AUDIT_PUSHED);
  assert_int_equal(csn_audit_push(f.queue, csn_span_of(text, 1)), CSN_AUDIT_PUSHED); /* beside it: overwrites nothing */
  assert_int_equal(csn_audit_peek(f.queue, lines, 2), 2);
  assert_int_equal(lines[0].len, CSN_AUDIT_LINE_MAX);
  assert_memory_equal(lines[0].ptr, text, CSN_AUDIT_LINE_MAX);
  assert_int_equal(lines[1].len, 1);
  free(f.memory);
}

/* Fills and drains to every depth, at every place of the ring. */
static void order_survives_many_rounds(void **state) {
  (void)state;
  for (size_t slots = 2; slots <= 16; slots *= 2) {
    fixture f = new_queue(slots, CSN_AUDIT_DROP);
    uint64_t next = 0, expected = 0;
    for (size_t round = 0; round < 200; round++) {
      csn_span lines[MOST];
      for (size_t i = 0; i < round % (slots + 1); i++, next++) {
        assert_int_equal(csn_audit_push(f.queue, csn_span_of(&next, sizeof next)), CSN_AUDIT_PUSHED);
      }
      size_t count = csn_audit_peek(f.queue, lines, MOST);
      assert_int_equal(count, round % (slots + 1));
      for (size_t i = 0; i < count; i++, expected++) assert_memory_equal(lines[i].ptr, &expected, sizeof expected);
      csn_audit_release(f.queue, count);
    }
    free(f.memory);
  }
}

/* ---- a producer that stops between taking its slot and publishing it ---- */

/* Its line lies in a page that may not be read: it stops within its copy, in this handler, for as long as we like. */
static struct {
  csn_audit_queue *queue;
  void *page;
  size_t page_size, seen_before, seen_behind, pending;
  csn_audit_push_answer second, third, fourth;
} stopped;

static void while_stopped(int signal) {
  csn_span lines[4];
  (void)signal;
  stopped.seen_before = csn_audit_peek(stopped.queue, lines, 4);
  csn_audit_release(stopped.queue, stopped.seen_before);
  stopped.second = push(stopped.queue, "c");
  stopped.third = push(stopped.queue, "d");
  stopped.fourth = push(stopped.queue, "e");
  (void)push(stopped.queue, "f");
  stopped.seen_behind = csn_audit_peek(stopped.queue, lines, 4);
  csn_audit_release(stopped.queue, 4); /* of nothing */
  stopped.pending = csn_audit_pending(stopped.queue);
  mprotect(stopped.page, stopped.page_size, PROT_READ | PROT_WRITE);
}

static void a_stopped_producer_holds_up_what_is_behind_its_line(void **state) {
  fixture f = new_queue(4, CSN_AUDIT_DROP);
  struct sigaction action = {.sa_handler = while_stopped}, old;
  (void)state;
  stopped.queue = f.queue;
  stopped.page_size = (size_t)sysconf(_SC_PAGESIZE);
  stopped.page = mmap(NULL, stopped.page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(stopped.page, MAP_FAILED);
  memcpy(stopped.page, "b", 1);
  assert_int_equal(push(f.queue, "a"), CSN_AUDIT_PUSHED);
  assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
  assert_int_equal(mprotect(stopped.page, stopped.page_size, PROT_NONE), 0);
  assert_int_equal(csn_audit_push(f.queue, csn_span_of(stopped.page, 1)), CSN_AUDIT_PUSHED);
  assert_int_equal(sigaction(SIGSEGV, &old, NULL), 0);
  assert_int_equal(stopped.seen_before, 1); /* a, not b */
  assert_int_equal(stopped.second, CSN_AUDIT_PUSHED);
  assert_int_equal(stopped.third, CSN_AUDIT_PUSHED);
  assert_int_equal(stopped.fourth, CSN_AUDIT_PUSHED);
  assert_int_equal(stopped.seen_behind, 0); /* b is not there yet, so neither is c */
  assert_int_equal(stopped.pending, 4);
  holds(f.queue, "bcde");
  assert_int_equal(csn_audit_take_drops(f.queue).total, 1); /* f */
  munmap(stopped.page, stopped.page_size);
  free(f.memory);
}

/* ---- threads ---- */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { LINES = 20000 };
#else
enum { LINES = 200000 };
#endif
enum { PRODUCERS = 4, HEAD = 16 /* bytes: producer and number */ };

typedef struct producer {
  struct stress *all;
  uint64_t index;
  uint64_t pushed, dropped, busy; /* answers */
  pthread_t thread;
} producer;

typedef struct stress {
  csn_audit_queue *queue;
  producer producers[PRODUCERS];
  atomic_uint running;
  uint64_t taken[PRODUCERS], next[PRODUCERS]; /* the consumer's */
  uint64_t recent;                            /* sum of the drops as they were reported */
} stress;

/* A line whose length and every byte follow from who wrote it. */
static size_t compose(uint64_t index, uint64_t number, uint8_t *text) {
  uint64_t seed = index << 32 | number;
  size_t len = HEAD + random_next(&seed) % (number % 64 == 0 ? CSN_AUDIT_LINE_MAX - HEAD + 1 : 48);
  memcpy(text, &index, 8);
  memcpy(text + 8, &number, 8);
  memset(text + HEAD, (int)(seed >> 40 & 0xff), len - HEAD);
  return len;
}

static void *produce(void *argument) {
  producer *self = argument;
  csn_audit_queue *queue = self->all->queue;
  uint8_t text[CSN_AUDIT_LINE_MAX];
  for (uint64_t number = 0; number < LINES; number++) {
    csn_span line = csn_span_of(text, compose(self->index, number, text));
    csn_audit_push_answer answer;
    while ((answer = csn_audit_push(queue, line)) == CSN_AUDIT_BUSY) {
      self->busy++;
      sched_yield();
    }
    if (answer == CSN_AUDIT_PUSHED) self->pushed++;
    if (answer == CSN_AUDIT_DROPPED) self->dropped++;
    if (answer == CSN_AUDIT_DROPPED && number % 8 == 0) sched_yield();
  }
  atomic_fetch_sub(&self->all->running, 1);
  return NULL;
}

/* A line is whole, and behind those that its thread wrote before it. */
static void check_line(stress *all, csn_span line) {
  uint8_t expected[CSN_AUDIT_LINE_MAX];
  uint64_t index, number;
  assert_true(line.len >= HEAD);
  memcpy(&index, line.ptr, 8);
  memcpy(&number, line.ptr + 8, 8);
  assert_true(index < PRODUCERS && number < LINES);
  assert_int_equal(line.len, compose(index, number, expected));
  assert_memory_equal(line.ptr, expected, line.len);
  if (number < all->next[index]) fail_msg("line %zu came behind %zu", (size_t)number, (size_t)all->next[index] - 1);
  all->next[index] = number + 1;
  all->taken[index]++;
}

static void consume(stress *all, uint64_t *seed) {
  csn_span lines[MOST];
  size_t count = csn_audit_peek(all->queue, lines, 1 + random_next(seed) % MOST);
  for (size_t i = 0; i < count; i++) check_line(all, lines[i]);
  csn_audit_release(all->queue, count);
  all->recent += csn_audit_take_drops(all->queue).recent;
  if (count == 0) sched_yield();
}

static void run_stress(stress *all, size_t slots, csn_audit_policy policy) {
  fixture f = new_queue(slots, policy);
  uint64_t seed = slots;
  memset(all, 0, sizeof *all);
  all->queue = f.queue;
  atomic_init(&all->running, PRODUCERS);
  for (unsigned i = 0; i < PRODUCERS; i++) {
    all->producers[i] = (producer){.all = all, .index = i};
    assert_int_equal(pthread_create(&all->producers[i].thread, NULL, produce, &all->producers[i]), 0);
  }
  while (atomic_load(&all->running) > 0) consume(all, &seed);
  for (unsigned i = 0; i < PRODUCERS; i++) assert_int_equal(pthread_join(all->producers[i].thread, NULL), 0);
  while (csn_audit_pending(f.queue) > 0) consume(all, &seed);
  consume(all, &seed);
  for (unsigned i = 0; i < PRODUCERS; i++) {
    assert_int_equal(all->taken[i], all->producers[i].pushed);
    assert_int_equal(all->producers[i].pushed + all->producers[i].dropped, LINES);
  }
  free(f.memory);
}

static void nothing_is_lost_but_what_is_counted(void **state) {
  static const size_t slots[] = {2, 4, 64, 1024};
  static stress all;
  uint64_t dropped_at_all = 0;
  (void)state;
  for (size_t i = 0; i < COUNT(slots); i++) {
    uint64_t dropped = 0, pushed = 0;
    run_stress(&all, slots[i], CSN_AUDIT_DROP);
    for (unsigned p = 0; p < PRODUCERS; p++) {
      dropped += all.producers[p].dropped;
      assert_int_equal(all.producers[p].busy, 0);
      pushed += all.producers[p].pushed;
    }
    assert_int_equal(all.recent, dropped);
    assert_true(pushed > 0);
    dropped_at_all += dropped;
  }
  assert_true(dropped_at_all > 0); /* or nothing was shown */
}

static void nothing_is_lost_where_producers_wait(void **state) {
  static const size_t slots[] = {2, 4, 64};
  static stress all;
  uint64_t busy = 0;
  (void)state;
  for (size_t i = 0; i < COUNT(slots); i++) {
    run_stress(&all, slots[i], CSN_AUDIT_BLOCK);
    assert_int_equal(all.recent, 0);
    for (unsigned p = 0; p < PRODUCERS; p++) {
      assert_int_equal(all.taken[p], LINES);
      busy += all.producers[p].busy;
    }
  }
  assert_true(busy > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slots_are_a_power_of_two_in_range),
      cmocka_unit_test(memory_that_does_not_fit_is_refused),
      cmocka_unit_test(a_full_queue_drops_and_counts),
      cmocka_unit_test(a_full_queue_that_blocks_is_busy_and_counts_nothing),
      cmocka_unit_test(lines_stay_until_they_are_released),
      cmocka_unit_test(lines_have_a_least_and_a_greatest_length),
      cmocka_unit_test(order_survives_many_rounds),
      cmocka_unit_test(a_stopped_producer_holds_up_what_is_behind_its_line),
      cmocka_unit_test(nothing_is_lost_but_what_is_counted),
      cmocka_unit_test(nothing_is_lost_where_producers_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
