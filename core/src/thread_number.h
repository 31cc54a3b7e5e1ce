/* A number for each thread of the process that asks, small while few are there: for what is kept a piece a thread. */
#ifndef CSN_THREAD_NUMBER_H
#define CSN_THREAD_NUMBER_H

enum { CSN_THREAD_NUMBERS = 64 };

/* To be called when something is made for which threads will ask; whatever that is calls it before any does. */
void csn_thread_numbers_prepare(void);

/* The calling thread's: below CSN_THREAD_NUMBERS and its own until it ends, when it is given back; or
 * CSN_THREAD_NUMBERS, which all share for whom none was left. What the one before did with its number happened before.
 * No lock; a thread's first time may allocate once (pthread_setspecific()). */
unsigned csn_thread_number(void);

#endif
