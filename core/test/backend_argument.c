/* Part of every test program: PROGRAM --backend=NAME runs its tests on that back-end of SHA-256, or fails where the
 * machine lacks it. */
#include <countersign/sha256_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library gives constructors the arguments of main(), so that no test need pass them on. */
__attribute__((constructor)) static void choose_backend(int argc, char **argv) {
  static const char option[] = "--backend=";
  if (argc < 2 || strncmp(argv[1], option, sizeof option - 1) != 0) return;
  const char *name = argv[1] + sizeof option - 1;
  csn_error error = csn_sha256_backend_set(csn_sha256_backend_from_name(csn_span_str(name)));
  printf("back-end of SHA-256: %s\n", csn_sha256_backend_name(csn_sha256_backend_get()));
  if (error == CSN_OK) return;
  fprintf(stderr, "%s: %s\n", argv[1], csn_error_sentence(error));
  exit(2);
}
