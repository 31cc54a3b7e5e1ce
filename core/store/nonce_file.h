/* The nonce table in a file that is mapped: it survives the death of any process at any instant, and is shared by all
 * processes of the machine that open it. Part of libcountersign.a; claims are as in countersign/nonce_table.h.
 *
 * THE MACHINE'S DEATH is another matter: what processes wrote may not have reached the disk, so that the file may have
 * forgotten nonces that were accepted. The file therefore knows in which start of the machine (boot_id of Linux) it was
 * made. The first to open it in another one, be it after a crash or an orderly restart, makes it anew behind a fence:
 * what may have been accepted before is refused. Not noticed is what takes a file back without a restart: a backup
 * copied over it, a device pulled. Nor does the file suit a file system that several machines share. */
#ifndef COUNTERSIGN_STORE_NONCE_FILE_H
#define COUNTERSIGN_STORE_NONCE_FILE_H

#include <countersign/nonce_table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the table in the file `path`, or makes it: under the name `path` with ".making" behind it, which belongs to
 * this library, with its blocks allocated and its header on the disk before it gets its own name. So SIGKILL at any
 * instant leaves no file or a whole one, and of processes that make it at once one does and the others open it.
 *
 * `config`: an existing table must have been made for the same capacity; it keeps its seed, clock and fence. Where a
 * table has to be made, these are the configuration's. To be safe in every case, the removal of the file included, give
 * as fence (UNIX second) `now` and the longest that a request is remembered: twice the window. (And give a longer
 * window a new file: see csn_nonce_table.) Where the file is of another start of the machine, a fence that does not lie
 * ahead of `now` would refuse nothing: then it is `now` and CSN_NONCE_RETENTION_MAX; and where the old table's clock
 * was ahead of `now`, the new one goes on from there, clock and fence.
 *
 * The file holds the secret of the table, and who can write it decides what is fresh: it is made with mode 0600, and
 * opened only where it belongs to the effective user and group and others have no access. It must be a regular file and
 * no symbolic link; the directory must be readable, and writable to make the table. Free with csn_nonce_table_free();
 * the file stays.
 *
 * Errors, after which nothing has changed: INVALID_ARGUMENT (of the configuration), NO_MEMORY, STORE (a system call
 * failed, errno tells: EPERM where others have access to the file, EINVAL where it is not a regular one), and for a
 * file that is no table or not this one, which is for the operator to remove: REGION_FOREIGN (also a table that
 * csn_nonce_table_format_fd() made), REGION_VERSION, REGION_SIZE (the file's size is not exactly the table's, or its
 * capacity is not the configuration's), REGION_CHECKSUM. Thread-safe; waits while another process makes the table. */
csn_error csn_nonce_file_open(csn_nonce_table **out, const char *path,
                              const csn_nonce_table_config *config) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
