/* What the model plays: a tiny table, what is in it, and what each thread claims. */
#ifndef CSN_MODEL_SCENARIO_H
#define CSN_MODEL_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

#include <vector>

#define _Static_assert static_assert /* they are C */
extern "C" {
#include "nonce_layout.h"
#include "nonce_read.h"
}

/* The lines: homes, of which three are somebody's, and the back yard's only one. */
enum {
  MODEL_HOMES = 4,
  MODEL_LINES = MODEL_HOMES + 1,
  MODEL_BACK = MODEL_HOMES,
  MODEL_SLOTS = MODEL_LINES * CSN_NONCE_LINE_SLOTS,
};
static_assert(CSN_NONCE_BACK_PAIRS == 1 && CSN_NONCE_PAIR_LINES == 1, "the geometry in model.cc");

/* In which a line is swept, and no other is. */
inline uint64_t model_share(uint64_t line) {
  return ((line + 1) * CSN_NONCE_SHARD_SHARES - 1) / MODEL_LINES;
}
const uint64_t SHARE_OF_LINE_0 = model_share(0);

/* The start: a whole tick. Words have 13 bits of a tick, which are all ones then, and zero in the next. */
const int64_t T = 1700000000;
const uint64_t START_TICK = 4 * 8192 - 1;

/* Who is past by so many seconds is old enough to be swept, in the first ticks of a round. */
const int64_t OLD = (CSN_NONCE_SWEEP_AGE + 6) * CSN_NONCE_TICK_SECONDS;

/* A nonce is a fingerprint. 0 to 9 live in lines 0 and 1, 10 to 19 in lines 0 and 2; where their flags are, see below.
 */
struct model_claim {
  uint64_t nonce;
  int64_t expires;
  int64_t now;
  /* Instead, the clock is moved; and then all that is due swept; or it is moved in many steps, whose sweeps are not
   * played. */
  enum { CLAIM, STEP, SWEEP, MOVE } kind;
};

struct model_word {
  unsigned line, slot;
  uint64_t nonce;
  int64_t expires;
  uint64_t flags;
};

enum model_way {
  MODEL_ALL,    /* every execution, by write_search */
  MODEL_RELACY, /* the same by Relacy's full search too, which plays a great many alike */
  MODEL_RANDOM, /* some of them, by Relacy's random scheduler */
};

struct model_scenario {
  std::vector<model_word> words; /* all others were swept, or never used */
  bool never_used = false;       /* they are zero */
  std::vector<std::vector<model_claim>> threads;
  uint64_t tick = START_TICK;  /* of second T */
  uint64_t swept = START_TICK; /* shares; none is due until the clock is past it */
  bool alone = false;          /* one thread does everything: there is one execution, as long as it likes */
  unsigned batched = 0;        /* threads that view all their claims before the first is answered, as a set */
  unsigned mortal = 0;         /* threads that may stop for ever before any write, as a set */
  bool one_wins = false;       /* one claim of nonce `winner` is FRESH, and the others are REPLAYED */
  uint64_t winner = 1;
  bool all_fresh = false;   /* all claims are FRESH */
  bool may_fill = false;    /* FULL is a right answer */
  bool fills_back = false;  /* some execution writes the back yard */
  unsigned must_answer = 0; /* answers that some execution gives, as a set: without them nothing was shown */
  model_way way = MODEL_ALL;
  uint64_t runs = 0; /* MODEL_RANDOM */

  model_scenario &word(unsigned line, unsigned slot, uint64_t nonce, int64_t expires, uint64_t flags = 0) {
    words.push_back(model_word{line, slot, nonce, expires, flags});
    return *this;
  }
  /* Fills a line's slots from `slot` on with nonces that stay. */
  model_scenario &held(unsigned line, unsigned slot = 0) {
    for (; slot < CSN_NONCE_LINE_SLOTS; slot++) word(line, slot, 100 + 10 * line + slot, T + 300);
    return *this;
  }
  model_scenario &does(unsigned thread, const model_claim &what) {
    if (threads.size() <= thread) threads.resize(thread + 1);
    threads[thread].push_back(what);
    return *this;
  }
  model_scenario &claim(unsigned thread, uint64_t nonce, int64_t expires, int64_t now) {
    return does(thread, model_claim{nonce, expires, now, model_claim::CLAIM});
  }
  model_scenario &step(unsigned thread, int64_t now) { return does(thread, model_claim{0, 0, now, model_claim::STEP}); }
  model_scenario &sweep(unsigned thread, int64_t now) {
    return does(thread, model_claim{0, 0, now, model_claim::SWEEP});
  }
  model_scenario &move(unsigned thread, int64_t now) { return does(thread, model_claim{0, 0, now, model_claim::MOVE}); }
  /* What fills all homes of a nonce below 10 but for one slot, free or past from `until` on. */
  model_scenario &but_one_held(int64_t until) { return word(0, 0, 99, until).held(0, 1).held(1); }
  model_scenario &answers(csn_nonce_answer answer) {
    must_answer |= 1u << answer;
    return *this;
  }
};

/* A nonce's flag, by the last digit of its number:
 *   0, 1, 2   in the first slot of line 0
 *   3         in the last slot of line 0
 *   4 - 9     in the nonce's other line
 * Of 1, 2 and 11, which have one slot, 1 has another bit than 2 and 11, which share theirs. */
struct model_flag_place {
  bool other_line;
  unsigned slot;
};
inline model_flag_place model_flag_at(uint64_t nonce) {
  unsigned digit = (unsigned)nonce % 10;
  if (digit < 3) return {false, 0};
  if (digit == 3) return {false, CSN_NONCE_LINE_SLOTS - 1};
  return {true, digit % CSN_NONCE_LINE_SLOTS};
}
inline uint64_t model_flag(uint64_t nonce) {
  return UINT64_C(1) << (CSN_NONCE_FINGERPRINT_BITS + nonce % CSN_NONCE_FLAGS);
}

struct model_entry {
  const char *name;
  unsigned line_slots; /* 1, 2, or 3 for both: of the builds that play it */
  void (*make)(model_scenario &);
};
struct model_group {
  const model_entry *entries;
  size_t count;
};
extern const model_group model_claims, model_times;

#endif
