/* Claims in the memory nonce table.
 *
 * WHAT IS PROMISED. Claims of one nonce, from any threads and processes, with any clocks and any `expires`:
 *   (once)   two of them are FRESH only where the table's clock passed the `expires` of one before the other was
 *            answered; equal `expires`, so the same bytes, are therefore FRESH once, ever.
 *   (one)    of claims that all return, while their slots do not expire and there is room, one is FRESH.
 *   (memory) an accepted nonce is held until the clock is past its `expires`, whatever is claimed meanwhile.
 * "Nonce" below means equal fingerprints in equal buckets. Two different nonces that agree in 48 bits of keyed hash and
 * share a bucket disturb each other like equal ones; the price is a wrong refusal, never an acceptance.
 *
 * CLOCK AND WORDS. The clock is one atomic word, the highest second seen (hw) and its tick; both only advance, by one
 * CAS. A tick is 4 seconds. Where hw advances by more than 2049 ticks the tick advances by 2049 all the same: nothing
 * is let in that expires more than 2048 ticks ahead of hw, so all words are past then in seconds as in ticks. A word
 * has the tick of its claim's `expires`, counted from the clock that the claim began with. So
 *   (exact)  a word is past the clock's tick exactly if hw >= 4 * (floor(expires / 4) + 1), hence hw > expires.
 * Ticks are compared modulo 2^14. A word that is held is 0 to 2048 ticks ahead of every clock that is loaded after the
 * word was, however long that load took to come: such a word never looks expired. (With the clock loaded first, a
 * thread that sleeps seven hours in between would take new words for expired ones.) An expired word may look alive
 * again when the clock is 8192 ticks past it; that is looked at under SWEEP.
 *
 * A slot goes  free -> TENTATIVE -> CONFIRMED -> free
 *                            \  \-> free  (withdrawn, by its owner)
 *                             \---> DEAD (killed, by a rival) -> free (by its owner)
 * and from each of them to free by expiry. "Free" is 0 or an expired word. Every change is a CAS from the word seen.
 *
 * STEPS of a claim P with `expires` x:
 *   1 scan      All words of both buckets, then the clock. One of this nonce, TENTATIVE or CONFIRMED: REPLAYED. None
 *               free: FULL.
 *   2 publish   CAS a free word to TENTATIVE. It failed: somebody else's CAS did not; from 1.
 *   3 re-scan   For each other word of this nonce, not expired. CONFIRMED: withdraw, REPLAYED. TENTATIVE at a lower
 *               position than P's: withdraw, REPLAYED. TENTATIVE at a higher one: CAS it to DEAD, and look again where
 *               that fails. DEAD: pass on. Positions are the same for all who claim this nonce.
 *   4 confirm   CAS TENTATIVE to CONFIRMED. It failed: P was killed, or has expired: free the slot, REPLAYED.
 *   5 check     hw > x: EXPIRED. Else FRESH.
 *
 * WHY ONCE. Let P (with x) and Q (with y) be claims of one nonce that both get through 4. CASes of 2 and loads of 3 are
 * seq_cst, so in their one order the later publication precedes all of its own re-scan: let it be Q's. Then Q's re-scan
 * reads P's slot after P published. It reads
 *   - P CONFIRMED, or TENTATIVE at a lower position: Q withdraws, against the assumption.
 *   - P TENTATIVE at a higher position: Q kills it, or sees one of the other cases. Killed, P's confirm fails as long
 *     as the slot is DEAD; see ABA for what comes after.
 *   - P DEAD: likewise.
 *   - P expired, or another word or 0 where P's was (P, which gets through 4, does not withdraw): then the clock had
 *     passed P's tick, as seen by Q or by whoever took the slot, and Q read the slot after that one wrote it. So hw > x
 *     when Q comes to 5. If y <= x, so for the same bytes, Q is EXPIRED. If y > x, Q may be FRESH, and P too where P
 *     came to 5 before the clock passed x: that is what (once) allows, for P's bytes are EXPIRED from then on.
 * Step 5 is what makes a recycled predecessor harmless: without it, Q with a slower clock finds no trace of P.
 * Different ticks of P and Q matter nowhere but in the last case, as words are matched and ranked without their ticks.
 *
 * WHY ONE. Suppose none is confirmed. Each refused claim has a cause: a TENTATIVE word that it saw in 1 or 3, or the
 * killer of its own. Of those that published, each has its cause at a lower position than its own; none is at the
 * lowest of their positions, then, which is absurd. And those refused in 1 saw one that published. So one is confirmed,
 * and it is FRESH unless its time is over. FULL can come to claims of one nonce only from slots that others hold, or
 * when all their common slots are taken by themselves, of which one is confirmed.
 *
 * MEMORY. No step writes over a CONFIRMED word that a clock loaded after it holds.
 *
 * ABA. A CAS is wrong if the word it expects went away and an identical one came. Identical is: same nonce, same tick.
 *   - While the tick is not past, a TENTATIVE goes away by its owner's withdrawal or by a kill, and only its owner
 *     frees the DEAD one. So an owner never meets another's word in its own slot: a third claim cannot publish where a
 *     killed P stands and be confirmed in P's stead. (Killing to 0 instead of DEAD allows that.) The killer may: P
 *     withdraws, S publishes the same word there, K, which meant P, kills S. K ranked above that position all along; S
 *     has lost to a rival like any other.
 *   - When the tick is past, and before it comes round, a claim that publishes that tick ends as EXPIRED, and so do the
 *     ones that confirm, kill or free each other's words of it.
 *   - When the tick has come round, 16384 ticks on. Let a call take longer than 14335 ticks, 57,340 seconds at least,
 *     from its first load to its last CAS. Where it confirms or kills what is not its own it is EXPIRED itself, and
 *     costs another claim of that very nonce its acceptance. Where it recycles or frees, it could remove a live word,
 *     if the same client used the same nonce again, in the same slot, for the very 4 seconds of the modulus. (once) and
 *     (memory) hold for calls that are shorter or that do not meet this coincidence.
 *
 * STALL AND DEATH. Nothing waits for anybody: a CAS that fails has been overtaken by one that did not. A claim that
 * never goes on after 2 leaves a TENTATIVE word: that nonce is refused, others are not touched, the slot is free again
 * when it expires. After 4, likewise; nobody was told FRESH, or the nonce is spent.
 *
 * SWEEP. Who moves the tick clears expired words in a share of the table, so that each bucket is visited once in 1024
 * ticks; with a move of 1024 or more, the whole table. An expired word looks expired for 8191 ticks, in which at least
 * three movers come by it, and seven where the clock does not jump. Only if each of them died or slept over its share
 * can the word look alive again, for 8192 ticks; it then holds a slot and may refuse its own nonce. The same is true of
 * a word that a sleeper publishes when it has long expired. Both are refusals. No argument above needs the sweep, only
 * the table's room does. */
#include "nonce_table.h"

#include <xxhash.h>

enum { BATCH_GROUP = 16 }; /* claims whose cache lines are fetched together */

__extension__ typedef unsigned __int128 u128;

/* ---- identity ---- */

/* Maps 64 well-mixed bits to 0 .. n - 1. */
static uint64_t scale(uint64_t bits, uint64_t n) {
  return (uint64_t)((u128)bits * n >> 64);
}

bool csn_nonce_key_of(const csn_nonce_table *table, csn_span client_id, csn_span nonce, csn_nonce_key *key) {
  uint8_t text[8 + 2 * CSN_NONCE_PART_MAX];
  if (client_id.len > CSN_NONCE_PART_MAX || nonce.len > CSN_NONCE_PART_MAX) return false;
  for (unsigned i = 0; i < 8; i++) text[i] = (uint8_t)((uint64_t)client_id.len >> (8 * i));
  if (client_id.len > 0) memcpy(text + 8, client_id.ptr, client_id.len);
  if (nonce.len > 0) memcpy(text + 8 + client_id.len, nonce.ptr, nonce.len);
  XXH128_hash_t hash = XXH3_128bits_withSecret(text, 8 + client_id.len + nonce.len, table->header->constants.secret,
                                               CSN_NONCE_SECRET_BYTES);
  /* The high half's upper 48 bits are the fingerprint; its others, multiplied in with all of the low half, make the
   * second bucket independent of the first in tables of any size. */
  uint64_t mixed = (hash.low64 ^ hash.high64 << 48) * UINT64_C(0x9e3779b97f4a7c15);
  uint64_t n = table->bucket_count;
  uint64_t first = scale(hash.low64, n);
  uint64_t second = first + 1 + scale(mixed, n - 1);
  key->buckets[0] = first;
  key->buckets[1] = second < n ? second : second - n;
  key->fingerprint = hash.high64 >> 16;
  return true;
}

static void prefetch_key(const csn_nonce_table *table, const csn_nonce_key *key) {
  __builtin_prefetch(&table->buckets[key->buckets[0]], 1);
  __builtin_prefetch(&table->buckets[key->buckets[1]], 1);
}

/* ---- clock and sweep ---- */

static void sweep_bucket(csn_nonce_table *table, uint64_t index) {
  for (unsigned i = 0; i < CSN_NONCE_BUCKET_SLOTS; i++) {
    csn_atomic *slot = &table->buckets[index].slots[i];
    /* Acquire pairs with the CAS that published the word: the clock loaded next is not older than its owner's. */
    uint64_t word = csn_atomic_load_acquire(slot);
    if (word == 0 || !csn_nonce_word_expired(word, csn_atomic_load_acquire(&table->header->clock))) continue;
    (void)csn_atomic_cas_seq_cst(slot, word, 0); /* failed: somebody recycled it */
  }
}

/* Sweeps the share of the `ticks` that follow the clock's. */
static void sweep(csn_nonce_table *table, uint64_t clock, uint64_t ticks) {
  uint64_t n = table->bucket_count;
  uint64_t phase = clock % CSN_NONCE_SWEEP_TICKS;
  if (ticks > CSN_NONCE_SWEEP_TICKS) ticks = CSN_NONCE_SWEEP_TICKS;
  uint64_t end = n * (phase + ticks) / CSN_NONCE_SWEEP_TICKS;
  for (uint64_t i = n * phase / CSN_NONCE_SWEEP_TICKS; i < end; i++) sweep_bucket(table, i < n ? i : i - n);
}
_Static_assert((CSN_NONCE_TICK_MASK + 1) % CSN_NONCE_SWEEP_TICKS == 0, "the low bits of a clock are its tick");

/* The clock, advanced to `now` where that is later. */
static uint64_t advance(csn_nonce_table *table, int64_t now) {
  for (;;) {
    uint64_t clock = csn_atomic_load_acquire(&table->header->clock); /* pairs with the CAS below */
    int64_t seconds = csn_nonce_clock_seconds(clock);
    if (now <= seconds) return clock;
    uint64_t ticks = (uint64_t)(now / CSN_NONCE_TICK_SECONDS - seconds / CSN_NONCE_TICK_SECONDS);
    if (ticks > CSN_NONCE_JUMP_TICKS) ticks = CSN_NONCE_JUMP_TICKS;
    uint64_t advanced = csn_nonce_clock(now, clock + ticks);
    if (!csn_atomic_cas_seq_cst(&table->header->clock, clock, advanced)) continue;
    sweep(table, clock, ticks);
    return advanced;
  }
}

/* FRESH where the table may remember a nonce until `expires`. */
static csn_nonce_answer check_expires(const csn_nonce_table *table, uint64_t clock, int64_t expires) {
  int64_t fence = table->header->constants.fence;
  int64_t seconds = csn_nonce_clock_seconds(clock);
  if (expires < seconds) return CSN_NONCE_EXPIRED;
  if (expires > seconds + CSN_NONCE_RETENTION_MAX) return CSN_NONCE_RETENTION;
  if (fence != 0 && expires <= fence) return CSN_NONCE_FENCED;
  return CSN_NONCE_FRESH;
}

/* ---- the steps ---- */

/* Step 1's picture: the words, and a clock that is later than all of them. */
typedef struct picture {
  uint64_t words[CSN_NONCE_POSITIONS];
  uint64_t clock;
} picture;

static void scan(const csn_nonce_table *table, const csn_nonce_key *key, picture *seen) {
  for (unsigned i = 0; i < CSN_NONCE_POSITIONS; i++) {
    seen->words[i] = csn_atomic_load_acquire(csn_nonce_slot(table, key, i)); /* as in sweep_bucket() */
  }
  seen->clock = csn_atomic_load_acquire(&table->header->clock);
}

/* The first free position of the bucket that has more of them. FRESH where there is one. */
static csn_nonce_answer choose(const picture *seen, uint64_t fingerprint, unsigned *position) {
  unsigned free_count[2] = {0, 0}, first_free[2] = {0, 0};
  for (unsigned i = CSN_NONCE_POSITIONS; i-- > 0;) {
    uint64_t word = seen->words[i];
    unsigned bucket = i / CSN_NONCE_BUCKET_SLOTS;
    if (word == 0 || csn_nonce_word_expired(word, seen->clock)) {
      free_count[bucket]++;
      first_free[bucket] = i;
    } else if (csn_nonce_word_fingerprint(word) == fingerprint && csn_nonce_word_state(word) != CSN_NONCE_STATE_DEAD) {
      return CSN_NONCE_REPLAYED;
    }
  }
  if (free_count[0] + free_count[1] == 0) return CSN_NONCE_FULL;
  *position = first_free[free_count[1] > free_count[0]];
  return CSN_NONCE_FRESH;
}

/* Steps 1 and 2. FRESH where `own` stands at `*position`. */
static csn_nonce_answer publish(csn_nonce_table *table, const csn_nonce_key *key, uint64_t own, unsigned *position) {
  for (;;) {
    picture seen;
    scan(table, key, &seen);
    csn_nonce_answer answer = choose(&seen, key->fingerprint, position);
    if (answer != CSN_NONCE_FRESH) return answer;
    /* seq_cst: before the re-scan's loads, in the order that rivals agree on. */
    if (csn_atomic_cas_seq_cst(csn_nonce_slot(table, key, *position), seen.words[*position], own)) return answer;
  }
}

/* Step 3 for one slot: whether what stands there beats a claim at `own_position`; kills it where it is the other way
 * round. */
static bool beaten_by(csn_nonce_table *table, const csn_nonce_key *key, unsigned position, unsigned own_position) {
  csn_atomic *slot = csn_nonce_slot(table, key, position);
  for (;;) {
    uint64_t word = csn_atomic_load_seq_cst(slot); /* pairs with the rival's CAS in publish() */
    if (word == 0 || csn_nonce_word_fingerprint(word) != key->fingerprint) return false;
    if (csn_nonce_word_expired(word, csn_atomic_load_acquire(&table->header->clock))) return false;
    csn_nonce_state state = csn_nonce_word_state(word);
    if (state == CSN_NONCE_STATE_DEAD) return false;
    if (state == CSN_NONCE_STATE_CONFIRMED || position < own_position) return true;
    if (csn_atomic_cas_seq_cst(slot, word, csn_nonce_word_with_state(word, CSN_NONCE_STATE_DEAD))) return false;
  }
}

static bool beaten(csn_nonce_table *table, const csn_nonce_key *key, unsigned own_position) {
  for (unsigned i = 0; i < CSN_NONCE_POSITIONS; i++) {
    if (i != own_position && beaten_by(table, key, i, own_position)) return true;
  }
  return false;
}

/* Frees the slot of a claim that lost: it is TENTATIVE, or a rival has killed it, or it has expired and is not ours. */
static void release(csn_atomic *slot, uint64_t own) {
  if (csn_atomic_cas_seq_cst(slot, own, 0)) return;
  (void)csn_atomic_cas_seq_cst(slot, csn_nonce_word_with_state(own, CSN_NONCE_STATE_DEAD), 0);
}

csn_nonce_answer csn_nonce_claim_key(csn_nonce_table *table, const csn_nonce_key *key, int64_t expires, int64_t now) {
  if (now > CSN_NONCE_CLOCK_MAX) return CSN_NONCE_UNAVAILABLE; /* no clock: it would end the table's for good */
  uint64_t clock = advance(table, now);
  csn_nonce_answer answer = check_expires(table, clock, expires);
  if (answer != CSN_NONCE_FRESH) return answer;

  unsigned position;
  uint64_t own = csn_nonce_word(key->fingerprint, csn_nonce_tick_of(clock, expires), CSN_NONCE_STATE_TENTATIVE);
  answer = publish(table, key, own, &position);
  if (answer != CSN_NONCE_FRESH) return answer;

  csn_atomic *slot = csn_nonce_slot(table, key, position);
  uint64_t confirmed = csn_nonce_word_with_state(own, CSN_NONCE_STATE_CONFIRMED);
  if (beaten(table, key, position) || !csn_atomic_cas_seq_cst(slot, own, confirmed)) {
    release(slot, own);
    return CSN_NONCE_REPLAYED;
  }
  /* What the re-scan saw recycled was recycled after the clock had moved: acquired there, visible here. */
  clock = csn_atomic_load_seq_cst(&table->header->clock);
  return csn_nonce_clock_seconds(clock) > expires ? CSN_NONCE_EXPIRED : CSN_NONCE_FRESH;
}

/* ---- the public side ---- */

csn_nonce_answer csn_nonce_table_claim(csn_nonce_table *table, csn_span client_id, csn_span nonce, int64_t expires,
                                       int64_t now) {
  csn_nonce_key key;
  if (!csn_nonce_key_of(table, client_id, nonce, &key)) return CSN_NONCE_UNAVAILABLE;
  return csn_nonce_claim_key(table, &key, expires, now);
}

static void claim_group(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_key keys[BATCH_GROUP];
  bool known[BATCH_GROUP];
  for (size_t i = 0; i < count; i++) {
    known[i] = csn_nonce_key_of(table, claims[i].client_id, claims[i].nonce, &keys[i]);
    if (known[i]) prefetch_key(table, &keys[i]);
  }
  for (size_t i = 0; i < count; i++) {
    claims[i].answer = CSN_NONCE_UNAVAILABLE;
    if (known[i]) claims[i].answer = csn_nonce_claim_key(table, &keys[i], claims[i].expires, now);
  }
}

void csn_nonce_table_claim_batch(csn_nonce_table *table, csn_nonce_claim *claims, size_t count, int64_t now) {
  for (size_t i = 0; i < count; i += BATCH_GROUP) {
    claim_group(table, claims + i, count - i < BATCH_GROUP ? count - i : BATCH_GROUP, now);
  }
}

void csn_nonce_table_prefetch(const csn_nonce_table *table, csn_span client_id, csn_span nonce) {
  csn_nonce_key key;
  if (csn_nonce_key_of(table, client_id, nonce, &key)) prefetch_key(table, &key);
}

csn_nonce_table_stats csn_nonce_table_measure(const csn_nonce_table *table) {
  uint64_t clock = csn_atomic_load_acquire(&table->header->clock);
  csn_nonce_table_stats stats = {
      .slots = table->bucket_count * CSN_NONCE_BUCKET_SLOTS,
      .region_bytes = table->region_bytes,
      .clock = csn_nonce_clock_seconds(clock),
  };
  for (uint64_t i = 0; i < stats.slots; i++) {
    const csn_nonce_bucket *bucket = &table->buckets[i / CSN_NONCE_BUCKET_SLOTS];
    uint64_t word = csn_atomic_load_relaxed(&bucket->slots[i % CSN_NONCE_BUCKET_SLOTS]);
    if (word == 0) continue;
    *(csn_nonce_word_expired(word, clock) ? &stats.expired : &stats.live) += 1;
  }
  return stats;
}

static void store_claim(void *self, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_table_claim_batch(self, claims, count, now);
}

static void store_prefetch(void *self, csn_span client_id, csn_span nonce) {
  csn_nonce_table_prefetch(self, client_id, nonce);
}

csn_nonce_store csn_nonce_table_store(csn_nonce_table *table) {
  static const csn_nonce_store_traits private_memory = {.name = "memory"};
  static const csn_nonce_store_traits shared_memory = {.name = "memory", .shared_between_processes = true};
  csn_nonce_store store = {
      .claim = store_claim,
      .prefetch = store_prefetch,
      .self = table,
      .traits = table->owns_region ? &private_memory : &shared_memory,
  };
  return store;
}
