/* clang-format off */
/* The nonce table's clock and its sweep.
 *
 * THE CLOCK is one word: the highest second seen, and a tick. Both only advance, by one CAS. A tick is 4 seconds. Where
 * the second advances by more than 2049 ticks, the tick advances by 2049 all the same: no claim is let in that expires
 * more than 2048 ticks ahead, so that all claims are past then, in seconds as in ticks. Hence
 *   (exact)  the tick of second x is past exactly if the clock's second is at least 4 * (floor(x / 4) + 1).
 *
 * THE SWEEP keeps the words' 13 bits of a tick unambiguous: seen from the clock, every word in the table is at most
 * 3979 ticks in the past and at most 2112 in the future, both less than 4096. The lines are swept in 512 shares, round
 * and round; `swept` counts them, one for each tick that the clock has moved. A share is an eighth of a shard; of less
 * than 64 shards the last shares of a round are empty. Sweeping writes words without a fingerprint, whose tick is that
 * before the round's first share was due, over those that are more than 640 ticks older. Slots that were never used are
 * not exempt. The tick moves by j only after
 *   (due)    2 j shares were swept, or all that were due.
 * So after a step of the clock at most 519 shares are due (more is one whole round, and what is missing to a whole
 * shard), and they are paid off while the tick moves half as far. The longest that a word waits: it was 640 ticks older
 * than its round's tick, its share was the last of that round (512), this was counted long ago (519), the clock jumps
 * (2049), and the share is the last again (259): 3979 ticks. Whoever moves the clock has swept, or seen swept, and its
 * CAS releases that: who acquires the clock reads no word older than the sweep. Nobody waits: movers that meet sweep
 * the same share, and one counts it.
 *
 * WHY SO LATE, AND ALL OF A SHARD ALIKE. A claim takes the least word. Free slots of a shard that were swept one after
 * the other would be filled in that order, line by line instead of evenly, and a table that begins empty would refuse
 * nonces at the load that it is made for. So age and tick count from the round, however late a share is swept, and what
 * is skipped ends with a shard. A table in use has few words so old; in one that idles, the free slots of a shard have
 * one tick, or two in the half minute in which the sweep passes through it. What comes in that half minute fills
 * unevenly; at the rate that the table is made for that does no harm. Where 98 % of the capacity come within a second,
 * in the order of their `expires`, and as many stay, one claim in 700 of that shard is FULL; with 90 % none
 * (core/test/test_nonce_fill.c). */
/* clang-format on */
#include "nonce_layout.h"

_Static_assert(CSN_NONCE_PAST_MAX < 1 << (CSN_NONCE_TICK_BITS - 1), "no word is ever so old that it looks new");
_Static_assert(CSN_NONCE_HELD_MAX < 1 << (CSN_NONCE_TICK_BITS - 1), "no word is so new that it looks old");

/* Whether `word` is older than `swept` by more than that age, or so much later that it looks so. Hardly a word is. */
static bool is_older(uint64_t word, uint64_t swept) {
  return (int64_t)(swept - word) > CSN_NONCE_SWEEP_AGE * CSN_NONCE_ONE_TICK;
}

/* Whether `swept` is past, and the word before it. A sweeper that has slept may find that it is not so: others have
 * been there then. */
static bool is_past(uint64_t word, uint64_t swept, uint64_t clock) {
  int64_t from = csn_nonce_rank(word, clock), to = csn_nonce_rank(swept, clock);
  return to < 0 && from < to;
}

static void sweep_line(const csn_nonce_table *table, csn_nonce_line *line, uint64_t swept) {
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS;) {
    /* Acquire pairs with the CAS that wrote the word: the clock loaded next is not older than the writer's. */
    uint64_t word = csn_atomic_load_acquire(&line->slots[i]);
    if (!is_older(word, swept)) {
      i++;
      continue;
    }
    uint64_t clock = csn_atomic_load_relaxed(&table->header->clock);
    /* Failed: looked at again. What a claim has written after it slept may be old, too. */
    if (!is_past(word, swept, clock) || csn_atomic_cas_release(&line->slots[i], word, swept)) i++;
  }
}

/* The share that is `number` by the count of all rounds. */
static void sweep_share(const csn_nonce_table *table, uint64_t number) {
  uint64_t share = number % CSN_NONCE_SWEEP_SHARES, shard = share / CSN_NONCE_SHARD_SHARES;
  uint64_t n = table->shard_lines, part = share % CSN_NONCE_SHARD_SHARES;
  if (shard >= table->geometry.shards) return;
  csn_nonce_line *lines = table->lines + shard * n;
  uint64_t swept = csn_nonce_word(number - share - 1, 0);
  for (uint64_t i = n * part / CSN_NONCE_SHARD_SHARES; i < n * (part + 1) / CSN_NONCE_SHARD_SHARES; i++)
    sweep_line(table, &lines[i], swept);
}

void csn_nonce_sweep(const csn_nonce_table *table, uint64_t clock, uint64_t shares) {
  csn_atomic *swept = &table->header->swept;
  for (uint64_t left = shares; left > 0;) {
    uint64_t done = csn_atomic_load_acquire(swept); /* pairs with the CAS below: what is counted is visible */
    uint64_t due = (clock - done) & CSN_NONCE_CLOCK_TICK_MASK;
    if (due == 0 || due > CSN_NONCE_CLOCK_TICK_MASK / 2) return; /* more: `clock` is an old one */
    if (due > CSN_NONCE_DUE_MAX) {
      uint64_t a_round_ago = (clock - CSN_NONCE_SWEEP_SHARES) & CSN_NONCE_CLOCK_TICK_MASK;
      a_round_ago -= a_round_ago % CSN_NONCE_SHARD_SHARES;
      /* This promises no sweep; release, so that who sees the count sees the clock that it follows. */
      (void)csn_atomic_cas_release(swept, done, a_round_ago);
      continue;
    }
    sweep_share(table, done);
    (void)csn_atomic_cas_release(swept, done, (done + 1) & CSN_NONCE_CLOCK_TICK_MASK);
    left--;
  }
}

uint64_t csn_nonce_advance(csn_nonce_table *table, int64_t now) {
  for (;;) {
    /* Acquire pairs with the CAS below: `swept` is not older than the step that this one goes on from. */
    uint64_t clock = csn_atomic_load_acquire(&table->header->clock);
    int64_t seconds = csn_nonce_clock_seconds(clock);
    if (now <= seconds) return clock;
    uint64_t ticks = (uint64_t)(now / CSN_NONCE_TICK_SECONDS - seconds / CSN_NONCE_TICK_SECONDS);
    if (ticks > CSN_NONCE_JUMP_TICKS) ticks = CSN_NONCE_JUMP_TICKS;
    csn_nonce_sweep(table, clock, 2 * ticks);
    uint64_t advanced = csn_nonce_clock(now, clock + ticks);
    /* Pairs with who acquires the clock. */
    if (csn_atomic_cas_release(&table->header->clock, clock, advanced)) return advanced;
  }
}
