#include "key_trie.h"

#include <limits.h>
#include <stdlib.h>

typedef csn_trie_node node;

static unsigned place_of(uint64_t hash, unsigned shift) {
  return (unsigned)(hash >> shift) & (CSN_TRIE_FAN - 1);
}

static uint64_t bit_of(uint64_t hash, unsigned shift) {
  return UINT64_C(1) << place_of(hash, shift);
}

/* Where the item of a place is, or would be. */
static uint32_t index_of(const node *branch, uint64_t bit) {
  return (uint32_t)__builtin_popcountll(branch->bits & (bit - 1));
}

const node *csn_trie_child(const node *branch, uint64_t hash, unsigned shift) {
  uint64_t bit = bit_of(hash, shift);
  return (branch->bits & bit) != 0 ? branch->items[index_of(branch, bit)] : NULL;
}

const node *csn_trie_below(const node *root, uint64_t hash, unsigned bits) {
  const node *at = root;
  for (unsigned shift = 0; at != NULL && !at->is_leaf && shift < bits; shift += CSN_TRIE_BITS) {
    at = csn_trie_child(at, hash, shift);
  }
  return at;
}

const node *csn_trie_find(const node *root, uint64_t hash) {
  const node *at = csn_trie_below(root, hash, UINT_MAX);
  return at != NULL && at->bits == hash ? at : NULL;
}

const node *csn_trie_any(const node *root) {
  while (root != NULL && !root->is_leaf) root = root->items[0];
  return root;
}

/* ---- nodes of a change ---- */

static node *make(const csn_trie_change *change, bool is_leaf, uint64_t bits, uint32_t count) {
  node *made = malloc(sizeof *made + count * sizeof made->items[0]);
  if (made == NULL) return NULL;
  *made = (node){.change = change->number, .bits = bits, .count = count, .is_leaf = is_leaf};
  return made;
}

/* The new tree does without it. */
static void drop(csn_trie_change *change, node *old) {
  if (old->change == change->number) {
    free(old);
    return;
  }
  old->retired.next = change->replaced;
  old->retired.kind = change->kind;
  change->replaced = &old->retired;
}

/* The same node with room for another item at `index`, or without the one that is there. */
static node *with_item(csn_trie_change *change, node *old, uint32_t index) {
  node *made = make(change, old->is_leaf, old->bits, old->count + 1);
  if (made == NULL) return NULL;
  memcpy(made->items, old->items, index * sizeof made->items[0]);
  memcpy(made->items + index + 1, old->items + index, (old->count - index) * sizeof made->items[0]);
  drop(change, old);
  return made;
}
static node *without_item(csn_trie_change *change, node *old, uint32_t index) {
  node *made = make(change, old->is_leaf, old->bits, old->count - 1);
  if (made == NULL) return NULL;
  memcpy(made->items, old->items, index * sizeof made->items[0]);
  memcpy(made->items + index, old->items + index + 1, (made->count - index) * sizeof made->items[0]);
  drop(change, old);
  return made;
}

/* The same node, which the change may write. */
static node *writable(csn_trie_change *change, node *old) {
  if (old->change == change->number) return old;
  node *made = make(change, old->is_leaf, old->bits, old->count);
  if (made == NULL) return NULL;
  memcpy(made->items, old->items, old->count * sizeof made->items[0]);
  drop(change, old);
  return made;
}

/* ---- putting ---- */

typedef struct putting {
  csn_trie_change *change;
  uint64_t hash;
  void *old, *new;
  bool first;
} putting;

static bool set(node **at, node *made) {
  if (made != NULL) *at = made;
  return made != NULL;
}

static uint32_t find_item(const node *leaf, const void *item) {
  uint32_t i = 0;
  while (leaf->items[i] != item) i++;
  return i;
}

static bool new_leaf(const putting *p, node **at) {
  if (!set(at, make(p->change, true, p->hash, 1))) return false;
  (*at)->items[0] = p->new;
  return true;
}

static bool put_in_leaf(const putting *p, node **at) {
  node *leaf = *at;
  if (p->old == NULL) {
    uint32_t index = p->first ? 0 : leaf->count;
    if (!set(at, with_item(p->change, leaf, index))) return false;
    (*at)->items[index] = p->new;
    return true;
  }
  uint32_t index = find_item(leaf, p->old);
  if (p->new != NULL) {
    if (!set(at, writable(p->change, leaf))) return false;
    (*at)->items[index] = p->new;
    return true;
  }
  if (leaf->count > 1) return set(at, without_item(p->change, leaf, index));
  drop(p->change, leaf);
  *at = NULL;
  return true;
}

static bool put_at(const putting *p, node **at, unsigned shift);

static bool new_item(const putting *p, node **at, uint64_t bit) {
  uint32_t index = index_of(*at, bit);
  node *leaf = NULL;
  if (!new_leaf(p, &leaf)) return false;
  if (!set(at, with_item(p->change, *at, index))) {
    free(leaf);
    return false;
  }
  (*at)->bits |= bit;
  (*at)->items[index] = leaf;
  return true;
}

/* A branch of one leaf is that leaf: below every branch are two leaves at least. */
static void collapse(const putting *p, node **at) {
  node *branch = *at, *left = branch->items[0];
  if (branch->count > 1 || !left->is_leaf) return;
  drop(p->change, branch);
  *at = left;
}

static bool put_in_branch(const putting *p, node **at, unsigned shift) {
  uint64_t bit = bit_of(p->hash, shift);
  if (((*at)->bits & bit) == 0) return new_item(p, at, bit);
  uint32_t index = index_of(*at, bit);
  if (!set(at, writable(p->change, *at))) return false;
  node *item = (*at)->items[index];
  bool done = put_at(p, &item, shift + CSN_TRIE_BITS);
  (*at)->items[index] = item;
  if (done && item == NULL) {
    done = set(at, without_item(p->change, *at, index));
    if (done) (*at)->bits &= ~bit;
  }
  if (done) collapse(p, at);
  return done;
}

/* A branch with the leaf that was there alone. */
static bool split(const putting *p, node **at, unsigned shift) {
  node *branch = make(p->change, false, bit_of((*at)->bits, shift), 1);
  if (branch == NULL) return false;
  branch->items[0] = *at;
  *at = branch;
  return true;
}

static bool put_at(const putting *p, node **at, unsigned shift) {
  if (*at == NULL) return new_leaf(p, at);
  if (!(*at)->is_leaf) return put_in_branch(p, at, shift);
  if ((*at)->bits == p->hash) return put_in_leaf(p, at);
  return split(p, at, shift) && put_in_branch(p, at, shift);
}

bool csn_trie_put(node **root, uint64_t hash, const csn_key *old, const csn_key *new, bool first,
                  csn_trie_change *change) {
  /* As the items of a node; no key is written to. */
  putting p = {change, hash, (void *)(uintptr_t)old, (void *)(uintptr_t) new, first};
  return put_at(&p, root, 0);
}

/* ---- whole trees ---- */

void csn_trie_discard(node *root, const csn_trie_change *change) {
  if (root == NULL || root->change != change->number) return;
  for (uint32_t i = 0; !root->is_leaf && i < root->count; i++) csn_trie_discard(root->items[i], change);
  free(root);
}

void csn_trie_replace_all(node *root, csn_trie_change *change) {
  if (root == NULL) return;
  for (uint32_t i = 0; !root->is_leaf && i < root->count; i++) csn_trie_replace_all(root->items[i], change);
  drop(change, root);
}

bool csn_trie_each(const node *root, csn_trie_visit *visit, void *self) {
  if (root == NULL) return true;
  if (root->is_leaf) return visit(self, root);
  for (uint32_t i = 0; i < root->count; i++) {
    if (!csn_trie_each(root->items[i], visit, self)) return false;
  }
  return true;
}
