/* The machine and the libraries, as context of the results. */
#ifndef CSN_BENCH_MACHINE_H
#define CSN_BENCH_MACHINE_H

/* Adds version, commit, compiler, libraries, kernel, processor and its features to the benchmark's context. */
void csn_machine_describe(void);

/* Bytes, as the kernel counts them for this process, and for the machine. 0 where it does not say. */
typedef struct csn_memory_use {
  double anonymous; /* private memory that is there */
  double huge;      /* of it on huge pages */
  double available; /* on the machine, without swapping */
} csn_memory_use;

csn_memory_use csn_machine_memory(void);

#endif
