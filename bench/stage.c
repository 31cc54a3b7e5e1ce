/* stage/PRESET/STEP: one step of a request, for the waterfall of where its time goes; `whole` is csn_verify() of the
 * same requests. The line of the audit log is no part of it, and stands beside. */
#include <stdio.h>

#include "live_nonces.h"
#include "shim.h"
#include "steps.h"
#include "subjects.h"

enum {
  BATCH = 64,
};

static void run(csn_bench *bench, const void *arg) {
  const csn_step *step = arg;
  csn_step_set *set = csn_step_open(step, CSN_LIVE_NONCES);
  size_t next = 0;
  while (csn_bench_next(bench, BATCH)) {
    if (next == CSN_STEP_REQUESTS) {
      next = 0;
      if (step->claims) {
        csn_bench_pause(bench);
        csn_step_renew(set);
        csn_bench_resume(bench);
      }
    }
    step->run(set, next, BATCH);
    next += BATCH;
  }
  csn_step_check(set);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
}

void csn_bench_stage(void) {
  const csn_bench_options short_row = {.seconds = 0.05};
  const csn_step *step;
  for (size_t i = 0; (step = csn_step_at(i)) != NULL; i++) {
    char name[64];
    snprintf(name, sizeof name, "stage/%s/%s/countersign", step->preset, step->name);
    csn_bench_register(name, run, step, &short_row);
  }
}
