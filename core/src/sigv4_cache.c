/* Derived keys of AWS Signature Version 4, remembered.
 *
 * WHAT IS PROMISED. What find() gives is what derive() would: the states that one put() wrote for this very key, day,
 * region and service. Never a mixture of two, and never what belongs to a key that has gone: a slot is known not by a
 * key's address or id, which another key may get, but by the hash of the key's own inner state, which no other secret
 * has. So the ring may change and let go of keys as it likes. Of a key that has gone its derived keys stay, until
 * others take their slots or the cache is freed; the hash tells no more of its secret than they do, and signs nothing.
 * Region and service are the cache's, and compared with the policy's.
 *
 * WHERE. A fixed number of slots; (key, day) has one, by a hash of what is public of it, so that no address depends on
 * a secret. Whoever comes last stays: two keys of one slot cost each other a derivation, and nothing else.
 *
 * HOW. A slot is a version and words: versioned.h. A thread that stops while it writes a slot costs a derivation a
 * request, and nothing else. */
#include "sigv4_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ct.h"
#include "hmac.h"
#include "secret_memory.h"
#include "versioned.h"

enum {
  SLOTS = 1024, /* 128 KiB: the keys of a busy service's busiest thousand clients */
  TAG_WORDS = 4,
  STATE_WORDS = 8,
  WORDS = 1 + TAG_WORDS + STATE_WORDS,
};

/* One slot's words: the day's digits, zero in an empty slot; the hash of the key's inner state; the derived key's
 * states. */
typedef struct csn_slot {
  csn_atomic version;
  csn_atomic words[WORDS];
  uint64_t unused[2];
} csn_slot;

_Static_assert(sizeof(csn_slot) == 128, "two cache lines");

typedef struct csn_words {
  uint64_t day, tag[TAG_WORDS], states[STATE_WORDS];
} csn_words;

_Static_assert(sizeof(csn_words) == WORDS * sizeof(uint64_t), "no padding");
_Static_assert(CSN_SHA256_BYTES == TAG_WORDS * sizeof(uint64_t), "the tag is one hash");
_Static_assert(sizeof(((csn_key *)0)->inner) == CSN_SHA256_BYTES, "and so is a state");
_Static_assert(2 * TAG_WORDS == STATE_WORDS, "an inner and an outer state");

struct csn_sigv4_cache {
  uint8_t region[CSN_SIGV4_SCOPE_MAX], service[CSN_SIGV4_SCOPE_MAX];
  size_t region_len, service_len;
  csn_slot slots[SLOTS];
};

csn_error csn_sigv4_cache_new(csn_sigv4_cache **out, const csn_sigv4_policy *policy) {
  *out = NULL;
  if (!csn_sigv4_policy_valid(policy)) return CSN_ERROR_INVALID_ARGUMENT;
  csn_sigv4_cache *cache = csn_locked_new(sizeof *cache);
  if (cache == NULL) return CSN_ERROR_NO_MEMORY;
  memcpy(cache->region, policy->region.ptr, cache->region_len = policy->region.len);
  memcpy(cache->service, policy->service.ptr, cache->service_len = policy->service.len);
  *out = cache;
  return CSN_OK;
}

void csn_sigv4_cache_free(csn_sigv4_cache *cache) {
  csn_locked_free(cache);
}

static bool is_for(const csn_sigv4_cache *cache, const csn_sigv4_policy *policy) {
  return cache != NULL && csn_span_equal(policy->region, csn_span_of(cache->region, cache->region_len)) &&
         csn_span_equal(policy->service, csn_span_of(cache->service, cache->service_len));
}

static size_t slot_of(const csn_key *key, uint64_t day) {
  return (size_t)(XXH3_64bits_withSeed(key->key_id, key->key_id_len, day) % SLOTS);
}

static void set_tag(uint64_t tag[TAG_WORDS], const csn_key *key) {
  uint8_t hash[CSN_SHA256_BYTES];
  csn_sha256(csn_span_of(key->inner, sizeof key->inner), hash);
  memcpy(tag, hash, sizeof hash);
  csn_wipe(hash, sizeof hash);
}

static uint64_t day_word(const uint8_t day[CSN_SIGV4_DAY_CHARS]) {
  uint64_t word;
  memcpy(&word, day, sizeof word);
  return word;
}

static bool read_slot(const csn_slot *slot, csn_words *out) {
  uint64_t words[WORDS];
  bool whole = csn_versioned_read(&slot->version, slot->words, WORDS, words);
  if (whole) memcpy(out, words, sizeof words);
  csn_wipe(words, sizeof words);
  return whole;
}

bool csn_sigv4_cache_find(const csn_sigv4_cache *cache, const csn_sigv4_policy *policy, const csn_key *key,
                          const uint8_t day[CSN_SIGV4_DAY_CHARS], csn_key *out) {
  csn_words words;
  if (!is_for(cache, policy)) return false;
  uint64_t wanted = day_word(day), tag[TAG_WORDS];
  set_tag(tag, key);
  bool there = read_slot(&cache->slots[slot_of(key, wanted)], &words) && words.day == wanted;
  uint32_t equal = there ? csn_ct_equal((const uint8_t *)words.tag, (const uint8_t *)tag, sizeof tag) : 0;
  CSN_CT_PUBLIC(&equal, sizeof equal); /* it is remembered, or it is not */
  bool found = equal != 0;
  if (found) {
    out->alg = CSN_ALG_HS256;
    memcpy(out->inner, words.states, sizeof out->inner);
    memcpy(out->outer, words.states + TAG_WORDS, sizeof out->outer);
  }
  csn_wipe(&words, sizeof words);
  csn_wipe(tag, sizeof tag);
  return found;
}

void csn_sigv4_cache_put(csn_sigv4_cache *cache, const csn_sigv4_policy *policy, const csn_key *key,
                         const uint8_t day[CSN_SIGV4_DAY_CHARS], const csn_key *derived) {
  uint64_t words[WORDS];
  csn_words put = {.day = day_word(day)};
  if (!is_for(cache, policy)) return;
  csn_slot *slot = &cache->slots[slot_of(key, put.day)];
  set_tag(put.tag, key);
  memcpy(put.states, derived->inner, sizeof derived->inner);
  memcpy(put.states + TAG_WORDS, derived->outer, sizeof derived->outer);
  memcpy(words, &put, sizeof words);
  csn_versioned_write(&slot->version, slot->words, WORDS, words);
  csn_wipe(&put, sizeof put);
  csn_wipe(words, sizeof words);
}
