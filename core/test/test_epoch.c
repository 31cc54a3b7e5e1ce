/* What readers may still have is not freed, and what nobody has is. */
#include <pthread.h>

#include "../src/epoch.h"
#include "../src/thread_number.h"
#include "support.h"

enum { OBJECTS = 64, MANY = CSN_THREAD_NUMBERS + 8 };

/* A retired object; `released` counts. */
typedef struct object {
  csn_retired retired;
  int released;
} object;

static csn_epoch *epoch;
static object objects[OBJECTS];
static size_t used;

static void release(void *self, csn_retired *retired) {
  assert_ptr_equal(self, epoch);
  ((object *)retired)->released++;
}

static object *retire_one(void) {
  object *o = &objects[used++];
  assert_true(used <= OBJECTS);
  *o = (object){.released = 0};
  csn_epoch_retire(epoch, &o->retired, release, epoch);
  return o;
}

static void look(void) {
  csn_epoch_retire(epoch, NULL, release, epoch);
}

static int set_up(void **state) {
  (void)state;
  epoch = csn_epoch_new();
  used = 0;
  return epoch == NULL;
}

/* Everything was released once. */
static int tear_down(void **state) {
  (void)state;
  look();
  assert_int_equal(csn_epoch_waiting(epoch), 0);
  for (size_t i = 0; i < used; i++) assert_int_equal(objects[i].released, 1);
  csn_epoch_free(epoch);
  csn_epoch_free(NULL);
  return 0;
}

static void without_readers_it_is_freed_at_once(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) assert_int_equal(retire_one()->released, 1);
}

static void a_list_is_freed_in_its_order(void **state) {
  (void)state;
  csn_epoch_reading reading = csn_epoch_enter(epoch);
  for (used = 0; used < 3; used++) objects[used] = (object){.released = 0};
  objects[0].retired.next = &objects[1].retired;
  objects[1].retired.next = &objects[2].retired;
  csn_epoch_retire(epoch, &objects[0].retired, release, epoch);
  assert_int_equal(csn_epoch_waiting(epoch), 3);
  (void)retire_one();
  assert_int_equal(csn_epoch_waiting(epoch), 4);
  csn_epoch_leave(reading);
}

/* However often the writer looks, and on whichever side the reading is. */
static void a_reading_keeps_what_was_there_when_it_began(void **state) {
  (void)state;
  for (int turn = 0; turn < 4; turn++) {
    object *before = retire_one();
    csn_epoch_reading reading = csn_epoch_enter(epoch);
    object *during = retire_one();
    for (int i = 0; i < 5; i++) look();
    object *later = retire_one();
    assert_int_equal(before->released, 1);
    assert_int_equal(during->released, 0);
    assert_int_equal(later->released, 0); /* nobody has it, but it waits for the reading, too */
    csn_epoch_leave(reading);
    look();
    assert_true(during->released == 1 && later->released == 1);
    assert_int_equal(csn_epoch_waiting(epoch), 0);
  }
}

/* Readers that follow one another so that there is always one do not keep anything for ever. */
static void overlapping_readings_let_it_go(void **state) {
  (void)state;
  csn_epoch_reading reading = csn_epoch_enter(epoch);
  for (int i = 0; i < 20; i++) {
    object *o = retire_one();
    csn_epoch_reading next = csn_epoch_enter(epoch);
    assert_int_equal(o->released, 0);
    csn_epoch_leave(reading);
    reading = next;
    if (i >= 3) assert_int_equal(objects[i - 3].released, 1);
  }
  csn_epoch_leave(reading);
}

static void readings_may_be_nested_and_end_in_any_order(void **state) {
  (void)state;
  csn_epoch_reading outer = csn_epoch_enter(epoch);
  object *o = retire_one();
  csn_epoch_reading inner = csn_epoch_enter(epoch);
  object *p = retire_one();
  csn_epoch_leave(outer);
  look();
  look();
  assert_int_equal(p->released, 0);
  csn_epoch_leave(inner);
  look();
  assert_true(o->released == 1 && p->released == 1);
}

/* One who read which side to take and slept is counted where it then counts. */
static void a_late_reader_is_counted(void **state) {
  (void)state;
  for (int i = 0; i < 3; i++) {
    csn_epoch_reading first = csn_epoch_enter(epoch); /* keeps one side */
    look();                                           /* leads to the other */
    csn_epoch_reading late = csn_epoch_enter(epoch);
    assert_int_not_equal(late.side, first.side);
    csn_epoch_leave(first);
    look(); /* the first side is empty: readings are led back to it */
    object *o = retire_one();
    look();
    assert_int_equal(o->released, 0);
    csn_epoch_leave(late);
    look();
    assert_int_equal(o->released, 1);
  }
}

/* ---- more threads than numbers ---- */

typedef struct reader {
  pthread_t thread;
  pthread_barrier_t *inside, *leaving;
} reader;

static void *read_once(void *argument) {
  reader *self = argument;
  csn_epoch_reading reading = csn_epoch_enter(epoch);
  pthread_barrier_wait(self->inside);
  pthread_barrier_wait(self->leaving);
  csn_epoch_leave(reading);
  return NULL;
}

static void threads_without_a_number_are_counted(void **state) {
  static reader readers[MANY];
  pthread_barrier_t inside, leaving;
  (void)state;
  assert_int_equal(pthread_barrier_init(&inside, NULL, MANY + 1), 0);
  assert_int_equal(pthread_barrier_init(&leaving, NULL, MANY + 1), 0);
  for (size_t i = 0; i < MANY; i++) {
    readers[i] = (reader){.inside = &inside, .leaving = &leaving};
    assert_int_equal(pthread_create(&readers[i].thread, NULL, read_once, &readers[i]), 0);
  }
  pthread_barrier_wait(&inside);
  object *o = retire_one();
  look();
  assert_int_equal(o->released, 0);
  pthread_barrier_wait(&leaving);
  for (size_t i = 0; i < MANY; i++) assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
  look();
  assert_int_equal(o->released, 1);
  (void)pthread_barrier_destroy(&inside);
  (void)pthread_barrier_destroy(&leaving);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(without_readers_it_is_freed_at_once),          TEST(a_list_is_freed_in_its_order),
      TEST(a_reading_keeps_what_was_there_when_it_began), TEST(overlapping_readings_let_it_go),
      TEST(readings_may_be_nested_and_end_in_any_order),  TEST(a_late_reader_is_counted),
      TEST(threads_without_a_number_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
