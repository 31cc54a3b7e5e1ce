/* Histories of a nonce table: what was asked when, what was answered when, and a check that one table can have given
 * those answers.
 *
 * Stamps come from one counter that all threads advance: a claim took effect at some time between its two stamps. The
 * table's clock at that time is known within bounds: at least the highest `now` of a claim that had been answered, at
 * most the highest of one that had begun. A violation is what no clock within these bounds and no order of the claims
 * allows. Of claims of one nonce with one `expires`, no violation means that they are linearizable: one FRESH that can
 * be put before all others. Where `expires` varies, each pair is checked. */
#ifndef CSN_TEST_NONCE_HISTORY_H
#define CSN_TEST_NONCE_HISTORY_H

#include "nonce_support.h"

typedef struct event {
  uint64_t invoked, answered; /* stamps */
  uint64_t nonce;
  int64_t expires, now; /* seconds after START */
  csn_nonce_answer answer;
  unsigned thread;
} event;

typedef enum violation {
  VIOLATION_NONE,
  VIOLATION_TWO_FRESH,        /* and the second was not admitted at a time when the first was past */
  VIOLATION_REPLAYED_BEFORE,  /* answered before any claim began that could have been the first */
  VIOLATION_REPLAYED_LONG,    /* replayed what must have been forgotten, or was never there */
  VIOLATION_ADMITTED_LATE,    /* not refused, though the clock was past its `expires` */
  VIOLATION_EXPIRED_EARLY,    /* refused, though the clock cannot have been past its `expires` */
  VIOLATION_FULL,             /* refused where there was room */
  VIOLATION_FULL_THOUGH_HELD, /* a replay that was not seen */
  VIOLATION_OTHER,            /* an answer that these claims cannot get */
} violation;

typedef struct history {
  event *events; /* the check sorts them */
  size_t count;
  int64_t seconds; /* all `now` are less */
  /* The home lines may be full: FULL is an answer, claims that lost may have left a word, words may be held longer. */
  bool crowded;
} history;

/* For each second, the earliest stamps at which the clock can have been there, and at which it must have been. */
typedef struct clock_bounds {
  uint64_t *can, *must;
  int64_t seconds;
} clock_bounds;

static inline void earliest(uint64_t *stamp, uint64_t other) {
  if (other < *stamp) *stamp = other;
}

static inline clock_bounds new_bounds(const history *h) {
  clock_bounds b = {calloc((size_t)h->seconds, sizeof *b.can), calloc((size_t)h->seconds, sizeof *b.must), h->seconds};
  assert_true(b.can != NULL && b.must != NULL);
  for (int64_t s = 1; s < h->seconds; s++) b.can[s] = b.must[s] = UINT64_MAX; /* second 0: from the start */
  for (size_t i = 0; i < h->count; i++) {
    const event *e = &h->events[i];
    if (e->now <= 0) continue;
    earliest(&b.can[e->now], e->invoked);
    earliest(&b.must[e->now], e->answered);
  }
  for (int64_t s = h->seconds - 1; s > 1; s--) {
    earliest(&b.can[s - 1], b.can[s]);
    earliest(&b.must[s - 1], b.must[s]);
  }
  return b;
}

static inline void free_bounds(clock_bounds *b) {
  free(b->can);
  free(b->must);
}

/* Whether the clock can, or must, have been at a second at a stamp. */
static inline bool can_be_at(const clock_bounds *b, int64_t second, uint64_t stamp) {
  return second <= 0 || (second < b->seconds && b->can[second] < stamp);
}
static inline bool must_be_at(const clock_bounds *b, int64_t second, uint64_t stamp) {
  return second <= 0 || (second < b->seconds && b->must[second] < stamp);
}

/* The second at which a nonce is forgotten. */
static inline int64_t end_of(const event *e) {
  return (e->expires / CSN_NONCE_TICK_SECONDS + 1) * CSN_NONCE_TICK_SECONDS;
}

/* Whether `second` may be FRESH after `first`: the clock was past the first's tick, and not past the second's
 * `expires`. Hence never, where both are the same bytes. */
static inline bool can_follow(const clock_bounds *b, const event *first, const event *second) {
  return first->invoked < second->answered && end_of(first) <= second->expires &&
         can_be_at(b, end_of(first), second->answered);
}

/* ---- one claim by itself ---- */

static inline violation check_alone(const history *h, const clock_bounds *b, const event *e) {
  switch (e->answer) {
    case CSN_NONCE_EXPIRED:
      return can_be_at(b, e->expires + 1, e->answered) ? VIOLATION_NONE : VIOLATION_EXPIRED_EARLY;
    case CSN_NONCE_FULL:
      if (!h->crowded) return VIOLATION_FULL;
      break;
    case CSN_NONCE_FRESH:
    case CSN_NONCE_REPLAYED:
      break;
    default:
      return VIOLATION_OTHER;
  }
  return must_be_at(b, e->expires + 1, e->invoked) ? VIOLATION_ADMITTED_LATE : VIOLATION_NONE;
}

/* ---- one claim among those of its nonce ---- */

/* Whether `holder` can have written the word for which `e` was refused. */
static inline bool can_hold(const history *h, const clock_bounds *b, const event *holder, const event *e) {
  if (holder == e || holder->invoked >= e->answered) return false;
  if (h->crowded) return holder->answer != CSN_NONCE_REPLAYED; /* FULL or EXPIRED after it was written: steps 8 and 9 */
  bool written = holder->answer == CSN_NONCE_FRESH ||
                 (holder->answer == CSN_NONCE_EXPIRED && !must_be_at(b, holder->expires + 1, holder->invoked));
  return written && !must_be_at(b, end_of(holder), e->invoked);
}

/* `e` was REPLAYED; `group` is of its nonce, by their first stamp. */
static inline violation check_replayed(const history *h, const clock_bounds *b, const event *group, size_t count,
                                       const event *e) {
  bool accepted_later = false;
  for (const event *other = e; other-- > group;)
    if (can_hold(h, b, other, e)) return VIOLATION_NONE;
  for (const event *other = e + 1; other < group + count; other++) {
    if (can_hold(h, b, other, e)) return VIOLATION_NONE;
    accepted_later |= other->answer == CSN_NONCE_FRESH && other->invoked > e->answered;
  }
  return accepted_later ? VIOLATION_REPLAYED_BEFORE : VIOLATION_REPLAYED_LONG;
}

/* Against each claim of the nonce that was FRESH. */
static inline violation check_against_fresh(const clock_bounds *b, const event *group, size_t count, const event *e) {
  for (const event *fresh = group; fresh < group + count; fresh++) {
    if (fresh->answer != CSN_NONCE_FRESH || fresh == e) continue;
    if (e->answer == CSN_NONCE_FRESH && !can_follow(b, fresh, e) && !can_follow(b, e, fresh))
      return VIOLATION_TWO_FRESH;
    if (e->answer == CSN_NONCE_FULL && fresh->answered < e->invoked && !can_be_at(b, end_of(fresh), e->answered))
      return VIOLATION_FULL_THOUGH_HELD;
  }
  return VIOLATION_NONE;
}

static inline violation check_group(const history *h, const clock_bounds *b, const event *group, size_t count) {
  for (const event *e = group; e < group + count; e++) {
    violation found = check_alone(h, b, e);
    if (found == VIOLATION_NONE && e->answer == CSN_NONCE_REPLAYED) found = check_replayed(h, b, group, count, e);
    if (found == VIOLATION_NONE && (e->answer == CSN_NONCE_FRESH || e->answer == CSN_NONCE_FULL))
      found = check_against_fresh(b, group, count, e);
    if (found == VIOLATION_NONE) continue;
    return found;
  }
  return VIOLATION_NONE;
}

static inline int by_nonce_and_stamp(const void *left, const void *right) {
  const event *a = left, *b = right;
  if (a->nonce != b->nonce) return a->nonce < b->nonce ? -1 : 1;
  return (a->invoked > b->invoked) - (a->invoked < b->invoked);
}

/* The first violation that is found. */
static inline violation check_history(const history *h) {
  violation found = VIOLATION_NONE;
  clock_bounds bounds = new_bounds(h);
  qsort(h->events, h->count, sizeof *h->events, by_nonce_and_stamp);
  for (size_t i = 0, end; i < h->count && found == VIOLATION_NONE; i = end) {
    for (end = i; end < h->count && h->events[end].nonce == h->events[i].nonce;) end++;
    found = check_group(h, &bounds, h->events + i, end - i);
  }
  free_bounds(&bounds);
  return found;
}

#endif
