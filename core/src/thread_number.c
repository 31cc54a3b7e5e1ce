/* The number of a thread: the lowest that is free when it first asks; it has it until it ends. */
#include "thread_number.h"

#include <pthread.h>

#include "atomics.h"

static csn_atomic taken; /* a bit for each number */
_Static_assert(CSN_THREAD_NUMBERS == 64, "a bit for each");
static pthread_key_t number_key;
static csn_atomic has_number_key;
static _Thread_local unsigned number_plus_one; /* CSN_THREAD_NUMBERS + 1: none of its own */

static uint64_t bit_of(uint64_t plus_one) {
  return UINT64_C(1) << (plus_one - 1);
}

/* At the end of a thread. Where destructors of other keys ask after this, they get the shared number. A thread that
 * asks first in the last round of destructors (PTHREAD_DESTRUCTOR_ITERATIONS) never comes here: its number is lost to
 * the process. */
static void give_back(void *number) {
  uint64_t bit = bit_of((uintptr_t)number), seen;
  number_plus_one = CSN_THREAD_NUMBERS + 1;
  do seen = csn_atomic_load_relaxed(&taken);
  while (!csn_atomic_cas_release(&taken, seen, seen & ~bit)); /* pairs with the CAS in take_number() */
}

/* In the child of a fork(): of the threads, the calling one is all that is left. */
static void keep_own_number(void) {
  bool own = number_plus_one != 0 && number_plus_one <= CSN_THREAD_NUMBERS;
  csn_atomic_store_relaxed(&taken, own ? bit_of(number_plus_one) : 0);
}

/* Without memory for the key no number is given back; without memory for the handler, none of the parent's threads in
 * a child. Then more threads share a number. */
static void prepare(void) {
  csn_atomic_store_relaxed(&has_number_key, pthread_key_create(&number_key, give_back) == 0);
  (void)pthread_atfork(NULL, NULL, keep_own_number);
}

void csn_thread_numbers_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
}

/* When the code is unloaded with dlclose(), before threads that have a number end; or the process ends, and threads may
 * still ask. The C library takes the handler of fork() away by itself. */
__attribute__((destructor)) static void delete_number_key(void) {
  if (csn_atomic_load_relaxed(&has_number_key) == 0) return;
  csn_atomic_store_relaxed(&has_number_key, 0);
  (void)pthread_key_delete(number_key);
}

static unsigned take_number(void) {
  for (;;) {
    uint64_t seen = csn_atomic_load_relaxed(&taken);
    unsigned number = (unsigned)__builtin_ffsll((long long)~seen);
    if (number == 0) return CSN_THREAD_NUMBERS + 1;
    /* Acquire: what the one before has done is done. */
    if (!csn_atomic_cas_acq_rel(&taken, seen, seen | bit_of(number))) continue;
    /* Without memory for this the number is not given back. */
    if (csn_atomic_load_relaxed(&has_number_key) != 0) (void)pthread_setspecific(number_key, (void *)(uintptr_t)number);
    return number;
  }
}

unsigned csn_thread_number(void) {
  if (__builtin_expect(number_plus_one == 0, false)) number_plus_one = take_number();
  return number_plus_one - 1;
}
