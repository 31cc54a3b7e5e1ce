/* The steps of a request, each on its own, through the functions that verify.c and jwt.c take them with: for the rows
 * of stage.c, and for csn-footprint, which counts their instructions. What a step is given, the steps before it have
 * made beforehand. */
#ifndef CSN_BENCH_STEPS_H
#define CSN_BENCH_STEPS_H

#include <stdbool.h>
#include <stddef.h>

enum { CSN_STEP_REQUESTS = 256 }; /* that one goes through again and again */

typedef struct csn_step_set csn_step_set;

typedef struct csn_step {
  const char *preset;
  const char *name; /* "whole": all of them in one, by csn_verify() */
  void (*run)(csn_step_set *set, size_t first, size_t count);
  bool claims; /* the nonce: a request goes through it once */
} csn_step;

/* NULL behind the last. */
const csn_step *csn_step_at(size_t index);

/* The requests of the step's preset, opened at the first call; `live` nonces in the table that they are claimed in, at
 * the first call for all. One thread. */
csn_step_set *csn_step_open(const csn_step *step, size_t live);

/* Makes all requests fresh. */
void csn_step_renew(csn_step_set *set);

/* Stops the program where a step refused a request that is valid. */
void csn_step_check(const csn_step_set *set);

#endif
