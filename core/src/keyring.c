/* The ring: an array of keys, and two open-addressing indexes over it. */
#include <countersign/keyring.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "alg.h"
#include "ct.h"

enum { SLOTS_MIN = 16, KEYS_MAX = 1 << 30 };
#define SHARED (UINT32_C(1) << 31)

/* An index holds the position of a key plus one; 0 is free. Keys of one client are chained through `next`, newest
 * first, from the one in the index. At most half of the slots are used. `by_request_id` has SHARED beside the position
 * where request keys of several clients have one id. */
struct csn_keyring {
  csn_key *keys;
  uint32_t *next;
  size_t count, room;
  uint32_t *by_client, *by_key_id, *by_request_id;
  size_t slots; /* of each index: a power of two */
  size_t token_keys, last_token_key;
  uint64_t seed[2];
  bool frozen;
};

csn_error csn_keyring_new(csn_keyring **out, const uint8_t seed[16]) {
  csn_keyring *ring = calloc(1, sizeof *ring);
  *out = NULL;
  if (ring == NULL) return CSN_ERROR_NO_MEMORY;
  memcpy(ring->seed, seed, sizeof ring->seed);
  *out = ring;
  return CSN_OK;
}

/* Of memory only: what the keys hold was moved elsewhere, or is released. */
static void free_keys(csn_key *keys, size_t count) {
  if (keys != NULL) csn_wipe(keys, count * sizeof *keys);
  free(keys);
}

void csn_keyring_free(csn_keyring *ring) {
  if (ring == NULL) return;
  for (size_t i = 0; i < ring->count; i++) csn_key_wipe(&ring->keys[i]);
  free_keys(ring->keys, ring->room);
  free(ring->next);
  free(ring->by_client);
  free(ring->by_key_id);
  free(ring->by_request_id);
  csn_wipe(ring, sizeof *ring);
  free(ring);
}

static size_t hash_slot(const csn_keyring *ring, csn_span id) {
  static const uint8_t nothing[1] = {0};
  uint64_t hash = XXH3_64bits_withSeed(id.len > 0 ? id.ptr : nothing, id.len, ring->seed[0]);
  return (size_t)(((hash ^ ring->seed[1]) * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (ring->slots - 1);
}

/* The slot of the index that holds a key with this id, or the free one in which it belongs. */
static uint32_t *find_slot(const csn_keyring *ring, uint32_t *index, csn_span id) {
  for (size_t slot = hash_slot(ring, id);; slot = (slot + 1) & (ring->slots - 1)) {
    if (index[slot] == 0) return &index[slot];
    const csn_key *key = &ring->keys[(index[slot] & ~SHARED) - 1];
    csn_span held = index == ring->by_client ? csn_key_client_id(key) : csn_key_id(key);
    if (csn_span_equal(held, id)) return &index[slot];
  }
}

static void enter(csn_keyring *ring, size_t at) {
  const csn_key *key = &ring->keys[at];
  ring->next[at] = 0;
  if ((key->uses & CSN_USE_REQUEST) != 0) {
    uint32_t *slot = find_slot(ring, ring->by_client, csn_key_client_id(key));
    ring->next[at] = *slot;
    *slot = (uint32_t)at + 1;
  }
  if ((key->uses & CSN_USE_REQUEST) != 0 && key->key_id_len > 0) {
    uint32_t *slot = find_slot(ring, ring->by_request_id, csn_key_id(key));
    *slot = *slot == 0 ? (uint32_t)at + 1 : *slot | SHARED;
  }
  if ((key->uses & CSN_USE_TOKEN) != 0) *find_slot(ring, ring->by_key_id, csn_key_id(key)) = (uint32_t)at + 1;
}

/* Room for `extra` more keys: everything is allocated before anything is changed. */
static csn_error make_room(csn_keyring *ring, size_t extra) {
  if (extra <= ring->room - ring->count) return CSN_OK;
  if (extra > KEYS_MAX - ring->count) return CSN_ERROR_KEY_LIMIT;
  size_t room = ring->room == 0 ? SLOTS_MIN / 2 : ring->room * 2;
  while (room - ring->count < extra) room *= 2;
  size_t slots = room * 2;
  csn_key *keys = calloc(room, sizeof *keys);
  uint32_t *next = calloc(room, sizeof *next);
  uint32_t *by_client = calloc(slots, sizeof *by_client), *by_key_id = calloc(slots, sizeof *by_key_id);
  uint32_t *by_request_id = calloc(slots, sizeof *by_request_id);
  if (keys == NULL || next == NULL || by_client == NULL || by_key_id == NULL || by_request_id == NULL) {
    free(keys), free(next), free(by_client), free(by_key_id), free(by_request_id);
    return CSN_ERROR_NO_MEMORY;
  }
  if (ring->count > 0) memcpy(keys, ring->keys, ring->count * sizeof *keys);
  free_keys(ring->keys, ring->room);
  free(ring->next), free(ring->by_client), free(ring->by_key_id), free(ring->by_request_id);
  ring->keys = keys, ring->next = next, ring->by_client = by_client, ring->by_key_id = by_key_id;
  ring->by_request_id = by_request_id;
  ring->room = room, ring->slots = slots;
  for (size_t i = 0; i < ring->count; i++) enter(ring, i);
  return CSN_OK;
}

static csn_error check_new(const csn_keyring *ring, const csn_key *key) {
  size_t of_client = 0;
  if (ring->slots == 0) return CSN_OK;
  if ((key->uses & CSN_USE_TOKEN) != 0 && *find_slot(ring, ring->by_key_id, csn_key_id(key)) != 0) {
    return CSN_ERROR_KEY_DUPLICATE;
  }
  if ((key->uses & CSN_USE_REQUEST) == 0) return CSN_OK;
  uint32_t at = *find_slot(ring, ring->by_client, csn_key_client_id(key));
  for (; at != 0; at = ring->next[at - 1], of_client++) {
    if (csn_span_equal(csn_key_id(&ring->keys[at - 1]), csn_key_id(key))) return CSN_ERROR_KEY_DUPLICATE;
  }
  return of_client >= CSN_KEYS_PER_CLIENT_MAX ? CSN_ERROR_KEY_LIMIT : CSN_OK;
}

csn_error csn_keyring_reserve(csn_keyring *ring, size_t extra) {
  return ring->frozen ? CSN_ERROR_KEYRING_FROZEN : make_room(ring, extra);
}

csn_error csn_keyring_add_key(csn_keyring *ring, const csn_key *key) {
  csn_error error = CSN_OK;
  if (ring->frozen) return CSN_ERROR_KEYRING_FROZEN;
  if (csn_alg_find(key->alg) == NULL || !csn_alg_fits_uses(key->alg, key->uses)) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if ((error = check_new(ring, key)) != CSN_OK) return error;
  if ((error = make_room(ring, 1)) != CSN_OK) return error;
  csn_key_copy(&ring->keys[ring->count], key);
  enter(ring, ring->count);
  if ((key->uses & CSN_USE_TOKEN) != 0) {
    ring->token_keys++;
    ring->last_token_key = ring->count;
  }
  ring->count++;
  return CSN_OK;
}

csn_error csn_keyring_add(csn_keyring *ring, const csn_key_config *config) {
  csn_key key;
  csn_error error = csn_key_init(&key, config);
  if (error == CSN_OK) error = csn_keyring_add_key(ring, &key);
  csn_key_wipe(&key);
  return error;
}

void csn_keyring_freeze(csn_keyring *ring) {
  ring->frozen = true;
}
bool csn_keyring_is_frozen(const csn_keyring *ring) {
  return ring->frozen;
}

size_t csn_keyring_count(const csn_keyring *ring) {
  return ring->count;
}
size_t csn_keyring_token_key_count(const csn_keyring *ring) {
  return ring->token_keys;
}

size_t csn_keyring_find_client(const csn_keyring *ring, csn_span client_id,
                               const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) {
  size_t found = 0;
  if (ring->slots == 0) return 0;
  uint32_t at = *find_slot(ring, ring->by_client, client_id);
  for (; at != 0 && found < CSN_KEYS_PER_CLIENT_MAX; at = ring->next[at - 1]) {
    out[found++] = &ring->keys[at - 1];
  }
  return found;
}

const csn_key *csn_keyring_find_key_id(const csn_keyring *ring, csn_span key_id) {
  if (ring->slots == 0) return NULL;
  uint32_t at = *find_slot(ring, ring->by_key_id, key_id);
  return at == 0 ? NULL : &ring->keys[at - 1];
}

const csn_key *csn_keyring_find_request_key(const csn_keyring *ring, csn_span key_id, bool *shared) {
  *shared = false;
  if (ring->slots == 0 || key_id.len == 0) return NULL;
  uint32_t at = *find_slot(ring, ring->by_request_id, key_id);
  *shared = (at & SHARED) != 0;
  return at == 0 || *shared ? NULL : &ring->keys[at - 1];
}

const csn_key *csn_keyring_only_token_key(const csn_keyring *ring) {
  return ring->token_keys == 1 ? &ring->keys[ring->last_token_key] : NULL;
}
