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
  s.word(0, 0, 99, T - OLD).claim(0, 2, T + 300, T + 4).claim(1, 1, T + 8198 + 8190, T + 8198);
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

/* The sweep is more than a round behind: what is left out is skipped, and line 0 is the first of the round that is not.
 * Two movers; one may rely on what the other has counted since. */
static void round_skipped(model_scenario &s) {
  s.word(0, 0, 1, T - 4096 * CSN_NONCE_TICK_SECONDS).step(0, T + 4).claim(1, 1, T + 300, T).step(2, T + 4);
  s.tick = 8192 + SHARE_OF_LINE_0;
  s.swept = s.tick - 2 * CSN_NONCE_SWEEP_SHARES + 1;
  s.one_wins = true;
}

/* Line 0 is the last share that is counted before a long step, and the next skips what that leaves due. */
static void round_skipped_later(model_scenario &s) {
  const int64_t far = T + (CSN_NONCE_SWEEP_SHARES + 6) * CSN_NONCE_TICK_SECONDS;
  s.word(0, 0, 1, T - 3582 * CSN_NONCE_TICK_SECONDS).step(0, far).step(1, far + 4).claim(2, 1, far + 300, far);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* The longest that a word waits for the sweep: it is not old enough by a tick when its share is swept, which is the
 * last of its round, before the longest step of the clock and after that. One that is older by 258 ticks would look new
 * at the end, had it not been swept. */
static void word_at_its_oldest(model_scenario &s) {
  const int64_t tick = CSN_NONCE_TICK_SECONDS, round = CSN_NONCE_SWEEP_SHARES, jump = CSN_NONCE_JUMP_TICKS;
  s.word(0, 0, 1, T - CSN_NONCE_SWEEP_AGE * tick).word(0, 1, 2, T - (CSN_NONCE_SWEEP_AGE + 258) * tick);
  s.step(0, T + tick).step(0, T + (round - 1) * tick).step(0, T + (round - 1 + jump) * tick);
  const int64_t end = T + (round - 1 + jump + round / 2 - 1) * tick;
  s.claim(0, 1, end + 300, end).claim(0, 2, end + 300, end);
  s.threads.resize(2);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.alone = s.all_fresh = true;
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
    {"death_of_a_sweeper", 1, death_of_a_sweeper},
};
const model_group model_times = {entries, sizeof entries / sizeof entries[0]};
