/* Plays readers and a writer of an epoch under Relacy: in every execution nobody reads what was freed, what is freed
 * was read before in the order of memory, too, and in the end everything is.
 *
 *   model-epoch [-l | -t NAME | NAME]
 *
 * As model.cc has it. */
#include <stdio.h>
#include <string.h>

#include <iostream>

#include "search.h"

extern "C" {
#include "../../src/epoch.h"
}
#include "epoch_atomics.h"

bool model_writes[MODEL_THREADS_MAX];

/* ---- what is played ---- */

/* The last thread changes, the others read. The link names one object after the other. */
struct epoch_scenario {
  const char *name;
  unsigned readers, readings, changes;
  bool one_lane; /* for all readers */
};
static const epoch_scenario scenarios[] = {
    {"epoch_reader_and_changes", 1, 2, 3, false},
    {"epoch_two_readers", 2, 1, 2, false},
    {"epoch_readers_of_one_lane", 2, 1, 1, true},
};
static const epoch_scenario *scenario;

enum { WORDS = 16, OBJECTS = 4 };

struct object {
  csn_retired retired;
  unsigned number;
};

static csn_epoch *epoch;
static csn_atomic link_word; /* the number of the object that is linked */
static object objects[OBJECTS];
static rl::atomic<uint64_t> *words;
static rl::var<unsigned> *contents;
static uintptr_t places[WORDS]; /* of each word but the first, in the epoch; 0: of none yet */
static unsigned released;       /* in this execution */
static bool freed_early, kept;  /* in some execution: by the change itself; not before the end */

static void broken(const char *promise) {
  rl::ctx().fail_test(promise, rl::test_result_user_assert_failed, $);
}

/* ---- the accesses ---- */

static rl::memory_order relacy_order(epoch_order order) {
  static const rl::memory_order orders[] = {rl::mo_relaxed, rl::mo_acquire, rl::mo_release, rl::mo_acq_rel,
                                            rl::mo_seq_cst};
  return orders[order];
}

static rl::atomic<uint64_t> &word_of(const csn_atomic *word) {
  if (word == &link_word) return words[0];
  uintptr_t place = (uintptr_t)word - (uintptr_t)epoch + 1;
  unsigned number = 1;
  while (number < WORDS && places[number] != 0 && places[number] != place) number++;
  if (number == WORDS) broken("more words than the model has");
  places[number] = place;
  return words[number];
}

/* A load that is seq_cst has a place in the order of all such accesses: it cannot be put off, as search.h has it of
 * others. */
uint64_t epoch_load(const csn_atomic *word, epoch_order order, const char *function, unsigned line) {
  model_writes[rl::thread_index()] = order == EPOCH_SEQ_CST;
  return word_of(word).load(relacy_order(order), rl::debug_info(function, "", line));
}

void epoch_store(csn_atomic *word, uint64_t value, epoch_order order, const char *function, unsigned line) {
  model_writes[rl::thread_index()] = true;
  word_of(word).store(value, relacy_order(order), rl::debug_info(function, "", line));
}

uint64_t epoch_add(csn_atomic *word, uint64_t value, epoch_order order, const char *function, unsigned line) {
  model_writes[rl::thread_index()] = true;
  return word_of(word).fetch_add(value, relacy_order(order), rl::debug_info(function, "", line));
}

unsigned csn_thread_number(void) {
  unsigned thread = rl::thread_index();
  return scenario->one_lane || thread > 1 ? 1 : thread;
}

/* ---- what a thread does ---- */

/* As csn_keyring_read_begin() and csn_keyring_read_end() do it. */
static void read_once() {
  csn_epoch_reading reading = csn_epoch_enter(epoch);
  uint64_t number = csn_atomic_load_seq_cst(&link_word);
  model_writes[rl::thread_index()] = false;
  unsigned content = contents[number]($);
  if (content != number) broken("an object is read that was freed");
  csn_epoch_leave(reading);
}

static void release(void *self, csn_retired *retired) {
  object *o = (object *)retired;
  model_writes[rl::thread_index()] = false;
  contents[o->number]($) = ~o->number;
  released++;
  (void)self;
}

/* As csn_keyring_change_end() does it. */
static void change(unsigned number) {
  model_writes[rl::thread_index()] = false;
  contents[number]($) = number;
  csn_atomic_store_seq_cst(&link_word, number);
  unsigned before = released;
  csn_epoch_retire(epoch, &objects[number - 1].retired, release, NULL);
  if (released > before) freed_early = true;
}

template <rl::thread_id_t thread_count>
struct play : rl::test_suite<play<thread_count>, thread_count> {
  rl::atomic<uint64_t> own_words[WORDS];
  rl::var<unsigned> own_contents[OBJECTS];

  void before() {
    words = own_words;
    contents = own_contents;
    epoch = csn_epoch_new();
    released = 0;
    for (unsigned i = 0; i < WORDS; i++) own_words[i].store(0, rl::mo_relaxed, $);
    for (unsigned i = 0; i < OBJECTS; i++) {
      memset(&objects[i], 0, sizeof objects[i]);
      objects[i].number = i;
    }
    contents[0]($) = 0;
  }

  void thread(unsigned who) {
    if (who < scenario->readers) {
      for (unsigned i = 0; i < scenario->readings; i++) read_once();
    } else {
      for (unsigned i = 1; i <= scenario->changes; i++) change(i);
    }
  }

  void after() {
    if (released < scenario->changes) kept = true;
    csn_epoch_retire(epoch, NULL, release, NULL);
    if (released != scenario->changes || csn_epoch_waiting(epoch) != 0) broken("nobody reads, but something waits");
    csn_epoch_free(epoch);
  }
};

/* ---- all of them ---- */

template <rl::thread_id_t thread_count>
static rl::test_result_e search(rl::test_params &params, std::ostream &state, bool again) {
  return rl::run_test<play<thread_count>, write_search<thread_count>>(params, state, again);
}

static rl::test_result_e search_any(rl::test_params &params, std::ostream &state, bool again) {
  return scenario->readers == 1 ? search<2>(params, state, again) : search<3>(params, state, again);
}

static int play_scenario(bool trace) {
  rl::ostringstream progress, trace_of_failure, state; /* with an allocator that Relacy does not watch */
  rl::test_params params;
  params.search_type = rl::sched_random; /* otherwise loads would return the last two values only */
  params.progress_stream = &progress;
  params.output_stream = &trace_of_failure;
  rl::test_result_e result = search_any(params, state, false);
  printf("%-32s %u threads %9llu executions (all)", scenario->name, scenario->readers + 1,
         (unsigned long long)params.stop_iteration);
  if (result != rl::test_result_success) {
    params.collect_history = true;
    params.initial_state = state.str();
    (void)search_any(params, state, true);
    std::string text = trace_of_failure.str().c_str();
    printf(": BROKEN: %s\n", text.substr(0, text.find('\n')).c_str());
    if (trace) fputs(text.c_str(), stdout);
    return 1;
  }
  bool shown = freed_early && kept;
  printf(": %s\n", shown ? "ok" : "nothing was freed at once, or nothing was kept");
  return shown ? 0 : 2;
}

int main(int argc, char **argv) {
  bool list = argc == 2 && strcmp(argv[1], "-l") == 0;
  bool trace = argc == 3 && strcmp(argv[1], "-t") == 0;
  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
    if (list) puts(scenarios[i].name);
    scenario = &scenarios[i];
    if (!list && argc > 1 && strcmp(scenario->name, argv[argc - 1]) == 0) return play_scenario(trace);
  }
  if (list) return 0;
  fprintf(stderr, "usage: %s [-l | -t NAME | NAME]\n", argv[0]);
  return 2;
}
