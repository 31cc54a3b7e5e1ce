/* The ring as it is changed: the new state is made beside the one that is read, of which it shares what stays, and is
 * published by one store. What it does without is retired. One change at a time. */
#include <stdlib.h>

#include "alg.h"
#include "ct.h"
#include "keyring_parts.h"

/* ---- begin and end ---- */

csn_error csn_keyring_change_begin(csn_keyring_change *change, csn_keyring *ring) {
  pthread_mutex_lock(&ring->changing);
  *change = (csn_keyring_change){.ring = ring, .nodes = {.number = ++ring->changes, .kind = CSN_RETIRED_NODE}};
  change->state = malloc(sizeof *change->state);
  if (change->state == NULL) return CSN_ERROR_NO_MEMORY;
  *change->state = *csn_keyring_current(ring);
  return CSN_OK;
}

static void free_key(csn_keyring *ring, csn_held_key *held) {
  csn_key_wipe(&held->key);
  csn_locked_pool_give(&ring->pool, held);
}

void csn_keyring_release(void *ring, csn_retired *object) {
  if (object->kind == CSN_RETIRED_KEY) {
    free_key(ring, (csn_held_key *)object);
  } else {
    free(object);
  }
}
_Static_assert(offsetof(csn_held_key, retired) == 0 && offsetof(csn_trie_node, retired) == 0 &&
                   offsetof(csn_keyring_state, retired) == 0,
               "what is retired begins with that");

static void replace(csn_keyring_change *change, csn_retired *object, csn_retired_kind kind) {
  object->next = change->nodes.replaced;
  object->kind = kind;
  change->nodes.replaced = object;
}

static void undo(csn_keyring_change *change) {
  if (change->state == NULL) return;
  csn_trie_discard(change->state->by_client, &change->nodes);
  csn_trie_discard(change->state->by_key_id, &change->nodes);
  csn_trie_discard(change->state->by_request_id, &change->nodes);
  for (csn_retired *made = change->made, *next; made != NULL; made = next) {
    next = made->next;
    free_key(change->ring, (csn_held_key *)made);
  }
  free(change->state);
}

csn_error csn_keyring_change_end(csn_keyring_change *change, csn_error error) {
  csn_keyring *ring = change->ring;
  if (error == CSN_OK) {
    replace(change, &csn_keyring_current(ring)->retired, CSN_RETIRED_STATE);
    csn_atomic_store_seq_cst(&ring->state, (uint64_t)(uintptr_t)change->state); /* what the epoch's proof begins with */
    csn_epoch_retire(ring->epoch, change->nodes.replaced, csn_keyring_release, ring);
  } else {
    undo(change);
  }
  pthread_mutex_unlock(&ring->changing);
  return error;
}

/* ---- one key ---- */

/* The ring's own copy, NULL without memory. */
static csn_key *hold(csn_keyring_change *change, const csn_key *key) {
  csn_held_key *held = csn_locked_pool_take(&change->ring->pool);
  if (held == NULL) return NULL;
  csn_key_copy(&held->key, key);
  held->retired.next = change->made;
  change->made = &held->retired;
  return &held->key;
}

/* Adds `new` where `old` is NULL, takes `old` out where `new` is NULL, and puts `new`, which has the same names and
 * uses, in its place otherwise. */
static csn_error put(csn_keyring_change *change, const csn_key *old, const csn_key *new) {
  const csn_key *key = new != NULL ? new : old;
  csn_keyring_state *state = change->state;
  bool first = (key->uses & CSN_USE_REQUEST) != 0, by_key_id = csn_key_is_by_key_id(key);
  if (csn_key_is_by_client(key)) {
    uint64_t hash = csn_keyring_hash(state, csn_key_client_id(key));
    if (!csn_trie_put(&state->by_client, hash, old, new, first, &change->nodes)) return CSN_ERROR_NO_MEMORY;
  }
  if (by_key_id) {
    uint64_t hash = csn_keyring_hash(state, csn_key_id(key));
    if (!csn_trie_put(&state->by_key_id, hash, old, new, false, &change->nodes)) return CSN_ERROR_NO_MEMORY;
  }
  if (csn_key_is_by_request_id(key)) {
    uint64_t hash = csn_keyring_request_hash(state, csn_key_id(key), csn_key_client_id(key));
    if (!csn_trie_put(&state->by_request_id, hash, old, new, false, &change->nodes)) return CSN_ERROR_NO_MEMORY;
  }
  if (new != NULL) state->count++, state->token_keys += by_key_id;
  if (old == NULL) return CSN_OK;
  state->count--, state->token_keys -= by_key_id;
  replace(change, (csn_retired *)((uintptr_t)old - offsetof(csn_held_key, key)), CSN_RETIRED_KEY);
  return CSN_OK;
}

static csn_error check_new(const csn_keyring_state *state, const csn_key *key) {
  csn_keyring_reading reading = {.state = state};
  const csn_key *others[CSN_KEYS_PER_CLIENT_MAX];
  if (csn_alg_find(key->alg) == NULL || !csn_alg_fits_uses(key->alg, key->uses)) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if ((key->uses & CSN_USE_TOKEN) != 0 && csn_keyring_find_key_id(&reading, csn_key_id(key)) != NULL) {
    return CSN_ERROR_KEY_DUPLICATE;
  }
  if ((key->uses & CSN_USE_REQUEST) == 0) return CSN_OK;
  size_t count = csn_keyring_find_client(&reading, csn_key_client_id(key), others);
  for (size_t i = 0; i < count; i++) {
    if (csn_span_equal(csn_key_id(others[i]), csn_key_id(key))) return CSN_ERROR_KEY_DUPLICATE;
  }
  return count >= CSN_KEYS_PER_CLIENT_MAX ? CSN_ERROR_KEY_LIMIT : CSN_OK;
}

csn_error csn_keyring_change_add(csn_keyring_change *change, const csn_key *key) {
  csn_error error = check_new(change->state, key);
  if (error != CSN_OK) return error;
  const csn_key *held = hold(change, key);
  return held == NULL ? CSN_ERROR_NO_MEMORY : put(change, NULL, held);
}

csn_error csn_keyring_add_key(csn_keyring *ring, const csn_key *key) {
  csn_keyring_change change;
  csn_error error = csn_keyring_change_begin(&change, ring);
  if (error == CSN_OK) error = csn_keyring_change_add(&change, key);
  return csn_keyring_change_end(&change, error);
}

csn_error csn_keyring_add(csn_keyring *ring, const csn_key_config *config) {
  csn_key key;
  csn_error error = csn_key_init(&key, config);
  if (error == CSN_OK) error = csn_keyring_add_key(ring, &key);
  csn_key_wipe(&key);
  return error;
}

/* ---- the keys of a client ---- */

/* What is done to each of them. They are looked for in the state that is still published: it does not change. */
typedef struct doing {
  csn_keyring_change *change;
  csn_span client_id;
  const csn_span *key_id; /* NULL: of any */
  csn_error (*act)(struct doing *doing, const csn_key *key);
  unsigned uses;      /* a rotation's: of the new key */
  int64_t now, until; /* a rotation's */
  size_t found;
  csn_error error;
} doing;

static bool do_leaf(void *self, const csn_trie_node *leaf) {
  doing *d = self;
  for (uint32_t i = 0; i < leaf->count && d->error == CSN_OK; i++) {
    const csn_key *key = leaf->items[i];
    bool named = d->key_id == NULL || csn_span_equal(csn_key_id(key), *d->key_id);
    if (!named || !csn_span_equal(csn_key_client_id(key), d->client_id)) continue;
    d->found++;
    d->error = d->act(d, key);
  }
  return d->error == CSN_OK;
}

static csn_error do_each(doing *d) {
  const csn_keyring_state *state = csn_keyring_current(d->change->ring);
  const csn_trie_node *leaf = csn_trie_find(state->by_client, csn_keyring_hash(state, d->client_id));
  if (leaf != NULL) (void)do_leaf(d, leaf);
  if (d->client_id.len > 0 || d->error != CSN_OK) return d->error;
  /* Token keys without a client. */
  if (d->key_id == NULL) {
    (void)csn_trie_each(state->by_key_id, do_leaf, d);
  } else {
    leaf = csn_trie_find(state->by_key_id, csn_keyring_hash(state, *d->key_id));
    if (leaf != NULL) (void)do_leaf(d, leaf);
  }
  return d->error;
}

/* ---- rotation ---- */

static csn_error take_out(doing *d, const csn_key *key) {
  return put(d->change, key, NULL);
}

static csn_error give_grace(doing *d, const csn_key *key) {
  if ((key->uses & d->uses) == 0) return CSN_OK;
  if (!csn_key_is_accepted(key, d->now)) return take_out(d, key);
  if (key->accept_until != 0 && key->accept_until <= d->until) return CSN_OK;
  csn_key *held = hold(d->change, key);
  if (held == NULL) return CSN_ERROR_NO_MEMORY;
  held->accept_until = d->until;
  return put(d->change, key, held);
}

csn_error csn_keyring_rotate(csn_keyring *ring, const csn_key *key, int64_t now, int64_t grace) {
  csn_keyring_change change;
  if (now < 1 || now > INT64_MAX - CSN_GRACE_MAX || grace < 0 || grace > CSN_GRACE_MAX) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  doing others = {.change = &change,
                  .client_id = csn_key_client_id(key),
                  .act = give_grace,
                  .uses = key->uses,
                  .now = now,
                  .until = now + grace};
  csn_error error = csn_keyring_change_begin(&change, ring);
  if (error == CSN_OK) error = do_each(&others);
  if (error == CSN_OK) error = csn_keyring_change_add(&change, key);
  return csn_keyring_change_end(&change, error);
}

static csn_error refuse_from_now(doing *d, const csn_key *key) {
  if (key->revoked) return CSN_OK;
  csn_key *held = hold(d->change, key);
  if (held == NULL) return CSN_ERROR_NO_MEMORY;
  held->revoked = true;
  return put(d->change, key, held);
}

static csn_error do_named(csn_keyring *ring, csn_span client_id, csn_span key_id,
                          csn_error (*act)(doing *doing, const csn_key *key)) {
  csn_keyring_change change;
  doing named = {.change = &change, .client_id = client_id, .key_id = &key_id, .act = act};
  csn_error error = csn_keyring_change_begin(&change, ring);
  if (error == CSN_OK) error = do_each(&named);
  if (error == CSN_OK && named.found == 0) error = CSN_ERROR_KEY_NOT_FOUND;
  return csn_keyring_change_end(&change, error);
}

csn_error csn_keyring_revoke(csn_keyring *ring, csn_span client_id, csn_span key_id) {
  return do_named(ring, client_id, key_id, refuse_from_now);
}

csn_error csn_keyring_remove(csn_keyring *ring, csn_span client_id, csn_span key_id) {
  return do_named(ring, client_id, key_id, take_out);
}

/* ---- all keys ---- */

/* Calls `visit` for the leaves of both trees. A key that is in both is to be looked at in the first only. */
typedef struct walk {
  csn_keyring_change *change;
  bool second;
  csn_error error;
} walk;

static csn_error walk_all(const csn_keyring_state *state, csn_trie_visit *visit, csn_keyring_change *change) {
  walk w = {.change = change};
  (void)csn_trie_each(state->by_client, visit, &w);
  w.second = true;
  if (w.error == CSN_OK) (void)csn_trie_each(state->by_key_id, visit, &w);
  return w.error;
}

static bool drop_keys(void *self, const csn_trie_node *leaf) {
  const walk *w = self;
  for (uint32_t i = 0; i < leaf->count; i++) {
    const csn_key *key = leaf->items[i];
    if (w->second && csn_key_is_by_client(key)) continue;
    replace(w->change, (csn_retired *)((uintptr_t)key - offsetof(csn_held_key, key)), CSN_RETIRED_KEY);
  }
  return true;
}

/* The oldest first, so that the newest comes before it again. */
static bool add_keys(void *self, const csn_trie_node *leaf) {
  walk *w = self;
  for (uint32_t i = leaf->count; i-- > 0 && w->error == CSN_OK;) {
    const csn_key *key = leaf->items[i];
    if (!w->second || !csn_key_is_by_client(key)) w->error = csn_keyring_change_add(w->change, key);
  }
  return w->error == CSN_OK;
}

void csn_keyring_drop_all(csn_keyring_change *change) {
  csn_keyring_state *state = csn_keyring_current(change->ring);
  (void)walk_all(state, drop_keys, change);
  csn_trie_replace_all(state->by_client, &change->nodes);
  csn_trie_replace_all(state->by_key_id, &change->nodes);
  csn_trie_replace_all(state->by_request_id, &change->nodes);
}

csn_error csn_keyring_replace(csn_keyring *ring, const csn_keyring *with) {
  csn_keyring_change change;
  csn_keyring_reading reading;
  csn_keyring_read_begin(with, &reading);
  csn_error error = csn_keyring_change_begin(&change, ring);
  if (error == CSN_OK) {
    csn_keyring_drop_all(&change);
    *change.state = (csn_keyring_state){.secret = ring->secret, .headers = &ring->headers};
    error = walk_all(reading.state, add_keys, &change);
  }
  csn_keyring_read_end(&reading);
  return csn_keyring_change_end(&change, error);
}
