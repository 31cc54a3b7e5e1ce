/* The library in an object that is loaded with dlopen(), and unloaded while threads that have claimed go on. The object
 * is built beside this test. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nonce_support.h"

typedef struct loaded {
  void *object;
  csn_nonce_table *table;
  __typeof__(csn_nonce_table_new) *new_table;
  __typeof__(csn_nonce_table_claim) *claim;
  __typeof__(csn_nonce_table_free) *free_table;
} loaded;

static void *open_object(int mode) {
  char path[PATH_MAX];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path);
  assert_true(len > 0 && (size_t)len + sizeof ".so" <= sizeof path);
  memcpy(path + len, ".so", sizeof ".so");
  return dlopen(path, mode);
}

static loaded load(void) {
  csn_nonce_table_config config = config_of(TINY);
  loaded l = {.object = open_object(RTLD_NOW | RTLD_LOCAL)};
  if (l.object == NULL) fail_msg("%s", dlerror());
  l.new_table = (__typeof__(l.new_table))dlsym(l.object, "csn_nonce_table_new");
  l.claim = (__typeof__(l.claim))dlsym(l.object, "csn_nonce_table_claim");
  l.free_table = (__typeof__(l.free_table))dlsym(l.object, "csn_nonce_table_free");
  assert_true(l.new_table != NULL && l.claim != NULL && l.free_table != NULL);
  assert_ptr_not_equal(l.claim, csn_nonce_table_claim); /* it is not this program's */
  assert_int_equal(l.new_table(&l.table, &config), CSN_OK);
  return l;
}

static void unload(loaded *l) {
  l->free_table(l->table);
  assert_int_equal(dlclose(l->object), 0);
  assert_null(open_object(RTLD_NOW | RTLD_NOLOAD)); /* it is gone */
}

typedef struct claimant {
  const loaded *library;
  pthread_barrier_t *claimed, *unloaded;
} claimant;

static void *claim_and_stay(void *argument) {
  const claimant *self = argument;
  csn_nonce_answer answer =
      self->library->claim(self->library->table, client, csn_span_str("nonce-12"), START + 300, START);
  pthread_barrier_wait(self->claimed);
  pthread_barrier_wait(self->unloaded);
  return answer == CSN_NONCE_FRESH ? argument : NULL;
}

static void a_thread_that_has_claimed_may_outlive_the_code(void **state) {
  (void)state;
  loaded l = load();
  pthread_barrier_t claimed, unloaded;
  claimant c = {&l, &claimed, &unloaded};
  pthread_t thread;
  void *fresh;
  assert_int_equal(pthread_barrier_init(&claimed, NULL, 2), 0);
  assert_int_equal(pthread_barrier_init(&unloaded, NULL, 2), 0);
  assert_int_equal(pthread_create(&thread, NULL, claim_and_stay, &c), 0);
  pthread_barrier_wait(&claimed);
  unload(&l);
  pthread_barrier_wait(&unloaded);
  assert_int_equal(pthread_join(thread, &fresh), 0);
  assert_non_null(fresh);
  pthread_barrier_destroy(&claimed);
  pthread_barrier_destroy(&unloaded);
}

/* Keys of thread-specific data that the process may still make; it has a thousand. */
static unsigned keys_left(void) {
  enum { MOST = 4096 };
  static pthread_key_t keys[MOST];
  unsigned count = 0;
  while (count < MOST && pthread_key_create(&keys[count], NULL) == 0) count++;
  for (unsigned i = 0; i < count; i++) assert_int_equal(pthread_key_delete(keys[i]), 0);
  return count;
}

static void no_key_is_left_behind(void **state) {
  (void)state;
  loaded l = load(); /* what other libraries make when they are first used is made */
  unload(&l);
  unsigned left = keys_left();
  l = load();
  assert_int_equal(keys_left(), left - 1);
  unload(&l);
  assert_int_equal(keys_left(), left);
}

static void no_handler_of_fork_is_left_behind(void **state) {
  (void)state;
  loaded l = load();
  int status;
  unload(&l);
  pid_t child = fork();
  if (child == 0) _exit(0);
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_thread_that_has_claimed_may_outlive_the_code),
      cmocka_unit_test(no_key_is_left_behind),
      cmocka_unit_test(no_handler_of_fork_is_left_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
