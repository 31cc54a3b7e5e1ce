/* When may be freed what threads still read without a lock: see epoch.c. */
#ifndef CSN_EPOCH_H
#define CSN_EPOCH_H

#include <stddef.h>
#include <stdint.h>

typedef struct csn_epoch csn_epoch;
typedef struct csn_epoch_lane csn_epoch_lane;

/* In front of every object that is handed to the epoch. Nothing that a reader looks at. */
typedef struct csn_retired {
  struct csn_retired *next;
  uint64_t round;
  unsigned kind; /* the owner's */
} csn_retired;

csn_epoch *csn_epoch_new(void);        /* NULL without memory */
void csn_epoch_free(csn_epoch *epoch); /* when nobody reads and nothing is retired; NULL does nothing */

/* One reading: from enter to leave, in one thread, what can be reached stays. Readings may be nested and may overlap.
 * Wait-free: one atomic addition each, but for a thread's very first. */
typedef struct csn_epoch_reading {
  csn_epoch_lane *lane;
  unsigned side;
} csn_epoch_reading;
csn_epoch_reading csn_epoch_enter(csn_epoch *epoch);
void csn_epoch_leave(csn_epoch_reading reading);

/* ---- for one writer at a time ---- */

/* Frees an object that nobody reads any more. */
typedef void csn_release(void *self, csn_retired *object);

/* Takes the objects of the list `first`, linked by `next`, which no reading that begins from now on can reach: each
 * link to them was replaced by a store of atomics.h's group seq_cst, and readers load it by a load of that group. NULL
 * takes none. Then releases those, of all that were ever taken, that nobody can be reading. Never waits. */
void csn_epoch_retire(csn_epoch *epoch, csn_retired *first, csn_release *release, void *self);

/* How many objects have not been released. */
size_t csn_epoch_waiting(const csn_epoch *epoch);

#endif
