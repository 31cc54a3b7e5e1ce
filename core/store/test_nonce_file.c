/* The nonce table in a mapped file: what it remembers, and how it is made. What is refused: test_nonce_file_refused.c.
 * Its processes are killed in test_nonce_kill.c. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "nonce_file_support.h"

enum { EXPIRES_AFTER = 600, RACES = 50, LATE_US = 100000 };

static csn_nonce_answer claim_at(csn_nonce_table *table, const char *nonce, int64_t expires, int64_t now) {
  return claim1(csn_nonce_table_store(table), "client-7", nonce, expires, now);
}

static csn_nonce_answer claim(csn_nonce_table *table, const char *nonce) {
  return claim_at(table, nonce, NOW + EXPIRES_AFTER, NOW);
}

/* ---- what it remembers ---- */

static void a_file_remembers(void **state) {
  (void)state;
  csn_nonce_table *table = open_table();
  assert_int_equal(claim(table, "a"), CSN_NONCE_FRESH);
  assert_int_equal(claim_at(table, "b", NOW + EXPIRES_AFTER, NOW + 50), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
  csn_nonce_table_config config = config_of(CAPACITY);
  config.seed[0]++; /* these three are those of the table that is there */
  config.fence = NOW + 5000;
  config.now = NOW - 100;
  table = open_with(&config);
  assert_int_equal(csn_nonce_table_measure(table).clock, NOW + 50);
  assert_int_equal(csn_nonce_table_measure(table).fence, CSN_NONCE_NO_FENCE);
  assert_int_equal(csn_nonce_table_measure(table).live, 2);
  assert_int_equal(claim(table, "a"), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(table, "b"), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(table, "c"), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

static void handles_share_the_file(void **state) {
  (void)state;
  csn_nonce_table *a = open_table(), *b = open_table();
  assert_int_equal(claim(a, "a"), CSN_NONCE_FRESH);
  assert_int_equal(claim(b, "a"), CSN_NONCE_REPLAYED);
  assert_int_equal(claim(b, "b"), CSN_NONCE_FRESH);
  assert_int_equal(claim(a, "b"), CSN_NONCE_REPLAYED);
  csn_nonce_table_free(a);
  assert_int_equal(claim(b, "c"), CSN_NONCE_FRESH);
  csn_nonce_table_free(b);
}

static void the_store_says_what_it_is_like(void **state) {
  (void)state;
  for (int made_before = 0; made_before < 2; made_before++) {
    csn_nonce_table *table = open_table();
    const csn_nonce_store_traits *traits = csn_nonce_table_store(table).traits;
    assert_string_equal(traits->name, "mapped_file");
    assert_true(traits->survives_restart && traits->shared_between_processes);
    assert_false(traits->shared_between_hosts);
    csn_nonce_table_free(table);
  }
}

static void a_new_file_has_the_configurations_fence(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(CAPACITY);
  config.fence = NOW + 100;
  csn_nonce_table *table = open_with(&config);
  assert_int_equal(claim_at(table, "a", NOW + 100, NOW), CSN_NONCE_FENCED);
  assert_int_equal(claim_at(table, "a", NOW + 101, NOW), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
}

static void a_path_without_a_directory_is_in_the_current_one(void **state) {
  (void)state;
  int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table = NULL;
  assert_int_equal(chdir(folder), 0);
  csn_error error = csn_nonce_file_open(&table, "nonces", &config);
  assert_int_equal(fchdir(before), 0);
  close(before);
  assert_int_equal(error, CSN_OK);
  assert_int_equal(access(path, F_OK), 0);
  csn_nonce_table_free(table);
}

/* ---- another start of the machine ---- */

/* The fence that a file of another start gets, and the clock, where its own clock was `clock`. */
static void assert_made_anew(int64_t clock, int64_t config_fence, int64_t fence, int64_t now) {
  csn_nonce_table *table = open_table();
  assert_int_equal(claim_at(table, "a", clock + EXPIRES_AFTER, clock), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
  change_header(other_boot);
  csn_nonce_table_config config = config_of(2 * CAPACITY); /* another one is right, too */
  config.fence = config_fence;
  table = open_with(&config);
  csn_nonce_table_stats stats = csn_nonce_table_measure(table);
  assert_int_equal(stats.fence, fence);
  assert_int_equal(stats.clock, now);
  assert_int_equal(stats.live, 0);
  assert_int_equal(stats.capacity, 2 * CAPACITY);
  assert_int_equal(claim_at(table, "a", clock + EXPIRES_AFTER, now), CSN_NONCE_FENCED);
  assert_int_equal(claim_at(table, "b", fence + 1, now + 1), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
  table = open_with(&config); /* from now on it is of this start */
  assert_int_equal(claim_at(table, "b", fence + 1, now + 1), CSN_NONCE_REPLAYED);
  csn_nonce_table_free(table);
  assert_int_equal(access(making, F_OK), -1);
  assert_int_equal(unlink(path), 0);
}

static void after_a_restart_of_the_machine_the_table_is_made_anew_behind_a_fence(void **state) {
  (void)state;
  enum { MAX = CSN_NONCE_RETENTION_MAX };
  assert_made_anew(NOW, CSN_NONCE_NO_FENCE, NOW + MAX, NOW);
  assert_made_anew(NOW, NOW, NOW + MAX, NOW);
  assert_made_anew(NOW, NOW - 5, NOW + MAX, NOW);
  assert_made_anew(NOW, NOW + 700, NOW + 700, NOW);
  assert_made_anew(NOW, NOW + MAX - 1, NOW + MAX - 1, NOW);
  assert_made_anew(NOW + 1000, CSN_NONCE_NO_FENCE, NOW + 1000 + MAX,
                   NOW + 1000); /* the machine's clock went back meanwhile */
  assert_made_anew(NOW + 1000, NOW + 700, NOW + 1700, NOW + 1000);
}

static void a_later_fence_than_needed_is_kept(void **state) {
  (void)state;
  static const int64_t fences[] = {NOW + 100000, INT64_MAX};
  for (size_t i = 0; i < COUNT(fences); i++) {
    make_file();
    change_header(other_boot);
    csn_nonce_table_config config = config_of(CAPACITY);
    config.fence = fences[i];
    csn_nonce_table *table = open_with(&config);
    assert_true(csn_nonce_table_measure(table).fence == fences[i]);
    assert_int_equal(claim(table, "a"), CSN_NONCE_FENCED);
    csn_nonce_table_free(table);
    assert_int_equal(unlink(path), 0);
  }
}

/* ---- making ---- */

static void a_new_file_is_private(void **state) {
  (void)state;
  static const mode_t masks[] = {0, 022, 0377};
  for (size_t i = 0; i < COUNT(masks); i++) {
    struct stat status;
    mode_t before = umask(masks[i]);
    make_file();
    umask(before);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_true((uint64_t)status.st_blocks * 512 >= csn_nonce_region_size(CAPACITY)); /* no holes */
    assert_int_equal(unlink(path), 0);
  }
}

/* What a process left that died while it made the table. */
static void a_half_made_file_is_made_anew(void **state) {
  (void)state;
  static uint8_t rest[100000];
  memset(rest, 0xff, sizeof rest);
  int fd = open(making, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal(write(fd, rest, sizeof rest), sizeof rest);
  close(fd);
  csn_nonce_table *table = open_table();
  assert_int_equal(csn_nonce_table_measure(table).live, 0);
  assert_int_equal(claim(table, "a"), CSN_NONCE_FRESH);
  csn_nonce_table_free(table);
  assert_int_equal(access(making, F_OK), -1);
}

/* Something else under the second name is neither used nor removed. */
static void another_users_half_made_file_is_refused(void **state) {
  (void)state;
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table;
  int fd = open(making, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal(fchmod(fd, 0666), 0);
  close(fd);
  assert_int_equal(csn_nonce_file_open(&table, path, &config), CSN_ERROR_STORE);
  assert_int_equal(errno, EPERM);
  assert_int_equal(unlink(making), 0);
  assert_int_equal(access(path, F_OK), -1);
}

static void a_full_disk_leaves_no_file(void **state) {
  (void)state;
  struct rlimit before, limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = before;
  limit.rlim_cur = csn_nonce_region_size(CAPACITY) - 1;
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table = NULL;
  csn_error error = csn_nonce_file_open(&table, path, &config);
  int reason = errno;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  assert_int_equal(error, CSN_ERROR_STORE);
  assert_int_equal(reason, EFBIG);
  assert_null(table);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(access(making, F_OK), -1);
  make_file();
}

/* ---- several processes ---- */

static int race_to_make(race *shared, int process) {
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table = NULL;
  config.seed[0] = (uint8_t)process; /* whoever makes the table gives it the seed of all */
  config.fence = NOW + 1;            /* before what the race claims */
  atomic_fetch_add(&shared->waiting, 1);
  while (atomic_load(&shared->waiting) < RACE_PROCESSES) sched_yield(); /* so that all open it at once */
  if (csn_nonce_file_open(&table, path, &config) != CSN_OK) return 1;
  atomic_fetch_add(&shared->waiting, 1);
  while (atomic_load(&shared->waiting) < 2 * RACE_PROCESSES) sched_yield(); /* nobody waits for a handle to go */
  race_run(shared, csn_nonce_table_store(table), process, NOW);
  csn_nonce_table_free(table);
  return 0;
}

static void processes_that_make_a_file_at_once_share_one_table(void **state) {
  (void)state;
  for (int i = 0; i < RACES; i++) {
    assert_one_winner_each(race_to_make);
    assert_int_equal(access(making, F_OK), -1);
    assert_int_equal(unlink(path), 0);
  }
}

static void processes_that_make_a_file_anew_at_once_share_one_table(void **state) {
  (void)state;
  for (int i = 0; i < RACES; i++) {
    make_file();
    change_header(other_boot);
    assert_one_winner_each(race_to_make);
    assert_int_equal(access(making, F_OK), -1);
    assert_int_equal(unlink(path), 0);
  }
}

/* ---- one process that waits for another's lock ---- */

static int lock_making(void) {
  int fd = open(making, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  return fd;
}

/* By name: the child has the file open, too. */
static void unlock(int fd) {
  assert_int_equal(flock(fd, LOCK_UN), 0);
  close(fd);
}

/* Starts a process that finds no table and comes to the lock. Were it late, the test would be weaker, not wrong. */
static pid_t start_maker(void) {
  csn_nonce_table_config config = config_of(CAPACITY);
  csn_nonce_table *table;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(60);
    _exit(csn_nonce_file_open(&table, path, &config) == CSN_OK ? 0 : 1);
  }
  usleep(LATE_US);
  return child;
}

static void assert_opened(pid_t child) {
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(access(making, F_OK), -1);
}

static void a_table_that_was_made_meanwhile_is_opened(void **state) {
  (void)state;
  for (int anew = 0; anew < 2; anew++) {
    char other[224];
    snprintf(other, sizeof other, "%s.other", path);
    make_file();
    assert_int_equal(rename(path, other), 0);
    if (anew) make_file();
    if (anew) change_header(other_boot);
    int fd = lock_making();
    pid_t child = start_maker();
    assert_int_equal(rename(other, path), 0);
    csn_nonce_table *table = open_table();
    assert_int_equal(claim(table, "a"), CSN_NONCE_FRESH);
    csn_nonce_table_free(table);
    unlock(fd);
    assert_opened(child);
    table = open_table();
    assert_int_equal(claim(table, "a"), CSN_NONCE_REPLAYED);
    csn_nonce_table_free(table);
    assert_int_equal(unlink(path), 0);
  }
}

static void the_lock_on_a_file_that_has_lost_its_name_is_none(void **state) {
  (void)state;
  int first = lock_making();
  pid_t child = start_maker();
  assert_int_equal(unlink(making), 0);
  int second = lock_making();
  unlock(first);
  usleep(LATE_US);
  assert_int_equal(access(path, F_OK), -1); /* it waits for the second */
  assert_int_equal(access(making, F_OK), 0);
  unlock(second);
  assert_opened(child);
  csn_nonce_table_free(open_table());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_file_remembers),
      TEST(handles_share_the_file),
      TEST(the_store_says_what_it_is_like),
      TEST(a_new_file_has_the_configurations_fence),
      TEST(a_path_without_a_directory_is_in_the_current_one),
      TEST(after_a_restart_of_the_machine_the_table_is_made_anew_behind_a_fence),
      TEST(a_later_fence_than_needed_is_kept),
      TEST(a_new_file_is_private),
      TEST(a_half_made_file_is_made_anew),
      TEST(another_users_half_made_file_is_refused),
      TEST(a_full_disk_leaves_no_file),
      TEST(processes_that_make_a_file_at_once_share_one_table),
      TEST(processes_that_make_a_file_anew_at_once_share_one_table),
      TEST(a_table_that_was_made_meanwhile_is_opened),
      TEST(the_lock_on_a_file_that_has_lost_its_name_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
