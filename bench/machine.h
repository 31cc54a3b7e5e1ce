/* The machine and the libraries, as context of the results. */
#ifndef CSN_BENCH_MACHINE_H
#define CSN_BENCH_MACHINE_H

/* Adds version, commit, compiler, libraries, kernel, processor and its features to the benchmark's context. */
void csn_machine_describe(void);

#endif
