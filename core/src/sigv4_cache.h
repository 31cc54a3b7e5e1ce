/* Derived keys of AWS Signature Version 4, remembered: sigv4_cache.c. */
#ifndef CSN_SIGV4_CACHE_H
#define CSN_SIGV4_CACHE_H

#include <countersign/sigv4.h>

enum { CSN_SIGV4_DAY_CHARS = 8 /* 20150830 */ };

/* Fills the HMAC states of `out` with the key that is derived of `key` for this day and the policy's scope. False where
 * it is not known, another thread is just writing it, or `cache` is NULL. Wait-free: 15 loads and a hash. */
bool csn_sigv4_cache_find(const csn_sigv4_cache *cache, const csn_sigv4_policy *policy, const csn_key *key,
                          const uint8_t day[CSN_SIGV4_DAY_CHARS], csn_key *out) CSN_WARN_UNUSED;

/* Remembers `derived`, in the place of what stood in its slot. Does nothing where another thread is just writing there,
 * or `cache` is NULL. Wait-free: one compare-and-swap, 14 stores and a hash. */
void csn_sigv4_cache_put(csn_sigv4_cache *cache, const csn_sigv4_policy *policy, const csn_key *key,
                         const uint8_t day[CSN_SIGV4_DAY_CHARS], const csn_key *derived);

#endif
