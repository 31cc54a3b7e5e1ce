/* The ring as readers see it. A reading is one state: see keyring_parts.h for what that is, keyring_change.c for how
 * another comes in its place, and epoch.c for when the old one is freed. */
#include <countersign/keyring.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ct.h"
#include "keyring_parts.h"
#include "words.h"

/* ---- the ring ---- */

static bool set_up(csn_keyring *ring, const uint8_t seed[16]) {
  csn_keyring_state *state = calloc(1, sizeof *state);
  ring->epoch = csn_epoch_new();
  csn_atomic_init(&ring->state, (uint64_t)(uintptr_t)state);
  csn_locked_pool_init(&ring->pool, sizeof(csn_held_key));
  if (state == NULL || ring->epoch == NULL) return false;
  state->secret = ring->secret;
  state->headers = &ring->headers;
  return XXH3_generateSecret(ring->secret, sizeof ring->secret, seed, 16) == XXH_OK;
}

csn_error csn_keyring_new(csn_keyring **out, const uint8_t seed[16]) {
  csn_keyring *ring = calloc(1, sizeof *ring);
  *out = NULL;
  if (ring == NULL) return CSN_ERROR_NO_MEMORY;
  if (pthread_mutex_init(&ring->changing, NULL) != 0) {
    free(ring);
    return CSN_ERROR_NO_MEMORY;
  }
  if (!set_up(ring, seed)) {
    csn_keyring_free(ring);
    return CSN_ERROR_NO_MEMORY;
  }
  *out = ring;
  return CSN_OK;
}

void csn_keyring_free(csn_keyring *ring) {
  if (ring == NULL) return;
  csn_keyring_state *state = csn_keyring_current(ring);
  csn_keyring_change last = {.ring = ring, .nodes.kind = CSN_RETIRED_NODE};
  if (ring->epoch != NULL && state != NULL) {
    csn_keyring_drop_all(&last);
    csn_epoch_retire(ring->epoch, last.nodes.replaced, csn_keyring_release, ring); /* nobody reads: all at once */
  }
  free(state);
  csn_epoch_free(ring->epoch);
  csn_locked_pool_close(&ring->pool);
  pthread_mutex_destroy(&ring->changing);
  csn_wipe(ring, sizeof *ring);
  free(ring);
}

csn_keyring_memory csn_keyring_reclaim(csn_keyring *ring) {
  pthread_mutex_lock(&ring->changing);
  csn_epoch_retire(ring->epoch, NULL, csn_keyring_release, ring);
  csn_keyring_memory memory = {
      .key_bytes = ring->pool.mapped, .unlocked_bytes = ring->pool.unlocked, .waiting = csn_epoch_waiting(ring->epoch)};
  pthread_mutex_unlock(&ring->changing);
  return memory;
}

size_t csn_keyring_count(const csn_keyring *ring) {
  csn_keyring_reading reading;
  csn_keyring_read_begin(ring, &reading);
  size_t count = reading.state->count;
  csn_keyring_read_end(&reading);
  return count;
}

/* ---- reading ---- */

void csn_keyring_read_begin(const csn_keyring *ring, csn_keyring_reading *reading) {
  csn_epoch_reading entered = csn_epoch_enter(ring->epoch);
  reading->lane = entered.lane;
  reading->side = entered.side;
  reading->state = csn_keyring_current(ring); /* after the entry, which keeps it */
}

void csn_keyring_read_end(csn_keyring_reading *reading) {
  csn_epoch_leave((csn_epoch_reading){reading->lane, reading->side});
  reading->state = NULL;
}

/* At least 17 bytes: what XXH3 does with 16 would let ids be chosen that collide under any secret. The length keeps
 * those apart that have the same text. Of at most 16 bytes, as usual, it is their first and their last, in whole words,
 * as they are read again: bytes that were just written in other pieces are not there at once. */
uint64_t csn_keyring_hash(const csn_keyring_state *state, csn_span id) {
  enum { TEXT_MIN = 17, WORD = 8 };
  uint64_t length = (uint64_t)id.len * UINT64_C(0x9e3779b97f4a7c15), words[3] = {0};
  if (id.len >= TEXT_MIN) return XXH3_64bits_withSecret(id.ptr, id.len, state->secret, CSN_RING_SECRET_BYTES) + length;
  if (id.len >= WORD) {
    words[0] = csn_word_8(id.ptr);
    words[1] = csn_word_8(id.ptr + id.len - WORD);
  } else {
    words[0] = csn_word_few(id.ptr, id.len);
  }
  return XXH3_64bits_withSecret(words, sizeof words, state->secret, CSN_RING_SECRET_BYTES) + length;
}

uint64_t csn_keyring_request_hash(const csn_keyring_state *state, csn_span key_id, csn_span client_id) {
  const uint64_t mask = (UINT64_C(1) << CSN_REQUEST_ID_BITS) - 1;
  return (csn_keyring_hash(state, key_id) & mask) | csn_keyring_hash(state, client_id) << CSN_REQUEST_ID_BITS;
}

static void prefetch(const void *memory, size_t len) {
  enum { LINE = 64 };
  for (size_t i = 0; i < len; i += LINE) __builtin_prefetch((const uint8_t *)memory + i);
}

void csn_keyring_search_begin(const csn_keyring_reading *reading, csn_span client_id, csn_client_search *search) {
  search->at = reading->state->by_client;
  search->hash = csn_keyring_hash(reading->state, client_id);
  search->shift = 0;
  search->is_done = search->at == NULL;
}

bool csn_keyring_search_on(csn_client_search *search) {
  const csn_trie_node *at = search->at;
  if (search->is_done) return false;
  if (at->is_leaf) {
    for (uint32_t i = 0; i < at->count && i < CSN_KEYS_PER_CLIENT_MAX; i++) prefetch(at->items[i], sizeof(csn_key));
    if (at->bits != search->hash) search->at = NULL;
  } else {
    search->at = csn_trie_child(at, search->hash, search->shift);
    search->shift += CSN_TRIE_BITS;
    if (search->at != NULL) prefetch(search->at, sizeof *search->at);
  }
  search->is_done = at->is_leaf || search->at == NULL;
  return !search->is_done;
}

size_t csn_keyring_search_end(const csn_client_search *search, csn_span client_id,
                              const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) {
  const csn_trie_node *leaf = search->at;
  size_t found = 0;
  for (uint32_t i = 0; leaf != NULL && i < leaf->count && found < CSN_KEYS_PER_CLIENT_MAX; i++) {
    const csn_key *key = leaf->items[i];
    if ((key->uses & CSN_USE_REQUEST) == 0) break;
    if (csn_span_equal(csn_key_client_id(key), client_id)) out[found++] = key;
  }
  return found;
}

size_t csn_keyring_find_client(const csn_keyring_reading *reading, csn_span client_id,
                               const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) {
  csn_client_search search;
  csn_keyring_search_begin(reading, client_id, &search);
  while (csn_keyring_search_on(&search)) continue;
  return csn_keyring_search_end(&search, client_id, out);
}

/* The keys with an id, until there are two. */
typedef struct search {
  csn_span key_id;
  const csn_key *found;
  bool shared;
} search;

static bool search_leaf(void *self, const csn_trie_node *leaf) {
  search *s = self;
  for (uint32_t i = 0; i < leaf->count && !s->shared; i++) {
    const csn_key *key = leaf->items[i];
    if (!csn_span_equal(csn_key_id(key), s->key_id)) continue;
    s->shared = s->found != NULL;
    s->found = key;
  }
  return !s->shared;
}

const csn_key *csn_keyring_find_request_key(const csn_keyring_reading *reading, csn_span key_id, bool *shared) {
  const csn_keyring_state *state = reading->state;
  search s = {.key_id = key_id};
  uint64_t hash = csn_keyring_hash(state, key_id);
  if (key_id.len > 0) {
    (void)csn_trie_each(csn_trie_below(state->by_request_id, hash, CSN_REQUEST_ID_BITS), search_leaf, &s);
  }
  *shared = s.shared;
  return s.shared ? NULL : s.found;
}

const csn_key *csn_keyring_find_key_id(const csn_keyring_reading *reading, csn_span key_id) {
  const csn_keyring_state *state = reading->state;
  const csn_trie_node *leaf = csn_trie_find(state->by_key_id, csn_keyring_hash(state, key_id));
  for (uint32_t i = 0; leaf != NULL && i < leaf->count; i++) {
    if (csn_words_equal(csn_key_id(leaf->items[i]), key_id)) return leaf->items[i];
  }
  return NULL;
}

const csn_key *csn_keyring_only_token_key(const csn_keyring_reading *reading) {
  return reading->state->token_keys == 1 ? csn_trie_any(reading->state->by_key_id)->items[0] : NULL;
}

size_t csn_keyring_token_key_count(const csn_keyring_reading *reading) {
  return reading->state->token_keys;
}
