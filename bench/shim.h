/* Google Benchmark for C. The benchmarks are C, and shim.cc is the only C++: it makes no call for each iteration. A
 * benchmark's function asks for a batch of iterations, runs it in a loop of its own, and asks again:
 *
 *   static void run(csn_bench* bench, const void* arg) {
 *     // Fixtures: outside the time. Thread 0 may build what all threads use: csn_bench_next() is where they meet.
 *     while (csn_bench_next(bench, 256)) {
 *       for (size_t i = 0; i < 256; i++) csn_bench_keep(work(arg));
 *     }
 *     csn_bench_set_items(bench, csn_bench_iterations(bench));
 *   }
 *
 * The function is run several times for one row: to find the number of iterations, and once a repetition, with other
 * rows between them. A costly fixture is built at its first use and kept. All rows are measured in real time. */
#ifndef CSN_BENCH_SHIM_H
#define CSN_BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One run of a benchmark in one thread; valid while the benchmark's function runs, in that thread. */
typedef struct csn_bench csn_bench;
typedef void (*csn_bench_fn)(csn_bench *bench, const void *arg);

enum { CSN_BENCH_THREADS_MAX = 4 };

typedef struct csn_bench_options {
  int threads[CSN_BENCH_THREADS_MAX]; /* a row for each that is not 0; none: one row with one thread */
  bool manual_time;                   /* the function says how long each iteration took */
  int64_t iterations;                 /* of each repetition; 0: as many as the minimal time asks for */
  double seconds;                     /* the minimal time, of a row whose figure needs no more; 0: as the flags say */
} csn_bench_options;

/* Adds a benchmark, before csn_bench_run(). `name` is copied; `arg` is the caller's and lives on. */
void csn_bench_register(const char *name, csn_bench_fn fn, const void *arg, const csn_bench_options *options);

/* A line of the machine's description in the JSON output and on the terminal. Both are copied. */
void csn_bench_add_context(const char *key, const char *value);

/* Runs what Google Benchmark's own flags ask for. With CSN_BENCH_PROGRESS=ROWS in the environment, which says how many
 * rows these flags leave, progress goes to standard error instead of a table to standard output. Returns main()'s
 * status: 0; 1 where no benchmark matches the filter; 2 for an unknown flag. `usage` is printed above the list of flags
 * by --help, which does not return. */
int csn_bench_run(int argc, char **argv, const char *usage);

/* True where `count` iterations more are to be run; the time runs from the first true to the first false. */
bool csn_bench_next(csn_bench *bench, int64_t count);

/* Stops and starts the clock between batches. Costs about a microsecond: not for every batch. */
void csn_bench_pause(csn_bench *bench);
void csn_bench_resume(csn_bench *bench);

/* For `manual_time`: seconds that this iteration took. */
void csn_bench_iteration_time(csn_bench *bench, double seconds);

int csn_bench_thread(const csn_bench *bench);  /* 0 .. csn_bench_threads() - 1 */
int csn_bench_threads(const csn_bench *bench); /* how many run this benchmark now */

/* Behind the loop: the iterations that this thread ran. */
int64_t csn_bench_iterations(const csn_bench *bench);

/* Behind the loop: items that this thread processed. Gives items_per_second, of all threads together. */
void csn_bench_set_items(csn_bench *bench, int64_t items);

/* Behind the loop: a value of the row, under its name in the JSON output. Called by one thread, or the threads' values
 * are added up. */
void csn_bench_counter(csn_bench *bench, const char *name, double value);

/* Text at the end of the row. */
void csn_bench_label(csn_bench *bench, const char *text);

/* Gives up this row: `reason` stands where the figures would be. Called instead of the loop, by every thread. */
void csn_bench_skip(csn_bench *bench, const char *reason);

/* Makes the compiler believe that the memory at `ptr` is read, so that the work that wrote it stays. */
static inline void csn_bench_keep(const void *ptr) {
  __asm__ volatile("" : : "g"(ptr) : "memory");
}

#ifdef __cplusplus
}
#endif
#endif
