/* Keys by the hash of an id: a tree that never changes once it is published. A change makes new nodes for those on the
 * way to what it changes, and leaves all others where they are. Nothing here is atomic. */
#ifndef CSN_KEY_TRIE_H
#define CSN_KEY_TRIE_H

#include <countersign/key.h>

#include "epoch.h"

enum {
  CSN_TRIE_BITS = 6, /* of the hash that a branch looks at: at most 11 branches are above a leaf */
  CSN_TRIE_FAN = 1 << CSN_TRIE_BITS,
};

/* A branch: `bits` says which of its CSN_TRIE_FAN places are taken, `items` are the nodes there, in that order. A leaf:
 * `bits` is the hash, `items` are the keys whose ids have it; nearly always these are one id's. */
typedef struct csn_trie_node {
  csn_retired retired;
  uint64_t change; /* that made it */
  uint64_t bits;
  uint32_t count;
  bool is_leaf;
  void *items[];
} csn_trie_node;

/* One step down from a branch, `shift` bits of the hash below the root, or NULL. */
const csn_trie_node *csn_trie_child(const csn_trie_node *branch, uint64_t hash, unsigned shift);

/* The leaf of a hash, or NULL. `root` may be NULL. At most 11 steps. */
const csn_trie_node *csn_trie_find(const csn_trie_node *root, uint64_t hash);

/* The node that has all leaves whose hashes end in the lowest `bits` of `hash`, a multiple of CSN_TRIE_BITS, and few
 * others: a single leaf may be another's. NULL where there is none. */
const csn_trie_node *csn_trie_below(const csn_trie_node *root, uint64_t hash, unsigned bits);

/* Some leaf, or NULL where there is none. */
const csn_trie_node *csn_trie_any(const csn_trie_node *root);

/* A change that is being made. Nodes that it has made itself it changes in place: nobody has seen them. */
typedef struct csn_trie_change {
  uint64_t number;       /* no other change of these trees has it */
  csn_retired *replaced; /* nodes that the new tree no longer has */
  unsigned kind;         /* of these */
} csn_trie_change;

/* In the leaf of `hash`: puts `new` in the place of `old`. `old` NULL: adds `new`, before all others where `first` says
 * so, else behind them. `new` NULL: takes `old` out. False without memory: the tree is then still to be discarded. */
bool csn_trie_put(csn_trie_node **root, uint64_t hash, const csn_key *old, const csn_key *new, bool first,
                  csn_trie_change *change) CSN_WARN_UNUSED;

/* Frees what the change has made, for a change that is given up: the published tree is as it was. */
void csn_trie_discard(csn_trie_node *root, const csn_trie_change *change);

/* All nodes of a tree are replaced by none of them. */
void csn_trie_replace_all(csn_trie_node *root, csn_trie_change *change);

/* Calls `visit` for each leaf until it says false, and returns what it said last. */
typedef bool csn_trie_visit(void *self, const csn_trie_node *leaf);
bool csn_trie_each(const csn_trie_node *root, csn_trie_visit *visit, void *self);

#endif
