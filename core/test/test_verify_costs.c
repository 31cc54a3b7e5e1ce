/* A verdict costs no memory, no lock and no system call: every case of corpus/vectors/, singly and in a batch. What
 * OpenSSL allocates to verify with a public key is the one exception, and is given back. */
#include "count_costs.h"

#include <countersign/token.h>
#include <countersign/verifier.h>

#include "../src/keyring_parts.h"
#include "support.h"
#include "vectors.h"

enum { REQUESTS_MIN = 700, BATCH = 70 /* more than a group */, PRESETS_MAX = 64 };

/* One case, in memory that the child shares; what it changes of the policy, its nonces above all, it changes for
 * itself.
 */
typedef struct job {
  const csn_verifier *verifier;
  int64_t now;
  size_t count;
  bool batch;
  csn_request requests[BATCH]; /* of the case, again and again */
  csn_verdict verdicts[BATCH];
} job;

static void verify(void *context) {
  job *j = context;
  if (j->batch) {
    csn_verify_batch(j->verifier, j->requests, j->verdicts, BATCH, j->now);
    return;
  }
  for (size_t i = 0; i < 2 * j->count; i++) csn_verify(j->verifier, &j->requests[i], j->now, &j->verdicts[i]);
}

/* ---- the cases ---- */

/* What is counted on the walk. Every difference is printed; the test fails at the end, so that one run shows all. */
typedef struct tally {
  job *job;
  unsigned mode; /* COSTS_ bits */
  size_t requests, failures;
  bool accepted[PRESETS_MAX], rejected[PRESETS_MAX];
  size_t public_cases, allocations_max, locks_max;
} tally;

static void fail_case(tally *t, const csn_vector *vector, const char *what) {
  print_error("%s%s: %s\n", vector->folder, t->job->batch ? ", batch" : "", what);
  t->failures++;
}

static void check_verdicts(tally *t, const csn_vector *vector, const csn_scheme *scheme) {
  for (size_t i = 0; i < vector->count; i++) {
    bool accepted = csn_accepted(&t->job->verdicts[i]);
    if (accepted != vector_line_accepts(vector, i)) fail_case(t, vector, "another verdict than expected");
    for (size_t p = 0; csn_scheme_preset_at(p) != NULL; p++) {
      if (csn_scheme_preset_at(p) == scheme) *(accepted ? &t->accepted[p] : &t->rejected[p]) = true;
    }
  }
  t->requests += vector->count;
}

static bool is_public_leaf(void *self, const csn_trie_node *leaf) {
  bool *has = self;
  for (uint32_t i = 0; i < leaf->count; i++) *has |= ((const csn_key *)leaf->items[i])->public_key != NULL;
  return !*has;
}

static bool has_public_keys(const csn_policy *policy) {
  bool has = false;
  if (policy->keyring == NULL) return false;
  const csn_keyring_state *ring = csn_keyring_current(policy->keyring);
  (void)(csn_trie_each(ring->by_client, is_public_leaf, &has) && csn_trie_each(ring->by_key_id, is_public_leaf, &has));
  return has;
}

/* With what OpenSSL keeps of a key and a thread once it has used them. */
static void verify_again(void *context) {
  verify(context);
  memset(counted, 0, sizeof *counted);
  verify(context);
}

/* Whether it is a case in which OpenSSL verifies, which then gives back what it takes. Where a signature cannot be one
 * it has only looked after its queue of errors. */
static bool openssl_verifies(tally *t, const csn_vector *vector, const csn_policy *policy) {
  costs first = {0}, c = {0};
  if (!has_public_keys(policy)) return false;
  if (!costs_of(t->mode & COSTS_NEW_THREAD, verify, t->job, &first)) fail_case(t, vector, "no end");
  if (first.allocations + first.locks == 0) return false;
  if (!costs_of(t->mode & COSTS_NEW_THREAD, verify_again, t->job, &c)) fail_case(t, vector, "no end");
  if (c.allocations != c.frees) fail_case(t, vector, "memory is not given back");
  size_t requests = t->job->batch ? BATCH : 2 * t->job->count;
  t->public_cases++;
  if (c.allocations / requests > t->allocations_max) t->allocations_max = c.allocations / requests;
  if (c.locks / requests > t->locks_max) t->locks_max = c.locks / requests;
  return true;
}

static void check_costs(tally *t, const csn_vector *vector, const csn_policy *policy) {
  costs c = {0};
  if (openssl_verifies(t, vector, policy)) return;
  if (!costs_of(t->mode, verify, t->job, &c)) fail_case(t, vector, "no end");
  check_verdicts(t, vector, policy->config.scheme);
  if (c.allocations + c.frees + c.locks + c.calls == 0) return;
  fail_case(t, vector, "a verdict costs more than its work");
  print_error("  %zu blocks allocated, %zu freed, %zu locks, %zu system calls (the first is number %d)\n",
              c.allocations, c.frees, c.locks, c.calls, c.first_call);
}

static void visit(csn_vector *vector, void *context) {
  static csn_request_line lines[VECTOR_LINES_MAX];
  csn_policy_error error;
  csn_policy policy;
  tally *t = context;
  if (!csn_policy_load(&policy, vector->policy, vector->now, &error)) {
    fail_case(t, vector, error.text);
    return;
  }
  memset(lines, 0, sizeof lines);
  for (size_t i = 0; i < vector->count; i++) {
    const char *reason = NULL;
    size_t offset = 0;
    if (!csn_request_line_read(&lines[i], vector->requests[i], &reason, &offset)) fail_case(t, vector, reason);
  }
  t->job->verifier = policy.verifier;
  t->job->now = vector->now;
  t->job->count = vector->count;
  for (size_t i = 0; i < BATCH; i++) t->job->requests[i] = lines[i % vector->count].request;
  check_costs(t, vector, &policy);
  for (size_t i = 0; i < VECTOR_LINES_MAX; i++) csn_request_line_free(&lines[i]);
  csn_policy_free(&policy);
}

static void verdicts_cost_nothing(bool batch, unsigned mode) {
  tally t = {.job = costs_shared(sizeof(job)), .mode = mode};
  t.job->batch = batch;
  assert_true(vectors_each(visit, &t));
  for (size_t i = 0; csn_scheme_preset_at(i) != NULL; i++) {
    if (t.accepted[i] && t.rejected[i]) continue;
    print_error("%s: not seen accepted, or not rejected\n", csn_scheme_preset_at(i)->name);
    t.failures++;
  }
  print_message("%zu requests; in %zu cases more OpenSSL allocates up to %zu blocks a request, and locks %zu times\n",
                t.requests, t.public_cases, t.allocations_max, t.locks_max);
  munmap(t.job, sizeof(job));
  assert_int_equal(t.failures, 0);
  assert_true(t.requests >= REQUESTS_MIN && t.public_cases > 0);
}

static void single_verdicts_cost_nothing(void **state) {
  (void)state;
  verdicts_cost_nothing(false, COSTS_JAILED);
}

static void batches_cost_nothing(void **state) {
  (void)state;
  verdicts_cost_nothing(true, COSTS_JAILED);
}

/* Not even the first that a thread asks for. */
static void the_first_verdict_of_a_thread_costs_nothing(void **state) {
  (void)state;
  verdicts_cost_nothing(false, COSTS_JAILED | COSTS_NEW_THREAD);
}

/* ---- controls: each is counted, and nothing else with it ---- */

static volatile size_t some = 100;

static void allocate(void *context) {
  void *volatile *block = context;
  *block = malloc(some);
}
static void allocate_aligned(void *context) {
  void *block = NULL;
  *(int volatile *)context = posix_memalign(&block, 64, some);
}
static void lock_and_unlock(void *context) {
  (void)pthread_mutex_lock(context);
}
static void ask_a_store_with_a_lock(void *context) {
  static const uint8_t hash[CSN_REFRESH_HASH_BYTES];
  csn_refresh_store store = csn_refresh_memory_store(context);
  csn_grant grant;
  (void)store.look(store.self, hash, 1, &grant);
}
static void call_the_system(void *context) {
  *(long volatile *)context = syscall(SYS_getppid);
}
static void nothing_at_all(void *context) {
  (void)context;
}

static void assert_costs(void (*work)(void *), void *context, size_t allocations, size_t locks, size_t calls) {
  for (unsigned mode = COSTS_JAILED; mode <= (COSTS_JAILED | COSTS_NEW_THREAD); mode += COSTS_NEW_THREAD) {
    costs c = {0};
    assert_true(costs_of(mode, work, context, &c));
    assert_int_equal(c.allocations, allocations);
    assert_int_equal(c.locks, locks);
    assert_int_equal(c.calls, calls);
  }
}

static void what_costs_is_counted(void **state) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  csn_refresh_memory *memory = NULL;
  void *block = NULL;
  int answer = 0;
  long number = 0;
  (void)state;
  assert_int_equal(csn_refresh_memory_new(&memory, 10), CSN_OK);
  free(malloc(some)); /* so that there is a block: without, the allocator would ask the system */
  assert_costs(nothing_at_all, NULL, 0, 0, 0);
  assert_costs(lock_and_unlock, &mutex, 0, 1, 0);
  assert_costs(ask_a_store_with_a_lock, memory, 0, 1, 0);
  assert_costs(call_the_system, &number, 0, 0, 1);
  costs c = {0};
  assert_true(costs_of(0, allocate, &block, &c));
  assert_int_equal(c.allocations, 1);
  assert_true(costs_of(0, allocate_aligned, &answer, &c));
  assert_int_equal(c.allocations, 1);
  csn_refresh_memory_free(memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_costs_is_counted),
      cmocka_unit_test(single_verdicts_cost_nothing),
      cmocka_unit_test(batches_cost_nothing),
      cmocka_unit_test(the_first_verdict_of_a_thread_costs_nothing),
  };
  costs_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
