/* Whole requests, those of corpus/vectors/: their keys' states and their pepper are secret, what they carry is public.
 * Nothing is told but the verdict, whatever it is, singly and in a batch, for the first time and again. */
#include <countersign/verifier.h>

#include "../../src/keyring_parts.h"
#include "../vectors.h"
#include "check.h"

enum { REQUESTS_MIN = 700, COMPARED_MIN = 400 };

/* What is counted on the walk. Every difference is printed; the test fails at the end, so that one run shows all. */
typedef struct tally {
  size_t requests, compared, failures;
  bool batch, compares[64]; /* the presets of which a request came to be compared */
} tally;

static void fail_case(tally *t, const csn_vector *vector, const char *what) {
  print_error("%s: %s\n", vector->folder, what);
  t->failures++;
}

/* ---- secrets ---- */

static void hide_key(const csn_key *key, size_t *hidden) {
  if (key->public_key != NULL) return;
  CSN_CT_SECRET(&key->inner64, sizeof key->inner64);
  CSN_CT_SECRET(&key->outer64, sizeof key->outer64);
  ++*hidden;
}

static bool hide_leaf(void *hidden, const csn_trie_node *leaf) {
  for (uint32_t i = 0; i < leaf->count; i++) hide_key(leaf->items[i], hidden);
  return true;
}

/* Every HMAC key that can be found. Returns how many. */
static size_t hide_keys(const csn_policy *policy) {
  size_t hidden = 0;
  if (policy->config.api_key.pepper != NULL) hide_key(policy->config.api_key.pepper, &hidden);
  if (policy->keyring == NULL) return hidden;
  const csn_keyring_state *ring = csn_keyring_current(policy->keyring);
  (void)csn_trie_each(ring->by_client, hide_leaf, &hidden);
  (void)csn_trie_each(ring->by_key_id, hide_leaf, &hidden);
  return hidden;
}

/* ---- requests ---- */

static void note_preset(tally *t, const csn_scheme *scheme) {
  for (size_t i = 0; csn_scheme_preset_at(i) != NULL; i++) {
    if (csn_scheme_preset_at(i) == scheme) t->compares[i] = true;
  }
}

static void check_verdicts(tally *t, const csn_vector *vector, const csn_verdict *verdicts) {
  for (size_t i = 0; i < vector->count; i++) {
    if (ct_secret_bytes(&verdicts[i], sizeof verdicts[i]) > 0) fail_case(t, vector, "a verdict holds of a secret");
    if (csn_accepted(&verdicts[i]) != vector_line_accepts(vector, i)) fail_case(t, vector, "another verdict");
  }
}

static void verify(tally *t, const csn_vector *vector, const csn_policy *policy, const csn_request *requests) {
  csn_verdict verdicts[VECTOR_LINES_MAX];
  size_t before = ct_reports(), published = csn_ct_published;
  memset(verdicts, 0, sizeof verdicts); /* of a name only what it has is written */
  for (int times = 0; times < 2; times++) {
    if (t->batch) {
      csn_verify_batch(policy->verifier, requests, verdicts, vector->count, vector->now);
    } else {
      for (size_t i = 0; i < vector->count; i++) csn_verify(policy->verifier, &requests[i], vector->now, &verdicts[i]);
    }
    if (times == 0) check_verdicts(t, vector, verdicts);
  }
  if (ct_reports() > before) fail_case(t, vector, "tells a secret");
  if (csn_ct_published > published) note_preset(t, policy->config.scheme);
  t->requests += vector->count;
  t->compared += csn_ct_published > published;
}

static void visit(csn_vector *vector, void *context) {
  static csn_request_line lines[VECTOR_LINES_MAX];
  csn_request requests[VECTOR_LINES_MAX];
  csn_policy_error error;
  csn_policy policy;
  tally *t = context;
  if (!csn_policy_load(&policy, vector->policy, vector->now, &error)) {
    fail_case(t, vector, error.text);
    return;
  }
  size_t hidden = hide_keys(&policy);
  memset(lines, 0, sizeof lines);
  for (size_t i = 0; hidden > 0 && i < vector->count; i++) {
    const char *reason = NULL;
    size_t offset = 0;
    if (!csn_request_line_read(&lines[i], vector->requests[i], &reason, &offset)) fail_case(t, vector, reason);
    requests[i] = lines[i].request;
  }
  if (hidden > 0) verify(t, vector, &policy, requests);
  for (size_t i = 0; i < VECTOR_LINES_MAX; i++) csn_request_line_free(&lines[i]);
  csn_policy_free(&policy);
}

static void requests_tell_only_their_verdicts(bool batch) {
  tally t = {.batch = batch};
  assert_true(vectors_each(visit, &t));
  for (size_t i = 0; csn_scheme_preset_at(i) != NULL; i++) {
    if (t.compares[i]) continue;
    print_error("%s: nothing secret came to be compared\n", csn_scheme_preset_at(i)->name);
    t.failures++;
  }
  print_message("%zu requests, of %zu cases a MAC was compared\n", t.requests, t.compared);
  assert_int_equal(t.failures, 0);
  assert_true(t.requests >= REQUESTS_MIN && t.compared >= COMPARED_MIN);
}

static void single_requests_tell_only_their_verdicts(void **state) {
  (void)state;
  requests_tell_only_their_verdicts(false);
}

static void batches_tell_only_their_verdicts(void **state) {
  (void)state;
  requests_tell_only_their_verdicts(true);
}

int ct_requests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_requests_tell_only_their_verdicts),
      cmocka_unit_test(batches_tell_only_their_verdicts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
