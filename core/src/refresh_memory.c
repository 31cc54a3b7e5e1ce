/* Refresh tokens in memory: an array of tokens with an open-addressing index, and a block for each family. Everything
 * is done under one mutex: an exchange happens once in two hours and client, and is no part of the path of a request.
 */
#include <countersign/token.h>
#include <pthread.h>
#include <stdlib.h>

#include "ct.h"

enum { CAPACITY_MAX = 1 << 30 };

typedef struct family {
  uint32_t tokens; /* that are remembered: with the last of them it goes */
  bool revoked;
  uint16_t grant_len;
  uint8_t grant[];
} family;

typedef struct token {
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  int64_t expires;
  family *family;
  bool used;
} token;

struct csn_refresh_memory {
  pthread_mutex_t lock;
  token *tokens;
  size_t count, capacity;
  uint32_t *slots;   /* a token's position plus one; 0 is free */
  size_t slot_count; /* a power of two, at least twice the capacity */
  int64_t earliest;  /* no token expires before this second */
};

/* ---- the index ---- */

/* The slot of the hash, or the free one where it would be. The hash is a MAC: its first bytes are as good as random,
 * and public, since nobody without the pepper chooses them; so is whether the whole is that of a slot. */
static uint32_t *slot_of(const csn_refresh_memory *memory, const uint8_t hash[CSN_REFRESH_HASH_BYTES]) {
  uint64_t place;
  memcpy(&place, hash, sizeof place);
  CSN_CT_PUBLIC(&place, sizeof place);
  for (size_t i = (size_t)place;; i++) {
    uint32_t *slot = &memory->slots[i & (memory->slot_count - 1)];
    if (*slot == 0) return slot;
    uint32_t equal = csn_ct_equal(memory->tokens[*slot - 1].hash, hash, CSN_REFRESH_HASH_BYTES);
    CSN_CT_PUBLIC(&equal, sizeof equal);
    if (equal != 0) return slot;
  }
}

static token *find(const csn_refresh_memory *memory, const uint8_t hash[CSN_REFRESH_HASH_BYTES]) {
  const uint32_t *slot = slot_of(memory, hash);
  return *slot == 0 ? NULL : &memory->tokens[*slot - 1];
}

static void enter(csn_refresh_memory *memory, const uint8_t hash[CSN_REFRESH_HASH_BYTES], family *of, int64_t expires) {
  token *added = &memory->tokens[memory->count++];
  memcpy(added->hash, hash, CSN_REFRESH_HASH_BYTES);
  added->expires = expires;
  added->family = of;
  added->used = false;
  of->tokens++;
  *slot_of(memory, hash) = (uint32_t)memory->count;
  if (expires < memory->earliest) memory->earliest = expires;
}

/* ---- forgetting ---- */

static void leave_family(family *of) {
  if (--of->tokens == 0) free(of);
}

static void sweep(csn_refresh_memory *memory, int64_t now) {
  size_t kept = 0;
  memset(memory->slots, 0, memory->slot_count * sizeof *memory->slots);
  memory->earliest = INT64_MAX;
  for (size_t i = 0; i < memory->count; i++) {
    const token *t = &memory->tokens[i];
    if (t->expires < now) {
      leave_family(t->family);
      continue;
    }
    memory->tokens[kept++] = *t;
    *slot_of(memory, memory->tokens[kept - 1].hash) = (uint32_t)kept;
    if (memory->tokens[kept - 1].expires < memory->earliest) memory->earliest = memory->tokens[kept - 1].expires;
  }
  memory->count = kept;
}

/* Moves tokens where it sweeps, and only then: while nothing can have expired, a full store answers at once. */
static bool make_room(csn_refresh_memory *memory, int64_t now) {
  if (memory->count == memory->capacity && memory->earliest < now) sweep(memory, now);
  return memory->count < memory->capacity;
}

/* ---- the store's functions, under the mutex ---- */

static csn_refresh_answer add_locked(csn_refresh_memory *memory, const uint8_t *hash, const csn_grant *grant,
                                     int64_t expires, int64_t now) {
  uint8_t bytes[CSN_GRANT_MAX];
  if (!make_room(memory, now)) return CSN_REFRESH_FULL;
  if (find(memory, hash) != NULL) return CSN_REFRESH_UNAVAILABLE;
  size_t len = csn_grant_write(grant, bytes);
  family *of = calloc(1, sizeof *of + len);
  if (of == NULL) return CSN_REFRESH_UNAVAILABLE;
  memcpy(of->grant, bytes, len);
  of->grant_len = (uint16_t)len;
  enter(memory, hash, of, expires);
  return CSN_REFRESH_ISSUED;
}

/* What a token that is presented gets, but for the room. */
static csn_refresh_answer judge(const token *presented, int64_t now) {
  if (presented == NULL) return CSN_REFRESH_UNKNOWN;
  if (presented->family->revoked) return CSN_REFRESH_REVOKED;
  if (presented->expires < now) return CSN_REFRESH_EXPIRED;
  return presented->used ? CSN_REFRESH_REUSED : CSN_REFRESH_ISSUED;
}

static csn_refresh_answer exchange_locked(csn_refresh_memory *memory, const uint8_t *hash, const uint8_t *next,
                                          int64_t expires, int64_t now, csn_grant *grant) {
  token *presented = find(memory, hash);
  csn_refresh_answer answer = judge(presented, now);
  if (answer == CSN_REFRESH_REUSED) presented->family->revoked = true;
  if (answer != CSN_REFRESH_ISSUED) return answer;
  if (!make_room(memory, now)) return CSN_REFRESH_FULL;
  presented = find(memory, hash); /* it is alive, but may have moved */
  if (presented == NULL || find(memory, next) != NULL) return CSN_REFRESH_UNAVAILABLE;
  family *of = presented->family;
  if (!csn_grant_read(csn_span_of(of->grant, of->grant_len), grant)) return CSN_REFRESH_UNAVAILABLE;
  presented->used = true;
  enter(memory, next, of, expires);
  return CSN_REFRESH_ISSUED;
}

static csn_refresh_answer look_locked(const csn_refresh_memory *memory, const uint8_t *hash, int64_t now,
                                      csn_grant *grant) {
  const token *presented = find(memory, hash);
  csn_refresh_answer answer = judge(presented, now);
  if (answer != CSN_REFRESH_ISSUED) return answer;
  const family *of = presented->family;
  return csn_grant_read(csn_span_of(of->grant, of->grant_len), grant) ? answer : CSN_REFRESH_UNAVAILABLE;
}

static csn_refresh_answer add(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], const csn_grant *grant,
                              int64_t expires, int64_t now) {
  csn_refresh_memory *memory = self;
  pthread_mutex_lock(&memory->lock);
  csn_refresh_answer answer = add_locked(memory, hash, grant, expires, now);
  pthread_mutex_unlock(&memory->lock);
  return answer;
}

static csn_refresh_answer look(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], int64_t now, csn_grant *grant) {
  csn_refresh_memory *memory = self;
  pthread_mutex_lock(&memory->lock);
  csn_refresh_answer answer = look_locked(memory, hash, now, grant);
  pthread_mutex_unlock(&memory->lock);
  return answer;
}

static csn_refresh_answer exchange(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES],
                                   const uint8_t next[CSN_REFRESH_HASH_BYTES], int64_t expires, int64_t now,
                                   csn_grant *grant) {
  csn_refresh_memory *memory = self;
  pthread_mutex_lock(&memory->lock);
  csn_refresh_answer answer = exchange_locked(memory, hash, next, expires, now, grant);
  pthread_mutex_unlock(&memory->lock);
  return answer;
}

static csn_refresh_answer revoke(void *self, const uint8_t hash[CSN_REFRESH_HASH_BYTES], int64_t now) {
  csn_refresh_memory *memory = self;
  (void)now;
  pthread_mutex_lock(&memory->lock);
  token *presented = find(memory, hash);
  if (presented != NULL) presented->family->revoked = true;
  pthread_mutex_unlock(&memory->lock);
  return presented == NULL ? CSN_REFRESH_UNKNOWN : CSN_REFRESH_REVOKED;
}

/* ---- the handle ---- */

csn_error csn_refresh_memory_new(csn_refresh_memory **out, size_t capacity) {
  *out = NULL;
  if (capacity == 0 || capacity > CAPACITY_MAX) return CSN_ERROR_INVALID_ARGUMENT;
  csn_refresh_memory *memory = calloc(1, sizeof *memory);
  if (memory == NULL) return CSN_ERROR_NO_MEMORY;
  memory->capacity = capacity;
  memory->earliest = INT64_MAX;
  memory->slot_count = 2;
  while (memory->slot_count < 2 * capacity) memory->slot_count *= 2;
  memory->tokens = calloc(capacity, sizeof *memory->tokens);
  memory->slots = calloc(memory->slot_count, sizeof *memory->slots);
  if (memory->tokens == NULL || memory->slots == NULL || pthread_mutex_init(&memory->lock, NULL) != 0) {
    free(memory->tokens);
    free(memory->slots);
    free(memory);
    return CSN_ERROR_NO_MEMORY;
  }
  *out = memory;
  return CSN_OK;
}

void csn_refresh_memory_free(csn_refresh_memory *memory) {
  if (memory == NULL) return;
  for (size_t i = 0; i < memory->count; i++) leave_family(memory->tokens[i].family);
  pthread_mutex_destroy(&memory->lock);
  free(memory->tokens);
  free(memory->slots);
  free(memory);
}

csn_refresh_store csn_refresh_memory_store(csn_refresh_memory *memory) {
  csn_refresh_store store = {.add = add, .look = look, .exchange = exchange, .revoke = revoke, .self = memory};
  return store;
}
