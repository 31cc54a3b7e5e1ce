/* Making and opening the file of a nonce table.
 *
 * The file under its own name is whole and is never written but through claims; who opens it takes no lock. A table is
 * made under a second name, by the process that holds the lock (flock) on the file of that name, and is then renamed.
 * The lock is of a file, not of a name: who gets it makes sure that the name is still the file's (it is not where
 * another process has just renamed it) and that the table is still missing. A maker that dies leaves its lock free and
 * a file that the next one uses. */
#include "nonce_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/ct.h"
#include "../src/hmac.h"
#include "../src/nonce_layout.h"

typedef struct nonce_file {
  const char *path;
  char *making; /* the second name */
  uint8_t boot[CSN_NONCE_BOOT_BYTES];
  csn_nonce_table_config config; /* of the table that is to be made */
  bool replaces;                 /* it takes the place of one that is out of date */
} nonce_file;

/* ---- the machine ---- */

/* Which start of the machine this is: of the kernel's random identifier as many bytes of a hash as there is room for,
 * never all zero but by a chance of 2^-128. */
static csn_error read_boot(uint8_t boot[CSN_NONCE_BOOT_BYTES]) {
  uint8_t text[64], hash[CSN_SHA256_BYTES];
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return CSN_ERROR_STORE;
  ssize_t len = read(fd, text, sizeof text);
  close(fd);
  if (len <= 0) return CSN_ERROR_STORE;
  csn_sha256(csn_span_of(text, (size_t)len), hash);
  memcpy(boot, hash, CSN_NONCE_BOOT_BYTES);
  return CSN_OK;
}

/* Without it a new name could be lost with the machine, and the fence with it. */
static csn_error sync_directory(const char *path) {
  const char *slash = strrchr(path, '/');
  char *name = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
  if (name == NULL) return CSN_ERROR_NO_MEMORY;
  int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(name);
  if (fd < 0) return CSN_ERROR_STORE;
  csn_error error = fsync(fd) == 0 ? CSN_OK : CSN_ERROR_STORE;
  close(fd);
  return error;
}

/* ---- files ---- */

/* Non-blocking, so that what turns out to be no regular file is opened without waiting for anybody. */
static int open_file(const char *path, int flags) {
  return open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags, S_IRUSR | S_IWUSR);
}

static csn_error check_private(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return CSN_ERROR_STORE;
  errno = EINVAL;
  if (!S_ISREG(status.st_mode)) return CSN_ERROR_STORE;
  errno = EPERM;
  if (status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return CSN_ERROR_STORE;
  return CSN_OK;
}

static bool is_named(int fd, const char *path) {
  struct stat file, named;
  return fstat(fd, &file) == 0 && lstat(path, &named) == 0 && file.st_dev == named.st_dev &&
         file.st_ino == named.st_ino;
}

static csn_error lock(int fd) {
  while (flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return CSN_ERROR_STORE;
  }
  return CSN_OK;
}

/* ---- opening ---- */

/* A new table for one of another start of the machine, in which any nonce may be missing that was accepted until then:
 * at the latest when the later of the two clocks said. */
static void plan_after_restart(nonce_file *file, const csn_nonce_table_config *config, int64_t clock) {
  int64_t ahead = CSN_NONCE_RETENTION_MAX;
  if (config->fence > config->now && config->fence - config->now < ahead) ahead = config->fence - config->now;
  if (clock > config->now) file->config.now = clock;
  if (file->config.now + ahead > config->fence) file->config.fence = file->config.now + ahead;
  file->replaces = true;
}

/* Whether the table is the one that was asked for. OK with *out NULL: a new one is to be made, as planned. */
static csn_error judge(nonce_file *file, const csn_nonce_table_config *config, int fd, csn_nonce_table **out) {
  static const uint8_t no_boot[CSN_NONCE_BOOT_BYTES];
  csn_nonce_table *table = *out;
  const csn_nonce_constants *constants = &table->header->constants;
  struct stat status;
  csn_error error = CSN_OK;
  if (fstat(fd, &status) != 0) {
    error = CSN_ERROR_STORE;
  } else if ((uint64_t)status.st_size != table->region_bytes) {
    error = CSN_ERROR_REGION_SIZE;
  } else if (memcmp(constants->boot, no_boot, sizeof no_boot) == 0) {
    error = CSN_ERROR_REGION_FOREIGN; /* nobody knows who uses it, so it cannot be made anew */
  } else if (memcmp(constants->boot, file->boot, sizeof file->boot) != 0) {
    plan_after_restart(file, config, csn_nonce_clock_seconds(csn_atomic_load_relaxed(&table->header->clock)));
  } else if (constants->capacity != config->capacity) {
    error = CSN_ERROR_REGION_SIZE;
  } else {
    table->is_file = true;
    return CSN_OK;
  }
  csn_nonce_table_free(table);
  *out = NULL;
  return error;
}

/* Opens what is there. OK with *out NULL: a new one is to be made, as planned. */
static csn_error look(nonce_file *file, const csn_nonce_table_config *config, csn_nonce_table **out) {
  file->config = *config;
  file->replaces = false;
  int fd = open_file(file->path, 0);
  if (fd < 0) return errno == ENOENT ? CSN_OK : CSN_ERROR_STORE;
  csn_error error = check_private(fd);
  if (error == CSN_OK) error = csn_nonce_table_attach_fd(out, fd);
  if (error == CSN_OK) error = judge(file, config, fd, out);
  close(fd);
  return error;
}

/* ---- making ---- */

/* Writes down the start of the machine, and the header to the disk. */
static csn_error stamp(csn_nonce_table *table, const uint8_t boot[CSN_NONCE_BOOT_BYTES]) {
  csn_nonce_header *header = table->header;
  memcpy(header->constants.boot, boot, CSN_NONCE_BOOT_BYTES);
  header->checksum = csn_nonce_checksum(&header->constants);
  return msync(header, sizeof *header, MS_SYNC) == 0 ? CSN_OK : CSN_ERROR_STORE;
}

/* Replaces nothing that was not seen, where a stranger to this library has made a file meanwhile. */
static csn_error rename_made(const nonce_file *file) {
  unsigned flags = file->replaces ? 0 : RENAME_NOREPLACE;
  return renameat2(AT_FDCWD, file->making, AT_FDCWD, file->path, flags) == 0 ? CSN_OK : CSN_ERROR_STORE;
}

static csn_error make(const nonce_file *file, int fd, csn_nonce_table **out) {
  csn_error error = fchmod(fd, S_IRUSR | S_IWUSR) == 0 ? CSN_OK : CSN_ERROR_STORE; /* whatever the umask left */
  if (error == CSN_OK) error = csn_nonce_table_format_fd(out, fd, &file->config);
  if (error == CSN_OK) error = stamp(*out, file->boot);
  if (error == CSN_OK) error = rename_made(file);
  if (error == CSN_OK) {
    (*out)->is_file = true;
    return CSN_OK;
  }
  csn_nonce_table_free(*out);
  *out = NULL;
  return error;
}

/* With the lock on `fd`: makes the table, unless another process has been first. The second name is then gone. */
static csn_error make_locked(nonce_file *file, int fd, const csn_nonce_table_config *config, csn_nonce_table **out) {
  csn_error error = check_private(fd);
  if (error != CSN_OK) return error; /* not this library's: it stays */
  error = look(file, config, out);
  if (error == CSN_OK && *out == NULL) {
    error = make(file, fd, out);
    if (error == CSN_OK) return CSN_OK;
  }
  int saved = errno;
  unlink(file->making);
  errno = saved;
  return error;
}

/* OK with *out NULL: another process has been at it; look again. */
static csn_error lock_and_make(nonce_file *file, const csn_nonce_table_config *config, csn_nonce_table **out) {
  int fd = open_file(file->making, O_CREAT);
  if (fd < 0) return CSN_ERROR_STORE;
  csn_error error = lock(fd);
  if (error == CSN_OK && is_named(fd, file->making)) error = make_locked(file, fd, config, out);
  int saved = errno;
  flock(fd, LOCK_UN); /* by name: the mapping would keep it */
  close(fd);
  errno = saved;
  return error;
}

/* ---- both ---- */

static csn_error open_or_make(nonce_file *file, const csn_nonce_table_config *config, csn_nonce_table **out) {
  csn_error error = read_boot(file->boot);
  while (error == CSN_OK && *out == NULL) {
    error = look(file, config, out);
    if (error == CSN_OK && *out == NULL) error = lock_and_make(file, config, out);
  }
  if (error == CSN_OK) error = sync_directory(file->path);
  return error;
}

csn_error csn_nonce_file_open(csn_nonce_table **out, const char *path, const csn_nonce_table_config *config) {
  nonce_file file = {.path = path};
  *out = NULL;
  if (!csn_nonce_config_valid(config)) return CSN_ERROR_INVALID_ARGUMENT;
  if (asprintf(&file.making, "%s.making", path) < 0) return CSN_ERROR_NO_MEMORY;
  csn_error error = open_or_make(&file, config, out);
  int saved = errno;
  if (error != CSN_OK) {
    csn_nonce_table_free(*out);
    *out = NULL;
  }
  csn_wipe(&file.config, sizeof file.config); /* the seed */
  free(file.making);
  errno = saved;
  return error;
}
