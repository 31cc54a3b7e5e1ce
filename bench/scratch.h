/* The temporary folder of this run, and what must be stopped when it ends. */
#ifndef CSN_BENCH_SCRATCH_H
#define CSN_BENCH_SCRATCH_H

#include <stddef.h>

enum { CSN_SCRATCH_PATH_MAX = 96 }; /* a unix socket's path has room for 107 */

/* Writes the path of `name` in the folder, which is made in $TMPDIR or /tmp at the first call and removed with all that
 * is in it when the program ends: by exit(), SIGINT, SIGTERM or SIGHUP. One thread at a time. */
void csn_scratch_path(char out[CSN_SCRATCH_PATH_MAX], const char *name);

/* Runs `stop` before the folder is removed, the last one first. One thread at a time. */
void csn_scratch_at_end(void (*stop)(void));

/* What kind of file system the folder is on, such as "ext4" or "tmpfs (in memory)"; static storage. */
const char *csn_scratch_file_system(void);

#endif
