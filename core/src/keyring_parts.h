/* What the ring is made of, for the files that read and change it. */
#ifndef CSN_KEYRING_PARTS_H
#define CSN_KEYRING_PARTS_H

#include <countersign/keyring.h>
#include <pthread.h>

#include "atomics.h"
#include "epoch.h"
#include "header_cache.h"
#include "key_trie.h"
#include "secret_memory.h"

enum { CSN_RING_SECRET_BYTES = 192 /* XXH3's usual length of a secret; its least is 136 */ };

/* All keys at one time. Never changes once it is published. */
typedef struct csn_keyring_state {
  csn_retired retired;
  const uint8_t *secret;        /* of the hash */
  csn_header_cache *headers;    /* the ring's: it outlives every state */
  csn_trie_node *by_client;     /* in a leaf request keys come before all others, newest first */
  csn_trie_node *by_key_id;     /* keys for tokens */
  csn_trie_node *by_request_id; /* request keys by their id, which keys of many clients may share: see the hash */
  size_t count, token_keys;
} csn_keyring_state;

/* A key of the ring, in a cell of its pool. */
typedef struct csn_held_key {
  csn_retired retired;
  csn_key key;
} csn_held_key;

typedef enum csn_retired_kind { CSN_RETIRED_NODE, CSN_RETIRED_KEY, CSN_RETIRED_STATE } csn_retired_kind;

struct csn_keyring {
  csn_atomic state; /* csn_keyring_state *; stored and loaded seq_cst: see epoch.c */
  csn_epoch *epoch;
  uint8_t secret[CSN_RING_SECRET_BYTES];
  uint8_t unused[64]; /* so that no writer touches a cache line that readers need */
  pthread_mutex_t changing;
  csn_locked_pool pool;
  uint64_t changes; /* begun */
  csn_header_cache headers;
};

static inline csn_keyring_state *csn_keyring_current(const csn_keyring *ring) {
  return (csn_keyring_state *)(uintptr_t)csn_atomic_load_seq_cst(&ring->state);
}

uint64_t csn_keyring_hash(const csn_keyring_state *state, csn_span id);

/* The key id's hash in the bits by which the tree branches first, the client's above them: keys that share an id are
 * below one node, each in a leaf of its own, so that a change costs the same however many they are. */
enum { CSN_REQUEST_ID_BITS = 5 * CSN_TRIE_BITS };
uint64_t csn_keyring_request_hash(const csn_keyring_state *state, csn_span key_id, csn_span client_id);

/* csn_keyring_find_client() in steps: begin, on until it says false, end. Each step asks for the memory that the next
 * one reads, so that of many searches, each taken one step further in turn, all wait for theirs together. */
typedef struct csn_client_search {
  const csn_trie_node *at; /* NULL: nobody has the id */
  uint64_t hash;
  unsigned shift; /* that `at` branches by */
  bool is_done;
} csn_client_search;
void csn_keyring_search_begin(const csn_keyring_reading *reading, csn_span client_id, csn_client_search *search);
bool csn_keyring_search_on(csn_client_search *search);
size_t csn_keyring_search_end(const csn_client_search *search, csn_span client_id,
                              const csn_key *out[CSN_KEYS_PER_CLIENT_MAX]) CSN_WARN_UNUSED;

/* Every key has a place: by its client, or else by its key id. Some have both. */
static inline bool csn_key_is_by_key_id(const csn_key *key) {
  return (key->uses & CSN_USE_TOKEN) != 0;
}
static inline bool csn_key_is_by_request_id(const csn_key *key) {
  return (key->uses & CSN_USE_REQUEST) != 0 && key->key_id_len > 0;
}
static inline bool csn_key_is_by_client(const csn_key *key) {
  return key->client_id_len > 0 || !csn_key_is_by_key_id(key);
}

/* A change of the ring that is being made: begin, then what is to be done, then end; nothing is seen before the end. */
typedef struct csn_keyring_change {
  csn_keyring *ring;
  csn_keyring_state *state; /* to be published; NULL where there was no memory for it */
  csn_trie_change nodes;    /* also what else is replaced */
  csn_retired *made;        /* keys */
} csn_keyring_change;

/* Takes the lock, also on an error: csn_keyring_change_end() must follow. Errors: NO_MEMORY. */
csn_error csn_keyring_change_begin(csn_keyring_change *change, csn_keyring *ring) CSN_WARN_UNUSED;
/* As csn_keyring_add_key(). */
csn_error csn_keyring_change_add(csn_keyring_change *change, const csn_key *key) CSN_WARN_UNUSED;
/* Publishes the change where `error` is OK, and undoes it otherwise. Returns `error`. */
csn_error csn_keyring_change_end(csn_keyring_change *change, csn_error error) CSN_WARN_UNUSED;

/* Frees what was retired. */
void csn_keyring_release(void *ring, csn_retired *object);

/* Hands all keys and nodes of the current state to `change` as replaced. */
void csn_keyring_drop_all(csn_keyring_change *change);

#endif
