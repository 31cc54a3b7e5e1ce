/* Plays scenarios of claims under Relacy and checks what nonce_claim.c promises, in every execution.
 *
 *   model-1 [-l | -t NAME | NAME]    the same for model-2: the number of slots in a line
 *
 * -l lists the scenarios. A scenario prints one line; -t adds the trace of an execution that broke a promise. Exit
 * status 1: a promise was broken, 2: the scenario did not show what it is there to show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "scenario.h"
#include "search.h"

bool model_writes[MODEL_THREADS_MAX];

/* ---- what is played ---- */

static model_scenario scenario;

enum { CLOCK = MODEL_SLOTS, SWEPT, WORDS };

static csn_nonce_header header;
static csn_nonce_line lines[MODEL_LINES];
static csn_nonce_table table;

/* Of the execution that is going on. */
static rl::atomic<uint64_t> *words;
static unsigned writes[WORDS]; /* of each word */

/* What came of a claim. */
struct outcome {
  const model_claim *claim;
  unsigned thread;
  csn_nonce_answer answer;
  uint64_t clock;    /* the last that its thread saw */
  uint64_t admitted; /* the one that it was admitted by: the last before what it wrote last, if it is FRESH */
  bool wrote;        /* its word */
  bool died;
};

struct thread_state {
  bool mortal;
  uint64_t clock; /* last seen */
  outcome *claim; /* what it is at, or NULL */
};
static thread_state states[MODEL_THREADS_MAX];
static outcome outcomes[16];
static size_t outcome_count;

/* Over all executions. */
static rl::set<uint64_t>::type ends_seen; /* answers and words, hashed */
static unsigned answers_seen;             /* as a set */
static bool back_written;
static uint64_t deaths;

/* No promise, but the model's own limit. */
const rl::test_result_e HISTORY_TOO_SHORT = rl::test_result_resource_leak;

static void broken(const char *promise) {
  rl::ctx().fail_test(promise, rl::test_result_user_assert_failed, $);
}

static void lay_out() {
  unsigned number = 0;
  for (unsigned i = 0; i < MODEL_LINES; i++) {
    for (unsigned j = 0; j < CSN_NONCE_LINE_SLOTS; j++) lines[i].slots[j].number = number++;
  }
  header.clock.number = CLOCK;
  header.swept.number = SWEPT;
  table.header = &header;
  table.lines = lines;
  table.geometry.shards = 1;
  table.geometry.half_lines = MODEL_HOMES / CSN_NONCE_HOME_LINES;
  table.geometry.part_pairs = 1;
  table.read = csn_nonce_read_words;
  table.line_count = table.shard_lines = MODEL_LINES;
}

static csn_nonce_key key_of(uint64_t nonce) {
  csn_nonce_key key;
  memset(&key, 0, sizeof key);
  key.lines[0] = &lines[0];
  key.lines[1] = &lines[nonce < 10 ? 1 : 2];
  key.fingerprint = nonce;
  model_flag_place place = model_flag_at(nonce);
  key.flag_slot = &key.lines[place.other_line]->slots[place.slot];
  key.flag = model_flag(nonce);
  return key;
}

static uint64_t start_clock() {
  return csn_nonce_clock(T, scenario.tick);
}

/* As the last sweep of a line left them that is counted. */
static uint64_t swept_word(unsigned line) {
  uint64_t share = model_share(line), counted = std::min(scenario.swept, scenario.tick);
  return csn_nonce_word((counted - 1 - share) / CSN_NONCE_SWEEP_SHARES * CSN_NONCE_SWEEP_SHARES - 1, 0);
}

static bool is_live(uint64_t word, uint64_t clock) {
  return !csn_nonce_word_expired(word, clock);
}

/* ---- the accesses ---- */

struct death {};

static rl::memory_order relacy_order(model_order order) {
  static const rl::memory_order orders[] = {rl::mo_relaxed, rl::mo_acquire, rl::mo_release, rl::mo_acq_rel};
  return orders[order];
}

uint64_t model_load(const csn_atomic *word, model_order order, const char *function, unsigned line) {
  unsigned who = rl::thread_index();
  model_writes[who] = false;
  rl::debug_info info(function, "", line);
  uint64_t value = words[word->number].load(relacy_order(order), info);
  if (word->number == CLOCK) states[who].clock = value;
  return value;
}

/* Whatever a thread writes by the clock that it has seen: words increase, and live ones keep their nonce. */
static void check_write(unsigned number, uint64_t from, uint64_t to, uint64_t clock) {
  if (number >= MODEL_SLOTS) return;
  if (csn_nonce_rank(to, clock) <= csn_nonce_rank(from, clock)) broken("a word does not increase");
  bool same = (from & CSN_NONCE_FINGERPRINT_MASK) == (to & CSN_NONCE_FINGERPRINT_MASK);
  if (is_live(from, clock) && !same) broken("a live word is overwritten");
  if (number / CSN_NONCE_LINE_SLOTS == MODEL_BACK && is_live(to, clock)) back_written = true;
}

bool model_cas(csn_atomic *word, uint64_t expected, uint64_t desired, model_order order, const char *function,
               unsigned line) {
  unsigned who = rl::thread_index();
  rl::debug_info info(function, "", line);
  if (states[who].mortal && rl::rand(2) == 1) throw death();
  model_writes[who] = true;
  bool done = words[word->number].compare_exchange(rl::bool_t<false>(), expected, desired, relacy_order(order),
                                                   rl::mo_relaxed, info);
  if (!done) return false;
  if (++writes[word->number] >= MODEL_HISTORY && !scenario.alone) rl::ctx().fail_test(NULL, HISTORY_TOO_SHORT, $);
  check_write(word->number, expected, desired, states[who].clock);
  outcome *claim = states[who].claim;
  if (claim != NULL) claim->admitted = states[who].clock;
  if (claim != NULL && (desired & ~CSN_NONCE_TICK_MASK) == claim->claim->nonce) claim->wrote = true;
  return true;
}

/* ---- the promises ---- */

/* The tick of `expires` is over at the clock that the claim was admitted by. */
static bool is_past(int64_t expires, const outcome &o) {
  return csn_nonce_clock_seconds(o.admitted) / CSN_NONCE_TICK_SECONDS > expires / CSN_NONCE_TICK_SECONDS;
}

/* (once) */
static void check_once() {
  for (size_t i = 0; i < outcome_count; i++) {
    const outcome &a = outcomes[i];
    if (a.answer != CSN_NONCE_FRESH) continue;
    for (const model_word &held : scenario.words) {
      if (held.nonce == a.claim->nonce && !is_past(held.expires, a)) broken("FRESH, but held at the start");
    }
    for (size_t j = 0; j < i; j++) {
      const outcome &b = outcomes[j];
      if (b.answer != CSN_NONCE_FRESH || b.claim->nonce != a.claim->nonce) continue;
      if (!is_past(a.claim->expires, b) && !is_past(b.claim->expires, a)) broken("FRESH twice");
    }
  }
}

/* (one) A claim is refused as REPLAYED only where another has written its word. */
static bool may_be_replayed(const outcome &replayed) {
  for (const model_word &held : scenario.words) {
    if (held.nonce == replayed.claim->nonce) return true;
  }
  for (size_t i = 0; i < outcome_count; i++) {
    const outcome &other = outcomes[i];
    if (&other != &replayed && other.claim->nonce == replayed.claim->nonce && other.wrote) return true;
  }
  return false;
}

static void check_answers() {
  unsigned fresh = 0, others = 0;
  for (size_t i = 0; i < outcome_count; i++) {
    const outcome &o = outcomes[i];
    if (o.died) continue;
    bool over = csn_nonce_clock_seconds(o.clock) > o.claim->expires;
    if (over != (o.answer == CSN_NONCE_EXPIRED)) broken(over ? "admitted after its time" : "EXPIRED before its time");
    bool early = o.claim->expires - csn_nonce_clock_seconds(o.admitted) > CSN_NONCE_RETENTION_MAX;
    if (early != (o.answer == CSN_NONCE_RETENTION)) broken("admitted too early, or not early enough");
    if (o.answer == CSN_NONCE_REPLAYED && !may_be_replayed(o)) broken("REPLAYED, but nobody else claimed it");
    if (o.answer == CSN_NONCE_FULL && !scenario.may_fill) broken("FULL where there is room");
    if (scenario.all_fresh && o.answer != CSN_NONCE_FRESH) broken("not FRESH");
    if (o.claim->nonce != scenario.winner) continue;
    if (o.answer == CSN_NONCE_FRESH) fresh++;
    if (o.answer != CSN_NONCE_FRESH && o.answer != CSN_NONCE_REPLAYED) others++;
  }
  if (scenario.one_wins && (fresh != 1 || others != 0)) broken("not exactly one winner");
}

/* (memory) */
static void check_memory() {
  uint64_t clock = words[CLOCK].debug_value();
  int64_t now = csn_nonce_clock_seconds(clock);
  for (const model_word &held : scenario.words) {
    if (!is_live(csn_nonce_word(csn_nonce_tick_of(clock, held.expires), 0), clock) || held.expires < now) continue;
    uint64_t word = words[lines[held.line].slots[held.slot].number].debug_value();
    bool same = (word & CSN_NONCE_FINGERPRINT_MASK) == held.nonce;
    if (!same || !is_live(word, clock)) broken("a nonce that was held is lost");
  }
  for (size_t i = 0; i < outcome_count; i++) {
    const outcome &o = outcomes[i];
    if (o.answer != CSN_NONCE_FRESH || o.claim->expires < now) continue;
    csn_nonce_key key = key_of(o.claim->nonce);
    if (csn_nonce_claim_key(&table, &key, o.claim->expires) != CSN_NONCE_REPLAYED) broken("a FRESH nonce is lost");
  }
}

/* How an execution ended, whatever the order in which its threads began. */
static void note_end() {
  uint64_t hash = 0;
  for (unsigned i = 0; i < WORDS; i++) hash = (hash ^ words[i].debug_value()) * UINT64_C(0xd1342543de82ef95);
  for (unsigned thread = 0; thread < MODEL_THREADS_MAX; thread++) {
    for (size_t i = 0; i < outcome_count; i++) {
      if (outcomes[i].thread == thread) hash = (hash ^ outcomes[i].answer) * UINT64_C(0x9e3779b97f4a7c15);
    }
  }
  ends_seen.insert(hash);
}

/* ---- what a thread does ---- */

static outcome &begin(unsigned who, const model_claim &claim) {
  outcome &o = outcomes[outcome_count++];
  o = outcome{&claim, who, CSN_NONCE_UNAVAILABLE, 0, 0, false, true};
  states[who].claim = &o;
  return o;
}

static void end(outcome &o, csn_nonce_answer answer) {
  o.answer = answer;
  o.clock = states[o.thread].clock;
  if (answer != CSN_NONCE_FRESH) o.admitted = o.clock;
  o.died = false;
  states[o.thread].claim = NULL;
}

static void claim_one(unsigned who, const model_claim &claim) {
  if (claim.kind == model_claim::MOVE) {
    uint64_t clock = csn_atomic_load_acquire(&header.clock);
    (void)csn_atomic_cas_release(&header.clock, clock, csn_nonce_clock(claim.now, csn_nonce_tick_of(clock, claim.now)));
    return;
  }
  if (claim.kind != model_claim::CLAIM) {
    uint64_t clock = csn_nonce_advance(&table, claim.now);
    if (claim.kind == model_claim::SWEEP) csn_nonce_sweep(&table, clock, UINT64_MAX);
    return;
  }
  csn_nonce_advance(&table, claim.now);
  outcome &o = begin(who, claim);
  csn_nonce_key key = key_of(claim.nonce);
  end(o, csn_nonce_claim_key(&table, &key, claim.expires));
}

/* As csn_nonce_table_claim_batch() does it, but that the clock is noted after each claim. */
static void claim_batch(unsigned who) {
  const std::vector<model_claim> &claims = scenario.threads[who];
  csn_nonce_group group;
  csn_nonce_advance(&table, claims[0].now);
  group.count = claims.size();
  for (size_t i = 0; i < claims.size(); i++) group.keys[i] = key_of(claims[i].nonce);
  csn_nonce_read_group(&table, &group);
  for (size_t i = 0; i < claims.size(); i++) {
    outcome &o = begin(who, claims[i]);
    csn_nonce_claim claim;
    memset(&claim, 0, sizeof claim);
    claim.expires = claims[i].expires;
    csn_nonce_group one = group;
    one.claims = &claim;
    one.count = 1;
    one.keys[0] = group.keys[i];
    one.readings[0] = group.readings[i];
    csn_nonce_claim_group(&table, &one, NULL);
    end(o, claim.answer);
  }
}

/* ---- one execution ---- */

template <rl::thread_id_t thread_count>
struct play : rl::test_suite<play<thread_count>, thread_count> {
  rl::atomic<uint64_t> own_words[WORDS];

  void put(unsigned number, uint64_t value) { own_words[number].store(value, rl::mo_relaxed, $); }

  void before() {
    words = own_words;
    outcome_count = 0;
    memset(writes, 0, sizeof writes);
    for (unsigned i = 0; i < MODEL_SLOTS; i++) put(i, scenario.never_used ? 0 : swept_word(i / CSN_NONCE_LINE_SLOTS));
    for (const model_word &held : scenario.words) {
      uint64_t tick = csn_nonce_tick_of(start_clock(), held.expires);
      put(lines[held.line].slots[held.slot].number, csn_nonce_word(tick, held.nonce) | held.flags);
    }
    put(CLOCK, start_clock());
    put(SWEPT, scenario.swept & CSN_NONCE_CLOCK_TICK_MASK);
    for (unsigned i = 0; i < MODEL_THREADS_MAX; i++) states[i] = thread_state{(scenario.mortal >> i & 1) != 0, 0, NULL};
  }

  void thread(unsigned who) {
    try {
      if (scenario.batched >> who & 1) {
        claim_batch(who);
      } else {
        for (const model_claim &claim : scenario.threads[who]) claim_one(who, claim);
      }
    } catch (const death &) {
      deaths++;
    }
  }

  void after() {
    for (thread_state &state : states) state = thread_state();
    for (size_t i = 0; i < outcome_count; i++) {
      if (!outcomes[i].died) answers_seen |= 1u << outcomes[i].answer;
    }
    note_end();
    check_once();
    check_answers();
    check_memory();
  }
};

/* ---- all of them ---- */

template <rl::thread_id_t thread_count>
static rl::test_result_e search(model_way way, rl::test_params &params, std::ostream &state, bool again) {
  if (way == MODEL_RANDOM)
    return rl::run_test<play<thread_count>, rl::random_scheduler<thread_count>>(params, state, again);
  if (way == MODEL_RELACY)
    return rl::run_test<play<thread_count>, rl::full_search_scheduler<thread_count>>(params, state, again);
  return rl::run_test<play<thread_count>, write_search<thread_count>>(params, state, again);
}

static rl::test_result_e search_any(model_way way, rl::test_params &params, std::ostream &state, bool again) {
  return scenario.threads.size() == 2 ? search<2>(way, params, state, again) : search<3>(way, params, state, again);
}

/* What a scenario did not show; NULL if it showed all. */
static const char *missing(const rl::test_params &params) {
  if (scenario.must_answer & ~answers_seen) return "an answer that should occur did not";
  if (scenario.fills_back && !back_written) return "the back yard was not used";
  if (scenario.mortal != 0 && deaths == 0) return "nobody died";
  if (scenario.way != MODEL_RELACY) return NULL;
  rl::set<uint64_t>::type by_relacy;
  by_relacy.swap(ends_seen);
  rl::test_params again = params;
  rl::ostringstream state;
  if (search_any(MODEL_ALL, again, state, false) != rl::test_result_success) return "the searches differ";
  return ends_seen == by_relacy ? NULL : "the searches differ";
}

static int play_scenario(const model_entry &entry, bool trace) {
  entry.make(scenario);
  rl::ostringstream progress, trace_of_failure, state; /* with an allocator that Relacy does not watch */
  rl::test_params params;
  params.search_type = rl::sched_random; /* otherwise loads would return the last two values only */
  params.iteration_count = scenario.runs;
  if (scenario.alone) params.execution_depth_limit = 100000;
  params.progress_stream = &progress;
  params.output_stream = &trace_of_failure;
  auto begun = std::chrono::steady_clock::now();
  rl::test_result_e result = search_any(scenario.way, params, state, false);
  double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  static const char *const ways[] = {"all", "all, Relacy's own", "random"};
  printf("%-32s %u slots %u threads %9llu executions (%s) %5.1f s", entry.name, (unsigned)CSN_NONCE_LINE_SLOTS,
         (unsigned)scenario.threads.size(), (unsigned long long)params.stop_iteration, ways[scenario.way], took);
  if (result == HISTORY_TOO_SHORT) {
    puts(": more writes than Relacy remembers");
    return 2;
  }
  if (result != rl::test_result_success) {
    params.collect_history = true;
    params.initial_state = state.str();
    (void)search_any(scenario.way, params, state, true);
    std::string text = trace_of_failure.str().c_str();
    printf(": BROKEN: %s\n", text.substr(0, text.find('\n')).c_str());
    if (trace) fputs(text.c_str(), stdout);
    return 1;
  }
  const char *lacking = missing(params);
  printf(": %s\n", lacking == NULL ? "ok" : lacking);
  return lacking == NULL ? 0 : 2;
}

int main(int argc, char **argv) {
  bool list = argc == 2 && strcmp(argv[1], "-l") == 0;
  bool trace = argc == 3 && strcmp(argv[1], "-t") == 0;
  lay_out();
  for (size_t i = 0; i < model_claims.count + model_times.count; i++) {
    bool of_claims = i < model_claims.count;
    const model_entry &entry = of_claims ? model_claims.entries[i] : model_times.entries[i - model_claims.count];
    if (!(entry.line_slots & CSN_NONCE_LINE_SLOTS)) continue;
    if (list) puts(entry.name);
    if (!list && argc > 1 && strcmp(entry.name, argv[argc - 1]) == 0) return play_scenario(entry, trace);
  }
  if (list) return 0;
  fprintf(stderr, "usage: %s [-l | -t NAME | NAME]\n", argv[0]);
  return 2;
}
