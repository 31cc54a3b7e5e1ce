/* A model: the nonce table's claims under every interleaving of their accesses to shared memory.
 *
 * The source of the claims is compiled here once more, with two slots a bucket, two buckets, and atomics that stop in
 * front of every access. A claim is a deterministic function of what its accesses returned: so a claim's state is the
 * list of those results, and a step runs it again from its beginning over that list, grants one more access and leaves
 * at the next. States that were seen before are not explored again. Memory is sequentially consistent here; which
 * weaker orders suffice is a question for another tool.
 *
 * A claim that dies is one that is never stepped again. It cannot make the others' answers worse than they are in a
 * state of some complete run, so the rule that no nonce is accepted twice covers it. */
#ifndef CSN_TEST_NONCE_MODEL_H
#define CSN_TEST_NONCE_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

/* ---- in the place of atomics.h ---- */

#define CSN_ATOMICS_H
typedef uint64_t csn_atomic;

enum { RESULTS_MAX = 48, UNLIMITED = RESULTS_MAX + 1 };

/* The claim that is being run. */
static struct {
  uint64_t results[RESULTS_MAX];
  unsigned known, next;
  unsigned granted; /* accesses that it may still do */
  jmp_buf leave;
} run;

/* True where the access has to be done now; false where its result is known from an earlier step. */
static bool begin_access(void) {
  if (run.next < run.known) return false;
  if (run.granted == 0) longjmp(run.leave, 1);
  run.granted--;
  if (run.known == RESULTS_MAX) abort();
  return true;
}

static uint64_t end_access(bool now, uint64_t result) {
  if (now) run.results[run.known++] = result;
  return run.results[run.next++];
}

static inline uint64_t csn_atomic_load_seq_cst(const csn_atomic *word) {
  bool now = begin_access();
  return end_access(now, now ? *word : 0);
}

static inline uint64_t csn_atomic_load_acquire(const csn_atomic *word) {
  return csn_atomic_load_seq_cst(word);
}

static inline uint64_t csn_atomic_load_relaxed(const csn_atomic *word) {
  return csn_atomic_load_seq_cst(word);
}

static inline bool csn_atomic_cas_seq_cst(csn_atomic *word, uint64_t expected, uint64_t desired) {
  bool now = begin_access();
  bool equal = now && *word == expected;
  if (equal) *word = desired;
  return end_access(now, equal) != 0;
}

#define CSN_NONCE_BUCKET_SLOTS 2
#include "../src/nonce_table.c"

/* ---- scenarios ---- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define T 4000 /* the clock at the start: a tick's first second */

/* Sanitizers look at this source, not at its interleavings: the largest scenario is coarser under them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COARSE true
#else
#define COARSE false
#endif

enum { CLAIMANTS_MAX = 3, SCRIPT_MAX = 7, SLOTS = 4 };

typedef csn_nonce_answer (*claim_function)(csn_nonce_table *, const csn_nonce_key *, int64_t, int64_t);

/* Nonces are small numbers; 0 ends a script. */
typedef struct step {
  unsigned nonce;
  int64_t expires, now;
} step;

typedef struct word {
  unsigned nonce; /* 0: the slot is empty */
  int64_t expires;
  csn_nonce_state state;
} word;

typedef struct scenario {
  claim_function claim;
  word slots[SLOTS];
  step scripts[CLAIMANTS_MAX][SCRIPT_MAX];
  bool whole[CLAIMANTS_MAX]; /* does a claim in one step: keeps the number of states down */
  bool one_wins;             /* all claim one nonce, in time and with room: exactly one is FRESH, the others REPLAYED */
} scenario;

/* ---- states ---- */

typedef struct claimant {
  uint64_t results[RESULTS_MAX]; /* of the claim that it is in */
  uint32_t known;
  uint32_t claims; /* claims that it has finished */
  uint8_t answers[SCRIPT_MAX];
  uint8_t unused;
} claimant;
_Static_assert(sizeof(claimant) == RESULTS_MAX * 8 + 16, "no padding: states are compared as bytes");

typedef struct model_state {
  uint64_t clock;
  uint64_t slots[SLOTS];
  claimant claimants[CLAIMANTS_MAX];
} model_state;

/* What the exploration has seen. */
static struct {
  const scenario *scenario;
  size_t states, ends, violations;
  size_t answers[CSN_NONCE_RETENTION + 1];
  size_t rivals, killed; /* states with two words of one nonce, with a DEAD word */
  XXH128_hash_t *visited;
  size_t room;
} seen;

static csn_nonce_header header;
static csn_nonce_bucket buckets[2];
static csn_nonce_table table = {.header = &header, .buckets = buckets, .bucket_count = 2};
_Static_assert(sizeof buckets == SLOTS * sizeof(uint64_t), "two buckets are four slots");

/* Odd nonces have their buckets in the one order, even ones in the other. */
static csn_nonce_key key_of(unsigned nonce) {
  csn_nonce_key key = {.buckets = {(nonce + 1) % 2, nonce % 2}, .fingerprint = nonce};
  return key;
}

static void load(const model_state *state) {
  header.clock = state->clock;
  memcpy(buckets, state->slots, sizeof buckets);
}

static void save(model_state *state) {
  state->clock = header.clock;
  memcpy(state->slots, buckets, sizeof buckets);
}

static void violation(const char *what) {
  if (seen.scenario->claim == csn_nonce_claim_key) print_message("violated: %s\n", what);
  seen.violations++;
}

/* ---- rules ---- */

/* A claim was answered FRESH just now: of those before it that were FRESH, each is past its `expires`. */
static void check_fresh(const model_state *state, const step *fresh) {
  for (unsigned i = 0; i < CLAIMANTS_MAX; i++) {
    for (unsigned j = 0; j < state->claimants[i].claims; j++) {
      const step *other = &seen.scenario->scripts[i][j];
      if (other == fresh || other->nonce != fresh->nonce) continue;
      if (state->claimants[i].answers[j] != CSN_NONCE_FRESH) continue;
      if (csn_nonce_clock_seconds(state->clock) <= other->expires) violation("one nonce accepted twice");
    }
  }
  for (unsigned i = 0; i < SLOTS; i++) {
    const word *held = &seen.scenario->slots[i];
    if (held->nonce != fresh->nonce || held->state != CSN_NONCE_STATE_CONFIRMED) continue;
    if (csn_nonce_clock_seconds(state->clock) <= held->expires) violation("a nonce held from before accepted");
  }
}

/* Presents an accepted nonce once more when all is quiet. */
static void check_remembered(const model_state *state, unsigned nonce, int64_t expires) {
  if (expires < csn_nonce_clock_seconds(state->clock)) return;
  load(state);
  run.known = run.next = 0;
  run.granted = UNLIMITED;
  csn_nonce_key key = key_of(nonce);
  if (csn_nonce_claim_key(&table, &key, expires, 0) != CSN_NONCE_REPLAYED) violation("an accepted nonce is forgotten");
}

static void check_end(const model_state *state) {
  size_t fresh = 0, others = 0;
  for (unsigned i = 0; i < CLAIMANTS_MAX; i++) {
    for (unsigned j = 0; j < state->claimants[i].claims; j++) {
      const step *done = &seen.scenario->scripts[i][j];
      csn_nonce_answer answer = (csn_nonce_answer)state->claimants[i].answers[j];
      seen.answers[answer]++;
      if (answer == CSN_NONCE_FRESH) {
        fresh++;
        check_remembered(state, done->nonce, done->expires);
      } else if (answer != CSN_NONCE_REPLAYED) {
        others++;
      }
    }
  }
  if (seen.scenario->one_wins && (fresh != 1 || others != 0)) violation("not exactly one winner");
  for (unsigned i = 0; i < SLOTS; i++) {
    const word *held = &seen.scenario->slots[i];
    if (held->state == CSN_NONCE_STATE_CONFIRMED) check_remembered(state, held->nonce, held->expires);
    uint64_t left = state->slots[i];
    bool ours = held->state != CSN_NONCE_STATE_TENTATIVE && held->state != CSN_NONCE_STATE_DEAD;
    if (ours && left != 0 && !csn_nonce_word_expired(left, state->clock) &&
        csn_nonce_word_state(left) != CSN_NONCE_STATE_CONFIRMED) {
      violation("a finished claim left a word behind that is not confirmed");
    }
  }
}

static void note_words(const model_state *state) {
  bool rivals = false, killed = false;
  for (unsigned i = 0; i < SLOTS; i++) {
    uint64_t a = state->slots[i];
    killed |= csn_nonce_word_state(a) == CSN_NONCE_STATE_DEAD;
    for (unsigned j = 0; j < i; j++) {
      uint64_t b = state->slots[j];
      rivals |= a != 0 && b != 0 && csn_nonce_word_fingerprint(a) == csn_nonce_word_fingerprint(b);
    }
  }
  seen.rivals += rivals;
  seen.killed += killed;
}

/* ---- exploration ---- */

/* One access of one claimant, and what it does until its next; or one whole claim. */
static void advance_claimant(model_state *state, unsigned index) {
  claimant *who = &state->claimants[index];
  const step *doing = &seen.scenario->scripts[index][who->claims];
  csn_nonce_key key = key_of(doing->nonce);
  load(state);
  memcpy(run.results, who->results, sizeof run.results);
  run.known = who->known;
  run.next = 0;
  run.granted = seen.scenario->whole[index] ? UNLIMITED : 1;
  if (setjmp(run.leave) == 0) {
    csn_nonce_answer answer = seen.scenario->claim(&table, &key, doing->expires, doing->now);
    save(state);
    memset(who->results, 0, sizeof who->results);
    who->known = 0;
    who->answers[who->claims++] = (uint8_t)answer;
    if (answer == CSN_NONCE_FRESH) check_fresh(state, doing);
  } else {
    save(state);
    memcpy(who->results, run.results, run.known * sizeof run.results[0]);
    who->known = run.known;
  }
}

static bool is_zero(XXH128_hash_t hash) {
  return (hash.low64 | hash.high64) == 0;
}

static void insert(XXH128_hash_t hash) {
  size_t i = (size_t)hash.low64 % seen.room;
  while (!is_zero(seen.visited[i])) i = (i + 1) % seen.room;
  seen.visited[i] = hash;
}

/* True where the state is new. */
static bool visit(const model_state *state) {
  XXH128_hash_t hash = XXH3_128bits(state, sizeof *state);
  for (size_t i = (size_t)hash.low64 % seen.room; !is_zero(seen.visited[i]); i = (i + 1) % seen.room) {
    if (XXH128_isEqual(seen.visited[i], hash)) return false;
  }
  if (++seen.states > seen.room / 2) {
    XXH128_hash_t *old = seen.visited;
    size_t room = seen.room;
    seen.room *= 2;
    seen.visited = calloc(seen.room, sizeof *seen.visited);
    assert_non_null(seen.visited);
    for (size_t i = 0; i < room; i++) {
      if (!is_zero(old[i])) insert(old[i]);
    }
    free(old);
  }
  insert(hash);
  return true;
}

static void explore(const model_state *state) {
  if (seen.violations > 0 || !visit(state)) return;
  note_words(state);
  bool end = true;
  for (unsigned i = 0; i < CLAIMANTS_MAX; i++) {
    unsigned claims = state->claimants[i].claims;
    if (claims == SCRIPT_MAX || seen.scenario->scripts[i][claims].nonce == 0) continue;
    end = false;
    model_state next = *state;
    advance_claimant(&next, i);
    explore(&next);
  }
  if (!end) return;
  seen.ends++;
  check_end(state);
}

static void explore_scenario(const scenario *what) {
  model_state start;
  memset(&start, 0, sizeof start);
  memset(&seen, 0, sizeof seen);
  seen.scenario = what;
  seen.room = 1 << 16;
  seen.visited = calloc(seen.room, sizeof *seen.visited);
  assert_non_null(seen.visited);
  start.clock = csn_nonce_clock(T, T / CSN_NONCE_TICK_SECONDS);
  for (unsigned i = 0; i < SLOTS; i++) {
    const word *held = &what->slots[i];
    if (held->nonce == 0) continue;
    start.slots[i] = csn_nonce_word(held->nonce, csn_nonce_tick_of(start.clock, held->expires), held->state);
  }
  explore(&start);
  free(seen.visited);
}

/* All interleavings keep the rules. */
static void holds(const scenario *what) {
  explore_scenario(what);
  print_message(
      "%zu states, %zu ends, %zu with rivals, %zu with a killed claim; fresh %zu, replayed %zu, expired %zu, full "
      "%zu\n",
      seen.states, seen.ends, seen.rivals, seen.killed, seen.answers[CSN_NONCE_FRESH], seen.answers[CSN_NONCE_REPLAYED],
      seen.answers[CSN_NONCE_EXPIRED], seen.answers[CSN_NONCE_FULL]);
  assert_int_equal(seen.violations, 0);
  assert_true(seen.ends > 0);
}

#endif
