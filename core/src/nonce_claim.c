/* clang-format off */
/* The claim of one nonce.
 *
 * WHAT IS PROMISED. Claims of one nonce, from any threads and processes, with any clocks and any `expires`:
 *   (once)   two of them are FRESH only where the table's clock passed the `expires` of one before the other was
 *            admitted; equal `expires`, so the same bytes, are therefore FRESH once, ever.
 *   (one)    one is refused as REPLAYED only where another has written its word, and is FRESH unless its own time is
 *            over, there is no room, or its thread has died.
 *   (memory) an accepted nonce is held until the clock is past its `expires`, whatever is claimed meanwhile.
 * "Nonce" below means equal fingerprints in equal lines. Two different nonces that agree in 48 bits of keyed hash and
 * share a line disturb each other like equal ones; the price is a wrong refusal, never an acceptance. See CHANCE.
 *
 * WHERE. A nonce has two home lines of 8 words, and in a small back yard four back lines. It is written into a home
 * line or, where all 16 home words are live, into a back line: one nonce in 27 at design load. A word is the tick of
 * `expires`, a class, and the fingerprint; words are ordered by tick, then class (ticks modulo 2^13, seen from the
 * clock: nonce_clock.c says why that is one order for all). Every word is a nonce's, or a swept one.
 *
 * THE RULE. Whoever writes replaces the LEAST word of the lines that it has read (of equal ones, that in the first
 * position), and only by a GREATER one. A claim may replace the least word only where it is past.
 *   (grow)   So every slot's words only ever increase: what is past is replaced by what is not, a flag's class is added
 *            or widened, a tick is raised. (Flags, step 6, are put on words that are not the least; they grow, too.)
 *
 * THEOREM. Let P and Q read the same lines and each replace the least word that it saw: P in slot p, Q in slot q. Then
 * P saw at q what Q wrote there or later, or Q saw at p what P wrote there or later.
 *   Proof. If p = q, one CAS came after the other, and would have failed had its view been older. Else suppose neither.
 *   In the order of changes of slot q, P saw a word P(q) no later than the one that Q replaced, Q(q): so P(q) <= Q(q) by
 *   (grow). Likewise Q(p) <= P(p). P took p for the least: P(p) < P(q). Q took q: Q(q) < Q(p). Around the circle:
 *   P(p) < P(q) <= Q(q) < Q(p) <= P(p). Absurd. (Positions break ties in one way for all who read these lines.)
 * This needs no order of memory at all beyond that of one slot's changes, and no agreement about the time: which word is
 * least does not depend on the clock, only whether it may be replaced does.
 *
 * STEPS of a claim with `expires` x. All loads of words acquire, all CASes release.
 *   1 view     The clock; all home words; the flags in home[0], read once more; the least word, which must not have
 *              changed; the clock: again where its tick moved. What is written later expects this very word.
 *   2 admit    The clock is past x: EXPIRED (or the other reasons of check_expires).
 *   3 search   A live word of this nonce in the view: REPLAYED. A live flag of its class (or of any) in home[0]: it may
 *              be in the back yard; view the back lines, too; from 1 where the tick moved; there: REPLAYED.
 *   4 write    The least home word is past: CAS it to x's tick and the fingerprint. Done: FRESH. Failed: from 1.
 *   5 back     All home words are live. View the back lines, and admit. There: REPLAYED. The least is live: FULL.
 *   6 flag     See to it that a word in home[0] flags this class until x at least: the latest that flags none or this
 *              one, with its tick raised to x's where that is later. Failed: from 1.
 *   7 write    CAS the least back word to x's tick and the fingerprint. Failed: from 1.
 *   8 settle   View and admit, as in 1 and 2. A live word of this nonce at home: REPLAYED. Else nudge: CAS the least
 *              home word to the same with its tick one higher. Done: FRESH. Failed: 8 again.
 * Raising a tick holds somebody's nonce longer than it asked for, never shorter. Where the nudge would raise a word more
 * than 64 ticks above what any claim may ask for the answer is FULL; a table of a few lines could come near.
 *
 * WHY ONCE. Let P (with x) and Q (with y) be claims of one nonce, both FRESH. Say that Q's view SEES P if it has P's word
 * or a later one of its slot. P's word is either live, so that Q is REPLAYED, or past. A later one replaced P's because
 * that was past for a clock which Q's clock, loaded after the word, does not undercut. So if the view with which Q is
 * admitted sees P, the clock was past x then; and that is what (once) allows. Likewise the other way round. Now:
 *   - Both wrote at home (4). By the theorem one sees the other, in the view that it is admitted with.
 *   - Both wrote in the back yard (7). Likewise, of back lines.
 *   - P wrote at home, Q in the back yard. Q's nudge and P's write replaced the least home words that they saw. By the
 *     theorem Q's view in 8 sees P; or P's view in 1 sees Q's nudge, and then P sees Q: Q had flagged and written before
 *     it nudged, and P reads the flags after the words, so that it sees Q's flag, or what replaced that because it was
 *     past, and y with it. A live flag sends P to the back lines, where it sees Q.
 *     (Reading the flags once, with the words, is not enough: P could read the flag's slot before Q flags and the nudged
 *     slot after Q nudges, and take a third slot for the least.)
 * WHY ONE. REPLAYED means that another's word was seen, so its CAS was done. A claim whose CAS in 4 is done is FRESH. One
 * whose CAS in 7 is done is FRESH, or saw in 8 the word of one whose CAS in 4 was done, or is over (EXPIRED, FULL), or its
 * thread stopped for ever before 8: then this nonce is refused until it expires, and only this one.
 * LINEARIZABLE. FRESH takes effect at the CAS of 4 or 7, REPLAYED at the load that saw the word. One that saw a word of 7
 * which loses in 8 is right all the same: the winner in 4 had begun before, or its view would have had the flag.
 * MEMORY. A live word is replaced only by itself with a flag or with a higher tick.
 *
 * ORDERS. Every CAS releases, every load of a word in a view acquires. They pair for three things: a clock that the
 * reader loads later is not older than the one that the writer went by; no word is so far ahead of the reader's clock
 * that it looks past; and who sees the nudge sees the flag and the back word. The clock's own acquire pairs with its CAS:
 * the words are not older than the sweep that let the clock move. Each order has a control in core/test/model that fails
 * without it, but for the loads in flag(), which matter to a call that sleeps for hours there, as does the second look at
 * the tick in a view. The theorem holds for a writer that sleeps, as its view lies within the window of its own clock, and
 * its CAS expects the very word of the view.
 *
 * ABA. Words of a slot increase, so that one comes again only when the tick has come round, after 8192 ticks: a call that
 * sleeps nine hours of the table's clock between its view and its CAS could meet that very word, fingerprint and all.
 *
 * STALL AND DEATH. Nothing waits: a CAS that fails was overtaken by one that did not. A claim is one CAS, which is done or
 * not; in the back yard three, of which the first two leave a table that is whole.
 *
 * CHANCE. A claim is compared with the live words in its 16 home slots (12.4 on average at design load) and, one claim in
 * 14, in its 32 back slots (13.5): 13.4 comparisons, each wrong with probability 2^-48. So a claim is refused wrongly
 * with probability 13.4 * 2^-48 = 2^-44.2. FULL without need: fewer than one claim in 10^9; the report has the curve.
 *
 * CHOSEN NONCES. Lines and fingerprint come from a hash under a secret of 192 bytes that no client knows. From verdicts a
 * client learns nothing about them: what it takes from others is room, one slot for each nonce that it presents within
 * the retention, and the capacity has to count that in. One that can time single claims learns which of its nonces went
 * to the back yard; with thousands of retentions of trying it could collect nonces that do so again, and with a tenth of
 * the capacity in these fill the back yard, so that one claim in 500 of others finds no room. Who knew the secret could
 * fill the slots of somebody's nonce, and would have to know that nonce. core/test/test_nonce_attack.c measures all
 * three. */
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

static inline uint64_t view_begin(const csn_nonce_table *table) {
  return csn_atomic_load_acquire(&table->header->clock); /* pairs with the CAS in csn_nonce_advance() */
}

/* False where the clock's tick has moved: the view is to be taken again. */
static inline bool view_end(const csn_nonce_table *table, uint64_t begun, csn_nonce_view *v) {
  v->clock = csn_atomic_load_relaxed(&table->header->clock);
  return csn_nonce_same_tick(begun, v->clock);
}

/* Whether a live word of the line is of the nonce. */
static bool line_holds(const csn_nonce_line *line, uint64_t fingerprint, uint64_t clock) {
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
    uint64_t word = csn_atomic_load_acquire(&line->slots[i]);
    if ((word & CSN_NONCE_FINGERPRINT_MASK) == fingerprint && !csn_nonce_word_expired(word, clock)) return true;
  }
  return false;
}

static inline bool flags(unsigned word_class, unsigned flag_class) {
  return word_class == flag_class || word_class == CSN_NONCE_CLASS_ANY;
}

/* Whether a live word of the line flags the class. */
static bool line_flags(const csn_nonce_line *line, unsigned flag_class, uint64_t clock) {
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
    uint64_t word = csn_atomic_load_acquire(&line->slots[i]);
    if (flags(csn_nonce_word_class(word), flag_class) && !csn_nonce_word_expired(word, clock)) return true;
  }
  return false;
}

/* The nonce's back lines: one in each part of those of its shard. Read in pairs, of which a model has half a one. */
enum { BACK_PAIRS = (CSN_NONCE_BACK_LINES + 1) / 2 };
typedef struct back_lines {
  csn_nonce_line *line[2 * BACK_PAIRS];
} back_lines;

static back_lines back_lines_of(const csn_nonce_table *table, const csn_nonce_key *key) {
  const csn_nonce_geometry *geometry = &table->geometry;
  uint64_t hash = key->hash ^ key->fingerprint;
  csn_nonce_line *part = table->lines + key->shard * table->shard_lines + CSN_NONCE_HOME_LINES * geometry->half_lines;
  back_lines back;
  for (unsigned i = 0; i < CSN_NONCE_BACK_LINES; i++, part += geometry->part_lines) {
    hash *= UINT64_C(0xd1342543de82ef95);
    back.line[i] = part + csn_nonce_scale(hash, geometry->part_lines);
  }
  if (CSN_NONCE_BACK_LINES % 2 == 1) back.line[CSN_NONCE_BACK_LINES] = back.line[CSN_NONCE_BACK_LINES - 1];
  return back;
}

/* What a reading pre-selected, looked at word by word. The back lines, where they will be needed, are asked for now. */
static __attribute__((noinline)) void look_again(const csn_nonce_table *table, const csn_nonce_key *key, uint64_t clock,
                                                 csn_nonce_view *v) {
  v->flagged = v->flagged && line_flags(key->home[0], key->flag_class, clock);
  v->found = v->found &&
             (line_holds(key->home[0], key->fingerprint, clock) || line_holds(key->home[1], key->fingerprint, clock));
  if (!v->flagged && v->least < CSN_NONCE_PLACE_LIVE) return;
  back_lines back = back_lines_of(table, key);
  for (unsigned i = 0; i < CSN_NONCE_BACK_LINES; i++) __builtin_prefetch(back.line[i], 1);
}

/* The slot of a place in some lines. */
static inline csn_atomic *slot_of(csn_nonce_line *const *lines, uint32_t place) {
  return &lines[csn_nonce_place_line(place)]->slots[csn_nonce_place_slot(place)];
}

/* Loads the least word of a view, all of it; false where it has changed. Within a tick, a word with the same tick and
 * class in the same slot is the same word (grow). */
static inline bool load_least(csn_nonce_line *const *lines, uint64_t clock, csn_nonce_view *v) {
  v->slot = slot_of(lines, v->least);
  v->word = csn_atomic_load_relaxed(v->slot); /* acquired before, if it is the same */
  return csn_nonce_place(v->word, clock, v->least % CSN_NONCE_POSITIONS) == v->least;
}

void csn_nonce_view_home(const csn_nonce_table *table, const csn_nonce_key *key, csn_nonce_view *v) {
  uint64_t clock;
  do {
    clock = view_begin(table);
    csn_nonce_reading reading = table->read_pair(key->home, clock, key);
    v->least = reading.least;
    v->flagged = reading.flagged;
    v->found = reading.found;
    bool usual = !reading.found && !reading.flagged && reading.least < CSN_NONCE_PLACE_LIVE;
    if (__builtin_expect(!usual, false)) look_again(table, key, clock, v);
  } while (!load_least(key->home, clock, v) || !view_end(table, clock, v));
}

static csn_nonce_view view_back(const csn_nonce_table *table, const csn_nonce_key *key, const back_lines *back) {
  for (;;) {
    uint64_t clock = view_begin(table);
    csn_nonce_view v = {clock, 0, NULL, UINT32_MAX, false, false};
    for (unsigned i = 0; i < 2 * BACK_PAIRS; i += 2) {
      csn_nonce_reading reading = table->read_pair(&back->line[i], clock, key);
      uint32_t least = reading.least + i / 2 * CSN_NONCE_PAIR_WORDS;
      if (least < v.least) v.least = least;
      v.found |= reading.found && (line_holds(back->line[i], key->fingerprint, clock) ||
                                   line_holds(back->line[i + 1], key->fingerprint, clock));
    }
    if (load_least(back->line, clock, &v) && view_end(table, clock, &v)) return v;
  }
}

/* Step 6. False where a CAS failed. */
static bool flag(const csn_nonce_table *table, const csn_nonce_key *key, uint64_t tick, uint64_t clock) {
  uint64_t own = csn_nonce_word(tick, 0, 0);
  int64_t own_rank = csn_nonce_rank(own, clock), latest_rank = -1;
  bool latest_flags_others = true;
  uint64_t latest = 0;
  csn_atomic *slot = &key->home[0]->slots[0];
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) {
    uint64_t word = csn_atomic_load_acquire(&key->home[0]->slots[i]);
    unsigned word_class = csn_nonce_word_class(word);
    int64_t rank = csn_nonce_rank(word, clock);
    if (flags(word_class, key->flag_class) && rank >= own_rank) return true;
    /* Best is a word whose class can stay or become this one; a flag for any is the last resort. */
    bool flags_others = word_class != 0 && !flags(word_class, key->flag_class);
    if (flags_others > latest_flags_others || (flags_others == latest_flags_others && rank <= latest_rank)) continue;
    latest_flags_others = flags_others;
    latest_rank = rank;
    latest = word;
    slot = &key->home[0]->slots[i];
  }
  /* Ranks are seen from `clock`: words of a much later one would be misread. */
  if (latest_rank < 0 || !csn_nonce_same_tick(clock, csn_atomic_load_relaxed(&table->header->clock))) return false;
  unsigned flag_class = latest_flags_others || csn_nonce_word_class(latest) == CSN_NONCE_CLASS_ANY
                            ? (unsigned)CSN_NONCE_CLASS_ANY
                            : key->flag_class;
  uint64_t until = latest_rank >= own_rank ? latest >> CSN_NONCE_TICK_SHIFT : tick;
  return csn_atomic_cas_release(slot, latest, csn_nonce_word(until, flag_class, latest & CSN_NONCE_FINGERPRINT_MASK));
}

/* Step 8. */
static csn_nonce_answer settle(const csn_nonce_table *table, const csn_nonce_key *key, int64_t expires) {
  for (;;) {
    csn_nonce_view home;
    csn_nonce_view_home(table, key, &home);
    csn_nonce_answer answer = check_expires(table, home.clock, expires);
    if (answer != CSN_NONCE_FRESH) return answer;
    if (home.found) return CSN_NONCE_REPLAYED;
    if (home.least >= CSN_NONCE_PLACE_LIVE + CSN_NONCE_HELD_MAX * CSN_NONCE_PLACE_TICK) return CSN_NONCE_FULL;
    uint64_t nudged = home.word + CSN_NONCE_ONE_TICK;
    if (csn_atomic_cas_release(home.slot, home.word, nudged)) return CSN_NONCE_FRESH;
  }
}

/* Steps 5 to 8. False where the claim begins anew. */
static bool claim_back(const csn_nonce_table *table, const csn_nonce_key *key, int64_t expires,
                       csn_nonce_answer *answer) {
  back_lines lines = back_lines_of(table, key);
  csn_nonce_view back = view_back(table, key, &lines);
  *answer = check_expires(table, back.clock, expires);
  if (*answer != CSN_NONCE_FRESH) return true;
  *answer = back.found ? CSN_NONCE_REPLAYED : CSN_NONCE_FULL;
  if (back.found || back.least >= CSN_NONCE_PLACE_LIVE) return true;
  uint64_t tick = csn_nonce_tick_of(back.clock, expires);
  uint64_t own = csn_nonce_word(tick, 0, key->fingerprint);
  if (!flag(table, key, tick, back.clock)) return false;
  if (!csn_atomic_cas_release(back.slot, back.word, own)) return false;
  *answer = settle(table, key, expires);
  return true;
}

/* Step 4. */
static inline bool write_home(const csn_nonce_key *key, const csn_nonce_view *home, int64_t expires) {
  uint64_t own = csn_nonce_word(csn_nonce_tick_of(home->clock, expires), 0, key->fingerprint);
  return csn_atomic_cas_release(home->slot, home->word, own);
}

/* Steps 2 to 8, after a view. False where the claim begins anew. */
static inline bool claim_once(const csn_nonce_table *table, const csn_nonce_key *key, const csn_nonce_view *home,
                              int64_t expires, csn_nonce_answer *answer) {
  *answer = check_expires(table, home->clock, expires);
  if (*answer != CSN_NONCE_FRESH) return true;
  *answer = CSN_NONCE_REPLAYED;
  if (home->found) return true;
  if (home->flagged) {
    back_lines lines = back_lines_of(table, key);
    csn_nonce_view back = view_back(table, key, &lines);
    if (!csn_nonce_same_tick(home->clock, back.clock)) return false; /* to be admitted again */
    if (back.found) return true;
  }
  if (home->least >= CSN_NONCE_PLACE_LIVE) return claim_back(table, key, expires, answer);
  *answer = CSN_NONCE_FRESH;
  return write_home(key, home, expires);
}

static __attribute__((noinline)) csn_nonce_answer claim_any(csn_nonce_table *table, const csn_nonce_key *key,
                                                            const csn_nonce_view *home, int64_t expires) {
  csn_nonce_answer answer;
  if (claim_once(table, key, home, expires, &answer)) return answer;
  for (;;) {
    csn_nonce_view again;
    csn_nonce_view_home(table, key, &again);
    if (claim_once(table, key, &again, expires, &answer)) return answer;
  }
}

csn_nonce_answer csn_nonce_claim_viewed(csn_nonce_table *table, const csn_nonce_key *key, const csn_nonce_view *home,
                                        int64_t expires) {
  /* Nine in ten need nothing but step 4; that is kept apart from what takes more registers. */
  bool usual = !home->found && !home->flagged && home->least < CSN_NONCE_PLACE_LIVE;
  if (__builtin_expect(usual, true) && check_expires(table, home->clock, expires) == CSN_NONCE_FRESH &&
      write_home(key, home, expires))
    return CSN_NONCE_FRESH;
  return claim_any(table, key, home, expires);
}

csn_nonce_answer csn_nonce_claim_key(csn_nonce_table *table, const csn_nonce_key *key, int64_t expires, int64_t now) {
  if (now > CSN_NONCE_CLOCK_MAX) return CSN_NONCE_UNAVAILABLE; /* no clock: it would end the table's for good */
  csn_nonce_advance(table, now);
  csn_nonce_view home;
  csn_nonce_view_home(table, key, &home);
  return csn_nonce_claim_viewed(table, key, &home, expires);
}
