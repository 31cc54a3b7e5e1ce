/* The atomics of the epoch's model: these names take the place of core/src/atomics.h and core/src/thread_number.h, so
 * that the epoch is compiled as it is, as C, and every access of its is a step of the model's. There are two lanes. */
#ifndef CSN_ATOMICS_H
#define CSN_ATOMICS_H
#define CSN_THREAD_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The model keeps the value: a word of its own for each address (epoch.cc). */
typedef struct csn_atomic {
  uint64_t unused;
} csn_atomic;

typedef enum epoch_order { EPOCH_RELAXED, EPOCH_ACQUIRE, EPOCH_RELEASE, EPOCH_ACQ_REL, EPOCH_SEQ_CST } epoch_order;

uint64_t epoch_load(const csn_atomic *word, epoch_order order, const char *function, unsigned line);
void epoch_store(csn_atomic *word, uint64_t value, epoch_order order, const char *function, unsigned line);
uint64_t epoch_add(csn_atomic *word, uint64_t value, epoch_order order, const char *function, unsigned line);

/* Macros, so that a trace names the line of the source. */
#define csn_atomic_load_relaxed(word) epoch_load(word, EPOCH_RELAXED, __func__, __LINE__)
#define csn_atomic_load_acquire(word) epoch_load(word, EPOCH_ACQUIRE, __func__, __LINE__)
#define csn_atomic_load_seq_cst(word) epoch_load(word, EPOCH_SEQ_CST, __func__, __LINE__)
#define csn_atomic_store_relaxed(word, value) epoch_store(word, value, EPOCH_RELAXED, __func__, __LINE__)
#define csn_atomic_store_seq_cst(word, value) epoch_store(word, value, EPOCH_SEQ_CST, __func__, __LINE__)
#define csn_atomic_add_release(word, value) epoch_add(word, value, EPOCH_RELEASE, __func__, __LINE__)
#define csn_atomic_add_seq_cst(word, value) epoch_add(word, value, EPOCH_SEQ_CST, __func__, __LINE__)

/* Of controls. */
#define csn_atomic_store_release(word, value) epoch_store(word, value, EPOCH_RELEASE, __func__, __LINE__)
#define csn_atomic_add_relaxed(word, value) epoch_add(word, value, EPOCH_RELAXED, __func__, __LINE__)
#define csn_atomic_add_acq_rel(word, value) epoch_add(word, value, EPOCH_ACQ_REL, __func__, __LINE__)

enum { CSN_THREAD_NUMBERS = 1 };
unsigned csn_thread_number(void);
static inline void csn_thread_numbers_prepare(void) {}

#ifdef __cplusplus
}
#endif
#endif
