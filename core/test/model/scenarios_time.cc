/* Scenarios of the clock and the sweep, and of who sleeps while the clock moves far. */
#include "scenario.h"

/* ---- the sweep, and steps of the clock ---- */

/* Moving the clock sweeps line 0, whose word has been past for long. */
static void sweep_against_claim(model_scenario &s) {
  s.word(0, 0, 99, T - OLD).claim(0, 1, T + 300, T + 4).claim(1, 1, T + 300, T);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

static void sweep_against_claims(model_scenario &s) {
  s.word(0, 0, 99, T - OLD)
      .held(1)
      .sweep(0, T + 4)
      .claim(1, 1, T + 3, T)
      .claim(1, 2, T + 300, T + 4)
      .claim(2, 1, T + 3, T);
  s.tick = s.swept = 8192 + SHARE_OF_LINE_0;
}

/* A nonce is long past and swept, which a claim with a slow clock sees. The shares until then count as swept. */
static void swept_nonce(model_scenario &s) {
  s.word(0, 0, 1, T + 3).held(0, 1).sweep(0, T + OLD).claim(1, 1, T + 3, T);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1 - OLD / CSN_NONCE_TICK_SECONDS;
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* All free slots of a nonce are swept: it has room. */
static void swept_is_free(model_scenario &s) {
  s.word(0, 0, 99, T - OLD).held(0, 1).held(1).held(MODEL_BACK).sweep(0, T + 4).claim(1, 1, T + 300, T);
  s.tick = s.swept = 8192 + SHARE_OF_LINE_0;
  s.one_wins = true;
}

/* A sweep that sleeps while the clock makes its longest step, after which a word is further ahead than it can tell. */
static void sweep_sleeps(model_scenario &s) {
  s.word(0, 0, 99, T - OLD).held(1).claim(0, 2, T + 300, T + 4).claim(1, 1, T + 8198 + 8190, T + 8198);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* A claim that sleeps likewise. */
static void claim_sleeps(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 2, T + 300, T).claim(1, 1, T + 8198 + 8190, T + 8198);
  s.one_wins = true;
}

/* The same of a claim that expires too late to be admitted, until that step. */
static void early_claim_sleeps(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 2, T + 8198 + 300, T).claim(1, 1, T + 8198 + 8190, T + 8198);
  s.one_wins = true;
  s.answers(CSN_NONCE_RETENTION);
  s.may_fill = true;
}

/* A claim with an old clock meets words whose ticks were raised far beyond what it can tell: nonce comes to them. */
static void words_of_a_later_time(model_scenario &s, unsigned nonce) {
  for (unsigned line = 0; line < 2; line++) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) s.word(line, i, 90 + 2 * i + line, T + 8400);
  }
  s.claim(0, 2, T + 300, T).claim(1, nonce, T + 8198 + 8190, T + 8198);
  s.fills_back = true;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* Both flags are in one word. */
static void flag_of_a_later_time(model_scenario &s) {
  words_of_a_later_time(s, 1);
}

/* Each flag has its own word: they meet in the back yard only. */
static void back_of_a_later_time(model_scenario &s) {
  words_of_a_later_time(s, 4);
}

/* The claim of 2 sleeps for seven hours before it flags: its flag's word is now one whose tick, 8192 later, looks like
 * that of its own clock. The sweep is not played; no free word is looked at after the first step. */
static void flag_sleeps_for_hours(model_scenario &s) {
  const int64_t step = CSN_NONCE_JUMP_TICKS * CSN_NONCE_TICK_SECONDS;
  const int64_t late = T + (8192 - CSN_NONCE_AHEAD_MAX) * CSN_NONCE_TICK_SECONDS;
  for (unsigned line = 0; line < 2; line++) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++)
      s.word(line, i, 90 + 2 * i + line, T + (2060 + 2 * i + line) * CSN_NONCE_TICK_SECONDS);
  }
  s.claim(0, 2, T + 2 + CSN_NONCE_RETENTION_MAX, T + 2);
  s.step(1, T + step).step(1, T + 2 * step).claim(1, 1, late + 2 + CSN_NONCE_RETENTION_MAX, late + 2);
  s.swept = s.tick + 16384;
  s.one_wins = true;
}

/* At the next tick the word would look new: the step of the clock sweeps it, and who sees the step sees that. */
static void word_on_the_brink(model_scenario &s) {
  s.word(0, 0, 1, T - 4096 * CSN_NONCE_TICK_SECONDS).step(0, T + 4).claim(1, 1, T + 300, T);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* One thread sweeps, another counts on it. */
static void word_on_the_brink_three(model_scenario &s) {
  word_on_the_brink(s);
  s.step(2, T + 4);
}

/* Two steps of the clock, each of which owes two shares of the sweep. */
static void steps_share_the_sweep(model_scenario &s) {
  s.word(0, 0, 1, T - 4095 * CSN_NONCE_TICK_SECONDS).step(0, T + 4).step(1, T + 8).claim(2, 1, T + 300, T);
  s.swept = 8192 + SHARE_OF_LINE_0 - 3;
  s.tick = s.swept + 10;
  s.one_wins = true;
}

/* The sweep is more than a round behind: what is left out is skipped, and line 0 is in the first shard of the round
 * that is not. Two movers; one may rely on what the other has counted since. */
static void round_skipped(model_scenario &s) {
  s.word(0, 0, 1, T - 4096 * CSN_NONCE_TICK_SECONDS).step(0, T + 4).claim(1, 1, T + 300, T).step(2, T + 4);
  s.tick = 8192 + SHARE_OF_LINE_0;
  s.swept = s.tick - 2 * CSN_NONCE_SWEEP_SHARES + 1;
  s.one_wins = true;
}

/* Line 0 is the last share that is counted before a long step, and the next skips what that leaves due. */
static void round_skipped_later(model_scenario &s) {
  const int64_t tick = CSN_NONCE_TICK_SECONDS, far = T + (CSN_NONCE_DUE_MAX + 1) * tick;
  s.word(0, 0, 1, T - (4096 - CSN_NONCE_DUE_MAX) * tick).step(0, far).step(1, far + 4).claim(2, 1, far + 300, T);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* The longest that a word of the only shard waits for the sweep: in the back yard, which is swept last, it is not old
 * enough by a tick; it would be swept again in the next tick, but the clock makes its longest step; and then a round is
 * due from the next shard on. One that is older by 633 ticks would look new at the end, had it not been swept. */
static void word_at_its_oldest(model_scenario &s) {
  const int64_t tick = CSN_NONCE_TICK_SECONDS, round = CSN_NONCE_SWEEP_SHARES, jump = CSN_NONCE_JUMP_TICKS;
  s.swept = 8192 + model_share(MODEL_BACK);
  s.tick = s.swept + 1;
  const int64_t old = T - ((int64_t)s.tick - 8191 + CSN_NONCE_SWEEP_AGE) * tick;
  s.word(MODEL_BACK, 0, 98, old).word(MODEL_BACK, 1, 99, old - 633 * tick);
  s.step(0, T + tick).step(0, T + (round - 1) * tick).step(0, T + (round - 1 + jump) * tick);
  const int64_t end = T + (round - 1 + jump + round / 2 - 1) * tick;
  for (uint64_t nonce = 1; nonce <= 6; nonce++) s.claim(0, nonce, end + 300, end);
  s.threads.resize(2);
  s.fills_back = true;
  s.alone = s.all_fresh = true;
}

/* A sweep that sleeps while the clock moves so far that what it would write is to come. */
static void sweep_sleeps_for_hours(model_scenario &s) {
  const int64_t tick = CSN_NONCE_TICK_SECONDS, late = T + 2 * CSN_NONCE_JUMP_TICKS * tick;
  s.word(0, 0, 99, T + 1000 * tick).word(1, 0, 98, T + 1001 * tick).step(0, T + tick);
  s.move(1, T + CSN_NONCE_JUMP_TICKS * tick).move(1, late).claim(1, 1, late + 300, late).claim(1, 1, late + 300, late);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* A claim that sleeps until the tick has come round, at home: where it would write is the very word that it saw, a
 * swept one. The same nonce has been there meanwhile, and another. */
static void home_comes_round(model_scenario &s) {
  const int64_t tick = CSN_NONCE_TICK_SECONDS, later = T + 3072 * tick, late = T + 4 * CSN_NONCE_JUMP_TICKS * tick;
  s.held(0, 1).held(1).claim(0, 1, T + 3, T).step(1, T + 1).claim(1, 1, T + 3, T + 1);
  s.move(1, later).claim(1, 2, later + CSN_NONCE_RETENTION_MAX, later).move(1, late).step(1, late + tick);
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* Likewise before it nudges: the word is another's, of which the nonce is claimed again. At home the claim may
 * take that word's place, where it is live: (memory) does not hold then, and is not asked for. */
static void nudged_comes_round(model_scenario &s) {
  const int64_t tick = CSN_NONCE_TICK_SECONDS, later = T + 3072 * tick, late = T + 3 * CSN_NONCE_JUMP_TICKS * tick;
  s.word(0, 0, 9, T + 3).held(0, 1).held(1).claim(0, 4, T + 300, T).claim(1, 4, T + 300, T + 4);
  s.move(1, later).claim(1, 2, later + CSN_NONCE_RETENTION_MAX, later);
  s.move(1, late).claim(1, 9, T + 3 + 8192 * tick, late).move(1, T + 8193 * tick);
  s.fills_back = true;
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* Of who moves the clock and sweeps. */
static void death_of_a_sweeper(model_scenario &s) {
  word_on_the_brink_three(s);
  s.mortal = 1;
}

static const model_entry entries[] = {
    {"flag_of_a_later_time", 3, flag_of_a_later_time},
    {"sweep_against_claim", 3, sweep_against_claim},
    {"sweep_against_claims", 1, sweep_against_claims},
    {"swept_nonce", 3, swept_nonce},
    {"swept_is_free", 3, swept_is_free},
    {"sweep_sleeps", 1, sweep_sleeps},
    {"claim_sleeps", 1, claim_sleeps},
    {"early_claim_sleeps", 1, early_claim_sleeps},
    {"back_of_a_later_time", 3, back_of_a_later_time},
    {"flag_sleeps_for_hours", 3, flag_sleeps_for_hours},
    {"word_on_the_brink", 1, word_on_the_brink},
    {"word_on_the_brink_three", 1, word_on_the_brink_three},
    {"steps_share_the_sweep", 1, steps_share_the_sweep},
    {"round_skipped", 1, round_skipped},
    {"round_skipped_later", 1, round_skipped_later},
    {"word_at_its_oldest", 2, word_at_its_oldest},
    {"sweep_sleeps_for_hours", 1, sweep_sleeps_for_hours},
    {"home_comes_round", 1, home_comes_round},
    {"nudged_comes_round", 1, nudged_comes_round},
    {"death_of_a_sweeper", 1, death_of_a_sweeper},
};
const model_group model_times = {entries, sizeof entries / sizeof entries[0]};
