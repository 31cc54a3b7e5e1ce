/* Scenarios of claims: each is played in every order of its accesses, or in many (MODEL_RANDOM). */
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
  s.never_used = s.one_wins = true;
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

/* The flag is in the other line than the slot that the claims meet in. */
static void back_against_home(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 4, T + 300, T).claim(1, 4, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
  s.winner = 4;
}

/* The word that is nudged is not the one that the other claim replaces: two are the least, one after the other. */
static void back_against_home_beside(model_scenario &s) {
  s.held(0).word(1, 0, 98, T + 3).word(1, 1, 99, T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
}

static void back_against_home_three(model_scenario &s) {
  back_against_home(s);
  s.claim(2, 4, T + 300, T);
  play_some(s);
}

/* The flag's slot is the least, too: the one claim adds the flag and raises it, the other replaces it. */
static void flag_in_the_least(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
}

/* The same, and nobody raises it: it is nudged with its flag. A third claim meets it past. */
static void flag_is_nudged(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 3, T).claim(1, 1, T + 300, T + 4).claim(1, 1, T + 300, T + 8);
  s.fills_back = true;
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* The flag's slot is the least but for one, in the other line: one claim flags it, the other would replace it next. */
static void flag_beside_the_least(model_scenario &s) {
  s.held(0).word(1, 0, 98, T + 3).word(1, 1, 99, T + 3).claim(0, 5, T + 300, T).claim(1, 5, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
  s.winner = 5;
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
  s.but_one_held(T + 3).claim(0, 4, T + 300, T).claim(0, 4, T + 300, T + 8).claim(1, 2, T + 300, T + 8);
  s.one_wins = s.fills_back = true;
  s.winner = 4;
  s.answers(CSN_NONCE_REPLAYED);
}

/* Two nonces whose flags are bits of one word. Their other lines have room later, even where those were nudged. */
static void two_flags(model_scenario &s) {
  s.held(0).held(1, 1).held(2, 1).word(1, 0, 98, T + 3).word(2, 0, 99, T + 3);
  s.claim(0, 1, T + 300, T).claim(0, 1, T + 300, T + 8).claim(1, 11, T + 299, T);
  s.fills_back = true;
  s.one_wins = CSN_NONCE_LINE_SLOTS > 1;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* Two nonces raise the word that has their flags, to the ticks of each. */
static void two_flags_raised(model_scenario &s) {
  s.word(0, 0, 97, T + 3).held(0, 1).held(1, 1).held(2).word(1, 0, 98, T + 3);
  s.claim(0, 1, T + 7, T).claim(1, 11, T + 300, T).claim(0, 1, T + 7, T + 7);
  s.fills_back = true;
  s.one_wins = CSN_NONCE_LINE_SLOTS > 1;
  s.may_fill = CSN_NONCE_LINE_SLOTS == 1;
}

/* One nonce is in the back yard. Another, which is not, has the same flag, and room at home. */
static void flag_of_another(model_scenario &s) {
  s.word(0, 0, 99, T + 300, model_flag(2)).held(0, 1).held(1).word(MODEL_BACK, 0, 2, T + 300);
  s.claim(0, 11, T + 300, T).claim(0, 2, T + 300, T).claim(1, 11, T + 300, T + 4);
  s.one_wins = true;
  s.winner = 11;
}

/* One nonce is in the back yard, with room at home. Another nudges the word that has its flag. */
static void flag_of_another_is_nudged(model_scenario &s) {
  s.word(0, 0, 99, T + 7, model_flag(11)).held(0, 1).held(1).word(MODEL_BACK, 0, 11, T + 7);
  s.claim(0, 4, T + 300, T).claim(1, 11, T + 300, T);
  s.fills_back = true;
  s.answers(CSN_NONCE_REPLAYED);
}

/* The flag's word is past before a nonce in the back is: its tick must have been raised. */
static void flag_outlives_its_word(model_scenario &s) {
  for (unsigned i = 0; i < CSN_NONCE_LINE_SLOTS; i++) s.word(0, i, 90 + i, T + 3);
  s.held(1).claim(0, 3, T + 300, T).claim(1, 3, T + 300, T + 4);
  s.one_wins = s.fills_back = true;
  s.winner = 3;
}

/* The same where the flag's word is the nudged one, and past all the same. */
static void flag_outlives_its_nudge(model_scenario &s) {
  s.but_one_held(T + 3).claim(0, 1, T + 300, T).claim(1, 1, T + 300, T + 8);
  s.one_wins = s.fills_back = true;
}

static void back_is_full(model_scenario &s) {
  s.held(0).held(1).held(MODEL_BACK, 1).claim(0, 1, T + 300, T).claim(1, 2, T + 300, T);
  s.may_fill = s.fills_back = true;
  s.answers(CSN_NONCE_FRESH).answers(CSN_NONCE_FULL);
}

/* In the back yard until the last second; then its flag's word, which was nudged, and its own are used again. */
static void back_used_again(model_scenario &s) {
  s.but_one_held(T + 3).held(MODEL_BACK, 1).claim(0, 1, T + 3, T).claim(0, 2, T + 300, T + 8);
  s.claim(0, 3, T + 300, T + 8).claim(1, 1, T + 3, T);
  s.fills_back = s.may_fill = true;
}

/* A nonce is held in the back, and flagged. That the flag's slot is used again is seen likewise. */
static void flag_used_again(model_scenario &s) {
  s.word(0, 0, 99, T + 3, model_flag(1)).held(0, 1).held(2).word(MODEL_BACK, 0, 1, T + 3);
  s.claim(0, 11, T + 300, T + 4).claim(1, 1, T + 3, T);
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
}

/* A nonce is held in the back for long, when the claim of an earlier timestamp is over. */
static void back_seen_late(model_scenario &s) {
  s.word(0, 0, 99, T + 300, model_flag(1)).held(0, 1).word(MODEL_BACK, 0, 1, T + 300).claim(0, 1, T + 3, T);
  s.step(1, T + 4);
  s.answers(CSN_NONCE_REPLAYED).answers(CSN_NONCE_EXPIRED);
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
  s.but_one_held(T + 3).claim(0, 4, T + 300, T).claim(0, 4, T + 300, T).claim(1, 4, T + 300, T + 4);
  s.batched = 1;
  s.one_wins = s.fills_back = true;
  s.winner = 4;
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
  s.but_one_held(T + 3).claim(0, 4, T + 300, T).claim(1, 4, T + 300, T + 4);
  s.mortal = 1;
  s.fills_back = true;
}

static void death_in_the_back_three(model_scenario &s) {
  death_in_the_back(s);
  s.claim(2, 4, T + 300, T);
  play_some(s);
}

/* ---- both searches find the same ---- */

static void same_nonce_by_relacy(model_scenario &s) {
  same_nonce(s);
  s.way = MODEL_RELACY;
}

/* The clock moves while a claim is admitted and writes. */
static void step_by_relacy(model_scenario &s) {
  s.word(0, 0, 99, T + 3).claim(0, 1, T + 3, T).step(1, T + 4);
  s.way = MODEL_RELACY;
}

/* ---- some of everything ---- */

static void mixture(model_scenario &s) {
  s.but_one_held(T + 3);
  s.claim(0, 1, T + 300, T).claim(0, 4, T + 300, T + 4).claim(0, 1, T + 300, T + 4);
  s.claim(1, 1, T + 300, T).claim(1, 11, T + 300, T + 4).claim(1, 4, T + 300, T);
  s.claim(2, 4, T + 7, T + 4).claim(2, 1, T + 300, T + 8).claim(2, 4, T + 300, T + 8);
  s.may_fill = s.fills_back = true;
  play_some(s);
}

static const model_entry entries[] = {
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
    {"flag_in_the_least", 3, flag_in_the_least},
    {"flag_is_nudged", 3, flag_is_nudged},
    {"flag_beside_the_least", 2, flag_beside_the_least},
    {"both_in_the_back", 3, both_in_the_back},
    {"three_in_the_back", 1, three_in_the_back},
    {"expiring_neighbour_in_the_back", 3, expiring_neighbour_in_the_back},
    {"in_the_back_presented_again", 2, in_the_back_presented_again},
    {"two_flags", 3, two_flags},
    {"two_flags_raised", 3, two_flags_raised},
    {"flag_of_another", 3, flag_of_another},
    {"flag_of_another_is_nudged", 2, flag_of_another_is_nudged},
    {"flag_outlives_its_word", 2, flag_outlives_its_word},
    {"flag_outlives_its_nudge", 3, flag_outlives_its_nudge},
    {"back_is_full", 3, back_is_full},
    {"back_used_again", 3, back_used_again},
    {"flag_used_again", 3, flag_used_again},
    {"back_seen_late", 3, back_seen_late},
    {"batch_of_equals", 3, batch_of_equals},
    {"batches_crossed", 3, batches_crossed},
    {"batch_in_the_back", 3, batch_in_the_back},
    {"batch_outlived", 3, batch_outlived},
    {"death", 3, death},
    {"death_in_the_back", 3, death_in_the_back},
    {"death_in_the_back_three", 1, death_in_the_back_three},
    {"same_nonce_by_relacy", 1, same_nonce_by_relacy},
    {"step_by_relacy", 1, step_by_relacy},
    {"mixture", 3, mixture},
};
const model_group model_claims = {entries, sizeof entries / sizeof entries[0]};
