/* What kind of pages a nonce table's region is on, as the kernel tells the process. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <countersign/nonce_table.h>

enum { LINE_MAX_BYTES = 4096 + 256 }; /* a path, and what stands before it */

static bool begins_with(const char *line, const char *name) {
  return strncmp(line, name, strlen(name)) == 0;
}

/* Adds a line such as "Rss:  128 kB" of a mapping that is the region's. */
static void add_line(const char *line, csn_nonce_memory *memory) {
  static const char *const huge[] = {"AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:"};
  const char *colon = strchr(line, ':');
  if (colon == NULL) return;
  uint64_t bytes = (uint64_t)strtoull(colon + 1, NULL, 10) * 1024;
  if (begins_with(line, "Rss:")) memory->resident += bytes;
  for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
    if (begins_with(line, huge[i])) memory->huge += bytes;
  }
}

csn_error csn_nonce_table_memory(const csn_nonce_table *table, csn_nonce_memory *out) {
  char line[LINE_MAX_BYTES];
  csn_span region = csn_nonce_table_region(table);
  uintptr_t begin = (uintptr_t)region.ptr, end = begin + region.len;
  bool inside = false;
  memset(out, 0, sizeof *out);
  FILE *file = fopen("/proc/self/smaps", "re");
  if (file == NULL) return CSN_ERROR_STORE;
  while (fgets(line, sizeof line, file) != NULL) {
    uintptr_t from, to;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
      inside = from < end && to > begin;
    } else if (inside) {
      add_line(line, out);
    }
  }
  int failed = ferror(file);
  fclose(file);
  return failed ? CSN_ERROR_STORE : CSN_OK;
}
