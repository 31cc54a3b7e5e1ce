/* The scenarios: each is played in every order of its accesses, or in many (MODEL_RANDOM). */
#include "scenario.h"

/* Too many executions to play them all. */
static void play_some(model_scenario &s) {
  s.way = MODEL_RANDOM;
  s.runs = 200000;
}

/* ---- one nonce, room at home ---- */

static void same_nonce(model_scenario &s) {
  s.claim(0, 1, T + 300, T).claim(1, 1, T + 300, T);
  s.one_wins = true;
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_REPLAYED);
}

static void same_nonce_three(model_scenario &s) {
  same_nonce(s);
  s.claim(2, 1, T + 300, T + 1);
}

/* Nothing but zero words, at the first tick. */
static void cold_start(model_scenario &s) {
  s.claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.tick = s.swept = 1;
  s.one_wins = true;
}

/* The clocks disagree whether a slot is free. */
static void expiring_neighbour(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = true;
}

static void expiring_neighbours_three(model_scenario &s) {
  s.word(0, 0, 99, T + 3).word(1, 0, 98, T + 7);
  s.claim(0, 1, T + 300, T + 4).claim(1, 1, T + 300, T + 4).claim(2, 1, T + 300, T + 8);
  s.one_wins = true;
}

/* One nonce under two timestamps: the second may be accepted when the first is past, and not before. */
static void two_expiries(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 3, T).claim(1, 1, T + 300, T + 2).claim(1, 1, T + 300, T + 4);
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

static void two_expiries_three(model_scenario &s) {
  s.claim(0, 1, T + 3, T).claim(1, 1, T + 300, T + 4).claim(2, 1, T + 300, T);
}

/* A slot is used again while the same bytes are presented once more by a slow clock. */
static void slot_used_again(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 1, T + 3, T).claim(0, 2, T + 300, T + 4).claim(1, 1, T + 3, T);
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

static void slot_used_again_three(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 1, T + 3, T).claim(1, 2, T + 300, T + 4).claim(2, 1, T + 3, T);
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* A nonce is held in line 0. That its slot is used again is seen by a slow clock, while there is room in line 1. */
static void held_used_again(model_scenario &s) {
  s.word(0, 0, 1, T + 3).held(0, 1).held(2).claim(0, 11, T + 300, T + 4).claim(1, 1, T + 3, T);
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* The least word that is live: its tick is the clock's, and all other bits are zero. */
static void least_live_word(model_scenario &s) {
  s.claim(0, 0, T + 3, T).claim(1, 0, T + 3, T);
  s.one_wins = true;
  s.winner = 0;
}

/* The last second at which the bytes are admitted, and the first at which they are not. */
static void last_second(model_scenario &s) {
  s.claim(0, 1, T + 3, T + 3).claim(1, 1, T + 3, T + 3).claim(1, 1, T + 3, T + 4);
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* ---- other nonces ---- */

static void crossed(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 300, T).claim(0, 2, T + 300, T + 4);
  s.claim(1, 2, T + 300, T).claim(1, 1, T + 300, T);
  s.one_wins = true;
}

/* They share one line, in which one slot is past. */
static void one_line_shared(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 1, T + 300, T).claim(1, 11, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = true;
}

static void three_nonces(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 300, T).claim(1, 2, T + 300, T + 4).claim(2, 3, T + 300, T);
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* ---- the back yard ---- */

static void back_against_home(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
}

/* The word that is nudged is not the one that the other claim replaces: two are the least, one after the other. */
static void back_against_home_beside(model_scenario &s) {
  s.held(0).word(1, 0, 98, T + 3).word(1, 1, 99, T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
}

static void back_against_home_three(model_scenario &s) {
  back_against_home(s);
  s.claim(2, 1, T + 300, T);
  play_some(s);
}

static void both_in_the_back(model_scenario &s) {
  s.held(0).held(1).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T);
  s.one_wins = s.fills_back = true;
}

static void three_in_the_back(model_scenario &s) {
  both_in_the_back(s);
  s.claim(2, 1, T + 300, T);
}

/* The clocks disagree whether a slot in the back is free. */
static void expiring_neighbour_in_the_back(model_scenario &s) {
  s.held(0).held(1).word(MODEL_BACK, 0, 99, T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.fills_back = true;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* In the back yard, then presented again when there is room at home. */
static void in_the_back_presented_again(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 300, T).claim(0, 1, T + 300, T + 4).claim(1, 2, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
  s.answers(CSN_NONCE_REPLAYED);
}

/* Two nonces with flags in one line: line 0 is full, their other lines have room later. */
static void two_flags(model_scenario &s) {
  s.held(0).held(1, 1).held(2, 1).word(1, 0, 98, T + 3).word(2, 0, 99, T + 3);
  s.claim(0, 1, T + 300, T).claim(0, 1, T + 300, T + 4).claim(1, 11, T + 299, T);
  s.fills_back = true;
  s.one_wins = CSN_NONCE_LINE_SLOTS > 1;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* The flag's word is past before a nonce in the back is: its tick must have been raised. */
static void flag_outlives_its_word(model_scenario &s) {
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) s.word(0, i, 90 + i, T + 3);
  s.held(1).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
}

static void back_is_full(model_scenario &s) {
  s.held(0).held(1).held(MODEL_BACK, 1).claim(0, 1, T + 300, T).claim(1, 2, T + 300, T);
  s.may_fill = s.fills_back = true;
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_FULL);
}

/* In the back yard until the last second, in which its flag and its word are used again. */
static void back_used_again(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 3, T).claim(0, 2, T + 300, T + 4).claim(1, 1, T + 3, T);
  s.fills_back = s.may_fill = true;
}

/* A nonce is held in the back, and flagged. That the flag's slot is used again is seen likewise. */
static void flag_used_again(model_scenario &s) {
  s.word(0, 0, 99, T + 3, model_class(1)).held(0, 1).held(2).word(MODEL_BACK, 0, 1, T + 3);
  s.claim(0, 11, T + 300, T + 4).claim(1, 1, T + 3, T);
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* ---- the sweep, and steps of the clock ---- */

/* Moving the clock sweeps line 0, whose word has been past for long. */
static void sweep_against_claim(model_scenario &s) {
  s.word(0, 0, 99, T - 20).claim(0, 1, T + 300, T + 4).claim(1, 1, T + 300, T);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

static void sweep_against_claims(model_scenario &s) {
  s.word(0, 0, 99, T - 20)
      .held(1)
      .sweep(0, T + 4)
      .claim(1, 1, T + 3, T)
      .claim(1, 2, T + 300, T + 4)
      .claim(2, 1, T + 3, T);
  s.tick = s.swept = 8192 + SHARE_OF_LINE_0;
}

/* A nonce is past and swept, which a claim with a slow clock sees. */
static void swept_nonce(model_scenario &s) {
  s.word(0, 0, 1, T + 3).held(0, 1).sweep(0, T + 12).claim(1, 1, T + 3, T);
  s.tick = s.swept = 8192 + SHARE_OF_LINE_0;
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* A sweep that sleeps while the clock makes its longest step, after which a word is further ahead than it can tell. */
static void sweep_sleeps(model_scenario &s) {
  s.word(0, 0, 99, T - 4).claim(0, 2, T + 300, T + 4).claim(1, 1, T + 8198 + 8190, T + 8198);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* A claim that sleeps likewise. */
static void claim_sleeps(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 2, T + 300, T).claim(1, 1, T + 8198 + 8190, T + 8198);
  s.one_wins = true;
}

/* A claim with an old clock meets a word whose tick was raised far beyond what it can tell. */
static void flag_of_a_later_time(model_scenario &s) {
  for (unsigned line = 0; line < 2; line++) {
    for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) s.word(line, i, 90 + 2 * i + line, T + 8400);
  }
  s.claim(0, 2, T + 300, T).claim(1, 1, T + 8198 + 8190, T + 8198);
  s.fills_back = true;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
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
  s.word(0, 0, 1, T - 3070 * CSN_NONCE_TICK_SECONDS).step(0, far).step(1, far + 4).claim(2, 1, far + 300, far);
  s.swept = 8192 + SHARE_OF_LINE_0;
  s.tick = s.swept + 1;
  s.one_wins = true;
}

/* ---- batches: views that are older than the claims before them ---- */

static void batch_of_equals(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 300, T).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.batched = 1;
  s.one_wins = true;
}

static void batches_crossed(model_scenario &s) {
  s.claim(0, 1, T + 300, T).claim(0, 2, T + 300, T).claim(1, 2, T + 300, T).claim(1, 1, T + 300, T);
  s.batched = 3;
  s.one_wins = true;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* The first goes to the back yard, by a view in which the second saw no flag; the other thread finds room at home. */
static void batch_in_the_back(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 300, T).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.batched = 1;
  s.one_wins = s.fills_back = true;
}

static void batch_outlived(model_scenario &s) {
  s.but_one_held(T - 1).claim(0, 2, T + 3, T).claim(0, 1, T + 3, T).claim(1, 1, T + 3, T).claim(1, 3, T + 300, T + 4);
  s.batched = 1;
}

/* ---- claims that stop for ever ---- */

static void death(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4).claim(1, 2, T + 300, T + 4);
  s.mortal = 1;
}

static void death_in_the_back(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.mortal = 1;
  s.fills_back = true;
}

static void death_in_the_back_three(model_scenario &s) {
  death_in_the_back(s);
  s.claim(2, 1, T + 300, T);
  play_some(s);
}

/* Of who moves the clock and sweeps. */
static void death_of_a_sweeper(model_scenario &s) {
  word_on_the_brink_three(s);
  s.mortal = 1;
}

/* ---- both searches find the same ---- */

static void same_nonce_by_relacy(model_scenario &s) {
  same_nonce(s);
  s.way = MODEL_RELACY;
}

static void held_used_again_by_relacy(model_scenario &s) {
  held_used_again(s);
  s.way = MODEL_RELACY;
}

static void expiring_neighbour_by_relacy(model_scenario &s) {
  expiring_neighbour(s);
  s.way = MODEL_RELACY;
}

/* ---- some of everything ---- */

static void mixture(model_scenario &s) {
  s.but_one_held(T + 3);
  s.claim(0, 1, T + 300, T).claim(0, 2, T + 300, T + 4).claim(0, 1, T + 300, T + 4);
  s.claim(1, 1, T + 300, T).claim(1, 11, T + 300, T + 4).claim(1, 2, T + 300, T);
  s.claim(2, 2, T + 7, T + 4).claim(2, 1, T + 300, T + 8).claim(2, 2, T + 300, T + 8);
  s.may_fill = s.fills_back = true;
  play_some(s);
}

const model_entry model_entries[] = {
    {"same_nonce", 3, same_nonce},
    {"same_nonce_three", 3, same_nonce_three},
    {"cold_start", 3, cold_start},
    {"expiring_neighbour", 3, expiring_neighbour},
    {"expiring_neighbours_three", 1, expiring_neighbours_three},
    {"two_expiries", 3, two_expiries},
    {"two_expiries_three", 1, two_expiries_three},
    {"slot_used_again", 3, slot_used_again},
    {"slot_used_again_three", 1, slot_used_again_three},
    {"held_used_again", 3, held_used_again},
    {"least_live_word", 3, least_live_word},
    {"last_second", 3, last_second},
    {"crossed", 3, crossed},
    {"one_line_shared", 3, one_line_shared},
    {"three_nonces", 3, three_nonces},
    {"back_against_home", 3, back_against_home},
    {"back_against_home_beside", 2, back_against_home_beside},
    {"back_against_home_three", 1, back_against_home_three},
    {"both_in_the_back", 3, both_in_the_back},
    {"three_in_the_back", 1, three_in_the_back},
    {"expiring_neighbour_in_the_back", 3, expiring_neighbour_in_the_back},
    {"in_the_back_presented_again", 2, in_the_back_presented_again},
    {"two_flags", 3, two_flags},
    {"flag_outlives_its_word", 2, flag_outlives_its_word},
    {"back_is_full", 3, back_is_full},
    {"back_used_again", 3, back_used_again},
    {"flag_used_again", 3, flag_used_again},
    {"flag_of_a_later_time", 3, flag_of_a_later_time},
    {"sweep_against_claim", 3, sweep_against_claim},
    {"sweep_against_claims", 1, sweep_against_claims},
    {"swept_nonce", 3, swept_nonce},
    {"sweep_sleeps", 1, sweep_sleeps},
    {"claim_sleeps", 1, claim_sleeps},
    {"word_on_the_brink", 1, word_on_the_brink},
    {"word_on_the_brink_three", 1, word_on_the_brink_three},
    {"steps_share_the_sweep", 1, steps_share_the_sweep},
    {"round_skipped", 1, round_skipped},
    {"round_skipped_later", 1, round_skipped_later},
    {"batch_of_equals", 3, batch_of_equals},
    {"batches_crossed", 3, batches_crossed},
    {"batch_in_the_back", 3, batch_in_the_back},
    {"batch_outlived", 3, batch_outlived},
    {"death", 3, death},
    {"death_in_the_back", 3, death_in_the_back},
    {"death_in_the_back_three", 1, death_in_the_back_three},
    {"death_of_a_sweeper", 1, death_of_a_sweeper},
    {"same_nonce_by_relacy", 1, same_nonce_by_relacy},
    {"held_used_again_by_relacy", 1, held_used_again_by_relacy},
    {"expiring_neighbour_by_relacy", 1, expiring_neighbour_by_relacy},
    {"mixture", 3, mixture},
};
const size_t model_entry_count = sizeof model_entries / sizeof model_entries[0];
