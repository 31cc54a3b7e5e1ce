/* Keys of a ring are in locked pages, in no core dump, and nowhere when they have been taken out. */
#include "../src/secret_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/hmac.h"
#include "page_flags.h"
#include "support.h"

/* The address sanitizer makes mlock() do nothing, and a core would hold its shadow, terabytes: two tests are left out
 * under it. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- cells ---- */

static bool is_zero(const uint8_t *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

static void cells_are_zero_apart_and_used_again(void **state) {
  enum { CELLS = 20000, BYTES = 100, ROUNDED = 112 };
  static uint8_t *cells[CELLS];
  csn_locked_pool pool;
  (void)state;
  csn_locked_pool_init(&pool, BYTES);
  assert_int_equal(pool.cell_bytes, ROUNDED);
  for (size_t i = 0; i < CELLS; i++) {
    cells[i] = csn_locked_pool_take(&pool);
    assert_non_null(cells[i]);
    assert_int_equal((uintptr_t)cells[i] % 16, 0);
    assert_true(is_zero(cells[i], BYTES));
    memset(cells[i], (int)(i % 255) + 1, BYTES);
  }
  for (size_t i = 0; i < CELLS; i++) assert_int_equal(cells[i][0] + cells[i][BYTES - 1], 2 * (i % 255 + 1));
  assert_true(pool.mapped >= CELLS * ROUNDED && pool.mapped < 3 * CELLS * ROUNDED);
  assert_true(pool.unlocked <= pool.mapped);
  for (size_t i = 0; i < 10; i++) {
    csn_locked_pool_give(&pool, cells[i]);
    assert_true(is_zero(cells[i] + sizeof(void *), BYTES - sizeof(void *)));
  }
  size_t mapped = pool.mapped;
  for (size_t i = 10; i-- > 0;) {
    uint8_t *again = csn_locked_pool_take(&pool);
    assert_ptr_equal(again, cells[i]);
    assert_true(is_zero(again, ROUNDED));
  }
  assert_int_equal(pool.mapped, mapped);
  csn_locked_pool_close(&pool);
}

static void pages_are_locked_and_not_dumped(void **state) {
  csn_locked_pool pool;
  char flags[256];
  (void)state;
  csn_locked_pool_init(&pool, 64);
  void *const both[] = {csn_locked_pool_take(&pool), csn_locked_new(100)};
  for (size_t i = 0; i < 2; i++) {
    assert_non_null(both[i]);
    flags_of(both[i], flags);
    if (flags[0] == 0) fail_msg("this system does not say which pages are locked and dumped (/proc/self/smaps)");
    assert_non_null(strstr(flags, " dd"));
    if (!SANITIZED) assert_int_equal(strstr(flags, " lo") != NULL, pool.unlocked == 0);
  }
  flags_of(&pool, flags);
  assert_null(strstr(flags, " dd")); /* other pages are */
  csn_locked_pool_close(&pool);
  csn_locked_free(both[1]);
  csn_locked_free(NULL);
}

/* Of three pages the two that the bytes are on. */
static void bytes_are_locked_where_they_are(void **state) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char flags[256];
  (void)state;
  assert_ptr_not_equal(pages, MAP_FAILED);
  csn_lock_in_place(pages + page - 1, 2);
  for (size_t i = 0; i < 3; i++) {
    flags_of(pages + i * page, flags);
    assert_int_equal(strstr(flags, " dd") != NULL, i < 2);
    if (!SANITIZED) assert_int_equal(strstr(flags, " lo") != NULL, i < 2);
  }
  munmap(pages, 3 * page);
}

/* Runs `act` in a child; returns what it exited with, or -1. */
static int in_child(int (*act)(void *), void *argument, pid_t *pid) {
  (void)fflush(NULL);
  *pid = fork();
  if (*pid == 0) _exit(act(argument));
  int status = -1;
  if (*pid < 0 || waitpid(*pid, &status, 0) != *pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A process that may lock nothing: the limit binds who is not privileged. */
static int take_without_locking(void *unused) {
  const struct rlimit none = {0, 0};
  csn_keyring *ring = test_keyring_new();
  csn_key_config config = test_key_config("client", "k", CSN_USE_REQUEST);
  (void)unused;
  if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)) return 2;
  if (csn_keyring_add(ring, &config) != CSN_OK) return 3;
  csn_keyring_memory memory = csn_keyring_reclaim(ring);
  csn_keyring_free(ring);
  return memory.key_bytes > 0 && memory.unlocked_bytes == memory.key_bytes ? 0 : 1;
}

static void __attribute__((unused)) what_could_not_be_locked_is_said(void **state) {
  pid_t pid;
  (void)state;
  assert_int_equal(in_child(take_without_locking, NULL, &pid), 0);
}

/* ---- where secrets are ---- */

enum { STATE_BYTES = 32, PATTERNS = 4, CHUNK = 1 << 20 };

/* Pad states that are looked for, each byte inverted, so that they are not found here. */
static uint8_t inverted[PATTERNS][STATE_BYTES];
static uint8_t *chunk; /* what is searched: a mapping of its own, which is left out */

static csn_key_config looked_for(void) {
  csn_key_config config = test_key_config("client", "looked-for", CSN_USE_REQUEST);
  config.secret = csn_span_str("the secret whose states are looked for in memory");
  return config;
}
static csn_key_config looked_for_wide(void) {
  csn_key_config config = looked_for();
  config.key_id = csn_span_str("looked-for-wide");
  config.uses = CSN_USE_TOKEN;
  config.alg = CSN_ALG_HS512;
  config.allow_legacy_short = true;
  return config;
}

static void invert(const void *from, size_t which) {
  for (size_t i = 0; i < STATE_BYTES; i++) inverted[which][i] = (uint8_t) ~((const uint8_t *)from)[i];
}

static void make_patterns(void) {
  csn_key key;
  csn_key_config config = looked_for();
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  invert(key.inner, 0);
  invert(key.outer, 1);
  config = looked_for_wide();
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  invert(key.inner64, 2);
  invert((const uint8_t *)key.outer64 + STATE_BYTES, 3);
  csn_key_wipe(&key);
  if (chunk != NULL) return;
  chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(chunk != MAP_FAILED);
}

static bool is_pattern(const uint8_t *at, size_t which) {
  for (size_t i = 0; i < STATE_BYTES; i++) {
    if ((at[i] ^ inverted[which][i]) != 0xff) return false;
  }
  return true;
}

static size_t count_in(const uint8_t *bytes, size_t len) {
  size_t count = 0;
  for (size_t which = 0; which < PATTERNS; which++) {
    int first = inverted[which][0] ^ 0xff;
    for (const uint8_t *at = bytes; (at = memchr(at, first, len - (size_t)(at - bytes))) != NULL; at++) {
      if ((size_t)(at - bytes) + STATE_BYTES > len) break;
      count += is_pattern(at, which);
    }
  }
  return count;
}

/* How often the states are in bytes `from` to `to` of the file, as far as it can be read. */
static size_t count_in_file(int fd, uintptr_t from, uintptr_t to) {
  size_t count = 0;
  while (from < to) {
    size_t some = to - from < CHUNK ? to - from : CHUNK;
    ssize_t got = pread(fd, chunk, some, (off_t)from);
    if (got < STATE_BYTES) break;
    count += count_in(chunk, (size_t)got);
    from += (uintptr_t)got;
    if (from < to) from -= STATE_BYTES - 1; /* across the border; none is counted twice */
  }
  memset(chunk, 0, CHUNK);
  return count;
}

/* In all memory of this process but `chunk`, and what is too large to be anything but a sanitizer's shadow. */
static size_t count_in_memory(void) {
  const uintptr_t own = (uintptr_t)chunk, huge = UINT64_C(1) << 30;
  char line[512], rights[8];
  size_t count = 0;
  FILE *maps = fopen("/proc/self/maps", "re");
  int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  assert_true(maps != NULL && memory >= 0);
  while (fgets(line, sizeof line, maps) != NULL) {
    uintptr_t from, to;
    assert_int_equal(sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, rights), 3);
    if (rights[0] != 'r' || to - from > huge) continue;
    if (from <= own && own < to) {
      count += count_in_file(memory, from, own);
      from = own + CHUNK;
    }
    count += count_in_file(memory, from, to);
  }
  (void)fclose(maps);
  (void)close(memory);
  return count;
}

static csn_keyring *ring_with_both(void) {
  csn_keyring *ring = test_keyring_new();
  const csn_key_config configs[] = {looked_for(), looked_for_wide()};
  for (size_t i = 0; i < 2; i++) assert_int_equal(csn_keyring_add(ring, &configs[i]), CSN_OK);
  return ring;
}

static void verify_something(const csn_keyring *ring) {
  csn_key_config config = looked_for();
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  uint8_t mac[CSN_SHA256_BYTES];
  assert_int_equal(test_find_client(ring, config.client_id, found), 1);
  csn_hmac_sha256(found[0], csn_span_str("a message"), mac);
}

/* Another key goes the same way before: at a function's first call the dynamic linker saves registers on the stack. */
static int go_the_way_once(void **state) {
  csn_keyring *ring = test_keyring_new();
  csn_key_config config = looked_for();
  (void)state;
  config.secret = csn_span_str(TEST_SECRET);
  if (csn_keyring_add(ring, &config) != CSN_OK) return 1;
  config = looked_for_wide();
  config.secret = csn_span_str(TEST_SECRET);
  if (csn_keyring_add(ring, &config) != CSN_OK) return 1;
  verify_something(ring);
  csn_keyring_free(ring);
  return 0;
}

static void states_are_nowhere_when_a_ring_is_freed(void **state) {
  (void)state;
  make_patterns();
  assert_int_equal(count_in_memory(), 0);
  csn_keyring *ring = ring_with_both();
  assert_int_equal(count_in_memory(), PATTERNS); /* once each: no copies */
  verify_something(ring);
  assert_int_equal(count_in_memory(), PATTERNS);
  csn_keyring_free(ring);
  assert_int_equal(count_in_memory(), 0);
}

static void states_are_nowhere_when_a_key_is_taken_out(void **state) {
  csn_key_config config = looked_for();
  csn_key next;
  (void)state;
  make_patterns();
  csn_keyring *ring = ring_with_both();
  assert_int_equal(csn_keyring_remove(ring, config.client_id, config.key_id), CSN_OK);
  assert_int_equal(count_in_memory(), 2);
  assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
  assert_int_equal(count_in_memory(), 4);
  /* What a rotation and a revocation replace goes, too. */
  csn_key_config other = test_key_config("client", "next", CSN_USE_REQUEST);
  assert_int_equal(csn_key_init(&next, &other), CSN_OK);
  assert_int_equal(csn_keyring_rotate(ring, &next, 1000, 10), CSN_OK);
  assert_int_equal(count_in_memory(), 4);
  assert_int_equal(csn_keyring_revoke(ring, config.client_id, config.key_id), CSN_OK);
  assert_int_equal(count_in_memory(), 4);
  csn_keyring *empty = test_keyring_new();
  assert_int_equal(csn_keyring_replace(ring, empty), CSN_OK);
  assert_int_equal(count_in_memory(), 0);
  csn_keyring_free(empty);
  csn_keyring_free(ring);
  csn_key_wipe(&next);
}

/* ---- in a core dump ---- */

typedef struct dying {
  char directory[64];
  bool has_copy; /* outside of the ring */
} dying;

static csn_key plain_copy;

static void live(const dying *how) {
  csn_key_config config = looked_for();
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  csn_keyring *ring = ring_with_both();
  verify_something(ring);
  if (how->has_copy && test_find_client(ring, config.client_id, found) == 1) csn_key_copy(&plain_copy, found[0]);
}

static int live_and_abort(void *argument) {
  const dying *how = argument;
  const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  live(how);
  if (setrlimit(RLIMIT_CORE, &all) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0 || chdir(how->directory) != 0) return 2;
  abort();
}

/* For a system that sends cores elsewhere: gdb's gcore writes that of a process which is there. */
static int live_and_be_dumped(void *argument) {
  const dying *how = argument;
  char command[256];
  live(how);
  (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  (void)snprintf(command, sizeof command, "gcore -o %s/core %d >/dev/null 2>&1", how->directory, (int)getpid());
  return system(command) == 0 ? 0 : 2; /* it waits for gcore, which stops it for a while */
}

/* How often the states are in the core, which is then gone; -1 where there is none. */
static long count_in_core_at(const char *path) {
  struct stat info;
  int core = open(path, O_RDONLY | O_CLOEXEC);
  if (core < 0) return -1;
  assert_int_equal(fstat(core, &info), 0);
  long count = (long)count_in_file(core, 0, (uintptr_t)info.st_size);
  (void)close(core);
  (void)unlink(path);
  return count;
}

/* The same of a process that had the ring. */
static long count_in_core(int (*make)(void *), bool has_copy) {
  dying how = {.directory = "/tmp/csn-core-XXXXXX", .has_copy = has_copy};
  char path[128];
  pid_t pid;
  assert_non_null(mkdtemp(how.directory));
  (void)in_child(make, &how, &pid);
  (void)snprintf(path, sizeof path, "%s/core", how.directory);
  long count = count_in_core_at(path);
  (void)snprintf(path, sizeof path, "%s/core.%d", how.directory, (int)pid);
  if (count < 0) count = count_in_core_at(path);
  assert_int_equal(rmdir(how.directory), 0);
  return count;
}

static void __attribute__((unused)) states_are_in_no_core_dump(void **state) {
  (void)state;
  make_patterns();
  int (*make)(void *) = live_and_abort;
  long control = count_in_core(make, true);
  if (control < 0) control = count_in_core(make = live_and_be_dumped, true);
  if (control < 0) {
    fail_msg(
        "this system writes no core into the directory of a process that aborts "
        "(/proc/sys/kernel/core_pattern, or the hard limit of core files), and gdb's gcore made none");
  }
  assert_int_equal(control, 2); /* the inner and the outer state of the copy */
  assert_int_equal(count_in_core(make, false), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(cells_are_zero_apart_and_used_again),
    cmocka_unit_test(pages_are_locked_and_not_dumped),
    cmocka_unit_test(bytes_are_locked_where_they_are),
    cmocka_unit_test(states_are_nowhere_when_a_ring_is_freed),
    cmocka_unit_test(states_are_nowhere_when_a_key_is_taken_out),
#if !SANITIZED
    cmocka_unit_test(what_could_not_be_locked_is_said),
    cmocka_unit_test(states_are_in_no_core_dump),
#endif
  };
  return cmocka_run_group_tests(tests, go_the_way_once, NULL);
}
