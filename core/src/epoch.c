/* Readers count themselves in and out; a writer frees what it has unlinked when the counts say that nobody can have it.
 *
 * WHO COUNTS WHERE. A thread counts in the lane of its number (thread_number.h); those without one share a lane. A lane
 * has two sides. A reading adds one to `begun` of the side that `side` names, and at its end one to `ended` of the same
 * side of the same lane. Each is one atomic addition, which is always done: no loop, no lock, nothing to wait for.
 *
 * WHEN A SIDE IS EMPTY. The writer adds up `ended` of a side over all lanes, then `begun`. Equal sums: EMPTY.
 *
 * THEOREM. Let an object be unlinked, by a seq_cst store, before the writer begins to add up side s, and let s be found
 * empty. Then no reading on side s that is under way has the object or will get it.
 *   Proof. A reading adds to `begun` and then loads the link; the writer stores the link and then loads `begun`; all
 *   four are seq_cst, so there is one order of them. Is the reading's addition behind the writer's load of its lane's
 *   `begun`, then its load of the link is behind the store: it cannot reach the object. Else the sum has counted it. In
 *   each lane the readings that were counted as ended are among those counted as begun: an end comes after its own
 *   beginning, the writer that acquired the one sees the other, and it loads `begun` later. So equal sums are equal in
 *   each lane, and every reading that was counted as begun was counted as ended: it is over. QED
 *   What it has read, it read before its release in csn_epoch_leave(); the writer's acquire in count() pairs with it.
 *   So the writer's free() comes after. Additions to one word by several threads are one release sequence.
 * So an object may be freed when BOTH sides were found empty at some time since it was unlinked, the one perhaps long
 * before the other. Which side a reading takes matters not at all for that: `side` is a hint, and one who slept since
 * reading it is counted all the same.
 *
 * PROGRESS. With readers always there, the side that they are led to is hardly ever empty. The other is, as soon as the
 * last reading that began there has ended; then the writer leads the readers to that, and the first empties. Each
 * change looks at both sides once, so that what a change unlinks is freed two or three changes later, or at once where
 * nobody reads. A reading that never ends keeps what was unlinked since it began, and nothing else waits for it.
 *
 * PLAYED. core/test/model/epoch.cc plays this source with weak memory; each order has a control there that fails
 * without it.
 *
 * COST. A change looks at 65 lanes. What waits is a list in the order in which it was unlinked, linked through the
 * objects: handing over cannot fail. */
#include "epoch.h"

#include <stdlib.h>

#include "atomics.h"
#include "thread_number.h"

enum { SIDES = 2, LANES = CSN_THREAD_NUMBERS + 1, LANE_BYTES = 128 /* no two share a cache line, however they lie */ };

struct csn_epoch_lane {
  csn_atomic begun[SIDES], ended[SIDES];
  uint8_t unused[LANE_BYTES - 2 * SIDES * sizeof(csn_atomic)];
};
_Static_assert(sizeof(csn_epoch_lane) == LANE_BYTES, "see LANE_BYTES");

struct csn_epoch {
  csn_atomic side; /* to which readings are led: 0 or 1 */
  uint8_t unused[LANE_BYTES];
  csn_epoch_lane lanes[LANES];
  /* The writer's. */
  uint64_t round;        /* of retiring */
  uint64_t empty[SIDES]; /* the round in which the side was last found empty */
  csn_retired *first, *last;
  size_t waiting;
};

csn_epoch *csn_epoch_new(void) {
  csn_thread_numbers_prepare(); /* here, so that no reading waits for it */
  return calloc(1, sizeof(csn_epoch));
}

void csn_epoch_free(csn_epoch *epoch) {
  free(epoch);
}

csn_epoch_reading csn_epoch_enter(csn_epoch *epoch) {
  csn_epoch_reading reading = {&epoch->lanes[csn_thread_number()], (unsigned)csn_atomic_load_relaxed(&epoch->side)};
  (void)csn_atomic_add_seq_cst(&reading.lane->begun[reading.side], 1); /* before the link is loaded; see is_empty() */
  return reading;
}

void csn_epoch_leave(csn_epoch_reading reading) {
  (void)csn_atomic_add_release(&reading.lane->ended[reading.side], 1); /* pairs with the acquire in is_empty() */
}

static bool is_empty(const csn_epoch *epoch, unsigned side) {
  uint64_t ended = 0, begun = 0;
  for (unsigned i = 0; i < LANES; i++) ended += csn_atomic_load_acquire(&epoch->lanes[i].ended[side]);
  for (unsigned i = 0; i < LANES; i++) begun += csn_atomic_load_seq_cst(&epoch->lanes[i].begun[side]);
  return begun == ended;
}

static void look_at_sides(csn_epoch *epoch) {
  unsigned used = (unsigned)csn_atomic_load_relaxed(&epoch->side), other = 1 - used;
  if (is_empty(epoch, used)) epoch->empty[used] = epoch->round;
  if (!is_empty(epoch, other)) return;
  epoch->empty[other] = epoch->round;
  csn_atomic_store_relaxed(&epoch->side, other);
}

void csn_epoch_retire(csn_epoch *epoch, csn_retired *first, csn_release *release, void *self) {
  epoch->round++;
  for (csn_retired *object = first, *next; object != NULL; object = next) {
    next = object->next;
    object->next = NULL;
    object->round = epoch->round;
    if (epoch->first == NULL) epoch->first = object;
    if (epoch->last != NULL) epoch->last->next = object;
    epoch->last = object;
    epoch->waiting++;
  }
  look_at_sides(epoch);
  uint64_t done = epoch->empty[0] < epoch->empty[1] ? epoch->empty[0] : epoch->empty[1];
  while (epoch->first != NULL && epoch->first->round <= done) {
    csn_retired *object = epoch->first;
    epoch->first = object->next;
    if (epoch->first == NULL) epoch->last = NULL;
    epoch->waiting--;
    release(self, object);
  }
}

size_t csn_epoch_waiting(const csn_epoch *epoch) {
  return epoch->waiting;
}
