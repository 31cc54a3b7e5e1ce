/* The atomics of the model: these names take the place of core/src/atomics.h, so that the claim and the clock are
 * compiled as they are, as C, and every access of theirs is a step of the model's. A word is the number of one of the
 * model's own atomic words (model.cc). */
#ifndef CSN_ATOMICS_H
#define CSN_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csn_atomic {
  unsigned number;
} csn_atomic;

typedef enum model_order { MODEL_RELAXED, MODEL_ACQUIRE, MODEL_RELEASE, MODEL_ACQ_REL } model_order;

uint64_t model_load(const csn_atomic *word, model_order order, const char *function, unsigned line);
bool model_cas(csn_atomic *word, uint64_t expected, uint64_t desired, model_order order, const char *function,
               unsigned line);

/* Macros, so that a trace names the line of the source. */
#define csn_atomic_load_relaxed(word) model_load(word, MODEL_RELAXED, __func__, __LINE__)
#define csn_atomic_load_acquire(word) model_load(word, MODEL_ACQUIRE, __func__, __LINE__)
#define csn_atomic_cas_release(word, expected, desired) \
  model_cas(word, expected, desired, MODEL_RELEASE, __func__, __LINE__)
#define csn_atomic_cas_acq_rel(word, expected, desired) \
  model_cas(word, expected, desired, MODEL_ACQ_REL, __func__, __LINE__)

/* Of controls. */
#define csn_atomic_cas_relaxed(word, expected, desired) \
  model_cas(word, expected, desired, MODEL_RELAXED, __func__, __LINE__)
#define csn_atomic_cas_acquire(word, expected, desired) \
  model_cas(word, expected, desired, MODEL_ACQUIRE, __func__, __LINE__)

#ifdef __cplusplus
}
#endif
#endif
