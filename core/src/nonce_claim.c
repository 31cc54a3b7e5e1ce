/* clang-format off */
/* The claim of one nonce.
 *
 * WHAT IS PROMISED. Claims of one nonce, from any threads and processes, with any clocks and any `expires`:
 *   (once)   two of them are FRESH only where the table's clock passed the `expires` of one before the other was
 *            admitted; equal `expires`, so the same bytes, are therefore FRESH once, ever.
 *   (one)    one is refused as REPLAYED only where another has written its word, and one is FRESH unless its own time
 *            is over, there is no room, or its thread has died.
 *   (memory) an accepted nonce is held until the clock is past its `expires`, whatever is claimed meanwhile.
 * "Nonce" below means equal fingerprints in equal lines. Two different nonces that agree in 48 bits of keyed hash and
 * share a line disturb each other like equal ones; the price is a wrong refusal, never an acceptance. See CHANCE.
 *
 * WHERE. A nonce has two home lines of 8 words, and in a small back yard two pairs of back lines. It is written into a
 * home line or, where all 16 home words are live, into a back line: one nonce in 40 at design load. A word is the tick
 * of `expires`, three flags, and the fingerprint; words are ordered by tick, then flags (ticks modulo 2^13, seen from
 * the clock: nonce_clock.c says why that is one order for all). Every word is a nonce's, a swept one, or zero. That a
 * nonce may be in the back yard is told by its flag: one bit of one of its home words, whosever word that is. Bit and
 * slot follow from the hash; others share them.
 *
 * THE RULE. Whoever writes replaces the LEAST word of the lines that it has read (of equal ones, that in the first
 * position), and only by a GREATER one. A claim may replace the least word only where it is past.
 *   (grow)   So every slot's words only ever increase: what is past is replaced by what is not, a flag is added, a tick
 *            is raised. (Step 6 adds a flag to a word that need not be the least; that grows, too.)
 *
 * THEOREM. Let P and Q read the same lines and each replace the least word that it saw: P in slot p, Q in slot q. Then
 * P saw at q what Q wrote there or later, or Q saw at p what P wrote there or later.
 *   Proof. If p = q, one CAS came after the other, and would have failed had its view been older. Else suppose neither.
 *   In the order of changes of slot q, P saw a word P(q) no later than the one that Q replaced, Q(q): so P(q) <= Q(q)
 *   by (grow). Likewise Q(p) <= P(p). P took p for the least: P(p) < P(q). Q took q: Q(q) < Q(p). Around the circle:
 *   P(p) < P(q) <= Q(q) < Q(p) <= P(p). Absurd. (Positions break ties in one way for all who read these lines.)
 * This needs no order of memory at all beyond that of one slot's changes, and no agreement about the time: which word
 * is least does not depend on the clock, only whether it may be replaced does.
 *
 * STEPS of a claim with `expires` x. All loads of words acquire, all CASes release.
 *   1 view     The clock; all home words; the flag's word once more; the least word, which must not have changed; the
 *              clock: again where its tick moved. What is written later expects this very word.
 *   2 admit    The clock is past x: EXPIRED (or the other reasons of check_expires).
 *   3 search   A live word of this nonce in the view: REPLAYED. Its flag in a live word: it may be in the back yard;
 *              view the back lines, too; from 1 where the tick moved; there: REPLAYED.
 *   4 write    The least home word is past: CAS it to x's tick and the fingerprint. Done: 9. Failed: from 1.
 *   5 back     All home words are live. View the back lines, and admit. There: REPLAYED. The least is live: FULL.
 *   6 flag     See to it that the flag's word has the flag and is live until x at least: CAS it to the same with the
 *              bit, and with its tick raised to x's where that is later. Past, the tick moved, or failed: from 1.
 *   7 write    CAS the least back word to x's tick and the fingerprint. Failed: from 1.
 *   8 settle   View and admit, as in 1 and 2. A live word of this nonce at home: REPLAYED. Else nudge: CAS the least
 *              home word to the same with its tick one higher. Done: 9. Failed: 8 again.
 *   9 end      The clock once more: it is past x: EXPIRED. Else FRESH.
 * A batch takes the steps 1 of many claims before the first writes; the last looks of each view, at its least word and
 * at the clock, come just before its CAS. Raising a tick holds somebody's nonce longer than it asked for, never
 * shorter; where the clock has moved since 5, the nudge may raise one that was past. Where the nudge would raise a word
 * more than 64 ticks above what any claim may ask for the answer is FULL; a table of a few lines could come near.
 *
 * WHY ONCE. Let P (with x) and Q (with y) be claims of one nonce, both FRESH. Say that Q's view SEES P if it has P's
 * word or a later one of its slot. P's word is either live, so that Q is REPLAYED, or past. A later one replaced P's
 * because that was past for a clock which Q's clock, loaded after the word, does not undercut. So if the view with
 * which Q is admitted sees P, the clock was past x then; and that is what (once) allows. Likewise the other way round.
 * Now:
 *   - Both wrote at home (4). By the theorem one sees the other, in the view that it is admitted with.
 *   - Both wrote in the back yard (7). Likewise, of back lines.
 *   - P wrote at home, Q in the back yard. Q's nudge and P's write replaced the least home words that they saw. By the
 *     theorem Q's view in 8 sees P; or P's view in 1 sees Q's nudge, and then P sees Q: Q had flagged and written
 *     before it nudged, and P reads the flag's word after all words, so that it sees Q's flag, or what replaced that
 *     word because it was past, and y with it. A live flag sends P to the back lines, where it sees Q. (Reading it
 *     once, with the words, is not enough: P could read it before Q flags, then the nudged slot after Q nudges, and
 *     take a third slot for the least.)
 * WHY ONE. REPLAYED means that another's word was seen, so its CAS was done. A claim whose CAS in 4 is done is FRESH
 * (or over). One whose CAS in 7 is done is FRESH, or saw in 8 the word of one whose CAS in 4 was done, or is over
 * (EXPIRED, FULL), or its thread stopped for ever before 8: then this nonce is refused until it expires, and only this
 * one.
 * LINEARIZABLE. FRESH takes effect at the CAS of 4 or 7, REPLAYED at the load that saw the word. One that saw a word of
 * 7 which loses in 8 is right all the same: the winner in 4 had begun before, or its view would have had the flag.
 * MEMORY. A live word is replaced only by itself with a flag or with a higher tick; but see ABA.
 *
 * ORDERS. Every CAS releases, every load of a word in a view acquires. They pair for three things: a clock that the
 * reader loads later is not older than the one that the writer went by; no word is so far ahead of the reader's clock
 * that it looks past; and who sees the nudge sees the flag and the back word. The clock's own acquire pairs with its
 * CAS: the words are not older than the sweep that let the clock move. Each order has a control in core/test/model that
 * fails without it, but for the release where a round of the sweep is skipped. The theorem holds for a writer that
 * sleeps, as its view lies within the window of its own clock, and its CAS expects the very word of the view.
 *
 * ABA. Words of a slot increase, so that one comes again only when the tick has come round, after 8192 ticks. A call
 * that slept for so long between its view and its CAS could meet that very word (a swept one soon does), and would have
 * missed what was claimed meanwhile. Step 9 refuses it: x is at most 2048 ticks behind the view. The CASes of 4 and 8
 * acquire for this, so that the clock loaded in 9 is not older than that which the word met follows. What such a call
 * has written is past, or, its tick come round, holds its own nonce and a slot for some minutes. Not covered is what is
 * ever written by a call, a sweep included, that slept for a round: a nonce that its client uses again 8192 ticks after
 * its first use, in the same slot, has that very word again, and such a call would then replace it while it is live.
 *
 * STALL AND DEATH. Nothing waits: a CAS that fails was overtaken by one that did not. A claim is one CAS, which is done
 * or not; in the back yard three, of which the first two leave a table that is whole.
 *
 * CHANCE. A claim is compared with the live words in its 16 home slots (12.2 on average at design load) and, one claim
 * in 33, in its 32 back slots (14.0): 12.6 comparisons, each wrong with probability 2^-48. So a claim is refused
 * wrongly with probability 12.6 * 2^-48 = 2^-44.3. FULL without need: fewer than one claim in 10^9; the report has the
 * curve.
 *
 * CHOSEN NONCES. Lines and fingerprint come from a hash under a secret of 192 bytes that no client knows. From verdicts
 * a client learns nothing about them: what it takes from others is room, one slot for each nonce that it presents
 * within the retention, and the capacity has to count that in. One that can time single claims learns which of its
 * nonces went to the back yard, at nine tenths of the design load one in 240, at all of it one in 47; with hundreds of
 * retentions of trying it could collect nonces that do so again, and present them as a part of the capacity. The back
 * yard fills up, and of the claims of others these find no room:
 *       part of the capacity        10 %   20 %       30 %       40 %       50 %
 *       nine tenths of the load     none   1 in 670   1 in 570   1 in 370   1 in 360
 *       design load                 none   none       1 in 160   1 in 120   1 in 99
 * Who knew the secret could fill the slots of somebody's nonce, and would have to know that nonce.
 * core/test/test_nonce_attack.c measures all three. */
/* clang-format on */
#include "nonce_layout.h"
#include "nonce_read.h"

/* FRESH where the table may remember a nonce until `expires`. */
static inline csn_nonce_answer check_expires(const csn_nonce_table *table, uint64_t clock, int64_t expires) {
  int64_t seconds = csn_nonce_clock_seconds(clock);
  if (expires < seconds) return CSN_NONCE_EXPIRED;
  if (expires - seconds > CSN_NONCE_RETENTION_MAX) return CSN_NONCE_RETENTION;
  return expires <= table->fence ? CSN_NONCE_FENCED : CSN_NONCE_FRESH;
}

/* ---- views ---- */

/* What was read of a nonce's lines within one tick. */
typedef struct view {
  uint64_t clock; /* later than all words */
  uint64_t word;  /* the least one */
  csn_atomic *slot;
  uint32_t least; /* its place */
  bool found;     /* a live word of the nonce */
  bool flagged;   /* its live flag */
} view;

static uint64_t read_lines(const csn_nonce_table *table, const csn_nonce_key *keys, size_t count,
                           csn_nonce_reading *readings) {
  uint64_t clock = csn_atomic_load_acquire(&table->header->clock); /* pairs with the CAS in csn_nonce_advance() */
  table->read(keys, count, clock, readings);
  return clock;
}

/* Ends a view of the lines of `key`, which began at `clock`: loads the least word, all of it. False where the view is
 * to be taken again: the word has changed, or the tick. Within a tick, a word with the same tick and flags in the same
 * slot is the same word (grow). */
static inline bool view_end(const csn_nonce_table *table, const csn_nonce_key *key, uint64_t clock, view *v) {
  v->slot = csn_nonce_slot(key, v->least);
  v->word = csn_atomic_load_relaxed(v->slot); /* acquired before, if it is the same */
  v->clock = csn_atomic_load_relaxed(&table->header->clock);
  return csn_nonce_place(v->word, clock, v->least % CSN_NONCE_POSITIONS) == v->least &&
         csn_nonce_same_tick(clock, v->clock);
}

/* Whether a live word of the lines is of the nonce. */
static bool is_held(const csn_nonce_key *key, uint64_t clock) {
  for (unsigned line = 0; line < 2; line++) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
      uint64_t word = csn_atomic_load_acquire(&key->lines[line]->slots[i]);
      if ((word & CSN_NONCE_FINGERPRINT_MASK) == key->fingerprint && !csn_nonce_word_expired(word, clock)) return true;
    }
  }
  return false;
}

static bool is_flagged(const csn_nonce_key *key, uint64_t clock) {
  uint64_t word = csn_atomic_load_acquire(key->flag_slot);
  return (word & key->flag) != 0 && !csn_nonce_word_expired(word, clock);
}

/* False as view_end(). */
static bool view_home(const csn_nonce_table *table, const csn_nonce_key *key, uint64_t clock, csn_nonce_reading reading,
                      view *v) {
  v->least = csn_nonce_least(reading);
  v->found = csn_nonce_found(reading) && is_held(key, clock);
  v->flagged = csn_nonce_flagged(reading) && is_flagged(key, clock);
  return view_end(table, key, clock, v);
}

/* ---- the back yard ---- */

/* The nonce's back lines: a pair of neighbours in each part of those of its shard. */
typedef struct back_lines {
  csn_nonce_key pairs[CSN_NONCE_BACK_PAIRS];
} back_lines;

static inline back_lines back_lines_of(const csn_nonce_table *table, const csn_nonce_key *key) {
  const csn_nonce_geometry *geometry = &table->geometry;
  uint64_t bits = (key->hash ^ key->fingerprint) * UINT64_C(0xd1342543de82ef95);
  csn_nonce_line *part = table->lines + key->shard * table->shard_lines + CSN_NONCE_HOME_LINES * geometry->half_lines;
  back_lines back;
  for (unsigned i = 0; i < CSN_NONCE_BACK_PAIRS; i++, part += CSN_NONCE_PAIR_LINES * geometry->part_pairs) {
    csn_nonce_line *pair = part + CSN_NONCE_PAIR_LINES * csn_nonce_scale(&bits, geometry->part_pairs);
    back.pairs[i] = (csn_nonce_key){.lines = {pair, pair + CSN_NONCE_PAIR_LINES - 1},
                                    .flag_slot = key->flag_slot, /* read, and for nothing */
                                    .fingerprint = key->fingerprint};
  }
  return back;
}

static view view_back(const csn_nonce_table *table, const back_lines *back) {
  for (;;) {
    csn_nonce_reading readings[CSN_NONCE_BACK_PAIRS];
    uint64_t clock = read_lines(table, back->pairs, CSN_NONCE_BACK_PAIRS, readings);
    view v = {.least = UINT32_MAX};
    for (unsigned i = 0; i < CSN_NONCE_BACK_PAIRS; i++) {
      uint32_t least = csn_nonce_least(readings[i]) + i * CSN_NONCE_PAIR_WORDS;
      if (least < v.least) v.least = least;
      v.found |= csn_nonce_found(readings[i]) && is_held(&back->pairs[i], clock);
    }
    const csn_nonce_key *pair = &back->pairs[v.least % CSN_NONCE_POSITIONS / CSN_NONCE_PAIR_WORDS];
    if (view_end(table, pair, clock, &v)) return v;
  }
}

/* Step 6, for a claim that will write `own`. False where the word is past, or the CAS failed. */
static bool flag(const csn_nonce_table *table, const csn_nonce_key *key, uint64_t own, uint64_t clock) {
  uint64_t word = csn_atomic_load_acquire(key->flag_slot);
  /* Ranks are seen from `clock`: a word of a much later one would be misread. */
  if (csn_nonce_word_expired(word, clock) ||
      !csn_nonce_same_tick(clock, csn_atomic_load_relaxed(&table->header->clock)))
    return false;
  uint64_t later = csn_nonce_rank(word, clock) > csn_nonce_rank(own, clock) ? word : own;
  uint64_t flagged = (later & CSN_NONCE_TICK_MASK) | (word & ~CSN_NONCE_TICK_MASK) | key->flag;
  return flagged == word || csn_atomic_cas_release(key->flag_slot, word, flagged);
}

/* ---- claims ---- */

/* What a claim writes in steps 4 and 7. */
static inline uint64_t own_word(const csn_nonce_key *key, uint64_t clock, int64_t expires) {
  return csn_nonce_word(csn_nonce_tick_of(clock, expires), key->fingerprint);
}

/* Step 9. */
static inline csn_nonce_answer end(const csn_nonce_table *table, int64_t expires) {
  int64_t seconds = csn_nonce_clock_seconds(csn_atomic_load_relaxed(&table->header->clock));
  return __builtin_expect(expires < seconds, false) ? CSN_NONCE_EXPIRED : CSN_NONCE_FRESH;
}

/* Step 8. */
static csn_nonce_answer settle(const csn_nonce_table *table, const csn_nonce_key *key, int64_t expires) {
  for (;;) {
    csn_nonce_reading reading;
    uint64_t clock = read_lines(table, key, 1, &reading);
    view home;
    if (!view_home(table, key, clock, reading, &home)) continue;
    csn_nonce_answer answer = check_expires(table, home.clock, expires);
    if (answer != CSN_NONCE_FRESH) return answer;
    if (home.found) return CSN_NONCE_REPLAYED;
    if (home.least >= CSN_NONCE_PLACE_LIVE + CSN_NONCE_HELD_MAX * CSN_NONCE_PLACE_TICK) return CSN_NONCE_FULL;
    uint64_t nudged = home.word + CSN_NONCE_ONE_TICK;
    if (csn_atomic_cas_acq_rel(home.slot, home.word, nudged)) return end(table, expires);
  }
}

/* Steps 5 to 8. False where the claim begins anew. */
static bool claim_back(const csn_nonce_table *table, const csn_nonce_key *key, const view *back, int64_t expires,
                       csn_nonce_answer *answer) {
  *answer = check_expires(table, back->clock, expires);
  if (*answer != CSN_NONCE_FRESH) return true;
  *answer = back->found ? CSN_NONCE_REPLAYED : CSN_NONCE_FULL;
  if (back->found || back->least >= CSN_NONCE_PLACE_LIVE) return true;
  uint64_t own = own_word(key, back->clock, expires);
  if (!flag(table, key, own, back->clock)) return false;
  if (!csn_atomic_cas_release(back->slot, back->word, own)) return false;
  *answer = settle(table, key, expires);
  return true;
}

/* Steps 1, where the lines have been read, to 8. False where the claim begins anew. */
static bool claim_once(const csn_nonce_table *table, const csn_nonce_key *key, uint64_t clock,
                       csn_nonce_reading reading, int64_t expires, csn_nonce_answer *answer) {
  view home;
  if (!view_home(table, key, clock, reading, &home)) return false;
  *answer = check_expires(table, home.clock, expires);
  if (*answer != CSN_NONCE_FRESH) return true;
  *answer = CSN_NONCE_REPLAYED;
  if (home.found) return true;
  if (home.flagged || home.least >= CSN_NONCE_PLACE_LIVE) {
    back_lines lines = back_lines_of(table, key);
    view back = view_back(table, &lines);
    if (home.least >= CSN_NONCE_PLACE_LIVE) return claim_back(table, key, &back, expires, answer);
    if (!csn_nonce_same_tick(home.clock, back.clock)) return false; /* to be admitted again */
    if (back.found) return true;
  }
  if (!csn_atomic_cas_acq_rel(home.slot, home.word, own_word(key, home.clock, expires))) return false;
  *answer = end(table, expires);
  return true;
}

static __attribute__((noinline)) csn_nonce_answer claim_any(const csn_nonce_table *table, const csn_nonce_key *key,
                                                            uint64_t clock, csn_nonce_reading reading,
                                                            int64_t expires) {
  csn_nonce_answer answer;
  while (!claim_once(table, key, clock, reading, expires, &answer)) clock = read_lines(table, key, 1, &reading);
  return answer;
}

/* What check_expires() lets in at a clock, and the tick of `expires`, for one comparison and one sum a claim. */
typedef struct admission {
  uint64_t clock;
  uint64_t first, count; /* the seconds that are let in: so many from `first` on */
  uint64_t tick;         /* of second 0, counted from the clock */
} admission;

static inline admission admission_at(const csn_nonce_table *table, uint64_t clock) {
  int64_t seconds = csn_nonce_clock_seconds(clock), last = seconds + CSN_NONCE_RETENTION_MAX;
  int64_t before = table->fence < seconds ? seconds - 1 : table->fence;
  return (admission){.clock = clock,
                     .first = (uint64_t)before + 1,
                     .count = before < last ? (uint64_t)(last - before) : 0,
                     .tick = csn_nonce_tick_of(clock, 0)};
}

/* Steps 2 and 4 where nothing else is left to do, as for 49 in 50; within the second of the admission, which a batch
 * has in registers. False: not so, or the CAS failed. */
static inline bool claim_usual(const csn_nonce_table *table, const csn_nonce_key *key, const admission *a,
                               csn_nonce_reading reading, int64_t expires) {
  if (__builtin_expect(reading >= CSN_NONCE_PLACE_LIVE, false)) return false;
  csn_atomic *slot = csn_nonce_slot(key, csn_nonce_least(reading));
  uint64_t word = csn_atomic_load_relaxed(slot);
  uint64_t own = csn_nonce_word(a->tick + (uint64_t)expires / CSN_NONCE_TICK_SECONDS, key->fingerprint);
  return csn_nonce_age(word, a->clock) == reading >> 16 && csn_atomic_load_relaxed(&table->header->clock) == a->clock &&
         (uint64_t)expires - a->first < a->count && csn_atomic_cas_acq_rel(slot, word, own);
}

static inline csn_nonce_answer claim_read(const csn_nonce_table *table, const csn_nonce_key *key, const admission *a,
                                          csn_nonce_reading reading, int64_t expires) {
  return claim_usual(table, key, a, reading, expires) ? end(table, expires)
                                                      : claim_any(table, key, a->clock, reading, expires);
}

csn_nonce_answer csn_nonce_claim_key(const csn_nonce_table *table, const csn_nonce_key *key, int64_t expires) {
  csn_nonce_reading reading;
  const admission a = admission_at(table, read_lines(table, key, 1, &reading));
  return claim_read(table, key, &a, reading, expires);
}

void csn_nonce_read_group(const csn_nonce_table *table, csn_nonce_group *group) {
  group->clock = read_lines(table, group->keys, group->count, group->readings);
  for (size_t i = 0; i < group->count; i++) {
    if (__builtin_expect(group->readings[i] < CSN_NONCE_PLACE_LIVE, true)) continue;
    back_lines back = back_lines_of(table, &group->keys[i]);
    for (unsigned pair = 0; pair < CSN_NONCE_BACK_PAIRS; pair++) csn_nonce_prefetch(&back.pairs[pair]);
  }
}

void csn_nonce_claim_group(const csn_nonce_table *table, const csn_nonce_group *group, const csn_nonce_group *ahead) {
  const admission a = admission_at(table, group->clock);
  const size_t asked = ahead == NULL ? 0 : ahead->count;
  for (size_t i = 0; i < group->count; i++) {
    csn_nonce_claim *c = &group->claims[i];
    c->answer = claim_read(table, &group->keys[i], &a, group->readings[i], c->expires);
    if (i < asked) csn_nonce_prefetch(&ahead->keys[i]); /* a few at a time: the processor waits for some ten lines */
  }
}
