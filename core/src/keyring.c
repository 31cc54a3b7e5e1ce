/* Keys and the ring: an array of keys, and two open-addressing indexes over it. */
#include <countersign/keyring.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "credential.h"
#include "ct.h"
#include "hmac.h"

enum { SLOTS_MIN = 16, KEYS_MAX = 1 << 30 };

/* An index holds the position of a key plus one; 0 is free. Keys of one client are chained through `next`, newest
 * first, from the one in the index. At most half of the slots are used. */
struct csn_keyring {
  csn_key *keys;
  uint32_t *next;
  size_t count, room;
  uint32_t *by_client, *by_key_id;
  size_t slots; /* of each index: a power of two */
  size_t token_keys, last_token_key;
  uint64_t seed[2];
  bool frozen;
};

typedef struct csn_alg_row {
  csn_alg alg;
  const char *name;
  size_t hash_bytes;
} csn_alg_row;

static const csn_alg_row algorithms[] = {
#define ROW(name, text, bytes) {CSN_ALG_##name, text, bytes},
    CSN_ALG_LIST(ROW)
#undef ROW
};

static const csn_alg_row *find_algorithm(csn_alg alg) {
  for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
    if (algorithms[i].alg == alg) return &algorithms[i];
  }
  return NULL;
}

csn_alg csn_alg_from_name(csn_span name) {
  for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
    if (csn_span_equal(name, csn_span_str(algorithms[i].name))) return algorithms[i].alg;
  }
  return CSN_ALG_NONE;
}

const char *csn_alg_name(csn_alg alg) {
  const csn_alg_row *row = find_algorithm(alg);
  return row == NULL ? "none" : row->name;
}

/* ---- one key ---- */

static bool contains(csn_span bytes, const char *text) {
  return bytes.len > 0 && memmem(bytes.ptr, bytes.len, text, strlen(text)) != NULL;
}

static bool starts_with(csn_span bytes, const char *text) {
  size_t len = strlen(text);
  return bytes.len >= len && memcmp(bytes.ptr, text, len) == 0;
}

/* A DER SEQUENCE that spans all the bytes and begins with a SEQUENCE or an INTEGER: every public or private key. */
static bool is_der_key(csn_span bytes) {
  if (bytes.len < 8 || bytes.ptr[0] != 0x30) return false;
  size_t len = bytes.ptr[1], head = 2;
  if (len >= 0x80) {
    size_t octets = len & 0x7f;
    if (octets < 1 || octets > 3) return false;
    len = 0;
    for (size_t i = 0; i < octets; i++) len = len << 8 | bytes.ptr[2 + i];
    head += octets;
  }
  return head + len == bytes.len && (bytes.ptr[head] == 0x30 || bytes.ptr[head] == 0x02);
}

/* A verifier that takes a public key's text as an HMAC secret lets everybody sign (CVE-2022-29217). */
static bool is_asymmetric_key(csn_span secret) {
  csn_span text = secret;
  while (text.len > 0 && (text.ptr[0] <= ' ')) text = csn_span_of(text.ptr + 1, text.len - 1);
  if (starts_with(text, "\xef\xbb\xbf")) text = csn_span_of(text.ptr + 3, text.len - 3);
  return contains(secret, "-----BEGIN") || contains(secret, "---- BEGIN") || starts_with(text, "ssh-") ||
         starts_with(text, "ecdsa-sha2-") || (starts_with(text, "{") && contains(text, "\"kty\"")) ||
         is_der_key(secret);
}

static csn_error check_secret(const csn_key_config *config, const csn_alg_row *alg) {
  if (config->secret.len == 0) return CSN_ERROR_KEY_TOO_SHORT;
  if (config->secret.len > CSN_SECRET_MAX) return CSN_ERROR_KEY_TOO_LONG;
  if (is_asymmetric_key(config->secret)) return CSN_ERROR_KEY_IS_ASYMMETRIC;
  if (config->secret.len < alg->hash_bytes && !config->allow_legacy_short) return CSN_ERROR_KEY_TOO_SHORT;
  return CSN_OK;
}

static csn_error check_ids(const csn_key_config *config) {
  if (config->key_id.len > CSN_ID_MAX || config->client_id.len > CSN_ID_MAX) return CSN_ERROR_ID_INVALID;
  if ((config->uses & CSN_USE_REQUEST) != 0 && config->client_id.len == 0) return CSN_ERROR_ID_INVALID;
  for (size_t i = 0; i < config->client_id.len; i++) {
    if (!csn_is_client_id_byte(config->client_id.ptr[i])) return CSN_ERROR_ID_INVALID;
  }
  return CSN_OK;
}

csn_error csn_key_init(csn_key *key, const csn_key_config *config) {
  const csn_alg_row *alg = find_algorithm(config->alg);
  const unsigned all_uses = CSN_USE_TOKEN | CSN_USE_REQUEST;
  csn_error error = CSN_OK;

  csn_key_wipe(key);
  if (alg == NULL) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if (config->uses == 0 || (config->uses & ~all_uses) != 0 || config->accept_until < 0) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  if ((error = check_ids(config)) != CSN_OK) return error;
  if ((error = check_secret(config, alg)) != CSN_OK) return error;

  csn_hmac_set_key(key, config->secret);
  key->accept_until = config->accept_until;
  key->alg = config->alg;
  key->uses = (uint8_t)config->uses;
  key->key_id_len = (uint8_t)config->key_id.len;
  key->client_id_len = (uint8_t)config->client_id.len;
  if (config->key_id.len > 0) memcpy(key->key_id, config->key_id.ptr, config->key_id.len);
  if (config->client_id.len > 0) memcpy(key->client_id, config->client_id.ptr, config->client_id.len);
  return CSN_OK;
}

void csn_key_wipe(csn_key *key) {
  csn_wipe(key, sizeof *key);
}

/* ---- the ring ---- */

csn_error csn_keyring_new(csn_keyring **out, const uint8_t seed[16]) {
  csn_keyring *ring = calloc(1, sizeof *ring);
  *out = NULL;
  if (ring == NULL) return CSN_ERROR_NO_MEMORY;
  memcpy(ring->seed, seed, sizeof ring->seed);
  *out = ring;
  return CSN_OK;
}

static void free_keys(csn_key *keys, size_t count) {
  if (keys != NULL) csn_wipe(keys, count * sizeof *keys);
  free(keys);
}

void csn_keyring_free(csn_keyring *ring) {
  if (ring == NULL) return;
  free_keys(ring->keys, ring->room);
  free(ring->next);
  free(ring->by_client);
  free(ring->by_key_id);
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
    const csn_key *key = &ring->keys[index[slot] - 1];
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
  if (keys == NULL || next == NULL || by_client == NULL || by_key_id == NULL) {
    free(keys), free(next), free(by_client), free(by_key_id);
    return CSN_ERROR_NO_MEMORY;
  }
  if (ring->count > 0) memcpy(keys, ring->keys, ring->count * sizeof *keys);
  free_keys(ring->keys, ring->room);
  free(ring->next), free(ring->by_client), free(ring->by_key_id);
  ring->keys = keys, ring->next = next, ring->by_client = by_client, ring->by_key_id = by_key_id;
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
  if (find_algorithm(key->alg) == NULL) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if ((error = check_new(ring, key)) != CSN_OK) return error;
  if ((error = make_room(ring, 1)) != CSN_OK) return error;
  ring->keys[ring->count] = *key;
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

const csn_key *csn_keyring_only_token_key(const csn_keyring *ring) {
  return ring->token_keys == 1 ? &ring->keys[ring->last_token_key] : NULL;
}
