/* The tree of keys against an array, with hashes that agree in many bits; and trees that a change leaves alone. */
#include "../src/key_trie.h"
#include "support.h"

enum { HASHES = 40, KEYS = 3 };

static uint64_t hashes[HASHES];
static const csn_key keys[HASHES][KEYS]; /* only where they lie counts */
static const csn_key *model[HASHES][KEYS];
static size_t model_count[HASHES];
static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n) {
  random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (uint32_t)(random_state >> 33) % n;
}

/* Hashes that part at the first branch, at the last, and in between. */
static void make_hashes(void) {
  for (uint32_t i = 0; i < HASHES; i++) {
    static const unsigned shifts[] = {0, 6, 30, 54, 60};
    uint64_t part = i / 5 + 1;
    hashes[i] = part << shifts[i % 5] | (i % 5 == 4 ? part << 60 : 0);
    for (uint32_t j = 0; j < i; j++) {
      if (hashes[j] == hashes[i]) hashes[i] = hashes[i] * UINT64_C(0x9e3779b97f4a7c15) + 1, j = UINT32_MAX;
    }
  }
}

static void compare(const csn_trie_node *root) {
  size_t leaves = 0;
  for (size_t i = 0; i < HASHES; i++) {
    const csn_trie_node *leaf = csn_trie_find(root, hashes[i]);
    assert_int_equal(leaf == NULL ? 0 : leaf->count, model_count[i]);
    for (size_t k = 0; leaf != NULL && k < leaf->count; k++) assert_ptr_equal(leaf->items[k], model[i][k]);
    leaves += leaf != NULL;
    assert_null(csn_trie_find(root, hashes[i] ^ UINT64_C(1) << 59));
  }
  assert_int_equal(csn_trie_any(root) != NULL, leaves > 0);
  if (leaves > 0) assert_true(csn_trie_any(root)->is_leaf);
}

static void free_replaced(csn_trie_change *change) {
  for (csn_retired *at = change->replaced, *next; at != NULL; at = next) {
    next = at->next;
    assert_int_equal(at->kind, 7);
    free(at);
  }
}

/* A key that the array does not have under this hash, or NULL. */
static const csn_key *absent_key(size_t i) {
  for (size_t k = 0; k < KEYS; k++) {
    size_t at = 0;
    while (at < model_count[i] && model[i][at] != &keys[i][k]) at++;
    if (at == model_count[i]) return &keys[i][k];
  }
  return NULL;
}

/* Puts what the array gets, too. */
static void put_random(csn_trie_node **root, csn_trie_change *change) {
  uint32_t i = random_below(HASHES), what = random_below(3), at;
  size_t *count = &model_count[i];
  const csn_key *new = absent_key(i);
  if (what == 0 && new != NULL) {
    bool first = random_below(2) == 0;
    assert_true(csn_trie_put(root, hashes[i], NULL, new, first, change));
    at = first ? 0 : (uint32_t)*count;
    memmove(&model[i][at + 1], &model[i][at], (*count - at) * sizeof model[i][0]);
    model[i][at] = new;
    (*count)++;
  } else if (what == 1 && *count > 0 && new != NULL) {
    at = random_below((uint32_t)*count);
    assert_true(csn_trie_put(root, hashes[i], model[i][at], new, false, change));
    model[i][at] = new;
  } else if (what == 2 && *count > 0) {
    at = random_below((uint32_t)*count);
    assert_true(csn_trie_put(root, hashes[i], model[i][at], NULL, false, change));
    memmove(&model[i][at], &model[i][at + 1], (*count - at - 1) * sizeof model[i][0]);
    (*count)--;
  }
}

static void changes_are_those_of_an_array(void **state) {
  csn_trie_node *root = NULL;
  (void)state;
  make_hashes();
  compare(root);
  for (uint64_t number = 1; number <= 20000; number++) {
    csn_trie_change change = {.number = number, .kind = 7};
    uint32_t puts = 1 + random_below(4);
    for (uint32_t i = 0; i < puts; i++) put_random(&root, &change);
    compare(root);
    free_replaced(&change);
  }
  csn_trie_change last = {.number = UINT64_MAX, .kind = 7};
  csn_trie_replace_all(root, &last);
  free_replaced(&last);
}

/* A tree that was published is not written to by a change, which is given up or goes through. */
static void what_is_published_stays(void **state) {
  csn_trie_node *root = NULL;
  (void)state;
  make_hashes();
  memset(model_count, 0, sizeof model_count);
  for (uint64_t number = 1; number <= 2000; number++) {
    csn_trie_node *next = root;
    csn_trie_change change = {.number = number, .kind = 7};
    static const csn_key *saved[HASHES][KEYS], *made[HASHES][KEYS];
    size_t saved_count[HASHES], made_count[HASHES];
    memcpy(saved, model, sizeof model);
    memcpy(saved_count, model_count, sizeof model_count);
    for (uint32_t i = 0; i < 5; i++) put_random(&next, &change);
    memcpy(made, model, sizeof model);
    memcpy(made_count, model_count, sizeof model_count);
    compare(next);
    memcpy(model, saved, sizeof model);
    memcpy(model_count, saved_count, sizeof model_count);
    compare(root);
    if (number % 3 == 0) {
      csn_trie_discard(next, &change);
      compare(root);
      continue;
    }
    free_replaced(&change);
    root = next;
    memcpy(model, made, sizeof model);
    memcpy(model_count, made_count, sizeof model_count);
  }
  csn_trie_change last = {.number = UINT64_MAX, .kind = 7};
  csn_trie_replace_all(root, &last);
  free_replaced(&last);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_are_those_of_an_array),
      cmocka_unit_test(what_is_published_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
